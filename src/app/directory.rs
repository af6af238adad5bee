//! Public data of cases, read from memory: page views, not sign-ups, are the load of a bad day.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, Utc};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::app::case_update::CaseUpdate;
use crate::app::ctx::Ctx;
use crate::app::demand_letter::DemandLetter;
use crate::app::error::{AppError, AppResult};
use crate::domain::case::{CaseState, Mode, Offer, RegisterEntry};
use crate::domain::consent::Purpose;
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::ids::{AssociationId, CaseId, IncidentId};
use crate::domain::language::Language;
use crate::domain::mail_text::MailTexts;
use crate::domain::mailbox_address::{DomainTreatment, ScopeTable};
use crate::domain::outage::is_running;

mod build;

pub(in crate::app) use build::{of_rows, registers_of};

/// All cases and associations, as of one moment.
#[derive(Debug, Default, Clone)]
pub struct Directory {
    cases: Vec<Arc<CaseEntry>>,
    /// Their twins in sandboxes: found by id, listed nowhere.
    twins: Vec<Arc<CaseEntry>>,
    held: HashMap<String, DateTime<Utc>>,
    mail_domains: HashSet<String>,
    paused: HashSet<String>,
    stopped: HashSet<Uuid>,
    /// By association and slug of a partner: the origins whose pages may show its form in a frame.
    framing: HashMap<(Uuid, String), Vec<String>>,
}

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
    /// Claimants confirmed, over all associations, as counted last.
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

impl Directory {
    /// The cases of these slugs that the association promotes.
    ///
    /// # Errors
    /// `UnknownValue` at `/cases/<place>`.
    pub fn cases_of(
        &self,
        association: AssociationId,
        slugs: &[String],
    ) -> Result<Vec<CaseId>, FieldErrors> {
        let mut errors = FieldErrors::new();
        let mut cases = Vec::new();
        for (place, slug) in slugs.iter().enumerate() {
            let mut known = self.cases.iter();
            let own = known
                .find(|case| case.slug == *slug && case.association_by_id(association).is_some());
            match own {
                Some(case) => cases.push(case.id),
                None => errors.push(
                    format!("/cases/{place}"),
                    FieldCode::UnknownValue,
                    "error-case-unknown",
                ),
            }
        }
        errors.into_result(cases)
    }

    /// Cases the public may see, newest first.
    pub fn public_cases(&self) -> impl Iterator<Item = &Arc<CaseEntry>> {
        self.cases.iter().filter(|case| case.state.is_public())
    }

    /// A case the public may see.
    ///
    /// # Errors
    /// `NotFound` for an unknown case and for a draft alike.
    pub fn public_case(&self, slug: &str) -> AppResult<Arc<CaseEntry>> {
        self.public_cases()
            .find(|case| case.slug == slug)
            .cloned()
            .ok_or(AppError::NotFound)
    }

