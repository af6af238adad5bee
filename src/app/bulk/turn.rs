//! Records of a bulk action have their turn, many in one transaction: what was done, what became of each and how
//! far it is stand or fall together, so whatever crashes goes on where it was and nobody has two turns.

use chrono::{DateTime, Duration, Utc};
use serde_json::json;
use uuid::Uuid;

use super::step::is_over;
use super::{act_of, reject, state_of, subjects};
use crate::app::audit::{self, Actor, Entry};
use crate::app::ctx::Ctx;
use crate::app::deficiency::{self, Asking};
use crate::app::error::{AppError, AppResult};
use crate::app::mail_request::outbox_row;
use crate::app::quarantine;
use crate::app::work_queue;
use crate::crypto::token;
use crate::db::assignment::{self, AssignmentRow};
use crate::db::bulk::{self as db, BulkRow, Stepped};
use crate::db::claimant::{self, ClaimantRow};
use crate::db::outbox::{self, OutboxRow};
use crate::db::{DbError, Scope, Tx};
use crate::domain::bulk::{BulkAct, BulkKind, BulkState, MESSAGE_DAYS, Passed, judge};
use crate::domain::ids::{AssociationId, CaseId, ClaimantId, StaffId};
use crate::domain::reason::Reason;

pub(super) const SCOPE: Scope = Scope::System("bulk actions that go on");

/// Records of one transaction.
const AT_ONCE: i64 = 200;
/// The priority of what may wait for everything else.
const LAST: i16 = 8;
/// Parts of a minute whose share of messages may go at once.
const SHARES: i32 = 20;

/// What a turn did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Nothing goes on after the one asked for.
    Nothing,
    /// This one had a turn; there may be more of it.
    Went(Uuid),
    /// This one waits for the time of its next messages.
    Waits(Uuid),
}

/// Records whose turn it is, and under whose name.
struct Batch<'a> {
    row: &'a BulkRow,
    act: &'a BulkAct,
    scope: Scope,
    by: StaffId,
}

/// Whether anything goes on.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn is_due(ctx: &Ctx) -> AppResult<bool> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let is_due = db::is_due(&mut tx, SCOPE).await?;
    tx.commit().await?;
    Ok(is_due)
}

/// Gives the next records of the first bulk action after `after` their turn. Safe to repeat and to run twice at
/// once.
///
/// *effects*: those of the act on each record; what became of it; how far the action is.
///
/// # Errors
/// `Unavailable` if the database cannot be reached; what was done stays done.
pub async fn take_turn(ctx: &Ctx, after: Uuid) -> AppResult<Turn> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let Some(row) = db::lock_next(&mut tx, SCOPE, after).await? else {
        return Ok(Turn::Nothing);
    };
    match turn_of(ctx, tx, &row).await {
        Err(error) if !matches!(error, AppError::Unavailable(_)) => {
            // the others go on; somebody looks at this one
            tracing::error!(bulk.id = %row.id, %error, "a bulk action cannot go on and is paused");
            halt(ctx, &row, BulkState::Paused).await?;
            Ok(Turn::Waits(row.id))
        }
        done => done,
    }
}

/// Changes the state of an action that cannot go on, unless somebody did before.
async fn halt(ctx: &Ctx, row: &BulkRow, to: BulkState) -> AppResult<()> {
    let stepped = Stepped {
        from: &row.state,
        to: to.as_str(),
        at: ctx.clock.now(),
        expires_at: None,
        decided: None,
        undo_by: None,
        undo_decided_by: None,
        is_over: to != BulkState::Paused,
        begins_anew: false,
    };
    let place = (AssociationId::new(row.association_id), row.id);
    let mut tx = ctx.pools.begin(SCOPE).await?;
    db::mark_stepped(&mut tx, SCOPE, place, &stepped).await?;
    Ok(tx.commit().await?)
}

