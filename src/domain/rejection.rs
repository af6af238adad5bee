//! Why a record is rejected, as its claimant is told, and until when they can object.

use chrono::{DateTime, Days, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::outage::day_in_rome;

/// Days in which the claimant can say why it is wrong.
pub const OBJECTION_DAYS: u64 = 30;

/// Why a record is rejected. None of them tells of another record (R30).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectionCode {
    /// Mailbox or time are none of this case.
    NotConcerned,
    /// That data or mailbox are the claimant's is not proved.
    NotProven,
    /// What was asked for did not come.
    Incomplete,
    /// What was told is not so.
    Untrue,
    /// What the words say.
    Other,
}

impl RejectionCode {
    /// Every code.
    pub const ALL: [Self; 5] = [
        Self::NotConcerned,
        Self::NotProven,
        Self::Incomplete,
        Self::Untrue,
        Self::Other,
    ];

    /// Name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotConcerned => "not_concerned",
            Self::NotProven => "not_proven",
            Self::Incomplete => "incomplete",
            Self::Untrue => "untrue",
            Self::Other => "other",
        }
    }

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == text)
    }
}

/// Last day on which the claimant can say why it is wrong, in Rome.
pub fn objection_until(rejected_at: DateTime<Utc>) -> NaiveDate {
    let day = day_in_rome(rejected_at);
    day.checked_add_days(Days::new(OBJECTION_DAYS))
        .unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for code in RejectionCode::ALL {
            assert_eq!(RejectionCode::parse(code.as_str()), Some(code));
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
    }

    #[test]
    fn the_days_are_counted_in_rome() {
        let late = "2026-03-01T23:30:00Z".parse().unwrap();
        assert_eq!(objection_until(late).to_string(), "2026-04-01");
    }
}
