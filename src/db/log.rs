//! Evidence logs: their heads, what waits for them, the leaves that are in no full bundle yet.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::QueryableByName;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bytea, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::{cases, claimants, exports, log_events, log_leaves, logs, sample_checks};
use crate::db::scope::Scope;
use crate::domain::ids::{CaseId, ClaimantId};

/// A row of `logs` and the name of its case in URLs.
#[derive(QueryableByName, Debug, Clone, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct LogRow {
    #[diesel(sql_type = SqlUuid)]
    pub case_id: Uuid,
    #[diesel(sql_type = Text)]
    pub slug: String,
    #[diesel(sql_type = Text)]
    pub origin: String,
    #[diesel(sql_type = BigInt)]
    pub tree_size: i64,
    #[diesel(sql_type = BigInt)]
    pub signed_size: i64,
    #[diesel(sql_type = Bytea)]
    pub edge: Vec<u8>,
    #[diesel(sql_type = Nullable<Text>)]
    pub checkpoint: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub signed_at: Option<DateTime<Utc>>,
}

impl LogRow {
    /// The case.
    pub fn case(&self) -> CaseId {
        CaseId::new(self.case_id)
    }
}

/// An entry that waits for its place.
#[derive(QueryableByName, Debug, Clone, PartialEq, Eq)]
pub struct WaitingRow {
    /// Whom or what it is about.
    #[diesel(sql_type = SqlUuid)]
    pub subject_id: Uuid,
    /// Random id of the entry.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// Its type.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// The commitment of a declaration; none for an event.
    #[diesel(sql_type = Nullable<Bytea>)]
    pub commitment: Option<Vec<u8>>,
    /// The commitment to the evidence of an act.
    #[diesel(sql_type = Nullable<Bytea>)]
    pub evidence_commitment: Option<Vec<u8>>,
    /// What an event commits to.
    #[diesel(sql_type = Nullable<Text>)]
    pub content: Option<String>,
    /// Salt of an event.
    #[diesel(sql_type = Nullable<Bytea>)]
    pub salt: Option<Vec<u8>>,
    /// The entry it supersedes.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub supersedes: Option<Uuid>,
    /// Leaf hash of the entry it supersedes, if that has its place.
    #[diesel(sql_type = Nullable<Bytea>)]
    pub prev: Option<Vec<u8>>,
}

/// A row of `log_events` that waits.
#[derive(Insertable, Debug, Clone)]
#[diesel(table_name = log_events)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct EventRow {
    pub subject_id: Uuid,
    pub id: Uuid,
    pub association_id: Option<Uuid>,
    pub case_id: Uuid,
    pub kind: String,
    pub content: String,
    pub salt: Vec<u8>,
    pub created_at: DateTime<Utc>,
    pub day: Option<NaiveDate>,
}

/// A row of `log_leaves`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone, PartialEq, Eq)]
#[diesel(table_name = log_leaves)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct LeafRow {
    pub case_id: Uuid,
    pub leaf_index: i64,
    pub entry: Vec<u8>,
    pub subject_id: Option<Uuid>,
}

/// The place an entry got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entered {
    /// Whom or what it is about.
    pub subject: Uuid,
    /// Id of the entry.
    pub id: Uuid,
    /// Its place.
    pub index: i64,
    /// Hash of its leaf.
    pub hash: Vec<u8>,
    /// Time in it.
    pub at: DateTime<Utc>,
}

/// What of a log waits.
#[derive(QueryableByName, Debug, Clone, PartialEq, Eq)]
pub struct BacklogRow {
    /// Entries without a place.
    #[diesel(sql_type = BigInt)]
    pub waiting: i64,
    /// Since when the oldest does.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub oldest: Option<DateTime<Utc>>,
}

const LOGS: &str = "SELECT l.case_id, c.slug, l.origin, l.tree_size, l.signed_size, l.edge, l.checkpoint, \
     l.signed_at FROM logs l JOIN cases c ON c.id = l.case_id";

/// Begins a log for each public case that has none.
///
/// # Errors
/// As the database says.
pub async fn insert_missing(
    conn: &mut Conn,
    _scope: Scope,
    origin: &str,
    now: DateTime<Utc>,
) -> DbResult<usize> {
    Ok(diesel::sql_query(
        "INSERT INTO logs (case_id, origin, created_at) \
         SELECT c.id, $1 || c.slug, $2 FROM cases c \
         WHERE c.state <> 'draft' AND NOT EXISTS (SELECT FROM logs l WHERE l.case_id = c.id) \
         ON CONFLICT (case_id) DO NOTHING",
    )
    .bind::<Text, _>(origin)
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await?)
}

