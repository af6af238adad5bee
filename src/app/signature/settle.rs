//! What every tier writes once it is judged: the same rows, in the same order, in one transaction.

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use super::{Signed, mail_row};
use crate::app::audit::{self, Actor, Entry};
use crate::app::clash::{self, Reach};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::vault::Vault;
use crate::app::{mailbox_clash, paper, signed_document};
use crate::crypto::{commitment, sha256, token};
use crate::db::claimant::{self, ClaimantRow};
use crate::db::declaration::DeclarationRow;
use crate::db::outbox::OutboxRow;
use crate::db::signature::{self as db, LogPendingRow, SignatureRow};
use crate::db::{Scope, Tx, outbox, representative};
use crate::domain::claimant::ClaimantState;
use crate::domain::ids::{CaseId, ClaimantId};
use crate::domain::signed_content::SignedContent;

/// Rights of the step that takes keys of persons and mailboxes.
const SCOPE: Scope = clash::SCOPE;

/// A version that was found good to be signed.
pub(in crate::app) struct Judged {
    pub(in crate::app) vault: Vault,
    pub(in crate::app) content: SignedContent,
    pub(in crate::app) declared: DeclarationRow,
    pub(in crate::app) case: Uuid,
}

/// The transaction of an act of signing: who signs and whom it touches are locked.
pub(in crate::app) struct Act {
    pub(in crate::app) tx: Tx,
    /// The record as it was, locked.
    pub(in crate::app) before: ClaimantRow,
    /// The entry for the log; the commitment to the evidence is still to be set.
    pub(in crate::app) entry: LogPendingRow,
    /// The mail that brings the receipt.
    pub(in crate::app) receipt: OutboxRow,
    /// When, UTC.
    pub(in crate::app) at: DateTime<Utc>,
    scope: Scope,
    keys: Vec<Uuid>,
    salt: Vec<u8>,
}

/// How it was signed.
pub(in crate::app) struct Signature {
    pub(in crate::app) tier: String,
    /// Signature request, for tier `otp`.
    pub(in crate::app) request: Option<Uuid>,
    /// Texts accepted, as `kind=version`.
    pub(in crate::app) acceptances: Vec<String>,
    /// Key of the sealed PDF in the blob store.
    pub(in crate::app) document_key: String,
    /// Canonical JSON.
    pub(in crate::app) evidence: Vec<u8>,
    /// Who is told in the trail.
    pub(in crate::app) by: Actor,
}

/// Locks the signer and whoever holds or waits for one of the keys, in id order, and prepares what every
/// signature has. The transaction runs under the tenant's rights.
pub(in crate::app) async fn begin(ctx: &Ctx, scope: Scope, judged: &Judged) -> AppResult<Act> {
    begin_with(ctx, scope, judged, Rivals::Left).await
}

/// As [`begin`], with all who wait for the key of the person: a digital signature may give it to the signer.
pub(in crate::app) async fn begin_among_rivals(
    ctx: &Ctx,
    scope: Scope,
    judged: &Judged,
) -> AppResult<Act> {
    begin_with(ctx, scope, judged, Rivals::Locked).await
}

/// What becomes of those who wait for the key of the person.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rivals {
    Left,
    Locked,
}

async fn begin_with(ctx: &Ctx, scope: Scope, judged: &Judged, rivals: Rivals) -> AppResult<Act> {
    let now = ctx.clock.now();
    let id = ClaimantId::new(judged.declared.claimant_id);
    let case = CaseId::new(judged.case);
    let keys = mailbox_clash::keys(ctx, case, &judged.content.declaration.mailbox_keys());
    let reach = Reach {
        person: Some(clash::person_key(ctx, case, &judged.content.identity)),
        mailboxes: &keys,
        rivals: rivals == Rivals::Locked,
        ..Reach::of(id)
    };
    let tx = ctx.pools.begin(SCOPE).await?;
    let (mut tx, _) = clash::lock_touched(ctx, tx, &reach).await?;
    tx.enter(scope).await?;
    let before = claimant::find(&mut tx, scope, id).await?;
    let before = before.ok_or(AppError::NotFound)?;
    let told_version = json!({ "version": judged.declared.version });
    let receipt = mail_row(ctx, &before, token::new_id(now), "receipt", 2, told_version);
    let (entry, salt) = log_entry(&mut tx, scope, judged, &before, now).await?;
    Ok(Act {
        tx,
        before,
        entry,
        receipt,
        at: now,
        scope,
        keys,
        salt,
    })
}

