//! What a time-stamping authority says of the heads of logs, once a day while they grow (RFC 3161): which
//! are due, what an answer is worth, where the token lies. Who asks over the network is the worker.
//!
//! A failure is noted and tried again; our own clock never stands in.

use chrono::{DateTime, TimeDelta, Utc};

use super::{SCOPE, folder, number, published_head, signed, unavailable};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::crypto::sha256;
use crate::crypto::tsp::{self, Question, Stamp, TspError};
use crate::db::log::{self, LogRow};
use crate::db::log_timestamp::{self as db, TimestampRow};
use crate::db::{Conn, Scope};
use crate::domain::ids::CaseId;
use crate::evidence;

/// Heads that are asked about in one run.
const AT_MOST: i64 = 20;
/// The first pause after a failure; doubled with each.
const FIRST_PAUSE: TimeDelta = TimeDelta::minutes(1);
/// The longest pause: an hour.
const MOST_DOUBLINGS: i32 = 6;
/// Longest reason that is kept, characters.
const LONGEST_PROBLEM: usize = 200;

/// A head that the authority is to be asked about.
#[derive(Debug)]
pub struct Due {
    row: TimestampRow,
    slug: String,
    question: Question,
}

impl Due {
    /// What is to be asked, DER.
    pub fn question(&self) -> Vec<u8> {
        self.question.to_der()
    }

    fn place(&self) -> (CaseId, i64) {
        (CaseId::new(self.row.case_id), self.row.size)
    }
}

/// Key of the answer about the head of a size, as it came; also its path on the web.
pub(super) fn answer_key(slug: &str, size: u64) -> String {
    format!("{}/timestamps/{size}.tsr", folder(slug))
}

/// Key of the head that was stamped.
pub(super) fn head_key(slug: &str, size: u64) -> String {
    format!("{}/timestamps/{size}.checkpoint", folder(slug))
}

/// The heads to ask about now: those of today, where a log grew since the last one, and those tried in vain.
///
/// *effects*: a row for each new head.
///
/// # Errors
/// `Unavailable` if database or blob store cannot be reached.
pub async fn list_due(ctx: &Ctx) -> AppResult<Vec<Due>> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let logs = log::list(&mut tx, SCOPE).await?;
    let mut newest = Vec::with_capacity(logs.len());
    for log in &logs {
        newest.push(db::find_newest(&mut tx, SCOPE, log.case()).await?);
    }
    tx.commit().await?;
    let mut fresh = Vec::new();
    for (log, newest) in logs.iter().zip(&newest) {
        fresh.extend(head_of_today(ctx, log, newest.as_ref()).await?);
    }
    let mut tx = ctx.pools.begin(SCOPE).await?;
    for row in &fresh {
        db::insert(&mut tx, SCOPE, row).await?;
    }
    let due = db::list_due(&mut tx, SCOPE, ctx.clock.now(), AT_MOST).await?;
    tx.commit().await?;
    let due = due.into_iter().map(|(row, slug)| Due {
        question: Question::about(row.checkpoint.as_bytes()),
        row,
        slug,
    });
    Ok(due.collect())
}

/// The published head, if none of today is known and the log grew since the last one.
async fn head_of_today(
    ctx: &Ctx,
    log: &LogRow,
    newest: Option<&TimestampRow>,
) -> AppResult<Option<TimestampRow>> {
    let now = ctx.clock.now();
    let day = now.date_naive();
    if newest.is_some_and(|newest| newest.day >= day) {
        return Ok(None);
    }
    let Some((head, checkpoint)) = published_head(ctx, log).await? else {
        return Ok(None);
    };
    let size = signed(head.size)?;
    if size <= newest.map_or(0, |newest| newest.size) {
        return Ok(None);
    }
    Ok(Some(TimestampRow {
        case_id: log.case_id,
        size,
        checkpoint,
        day,
        attempts: 0,
        next_at: now,
        problem: None,
        stamped_at: None,
    }))
}

/// Judges the answer of an authority, and keeps it where it is a token over this head that answers this
/// question. Gives the time in it; `None`: it is asked again later.
///
/// *effects*: two files in the blob store, the row.
///
/// # Errors
/// `Unavailable` if database or blob store cannot be reached.
pub async fn settle(ctx: &Ctx, due: &Due, answer: &[u8]) -> AppResult<Option<DateTime<Utc>>> {
    let at = match judge(ctx, due, answer) {
        Ok(at) => at,
        Err(problem) => {
            fail(ctx, due, &problem).await?;
            return Ok(None);
        }
    };
    let size = number(due.row.size)?;
    // the head first: who sees the answer finds what it is about
    let head = due.row.checkpoint.clone().into_bytes();
    let put = ctx.blobs.put(&head_key(&due.slug, size), head).await;
    put.map_err(unavailable)?;
    let key = answer_key(&due.slug, size);
    let put = ctx.blobs.put(&key, answer.to_vec()).await;
    put.map_err(unavailable)?;
    let mut tx = ctx.pools.begin(SCOPE).await?;
    db::mark_stamped(&mut tx, SCOPE, due.place(), at).await?;
    tx.commit().await?;
    metrics::counter!("joinder_log_timestamps_total").increment(1);
    Ok(Some(at))
}

