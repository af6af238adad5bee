//! What waits for staff: which rows are on which queue, how many up to a bound, which comes next. No count
//! walks further than a thousand rows of an index.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Date, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::db::error::{DbError, DbResult};
use crate::db::lookup::REJECTED_SHARING;
use crate::db::pool::Conn;
use crate::db::scope::Scope;
use crate::domain::claimant::Queue;
use crate::domain::ids::{AssociationId, CaseId};
use crate::domain::work_queue::{MOST_COUNTED, WorkQueue};

/// States in which both sides of a clash have signed.
const SIGNED: &str = "('signed', 'resign_required', 'lodged')";

/// What a version `v` of a declaration waits for a look by, word for word as the index has it.
const TO_CHECK: &str =
    "(v.flags <@ (v.checked || '{paid_plan_proof,narrative_special}'::text[])) IS FALSE";

/// What puts a row of `claimants` on a list: SQL over its columns, word for word as the indexes have it.
pub(in crate::db) fn condition(queue: Queue) -> String {
    let fixed = match queue {
        Queue::ToAssist => "(claimants.state = 'to_assist')",
        Queue::SignatureUnverified => {
            "(claimants.state IN ('confirmed', 'resign_required') AND EXISTS (SELECT 1 FROM signature_files f \
             WHERE f.claimant_id = claimants.id AND f.association_id = claimants.association_id \
             AND f.verdict = 'not_verifiable'))"
        }
        Queue::DocumentRejected => {
            "(EXISTS (SELECT 1 FROM documents d WHERE d.claimant_id = claimants.id \
             AND d.association_id = claimants.association_id AND d.scan = 'infected' AND d.removed_at IS NULL))"
        }
        Queue::DeficiencyOverdue => {
            "(claimants.state IN ('confirmed', 'signed', 'resign_required', 'lodged') AND EXISTS (SELECT 1 \
             FROM deficiencies d WHERE d.claimant_id = claimants.id AND d.association_id = claimants.association_id \
             AND d.overdue_at IS NOT NULL AND d.cured_at IS NULL))"
        }
        Queue::IdentityToCheck => {
            "(claimants.state IN ('to_assist', 'confirmed', 'signed', 'resign_required', 'lodged') AND EXISTS (SELECT 1 \
             FROM identities i WHERE i.claimant_id = claimants.id AND i.association_id = claimants.association_id \
             AND i.to_check_at IS NOT NULL))"
        }
        Queue::NotRestored => return unchecked("not_restored"),
        Queue::DoubleRecovery => return unchecked("double_recovery"),
        Queue::OutsideWindow => return unchecked("outside_window"),
        Queue::Unreachable => "(unreachable_at IS NOT NULL)",
        Queue::Quarantined => "(review = 'quarantined')",
        Queue::Ratification => "(ratify_at IS NOT NULL)",
        // found from the few who were rejected; who is erased leaves no look-up behind
        Queue::RejectedBefore => {
            return format!(
                "(claimants.state IN ('to_assist', 'confirmed', 'signed', 'resign_required') AND claimants.id IN \
                 (SELECT l.claimant_id FROM {REJECTED_SHARING}))"
            );
        }
        Queue::Restricted => "(restricted_at IS NOT NULL)",
        Queue::PayoutFrozen => "(payout_frozen_at IS NOT NULL)",
        Queue::PayoutWaits => {
            "(EXISTS (SELECT 1 FROM payouts p WHERE p.claimant_id = claimants.id \
             AND p.association_id = claimants.association_id AND p.waits_at IS NOT NULL \
             AND p.stopped_at IS NULL AND p.released_at IS NULL))"
        }
    };
    fixed.to_owned()
}

