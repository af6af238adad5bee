//! Randomness, ids and codes: the one place where random bytes are drawn.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::rand;
use chrono::{DateTime, Utc};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::secrets::Secret;

/// Crockford's base32: no I, L, O, U, so that a code survives being read aloud.
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// `N` bytes from the backend's random generator.
///
/// # Panics
/// When the system gives no randomness; nothing may go on then.
#[expect(
    clippy::expect_used,
    reason = "aws-lc itself aborts before it returns an error"
)]
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).expect("the system gives random bytes");
    bytes
}

/// A new 32-byte secret.
pub fn random_secret() -> Secret {
    Secret::from_bytes(random_bytes())
}

/// A UUIDv7 for `now`: milliseconds, then 12 bits of the fraction of the millisecond, then 62
/// random bits. Ids of one process rise in the order they are made, also those of one instant and
/// those after the clock was set back; the last 60 bits are all random.
///
/// *source*: RFC 9562, 5.7 and 6.2 method 3.
pub fn new_id(now: DateTime<Utc>) -> Uuid {
    /// The newest tick given in this process.
    static LAST: AtomicU64 = AtomicU64::new(0);
    id_after(&LAST, now)
}

/// A UUIDv7 for `now`, or for one tick more than `last` where `now` is no later.
fn id_after(last: &AtomicU64, now: DateTime<Utc>) -> Uuid {
    let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
    let fraction = u64::from(now.timestamp_subsec_nanos() % 1_000_000) * 4096 / 1_000_000;
    let mut tick = (millis << 12) | fraction;
    // the closure always gives a value, so the update always happens
    let _ = last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| {
        tick = tick.max(last + 1);
        Some(tick)
    });
    let (millis, fraction) = (tick >> 12, tick & 0xfff);
    let [.., high, low] = fraction.to_be_bytes();
    let mut rest = random_bytes::<10>();
    let [first, second, ..] = &mut rest;
    (*first, *second) = (high, low);
    uuid::Builder::from_unix_timestamp_millis(millis, &rest).into_uuid()
}

/// A new random id that tells nothing, not even when it was made: a UUIDv4.
pub fn random_id() -> Uuid {
    uuid::Builder::from_random_bytes(random_bytes()).into_uuid()
}

/// The 16 bytes as a UUIDv8: six bits become version and variant, 122 stay.
///
/// *source*: RFC 9562, 5.8.
pub fn uuid_v8(bytes: [u8; 16]) -> Uuid {
    Uuid::new_v8(bytes)
}

/// A new code `XXXX-XXXX-XXXX` for a mail (R14): 12 Crockford characters, 60 random bits.
pub fn mail_code() -> String {
    let mut code = String::with_capacity(14);
    for (position, byte) in random_bytes::<12>().into_iter().enumerate() {
        if position == 4 || position == 8 {
            code.push('-');
        }
        let letter = CROCKFORD
            .get(usize::from(byte % 32))
            .copied()
            .unwrap_or(b'0');
        code.push(char::from(letter));
    }
    code
}

/// Compares without telling by its time where two values differ; only the length shows.
pub fn same(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn at(nanos: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_nanos(nanos)
    }

    #[test]
    fn an_id_is_a_uuid_v7_of_the_given_time() {
        let now = at(1_600_000_000_123_456_789);
        let last = AtomicU64::new(0);
        let id = id_after(&last, now);
        assert_eq!(id.get_version_num(), 7);
        assert_eq!(id.get_variant(), uuid::Variant::RFC4122);
        let millis = id.as_u128() >> 80;
        assert_eq!(millis, 1_600_000_000_123);
    }

    #[test]
    fn ids_sort_by_time_within_a_millisecond() {
        let start = 1_700_000_000_000_000_000;
        let ids: Vec<Uuid> = (0..1_000).map(|i| new_id(at(start + i * 2_000))).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn ids_rise_in_the_order_they_are_made_whatever_the_clock_does() {
        let day = 86_400_000_000_000;
        let last = AtomicU64::new(0);
        let still = std::iter::repeat_n(day, 1_000);
        let backwards = (0..1_000).map(|second| day - second * 1_000_000_000);
        let ids: Vec<Uuid> = still
            .chain(backwards)
            .map(|time| id_after(&last, at(time)))
            .collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn a_time_before_1970_gives_an_id_all_the_same() {
        assert_eq!(new_id(at(-1_000_000_000)).get_version_num(), 7);
    }

    #[test]
    fn r14_a_mail_code_is_three_groups_of_four_crockford_letters() {
        let mut letters = HashSet::new();
        for _ in 0..200 {
            let code = mail_code();
            let groups: Vec<&str> = code.split('-').collect();
            assert_eq!(
                groups.iter().map(|group| group.len()).collect::<Vec<_>>(),
                [4, 4, 4]
            );
            letters.extend(code.bytes().filter(|byte| *byte != b'-'));
        }
        assert!(letters.iter().all(|letter| CROCKFORD.contains(letter)));
        assert_eq!(letters.len(), 32, "every letter comes up in 2,400 draws");
    }

    #[test]
    fn a_uuid_v8_keeps_122_bits() {
        let id = uuid_v8([0xff; 16]);
        assert_eq!(id.to_string(), "ffffffff-ffff-8fff-bfff-ffffffffffff");
    }

    #[test]
    fn same_compares_all_bytes_and_the_length() {
        assert!(same(b"abc", b"abc"));
        assert!(!same(b"abc", b"abd"));
        assert!(!same(b"abc", b"abcd"));
    }

    #[test]
    fn random_bytes_differ_from_draw_to_draw() {
        assert_ne!(random_bytes::<16>(), random_bytes::<16>());
    }
}