/// The time in an answer that is worth to be kept, or why it is not.
fn judge(ctx: &Ctx, due: &Due, answer: &[u8]) -> Result<DateTime<Utc>, String> {
    let (token, at) = due
        .question
        .accept(answer)
        .map_err(|problem| problem.to_string())?;
    let Some(trust) = &ctx.stamp_trust else {
        return Ok(at);
    };
    // whose clock is right is what is asked: ours has no say
    evidence::check_stamp(trust, &token, due.row.checkpoint.as_bytes(), at).map_err(|reason| {
        format!("the token is not signed by an authority of TSA_ANCHORS_FILE ({reason:?})")
    })
}

/// Notes why there is no token, and when the authority is asked again: after a minute, then twice as long
/// each time, an hour at most.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn fail(ctx: &Ctx, due: &Due, problem: &str) -> AppResult<()> {
    let doublings = due.row.attempts.clamp(0, MOST_DOUBLINGS);
    let pause = FIRST_PAUSE * 2_i32.saturating_pow(u32::try_from(doublings).unwrap_or(0));
    let next_at = ctx.clock.now() + pause.min(TimeDelta::hours(1));
    let problem: String = problem.chars().take(LONGEST_PROBLEM).collect();
    let mut tx = ctx.pools.begin(SCOPE).await?;
    db::mark_failed(&mut tx, SCOPE, due.place(), &problem, next_at).await?;
    tx.commit().await?;
    metrics::counter!("joinder_log_timestamp_failures_total").increment(1);
    Ok(())
}

/// The smallest stamped head that has an entry.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub(in crate::app) async fn find_over(
    conn: &mut Conn,
    scope: Scope,
    case: CaseId,
    index: i64,
) -> AppResult<Option<TimestampRow>> {
    Ok(db::find_over(conn, scope, case, index).await?)
}

/// The answer about a stamped head, as it came; `None` if its file is lost or of something else.
///
/// # Errors
/// `Unavailable` if the blob store cannot be reached.
pub(in crate::app) async fn answer(
    ctx: &Ctx,
    log: &LogRow,
    row: &TimestampRow,
) -> AppResult<Option<Vec<u8>>> {
    let key = answer_key(&log.slug, number(row.size)?);
    let found = ctx.blobs.find(&key).await.map_err(unavailable)?;
    let is_of_head = |answer: &Vec<u8>| read(answer, row.checkpoint.as_bytes()).is_ok();
    let fits = found.filter(is_of_head);
    if fits.is_none() {
        tracing::error!(%key, "the token of a head is lost, or not of it");
    }
    Ok(fits)
}

/// Token and time of an answer that is about these bytes. Who signed it is not looked at.
///
/// # Errors
/// [`TspError`].
pub(in crate::app) fn read(
    answer: &[u8],
    head: &[u8],
) -> Result<(Vec<u8>, DateTime<Utc>), TspError> {
    let token = tsp::granted(answer)?;
    let stamp = Stamp::read(&token)?;
    if stamp.imprint == sha256::digest(head) {
        Ok((token, stamp.at))
    } else {
        Err(TspError::Imprint)
    }
}

/// How a log stands with its authority.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stamped {
    /// Entries under the newest stamped head, and the authority's time, UTC.
    pub newest: Option<(u64, DateTime<Utc>)>,
    /// Entries under the oldest head that waits, how often the authority was asked in vain, and why.
    pub waiting: Option<(u64, u32, Option<String>)>,
}

impl Stamped {
    /// Reads it.
    ///
    /// # Errors
    /// `Unavailable` if the database cannot be reached.
    pub(super) async fn read(conn: &mut Conn, log: &LogRow) -> AppResult<Self> {
        let newest = db::find_newest_stamped(conn, SCOPE, log.case()).await?;
        let newest = newest.and_then(|row| Some((row.size, row.stamped_at?)));
        let waiting = db::find_oldest_waiting(conn, SCOPE, log.case()).await?;
        let size = |size| number(size).map_err(|_: AppError| AppError::internal("a size below 0"));
        Ok(Self {
            newest: newest
                .map(|(at, time)| Ok::<_, AppError>((size(at)?, time)))
                .transpose()?,
            waiting: waiting
                .map(|row| {
                    let attempts = u32::try_from(row.attempts).unwrap_or(0);
                    Ok::<_, AppError>((size(row.size)?, attempts, row.problem))
                })
                .transpose()?,
        })
    }
}