/// The next records of one action.
async fn turn_of(ctx: &Ctx, mut tx: Tx, row: &BulkRow) -> AppResult<Turn> {
    let now = ctx.clock.now();
    let (act, state) = (act_of(ctx, row).await?, state_of(row)?);
    if act.kind() == BulkKind::Reject {
        return reject::turn(ctx, tx, row, &act).await;
    }
    if state == BulkState::Running && is_past(ctx, &mut tx, row, &act).await? {
        drop(tx);
        halt(ctx, row, BulkState::Expired).await?;
        return Ok(Turn::Waits(row.id));
    }
    let limit = share(&act, row, now);
    if limit == 0 {
        return Ok(Turn::Waits(row.id));
    }
    let association = AssociationId::new(row.association_id);
    let (outcome, end) = match state {
        BulkState::Undoing => ("done", BulkState::Undone),
        _ => ("waiting", BulkState::Done),
    };
    let place = (association, row.id);
    let members =
        db::list_members(&mut tx, SCOPE, place, Some(outcome), row.done_up_to, limit).await?;
    let is_last = i64::try_from(members.len()).unwrap_or(i64::MAX) < limit;
    let batch = Batch {
        row,
        act: &act,
        scope: Scope::Association(association),
        by: StaffId::new(row.created_by),
    };
    let ids: Vec<ClaimantId> = members
        .iter()
        .map(|member| ClaimantId::new(member.claimant_id))
        .collect();
    let fates = if state == BulkState::Undoing {
        batch.undo(ctx, &mut tx, &ids).await?
    } else {
        batch.act(ctx, &mut tx, &ids).await?
    };
    tx.enter(SCOPE).await?;
    db::mark_members(&mut tx, SCOPE, row.id, &fates).await?;
    let number = |wanted: &str| {
        let found = fates.iter().filter(|(_, outcome, _)| *outcome == wanted);
        i32::try_from(found.count()).unwrap_or(i32::MAX)
    };
    let moved = (
        ids.last().map(|id| id.uuid()),
        number("done") - number("undone"),
        number("passed"),
    );
    let over = is_last.then_some(end.as_str());
    db::mark_progress(&mut tx, SCOPE, row.id, moved, over, now).await?;
    tx.commit().await?;
    Ok(Turn::Went(row.id))
}

/// Whether what an act needs is gone: its last day is over, or the colleague works here no more.
async fn is_past(ctx: &Ctx, tx: &mut Tx, row: &BulkRow, act: &BulkAct) -> AppResult<bool> {
    let BulkAct::Assign { to, .. } = act else {
        return Ok(is_over(act, ctx.clock.now()));
    };
    let association = AssociationId::new(row.association_id);
    let scope = Scope::Association(association);
    tx.enter(scope).await?;
    let works =
        work_queue::works_for(tx, scope, (association, CaseId::new(row.case_id)), *to).await?;
    tx.enter(SCOPE).await?;
    Ok(!works)
}

/// How many records may have their turn now: messages keep their pace.
fn share(act: &BulkAct, row: &BulkRow, now: DateTime<Utc>) -> i64 {
    let BulkAct::Message {
        per_minute: Some(pace),
        ..
    } = act
    else {
        return AT_ONCE;
    };
    let most = i64::from((pace / SHARES).max(1)).min(AT_ONCE);
    let Some(last) = row.stepped_at else {
        return most;
    };
    let passed = (now - last).num_milliseconds().clamp(0, 60_000);
    (i64::from(*pace) * passed / 60_000).min(most)
}

/// What became of a record: its outcome, and why it was passed over.
type Fate = (Uuid, &'static str, Option<&'static str>);

