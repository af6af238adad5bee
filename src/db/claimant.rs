//! Claimants.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::{DbError, DbResult};
use crate::db::partner_event;
use crate::db::pool::Conn;
use crate::db::schema::claimants;
use crate::db::scope::Scope;
use crate::domain::claimant::{ClaimantState, Review};
use crate::domain::ids::{AssociationId, CaseId, ClaimantId};

/// A row of `claimants`.
#[derive(Queryable, Selectable, Debug, Clone)]
#[diesel(table_name = claimants)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct ClaimantRow {
    pub id: Uuid,
    pub association_id: Uuid,
    pub case_id: Uuid,
    pub state: String,
    pub review: String,
    pub language: String,
    pub via: Option<String>,
    pub contact_kind: String,
    pub contact_domain: Option<String>,
    pub contact_sealed: Vec<u8>,
    pub mailbox_count: i16,
    pub duplicate_of: Option<Uuid>,
    pub created_at: DateTime<Utc>,
    pub state_changed_at: DateTime<Utc>,
    pub confirmed_at: Option<DateTime<Utc>>,
    pub identity_at: Option<DateTime<Utc>>,
    pub signed_at: Option<DateTime<Utc>>,
    pub declared_version: Option<i32>,
    pub signed_version: Option<i32>,
    pub payout_at: Option<DateTime<Utc>>,
    pub moved_at: Option<DateTime<Utc>>,
    pub unreachable_at: Option<DateTime<Utc>>,
    pub contact_changed_at: Option<DateTime<Utc>>,
    pub ratify_at: Option<DateTime<Utc>>,
    pub died_at: Option<DateTime<Utc>>,
    pub restricted_at: Option<DateTime<Utc>>,
    pub payout_frozen_at: Option<DateTime<Utc>>,
}

impl ClaimantRow {
    /// The id, typed.
    pub const fn claimant(&self) -> ClaimantId {
        ClaimantId::new(self.id)
    }

    /// The tenant, typed.
    pub const fn association(&self) -> AssociationId {
        AssociationId::new(self.association_id)
    }

    /// The case, typed.
    pub const fn case(&self) -> CaseId {
        CaseId::new(self.case_id)
    }

    /// Whether the newest signature counts: it was neither overtaken nor taken back.
    pub fn signed_in_force(&self) -> bool {
        self.state == ClaimantState::Signed.as_str()
    }

    /// The state, read.
    ///
    /// # Errors
    /// `Corrupt` for an unknown state.
    pub fn state(&self) -> DbResult<ClaimantState> {
        ClaimantState::parse(&self.state).ok_or(DbError::Corrupt("claimants.state"))
    }
}

/// A claimant, if the scope may see it.
///
/// # Errors
/// As the database says.
pub async fn find(conn: &mut Conn, scope: Scope, id: ClaimantId) -> DbResult<Option<ClaimantRow>> {
    let mut query = claimants::table
        .filter(claimants::id.eq(id.uuid()))
        .select(ClaimantRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(claimants::association_id.eq(association.uuid()));
    }
    Ok(query.first(conn).await.optional()?)
}

/// Some claimants, in no order; those out of scope are left out.
///
/// # Errors
/// As the database says.
pub async fn list_by_ids(
    conn: &mut Conn,
    scope: Scope,
    ids: &[Uuid],
) -> DbResult<Vec<ClaimantRow>> {
    let mut query = claimants::table
        .filter(claimants::id.eq_any(ids))
        .select(ClaimantRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(claimants::association_id.eq(association.uuid()));
    }
    Ok(query.load(conn).await?)
}

/// A claimant, locked until the transaction ends. The first lock of every action (DESIGN 3.5).
///
/// # Errors
/// `NotFound` if there is none that the scope may see.
pub async fn lock(conn: &mut Conn, scope: Scope, id: ClaimantId) -> DbResult<ClaimantRow> {
    let query = claimants::table
        .filter(claimants::id.eq(id.uuid()))
        .select(ClaimantRow::as_select())
        .for_no_key_update();
    let row: ClaimantRow = query.first(conn).await?;
    match scope.association() {
        Some(association) if association.uuid() != row.association_id => Err(DbError::NotFound),
        _ => Ok(row),
    }
}