/// Whose newest declaration has a flag that nobody looked at. The flag itself stays, for filters and exports.
fn unchecked(flag: &str) -> String {
    format!(
        "(claimants.state IN ('to_assist', 'confirmed', 'signed', 'resign_required', 'lodged') \
         AND '{flag}' = ANY (declared_flags) AND EXISTS (SELECT 1 FROM declarations v \
         WHERE v.claimant_id = claimants.id AND v.association_id = claimants.association_id \
         AND v.version = claimants.declared_version AND {TO_CHECK} AND '{flag}' <> ALL (v.checked)))"
    )
}

/// As [`condition`], without those whose data are only kept: these are on their own list alone (R61).
fn shown(queue: Queue) -> String {
    match queue {
        Queue::Restricted => condition(queue),
        Queue::ToAssist
        | Queue::SignatureUnverified
        | Queue::DocumentRejected
        | Queue::DeficiencyOverdue
        | Queue::NotRestored
        | Queue::DoubleRecovery
        | Queue::OutsideWindow
        | Queue::Unreachable
        | Queue::Quarantined
        | Queue::Ratification
        | Queue::RejectedBefore
        | Queue::IdentityToCheck
        | Queue::PayoutFrozen
        | Queue::PayoutWaits => format!("{} AND restricted_at IS NULL", condition(queue)),
    }
}

/// Since when a row waits.
const fn since(queue: Queue) -> &'static str {
    match queue {
        Queue::ToAssist | Queue::Quarantined | Queue::RejectedBefore => "created_at",
        Queue::SignatureUnverified => {
            "(SELECT min(f.checked_at) FROM signature_files f WHERE f.claimant_id = claimants.id \
             AND f.association_id = claimants.association_id AND f.verdict = 'not_verifiable')"
        }
        Queue::DocumentRejected => {
            "(SELECT min(d.created_at) FROM documents d WHERE d.claimant_id = claimants.id \
             AND d.association_id = claimants.association_id AND d.scan = 'infected' AND d.removed_at IS NULL)"
        }
        Queue::DeficiencyOverdue => {
            "(SELECT min(d.overdue_at) FROM deficiencies d WHERE d.claimant_id = claimants.id \
             AND d.association_id = claimants.association_id AND d.overdue_at IS NOT NULL AND d.cured_at IS NULL)"
        }
        // a flag is of the newest version; these lists are worked off by a look at it, or by a new one
        Queue::NotRestored | Queue::DoubleRecovery | Queue::OutsideWindow => {
            "(SELECT v.created_at FROM declarations v WHERE v.claimant_id = claimants.id \
             AND v.association_id = claimants.association_id AND v.version = claimants.declared_version)"
        }
        Queue::IdentityToCheck => {
            "(SELECT i.to_check_at FROM identities i WHERE i.claimant_id = claimants.id \
             AND i.association_id = claimants.association_id AND i.to_check_at IS NOT NULL)"
        }
        Queue::Unreachable => "unreachable_at",
        Queue::Ratification => "ratify_at",
        Queue::Restricted => "restricted_at",
        Queue::PayoutFrozen => "payout_frozen_at",
        Queue::PayoutWaits => {
            "(SELECT min(p.waits_at) FROM payouts p WHERE p.claimant_id = claimants.id \
             AND p.association_id = claimants.association_id AND p.waits_at IS NOT NULL \
             AND p.stopped_at IS NULL AND p.released_at IS NULL)"
        }
    }
}

/// The open clashes of an association in a case that staff see, from oldest: both sides have signed. Run it
/// under system rights: the other side may be another association's.
fn conflicts(then: &str) -> String {
    format!(
        "FROM conflicts k JOIN claimants c ON c.id = k.claimant_id JOIN claimants o ON o.id = k.other_claimant_id \
         WHERE k.settled_at IS NULL AND k.proven_at IS NULL AND c.case_id = $2 \
         AND (c.association_id = $1 OR o.association_id = $1) \
         AND c.state IN {SIGNED} AND o.state IN {SIGNED} {then}"
    )
}

