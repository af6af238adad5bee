//! The audit trail: appended only.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::audit;
use crate::db::scope::Scope;

/// A row of `audit`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = audit)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct AuditRow {
    pub subject_id: Uuid,
    pub id: Uuid,
    pub association_id: Option<Uuid>,
    pub actor_kind: String,
    pub actor_id: Option<Uuid>,
    pub action: String,
    pub before: Option<String>,
    pub after: Option<String>,
    pub detail: serde_json::Value,
    pub sealed: Option<Vec<u8>>,
    pub created_at: DateTime<Utc>,
}

/// Appends a row.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn, _scope: Scope, row: &AuditRow) -> DbResult<()> {
    diesel::insert_into(audit::table)
        .values(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// Appends rows.
///
/// # Errors
/// As the database says.
pub async fn insert_all(conn: &mut Conn, _scope: Scope, rows: &[AuditRow]) -> DbResult<()> {
    diesel::insert_into(audit::table)
        .values(rows)
        .execute(conn)
        .await?;
    Ok(())
}

/// The trail of a subject without one action, newest first, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list_without(
    conn: &mut Conn,
    scope: Scope,
    subject: Uuid,
    action: &str,
    limit: i64,
) -> DbResult<Vec<AuditRow>> {
    let mut query = audit::table
        .filter(audit::subject_id.eq(subject))
        .filter(audit::action.ne(action))
        .order(audit::id.desc())
        .limit(limit)
        .select(AuditRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(audit::association_id.eq(association.uuid()));
    }
    Ok(query.load(conn).await?)
}

/// The times of one action in the trail of a subject, newest first, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list_only(
    conn: &mut Conn,
    scope: Scope,
    subject: Uuid,
    action: &str,
    limit: i64,
) -> DbResult<Vec<AuditRow>> {
    let mut query = audit::table
        .filter(audit::subject_id.eq(subject))
        .filter(audit::action.eq(action))
        .order(audit::id.desc())
        .limit(limit)
        .select(AuditRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(audit::association_id.eq(association.uuid()));
    }
    Ok(query.load(conn).await?)
}
