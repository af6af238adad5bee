//! A list is tried or imported: by a worker, part by part, so that its lease is renewed in between, and by
//! another if the first is gone.
//!
//! Each part is one transaction with its report and the place it came to: a round goes on after its last whole
//! part. Whoever was thought to be gone and is not finds at its next part that another began, and leaves.

use std::collections::HashSet;

use chrono::TimeDelta;
use serde_json::json;
use uuid::Uuid;

use super::{Of, fields, part, parts, takes_sign_ups};
use crate::app::claimant_list::{self, OwnCase};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::shelf::Shelf;
use crate::app::trail::Deed;
use crate::db::import::{self, Attempt, ImportRow};
use crate::db::{Scope, Tx};
use crate::domain::ids::{CaseId, ImportId};
use crate::domain::import::{Field, KEPT_DAYS};

pub(super) const SCOPE: Scope = Scope::System("earlier lists to be imported");

/// Attempts in a row that bring nothing further.
const MOST_FAILURES: i32 = 20;

/// A list that is being tried or imported.
pub struct Job {
    pub(super) ctx: Ctx,
    pub(super) of: Of,
    pub(super) row: ImportRow,
    pub(super) attempt: Attempt,
    pub(super) mapping: Vec<Option<Field>>,
    shelf: Shelf,
    next: i32,
    /// Contacts met while it is tried: nothing is written that would tell.
    pub(super) met: HashSet<Uuid>,
}

/// How a job stands after a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// There is more to do.
    More,
    /// The round is over.
    Over,
    /// Nothing more is to be done: it was called off, or another began it anew.
    Gone,
}

impl Job {
    /// Begins with the next list; `None` if none waits. One being tried is begun anew.
    ///
    /// # Errors
    /// `Unavailable` if database or blob store cannot be reached.
    pub async fn begin(ctx: &Ctx) -> AppResult<Option<Self>> {
        let mut tx = ctx.pools.begin(SCOPE).await?;
        let Some(row) = import::find_due(&mut tx, SCOPE).await? else {
            return Ok(None);
        };
        let Some(attempt) = import::mark_begun(&mut tx, SCOPE, &row).await? else {
            return Ok(None);
        };
        let of = Of::row(&row);
        let mut next = row.batch_done;
        if attempt.state == "checking" {
            tx.enter(of.scope()).await?;
            import::restart_check(&mut tx, of.scope(), attempt).await?;
            next = 0;
        }
        tx.commit().await?;
        if row.failures >= MOST_FAILURES {
            fail(ctx, of, attempt, "attempts").await?;
            return Ok(None);
        }
        let shelf = match parts::shelf(ctx, &row).await {
            Err(error @ AppError::Unavailable(_)) => return Err(error),
            Err(_) | Ok(None) => {
                fail(ctx, of, attempt, "rows").await?;
                return Ok(None);
            }
            Ok(Some(shelf)) => shelf,
        };
        Ok(Some(Self {
            ctx: ctx.clone(),
            of,
            attempt,
            mapping: fields(&row.mapping),
            row,
            shelf,
            next,
            met: HashSet::new(),
        }))
    }

    /// Whether one waits. Changes nothing.
    ///
    /// # Errors
    /// `Unavailable` if the database cannot be reached.
    pub async fn is_due(ctx: &Ctx) -> AppResult<bool> {
        let mut tx = ctx.pools.begin(SCOPE).await?;
        let due = import::find_due(&mut tx, SCOPE).await?;
        tx.commit().await?;
        Ok(due.is_some())
    }

    /// The import.
    pub fn id(&self) -> ImportId {
        self.of.id
    }

