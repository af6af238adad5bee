//! The codes of eleven digits: the partita IVA of a business and the numeric codice fiscale of an
//! entity, or, provisionally, of a person (R24). Digits are text: leading zeros count (R27).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    codice_fiscale::masked_code,
    field::{FieldCode, ValueError},
};

/// A partita IVA: seven digits, three of the issuing office, a Luhn digit.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VatNumber(String);

impl VatNumber {
    /// Reads a number; spaces and a leading `IT` are dropped.
    ///
    /// # Errors
    /// `format` if it is not eleven digits, `checksum` for a wrong last digit, `out_of_range` for an
    /// office that does not exist (001 to 100, 120, 121, 888, 999).
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        let text = text.trim();
        let number = match text.get(..2) {
            Some(country) if country.eq_ignore_ascii_case("IT") => text.get(2..).unwrap_or(text),
            _ => text,
        };
        let digits = eleven_digits(number).ok_or(ValueError::new(
            FieldCode::Format,
            "error-vat-number-format",
        ))?;
        if !luhn(&digits) {
            return Err(ValueError::new(
                FieldCode::Checksum,
                "error-vat-number-checksum",
            ));
        }
        if !issued_by_an_office(&digits) {
            return Err(ValueError::new(
                FieldCode::OutOfRange,
                "error-vat-number-office",
            ));
        }
        Ok(Self(digits))
    }

    /// The number, eleven digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A codice fiscale of eleven digits. Those of associations start with 8 or 9 and need only the
/// Luhn digit; the others are built like a partita IVA.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NumericCodiceFiscale(String);

impl NumericCodiceFiscale {
    /// Reads a code; spaces are dropped.
    ///
    /// # Errors
    /// `format` if it is not eleven digits, `checksum` for a wrong last digit, `out_of_range` for an
    /// office that does not exist.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        let digits = eleven_digits(text).ok_or(ValueError::new(
            FieldCode::Format,
            "error-codice-fiscale-numeric-format",
        ))?;
        if !luhn(&digits) {
            return Err(ValueError::new(
                FieldCode::Checksum,
                "error-codice-fiscale-numeric-checksum",
            ));
        }
        if !digits.starts_with(['8', '9']) && !issued_by_an_office(&digits) {
            return Err(ValueError::new(
                FieldCode::OutOfRange,
                "error-codice-fiscale-numeric-office",
            ));
        }
        Ok(Self(digits))
    }

    /// The code, eleven digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The code with all but the first three and the last two digits hidden.
    pub fn masked(&self) -> String {
        masked_code(&self.0)
    }
}

/// The eleven digits of a text, white space aside; `None` if there is anything else or another count.
pub(super) fn eleven_digits(text: &str) -> Option<String> {
    let digits: String = text
        .chars()
        .filter(|character| !character.is_whitespace())
        .take(12)
        .collect();
    let right = digits.len() == 11 && digits.bytes().all(|byte| byte.is_ascii_digit());
    right.then_some(digits)
}

fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .chars()
        .rev()
        .filter_map(|character| character.to_digit(10))
        .enumerate()
        .map(|(position, digit)| match (position % 2, digit) {
            (0, digit) => digit,
            (_, digit) if digit > 4 => digit * 2 - 9,
            (_, digit) => digit * 2,
        })
        .sum();
    sum.is_multiple_of(10)
}

fn issued_by_an_office(digits: &str) -> bool {
    let office = digits.get(7..10).and_then(|office| office.parse().ok());
    let numbered = digits.get(..7).is_some_and(|number| number != "0000000");
    numbered && matches!(office, Some(1..=100_u16 | 120 | 121 | 888 | 999))
}

impl TryFrom<String> for VatNumber {
    type Error = ValueError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<VatNumber> for String {
    fn from(number: VatNumber) -> Self {
        number.0
    }
}

impl TryFrom<String> for NumericCodiceFiscale {
    type Error = ValueError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<NumericCodiceFiscale> for String {
    fn from(code: NumericCodiceFiscale) -> Self {
        code.0
    }
}

impl fmt::Debug for VatNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("VatNumber(..)")
    }
}

impl fmt::Debug for NumericCodiceFiscale {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("NumericCodiceFiscale(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn r24_a_partita_iva_passes_luhn_and_names_an_office() {
        for (text, stored) in [
            ("07643520567", "07643520567"),
            ("IT 07643520567", "07643520567"),
            (" 0764 3520 567 ", "07643520567"),
        ] {
            assert_eq!(VatNumber::parse(text).unwrap().as_str(), stored);
        }
        for (text, class) in [
            ("07643520568", FieldCode::Checksum),
            ("12345678903", FieldCode::OutOfRange),
            ("87654321014", FieldCode::OutOfRange),
            ("00000000000", FieldCode::OutOfRange),
            ("0764352056", FieldCode::Format),
            ("076435205677", FieldCode::Format),
            ("0764352056A", FieldCode::Format),
            ("٠٧٦٤٣٥٢٠٥٦٧", FieldCode::Format),
            ("", FieldCode::Format),
        ] {
            assert_eq!(VatNumber::parse(text).unwrap_err().code, class, "{text}");
        }
    }

    #[test]
    fn r24_the_code_of_an_association_needs_luhn_only() {
        for text in ["07643520567", "97123450583", "80012340156", "87654321014"] {
            assert_eq!(NumericCodiceFiscale::parse(text).unwrap().as_str(), text);
        }
        for (text, class) in [
            ("12345678903", FieldCode::OutOfRange),
            ("97123450584", FieldCode::Checksum),
            ("RSSMRA85C12H501J", FieldCode::Format),
        ] {
            let error = NumericCodiceFiscale::parse(text).unwrap_err();
            assert_eq!(error.code, class, "{text}");
        }
        let code = NumericCodiceFiscale::parse("97123450583").unwrap();
        assert_eq!(code.masked(), "971******83");
        assert_eq!(format!("{code:?}"), "NumericCodiceFiscale(..)");
    }

    proptest! {
        #[test]
        fn no_text_panics_and_what_is_read_is_read_again(text in "\\PC{0,24}|[0-9]{11}") {
            if let Ok(number) = VatNumber::parse(&text) {
                prop_assert_eq!(VatNumber::parse(number.as_str()), Ok(number));
            }
            if let Ok(code) = NumericCodiceFiscale::parse(&text) {
                prop_assert_eq!(NumericCodiceFiscale::parse(code.as_str()), Ok(code));
            }
        }

        #[test]
        fn one_wrong_digit_never_passes(number in "[0-9]{7}", position in 0_usize..11, add in 1_u32..10) {
            let mut digits: Vec<u32> =
                format!("{number}056").chars().map(|digit| digit.to_digit(10).unwrap()).collect();
            let text = |digits: &[u32]| digits.iter().map(u32::to_string).collect::<String>();
            digits.push((0..10).find(|last| luhn(&format!("{}{last}", text(&digits)))).unwrap());
            prop_assert!(luhn(&text(&digits)));
            digits[position] = (digits[position] + add) % 10;
            prop_assert!(!luhn(&text(&digits)));
        }
    }
}
