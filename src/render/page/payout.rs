//! `/me/payout`: the account to pay into.

use askama::Template;
use chrono::{DateTime, Utc};

use super::{CaseHead, Chrome, Errors};

/// The form; POST `/me/payout` with `iban`, `holder`, `holder_is_claimant`, for a change `payout_code`; POST
/// `/me/payout/code` asks for that.
#[derive(Clone, Template)]
#[template(path = "page/payout.html")]
pub struct PayoutPage {
    /// Around the content.
    pub chrome: Chrome,
    /// The case.
    pub case: CaseHead,
    /// The IBAN in force, masked.
    pub stored: Option<String>,
    /// The IBAN of a change that waits, masked, and from when it counts, UTC.
    pub pending: Option<(String, DateTime<Utc>)>,
    /// The owner stopped an account: none is taken.
    pub is_frozen: bool,
    /// The address was changed a short time ago: from when an account is taken, UTC.
    pub accounts_from: Option<DateTime<Utc>>,
    /// Until when the code for a change works, UTC.
    pub code_until: Option<DateTime<Utc>>,
    /// A code was just asked for.
    pub is_sent: bool,
    /// The typed IBAN.
    pub iban: String,
    /// The typed or stored holder.
    pub holder: String,
    /// `yes` or `no`.
    pub holder_is_claimant: String,
    /// What was refused: `/iban`, `/holder`, `/code`.
    pub errors: Errors,
}

impl PayoutPage {
    /// Whether an account is there already: another one needs a code and waits.
    pub fn is_change(&self) -> bool {
        self.stored.is_some() || self.pending.is_some()
    }

    /// Whether the form is shown: at once for the first account, with a code for a change.
    pub fn takes_account(&self) -> bool {
        let has_code = self.code_until.is_some() || !self.errors.is_empty();
        !self.is_frozen && self.accounts_from.is_none() && (!self.is_change() || has_code)
    }
}
