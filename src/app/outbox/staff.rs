//! Mails to the people of an association: an invitation, and what happened to what they sign in with.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::approval::Waiting;
use super::letter::{Letter, LetterRecord, Speaker, letter};
use super::partner::WebhookNotice;
use super::stop::stopped;
use super::{SCOPE, Step, held};
use crate::app::ctx::Ctx;
use crate::app::directory::Directory;
use crate::app::error::{AppError, AppResult};
use crate::app::mail_queue;
use crate::app::people::invitation;
use crate::app::sign_up::lane;
use crate::app::staff;
use crate::app::suppression;
use crate::crypto::token;
use crate::db::Conn;
use crate::db::invitation as rows;
use crate::db::outbox::OutboxRow;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{AssociationId, StaffId};
use crate::domain::language::Language;
use crate::domain::mail::MailKind;
use crate::domain::permission::Role;

/// Days a mail about what was changed is tried.
const NOTICE_DAYS: i64 = 7;

/// What a mail to a staff member says.
#[derive(Clone)]
pub enum StaffNotice {
    /// The link of the record takes up a role.
    Invitation {
        /// The role.
        role: Role,
        /// Name of who invites.
        invited_by: String,
    },
    /// A recovery code stood in for the authenticator app.
    RecoveryCode {
        /// When, UTC.
        at: DateTime<Utc>,
    },
    /// The password was changed.
    Password {
        /// When, UTC.
        at: DateTime<Utc>,
    },
    /// The authenticator app was changed.
    Factor {
        /// When, UTC.
        at: DateTime<Utc>,
    },
    /// New recovery codes took the place of the old ones.
    RecoveryCodesMade {
        /// When, UTC.
        at: DateTime<Utc>,
    },
    /// Something waits for a second person.
    Approvals(Vec<Waiting>),
    /// Nothing more is delivered to an endpoint of a partner: to the partner.
    Webhook(WebhookNotice),
}

/// What happened, as the payload of a row says it.
#[derive(Clone, Copy, Serialize, Deserialize, PartialEq, Eq, Debug)]
#[serde(rename_all = "snake_case")]
pub(in crate::app) enum StaffNews {
    /// A recovery code was used.
    RecoveryCode,
    /// The password was changed.
    Password,
    /// The authenticator app was changed.
    Factor,
    /// New recovery codes were made.
    RecoveryCodesMade,
}

#[derive(Serialize, Deserialize)]
struct NoticePayload {
    news: StaffNews,
    language: String,
}

/// The outbox row that tells a person what happened.
///
/// # Errors
/// `Internal`: never in practice.
pub(in crate::app) fn notice_row(
    ctx: &Ctx,
    (person, email): (StaffId, &EmailAddress),
    association: AssociationId,
    news: StaffNews,
    language: Language,
) -> AppResult<OutboxRow> {
    let payload = NoticePayload {
        news,
        language: language.as_str().to_owned(),
    };
    let to = (person.uuid(), email);
    row_to(ctx, to, association, MailKind::StaffNotice, &payload)
}

/// A row to an address at hand, about no record; due now, tried for a week.
pub(super) fn row_to(
    ctx: &Ctx,
    (subject, email): (Uuid, &EmailAddress),
    association: AssociationId,
    kind: MailKind,
    payload: &impl Serialize,
) -> AppResult<OutboxRow> {
    let now = ctx.clock.now();
    Ok(OutboxRow {
        subject_id: subject,
        id: token::new_id(now),
        association_id: Some(association.uuid()),
        case_id: None,
        kind: kind.as_str().to_owned(),
        lane: lane(subject),
        priority: 1,
        payload: serde_json::to_value(payload).map_err(AppError::internal)?,
        attempts: 0,
        due_at: now,
        created_at: now,
        expires_at: now + Duration::days(NOTICE_DAYS),
        queue_id: Some(mail_queue::id_of(ctx, email.domain())),
    })
}

