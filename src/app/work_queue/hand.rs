//! Items in hand: beginning the next one of a queue, for a time that each decision renews (decision 24).

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

use super::{Item, free, is_seen_by, unfinished};
use crate::app::claimant_list;
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::staff::StaffActor;
use crate::db::assignment::{self, AssignmentRow};
use crate::db::{Conn, Scope, Tx};
use crate::domain::audit::{Logged, logged};
use crate::domain::ids::CaseId;
use crate::domain::permission::operation;
use crate::domain::work_queue::{IN_HAND_MINUTES, WorkQueue};

/// How often an item that a colleague began a moment earlier is passed over for the next.
const MOST_LOST: u32 = 50;

/// Begins the next item of a queue after one, as [`super::next`] finds it: it is in the actor's hand for half an hour.
/// What the actor had in hand of this queue before and is off it by now is given back; what still waits there stays
/// in hand until its time is over. Of two at once nobody gets what the other got: who is late is led to the one
/// after. None if no other waits.
///
/// *effects*: a row of `assignments`, others go; audit `assign` on each.
///
/// # Errors
/// `Forbidden`; `NotFound` for a case of others; `IllegalTransition` for a queue whose items nobody begins.
pub async fn begin(
    ctx: &Ctx,
    actor: &StaffActor,
    slug: &str,
    queue: WorkQueue,
    after: Option<Uuid>,
) -> AppResult<Option<Item>> {
    actor.require(&operation::BEGIN_ITEM)?;
    if !is_seen_by(queue, actor.role()) {
        return Err(AppError::Forbidden);
    }
    let own = claimant_list::own_case(ctx, actor, slug).await?;
    if !queue.is_begun_by_one() {
        return Err(AppError::IllegalTransition("not_begun"));
    }
    let (scope, case) = (actor.scope(), own.case.id);
    let staff = actor.staff_id().uuid();
    let mut tx = ctx.pools.begin(scope).await?;
    let (place, which) = ((actor.association_id(), case), (queue.as_str(), staff));
    let now = ctx.clock.now();
    let unfinished = unfinished(ctx, &mut tx, (actor, case), queue).await?;
    let given_back = assignment::give_back(&mut tx, scope, place, which, &unfinished, now).await?;
    let begun = put_in_hand(ctx, &mut tx, (actor, case), queue, after).await?;
    let kept = begun.map(|item| item.subject);
    for subject in given_back.into_iter().filter(|had| Some(*had) != kept) {
        let mut deed = actor.deed(subject, "assign");
        deed.detail = json!({ "queue": queue.as_str(), "to": null, "from": staff, "due_on": null });
        deed.write(ctx, &mut tx, scope).await?;
    }
    if let Some(item) = begun {
        let mut deed = actor.deed(item.subject, "assign");
        deed.detail = json!({
            "queue": queue.as_str(), "to": staff, "from": null, "due_on": null, "until": in_hand_until(now),
        });
        deed.write(ctx, &mut tx, scope).await?;
    }
    tx.commit().await?;
    Ok(begun)
}

fn in_hand_until(now: DateTime<Utc>) -> DateTime<Utc> {
    now + TimeDelta::minutes(IN_HAND_MINUTES)
}

/// Puts the next free item in the actor's hand.
async fn put_in_hand(
    ctx: &Ctx,
    tx: &mut Tx,
    (actor, case): (&StaffActor, CaseId),
    queue: WorkQueue,
    after: Option<Uuid>,
) -> AppResult<Option<Item>> {
    let now = ctx.clock.now();
    for _ in 0..MOST_LOST {
        let Some(row) = free(ctx, tx, (actor, case), queue, after).await? else {
            return Ok(None);
        };
        let begun = AssignmentRow {
            subject_id: row.subject,
            queue: queue.as_str().to_owned(),
            association_id: actor.association_id().uuid(),
            case_id: case.uuid(),
            staff_id: actor.staff_id().uuid(),
            assigned_by: actor.staff_id().uuid(),
            assigned_at: now,
            due_on: None,
            lease_until: Some(in_hand_until(now)),
        };
        if assignment::begin(tx, actor.scope(), &begun).await? {
            return Ok(Some(Item {
                id: row.id,
                subject: row.subject,
            }));
        }
        // who was quicker has it, and the next look passes it over
    }
    Err(AppError::RateLimited(Duration::from_secs(1)))
}

/// Leaves what a staff member has in hand of a subject there for another half hour, where a decision about it was
/// written. The caller commits.
///
/// # Errors
/// As the database says.
pub(in crate::app) async fn renew(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    (subject, staff): (Uuid, Uuid),
    verb: &str,
) -> AppResult<()> {
    if logged(verb) == Some(Logged::Decision) {
        let now = ctx.clock.now();
        assignment::renew(conn, scope, (subject, staff), now, in_hand_until(now)).await?;
    }
    Ok(())
}
