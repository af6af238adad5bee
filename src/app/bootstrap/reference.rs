//! A seed becomes rows of the reference tables, all in one transaction.

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use super::{BootstrapError, SCOPE, STANDARD_TEXTS};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::mail_text;
use crate::crypto::{sha256, token};
use crate::db::audit::{self, AuditRow};
use crate::db::case::{
    AssociationRow, CaseAssociationRow, CaseRow, CounselRow, FactRow, IncidentDomainRow,
    IncidentRow, PlanRow, RegisterRow, RespondentRow, StatementRow, TariffRow, TextRow,
    ThirdPartyRow,
};
use crate::db::key::{self, AssociationKeyRow};
use crate::db::{Tx, case, seed as rows};
use crate::domain::audit::action;
use crate::domain::case::Register;
use crate::domain::ids::{AssociationId, CaseId};
use crate::domain::mail_text::MailTexts;
use crate::domain::seed::{
    AssociationSeed, IncidentSeed, RegisterSeed, Seed, TextSeed, standard_texts_for,
};

/// Ids that a seed got.
pub(super) struct Written {
    pub(super) case: CaseId,
    /// In the order of the seed.
    pub(super) associations: Vec<AssociationId>,
}

pub(super) async fn write(ctx: &Ctx, seed: &Seed) -> Result<Written, BootstrapError> {
    let mut tx = ctx.pools.begin(SCOPE).await.map_err(AppError::from)?;
    let case = write_case(ctx, &mut tx, seed).await?;
    let associations = write_associations(ctx, &mut tx, seed, case).await?;
    if let Some(first) = associations.first() {
        rows::mark_lead(&mut tx, SCOPE, case, *first)
            .await
            .map_err(AppError::from)?;
    }
    let incidents = write_incidents(ctx, &mut tx, seed, case).await?;
    for domain in seed.public_domains() {
        rows::insert_mail_domain(&mut tx, SCOPE, domain)
            .await
            .map_err(AppError::from)?;
    }
    write_reports(ctx, &mut tx, seed, case, &incidents).await?;
    write_statements(ctx, &mut tx, seed, case, &incidents).await?;
    write_plans(&mut tx, seed, case).await?;
    write_tariffs(&mut tx, seed, case).await?;
    write_texts(ctx, &mut tx, seed, case).await?;
    tx.commit().await.map_err(AppError::from)?;
    Ok(Written { case, associations })
}

async fn write_case(ctx: &Ctx, tx: &mut Tx, seed: &Seed) -> AppResult<CaseId> {
    let now = ctx.clock.now();
    let respondent = &seed.respondent;
    let slug = respondent.slug.as_ref();
    let respondent_id = rows::upsert_respondent(
        tx,
        SCOPE,
        &RespondentRow {
            id: token::new_id(now),
            slug: slug.unwrap_or(&respondent.codice_fiscale).clone(),
            name: respondent.name.clone(),
            codice_fiscale: respondent.codice_fiscale.clone(),
            pec: respondent.pec.clone(),
        },
    )
    .await?;
    let wanted = seed.case.state.as_str();
    let row = CaseRow {
        id: token::new_id(now),
        slug: seed.case.slug.clone(),
        title: seed.case.title.clone(),
        summary: seed.case.summary.clone(),
        respondent_id,
        state: wanted.to_owned(),
        court: None,
        rg_number: None,
        pst_id: None,
        created_at: now,
        state_changed_at: now,
        fondo_spese_ordered: None,
        lead_association_id: None,
    };
    let (id, state) = rows::upsert_case(tx, SCOPE, &row).await?;
    let case = CaseId::new(id);
    let is_new = id == row.id;
    if state != wanted {
        case::mark_state(tx, SCOPE, case, wanted, now).await?;
    }
    if is_new || state != wanted {
        let before = (!is_new).then_some(state);
        audit::insert_all(tx, SCOPE, &[state_audit(id, before, wanted, now)]).await?;
    }
    Ok(case)
}

fn state_audit(case: Uuid, before: Option<String>, after: &str, now: DateTime<Utc>) -> AuditRow {
    AuditRow {
        subject_id: case,
        id: token::new_id(now),
        association_id: None,
        actor_kind: "operator".to_owned(),
        actor_id: None,
        // an existing case that gets another state is a decision; a new one is none yet
        action: before
            .as_ref()
            .map_or("bootstrap", |_| action::SET_CASE_STATE)
            .to_owned(),
        before,
        after: Some(after.to_owned()),
        detail: json!({}),
        sealed: None,
        created_at: now,
    }
}

