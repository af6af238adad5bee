//! All that is stored about one claimant, for that claimant: to look at, and to take along.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::bounce::BounceRow;
use crate::db::declaration::DeclarationRow;
use crate::db::error::DbResult;
use crate::db::identity::IdentityRow;
use crate::db::outbox::MailRow;
use crate::db::payout::PayoutRow;
use crate::db::pool::Conn;
use crate::db::schema::{
    bounces, confirmations, declarations, export_batches, exports, identities, log_events,
    log_pending, mails, memberships, outbox, payouts, sessions, signature_requests, signatures,
};
use crate::db::scope::Scope;
use crate::db::signature::{LogPendingRow, RequestRow, SignatureRow};
use crate::domain::ids::{AssociationId, CaseId, ClaimantId};

/// Every version of an identity, oldest first.
///
/// # Errors
/// As the database says.
pub async fn list_identities(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
) -> DbResult<Vec<IdentityRow>> {
    Ok(identities::table
        .filter(identities::claimant_id.eq(claimant.uuid()))
        .order(identities::version)
        .select(IdentityRow::as_select())
        .load(conn)
        .await?)
}

/// Every version of the payout data, oldest first.
///
/// # Errors
/// As the database says.
pub async fn list_payouts(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
) -> DbResult<Vec<PayoutRow>> {
    Ok(payouts::table
        .filter(payouts::claimant_id.eq(claimant.uuid()))
        .order(payouts::version)
        .select(PayoutRow::as_select())
        .load(conn)
        .await?)
}

/// Versions of the declaration after one, oldest first, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list_declarations(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    after: i32,
    limit: i64,
) -> DbResult<Vec<DeclarationRow>> {
    Ok(declarations::table
        .filter(declarations::claimant_id.eq(claimant.uuid()))
        .filter(declarations::version.gt(after))
        .order(declarations::version)
        .limit(limit)
        .select(DeclarationRow::as_select())
        .load(conn)
        .await?)
}

/// Every signature, oldest first.
///
/// # Errors
/// As the database says.
pub async fn list_signatures(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
) -> DbResult<Vec<SignatureRow>> {
    Ok(signatures::table
        .filter(signatures::claimant_id.eq(claimant.uuid()))
        .order(signatures::version)
        .select(SignatureRow::as_select())
        .load(conn)
        .await?)
}

/// Every request for a code to sign with, oldest first.
///
/// # Errors
/// As the database says.
pub async fn list_signature_requests(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
) -> DbResult<Vec<RequestRow>> {
    Ok(signature_requests::table
        .filter(signature_requests::claimant_id.eq(claimant.uuid()))
        .order(signature_requests::id)
        .select(RequestRow::as_select())
        .load(conn)
        .await?)
}

/// Entries of the evidence log about what the claimant signed, oldest first.
///
/// # Errors
/// As the database says.
pub async fn list_entries(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
) -> DbResult<Vec<LogPendingRow>> {
    Ok(log_pending::table
        .filter(log_pending::claimant_id.eq(claimant.uuid()))
        .order((log_pending::created_at, log_pending::id))
        .select(LogPendingRow::as_select())
        .load(conn)
        .await?)
}

/// An entry of the evidence log about a decision.
#[derive(Queryable, Debug, Clone)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct OwnEventRow {
    pub id: Uuid,
    pub kind: String,
    pub content: String,
    pub created_at: DateTime<Utc>,
    pub leaf_index: Option<i64>,
    pub entered_at: Option<DateTime<Utc>>,
}

/// Entries of the evidence log about what was decided about the claimant, oldest first.
///
/// # Errors
/// As the database says.
pub async fn list_events(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
) -> DbResult<Vec<OwnEventRow>> {
    Ok(log_events::table
        .filter(log_events::subject_id.eq(claimant.uuid()))
        .order((log_events::created_at, log_events::id))
        .select((
            log_events::id,
            log_events::kind,
            log_events::content,
            log_events::created_at,
            log_events::leaf_index,
            log_events::entered_at,
        ))
        .load(conn)
        .await?)
}

/// An open session, without what opens it.
#[derive(Queryable, Debug, Clone)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct OwnSessionRow {
    pub created_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// The sessions of the claimant that are still kept, oldest first.
///
/// # Errors
/// As the database says.
pub async fn list_sessions(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
) -> DbResult<Vec<OwnSessionRow>> {
    Ok(sessions::table
        .filter(sessions::subject_id.eq(claimant.uuid()))
        .filter(sessions::kind.eq("claimant"))
        .order(sessions::created_at)
        .select((
            sessions::created_at,
            sessions::last_seen_at,
            sessions::expires_at,
        ))
        .load(conn)
        .await?)
}

/// A link or code that was mailed, without what opens it.
#[derive(Queryable, Debug, Clone)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct OwnChallengeRow {
    pub purpose: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub used_at: Option<DateTime<Utc>>,
    pub voided_at: Option<DateTime<Utc>>,
}

/// Links and codes that were mailed, oldest first.
///
/// # Errors
/// As the database says.
pub async fn list_challenges(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
) -> DbResult<Vec<OwnChallengeRow>> {
    Ok(confirmations::table
        .filter(confirmations::claimant_id.eq(claimant.uuid()))
        .order(confirmations::id)
        .select((
            confirmations::purpose,
            confirmations::created_at,
            confirmations::expires_at,
            confirmations::used_at,
            confirmations::voided_at,
        ))
        .load(conn)
        .await?)
}

