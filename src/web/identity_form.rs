//! The identity form, of claimants and of staff who assist: from what is stored or was typed to
//! what is shown, and to what is given.

use chrono::NaiveDate;
use serde::Deserialize;

use crate::app::identity::IdentityRequest;
use crate::domain::entity::{Entity, EntityInput};
use crate::domain::field::FieldErrors;
use crate::domain::identity::Identity;
use crate::domain::person::{Person, PersonCode, PersonInput};
use crate::domain::place;
use crate::domain::postal_address::{PostalAddress, PostalAddressInput};
use crate::domain::postal_code::Typed;
use crate::domain::typed_day;
use crate::render::page::identity::{EntityForm, IdentityFields, IdentityKind, PersonForm};
use crate::render::page::{AddressForm, Errors};
use crate::web::postal_code::{self, Taps};

/// Which of the three forms.
#[derive(Deserialize)]
pub struct IdentityQuery {
    pub(in crate::web) kind: Option<String>,
}

/// The form as it was sent.
#[derive(Deserialize)]
pub struct SentIdentity {
    pub(in crate::web) csrf: Option<String>,
    #[serde(default)]
    kind: String,
    person: Option<PersonInput>,
    entity: Option<EntityInput>,
    /// The CAP to put in, as was tapped.
    cap: Option<String>,
    /// The CAP the page asked about.
    cap_seen: Option<String>,
}

impl SentIdentity {
    fn taps(&self) -> Taps<'_> {
        Taps {
            cap: self.cap.as_deref(),
            seen: self.cap_seen.as_deref(),
        }
    }

    fn address(&self) -> Option<&PostalAddressInput> {
        match kind_of(Some(&self.kind), None) {
            IdentityKind::Entity => self.entity.as_ref()?.address.as_ref(),
            IdentityKind::Person | IdentityKind::Foreign => self.person.as_ref()?.address.as_ref(),
        }
    }
}

/// The form with the CAP that was tapped.
pub fn answered(mut sent: SentIdentity) -> SentIdentity {
    let typed = sent.address().map(parts).unwrap_or_default();
    let Some(cap) = postal_code::tapped(typed, sent.taps()) else {
        return sent;
    };
    let persons = sent.person.as_mut().and_then(|it| it.address.as_mut());
    let entitys = sent.entity.as_mut().and_then(|it| it.address.as_mut());
    for address in persons.into_iter().chain(entitys) {
        address.postal_code = Some(cap.clone());
    }
    sent
}

fn parts(address: &PostalAddressInput) -> Typed<'_> {
    Typed {
        city: address.city.as_deref(),
        province: address.province.as_deref(),
        postal_code: address.postal_code.as_deref(),
        country: address.country.as_deref(),
    }
}

/// The form with its question about the CAP, if there is one, and what else is wrong: nothing is saved before
/// somebody answered.
pub fn questioned(sent: &SentIdentity, today: NaiveDate) -> Option<(IdentityFields, FieldErrors)> {
    let fields = typed(sent);
    fields.address().question.as_ref()?;
    let given = request(sent, today);
    let read = Identity::parse(given.person.as_ref(), given.entity.as_ref(), today);
    Some((fields, read.err().unwrap_or_default()))
}

/// What was refused, in the words of the form: a CAP that was proposed meanwhile is no longer missing.
pub fn refused(fields: &IdentityFields, errors: &FieldErrors) -> Errors {
    let mut errors = Errors::from(errors);
    let pointer = match fields.kind {
        IdentityKind::Entity => "/entity/address",
        IdentityKind::Person | IdentityKind::Foreign => "/person/address",
    };
    postal_code::explain(&mut errors, fields.address(), pointer);
    errors
}

/// The form that is asked for, else the one that fits what is stored.
fn kind_of(asked: Option<&str>, stored: Option<&Identity>) -> IdentityKind {
    let of_stored = || match stored {
        Some(Identity::Entity(_)) => IdentityKind::Entity,
        Some(Identity::Person(person)) if person.codice_fiscale().is_none() => {
            IdentityKind::Foreign
        }
        _ => IdentityKind::Person,
    };
    match asked {
        Some("foreign") => IdentityKind::Foreign,
        Some("entity") => IdentityKind::Entity,
        Some("person") => IdentityKind::Person,
        _ => of_stored(),
    }
}

/// The form filled with what is stored.
pub fn stored(asked: Option<&str>, stored: Option<&Identity>, today: NaiveDate) -> IdentityFields {
    let (person, entity) = match stored {
        Some(Identity::Person(person)) => (stored_person(person, today), EntityForm::default()),
        Some(Identity::Entity(entity)) => (PersonForm::default(), stored_entity(entity)),
        None => (PersonForm::default(), EntityForm::default()),
    };
    IdentityFields {
        kind: kind_of(asked, stored),
        person,
        entity,
    }
}

/// The form filled with what was typed.
pub fn typed(sent: &SentIdentity) -> IdentityFields {
    let mut fields = IdentityFields {
        kind: kind_of(Some(&sent.kind), None),
        person: sent.person.as_ref().map(typed_person).unwrap_or_default(),
        entity: sent.entity.as_ref().map(typed_entity).unwrap_or_default(),
    };
    postal_code::note(fields.address_mut(), sent.taps());
    fields
}

