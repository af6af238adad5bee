//! Mails that list the newest records of an address: asked for without being signed in, or put off by
//! the cap. Whether there are any is looked up here and not where somebody asks, so that the time of
//! the answer tells nothing (R18).

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::letter::{Letter, LetterRecord, Speaker, brought_by, email_of, letter, record};
use super::stop::stopped;
use super::{ACCESS_HOURS, SCOPE, Step, held};
use crate::app::challenge;
use crate::app::ctx::Ctx;
use crate::app::directory::{CaseEntry, Directory};
use crate::app::error::{AppError, AppResult};
use crate::app::mail_cap::{self, MailCap};
use crate::app::sign_up::CONFIRMATION_HOURS;
use crate::app::suppression;
use crate::crypto::challenge::ChallengePurpose;
use crate::db::claimant::{self, ClaimantRow};
use crate::db::outbox::{self, OutboxRow};
use crate::db::rate_bucket::Grant;
use crate::db::{Conn, confirmation, import, lookup, partner_submission};
use crate::domain::claimant::{ClaimantState, Review};
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{CaseId, ChallengeId, ClaimantId};
use crate::domain::mail::MailKind;

/// Records one mail lists.
const RECORDS_A_MAIL: usize = 5;
const QUARANTINED: &str = Review::Quarantined.as_str();
/// Records of an address that are looked at, newest first.
const RECORDS_SEEN: i64 = 50;

/// What an outbox row of a mail that lists records carries: ids and a keyed hash.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub(in crate::app) struct RecordsPayload {
    /// A case in which the address is looked for.
    pub case: CaseId,
    /// Whose records.
    #[serde(flatten)]
    pub whose: Whose,
    /// Whether the cap was asked already.
    #[serde(default)]
    pub granted: bool,
    /// Which reminder it is, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminder: Option<u8>,
    /// The lines, frozen when first prepared.
    #[serde(default)]
    pub frozen: Vec<Frozen>,
}

/// The address of a mail, told without it.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
#[serde(untagged)]
pub(in crate::app) enum Whose {
    /// That of a record.
    Record {
        /// The record.
        claimant: ClaimantId,
    },
    /// One that may be unknown.
    Address {
        /// Its hash in the look-ups of the case, hex.
        address: String,
    },
}

/// A line of a mail that lists records.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub(in crate::app) struct Frozen {
    /// The record.
    pub claimant: ClaimantId,
    /// Its challenge.
    pub challenge: Uuid,
    /// `true`: confirms; `false`: enters.
    pub confirms: bool,
}

impl RecordsPayload {
    /// For the address of a record.
    pub(in crate::app) const fn of_record(row: &ClaimantRow) -> Self {
        Self {
            case: row.case(),
            whose: Whose::Record {
                claimant: row.claimant(),
            },
            granted: false,
            reminder: None,
            frozen: Vec::new(),
        }
    }

    /// For an address, known in the case or not.
    pub(in crate::app) fn of_address(ctx: &Ctx, case: CaseId, email: &EmailAddress) -> Self {
        Self {
            case,
            whose: Whose::Address {
                address: HEXLOWER.encode(&hash_of(ctx, case, email)),
            },
            granted: false,
            reminder: None,
            frozen: Vec::new(),
        }
    }
}

/// A line that can be sent.
pub(super) struct Listed {
    pub(super) row: ClaimantRow,
    line: Frozen,
    expires_at: DateTime<Utc>,
}

pub(super) async fn prepare(
    ctx: &Ctx,
    conn: &mut Conn,
    directory: &Directory,
    row: &OutboxRow,
) -> AppResult<Step> {
    let mut payload: RecordsPayload =
        serde_json::from_value(row.payload.clone()).map_err(AppError::internal)?;
    let Some(email) = address(ctx, conn, &payload).await? else {
        return Ok(Step::Drop);
    };
    if let Some(wait) = held(ctx, directory, &email) {
        return Ok(wait);
    }
    if payload.frozen.is_empty() {
        let records = lock_records(ctx, conn, &cases(directory, row, &payload)?, &email).await?;
        if records.is_empty() {
            return Ok(Step::Drop);
        }
        if !payload.granted
            && let Grant::NotBefore(at) = ask(ctx, conn, row, &email, &records).await?
        {
            let key = mail_cap::put_off(ctx, conn, SCOPE, payload.case, &email, at).await?;
            let is_this = row.is_put_off() && row.id == key;
            return Ok(if is_this { Step::Wait(at) } else { Step::Drop });
        }
        payload.granted = true;
        payload.frozen = freeze(ctx, conn, &records).await?;
        let value = serde_json::to_value(&payload).map_err(AppError::internal)?;
        if !outbox::mark_frozen(conn, SCOPE, row, &value).await? {
            return Ok(Step::Drop);
        }
    }
    let listed = open_lines(ctx, conn, &payload.frozen, &email).await?;
    let kind = if listed.iter().all(|listed| listed.line.confirms) {
        MailKind::Confirmation
    } else {
        MailKind::Access
    };
    let reason = suppression::stopping(ctx, conn, &email, payload.case, kind).await?;
    if let Some(stop) = stopped(ctx, conn, directory, row, reason, kind).await? {
        return Ok(stop);
    }
    let frozen = &payload.frozen;
    write(ctx, conn, directory, row, (email, kind), frozen, &listed).await
}

