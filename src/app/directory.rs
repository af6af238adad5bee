//! Public data of cases, read from memory: page views, not sign-ups, are the load of a bad day. What it holds of a case
//! is in `entry`.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::ids::{AssociationId, CaseId};
use crate::domain::mailbox_address::DomainTreatment;
use crate::domain::outage::is_running;

mod build;
mod entry;

pub(in crate::app) use build::{of_rows, registers_of};
pub use entry::{
    AssociationEntry, CaseEntry, CounselEntry, DomainEntry, FactEntry, IncidentEntry,
    MailTextsEntry, PlanEntry, RespondentEntry, StatementEntry, TariffEntry, TextEntry,
    ThirdPartyEntry, WordsEntry,
};

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