/// The mail with the link; dropped once the invitation was taken, called off or is over.
pub(super) async fn prepare_invitation(
    ctx: &Ctx,
    conn: &mut Conn,
    directory: &Directory,
    row: &OutboxRow,
) -> AppResult<Step> {
    let kind = MailKind::Invitation;
    let Some(found) = rows::find(conn, SCOPE, row.subject_id).await? else {
        return Ok(Step::Drop);
    };
    let Some(email) = invitation::email_of(ctx, &found)? else {
        return Ok(Step::Drop);
    };
    if found.expires_at <= ctx.clock.now() {
        return Ok(Step::Drop);
    }
    let association = AssociationId::new(found.association_id);
    if let Some(stop) = stop(ctx, conn, directory, (row, kind), (&email, association)).await? {
        return Ok(stop);
    }
    let names = staff::names(ctx, conn, SCOPE, &[found.invited_by]).await?;
    let invited_by = names.get(&found.invited_by).cloned().unwrap_or_default();
    let language = Language::parse(&found.language).unwrap_or_default();
    let line = line(directory, association, invitation::link(ctx, found.id));
    let speaker = Speaker::of_association(language, association);
    let letter = letter(ctx, conn, row, speaker, email, kind, vec![line]).await?;
    Ok(Step::Send(Box::new(Letter {
        expires_at: found.expires_at,
        staff: Some(StaffNotice::Invitation {
            role: staff::read_role(&found.role)?,
            invited_by,
        }),
        ..letter
    })))
}

/// The mail that tells what happened, to the login address.
pub(super) async fn prepare_notice(
    ctx: &Ctx,
    conn: &mut Conn,
    directory: &Directory,
    row: &OutboxRow,
) -> AppResult<Step> {
    let kind = MailKind::StaffNotice;
    let payload: NoticePayload =
        serde_json::from_value(row.payload.clone()).map_err(AppError::internal)?;
    let email = staff::email_of(ctx, conn, SCOPE, row.subject_id).await?;
    let (Some(email), Some(association)) = (email, row.association_id) else {
        return Ok(Step::Drop);
    };
    let association = AssociationId::new(association);
    if let Some(stop) = stop(ctx, conn, directory, (row, kind), (&email, association)).await? {
        return Ok(stop);
    }
    let at = row.created_at;
    let notice = match payload.news {
        StaffNews::RecoveryCode => StaffNotice::RecoveryCode { at },
        StaffNews::Password => StaffNotice::Password { at },
        StaffNews::Factor => StaffNotice::Factor { at },
        StaffNews::RecoveryCodesMade => StaffNotice::RecoveryCodesMade { at },
    };
    let language = Language::parse(&payload.language).unwrap_or_default();
    let own = format!("{}/console/account", ctx.settings.public_base_url);
    let line = line(directory, association, own);
    let speaker = Speaker::of_association(language, association);
    let letter = letter(ctx, conn, row, speaker, email, kind, vec![line]).await?;
    Ok(Step::Send(Box::new(Letter {
        staff: Some(notice),
        ..letter
    })))
}

/// What is to be done instead of sending, if anything.
pub(super) async fn stop(
    ctx: &Ctx,
    conn: &mut Conn,
    directory: &Directory,
    (row, kind): (&OutboxRow, MailKind),
    (email, association): (&EmailAddress, AssociationId),
) -> AppResult<Option<Step>> {
    if let Some(wait) = held(ctx, directory, email) {
        return Ok(Some(wait));
    }
    let case = directory
        .cases()
        .iter()
        .find(|case| case.association_by_id(association).is_some());
    let reason = match case {
        Some(case) => suppression::stopping(ctx, conn, email, case.id, kind).await?,
        None => None,
    };
    stopped(ctx, conn, directory, row, reason, kind).await
}

/// Whom it comes from, and where it leads.
pub(super) fn line(
    directory: &Directory,
    association: AssociationId,
    link: String,
) -> LetterRecord {
    let entry = directory.association(association);
    LetterRecord {
        // it is about no case
        case_title: String::new(),
        association_name: entry.map(|entry| entry.name.clone()).unwrap_or_default(),
        association_phone: entry.and_then(|entry| entry.phone.clone()),
        reference: String::new(),
        link,
        not_me: None,
        listed_on: None,
        brought_by: None,
        // what an association says to claimants is not said to its people
        mail_texts: None,
    }
}
