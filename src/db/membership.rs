//! Who acts for an association: memberships as they are, and what they were from when on.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::{membership_changes, memberships, staff};
use crate::db::scope::Scope;
use crate::db::staff::MembershipRow;
use crate::domain::ids::{AssociationId, StaffId};

/// A person with the membership in one association.
#[derive(Queryable)]
pub struct PersonRow {
    /// The person.
    pub id: Uuid,
    /// Version of the root key that seals the next.
    pub root_version: i32,
    /// Name and address.
    pub sealed: Vec<u8>,
    /// `active` or `disabled`, on the whole platform.
    pub status: String,
    /// The membership.
    pub membership: MembershipRow,
}

/// A row of `membership_changes`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = membership_changes)]
pub struct ChangeRow {
    /// The tenant.
    pub association_id: Uuid,
    /// The person.
    pub staff_id: Uuid,
    /// Rises with time.
    pub id: Uuid,
    /// `active`, `suspended` or `ended`, from then on.
    pub state: String,
    /// Role of DESIGN 7, from then on.
    pub role: String,
    /// From when, UTC.
    pub changed_at: DateTime<Utc>,
    /// Staff id; none: the operator.
    pub changed_by: Option<Uuid>,
    /// Cases it is for, from then on; none: all.
    pub case_ids: Option<Vec<Uuid>>,
}

type PersonColumns = (Uuid, i32, Vec<u8>, String, MembershipRow);

/// The people of an association, those whose membership has ended too, oldest first, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list_people(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    limit: i64,
) -> DbResult<Vec<PersonRow>> {
    let rows: Vec<PersonColumns> = memberships::table
        .inner_join(staff::table.on(staff::id.eq(memberships::staff_id)))
        .filter(memberships::association_id.eq(association.uuid()))
        .order((memberships::created_at, memberships::staff_id))
        .limit(limit)
        .select((
            staff::id,
            staff::root_version,
            staff::sealed,
            staff::status,
            MembershipRow::as_select(),
        ))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(person).collect())
}

/// One of the people of an association.
///
/// # Errors
/// As the database says.
pub async fn find_person(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    who: StaffId,
) -> DbResult<Option<PersonRow>> {
    let row: Option<PersonColumns> = memberships::table
        .inner_join(staff::table.on(staff::id.eq(memberships::staff_id)))
        .filter(memberships::association_id.eq(association.uuid()))
        .filter(memberships::staff_id.eq(who.uuid()))
        .select((
            staff::id,
            staff::root_version,
            staff::sealed,
            staff::status,
            MembershipRow::as_select(),
        ))
        .first(conn)
        .await
        .optional()?;
    Ok(row.map(person))
}

fn person((id, root_version, sealed, status, membership): PersonColumns) -> PersonRow {
    PersonRow {
        id,
        root_version,
        sealed,
        status,
        membership,
    }
}

/// The memberships of an association that are not over, locked in one order until the transaction ends:
/// what depends on who is left (the last owner) is decided by one at a time.
///
/// # Errors
/// As the database says.
pub async fn lock_all(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
) -> DbResult<Vec<MembershipRow>> {
    Ok(memberships::table
        .filter(memberships::association_id.eq(association.uuid()))
        .filter(memberships::revoked_at.is_null())
        .order(memberships::staff_id)
        .for_update()
        .select(MembershipRow::as_select())
        .load(conn)
        .await?)
}

/// Members of an association whom the platform disabled.
///
/// # Errors
/// As the database says.
pub async fn list_disabled(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
) -> DbResult<Vec<Uuid>> {
    Ok(memberships::table
        .inner_join(staff::table.on(staff::id.eq(memberships::staff_id)))
        .filter(memberships::association_id.eq(association.uuid()))
        .filter(staff::status.ne("active"))
        .select(memberships::staff_id)
        .load(conn)
        .await?)
}

/// Writes role, cases, rest and end of a membership.
///
/// # Errors
/// As the database says.
pub async fn update(conn: &mut Conn, _scope: Scope, row: &MembershipRow) -> DbResult<()> {
    diesel::update(memberships::table.find((row.staff_id, row.association_id)))
        .set((
            memberships::role.eq(&row.role),
            memberships::suspended_at.eq(row.suspended_at),
            memberships::revoked_at.eq(row.revoked_at),
            memberships::case_ids.eq(&row.case_ids),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes when the person last signed in.
///
/// # Errors
/// As the database says.
pub async fn mark_signed_in(
    conn: &mut Conn,
    _scope: Scope,
    person: StaffId,
    association: AssociationId,
    now: DateTime<Utc>,
) -> DbResult<()> {
    diesel::update(memberships::table.find((person.uuid(), association.uuid())))
        .set(memberships::signed_in_at.eq(now))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes the language in which the person signed in.
///
/// # Errors
/// As the database says.
pub async fn mark_language(
    conn: &mut Conn,
    _scope: Scope,
    person: StaffId,
    association: AssociationId,
    language: &str,
) -> DbResult<()> {
    diesel::update(memberships::table.find((person.uuid(), association.uuid())))
        .set(memberships::language.eq(language))
        .execute(conn)
        .await?;
    Ok(())
}

/// Appends what a membership is from now on.
///
/// # Errors
/// As the database says.
pub async fn insert_change(conn: &mut Conn, _scope: Scope, row: &ChangeRow) -> DbResult<()> {
    diesel::insert_into(membership_changes::table)
        .values(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// What a membership was, oldest first.
///
/// # Errors
/// As the database says.
pub async fn list_changes(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    person: StaffId,
) -> DbResult<Vec<ChangeRow>> {
    Ok(membership_changes::table
        .filter(membership_changes::association_id.eq(association.uuid()))
        .filter(membership_changes::staff_id.eq(person.uuid()))
        .order((membership_changes::changed_at, membership_changes::id))
        .select(ChangeRow::as_select())
        .load(conn)
        .await?)
}
