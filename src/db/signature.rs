//! Signature requests, signatures, and what waits for the evidence log.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::partner_event;
use crate::db::pool::Conn;
use crate::db::schema::{claimants, log_pending, signature_requests, signatures};
use crate::db::scope::Scope;
use crate::domain::claimant::ClaimantState;
use crate::domain::ids::ClaimantId;

/// A row of `signature_requests`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = signature_requests)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct RequestRow {
    pub claimant_id: Uuid,
    pub id: Uuid,
    pub association_id: Uuid,
    pub version: i32,
    pub tier: String,
    pub document_sha256: Vec<u8>,
    pub acceptances: Vec<String>,
    pub evidence: Vec<u8>,
    pub code_hash: Vec<u8>,
    pub attempts: i16,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
    pub used_at: Option<DateTime<Utc>>,
    pub voided_at: Option<DateTime<Utc>>,
}

/// A row of `signatures`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = signatures)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct SignatureRow {
    pub claimant_id: Uuid,
    pub version: i32,
    pub association_id: Uuid,
    pub tier: String,
    pub request_id: Option<Uuid>,
    pub document_sha256: Vec<u8>,
    pub document_key: String,
    pub evidence: Vec<u8>,
    pub evidence_sha256: Vec<u8>,
    pub acceptances: Vec<String>,
    pub signed_at: DateTime<Utc>,
}

/// A row of `log_pending`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = log_pending)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct LogPendingRow {
    pub claimant_id: Uuid,
    pub id: Uuid,
    pub association_id: Uuid,
    pub case_id: Uuid,
    pub kind: String,
    pub version: i32,
    pub commitment: Vec<u8>,
    pub supersedes: Option<Uuid>,
    pub created_at: DateTime<Utc>,
    pub evidence_commitment: Option<Vec<u8>>,
    pub leaf_index: Option<i64>,
    pub leaf_hash: Option<Vec<u8>>,
    pub entered_at: Option<DateTime<Utc>>,
}