/// The mail of some lines. Codes live in mails of one record only.
pub(super) async fn write(
    ctx: &Ctx,
    conn: &mut Conn,
    directory: &Directory,
    row: &OutboxRow,
    (email, kind): (EmailAddress, MailKind),
    frozen: &[Frozen],
    listed: &[Listed],
) -> AppResult<Step> {
    let Some(expires_at) = listed.iter().map(|listed| listed.expires_at).min() else {
        return Ok(Step::Drop);
    };
    let Some(speaker) = Speaker::of_all(listed.iter().map(|listed| &listed.row)) else {
        return Ok(Step::Drop);
    };
    // also where others of the list are gone since
    let code = match (listed, frozen.len()) {
        ([Listed { line, .. }], 1) if kind != MailKind::AlreadyRegistered => {
            let keys = &ctx.keyring.challenges;
            Some(keys.code(purpose_of(line), line.claimant.uuid(), line.challenge))
        }
        _ => None,
    };
    let ids: Vec<Uuid> = listed.iter().map(|listed| listed.row.id).collect();
    let on_lists: HashMap<Uuid, NaiveDate> = import::list_listed(conn, SCOPE, &ids)
        .await?
        .into_iter()
        .collect();
    let sources = partner_submission::list_sources(conn, SCOPE, &ids).await?;
    let lines = listed
        .iter()
        .map(|Listed { row, line, .. }| {
            let made = record(ctx, directory, row, purpose_of(line), line.challenge)?;
            // who asked for a link into their own record knows that they did
            let unasked = line.confirms || kind == MailKind::AlreadyRegistered;
            let not_me = made.not_me.filter(|_| unasked);
            let listed_on = on_lists.get(&row.id).copied().filter(|_| line.confirms);
            let source = sources.iter().find(|source| source.claimant_id == row.id);
            let source = source.filter(|_| line.confirms);
            Ok(LetterRecord {
                not_me,
                listed_on,
                brought_by: brought_by(ctx, directory, row, source)?,
                ..made
            })
        })
        .collect::<AppResult<Vec<_>>>()?;
    // who is on a list consents on the page of the link
    let code = code.filter(|_| lines.iter().all(|line| line.listed_on.is_none()));
    let letter = letter(ctx, conn, row, speaker, email, kind, lines).await?;
    Ok(Step::Send(Box::new(Letter {
        code,
        expires_at,
        ..letter
    })))
}

/// The address of a mail, read from a record that has it: it rests nowhere else.
async fn address(
    ctx: &Ctx,
    conn: &mut Conn,
    payload: &RecordsPayload,
) -> AppResult<Option<EmailAddress>> {
    let ids = match &payload.whose {
        Whose::Record { claimant } => vec![*claimant],
        Whose::Address { address } => {
            let hash = HEXLOWER
                .decode(address.as_bytes())
                .map_err(AppError::internal)?;
            lookup::list(conn, SCOPE, "email", &[&hash], RECORDS_SEEN).await?
        }
    };
    for row in claimant::list_newest(conn, SCOPE, &ids, RECORDS_SEEN).await? {
        let Some(email) = email_of(ctx, conn, &row).await? else {
            continue;
        };
        // it may have been corrected between the two looks
        let is_meant = match &payload.whose {
            Whose::Record { .. } => true,
            Whose::Address { address } => {
                *address == HEXLOWER.encode(&hash_of(ctx, payload.case, &email))
            }
        };
        if is_meant {
            return Ok(Some(email));
        }
    }
    Ok(None)
}

/// Where records are looked for: a mail that was put off stands for all that was asked meanwhile.
fn cases(
    directory: &Directory,
    row: &OutboxRow,
    payload: &RecordsPayload,
) -> AppResult<Vec<Arc<CaseEntry>>> {
    if row.is_put_off() {
        return Ok(directory.public_cases().cloned().collect());
    }
    Ok(vec![directory.case(payload.case)?])
}

