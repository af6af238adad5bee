//! The claimants of a streamed list, batch by batch in the order of their ids, each batch in the trail before
//! anything of it is sent.

use chrono::TimeDelta;
use serde_json::json;
use uuid::Uuid;

use super::run::BATCH;
use super::trace::Of;
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::crypto::{sha256, token};
use crate::db::claimant_list::{self as rows, Declarations, ListRow, Selection};
use crate::db::{Tx, export};
use crate::domain::audit::action;

/// Reads what an export is about. Dropped before [`Reader::finish`] it marks the export as failed.
pub(super) struct Reader {
    guard: Guard,
    selection: Selection,
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
    pub(super) fn new(ctx: &Ctx, of: Of, selection: Selection) -> Self {
        // a second of grace for ids made by a node whose clock is a little ahead
        let until = token::new_id(ctx.clock.now() + TimeDelta::seconds(1));
        Self {
            guard: Guard {
                ctx: ctx.clone(),
                of,
                armed: true,
            },
            selection,
            until,
            after: None,
            is_over: false,
        }
    }

    /// Where it runs.
    pub(super) fn ctx(&self) -> &Ctx {
        &self.guard.ctx
    }

    /// Whose it is.
    pub(super) const fn of(&self) -> Of {
        self.guard.of
    }

    /// Reads the next claimants and notes them in the trail; the caller commits. `None` after the last.
    pub(super) async fn batch(&mut self) -> AppResult<Option<Batch>> {
        if self.is_over {
            return Ok(None);
        }
        let ctx = self.guard.ctx.clone();
        let of = self.guard.of;
        let scope = of.scope();
        let mut tx = ctx.pools.begin(scope).await?;
        let now = ctx.clock.now();
        if !export::mark_progress(&mut tx, scope, of.id, now).await? {
            return Err(given_up());
        }
        let (after, until) = (self.after, self.until);
        let rows = rows::list_batch(&mut tx, scope, &self.selection, after, until, BATCH).await?;
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let Some(last) = ids.last().copied() else {
            self.is_over = true;
            return Ok(None);
        };
        let declarations =
            rows::list_declarations(&mut tx, scope, of.association, &rows, now).await?;
        of.name_batch(&ctx, &mut tx, &ids).await?;
        self.is_over = i64::try_from(ids.len()).is_ok_and(|count| count < BATCH);
        self.after = Some(last);
        Ok(Some(Batch {
            tx,
            rows,
            declarations,
        }))
    }

    /// Writes the register; only then the last bytes may go out.
    pub(super) async fn finish(&mut self, rows: u64, hash: Vec<u8>) -> AppResult<()> {
        let (ctx, of) = (self.guard.ctx.clone(), self.guard.of);
        let finish = async move {
            let scope = of.scope();
            let now = ctx.clock.now();
            let count = i64::try_from(rows).map_err(AppError::internal)?;
            let mut tx = ctx.pools.begin(scope).await?;
            if !export::mark_ready(&mut tx, scope, of.id, count, &hash, now).await? {
                return Err(given_up());
            }
            let mut deed = of.deed(action::EXPORT_FINISHED);
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
    of: Of,
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
        let (ctx, of) = (self.ctx.clone(), self.of);
        runtime.spawn(async move {
            let failed = ctx.clone().to_end(cut(ctx, of)).await;
            if let Err(error) = failed {
                tracing::error!(export.id = %of.id, %error, "a cut export was not marked as failed");
            }
        });
    }
}

async fn cut(ctx: Ctx, of: Of) -> AppResult<()> {
    let scope = of.scope();
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(scope).await?;
    if export::mark_failed(&mut tx, scope, of.id, now).await? {
        let deed = of.deed(action::EXPORT_FAILED);
        deed.write(&ctx, &mut tx, scope).await?;
    }
    Ok(tx.commit().await?)
}
