//! The mails of one association that wait or were given up, for its own staff.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::scope::Scope;
use crate::domain::ids::AssociationId;

/// Mails of one kind to one domain in one state.
#[derive(QueryableByName, Debug)]
#[expect(missing_docs, reason = "the names say it; see the migration")]
pub struct GroupRow {
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub queue_id: Option<Uuid>,
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = Text)]
    pub state: String,
    /// Whether they were tried before.
    #[diesel(sql_type = Bool)]
    pub tried: bool,
    #[diesel(sql_type = BigInt)]
    pub count: i64,
    #[diesel(sql_type = Timestamptz)]
    pub oldest: DateTime<Utc>,
    /// The next attempt at any of them.
    #[diesel(sql_type = Timestamptz)]
    pub next: DateTime<Utc>,
}

/// A mail that was given up.
#[derive(QueryableByName, Debug)]
#[expect(missing_docs, reason = "the names say it; see the migration")]
pub struct DeadRow {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub queue_id: Option<Uuid>,
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = Integer)]
    pub attempts: i32,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Text>)]
    pub last_error: Option<String>,
}

/// Which mails given up.
#[derive(Clone, Debug, Default)]
pub struct DeadFilter {
    /// Of this kind; none: of any.
    pub kind: Option<String>,
    /// To the domain of this queue; none: to any.
    pub queue: Option<Uuid>,
    /// That one alone.
    pub id: Option<Uuid>,
}

/// Counts the mails of an association: a walk over the outbox, for a page that is opened seldom.
///
/// # Errors
/// As the database says.
pub async fn count(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
) -> DbResult<Vec<GroupRow>> {
    Ok(diesel::sql_query(
        "SELECT queue_id, kind, state, attempts > 0 AS tried, count(*) AS count, \
           min(created_at) AS oldest, min(due_at) AS next \
         FROM outbox WHERE association_id = $1 GROUP BY 1, 2, 3, 4 ORDER BY count(*) DESC, kind",
    )
    .bind::<SqlUuid, _>(association.uuid())
    .load(conn)
    .await?)
}

/// Mails of an association that were given up, newest first, after a place, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list_dead(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    filter: &DeadFilter,
    (place, limit): (Option<(DateTime<Utc>, Uuid)>, i64),
) -> DbResult<Vec<DeadRow>> {
    let (at, id) = place.unzip();
    Ok(diesel::sql_query(
        "SELECT id, queue_id, kind, attempts, created_at, last_error FROM outbox \
         WHERE state = 'dead' AND association_id = $1 \
           AND ($2 IS NULL OR kind = $2) AND ($3 IS NULL OR queue_id = $3) \
           AND ($4 IS NULL OR (created_at, id) < ($4, $5)) \
         ORDER BY created_at DESC, id DESC LIMIT $6",
    )
    .bind::<SqlUuid, _>(association.uuid())
    .bind::<Nullable<Text>, _>(filter.kind.as_deref())
    .bind::<Nullable<SqlUuid>, _>(filter.queue)
    .bind::<Nullable<Timestamptz>, _>(at)
    .bind::<Nullable<SqlUuid>, _>(id)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await?)
}

/// Puts mails of an association that were given up into the outbox again; gives how many.
///
/// # Errors
/// As the database says.
pub async fn retry(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    filter: &DeadFilter,
    now: DateTime<Utc>,
) -> DbResult<usize> {
    Ok(diesel::sql_query(
        "UPDATE outbox SET state = 'due', due_at = $5, attempts = 0, lease_until = '-infinity', \
           expires_at = greatest(expires_at, $5 + interval '7 days') \
         WHERE state = 'dead' AND association_id = $1 AND ($2 IS NULL OR kind = $2) \
           AND ($3 IS NULL OR queue_id = $3) AND ($4 IS NULL OR id = $4)",
    )
    .bind::<SqlUuid, _>(association.uuid())
    .bind::<Nullable<Text>, _>(filter.kind.as_deref())
    .bind::<Nullable<SqlUuid>, _>(filter.queue)
    .bind::<Nullable<SqlUuid>, _>(filter.id)
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await?)
}
