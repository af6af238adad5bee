//! Builds the directory from the reference tables.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{
    AssociationEntry, CaseEntry, CounselEntry, Directory, DomainEntry, FactEntry, IncidentEntry,
    MailTextsEntry, PlanEntry, RespondentEntry, StatementEntry, TariffEntry, TextEntry,
    ThirdPartyEntry, WordsEntry,
};
use crate::app::case_update::{self, CaseUpdate};
use crate::app::ctx::Ctx;
use crate::app::demand_letter::{self, DemandLetter};
use crate::app::error::AppResult;
use crate::app::mail_text::stored as stored_mail_texts;
use crate::app::sandbox;
use crate::db::bounce;
use crate::db::case::{self, PublicRows};
use crate::db::case_update as update_rows;
use crate::db::demand_letter as letter_rows;
use crate::db::mail_text::{self, MailTextsRow};
use crate::db::{DbError, Scope, mail_queue, partner};
use crate::domain::brought::told;
use crate::domain::case::{CaseState, Mode, Register, RegisterEntry, RegisterStatus, offer};
use crate::domain::ids::{AssociationId, CaseId, IncidentId};
use crate::domain::language::Language;
use crate::domain::mailbox_address::{DomainTreatment, ScopeRow, ScopeTable};

/// News of an association in a case that are kept in memory.
const NEWEST_UPDATES: i64 = 5;
/// Letters of all associations that are kept in memory.
const LETTERS: i64 = 2_000;

pub(super) async fn read(ctx: &Ctx) -> AppResult<Directory> {
    let scope = Scope::System("directory of public data");
    let mut tx = ctx.pools.begin(scope).await?;
    let rows = case::list_public(&mut tx, scope).await?;
    let storms = bounce::list_storms(&mut tx, scope).await?;
    let stopped = mail_queue::list_stopped(&mut tx, scope).await?;
    let mail_texts = mail_text::list_newest(&mut tx, scope).await?;
    let updates = update_rows::list_newest(&mut tx, scope, NEWEST_UPDATES).await?;
    let letters = letter_rows::list_newest(&mut tx, scope, LETTERS).await?;
    let framing = partner::list_framing(&mut tx, scope).await?;
    tx.commit().await?;
    let framing = framing.into_iter();
    let framing = framing.map(|(association, slug, origins)| ((association, slug), origins));
    let paused = storms.into_iter().filter(|storm| storm.pauses);
    Ok(Directory {
        paused: paused.map(|storm| storm.kind).collect(),
        stopped: stopped.into_iter().collect(),
        framing: framing.collect(),
        ..build(
            rows,
            &own_words(mail_texts),
            &case_update::by_case(updates),
            &demand_letter::told(letters),
        )?
    })
}

/// By association, in its newest version.
type OwnWords = HashMap<uuid::Uuid, Arc<MailTextsEntry>>;

/// Words that cannot be read are left out: pages and mails do without.
fn own_words(rows: Vec<MailTextsRow>) -> OwnWords {
    rows.into_iter()
        .filter_map(|row| {
            let (association, version) = (row.association_id, row.version);
            match stored_mail_texts(row) {
                Ok(texts) => Some((association, Arc::new(MailTextsEntry { version, texts }))),
                Err(error) => {
                    tracing::error!(association.id = %association, version, %error, "words of an association cannot be read");
                    None
                }
            }
        })
        .collect()
}

/// News with the case they are about, newest first.
type Updates = [(CaseId, CaseUpdate)];

/// What the tables say, without news, letters and mails.
pub(in crate::app) fn of_rows(rows: PublicRows) -> Result<Directory, DbError> {
    build(rows, &OwnWords::new(), &[], &[])
}

/// The entries of an association in the two public lists.
pub(in crate::app) fn registers_of(
    association: AssociationId,
    rows: &PublicRows,
) -> Result<Vec<RegisterEntry>, DbError> {
    registers(association.uuid(), rows)
}

