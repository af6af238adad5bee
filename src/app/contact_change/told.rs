//! Whether the reader of the former address was told: the notice left, or is lost for good. Until 72 hours later no
//! account is taken; where nobody could be told, staff speak with the owner first (R26).

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use super::hold_time;
use crate::app::audit::{self, Actor, Entry};
use crate::app::ctx::Ctx;
use crate::app::error::AppResult;
use crate::app::payout;
use crate::db::contact_change::{self as db, ContactChangeRow};
use crate::db::outbox::OutboxRow;
use crate::db::{Conn, Scope, claimant};
use crate::domain::ids::ClaimantId;

/// From when an account is taken, UTC, if that is later than now.
///
/// # Errors
/// As the database says.
pub(in crate::app) async fn hold(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
) -> AppResult<Option<DateTime<Utc>>> {
    let now = ctx.clock.now();
    let changes = db::list(conn, scope, claimant).await?;
    let counted = changes
        .iter()
        .filter(|change| change.done_at.is_some() && change.stopped_at.is_none());
    let from = counted.map(|change| change.told_at.unwrap_or(now) + hold_time());
    Ok(from.max().filter(|from| *from > now))
}

/// The notice of a change has left.
///
/// # Errors
/// As the database says.
pub(in crate::app) async fn left(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    row: &OutboxRow,
) -> AppResult<()> {
    let Some(change) = super::change_of(row) else {
        return Ok(());
    };
    let claimant = ClaimantId::new(row.subject_id);
    let now = ctx.clock.now();
    Ok(db::mark_told(conn, scope, claimant, change, now).await?)
}

/// The notice of a change is lost: refused for good, too old, stopped by the list of addresses, or it came back. The
/// account goes to the queue of the staff.
///
/// *effects*: `contact_changes.lost_at`; `claimants.payout_frozen_at`, audit `freeze_payout`, unless it was frozen
/// before.
///
/// # Errors
/// As the database says.
pub(in crate::app) async fn lost(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    id: ClaimantId,
    change: Uuid,
) -> AppResult<()> {
    let now = ctx.clock.now();
    let found = db::find(conn, scope, id, change).await?;
    let counts = |change: &ContactChangeRow| {
        change.done_at.is_some() && change.stopped_at.is_none() && change.lost_at.is_none()
    };
    let (Some(change), Some(row)) = (found.filter(counts), claimant::find(conn, scope, id).await?)
    else {
        return Ok(());
    };
    db::mark_lost(conn, scope, id, change.id, now).await?;
    if row.payout_frozen_at.is_some() {
        return Ok(());
    }
    payout::freeze(ctx, conn, scope, id).await?;
    let entry = Entry::new(id, row.association(), Actor::System, "freeze_payout");
    let entry = entry.with(json!({ "change": change.id }));
    audit::append(ctx, conn, scope, entry).await?;
    metrics::counter!("joinder_contact_notices_lost_total").increment(1);
    Ok(())
}