/// Every log, by the name of its case.
///
/// # Errors
/// As the database says.
pub async fn list(conn: &mut Conn, _scope: Scope) -> DbResult<Vec<LogRow>> {
    let query = format!("{LOGS} ORDER BY c.slug");
    Ok(diesel::sql_query(query).load(conn).await?)
}

/// The logs that have something to enter or to sign.
///
/// # Errors
/// As the database says.
pub async fn list_due(conn: &mut Conn, _scope: Scope) -> DbResult<Vec<LogRow>> {
    let query = format!(
        "{LOGS} WHERE l.checkpoint IS NULL OR l.signed_size < l.tree_size \
         OR EXISTS (SELECT FROM log_pending p WHERE p.case_id = l.case_id AND p.leaf_index IS NULL) \
         OR EXISTS (SELECT FROM log_events e WHERE e.case_id = l.case_id AND e.leaf_index IS NULL) \
         ORDER BY c.slug"
    );
    Ok(diesel::sql_query(query).load(conn).await?)
}

/// The log of a case.
///
/// # Errors
/// As the database says.
pub async fn find(conn: &mut Conn, _scope: Scope, case: CaseId) -> DbResult<Option<LogRow>> {
    let query = format!("{LOGS} WHERE l.case_id = $1");
    let row = diesel::sql_query(query)
        .bind::<SqlUuid, _>(case.uuid())
        .get_result(conn)
        .await;
    Ok(row.optional()?)
}

/// The log of the case with this name in URLs.
///
/// # Errors
/// As the database says.
pub async fn find_by_slug(conn: &mut Conn, _scope: Scope, slug: &str) -> DbResult<Option<LogRow>> {
    let query = format!("{LOGS} WHERE c.slug = $1");
    let row = diesel::sql_query(query).bind::<Text, _>(slug);
    Ok(row.get_result(conn).await.optional()?)
}

/// Locks the head of a log.
///
/// # Errors
/// `NotFound` if there is none.
pub async fn lock(conn: &mut Conn, _scope: Scope, case: CaseId) -> DbResult<LogRow> {
    let query = format!("{LOGS} WHERE l.case_id = $1 FOR UPDATE OF l");
    let row = diesel::sql_query(query).bind::<SqlUuid, _>(case.uuid());
    Ok(row.get_result(conn).await?)
}

/// What waits for a log, oldest first, at most `limit`. Whatever is visible is committed, and has no
/// place yet: nothing is skipped, however long its transaction took.
///
/// # Errors
/// As the database says.
pub async fn list_waiting(
    conn: &mut Conn,
    _scope: Scope,
    case: CaseId,
    limit: i64,
) -> DbResult<Vec<WaitingRow>> {
    Ok(diesel::sql_query(
        "SELECT w.subject_id, w.id, w.kind, w.commitment, w.evidence_commitment, w.content, w.salt, \
           w.supersedes, p.leaf_hash AS prev FROM ( \
             (SELECT claimant_id AS subject_id, id, kind, commitment, evidence_commitment, \
                NULL::text AS content, NULL::bytea AS salt, supersedes, created_at FROM log_pending \
              WHERE case_id = $1 AND leaf_index IS NULL ORDER BY created_at, id LIMIT $2) \
             UNION ALL \
             (SELECT subject_id, id, kind, NULL, NULL, content, salt, NULL, created_at FROM log_events \
              WHERE case_id = $1 AND leaf_index IS NULL ORDER BY created_at, id LIMIT $2)) w \
         LEFT JOIN log_pending p ON p.claimant_id = w.subject_id AND p.id = w.supersedes \
         ORDER BY w.created_at, w.id LIMIT $2",
    )
    .bind::<SqlUuid, _>(case.uuid())
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await?)
}

/// How much waits for a log, counted up to 10,000.
///
/// # Errors
/// As the database says.
pub async fn count_waiting(conn: &mut Conn, _scope: Scope, case: CaseId) -> DbResult<BacklogRow> {
    Ok(diesel::sql_query(
        "SELECT count(*) AS waiting, min(created_at) AS oldest FROM ( \
           (SELECT created_at FROM log_pending WHERE case_id = $1 AND leaf_index IS NULL \
            ORDER BY created_at LIMIT 10000) UNION ALL \
           (SELECT created_at FROM log_events WHERE case_id = $1 AND leaf_index IS NULL \
            ORDER BY created_at LIMIT 10000)) w",
    )
    .bind::<SqlUuid, _>(case.uuid())
    .get_result(conn)
    .await?)
}

