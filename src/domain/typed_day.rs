//! Days as people type them: `12/3/85`, `12.03.1985`, `12 marzo 1985`, `12031985`, `1985-03-12`.

use std::ops::RangeInclusive;

use chrono::{Datelike, NaiveDate};

/// First letters of the months in Italian, English and German; three or more of them are enough.
const MONTHS: [[&str; 3]; 12] = [
    ["gennaio", "january", "januar"],
    ["febbraio", "february", "februar"],
    ["marzo", "march", "märz"],
    ["aprile", "april", "april"],
    ["maggio", "may", "mai"],
    ["giugno", "june", "juni"],
    ["luglio", "july", "juli"],
    ["agosto", "august", "august"],
    ["settembre", "september", "september"],
    ["ottobre", "october", "oktober"],
    ["novembre", "november", "november"],
    ["dicembre", "december", "dezember"],
];

/// The day that was typed, the day before the month. A year of two digits is that of the century in
/// `span`; `None` where both centuries fit, so that it is asked back, and for what is no day.
pub fn read(typed: &str, span: &RangeInclusive<NaiveDate>) -> Option<NaiveDate> {
    let typed = typed.trim().to_lowercase();
    let parts: Vec<&str> = typed
        .split(|letter: char| letter.is_whitespace() || "/.-,°º".contains(letter))
        .filter(|part| !part.is_empty())
        .collect();
    match parts.as_slice() {
        [year, month, day] if year.len() == 4 && !typed.contains('/') => whole(day, month, year),
        [day, month, year] => day_of(day, month, year, span),
        [digits] => {
            let (day, rest) = digits.split_at_checked(2)?;
            let (month, year) = rest.split_at_checked(2)?;
            day_of(day, month, year, span)
        }
        _ => None,
    }
}

fn day_of(
    day: &str,
    month: &str,
    year: &str,
    span: &RangeInclusive<NaiveDate>,
) -> Option<NaiveDate> {
    match year.len() {
        4 => whole(day, month, year),
        2 => {
            let mut fitting = (span.start().year() / 100..=span.end().year() / 100)
                .filter_map(|century| whole(day, month, &format!("{century}{year}")))
                .filter(|day| span.contains(day));
            let only = fitting.next()?;
            fitting.next().is_none().then_some(only)
        }
        _ => None,
    }
}

fn whole(day: &str, month: &str, year: &str) -> Option<NaiveDate> {
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(day) || !is_number(year) {
        return None;
    }
    NaiveDate::from_ymd_opt(year.parse().ok()?, month_of(month)?, day.parse().ok()?)
}

fn month_of(typed: &str) -> Option<u32> {
    if typed.bytes().all(|byte| byte.is_ascii_digit()) {
        return typed.parse().ok();
    }
    if typed.chars().count() < 3 {
        return None;
    }
    (1..).zip(MONTHS).find_map(|(number, names)| {
        let is_it = names.iter().any(|name| name.starts_with(typed));
        is_it.then_some(number)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn read_in_2026(typed: &str) -> Option<NaiveDate> {
        read(typed, &(day("1900-01-01")..=day("2026-11-22")))
    }

    #[test]
    fn a_day_is_read_as_people_write_it() {
        for typed in [
            "12/3/85",
            "12/03/1985",
            "12.03.1985",
            "12.3.85",
            "12-3-1985",
            "12 marzo 1985",
            "12 Mar. 85",
            "12 March 1985",
            "12. März 1985",
            "12 3 1985",
            " 12/03/1985 ",
            "1985-03-12",
            "12031985",
            "120385",
            "12° marzo 1985",
        ] {
            assert_eq!(read_in_2026(typed), Some(day("1985-03-12")), "{typed}");
        }
    }

    #[test]
    fn a_year_of_two_digits_is_asked_back_where_two_centuries_fit() {
        assert_eq!(read_in_2026("1/2/20"), None);
        assert_eq!(read_in_2026("1/2/27"), Some(day("1927-02-01")));
        // tomorrow a hundred years ago
        assert_eq!(read_in_2026("23/11/26"), Some(day("1926-11-23")));
        let outages = day("1990-01-01")..=day("2089-12-31");
        assert_eq!(read("22/1/23", &outages), Some(day("2023-01-22")));
    }

    #[test]
    fn what_is_no_day_is_none() {
        for typed in [
            "",
            "12",
            "12/13/1985",
            "31/02/1985",
            "12/ma/1985",
            "12/3/985",
            "dodici marzo",
            "1/2/3/4",
            "1985/03/12",
            "12/3/19855",
            "++/+3/1985",
        ] {
            assert_eq!(read_in_2026(typed), None, "{typed}");
        }
    }

    proptest! {
        #[test]
        fn any_day_is_read_again_and_nothing_panics(number in 700_000..=739_000_i32, other in ".{0,24}") {
            let _ = read_in_2026(&other);
            let day = NaiveDate::from_num_days_from_ce_opt(number).unwrap();
            for format in ["%d/%m/%Y", "%d.%m.%Y", "%Y-%m-%d", "%-d %B %Y", "%d%m%Y"] {
                prop_assert_eq!(read_in_2026(&day.format(format).to_string()), Some(day));
            }
        }
    }
}
