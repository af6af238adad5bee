//! Challenges: the secrets behind links and codes.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::confirmations;
use crate::db::scope::Scope;
use crate::domain::ids::{ChallengeId, ClaimantId};

/// Wrong codes after which a code is dead; the link is not.
pub const MAX_ATTEMPTS: i16 = 5;

/// A row of `confirmations`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = confirmations)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct ConfirmationRow {
    pub claimant_id: Uuid,
    pub id: Uuid,
    pub association_id: Uuid,
    pub purpose: String,
    pub token_hash: Vec<u8>,
    pub code_hash: Vec<u8>,
    pub attempts: i16,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub used_at: Option<DateTime<Utc>>,
    pub voided_at: Option<DateTime<Utc>>,
}

/// Writes a challenge.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn, _scope: Scope, row: &ConfirmationRow) -> DbResult<()> {
    diesel::insert_into(confirmations::table)
        .values(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// The challenges of a claimant for a purpose, newest first, at most 20.
///
/// # Errors
/// As the database says.
pub async fn list(
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
    purpose: &str,
) -> DbResult<Vec<ConfirmationRow>> {
    let mut query = confirmations::table
        .filter(confirmations::claimant_id.eq(claimant.uuid()))
        .filter(confirmations::purpose.eq(purpose))
        .order(confirmations::id.desc())
        .limit(20)
        .select(ConfirmationRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(confirmations::association_id.eq(association.uuid()));
    }
    Ok(query.load(conn).await?)
}

/// One challenge.
///
/// # Errors
/// As the database says.
pub async fn find(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    id: ChallengeId,
) -> DbResult<Option<ConfirmationRow>> {
    Ok(confirmations::table
        .find((claimant.uuid(), id.uuid()))
        .select(ConfirmationRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// Challenges by claimant and id, in no order.
///
/// # Errors
/// As the database says.
pub async fn list_by_ids(
    conn: &mut Conn,
    _scope: Scope,
    ids: &[(Uuid, Uuid)],
) -> DbResult<Vec<ConfirmationRow>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let (claimants, challenges): (Vec<Uuid>, Vec<Uuid>) = ids.iter().copied().unzip();
    Ok(confirmations::table
        .filter(confirmations::claimant_id.eq_any(claimants))
        .filter(confirmations::id.eq_any(challenges))
        .select(ConfirmationRow::as_select())
        .load(conn)
        .await?)
}

/// Challenges made for a claimant since an instant.
///
/// # Errors
/// As the database says.
pub async fn count_since(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    since: DateTime<Utc>,
) -> DbResult<i64> {
    Ok(confirmations::table
        .filter(confirmations::claimant_id.eq(claimant.uuid()))
        .filter(confirmations::created_at.gt(since))
        .count()
        .get_result(conn)
        .await?)
}

/// Marks a challenge used, if it was not; `false` if somebody was faster.
///
/// # Errors
/// As the database says.
pub async fn mark_used(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    id: Uuid,
    now: DateTime<Utc>,
) -> DbResult<bool> {
    let used = diesel::update(confirmations::table.find((claimant.uuid(), id)))
        .filter(confirmations::used_at.is_null())
        .set(confirmations::used_at.eq(now))
        .execute(conn)
        .await?;
    Ok(used == 1)
}

/// Counts a wrong code against every open challenge of a purpose.
///
/// # Errors
/// As the database says.
pub async fn mark_wrong_code(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    purpose: &str,
    now: DateTime<Utc>,
) -> DbResult<usize> {
    Ok(diesel::update(confirmations::table)
        .filter(confirmations::claimant_id.eq(claimant.uuid()))
        .filter(confirmations::purpose.eq(purpose))
        .filter(confirmations::used_at.is_null())
        .filter(confirmations::voided_at.is_null())
        .filter(confirmations::expires_at.gt(now))
        .filter(confirmations::attempts.lt(MAX_ATTEMPTS))
        .set(confirmations::attempts.eq(confirmations::attempts + 1))
        .execute(conn)
        .await?)
}

/// Voids every open challenge of a claimant.
///
/// # Errors
/// As the database says.
pub async fn mark_voided(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    now: DateTime<Utc>,
) -> DbResult<usize> {
    Ok(diesel::update(confirmations::table)
        .filter(confirmations::claimant_id.eq(claimant.uuid()))
        .filter(confirmations::used_at.is_null())
        .filter(confirmations::voided_at.is_null())
        .set(confirmations::voided_at.eq(now))
        .execute(conn)
        .await?)
}

/// Moves the end of a challenge whose mail had to wait.
///
/// # Errors
/// As the database says.
pub async fn mark_expiry(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    id: ChallengeId,
    expires_at: DateTime<Utc>,
) -> DbResult<()> {
    diesel::update(confirmations::table.find((claimant.uuid(), id.uuid())))
        .set(confirmations::expires_at.eq(expires_at))
        .execute(conn)
        .await?;
    Ok(())
}

/// Ends the code of a challenge whose mail has the link only.
///
/// # Errors
/// As the database says.
pub async fn mark_without_code(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    id: ChallengeId,
) -> DbResult<()> {
    diesel::update(confirmations::table.find((claimant.uuid(), id.uuid())))
        .set(confirmations::attempts.eq(MAX_ATTEMPTS))
        .execute(conn)
        .await?;
    Ok(())
}
