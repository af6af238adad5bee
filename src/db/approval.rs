//! What waits for a second person, of every kind, and whom to tell. No query reads further than a bound.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::{memberships, staff};
use crate::db::scope::Scope;
use crate::domain::approval::{ApprovalKind, MOST_LISTED, MOST_SCANNED};
use crate::domain::ids::{AssociationId, CaseId};

/// Something that waits.
#[derive(QueryableByName, Debug, Clone)]
pub struct WaitingRow {
    /// Word of the kind.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// What is decided.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// The claimant it is about, where it is about one.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub claimant_id: Option<Uuid>,
    /// Its case; it may not be public yet.
    #[diesel(sql_type = SqlUuid)]
    pub case_id: Uuid,
    /// Staff id of who asked; none: a claimant.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub asked_by: Option<Uuid>,
    /// Since when it waits, UTC.
    #[diesel(sql_type = Timestamptz)]
    pub since: DateTime<Utc>,
    /// Last instant at which it can be decided, UTC; none: it has no end.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub until: Option<DateTime<Utc>>,
    /// Records it touches, where that is known.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub records: Option<i64>,
    /// Kind of a bulk action, format of an export.
    #[diesel(sql_type = Nullable<Text>)]
    pub form: Option<String>,
    /// What for, in the words of who asked; the title of a case.
    #[diesel(sql_type = Nullable<Text>)]
    pub about: Option<String>,
}

/// How many wait of a kind.
#[derive(QueryableByName, Debug, Clone)]
pub struct CountRow {
    /// Word of the kind.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// Whether the person asked for them, who then cannot decide.
    #[diesel(sql_type = Bool)]
    pub own: bool,
    /// Of those the person asked for: their case.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub case_id: Option<Uuid>,
    /// Of the oldest [`MOST_SCANNED`].
    #[diesel(sql_type = BigInt)]
    pub count: i64,
}

/// A member who may decide.
#[derive(Queryable)]
pub struct DeciderRow {
    /// The person.
    pub id: Uuid,
    /// Version of the root key that seals the next.
    pub root_version: i32,
    /// Name and address.
    pub sealed: Vec<u8>,
    /// Word of the language of the last sign-in.
    pub language: Option<String>,
}

/// Whose requests.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// Those of the person.
    Own,
    /// Those of everybody else.
    Others,
    /// All.
    Anybody,
}

/// Who asks: for the act, or for its being taken back.
const BULK_ASKED_BY: &str = "(CASE state WHEN 'awaiting_undo' THEN undo_by ELSE created_by END)";

