//! Where a claimant is paid: the IBAN of any SEPA country (R25).

use std::fmt;

use iban::IbanLike;
use serde::{Deserialize, Serialize};

use super::{
    check_letter::check_letter,
    field::{FieldCode, ValueError},
};

const FORMAT: ValueError = ValueError::new(FieldCode::Format, "error-iban-format");
const CHECKSUM: ValueError = ValueError::new(FieldCode::Checksum, "error-iban-checksum");

/// Country codes of the IBANs of the single euro payments area, as of October 2025. Those of
/// Guernsey, Jersey and Man have codes of their own only outside IBANs.
const SEPA: &str = "AD AL AT BE BG CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE IS IT LI LT LU LV \
    MC MD ME MK MT NL NO PL PT RO RS SE SI SK SM VA";

/// An IBAN of a SEPA country, without spaces, upper case.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Iban(String);

impl Iban {
    /// Reads an IBAN; case and white space do not matter. Those of Italy and San Marino must have
    /// the right CIN too: modulo 97 alone lets wrong ones through.
    ///
    /// # Errors
    /// `format` for another shape or a length that is not the country's, `checksum` for wrong check
    /// digits or CIN, `unknown_value` for a country outside SEPA.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        let electronic: String = text
            .chars()
            .filter(|character| !character.is_whitespace())
            .map(|character| character.to_ascii_uppercase())
            .take(35)
            .collect();
        let length = electronic.chars().count();
        let italian = electronic.starts_with("IT") || electronic.starts_with("SM");
        if length < 15 || italian && length != 27 {
            return Err(FORMAT);
        }
        let base = electronic
            .parse::<iban::BaseIban>()
            .map_err(|error| match error {
                iban::ParseBaseIbanError::InvalidChecksum => CHECKSUM,
                iban::ParseBaseIbanError::InvalidFormat => FORMAT,
            })?;
        if !SEPA
            .split(' ')
            .any(|country| country == base.country_code())
        {
            return Err(ValueError::new(
                FieldCode::UnknownValue,
                "error-iban-country",
            ));
        }
        let iban = iban::Iban::try_from(base).map_err(|_| FORMAT)?;
        if italian && !cin_is_right(iban.bban()) {
            return Err(CHECKSUM);
        }
        Ok(Self(electronic))
    }

    /// The IBAN without spaces, 15 to 34 upper-case letters and digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The country code and the last four characters, the rest hidden.
    pub fn masked(&self) -> String {
        let length = self.0.chars().count();
        self.0
            .chars()
            .enumerate()
            .map(|(position, character)| {
                if position < 2 || position + 4 >= length {
                    character
                } else {
                    '*'
                }
            })
            .collect()
    }
}

/// Whether the first letter of an Italian account is the check letter of bank, branch and account.
fn cin_is_right(bban: &str) -> bool {
    let account = bban.get(1..).and_then(check_letter);
    account.is_some() && account == bban.chars().next()
}

impl TryFrom<String> for Iban {
    type Error = ValueError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Iban> for String {
    fn from(iban: Iban) -> Self {
        iban.0
    }
}

impl fmt::Debug for Iban {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Iban(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn r25_sepa_ibans_are_accepted() {
        for text in [
            "IT60X0542811101000000123456",
            "IT25O0306909606100000012345",
            "IT44R3677222300EM0001234567",
            "IT03J0760103200000098765432",
            "SM86U0322509800000000270100",
            "DE89370400440532013000",
            "FR1420041010050500013M02606",
            "NO9386011117947",
            "MT84MALT011000012345MTLCAST001S",
        ] {
            let parsed = Iban::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(parsed.as_str(), text);
        }
        let typed = Iban::parse(" it60 x054 2811 1010 0000 0123 456").unwrap();
        assert_eq!(typed.as_str(), "IT60X0542811101000000123456");
    }

    #[test]
    fn r25_wrong_ibans_are_refused_with_their_class() {
        for (text, class) in [
            // Modulo 97 is right, the CIN is not.
            ("IT65A0542811101000000123456", FieldCode::Checksum),
            ("IT61X0542811101000000123456", FieldCode::Checksum),
            ("IT60X054281110100000012345", FieldCode::Format),
            ("BR1800360305000010009795493C1", FieldCode::UnknownValue),
            ("IT60", FieldCode::Format),
            (
                "IT60X0542811101000000123456IT60X0542811101000000123456",
                FieldCode::Format,
            ),
            ("IT60-X054-2811", FieldCode::Format),
            ("", FieldCode::Format),
        ] {
            assert_eq!(Iban::parse(text).unwrap_err().code, class, "{text}");
        }
    }

    #[test]
    fn it_is_masked_and_redacted() {
        let iban = Iban::parse("IT60X0542811101000000123456").unwrap();
        assert_eq!(iban.masked(), "IT*********************3456");
        assert_eq!(format!("{iban:?}"), "Iban(..)");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,40}|(IT|DE|SM)[0-9]{2}[A-Z][0-9]{10}[0-9A-Z]{12}") {
            if let Ok(iban) = Iban::parse(&text) {
                prop_assert_eq!(Iban::parse(iban.as_str()), Ok(iban));
            }
        }

        #[test]
        fn a_wrong_cin_never_passes(numbers in "[0-9]{22}", letter in "[A-Z]") {
            let bban = format!("{letter}{numbers}");
            let right = check_letter(&numbers).unwrap().to_string() == letter;
            let value = |text: &str| text.chars().fold(0_u32, |rest, character| {
                let digit = character.to_digit(36).unwrap();
                (rest * if digit > 9 { 100 } else { 10 } + digit) % 97
            });
            let check = 98 - value(&format!("{bban}IT00"));
            prop_assert_eq!(Iban::parse(&format!("IT{check:02}{bban}")).is_ok(), right);
        }
    }
}
