//! Deletes what the rules say must go, and keeps it gone after a restore (R61, R62, DESIGN 4).

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::json;

use crate::app::clash;
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::crypto::token;
use crate::db::audit::{self, AuditRow};
use crate::db::retention::{self, DueRow};
use crate::db::{Scope, Tx};
use crate::domain::ids::ClaimantId;

const SCOPE: Scope = Scope::System("retention");

/// Claimants deleted in one transaction.
const BATCH: i64 = 200;

/// Batches of one run: what is left waits for the next.
const MAX_BATCHES: usize = 25;

/// Ids looked up at once when erasures are replayed.
const REPLAY_BATCH: usize = 1_000;

/// What a run deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Deleted {
    /// Unconfirmed sign-ups gone.
    pub claimants: usize,
    /// Whether a full run was not enough.
    pub more: bool,
}

/// Deletes unconfirmed sign-ups that are due: 30 days old, not counting the time during which their
/// contact domain was held, and not held now (R62). Safe to repeat and to run twice at once.
///
/// *effects*: rows deleted, one audit row per claimant, ids kept in the blob store.
///
/// # Errors
/// `Unavailable` if database or blob store cannot be reached; what was committed stays deleted.
pub async fn delete_unconfirmed(ctx: &Ctx) -> AppResult<Deleted> {
    let mut deleted = Deleted::default();
    for _ in 0..MAX_BATCHES {
        let now = ctx.clock.now();
        let mut tx = ctx.pools.begin(SCOPE).await?;
        let due = retention::list_unconfirmed_due(&mut tx, SCOPE, now, BATCH).await?;
        let locked = retention::lock_unconfirmed(&mut tx, SCOPE, &due, now).await?;
        erase_locked(ctx, &mut tx, &locked, "retention").await?;
        tx.commit().await?;
        deleted.claimants += locked.len();
        if due.is_empty() {
            return Ok(deleted);
        }
    }
    deleted.more = true;
    Ok(deleted)
}

/// Deletes the rows of one claimant, who is locked in `tx`: data key, look-ups, sealed rows, the
/// claimant. The id is kept in the blob store first, so that no restore brings the person back. The
/// caller writes the audit row, frees what the person had registered, and commits.
///
/// # Errors
/// `Unavailable` if the blob store does not take the id; then nothing is deleted.
pub async fn erase_rows(ctx: &Ctx, tx: &mut Tx, claimant: ClaimantId) -> AppResult<()> {
    keep_ids(ctx, &[claimant]).await?;
    retention::delete_claimants(tx, SCOPE, &[claimant]).await?;
    Ok(())
}

/// Deletes again whoever was erased: for a database that was restored. Gives the number of claimants
/// that had come back.
///
/// # Errors
/// `Unavailable` if database or blob store cannot be reached: then nobody may be served.
pub async fn replay_erased(ctx: &Ctx) -> AppResult<usize> {
    let erased = ctx.blobs.list_erased().await.map_err(unavailable)?;
    let mut came_back = 0;
    for ids in erased.chunks(REPLAY_BATCH) {
        let mut tx = ctx.pools.begin(SCOPE).await?;
        let rows = retention::list_existing(&mut tx, SCOPE, ids).await?;
        for row in &rows {
            // what the person had registered goes to whoever waits for it
            clash::free(ctx, &mut tx, ClaimantId::new(row.id)).await?;
        }
        // Also without a claimant's row something may be left: a look-up, a data key.
        retention::delete_claimants(&mut tx, SCOPE, ids).await?;
        write_audit(ctx, &mut tx, &rows, "replay").await?;
        tx.commit().await?;
        came_back += rows.len();
    }
    Ok(came_back)
}

async fn erase_locked(
    ctx: &Ctx,
    tx: &mut Tx,
    rows: &[DueRow],
    reason: &'static str,
) -> AppResult<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let ids: Vec<ClaimantId> = rows.iter().map(|row| ClaimantId::new(row.id)).collect();
    keep_ids(ctx, &ids).await?;
    retention::delete_claimants(tx, SCOPE, &ids).await?;
    write_audit(ctx, tx, rows, reason).await
}

async fn keep_ids(ctx: &Ctx, ids: &[ClaimantId]) -> AppResult<()> {
    stream::iter(ids.to_vec())
        .map(|id| {
            let blobs = ctx.blobs.clone();
            async move { blobs.put_erased(id).await }
        })
        .buffer_unordered(16)
        .try_collect::<Vec<()>>()
        .await
        .map_err(unavailable)?;
    Ok(())
}

async fn write_audit(
    ctx: &Ctx,
    tx: &mut Tx,
    rows: &[DueRow],
    reason: &'static str,
) -> AppResult<()> {
    let now = ctx.clock.now();
    let rows: Vec<AuditRow> = rows
        .iter()
        .map(|row| AuditRow {
            subject_id: row.id,
            id: token::new_id(now),
            association_id: Some(row.association_id),
            actor_kind: "system".to_owned(),
            actor_id: None,
            action: "erase".to_owned(),
            before: None,
            after: None,
            detail: json!({ "reason": reason }),
            sealed: None,
            created_at: now,
        })
        .collect();
    Ok(audit::insert_all(tx, SCOPE, &rows).await?)
}

fn unavailable(error: crate::blob::BlobError) -> AppError {
    AppError::Unavailable(Box::new(error))
}
