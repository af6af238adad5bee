//! Requests of people about their data (artt. 12, 16-18, 21 GDPR): kinds, terms, decisions (R60).

use std::fmt;

use chrono::{Months, NaiveDate, TimeDelta};

use super::claimant::ClaimantState;
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
    /// To have a copy of everything (art. 15); by letter, for the own page gives it at once.
    Access,
    /// To have it in a form that machines read (art. 20); by letter.
    Portability,
}

impl RightsKind {
    /// All kinds: what a letter may ask for.
    pub const ALL: [Self; 6] = [
        Self::Rectification,
        Self::Objection,
        Self::Restriction,
        Self::Erasure,
        Self::Access,
        Self::Portability,
    ];
    /// What is asked for on the own page: a copy is taken there, and not asked for.
    pub const ON_OWN_PAGE: [Self; 4] = [
        Self::Rectification,
        Self::Objection,
        Self::Restriction,
        Self::Erasure,
    ];

    /// Whether staff hand a copy of the data over.
    pub const fn takes_copy(self) -> bool {
        matches!(self, Self::Access | Self::Portability)
    }

    /// Reads the wire name of what is asked for on the own page.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn parse_own(text: Option<&str>) -> Result<Self, ValueError> {
        let wrong = ValueError::new(FieldCode::UnknownValue, "error-rights-kind");
        let kind = Self::parse(text)?;
        Self::ON_OWN_PAGE
            .contains(&kind)
            .then_some(kind)
            .ok_or(wrong)
    }

    /// Name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rectification => "rectification",
            Self::Objection => "objection",
            Self::Restriction => "restriction",
            Self::Erasure => "erasure",
            Self::Access => "access",
            Self::Portability => "portability",
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

/// What an answer does to the record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// The record is deleted, with documents and signatures. Cannot be undone.
    Erase,
    /// The data are only kept (R61): in no list, export or reminder.
    Restrict,
    /// Nothing: staff do what there is to do with the tools for it.
    Record,
}

impl Effect {
    /// All effects.
    pub const ALL: [Self; 3] = [Self::Erase, Self::Restrict, Self::Record];

    /// What a decision on a request does to a record in a state; `None`: to one that is gone. Only what is
    /// granted whole is carried out. What is lodged is never deleted (R61, art. 17.3.e GDPR).
    pub const fn of(
        kind: RightsKind,
        decision: RightsDecision,
        state: Option<ClaimantState>,
    ) -> Self {
        match (kind, decision, state) {
            (
                RightsKind::Erasure,
                RightsDecision::Granted,
                Some(ClaimantState::Lodged | ClaimantState::Restricted),
            )
            | (RightsKind::Restriction, RightsDecision::Granted, Some(_)) => Self::Restrict,
            (RightsKind::Erasure, RightsDecision::Granted, Some(_)) => Self::Erase,
            (
                RightsKind::Rectification
                | RightsKind::Objection
                | RightsKind::Restriction
                | RightsKind::Erasure
                | RightsKind::Access
                | RightsKind::Portability,
                RightsDecision::Granted | RightsDecision::Partly | RightsDecision::Refused,
                _,
            ) => Self::Record,
        }
    }

    /// Name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Erase => "erase",
            Self::Restrict => "restrict",
            Self::Record => "record",
        }
    }

    /// Reads what staff confirmed; nothing for nothing.
    ///
    /// # Errors
    /// `unknown_value`.
    pub fn parse(text: Option<&str>) -> Result<Option<Self>, ValueError> {
        let Some(word) = filled(text) else {
            return Ok(None);
        };
        let known = Self::ALL.into_iter().find(|effect| effect.as_str() == word);
        let wrong = ValueError::new(FieldCode::UnknownValue, "error-rights-confirm");
        known.map(Some).ok_or(wrong)
    }

    /// Whether staff must confirm that they know what will happen: `confirmed` is what they confirmed.
    ///
    /// # Errors
    /// `required` for nothing; `not_accepted` for another effect than the one it has by now.
    pub fn check(self, confirmed: Option<Self>) -> Result<(), ValueError> {
        let wrong = |code| Err(ValueError::new(code, "error-rights-confirm"));
        match (self, confirmed) {
            (Self::Record, _) => Ok(()),
            (effect, Some(confirmed)) if effect == confirmed => Ok(()),
            (_, Some(_)) => wrong(FieldCode::NotAccepted),
            (_, None) => wrong(FieldCode::Required),
        }
    }
}

