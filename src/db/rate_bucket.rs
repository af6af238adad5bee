//! Caps per address and person, in rows that all nodes share.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::scope::Scope;

/// What a cap says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Grant {
    /// Go on; it was counted.
    Granted,
    /// Not before this instant.
    NotBefore(DateTime<Utc>),
}

#[derive(QueryableByName)]
struct GrantRow {
    #[diesel(sql_type = Nullable<SqlUuid>)]
    granted_to: Option<Uuid>,
    #[diesel(sql_type = Array<Timestamptz>)]
    recent: Vec<DateTime<Utc>>,
}

/// A cap: at most `limit` in any `window_seconds`, counted over two daily buckets.
#[derive(Clone, Copy, Debug)]
pub struct Cap {
    /// Bucket of yesterday.
    pub yesterday: Uuid,
    /// Bucket of today.
    pub today: Uuid,
    /// How many.
    pub limit: i64,
    /// In how many seconds, at most a day.
    pub window_seconds: i64,
}

/// Asks a cap for one more, and counts it if granted.
///
/// # Errors
/// As the database says.
pub async fn grant(
    conn: &mut Conn,
    _scope: Scope,
    cap: Cap,
    request: Uuid,
    now: DateTime<Utc>,
) -> DbResult<Grant> {
    let since = now - chrono::Duration::seconds(cap.window_seconds);
    let row: GrantRow = diesel::sql_query(
        "WITH y AS (SELECT coalesce(array_agg(t), '{}') AS recent FROM rate_buckets r, unnest(r.instants) t \
           WHERE r.id = $1 AND r.id <> $2 AND t > $3), \
         b AS (INSERT INTO rate_buckets AS r (id, instants, granted_to, expires_at) \
           SELECT $2, CASE WHEN cardinality(y.recent) < $4 THEN ARRAY[$5] ELSE '{}'::timestamptz[] END, \
             CASE WHEN cardinality(y.recent) < $4 THEN $6 END, $5 + interval '48 hours' FROM y \
           ON CONFLICT (id) DO UPDATE SET \
             instants = CASE WHEN cardinality((SELECT recent FROM y)) + (SELECT count(*) FROM unnest(r.instants) t WHERE t > $3) < $4 \
               THEN ARRAY(SELECT t FROM unnest(r.instants) t WHERE t > $3) || $5 ELSE r.instants END, \
             granted_to = CASE WHEN cardinality((SELECT recent FROM y)) + (SELECT count(*) FROM unnest(r.instants) t WHERE t > $3) < $4 \
               THEN $6 END, \
             expires_at = excluded.expires_at \
           RETURNING instants, granted_to) \
         SELECT b.granted_to, y.recent || ARRAY(SELECT t FROM unnest(b.instants) t WHERE t > $3) AS recent FROM b, y",
    )
    .bind::<SqlUuid, _>(cap.yesterday)
    .bind::<SqlUuid, _>(cap.today)
    .bind::<Timestamptz, _>(since)
    .bind::<BigInt, _>(cap.limit)
    .bind::<Timestamptz, _>(now)
    .bind::<SqlUuid, _>(request)
    .get_result(conn)
    .await?;
    if row.granted_to == Some(request) {
        return Ok(Grant::Granted);
    }
    let first = row.recent.into_iter().min().unwrap_or(now);
    Ok(Grant::NotBefore(
        first + chrono::Duration::seconds(cap.window_seconds),
    ))
}
