//! What waits to be sent, and what was given up.

use askama::Template;
use chrono::{DateTime, Utc};

use super::Console;

/// A mail domain, as far as it may be named.
#[derive(Debug, Clone, Default)]
pub struct DomainName {
    /// Its queue; empty where it is not known yet.
    pub id: String,
    /// The name of a public provider.
    pub provider: Option<String>,
    /// The first characters of the id.
    pub sign: String,
}

/// Mails of one kind to one domain.
#[derive(Debug, Clone)]
pub struct GroupLine {
    /// Kind of mail.
    pub kind: String,
    /// To which domain.
    pub domain: DomainName,
    /// Word of the state.
    pub state: &'static str,
    /// How many.
    pub count: i64,
    /// When the first was caused, UTC.
    pub oldest: DateTime<Utc>,
    /// Next attempt, UTC.
    pub next: Option<DateTime<Utc>>,
}

/// A mail that was given up.
#[derive(Debug, Clone)]
pub struct DeadLine {
    /// Its id.
    pub id: String,
    /// Kind of mail.
    pub kind: String,
    /// To which domain.
    pub domain: DomainName,
    /// How often it was tried.
    pub attempts: i32,
    /// When it was caused, UTC.
    pub created_at: DateTime<Utc>,
    /// Word of why.
    pub failure: &'static str,
    /// The last answer, without addresses.
    pub answer: Option<String>,
}

/// `GET /console/mails`; POST of what goes again to the same path.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/mails.html")]
pub struct MailsPage {
    /// Around the content.
    pub console: Console,
    /// Whether the actor puts mails into the queue again.
    pub can_retry: bool,
    /// Most mails first.
    pub groups: Vec<GroupLine>,
    /// Newest first.
    pub dead: Vec<DeadLine>,
    /// The kind asked for; empty: all.
    pub kind: String,
    /// The domain asked for; empty: all.
    pub queue: String,
    /// Where the next page begins.
    pub next: Option<String>,
}

impl MailsPage {
    /// Whether a part of the mails given up is shown.
    fn is_filtered(&self) -> bool {
        !self.kind.is_empty() || !self.queue.is_empty()
    }
}
