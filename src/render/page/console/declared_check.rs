//! What is flagged in a declaration, on the page of the claimant, and the form that finds it in order.

use chrono::{DateTime, Utc};

use crate::render::page::Errors;

/// The form: POST `{version, flags, reason}` to `/console/claimants/{id}/declared-check`.
#[derive(Debug, Clone)]
pub struct DeclaredCheckLines {
    /// Since when it waits, UTC.
    pub since: DateTime<Utc>,
    /// Number of the version that is shown.
    pub version: i32,
    /// Codes of the flags that wait for a look.
    pub flags: Vec<String>,
    /// Codes of those, as ticked.
    pub ticked: Vec<String>,
    /// As typed.
    pub reason: String,
    /// What was refused.
    pub errors: Errors,
}
