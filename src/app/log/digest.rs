//! A digest of the audit trail, once a day, into every log: whoever changes or drops a row of the trail
//! later contradicts an entry that was published.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::SCOPE;
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::crypto::sha256::Sha256;
use crate::crypto::{commitment, sha256, token};
use crate::db::log::{self as db, EventRow};
use crate::db::reminder::{self, Cursor};
use crate::db::{audit, log};
use crate::domain::log::Kind;

/// The cursor of this job: start of the first day that has no digest.
const CURSOR: &str = "audit digest";

/// After midnight, until the last transactions of the day are over.
const SETTLES: TimeDelta = TimeDelta::minutes(10);

/// Rows read at once.
const PAGE: i64 = 5_000;

/// Form of what a digest says; the first had no hash of sealed notes, and no number.
pub const VERSION: u8 = 2;

/// What a digest says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// The day, UTC.
    pub day: NaiveDate,
    /// Rows of the trail.
    pub rows: u64,
    /// SHA-256 over the SHA-256 of each, hex.
    pub sha256: String,
    /// [`VERSION`].
    #[serde(default)]
    pub v: u8,
}

/// Digests the oldest full day (UTC) that has none, into every log; gives whether there was one. The
/// first is the day before the first run.
///
/// *effects*: an event for each log that has none of that day, the cursor, in one transaction: two processes
/// at once make one digest.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn enter_day(ctx: &Ctx) -> AppResult<bool> {
    let now = ctx.clock.now();
    let today = (now - SETTLES)
        .date_naive()
        .and_time(NaiveTime::MIN)
        .and_utc();
    let yesterday = today.checked_sub_days(Days::new(1)).unwrap_or(today);
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let cursor = reminder::find_cursor(&mut tx, SCOPE, CURSOR).await?;
    tx.commit().await?;
    let from = cursor.map_or(yesterday, |cursor| cursor.at);
    if from > yesterday {
        return Ok(false);
    }
    let to = from.checked_add_days(Days::new(1)).unwrap_or(today);
    let (rows, hash) = of(ctx, from, to).await?;
    let content = Content {
        day: from.date_naive(),
        rows,
        sha256: sha256::hex(&hash),
        v: VERSION,
    };
    let content = commitment::canonical_json(&content)?;
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let logs = log::list(&mut tx, SCOPE).await?;
    let events: Vec<EventRow> = logs
        .iter()
        .map(|log| EventRow {
            day: Some(from.date_naive()),
            subject_id: log.case_id,
            id: token::random_id(),
            association_id: None,
            case_id: log.case_id,
            kind: Kind::AuditDigest.as_str().to_owned(),
            content: String::from_utf8_lossy(&content).into_owned(),
            salt: commitment::salt().to_vec(),
            created_at: now,
        })
        .collect();
    db::insert_events(&mut tx, SCOPE, &events).await?;
    let id = Uuid::nil();
    reminder::mark_cursor(&mut tx, SCOPE, CURSOR, Cursor { at: to, id }).await?;
    tx.commit().await?;
    Ok(true)
}

/// Number of rows of the trail from `from` to before `to`, and SHA-256 over the SHA-256 of each as
/// canonical JSON, in the order of time and id.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn of(ctx: &Ctx, from: DateTime<Utc>, to: DateTime<Utc>) -> AppResult<(u64, Vec<u8>)> {
    let mut whole = Sha256::new();
    let (mut count, mut after) = (0, (from, Uuid::nil()));
    loop {
        let mut tx = ctx.pools.begin(SCOPE).await?;
        let rows = audit::list_between(&mut tx, SCOPE, after, to, PAGE).await?;
        tx.commit().await?;
        for row in &rows {
            let told = audit::told(row).map_err(AppError::from)?;
            whole.update(&sha256::digest(&told));
            count += 1;
            after = (row.created_at, row.id);
        }
        if rows.len() < usize::try_from(PAGE).unwrap_or(usize::MAX) {
            return Ok((count, whole.finish()));
        }
    }
}
