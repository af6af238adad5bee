//! What is deleted by rule: unconfirmed sign-ups, the rows of the erased, what has expired.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::claimants;
use crate::db::scope::Scope;
use crate::domain::ids::ClaimantId;
use crate::domain::retention::UNCONFIRMED_DAYS;

/// Everything that hangs on claimants, keys first: from then on nothing opens. The children come
/// before the claimants for the sake of the foreign keys.
const DELETE_CLAIMANTS: &[&str] = &[
    "DELETE FROM claimant_keys WHERE claimant_id = ANY($1)",
    "DELETE FROM lookups WHERE claimant_id = ANY($1)",
    "DELETE FROM registered_persons WHERE claimant_id = ANY($1)",
    "DELETE FROM registered_mailboxes WHERE claimant_id = ANY($1)",
    "DELETE FROM imported_contacts WHERE claimant_id = ANY($1)",
    "DELETE FROM sessions WHERE kind = 'claimant' AND subject_id = ANY($1)",
    "DELETE FROM outbox WHERE subject_id = ANY($1)",
    "DELETE FROM bounces WHERE subject_id = ANY($1)",
    "DELETE FROM assignments WHERE subject_id = ANY($1)",
    "DELETE FROM conflict_decisions WHERE keeper_id = ANY($1)",
    "UPDATE bulk_actions a SET words_sealed = NULL, words_key_version = NULL, act = a.act - 'words' FROM bulk_members m WHERE m.bulk_id = a.id AND m.claimant_id = ANY($1) \
     AND a.kind = 'reject' AND a.member_count = 1",
    "DELETE FROM bulk_members WHERE claimant_id = ANY($1)",
    "UPDATE sample_members SET note_sealed = NULL WHERE claimant_id = ANY($1)",
    "DELETE FROM message_stops WHERE claimant_id = ANY($1)",
    "DELETE FROM deficiencies WHERE claimant_id = ANY($1)",
    "DELETE FROM partner_submissions WHERE claimant_id = ANY($1)",
    "UPDATE partner_events SET claimant_id = NULL WHERE claimant_id = ANY($1)",
    "DELETE FROM conflicts WHERE claimant_id = ANY($1)",
    "DELETE FROM confirmations WHERE claimant_id = ANY($1)",
    "DELETE FROM consents WHERE claimant_id = ANY($1)",
    "DELETE FROM mailboxes WHERE claimant_id = ANY($1)",
    "DELETE FROM identities WHERE claimant_id = ANY($1)",
    "DELETE FROM document_files WHERE claimant_id = ANY($1)",
    "DELETE FROM documents WHERE claimant_id = ANY($1)",
    "DELETE FROM file_uploads WHERE claimant_id = ANY($1)",
    "DELETE FROM declaration_drafts WHERE claimant_id = ANY($1)",
    "DELETE FROM signature_files WHERE claimant_id = ANY($1)",
    "DELETE FROM signature_requests WHERE claimant_id = ANY($1)",
    "DELETE FROM signatures WHERE claimant_id = ANY($1)",
    "DELETE FROM log_pending WHERE claimant_id = ANY($1)",
    "UPDATE log_leaves SET subject_id = NULL WHERE subject_id = ANY($1)",
    "DELETE FROM representatives WHERE claimant_id = ANY($1)",
    "DELETE FROM minors WHERE claimant_id = ANY($1)",
    "DELETE FROM estates WHERE claimant_id = ANY($1)",
    "DELETE FROM paper_hand_ins WHERE claimant_id = ANY($1)",
    "DELETE FROM declarations WHERE claimant_id = ANY($1)",
    "DELETE FROM payouts WHERE claimant_id = ANY($1)",
    "DELETE FROM contact_changes WHERE claimant_id = ANY($1)",
    "DELETE FROM contact_requests WHERE claimant_id = ANY($1)",
    "UPDATE rights_requests SET request_sealed = NULL, extension_sealed = NULL, answer_sealed = NULL, lifting_sealed = NULL WHERE subject_id = ANY($1)",
    "DELETE FROM claimants WHERE id = ANY($1)",
];

