//! Staff and their memberships.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::{associations, memberships, staff};
use crate::db::scope::Scope;
use crate::domain::ids::{AssociationId, StaffId};

/// A row of `staff`.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = staff)]
pub struct StaffRow {
    /// The person.
    pub id: Uuid,
    /// Blind index of the login address.
    pub email_hash: Vec<u8>,
    /// Version of the root key that seals the next two.
    pub root_version: i32,
    /// Name and address.
    pub sealed: Vec<u8>,
    /// PHC string.
    pub password_hash: String,
    /// TOTP secret.
    pub totp_sealed: Vec<u8>,
    /// `active` or `disabled`.
    pub status: String,
    /// When it was made, UTC.
    pub created_at: DateTime<Utc>,
}

/// What a tenant may see of a staff member.
#[derive(Queryable, Selectable)]
#[diesel(table_name = staff)]
pub struct StaffNameRow {
    /// The person.
    pub id: Uuid,
    /// Version of the root key that seals the name.
    pub root_version: i32,
    /// Name and address.
    pub sealed: Vec<u8>,
}

/// A row of `memberships`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = memberships)]
pub struct MembershipRow {
    /// The person.
    pub staff_id: Uuid,
    /// The association.
    pub association_id: Uuid,
    /// Role of DESIGN 7.
    pub role: String,
    /// Since when, UTC.
    pub created_at: DateTime<Utc>,
    /// Until when, UTC.
    pub revoked_at: Option<DateTime<Utc>>,
    /// Since when it rests, UTC.
    pub suspended_at: Option<DateTime<Utc>>,
    /// When the person last signed in for this association, UTC.
    pub signed_in_at: Option<DateTime<Utc>>,
    /// Cases it is for; none: all.
    pub case_ids: Option<Vec<Uuid>>,
}

/// Writes a new staff member; `false` where somebody with this login address is there already.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn, _scope: Scope, row: &StaffRow) -> DbResult<bool> {
    let inserted = diesel::insert_into(staff::table)
        .values(row)
        .on_conflict(staff::email_hash)
        .do_nothing()
        .execute(conn)
        .await?;
    Ok(inserted == 1)
}

/// Writes a membership; one that is there gets this role and these cases and is valid again.
///
/// # Errors
/// As the database says.
pub async fn put_membership(conn: &mut Conn, _scope: Scope, row: &MembershipRow) -> DbResult<()> {
    diesel::insert_into(memberships::table)
        .values(row)
        .on_conflict((memberships::staff_id, memberships::association_id))
        .do_update()
        .set((
            memberships::role.eq(&row.role),
            memberships::revoked_at.eq(None::<DateTime<Utc>>),
            memberships::suspended_at.eq(None::<DateTime<Utc>>),
            memberships::case_ids.eq(&row.case_ids),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Sets a new password hash.
///
/// # Errors
/// As the database says.
pub async fn mark_password(
    conn: &mut Conn,
    _scope: Scope,
    person: StaffId,
    password_hash: &str,
) -> DbResult<()> {
    diesel::update(staff::table.find(person.uuid()))
        .set(staff::password_hash.eq(password_hash))
        .execute(conn)
        .await?;
    Ok(())
}

/// Sets a new authenticator secret, sealed under the version of the root key the row has.
///
/// # Errors
/// As the database says.
pub async fn mark_totp(
    conn: &mut Conn,
    _scope: Scope,
    person: StaffId,
    totp_sealed: &[u8],
) -> DbResult<()> {
    diesel::update(staff::table.find(person.uuid()))
        .set(staff::totp_sealed.eq(totp_sealed))
        .execute(conn)
        .await?;
    Ok(())
}

/// Ends a membership; `false` where there is none that is valid.
///
/// # Errors
/// As the database says.
pub async fn revoke_membership(
    conn: &mut Conn,
    _scope: Scope,
    person: StaffId,
    association: AssociationId,
    now: DateTime<Utc>,
) -> DbResult<bool> {
    let revoked = diesel::update(memberships::table.find((person.uuid(), association.uuid())))
        .filter(memberships::revoked_at.is_null())
        .set(memberships::revoked_at.eq(now))
        .execute(conn)
        .await?;
    Ok(revoked == 1)
}

/// Sets whether a person may sign in: `active` or `disabled`.
///
/// # Errors
/// `NotFound` if there is no such person.
pub async fn mark_status(
    conn: &mut Conn,
    _scope: Scope,
    person: StaffId,
    status: &str,
) -> DbResult<()> {
    diesel::update(staff::table.find(person.uuid()))
        .set(staff::status.eq(status))
        .returning(staff::id)
        .get_result::<Uuid>(conn)
        .await?;
    Ok(())
}

/// The staff member with a login address.
///
/// # Errors
/// As the database says.
pub async fn find_by_email(
    conn: &mut Conn,
    _scope: Scope,
    email_hash: &[u8],
) -> DbResult<Option<StaffRow>> {
    Ok(staff::table
        .filter(staff::email_hash.eq(email_hash))
        .select(StaffRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// A staff member.
///
/// # Errors
/// `NotFound` if there is none.
pub async fn get(conn: &mut Conn, _scope: Scope, person: StaffId) -> DbResult<StaffRow> {
    Ok(staff::table
        .find(person.uuid())
        .select(StaffRow::as_select())
        .first(conn)
        .await?)
}

/// A staff member, held until the transaction ends.
///
/// # Errors
/// `NotFound` if there is none.
pub async fn lock(conn: &mut Conn, _scope: Scope, person: StaffId) -> DbResult<StaffRow> {
    Ok(staff::table
        .find(person.uuid())
        .for_update()
        .select(StaffRow::as_select())
        .first(conn)
        .await?)
}

/// The first staff members with their first role, oldest first, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list(
    conn: &mut Conn,
    _scope: Scope,
    limit: i64,
) -> DbResult<Vec<(StaffRow, String, String)>> {
    Ok(staff::table
        .inner_join(memberships::table.on(memberships::staff_id.eq(staff::id)))
        .inner_join(associations::table.on(associations::id.eq(memberships::association_id)))
        .filter(staff::status.eq("active"))
        .filter(memberships::revoked_at.is_null())
        .order((staff::id, memberships::association_id))
        .limit(limit)
        .select((StaffRow::as_select(), memberships::role, associations::name))
        .load(conn)
        .await?)
}

/// Names of staff members, for a trail.
///
/// # Errors
/// As the database says.
pub async fn list_names(
    conn: &mut Conn,
    _scope: Scope,
    people: &[Uuid],
) -> DbResult<Vec<StaffNameRow>> {
    Ok(staff::table
        .filter(staff::id.eq_any(people))
        .select(StaffNameRow::as_select())
        .load(conn)
        .await?)
}

/// Valid memberships of an active person with the slug of each association, oldest first.
///
/// # Errors
/// As the database says.
pub async fn list_memberships(
    conn: &mut Conn,
    _scope: Scope,
    person: StaffId,
) -> DbResult<Vec<(MembershipRow, String)>> {
    Ok(memberships::table
        .inner_join(staff::table.on(staff::id.eq(memberships::staff_id)))
        .inner_join(associations::table.on(associations::id.eq(memberships::association_id)))
        .filter(memberships::staff_id.eq(person.uuid()))
        .filter(memberships::revoked_at.is_null())
        .filter(memberships::suspended_at.is_null())
        .filter(staff::status.eq("active"))
        .order((memberships::created_at, memberships::association_id))
        .select((MembershipRow::as_select(), associations::slug))
        .load(conn)
        .await?)
}
