//! A rejection may touch others: who waits for what the record holds. So each has a turn of its own, with the locks of
//! every rejection, and the action is locked after them.

use serde_json::json;

use super::turn::{SCOPE, Turn};
use super::{state_of, subjects};
use crate::app::clash::{self, Reach};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::rejection::{self, Told};
use crate::app::trail::Deed;
use crate::db::bulk::{self as db, BulkRow, MemberRow};
use crate::db::claimant::ClaimantRow;
use crate::db::{Conn, Scope, Tx};
use crate::domain::bulk::{BulkAct, BulkState, Passed, judge};
use crate::domain::ids::{AssociationId, ClaimantId, StaffId};
use crate::domain::rejection::RejectionCode;

/// Gives the next record of an action its turn; `tx` holds the action.
pub(super) async fn turn(ctx: &Ctx, mut tx: Tx, row: &BulkRow, act: &BulkAct) -> AppResult<Turn> {
    let BulkAct::Reject { code, words } = act else {
        return Err(AppError::internal("a rejection that is none"));
    };
    let Some(next) = next(&mut tx, row).await? else {
        let over = Some(BulkState::Done.as_str());
        let now = ctx.clock.now();
        db::mark_progress(&mut tx, SCOPE, row.id, (None, 0, 0), over, now).await?;
        tx.commit().await?;
        return Ok(Turn::Went(row.id));
    };
    tx.commit().await?;
    let claimant = ClaimantId::new(next.claimant_id);
    let tx = ctx.pools.begin(clash::SCOPE).await?;
    let (mut tx, locked) = clash::lock_touched(ctx, tx, &Reach::of(claimant)).await?;
    tx.enter(SCOPE).await?;
    // stopped, or given this turn by another process, while we waited for the locks
    let Some(row) = db::lock(&mut tx, SCOPE, row.id).await? else {
        return Ok(Turn::Nothing);
    };
    let is_next =
        self::next(&mut tx, &row).await?.map(|it| it.claimant_id) == Some(next.claimant_id);
    if state_of(&row)? != BulkState::Running || !is_next {
        return Ok(Turn::Went(row.id));
    }
    let record = locked.into_iter().find(|it| it.id == next.claimant_id);
    let passed = match record {
        Some(record) => {
            let what = (&record, next.basis.as_deref());
            one(ctx, &mut tx, (&row, act), what, (*code, words)).await?
        }
        None => return Ok(Turn::Went(row.id)),
    };
    tx.enter(SCOPE).await?;
    let (fate, done, over) = match passed {
        None => ("done", 1, 0),
        Some(_) => ("passed", 0, 1),
    };
    let fates = [(next.claimant_id, fate, passed.map(Passed::as_str))];
    db::mark_members(&mut tx, SCOPE, row.id, &fates).await?;
    let moved = (Some(next.claimant_id), done, over);
    db::mark_progress(&mut tx, SCOPE, row.id, moved, None, ctx.clock.now()).await?;
    tx.commit().await?;
    Ok(Turn::Went(row.id))
}

/// The record whose turn is next.
async fn next(conn: &mut Conn, row: &BulkRow) -> AppResult<Option<MemberRow>> {
    let place = (AssociationId::new(row.association_id), row.id);
    let mut found =
        db::list_members(conn, SCOPE, place, Some("waiting"), row.done_up_to, 1).await?;
    Ok(found.pop())
}

/// Rejects a locked record that still fits; else gives why it is passed over.
async fn one(
    ctx: &Ctx,
    tx: &mut Tx,
    (row, act): (&BulkRow, &BulkAct),
    (record, basis): (&ClaimantRow, Option<&str>),
    (code, words): (RejectionCode, &str),
) -> AppResult<Option<Passed>> {
    let association = AssociationId::new(row.association_id);
    let scope = Scope::Association(association);
    tx.enter(scope).await?;
    let records = std::slice::from_ref(record);
    let subjects = subjects(ctx, tx, scope, (association, act), records).await?;
    let fits = subjects.first().map(|subject| judge(act, subject));
    if let Some(Err(why)) = fits {
        return Ok(Some(why));
    }
    // what came in since somebody looked is for a person to read
    let now = db::list_bases(tx, scope, &[record.id]).await?.pop();
    if now.as_ref().map(|(_, now)| now.as_str()) != basis {
        return Ok(Some(Passed::Changed));
    }
    let told = Told {
        code,
        bulk: Some(row.id),
    };
    let (before, after) = rejection::reject_locked(ctx, tx, scope, record, told).await?;
    let deed = Deed {
        subject: record.id,
        association: Some(association),
        actor: Some(StaffId::new(row.created_by)),
        action: "reject",
        change: Some((before.as_str(), after.as_str())),
        detail: json!({ "code": code.as_str(), "bulk": row.id, "approved_by": row.decided_by }),
        note: Some(words.as_bytes()),
    };
    deed.write(ctx, tx, scope).await?;
    Ok(None)
}
