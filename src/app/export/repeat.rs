//! An export asked for once more: the copy that was fetched is lost, or nobody fetched it in time.

use super::{ExportStatus, NewExport, filter_of, request, reviewed};
use crate::app::claimant_list;
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::staff::StaffActor;
use crate::db::{DbError, export};
use crate::domain::export::{Columns, Format};
use crate::domain::ids::ExportId;
use crate::domain::permission::operation;
use crate::domain::reason::Reason;
use crate::render::csv::Dialect;

/// Asks for an export once more, as it was asked for, with the same purpose, in the name of who asks now: in clear a
/// second person approves it again (R58). Asked for again within 24 h it is the same one, as it stands now.
///
/// *effects*: as [`request`].
///
/// # Errors
/// `Forbidden`, `StepUpRequired`; `NotFound` if there is none of the association's; `IllegalTransition` for a list
/// that was streamed: it is streamed again.
pub async fn repeat(ctx: &Ctx, actor: &StaffActor, id: ExportId) -> AppResult<ExportStatus> {
    actor.require(&operation::REPEAT_EXPORT)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = export::get(&mut tx, scope, actor.association_id(), id).await?;
    tx.commit().await?;
    let cases = claimant_list::cases(ctx, actor).await?;
    let own = cases.iter().find(|own| own.case.id.uuid() == row.case_id);
    let own = own.ok_or(AppError::NotFound)?;
    if row.is_streamed() {
        return Err(AppError::IllegalTransition("export_over"));
    }
    let purpose = Reason::parse(Some(&row.purpose));
    let purpose = purpose.map_err(|_| DbError::Corrupt("exports.purpose"))?;
    let new = NewExport {
        case: own.case.slug.clone(),
        format: Format::parse(&row.format).ok_or(DbError::Corrupt("exports.format"))?,
        columns: Columns::parse(&row.column_set).ok_or(DbError::Corrupt("exports.column_set"))?,
        dialect: Dialect::parse(Some(&row.dialect)).ok_or(DbError::Corrupt("exports.dialect"))?,
        filter: filter_of(&row.filter),
        recipients: row.recipients,
        clear: row.clear,
        includes_reviewed: reviewed::are_included(&row.filter),
        purpose,
        // a button that is pressed twice
        idempotency_key: Some(format!("repeat-{id}")),
    };
    request(ctx, actor, new).await
}
