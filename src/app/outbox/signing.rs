//! The mails of signing: the code, the receipt with the signed PDF, what was wrong with a hand-in on paper.

use uuid::Uuid;

use super::batch::Batch;
use super::letter::{Letter, LetterRecord, Signing, Speaker, letter};
use super::stop::stopped;
use super::{SCOPE, Step, held};
use crate::app::ctx::Ctx;
use crate::app::declaration;
use crate::app::directory::Directory;
use crate::app::error::{AppError, AppResult};
use crate::crypto::challenge::ChallengePurpose;
use crate::crypto::sha256;
use crate::db::claimant::ClaimantRow;
use crate::db::outbox::OutboxRow;
use crate::db::signature::{self, RequestRow};
use crate::db::{Conn, paper};
use crate::domain::ids::ClaimantId;
use crate::domain::mail::MailKind;
use crate::domain::paper::Flaw;
use crate::domain::reference::Reference;
use crate::domain::signing::{LONGEST_LIFE, expires_at};

/// The mail with the code to sign with. It is dropped once the code is of no use.
pub(super) async fn prepare_code(
    ctx: &Ctx,
    conn: &mut Conn,
    batch: &Batch,
    directory: &Directory,
    row: &OutboxRow,
) -> AppResult<Step> {
    let id = ClaimantId::new(row.subject_id);
    let Some(at) = batch.record(row) else {
        return Ok(Step::Drop);
    };
    let found = &at.row;
    let Some(request) = signature::find_request(conn, SCOPE, id, row.id).await? else {
        return Ok(Step::Drop);
    };
    let is_late = ctx.clock.now() >= request.created_at + LONGEST_LIFE;
    if request.used_at.is_some() || request.voided_at.is_some() || is_late {
        return Ok(Step::Drop);
    }
    let Some(email) = at.email.clone() else {
        return Ok(Step::Drop);
    };
    if let Some(wait) = held(ctx, directory, &email) {
        return Ok(wait);
    }
    let reason = batch.stopping(ctx, at, MailKind::Otp);
    if let Some(stop) = stopped(ctx, conn, directory, row, reason, MailKind::Otp).await? {
        return Ok(stop);
    }
    let line = record(ctx, directory, found, "me/sign")?;
    let code = ctx
        .keyring
        .challenges
        .code(ChallengePurpose::Otp, found.id, request.id);
    let speaker = Speaker::of(found);
    let letter = letter(ctx, conn, row, speaker, email, MailKind::Otp, vec![line]).await?;
    Ok(Step::Send(Box::new(Letter {
        code: Some(code),
        expires_at: expires_at(request.created_at, None),
        signing: Some(Signing::Code {
            document_sha256: sha256::hex(&request.document_sha256),
            version: version(request.version)?,
        }),
        ..letter
    })))
}

/// The mail with the receipt; its PDF is fetched after the transaction.
pub(super) async fn prepare_receipt(
    ctx: &Ctx,
    conn: &mut Conn,
    batch: &Batch,
    directory: &Directory,
    row: &OutboxRow,
) -> AppResult<Step> {
    let id = ClaimantId::new(row.subject_id);
    let signed_version = row
        .payload
        .get("version")
        .and_then(serde_json::Value::as_i64)
        .and_then(|version| i32::try_from(version).ok())
        .ok_or_else(|| AppError::internal("an outbox row lacks its version"))?;
    let Some(at) = batch.record(row) else {
        return Ok(Step::Drop);
    };
    let found = &at.row;
    let signed = signature::find(conn, SCOPE, id, signed_version).await?;
    let entry = signature::find_log_entry(conn, SCOPE, id, signed_version).await?;
    let (Some(signed), Some(entry)) = (signed, entry) else {
        return Ok(Step::Drop);
    };
    let Some(email) = at.email.clone() else {
        return Ok(Step::Drop);
    };
    if let Some(wait) = held(ctx, directory, &email) {
        return Ok(wait);
    }
    let reason = batch.stopping(ctx, at, MailKind::Receipt);
    if let Some(stop) = stopped(ctx, conn, directory, row, reason, MailKind::Receipt).await? {
        return Ok(stop);
    }
    let line = record(ctx, directory, found, "me")?;
    let speaker = Speaker::of(found);
    let kind = MailKind::Receipt;
    let letter = letter(ctx, conn, row, speaker, email, kind, vec![line]).await?;
    Ok(Step::Send(Box::new(Letter {
        signing: Some(Signing::Receipt {
            claimant: id,
            signed_at: signed.signed_at,
            document_sha256: sha256::hex(&signed.document_sha256),
            evidence_sha256: sha256::hex(&signed.evidence_sha256),
            entry: entry.id,
            commitment: sha256::hex(&entry.commitment),
            version: version(signed_version)?,
            is_correction: entry.supersedes.is_some(),
            document: Vec::new(),
        }),
        ..letter
    })))
}

