//! `/confirm/{token}`: GET shows, POST confirms (R16).

use askama::Template;
use chrono::NaiveDate;

use super::{CaseHead, Chrome, Errors, join::ConsentField};

/// What the link is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfirmState {
    /// Valid: show the button.
    Ask,
    /// Just confirmed, or confirmed before in this browser.
    Confirmed,
    /// Used, and this browser is not known.
    Used,
    /// Too old: one tap sends another.
    Expired,
    /// Not one of ours.
    Unknown,
}

impl ConfirmState {
    /// The word its texts end with.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Confirmed => "confirmed",
            Self::Used => "used",
            Self::Expired => "expired",
            Self::Unknown => "unknown",
        }
    }
}

/// `GET /confirm/{token}`; POST to the same path, and POST `/confirm/{token}/resend`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/confirm.html")]
pub struct ConfirmPage {
    /// Around the content.
    pub chrome: Chrome,
    /// The token as in the link.
    pub token: String,
    /// What it is worth.
    pub state: ConfirmState,
    /// The case, where the token is known.
    pub case: Option<CaseHead>,
    /// The association's name, where the token is known.
    pub association: Option<String>,
    /// True if this browser has the record open.
    pub signed_in: bool,
    /// Of who is on an earlier list of the association: until when it was collected.
    pub listed_on: Option<NaiveDate>,
    /// The consents asked of them, in the order of the interface; else none.
    pub consents: Vec<ConsentField>,
    /// What was refused.
    pub errors: Errors,
    /// True after the one tap: another mail is on its way (or would be, R18).
    pub resent: bool,
}

impl ConfirmPage {
    /// A day in words.
    pub fn day(&self, day: &NaiveDate) -> String {
        self.chrome.text().date(*day)
    }
}