/// Those of some claimants who are on a queue of claimants.
///
/// # Errors
/// As the database says.
pub async fn list_queued(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    queue: Queue,
    claimants: &[Uuid],
) -> DbResult<Vec<Uuid>> {
    let rows: Vec<IdRow> = diesel::sql_query(format!(
        "SELECT id FROM claimants WHERE association_id = $1 AND id = ANY ($2) AND {}",
        condition(queue)
    ))
    .bind::<SqlUuid, _>(association.uuid())
    .bind::<diesel::sql_types::Array<SqlUuid>, _>(claimants)
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// What is on a queue, oldest or most urgent first: SQL for `id`, `since`, `due_on` and the `subject` that
/// assignments name; from after the item `$4` where `later` says so, nil: from the start.
fn items(queue: WorkQueue, later: Later) -> String {
    let after = |place: &str, of: &str| match later {
        Later::All => String::new(),
        Later::AfterFourth => format!("AND ($4::uuid = '{NIL}' OR {place} > {of})"),
    };
    let by_id = after("id", "$4::uuid");
    match queue {
        WorkQueue::Claimants(queue) => format!(
            "SELECT id, id AS subject, {} AS since, NULL::date AS due_on FROM claimants \
             WHERE association_id = $1 AND case_id = $2 AND {} {by_id} ORDER BY id",
            since(queue),
            shown(queue)
        ),
        WorkQueue::Conflicts => format!(
            "SELECT k.id, CASE WHEN c.association_id = $1 THEN c.id ELSE o.id END AS subject, \
             k.opened_at AS since, NULL::date AS due_on {}",
            conflicts(&format!("{} ORDER BY k.id", after("k.id", "$4::uuid")))
        ),
        WorkQueue::Paper => format!(
            "SELECT id, claimant_id AS subject, created_at AS since, NULL::date AS due_on \
             FROM paper_hand_ins WHERE association_id = $1 AND case_id = $2 AND state = 'to_verify' {by_id} \
             ORDER BY id"
        ),
        WorkQueue::Rights => format!(
            "SELECT id, subject_id AS subject, received_at AS since, due_on \
             FROM rights_requests WHERE association_id = $1 AND case_id = $2 AND answered_at IS NULL {} \
             ORDER BY due_on, id",
            after(
                "(due_on, id)",
                "(SELECT r.due_on, r.id FROM rights_requests r WHERE r.association_id = $1 AND r.id = $4::uuid)"
            )
        ),
        WorkQueue::ScamReports => format!(
            "SELECT id, id AS subject, received_at AS since, NULL::date AS due_on \
             FROM scam_reports WHERE association_id = $1 AND case_id = $2 AND handled_at IS NULL {} \
             ORDER BY received_at, id",
            after(
                "(received_at, id)",
                "(SELECT r.received_at, r.id FROM scam_reports r WHERE r.association_id = $1 AND r.id = $4::uuid)"
            )
        ),
        WorkQueue::Exports => format!(
            "SELECT id, id AS subject, created_at AS since, NULL::date AS due_on \
             FROM exports WHERE association_id = $1 AND case_id = $2 AND state = 'awaiting_approval' {by_id} \
             ORDER BY id"
        ),
    }
}

/// No item.
const NIL: &str = "00000000-0000-0000-0000-000000000000";

/// From where a queue is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Later {
    /// From its start.
    All,
    /// From after the item that the fourth value names.
    AfterFourth,
}

/// A queue in figures.
#[derive(QueryableByName, Debug, Clone)]
pub struct QueueRow {
    /// Word of the queue.
    #[diesel(sql_type = Text)]
    pub queue: String,
    /// Items, counted up to one more than [`MOST_COUNTED`].
    #[diesel(sql_type = BigInt)]
    pub count: i64,
    /// Since when the oldest of those counted waits, UTC.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub oldest: Option<DateTime<Utc>>,
    /// The first day by which something has to be done: a term of the law, or set with an assignment.
    #[diesel(sql_type = Nullable<Date>)]
    pub due_on: Option<NaiveDate>,
    /// Items of those counted that one person has.
    #[diesel(sql_type = BigInt)]
    pub mine: i64,
    /// Items of those counted that nobody has.
    #[diesel(sql_type = BigInt)]
    pub free: i64,
    /// Who has which of those counted in hand: a list of [`InHandRow`].
    #[diesel(sql_type = Jsonb)]
    in_hand: Value,
}

