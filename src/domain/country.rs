//! A country, as ISO 3166-1 alpha-2 codes it.

use serde::{Deserialize, Serialize};

use super::field::{FieldCode, ValueError};

/// The officially assigned codes, and `XK` which registers use for Kosovo.
const CODES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL \
    BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ \
    DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS \
    GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR \
    KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU \
    MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY \
    QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH \
    TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW";

/// A country: two upper-case letters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country(String);

impl Country {
    /// Reads a code, in either case.
    ///
    /// # Errors
    /// `unknown_value` when no country has it.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        let code = text.trim();
        CODES
            .split(' ')
            .find(|known| known.eq_ignore_ascii_case(code))
            .map(|known| Self(known.to_owned()))
            .ok_or(ValueError::new(
                FieldCode::UnknownValue,
                "error-country-unknown",
            ))
    }

    /// Italy.
    pub fn italy() -> Self {
        Self("IT".to_owned())
    }

    /// Whether it is Italy.
    pub fn is_italy(&self) -> bool {
        self.0 == "IT"
    }

    /// The code, two upper-case letters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// All codes, in alphabetical order.
    pub fn codes() -> impl Iterator<Item = &'static str> {
        CODES.split(' ')
    }
}

impl TryFrom<String> for Country {
    type Error = ValueError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_codes_are_read_in_either_case() {
        for (text, code) in [("it", "IT"), (" NA ", "NA"), ("De", "DE")] {
            assert_eq!(Country::parse(text).unwrap().as_str(), code);
        }
        for text in ["", "I", "ITA", "XX", "EU", "UK", "T M"] {
            assert_eq!(
                Country::parse(text).unwrap_err().code,
                FieldCode::UnknownValue,
                "{text}"
            );
        }
        assert!(Country::italy().is_italy());
    }

    #[test]
    fn the_table_has_each_of_the_249_codes_and_kosovo_once() {
        let codes: Vec<_> = Country::codes().collect();
        assert_eq!(codes.len(), 250);
        assert!(codes.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(codes.iter().all(|code| code.len() == 2));
    }
}
