//! `/enter`: back to one's own record, by link or by code.

use askama::Template;

use super::{CaseHead, Chrome, Errors};

/// What an access link is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnterState {
    /// Valid: show the button.
    Ask,
    /// Used already.
    Used,
    /// Too old.
    Expired,
    /// Not one of ours.
    Unknown,
}

impl EnterState {
    /// The word its texts end with.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Used => "used",
            Self::Expired => "expired",
            Self::Unknown => "unknown",
        }
    }
}

/// `GET /enter/{token}`; POST to the same path opens the session.
#[derive(Debug, Clone, Template)]
#[template(path = "page/enter.html")]
pub struct EnterPage {
    /// Around the content.
    pub chrome: Chrome,
    /// The token as in the link.
    pub token: String,
    /// What it is worth.
    pub state: EnterState,
}

/// `GET /enter?case=`. Forms: POST `/enter {email, case}` (always "if we know it, a mail is on its
/// way", R18) and POST `/enter/code {reference, code}`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/enter_request.html")]
pub struct EnterRequestPage {
    /// Around the content.
    pub chrome: Chrome,
    /// The cases to choose from; one alone is not asked.
    pub cases: Vec<CaseHead>,
    /// The chosen case's slug, empty if none.
    pub case: String,
    /// What was typed.
    pub email: String,
    /// What was typed.
    pub reference: String,
    /// What was typed.
    pub code: String,
    /// True after the request was sent.
    pub sent: bool,
    /// What was refused: `/email`, `/case`, `/reference`, `/code`.
    pub errors: Errors,
}
