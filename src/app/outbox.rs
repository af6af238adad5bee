//! Mails due: claimed, prepared, sent or given back. The worker renders and sends, outside any
//! transaction (DESIGN 6).

use std::time::Duration as Wait;

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use crate::app::challenge;
use crate::app::ctx::Ctx;
use crate::app::directory::Directory;
use crate::app::error::{AppError, AppResult};
use crate::app::mail_request::{Frozen, RecordsPayload, ask_cap, records_at};
use crate::app::sign_up::CONFIRMATION_HOURS;
use crate::app::vault::Vault;
use crate::crypto::challenge::ChallengePurpose;
use crate::crypto::token;
use crate::db::claimant::{self, ClaimantRow};
use crate::db::outbox::{self, MailRow, OutboxRow};
use crate::db::rate_bucket::Grant;
use crate::db::{Conn, Scope, confirmation};
use crate::domain::claimant::ClaimantState;
use crate::domain::contact::Contact;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{ChallengeId, ClaimantId};
use crate::domain::language::Language;
use crate::domain::mail::MailKind;
use crate::domain::reference::Reference;

const SCOPE: Scope = Scope::System("outbox");
/// Seconds a claimed mail is left alone; longer than any attempt takes.
const LEASE_SECONDS: i64 = 120;
/// Seconds after which a mail to a held domain is looked at again.
const HELD_SECONDS: i64 = 60;
/// Hours an access link works.
pub(in crate::app) const ACCESS_HOURS: i64 = 24;
/// Lanes of the outbox.
pub const LANES: i16 = 64;

/// A claimed mail.
#[derive(Clone, Debug)]
pub struct DueMail {
    row: OutboxRow,
}

/// What to do with a claimed mail.
#[derive(Debug)]
pub enum Prepared {
    /// Send it.
    Send(Box<Letter>),
    /// Nobody wants it any more; it is out of the outbox.
    Dropped,
    /// It must wait; it is back in the outbox.
    Postponed,
}

/// The values of a mail. The same for every attempt.
#[derive(Clone)]
pub struct Letter {
    /// Address it goes to.
    pub to: EmailAddress,
    /// Language of the reader.
    pub language: Language,
    /// Name of the sender as shown: the association.
    pub from_name: String,
    /// Kind of mail.
    pub kind: MailKind,
    /// Code for `/verify` (R14).
    pub mail_code: String,
    /// `{PUBLIC_BASE_URL}/verify`.
    pub verify_url: String,
    /// Records it lists, at most five.
    pub records: Vec<LetterRecord>,
    /// Code, where there is exactly one record.
    pub code: Option<String>,
    /// When links and code end.
    pub expires_at: DateTime<Utc>,
    /// `<id@host>`.
    pub message_id: String,
    /// Time of the cause.
    pub date: DateTime<Utc>,
}

impl std::fmt::Debug for Letter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Letter")
            .field("message_id", &self.message_id)
            .finish_non_exhaustive()
    }
}

/// A record in a mail.
#[derive(Clone)]
pub struct LetterRecord {
    /// Title of the case.
    pub case_title: String,
    /// Name of the association.
    pub association_name: String,
    /// Its phone.
    pub association_phone: Option<String>,
    /// Reference of the record.
    pub reference: String,
    /// Link into the record.
    pub link: String,
}

/// How an attempt failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Failure {
    /// Trying again is of no use.
    Permanent,
    /// Trying again later may help.
    Temporary,
}

/// Claims mails that are due in some lanes, most urgent first.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn claim(ctx: &Ctx, lanes: &[i16], limit: i64) -> AppResult<Vec<DueMail>> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let now = ctx.clock.now();
    let rows = outbox::claim(&mut tx, SCOPE, lanes, now, LEASE_SECONDS, limit).await?;
    tx.commit().await?;
    Ok(rows.into_iter().map(|row| DueMail { row }).collect())
}

/// Opens what a mail needs, and registers it before its first attempt.
///
/// *effects*: row in `mails`; for mails that list records challenges, frozen at the first time.
///
/// # Errors
/// `Unavailable`; `Internal` if sealed data do not open.
pub async fn prepare(ctx: &Ctx, due: &DueMail) -> AppResult<Prepared> {
    let directory = ctx.directories.get(ctx).await?;
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let prepared = if due.row.kind == "confirmation" {
        prepare_confirmation(ctx, &mut tx, &directory, &due.row).await?
    } else {
        prepare_records(ctx, &mut tx, &directory, &due.row).await?
    };
    match prepared {
        Step::Send(letter) => {
            tx.commit().await?;
            Ok(Prepared::Send(letter))
        }
        Step::Drop => {
            outbox::delete(&mut tx, SCOPE, due.row.subject_id, due.row.id).await?;
            tx.commit().await?;
            Ok(Prepared::Dropped)
        }
        Step::Wait(until) => {
            let attempts = due.row.attempts - 1;
            outbox::mark_later(&mut tx, SCOPE, &due.row, until, attempts, None).await?;
            tx.commit().await?;
            Ok(Prepared::Postponed)
        }
    }
}

