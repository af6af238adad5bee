//! Terms of keeping, what is due under each rule, and what runs deleted (R62, R64).

use chrono::{DateTime, NaiveDate, Utc};
use diesel::QueryableByName;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::{retention_runs, retention_terms};
use crate::db::scope::Scope;
use crate::domain::ids::ClaimantId;
use crate::domain::retention;

/// A row of `retention_terms`.
#[derive(Queryable, Selectable, Insertable, AsChangeset, Debug, Clone)]
#[diesel(table_name = retention_terms)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct TermRow {
    pub rule: String,
    pub days: i32,
    pub confirmed_by: String,
    pub confirmed_at: DateTime<Utc>,
}

/// A row of `retention_runs`.
#[derive(Queryable, Selectable, Debug, Clone)]
#[diesel(table_name = retention_runs)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct RunRow {
    pub rule: String,
    pub day: NaiveDate,
    pub ran_at: DateTime<Utc>,
    pub deleted: i64,
}

/// What is due under a rule.
#[derive(QueryableByName, Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueRow {
    /// How many, counted up to a limit.
    #[diesel(sql_type = BigInt)]
    pub count: i64,
    /// The moment of the oldest, UTC.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub oldest: Option<DateTime<Utc>>,
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// The things due under a rule at `$1`, the term being `$2` days: their moment, and for records the id.
/// `None` for a rule under which nothing is ever due.
fn due_under(rule: &str) -> Option<String> {
    let state = |state: &str| {
        format!(
            "SELECT c.id, c.state_changed_at AS at FROM claimants c WHERE c.state = '{state}' \
             AND c.signed_version IS NULL AND c.restricted_at IS NULL \
             AND c.state_changed_at <= $1 - make_interval(days => $2::int)"
        )
    };
    let expired =
        |table: &str| format!("SELECT expires_at AS at FROM {table} WHERE expires_at < $1");
    let text = match rule {
        retention::UNCONFIRMED => {
            "SELECT c.id, c.created_at AS at FROM claimants c \
             LEFT JOIN mail_domains d ON d.domain = c.contact_domain \
             WHERE c.state = 'unconfirmed' AND d.held_since IS NULL AND c.restricted_at IS NULL \
             AND c.created_at <= $1 - make_interval(days => $2::int) \
             AND c.state_changed_at + make_interval(secs => c.held_seconds) \
               <= $1 - make_interval(days => $2::int)"
        }
        retention::ID_IMAGES => {
            "SELECT decided_at AS at FROM paper_hand_ins WHERE id_images_deleted_at IS NULL \
             AND decided_at < $1 - make_interval(days => $2::int)"
        }
        retention::NOT_SIGNED => {
            "SELECT c.id, k.state_changed_at AS at FROM claimants c JOIN cases k ON k.id = c.case_id \
             WHERE c.state IN ('confirmed', 'to_assist') AND c.signed_version IS NULL \
             AND c.restricted_at IS NULL \
             AND k.state IN ('closed', 'filed', 'admitted', 'distribution', 'archived') \
             AND k.state_changed_at <= $1 - make_interval(days => $2::int)"
        }
        retention::DRAFTS => {
            "SELECT d.claimant_id AS id, d.updated_at AS at FROM declaration_drafts d \
             JOIN claimants c ON c.id = d.claimant_id \
             WHERE c.signed_version IS NULL AND c.restricted_at IS NULL \
             AND d.updated_at <= $1 - make_interval(days => $2::int)"
        }
        retention::WITHDRAWN | retention::REJECTED | retention::DUPLICATE => {
            return Some(state(rule));
        }
        "suppressions" | "sessions" | "refresh_tokens" | "idempotency_keys" | "rate_buckets"
        | "reminders" => return Some(expired(rule)),
        _ => return row_due_under(rule).map(str::to_owned),
    };
    Some(text.to_owned())
}

