//! Bulk actions, the records of their sets, and who wants no messages.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Bytea, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;

use crate::db::error::{DbError, DbResult};
use crate::db::pool::Conn;
use crate::db::schema::{bulk_actions, bulk_members, message_stops};
use crate::db::scope::Scope;
use crate::domain::ids::{AssociationId, CaseId, ClaimantId};

/// A row of `bulk_actions`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = bulk_actions)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct BulkRow {
    pub id: Uuid,
    pub association_id: Uuid,
    pub case_id: Uuid,
    pub kind: String,
    pub act: Value,
    pub filter: Value,
    pub purpose: String,
    pub state: String,
    pub member_count: i32,
    pub done_count: i32,
    pub passed_count: i32,
    pub done_up_to: Option<Uuid>,
    pub created_by: Uuid,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub decided_by: Option<Uuid>,
    pub decided_at: Option<DateTime<Utc>>,
    pub decision_note: Option<String>,
    pub stepped_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
    pub undo_by: Option<Uuid>,
    pub undo_decided_by: Option<Uuid>,
    pub words_sealed: Option<Vec<u8>>,
    pub words_key_version: Option<i32>,
}

/// A row of `bulk_members`.
#[derive(Queryable, Selectable, Insertable, QueryableByName, Debug, Clone)]
#[diesel(table_name = bulk_members)]
#[diesel(check_for_backend(diesel::pg::Pg))]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct MemberRow {
    pub claimant_id: Uuid,
    pub bulk_id: Uuid,
    pub association_id: Uuid,
    pub outcome: Option<String>,
    pub reason: Option<String>,
    pub basis: Option<String>,
}

/// What changes where a step is taken.
#[derive(Debug, Clone)]
pub struct Stepped<'a> {
    /// State before.
    pub from: &'a str,
    /// State after.
    pub to: &'a str,
    /// When, UTC.
    pub at: DateTime<Utc>,
    /// Until when it can be decided from now on, UTC.
    pub expires_at: Option<DateTime<Utc>>,
    /// The second person, and why they refused.
    pub decided: Option<(Uuid, Option<&'a str>)>,
    /// Who asks for what was done to be taken back.
    pub undo_by: Option<Uuid>,
    /// The second person who decided about that.
    pub undo_decided_by: Option<Uuid>,
    /// Whether it is over.
    pub is_over: bool,
    /// Whether records have their turns from the first one again.
    pub begins_anew: bool,
}

