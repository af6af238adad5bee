//! Whom to remind, and who was.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, SmallInt, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::{housekeeping_cursors, reminders};
use crate::db::scope::Scope;

/// How far a job has come: time and id of the claimant seen last.
#[derive(Queryable, Selectable, Debug, Clone, Copy, PartialEq, Eq)]
#[diesel(table_name = housekeeping_cursors)]
pub struct Cursor {
    /// Time of the sign-up, UTC.
    pub at: DateTime<Utc>,
    /// The claimant.
    pub id: Uuid,
}

/// A sign-up that is walked over.
#[derive(QueryableByName, Debug, Clone)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct WalkedRow {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub association_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub case_id: Uuid,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    #[diesel(sql_type = diesel::sql_types::Bool)]
    pub wanted: bool,
}

/// How far a job has come.
///
/// # Errors
/// As the database says.
pub async fn find_cursor(conn: &mut Conn, _scope: Scope, name: &str) -> DbResult<Option<Cursor>> {
    Ok(housekeeping_cursors::table
        .find(name)
        .select(Cursor::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// Notes how far a job has come.
///
/// # Errors
/// As the database says.
pub async fn mark_cursor(
    conn: &mut Conn,
    _scope: Scope,
    name: &str,
    cursor: Cursor,
) -> DbResult<()> {
    let values = (
        housekeeping_cursors::at.eq(cursor.at),
        housekeeping_cursors::id.eq(cursor.id),
    );
    diesel::insert_into(housekeeping_cursors::table)
        .values((housekeeping_cursors::name.eq(name), values))
        .on_conflict(housekeeping_cursors::name)
        .do_update()
        .set(values)
        .execute(conn)
        .await?;
    Ok(())
}

/// Unconfirmed sign-ups made after the cursor and up to `until`, oldest first. `wanted`: they have an
/// e-mail that works as far as we know, and nobody said that it was not them.
///
/// # Errors
/// As the database says.
pub async fn list_unconfirmed(
    conn: &mut Conn,
    _scope: Scope,
    after: Cursor,
    until: DateTime<Utc>,
    limit: i64,
) -> DbResult<Vec<WalkedRow>> {
    Ok(diesel::sql_query(
        "SELECT id, association_id, case_id, created_at, \
           contact_kind = 'email' AND review = 'none' AND unreachable_at IS NULL AND restricted_at IS NULL AS wanted \
         FROM claimants WHERE state = 'unconfirmed' AND created_at <= $3 \
           AND created_at >= $1 AND (created_at, id) > ($1, $2) \
         ORDER BY created_at, id LIMIT $4",
    )
    .bind::<Timestamptz, _>(after.at)
    .bind::<SqlUuid, _>(after.id)
    .bind::<Timestamptz, _>(until)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await?)
}

/// When a claimant signed up for the purposes of R62: when the state was last changed, and the seconds
/// during which the contact's domain was held.
///
/// # Errors
/// `NotFound` if there is no such claimant.
pub async fn get_age(
    conn: &mut Conn,
    _scope: Scope,
    claimant: Uuid,
) -> DbResult<(DateTime<Utc>, i64)> {
    use crate::db::schema::claimants;
    Ok(claimants::table
        .find(claimant)
        .select((claimants::state_changed_at, claimants::held_seconds))
        .first(conn)
        .await?)
}

/// How many reminders an address had in a case, and when the last one was.
///
/// # Errors
/// As the database says.
pub async fn find(
    conn: &mut Conn,
    _scope: Scope,
    id: Uuid,
) -> DbResult<Option<(i16, DateTime<Utc>)>> {
    Ok(reminders::table
        .find(id)
        .select((reminders::sent, reminders::last_at))
        .first(conn)
        .await
        .optional()?)
}

/// Counts one more reminder to an address in a case, if there were fewer than `most` and none after
/// `before`; `false` if not.
///
/// # Errors
/// As the database says.
pub async fn count(
    conn: &mut Conn,
    _scope: Scope,
    id: Uuid,
    (most, before): (i16, DateTime<Utc>),
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> DbResult<bool> {
    let counted = diesel::sql_query(
        "INSERT INTO reminders AS r (id, sent, last_at, expires_at) VALUES ($1, 1, $2, $5) \
         ON CONFLICT (id) DO UPDATE SET sent = r.sent + 1, last_at = $2, expires_at = $5 \
           WHERE r.sent < $3 AND r.last_at <= $4",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<Timestamptz, _>(now)
    .bind::<SmallInt, _>(most)
    .bind::<Timestamptz, _>(before)
    .bind::<Timestamptz, _>(expires_at)
    .execute(conn)
    .await?;
    Ok(counted == 1)
}
