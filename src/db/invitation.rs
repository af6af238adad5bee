//! Invitations to act for an association.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::invitations;
use crate::db::scope::Scope;
use crate::domain::ids::AssociationId;

/// A row of `invitations`.
#[derive(Queryable, Selectable, Insertable, Clone)]
#[diesel(table_name = invitations)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct InvitationRow {
    pub id: Uuid,
    pub association_id: Uuid,
    pub role: String,
    pub language: String,
    pub email_hash: Vec<u8>,
    pub root_version: i32,
    pub email_sealed: Option<Vec<u8>>,
    pub invited_by: Uuid,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub accepted_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
    pub case_ids: Option<Vec<Uuid>>,
}

/// Writes an invitation.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn, _scope: Scope, row: &InvitationRow) -> DbResult<()> {
    diesel::insert_into(invitations::table)
        .values(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// An invitation.
///
/// # Errors
/// As the database says.
pub async fn find(conn: &mut Conn, _scope: Scope, id: Uuid) -> DbResult<Option<InvitationRow>> {
    Ok(invitations::table
        .find(id)
        .select(InvitationRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// An invitation, locked until the transaction ends.
///
/// # Errors
/// As the database says.
pub async fn lock(conn: &mut Conn, _scope: Scope, id: Uuid) -> DbResult<Option<InvitationRow>> {
    Ok(invitations::table
        .find(id)
        .for_update()
        .select(InvitationRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// Invitations of an association that nobody took or called off, newest first, at most `limit`; those whose
/// time is over too.
///
/// # Errors
/// As the database says.
pub async fn list_open(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    limit: i64,
) -> DbResult<Vec<InvitationRow>> {
    Ok(invitations::table
        .filter(invitations::association_id.eq(association.uuid()))
        .filter(invitations::email_sealed.is_not_null())
        .order(invitations::id.desc())
        .limit(limit)
        .select(InvitationRow::as_select())
        .load(conn)
        .await?)
}

/// Ends an invitation: taken, or called off. The address goes.
///
/// # Errors
/// As the database says.
pub async fn mark_ended(
    conn: &mut Conn,
    _scope: Scope,
    id: Uuid,
    accepted_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
) -> DbResult<()> {
    diesel::update(invitations::table.find(id))
        .set((
            invitations::email_sealed.eq(None::<Vec<u8>>),
            invitations::accepted_at.eq(accepted_at),
            invitations::revoked_at.eq(revoked_at),
        ))
        .execute(conn)
        .await?;
    Ok(())
}