/// As [`due_under`], for rows that are no records and have terms of their own.
fn row_due_under(rule: &str) -> Option<&'static str> {
    let text = match rule {
        retention::UPLOADS => {
            "SELECT created_at AS at FROM file_uploads \
             WHERE created_at < $1 - interval '60 minutes'"
        }
        retention::SANDBOX => {
            "SELECT claimant_id AS id, created_at AS at FROM partner_submissions WHERE mode = 'test' \
             AND created_at <= $1 - make_interval(days => $2::int)"
        }
        retention::SCAM_REPORTS => {
            "SELECT received_at AS at FROM scam_reports \
             WHERE received_at <= $1 - make_interval(days => $2::int)"
        }
        "followers" => {
            "SELECT asked_at AS at FROM followers \
             WHERE confirmed_at IS NULL AND asked_at < $1 - interval '7 days'"
        }
        retention::EXPORTS => {
            "SELECT expires_at AS at FROM exports WHERE state IN ('ready', 'awaiting_approval') \
             AND fetched_at IS NULL AND expires_at <= $1"
        }
        retention::IMPORTS => {
            "SELECT expires_at AS at FROM imports WHERE swept_at IS NULL \
             AND state NOT IN ('checking', 'running') AND expires_at <= $1"
        }
        "totp_uses" => "SELECT used_at AS at FROM totp_uses WHERE used_at < $1 - interval '1 day'",
        "bounces" => {
            "SELECT received_at AS at FROM bounces \
             WHERE received_at < $1 - interval '12 months' AND NOT is_evidence"
        }
        "contact_changes" => {
            "SELECT created_at AS at FROM contact_changes \
             WHERE created_at < $1 - interval '32 days' \
             AND (done_at IS NULL OR told_at IS NOT NULL OR stopped_at IS NOT NULL)"
        }
        "contact_requests" => {
            "SELECT asked_at AS at FROM contact_requests WHERE asked_at < $1 - interval '32 days'"
        }
        "leases" => {
            "SELECT expires_at AS at FROM leases \
             WHERE starts_with(name, 'worker/') AND expires_at < $1 - interval '1 day'"
        }
        _ => return None,
    };
    Some(text)
}

/// What is due under a rule, counted up to `limit`; `None` where nothing ever is.
///
/// # Errors
/// As the database says.
pub async fn count_due(
    conn: &mut Conn,
    _scope: Scope,
    rule: &str,
    now: DateTime<Utc>,
    days: i64,
    limit: i64,
) -> DbResult<Option<DueRow>> {
    let Some(due) = due_under(rule) else {
        return Ok(None);
    };
    let counted = format!(
        "SELECT count(*) AS count, min(at) AS oldest FROM ({due} ORDER BY at LIMIT $3) due \
         WHERE $2::bigint IS NOT NULL"
    );
    let found = diesel::sql_query(counted)
        .bind::<Timestamptz, _>(now)
        .bind::<BigInt, _>(days)
        .bind::<BigInt, _>(limit)
        .get_result(conn)
        .await?;
    Ok(Some(found))
}

/// Records due under a rule about records, oldest first, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list_due(
    conn: &mut Conn,
    _scope: Scope,
    rule: &str,
    now: DateTime<Utc>,
    days: i64,
    limit: i64,
) -> DbResult<Vec<ClaimantId>> {
    let Some(due) = due_under(rule) else {
        return Ok(Vec::new());
    };
    let rows: Vec<IdRow> = diesel::sql_query(format!("{due} ORDER BY at LIMIT $3"))
        .bind::<Timestamptz, _>(now)
        .bind::<BigInt, _>(days)
        .bind::<BigInt, _>(limit)
        .load(conn)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| ClaimantId::new(row.id))
        .collect())
}

