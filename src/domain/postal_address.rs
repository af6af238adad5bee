//! Where somebody lives or gets post, in Italy or abroad. Postal codes and provinces are text (R27).

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    country::Country,
    field::{FieldCode, FieldErrors, ValueError, filled},
    one_line::one_line,
    place,
    postal_code::Typed,
};

/// The 107 provinces and metropolitan cities of January 2023 (ISTAT; `SU` is Sud Sardegna).
const PROVINCES: &str = "AG AL AN AO AP AQ AR AT AV BA BG BI BL BN BO BR BS BT BZ CA CB CE CH CL CN \
    CO CR CS CT CZ EN FC FE FG FI FM FR GE GO GR IM IS KR LC LE LI LO LT LU MB MC ME MI MN MO MS MT \
    NA NO NU OR PA PC PD PE PG PI PN PO PR PT PU PV PZ RA RC RE RG RI RM RN RO SA SI SO SP SR SS SU \
    SV TA TE TN TO TP TR TS TV UD VA VB VC VE VI VR VT VV";

/// The provinces Sardinia set up again by regional law 7 of 12 April 2021, operating later, with the
/// letters they had before 2016.
const SARDINIA_LATER: &str = "CI OG OT VS";

/// What stands for a province in tax forms when the address is abroad.
const ABROAD: &str = "EE";

/// A postal address as it was typed; nothing in it is checked.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostalAddressInput {
    /// Street or square, without the house number.
    pub street: Option<String>,
    /// House number.
    pub number: Option<String>,
    /// Postal code, in Italy the CAP.
    pub postal_code: Option<String>,
    /// Town.
    pub city: Option<String>,
    /// Italian province, two letters; when it is missing, that of the town, if only one has the name. Where
    /// town and CAP agree on another one, it is that.
    pub province: Option<String>,
    /// ISO 3166-1 alpha-2; Italy when it is missing.
    pub country: Option<String>,
}

/// A postal address. In Italy it has a CAP of five digits and a province; abroad any or no postal code
/// and as province nothing or `EE`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostalAddress {
    street: String,
    number: Option<String>,
    postal_code: Option<String>,
    city: String,
    province: Option<String>,
    country: Country,
}

impl PostalAddress {
    /// Reads an address; what is wrong is noted in `errors` under `pointer` and gives `None`.
    pub fn parse(
        input: &PostalAddressInput,
        errors: &mut FieldErrors,
        pointer: &str,
    ) -> Option<Self> {
        let country = match filled(input.country.as_deref()) {
            None => Ok(Country::italy()),
            Some(text) => Country::parse(text),
        };
        let country = errors.take(format!("{pointer}/country"), country);
        let street = errors.take(format!("{pointer}/street"), street(input));
        let number = errors.take(format!("{pointer}/number"), number(input));
        let city = errors.take(format!("{pointer}/city"), city(input));
        let country = country?;
        let postal_code = errors.take(
            format!("{pointer}/postal_code"),
            postal_code(filled(input.postal_code.as_deref()), &country),
        );
        let typed = filled(input.province.as_deref());
        let told =
            || place::province_of(input.city.as_deref()?).filter(|told| provinces().contains(told));
        let parts = Typed {
            city: input.city.as_deref(),
            province: typed,
            postal_code: input.postal_code.as_deref(),
            country: Some(country.as_str()),
        };
        let letters = match typed {
            None if country.is_italy() => told(),
            // a province that exists, left from another town: town and CAP together are surer
            Some(letters) if is_province(letters) => parts.other_province().or(typed),
            typed => typed,
        };
        let province = errors.take(format!("{pointer}/province"), province(letters, &country));
        Some(Self {
            street: street?,
            number: number?,
            postal_code: postal_code?,
            city: city?,
            province: province?,
            country,
        })
    }

    /// Street or square, 1 to 120 characters.
    pub fn street(&self) -> &str {
        &self.street
    }

    /// House number, at most 20 characters.
    pub fn number(&self) -> Option<&str> {
        self.number.as_deref()
    }

    /// Postal code; in Italy five digits.
    pub fn postal_code(&self) -> Option<&str> {
        self.postal_code.as_deref()
    }

    /// Town, 1 to 80 characters.
    pub fn city(&self) -> &str {
        &self.city
    }

