//! The accounts of a claimant, as staff see them: typed in from a paper, released by a second person (R26).

use askama::Template;
use chrono::{DateTime, Utc};

use super::Console;
use crate::render::page::Errors;

/// An account that does not count yet.
#[derive(Debug, Clone)]
pub struct WaitingLine {
    /// Number of its version.
    pub version: i32,
    /// IBAN, masked.
    pub iban: String,
    /// In whose name it is.
    pub holder: String,
    /// When it was given, UTC.
    pub given_at: DateTime<Utc>,
    /// When its hold ends, UTC.
    pub effective_at: DateTime<Utc>,
    /// Whether staff typed it in.
    pub is_typed: bool,
    /// Whether who looks did.
    pub is_own: bool,
    /// Whether it waits for staff.
    pub for_staff: bool,
}

/// `GET /console/claimants/{id}/payout`; POST of an account to the same path, of a decision to
/// `/console/claimants/{id}/payout-decision`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/payout.html")]
pub struct StaffPayoutPage {
    /// Around the content.
    pub console: Console,
    /// The claimant.
    pub id: String,
    /// Grouped for reading.
    pub reference: String,
    /// The account that counts, masked, and when it was given, UTC.
    pub in_force: Option<(String, DateTime<Utc>)>,
    /// The one that waits.
    pub waiting: Option<WaitingLine>,
    /// Whether one may be typed in now.
    pub may_type: bool,
    /// As typed.
    pub iban: String,
    /// As typed.
    pub holder: String,
    /// As ticked: the account is somebody else's.
    pub other_holder: bool,
    /// As typed.
    pub reason: String,
    /// What was refused.
    pub errors: Errors,
}