/// An item that somebody has begun.
#[derive(Deserialize, Debug, Clone)]
pub struct InHandRow {
    /// What the assignment names.
    pub subject: Uuid,
    /// Who.
    pub staff: Uuid,
    /// Since when, UTC.
    pub since: DateTime<Utc>,
    /// Until when, UTC.
    pub until: DateTime<Utc>,
}

impl QueueRow {
    /// Who has which item in hand, who began first first.
    ///
    /// # Errors
    /// `Corrupt`.
    pub fn in_hand(&self) -> DbResult<Vec<InHandRow>> {
        serde_json::from_value(self.in_hand.clone()).map_err(|_| DbError::Corrupt("assignments"))
    }
}

/// Some queues of an association in a case, in figures, with what `staff` has of them.
///
/// # Errors
/// As the database says.
pub async fn count(
    conn: &mut Conn,
    _scope: Scope,
    (association, case): (AssociationId, CaseId),
    (staff, now): (Uuid, DateTime<Utc>),
    queues: &[WorkQueue],
) -> DbResult<Vec<QueueRow>> {
    if queues.is_empty() {
        return Ok(Vec::new());
    }
    let parts = queues.iter().map(|queue| {
        let (word, items, bound) = (queue.as_str(), items(*queue, Later::All), MOST_COUNTED + 1);
        format!(
            "SELECT '{word}' AS queue, count(*) AS count, min(q.since) AS oldest, \
             least(min(q.due_on), min(a.due_on)) AS due_on, \
             count(*) FILTER (WHERE a.staff_id = $3) AS mine, count(*) FILTER (WHERE a.staff_id IS NULL) AS free, \
             coalesce(jsonb_agg(jsonb_build_object('subject', q.subject, 'staff', a.staff_id, 'since', a.assigned_at, \
             'until', a.lease_until) ORDER BY a.assigned_at) FILTER (WHERE a.lease_until IS NOT NULL), '[]') AS in_hand \
             FROM ({items} LIMIT {bound}) q LEFT JOIN assignments a \
             ON a.subject_id = q.subject AND a.queue = '{word}' AND a.association_id = $1 \
             AND (a.lease_until IS NULL OR a.lease_until > $4)"
        )
    });
    let sql = parts.collect::<Vec<_>>().join(" UNION ALL ");
    Ok(diesel::sql_query(sql)
        .bind::<SqlUuid, _>(association.uuid())
        .bind::<SqlUuid, _>(case.uuid())
        .bind::<SqlUuid, _>(staff)
        .bind::<Timestamptz, _>(now)
        .load(conn)
        .await?)
}

/// An item of a queue.
#[derive(QueryableByName, Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemRow {
    /// The item: a claimant, a request, a report, a clash, ....
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// What assignments name: the claimant, or the item.
    #[diesel(sql_type = SqlUuid)]
    pub subject: Uuid,
}

/// What leaves out items that `$3` may not decide because it was they who asked.
const fn not_own(queue: WorkQueue) -> &'static str {
    match queue {
        WorkQueue::Paper => {
            " AND NOT EXISTS (SELECT 1 FROM paper_hand_ins h WHERE h.claimant_id = q.subject \
             AND h.association_id = $1 AND h.id = q.id AND h.handed_in_by = $3)"
        }
        WorkQueue::Exports => {
            " AND NOT EXISTS (SELECT 1 FROM exports e WHERE e.association_id = $1 AND e.id = q.id \
             AND e.requested_by = $3)"
        }
        WorkQueue::Claimants(_)
        | WorkQueue::Conflicts
        | WorkQueue::Rights
        | WorkQueue::ScamReports => "",
    }
}

