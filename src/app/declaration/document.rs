//! The document of a version, and whether it still is what was declared (R38).

use crate::app::ctx::Ctx;
use crate::app::declaration_document::TEMPLATE;
use crate::app::error::{AppError, AppResult};
use crate::app::session::ClaimantActor;
use crate::app::vault::Vault;
use crate::app::{declaration_document, seal, signed_version};
use crate::crypto::sha256;
use crate::db::declaration::{self as db, DeclarationRow};
use crate::db::{Scope, claimant, signature};
use crate::domain::ids::ClaimantId;
use crate::domain::signed_content::SignedContent;

/// The PDF of a version, by default the newest: the one that was signed, or made again from what was
/// declared.
///
/// # Errors
/// `NotFound` if there is none; `Internal`, with an alarm, if the bytes are not those declared (R38).
pub async fn document(
    ctx: &Ctx,
    actor: &ClaimantActor,
    version: Option<i32>,
) -> AppResult<Vec<u8>> {
    document_of(ctx, actor.scope(), actor.claimant(), version).await
}

/// The PDF in force, as it was signed, to take along: with a seal after it, if there is a certificate.
///
/// # Errors
/// `NotFound` if nothing was signed; else as [`document`].
pub async fn signed(ctx: &Ctx, actor: &ClaimantActor) -> AppResult<Vec<u8>> {
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::find(&mut tx, scope, actor.claimant()).await?;
    tx.commit().await?;
    let version = row.and_then(|row| row.signed_version);
    let version = version.ok_or(AppError::NotFound)?;
    seal::copy(ctx, document(ctx, actor, Some(version)).await?).await
}

/// As [`document`], for whoever may see the claimant.
pub(in crate::app) async fn document_of(
    ctx: &Ctx,
    scope: Scope,
    claimant: ClaimantId,
    version: Option<i32>,
) -> AppResult<Vec<u8>> {
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::find(&mut tx, scope, claimant).await?;
    let row = row.ok_or(AppError::NotFound)?;
    let version = version.or(row.declared_version).ok_or(AppError::NotFound)?;
    let found = db::find(&mut tx, scope, claimant, version).await?;
    let found = found.ok_or(AppError::NotFound)?;
    let signed = signature::find(&mut tx, scope, claimant, version).await?;
    let vault = Vault::open(ctx, &mut tx, scope, claimant).await?;
    tx.commit().await?;
    if let Some(signed) = signed {
        return signed_version::document(ctx, &vault, &found, &signed).await;
    }
    if found.template != TEMPLATE {
        // printed by an older program: to be declared again before it is signed
        return Err(AppError::IllegalTransition("declaration_changed"));
    }
    let bytes = declaration_document::render(ctx, content_of(&vault, &found)?).await?;
    check_document(&bytes, &found)?;
    Ok(bytes)
}

/// Whether the bytes are those that were declared (R38); raises the alarm if not.
pub(in crate::app) fn check_document(bytes: &[u8], declared: &DeclarationRow) -> AppResult<()> {
    if sha256::digest(bytes) == declared.document_sha256 {
        return Ok(());
    }
    Err(alarm(declared))
}

/// Tells that something is not what was declared or signed (R38), and is the error of whoever met it.
pub(in crate::app) fn alarm(declared: &DeclarationRow) -> AppError {
    metrics::counter!("joinder_documents_changed_total").increment(1);
    tracing::error!(
        claimant.id = %declared.claimant_id,
        declaration.version = declared.version,
        "what is stored is not what was declared or signed: look at its rows, the blob store and the template"
    );
    AppError::internal("a document is not the one declared")
}

/// What a version says.
pub(in crate::app) fn content_of(vault: &Vault, row: &DeclarationRow) -> AppResult<SignedContent> {
    let bytes = vault.unseal_bytes("declarations", "sealed", row.sealed.clone())?;
    serde_json::from_slice(&bytes).map_err(AppError::internal)
}
