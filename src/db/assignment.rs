//! Who works on which item of a work queue.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::{assignments, exports, memberships, scam_reports, staff};
use crate::db::scope::Scope;
use crate::domain::ids::{AssociationId, CaseId};

/// A row of `assignments`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = assignments)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct AssignmentRow {
    pub subject_id: Uuid,
    pub queue: String,
    pub association_id: Uuid,
    pub case_id: Uuid,
    pub staff_id: Uuid,
    pub assigned_by: Uuid,
    pub assigned_at: DateTime<Utc>,
    pub due_on: Option<NaiveDate>,
}

/// Who has each of some items of a queue; none for what nobody has.
///
/// # Errors
/// As the database says.
pub async fn list(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    queue: &str,
    subjects: &[Uuid],
) -> DbResult<Vec<AssignmentRow>> {
    Ok(assignments::table
        .filter(assignments::subject_id.eq_any(subjects))
        .filter(assignments::queue.eq(queue))
        .filter(assignments::association_id.eq(association.uuid()))
        .select(AssignmentRow::as_select())
        .load(conn)
        .await?)
}

/// Everything of a claimant that somebody works on, by queue.
///
/// # Errors
/// As the database says.
pub async fn list_of_subject(
    conn: &mut Conn,
    _scope: Scope,
    subject: Uuid,
) -> DbResult<Vec<AssignmentRow>> {
    Ok(assignments::table
        .filter(assignments::subject_id.eq(subject))
        .order(assignments::queue)
        .select(AssignmentRow::as_select())
        .load(conn)
        .await?)
}

/// Gives an item that nobody has; `false` where somebody has it by now.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn, _scope: Scope, row: &AssignmentRow) -> DbResult<bool> {
    let inserted = diesel::insert_into(assignments::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(inserted == 1)
}

/// Gives an item to another, or with another day; `false` where `from` has it no more.
///
/// # Errors
/// As the database says.
pub async fn update(
    conn: &mut Conn,
    _scope: Scope,
    from: Uuid,
    row: &AssignmentRow,
) -> DbResult<bool> {
    let changed = diesel::update(assignments::table.find((row.subject_id, &row.queue)))
        .filter(assignments::staff_id.eq(from))
        .filter(assignments::association_id.eq(row.association_id))
        .set((
            assignments::staff_id.eq(row.staff_id),
            assignments::assigned_by.eq(row.assigned_by),
            assignments::assigned_at.eq(row.assigned_at),
            assignments::due_on.eq(row.due_on),
        ))
        .execute(conn)
        .await?;
    Ok(changed == 1)
}

/// Releases an item; `false` where `from` has it no more.
///
/// # Errors
/// As the database says.
pub async fn delete(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    (subject, queue): (Uuid, &str),
    from: Uuid,
) -> DbResult<bool> {
    let gone = diesel::delete(assignments::table.find((subject, queue)))
        .filter(assignments::staff_id.eq(from))
        .filter(assignments::association_id.eq(association.uuid()))
        .execute(conn)
        .await?;
    Ok(gone == 1)
}

/// Releases what a person has for an association, but in the cases `kept`; gives the items with their queues.
///
/// # Errors
/// As the database says.
pub async fn delete_of_person(
    conn: &mut Conn,
    _scope: Scope,
    (association, person): (AssociationId, Uuid),
    kept: &[Uuid],
) -> DbResult<Vec<(Uuid, String)>> {
    let held = assignments::table
        .filter(assignments::association_id.eq(association.uuid()))
        .filter(assignments::staff_id.eq(person))
        .filter(assignments::case_id.ne_all(kept));
    Ok(diesel::delete(held)
        .returning((assignments::subject_id, assignments::queue))
        .get_results(conn)
        .await?)
}

/// An active member.
#[derive(Queryable, Debug, Clone)]
pub struct MemberRow {
    /// The person.
    pub id: Uuid,
    /// Role of DESIGN 7.
    pub role: String,
    /// Cases the membership is for; none: all.
    pub case_ids: Option<Vec<Uuid>>,
}

impl MemberRow {
    /// Whether the membership is for a case.
    pub fn is_on(&self, case: CaseId) -> bool {
        let cases = self.case_ids.as_ref();
        cases.is_none_or(|cases| cases.contains(&case.uuid()))
    }
}

/// Active people of an association and their role, oldest membership first, at most 200.
///
/// # Errors
/// As the database says.
pub async fn list_people(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
) -> DbResult<Vec<MemberRow>> {
    Ok(memberships::table
        .inner_join(staff::table.on(staff::id.eq(memberships::staff_id)))
        .filter(memberships::association_id.eq(association.uuid()))
        .filter(memberships::revoked_at.is_null())
        .filter(memberships::suspended_at.is_null())
        .filter(staff::status.eq("active"))
        .order((memberships::created_at, memberships::staff_id))
        .limit(200)
        .select((
            memberships::staff_id,
            memberships::role,
            memberships::case_ids,
        ))
        .load(conn)
        .await?)
}

/// Whether a report of a swindler is an own one of a case.
///
/// # Errors
/// As the database says.
pub async fn has_report(
    conn: &mut Conn,
    _scope: Scope,
    (association, case): (AssociationId, CaseId),
    id: Uuid,
) -> DbResult<bool> {
    let own = scam_reports::table
        .filter(scam_reports::id.eq(id))
        .filter(scam_reports::association_id.eq(association.uuid()))
        .filter(scam_reports::case_id.eq(case.uuid()));
    Ok(diesel::select(diesel::dsl::exists(own))
        .get_result(conn)
        .await?)
}

/// Whether an export is an own one of a case.
///
/// # Errors
/// As the database says.
pub async fn has_export(
    conn: &mut Conn,
    _scope: Scope,
    (association, case): (AssociationId, CaseId),
    id: Uuid,
) -> DbResult<bool> {
    let own = exports::table
        .filter(exports::id.eq(id))
        .filter(exports::association_id.eq(association.uuid()))
        .filter(exports::case_id.eq(case.uuid()));
    Ok(diesel::select(diesel::dsl::exists(own))
        .get_result(conn)
        .await?)
}

/// Releases an item that `by` gave to `to` and nobody gave again; `false` where that is not so any more.
///
/// # Errors
/// As the database says.
pub async fn delete_given(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    (subject, queue): (Uuid, &str),
    (to, by, since): (Uuid, Uuid, DateTime<Utc>),
) -> DbResult<bool> {
    let gone = diesel::delete(assignments::table.find((subject, queue)))
        .filter(assignments::staff_id.eq(to))
        .filter(assignments::assigned_by.eq(by))
        .filter(assignments::assigned_at.ge(since))
        .filter(assignments::association_id.eq(association.uuid()))
        .execute(conn)
        .await?;
    Ok(gone == 1)
}
