//! Days of an outage, counted the way the law counts: calendar days in Europe/Rome.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeZone as _, Utc};
use chrono_tz::Europe::Rome;

/// The calendar day in Europe/Rome at an instant (R69).
pub fn day_in_rome(at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&Rome).date_naive()
}

/// The first instant of a day in Europe/Rome, UTC; its clocks never change at midnight.
pub fn midnight_in_rome(day: NaiveDate) -> DateTime<Utc> {
    let local = day.and_time(NaiveTime::MIN);
    let at = Rome.from_local_datetime(&local).earliest();
    at.map_or_else(|| local.and_utc(), |at| at.with_timezone(&Utc))
}

/// Calendar days that a window touches, both ends included (R33); 0 if it ends before it starts.
pub fn days_touched(from: NaiveDate, until: NaiveDate) -> i64 {
    (until.signed_duration_since(from).num_days() + 1).max(0)
}

/// Whether an outage runs at `now`; one without an end still runs (R17).
pub fn is_running(
    starts_at: DateTime<Utc>,
    ends_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> bool {
    starts_at <= now && ends_at.is_none_or(|end| now < end)
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn r69_a_day_begins_at_midnight_in_rome_in_winter_and_in_summer() {
        for (month, hour) in [(1, 23), (7, 22)] {
            let midnight = midnight_in_rome(day(2023, month, 2));
            let utc = Utc.with_ymd_and_hms(2023, month, 1, hour, 0, 0).unwrap();
            assert_eq!(midnight, utc);
            assert_eq!(day_in_rome(midnight), day(2023, month, 2));
        }
    }

    #[test]
    fn r33_the_january_outage_touched_six_days() {
        assert_eq!(days_touched(day(2023, 1, 23), day(2023, 1, 28)), 6);
        assert_eq!(days_touched(day(2023, 1, 23), day(2023, 1, 23)), 1);
        assert_eq!(days_touched(day(2023, 1, 23), day(2023, 1, 22)), 0);
    }

    #[test]
    fn r69_days_are_those_of_rome_across_both_clock_changes() {
        let at = |y, m, d, h, min| Utc.with_ymd_and_hms(y, m, d, h, min, 0).unwrap();
        // 26 March 2023: CET until 01:00 UTC
        assert_eq!(day_in_rome(at(2023, 3, 25, 22, 59)), day(2023, 3, 25));
        assert_eq!(day_in_rome(at(2023, 3, 25, 23, 0)), day(2023, 3, 26));
        assert_eq!(day_in_rome(at(2023, 3, 26, 21, 59)), day(2023, 3, 26));
        assert_eq!(day_in_rome(at(2023, 3, 26, 22, 0)), day(2023, 3, 27));
        // 29 October 2023: CEST until 01:00 UTC
        assert_eq!(day_in_rome(at(2023, 10, 28, 22, 0)), day(2023, 10, 29));
        assert_eq!(day_in_rome(at(2023, 10, 29, 22, 59)), day(2023, 10, 29));
        assert_eq!(day_in_rome(at(2023, 10, 29, 23, 0)), day(2023, 10, 30));
        assert_eq!(days_touched(day(2023, 10, 28), day(2023, 10, 30)), 3);
        assert_eq!(days_touched(day(2023, 3, 25), day(2023, 3, 27)), 3);
    }

    #[test]
    fn r17_an_outage_without_an_end_still_runs() {
        let start = Utc.with_ymd_and_hms(2023, 1, 22, 21, 0, 0).unwrap();
        let end = Utc.with_ymd_and_hms(2023, 1, 28, 20, 0, 0).unwrap();
        assert!(is_running(start, None, end));
        assert!(is_running(start, Some(end), start));
        assert!(!is_running(start, Some(end), end));
    }
}
