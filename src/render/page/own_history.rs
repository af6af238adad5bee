//! Mails that went to the claimant, and who looked at the record.

use askama::Template;
use chrono::{DateTime, Utc};

use super::Chrome;

/// A mail that went out.
#[derive(Debug, Clone)]
pub struct MailLine {
    /// Kind.
    pub kind: String,
    /// When it was sent, UTC.
    pub at: DateTime<Utc>,
    /// Code for `/verify` (R14).
    pub code: String,
    /// `sent`, `waiting`, `failed` or `returned`.
    pub state: &'static str,
}

/// A look at the record.
#[derive(Debug, Clone)]
pub struct ViewLine {
    /// When, UTC.
    pub at: DateTime<Utc>,
    /// Word of the role; none where it is not known.
    pub role: Option<String>,
    /// `record`, `document`, `evidence`, `receipt`, `attestation`, `list`, `list_clear` or `documents`.
    pub what: &'static str,
}

/// `GET /me/mails?cursor=`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/my_mails.html")]
pub struct MailsPage {
    /// Around the content.
    pub chrome: Chrome,
    /// Newest first.
    pub mails: Vec<MailLine>,
    /// Cursor of the next page.
    pub next: Option<String>,
}

/// `GET /me/views?cursor=`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/my_views.html")]
pub struct ViewsPage {
    /// Around the content.
    pub chrome: Chrome,
    /// Newest first.
    pub views: Vec<ViewLine>,
    /// Cursor of the next page.
    pub next: Option<String>,
}
