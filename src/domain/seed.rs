//! What `joinder bootstrap` reads: a case, its associations and everything public about it, as TOML.
//!
//! The sections are those of DESIGN 8, plus facts, statements, third parties, counsel and texts. What
//! serde can judge is told with line and column; what spans sections is told by the path of the field.

mod value;

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use thiserror::Error;

use crate::domain::accepted_text::{TextKind, WrongText, check_text};
use crate::domain::case::{CaseState, Mode, RegisterStatus};
use crate::domain::email_address::EmailAddress;
use crate::domain::language::Language;
use crate::domain::mail_text::{MailText, MailTexts, WrongMailText};
use crate::domain::mailbox_address::DomainTreatment;
use crate::domain::partner::{MAX_SLUG, PartnerScope, Profile, ProfileInput};
use crate::domain::partner_origin::Origin;

pub use value::TEXT_KINDS;
pub(in crate::domain) use value::{TOPICS, is_slug};

/// Since when a domain row counts where the seed does not say: any day a claimant can mean.
pub(in crate::domain) const SINCE_EVER: NaiveDate = match NaiveDate::from_ymd_opt(2000, 1, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

/// Version of the standard consent texts where the seed names none.
const STANDARD_TEXTS: &str = "2026-11";

/// A whole seed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    /// Whom the case is against.
    pub respondent: RespondentSeed,
    /// The case.
    pub case: CaseSeed,
    /// Outages, each slug once.
    #[serde(default, rename = "incident")]
    pub incidents: Vec<IncidentSeed>,
    /// Associations that promote the case; the first gets the staff.
    #[serde(default, rename = "association")]
    pub associations: Vec<AssociationSeed>,
    /// What is reported, each value with its source (R70).
    #[serde(default, rename = "fact")]
    pub facts: Vec<FactSeed>,
    /// What the respondent said.
    #[serde(default, rename = "statement")]
    pub statements: Vec<StatementSeed>,
    /// Others named in the facts.
    #[serde(default, rename = "third_party")]
    pub third_parties: Vec<ThirdPartySeed>,
    /// Lawyers of the associations (letter c).
    #[serde(default, rename = "counsel")]
    pub counsel: Vec<CounselSeed>,
    /// Texts of the case itself, besides the standard ones.
    #[serde(default, rename = "text")]
    pub texts: Vec<TextSeed>,
    /// Mail domains that are public providers besides those of the incidents: they may stand in clear
    /// and be held.
    #[serde(default, deserialize_with = "value::domains")]
    pub mail_domains: Vec<String>,
    /// Partner sites.
    #[serde(default, rename = "partner")]
    pub partners: Vec<PartnerSeed>,
}

/// Section `[[partner]]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartnerSeed {
    /// Its name in links.
    #[serde(deserialize_with = "value::slug")]
    pub slug: String,
    /// Slug of the association it works for.
    pub association: String,
    /// What its key may do.
    #[serde(deserialize_with = "value::scopes")]
    pub scopes: Vec<PartnerScope>,
    /// What the site is called; the slug where missing.
    #[serde(default)]
    pub name: Option<String>,
    /// Where it is written to.
    #[serde(default, deserialize_with = "value::optional_email")]
    pub email: Option<String>,
    /// Origins whose pages may show the form in a frame.
    #[serde(default)]
    pub origins: Vec<String>,
}

impl PartnerSeed {
    /// What is known about it beside its slug.
    pub fn profile(&self) -> ProfileInput {
        ProfileInput {
            name: Some(self.name.clone().unwrap_or_else(|| self.slug.clone())),
            email: self.email.clone(),
            language: None,
        }
    }
}

/// Section `[respondent]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RespondentSeed {
    /// Stable short name; the codice fiscale where missing.
    #[serde(default, deserialize_with = "value::optional_slug")]
    pub slug: Option<String>,
    /// Company name as registered.
    #[serde(deserialize_with = "value::filled")]
    pub name: String,
    /// Codice fiscale, 11 or 16 characters.
    #[serde(deserialize_with = "value::codice_fiscale")]
    pub codice_fiscale: String,
    /// Certified mail address.
    #[serde(default, deserialize_with = "value::optional_email")]
    pub pec: Option<String>,
}

