//! Signing with a digital signature made elsewhere: the file is checked, kept byte for byte, and signs only if it is
//! valid (R40-R42, decision 17).

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use super::act::{Signed, Writing, finish, print};
use super::settle::Judged;
use super::{open_request, signable_here};
use crate::app::audit::{self, Actor, Entry};
use crate::app::ctx::Ctx;
use crate::app::declaration::read_basis;
use crate::app::directory::Directory;
use crate::app::error::{AppError, AppResult};
use crate::app::evidence::Proof;
use crate::app::file_store::{self, StoredFile};
use crate::app::session::{self, ClaimantActor};
use crate::app::sign_up::Evidence as Origin;
use crate::app::spool::Spooled;
use crate::app::vault::Vault;
use crate::db::document::{self as uploads, UploadRow};
use crate::db::signature::{self as db, RequestRow};
use crate::db::signature_file::{self as files, SignatureFileRow};
use crate::db::{Conn, Scope, claimant};
use crate::domain::field::{FieldCode, FieldErrors, REASONS};
use crate::domain::ids::FileId;
use crate::domain::signing::{CODE_DAY, FILES_A_DAY, Outcome, Report, Verdict};
use crate::evidence::{Question, examine};

/// The tier.
const TIER: &str = "digital";

/// Bytes a signed file may have.
pub const FILE_BYTES: u64 = 15 * 1024 * 1024;

/// A signed file, as it comes in.
#[derive(Debug)]
pub struct DigitalInput {
    /// Id of the request; none: the newest.
    pub request: Option<String>,
    /// The file.
    pub file: Spooled,
}

/// Signs with a file that carries a digital signature of the document. One that is not valid signs nothing: the
/// report is kept for staff, and the file too unless a check failed.
///
/// *effects*: the sealed file and PDF in the blob store, then in one transaction what [`super::sign`] writes
/// and a row in `signature_files`; else that row and audit `refuse_signature`.
///
/// # Errors
/// `Invalid` at `/request_id`, at `/file` one for each check that did not pass; `TokenUsed`,
/// `TokenExpired`; `IllegalTransition` if a newer version or request replaced this one; `RateLimited` over
/// twenty files a day; `Unavailable` if issuers or file cannot be read or kept.
pub async fn sign_digitally(
    ctx: &Ctx,
    actor: &ClaimantActor,
    mut input: DigitalInput,
    origin: Origin,
) -> AppResult<Signed> {
    let directory = ctx.directories.get(ctx).await?;
    let file = FileId::new(ctx.new_id());
    let (judged, request) = judge(ctx, actor, &directory, &input, file).await?;
    let document = print(ctx, &judged).await?;
    let (report, document) = check(ctx, &judged, &mut input.file, document).await?;
    if report.verdict != Verdict::Valid {
        return Err(refuse(
            ctx,
            actor,
            (&judged, &request),
            file,
            (&mut input.file, &report),
        )
        .await);
    }
    let stored = file_store::put_as(ctx, &judged.vault, file, &mut input.file).await?;
    let writing = Writing {
        request: request.id,
        proof: Proof::File(&stored, &report),
        judged: &judged,
        document: &document,
    };
    finish(ctx, actor, &directory, &writing, origin).await
}

/// Whether the request may sign now; notes the file that is about to be kept.
async fn judge(
    ctx: &Ctx,
    actor: &ClaimantActor,
    directory: &Directory,
    input: &DigitalInput,
    file: FileId,
) -> AppResult<(Judged, RequestRow)> {
    let (scope, now) = (actor.scope(), ctx.clock.now());
    let mut tx = ctx.pools.begin(scope).await?;
    claimant::lock(&mut tx, scope, actor.claimant()).await?;
    let basis = read_basis(ctx, &mut tx, scope, actor.claimant()).await?;
    let id = match input.request.as_deref().map(str::trim) {
        Some(id) if !id.is_empty() => Uuid::parse_str(id).unwrap_or(Uuid::nil()),
        _ => {
            let newest = db::find_newest_request(&mut tx, scope, actor.claimant()).await?;
            newest.map_or(Uuid::nil(), |request| request.id)
        }
    };
    let request = open_request(ctx, &mut tx, scope, &basis.row, (id, TIER)).await?;
    let (content, declared) = signable_here(ctx, directory, &basis)?;
    if declared.version != request.version {
        return Err(AppError::IllegalTransition("declaration_changed"));
    }
    let most = i64::try_from(FILES_A_DAY).unwrap_or(i64::MAX);
    let brought = files::list(&mut tx, scope, actor.claimant(), most).await?;
    if let Some(oldest) = brought.get(FILES_A_DAY - 1) {
        let wait = oldest.checked_at + CODE_DAY - now;
        if let Ok(wait) = wait.to_std() {
            return Err(AppError::RateLimited(wait));
        }
    }
    let upload = UploadRow {
        claimant_id: basis.row.id,
        id: file.uuid(),
        association_id: basis.row.association_id,
        created_at: now,
    };
    uploads::begin_uploads(&mut tx, scope, &[upload]).await?;
    tx.commit().await?;
    let declared = declared.clone();
    let judged = Judged {
        vault: basis.vault,
        content,
        declared,
        case: basis.row.case_id,
    };
    Ok((judged, request))
}

