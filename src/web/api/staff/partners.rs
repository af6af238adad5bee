//! `/api/v1/staff/partners`: partner sites of the association, their keys, how many they brought.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::AppError;
use crate::app::partner::brought;
use crate::app::partner::webhook::{self, Endpoint};
use crate::app::partner::{self, Change, Key, Partner, Standing, key};
use crate::domain::brought::{Brought, Counts};
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::ids::{PartnerId, PartnerKeyId};
use crate::domain::partner::ProfileInput;
use crate::domain::partner_key::KeyInput;
use crate::domain::webhook::Delivery;
use crate::state::AppState;
use crate::web::api::partner::webhooks::endpoint_id;
use crate::web::error::Problem;
use crate::web::extract::{Json, Staff};
use crate::web::{WebError, WebResult};

/// A partner site to make known.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPartnerBody {
    /// Its name in links: small letters, digits, single hyphens, 1 to 64. Never changes.
    #[schema(example = "blog-disservizi")]
    slug: Option<String>,
    /// What the site is called.
    name: Option<String>,
    /// Where it is written to.
    email: Option<String>,
    /// Language of mails to it: `it|en|de`; `it` without it.
    language: Option<String>,
}

/// What may change of a partner.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PartnerBody {
    /// What the site is called.
    name: Option<String>,
    /// Where it is written to; left out: nowhere.
    email: Option<String>,
    /// Language of mails to it: `it|en|de`; `it` without it.
    language: Option<String>,
    /// `active`, or `suspended`: none of its keys works, and none of its pages shows the form. Left out: as it is.
    standing: Option<String>,
    /// Origins whose pages may show the form in a frame, at most 10; left out: as they are.
    #[schema(example = json!(["https://blog.example"]))]
    origins: Option<Vec<String>>,
}

/// A key to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKeyBody {
    /// `live|test`
    mode: Option<String>,
    /// `intake|read|events|webhooks`, at least one.
    scopes: Option<Vec<String>>,
    /// Slugs of the cases it is for, at least one; left out: every case of the association.
    cases: Option<Vec<String>>,
    /// Addresses and networks (CIDR) it may be used from, at least one; left out: from anywhere.
    networks: Option<Vec<String>>,
    /// Last day on which it works, in Rome; left out: until it is revoked.
    #[schema(example = "2027-12-31")]
    expires_on: Option<String>,
}

/// A partner site.
#[derive(Serialize, ToSchema)]
pub struct PartnerResponse {
    id: Uuid,
    slug: String,
    name: String,
    email: Option<String>,
    language: &'static str,
    /// `active|suspended`
    standing: &'static str,
    /// Origins whose pages may show the form in a frame.
    origins: Vec<String>,
    created_at: DateTime<Utc>,
}

/// Partner sites of the association.
#[derive(Serialize, ToSchema)]
pub struct PartnersResponse {
    /// By slug.
    items: Vec<PartnerResponse>,
}

/// A key; what it opens by is not shown again.
#[derive(Serialize, ToSchema)]
pub struct KeyResponse {
    id: Uuid,
    /// Its beginning: enough to tell it from another.
    shown: String,
    /// `live|test`
    mode: &'static str,
    scopes: Vec<&'static str>,
    /// Slugs; null: every case of the association.
    cases: Option<Vec<String>>,
    /// None: from anywhere.
    networks: Vec<String>,
    /// `works|expired|revoked`
    standing: &'static str,
    created_at: DateTime<Utc>,
    /// First instant at which it works no more.
    expires_at: Option<DateTime<Utc>>,
    /// To some minutes.
    last_used_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
}

/// A key that was just made.
#[derive(Serialize, ToSchema)]
pub struct NewKeyResponse {
    /// The whole key, shown this once.
    #[schema(example = "jnd_live_01jd…")]
    secret: String,
    key: KeyResponse,
}

/// How many came one way.
#[derive(Serialize, ToSchema)]
pub struct StaffCountsResponse {
    sign_ups: i64,
    confirmed: i64,
    signed: i64,
}

/// How many a partner brought in a case.
#[derive(Serialize, ToSchema)]
pub struct StaffBroughtResponse {
    /// Slug of the case.
    case: String,
    /// By its links (`?via=`).
    by_link: StaffCountsResponse,
    /// By the API.
    by_api: StaffCountsResponse,
}

/// One of the partner sites.
#[derive(Serialize, ToSchema)]
pub struct OnePartnerResponse {
    #[serde(flatten)]
    partner: PartnerResponse,
    /// Those that hold a place first, then newest first; at most 100.
    keys: Vec<KeyResponse>,
    /// At most a minute old, by slug of the case; cases without anybody are left out.
    brought: Vec<StaffBroughtResponse>,
    /// Where events are delivered to, oldest first.
    webhook_endpoints: Vec<StaffEndpointResponse>,
}

