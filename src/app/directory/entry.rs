//! What is public about a case and its associations, as the directory holds it.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};

use crate::app::case_update::CaseUpdate;
use crate::app::demand_letter::DemandLetter;
use crate::domain::case::{CaseState, Mode, Offer, RegisterEntry};
use crate::domain::consent::Purpose;
use crate::domain::ids::{AssociationId, CaseId, IncidentId};
use crate::domain::language::Language;
use crate::domain::mail_text::MailTexts;
use crate::domain::mailbox_address::{DomainTreatment, ScopeTable};

/// A case with everything public about it.
#[derive(Debug, Clone)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct CaseEntry {
    pub id: CaseId,
    pub slug: String,
    pub title: String,
    pub summary: String,
    pub state: CaseState,
    pub state_changed_at: DateTime<Utc>,
    /// The association that alone writes what is common to all, if one was named.
    pub named_lead: Option<AssociationId>,
    /// Court and number of the action, once there are any (letter a).
    pub court: Option<String>,
    pub rg_number: Option<String>,
    /// Whether the court ordered a fondo spese; none: not decided yet (letter l).
    pub fondo_spese_ordered: Option<bool>,
    pub respondent: RespondentEntry,
    pub third_parties: Vec<ThirdPartyEntry>,
    /// In stable order; pages rotate it.
    pub associations: Vec<AssociationEntry>,
    pub incidents: Vec<IncidentEntry>,
    pub facts: Vec<FactEntry>,
    pub statements: Vec<StatementEntry>,
    pub plans: Vec<PlanEntry>,
    pub tariffs: Vec<TariffEntry>,
    pub texts: Vec<TextEntry>,
    /// Translations of its own words.
    pub words: Vec<WordsEntry>,
    /// Letters that associations wrote to the respondent and tell of, oldest first.
    pub letters: Vec<DemandLetter>,
    /// The newest news, at most 5 of each association, newest first.
    pub updates: Vec<CaseUpdate>,
    /// Claimants confirmed, over all associations, as counted last; 0 while they are fewer than 5.
    pub confirmed_claimants: i64,
    /// When that was counted, UTC.
    pub counted_at: Option<DateTime<Utc>>,
    /// How domains are treated, over all incidents (R28).
    pub scope: Arc<ScopeTable>,
}

/// Whom a case is against.
#[derive(Debug, Clone)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct RespondentEntry {
    pub name: String,
    pub codice_fiscale: String,
    pub pec: Option<String>,
}

/// Somebody else in the facts.
#[derive(Debug, Clone)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct ThirdPartyEntry {
    pub name: String,
    pub role: String,
    pub source: String,
}

/// An association in a case.
#[derive(Debug, Clone)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct AssociationEntry {
    pub id: AssociationId,
    pub slug: String,
    pub name: String,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub hours: Option<String>,
    pub dpo: Option<String>,
    pub website: Option<String>,
    pub suspended: bool,
    pub mode: Mode,
    pub joined_at: DateTime<Utc>,
    /// Both registers, `unknown` where nothing is recorded.
    pub registers: Vec<RegisterEntry>,
    /// Its lawyers in the case: with one the defender's PEC serves letter c).
    pub counsel: Vec<CounselEntry>,
    /// What a person is offered now (R11, R12).
    pub offer: Offer,
    /// What it says in its own words in mails, in the newest version; none: the standard words.
    pub mail_texts: Option<Arc<MailTextsEntry>>,
}

/// A version of what an association says in its own words in mails.
#[derive(Debug)]
pub struct MailTextsEntry {
    /// From 1.
    pub version: i32,
    /// The words.
    pub texts: MailTexts,
}

/// A lawyer of an association in a case.
#[derive(Debug, Clone)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct CounselEntry {
    pub name: String,
    pub codice_fiscale: String,
    pub bar: String,
    pub pec: String,
}