fn build(
    rows: PublicRows,
    words: &OwnWords,
    updates: &Updates,
    letters: &[DemandLetter],
) -> Result<Directory, DbError> {
    let cases = rows
        .cases
        .iter()
        .map(|row| {
            let mut entry = case_entry(row, &rows, words, updates)?;
            let own = letters.iter().filter(|it| it.case == entry.id);
            entry.letters = own.cloned().collect();
            Ok::<_, DbError>(Arc::new(entry))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let twins = twins_of(&cases, &rows.sandboxes);
    let held = rows
        .mail_domains
        .iter()
        .filter_map(|row| Some((row.domain.clone(), row.held_since?)))
        .collect();
    Ok(Directory {
        cases,
        twins,
        held,
        paused: HashSet::new(),
        framing: HashMap::new(),
        mail_domains: rows
            .mail_domains
            .into_iter()
            .map(|row| row.domain)
            .collect(),
        stopped: HashSet::new(),
    })
}

/// The twins of the cases of each association that has a sandbox.
fn twins_of(
    cases: &[Arc<CaseEntry>],
    sandboxes: &[(uuid::Uuid, uuid::Uuid)],
) -> Vec<Arc<CaseEntry>> {
    let of_one = |(_, of): &(uuid::Uuid, uuid::Uuid)| {
        let of = AssociationId::new(*of);
        let twins = cases.iter().filter_map(move |case| {
            let association = case.association_by_id(of)?;
            Some(Arc::new(sandbox::twin(case, association)))
        });
        twins.collect::<Vec<_>>()
    };
    sandboxes.iter().flat_map(of_one).collect()
}

fn case_entry(
    row: &case::CaseRow,
    rows: &PublicRows,
    words: &OwnWords,
    updates: &Updates,
) -> Result<CaseEntry, DbError> {
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
        named_lead: row.lead_association_id.map(AssociationId::new),
        court: row.court.clone(),
        rg_number: row.rg_number.clone(),
        fondo_spese_ordered: row.fondo_spese_ordered,
        respondent: RespondentEntry {
            name: respondent.name.clone(),
            codice_fiscale: respondent.codice_fiscale.clone(),
            pec: respondent.pec.clone(),
        },
        third_parties: third_parties(row, rows),
        associations: association_entries(row, state, rows, words)?,
        scope: Arc::new(scope_table(&incidents, rows)?),
        incidents,
        facts: facts(row, rows),
        statements: statements(row, rows),
        plans: plans(row, rows),
        tariffs: tariffs(row, rows),
        texts: texts(row, rows)?,
        words: words_entries(row, rows)?,
        letters: Vec::new(),
        updates: updates
            .iter()
            .filter(|(case, _)| case.uuid() == row.id)
            .map(|(_, update)| update.clone())
            .collect(),
        confirmed_claimants: told(counts.iter().map(|count| count.confirmed).sum()),
        counted_at: counts.iter().map(|count| count.counted_at).max(),
    })
}

fn association_entries(
    row: &case::CaseRow,
    state: CaseState,
    rows: &PublicRows,
    words: &OwnWords,
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
            joined_at: link.joined_at,
            offer: offer(state, suspended, mode, &registers),
            registers,
            counsel: counsel(row, association.id, rows),
            mail_texts: words.get(&association.id).cloned(),
        });
    }
    Ok(entries)
}

fn counsel(row: &case::CaseRow, association: uuid::Uuid, rows: &PublicRows) -> Vec<CounselEntry> {
    rows.counsel
        .iter()
        .filter(|lawyer| lawyer.case_id == row.id && lawyer.association_id == association)
        .map(|lawyer| CounselEntry {
            name: lawyer.name.clone(),
            codice_fiscale: lawyer.codice_fiscale.clone(),
            bar: lawyer.bar.clone(),
            pec: lawyer.pec.clone(),
        })
        .collect()
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

/// The newest version of each tariff: rows come oldest first, later ones replace.
fn tariffs(row: &case::CaseRow, rows: &PublicRows) -> Vec<TariffEntry> {
    let mut newest: Vec<TariffEntry> = Vec::new();
    for tariff in rows.tariffs.iter().filter(|it| it.case_id == row.id) {
        newest.retain(|older| older.code != tariff.code);
        newest.push(TariffEntry {
            code: tariff.code.clone(),
            paid: tariff.paid,
            cents_per_day: tariff.cents_per_day,
            source: tariff.source.clone(),
        });
    }
    newest
}

fn words_entries(row: &case::CaseRow, rows: &PublicRows) -> Result<Vec<WordsEntry>, DbError> {
    let own = rows.words.iter().filter(|it| it.case_id == row.id);
    own.map(|it| {
        let language = Language::parse(&it.language);
        Ok(WordsEntry {
            place: it.place.clone(),
            language: language.ok_or(DbError::Corrupt("case_words.language"))?,
            words: it.words.clone(),
        })
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
