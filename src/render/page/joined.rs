//! The page after a sign-up: it takes the code, corrects the address, sends again.

use askama::Template;

use super::{CaseHead, Chrome, Errors, association::AssociationCard};

/// How the confirmation goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// A mail with a code is on its way.
    Mailed {
        /// The address as it was typed, so that its owner sees a slip.
        address: String,
    },
    /// There is no e-mail: the association calls or writes (R17).
    ToAssist {
        /// Where it calls, masked; none: it writes a letter.
        phone: Option<String>,
    },
}

impl Delivery {
    /// True if there is no mail to wait for.
    pub fn is_assisted(&self) -> bool {
        matches!(self, Self::ToAssist { .. })
    }
}

/// What just happened on this page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinedNotice {
    /// The address was changed; the old code is dead.
    Corrected,
    /// The mail goes out again (or would, R18).
    Resent,
}

impl JoinedNotice {
    /// The word its text ends with.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Corrected => "corrected",
            Self::Resent => "resent",
        }
    }
}

/// A mail domain that looks mistyped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressDoubt {
    /// As typed, lower case.
    pub typed: String,
    /// The one that was probably meant.
    pub meant: String,
}

/// `GET /c/{slug}/joined`. Forms: POST `/c/{slug}/joined/code {code}`, `/c/{slug}/joined/address
/// {email, action: correct|keep}`, `/c/{slug}/joined/resend`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/joined.html")]
pub struct JoinedPage {
    /// Around the content.
    pub chrome: Chrome,
    /// The case.
    pub case: CaseHead,
    /// Who keeps the data.
    pub association: AssociationCard,
    /// The record's reference, grouped for reading.
    pub reference: String,
    /// How it goes on.
    pub delivery: Delivery,
    /// True if the contact address lies at a provider of the case (R17's notice).
    pub contact_affected: bool,
    /// What just happened.
    pub notice: Option<JoinedNotice>,
    /// The typed code, after a refusal (errors at `/code`).
    pub code: String,
    /// The typed address, after a refusal (errors at `/email`).
    pub email: String,
    /// Whether another domain was meant by that of the typed address: asked, never applied.
    pub doubt: Option<AddressDoubt>,
    /// What was refused.
    pub errors: Errors,
    /// The form again with only the personal fields cleared.
    pub another_href: String,
}
