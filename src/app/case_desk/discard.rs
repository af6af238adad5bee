//! A draft that nobody wants any more: what is in force counts again.

use serde_json::json;

use super::{Desk, Stage, get, locked, stage};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::staff::StaffActor;
use crate::db::case_desk as db;
use crate::domain::ids::CaseId;
use crate::domain::permission::operation;

/// Discards the newest draft, or the one that was sent back: what is in force counts again, and a case that never
/// was is off the desk. Its versions stay in the history; who saves anew goes on.
///
/// *effects*: audit `discard_case`.
///
/// # Errors
/// `Forbidden`; `NotFound`; `IllegalTransition` for a version that is not the newest, that waits for a second person,
/// or is no draft.
pub async fn discard(ctx: &Ctx, actor: &StaffActor, id: CaseId, version: i32) -> AppResult<Desk> {
    actor.require(&operation::DISCARD_CASE)?;
    actor.require_case(id)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let key = (actor.association_id(), id);
    let row = locked(&mut tx, scope, key, version).await?;
    match stage(&row) {
        Stage::Draft | Stage::Returned => {}
        Stage::Proposed => return Err(AppError::IllegalTransition("case_proposed")),
        Stage::Published | Stage::Discarded => {
            return Err(AppError::IllegalTransition("case_not_draft"));
        }
    }
    db::mark_discarded(&mut tx, scope, &row, actor.staff_id(), ctx.clock.now()).await?;
    let mut deed = actor.deed(id.uuid(), "discard_case");
    deed.detail = json!({ "version": version });
    deed.write(ctx, &mut tx, scope).await?;
    tx.commit().await?;
    get(ctx, actor, id).await
}
