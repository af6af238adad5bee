//! One export while it runs: head, batches of claimants in the order of their ids, last line.

use chrono::TimeDelta;
use serde_json::json;
use uuid::Uuid;

use super::line::Facts;
use crate::app::claimant_list::Opener;
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::staff::StaffActor;
use crate::crypto::sha256::{self, Sha256};
use crate::crypto::token;
use crate::db::claimant_list::{self as rows, Selection};
use crate::db::export;
use crate::domain::ids::ExportId;
use crate::render::csv;

/// Claimants read, opened and sent at a time: what bounds the memory (SCALE S10).
const BATCH: i64 = 1000;

/// A running export. Dropped before its end it marks itself as failed.
pub(super) struct Run {
    guard: Guard,
    selection: Selection,
    facts: Facts,
    /// Sign-ups that come meanwhile are not in the list.
    until: Uuid,
    after: Option<Uuid>,
    rows: u64,
    hash: Sha256,
    step: Step,
}

enum Step {
    Head,
    Batches,
    Tail,
    Done,
}

impl Run {
    pub(super) fn new(
        ctx: &Ctx,
        actor: &StaffActor,
        id: ExportId,
        selection: Selection,
        facts: Facts,
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
            facts,
            until,
            after: None,
            rows: 0,
            hash: Sha256::new(),
            step: Step::Head,
        }
    }

    /// The next bytes.
    pub(super) async fn next(mut self) -> AppResult<Option<(Vec<u8>, Self)>> {
        let bytes = match self.step {
            Step::Head => {
                self.step = Step::Batches;
                csv::head(self.facts.dialect()).map_err(AppError::internal)?
            }
            Step::Batches => match self.batch().await? {
                Some(bytes) => bytes,
                None => self.tail().await?,
            },
            Step::Tail => self.tail().await?,
            Step::Done => return Ok(None),
        };
        self.hash.update(&bytes);
        Ok(Some((bytes, self)))
    }

    /// Reads, notes in the trail and renders the next claimants; `None` after the last.
    async fn batch(&mut self) -> AppResult<Option<Vec<u8>>> {
        let ctx = self.guard.ctx.clone();
        let scope = self.guard.actor.scope();
        let association = self.guard.actor.association_id();
        let mut tx = ctx.pools.begin(scope).await?;
        let now = ctx.clock.now();
        if !export::mark_progress(&mut tx, scope, self.guard.id, now).await? {
            return Err(given_up());
        }
        let batch = rows::list_batch(
            &mut tx,
            scope,
            &self.selection,
            self.after,
            self.until,
            BATCH,
        )
        .await?;
        let ids: Vec<Uuid> = batch.iter().map(|row| row.id).collect();
        let Some(last) = ids.last().copied() else {
            return Ok(None);
        };
        let belongings = rows::list_belongings(&mut tx, scope, association, &ids).await?;
        let listed: Vec<u8> = ids.iter().flat_map(|id| id.into_bytes()).collect();
        let mut deed = self.guard.actor.deed(self.guard.id.uuid(), "export_rows");
        deed.detail = json!({ "count": ids.len() });
        deed.note = Some(&listed);
        deed.write(&ctx, &mut tx, scope).await?;
        tx.commit().await?;
        if i64::try_from(ids.len()).is_ok_and(|count| count < BATCH) {
            self.step = Step::Tail;
        }
        self.after = Some(last);
        let mut opener = Opener::new(belongings);
        let mut lines = Vec::with_capacity(batch.len());
        for row in &batch {
            let opened = opener.open(&ctx, row.id).await?;
            self.rows += 1;
            lines.push(self.facts.line(self.rows, row, &opened)?);
        }
        let bytes = csv::lines(self.facts.dialect(), &lines).map_err(AppError::internal)?;
        Ok(Some(bytes))
    }

    /// Writes the register; only then the last line may go out.
    async fn tail(&mut self) -> AppResult<Vec<u8>> {
        let hash = self.hash.clone().finish();
        let hex = sha256::hex(&hash);
        let tail = csv::tail(self.facts.dialect(), self.rows, &hex);
        let (ctx, actor) = (self.guard.ctx.clone(), self.guard.actor.clone());
        let (id, rows) = (self.guard.id, self.rows);
        let finish = async move {
            let scope = actor.scope();
            let now = ctx.clock.now();
            let count = i64::try_from(rows).map_err(AppError::internal)?;
            let mut tx = ctx.pools.begin(scope).await?;
            if !export::mark_ready(&mut tx, scope, id, count, &hash, now).await? {
                return Err(given_up());
            }
            let mut deed = actor.deed(id.uuid(), "export_finished");
            deed.detail = json!({ "rows": rows, "sha256": hex });
            deed.write(&ctx, &mut tx, scope).await?;
            Ok(tx.commit().await?)
        };
        self.guard.ctx.to_end(finish).await?;
        self.guard.armed = false;
        self.step = Step::Done;
        Ok(tail)
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
        let deed = actor.deed(id.uuid(), "export_failed");
        deed.write(&ctx, &mut tx, scope).await?;
    }
    Ok(tx.commit().await?)
}
