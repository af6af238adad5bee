//! Who does a job that one process at a time may do, in database time (SCALE S9, 5.1).

use std::time::Duration;

use diesel::QueryableByName;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::scope::Scope;

#[derive(QueryableByName)]
struct FenceRow {
    #[diesel(sql_type = BigInt)]
    fence: i64,
}

/// Takes a lease that nobody holds; gives its fence, which rises by one with each taking.
/// `None`: somebody else holds it, or this holder still does.
///
/// # Errors
/// As the database says.
pub async fn acquire(
    conn: &mut Conn,
    _scope: Scope,
    name: &str,
    holder: Uuid,
    lasts: Duration,
) -> DbResult<Option<i64>> {
    let row: Option<FenceRow> = diesel::sql_query(
        "INSERT INTO leases (name, holder, fence, acquired_at, expires_at) \
         VALUES ($1, $2, 1, clock_timestamp(), clock_timestamp() + make_interval(secs => $3)) \
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, fence = leases.fence + 1, \
           acquired_at = excluded.acquired_at, expires_at = excluded.expires_at \
         WHERE leases.expires_at < excluded.acquired_at RETURNING fence",
    )
    .bind::<Text, _>(name)
    .bind::<SqlUuid, _>(holder)
    .bind::<Double, _>(lasts.as_secs_f64())
    .get_result(conn)
    .await
    .optional()?;
    Ok(row.map(|row| row.fence))
}

/// Makes a lease last longer; false if it ran out or another holds it by now.
///
/// # Errors
/// As the database says.
pub async fn renew(
    conn: &mut Conn,
    _scope: Scope,
    name: &str,
    holder: Uuid,
    fence: i64,
    lasts: Duration,
) -> DbResult<bool> {
    let renewed = diesel::sql_query(
        "UPDATE leases SET expires_at = clock_timestamp() + make_interval(secs => $4) \
         WHERE name = $1 AND holder = $2 AND fence = $3 AND expires_at > clock_timestamp()",
    )
    .bind::<Text, _>(name)
    .bind::<SqlUuid, _>(holder)
    .bind::<BigInt, _>(fence)
    .bind::<Double, _>(lasts.as_secs_f64())
    .execute(conn)
    .await?;
    Ok(renewed == 1)
}

/// Gives a lease back, so that the next need not wait; one that is lost already stays with its
/// holder.
///
/// # Errors
/// As the database says.
pub async fn release(
    conn: &mut Conn,
    _scope: Scope,
    name: &str,
    holder: Uuid,
    fence: i64,
) -> DbResult<()> {
    diesel::sql_query(
        "UPDATE leases SET expires_at = '-infinity' WHERE name = $1 AND holder = $2 AND fence = $3",
    )
    .bind::<Text, _>(name)
    .bind::<SqlUuid, _>(holder)
    .bind::<BigInt, _>(fence)
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether a fence is still the one in force, with the lease's row locked to the end of the
/// transaction: what is written under a stale fence must not be committed.
///
/// # Errors
/// As the database says.
pub async fn holds(conn: &mut Conn, _scope: Scope, name: &str, fence: i64) -> DbResult<bool> {
    let row: Option<FenceRow> = diesel::sql_query(
        "SELECT fence FROM leases \
         WHERE name = $1 AND fence = $2 AND expires_at > clock_timestamp() FOR UPDATE",
    )
    .bind::<Text, _>(name)
    .bind::<BigInt, _>(fence)
    .get_result(conn)
    .await
    .optional()?;
    Ok(row.is_some_and(|row| row.fence == fence))
}

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Leases in force whose name begins with `prefix`.
///
/// # Errors
/// As the database says.
pub async fn count_live(conn: &mut Conn, _scope: Scope, prefix: &str) -> DbResult<i64> {
    let row: CountRow = diesel::sql_query(
        "SELECT count(*) AS count FROM leases \
         WHERE starts_with(name, $1) AND expires_at > clock_timestamp()",
    )
    .bind::<Text, _>(prefix)
    .get_result(conn)
    .await?;
    Ok(row.count)
}
