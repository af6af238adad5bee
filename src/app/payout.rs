//! Payout data, letter i): at any time, outside the signed bytes (DESIGN 3.7, R25). The first count at once. A
//! change needs a fresh code from the confirmed contact and counts after 72 hours; whoever reads the contact can
//! stop it with the link in the mail about it (R26).

use chrono::{DateTime, Duration, Utc};
use serde_json::json;

use crate::app::audit::{self, Actor, Entry};
use crate::app::challenge;
use crate::app::contact_change;
use crate::app::ctx::Ctx;
use crate::app::disown::email_of;
use crate::app::error::{AppError, AppResult};
use crate::app::mail_request::outbox_row;
use crate::app::outbox::CODES;
use crate::app::representation;
use crate::app::session::{self, ClaimantActor};
use crate::app::vault::Vault;
use crate::crypto::challenge::ChallengePurpose;
use crate::crypto::token;
use crate::db::claimant::{self, ClaimantRow};
use crate::db::outbox::OutboxRow;
use crate::db::payout::{self as db, PayoutRow, Payouts};
use crate::db::{Conn, Scope, Tx, confirmation, outbox};
use crate::domain::claimant::ClaimantState;
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::payout::{HOLD_HOURS, Payout, PayoutInput};
use crate::domain::version_limit::{self, PAYOUTS_A_DAY};

mod by_staff;
mod stop;
mod told;

pub use by_staff::{Decision, StaffPayout, Waiting, decide, look, type_in};
pub(in crate::app) use told::{left, lost};

pub(in crate::app) use stop::{challenge_of, freeze};
pub use stop::{end_freeze, peek, stop};

/// Minutes a code for a change works.
pub const CODE_MINUTES: i64 = 60;

const PURPOSE: ChallengePurpose = ChallengePurpose::Payout;

/// What was given, and from when it counts.
#[derive(Debug, Clone)]
pub struct Given {
    /// The account.
    pub payout: Payout,
    /// From when it counts, UTC; not after now for the first.
    pub effective_at: DateTime<Utc>,
    /// Whether another account counts until then.
    pub waits: bool,
}

/// Gives or changes where to pay.
///
/// *effects*: a version of `payouts`; for a change the code used and a version that still waited stopped; the
/// mail `payout_notice` to the confirmed contact; audit `give_payout`. A wrong code counts.
///
/// # Errors
/// `Invalid` at `/iban`, `/holder`, and for a change at `/code`; `TokenUsed`; `IllegalTransition` before the
/// contact is confirmed and after the record has ended, with `payout_frozen` once the owner stopped a change, `contact_changed` for 72 hours after the contact was another, to a
/// delegate (R48) and for the dead (R47); `RateLimited` over [`PAYOUTS_A_DAY`].
pub async fn put(ctx: &Ctx, actor: &ClaimantActor, input: &PayoutInput) -> AppResult<Given> {
    let payout = Payout::parse(input)?;
    let (scope, claimant) = (actor.scope(), actor.claimant());
    let now = ctx.clock.now();
    let (mut tx, row) = lock_for_change(ctx, actor).await?;
    let before = db::find(&mut tx, scope, claimant, now).await?;
    let is_change = before.in_force.is_some() || before.pending.is_some();
    let newest = db::newest_version(&mut tx, scope, claimant).await?;
    require_room(ctx, &mut tx, actor, newest).await?;
    if is_change {
        tx = use_code(ctx, tx, actor, input.code.as_deref()).await?;
        if let Some(waiting) = &before.pending {
            db::mark_stopped(&mut tx, scope, claimant, waiting.version, "newer", now).await?;
        }
    }
    let vault = Vault::open(ctx, &mut tx, scope, claimant).await?;
    let hold = Duration::hours(if is_change { HOLD_HOURS } else { 0 });
    let written = PayoutRow {
        claimant_id: row.id,
        version: newest + 1,
        association_id: row.association_id,
        sealed: vault.seal("payouts", "sealed", &payout)?,
        created_at: now,
        effective_at: now + hold,
        stopped_at: None,
        stopped_by: None,
        told_at: None,
        typed_by: None,
        waits_at: None,
        released_at: None,
        released_by: None,
    };
    db::insert(&mut tx, scope, &written).await?;
    notify(ctx, &mut tx, scope, &row, written.version).await?;
    let entry = Entry::new(
        claimant,
        actor.association(),
        Actor::Claimant(claimant),
        "give_payout",
    );
    let told = json!({ "version": written.version, "effective_at": written.effective_at });
    audit::append(ctx, &mut tx, scope, entry.with(told)).await?;
    session::keep(ctx, &mut tx, actor).await?;
    tx.commit().await?;
    Ok(Given {
        payout,
        effective_at: written.effective_at,
        waits: is_change,
    })
}

