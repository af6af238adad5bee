//! `/me/association?to=`: going to another association of the case (R51).

use askama::Template;

use super::{CaseHead, Chrome, Errors, association::AssociationCard, join::ConsentField};

/// Where to go: links, nothing is sent.
#[derive(Debug, Clone, Template)]
#[template(path = "page/association_choice.html")]
pub struct AssociationChoicePage {
    /// Around the content.
    pub chrome: Chrome,
    /// The case.
    pub case: CaseHead,
    /// Name of the association that has the record now.
    pub own: String,
    /// Where one may go, in the order to show.
    pub associations: Vec<AssociationCard>,
}

/// What happens, and the consents for it; POST `/me/association` with `association` and
/// `consents[n][purpose|text_version|given]`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/association_change.html")]
pub struct AssociationChangePage {
    /// Around the content.
    pub chrome: Chrome,
    /// The case.
    pub case: CaseHead,
    /// Name of the association that has the record now.
    pub own: String,
    /// Where it goes. `offer` must be open.
    pub association: AssociationCard,
    /// True if something was signed: it stays with the old record.
    pub is_signed: bool,
    /// The consents, in the order of the interface.
    pub consents: Vec<ConsentField>,
    /// What was refused.
    pub errors: Errors,
}
