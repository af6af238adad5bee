//! Earlier lists of associations: the register, the reports, and whom they made (S12).
//!
//! As with exports each making begins an attempt: what an earlier one still writes finds no row.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::{import_reports, imported_contacts, imports};
use crate::db::scope::Scope;
use crate::domain::ids::{AssociationId, CaseId, ClaimantId, ImportId, StaffId};

/// A row of `imports`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = imports)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct ImportRow {
    pub id: Uuid,
    pub association_id: Uuid,
    pub case_id: Uuid,
    pub uploaded_by: Uuid,
    pub state: String,
    pub source: String,
    pub listed_on: NaiveDate,
    pub format: String,
    pub size: i64,
    pub sha256: Vec<u8>,
    pub mapping: Vec<String>,
    pub row_total: i32,
    pub batch_total: i32,
    pub batch_done: i32,
    pub row_done: i32,
    pub created_count: i32,
    pub known_count: i32,
    pub refused_count: i32,
    pub attempts: i32,
    pub failures: i32,
    pub failure: Option<String>,
    pub key_wrapped: Option<Vec<u8>>,
    pub key_version: i32,
    pub created_at: DateTime<Utc>,
    pub started_by: Option<Uuid>,
    pub started_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
    pub expires_at: DateTime<Utc>,
    pub swept_at: Option<DateTime<Utc>>,
}

/// A row of `import_reports`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = import_reports)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct ReportRow {
    pub import_id: Uuid,
    pub round: String,
    pub number: i32,
    pub association_id: Uuid,
    pub lines: serde_json::Value,
}

/// A row of `imported_contacts`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = imported_contacts)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct ContactRow {
    pub id: Uuid,
    pub claimant_id: Uuid,
    pub association_id: Uuid,
    pub import_id: Uuid,
    pub line: i32,
    pub listed_on: NaiveDate,
    pub sealed: Option<Vec<u8>>,
}

/// One making: whoever began it writes as long as nobody began another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The import.
    pub id: ImportId,
    /// From 1.
    pub number: i32,
    /// Its state: `checking` or `running`.
    pub state: &'static str,
}

/// What a part added to an import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows that made a claimant, or would.
    pub created: i32,
    /// Rows whose people are here.
    pub known: i32,
    /// Rows refused.
    pub refused: i32,
}

/// Writes a new import.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn, _scope: Scope, row: &ImportRow) -> DbResult<()> {
    diesel::insert_into(imports::table)
        .values(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// An import of the association.
///
/// # Errors
/// `NotFound` if there is none the association may see.
pub async fn get(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    id: ImportId,
) -> DbResult<ImportRow> {
    Ok(imports::table
        .find(id.uuid())
        .filter(imports::association_id.eq(association.uuid()))
        .select(ImportRow::as_select())
        .first(conn)
        .await?)
}

/// Imports of the association in a case, newest first, before one, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    case: CaseId,
    before: Option<ImportId>,
    limit: i64,
) -> DbResult<Vec<ImportRow>> {
    let mut query = imports::table
        .filter(imports::association_id.eq(association.uuid()))
        .filter(imports::case_id.eq(case.uuid()))
        .order(imports::id.desc())
        .limit(limit)
        .select(ImportRow::as_select())
        .into_boxed();
    if let Some(before) = before {
        query = query.filter(imports::id.lt(before.uuid()));
    }
    Ok(query.load(conn).await?)
}

/// Has a list tried with these columns, from its first part; `false` if its state does not allow it.
///
/// # Errors
/// As the database says.
pub async fn mark_checking(
    conn: &mut Conn,
    _scope: Scope,
    id: ImportId,
    mapping: &[String],
) -> DbResult<bool> {
    let done = diesel::update(imports::table.find(id.uuid()))
        .filter(imports::state.eq_any(["uploaded", "checked"]))
        .set((
            imports::state.eq("checking"),
            imports::mapping.eq(mapping),
            ZERO,
        ))
        .execute(conn)
        .await?;
    delete_check(conn, id).await?;
    Ok(done == 1)
}

/// Has a list that was tried imported, from its first part; `false` if it was not tried.
///
/// # Errors
/// As the database says.
pub async fn mark_started(
    conn: &mut Conn,
    _scope: Scope,
    id: ImportId,
    by: StaffId,
    now: DateTime<Utc>,
) -> DbResult<bool> {
    let done = diesel::update(imports::table.find(id.uuid()))
        .filter(imports::state.eq("checked"))
        .set((
            imports::state.eq("running"),
            imports::started_by.eq(by.uuid()),
            imports::started_at.eq(now),
            ZERO,
        ))
        .execute(conn)
        .await?;
    Ok(done == 1)
}

