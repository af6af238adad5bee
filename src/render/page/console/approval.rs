//! What waits for a second person: the page of it, and the lines of the start page.

use askama::Template;
use chrono::{DateTime, Utc};

use super::Console;

/// Something that waits for a second person.
#[derive(Debug, Clone)]
pub struct ApprovalLine {
    /// Word of the kind.
    pub kind: &'static str,
    /// Family and word of what more it is: the kind of a bulk action, the format of an export.
    pub form: Option<(&'static str, String)>,
    /// What for, in the words of who asked; the title of a case.
    pub about: Option<String>,
    /// Where it is decided.
    pub href: String,
    /// Title of the case, once it is public.
    pub case: Option<String>,
    /// Name of who asked; none: a claimant.
    pub asked_by: Option<String>,
    /// Since when, UTC.
    pub since: DateTime<Utc>,
    /// Last instant at which it can be decided, UTC.
    pub until: Option<DateTime<Utc>>,
    /// Records it touches, where that is known.
    pub records: Option<u64>,
    /// Whether no other member has the right.
    pub nobody_decides: bool,
}

/// `GET /console/approvals`
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/approvals.html")]
pub struct ApprovalsPage {
    /// Around the content.
    pub console: Console,
    /// What the reader may decide, oldest first.
    pub to_decide: Vec<ApprovalLine>,
    /// Whether more wait than are listed.
    pub more: bool,
    /// What the reader asked for: it waits for somebody else.
    pub own: Vec<ApprovalLine>,
}
