//! `/stop-contact/{token}`: the reader of the former address takes back a contact that they did not give (R26).

use askama::Template;

use super::{CaseHead, Chrome, association::AssociationCard, stop_payout::StopState};

/// `GET /stop-contact/{token}`; POST to the same path. Shows the case and nothing of the record.
#[derive(Debug, Clone, Template)]
#[template(path = "page/stop_contact.html")]
pub struct StopContactPage {
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
