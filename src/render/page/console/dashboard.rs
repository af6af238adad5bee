//! How a case stands, in figures.

use askama::Template;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use super::Console;
use crate::render::chart::{Chart, scaled};

/// Width of a full bar in a table.
const FULL: u64 = 100;

/// Sign-ups, confirmations and signatures of an hour or a day.
#[derive(Debug, Clone, Copy)]
pub struct MovementLine<T> {
    /// When, in Rome.
    pub at: T,
    /// Sign-ups.
    pub signed_up: u64,
    /// Contacts confirmed.
    pub confirmed: u64,
    /// Signatures.
    pub signed: u64,
}

impl<T> MovementLine<T> {
    const fn values(&self) -> [u64; 3] {
        [self.signed_up, self.confirmed, self.signed]
    }
}

/// A count with a bar.
#[derive(Debug, Clone)]
pub struct ShareLine {
    /// What is counted.
    pub word: String,
    /// How many.
    pub count: u64,
    /// Of a hundred: how long its bar is.
    pub bar: u64,
}

/// Gives counts their bars.
pub fn shares(counts: impl IntoIterator<Item = (String, u64)>) -> Vec<ShareLine> {
    let counts: Vec<(String, u64)> = counts.into_iter().collect();
    let top = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
    let line = |(word, count)| ShareLine {
        word,
        count,
        bar: scaled(count, top, FULL),
    };
    counts.into_iter().map(line).collect()
}

/// Mailboxes of a domain under a plan.
#[derive(Debug, Clone)]
pub struct MailboxCountLine {
    /// The domain, where it is a public provider's.
    pub domain: Option<String>,
    /// Name of the plan, if it was told.
    pub plan: Option<String>,
    /// Mailboxes.
    pub count: u64,
}

/// A list of staff, or mails, with what waits.
#[derive(Debug, Clone)]
pub struct WaitingLine {
    /// Its word.
    pub word: String,
    /// Where it is; none for mails.
    pub href: Option<String>,
    /// How many.
    pub count: u64,
    /// Since when the oldest waits, UTC.
    pub oldest: Option<DateTime<Utc>>,
}

/// A sum of damages.
#[derive(Debug, Clone, Copy)]
pub struct SumLine {
    /// Amounts, cents.
    pub cents: i64,
    /// Items without an amount, on top of them.
    pub open_items: u64,
    /// Records that have any.
    pub open_records: u64,
}

impl SumLine {
    /// Whether the amounts say something: a zero beside open items reads as if nothing were asked for.
    pub fn has_sum(&self) -> bool {
        self.cents > 0 || self.open_items == 0
    }
}

/// `GET /console/cases/{slug}/dashboard`
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/dashboard.html")]
pub struct DashboardPage {
    /// Around the content.
    pub console: Console,
    /// Slug of the case.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// When the figures were counted, UTC.
    pub counted_at: DateTime<Utc>,
    /// Hours, oldest first.
    pub hours: Vec<MovementLine<NaiveDateTime>>,
    /// Days, oldest first.
    pub days: Vec<MovementLine<NaiveDate>>,
    /// Steps from sign-up to signature, in their order, with words of `dashboard-step`.
    pub funnel: Vec<ShareLine>,
    /// Records that ended.
    pub ended: u64,
    /// Damages declared.
    pub declared: SumLine,
    /// Damages under a signature in force.
    pub signed: SumLine,
    /// Records that are worked on.
    pub records: u64,
    /// Of these, who lack nothing and have nothing to review.
    pub ready: u64,
    /// Each letter of art. 840-septies, in order, and how many of them lack it.
    pub letters: Vec<ShareLine>,
    /// Records by province, most first; empty word: not known.
    pub provinces: Vec<ShareLine>,
    /// Mailboxes, most first.
    pub mailboxes: Vec<MailboxCountLine>,
    /// Lists of staff.
    pub waiting: Vec<WaitingLine>,
    /// Mails.
    pub mails: Vec<WaitingLine>,
}

impl DashboardPage {
    fn hours_chart(&self) -> Chart {
        let steps: Vec<[u64; 3]> = self.hours.iter().map(MovementLine::values).collect();
        Chart::new(&steps)
    }

    fn days_chart(&self) -> Chart {
        let steps: Vec<[u64; 3]> = self.days.iter().map(MovementLine::values).collect();
        Chart::new(&steps)
    }

    /// Of a hundred, half up: records of a step over those of the first; none while there are none.
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "templates call with references to the page's fields"
    )]
    fn percent(&self, count: &u64) -> Option<u64> {
        let first = self.funnel.first()?.count;
        (count * 200 + first).checked_div(first * 2)
    }
}
