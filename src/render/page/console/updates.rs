//! News of a case: those of the association, and a form for more.

use askama::Template;
use chrono::{DateTime, Utc};

use super::Console;
use crate::render::page::Errors;
use crate::render::page::updates::UpdateLine;

/// News in one language, as typed.
#[derive(Debug, Clone)]
pub struct UpdateFields {
    /// Word of the language.
    pub language: &'static str,
    /// As typed.
    pub title: String,
    /// As typed.
    pub text: String,
}

/// News that were published.
#[derive(Debug, Clone)]
pub struct PublishedLine {
    /// The news.
    pub id: String,
    /// In Italian.
    pub update: UpdateLine,
    /// Words of the other languages they are written in.
    pub others: Vec<&'static str>,
    /// When they were published, UTC.
    pub published_at: DateTime<Utc>,
    /// When they were withdrawn, UTC, and why.
    pub withdrawn: Option<(DateTime<Utc>, String)>,
    /// Why they are to be withdrawn, as typed and refused.
    pub reason: String,
}

/// `GET /console/cases/{slug}/updates?cursor=`; POST of news to the same path, POST
/// `/console/updates/{id}/withdrawal`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/updates.html")]
pub struct ConsoleUpdatesPage {
    /// Around the content.
    pub console: Console,
    /// The case.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// Newest first.
    pub updates: Vec<PublishedLine>,
    /// Cursor of the next page.
    pub next: Option<String>,
    /// Italian, English, German, as typed.
    pub form: Vec<UpdateFields>,
    /// With it the form publishes once.
    pub key: String,
    /// What has just happened: `published`, `withdrawn`.
    pub done: Option<&'static str>,
    /// Who would get them by mail, up to 2,001.
    pub readers: u64,
    /// How the news will look; empty unless somebody asked.
    pub preview: Vec<UpdateLine>,
    /// What was refused.
    pub errors: Errors,
}

impl ConsoleUpdatesPage {
    /// Their number in words, "more than 2,000" at most.
    fn readers_shown(&self) -> String {
        match self.readers {
            2_001.. => format!("> {}", self.console.chrome.count(&2_000)),
            few => self.console.chrome.count(&few),
        }
    }
}
