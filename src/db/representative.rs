//! Who acts for claimants (R46), and minors to be looked at each day.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::{claimants, minors, representatives};
use crate::db::scope::Scope;
use crate::domain::ids::{AssociationId, ClaimantId};

/// A row of `representatives`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = representatives)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct RepresentativeRow {
    pub claimant_id: Uuid,
    pub version: i32,
    pub association_id: Uuid,
    pub title: String,
    pub sealed: Option<Vec<u8>>,
    pub given_by: String,
    pub created_at: DateTime<Utc>,
}

/// The newest row of a claimant; one without `sealed` says that nobody acts any more.
///
/// # Errors
/// As the database says.
pub async fn find(
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
) -> DbResult<Option<RepresentativeRow>> {
    let mut query = representatives::table
        .filter(representatives::claimant_id.eq(claimant.uuid()))
        .order(representatives::version.desc())
        .select(RepresentativeRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(representatives::association_id.eq(association.uuid()));
    }
    Ok(query.first(conn).await.optional()?)
}

/// Writes a version.
///
/// # Errors
/// `Unique` if the version is there.
pub async fn insert(conn: &mut Conn, _scope: Scope, row: &RepresentativeRow) -> DbResult<()> {
    diesel::insert_into(representatives::table)
        .values(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// Has a claimant looked at each day from now on.
///
/// # Errors
/// As the database says.
pub async fn insert_minor(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    association: AssociationId,
    today: NaiveDate,
) -> DbResult<()> {
    diesel::insert_into(minors::table)
        .values((
            minors::claimant_id.eq(claimant.uuid()),
            minors::association_id.eq(association.uuid()),
            minors::looked_on.eq(today),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// Minors who were not looked at on a day or later, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list_minors_due(
    conn: &mut Conn,
    _scope: Scope,
    today: NaiveDate,
    limit: i64,
) -> DbResult<Vec<ClaimantId>> {
    let ids: Vec<Uuid> = minors::table
        .filter(minors::looked_on.lt(today))
        .order(minors::looked_on)
        .limit(limit)
        .select(minors::claimant_id)
        .load(conn)
        .await?;
    Ok(ids.into_iter().map(ClaimantId::new).collect())
}

/// Notes that claimants are still minors on a day.
///
/// # Errors
/// As the database says.
pub async fn mark_looked(
    conn: &mut Conn,
    _scope: Scope,
    claimants_seen: &[ClaimantId],
    today: NaiveDate,
) -> DbResult<()> {
    let ids: Vec<Uuid> = claimants_seen.iter().map(|id| id.uuid()).collect();
    diesel::update(minors::table.filter(minors::claimant_id.eq_any(ids)))
        .set(minors::looked_on.eq(today))
        .execute(conn)
        .await?;
    Ok(())
}

/// No need to look any more.
///
/// # Errors
/// As the database says.
pub async fn delete_minor(conn: &mut Conn, _scope: Scope, claimant: ClaimantId) -> DbResult<()> {
    diesel::delete(minors::table.find(claimant.uuid()))
        .execute(conn)
        .await?;
    Ok(())
}

/// Opens or, with `None`, settles the task to ratify (R46). `false`: it was so already.
///
/// # Errors
/// As the database says.
pub async fn mark_ratify(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    since: Option<DateTime<Utc>>,
) -> DbResult<bool> {
    let due = claimants::table.filter(claimants::id.eq(claimant.uuid()));
    let changed = match since {
        Some(since) => {
            diesel::update(due.filter(claimants::ratify_at.is_null()))
                .set(claimants::ratify_at.eq(since))
                .execute(conn)
                .await?
        }
        None => {
            diesel::update(due.filter(claimants::ratify_at.is_not_null()))
                .set(claimants::ratify_at.eq(None::<DateTime<Utc>>))
                .execute(conn)
                .await?
        }
    };
    Ok(changed == 1)
}