/// Checks the file, off the threads that serve; gives the document back.
async fn check(
    ctx: &Ctx,
    judged: &Judged,
    file: &mut Spooled,
    document: Vec<u8>,
) -> AppResult<(Report, Vec<u8>)> {
    let bytes = file.bytes().await?;
    let signers: Vec<String> = judged
        .content
        .signer_codice_fiscale()
        .map(str::to_owned)
        .into_iter()
        .collect();
    let (files, received_at) = (ctx.settings.trust.clone(), ctx.clock.now());
    ctx.on_a_core(move || {
        let trust = files.read()?;
        let question = Question {
            file: &bytes,
            issued: &document,
            signers: &signers,
            received_at,
        };
        Ok((examine(&trust, &question), document))
    })
    .await
}

/// Notes a file that does not sign, and gives what to tell.
async fn refuse(
    ctx: &Ctx,
    actor: &ClaimantActor,
    (judged, request): (&Judged, &RequestRow),
    id: FileId,
    (file, report): (&mut Spooled, &Report),
) -> AppError {
    let noted = note(ctx, actor, (judged, request), id, (file, report)).await;
    match noted {
        Ok(()) => told(report),
        Err(error) => error,
    }
}

async fn note(
    ctx: &Ctx,
    actor: &ClaimantActor,
    (judged, request): (&Judged, &RequestRow),
    id: FileId,
    (file, report): (&mut Spooled, &Report),
) -> AppResult<()> {
    let kept = report.verdict == Verdict::NotVerifiable;
    let stored = if kept {
        file_store::put_as(ctx, &judged.vault, id, file).await?
    } else {
        StoredFile {
            id,
            size: file.size(),
            sha256: file.sha256().to_vec(),
        }
    };
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    claimant::lock(&mut tx, scope, actor.claimant()).await?;
    uploads::end_uploads(&mut tx, scope, actor.claimant(), &[id]).await?;
    let row = file_row(&judged.vault, request, &stored, report)?;
    files::insert(&mut tx, scope, &row).await?;
    let by = Actor::Claimant(actor.claimant());
    let entry = Entry::new(
        actor.claimant(),
        actor.association(),
        by,
        "refuse_signature",
    );
    let decisive = report.decisive();
    let told = json!({
        "version": request.version,
        "verdict": row.verdict,
        "check": decisive.map(|check| check.code.as_str()),
        "reason": decisive.map(|check| check.reason.as_str()),
    });
    audit::append(ctx, &mut tx, scope, entry.with(told)).await?;
    session::keep(ctx, &mut tx, actor).await?;
    Ok(tx.commit().await?)
}

/// What did not pass, one line for each reason.
fn told(report: &Report) -> AppError {
    let mut errors = FieldErrors::new();
    let mut said = Vec::new();
    let failed = report
        .checks
        .iter()
        .filter(|it| it.result == Outcome::Failed);
    let unknown = report
        .checks
        .iter()
        .filter(|it| it.result == Outcome::Unknown);
    for check in failed.chain(unknown) {
        let key = format!(
            "error-signature-{}",
            check.reason.as_str().replace('_', "-")
        );
        let known = REASONS.iter().find(|known| **known == key);
        let reason = known.copied().unwrap_or("error-signature-malformed");
        if !said.contains(&reason) {
            said.push(reason);
            errors.push("/file", FieldCode::NotAccepted, reason);
        }
    }
    AppError::Invalid(errors)
}

/// Writes the row of the file that signs; it belongs to the signature from now on.
///
/// # Errors
/// `Unavailable` if it took so long that the file was deleted meanwhile.
pub(super) async fn own(
    conn: &mut Conn,
    scope: Scope,
    judged: &Judged,
    request: &RequestRow,
    (file, report): (&StoredFile, &Report),
) -> AppResult<()> {
    let owned = uploads::end_uploads(conn, scope, judged.vault.claimant(), &[file.id]).await?;
    if owned == 0 {
        return Err(AppError::Unavailable("the signed file was deleted".into()));
    }
    let row = file_row(&judged.vault, request, file, report)?;
    Ok(files::insert(conn, scope, &row).await?)
}

fn file_row(
    vault: &Vault,
    request: &RequestRow,
    file: &StoredFile,
    report: &Report,
) -> AppResult<SignatureFileRow> {
    let checked_at: DateTime<Utc> = report.checked_at;
    Ok(SignatureFileRow {
        claimant_id: request.claimant_id,
        id: file.id.uuid(),
        association_id: request.association_id,
        version: request.version,
        request_id: request.id,
        verdict: report.verdict.as_str().to_owned(),
        kept: report.verdict != Verdict::Invalid,
        size: i64::try_from(file.size).map_err(AppError::internal)?,
        sha256: file.sha256.clone(),
        report: vault.seal("signature_files", "report", report)?,
        checked_at,
    })
}
