//! `/me/documents`: what the claimant produces (letter f).

use askama::Template;
use chrono::{DateTime, Utc};

use super::{CaseHead, Chrome, DeskHead, Errors};
use crate::domain::document::{DOCUMENTS, DocumentKind, FILE_BYTES, FILES};

/// The list and its form; POST `/me/documents` with `csrf`, `key`, `kind`, `file`.
#[derive(Clone, Template)]
#[template(path = "page/documents.html")]
pub struct DocumentsPage {
    /// Around the content.
    pub chrome: Chrome,
    /// The case.
    pub case: CaseHead,
    /// On whose record staff are; none: the claimant's own page.
    pub desk: Option<DeskHead>,
    /// By number.
    pub documents: Vec<DocumentLine>,
    /// Whether the record takes more.
    pub can_add: bool,
    /// Whether there is a declaration, which lists documents only once it is made anew.
    pub has_declared: bool,
    /// The chosen kind.
    pub kind: String,
    /// One-time key of the form: a repeat adds nothing.
    pub key: String,
    /// What has just happened: `added` or `removed`.
    pub done: Option<&'static str>,
    /// What was refused: `/kind`, `/file`, `/file/0`.
    pub errors: Errors,
}

/// A document.
#[derive(Clone, Debug)]
pub struct DocumentLine {
    /// Its number, from 1.
    pub number: i32,
    /// Word of its kind.
    pub kind: &'static str,
    /// Word of what the scanner said.
    pub scan: &'static str,
    /// Where its removal is posted to.
    pub removal: String,
    /// Kept only because it is part of what was signed.
    pub is_removed: bool,
    /// When, UTC.
    pub added_at: DateTime<Utc>,
    /// Name of the staff member who added it; for staff alone.
    pub operator: Option<String>,
    /// Its files.
    pub files: Vec<FileLine>,
}

/// A file of a document.
#[derive(Clone)]
pub struct FileLine {
    /// Where the original is.
    pub href: String,
    /// Whether there is a picture of it: `?as=picture`.
    pub has_pages: bool,
    /// Its name.
    pub name: String,
    /// Its size, rounded up.
    pub kilobytes: u64,
    /// SHA-256 of the original, hex.
    pub sha256: String,
}

#[expect(clippy::unused_self, reason = "the template asks the page")]
impl DocumentsPage {
    fn place(&self) -> String {
        match &self.desk {
            Some(desk) => format!("{}/documents", desk.home()),
            None => "/me/documents".to_owned(),
        }
    }

    fn declare(&self) -> String {
        match &self.desk {
            Some(desk) => format!("{}/declare", desk.home()),
            None => "/me/declare".to_owned(),
        }
    }

    fn kinds(&self) -> impl Iterator<Item = &'static str> {
        DocumentKind::ALL.into_iter().map(DocumentKind::as_str)
    }

    fn most_mebibytes(&self) -> u64 {
        FILE_BYTES / 1024 / 1024
    }

    fn most_files(&self) -> usize {
        FILES
    }

    fn most_documents(&self) -> usize {
        DOCUMENTS
    }
}

impl std::fmt::Debug for FileLine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("FileLine(..)")
    }
}
