//! The register of lists and documents produced (R58), and the files of those that are made to be fetched.
//!
//! A list that is streamed while it is made has no attempts; all others are made by the worker. Each making
//! begins an attempt: what an earlier one still writes finds no row.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::{export_files, exports};
use crate::db::scope::Scope;
use crate::domain::ids::{AssociationId, CaseId, ExportId, StaffId};

/// A row of `exports`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = exports)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct ExportRow {
    pub id: Uuid,
    pub association_id: Uuid,
    pub case_id: Uuid,
    pub requested_by: Uuid,
    pub format: String,
    pub clear: bool,
    pub purpose: String,
    pub filter: serde_json::Value,
    pub state: String,
    pub row_count: Option<i64>,
    pub sha256: Option<Vec<u8>>,
    pub created_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
    pub progressed_at: Option<DateTime<Utc>>,
    pub column_set: String,
    pub dialect: String,
    pub recipients: Vec<String>,
    pub decided_by: Option<Uuid>,
    pub decided_at: Option<DateTime<Utc>>,
    pub decision_note: Option<String>,
    pub row_total: Option<i64>,
    pub snapshot_at: Option<DateTime<Utc>>,
    pub attempts: i32,
    pub key_wrapped: Option<Vec<u8>>,
    pub key_version: Option<i32>,
    pub expires_at: Option<DateTime<Utc>>,
    pub fetched_at: Option<DateTime<Utc>>,
    pub swept_at: Option<DateTime<Utc>>,
}

impl ExportRow {
    /// Whether it is a list that was streamed while it was made: all else was asked for with a purpose.
    pub const fn is_streamed(&self) -> bool {
        self.purpose.is_empty()
    }
}

/// A row of `export_files`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = export_files)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct ExportFileRow {
    pub export_id: Uuid,
    pub number: i32,
    pub association_id: Uuid,
    pub name: String,
    pub folder: Uuid,
    pub size: i64,
    pub sha256: Vec<u8>,
    pub rows_until: i64,
    pub next_batch: i64,
    pub next_row: i32,
    pub created_at: DateTime<Utc>,
    pub fetched_at: Option<DateTime<Utc>>,
}

/// One making of an export: whoever began it writes as long as nobody began another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The export.
    pub id: ExportId,
    /// From 1.
    pub number: i32,
}