/// Where events are delivered to.
#[derive(Serialize, ToSchema)]
pub struct StaffEndpointResponse {
    id: Uuid,
    url: String,
    /// `live|test`
    mode: &'static str,
    event_types: Vec<&'static str>,
    /// `enabled|disabled`
    delivery: &'static str,
    /// `partner|staff|gone|failing`; null while it is enabled.
    disabled_why: Option<&'static str>,
    disabled_at: Option<DateTime<Utc>>,
    /// Since when each attempt failed.
    failing_since: Option<DateTime<Utc>>,
    last_success_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

/// Whether events are to be delivered to an endpoint.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StaffEndpointBody {
    /// `enabled`, or `disabled`: the partner cannot enable it.
    delivery: Option<String>,
}

/// `GET /api/v1/staff/partners`
#[utoipa::path(
    get,
    path = "/api/v1/staff/partners",
    operation_id = "list_partners",
    tag = "staff",
    security(("staff" = [])),
    responses((status = 200, body = PartnersResponse))
)]
pub async fn list(state: web::Data<AppState>, staff: Staff) -> WebResult<HttpResponse> {
    let partners = partner::list(&state.ctx, &staff.actor).await?;
    let items = partners.into_iter().map(PartnerResponse::from).collect();
    Ok(HttpResponse::Ok().json(PartnersResponse { items }))
}

/// `POST /api/v1/staff/partners`
#[utoipa::path(
    post,
    path = "/api/v1/staff/partners",
    operation_id = "add_partner",
    tag = "staff",
    security(("staff" = [])),
    request_body = NewPartnerBody,
    responses((status = 201, body = PartnerResponse),
        (status = 422, body = Problem, description = "Wrong fields, or the slug is taken"))
)]
pub async fn add(
    state: web::Data<AppState>,
    staff: Staff,
    body: Json<NewPartnerBody>,
) -> WebResult<HttpResponse> {
    let body = body.0;
    let input = ProfileInput {
        name: body.name,
        email: body.email,
        language: body.language,
    };
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { partner::add(&ctx, &actor, body.slug.as_deref(), &input).await };
    let added = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Created().json(PartnerResponse::from(added)))
}

/// `GET /api/v1/staff/partners/{id}`
#[utoipa::path(
    get,
    path = "/api/v1/staff/partners/{id}",
    operation_id = "get_partner",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The partner")),
    security(("staff" = [])),
    responses((status = 200, body = OnePartnerResponse))
)]
pub async fn get(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let id = partner_id(&id)?;
    let (partner, keys) = partner::get(&state.ctx, &staff.actor, id).await?;
    let figures = brought::of(&state.ctx, &staff.actor, id).await?;
    let endpoints = webhook::staff::list(&state.ctx, &staff.actor, id).await?;
    let brought = figures.cases.iter().map(StaffBroughtResponse::of);
    Ok(HttpResponse::Ok().json(OnePartnerResponse {
        partner: PartnerResponse::from(partner),
        keys: keys.into_iter().map(KeyResponse::from).collect(),
        brought: brought.collect(),
        webhook_endpoints: endpoints
            .into_iter()
            .map(StaffEndpointResponse::from)
            .collect(),
    }))
}

/// `PUT /api/v1/staff/partners/{id}`
#[utoipa::path(
    put,
    path = "/api/v1/staff/partners/{id}",
    operation_id = "change_partner",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The partner")),
    security(("staff" = [])),
    request_body = PartnerBody,
    responses((status = 200, body = PartnerResponse))
)]
pub async fn change(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<PartnerBody>,
) -> WebResult<HttpResponse> {
    let (id, body) = (partner_id(&id)?, body.0);
    let standing = standing(body.standing.as_deref())?;
    let change = Change {
        profile: Some(ProfileInput {
            name: body.name,
            email: body.email,
            language: body.language,
        }),
        standing,
        origins: body.origins,
    };
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { partner::change(&ctx, &actor, id, &change).await };
    let changed = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(PartnerResponse::from(changed)))
}

/// `POST /api/v1/staff/partners/{id}/keys`
#[utoipa::path(
    post,
    path = "/api/v1/staff/partners/{id}/keys",
    operation_id = "add_partner_key",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The partner")),
    security(("staff" = [])),
    request_body = NewKeyBody,
    responses((status = 201, body = NewKeyResponse),
        (status = 409, body = Problem, description = "Two keys of this mode work already"))
)]
pub async fn add_key(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<NewKeyBody>,
) -> WebResult<HttpResponse> {
    let (id, body) = (partner_id(&id)?, body.0);
    let input = KeyInput {
        mode: body.mode,
        scopes: body.scopes.unwrap_or_default(),
        cases: body.cases,
        networks: body.networks,
        expires_on: body.expires_on,
    };
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { key::add(&ctx, &actor, id, &input).await };
    let (key, secret) = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Created().json(NewKeyResponse {
        secret: secret.as_str().to_owned(),
        key: KeyResponse::from(key),
    }))
}

