//! The identity document of somebody without an Italian codice fiscale.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    country::Country,
    field::{FieldCode, FieldErrors, ValueError, filled},
    one_line::one_line,
};

/// A document as it was typed; nothing in it is checked.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ForeignDocumentInput {
    /// Issuing country, ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// `passport`, `identity_card` or `other`.
    pub kind: Option<String>,
    /// Number printed on it.
    pub number: Option<String>,
}

/// What sort of document it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// A passport.
    Passport,
    /// A national identity card.
    IdentityCard,
    /// Anything else an authority issued.
    Other,
}

impl DocumentKind {
    /// The word used in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passport => "passport",
            Self::IdentityCard => "identity_card",
            Self::Other => "other",
        }
    }

    /// Reads the word used in JSON.
    ///
    /// # Errors
    /// `unknown_value` for any other word.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        match text {
            "passport" => Ok(Self::Passport),
            "identity_card" => Ok(Self::IdentityCard),
            "other" => Ok(Self::Other),
            _ => Err(ValueError::new(
                FieldCode::UnknownValue,
                "error-document-kind-unknown",
            )),
        }
    }
}

/// A document: country, kind and number (1 to 40 characters, as typed).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignDocument {
    country: Country,
    kind: DocumentKind,
    number: String,
}

impl ForeignDocument {
    /// Reads a document; what is wrong is noted in `errors` under `pointer` and gives `None`.
    pub fn parse(
        input: &ForeignDocumentInput,
        errors: &mut FieldErrors,
        pointer: &str,
    ) -> Option<Self> {
        let required = |reason| ValueError::new(FieldCode::Required, reason);
        let country = filled(input.country.as_deref())
            .ok_or(required("error-document-country-required"))
            .and_then(Country::parse);
        let country = errors.take(format!("{pointer}/country"), country);
        let kind = filled(input.kind.as_deref())
            .ok_or(required("error-document-kind-required"))
            .and_then(DocumentKind::parse);
        let kinds = [
            DocumentKind::Passport,
            DocumentKind::IdentityCard,
            DocumentKind::Other,
        ];
        let kinds = kinds.map(DocumentKind::as_str);
        let kind = errors.take_one_of(format!("{pointer}/kind"), kind, kinds);
        let number = filled(input.number.as_deref())
            .ok_or(required("error-document-number-required"))
            .and_then(number);
        let number = errors.take(format!("{pointer}/number"), number);
        Some(Self {
            country: country?,
            kind: kind?,
            number: number?,
        })
    }

    /// Issuing country.
    pub fn country(&self) -> &Country {
        &self.country
    }

    /// Sort of document.
    pub fn kind(&self) -> DocumentKind {
        self.kind
    }

    /// Number, as typed.
    pub fn number(&self) -> &str {
        &self.number
    }

    /// Country, kind and number without blanks and punctuation, upper case: the same for two
    /// spellings of one document.
    pub fn key(&self) -> String {
        format!(
            "{}:{}:{}",
            self.country.as_str(),
            self.kind.as_str(),
            significant(&self.number)
        )
    }
}

fn significant(number: &str) -> String {
    let letters = number.chars().filter(|letter| letter.is_alphanumeric());
    letters.flat_map(char::to_uppercase).collect()
}

fn number(text: &str) -> Result<String, ValueError> {
    let format = "error-document-number-format";
    let number = one_line(text, 40, format, "error-document-number-too-long")?;
    if significant(&number).is_empty() {
        return Err(ValueError::new(FieldCode::Format, format));
    }
    Ok(number)
}

impl fmt::Debug for ForeignDocumentInput {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ForeignDocumentInput(..)")
    }
}

impl fmt::Debug for ForeignDocument {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ForeignDocument(..)")
    }
}
