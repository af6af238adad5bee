//! Exports: the form that asks for one, the register, and one of them.

use askama::Template;
use chrono::{DateTime, Utc};

use super::Console;
use crate::render::page::Errors;

/// `GET /console/cases/{slug}/export`; POST to the same path asks for it.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/export.html")]
pub struct ExportPage {
    /// Around the content.
    pub console: Console,
    /// The case.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// The filter of the list, as a query; empty for all.
    pub list: String,
    /// The same in words: name of a part, word of its value.
    pub filter: Vec<(&'static str, String)>,
    /// True if the list was searched too, which an export is not.
    pub searched: bool,
    /// Records that a list would have.
    pub listed: u64,
    /// Those of them under review.
    pub listed_reviewed: u64,
    /// Records with a signature in force.
    pub signed: u64,
    /// Those of them under review.
    pub signed_reviewed: u64,
    /// Whether those under review are asked for where they are left out else.
    pub include_reviewed: bool,
    /// Words of all formats.
    pub formats: Vec<&'static str>,
    /// The format chosen.
    pub format: String,
    /// Words of all sets of columns.
    pub column_sets: Vec<&'static str>,
    /// The set chosen.
    pub columns: String,
    /// Whether it is asked for in clear.
    pub clear: bool,
    /// As typed, one a line.
    pub recipients: String,
    /// As typed.
    pub purpose: String,
    /// Whether the second factor is fresh.
    pub stepped_up: bool,
    /// What was refused.
    pub errors: Errors,
}

impl ExportPage {
    /// Whether anybody would be left out.
    pub const fn has_reviewed(&self) -> bool {
        self.listed_reviewed > 0
    }

    /// This page with its filter: where to go on after the second factor.
    pub fn back(&self) -> String {
        let mut back = format!("/console/cases/{}/export?format={}", self.slug, self.format);
        if !self.list.is_empty() {
            back.push('&');
            back.push_str(&self.list);
        }
        if self.searched {
            back.push_str("&searched=true");
        }
        back
    }
}

/// An export in the register.
#[derive(Debug, Clone, Default)]
pub struct ExportLine {
    /// The export.
    pub id: String,
    /// Word of the format.
    pub format: &'static str,
    /// Word of the set of columns; empty where it has no columns.
    pub columns: &'static str,
    /// In clear.
    pub clear: bool,
    /// Encrypted.
    pub encrypted: bool,
    /// What for; empty for a list that was streamed.
    pub purpose: String,
    /// Who asked for it.
    pub asked_by: String,
    /// When, UTC.
    pub created_at: DateTime<Utc>,
    /// Word of its state, for people.
    pub state: &'static str,
    /// Rows written.
    pub rows: Option<u64>,
    /// Rows it is about.
    pub rows_total: Option<u64>,
    /// SHA-256, hex.
    pub sha256: Option<String>,
    /// When it was fetched, UTC.
    pub fetched_at: Option<DateTime<Utc>>,
}

/// `GET /console/cases/{slug}/exports?cursor=`
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/exports.html")]
pub struct ExportsPage {
    /// Around the content.
    pub console: Console,
    /// The case.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// Those that wait for a word of the actor's, on the first page.
    pub waiting: Vec<ExportLine>,
    /// Newest first.
    pub lines: Vec<ExportLine>,
    /// Cursor of the next page.
    pub next: Option<String>,
    /// Whether the actor may ask for one.
    pub can_export: bool,
}

impl ExportsPage {
    /// The first characters of a hash.
    pub fn short(&self, hash: &str) -> String {
        let first: String = hash.chars().take(12).collect();
        format!("{first}…")
    }
}

/// A file of an export.
#[derive(Debug, Clone)]
pub struct ExportFileLine {
    /// From 1.
    pub number: i32,
    /// Its name.
    pub name: String,
    /// Its size in words.
    pub size: String,
    /// SHA-256, hex.
    pub sha256: String,
    /// When it was fetched, UTC.
    pub fetched_at: Option<DateTime<Utc>>,
}

/// `GET /console/exports/{id}`; POST to `/approval`, `/rejection {reason}`, `/cancellation`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/export_one.html")]
pub struct OneExportPage {
    /// Around the content.
    pub console: Console,
    /// The case.
    pub slug: String,
    /// As in the register.
    pub line: ExportLine,
    /// Parts of the filter in words: name of the part, word of the value; empty for all.
    pub filter: Vec<(&'static str, String)>,
    /// Records under review that were left out, where it is made to be filed.
    pub left_out: Option<u64>,
    /// Whether they were asked for there.
    pub includes_reviewed: bool,
    /// Who approved or refused it, and when, UTC.
    pub decided: Option<(String, DateTime<Utc>)>,
    /// Why it was refused.
    pub refused_because: Option<String>,
    /// The moment it shows, UTC.
    pub snapshot_at: Option<DateTime<Utc>>,
    /// When it ended, UTC.
    pub finished_at: Option<DateTime<Utc>>,
    /// Until when it can be decided about or fetched, UTC.
    pub expires_at: Option<DateTime<Utc>>,
    /// Its files.
    pub files: Vec<ExportFileLine>,
    /// Whether the actor asked for it.
    pub is_own: bool,
    /// Whether the actor may decide about it.
    pub can_decide: bool,
    /// Whether the actor may call it off.
    pub can_cancel: bool,
    /// Who asked for it and alone can fetch it, with the role.
    pub asked_by: String,
    /// When the file had been fetched that was tried for again now, UTC.
    pub already_fetched: Option<DateTime<Utc>>,
    /// Whether the actor may ask for it once more.
    pub can_repeat: bool,
    /// Whether the second factor is fresh.
    pub stepped_up: bool,
    /// The reason as typed.
    pub reason: String,
    /// What was refused.
    pub errors: Errors,
}

impl OneExportPage {
    /// Whether files can be fetched now.
    pub fn is_ready(&self) -> bool {
        self.line.state == "ready"
    }

    /// Whether it is being made or will be.
    pub fn is_under_way(&self) -> bool {
        matches!(self.line.state, "queued" | "running")
    }
}
