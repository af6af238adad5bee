//! Following a case without claiming: the form, and what its links lead to (R16).

use askama::Template;

use super::{CaseHead, Chrome, Errors, join::ConsentField, joined::AddressDoubt};

/// The form.
#[derive(Debug, Clone, Default)]
pub struct FollowForm {
    /// Associations that can be followed, slug and name; none: there is no form.
    pub associations: Vec<(String, String)>,
    /// As typed: the slug of one.
    pub association: String,
    /// As typed.
    pub email: String,
    /// Whether another domain was meant by that of the typed address: asked, never applied.
    pub doubt: Option<AddressDoubt>,
    /// As chosen: `it`, `en`, `de`.
    pub language: String,
    /// What is agreed to.
    pub consent: Option<ConsentField>,
}

/// `GET /c/{slug}/follow`; POST to the same path.
#[derive(Debug, Clone, Template)]
#[template(path = "page/follow.html")]
pub struct FollowPage {
    /// Around the content.
    pub chrome: Chrome,
    /// The case.
    pub case: CaseHead,
    /// The form.
    pub follow: FollowForm,
    /// Whom a mail is on its way to, or would be (R18).
    pub sent: Option<String>,
    /// What was refused.
    pub errors: Errors,
}

/// What a link is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FollowState {
    /// The address waits: show the button.
    Ask,
    /// News go out to it.
    Following,
    /// Too old, or not one of ours.
    Unknown,
    /// News go out to it: show the button that ends them.
    AskEnd,
    /// They do not, or no longer.
    Ended,
    /// Messages to many come to a claimant: show the button that stops them.
    MessagesOn,
    /// They are stopped: show the button that lets them come again.
    MessagesOff,
    /// A link of messages that never was, or whose record is gone.
    MessagesUnknown,
}

impl FollowState {
    /// The word its texts end with.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Following => "following",
            Self::Unknown => "unknown",
            Self::AskEnd => "ask-end",
            Self::Ended => "ended",
            Self::MessagesOn => "messages-on",
            Self::MessagesOff => "messages-off",
            Self::MessagesUnknown => "messages-unknown",
        }
    }
}

/// `GET /follow/{token}`, `GET /unfollow/{token}`, `GET /stop-messages/{token}`; POST to the same path acts.
#[derive(Debug, Clone, Template)]
#[template(path = "page/follow_link.html")]
pub struct FollowLinkPage {
    /// Around the content.
    pub chrome: Chrome,
    /// The token as in the link.
    pub token: String,
    /// What it is worth.
    pub state: FollowState,
    /// The case, where the token is known.
    pub case: Option<CaseHead>,
    /// Name of the association, where the token is known.
    pub association: Option<String>,
}
