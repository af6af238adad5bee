//! Requests about data: the register, and what was written (R60).

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::{mails, outbox, rights_requests};
use crate::db::scope::Scope;
use crate::domain::ids::{AssociationId, CaseId, ClaimantId};

/// A row of `rights_requests`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = rights_requests)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct RightsRequestRow {
    pub subject_id: Uuid,
    pub id: Uuid,
    pub association_id: Uuid,
    pub case_id: Uuid,
    pub kind: String,
    pub channel: String,
    pub received_at: DateTime<Utc>,
    pub received_on: NaiveDate,
    pub due_on: NaiveDate,
    pub extended_at: Option<DateTime<Utc>>,
    pub extension_notified: Option<String>,
    pub answered_at: Option<DateTime<Utc>>,
    pub decision: Option<String>,
    pub request_sealed: Option<Vec<u8>>,
    pub extension_sealed: Option<Vec<u8>>,
    pub answer_sealed: Option<Vec<u8>>,
    pub outcome: Option<String>,
    pub erase_by: Option<DateTime<Utc>>,
    pub carried_out_at: Option<DateTime<Utc>>,
    pub lifting_at: Option<DateTime<Utc>>,
    pub lifting_notified: Option<String>,
    pub lifting_mail: Option<Uuid>,
    pub lifting_sealed: Option<Vec<u8>>,
    pub lifts_at: Option<DateTime<Utc>>,
    pub lifted_at: Option<DateTime<Utc>>,
}

/// Writes a request.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn, _scope: Scope, row: &RightsRequestRow) -> DbResult<()> {
    diesel::insert_into(rights_requests::table)
        .values(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// The requests of a claimant, newest first, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    limit: i64,
) -> DbResult<Vec<RightsRequestRow>> {
    Ok(rights_requests::table
        .filter(rights_requests::subject_id.eq(claimant.uuid()))
        .order(rights_requests::id.desc())
        .limit(limit)
        .select(RightsRequestRow::as_select())
        .load(conn)
        .await?)
}

/// Open requests of an association in a case after a place, most urgent first, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list_open(
    conn: &mut Conn,
    _scope: Scope,
    (association, case): (AssociationId, CaseId),
    after: Option<(NaiveDate, Uuid)>,
    limit: i64,
) -> DbResult<Vec<RightsRequestRow>> {
    let mut query = rights_requests::table
        .filter(rights_requests::association_id.eq(association.uuid()))
        .filter(rights_requests::case_id.eq(case.uuid()))
        .filter(rights_requests::answered_at.is_null())
        .order((rights_requests::due_on, rights_requests::id))
        .limit(limit)
        .select(RightsRequestRow::as_select())
        .into_boxed();
    if let Some((day, id)) = after {
        let later = rights_requests::due_on.gt(day).or(rights_requests::due_on
            .eq(day)
            .and(rights_requests::id.gt(id)));
        query = query.filter(later);
    }
    Ok(query.load(conn).await?)
}

/// Due dates of the open requests of an association in a case, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list_due(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    case: CaseId,
    limit: i64,
) -> DbResult<Vec<NaiveDate>> {
    Ok(rights_requests::table
        .filter(rights_requests::association_id.eq(association.uuid()))
        .filter(rights_requests::case_id.eq(case.uuid()))
        .filter(rights_requests::answered_at.is_null())
        .order((rights_requests::due_on, rights_requests::id))
        .limit(limit)
        .select(rights_requests::due_on)
        .load(conn)
        .await?)
}

/// A request of an association.
///
/// # Errors
/// `NotFound` if there is none of the association's.
pub async fn get(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    id: Uuid,
) -> DbResult<RightsRequestRow> {
    Ok(rights_requests::table
        .filter(rights_requests::association_id.eq(association.uuid()))
        .filter(rights_requests::id.eq(id))
        .select(RightsRequestRow::as_select())
        .first(conn)
        .await?)
}

