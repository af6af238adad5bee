//! `/me/representative`: who acts for the claimant, and by what title (R46).

use askama::Template;

use super::{CaseHead, Chrome, Errors};

/// The fields, the same for claimants and for staff.
#[derive(Debug, Clone, Default)]
pub struct RepresentativeFields {
    /// `parent`, `court_decree`, `legal_representative`, `heir_self_declaration`, `power_of_attorney`.
    pub title: String,
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// 16 characters.
    pub codice_fiscale: String,
    /// What the title rests on.
    pub title_document: String,
    /// `gg/mm/aaaa` or `YYYY-MM-DD`, as typed.
    pub valid_from: String,
    /// As typed; empty: until it is revoked.
    pub valid_until: String,
}

/// The form; POST `/me/representative`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/representative.html")]
pub struct RepresentativePage {
    /// Around the content.
    pub chrome: Chrome,
    /// The case.
    pub case: CaseHead,
    /// Titles that fit the claimant.
    pub titles: Vec<&'static str>,
    /// What was typed or is stored.
    pub fields: RepresentativeFields,
    /// What was refused: `/title`, `/codice_fiscale`, ...
    pub errors: Errors,
}
