//! An export is made: by a worker, step by step, so that its lease is renewed in between, and by another if the
//! first is gone.
//!
//! An attempt has a number. Whoever was thought to be gone and is not finds at its next step that another began,
//! or that the export was called off, and leaves. A list is begun anew, a dossier goes on with its next volume.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

use super::documents::Documents;
use super::dossier::Dossier;
use super::line::Facts;
use super::list::List;
use super::outlet::Whole;
use super::plan::{self, Freezing, Member};
use super::run::Read;
use super::shelf::{self, Shelf};
use super::trace::{Of, described};
use super::{chosen, filter_of, reviewed};
use crate::app::claimant_list;
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::crypto::sha256;
use crate::db::claimant_list as rows;
use crate::db::export::{self, Attempt, ExportFileRow, ExportRow};
use crate::db::{DbError, Scope, Tx};
use crate::domain::audit::action;
use crate::domain::export::{Columns, Format, KEPT_DAYS};
use crate::domain::ids::{CaseId, ExportId};
use crate::render::csv::Dialect;

const SCOPE: Scope = Scope::System("exports to be made");

/// Attempts of one export: what brings a worker down each time is not begun for ever.
const MOST_ATTEMPTS: i32 = 20;

/// Exports that are made one after the other. Lists do not wait behind dossiers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lane {
    /// CSV and workbooks: minutes at most.
    Lists,
    /// Signed documents and dossiers: up to half an hour.
    Documents,
}

impl Lane {
    /// Every lane.
    pub const ALL: [Self; 2] = [Self::Lists, Self::Documents];

    /// Name of its lease.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lists => "export lists",
            Self::Documents => "export documents",
        }
    }

    fn formats(self) -> Vec<&'static str> {
        let formats = Format::ALL.into_iter();
        let formats = formats.filter(|format| format.is_list() == (self == Self::Lists));
        formats.map(Format::as_str).collect()
    }
}

/// An export that is being made.
pub struct Job {
    making: Making,
    row: ExportRow,
    work: Work,
}

enum Work {
    Freezing(Box<Freezing>),
    List(Box<List>),
    Documents(Box<Documents>),
    Dossier(Box<Dossier>),
}

/// How a job stands after a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// There is more to do.
    More,
    /// It can be fetched.
    Made,
    /// Nothing more is to be done: it was called off, or another began it anew.
    Gone,
}

/// What a step of the work came to.
pub(super) enum Progress {
    /// There is more to do.
    More,
    /// As [`Step::Gone`].
    Gone,
    /// All of it is written: the last file, and the hash for the register.
    Done(Whole, Vec<u8>),
}

/// What every step needs.
pub(super) struct Making {
    pub(super) ctx: Ctx,
    pub(super) of: Of,
    pub(super) attempt: Attempt,
    pub(super) shelf: Shelf,
    pub(super) facts: Arc<Facts>,
    pub(super) columns: Columns,
    pub(super) recipients: Vec<String>,
    /// Claimants on the frozen list.
    pub(super) total: u64,
    /// The moment it shows.
    pub(super) snapshot_at: DateTime<Utc>,
}

impl Job {
    /// Begins the next export of a lane; `None` if there is none. Audited as `export_started`.
    ///
    /// # Errors
    /// `Unavailable` if the database cannot be reached.
    pub async fn begin(ctx: &Ctx, lane: Lane) -> AppResult<Option<Self>> {
        let now = ctx.clock.now();
        let mut tx = ctx.pools.begin(SCOPE).await?;
        let Some(row) = export::find_due(&mut tx, SCOPE, &lane.formats()).await? else {
            return Ok(None);
        };
        let of = Of::row(&row);
        let kept = match shelf::open(ctx, &row).await {
            Err(error @ AppError::Unavailable(_)) => return Err(error),
            // what was sealed with it is lost: whatever needs it fails this export, not the lane
            Err(_) => None,
            Ok(kept) => kept,
        };
        let (shelf, wrapped, version) = match kept {
            Some(shelf) => {
                let wrapped = row.key_wrapped.clone().unwrap_or_default();
                (shelf, wrapped, row.key_version.unwrap_or_default())
            }
            None => shelf::create(ctx, of.association, of.id).await?,
        };
        let begun = export::mark_begun(&mut tx, SCOPE, &row, (&wrapped, version), now).await?;
        let Some(attempt) = begun else {
            return Ok(None);
        };
        tx.enter(of.scope()).await?;
        let mut deed = of.deed("export_started");
        deed.detail = described(&row);
        deed.write(ctx, &mut tx, of.scope()).await?;
        tx.commit().await?;
        let opened = Self::open(ctx, &row, attempt, shelf).await;
        match opened {
            Ok(job) if attempt.number <= MOST_ATTEMPTS => Ok(Some(job)),
            Ok(_) => {
                give_up(ctx, of, attempt, "attempts").await?;
                Ok(None)
            }
            Err(error) => {
                fail(ctx, of, attempt, &error).await?;
                Err(error)
            }
        }
    }

