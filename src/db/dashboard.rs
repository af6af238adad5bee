//! Counts over a case of an association, for its dashboard: each read in one walk over what it counts.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::scope::Scope;
use crate::domain::ids::{AssociationId, CaseId};

/// Records of a province that are alike.
#[derive(QueryableByName, Debug)]
pub struct RecordsRow {
    /// Letters of the province; empty: not known.
    #[diesel(sql_type = Text)]
    pub province: String,
    /// State.
    #[diesel(sql_type = Text)]
    pub state: String,
    /// What is to be looked at.
    #[diesel(sql_type = Text)]
    pub review: String,
    /// Whether identity was given.
    #[diesel(sql_type = Bool)]
    pub identified: bool,
    /// Whether damages were declared.
    #[diesel(sql_type = Bool)]
    pub declared: bool,
    /// Whether payout data were given.
    #[diesel(sql_type = Bool)]
    pub payout: bool,
    /// Records.
    #[diesel(sql_type = BigInt)]
    pub count: i64,
    /// Damages of their newest declarations, cents.
    #[diesel(sql_type = BigInt)]
    pub cents: i64,
}

const RECORDS: &str = "SELECT coalesce(province, '') AS province, state, review, \
   identity_at IS NOT NULL AS identified, declared_version IS NOT NULL AS declared, payout_at IS NOT NULL AS payout, \
   count(*) AS count, coalesce(sum(declared_cents), 0)::bigint AS cents \
 FROM claimants WHERE association_id = $1 AND case_id = $2 AND restricted_at IS NULL \
 GROUP BY 1, 2, 3, 4, 5, 6";

/// Records of a case, those in quarantine too, those whose data are only kept left out.
///
/// # Errors
/// As the database says.
pub async fn count_records(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    case: CaseId,
) -> DbResult<Vec<RecordsRow>> {
    Ok(diesel::sql_query(RECORDS)
        .bind::<SqlUuid, _>(association.uuid())
        .bind::<SqlUuid, _>(case.uuid())
        .load(conn)
        .await?)
}

/// What happened in an hour.
#[derive(QueryableByName, Debug)]
pub struct MovementRow {
    /// `signed_up`, `confirmed`, `signed`.
    #[diesel(sql_type = Text)]
    pub what: String,
    /// When the hour began, UTC.
    #[diesel(sql_type = Timestamptz)]
    pub hour: DateTime<Utc>,
    /// How often.
    #[diesel(sql_type = BigInt)]
    pub count: i64,
}

// the clocks of Rome are whole hours from UTC, and an hour is cut off much faster without a zone
const MOVEMENTS: &str = "SELECT m.what, date_bin('1 hour', m.at, '2000-01-01T00:00:00Z') AS hour, count(*) AS count \
 FROM claimants \
 CROSS JOIN LATERAL (VALUES ('signed_up', created_at), ('confirmed', confirmed_at), ('signed', signed_at)) AS m (what, at) \
 WHERE association_id = $1 AND case_id = $2 AND review <> 'quarantined' AND restricted_at IS NULL AND m.at >= $3 \
 GROUP BY 1, 2";

/// Sign-ups, confirmations and signatures in force of a case by hour since `since`; records in quarantine and those
/// whose data are only kept are not counted.
///
/// # Errors
/// As the database says.
pub async fn count_movements(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    case: CaseId,
    since: DateTime<Utc>,
) -> DbResult<Vec<MovementRow>> {
    Ok(diesel::sql_query(MOVEMENTS)
        .bind::<SqlUuid, _>(association.uuid())
        .bind::<SqlUuid, _>(case.uuid())
        .bind::<Timestamptz, _>(since)
        .load(conn)
        .await?)
}

/// Items without an amount in the newest declarations of records in a state.
#[derive(QueryableByName, Debug)]
pub struct OpenItemsRow {
    /// State of the records.
    #[diesel(sql_type = Text)]
    pub state: String,
    /// Records that have any.
    #[diesel(sql_type = BigInt)]
    pub records: i64,
    /// Items.
    #[diesel(sql_type = BigInt)]
    pub items: i64,
}

// declarations without open items are not read: the index is of those that have some
const OPEN_ITEMS: &str = "SELECT c.state, count(*) AS records, sum(d.open_items)::bigint AS items \
 FROM declarations d \
 JOIN claimants c ON c.id = d.claimant_id AND c.association_id = d.association_id AND c.declared_version = d.version \
 WHERE d.association_id = $1 AND d.open_items > 0 AND c.association_id = $1 AND c.case_id = $2 \
 AND c.review <> 'quarantined' AND c.restricted_at IS NULL \
 GROUP BY c.state";

/// Items without an amount in the newest declarations of a case, by state of the record: of the records that
/// [`count_records`] counts, without those in quarantine.
///
/// # Errors
/// As the database says.
pub async fn count_open_items(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    case: CaseId,
) -> DbResult<Vec<OpenItemsRow>> {
    Ok(diesel::sql_query(OPEN_ITEMS)
        .bind::<SqlUuid, _>(association.uuid())
        .bind::<SqlUuid, _>(case.uuid())
        .load(conn)
        .await?)
}

