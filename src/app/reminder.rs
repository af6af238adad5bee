//! Reminders to confirm: two for each case, address and person, a day apart at least (FEATURES 11).
//!
//! A sign-up is walked over once for each reminder, in the order of their times, and gets a row in the
//! outbox; whether it is still wanted is seen when the mail is prepared (`outbox::unasked`).

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::directory::Directory;
use crate::app::error::{AppError, AppResult};
use crate::app::outbox::{RecordsPayload, Whose};
use crate::app::sign_up::lane;
use crate::crypto::token;
use crate::db::outbox::{self, OutboxRow};
use crate::db::reminder::{self, Cursor, WalkedRow};
use crate::db::{Conn, Scope};
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{CaseId, ClaimantId};
use crate::domain::retention::UNCONFIRMED_DAYS;

const SCOPE: Scope = Scope::System("reminders to confirm");

/// Days after the sign-up at which each reminder is due, held time not counted.
const DUE_DAYS: [(u8, i64); 2] = [(1, 1), (2, 7)];
/// Sign-ups walked over in one transaction.
const BATCH: i64 = 500;
/// Batches of one run and reminder: what is left waits for the next.
const MAX_BATCHES: usize = 25;
/// Hours between two reminders to an address in a case, at least.
const APART_HOURS: i64 = 24;

/// Puts the reminders that are due into the outbox; gives their number. Safe to repeat and to run twice
/// at once.
///
/// # Errors
/// `Unavailable` if the database cannot be reached; what was committed stays.
pub async fn enqueue_due(ctx: &Ctx) -> AppResult<usize> {
    let directory = ctx.directories.get(ctx).await?;
    let mut enqueued = 0;
    for (number, days) in DUE_DAYS {
        for _ in 0..MAX_BATCHES {
            let (walked, rows) = walk(ctx, &directory, number, days).await?;
            enqueued += rows;
            if walked == 0 {
                break;
            }
        }
    }
    Ok(enqueued)
}

/// One batch: sign-ups seen, mails put into the outbox.
async fn walk(
    ctx: &Ctx,
    directory: &Directory,
    number: u8,
    days: i64,
) -> AppResult<(usize, usize)> {
    let now = ctx.clock.now();
    let name = format!("reminder/{number}");
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let start = Cursor {
        at: now - Duration::days(UNCONFIRMED_DAYS),
        id: Uuid::nil(),
    };
    let after = reminder::find_cursor(&mut tx, SCOPE, &name).await?;
    let after = after.unwrap_or(start);
    let until = now - Duration::days(days);
    let seen = reminder::list_unconfirmed(&mut tx, SCOPE, after, until, BATCH).await?;
    let Some(last) = seen.last() else {
        return Ok((0, 0));
    };
    let cursor = Cursor {
        at: last.created_at,
        id: last.id,
    };
    let rows = seen
        .iter()
        .filter(|row| row.wanted && takes_sign_ups(directory, row) && !is_test(row))
        .map(|row| mail(ctx, row, number, now))
        .collect::<AppResult<Vec<_>>>()?;
    outbox::insert_all(&mut tx, SCOPE, &rows).await?;
    reminder::mark_cursor(&mut tx, SCOPE, &name, cursor).await?;
    tx.commit().await?;
    Ok((seen.len(), rows.len()))
}

/// Test people are reminded of nothing.
const fn is_test(row: &WalkedRow) -> bool {
    CaseId::new(row.case_id).is_sandbox()
}

fn takes_sign_ups(directory: &Directory, row: &WalkedRow) -> bool {
    directory
        .case(CaseId::new(row.case_id))
        .is_ok_and(|case| case.state.takes_sign_ups())
}

/// The same id every time: a reminder that waits is not put in again.
fn mail(ctx: &Ctx, row: &WalkedRow, number: u8, now: DateTime<Utc>) -> AppResult<OutboxRow> {
    let place = format!("{}|{number}", row.id);
    let payload = RecordsPayload {
        case: CaseId::new(row.case_id),
        whose: Whose::Record {
            claimant: ClaimantId::new(row.id),
        },
        granted: false,
        reminder: Some(number),
        frozen: Vec::new(),
    };
    Ok(OutboxRow {
        subject_id: row.id,
        id: token::uuid_v8(ctx.keyring.index.platform_hash("reminder", &place)),
        association_id: Some(row.association_id),
        case_id: Some(row.case_id),
        kind: "reminder".to_owned(),
        lane: lane(row.id),
        priority: 3,
        payload: serde_json::to_value(payload).map_err(AppError::internal)?,
        attempts: 0,
        due_at: now,
        created_at: now,
        // it goes when the sign-up does, if it was not sent before
        expires_at: now + Duration::days(UNCONFIRMED_DAYS),
        queue_id: None,
    })
}

/// Whether a reminder may go now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::app) enum Turn {
    /// It may.
    Now,
    /// Not before this instant.
    NotBefore(DateTime<Utc>),
    /// There is no more to send.
    Over,
}

/// Whether the reminder of this number may go, by the age of the sign-up and what the address has had
/// in the case. Counts nothing.
pub(in crate::app) async fn ask(
    ctx: &Ctx,
    conn: &mut Conn,
    claimant: Uuid,
    (case, email): (CaseId, &EmailAddress),
    number: u8,
) -> AppResult<Turn> {
    let now = ctx.clock.now();
    let (since, held) = reminder::get_age(conn, SCOPE, claimant).await?;
    let days = DUE_DAYS
        .iter()
        .find(|(own, _)| *own == number)
        .map_or(UNCONFIRMED_DAYS, |(_, days)| *days);
    let due = since + Duration::seconds(held.max(0)) + Duration::days(days);
    if due > now {
        return Ok(Turn::NotBefore(due));
    }
    let id = place_of(ctx, case, email);
    Ok(match reminder::find(conn, SCOPE, id).await? {
        Some((sent, _)) if sent >= i16::from(number) => Turn::Over,
        Some((_, last_at)) if last_at + Duration::hours(APART_HOURS) > now => {
            Turn::NotBefore(last_at + Duration::hours(APART_HOURS))
        }
        _ => Turn::Now,
    })
}

/// Counts a reminder; `false`: another one was faster.
pub(in crate::app) async fn count(
    ctx: &Ctx,
    conn: &mut Conn,
    case: CaseId,
    email: &EmailAddress,
    number: u8,
) -> AppResult<bool> {
    let now = ctx.clock.now();
    let id = place_of(ctx, case, email);
    let most = i16::from(number);
    let before = now - Duration::hours(APART_HOURS);
    let expires_at = now + Duration::days(2 * UNCONFIRMED_DAYS);
    Ok(reminder::count(conn, SCOPE, id, (most, before), now, expires_at).await?)
}

fn place_of(ctx: &Ctx, case: CaseId, email: &EmailAddress) -> Uuid {
    let place = format!("{case}|{}", email.normalized());
    token::uuid_v8(
        ctx.keyring
            .index
            .platform_hash("reminder of an address", &place),
    )
}