/// Locks several claimants in id order (DESIGN 3.6); gives those that are there.
///
/// # Errors
/// As the database says.
pub async fn lock_in_order(
    conn: &mut Conn,
    _scope: Scope,
    ids: &[ClaimantId],
) -> DbResult<Vec<ClaimantRow>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    Ok(claimants::table
        .filter(claimants::id.eq_any(ids))
        .order(claimants::id)
        .select(ClaimantRow::as_select())
        .for_no_key_update()
        .load(conn)
        .await?)
}

/// Locks the record that one became with another association, if it went.
///
/// # Errors
/// As the database says.
pub async fn lock_moved_from(
    conn: &mut Conn,
    _scope: Scope,
    id: ClaimantId,
) -> DbResult<Option<ClaimantRow>> {
    Ok(claimants::table
        .filter(claimants::moved_from.eq(id.uuid()))
        .select(ClaimantRow::as_select())
        .for_no_key_update()
        .first(conn)
        .await
        .optional()?)
}

/// Some claimants in id order, kept from being erased until the transaction ends; gives those that are there.
///
/// # Errors
/// As the database says.
pub async fn keep_in_order(
    conn: &mut Conn,
    _scope: Scope,
    ids: &[Uuid],
) -> DbResult<Vec<ClaimantRow>> {
    Ok(claimants::table
        .filter(claimants::id.eq_any(ids))
        .order(claimants::id)
        .select(ClaimantRow::as_select())
        .for_key_share()
        .load(conn)
        .await?)
}

/// Claimants by id, newest first, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list_newest(
    conn: &mut Conn,
    _scope: Scope,
    ids: &[ClaimantId],
    limit: i64,
) -> DbResult<Vec<ClaimantRow>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    Ok(claimants::table
        .filter(claimants::id.eq_any(ids))
        .order(claimants::id.desc())
        .limit(limit)
        .select(ClaimantRow::as_select())
        .load(conn)
        .await?)
}

/// A record that continues another one in another association (R51).
#[derive(Insertable, Debug)]
#[diesel(table_name = claimants)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct MovedRow {
    pub id: Uuid,
    pub association_id: Uuid,
    pub case_id: Uuid,
    pub state: &'static str,
    pub language: String,
    pub via: Option<String>,
    pub contact_kind: String,
    pub contact_domain: Option<String>,
    pub contact_sealed: Vec<u8>,
    pub mailbox_count: i16,
    pub created_at: DateTime<Utc>,
    pub state_changed_at: DateTime<Utc>,
    pub confirmed_at: DateTime<Utc>,
    pub identity_at: Option<DateTime<Utc>>,
    pub moved_from: Uuid,
}

/// Writes a record that continues another one.
///
/// # Errors
/// As the database says.
pub async fn insert_moved(conn: &mut Conn, _scope: Scope, row: &MovedRow) -> DbResult<ClaimantRow> {
    Ok(diesel::insert_into(claimants::table)
        .values(row)
        .returning(ClaimantRow::as_returning())
        .get_result(conn)
        .await?)
}

/// Notes that the holder took the claim to another association (R51): this record is over.
///
/// # Errors
/// As the database says.
pub async fn mark_moved(
    conn: &mut Conn,
    _scope: Scope,
    id: ClaimantId,
    now: DateTime<Utc>,
) -> DbResult<()> {
    diesel::update(claimants::table.find(id.uuid()))
        .set(claimants::moved_at.eq(now))
        .execute(conn)
        .await?;
    Ok(())
}

/// Moves a claimant to another state; the caller has locked it and checked the move.
///
/// # Errors
/// As the database says.
pub async fn mark_state(
    conn: &mut Conn,
    scope: Scope,
    id: ClaimantId,
    state: ClaimantState,
    now: DateTime<Utc>,
) -> DbResult<()> {
    diesel::update(claimants::table.find(id.uuid()))
        .set((
            claimants::state.eq(state.as_str()),
            claimants::state_changed_at.eq(now),
        ))
        .execute(conn)
        .await?;
    partner_event::stage(conn, scope, id, now).await
}

