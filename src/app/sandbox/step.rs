//! Moving a test person on, as if the person had: by the graph of states that everybody moves by (R53).

use serde_json::json;

use super::SCOPE;
use crate::app::audit::{self, Actor, Entry};
use crate::app::clash;
use crate::app::confirmation;
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::leaving;
use crate::app::partner::PartnerActor;
use crate::app::partner::submission::{self, Submission};
use crate::db::claimant::{self, ClaimantRow};
use crate::db::{Tx, confirmation as confirmations, outbox, sandbox as db};
use crate::domain::claimant::ClaimantState;
use crate::domain::ids::ClaimantId;
use crate::domain::partner::SubmissionState;
use crate::domain::sandbox::Step;

/// Moves a test person of the partner. Whoever is told to be there already stays as is.
///
/// *effects*: what the person's own act writes, but for what it would prove: a signature has no declaration, no
/// document and no entry of a log, and no mail follows; audit `sandbox_moved`.
///
/// # Errors
/// `Key` for a live key; `NotFound` for whom its test keys did not send; `IllegalTransition` where the graph has no
/// such move.
pub async fn move_to(
    ctx: &Ctx,
    actor: &PartnerActor,
    id: ClaimantId,
    step: Step,
) -> AppResult<Submission> {
    actor.require_test()?;
    let known = submission::find(ctx, actor, id).await?;
    if known.state.as_str() == step.as_str() {
        return Ok(known);
    }
    match step {
        Step::Confirmed => confirm(ctx, actor, id).await?,
        Step::Signed => sign(ctx, actor, id).await?,
        Step::Withdrawn => withdraw(ctx, actor, id).await?,
    }
    submission::find(ctx, actor, id).await
}

/// As by the link of the mail, which opens nothing after that.
async fn confirm(ctx: &Ctx, actor: &PartnerActor, id: ClaimantId) -> AppResult<()> {
    let mut tx = ctx.pools.begin(confirmation::FINDING).await?;
    let found = claimant::find(&mut tx, confirmation::FINDING, id).await?;
    let found = found.ok_or(AppError::NotFound)?;
    let row = confirmation::lock_with_holder(ctx, &mut tx, &found).await?;
    let Some(moved) = Moved::by(&row, Step::Confirmed)? else {
        return Ok(());
    };
    let (scope, now) = (actor.scope(), ctx.clock.now());
    tx.enter(scope).await?;
    confirmations::mark_voided(&mut tx, scope, id, now).await?;
    claimant::mark_confirmed(&mut tx, scope, id, now).await?;
    moved.tell(ctx, &mut tx, actor, &row).await?;
    confirmation::settle_confirmed(ctx, &mut tx, &row).await?;
    Ok(tx.commit().await?)
}

async fn sign(ctx: &Ctx, actor: &PartnerActor, id: ClaimantId) -> AppResult<()> {
    let (scope, now) = (actor.scope(), ctx.clock.now());
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::lock(&mut tx, scope, id).await?;
    let Some(moved) = Moved::by(&row, Step::Signed)? else {
        return Ok(());
    };
    claimant::mark_state(&mut tx, scope, id, moved.after, now).await?;
    db::mark_signed_at(&mut tx, scope, id, now).await?;
    moved.tell(ctx, &mut tx, actor, &row).await?;
    Ok(tx.commit().await?)
}

/// What the person held goes to the oldest in conflict, as ever.
async fn withdraw(ctx: &Ctx, actor: &PartnerActor, id: ClaimantId) -> AppResult<()> {
    let (mut tx, row) = leaving::lock(ctx, id).await?;
    let row = row.ok_or(AppError::NotFound)?;
    let Some(moved) = Moved::by(&row, Step::Withdrawn)? else {
        return Ok(());
    };
    let (scope, now) = (actor.scope(), ctx.clock.now());
    clash::free(ctx, &mut tx, id).await?;
    outbox::delete_of(&mut tx, SCOPE, id).await?;
    tx.enter(scope).await?;
    claimant::mark_state(&mut tx, scope, id, moved.after, now).await?;
    confirmations::mark_voided(&mut tx, scope, id, now).await?;
    moved.tell(ctx, &mut tx, actor, &row).await?;
    Ok(tx.commit().await?)
}

/// Why there is no such move: where the test person is, so that its partner learns where it may go.
const fn refused(before: ClaimantState, told: SubmissionState) -> &'static str {
    match (before, told) {
        // it reads as confirmed, as everywhere; of people who were all invented here the reason may be told
        (ClaimantState::Duplicate, _) => "sandbox-second-record",
        (_, SubmissionState::Received) => "sandbox-received",
        (_, SubmissionState::Confirmed) => "sandbox-confirmed",
        (_, SubmissionState::Signed) => "sandbox-signed",
        (_, SubmissionState::Withdrawn) => "sandbox-withdrawn",
    }
}

/// A move that the graph has.
struct Moved {
    before: ClaimantState,
    after: ClaimantState,
}

impl Moved {
    /// From where a locked record is now; none where another request moved it there meanwhile.
    fn by(row: &ClaimantRow, step: Step) -> AppResult<Option<Self>> {
        let before = row.state()?;
        let told = SubmissionState::of(before, row.confirmed_at.is_some(), row.signed_at.is_some());
        if told.as_str() == step.as_str() {
            return Ok(None);
        }
        match before.move_to(step.state()) {
            Ok(after) => Ok(Some(Self { before, after })),
            Err(_) => Err(AppError::IllegalTransition(refused(before, told))),
        }
    }

    async fn tell(
        &self,
        ctx: &Ctx,
        tx: &mut Tx,
        actor: &PartnerActor,
        row: &ClaimantRow,
    ) -> AppResult<()> {
        let by = Actor::Partner(actor.key());
        let entry = Entry::new(row.claimant(), row.association(), by, "sandbox_moved");
        let entry = entry
            .moved(self.before, self.after)
            .with(json!({ "partner": actor.partner() }));
        audit::append(ctx, tx, actor.scope(), entry).await
    }
}
