//! Mails due, and the register of mails sent.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::{mails, outbox};
use crate::db::scope::Scope;
use crate::domain::ids::ClaimantId;

/// A row of `outbox`.
#[derive(Queryable, Selectable, Insertable, QueryableByName, Debug, Clone)]
#[diesel(table_name = outbox)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct OutboxRow {
    pub subject_id: Uuid,
    pub id: Uuid,
    pub association_id: Option<Uuid>,
    pub case_id: Option<Uuid>,
    pub kind: String,
    pub lane: i16,
    pub priority: i16,
    pub payload: serde_json::Value,
    pub attempts: i32,
    pub due_at: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub queue_id: Option<Uuid>,
}

impl OutboxRow {
    /// Whether it is the one mail of an address that the cap put off: its key is twice the
    /// address's hash of a day.
    pub fn is_put_off(&self) -> bool {
        self.subject_id == self.id
    }
}

/// A row of `mails`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = mails)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct MailRow {
    pub subject_id: Uuid,
    pub id: Uuid,
    pub association_id: Option<Uuid>,
    pub code: String,
    pub kind: String,
    pub sent_at: DateTime<Utc>,
    pub texts_version: Option<i32>,
}

/// Puts a mail in the outbox; one with the same key stays.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn, _scope: Scope, row: &OutboxRow) -> DbResult<()> {
    diesel::insert_into(outbox::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// State of the newest mail of a kind that a claimant is to get, and when it was caused.
///
/// # Errors
/// As the database says.
pub async fn find_state(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    kind: &str,
) -> DbResult<Option<(String, DateTime<Utc>)>> {
    Ok(outbox::table
        .filter(outbox::subject_id.eq(claimant.uuid()))
        .filter(outbox::kind.eq(kind))
        .order(outbox::created_at.desc())
        .select((outbox::state, outbox::created_at))
        .first(conn)
        .await
        .optional()?)
}

/// When the newest mail of a kind to a claimant left.
///
/// # Errors
/// As the database says.
pub async fn find_newest_mail(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    kind: &str,
) -> DbResult<Option<DateTime<Utc>>> {
    Ok(mails::table
        .filter(mails::subject_id.eq(claimant.uuid()))
        .filter(mails::kind.eq(kind))
        .select(diesel::dsl::max(mails::sent_at))
        .first(conn)
        .await?)
}

/// Puts mails in the outbox; those with the same key stay.
///
/// # Errors
/// As the database says.
pub async fn insert_all(conn: &mut Conn, _scope: Scope, rows: &[OutboxRow]) -> DbResult<()> {
    if rows.is_empty() {
        return Ok(());
    }
    diesel::insert_into(outbox::table)
        .values(rows)
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// What to claim.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// Lanes of the sender.
    pub lanes: &'a [i16],
    /// Queues whose mails go their own way: those met are parked.
    pub apart: &'a [Uuid],
    /// The least urgent priority.
    pub least: i16,
    /// Due until then, by Clock.
    pub due: DateTime<Utc>,
    /// Seconds a claimed row is left alone, in database time.
    pub lease_seconds: i32,
    /// At most so many.
    pub limit: i64,
}

#[derive(QueryableByName)]
struct ClaimedRow {
    #[diesel(embed)]
    mail: OutboxRow,
    #[diesel(sql_type = Text)]
    state: String,
}

/// Claims mails that are due in some lanes, most urgent first, by a conditional UPDATE (SCALE S8);
/// parks those of queues that go their own way. Gives the claimed and the number of parked.
///
/// One priority after the other, by age: what is far down is never read (decision 11).
///
/// # Errors
/// As the database says.
pub async fn claim(
    conn: &mut Conn,
    _scope: Scope,
    claim: Claim<'_>,
) -> DbResult<(Vec<OutboxRow>, usize)> {
    let rows: Vec<ClaimedRow> = diesel::sql_query(CLAIM)
        .bind::<Integer, _>(claim.lease_seconds)
        .bind::<Array<SmallInt>, _>(claim.lanes)
        .bind::<Timestamptz, _>(claim.due)
        .bind::<BigInt, _>(claim.limit)
        .bind::<Array<SqlUuid>, _>(claim.apart)
        .bind::<SmallInt, _>(claim.least)
        .get_results(conn)
        .await?;
    let all = rows.len();
    let mut claimed: Vec<OutboxRow> = rows
        .into_iter()
        .filter(|claimed| claimed.state == "due")
        .map(|claimed| claimed.mail)
        .collect();
    claimed.sort_by_key(|row| (row.priority, row.due_at));
    let parked = all - claimed.len();
    Ok((claimed, parked))
}

/// See `claim`. The text is public for `EXPLAIN` in the tests. No cast stands on `p.priority`: under
/// row-level security Postgres looks nothing up by what a function gives that is not leakproof.
pub const CLAIM: &str = "UPDATE outbox o SET \
       state = CASE WHEN d.queue_id = ANY ($5) THEN 'parked' ELSE 'due' END, \
       lease_until = CASE WHEN d.queue_id = ANY ($5) THEN '-infinity' \
         ELSE now() + make_interval(secs => $1) END, \
       attempts = o.attempts + CASE WHEN d.queue_id = ANY ($5) THEN 0 ELSE 1 END \
     FROM (SELECT r.* FROM generate_series(0, $6) AS p (priority) \
           CROSS JOIN LATERAL ( \
             SELECT subject_id, id, queue_id FROM outbox \
             WHERE state = 'due' AND priority = p.priority AND due_at <= $3 \
               AND lane = ANY ($2) AND lease_until < now() \
             ORDER BY due_at LIMIT $4) AS r \
           LIMIT $4) AS d \
     WHERE o.subject_id = d.subject_id AND o.id = d.id AND o.lease_until < now() AND o.state = 'due' \
     RETURNING o.subject_id, o.id, o.association_id, o.case_id, o.kind, o.lane, o.priority, o.payload, \
       o.attempts, o.due_at, o.created_at, o.expires_at, o.queue_id, o.state";

/// Claims mails of one queue that were parked, most urgent first. For those that waited long it is as if
/// it were the first attempt, and those that grew too old meanwhile get two more days.
///
/// # Errors
/// As the database says.
pub async fn claim_parked(
    conn: &mut Conn,
    _scope: Scope,
    queue: Uuid,
    claim: Claim<'_>,
) -> DbResult<Vec<OutboxRow>> {
    let mut rows: Vec<OutboxRow> = diesel::sql_query(
        "UPDATE outbox o SET state = 'due', lease_until = now() + make_interval(secs => $1), \
           attempts = CASE WHEN o.due_at < $3 - interval '1 hour' THEN 1 ELSE o.attempts + 1 END, \
           expires_at = CASE WHEN o.expires_at <= $3 THEN $3 + interval '2 days' ELSE o.expires_at END \
         FROM (SELECT subject_id, id FROM outbox \
               WHERE state = 'parked' AND queue_id = $5 AND due_at <= $3 AND lane = ANY ($2) \
                 AND priority <= $6 \
               ORDER BY priority, due_at LIMIT $4) AS d \
         WHERE o.subject_id = d.subject_id AND o.id = d.id AND o.state = 'parked' \
         RETURNING o.subject_id, o.id, o.association_id, o.case_id, o.kind, o.lane, o.priority, \
           o.payload, o.attempts, o.due_at, o.created_at, o.expires_at, o.queue_id",
    )
    .bind::<Integer, _>(claim.lease_seconds)
    .bind::<Array<SmallInt>, _>(claim.lanes)
    .bind::<Timestamptz, _>(claim.due)
    .bind::<BigInt, _>(claim.limit)
    .bind::<SqlUuid, _>(queue)
    .bind::<SmallInt, _>(claim.least)
    .get_results(conn)
    .await?;
    rows.sort_by_key(|row| (row.priority, row.due_at));
    Ok(rows)
}

/// A mail given back after an attempt, or without one.
#[derive(Clone, Debug)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct BackRow {
    pub subject_id: Uuid,
    pub id: Uuid,
    pub state: &'static str,
    pub due_at: DateTime<Utc>,
    pub attempts: i32,
    /// None: what stands there stays.
    pub last_error: Option<String>,
    /// None: what stands there stays.
    pub queue_id: Option<Uuid>,
}

