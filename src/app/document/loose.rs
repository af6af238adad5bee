//! Files in the blob store that belong to nothing: of uploads that did not end, of removed documents.

use chrono::Duration;

use super::By;
use crate::app::ctx::Ctx;
use crate::app::error::AppResult;
use crate::app::file_store;
use crate::db::{Scope, document as db};
use crate::domain::ids::{ClaimantId, FileId};

const SCOPE: Scope = Scope::System("loose files");

/// Minutes after which a file that belongs to nothing is deleted.
const LOOSE_MINUTES: i64 = 60;

/// Files of one run: what is left waits for the next.
const BATCH: i64 = 500;

/// Deletes files that have belonged to nothing for an hour; gives their number. Safe to repeat and to run
/// twice at once.
///
/// # Errors
/// `Unavailable` if database or blob store cannot be reached; what is deleted stays deleted.
pub async fn delete_loose(ctx: &Ctx) -> AppResult<usize> {
    let before = ctx.clock.now() - Duration::minutes(LOOSE_MINUTES);
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let rows = db::list_loose(&mut tx, SCOPE, before, BATCH).await?;
    tx.commit().await?;
    for row in &rows {
        let (claimant, file) = (ClaimantId::new(row.claimant_id), FileId::new(row.id));
        file_store::delete(ctx, claimant, file).await?;
        let mut tx = ctx.pools.begin(SCOPE).await?;
        db::end_uploads(&mut tx, SCOPE, claimant, &[file]).await?;
        tx.commit().await?;
    }
    Ok(rows.len())
}

/// Deletes files now that became nobody's; where it fails, [`delete_loose`] does it later.
pub(super) async fn drop_files(ctx: &Ctx, by: &By, files: &[FileId]) {
    if let Err(error) = try_drop(ctx, by, files).await {
        tracing::warn!(%error, "files of nobody are left for an hour");
    }
}

async fn try_drop(ctx: &Ctx, by: &By, files: &[FileId]) -> AppResult<()> {
    for file in files {
        file_store::delete(ctx, by.claimant(), *file).await?;
    }
    let mut tx = ctx.pools.begin(by.scope()).await?;
    db::end_uploads(&mut tx, by.scope(), by.claimant(), files).await?;
    Ok(tx.commit().await?)
}
