//! Mails to who follows a case: the link to confirm, and the news (decision 22).

use chrono::{DateTime, Duration, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::letter::{Letter, LetterRecord, Speaker, letter};
use super::stop::stopped;
use super::{SCOPE, Step, held};
use crate::app::case_update;
use crate::app::ctx::Ctx;
use crate::app::directory::Directory;
use crate::app::error::{AppError, AppResult};
use crate::app::follower::{self, Wish};
use crate::app::mail_cap::{self, MailCap};
use crate::app::suppression;
use crate::crypto::token;
use crate::db::Conn;
use crate::db::follower::{self as db, FollowerRow};
use crate::db::outbox::{self, OutboxRow};
use crate::db::rate_bucket::Grant;
use crate::domain::case_update::UpdateText;
use crate::domain::email_address::EmailAddress;
use crate::domain::language::Language;
use crate::domain::mail::MailKind;
use crate::domain::outage::day_in_rome;
use crate::domain::retention::FOLLOW_DAYS;

/// What an outbox row of these mails carries.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub(in crate::app) struct FollowPayload {
    /// Who.
    pub follower: Uuid,
    /// Which news; none in a confirmation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update: Option<Uuid>,
    /// Whether the cap was asked already.
    #[serde(default)]
    pub granted: bool,
}

/// What a mail to a follower says besides.
#[derive(Clone)]
pub enum FollowNotice {
    /// The link of the record confirms.
    Confirm,
    /// News.
    Update {
        /// What they say.
        text: UpdateText,
        /// The day they were published, Europe/Rome.
        published_on: NaiveDate,
        /// Link that ends following, also with one click of the mail program (RFC 8058).
        unsubscribe: String,
    },
    /// A message to claimants.
    Message {
        /// What it says.
        text: UpdateText,
        /// The day it was sent to all, Europe/Rome.
        sent_on: NaiveDate,
        /// Link that stops messages, also with one click of the mail program (RFC 8058).
        unsubscribe: String,
    },
}

/// The mail with the link to confirm, within the cap of the address.
pub(super) async fn prepare_confirmation(
    ctx: &Ctx,
    conn: &mut Conn,
    directory: &Directory,
    row: &OutboxRow,
) -> AppResult<Step> {
    let kind = MailKind::FollowConfirmation;
    let payload = read(row)?;
    let Some(found) = find(conn, row, &payload).await? else {
        return Ok(Step::Drop);
    };
    let email = match to_follower(ctx, conn, directory, &found, (row, kind)).await? {
        Ok(email) => email,
        Err(step) => return Ok(step),
    };
    if !payload.granted {
        let cap = MailCap::Confirmation;
        if let Grant::NotBefore(at) = mail_cap::ask(ctx, conn, SCOPE, cap, &email, row.id).await? {
            return put_off(ctx, conn, row, at).await;
        }
        let granted = FollowPayload {
            granted: true,
            ..payload
        };
        let granted = serde_json::to_value(granted).map_err(AppError::internal)?;
        if !outbox::mark_frozen(conn, SCOPE, row, &granted).await? {
            return Ok(Step::Drop);
        }
    }
    let link = follower::link(ctx, &found, Wish::Follow);
    let line = line(directory, &found, link)?;
    let letter = letter(ctx, conn, row, speaker(&found), email, kind, vec![line]).await?;
    Ok(Step::Send(Box::new(Letter {
        expires_at: row.created_at + Duration::days(FOLLOW_DAYS),
        follow: Some(FollowNotice::Confirm),
        ..letter
    })))
}