/// What waits of a kind for the association `$1`, from the oldest; `$2` is the person, `$3` the clock.
fn items(kind: ApprovalKind, whose: Whose) -> String {
    let by = |column: &str| match whose {
        Whose::Own => format!("{column} = $2"),
        Whose::Others => format!("{column} IS DISTINCT FROM $2"),
        Whose::Anybody => "true".to_owned(),
    };
    match kind {
        ApprovalKind::Bulk => format!(
            "SELECT 'bulk' AS kind, id, NULL::uuid AS claimant_id, case_id, {BULK_ASKED_BY} AS asked_by, created_at AS since, \
             expires_at AS until, \
             (CASE state WHEN 'awaiting_undo' THEN done_count ELSE member_count - done_count - passed_count END)::bigint AS records, \
             kind AS form, purpose AS about \
             FROM bulk_actions WHERE association_id = $1 AND state IN ('awaiting_approval', 'awaiting_undo') AND expires_at > $3 \
             AND {} ORDER BY id",
            by(BULK_ASKED_BY)
        ),
        ApprovalKind::CaseVersion => format!(
            "SELECT 'case_version' AS kind, case_id AS id, NULL::uuid AS claimant_id, case_id, proposed_by AS asked_by, \
             proposed_at AS since, NULL::timestamptz AS until, NULL::bigint AS records, NULL::text AS form, \
             content #>> '{{title,it}}' AS about \
             FROM case_revisions WHERE association_id = $1 AND proposed_at IS NOT NULL AND published_at IS NULL \
             AND returned_at IS NULL AND {} ORDER BY case_id",
            by("proposed_by")
        ),
        ApprovalKind::Export => format!(
            "SELECT 'export' AS kind, id, NULL::uuid AS claimant_id, case_id, requested_by AS asked_by, created_at AS since, \
             expires_at AS until, row_total AS records, format AS form, purpose AS about \
             FROM exports WHERE association_id = $1 AND state = 'awaiting_approval' AND (expires_at IS NULL OR expires_at > $3) \
             AND {} ORDER BY id",
            by("requested_by")
        ),
        ApprovalKind::Paper => format!(
            "SELECT 'paper' AS kind, id, claimant_id, case_id, handed_in_by AS asked_by, created_at AS since, \
             NULL::timestamptz AS until, 1::bigint AS records, NULL::text AS form, NULL::text AS about \
             FROM paper_hand_ins WHERE association_id = $1 AND state = 'to_verify' AND {} ORDER BY id",
            by("handed_in_by")
        ),
        // a proposal whose clash settled by itself waits for nobody; it is decided from any of its clashes
        ApprovalKind::Keeper => format!(
            "SELECT 'keeper' AS kind, k.id, NULL::uuid AS claimant_id, d.case_id, d.proposed_by AS asked_by, \
             d.proposed_at AS since, NULL::timestamptz AS until, k.records, NULL::text AS form, NULL::text AS about \
             FROM conflict_decisions d JOIN LATERAL ( \
               SELECT (array_agg(c.id ORDER BY c.id))[1] AS id, count(*) + 1 AS records FROM conflicts c \
               JOIN claimants m ON m.id = c.claimant_id JOIN claimants o ON o.id = c.other_claimant_id \
               WHERE c.registered_id = d.registered_id AND c.settled_at IS NULL AND c.proven_at IS NULL \
               AND m.state IN ('signed', 'resign_required', 'lodged') AND o.state IN ('signed', 'resign_required', 'lodged') \
             ) k ON k.id IS NOT NULL \
             WHERE d.association_id = $1 AND d.decided_at IS NULL AND {} ORDER BY d.id",
            by("d.proposed_by")
        ),
        ApprovalKind::Payout => format!(
            "SELECT 'payout' AS kind, p.claimant_id AS id, p.claimant_id, c.case_id, p.typed_by AS asked_by, p.waits_at AS since, \
             NULL::timestamptz AS until, 1::bigint AS records, NULL::text AS form, NULL::text AS about \
             FROM payouts p JOIN claimants c ON c.id = p.claimant_id AND c.association_id = p.association_id \
             WHERE p.association_id = $1 AND p.waits_at IS NOT NULL AND p.stopped_at IS NULL AND p.released_at IS NULL \
             AND p.typed_by IS NOT NULL AND {} ORDER BY p.claimant_id",
            by("p.typed_by")
        ),
        ApprovalKind::Contact => contacts(&by("r.asked_by")),
    }
}

/// Addresses that staff typed in, as [`items`] gives them.
fn contacts(by: &str) -> String {
    format!(
        "SELECT 'contact' AS kind, r.claimant_id AS id, r.claimant_id, c.case_id, r.asked_by, r.asked_at AS since, \
         r.expires_at AS until, 1::bigint AS records, NULL::text AS form, NULL::text AS about \
         FROM contact_requests r JOIN claimants c ON c.id = r.claimant_id AND c.association_id = r.association_id \
         WHERE r.association_id = $1 AND r.ended_at IS NULL AND r.approved_at IS NULL AND r.expires_at > $3 \
         AND {by} ORDER BY r.claimant_id"
    )
}

/// What waits of some kinds, whoever but the person asked for it; at most [`MOST_LISTED`] of each.
///
/// # Errors
/// As the database says.
pub async fn list_to_decide(
    conn: &mut Conn,
    scope: Scope,
    place: (AssociationId, Uuid),
    kinds: &[ApprovalKind],
    now: DateTime<Utc>,
) -> DbResult<Vec<WaitingRow>> {
    list(conn, scope, place, (kinds, Whose::Others), now).await
}

/// What waits of what the person asked for; at most [`MOST_LISTED`] of each kind.
///
/// # Errors
/// As the database says.
pub async fn list_own(
    conn: &mut Conn,
    scope: Scope,
    place: (AssociationId, Uuid),
    now: DateTime<Utc>,
) -> DbResult<Vec<WaitingRow>> {
    list(conn, scope, place, (&ApprovalKind::ALL, Whose::Own), now).await
}

async fn list(
    conn: &mut Conn,
    _scope: Scope,
    (association, person): (AssociationId, Uuid),
    (kinds, whose): (&[ApprovalKind], Whose),
    now: DateTime<Utc>,
) -> DbResult<Vec<WaitingRow>> {
    if kinds.is_empty() {
        return Ok(Vec::new());
    }
    let parts = kinds.iter().map(|kind| {
        let items = items(*kind, whose);
        format!("(SELECT * FROM ({items} LIMIT {MOST_LISTED}) w)")
    });
    let sql = parts.collect::<Vec<_>>().join(" UNION ALL ");
    let sql = format!("SELECT * FROM ({sql}) a ORDER BY since, id");
    Ok(diesel::sql_query(sql)
        .bind::<SqlUuid, _>(association.uuid())
        .bind::<SqlUuid, _>(person)
        .bind::<Timestamptz, _>(now)
        .load(conn)
        .await?)
}