/// Writes a request.
///
/// # Errors
/// As the database says.
pub async fn insert_request(conn: &mut Conn, _scope: Scope, row: &RequestRow) -> DbResult<()> {
    diesel::insert_into(signature_requests::table)
        .values(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// A request.
///
/// # Errors
/// As the database says.
pub async fn find_request(
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
    id: Uuid,
) -> DbResult<Option<RequestRow>> {
    let mut query = signature_requests::table
        .filter(signature_requests::claimant_id.eq(claimant.uuid()))
        .filter(signature_requests::id.eq(id))
        .select(RequestRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(signature_requests::association_id.eq(association.uuid()));
    }
    Ok(query.first(conn).await.optional()?)
}

/// The newest request of a claimant.
///
/// # Errors
/// As the database says.
pub async fn find_newest_request(
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
) -> DbResult<Option<RequestRow>> {
    let mut query = signature_requests::table
        .filter(signature_requests::claimant_id.eq(claimant.uuid()))
        .order(signature_requests::id.desc())
        .select(RequestRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(signature_requests::association_id.eq(association.uuid()));
    }
    Ok(query.first(conn).await.optional()?)
}

/// When requests were made since an instant, oldest first.
///
/// # Errors
/// As the database says.
pub async fn list_request_times(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    since: DateTime<Utc>,
) -> DbResult<Vec<DateTime<Utc>>> {
    Ok(signature_requests::table
        .filter(signature_requests::claimant_id.eq(claimant.uuid()))
        .filter(signature_requests::created_at.gt(since))
        .order(signature_requests::created_at)
        .select(signature_requests::created_at)
        .load(conn)
        .await?)
}

/// Ends every open request of a claimant: a newer request or version replaces them.
///
/// # Errors
/// As the database says.
pub async fn void_requests(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    now: DateTime<Utc>,
) -> DbResult<usize> {
    Ok(diesel::update(
        signature_requests::table
            .filter(signature_requests::claimant_id.eq(claimant.uuid()))
            .filter(signature_requests::used_at.is_null())
            .filter(signature_requests::voided_at.is_null()),
    )
    .set(signature_requests::voided_at.eq(now))
    .execute(conn)
    .await?)
}

/// Counts a wrong code, as long as the request has attempts left. `None`: it had none.
///
/// # Errors
/// As the database says.
pub async fn mark_attempt(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    id: Uuid,
    max_attempts: i16,
) -> DbResult<Option<i16>> {
    Ok(diesel::update(
        signature_requests::table
            .filter(signature_requests::claimant_id.eq(claimant.uuid()))
            .filter(signature_requests::id.eq(id))
            .filter(signature_requests::attempts.lt(max_attempts)),
    )
    .set(signature_requests::attempts.eq(signature_requests::attempts + 1))
    .returning(signature_requests::attempts)
    .get_result(conn)
    .await
    .optional()?)
}

/// Notes when the mail was first accepted, and moves the end once (R43).
///
/// # Errors
/// As the database says.
pub async fn mark_request_sent(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    id: Uuid,
    sent_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> DbResult<bool> {
    let moved = diesel::update(
        signature_requests::table
            .filter(signature_requests::claimant_id.eq(claimant.uuid()))
            .filter(signature_requests::id.eq(id))
            .filter(signature_requests::sent_at.is_null()),
    )
    .set((
        signature_requests::sent_at.eq(sent_at),
        signature_requests::expires_at.eq(expires_at),
    ))
    .execute(conn)
    .await?;
    Ok(moved == 1)
}

/// Uses a request up. `false`: somebody was faster, or it was voided.
///
/// # Errors
/// As the database says.
pub async fn mark_request_used(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    id: Uuid,
    now: DateTime<Utc>,
) -> DbResult<bool> {
    let used = diesel::update(
        signature_requests::table
            .filter(signature_requests::claimant_id.eq(claimant.uuid()))
            .filter(signature_requests::id.eq(id))
            .filter(signature_requests::used_at.is_null())
            .filter(signature_requests::voided_at.is_null()),
    )
    .set(signature_requests::used_at.eq(now))
    .execute(conn)
    .await?;
    Ok(used == 1)
}

/// Writes a signature and its entry for the log, and marks the claimant, who is locked, signed.
///
/// # Errors
/// `Unique` if the version is signed.
pub async fn insert(
    conn: &mut Conn,
    scope: Scope,
    row: &SignatureRow,
    entry: &LogPendingRow,
) -> DbResult<()> {
    diesel::insert_into(signatures::table)
        .values(row)
        .execute(conn)
        .await?;
    diesel::insert_into(log_pending::table)
        .values(entry)
        .execute(conn)
        .await?;
    diesel::update(claimants::table.find(row.claimant_id))
        .set((
            claimants::state.eq(ClaimantState::Signed.as_str()),
            claimants::state_changed_at.eq(row.signed_at),
            claimants::signed_at.eq(row.signed_at),
            claimants::signed_version.eq(row.version),
        ))
        .execute(conn)
        .await?;
    let claimant = ClaimantId::new(row.claimant_id);
    partner_event::stage(conn, scope, claimant, row.signed_at).await
}

/// The signature of a version.
///
/// # Errors
/// As the database says.
pub async fn find(
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
    version: i32,
) -> DbResult<Option<SignatureRow>> {
    let mut query = signatures::table
        .filter(signatures::claimant_id.eq(claimant.uuid()))
        .filter(signatures::version.eq(version))
        .select(SignatureRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(signatures::association_id.eq(association.uuid()));
    }
    Ok(query.first(conn).await.optional()?)
}

/// All signatures of a claimant, newest version first.
///
/// # Errors
/// As the database says.
pub async fn list(
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
) -> DbResult<Vec<SignatureRow>> {
    let mut query = signatures::table
        .filter(signatures::claimant_id.eq(claimant.uuid()))
        .order(signatures::version.desc())
        .select(SignatureRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(signatures::association_id.eq(association.uuid()));
    }
    Ok(query.load(conn).await?)
}

/// The leaf hash of an entry of a claimant, if it has its place in the log.
///
/// # Errors
/// As the database says.
pub async fn find_leaf_hash(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    id: Uuid,
) -> DbResult<Option<Vec<u8>>> {
    let found: Option<Option<Vec<u8>>> = log_pending::table
        .find((claimant.uuid(), id))
        .select(log_pending::leaf_hash)
        .first(conn)
        .await
        .optional()?;
    Ok(found.flatten())
}

/// The log entry of a version.
///
/// # Errors
/// As the database says.
pub async fn find_log_entry(
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
    version: i32,
) -> DbResult<Option<LogPendingRow>> {
    let mut query = log_pending::table
        .filter(log_pending::claimant_id.eq(claimant.uuid()))
        .filter(log_pending::version.eq(version))
        .select(LogPendingRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(log_pending::association_id.eq(association.uuid()));
    }
    Ok(query.first(conn).await.optional()?)
}
