//! Sample checks, the lists they are drawn from, and the records that were drawn.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;

use crate::db::error::{DbError, DbResult};
use crate::db::pool::Conn;
use crate::db::schema::{log_events, sample_checks, sample_members};
use crate::db::scope::Scope;
use crate::domain::ids::{AssociationId, CaseId};

/// A row of `sample_checks` but for its list.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = sample_checks)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct SampleRow {
    pub id: Uuid,
    pub association_id: Uuid,
    pub case_id: Uuid,
    pub number: i32,
    pub filter: Value,
    pub purpose: String,
    pub state: String,
    pub size: i32,
    pub population_count: i32,
    pub population_sha256: Vec<u8>,
    pub seed_source: Option<String>,
    pub seed_due_at: Option<DateTime<Utc>>,
    pub seed: Option<String>,
    pub sample_sha256: Option<Vec<u8>>,
    pub result_sha256: Option<Vec<u8>>,
    pub opened_by: Uuid,
    pub opened_at: DateTime<Utc>,
    pub drawn_by: Option<Uuid>,
    pub drawn_at: Option<DateTime<Utc>>,
    pub ended_by: Option<Uuid>,
    pub ended_at: Option<DateTime<Utc>>,
    pub end_reason: Option<String>,
}

/// A row of `sample_members`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = sample_members)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct MemberRow {
    pub sample_id: Uuid,
    pub place: i32,
    pub association_id: Uuid,
    pub claimant_id: Uuid,
    pub result: Option<String>,
    pub code: Option<String>,
    pub note_sealed: Option<Vec<u8>>,
    pub checked_by: Option<Uuid>,
    pub checked_at: Option<DateTime<Utc>>,
}

/// An entry of the log about a sample check.
#[derive(Queryable, Selectable, Debug, Clone)]
#[diesel(table_name = log_events)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct SampleEventRow {
    pub id: Uuid,
    pub subject_id: Uuid,
    pub content: String,
    pub salt: Vec<u8>,
    pub created_at: DateTime<Utc>,
    pub leaf_index: Option<i64>,
}

/// Writes a sample check with the list it is drawn from, in the order of the references.
///
/// # Errors
/// As the database says.
pub async fn insert(
    conn: &mut Conn,
    _scope: Scope,
    row: &SampleRow,
    population: &[Uuid],
) -> DbResult<()> {
    diesel::insert_into(sample_checks::table)
        .values((row, sample_checks::population.eq(population)))
        .execute(conn)
        .await?;
    Ok(())
}

/// A sample check of an association.
///
/// # Errors
/// `NotFound`; as the database says.
pub async fn get(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    id: Uuid,
) -> DbResult<SampleRow> {
    sample_checks::table
        .find(id)
        .filter(sample_checks::association_id.eq(association.uuid()))
        .select(SampleRow::as_select())
        .first(conn)
        .await
        .optional()?
        .ok_or(DbError::NotFound)
}

/// A sample check of an association, locked until the transaction ends.
///
/// # Errors
/// `NotFound`; as the database says.
pub async fn lock(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    id: Uuid,
) -> DbResult<SampleRow> {
    sample_checks::table
        .find(id)
        .filter(sample_checks::association_id.eq(association.uuid()))
        .select(SampleRow::as_select())
        .for_update()
        .first(conn)
        .await
        .optional()?
        .ok_or(DbError::NotFound)
}

/// The list a sample check is drawn from, in the order of the references.
///
/// # Errors
/// `NotFound`; as the database says.
pub async fn get_population(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    id: Uuid,
) -> DbResult<Vec<Uuid>> {
    sample_checks::table
        .find(id)
        .filter(sample_checks::association_id.eq(association.uuid()))
        .select(sample_checks::population)
        .first(conn)
        .await
        .optional()?
        .ok_or(DbError::NotFound)
}

/// Sample checks of an association in a case, newest first, from before `before`.
///
/// # Errors
/// As the database says.
pub async fn list(
    conn: &mut Conn,
    _scope: Scope,
    (association, case): (AssociationId, CaseId),
    before: Option<Uuid>,
    limit: i64,
) -> DbResult<Vec<SampleRow>> {
    Ok(sample_checks::table
        .filter(sample_checks::association_id.eq(association.uuid()))
        .filter(sample_checks::case_id.eq(case.uuid()))
        .filter(sample_checks::id.lt(before.unwrap_or(Uuid::max())))
        .order(sample_checks::id.desc())
        .limit(limit)
        .select(SampleRow::as_select())
        .load(conn)
        .await?)
}

