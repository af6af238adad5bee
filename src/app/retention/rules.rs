//! The rules of keeping under one roof: what is due, what a run deletes, which terms somebody answers for.
//!
//! Each rule is idempotent and has a cap per run. A record that goes by a rule counsel confirmed is an entry
//! of the log, as an erasure that somebody asked for; a sign-up that nobody confirmed is none.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use super::SCOPE;
use crate::app::audit::{self, Actor, Entry};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::staff::StaffActor;
use crate::app::{document, export, import, leaving, paper, sandbox, scam_report};
use crate::db::retention_rule::{self as db, RunRow, TermRow};
use crate::db::{Scope, Tx, retention as rows};
use crate::domain::ids::{AssociationId, ClaimantId};
use crate::domain::outage::day_in_rome;
use crate::domain::permission::operation;
use crate::domain::retention::{
    DRAFTS, DUPLICATE, EXPORTS, ID_IMAGES, IMPORTS, NOT_SIGNED, REJECTED, RULES, Rule, SANDBOX,
    SCAM_REPORTS, UNCONFIRMED, UPLOADS, WITHDRAWN,
};

/// Rules whose records go one by one.
const RECORDS: [&str; 4] = [NOT_SIGNED, WITHDRAWN, REJECTED, DUPLICATE];

/// What is due is counted up to that.
pub const COUNTED: i64 = 10_000;

/// Rows deleted of one table in one statement.
const SWEEP_BATCH: i64 = 5_000;

/// Sweeps of one run: what is left waits for the next.
const MAX_SWEEPS: usize = 20;

/// How a rule stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The rule.
    pub rule: &'static Rule,
    /// Days in force, where the term is in days.
    pub days: Option<i64>,
    /// Who answers for the term, and since when, UTC; `None`: nobody.
    pub confirmed: Option<(String, DateTime<Utc>)>,
    /// Whether it deletes by itself now.
    pub acts: bool,
    /// What is due now; `None` where nothing ever is, or it is not the asker's to see.
    pub due: Option<Due>,
    /// The last day it ran: when, UTC, and how many were deleted on that day.
    pub last: Option<(DateTime<Utc>, i64)>,
}

/// What is due under a rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Due {
    /// How many, counted up to [`COUNTED`].
    pub count: i64,
    /// The moment the oldest counts from, UTC.
    pub oldest: Option<DateTime<Utc>>,
}

/// What a run deleted, by rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ran(Vec<(&'static str, usize)>);

impl Ran {
    /// Deleted under a rule.
    pub fn of(&self, rule: &str) -> usize {
        let found = self.0.iter().filter(|(name, _)| *name == rule);
        found.map(|(_, count)| count).sum()
    }

    /// Records deleted under rules that counsel confirmed.
    pub fn records(&self) -> usize {
        RECORDS.iter().map(|rule| self.of(rule)).sum()
    }

    /// Rows swept of the tables of the platform.
    pub fn swept(&self) -> usize {
        let swept = RULES.iter().filter(|rule| !rule.of_claimants);
        swept.map(|rule| self.of(rule.name)).sum()
    }

    /// Every rule that ran, with what it deleted.
    pub fn all(&self) -> &[(&'static str, usize)] {
        &self.0
    }
}

/// Every rule and what is due under it. Touches nothing.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn standing(ctx: &Ctx) -> AppResult<Vec<Standing>> {
    read(ctx, SCOPE, |_| true).await
}

/// Every rule, and what of the own association is due under it. Touches nothing.
///
/// # Errors
/// `Forbidden`; `Unavailable` if the database cannot be reached.
pub async fn own_standing(ctx: &Ctx, actor: &StaffActor) -> AppResult<Vec<Standing>> {
    actor.require(&operation::CONSOLE_RETENTION_PAGE)?;
    read(ctx, actor.scope(), |rule| rule.of_claimants).await
}

async fn read(ctx: &Ctx, scope: Scope, sees: fn(&Rule) -> bool) -> AppResult<Vec<Standing>> {
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(scope).await?;
    let terms = terms(&mut tx, scope).await?;
    let runs = db::list_last_runs(&mut tx, scope).await?;
    let runs: HashMap<String, RunRow> = runs
        .into_iter()
        .map(|row| (row.rule.clone(), row))
        .collect();
    let mut all = Vec::with_capacity(RULES.len());
    for rule in &RULES {
        let term = terms.get(rule.name);
        let days = rule.days(term.map(|row| i64::from(row.days)));
        let due = if sees(rule) {
            db::count_due(&mut tx, scope, rule.name, now, days.unwrap_or(0), COUNTED).await?
        } else {
            None
        };
        all.push(Standing {
            rule,
            days,
            confirmed: term.map(|row| (row.confirmed_by.clone(), row.confirmed_at)),
            acts: rule.acts(term.is_some()),
            due: due.map(|row| Due {
                count: row.count,
                oldest: row.oldest,
            }),
            // how much others lost is nobody's business
            last: runs
                .get(rule.name)
                .map(|row| (row.ran_at, row.deleted))
                .filter(|_| scope == SCOPE || !rule.of_claimants),
        });
    }
    tx.commit().await?;
    Ok(all)
}

