//! Letters of associations to respondents: versions that are appended and never changed.

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::demand_letters;
use crate::db::scope::Scope;
use crate::domain::ids::{AssociationId, CaseId};

/// A row of `demand_letters`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = demand_letters)]
#[expect(missing_docs, reason = "the columns are commented in the migration")]
pub struct LetterRow {
    pub id: Uuid,
    pub version: i32,
    pub association_id: Uuid,
    pub case_id: Uuid,
    pub content: Value,
    pub is_public: bool,
    pub written_by: Uuid,
    pub written_at: DateTime<Utc>,
}

/// Appends a version; `false` if there is one of its number.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn, _scope: Scope, row: &LetterRow) -> DbResult<bool> {
    let written = diesel::insert_into(demand_letters::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(written == 1)
}

/// The newest version of each letter of an association in a case, newest letter first, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list(
    conn: &mut Conn,
    _scope: Scope,
    (association, case): (AssociationId, CaseId),
    limit: i64,
) -> DbResult<Vec<LetterRow>> {
    Ok(demand_letters::table
        .filter(demand_letters::association_id.eq(association.uuid()))
        .filter(demand_letters::case_id.eq(case.uuid()))
        .distinct_on(demand_letters::id)
        .order((demand_letters::id.desc(), demand_letters::version.desc()))
        .limit(limit)
        .select(LetterRow::as_select())
        .load(conn)
        .await?)
}

/// Every version of a letter of an association, newest first.
///
/// # Errors
/// As the database says.
pub async fn list_versions(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    id: Uuid,
) -> DbResult<Vec<LetterRow>> {
    Ok(demand_letters::table
        .filter(demand_letters::association_id.eq(association.uuid()))
        .filter(demand_letters::id.eq(id))
        .order(demand_letters::version.desc())
        .select(LetterRow::as_select())
        .load(conn)
        .await?)
}

/// The newest version of every letter that is told, of all associations, newest first, at most `limit`: for the
/// directory of public data.
///
/// # Errors
/// As the database says.
pub async fn list_newest(conn: &mut Conn, _scope: Scope, limit: i64) -> DbResult<Vec<LetterRow>> {
    let is_newest = "NOT EXISTS (SELECT 1 FROM demand_letters newer \
         WHERE newer.id = demand_letters.id AND newer.version > demand_letters.version)";
    Ok(demand_letters::table
        .filter(demand_letters::is_public)
        .filter(sql::<Bool>(is_newest))
        .order(demand_letters::id.desc())
        .limit(limit)
        .select(LetterRow::as_select())
        .load(conn)
        .await?)
}