/// Takes a sent mail out of the outbox.
///
/// # Errors
/// `Unavailable`: the mail may be sent again, byte-equal.
pub async fn mark_sent(ctx: &Ctx, due: &DueMail) -> AppResult<()> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    outbox::delete(&mut tx, SCOPE, due.row.subject_id, due.row.id).await?;
    tx.commit().await?;
    metrics::counter!("joinder_mails_sent_total").increment(1);
    Ok(())
}

/// Gives a mail back after a failed attempt: later, or dead. `detail` holds no address.
///
/// # Errors
/// `Unavailable`.
pub async fn mark_failed(
    ctx: &Ctx,
    due: &DueMail,
    failure: Failure,
    detail: &str,
) -> AppResult<()> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let next = ctx.clock.now() + backoff(due.row.attempts, due.row.id);
    if failure == Failure::Permanent || next > due.row.expires_at {
        outbox::mark_dead(&mut tx, SCOPE, &due.row, detail).await?;
        metrics::counter!("joinder_mails_dead_total").increment(1);
    } else {
        let attempts = due.row.attempts;
        outbox::mark_later(&mut tx, SCOPE, &due.row, next, attempts, Some(detail)).await?;
    }
    tx.commit().await?;
    Ok(())
}

impl DueMail {
    /// Id for logs.
    pub const fn id(&self) -> Uuid {
        self.row.id
    }

    /// Attempts made, this one too.
    pub const fn attempts(&self) -> i32 {
        self.row.attempts
    }
}

/// 30 s, doubled with each attempt up to 2 h, moved by up to a quarter either way.
fn backoff(attempts: i32, id: Uuid) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1))
        .unwrap_or(0)
        .min(8);
    let base = (30_i64 << doublings).min(7_200);
    let [.., a, b] = id.into_bytes();
    let jitter = i64::from(u16::from_be_bytes([a, b])) * base / 2 / 65_536 - base / 4;
    Duration::seconds(base + jitter)
}

enum Step {
    Send(Box<Letter>),
    Drop,
    Wait(DateTime<Utc>),
}

async fn prepare_confirmation(
    ctx: &Ctx,
    conn: &mut Conn,
    directory: &Directory,
    row: &OutboxRow,
) -> AppResult<Step> {
    let id = ClaimantId::new(row.subject_id);
    let challenge = row
        .payload
        .get("challenge")
        .and_then(serde_json::Value::as_str);
    let Some(challenge) = challenge.and_then(ChallengeId::parse) else {
        return Err(AppError::internal("an outbox row lacks its challenge"));
    };
    let Some(found) = claimant::find(conn, SCOPE, id).await? else {
        return Ok(Step::Drop);
    };
    let Some(made) = confirmation::find(conn, SCOPE, id, challenge).await? else {
        return Ok(Step::Drop);
    };
    let wanted = found.state()? == ClaimantState::Unconfirmed;
    if !wanted || made.used_at.is_some() || made.voided_at.is_some() {
        return Ok(Step::Drop);
    }
    let Some(email) = email_of(ctx, conn, &found).await? else {
        return Ok(Step::Drop);
    };
    let now = ctx.clock.now();
    if directory.held_since(email.domain()).is_some() {
        return Ok(Step::Wait(now + Duration::seconds(HELD_SECONDS)));
    }
    let mut expires_at = made.expires_at;
    if row.attempts <= 1 && expires_at < now + Duration::hours(CONFIRMATION_HOURS / 2) {
        // it had to wait for a dead domain: the reader gets the full time
        expires_at = now + Duration::hours(CONFIRMATION_HOURS);
        confirmation::mark_expiry(conn, SCOPE, id, challenge, expires_at).await?;
    }
    let purpose = ChallengePurpose::Confirm;
    let record = letter_record(ctx, directory, &found, purpose, made.id)?;
    let code = ctx.keyring.challenges.code(purpose, id.uuid(), made.id);
    let letter = letter(
        ctx,
        conn,
        row,
        &found,
        email,
        MailKind::Confirmation,
        vec![record],
    )
    .await?;
    Ok(Step::Send(Box::new(Letter {
        code: Some(code),
        expires_at,
        ..letter
    })))
}

