//! Exports that nobody fetches or decides about end; the files of those that are over are deleted.

use serde_json::json;

use super::shelf;
use crate::app::audit::{self, Actor};
use crate::app::ctx::Ctx;
use crate::app::error::AppResult;
use crate::db::{Scope, export};
use crate::domain::audit::action;
use crate::domain::ids::{AssociationId, ExportId};

const SCOPE: Scope = Scope::System("exports whose time is over");

/// Marks streamed lists as failed whose process is gone. For housekeeping; gives how many.
///
/// # Errors
/// `Unavailable`.
pub async fn fail_abandoned(ctx: &Ctx) -> AppResult<usize> {
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let mut failed = 0;
    for row in export::list_abandoned(&mut tx, SCOPE, now - super::ABANDONED).await? {
        if export::mark_failed(&mut tx, SCOPE, ExportId::new(row.id), now).await? {
            let entry = audit::Entry {
                subject: row.id,
                association: Some(AssociationId::new(row.association_id)),
                actor: Actor::System,
                action: action::EXPORT_FAILED,
                states: None,
                detail: json!({ "reason": "abandoned" }),
                sealed: None,
            };
            audit::append(ctx, &mut tx, SCOPE, entry).await?;
            failed += 1;
        }
    }
    tx.commit().await?;
    Ok(failed)
}

/// Ends exports whose time is over, and deletes the files of all that are; gives of how many. Safe to
/// repeat and to run twice at once.
///
/// *effects*: state `expired`, audit `export_expired`; files deleted, their keys taken away.
///
/// # Errors
/// `Unavailable` if database or blob store cannot be reached; what was done stays done.
pub(in crate::app) async fn sweep(ctx: &Ctx) -> AppResult<usize> {
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(SCOPE).await?;
    for row in export::list_expired(&mut tx, SCOPE, now).await? {
        if export::mark_expired(&mut tx, SCOPE, ExportId::new(row.id), now).await? {
            let entry = audit::Entry {
                subject: row.id,
                association: Some(AssociationId::new(row.association_id)),
                actor: Actor::System,
                action: "export_expired",
                states: None,
                detail: json!({ "state": row.state }),
                sealed: None,
            };
            audit::append(ctx, &mut tx, SCOPE, entry).await?;
        }
    }
    let over = export::list_to_sweep(&mut tx, SCOPE).await?;
    tx.commit().await?;
    let mut swept = 0;
    for id in over {
        shelf::clear(ctx, id).await?;
        let mut tx = ctx.pools.begin(SCOPE).await?;
        export::mark_swept(&mut tx, SCOPE, id, now).await?;
        tx.commit().await?;
        swept += 1;
    }
    Ok(swept)
}
