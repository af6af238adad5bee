//! The second person's word on an export in clear (R58), and calling one off.

use serde_json::json;

use super::ExportStatus;
use super::trace::described;
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::staff::StaffActor;
use crate::db::export::{self, ExportRow};
use crate::db::{Conn, DbError};
use crate::domain::export::ExportState;
use crate::domain::ids::ExportId;
use crate::domain::permission::operation;
use crate::domain::reason::Reason;

/// Lets an export in clear be made. Audited as `export_approved`.
///
/// # Errors
/// `Forbidden`, `StepUpRequired`; `NotFound` for one of others; `SecondPerson` to who asked for it;
/// `IllegalTransition` if it does not wait for that.
pub async fn approve(ctx: &Ctx, actor: &StaffActor, id: ExportId) -> AppResult<ExportStatus> {
    actor.require(&operation::APPROVE_EXPORT)?;
    let scope = actor.scope();
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = waiting(&mut tx, actor, id).await?;
    if !export::mark_approved(&mut tx, scope, id, actor.staff_id(), now).await? {
        return Err(not_waiting());
    }
    let mut deed = actor.deed(id.uuid(), "export_approved");
    deed.detail = described(&row);
    deed.write(ctx, &mut tx, scope).await?;
    let status = super::read_status(ctx, &mut tx, actor, id).await?;
    tx.commit().await?;
    Ok(status)
}

/// Refuses an export in clear, with a reason. Audited as `export_rejected`.
///
/// # Errors
/// As [`approve`].
pub async fn reject(
    ctx: &Ctx,
    actor: &StaffActor,
    id: ExportId,
    reason: &Reason,
) -> AppResult<ExportStatus> {
    actor.require(&operation::REJECT_EXPORT)?;
    let scope = actor.scope();
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = waiting(&mut tx, actor, id).await?;
    let note = reason.as_str();
    if !export::mark_rejected(&mut tx, scope, id, actor.staff_id(), note, now).await? {
        return Err(not_waiting());
    }
    let mut deed = actor.deed(id.uuid(), "export_rejected");
    deed.detail = described(&row);
    deed.note = Some(note.as_bytes());
    deed.write(ctx, &mut tx, scope).await?;
    let status = super::read_status(ctx, &mut tx, actor, id).await?;
    tx.commit().await?;
    Ok(status)
}

/// Calls an export off: what was made of it is deleted. Audited as `export_cancelled`.
///
/// # Errors
/// `Forbidden`; `NotFound` for one of others; `IllegalTransition` once it ended or was fetched, and for a
/// list that is streamed.
pub async fn cancel(ctx: &Ctx, actor: &StaffActor, id: ExportId) -> AppResult<ExportStatus> {
    actor.require(&operation::CANCEL_EXPORT)?;
    let scope = actor.scope();
    let now = ctx.clock.now();
    let states = ExportState::ALL.into_iter();
    let states = states.filter(|state| state.can_be_cancelled());
    let states: Vec<&str> = states.map(ExportState::as_str).collect();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = export::get(&mut tx, scope, actor.association_id(), id).await?;
    if !export::mark_cancelled(&mut tx, scope, id, &states, now).await? {
        return Err(AppError::IllegalTransition("export_over"));
    }
    let mut deed = actor.deed(id.uuid(), "export_cancelled");
    deed.detail = json!({ "state": row.state });
    deed.write(ctx, &mut tx, scope).await?;
    let status = super::read_status(ctx, &mut tx, actor, id).await?;
    tx.commit().await?;
    Ok(status)
}

/// An export that waits for a person like this one.
async fn waiting(conn: &mut Conn, actor: &StaffActor, id: ExportId) -> AppResult<ExportRow> {
    let row = export::get(conn, actor.scope(), actor.association_id(), id).await?;
    if row.requested_by == actor.staff_id().uuid() {
        return Err(AppError::SecondPerson);
    }
    let state = ExportState::parse(&row.state).ok_or(DbError::Corrupt("exports.state"))?;
    if state != ExportState::AwaitingApproval {
        return Err(not_waiting());
    }
    Ok(row)
}

fn not_waiting() -> AppError {
    AppError::IllegalTransition("not_awaiting_approval")
}
