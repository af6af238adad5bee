//! What waits for staff in a case of the own association: every queue in figures, the next item, and who works
//! on which. Beginning one is in `hand`.

mod hand;

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::json;
use uuid::Uuid;

use crate::app::claimant_list::{self, OwnCase};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::staff::{self, StaffActor};
use crate::crypto::token;
use crate::db::assignment::{self, AssignmentRow, MemberRow};
use crate::db::audit::{self, AuditRow};
use crate::db::work_queue::{self as db, InHandRow, ItemRow, Place, QueueRow};
use crate::db::{Conn, Scope, Tx, claimant};
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::ids::{AssociationId, CaseId, ClaimantId, StaffId};
use crate::domain::outage::day_in_rome;
use crate::domain::permission::{Role, operation};
use crate::domain::work_queue::{MOST_COUNTED, WorkQueue};

pub use hand::begin;
pub(in crate::app) use hand::renew;

/// Rights under which clashes are read: the other side may be another association's.
const CLASHES: Scope = Scope::System("queue of clashes");
/// Rows of the trail written by one statement.
const AUDITED_AT_ONCE: usize = 1_000;
/// How far ahead a day for an assignment may lie, days.
const LATEST_DUE: i64 = 366;

/// A queue in figures.
#[derive(Debug, Clone)]
pub struct QueueFigures {
    /// The queue.
    pub queue: WorkQueue,
    /// Items, up to 999.
    pub count: i64,
    /// True if there are more than `count`; the other figures are then those of the oldest 1,000.
    pub more: bool,
    /// Since when the oldest waits, UTC.
    pub oldest: Option<DateTime<Utc>>,
    /// The first day by which something has to be done.
    pub due_on: Option<NaiveDate>,
    /// True if that day is over.
    pub overdue: bool,
    /// Items that the actor has.
    pub mine: i64,
    /// Items that nobody has.
    pub free: i64,
    /// Items that somebody has begun, who began first first.
    pub in_hand: Vec<InHand>,
}

/// An item that somebody has begun.
#[derive(Debug, Clone)]
pub struct InHand {
    /// What assignments name: the claimant, or the item.
    pub subject: Uuid,
    /// Who has it, and until when.
    pub holder: Holder,
}

/// An item of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// The claimant, request, report, clash, ....
    pub id: Uuid,
    /// What assignments name: the claimant, or the item.
    pub subject: Uuid,
}

/// Who has an item.
#[derive(Debug, Clone)]
pub struct Holder {
    /// Staff id.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// Since when, UTC.
    pub since: DateTime<Utc>,
    /// By which day it is to be done.
    pub due_on: Option<NaiveDate>,
    /// True if that day is over.
    pub overdue: bool,
    /// Until when it is in hand, UTC; none: it was assigned to stay.
    pub until: Option<DateTime<Utc>>,
}

/// A colleague who may work on queues.
#[derive(Debug, Clone)]
pub struct Colleague {
    /// Staff id.
    pub id: Uuid,
    /// Name.
    pub name: String,
}

/// Where an item stands.
#[derive(Debug, Clone)]
pub struct Standing {
    /// True while it is on the queue; lists of claimants only, else always.
    pub waits: bool,
    /// Who has it; nobody: none.
    pub holder: Option<Holder>,
    /// Whether that is the actor.
    pub is_mine: bool,
    /// Whether the actor may assign and release it.
    pub may_assign: bool,
    /// To whom it may be given, the actor left out; empty for who may not give.
    pub colleagues: Vec<Colleague>,
}

/// Whom an item is given to.
#[derive(Debug, Clone, Copy)]
pub struct Assignment {
    /// Staff id of who gets it; none: it is released.
    pub to: Option<Uuid>,
    /// Staff id of who had it when the actor looked; none: nobody.
    pub from: Option<Uuid>,
    /// By which day it is to be done.
    pub due_on: Option<NaiveDate>,
}

/// Whether a role sees a queue.
pub fn is_seen_by(queue: WorkQueue, role: Role) -> bool {
    match queue {
        WorkQueue::Claimants(_) => operation::LIST_CLAIMANTS.allows(role),
        WorkQueue::Conflicts => operation::GET_CONFLICT.allows(role),
        WorkQueue::Paper => operation::LIST_PAPER.allows(role),
        WorkQueue::Rights => operation::LIST_RIGHTS_REQUESTS.allows(role),
        WorkQueue::ScamReports => operation::LIST_SCAM_REPORTS.allows(role),
        WorkQueue::Exports => operation::LIST_EXPORTS.allows(role),
    }
}

