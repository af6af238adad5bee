//! Who an association is: registers, contacts, what it never does.

use askama::Template;

use super::association::{AssociationCard, Offer};
use super::{CaseHead, Chrome};

/// A case an association promotes.
#[derive(Debug, Clone)]
pub struct PromotedCase {
    /// The case.
    pub case: CaseHead,
    /// What the association offers in it today.
    pub offer: Offer,
}

/// `/a/{slug}`
#[derive(Template)]
#[template(path = "page/about.html")]
pub struct AboutPage {
    /// What stands around it.
    pub chrome: Chrome,
    /// The association.
    pub association: AssociationCard,
    /// Its public cases, newest first.
    pub cases: Vec<PromotedCase>,
}

impl AboutPage {
    /// Where a swindler who poses as the association is reported, in its newest case.
    pub fn report_href(&self) -> String {
        let case = self.cases.first();
        let slug = case.map_or("", |promoted| &promoted.case.slug);
        super::scam_report::href(slug, &self.association.slug)
    }
}