    /// Whether one waits in a lane. Changes nothing.
    ///
    /// # Errors
    /// `Unavailable` if the database cannot be reached.
    pub async fn is_due(ctx: &Ctx, lane: Lane) -> AppResult<bool> {
        let mut tx = ctx.pools.begin(SCOPE).await?;
        let due = export::find_due(&mut tx, SCOPE, &lane.formats()).await?;
        tx.commit().await?;
        Ok(due.is_some())
    }

    async fn open(ctx: &Ctx, row: &ExportRow, attempt: Attempt, shelf: Shelf) -> AppResult<Self> {
        let of = Of::row(row);
        let own = claimant_list::case_of(ctx, of.association, CaseId::new(row.case_id)).await?;
        let format = Format::parse(&row.format).ok_or(DbError::Corrupt("exports.format"))?;
        let dialect = dialect(&row.dialect, format)?;
        let wanted = (format, reviewed::are_left_out(&row.filter));
        let selection = chosen(ctx, of.association, &own, &filter_of(&row.filter), wanted);
        let mut tx = ctx.pools.begin(of.scope()).await?;
        let facts = Facts::read(&mut tx, of.scope(), own, row.clear, dialect).await?;
        let files = export::list_files(&mut tx, of.scope(), of.association, &[row.id]).await?;
        tx.commit().await?;
        let frozen = row.snapshot_at.zip(row.row_total);
        let mut making = Making {
            ctx: ctx.clone(),
            of,
            attempt,
            shelf,
            facts: Arc::new(facts),
            columns: Columns::parse(&row.column_set)
                .ok_or(DbError::Corrupt("exports.column_set"))?,
            recipients: row.recipients.clone(),
            total: 0,
            snapshot_at: ctx.clock.now(),
        };
        let work = if let Some((at, total)) = frozen {
            making.snapshot_at = at;
            making.total = u64::try_from(total).map_err(AppError::internal)?;
            begun(&making, format, files)?
        } else {
            let freezing = Freezing::begin(ctx, of.scope(), selection).await?;
            Work::Freezing(Box::new(freezing))
        };
        Ok(Self {
            making,
            row: row.clone(),
            work,
        })
    }

    /// The export.
    pub fn id(&self) -> ExportId {
        self.making.of.id
    }

    /// Does a part of the work: some seconds at most.
    ///
    /// # Errors
    /// `Unavailable` if database or blob store cannot be reached: it is begun again then. Any other fault
    /// ends the export as failed, and is given too.
    pub async fn step(&mut self) -> AppResult<Step> {
        let done = match Box::pin(self.progress()).await {
            Ok(progress) => self.settle(progress).await,
            Err(error) => Err(error),
        };
        if let Err(error) = &done {
            fail(&self.making.ctx, self.making.of, self.making.attempt, error).await?;
        }
        done
    }

    async fn progress(&mut self) -> AppResult<Progress> {
        match &mut self.work {
            Work::Freezing(freezing) => {
                let Some(total) = freezing.step(&self.making.shelf).await? else {
                    return Ok(Progress::More);
                };
                freezing.note_reviewed(&mut self.row.filter).await?;
                self.frozen(total).await
            }
            Work::List(list) => list.step(&self.making).await,
            Work::Documents(documents) => documents.step(&self.making).await,
            Work::Dossier(dossier) => Box::pin(dossier.step(&self.making)).await,
        }
    }

    /// Notes the frozen list, and goes over to the work itself.
    async fn frozen(&mut self, total: u64) -> AppResult<Progress> {
        let making = &mut self.making;
        making.total = total;
        let count = i64::try_from(total).map_err(AppError::internal)?;
        let (scope, at) = (making.of.scope(), making.snapshot_at);
        let mut tx = making.ctx.pools.begin(scope).await?;
        if !export::mark_frozen(
            &mut tx,
            scope,
            making.attempt,
            (count, &self.row.filter),
            at,
        )
        .await?
        {
            return Ok(Progress::Gone);
        }
        tx.commit().await?;
        let format = Format::parse(&self.row.format).ok_or(DbError::Corrupt("exports.format"))?;
        // the transaction of the moment ends here
        self.work = begun(making, format, Vec::new())?;
        Ok(Progress::More)
    }

    async fn settle(&mut self, progress: Progress) -> AppResult<Step> {
        let making = &self.making;
        match progress {
            Progress::More => Ok(Step::More),
            Progress::Gone => {
                if let Some(folder) = self.folder() {
                    making.shelf.delete(folder).await?;
                }
                Ok(Step::Gone)
            }
            Progress::Done(whole, sha256) => {
                let folder = whole.stored.folder;
                if making.made(&whole, &sha256).await? {
                    return Ok(Step::Made);
                }
                making.shelf.delete(folder).await?;
                Ok(Step::Gone)
            }
        }
    }

    /// Where the file lies that is being written.
    fn folder(&self) -> Option<Uuid> {
        match &self.work {
            Work::Freezing(_) => None,
            Work::List(list) => list.folder(),
            Work::Documents(documents) => documents.folder(),
            Work::Dossier(dossier) => dossier.folder(),
        }
    }
}

