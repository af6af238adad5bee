//! Staff look at an identity of which something does not fit, and find it in order (R23). A correction takes it off
//! their list by itself; another identity needs another look.

use serde_json::json;

use crate::app::audit::{self, Actor, Entry};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::staff::StaffActor;
use crate::db::{claimant, identity};
use crate::domain::audit::action;
use crate::domain::ids::ClaimantId;
use crate::domain::permission::operation;
use crate::domain::reason::Reason;

/// Notes that what does not fit in the newest identity is in order all the same; `version` is the one that was
/// looked at.
///
/// *effects*: `identities.to_check_at` emptied, `checked_at` and `checked_by` of the version; audit `check_identity`
/// with who, when and why.
///
/// # Errors
/// `Forbidden`; `NotFound` out of the own association; `IllegalTransition` if nothing waits for a look, another
/// version came meanwhile, or the record is over.
pub async fn check(
    ctx: &Ctx,
    actor: &StaffActor,
    id: ClaimantId,
    version: i32,
    reason: &Reason,
) -> AppResult<()> {
    actor.require(&operation::CHECK_IDENTITY)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::lock(&mut tx, scope, id).await?;
    let state = row.state()?;
    if state.is_over() || row.restricted_at.is_some() {
        return Err(AppError::IllegalTransition(state.as_str()));
    }
    let given = identity::find(&mut tx, scope, id).await?;
    let given = given.filter(|given| given.to_check_at.is_some());
    let given = given.ok_or(AppError::IllegalTransition("identity_checked"))?;
    if given.version != version {
        return Err(AppError::IllegalTransition("identity_changed"));
    }
    let by = actor.staff_id();
    identity::mark_checked(&mut tx, scope, &given, by.uuid(), ctx.clock.now()).await?;
    let by = Actor::Staff(by);
    let entry = Entry::new(id, row.association(), by, action::CHECK_IDENTITY);
    let entry = entry.with(json!({ "version": version, "warnings": given.warnings }));
    audit::append_with_note(ctx, &mut tx, scope, entry, Some(reason.as_str())).await?;
    Ok(tx.commit().await?)
}
