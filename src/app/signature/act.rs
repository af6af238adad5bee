//! The act of signing: name and code are judged, the document is kept, then all is written at once.

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use super::{code_hash, digital, mail_row, open_request, signable, wrong};
use crate::app::audit::{self, Actor, Entry};
use crate::app::clash::{self, Reach};
use crate::app::ctx::Ctx;
use crate::app::declaration::read_basis;
use crate::app::declaration_document;
use crate::app::directory::Directory;
use crate::app::error::{AppError, AppResult};
use crate::app::evidence::{self, Act, Proof};
use crate::app::session::{self, ClaimantActor};
use crate::app::sign_up::Evidence as Origin;
use crate::app::vault::Vault;
use crate::app::{mailbox_clash, signed_document};
use crate::crypto::challenge::verify;
use crate::crypto::{commitment, sha256, token};
use crate::db::claimant::{self, ClaimantRow};
use crate::db::declaration::DeclarationRow;
use crate::db::signature::{self as db, LogPendingRow, RequestRow, SignatureRow};
use crate::db::{Conn, Scope, Tx, outbox};
use crate::domain::claimant::ClaimantState;
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::ids::CaseId;
use crate::domain::signed_content::SignedContent;
use crate::domain::signing::{ATTEMPTS, same_name};

/// Rights of the step that takes keys of persons and mailboxes.
const SCOPE: Scope = clash::SCOPE;

/// The act of signing, as it comes in.
#[derive(Clone, Default)]
pub struct SignatureInput {
    /// Id of the request.
    pub request: Option<String>,
    /// Six digits.
    pub code: Option<String>,
    /// Given and family name of who signs.
    pub full_name: Option<String>,
}

/// What was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// State of the record now.
    pub state: ClaimantState,
    /// When, UTC.
    pub signed_at: DateTime<Utc>,
    /// SHA-256 of the document, hex.
    pub document_sha256: String,
}

impl std::fmt::Debug for SignatureInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignatureInput(..)")
    }
}

/// Signs with the code. A wrong name costs no attempt, a wrong code costs one of five (R43).
///
/// *effects*: the sealed PDF in the blob store, then in one transaction signature with evidence, entry
/// for the log, keys of the mailboxes, state `signed`, the mail `receipt`, audit `sign`.
///
/// # Errors
/// `Invalid` at `/request_id`, `/code`, `/full_name`; `TokenUsed`, `TokenExpired`; `IllegalTransition`
/// if a newer version or request replaced this one; `Unavailable` if the PDF cannot be kept.
pub async fn sign(
    ctx: &Ctx,
    actor: &ClaimantActor,
    input: SignatureInput,
    origin: Origin,
) -> AppResult<Signed> {
    let directory = ctx.directories.get(ctx).await?;
    let asked = Asked::parse(&input)?;
    let judged = judge(ctx, actor, &directory, &asked).await?;
    let document = print(ctx, &judged).await?;
    let writing = Writing {
        request: asked.request,
        proof: Proof::Code(&asked.full_name),
        judged: &judged,
        document: &document,
    };
    finish(ctx, actor, &directory, &writing, origin).await
}

/// An act of signing that is about to be written.
pub(super) struct Writing<'a> {
    /// The request.
    pub(super) request: Uuid,
    /// What shows that it was the signer.
    pub(super) proof: Proof<'a>,
    /// The request as it was judged.
    pub(super) judged: &'a Judged,
    /// The document, printed.
    pub(super) document: &'a [u8],
}

impl Writing<'_> {
    const fn tier(&self) -> &'static str {
        match self.proof {
            Proof::Code(_) => "otp",
            Proof::File(..) => "digital",
        }
    }
}

/// Prints what was judged.
///
/// # Errors
/// `IllegalTransition` if it is not the document that was shown.
pub(super) async fn print(ctx: &Ctx, judged: &Judged) -> AppResult<Vec<u8>> {
    let document = declaration_document::render(ctx, judged.content.clone()).await?;
    if sha256::digest(&document) != judged.declared.document_sha256 {
        // the program was replaced between declaring and signing: what is signed must be what was shown
        return Err(AppError::IllegalTransition("declaration_changed"));
    }
    Ok(document)
}

/// Keeps the document and writes the act; see [`sign`].
pub(super) async fn finish(
    ctx: &Ctx,
    actor: &ClaimantActor,
    directory: &Directory,
    writing: &Writing<'_>,
    origin: Origin,
) -> AppResult<Signed> {
    let judged = writing.judged;
    let key = signed_document::keep(ctx, &judged.vault, &judged.declared, writing.document).await?;
    let done = write(ctx, actor, directory, writing, key, origin).await;
    if done.is_err() {
        leave_no_document(ctx, actor).await;
    }
    done
}

