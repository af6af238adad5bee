//! A natural person: names, codice fiscale or foreign document, birth, sex, residence.

use std::fmt;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    codice_fiscale::{CodiceFiscale, Sex},
    field::{FieldCode, FieldErrors, ValueError, filled},
    foreign_document::{ForeignDocument, ForeignDocumentInput},
    one_line::one_line,
    personal_name::PersonalName,
    place,
    postal_address::{PostalAddress, PostalAddressInput},
    vat_number::{NumericCodiceFiscale, eleven_digits},
};

/// A person as it was typed; nothing in it is checked.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonInput {
    /// Given name or names.
    pub given_name: Option<String>,
    /// Family name or names.
    pub family_name: Option<String>,
    /// Sixteen characters, or eleven digits with `provisional`.
    pub codice_fiscale: Option<String>,
    /// For who has no codice fiscale.
    pub foreign_document: Option<ForeignDocumentInput>,
    /// `YYYY-MM-DD`; derived from a codice fiscale of sixteen characters when missing.
    pub birth_date: Option<String>,
    /// Town or state of birth.
    pub birth_place: Option<String>,
    /// `M` or `F`; derived from a codice fiscale of sixteen characters when missing.
    pub sex: Option<String>,
    /// Whether the codice fiscale is the provisional one of eleven digits.
    pub provisional: Option<bool>,
    /// Residence.
    pub address: Option<PostalAddressInput>,
}

/// The codice fiscale of a person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonCode {
    /// The usual one.
    Usual(CodiceFiscale),
    /// Eleven digits, to be replaced by the usual one (R24).
    Provisional(NumericCodiceFiscale),
}

impl PersonCode {
    /// The code as text.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Usual(code) => code.as_str(),
            Self::Provisional(code) => code.as_str(),
        }
    }

    /// The code with all but the first three and the last two characters hidden.
    pub fn masked(&self) -> String {
        match self {
            Self::Usual(code) => code.masked(),
            Self::Provisional(code) => code.masked(),
        }
    }
}

/// A natural person with a codice fiscale, a foreign document or both; birth date and sex agree with
/// the codice fiscale (R23).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    given_name: PersonalName,
    family_name: PersonalName,
    codice_fiscale: Option<PersonCode>,
    foreign_document: Option<ForeignDocument>,
    birth_date: NaiveDate,
    birth_place: Option<String>,
    sex: Option<Sex>,
    address: Option<PostalAddress>,
}

impl Person {
    /// Reads a person; what is wrong is noted in `errors` under `pointer` and gives `None`.
    pub fn parse(
        input: &PersonInput,
        today: NaiveDate,
        errors: &mut FieldErrors,
        pointer: &str,
    ) -> Option<Self> {
        let at = |field: &str| format!("{pointer}/{field}");
        // in the order of the form: so errors are read
        let codice_fiscale = errors.take(at("codice_fiscale"), code(input));
        let foreign_document = match &input.foreign_document {
            None => Some(None),
            Some(document) => {
                ForeignDocument::parse(document, errors, &at("foreign_document")).map(Some)
            }
        };
        let given_name = take_name(input.given_name.as_deref(), "given_name", errors, pointer);
        let family_name = take_name(input.family_name.as_deref(), "family_name", errors, pointer);
        let birth_date = errors.take(at("birth_date"), birth_date(input, today));
        let sex = filled(input.sex.as_deref()).map(Sex::parse).transpose();
        let sex = errors.take_one_of(at("sex"), sex, ["F", "M"]);
        let birth = Birth {
            code: codice_fiscale.as_ref().and_then(Option::as_ref),
            typed: filled(input.codice_fiscale.as_deref()),
            provisional: input.provisional == Some(true),
            date: birth_date,
            sex,
        };
        let (birth_date, sex) = birth.agreed(today, errors, pointer);
        let birth_place = errors.take(at("birth_place"), birth_place(input));
        let code_given = codice_fiscale.as_ref().and_then(Option::as_ref);
        let birth_place =
            birth_place.map(|typed| typed.or_else(|| told_by(code_given?, birth_date?)));
        let address = match &input.address {
            None => Some(None),
            Some(address) => PostalAddress::parse(address, errors, &at("address")).map(Some),
        };
        Some(Self {
            given_name: given_name?,
            family_name: family_name?,
            codice_fiscale: codice_fiscale?,
            foreign_document: foreign_document?,
            birth_date: birth_date?,
            birth_place: birth_place?,
            sex: sex?,
            address: address?,
        })
    }

