//! Blind index: finds claimants by what is sealed.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::{claimants, lookups};
use crate::db::scope::Scope;
use crate::domain::ids::{AssociationId, ClaimantId};

/// A row of `lookups`.
#[derive(Insertable, Debug, Clone)]
#[diesel(table_name = lookups)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct LookupRow {
    pub hash: Vec<u8>,
    pub kind: &'static str,
    pub claimant_id: Uuid,
    pub association_id: Uuid,
}

/// Writes look-ups; those that are there stay.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn, _scope: Scope, rows: &[LookupRow]) -> DbResult<()> {
    diesel::insert_into(lookups::table)
        .values(rows)
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// Claimants with a value, given by its hashes, newest first, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list(
    conn: &mut Conn,
    scope: Scope,
    kind: &str,
    hashes: &[&[u8]],
    limit: i64,
) -> DbResult<Vec<ClaimantId>> {
    let mut query = lookups::table
        .filter(lookups::hash.eq_any(hashes))
        .filter(lookups::kind.eq(kind))
        .order(lookups::claimant_id.desc())
        .limit(limit)
        .select(lookups::claimant_id)
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(lookups::association_id.eq(association.uuid()));
    }
    let ids: Vec<Uuid> = query.load(conn).await?;
    Ok(ids.into_iter().map(ClaimantId::new).collect())
}

/// Whom values of some kinds find among the claimants of the association: kind, hash, claimant.
///
/// # Errors
/// As the database says.
pub async fn list_known(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    kinds: &[&str],
    hashes: &[Vec<u8>],
) -> DbResult<Vec<(String, Vec<u8>, Uuid)>> {
    Ok(lookups::table
        .filter(lookups::hash.eq_any(hashes))
        .filter(lookups::kind.eq_any(kinds))
        .filter(lookups::association_id.eq(association.uuid()))
        .order(lookups::claimant_id)
        .select((lookups::kind, lookups::hash, lookups::claimant_id))
        .load(conn)
        .await?)
}

/// Rejected records of the same case and association that share e-mail, phone, mailbox or codice fiscale with a
/// claimant, newest first, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list_rejected(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    claimant: ClaimantId,
    limit: i64,
) -> DbResult<Vec<ClaimantId>> {
    const SHARED: [&str; 4] = ["email", "phone", "mailbox", "codice_fiscale"];
    let own: Vec<Vec<u8>> = lookups::table
        .filter(lookups::claimant_id.eq(claimant.uuid()))
        .filter(lookups::kind.eq_any(SHARED))
        .select(lookups::hash)
        .load(conn)
        .await?;
    let found: Vec<Uuid> = lookups::table
        .inner_join(claimants::table.on(claimants::id.eq(lookups::claimant_id)))
        .filter(lookups::hash.eq_any(own))
        .filter(lookups::kind.eq_any(SHARED))
        .filter(lookups::association_id.eq(association.uuid()))
        .filter(lookups::claimant_id.ne(claimant.uuid()))
        .filter(claimants::state.eq("rejected"))
        .select(lookups::claimant_id)
        .distinct()
        .order(lookups::claimant_id.desc())
        .limit(limit)
        .load(conn)
        .await?;
    Ok(found.into_iter().map(ClaimantId::new).collect())
}

/// Deletes the look-ups of a claimant, of some kinds.
///
/// # Errors
/// As the database says.
pub async fn delete_kinds(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    kinds: &[&str],
) -> DbResult<usize> {
    Ok(diesel::delete(lookups::table)
        .filter(lookups::claimant_id.eq(claimant.uuid()))
        .filter(lookups::kind.eq_any(kinds))
        .execute(conn)
        .await?)
}

/// Deletes all look-ups of a claimant.
///
/// # Errors
/// As the database says.
pub async fn delete(conn: &mut Conn, _scope: Scope, claimant: ClaimantId) -> DbResult<usize> {
    Ok(diesel::delete(lookups::table)
        .filter(lookups::claimant_id.eq(claimant.uuid()))
        .execute(conn)
        .await?)
}
