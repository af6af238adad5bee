//! The register of breaches: versions that are appended and never changed (R63).

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::breaches;
use crate::db::scope::Scope;
use crate::domain::ids::AssociationId;

/// A row of `breaches`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = breaches)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct BreachRow {
    pub id: Uuid,
    pub version: i32,
    pub association_id: Uuid,
    pub what_happened: String,
    pub noticed_at: DateTime<Utc>,
    pub people_categories: Option<String>,
    pub people: Option<i64>,
    pub data_categories: Option<String>,
    pub records: Option<i64>,
    pub consequences: Option<String>,
    pub measures: Option<String>,
    pub notified_at: Option<DateTime<Utc>>,
    pub delay_reason: Option<String>,
    pub communicated_at: Option<DateTime<Utc>>,
    pub closed_at: Option<DateTime<Utc>>,
    pub written_by: Uuid,
    pub written_at: DateTime<Utc>,
}

/// Appends a version; `false` if there is one of its number.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn, _scope: Scope, row: &BreachRow) -> DbResult<bool> {
    let written = diesel::insert_into(breaches::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(written == 1)
}

/// The newest version of each entry of an association, newest entry first, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    limit: i64,
) -> DbResult<Vec<BreachRow>> {
    Ok(breaches::table
        .filter(breaches::association_id.eq(association.uuid()))
        .distinct_on(breaches::id)
        .order((breaches::id.desc(), breaches::version.desc()))
        .limit(limit)
        .select(BreachRow::as_select())
        .load(conn)
        .await?)
}

/// Every version of every entry of an association, oldest entry first, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list_all(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    limit: i64,
) -> DbResult<Vec<BreachRow>> {
    Ok(breaches::table
        .filter(breaches::association_id.eq(association.uuid()))
        .order((breaches::id, breaches::version))
        .limit(limit)
        .select(BreachRow::as_select())
        .load(conn)
        .await?)
}

/// Every version of an entry of an association, newest first.
///
/// # Errors
/// As the database says.
pub async fn list_versions(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    id: Uuid,
) -> DbResult<Vec<BreachRow>> {
    Ok(breaches::table
        .filter(breaches::association_id.eq(association.uuid()))
        .filter(breaches::id.eq(id))
        .order(breaches::version.desc())
        .select(BreachRow::as_select())
        .load(conn)
        .await?)
}