impl Batch<'_> {
    /// Acts on records, each judged anew under its lock.
    async fn act(&self, ctx: &Ctx, tx: &mut Tx, ids: &[ClaimantId]) -> AppResult<Vec<Fate>> {
        tx.enter(self.scope).await?;
        let rows = claimant::lock_in_order(tx, self.scope, ids).await?;
        let association = AssociationId::new(self.row.association_id);
        let subjects = subjects(ctx, tx, self.scope, (association, self.act), &rows).await?;
        let mut fates: Vec<Fate> = Vec::with_capacity(ids.len());
        let mut mails = Vec::new();
        for (row, subject) in rows.iter().zip(&subjects) {
            let passed = match judge(self.act, subject) {
                Err(why) => Some(why),
                Ok(()) => self.one(ctx, tx, row, &mut mails).await?,
            };
            fates.push(match passed {
                None => (row.id, "done", None),
                Some(why) => (row.id, "passed", Some(why.as_str())),
            });
        }
        tx.enter(SCOPE).await?;
        outbox::insert_all(tx, SCOPE, &mails).await?;
        Ok(fates)
    }

    /// Acts on one record; gives why it was passed over after all.
    async fn one(
        &self,
        ctx: &Ctx,
        tx: &mut Tx,
        row: &ClaimantRow,
        mails: &mut Vec<OutboxRow>,
    ) -> AppResult<Option<Passed>> {
        match self.act {
            BulkAct::Message { .. } => {
                mails.push(self.message(ctx, row));
                Ok(None)
            }
            BulkAct::AskDeficiency { letters, due_on } => {
                let asking = Asking {
                    by: self.by,
                    letters,
                    due_on: *due_on,
                    bulk: Some(self.row.id),
                };
                let asked = deficiency::ask_locked(ctx, tx, self.scope, row, &asking).await?;
                tx.enter(self.scope).await?;
                Ok((!asked).then_some(Passed::Asked))
            }
            BulkAct::EndQuarantine => {
                let why = Reason::parse(Some(&self.row.purpose)).ok();
                quarantine::end_locked(ctx, tx, self.scope, row, (self.by, why.as_ref())).await?;
                tx.enter(self.scope).await?;
                Ok(None)
            }
            // these have turns of their own (`reject`): each may touch others
            BulkAct::Reject { .. } => Err(DbError::Corrupt("bulk_actions.kind").into()),
            BulkAct::Assign { queue, to } => {
                let taken = AssignmentRow {
                    subject_id: row.id,
                    queue: queue.clone(),
                    association_id: row.association_id,
                    case_id: row.case_id,
                    staff_id: *to,
                    assigned_by: self.row.created_by,
                    assigned_at: ctx.clock.now(),
                    due_on: None,
                    lease_until: None,
                };
                if !assignment::insert(tx, self.scope, &taken).await? {
                    return Ok(Some(Passed::Taken));
                }
                self.trace_assignment(ctx, tx, row.claimant(), (queue, None, Some(*to)))
                    .await?;
                Ok(None)
            }
        }
    }

    /// Takes back what was done, where it is still so.
    async fn undo(&self, ctx: &Ctx, tx: &mut Tx, ids: &[ClaimantId]) -> AppResult<Vec<Fate>> {
        let BulkAct::Assign { queue, to } = self.act else {
            return Ok(Vec::new());
        };
        tx.enter(self.scope).await?;
        let association = AssociationId::new(self.row.association_id);
        let mut fates = Vec::with_capacity(ids.len());
        for id in ids {
            let item = (id.uuid(), queue.as_str());
            // what was given again since, by hand, stays
            let given = (*to, self.row.created_by, self.row.created_at);
            if assignment::delete_given(tx, self.scope, association, item, given).await? {
                self.trace_assignment(ctx, tx, *id, (queue, Some(*to), None))
                    .await?;
                fates.push((id.uuid(), "undone", None));
            }
        }
        Ok(fates)
    }

    async fn trace_assignment(
        &self,
        ctx: &Ctx,
        tx: &mut Tx,
        claimant: ClaimantId,
        (queue, from, to): (&str, Option<Uuid>, Option<Uuid>),
    ) -> AppResult<()> {
        let association = AssociationId::new(self.row.association_id);
        let entry = Entry::new(claimant, association, Actor::Staff(self.by), "assign");
        let entry = entry.with(json!({
            "queue": queue, "to": to, "from": from, "due_on": null, "bulk": self.row.id,
        }));
        audit::append(ctx, tx, self.scope, entry).await
    }

    /// The same id every time: a message goes to a claimant once.
    fn message(&self, ctx: &Ctx, row: &ClaimantRow) -> OutboxRow {
        let place = format!("{}|{}", self.row.id, row.id);
        let id = token::uuid_v8(ctx.keyring.index.platform_hash("bulk message", &place));
        let payload = json!({ "bulk": self.row.id });
        let domain = row.contact_domain.as_deref();
        let mut mail = outbox_row(ctx, row, "message", id, payload, domain);
        mail.priority = LAST;
        mail.expires_at = ctx.clock.now() + Duration::days(MESSAGE_DAYS);
        mail
    }
}