/// Writes a bulk action.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn, _scope: Scope, row: &BulkRow) -> DbResult<()> {
    diesel::insert_into(bulk_actions::table)
        .values(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// Adds records to a set.
///
/// # Errors
/// As the database says.
pub async fn insert_members(conn: &mut Conn, _scope: Scope, rows: &[MemberRow]) -> DbResult<()> {
    diesel::insert_into(bulk_members::table)
        .values(rows)
        .execute(conn)
        .await?;
    Ok(())
}

/// A bulk action of an association.
///
/// # Errors
/// `NotFound`; as the database says.
pub async fn get(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    id: Uuid,
) -> DbResult<BulkRow> {
    bulk_actions::table
        .find(id)
        .filter(bulk_actions::association_id.eq(association.uuid()))
        .select(BulkRow::as_select())
        .first(conn)
        .await
        .optional()?
        .ok_or(DbError::NotFound)
}

/// A bulk action, whoever asks.
///
/// # Errors
/// As the database says.
pub async fn find(conn: &mut Conn, _scope: Scope, id: Uuid) -> DbResult<Option<BulkRow>> {
    Ok(bulk_actions::table
        .find(id)
        .select(BulkRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// The bulk action that rejected a claimant, whoever asks.
///
/// # Errors
/// As the database says.
pub async fn find_rejection(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
) -> DbResult<Option<BulkRow>> {
    Ok(bulk_actions::table
        .inner_join(bulk_members::table.on(bulk_members::bulk_id.eq(bulk_actions::id)))
        .filter(bulk_members::claimant_id.eq(claimant.uuid()))
        .filter(bulk_members::outcome.eq("done"))
        .filter(bulk_actions::kind.eq("reject"))
        .order(bulk_actions::created_at.desc())
        .select(BulkRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// Bulk actions of an association in a case, newest first, from before `before`.
///
/// # Errors
/// As the database says.
pub async fn list(
    conn: &mut Conn,
    _scope: Scope,
    (association, case): (AssociationId, CaseId),
    before: Option<Uuid>,
    limit: i64,
) -> DbResult<Vec<BulkRow>> {
    Ok(bulk_actions::table
        .filter(bulk_actions::association_id.eq(association.uuid()))
        .filter(bulk_actions::case_id.eq(case.uuid()))
        .filter(bulk_actions::id.lt(before.unwrap_or(Uuid::max())))
        .order(bulk_actions::id.desc())
        .limit(limit)
        .select(BulkRow::as_select())
        .load(conn)
        .await?)
}

/// Records of a set in order of their turns, after `after`; with an outcome, only those.
///
/// # Errors
/// As the database says.
pub async fn list_members(
    conn: &mut Conn,
    _scope: Scope,
    (association, id): (AssociationId, Uuid),
    outcome: Option<&str>,
    after: Option<Uuid>,
    limit: i64,
) -> DbResult<Vec<MemberRow>> {
    let mut query = bulk_members::table
        .filter(bulk_members::bulk_id.eq(id))
        .filter(bulk_members::association_id.eq(association.uuid()))
        .order(bulk_members::claimant_id)
        .limit(limit)
        .select(MemberRow::as_select())
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(bulk_members::claimant_id.gt(after));
    }
    query = match outcome {
        None => query,
        Some("waiting") => query.filter(bulk_members::outcome.is_null()),
        Some(outcome) => query.filter(bulk_members::outcome.eq(outcome)),
    };
    Ok(query.load(conn).await?)
}

/// How many records of a set were passed over, by reason.
///
/// # Errors
/// As the database says.
pub async fn count_passed(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    id: Uuid,
) -> DbResult<Vec<(String, i64)>> {
    let rows: Vec<(Option<String>, i64)> = bulk_members::table
        .filter(bulk_members::bulk_id.eq(id))
        .filter(bulk_members::association_id.eq(association.uuid()))
        .filter(bulk_members::reason.is_not_null())
        .group_by(bulk_members::reason)
        .order(bulk_members::reason)
        .select((bulk_members::reason, diesel::dsl::count_star()))
        .load(conn)
        .await?;
    let named = rows.into_iter();
    Ok(named
        .filter_map(|(reason, count)| Some((reason?, count)))
        .collect())
}

/// Takes a step; `false` where the state is another by now.
///
/// # Errors
/// As the database says.
pub async fn mark_stepped(
    conn: &mut Conn,
    _scope: Scope,
    (association, id): (AssociationId, Uuid),
    stepped: &Stepped<'_>,
) -> DbResult<bool> {
    let decided_at = stepped.decided.map(|_| stepped.at);
    let changed = diesel::sql_query(
        "UPDATE bulk_actions SET state = $4, expires_at = coalesce($5, expires_at), \
         decided_by = coalesce($6, decided_by), decided_at = coalesce($7, decided_at), \
         decision_note = coalesce($8, decision_note), undo_by = coalesce($11, undo_by), \
         undo_decided_by = CASE WHEN $11 IS NULL THEN coalesce($12, undo_decided_by) END, \
         finished_at = CASE WHEN $4 = 'awaiting_undo' OR $3 = 'awaiting_undo' AND $9 IS NOT NULL THEN finished_at ELSE $9 END, \
         done_up_to = CASE WHEN $10 = 1 THEN NULL ELSE done_up_to END \
         WHERE id = $1 AND association_id = $2 AND state = $3",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<SqlUuid, _>(association.uuid())
    .bind::<Text, _>(stepped.from)
    .bind::<Text, _>(stepped.to)
    .bind::<Nullable<Timestamptz>, _>(stepped.expires_at)
    .bind::<Nullable<SqlUuid>, _>(stepped.decided.map(|(who, _)| who))
    .bind::<Nullable<Timestamptz>, _>(decided_at)
    .bind::<Nullable<Text>, _>(stepped.decided.and_then(|(_, why)| why))
    .bind::<Nullable<Timestamptz>, _>(stepped.is_over.then_some(stepped.at))
    .bind::<Integer, _>(i32::from(stepped.begins_anew))
    .bind::<Nullable<SqlUuid>, _>(stepped.undo_by)
    .bind::<Nullable<SqlUuid>, _>(stepped.undo_decided_by)
    .execute(conn)
    .await?;
    Ok(changed == 1)
}

/// The oldest bulk action that goes on after `after`, locked until the transaction ends.
///
/// # Errors
/// As the database says.
pub async fn lock_next(conn: &mut Conn, _scope: Scope, after: Uuid) -> DbResult<Option<BulkRow>> {
    Ok(bulk_actions::table
        .filter(bulk_actions::state.eq_any(["running", "undoing"]))
        .filter(bulk_actions::id.gt(after))
        .order(bulk_actions::id)
        .select(BulkRow::as_select())
        .for_update()
        .first(conn)
        .await
        .optional()?)
}

/// A bulk action, locked until the transaction ends.
///
/// # Errors
/// As the database says.
pub async fn lock(conn: &mut Conn, _scope: Scope, id: Uuid) -> DbResult<Option<BulkRow>> {
    Ok(bulk_actions::table
        .find(id)
        .select(BulkRow::as_select())
        .for_update()
        .first(conn)
        .await
        .optional()?)
}

/// Locks all that a staff member may start, so that two starts at once see each other.
///
/// # Errors
/// As the database says.
pub async fn lock_startable(
    conn: &mut Conn,
    _scope: Scope,
    (association, staff): (AssociationId, Uuid),
) -> DbResult<()> {
    let _: Vec<Uuid> = bulk_actions::table
        .filter(bulk_actions::association_id.eq(association.uuid()))
        .filter(bulk_actions::created_by.eq(staff))
        .filter(bulk_actions::state.eq("previewed"))
        .order(bulk_actions::id)
        .select(bulk_actions::id)
        .for_update()
        .load(conn)
        .await?;
    Ok(())
}

#[derive(QueryableByName)]
struct AloneRow {
    #[diesel(sql_type = SqlUuid)]
    created_by: Uuid,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = BigInt)]
    records: i64,
}

/// How many records each staff member of an association acted on without a second person since `since`, or is acting
/// on, by kind.
///
/// # Errors
/// As the database says.
pub async fn list_alone(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    since: DateTime<Utc>,
) -> DbResult<Vec<((Uuid, String), i64)>> {
    let rows: Vec<AloneRow> = diesel::sql_query(
        "SELECT created_by, kind, sum(CASE WHEN state IN ('running', 'paused') THEN member_count - passed_count \
           ELSE done_count END) AS records FROM bulk_actions \
         WHERE association_id = $1 AND created_at > $2 - interval '24 hours' AND decided_by IS NULL \
           AND state NOT IN ('previewed', 'awaiting_approval') \
           AND (state IN ('running', 'paused') OR coalesce(stepped_at, created_at) > $2) GROUP BY created_by, kind",
    )
    .bind::<SqlUuid, _>(association.uuid())
    .bind::<Timestamptz, _>(since)
    .load(conn)
    .await?;
    let rows = rows.into_iter();
    Ok(rows
        .map(|row| ((row.created_by, row.kind), row.records))
        .collect())
}

/// Notes what became of records that had their turn.
///
/// # Errors
/// As the database says.
pub async fn mark_members(
    conn: &mut Conn,
    _scope: Scope,
    id: Uuid,
    rows: &[(Uuid, &'static str, Option<&'static str>)],
) -> DbResult<()> {
    let claimants: Vec<Uuid> = rows.iter().map(|(claimant, _, _)| *claimant).collect();
    let outcomes: Vec<&str> = rows.iter().map(|(_, outcome, _)| *outcome).collect();
    let reasons: Vec<Option<&str>> = rows.iter().map(|(_, _, reason)| *reason).collect();
    diesel::sql_query(
        "UPDATE bulk_members m SET outcome = n.outcome, reason = n.reason \
         FROM unnest($2, $3, $4) AS n (claimant_id, outcome, reason) \
         WHERE m.bulk_id = $1 AND m.claimant_id = n.claimant_id",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<Array<SqlUuid>, _>(claimants)
    .bind::<Array<Text>, _>(outcomes)
    .bind::<Array<Nullable<Text>>, _>(reasons)
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes how far a bulk action is; with a state, it is over in it.
///
/// # Errors
/// As the database says.
pub async fn mark_progress(
    conn: &mut Conn,
    _scope: Scope,
    id: Uuid,
    (up_to, done, passed): (Option<Uuid>, i32, i32),
    over: Option<&str>,
    now: DateTime<Utc>,
) -> DbResult<()> {
    diesel::sql_query(
        "UPDATE bulk_actions SET done_up_to = coalesce($2, done_up_to), done_count = done_count + $3, \
         passed_count = passed_count + $4, stepped_at = $5, state = coalesce($6, state), \
         finished_at = CASE WHEN $6 IS NULL THEN finished_at ELSE $5 END WHERE id = $1",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<Nullable<SqlUuid>, _>(up_to)
    .bind::<Integer, _>(done)
    .bind::<Integer, _>(passed)
    .bind::<Timestamptz, _>(now)
    .bind::<Nullable<Text>, _>(over)
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends what nobody started or decided in time, and leaves as it is what nobody agreed to take back; gives how many.
///
/// # Errors
/// As the database says.
pub async fn expire(conn: &mut Conn, _scope: Scope, now: DateTime<Utc>) -> DbResult<usize> {
    diesel::sql_query(
        "UPDATE bulk_actions SET state = CASE WHEN member_count > done_count + passed_count THEN 'cancelled' ELSE 'done' END \
         WHERE state = 'awaiting_undo' AND expires_at < $1",
    )
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await?;
    Ok(diesel::update(bulk_actions::table)
        .filter(bulk_actions::state.eq_any(["previewed", "awaiting_approval"]))
        .filter(bulk_actions::expires_at.lt(now))
        .set((
            bulk_actions::state.eq("expired"),
            bulk_actions::finished_at.eq(Some(now)),
        ))
        .execute(conn)
        .await?)
}

/// Forgets who was in sets that ended without any act, at most `limit` records, and the words about one person alone;
/// gives how many.
///
/// # Errors
/// As the database says.
pub async fn delete_unacted(conn: &mut Conn, _scope: Scope, limit: i64) -> DbResult<usize> {
    diesel::sql_query(
        "UPDATE bulk_actions SET words_sealed = NULL, words_key_version = NULL, act = act - 'words' \
         WHERE kind = 'reject' AND member_count <= 1 AND (words_sealed IS NOT NULL OR act -> 'words' IS NOT NULL) \
           AND state IN ('expired', 'cancelled') AND done_count = 0 AND stepped_at IS NULL",
    )
    .execute(conn)
    .await?;
    Ok(diesel::sql_query(
        "DELETE FROM bulk_members WHERE (claimant_id, bulk_id) IN (SELECT m.claimant_id, m.bulk_id \
         FROM bulk_actions a JOIN bulk_members m ON m.bulk_id = a.id \
         WHERE a.state IN ('expired', 'cancelled') AND a.done_count = 0 AND a.stepped_at IS NULL LIMIT $1)",
    )
    .bind::<BigInt, _>(limit)
    .execute(conn)
    .await?)
}

#[derive(QueryableByName)]
struct ClearRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    association_id: Uuid,
    #[diesel(sql_type = Text)]
    words: String,
}

/// Some of the rejections after `after` whose words stand in the clear, as they were once written: tenant, id and words,
/// by id.
///
/// # Errors
/// As the database says.
pub async fn list_clear_words(
    conn: &mut Conn,
    _scope: Scope,
    after: Uuid,
    limit: i64,
) -> DbResult<Vec<(AssociationId, Uuid, String)>> {
    let rows: Vec<ClearRow> = diesel::sql_query(
        "SELECT id, association_id, coalesce(act ->> 'words', '') AS words FROM bulk_actions \
         WHERE kind = 'reject' AND act -> 'words' IS NOT NULL AND id > $1 ORDER BY id LIMIT $2",
    )
    .bind::<SqlUuid, _>(after)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await?;
    let rows = rows.into_iter();
    Ok(rows
        .map(|row| (AssociationId::new(row.association_id), row.id, row.words))
        .collect())
}

/// Puts sealed words, or none, in the place of those in the clear, unless these are gone meanwhile.
///
/// # Errors
/// As the database says.
pub async fn mark_sealed(
    conn: &mut Conn,
    _scope: Scope,
    id: Uuid,
    sealed: Option<(Vec<u8>, i32)>,
) -> DbResult<()> {
    let (words, version) = sealed.unzip();
    diesel::sql_query(
        "UPDATE bulk_actions SET words_sealed = $2, words_key_version = $3, act = act - 'words' \
         WHERE id = $1 AND kind = 'reject' AND act -> 'words' IS NOT NULL",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<Nullable<Bytea>, _>(words)
    .bind::<Nullable<Integer>, _>(version)
    .execute(conn)
    .await?;
    Ok(())
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

#[derive(QueryableByName)]
struct BasisRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    basis: String,
}

/// What a rejection of some claimants rests on, each as a text that is another one once something came in: state,
/// contact, identity, declaration, signature, mailboxes, documents, what was handed in on paper or signed digitally.
///
/// # Errors
/// As the database says.
pub async fn list_bases(
    conn: &mut Conn,
    _scope: Scope,
    claimants: &[Uuid],
) -> DbResult<Vec<(Uuid, String)>> {
    let rows: Vec<BasisRow> = diesel::sql_query(
        "SELECT c.id, format('%s;%s;%s;%s;%s;%s;%s;%s;%s;%s', extract(epoch FROM c.state_changed_at), \
           extract(epoch FROM c.contact_changed_at), extract(epoch FROM c.identity_at), extract(epoch FROM c.signed_at), \
           c.declared_version, c.signed_version, c.mailbox_count, \
           (SELECT max(d.number) FROM documents d WHERE d.claimant_id = c.id), \
           (SELECT count(*) FROM paper_hand_ins p WHERE p.claimant_id = c.id), \
           (SELECT count(*) FROM signature_files f WHERE f.claimant_id = c.id)) AS basis \
         FROM claimants c WHERE c.id = ANY ($1)",
    )
    .bind::<Array<SqlUuid>, _>(claimants)
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.basis)).collect())
}

/// Those of some claimants who have a letter of these open: asked for and still missing.
///
/// # Errors
/// As the database says.
pub async fn list_asked(
    conn: &mut Conn,
    _scope: Scope,
    claimants: &[Uuid],
    letters: &[String],
) -> DbResult<Vec<Uuid>> {
    let rows: Vec<IdRow> = diesel::sql_query(
        "SELECT DISTINCT claimant_id AS id FROM deficiencies \
         WHERE claimant_id = ANY ($1) AND letter = ANY ($2) AND cured_at IS NULL",
    )
    .bind::<Array<SqlUuid>, _>(claimants)
    .bind::<Array<Text>, _>(letters)
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Those of some claimants who want no messages.
///
/// # Errors
/// As the database says.
pub async fn list_stopped(
    conn: &mut Conn,
    _scope: Scope,
    claimants: &[Uuid],
) -> DbResult<Vec<Uuid>> {
    Ok(message_stops::table
        .filter(message_stops::claimant_id.eq_any(claimants))
        .select(message_stops::claimant_id)
        .load(conn)
        .await?)
}

/// A claimant wants no more messages; `false`: it was so before.
///
/// # Errors
/// As the database says.
pub async fn insert_stop(
    conn: &mut Conn,
    _scope: Scope,
    (claimant, association): (ClaimantId, AssociationId),
    now: DateTime<Utc>,
) -> DbResult<bool> {
    let written = diesel::insert_into(message_stops::table)
        .values((
            message_stops::claimant_id.eq(claimant.uuid()),
            message_stops::association_id.eq(association.uuid()),
            message_stops::stopped_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(written == 1)
}

/// A claimant wants messages again; `false`: nothing stopped them.
///
/// # Errors
/// As the database says.
pub async fn delete_stop(conn: &mut Conn, _scope: Scope, claimant: ClaimantId) -> DbResult<bool> {
    let gone = diesel::delete(message_stops::table.find(claimant.uuid()))
        .execute(conn)
        .await?;
    Ok(gone == 1)
}

/// Whether there is anything that goes on.
///
/// # Errors
/// As the database says.
pub async fn is_due(conn: &mut Conn, _scope: Scope) -> DbResult<bool> {
    let open: i64 = bulk_actions::table
        .filter(bulk_actions::state.eq_any(["running", "undoing"]))
        .limit(1)
        .count()
        .get_result(conn)
        .await?;
    Ok(open > 0)
}