/// What became of an answered request, as the register has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It was decided, and nothing of it is done by the program.
    Recorded,
    /// The data are only kept.
    Restricted,
    /// The record is deleted once the answer has left by mail.
    Erasing,
    /// The record is gone.
    Erased,
}

impl Outcome {
    /// Name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Restricted => "restricted",
            Self::Erasing => "erasing",
            Self::Erased => "erased",
        }
    }
}

/// How long the mail that says that a record is deleted may wait before it is deleted all the same.
pub const FAREWELL: TimeDelta = TimeDelta::hours(72);

/// How long after the person was told the use of their data goes on (art. 18.3 GDPR: before).
pub const LIFTING_NOTICE: TimeDelta = TimeDelta::days(7);

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
    fn r61_what_is_granted_deletes_unless_the_claim_is_lodged() {
        use ClaimantState as S;
        use RightsDecision as D;
        for state in S::ALL {
            let kept = matches!(state, S::Lodged | S::Restricted);
            let erasure = Effect::of(RightsKind::Erasure, D::Granted, Some(state));
            let expected = if kept {
                Effect::Restrict
            } else {
                Effect::Erase
            };
            assert_eq!(erasure, expected, "{}", state.as_str());
            let restriction = Effect::of(RightsKind::Restriction, D::Granted, Some(state));
            assert_eq!(restriction, Effect::Restrict);
            for kind in RightsKind::ALL {
                for decision in [D::Partly, D::Refused] {
                    assert_eq!(Effect::of(kind, decision, Some(state)), Effect::Record);
                }
            }
            for kind in [RightsKind::Rectification, RightsKind::Objection] {
                assert_eq!(Effect::of(kind, D::Granted, Some(state)), Effect::Record);
            }
        }
        assert_eq!(
            Effect::of(RightsKind::Erasure, D::Granted, None),
            Effect::Record,
            "nothing is left to delete"
        );
    }

    #[test]
    fn what_was_confirmed_is_what_will_happen_or_nothing_does() {
        assert_eq!(Effect::Record.check(None), Ok(()));
        assert_eq!(Effect::Erase.check(Some(Effect::Erase)), Ok(()));
        let code = |checked: Result<(), ValueError>| checked.unwrap_err().code;
        assert_eq!(code(Effect::Erase.check(None)), FieldCode::Required);
        let other = Effect::Restrict.check(Some(Effect::Erase));
        assert_eq!(code(other), FieldCode::NotAccepted);
        for effect in Effect::ALL {
            assert_eq!(Effect::parse(Some(effect.as_str())), Ok(Some(effect)));
        }
        assert_eq!(Effect::parse(Some(" ")), Ok(None));
        assert!(Effect::parse(Some("yes")).is_err());
    }

    #[test]
    fn words_are_read_back() {
        for kind in RightsKind::ALL {
            assert_eq!(RightsKind::parse(Some(kind.as_str())), Ok(kind));
        }
        for decision in RightsDecision::ALL {
            assert_eq!(RightsDecision::parse(Some(decision.as_str())), Ok(decision));
        }
        assert!(RightsKind::parse(Some("curiosity")).is_err());
        assert!(RightsText::parse(Some(&"x".repeat(2_001))).is_err());
        assert_eq!(RightsText::parse(Some("a\r\nb")).unwrap().as_str(), "a\nb");
    }
}