/// Section `[case]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseSeed {
    /// Name in URLs.
    #[serde(deserialize_with = "value::slug")]
    pub slug: String,
    /// Title as shown.
    #[serde(deserialize_with = "value::filled")]
    pub title: String,
    /// What happened in two sentences.
    #[serde(default)]
    pub summary: String,
    /// State of the case.
    #[serde(deserialize_with = "value::case_state")]
    pub state: CaseState,
    /// Plans a mailbox could have, in order of display.
    #[serde(default)]
    pub plans: Vec<PlanSeed>,
    /// Sums per day and mailbox for the estimator.
    #[serde(default)]
    pub tariffs: Vec<TariffSeed>,
    /// Version under which the standard consent texts are published.
    #[serde(default = "standard_texts", deserialize_with = "value::filled")]
    pub standard_texts: String,
}

/// One of `case.plans`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanSeed {
    /// Code in requests.
    #[serde(deserialize_with = "value::filled")]
    pub code: String,
    /// Name as shown.
    #[serde(deserialize_with = "value::filled")]
    pub name: String,
    /// Whether it cost money.
    pub paid: bool,
    /// List price a year, euro cents.
    #[serde(default, deserialize_with = "value::optional_cents")]
    pub fee_cents: Option<i64>,
    /// Who reports the price.
    #[serde(default)]
    pub source: Option<String>,
}

/// One of `case.tariffs`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TariffSeed {
    /// Code of the tariff.
    #[serde(deserialize_with = "value::filled")]
    pub code: String,
    /// Whether it is for paid plans.
    pub paid: bool,
    /// Euro cents a day and mailbox.
    #[serde(deserialize_with = "value::cents")]
    pub cents_per_day: i64,
    /// Where the sum comes from.
    #[serde(deserialize_with = "value::filled")]
    pub source: String,
}

/// Section `[[incident]]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IncidentSeed {
    /// Name in URLs and declarations.
    #[serde(deserialize_with = "value::slug")]
    pub slug: String,
    /// Name as shown.
    #[serde(deserialize_with = "value::filled")]
    pub name: String,
    /// Official start, UTC.
    #[serde(deserialize_with = "value::instant")]
    pub starts_at: DateTime<Utc>,
    /// Official end, UTC; missing while it runs.
    #[serde(default, deserialize_with = "value::optional_instant")]
    pub ends_at: Option<DateTime<Utc>>,
    /// First day a declared window may touch, Europe/Rome.
    #[serde(deserialize_with = "value::day")]
    pub accept_from: NaiveDate,
    /// Last day a declared window may touch, Europe/Rome.
    #[serde(deserialize_with = "value::day")]
    pub accept_until: NaiveDate,
    /// Mail domains it touched, or is said not to have touched.
    #[serde(default)]
    pub domains: Vec<DomainSeed>,
}

/// One of `incident.domains`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DomainSeed {
    /// Mail domain, lower case, ASCII.
    #[serde(deserialize_with = "value::domain")]
    pub domain: String,
    /// What is done with its mailboxes (R28).
    #[serde(deserialize_with = "value::treatment")]
    pub treatment: DomainTreatment,
    /// Who says so (R70).
    #[serde(deserialize_with = "value::filled")]
    pub source: String,
    /// First day on which the row counts.
    #[serde(default = "since_ever", deserialize_with = "value::day")]
    pub valid_from: NaiveDate,
    /// Last day on which the row counts.
    #[serde(default, deserialize_with = "value::optional_day")]
    pub valid_until: Option<NaiveDate>,
    /// Whether anybody can have a mailbox there: then the domain names no person and may stand in
    /// clear (DESIGN 4).
    #[serde(default = "yes")]
    pub public: bool,
}

/// Section `[[association]]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssociationSeed {
    /// Name in URLs.
    #[serde(deserialize_with = "value::slug")]
    pub slug: String,
    /// Name as shown.
    #[serde(deserialize_with = "value::filled")]
    pub name: String,
    /// What it does in the case (R11).
    #[serde(deserialize_with = "value::mode")]
    pub mode: Mode,
    /// Public address of the association.
    #[serde(default, deserialize_with = "value::optional_email")]
    pub email: Option<String>,
    /// Number for people who need help, as shown.
    #[serde(default)]
    pub phone: Option<String>,
    /// When it is answered, as shown.
    #[serde(default)]
    pub hours: Option<String>,
    /// How to reach the data protection officer.
    #[serde(default)]
    pub dpo: Option<String>,
    /// Home page.
    #[serde(default)]
    pub website: Option<String>,
    /// Its entries in the two public lists.
    #[serde(default)]
    pub registers: RegistersSeed,
    /// Sections `[[association.mail_text]]`: what it says in its own words in mails; where there are none,
    /// those published before stay.
    #[serde(default, rename = "mail_text")]
    pub mail_texts: Vec<MailText>,
}

