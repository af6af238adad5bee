//! Signing the declaration with a code from a mail (tier `otp`; R38, R43, DESIGN 5).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use crate::app::audit::{self, Actor, Entry};
use crate::app::ctx::Ctx;
use crate::app::declaration::{Basis, content_of, is_current, may_declare, read_basis};
use crate::app::declaration_document;
use crate::app::directory::Directory;
use crate::app::error::{AppError, AppResult};
use crate::app::evidence::{self, Act};
use crate::app::session::{self, ClaimantActor};
use crate::app::sign_up::{self, Evidence as Origin, MAIL_DAYS};
use crate::app::{clash, mail_queue, mailbox_clash};
use crate::crypto::challenge::{ChallengePurpose, verify};
use crate::crypto::{commitment, sha256, token};
use crate::db::claimant::{self, ClaimantRow};
use crate::db::declaration::DeclarationRow;
use crate::db::outbox::{self, OutboxRow};
use crate::db::signature::{self as db, LogPendingRow, RequestRow, SignatureRow};
use crate::db::{Conn, Scope, Tx, identity};
use crate::domain::attestation::TextKind;
use crate::domain::case::Offer;
use crate::domain::claimant::ClaimantState;
use crate::domain::contact::Contact;
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::ids::CaseId;
use crate::domain::signed_content::SignedContent;
use crate::domain::signing::{ATTEMPTS, CODE_DAY, expires_at, is_live, next_request_at, same_name};

mod standing;

pub use standing::{Pending, Standing, standing};

/// Rights of the step that takes keys of persons and mailboxes.
const SCOPE: Scope = clash::SCOPE;

/// A wish to sign, as it comes in.
#[derive(Clone, Debug, Default)]
pub struct SignatureRequest {
    /// `otp`.
    pub tier: Option<String>,
    /// SHA-256 of the document that was shown, hex.
    pub document_sha256: Option<String>,
    /// What is accepted, each on its own.
    pub acceptances: Vec<AcceptanceInput>,
}

/// A text accepted on its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AcceptanceInput {
    /// `attestation_g`, `mandate_h` or `mandate_messa_in_mora`.
    pub kind: Option<String>,
    /// Version of the text.
    pub version: Option<String>,
}

/// A code is on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureRequested {
    /// Id of the request.
    pub id: Uuid,
    /// SHA-256 of the document it is bound to, hex.
    pub document_sha256: String,
    /// When the code ends, if its mail goes at once.
    pub expires_at: DateTime<Utc>,
}

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

/// Where a signature request came from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::app) struct RequestOrigin {
    pub(in crate::app) origin: Origin,
    pub(in crate::app) session_sha256: String,
}

/// Asks for a code to sign with. Earlier requests end.
///
/// *effects*: row in `signature_requests`, the mail `otp`, audit `request_signature`.
///
/// # Errors
/// `Invalid` at `/tier`, `/document_sha256`, `/acceptances`; `IllegalTransition` if the case takes no
/// signatures, the document is not the newest, or there is no e-mail; `RateLimited` over ten codes a day.
pub async fn request(
    ctx: &Ctx,
    actor: &ClaimantActor,
    request: SignatureRequest,
    origin: Origin,
) -> AppResult<SignatureRequested> {
    let scope = actor.scope();
    let now = ctx.clock.now();
    let directory = ctx.directories.get(ctx).await?;
    let mut tx = ctx.pools.begin(scope).await?;
    claimant::lock(&mut tx, scope, actor.claimant()).await?;
    let basis = read_basis(ctx, &mut tx, scope, actor.claimant()).await?;
    let (content, declared) = signable(ctx, &directory, &basis)?;
    let acceptances = check(&request, &content, declared)?;
    let contact: Contact = basis.vault.unseal(
        "claimants",
        "contact_sealed",
        basis.row.contact_sealed.clone(),
    )?;
    if contact.email().is_none() {
        return Err(AppError::IllegalTransition("otp_needs_email"));
    }
    let claimant = actor.claimant();
    let earlier = db::list_request_times(&mut tx, scope, claimant, now - CODE_DAY).await?;
    let next = next_request_at(&earlier, now);
    if next > now {
        return Err(AppError::RateLimited(
            (next - now).to_std().unwrap_or_default(),
        ));
    }
    db::void_requests(&mut tx, scope, claimant, now).await?;
    let row = request_row(ctx, actor, &basis, declared, acceptances, origin)?;
    let id = row.id;
    db::insert_request(&mut tx, scope, &row).await?;
    let mail = mail_row(ctx, &basis.row, id, "otp", 0, json!({ "request": id }));
    outbox::insert(&mut tx, scope, &mail).await?;
    let by = Actor::Claimant(claimant);
    let entry = Entry::new(claimant, actor.association(), by, "request_signature");
    let entry = entry.with(json!({ "request": id, "version": row.version }));
    audit::append(ctx, &mut tx, scope, entry).await?;
    session::keep(ctx, &mut tx, actor).await?;
    tx.commit().await?;
    Ok(SignatureRequested {
        id,
        document_sha256: sha256::hex(&row.document_sha256),
        expires_at: row.expires_at,
    })
}

