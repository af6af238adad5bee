//! Codes that stand in for the authenticator app, each once.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::recovery_codes;
use crate::db::scope::Scope;
use crate::domain::ids::StaffId;

/// Takes new codes in the place of all a person had.
///
/// # Errors
/// As the database says.
pub async fn replace(
    conn: &mut Conn,
    _scope: Scope,
    person: StaffId,
    hashes: &[[u8; 16]],
    now: DateTime<Utc>,
) -> DbResult<()> {
    diesel::delete(recovery_codes::table.filter(recovery_codes::staff_id.eq(person.uuid())))
        .execute(conn)
        .await?;
    let rows: Vec<_> = hashes
        .iter()
        .map(|hash| {
            (
                recovery_codes::staff_id.eq(person.uuid()),
                recovery_codes::hash.eq(hash.to_vec()),
                recovery_codes::created_at.eq(now),
            )
        })
        .collect();
    diesel::insert_into(recovery_codes::table)
        .values(rows)
        .execute(conn)
        .await?;
    Ok(())
}

/// Uses a code up; `false` where the person has none such, or used it.
///
/// # Errors
/// As the database says.
pub async fn mark_used(
    conn: &mut Conn,
    _scope: Scope,
    person: StaffId,
    hash: &[u8],
    now: DateTime<Utc>,
) -> DbResult<bool> {
    let used = diesel::update(recovery_codes::table.find((person.uuid(), hash)))
        .filter(recovery_codes::used_at.is_null())
        .set(recovery_codes::used_at.eq(now))
        .execute(conn)
        .await?;
    Ok(used == 1)
}

/// Codes a person can still use.
///
/// # Errors
/// As the database says.
pub async fn count(conn: &mut Conn, _scope: Scope, person: StaffId) -> DbResult<i64> {
    Ok(recovery_codes::table
        .filter(recovery_codes::staff_id.eq(person.uuid()))
        .filter(recovery_codes::used_at.is_null())
        .select(diesel::dsl::count(recovery_codes::staff_id))
        .first::<i64>(conn)
        .await?)
}
