//! How the logs stand; for the operator.

use chrono::{DateTime, Utc};

use super::timestamp::Stamped;
use super::{Refusal, SCOPE, check_standing, key, number};
use crate::app::ctx::Ctx;
use crate::app::error::AppResult;
use crate::db::log as db;

/// How a log stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogStatus {
    /// Case.
    pub slug: String,
    /// Key that checks its signatures.
    pub vkey: String,
    /// Entries that have their place.
    pub size: u64,
    /// Entries under the newest checkpoint.
    pub signed: u64,
    /// When that was signed, UTC.
    pub signed_at: Option<DateTime<Utc>>,
    /// Entries that wait, counted up to 10,000.
    pub waiting: u64,
    /// Since when the oldest waits, UTC.
    pub oldest: Option<DateTime<Utc>>,
    /// What the time-stamping authority said.
    pub stamped: Stamped,
    /// Why nothing more is signed, if so.
    pub refusal: Option<Refusal>,
}

/// Every log, by case.
///
/// # Errors
/// `Unavailable` if database or blob store cannot be reached.
pub async fn all(ctx: &Ctx) -> AppResult<Vec<LogStatus>> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let rows = db::list(&mut tx, SCOPE).await?;
    let mut backlogs = Vec::with_capacity(rows.len());
    let mut stamps = Vec::with_capacity(rows.len());
    for row in &rows {
        backlogs.push(db::count_waiting(&mut tx, SCOPE, row.case()).await?);
        stamps.push(Stamped::read(&mut tx, row).await?);
    }
    tx.commit().await?;
    let mut logs = Vec::with_capacity(rows.len());
    for ((row, backlog), stamped) in rows.into_iter().zip(backlogs).zip(stamps) {
        logs.push(LogStatus {
            vkey: key(ctx, &row)?.verifying().to_string(),
            size: number(row.tree_size)?,
            signed: number(row.signed_size)?,
            signed_at: row.signed_at,
            waiting: number(backlog.waiting)?,
            oldest: backlog.oldest,
            stamped,
            refusal: check_standing(ctx, &row).await?.err(),
            slug: row.slug,
        });
    }
    Ok(logs)
}

/// What all staff may know of a log; nothing personal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogBrief {
    /// Case.
    pub slug: String,
    /// Entries under the newest checkpoint.
    pub signed: u64,
    /// When that was signed, UTC.
    pub signed_at: Option<DateTime<Utc>>,
    /// What the time-stamping authority said.
    pub stamped: Stamped,
}

/// Every log in brief, by case.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn briefs(ctx: &Ctx) -> AppResult<Vec<LogBrief>> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let rows = db::list(&mut tx, SCOPE).await?;
    let mut briefs = Vec::with_capacity(rows.len());
    for row in rows {
        briefs.push(LogBrief {
            signed: number(row.signed_size)?,
            signed_at: row.signed_at,
            stamped: Stamped::read(&mut tx, &row).await?,
            slug: row.slug,
        });
    }
    tx.commit().await?;
    Ok(briefs)
}
