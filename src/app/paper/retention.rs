//! Images of identity documents are deleted some time after the decision (R64); that they were there, and
//! their hashes, stay.

use chrono::TimeDelta;
use serde_json::json;

use super::kept;
use crate::app::audit::{self, Actor, Entry};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::file_store;
use crate::app::retention::rules;
use crate::app::vault::Vault;
use crate::db::Scope;
use crate::db::paper as db;
use crate::domain::ids::{AssociationId, ClaimantId, FileId};
use crate::domain::retention::ID_IMAGES;

const SCOPE: Scope = Scope::System("images of identity documents");

/// Hand-ins of one run: what is left waits for the next.
const BATCH: i64 = 200;

/// Deletes the images that were kept long enough; gives the number of hand-ins. Safe to repeat and to run
/// twice at once.
///
/// *effects*: files deleted; `paper_hand_ins.id_images_deleted_at`; audit `delete_id_images`.
///
/// # Errors
/// `Unavailable` if database or blob store cannot be reached; what was deleted stays deleted.
pub async fn delete_identity_images(ctx: &Ctx) -> AppResult<usize> {
    let now = ctx.clock.now();
    let keeps = TimeDelta::days(rules::days(ctx, ID_IMAGES).await?);
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let due = db::list_images_due(&mut tx, SCOPE, now - keeps, BATCH).await?;
    tx.commit().await?;
    let mut deleted = 0;
    for row in due {
        let claimant = ClaimantId::new(row.claimant_id);
        let mut tx = ctx.pools.begin(SCOPE).await?;
        let vault = match Vault::open(ctx, &mut tx, SCOPE, claimant).await {
            Ok(vault) => vault,
            // erased meanwhile: the files went with the person
            Err(AppError::NotFound) => continue,
            Err(error) => return Err(error),
        };
        tx.commit().await?;
        for sheet in kept(&vault, &row)?.sheets {
            if sheet.kind.is_identity() {
                file_store::delete(ctx, claimant, FileId::new(sheet.file)).await?;
            }
        }
        let mut tx = ctx.pools.begin(SCOPE).await?;
        if db::mark_images_deleted(&mut tx, SCOPE, claimant, row.id, now).await? {
            let association = AssociationId::new(row.association_id);
            let entry = Entry::new(claimant, association, Actor::System, "delete_id_images");
            let entry = entry.with(json!({ "hand_in": row.id }));
            audit::append(ctx, &mut tx, SCOPE, entry).await?;
            deleted += 1;
        }
        tx.commit().await?;
    }
    Ok(deleted)
}