/// Gives mails back.
///
/// # Errors
/// As the database says.
pub async fn give_back(conn: &mut Conn, _scope: Scope, rows: &[BackRow]) -> DbResult<usize> {
    if rows.is_empty() {
        return Ok(0);
    }
    let column = |value: fn(&BackRow) -> Uuid| -> Vec<Uuid> { rows.iter().map(value).collect() };
    let states: Vec<&str> = rows.iter().map(|row| row.state).collect();
    let due: Vec<DateTime<Utc>> = rows.iter().map(|row| row.due_at).collect();
    let attempts: Vec<i32> = rows.iter().map(|row| row.attempts).collect();
    let errors: Vec<Option<&str>> = rows.iter().map(|row| row.last_error.as_deref()).collect();
    let queues: Vec<Option<Uuid>> = rows.iter().map(|row| row.queue_id).collect();
    Ok(diesel::sql_query(
        "UPDATE outbox o SET state = s.state, due_at = s.due_at, attempts = s.attempts, \
           last_error = coalesce(s.last_error, o.last_error), \
           queue_id = coalesce(s.queue_id, o.queue_id), lease_until = '-infinity' \
         FROM unnest($1, $2, $3, $4, $5, $6, $7) \
           AS s (subject_id, id, state, due_at, attempts, last_error, queue_id) \
         WHERE o.subject_id = s.subject_id AND o.id = s.id",
    )
    .bind::<Array<SqlUuid>, _>(column(|row| row.subject_id))
    .bind::<Array<SqlUuid>, _>(column(|row| row.id))
    .bind::<Array<Text>, _>(states)
    .bind::<Array<Timestamptz>, _>(due)
    .bind::<Array<Integer>, _>(attempts)
    .bind::<Array<Nullable<Text>>, _>(errors)
    .bind::<Array<Nullable<SqlUuid>>, _>(queues)
    .execute(conn)
    .await?)
}

