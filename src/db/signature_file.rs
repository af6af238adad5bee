//! Files brought to sign with a digital signature, and what was found about them.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::signature_files;
use crate::db::scope::Scope;
use crate::domain::ids::{ClaimantId, FileId};

/// A row of `signature_files`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = signature_files)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct SignatureFileRow {
    pub claimant_id: Uuid,
    pub id: Uuid,
    pub association_id: Uuid,
    pub version: i32,
    pub request_id: Uuid,
    pub verdict: String,
    pub kept: bool,
    pub size: i64,
    pub sha256: Vec<u8>,
    pub report: Vec<u8>,
    pub checked_at: DateTime<Utc>,
}

/// Writes a file.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn, _scope: Scope, row: &SignatureFileRow) -> DbResult<()> {
    diesel::insert_into(signature_files::table)
        .values(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// Files of a claimant, newest first, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list(
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
    limit: i64,
) -> DbResult<Vec<SignatureFileRow>> {
    let mut query = signature_files::table
        .filter(signature_files::claimant_id.eq(claimant.uuid()))
        .order(signature_files::id.desc())
        .limit(limit)
        .select(SignatureFileRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(signature_files::association_id.eq(association.uuid()));
    }
    Ok(query.load(conn).await?)
}

/// A file of a claimant.
///
/// # Errors
/// As the database says.
pub async fn find(
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
    file: FileId,
) -> DbResult<Option<SignatureFileRow>> {
    let mut query = signature_files::table
        .filter(signature_files::claimant_id.eq(claimant.uuid()))
        .filter(signature_files::id.eq(file.uuid()))
        .select(SignatureFileRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(signature_files::association_id.eq(association.uuid()));
    }
    Ok(query.first(conn).await.optional()?)
}
