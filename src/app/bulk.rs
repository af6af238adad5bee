//! Bulk actions: one act on an exact set of records. The set is frozen when somebody looks at it (`preview`),
//! its id is the token that starts it; messages, rejections, and everything on more than 50 records, wait for a second
//! person (`step`). A worker gives each record its turn (`turn`, `reject`): what does not fit any more is passed over
//! and says why. Who wants no messages says so by link (`stop`). Words of a rejection rest sealed (`words`).

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Duration, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::app::claimant_list;
use crate::app::ctx::Ctx;
use crate::app::deficiency;
use crate::app::error::{AppError, AppResult};
use crate::app::outbox::email_in;
use crate::app::staff::{self, StaffActor};
use crate::app::suppression;
use crate::app::vault::Vault;
use crate::db::bulk::{self as db, BulkRow};
use crate::db::claimant::ClaimantRow;
use crate::db::{Conn, DbError, Scope, Tx, assignment, identity, key, work_queue as queues};
use crate::domain::bulk::{ALONE_HOURS, BulkAct, BulkKind, BulkState, BulkStep, Passed, Subject};
use crate::domain::claimant::{Queue, Review};
use crate::domain::ids::{AssociationId, ClaimantId};
use crate::domain::mail::MailKind;
use crate::domain::page_length::MAX_LIMIT;
use crate::domain::permission::operation;
use crate::domain::reference::Reference;

mod preview;
mod reject;
mod step;
mod stop;
mod turn;
mod words;

pub use preview::{NewBulk, preview};
pub use step::{Step, expire_due, step};
pub use stop::{Standing, Wish, peek, set};
pub(in crate::app) use stop::{is_stopped, link};
pub use turn::{Turn, is_due, take_turn};
pub(in crate::app) use words::seal_clear;

/// How a bulk action stands.
#[derive(Clone, Debug)]
pub struct BulkStatus {
    /// It, and the set that was looked at.
    pub id: Uuid,
    /// Slug of its case; empty if the association left the case.
    pub case: String,
    /// What is done to each record.
    pub act: BulkAct,
    /// Words of the list the set was taken from.
    pub filter: Value,
    /// What for.
    pub purpose: String,
    /// State.
    pub state: BulkState,
    /// Records of the set.
    pub members: i32,
    /// Of those acted on.
    pub done: i32,
    /// Of those passed over.
    pub passed: i32,
    /// Why, with how many each.
    pub reasons: Vec<(Passed, i64)>,
    /// Who looked at it: id and name.
    pub created_by: (Uuid, String),
    /// When, UTC.
    pub created_at: DateTime<Utc>,
    /// Last instant at which it can be started or decided, UTC.
    pub expires_at: DateTime<Utc>,
    /// The second person, and when they decided, UTC.
    pub decided_by: Option<(Uuid, String, DateTime<Utc>)>,
    /// Why it was refused.
    pub refused_because: Option<String>,
    /// When it ended, UTC.
    pub finished_at: Option<DateTime<Utc>>,
    /// Name of the colleague that [`BulkAct::Assign`] gives to.
    pub to: Option<String>,
    /// What the actor can do now.
    pub steps: Vec<BulkStep>,
    /// Records that who looked at it did the same to alone within a day.
    pub alone: i32,
    /// Name of who asked for taking back.
    pub undo_by: Option<(Uuid, String)>,
}

impl BulkStatus {
    /// Records that have not had their turn; none of what was taken back.
    pub const fn left(&self) -> i32 {
        match self.state {
            BulkState::Undone => 0,
            _ => self.members - self.done - self.passed,
        }
    }

    /// Whether starting it asks a second person.
    pub const fn needs_second(&self) -> bool {
        let records = self.left().saturating_add(self.alone);
        self.act.kind().needs_second(records)
    }
}

/// A page of the register.
#[derive(Debug)]
pub struct Page {
    /// Newest first.
    pub items: Vec<BulkStatus>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<Uuid>,
}

/// A record of a set.
#[derive(Clone, Debug)]
pub struct Member {
    /// The claimant.
    pub claimant: ClaimantId,
    /// What the claimant quotes on the phone.
    pub reference: Reference,
    /// `done`, `passed` or `undone`; `None`: its turn has not come.
    pub outcome: Option<String>,
    /// Why it was passed over.
    pub reason: Option<Passed>,
}

