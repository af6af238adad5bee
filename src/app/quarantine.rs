//! Staff end the quarantine of a sign-up: whoever said "it wasn't me" was reached, and signed up after all.

use crate::app::audit::{self, Actor, Entry};
use crate::app::bounce;
use crate::app::ctx::Ctx;
use crate::app::disown::email_of;
use crate::app::error::{AppError, AppResult};
use crate::app::mail_request;
use crate::app::staff::StaffActor;
use crate::app::suppression;
use crate::db::claimant::{self, ClaimantRow};
use crate::db::{Scope, Tx};
use crate::domain::audit::action;
use crate::domain::claimant::{ClaimantState, Review};
use crate::domain::ids::{ClaimantId, StaffId};
use crate::domain::permission::operation;
use crate::domain::reason::Reason;

const SCOPE: Scope = Scope::System("addresses whose quarantine staff ended");

/// Ends a quarantine. A sign-up that waits for confirmation gets its mail again.
///
/// *effects*: `review: none`; unconfirmed: an outbox row within the cap, and the suppression of its
/// address in the case ended unless another sign-up there is in quarantine; audit `end_quarantine` with who, when and why.
///
/// # Errors
/// `NotFound` out of the own association; `IllegalTransition` if it is not in quarantine.
pub async fn end(ctx: &Ctx, actor: &StaffActor, id: ClaimantId, reason: &Reason) -> AppResult<()> {
    actor.require(&operation::END_QUARANTINE)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::lock(&mut tx, scope, id).await?;
    if row.review != Review::Quarantined.as_str() {
        return Err(AppError::IllegalTransition("not_quarantined"));
    }
    end_locked(ctx, &mut tx, scope, &row, (actor.staff_id(), Some(reason))).await?;
    Ok(tx.commit().await?)
}

/// Ends the quarantine of a locked record. The transaction may be under other rights after it.
///
/// *effects*: those of [`end`].
pub(in crate::app) async fn end_locked(
    ctx: &Ctx,
    tx: &mut Tx,
    scope: Scope,
    row: &ClaimantRow,
    (by, reason): (StaffId, Option<&Reason>),
) -> AppResult<()> {
    let directory = ctx.directories.get(ctx).await?;
    claimant::mark_review(tx, scope, row.claimant(), Review::None).await?;
    let by = Actor::Staff(by);
    let entry = Entry::new(
        row.claimant(),
        row.association(),
        by,
        action::END_QUARANTINE,
    );
    audit::append_with_note(ctx, tx, scope, entry, reason.map(Reason::as_str)).await?;
    let email = email_of(ctx, tx, scope, row).await?;
    let waits = row.state()? == ClaimantState::Unconfirmed;
    if let Some(email) = email.filter(|_| waits) {
        mail_request::enqueue(ctx, tx, row).await?;
        tx.enter(SCOPE).await?;
        // what the reader said of another sign-up at this address, of whichever association, holds
        let others = bounce::records_at(ctx, tx, &directory, &email).await?;
        let is_quarantined = |other: &ClaimantRow| {
            other.case() == row.case() && other.review == Review::Quarantined.as_str()
        };
        if !others.iter().any(is_quarantined) {
            suppression::end_not_me(ctx, tx, row.case(), &email).await?;
        }
    }
    Ok(())
}