/// Every queue of a case that the actor sees, in the order of the page, the empty ones too.
///
/// # Errors
/// `Forbidden`; `NotFound` for a case of others.
pub async fn overview(ctx: &Ctx, actor: &StaffActor, slug: &str) -> AppResult<Vec<QueueFigures>> {
    actor.require(&operation::LIST_QUEUES)?;
    let own = claimant_list::own_case(ctx, actor, slug).await?;
    let place = (actor.association_id(), own.case.id);
    let staff = actor.staff_id().uuid();
    let seen = WorkQueue::ALL
        .into_iter()
        .filter(|queue| is_seen_by(*queue, actor.role()));
    let seen: Vec<WorkQueue> = seen.collect();
    let (clashes, others): (Vec<_>, Vec<_>) = seen
        .iter()
        .copied()
        .partition(|queue| *queue == WorkQueue::Conflicts);
    let who = (staff, ctx.clock.now());
    let mut tx = ctx.pools.begin(actor.scope()).await?;
    let mut rows = db::count(&mut tx, actor.scope(), place, who, &others).await?;
    if !clashes.is_empty() {
        tx.enter(CLASHES).await?;
        rows.extend(db::count(&mut tx, CLASHES, place, who, &clashes).await?);
        tx.enter(actor.scope()).await?;
    }
    let mut begun: HashMap<String, Vec<InHandRow>> = HashMap::new();
    for row in &rows {
        begun.insert(row.queue.clone(), row.in_hand()?);
    }
    let people: Vec<Uuid> = begun.values().flatten().map(|row| row.staff).collect();
    let names = staff::names(ctx, &mut tx, actor.scope(), &people).await?;
    tx.commit().await?;
    let today = day_in_rome(ctx.clock.now());
    let figures = seen.into_iter().filter_map(|queue| {
        let row = rows.iter().find(|row| row.queue == queue.as_str())?;
        let begun = begun.remove(queue.as_str()).unwrap_or_default();
        let begun = begun.into_iter().map(|row| in_hand(&row, &names));
        Some(figures(queue, row, (today, begun.collect())))
    });
    Ok(figures.collect())
}

fn in_hand(row: &InHandRow, names: &HashMap<Uuid, String>) -> InHand {
    InHand {
        subject: row.subject,
        holder: Holder {
            id: row.staff,
            name: names.get(&row.staff).cloned().unwrap_or_default(),
            since: row.since,
            due_on: None,
            overdue: false,
            until: Some(row.until),
        },
    }
}

fn figures(
    queue: WorkQueue,
    row: &QueueRow,
    (today, in_hand): (NaiveDate, Vec<InHand>),
) -> QueueFigures {
    QueueFigures {
        queue,
        count: row.count.min(MOST_COUNTED),
        more: row.count > MOST_COUNTED,
        oldest: row.oldest,
        due_on: row.due_on,
        overdue: row.due_on.is_some_and(|day| day < today),
        mine: row.mine,
        free: row.free.min(MOST_COUNTED),
        in_hand,
    }
}

/// The next item of a queue after one, without those that colleagues have; from the start after the last, and
/// none if no other waits. `after` need not be on the queue any more.
///
/// # Errors
/// `Forbidden`; `NotFound` for a case of others.
pub async fn next(
    ctx: &Ctx,
    actor: &StaffActor,
    slug: &str,
    queue: WorkQueue,
    after: Option<Uuid>,
) -> AppResult<Option<Item>> {
    actor.require(&operation::NEXT_ITEM)?;
    if !is_seen_by(queue, actor.role()) {
        return Err(AppError::Forbidden);
    }
    let own = claimant_list::own_case(ctx, actor, slug).await?;
    let mut tx = ctx.pools.begin(actor.scope()).await?;
    let found = free(ctx, &mut tx, (actor, own.case.id), queue, after).await?;
    tx.commit().await?;
    Ok(found.map(|row| Item {
        id: row.id,
        subject: row.subject,
    }))
}

/// Rights under which the items of a queue are read.
fn reading(actor: &StaffActor, queue: WorkQueue) -> Scope {
    match queue {
        WorkQueue::Conflicts => CLASHES,
        _ => actor.scope(),
    }
}