async fn terms(tx: &mut Tx, scope: Scope) -> AppResult<HashMap<String, TermRow>> {
    let rows = db::list_terms(tx, scope).await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.rule.clone(), row))
        .collect())
}

/// The days of a rule that are in force; 0 where its term is not in days.
///
/// # Errors
/// `NotFound` for a rule that nobody knows.
pub(in crate::app) async fn days(ctx: &Ctx, name: &str) -> AppResult<i64> {
    let rule = Rule::find(name).ok_or(AppError::NotFound)?;
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let terms = terms(&mut tx, SCOPE).await?;
    tx.commit().await?;
    let set = terms.get(name).map(|row| i64::from(row.days));
    Ok(rule.days(set).unwrap_or(0))
}

/// Deletes what is due under the rules that act, each up to its cap. Safe to repeat and to run twice at once.
///
/// *effects*: rows and files deleted; audit rows, entries of the log for records; `retention_runs`.
///
/// # Errors
/// `Unavailable` if database or blob store cannot be reached; what was deleted stays deleted.
pub async fn run(ctx: &Ctx) -> AppResult<Ran> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let confirmed = terms(&mut tx, SCOPE).await?;
    tx.commit().await?;
    let unconfirmed = super::delete_unconfirmed(ctx).await?;
    let mut ran = Ran(vec![
        (UNCONFIRMED, unconfirmed.claimants),
        (SANDBOX, sandbox::delete_due(ctx).await?),
        (ID_IMAGES, paper::delete_identity_images(ctx).await?),
        (UPLOADS, document::delete_loose(ctx).await?),
        (SCAM_REPORTS, delete_scam_reports(ctx, &confirmed).await?),
        (EXPORTS, export::sweep(ctx).await?),
        (IMPORTS, import::sweep(ctx).await?),
    ]);
    for name in RECORDS {
        if let Some(row) = confirmed.get(name) {
            ran.0
                .push((name, erase_records(ctx, name, row.days).await?));
        }
    }
    if let Some(row) = confirmed.get(DRAFTS) {
        ran.0.push((DRAFTS, delete_drafts(ctx, row.days).await?));
    }
    ran.0.extend(sweep(ctx).await?);
    note(ctx, &ran).await?;
    Ok(ran)
}

/// Deletes the reports of swindlers due; gives their number.
async fn delete_scam_reports(ctx: &Ctx, set: &HashMap<String, TermRow>) -> AppResult<usize> {
    let rule = Rule::find(SCAM_REPORTS).ok_or(AppError::NotFound)?;
    let set = set.get(SCAM_REPORTS).map(|row| i64::from(row.days));
    let days = rule.days(set).ok_or(AppError::NotFound)?;
    scam_report::delete_due(ctx, days, rule.cap).await
}

/// Notes what a run deleted: rows of the day, metrics, and one line if there was anything.
async fn note(ctx: &Ctx, ran: &Ran) -> AppResult<()> {
    let now = ctx.clock.now();
    let counts: Vec<(&str, i64)> = ran
        .0
        .iter()
        .map(|(rule, count)| (*rule, i64::try_from(*count).unwrap_or(i64::MAX)))
        .collect();
    let mut tx = ctx.pools.begin(SCOPE).await?;
    db::add_run(&mut tx, SCOPE, day_in_rome(now), now, &counts).await?;
    tx.commit().await?;
    let mut told = Vec::new();
    for (rule, count) in ran.0.iter().filter(|(_, count)| *count > 0) {
        let deleted = u64::try_from(*count).unwrap_or(u64::MAX);
        metrics::counter!("joinder_retention_deleted_total", "rule" => *rule).increment(deleted);
        told.push(format!("{rule} {count}"));
    }
    if !told.is_empty() {
        tracing::info!(
            deleted = told.join(", "),
            "kept no longer than the rules say"
        );
    }
    Ok(())
}

