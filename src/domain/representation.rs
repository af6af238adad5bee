//! Who acts for a claimant who cannot act alone, and by what title (R46, R48): a parent, a guardian, the
//! legal representative of an entity, an heir; and a delegate, who helps but does not sign.

use std::fmt;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    codice_fiscale::CodiceFiscale,
    entity::LegalRepresentative,
    field::{FieldCode, FieldErrors, ValueError, filled},
    identity::Identity,
    one_line::one_line,
    person::take_name,
    personal_name::PersonalName,
};

/// Years after which a person acts alone (art. 2 c.c.).
const OF_AGE: i32 = 18;

/// By what title somebody acts for a claimant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Title {
    /// Parental responsibility, for a minor.
    Parent,
    /// A court's decree: guardian, administrator.
    CourtDecree,
    /// Office in an entity.
    LegalRepresentative,
    /// Self-declaration as heir (art. 46, 47 DPR 445/2000).
    HeirSelfDeclaration,
    /// Power of attorney: a delegate. Does not sign, nor decide on money or withdrawal (R48).
    PowerOfAttorney,
}

impl Title {
    /// All titles.
    pub const ALL: [Self; 5] = [
        Self::Parent,
        Self::CourtDecree,
        Self::LegalRepresentative,
        Self::HeirSelfDeclaration,
        Self::PowerOfAttorney,
    ];

    /// Name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Parent => "parent",
            Self::CourtDecree => "court_decree",
            Self::LegalRepresentative => "legal_representative",
            Self::HeirSelfDeclaration => "heir_self_declaration",
            Self::PowerOfAttorney => "power_of_attorney",
        }
    }

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|title| title.as_str() == text)
    }

    /// In which capacity its holder acts: the word of identities and declarations.
    pub const fn capacity(self) -> &'static str {
        match self {
            Self::Parent => "parent",
            Self::CourtDecree => "guardian",
            Self::LegalRepresentative => "legal_representative",
            Self::HeirSelfDeclaration => "heir",
            Self::PowerOfAttorney => "delegate",
        }
    }
}

/// Capacities in which somebody may act for a person.
pub const CAPACITIES: [&str; 4] = ["parent", "guardian", "heir", "delegate"];

/// A representative as typed; nothing in it is checked.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RepresentativeInput {
    /// Given name or names; of an entity by default those of its legal representative.
    pub given_name: Option<String>,
    /// Family name or names.
    pub family_name: Option<String>,
    /// Codice fiscale, sixteen characters.
    pub codice_fiscale: Option<String>,
    /// `parent|court_decree|legal_representative|heir_self_declaration|power_of_attorney`
    pub title: Option<String>,
    /// The document the title rests on, one line of at most 200 characters.
    pub title_document: Option<String>,
    /// First day, `YYYY-MM-DD`.
    pub valid_from: Option<String>,
    /// Last day, `YYYY-MM-DD`; none: until it is revoked.
    pub valid_until: Option<String>,
}

/// Who acts for a claimant.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Representative {
    given_name: PersonalName,
    family_name: PersonalName,
    codice_fiscale: CodiceFiscale,
    title: Title,
    title_document: String,
    valid_from: NaiveDate,
    valid_until: Option<NaiveDate>,
    for_minor: bool,
}

/// Why a declaration cannot be signed as things stand: the word of `illegal-transition`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hindrance {
    /// Under 18, and nobody is recorded who acts for the minor.
    Minor,
    /// An entity whose representative's title is not recorded.
    Entity,
    /// The representation has not begun or has run out.
    NotInForce,
}

impl Hindrance {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Minor => "minor_needs_representative",
            Self::Entity => "entity_needs_representative",
            Self::NotInForce => "representation_not_in_force",
        }
    }
}

