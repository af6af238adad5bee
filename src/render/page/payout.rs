//! `/me/payout`: the account to pay into.

use askama::Template;

use super::{CaseHead, Chrome, Errors};

/// The form; POST `/me/payout` with `iban`, `holder`, `holder_is_claimant`.
#[derive(Clone, Template)]
#[template(path = "page/payout.html")]
pub struct PayoutPage {
    /// Around the content.
    pub chrome: Chrome,
    /// The case.
    pub case: CaseHead,
    /// The stored IBAN, masked.
    pub stored: Option<String>,
    /// The typed IBAN.
    pub iban: String,
    /// The typed or stored holder.
    pub holder: String,
    /// `yes` or `no`.
    pub holder_is_claimant: String,
    /// What was refused: `/iban`, `/holder`.
    pub errors: Errors,
}