/// Gives entries their places; gives the ids of those that were there to take one. Who was erased a
/// moment ago is not: the log has the entry all the same.
///
/// # Errors
/// As the database says.
pub async fn mark_entered(
    conn: &mut Conn,
    _scope: Scope,
    entered: &[Entered],
) -> DbResult<Vec<Uuid>> {
    let mut marked = Vec::new();
    for (table, subject) in [("log_pending", "claimant_id"), ("log_events", "subject_id")] {
        let subjects: Vec<Uuid> = entered.iter().map(|row| row.subject).collect();
        let ids: Vec<Uuid> = entered.iter().map(|row| row.id).collect();
        let indexes: Vec<i64> = entered.iter().map(|row| row.index).collect();
        let hashes: Vec<&[u8]> = entered.iter().map(|row| row.hash.as_slice()).collect();
        let times: Vec<DateTime<Utc>> = entered.iter().map(|row| row.at).collect();
        let rows: Vec<IdRow> = diesel::sql_query(format!(
            "UPDATE {table} t SET leaf_index = u.place, leaf_hash = u.hash, entered_at = u.at \
             FROM unnest($1, $2, $3, $4, $5) AS u (subject, id, place, hash, at) \
             WHERE t.{subject} = u.subject AND t.id = u.id AND t.leaf_index IS NULL RETURNING t.id"
        ))
        .bind::<Array<SqlUuid>, _>(subjects)
        .bind::<Array<SqlUuid>, _>(ids)
        .bind::<Array<BigInt>, _>(indexes)
        .bind::<Array<Bytea>, _>(hashes)
        .bind::<Array<Timestamptz>, _>(times)
        .load(conn)
        .await?;
        marked.extend(rows.into_iter().map(|row| row.id));
    }
    Ok(marked)
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// Who an entry that waits is about, by its id.
#[derive(QueryableByName, Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaiterRow {
    /// Id of the entry.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// Whom or what it is about.
    #[diesel(sql_type = SqlUuid)]
    pub subject_id: Uuid,
}

/// Whom the waiting entries with these ids are about; for a recovery.
///
/// # Errors
/// As the database says.
pub async fn list_waiters(
    conn: &mut Conn,
    _scope: Scope,
    case: CaseId,
    ids: &[Uuid],
) -> DbResult<Vec<WaiterRow>> {
    Ok(diesel::sql_query(
        "SELECT id, claimant_id AS subject_id FROM log_pending \
         WHERE case_id = $1 AND leaf_index IS NULL AND id = ANY($2) \
         UNION ALL SELECT id, subject_id FROM log_events \
         WHERE case_id = $1 AND leaf_index IS NULL AND id = ANY($2)",
    )
    .bind::<SqlUuid, _>(case.uuid())
    .bind::<Array<SqlUuid>, _>(ids)
    .load(conn)
    .await?)
}

/// Takes the places of all entries from `size` on back: nothing of them was signed.
///
/// # Errors
/// As the database says.
pub async fn clear_from(conn: &mut Conn, _scope: Scope, case: CaseId, size: i64) -> DbResult<()> {
    for statement in [
        "UPDATE log_pending SET leaf_index = NULL, leaf_hash = NULL, entered_at = NULL \
         WHERE case_id = $1 AND leaf_index >= $2",
        "UPDATE log_events SET leaf_index = NULL, leaf_hash = NULL, entered_at = NULL \
         WHERE case_id = $1 AND leaf_index >= $2",
        "DELETE FROM log_leaves WHERE case_id = $1 AND leaf_index >= $2",
    ] {
        diesel::sql_query(statement)
            .bind::<SqlUuid, _>(case.uuid())
            .bind::<BigInt, _>(size)
            .execute(conn)
            .await?;
    }
    Ok(())
}

/// Writes leaves.
///
/// # Errors
/// `Unique` if a place is taken.
pub async fn insert_leaves(conn: &mut Conn, _scope: Scope, rows: &[LeafRow]) -> DbResult<()> {
    diesel::insert_into(log_leaves::table)
        .values(rows)
        .execute(conn)
        .await?;
    Ok(())
}

/// The leaves of a log from a place on, in order.
///
/// # Errors
/// As the database says.
pub async fn list_leaves(
    conn: &mut Conn,
    _scope: Scope,
    case: CaseId,
    from: i64,
) -> DbResult<Vec<LeafRow>> {
    Ok(log_leaves::table
        .filter(log_leaves::case_id.eq(case.uuid()))
        .filter(log_leaves::leaf_index.ge(from))
        .order(log_leaves::leaf_index)
        .select(LeafRow::as_select())
        .load(conn)
        .await?)
}

/// Deletes the leaves below a place: they are in full bundles.
///
/// # Errors
/// As the database says.
pub async fn delete_leaves(
    conn: &mut Conn,
    _scope: Scope,
    case: CaseId,
    below: i64,
) -> DbResult<usize> {
    Ok(diesel::delete(
        log_leaves::table
            .filter(log_leaves::case_id.eq(case.uuid()))
            .filter(log_leaves::leaf_index.lt(below)),
    )
    .execute(conn)
    .await?)
}

