//! Deaths and heirs (R47): each change is a new version.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::{claimants, estates};
use crate::db::scope::Scope;
use crate::domain::ids::ClaimantId;

/// A row of `estates`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = estates)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct EstateRow {
    pub claimant_id: Uuid,
    pub version: i32,
    pub association_id: Uuid,
    pub sealed: Vec<u8>,
    pub recorded_by: Uuid,
    pub created_at: DateTime<Utc>,
}

/// The newest row of a claimant.
///
/// # Errors
/// As the database says.
pub async fn find(
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
) -> DbResult<Option<EstateRow>> {
    let mut query = estates::table
        .filter(estates::claimant_id.eq(claimant.uuid()))
        .order(estates::version.desc())
        .select(EstateRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(estates::association_id.eq(association.uuid()));
    }
    Ok(query.first(conn).await.optional()?)
}

/// Writes a version, and marks the claimant, who is locked, as dead: the first time stays, and what was
/// said of where to pay counts no more (R47).
///
/// # Errors
/// `Unique` if the version is there.
pub async fn insert(conn: &mut Conn, _scope: Scope, row: &EstateRow) -> DbResult<()> {
    diesel::insert_into(estates::table)
        .values(row)
        .execute(conn)
        .await?;
    diesel::update(
        claimants::table
            .filter(claimants::id.eq(row.claimant_id))
            .filter(claimants::died_at.is_null()),
    )
    .set((
        claimants::died_at.eq(row.created_at),
        claimants::payout_at.eq(None::<DateTime<Utc>>),
    ))
    .execute(conn)
    .await?;
    Ok(())
}
