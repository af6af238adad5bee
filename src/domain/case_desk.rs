//! What staff write about a case before anybody sees it: the whole of it as one document, section by
//! section. What may be written is in `check` and `reports`, over the single values of `reader`, what may change once it is public in `change`, what the
//! braces of its texts stand for in `placeholder`.

mod change;
mod check;
mod placeholder;
mod reader;
mod reports;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use change::{Change, changed_texts, changes, is_withdrawn, refused, renamed, row_named};
pub use check::{Checked, check, missing};
pub use placeholder::{PLACEHOLDERS, filled_in};

use super::language::Language;

/// Words in Italian and, where somebody wrote them, in other languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Words {
    /// Italian, which binds.
    pub it: String,
    /// English; empty: nobody wrote it.
    pub en: String,
    /// German; empty: nobody wrote it.
    pub de: String,
}

impl Words {
    /// The words in a language, empty where nobody wrote them.
    pub fn of(&self, language: Language) -> &str {
        match language {
            Language::It => &self.it,
            Language::En => &self.en,
            Language::De => &self.de,
        }
    }
}

/// A case as staff write it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CaseContent {
    /// Name in URLs: lower-case letters and digits with single hyphens between.
    #[schema(example = "posta-esempio-2026")]
    pub slug: String,
    /// Title as shown.
    pub title: Words,
    /// What happened, in a few sentences.
    pub summary: Words,
    /// What the case is to be: `pre_registration`, `open` or `closed`.
    #[schema(example = "open")]
    pub state: String,
    /// What the own association does in it: `interest` or `collection` (R11).
    #[schema(example = "collection")]
    pub mode: String,
    /// Whom it is against.
    pub respondent: RespondentContent,
    /// Outages.
    pub incidents: Vec<IncidentContent>,
    /// Mail domains of the outages (R28).
    pub domains: Vec<DomainContent>,
    /// Plans a mailbox could have, in order of display.
    pub plans: Vec<PlanContent>,
    /// Sums per day and mailbox for the estimator.
    pub tariffs: Vec<TariffContent>,
    /// What is reported, each value with its source (R70).
    pub facts: Vec<FactContent>,
    /// What the respondent said.
    pub statements: Vec<StatementContent>,
    /// Others named in the facts.
    pub third_parties: Vec<ThirdPartyContent>,
    /// Lawyers of the own association (letter c).
    pub counsel: Vec<CounselContent>,
    /// Consents, notice and what is signed, each kind once.
    pub texts: Vec<TextContent>,
}

/// Whom a case is against.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RespondentContent {
    /// Company name as registered.
    pub name: String,
    /// 11 digits, or 16 characters.
    pub codice_fiscale: String,
    /// Certified mail address; may be empty.
    pub pec: String,
}

/// An outage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct IncidentContent {
    /// Name in declarations.
    pub slug: String,
    /// Name as shown.
    pub name: Words,
    /// RFC 3339, or the clock of Rome without a zone.
    pub starts_at: String,
    /// The same; empty while it runs.
    pub ends_at: String,
    /// First day that may be declared (R32).
    pub accept_from: String,
    /// Last day that may be declared (R32).
    pub accept_until: String,
}

/// A mail domain of an outage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DomainContent {
    /// Slug of the outage.
    pub incident: String,
    /// Lower case, ASCII.
    pub domain: String,
    /// `in_scope|verify|review|refuse`
    pub treatment: String,
    /// Who says so.
    pub source: String,
    /// Whether anybody can have a mailbox there: then the domain names no person.
    pub public: bool,
}

/// A plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PlanContent {
    /// Code in declarations; never `unknown`, which says that somebody does not remember.
    pub code: String,
    /// Name as shown.
    pub name: String,
    /// Whether it cost money.
    pub paid: bool,
    /// List price a year, euro cents.
    pub fee_cents: Option<i64>,
    /// Who reports the price.
    pub source: String,
}

/// A sum per day and mailbox.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TariffContent {
    /// Its code. A sum or source that changes becomes a new version of it.
    pub code: String,
    /// Whether it is for paid plans.
    pub paid: bool,
    /// Euro cents a day and mailbox.
    pub cents_per_day: Option<i64>,
    /// Where the sum comes from.
    pub source: String,
}

/// A sourced fact.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FactContent {
    /// Slug of the outage; empty: the whole case.
    pub incident: String,
    /// `size|start|end|length|cause|redress|event|sources`
    pub topic: String,
    /// As reported, with its unit.
    pub value: String,
    /// Who reports it, and when.
    pub source: String,
    /// A remark; may be empty.
    pub note: String,
}

/// What the respondent said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StatementContent {
    /// Slug of the outage; empty: the whole case.
    pub incident: String,
    /// Who spoke.
    pub speaker: String,
    /// Day of the statement.
    pub said_on: String,
    /// What was said.
    pub statement: String,
    /// Who reports it.
    pub source: String,
    /// Day promised; may be empty.
    pub promised_for: String,
    /// Whether the promise was kept: `yes`, `no`, or empty while unknown.
    pub promise_kept: String,
}

/// Somebody else in the facts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ThirdPartyContent {
    /// Name or description as published.
    pub name: String,
    /// What part it had.
    pub role: String,
    /// Who says so.
    pub source: String,
}

/// A lawyer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CounselContent {
    /// As on the bar's roll.
    pub name: String,
    /// Of the lawyer.
    pub codice_fiscale: String,
    /// Foro.
    pub bar: String,
    /// Certified mail address.
    pub pec: String,
}

/// A text that people read, accept or sign. Other words need another version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TextContent {
    /// `privacy_notice|contact|newsletter|follow|attestation_g|mandate_h|mandate_messa_in_mora`
    pub kind: String,
    /// As people's consents name it.
    pub version: String,
    /// The words, with placeholders such as `{case}` and `{respondent}`.
    pub body: Words,
}

#[cfg(test)]
mod tests;
