//! Mails due: claimed, prepared, sent or given back. The worker renders and sends, outside any
//! transaction (DESIGN 6).

use std::time::Duration as Wait;

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::directory::Directory;
use crate::app::error::AppResult;
use crate::db::Scope;
use crate::db::outbox::{self, OutboxRow};
use crate::domain::email_address::EmailAddress;

mod confirmation;
mod letter;
mod records;
mod signing;
mod stop;
mod unasked;

pub(in crate::app) use letter::mail_id;
pub use letter::{Letter, LetterRecord, Signing};
pub(in crate::app) use records::{Frozen, RecordsPayload, Whose};

const SCOPE: Scope = Scope::System("outbox");
/// Seconds a claimed mail is left alone; longer than any attempt takes.
const LEASE_SECONDS: i64 = 120;
/// Seconds after which a mail to a held domain is looked at again.
const HELD_SECONDS: i64 = 60;
/// Hours an access link works.
pub(in crate::app) const ACCESS_HOURS: i64 = 24;
/// Lanes of the outbox.
pub const LANES: i16 = 64;
/// How long the worker sleeps when nothing is due.
pub const IDLE: Wait = Wait::from_millis(500);

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
    let row = &due.row;
    let prepared = match row.kind.as_str() {
        "confirmation" => confirmation::prepare(ctx, &mut tx, &directory, row).await?,
        "otp" => signing::prepare_code(ctx, &mut tx, &directory, row).await?,
        "receipt" => signing::prepare_receipt(ctx, &mut tx, &directory, row).await?,
        "reminder" => unasked::prepare_reminder(ctx, &mut tx, &directory, row).await?,
        "already_registered" => unasked::prepare_registered(ctx, &mut tx, &directory, row).await?,
        _ => records::prepare(ctx, &mut tx, &directory, row).await?,
    };
    match prepared {
        Step::Send(mut letter) => {
            tx.commit().await?;
            signing::attach(ctx, &mut letter).await?;
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
        Step::Pause(until, why) => {
            let attempts = due.row.attempts - 1;
            outbox::mark_later(&mut tx, SCOPE, &due.row, until, attempts, Some(&why)).await?;
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
    if due.row.kind == "otp" {
        signing::note_sent(ctx, &mut tx, &due.row).await?;
    }
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

    pub(in crate::app) const fn row(&self) -> &OutboxRow {
        &self.row
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

/// What becomes of a row.
enum Step {
    Send(Box<Letter>),
    Drop,
    Wait(DateTime<Utc>),
    /// Its template is paused; why, for who looks at the outbox.
    Pause(DateTime<Utc>, String),
}

/// Waits while the domain of an address is held.
fn held(ctx: &Ctx, directory: &Directory, email: &EmailAddress) -> Option<Step> {
    directory.held_since(email.domain())?;
    Some(Step::Wait(
        ctx.clock.now() + Duration::seconds(HELD_SECONDS),
    ))
}