    /// Given name or names.
    pub fn given_name(&self) -> &PersonalName {
        &self.given_name
    }

    /// Family name or names.
    pub fn family_name(&self) -> &PersonalName {
        &self.family_name
    }

    /// Codice fiscale, if the person has one.
    pub fn codice_fiscale(&self) -> Option<&PersonCode> {
        self.codice_fiscale.as_ref()
    }

    /// Foreign document; there is one when there is no codice fiscale.
    pub fn foreign_document(&self) -> Option<&ForeignDocument> {
        self.foreign_document.as_ref()
    }

    /// Day of birth, not before 1900.
    pub fn birth_date(&self) -> NaiveDate {
        self.birth_date
    }

    /// Town or state of birth, at most 120 characters: as typed, or as the codice fiscale tells it.
    pub fn birth_place(&self) -> Option<&str> {
        self.birth_place.as_deref()
    }

    /// Sex; always known with the usual codice fiscale.
    pub fn sex(&self) -> Option<Sex> {
        self.sex
    }

    /// Residence.
    pub fn address(&self) -> Option<&PostalAddress> {
        self.address.as_ref()
    }

    /// Whether the usual codice fiscale, if there is one and it tells a comune, fits the place of birth.
    pub fn code_fits_birth_place(&self) -> bool {
        let fits = |code: &CodiceFiscale| {
            let typed = self.birth_place()?;
            place::fits(&code.birth_place_code(), typed)
        };
        match &self.codice_fiscale {
            Some(PersonCode::Usual(code)) => fits(code).unwrap_or(true),
            Some(PersonCode::Provisional(_)) | None => true,
        }
    }

    /// Whether the usual codice fiscale, if there is one, fits the names.
    pub fn code_fits_names(&self) -> bool {
        match &self.codice_fiscale {
            Some(PersonCode::Usual(code)) => {
                code.matches_names(self.family_name.as_str(), self.given_name.as_str())
            }
            Some(PersonCode::Provisional(_)) | None => true,
        }
    }
}

/// What was typed about birth and sex, beside the code that repeats it.
#[expect(
    clippy::option_option,
    reason = "wrong, missing and given are three states"
)]
struct Birth<'code> {
    code: Option<&'code PersonCode>,
    /// The code as it was typed, right or wrong.
    typed: Option<&'code str>,
    /// Whether a code of eleven digits is meant, which tells no birth date.
    provisional: bool,
    /// `None` when wrong, `Some(None)` when missing.
    date: Option<Option<NaiveDate>>,
    sex: Option<Option<Sex>>,
}

