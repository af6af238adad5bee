//! The text of a partner's key: `jnd_live_<id>_<secret>`, with a checksum at its end, so that a typo is told
//! without asking the database (R56, decision 32).

use std::fmt;
use std::net::IpAddr;

use chrono::{DateTime, Days, NaiveDate, Utc};
use ipnet::IpNet;
use thiserror::Error;
use uuid::Uuid;

use crate::domain::field::{FieldCode, FieldErrors, ValueError, filled};
use crate::domain::ids::PartnerKeyId;
use crate::domain::outage::{day_in_rome, midnight_in_rome};
use crate::domain::partner::{KeyMode, PartnerScope};
use crate::domain::typed_day;

/// Crockford's base 32 in small letters: no i, l, o, u.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Letters of an id: 128 bits.
const ID_LETTERS: usize = 26;
/// Letters of a secret: 160 bits.
const SECRET_LETTERS: usize = 32;
/// Letters of the checksum: 32 bits.
const CHECKSUM_LETTERS: usize = 7;

/// Random bytes of a secret.
pub const SECRET_BYTES: usize = 20;

/// A whole key as its owner shows it: well formed, its checksum right. Nothing says yet that it exists.
#[derive(Clone, PartialEq, Eq)]
pub struct PartnerKey {
    id: PartnerKeyId,
    mode: KeyMode,
    text: String,
}

/// Why a text cannot be a key that was ever made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum PartnerKeyError {
    /// It does not look like one.
    #[error("not of the form jnd_live_<id>_<secret>")]
    Format,
    /// It looks like one, but a character is wrong or missing.
    #[error("the checksum does not fit: a character is wrong or missing")]
    Checksum,
}

/// Why a key does not open what it was shown for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum KeyRefusal {
    /// There is none, or what is there is no key of partners.
    #[error("no key of partners was shown")]
    Missing,
    /// A character is wrong or missing; nobody was asked.
    #[error("a character of the key is wrong or missing")]
    Malformed,
    /// There is no such key.
    #[error("no such key")]
    Unknown,
    /// Its time is over.
    #[error("the key has expired")]
    Expired,
    /// It was revoked, or its partner rests.
    #[error("the key was revoked")]
    Revoked,
    /// It lacks the scope.
    #[error("the key lacks the scope {}", .0.as_str())]
    Scope(PartnerScope),
    /// It was used from another network than those it is for.
    #[error("the key may not be used from this network")]
    Network,
    /// It may not act in that case.
    #[error("the key may not act in this case")]
    Case,
    /// A live key where only test ones do.
    #[error("a live key does not act in the sandbox")]
    Live,
}

/// Bits of `::ffff:0:0/96`, under which IPv4 is written as IPv6.
const MAPPED_BITS: u8 = 96;
/// Networks of a key at most.
pub const MAX_NETWORKS: usize = 20;
/// Cases named in a key at most.
const MAX_CASES: usize = 50;
/// Days a key may work at most, where an end is set.
const MAX_DAYS: u64 = 3_660;

/// What staff type about a key.
#[derive(Clone, Debug, Default)]
pub struct KeyInput {
    /// `live|test`
    pub mode: Option<String>,
    /// Scopes.
    pub scopes: Vec<String>,
    /// Slugs of cases, at least one; none: every case of the association.
    pub cases: Option<Vec<String>>,
    /// Addresses and networks, at least one; none: from anywhere.
    pub networks: Option<Vec<String>>,
    /// Last day on which it works, in Rome; none: until it is revoked.
    pub expires_on: Option<String>,
}

/// What a key may do.
#[derive(Clone, Debug)]
pub struct KeyRights {
    /// Live or test.
    pub mode: KeyMode,
    /// Each once, at least one.
    pub scopes: Vec<PartnerScope>,
    /// Slugs of cases, not looked up yet; none: every case of the association.
    pub cases: Option<Vec<String>>,
    /// From where it may be used; none: from anywhere.
    pub networks: Vec<IpNet>,
    /// First instant at which it works no more, UTC.
    pub expires_at: Option<DateTime<Utc>>,
}

