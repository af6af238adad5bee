//! Other contacts that staff typed in for confirmed claimants: one at a time waits, for a second person and then for the
//! reader of the address.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::contact_requests;
use crate::db::scope::Scope;
use crate::domain::ids::ClaimantId;

/// A row of `contact_requests`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = contact_requests)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct ContactRequestRow {
    pub claimant_id: Uuid,
    pub id: Uuid,
    pub association_id: Uuid,
    pub new_sealed: Vec<u8>,
    pub how: String,
    pub asked_by: Uuid,
    pub asked_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub approved_at: Option<DateTime<Utc>>,
    pub approved_by: Option<Uuid>,
    pub ended_at: Option<DateTime<Utc>>,
    pub ended_as: Option<String>,
    pub change_id: Option<Uuid>,
}

impl ContactRequestRow {
    /// Whether it waits, for a second person or for the reader of the address.
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.ended_at.is_none() && self.expires_at > now
    }
}

/// Writes a request.
///
/// # Errors
/// As the database says: `contact_requests_open_key` if another one waits.
pub async fn insert(conn: &mut Conn, _scope: Scope, row: &ContactRequestRow) -> DbResult<()> {
    diesel::insert_into(contact_requests::table)
        .values(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// The requests for a claimant, newest first: a few a day are taken, and kept for 32 days.
///
/// # Errors
/// As the database says.
pub async fn list(
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
) -> DbResult<Vec<ContactRequestRow>> {
    let mut query = contact_requests::table
        .filter(contact_requests::claimant_id.eq(claimant.uuid()))
        .order(contact_requests::id.desc())
        .select(ContactRequestRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(contact_requests::association_id.eq(association.uuid()));
    }
    Ok(query.load(conn).await?)
}

/// Notes that a second person approved a request, and until when it can be confirmed; whether it still waited for that.
///
/// # Errors
/// As the database says: `contact_requests_approved_check` if it is who typed it in.
pub async fn mark_approved(
    conn: &mut Conn,
    _scope: Scope,
    (claimant, id): (ClaimantId, Uuid),
    (now, by): (DateTime<Utc>, Uuid),
    expires_at: DateTime<Utc>,
) -> DbResult<bool> {
    let changed = diesel::update(contact_requests::table.find((claimant.uuid(), id)))
        .filter(contact_requests::ended_at.is_null())
        .filter(contact_requests::approved_at.is_null())
        .set((
            contact_requests::approved_at.eq(now),
            contact_requests::approved_by.eq(by),
            contact_requests::expires_at.eq(expires_at),
        ))
        .execute(conn)
        .await?;
    Ok(changed == 1)
}

/// Notes that the reader of the address confirmed it, and the change that came of it; whether it still waited for that.
///
/// # Errors
/// As the database says.
pub async fn mark_confirmed(
    conn: &mut Conn,
    _scope: Scope,
    (claimant, id): (ClaimantId, Uuid),
    (now, change): (DateTime<Utc>, Uuid),
) -> DbResult<bool> {
    let changed = diesel::update(contact_requests::table.find((claimant.uuid(), id)))
        .filter(contact_requests::ended_at.is_null())
        .set((
            contact_requests::ended_at.eq(now),
            contact_requests::ended_as.eq("confirmed"),
            contact_requests::change_id.eq(change),
        ))
        .execute(conn)
        .await?;
    Ok(changed == 1)
}

/// Ends what waits of a claimant, for a reason: a word of the column. How many that were, one at most.
///
/// # Errors
/// As the database says.
pub async fn end_open(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    (now, ended_as): (DateTime<Utc>, &str),
) -> DbResult<usize> {
    Ok(diesel::update(contact_requests::table)
        .filter(contact_requests::claimant_id.eq(claimant.uuid()))
        .filter(contact_requests::ended_at.is_null())
        .set((
            contact_requests::ended_at.eq(now),
            contact_requests::ended_as.eq(ended_as),
        ))
        .execute(conn)
        .await?)
}
