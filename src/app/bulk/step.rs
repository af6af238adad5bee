//! Starting, deciding, stopping and taking back a bulk action.

use chrono::{DateTime, Duration, Utc};
use serde_json::json;
use uuid::Uuid;

use super::{BulkStatus, act_of, alone, brief, of, state_of};
use crate::app::approval;
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::staff::StaffActor;
use crate::db::Scope;
use crate::db::bulk::{self as db, BulkRow, Stepped};
use crate::domain::approval::ApprovalKind;
use crate::domain::bulk::{BulkAct, BulkKind, BulkState, BulkStep, DECISION_DAYS, MESSAGE_DAYS};
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::ids::CaseId;
use crate::domain::outage::day_in_rome;
use crate::domain::permission::operation;
use crate::domain::reason::Reason;

/// Rights under which sets that nobody started are given up.
const SCOPE: Scope = Scope::System("bulk actions nobody decided about");
/// Records of sets that are forgotten in one run.
const AT_ONCE: i64 = 20_000;

/// What somebody wants of a bulk action.
#[derive(Clone, Debug)]
pub struct Step {
    /// What.
    pub step: BulkStep,
    /// With `start`: how many records will be acted on, as was seen.
    pub records: Option<i32>,
    /// With `refuse`: why.
    pub note: Option<String>,
}

/// Takes a step. Messages, and acts on more than 50 records, wait for another person than who looked at the
/// set.
///
/// *effects*: audit `bulk_started`, `bulk_approved`, `bulk_refused`, `bulk_paused`, `bulk_resumed`,
/// `bulk_cancelled` or `bulk_undone`; mails to who may decide.
///
/// # Errors
/// `Forbidden`; `NotFound` for one of others; `Invalid` at `/records` if it is not the number that will be acted
/// on, at `/note`; `SecondPerson` to who looked at the set; `IllegalTransition` if the state does not allow it.
pub async fn step(ctx: &Ctx, actor: &StaffActor, id: Uuid, wanted: &Step) -> AppResult<BulkStatus> {
    actor.require(&operation::STEP_BULK)?;
    let scope = actor.scope();
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(scope).await?;
    let me = actor.staff_id().uuid();
    if wanted.step == BulkStep::Start {
        // two starts of one person at once count each other
        db::lock_startable(&mut tx, scope, (actor.association_id(), me)).await?;
    }
    let row = db::lock(&mut tx, scope, id).await?;
    let row = row.filter(|row| row.association_id == actor.association_id().uuid());
    let row = row.ok_or(AppError::NotFound)?;
    let act = act_of(ctx, &row).await?;
    let (kind, before) = (act.kind(), state_of(&row)?);
    let alone = of(&alone(ctx, &mut tx, actor).await?, &row);
    let second = takes_second(&row, (kind, wanted.step), alone);
    let after = wanted.step.from(before, kind, second);
    let after = after.map(|after| whole(&row, before, after));
    let after = after.ok_or(AppError::IllegalTransition("bulk"))?;
    if !is_for(wanted.step, asked_by(&row, before) == me) {
        return Err(AppError::SecondPerson);
    }
    if is_late(&row, &act, before, now) {
        return Err(AppError::IllegalTransition("bulk_expired"));
    }
    let note = checked(&row, wanted)?;
    let stepped = Stepped {
        from: before.as_str(),
        to: after.as_str(),
        at: now,
        expires_at: after
            .waits_for_second()
            .then(|| now + Duration::days(DECISION_DAYS)),
        decided: (wanted.step.is_decision() && before == BulkState::AwaitingApproval)
            .then(|| (me, note.as_ref().map(Reason::as_str))),
        undo_by: (wanted.step == BulkStep::Undo).then_some(me),
        undo_decided_by: (wanted.step.is_decision() && before == BulkState::AwaitingUndo)
            .then_some(me),
        is_over: matches!(after, BulkState::Cancelled | BulkState::Done),
        begins_anew: after == BulkState::Undoing,
    };
    let place = (actor.association_id(), id);
    if !db::mark_stepped(&mut tx, scope, place, &stepped).await? {
        return Err(AppError::IllegalTransition("bulk"));
    }
    let mut deed = actor.deed(id, verb(wanted.step));
    deed.detail = json!({
        "kind": row.kind, "from": before.as_str(), "to": after.as_str(), "records": left(&row),
    });
    deed.note = note.as_ref().map(|note| note.as_str().as_bytes());
    deed.write(ctx, &mut tx, scope).await?;
    if after.waits_for_second() {
        let case = CaseId::new(row.case_id);
        let told = (actor.association_id(), case, ApprovalKind::Bulk);
        approval::tell(ctx, &mut tx, scope, told, Some(actor.staff_id())).await?;
    }
    let status = brief(ctx, &mut tx, actor, id).await?;
    tx.commit().await?;
    Ok(status)
}

/// Ends what nobody started or decided in time, and forgets who was in sets that were never acted on; gives how
/// many ended. Safe to repeat.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn expire_due(ctx: &Ctx) -> AppResult<usize> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let expired = db::expire(&mut tx, SCOPE, ctx.clock.now()).await?;
    db::delete_unacted(&mut tx, SCOPE, AT_ONCE).await?;
    tx.commit().await?;
    Ok(expired)
}