/// The mail about a hand-in on paper that was not taken.
pub(super) async fn prepare_rejected(
    ctx: &Ctx,
    conn: &mut Conn,
    batch: &Batch,
    directory: &Directory,
    row: &OutboxRow,
) -> AppResult<Step> {
    let id = ClaimantId::new(row.subject_id);
    let hand_in = row.payload.get("hand_in").and_then(|id| id.as_str());
    let hand_in = hand_in.and_then(|id| Uuid::parse_str(id).ok());
    let hand_in = hand_in.ok_or_else(|| AppError::internal("an outbox row lacks its hand-in"))?;
    let Some(at) = batch.record(row) else {
        return Ok(Step::Drop);
    };
    let found = paper::find(conn, SCOPE, id, hand_in).await?;
    let flaw = Flaw::parse(found.and_then(|found| found.reason).as_deref());
    let (Ok(flaw), Some(email)) = (flaw, at.email.clone()) else {
        return Ok(Step::Drop);
    };
    if let Some(wait) = held(ctx, directory, &email) {
        return Ok(wait);
    }
    let kind = MailKind::PaperRejected;
    let reason = batch.stopping(ctx, at, kind);
    if let Some(stop) = stopped(ctx, conn, directory, row, reason, kind).await? {
        return Ok(stop);
    }
    let line = record(ctx, directory, &at.row, "me/paper")?;
    let speaker = Speaker::of(&at.row);
    let letter = letter(ctx, conn, row, speaker, email, kind, vec![line]).await?;
    Ok(Step::Send(Box::new(Letter {
        signing: Some(Signing::PaperRejected { flaw }),
        ..letter
    })))
}

/// Fetches what a letter carries along, outside any transaction.
pub(super) async fn attach(ctx: &Ctx, letter: &mut Letter) -> AppResult<()> {
    if let Some(Signing::Receipt {
        claimant,
        version,
        document,
        ..
    }) = &mut letter.signing
    {
        let version = i32::try_from(*version).map_err(AppError::internal)?;
        *document = declaration::document_of(ctx, SCOPE, *claimant, Some(version)).await?;
    }
    Ok(())
}

/// Notes when the code's mail was first accepted: its ten minutes begin then (R43).
pub(super) async fn note_sent(ctx: &Ctx, conn: &mut Conn, row: &OutboxRow) -> AppResult<()> {
    let id = ClaimantId::new(row.subject_id);
    let found: Option<RequestRow> = signature::find_request(conn, SCOPE, id, row.id).await?;
    if let Some(request) = found {
        let now = ctx.clock.now();
        let ends = expires_at(request.created_at, Some(now));
        signature::mark_request_sent(conn, SCOPE, id, request.id, now, ends).await?;
    }
    Ok(())
}

fn version(version: i32) -> AppResult<u32> {
    u32::try_from(version).map_err(AppError::internal)
}

fn record(
    ctx: &Ctx,
    directory: &Directory,
    row: &ClaimantRow,
    page: &str,
) -> AppResult<LetterRecord> {
    let case = directory.case(row.case())?;
    let association = case
        .association_by_id(row.association())
        .ok_or(AppError::NotFound)?;
    Ok(LetterRecord {
        case_title: case.title.clone(),
        association_name: association.name.clone(),
        association_phone: association.phone.clone(),
        reference: Reference::of(row.claimant()).as_str().to_owned(),
        link: format!("{}/{page}", ctx.settings.public_base_url),
        not_me: None,
        listed_on: None,
        brought_by: None,
        mail_texts: association.mail_texts.clone(),
    })
}
