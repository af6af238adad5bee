//! A restriction ends: staff say why, the person is told, then the data are used again (R61, art. 18.3 GDPR).
//!
//! It goes by the request that granted it. What is lodged stays as it is: its state is an end, since the law
//! wants the data kept (art. 17.3.e GDPR).

use serde_json::json;
use uuid::Uuid;

use super::{RightsRequest, has_mail, mail, opened};
use crate::app::audit::{self, Actor, Entry};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::leaving;
use crate::app::staff::StaffActor;
use crate::app::vault::Vault;
use crate::db::Conn;
use crate::db::claimant::{self, ClaimantRow};
use crate::db::rights_request::{self as db, RightsRequestRow};
use crate::db::{Scope, Tx};
use crate::domain::claimant::ClaimantState;
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::ids::{AssociationId, ClaimantId};
use crate::domain::permission::operation;
use crate::domain::reason::Reason;
use crate::domain::rights::{LIFTING_NOTICE, Outcome};

/// Records in one run: what is left waits for the next.
const BATCH: i64 = 200;

/// Whether the restriction of a request can be lifted.
///
/// # Errors
/// `IllegalTransition`: `not_restricted` where nothing is restricted by it, `lodged` where the law wants the
/// data kept, `erasing` where the record is about to go, `announced` where it was announced by letter, or a
/// mail about it is on its way.
async fn check(
    conn: &mut Conn,
    scope: Scope,
    row: &RightsRequestRow,
    record: &ClaimantRow,
) -> AppResult<()> {
    let refuse = |word| Err(AppError::IllegalTransition(word));
    let is_restricting = row.outcome.as_deref() == Some(Outcome::Restricted.as_str());
    if !is_restricting || row.lifted_at.is_some() || record.restricted_at.is_none() {
        return refuse("not_restricted");
    }
    if record.state()? == ClaimantState::Restricted {
        return refuse("lodged");
    }
    let all = db::list_restricting(conn, scope, record.claimant()).await?;
    let erasing = Outcome::Erasing.as_str();
    if all.iter().any(|it| it.outcome.as_deref() == Some(erasing)) {
        return refuse("erasing");
    }
    if row.lifting_notified.as_deref() == Some("letter") {
        return refuse("announced");
    }
    Ok(())
}

