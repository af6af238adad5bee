//! Claimants whom partners sent by API, and how many partners brought. Rows are written by the statement of
//! sign-ups.

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::{claimants, partner_submissions, partners};
use crate::db::scope::Scope;
use crate::domain::ids::{AssociationId, CaseId, ClaimantId, PartnerId};
use crate::domain::partner::KeyMode;

/// Somebody a partner sent.
#[derive(Queryable, Clone, Debug)]
#[expect(missing_docs, reason = "each field is the column of its name")]
pub struct SubmissionRow {
    pub claimant_id: Uuid,
    pub case_id: Uuid,
    pub created_at: DateTime<Utc>,
    /// State of the claimant.
    pub state: String,
    pub confirmed_at: Option<DateTime<Utc>>,
    pub signed_at: Option<DateTime<Utc>>,
}

/// Which of a partner's submissions.
#[derive(Clone, Copy, Debug)]
pub struct Of<'a> {
    /// The partner.
    pub partner: PartnerId,
    /// Live or test.
    pub mode: KeyMode,
    /// Those in these cases; none: in any.
    pub cases: Option<&'a [CaseId]>,
}

/// How many a partner brought in a case.
#[derive(QueryableByName, Clone, Debug)]
pub struct BroughtRow {
    /// The case.
    #[diesel(sql_type = SqlUuid)]
    pub case_id: Uuid,
    /// Whether they came by the API; else by link.
    #[diesel(sql_type = Bool)]
    pub by_api: bool,
    /// Records.
    #[diesel(sql_type = BigInt)]
    pub sign_ups: i64,
    /// With a confirmed contact, and not withdrawn.
    #[diesel(sql_type = BigInt)]
    pub confirmed: i64,
    /// Signed, and not withdrawn.
    #[diesel(sql_type = BigInt)]
    pub signed: i64,
}

/// By whom the data of a claimant came.
#[derive(Queryable, Clone, Debug)]
#[expect(missing_docs, reason = "each field is the column of its name")]
pub struct SourceRow {
    pub claimant_id: Uuid,
    /// Name of the partner.
    pub partner: String,
    pub notice_shown_at: DateTime<Utc>,
}

/// Those of some claimants whom a partner sent, and which.
///
/// # Errors
/// As the database says.
pub async fn list_sources(
    conn: &mut Conn,
    _scope: Scope,
    claimants: &[Uuid],
) -> DbResult<Vec<SourceRow>> {
    if claimants.is_empty() {
        return Ok(Vec::new());
    }
    Ok(partner_submissions::table
        .inner_join(partners::table.on(partners::id.eq(partner_submissions::partner_id)))
        .filter(partner_submissions::claimant_id.eq_any(claimants))
        .select((
            partner_submissions::claimant_id,
            partners::name,
            partner_submissions::notice_shown_at,
        ))
        .load(conn)
        .await?)
}

/// One of a partner's submissions.
///
/// # Errors
/// As the database says.
pub async fn find(
    conn: &mut Conn,
    _scope: Scope,
    of: Of<'_>,
    claimant: ClaimantId,
) -> DbResult<Option<SubmissionRow>> {
    let mut query = partner_submissions::table
        .inner_join(claimants::table.on(claimants::id.eq(partner_submissions::claimant_id)))
        .filter(partner_submissions::claimant_id.eq(claimant.uuid()))
        .filter(partner_submissions::partner_id.eq(of.partner.uuid()))
        .select((
            partner_submissions::claimant_id,
            partner_submissions::case_id,
            partner_submissions::created_at,
            claimants::state,
            claimants::confirmed_at,
            claimants::signed_at,
        ))
        .into_boxed();
    if let Some(cases) = of.cases {
        let cases: Vec<Uuid> = cases.iter().map(|case| case.uuid()).collect();
        query = query.filter(partner_submissions::case_id.eq_any(cases));
    }
    Ok(query.first(conn).await.optional()?)
}

/// A partner's submissions after one of them, oldest first, at most `limit`; those of the last ten seconds are left
/// out, so that none that is committed late lies before one that was read.
///
/// # Errors
/// As the database says.
pub async fn list(
    conn: &mut Conn,
    _scope: Scope,
    of: Of<'_>,
    after: Option<ClaimantId>,
    limit: i64,
) -> DbResult<Vec<SubmissionRow>> {
    let mut query = partner_submissions::table
        .inner_join(claimants::table.on(claimants::id.eq(partner_submissions::claimant_id)))
        .filter(partner_submissions::partner_id.eq(of.partner.uuid()))
        .filter(sql::<Bool>(
            "partner_submissions.created_at < now() - interval '10 seconds'",
        ))
        .order(partner_submissions::claimant_id)
        .limit(limit)
        .select((
            partner_submissions::claimant_id,
            partner_submissions::case_id,
            partner_submissions::created_at,
            claimants::state,
            claimants::confirmed_at,
            claimants::signed_at,
        ))
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(partner_submissions::claimant_id.gt(after.uuid()));
    }
    if let Some(cases) = of.cases {
        let cases: Vec<Uuid> = cases.iter().map(|case| case.uuid()).collect();
        query = query.filter(partner_submissions::case_id.eq_any(cases));
    }
    Ok(query.load(conn).await?)
}

/// Who sent a claimant, if a partner did: its name, version and time of the notice, when it came.
///
/// # Errors
/// As the database says.
pub async fn find_sender(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
) -> DbResult<Option<(String, String, DateTime<Utc>, DateTime<Utc>)>> {
    Ok(partner_submissions::table
        .inner_join(partners::table.on(partners::id.eq(partner_submissions::partner_id)))
        .filter(partner_submissions::claimant_id.eq(claimant.uuid()))
        .select((
            partners::name,
            partner_submissions::notice_version,
            partner_submissions::notice_shown_at,
            partner_submissions::created_at,
        ))
        .first(conn)
        .await
        .optional()?)
}

/// How many a partner brought, by case and way. A second record of somebody, and one that was rejected, counts as any
/// other: a partner that sent it must not learn of it (R55). Whom any partner sent by the API came by no link.
///
/// # Errors
/// As the database says.
pub async fn count(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    (partner, slug): (PartnerId, &str),
) -> DbResult<Vec<BroughtRow>> {
    const TOLD: &str = "count(*) AS sign_ups, \
        count(*) FILTER (WHERE c.confirmed_at IS NOT NULL AND c.state <> 'withdrawn') AS confirmed, \
        count(*) FILTER (WHERE c.state IN ('signed', 'resign_required', 'lodged') \
          OR c.state IN ('rejected', 'restricted') AND c.signed_at IS NOT NULL) AS signed";
    Ok(diesel::sql_query(format!(
        "SELECT c.case_id, false AS by_api, {TOLD} FROM claimants c \
         WHERE c.association_id = $1 AND c.via = $2 \
           AND NOT EXISTS (SELECT 1 FROM partner_submissions s WHERE s.claimant_id = c.id) \
         GROUP BY c.case_id \
         UNION ALL \
         SELECT c.case_id, true, {TOLD} FROM partner_submissions s JOIN claimants c ON c.id = s.claimant_id \
         WHERE s.partner_id = $3 GROUP BY c.case_id"
    ))
    .bind::<SqlUuid, _>(association.uuid())
    .bind::<Text, _>(slug)
    .bind::<SqlUuid, _>(partner.uuid())
    .load(conn)
    .await?)
}
