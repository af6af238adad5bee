//! The mail about a request: it came in, its term was extended, or it was answered (R60).

use chrono::NaiveDate;
use uuid::Uuid;

use super::batch::Batch;
use super::letter::{Letter, LetterRecord, Speaker, letter};
use super::stop::stopped;
use super::{SCOPE, Step, held};
use crate::app::ctx::Ctx;
use crate::app::directory::Directory;
use crate::app::error::{AppError, AppResult};
use crate::app::vault::Vault;
use crate::db::Conn;
use crate::db::outbox::OutboxRow;
use crate::db::rights_request::{self, RightsRequestRow};
use crate::domain::ids::ClaimantId;
use crate::domain::mail::MailKind;
use crate::domain::outage::day_in_rome;
use crate::domain::reference::Reference;
use crate::domain::rights::{due_on, extended_due_on};

/// What a mail about a request says besides. The same at every attempt: each step is written once.
#[derive(Clone)]
pub struct RightsNotice {
    /// Word of what was asked for.
    pub kind: String,
    /// Day it was received, Europe/Rome.
    pub received_on: NaiveDate,
    /// What happened.
    pub step: RightsStep,
    /// Why, in the words of the staff, where something was decided.
    pub reason: Option<String>,
}

/// What happened to a request.
#[derive(Clone)]
pub enum RightsStep {
    /// It came in: the last day of the term.
    Received(NaiveDate),
    /// The term is longer: its last day.
    Extended(NaiveDate),
    /// It was answered: word of the decision, and of what becomes of the data where something does:
    /// `erasing`, `restricted`, or `kept` for a claim that is lodged.
    Answered(String, Option<&'static str>),
    /// The restriction ends: from which day the data are used again.
    Lifting(NaiveDate),
}

pub(super) async fn prepare(
    ctx: &Ctx,
    conn: &mut Conn,
    batch: &Batch,
    directory: &Directory,
    row: &OutboxRow,
) -> AppResult<Step> {
    let kind = MailKind::Rights;
    let (Some(at), Some(request)) = (batch.record(row), id_of(row)) else {
        return Ok(Step::Drop);
    };
    let claimant = ClaimantId::new(row.subject_id);
    let found = rights_request::find(conn, SCOPE, claimant, request).await?;
    let (Some(found), Some(email)) = (found, at.email.clone()) else {
        return Ok(Step::Drop);
    };
    if let Some(wait) = held(ctx, directory, &email) {
        return Ok(wait);
    }
    let reason = batch.stopping(ctx, at, kind);
    if let Some(stop) = stopped(ctx, conn, directory, row, reason, kind).await? {
        return Ok(stop);
    }
    let vault = Vault::open(ctx, conn, SCOPE, claimant).await?;
    let Some(notice) = notice(&vault, found, row)? else {
        return Ok(Step::Drop);
    };
    let case = directory.case(at.row.case())?;
    let association = case.association_by_id(at.row.association());
    let association = association.ok_or(AppError::NotFound)?;
    let line = LetterRecord {
        case_title: case.title.clone(),
        association_name: association.name.clone(),
        association_phone: association.phone.clone(),
        reference: Reference::of(claimant).as_str().to_owned(),
        link: format!("{}/me", ctx.settings.public_base_url),
        not_me: None,
        listed_on: None,
        brought_by: None,
        mail_texts: association.mail_texts.clone(),
    };
    let speaker = Speaker::of(&at.row);
    let letter = letter(ctx, conn, row, speaker, email, kind, vec![line]).await?;
    Ok(Step::Send(Box::new(Letter {
        rights: Some(notice),
        ..letter
    })))
}

fn id_of(row: &OutboxRow) -> Option<Uuid> {
    Uuid::try_parse(row.payload.get("request")?.as_str()?).ok()
}

/// What the mail says; `None` if the step is not written.
fn notice(
    vault: &Vault,
    found: RightsRequestRow,
    row: &OutboxRow,
) -> AppResult<Option<RightsNotice>> {
    let step = row.payload.get("step").and_then(serde_json::Value::as_str);
    let lifts_on = found.lifts_at.map(day_in_rome);
    if step == Some("received") {
        return Ok(Some(RightsNotice {
            step: RightsStep::Received(due_on(found.received_on)),
            kind: found.kind,
            received_on: found.received_on,
            reason: None,
        }));
    }
    let (step, column, sealed) = match (step, found.decision) {
        (Some("lifting"), _) => match lifts_on {
            Some(day) => (
                RightsStep::Lifting(day),
                "lifting_sealed",
                found.lifting_sealed,
            ),
            None => return Ok(None),
        },
        (Some("answered"), Some(decision)) => (
            RightsStep::Answered(decision, became(&found.kind, found.outcome.as_deref())),
            "answer_sealed",
            found.answer_sealed,
        ),
        (Some("extended"), _) => (
            RightsStep::Extended(extended_due_on(found.received_on)),
            "extension_sealed",
            found.extension_sealed,
        ),
        _ => return Ok(None),
    };
    let Some(sealed) = sealed else {
        return Ok(None);
    };
    Ok(Some(RightsNotice {
        kind: found.kind,
        received_on: found.received_on,
        step,
        reason: Some(vault.unseal("rights_requests", column, sealed)?),
    }))
}

fn became(kind: &str, outcome: Option<&str>) -> Option<&'static str> {
    match (kind, outcome) {
        (_, Some("erasing")) => Some("erasing"),
        ("erasure", Some("restricted")) => Some("kept"),
        (_, Some("restricted")) => Some("restricted"),
        _ => None,
    }
}
