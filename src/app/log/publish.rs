//! Makes a signed head the one that everybody sees.

use super::sequence::Grown;
use super::{
    SCOPE, check_standing, checkpoint_key, hold_against, key, published, tile_key, unavailable,
};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::lease::{self, Lease};
use crate::crypto::merkle;
use crate::crypto::note::Checkpoint;
use crate::db::log::{self as db, LogRow};

/// Step 4: publishes a signed head, by whoever holds the lease. Never takes the place of a longer log, or
/// of another one of the same length.
///
/// # Errors
/// `Unavailable` if the blob store does not take it; `IllegalTransition` if the lease was lost; `Internal`
/// with a [`super::Refusal`] if what is there is no beginning of it. Then nothing was written.
pub async fn publish(ctx: &Ctx, lease: &Lease, row: &LogRow, checkpoint: &str) -> AppResult<()> {
    let ours = Checkpoint::parse(checkpoint).map_err(AppError::internal)?;
    // the lease is new again: whoever reads and writes a file in less than it lasts is alone
    if !lease::renew(ctx, lease).await? {
        return Err(lost());
    }
    let there = published(ctx, &row.slug).await?;
    hold_against(there.as_deref(), &ours, (&row.slug, &key(ctx, row)?))?;
    if there.as_deref() == Some(checkpoint) {
        return Ok(());
    }
    let bytes = checkpoint.as_bytes().to_vec();
    let put = ctx.blobs.put(&checkpoint_key(&row.slug), bytes).await;
    put.map_err(unavailable)
}

/// Publishes what was signed and is not published, now that nobody else goes on.
pub(super) async fn make_up(ctx: &Ctx, lease: &Lease, row: &LogRow) -> AppResult<()> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let row = db::find(&mut tx, SCOPE, row.case()).await?;
    tx.commit().await?;
    let row = row.ok_or(AppError::NotFound)?;
    check_standing(ctx, &row).await??;
    match &row.checkpoint {
        Some(checkpoint) => publish(ctx, lease, &row, checkpoint).await,
        None => Ok(()),
    }
}

/// Deletes partial tiles and bundles in whose place there are full ones (tlog-tiles allows it).
pub(super) async fn drop_partial(ctx: &Ctx, slug: &str, grown: &Grown) -> AppResult<()> {
    for tile in &grown.full {
        let mut paths = vec![tile.id.path()];
        if tile.id.level == 0 {
            paths.push(merkle::bundle_path(tile.id.index, merkle::WIDTH));
        }
        for path in paths {
            let folder = tile_key(slug, &format!("{path}.p"));
            let dropped = ctx.blobs.delete_folder(&folder).await;
            dropped.map_err(unavailable)?;
        }
    }
    Ok(())
}

/// Another process goes on.
pub(super) fn lost() -> AppError {
    AppError::IllegalTransition("log_lease_lost")
}
