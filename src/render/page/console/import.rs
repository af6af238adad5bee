//! Imports of earlier lists: the register with the form for another, and one of them.

use askama::Template;
use chrono::{DateTime, NaiveDate, Utc};

use super::Console;
use crate::render::import::ReportLine;
use crate::render::page::Errors;

/// An import in the register.
#[derive(Debug, Clone, Default)]
pub struct ImportLine {
    /// The import.
    pub id: String,
    /// Which list it is.
    pub source: String,
    /// Who uploaded it.
    pub uploaded_by: String,
    /// When, UTC.
    pub created_at: DateTime<Utc>,
    /// Word of its state.
    pub state: &'static str,
    /// Rows of the list.
    pub rows: u64,
    /// Rows of the newest round that were worked off.
    pub done: u64,
    /// Rows that made a claimant, or would.
    pub created: u64,
    /// Rows whose people are here.
    pub known: u64,
    /// Rows refused.
    pub refused: u64,
}

/// `GET /console/cases/{slug}/imports?cursor=`; POST to the same path uploads a list.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/imports.html")]
pub struct ImportsPage {
    /// Around the content.
    pub console: Console,
    /// The case.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// Newest first.
    pub lines: Vec<ImportLine>,
    /// Cursor of the next page.
    pub next: Option<String>,
    /// Whether the actor may upload one.
    pub can_import: bool,
    /// As typed.
    pub source: String,
    /// As typed.
    pub listed_on: String,
    /// What was refused.
    pub errors: Errors,
}

impl ImportsPage {
    /// Id and sentence of what is wrong with the file.
    pub fn file_error(&self) -> Option<(String, String)> {
        let all = self.errors.all(self.console.chrome.text());
        all.into_iter().find(|(id, _)| id.starts_with("file"))
    }
}

/// A column of the list.
#[derive(Debug, Clone)]
pub struct ColumnChoice {
    /// As spreadsheets name it.
    pub letter: String,
    /// Its header.
    pub header: String,
    /// Word of what it holds; empty for nothing.
    pub field: &'static str,
    /// What stands in its first filled cell, empty for who may not see it; none: the first rows have nothing.
    pub sample: Option<String>,
}

/// `GET /console/imports/{id}`; POST to `/check {columns[]}`, `/start`, `/cancellation`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/import_one.html")]
pub struct OneImportPage {
    /// Around the content.
    pub console: Console,
    /// The case.
    pub slug: String,
    /// As in the register.
    pub line: ImportLine,
    /// Day until which the list was collected.
    pub listed_on: NaiveDate,
    /// SHA-256 of the file, hex.
    pub sha256: String,
    /// Its columns; none once the rows are deleted.
    pub columns: Vec<ColumnChoice>,
    /// Words of all fields.
    pub fields: Vec<&'static str>,
    /// Who had it imported, and when, UTC.
    pub started: Option<(String, DateTime<Utc>)>,
    /// When it ended, UTC.
    pub finished_at: Option<DateTime<Utc>>,
    /// Until when rows and report are kept, UTC.
    pub expires_at: DateTime<Utc>,
    /// Whether they are there.
    pub is_kept: bool,
    /// Word for why it failed, or empty.
    pub failure: String,
    /// The first lines that were not taken.
    pub problems: Vec<ReportLine>,
    /// Whether the actor may act.
    pub can_act: bool,
    /// Whether the second factor is fresh.
    pub stepped_up: bool,
    /// What was refused.
    pub errors: Errors,
}

impl OneImportPage {
    /// Whether the worker is at it.
    pub fn is_under_way(&self) -> bool {
        matches!(self.line.state, "checking" | "running")
    }

    /// Whether its columns can be told.
    pub fn takes_columns(&self) -> bool {
        self.can_act && self.is_kept && matches!(self.line.state, "uploaded" | "checked")
    }

    /// Whether it can be called off.
    pub fn can_cancel(&self) -> bool {
        self.can_act
            && matches!(
                self.line.state,
                "uploaded" | "checking" | "checked" | "running"
            )
    }

    /// Whether there is a report.
    pub fn has_report(&self) -> bool {
        self.is_kept && self.line.done > 0
    }
}