/// How a bulk action of the own association stands.
///
/// # Errors
/// `Forbidden`; `NotFound` if there is none of the association's.
pub async fn status(ctx: &Ctx, actor: &StaffActor, id: Uuid) -> AppResult<BulkStatus> {
    actor.require(&operation::GET_BULK)?;
    let mut tx = ctx.pools.begin(actor.scope()).await?;
    let status = read(ctx, &mut tx, actor, id).await?;
    tx.commit().await?;
    Ok(status)
}

/// Bulk actions of the own association in a case, newest first, from before `cursor`; `limit` 1 to 200.
///
/// # Errors
/// `Forbidden`; `NotFound` for a case of others.
pub async fn list(
    ctx: &Ctx,
    actor: &StaffActor,
    slug: &str,
    cursor: Option<Uuid>,
    limit: u16,
) -> AppResult<Page> {
    actor.require(&operation::LIST_BULK)?;
    let own = claimant_list::own_case(ctx, actor, slug).await?;
    let limit = limit.clamp(1, MAX_LIMIT);
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let place = (actor.association_id(), own.case.id);
    let mut rows = db::list(&mut tx, scope, place, cursor, i64::from(limit) + 1).await?;
    let more = rows.len() > usize::from(limit);
    rows.truncate(usize::from(limit));
    let next = rows.last().filter(|_| more).map(|row| row.id);
    let items = statuses(ctx, &mut tx, actor, rows).await?;
    tx.commit().await?;
    Ok(Page { items, next })
}

/// Records of a set in order of their turns, after `cursor`; `outcome` `waiting`, `done`, `passed` or `undone`
/// gives only those.
///
/// # Errors
/// `Forbidden`; `NotFound` if there is none of the association's.
pub async fn members(
    ctx: &Ctx,
    actor: &StaffActor,
    id: Uuid,
    outcome: Option<&str>,
    cursor: Option<Uuid>,
    limit: u16,
) -> AppResult<(Vec<Member>, Option<Uuid>)> {
    actor.require(&operation::LIST_BULK_RECORDS)?;
    let limit = limit.clamp(1, MAX_LIMIT);
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = db::get(&mut tx, scope, actor.association_id(), id).await?;
    let place = (actor.association_id(), row.id);
    let wanted = i64::from(limit) + 1;
    let mut rows = db::list_members(&mut tx, scope, place, outcome, cursor, wanted).await?;
    tx.commit().await?;
    let more = rows.len() > usize::from(limit);
    rows.truncate(usize::from(limit));
    let next = rows.last().filter(|_| more).map(|row| row.claimant_id);
    let members = rows.into_iter().map(|row| {
        let claimant = ClaimantId::new(row.claimant_id);
        Member {
            claimant,
            reference: Reference::of(claimant),
            outcome: row.outcome,
            reason: row.reason.as_deref().and_then(Passed::parse),
        }
    });
    Ok((members.collect(), next))
}

/// How it stands, reasons left out.
async fn brief(ctx: &Ctx, conn: &mut Conn, actor: &StaffActor, id: Uuid) -> AppResult<BulkStatus> {
    let row = db::get(conn, actor.scope(), actor.association_id(), id).await?;
    let mut told = statuses(ctx, conn, actor, vec![row]).await?;
    told.pop().ok_or(AppError::NotFound)
}

async fn read(ctx: &Ctx, conn: &mut Conn, actor: &StaffActor, id: Uuid) -> AppResult<BulkStatus> {
    let mut status = brief(ctx, conn, actor, id).await?;
    let reasons = db::count_passed(conn, actor.scope(), actor.association_id(), id).await?;
    let reasons = reasons.into_iter();
    status.reasons = reasons
        .filter_map(|(reason, count)| Some((Passed::parse(&reason)?, count)))
        .collect();
    Ok(status)
}

