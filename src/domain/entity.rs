//! A company, association or other body that signs up through its legal representative.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    codice_fiscale::CodiceFiscale,
    field::{FieldCode, FieldErrors, ValueError, filled},
    one_line::one_line,
    person::take_name,
    personal_name::PersonalName,
    postal_address::{PostalAddress, PostalAddressInput},
    vat_number::{NumericCodiceFiscale, VatNumber},
};

/// An entity as it was typed; nothing in it is checked.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EntityInput {
    /// Registered name.
    pub name: Option<String>,
    /// Codice fiscale, eleven digits.
    pub codice_fiscale: Option<String>,
    /// Partita IVA, eleven digits.
    pub vat_number: Option<String>,
    /// Registered office.
    pub address: Option<PostalAddressInput>,
    /// Who acts for it.
    pub legal_representative: Option<LegalRepresentativeInput>,
}

/// A legal representative as typed; nothing in it is checked.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LegalRepresentativeInput {
    /// Given name or names.
    pub given_name: Option<String>,
    /// Family name or names.
    pub family_name: Option<String>,
    /// Codice fiscale, sixteen characters.
    pub codice_fiscale: Option<String>,
}

/// The person who acts for an entity.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegalRepresentative {
    given_name: PersonalName,
    family_name: PersonalName,
    codice_fiscale: CodiceFiscale,
}

impl LegalRepresentative {
    fn parse(
        input: &LegalRepresentativeInput,
        errors: &mut FieldErrors,
        pointer: &str,
    ) -> Option<Self> {
        let given_name = take_name(input.given_name.as_deref(), "given_name", errors, pointer);
        let family_name = take_name(input.family_name.as_deref(), "family_name", errors, pointer);
        let code = filled(input.codice_fiscale.as_deref())
            .ok_or(ValueError::new(
                FieldCode::Required,
                "error-codice-fiscale-required",
            ))
            .and_then(CodiceFiscale::parse);
        let codice_fiscale = errors.take(format!("{pointer}/codice_fiscale"), code);
        Some(Self {
            given_name: given_name?,
            family_name: family_name?,
            codice_fiscale: codice_fiscale?,
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

    /// Codice fiscale.
    pub fn codice_fiscale(&self) -> &CodiceFiscale {
        &self.codice_fiscale
    }

    /// Whether the codice fiscale fits the names.
    pub fn code_fits_names(&self) -> bool {
        self.codice_fiscale
            .matches_names(self.family_name.as_str(), self.given_name.as_str())
    }
}

/// A legal entity: name, codice fiscale of eleven digits, legal representative.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entity {
    name: String,
    codice_fiscale: NumericCodiceFiscale,
    vat_number: Option<VatNumber>,
    address: Option<PostalAddress>,
    legal_representative: LegalRepresentative,
}

impl Entity {
    /// Reads an entity; what is wrong is noted in `errors` under `pointer` and gives `None`.
    pub fn parse(input: &EntityInput, errors: &mut FieldErrors, pointer: &str) -> Option<Self> {
        let at = |field: &str| format!("{pointer}/{field}");
        // in the order of the form: so errors are read
        let codice_fiscale = errors.take(at("codice_fiscale"), code(input));
        let name = errors.take(at("name"), name(input));
        let vat_number = filled(input.vat_number.as_deref())
            .map(VatNumber::parse)
            .transpose();
        let vat_number = errors.take(at("vat_number"), vat_number);
        let legal_representative = match &input.legal_representative {
            Some(person) => LegalRepresentative::parse(person, errors, &at("legal_representative")),
            None => errors.take(
                at("legal_representative"),
                Err(ValueError::new(
                    FieldCode::Required,
                    "error-legal-representative-required",
                )),
            ),
        };
        let address = match &input.address {
            None => Some(None),
            Some(address) => PostalAddress::parse(address, errors, &at("address")).map(Some),
        };
        Some(Self {
            name: name?,
            codice_fiscale: codice_fiscale?,
            vat_number: vat_number?,
            address: address?,
            legal_representative: legal_representative?,
        })
    }

    /// Registered name, 1 to 200 characters.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Codice fiscale.
    pub fn codice_fiscale(&self) -> &NumericCodiceFiscale {
        &self.codice_fiscale
    }

    /// Partita IVA, if it has one.
    pub fn vat_number(&self) -> Option<&VatNumber> {
        self.vat_number.as_ref()
    }

    /// Registered office.
    pub fn address(&self) -> Option<&PostalAddress> {
        self.address.as_ref()
    }

    /// Who acts for it.
    pub fn legal_representative(&self) -> &LegalRepresentative {
        &self.legal_representative
    }
}

fn name(input: &EntityInput) -> Result<String, ValueError> {
    let name = filled(input.name.as_deref()).ok_or(ValueError::new(
        FieldCode::Required,
        "error-entity-name-required",
    ))?;
    one_line(
        name,
        200,
        "error-entity-name-format",
        "error-entity-name-too-long",
    )
}

fn code(input: &EntityInput) -> Result<NumericCodiceFiscale, ValueError> {
    let code = filled(input.codice_fiscale.as_deref()).ok_or(ValueError::new(
        FieldCode::Required,
        "error-codice-fiscale-required",
    ))?;
    if CodiceFiscale::parse(code).is_ok() {
        // The code of a person: a sole trader signs up as a person with a partita IVA.
        return Err(ValueError::new(
            FieldCode::Format,
            "error-codice-fiscale-entity",
        ));
    }
    NumericCodiceFiscale::parse(code)
}

impl fmt::Debug for EntityInput {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("EntityInput(..)")
    }
}

impl fmt::Debug for LegalRepresentativeInput {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("LegalRepresentativeInput(..)")
    }
}

impl fmt::Debug for LegalRepresentative {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("LegalRepresentative(..)")
    }
}

impl fmt::Debug for Entity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Entity(..)")
    }
}
