//! The register of breaches: its entries, and one of them with its versions.

use askama::Template;
use chrono::{DateTime, Utc};

use super::Console;
use crate::render::page::Errors;

/// An entry in the register.
#[derive(Debug, Clone)]
pub struct BreachLine {
    /// The entry.
    pub id: String,
    /// Its first words.
    pub summary: String,
    /// Awareness, UTC.
    pub noticed_at: DateTime<Utc>,
    /// When the 72 hours end, UTC.
    pub due_at: DateTime<Utc>,
    /// `running`, `overdue`, `notified`, `late`, `not_notified`.
    pub deadline: &'static str,
    /// Hours and minutes left, or passed since.
    pub hours: Option<(i64, i64)>,
    /// When the Garante was notified, UTC.
    pub notified_at: Option<DateTime<Utc>>,
    /// When the people were told, UTC.
    pub communicated_at: Option<DateTime<Utc>>,
    /// When it was closed, UTC.
    pub closed_at: Option<DateTime<Utc>>,
}

/// An entry as typed.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "each field is the word of art. 33 GDPR")]
pub struct BreachForm {
    pub what_happened: String,
    pub noticed_at: String,
    pub people_categories: String,
    pub people: String,
    pub data_categories: String,
    pub records: String,
    pub consequences: String,
    pub measures: String,
    pub notified_at: String,
    pub delay_reason: String,
    pub communicated_at: String,
    pub closed: bool,
}

/// A version in the history of an entry.
#[derive(Debug, Clone)]
pub struct VersionLine {
    /// From 1.
    pub number: i32,
    /// When it was written, UTC.
    pub written_at: DateTime<Utc>,
    /// About how many people.
    pub people: Option<i64>,
    /// About how many records.
    pub records: Option<i64>,
    /// What happened.
    pub what_happened: String,
    /// Measures.
    pub measures: Option<String>,
    /// When the Garante was notified, UTC.
    pub notified_at: Option<DateTime<Utc>>,
    /// Whether it was closed.
    pub closed: bool,
}

/// `GET /console/breaches`; POST of an entry to the same path.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/breaches.html")]
pub struct BreachesPage {
    /// Around the content.
    pub console: Console,
    /// Newest first.
    pub breaches: Vec<BreachLine>,
    /// As typed.
    pub form: BreachForm,
    /// What was refused.
    pub errors: Errors,
}

/// `GET /console/breaches/{id}`; POST of the next version to the same path.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/breach.html")]
pub struct BreachPage {
    /// Around the content.
    pub console: Console,
    /// The entry.
    pub breach: BreachLine,
    /// The version the form was made from.
    pub based_on: i32,
    /// As it is, or as typed.
    pub form: BreachForm,
    /// What was refused.
    pub errors: Errors,
    /// Newest first.
    pub versions: Vec<VersionLine>,
}
