//! A document is removed: its files go, unless a signed declaration lists it (R38).

use serde_json::json;

use super::{By, loose};
use crate::app::ctx::Ctx;
use crate::app::declaration::content_of;
use crate::app::error::{AppError, AppResult};
use crate::app::vault::Vault;
use crate::app::{audit, session};
use crate::db::document::{self as db, DocumentRow};
use crate::db::{Conn, claimant, declaration, signature};
use crate::domain::ids::DocumentId;
use crate::domain::permission::operation;

/// Removes a document. Codes to sign with, asked for before, stop working: what they would sign lists it.
/// Safe to repeat.
///
/// *effects*: the document is marked; its files go, unless it stays as a part of what was signed;
/// signature requests are voided; audit `remove_document`.
///
/// # Errors
/// `NotFound` if there is no such document.
pub async fn remove(ctx: &Ctx, by: &By, document: DocumentId) -> AppResult<()> {
    if let By::Staff(actor, _) = by {
        actor.require(&operation::CLAIMANT_REMOVE_DOCUMENT)?;
    }
    let scope = by.scope();
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(scope).await?;
    claimant::lock(&mut tx, scope, by.claimant()).await?;
    let rows = db::list(&mut tx, scope, by.claimant()).await?;
    let row = rows.into_iter().find(|row| row.id == document.uuid());
    let row = row.ok_or(AppError::NotFound)?;
    if row.removed_at.is_some() {
        return Ok(());
    }
    let vault = Vault::open(ctx, &mut tx, scope, by.claimant()).await?;
    let stays = is_signed(&mut tx, by, &vault, &row).await?;
    db::mark_removed(&mut tx, scope, by.claimant(), document, now).await?;
    let gone = if stays {
        Vec::new()
    } else {
        db::release_files(&mut tx, scope, &row, now).await?
    };
    signature::void_requests(&mut tx, scope, by.claimant(), now).await?;
    let detail = json!({ "document": row.id, "number": row.number, "kept": stays });
    let entry = by.entry("remove_document").with(detail);
    audit::append(ctx, &mut tx, scope, entry).await?;
    if let By::Owner(actor) = by {
        session::keep(ctx, &mut tx, actor).await?;
    }
    tx.commit().await?;
    loose::drop_files(ctx, by, &gone).await;
    Ok(())
}

/// Whether a version that was signed lists the document.
async fn is_signed(
    conn: &mut Conn,
    by: &By,
    vault: &Vault,
    document: &DocumentRow,
) -> AppResult<bool> {
    let (scope, claimant) = (by.scope(), by.claimant());
    for signed in signature::list(conn, scope, claimant).await? {
        let declared = declaration::find(conn, scope, claimant, signed.version).await?;
        let declared = declared.ok_or_else(|| AppError::internal("a signed version is gone"))?;
        let content = content_of(vault, &declared)?;
        if content.documents.iter().any(|it| it.id == document.id) {
            return Ok(true);
        }
    }
    Ok(false)
}
