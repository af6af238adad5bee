//! Identities, and who holds a person's key in a case.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::{conflicts, identities, registered_persons};
use crate::db::scope::Scope;
use crate::domain::ids::ClaimantId;

/// A row of `identities`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = identities)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct IdentityRow {
    pub claimant_id: Uuid,
    pub version: i32,
    pub association_id: Uuid,
    pub kind: String,
    pub capacity: String,
    pub sealed: Vec<u8>,
    pub warnings: Vec<String>,
    pub given_by: String,
    pub created_at: DateTime<Utc>,
    pub to_check_at: Option<DateTime<Utc>>,
    pub checked_at: Option<DateTime<Utc>>,
    pub checked_by: Option<Uuid>,
}

/// A row of `conflicts`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = conflicts)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct ConflictRow {
    pub claimant_id: Uuid,
    pub id: Uuid,
    pub association_id: Uuid,
    pub kind: String,
    pub registered_id: Uuid,
    pub other_claimant_id: Uuid,
    pub opened_at: DateTime<Utc>,
    pub settled_at: Option<DateTime<Utc>>,
    pub settlement: Option<String>,
    pub proven_at: Option<DateTime<Utc>>,
}

/// The newest identity of a claimant.
///
/// # Errors
/// As the database says.
pub async fn find(
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
) -> DbResult<Option<IdentityRow>> {
    let mut query = identities::table
        .filter(identities::claimant_id.eq(claimant.uuid()))
        .order(identities::version.desc())
        .select(IdentityRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(identities::association_id.eq(association.uuid()));
    }
    Ok(query.first(conn).await.optional()?)
}

