//! The trail: whose to look at, a page of it, and whose data somebody could read.

use askama::Template;
use chrono::{DateTime, Utc};

use super::Console;
use super::people::PersonLine;
use crate::render::page::Errors;

/// A row of the trail.
#[derive(Debug, Clone)]
pub struct TrailRow {
    /// When, UTC.
    pub at: DateTime<Utc>,
    /// Word of who acted.
    pub actor_kind: String,
    /// Name of the staff member.
    pub actor_name: Option<String>,
    /// Verb.
    pub action: String,
    /// `claimant`, `staff`, `export`, `case`, `other` and so on.
    pub about: &'static str,
    /// Reference or name.
    pub name: String,
    /// Page of what it is about.
    pub href: Option<String>,
    /// States before and after.
    pub states: Option<(String, String)>,
    /// Ids and codes in words, `name: value`.
    pub detail: String,
    /// What an export was: word of the format, whether in clear, claimants in it.
    pub export: Option<(String, bool, Option<i64>)>,
}

/// An export that a claimant was in.
#[derive(Debug, Clone)]
pub struct InExportLine {
    /// The export.
    pub id: String,
    /// Word of the format.
    pub format: String,
    /// In clear.
    pub clear: bool,
    /// Who asked for it and alone can fetch it.
    pub asked_by: String,
    /// When, UTC.
    pub asked_at: DateTime<Utc>,
    /// Word of its state.
    pub state: String,
    /// When it was fetched, UTC.
    pub fetched_at: Option<DateTime<Utc>>,
}

/// `GET /console/trails`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/trails.html")]
pub struct TrailsPage {
    /// Around the content.
    pub console: Console,
    /// Oldest first, those who left last.
    pub people: Vec<PersonLine>,
    /// Slugs of the cases, for the command.
    pub slugs: Vec<String>,
}

/// `GET /console/claimants/{id}/trail`, `/console/people/{id}/trail`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/trail.html")]
pub struct TrailPage {
    /// Around the content.
    pub console: Console,
    /// Reference of the claimant, or name of the person.
    pub title: String,
    /// Whether it is of a claimant.
    pub is_claimant: bool,
    /// This page without query.
    pub path: String,
    /// Page of whose it is.
    pub home: String,
    /// Newest first.
    pub lines: Vec<TrailRow>,
    /// The newest exports that the claimant was in.
    pub exports: Vec<InExportLine>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// A stretch in which a membership did not change.
#[derive(Debug, Clone)]
pub struct StretchLine {
    /// From, UTC.
    pub from: DateTime<Utc>,
    /// Until, UTC.
    pub until: DateTime<Utc>,
    /// Word of the state.
    pub state: &'static str,
    /// Word of the role.
    pub role: &'static str,
    /// `nothing`, `masked`, `clear`.
    pub depth: &'static str,
}

/// What was found.
#[derive(Debug, Clone)]
pub struct ReachShown {
    /// Oldest first.
    pub stretches: Vec<StretchLine>,
    /// `nothing`, `masked`, `clear`.
    pub depth: &'static str,
    /// Titles and records.
    pub cases: Vec<(String, i64)>,
    /// Views in clear.
    pub views: i64,
    /// Of how many claimants.
    pub viewed: i64,
    /// Exports that were made.
    pub taken: i64,
    /// Files of them that were fetched.
    pub fetched: i64,
    /// Newest first.
    pub lines: Vec<TrailRow>,
    /// Query of the CSV and of further pages, without cursor.
    pub query: String,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// `GET /console/people/{id}/reach?from=&to=&cursor=`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/reach.html")]
pub struct ReachPage {
    /// Around the content.
    pub console: Console,
    /// The person.
    pub id: String,
    /// Name of the person.
    pub name: String,
    /// As typed.
    pub from: String,
    /// As typed.
    pub to: String,
    /// What was refused.
    pub errors: Errors,
    /// What was found; nothing before dates are given.
    pub found: Option<ReachShown>,
}

impl TrailPage {
    /// Key of the heading.
    const fn heading(&self) -> &'static str {
        if self.is_claimant {
            "trail-claimant-title"
        } else {
            "trails-actions"
        }
    }
}
