//! `/console/claimants/{id}/representative`: who acts for a claimant; a death with its heirs.

use askama::Template;

use super::Console;
use crate::render::page::Errors;
use crate::render::page::representative::RepresentativeFields;

/// An heir as typed.
#[derive(Debug, Clone, Default)]
pub struct HeirFields {
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// 16 characters.
    pub codice_fiscale: String,
    /// `1/3` or `33.34%`.
    pub share: String,
}

/// A death as typed.
#[derive(Debug, Clone, Default)]
pub struct DeathFields {
    /// Day of death.
    pub died_on: String,
    /// Lines for heirs; empty ones do not count.
    pub heirs: Vec<HeirFields>,
}

/// Three forms: POST `/console/claimants/{id}/representative`, `/representative-end`, `/death`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/representation.html")]
pub struct RepresentationPage {
    /// Around the content.
    pub console: Console,
    /// The claimant.
    pub id: String,
    /// Grouped for reading.
    pub reference: String,
    /// Whether somebody is recorded now.
    pub is_represented: bool,
    /// Titles there are.
    pub titles: Vec<&'static str>,
    /// What was typed of who acts.
    pub fields: RepresentativeFields,
    /// Why it ends, as typed.
    pub reason: String,
    /// What was typed of a death.
    pub death: DeathFields,
    /// What was refused.
    pub errors: Errors,
}