fn request_row(
    ctx: &Ctx,
    actor: &ClaimantActor,
    basis: &Basis,
    declared: &DeclarationRow,
    acceptances: Vec<String>,
    origin: Origin,
) -> AppResult<RequestRow> {
    let now = ctx.clock.now();
    let id = token::new_id(now);
    let asked = RequestOrigin {
        origin,
        session_sha256: actor.session_sha256(),
    };
    Ok(RequestRow {
        claimant_id: basis.row.id,
        id,
        association_id: basis.row.association_id,
        version: declared.version,
        tier: "otp".to_owned(),
        document_sha256: declared.document_sha256.clone(),
        acceptances,
        evidence: basis.vault.seal("signature_requests", "evidence", &asked)?,
        code_hash: code_hash(ctx, &basis.row, id, &declared.document_sha256, None),
        attempts: 0,
        created_at: now,
        expires_at: expires_at(now, None),
        sent_at: None,
        used_at: None,
        voided_at: None,
    })
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
    let document = declaration_document::render(ctx, judged.content.clone()).await?;
    if sha256::digest(&document) != judged.declared.document_sha256 {
        // the program was replaced between declaring and signing: what is signed must be what was shown
        return Err(AppError::IllegalTransition("declaration_changed"));
    }
    let sealed = judged
        .vault
        .seal_bytes("signatures", "document", &document)?;
    let key = document_key(&judged.declared);
    let put = ctx.blobs.put(&key, sealed).await;
    put.map_err(|error| AppError::Unavailable(Box::new(error)))?;
    write(ctx, actor, &directory, &asked, &judged, key, origin).await
}

/// What was typed to sign.
struct Asked {
    request: Uuid,
    code: String,
    full_name: String,
}

impl std::fmt::Debug for SignatureInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignatureInput(..)")
    }
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

/// A request whose code and name are right.
struct Judged {
    vault: crate::app::vault::Vault,
    content: SignedContent,
    declared: DeclarationRow,
    case: Uuid,
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
    let row = open_request(ctx, &mut tx, scope, &basis.row, asked.request).await?;
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
    asked: &Asked,
    judged: &Judged,
    document_key: String,
    origin: Origin,
) -> AppResult<Signed> {
    let now = ctx.clock.now();
    let scope = actor.scope();
    let (mut tx, keys) = lock_touched(ctx, actor, judged).await?;
    let basis = read_basis(ctx, &mut tx, scope, actor.claimant()).await?;
    let before = basis.row.clone();
    let row = open_request(ctx, &mut tx, scope, &before, asked.request).await?;
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
    let entry = log_entry(&mut tx, scope, judged, &before, now).await?;
    let act = Act {
        request: &row,
        content: &judged.content,
        full_name: &asked.full_name,
        log: &entry,
        receipt: receipt.id,
        origin,
    };
    let evidence = evidence::collect(ctx, &mut tx, actor, &basis, act).await?;
    let signature = signature_row(&row, judged, document_key, &evidence, now)?;
    db::insert(&mut tx, scope, &signature, &entry).await?;
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
    tx.commit().await?;
    metrics::counter!("joinder_signatures_total").increment(1);
    Ok(Signed {
        state: after,
        signed_at: now,
        document_sha256: sha256::hex(&signature.document_sha256),
    })
}