/// Writes a new export.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn, _scope: Scope, row: &ExportRow) -> DbResult<()> {
    diesel::insert_into(exports::table)
        .values(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// An export of the association.
///
/// # Errors
/// `NotFound` if there is none the association may see.
pub async fn get(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    id: ExportId,
) -> DbResult<ExportRow> {
    Ok(exports::table
        .find(id.uuid())
        .filter(exports::association_id.eq(association.uuid()))
        .select(ExportRow::as_select())
        .first(conn)
        .await?)
}

/// Notes that a streamed list went on; `false` if it was given up meanwhile.
///
/// # Errors
/// As the database says.
pub async fn mark_progress(
    conn: &mut Conn,
    _scope: Scope,
    id: ExportId,
    now: DateTime<Utc>,
) -> DbResult<bool> {
    let running = diesel::update(exports::table.find(id.uuid()))
        .filter(exports::state.eq("running"))
        .filter(exports::attempts.eq(0))
        .set(exports::progressed_at.eq(now))
        .execute(conn)
        .await?;
    Ok(running == 1)
}

/// Notes that a streamed list was produced to its end; `false` if it was given up meanwhile.
///
/// # Errors
/// As the database says.
pub async fn mark_ready(
    conn: &mut Conn,
    _scope: Scope,
    id: ExportId,
    row_count: i64,
    sha256: &[u8],
    now: DateTime<Utc>,
) -> DbResult<bool> {
    let ended = diesel::update(exports::table.find(id.uuid()))
        .filter(exports::state.eq("running"))
        .filter(exports::attempts.eq(0))
        .set((
            exports::state.eq("ready"),
            exports::row_count.eq(row_count),
            exports::sha256.eq(sha256),
            exports::finished_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(ended == 1)
}

/// Notes that a streamed list was cut; one that is ready stays so.
///
/// # Errors
/// As the database says.
pub async fn mark_failed(
    conn: &mut Conn,
    _scope: Scope,
    id: ExportId,
    now: DateTime<Utc>,
) -> DbResult<bool> {
    let failed = diesel::update(exports::table.find(id.uuid()))
        .filter(exports::state.eq("running"))
        .filter(exports::attempts.eq(0))
        .set((exports::state.eq("failed"), exports::finished_at.eq(now)))
        .execute(conn)
        .await?;
    Ok(failed == 1)
}

/// Streamed lists that did not go on since `silent_since`: their process is gone, or their reader.
///
/// # Errors
/// As the database says.
pub async fn list_abandoned(
    conn: &mut Conn,
    _scope: Scope,
    silent_since: DateTime<Utc>,
) -> DbResult<Vec<ExportRow>> {
    Ok(exports::table
        .filter(exports::state.eq("running"))
        .filter(exports::attempts.eq(0))
        .filter(
            exports::progressed_at
                .lt(silent_since)
                .or(exports::progressed_at
                    .is_null()
                    .and(exports::created_at.lt(silent_since))),
        )
        .order(exports::id)
        .limit(100)
        .select(ExportRow::as_select())
        .load(conn)
        .await?)
}

/// Exports of the association in a case, newest first, before one, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    case: CaseId,
    before: Option<ExportId>,
    limit: i64,
) -> DbResult<Vec<ExportRow>> {
    let mut query = exports::table
        .filter(exports::association_id.eq(association.uuid()))
        .filter(exports::case_id.eq(case.uuid()))
        .order(exports::id.desc())
        .limit(limit)
        .select(ExportRow::as_select())
        .into_boxed();
    if let Some(before) = before {
        query = query.filter(exports::id.lt(before.uuid()));
    }
    Ok(query.load(conn).await?)
}

/// Exports of the association in a case that wait for the second person, oldest first, at most 50.
///
/// # Errors
/// As the database says.
pub async fn list_waiting(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    case: CaseId,
) -> DbResult<Vec<ExportRow>> {
    Ok(exports::table
        .filter(exports::state.eq("awaiting_approval"))
        .filter(exports::association_id.eq(association.uuid()))
        .filter(exports::case_id.eq(case.uuid()))
        .order(exports::id)
        .limit(50)
        .select(ExportRow::as_select())
        .load(conn)
        .await?)
}

/// Lets an export that waits for the second person be made; `false` if it does not wait, or was asked for
/// by the same person.
///
/// # Errors
/// As the database says.
pub async fn mark_approved(
    conn: &mut Conn,
    _scope: Scope,
    id: ExportId,
    by: StaffId,
    now: DateTime<Utc>,
) -> DbResult<bool> {
    let done = diesel::update(exports::table.find(id.uuid()))
        .filter(exports::state.eq("awaiting_approval"))
        .filter(exports::requested_by.ne(by.uuid()))
        .set((
            exports::state.eq("queued"),
            exports::decided_by.eq(by.uuid()),
            exports::decided_at.eq(now),
            exports::expires_at.eq(None::<DateTime<Utc>>),
        ))
        .execute(conn)
        .await?;
    Ok(done == 1)
}

/// Refuses an export that waits for the second person; `false` as for [`mark_approved`].
///
/// # Errors
/// As the database says.
pub async fn mark_rejected(
    conn: &mut Conn,
    _scope: Scope,
    id: ExportId,
    by: StaffId,
    note: &str,
    now: DateTime<Utc>,
) -> DbResult<bool> {
    let done = diesel::update(exports::table.find(id.uuid()))
        .filter(exports::state.eq("awaiting_approval"))
        .filter(exports::requested_by.ne(by.uuid()))
        .set((
            exports::state.eq("cancelled"),
            exports::decided_by.eq(by.uuid()),
            exports::decided_at.eq(now),
            exports::decision_note.eq(note),
            exports::finished_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(done == 1)
}

/// Calls an export off in one of these states; its key goes, so what was made of it opens no more.
/// `false` if it is in none of them, or is being streamed.
///
/// # Errors
/// As the database says.
pub async fn mark_cancelled(
    conn: &mut Conn,
    _scope: Scope,
    id: ExportId,
    states: &[&str],
    now: DateTime<Utc>,
) -> DbResult<bool> {
    let done = diesel::update(exports::table.find(id.uuid()))
        .filter(exports::state.eq_any(states))
        .filter(exports::state.ne("running").or(exports::attempts.gt(0)))
        .filter(exports::state.ne("ready").or(exports::attempts.gt(0)))
        .filter(exports::fetched_at.is_null())
        .set((
            exports::state.eq("cancelled"),
            exports::finished_at.eq(now),
            exports::key_wrapped.eq(None::<Vec<u8>>),
        ))
        .execute(conn)
        .await?;
    Ok(done == 1)
}

/// The next export of these formats to be made: one that was begun and left first, else the oldest.
///
/// # Errors
/// As the database says.
pub async fn find_due(
    conn: &mut Conn,
    _scope: Scope,
    formats: &[&str],
) -> DbResult<Option<ExportRow>> {
    let left = exports::table
        .filter(exports::state.eq("running"))
        .filter(exports::attempts.gt(0))
        .filter(exports::format.eq_any(formats))
        .order(exports::id)
        .select(ExportRow::as_select())
        .first(conn)
        .await
        .optional()?;
    if left.is_some() {
        return Ok(left);
    }
    Ok(exports::table
        .filter(exports::state.eq("queued"))
        .filter(exports::format.eq_any(formats))
        .order(exports::id)
        .select(ExportRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// Begins an attempt; the first brings the key of the files. `None` if somebody else did, or it was called
/// off.
///
/// # Errors
/// As the database says.
pub async fn mark_begun(
    conn: &mut Conn,
    _scope: Scope,
    row: &ExportRow,
    key: (&[u8], i32),
    now: DateTime<Utc>,
) -> DbResult<Option<Attempt>> {
    let begun = diesel::update(exports::table.find(row.id))
        .filter(exports::state.eq_any(["queued", "running"]))
        .filter(exports::attempts.eq(row.attempts))
        .set((
            exports::state.eq("running"),
            exports::attempts.eq(row.attempts + 1),
            exports::progressed_at.eq(now),
            exports::key_wrapped.eq(key.0),
            exports::key_version.eq(key.1),
        ))
        .execute(conn)
        .await?;
    Ok((begun == 1).then(|| Attempt {
        id: ExportId::new(row.id),
        number: row.attempts + 1,
    }))
}

/// Notes how many an export is about, with what its filter left out, and the moment it shows; `false` if the
/// attempt is over.
///
/// # Errors
/// As the database says.
pub async fn mark_frozen(
    conn: &mut Conn,
    _scope: Scope,
    attempt: Attempt,
    (total, filter): (i64, &serde_json::Value),
    at: DateTime<Utc>,
) -> DbResult<bool> {
    let done = diesel::update(exports::table.find(attempt.id.uuid()))
        .filter(exports::state.eq("running"))
        .filter(exports::attempts.eq(attempt.number))
        .set((
            exports::row_total.eq(total),
            exports::filter.eq(filter),
            exports::snapshot_at.eq(at),
        ))
        .execute(conn)
        .await?;
    Ok(done == 1)
}

/// Notes how many were written; `false` if the attempt is over.
///
/// # Errors
/// As the database says.
pub async fn mark_written(
    conn: &mut Conn,
    _scope: Scope,
    attempt: Attempt,
    rows: i64,
    now: DateTime<Utc>,
) -> DbResult<bool> {
    let done = diesel::update(exports::table.find(attempt.id.uuid()))
        .filter(exports::state.eq("running"))
        .filter(exports::attempts.eq(attempt.number))
        .set((exports::row_count.eq(rows), exports::progressed_at.eq(now)))
        .execute(conn)
        .await?;
    Ok(done == 1)
}

/// Notes that an export was made; `false` if the attempt is over.
///
/// # Errors
/// As the database says.
pub async fn mark_made(
    conn: &mut Conn,
    _scope: Scope,
    attempt: Attempt,
    (rows, sha256): (i64, &[u8]),
    (now, expires_at): (DateTime<Utc>, DateTime<Utc>),
) -> DbResult<bool> {
    let done = diesel::update(exports::table.find(attempt.id.uuid()))
        .filter(exports::state.eq("running"))
        .filter(exports::attempts.eq(attempt.number))
        .set((
            exports::state.eq("ready"),
            exports::row_count.eq(rows),
            exports::sha256.eq(sha256),
            exports::finished_at.eq(now),
            exports::expires_at.eq(expires_at),
        ))
        .execute(conn)
        .await?;
    Ok(done == 1)
}

/// Notes that an export cannot be made; `false` if the attempt is over.
///
/// # Errors
/// As the database says.
pub async fn mark_not_made(
    conn: &mut Conn,
    _scope: Scope,
    attempt: Attempt,
    now: DateTime<Utc>,
) -> DbResult<bool> {
    let done = diesel::update(exports::table.find(attempt.id.uuid()))
        .filter(exports::state.eq("running"))
        .filter(exports::attempts.eq(attempt.number))
        .set((
            exports::state.eq("failed"),
            exports::finished_at.eq(now),
            exports::key_wrapped.eq(None::<Vec<u8>>),
        ))
        .execute(conn)
        .await?;
    Ok(done == 1)
}

/// Exports whose time is over, oldest first, at most 100: nobody decided about them, or nobody fetched them.
///
/// # Errors
/// As the database says.
pub async fn list_expired(
    conn: &mut Conn,
    _scope: Scope,
    now: DateTime<Utc>,
) -> DbResult<Vec<ExportRow>> {
    Ok(exports::table
        .filter(exports::state.eq_any(["awaiting_approval", "ready"]))
        .filter(exports::expires_at.le(now))
        .filter(exports::fetched_at.is_null())
        .order(exports::id)
        .limit(100)
        .select(ExportRow::as_select())
        .load(conn)
        .await?)
}

/// Ends an export whose time is over; `false` if it was decided about, fetched or called off meanwhile.
///
/// # Errors
/// As the database says.
pub async fn mark_expired(
    conn: &mut Conn,
    _scope: Scope,
    id: ExportId,
    now: DateTime<Utc>,
) -> DbResult<bool> {
    let done = diesel::update(exports::table.find(id.uuid()))
        .filter(exports::state.eq_any(["awaiting_approval", "ready"]))
        .filter(exports::expires_at.le(now))
        .filter(exports::fetched_at.is_null())
        .set((
            exports::state.eq("expired"),
            exports::finished_at.eq(now),
            exports::key_wrapped.eq(None::<Vec<u8>>),
        ))
        .execute(conn)
        .await?;
    Ok(done == 1)
}

/// Exports whose files are there for nobody any more, at most 100.
///
/// # Errors
/// As the database says.
pub async fn list_to_sweep(conn: &mut Conn, _scope: Scope) -> DbResult<Vec<ExportId>> {
    let over = exports::state
        .eq_any(["failed", "expired", "cancelled"])
        .or(exports::fetched_at.is_not_null());
    let ids: Vec<Uuid> = exports::table
        .filter(exports::attempts.gt(0))
        .filter(exports::swept_at.is_null())
        .filter(over)
        .order(exports::id)
        .limit(100)
        .select(exports::id)
        .load(conn)
        .await?;
    Ok(ids.into_iter().map(ExportId::new).collect())
}

/// Notes that the files of an export are gone, and takes their key away.
///
/// # Errors
/// As the database says.
pub async fn mark_swept(
    conn: &mut Conn,
    _scope: Scope,
    id: ExportId,
    now: DateTime<Utc>,
) -> DbResult<()> {
    diesel::update(exports::table.find(id.uuid()))
        .set((
            exports::swept_at.eq(now),
            exports::key_wrapped.eq(None::<Vec<u8>>),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes a file that was made.
///
/// # Errors
/// `Unique` if the number is taken.
pub async fn insert_file(conn: &mut Conn, _scope: Scope, row: &ExportFileRow) -> DbResult<()> {
    diesel::insert_into(export_files::table)
        .values(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// The files of some exports, by number.
///
/// # Errors
/// As the database says.
pub async fn list_files(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    exports: &[Uuid],
) -> DbResult<Vec<ExportFileRow>> {
    Ok(export_files::table
        .filter(export_files::export_id.eq_any(exports))
        .filter(export_files::association_id.eq(association.uuid()))
        .order((export_files::export_id, export_files::number))
        .select(ExportFileRow::as_select())
        .load(conn)
        .await?)
}

/// Notes that a file was fetched to its end, and of the last one that the export was; `false` if it was
/// before.
///
/// # Errors
/// As the database says.
pub async fn mark_fetched(
    conn: &mut Conn,
    _scope: Scope,
    id: ExportId,
    number: i32,
    now: DateTime<Utc>,
) -> DbResult<bool> {
    // two volumes that end at once: the second sees the first
    exports::table
        .find(id.uuid())
        .select(exports::id)
        .for_update()
        .first::<Uuid>(conn)
        .await?;
    let done = diesel::update(export_files::table.find((id.uuid(), number)))
        .filter(export_files::fetched_at.is_null())
        .set(export_files::fetched_at.eq(now))
        .execute(conn)
        .await?;
    let left: i64 = export_files::table
        .filter(export_files::export_id.eq(id.uuid()))
        .filter(export_files::fetched_at.is_null())
        .count()
        .get_result(conn)
        .await?;
    if left == 0 {
        diesel::update(exports::table.find(id.uuid()))
            .filter(exports::fetched_at.is_null())
            .set(exports::fetched_at.eq(now))
            .execute(conn)
            .await?;
    }
    Ok(done == 1)
}

/// Id, format, whether in clear, and claimants of some exports.
pub type ToldExport = (Uuid, String, bool, Option<i64>);

/// What some exports were.
///
/// # Errors
/// As the database says.
pub async fn list_told(conn: &mut Conn, scope: Scope, ids: &[Uuid]) -> DbResult<Vec<ToldExport>> {
    let mut query = exports::table
        .filter(exports::id.eq_any(ids))
        .select((
            exports::id,
            exports::format,
            exports::clear,
            exports::row_count,
        ))
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(exports::association_id.eq(association.uuid()));
    }
    Ok(query.load(conn).await?)
}
