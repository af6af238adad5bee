//! The mail about what is missing, and until when (R2).

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::batch::Batch;
use super::letter::{Letter, LetterRecord, Speaker, letter};
use super::stop::stopped;
use super::{SCOPE, Step, held};
use crate::app::ctx::Ctx;
use crate::app::deficiency::is_correction;
use crate::app::directory::Directory;
use crate::app::error::{AppError, AppResult};
use crate::db::claimant::ClaimantRow;
use crate::db::deficiency::{self, DeficiencyRow};
use crate::db::outbox::OutboxRow;
use crate::db::{Conn, declaration};
use crate::domain::ids::ClaimantId;
use crate::domain::mail::MailKind;
use crate::domain::outage::day_in_rome;
use crate::domain::reference::Reference;

/// What a mail about what is missing says besides. The same at every attempt: a notice is never changed.
#[derive(Clone)]
pub struct DeficiencyNotice {
    /// Letters of art. 840-septies, in order; `b_correction` for an identity that is there and to be corrected (R23).
    pub letters: Vec<String>,
    /// Last day for them, in Rome.
    pub due_on: NaiveDate,
    /// Day in Rome of the declaration that was there and not signed when they were asked for.
    pub declared_on: Option<NaiveDate>,
}

pub(super) async fn prepare(
    ctx: &Ctx,
    conn: &mut Conn,
    batch: &Batch,
    directory: &Directory,
    row: &OutboxRow,
) -> AppResult<Step> {
    let kind = MailKind::Deficiency;
    let (Some(at), Some(notice)) = (batch.record(row), id_of(row)) else {
        return Ok(Step::Drop);
    };
    let Some(email) = at.email.clone() else {
        return Ok(Step::Drop);
    };
    if let Some(wait) = held(ctx, directory, &email) {
        return Ok(wait);
    }
    let reason = batch.stopping(ctx, at, kind);
    if let Some(stop) = stopped(ctx, conn, directory, row, reason, kind).await? {
        return Ok(stop);
    }
    let claimant = ClaimantId::new(row.subject_id);
    let asked = deficiency::list(conn, SCOPE, claimant).await?;
    let asked = asked.into_iter().filter(|asked| asked.notice_id == notice);
    let asked: Vec<_> = asked.collect();
    // everything came before the mail left
    let is_open = asked.iter().any(|asked| asked.cured_at.is_none());
    let today = day_in_rome(ctx.clock.now());
    // put back by staff after its day, it would ask for what is too late
    let Some(first) = asked
        .first()
        .filter(|first| is_open && first.due_on >= today)
    else {
        return Ok(Step::Drop);
    };
    let notice = DeficiencyNotice {
        declared_on: unsigned(conn, &at.row, first.asked_at).await?,
        due_on: first.due_on,
        letters: asked
            .iter()
            .map(|asked| word(asked, at.row.identity_at))
            .collect(),
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
        deficiency: Some(notice),
        ..letter
    })))
}

/// The day of the newest declaration, if it was there then and is not signed.
async fn unsigned(
    conn: &mut Conn,
    row: &ClaimantRow,
    then: DateTime<Utc>,
) -> AppResult<Option<NaiveDate>> {
    let newest = row.declared_version;
    let Some(version) = newest.filter(|_| newest != row.signed_version) else {
        return Ok(None);
    };
    let found = declaration::find(conn, SCOPE, row.claimant(), version).await?;
    let found = found.filter(|found| found.created_at <= then);
    Ok(found.map(|found| day_in_rome(found.created_at)))
}

/// What is asked for; when identity was first given never changes, so neither does this.
fn word(asked: &DeficiencyRow, identity_at: Option<DateTime<Utc>>) -> String {
    if is_correction(asked, identity_at) {
        "b_correction".to_owned()
    } else {
        asked.letter.clone()
    }
}

fn id_of(row: &OutboxRow) -> Option<Uuid> {
    Uuid::try_parse(row.payload.get("notice")?.as_str()?).ok()
}
