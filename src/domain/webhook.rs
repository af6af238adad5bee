//! Where partners have events delivered to: what they say of it, when a delivery is tried again, when an address
//! that fails is left alone and when it is given up.
//!
//! *source*: the specification of Standard Webhooks.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::field::{FieldCode, FieldErrors, ValueError};
use crate::domain::partner::SubmissionState;

/// Endpoints of a partner and mode at most.
pub const MAX_ENDPOINTS: usize = 5;
/// Attempts that an endpoint gets at a time while it takes what it is sent; one as soon as it does not.
pub const AT_ONCE: i64 = 4;
/// Events that are delivered again by one request at most.
pub const MAX_REPLAY: i64 = 1_000;
/// Deliveries that wait for an endpoint at most for more to be asked for.
pub const MAX_WAITING: i64 = 10_000;
/// How long the secret before signs beside the new one.
pub const BOTH_SIGN: TimeDelta = TimeDelta::hours(24);
/// How long an endpoint may fail before nothing more is delivered to it, though attempts are left.
pub const GIVEN_UP: TimeDelta = TimeDelta::days(5);

/// How long an endpoint may have itself left alone.
const LONGEST_ASKED: TimeDelta = TimeDelta::hours(24);

/// Seconds from one attempt of a delivery to the next.
const PAUSES: [i64; 9] = [
    5,
    5 * 60,
    30 * 60,
    2 * 3_600,
    5 * 3_600,
    10 * 3_600,
    14 * 3_600,
    20 * 3_600,
    24 * 3_600,
];
/// Failures in a row after which an endpoint is left alone for a while.
const PATIENCE: i32 = 3;
/// Seconds that it is left alone at first; twice as many after each further failure, up to [`LONGEST`].
const FIRST: i64 = 30;
const LONGEST: i64 = 300;

/// When to try again after so many attempts; none: no more. `chance` puts it off by up to a tenth, so that what
/// failed together does not come back together.
pub fn next_attempt(now: DateTime<Utc>, attempts: i16, chance: u8) -> Option<DateTime<Utc>> {
    let done = usize::try_from(attempts).ok()?.checked_sub(1)?;
    let pause = TimeDelta::seconds(*PAUSES.get(done)?);
    Some(now + pause + pause * i32::from(chance) / 2_550)
}

/// Until when an endpoint is left alone after so many failures in a row; none: it is not.
pub fn left_alone_until(now: DateTime<Utc>, failures: i32) -> Option<DateTime<Utc>> {
    let more = u32::try_from(failures.checked_sub(PATIENCE)?).ok()?;
    let seconds = FIRST.saturating_mul(1_i64 << more.min(8)).min(LONGEST);
    Some(now + TimeDelta::seconds(seconds))
}

/// Until when an endpoint asks to be left alone (`Retry-After`, in seconds or as a date), 24 hours at most; none: what
/// it says cannot be read, or is over.
///
/// *source*: RFC 9110, 10.2.3.
pub fn asked_until(now: DateTime<Utc>, retry_after: &str) -> Option<DateTime<Utc>> {
    let longest = now + LONGEST_ASKED;
    let until = match retry_after.parse::<u32>() {
        Ok(seconds) => now + TimeDelta::seconds(seconds.into()),
        Err(_) => DateTime::parse_from_rfc2822(retry_after).ok()?.to_utc(),
    };
    Some(until.min(longest)).filter(|until| *until > now)
}

/// Why nothing is delivered to an endpoint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DisabledWhy {
    /// The partner wants it so.
    Partner,
    /// Staff want it so.
    Staff,
    /// It said that it is gone (410).
    Gone,
    /// It failed too long.
    Failing,
}

impl DisabledWhy {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Partner, Self::Staff, Self::Gone, Self::Failing];

    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Partner => "partner",
            Self::Staff => "staff",
            Self::Gone => "gone",
            Self::Failing => "failing",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|why| why.as_str() == word)
    }
}

/// Whether events are delivered to an endpoint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Delivery {
    /// They are.
    Enabled,
    /// They are not.
    Disabled,
}

impl Delivery {
    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Enabled, Self::Disabled]
            .into_iter()
            .find(|delivery| delivery.as_str() == word)
    }
}

/// Why an attempt failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// The name leads to an address that is not public, or to none that may be used.
    Address,
    /// The name leads nowhere.
    Dns,
    /// Nobody took the connection, or it broke.
    Connect,
    /// It took too long.
    Timeout,
    /// It sent us elsewhere; we do not follow.
    Redirect,
    /// It says that it is gone (410).
    Gone,
    /// It answered with a status that is no success.
    Status,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Address,
        Self::Dns,
        Self::Connect,
        Self::Timeout,
        Self::Redirect,
        Self::Gone,
        Self::Status,
    ];

    /// What a status says; none: success.
    pub const fn of_status(status: u16) -> Option<Self> {
        match status {
            200..=299 => None,
            300..=399 => Some(Self::Redirect),
            410 => Some(Self::Gone),
            _ => Some(Self::Status),
        }
    }

    /// Its word, in the list of attempts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Timeout => "timeout",
            Self::Redirect => "redirect",
            Self::Gone => "gone",
            Self::Status => "status",
        }
    }
}

