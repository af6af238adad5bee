//! A request is answered, and what was granted is carried out (R61).
//!
//! Who has an e-mail is told first: the record is deleted once the answer has left, for with it goes the
//! address. Until then its data are only kept. Who has none is erased at once and gets a letter.

use serde_json::json;
use uuid::Uuid;

use super::{RightsRequest, effect, has_mail, mail, opened, vault_of};
use crate::app::audit::Actor;
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::leaving;
use crate::app::retention;
use crate::app::staff::StaffActor;
use crate::app::vault::Vault;
use crate::db::Tx;
use crate::db::claimant::ClaimantRow;
use crate::db::rights_request::{self as db, RightsRequestRow};
use crate::domain::claimant::ClaimantState;
use crate::domain::field::FieldErrors;
use crate::domain::ids::ClaimantId;
use crate::domain::permission::operation;
use crate::domain::reason::Reason;
use crate::domain::rights::{Effect, FAREWELL, Outcome, RightsDecision};

/// Records erased in one run: what is left waits for the next.
const BATCH: i64 = 200;

/// What staff answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What was decided.
    pub decision: RightsDecision,
    /// Why; goes to the claimant.
    pub reason: Reason,
    /// What staff confirmed that they know will happen.
    pub confirmed: Option<Effect>,
}

/// An answer about to be given, the record locked.
struct Given<'a> {
    actor: &'a StaffActor,
    row: RightsRequestRow,
    record: Option<ClaimantRow>,
    vault: Option<Vault>,
    effect: Effect,
    by_mail: bool,
}

/// Answers with a decision and its reason, which go to the claimant, and carries out what was granted:
/// erasure deletes what is not lodged and only keeps the rest (R61), restriction only keeps.
///
/// *effects*: audit `answer_rights_request`; an outbox row where there is an e-mail; `restrict`, or `erase`
/// with an entry of the log.
///
/// # Errors
/// `Forbidden`, `NotFound`; `IllegalTransition` once answered; `Invalid` at `/confirm` if what will happen
/// was not confirmed.
pub async fn answer(
    ctx: &Ctx,
    actor: &StaffActor,
    id: Uuid,
    answer: &Answer,
) -> AppResult<RightsRequest> {
    actor.require(&operation::ANSWER_RIGHTS_REQUEST)?;
    let (mut tx, mut given) = locked(ctx, actor, id, answer).await?;
    tx.enter(actor.scope()).await?;
    decide(ctx, &mut given, answer)?;
    if !db::mark_answered(&mut tx, actor.scope(), &given.row).await? {
        return Err(AppError::IllegalTransition("answered"));
    }
    let mut deed = actor.deed(given.row.subject_id, "answer_rights_request");
    deed.detail = json!({
        "request": given.row.id, "decision": answer.decision.as_str(),
        "outcome": &given.row.outcome,
    });
    deed.write(ctx, &mut tx, actor.scope()).await?;
    let gone = carry_out(ctx, &mut tx, &given).await?;
    if let Some(record) = given.record.as_ref().filter(|_| given.by_mail) {
        mail(ctx, &mut tx, record, given.row.id, "answered").await?;
    }
    tx.commit().await?;
    retention::note_erased(ctx, &gone).await;
    // the words went with the record
    let vault = given.vault.filter(|_| gone.is_empty());
    opened(ctx, vault.as_ref(), given.row)
}

/// The request and its record, locked with everybody whom its leaving would touch; the transaction is
/// under system rights.
async fn locked<'a>(
    ctx: &Ctx,
    actor: &'a StaffActor,
    id: Uuid,
    answer: &Answer,
) -> AppResult<(Tx, Given<'a>)> {
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let found = db::get(&mut tx, scope, actor.association_id(), id).await?;
    tx.commit().await?;
    let (mut tx, record) = leaving::lock(ctx, ClaimantId::new(found.subject_id)).await?;
    let record = record.filter(|record| record.association() == actor.association_id());
    // read again: it may have been answered while we waited
    let row = db::get(&mut tx, leaving::SCOPE, actor.association_id(), id).await?;
    if row.answered_at.is_some() {
        return Err(AppError::IllegalTransition("answered"));
    }
    let effect = effect(&row, answer.decision, record.as_ref())?;
    if let Err(error) = effect.check(answer.confirmed) {
        let mut errors = FieldErrors::new();
        errors.push("/confirm", error.code, error.reason);
        return Err(errors.into());
    }
    let vault = vault_of(ctx, &mut tx, leaving::SCOPE, &row).await?;
    let by_mail = match (&record, &vault) {
        (Some(record), Some(vault)) => has_mail(vault, record)?,
        _ => false,
    };
    let given = Given {
        actor,
        row,
        record,
        vault,
        effect,
        by_mail,
    };
    Ok((tx, given))
}

