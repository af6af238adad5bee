//! The notice that a record was rejected: why, what its claimant can do and until when.

use chrono::NaiveDate;
use serde_json::Value;
use uuid::Uuid;

use super::batch::Batch;
use super::letter::{Letter, LetterRecord, Speaker, letter};
use super::stop::stopped;
use super::{SCOPE, Step, held};
use crate::app::bulk;
use crate::app::ctx::Ctx;
use crate::app::directory::Directory;
use crate::app::error::{AppError, AppResult};
use crate::db::claimant::ClaimantRow;
use crate::db::outbox::OutboxRow;
use crate::db::{Conn, bulk as db};
use crate::domain::bulk::BulkAct;
use crate::domain::claimant::ClaimantState;
use crate::domain::mail::MailKind;
use crate::domain::outage::day_in_rome;
use crate::domain::reference::Reference;
use crate::domain::rejection::{RejectionCode, objection_until};

/// What a notice of rejection says besides. The same at every attempt: nothing of it is changed.
#[derive(Clone)]
pub struct RejectionNotice {
    /// Why.
    pub code: RejectionCode,
    /// In the words of the association.
    pub words: Option<String>,
    /// The day it was rejected, in Rome.
    pub rejected_on: NaiveDate,
    /// Last day to object, in Rome.
    pub object_until: NaiveDate,
    /// Where the association is written to.
    pub association_email: Option<String>,
}

pub(super) async fn prepare(
    ctx: &Ctx,
    conn: &mut Conn,
    batch: &Batch,
    directory: &Directory,
    row: &OutboxRow,
) -> AppResult<Step> {
    let kind = MailKind::Rejection;
    let word = |name: &str| row.payload.get(name).and_then(Value::as_str);
    let code = word("code").and_then(RejectionCode::parse);
    let (Some(at), Some(code)) = (batch.record(row), code) else {
        return Ok(Step::Drop);
    };
    let is_so = at.row.state()? == ClaimantState::Rejected && at.row.died_at.is_none();
    let Some(email) = at.email.clone().filter(|_| is_so) else {
        return Ok(Step::Drop);
    };
    if let Some(wait) = held(ctx, directory, &email) {
        return Ok(wait);
    }
    let reason = batch.stopping(ctx, at, kind);
    if let Some(stop) = stopped(ctx, conn, directory, row, reason, kind).await? {
        return Ok(stop);
    }
    let case = directory.case(at.row.case())?;
    let association = case.association_by_id(at.row.association());
    let bulk = word("bulk").and_then(|id| Uuid::try_parse(id).ok());
    let notice = RejectionNotice {
        code,
        words: match bulk {
            Some(bulk) => words(ctx, conn, bulk).await?,
            None => None,
        },
        rejected_on: day_in_rome(row.created_at),
        object_until: objection_until(row.created_at),
        association_email: association.and_then(|it| it.email.clone()),
    };
    let line = line(ctx, directory, &at.row)?;
    let speaker = Speaker::of(&at.row);
    let letter = letter(ctx, conn, row, speaker, email, kind, vec![line]).await?;
    Ok(Step::Send(Box::new(Letter {
        rejection: Some(notice),
        ..letter
    })))
}

/// What a set says to all of its records.
async fn words(ctx: &Ctx, conn: &mut Conn, id: Uuid) -> AppResult<Option<String>> {
    let Some(action) = db::find(conn, SCOPE, id).await? else {
        return Ok(None);
    };
    Ok(match bulk::act_of(ctx, &action).await? {
        BulkAct::Reject { words, .. } => Some(words).filter(|words| !words.is_empty()),
        BulkAct::Message { .. }
        | BulkAct::AskDeficiency { .. }
        | BulkAct::EndQuarantine
        | BulkAct::Assign { .. } => None,
    })
}

fn line(ctx: &Ctx, directory: &Directory, row: &ClaimantRow) -> AppResult<LetterRecord> {
    let case = directory.case(row.case())?;
    let association = case.association_by_id(row.association());
    let association = association.ok_or(AppError::NotFound)?;
    Ok(LetterRecord {
        case_title: case.title.clone(),
        association_name: association.name.clone(),
        association_phone: association.phone.clone(),
        reference: Reference::of(row.claimant()).as_str().to_owned(),
        link: format!("{}/me", ctx.settings.public_base_url),
        not_me: None,
        listed_on: None,
        brought_by: None,
        mail_texts: association.mail_texts.clone(),
    })
}