/// The work on a frozen list, from the first file that is not there yet.
fn begun(making: &Making, format: Format, files: Vec<ExportFileRow>) -> AppResult<Work> {
    Ok(match format {
        Format::Csv | Format::Xlsx => Work::List(Box::new(List::new(making, format)?)),
        Format::Zip => Work::Documents(Box::new(Documents::new(making)?)),
        Format::Dossier => Work::Dossier(Box::new(Dossier::new(making, files)?)),
    })
}

impl Making {
    /// Batches of the frozen list.
    pub(super) fn batches(&self) -> u64 {
        plan::batches(self.total)
    }

    /// Opens the transaction of a batch: those of its members who are not erased, with what they declared,
    /// all noted in the trail. `before` were written already. `None` once the attempt is over.
    pub(super) async fn batch(
        &self,
        members: Vec<Member>,
        before: u64,
    ) -> AppResult<Option<(Tx, Read)>> {
        let (of, scope) = (self.of, self.of.scope());
        let mut tx = self.ctx.pools.begin(scope).await?;
        let ids: Vec<Uuid> = members.iter().map(|member| member.row.id).collect();
        let named = plan::identities(&members);
        let belongings =
            rows::list_belongings_at(&mut tx, scope, of.association, &ids, &named).await?;
        let mut left: Vec<rows::ListRow> = members.into_iter().map(|member| member.row).collect();
        // who was erased has no key
        left.retain(|row| belongings.keys.iter().any(|key| key.claimant_id == row.id));
        let at = self.snapshot_at;
        let declarations =
            rows::list_declarations(&mut tx, scope, of.association, &left, at).await?;
        let count = u64::try_from(left.len()).map_err(AppError::internal)?;
        if !self.note(&mut tx, before + count).await? {
            return Ok(None);
        }
        let ids: Vec<Uuid> = left.iter().map(|row| row.id).collect();
        of.name_batch(&self.ctx, &mut tx, &ids).await?;
        let read = Read {
            rows: left,
            belongings,
            declarations,
        };
        Ok(Some((tx, read)))
    }

    /// Notes how many were written; `false` once the attempt is over.
    pub(super) async fn note(&self, tx: &mut Tx, rows: u64) -> AppResult<bool> {
        let rows = i64::try_from(rows).map_err(AppError::internal)?;
        let (scope, now) = (self.of.scope(), self.ctx.clock.now());
        Ok(export::mark_written(tx, scope, self.attempt, rows, now).await?)
    }

    /// Writes a volume that is whole; `false` once the attempt is over.
    pub(super) async fn keep(&self, whole: &Whole) -> AppResult<bool> {
        let scope = self.of.scope();
        let mut tx = self.ctx.pools.begin(scope).await?;
        if !self.note(&mut tx, whole.rows).await? {
            return Ok(false);
        }
        let row = whole.row(self.of, self.ctx.clock.now())?;
        export::insert_file(&mut tx, scope, &row).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn made(&self, whole: &Whole, sha256: &[u8]) -> AppResult<bool> {
        let scope = self.of.scope();
        let now = self.ctx.clock.now();
        let end = now + TimeDelta::days(KEPT_DAYS);
        let rows = i64::try_from(whole.rows).map_err(AppError::internal)?;
        let mut tx = self.ctx.pools.begin(scope).await?;
        let of_list = (rows, sha256);
        if !export::mark_made(&mut tx, scope, self.attempt, of_list, (now, end)).await? {
            return Ok(false);
        }
        let file = whole.row(self.of, now)?;
        export::insert_file(&mut tx, scope, &file).await?;
        let mut deed = self.of.deed(action::EXPORT_FINISHED);
        deed.detail = json!({ "rows": rows, "sha256": sha256::hex(sha256) });
        deed.write(&self.ctx, &mut tx, scope).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// Ends an export that cannot be made; what passes is tried again.
async fn fail(ctx: &Ctx, of: Of, attempt: Attempt, error: &AppError) -> AppResult<()> {
    if matches!(error, AppError::Unavailable(_)) {
        return Ok(());
    }
    give_up(ctx, of, attempt, "fault").await
}

async fn give_up(ctx: &Ctx, of: Of, attempt: Attempt, reason: &str) -> AppResult<()> {
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(of.scope()).await?;
    if export::mark_not_made(&mut tx, of.scope(), attempt, now).await? {
        let mut deed = of.deed(action::EXPORT_FAILED);
        deed.detail = json!({ "reason": reason });
        deed.write(ctx, &mut tx, of.scope()).await?;
    }
    Ok(tx.commit().await?)
}

/// Machines get the words of the wire; a workbook and documents are for people.
fn dialect(word: &str, format: Format) -> AppResult<Dialect> {
    if format != Format::Csv {
        return Ok(Dialect::Excel);
    }
    Ok(Dialect::parse(Some(word)).ok_or(DbError::Corrupt("exports.dialect"))?)
}

impl std::fmt::Debug for Job {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Job({})", self.id())
    }
}
