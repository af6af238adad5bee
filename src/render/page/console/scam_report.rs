//! Reports of swindlers: the queue, and one of them.

use askama::Template;
use chrono::{DateTime, Utc};

use super::Console;
use super::queues::QueueBar;
use crate::render::page::Errors;

/// A report in the queue.
#[derive(Debug, Clone)]
pub struct ScamReportLine {
    /// The report.
    pub id: String,
    /// Title of the case.
    pub case: String,
    /// `money`, `bank`, `codes`, `other`.
    pub asked_for: String,
    /// When it came, UTC.
    pub received_at: DateTime<Utc>,
    /// When staff were done with it, UTC.
    pub handled_at: Option<DateTime<Utc>>,
}

/// `GET /console/scam-reports`
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/scam_reports.html")]
pub struct ScamReportsPage {
    /// Around the content.
    pub console: Console,
    /// True if those that are done with are shown too.
    pub all: bool,
    /// Open ones oldest first; all of them newest first.
    pub reports: Vec<ScamReportLine>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// `GET /console/scam-reports/{id}`; POST of what was done to the same path. The words come defanged: no
/// address in them works.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/scam_report.html")]
pub struct ScamReportPage {
    /// Around the content.
    pub console: Console,
    /// Who has it in hand; none once it is done with.
    pub bar: Option<QueueBar>,
    /// The report.
    pub report: ScamReportLine,
    /// What happened.
    pub what_happened: String,
    /// Sender, number or link.
    pub came_from: Option<String>,
    /// How to reach who reported.
    pub contact: Option<String>,
    /// What was done about it, once somebody was.
    pub done: Option<String>,
    /// As typed.
    pub note: String,
    /// What was refused.
    pub errors: Errors,
}