/// Erases the records due under a rule that counsel confirmed; gives their number.
async fn erase_records(ctx: &Ctx, name: &'static str, set: i32) -> AppResult<usize> {
    let rule = Rule::find(name).ok_or(AppError::NotFound)?;
    let days = rule.days(Some(i64::from(set))).unwrap_or(i64::MAX);
    let now = ctx.clock.now();
    let cap = i64::try_from(rule.cap).unwrap_or(0);
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let due = db::list_due(&mut tx, SCOPE, name, now, days, cap).await?;
    tx.commit().await?;
    let mut erased = 0;
    for claimant in due {
        erased += usize::from(erase_record(ctx, name, (now, days), claimant).await?);
    }
    Ok(erased)
}

/// Erases a record if it is still due once it is locked.
async fn erase_record(
    ctx: &Ctx,
    name: &str,
    term: (DateTime<Utc>, i64),
    claimant: ClaimantId,
) -> AppResult<bool> {
    let (mut tx, record) = leaving::lock(ctx, claimant).await?;
    let Some(record) = record else {
        return Ok(false);
    };
    if !db::is_due(&mut tx, leaving::SCOPE, name, term, claimant).await? {
        return Ok(false);
    }
    let detail = json!({ "rule": name });
    let gone = leaving::erase(ctx, &mut tx, &record, Actor::System, detail).await?;
    tx.commit().await?;
    super::note_erased(ctx, &gone).await;
    Ok(true)
}

/// Deletes the drafts due, if counsel confirmed the rule; gives their number.
async fn delete_drafts(ctx: &Ctx, set: i32) -> AppResult<usize> {
    let rule = Rule::find(DRAFTS).ok_or(AppError::NotFound)?;
    let days = rule.days(Some(i64::from(set))).unwrap_or(i64::MAX);
    let cap = i64::try_from(rule.cap).unwrap_or(0);
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let gone = db::delete_drafts(&mut tx, SCOPE, ctx.clock.now(), days, cap).await?;
    for (claimant, association) in &gone {
        let claimant = ClaimantId::new(*claimant);
        let association = AssociationId::new(*association);
        let entry = Entry::new(claimant, association, Actor::System, "delete_draft");
        audit::append(ctx, &mut tx, SCOPE, entry).await?;
    }
    tx.commit().await?;
    Ok(gone.len())
}

/// Deletes expired rows of the tables of the platform; gives tables and counts.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub(in crate::app) async fn sweep(ctx: &Ctx) -> AppResult<Vec<(&'static str, usize)>> {
    let batch = usize::try_from(SWEEP_BATCH).unwrap_or(usize::MAX);
    let mut totals: Vec<(&'static str, usize)> = Vec::new();
    for _ in 0..MAX_SWEEPS {
        let mut tx = ctx.pools.begin(SCOPE).await?;
        let counts = rows::sweep(&mut tx, SCOPE, ctx.clock.now(), SWEEP_BATCH).await?;
        tx.commit().await?;
        for (table, count) in &counts {
            match totals.iter_mut().find(|(known, _)| known == table) {
                Some((_, total)) => *total += count,
                None => totals.push((table, *count)),
            }
        }
        if counts.iter().all(|(_, count)| *count < batch) {
            break;
        }
    }
    Ok(totals)
}

/// Sets the term of a rule; with it somebody answers for it, and a rule that waited for that acts.
///
/// *effects*: `retention_terms`; audit `confirm_retention`, with rule and days.
///
/// # Errors
/// `NotFound` for a rule that nobody knows; `IllegalTransition` for days out of its bounds.
pub async fn confirm(ctx: &Ctx, name: &str, days: i64, by: &str) -> AppResult<()> {
    let rule = Rule::find(name).ok_or(AppError::NotFound)?;
    if !rule.takes(days) {
        return Err(AppError::IllegalTransition("out_of_bounds"));
    }
    let now = ctx.clock.now();
    let row = TermRow {
        rule: name.to_owned(),
        days: i32::try_from(days).map_err(AppError::internal)?,
        confirmed_by: by.to_owned(),
        confirmed_at: now,
    };
    let mut tx = ctx.pools.begin(SCOPE).await?;
    db::put_term(&mut tx, SCOPE, &row).await?;
    let entry = Entry {
        subject: Uuid::nil(),
        association: None,
        actor: Actor::Operator,
        action: "confirm_retention",
        states: None,
        detail: json!({ "rule": name, "days": days }),
        sealed: None,
    };
    audit::append(ctx, &mut tx, SCOPE, entry).await?;
    Ok(tx.commit().await?)
}
