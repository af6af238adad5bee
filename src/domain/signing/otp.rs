//! How long and how often a code for signing counts (R43).

use chrono::{DateTime, TimeDelta, Utc};

/// How long the texts accepted for a digital signature count: the document is signed elsewhere meanwhile.
pub const DIGITAL_LIFE: TimeDelta = TimeDelta::days(7);
/// How many signed files one claimant may bring in a day.
pub const FILES_A_DAY: usize = 20;

/// How long a code lives from the request, and again from when its mail was first accepted.
pub const LIFE: TimeDelta = TimeDelta::minutes(10);
/// How long after the request a code may live at most, however late its mail went out.
pub const LONGEST_LIFE: TimeDelta = TimeDelta::minutes(60);
/// How many wrong entries a code takes before it is dead.
pub const ATTEMPTS: u32 = 5;
/// How many codes one claimant may ask for in an hour.
pub const CODES_AN_HOUR: usize = 10;
/// How many codes one claimant may ask for in a day.
pub const CODES_A_DAY: usize = 10;
/// The hour of [`CODES_AN_HOUR`].
pub const CODE_HOUR: TimeDelta = TimeDelta::hours(1);
/// The day of [`CODES_A_DAY`]: any 24 hours, not a calendar day.
pub const CODE_DAY: TimeDelta = TimeDelta::hours(24);

/// When a code dies: ten minutes after the request, moved once to ten minutes after the mail was first
/// accepted by a mail server, never to earlier and never beyond an hour after the request. Pass the
/// *first* acceptance only: a retried mail moves nothing.
pub fn expires_at(
    requested_at: DateTime<Utc>,
    first_accepted_at: Option<DateTime<Utc>>,
) -> DateTime<Utc> {
    let from_request = after(requested_at, LIFE);
    let longest = after(requested_at, LONGEST_LIFE);
    match first_accepted_at {
        None => from_request,
        Some(accepted) => after(accepted, LIFE).clamp(from_request, longest),
    }
}

/// Whether a code still counts: until, and not at, the instant it dies.
pub fn is_live(expires_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now < expires_at
}

/// How many entries a code still takes after `used` ones; at 0 it is dead.
pub fn attempts_left(used: u32) -> u32 {
    ATTEMPTS.saturating_sub(used)
}

/// When the next code may be asked for, given when earlier ones were (any order); not after `now` if
/// at once.
pub fn next_request_at(earlier: &[DateTime<Utc>], now: DateTime<Utc>) -> DateTime<Utc> {
    let hour = free_at(earlier, CODES_AN_HOUR, CODE_HOUR, now);
    let day = free_at(earlier, CODES_A_DAY, CODE_DAY, now);
    hour.max(day)
}

/// When fewer than `most` of the requests are younger than `window`.
fn free_at(
    earlier: &[DateTime<Utc>],
    most: usize,
    window: TimeDelta,
    now: DateTime<Utc>,
) -> DateTime<Utc> {
    let mut newest: Vec<DateTime<Utc>> = earlier.to_vec();
    newest.sort_unstable_by(|one, other| other.cmp(one));
    let blocking = most.checked_sub(1).and_then(|last| newest.get(last));
    blocking.map_or(now, |request| after(*request, window).max(now))
}

fn after(at: DateTime<Utc>, by: TimeDelta) -> DateTime<Utc> {
    at.checked_add_signed(by)
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    fn at(hour: u32, minute: u32, second: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, 22, hour, minute, second)
            .unwrap()
    }

    #[test]
    fn r43_a_code_lives_ten_minutes_from_the_request() {
        let expires = expires_at(at(10, 0, 0), None);
        assert_eq!(expires, at(10, 10, 0));
        assert!(is_live(expires, at(10, 9, 59)));
        assert!(!is_live(expires, at(10, 10, 0)), "the last instant is over");
        // A clock set back between two processes kills no code.
        assert!(is_live(expires, at(9, 59, 0)));
    }

    #[test]
    fn r43_the_first_acceptance_of_the_mail_moves_it_within_the_hour() {
        for (accepted, expires) in [
            (at(10, 0, 0), at(10, 10, 0)),
            (at(10, 3, 7), at(10, 13, 7)),
            (at(10, 49, 59), at(10, 59, 59)),
            (at(10, 50, 0), at(11, 0, 0)),
            (at(10, 50, 1), at(11, 0, 0)),
            (at(12, 0, 0), at(11, 0, 0)),
            // Never earlier than without the mail.
            (at(9, 58, 0), at(10, 10, 0)),
        ] {
            assert_eq!(
                expires_at(at(10, 0, 0), Some(accepted)),
                expires,
                "{accepted}"
            );
        }
        assert_eq!(
            expires_at(DateTime::<Utc>::MAX_UTC, None),
            DateTime::<Utc>::MAX_UTC
        );
    }

    #[test]
    fn r43_the_fifth_wrong_entry_is_the_last() {
        assert_eq!([0, 4, 5, 6].map(attempts_left), [5, 1, 0, 0]);
    }

    #[test]
    fn r43_ten_codes_a_day() {
        let now = at(12, 0, 0);
        let mut earlier: Vec<_> = (0..9).map(|minute| at(11, minute, 0)).collect();
        assert_eq!(next_request_at(&[], now), now);
        assert_eq!(next_request_at(&earlier, now), now);
        earlier.push(at(11, 9, 0));
        let free = at(11, 0, 0) + CODE_DAY;
        assert_eq!(next_request_at(&earlier, now), free);
        assert_eq!(
            next_request_at(&earlier, free - TimeDelta::seconds(1)),
            free
        );
        assert_eq!(next_request_at(&earlier, free), free, "then at once");
        earlier.reverse();
        assert_eq!(next_request_at(&earlier, now), free, "in any order");
    }
}