impl Representative {
    /// Reads who acts for the claimant of this identity; pointers begin with `/`.
    ///
    /// # Errors
    /// Every wrong field: a title that does not fit the claimant, a representative who is the claimant or
    /// a minor, an entity's that is not the one of its identity, days that are none.
    pub fn parse(
        input: &RepresentativeInput,
        identity: &Identity,
        today: NaiveDate,
    ) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::new();
        let title = errors.take("/title", fitting_title(input, identity, today));
        let input = &with_known_names(input, title, identity);
        let given = input.given_name.as_deref();
        let given_name = take_name(given, "given_name", &mut errors, "");
        let family = input.family_name.as_deref();
        let family_name = take_name(family, "family_name", &mut errors, "");
        let codice_fiscale = errors.take("/codice_fiscale", code(input, title, identity, today));
        let title_document = errors.take("/title_document", document_of_title(input));
        let valid_from = day(input.valid_from.as_deref()).and_then(|from| {
            from.ok_or(ValueError::new(
                FieldCode::Required,
                "error-valid-from-required",
            ))
        });
        let valid_from = errors.take("/valid_from", valid_from);
        let valid_until = day(input.valid_until.as_deref()).and_then(|until| match until {
            Some(until) if valid_from.is_some_and(|from| until < from) => Err(ValueError::new(
                FieldCode::OutOfRange,
                "error-valid-until-early",
            )),
            until => Ok(until),
        });
        let valid_until = errors.take("/valid_until", valid_until);
        let parsed = (|| {
            Some(Self {
                given_name: given_name?,
                family_name: family_name?,
                codice_fiscale: codice_fiscale?,
                title: title?,
                title_document: title_document?,
                valid_from: valid_from?,
                valid_until: valid_until?,
                for_minor: is_minor(identity, today),
            })
        })();
        match parsed {
            Some(parsed) => errors.into_result(parsed),
            None => Err(errors),
        }
    }

    /// Given and family name.
    pub fn name(&self) -> String {
        format!("{} {}", self.given_name.as_str(), self.family_name.as_str())
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

    /// By what title.
    pub const fn title(&self) -> Title {
        self.title
    }

    /// The document the title rests on, 1 to 200 characters.
    pub fn title_document(&self) -> &str {
        &self.title_document
    }

    /// First day.
    pub const fn valid_from(&self) -> NaiveDate {
        self.valid_from
    }

    /// Last day; none: until it is revoked.
    pub const fn valid_until(&self) -> Option<NaiveDate> {
        self.valid_until
    }

    /// Whether it was recorded for somebody who was a minor then: it ends with majority.
    pub const fn is_for_minor(&self) -> bool {
        self.for_minor
    }

    /// Whether it only helps (R48).
    pub fn is_delegate(&self) -> bool {
        self.title == Title::PowerOfAttorney
    }

    fn is_in_force(&self, day: NaiveDate) -> bool {
        self.valid_from <= day && self.valid_until.is_none_or(|until| day <= until)
    }
}

/// Who signs in the claimant's place on a day, of whoever is recorded: no delegate, and nobody for a
/// person who was represented as a minor and has come of age (R46).
pub fn acting<'a>(
    identity: &Identity,
    recorded: Option<&'a Representative>,
    today: NaiveDate,
) -> Option<&'a Representative> {
    recorded.filter(|recorded| {
        let ended = recorded.for_minor && !is_minor(identity, today);
        !recorded.is_delegate() && !ended
    })
}

/// Whether a claimant, with who acts for it, may sign on a day (R46).
///
/// # Errors
/// The hindrance.
pub fn may_sign(
    identity: &Identity,
    acting: Option<&Representative>,
    today: NaiveDate,
) -> Result<(), Hindrance> {
    match (acting, identity) {
        (Some(acting), _) if !acting.is_in_force(today) => Err(Hindrance::NotInForce),
        (None, Identity::Entity(_)) => Err(Hindrance::Entity),
        (None, Identity::Person(_)) if is_minor(identity, today) => Err(Hindrance::Minor),
        (Some(_), _) | (None, Identity::Person(_)) => Ok(()),
    }
}

/// Whether the claimant is a person under 18 on a day, Europe/Rome.
pub fn is_minor(identity: &Identity, day: NaiveDate) -> bool {
    match identity {
        Identity::Person(person) => !is_of_age(person.birth_date(), day),
        Identity::Entity(_) => false,
    }
}

/// Whether somebody born on a day is 18 on another. Who was born on 29 February is on 1 March.
pub fn is_of_age(born: NaiveDate, day: NaiveDate) -> bool {
    let year = born.year() + OF_AGE;
    let birthday = born
        .with_year(year)
        .or_else(|| NaiveDate::from_ymd_opt(year, 3, 1));
    birthday.is_some_and(|birthday| birthday <= day)
}

