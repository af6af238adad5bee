//! What claimants were asked to bring, letter by letter, and what came.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::QueryableByName;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::deficiencies;
use crate::db::scope::Scope;
use crate::domain::ids::ClaimantId;

/// A row of `deficiencies`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = deficiencies)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct DeficiencyRow {
    pub claimant_id: Uuid,
    pub notice_id: Uuid,
    pub letter: String,
    pub association_id: Uuid,
    pub case_id: Uuid,
    pub asked_by: Uuid,
    pub asked_at: DateTime<Utc>,
    pub due_on: NaiveDate,
    pub told: String,
    pub overdue_at: Option<DateTime<Utc>>,
    pub cured_at: Option<DateTime<Utc>>,
}

/// Writes what is asked for; `false`, and nothing written for it, where a letter was asked for before and is
/// open.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn, _scope: Scope, rows: &[DeficiencyRow]) -> DbResult<bool> {
    let inserted = diesel::insert_into(deficiencies::table)
        .values(rows)
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(inserted == rows.len())
}

/// What a claimant was asked for, newest first, letters in order, at most 200 rows.
///
/// # Errors
/// As the database says.
pub async fn list(
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
) -> DbResult<Vec<DeficiencyRow>> {
    let mut query = deficiencies::table
        .filter(deficiencies::claimant_id.eq(claimant.uuid()))
        .order((deficiencies::notice_id.desc(), deficiencies::letter))
        .limit(200)
        .select(DeficiencyRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(deficiencies::association_id.eq(association.uuid()));
    }
    Ok(query.load(conn).await?)
}

/// A letter that came.
#[derive(QueryableByName, Debug, Clone)]
pub struct CuredRow {
    /// The claimant.
    #[diesel(sql_type = SqlUuid)]
    pub claimant_id: Uuid,
    /// The notice.
    #[diesel(sql_type = SqlUuid)]
    pub notice_id: Uuid,
    /// The letter.
    #[diesel(sql_type = Text)]
    pub letter: String,
    /// The tenant.
    #[diesel(sql_type = SqlUuid)]
    pub association_id: Uuid,
}

// as `domain::readiness` decides about each letter; a test compares. An identity that was asked for to be corrected came
// when another one did, or when staff found it in order (R23)
const CURE: &str = "UPDATE deficiencies d SET cured_at = $1 FROM (\
   SELECT o.claimant_id, o.notice_id, o.letter FROM deficiencies o JOIN claimants c ON c.id = o.claimant_id \
   WHERE o.cured_at IS NULL AND CASE o.letter WHEN 'b' THEN c.identity_at IS NOT NULL \
     AND NOT EXISTS (SELECT FROM identities i WHERE i.claimant_id = c.id AND i.to_check_at <= o.asked_at) \
   WHEN 'i' THEN c.payout_at IS NOT NULL ELSE c.state IN ('signed', 'lodged', 'restricted') END LIMIT $2) came \
 WHERE d.claimant_id = came.claimant_id AND d.notice_id = came.notice_id AND d.letter = came.letter \
 AND d.cured_at IS NULL \
 RETURNING d.claimant_id, d.notice_id, d.letter, d.association_id";

/// Notes which letters that were asked for are missing no more, at most `limit`; gives them.
///
/// # Errors
/// As the database says.
pub async fn mark_cured(
    conn: &mut Conn,
    _scope: Scope,
    now: DateTime<Utc>,
    limit: i64,
) -> DbResult<Vec<CuredRow>> {
    Ok(diesel::sql_query(CURE)
        .bind::<Timestamptz, _>(now)
        .bind::<BigInt, _>(limit)
        .load(conn)
        .await?)
}

/// Notes what did not come until its day; gives the number.
///
/// # Errors
/// As the database says.
pub async fn mark_overdue(
    conn: &mut Conn,
    _scope: Scope,
    now: DateTime<Utc>,
    today: NaiveDate,
) -> DbResult<usize> {
    let open = deficiencies::table
        .filter(deficiencies::cured_at.is_null())
        .filter(deficiencies::overdue_at.is_null())
        .filter(deficiencies::due_on.lt(today));
    Ok(diesel::update(open)
        .set(deficiencies::overdue_at.eq(now))
        .execute(conn)
        .await?)
}
