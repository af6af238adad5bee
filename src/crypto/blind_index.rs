//! Blind indexes: keyed hashes by which a sealed value can be found again, and by which mails to
//! one address are counted, without the value resting anywhere in clear.
//!
//! Values come in already normalised (lower-case address, E.164 phone, folded surname): the domain
//! types do that, the hash takes the bytes as they are.

use std::collections::HashMap;
use std::fmt;
use std::sync::RwLock;

use chrono::{Datelike, NaiveDate};
use uuid::Uuid;

use super::mac::MacKey;
use super::secrets::Secret;
use super::token;

/// Cases whose keys are kept; beyond it keys are derived anew each time.
const CACHED_CASES: usize = 1024;
/// Fields per case whose keys are kept.
const CACHED_FIELDS: usize = 32;

/// Makes blind indexes. Holds the derived keys of the cases in use.
pub struct BlindIndex {
    lookup: Secret,
    platform: MacKey,
    caps: MacKey,
    cached: RwLock<HashMap<Uuid, Vec<(String, MacKey)>>>,
}

impl BlindIndex {
    /// From the platform secrets `lookup` (hashes within a case) and `cap` (hashes over all cases).
    pub fn new(lookup: &Secret, cap: &Secret) -> Self {
        Self {
            lookup: lookup.clone(),
            platform: MacKey::derive(cap.as_bytes(), "joinder platform hash", &[]),
            caps: MacKey::derive(cap.as_bytes(), "joinder mail cap", &[]),
            cached: RwLock::default(),
        }
    }

    /// The 16 bytes by which `value` is found in `field` of one case. The same value in another
    /// case or field gives unrelated bytes.
    pub fn hash(&self, case: Uuid, field: &str, value: &str) -> [u8; 16] {
        if let Ok(cached) = self.cached.read()
            && let Some(key) = find(cached.get(&case), field)
        {
            return key.mac16("value", &[value.as_bytes()]);
        }
        let key = self.derive(case, field);
        let hash = key.mac16("value", &[value.as_bytes()]);
        self.keep(case, field, key);
        hash
    }

    /// The 16 bytes by which `value` is found over all cases and days (suppressed addresses).
    pub fn platform_hash(&self, purpose: &str, value: &str) -> [u8; 16] {
        self.platform.mac16(purpose, &[value.as_bytes()])
    }

    /// The id under which mails to `address` are counted on `day` (UTC): a UUIDv8 that cannot be
    /// linked to the address's id on another day.
    pub fn cap_hash(&self, day: NaiveDate, address: &str) -> Uuid {
        let day = day.num_days_from_ce().to_be_bytes();
        token::uuid_v8(
            self.caps
                .mac16("day and address", &[&day, address.as_bytes()]),
        )
    }

    fn derive(&self, case: Uuid, field: &str) -> MacKey {
        let parts: [&[u8]; 2] = [case.as_bytes(), field.as_bytes()];
        MacKey::derive(self.lookup.as_bytes(), "joinder lookup", &parts)
    }

    /// A full cache or a poisoned lock costs speed only.
    fn keep(&self, case: Uuid, field: &str, key: MacKey) {
        let Ok(mut cached) = self.cached.write() else {
            return;
        };
        if cached.len() >= CACHED_CASES && !cached.contains_key(&case) {
            return;
        }
        let fields = cached.entry(case).or_default();
        if fields.len() < CACHED_FIELDS && find(Some(fields), field).is_none() {
            fields.push((field.to_owned(), key));
        }
    }
}

fn find<'a>(fields: Option<&'a Vec<(String, MacKey)>>, field: &str) -> Option<&'a MacKey> {
    let mut fields = fields?.iter();
    fields.find(|(known, _)| known == field).map(|(_, key)| key)
}

impl fmt::Debug for BlindIndex {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("BlindIndex(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASE: Uuid = Uuid::from_u128(1);

    fn index(byte: u8) -> BlindIndex {
        BlindIndex::new(
            &Secret::from_bytes([byte; 32]),
            &Secret::from_bytes([byte + 1; 32]),
        )
    }

    #[test]
    fn a_hash_is_the_same_every_time_and_in_every_process() {
        let index = index(1);
        let first = index.hash(CASE, "email", "anna@example.it");
        assert_eq!(
            index.hash(CASE, "email", "anna@example.it"),
            first,
            "from the cache"
        );
        assert_eq!(self::index(1).hash(CASE, "email", "anna@example.it"), first);
        assert_eq!(index.cached.read().unwrap()[&CASE].len(), 1);
    }

    #[test]
    fn case_field_value_and_secret_all_count() {
        let index = index(1);
        let first = index.hash(CASE, "email", "a");
        assert_ne!(index.hash(Uuid::from_u128(2), "email", "a"), first);
        assert_ne!(index.hash(CASE, "phone", "a"), first);
        assert_ne!(index.hash(CASE, "email", "b"), first);
        assert_ne!(self::index(3).hash(CASE, "email", "a"), first);
    }

    #[test]
    fn a_full_cache_gives_the_same_hashes() {
        let index = index(1);
        for case in 0..2_000 {
            index.hash(Uuid::from_u128(case), "email", "a");
        }
        assert_eq!(index.cached.read().unwrap().len(), CACHED_CASES);
        let late = Uuid::from_u128(1_999);
        assert_eq!(
            index.hash(late, "email", "a"),
            self::index(1).hash(late, "email", "a")
        );
    }

    #[test]
    fn platform_hashes_are_apart_by_purpose() {
        let index = index(1);
        let first = index.platform_hash("suppression", "a");
        assert_eq!(index.platform_hash("suppression", "a"), first);
        assert_ne!(index.platform_hash("other", "a"), first);
        assert_ne!(index.platform_hash("suppression", "b"), first);
    }

    #[test]
    fn a_cap_id_lives_one_day() {
        let index = index(1);
        let day = NaiveDate::from_ymd_opt(2026, 1, 31).unwrap();
        let first = index.cap_hash(day, "a");
        assert_eq!(first.get_version_num(), 8);
        assert_eq!(index.cap_hash(day, "a"), first);
        assert_ne!(index.cap_hash(day.succ_opt().unwrap(), "a"), first);
        assert_ne!(index.cap_hash(day, "b"), first);
        let other = BlindIndex::new(&Secret::from_bytes([1; 32]), &Secret::from_bytes([9; 32]));
        assert_ne!(other.cap_hash(day, "a"), first);
    }
}