/// Whether staff may announce it now; for the page.
///
/// # Errors
/// As the database says.
pub(super) async fn may_announce(
    conn: &mut Conn,
    scope: Scope,
    row: &RightsRequestRow,
    record: Option<&ClaimantRow>,
) -> AppResult<bool> {
    let Some(record) = record else {
        return Ok(false);
    };
    match check(conn, scope, row, record).await {
        Ok(()) => Ok(true),
        Err(AppError::IllegalTransition(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Announces that a restriction is lifted in 7 days, with the reason, to the person: by mail where there is an
/// e-mail; else staff say that the letter was sent. If the mail does not get through, a letter can be sent
/// after all: the 7 days run anew.
///
/// *effects*: the announcement in the row of the request; an outbox row where there is an e-mail; audit
/// `announce_lifting`.
///
/// # Errors
/// `Forbidden`, `NotFound`; `Invalid` at `/letter_sent` where nobody said that a letter was sent and there is no
/// e-mail; `IllegalTransition` where nothing can be lifted.
pub async fn announce(
    ctx: &Ctx,
    actor: &StaffActor,
    id: Uuid,
    reason: &Reason,
    letter_sent: bool,
) -> AppResult<RightsRequest> {
    actor.require(&operation::LIFT_RESTRICTION)?;
    let scope = actor.scope();
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(scope).await?;
    let found = db::get(&mut tx, scope, actor.association_id(), id).await?;
    let record = claimant::lock(&mut tx, scope, ClaimantId::new(found.subject_id)).await?;
    // read again: somebody may have announced it while we waited
    let mut row = db::get(&mut tx, scope, actor.association_id(), id).await?;
    check(&mut tx, scope, &row, &record).await?;
    let vault = Vault::open(ctx, &mut tx, scope, record.claimant()).await?;
    let by_mail = has_mail(&vault, &record)? && !letter_sent;
    if !by_mail && !letter_sent {
        let mut errors = FieldErrors::new();
        errors.push(
            "/letter_sent",
            FieldCode::Required,
            "error-rights-letter-sent",
        );
        return Err(errors.into());
    }
    if by_mail && row.lifting_at.is_some() {
        return Err(AppError::IllegalTransition("announced"));
    }
    row.lifting_at = Some(now);
    row.lifts_at = Some(now + LIFTING_NOTICE);
    row.lifting_notified = Some(if by_mail { "mail" } else { "letter" }.to_owned());
    let reason = reason.as_str();
    row.lifting_sealed = Some(vault.seal("rights_requests", "lifting_sealed", &reason)?);
    row.lifting_mail = if by_mail {
        Some(mail(ctx, &mut tx, &record, row.id, "lifting").await?)
    } else {
        None
    };
    tx.enter(scope).await?;
    if !db::mark_lifting(&mut tx, scope, &row).await? {
        return Err(AppError::IllegalTransition("not_restricted"));
    }
    let mut deed = actor.deed(row.subject_id, "announce_lifting");
    deed.detail = json!({
        "request": row.id, "lifts_at": row.lifts_at, "notified": &row.lifting_notified,
    });
    deed.write(ctx, &mut tx, scope).await?;
    tx.commit().await?;
    opened(ctx, Some(&vault), row)
}

/// Lifts the restrictions whose day has come and whose person was told. Gives the number of requests. Safe to
/// repeat and to run twice at once.
///
/// *effects*: `claimants.restricted_at` emptied where no other request restricts the record; audit
/// `lift_restriction`.
///
/// # Errors
/// `Unavailable` if the database cannot be reached; what was lifted stays lifted.
pub async fn lift_due(ctx: &Ctx) -> AppResult<usize> {
    let mut tx = ctx.pools.begin(leaving::SCOPE).await?;
    let due = db::list_lifting_due(&mut tx, leaving::SCOPE, ctx.clock.now(), BATCH).await?;
    tx.commit().await?;
    let mut lifted = 0;
    for row in due {
        lifted += usize::from(lift(ctx, &row).await?);
    }
    Ok(lifted)
}

async fn lift(ctx: &Ctx, row: &RightsRequestRow) -> AppResult<bool> {
    let claimant = ClaimantId::new(row.subject_id);
    let now = ctx.clock.now();
    let (mut tx, record) = leaving::lock(ctx, claimant).await?;
    tx.enter(leaving::SCOPE).await?;
    if !db::mark_lifted(&mut tx, leaving::SCOPE, claimant, row.id, now).await? {
        return Ok(false);
    }
    if let Some(record) = record {
        end(ctx, &mut tx, &record, row.id).await?;
    }
    tx.commit().await?;
    Ok(true)
}

/// Empties the mark, unless another request wants it, or the claim was lodged and restricted meanwhile.
async fn end(ctx: &Ctx, tx: &mut Tx, record: &ClaimantRow, request: Uuid) -> AppResult<()> {
    let others = db::list_restricting(tx, leaving::SCOPE, record.claimant()).await?;
    let is_over = others.is_empty() && record.state()? != ClaimantState::Restricted;
    if is_over {
        claimant::mark_unrestricted(tx, leaving::SCOPE, record.claimant()).await?;
    }
    let association = AssociationId::new(record.association_id);
    let entry = Entry::new(
        record.claimant(),
        association,
        Actor::System,
        "lift_restriction",
    );
    let told = json!({ "request": request, "state": record.state, "in_use": is_over });
    audit::append(ctx, tx, leaving::SCOPE, entry.with(told)).await
}