/// The mail with news; dropped once they are withdrawn or nobody wants them.
pub(super) async fn prepare_update(
    ctx: &Ctx,
    conn: &mut Conn,
    directory: &Directory,
    row: &OutboxRow,
) -> AppResult<Step> {
    let kind = MailKind::CaseUpdate;
    let payload = read(row)?;
    let news = match payload.update {
        Some(id) => case_update::find_standing(conn, SCOPE, id).await?,
        None => None,
    };
    let found = find(conn, row, &payload).await?;
    let (Some(news), Some(found)) = (news, found.filter(|found| found.confirmed_at.is_some()))
    else {
        return Ok(Step::Drop);
    };
    let language = language(&found);
    let Some(text) = news.texts.of(language).cloned() else {
        return Ok(Step::Drop);
    };
    let email = match to_follower(ctx, conn, directory, &found, (row, kind)).await? {
        Ok(email) => email,
        Err(step) => return Ok(step),
    };
    let case = directory.case(found.case())?;
    let all = format!("{}/c/{}/updates", ctx.settings.public_base_url, case.slug);
    let line = line(directory, &found, all)?;
    let letter = letter(ctx, conn, row, speaker(&found), email, kind, vec![line]).await?;
    Ok(Step::Send(Box::new(Letter {
        follow: Some(FollowNotice::Update {
            text,
            published_on: day_in_rome(news.published_at),
            unsubscribe: follower::link(ctx, &found, Wish::Unfollow),
        }),
        ..letter
    })))
}

/// Over the cap: at most one more for each follower, once there is room.
async fn put_off(
    ctx: &Ctx,
    conn: &mut Conn,
    row: &OutboxRow,
    at: DateTime<Utc>,
) -> AppResult<Step> {
    let place = row.subject_id.to_string();
    let id = token::uuid_v8(ctx.keyring.index.platform_hash("follow put off", &place));
    if row.id == id {
        return Ok(Step::Wait(at));
    }
    let later = OutboxRow {
        id,
        priority: 3,
        attempts: 0,
        due_at: at,
        expires_at: at + Duration::days(FOLLOW_DAYS),
        ..row.clone()
    };
    outbox::insert(conn, SCOPE, &later).await?;
    Ok(Step::Drop)
}

fn read(row: &OutboxRow) -> AppResult<FollowPayload> {
    serde_json::from_value(row.payload.clone()).map_err(AppError::internal)
}

/// The follower, unless it ended since: a new one of the same address is another.
async fn find(
    conn: &mut Conn,
    row: &OutboxRow,
    payload: &FollowPayload,
) -> AppResult<Option<FollowerRow>> {
    let found = db::find(conn, SCOPE, payload.follower).await?;
    Ok(found.filter(|found| found.subject_id == row.subject_id))
}

/// The address, if mail of a kind goes there now; else what becomes of the row.
async fn to_follower(
    ctx: &Ctx,
    conn: &mut Conn,
    directory: &Directory,
    found: &FollowerRow,
    (row, kind): (&OutboxRow, MailKind),
) -> AppResult<Result<EmailAddress, Step>> {
    let email = follower::email_of(ctx, found).await?;
    if let Some(wait) = held(ctx, directory, &email) {
        return Ok(Err(wait));
    }
    let reason = suppression::stopping(ctx, conn, &email, found.case(), kind).await?;
    Ok(
        match stopped(ctx, conn, directory, row, reason, kind).await? {
            Some(stop) => Err(stop),
            None => Ok(email),
        },
    )
}

fn language(found: &FollowerRow) -> Language {
    Language::parse(&found.language).unwrap_or_default()
}

fn speaker(found: &FollowerRow) -> Speaker {
    Speaker::of_follower(language(found), found.association())
}

fn line(directory: &Directory, found: &FollowerRow, link: String) -> AppResult<LetterRecord> {
    let case = directory.case(found.case())?;
    let association = case.association_by_id(found.association());
    let association = association.ok_or(AppError::NotFound)?;
    Ok(LetterRecord {
        case_title: case.title.clone(),
        association_name: association.name.clone(),
        association_phone: association.phone.clone(),
        // there is no record
        reference: String::new(),
        link,
        not_me: None,
        listed_on: None,
        brought_by: None,
        mail_texts: association.mail_texts.clone(),
    })
}
