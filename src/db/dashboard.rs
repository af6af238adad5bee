//! Counts over a case of an association, for its dashboard: each read in one walk over what it counts.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{
    BigInt, Bool, Integer, Nullable, Text, Timestamp, Timestamptz, Uuid as SqlUuid,
};
use diesel_async::RunQueryDsl;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::scope::Scope;
use crate::domain::ids::{AssociationId, CaseId};

/// What a row of [`MovementRow`] counts, as `GROUPING` tells it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Counted {
    /// Sign-ups by hour.
    SignUps,
    /// Confirmations by hour.
    Confirmations,
    /// Signatures in force by hour.
    Signatures,
    /// Records by province.
    Province,
    /// Records by state, with identity, with declaration.
    State,
}

impl Counted {
    /// Reads the bits of `GROUPING(signed_up, confirmed, signed, province, state)`.
    pub fn read(grouping: i32) -> Option<Self> {
        match grouping {
            0b01111 => Some(Self::SignUps),
            0b10111 => Some(Self::Confirmations),
            0b11011 => Some(Self::Signatures),
            0b11101 => Some(Self::Province),
            0b11110 => Some(Self::State),
            _ => None,
        }
    }
}

/// A count over records.
#[derive(QueryableByName, Debug)]
pub struct MovementRow {
    /// See [`Counted`].
    #[diesel(sql_type = Integer)]
    pub counted: i32,
    /// The hour, on the clock of Rome; none for what is older than was asked for.
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub hour: Option<NaiveDateTime>,
    /// Letters of the province.
    #[diesel(sql_type = Nullable<Text>)]
    pub province: Option<String>,
    /// State.
    #[diesel(sql_type = Nullable<Text>)]
    pub state: Option<String>,
    /// Whether identity was given.
    #[diesel(sql_type = Nullable<Bool>)]
    pub identified: Option<bool>,
    /// Whether damages were declared.
    #[diesel(sql_type = Nullable<Bool>)]
    pub declared: Option<bool>,
    /// Records.
    #[diesel(sql_type = BigInt)]
    pub count: i64,
    /// Damages of their newest declarations, cents.
    #[diesel(sql_type = BigInt)]
    pub cents: i64,
}

const MOVEMENTS: &str = "WITH taken AS MATERIALIZED ( \
   SELECT CASE WHEN created_at >= $3 THEN date_trunc('hour', created_at AT TIME ZONE 'Europe/Rome') END AS signed_up, \
     CASE WHEN confirmed_at >= $3 THEN date_trunc('hour', confirmed_at AT TIME ZONE 'Europe/Rome') END AS confirmed, \
     CASE WHEN signed_at >= $3 THEN date_trunc('hour', signed_at AT TIME ZONE 'Europe/Rome') END AS signed, \
     coalesce(province, '') AS province, state, identity_at IS NOT NULL AS identified, \
     declared_version IS NOT NULL AS declared, declared_cents \
   FROM claimants \
   WHERE association_id = $1 AND case_id = $2 AND review <> 'quarantined' AND restricted_at IS NULL) \
 SELECT GROUPING(signed_up, confirmed, signed, province, state) AS counted, \
   coalesce(signed_up, confirmed, signed) AS hour, province, state, identified, declared, \
   count(*) AS count, coalesce(sum(declared_cents), 0)::bigint AS cents \
 FROM taken \
 GROUP BY GROUPING SETS ((signed_up), (confirmed), (signed), (province), (state, identified, declared))";

/// Records of a case by hour since `since`, by province and by state; those in quarantine and those whose
/// data are only kept are not counted.
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
/// [`count_movements`] counts.
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

/// What records that are worked on lack (R2).
#[derive(QueryableByName, Debug, Clone, Copy, Default)]
pub struct LackRow {
    /// Confirmed, signed, to be signed again, lodged.
    #[diesel(sql_type = BigInt)]
    pub records: i64,
    /// Without identity.
    #[diesel(sql_type = BigInt)]
    pub identity: i64,
    /// Without a signature in force.
    #[diesel(sql_type = BigInt)]
    pub signature: i64,
    /// Without payout data.
    #[diesel(sql_type = BigInt)]
    pub payout: i64,
    /// With all of them and nothing to review.
    #[diesel(sql_type = BigInt)]
    pub complete: i64,
}

// the states as `ClaimantState::counts` and `SignatureInForce::of` read them; a test compares
const LACKS: &str = "SELECT count(*) AS records, count(*) FILTER (WHERE identity_at IS NULL) AS identity, \
 count(*) FILTER (WHERE state NOT IN ('signed', 'lodged')) AS signature, \
 count(*) FILTER (WHERE payout_at IS NULL) AS payout, \
 count(*) FILTER (WHERE identity_at IS NOT NULL AND state IN ('signed', 'lodged') AND payout_at IS NOT NULL \
 AND review = 'none') AS complete \
 FROM claimants WHERE association_id = $1 AND case_id = $2 \
 AND state IN ('confirmed', 'signed', 'resign_required', 'lodged') AND restricted_at IS NULL";

/// What records that are worked on lack, those whose data are only kept left out.
///
/// # Errors
/// As the database says.
pub async fn count_lacks(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    case: CaseId,
) -> DbResult<LackRow> {
    Ok(diesel::sql_query(LACKS)
        .bind::<SqlUuid, _>(association.uuid())
        .bind::<SqlUuid, _>(case.uuid())
        .get_result(conn)
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
   SELECT * FROM claimants WHERE association_id = $1 AND case_id = $2) \
 SELECT 'to_assist' AS word, count(*) AS count, min(created_at) AS oldest FROM own WHERE state = 'to_assist' \
 UNION ALL SELECT 'unreachable', count(*), min(unreachable_at) FROM own WHERE unreachable_at IS NOT NULL \
 UNION ALL SELECT 'quarantined', count(*), min(created_at) FROM own WHERE review = 'quarantined' \
 UNION ALL SELECT 'ratification', count(*), min(ratify_at) FROM own WHERE ratify_at IS NOT NULL \
 UNION ALL SELECT 'payout_frozen', count(*), min(payout_frozen_at) FROM own WHERE payout_frozen_at IS NOT NULL \
 UNION ALL SELECT 'not_restored', count(*), min(created_at) FROM own WHERE 'not_restored' = ANY (declared_flags) \
 UNION ALL SELECT 'double_recovery', count(*), min(created_at) FROM own WHERE 'double_recovery' = ANY (declared_flags) \
 UNION ALL SELECT 'outside_window', count(*), min(created_at) FROM own WHERE 'outside_window' = ANY (declared_flags) \
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
