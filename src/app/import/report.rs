//! What became of each row: lines, columns and reasons, and whom it made. Nothing that stood in a cell.

use std::collections::VecDeque;

use futures_util::stream::{self, BoxStream, StreamExt};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::parts;
use super::table::letters;
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::staff::StaffActor;
use crate::db::Scope;
use crate::db::import::{self, ImportRow};
use crate::domain::field::pointer_token;
use crate::domain::ids::{AssociationId, ClaimantId, ImportId};
use crate::domain::import::{Field, Outcome, Wrong};
use crate::domain::permission::operation;
use crate::domain::reference::Reference;
use crate::render::import::{ReportLine, head, lines};
use crate::render::text::Text;

/// Parts read at a time.
const AT_ONCE: i64 = 10;

/// What became of a row.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Line {
    /// Line of the file, from 1.
    pub line: u32,
    /// What became of it.
    pub outcome: Outcome,
    /// Whom it made, or who is here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimant: Option<Uuid>,
    /// What is wrong with it, or where it was taken what somebody should look at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wrong: Vec<Wrong>,
}

impl Line {
    pub(super) const fn known(line: u32, outcome: Outcome, claimant: Option<Uuid>) -> Self {
        Self {
            line,
            outcome,
            claimant,
            wrong: Vec::new(),
        }
    }

    pub(super) fn created(line: u32, claimant: Option<Uuid>, doubts: Vec<Wrong>) -> Self {
        Self {
            wrong: doubts,
            ..Self::known(line, Outcome::Created, claimant)
        }
    }

    pub(super) const fn refused(line: u32, wrong: Vec<Wrong>) -> Self {
        Self {
            line,
            outcome: Outcome::Refused,
            claimant: None,
            wrong,
        }
    }
}

/// The report of an import as a file.
pub struct Report {
    /// Its name, ASCII.
    pub name: String,
    /// Its bytes. An error ends it early; the connection must be cut then.
    pub bytes: BoxStream<'static, AppResult<Vec<u8>>>,
}

/// The report of the newest round as CSV, in the words of a language.
///
/// # Errors
/// `Forbidden`; `NotFound`; `IllegalTransition` if there is none yet, or no more.
pub async fn report(ctx: &Ctx, actor: &StaffActor, id: ImportId, text: Text) -> AppResult<Report> {
    actor.require(&operation::IMPORT_REPORT)?;
    let (row, columns) = opened(ctx, actor, id).await?;
    let reading = Reading {
        ctx: ctx.clone(),
        columns,
        text,
        begun: false,
        next: 0,
        row,
    };
    Ok(Report {
        name: format!("importazione-{id}.csv"),
        bytes: stream::try_unfold(reading, Reading::next).boxed(),
    })
}

/// The first lines of the newest round that were not taken or that somebody should look at, refused ones before
/// those already here; at most `limit`, of the first rows of the list. As the report says it.
///
/// # Errors
/// As [`report`].
pub async fn first_lines(
    ctx: &Ctx,
    actor: &StaffActor,
    id: ImportId,
    text: Text,
    limit: usize,
) -> AppResult<Vec<ReportLine>> {
    actor.require(&operation::IMPORT_REPORT)?;
    let (row, columns) = opened(ctx, actor, id).await?;
    let (mut refused, mut doubtful, mut known) =
        (VecDeque::new(), VecDeque::new(), VecDeque::new());
    for line in read(ctx, &row, 0).await?.1 {
        match line.outcome {
            Outcome::Created if line.wrong.is_empty() => {}
            Outcome::Created => doubtful.extend(told(&line, &columns, text)),
            Outcome::Refused => refused.extend(told(&line, &columns, text)),
            _ => known.extend(told(&line, &columns, text)),
        }
    }
    refused.append(&mut doubtful);
    refused.append(&mut known);
    refused.truncate(limit);
    Ok(refused.into())
}

/// The import and what its columns are called.
async fn opened(
    ctx: &Ctx,
    actor: &StaffActor,
    id: ImportId,
) -> AppResult<(ImportRow, Vec<(String, Option<Field>)>)> {
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = import::get(&mut tx, scope, actor.association_id(), id).await?;
    tx.commit().await?;
    let shelf = parts::shelf(ctx, &row).await?;
    let shelf = shelf.ok_or(AppError::IllegalTransition("import_deleted"))?;
    if row.row_done == 0 {
        return Err(AppError::IllegalTransition("import_not_checked"));
    }
    let headers = parts::headers(&shelf).await?;
    let columns = headers.into_iter().zip(super::fields(&row.mapping));
    Ok((row, columns.collect()))
}

/// Where the next parts begin, and the lines of these.
async fn read(ctx: &Ctx, row: &ImportRow, from: i32) -> AppResult<(i32, Vec<Line>)> {
    let association = AssociationId::new(row.association_id);
    let scope = Scope::Association(association);
    let round = match row.started_at {
        Some(_) => "import",
        None => "check",
    };
    let place = (ImportId::new(row.id), round);
    let mut tx = ctx.pools.begin(scope).await?;
    let parts = import::list_reports(&mut tx, scope, association, place, from, AT_ONCE).await?;
    tx.commit().await?;
    let next = parts.last().map_or(from, |part| part.number + 1);
    let mut all = Vec::new();
    for part in parts {
        let lines: Vec<Line> = serde_json::from_value(part.lines).map_err(AppError::internal)?;
        all.extend(lines);
    }
    Ok((next, all))
}

struct Reading {
    ctx: Ctx,
    row: ImportRow,
    columns: Vec<(String, Option<Field>)>,
    text: Text,
    begun: bool,
    next: i32,
}

impl Reading {
    async fn next(mut self) -> AppResult<Option<(Vec<u8>, Self)>> {
        if !self.begun {
            self.begun = true;
            let bytes = head(self.text).map_err(AppError::internal)?;
            return Ok(Some((bytes, self)));
        }
        let (next, read) = read(&self.ctx, &self.row, self.next).await?;
        if read.is_empty() {
            return Ok(None);
        }
        self.next = next;
        let told: Vec<ReportLine> = read
            .iter()
            .flat_map(|line| told(line, &self.columns, self.text))
            .collect();
        let bytes = lines(&told).map_err(AppError::internal)?;
        Ok(Some((bytes, self)))
    }
}

/// A line in words, once for each thing that is wrong.
fn told(line: &Line, columns: &[(String, Option<Field>)], text: Text) -> Vec<ReportLine> {
    let reference = line.claimant.map(|id| Reference::of(ClaimantId::new(id)));
    let bare = ReportLine {
        line: line.line,
        outcome: line.outcome.as_str(),
        said: text.word("import-outcome", line.outcome.as_str()),
        reference: reference
            .map(|reference| reference.grouped())
            .unwrap_or_default(),
        column: String::new(),
        header: String::new(),
        reason: String::new(),
    };
    if line.wrong.is_empty() {
        return vec![bare];
    }
    let wrong = line.wrong.iter().map(|wrong| {
        let column = wrong
            .column
            .and_then(|place| Some((place, columns.get(place)?)));
        let field = column.and_then(|(_, (_, field))| *field);
        let pointer = format!("/{}", pointer_token(field.map_or("row", Field::as_str)));
        ReportLine {
            column: column.map(|(place, _)| letters(place)).unwrap_or_default(),
            header: column
                .map(|(_, (header, _))| header.clone())
                .unwrap_or_default(),
            reason: crate::render::error_text::message(text, &pointer, &wrong.reason),
            ..bare.clone()
        }
    });
    wrong.collect()
}