async fn prepare_records(
    ctx: &Ctx,
    conn: &mut Conn,
    directory: &Directory,
    row: &OutboxRow,
) -> AppResult<Step> {
    let payload: RecordsPayload =
        serde_json::from_value(row.payload.clone()).map_err(AppError::internal)?;
    let Some(asked) = claimant::find(conn, SCOPE, payload.claimant).await? else {
        return Ok(Step::Drop);
    };
    let Some(email) = email_of(ctx, conn, &asked).await? else {
        return Ok(Step::Drop);
    };
    let now = ctx.clock.now();
    if directory.held_since(email.domain()).is_some() {
        return Ok(Step::Wait(now + Duration::seconds(HELD_SECONDS)));
    }
    if !payload.granted
        && payload.frozen.is_empty()
        && let Grant::NotBefore(at) = ask_cap(ctx, conn, &email, &row.kind, row.id).await?
    {
        return Ok(Step::Wait(at));
    }
    let frozen = if payload.frozen.is_empty() {
        freeze(ctx, conn, directory, row, &payload, &email).await?
    } else {
        payload.frozen
    };
    let (records, expires_at) = frozen_records(ctx, conn, directory, &frozen).await?;
    let (Some(expires_at), Some(first)) = (expires_at, frozen.first()) else {
        return Ok(Step::Drop);
    };
    let kind = if frozen.iter().all(|line| line.confirms) {
        MailKind::Confirmation
    } else {
        MailKind::Access
    };
    let code = (records.len() == 1).then(|| {
        let purpose = purpose_of(first);
        ctx.keyring
            .challenges
            .code(purpose, first.claimant.uuid(), first.challenge)
    });
    let letter = letter(ctx, conn, row, &asked, email, kind, records).await?;
    Ok(Step::Send(Box::new(Letter {
        code,
        expires_at,
        ..letter
    })))
}

/// Makes the challenges of a mail that lists records, once.
async fn freeze(
    ctx: &Ctx,
    conn: &mut Conn,
    directory: &Directory,
    row: &OutboxRow,
    payload: &RecordsPayload,
    email: &EmailAddress,
) -> AppResult<Vec<Frozen>> {
    let case = directory.case(payload.case)?;
    let mut frozen = Vec::new();
    let listed = records_at(ctx, conn, &case, email).await?;
    let ids: Vec<ClaimantId> = listed.iter().map(ClaimantRow::claimant).collect();
    // an address that is being corrected now must not get a link to the record it leaves
    claimant::lock_in_order(conn, SCOPE, &ids).await?;
    let mut records = records_at(ctx, conn, &case, email).await?;
    records.retain(|record| ids.contains(&record.claimant()));
    let has_code = records.len() == 1;
    for record in records {
        let confirms = record.state()? == ClaimantState::Unconfirmed;
        let (purpose, hours) = if confirms {
            (ChallengePurpose::Confirm, CONFIRMATION_HOURS)
        } else {
            (ChallengePurpose::Access, ACCESS_HOURS)
        };
        let lives = Duration::hours(hours);
        let made = challenge::create(ctx, conn, SCOPE, &record, purpose, lives).await?;
        if let Some(challenge) = made {
            let claimant = record.claimant();
            if !has_code {
                // links only: a code that is printed nowhere could only be guessed
                let id = ChallengeId::new(challenge.id);
                confirmation::mark_without_code(conn, SCOPE, claimant, id).await?;
            }
            frozen.push(Frozen {
                claimant,
                challenge: challenge.id,
                confirms,
            });
        }
    }
    let payload = RecordsPayload {
        granted: true,
        frozen: frozen.clone(),
        ..payload.clone()
    };
    let value = serde_json::to_value(payload).map_err(AppError::internal)?;
    let kept = outbox::mark_frozen(conn, SCOPE, row, &value).await?;
    Ok(if kept { frozen } else { Vec::new() })
}

const fn purpose_of(line: &Frozen) -> ChallengePurpose {
    if line.confirms {
        ChallengePurpose::Confirm
    } else {
        ChallengePurpose::Access
    }
}