/// Writes what was drawn: state, seed and digests of a row that is locked.
///
/// # Errors
/// As the database says.
pub async fn mark(conn: &mut Conn, _scope: Scope, row: &SampleRow) -> DbResult<()> {
    diesel::update(sample_checks::table.find(row.id))
        .filter(sample_checks::association_id.eq(row.association_id))
        .set((
            sample_checks::state.eq(&row.state),
            sample_checks::seed.eq(&row.seed),
            sample_checks::sample_sha256.eq(&row.sample_sha256),
            sample_checks::result_sha256.eq(&row.result_sha256),
            sample_checks::drawn_by.eq(row.drawn_by),
            sample_checks::drawn_at.eq(row.drawn_at),
            sample_checks::ended_by.eq(row.ended_by),
            sample_checks::ended_at.eq(row.ended_at),
            sample_checks::end_reason.eq(&row.end_reason),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes the records that were drawn.
///
/// # Errors
/// As the database says.
pub async fn insert_members(conn: &mut Conn, _scope: Scope, rows: &[MemberRow]) -> DbResult<()> {
    diesel::insert_into(sample_members::table)
        .values(rows)
        .execute(conn)
        .await?;
    Ok(())
}

/// The records of a sample in the order they were drawn; none before it is.
///
/// # Errors
/// As the database says.
pub async fn list_members(
    conn: &mut Conn,
    _scope: Scope,
    (association, id): (AssociationId, Uuid),
) -> DbResult<Vec<MemberRow>> {
    Ok(sample_members::table
        .filter(sample_members::sample_id.eq(id))
        .filter(sample_members::association_id.eq(association.uuid()))
        .order(sample_members::place)
        .select(MemberRow::as_select())
        .load(conn)
        .await?)
}

/// What samples found of a claimant.
///
/// # Errors
/// As the database says.
pub async fn list_of_claimant(
    conn: &mut Conn,
    _scope: Scope,
    claimant: Uuid,
) -> DbResult<Vec<MemberRow>> {
    Ok(sample_members::table
        .filter(sample_members::claimant_id.eq(claimant))
        .order(sample_members::sample_id)
        .select(MemberRow::as_select())
        .load(conn)
        .await?)
}

/// A record of a sample by its place.
///
/// # Errors
/// As the database says.
pub async fn find_member(
    conn: &mut Conn,
    _scope: Scope,
    (association, id): (AssociationId, Uuid),
    place: i32,
) -> DbResult<Option<MemberRow>> {
    Ok(sample_members::table
        .find((id, place))
        .filter(sample_members::association_id.eq(association.uuid()))
        .select(MemberRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// Writes what was found of a record.
///
/// # Errors
/// As the database says.
pub async fn mark_member(conn: &mut Conn, _scope: Scope, row: &MemberRow) -> DbResult<()> {
    diesel::update(sample_members::table.find((row.sample_id, row.place)))
        .filter(sample_members::association_id.eq(row.association_id))
        .set((
            sample_members::result.eq(&row.result),
            sample_members::code.eq(&row.code),
            sample_members::note_sealed.eq(&row.note_sealed),
            sample_members::checked_by.eq(row.checked_by),
            sample_members::checked_at.eq(row.checked_at),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Sample checks of an association in a case with a smaller number, by number.
///
/// # Errors
/// As the database says.
pub async fn list_before(
    conn: &mut Conn,
    _scope: Scope,
    (association, case): (AssociationId, CaseId),
    number: i32,
) -> DbResult<Vec<SampleRow>> {
    Ok(sample_checks::table
        .filter(sample_checks::association_id.eq(association.uuid()))
        .filter(sample_checks::case_id.eq(case.uuid()))
        .filter(sample_checks::number.lt(number))
        .order(sample_checks::number)
        .select(SampleRow::as_select())
        .load(conn)
        .await?)
}

/// What the log says of sample checks, oldest first.
///
/// # Errors
/// As the database says.
pub async fn list_events(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    ids: &[Uuid],
) -> DbResult<Vec<SampleEventRow>> {
    Ok(log_events::table
        .filter(log_events::subject_id.eq_any(ids))
        .filter(log_events::association_id.eq(association.uuid()))
        .order((log_events::created_at, log_events::leaf_index))
        .select(SampleEventRow::as_select())
        .load(conn)
        .await?)
}
