//! The register of breaches of an association: opened, gone on with, shown to the authority (R63).
//!
//! It says what happened to data and names nobody, so an operator may keep it too. A change is a new
//! version; what was written stays readable.

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::staff::{self, StaffActor};
use crate::crypto::token;
use crate::db::breach::{self as db, BreachRow};
use crate::domain::breach::{Breach, BreachInput, Deadline, TERM, deadline};
use crate::domain::permission::operation;
use crate::render::register;

/// Entries that are listed.
const LISTED: i64 = 500;
/// Versions in an export.
const EXPORTED: i64 = 100_000;

/// A version of an entry.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The entry.
    pub id: Uuid,
    /// Number of the version, from 1.
    pub version: i32,
    /// What it says.
    pub breach: Breach,
    /// When the 72 hours end, UTC.
    pub due_at: DateTime<Utc>,
    /// How the term stands now.
    pub deadline: Deadline,
    /// When the entry was closed, UTC.
    pub closed_at: Option<DateTime<Utc>>,
    /// Staff id of who wrote the version.
    pub written_by: Uuid,
    /// When the version was written, UTC.
    pub written_at: DateTime<Utc>,
}

/// The register of the own association, newest entry first, at most 500; the newest version of each.
///
/// # Errors
/// `Forbidden`.
pub async fn list(ctx: &Ctx, actor: &StaffActor) -> AppResult<Vec<Entry>> {
    actor.require(&operation::LIST_BREACHES)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let rows = db::list(&mut tx, scope, actor.association_id(), LISTED).await?;
    tx.commit().await?;
    let now = ctx.clock.now();
    Ok(rows.into_iter().map(|row| entry(row, now)).collect())
}

/// An entry with all its versions, newest first.
///
/// # Errors
/// `Forbidden`; `NotFound` for one of another association.
pub async fn get(ctx: &Ctx, actor: &StaffActor, id: Uuid) -> AppResult<Vec<Entry>> {
    actor.require(&operation::GET_BREACH)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let rows = db::list_versions(&mut tx, scope, actor.association_id(), id).await?;
    tx.commit().await?;
    if rows.is_empty() {
        return Err(AppError::NotFound);
    }
    let now = ctx.clock.now();
    Ok(rows.into_iter().map(|row| entry(row, now)).collect())
}

/// Opens an entry: the clock of 72 hours runs from awareness.
///
/// *effects*: version 1; audit `open_breach`.
///
/// # Errors
/// `Forbidden`; `Invalid`.
pub async fn open(ctx: &Ctx, actor: &StaffActor, input: &BreachInput) -> AppResult<Entry> {
    actor.require(&operation::OPEN_BREACH)?;
    let now = ctx.clock.now();
    let breach = Breach::parse(input, now)?;
    let closed_at = breach.closed.then_some(now);
    let row = row(actor, (token::new_id(now), 1), breach, closed_at, now);
    append(ctx, actor, row, "open_breach").await
}

/// Writes a new version of an entry, made from version `based_on`.
///
/// *effects*: a version; audit `update_breach`.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Invalid`; `IllegalTransition` if somebody wrote a version meanwhile.
pub async fn update(
    ctx: &Ctx,
    actor: &StaffActor,
    id: Uuid,
    based_on: i32,
    input: &BreachInput,
) -> AppResult<Entry> {
    actor.require(&operation::UPDATE_BREACH)?;
    let versions = get(ctx, actor, id).await?;
    let newest = versions.first().ok_or(AppError::NotFound)?;
    let now = ctx.clock.now();
    let breach = Breach::parse(input, now)?;
    if newest.version != based_on {
        return Err(AppError::IllegalTransition("changed"));
    }
    // the first closing stays, unless it was opened again
    let closed_at = breach.closed.then(|| newest.closed_at.unwrap_or(now));
    let version = newest.version.saturating_add(1);
    let row = row(actor, (id, version), breach, closed_at, now);
    append(ctx, actor, row, "update_breach").await
}