/// `POST /api/v1/staff/partner-keys/{id}/revocation`
#[utoipa::path(
    post,
    path = "/api/v1/staff/partner-keys/{id}/revocation",
    operation_id = "revoke_partner_key",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The key")),
    security(("staff" = [])),
    responses((status = 204, description = "Revoked: it opens nothing from the next request on, on any node"),
        (status = 409, body = Problem, description = "It was revoked before"))
)]
pub async fn revoke_key(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let id = key_id(&id)?;
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { key::revoke(&ctx, &actor, id).await };
    state.ctx.to_end(acting).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `PUT /api/v1/staff/webhook-endpoints/{id}`
#[utoipa::path(
    put,
    path = "/api/v1/staff/webhook-endpoints/{id}",
    operation_id = "set_webhook_endpoint",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The endpoint")),
    security(("staff" = [])),
    request_body = StaffEndpointBody,
    responses((status = 200, body = StaffEndpointResponse))
)]
pub async fn set_endpoint(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<StaffEndpointBody>,
) -> WebResult<HttpResponse> {
    let (id, delivery) = (endpoint_id(&id)?, delivery(body.0.delivery.as_deref())?);
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { webhook::staff::set(&ctx, &actor, id, delivery).await };
    let (_, endpoint) = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(StaffEndpointResponse::from(endpoint)))
}

/// Whether events are to be delivered.
///
/// # Errors
/// `Invalid` at `/delivery`.
pub fn delivery(word: Option<&str>) -> WebResult<Delivery> {
    let read = word.and_then(Delivery::parse);
    read.ok_or_else(|| {
        let code = match word {
            Some(_) => FieldCode::UnknownValue,
            None => FieldCode::Required,
        };
        let mut errors = FieldErrors::new();
        errors.push("/delivery", code, "error-unknown-value");
        WebError::App(AppError::Invalid(errors))
    })
}

/// The partner of a path.
///
/// # Errors
/// `NotFound` for what is no id.
pub fn partner_id(text: &str) -> WebResult<PartnerId> {
    PartnerId::parse(text).ok_or(WebError::App(AppError::NotFound))
}

/// The key of a path.
///
/// # Errors
/// `NotFound` for what is no id.
pub fn key_id(text: &str) -> WebResult<PartnerKeyId> {
    PartnerKeyId::parse(text).ok_or(WebError::App(AppError::NotFound))
}

/// How a partner is to stand; none where nothing is said.
///
/// # Errors
/// `Invalid` at `/standing`.
pub fn standing(word: Option<&str>) -> WebResult<Option<Standing>> {
    let read = |word| {
        Standing::parse(word).ok_or_else(|| {
            let mut errors = FieldErrors::new();
            errors.push("/standing", FieldCode::UnknownValue, "error-unknown-value");
            WebError::App(AppError::Invalid(errors))
        })
    };
    word.map(read).transpose()
}

impl From<Partner> for PartnerResponse {
    fn from(partner: Partner) -> Self {
        Self {
            id: partner.id.uuid(),
            standing: partner.standing().as_str(),
            slug: partner.slug,
            name: partner.name,
            email: partner.email,
            language: partner.language.as_str(),
            origins: partner.origins,
            created_at: partner.created_at,
        }
    }
}

impl From<Key> for KeyResponse {
    fn from(key: Key) -> Self {
        Self {
            id: key.id.uuid(),
            shown: key.shown,
            mode: key.mode.as_str(),
            scopes: key.scopes.iter().map(|scope| scope.as_str()).collect(),
            cases: key.cases,
            networks: key.networks,
            standing: key.standing.as_str(),
            created_at: key.created_at,
            expires_at: key.expires_at,
            last_used_at: key.last_used_at,
            revoked_at: key.revoked_at,
        }
    }
}

impl From<Endpoint> for StaffEndpointResponse {
    fn from(endpoint: Endpoint) -> Self {
        Self {
            id: endpoint.id.uuid(),
            mode: endpoint.mode.as_str(),
            event_types: endpoint.states.iter().map(|it| it.event_type()).collect(),
            delivery: endpoint.delivery().as_str(),
            disabled_why: endpoint.disabled.map(|(_, why)| why.as_str()),
            disabled_at: endpoint.disabled.map(|(at, _)| at),
            failing_since: endpoint.failing_since,
            last_success_at: endpoint.last_success_at,
            created_at: endpoint.created_at,
            url: endpoint.url,
        }
    }
}

impl StaffBroughtResponse {
    fn of(brought: &Brought) -> Self {
        Self {
            case: brought.slug.clone(),
            by_link: StaffCountsResponse::from(brought.by_link),
            by_api: StaffCountsResponse::from(brought.by_api),
        }
    }
}

impl From<Counts> for StaffCountsResponse {
    fn from(counts: Counts) -> Self {
        Self {
            sign_ups: counts.sign_ups,
            confirmed: counts.confirmed,
            signed: counts.signed,
        }
    }
}
