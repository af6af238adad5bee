//! Documents wait for the virus scanner: which are next, and what it said. The worker asks it.

use chrono::Duration;

use crate::app::audit::{self, Actor, Entry};
use crate::app::ctx::Ctx;
use crate::app::error::AppError;
use crate::app::error::AppResult;
use crate::app::file_store::{Reader, StoredFile};
use crate::app::vault::Vault;
use crate::db::document::{self as db, DocumentRow};
use crate::db::{Scope, claimant};
use crate::domain::document::Scan;
use crate::domain::ids::{AssociationId, ClaimantId, FileId};
use serde_json::json;

const SCOPE: Scope = Scope::System("virus scan");

/// Documents of one run: what is left waits for the next.
const BATCH: i64 = 50;

/// Minutes until a document is tried again whose scan failed.
const AGAIN_MINUTES: i64 = 5;

/// A document that waits.
pub struct Waiting {
    row: DocumentRow,
    /// Its files.
    pub files: Vec<Reader>,
}

/// Documents to be scanned, oldest first.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn list(ctx: &Ctx) -> AppResult<Vec<Waiting>> {
    let before = ctx.clock.now() - Duration::minutes(AGAIN_MINUTES);
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let rows = db::list_pending(&mut tx, SCOPE, before, BATCH).await?;
    let mut waiting = Vec::with_capacity(rows.len());
    for row in rows {
        let owner = ClaimantId::new(row.claimant_id);
        let mut files = Vec::new();
        for file in db::list_files(&mut tx, SCOPE, owner).await? {
            if file.document_id == row.id {
                let stored = StoredFile {
                    id: FileId::new(file.id),
                    size: u64::try_from(file.size).map_err(AppError::internal)?,
                    sha256: file.sha256,
                };
                let vault = Vault::open(ctx, &mut tx, SCOPE, owner).await?;
                files.push(Reader::new(ctx, vault, stored));
            }
        }
        waiting.push(Waiting { row, files });
    }
    tx.commit().await?;
    Ok(waiting)
}

/// Notes what the scanner said; `Pending`: nothing, it is asked again later.
///
/// *effects*: `documents.scan`; audit `scan_document` unless it stays pending.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn settle(ctx: &Ctx, waiting: &Waiting, scan: Scan) -> AppResult<()> {
    let row = &waiting.row;
    let owner = ClaimantId::new(row.claimant_id);
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(SCOPE).await?;
    if claimant::find(&mut tx, SCOPE, owner).await?.is_none() {
        return Ok(());
    }
    db::mark_scanned(&mut tx, SCOPE, row, scan.as_str(), now).await?;
    if scan != Scan::Pending {
        let association = AssociationId::new(row.association_id);
        let entry = Entry::new(owner, association, Actor::System, "scan_document");
        let detail = json!({ "document": row.id, "number": row.number, "scan": scan.as_str() });
        audit::append(ctx, &mut tx, SCOPE, entry.with(detail)).await?;
    }
    Ok(tx.commit().await?)
}
