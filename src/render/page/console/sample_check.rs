//! Sample checks: the register with a form for another, and one of them with its records.

use askama::Template;
use chrono::{DateTime, Utc};

use super::Console;
use crate::render::page::Errors;

/// A sample check in the register.
#[derive(Debug, Clone)]
pub struct SampleLine {
    /// It.
    pub id: String,
    /// From 1 for each association and case.
    pub number: u64,
    /// What for.
    pub purpose: String,
    /// Word of its state.
    pub state: &'static str,
    /// Records that are drawn.
    pub size: u64,
    /// Records they are drawn from.
    pub population: u64,
    /// Who opened it.
    pub opened_by: String,
    /// When, UTC.
    pub opened_at: DateTime<Utc>,
}

/// What was typed.
#[derive(Debug, Clone, Default)]
pub struct SampleFields {
    /// What for.
    pub purpose: String,
    /// How many are drawn.
    pub size: String,
    /// Where a public seed will come from.
    pub seed_source: String,
    /// When it will be known.
    pub seed_due_at: String,
}

/// `GET /console/cases/{slug}/sample-checks`; POST to the same path.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/sample_checks.html")]
pub struct SamplePage {
    /// Around the content.
    pub console: Console,
    /// The case.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// Newest first.
    pub items: Vec<SampleLine>,
    /// Cursor of the next page.
    pub next: Option<String>,
    /// Whether the reader may draw.
    pub can_act: bool,
    /// Which records, in words; empty: all.
    pub filter: Vec<(&'static str, String)>,
    /// The same as the query of the list, without `?`.
    pub query: String,
    /// What was typed.
    pub form: SampleFields,
    /// What was refused.
    pub errors: Errors,
}

/// A record of a sample.
#[derive(Debug, Clone)]
pub struct SampleMemberLine {
    /// From 1.
    pub place: String,
    /// The claimant.
    pub claimant: String,
    /// Grouped for reading.
    pub reference: String,
    /// Word of the result.
    pub result: Option<String>,
    /// Word of what a finding is about.
    pub code: Option<&'static str>,
    /// In words.
    pub note: Option<String>,
    /// Who checked it, and when, UTC.
    pub checked: Option<(String, DateTime<Utc>)>,
}

/// What was found of a record, as typed.
#[derive(Debug, Clone)]
pub struct SampleResultFields {
    /// From 1.
    pub place: String,
    /// The claimant.
    pub claimant: String,
    /// Grouped for reading.
    pub reference: String,
    /// Word of the result.
    pub result: String,
    /// Word of what a finding is about.
    pub code: String,
    /// In words.
    pub note: String,
}

/// An entry of the log.
#[derive(Debug, Clone)]
pub struct SampleEntryLine {
    /// Verb.
    pub action: String,
    /// Its place in the log; `None` while it waits.
    pub index: Option<u64>,
}

/// `GET /console/sample-checks/{id}`; POST of a step to the same path, of a result below it.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/sample_check.html")]
pub struct OneSamplePage {
    /// Around the content.
    pub console: Console,
    /// The case.
    pub slug: String,
    /// How it stands.
    pub line: SampleLine,
    /// Which records, in words; empty: all.
    pub filter: Vec<(&'static str, String)>,
    /// Digest of the list, hex.
    pub population_sha256: String,
    /// Digest of what was drawn, hex.
    pub sample_sha256: Option<String>,
    /// Digest of the results, hex.
    pub result_sha256: Option<String>,
    /// Where a public seed comes from.
    pub seed_source: Option<String>,
    /// When it will be known, UTC.
    pub seed_due_at: Option<DateTime<Utc>>,
    /// The seed, once it is known.
    pub known_seed: Option<String>,
    /// Who drew, and when, UTC.
    pub drawn: Option<(String, DateTime<Utc>)>,
    /// Who ended it, and when, UTC.
    pub ended: Option<(String, DateTime<Utc>)>,
    /// Why it was cancelled.
    pub end_reason: Option<String>,
    /// Records without anything to object to.
    pub ok: u64,
    /// Records that could not be checked.
    pub unable: u64,
    /// Records not checked yet.
    pub left: u64,
    /// Findings by the word of what they are about.
    pub findings: Vec<(&'static str, u64)>,
    /// Words of what the reader can do now.
    pub steps: Vec<&'static str>,
    /// Whether all is checked and the reader may close it.
    pub can_finish: bool,
    /// Whether the reader may say what was found.
    pub can_check: bool,
    /// Records that are not checked yet, for one form; POST `{results[p3][result], ...}`.
    pub open: Vec<SampleResultFields>,
    /// The record that is being checked.
    pub form: Option<SampleResultFields>,
    /// Words of results.
    pub results: Vec<&'static str>,
    /// Words of what findings are about.
    pub codes: Vec<&'static str>,
    /// In the order they were drawn.
    pub members: Vec<SampleMemberLine>,
    /// Oldest first.
    pub entries: Vec<SampleEntryLine>,
    /// The public seed, as typed.
    pub seed: String,
    /// Why it is cancelled, as typed.
    pub reason: String,
    /// What was refused.
    pub errors: Errors,
}

impl OneSamplePage {
    /// Whether a step can be taken.
    fn can(&self, step: &str) -> bool {
        self.steps.contains(&step)
    }

    /// Whether the form that gives the check up was sent back.
    fn is_cancelling(&self) -> bool {
        self.errors.has("reason")
    }
}