    /// A case by id, drafts and twins too.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub fn case(&self, id: CaseId) -> AppResult<Arc<CaseEntry>> {
        let mut known = self.cases.iter().chain(&self.twins);
        let found = known.find(|case| case.id == id);
        found.cloned().ok_or(AppError::NotFound)
    }

    /// An association by id, in any of its cases; a sandbox is one too.
    pub fn association(&self, id: AssociationId) -> Option<&AssociationEntry> {
        let mut known = self.cases.iter().chain(&self.twins);
        known.find_map(|case| case.association_by_id(id))
    }

    /// The origins whose pages may show the form of an association in a frame, with the links of this partner: none
    /// where the association has no such partner, or it rests.
    pub fn framing(&self, association: AssociationId, via: &str) -> &[String] {
        let key = (association.uuid(), via.to_owned());
        let origins = self.framing.get(&key);
        origins.map(Vec::as_slice).unwrap_or_default()
    }

    /// All cases, drafts too, newest first; no twins.
    pub fn cases(&self) -> &[Arc<CaseEntry>] {
        &self.cases
    }

    /// A case taken out of it.
    pub(in crate::app) fn into_case(self, id: CaseId) -> Option<CaseEntry> {
        let found = self.cases.into_iter().find(|case| case.id == id)?;
        Arc::into_inner(found)
    }

    /// Whether a domain is a public provider: then it may stand in clear (DESIGN 4).
    pub fn is_public_provider(&self, domain: &str) -> bool {
        self.mail_domains.contains(domain)
    }

    /// All public providers.
    pub fn public_providers(&self) -> impl Iterator<Item = &str> {
        self.mail_domains.iter().map(String::as_str)
    }

    /// Since when mail to a domain waits.
    pub fn held_since(&self, domain: &str) -> Option<DateTime<Utc>> {
        self.held.get(domain).copied()
    }

    /// Whether mails of a kind wait, because too many of them came back.
    pub fn is_paused(&self, kind: &str) -> bool {
        self.paused.contains(kind)
    }

    /// Whether mail of a queue waits: its domain does not answer, or is held.
    pub(in crate::app) fn is_mail_stopped(&self, queue: Uuid) -> bool {
        self.stopped.contains(&queue)
    }

    /// The same for mails whose sender knows better: it has just been told that they may go.
    pub(in crate::app) fn without_stops(&self) -> Self {
        Self {
            stopped: HashSet::new(),
            ..self.clone()
        }
    }

    /// Domains a contact address should not be on now: held, or an outage of theirs runs (R17).
    pub fn domains_down(&self, now: DateTime<Utc>) -> HashSet<String> {
        let mut down: HashSet<String> = self.held.keys().cloned().collect();
        for incident in self.cases.iter().flat_map(|case| &case.incidents) {
            if is_running(incident.starts_at, incident.ends_at, now) {
                down.extend(
                    incident
                        .domains
                        .iter()
                        .filter(|domain| domain.treatment != DomainTreatment::Refuse)
                        .map(|domain| domain.domain.clone()),
                );
            }
        }
        down
    }
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

/// The directory of this process, read again when it is older than its time to live.
#[derive(Debug)]
pub struct Directories {
    ttl: Duration,
    current: RwLock<Option<(Instant, Arc<Directory>)>>,
    reading: Mutex<()>,
}

impl Directories {
    /// Empty; the first use reads.
    pub fn new(ttl: Duration) -> Self {
        Self {
            ttl,
            current: RwLock::new(None),
            reading: Mutex::new(()),
        }
    }

    /// The directory, at most its time to live old. One request reads, the others take the old one
    /// or, at the start, wait.
    ///
    /// # Errors
    /// `Unavailable` if there is none yet and the database cannot be reached.
    pub async fn get(&self, ctx: &Ctx) -> AppResult<Arc<Directory>> {
        let remembered = self.remembered();
        if let Some((read_at, directory)) = &remembered
            && read_at.elapsed() < self.ttl
        {
            return Ok(directory.clone());
        }
        let _reading = match (&remembered, self.reading.try_lock()) {
            (_, Ok(reading)) => reading,
            (Some((_, directory)), Err(_)) if !self.ttl.is_zero() => return Ok(directory.clone()),
            (_, Err(_)) => self.reading.lock().await,
        };
        if let Some((read_at, directory)) = self.remembered()
            && read_at.elapsed() < self.ttl
        {
            return Ok(directory);
        }
        let directory = match Box::pin(build::read(ctx)).await {
            Ok(directory) => Arc::new(directory),
            // better old than nothing while the database is away
            Err(error @ AppError::Unavailable(_)) => match remembered {
                Some((_, directory)) => return Ok(directory),
                None => return Err(error),
            },
            Err(error) => return Err(error),
        };
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        *current = Some((Instant::now(), directory.clone()));
        Ok(directory)
    }

    /// Forgets the directory: the next use reads. For whoever has just written reference data.
    pub fn forget(&self) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn remembered(&self) -> Option<(Instant, Arc<Directory>)> {
        self.current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
