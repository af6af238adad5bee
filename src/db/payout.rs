//! Payout data: each change is a new version, which counts from a time of its own unless it is stopped
//! before (DESIGN 3.7, R26).

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::{claimants, payouts};
use crate::db::scope::Scope;
use crate::domain::ids::ClaimantId;

/// A row of `payouts`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = payouts)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct PayoutRow {
    pub claimant_id: Uuid,
    pub version: i32,
    pub association_id: Uuid,
    pub sealed: Vec<u8>,
    pub created_at: DateTime<Utc>,
    pub effective_at: DateTime<Utc>,
    pub stopped_at: Option<DateTime<Utc>>,
    pub stopped_by: Option<String>,
    pub told_at: Option<DateTime<Utc>>,
    pub typed_by: Option<Uuid>,
    pub waits_at: Option<DateTime<Utc>>,
    pub released_at: Option<DateTime<Utc>>,
    pub released_by: Option<Uuid>,
}

impl PayoutRow {
    /// Whether it counts at `now`, if it is not stopped: its hold is over, and its owner was told of it or staff
    /// released it. The first account of an owner counts at once; what staff typed in waits for a second person.
    pub fn counts(&self, now: DateTime<Utc>) -> bool {
        let is_first = self.effective_at == self.created_at;
        let is_told = self.typed_by.is_none() && (is_first || self.told_at.is_some());
        self.effective_at <= now && (self.released_at.is_some() || is_told)
    }
}

/// The payout data that count now, and those that wait, if any.
#[derive(Debug, Clone, Default)]
pub struct Payouts {
    /// What would be paid into now.
    pub in_force: Option<PayoutRow>,
    /// What counts from a time to come.
    pub pending: Option<PayoutRow>,
}

/// The payout data of a claimant at `now`. Of what is stopped nothing is there.
///
/// # Errors
/// As the database says.
pub async fn find(
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
    now: DateTime<Utc>,
) -> DbResult<Payouts> {
    let mut query = payouts::table
        .filter(payouts::claimant_id.eq(claimant.uuid()))
        .filter(payouts::stopped_at.is_null())
        .order(payouts::version.desc())
        // a change stops the one that waits: one may wait, and the next counts
        .limit(2)
        .select(PayoutRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(payouts::association_id.eq(association.uuid()));
    }
    let rows: Vec<PayoutRow> = query.load(conn).await?;
    let mut found = Payouts::default();
    for row in rows {
        if row.counts(now) {
            found.in_force.get_or_insert(row);
        } else {
            found.pending.get_or_insert(row);
        }
    }
    Ok(found)
}

