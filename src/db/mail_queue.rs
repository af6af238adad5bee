//! Mail domains that are not as usual, what waits for them, and the quota of the day.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::QueryableByName;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Date, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::{DbError, DbResult};
use crate::db::pool::Conn;
use crate::db::schema::{mail_domains, mail_queues};
use crate::db::scope::Scope;
use crate::domain::breaker::Breaker;

/// A row of `mail_queues`.
#[derive(Queryable, Selectable, Insertable, AsChangeset, Debug, Clone)]
#[diesel(table_name = mail_queues, treat_none_as_null = true)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct QueueRow {
    pub id: Uuid,
    pub domain: Option<String>,
    pub state: String,
    pub failures: i32,
    pub opened_at: Option<DateTime<Utc>>,
    pub next_probe_at: Option<DateTime<Utc>>,
    pub recovered_at: Option<DateTime<Utc>>,
    pub held_at: Option<DateTime<Utc>>,
    pub per_second: Option<i32>,
    pub at_once: Option<i32>,
    pub last_answer: Option<String>,
    pub answered_at: Option<DateTime<Utc>>,
}

impl QueueRow {
    /// A queue as usual.
    pub fn new(id: Uuid, domain: Option<String>) -> Self {
        Self {
            id,
            domain,
            state: "closed".to_owned(),
            failures: 0,
            opened_at: None,
            next_probe_at: None,
            recovered_at: None,
            held_at: None,
            per_second: None,
            at_once: None,
            last_answer: None,
            answered_at: None,
        }
    }

    /// Its breaker.
    ///
    /// # Errors
    /// `Corrupt` for what the CHECKs do not allow.
    pub fn breaker(&self) -> DbResult<Breaker> {
        let failures = u32::try_from(self.failures).unwrap_or(0);
        let times = self.opened_at.zip(self.next_probe_at);
        match (self.state.as_str(), times) {
            ("closed", None) => Ok(Breaker::Closed {
                failures,
                recovered_at: self.recovered_at,
            }),
            ("open", Some((opened_at, next_probe_at))) => Ok(Breaker::Open {
                failures,
                opened_at,
                next_probe_at,
            }),
            ("probing", Some((opened_at, next_probe_at))) => Ok(Breaker::Probing {
                failures,
                opened_at,
                next_probe_at,
            }),
            _ => Err(DbError::Corrupt("mail_queues.state")),
        }
    }

    /// Writes a breaker into the row.
    pub fn set_breaker(&mut self, breaker: Breaker) {
        let (state, failures, times, recovered_at) = match breaker {
            Breaker::Closed {
                failures,
                recovered_at,
            } => ("closed", failures, None, recovered_at),
            Breaker::Open {
                failures,
                opened_at,
                next_probe_at,
            } => ("open", failures, Some((opened_at, next_probe_at)), None),
            Breaker::Probing {
                failures,
                opened_at,
                next_probe_at,
            } => ("probing", failures, Some((opened_at, next_probe_at)), None),
        };
        state.clone_into(&mut self.state);
        self.failures = i32::try_from(failures).unwrap_or(i32::MAX);
        self.opened_at = times.map(|(opened_at, _)| opened_at);
        self.next_probe_at = times.map(|(_, next_probe_at)| next_probe_at);
        self.recovered_at = recovered_at;
    }
}

/// All queues that are not as usual.
///
/// # Errors
/// As the database says.
pub async fn list(conn: &mut Conn, _scope: Scope) -> DbResult<Vec<QueueRow>> {
    Ok(mail_queues::table
        .order(mail_queues::id)
        .select(QueueRow::as_select())
        .load(conn)
        .await?)
}

/// Those of some queues that are not as usual.
///
/// # Errors
/// As the database says.
pub async fn list_of(conn: &mut Conn, _scope: Scope, ids: &[Uuid]) -> DbResult<Vec<QueueRow>> {
    Ok(mail_queues::table
        .filter(mail_queues::id.eq_any(ids))
        .select(QueueRow::as_select())
        .load(conn)
        .await?)
}

