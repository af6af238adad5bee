//! Deletes what the rules say must go, and keeps it gone after a restore (R61, R62, DESIGN 4).
//!
//! The database and the blob store cannot commit together. So an erasure is marked in the blob store
//! before; after the commit the documents go and it is noted there as done. Whoever is left with a mark
//! alone is settled by asking the database (`docs/decisions/0006-erasure-in-two-steps.md`).

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::json;

use crate::app::clash;
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::signed_document;
use crate::blob::BlobError;
use crate::crypto::token;
use crate::db::audit::{self, AuditRow};
use crate::db::retention::{self, DueRow};
use crate::db::{DbError, Scope, Tx, claimant};
use crate::domain::ids::ClaimantId;

pub mod rules;

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
/// *effects*: rows deleted, one audit row per claimant, ids noted in the blob store.
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
        let erased = erase_locked(ctx, &mut tx, &locked, "retention").await?;
        tx.commit().await?;
        note_erased(ctx, &erased).await;
        deleted.claimants += locked.len();
        if due.is_empty() {
            return Ok(deleted);
        }
    }
    deleted.more = true;
    Ok(deleted)
}

/// Deletes the rows of claimants, who are locked in `tx`: data keys, look-ups, sealed rows, the
/// claimants. They are marked in the blob store first, so that no restore brings them back. The caller
/// tells the evidence log where somebody asked for it, writes the audit rows, frees what they had registered, commits, and calls [`note_erased`].
///
/// # Errors
/// `Unavailable` if the blob store does not take the mark; then nothing is deleted.
pub async fn erase_rows(ctx: &Ctx, tx: &mut Tx, claimants: &[ClaimantId]) -> AppResult<()> {
    if claimants.is_empty() {
        return Ok(());
    }
    for_each(
        claimants,
        |id| async move { ctx.blobs.put_erasing(id).await },
    )
    .await?;
    retention::delete_claimants(tx, SCOPE, claimants).await?;
    Ok(())
}

/// Deletes the documents of claimants whose erasure is committed, and notes it in the blob store. Where
/// it fails the mark stays, and [`settle_erasures`] does it later.
pub async fn note_erased(ctx: &Ctx, claimants: &[ClaimantId]) {
    if let Err(error) = for_each(claimants, |id| finish(ctx, id)).await {
        tracing::warn!(%error, "an erasure is done but not noted yet");
    }
}

/// What is left of an erasure after its commit: documents, those too that never became a signature.
async fn finish(ctx: &Ctx, claimant: ClaimantId) -> Result<(), BlobError> {
    signed_document::erase(&ctx.blobs, claimant).await?;
    ctx.blobs.put_erased(claimant).await
}

/// Settles erasures of which nobody knows how they ended, because a commit failed or a process died:
/// whoever is in the database was not erased, whoever is not was. Those still under way are left
/// alone. Gives the number settled. Safe to repeat and to run twice at once.
///
/// # Errors
/// `Unavailable` if database or blob store cannot be reached.
pub async fn settle_erasures(ctx: &Ctx) -> AppResult<usize> {
    let mut settled = 0;
    for id in ctx.blobs.list_erasing().await.map_err(unavailable)? {
        let mut tx = ctx.pools.begin(SCOPE).await?;
        // who erases holds the claimant's lock from before the mark until the end
        let done = match claimant::lock(&mut tx, SCOPE, id).await {
            Ok(_) => ctx.blobs.drop_erasing(id).await,
            Err(DbError::NotFound) => finish(ctx, id).await,
            Err(DbError::LockTimeout) => continue,
            Err(error) => return Err(error.into()),
        };
        done.map_err(unavailable)?;
        tx.commit().await?;
        settled += 1;
    }
    Ok(settled)
}

/// Deletes again whoever was erased, with their documents: for a database that was restored. Gives the
/// number of claimants that had come back.
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
        // a backup brings back their documents, and one who signed while being erased left one behind
        let blobs = &ctx.blobs;
        for_each(
            ids,
            |id| async move { signed_document::erase(blobs, id).await },
        )
        .await?;
        came_back += rows.len();
    }
    Ok(came_back)
}

/// Deletes test people of a sandbox as an unconfirmed sign-up is deleted; nobody else, whatever the ids. Gives whom;
/// the caller commits and calls [`note_erased`].
///
/// # Errors
/// `Unavailable` if the blob store does not take the marks; then nothing is deleted.
pub(in crate::app) async fn erase_test_people(
    ctx: &Ctx,
    tx: &mut Tx,
    claimants: &[ClaimantId],
) -> AppResult<Vec<ClaimantId>> {
    let mut rows = claimant::lock_in_order(tx, SCOPE, claimants).await?;
    rows.retain(|row| row.association().is_sandbox());
    let rows: Vec<DueRow> = rows
        .iter()
        .map(|row| DueRow {
            id: row.id,
            association_id: row.association_id,
        })
        .collect();
    erase_locked(ctx, tx, &rows, "sandbox").await
}

async fn erase_locked(
    ctx: &Ctx,
    tx: &mut Tx,
    rows: &[DueRow],
    reason: &'static str,
) -> AppResult<Vec<ClaimantId>> {
    let ids: Vec<ClaimantId> = rows.iter().map(|row| ClaimantId::new(row.id)).collect();
    erase_rows(ctx, tx, &ids).await?;
    write_audit(ctx, tx, rows, reason).await?;
    Ok(ids)
}

/// Does something in the blob store for each claimant, a few at once.
async fn for_each<F>(claimants: &[ClaimantId], step: impl Fn(ClaimantId) -> F) -> AppResult<()>
where
    F: Future<Output = Result<(), BlobError>>,
{
    let steps: Vec<F> = claimants.iter().map(|id| step(*id)).collect();
    stream::iter(steps)
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

fn unavailable(error: BlobError) -> AppError {
    AppError::Unavailable(Box::new(error))
}