/// The whole register as CSV, every version of every entry, oldest first: for the authority (art. 33.5
/// GDPR).
///
/// *effects*: audit `export_breaches`.
///
/// # Errors
/// `Forbidden`.
pub async fn csv(ctx: &Ctx, actor: &StaffActor) -> AppResult<Vec<u8>> {
    actor.require(&operation::BREACHES_CSV)?;
    let scope = actor.scope();
    let association = actor.association_id();
    let mut tx = ctx.pools.begin(scope).await?;
    let rows = db::list_all(&mut tx, scope, association, EXPORTED).await?;
    let mut deed = actor.deed(association.uuid(), "export_breaches");
    deed.detail = json!({ "rows": rows.len() });
    deed.write(ctx, &mut tx, scope).await?;
    let mut people: Vec<Uuid> = rows.iter().map(|row| row.written_by).collect();
    people.sort_unstable();
    people.dedup();
    let names = staff::names(ctx, &mut tx, scope, &people).await?;
    tx.commit().await?;
    let now = ctx.clock.now();
    let lines: Vec<register::BreachLine> = rows
        .into_iter()
        .map(|row| {
            let entry = entry(row, now);
            register::BreachLine {
                id: entry.id,
                version: entry.version,
                due_at: entry.due_at,
                deadline: entry.deadline.as_str(),
                closed_at: entry.closed_at,
                written_at: entry.written_at,
                written_by: names
                    .get(&entry.written_by)
                    .cloned()
                    .unwrap_or_else(|| entry.written_by.to_string()),
                breach: entry.breach,
            }
        })
        .collect();
    register::breaches(&lines).map_err(AppError::internal)
}

async fn append(
    ctx: &Ctx,
    actor: &StaffActor,
    row: BreachRow,
    verb: &'static str,
) -> AppResult<Entry> {
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    if !db::insert(&mut tx, scope, &row).await? {
        return Err(AppError::IllegalTransition("changed"));
    }
    let mut deed = actor.deed(row.id, verb);
    deed.detail = json!({
        "version": row.version, "noticed_at": row.noticed_at, "notified_at": row.notified_at,
        "closed_at": row.closed_at,
    });
    deed.write(ctx, &mut tx, scope).await?;
    tx.commit().await?;
    Ok(entry(row, ctx.clock.now()))
}

fn row(
    actor: &StaffActor,
    (id, version): (Uuid, i32),
    breach: Breach,
    closed_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> BreachRow {
    BreachRow {
        id,
        version,
        association_id: actor.association_id().uuid(),
        what_happened: breach.what_happened,
        noticed_at: breach.noticed_at,
        people_categories: breach.people_categories,
        people: breach.people,
        data_categories: breach.data_categories,
        records: breach.records,
        consequences: breach.consequences,
        measures: breach.measures,
        notified_at: breach.notified_at,
        delay_reason: breach.delay_reason,
        communicated_at: breach.communicated_at,
        closed_at,
        written_by: actor.staff_id().uuid(),
        written_at: now,
    }
}

fn entry(row: BreachRow, now: DateTime<Utc>) -> Entry {
    let is_closed = row.closed_at.is_some();
    Entry {
        id: row.id,
        version: row.version,
        due_at: row.noticed_at + TERM,
        deadline: deadline(row.noticed_at, row.notified_at, is_closed, now),
        closed_at: row.closed_at,
        written_by: row.written_by,
        written_at: row.written_at,
        breach: Breach {
            what_happened: row.what_happened,
            noticed_at: row.noticed_at,
            people_categories: row.people_categories,
            people: row.people,
            data_categories: row.data_categories,
            records: row.records,
            consequences: row.consequences,
            measures: row.measures,
            notified_at: row.notified_at,
            delay_reason: row.delay_reason,
            communicated_at: row.communicated_at,
            closed: is_closed,
        },
    }
}