fn fitting_title(
    input: &RepresentativeInput,
    identity: &Identity,
    today: NaiveDate,
) -> Result<Title, ValueError> {
    let text = filled(input.title.as_deref())
        .ok_or(ValueError::new(FieldCode::Required, "error-title-required"))?;
    let unknown = ValueError::new(FieldCode::UnknownValue, "error-title-unknown");
    let title = Title::parse(text).ok_or(unknown)?;
    let fits = match (title, identity) {
        (Title::Parent, Identity::Person(_)) => is_minor(identity, today),
        (Title::LegalRepresentative, Identity::Entity(_))
        | (Title::CourtDecree | Title::HeirSelfDeclaration, Identity::Person(_))
        | (Title::PowerOfAttorney, _) => true,
        (Title::LegalRepresentative, Identity::Person(_))
        | (Title::Parent | Title::CourtDecree | Title::HeirSelfDeclaration, Identity::Entity(_)) => {
            false
        }
    };
    if fits {
        Ok(title)
    } else {
        Err(ValueError::new(
            FieldCode::UnknownValue,
            "error-title-does-not-fit",
        ))
    }
}

/// The legal representative stands in the entity's identity: there is no need to type the name again.
fn with_known_names(
    input: &RepresentativeInput,
    title: Option<Title>,
    identity: &Identity,
) -> RepresentativeInput {
    let mut input = input.clone();
    if let Some(known) = office_of(title, identity)
        && [&input.given_name, &input.family_name, &input.codice_fiscale]
            .into_iter()
            .all(|typed| filled(typed.as_deref()).is_none())
    {
        input.given_name = Some(known.given_name().as_str().to_owned());
        input.family_name = Some(known.family_name().as_str().to_owned());
        input.codice_fiscale = Some(known.codice_fiscale().as_str().to_owned());
    }
    input
}

fn office_of(title: Option<Title>, identity: &Identity) -> Option<&LegalRepresentative> {
    match (title, identity) {
        (Some(Title::LegalRepresentative), Identity::Entity(entity)) => {
            Some(entity.legal_representative())
        }
        _ => None,
    }
}

fn code(
    input: &RepresentativeInput,
    title: Option<Title>,
    identity: &Identity,
    today: NaiveDate,
) -> Result<CodiceFiscale, ValueError> {
    let text = filled(input.codice_fiscale.as_deref()).ok_or(ValueError::new(
        FieldCode::Required,
        "error-codice-fiscale-required",
    ))?;
    let code = CodiceFiscale::parse(text)?;
    let refused = |reason| Err(ValueError::new(FieldCode::UnknownValue, reason));
    if identity.codice_fiscale() == Some(code.as_str()) {
        return refused("error-representative-self");
    }
    if !is_of_age(code.birth_date(today), today) {
        return refused("error-representative-minor");
    }
    match office_of(title, identity) {
        Some(known) if *known.codice_fiscale() != code => refused("error-representative-other"),
        _ => Ok(code),
    }
}

fn document_of_title(input: &RepresentativeInput) -> Result<String, ValueError> {
    let text = filled(input.title_document.as_deref()).ok_or(ValueError::new(
        FieldCode::Required,
        "error-title-document-required",
    ))?;
    one_line(
        text,
        200,
        "error-title-document-format",
        "error-title-document-too-long",
    )
}

/// Reads `YYYY-MM-DD`, from 1900 to 2199.
pub(super) fn day(text: Option<&str>) -> Result<Option<NaiveDate>, ValueError> {
    let Some(text) = filled(text) else {
        return Ok(None);
    };
    let format = ValueError::new(FieldCode::Format, "error-day-format");
    if text.len() != 10 {
        return Err(format);
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| format)?;
    if (1900..2200).contains(&day.year()) {
        Ok(Some(day))
    } else {
        Err(ValueError::new(
            FieldCode::OutOfRange,
            "error-day-out-of-range",
        ))
    }
}

impl fmt::Debug for RepresentativeInput {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RepresentativeInput(..)")
    }
}

impl fmt::Debug for Representative {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Representative(..)")
    }
}

#[cfg(test)]
mod tests;
