//! Blind index: finds claimants by what is sealed.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::lookups;
use crate::db::scope::Scope;
use crate::domain::ids::{AssociationId, ClaimantId};

/// Rejected records `r` and what shares something with one, `l`: what follows FROM, to go on with AND. A hash is one of
/// a case and a kind, so a mailbox is never taken for a contact.
pub(in crate::db) const REJECTED_SHARING: &str = "claimants r \
    JOIN lookups o ON o.claimant_id = r.id AND o.kind IN ('email', 'phone', 'mailbox', 'codice_fiscale') \
    JOIN lookups l ON l.hash = o.hash AND l.kind = o.kind AND l.association_id = o.association_id \
    AND l.claimant_id <> r.id WHERE r.state = 'rejected'";

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

/// A rejected record, found from another one.
#[derive(QueryableByName, Debug, Clone)]
pub struct RejectedRow {
    /// The rejected record.
    #[diesel(sql_type = SqlUuid)]
    pub claimant_id: Uuid,
    /// When it was rejected, UTC.
    #[diesel(sql_type = Timestamptz)]
    pub rejected_at: DateTime<Utc>,
    /// Why, where the trail says it as a code.
    #[diesel(sql_type = Nullable<Text>)]
    pub code: Option<String>,
}

/// Rejected records of the same case and association that share e-mail, phone, mailbox or codice fiscale with a
/// claimant, with when and why that was by the newest row of the trail with one of `verbs`; newest first, at most
/// `limit`.
///
/// # Errors
/// As the database says.
pub async fn list_rejected(
    conn: &mut Conn,
    _scope: Scope,
    (association, claimant): (AssociationId, ClaimantId),
    verbs: &[&str],
    limit: i64,
) -> DbResult<Vec<RejectedRow>> {
    let sql = format!(
        "SELECT f.id AS claimant_id, t.created_at AS rejected_at, t.detail ->> 'code' AS code FROM \
         (SELECT DISTINCT r.id FROM {REJECTED_SHARING} AND l.claimant_id = $1 AND l.association_id = $2 \
         ORDER BY r.id DESC LIMIT $3) f \
         JOIN LATERAL (SELECT a.created_at, a.detail FROM audit a WHERE a.subject_id = f.id \
         AND a.association_id = $2 AND a.action = ANY ($4) AND a.after = 'rejected' ORDER BY a.id DESC LIMIT 1) t \
         ON true ORDER BY f.id DESC"
    );
    Ok(diesel::sql_query(sql)
        .bind::<SqlUuid, _>(claimant.uuid())
        .bind::<SqlUuid, _>(association.uuid())
        .bind::<BigInt, _>(limit)
        .bind::<Array<Text>, _>(verbs)
        .load(conn)
        .await?)
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
