//! What becomes of mails after an attempt; many in one transaction.

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use super::{DueMail, SCOPE, signing};
use crate::app::contact_change;
use crate::app::ctx::Ctx;
use crate::app::error::AppResult;
use crate::app::mail_queue::{self, Lesson, Queue};
use crate::app::payout;
use crate::db::outbox::{self, BackRow, OutboxRow};
use crate::domain::breaker::Sign;
use crate::domain::ids::ClaimantId;
use crate::domain::smtp_answer::{Blame, Verdict};

/// A mail after its attempt.
#[derive(Debug)]
pub struct Done {
    /// Which.
    pub mail: DueMail,
    /// The queue of its recipient, once that is known.
    pub queue: Option<Queue>,
    /// What happened.
    pub outcome: Outcome,
}

/// What happened to a mail.
#[derive(Debug)]
pub enum Outcome {
    /// It was taken.
    Sent,
    /// It was not.
    Refused(Refusal),
    /// It could not be prepared; without addresses.
    Unready(&'static str),
    /// Its turn did not come: as if it had not been claimed.
    Untried,
}

/// Why a mail was not taken.
#[derive(Debug)]
pub struct Refusal {
    /// Whether it may be taken later, and whose fault it is.
    pub verdict: Verdict,
    /// Without addresses.
    pub detail: String,
}

/// Writes what became of mails: out of the outbox, later, parked or dead; and what their domains told
/// of themselves.
///
/// # Errors
/// `Unavailable`: call it again; mails sent may be sent again after their lease, byte-equal.
pub async fn settle(ctx: &Ctx, all: &[Done]) -> AppResult<()> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let lessons: Vec<Lesson<'_>> = all.iter().filter_map(lesson).collect();
    let stopped = mail_queue::learn(ctx, &mut tx, &lessons).await?;
    let mut gone = Vec::new();
    let mut back = Vec::new();
    for done in all {
        let row = &done.mail.row;
        match &done.outcome {
            Outcome::Sent => {
                if row.kind == "otp" {
                    signing::note_sent(ctx, &mut tx, row).await?;
                }
                if row.kind == "payout_notice" {
                    payout::left(ctx, &mut tx, SCOPE, row).await?;
                }
                if row.kind == "contact_notice" {
                    contact_change::left(ctx, &mut tx, SCOPE, row).await?;
                }
                gone.push(done.mail.key());
            }
            Outcome::Refused(refusal) => {
                let is_stopped = |queue: &Queue| stopped.get(&queue.id).copied();
                let is_stopped = done.queue.as_ref().and_then(is_stopped).unwrap_or(false);
                back.push(after_refusal(ctx, done, refusal, is_stopped));
            }
            Outcome::Unready(detail) => back.push(later(ctx, &done.mail, detail)),
            Outcome::Untried => back.push(done.mail.untried(row.due_at)),
        }
    }
    let sent = outbox::delete_all(&mut tx, SCOPE, &gone).await?;
    outbox::give_back(&mut tx, SCOPE, &back).await?;
    for mail in untold(all, &back, "payout_notice") {
        payout::lost(ctx, &mut tx, SCOPE, ClaimantId::new(mail.subject_id)).await?;
    }
    for mail in untold(all, &back, "contact_notice") {
        if let Some(change) = contact_change::change_of(mail) {
            let claimant = ClaimantId::new(mail.subject_id);
            contact_change::lost(ctx, &mut tx, SCOPE, claimant, change).await?;
        }
    }
    tx.commit().await?;
    count(sent, &back, all);
    Ok(())
}

/// The notices of a kind that will not be tried again.
fn untold<'a>(all: &'a [Done], back: &[BackRow], kind: &str) -> Vec<&'a OutboxRow> {
    let is_dead = |id: Uuid| back.iter().any(|row| row.id == id && row.state == "dead");
    let rows = all.iter().map(|done| &done.mail.row);
    rows.filter(|row| row.kind == kind && is_dead(row.id))
        .collect()
}

