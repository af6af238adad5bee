//! Answers kept for repeated requests (SCALE S12). The id is a keyed hash of operation, asker and
//! key, so that there is no tenant to filter by.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::idempotency_keys;

/// A row of `idempotency_keys`.
#[derive(Insertable, Debug)]
#[diesel(table_name = idempotency_keys)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migrations"
)]
pub struct IdempotencyRow {
    pub id: Uuid,
    pub request_hash: Vec<u8>,
    pub status: i16,
    pub response: serde_json::Value,
    pub expires_at: DateTime<Utc>,
}

/// An answer kept for a repeated request.
#[derive(Queryable, Selectable, Debug)]
#[diesel(table_name = idempotency_keys)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migrations"
)]
pub struct KeptAnswer {
    pub request_hash: Vec<u8>,
    pub response: serde_json::Value,
}

/// Keeps an answer. `false`: the key was used before, nothing was written; waits for a request with
/// the same key that is still running.
///
/// # Errors
/// `LockTimeout` if the other request takes longer than a lock is waited for.
pub async fn insert(conn: &mut Conn, row: &IdempotencyRow, now: DateTime<Utc>) -> DbResult<bool> {
    use diesel::query_dsl::methods::FilterDsl as _;
    use diesel::upsert::excluded;
    let keys = diesel::insert_into(idempotency_keys::table)
        .values(row)
        .on_conflict(idempotency_keys::id)
        .do_update()
        .set((
            idempotency_keys::request_hash.eq(excluded(idempotency_keys::request_hash)),
            idempotency_keys::status.eq(excluded(idempotency_keys::status)),
            idempotency_keys::response.eq(excluded(idempotency_keys::response)),
            idempotency_keys::expires_at.eq(excluded(idempotency_keys::expires_at)),
        ))
        .filter(idempotency_keys::expires_at.le(now));
    Ok(keys.execute(conn).await? == 1)
}

/// The answer kept under a key.
///
/// # Errors
/// As the database says.
pub async fn find(conn: &mut Conn, id: Uuid, now: DateTime<Utc>) -> DbResult<Option<KeptAnswer>> {
    Ok(idempotency_keys::table
        .filter(idempotency_keys::id.eq(id))
        .filter(idempotency_keys::expires_at.gt(now))
        .select(KeptAnswer::as_select())
        .first(conn)
        .await
        .optional()?)
}
