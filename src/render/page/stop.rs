//! `/stop-payout/{token}`, `/stop-contact/{token}`, `/new-contact/{token}`: the reader of a mail stops an account, or takes back a contact, that
//! they did not give (R26), or takes up one that staff typed in.

use askama::Template;

use super::{CaseHead, Chrome, association::AssociationCard};

/// What the link stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopWhat {
    /// An account.
    Payout,
    /// A new contact.
    Contact,
    /// Nothing: the link takes up a contact that staff typed in.
    NewContact,
}

impl StopWhat {
    /// All.
    pub const ALL: [Self; 3] = [Self::Payout, Self::Contact, Self::NewContact];

    /// Its word, the first part of its path.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Payout => "stop-payout",
            Self::Contact => "stop-contact",
            Self::NewContact => "new-contact",
        }
    }

    /// Where its page is.
    pub fn path(self, token: &str) -> String {
        format!("/{}/{token}", self.as_str())
    }
}

/// What the link can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopState {
    /// It stops what was given: show the button.
    Ask,
    /// It was stopped, or taken up.
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
            StopWhat::NewContact => text.word("new-contact-title", state),
        }
    }

    fn words(&self) -> String {
        let (text, state) = (self.chrome.text(), self.state.as_str());
        match self.what {
            StopWhat::Payout => text.word("stop-payout-text", state),
            StopWhat::Contact => text.word("stop-contact-text", state),
            StopWhat::NewContact => text.word("new-contact-text", state),
        }
    }

    fn action(&self) -> String {
        self.chrome.t(match self.what {
            StopWhat::Payout => "stop-payout-action",
            StopWhat::Contact => "stop-contact-action",
            StopWhat::NewContact => "new-contact-action",
        })
    }

    fn hint(&self) -> String {
        self.chrome.t(match self.what {
            StopWhat::Payout => "stop-payout-hint",
            StopWhat::Contact => "stop-contact-hint",
            StopWhat::NewContact => "new-contact-hint",
        })
    }
}
