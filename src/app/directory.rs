//! Public data of cases, read from memory: page views, not sign-ups, are the load of a bad day.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, Utc};
use tokio::sync::Mutex;

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::db::case::{self, PublicRows};
use crate::db::{DbError, Scope};
use crate::domain::case::{CaseState, Mode, Offer, Register, RegisterEntry, RegisterStatus, offer};
use crate::domain::consent::Purpose;
use crate::domain::ids::{AssociationId, CaseId, IncidentId};
use crate::domain::language::Language;
use crate::domain::mailbox_address::{DomainTreatment, ScopeRow, ScopeTable};
use crate::domain::outage::is_running;

/// All cases and associations, as of one moment.
#[derive(Debug, Default)]
pub struct Directory {
    cases: Vec<Arc<CaseEntry>>,
    held: HashMap<String, DateTime<Utc>>,
    mail_domains: HashSet<String>,
}

/// A case with everything public about it.
#[derive(Debug)]
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
    pub respondent: RespondentEntry,
    pub third_parties: Vec<ThirdPartyEntry>,
    /// In stable order; pages rotate it.
    pub associations: Vec<AssociationEntry>,
    pub incidents: Vec<IncidentEntry>,
    pub facts: Vec<FactEntry>,
    pub statements: Vec<StatementEntry>,
    pub plans: Vec<PlanEntry>,
    pub texts: Vec<TextEntry>,
    /// Claimants confirmed, over all associations, as counted last.
    pub confirmed_claimants: i64,
    /// When that was counted, UTC.
    pub counted_at: Option<DateTime<Utc>>,
    /// How domains are treated, over all incidents (R28).
    pub scope: Arc<ScopeTable>,
}

/// Whom a case is against.
#[derive(Debug)]
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
#[derive(Debug)]
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
    /// Both registers, `unknown` where nothing is recorded.
    pub registers: Vec<RegisterEntry>,
    /// Counsel with PEC is named: letter c) is given by the defender.
    pub has_counsel: bool,
    /// What a person is offered now (R11, R12).
    pub offer: Offer,
}

/// An outage.
#[derive(Debug)]
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
#[derive(Debug)]
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
#[derive(Debug)]
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
#[derive(Debug)]
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
#[derive(Debug)]
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