async fn write_associations(
    ctx: &Ctx,
    tx: &mut Tx,
    seed: &Seed,
    case: CaseId,
) -> AppResult<Vec<AssociationId>> {
    let now = ctx.clock.now();
    let mut ids = Vec::with_capacity(seed.associations.len());
    for association in &seed.associations {
        let id = write_association(ctx, tx, association).await?;
        let link = CaseAssociationRow {
            case_id: case.uuid(),
            association_id: id.uuid(),
            mode: association.mode.as_str().to_owned(),
            joined_at: now,
        };
        rows::upsert_case_association(tx, SCOPE, &link).await?;
        let appointed = seed
            .counsel
            .iter()
            .filter(|counsel| counsel.association == association.slug);
        for counsel in appointed {
            let row = CounselRow {
                id: token::new_id(now),
                case_id: case.uuid(),
                association_id: id.uuid(),
                name: counsel.name.clone(),
                codice_fiscale: counsel.codice_fiscale.clone(),
                bar: counsel.bar.clone(),
                pec: counsel.pec.clone(),
            };
            rows::upsert_counsel(tx, SCOPE, &row).await?;
        }
        ids.push(id);
    }
    Ok(ids)
}

async fn write_association(
    ctx: &Ctx,
    tx: &mut Tx,
    seed: &AssociationSeed,
) -> AppResult<AssociationId> {
    let now = ctx.clock.now();
    let row = AssociationRow {
        id: token::new_id(now),
        slug: seed.slug.clone(),
        name: seed.name.clone(),
        email: seed.email.clone(),
        phone: seed.phone.clone(),
        hours: seed.hours.clone(),
        dpo: seed.dpo.clone(),
        website: seed.website.clone(),
        status: "active".to_owned(),
        created_at: now,
    };
    let id = AssociationId::new(rows::upsert_association(tx, SCOPE, &row).await?);
    let entries = [
        (Register::Giustizia, &seed.registers.giustizia),
        (Register::Art137, &seed.registers.art137),
    ];
    for (register, entry) in entries {
        if let Some(entry) = entry {
            rows::upsert_register(tx, SCOPE, &register_row(id, register, entry)).await?;
        }
    }
    if !seed.mail_texts.is_empty() {
        // a seed without words leaves those alone that the operator published
        let texts = MailTexts::parse(&seed.mail_texts).map_err(AppError::internal)?;
        mail_text::write(ctx, tx, SCOPE, id, &texts).await?;
    }
    if key::list_association(tx, SCOPE, id).await?.is_empty() {
        let (root_version, wrapped) = ctx.keyring.new_association_key(id, 1)?;
        let row = AssociationKeyRow {
            association_id: id.uuid(),
            version: 1,
            root_version,
            wrapped: wrapped.into_bytes(),
            created_at: now,
        };
        key::insert_association(tx, SCOPE, &row).await?;
    }
    Ok(id)
}

fn register_row(id: AssociationId, register: Register, entry: &RegisterSeed) -> RegisterRow {
    RegisterRow {
        association_id: id.uuid(),
        register: register.as_str().to_owned(),
        status: entry.status.as_str().to_owned(),
        reference: entry.reference.clone(),
        checked_on: entry.checked_on,
    }
}

pub(in crate::app) async fn write_incidents(
    ctx: &Ctx,
    tx: &mut Tx,
    seed: &Seed,
    case: CaseId,
) -> AppResult<Vec<(String, Uuid)>> {
    let mut ids = Vec::with_capacity(seed.incidents.len());
    for incident in &seed.incidents {
        let row = IncidentRow {
            id: token::new_id(ctx.clock.now()),
            case_id: case.uuid(),
            slug: incident.slug.clone(),
            name: incident.name.clone(),
            starts_at: incident.starts_at,
            ends_at: incident.ends_at,
            accept_from: incident.accept_from,
            accept_until: incident.accept_until,
        };
        let id = rows::upsert_incident(tx, SCOPE, &row).await?;
        write_domains(tx, incident, id).await?;
        ids.push((incident.slug.clone(), id));
    }
    Ok(ids)
}

async fn write_domains(tx: &mut Tx, incident: &IncidentSeed, id: Uuid) -> AppResult<()> {
    for domain in &incident.domains {
        let row = IncidentDomainRow {
            incident_id: id,
            domain: domain.domain.clone(),
            treatment: domain.treatment.as_str().to_owned(),
            source: domain.source.clone(),
            valid_from: domain.valid_from,
            valid_until: domain.valid_until,
        };
        rows::upsert_incident_domain(tx, SCOPE, &row).await?;
    }
    Ok(())
}