/// `association.registers`: what is missing is unknown, never assumed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegistersSeed {
    /// List at the Ministry of Justice.
    #[serde(default)]
    pub giustizia: Option<RegisterSeed>,
    /// List of art. 137 Codice del consumo.
    #[serde(default)]
    pub art137: Option<RegisterSeed>,
}

/// One entry of `association.registers`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterSeed {
    /// Status as last checked.
    #[serde(deserialize_with = "value::register_status")]
    pub status: RegisterStatus,
    /// Number or decree of the entry.
    #[serde(default)]
    pub reference: Option<String>,
    /// Day of the check.
    #[serde(default, deserialize_with = "value::optional_day")]
    pub checked_on: Option<NaiveDate>,
}

/// Section `[[fact]]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactSeed {
    /// Slug of the incident meant; the whole case where missing.
    #[serde(default)]
    pub incident: Option<String>,
    /// What it is about.
    #[serde(deserialize_with = "value::topic")]
    pub topic: String,
    /// The value as reported, with its unit.
    #[serde(deserialize_with = "value::filled")]
    pub value: String,
    /// Who reports it (R70).
    #[serde(deserialize_with = "value::filled")]
    pub source: String,
    /// A remark.
    #[serde(default)]
    pub note: Option<String>,
}

/// Section `[[statement]]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatementSeed {
    /// Slug of the incident meant; the whole case where missing.
    #[serde(default)]
    pub incident: Option<String>,
    /// Who spoke.
    #[serde(deserialize_with = "value::filled")]
    pub speaker: String,
    /// Day of the statement.
    #[serde(deserialize_with = "value::day")]
    pub said_on: NaiveDate,
    /// What was said.
    #[serde(deserialize_with = "value::filled")]
    pub statement: String,
    /// Who reports it.
    #[serde(deserialize_with = "value::filled")]
    pub source: String,
    /// Day promised, if a day was promised.
    #[serde(default, deserialize_with = "value::optional_day")]
    pub promised_for: Option<NaiveDate>,
    /// Whether the promise was kept; missing while unknown.
    #[serde(default)]
    pub promise_kept: Option<bool>,
}

/// Section `[[third_party]]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThirdPartySeed {
    /// Name or description as published.
    #[serde(deserialize_with = "value::filled")]
    pub name: String,
    /// What part it had.
    #[serde(deserialize_with = "value::filled")]
    pub role: String,
    /// Who says so.
    #[serde(deserialize_with = "value::filled")]
    pub source: String,
}

/// Section `[[counsel]]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CounselSeed {
    /// Slug of the association that appointed the lawyer.
    #[serde(deserialize_with = "value::slug")]
    pub association: String,
    /// Name as on the bar's roll.
    #[serde(deserialize_with = "value::filled")]
    pub name: String,
    /// Codice fiscale of the lawyer.
    #[serde(deserialize_with = "value::codice_fiscale")]
    pub codice_fiscale: String,
    /// Bar (foro).
    #[serde(deserialize_with = "value::filled")]
    pub bar: String,
    /// Certified mail address.
    #[serde(deserialize_with = "value::email")]
    pub pec: String,
}

/// Section `[[text]]`. A published version never changes: another wording is another version.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextSeed {
    /// What the text is for.
    #[serde(deserialize_with = "value::text_kind")]
    pub kind: String,
    /// Its version.
    #[serde(deserialize_with = "value::filled")]
    pub version: String,
    /// Its language.
    #[serde(deserialize_with = "value::language")]
    pub language: Language,
    /// The text.
    #[serde(deserialize_with = "value::filled")]
    pub body: String,
}

/// Why a seed is refused.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SeedError {
    /// It is not TOML of this shape; the text names line, column and field.
    #[error("{0}")]
    Shape(String),
    /// A field contradicts another one.
    #[error("{field}: {reason}")]
    Field {
        /// Path of the field, sections counted from 0.
        field: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// An association words its mails as it may not.
    #[error("association `{association}`: {wrong}")]
    MailText {
        /// Its slug.
        association: String,
        /// What is wrong, and where.
        wrong: WrongMailText,
    },
}

impl Seed {
    /// Reads and checks a seed.
    ///
    /// # Errors
    /// `Shape` with line and column; `Field` and `MailText` with the path of the field.
    pub fn parse(text: &str) -> Result<Self, SeedError> {
        let seed: Self =
            toml::from_str(text).map_err(|error| SeedError::Shape(error.to_string()))?;
        seed.check()?;
        Ok(seed)
    }