/// The newest version of a text in a language.
#[derive(Debug)]
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

    /// A case by id, drafts too.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub fn case(&self, id: CaseId) -> AppResult<Arc<CaseEntry>> {
        self.cases
            .iter()
            .find(|case| case.id == id)
            .cloned()
            .ok_or(AppError::NotFound)
    }

    /// All cases, drafts too, newest first.
    pub fn cases(&self) -> &[Arc<CaseEntry>] {
        &self.cases
    }

    /// Whether a domain is a public provider: then it may stand in clear (DESIGN 4).
    pub fn is_public_provider(&self, domain: &str) -> bool {
        self.mail_domains.contains(domain)
    }

    /// Since when mail to a domain waits.
    pub fn held_since(&self, domain: &str) -> Option<DateTime<Utc>> {
        self.held.get(domain).copied()
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
        let directory = match Box::pin(read(ctx)).await {
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

async fn read(ctx: &Ctx) -> AppResult<Directory> {
    let scope = Scope::System("directory of public data");
    let mut tx = ctx.pools.begin(scope).await?;
    let rows = case::list_public(&mut tx, scope).await?;
    tx.commit().await?;
    Ok(build(rows)?)
}

fn build(rows: PublicRows) -> Result<Directory, DbError> {
    let cases = rows
        .cases
        .iter()
        .map(|row| case_entry(row, &rows).map(Arc::new))
        .collect::<Result<_, _>>()?;
    let held = rows
        .mail_domains
        .iter()
        .filter_map(|row| Some((row.domain.clone(), row.held_since?)))
        .collect();
    Ok(Directory {
        cases,
        held,
        mail_domains: rows
            .mail_domains
            .into_iter()
            .map(|row| row.domain)
            .collect(),
    })
}

fn case_entry(row: &case::CaseRow, rows: &PublicRows) -> Result<CaseEntry, DbError> {
    let state = CaseState::parse(&row.state).ok_or(DbError::Corrupt("cases.state"))?;
    let respondent = rows
        .respondents
        .iter()
        .find(|respondent| respondent.id == row.respondent_id)
        .ok_or(DbError::Corrupt("cases.respondent_id"))?;
    let incidents = incident_entries(row, rows)?;
    let counts: Vec<_> = rows
        .counts
        .iter()
        .filter(|count| count.case_id == row.id)
        .collect();
    Ok(CaseEntry {
        id: CaseId::new(row.id),
        slug: row.slug.clone(),
        title: row.title.clone(),
        summary: row.summary.clone(),
        state,
        state_changed_at: row.state_changed_at,
        respondent: RespondentEntry {
            name: respondent.name.clone(),
            codice_fiscale: respondent.codice_fiscale.clone(),
            pec: respondent.pec.clone(),
        },
        third_parties: third_parties(row, rows),
        associations: association_entries(row, state, rows)?,
        scope: Arc::new(scope_table(&incidents, rows)?),
        incidents,
        facts: facts(row, rows),
        statements: statements(row, rows),
        plans: plans(row, rows),
        texts: texts(row, rows)?,
        confirmed_claimants: counts.iter().map(|count| count.confirmed).sum(),
        counted_at: counts.iter().map(|count| count.counted_at).max(),
    })
}

fn association_entries(
    row: &case::CaseRow,
    state: CaseState,
    rows: &PublicRows,
) -> Result<Vec<AssociationEntry>, DbError> {
    let mut entries = Vec::new();
    for link in rows
        .case_associations
        .iter()
        .filter(|link| link.case_id == row.id)
    {
        let Some(association) = rows
            .associations
            .iter()
            .find(|association| association.id == link.association_id)
        else {
            continue;
        };
        let mode = Mode::parse(&link.mode).ok_or(DbError::Corrupt("case_associations.mode"))?;
        let registers = registers(association.id, rows)?;
        let suspended = association.status != "active";
        entries.push(AssociationEntry {
            id: AssociationId::new(association.id),
            slug: association.slug.clone(),
            name: association.name.clone(),
            email: association.email.clone(),
            phone: association.phone.clone(),
            hours: association.hours.clone(),
            dpo: association.dpo.clone(),
            website: association.website.clone(),
            suspended,
            mode,
            offer: offer(state, suspended, mode, &registers),
            registers,
            has_counsel: rows.counsel.iter().any(|counsel| {
                counsel.case_id == row.id && counsel.association_id == association.id
            }),
        });
    }
    Ok(entries)
}

fn registers(association: uuid::Uuid, rows: &PublicRows) -> Result<Vec<RegisterEntry>, DbError> {
    Register::ALL
        .into_iter()
        .map(|register| {
            let row = rows
                .registers
                .iter()
                .find(|row| row.association_id == association && row.register == register.as_str());
            let Some(row) = row else {
                return Ok(RegisterEntry {
                    register,
                    status: RegisterStatus::Unknown,
                    reference: None,
                    checked_on: None,
                });
            };
            Ok(RegisterEntry {
                register,
                status: RegisterStatus::parse(&row.status)
                    .ok_or(DbError::Corrupt("association_registers.status"))?,
                reference: row.reference.clone(),
                checked_on: row.checked_on,
            })
        })
        .collect()
}

fn incident_entries(row: &case::CaseRow, rows: &PublicRows) -> Result<Vec<IncidentEntry>, DbError> {
    rows.incidents
        .iter()
        .filter(|incident| incident.case_id == row.id)
        .map(|incident| {
            let domains = rows
                .domains
                .iter()
                .filter(|domain| domain.incident_id == incident.id)
                .map(|domain| {
                    Ok(DomainEntry {
                        domain: domain.domain.clone(),
                        treatment: treatment(&domain.treatment)?,
                        source: domain.source.clone(),
                    })
                })
                .collect::<Result<_, DbError>>()?;
            Ok(IncidentEntry {
                id: IncidentId::new(incident.id),
                slug: incident.slug.clone(),
                name: incident.name.clone(),
                starts_at: incident.starts_at,
                ends_at: incident.ends_at,
                accept_from: incident.accept_from,
                accept_until: incident.accept_until,
                domains,
            })
        })
        .collect()
}

fn scope_table(incidents: &[IncidentEntry], rows: &PublicRows) -> Result<ScopeTable, DbError> {
    let ids: HashSet<_> = incidents
        .iter()
        .map(|incident| incident.id.uuid())
        .collect();
    let scope_rows = rows
        .domains
        .iter()
        .filter(|domain| ids.contains(&domain.incident_id))
        .map(|domain| {
            Ok(ScopeRow {
                domain: domain.domain.clone(),
                treatment: treatment(&domain.treatment)?,
                valid_from: Some(domain.valid_from),
                valid_until: domain.valid_until,
            })
        })
        .collect::<Result<Vec<_>, DbError>>()?;
    Ok(ScopeTable::new(scope_rows))
}

fn treatment(text: &str) -> Result<DomainTreatment, DbError> {
    DomainTreatment::parse(text).map_err(|_| DbError::Corrupt("incident_domains.treatment"))
}

fn third_parties(row: &case::CaseRow, rows: &PublicRows) -> Vec<ThirdPartyEntry> {
    rows.third_parties
        .iter()
        .filter(|party| party.case_id == row.id)
        .map(|party| ThirdPartyEntry {
            name: party.name.clone(),
            role: party.role.clone(),
            source: party.source.clone(),
        })
        .collect()
}

fn facts(row: &case::CaseRow, rows: &PublicRows) -> Vec<FactEntry> {
    rows.facts
        .iter()
        .filter(|fact| fact.case_id == row.id)
        .map(|fact| FactEntry {
            incident: fact.incident_id.map(IncidentId::new),
            topic: fact.topic.clone(),
            value: fact.value.clone(),
            source: fact.source.clone(),
            note: fact.note.clone(),
        })
        .collect()
}

fn statements(row: &case::CaseRow, rows: &PublicRows) -> Vec<StatementEntry> {
    rows.statements
        .iter()
        .filter(|statement| statement.case_id == row.id)
        .map(|statement| StatementEntry {
            incident: statement.incident_id.map(IncidentId::new),
            speaker: statement.speaker.clone(),
            said_on: statement.said_on,
            statement: statement.statement.clone(),
            source: statement.source.clone(),
            promised_for: statement.promised_for,
            promise_kept: statement.promise_kept,
        })
        .collect()
}

fn plans(row: &case::CaseRow, rows: &PublicRows) -> Vec<PlanEntry> {
    rows.plans
        .iter()
        .filter(|plan| plan.case_id == row.id)
        .map(|plan| PlanEntry {
            code: plan.code.clone(),
            name: plan.name.clone(),
            paid: plan.paid,
            fee_cents: plan.fee_cents,
            source: plan.source.clone(),
        })
        .collect()
}

/// The newest version of each kind and language: rows come oldest first, later ones replace.
fn texts(row: &case::CaseRow, rows: &PublicRows) -> Result<Vec<TextEntry>, DbError> {
    let mut newest: Vec<TextEntry> = Vec::new();
    for text in rows.texts.iter().filter(|text| text.case_id == row.id) {
        let language = Language::parse(&text.language).ok_or(DbError::Corrupt("texts.language"))?;
        newest.retain(|older| older.kind != text.kind || older.language != language);
        newest.push(TextEntry {
            kind: text.kind.clone(),
            version: text.version.clone(),
            language,
            body: text.body.clone(),
            sha256: text.sha256.clone(),
        });
    }
    Ok(newest)
}
