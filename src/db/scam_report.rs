//! Reports of swindlers (R13).

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::scam_reports;
use crate::db::scope::Scope;
use crate::domain::ids::AssociationId;

/// A row of `scam_reports`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = scam_reports)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct ScamReportRow {
    pub id: Uuid,
    pub association_id: Uuid,
    pub case_id: Uuid,
    pub asked_for: String,
    pub received_at: DateTime<Utc>,
    pub association_key_version: i32,
    pub wrapped: Vec<u8>,
    pub report_sealed: Vec<u8>,
    pub handled_at: Option<DateTime<Utc>>,
    pub handled_by: Option<Uuid>,
    pub note_sealed: Option<Vec<u8>>,
}

/// Writes a report: a row for each association told.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn, _scope: Scope, rows: &[ScamReportRow]) -> DbResult<()> {
    diesel::insert_into(scam_reports::table)
        .values(rows)
        .execute(conn)
        .await?;
    Ok(())
}

/// Reports nobody has handled, oldest first, after a place, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list_open(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> DbResult<Vec<ScamReportRow>> {
    let mut found = scam_reports::table
        .filter(scam_reports::association_id.eq(association.uuid()))
        .filter(scam_reports::handled_at.is_null())
        .into_boxed();
    if let Some((at, id)) = after {
        found = found.filter(
            scam_reports::received_at
                .gt(at)
                .or(scam_reports::received_at
                    .eq(at)
                    .and(scam_reports::id.gt(id))),
        );
    }
    Ok(found
        .order((scam_reports::received_at, scam_reports::id))
        .limit(limit)
        .select(ScamReportRow::as_select())
        .load(conn)
        .await?)
}

/// Reports, handled or not, newest first, before a place, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    before: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> DbResult<Vec<ScamReportRow>> {
    let mut found = scam_reports::table
        .filter(scam_reports::association_id.eq(association.uuid()))
        .into_boxed();
    if let Some((at, id)) = before {
        found = found.filter(
            scam_reports::received_at
                .lt(at)
                .or(scam_reports::received_at
                    .eq(at)
                    .and(scam_reports::id.lt(id))),
        );
    }
    Ok(found
        .order((scam_reports::received_at.desc(), scam_reports::id.desc()))
        .limit(limit)
        .select(ScamReportRow::as_select())
        .load(conn)
        .await?)
}

/// One report of an association.
///
/// # Errors
/// As the database says.
pub async fn find(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    id: Uuid,
) -> DbResult<Option<ScamReportRow>> {
    Ok(scam_reports::table
        .filter(scam_reports::id.eq(id))
        .filter(scam_reports::association_id.eq(association.uuid()))
        .select(ScamReportRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// Notes that staff are done with a report; `false` if somebody was before.
///
/// # Errors
/// As the database says.
pub async fn mark_handled(
    conn: &mut Conn,
    _scope: Scope,
    id: Uuid,
    (at, by): (DateTime<Utc>, Uuid),
    note_sealed: Vec<u8>,
) -> DbResult<bool> {
    let changed = diesel::update(
        scam_reports::table
            .filter(scam_reports::id.eq(id))
            .filter(scam_reports::handled_at.is_null()),
    )
    .set((
        scam_reports::handled_at.eq(at),
        scam_reports::handled_by.eq(by),
        scam_reports::note_sealed.eq(note_sealed),
    ))
    .execute(conn)
    .await?;
    Ok(changed == 1)
}

/// Deletes reports received before an instant, at most `limit`; gives their number.
///
/// # Errors
/// As the database says.
pub async fn delete_before(
    conn: &mut Conn,
    _scope: Scope,
    before: DateTime<Utc>,
    limit: i64,
) -> DbResult<usize> {
    let due = scam_reports::table
        .filter(scam_reports::received_at.le(before))
        .order(scam_reports::received_at)
        .limit(limit)
        .select(scam_reports::id)
        .load::<Uuid>(conn)
        .await?;
    Ok(
        diesel::delete(scam_reports::table.filter(scam_reports::id.eq_any(due)))
            .execute(conn)
            .await?,
    )
}