/// A request by its key, whoever's it is.
///
/// # Errors
/// As the database says.
pub async fn find(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    id: Uuid,
) -> DbResult<Option<RightsRequestRow>> {
    Ok(rights_requests::table
        .find((claimant.uuid(), id))
        .select(RightsRequestRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// Notes the one extension; `false` if there was one, or an answer.
///
/// # Errors
/// As the database says.
pub async fn mark_extended(
    conn: &mut Conn,
    _scope: Scope,
    row: &RightsRequestRow,
) -> DbResult<bool> {
    let marked = diesel::update(rights_requests::table.find((row.subject_id, row.id)))
        .filter(rights_requests::extended_at.is_null())
        .filter(rights_requests::answered_at.is_null())
        .set((
            rights_requests::due_on.eq(row.due_on),
            rights_requests::extended_at.eq(row.extended_at),
            rights_requests::extension_notified.eq(&row.extension_notified),
            rights_requests::extension_sealed.eq(&row.extension_sealed),
        ))
        .execute(conn)
        .await?;
    Ok(marked == 1)
}

/// Notes the answer; `false` if there was one.
///
/// # Errors
/// As the database says.
pub async fn mark_answered(
    conn: &mut Conn,
    _scope: Scope,
    row: &RightsRequestRow,
) -> DbResult<bool> {
    let marked = diesel::update(rights_requests::table.find((row.subject_id, row.id)))
        .filter(rights_requests::answered_at.is_null())
        .set((
            rights_requests::answered_at.eq(row.answered_at),
            rights_requests::decision.eq(&row.decision),
            rights_requests::answer_sealed.eq(&row.answer_sealed),
            rights_requests::outcome.eq(&row.outcome),
            rights_requests::erase_by.eq(row.erase_by),
            rights_requests::carried_out_at.eq(row.carried_out_at),
        ))
        .execute(conn)
        .await?;
    Ok(marked == 1)
}

/// Requests whose record is to be erased now: the answer has left the outbox, or waited for longer than
/// it may. Most urgent first, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list_erasing_due(
    conn: &mut Conn,
    _scope: Scope,
    now: DateTime<Utc>,
    limit: i64,
) -> DbResult<Vec<RightsRequestRow>> {
    let waiting = outbox::table
        .filter(outbox::subject_id.eq(rights_requests::subject_id))
        .filter(outbox::kind.eq("rights"))
        .filter(outbox::state.ne("dead"));
    Ok(rights_requests::table
        .filter(rights_requests::outcome.eq("erasing"))
        .filter(
            rights_requests::erase_by
                .le(now)
                .or(diesel::dsl::not(diesel::dsl::exists(waiting))),
        )
        .order((rights_requests::erase_by, rights_requests::id))
        .limit(limit)
        .select(RightsRequestRow::as_select())
        .load(conn)
        .await?)
}

/// Notes what became of every request of a claimant whose record waited to be erased.
///
/// # Errors
/// As the database says.
pub async fn mark_carried_out(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    outcome: &str,
    now: DateTime<Utc>,
) -> DbResult<usize> {
    let waiting = rights_requests::table
        .filter(rights_requests::subject_id.eq(claimant.uuid()))
        .filter(rights_requests::outcome.eq("erasing"));
    Ok(diesel::update(waiting)
        .set((
            rights_requests::outcome.eq(outcome),
            rights_requests::carried_out_at.eq(now),
        ))
        .execute(conn)
        .await?)
}

/// Writes that the restriction granted by a request will be lifted; `false` if it was meanwhile.
///
/// # Errors
/// As the database says.
pub async fn mark_lifting(
    conn: &mut Conn,
    _scope: Scope,
    row: &RightsRequestRow,
) -> DbResult<bool> {
    let marked = diesel::update(
        rights_requests::table
            .find((row.subject_id, row.id))
            .filter(rights_requests::lifted_at.is_null()),
    )
    .set((
        rights_requests::lifting_at.eq(row.lifting_at),
        rights_requests::lifting_notified.eq(&row.lifting_notified),
        rights_requests::lifting_mail.eq(row.lifting_mail),
        rights_requests::lifting_sealed.eq(&row.lifting_sealed),
        rights_requests::lifts_at.eq(row.lifts_at),
    ))
    .execute(conn)
    .await?;
    Ok(marked == 1)
}

/// Requests whose restriction is to be lifted now: its day has come and the person was told, by letter or by
/// a mail that has left. At most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list_lifting_due(
    conn: &mut Conn,
    _scope: Scope,
    now: DateTime<Utc>,
    limit: i64,
) -> DbResult<Vec<RightsRequestRow>> {
    // a mail has the id of its row in the outbox; it is there from the first attempt on
    let waiting = outbox::table
        .filter(outbox::subject_id.eq(rights_requests::subject_id))
        .filter(outbox::id.nullable().eq(rights_requests::lifting_mail));
    let written = mails::table
        .filter(mails::subject_id.eq(rights_requests::subject_id))
        .filter(mails::id.nullable().eq(rights_requests::lifting_mail));
    let by_mail = diesel::dsl::exists(written).and(diesel::dsl::not(diesel::dsl::exists(waiting)));
    Ok(rights_requests::table
        .filter(rights_requests::lifts_at.le(now))
        .filter(rights_requests::lifted_at.is_null())
        .filter(rights_requests::lifting_mail.is_null().or(by_mail))
        .order((rights_requests::lifts_at, rights_requests::id))
        .limit(limit)
        .select(RightsRequestRow::as_select())
        .load(conn)
        .await?)
}

/// Notes that the restriction of a request is lifted; `false` if it was before.
///
/// # Errors
/// As the database says.
pub async fn mark_lifted(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    id: Uuid,
    now: DateTime<Utc>,
) -> DbResult<bool> {
    let row = rights_requests::table.find((claimant.uuid(), id));
    let marked = diesel::update(row.filter(rights_requests::lifted_at.is_null()))
        .set(rights_requests::lifted_at.eq(now))
        .execute(conn)
        .await?;
    Ok(marked == 1)
}

/// Requests by which a claimant's data are only kept, or about to be erased, newest first.
///
/// # Errors
/// As the database says.
pub async fn list_restricting(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
) -> DbResult<Vec<RightsRequestRow>> {
    Ok(rights_requests::table
        .filter(rights_requests::subject_id.eq(claimant.uuid()))
        .filter(rights_requests::outcome.eq_any(["restricted", "erasing"]))
        .filter(rights_requests::lifted_at.is_null())
        .order(rights_requests::id.desc())
        .select(RightsRequestRow::as_select())
        .load(conn)
        .await?)
}
