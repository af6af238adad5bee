//! A public case that nobody relies on yet is taken back: nobody sees it until a version of it goes in force again.

use serde_json::json;

use super::known::Known;
use super::publish::{SCOPE, is_relied_on};
use super::{Desk, Stage, stage};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::staff::StaffActor;
use crate::db::case_desk as db;
use crate::db::{DbError, case};
use crate::domain::audit::action;
use crate::domain::case::CaseState;
use crate::domain::ids::CaseId;
use crate::domain::permission::operation;
use crate::domain::reason::Reason;

/// Takes a case back on which nobody signed up yet, and which nobody follows: its page is as one that never was,
/// on every node within seconds. One person does it: it shows nobody anything. Title and respondent's name may be
/// put right then, and two people put it in force again.
///
/// *effects*: the state of the case; audit `withdraw_case` with the reason, `set_case_state`.
///
/// # Errors
/// `Forbidden`; `NotFound` for a case that another association leads, or that was never public; `IllegalTransition`
/// for one that somebody signed up for or follows, that waits for a second person, or was taken back.
pub async fn withdraw(
    ctx: &Ctx,
    actor: &StaffActor,
    id: CaseId,
    reason: &Reason,
) -> AppResult<Desk> {
    actor.require(&operation::WITHDRAW_CASE)?;
    actor.require_case(id)?;
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let tables = case::list_public(&mut tx, SCOPE).await?;
    let known = Known::of(actor.association_id(), &tables)?;
    if known.led(id).is_none() {
        return Err(AppError::NotFound);
    }
    let key = (actor.association_id(), id);
    let newest = db::list_versions(&mut tx, SCOPE, key, 1).await?;
    if newest.first().map(stage) == Some(Stage::Proposed) {
        return Err(AppError::IllegalTransition("case_proposed"));
    }
    let draft = CaseState::Draft.as_str();
    let now = ctx.clock.now();
    let before = case::mark_state(&mut tx, SCOPE, id, draft, now).await?;
    let before = CaseState::parse(&before).ok_or(DbError::Corrupt("cases.state"))?;
    if !before.is_public() {
        return Err(AppError::IllegalTransition("case_withdrawn"));
    }
    if is_relied_on(&mut tx, id, &tables).await? {
        return Err(AppError::IllegalTransition("case_relied_on"));
    }
    let mut deed = actor.deed(id.uuid(), "withdraw_case");
    deed.detail = json!({ "state": before.as_str() });
    deed.note = Some(reason.as_str().as_bytes());
    deed.write(ctx, &mut tx, SCOPE).await?;
    let mut deed = actor.deed(id.uuid(), action::SET_CASE_STATE);
    deed.change = Some((before.as_str(), draft));
    deed.write(ctx, &mut tx, SCOPE).await?;
    tx.commit().await?;
    ctx.directories.forget();
    super::get(ctx, actor, id).await
}