/// One version, stopped or not.
///
/// # Errors
/// As the database says.
pub async fn find_version(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    version: i32,
) -> DbResult<Option<PayoutRow>> {
    Ok(payouts::table
        .find((claimant.uuid(), version))
        .select(PayoutRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// The highest version given, stopped or not; 0: none.
///
/// # Errors
/// As the database says.
pub async fn newest_version(conn: &mut Conn, _scope: Scope, claimant: ClaimantId) -> DbResult<i32> {
    let newest: Option<i32> = payouts::table
        .filter(payouts::claimant_id.eq(claimant.uuid()))
        .select(diesel::dsl::max(payouts::version))
        .first(conn)
        .await?;
    Ok(newest.unwrap_or(0))
}

/// The first version given at an instant or later, stopped or not.
///
/// # Errors
/// As the database says.
pub async fn first_since(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    since: DateTime<Utc>,
) -> DbResult<Option<i32>> {
    Ok(payouts::table
        .filter(payouts::claimant_id.eq(claimant.uuid()))
        .filter(payouts::created_at.ge(since))
        .select(diesel::dsl::min(payouts::version))
        .first(conn)
        .await?)
}

/// Writes a version, and notes on the claimant, who is locked, when it came.
///
/// # Errors
/// `Unique` if the version is there.
pub async fn insert(conn: &mut Conn, _scope: Scope, row: &PayoutRow) -> DbResult<()> {
    diesel::insert_into(payouts::table)
        .values(row)
        .execute(conn)
        .await?;
    diesel::update(claimants::table.find(row.claimant_id))
        .set(claimants::payout_at.eq(row.created_at))
        .execute(conn)
        .await?;
    Ok(())
}

/// Stops all versions from one on that were not stopped before; gives how many.
///
/// # Errors
/// As the database says.
pub async fn mark_stopped(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    from: i32,
    by: &str,
    now: DateTime<Utc>,
) -> DbResult<usize> {
    Ok(diesel::update(payouts::table)
        .filter(payouts::claimant_id.eq(claimant.uuid()))
        .filter(payouts::version.ge(from))
        .filter(payouts::stopped_at.is_null())
        .set((payouts::stopped_at.eq(now), payouts::stopped_by.eq(by)))
        .execute(conn)
        .await?)
}

/// Takes no more payout data of a claimant, who is locked, and notes when the ones that are left were
/// given; `None`: there are none.
///
/// # Errors
/// As the database says.
pub async fn mark_frozen(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    left: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> DbResult<()> {
    diesel::update(claimants::table.find(claimant.uuid()))
        .set((
            claimants::payout_frozen_at.eq(now),
            claimants::payout_at.eq(left),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes payout data of a claimant again.
///
/// # Errors
/// As the database says.
pub async fn mark_thawed(conn: &mut Conn, _scope: Scope, claimant: ClaimantId) -> DbResult<()> {
    diesel::update(claimants::table.find(claimant.uuid()))
        .set(claimants::payout_frozen_at.eq(None::<DateTime<Utc>>))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes that the mail about a version has left; a change that is held counts from `not_before` at the earliest.
///
/// # Errors
/// As the database says.
pub async fn mark_told(
    conn: &mut Conn,
    _scope: Scope,
    (claimant, version): (ClaimantId, i32),
    now: DateTime<Utc>,
    not_before: DateTime<Utc>,
) -> DbResult<()> {
    let told = diesel::update(payouts::table.find((claimant.uuid(), version)))
        .filter(payouts::told_at.is_null())
        .set((
            payouts::told_at.eq(now),
            payouts::waits_at.eq(None::<DateTime<Utc>>),
        ))
        .execute(conn)
        .await?;
    if told > 0 {
        diesel::update(payouts::table.find((claimant.uuid(), version)))
            .filter(payouts::effective_at.gt(payouts::created_at))
            .filter(payouts::effective_at.lt(not_before))
            .set(payouts::effective_at.eq(not_before))
            .execute(conn)
            .await?;
    }
    Ok(())
}

/// Notes that nobody could be told of the changes that do not count yet: they wait for staff. Gives how many
/// there are.
///
/// # Errors
/// As the database says.
pub async fn mark_untold(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    now: DateTime<Utc>,
) -> DbResult<usize> {
    let waiting = payouts::table
        .filter(payouts::claimant_id.eq(claimant.uuid()))
        .filter(payouts::stopped_at.is_null())
        .filter(payouts::released_at.is_null())
        .filter(payouts::effective_at.gt(payouts::created_at))
        .filter(payouts::effective_at.gt(now).or(payouts::told_at.is_null()));
    Ok(diesel::update(waiting)
        .set((
            payouts::told_at.eq(None::<DateTime<Utc>>),
            payouts::waits_at.eq(now),
        ))
        .execute(conn)
        .await?)
}

/// Releases a version that waits for staff; `false` if it was stopped or released before.
///
/// # Errors
/// As the database says.
pub async fn mark_released(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    version: i32,
    (at, by): (DateTime<Utc>, Uuid),
) -> DbResult<bool> {
    let row = payouts::table
        .find((claimant.uuid(), version))
        .filter(payouts::stopped_at.is_null())
        .filter(payouts::released_at.is_null());
    let released = diesel::update(row)
        .set((payouts::released_at.eq(at), payouts::released_by.eq(by)))
        .execute(conn)
        .await?;
    Ok(released == 1)
}

/// Notes when the account that is left was given; `None`: there is none.
///
/// # Errors
/// As the database says.
pub async fn mark_left(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    left: Option<DateTime<Utc>>,
) -> DbResult<()> {
    diesel::update(claimants::table.find(claimant.uuid()))
        .set(claimants::payout_at.eq(left))
        .execute(conn)
        .await?;
    Ok(())
}
