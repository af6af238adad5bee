//! `/not-me/{token}`: the reader of a mail says that it was not them, or that it was after all.

use askama::Template;

use super::{CaseHead, Chrome};

/// What the link can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotMeState {
    /// Nothing was said yet: show the button.
    Ask,
    /// Said; it can be taken back.
    Said,
    /// Confirmed or corrected since.
    Late,
    /// Not one of ours, or its sign-up is gone.
    Unknown,
}

impl NotMeState {
    /// The word its texts end with.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Said => "said",
            Self::Late => "late",
            Self::Unknown => "unknown",
        }
    }
}

/// `GET /not-me/{token}`; POST to the same path, and POST `/not-me/{token}/undo`. Shows the case and
/// nothing of the record: the reader may be a stranger to it.
#[derive(Debug, Clone, Template)]
#[template(path = "page/not_me.html")]
pub struct NotMePage {
    /// Around the content.
    pub chrome: Chrome,
    /// The token as in the link.
    pub token: String,
    /// What it can do.
    pub state: NotMeState,
    /// The case, where the token is known.
    pub case: Option<CaseHead>,
}
