//! Requests of people about their data (artt. 12, 16-18, 21 GDPR): kinds, terms, decisions (R60).

use std::fmt;

use chrono::{Months, NaiveDate};

use super::field::{FieldCode, ValueError, filled};
use super::paragraphs::paragraphs;

/// Longest words of a request, in characters.
const LONGEST: usize = 2_000;
/// Requests of one claimant that may be open at once.
pub const MOST_OPEN: usize = 5;

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RightsKind {
    /// To correct what one cannot correct oneself (art. 16).
    Rectification,
    /// Not to use data any more (art. 21).
    Objection,
    /// Only to keep data (art. 18).
    Restriction,
    /// To delete what takes a decision (art. 17).
    Erasure,
}

impl RightsKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [
        Self::Rectification,
        Self::Objection,
        Self::Restriction,
        Self::Erasure,
    ];

    /// Name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rectification => "rectification",
            Self::Objection => "objection",
            Self::Restriction => "restriction",
            Self::Erasure => "erasure",
        }
    }

    /// Reads the wire name.
    ///
    /// # Errors
    /// `required` for nothing, `unknown_value`.
    pub fn parse(text: Option<&str>) -> Result<Self, ValueError> {
        let word = filled(text).ok_or(ValueError::new(FieldCode::Required, "error-rights-kind"))?;
        let known = Self::ALL.into_iter().find(|kind| kind.as_str() == word);
        known.ok_or(ValueError::new(
            FieldCode::UnknownValue,
            "error-rights-kind",
        ))
    }
}

/// What was decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RightsDecision {
    /// Done as asked.
    Granted,
    /// Done in part.
    Partly,
    /// Not done.
    Refused,
}

impl RightsDecision {
    /// All decisions.
    pub const ALL: [Self; 3] = [Self::Granted, Self::Partly, Self::Refused];

    /// Name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Partly => "partly",
            Self::Refused => "refused",
        }
    }

    /// Reads the wire name.
    ///
    /// # Errors
    /// `required` for nothing, `unknown_value`.
    pub fn parse(text: Option<&str>) -> Result<Self, ValueError> {
        let wrong = |code| ValueError::new(code, "error-rights-decision");
        let word = filled(text).ok_or(wrong(FieldCode::Required))?;
        let known = Self::ALL.into_iter().find(|known| known.as_str() == word);
        known.ok_or(wrong(FieldCode::UnknownValue))
    }
}

/// What somebody wrote: 1 to 2,000 characters, several lines.
#[derive(Clone, PartialEq, Eq)]
pub struct RightsText(String);

impl RightsText {
    /// Reads what was typed.
    ///
    /// # Errors
    /// `required` for nothing, `too_long`, `format` for control characters.
    pub fn parse(text: Option<&str>) -> Result<Self, ValueError> {
        let text = filled(text).ok_or(ValueError::new(
            FieldCode::Required,
            "error-rights-required",
        ))?;
        let (format, long) = ("error-rights-format", "error-rights-too-long");
        paragraphs(text, LONGEST, format, long).map(Self)
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RightsText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RightsText(..)")
    }
}

/// The day a letter arrived: not in the future, not more than a year ago.
///
/// # Errors
/// `required`, `format`, `out_of_range`.
pub fn received_on(text: Option<&str>, today: NaiveDate) -> Result<NaiveDate, ValueError> {
    let wrong = |code| ValueError::new(code, "error-rights-day");
    let text = filled(text).ok_or(wrong(FieldCode::Required))?;
    let read = |form| NaiveDate::parse_from_str(text, form).ok();
    let day = read("%Y-%m-%d").or_else(|| read("%d/%m/%Y"));
    let day = day.ok_or(wrong(FieldCode::Format))?;
    let oldest = today.checked_sub_months(Months::new(12)).unwrap_or(today);
    let fits = (oldest..=today).contains(&day);
    fits.then_some(day).ok_or(wrong(FieldCode::OutOfRange))
}

/// The last day for an answer: one month from receipt (art. 12.3 GDPR). A month without that day ends
/// the term on its last (Reg. 1182/71, art. 3).
pub fn due_on(received: NaiveDate) -> NaiveDate {
    months_after(received, 1)
}

/// The last day for an answer after the one extension: two further months.
pub fn extended_due_on(received: NaiveDate) -> NaiveDate {
    months_after(received, 3)
}

/// Whether the term may still be extended: the reason must be told within the first month (R60).
pub fn may_extend(received: NaiveDate, today: NaiveDate) -> bool {
    today <= due_on(received)
}

fn months_after(day: NaiveDate, months: u32) -> NaiveDate {
    day.checked_add_months(Months::new(months)).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn r60_a_month_is_one_of_the_calendar_and_ends_where_it_is_shorter() {
        for (received, due, extended) in [
            ("2026-03-02", "2026-04-02", "2026-06-02"),
            ("2026-01-31", "2026-02-28", "2026-04-30"),
            ("2028-01-31", "2028-02-29", "2028-04-30"),
            ("2026-11-30", "2026-12-30", "2027-02-28"),
            ("2026-12-31", "2027-01-31", "2027-03-31"),
        ] {
            assert_eq!(due_on(day(received)), day(due));
            assert_eq!(extended_due_on(day(received)), day(extended));
            assert!(may_extend(day(received), day(due)));
            assert!(!may_extend(day(received), day(due).succ_opt().unwrap()));
        }
    }

    #[test]
    fn a_letter_arrived_today_or_in_the_year_before() {
        let today = day("2026-03-02");
        let read = |text| received_on(Some(text), today).map_err(|error| error.code);
        assert_eq!(read("2026-03-02"), Ok(today));
        assert_eq!(read("01/03/2026"), Ok(day("2026-03-01")));
        assert_eq!(read("2026-03-03"), Err(FieldCode::OutOfRange));
        assert_eq!(read("2025-03-01"), Err(FieldCode::OutOfRange));
        assert_eq!(read("2.3.2026"), Err(FieldCode::Format));
        assert_eq!(read(" "), Err(FieldCode::Required));
    }

    #[test]
    fn words_are_read_back() {
        for kind in RightsKind::ALL {
            assert_eq!(RightsKind::parse(Some(kind.as_str())), Ok(kind));
        }
        for decision in RightsDecision::ALL {
            assert_eq!(RightsDecision::parse(Some(decision.as_str())), Ok(decision));
        }
        assert!(RightsKind::parse(Some("access")).is_err());
        assert!(RightsText::parse(Some(&"x".repeat(2_001))).is_err());
        assert_eq!(RightsText::parse(Some("a\r\nb")).unwrap().as_str(), "a\nb");
    }
}
