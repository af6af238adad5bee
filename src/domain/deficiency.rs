//! Deficiency notices: what a claimant is asked to bring, and until when (R2).

use chrono::{Days, NaiveDate};

use super::field::{FieldCode, FieldErrors};
use super::readiness::Letter;

/// How much time a claimant has at least, days.
pub const SHORTEST: u64 = 3;
/// How much time a claimant has at most, days.
pub const LONGEST: u64 = 180;
/// How much time is proposed, days.
pub const PROPOSED: u64 = 15;

/// What is asked for, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The letters, in order, each once.
    pub letters: Vec<Letter>,
    /// Last day for them, in Rome.
    pub due_on: NaiveDate,
}

/// Whether a claimant can bring a letter: the others are for case and association to bring.
pub const fn can_be_asked(letter: Letter) -> bool {
    matches!(letter.as_char(), 'b' | 'd'..='i')
}

/// Reads what is asked for; `missing` are the letters that the claimant lacks.
///
/// # Errors
/// At `/letters` if there is none, or one that is not missing or not for the claimant to bring; at `/due_on`.
pub fn parse(
    letters: &[String],
    due_on: Option<&str>,
    missing: &[char],
    today: NaiveDate,
) -> Result<Wanted, FieldErrors> {
    let mut errors = FieldErrors::new();
    let read: Vec<Option<Letter>> = letters.iter().map(|text| Letter::parse(text)).collect();
    if read.is_empty() {
        errors.push("/letters", FieldCode::Required, "error-letters-required");
    }
    let is_missing = |letter: &Letter| missing.contains(&letter.as_char()) && can_be_asked(*letter);
    let wrong = read
        .iter()
        .any(|letter| !letter.as_ref().is_some_and(is_missing));
    if wrong {
        errors.push(
            "/letters",
            FieldCode::UnknownValue,
            "error-letters-not-missing",
        );
    }
    let wanted = Letter::ALL
        .into_iter()
        .filter(|letter| read.contains(&Some(*letter)));
    let day = due_on.map(str::trim).filter(|text| !text.is_empty());
    let day = match day.map(str::parse::<NaiveDate>) {
        None => {
            errors.push("/due_on", FieldCode::Required, "error-due-on-required");
            None
        }
        Some(Err(_)) => {
            errors.push("/due_on", FieldCode::Format, "error-day-format");
            None
        }
        Some(Ok(day)) => {
            let days = (day - today).num_days();
            let is_fair =
                u64::try_from(days).is_ok_and(|days| (SHORTEST..=LONGEST).contains(&days));
            if !is_fair {
                errors.push("/due_on", FieldCode::OutOfRange, "error-due-on-range");
            }
            Some(day)
        }
    };
    let wanted = day.map(|due_on| Wanted {
        letters: wanted.collect(),
        due_on,
    });
    match wanted {
        Some(wanted) if errors.is_empty() => Ok(wanted),
        _ => Err(errors),
    }
}

/// The day that is proposed.
pub fn proposed(today: NaiveDate) -> NaiveDate {
    today.checked_add_days(Days::new(PROPOSED)).unwrap_or(today)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, day).unwrap()
    }

    fn letters(all: &[&str]) -> Vec<String> {
        all.iter().map(|letter| (*letter).to_owned()).collect()
    }

    #[test]
    fn r2_only_what_is_missing_and_can_be_brought_is_asked_for() {
        let missing = ['b', 'c', 'i'];
        let read = |all: &[&str]| parse(&letters(all), Some("2026-03-20"), &missing, day(2));
        let wanted = read(&["i", "b", "i"]).unwrap();
        assert_eq!(wanted.due_on, day(20));
        let chars: Vec<char> = wanted
            .letters
            .iter()
            .map(|letter| letter.as_char())
            .collect();
        assert_eq!(chars, ['b', 'i']);
        for wrong in [&["d"][..], &["c"], &["a"], &["x"], &["b", "d"], &[]] {
            let errors = read(wrong).unwrap_err();
            assert_eq!(
                errors.iter().next().unwrap().pointer,
                "/letters",
                "{wrong:?}"
            );
        }
    }

    #[test]
    fn the_term_is_neither_too_short_nor_too_long() {
        let read = |day: Option<&str>| {
            let today = NaiveDate::from_ymd_opt(2026, 3, 2).unwrap();
            parse(&letters(&["b"]), day, &['b'], today).is_ok()
        };
        for (text, fits) in [
            ("2026-03-04", false),
            ("2026-03-05", true),
            ("2026-08-29", true),
            ("2026-08-30", false),
            ("2026-03-01", false),
            ("presto", false),
            ("", false),
        ] {
            assert_eq!(read(Some(text)), fits, "{text}");
        }
        assert!(!read(None));
        assert_eq!(proposed(day(2)), day(17));
    }
}
