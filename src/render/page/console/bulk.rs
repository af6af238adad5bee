//! Bulk actions: the register with a form for another, and one of them with its records.

use askama::Template;
use chrono::{DateTime, NaiveDate, Utc};

use super::Console;
use super::updates::UpdateFields;
use crate::render::page::Errors;
use crate::render::page::updates::UpdateLine;

/// A bulk action in the register.
#[derive(Debug, Clone)]
pub struct BulkLine {
    /// It.
    pub id: String,
    /// Word of what is done.
    pub kind: &'static str,
    /// What for.
    pub purpose: String,
    /// Word of its state.
    pub state: &'static str,
    /// Records of the set.
    pub records: u64,
    /// Acted on.
    pub done: u64,
    /// Passed over.
    pub passed: u64,
    /// Their turn has not come.
    pub left: u64,
    /// Who looked at the set.
    pub created_by: String,
    /// When, UTC.
    pub created_at: DateTime<Utc>,
}

/// What was typed.
#[derive(Debug, Clone, Default)]
pub struct BulkFields {
    /// Word of what is done; empty: none was chosen yet.
    pub kind: String,
    /// What for.
    pub purpose: String,
    /// Of a message: Italian, English, German.
    pub texts: Vec<UpdateFields>,
    /// Of a message: most mails a minute.
    pub per_minute: String,
    /// Letters that can be asked for, and whether they are.
    pub letters: Vec<(String, bool)>,
    /// Last day for them.
    pub due_on: String,
    /// Colleagues, and who is chosen.
    pub colleagues: Vec<(String, String)>,
    /// The one chosen.
    pub to: String,
    /// Words of why records are rejected.
    pub codes: Vec<&'static str>,
    /// The one chosen.
    pub code: String,
    /// The same in words.
    pub words: String,
    /// Reference of the only record; empty: those of the list.
    pub quoted: String,
}

/// `GET /console/cases/{slug}/bulk-actions?kind=`; POST to the same path.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/bulk.html")]
pub struct BulkPage {
    /// Around the content.
    pub console: Console,
    /// The case.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// Newest first.
    pub items: Vec<BulkLine>,
    /// Cursor of the next page.
    pub next: Option<String>,
    /// Whether the reader may act.
    pub can_act: bool,
    /// Words of what can be done.
    pub kinds: Vec<&'static str>,
    /// Which records, in words; empty: all.
    pub filter: Vec<(&'static str, String)>,
    /// The same as the query of the list, without `?`.
    pub query: String,
    /// What was typed.
    pub form: BulkFields,
    /// What was refused.
    pub errors: Errors,
}

/// A record of a set.
#[derive(Debug, Clone)]
pub struct MemberLine {
    /// The claimant.
    pub id: String,
    /// Grouped for reading.
    pub reference: String,
    /// Word of what became of it: `waiting`, `done`, `passed`, `undone`.
    pub outcome: String,
    /// Word of why it was passed over.
    pub reason: Option<&'static str>,
}

/// `GET /console/bulk-actions/{id}`; POST of a step to the same path.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/bulk_one.html")]
pub struct OneBulkPage {
    /// Around the content.
    pub console: Console,
    /// The case.
    pub slug: String,
    /// How it stands.
    pub line: BulkLine,
    /// Which records, in words; empty: all.
    pub filter: Vec<(&'static str, String)>,
    /// Words of a message as they will look.
    pub texts: Vec<UpdateLine>,
    /// Most mails a minute.
    pub per_minute: Option<u64>,
    /// Letters that are asked for, and until when.
    pub letters: Vec<String>,
    /// Last day for them.
    pub due_on: Option<NaiveDate>,
    /// Queue and colleague.
    pub given: Option<(String, String)>,
    /// Why records are rejected, and the same in words.
    pub rejected: Option<(&'static str, String)>,
    /// Day of the notice of a rejection that is approved now, and how and until when to object, in words.
    pub notice: (NaiveDate, String),
    /// Why records were passed over, with how many each.
    pub reasons: Vec<(&'static str, u64)>,
    /// Last instant at which it can be started or decided, UTC.
    pub expires_at: DateTime<Utc>,
    /// The second person, and when they decided, UTC.
    pub decided: Option<(String, DateTime<Utc>)>,
    /// Who asked to take it back, once it was.
    pub undone_by: Option<String>,
    /// Why it was refused.
    pub refused_because: Option<String>,
    /// When it ended, UTC.
    pub finished_at: Option<DateTime<Utc>>,
    /// Whether starting it asks a second person.
    pub needs_second: bool,
    /// Whether the reader looked at the set.
    pub is_own: bool,
    /// Words of what the reader can do now.
    pub steps: Vec<&'static str>,
    /// Records, in order of their turns.
    pub members: Vec<MemberLine>,
    /// Cursor of the next page of them.
    pub next: Option<String>,
    /// Why it is refused, as typed.
    pub note: String,
    /// What was refused.
    pub errors: Errors,
}

impl OneBulkPage {
    /// What approving is called: of a rejection, not of people.
    fn approve_label(&self) -> &'static str {
        match self.line.kind {
            "reject" => "bulk-approve-reject",
            _ => "bulk-step-approve",
        }
    }

    /// What saying no is called.
    fn refuse_label(&self) -> &'static str {
        match self.line.kind {
            "reject" => "bulk-refuse-reject",
            _ => "bulk-step-refuse",
        }
    }

    /// Whether a step can be taken.
    fn can(&self, step: &str) -> bool {
        self.steps.contains(&step)
    }

    /// Steps that take no words, and how their buttons look.
    fn plain_steps(&self) -> Vec<(&'static str, &'static str)> {
        let plain = [
            ("pause", "btn-outline-primary"),
            ("resume", "btn-outline-primary"),
            ("cancel", "btn-outline-danger"),
            ("undo", "btn-outline-danger"),
        ];
        plain
            .into_iter()
            .filter(|(step, _)| self.can(step))
            .collect()
    }

    /// Whether it goes on.
    fn is_under_way(&self) -> bool {
        matches!(self.line.state, "running" | "paused" | "undoing")
    }

    /// Whether a second person is asked.
    fn waits_for_second(&self) -> bool {
        matches!(self.line.state, "awaiting_approval" | "awaiting_undo")
    }
}
