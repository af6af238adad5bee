//! Staff look at what is flagged in a declaration, and find it in order (DOMAIN 8.3): a mailbox not restored yet, a
//! period outside the accepted range, another claim for the same damage. The flags stay, the queues end; another
//! version needs another look.

use serde_json::json;

use crate::app::audit::{self, Actor, Entry};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::staff::StaffActor;
use crate::db::{claimant, declaration};
use crate::domain::audit::action;
use crate::domain::declaration::DeclarationFlag;
use crate::domain::ids::ClaimantId;
use crate::domain::permission::operation;
use crate::domain::reason::Reason;

/// What was looked at.
#[derive(Clone, Debug)]
pub struct Looked {
    /// Number of the version.
    pub version: i32,
    /// Which of its flags; none: all that wait.
    pub flags: Option<Vec<DeclarationFlag>>,
    /// Why they are in order.
    pub reason: Reason,
}

/// Notes that flags of the newest declaration are in order all the same; gives which.
///
/// *effects*: `declarations.checked`, `checked_at` and `checked_by` of the version; audit `check_declared` with who,
/// when, which flags and why.
///
/// # Errors
/// `Forbidden`; `NotFound` out of the own association; `IllegalTransition` if one of the flags does not wait for a
/// look, another version came meanwhile, or the record is over.
pub async fn check(
    ctx: &Ctx,
    actor: &StaffActor,
    id: ClaimantId,
    looked: &Looked,
) -> AppResult<Vec<DeclarationFlag>> {
    actor.require(&operation::CHECK_DECLARED)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::lock(&mut tx, scope, id).await?;
    let state = row.state()?;
    if state.is_over() || row.restricted_at.is_some() {
        return Err(AppError::IllegalTransition(state.as_str()));
    }
    let newest = match row.declared_version {
        Some(newest) => declaration::find(&mut tx, scope, id, newest).await?,
        None => None,
    };
    let declared = newest.ok_or(AppError::IllegalTransition("declared_checked"))?;
    if declared.version != looked.version {
        return Err(AppError::IllegalTransition("declared_changed"));
    }
    let waiting = DeclarationFlag::unchecked(&declared.flags, &declared.checked);
    let found = looked.flags.clone().unwrap_or_else(|| waiting.clone());
    if found.is_empty() || found.iter().any(|flag| !waiting.contains(flag)) {
        return Err(AppError::IllegalTransition("declared_checked"));
    }
    let words: Vec<&str> = found.iter().map(|flag| flag.as_str()).collect();
    let mut checked = declared.checked;
    checked.extend(words.iter().map(|word| (*word).to_owned()));
    let by = actor.staff_id();
    let who = (by.uuid(), ctx.clock.now());
    declaration::mark_checked(&mut tx, scope, (id, looked.version), &checked, who).await?;
    let entry = Entry::new(
        id,
        row.association(),
        Actor::Staff(by),
        action::CHECK_DECLARED,
    );
    let entry = entry.with(json!({ "version": looked.version, "flags": words }));
    audit::append_with_note(ctx, &mut tx, scope, entry, Some(looked.reason.as_str())).await?;
    tx.commit().await?;
    Ok(found)
}