    /// Works off a part.
    ///
    /// # Errors
    /// `Unavailable` if database or blob store cannot be reached, or a lock was in the way: it is begun again
    /// then. Any other fault ends the import as failed, and is given too.
    pub async fn step(&mut self) -> AppResult<Step> {
        let done = Box::pin(self.progress()).await;
        if let Err(error) = &done
            && !matches!(error, AppError::Unavailable(_))
        {
            let word = match error {
                AppError::IllegalTransition(_) | AppError::NotFound => "closed",
                _ => "fault",
            };
            fail(&self.ctx, self.of, self.attempt, word).await?;
        }
        done
    }

    async fn progress(&mut self) -> AppResult<Step> {
        if self.next >= self.row.batch_total {
            return self.finish().await;
        }
        let directory = self.ctx.directories.get(&self.ctx).await?;
        let own = self.own().await?;
        let rows = parts::get(&self.shelf, self.next).await?;
        let written = part::work_off(self, &directory, &own, self.next, rows).await?;
        if !written {
            return Ok(Step::Gone);
        }
        self.next += 1;
        Ok(Step::More)
    }

    /// The case, as long as it takes sign-ups.
    async fn own(&self) -> AppResult<OwnCase> {
        let case = CaseId::new(self.row.case_id);
        let own = claimant_list::case_of(&self.ctx, self.of.association, case).await?;
        takes_sign_ups(&own)?;
        Ok(own)
    }

    async fn finish(&self) -> AppResult<Step> {
        let (ctx, of, scope) = (&self.ctx, self.of, self.of.scope());
        let now = ctx.clock.now();
        let end = now + TimeDelta::days(KEPT_DAYS);
        let mut tx = ctx.pools.begin(scope).await?;
        let over = match self.attempt.state {
            "running" => ("done", None, Some(now)),
            _ => ("checked", None, None),
        };
        if !import::mark_round_over(&mut tx, scope, self.attempt, over, end).await? {
            return Ok(Step::Gone);
        }
        if self.attempt.state == "running" {
            let row = import::get(&mut tx, scope, of.association, of.id).await?;
            let counts = json!({
                "created": row.created_count,
                "known": row.known_count,
                "refused": row.refused_count,
            });
            of.deed("import_finished", counts)
                .write(ctx, &mut tx, scope)
                .await?;
        }
        tx.commit().await?;
        Ok(Step::Over)
    }

    /// As whom and what a record is imported.
    pub(super) fn is_import(&self) -> bool {
        self.attempt.state == "running"
    }

    /// Notes a part in the transaction that wrote it; false once the attempt is over.
    pub(super) async fn note(
        &self,
        tx: &mut Tx,
        number: i32,
        (counts, lines): (import::Counts, serde_json::Value),
    ) -> AppResult<bool> {
        let scope = self.of.scope();
        if !import::mark_progress(tx, scope, self.attempt, number, counts).await? {
            return Ok(false);
        }
        let report = import::ReportRow {
            import_id: self.row.id,
            round: if self.is_import() { "import" } else { "check" }.to_owned(),
            number,
            association_id: self.row.association_id,
            lines,
        };
        import::insert_report(tx, scope, &report).await?;
        Ok(true)
    }
}

async fn fail(ctx: &Ctx, of: Of, attempt: Attempt, word: &'static str) -> AppResult<()> {
    let now = ctx.clock.now();
    let end = now + TimeDelta::days(KEPT_DAYS);
    let mut tx = ctx.pools.begin(of.scope()).await?;
    let over = ("failed", Some(word), Some(now));
    if import::mark_round_over(&mut tx, of.scope(), attempt, over, end).await? {
        of.deed("import_failed", json!({ "reason": word }))
            .write(ctx, &mut tx, of.scope())
            .await?;
    }
    Ok(tx.commit().await?)
}

impl Of {
    /// Something done for who asked.
    fn deed<'a>(self, action: &'static str, detail: serde_json::Value) -> Deed<'a> {
        Deed {
            subject: self.id.uuid(),
            association: Some(self.association),
            actor: Some(self.staff),
            action,
            change: None,
            detail,
            note: None,
        }
    }
}

impl std::fmt::Debug for Job {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Job({})", self.id())
    }
}
