//! Wrapped keys and sealed platform secrets.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::{association_keys, claimant_keys, root_keys, signing_keys};
use crate::db::scope::Scope;
use crate::domain::ids::{AssociationId, ClaimantId};

/// A row of `association_keys`.
#[derive(Queryable, Selectable, Insertable, Debug)]
#[diesel(table_name = association_keys)]
pub struct AssociationKeyRow {
    /// The association.
    pub association_id: Uuid,
    /// Version of its key.
    pub version: i32,
    /// Version of the root key that wraps it.
    pub root_version: i32,
    /// The wrapped key.
    pub wrapped: Vec<u8>,
    /// When it was made, UTC.
    pub created_at: DateTime<Utc>,
}

/// A row of `claimant_keys`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = claimant_keys)]
pub struct ClaimantKeyRow {
    /// The claimant.
    pub claimant_id: Uuid,
    /// The tenant.
    pub association_id: Uuid,
    /// Version of the data key.
    pub key_version: i32,
    /// Version of the association key that wraps it.
    pub association_key_version: i32,
    /// The wrapped key.
    pub wrapped: Vec<u8>,
}

/// A row of `signing_keys`.
#[derive(Queryable, Selectable, Insertable, Debug)]
#[diesel(table_name = signing_keys)]
pub struct SigningKeyRow {
    /// Id of the row.
    pub id: Uuid,
    /// What the secret is for.
    pub purpose: String,
    /// Version of the secret.
    pub version: i32,
    /// Version of the root key that seals it.
    pub root_version: i32,
    /// The sealed secret.
    pub sealed: Vec<u8>,
    /// When it was made, UTC.
    pub created_at: DateTime<Utc>,
}

/// All keys of an association, oldest first.
///
/// # Errors
/// As the database says.
pub async fn list_association(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
) -> DbResult<Vec<AssociationKeyRow>> {
    Ok(association_keys::table
        .filter(association_keys::association_id.eq(association.uuid()))
        .order(association_keys::version)
        .select(AssociationKeyRow::as_select())
        .load(conn)
        .await?)
}

/// Writes a new key of an association; one that is there stays.
///
/// # Errors
/// As the database says.
pub async fn insert_association(
    conn: &mut Conn,
    _scope: Scope,
    row: &AssociationKeyRow,
) -> DbResult<()> {
    diesel::insert_into(association_keys::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// The data key of a claimant; none once erased.
///
/// # Errors
/// As the database says.
pub async fn find_claimant(
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
) -> DbResult<Option<ClaimantKeyRow>> {
    let mut query = claimant_keys::table
        .filter(claimant_keys::claimant_id.eq(claimant.uuid()))
        .select(ClaimantKeyRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(claimant_keys::association_id.eq(association.uuid()));
    }
    Ok(query.first(conn).await.optional()?)
}

/// The data keys of some claimants; the erased have none.
///
/// # Errors
/// As the database says.
pub async fn list_claimants(
    conn: &mut Conn,
    scope: Scope,
    claimants: &[Uuid],
) -> DbResult<Vec<ClaimantKeyRow>> {
    let mut query = claimant_keys::table
        .filter(claimant_keys::claimant_id.eq_any(claimants))
        .select(ClaimantKeyRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(claimant_keys::association_id.eq(association.uuid()));
    }
    Ok(query.load(conn).await?)
}

/// Writes the data key of a claimant.
///
/// # Errors
/// `Unique` if there is one.
pub async fn insert_claimant(conn: &mut Conn, _scope: Scope, row: &ClaimantKeyRow) -> DbResult<()> {
    diesel::insert_into(claimant_keys::table)
        .values(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// Deletes the data key of a claimant: from then on nothing of the person opens.
///
/// # Errors
/// As the database says.
pub async fn delete_claimant(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
) -> DbResult<usize> {
    Ok(diesel::delete(claimant_keys::table.find(claimant.uuid()))
        .execute(conn)
        .await?)
}

/// The stored check value of a root key; `expected` is stored where there is none.
///
/// # Errors
/// As the database says.
pub async fn root_check(
    conn: &mut Conn,
    _scope: Scope,
    version: i32,
    expected: &[u8],
    now: DateTime<Utc>,
) -> DbResult<Vec<u8>> {
    diesel::insert_into(root_keys::table)
        .values((
            root_keys::version.eq(version),
            root_keys::check_value.eq(expected),
            root_keys::first_seen.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(root_keys::table
        .find(version)
        .select(root_keys::check_value)
        .first(conn)
        .await?)
}

/// The newest secret of a purpose; `fresh` is stored where there is none.
///
/// # Errors
/// As the database says.
pub async fn find_or_insert_signing_key(
    conn: &mut Conn,
    _scope: Scope,
    fresh: &SigningKeyRow,
) -> DbResult<SigningKeyRow> {
    diesel::insert_into(signing_keys::table)
        .values(fresh)
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(signing_keys::table
        .filter(signing_keys::purpose.eq(&fresh.purpose))
        .order(signing_keys::version.desc())
        .select(SigningKeyRow::as_select())
        .first(conn)
        .await?)
}