/// The newest records at an address that a mail may list, locked. The claimants come first: whoever
/// corrects an address holds one when the cap is asked.
pub(super) async fn lock_records(
    ctx: &Ctx,
    conn: &mut Conn,
    cases: &[Arc<CaseEntry>],
    email: &EmailAddress,
) -> AppResult<Vec<ClaimantRow>> {
    let seen = records_at(ctx, conn, cases, email).await?;
    let ids: Vec<ClaimantId> = seen.iter().map(ClaimantRow::claimant).collect();
    // an address that is being corrected now must not get a link to the record it leaves
    claimant::lock_in_order(conn, SCOPE, &ids).await?;
    let mut records = records_at(ctx, conn, cases, email).await?;
    records.retain(|record| ids.contains(&record.claimant()));
    Ok(records)
}

async fn records_at(
    ctx: &Ctx,
    conn: &mut Conn,
    cases: &[Arc<CaseEntry>],
    email: &EmailAddress,
) -> AppResult<Vec<ClaimantRow>> {
    let hashes: Vec<[u8; 16]> = cases
        .iter()
        .map(|case| hash_of(ctx, case.id, email))
        .collect();
    let hashes: Vec<&[u8]> = hashes.iter().map(<[u8; 16]>::as_slice).collect();
    let ids = lookup::list(conn, SCOPE, "email", &hashes, RECORDS_SEEN).await?;
    let mut listed = Vec::new();
    for row in claimant::list_newest(conn, SCOPE, &ids, RECORDS_SEEN).await? {
        let state = row.state()?;
        let enters = row.confirmed_at.is_some()
            && !matches!(state, ClaimantState::Duplicate | ClaimantState::Restricted);
        // somebody said it was not them: no more mails for it
        let waits = state == ClaimantState::Unconfirmed && row.review != QUARANTINED;
        if enters || waits {
            listed.push(row);
        }
    }
    listed.truncate(RECORDS_A_MAIL);
    Ok(listed)
}

fn hash_of(ctx: &Ctx, case: CaseId, email: &EmailAddress) -> [u8; 16] {
    let index = &ctx.keyring.index;
    index.hash(case.uuid(), "email", &email.normalized())
}

async fn ask(
    ctx: &Ctx,
    conn: &mut Conn,
    row: &OutboxRow,
    email: &EmailAddress,
    records: &[ClaimantRow],
) -> AppResult<Grant> {
    let is_known = records.iter().any(|record| record.confirmed_at.is_some());
    let cap = if is_known && row.kind == "access" {
        MailCap::Access
    } else {
        MailCap::Confirmation
    };
    mail_cap::ask(ctx, conn, SCOPE, cap, email, row.id).await
}

/// Makes the challenges of a mail that lists records, once.
pub(super) async fn freeze(
    ctx: &Ctx,
    conn: &mut Conn,
    records: &[ClaimantRow],
) -> AppResult<Vec<Frozen>> {
    let mut frozen = Vec::new();
    for record in records {
        let confirms = record.state()? == ClaimantState::Unconfirmed;
        let (purpose, hours) = if confirms {
            (ChallengePurpose::Confirm, CONFIRMATION_HOURS)
        } else {
            (ChallengePurpose::Access, ACCESS_HOURS)
        };
        let lives = Duration::hours(hours);
        let made = challenge::create(ctx, conn, SCOPE, record, purpose, lives).await?;
        frozen.extend(made.map(|challenge| Frozen {
            claimant: record.claimant(),
            challenge: challenge.id,
            confirms,
        }));
    }
    if frozen.len() > 1 {
        for line in &frozen {
            // links only: a code that is printed nowhere could only be guessed
            let id = ChallengeId::new(line.challenge);
            confirmation::mark_without_code(conn, SCOPE, line.claimant, id).await?;
        }
    }
    Ok(frozen)
}

/// The lines that are still good: the record is there and at this address, its challenge was neither
/// used nor replaced since the mail was first prepared.
pub(super) async fn open_lines(
    ctx: &Ctx,
    conn: &mut Conn,
    frozen: &[Frozen],
    email: &EmailAddress,
) -> AppResult<Vec<Listed>> {
    let mut listed = Vec::new();
    for line in frozen {
        let Some(row) = claimant::find(conn, SCOPE, line.claimant).await? else {
            continue;
        };
        let id = ChallengeId::new(line.challenge);
        let Some(made) = confirmation::find(conn, SCOPE, line.claimant, id).await? else {
            continue;
        };
        if made.used_at.is_some() || made.voided_at.is_some() {
            continue;
        }
        // corrected since: its link is not for whoever reads this address
        let now_at = email_of(ctx, conn, &row).await?;
        if now_at.is_none_or(|now_at| now_at.normalized() != email.normalized()) {
            continue;
        }
        listed.push(Listed {
            row,
            line: line.clone(),
            expires_at: made.expires_at,
        });
    }
    Ok(listed)
}

const fn purpose_of(line: &Frozen) -> ChallengePurpose {
    if line.confirms {
        ChallengePurpose::Confirm
    } else {
        ChallengePurpose::Access
    }
}
