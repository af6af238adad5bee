//! The claimants of an export, batch by batch in the order of their ids, each batch in the trail before
//! anything of it is sent.

use chrono::TimeDelta;
use serde_json::json;
use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::staff::StaffActor;
use crate::crypto::{sha256, token};
use crate::db::claimant_list::{self as rows, Declarations, ListRow, Selection};
use crate::db::own_data::ExportBatchRow;
use crate::db::{Tx, export, own_data};
use crate::domain::audit::action;
use crate::domain::ids::ExportId;

/// Reads what an export is about. Dropped before [`Reader::finish`] it marks the export as failed.
pub(super) struct Reader {
    guard: Guard,
    selection: Selection,
    /// Claimants read at a time: what bounds the memory (SCALE S10).
    size: i64,
    /// Sign-ups that come meanwhile are not in it.
    until: Uuid,
    after: Option<Uuid>,
    is_over: bool,
}

/// Claimants and what they declared, and the transaction that read them: whoever needs more of them
/// reads it there.
pub(super) struct Batch {
    pub(super) tx: Tx,
    pub(super) rows: Vec<ListRow>,
    pub(super) declarations: Declarations,
}

impl Batch {
    /// The claimants.
    pub(super) fn ids(&self) -> Vec<Uuid> {
        self.rows.iter().map(|row| row.id).collect()
    }
}

impl Reader {
    pub(super) fn new(
        ctx: &Ctx,
        actor: &StaffActor,
        id: ExportId,
        selection: Selection,
        size: i64,
    ) -> Self {
        // a second of grace for ids made by a node whose clock is a little ahead
        let until = token::new_id(ctx.clock.now() + TimeDelta::seconds(1));
        Self {
            guard: Guard {
                ctx: ctx.clone(),
                actor: actor.clone(),
                id,
                armed: true,
            },
            selection,
            size,
            until,
            after: None,
            is_over: false,
        }
    }

    /// Where it runs.
    pub(super) fn ctx(&self) -> &Ctx {
        &self.guard.ctx
    }

    /// Who asked.
    pub(super) fn actor(&self) -> &StaffActor {
        &self.guard.actor
    }

    /// Reads the next claimants and notes them in the trail; the caller commits. `None` after the last.
    pub(super) async fn batch(&mut self) -> AppResult<Option<Batch>> {
        if self.is_over {
            return Ok(None);
        }
        let ctx = self.guard.ctx.clone();
        let scope = self.guard.actor.scope();
        let association = self.guard.actor.association_id();
        let mut tx = ctx.pools.begin(scope).await?;
        let now = ctx.clock.now();
        if !export::mark_progress(&mut tx, scope, self.guard.id, now).await? {
            return Err(given_up());
        }
        let (after, until, size) = (self.after, self.until, self.size);
        let rows = rows::list_batch(&mut tx, scope, &self.selection, after, until, size).await?;
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let Some(last) = ids.last().copied() else {
            self.is_over = true;
            return Ok(None);
        };
        let declarations = rows::list_declarations(&mut tx, scope, association, &rows, now).await?;
        let listed: Vec<u8> = ids.iter().flat_map(|id| id.into_bytes()).collect();
        let mut deed = self.guard.actor.deed(self.guard.id.uuid(), "export_rows");
        deed.detail = json!({ "count": ids.len() });
        deed.note = Some(&listed);
        let audit_id = token::new_id(now);
        deed.write_as(&ctx, &mut tx, scope, audit_id).await?;
        let batch = ExportBatchRow {
            export_id: self.guard.id.uuid(),
            // in the order of ids
            first_id: ids.first().copied().unwrap_or(last),
            last_id: last,
            association_id: association.uuid(),
            audit_id,
        };
        own_data::put_batch(&mut tx, scope, &batch).await?;
        self.is_over = i64::try_from(ids.len()).is_ok_and(|count| count < size);
        self.after = Some(last);
        Ok(Some(Batch {
            tx,
            rows,
            declarations,
        }))
    }

    /// Writes the register; only then the last bytes may go out.
    pub(super) async fn finish(&mut self, rows: u64, hash: Vec<u8>) -> AppResult<()> {
        let (ctx, actor) = (self.guard.ctx.clone(), self.guard.actor.clone());
        let id = self.guard.id;
        let finish = async move {
            let scope = actor.scope();
            let now = ctx.clock.now();
            let count = i64::try_from(rows).map_err(AppError::internal)?;
            let mut tx = ctx.pools.begin(scope).await?;
            if !export::mark_ready(&mut tx, scope, id, count, &hash, now).await? {
                return Err(given_up());
            }
            let mut deed = actor.deed(id.uuid(), action::EXPORT_FINISHED);
            deed.detail = json!({ "rows": rows, "sha256": sha256::hex(&hash) });
            deed.write(&ctx, &mut tx, scope).await?;
            Ok(tx.commit().await?)
        };
        self.guard.ctx.to_end(finish).await?;
        self.guard.armed = false;
        Ok(())
    }
}

/// Its reader was silent for so long that it counts as failed.
fn given_up() -> AppError {
    AppError::IllegalTransition("failed")
}

/// Notes that an export was cut, when it is dropped before its end.
struct Guard {
    ctx: Ctx,
    actor: StaffActor,
    id: ExportId,
    armed: bool,
}

impl Drop for Guard {
    fn drop(&mut self) {
        if !self.armed {
            return;
        }
        // without a runtime the process is ending: housekeeping finds the row later
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        let (ctx, actor, id) = (self.ctx.clone(), self.actor.clone(), self.id);
        runtime.spawn(async move {
            let failed = ctx.clone().to_end(cut(ctx, actor, id)).await;
            if let Err(error) = failed {
                tracing::error!(export.id = %id, %error, "a cut export was not marked as failed");
            }
        });
    }
}

async fn cut(ctx: Ctx, actor: StaffActor, id: ExportId) -> AppResult<()> {
    let scope = actor.scope();
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(scope).await?;
    if export::mark_failed(&mut tx, scope, id, now).await? {
        let deed = actor.deed(id.uuid(), action::EXPORT_FAILED);
        deed.write(&ctx, &mut tx, scope).await?;
    }
    Ok(tx.commit().await?)
}