/// Mails a code to the confirmed contact, with which the account can be changed; gives until when it works.
///
/// *effects*: a challenge and the mail `payout_code`, audit `request_payout_code`.
///
/// # Errors
/// As [`put`]; `IllegalTransition` with `no_payout` if the first account is still to be given, which needs no code,
/// or `payout_needs_email`; `RateLimited` over ten codes a day.
pub async fn request_code(ctx: &Ctx, actor: &ClaimantActor) -> AppResult<DateTime<Utc>> {
    let (scope, claimant) = (actor.scope(), actor.claimant());
    let (mut tx, row) = lock_for_change(ctx, actor).await?;
    let before = db::find(&mut tx, scope, claimant, ctx.clock.now()).await?;
    if before.in_force.is_none() && before.pending.is_none() {
        return Err(AppError::IllegalTransition("no_payout"));
    }
    let email = email_of(ctx, &mut tx, scope, &row).await?;
    let email = email.ok_or(AppError::IllegalTransition("payout_needs_email"))?;
    let lives = Duration::minutes(CODE_MINUTES);
    let made = challenge::create(ctx, &mut tx, scope, &row, PURPOSE, lives).await?;
    let Some(challenge) = made else {
        return Err(AppError::RateLimited(std::time::Duration::from_hours(24)));
    };
    let payload = json!({ "challenge": challenge.id });
    let domain = Some(email.domain());
    let mail = OutboxRow {
        // somebody waits for the code
        priority: CODES,
        expires_at: challenge.expires_at,
        ..outbox_row(ctx, &row, "payout_code", challenge.id, payload, domain)
    };
    outbox::insert(&mut tx, scope, &mail).await?;
    let by = Actor::Claimant(claimant);
    let entry = Entry::new(claimant, actor.association(), by, "request_payout_code");
    audit::append(ctx, &mut tx, scope, entry).await?;
    session::keep(ctx, &mut tx, actor).await?;
    tx.commit().await?;
    Ok(challenge.expires_at)
}

/// Until when the newest code for a change works, UTC; `None`: there is none to type in.
///
/// # Errors
/// As the database says.
pub async fn code_until(ctx: &Ctx, actor: &ClaimantActor) -> AppResult<Option<DateTime<Utc>>> {
    let (scope, now) = (actor.scope(), ctx.clock.now());
    let mut tx = ctx.pools.begin(scope).await?;
    let made = confirmation::list(&mut tx, scope, actor.claimant(), PURPOSE.as_str()).await?;
    tx.commit().await?;
    let newest = made.first().filter(|made| {
        made.used_at.is_none()
            && made.voided_at.is_none()
            && made.expires_at > now
            && made.attempts < challenge::MAX_ATTEMPTS
    });
    Ok(newest.map(|made| made.expires_at))
}

/// States in which the owner may say where to pay.
///
/// # Errors
/// `IllegalTransition` in the others.
pub fn may_give(state: ClaimantState) -> AppResult<()> {
    match state {
        ClaimantState::Confirmed
        | ClaimantState::Signed
        | ClaimantState::ResignRequired
        | ClaimantState::Lodged => Ok(()),
        other => Err(AppError::IllegalTransition(other.as_str())),
    }
}

/// The own record, locked, if its owner may say now where to pay.
async fn lock_for_change(ctx: &Ctx, actor: &ClaimantActor) -> AppResult<(Tx, ClaimantRow)> {
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::lock(&mut tx, scope, actor.claimant()).await?;
    may_give(row.state()?)?;
    representation::require_own_hand(ctx, &mut tx, scope, &row).await?;
    if row.payout_frozen_at.is_some() {
        return Err(AppError::IllegalTransition("payout_frozen"));
    }
    let held = contact_change::hold(ctx, &mut tx, scope, actor.claimant()).await?;
    if held.is_some() {
        return Err(AppError::IllegalTransition("contact_changed"));
    }
    Ok((tx, row))
}

async fn require_room(
    ctx: &Ctx,
    conn: &mut Conn,
    actor: &ClaimantActor,
    newest: i32,
) -> AppResult<()> {
    let (scope, now) = (actor.scope(), ctx.clock.now());
    if let Some(deciding) = version_limit::deciding_version(newest, PAYOUTS_A_DAY)
        && let Some(row) = db::find_version(conn, scope, actor.claimant(), deciding).await?
        && let Some(wait) = version_limit::wait(row.created_at, now)
    {
        return Err(AppError::RateLimited(wait));
    }
    Ok(())
}

/// Uses the code of a change. Of a wrong one the count is kept.
async fn use_code(ctx: &Ctx, tx: Tx, actor: &ClaimantActor, code: Option<&str>) -> AppResult<Tx> {
    let code = code.unwrap_or_default();
    let code: String = code.chars().filter(|char| !char.is_whitespace()).collect();
    if code.is_empty() {
        let mut errors = FieldErrors::new();
        errors.push("/code", FieldCode::Required, "error-payout-code-required");
        return Err(errors.into());
    }
    challenge::use_code(ctx, tx, actor, (PURPOSE, None), &code).await
}

/// Tells the confirmed contact at once, if it is an e-mail.
async fn notify(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    row: &ClaimantRow,
    version: i32,
) -> AppResult<()> {
    let Some(email) = email_of(ctx, conn, scope, row).await? else {
        return Ok(());
    };
    let payload = json!({ "version": version });
    let (id, domain) = (token::new_id(ctx.clock.now()), Some(email.domain()));
    let mail = outbox_row(ctx, row, "payout_notice", id, payload, domain);
    Ok(outbox::insert(conn, scope, &mail).await?)
}

/// Which of two versions counts, and which waits: what [`db::find`] gives, opened.
pub(in crate::app) fn open(vault: &Vault, found: Payouts) -> AppResult<[Option<OpenPayout>; 2]> {
    let open = |row: PayoutRow| {
        Ok::<_, AppError>(OpenPayout {
            payout: vault.unseal("payouts", "sealed", row.sealed)?,
            given_at: row.created_at,
            effective_at: row.effective_at,
        })
    };
    Ok([
        found.in_force.map(open).transpose()?,
        found.pending.map(open).transpose()?,
    ])
}

/// Payout data, open.
pub(in crate::app) struct OpenPayout {
    pub(in crate::app) payout: Payout,
    pub(in crate::app) given_at: DateTime<Utc>,
    pub(in crate::app) effective_at: DateTime<Utc>,
}
