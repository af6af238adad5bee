//! The death of a claimant and its heirs, recorded by staff (R47).

use serde_json::json;

use crate::app::audit::{self, Actor, Entry};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::staff::StaffActor;
use crate::app::vault::Vault;
use crate::db::estate::{self as db, EstateRow};
use crate::db::{Scope, claimant, confirmation, outbox, session, signature};
use crate::domain::claimant::ClaimantState;
use crate::domain::estate::{Estate, EstateInput};
use crate::domain::ids::ClaimantId;
use crate::domain::outage::day_in_rome;
use crate::domain::permission::operation;

const SCOPE: Scope = Scope::System("mails to the dead");

/// Records a death, or corrects it and its heirs.
///
/// *effects*: a version of `estates`; no mail goes to the dead person any more, those that waited are
/// gone, sessions, links and codes end; where to pay counts no more; audit `record_death`.
///
/// # Errors
/// `Invalid` with each wrong field, at `/heirs` if the shares do not sum to the whole; `NotFound` out of
/// the own association; `IllegalTransition` for a record that has ended or is no person's.
pub async fn record(
    ctx: &Ctx,
    actor: &StaffActor,
    id: ClaimantId,
    input: &EstateInput,
) -> AppResult<Estate> {
    actor.require(&operation::RECORD_DEATH)?;
    let scope = actor.scope();
    let now = ctx.clock.now();
    let estate = Estate::parse(input, day_in_rome(now))?;
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::lock(&mut tx, scope, id).await?;
    let state = row.state()?;
    let has_ended = matches!(
        state,
        ClaimantState::Rejected | ClaimantState::Duplicate | ClaimantState::Restricted
    );
    if has_ended || row.moved_at.is_some() {
        return Err(AppError::IllegalTransition(state.as_str()));
    }
    let vault = Vault::open(ctx, &mut tx, scope, id).await?;
    let newest = db::find(&mut tx, scope, id).await?;
    let written = EstateRow {
        claimant_id: row.id,
        version: newest.map_or(1, |newest| newest.version + 1),
        association_id: row.association_id,
        sealed: vault.seal("estates", "sealed", &estate)?,
        recorded_by: actor.staff_id().uuid(),
        created_at: now,
    };
    db::insert(&mut tx, scope, &written).await?;
    confirmation::mark_voided(&mut tx, scope, id, now).await?;
    signature::void_requests(&mut tx, scope, id, now).await?;
    let by = Actor::Staff(actor.staff_id());
    let entry = Entry::new(id, row.association(), by, "record_death");
    let entry = entry.with(json!({ "heirs": estate.heirs().len() }));
    audit::append(ctx, &mut tx, scope, entry).await?;
    session::delete_of(&mut tx, scope, row.id).await?;
    tx.enter(SCOPE).await?;
    outbox::delete_of(&mut tx, SCOPE, id).await?;
    tx.commit().await?;
    Ok(estate)
}