impl KeyRights {
    /// Reads what was typed.
    ///
    /// # Errors
    /// All that is wrong at once, with pointers like `/networks/0`.
    pub fn parse(input: &KeyInput, now: DateTime<Utc>) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::new();
        let unknown = ValueError::new(FieldCode::UnknownValue, "error-unknown-value");
        let missing = ValueError::new(FieldCode::Required, "error-key-mode");
        let mode = filled(input.mode.as_deref()).ok_or(missing);
        let mode = mode.and_then(|word| KeyMode::parse(word).ok_or(unknown));
        let mode = errors.take("/mode", mode);
        let mut scopes = Vec::new();
        for (place, word) in input.scopes.iter().enumerate() {
            let scope = PartnerScope::parse(word).ok_or(unknown);
            scopes.extend(errors.take(format!("/scopes/{place}"), scope));
        }
        scopes.sort_unstable();
        scopes.dedup();
        if input.scopes.is_empty() {
            errors.push("/scopes", FieldCode::Required, "error-key-scopes");
        }
        let networks = networks(input.networks.as_deref(), &mut errors);
        match input.cases.as_deref() {
            // an empty list is no wish for all: whoever filled it by mistake gets no wider key
            Some([]) => errors.push("/cases", FieldCode::Required, "error-key-cases-none"),
            Some(cases) if cases.len() > MAX_CASES => {
                errors.push("/cases", FieldCode::TooLong, "error-key-cases");
            }
            Some(_) | None => {}
        }
        let expires_at = filled(input.expires_on.as_deref()).map(|day| end_of(day, now));
        let expires_at = errors.take("/expires_on", expires_at.transpose());
        let (Some(mode), Some(expires_at)) = (mode, expires_at) else {
            return Err(errors);
        };
        errors.into_result(Self {
            mode,
            scopes,
            cases: input.cases.clone(),
            networks,
            expires_at,
        })
    }
}

fn networks(typed: Option<&[String]>, errors: &mut FieldErrors) -> Vec<IpNet> {
    let Some(typed) = typed else {
        return Vec::new();
    };
    if typed.is_empty() {
        errors.push("/networks", FieldCode::Required, "error-key-networks-none");
    }
    let wrong = ValueError::new(FieldCode::Format, "error-key-network");
    let mut found = Vec::new();
    for (place, text) in typed.iter().take(MAX_NETWORKS).enumerate() {
        let network = network(text).ok_or(wrong);
        found.extend(errors.take(format!("/networks/{place}"), network));
    }
    if typed.len() > MAX_NETWORKS {
        errors.push("/networks", FieldCode::TooLong, "error-key-networks");
    }
    found
}

/// A network, or a single address as one; an IPv4 address or network written as IPv6 is what it is, and one that is
/// wider than all of IPv4 is none.
pub fn network(text: &str) -> Option<IpNet> {
    let text = text.trim();
    let address: Result<IpAddr, _> = text.parse();
    match address {
        Ok(address) => Some(IpNet::from(address.to_canonical())),
        Err(_) => canonical(text.parse().ok()?).map(|network| network.trunc()),
    }
}

fn canonical(network: IpNet) -> Option<IpNet> {
    let IpNet::V6(wide) = network else {
        return Some(network);
    };
    match wide.addr().to_ipv4_mapped() {
        Some(address) => {
            let bits = wide.prefix_len().checked_sub(MAPPED_BITS)?;
            IpNet::new(IpAddr::V4(address), bits).ok()
        }
        None => Some(network),
    }
}