impl Birth<'_> {
    /// Date and sex that agree with the code, or are derived from it where missing (R23).
    #[expect(
        clippy::option_option,
        reason = "wrong, missing and given are three states"
    )]
    fn agreed(
        self,
        today: NaiveDate,
        errors: &mut FieldErrors,
        pointer: &str,
    ) -> (Option<NaiveDate>, Option<Option<Sex>>) {
        let usual = match self.code {
            Some(PersonCode::Usual(code)) => Some(code),
            Some(PersonCode::Provisional(_)) | None => None,
        };
        let Some(code) = usual else {
            let code_failed = errors.concerns(&format!("{pointer}/codice_fiscale"));
            if let Some(code) = self.typed.and_then(CodiceFiscale::despite_checksum) {
                self.compare(&code, errors, pointer);
            }
            if self.date == Some(None) && (self.provisional || !code_failed) {
                let required = ValueError::new(FieldCode::Required, "error-birth-date-required");
                errors.take::<()>(format!("{pointer}/birth_date"), Err(required));
            }
            return (self.date.flatten(), self.sex);
        };
        self.compare(code, errors, pointer);
        let date = self.date.map(|date| date.unwrap_or(code.birth_date(today)));
        let sex = self.sex.map(|sex| sex.or(Some(code.sex())));
        (date, sex)
    }

    /// Notes where date and sex contradict a code.
    fn compare(&self, code: &CodiceFiscale, errors: &mut FieldErrors, pointer: &str) {
        if let Some(Some(date)) = self.date
            && !code.matches_birth_date(date)
        {
            errors.push(
                format!("{pointer}/birth_date"),
                FieldCode::MismatchBirthDate,
                "error-birth-date-mismatch",
            );
        }
        if let Some(Some(sex)) = self.sex
            && code.sex() != sex
        {
            errors.push(
                format!("{pointer}/sex"),
                FieldCode::MismatchSex,
                "error-sex-mismatch",
            );
        }
    }
}

/// A name of a person, noted as missing with the reason of its own field.
pub(super) fn take_name(
    text: Option<&str>,
    field: &str,
    errors: &mut FieldErrors,
    pointer: &str,
) -> Option<PersonalName> {
    let name = PersonalName::parse(text.unwrap_or_default());
    let name = name.map_err(|error| match (error.code, field) {
        (FieldCode::Required, "given_name") => {
            ValueError::new(FieldCode::Required, "error-given-name-required")
        }
        (FieldCode::Required, _) => {
            ValueError::new(FieldCode::Required, "error-family-name-required")
        }
        _ => error,
    });
    errors.take(format!("{pointer}/{field}"), name)
}

fn code(input: &PersonInput) -> Result<Option<PersonCode>, ValueError> {
    let Some(text) = filled(input.codice_fiscale.as_deref()) else {
        if input.foreign_document.is_some() {
            return Ok(None);
        }
        return Err(ValueError::new(
            FieldCode::Required,
            "error-codice-fiscale-required",
        ));
    };
    if eleven_digits(text).is_none() {
        return CodiceFiscale::parse(text).map(|code| Some(PersonCode::Usual(code)));
    }
    if input.provisional != Some(true) {
        return Err(ValueError::new(
            FieldCode::Format,
            "error-codice-fiscale-provisional",
        ));
    }
    NumericCodiceFiscale::parse(text).map(|code| Some(PersonCode::Provisional(code)))
}

fn birth_date(input: &PersonInput, today: NaiveDate) -> Result<Option<NaiveDate>, ValueError> {
    let Some(text) = filled(input.birth_date.as_deref()) else {
        return Ok(None);
    };
    let format = ValueError::new(FieldCode::Format, "error-birth-date-format");
    if text.len() != 10 {
        return Err(format);
    }
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| format)?;
    if date > today {
        return Err(ValueError::new(
            FieldCode::OutOfRange,
            "error-birth-date-future",
        ));
    }
    if date.year() < 1900 {
        return Err(ValueError::new(
            FieldCode::OutOfRange,
            "error-birth-date-too-early",
        ));
    }
    Ok(Some(date))
}

/// The place of birth in a codice fiscale.
fn told_by(code: &PersonCode, born: NaiveDate) -> Option<String> {
    match code {
        PersonCode::Usual(code) => {
            let place = place::of_code(&code.birth_place_code(), born)?;
            Some(place.to_string())
        }
        PersonCode::Provisional(_) => None,
    }
}

fn birth_place(input: &PersonInput) -> Result<Option<String>, ValueError> {
    let place = filled(input.birth_place.as_deref()).map(|place| {
        one_line(
            place,
            120,
            "error-birth-place-format",
            "error-birth-place-too-long",
        )
    });
    place.transpose()
}

impl fmt::Debug for PersonInput {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PersonInput(..)")
    }
}

impl fmt::Debug for PersonCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PersonCode(..)")
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Person(..)")
    }
}
