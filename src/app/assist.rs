//! What staff do for people without an e-mail: confirm by phone or post, enter identity or an
//! address.

use serde_json::json;

use crate::app::audit::{self, Actor, Entry};
use crate::app::clash::Outcome;
use crate::app::confirmation::settle_confirmed;
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::identity::{self, IdentityRequest};
use crate::app::mail_request::set_email;
use crate::app::sign_up::warning_codes;
use crate::app::staff::StaffActor;
use crate::app::vault::Vault;
use crate::db::claimant::{self, ClaimantRow};
use crate::db::{Conn, Scope, identity as identity_db};
use crate::domain::audit::action;
use crate::domain::claimant::ClaimantState;
use crate::domain::consent::Channel;
use crate::domain::field::FieldErrors;
use crate::domain::identity::Identity;
use crate::domain::ids::ClaimantId;
use crate::domain::permission::operation;
use crate::domain::reason::Reason;

/// How staff reached the person.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum How {
    /// On the phone.
    Phone,
    /// At the desk, in person.
    Desk,
    /// By letter.
    Post,
}

impl How {
    /// Name on the wire and in the trail.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Desk => "desk",
            Self::Post => "post",
        }
    }

    /// All of them, in the order of the forms.
    pub const ALL: [Self; 3] = [Self::Phone, Self::Desk, Self::Post];

    /// Where a consent told so was given (R20).
    pub const fn channel(self) -> Channel {
        match self {
            Self::Phone => Channel::Phone,
            Self::Desk => Channel::Desk,
            Self::Post => Channel::Paper,
        }
    }

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|how| how.as_str() == text)
    }
}

/// Confirms a person in `to_assist`; operator, time and reason go into the trail.
///
/// # Errors
/// `NotFound` out of the own association; `IllegalTransition` in another state.
pub async fn confirm(
    ctx: &Ctx,
    actor: &StaffActor,
    id: ClaimantId,
    how: How,
    reason: &Reason,
) -> AppResult<ClaimantState> {
    actor.require(&operation::ASSIST_CONFIRM)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let found = find_assisted(&mut tx, scope, id).await?;
    let given = identity_db::find(&mut tx, scope, id).await?;
    let mut locked = None;
    if let Some(given) = given {
        let vault = Vault::open(ctx, &mut tx, scope, id).await?;
        let open: Identity = vault.unseal("identities", "sealed", given.sealed)?;
        drop(tx);
        let (again, row) = identity::lock(ctx, id, &open).await?;
        tx = again;
        tx.enter(scope).await?;
        locked = Some(row);
    }
    let row = match locked {
        Some(row) => row,
        None => claimant::lock(&mut tx, scope, found.claimant()).await?,
    };
    let before = still_assisted(&row)?;
    let after = before.move_to(ClaimantState::Confirmed)?;
    claimant::mark_confirmed(&mut tx, scope, id, ctx.clock.now()).await?;
    let by = Actor::Staff(actor.staff_id());
    let entry = Entry::new(id, row.association(), by, action::CONFIRM_BY_STAFF);
    let entry = entry
        .moved(before, after)
        .with(json!({ "how": how.as_str() }));
    audit::append_with_note(ctx, &mut tx, scope, entry, Some(reason.as_str())).await?;
    let outcome = settle_confirmed(ctx, &mut tx, &row).await?;
    tx.commit().await?;
    Ok(match outcome {
        Outcome::Duplicate { .. } => ClaimantState::Duplicate,
        Outcome::Registered | Outcome::Conflict => ClaimantState::Confirmed,
    })
}

/// Enters or corrects the identity of a person without an e-mail, in `to_assist` or confirmed.
///
/// # Errors
/// As [`identity::give`]; `NotFound` out of the own association; `IllegalTransition` with `own_identity` for who has
/// an e-mail and corrects it on the own page.
pub async fn enter_identity(
    ctx: &Ctx,
    actor: &StaffActor,
    id: ClaimantId,
    request: IdentityRequest,
) -> AppResult<Vec<&'static str>> {
    actor.require(&operation::ASSIST_IDENTITY)?;
    let (parsed, capacity) = identity::parse(ctx, &request)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    claimant::find(&mut tx, scope, id)
        .await?
        .ok_or(AppError::NotFound)?;
    tx.commit().await?;
    let (mut tx, row) = identity::lock(ctx, id, &parsed).await?;
    let state = row.state()?;
    if row.contact_kind == "email" {
        return Err(AppError::IllegalTransition("own_identity"));
    }
    if !state.takes_identity() {
        return Err(AppError::IllegalTransition(state.as_str()));
    }
    tx.enter(scope).await?;
    let by = Actor::Staff(actor.staff_id());
    identity::write(ctx, &mut tx, &row, &parsed, capacity, by).await?;
    tx.commit().await?;
    // whether somebody else holds the person's key is not told: it may be another association's
    Ok(warning_codes(&parsed))
}

/// Enters an e-mail for a person in `to_assist`: the record becomes `unconfirmed` and the usual
/// confirmation is mailed.
///
/// # Errors
/// `Invalid` at `/email`; `IllegalTransition` in another state; `NotFound`.
pub async fn enter_email(
    ctx: &Ctx,
    actor: &StaffActor,
    id: ClaimantId,
    email: &str,
) -> AppResult<ClaimantState> {
    actor.require(&operation::ASSIST_EMAIL)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::lock(&mut tx, scope, id).await?;
    let before = still_assisted(&row)?;
    let after = before.move_to(ClaimantState::Unconfirmed)?;
    claimant::mark_state(&mut tx, scope, id, after, ctx.clock.now()).await?;
    set_email(ctx, &mut tx, &row, email).await.map_err(at_top)?;
    let by = Actor::Staff(actor.staff_id());
    let entry = Entry::new(id, row.association(), by, action::ENTER_EMAIL);
    audit::append(ctx, &mut tx, scope, entry.moved(before, after)).await?;
    tx.commit().await?;
    Ok(after)
}

async fn find_assisted(conn: &mut Conn, scope: Scope, id: ClaimantId) -> AppResult<ClaimantRow> {
    let row = claimant::find(conn, scope, id)
        .await?
        .ok_or(AppError::NotFound)?;
    still_assisted(&row)?;
    Ok(row)
}

fn still_assisted(row: &ClaimantRow) -> AppResult<ClaimantState> {
    match row.state()? {
        ClaimantState::ToAssist => Ok(ClaimantState::ToAssist),
        other => Err(AppError::IllegalTransition(other.as_str())),
    }
}

/// The address stands at the top of these requests.
fn at_top(error: AppError) -> AppError {
    let AppError::Invalid(errors) = error else {
        return error;
    };
    let mut top = FieldErrors::new();
    for error in &errors {
        top.push(
            error.pointer.replacen("/contact/", "/", 1),
            error.code,
            error.reason,
        );
    }
    AppError::Invalid(top)
}
