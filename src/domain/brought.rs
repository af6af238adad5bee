//! How many people a partner brought, by link and by API, case by case.

use chrono::{DateTime, Utc};

use crate::domain::ids::CaseId;

/// Fewer than so many are not told to others (R59), and who came by link is told in steps of as many: the difference
/// between two readings names nobody.
pub const SMALLEST: i64 = 5;

/// How many came one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Records.
    pub sign_ups: i64,
    /// With a confirmed contact.
    pub confirmed: i64,
    /// Signed.
    pub signed: i64,
}

impl Counts {
    /// Down to steps of [`SMALLEST`].
    #[must_use]
    pub const fn rounded(self) -> Self {
        Self {
            sign_ups: down(self.sign_ups),
            confirmed: down(self.confirmed),
            signed: down(self.signed),
        }
    }
}

/// A count as everybody may read it: fewer than [`SMALLEST`] are told as nobody.
#[must_use]
pub const fn told(count: i64) -> i64 {
    if count < SMALLEST { 0 } else { count }
}

const fn down(count: i64) -> i64 {
    count - count % SMALLEST
}

/// How many a partner brought in a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brought {
    /// The case.
    pub case: CaseId,
    /// Its slug.
    pub slug: String,
    /// By its links.
    pub by_link: Counts,
    /// By the API.
    pub by_api: Counts,
}

/// Figures as of one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// When they were counted, UTC.
    pub counted_at: DateTime<Utc>,
    /// By slug of the case.
    pub cases: Vec<Brought>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r59_who_came_by_link_is_told_in_steps() {
        let told = |count| {
            Counts {
                sign_ups: count,
                ..Counts::default()
            }
            .rounded()
            .sign_ups
        };
        assert_eq!([0, 1, 4, 5, 9, 10, 104].map(told), [0, 0, 0, 5, 5, 10, 100]);
    }
}
