//! Events on their way to endpoints of partners, and what became of each attempt.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Bytea, Double, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::{webhook_attempts, webhook_deliveries};
use crate::db::scope::Scope;
use crate::domain::ids::{PartnerId, WebhookEndpointId};

/// A claimed delivery, with all that its attempt needs.
#[derive(QueryableByName, Clone)]
#[expect(missing_docs, reason = "each field is the column of its name")]
pub struct ClaimedRow {
    #[diesel(sql_type = SqlUuid)]
    pub partner_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub association_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub endpoint_id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub event_id: Option<Uuid>,
    /// This attempt counts.
    #[diesel(sql_type = SmallInt)]
    pub attempts: i16,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    /// Mode of the endpoint.
    #[diesel(sql_type = Text)]
    pub mode: String,
    #[diesel(sql_type = Integer)]
    pub root_version: i32,
    #[diesel(sql_type = Bytea)]
    pub sealed: Vec<u8>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub previous_until: Option<DateTime<Utc>>,
    /// State that the event tells; none: a test, or the event is gone.
    #[diesel(sql_type = Nullable<Text>)]
    pub state: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub sequence: Option<i64>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub claimant_id: Option<Uuid>,
    /// When it happened what the event tells.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub happened_at: Option<DateTime<Utc>>,
}

/// A delivery to write: a test of an endpoint.
#[derive(Insertable, Clone, Debug)]
#[diesel(table_name = webhook_deliveries)]
#[expect(missing_docs, reason = "each field is the column of its name")]
pub struct NewDeliveryRow {
    pub partner_id: Uuid,
    pub id: Uuid,
    pub association_id: Uuid,
    pub endpoint_id: Uuid,
    pub due_at: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
}

/// A row of `webhook_attempts`.
#[derive(Queryable, Selectable, Insertable, Clone, Debug)]
#[diesel(table_name = webhook_attempts)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct AttemptRow {
    pub partner_id: Uuid,
    pub id: Uuid,
    pub association_id: Uuid,
    pub endpoint_id: Uuid,
    pub message_id: Uuid,
    pub event_type: String,
    pub number: i16,
    pub started_at: DateTime<Utc>,
    pub duration_ms: i32,
    pub status: Option<i16>,
    pub outcome: String,
}

/// Writes a test of an endpoint.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn, _scope: Scope, row: &NewDeliveryRow) -> DbResult<()> {
    diesel::insert_into(webhook_deliveries::table)
        .values(row)
        .execute(conn)
        .await?;
    Ok(())
}