/// The first instant after a day in Rome, which must be ahead.
fn end_of(typed: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, ValueError> {
    let today = day_in_rome(now);
    let last = today.checked_add_days(Days::new(MAX_DAYS)).unwrap_or(today);
    let span = today..=last;
    let day = typed_day::read(typed, &span);
    let day = day.ok_or(ValueError::new(FieldCode::Format, "error-key-expires"))?;
    let out = ValueError::new(FieldCode::OutOfRange, "error-key-expires");
    if !span.contains(&day) {
        return Err(out);
    }
    Ok(midnight_in_rome(day.succ_opt().unwrap_or(NaiveDate::MAX)))
}

impl PartnerKey {
    /// A new key of random bytes.
    pub fn new(mode: KeyMode, id: PartnerKeyId, secret: [u8; SECRET_BYTES]) -> Self {
        let mut text = format!("jnd_{}_", mode.as_str());
        push_number(&mut text, id.uuid().as_u128(), ID_LETTERS);
        text.push('_');
        // 80 bits make 16 letters
        for half in secret.chunks(SECRET_BYTES / 2) {
            let number = half
                .iter()
                .fold(0, |number: u128, byte| (number << 8) | u128::from(*byte));
            push_number(&mut text, number, SECRET_LETTERS / 2);
        }
        let checksum = crc32(text.as_bytes());
        push_number(&mut text, u128::from(checksum), CHECKSUM_LETTERS);
        Self { id, mode, text }
    }

    /// Reads a key. Case matters; nothing around it is cut off.
    ///
    /// # Errors
    /// `Format`, `Checksum`.
    pub fn parse(text: &str) -> Result<Self, PartnerKeyError> {
        let rest = text.strip_prefix("jnd_").ok_or(PartnerKeyError::Format)?;
        let (mode, rest) = rest.split_once('_').ok_or(PartnerKeyError::Format)?;
        let mode = KeyMode::parse(mode).ok_or(PartnerKeyError::Format)?;
        let (id, _) = rest.split_once('_').ok_or(PartnerKeyError::Format)?;
        // whoever lost a character should hear of that, not of a form
        let (said, checksum) = text
            .len()
            .checked_sub(CHECKSUM_LETTERS)
            .and_then(|place| text.split_at_checked(place))
            .ok_or(PartnerKeyError::Checksum)?;
        let mut told = String::with_capacity(CHECKSUM_LETTERS);
        push_number(
            &mut told,
            u128::from(crc32(said.as_bytes())),
            CHECKSUM_LETTERS,
        );
        let length = "jnd_live__".len() + ID_LETTERS + SECRET_LETTERS + CHECKSUM_LETTERS;
        if told != checksum || text.len() != length {
            return Err(PartnerKeyError::Checksum);
        }
        let id = number(id).ok_or(PartnerKeyError::Checksum)?;
        Ok(Self {
            id: PartnerKeyId::new(Uuid::from_u128(id)),
            mode,
            text: text.to_owned(),
        })
    }

    /// The id of its row.
    pub const fn id(&self) -> PartnerKeyId {
        self.id
    }

    /// Live or test.
    pub const fn mode(&self) -> KeyMode {
        self.mode
    }

    /// The whole key. A secret.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for PartnerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PartnerKey({})", self.id)
    }
}

/// What of a key may be shown later: enough to tell it from another, nothing that opens anything.
pub fn shown(mode: KeyMode, id: PartnerKeyId) -> String {
    let mut text = format!("jnd_{}_", mode.as_str());
    push_number(&mut text, id.uuid().as_u128(), ID_LETTERS);
    text
}

fn push_number(text: &mut String, number: u128, letters: usize) {
    for place in (0..letters).rev() {
        let digit = u8::try_from((number >> (place * 5)) & 31).unwrap_or(0);
        let letter = ALPHABET.get(usize::from(digit)).copied().unwrap_or(b'0');
        text.push(char::from(letter));
    }
}

/// The number of 26 letters; none where it has more than 128 bits.
fn number(letters: &str) -> Option<u128> {
    if letters.len() != ID_LETTERS {
        return None;
    }
    letters.bytes().try_fold(0_u128, |number, letter| {
        let digit = ALPHABET.iter().position(|known| *known == letter)?;
        number
            .checked_mul(32)?
            .checked_add(u128::try_from(digit).ok()?)
    })
}

