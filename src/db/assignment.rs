//! Who works on which item of a work queue.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Date, Nullable, Text, Timestamptz, Uuid as SqlUuid};
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
    pub lease_until: Option<DateTime<Utc>>,
}

/// Who has each of some items of a queue at an instant; none for what nobody has.
///
/// # Errors
/// As the database says.
pub async fn list(
    conn: &mut Conn,
    _scope: Scope,
    (association, queue): (AssociationId, &str),
    subjects: &[Uuid],
    at: DateTime<Utc>,
) -> DbResult<Vec<AssignmentRow>> {
    let lasts = assignments::lease_until.gt(at);
    Ok(assignments::table
        .filter(assignments::subject_id.eq_any(subjects))
        .filter(assignments::queue.eq(queue))
        .filter(assignments::association_id.eq(association.uuid()))
        .filter(assignments::lease_until.is_null().or(lasts))
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

/// Gives an item that nobody has, or that was in hand for too long; `false` where somebody has it by now: of two at
/// once the primary key lets one pass, and the other waits for it and then sees that somebody has it.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn, _scope: Scope, row: &AssignmentRow) -> DbResult<bool> {
    let written = diesel::sql_query(
        "INSERT INTO assignments (subject_id, queue, association_id, case_id, staff_id, assigned_by, assigned_at, \
           due_on, lease_until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
         ON CONFLICT (subject_id, queue) DO UPDATE SET staff_id = excluded.staff_id, \
           assigned_by = excluded.assigned_by, assigned_at = excluded.assigned_at, due_on = excluded.due_on, \
           lease_until = excluded.lease_until \
         WHERE assignments.association_id = excluded.association_id \
           AND assignments.lease_until <= excluded.assigned_at",
    )
    .bind::<SqlUuid, _>(row.subject_id)
    .bind::<Text, _>(&row.queue)
    .bind::<SqlUuid, _>(row.association_id)
    .bind::<SqlUuid, _>(row.case_id)
    .bind::<SqlUuid, _>(row.staff_id)
    .bind::<SqlUuid, _>(row.assigned_by)
    .bind::<Timestamptz, _>(row.assigned_at)
    .bind::<Nullable<Date>, _>(row.due_on)
    .bind::<Nullable<Timestamptz>, _>(row.lease_until)
    .execute(conn)
    .await?;
    Ok(written == 1)
}

/// Puts an item in somebody's hand; `false` where somebody else has it by now. What the person has in hand already
/// stays so from now on; what the person has to stay is left so.
///
/// # Errors
/// As the database says.
pub async fn begin(conn: &mut Conn, scope: Scope, row: &AssignmentRow) -> DbResult<bool> {
    let to_stay = assignments::table
        .find((row.subject_id, &row.queue))
        .filter(assignments::staff_id.eq(row.staff_id))
        .filter(assignments::association_id.eq(row.association_id))
        .filter(assignments::lease_until.is_null());
    let stays: bool = diesel::select(diesel::dsl::exists(to_stay))
        .get_result(conn)
        .await?;
    if stays {
        return Ok(true);
    }
    let in_hand = assignments::table
        .find((row.subject_id, &row.queue))
        .filter(assignments::staff_id.eq(row.staff_id))
        .filter(assignments::association_id.eq(row.association_id))
        .filter(assignments::lease_until.gt(row.assigned_at));
    let renewed = diesel::update(in_hand)
        .set(assignments::lease_until.eq(row.lease_until))
        .execute(conn)
        .await?;
    Ok(renewed == 1 || insert(conn, scope, row).await?)
}

/// Leaves what a person has in hand of a subject there for longer.
///
/// # Errors
/// As the database says.
pub async fn renew(
    conn: &mut Conn,
    _scope: Scope,
    (subject, staff): (Uuid, Uuid),
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> DbResult<()> {
    let in_hand = assignments::table
        .filter(assignments::subject_id.eq(subject))
        .filter(assignments::staff_id.eq(staff))
        .filter(assignments::lease_until.gt(now));
    diesel::update(in_hand)
        .set(assignments::lease_until.eq(until))
        .execute(conn)
        .await?;
    Ok(())
}

/// Gives back what a person has in hand of a queue, but for the subjects `kept`; gives the others. What the person
/// has to stay stays.
///
/// # Errors
/// As the database says.
pub async fn give_back(
    conn: &mut Conn,
    _scope: Scope,
    (association, case): (AssociationId, CaseId),
    (queue, staff): (&str, Uuid),
    kept: &[Uuid],
    now: DateTime<Utc>,
) -> DbResult<Vec<Uuid>> {
    let in_hand = assignments::table
        .filter(assignments::association_id.eq(association.uuid()))
        .filter(assignments::case_id.eq(case.uuid()))
        .filter(assignments::staff_id.eq(staff))
        .filter(assignments::queue.eq(queue))
        .filter(assignments::subject_id.ne_all(kept))
        .filter(assignments::lease_until.gt(now));
    Ok(diesel::delete(in_hand)
        .returning(assignments::subject_id)
        .get_results(conn)
        .await?)
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
            assignments::lease_until.eq(row.lease_until),
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