/// Whether a record is due under a rule, read in the transaction that has it locked.
///
/// # Errors
/// As the database says.
pub async fn is_due(
    conn: &mut Conn,
    _scope: Scope,
    rule: &str,
    (now, days): (DateTime<Utc>, i64),
    claimant: ClaimantId,
) -> DbResult<bool> {
    let Some(due) = due_under(rule) else {
        return Ok(false);
    };
    let rows: Vec<IdRow> = diesel::sql_query(format!("SELECT id FROM ({due}) due WHERE id = $3"))
        .bind::<Timestamptz, _>(now)
        .bind::<BigInt, _>(days)
        .bind::<SqlUuid, _>(claimant.uuid())
        .load(conn)
        .await?;
    Ok(!rows.is_empty())
}

/// Deletes drafts of who never signed that are older than the term, at most `limit`; gives whose they
/// were.
///
/// # Errors
/// As the database says.
pub async fn delete_drafts(
    conn: &mut Conn,
    _scope: Scope,
    now: DateTime<Utc>,
    days: i64,
    limit: i64,
) -> DbResult<Vec<(Uuid, Uuid)>> {
    #[derive(QueryableByName)]
    struct Gone {
        #[diesel(sql_type = SqlUuid)]
        claimant_id: Uuid,
        #[diesel(sql_type = SqlUuid)]
        association_id: Uuid,
    }
    let due = due_under(retention::DRAFTS).unwrap_or_default();
    let rows: Vec<Gone> = diesel::sql_query(format!(
        "DELETE FROM declaration_drafts WHERE claimant_id IN \
         (SELECT id FROM ({due} ORDER BY at LIMIT $3) due) RETURNING claimant_id, association_id"
    ))
    .bind::<Timestamptz, _>(now)
    .bind::<BigInt, _>(days)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.claimant_id, row.association_id))
        .collect())
}

/// The terms that were set.
///
/// # Errors
/// As the database says.
pub async fn list_terms(conn: &mut Conn, _scope: Scope) -> DbResult<Vec<TermRow>> {
    Ok(retention_terms::table
        .order(retention_terms::rule)
        .select(TermRow::as_select())
        .load(conn)
        .await?)
}

/// Sets a term.
///
/// # Errors
/// As the database says.
pub async fn put_term(conn: &mut Conn, _scope: Scope, row: &TermRow) -> DbResult<()> {
    diesel::insert_into(retention_terms::table)
        .values(row)
        .on_conflict(retention_terms::rule)
        .do_update()
        .set(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// Adds what a run deleted to the rows of its day.
///
/// # Errors
/// As the database says.
pub async fn add_run(
    conn: &mut Conn,
    _scope: Scope,
    day: NaiveDate,
    now: DateTime<Utc>,
    deleted: &[(&str, i64)],
) -> DbResult<()> {
    use diesel::sql_types::{Array, Date, Text};
    let (rules, counts): (Vec<&str>, Vec<i64>) = deleted.iter().copied().unzip();
    diesel::sql_query(
        "INSERT INTO retention_runs (rule, day, ran_at, deleted) \
         SELECT rule, $1, $2, deleted FROM unnest($3, $4) run(rule, deleted) \
         ON CONFLICT (rule, day) DO UPDATE \
         SET ran_at = excluded.ran_at, deleted = retention_runs.deleted + excluded.deleted",
    )
    .bind::<Date, _>(day)
    .bind::<Timestamptz, _>(now)
    .bind::<Array<Text>, _>(rules)
    .bind::<Array<BigInt>, _>(counts)
    .execute(conn)
    .await?;
    Ok(())
}

/// The newest day of each rule that ever ran.
///
/// # Errors
/// As the database says.
pub async fn list_last_runs(conn: &mut Conn, _scope: Scope) -> DbResult<Vec<RunRow>> {
    Ok(retention_runs::table
        .distinct_on(retention_runs::rule)
        .order((retention_runs::rule, retention_runs::day.desc()))
        .select(RunRow::as_select())
        .load(conn)
        .await?)
}