    /// Domains that are public providers of mail, each once, in order of mention.
    pub fn public_domains(&self) -> Vec<&str> {
        let mut seen = HashSet::new();
        let of_incidents = self
            .incidents
            .iter()
            .flat_map(|incident| &incident.domains)
            .filter(|domain| domain.public)
            .map(|domain| domain.domain.as_str());
        of_incidents
            .chain(self.mail_domains.iter().map(String::as_str))
            .filter(|domain| seen.insert(*domain))
            .collect()
    }

    fn check(&self) -> Result<(), SeedError> {
        if self.associations.is_empty() {
            return Err(wrong("association", "a case needs an association"));
        }
        self.check_windows()?;
        self.check_repeats()?;
        self.check_mentions()?;
        self.check_texts()?;
        self.check_partners()?;
        for association in &self.associations {
            MailTexts::parse(&association.mail_texts).map_err(|wrong| SeedError::MailText {
                association: association.slug.clone(),
                wrong,
            })?;
        }
        for (index, statement) in self.statements.iter().enumerate() {
            if statement.promise_kept.is_some() && statement.promised_for.is_none() {
                return Err(wrong(
                    format!("statement[{index}].promise_kept"),
                    "a promise that is kept or not needs promised_for",
                ));
            }
        }
        Ok(())
    }

    fn check_partners(&self) -> Result<(), SeedError> {
        let mut seen = HashSet::new();
        for (index, partner) in self.partners.iter().enumerate() {
            let field = |name: &str| format!("partner[{index}].{name}");
            let known = |it: &AssociationSeed| it.slug == partner.association;
            if !self.associations.iter().any(known) {
                return Err(wrong(
                    field("association"),
                    "is no association of this seed",
                ));
            }
            if partner.slug.len() > MAX_SLUG {
                return Err(wrong(field("slug"), "is longer than 64 characters"));
            }
            if !seen.insert((&partner.association, &partner.slug)) {
                return Err(wrong(field("slug"), "stands there twice"));
            }
            if partner.scopes.is_empty() {
                return Err(wrong(field("scopes"), "a key that may do nothing is none"));
            }
            if Profile::parse(&partner.profile()).is_err() {
                return Err(wrong(field("name"), "is empty or too long"));
            }
            if Origin::parse_all(&partner.origins).is_err() {
                return Err(wrong(
                    field("origins"),
                    "are at most 10 like https://blog.example",
                ));
            }
        }
        Ok(())
    }

    /// R3, R4: what is signed says in Italian what the law wants it to say.
    fn check_texts(&self) -> Result<(), SeedError> {
        for (index, text) in self.texts.iter().enumerate() {
            let in_italian = |it: &TextSeed| {
                it.language == Language::It && it.kind == text.kind && it.version == text.version
            };
            if TextKind::parse(&text.kind).is_some() && !self.texts.iter().any(in_italian) {
                return Err(wrong(
                    format!("text[{index}].language"),
                    "has no Italian text beside it, and only that one is signed",
                ));
            }
            if let Err(reason) = may_be_signed(&text.kind, text.language, &text.body) {
                return Err(wrong(format!("text[{index}].body"), reason));
            }
        }
        Ok(())
    }

    fn check_windows(&self) -> Result<(), SeedError> {
        for (index, incident) in self.incidents.iter().enumerate() {
            if incident.accept_until < incident.accept_from {
                return Err(wrong(
                    format!("incident[{index}].accept_until"),
                    "is before accept_from",
                ));
            }
            if incident
                .ends_at
                .is_some_and(|ends| ends < incident.starts_at)
            {
                return Err(wrong(
                    format!("incident[{index}].ends_at"),
                    "is before starts_at",
                ));
            }
        }
        Ok(())
    }

    fn check_repeats(&self) -> Result<(), SeedError> {
        each_once(
            "incident",
            "slug",
            self.incidents.iter().map(|it| it.slug.as_str()),
        )?;
        each_once(
            "association",
            "slug",
            self.associations.iter().map(|it| it.slug.as_str()),
        )?;
        each_once(
            "case.plans",
            "code",
            self.case.plans.iter().map(|it| it.code.as_str()),
        )?;
        each_once(
            "case.tariffs",
            "code",
            self.case.tariffs.iter().map(|it| it.code.as_str()),
        )?;
        each_once(
            "third_party",
            "name",
            self.third_parties.iter().map(|it| it.name.as_str()),
        )?;
        for (index, incident) in self.incidents.iter().enumerate() {
            each_once(
                &format!("incident[{index}].domains"),
                "domain",
                incident
                    .domains
                    .iter()
                    .map(|it| (it.domain.as_str(), it.valid_from)),
            )?;
        }
        each_once(
            "text",
            "version",
            self.texts
                .iter()
                .map(|it| (&it.kind, &it.version, it.language.as_str())),
        )
    }