/// Locks the signer and whoever holds or waits for one of the mailboxes, in id order.
async fn lock_touched(
    ctx: &Ctx,
    actor: &ClaimantActor,
    judged: &Judged,
) -> AppResult<(Tx, Vec<Uuid>)> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let case = CaseId::new(judged.case);
    let keys = mailbox_clash::keys(ctx, case, &judged.content.declaration.mailbox_keys());
    let mut touched = clash::touched(&mut tx, actor.claimant()).await?;
    touched.extend(mailbox_clash::touched(&mut tx, actor.claimant(), &keys).await?);
    let person = clash::person_key(ctx, case, &judged.content.identity);
    touched.extend(identity::find_holder(&mut tx, SCOPE, person).await?);
    claimant::lock_in_order(&mut tx, SCOPE, &touched).await?;
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

async fn log_entry(
    conn: &mut Conn,
    scope: Scope,
    judged: &Judged,
    row: &ClaimantRow,
    now: DateTime<Utc>,
) -> AppResult<LogPendingRow> {
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
    Ok(LogPendingRow {
        claimant_id: row.id,
        id: token::random_id(),
        association_id: row.association_id,
        case_id: row.case_id,
        kind: "declaration".to_owned(),
        version: judged.declared.version,
        commitment: commitment::commit(&salt, &canonical),
        supersedes: supersedes.map(|entry| entry.id),
        created_at: now,
    })
}

/// The newest version, if it may be signed now.
fn signable<'a>(
    ctx: &Ctx,
    directory: &Directory,
    basis: &'a Basis,
) -> AppResult<(SignedContent, &'a DeclarationRow)> {
    let state = basis.row.state()?;
    state.move_to(ClaimantState::Signed)?;
    may_declare(&basis.row)?;
    let case = directory.case(basis.row.case())?;
    let association = case.association_by_id(basis.row.association());
    if !case.state.takes_signatures() {
        return Err(AppError::IllegalTransition(case.state.as_str()));
    }
    match association.map(|it| it.offer) {
        Some(Offer::Collection) => {}
        Some(Offer::Interest) => return Err(AppError::IllegalTransition("interest_only")),
        Some(Offer::AssociationSuspended | Offer::CaseClosed) | None => {
            return Err(AppError::IllegalTransition("association_suspended"));
        }
    }
    let declared = basis
        .newest()
        .ok_or(AppError::IllegalTransition("not_declared"))?;
    if basis.row.signed_version == Some(declared.version) {
        // signed once already: what is signed anew is a version of its own
        return Err(AppError::IllegalTransition("declaration_changed"));
    }
    let content = content_of(&basis.vault, declared)?;
    if !is_current(ctx, directory, basis, &content)? {
        return Err(AppError::IllegalTransition("declaration_changed"));
    }
    Ok((content, declared))
}

/// Reads tier, document and acceptances; gives the acceptances as `kind=version`.
fn check(
    request: &SignatureRequest,
    content: &SignedContent,
    declared: &DeclarationRow,
) -> AppResult<Vec<String>> {
    let mut errors = FieldErrors::new();
    match request.tier.as_deref() {
        Some("otp") => {}
        None | Some("") => errors.push("/tier", FieldCode::Required, "error-tier-required"),
        Some(_) => errors.push("/tier", FieldCode::UnknownValue, "error-tier-unknown"),
    }
    let wanted = sha256::hex(&declared.document_sha256);
    match request.document_sha256.as_deref().map(str::trim) {
        None | Some("") => errors.push(
            "/document_sha256",
            FieldCode::Required,
            "error-document-sha256-required",
        ),
        Some(given) if given.eq_ignore_ascii_case(&wanted) => {}
        Some(_) => return Err(AppError::IllegalTransition("declaration_changed")),
    }
    let accepted = accepted(&request.acceptances, content, &mut errors);
    Ok(errors.into_result(accepted)?)
}

