//! Words of a rejection: free text about people, so it rests sealed by the association's key, for the action it is of.

use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::crypto::sealing::{Aad, FORMAT, Sealed};
use crate::db::Scope;
use crate::db::bulk::{self as db, BulkRow};
use crate::domain::bulk::BulkAct;
use crate::domain::ids::AssociationId;

const SCOPE: Scope = Scope::System("words of rejections in the clear");
/// Rejections sealed in one run of the housekeeping.
const AT_ONCE: i64 = 200;

/// The words of an act, sealed for its action, and the version of the key; `None` where it has none.
pub(super) async fn seal(
    ctx: &Ctx,
    (association, id): (AssociationId, Uuid),
    act: &BulkAct,
) -> AppResult<Option<(Vec<u8>, i32)>> {
    match act {
        BulkAct::Reject { words, .. } => Ok(Some(sealed(ctx, (association, id), words).await?)),
        BulkAct::Message { .. }
        | BulkAct::AskDeficiency { .. }
        | BulkAct::EndQuarantine
        | BulkAct::Assign { .. } => Ok(None),
    }
}

/// The words of a row, opened; `None` where it has none, or none any more.
pub(super) async fn open(ctx: &Ctx, row: &BulkRow) -> AppResult<Option<String>> {
    let (Some(sealed), Some(version)) = (row.words_sealed.clone(), row.words_key_version) else {
        return Ok(None);
    };
    let association = AssociationId::new(row.association_id);
    let keyring = &ctx.keyring;
    let key = keyring
        .association_by_version(&ctx.pools, association, version)
        .await?;
    let words = key.open(&place(row.id, version), &Sealed::from_stored(sealed))?;
    Ok(Some(String::from_utf8(words).map_err(AppError::internal)?))
}

/// Seals some of the words that were written before words were sealed. Safe to repeat and to run twice at once.
///
/// *effects*: the words, in place of those in the clear.
///
/// # Errors
/// `Unavailable`: what was sealed stays so.
pub(in crate::app) async fn seal_clear(ctx: &Ctx) -> AppResult<()> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    for (association, id, words) in db::list_clear_words(&mut tx, SCOPE, AT_ONCE).await? {
        let sealed = if words.is_empty() {
            None
        } else {
            Some(sealed(ctx, (association, id), &words).await?)
        };
        db::mark_sealed(&mut tx, SCOPE, id, sealed).await?;
    }
    Ok(tx.commit().await?)
}

async fn sealed(
    ctx: &Ctx,
    (association, id): (AssociationId, Uuid),
    words: &str,
) -> AppResult<(Vec<u8>, i32)> {
    let (version, key) = ctx.keyring.association(&ctx.pools, association).await?;
    let sealed = key.seal(&place(id, version), words.as_bytes())?;
    Ok((sealed.into_bytes(), version))
}

/// Sealed words belong to their action.
fn place(id: Uuid, key_version: i32) -> Aad<'static> {
    Aad {
        version: FORMAT,
        table: "bulk_actions",
        column: "words_sealed",
        claimant: id,
        key_version,
    }
}