pub(in crate::app) async fn write_reports(
    ctx: &Ctx,
    tx: &mut Tx,
    seed: &Seed,
    case: CaseId,
    incidents: &[(String, Uuid)],
) -> AppResult<()> {
    let now = ctx.clock.now();
    for (position, fact) in (0..).zip(&seed.facts) {
        let row = FactRow {
            id: token::new_id(now),
            case_id: case.uuid(),
            incident_id: id_of(incidents, fact.incident.as_ref()),
            topic: fact.topic.clone(),
            value: fact.value.clone(),
            source: fact.source.clone(),
            note: fact.note.clone(),
            position,
        };
        rows::upsert_fact(tx, SCOPE, &row).await?;
    }
    for third_party in &seed.third_parties {
        let row = ThirdPartyRow {
            id: token::new_id(now),
            case_id: case.uuid(),
            name: third_party.name.clone(),
            role: third_party.role.clone(),
            source: third_party.source.clone(),
        };
        rows::upsert_third_party(tx, SCOPE, &row).await?;
    }
    Ok(())
}

pub(in crate::app) async fn write_statements(
    ctx: &Ctx,
    tx: &mut Tx,
    seed: &Seed,
    case: CaseId,
    incidents: &[(String, Uuid)],
) -> AppResult<()> {
    let now = ctx.clock.now();
    for (position, statement) in (0..).zip(&seed.statements) {
        let row = StatementRow {
            id: token::new_id(now),
            case_id: case.uuid(),
            incident_id: id_of(incidents, statement.incident.as_ref()),
            speaker: statement.speaker.clone(),
            said_on: statement.said_on,
            statement: statement.statement.clone(),
            source: statement.source.clone(),
            promised_for: statement.promised_for,
            promise_kept: statement.promise_kept,
            position,
        };
        rows::upsert_statement(tx, SCOPE, &row).await?;
    }
    Ok(())
}

pub(in crate::app) async fn write_plans(tx: &mut Tx, seed: &Seed, case: CaseId) -> AppResult<()> {
    for (position, plan) in (0..).zip(&seed.case.plans) {
        let row = PlanRow {
            case_id: case.uuid(),
            code: plan.code.clone(),
            name: plan.name.clone(),
            paid: plan.paid,
            fee_cents: plan.fee_cents,
            source: plan.source.clone(),
            position,
        };
        rows::upsert_plan(tx, SCOPE, &row).await?;
    }
    Ok(())
}

async fn write_tariffs(tx: &mut Tx, seed: &Seed, case: CaseId) -> AppResult<()> {
    for tariff in &seed.case.tariffs {
        let row = TariffRow {
            case_id: case.uuid(),
            code: tariff.code.clone(),
            paid: tariff.paid,
            cents_per_day: tariff.cents_per_day,
            source: tariff.source.clone(),
            version: 1,
        };
        rows::upsert_tariff(tx, SCOPE, &row).await?;
    }
    Ok(())
}

pub(in crate::app) async fn write_texts(
    ctx: &Ctx,
    tx: &mut Tx,
    seed: &Seed,
    case: CaseId,
) -> Result<(), BootstrapError> {
    let mut standard = Vec::new();
    for file in STANDARD_TEXTS {
        standard.extend(standard_texts_for(seed, file)?);
    }
    for text in seed.texts.iter().chain(&standard) {
        let sha256 = sha256::digest(text.body.as_bytes());
        let row = text_row(text, case, sha256, ctx.clock.now());
        let published = rows::publish_text(tx, SCOPE, &row)
            .await
            .map_err(AppError::from)?;
        if published != row.sha256 {
            return Err(BootstrapError::TextChanged {
                kind: text.kind.clone(),
                version: text.version.clone(),
                language: text.language.as_str(),
            });
        }
    }
    Ok(())
}

fn text_row(text: &TextSeed, case: CaseId, sha256: Vec<u8>, now: DateTime<Utc>) -> TextRow {
    TextRow {
        id: token::new_id(now),
        case_id: case.uuid(),
        kind: text.kind.clone(),
        version: text.version.clone(),
        language: text.language.as_str().to_owned(),
        body: text.body.clone(),
        sha256,
        published_at: now,
    }
}

fn id_of(incidents: &[(String, Uuid)], slug: Option<&String>) -> Option<Uuid> {
    let slug = slug?;
    incidents
        .iter()
        .find(|(known, _)| known == slug)
        .map(|(_, id)| *id)
}
