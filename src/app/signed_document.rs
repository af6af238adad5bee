//! Signed documents in the blob store: where they lie, how they are kept, read and erased.
//!
//! All of a claimant's files lie in one folder, uploads too (`app::file_store`), and nothing else does: so
//! erasing a person takes along also a document that was kept while its signature failed, of whatever
//! version, after the rows are gone.

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::vault::Vault;
use crate::blob::{BlobError, Blobs};
use crate::crypto::sha256;
use crate::db::declaration::DeclarationRow;
use crate::db::signature::SignatureRow;
use crate::domain::ids::ClaimantId;

/// Keeps the document of a version, sealed; gives its key, the same at each attempt.
///
/// # Errors
/// `Unavailable` if the store does not take it.
pub(in crate::app) async fn keep(
    ctx: &Ctx,
    vault: &Vault,
    declared: &DeclarationRow,
    document: &[u8],
) -> AppResult<String> {
    let sealed = vault.seal_bytes("signatures", "document", document)?;
    let folder = folder(ClaimantId::new(declared.claimant_id));
    let key = format!("{folder}/declaration-{}", declared.version);
    let put = ctx.blobs.put(&key, sealed).await;
    put.map_err(|error| AppError::Unavailable(Box::new(error)))?;
    Ok(key)
}

/// The bytes that were signed.
///
/// # Errors
/// `Unavailable` if they cannot be read; `Internal` if they do not open.
pub(in crate::app) async fn read(
    ctx: &Ctx,
    vault: &Vault,
    signed: &SignatureRow,
) -> AppResult<Vec<u8>> {
    let sealed = ctx.blobs.get(&signed.document_key).await;
    let sealed = sealed.map_err(|error| match error {
        BlobError::Store(error) => AppError::Unavailable(Box::new(error)),
        other => AppError::internal(other),
    })?;
    vault.unseal_bytes("signatures", "document", sealed)
}

/// Deletes every file of a claimant. Safe to repeat.
///
/// # Errors
/// `Store` if one may be left.
pub(in crate::app) async fn erase(blobs: &Blobs, claimant: ClaimantId) -> Result<(), BlobError> {
    blobs.delete_folder(&folder(claimant)).await
}

/// Where all files of a claimant lie: hex of a hash, so that keys spread over the store's partitions
/// (SCALE S14).
pub(in crate::app) fn folder(claimant: ClaimantId) -> String {
    sha256::hex(&sha256::digest(claimant.to_string().as_bytes()))
}
