//! The reference a claimant quotes on the phone: 12 Crockford characters derived from the id.

use std::fmt;

use crate::domain::ids::ClaimantId;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The last 60 bits of a claimant's id, in Crockford's base 32.
///
/// Source: <https://www.crockford.com/base32.html>; I, L, O and U are not used.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Reference(String);

impl Reference {
    /// The reference of a claimant.
    pub fn of(id: ClaimantId) -> Self {
        let bits = id.uuid().as_u128();
        let text = (0..12u32)
            .rev()
            .filter_map(|place| {
                let digit = usize::try_from((bits >> (place * 5)) & 31).ok()?;
                ALPHABET.get(digit).copied().map(char::from)
            })
            .collect();
        Self(text)
    }

    /// Reads what a person typed: case, spaces and hyphens do not matter, I and L are 1, O is 0.
    pub fn parse(typed: &str) -> Option<Self> {
        let mut text = String::with_capacity(12);
        for char in typed.chars().filter(|c| !c.is_whitespace() && *c != '-') {
            let char = match char.to_ascii_uppercase() {
                'I' | 'L' => '1',
                'O' => '0',
                other => other,
            };
            if !u8::try_from(char).is_ok_and(|byte| ALPHABET.contains(&byte)) {
                return None;
            }
            text.push(char);
        }
        (text.len() == 12).then_some(Self(text))
    }

    /// Whether it has the form of a reference or of the code at the end of a mail, and is not digits alone: no code
    /// of six digits, whatever else it is.
    pub fn looks_like_one(typed: &str) -> bool {
        typed.chars().any(char::is_alphabetic) && Self::parse(typed).is_some()
    }

    /// 12 characters without separators: the wire form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `XXXX-XXXX-XXXX`, easier to read aloud.
    pub fn grouped(&self) -> String {
        let chars: Vec<char> = self.0.chars().collect();
        let groups: Vec<String> = chars
            .chunks(4)
            .map(|group| group.iter().collect())
            .collect();
        groups.join("-")
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn it_is_told_from_six_digits_by_its_form() {
        for (typed, is_one) in [
            ("7KQ2-M4XD-9PTW", true),
            (" 7kq2 m4xd 9ptw ", true),
            ("123456", false),
            ("123 456", false),
            ("123456 123456", false),
            ("no", false),
            ("", false),
        ] {
            assert_eq!(Reference::looks_like_one(typed), is_one, "{typed}");
        }
    }

    #[test]
    fn a_reference_survives_being_read_aloud() {
        let id = ClaimantId::new(Uuid::from_u128(0x0192_0000_0000_7000_8fff_1234_5678_9abc));
        let reference = Reference::of(id);
        assert_eq!(reference.as_str().len(), 12);
        let spoken = reference
            .grouped()
            .to_lowercase()
            .replace('1', "l")
            .replace('0', "o");
        assert_eq!(Reference::parse(&spoken), Some(reference));
    }

    #[test]
    fn what_is_no_reference_is_refused() {
        for typed in ["", "ABC", "0123456789AU", "0123456789ABC", "0123-4567-89à0"] {
            assert_eq!(Reference::parse(typed), None, "{typed}");
        }
    }
}