/// Mailboxes of a domain under a plan.
#[derive(QueryableByName, Debug)]
pub struct MailboxCountRow {
    /// The domain, where it is a public provider's.
    #[diesel(sql_type = Nullable<Text>)]
    pub domain: Option<String>,
    /// Code of the plan, if it was told.
    #[diesel(sql_type = Nullable<Text>)]
    pub plan: Option<String>,
    /// Mailboxes.
    #[diesel(sql_type = BigInt)]
    pub count: i64,
}

const MAILBOXES: &str = "SELECT m.domain, m.plan, count(*) AS count FROM mailboxes m \
 JOIN claimants c ON c.id = m.claimant_id AND c.association_id = m.association_id \
 WHERE c.association_id = $1 AND c.case_id = $2 AND c.review <> 'quarantined' AND c.restricted_at IS NULL \
 GROUP BY m.domain, m.plan ORDER BY count DESC, m.domain, m.plan LIMIT 200";

/// Mailboxes named in a case, by domain and plan, most first, at most 200 rows.
///
/// # Errors
/// As the database says.
pub async fn count_mailboxes(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    case: CaseId,
) -> DbResult<Vec<MailboxCountRow>> {
    Ok(diesel::sql_query(MAILBOXES)
        .bind::<SqlUuid, _>(association.uuid())
        .bind::<SqlUuid, _>(case.uuid())
        .load(conn)
        .await?)
}

/// What waits for staff, or for a server.
#[derive(QueryableByName, Debug)]
pub struct WaitingRow {
    /// Its word.
    #[diesel(sql_type = Text)]
    pub word: String,
    /// How many.
    #[diesel(sql_type = BigInt)]
    pub count: i64,
    /// Since when the one that waits longest waits, UTC.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub oldest: Option<DateTime<Utc>>,
}

// the conditions word for word as the indexes of the lists have them
const WAITING: &str = "WITH own AS NOT MATERIALIZED ( \
   SELECT * FROM claimants WHERE association_id = $1 AND case_id = $2), \
 unchecked AS ( \
   SELECT v.flags, v.checked, v.created_at FROM declarations v \
   JOIN own ON own.id = v.claimant_id AND own.declared_version = v.version \
   WHERE v.association_id = $1 \
   AND (v.flags <@ (v.checked || '{paid_plan_proof,narrative_special}'::text[])) IS FALSE \
   AND own.state IN ('to_assist', 'confirmed', 'signed', 'resign_required', 'lodged')) \
 SELECT 'to_assist' AS word, count(*) AS count, min(created_at) AS oldest FROM own WHERE state = 'to_assist' \
 UNION ALL SELECT 'unreachable', count(*), min(unreachable_at) FROM own WHERE unreachable_at IS NOT NULL \
 UNION ALL SELECT 'quarantined', count(*), min(created_at) FROM own WHERE review = 'quarantined' \
 UNION ALL SELECT 'identity_to_check', count(*), min(i.to_check_at) FROM identities i JOIN own ON own.id = i.claimant_id \
   WHERE i.association_id = $1 AND i.to_check_at IS NOT NULL \
   AND own.state IN ('to_assist', 'confirmed', 'signed', 'resign_required', 'lodged') \
 UNION ALL SELECT 'ratification', count(*), min(ratify_at) FROM own WHERE ratify_at IS NOT NULL \
 UNION ALL SELECT 'payout_frozen', count(*), min(payout_frozen_at) FROM own WHERE payout_frozen_at IS NOT NULL \
 UNION ALL SELECT 'not_restored', count(*), min(created_at) FROM unchecked WHERE 'not_restored' = ANY (flags) AND 'not_restored' <> ALL (checked) \
 UNION ALL SELECT 'double_recovery', count(*), min(created_at) FROM unchecked WHERE 'double_recovery' = ANY (flags) AND 'double_recovery' <> ALL (checked) \
 UNION ALL SELECT 'outside_window', count(*), min(created_at) FROM unchecked WHERE 'outside_window' = ANY (flags) AND 'outside_window' <> ALL (checked) \
 UNION ALL SELECT 'paper', count(*), min(created_at) FROM paper_hand_ins \
   WHERE association_id = $1 AND case_id = $2 AND state = 'to_verify' \
 UNION ALL SELECT 'rights', count(*), min(received_at) FROM rights_requests \
   WHERE association_id = $1 AND case_id = $2 AND answered_at IS NULL \
 UNION ALL SELECT 'mails_' || state, count(*), min(created_at) FROM outbox \
   WHERE association_id = $1 AND case_id = $2 AND state IN ('due', 'parked', 'dead') GROUP BY state";

/// What waits in a case: each list of staff by its word, and the mails as `mails_due`, `mails_parked` and
/// `mails_dead`, where there are any.
///
/// # Errors
/// As the database says.
pub async fn count_waiting(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    case: CaseId,
) -> DbResult<Vec<WaitingRow>> {
    Ok(diesel::sql_query(WAITING)
        .bind::<SqlUuid, _>(association.uuid())
        .bind::<SqlUuid, _>(case.uuid())
        .load(conn)
        .await?)
}
