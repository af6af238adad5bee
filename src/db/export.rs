//! The register of lists produced (R58).

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::exports;
use crate::db::scope::Scope;
use crate::domain::ids::{AssociationId, ExportId};

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

/// Starts an export that waits or failed; `false` if it runs or is ready.
///
/// # Errors
/// As the database says.
pub async fn mark_running(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    id: ExportId,
    now: DateTime<Utc>,
) -> DbResult<bool> {
    let started = diesel::update(exports::table.find(id.uuid()))
        .filter(exports::association_id.eq(association.uuid()))
        .filter(exports::state.eq_any(["queued", "failed"]))
        .set((exports::state.eq("running"), exports::progressed_at.eq(now)))
        .execute(conn)
        .await?;
    Ok(started == 1)
}

/// Notes that a running export went on; `false` if it was given up meanwhile.
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
        .set(exports::progressed_at.eq(now))
        .execute(conn)
        .await?;
    Ok(running == 1)
}

/// Notes that a running export was produced to its end; `false` if it was given up meanwhile.
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

/// Notes that a running export was cut; one that is ready stays so.
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
        .set((exports::state.eq("failed"), exports::finished_at.eq(now)))
        .execute(conn)
        .await?;
    Ok(failed == 1)
}

/// Running exports that did not go on since `silent_since`: their process is gone, or their reader.
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
