//! The text of a partner's key: `jnd_live_<id>_<secret>`, with a checksum at its end, so that a typo is told
//! without asking the database (R56, decision 32).

use std::fmt;

use thiserror::Error;
use uuid::Uuid;

use crate::domain::ids::PartnerKeyId;
use crate::domain::partner::KeyMode;

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
                .fold(0, |number: u128, byte| number << 8 | u128::from(*byte));
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
            crc >> 1 ^ (0xedb8_8320 * (crc & 1))
        })
    };
    !bytes.iter().fold(u32::MAX, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(mode: KeyMode) -> PartnerKey {
        let id = PartnerKeyId::new(Uuid::from_u128(0x0192_0000_0000_7000_8fff_1234_5678_9abc));
        PartnerKey::new(mode, id, std::array::from_fn(|place| place as u8 * 13))
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
            for letter in ["x", "0", "A", "é"] {
                let (before, rest) = good.split_at(place);
                let typo = format!("{before}{letter}{}", &rest[1..]);
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
        let swapped = format!(
            "{}{}{}{}",
            &good[..60],
            &good[61..62],
            &good[60..61],
            &good[62..]
        );
        let cut = &good[..good.len() - 1];
        let doubled = format!("{good}{}", &good[74..]);
        let short = &good[..40];
        for typo in [swapped.as_str(), cut, &doubled, short] {
            assert_eq!(
                PartnerKey::parse(typo),
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
    fn a_log_never_has_the_secret() {
        let key = key(KeyMode::Live);
        let (_, secret) = key.as_str().rsplit_once('_').unwrap();
        assert!(!format!("{key:?}").contains(secret));
    }
}
