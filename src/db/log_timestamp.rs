//! Heads of evidence logs that a time-stamping authority is asked about.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::{cases, log_timestamps};
use crate::db::scope::Scope;
use crate::domain::ids::CaseId;

/// A row of `log_timestamps`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone, PartialEq, Eq)]
#[diesel(table_name = log_timestamps)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct TimestampRow {
    pub case_id: Uuid,
    pub size: i64,
    pub checkpoint: String,
    pub day: NaiveDate,
    pub attempts: i32,
    pub next_at: DateTime<Utc>,
    pub problem: Option<String>,
    pub stamped_at: Option<DateTime<Utc>>,
}

/// Writes a head that is to be stamped, unless it is known.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn, _scope: Scope, row: &TimestampRow) -> DbResult<()> {
    diesel::insert_into(log_timestamps::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// Rows without a token that are due, with the name of their case in URLs, oldest first, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list_due(
    conn: &mut Conn,
    _scope: Scope,
    now: DateTime<Utc>,
    limit: i64,
) -> DbResult<Vec<(TimestampRow, String)>> {
    Ok(log_timestamps::table
        .inner_join(cases::table.on(cases::id.eq(log_timestamps::case_id)))
        .filter(log_timestamps::stamped_at.is_null())
        .filter(log_timestamps::next_at.le(now))
        .order((log_timestamps::next_at, log_timestamps::size))
        .limit(limit)
        .select((TimestampRow::as_select(), cases::slug))
        .load(conn)
        .await?)
}

/// Notes the time in the token of a head.
///
/// # Errors
/// As the database says.
pub async fn mark_stamped(
    conn: &mut Conn,
    _scope: Scope,
    (case, size): (CaseId, i64),
    at: DateTime<Utc>,
) -> DbResult<()> {
    diesel::update(log_timestamps::table.find((case.uuid(), size)))
        .set((
            log_timestamps::stamped_at.eq(at),
            log_timestamps::problem.eq(None::<String>),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes that the authority was asked in vain, and when it is asked again.
///
/// # Errors
/// As the database says.
pub async fn mark_failed(
    conn: &mut Conn,
    _scope: Scope,
    (case, size): (CaseId, i64),
    problem: &str,
    next_at: DateTime<Utc>,
) -> DbResult<()> {
    diesel::update(log_timestamps::table.find((case.uuid(), size)))
        .set((
            log_timestamps::attempts.eq(log_timestamps::attempts + 1),
            log_timestamps::problem.eq(problem),
            log_timestamps::next_at.eq(next_at),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// The newest head of a log that is or will be stamped.
///
/// # Errors
/// As the database says.
pub async fn find_newest(
    conn: &mut Conn,
    _scope: Scope,
    case: CaseId,
) -> DbResult<Option<TimestampRow>> {
    Ok(log_timestamps::table
        .filter(log_timestamps::case_id.eq(case.uuid()))
        .order(log_timestamps::size.desc())
        .select(TimestampRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// The newest head of a log that has a token.
///
/// # Errors
/// As the database says.
pub async fn find_newest_stamped(
    conn: &mut Conn,
    _scope: Scope,
    case: CaseId,
) -> DbResult<Option<TimestampRow>> {
    Ok(log_timestamps::table
        .filter(log_timestamps::case_id.eq(case.uuid()))
        .filter(log_timestamps::stamped_at.is_not_null())
        .order(log_timestamps::size.desc())
        .select(TimestampRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// The oldest head of a log that waits for its token.
///
/// # Errors
/// As the database says.
pub async fn find_oldest_waiting(
    conn: &mut Conn,
    _scope: Scope,
    case: CaseId,
) -> DbResult<Option<TimestampRow>> {
    Ok(log_timestamps::table
        .filter(log_timestamps::case_id.eq(case.uuid()))
        .filter(log_timestamps::stamped_at.is_null())
        .order(log_timestamps::size)
        .select(TimestampRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// The smallest stamped head of a log that has the entry at `index`.
///
/// # Errors
/// As the database says.
pub async fn find_over(
    conn: &mut Conn,
    _scope: Scope,
    case: CaseId,
    index: i64,
) -> DbResult<Option<TimestampRow>> {
    Ok(log_timestamps::table
        .filter(log_timestamps::case_id.eq(case.uuid()))
        .filter(log_timestamps::size.gt(index))
        .filter(log_timestamps::stamped_at.is_not_null())
        .order(log_timestamps::size)
        .select(TimestampRow::as_select())
        .first(conn)
        .await
        .optional()?)
}