/// What the actor has in hand of a queue and still waits there. Ends under the actor's rights.
async fn unfinished(
    ctx: &Ctx,
    tx: &mut Tx,
    (actor, case): (&StaffActor, CaseId),
    queue: WorkQueue,
) -> AppResult<Vec<Uuid>> {
    let place = (actor.association_id(), case);
    let who = (actor.staff_id().uuid(), ctx.clock.now());
    let scope = reading(actor, queue);
    tx.enter(scope).await?;
    let found = db::list_in_hand(tx, scope, place, who, queue).await?;
    tx.enter(actor.scope()).await?;
    Ok(found)
}

/// The first item after one that nobody but the actor has, from the start after the last. Ends under the actor's
/// rights.
async fn free(
    ctx: &Ctx,
    tx: &mut Tx,
    (actor, case): (&StaffActor, CaseId),
    queue: WorkQueue,
    after: Option<Uuid>,
) -> AppResult<Option<ItemRow>> {
    let place = (actor.association_id(), case);
    let who = (actor.staff_id().uuid(), ctx.clock.now());
    let scope = reading(actor, queue);
    let after = after.unwrap_or(Uuid::nil());
    let from = |start| Place {
        after: start,
        except: after,
    };
    tx.enter(scope).await?;
    let mut found = db::find_free(tx, scope, place, who, queue, from(after)).await?;
    if found.is_none() && !after.is_nil() {
        found = db::find_free(tx, scope, place, who, queue, from(Uuid::nil())).await?;
    }
    tx.enter(actor.scope()).await?;
    Ok(found)
}

/// Where an item stands: whether it waits, who has it, who else could.
///
/// # Errors
/// `Forbidden`; `NotFound` for what is no item of the own association in this case.
pub async fn standing(
    ctx: &Ctx,
    actor: &StaffActor,
    slug: &str,
    queue: WorkQueue,
    subject: Uuid,
) -> AppResult<Standing> {
    actor.require(&operation::LIST_QUEUES)?;
    let own = claimant_list::own_case(ctx, actor, slug).await?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    check(&mut tx, actor, &own, queue, subject).await?;
    let waits = match queue {
        WorkQueue::Claimants(list) => {
            let place = (actor.association_id(), own.case.id);
            db::is_on(&mut tx, scope, place, list, subject).await?
        }
        _ => true,
    };
    let row = find(ctx, &mut tx, actor, queue, subject).await?;
    let may_assign = operation::ASSIGN_ITEM.allows(actor.role());
    let colleagues = if may_assign {
        people(ctx, &mut tx, actor, own.case.id).await?
    } else {
        Vec::new()
    };
    let holder = match row {
        Some(row) => Some(holder(ctx, &mut tx, scope, &row).await?),
        None => None,
    };
    tx.commit().await?;
    let own_id = actor.staff_id().uuid();
    Ok(Standing {
        waits,
        is_mine: holder.as_ref().is_some_and(|holder| holder.id == own_id),
        holder,
        may_assign,
        colleagues,
    })
}

/// Assigns an item to stay, to oneself or a colleague, or releases it. Of two who do so at once one succeeds.
///
/// *effects*: a row of `assignments`; audit `assign`.
///
/// # Errors
/// `Forbidden`; `NotFound` as [`standing`]; `Taken` if somebody else has it by now; `Invalid` at `/to` for who
/// may not work on queues, at `/due_on` for a day that is over or too far.
pub async fn assign(
    ctx: &Ctx,
    actor: &StaffActor,
    slug: &str,
    (queue, subject): (WorkQueue, Uuid),
    wanted: Assignment,
) -> AppResult<()> {
    actor.require(&operation::ASSIGN_ITEM)?;
    if !is_seen_by(queue, actor.role()) {
        return Err(AppError::Forbidden);
    }
    let own = claimant_list::own_case(ctx, actor, slug).await?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    check(&mut tx, actor, &own, queue, subject).await?;
    checked(ctx, &mut tx, (actor, own.case.id), wanted).await?;
    if !put(ctx, &mut tx, actor, own.case.id, (queue, subject), wanted).await? {
        let by = find(ctx, &mut tx, actor, queue, subject).await?;
        let name = match by {
            Some(row) => holder(ctx, &mut tx, scope, &row).await?.name,
            // released since: who looks again sees that
            None => return Err(AppError::IllegalTransition("released")),
        };
        return Err(AppError::Taken(name));
    }
    let mut deed = actor.deed(subject, "assign");
    deed.detail = json!({
        "queue": queue.as_str(), "to": wanted.to, "from": wanted.from, "due_on": wanted.due_on,
    });
    deed.write(ctx, &mut tx, scope).await?;
    Ok(tx.commit().await?)
}

