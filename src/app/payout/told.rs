//! Whether the owner was told of a change: the mail about it left, or is lost for good (R26). Of what nobody was
//! told the hold does not end by itself: staff confirm it over another channel.

use chrono::TimeDelta;

use crate::app::ctx::Ctx;
use crate::app::error::AppResult;
use crate::db::outbox::OutboxRow;
use crate::db::payout as db;
use crate::db::{Conn, Scope};
use crate::domain::ids::ClaimantId;
use crate::domain::payout::HOLD_HOURS;

/// How long a mail may take without the hold growing longer.
const ON_ITS_WAY: TimeDelta = TimeDelta::hours(1);

/// The mail about a version has left. If that took longer than [`ON_ITS_WAY`], the hold of a change runs from then: its
/// owner has the whole time to stop it.
///
/// # Errors
/// As the database says.
pub(in crate::app) async fn left(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    row: &OutboxRow,
) -> AppResult<()> {
    let version = row.payload.get("version");
    let version = version.and_then(serde_json::Value::as_i64);
    let Some(version) = version.and_then(|version| i32::try_from(version).ok()) else {
        return Ok(());
    };
    let now = ctx.clock.now();
    let not_before = now + TimeDelta::hours(HOLD_HOURS) - ON_ITS_WAY;
    let told = (ClaimantId::new(row.subject_id), version);
    Ok(db::mark_told(conn, scope, told, now, not_before).await?)
}

/// A mail about an account is lost: refused for good, too old, stopped by the list of addresses, or it came back.
/// What waits goes to the queue of the staff.
///
/// # Errors
/// As the database says.
pub(in crate::app) async fn lost(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
) -> AppResult<()> {
    let now = ctx.clock.now();
    if db::mark_untold(conn, scope, claimant, now).await? > 0 {
        metrics::counter!("joinder_payouts_untold_total").increment(1);
    }
    Ok(())
}
