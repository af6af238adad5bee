//! What came back: bounces, and the storms they make.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Timestamptz};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::outbox::MailRow;
use crate::db::pool::Conn;
use crate::db::schema::{bounces, claimants, mails, template_pauses};
use crate::db::scope::Scope;
use crate::domain::ids::{AssociationId, ClaimantId};

/// A row of `bounces`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = bounces)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct BounceRow {
    pub subject_id: Uuid,
    pub id: Uuid,
    pub association_id: Option<Uuid>,
    pub mail_id: Uuid,
    pub mail_kind: String,
    pub mail_sent_at: DateTime<Utc>,
    pub kind: String,
    pub source: String,
    pub status: Option<String>,
    pub diagnostic: Option<String>,
    pub incident_id: Option<Uuid>,
    pub is_evidence: bool,
    pub received_at: DateTime<Utc>,
}

/// Writes a bounce; `false`: it is there already.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn, _scope: Scope, row: &BounceRow) -> DbResult<bool> {
    let written = diesel::insert_into(bounces::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(written == 1)
}

/// The mail with an id, whoever it was for.
///
/// # Errors
/// As the database says.
pub async fn find_mail(conn: &mut Conn, _scope: Scope, id: Uuid) -> DbResult<Option<MailRow>> {
    Ok(mails::table
        .filter(mails::id.eq(id))
        .select(MailRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// Soft bounces of a claimant since an instant that are no evidence of an outage.
///
/// # Errors
/// As the database says.
pub async fn count_soft(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    since: DateTime<Utc>,
) -> DbResult<i64> {
    Ok(bounces::table
        .filter(bounces::subject_id.eq(claimant.uuid()))
        .filter(bounces::kind.eq("soft"))
        .filter(bounces::is_evidence.eq(false))
        .filter(bounces::received_at.gt(since))
        .count()
        .get_result(conn)
        .await?)
}

/// The bounces of a claimant, newest first, at most 50.
///
/// # Errors
/// As the database says.
pub async fn list(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    claimant: ClaimantId,
) -> DbResult<Vec<BounceRow>> {
    Ok(bounces::table
        .filter(bounces::subject_id.eq(claimant.uuid()))
        .filter(bounces::association_id.eq(association.uuid()))
        .order((bounces::received_at.desc(), bounces::id))
        .limit(50)
        .select(BounceRow::as_select())
        .load(conn)
        .await?)
}

/// Marks claimants as not reachable; those marked before keep their time.
///
/// # Errors
/// As the database says.
pub async fn mark_unreachable(
    conn: &mut Conn,
    _scope: Scope,
    ids: &[ClaimantId],
    now: DateTime<Utc>,
) -> DbResult<usize> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    Ok(diesel::update(
        claimants::table
            .filter(claimants::id.eq_any(ids))
            .filter(claimants::unreachable_at.is_null()),
    )
    .set(claimants::unreachable_at.eq(now))
    .execute(conn)
    .await?)
}

/// Notes that a claimant read a mail.
///
/// # Errors
/// As the database says.
pub async fn mark_reachable(conn: &mut Conn, _scope: Scope, id: ClaimantId) -> DbResult<()> {
    diesel::update(
        claimants::table
            .filter(claimants::id.eq(id.uuid()))
            .filter(claimants::unreachable_at.is_not_null()),
    )
    .set(claimants::unreachable_at.eq(None::<DateTime<Utc>>))
    .execute(conn)
    .await?;
    Ok(())
}

/// Hard bounces of a kind of mail, and since when their mails were sent.
#[derive(QueryableByName, Debug, Clone)]
pub struct BurstRow {
    /// Kind of mail.
    #[diesel(sql_type = Text)]
    pub mail_kind: String,
    /// Hard bounces.
    #[diesel(sql_type = BigInt)]
    pub hard: i64,
    /// When the mails of all but the oldest tenth of them were sent, UTC.
    #[diesel(sql_type = Timestamptz)]
    pub sent_since: DateTime<Utc>,
}

/// Kinds of mail with at least `least` hard bounces since an instant and since their last storm was
/// released, without those that are evidence of an outage: there a domain is at fault, not a template.
///
/// # Errors
/// As the database says.
pub async fn list_bursts(
    conn: &mut Conn,
    _scope: Scope,
    since: DateTime<Utc>,
    least: i64,
) -> DbResult<Vec<BurstRow>> {
    Ok(diesel::sql_query(
        "SELECT b.mail_kind, count(DISTINCT b.mail_id) AS hard, \
           percentile_disc(0.1) WITHIN GROUP (ORDER BY b.mail_sent_at) AS sent_since \
         FROM bounces b LEFT JOIN template_pauses p ON p.kind = b.mail_kind \
         WHERE b.received_at > $1 AND b.kind = 'hard' AND NOT b.is_evidence \
           AND (p.kind IS NULL OR b.received_at > p.released_at) \
         GROUP BY b.mail_kind HAVING count(DISTINCT b.mail_id) >= $2",
    )
    .bind::<Timestamptz, _>(since)
    .bind::<BigInt, _>(least)
    .load(conn)
    .await?)
}

/// Mails of a kind sent since an instant, counted up to `most`.
///
/// # Errors
/// As the database says.
pub async fn count_sent(
    conn: &mut Conn,
    _scope: Scope,
    kind: &str,
    since: DateTime<Utc>,
    most: i64,
) -> DbResult<i64> {
    let some = mails::table
        .filter(mails::kind.eq(kind))
        .filter(mails::sent_at.ge(since))
        .limit(most)
        .select(mails::id);
    let ids: Vec<Uuid> = some.load(conn).await?;
    Ok(i64::try_from(ids.len()).unwrap_or(most))
}

/// A row of `template_pauses`.
#[derive(Queryable, Selectable, Insertable, AsChangeset, Debug, Clone)]
#[diesel(table_name = template_pauses, treat_none_as_null = true)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct PauseRow {
    pub kind: String,
    pub since: DateTime<Utc>,
    pub pauses: bool,
    pub hard: i32,
    pub sent: i32,
    pub released_at: Option<DateTime<Utc>>,
}

/// Notes a storm in the place of one that was released; `false`: one is on already.
///
/// # Errors
/// As the database says.
pub async fn mark_storm(conn: &mut Conn, _scope: Scope, row: &PauseRow) -> DbResult<bool> {
    let old = template_pauses::table
        .find(&row.kind)
        .filter(template_pauses::released_at.is_not_null());
    if diesel::update(old).set(row).execute(conn).await? == 1 {
        return Ok(true);
    }
    let written = diesel::insert_into(template_pauses::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(written == 1)
}

/// The storms that are on, oldest first.
///
/// # Errors
/// As the database says.
pub async fn list_storms(conn: &mut Conn, _scope: Scope) -> DbResult<Vec<PauseRow>> {
    Ok(template_pauses::table
        .filter(template_pauses::released_at.is_null())
        .order((template_pauses::since, template_pauses::kind))
        .select(PauseRow::as_select())
        .load(conn)
        .await?)
}

/// Ends a storm; gives how many mails are due now, `None` if there was no storm. `waits` is the error
/// under which its mails wait.
///
/// # Errors
/// As the database says.
pub async fn mark_released(
    conn: &mut Conn,
    _scope: Scope,
    kind: &str,
    waits: &str,
    now: DateTime<Utc>,
) -> DbResult<Option<usize>> {
    let on = template_pauses::table
        .find(kind)
        .filter(template_pauses::released_at.is_null());
    let ended = diesel::update(on)
        .set(template_pauses::released_at.eq(now))
        .execute(conn)
        .await?;
    if ended == 0 {
        return Ok(None);
    }
    // one pass over a long queue may take minutes
    conn.batch_execute("SET LOCAL statement_timeout = 0")
        .await?;
    let due = diesel::sql_query(
        "UPDATE outbox SET due_at = least(due_at, $2), last_error = NULL, \
           expires_at = greatest(expires_at, $2 + interval '1 day') \
         WHERE state = 'due' AND last_error = $1",
    )
    .bind::<Text, _>(waits)
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await?;
    Ok(Some(due))
}

/// Bounces since an instant, by kind.
///
/// # Errors
/// As the database says.
pub async fn count_since(
    conn: &mut Conn,
    _scope: Scope,
    since: DateTime<Utc>,
) -> DbResult<Vec<(String, i64)>> {
    Ok(bounces::table
        .filter(bounces::received_at.gt(since))
        .group_by(bounces::kind)
        .order(bounces::kind)
        .select((bounces::kind, diesel::dsl::count_star()))
        .load(conn)
        .await?)
}