/// Writes it; `false` where what the actor saw is so no more.
async fn put(
    ctx: &Ctx,
    tx: &mut Tx,
    actor: &StaffActor,
    case: CaseId,
    (queue, subject): (WorkQueue, Uuid),
    wanted: Assignment,
) -> AppResult<bool> {
    let (scope, association) = (actor.scope(), actor.association_id());
    let row = |staff: Uuid| AssignmentRow {
        subject_id: subject,
        queue: queue.as_str().to_owned(),
        association_id: association.uuid(),
        case_id: case.uuid(),
        staff_id: staff,
        assigned_by: actor.staff_id().uuid(),
        assigned_at: ctx.clock.now(),
        due_on: wanted.due_on,
        lease_until: None,
    };
    Ok(match (wanted.from, wanted.to) {
        (None, None) => true,
        (None, Some(to)) => assignment::insert(tx, scope, &row(to)).await?,
        (Some(from), Some(to)) => assignment::update(tx, scope, from, &row(to)).await?,
        (Some(from), None) => {
            let item = (subject, queue.as_str());
            assignment::delete(tx, scope, association, item, from).await?
        }
    })
}

/// Refuses who may not work on queues, and a day that makes no sense.
async fn checked(
    ctx: &Ctx,
    tx: &mut Tx,
    (actor, case): (&StaffActor, CaseId),
    wanted: Assignment,
) -> AppResult<()> {
    let mut errors = FieldErrors::new();
    if let Some(to) = wanted.to
        && !is_colleague(tx, (actor, case), to).await?
    {
        errors.push("/to", FieldCode::UnknownValue, "error-unknown-value");
    }
    let today = day_in_rome(ctx.clock.now());
    let days = wanted.due_on.map(|day| (day - today).num_days());
    if days.is_some_and(|days| !(0..=LATEST_DUE).contains(&days)) {
        errors.push("/due_on", FieldCode::OutOfRange, "error-day-out-of-range");
    }
    errors.into_result(Some(()))?;
    Ok(())
}

/// Whether somebody of the own association works on the queues of a case, the actor too.
pub(in crate::app) async fn is_colleague(
    tx: &mut Tx,
    (actor, case): (&StaffActor, CaseId),
    who: Uuid,
) -> AppResult<bool> {
    works_for(tx, actor.scope(), (actor.association_id(), case), who).await
}

/// Whether somebody works on the queues of an association in a case.
pub(in crate::app) async fn works_for(
    tx: &mut Tx,
    scope: Scope,
    (association, case): (AssociationId, CaseId),
    who: Uuid,
) -> AppResult<bool> {
    let people = assignment::list_people(tx, scope, association).await?;
    Ok(people
        .iter()
        .any(|member| member.id == who && works(&member.role) && member.is_on(case)))
}

/// Whether a role works on queues.
fn works(role: &str) -> bool {
    Role::parse(role).is_some_and(|role| operation::ASSIGN_ITEM.allows(role))
}

/// Releases what a person has who works on the queues of an association no more, or on those of some cases alone
/// from now on: nobody has it then. Gives how many items. The caller commits.
///
/// *effects*: rows of `assignments` go; audit `assign` on each item.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub(in crate::app) async fn release(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    (person, association): (StaffId, AssociationId),
    kept: &[CaseId],
    by: Option<StaffId>,
) -> AppResult<usize> {
    let kept: Vec<Uuid> = kept.iter().map(|case| case.uuid()).collect();
    let who = (association, person.uuid());
    let held = assignment::delete_of_person(conn, scope, who, &kept).await?;
    let now = ctx.clock.now();
    for some in held.chunks(AUDITED_AT_ONCE) {
        let rows = some.iter().map(|(subject, queue)| AuditRow {
            subject_id: *subject,
            id: token::new_id(now),
            association_id: Some(association.uuid()),
            actor_kind: by.map_or("operator", |_| "staff").to_owned(),
            actor_id: by.map(StaffId::uuid),
            action: "assign".to_owned(),
            before: None,
            after: None,
            detail: json!({ "queue": queue, "to": null, "from": person, "due_on": null }),
            sealed: None,
            created_at: now,
        });
        audit::insert_all(conn, scope, &rows.collect::<Vec<_>>()).await?;
    }
    Ok(held.len())
}

