//! Staff end the quarantine of a sign-up: whoever said "it wasn't me" was reached, and signed up after all.

use crate::app::audit::{self, Actor, Entry};
use crate::app::bounce;
use crate::app::ctx::Ctx;
use crate::app::disown::email_of;
use crate::app::error::{AppError, AppResult};
use crate::app::mail_request;
use crate::app::staff::StaffActor;
use crate::app::suppression;
use crate::db::Scope;
use crate::db::claimant::{self, ClaimantRow};
use crate::domain::audit::action;
use crate::domain::claimant::{ClaimantState, Review};
use crate::domain::ids::ClaimantId;
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
    let scope = Scope::Association(actor.association_id());
    let directory = ctx.directories.get(ctx).await?;
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::lock(&mut tx, scope, id).await?;
    let state = row.state()?;
    if row.review != Review::Quarantined.as_str() {
        return Err(AppError::IllegalTransition("not_quarantined"));
    }
    claimant::mark_review(&mut tx, scope, id, Review::None).await?;
    let by = Actor::Staff(actor.staff_id());
    let entry = Entry::new(id, row.association(), by, action::END_QUARANTINE);
    audit::append_with_note(ctx, &mut tx, scope, entry, Some(reason.as_str())).await?;
    let email = email_of(ctx, &mut tx, scope, &row).await?;
    if let Some(email) = email.filter(|_| state == ClaimantState::Unconfirmed) {
        mail_request::enqueue(ctx, &mut tx, &row).await?;
        tx.enter(SCOPE).await?;
        // what the reader said of another sign-up at this address, of whichever association, holds
        let others = bounce::records_at(ctx, &mut tx, &directory, &email).await?;
        let is_quarantined = |other: &ClaimantRow| {
            other.case() == row.case() && other.review == Review::Quarantined.as_str()
        };
        if !others.iter().any(is_quarantined) {
            suppression::end_not_me(ctx, &mut tx, row.case(), &email).await?;
        }
    }
    Ok(tx.commit().await?)
}