async fn frozen_records(
    ctx: &Ctx,
    conn: &mut Conn,
    directory: &Directory,
    frozen: &[Frozen],
) -> AppResult<(Vec<LetterRecord>, Option<DateTime<Utc>>)> {
    let mut records = Vec::new();
    let mut expires_at: Option<DateTime<Utc>> = None;
    for line in frozen {
        let Some(found) = claimant::find(conn, SCOPE, line.claimant).await? else {
            continue;
        };
        let id = ChallengeId::new(line.challenge);
        let Some(made) = confirmation::find(conn, SCOPE, line.claimant, id).await? else {
            continue;
        };
        records.push(letter_record(
            ctx,
            directory,
            &found,
            purpose_of(line),
            line.challenge,
        )?);
        expires_at = Some(expires_at.map_or(made.expires_at, |at| at.min(made.expires_at)));
    }
    Ok((records, expires_at))
}

async fn email_of(
    ctx: &Ctx,
    conn: &mut Conn,
    row: &ClaimantRow,
) -> AppResult<Option<EmailAddress>> {
    let vault = Vault::open(ctx, conn, SCOPE, row.claimant()).await?;
    let contact: Contact =
        vault.unseal("claimants", "contact_sealed", row.contact_sealed.clone())?;
    Ok(contact.email().cloned())
}

fn letter_record(
    ctx: &Ctx,
    directory: &Directory,
    row: &ClaimantRow,
    purpose: ChallengePurpose,
    challenge: Uuid,
) -> AppResult<LetterRecord> {
    let case = directory.case(row.case())?;
    let association = case
        .association_by_id(row.association())
        .ok_or(AppError::NotFound)?;
    let token = ctx.keyring.challenges.token(purpose, row.id, challenge);
    let page = match purpose {
        ChallengePurpose::Confirm => "confirm",
        ChallengePurpose::Access | ChallengePurpose::Otp => "enter",
    };
    Ok(LetterRecord {
        case_title: case.title.clone(),
        association_name: association.name.clone(),
        association_phone: association.phone.clone(),
        reference: Reference::of(row.claimant()).as_str().to_owned(),
        link: format!("{}/{page}/{token}", ctx.settings.public_base_url),
    })
}

async fn letter(
    ctx: &Ctx,
    conn: &mut Conn,
    row: &OutboxRow,
    claimant: &ClaimantRow,
    to: EmailAddress,
    kind: MailKind,
    records: Vec<LetterRecord>,
) -> AppResult<Letter> {
    let fresh = MailRow {
        subject_id: row.subject_id,
        id: row.id,
        association_id: Some(claimant.association_id),
        code: token::mail_code(),
        kind: kind.as_str().to_owned(),
        sent_at: ctx.clock.now(),
    };
    let registered = outbox::register_mail(conn, SCOPE, &fresh).await?;
    let base = &ctx.settings.public_base_url;
    let host = base
        .split_once("://")
        .map_or(base.as_str(), |(_, rest)| rest);
    let host = host.split(['/', ':']).next().unwrap_or("localhost");
    Ok(Letter {
        to,
        language: Language::parse(&claimant.language).unwrap_or_default(),
        from_name: records
            .first()
            .map(|first| first.association_name.clone())
            .unwrap_or_default(),
        kind,
        mail_code: registered.code,
        verify_url: format!("{base}/verify"),
        records,
        code: None,
        expires_at: row.expires_at,
        message_id: format!("<{}@{host}>", row.id),
        date: row.created_at,
    })
}

/// How long the worker sleeps when nothing is due.
pub const IDLE: Wait = Wait::from_millis(500);

/// What the public check of a mail's code tells (R14): nothing personal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MailCheck {
    /// Slug and name of the association.
    pub association: Option<(String, String)>,
    /// Kind of mail.
    pub kind: String,
    /// Day it was sent, Europe/Rome.
    pub sent_on: chrono::NaiveDate,
}

/// Checks the code of a mail.
///
/// # Errors
/// `NotFound` for a code that is not ours.
pub async fn check_mail_code(ctx: &Ctx, code: &str) -> AppResult<MailCheck> {
    let code = canonical_code(code).ok_or(AppError::NotFound)?;
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let found = outbox::find_mail(&mut tx, SCOPE, &code).await?;
    tx.commit().await?;
    let mail = found.ok_or(AppError::NotFound)?;
    let directory = ctx.directories.get(ctx).await?;
    let association = mail.association_id.and_then(|id| {
        let mut entries = directory.cases().iter().flat_map(|case| &case.associations);
        let entry = entries.find(|entry| entry.id.uuid() == id)?;
        Some((entry.slug.clone(), entry.name.clone()))
    });
    Ok(MailCheck {
        association,
        kind: mail.kind,
        sent_on: crate::domain::outage::day_in_rome(mail.sent_at),
    })
}

/// `XXXX-XXXX-XXXX` from what a person typed.
fn canonical_code(typed: &str) -> Option<String> {
    Reference::parse(typed).map(|code| code.grouped())
}