/// Rows with the names of people; reasons are left out.
async fn statuses(
    ctx: &Ctx,
    conn: &mut Conn,
    actor: &StaffActor,
    rows: Vec<BulkRow>,
) -> AppResult<Vec<BulkStatus>> {
    let mut acts = Vec::with_capacity(rows.len());
    for row in &rows {
        acts.push(act_of(ctx, row).await?);
    }
    let mut people: Vec<Uuid> = rows
        .iter()
        .zip(&acts)
        .flat_map(|(row, act)| {
            let others = [row.decided_by, row.undo_by, colleague(act)];
            others.into_iter().chain([Some(row.created_by)])
        })
        .flatten()
        .collect();
    people.sort_unstable();
    people.dedup();
    let names = staff::names(ctx, conn, actor.scope(), &people).await?;
    let cases = claimant_list::cases(ctx, actor).await?;
    let slugs: HashMap<Uuid, &str> = cases
        .iter()
        .map(|own| (own.case.id.uuid(), own.case.slug.as_str()))
        .collect();
    let alone = alone(ctx, conn, actor).await?;
    let told = rows.into_iter().zip(acts).map(|(row, act)| {
        let alone = of(&alone, &row);
        let name = |id: Uuid| names.get(&id).cloned().unwrap_or_default();
        let state = state_of(&row)?;
        let steps = step::possible(actor, &row, (act.kind(), state), alone);
        Ok(BulkStatus {
            id: row.id,
            case: slugs
                .get(&row.case_id)
                .copied()
                .unwrap_or_default()
                .to_owned(),
            to: colleague(&act).map(name),
            act,
            filter: row.filter,
            purpose: row.purpose,
            state,
            members: row.member_count,
            done: row.done_count,
            passed: row.passed_count,
            reasons: Vec::new(),
            created_by: (row.created_by, name(row.created_by)),
            created_at: row.created_at,
            expires_at: row.expires_at,
            decided_by: row
                .decided_by
                .zip(row.decided_at)
                .map(|(who, at)| (who, name(who), at)),
            refused_because: row.decision_note,
            finished_at: row.finished_at,
            steps,
            alone,
            undo_by: row.undo_by.map(|who| (who, name(who))),
        })
    });
    told.collect()
}

/// How many records each person acted on alone within a day, by kind of act.
type Alone = HashMap<(Uuid, String), i64>;

async fn alone(ctx: &Ctx, conn: &mut Conn, actor: &StaffActor) -> AppResult<Alone> {
    let since = ctx.clock.now() - Duration::hours(ALONE_HOURS);
    let rows = db::list_alone(conn, actor.scope(), actor.association_id(), since).await?;
    Ok(rows.into_iter().collect())
}

/// What who looked at a set did alone, this set aside.
fn of(alone: &Alone, row: &BulkRow) -> i32 {
    let key = (row.created_by, row.kind.clone());
    let records = alone.get(&key).copied().unwrap_or(0);
    match row.state.as_str() {
        "previewed" => i32::try_from(records).unwrap_or(i32::MAX),
        _ => 0,
    }
}

const fn colleague(act: &BulkAct) -> Option<Uuid> {
    match act {
        BulkAct::Assign { to, .. } => Some(*to),
        BulkAct::Message { .. }
        | BulkAct::AskDeficiency { .. }
        | BulkAct::EndQuarantine
        | BulkAct::Reject { .. } => None,
    }
}

/// What a row does, its words opened.
pub(in crate::app) async fn act_of(ctx: &Ctx, row: &BulkRow) -> AppResult<BulkAct> {
    let mut act: BulkAct = serde_json::from_value(row.act.clone())
        .map_err(|_| DbError::Corrupt("bulk_actions.act"))?;
    if let BulkAct::Reject { words, .. } = &mut act
        && let Some(opened) = words::open(ctx, row).await?
    {
        *words = opened;
    }
    Ok(act)
}

/// The state of a row.
pub(in crate::app) fn state_of(row: &BulkRow) -> AppResult<BulkState> {
    Ok(BulkState::parse(&row.state).ok_or(DbError::Corrupt("bulk_actions.state"))?)
}

/// Since when identities wait for a look, where the act asks.
async fn to_check(
    conn: &mut Conn,
    scope: Scope,
    act: &BulkAct,
    ids: &[Uuid],
) -> AppResult<HashMap<Uuid, DateTime<Utc>>> {
    let found = match act {
        BulkAct::AskDeficiency { .. } => identity::list_to_check(conn, scope, ids).await?,
        BulkAct::Message { .. }
        | BulkAct::EndQuarantine
        | BulkAct::Assign { .. }
        | BulkAct::Reject { .. } => Vec::new(),
    };
    Ok(found.into_iter().collect())
}

