//! `/api/v1/public/cases`: what anybody may know of a case.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, NaiveDate, Utc};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::directory::{AssociationEntry, CaseEntry, IncidentEntry};
use crate::domain::case::{CaseState, Mode, Offer, Register, RegisterEntry};
use crate::domain::damage::DamageHead;
use crate::domain::language::Language;
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::error::WebError;
use crate::web::extract::Lang;
use crate::web::shared;

/// Longest search text, in bytes.
const LONGEST_QUERY: usize = 200;

/// What to look for.
#[derive(Deserialize)]
pub struct CasesQuery {
    /// Words of the company's name or of the title.
    #[serde(default)]
    q: Option<String>,
}

/// Cases, newest first.
#[derive(Serialize, ToSchema)]
pub struct CasesResponse {
    items: Vec<CaseResponse>,
    /// Always null: there is one page.
    next_cursor: Option<String>,
}

/// A case with everything public about it.
#[derive(Serialize, ToSchema)]
pub struct CaseResponse {
    id: Uuid,
    slug: String,
    title: String,
    summary: String,
    /// `pre_registration|open|closed|filed|admitted|distribution|archived`
    state: &'static str,
    respondent: RespondentResponse,
    plans: Vec<PlanResponse>,
    /// Heads of damage that a declaration may name (R36).
    damage_heads: Vec<&'static str>,
    texts: Vec<CaseTextResponse>,
    associations: Vec<AssociationResponse>,
    incidents: Vec<IncidentResponse>,
    consents: Vec<CaseConsentResponse>,
    /// Claimants confirmed, as counted last; 0 while they are fewer than 5.
    confirmed_claimants: i64,
    counted_at: Option<DateTime<Utc>>,
}

#[derive(Serialize, ToSchema)]
struct RespondentResponse {
    name: String,
    codice_fiscale: String,
    pec: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct PlanResponse {
    code: String,
    name: String,
    paid: bool,
    fee_cents: Option<i64>,
    source: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct CaseTextResponse {
    kind: String,
    version: String,
    language: &'static str,
    sha256: String,
}

#[derive(Serialize, ToSchema)]
struct AssociationResponse {
    slug: String,
    name: String,
    /// What is really offered: `collection` needs a valid register entry (R11).
    #[schema(example = "collection")]
    mode: &'static str,
    /// Whether it takes sign-ups in this case now (R12).
    takes_sign_ups: bool,
    registers: RegistersResponse,
    email: Option<String>,
    phone: Option<String>,
    hours: Option<String>,
    dpo: Option<String>,
    website: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct RegistersResponse {
    giustizia: RegisterResponse,
    art137: RegisterResponse,
}

#[derive(Serialize, ToSchema)]
struct RegisterResponse {
    /// `unknown|active|suspended|cancelled`
    status: &'static str,
    reference: Option<String>,
    checked_on: Option<NaiveDate>,
}

#[derive(Serialize, ToSchema)]
struct IncidentResponse {
    slug: String,
    name: String,
    starts_at: DateTime<Utc>,
    ends_at: Option<DateTime<Utc>>,
    /// Days an outage may be declared for, both included.
    accept_from: NaiveDate,
    accept_until: NaiveDate,
    domains: Vec<DomainResponse>,
    sources: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct DomainResponse {
    domain: String,
    /// `in_scope|verify|review|refuse`
    treatment: &'static str,
}

#[derive(Serialize, ToSchema)]
struct CaseConsentResponse {
    /// `privacy_notice|contact|newsletter`
    purpose: &'static str,
    text_version: String,
    required: bool,
    text: String,
}

/// `GET /api/v1/public/cases?q=`
#[utoipa::path(
    get,
    path = "/api/v1/public/cases",
    operation_id = "list_cases",
    tag = "public",
    params(("q" = Option<String>, Query, description = "Words of the company's name or of the title")),
    responses(
        (status = 200, body = CasesResponse),
        (status = 304, description = "Not changed since the answer that `If-None-Match` names")
    )
)]
pub async fn list(
    request: HttpRequest,
    state: web::Data<AppState>,
    language: Lang,
    query: Result<web::Query<CasesQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let query = query.map_err(|_| WebError::Malformed)?.into_inner();
    let wanted = query.q.unwrap_or_default();
    if wanted.len() > LONGEST_QUERY {
        return Err(WebError::Malformed);
    }
    let directory = state.ctx.directories.get(&state.ctx).await?;
    let items = directory
        .public_cases()
        .filter(|case| case.is_about(&wanted))
        .map(|case| response(case, language.0))
        .collect();
    let cases = CasesResponse {
        items,
        next_cursor: None,
    };
    shared::json(&request, &cases)
}

/// `GET /api/v1/public/cases/{slug}`
#[utoipa::path(
    get,
    path = "/api/v1/public/cases/{slug}",
    operation_id = "get_case",
    tag = "public",
    params(("slug" = String, Path, description = "Name of the case in addresses")),
    responses(
        (status = 200, body = CaseResponse),
        (status = 304, description = "Not changed since the answer that `If-None-Match` names")
    )
)]
pub async fn get(
    request: HttpRequest,
    state: web::Data<AppState>,
    language: Lang,
    slug: web::Path<String>,
) -> WebResult<HttpResponse> {
    let directory = state.ctx.directories.get(&state.ctx).await?;
    let case = directory.public_case(&slug)?;
    shared::json(&request, &response(&case, language.0))
}

