//! A telephone number, Italian unless it says another country.

use std::fmt;

use phonenumber::Mode;
use serde::{Deserialize, Serialize};

use super::field::{FieldCode, ValueError};

/// A telephone number in E.164, like `+393331234567`.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// Reads a number as people write it; without a country prefix it is Italian. An extension is
    /// dropped.
    ///
    /// # Errors
    /// `format` when no telephone has such a number.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        let format = ValueError::new(FieldCode::Format, "error-phone-format");
        let text = text.trim();
        if text.len() > 40 || text.chars().any(char::is_control) {
            return Err(format);
        }
        let number =
            phonenumber::parse(Some(phonenumber::country::Id::IT), text).map_err(|_| format)?;
        if !number.is_valid() {
            return Err(format);
        }
        let written = number.format().mode(Mode::E164).to_string();
        // An extension stays behind `;` or a blank in some modes: E.164 has digits only.
        let digits = written.strip_prefix('+').ok_or(format)?;
        if digits.len() > 15 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(format);
        }
        Ok(Self(written))
    }

    /// The number in E.164.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number for people who know it: `+39********67`.
    pub fn masked(&self) -> String {
        let length = self.0.chars().count();
        self.0
            .chars()
            .enumerate()
            .map(|(position, character)| {
                if position < 3 || position + 2 >= length {
                    character
                } else {
                    '*'
                }
            })
            .collect()
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = ValueError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> Self {
        number.0
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PhoneNumber(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_stored_in_e164() {
        for (text, stored) in [
            ("333 1234567", "+393331234567"),
            ("+39 333 123 4567", "+393331234567"),
            ("0039 333 1234567", "+393331234567"),
            ("06 69821234", "+390669821234"),
            ("+41 44 668 18 00", "+41446681800"),
            ("+49 30 901820", "+4930901820"),
        ] {
            let number = PhoneNumber::parse(text).unwrap_or_else(|_| panic!("{text}"));
            assert_eq!(number.as_str(), stored);
            assert_eq!(PhoneNumber::parse(stored), Ok(number));
        }
        let number = PhoneNumber::parse("333 1234567").unwrap();
        assert_eq!(number.masked(), "+39********67");
        assert_eq!(format!("{number:?}"), "PhoneNumber(..)");
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "",
            "mario",
            "12",
            "+39",
            "+999 1234567",
            "333 12345678901234",
            "333\n1234567",
        ] {
            assert!(PhoneNumber::parse(text).is_err(), "{text}");
        }
        assert!(PhoneNumber::parse(&"3".repeat(10_000)).is_err());
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,40}|[+]?[0-9 ]{4,18}|[0-9]{8,12}(;ext=| x|;phone-context=)\\PC{0,8}") {
            if let Ok(number) = PhoneNumber::parse(&text) {
                prop_assert_eq!(PhoneNumber::parse(number.as_str()), Ok(number));
            }
        }
    }
}
