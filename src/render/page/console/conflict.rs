//! Two records that claim the same person or mailbox, side by side.

use askama::Template;
use chrono::{DateTime, Utc};

use super::Console;
use super::queues::QueueBar;
use crate::render::page::Errors;

/// One of the records; name, reference and mailboxes are empty for one of another association.
#[derive(Debug, Clone)]
pub struct SideLine {
    /// The claimant; none for a record of another association.
    pub id: Option<String>,
    /// Name of the association.
    pub association: String,
    /// Whether the key is this one's now.
    pub holds: bool,
    /// Word of the state.
    pub state: &'static str,
    /// When it signed up, UTC.
    pub created_at: DateTime<Utc>,
    /// When the contact was confirmed, UTC.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// When the declaration in force was signed, UTC.
    pub signed_at: Option<DateTime<Utc>>,
    /// Word of the tier.
    pub tier: Option<String>,
    /// Whether control of the contested mailbox was proved; none where a person is contested.
    pub proved: Option<bool>,
    /// Documents produced.
    pub documents: usize,
    /// Grouped for reading.
    pub reference: String,
    /// Name.
    pub name: String,
    /// Masked.
    pub codice_fiscale: String,
    /// Addresses.
    pub mailboxes: Vec<String>,
}

/// What waits for a second person.
#[derive(Debug, Clone)]
pub struct ProposalLine {
    /// Reference of who is to keep the key.
    pub keeper: String,
    /// Name of who proposed it.
    pub by: String,
    /// When, UTC.
    pub at: DateTime<Utc>,
    /// Whether that was the reader, who cannot decide.
    pub is_own: bool,
}

/// `GET /console/conflicts/{id}`; POST `{decision, reason}` to `/decision` there, of a second person to `/approval`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/conflict.html")]
pub struct ConflictPage {
    /// Around the content.
    pub console: Console,
    /// The way to the next.
    pub bar: Option<QueueBar>,
    /// The case.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// The clash.
    pub id: String,
    /// `person` or `mailbox`.
    pub kind: String,
    /// When it was noticed, UTC.
    pub opened_at: DateTime<Utc>,
    /// Who holds the key first.
    pub sides: Vec<SideLine>,
    /// What waits for a second person.
    pub proposal: Option<ProposalLine>,
    /// Whether it can be decided here.
    pub is_ours: bool,
    /// As chosen.
    pub decision: String,
    /// As typed.
    pub reason: String,
    /// What was refused.
    pub errors: Errors,
}