/// What is given: the fields of the shown form alone, dates as the parser reads them.
pub fn request(sent: &SentIdentity, today: NaiveDate) -> IdentityRequest {
    match kind_of(Some(&sent.kind), None) {
        IdentityKind::Entity => IdentityRequest {
            entity: Some(sent.entity.clone().unwrap_or_default()),
            ..IdentityRequest::default()
        },
        kind => {
            let mut person = sent.person.clone().unwrap_or_default();
            person.birth_date = person.birth_date.map(|typed| as_iso(&typed, today));
            if kind == IdentityKind::Foreign {
                person.codice_fiscale = None;
                person.provisional = None;
                person.foreign_document.get_or_insert_default();
            } else {
                person.foreign_document = None;
                person.codice_fiscale.get_or_insert_default();
            }
            IdentityRequest {
                person: Some(person),
                ..IdentityRequest::default()
            }
        }
    }
}

/// Earliest day of birth that is taken.
const FIRST_BIRTH: NaiveDate = match NaiveDate::from_ymd_opt(1900, 1, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

/// A date as people write it, as the parser reads it; anything else stays as it is.
fn as_iso(typed: &str, today: NaiveDate) -> String {
    let day = typed_day::read(typed, &(FIRST_BIRTH..=today));
    day.map_or_else(|| typed.trim().to_owned(), |day| day.to_string())
}

/// What the codice fiscale tells is left out: who corrects the code corrects it too.
fn stored_person(person: &Person, today: NaiveDate) -> PersonForm {
    let code = person.codice_fiscale();
    let usual = match code {
        Some(PersonCode::Usual(code)) => Some(code),
        Some(PersonCode::Provisional(_)) | None => None,
    };
    let is_told = usual.is_some_and(|code| {
        code.birth_date(today) == person.birth_date() && person.sex() == Some(code.sex())
    });
    let place =
        usual.and_then(|code| place::of_code(&code.birth_place_code(), person.birth_date()));
    let is_place_told =
        is_told && place.map(|it| it.to_string()).as_deref() == person.birth_place();
    let document = person.foreign_document();
    PersonForm {
        codice_fiscale: code.map_or_else(String::new, |code| code.as_str().to_owned()),
        provisional: matches!(code, Some(PersonCode::Provisional(_))),
        document_country: document.map_or_else(String::new, |document| {
            document.country().as_str().to_owned()
        }),
        document_kind: document
            .map_or_else(String::new, |document| document.kind().as_str().to_owned()),
        document_number: document.map_or_else(String::new, |document| document.number().to_owned()),
        given_name: person.given_name().as_str().to_owned(),
        family_name: person.family_name().as_str().to_owned(),
        birth_date: if is_told {
            String::new()
        } else {
            person.birth_date().format("%d/%m/%Y").to_string()
        },
        birth_place: person
            .birth_place()
            .filter(|_| !is_place_told)
            .unwrap_or_default()
            .to_owned(),
        sex: match person.sex().filter(|_| !is_told) {
            Some(sex) => sex.as_str().to_owned(),
            None => String::new(),
        },
        address: person.address().map(stored_address).unwrap_or_default(),
    }
}

fn stored_entity(entity: &Entity) -> EntityForm {
    let representative = entity.legal_representative();
    EntityForm {
        name: entity.name().to_owned(),
        codice_fiscale: entity.codice_fiscale().as_str().to_owned(),
        vat_number: entity
            .vat_number()
            .map_or_else(String::new, |number| number.as_str().to_owned()),
        representative_given_name: representative.given_name().as_str().to_owned(),
        representative_family_name: representative.family_name().as_str().to_owned(),
        representative_codice_fiscale: representative.codice_fiscale().as_str().to_owned(),
        address: entity.address().map(stored_address).unwrap_or_default(),
    }
}

fn stored_address(address: &PostalAddress) -> AddressForm {
    let text = |part: Option<&str>| part.unwrap_or_default().to_owned();
    AddressForm {
        name: String::new(),
        street: address.street().to_owned(),
        number: text(address.number()),
        postal_code: text(address.postal_code()),
        city: address.city().to_owned(),
        province: text(address.province()),
        country: address.country().as_str().to_owned(),
        ..AddressForm::default()
    }
}

fn typed_person(input: &PersonInput) -> PersonForm {
    let document = input.foreign_document.clone().unwrap_or_default();
    PersonForm {
        codice_fiscale: text(input.codice_fiscale.as_ref()),
        provisional: input.provisional.unwrap_or_default(),
        document_country: text(document.country.as_ref()),
        document_kind: text(document.kind.as_ref()),
        document_number: text(document.number.as_ref()),
        given_name: text(input.given_name.as_ref()),
        family_name: text(input.family_name.as_ref()),
        birth_date: text(input.birth_date.as_ref()),
        birth_place: text(input.birth_place.as_ref()),
        sex: text(input.sex.as_ref()),
        address: typed_address(input.address.as_ref()),
    }
}

fn typed_entity(input: &EntityInput) -> EntityForm {
    let representative = input.legal_representative.clone().unwrap_or_default();
    EntityForm {
        name: text(input.name.as_ref()),
        codice_fiscale: text(input.codice_fiscale.as_ref()),
        vat_number: text(input.vat_number.as_ref()),
        representative_given_name: text(representative.given_name.as_ref()),
        representative_family_name: text(representative.family_name.as_ref()),
        representative_codice_fiscale: text(representative.codice_fiscale.as_ref()),
        address: typed_address(input.address.as_ref()),
    }
}

fn typed_address(input: Option<&PostalAddressInput>) -> AddressForm {
    let input = input.cloned().unwrap_or_default();
    AddressForm {
        name: String::new(),
        street: text(input.street.as_ref()),
        number: text(input.number.as_ref()),
        postal_code: text(input.postal_code.as_ref()),
        city: text(input.city.as_ref()),
        province: text(input.province.as_ref()),
        country: text(input.country.as_ref()),
        ..AddressForm::default()
    }
}

fn text(typed: Option<&String>) -> String {
    typed.cloned().unwrap_or_default()
}