/// What an actor can do about a row now.
pub(super) fn possible(
    actor: &StaffActor,
    row: &BulkRow,
    (kind, state): (BulkKind, BulkState),
    alone: i32,
) -> Vec<BulkStep> {
    if !operation::STEP_BULK.allows(actor.role()) {
        return Vec::new();
    }
    let own = asked_by(row, state) == actor.staff_id().uuid();
    let steps = BulkStep::ALL.into_iter();
    steps
        .filter(|step| is_for(*step, own))
        .filter(|step| *step != BulkStep::Start || left(row) > 0)
        .filter(|step| {
            let second = takes_second(row, (kind, *step), alone);
            step.from(state, kind, second).is_some()
        })
        .collect()
}

/// Records that have not had their turn.
const fn left(row: &BulkRow) -> i32 {
    row.member_count - row.done_count - row.passed_count
}

/// Whether a step waits for a second person: beginning for how many records there are, with those of the day before,
/// taking back where beginning did and many were acted on.
const fn takes_second(row: &BulkRow, (kind, step): (BulkKind, BulkStep), alone: i32) -> bool {
    match step {
        BulkStep::Undo => row.decided_by.is_some() && kind.needs_second(row.done_count),
        BulkStep::Start
        | BulkStep::Approve
        | BulkStep::Refuse
        | BulkStep::Pause
        | BulkStep::Resume
        | BulkStep::Cancel => kind.needs_second(left(row).saturating_add(alone)),
    }
}

/// Whose wish a second person decides about.
fn asked_by(row: &BulkRow, state: BulkState) -> Uuid {
    match state {
        BulkState::AwaitingUndo => row.undo_by.unwrap_or(row.created_by),
        _ => row.created_by,
    }
}

/// What was called off before all had their turn is so again once taking back is refused.
const fn whole(row: &BulkRow, before: BulkState, after: BulkState) -> BulkState {
    match (before, after) {
        (BulkState::AwaitingUndo, BulkState::Done) if left(row) > 0 => BulkState::Cancelled,
        _ => after,
    }
}

/// Whether a step is for who looked at the set, or for another: else one could start what another looked at,
/// and approve it.
const fn is_for(step: BulkStep, own: bool) -> bool {
    match step {
        BulkStep::Start => own,
        BulkStep::Approve | BulkStep::Refuse => !own,
        BulkStep::Pause | BulkStep::Resume | BulkStep::Cancel | BulkStep::Undo => true,
    }
}

/// Whether the time of a step is over: nobody decided, the last day of letters has come, or the mails of a message
/// have long left.
fn is_late(row: &BulkRow, act: &BulkAct, state: BulkState, now: DateTime<Utc>) -> bool {
    match state {
        BulkState::Previewed | BulkState::AwaitingApproval => {
            row.expires_at <= now || is_over(act, now)
        }
        BulkState::AwaitingUndo => row.expires_at <= now,
        BulkState::Done => {
            let gone = |at: DateTime<Utc>| at + Duration::days(MESSAGE_DAYS) <= now;
            act.kind() == BulkKind::Message && row.finished_at.is_some_and(gone)
        }
        BulkState::Running
        | BulkState::Paused
        | BulkState::Cancelled
        | BulkState::Expired
        | BulkState::Undoing
        | BulkState::Undone => false,
    }
}

/// Whether the last day that an act asks for is over.
pub(super) fn is_over(act: &BulkAct, now: DateTime<Utc>) -> bool {
    match act {
        BulkAct::AskDeficiency { due_on, .. } => *due_on < day_in_rome(now),
        BulkAct::Message { .. }
        | BulkAct::EndQuarantine
        | BulkAct::Assign { .. }
        | BulkAct::Reject { .. } => false,
    }
}

/// Refuses a start without the exact number, and a refusal without its reason.
fn checked(row: &BulkRow, wanted: &Step) -> AppResult<Option<Reason>> {
    let mut errors = FieldErrors::new();
    let mut note = None;
    match wanted.step {
        BulkStep::Start if left(row) == 0 => {
            errors.push("/records", FieldCode::OutOfRange, "error-bulk-nobody");
        }
        BulkStep::Start if wanted.records != Some(left(row)) => {
            errors.push("/records", FieldCode::NotAccepted, "error-bulk-records");
        }
        BulkStep::Refuse => note = errors.take("/note", Reason::parse(wanted.note.as_deref())),
        BulkStep::Start
        | BulkStep::Approve
        | BulkStep::Pause
        | BulkStep::Resume
        | BulkStep::Cancel
        | BulkStep::Undo => {}
    }
    Ok(errors.into_result(note)?)
}

const fn verb(step: BulkStep) -> &'static str {
    match step {
        BulkStep::Start => "bulk_started",
        BulkStep::Approve => "bulk_approved",
        BulkStep::Refuse => "bulk_refused",
        BulkStep::Pause => "bulk_paused",
        BulkStep::Resume => "bulk_resumed",
        BulkStep::Cancel => "bulk_cancelled",
        BulkStep::Undo => "bulk_undone",
    }
}