/// Notes since when the data are only kept (R61); the first time stays.
///
/// # Errors
/// As the database says.
pub async fn mark_restricted(
    conn: &mut Conn,
    _scope: Scope,
    id: ClaimantId,
    now: DateTime<Utc>,
) -> DbResult<()> {
    let row = claimants::table.find(id.uuid());
    diesel::update(row.filter(claimants::restricted_at.is_null()))
        .set(claimants::restricted_at.eq(now))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes that the data may be used again.
///
/// # Errors
/// As the database says.
pub async fn mark_unrestricted(conn: &mut Conn, _scope: Scope, id: ClaimantId) -> DbResult<()> {
    diesel::update(claimants::table.find(id.uuid()))
        .set(claimants::restricted_at.eq(None::<DateTime<Utc>>))
        .execute(conn)
        .await?;
    Ok(())
}

/// Marks the contact confirmed.
///
/// # Errors
/// As the database says.
pub async fn mark_confirmed(
    conn: &mut Conn,
    scope: Scope,
    id: ClaimantId,
    now: DateTime<Utc>,
) -> DbResult<()> {
    diesel::update(claimants::table.find(id.uuid()))
        .set((
            claimants::state.eq(ClaimantState::Confirmed.as_str()),
            claimants::state_changed_at.eq(now),
            claimants::confirmed_at.eq(now),
        ))
        .execute(conn)
        .await?;
    partner_event::stage(conn, scope, id, now).await
}

/// Marks a second record of the same person.
///
/// # Errors
/// As the database says.
pub async fn mark_duplicate(
    conn: &mut Conn,
    scope: Scope,
    id: ClaimantId,
    first: ClaimantId,
    now: DateTime<Utc>,
) -> DbResult<()> {
    diesel::update(claimants::table.find(id.uuid()))
        .set((
            claimants::state.eq(ClaimantState::Duplicate.as_str()),
            claimants::state_changed_at.eq(now),
            claimants::duplicate_of.eq(first.uuid()),
        ))
        .execute(conn)
        .await?;
    partner_event::stage(conn, scope, id, now).await
}

/// Sets what staff must look at.
///
/// # Errors
/// As the database says.
pub async fn mark_review(
    conn: &mut Conn,
    _scope: Scope,
    id: ClaimantId,
    review: Review,
) -> DbResult<()> {
    diesel::update(claimants::table.find(id.uuid()))
        .set(claimants::review.eq(review.as_str()))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes that identity was given, and the province it names. The first time stays.
///
/// # Errors
/// As the database says.
pub async fn mark_identity(
    conn: &mut Conn,
    _scope: Scope,
    id: ClaimantId,
    province: Option<&str>,
    given_at: DateTime<Utc>,
) -> DbResult<()> {
    diesel::update(claimants::table.find(id.uuid()))
        .set((
            claimants::identity_at.eq(given_at),
            claimants::province.eq(province),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// A contact as it is written.
#[derive(AsChangeset, Debug)]
#[diesel(table_name = claimants, treat_none_as_null = true)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct ContactChange {
    pub contact_kind: &'static str,
    pub contact_domain: Option<String>,
    pub contact_sealed: Vec<u8>,
    pub unreachable_at: Option<DateTime<Utc>>,
    pub contact_changed_at: Option<DateTime<Utc>>,
}

/// Replaces the contact.
///
/// # Errors
/// As the database says.
pub async fn mark_contact(
    conn: &mut Conn,
    _scope: Scope,
    id: ClaimantId,
    change: &ContactChange,
) -> DbResult<()> {
    diesel::update(claimants::table.find(id.uuid()))
        .set(change)
        .execute(conn)
        .await?;
    Ok(())
}

/// Replaces the sealed contact where the way to be reached, the e-mail, stays as it is.
///
/// # Errors
/// As the database says.
pub async fn mark_contact_sealed(
    conn: &mut Conn,
    _scope: Scope,
    id: ClaimantId,
    sealed: Vec<u8>,
) -> DbResult<()> {
    diesel::update(claimants::table.find(id.uuid()))
        .set(claimants::contact_sealed.eq(sealed))
        .execute(conn)
        .await?;
    Ok(())
}

/// Second records of the same person, closed as duplicates of this one.
///
/// # Errors
/// As the database says.
pub async fn list_duplicates_of(
    conn: &mut Conn,
    _scope: Scope,
    id: ClaimantId,
) -> DbResult<Vec<ClaimantId>> {
    let ids: Vec<Uuid> = claimants::table
        .filter(claimants::duplicate_of.eq(id.uuid()))
        .order(claimants::id)
        .select(claimants::id)
        .load(conn)
        .await?;
    Ok(ids.into_iter().map(ClaimantId::new).collect())
}

/// Deletes the row; its children must be gone. The trail keeps the bare id.
///
/// # Errors
/// As the database says.
pub async fn delete(conn: &mut Conn, _scope: Scope, id: ClaimantId) -> DbResult<usize> {
    Ok(diesel::delete(claimants::table.find(id.uuid()))
        .execute(conn)
        .await?)
}