/// Rows that are forgotten once a time has passed, a batch each.
const SWEEPS: [(&str, &str); 17] = [
    (
        "invitations",
        "DELETE FROM invitations WHERE id IN \
         (SELECT id FROM invitations WHERE expires_at < $1 - interval '30 days' \
          ORDER BY expires_at LIMIT $2)",
    ),
    (
        "staff_devices",
        "DELETE FROM staff_devices WHERE id IN \
         (SELECT id FROM staff_devices WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
    ),
    (
        "sessions",
        "DELETE FROM sessions WHERE id IN \
         (SELECT id FROM sessions WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
    ),
    (
        "refresh_tokens",
        "DELETE FROM refresh_tokens WHERE id IN \
         (SELECT id FROM refresh_tokens WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
    ),
    (
        "idempotency_keys",
        "DELETE FROM idempotency_keys WHERE id IN \
         (SELECT id FROM idempotency_keys WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
    ),
    (
        "rate_buckets",
        "DELETE FROM rate_buckets WHERE id IN \
         (SELECT id FROM rate_buckets WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
    ),
    (
        // a step is over after a minute and a half; a day leaves room for clocks that differ
        "totp_uses",
        "DELETE FROM totp_uses WHERE (staff_id, step) IN \
         (SELECT staff_id, step FROM totp_uses \
          WHERE used_at < $1 - interval '1 day' LIMIT $2)",
    ),
    (
        "suppressions",
        "DELETE FROM suppressions WHERE (id, reason) IN \
         (SELECT id, reason FROM suppressions WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
    ),
    (
        // who confirmed stays until they end it
        "followers",
        "DELETE FROM followers WHERE id IN \
         (SELECT id FROM followers WHERE confirmed_at IS NULL AND asked_at < $1 - interval '7 days' \
          ORDER BY asked_at LIMIT $2)",
    ),
    (
        "reminders",
        "DELETE FROM reminders WHERE id IN \
         (SELECT id FROM reminders WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
    ),
    (
        // as logs are kept; what is evidence stays with its claimant
        "bounces",
        "DELETE FROM bounces WHERE (subject_id, id) IN \
         (SELECT subject_id, id FROM bounces \
          WHERE received_at < $1 - interval '12 months' AND NOT is_evidence \
          ORDER BY received_at LIMIT $2)",
    ),
    (
        // numbers are not given again: the last one stands in partner_event_heads
        "partner_events",
        "DELETE FROM partner_events WHERE (partner_id, id) IN \
         (SELECT partner_id, id FROM partner_events \
          WHERE numbered_at < $1 - interval '90 days' ORDER BY numbered_at LIMIT $2)",
    ),
    (
        "webhook_deliveries",
        "DELETE FROM webhook_deliveries WHERE (partner_id, id) IN \
         (SELECT partner_id, id FROM webhook_deliveries \
          WHERE state <> 'due' AND ended_at < $1 - interval '30 days' ORDER BY ended_at LIMIT $2)",
    ),
    (
        "webhook_attempts",
        "DELETE FROM webhook_attempts WHERE (partner_id, id) IN \
         (SELECT partner_id, id FROM webhook_attempts \
          WHERE started_at < $1 - interval '30 days' ORDER BY started_at LIMIT $2)",
    ),
    (
        // the link in the notice works for 30 days; while the notice has not left, the change is not forgotten
        "contact_changes",
        "DELETE FROM contact_changes WHERE (claimant_id, id) IN \
         (SELECT claimant_id, id FROM contact_changes \
          WHERE created_at < $1 - interval '32 days' \
          AND (done_at IS NULL OR told_at IS NOT NULL OR stopped_at IS NOT NULL) ORDER BY created_at LIMIT $2)",
    ),
    (
        // none is open for so long
        "contact_requests",
        "DELETE FROM contact_requests WHERE (claimant_id, id) IN \
         (SELECT claimant_id, id FROM contact_requests \
          WHERE asked_at < $1 - interval '32 days' ORDER BY asked_at LIMIT $2)",
    ),
    (
        // jobs keep their leases and fences; workers that are gone leave theirs
        "leases",
        "DELETE FROM leases WHERE name IN \
         (SELECT name FROM leases WHERE starts_with(name, 'worker/') \
          AND expires_at < $1 - interval '1 day' LIMIT $2)",
    ),
];