/// How many wait: of `decides` what others asked for, of every kind what the person did, by case; of some cases, if
/// any are named.
///
/// # Errors
/// As the database says.
pub async fn count(
    conn: &mut Conn,
    _scope: Scope,
    (association, person): (AssociationId, Uuid),
    decides: &[ApprovalKind],
    cases: Option<&[Uuid]>,
    now: DateTime<Utc>,
) -> DbResult<Vec<CountRow>> {
    // one bounded scan of the partial index of each kind, which tells own from others while it counts
    let parts = ApprovalKind::ALL.into_iter().map(|kind| {
        let whose = if decides.contains(&kind) {
            Whose::Anybody
        } else {
            Whose::Own
        };
        let (word, items) = (kind.as_str(), items(kind, whose));
        format!(
            "SELECT '{word}' AS kind, own, CASE WHEN own THEN case_id END AS case_id, count(*) AS count \
             FROM (SELECT i.asked_by IS NOT DISTINCT FROM $2 AS own, i.case_id FROM ({items}) i \
               WHERE $4 IS NULL OR i.case_id = ANY ($4) LIMIT {MOST_SCANNED}) w GROUP BY 2, 3"
        )
    });
    let sql = parts.collect::<Vec<_>>().join(" UNION ALL ");
    Ok(diesel::sql_query(sql)
        .bind::<SqlUuid, _>(association.uuid())
        .bind::<SqlUuid, _>(person)
        .bind::<Timestamptz, _>(now)
        .bind::<Nullable<Array<SqlUuid>>, _>(cases)
        .load(conn)
        .await?)
}

/// Active members of an association in some roles whose membership is for a case, those who joined first first, at most `limit`; one left out.
///
/// # Errors
/// As the database says.
pub async fn list_deciders(
    conn: &mut Conn,
    _scope: Scope,
    (association, case): (AssociationId, CaseId),
    roles: &[&str],
    but: Option<Uuid>,
    limit: i64,
) -> DbResult<Vec<DeciderRow>> {
    Ok(memberships::table
        .inner_join(staff::table.on(staff::id.eq(memberships::staff_id)))
        .filter(memberships::association_id.eq(association.uuid()))
        .filter(memberships::revoked_at.is_null())
        .filter(memberships::suspended_at.is_null())
        .filter(memberships::role.eq_any(roles))
        .filter(
            memberships::case_ids
                .is_null()
                .or(memberships::case_ids.contains(vec![case.uuid()])),
        )
        .filter(staff::status.eq("active"))
        .filter(memberships::staff_id.ne(but.unwrap_or(Uuid::nil())))
        .order((memberships::created_at, memberships::staff_id))
        .limit(limit)
        .select((
            staff::id,
            staff::root_version,
            staff::sealed,
            memberships::language,
        ))
        .load(conn)
        .await?)
}

#[derive(QueryableByName)]
struct DueRow {
    #[diesel(sql_type = SqlUuid)]
    staff_id: Uuid,
    #[diesel(sql_type = Timestamptz)]
    due_at: DateTime<Utc>,
}

/// Those of some members for whom no mail waits to leave, and when the next one is due: now, or `pause_minutes`
/// after the last one. Until then there is none for them any more.
///
/// # Errors
/// As the database says.
pub async fn take_turns(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    members: &[Uuid],
    (now, pause_minutes): (DateTime<Utc>, i64),
) -> DbResult<Vec<(Uuid, DateTime<Utc>)>> {
    // who has one waiting is left out before the row is touched: nobody waits for a lock
    let rows: Vec<DueRow> = diesel::sql_query(
        "INSERT INTO approval_notices AS n (staff_id, association_id, due_at) \
         SELECT m.id, $1, $3 FROM unnest($2::uuid[]) AS m (id) \
         WHERE NOT EXISTS (SELECT 1 FROM approval_notices w WHERE w.staff_id = m.id AND w.association_id = $1 AND w.due_at > $3) \
         ORDER BY m.id \
         ON CONFLICT (staff_id, association_id) DO UPDATE \
         SET due_at = greatest($3, n.due_at + make_interval(mins => $4::int)) WHERE n.due_at <= $3 \
         RETURNING n.staff_id, n.due_at",
    )
    .bind::<SqlUuid, _>(association.uuid())
    .bind::<Array<SqlUuid>, _>(members)
    .bind::<Timestamptz, _>(now)
    .bind::<BigInt, _>(pause_minutes)
    .load(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.staff_id, row.due_at))
        .collect())
}
