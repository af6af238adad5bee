//! Holds the audit trail, and what staff did, against the published log (R54): whoever changed, dropped,
//! added or moved a row afterwards contradicts an entry.

use std::collections::HashMap;

use chrono::{Days, NaiveDate, NaiveTime};
use uuid::Uuid;

use super::digest::{self, Content};
use super::{Refusal, SCOPE, published_head, read_bundle, served};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::crypto::merkle::{self, Edge};
use crate::crypto::note::Checkpoint;
use crate::crypto::{commitment, sha256};
use crate::db::log::{self as db, EnteredRow, LogRow};
use crate::domain::log::{Entry, Kind};

/// What does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The log has an entry of which the database knows nothing.
    Lost {
        /// Its place.
        index: u64,
        /// What it is about.
        kind: Kind,
    },
    /// The database knows another content, or another place, than the entry commits to.
    Changed {
        /// Its place.
        index: u64,
        /// What it is about.
        kind: Kind,
    },
    /// The database knows of an entry that the log does not have.
    Invented {
        /// The place it claims.
        index: i64,
        /// The word of what it is about.
        kind: String,
    },
    /// The trail of a day is not the one that was digested.
    Differs {
        /// The day, UTC.
        day: NaiveDate,
        /// Rows that were digested.
        digested: u64,
        /// Rows that are there.
        found: u64,
    },
    /// Between two days that were digested one was not.
    Missing {
        /// The day, UTC.
        day: NaiveDate,
    },
}

/// What came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Entries read; they lead to the published root.
    pub entries: u64,
    /// Entries about what staff and we did that fit their rows.
    pub events: u64,
    /// Days whose trail is as it was digested, in their order.
    pub days: Vec<NaiveDate>,
    /// Days whose digest has a form that this program does not make any more.
    pub unread: Vec<NaiveDate>,
    /// What does not fit, in the order of the log.
    pub findings: Vec<Finding>,
}

/// Reads a published log whole, and holds the rows of the database against it: every event, and the trail
/// of every day that has a digest. Changes nothing.
///
/// # Errors
/// `NotFound` if there is no such log, or nothing of it was published; `Internal` with a [`Refusal`] if its
/// files do not lead to its root; `Unavailable`.
pub async fn check(ctx: &Ctx, slug: &str) -> AppResult<Checked> {
    served::check_slug(slug)?;
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let row = db::find_by_slug(&mut tx, SCOPE, slug).await?;
    let row = row.ok_or(AppError::NotFound)?;
    let rows = db::list_entered(&mut tx, SCOPE, row.case()).await?;
    tx.commit().await?;
    let head = published_head(ctx, &row).await?;
    let (head, _) = head.ok_or(AppError::NotFound)?;
    let entries = read(ctx, &row, &head).await?;
    let mut checked = Checked {
        entries: head.size,
        events: 0,
        days: Vec::new(),
        unread: Vec::new(),
        findings: Vec::new(),
    };
    let days = checked.hold_events(&entries, rows, head.size);
    checked.hold_days(ctx, days).await?;
    Ok(checked)
}

/// Every entry but the claimants' with its place, once all lead to the root.
async fn read(ctx: &Ctx, row: &LogRow, head: &Checkpoint) -> AppResult<Vec<(u64, Entry)>> {
    let mut edge = Edge::default();
    let mut entries = Vec::new();
    for bundle in 0..head.size.div_ceil(merkle::WIDTH) {
        let read = read_bundle(&ctx.blobs, &row.slug, bundle, head.size).await?;
        let read = read.ok_or_else(|| Refusal::Missing(row.slug.clone()))?;
        for (index, bytes) in (bundle * merkle::WIDTH..).zip(read) {
            edge.push(merkle::leaf_hash(&bytes), &mut Vec::new());
            let entry: Entry = serde_json::from_slice(&bytes).map_err(AppError::internal)?;
            if entry.kind != Kind::Declaration {
                entries.push((index, entry));
            }
        }
    }
    if edge.root() == head.root {
        Ok(entries)
    } else {
        Err(Refusal::Forked(row.slug.clone()).into())
    }
}

impl Checked {
    /// Holds rows against entries; gives what the digests say.
    fn hold_events(
        &mut self,
        entries: &[(u64, Entry)],
        rows: Vec<EnteredRow>,
        size: u64,
    ) -> Vec<Content> {
        let mut rows: HashMap<Uuid, EnteredRow> =
            rows.into_iter().map(|row| (row.id, row)).collect();
        let mut days = Vec::new();
        for (index, entry) in entries {
            let (index, kind) = (*index, entry.kind);
            let Some(row) = rows.remove(&entry.id) else {
                self.findings.push(Finding::Lost { index, kind });
                continue;
            };
            if !fits(&row, index, entry) {
                self.findings.push(Finding::Changed { index, kind });
                continue;
            }
            self.events += 1;
            if kind == Kind::AuditDigest {
                days.extend(serde_json::from_str::<Content>(&row.content).ok());
            }
        }
        // what was entered after the head was read is not published yet
        let published = |index: i64| u64::try_from(index).is_ok_and(|index| index < size);
        for row in rows.into_values() {
            let index = row.leaf_index.unwrap_or_default();
            if published(index) {
                let kind = row.kind;
                self.findings.push(Finding::Invented { index, kind });
            }
        }
        days
    }

    /// Holds the trail against its digests.
    async fn hold_days(&mut self, ctx: &Ctx, mut told: Vec<Content>) -> AppResult<()> {
        told.sort_by_key(|content| content.day);
        let mut expected = None;
        for content in told {
            let day = content.day;
            while let Some(missing) = expected.filter(|expected| *expected < day) {
                self.findings.push(Finding::Missing { day: missing });
                expected = missing.succ_opt();
            }
            expected = day.succ_opt();
            if content.v != digest::VERSION {
                self.unread.push(day);
                continue;
            }
            let from = day.and_time(NaiveTime::MIN).and_utc();
            let to = from.checked_add_days(Days::new(1)).unwrap_or(from);
            let (found, hash) = digest::of(ctx, from, to).await?;
            if sha256::hex(&hash) == content.sha256 && found == content.rows {
                self.days.push(day);
            } else {
                let digested = content.rows;
                self.findings.push(Finding::Differs {
                    day,
                    digested,
                    found,
                });
            }
        }
        Ok(())
    }
}

/// Whether a row is what an entry commits to, in its place.
fn fits(row: &EnteredRow, index: u64, entry: &Entry) -> bool {
    let commit = commitment::commit_event(&row.salt, row.content.as_bytes());
    entry.commit == sha256::hex(&commit)
        && entry.kind.as_str() == row.kind
        && row.leaf_index.and_then(|at| u64::try_from(at).ok()) == Some(index)
}