/// Moves the size of a log that has its old size, under a fence not older than the last one. False:
/// somebody else did.
///
/// # Errors
/// As the database says.
pub async fn advance(
    conn: &mut Conn,
    _scope: Scope,
    case: CaseId,
    fence: i64,
    (from, to): (i64, i64),
) -> DbResult<bool> {
    let moved = diesel::update(
        logs::table
            .find(case.uuid())
            .filter(logs::tree_size.eq(from))
            .filter(logs::fence.le(fence)),
    )
    .set((logs::tree_size.eq(to), logs::fence.eq(fence)))
    .execute(conn)
    .await?;
    Ok(moved == 1)
}

/// A signed head.
#[derive(Debug, Clone)]
pub struct Head<'a> {
    /// Entries before.
    pub from: i64,
    /// Entries now.
    pub size: i64,
    /// The edge of the tree.
    pub edge: &'a [u8],
    /// The checkpoint.
    pub checkpoint: &'a str,
    /// When it was signed, UTC.
    pub signed_at: DateTime<Utc>,
}

/// Writes a signed head over the one of `from`, under a fence not older than the last one. False:
/// somebody else signed.
///
/// # Errors
/// As the database says.
pub async fn mark_signed(
    conn: &mut Conn,
    _scope: Scope,
    case: CaseId,
    fence: i64,
    head: &Head<'_>,
) -> DbResult<bool> {
    let moved = diesel::update(
        logs::table
            .find(case.uuid())
            .filter(logs::signed_size.eq(head.from))
            .filter(logs::tree_size.ge(head.size))
            .filter(logs::fence.le(fence)),
    )
    .set((
        logs::signed_size.eq(head.size),
        logs::edge.eq(head.edge),
        logs::checkpoint.eq(head.checkpoint),
        logs::signed_at.eq(head.signed_at),
        logs::fence.eq(fence),
    ))
    .execute(conn)
    .await?;
    Ok(moved == 1)
}

/// Writes events that wait for their log; the digest of a day that has one is not written again.
///
/// # Errors
/// As the database says.
pub async fn insert_events(conn: &mut Conn, _scope: Scope, rows: &[EventRow]) -> DbResult<()> {
    diesel::insert_into(log_events::table)
        .values(rows)
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// An event that has its place.
#[derive(Queryable, Selectable, Debug, Clone, PartialEq, Eq)]
#[diesel(table_name = log_events)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct EnteredRow {
    pub id: Uuid,
    pub kind: String,
    pub content: String,
    pub salt: Vec<u8>,
    pub leaf_index: Option<i64>,
}

/// The events of a log that have their place, in no order.
///
/// # Errors
/// As the database says.
pub async fn list_entered(
    conn: &mut Conn,
    _scope: Scope,
    case: CaseId,
) -> DbResult<Vec<EnteredRow>> {
    Ok(log_events::table
        .filter(log_events::case_id.eq(case.uuid()))
        .filter(log_events::leaf_index.is_not_null())
        .select(EnteredRow::as_select())
        .load(conn)
        .await?)
}

/// The case of a claimant, an export, a sample check, or a case itself.
///
/// # Errors
/// As the database says.
pub async fn find_case_of(
    conn: &mut Conn,
    _scope: Scope,
    subject: Uuid,
) -> DbResult<Option<CaseId>> {
    let claimant: Option<Uuid> = claimants::table
        .find(subject)
        .select(claimants::case_id)
        .first(conn)
        .await
        .optional()?;
    if let Some(case) = claimant {
        return Ok(Some(CaseId::new(case)));
    }
    let export: Option<Uuid> = exports::table
        .find(subject)
        .select(exports::case_id)
        .first(conn)
        .await
        .optional()?;
    if let Some(case) = export {
        return Ok(Some(CaseId::new(case)));
    }
    let sample: Option<Uuid> = sample_checks::table
        .find(subject)
        .select(sample_checks::case_id)
        .first(conn)
        .await
        .optional()?;
    if let Some(case) = sample {
        return Ok(Some(CaseId::new(case)));
    }
    let case: Option<Uuid> = cases::table
        .find(subject)
        .select(cases::id)
        .first(conn)
        .await
        .optional()?;
    Ok(case.map(CaseId::new))
}

/// Tenant and case of claimants.
///
/// # Errors
/// As the database says.
pub async fn list_cases_of(
    conn: &mut Conn,
    _scope: Scope,
    of: &[ClaimantId],
) -> DbResult<Vec<(Uuid, Uuid, Uuid)>> {
    let ids: Vec<Uuid> = of.iter().map(|id| id.uuid()).collect();
    Ok(claimants::table
        .filter(claimants::id.eq_any(ids))
        .select((claimants::id, claimants::association_id, claimants::case_id))
        .load(conn)
        .await?)
}
