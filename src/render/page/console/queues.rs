//! What waits for staff: the page of all queues, and what stands over an item of one.

use askama::Template;
use chrono::{DateTime, NaiveDate, Utc};

use super::Console;
use crate::render::page::{Chrome, Errors};

/// A queue in which something waits.
#[derive(Debug, Clone)]
pub struct QueueLine {
    /// Word of the queue.
    pub word: &'static str,
    /// Where it is listed.
    pub href: String,
    /// Its address: `/begin` there begins its first item, `/next` only opens it.
    pub start: String,
    /// Whether the reader may begin its items.
    pub may_begin: bool,
    /// Who has an item in hand, and since when, UTC.
    pub in_hand: Vec<(String, DateTime<Utc>)>,
    /// Items, up to 999.
    pub count: u64,
    /// True if there are more.
    pub more: bool,
    /// Since when the oldest waits, UTC.
    pub oldest: Option<DateTime<Utc>>,
    /// The first day by which something has to be done.
    pub due_on: Option<NaiveDate>,
    /// True if that day is over.
    pub overdue: bool,
    /// Items that the reader has.
    pub mine: u64,
    /// Items that nobody has.
    pub free: u64,
    /// Whether one person begins each of its items.
    pub is_begun_by_one: bool,
}

/// `GET /console/cases/{slug}/queues?done=`
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/queues.html")]
pub struct QueuesPage {
    /// Around the content.
    pub console: Console,
    /// The case.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// The clock, UTC.
    pub now: DateTime<Utc>,
    /// The queue in which nothing else waits for the reader.
    pub done: Option<&'static str>,
    /// How many of that queue the reader has, which still wait.
    pub kept: u64,
    /// Queues in which something waits.
    pub waiting: Vec<QueueLine>,
    /// Words of the empty ones.
    pub empty: Vec<&'static str>,
}

impl QueuesPage {
    /// For how long something has been waiting, in words.
    fn age(&self, since: &DateTime<Utc>) -> String {
        let waited = self.now - *since;
        let (days, hours) = (waited.num_days().max(0), waited.num_hours().max(0));
        if days > 0 {
            let days = days.unsigned_abs();
            return self
                .console
                .chrome
                .tv("queue-age-days", &[("days", days.into())]);
        }
        let hours = hours.unsigned_abs();
        self.console
            .chrome
            .tv("queue-age-hours", &[("hours", hours.into())])
    }
}

/// What stands over an item of a queue; a form in it goes to
/// `/console/cases/{slug}/queues/{word}/items/{subject}/assignment` with `{to, from, due_on, item}`, another to
/// `/console/cases/{slug}/queues/{word}/begin` with `{after}`.
#[derive(Debug, Clone)]
pub struct QueueBar {
    /// The case.
    pub slug: String,
    /// Word of the queue.
    pub word: &'static str,
    /// Where the queue is listed.
    pub list: String,
    /// The item.
    pub item: String,
    /// What an assignment names.
    pub subject: String,
    /// False once it is worked off.
    pub waits: bool,
    /// Name of who has it.
    pub holder: Option<String>,
    /// Whether that is the reader.
    pub is_mine: bool,
    /// Since when, UTC.
    pub since: Option<DateTime<Utc>>,
    /// Until when it is in hand, UTC; none: it was assigned to stay.
    pub until: Option<DateTime<Utc>>,
    /// Staff id of who has it, or empty.
    pub from: String,
    /// Whom it is to be given to: staff id of who has it, or as it was typed.
    pub to: String,
    /// By which day it is to be done.
    pub due_on: Option<NaiveDate>,
    /// What was refused.
    pub wrong: Errors,
    /// True if that day is over.
    pub overdue: bool,
    /// Whether the reader may assign and release it.
    pub may_assign: bool,
    /// Id and name of the others it may be given to.
    pub colleagues: Vec<(String, String)>,
}

/// POST of `/console/cases/{slug}/queues/{word}/items/{subject}/assignment` that was refused.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/queue_assign.html")]
pub struct AssignPage {
    /// Around the content.
    pub console: Console,
    /// Where the item is worked on.
    pub back: String,
    /// The form, with what was typed.
    pub bar: Option<QueueBar>,
}

impl QueueBar {
    /// The name of the queue in words.
    pub(in crate::render) fn name(&self, chrome: &Chrome) -> String {
        chrome.text().word("console-queue", self.word)
    }
}