/// Takes mails out of the outbox: sent, or no longer wanted. Pairs of subject and id.
///
/// # Errors
/// As the database says.
pub async fn delete_all(conn: &mut Conn, _scope: Scope, rows: &[(Uuid, Uuid)]) -> DbResult<usize> {
    if rows.is_empty() {
        return Ok(0);
    }
    let (subjects, ids): (Vec<Uuid>, Vec<Uuid>) = rows.iter().copied().unzip();
    Ok(diesel::sql_query(
        "DELETE FROM outbox o USING unnest($1, $2) AS s (subject_id, id) \
         WHERE o.subject_id = s.subject_id AND o.id = s.id",
    )
    .bind::<Array<SqlUuid>, _>(subjects)
    .bind::<Array<SqlUuid>, _>(ids)
    .execute(conn)
    .await?)
}

/// Keeps what a mail lists, once it was prepared for the first time (DESIGN 4). `false`: the mail is
/// out of the outbox meanwhile.
///
/// # Errors
/// As the database says.
pub async fn mark_frozen(
    conn: &mut Conn,
    _scope: Scope,
    row: &OutboxRow,
    payload: &serde_json::Value,
) -> DbResult<bool> {
    let frozen = diesel::update(outbox::table.find((row.subject_id, row.id)))
        .set(outbox::payload.eq(payload))
        .execute(conn)
        .await?;
    Ok(frozen == 1)
}

/// Takes the mails of a claimant out of the outbox.
///
/// # Errors
/// As the database says.
pub async fn delete_of(conn: &mut Conn, _scope: Scope, subject: ClaimantId) -> DbResult<usize> {
    Ok(diesel::delete(
        outbox::table
            .filter(outbox::subject_id.eq(subject.uuid()))
            // what is owed goes out all the same
            .filter(outbox::kind.ne_all([
                "receipt",
                "rights",
                "contact_notice",
                "contact_stopped",
                "payout_notice",
            ])),
    )
    .execute(conn)
    .await?)
}

/// Registers a mail before its first attempt; gives the row that is there.
///
/// # Errors
/// As the database says.
pub async fn register_mail(conn: &mut Conn, _scope: Scope, row: &MailRow) -> DbResult<MailRow> {
    let fresh = diesel::insert_into(mails::table)
        .values(row)
        .on_conflict_do_nothing()
        .returning(MailRow::as_returning())
        .get_result(conn)
        .await
        .optional()?;
    if let Some(fresh) = fresh {
        return Ok(fresh);
    }
    Ok(mails::table
        .find((row.subject_id, row.id))
        .select(MailRow::as_select())
        .first(conn)
        .await?)
}

/// A mail that was registered before its first attempt, by subject and outbox id.
///
/// # Errors
/// As the database says.
pub async fn find_sent(
    conn: &mut Conn,
    scope: Scope,
    subject: Uuid,
    id: Uuid,
) -> DbResult<Option<MailRow>> {
    let mut query = mails::table
        .filter(mails::subject_id.eq(subject))
        .filter(mails::id.eq(id))
        .select(MailRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(mails::association_id.eq(association.uuid()));
    }
    Ok(query.first(conn).await.optional()?)
}

/// The mail with a code (R14).
///
/// # Errors
/// As the database says.
pub async fn find_mail(conn: &mut Conn, _scope: Scope, code: &str) -> DbResult<Option<MailRow>> {
    Ok(mails::table
        .filter(mails::code.eq(code))
        .select(MailRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// Mails sent to a claimant, newest first, at most 50.
///
/// # Errors
/// As the database says.
pub async fn list_mails(
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
) -> DbResult<Vec<MailRow>> {
    let mut query = mails::table
        .filter(mails::subject_id.eq(claimant.uuid()))
        .order(mails::id.desc())
        .limit(50)
        .select(MailRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(mails::association_id.eq(association.uuid()));
    }
    Ok(query.load(conn).await?)
}