    fn check_mentions(&self) -> Result<(), SeedError> {
        let known = |slug: &Option<String>| {
            slug.as_ref()
                .is_none_or(|slug| self.incidents.iter().any(|it| it.slug == *slug))
        };
        if let Some(index) = self.facts.iter().position(|it| !known(&it.incident)) {
            return Err(wrong(
                format!("fact[{index}].incident"),
                "no [[incident]] has this slug",
            ));
        }
        if let Some(index) = self.statements.iter().position(|it| !known(&it.incident)) {
            return Err(wrong(
                format!("statement[{index}].incident"),
                "no [[incident]] has this slug",
            ));
        }
        let appointed = |it: &CounselSeed| {
            self.associations
                .iter()
                .any(|association| association.slug == it.association)
        };
        match self.counsel.iter().position(|it| !appointed(it)) {
            Some(index) => Err(wrong(
                format!("counsel[{index}].association"),
                "no [[association]] has this slug",
            )),
            None => Ok(()),
        }
    }
}

/// Standard texts, in each language: `[[text]]` sections without a version.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StandardTexts {
    text: Vec<StandardText>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StandardText {
    #[serde(deserialize_with = "value::text_kind")]
    kind: String,
    #[serde(deserialize_with = "value::language")]
    language: Language,
    body: String,
}

/// Reads a file of standard texts and gives those whose kind and language a seed does not bring
/// itself, under the version that the seed names.
///
/// # Errors
/// `Shape` if the file is not what it should be, `Field` for a text that may not be signed (R3, R4).
pub fn standard_texts_for(seed: &Seed, file: &str) -> Result<Vec<TextSeed>, SeedError> {
    let brought: HashSet<&str> = seed.texts.iter().map(|it| it.kind.as_str()).collect();
    Ok(standard_texts_of(file)?
        .into_iter()
        .filter(|text| !brought.contains(text.kind.as_str()))
        .map(|text| TextSeed {
            version: seed.case.standard_texts.clone(),
            ..text
        })
        .collect())
}

/// Reads a file of standard texts, under the standard version.
///
/// # Errors
/// As [`standard_texts_for`].
pub fn standard_texts_of(file: &str) -> Result<Vec<TextSeed>, SeedError> {
    let standard: StandardTexts =
        toml::from_str(file).map_err(|error| SeedError::Shape(error.to_string()))?;
    for (index, text) in standard.text.iter().enumerate() {
        may_be_signed(&text.kind, text.language, &text.body)
            .map_err(|reason| wrong(format!("text[{index}].body"), reason))?;
    }
    Ok(standard
        .text
        .into_iter()
        .map(|text| TextSeed {
            kind: text.kind,
            version: STANDARD_TEXTS.to_owned(),
            language: text.language,
            body: text.body,
        })
        .collect())
}

fn may_be_signed(kind: &str, language: Language, body: &str) -> Result<(), &'static str> {
    match TextKind::parse(kind).filter(|_| language == Language::It) {
        None => Ok(()),
        Some(kind) => check_text(kind, body).map_err(WrongText::reason),
    }
}

fn each_once<K: Eq + std::hash::Hash>(
    section: &str,
    field: &str,
    keys: impl Iterator<Item = K>,
) -> Result<(), SeedError> {
    let mut seen = HashSet::new();
    for (index, key) in keys.enumerate() {
        if !seen.insert(key) {
            return Err(wrong(
                format!("{section}[{index}].{field}"),
                "is there twice",
            ));
        }
    }
    Ok(())
}

fn wrong(field: impl Into<String>, reason: &'static str) -> SeedError {
    SeedError::Field {
        field: field.into(),
        reason,
    }
}

fn is_email(text: &str) -> bool {
    EmailAddress::parse(text).is_ok()
}

fn standard_texts() -> String {
    STANDARD_TEXTS.to_owned()
}

fn since_ever() -> NaiveDate {
    SINCE_EVER
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests;