fn count(sent: usize, back: &[BackRow], all: &[Done]) {
    let sent = u64::try_from(sent).unwrap_or(0);
    metrics::counter!("joinder_mails_sent_total").increment(sent);
    let dead = back.iter().filter(|row| row.state == "dead").count();
    let dead = u64::try_from(dead).unwrap_or(0);
    metrics::counter!("joinder_mails_dead_total").increment(dead);
    for done in all {
        if let Outcome::Refused(refusal) = &done.outcome {
            let blame = match refusal.verdict.blame {
                Blame::Recipient => "recipient",
                Blame::Domain => "domain",
                Blame::Server => "server",
                Blame::Mail => "mail",
            };
            metrics::counter!("joinder_mails_failed_total", "blame" => blame).increment(1);
        }
    }
}

/// What an attempt tells of the recipient's domain. Trouble with our own relay tells nothing.
fn lesson(done: &Done) -> Option<Lesson<'_>> {
    let queue = done.queue.as_ref()?;
    let (sign, answer) = match &done.outcome {
        Outcome::Sent => (Sign::Alive, None),
        Outcome::Refused(refusal) => match refusal.verdict.blame {
            Blame::Domain => (Sign::Failing, Some(refusal.detail.as_str())),
            Blame::Recipient | Blame::Mail => (Sign::Alive, None),
            Blame::Server => return None,
        },
        Outcome::Unready(_) | Outcome::Untried => return None,
    };
    Some(Lesson {
        queue,
        sign,
        answer,
    })
}

fn after_refusal(ctx: &Ctx, done: &Done, refusal: &Refusal, is_stopped: bool) -> BackRow {
    let mail = &done.mail;
    let now = ctx.clock.now();
    let row = BackRow {
        last_error: Some(refusal.detail.clone()),
        queue_id: done.queue.as_ref().map(|queue| queue.id),
        attempts: mail.row.attempts,
        ..mail.untried(now)
    };
    if refusal.verdict.is_permanent {
        return BackRow {
            state: "dead",
            ..row
        };
    }
    if refusal.verdict.blame == Blame::Server {
        // our relay's fault: no attempt at this mail
        let next = now + jitter(Duration::seconds(15), mail.row.id);
        let row = BackRow {
            attempts: (row.attempts - 1).max(0),
            ..row
        };
        return alive_until(row, next, mail);
    }
    if is_stopped {
        // its turn comes when the domain answers again; waiting for that is no reason to give up
        return BackRow {
            state: "parked",
            ..row
        };
    }
    let next = now + backoff(mail.row.attempts, mail.row.id);
    alive_until(row, next, mail)
}

fn later(ctx: &Ctx, mail: &DueMail, detail: &str) -> BackRow {
    let next = ctx.clock.now() + backoff(mail.row.attempts, mail.row.id);
    let row = BackRow {
        last_error: Some(detail.to_owned()),
        attempts: mail.row.attempts,
        ..mail.untried(next)
    };
    alive_until(row, next, mail)
}

/// Due then, or dead if it is too old by then.
fn alive_until(row: BackRow, next: DateTime<Utc>, mail: &DueMail) -> BackRow {
    let state = if next > mail.row.expires_at {
        "dead"
    } else {
        "due"
    };
    BackRow {
        state,
        due_at: next,
        ..row
    }
}

/// 30 s, doubled with each attempt up to 2 h, moved by up to a quarter either way.
fn backoff(attempts: i32, id: Uuid) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1))
        .unwrap_or(0)
        .min(8);
    jitter(Duration::seconds((30_i64 << doublings).min(7_200)), id)
}

/// A quarter either way, always the same for a mail.
fn jitter(base: Duration, id: Uuid) -> Duration {
    let base = base.num_milliseconds();
    let [.., a, b] = id.into_bytes();
    let moved = i64::from(u16::from_be_bytes([a, b])) * base / 2 / 65_536 - base / 4;
    Duration::milliseconds(base + moved)
}