/// Word of an attempt that did not fail.
pub const OK: &str = "ok";
/// Type of what is sent to try an endpoint out.
pub const PING: &str = "webhook.ping";

/// Reads which events an endpoint is told of; without any: of all.
///
/// # Errors
/// `required` for an empty list; `unknown_value` at each place of a type that there is not.
pub fn event_types(typed: Option<&[String]>) -> Result<Vec<SubmissionState>, FieldErrors> {
    let Some(typed) = typed else {
        return Ok(SubmissionState::ALL.to_vec());
    };
    let mut errors = FieldErrors::new();
    if typed.is_empty() {
        errors.push("/event_types", FieldCode::Required, "error-webhook-types");
    }
    let unknown = ValueError::new(FieldCode::UnknownValue, "error-webhook-types");
    let mut states = Vec::new();
    for (place, word) in typed.iter().enumerate() {
        let state = SubmissionState::of_event_type(word).ok_or(unknown);
        states.extend(errors.take(format!("/event_types/{place}"), state));
    }
    let all = SubmissionState::ALL.into_iter();
    errors.into_result(all.filter(|state| states.contains(state)).collect())
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    #[test]
    fn ten_attempts_with_the_pauses_of_the_specification() {
        let now = Utc.with_ymd_and_hms(2026, 3, 2, 9, 0, 0).unwrap();
        let pauses: Vec<i64> = (1..)
            .map_while(|attempts| next_attempt(now, attempts, 0))
            .map(|at| (at - now).num_seconds())
            .collect();
        assert_eq!(
            pauses,
            [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]
        );
        let late = next_attempt(now, 9, u8::MAX).unwrap() - now;
        assert_eq!(late, TimeDelta::hours(24) + TimeDelta::minutes(144));
        assert_eq!(next_attempt(now, 10, 0), None);
        assert_eq!(next_attempt(now, 0, 0), None);
    }

    #[test]
    fn an_endpoint_that_fails_again_and_again_is_left_alone_longer_and_longer() {
        let now = Utc.with_ymd_and_hms(2026, 3, 2, 9, 0, 0).unwrap();
        let seconds = |failures| {
            left_alone_until(now, failures).map_or(0, |until| (until - now).num_seconds())
        };
        let all: Vec<i64> = (0..9).map(seconds).collect();
        assert_eq!(all, [0, 0, 0, 30, 60, 120, 240, 300, 300]);
        assert_eq!(seconds(i32::MAX), 300);
    }

    #[test]
    fn an_endpoint_may_ask_for_time() {
        let now = Utc.with_ymd_and_hms(2026, 3, 2, 9, 0, 0).unwrap();
        let seconds = |told| asked_until(now, told).map_or(0, |until| (until - now).num_seconds());
        assert_eq!(seconds("120"), 120);
        assert_eq!(seconds("Mon, 02 Mar 2026 09:10:00 GMT"), 600);
        for long in ["999999", "4294967295", "Sun, 02 Mar 2036 09:10:00 GMT"] {
            assert_eq!(seconds(long), 86_400, "{long}");
        }
        let over = "Mon, 02 Mar 2026 08:00:00 GMT";
        for nothing in ["", "0", "-5", "soon", "1.5", "4294967296", over] {
            assert_eq!(asked_until(now, nothing), None, "{nothing}");
        }
    }

    #[test]
    fn only_2xx_is_success() {
        let told = |status| Fault::of_status(status).map(Fault::as_str);
        assert_eq!(told(200), None);
        assert_eq!(told(299), None);
        assert_eq!(told(302), Some("redirect"));
        assert_eq!(told(410), Some("gone"));
        for status in [100, 199, 400, 404, 429, 500, 503, 599] {
            assert_eq!(told(status), Some("status"), "{status}");
        }
    }

    #[test]
    fn types_are_read_each_once_and_in_their_order() {
        let words = |words: &[&str]| words.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let typed = words(&["claimant.signed", "claimant.received", "claimant.signed"]);
        let read = event_types(Some(&typed)).unwrap();
        assert_eq!(read, [SubmissionState::Received, SubmissionState::Signed]);
        assert_eq!(event_types(None).unwrap().len(), 4);
        let wrong = event_types(Some(&words(&["claimant.signed", "signed"]))).unwrap_err();
        let places: Vec<&str> = wrong.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(places, ["/event_types/1"]);
        assert!(event_types(Some(&[])).is_err());
    }

    #[test]
    fn words_are_read_back() {
        for why in DisabledWhy::ALL {
            assert_eq!(DisabledWhy::parse(why.as_str()), Some(why));
        }
        for delivery in [Delivery::Enabled, Delivery::Disabled] {
            assert_eq!(Delivery::parse(delivery.as_str()), Some(delivery));
        }
    }
}
