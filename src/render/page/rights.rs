//! `/me/rights`: requests about the own data; and the pages of the staff who answer them.

use askama::Template;
use chrono::{DateTime, NaiveDate, Utc};

use super::console::Console;
use super::console::queues::QueueBar;
use super::{Chrome, Errors};

/// A request and how it stands.
#[derive(Debug, Clone)]
pub struct RequestLine {
    /// The request.
    pub id: String,
    /// Reference of the record, grouped.
    pub reference: String,
    /// Word of what is asked for.
    pub kind: String,
    /// `page`, `api` or `letter`.
    pub channel: String,
    /// Day of receipt.
    pub received_on: NaiveDate,
    /// Last day for the answer.
    pub due_on: NaiveDate,
    /// Whether that day has passed.
    pub overdue: bool,
    /// When the term was extended, UTC, and why.
    pub extension: Option<(DateTime<Utc>, String)>,
    /// True if the staff must tell of the extension by letter.
    pub by_letter: bool,
    /// When it was answered, UTC, the decision's word and why.
    pub answer: Option<(DateTime<Utc>, String, String)>,
    /// What was written; none once erased.
    pub text: Option<String>,
    /// Word of what became of it: `recorded`, `restricted`, `erasing`, `erased`.
    pub outcome: Option<String>,
    /// How its restriction ends.
    pub lifting: Option<LiftingLine>,
}

/// The end of a restriction, announced.
#[derive(Debug, Clone)]
pub struct LiftingLine {
    /// From when the data are used again, UTC.
    pub lifts_at: DateTime<Utc>,
    /// When that was, UTC.
    pub lifted_at: Option<DateTime<Utc>>,
    /// `mail` or `letter`.
    pub notified: String,
    /// Why, in the words of the staff.
    pub reason: String,
}

/// `GET /me/rights`; POST to the same path `{kind, text}`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/rights.html")]
pub struct RightsPage {
    /// Around the content.
    pub chrome: Chrome,
    /// The own requests, newest first.
    pub requests: Vec<RequestLine>,
    /// Words of what can be asked for.
    pub kinds: Vec<&'static str>,
    /// As typed.
    pub kind: String,
    /// As typed.
    pub text: String,
    /// True after a request was taken.
    pub sent: bool,
    /// What was refused.
    pub errors: Errors,
}

/// `GET /console/cases/{slug}/rights?cursor=`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/rights.html")]
pub struct QueuePage {
    /// Around the content.
    pub console: Console,
    /// The case.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// Most urgent first, without their words.
    pub requests: Vec<RequestLine>,
    /// Open ones.
    pub open: usize,
    /// Of those the overdue.
    pub overdue: usize,
    /// Whether the actor may open one.
    pub opens: bool,
    /// Cursor of the next page.
    pub next: Option<String>,
}

/// `GET /console/rights/{id}`; POST `{reason}` to `/extension` and `/data`, `{decision, reason}` to `/answer` there.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/right.html")]
pub struct RequestPage {
    /// Around the content.
    pub console: Console,
    /// Who has it, and the way to the next; none once the claimant is gone.
    pub bar: Option<QueueBar>,
    /// The claimant.
    pub claimant: String,
    /// The request.
    pub request: RequestLine,
    /// Whether the actor may extend the term now.
    pub may_extend: bool,
    /// Whether the actor may answer now.
    pub may_answer: bool,
    /// Whether the actor may make the copy that it asks for.
    pub hands_over: bool,
    /// Whether the second factor is fresh.
    pub stepped_up: bool,
    /// Whether the actor may announce now that its restriction ends.
    pub may_lift: bool,
    /// As ticked: the letter about it was sent.
    pub letter_sent: bool,
    /// Word of what granting does: `erase`, `restrict`, `record`.
    pub if_granted: &'static str,
    /// Words of the decisions.
    pub decisions: Vec<&'static str>,
    /// As typed.
    pub decision: String,
    /// As typed.
    pub reason: String,
    /// What was refused.
    pub errors: Errors,
}

/// `POST /console/rights/{id}/answer` before what it does is confirmed; POST `{decision, reason, confirm}` to
/// the same path.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/right_confirm.html")]
pub struct ConfirmPage {
    /// Around the content.
    pub console: Console,
    /// The request.
    pub request: RequestLine,
    /// Word of what it does: `erase` or `restrict`.
    pub effect: &'static str,
    /// As typed.
    pub decision: String,
    /// As typed.
    pub reason: String,
    /// Whether it has changed since it was confirmed.
    pub changed: bool,
}

/// `GET /console/claimants/{id}/rights`; POST to the same path `{kind, text, received_on}`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/letter.html")]
pub struct LetterPage {
    /// Around the content.
    pub console: Console,
    /// The claimant.
    pub id: String,
    /// Grouped for reading.
    pub reference: String,
    /// Words of what can be asked for.
    pub kinds: Vec<&'static str>,
    /// As typed.
    pub kind: String,
    /// As typed.
    pub text: String,
    /// As typed.
    pub received_on: String,
    /// What was refused.
    pub errors: Errors,
}
