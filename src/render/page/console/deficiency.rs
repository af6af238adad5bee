//! What a claimant was asked to bring, on the page of the claimant.

use chrono::{DateTime, NaiveDate, Utc};

use crate::render::page::Errors;

/// A letter that was asked for.
#[derive(Debug, Clone)]
pub struct AskedLine {
    /// The letter.
    pub letter: String,
    /// Whether it was there and is to be corrected.
    pub correction: bool,
    /// When, UTC.
    pub asked_at: DateTime<Utc>,
    /// Last day for it.
    pub due_on: NaiveDate,
    /// `mail` or `letter`.
    pub told: String,
    /// When it was found to be there, UTC.
    pub cured_at: Option<DateTime<Utc>>,
    /// True if it is missing and its day is over.
    pub overdue: bool,
}

/// What was asked for, and the form for more: POST `{letters, due_on}` to `/console/claimants/{id}/deficiencies`.
#[derive(Debug, Clone)]
pub struct DeficiencyLines {
    /// Newest first.
    pub asked: Vec<AskedLine>,
    /// Letters that may be asked for; none: no form.
    pub askable: Vec<String>,
    /// Whether letter b would be asked for as a correction.
    pub corrects: bool,
    /// True if a mail goes to the claimant; else the staff write or call.
    pub by_mail: bool,
    /// Letters, as ticked.
    pub ticked: Vec<String>,
    /// As typed.
    pub due_on: String,
    /// What was refused.
    pub errors: Errors,
}
