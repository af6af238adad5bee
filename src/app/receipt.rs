//! What the claimant keeps of a signature: document, canonical JSON, salt, entry and proof (DESIGN 8).

use chrono::{DateTime, Utc};
use data_encoding::BASE64;
use serde::Serialize;
use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::declaration::alarm;
use crate::app::error::{AppError, AppResult};
use crate::app::log::{proof, timestamp};
use crate::app::session::ClaimantActor;
use crate::app::signed_version;
use crate::app::vault::Vault;
use crate::crypto::merkle::{self, Hash};
use crate::crypto::{commitment, sha256};
use crate::db::declaration::DeclarationRow;
use crate::db::log::LogRow;
use crate::db::log_timestamp::TimestampRow;
use crate::db::signature::{LogPendingRow, SignatureRow};
use crate::db::{Conn, Scope, claimant, declaration, log, signature};
use crate::domain::ids::{CaseId, ClaimantId};
use crate::domain::log::VERSION;

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
    /// Inclusion proof with its checkpoint (C2SP tlog-proof); none until the entry is in the log.
    pub proof: Option<String>,
    /// Checkpoint of the log (C2SP tlog-checkpoint); none until the entry is in it.
    pub checkpoint: Option<String>,
    /// The key of the log, as it publishes it; a receipt cannot vouch for it. None until the entry is in
    /// the log.
    pub vkey: Option<String>,
    /// Evidence of the act of signing, canonical JSON.
    pub evidence: String,
    /// When it was signed, UTC.
    pub signed_at: DateTime<Utc>,
    /// By when the log had it, by the clock of a time-stamping authority; none until one said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<ReceiptTimestamp>,
}