/// After a signature that failed: whoever was erased meanwhile leaves no document behind. Of anybody else
/// it stays: another device may be signing the same version at this moment.
async fn leave_no_document(ctx: &Ctx, actor: &ClaimantActor) {
    let left = async {
        let mut tx = ctx.pools.begin(actor.scope()).await?;
        let found = claimant::find(&mut tx, actor.scope(), actor.claimant()).await?;
        tx.commit().await?;
        if found.is_none() {
            let erased = signed_document::erase(&ctx.blobs, actor.claimant()).await;
            erased.map_err(|error| AppError::Unavailable(Box::new(error)))?;
        }
        AppResult::Ok(())
    };
    if let Err(error) = left.await {
        // the next start looks again at the documents of the erased
        tracing::warn!(claimant.id = %actor.claimant(), %error, "a document may be left without a signature");
    }
}

/// What was typed to sign.
struct Asked {
    request: Uuid,
    code: String,
    full_name: String,
}

impl Asked {
    fn parse(input: &SignatureInput) -> AppResult<Self> {
        let mut errors = FieldErrors::new();
        let filled = |text: &Option<String>| {
            let text = text.as_deref().map(str::trim).unwrap_or_default();
            (!text.is_empty()).then(|| text.to_owned())
        };
        let request = filled(&input.request);
        if request.is_none() {
            errors.push("/request_id", FieldCode::Required, "error-request-required");
        }
        let code = filled(&input.code).map(|code| {
            let digits = code.chars().filter(|char| !char.is_whitespace());
            digits.collect::<String>()
        });
        if code.is_none() {
            errors.push("/code", FieldCode::Required, "error-code-required");
        }
        let full_name = filled(&input.full_name);
        if full_name.is_none() {
            errors.push(
                "/full_name",
                FieldCode::Required,
                "error-full-name-required",
            );
        }
        match (request, code, full_name) {
            (Some(request), Some(code), Some(full_name)) => Ok(Self {
                request: Uuid::parse_str(&request).unwrap_or(Uuid::nil()),
                code,
                full_name,
            }),
            _ => Err(errors.into()),
        }
    }
}

/// A request that may sign; with tier `otp`, whose code and name are right.
pub(super) struct Judged {
    /// The claimant's documents.
    pub(super) vault: Vault,
    /// What is signed.
    pub(super) content: SignedContent,
    /// Its row.
    pub(super) declared: DeclarationRow,
    /// The case.
    pub(super) case: Uuid,
}

/// Judges name and code; counts a wrong code, and keeps that count whatever follows.
async fn judge(
    ctx: &Ctx,
    actor: &ClaimantActor,
    directory: &Directory,
    asked: &Asked,
) -> AppResult<Judged> {
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    claimant::lock(&mut tx, scope, actor.claimant()).await?;
    let basis = read_basis(ctx, &mut tx, scope, actor.claimant()).await?;
    let row = open_request(ctx, &mut tx, scope, &basis.row, (asked.request, "otp")).await?;
    let (content, declared) = signable(ctx, directory, &basis)?;
    if declared.version != row.version {
        return Err(AppError::IllegalTransition("declaration_changed"));
    }
    if !same_name(&asked.full_name, &content.signer()) {
        return Err(wrong("/full_name", "error-full-name-mismatch"));
    }
    let given = code_hash(
        ctx,
        &basis.row,
        row.id,
        &row.document_sha256,
        Some(&asked.code),
    );
    if !same(&given, &row.code_hash) {
        let limit = i16::try_from(ATTEMPTS).unwrap_or(i16::MAX);
        db::mark_attempt(&mut tx, scope, actor.claimant(), row.id, limit).await?;
        tx.commit().await?;
        return Err(wrong("/code", "error-code-wrong"));
    }
    tx.commit().await?;
    let declared = declared.clone();
    Ok(Judged {
        vault: basis.vault,
        content,
        declared,
        case: basis.row.case_id,
    })
}