/// Who has each of some claimants on a queue, by claimant.
pub(in crate::app) async fn holders(
    ctx: &Ctx,
    conn: &mut Conn,
    actor: &StaffActor,
    queue: WorkQueue,
    subjects: &[Uuid],
) -> AppResult<Vec<(Uuid, Holder)>> {
    let scope = actor.scope();
    let association = actor.association_id();
    let now = ctx.clock.now();
    let which = (association, queue.as_str());
    let rows = assignment::list(conn, scope, which, subjects, now).await?;
    let people: Vec<Uuid> = rows.iter().map(|row| row.staff_id).collect();
    let names = staff::names(ctx, conn, scope, &people).await?;
    let today = day_in_rome(ctx.clock.now());
    let named = rows.into_iter().map(|row| {
        let name = names.get(&row.staff_id).cloned().unwrap_or_default();
        (row.subject_id, of(&row, name, today))
    });
    Ok(named.collect())
}

fn of(row: &AssignmentRow, name: String, today: NaiveDate) -> Holder {
    Holder {
        id: row.staff_id,
        name,
        since: row.assigned_at,
        due_on: row.due_on,
        overdue: row.due_on.is_some_and(|day| day < today),
        until: row.lease_until,
    }
}

async fn holder(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    row: &AssignmentRow,
) -> AppResult<Holder> {
    let mut names = staff::names(ctx, conn, scope, &[row.staff_id]).await?;
    let name = names.remove(&row.staff_id).unwrap_or_default();
    Ok(of(row, name, day_in_rome(ctx.clock.now())))
}

async fn find(
    ctx: &Ctx,
    conn: &mut Conn,
    actor: &StaffActor,
    queue: WorkQueue,
    subject: Uuid,
) -> AppResult<Option<AssignmentRow>> {
    let (scope, association) = (actor.scope(), actor.association_id());
    let (which, now) = ((association, queue.as_str()), ctx.clock.now());
    let found = assignment::list(conn, scope, which, &[subject], now).await?;
    Ok(found.into_iter().next())
}

/// Who of the own association works on the queues of a case, the actor left out.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn colleagues(ctx: &Ctx, actor: &StaffActor, case: CaseId) -> AppResult<Vec<Colleague>> {
    let mut tx = ctx.pools.begin(actor.scope()).await?;
    let people = people(ctx, &mut tx, actor, case).await?;
    tx.commit().await?;
    Ok(people)
}

/// Who works on the queues of a case, the actor left out.
async fn people(
    ctx: &Ctx,
    conn: &mut Conn,
    actor: &StaffActor,
    case: CaseId,
) -> AppResult<Vec<Colleague>> {
    let scope = actor.scope();
    let all = assignment::list_people(conn, scope, actor.association_id()).await?;
    let on_it = |member: &MemberRow| works(&member.role) && member.is_on(case);
    let ids: Vec<Uuid> = all
        .into_iter()
        .filter(on_it)
        .map(|member| member.id)
        .filter(|id| *id != actor.staff_id().uuid())
        .collect();
    let names = staff::names(ctx, conn, scope, &ids).await?;
    let mut people: Vec<Colleague> = names
        .into_iter()
        .map(|(id, name)| Colleague { id, name })
        .collect();
    people.sort_by(|one, two| one.name.cmp(&two.name).then(one.id.cmp(&two.id)));
    Ok(people)
}

/// Whether there is such an item of the own association in the case.
async fn check(
    conn: &mut Conn,
    actor: &StaffActor,
    own: &OwnCase,
    queue: WorkQueue,
    subject: Uuid,
) -> AppResult<()> {
    let scope = actor.scope();
    let place = (actor.association_id(), own.case.id);
    let is_there = match queue {
        WorkQueue::ScamReports => assignment::has_report(conn, scope, place, subject).await?,
        WorkQueue::Exports => assignment::has_export(conn, scope, place, subject).await?,
        WorkQueue::Claimants(_) | WorkQueue::Conflicts | WorkQueue::Paper | WorkQueue::Rights => {
            let row = claimant::find(conn, scope, ClaimantId::new(subject)).await?;
            row.is_some_and(|row| row.case() == own.case.id)
        }
    };
    if is_there {
        Ok(())
    } else {
        Err(AppError::NotFound)
    }
}