/// A token of a time-stamping authority over a head of the log that has the entry. Bytes are base64.
#[derive(Serialize)]
pub struct ReceiptTimestamp {
    /// Inclusion proof with the stamped head (C2SP tlog-proof).
    pub proof: String,
    /// The authority's answer over the bytes of that head (RFC 3161 `TimeStampResp`, DER).
    pub token: String,
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
    /// The commitment to salt and declaration, hex.
    pub commit: String,
    /// The commitment to salt and evidence, hex; entries made before it was kept have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
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
/// `NotFound` if nothing was signed; `Unavailable` if document or log cannot be read; `Internal`, with
/// an alarm, if it is not the one that was signed (R38) or the log does not have it.
pub async fn get(ctx: &Ctx, actor: &ClaimantActor) -> AppResult<Receipt> {
    let scope = actor.scope();
    let claimant = actor.claimant();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::find(&mut tx, scope, claimant).await?;
    let row = row.ok_or(AppError::Unauthenticated)?;
    let version = row.signed_version.ok_or(AppError::NotFound)?;
    let signed = signature::find(&mut tx, scope, claimant, version).await?;
    let declared = declaration::find(&mut tx, scope, claimant, version).await?;
    let place = Place::read(&mut tx, scope, claimant, version).await?;
    let vault = Vault::open(ctx, &mut tx, scope, claimant).await?;
    tx.commit().await?;
    let (Some(signed), Some(declared)) = (signed, declared) else {
        return Err(AppError::internal("a signature lacks a part"));
    };
    assemble(ctx, &vault, (&declared, &signed), place).await
}

/// The entry of a signed version and the log it goes into.
pub(in crate::app) struct Place {
    entry: LogPendingRow,
    prev: Option<Vec<u8>>,
    log: Option<LogRow>,
    stamp: Option<TimestampRow>,
}

impl Place {
    /// Reads it.
    ///
    /// # Errors
    /// `Internal` if a signature has no entry.
    pub(in crate::app) async fn read(
        conn: &mut Conn,
        scope: Scope,
        claimant: ClaimantId,
        version: i32,
    ) -> AppResult<Self> {
        let entry = signature::find_log_entry(conn, scope, claimant, version).await?;
        let entry = entry.ok_or_else(|| AppError::internal("a signature has no log entry"))?;
        let prev = match entry.supersedes {
            Some(id) => signature::find_leaf_hash(conn, scope, claimant, id).await?,
            None => None,
        };
        let log = log::find(conn, scope, CaseId::new(entry.case_id)).await?;
        let stamp = match entry.leaf_index {
            Some(index) => {
                let case = CaseId::new(entry.case_id);
                timestamp::find_over(conn, scope, case, index).await?
            }
            None => None,
        };
        Ok(Self {
            entry,
            prev,
            log,
            stamp,
        })
    }
}

/// Puts the receipt of a version together, after everything in it was checked.
///
/// # Errors
/// As [`get`].
pub(in crate::app) async fn assemble(
    ctx: &Ctx,
    vault: &Vault,
    (declared, signed): (&DeclarationRow, &SignatureRow),
    place: Place,
) -> AppResult<Receipt> {
    let document = signed_version::document(ctx, vault, declared, signed).await?;
    let evidence = signed_version::evidence(vault, declared, signed)?;
    let open = |column, sealed: &[u8]| vault.unseal_bytes("declarations", column, sealed.to_vec());
    let content = open("sealed", &declared.sealed)?;
    let salt = open("salt_sealed", &declared.salt_sealed)?;
    let entry = place.entry;
    let bound = entry.evidence_commitment.as_deref();
    if entry.commitment != commitment::commit(&salt, &content)
        || bound.is_some_and(|bound| bound != commitment::commit_evidence(&salt, &evidence))
    {
        return Err(alarm(declared));
    }
    let (told, leaf) =
        receipt_entry(&entry, place.prev.as_deref()).ok_or_else(|| alarm(declared))?;
    let (mut proved, mut stamped) = (None, None);
    if let (Some(log), Some(index), Some(leaf)) = (&place.log, entry.leaf_index, leaf) {
        let index = u64::try_from(index).map_err(AppError::internal)?;
        proved = proof::inclusion(ctx, log, (index, leaf)).await?;
        stamped = match &place.stamp {
            Some(row) if proved.is_some() => stamp(ctx, log, row, (index, leaf)).await?,
            _ => None,
        };
    }
    let base64 = |text: &String| BASE64.encode(text.as_bytes());
    Ok(Receipt {
        format: FORMAT,
        document_sha256: sha256::hex(&signed.document_sha256),
        document: BASE64.encode(&document),
        declaration: BASE64.encode(&content),
        salt: BASE64.encode(&salt),
        proof: proved.as_ref().map(|proved| base64(&proved.proof)),
        checkpoint: proved.as_ref().map(|proved| base64(&proved.checkpoint)),
        vkey: proved.map(|proved| proved.vkey),
        entry: told,
        evidence: BASE64.encode(&evidence),
        signed_at: signed.signed_at,
        timestamp: stamped,
    })
}

/// The time stamp of an entry. A token that is lost takes no proof away.
async fn stamp(
    ctx: &Ctx,
    log: &LogRow,
    row: &TimestampRow,
    entry: (u64, Hash),
) -> AppResult<Option<ReceiptTimestamp>> {
    let Some(answer) = timestamp::answer(ctx, log, row).await? else {
        return Ok(None);
    };
    let proof = proof::inclusion_under(ctx, log, &row.checkpoint, entry).await?;
    Ok(proof.map(|proof| ReceiptTimestamp {
        proof: BASE64.encode(proof.as_bytes()),
        token: BASE64.encode(&answer),
    }))
}

/// The entry as it is in the log with the hash of its leaf, or as far as it is made; `None` if its row is
/// not what went into the log.
fn receipt_entry(row: &LogPendingRow, prev: Option<&[u8]>) -> Option<(ReceiptEntry, Option<Hash>)> {
    let made = |prev: Option<&[u8]>| ReceiptEntry {
        v: VERSION,
        kind: row.kind.clone(),
        id: row.id,
        commit: sha256::hex(&row.commitment),
        evidence: row.evidence_commitment.as_deref().map(sha256::hex),
        prev: prev.map(sha256::hex),
        t: row.entered_at,
    };
    let Some(stored) = row.leaf_hash.as_deref() else {
        return Some((made(None), None));
    };
    // the entry before may have come into the log after this one, if clocks differed
    [prev, None].into_iter().find_map(|prev| {
        let entry = made(prev);
        let leaf = merkle::leaf_hash(&commitment::canonical_json(&entry).ok()?);
        (leaf == stored).then_some((entry, Some(leaf)))
    })
}
