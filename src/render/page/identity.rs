//! `/me/identity?kind=person|foreign|entity`: who the claimant is.

use askama::Template;

use super::{AddressForm, Chrome, Errors};

/// Which of the three forms is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IdentityKind {
    /// A person with a codice fiscale.
    #[default]
    Person,
    /// A person with a foreign document and no codice fiscale.
    Foreign,
    /// A company or another body.
    Entity,
}

impl IdentityKind {
    /// The word in `?kind=` and in the hidden field `kind`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Foreign => "foreign",
            Self::Entity => "entity",
        }
    }
}

/// A person as typed: `person[...]`.
#[derive(Debug, Clone, Default)]
pub struct PersonForm {
    /// 16 characters, or 11 digits if provisional.
    pub codice_fiscale: String,
    /// True for a provisional 11-digit code (R24).
    pub provisional: bool,
    /// `person[foreign_document][country]`, alpha-2.
    pub document_country: String,
    /// `person[foreign_document][kind]`: `passport` or `identity_card`.
    pub document_kind: String,
    /// `person[foreign_document][number]`.
    pub document_number: String,
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// `gg/mm/aaaa` or `YYYY-MM-DD`, as typed.
    pub birth_date: String,
    /// Where born.
    pub birth_place: String,
    /// `M`, `F` or empty.
    pub sex: String,
    /// Residence: `person[address][...]`.
    pub address: AddressForm,
}

impl PersonForm {
    /// True if birth or sex are typed or have to be: the folded part is open then.
    pub fn tells_birth(&self) -> bool {
        let typed = [&self.birth_date, &self.birth_place, &self.sex];
        self.provisional || typed.into_iter().any(|typed| !typed.is_empty())
    }
}

/// An entity as typed: `entity[...]`.
#[derive(Debug, Clone, Default)]
pub struct EntityForm {
    /// Denominazione.
    pub name: String,
    /// 11 digits, or 16 characters.
    pub codice_fiscale: String,
    /// Partita IVA, if any.
    pub vat_number: String,
    /// `entity[legal_representative][given_name]`.
    pub representative_given_name: String,
    /// `entity[legal_representative][family_name]`.
    pub representative_family_name: String,
    /// `entity[legal_representative][codice_fiscale]`.
    pub representative_codice_fiscale: String,
    /// Seat: `entity[address][...]`.
    pub address: AddressForm,
}

/// Fields of the three forms, of which one is shown; the same for claimants and for staff.
#[derive(Debug, Clone, Default)]
pub struct IdentityFields {
    /// Which form is shown.
    pub kind: IdentityKind,
    /// What was typed or is stored.
    pub person: PersonForm,
    /// What was typed or is stored.
    pub entity: EntityForm,
}

impl IdentityFields {
    /// The address of the form that is shown.
    pub fn address(&self) -> &AddressForm {
        match self.kind {
            IdentityKind::Entity => &self.entity.address,
            IdentityKind::Person | IdentityKind::Foreign => &self.person.address,
        }
    }

    /// As [`Self::address`], to note on it what is proposed and asked.
    pub fn address_mut(&mut self) -> &mut AddressForm {
        match self.kind {
            IdentityKind::Entity => &mut self.entity.address,
            IdentityKind::Person | IdentityKind::Foreign => &mut self.person.address,
        }
    }
}

/// The form; POST `/me/identity` with `kind` and the fields of that kind.
#[derive(Debug, Clone, Template)]
#[template(path = "page/identity.html")]
pub struct IdentityPage {
    /// Around the content.
    pub chrome: Chrome,
    /// What was typed or is stored.
    pub fields: IdentityFields,
    /// What was refused: `/person/codice_fiscale`, `/entity/address/city`, ...
    pub errors: Errors,
}