/// A round that begins.
#[derive(AsChangeset, Clone, Copy)]
#[diesel(table_name = imports)]
struct Zero {
    batch_done: i32,
    row_done: i32,
    created_count: i32,
    known_count: i32,
    refused_count: i32,
    failures: i32,
}

const ZERO: Zero = Zero {
    batch_done: 0,
    row_done: 0,
    created_count: 0,
    known_count: 0,
    refused_count: 0,
    failures: 0,
};

/// Ends an import in one of these states; what is left of its rows is kept until `expires_at`. `false` if it
/// is in none of them.
///
/// # Errors
/// As the database says.
pub async fn mark_ended(
    conn: &mut Conn,
    _scope: Scope,
    id: ImportId,
    (states, state): (&[&str], &str),
    (now, expires_at): (DateTime<Utc>, DateTime<Utc>),
) -> DbResult<bool> {
    let done = diesel::update(imports::table.find(id.uuid()))
        .filter(imports::state.eq_any(states))
        .set((
            imports::state.eq(state),
            imports::finished_at.eq(now),
            imports::expires_at.eq(expires_at),
        ))
        .execute(conn)
        .await?;
    Ok(done == 1)
}

/// The next list to be tried or imported, the oldest first.
///
/// # Errors
/// As the database says.
pub async fn find_due(conn: &mut Conn, _scope: Scope) -> DbResult<Option<ImportRow>> {
    Ok(imports::table
        .filter(imports::state.eq_any(["checking", "running"]))
        .order(imports::id)
        .select(ImportRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// Begins an attempt, counted as a failure until it brings something further. `None` if somebody else did, or
/// it was called off.
///
/// # Errors
/// As the database says.
pub async fn mark_begun(
    conn: &mut Conn,
    _scope: Scope,
    row: &ImportRow,
) -> DbResult<Option<Attempt>> {
    let state = match row.state.as_str() {
        "running" => "running",
        _ => "checking",
    };
    let begun = diesel::update(imports::table.find(row.id))
        .filter(imports::state.eq(state))
        .filter(imports::attempts.eq(row.attempts))
        .set((
            imports::attempts.eq(row.attempts + 1),
            imports::failures.eq(row.failures + 1),
        ))
        .execute(conn)
        .await?;
    Ok((begun == 1).then(|| Attempt {
        id: ImportId::new(row.id),
        number: row.attempts + 1,
        state,
    }))
}

/// A list that was left while it was tried is tried from its first part.
///
/// # Errors
/// As the database says.
pub async fn restart_check(conn: &mut Conn, _scope: Scope, attempt: Attempt) -> DbResult<()> {
    diesel::update(imports::table.find(attempt.id.uuid()))
        .filter(imports::state.eq("checking"))
        .filter(imports::attempts.eq(attempt.number))
        .set((
            imports::batch_done.eq(0),
            imports::row_done.eq(0),
            imports::created_count.eq(0),
            imports::known_count.eq(0),
            imports::refused_count.eq(0),
        ))
        .execute(conn)
        .await?;
    delete_check(conn, attempt.id).await
}

async fn delete_check(conn: &mut Conn, id: ImportId) -> DbResult<()> {
    diesel::delete(import_reports::table)
        .filter(import_reports::import_id.eq(id.uuid()))
        .filter(import_reports::round.eq("check"))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes that a part was worked off; `false` if the attempt is over, or the part was done.
///
/// # Errors
/// As the database says.
pub async fn mark_progress(
    conn: &mut Conn,
    _scope: Scope,
    attempt: Attempt,
    number: i32,
    counts: Counts,
) -> DbResult<bool> {
    let rows = counts.created + counts.known + counts.refused;
    let done = diesel::update(imports::table.find(attempt.id.uuid()))
        .filter(imports::state.eq(attempt.state))
        .filter(imports::attempts.eq(attempt.number))
        .filter(imports::batch_done.eq(number))
        .set((
            imports::batch_done.eq(number + 1),
            imports::row_done.eq(imports::row_done + rows),
            imports::created_count.eq(imports::created_count + counts.created),
            imports::known_count.eq(imports::known_count + counts.known),
            imports::refused_count.eq(imports::refused_count + counts.refused),
            imports::failures.eq(0),
        ))
        .execute(conn)
        .await?;
    Ok(done == 1)
}

/// Ends a round: `checked`, `done` or `failed` with a word for why; `false` if the attempt is over.
///
/// # Errors
/// As the database says.
pub async fn mark_round_over(
    conn: &mut Conn,
    _scope: Scope,
    attempt: Attempt,
    (state, failure, finished_at): (&str, Option<&str>, Option<DateTime<Utc>>),
    expires_at: DateTime<Utc>,
) -> DbResult<bool> {
    let done = diesel::update(imports::table.find(attempt.id.uuid()))
        .filter(imports::state.eq(attempt.state))
        .filter(imports::attempts.eq(attempt.number))
        .set((
            imports::state.eq(state),
            imports::failure.eq(failure),
            imports::finished_at.eq(finished_at),
            imports::expires_at.eq(expires_at),
        ))
        .execute(conn)
        .await?;
    Ok(done == 1)
}

/// Imports whose rows and report are kept no longer; those that are being worked on wait. At most 100.
///
/// # Errors
/// As the database says.
pub async fn list_expired(
    conn: &mut Conn,
    _scope: Scope,
    now: DateTime<Utc>,
) -> DbResult<Vec<ImportRow>> {
    Ok(imports::table
        .filter(imports::swept_at.is_null())
        .filter(imports::expires_at.le(now))
        .filter(imports::state.ne_all(["checking", "running"]))
        .order(imports::expires_at)
        .limit(100)
        .select(ImportRow::as_select())
        .load(conn)
        .await?)
}

/// Takes away key and report of an import that is over; one never started has expired.
///
/// # Errors
/// As the database says.
pub async fn mark_expired(conn: &mut Conn, _scope: Scope, id: ImportId) -> DbResult<bool> {
    diesel::delete(import_reports::table)
        .filter(import_reports::import_id.eq(id.uuid()))
        .execute(conn)
        .await?;
    diesel::update(imports::table.find(id.uuid()))
        .set(imports::key_wrapped.eq(None::<Vec<u8>>))
        .execute(conn)
        .await?;
    let expired = diesel::update(imports::table.find(id.uuid()))
        .filter(imports::state.eq_any(["uploaded", "checked"]))
        .set(imports::state.eq("expired"))
        .execute(conn)
        .await?;
    Ok(expired == 1)
}

/// Notes that the rows of an import are deleted.
///
/// # Errors
/// As the database says.
pub async fn mark_swept(
    conn: &mut Conn,
    _scope: Scope,
    id: ImportId,
    now: DateTime<Utc>,
) -> DbResult<()> {
    diesel::update(imports::table.find(id.uuid()))
        .set(imports::swept_at.eq(now))
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes what became of a part.
///
/// # Errors
/// As the database says.
pub async fn insert_report(conn: &mut Conn, _scope: Scope, row: &ReportRow) -> DbResult<()> {
    diesel::insert_into(import_reports::table)
        .values(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// What became of the parts of a round from `number` on, in their order, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list_reports(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    (id, round): (ImportId, &str),
    number: i32,
    limit: i64,
) -> DbResult<Vec<ReportRow>> {
    Ok(import_reports::table
        .filter(import_reports::import_id.eq(id.uuid()))
        .filter(import_reports::association_id.eq(association.uuid()))
        .filter(import_reports::round.eq(round))
        .filter(import_reports::number.ge(number))
        .order(import_reports::number)
        .limit(limit)
        .select(ReportRow::as_select())
        .load(conn)
        .await?)
}

/// Writes contacts, in the order of their ids; gives the ids of those nobody had imported.
///
/// # Errors
/// As the database says; `LockTimeout` while another import writes one of them.
pub async fn insert_contacts(
    conn: &mut Conn,
    _scope: Scope,
    rows: &[ContactRow],
) -> DbResult<Vec<Uuid>> {
    Ok(diesel::insert_into(imported_contacts::table)
        .values(rows)
        .on_conflict(imported_contacts::id)
        .do_nothing()
        .returning(imported_contacts::id)
        .get_results(conn)
        .await?)
}

/// Those of the contacts that were imported, with whom they made.
///
/// # Errors
/// As the database says.
pub async fn list_contacts(
    conn: &mut Conn,
    _scope: Scope,
    ids: &[Uuid],
) -> DbResult<Vec<(Uuid, Uuid)>> {
    Ok(imported_contacts::table
        .filter(imported_contacts::id.eq_any(ids))
        .select((imported_contacts::id, imported_contacts::claimant_id))
        .load(conn)
        .await?)
}

/// Of those of the claimants who were imported: who, and until when their list was collected.
///
/// # Errors
/// As the database says.
pub async fn list_listed(
    conn: &mut Conn,
    _scope: Scope,
    claimants: &[Uuid],
) -> DbResult<Vec<(Uuid, NaiveDate)>> {
    Ok(imported_contacts::table
        .filter(imported_contacts::claimant_id.eq_any(claimants))
        .select((imported_contacts::claimant_id, imported_contacts::listed_on))
        .load(conn)
        .await?)
}

/// What the list said of a claimant; `None` for who was not imported.
///
/// # Errors
/// As the database says.
pub async fn find_contact(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
) -> DbResult<Option<ContactRow>> {
    Ok(imported_contacts::table
        .filter(imported_contacts::claimant_id.eq(claimant.uuid()))
        .order(imported_contacts::id)
        .select(ContactRow::as_select())
        .first(conn)
        .await
        .optional()?)
}
