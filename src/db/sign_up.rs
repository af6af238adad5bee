//! Sign-ups: one cacheable autocommit statement for those that arrive together (DESIGN 3.1, 3.6).
//!
//! One round trip, one commit for the whole batch, no lock on a row that others need: idempotency
//! keys, claimants, data keys, mailboxes, consents, identities, look-ups, submissions of partners, mail caps,
//! challenges, outbox and audit. What is written stands here, the statement in `statement`.

use chrono::{DateTime, Utc};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::{DbError, DbResult};
use crate::db::idempotency::IdempotencyRow;
use crate::db::pool::Conn;

mod statement;

/// Everything a sign-up writes. Arrays of one group are equally long.
#[derive(Debug)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migrations"
)]
pub struct SignUpRows {
    pub claimant_id: Uuid,
    pub association_id: Uuid,
    pub case_id: Uuid,
    pub state: &'static str,
    pub review: &'static str,
    pub language: &'static str,
    pub via: Option<String>,
    pub province: Option<String>,
    pub contact_kind: &'static str,
    pub contact_domain: Option<String>,
    pub contact_sealed: Vec<u8>,
    pub mailbox_count: i16,
    pub now: DateTime<Utc>,
    pub key: DataKeyRow,
    pub idempotency: IdempotencyRow,
    pub mailboxes: MailboxRows,
    pub consents: ConsentRows,
    /// Given with the sign-up; counts from confirmation on.
    pub identity: Option<IdentityRow>,
    pub lookups: LookupRows,
    /// Which partner sent it, if one did.
    pub submission: Option<SubmissionRow>,
    /// The mail that asks for confirmation; none without an e-mail.
    pub mail: Option<MailRow>,
    pub audit_id: Uuid,
    pub audit_detail: serde_json::Value,
    pub actor_kind: &'static str,
    pub actor_id: Option<Uuid>,
}

/// The claimant's data key.
#[derive(Debug)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migrations"
)]
pub struct DataKeyRow {
    pub association_key_version: i32,
    pub wrapped: Vec<u8>,
}

/// Mailboxes, column by column.
#[derive(Debug, Default)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migrations"
)]
pub struct MailboxRows {
    pub ids: Vec<Uuid>,
    pub domains: Vec<Option<String>>,
    pub treatments: Vec<&'static str>,
    pub plans: Vec<Option<String>>,
    pub alias_of: Vec<Option<Uuid>>,
    pub sealed: Vec<Vec<u8>>,
}

/// Consents, column by column; all share the evidence.
#[derive(Debug, Default)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migrations"
)]
pub struct ConsentRows {
    pub ids: Vec<Uuid>,
    pub purposes: Vec<&'static str>,
    pub text_versions: Vec<String>,
    pub given: Vec<bool>,
    pub channel: &'static str,
    pub evidence: Option<Vec<u8>>,
}

/// Identity, version 0.
#[derive(Debug)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migrations"
)]
pub struct IdentityRow {
    pub kind: &'static str,
    pub sealed: Vec<u8>,
    pub warnings: Vec<&'static str>,
}

/// Look-ups, column by column.
#[derive(Debug, Default)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migrations"
)]
pub struct LookupRows {
    pub hashes: Vec<Vec<u8>>,
    pub kinds: Vec<&'static str>,
}

/// What a partner that sends somebody leaves.
#[derive(Debug)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migrations"
)]
pub struct SubmissionRow {
    pub partner_id: Uuid,
    pub key_id: Uuid,
    pub mode: &'static str,
    pub notice_version: String,
    pub notice_shown_at: DateTime<Utc>,
}

/// Challenge, outbox row and mail cap of the confirmation mail.
#[derive(Debug)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migrations"
)]
pub struct MailRow {
    pub challenge_id: Uuid,
    pub token_hash: Vec<u8>,
    pub code_hash: Vec<u8>,
    pub challenge_expires_at: DateTime<Utc>,
    pub outbox_id: Uuid,
    pub lane: i16,
    pub queue_id: Uuid,
    pub priority: i16,
    pub payload: serde_json::Value,
    pub mail_expires_at: DateTime<Utc>,
    pub cap: CapIds,
    /// Payload of the one mail that is sent when the cap's window ends.
    pub delayed_payload: serde_json::Value,
}

/// The cap's hashes of one address for three days.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "the names say it")]
pub struct CapIds {
    pub yesterday: Uuid,
    pub today: Uuid,
    pub tomorrow: Uuid,
    /// First instant of tomorrow, UTC.
    pub tomorrow_at: DateTime<Utc>,
}

impl SignUpRows {
    /// Ids of the rows that this sign-up locks or must see as others left them: two sign-ups that
    /// share one are never written by the same statement, which could not touch a row twice.
    pub fn locks(&self) -> impl Iterator<Item = Uuid> {
        let cap = self.mail.as_ref().map(|mail| mail.cap);
        let caps = cap.map(|cap| [cap.yesterday, cap.today]);
        std::iter::once(self.idempotency.id).chain(caps.into_iter().flatten())
    }
}

/// Writes sign-ups, all or none. `false` in the place of one: its idempotency key was used before,
/// nothing of it was written. No two of them may share one of their [`SignUpRows::locks`].
///
/// Runs on a connection of the intake pool, in a transaction of its own. Locks are taken in one
/// order: idempotency keys by id, then mail caps by id. A request with the same key that is
/// still running elsewhere is waited for, 2 s at most.
///
/// # Errors
/// `LockTimeout` if the other request takes longer; else as the database says of any of them.
pub async fn insert(conn: &mut Conn, rows: &[&SignUpRows]) -> DbResult<Vec<bool>> {
    let fresh: Vec<bool> = statement::Insert::of(rows).get_results(conn).await?;
    if fresh.len() == rows.len() {
        Ok(fresh)
    } else {
        Err(DbError::Corrupt("idempotency_keys.id"))
    }
}
