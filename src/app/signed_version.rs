//! Whether a signed version still is what was signed (R38): checked at each read and each export.

use crate::app::ctx::Ctx;
use crate::app::declaration::{alarm, check_document, signed_document};
use crate::app::error::{AppError, AppResult};
use crate::app::vault::Vault;
use crate::crypto::{commitment, sha256};
use crate::db::declaration::DeclarationRow;
use crate::db::signature::SignatureRow;
use crate::domain::signed_content::SignedContent;
use crate::domain::signing::Evidence;

/// What was declared, after the rows of a signed version were held against each other: evidence against
/// its hash, the document's hash against both rows and the evidence, the declaration and its salt against
/// the commitment that was signed. The bytes of the document itself are in [`document`].
///
/// # Errors
/// `Internal`, with an alarm, if anything is not as it was signed.
pub(in crate::app) fn content(
    vault: &Vault,
    declared: &DeclarationRow,
    signed: &SignatureRow,
) -> AppResult<SignedContent> {
    let evidence = evidence(vault, declared, signed)?;
    let evidence: Evidence = serde_json::from_slice(&evidence).map_err(AppError::internal)?;
    let open = |column, sealed| vault.unseal_bytes("declarations", column, sealed);
    let canonical = open("sealed", declared.sealed.clone())?;
    let salt = open("salt_sealed", declared.salt_sealed.clone())?;
    let commitment = sha256::hex(&commitment::commit(&salt, &canonical));
    let hash = sha256::hex(&declared.document_sha256);
    if evidence.log_entry.commitment != commitment || evidence.document_sha256 != hash {
        return Err(alarm(declared));
    }
    serde_json::from_slice(&canonical).map_err(AppError::internal)
}

/// The evidence of the act as it was signed, canonical JSON.
///
/// # Errors
/// `Internal`, with an alarm, if it is not what was signed.
pub(in crate::app) fn evidence(
    vault: &Vault,
    declared: &DeclarationRow,
    signed: &SignatureRow,
) -> AppResult<Vec<u8>> {
    let bytes = vault.unseal_bytes("signatures", "evidence", signed.evidence.clone())?;
    let is_whole = sha256::digest(&bytes) == signed.evidence_sha256
        && declared.document_sha256 == signed.document_sha256
        && declared.version == signed.version;
    is_whole.then_some(bytes).ok_or_else(|| alarm(declared))
}

/// The signed PDF, after its bytes and its rows were checked.
///
/// # Errors
/// `Unavailable` if it cannot be read; `Internal`, with an alarm, if it is not what was signed.
pub(in crate::app) async fn document(
    ctx: &Ctx,
    vault: &Vault,
    declared: &DeclarationRow,
    signed: &SignatureRow,
) -> AppResult<Vec<u8>> {
    content(vault, declared, signed)?;
    let bytes = signed_document(ctx, vault, signed).await?;
    check_document(&bytes, declared)?;
    Ok(bytes)
}
