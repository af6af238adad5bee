//! One effect of a repeated request: the answer is kept for 24 h under a keyed hash of operation,
//! asker and key (SCALE S12).

use chrono::{DateTime, Duration, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::crypto::token;
use crate::db::idempotency::{self, IdempotencyRow};
use crate::db::{Conn, DbError};

/// Hours an answer is kept.
const ANSWER_HOURS: i64 = 24;

/// A key and the request it came with, hashed.
pub(in crate::app) struct Kept {
    id: Uuid,
    request_hash: Vec<u8>,
}

impl Kept {
    /// `place`: operation, asker and key; two of them never share an answer.
    pub(in crate::app) fn under(
        ctx: &Ctx,
        place: &str,
        request: &impl Serialize,
    ) -> AppResult<Self> {
        let body = serde_json::to_string(request).map_err(AppError::internal)?;
        let index = &ctx.keyring.index;
        Ok(Self {
            id: token::uuid_v8(index.platform_hash("idempotency", place)),
            request_hash: index.platform_hash("request", &body).to_vec(),
        })
    }

    /// The row of an answer: ids and states, nothing personal.
    pub(in crate::app) fn row(
        &self,
        status: i16,
        answer: &impl Serialize,
        now: DateTime<Utc>,
    ) -> AppResult<IdempotencyRow> {
        Ok(IdempotencyRow {
            id: self.id,
            request_hash: self.request_hash.clone(),
            status,
            response: serde_json::to_value(answer).map_err(AppError::internal)?,
            expires_at: now + Duration::hours(ANSWER_HOURS),
        })
    }
}

/// Keeps an answer in the transaction of its effect. `false`: the key was used before.
///
/// # Errors
/// `IdempotencyRunning` if a request with the same key does not end.
pub(in crate::app) async fn keep(
    conn: &mut Conn,
    row: &IdempotencyRow,
    now: DateTime<Utc>,
) -> AppResult<bool> {
    match idempotency::insert(conn, row, now).await {
        Ok(kept) => Ok(kept),
        Err(DbError::LockTimeout) => Err(AppError::IdempotencyRunning),
        Err(error) => Err(error.into()),
    }
}

/// The answer given before under this key, if any.
///
/// # Errors
/// `IdempotencyMismatch` if it came with another request.
pub(in crate::app) async fn find<T: DeserializeOwned>(
    conn: &mut Conn,
    kept: &Kept,
    now: DateTime<Utc>,
) -> AppResult<Option<T>> {
    let Some(answer) = idempotency::find(conn, kept.id, now).await? else {
        return Ok(None);
    };
    if answer.request_hash != kept.request_hash {
        return Err(AppError::IdempotencyMismatch);
    }
    let answer = serde_json::from_value(answer.response).map_err(AppError::internal)?;
    Ok(Some(answer))
}
