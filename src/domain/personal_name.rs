//! One part of a person's name: given or family name.

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};

use super::{
    field::{FieldCode, ValueError},
    folding,
    one_line::one_line,
};

/// A given or family name: one line of 1 to 80 characters, Unicode form C, with a letter in it.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonalName(String);

impl PersonalName {
    /// Reads a name; white space around it is dropped and inside it collapsed.
    ///
    /// # Errors
    /// `required` when blank, `too_long` over 80 characters, `format` with control characters or
    /// without any letter.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        if text.trim().is_empty() {
            return Err(ValueError::new(FieldCode::Required, "error-name-required"));
        }
        let name = one_line(text, 80, "error-name-format", "error-name-too-long")?;
        if !name.chars().any(char::is_alphabetic) {
            return Err(ValueError::new(FieldCode::Format, "error-name-format"));
        }
        Ok(Self(name))
    }

    /// The name, as it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name for look-ups: lower-case letters without accents, apostrophes and spaces.
    pub fn folded(&self) -> String {
        folding::fold(&self.0)
    }

    /// The ways this name may stand folded in the index: Müller is also written Mueller and Muller.
    pub fn folded_variants(&self) -> BTreeSet<String> {
        let written_out = folding::fold_umlauts(&self.0);
        let contracted = folding::contract_umlauts(&written_out);
        BTreeSet::from([self.folded(), written_out, contracted])
    }
}

impl TryFrom<String> for PersonalName {
    type Error = ValueError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<PersonalName> for String {
    fn from(name: PersonalName) -> Self {
        name.0
    }
}

impl fmt::Debug for PersonalName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PersonalName(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn umlauts_are_found_however_they_are_written() {
        for (stored, typed) in [
            ("Müller", "MUELLER"),
            ("Mueller", "müller"),
            ("Müller", "muller"),
            ("Schröder", "Schroeder"),
            ("Jäger", "Jaeger"),
            ("Groß", "GROSS"),
            ("Manuele", "manuele"),
        ] {
            let stored = PersonalName::parse(stored).unwrap().folded();
            let variants = PersonalName::parse(typed).unwrap().folded_variants();
            assert!(variants.contains(&stored), "{typed}");
        }
        let variants = PersonalName::parse("Rossi").unwrap().folded_variants();
        assert_eq!(variants.len(), 1);
    }

    #[test]
    fn names_are_tidied_and_folded() {
        for (text, shown, folded) in [
            (" Mario ", "Mario", "mario"),
            ("D'Angelo", "D'Angelo", "dangelo"),
            ("De   Nicolo\u{300}", "De Nicolò", "denicolo"),
            ("Nguyễn", "Nguyễn", "nguyen"),
            ("李", "李", "李"),
        ] {
            let name = PersonalName::parse(text).unwrap();
            assert_eq!((name.as_str(), name.folded().as_str()), (shown, folded));
            assert_eq!(format!("{name:?}"), "PersonalName(..)");
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for (text, class) in [
            ("", FieldCode::Required),
            (" \t", FieldCode::Required),
            ("12", FieldCode::Format),
            ("a\r\nBcc: x", FieldCode::Format),
            (&"a".repeat(81), FieldCode::TooLong),
        ] {
            assert_eq!(PersonalName::parse(text).unwrap_err().code, class, "{text}");
        }
        assert!(PersonalName::parse(&"è".repeat(80)).is_ok());
    }

    proptest! {
        #[test]
        fn what_is_read_is_read_again(text: String) {
            if let Ok(name) = PersonalName::parse(&text) {
                prop_assert_eq!(PersonalName::parse(name.as_str()), Ok(name));
            }
        }
    }
}
