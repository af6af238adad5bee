//! Sessions of claimants and staff; the token itself is not stored.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Integer, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::sessions;
use crate::db::scope::Scope;
use crate::domain::ids::{AssociationId, ClaimantId};

/// A row of `sessions`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = sessions)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct SessionRow {
    pub id: Uuid,
    pub kind: String,
    pub subject_id: Uuid,
    pub association_id: Uuid,
    pub created_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub step_up_until: Option<DateTime<Utc>>,
}

/// Opens a session.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn, _scope: Scope, row: &SessionRow) -> DbResult<()> {
    diesel::insert_into(sessions::table)
        .values(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// A session that has not expired.
///
/// # Errors
/// As the database says.
pub async fn find(
    conn: &mut Conn,
    _scope: Scope,
    id: Uuid,
    kind: &str,
    now: DateTime<Utc>,
) -> DbResult<Option<SessionRow>> {
    Ok(sessions::table
        .filter(sessions::id.eq(id))
        .filter(sessions::kind.eq(kind))
        .filter(sessions::expires_at.gt(now))
        .select(SessionRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// Moves the end of a session, up to so many hours after it began.
///
/// # Errors
/// As the database says.
pub async fn mark_seen(
    conn: &mut Conn,
    _scope: Scope,
    id: Uuid,
    (now, expires_at): (DateTime<Utc>, DateTime<Utc>),
    hours: i32,
) -> DbResult<()> {
    diesel::sql_query(
        "UPDATE sessions SET last_seen_at = $2, \
         expires_at = least($3, created_at + make_interval(hours => $4)) WHERE id = $1",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<Timestamptz, _>(now)
    .bind::<Timestamptz, _>(expires_at)
    .bind::<Integer, _>(hours)
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes a fresh second factor.
///
/// # Errors
/// As the database says.
pub async fn mark_step_up(
    conn: &mut Conn,
    _scope: Scope,
    id: Uuid,
    until: DateTime<Utc>,
) -> DbResult<usize> {
    Ok(diesel::update(sessions::table.find(id))
        .set(sessions::step_up_until.eq(until))
        .execute(conn)
        .await?)
}

/// Ends a session.
///
/// # Errors
/// As the database says.
pub async fn delete(conn: &mut Conn, _scope: Scope, id: Uuid) -> DbResult<usize> {
    Ok(diesel::delete(sessions::table.find(id))
        .execute(conn)
        .await?)
}

/// Ends every session of a person.
///
/// # Errors
/// As the database says.
pub async fn delete_of(conn: &mut Conn, _scope: Scope, subject: Uuid) -> DbResult<usize> {
    Ok(
        diesel::delete(sessions::table.filter(sessions::subject_id.eq(subject)))
            .execute(conn)
            .await?,
    )
}

/// Ends every session of a person but one.
///
/// # Errors
/// As the database says.
pub async fn delete_others(
    conn: &mut Conn,
    _scope: Scope,
    subject: Uuid,
    kept: Uuid,
) -> DbResult<usize> {
    let others = sessions::table
        .filter(sessions::subject_id.eq(subject))
        .filter(sessions::id.ne(kept));
    Ok(diesel::delete(others).execute(conn).await?)
}

/// Gives a claimant's session to another record of the same person.
///
/// # Errors
/// As the database says.
pub async fn mark_subject(
    conn: &mut Conn,
    _scope: Scope,
    id: Uuid,
    claimant: ClaimantId,
    association: AssociationId,
) -> DbResult<()> {
    diesel::update(sessions::table.find(id))
        .set((
            sessions::subject_id.eq(claimant.uuid()),
            sessions::association_id.eq(association.uuid()),
        ))
        .execute(conn)
        .await?;
    Ok(())
}
