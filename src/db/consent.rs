//! Consents: appended, never changed (R20).

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::consents;
use crate::db::scope::Scope;
use crate::domain::ids::ClaimantId;

/// A row of `consents`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = consents)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct ConsentRow {
    pub claimant_id: Uuid,
    pub id: Uuid,
    pub association_id: Uuid,
    pub purpose: String,
    pub text_version: String,
    pub given: bool,
    pub channel: String,
    pub evidence: Option<Vec<u8>>,
    pub created_at: DateTime<Utc>,
}

/// Appends a consent.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn, _scope: Scope, row: &ConsentRow) -> DbResult<()> {
    diesel::insert_into(consents::table)
        .values(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// All consents of a claimant, newest first.
///
/// # Errors
/// As the database says.
pub async fn list(
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
) -> DbResult<Vec<ConsentRow>> {
    let mut query = consents::table
        .filter(consents::claimant_id.eq(claimant.uuid()))
        .order(consents::id.desc())
        .select(ConsentRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(consents::association_id.eq(association.uuid()));
    }
    Ok(query.load(conn).await?)
}
