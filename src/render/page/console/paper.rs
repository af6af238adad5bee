//! Declarations signed by hand in the console: handing one in, and checking one at a time (R44).

use askama::Template;
use chrono::{DateTime, NaiveDate, Utc};

use super::Console;
use super::queues::QueueBar;
use crate::render::page::Errors;

/// `GET /console/claimants/{id}/paper`; POST to it the files and days.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/hand_in.html")]
pub struct HandInPage {
    /// Around the content.
    pub console: Console,
    /// The claimant.
    pub id: String,
    /// Grouped for reading.
    pub reference: String,
    /// As typed.
    pub id_expires_on: String,
    /// As typed.
    pub signed_on: String,
    /// What was refused.
    pub errors: Errors,
}

/// A file of a hand-in.
#[derive(Debug, Clone)]
pub struct SheetLine {
    /// From 1.
    pub number: usize,
    /// `scan`, `id_front`, `id_back`.
    pub kind: &'static str,
    /// Whether a browser shows it as a picture; else it is a PDF to open.
    pub has_pages: bool,
    /// Size in words.
    pub size: String,
    /// SHA-256, hex.
    pub sha256: String,
    /// Whether it was deleted by rule.
    pub is_deleted: bool,
}

/// `GET /console/claimants/{id}/paper/{hand_in}`: POST `/approval {looks, messa_in_mora?}`, `/rejection
/// {reason, note?}`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/paper.html")]
pub struct PaperCheckPage {
    /// Around the content.
    pub console: Console,
    /// Who has it in hand; none where the reader has nothing to decide.
    pub bar: Option<QueueBar>,
    /// Slug of the case.
    pub slug: String,
    /// The claimant.
    pub id: String,
    /// The hand-in.
    pub hand_in: String,
    /// Grouped for reading.
    pub reference: String,
    /// `to_verify`, ...
    pub state: String,
    /// Whether the actor handed it in: then another person decides.
    pub is_own: bool,
    /// Name of the claimant.
    pub name: String,
    /// Who signs.
    pub signer: String,
    /// Codice fiscale of the signer.
    pub signer_codice_fiscale: Option<String>,
    /// By what title and document; Italian.
    pub title: Option<(String, String)>,
    /// Version of the declaration.
    pub version: i32,
    /// Whether it is still the newest.
    pub is_newest: bool,
    /// Hash of the declared document, and how the form shows it.
    pub document_sha256: (String, String),
    /// Who handed it in; none: the claimant.
    pub operator: Option<String>,
    /// When.
    pub handed_in_at: DateTime<Utc>,
    /// Day of the signature.
    pub signed_on: NaiveDate,
    /// Last day of the identity document.
    pub id_expires_on: NaiveDate,
    /// Its files.
    pub sheets: Vec<SheetLine>,
    /// What to look for, and whether it is ticked.
    pub looks: Vec<(&'static str, bool)>,
    /// Whether the optional mandate can be ticked.
    pub offers_messa_in_mora: bool,
    /// Whether the claimant gets mails; else staff write a letter.
    pub has_email: bool,
    /// Codes of why it is not taken.
    pub flaws: Vec<&'static str>,
    /// The chosen one.
    pub reason: String,
    /// The typed note.
    pub note: String,
    /// What was refused.
    pub errors: Errors,
}

/// `GET /console/cases/{slug}/paper` with nothing to check.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/paper_none.html")]
pub struct PaperNonePage {
    /// Around the content.
    pub console: Console,
    /// Slug of the case.
    pub slug: String,
    /// Hand-ins that wait for another person than the actor.
    pub own: usize,
}
