//! The contact of a claimant, as staff see it: what it was, why accounts are frozen, and the page where another address is
//! typed in and approved by a second person (R14, R26).

use askama::Template;
use chrono::{DateTime, Utc};

use super::Console;
use crate::render::page::Errors;

/// The contact of a record over time.
#[derive(Debug, Clone)]
pub struct ContactHistoryLines {
    /// Since when the present contact counts, UTC.
    pub since: Option<DateTime<Utc>>,
    /// Changes that came to count, newest first.
    pub changes: Vec<ContactChangeLine>,
    /// Until when no account is taken, UTC.
    pub held_until: Option<DateTime<Utc>>,
    /// Word of why accounts are frozen.
    pub frozen_for: Option<&'static str>,
    /// What staff typed in, while it waits.
    pub typed: Option<TypedContactLine>,
    /// Word of what to do next.
    pub next: Option<&'static str>,
    /// Whether the actor may open the page where one is typed in.
    pub types: bool,
}

/// A change that came to count.
#[derive(Debug, Clone)]
pub struct ContactChangeLine {
    /// When, UTC.
    pub at: DateTime<Utc>,
    /// The address before, in clear or masked.
    pub former: Option<String>,
    /// Word of what became of the notice to it.
    pub notice: &'static str,
    /// When the notice left or was lost, UTC.
    pub notice_at: Option<DateTime<Utc>>,
    /// When its reader took the change back, UTC.
    pub stopped_at: Option<DateTime<Utc>>,
    /// Whether staff typed the new address in.
    pub by_staff: bool,
}

/// An address that staff typed in.
#[derive(Debug, Clone)]
pub struct TypedContactLine {
    /// Masked.
    pub email: String,
    /// Word of how the person was reached.
    pub how: String,
    /// Name of who typed it in.
    pub asked_by: String,
    /// When, UTC.
    pub asked_at: DateTime<Utc>,
    /// When a second person approved it, UTC.
    pub approved_at: Option<DateTime<Utc>>,
    /// Last instant at which it can be approved or confirmed, UTC.
    pub until: DateTime<Utc>,
}

/// `GET /console/claimants/{id}/contact`; POST of an address to the same path, of a decision to
/// `/console/claimants/{id}/contact-decision`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/contact.html")]
pub struct StaffContactPage {
    /// Around the content.
    pub console: Console,
    /// The claimant.
    pub id: String,
    /// Grouped for reading.
    pub reference: String,
    /// The present address, masked.
    pub now: Option<String>,
    /// What waits.
    pub typed: Option<TypedContactLine>,
    /// Whether who looks typed it in.
    pub is_own: bool,
    /// Whether one may be typed in now.
    pub may_type: bool,
    /// As typed.
    pub email: String,
    /// As chosen.
    pub how: String,
    /// As typed.
    pub reason: String,
    /// What was refused.
    pub errors: Errors,
}
