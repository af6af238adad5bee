//! `/me/mailboxes/{id}`: proof that a mailbox is the claimant's (R30).

use askama::Template;
use chrono::{DateTime, Utc};

use super::{CaseHead, Chrome, Errors};

/// `GET /me/mailboxes/{id}`. Forms: POST to the same path `{code}`, and to `/me/mailboxes/{id}/code`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/mailbox.html")]
pub struct ProofPage {
    /// Around the content.
    pub chrome: Chrome,
    /// The case.
    pub case: CaseHead,
    /// Where the page is.
    pub path: String,
    /// The mailbox, masked.
    pub address: String,
    /// When control was proved, UTC.
    pub proved_at: Option<DateTime<Utc>>,
    /// Whether mail goes there now.
    pub is_reachable: bool,
    /// Until when the newest code works, UTC.
    pub code_until: Option<DateTime<Utc>>,
    /// A code was just asked for.
    pub is_sent: bool,
    /// The typed code, after a refusal (errors at `/code`).
    pub code: String,
    /// What was refused.
    pub errors: Errors,
}

impl ProofPage {
    /// Whether the field for the code is shown: also after a request of which the cap let no mail go, for that
    /// is not told.
    pub fn takes_code(&self) -> bool {
        self.is_sent || self.code_until.is_some() || self.errors.has("code")
    }
}
