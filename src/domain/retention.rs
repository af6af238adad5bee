//! How long an unconfirmed sign-up is kept (R62).

use chrono::{DateTime, Duration, Utc};

/// Days an unconfirmed sign-up is kept.
pub const UNCONFIRMED_DAYS: i64 = 30;

/// When an unconfirmed sign-up is due for deletion: 30 days after it was made, plus the time during
/// which its contact's mail domain was held.
///
/// `held_seconds` is what was counted in closed hold periods; `held_since` is a hold still on.
/// `None`: the clock stands still.
pub fn unconfirmed_until(
    created_at: DateTime<Utc>,
    held_seconds: i64,
    held_since: Option<DateTime<Utc>>,
) -> Option<DateTime<Utc>> {
    if held_since.is_some() {
        return None;
    }
    Some(created_at + Duration::days(UNCONFIRMED_DAYS) + Duration::seconds(held_seconds.max(0)))
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    #[test]
    fn r62_the_clock_stands_still_while_the_domain_is_held() {
        let at = Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap();
        assert_eq!(
            unconfirmed_until(at, 0, None),
            Some(at + Duration::days(30))
        );
        assert_eq!(
            unconfirmed_until(at, 86_400, None),
            Some(at + Duration::days(31))
        );
        assert_eq!(unconfirmed_until(at, 0, Some(at)), None);
    }
}