/// Writes the signature, its entry for the log, the receipt, state and trail, takes the keys, and commits.
pub(in crate::app) async fn finish(
    ctx: &Ctx,
    act: Act,
    judged: &Judged,
    signature: Signature,
) -> AppResult<Signed> {
    let Act {
        mut tx,
        before,
        mut entry,
        receipt,
        at,
        scope,
        keys,
        salt,
    } = act;
    let state = before.state()?;
    let after = state.move_to(ClaimantState::Signed)?;
    entry.evidence_commitment = Some(commitment::commit_evidence(&salt, &signature.evidence));
    let row = signature_row(judged, &before, &signature, at)?;
    db::insert(&mut tx, scope, &row, &entry).await?;
    if judged.content.representative.is_none() {
        // signed by the claimant: nothing is left to ratify (R46)
        representative::mark_ratify(&mut tx, scope, before.claimant(), None).await?;
    }
    paper::replace_open(ctx, &mut tx, scope, before.claimant()).await?;
    outbox::insert(&mut tx, scope, &receipt).await?;
    let told = Entry::new(
        before.claimant(),
        before.association(),
        signature.by,
        "sign",
    );
    let told = told.with(json!({ "version": row.version, "tier": row.tier }));
    audit::append(ctx, &mut tx, scope, told.moved(state, after)).await?;
    tx.enter(SCOPE).await?;
    if state == ClaimantState::Withdrawn {
        // a new signature brings back who had withdrawn (R49)
        clash::register(ctx, &mut tx, &before, &judged.content.identity).await?;
    }
    mailbox_clash::register(ctx, &mut tx, &before, &keys).await?;
    tx.commit().await?;
    metrics::counter!("joinder_signatures_total").increment(1);
    Ok(Signed {
        state: after,
        signed_at: at,
        document_sha256: sha256::hex(&row.document_sha256),
    })
}

/// After a signature that failed: whoever was erased meanwhile leaves no document behind. Of anybody else
/// it stays: another device may be signing the same version at this moment.
pub(in crate::app) async fn leave_no_document(ctx: &Ctx, scope: Scope, id: ClaimantId) {
    let left = async {
        let mut tx = ctx.pools.begin(scope).await?;
        let found = claimant::find(&mut tx, scope, id).await?;
        tx.commit().await?;
        if found.is_none() {
            let erased = signed_document::erase(&ctx.blobs, id).await;
            erased.map_err(|error| AppError::Unavailable(Box::new(error)))?;
        }
        AppResult::Ok(())
    };
    if let Err(error) = left.await {
        // the next start looks again at the documents of the erased
        tracing::warn!(claimant.id = %id, %error, "a document may be left without a signature");
    }
}

fn signature_row(
    judged: &Judged,
    before: &ClaimantRow,
    signature: &Signature,
    at: DateTime<Utc>,
) -> AppResult<SignatureRow> {
    let evidence = &signature.evidence;
    Ok(SignatureRow {
        claimant_id: before.id,
        version: judged.declared.version,
        association_id: before.association_id,
        tier: signature.tier.clone(),
        request_id: signature.request,
        document_sha256: judged.declared.document_sha256.clone(),
        document_key: signature.document_key.clone(),
        evidence: judged
            .vault
            .seal_bytes("signatures", "evidence", evidence)?,
        evidence_sha256: sha256::digest(evidence),
        acceptances: signature.acceptances.clone(),
        signed_at: at,
    })
}

/// The entry for the log, and the salt of its commitments.
async fn log_entry(
    tx: &mut Tx,
    scope: Scope,
    judged: &Judged,
    row: &ClaimantRow,
    now: DateTime<Utc>,
) -> AppResult<(LogPendingRow, Vec<u8>)> {
    let canonical = commitment::canonical_json(&judged.content)?;
    let salt = judged.vault.unseal_bytes(
        "declarations",
        "salt_sealed",
        judged.declared.salt_sealed.clone(),
    )?;
    let supersedes = match row.signed_version {
        Some(version) => db::find_log_entry(tx, scope, row.claimant(), version).await?,
        None => None,
    };
    let entry = LogPendingRow {
        claimant_id: row.id,
        id: token::random_id(),
        association_id: row.association_id,
        case_id: row.case_id,
        kind: "declaration".to_owned(),
        version: judged.declared.version,
        commitment: commitment::commit(&salt, &canonical),
        supersedes: supersedes.map(|entry| entry.id),
        created_at: now,
        evidence_commitment: None,
        leaf_index: None,
        leaf_hash: None,
        entered_at: None,
    };
    Ok((entry, salt))
}
