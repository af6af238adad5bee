//! What is kept for how long, and what is due.

use askama::Template;
use chrono::{DateTime, Utc};

use super::Console;

/// A rule of keeping.
#[derive(Debug, Clone)]
pub struct RuleLine {
    /// Word of the rule.
    pub name: &'static str,
    /// Days, where the term is in days.
    pub days: Option<i64>,
    /// Minutes, where it is in minutes.
    pub minutes: Option<i64>,
    /// Whether each has its own expiry.
    pub expires: bool,
    /// Word of the moment it counts from.
    pub from: &'static str,
    /// Where the term is from.
    pub source: &'static str,
    /// `yes`, `confirmation`, `never`, `unstored`.
    pub acts: &'static str,
    /// How many are due, counted up to a limit; the moment of the oldest, UTC.
    pub due: Option<(i64, Option<DateTime<Utc>>)>,
    /// Whether there may be more than were counted.
    pub is_at_least: bool,
    /// Who answers for the term, and since when, UTC.
    pub confirmed: Option<(String, DateTime<Utc>)>,
    /// The last run, UTC, and what it deleted on its day.
    pub last: Option<(DateTime<Utc>, i64)>,
}

/// `GET /console/retention`
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/retention.html")]
pub struct RetentionPage {
    /// Around the content.
    pub console: Console,
    /// Every rule.
    pub rules: Vec<RuleLine>,
}
