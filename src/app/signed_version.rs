//! Whether a signed version still is what was signed (R38): checked at each read and each export.

use chrono::TimeDelta;

use crate::app::ctx::Ctx;
use crate::app::declaration::{alarm, check_document};
use crate::app::error::AppResult;
use crate::app::vault::Vault;
use crate::app::{seal, signed_document};
use crate::crypto::{commitment, sha256};
use crate::db::declaration::DeclarationRow;
use crate::db::signature::SignatureRow;
use crate::domain::signed_content::SignedContent;
use crate::domain::signing::EvidenceCore;

/// Between the instant on the row of a signature and the one in its evidence lie a few queries.
const SAME_ACT: TimeDelta = TimeDelta::minutes(1);

/// What was declared, after the rows of a signed version were held against each other: evidence against
/// its hash, the document's hash against both rows and the evidence, the declaration and its salt against
/// the commitment that was signed, and what the rows repeat of all that (tier, acceptances, time, sum)
/// against where it was signed. The bytes of the document itself are in [`document`].
///
/// # Errors
/// `Internal`, with an alarm, if anything is not as it was signed.
pub(in crate::app) fn content(
    vault: &Vault,
    declared: &DeclarationRow,
    signed: &SignatureRow,
) -> AppResult<SignedContent> {
    whole(vault, declared, signed)
        .map(|(content, _)| content)
        .ok_or_else(|| alarm(declared))
}

/// The evidence of the act as it was signed, canonical JSON; checked as in [`content`].
///
/// # Errors
/// `Internal`, with an alarm, if anything is not as it was signed.
pub(in crate::app) fn evidence(
    vault: &Vault,
    declared: &DeclarationRow,
    signed: &SignatureRow,
) -> AppResult<Vec<u8>> {
    whole(vault, declared, signed)
        .map(|(_, evidence)| evidence)
        .ok_or_else(|| alarm(declared))
}

/// Content and evidence; `None` if a part does not open, cannot be read or contradicts another.
fn whole(
    vault: &Vault,
    declared: &DeclarationRow,
    signed: &SignatureRow,
) -> Option<(SignedContent, Vec<u8>)> {
    let open = |table, column, sealed: &[u8]| {
        let opened = vault.unseal_bytes(table, column, sealed.to_vec());
        opened.ok()
    };
    let bytes = open("signatures", "evidence", &signed.evidence)?;
    let canonical = open("declarations", "sealed", &declared.sealed)?;
    let salt = open("declarations", "salt_sealed", &declared.salt_sealed)?;
    let evidence: EvidenceCore = serde_json::from_slice(&bytes).ok()?;
    let content: SignedContent = serde_json::from_slice(&canonical).ok()?;
    let commitment = sha256::hex(&commitment::commit(&salt, &canonical));
    let is_whole = sha256::digest(&bytes) == signed.evidence_sha256
        && evidence.log_entry.commitment == commitment
        && evidence.document_sha256 == sha256::hex(&signed.document_sha256)
        && declared.document_sha256 == signed.document_sha256
        && declared.version == signed.version
        && says_the_same(declared, &content)
        && shows_the_same(signed, &evidence);
    is_whole.then_some((content, bytes))
}

/// Whether the row of a declaration repeats what was declared. Its flags are our judgement, not part of it.
fn says_the_same(declared: &DeclarationRow, content: &SignedContent) -> bool {
    declared.claimant_id == content.claimant
        && declared.version == content.version
        && declared.template == content.template
        && declared.total_cents == content.total_cents
}

/// Whether the row of a signature repeats its evidence.
fn shows_the_same(signed: &SignatureRow, evidence: &EvidenceCore) -> bool {
    let accepted = evidence.acceptances.iter();
    let accepted = accepted.map(|text| format!("{}={}", text.kind.as_str(), text.version));
    signed.tier == evidence.tier
        && accepted.eq(signed.acceptances.iter().cloned())
        && (evidence.entered_at - signed.signed_at).abs() < SAME_ACT
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
    let bytes = signed_document::read(ctx, vault, signed).await?;
    check_document(&bytes, declared)?;
    Ok(bytes)
}

/// As [`document`], sealed if there is a certificate for it: a copy to take along.
///
/// # Errors
/// As [`document`].
pub(in crate::app) async fn copy(
    ctx: &Ctx,
    vault: &Vault,
    declared: &DeclarationRow,
    signed: &SignatureRow,
) -> AppResult<Vec<u8>> {
    seal::copy(ctx, document(ctx, vault, declared, signed).await?).await
}
