//! Days and sums as they are written in Italian.

#![expect(
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference to the field"
)]

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use chrono_tz::Europe::Rome;
use serde::Serializer;

const MONTHS: [&str; 12] = [
    "gennaio",
    "febbraio",
    "marzo",
    "aprile",
    "maggio",
    "giugno",
    "luglio",
    "agosto",
    "settembre",
    "ottobre",
    "novembre",
    "dicembre",
];

/// `1º gennaio 2023`, `23 gennaio 2023`.
pub fn day_in_words(day: NaiveDate) -> String {
    let month = MONTHS.iter().zip(1_u32..).find(|(_, n)| *n == day.month());
    let month = month.map_or("", |(name, _)| name);
    match day.day() {
        1 => format!("1º {month} {}", day.year()),
        number => format!("{number} {month} {}", day.year()),
    }
}

/// `23 gennaio 2023, ore 00:30:00 Europe/Rome (2023-01-22 23:30:00 UTC)`.
pub fn instant_in_words(at: DateTime<Utc>) -> String {
    let local = at.with_timezone(&Rome);
    let day = day_in_words(local.date_naive());
    let (hour, utc) = (local.format("%H:%M:%S"), at.format("%Y-%m-%d %H:%M:%S"));
    format!("{day}, ore {hour} Europe/Rome ({utc} UTC)")
}

/// `1.234,56 EUR` from cents.
pub fn euro_in_words(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let cents = cents.unsigned_abs();
    let digits = (cents / 100).to_string();
    let mut whole = String::with_capacity(digits.len() + 4);
    for (digit, left) in digits.chars().zip((0..digits.len()).rev()) {
        whole.push(digit);
        if left > 0 && left % 3 == 0 {
            whole.push('.');
        }
    }
    format!("{sign}{whole},{:02} EUR", cents % 100)
}

pub(super) fn day<S: Serializer>(day: &NaiveDate, output: S) -> Result<S::Ok, S::Error> {
    output.serialize_str(&day_in_words(*day))
}

pub(super) fn day_if_any<S: Serializer>(
    day: &Option<NaiveDate>,
    output: S,
) -> Result<S::Ok, S::Error> {
    match day {
        Some(day) => output.serialize_str(&day_in_words(*day)),
        None => output.serialize_none(),
    }
}

pub(super) fn euro<S: Serializer>(cents: &i64, output: S) -> Result<S::Ok, S::Error> {
    output.serialize_str(&euro_in_words(*cents))
}

pub(super) fn euro_if_any<S: Serializer>(
    cents: &Option<i64>,
    output: S,
) -> Result<S::Ok, S::Error> {
    match cents {
        Some(cents) => output.serialize_str(&euro_in_words(*cents)),
        None => output.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_written_the_italian_way() {
        for (cents, words) in [
            (0, "0,00 EUR"),
            (5, "0,05 EUR"),
            (123_456, "1.234,56 EUR"),
            (99_999, "999,99 EUR"),
            (100_000, "1.000,00 EUR"),
            (123_456_789_012, "1.234.567.890,12 EUR"),
            (-150, "-1,50 EUR"),
            (i64::MIN, "-92.233.720.368.547.758,08 EUR"),
        ] {
            assert_eq!(euro_in_words(cents), words);
        }
    }

    #[test]
    fn r69_an_instant_is_told_in_rome_and_in_utc() {
        for (at, words) in [
            (
                "2023-01-22T23:30:00.9Z",
                "23 gennaio 2023, ore 00:30:00 Europe/Rome (2023-01-22 23:30:00 UTC)",
            ),
            (
                "2023-07-01T10:00:05Z",
                "1º luglio 2023, ore 12:00:05 Europe/Rome (2023-07-01 10:00:05 UTC)",
            ),
        ] {
            assert_eq!(instant_in_words(at.parse().unwrap()), words);
        }
    }

    #[test]
    fn days_are_written_the_italian_way() {
        for (year, month, day, words) in [
            (2023, 1, 23, "23 gennaio 2023"),
            (1958, 11, 1, "1º novembre 1958"),
            (2028, 12, 31, "31 dicembre 2028"),
        ] {
            let day = NaiveDate::from_ymd_opt(year, month, day).unwrap();
            assert_eq!(day_in_words(day), words);
        }
    }
}
