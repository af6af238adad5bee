//! Mails due, and the register of mails sent.

use chrono::{DateTime, Utc};
use diesel::dsl::now as database_now;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Timestamptz};
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

/// Claims mails that are due in some lanes, most urgent first, by a conditional UPDATE (SCALE S8).
/// `due` is by Clock, the lease by database time.
///
/// # Errors
/// As the database says.
pub async fn claim(
    conn: &mut Conn,
    _scope: Scope,
    lanes: &[i16],
    due: DateTime<Utc>,
    lease_seconds: i64,
    limit: i64,
) -> DbResult<Vec<OutboxRow>> {
    use diesel::sql_types::{Array, SmallInt};
    let mut rows: Vec<OutboxRow> = diesel::sql_query(
        "UPDATE outbox o SET lease_until = now() + make_interval(secs => $1), attempts = o.attempts + 1 \
         FROM (SELECT subject_id, id FROM outbox \
               WHERE state = 'due' AND lane = ANY ($2) AND due_at <= $3 AND lease_until < now() \
               ORDER BY priority, due_at LIMIT $4) AS d \
         WHERE o.subject_id = d.subject_id AND o.id = d.id AND o.lease_until < now() AND o.state = 'due' \
         RETURNING o.subject_id, o.id, o.association_id, o.case_id, o.kind, o.lane, o.priority, o.payload, \
           o.attempts, o.due_at, o.created_at, o.expires_at",
    )
    .bind::<diesel::sql_types::Double, _>(seconds(lease_seconds))
    .bind::<Array<SmallInt>, _>(lanes)
    .bind::<Timestamptz, _>(due)
    .bind::<BigInt, _>(limit)
    .get_results(conn)
    .await?;
    rows.sort_by_key(|row| (row.priority, row.due_at));
    Ok(rows)
}

fn seconds(whole: i64) -> f64 {
    i32::try_from(whole).map_or(f64::from(i32::MAX), f64::from)
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

/// Takes a mail out of the outbox: sent, or no longer wanted.
///
/// # Errors
/// As the database says.
pub async fn delete(conn: &mut Conn, _scope: Scope, subject: Uuid, id: Uuid) -> DbResult<usize> {
    Ok(diesel::delete(outbox::table.find((subject, id)))
        .execute(conn)
        .await?)
}

/// Takes the mails of a claimant out of the outbox.
///
/// # Errors
/// As the database says.
pub async fn delete_of(conn: &mut Conn, _scope: Scope, subject: ClaimantId) -> DbResult<usize> {
    Ok(diesel::delete(
        outbox::table
            .filter(outbox::subject_id.eq(subject.uuid()))
            .filter(outbox::kind.ne("receipt")),
    )
    .execute(conn)
    .await?)
}

/// Gives a mail back for a later attempt. `counted`: whether the attempt counts.
///
/// # Errors
/// As the database says.
pub async fn mark_later(
    conn: &mut Conn,
    _scope: Scope,
    row: &OutboxRow,
    due_at: DateTime<Utc>,
    attempts: i32,
    error: Option<&str>,
) -> DbResult<()> {
    diesel::update(outbox::table.find((row.subject_id, row.id)))
        .set((
            outbox::due_at.eq(due_at),
            outbox::attempts.eq(attempts),
            outbox::last_error.eq(error),
            outbox::lease_until.eq(database_now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Gives up on a mail; staff see it.
///
/// # Errors
/// As the database says.
pub async fn mark_dead(
    conn: &mut Conn,
    _scope: Scope,
    row: &OutboxRow,
    error: &str,
) -> DbResult<()> {
    diesel::update(outbox::table.find((row.subject_id, row.id)))
        .set((outbox::state.eq("dead"), outbox::last_error.eq(error)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Mails waiting and dead: (due, dead).
///
/// # Errors
/// As the database says.
pub async fn count(conn: &mut Conn, _scope: Scope) -> DbResult<(i64, i64)> {
    let due = outbox::table
        .filter(outbox::state.eq("due"))
        .count()
        .get_result(conn)
        .await?;
    let dead = outbox::table
        .filter(outbox::state.eq("dead"))
        .count()
        .get_result(conn)
        .await?;
    Ok((due, dead))
}

/// Registers a mail before its first attempt; gives the row that is there.
///
/// # Errors
/// As the database says.
pub async fn register_mail(conn: &mut Conn, _scope: Scope, row: &MailRow) -> DbResult<MailRow> {
    diesel::insert_into(mails::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
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