/// A claimant and the tenant.
#[derive(QueryableByName, Queryable, Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueRow {
    /// The claimant.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// The tenant.
    #[diesel(sql_type = SqlUuid)]
    pub association_id: Uuid,
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// Unconfirmed sign-ups that are due for deletion at `now`, oldest first, at most `limit`: made 30
/// days and their held time ago, contact domain not held (R62).
///
/// # Errors
/// As the database says.
pub async fn list_unconfirmed_due(
    conn: &mut Conn,
    _scope: Scope,
    now: DateTime<Utc>,
    limit: i64,
) -> DbResult<Vec<ClaimantId>> {
    let rows: Vec<IdRow> = diesel::sql_query(
        "SELECT c.id FROM claimants c LEFT JOIN mail_domains d ON d.domain = c.contact_domain \
         WHERE c.state = 'unconfirmed' AND d.held_since IS NULL AND c.restricted_at IS NULL \
           AND c.created_at <= $1 - make_interval(days => $2::int) \
           AND c.state_changed_at + make_interval(secs => c.held_seconds) \
               <= $1 - make_interval(days => $2::int) \
         ORDER BY c.created_at LIMIT $3",
    )
    .bind::<Timestamptz, _>(now)
    .bind::<BigInt, _>(UNCONFIRMED_DAYS)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| ClaimantId::new(row.id))
        .collect())
}

/// Locks those of the claimants that are still unconfirmed, by touching them (SCALE 2: no FOR UPDATE
/// over all shards).
///
/// # Errors
/// As the database says.
pub async fn lock_unconfirmed(
    conn: &mut Conn,
    _scope: Scope,
    claimants_due: &[ClaimantId],
    now: DateTime<Utc>,
) -> DbResult<Vec<DueRow>> {
    let ids: Vec<Uuid> = claimants_due.iter().map(|id| id.uuid()).collect();
    Ok(diesel::update(
        claimants::table
            .filter(claimants::id.eq_any(ids))
            .filter(claimants::state.eq("unconfirmed")),
    )
    .set(claimants::state_changed_at.eq(now))
    .returning((claimants::id, claimants::association_id))
    .get_results(conn)
    .await?)
}

/// Deletes every row that tells of these claimants: data key, look-ups, sealed rows, the claimants
/// themselves. What stays names nobody: audit and the codes of mails sent. Gives the number of
/// claimants there were.
///
/// # Errors
/// As the database says.
pub async fn delete_claimants(
    conn: &mut Conn,
    _scope: Scope,
    claimants_gone: &[ClaimantId],
) -> DbResult<usize> {
    let ids: Vec<Uuid> = claimants_gone.iter().map(|id| id.uuid()).collect();
    let mut deleted = 0;
    for statement in DELETE_CLAIMANTS.iter().copied() {
        deleted = diesel::sql_query(statement)
            .bind::<Array<SqlUuid>, _>(&ids)
            .execute(conn)
            .await?;
    }
    Ok(deleted)
}

/// Those of the ids of which there is still a row.
///
/// # Errors
/// As the database says.
pub async fn list_existing(
    conn: &mut Conn,
    _scope: Scope,
    ids: &[ClaimantId],
) -> DbResult<Vec<DueRow>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    Ok(claimants::table
        .filter(claimants::id.eq_any(ids))
        .select((claimants::id, claimants::association_id))
        .load(conn)
        .await?)
}

/// Deletes what had expired at `now`, at most `limit` rows of each table; gives tables and counts.
///
/// # Errors
/// As the database says.
pub async fn sweep(
    conn: &mut Conn,
    _scope: Scope,
    now: DateTime<Utc>,
    limit: i64,
) -> DbResult<Vec<(&'static str, usize)>> {
    let mut counts = Vec::with_capacity(SWEEPS.len());
    for (table, statement) in SWEEPS {
        let deleted = diesel::sql_query(statement)
            .bind::<Timestamptz, _>(now)
            .bind::<BigInt, _>(limit)
            .execute(conn)
            .await?;
        counts.push((table, deleted));
    }
    Ok(counts)
}

/// Counts the confirmed of each case and association anew (DESIGN 3.9); `states` are those that
/// count as a person (R50).
///
/// # Errors
/// As the database says.
pub async fn count_cases(
    conn: &mut Conn,
    _scope: Scope,
    states: &[&str],
    now: DateTime<Utc>,
) -> DbResult<usize> {
    Ok(diesel::sql_query(
        "INSERT INTO case_counts (case_id, association_id, confirmed, counted_at) \
         SELECT p.case_id, p.association_id, count(c.id), $2 FROM case_associations p \
         LEFT JOIN claimants c ON c.case_id = p.case_id AND c.association_id = p.association_id \
           AND c.state = ANY($1) \
         GROUP BY p.case_id, p.association_id \
         ON CONFLICT (case_id, association_id) DO UPDATE \
         SET confirmed = excluded.confirmed, counted_at = excluded.counted_at",
    )
    .bind::<Array<diesel::sql_types::Text>, _>(states)
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await?)
}
