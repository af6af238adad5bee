//! Other contacts that confirmed claimants asked for: the newest can be confirmed, each one that counted can be taken
//! back by who reads the address before.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::contact_changes;
use crate::db::scope::Scope;
use crate::domain::ids::ClaimantId;

/// A row of `contact_changes`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = contact_changes)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct ContactChangeRow {
    pub claimant_id: Uuid,
    pub id: Uuid,
    pub association_id: Uuid,
    pub new_sealed: Vec<u8>,
    pub former_sealed: Option<Vec<u8>>,
    pub created_at: DateTime<Utc>,
    pub done_at: Option<DateTime<Utc>>,
    pub told_at: Option<DateTime<Utc>>,
    pub stopped_at: Option<DateTime<Utc>>,
    pub lost_at: Option<DateTime<Utc>>,
}

/// Writes a change that was asked for.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn, _scope: Scope, row: &ContactChangeRow) -> DbResult<()> {
    diesel::insert_into(contact_changes::table)
        .values(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// How many changes a claimant asked for since an instant.
///
/// # Errors
/// As the database says.
pub async fn count_since(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    since: DateTime<Utc>,
) -> DbResult<i64> {
    Ok(contact_changes::table
        .filter(contact_changes::claimant_id.eq(claimant.uuid()))
        .filter(contact_changes::created_at.ge(since))
        .count()
        .get_result(conn)
        .await?)
}

/// The changes of a claimant, newest first: ten a day are taken, and kept for 32 days.
///
/// # Errors
/// As the database says.
pub async fn list(
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
) -> DbResult<Vec<ContactChangeRow>> {
    let mut query = contact_changes::table
        .filter(contact_changes::claimant_id.eq(claimant.uuid()))
        .order(contact_changes::id.desc())
        .select(ContactChangeRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(contact_changes::association_id.eq(association.uuid()));
    }
    Ok(query.load(conn).await?)
}

/// One change.
///
/// # Errors
/// As the database says.
pub async fn find(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    id: Uuid,
) -> DbResult<Option<ContactChangeRow>> {
    Ok(contact_changes::table
        .find((claimant.uuid(), id))
        .select(ContactChangeRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// Notes that the new address counts, and what was there before.
///
/// # Errors
/// As the database says.
pub async fn mark_done(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    id: Uuid,
    (former_sealed, now): (Vec<u8>, DateTime<Utc>),
) -> DbResult<()> {
    diesel::update(contact_changes::table.find((claimant.uuid(), id)))
        .set((
            contact_changes::former_sealed.eq(former_sealed),
            contact_changes::done_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes that nobody can be told of a change, unless that was known.
///
/// # Errors
/// As the database says.
pub async fn mark_lost(
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
    id: Uuid,
    now: DateTime<Utc>,
) -> DbResult<()> {
    mark_told(conn, scope, claimant, id, now).await?;
    diesel::update(contact_changes::table.find((claimant.uuid(), id)))
        .filter(contact_changes::lost_at.is_null())
        .set(contact_changes::lost_at.eq(now))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes that the mail about a change left, unless that was known.
///
/// # Errors
/// As the database says.
pub async fn mark_told(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    id: Uuid,
    now: DateTime<Utc>,
) -> DbResult<()> {
    diesel::update(contact_changes::table.find((claimant.uuid(), id)))
        .filter(contact_changes::told_at.is_null())
        .set(contact_changes::told_at.eq(now))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes that a change was taken back, and with it each that came to count after it.
///
/// # Errors
/// As the database says.
pub async fn mark_stopped(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    from: DateTime<Utc>,
    now: DateTime<Utc>,
) -> DbResult<usize> {
    Ok(diesel::update(contact_changes::table)
        .filter(contact_changes::claimant_id.eq(claimant.uuid()))
        .filter(contact_changes::done_at.ge(from))
        .filter(contact_changes::stopped_at.is_null())
        .set(contact_changes::stopped_at.eq(now))
        .execute(conn)
        .await?)
}