fn accepted(
    given: &[AcceptanceInput],
    content: &SignedContent,
    errors: &mut FieldErrors,
) -> Vec<String> {
    let mut kinds = Vec::new();
    for (place, acceptance) in given.iter().enumerate() {
        let kind = acceptance.kind.as_deref().and_then(TextKind::parse);
        let text = kind.and_then(|kind| content.texts.iter().find(|text| text.kind == kind));
        let Some(text) = text else {
            errors.push(
                format!("/acceptances/{place}/kind"),
                FieldCode::UnknownValue,
                "error-acceptance-unknown",
            );
            continue;
        };
        if acceptance.version.as_deref() != Some(text.version.as_str()) {
            errors.push(
                format!("/acceptances/{place}/version"),
                FieldCode::UnknownValue,
                "error-acceptance-version",
            );
        }
        if !kinds.contains(&text.kind) {
            kinds.push(text.kind);
        }
    }
    for kind in TextKind::required() {
        if !kinds.contains(&kind) {
            let reason = match kind {
                TextKind::AttestationG => "error-attestation-required",
                TextKind::MandateH | TextKind::MandateMessaInMora => "error-mandate-required",
            };
            errors.push("/acceptances", FieldCode::NotAccepted, reason);
        }
    }
    content
        .texts
        .iter()
        .filter(|text| kinds.contains(&text.kind))
        .map(|text| format!("{}={}", text.kind.as_str(), text.version))
        .collect()
}

/// A request that still counts. The claimant is locked, so nobody else judges at the same time.
async fn open_request(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    row: &ClaimantRow,
    id: Uuid,
) -> AppResult<RequestRow> {
    let found = db::find_request(conn, scope, row.claimant(), id).await?;
    let request = found.ok_or_else(|| wrong("/request_id", "error-request-unknown"))?;
    if request.used_at.is_some() {
        return Err(AppError::TokenUsed);
    }
    if request.voided_at.is_some() {
        return Err(AppError::IllegalTransition("request_replaced"));
    }
    let used = u32::try_from(request.attempts).unwrap_or(ATTEMPTS);
    if used >= ATTEMPTS || !is_live(request.expires_at, ctx.clock.now()) {
        return Err(AppError::TokenExpired);
    }
    Ok(request)
}

fn wrong(pointer: &'static str, reason: &'static str) -> AppError {
    let mut errors = FieldErrors::new();
    errors.push(pointer, FieldCode::UnknownValue, reason);
    AppError::Invalid(errors)
}

/// What is stored of a code: bound to claimant, request and document. `code` none: the right one.
fn code_hash(
    ctx: &Ctx,
    row: &ClaimantRow,
    request: Uuid,
    document: &[u8],
    code: Option<&str>,
) -> Vec<u8> {
    let keys = &ctx.keyring.challenges;
    let purpose = ChallengePurpose::Otp;
    let right = keys.code(purpose, row.id, request);
    let code = code.unwrap_or(&right);
    keys.stored_code_hash(purpose, row.id, request, Some(document), code)
        .to_vec()
}

fn same(given: &[u8], stored: &[u8]) -> bool {
    <[u8; 32]>::try_from(given).is_ok_and(|given| verify(&given, stored))
}

/// Where the sealed PDF lies: begins with the hex of a hash (SCALE S14), the same at each attempt.
fn document_key(declared: &DeclarationRow) -> String {
    let name = format!("{}/{}", declared.claimant_id, declared.version);
    format!(
        "{}/declaration",
        sha256::hex(&sha256::digest(name.as_bytes()))
    )
}

fn mail_row(
    ctx: &Ctx,
    row: &ClaimantRow,
    id: Uuid,
    kind: &str,
    priority: i16,
    payload: serde_json::Value,
) -> OutboxRow {
    let now = ctx.clock.now();
    let domain = row.contact_domain.as_deref();
    OutboxRow {
        subject_id: row.id,
        id,
        association_id: Some(row.association_id),
        case_id: Some(row.case_id),
        kind: kind.to_owned(),
        lane: sign_up::lane(row.id),
        priority,
        payload,
        attempts: 0,
        due_at: now,
        created_at: now,
        expires_at: now + chrono::Duration::days(MAIL_DAYS),
        queue_id: domain.map(|domain| mail_queue::id_of(ctx, domain)),
    }
}
