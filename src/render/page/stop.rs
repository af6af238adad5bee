//! `/stop-payout/{token}`, `/stop-contact/{token}`: the reader of a mail stops an account, or takes back a contact, that
//! they did not give (R26).

use askama::Template;

use super::{CaseHead, Chrome, association::AssociationCard};

/// What the link stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopWhat {
    /// An account.
    Payout,
    /// A new contact.
    Contact,
}

impl StopWhat {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Payout, Self::Contact];

    /// The word its path ends with.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Payout => "payout",
            Self::Contact => "contact",
        }
    }

    /// Where its page is.
    pub fn path(self, token: &str) -> String {
        format!("/stop-{}/{token}", self.as_str())
    }
}

/// What the link can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopState {
    /// It stops what was given: show the button.
    Ask,
    /// It was stopped.
    Stopped,
    /// It was replaced, or the link is too old.
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

/// `GET /stop-payout/{token}`, `GET /stop-contact/{token}`; POST to the same path. Shows the case and nothing of the
/// record.
#[derive(Debug, Clone, Template)]
#[template(path = "page/stop.html")]
pub struct StopPage {
    /// Around the content.
    pub chrome: Chrome,
    /// What the link stops.
    pub what: StopWhat,
    /// The token as in the link.
    pub token: String,
    /// What it can do.
    pub state: StopState,
    /// The case, where the token is known.
    pub case: Option<CaseHead>,
    /// Whom to call, where the token is known.
    pub association: Option<AssociationCard>,
}

impl StopPage {
    fn title(&self) -> String {
        let (text, state) = (self.chrome.text(), self.state.as_str());
        match self.what {
            StopWhat::Payout => text.word("stop-payout-title", state),
            StopWhat::Contact => text.word("stop-contact-title", state),
        }
    }

    fn words(&self) -> String {
        let (text, state) = (self.chrome.text(), self.state.as_str());
        match self.what {
            StopWhat::Payout => text.word("stop-payout-text", state),
            StopWhat::Contact => text.word("stop-contact-text", state),
        }
    }

    fn action(&self) -> String {
        self.chrome.t(match self.what {
            StopWhat::Payout => "stop-payout-action",
            StopWhat::Contact => "stop-contact-action",
        })
    }

    fn hint(&self) -> String {
        self.chrome.t(match self.what {
            StopWhat::Payout => "stop-payout-hint",
            StopWhat::Contact => "stop-contact-hint",
        })
    }
}
