//! A stretch of time as people type it: days or moments of Rome, or RFC 3339.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Europe::Rome;

use crate::domain::field::{FieldCode, FieldErrors, ValueError};

/// From a moment on, before another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// The first moment, UTC.
    pub from: DateTime<Utc>,
    /// The first moment after it, UTC.
    pub until: DateTime<Utc>,
}

impl Span {
    /// Reads two ends. A day begins at midnight in Rome; as the second end it is meant with its evening.
    ///
    /// # Errors
    /// `/from`, `/to`: `Required`, `Format`, `OutOfRange` if the second is not after the first.
    pub fn parse(from: &str, to: &str) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::new();
        let from = errors.take("/from", end(from, false));
        let until = errors.take("/to", end(to, true));
        match (from, until) {
            (Some(from), Some(until)) if from < until => Ok(Self { from, until }),
            (Some(_), Some(_)) => {
                errors.push("/to", FieldCode::OutOfRange, "error-span-order");
                Err(errors)
            }
            _ => Err(errors),
        }
    }

    /// The part of this span that another covers; `None` where they do not touch.
    pub fn shared(self, from: DateTime<Utc>, until: Option<DateTime<Utc>>) -> Option<Self> {
        let shared = Self {
            from: self.from.max(from),
            until: until.map_or(self.until, |until| self.until.min(until)),
        };
        (shared.from < shared.until).then_some(shared)
    }
}

fn end(text: &str, is_last: bool) -> Result<DateTime<Utc>, ValueError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(ValueError::new(FieldCode::Required, "error-span-required"));
    }
    let wrong = ValueError::new(FieldCode::Format, "error-span-format");
    let at = moment(text).or_else(|| day(text, is_last));
    // years that no database takes are none
    at.filter(|at| (1900..=9999).contains(&at.year()))
        .ok_or(wrong)
}

fn moment(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.with_timezone(&Utc));
    }
    let forms = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"];
    let local = forms
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())?;
    in_rome(local)
}

fn day(text: &str, is_last: bool) -> Option<DateTime<Utc>> {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    let day = if is_last {
        day.checked_add_days(Days::new(1))?
    } else {
        day
    };
    in_rome(day.and_time(NaiveTime::MIN))
}

fn in_rome(local: NaiveDateTime) -> Option<DateTime<Utc>> {
    let at = Rome.from_local_datetime(&local).earliest()?;
    Some(at.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn days_are_those_of_rome_with_their_evening() {
        let span = Span::parse("2026-03-02", "2026-03-02").unwrap();
        assert_eq!(span.from, at("2026-03-01T23:00:00Z"));
        assert_eq!(span.until, at("2026-03-02T23:00:00Z"));
        // the day the clocks go forward has 23 hours
        let short = Span::parse("2026-03-29", "2026-03-29").unwrap();
        assert_eq!((short.until - short.from).num_hours(), 23);
        let exact = Span::parse("2026-03-02T10:00:00Z", "2026-03-02T12:30").unwrap();
        assert_eq!(
            (exact.from, exact.until),
            (at("2026-03-02T10:00:00Z"), at("2026-03-02T11:30:00Z"))
        );
    }

    #[test]
    fn ends_are_wanted_readable_and_in_their_order() {
        for (from, to, pointers) in [
            ("", "", vec!["/from", "/to"]),
            ("ieri", "2026-03-02", vec!["/from"]),
            ("2026-03-02", "2026-03-01", vec!["/to"]),
            ("2026-03-02T10:00:00Z", "2026-03-02T10:00:00Z", vec!["/to"]),
        ] {
            let errors = Span::parse(from, to).unwrap_err();
            let found: Vec<&str> = errors.iter().map(|error| error.pointer.as_str()).collect();
            assert_eq!(found, pointers, "{from} {to}");
        }
    }

    #[test]
    fn two_stretches_share_what_both_cover() {
        let day = Span::parse("2026-03-02", "2026-03-02").unwrap();
        let noon = at("2026-03-02T11:00:00Z");
        assert_eq!(day.shared(noon, None).unwrap().from, noon);
        assert_eq!(
            day.shared(at("2026-01-01T00:00:00Z"), Some(noon))
                .unwrap()
                .until,
            noon
        );
        assert_eq!(day.shared(day.until, None), None);
    }
}