/// Mails of some subjects before one, newest first, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list_mails(
    conn: &mut Conn,
    _scope: Scope,
    subjects: &[Uuid],
    before: Option<Uuid>,
    limit: i64,
) -> DbResult<Vec<MailRow>> {
    let mut query = mails::table
        .filter(mails::subject_id.eq_any(subjects))
        .order(mails::id.desc())
        .limit(limit)
        .select(MailRow::as_select())
        .into_boxed();
    if let Some(before) = before {
        query = query.filter(mails::id.lt(before));
    }
    Ok(query.load(conn).await?)
}

/// Ids of mails that are still in the outbox, each with its state.
///
/// # Errors
/// As the database says.
pub async fn list_waiting(
    conn: &mut Conn,
    _scope: Scope,
    subjects: &[Uuid],
    ids: &[Uuid],
) -> DbResult<Vec<(Uuid, String)>> {
    Ok(outbox::table
        .filter(outbox::subject_id.eq_any(subjects))
        .filter(outbox::id.eq_any(ids))
        .select((outbox::id, outbox::state))
        .load(conn)
        .await?)
}

/// What came back of mails of some subjects, newest first, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list_bounces(
    conn: &mut Conn,
    _scope: Scope,
    subjects: &[Uuid],
    limit: i64,
) -> DbResult<Vec<BounceRow>> {
    Ok(bounces::table
        .filter(bounces::subject_id.eq_any(subjects))
        .order((bounces::received_at.desc(), bounces::id))
        .limit(limit)
        .select(BounceRow::as_select())
        .load(conn)
        .await?)
}

/// Ids of mails of some subjects that came back for good.
///
/// # Errors
/// As the database says.
pub async fn list_returned(
    conn: &mut Conn,
    _scope: Scope,
    subjects: &[Uuid],
    ids: &[Uuid],
) -> DbResult<Vec<Uuid>> {
    Ok(bounces::table
        .filter(bounces::subject_id.eq_any(subjects))
        .filter(bounces::mail_id.eq_any(ids))
        .filter(bounces::kind.eq("hard"))
        .select(bounces::mail_id)
        .load(conn)
        .await?)
}

/// The role each staff member has, or had last, in the association.
///
/// # Errors
/// As the database says.
pub async fn list_roles(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    people: &[Uuid],
) -> DbResult<Vec<(Uuid, String)>> {
    Ok(memberships::table
        .filter(memberships::association_id.eq(association.uuid()))
        .filter(memberships::staff_id.eq_any(people))
        .select((memberships::staff_id, memberships::role))
        .load(conn)
        .await?)
}

/// An export of the case, in short.
#[derive(Queryable, Debug, Clone)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct OwnExportRow {
    pub id: Uuid,
    pub requested_by: Uuid,
    pub format: String,
    pub clear: bool,
}

/// Exports of the association in a case before one, newest first, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list_exports(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    case: CaseId,
    before: Option<Uuid>,
    limit: i64,
) -> DbResult<Vec<OwnExportRow>> {
    let mut query = exports::table
        .filter(exports::association_id.eq(association.uuid()))
        .filter(exports::case_id.eq(case.uuid()))
        .order(exports::id.desc())
        .limit(limit)
        .select((
            exports::id,
            exports::requested_by,
            exports::format,
            exports::clear,
        ))
        .into_boxed();
    if let Some(before) = before {
        query = query.filter(exports::id.lt(before));
    }
    Ok(query.load(conn).await?)
}

/// A part of an export.
#[derive(Queryable, Selectable, Insertable, Debug, Clone, Copy)]
#[diesel(table_name = export_batches)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct ExportBatchRow {
    pub export_id: Uuid,
    pub first_id: Uuid,
    pub last_id: Uuid,
    pub association_id: Uuid,
    pub audit_id: Uuid,
}

/// Notes which row of the trail names the claimants of a part. An export that is made again after it
/// failed has the same parts: the newest row counts.
///
/// # Errors
/// As the database says.
pub async fn put_batch(conn: &mut Conn, _scope: Scope, row: &ExportBatchRow) -> DbResult<()> {
    diesel::insert_into(export_batches::table)
        .values(row)
        .on_conflict((export_batches::export_id, export_batches::first_id))
        .do_update()
        .set((
            export_batches::last_id.eq(row.last_id),
            export_batches::audit_id.eq(row.audit_id),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// The parts of an export that may name a claimant, at most four: one, or more where it was made again.
///
/// # Errors
/// As the database says.
pub async fn list_batches(
    conn: &mut Conn,
    _scope: Scope,
    export: Uuid,
    claimant: ClaimantId,
) -> DbResult<Vec<ExportBatchRow>> {
    Ok(export_batches::table
        .filter(export_batches::export_id.eq(export))
        .filter(export_batches::first_id.le(claimant.uuid()))
        .filter(export_batches::last_id.ge(claimant.uuid()))
        .order(export_batches::first_id.desc())
        .limit(4)
        .select(ExportBatchRow::as_select())
        .load(conn)
        .await?)
}
