//! A message of an association to many of its claimants. Looked at anew when it is prepared: paused it waits, called
//! off, stopped by its reader or not fitting any more it is dropped.

use chrono::Duration;
use uuid::Uuid;

use super::batch::Batch;
use super::follow::FollowNotice;
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
use crate::domain::bulk::{BulkAct, BulkState};
use crate::domain::language::Language;
use crate::domain::mail::MailKind;
use crate::domain::outage::day_in_rome;
use crate::domain::reference::Reference;

/// Minutes after which a message is looked at again while its action is paused.
const PAUSED_MINUTES: i64 = 5;

pub(super) async fn prepare(
    ctx: &Ctx,
    conn: &mut Conn,
    batch: &Batch,
    directory: &Directory,
    row: &OutboxRow,
) -> AppResult<Step> {
    let kind = MailKind::Message;
    let id = row.payload.get("bulk").and_then(serde_json::Value::as_str);
    let id = id.and_then(|id| Uuid::try_parse(id).ok());
    let (Some(at), Some(id)) = (batch.record(row), id) else {
        return Ok(Step::Drop);
    };
    let Some(action) = db::find(conn, SCOPE, id).await? else {
        return Ok(Step::Drop);
    };
    match bulk::state_of(&action)? {
        BulkState::Paused => {
            let later = ctx.clock.now() + Duration::minutes(PAUSED_MINUTES);
            return Ok(Step::Wait(later));
        }
        BulkState::Running | BulkState::Done => {}
        BulkState::Previewed
        | BulkState::AwaitingApproval
        | BulkState::Cancelled
        | BulkState::Expired
        | BulkState::AwaitingUndo
        | BulkState::Undoing
        | BulkState::Undone => return Ok(Step::Drop),
    }
    let language = Language::parse(&at.row.language).unwrap_or_default();
    let text = match bulk::act_of(ctx, &action).await? {
        BulkAct::Message { texts, .. } => texts.of(language).cloned(),
        BulkAct::AskDeficiency { .. }
        | BulkAct::EndQuarantine
        | BulkAct::Assign { .. }
        | BulkAct::Reject { .. } => None,
    };
    let is_over = at.row.restricted_at.is_some()
        || at.row.unreachable_at.is_some()
        || !at.row.state()?.counts()
        || row.expires_at <= ctx.clock.now();
    let is_unwanted = is_over || bulk::is_stopped(conn, SCOPE, at.row.claimant()).await?;
    let (Some(text), Some(email), false) = (text, at.email.clone(), is_unwanted) else {
        return Ok(Step::Drop);
    };
    if let Some(wait) = held(ctx, directory, &email) {
        return Ok(wait);
    }
    let reason = batch.stopping(ctx, at, kind);
    if let Some(stop) = stopped(ctx, conn, directory, row, reason, kind).await? {
        return Ok(stop);
    }
    let line = line(ctx, directory, &at.row)?;
    let speaker = Speaker::of(&at.row);
    let letter = letter(ctx, conn, row, speaker, email, kind, vec![line]).await?;
    Ok(Step::Send(Box::new(Letter {
        follow: Some(FollowNotice::Message {
            text,
            sent_on: day_in_rome(action.decided_at.unwrap_or(action.created_at)),
            unsubscribe: bulk::link(ctx, at.row.id),
        }),
        ..letter
    })))
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