/// Ids of queues whose mail waits: open, asked just now, or held.
///
/// # Errors
/// As the database says.
pub async fn list_stopped(conn: &mut Conn, _scope: Scope) -> DbResult<Vec<Uuid>> {
    Ok(mail_queues::table
        .filter(
            mail_queues::state
                .ne("closed")
                .or(mail_queues::held_at.is_not_null()),
        )
        .select(mail_queues::id)
        .load(conn)
        .await?)
}

/// Locks a queue's row, which is made if it is not there.
///
/// # Errors
/// As the database says.
pub async fn lock(
    conn: &mut Conn,
    _scope: Scope,
    id: Uuid,
    domain: Option<&str>,
) -> DbResult<QueueRow> {
    diesel::insert_into(mail_queues::table)
        .values(QueueRow::new(id, domain.map(str::to_owned)))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(mail_queues::table
        .find(id)
        .select(QueueRow::as_select())
        .for_update()
        .first(conn)
        .await?)
}

/// Writes a locked row back.
///
/// # Errors
/// As the database says.
pub async fn update(conn: &mut Conn, _scope: Scope, row: &QueueRow) -> DbResult<()> {
    diesel::update(mail_queues::table.find(row.id))
        .set(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets queues that are as usual again.
///
/// # Errors
/// As the database says.
pub async fn delete_usual(conn: &mut Conn, _scope: Scope, ids: &[Uuid]) -> DbResult<usize> {
    Ok(diesel::delete(
        mail_queues::table
            .filter(mail_queues::id.eq_any(ids))
            .filter(mail_queues::state.eq("closed"))
            .filter(mail_queues::failures.eq(0))
            .filter(mail_queues::held_at.is_null())
            .filter(mail_queues::per_second.is_null())
            .filter(mail_queues::at_once.is_null()),
    )
    .execute(conn)
    .await?)
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = SqlUuid)]
    queue_id: Uuid,
}

/// Queues for which mails are parked: a few looks into the index, not a walk over the mails.
///
/// # Errors
/// As the database says.
pub async fn list_parked(conn: &mut Conn, _scope: Scope) -> DbResult<Vec<Uuid>> {
    let rows: Vec<IdRow> = diesel::sql_query(
        "WITH RECURSIVE q AS ( \
           (SELECT queue_id FROM outbox WHERE state = 'parked' AND queue_id IS NOT NULL \
            ORDER BY queue_id LIMIT 1) \
           UNION ALL \
           SELECT (SELECT o.queue_id FROM outbox o WHERE o.state = 'parked' AND o.queue_id > q.queue_id \
                   ORDER BY o.queue_id LIMIT 1) \
           FROM q WHERE q.queue_id IS NOT NULL \
         ) SELECT queue_id FROM q WHERE queue_id IS NOT NULL",
    )
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.queue_id).collect())
}

/// Notes that the clock of R62 stands still for a public provider whose breaker is open; what the
/// operator said stays.
///
/// # Errors
/// As the database says.
pub async fn mark_held_by_breaker(
    conn: &mut Conn,
    _scope: Scope,
    domain: &str,
    since: DateTime<Utc>,
) -> DbResult<()> {
    diesel::update(
        mail_domains::table
            .find(domain)
            .filter(mail_domains::held_since.is_null()),
    )
    .set((
        mail_domains::held_since.eq(since),
        mail_domains::held_by.eq("breaker"),
    ))
    .execute(conn)
    .await?;
    Ok(())
}

/// Providers held by a breaker.
///
/// # Errors
/// As the database says.
pub async fn list_held_by_breaker(conn: &mut Conn, _scope: Scope) -> DbResult<Vec<String>> {
    Ok(mail_domains::table
        .filter(mail_domains::held_by.eq("breaker"))
        .select(mail_domains::domain)
        .load(conn)
        .await?)
}

#[derive(QueryableByName)]
struct ReservedRow {
    #[diesel(sql_type = BigInt)]
    granted: i64,
}

