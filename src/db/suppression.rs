//! Addresses not to write to, as keyed hashes.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::suppressions;
use crate::db::scope::Scope;

/// A row of `suppressions`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = suppressions)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct SuppressionRow {
    pub id: Uuid,
    pub reason: String,
    pub since: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
}

/// Writes a suppression; one that is there stays, but lasts as long as the new one.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn, _scope: Scope, row: &SuppressionRow) -> DbResult<()> {
    diesel::insert_into(suppressions::table)
        .values(row)
        .on_conflict((suppressions::id, suppressions::reason))
        .do_update()
        .set(suppressions::expires_at.eq(row.expires_at))
        .execute(conn)
        .await?;
    Ok(())
}

/// Suppressions under some ids that are not over.
///
/// # Errors
/// As the database says.
pub async fn list(
    conn: &mut Conn,
    _scope: Scope,
    ids: &[Uuid],
    now: DateTime<Utc>,
) -> DbResult<Vec<SuppressionRow>> {
    Ok(suppressions::table
        .filter(suppressions::id.eq_any(ids))
        .filter(
            suppressions::expires_at
                .is_null()
                .or(suppressions::expires_at.gt(now)),
        )
        .order(suppressions::since)
        .select(SuppressionRow::as_select())
        .load(conn)
        .await?)
}

/// Ends suppressions of some reasons; gives how many there were.
///
/// # Errors
/// As the database says.
pub async fn delete(conn: &mut Conn, _scope: Scope, id: Uuid, reasons: &[&str]) -> DbResult<usize> {
    Ok(diesel::delete(suppressions::table)
        .filter(suppressions::id.eq(id))
        .filter(suppressions::reason.eq_any(reasons))
        .execute(conn)
        .await?)
}

/// How many there are, by reason.
///
/// # Errors
/// As the database says.
pub async fn count(conn: &mut Conn, _scope: Scope) -> DbResult<Vec<(String, i64)>> {
    Ok(suppressions::table
        .group_by(suppressions::reason)
        .order(suppressions::reason)
        .select((suppressions::reason, diesel::dsl::count_star()))
        .load(conn)
        .await?)
}