/// Writes decision, reason and outcome into the row.
fn decide(ctx: &Ctx, given: &mut Given<'_>, answer: &Answer) -> AppResult<()> {
    let now = ctx.clock.now();
    let outcome = match given.effect {
        Effect::Record => Outcome::Recorded,
        Effect::Restrict => Outcome::Restricted,
        Effect::Erase if given.by_mail => Outcome::Erasing,
        Effect::Erase => Outcome::Erased,
    };
    let row = &mut given.row;
    row.answered_at = Some(now);
    row.decision = Some(answer.decision.as_str().to_owned());
    row.outcome = Some(outcome.as_str().to_owned());
    row.erase_by = (outcome == Outcome::Erasing).then(|| now + FAREWELL);
    row.carried_out_at = (outcome != Outcome::Erasing).then_some(now);
    // whoever was erased meanwhile is answered in the register alone
    if let (Some(vault), Some(_)) = (&given.vault, &given.record) {
        let reason = answer.reason.as_str();
        row.answer_sealed = Some(vault.seal("rights_requests", "answer_sealed", &reason)?);
    }
    Ok(())
}

/// Does what the answer does; gives those who are gone.
async fn carry_out(ctx: &Ctx, tx: &mut Tx, given: &Given<'_>) -> AppResult<Vec<ClaimantId>> {
    let Some(record) = &given.record else {
        return Ok(Vec::new());
    };
    let by = Actor::Staff(given.actor.staff_id());
    let detail = json!({ "request": given.row.id });
    match given.effect {
        Effect::Record => Ok(Vec::new()),
        Effect::Erase if !given.by_mail => {
            tx.enter(leaving::SCOPE).await?;
            leaving::erase(ctx, tx, record, by, detail).await
        }
        Effect::Restrict | Effect::Erase => {
            tx.enter(leaving::SCOPE).await?;
            // what is about to be erased is not used any more
            let keeps = record.state()? == ClaimantState::Lodged;
            let detail = if keeps {
                json!({ "request": given.row.id, "reason": "lodged" })
            } else {
                detail
            };
            leaving::restrict(ctx, tx, record, by, detail).await?;
            Ok(Vec::new())
        }
    }
}

/// Erases the records whose erasure was granted, once the answer has left by mail or waited for 72 hours.
/// What was lodged meanwhile is only kept (R61). Gives the number of records. Safe to repeat and to run
/// twice at once.
///
/// *effects*: audit `erase`, an entry of the log, rows and documents gone.
///
/// # Errors
/// `Unavailable` if database or blob store cannot be reached; what was erased stays erased.
pub async fn erase_due(ctx: &Ctx) -> AppResult<usize> {
    let mut tx = ctx.pools.begin(leaving::SCOPE).await?;
    let due = db::list_erasing_due(&mut tx, leaving::SCOPE, ctx.clock.now(), BATCH).await?;
    tx.commit().await?;
    let mut erased = 0;
    for row in due {
        erased += usize::from(erase_granted(ctx, &row).await?);
    }
    Ok(erased)
}

/// Erases the record of one request; `false` if somebody else did, or it was lodged meanwhile.
async fn erase_granted(ctx: &Ctx, row: &RightsRequestRow) -> AppResult<bool> {
    let claimant = ClaimantId::new(row.subject_id);
    let now = ctx.clock.now();
    let (mut tx, record) = leaving::lock(ctx, claimant).await?;
    let detail = json!({ "request": row.id });
    let mut gone = Vec::new();
    let outcome = match &record {
        None => Outcome::Erased,
        Some(record) if record.state()? == ClaimantState::Lodged => {
            leaving::restrict(ctx, &mut tx, record, Actor::System, detail).await?;
            Outcome::Restricted
        }
        Some(record) => {
            gone = leaving::erase(ctx, &mut tx, record, Actor::System, detail).await?;
            Outcome::Erased
        }
    };
    db::mark_carried_out(&mut tx, leaving::SCOPE, claimant, outcome.as_str(), now).await?;
    tx.commit().await?;
    retention::note_erased(ctx, &gone).await;
    Ok(!gone.is_empty())
}
