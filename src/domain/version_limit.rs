//! How many versions of what can be corrected at any time one claimant may write in a day.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// New versions of a declaration in any 24 hours. Each prints a PDF (15 ms of a core) and stays for good,
/// sealed, up to 128 KiB. Who corrects by hand needs a handful; who saves after each sentence stays far
/// below; a script gets no more than a second of a core and some megabytes out of us a day.
pub const DECLARATIONS_A_DAY: i32 = 50;

/// New versions of the payout data in any 24 hours. A mistyped IBAN is refused before it is a version.
pub const PAYOUTS_A_DAY: i32 = 20;

/// Any 24 hours, not a calendar day.
const DAY: TimeDelta = TimeDelta::hours(24);

/// The version that must be a day old before another may follow `newest`; none while there are fewer than
/// `most`. Versions count from 1 without a gap.
pub fn deciding_version(newest: i32, most: i32) -> Option<i32> {
    let version = newest.checked_sub(most)?.checked_add(1)?;
    (version >= 1).then_some(version)
}

/// How long to wait until what was written then is a day old; none if it is.
pub fn wait(written_at: DateTime<Utc>, now: DateTime<Utc>) -> Option<Duration> {
    let left = (written_at + DAY) - now;
    left.to_std().ok().filter(|left| !left.is_zero())
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    #[test]
    fn as_many_versions_as_a_day_takes_are_written_at_once() {
        for (newest, expected) in [(0, None), (49, None), (50, Some(1)), (73, Some(24))] {
            assert_eq!(deciding_version(newest, 50), expected, "{newest}");
        }
    }

    #[test]
    fn the_wait_ends_when_the_oldest_of_them_is_a_day_old() {
        let now = Utc.with_ymd_and_hms(2026, 3, 2, 9, 0, 0).unwrap();
        let second = TimeDelta::seconds(1);
        assert_eq!(wait(now, now), Some(Duration::from_hours(24)));
        assert_eq!(wait(now - DAY + second, now), Some(Duration::from_secs(1)));
        assert_eq!(wait(now - DAY, now), None);
        assert_eq!(wait(now - DAY - second, now), None);
    }
}
