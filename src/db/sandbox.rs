//! Rooms of the sandbox of partners: rows that are there so that others can hang on them (decision 34).

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;

use crate::db::error::DbResult;
use crate::db::key::AssociationKeyRow;
use crate::db::pool::Conn;
use crate::db::schema::{association_keys, claimants, partner_submissions};
use crate::db::scope::Scope;
use crate::domain::ids::{AssociationId, CaseId, ClaimantId, PartnerId};

/// Makes the twin of an association, unless it is there. `false`: it was.
///
/// # Errors
/// As the database says.
pub async fn insert_association(
    conn: &mut Conn,
    _scope: Scope,
    (twin, of): (AssociationId, AssociationId),
    now: DateTime<Utc>,
) -> DbResult<bool> {
    let made = diesel::sql_query(
        "INSERT INTO associations (id, slug, name, status, created_at, sandbox_of) \
         SELECT $1, 'sandbox-' || $1::text, name, 'active', $3, id FROM associations WHERE id = $2 \
         ON CONFLICT DO NOTHING",
    )
    .bind::<SqlUuid, _>(twin.uuid())
    .bind::<SqlUuid, _>(of.uuid())
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await?;
    Ok(made == 1)
}

/// Writes the first key of a twin, unless it has one.
///
/// # Errors
/// As the database says.
pub async fn insert_key(conn: &mut Conn, _scope: Scope, row: &AssociationKeyRow) -> DbResult<()> {
    diesel::insert_into(association_keys::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// Makes the twin of a partner in the twin of its association, unless it is there.
///
/// # Errors
/// As the database says.
pub async fn insert_partner(
    conn: &mut Conn,
    _scope: Scope,
    (twin, of): (PartnerId, PartnerId),
    association: AssociationId,
    now: DateTime<Utc>,
) -> DbResult<()> {
    diesel::sql_query(
        "INSERT INTO partners (id, association_id, slug, name, language, created_at, sandbox_of) \
         SELECT $1, $3, slug, name, language, $4, id FROM partners WHERE id = $2 \
         ON CONFLICT DO NOTHING",
    )
    .bind::<SqlUuid, _>(twin.uuid())
    .bind::<SqlUuid, _>(of.uuid())
    .bind::<SqlUuid, _>(association.uuid())
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Makes the twin of a case, unless it is there: a draft that names nothing but its case.
///
/// # Errors
/// As the database says.
pub async fn insert_case(
    conn: &mut Conn,
    _scope: Scope,
    (twin, of): (CaseId, CaseId),
    now: DateTime<Utc>,
) -> DbResult<()> {
    diesel::sql_query(
        "INSERT INTO cases (id, slug, title, respondent_id, state, created_at, state_changed_at, sandbox_of) \
         SELECT $1, 'sandbox-' || $1::text, title, respondent_id, 'draft', $3, $3, id FROM cases WHERE id = $2 \
         ON CONFLICT DO NOTHING",
    )
    .bind::<SqlUuid, _>(twin.uuid())
    .bind::<SqlUuid, _>(of.uuid())
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes when somebody would have signed, whose state says so; there is nothing that was signed.
///
/// # Errors
/// As the database says.
pub async fn mark_signed_at(
    conn: &mut Conn,
    _scope: Scope,
    id: ClaimantId,
    now: DateTime<Utc>,
) -> DbResult<()> {
    diesel::update(claimants::table.find(id.uuid()))
        .set(claimants::signed_at.eq(now))
        .execute(conn)
        .await?;
    Ok(())
}

/// Some of the test people of a partner's twin, in some cases or in all.
///
/// # Errors
/// As the database says.
pub async fn list_own(
    conn: &mut Conn,
    _scope: Scope,
    partner: PartnerId,
    cases: Option<&[CaseId]>,
    limit: i64,
) -> DbResult<Vec<ClaimantId>> {
    let mut query = partner_submissions::table
        .filter(partner_submissions::partner_id.eq(partner.uuid()))
        .order(partner_submissions::claimant_id)
        .limit(limit)
        .select(partner_submissions::claimant_id)
        .into_boxed();
    if let Some(cases) = cases {
        let cases: Vec<_> = cases.iter().map(|case| case.uuid()).collect();
        query = query.filter(partner_submissions::case_id.eq_any(cases));
    }
    let ids: Vec<uuid::Uuid> = query.load(conn).await?;
    Ok(ids.into_iter().map(ClaimantId::new).collect())
}
