//! `/me/contact`: another address to be written to, a number to be called at.

use askama::Template;
use chrono::{DateTime, Utc};

use super::{CaseHead, Chrome, Errors};

/// `GET /me/contact`. Forms: POST to the same path `{email}`, to `/me/contact/code` `{code}` and to
/// `/me/contact/phone` `{phone}`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/contact.html")]
pub struct ContactPage {
    /// Around the content.
    pub chrome: Chrome,
    /// The case.
    pub case: CaseHead,
    /// The confirmed address, masked.
    pub current: Option<String>,
    /// The telephone number, masked.
    pub current_phone: Option<String>,
    /// The new one, whose code is awaited, and until when, UTC.
    pub asked: Option<(String, DateTime<Utc>)>,
    /// A code was just asked for.
    pub is_sent: bool,
    /// The typed address (errors at `/email`).
    pub email: String,
    /// The typed code, after a refusal (errors at `/code`).
    pub code: String,
    /// The typed number, after a refusal (errors at `/phone`).
    pub phone: String,
    /// What was refused.
    pub errors: Errors,
}
