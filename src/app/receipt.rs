//! What the claimant keeps of a signature: document, canonical JSON, salt, entry and proof (DESIGN 8).

use chrono::{DateTime, Utc};
use data_encoding::BASE64;
use serde::Serialize;
use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::session::ClaimantActor;
use crate::app::signed_version;
use crate::app::vault::Vault;
use crate::crypto::sha256;
use crate::db::{claimant, declaration, signature};

/// Name and version of the form.
pub const FORMAT: &str = "joinder-receipt/1";

/// The receipt of the declaration in force. Bytes are base64.
#[derive(Serialize)]
pub struct Receipt {
    /// [`FORMAT`].
    pub format: &'static str,
    /// The signed PDF.
    pub document: String,
    /// SHA-256 of the PDF, hex.
    pub document_sha256: String,
    /// Canonical JSON (RFC 8785) of what was declared.
    pub declaration: String,
    /// Salt of the commitment.
    pub salt: String,
    /// The entry of the evidence log.
    pub entry: ReceiptEntry,
    /// Inclusion proof; none until the entry is in the log.
    pub proof: Option<String>,
    /// Checkpoint of the log; none until the entry is in it.
    pub checkpoint: Option<String>,
    /// Evidence of the act of signing, canonical JSON.
    pub evidence: String,
    /// When it was signed, UTC.
    pub signed_at: DateTime<Utc>,
}

/// An entry of the evidence log, as far as it is made.
#[derive(Serialize)]
pub struct ReceiptEntry {
    /// Version of the entry's form.
    pub v: u8,
    /// `declaration`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Random id.
    pub id: Uuid,
    /// The commitment, hex.
    pub commit: String,
    /// Leaf hash of the entry it supersedes; none until the log has it.
    pub prev: Option<String>,
    /// Time of the checkpoint; none until the log has it.
    pub t: Option<DateTime<Utc>>,
}

impl std::fmt::Debug for Receipt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receipt")
            .field("entry", &self.entry.id)
            .finish_non_exhaustive()
    }
}

/// The receipt of the newest signature.
///
/// # Errors
/// `NotFound` if nothing was signed; `Unavailable` if the document cannot be read; `Internal`, with an
/// alarm, if it is not the one that was signed (R38).
pub async fn get(ctx: &Ctx, actor: &ClaimantActor) -> AppResult<Receipt> {
    let scope = actor.scope();
    let claimant = actor.claimant();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::find(&mut tx, scope, claimant).await?;
    let row = row.ok_or(AppError::Unauthenticated)?;
    let version = row.signed_version.ok_or(AppError::NotFound)?;
    let signed = signature::find(&mut tx, scope, claimant, version).await?;
    let declared = declaration::find(&mut tx, scope, claimant, version).await?;
    let entry = signature::find_log_entry(&mut tx, scope, claimant, version).await?;
    let vault = Vault::open(ctx, &mut tx, scope, claimant).await?;
    tx.commit().await?;
    let (Some(signed), Some(declared), Some(entry)) = (signed, declared, entry) else {
        return Err(AppError::internal("a signature lacks a part"));
    };
    let document = signed_version::document(ctx, &vault, &declared, &signed).await?;
    let open = |table, column, sealed| vault.unseal_bytes(table, column, sealed);
    let content = open("declarations", "sealed", declared.sealed)?;
    let salt = open("declarations", "salt_sealed", declared.salt_sealed)?;
    let evidence = open("signatures", "evidence", signed.evidence)?;
    Ok(Receipt {
        format: FORMAT,
        document_sha256: sha256::hex(&signed.document_sha256),
        document: BASE64.encode(&document),
        declaration: BASE64.encode(&content),
        salt: BASE64.encode(&salt),
        entry: ReceiptEntry {
            v: 1,
            kind: entry.kind,
            id: entry.id,
            commit: sha256::hex(&entry.commitment),
            prev: None,
            t: None,
        },
        proof: None,
        checkpoint: None,
        evidence: BASE64.encode(&evidence),
        signed_at: signed.signed_at,
    })
}
