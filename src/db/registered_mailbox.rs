//! Who holds a mailbox in an incident (R30): uniqueness by primary key.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::{claimants, conflicts, registered_mailboxes};
use crate::db::scope::Scope;
use crate::domain::ids::ClaimantId;

/// Takes a key. `None`: taken; else who holds it (possibly the claimant).
///
/// # Errors
/// As the database says.
pub async fn register(
    conn: &mut Conn,
    _scope: Scope,
    key: Uuid,
    claimant: ClaimantId,
    association: Uuid,
    now: DateTime<Utc>,
) -> DbResult<Option<ClaimantId>> {
    let inserted = diesel::insert_into(registered_mailboxes::table)
        .values((
            registered_mailboxes::id.eq(key),
            registered_mailboxes::claimant_id.eq(claimant.uuid()),
            registered_mailboxes::association_id.eq(association),
            registered_mailboxes::registered_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    if inserted == 1 {
        return Ok(None);
    }
    let holder: Option<Uuid> = registered_mailboxes::table
        .find(key)
        .select(registered_mailboxes::claimant_id)
        .first(conn)
        .await
        .optional()?;
    Ok(holder.map(ClaimantId::new))
}

/// Who holds any of the keys.
///
/// # Errors
/// As the database says.
pub async fn list_holders(
    conn: &mut Conn,
    _scope: Scope,
    keys: &[Uuid],
) -> DbResult<Vec<ClaimantId>> {
    let ids: Vec<Uuid> = registered_mailboxes::table
        .filter(registered_mailboxes::id.eq_any(keys))
        .select(registered_mailboxes::claimant_id)
        .load(conn)
        .await?;
    Ok(ids.into_iter().map(ClaimantId::new).collect())
}

/// Who holds a key.
///
/// # Errors
/// As the database says.
pub async fn find_holder(
    conn: &mut Conn,
    _scope: Scope,
    key: Uuid,
) -> DbResult<Option<ClaimantId>> {
    let holder: Option<Uuid> = registered_mailboxes::table
        .find(key)
        .select(registered_mailboxes::claimant_id)
        .first(conn)
        .await
        .optional()?;
    Ok(holder.map(ClaimantId::new))
}

/// Who waits for any of the keys, in no order.
///
/// # Errors
/// As the database says.
pub async fn list_waiting(
    conn: &mut Conn,
    _scope: Scope,
    keys: &[Uuid],
) -> DbResult<Vec<ClaimantId>> {
    let ids: Vec<Uuid> = conflicts::table
        .filter(conflicts::registered_id.eq_any(keys))
        .filter(conflicts::settled_at.is_null())
        .select(conflicts::claimant_id)
        .load(conn)
        .await?;
    Ok(ids.into_iter().map(ClaimantId::new).collect())
}

/// Keys that a claimant holds, in order.
///
/// # Errors
/// As the database says.
pub async fn list_held(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
) -> DbResult<Vec<Uuid>> {
    Ok(registered_mailboxes::table
        .filter(registered_mailboxes::claimant_id.eq(claimant.uuid()))
        .order(registered_mailboxes::id)
        .select(registered_mailboxes::id)
        .load(conn)
        .await?)
}

/// Frees a key.
///
/// # Errors
/// As the database says.
pub async fn release(conn: &mut Conn, _scope: Scope, key: Uuid) -> DbResult<usize> {
    Ok(diesel::delete(registered_mailboxes::table.find(key))
        .execute(conn)
        .await?)
}

/// Of these claimants those who are on neither side of an open conflict lose the review `conflict`; one over a
/// mailbox that is decided blocks only the side that waits.
///
/// # Errors
/// As the database says.
pub async fn clear_reviews(
    conn: &mut Conn,
    _scope: Scope,
    claimants_settled: &[ClaimantId],
) -> DbResult<usize> {
    let ids: Vec<Uuid> = claimants_settled.iter().map(|id| id.uuid()).collect();
    let open = conflicts::table.filter(conflicts::settled_at.is_null());
    let busy: Vec<(Uuid, Uuid, bool)> = open
        .filter(
            conflicts::claimant_id
                .eq_any(&ids)
                .or(conflicts::other_claimant_id
                    .eq_any(&ids)
                    .and(conflicts::kind.eq("mailbox"))
                    .and(conflicts::proven_at.is_null())),
        )
        .select((
            conflicts::claimant_id,
            conflicts::other_claimant_id,
            conflicts::proven_at.is_not_null(),
        ))
        .load(conn)
        .await?;
    let is_busy = |id: &Uuid| {
        let mut sides = busy.iter();
        sides.any(|(waits, holds, decided)| waits == id || (holds == id && !decided))
    };
    let free: Vec<Uuid> = ids.into_iter().filter(|id| !is_busy(id)).collect();
    Ok(diesel::update(
        claimants::table
            .filter(claimants::id.eq_any(free))
            .filter(claimants::review.eq("conflict")),
    )
    .set(claimants::review.eq("none"))
    .execute(conn)
    .await?)
}
