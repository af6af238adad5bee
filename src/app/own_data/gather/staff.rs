//! What staff looked at, asked for, checked in samples and have in hand.

use serde_json::{Value, json};

use super::AT_ONCE;
use crate::app::ctx::Ctx;
use crate::app::error::AppResult;
use crate::app::own_history;
use crate::db::assignment::{self, AssignmentRow};
use crate::db::claimant::ClaimantRow;
use crate::db::deficiency::{self, DeficiencyRow};
use crate::db::sample_check::{self, MemberRow};
use crate::db::{Conn, Scope};
use crate::domain::ids::ClaimantId;

/// Who looked at the record, lists and archives with it.
pub(super) async fn looks(ctx: &Ctx, conn: &mut Conn, row: &ClaimantRow) -> AppResult<Value> {
    let mut all = Vec::new();
    let mut before = None;
    loop {
        let part = own_history::views_of(ctx, conn, row, before, AT_ONCE).await?;
        all.extend(
            part.items
                .into_iter()
                .map(|view| json!({ "at": view.at, "role": view.role, "what": view.what })),
        );
        before = part.next;
        if before.is_none() {
            return Ok(Value::Array(all));
        }
    }
}

/// Letters that the claimant was asked for.
pub(super) async fn asked_for(
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
) -> AppResult<Value> {
    let rows = deficiency::list(conn, scope, claimant).await?;
    let line = |row: &DeficiencyRow| {
        json!({
            "letter": row.letter, "asked_at": row.asked_at, "due_on": row.due_on, "told_by": row.told,
            "overdue_at": row.overdue_at, "cured_at": row.cured_at,
        })
    };
    Ok(rows.iter().map(line).collect())
}

/// Samples the record was drawn in. What a finding says stays out: it may tell of somebody else (R30, R55).
pub(super) async fn sample_checks(
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
) -> AppResult<Value> {
    let rows = sample_check::list_of_claimant(conn, scope, claimant.uuid()).await?;
    let line = |row: &MemberRow| json!({ "result": row.result, "checked_at": row.checked_at });
    Ok(rows.iter().map(line).collect())
}

/// Which lists of the staff the record is worked on.
pub(super) async fn worked_on(
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
) -> AppResult<Value> {
    let rows = assignment::list_of_subject(conn, scope, claimant.uuid()).await?;
    let line = |row: &AssignmentRow| json!({ "list": row.queue, "since": row.assigned_at, "due_on": row.due_on, "until": row.lease_until });
    Ok(rows.iter().map(line).collect())
}