/// Writes a version of an identity.
///
/// # Errors
/// `Unique` if the version is there.
pub async fn insert(conn: &mut Conn, _scope: Scope, row: &IdentityRow) -> DbResult<()> {
    diesel::insert_into(identities::table)
        .values(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes since when a version waits for a look, because something in it does not fit (R23).
///
/// # Errors
/// `Unique` if another version waits.
pub async fn mark_to_check(
    conn: &mut Conn,
    _scope: Scope,
    row: &IdentityRow,
    since: DateTime<Utc>,
) -> DbResult<()> {
    diesel::update(identities::table.find((row.claimant_id, row.version)))
        .set(identities::to_check_at.eq(since))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes that no version of a claimant waits for a look any more: another one comes.
///
/// # Errors
/// As the database says.
pub async fn mark_replaced(conn: &mut Conn, _scope: Scope, claimant: ClaimantId) -> DbResult<()> {
    let waiting = identities::table
        .filter(identities::claimant_id.eq(claimant.uuid()))
        .filter(identities::to_check_at.is_not_null());
    diesel::update(waiting)
        .set(identities::to_check_at.eq(None::<DateTime<Utc>>))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes that staff looked at what does not fit in a version, and found it in order.
///
/// # Errors
/// As the database says.
pub async fn mark_checked(
    conn: &mut Conn,
    _scope: Scope,
    row: &IdentityRow,
    by: Uuid,
    now: DateTime<Utc>,
) -> DbResult<()> {
    diesel::update(identities::table.find((row.claimant_id, row.version)))
        .set((
            identities::to_check_at.eq(None::<DateTime<Utc>>),
            identities::checked_at.eq(now),
            identities::checked_by.eq(by),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Since when the identities of some claimants wait for a look; who is not among them does not wait.
///
/// # Errors
/// As the database says.
pub async fn list_to_check(
    conn: &mut Conn,
    scope: Scope,
    claimants: &[Uuid],
) -> DbResult<Vec<(Uuid, DateTime<Utc>)>> {
    let mut query = identities::table
        .filter(identities::claimant_id.eq_any(claimants))
        .filter(identities::to_check_at.is_not_null())
        .select((
            identities::claimant_id,
            identities::to_check_at.assume_not_null(),
        ))
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(identities::association_id.eq(association.uuid()));
    }
    Ok(query.load(conn).await?)
}

/// Takes the key of a person in a case. `None`: taken; else who holds it (possibly the claimant).
///
/// # Errors
/// As the database says.
pub async fn register_person(
    conn: &mut Conn,
    scope: Scope,
    key: Uuid,
    claimant: ClaimantId,
    association: Uuid,
    now: DateTime<Utc>,
) -> DbResult<Option<ClaimantId>> {
    let inserted = diesel::insert_into(registered_persons::table)
        .values((
            registered_persons::id.eq(key),
            registered_persons::claimant_id.eq(claimant.uuid()),
            registered_persons::association_id.eq(association),
            registered_persons::registered_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    if inserted == 1 {
        return Ok(None);
    }
    find_holder(conn, scope, key).await
}

/// Who holds the key of a person.
///
/// # Errors
/// As the database says.
pub async fn find_holder(
    conn: &mut Conn,
    _scope: Scope,
    key: Uuid,
) -> DbResult<Option<ClaimantId>> {
    let holder: Option<Uuid> = registered_persons::table
        .find(key)
        .select(registered_persons::claimant_id)
        .first(conn)
        .await
        .optional()?;
    Ok(holder.map(ClaimantId::new))
}

/// Keys of persons that a claimant holds.
///
/// # Errors
/// As the database says.
pub async fn list_held(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
) -> DbResult<Vec<Uuid>> {
    Ok(registered_persons::table
        .filter(registered_persons::claimant_id.eq(claimant.uuid()))
        .select(registered_persons::id)
        .load(conn)
        .await?)
}

/// Frees a key of a person.
///
/// # Errors
/// As the database says.
pub async fn release_person(conn: &mut Conn, _scope: Scope, key: Uuid) -> DbResult<usize> {
    Ok(diesel::delete(registered_persons::table.find(key))
        .execute(conn)
        .await?)
}

/// Opens a conflict.
///
/// # Errors
/// As the database says.
pub async fn insert_conflict(conn: &mut Conn, _scope: Scope, row: &ConflictRow) -> DbResult<()> {
    diesel::insert_into(conflicts::table)
        .values(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// Open conflicts on a key, oldest claimant first.
///
/// # Errors
/// As the database says.
pub async fn list_conflicts_on(
    conn: &mut Conn,
    _scope: Scope,
    key: Uuid,
) -> DbResult<Vec<ConflictRow>> {
    Ok(conflicts::table
        .filter(conflicts::registered_id.eq(key))
        .filter(conflicts::settled_at.is_null())
        .order(conflicts::claimant_id)
        .select(ConflictRow::as_select())
        .load(conn)
        .await?)
}

/// Open conflicts of a claimant.
///
/// # Errors
/// As the database says.
pub async fn list_conflicts_of(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
) -> DbResult<Vec<ConflictRow>> {
    Ok(conflicts::table
        .filter(conflicts::claimant_id.eq(claimant.uuid()))
        .filter(conflicts::settled_at.is_null())
        .select(ConflictRow::as_select())
        .load(conn)
        .await?)
}

/// Ends the open conflicts of a claimant on a key.
///
/// # Errors
/// As the database says.
pub async fn settle_conflicts(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    key: Uuid,
    settlement: &str,
    now: DateTime<Utc>,
) -> DbResult<usize> {
    Ok(diesel::update(conflicts::table)
        .filter(conflicts::claimant_id.eq(claimant.uuid()))
        .filter(conflicts::registered_id.eq(key))
        .filter(conflicts::settled_at.is_null())
        .set((
            conflicts::settled_at.eq(now),
            conflicts::settlement.eq(settlement),
        ))
        .execute(conn)
        .await?)
}

/// Notes on an open conflict since when it is decided for who holds the key; `None`: it is not.
///
/// # Errors
/// As the database says.
pub async fn mark_proven(
    conn: &mut Conn,
    _scope: Scope,
    conflict: &ConflictRow,
    since: Option<DateTime<Utc>>,
) -> DbResult<()> {
    diesel::update(conflicts::table.find((conflict.claimant_id, conflict.id)))
        .set(conflicts::proven_at.eq(since))
        .execute(conn)
        .await?;
    Ok(())
}
