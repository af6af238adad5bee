//! Payout data, letter i): at any time, outside the signed bytes (DESIGN 3.7, R25).

use serde_json::json;

use crate::app::audit::{self, Actor, Entry};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::representation;
use crate::app::session::{self, ClaimantActor};
use crate::app::vault::Vault;
use crate::db::claimant;
use crate::db::payout::{self as db, PayoutRow};
use crate::domain::claimant::ClaimantState;
use crate::domain::payout::{Payout, PayoutInput};
use crate::domain::version_limit::{self, PAYOUTS_A_DAY};

/// Gives or changes where to pay; gives the masked IBAN.
///
/// *effects*: a version of `payouts`, audit `give_payout`.
///
/// # Errors
/// `Invalid` at `/iban`, `/holder`; `IllegalTransition` before the contact is confirmed and after the
/// record has ended, to a delegate (R48) and for the dead (R47); `RateLimited` over [`PAYOUTS_A_DAY`].
pub async fn put(ctx: &Ctx, actor: &ClaimantActor, input: &PayoutInput) -> AppResult<Payout> {
    let payout = Payout::parse(input)?;
    let scope = actor.scope();
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::lock(&mut tx, scope, actor.claimant()).await?;
    may_give(row.state()?)?;
    representation::require_own_hand(ctx, &mut tx, scope, &row).await?;
    let vault = Vault::open(ctx, &mut tx, scope, actor.claimant()).await?;
    let before = db::find(&mut tx, scope, actor.claimant()).await?;
    let newest = before.map_or(0, |payout| payout.version);
    if let Some(deciding) = version_limit::deciding_version(newest, PAYOUTS_A_DAY)
        && let Some(at) = db::find_time(&mut tx, scope, actor.claimant(), deciding).await?
        && let Some(wait) = version_limit::wait(at, now)
    {
        return Err(AppError::RateLimited(wait));
    }
    let version = newest + 1;
    let written = PayoutRow {
        claimant_id: row.id,
        version,
        association_id: row.association_id,
        sealed: vault.seal("payouts", "sealed", &payout)?,
        created_at: now,
    };
    db::insert(&mut tx, scope, &written).await?;
    let by = Actor::Claimant(actor.claimant());
    let entry = Entry::new(actor.claimant(), actor.association(), by, "give_payout");
    let entry = entry.with(json!({ "version": version }));
    audit::append(ctx, &mut tx, scope, entry).await?;
    session::keep(ctx, &mut tx, actor).await?;
    tx.commit().await?;
    Ok(payout)
}

/// States in which the owner may say where to pay.
///
/// # Errors
/// `IllegalTransition` in the others.
pub fn may_give(state: ClaimantState) -> AppResult<()> {
    match state {
        ClaimantState::Confirmed
        | ClaimantState::Signed
        | ClaimantState::ResignRequired
        | ClaimantState::Lodged => Ok(()),
        other => Err(AppError::IllegalTransition(other.as_str())),
    }
}