fn response(case: &CaseEntry, language: Language) -> CaseResponse {
    CaseResponse {
        id: case.id.uuid(),
        slug: case.slug.clone(),
        title: words(case, "title", &case.title, language),
        summary: words(case, "summary", &case.summary, language),
        state: CaseState::as_str(case.state),
        respondent: RespondentResponse {
            name: case.respondent.name.clone(),
            codice_fiscale: case.respondent.codice_fiscale.clone(),
            pec: case.respondent.pec.clone(),
        },
        plans: plans(case),
        damage_heads: DamageHead::ALL.map(DamageHead::as_str).to_vec(),
        texts: texts(case),
        associations: case.associations.iter().map(association).collect(),
        incidents: case
            .incidents
            .iter()
            .map(|incident| incident_response(case, incident, language))
            .collect(),
        consents: consents(case, language),
        confirmed_claimants: case.confirmed_claimants,
        counted_at: case.counted_at,
    }
}

fn plans(case: &CaseEntry) -> Vec<PlanResponse> {
    case.plans
        .iter()
        .map(|plan| PlanResponse {
            code: plan.code.clone(),
            name: plan.name.clone(),
            paid: plan.paid,
            fee_cents: plan.fee_cents,
            source: plan.source.clone(),
        })
        .collect()
}

fn texts(case: &CaseEntry) -> Vec<CaseTextResponse> {
    case.texts
        .iter()
        .map(|text| CaseTextResponse {
            kind: text.kind.clone(),
            version: text.version.clone(),
            language: text.language.as_str(),
            sha256: HEXLOWER.encode(&text.sha256),
        })
        .collect()
}

fn association(entry: &AssociationEntry) -> AssociationResponse {
    let mode = match entry.offer {
        Offer::Collection => Mode::Collection,
        Offer::Interest => Mode::Interest,
        Offer::CaseClosed | Offer::AssociationSuspended => entry.mode,
    };
    AssociationResponse {
        slug: entry.slug.clone(),
        name: entry.name.clone(),
        mode: mode.as_str(),
        takes_sign_ups: entry.offer.takes_sign_ups(),
        registers: RegistersResponse {
            giustizia: register(&entry.registers, Register::Giustizia),
            art137: register(&entry.registers, Register::Art137),
        },
        email: entry.email.clone(),
        phone: entry.phone.clone(),
        hours: entry.hours.clone(),
        dpo: entry.dpo.clone(),
        website: entry.website.clone(),
    }
}

fn register(entries: &[RegisterEntry], wanted: Register) -> RegisterResponse {
    let entry = entries.iter().find(|entry| entry.register == wanted);
    RegisterResponse {
        status: entry.map_or("unknown", |entry| entry.status.as_str()),
        reference: entry.and_then(|entry| entry.reference.clone()),
        checked_on: entry.and_then(|entry| entry.checked_on),
    }
}

/// In the language asked for, in Italian where nobody wrote it.
fn words(case: &CaseEntry, place: &str, italian: &str, language: Language) -> String {
    case.words_in(place, language).unwrap_or(italian).to_owned()
}

fn incident_response(
    case: &CaseEntry,
    incident: &IncidentEntry,
    language: Language,
) -> IncidentResponse {
    let facts = case
        .facts
        .iter()
        .filter(|fact| fact.incident == Some(incident.id))
        .map(|fact| fact.source.clone());
    let domains = incident.domains.iter().map(|domain| domain.source.clone());
    let mut sources: Vec<String> = facts.chain(domains).collect();
    sources.sort();
    sources.dedup();
    IncidentResponse {
        slug: incident.slug.clone(),
        name: words(
            case,
            &format!("incident:{}", incident.slug),
            &incident.name,
            language,
        ),
        starts_at: incident.starts_at,
        ends_at: incident.ends_at,
        accept_from: incident.accept_from,
        accept_until: incident.accept_until,
        domains: incident
            .domains
            .iter()
            .map(|domain| DomainResponse {
                domain: domain.domain.clone(),
                treatment: domain.treatment.as_str(),
            })
            .collect(),
        sources,
    }
}

fn consents(case: &CaseEntry, language: Language) -> Vec<CaseConsentResponse> {
    case.consents(language)
        .into_iter()
        .map(|(purpose, text)| CaseConsentResponse {
            purpose: purpose.as_str(),
            text_version: text.version.clone(),
            required: purpose.is_required(),
            text: text.body.clone(),
        })
        .collect()
}