/// An outage.
#[derive(Debug, Clone)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct IncidentEntry {
    pub id: IncidentId,
    pub slug: String,
    pub name: String,
    pub starts_at: DateTime<Utc>,
    pub ends_at: Option<DateTime<Utc>>,
    pub accept_from: NaiveDate,
    pub accept_until: NaiveDate,
    pub domains: Vec<DomainEntry>,
}

/// A domain of an incident.
#[derive(Debug, Clone)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct DomainEntry {
    pub domain: String,
    pub treatment: DomainTreatment,
    pub source: String,
}

/// A sourced fact (R70).
#[derive(Debug, Clone)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct FactEntry {
    pub incident: Option<IncidentId>,
    pub topic: String,
    pub value: String,
    pub source: String,
    pub note: Option<String>,
}

/// What the respondent said.
#[derive(Debug, Clone)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct StatementEntry {
    pub incident: Option<IncidentId>,
    pub speaker: String,
    pub said_on: NaiveDate,
    pub statement: String,
    pub source: String,
    pub promised_for: Option<NaiveDate>,
    pub promise_kept: Option<bool>,
}

/// A plan of a mailbox.
#[derive(Debug, Clone)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct PlanEntry {
    pub code: String,
    pub name: String,
    pub paid: bool,
    pub fee_cents: Option<i64>,
    pub source: Option<String>,
}

/// A sum per day and mailbox that the estimator uses.
#[derive(Debug, Clone)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct TariffEntry {
    pub code: String,
    pub paid: bool,
    pub cents_per_day: i64,
    pub source: String,
}

/// What a case says of itself in another language than Italian.
#[derive(Debug, Clone)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct WordsEntry {
    pub place: String,
    pub language: Language,
    pub words: String,
}

/// The newest version of a text in a language.
#[derive(Debug, Clone)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct TextEntry {
    pub kind: String,
    pub version: String,
    pub language: Language,
    pub body: String,
    pub sha256: Vec<u8>,
}

impl CaseEntry {
    /// Whether every word of `wanted` stands in the title or the respondent's name; no words: yes.
    pub fn is_about(&self, wanted: &str) -> bool {
        let text = format!("{} {}", self.title, self.respondent.name).to_lowercase();
        wanted
            .to_lowercase()
            .split_whitespace()
            .all(|word| text.contains(word))
    }

    /// The association that leads the case: the one that was named, else the first that joined. It alone
    /// writes what is common to all.
    pub fn lead(&self) -> Option<AssociationId> {
        let joined = self.associations.iter();
        let first = joined.min_by_key(|it| (it.joined_at, it.id.uuid()));
        self.named_lead.or_else(|| first.map(|it| it.id))
    }

    /// What the case says at a place (`title`, `summary`, `incident:<slug>`) in another language than
    /// Italian, if somebody wrote it.
    pub fn words_in(&self, place: &str, language: Language) -> Option<&str> {
        let words = self.words.iter();
        let mut words = words.filter(|it| it.place == place && it.language == language);
        words.next().map(|it| it.words.as_str())
    }

    /// An association of the case.
    pub fn association(&self, slug: &str) -> Option<&AssociationEntry> {
        self.associations
            .iter()
            .find(|association| association.slug == slug)
    }

    /// An association of the case, by id.
    pub fn association_by_id(&self, id: AssociationId) -> Option<&AssociationEntry> {
        self.associations
            .iter()
            .find(|association| association.id == id)
    }

    /// The consent texts now in force in a language, Italian where there is no translation.
    pub fn consents(&self, language: Language) -> Vec<(Purpose, &TextEntry)> {
        Purpose::ALL
            .into_iter()
            .filter_map(|purpose| Some((purpose, self.text(purpose.as_str(), language)?)))
            .collect()
    }

    /// The text of a kind now in force, Italian where there is no translation.
    pub fn text(&self, kind: &str, language: Language) -> Option<&TextEntry> {
        let of = |language| {
            self.texts
                .iter()
                .find(|text| text.kind == kind && text.language == language)
        };
        of(language).or_else(|| of(Language::It))
    }
}