/// What decides whether the act fits some records, in their order.
async fn subjects(
    ctx: &Ctx,
    conn: &mut Tx,
    scope: Scope,
    (association, act): (AssociationId, &BulkAct),
    rows: &[ClaimantRow],
) -> AppResult<Vec<Subject>> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let suppressed = suppressed(ctx, conn, scope, act, rows).await?;
    let barred: HashSet<Uuid> = match act {
        BulkAct::Message { .. } => db::list_stopped(conn, scope, &ids).await?,
        BulkAct::AskDeficiency { letters, .. } => {
            let letters: Vec<String> = letters.iter().map(char::to_string).collect();
            db::list_asked(conn, scope, &ids, &letters).await?
        }
        BulkAct::EndQuarantine | BulkAct::Reject { .. } => Vec::new(),
        BulkAct::Assign { queue, .. } => {
            let taken =
                assignment::list(conn, scope, (association, queue), &ids, ctx.clock.now()).await?;
            taken.into_iter().map(|row| row.subject_id).collect()
        }
    }
    .into_iter()
    .collect();
    let queued: Option<HashSet<Uuid>> = match act {
        BulkAct::Assign { queue, .. } => {
            let queue = Queue::parse(queue).ok_or(DbError::Corrupt("bulk_actions.act"))?;
            let found = queues::list_queued(conn, scope, association, queue, &ids).await?;
            Some(found.into_iter().collect())
        }
        BulkAct::Message { .. }
        | BulkAct::AskDeficiency { .. }
        | BulkAct::EndQuarantine
        | BulkAct::Reject { .. } => None,
    };
    let to_check = to_check(conn, scope, act, &ids).await?;
    let mut subjects = Vec::with_capacity(rows.len());
    for row in rows {
        let since = to_check.get(&row.id).copied();
        subjects.push(Subject {
            state: row.state()?,
            review: Review::parse(&row.review).ok_or(DbError::Corrupt("claimants.review"))?,
            restricted: row.restricted_at.is_some(),
            has_mail: row.contact_kind == "email" && row.confirmed_at.is_some(),
            unreachable: row.unreachable_at.is_some() || suppressed.contains(&row.id),
            died: row.died_at.is_some(),
            missing: match act.kind() {
                BulkKind::AskDeficiency => deficiency::askable(ctx, row, since).await?,
                BulkKind::Message
                | BulkKind::EndQuarantine
                | BulkKind::Assign
                | BulkKind::Reject => Vec::new(),
            },
            is_barred: barred.contains(&row.id),
            is_queued: queued
                .as_ref()
                .is_none_or(|queued| queued.contains(&row.id)),
        });
    }
    Ok(subjects)
}

/// Those to whom nothing may be written of why they are rejected; nobody for the other acts: their mails are not what
/// they are done for.
async fn suppressed(
    ctx: &Ctx,
    tx: &mut Tx,
    scope: Scope,
    act: &BulkAct,
    rows: &[ClaimantRow],
) -> AppResult<HashSet<Uuid>> {
    if act.kind() != BulkKind::Reject {
        return Ok(HashSet::new());
    }
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let keys = key::list_claimants(tx, scope, &ids).await?;
    let mut keys: HashMap<Uuid, _> = keys.into_iter().map(|key| (key.claimant_id, key)).collect();
    let mut places = Vec::with_capacity(rows.len());
    for row in rows {
        if let Some(key) = keys.remove(&row.id) {
            let email = email_in(&Vault::from_row(ctx, key).await?, row)?;
            places.extend(email.map(|email| (row, email)));
        }
    }
    tx.enter(turn::SCOPE).await?;
    let listed = places.iter().map(|(row, email)| (email, row.case()));
    let stops = suppression::stops(ctx, tx, listed).await?;
    tx.enter(scope).await?;
    let stopped = places.iter().filter(|(row, email)| {
        let reason = stops.find(ctx, email, row.case(), MailKind::Rejection);
        reason.is_some()
    });
    Ok(stopped.map(|(row, _)| row.id).collect())
}
