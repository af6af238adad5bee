//! News of cases: rows that are never changed, only withdrawn.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::case_updates;
use crate::db::scope::Scope;
use crate::domain::ids::{AssociationId, CaseId, StaffId};

/// A row of `case_updates`.
#[derive(Queryable, Selectable, Insertable, QueryableByName, Debug, Clone)]
#[diesel(table_name = case_updates)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct CaseUpdateRow {
    pub id: Uuid,
    pub association_id: Uuid,
    pub case_id: Uuid,
    pub request_key: Uuid,
    pub texts: Value,
    pub published_by: Uuid,
    pub published_at: DateTime<Utc>,
    pub withdrawn_by: Option<Uuid>,
    pub withdrawn_at: Option<DateTime<Utc>>,
    pub withdrawal_reason: Option<String>,
    pub mailed_up_to: Option<Uuid>,
    pub mailed_at: Option<DateTime<Utc>>,
}

/// Publishes; `false` if the same request did before.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn, _scope: Scope, row: &CaseUpdateRow) -> DbResult<bool> {
    let written = diesel::insert_into(case_updates::table)
        .values(row)
        .on_conflict((case_updates::association_id, case_updates::request_key))
        .do_nothing()
        .execute(conn)
        .await?;
    Ok(written == 1)
}

/// What a request published.
///
/// # Errors
/// As the database says.
pub async fn find_by_request(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    request_key: Uuid,
) -> DbResult<Option<CaseUpdateRow>> {
    Ok(case_updates::table
        .filter(case_updates::association_id.eq(association.uuid()))
        .filter(case_updates::request_key.eq(request_key))
        .select(CaseUpdateRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// One, withdrawn or not; of the association of the scope where it has one.
///
/// # Errors
/// As the database says.
pub async fn find(conn: &mut Conn, scope: Scope, id: Uuid) -> DbResult<Option<CaseUpdateRow>> {
    let mut query = case_updates::table
        .filter(case_updates::id.eq(id))
        .select(CaseUpdateRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(case_updates::association_id.eq(association.uuid()));
    }
    Ok(query.first(conn).await.optional()?)
}

/// Withdraws; `false` if it was so already or is not there.
///
/// # Errors
/// As the database says.
pub async fn mark_withdrawn(
    conn: &mut Conn,
    _scope: Scope,
    (association, id): (AssociationId, Uuid),
    (by, reason): (StaffId, &str),
    now: DateTime<Utc>,
) -> DbResult<bool> {
    let written = diesel::update(case_updates::table.find(id))
        .filter(case_updates::association_id.eq(association.uuid()))
        .filter(case_updates::withdrawn_at.is_null())
        .set((
            case_updates::withdrawn_by.eq(by.uuid()),
            case_updates::withdrawn_at.eq(now),
            case_updates::withdrawal_reason.eq(reason),
        ))
        .execute(conn)
        .await?;
    Ok(written == 1)
}

/// Those of an association in a case, withdrawn ones too, newest first, from before `before`.
///
/// # Errors
/// As the database says.
pub async fn list(
    conn: &mut Conn,
    _scope: Scope,
    (association, case): (AssociationId, CaseId),
    before: Option<Uuid>,
    limit: i64,
) -> DbResult<Vec<CaseUpdateRow>> {
    let mut query = case_updates::table
        .filter(case_updates::association_id.eq(association.uuid()))
        .filter(case_updates::case_id.eq(case.uuid()))
        .order(case_updates::id.desc())
        .limit(limit)
        .select(CaseUpdateRow::as_select())
        .into_boxed();
    if let Some(before) = before {
        query = query.filter(case_updates::id.lt(before));
    }
    Ok(query.load(conn).await?)
}

/// Those of a case that anybody may see, newest first, from before `before`.
///
/// # Errors
/// As the database says.
pub async fn list_public(
    conn: &mut Conn,
    _scope: Scope,
    case: CaseId,
    before: Option<Uuid>,
    limit: i64,
) -> DbResult<Vec<CaseUpdateRow>> {
    let mut query = case_updates::table
        .filter(case_updates::case_id.eq(case.uuid()))
        .filter(case_updates::withdrawn_at.is_null())
        .order(case_updates::id.desc())
        .limit(limit)
        .select(CaseUpdateRow::as_select())
        .into_boxed();
    if let Some(before) = before {
        query = query.filter(case_updates::id.lt(before));
    }
    Ok(query.load(conn).await?)
}

/// The newest that anybody may see, at most `each` of every association in every case, newest first.
///
/// # Errors
/// As the database says.
pub async fn list_newest(
    conn: &mut Conn,
    _scope: Scope,
    each: i64,
) -> DbResult<Vec<CaseUpdateRow>> {
    Ok(diesel::sql_query(
        "SELECT u.* FROM case_associations p CROSS JOIN LATERAL ( \
           SELECT * FROM case_updates \
           WHERE association_id = p.association_id AND case_id = p.case_id AND withdrawn_at IS NULL \
           ORDER BY id DESC LIMIT $1) u ORDER BY u.id DESC",
    )
    .bind::<BigInt, _>(each)
    .load(conn)
    .await?)
}

/// The oldest that stands and has followers to go.
///
/// # Errors
/// As the database says.
pub async fn find_to_mail(conn: &mut Conn, _scope: Scope) -> DbResult<Option<CaseUpdateRow>> {
    Ok(case_updates::table
        .filter(case_updates::mailed_at.is_null())
        .filter(case_updates::withdrawn_at.is_null())
        .order(case_updates::id)
        .select(CaseUpdateRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// Notes how far the mails of some news are, and when they were all put into the outbox; `false` if somebody
/// else did meanwhile.
///
/// # Errors
/// As the database says.
pub async fn mark_mailed(
    conn: &mut Conn,
    _scope: Scope,
    before: &CaseUpdateRow,
    up_to: Option<Uuid>,
    done_at: Option<DateTime<Utc>>,
) -> DbResult<bool> {
    let written = diesel::update(case_updates::table.find(before.id))
        .filter(case_updates::mailed_at.is_null())
        .filter(case_updates::mailed_up_to.is_not_distinct_from(before.mailed_up_to))
        .set((
            case_updates::mailed_up_to.eq(up_to),
            case_updates::mailed_at.eq(done_at),
        ))
        .execute(conn)
        .await?;
    Ok(written == 1)
}