/// CRC-32 as of Ethernet and ZIP. *source*: ISO/IEC 8802-3, reflected polynomial 0xEDB88320.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 * (crc & 1))
        })
    };
    !bytes.iter().fold(u32::MAX, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(mode: KeyMode) -> PartnerKey {
        let id = PartnerKeyId::new(Uuid::from_u128(0x0192_0000_0000_7000_8fff_1234_5678_9abc));
        PartnerKey::new(
            mode,
            id,
            std::array::from_fn(|place| u8::try_from(place * 13).unwrap()),
        )
    }

    #[test]
    fn the_checksum_is_the_one_everybody_has() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn a_key_is_read_back() {
        for mode in KeyMode::ALL {
            let made = key(mode);
            let prefix = format!("jnd_{}_", mode.as_str());
            assert!(made.as_str().starts_with(&prefix), "{}", made.as_str());
            assert!(made.as_str().starts_with(&shown(mode, made.id())));
            assert_eq!(made.as_str().len(), 75);
            assert_eq!(PartnerKey::parse(made.as_str()), Ok(made));
        }
    }

    #[test]
    fn any_one_wrong_character_is_a_typo() {
        let good = key(KeyMode::Live);
        let good = good.as_str();
        for place in "jnd_live_".len()..good.len() {
            for letter in ['x', '0', 'A', 'é'] {
                let (before, rest) = good.split_at(place);
                let typo: String = before
                    .chars()
                    .chain([letter])
                    .chain(rest.chars().skip(1))
                    .collect();
                if typo != good && good.as_bytes()[place] != b'_' {
                    assert_eq!(
                        PartnerKey::parse(&typo),
                        Err(PartnerKeyError::Checksum),
                        "{typo}"
                    );
                }
            }
        }
    }

    #[test]
    fn lost_doubled_and_swapped_characters_are_typos() {
        let good = key(KeyMode::Test).as_str().to_owned();
        let letters: Vec<char> = good.chars().collect();
        let mut swapped = letters.clone();
        swapped.swap(60, 61);
        assert_ne!(swapped, letters);
        let mut cut = letters.clone();
        cut.pop();
        let mut doubled = letters.clone();
        doubled.extend(letters.last());
        let mut short = letters;
        short.truncate(40);
        for typo in [swapped, cut, doubled, short] {
            let typo: String = typo.into_iter().collect();
            assert_eq!(
                PartnerKey::parse(&typo),
                Err(PartnerKeyError::Checksum),
                "{typo}"
            );
        }
    }

    #[test]
    fn what_is_no_key_is_told_apart() {
        for text in [
            "",
            "jnd",
            "jnd_",
            "jnd_prod_0_0",
            "jnd_live_",
            "eyJhbGciOi.J.x",
            "JND_LIVE_0_0",
        ] {
            assert_eq!(
                PartnerKey::parse(text),
                Err(PartnerKeyError::Format),
                "{text}"
            );
        }
    }

    #[test]
    fn what_staff_type_is_read_or_told_field_by_field() {
        let now = DateTime::from_timestamp(1_772_442_000, 0).unwrap();
        let good = KeyInput {
            mode: Some("live".to_owned()),
            scopes: ["read", "intake", "read"].map(str::to_owned).to_vec(),
            cases: None,
            networks: Some(
                [
                    "192.0.2.7",
                    "2001:db8::1/32",
                    "::ffff:192.0.2.9",
                    "::ffff:192.0.2.9/120",
                ]
                .map(str::to_owned)
                .to_vec(),
            ),
            expires_on: Some("2026-12-31".to_owned()),
        };
        let rights = KeyRights::parse(&good, now).unwrap();
        assert_eq!(rights.scopes, [PartnerScope::Intake, PartnerScope::Read]);
        let networks: Vec<String> = rights.networks.iter().map(IpNet::to_string).collect();
        assert_eq!(
            networks,
            [
                "192.0.2.7/32",
                "2001:db8::/32",
                "192.0.2.9/32",
                "192.0.2.0/24"
            ]
        );
        let end = rights.expires_at.unwrap().to_rfc3339();
        assert_eq!(end, "2026-12-31T23:00:00+00:00");
        let bad = KeyInput {
            mode: None,
            scopes: vec!["admin".to_owned()],
            networks: Some(vec!["192.0.2.0/33".to_owned()]),
            expires_on: Some("2026-03-01".to_owned()),
            ..KeyInput::default()
        };
        let errors = KeyRights::parse(&bad, now).unwrap_err();
        let places: Vec<&str> = errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(places, ["/mode", "/scopes/0", "/networks/0", "/expires_on"]);
        let errors = KeyRights::parse(&KeyInput::default(), now).unwrap_err();
        let first = errors.iter().next().map(|error| error.reason);
        assert_eq!(first, Some("error-key-mode"), "not the label of a case");
    }

    #[test]
    fn an_empty_list_is_told() {
        let now = DateTime::from_timestamp(1_772_442_000, 0).unwrap();
        let input = KeyInput {
            mode: Some("live".to_owned()),
            scopes: vec!["events".to_owned(), "webhooks".to_owned()],
            cases: Some(Vec::new()),
            networks: Some(Vec::new()),
            expires_on: None,
        };
        let errors = KeyRights::parse(&input, now).unwrap_err();
        let places: Vec<&str> = errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(places, ["/networks", "/cases"]);
    }

    #[test]
    fn an_ipv4_network_written_as_ipv6_is_ipv4_and_a_wider_one_is_none() {
        let read = |text: &str| network(text).map(|network| network.to_string());
        for (text, is) in [
            ("::ffff:192.0.2.9/128", Some("192.0.2.9/32")),
            ("::ffff:0.0.0.0/96", Some("0.0.0.0/0")),
            ("::ffff:192.0.2.9/95", None),
            ("::/0", Some("::/0")),
        ] {
            assert_eq!(read(text).as_deref(), is, "{text}");
        }
    }

    #[test]
    fn a_log_never_has_the_secret() {
        let key = key(KeyMode::Live);
        let (_, secret) = key.as_str().rsplit_once('_').unwrap();
        assert!(!format!("{key:?}").contains(secret));
    }
}