/// Takes up to `wanted` mails of a day's quota; gives how many.
///
/// # Errors
/// As the database says.
pub async fn reserve(
    conn: &mut Conn,
    _scope: Scope,
    day: NaiveDate,
    wanted: i64,
    quota: i64,
) -> DbResult<i64> {
    let row: ReservedRow = diesel::sql_query(
        "WITH old AS ( \
           INSERT INTO mail_days AS d (day, reserved) VALUES ($1, 0) \
           ON CONFLICT (day) DO UPDATE SET reserved = d.reserved RETURNING d.reserved \
         ) SELECT greatest(least($2, $3 - reserved), 0) AS granted FROM old",
    )
    .bind::<Date, _>(day)
    .bind::<BigInt, _>(wanted)
    .bind::<BigInt, _>(quota)
    .get_result(conn)
    .await?;
    // the row is locked by the statement above
    add_reserved(conn, day, row.granted).await?;
    Ok(row.granted)
}

/// Gives back what was taken and not used.
///
/// # Errors
/// As the database says.
pub async fn give_back_reserved(
    conn: &mut Conn,
    _scope: Scope,
    day: NaiveDate,
    unused: i64,
) -> DbResult<()> {
    add_reserved(conn, day, -unused).await
}

async fn add_reserved(conn: &mut Conn, day: NaiveDate, count: i64) -> DbResult<()> {
    if count != 0 {
        diesel::sql_query(
            "UPDATE mail_days SET reserved = greatest(reserved + $2, 0) WHERE day = $1",
        )
        .bind::<Date, _>(day)
        .bind::<BigInt, _>(count)
        .execute(conn)
        .await?;
    }
    Ok(())
}

/// Mails of one queue, as counted.
#[derive(QueryableByName, Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct CountRow {
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub queue_id: Option<Uuid>,
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = Text)]
    pub state: String,
    #[diesel(sql_type = BigInt)]
    pub count: i64,
    #[diesel(sql_type = Timestamptz)]
    pub oldest: DateTime<Utc>,
}

/// Counts everything that waits: a walk over the outbox, for the operator and once a minute.
///
/// # Errors
/// As the database says.
pub async fn count(conn: &mut Conn, _scope: Scope) -> DbResult<Vec<CountRow>> {
    Ok(diesel::sql_query(
        "SELECT queue_id, kind, state, count(*) AS count, min(created_at) AS oldest \
         FROM outbox GROUP BY queue_id, kind, state ORDER BY count(*) DESC",
    )
    .load(conn)
    .await?)
}

/// A mail that was given up, or that does not get on.
#[derive(QueryableByName, Debug, Clone)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct StuckRow {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub queue_id: Option<Uuid>,
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = Text)]
    pub state: String,
    #[diesel(sql_type = diesel::sql_types::Integer)]
    pub attempts: i32,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Text>)]
    pub last_error: Option<String>,
}

/// Mails given up, or tried four times and more, oldest first.
///
/// # Errors
/// As the database says.
pub async fn list_stuck(conn: &mut Conn, _scope: Scope, limit: i64) -> DbResult<Vec<StuckRow>> {
    Ok(diesel::sql_query(
        "SELECT id, queue_id, kind, state, attempts, created_at, last_error FROM outbox \
         WHERE state = 'dead' OR (state = 'due' AND attempts > 3) ORDER BY created_at LIMIT $1",
    )
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await?)
}

/// Puts mails into the outbox again: those given up, and those that wait for their next attempt. All
/// of them, or those of one queue, or one mail.
///
/// # Errors
/// As the database says.
pub async fn retry(
    conn: &mut Conn,
    _scope: Scope,
    only: &[Uuid],
    now: DateTime<Utc>,
) -> DbResult<usize> {
    Ok(diesel::sql_query(
        "UPDATE outbox SET state = 'due', due_at = $3, attempts = 0, lease_until = '-infinity', \
           expires_at = greatest(expires_at, $3 + interval '7 days') \
         WHERE (state = 'dead' OR (state = 'due' AND attempts > 0 AND due_at > $3)) \
           AND ($1 OR id = ANY ($2) OR queue_id = ANY ($2))",
    )
    .bind::<Bool, _>(only.is_empty())
    .bind::<Array<SqlUuid>, _>(only)
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await?)
}
