//! `/demo/outbox`: the mails of a demonstration, instead of a mail program.

use askama::Template;
use chrono::{DateTime, Utc};

use super::Chrome;

/// One mail in the list.
#[derive(Debug, Clone)]
pub struct OutboxRow {
    /// Its name in the address: `/demo/outbox/{id}`.
    pub id: String,
    /// When it was written.
    pub at: DateTime<Utc>,
    /// Who gets it.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// Its `X-Joinder-Kind`.
    pub kind: String,
}

/// `GET /demo/outbox`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/outbox.html")]
pub struct OutboxPage {
    /// Around the content.
    pub chrome: Chrome,
    /// Newest first.
    pub mails: Vec<OutboxRow>,
}

/// `GET /demo/outbox/{id}`: headers and text; the HTML part is a raw answer of its own.
#[derive(Debug, Clone, Template)]
#[template(path = "page/mail.html")]
pub struct MailPage {
    /// Around the content.
    pub chrome: Chrome,
    /// Its subject.
    pub subject: String,
    /// Name and value of the headers to show.
    pub headers: Vec<(String, String)>,
    /// The text part.
    pub words: String,
    /// Links of the text part that lead to this platform, as paths.
    pub links: Vec<String>,
    /// Where the HTML part is served, under a sandboxing policy.
    pub html_href: Option<String>,
}