#[derive(QueryableByName)]
struct KeyRow {
    #[diesel(sql_type = SqlUuid)]
    partner_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// Claims deliveries that are due, oldest first, at most `limit` and of one endpoint no more than `each` under way at
/// a time (one, if it failed last). Those of endpoints that are disabled or left alone, and of partners that rest,
/// stay.
///
/// # Errors
/// As the database says.
pub async fn claim(
    conn: &mut Conn,
    _scope: Scope,
    now: DateTime<Utc>,
    (limit, each): (i64, i64),
    lease_seconds: f64,
) -> DbResult<Vec<ClaimedRow>> {
    let keys: Vec<KeyRow> = diesel::sql_query(
        "UPDATE webhook_deliveries d SET attempts = d.attempts + 1, lease_until = now() + make_interval(secs => $4) \
         FROM ( \
           SELECT r.partner_id, r.id FROM ( \
             SELECT w.partner_id, w.id, CASE WHEN w.failures = 0 THEN $3 ELSE 1 END AS places \
             FROM webhook_endpoints w JOIN partners t ON t.id = w.partner_id \
               JOIN partners p ON p.id = coalesce(t.sandbox_of, t.id) \
             WHERE w.disabled_at IS NULL AND p.suspended_at IS NULL AND coalesce(w.paused_until <= $1, true) \
               AND EXISTS (SELECT FROM webhook_deliveries q WHERE q.partner_id = w.partner_id \
                 AND q.endpoint_id = w.id AND q.state = 'due' AND q.due_at <= $1) \
             ORDER BY random() \
           ) AS e CROSS JOIN LATERAL ( \
             SELECT q.partner_id, q.id FROM webhook_deliveries q \
             WHERE q.partner_id = e.partner_id AND q.endpoint_id = e.id AND q.state = 'due' AND q.due_at <= $1 \
               AND q.lease_until < now() \
             ORDER BY q.due_at, q.id \
             LIMIT greatest(0, e.places - (SELECT count(*) FROM webhook_deliveries b WHERE b.partner_id = e.partner_id \
               AND b.endpoint_id = e.id AND b.state = 'due' AND b.lease_until >= now())) \
             FOR UPDATE SKIP LOCKED \
           ) AS r LIMIT $2 \
         ) AS c WHERE d.partner_id = c.partner_id AND d.id = c.id RETURNING d.partner_id, d.id",
    )
    .bind::<Timestamptz, _>(now)
    .bind::<BigInt, _>(limit)
    .bind::<BigInt, _>(each)
    .bind::<Double, _>(lease_seconds)
    .load(conn)
    .await?;
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let partners: Vec<Uuid> = keys.iter().map(|key| key.partner_id).collect();
    let ids: Vec<Uuid> = keys.iter().map(|key| key.id).collect();
    Ok(diesel::sql_query(
        "SELECT d.partner_id, d.id, d.association_id, d.endpoint_id, d.event_id, d.attempts, d.created_at, \
           w.mode, w.root_version, w.sealed, w.previous_until, \
           e.state, e.sequence, e.claimant_id, e.created_at AS happened_at \
         FROM unnest($1, $2) AS u (partner_id, id) \
         JOIN webhook_deliveries d ON d.partner_id = u.partner_id AND d.id = u.id \
         JOIN webhook_endpoints w ON w.partner_id = d.partner_id AND w.id = d.endpoint_id \
         LEFT JOIN partner_events e ON e.partner_id = d.partner_id AND e.id = d.event_id",
    )
    .bind::<Array<SqlUuid>, _>(partners)
    .bind::<Array<SqlUuid>, _>(ids)
    .load(conn)
    .await?)
}

/// Ends a delivery whose attempt is the last one begun; false: another process made one since, or it is over.
///
/// # Errors
/// As the database says.
pub async fn end(
    conn: &mut Conn,
    _scope: Scope,
    row: &ClaimedRow,
    state: &str,
    now: DateTime<Utc>,
) -> DbResult<bool> {
    let ended = diesel::update(
        webhook_deliveries::table
            .find((row.partner_id, row.id))
            .filter(webhook_deliveries::state.eq("due"))
            .filter(webhook_deliveries::attempts.eq(row.attempts)),
    )
    .set((
        webhook_deliveries::state.eq(state),
        webhook_deliveries::ended_at.eq(now),
    ))
    .execute(conn)
    .await?;
    Ok(ended == 1)
}

/// Puts a delivery off, as [`end`].
///
/// # Errors
/// As the database says.
pub async fn put_off(
    conn: &mut Conn,
    _scope: Scope,
    row: &ClaimedRow,
    due_at: DateTime<Utc>,
) -> DbResult<bool> {
    let put_off = diesel::sql_query(
        "UPDATE webhook_deliveries SET due_at = $4, lease_until = '-infinity' \
         WHERE partner_id = $1 AND id = $2 AND state = 'due' AND attempts = $3",
    )
    .bind::<SqlUuid, _>(row.partner_id)
    .bind::<SqlUuid, _>(row.id)
    .bind::<SmallInt, _>(row.attempts)
    .bind::<Timestamptz, _>(due_at)
    .execute(conn)
    .await?;
    Ok(put_off == 1)
}

/// Drops what is on its way to an endpoint.
///
/// # Errors
/// As the database says.
pub async fn drop_waiting(
    conn: &mut Conn,
    _scope: Scope,
    (partner, endpoint): (Uuid, Uuid),
    now: DateTime<Utc>,
) -> DbResult<usize> {
    Ok(diesel::update(
        webhook_deliveries::table
            .filter(webhook_deliveries::partner_id.eq(partner))
            .filter(webhook_deliveries::endpoint_id.eq(endpoint))
            .filter(webhook_deliveries::state.eq("due")),
    )
    .set((
        webhook_deliveries::state.eq("dropped"),
        webhook_deliveries::ended_at.eq(now),
    ))
    .execute(conn)
    .await?)
}

/// How many are on their way to an endpoint, counted up to `limit`.
///
/// # Errors
/// As the database says.
pub async fn count_waiting(
    conn: &mut Conn,
    _scope: Scope,
    (partner, endpoint): (Uuid, Uuid),
    limit: i64,
) -> DbResult<i64> {
    let rows: Vec<Uuid> = webhook_deliveries::table
        .filter(webhook_deliveries::partner_id.eq(partner))
        .filter(webhook_deliveries::endpoint_id.eq(endpoint))
        .filter(webhook_deliveries::state.eq("due"))
        .select(webhook_deliveries::id)
        .limit(limit)
        .load(conn)
        .await?;
    Ok(i64::try_from(rows.len()).unwrap_or(i64::MAX))
}

/// Writes what became of an attempt.
///
/// # Errors
/// As the database says.
pub async fn insert_attempt(conn: &mut Conn, _scope: Scope, row: &AttemptRow) -> DbResult<()> {
    diesel::insert_into(webhook_attempts::table)
        .values(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// The attempts of an endpoint, newest first, those before `before`, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list_attempts(
    conn: &mut Conn,
    _scope: Scope,
    (partner, endpoint): (PartnerId, WebhookEndpointId),
    before: Option<Uuid>,
    limit: i64,
) -> DbResult<Vec<AttemptRow>> {
    let mut query = webhook_attempts::table
        .filter(webhook_attempts::partner_id.eq(partner.uuid()))
        .filter(webhook_attempts::endpoint_id.eq(endpoint.uuid()))
        .order(webhook_attempts::id.desc())
        .limit(limit)
        .select(AttemptRow::as_select())
        .into_boxed();
    if let Some(before) = before {
        query = query.filter(webhook_attempts::id.lt(before));
    }
    Ok(query.load(conn).await?)
}
