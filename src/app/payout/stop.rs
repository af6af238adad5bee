//! "It wasn't me": the reader of a mail about an account stops it, and staff hear of it (R26).
//!
//! The link proves control of the contact, as the code of a change does. It takes the account out, whether it
//! counts already or not, and no other is taken until staff have spoken with the owner: whoever gave it had the
//! session, and perhaps a code that was talked out of the owner.

use chrono::Duration;
use serde_json::json;
use uuid::Uuid;

use crate::app::audit::{self, Actor, Entry};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::staff::StaffActor;
use crate::app::stop_link::{STOP_DAYS, Standing, StopLink};
use crate::crypto::challenge::{ChallengePurpose, parse_token, verify};
use crate::db::claimant::{self, ClaimantRow};
use crate::db::payout::{self as db, PayoutRow};
use crate::db::{Conn, Scope, session as sessions};
use crate::domain::audit::action;
use crate::domain::ids::ClaimantId;
use crate::domain::permission::operation;
use crate::domain::reason::Reason;

const SCOPE: Scope = Scope::System("an account stopped by link, before the tenant is known");

/// Versions looked at, newest first: all that can arise while a link works, so that newer ones hide none.
const VERSIONS_SEEN: usize = 620;

/// What stands for a version where tokens are made.
pub(in crate::app) fn challenge_of(version: i32) -> Uuid {
    Uuid::from_u128(u128::from(version.unsigned_abs()))
}

/// What a link can do. Changes nothing: scanners follow links.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn peek(ctx: &Ctx, token: &str) -> AppResult<StopLink> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let found = find(ctx, &mut tx, token).await?;
    tx.commit().await?;
    Ok(found.map_or(StopLink::UNKNOWN, |found| StopLink {
        standing: found.standing,
        record: Some((found.row.association(), found.row.case())),
    }))
}

/// Stops an account that the reader did not give. The one before it counts, if it does not yet count again.
///
/// *effects*: the version and any newer one stopped, `claimants.payout_frozen_at`, every session of the record
/// ended, audit `stop_payout`.
///
/// # Errors
/// `TokenExpired` if the link can do nothing more; stopping twice is fine.
pub async fn stop(ctx: &Ctx, token: &str) -> AppResult<()> {
    let (claimant, _) = parse_token(token).ok_or(AppError::TokenExpired)?;
    let id = ClaimantId::new(claimant);
    let mut tx = ctx.pools.begin(SCOPE).await?;
    claimant::lock_in_order(&mut tx, SCOPE, &[id]).await?;
    let found = find(ctx, &mut tx, token).await?;
    let found = found.ok_or(AppError::TokenExpired)?;
    match found.standing {
        Standing::Stopped => return Ok(()),
        Standing::Late | Standing::Unknown => return Err(AppError::TokenExpired),
        Standing::Open => {}
    }
    let now = ctx.clock.now();
    let version = found.payout.version;
    db::mark_stopped(&mut tx, SCOPE, id, version, "owner", now).await?;
    freeze(ctx, &mut tx, SCOPE, id).await?;
    sessions::delete_of(&mut tx, SCOPE, id.uuid()).await?;
    let entry = Entry::new(id, found.row.association(), Actor::Public, "stop_payout");
    let entry = entry.with(json!({ "version": version }));
    audit::append(ctx, &mut tx, SCOPE, entry).await?;
    tx.commit().await?;
    metrics::counter!("joinder_payouts_stopped_total").increment(1);
    Ok(())
}

/// Takes no more accounts of a claimant, who is locked; what is left counts as before.
///
/// *effects*: `claimants.payout_frozen_at`.
///
/// # Errors
/// As the database says.
pub(in crate::app) async fn freeze(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    id: ClaimantId,
) -> AppResult<()> {
    let now = ctx.clock.now();
    let left = db::find(conn, scope, id, now).await?;
    let left = left.in_force.or(left.pending).map(|row| row.created_at);
    Ok(db::mark_frozen(conn, scope, id, left, now).await?)
}

/// Staff spoke with the owner: accounts are taken again.
///
/// *effects*: `claimants.payout_frozen_at` emptied; audit `end_payout_freeze` with who, when and why.
///
/// # Errors
/// `Forbidden`; `NotFound` out of the own association; `IllegalTransition` if nothing is frozen.
pub async fn end_freeze(
    ctx: &Ctx,
    actor: &StaffActor,
    id: ClaimantId,
    reason: &Reason,
) -> AppResult<()> {
    actor.require(&operation::END_PAYOUT_FREEZE)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::lock(&mut tx, scope, id).await?;
    if row.payout_frozen_at.is_none() {
        return Err(AppError::IllegalTransition("not_frozen"));
    }
    db::mark_thawed(&mut tx, scope, id).await?;
    let by = Actor::Staff(actor.staff_id());
    let entry = Entry::new(id, row.association(), by, action::END_PAYOUT_FREEZE);
    audit::append_with_note(ctx, &mut tx, scope, entry, Some(reason.as_str())).await?;
    Ok(tx.commit().await?)
}

/// Whether a version still stands: it counts, or waits to.
async fn is_open(ctx: &Ctx, conn: &mut Conn, scope: Scope, payout: &PayoutRow) -> AppResult<bool> {
    let id = ClaimantId::new(payout.claimant_id);
    let live = db::find(conn, scope, id, ctx.clock.now()).await?;
    let live = [live.in_force, live.pending];
    let mut live = live.iter().flatten();
    Ok(live.any(|row| row.version == payout.version))
}

/// The record and the version of a link.
struct Found {
    row: ClaimantRow,
    payout: PayoutRow,
    standing: Standing,
}

async fn find(ctx: &Ctx, conn: &mut Conn, token: &str) -> AppResult<Option<Found>> {
    let Some((claimant, given)) = parse_token(token) else {
        return Ok(None);
    };
    let id = ClaimantId::new(claimant);
    let Some(row) = claimant::find(conn, SCOPE, id).await? else {
        return Ok(None);
    };
    let newest = db::newest_version(conn, SCOPE, id).await?;
    let keys = &ctx.keyring.challenges;
    let fits = |version: &i32| {
        let own = keys.proof(
            ChallengePurpose::StopPayout,
            claimant,
            challenge_of(*version),
        );
        verify(&given, &own)
    };
    let mut versions = (1..=newest).rev().take(VERSIONS_SEEN);
    let Some(version) = versions.find(fits) else {
        return Ok(None);
    };
    let Some(payout) = db::find_version(conn, SCOPE, id, version).await? else {
        return Ok(None);
    };
    let is_young = payout.created_at + Duration::days(STOP_DAYS) > ctx.clock.now();
    let standing = match payout.stopped_by.as_deref() {
        Some("owner") => Standing::Stopped,
        None if is_young && is_open(ctx, conn, SCOPE, &payout).await? => Standing::Open,
        _ => Standing::Late,
    };
    Ok(Some(Found {
        row,
        payout,
        standing,
    }))
}
