//! Payout data: each change is a new version (DESIGN 3.7).

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::{claimants, payouts};
use crate::db::scope::Scope;
use crate::domain::ids::ClaimantId;

/// A row of `payouts`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = payouts)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct PayoutRow {
    pub claimant_id: Uuid,
    pub version: i32,
    pub association_id: Uuid,
    pub sealed: Vec<u8>,
    pub created_at: DateTime<Utc>,
}

/// The payout data that count.
///
/// # Errors
/// As the database says.
pub async fn find(
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
) -> DbResult<Option<PayoutRow>> {
    let mut query = payouts::table
        .filter(payouts::claimant_id.eq(claimant.uuid()))
        .order(payouts::version.desc())
        .select(PayoutRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(payouts::association_id.eq(association.uuid()));
    }
    Ok(query.first(conn).await.optional()?)
}

/// When a version was given, UTC.
///
/// # Errors
/// As the database says.
pub async fn find_time(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    version: i32,
) -> DbResult<Option<DateTime<Utc>>> {
    Ok(payouts::table
        .find((claimant.uuid(), version))
        .select(payouts::created_at)
        .first(conn)
        .await
        .optional()?)
}

/// Writes a version, and notes on the claimant, who is locked, when it came.
///
/// # Errors
/// `Unique` if the version is there.
pub async fn insert(conn: &mut Conn, _scope: Scope, row: &PayoutRow) -> DbResult<()> {
    diesel::insert_into(payouts::table)
        .values(row)
        .execute(conn)
        .await?;
    diesel::update(claimants::table.find(row.claimant_id))
        .set(claimants::payout_at.eq(row.created_at))
        .execute(conn)
        .await?;
    Ok(())
}