    /// Province, two letters; abroad nothing or `EE`.
    pub fn province(&self) -> Option<&str> {
        self.province.as_deref()
    }

    /// Country.
    pub fn country(&self) -> &Country {
        &self.country
    }

    /// The two lines of an envelope under the name: street and number; code, town, province, and the
    /// country when it is not Italy.
    pub fn lines(&self) -> [String; 2] {
        let joined = |parts: &[Option<&str>]| {
            let parts: Vec<_> = parts.iter().copied().flatten().collect();
            parts.join(" ")
        };
        let abroad = (!self.country.is_italy()).then_some(self.country.as_str());
        [
            joined(&[Some(&self.street), self.number()]),
            joined(&[
                self.postal_code(),
                Some(&self.city),
                self.province().filter(|province| *province != ABROAD),
                abroad,
            ]),
        ]
    }
}

/// The letters of the Italian provinces, those of 2023 and later, in alphabetical order.
pub fn provinces() -> Vec<&'static str> {
    let mut provinces: Vec<_> = PROVINCES
        .split(' ')
        .chain(SARDINIA_LATER.split(' '))
        .collect();
    provinces.sort_unstable();
    provinces
}

fn is_province(letters: &str) -> bool {
    let provinces = provinces();
    provinces.iter().any(|it| it.eq_ignore_ascii_case(letters))
}

fn required(reason: &'static str) -> ValueError {
    ValueError::new(FieldCode::Required, reason)
}

fn street(input: &PostalAddressInput) -> Result<String, ValueError> {
    let street = filled(input.street.as_deref()).ok_or(required("error-street-required"))?;
    one_line(street, 120, "error-street-format", "error-street-too-long")
}

fn number(input: &PostalAddressInput) -> Result<Option<String>, ValueError> {
    filled(input.number.as_deref())
        .map(|number| one_line(number, 20, "error-number-format", "error-number-too-long"))
        .transpose()
}

fn city(input: &PostalAddressInput) -> Result<String, ValueError> {
    let city = filled(input.city.as_deref()).ok_or(required("error-city-required"))?;
    one_line(city, 80, "error-city-format", "error-city-too-long")
}

fn postal_code(text: Option<&str>, country: &Country) -> Result<Option<String>, ValueError> {
    const FORMAT: &str = "error-postal-code-format";
    match text {
        None if country.is_italy() => Err(required("error-postal-code-required")),
        None => Ok(None),
        Some(code) if country.is_italy() => {
            if code.len() == 5 && code.bytes().all(|byte| byte.is_ascii_digit()) {
                Ok(Some(code.to_owned()))
            } else {
                Err(ValueError::new(FieldCode::Format, FORMAT))
            }
        }
        Some(code) => one_line(code, 16, FORMAT, "error-postal-code-too-long").map(Some),
    }
}

fn province(text: Option<&str>, country: &Country) -> Result<Option<String>, ValueError> {
    let province = text.map(str::to_ascii_uppercase);
    match (province, country.is_italy()) {
        (None, true) => Err(required("error-province-required")),
        (None, false) => Ok(None),
        (Some(province), true) => {
            if provinces().contains(&province.as_str()) {
                Ok(Some(province))
            } else {
                Err(ValueError::new(
                    FieldCode::UnknownValue,
                    "error-province-unknown",
                ))
            }
        }
        (Some(province), false) if province == ABROAD => Ok(Some(province)),
        (Some(_), false) => Err(ValueError::new(
            FieldCode::UnknownValue,
            "error-province-abroad",
        )),
    }
}

impl fmt::Debug for PostalAddressInput {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PostalAddressInput(..)")
    }
}

