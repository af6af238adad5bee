//! What in an identity does not fit, beside what the codice fiscale tells: for who looks at it (R23).

use std::fmt;

use super::Identity;
use crate::domain::{
    codice_fiscale::{CodiceFiscale, letters_of_family, letters_of_given},
    person::{Person, PersonCode},
    personal_name::PersonalName,
    place,
};

/// What does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DoubtKind {
    /// The family name.
    FamilyName,
    /// The given name.
    GivenName,
    /// Neither, but each fits the letters of the other.
    SwappedNames,
    /// The place of birth.
    BirthPlace,
    /// The family name of the legal representative.
    RepresentativeFamilyName,
    /// The given name of the legal representative.
    RepresentativeGivenName,
    /// Neither name of the legal representative, but each fits the letters of the other.
    RepresentativeSwappedNames,
    /// Nothing can be compared: the codice fiscale is provisional (R24).
    ProvisionalCode,
}

impl DoubtKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::FamilyName,
        Self::GivenName,
        Self::SwappedNames,
        Self::BirthPlace,
        Self::RepresentativeFamilyName,
        Self::RepresentativeGivenName,
        Self::RepresentativeSwappedNames,
        Self::ProvisionalCode,
    ];

    /// Name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FamilyName => "family_name",
            Self::GivenName => "given_name",
            Self::SwappedNames => "swapped_names",
            Self::BirthPlace => "birth_place",
            Self::RepresentativeFamilyName => "representative_family_name",
            Self::RepresentativeGivenName => "representative_given_name",
            Self::RepresentativeSwappedNames => "representative_swapped_names",
            Self::ProvisionalCode => "provisional_code",
        }
    }
}

/// Something that does not fit. Personal: of the codice fiscale it shows three letters, or the place.
#[derive(Clone, PartialEq, Eq)]
pub struct Doubt {
    /// What does not fit.
    pub kind: DoubtKind,
    /// As it was given.
    pub given: String,
    /// Letters that a codice fiscale has for that; empty where it is not about letters.
    pub gives: String,
    /// What the codice fiscale has instead: letters, or a place.
    pub told: String,
}

impl fmt::Debug for Doubt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Doubt({})", self.kind.as_str())
    }
}

/// Kinds of what may be wrong with the names of somebody.
struct Kinds {
    family: DoubtKind,
    given: DoubtKind,
    swapped: DoubtKind,
}

const OF_PERSON: Kinds = Kinds {
    family: DoubtKind::FamilyName,
    given: DoubtKind::GivenName,
    swapped: DoubtKind::SwappedNames,
};
const OF_REPRESENTATIVE: Kinds = Kinds {
    family: DoubtKind::RepresentativeFamilyName,
    given: DoubtKind::RepresentativeGivenName,
    swapped: DoubtKind::RepresentativeSwappedNames,
};

impl Identity {
    /// What does not fit, field by field: nothing where there is no warning.
    pub fn doubts(&self) -> Vec<Doubt> {
        match self {
            Self::Person(person) => of_person(person),
            Self::Entity(entity) => {
                let acting = entity.legal_representative();
                let names = (acting.family_name(), acting.given_name());
                of_names(acting.codice_fiscale(), names, &OF_REPRESENTATIVE)
            }
        }
    }
}

fn of_person(person: &Person) -> Vec<Doubt> {
    let code = match person.codice_fiscale() {
        None => return Vec::new(),
        Some(PersonCode::Provisional(code)) => {
            return vec![Doubt {
                kind: DoubtKind::ProvisionalCode,
                given: code.masked(),
                gives: String::new(),
                told: String::new(),
            }];
        }
        Some(PersonCode::Usual(code)) => code,
    };
    let names = (person.family_name(), person.given_name());
    let mut doubts = of_names(code, names, &OF_PERSON);
    if !person.code_fits_birth_place() {
        let place = place::of_code(&code.birth_place_code(), person.birth_date());
        doubts.push(Doubt {
            kind: DoubtKind::BirthPlace,
            given: person.birth_place().unwrap_or_default().to_owned(),
            gives: String::new(),
            told: place.map(|place| place.to_string()).unwrap_or_default(),
        });
    }
    doubts
}

fn of_names(
    code: &CodiceFiscale,
    (family, given): (&PersonalName, &PersonalName),
    kinds: &Kinds,
) -> Vec<Doubt> {
    let (family, given) = (family.as_str(), given.as_str());
    let fits = (code.matches_family(family), code.matches_given(given));
    let swapped = code.matches_family(given) && code.matches_given(family);
    let of_family = || Doubt {
        kind: kinds.family,
        given: family.to_owned(),
        gives: letters_of_family(family),
        told: code.family_letters(),
    };
    let of_given = || Doubt {
        kind: kinds.given,
        given: given.to_owned(),
        gives: letters_of_given(given),
        told: code.given_letters(),
    };
    match fits {
        (true, true) => Vec::new(),
        (false, false) if swapped => vec![Doubt {
            kind: kinds.swapped,
            given: format!("{given} {family}"),
            gives: letters_of_family(family) + &letters_of_given(given),
            told: code.family_letters() + &code.given_letters(),
        }],
        (false, true) => vec![of_family()],
        (true, false) => vec![of_given()],
        (false, false) => vec![of_family(), of_given()],
    }
}