/// The first item of a queue that nobody but `staff` has and that is for them, in the order of the queue, after
/// `after`.
///
/// # Errors
/// As the database says.
pub async fn find_free(
    conn: &mut Conn,
    _scope: Scope,
    (association, case): (AssociationId, CaseId),
    (staff, now): (Uuid, DateTime<Utc>),
    queue: WorkQueue,
    place: Place,
) -> DbResult<Option<ItemRow>> {
    let (word, bound, theirs) = (queue.as_str(), MOST_COUNTED + 1, not_own(queue));
    let items = items(queue, Later::AfterFourth);
    let sql = format!(
        "SELECT q.id, q.subject FROM ({items} LIMIT {bound}) q \
         WHERE q.id <> $5{theirs} AND NOT EXISTS (SELECT 1 FROM assignments a \
         WHERE a.subject_id = q.subject AND a.queue = '{word}' AND a.association_id = $1 AND a.staff_id <> $3 \
         AND (a.lease_until IS NULL OR a.lease_until > $6)) LIMIT 1"
    );
    let found: Vec<ItemRow> = diesel::sql_query(sql)
        .bind::<SqlUuid, _>(association.uuid())
        .bind::<SqlUuid, _>(case.uuid())
        .bind::<SqlUuid, _>(staff)
        .bind::<SqlUuid, _>(place.after)
        .bind::<SqlUuid, _>(place.except)
        .bind::<Timestamptz, _>(now)
        .load(conn)
        .await?;
    Ok(found.into_iter().next())
}

/// What `staff` have in hand of a queue and is still on it: subjects.
///
/// # Errors
/// As the database says.
pub async fn list_in_hand(
    conn: &mut Conn,
    _scope: Scope,
    (association, case): (AssociationId, CaseId),
    (staff, now): (Uuid, DateTime<Utc>),
    queue: WorkQueue,
) -> DbResult<Vec<Uuid>> {
    let (word, items) = (queue.as_str(), items(queue, Later::All));
    let sql = format!(
        "SELECT q.id, q.subject FROM ({items}) q WHERE q.subject = ANY (ARRAY(SELECT a.subject_id FROM assignments a \
         WHERE a.association_id = $1 AND a.case_id = $2 AND a.staff_id = $3 AND a.queue = '{word}' \
         AND a.lease_until > $4))"
    );
    let found: Vec<ItemRow> = diesel::sql_query(sql)
        .bind::<SqlUuid, _>(association.uuid())
        .bind::<SqlUuid, _>(case.uuid())
        .bind::<SqlUuid, _>(staff)
        .bind::<Timestamptz, _>(now)
        .load(conn)
        .await?;
    Ok(found.into_iter().map(|row| row.subject).collect())
}

/// Where in a queue.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Only items after this one; nil: from the start.
    pub after: Uuid,
    /// An item that is left out; nil: none.
    pub except: Uuid,
}

/// Whether an item is on a queue now.
///
/// # Errors
/// As the database says.
pub async fn is_on(
    conn: &mut Conn,
    _scope: Scope,
    (association, case): (AssociationId, CaseId),
    queue: Queue,
    claimant: Uuid,
) -> DbResult<bool> {
    let sql = format!(
        "SELECT id, id AS subject FROM claimants WHERE id = $3 AND association_id = $1 AND case_id = $2 AND {}",
        shown(queue)
    );
    let found: Vec<ItemRow> = diesel::sql_query(sql)
        .bind::<SqlUuid, _>(association.uuid())
        .bind::<SqlUuid, _>(case.uuid())
        .bind::<SqlUuid, _>(claimant)
        .load(conn)
        .await?;
    Ok(!found.is_empty())
}
