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
/// Rejections sealed in one transaction.
const AT_ONCE: i64 = 100;

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

/// Seals the words that were written before words were sealed, or by an older program (decision 41), some at a time.
/// Words that cannot be sealed stay, are told in the log of the server, and hold up no others. Safe to repeat and to
/// run twice at once.
///
/// *effects*: the words, in place of those in the clear.
///
/// # Errors
/// `Unavailable`: what was sealed stays so.
pub(in crate::app) async fn seal_clear(ctx: &Ctx) -> AppResult<()> {
    let mut after = Uuid::nil();
    loop {
        let mut tx = ctx.pools.begin(SCOPE).await?;
        let found = db::list_clear_words(&mut tx, SCOPE, after, AT_ONCE).await?;
        tx.commit().await?;
        let Some((_, last, _)) = found.last() else {
            return Ok(());
        };
        after = *last;
        let mut ready = Vec::new();
        for (association, id, words) in found {
            if words.is_empty() {
                ready.push((id, None));
                continue;
            }
            match sealed(ctx, (association, id), &words).await {
                Ok(sealed) => ready.push((id, Some(sealed))),
                Err(error @ AppError::Unavailable(_)) => return Err(error),
                Err(error) => {
                    tracing::error!(bulk_action.id = %id, %error, "the words of a rejection cannot be sealed");
                }
            }
        }
        let mut tx = ctx.pools.begin(SCOPE).await?;
        for (id, sealed) in ready {
            db::mark_sealed(&mut tx, SCOPE, id, sealed).await?;
        }
        tx.commit().await?;
    }
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
