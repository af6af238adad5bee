//! Who a claimant is: a person or an entity. This is the content of the sealed identity document.

pub mod doubt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    entity::{Entity, EntityInput},
    field::{FieldCode, FieldErrors},
    person::{Person, PersonCode, PersonInput},
    personal_name::PersonalName,
    postal_address::PostalAddress,
};

/// A person or an entity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Identity {
    /// A natural person.
    Person(Box<Person>),
    /// A company, association or other body.
    Entity(Box<Entity>),
}

/// What staff should look at; never a reason to refuse (R23).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityWarning {
    /// The codice fiscale does not fit the person's names.
    NameMismatch,
    /// The codice fiscale tells another place of birth.
    BirthPlaceMismatch,
    /// The codice fiscale of the legal representative does not fit the names.
    RepresentativeNameMismatch,
    /// The codice fiscale is provisional and must be replaced (R24).
    ProvisionalCode,
}

impl IdentityWarning {
    /// Code in the database and in queues.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::NameMismatch => "name_mismatch",
            Self::BirthPlaceMismatch => "birth_place_mismatch",
            Self::RepresentativeNameMismatch => "representative_name_mismatch",
            Self::ProvisionalCode => "provisional_code",
        }
    }
}

/// Codes of warnings that are still open: once staff looked at an identity and found it in order, what has to be
/// replaced in any case.
pub fn open_warnings(codes: &[String], is_checked: bool) -> Vec<String> {
    let lasting = IdentityWarning::ProvisionalCode.as_str();
    let open = codes.iter().filter(|code| !is_checked || *code == lasting);
    open.cloned().collect()
}

impl Identity {
    /// Reads who a claimant is; pointers begin with `/person` or `/entity`.
    ///
    /// # Errors
    /// All that is wrong at once: each field, both or neither of the two given.
    pub fn parse(
        person: Option<&PersonInput>,
        entity: Option<&EntityInput>,
        today: NaiveDate,
    ) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::new();
        let identity = match (person, entity) {
            (Some(person), None) => Person::parse(person, today, &mut errors, "/person")
                .map(|person| Self::Person(Box::new(person))),
            (None, Some(entity)) => Entity::parse(entity, &mut errors, "/entity")
                .map(|entity| Self::Entity(Box::new(entity))),
            (Some(_), Some(_)) => {
                errors.push("/entity", FieldCode::Format, "error-identity-both");
                None
            }
            (None, None) => {
                errors.push("/person", FieldCode::Required, "error-identity-required");
                None
            }
        };
        match identity {
            Some(identity) => errors.into_result(identity),
            None => Err(errors),
        }
    }

    /// What staff should look at.
    pub fn warnings(&self) -> Vec<IdentityWarning> {
        let mut warnings = Vec::new();
        match self {
            Self::Person(person) => {
                if !person.code_fits_names() {
                    warnings.push(IdentityWarning::NameMismatch);
                }
                if !person.code_fits_birth_place() {
                    warnings.push(IdentityWarning::BirthPlaceMismatch);
                }
                if let Some(PersonCode::Provisional(_)) = person.codice_fiscale() {
                    warnings.push(IdentityWarning::ProvisionalCode);
                }
            }
            Self::Entity(entity) => {
                if !entity.legal_representative().code_fits_names() {
                    warnings.push(IdentityWarning::RepresentativeNameMismatch);
                }
            }
        }
        warnings
    }

    /// What makes the claimant one and the same, to be blind-indexed: `cf:<code>`, or without a codice
    /// fiscale `doc:<country>:<kind>:<number>`. Codes of omocodia stay different (R22).
    pub fn person_key(&self) -> String {
        match self {
            Self::Entity(entity) => format!("cf:{}", entity.codice_fiscale().as_str()),
            Self::Person(person) => match (person.codice_fiscale(), person.foreign_document()) {
                (Some(code), _) => format!("cf:{}", code.as_str()),
                (None, document) => {
                    let key = document.map(super::foreign_document::ForeignDocument::key);
                    format!("doc:{}", key.unwrap_or_default())
                }
            },
        }
    }

    /// The codice fiscale in clear, if there is one.
    pub fn codice_fiscale(&self) -> Option<&str> {
        match self {
            Self::Person(person) => person.codice_fiscale().map(PersonCode::as_str),
            Self::Entity(entity) => Some(entity.codice_fiscale().as_str()),
        }
    }

    /// The codice fiscale with all but the first three and the last two characters hidden.
    pub fn masked_codice_fiscale(&self) -> Option<String> {
        match self {
            Self::Person(person) => person.codice_fiscale().map(PersonCode::masked),
            Self::Entity(entity) => Some(entity.codice_fiscale().masked()),
        }
    }

    /// Given and family name, or the name of the entity.
    pub fn display_name(&self) -> String {
        let joined = |given: &PersonalName, family: &PersonalName| {
            format!("{} {}", given.as_str(), family.as_str())
        };
        match self {
            Self::Person(person) => joined(person.given_name(), person.family_name()),
            Self::Entity(entity) => entity.name().to_owned(),
        }
    }

    /// Name of the person who acts: the claimant, or the legal representative of an entity.
    pub fn signer_name(&self) -> String {
        match self {
            Self::Person(_) => self.display_name(),
            Self::Entity(entity) => {
                let acting = entity.legal_representative();
                let (given, family) = (acting.given_name(), acting.family_name());
                format!("{} {}", given.as_str(), family.as_str())
            }
        }
    }

    /// Codice fiscale of the person who acts, if there is one.
    pub fn signer_codice_fiscale(&self) -> Option<&str> {
        match self {
            Self::Person(_) => self.codice_fiscale(),
            Self::Entity(entity) => Some(entity.legal_representative().codice_fiscale().as_str()),
        }
    }

    /// The name staff look up, folded: the family name, or the whole name of an entity.
    pub fn folded_surname(&self) -> String {
        match self {
            Self::Person(person) => person.family_name().folded(),
            Self::Entity(entity) => super::folding::fold(entity.name()),
        }
    }

    /// Residence or registered office.
    pub fn address(&self) -> Option<&PostalAddress> {
        match self {
            Self::Person(person) => person.address(),
            Self::Entity(entity) => entity.address(),
        }
    }
}

#[cfg(test)]
mod tests;