impl fmt::Debug for PostalAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PostalAddress(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn input(fields: [&str; 6]) -> PostalAddressInput {
        let [street, number, postal_code, city, province, country] =
            fields.map(|field| Some(field.to_owned()));
        PostalAddressInput {
            street,
            number,
            postal_code,
            city,
            province,
            country,
        }
    }

    fn read(fields: [&str; 6]) -> Result<PostalAddress, Vec<(String, FieldCode)>> {
        let mut errors = FieldErrors::new();
        let address = PostalAddress::parse(&input(fields), &mut errors, "/address");
        assert_eq!(address.is_none(), !errors.is_empty());
        address.ok_or_else(|| {
            errors
                .iter()
                .map(|error| (error.pointer.clone(), error.code))
                .collect()
        })
    }

    #[test]
    fn r27_cap_and_province_stay_text() {
        let address = read(["Via Appia", "1/A", "00184", "Roma", "rm", "it"]).unwrap();
        assert_eq!(address.postal_code(), Some("00184"));
        assert_eq!(address.province(), Some("RM"));
        assert_eq!(address.lines(), ["Via Appia 1/A", "00184 Roma RM"]);
        let naples = read(["Via Toma", "", "80127", "Napoli", "NA", ""]).unwrap();
        assert_eq!((naples.province(), naples.number()), (Some("NA"), None));
        let json = serde_json::to_string(&naples).unwrap();
        assert_eq!(
            serde_json::from_str::<PostalAddress>(&json).unwrap(),
            naples
        );
        assert_eq!(
            format!("{naples:?}{:?}", input([""; 6])),
            "PostalAddress(..)PostalAddressInput(..)"
        );
    }

    #[test]
    fn a_province_left_from_another_town_gives_way_to_town_and_cap() {
        let bolzano = read(["Via Roma", "1", "39100", "Bolzano", "MI", ""]).unwrap();
        assert_eq!(bolzano.lines(), ["Via Roma 1", "39100 Bolzano BZ"]);
        let unknown = read(["Via Roma", "1", "39100", "Atlantide", "MI", ""]).unwrap();
        assert_eq!(unknown.province(), Some("MI"));
    }

    #[test]
    fn an_address_abroad_needs_neither_province_nor_postal_code() {
        let berlin = read(["Invalidenstraße", "5", "10115", "Berlin", "", "DE"]).unwrap();
        assert_eq!(berlin.lines(), ["Invalidenstraße 5", "10115 Berlin DE"]);
        let london = read(["High Street", "5", "SW1A 1AA", "London", "EE", "GB"]).unwrap();
        assert_eq!(london.province(), Some("EE"));
        assert!(read(["Main Street", "", "", "Doha", "", "QA"]).is_ok());
    }

    #[test]
    fn each_wrong_field_is_named() {
        let all = read(["", "", "", "", "", ""]).unwrap_err();
        let missing: Vec<_> = ["street", "city", "postal_code", "province"]
            .iter()
            .map(|field| (format!("/address/{field}"), FieldCode::Required))
            .collect();
        assert_eq!(all, missing);
        for (fields, field, code) in [
            (
                ["V", "1", "0018", "Roma", "RM", "IT"],
                "postal_code",
                FieldCode::Format,
            ),
            (
                ["V", "1", "0018A", "Roma", "RM", "IT"],
                "postal_code",
                FieldCode::Format,
            ),
            (
                ["V", "1", "00184", "Roma", "RX", "IT"],
                "province",
                FieldCode::UnknownValue,
            ),
            (
                ["V", "1", "00184", "Roma", "EE", "IT"],
                "province",
                FieldCode::UnknownValue,
            ),
            (
                ["V", "1", "1000", "Bern", "TI", "CH"],
                "province",
                FieldCode::UnknownValue,
            ),
            (
                ["V", "1", "12345678901234567", "X", "", "CH"],
                "postal_code",
                FieldCode::TooLong,
            ),
            (
                ["V", "1", "00184", "Roma", "RM", "XX"],
                "country",
                FieldCode::UnknownValue,
            ),
            (
                ["V\na", "1", "00184", "Roma", "RM", "IT"],
                "street",
                FieldCode::Format,
            ),
        ] {
            assert_eq!(read(fields), Err(vec![(format!("/address/{field}"), code)]));
        }
    }

    #[test]
    fn the_tables_of_provinces_are_complete() {
        assert_eq!(PROVINCES.split(' ').count(), 107);
        let all = provinces();
        assert_eq!(all.len(), 111);
        assert!(all.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(!all.contains(&ABROAD));
    }

    proptest! {
        #[test]
        fn no_text_panics(fields in proptest::array::uniform6("\\PC{0,30}")) {
            let mut errors = FieldErrors::new();
            let fields = fields.map(Some);
            let [street, number, postal_code, city, province, country] = fields;
            let typed = PostalAddressInput { street, number, postal_code, city, province, country };
            let read = PostalAddress::parse(&typed, &mut errors, "");
            prop_assert_eq!(read.is_none(), !errors.is_empty());
        }
    }
}
