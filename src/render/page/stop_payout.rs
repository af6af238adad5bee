//! `/stop-payout/{token}`: the reader of a mail stops an account that they did not give (R26).

use askama::Template;

use super::{CaseHead, Chrome, association::AssociationCard};

/// What the link can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopState {
    /// It stops the account: show the button.
    Ask,
    /// The account was stopped.
    Stopped,
    /// The account was replaced, or the link is too old.
    Late,
    /// Not one of ours, or its record is gone.
    Unknown,
}

impl StopState {
    /// The word its texts end with.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Stopped => "stopped",
            Self::Late => "late",
            Self::Unknown => "unknown",
        }
    }
}

/// `GET /stop-payout/{token}`; POST to the same path. Shows the case and nothing of the record.
#[derive(Debug, Clone, Template)]
#[template(path = "page/stop_payout.html")]
pub struct StopPayoutPage {
    /// Around the content.
    pub chrome: Chrome,
    /// The token as in the link.
    pub token: String,
    /// What it can do.
    pub state: StopState,
    /// The case, where the token is known.
    pub case: Option<CaseHead>,
    /// Whom to call, where the token is known.
    pub association: Option<AssociationCard>,
}