async fn write(
    ctx: &Ctx,
    actor: &ClaimantActor,
    directory: &Directory,
    writing: &Writing<'_>,
    document_key: String,
    origin: Origin,
) -> AppResult<Signed> {
    let now = ctx.clock.now();
    let scope = actor.scope();
    let judged = writing.judged;
    let (mut tx, keys) = lock_touched(ctx, actor, writing).await?;
    let basis = read_basis(ctx, &mut tx, scope, actor.claimant()).await?;
    let before = basis.row.clone();
    let row = open_request(
        ctx,
        &mut tx,
        scope,
        &before,
        (writing.request, writing.tier()),
    )
    .await?;
    let (_, declared) = signable(ctx, directory, &basis)?;
    if declared.version != row.version || declared.version != judged.declared.version {
        return Err(AppError::IllegalTransition("declaration_changed"));
    }
    let state = before.state()?;
    let after = state.move_to(ClaimantState::Signed)?;
    if !db::mark_request_used(&mut tx, scope, actor.claimant(), row.id, now).await? {
        return Err(AppError::TokenUsed);
    }
    let told_version = json!({ "version": row.version });
    let receipt = mail_row(ctx, &before, token::new_id(now), "receipt", 2, told_version);
    let (mut entry, salt) = log_entry(&mut tx, scope, judged, &before, now).await?;
    let act = Act {
        request: &row,
        content: &judged.content,
        proof: writing.proof,
        log: &entry,
        receipt: receipt.id,
        origin,
        at: now,
    };
    let evidence = evidence::collect(ctx, &mut tx, actor, &basis, act).await?;
    entry.evidence_commitment = Some(commitment::commit_evidence(&salt, &evidence));
    let signature = signature_row(&row, judged, document_key, &evidence, now)?;
    db::insert(&mut tx, scope, &signature, &entry).await?;
    if let Proof::File(file, report) = writing.proof {
        digital::own(&mut tx, scope, judged, &row, (file, report)).await?;
    }
    outbox::insert(&mut tx, scope, &receipt).await?;
    let by = Actor::Claimant(actor.claimant());
    let told = Entry::new(actor.claimant(), actor.association(), by, "sign");
    let told = told.with(json!({ "version": row.version, "tier": row.tier }));
    audit::append(ctx, &mut tx, scope, told.moved(state, after)).await?;
    session::keep(ctx, &mut tx, actor).await?;
    tx.enter(SCOPE).await?;
    if state == ClaimantState::Withdrawn {
        // a new signature brings back who had withdrawn (R49)
        clash::register(ctx, &mut tx, &before, &judged.content.identity).await?;
    }
    mailbox_clash::register(ctx, &mut tx, &before, &keys).await?;
    if let Proof::File(_, report) = writing.proof {
        clash::win_by_digital(ctx, &mut tx, &before, &judged.content.identity, report).await?;
    }
    tx.commit().await?;
    metrics::counter!("joinder_signatures_total").increment(1);
    Ok(Signed {
        state: after,
        signed_at: now,
        document_sha256: sha256::hex(&signature.document_sha256),
    })
}

/// Locks the signer and whoever holds or waits for one of the keys, in id order.
async fn lock_touched(
    ctx: &Ctx,
    actor: &ClaimantActor,
    writing: &Writing<'_>,
) -> AppResult<(Tx, Vec<Uuid>)> {
    let judged = writing.judged;
    let case = CaseId::new(judged.case);
    let keys = mailbox_clash::keys(ctx, case, &judged.content.declaration.mailbox_keys());
    let reach = Reach {
        person: Some(clash::person_key(ctx, case, &judged.content.identity)),
        mailboxes: &keys,
        rivals: matches!(writing.proof, Proof::File(..)),
        ..Reach::of(actor.claimant())
    };
    let tx = ctx.pools.begin(SCOPE).await?;
    let (mut tx, _) = clash::lock_touched(ctx, tx, &reach).await?;
    tx.enter(actor.scope()).await?;
    Ok((tx, keys))
}

fn signature_row(
    request: &RequestRow,
    judged: &Judged,
    document_key: String,
    evidence: &[u8],
    now: DateTime<Utc>,
) -> AppResult<SignatureRow> {
    Ok(SignatureRow {
        claimant_id: request.claimant_id,
        version: request.version,
        association_id: request.association_id,
        tier: request.tier.clone(),
        request_id: Some(request.id),
        document_sha256: request.document_sha256.clone(),
        document_key,
        evidence: judged
            .vault
            .seal_bytes("signatures", "evidence", evidence)?,
        evidence_sha256: sha256::digest(evidence),
        acceptances: request.acceptances.clone(),
        signed_at: now,
    })
}

/// The entry for the log, and the salt of its commitments.
async fn log_entry(
    conn: &mut Conn,
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
        Some(version) => db::find_log_entry(conn, scope, row.claimant(), version).await?,
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

fn same(given: &[u8], stored: &[u8]) -> bool {
    <[u8; 32]>::try_from(given).is_ok_and(|given| verify(&given, stored))
}
