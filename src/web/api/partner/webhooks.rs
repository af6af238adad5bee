//! `/api/v1/partner/webhook-endpoints`: where a partner has events delivered to (Standard Webhooks). What is
//! delivered is in `deliveries`.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::AppError;
use crate::app::partner::webhook::Endpoint;
use crate::app::partner::webhook::own::{self, EndpointInput};
use crate::domain::ids::WebhookEndpointId;
use crate::domain::webhook::Delivery;
use crate::state::AppState;
use crate::web::error::Problem;
use crate::web::extract::{Json, Partner};
use crate::web::{WebError, WebResult};

/// An endpoint to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEndpointBody {
    /// An https address of a public server, port 443 or from 1024 on; no user name, no `#`.
    #[schema(value_type = String, example = "https://example.org/hooks/joinder")]
    url: Option<String>,
    /// Types of events it is told of; left out: all.
    #[schema(example = json!(["claimant.confirmed", "claimant.signed"]))]
    event_types: Option<Vec<String>>,
}

/// What may change of an endpoint; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndpointBody {
    /// As for a new one.
    url: Option<String>,
    /// Types of events it is told of.
    event_types: Option<Vec<String>>,
    /// Whether events are delivered; what waits when it turns false is dropped.
    enabled: Option<bool>,
}

/// Where events are delivered to.
#[derive(Serialize, ToSchema)]
pub struct EndpointResponse {
    id: Uuid,
    url: String,
    event_types: Vec<&'static str>,
    /// Whether events are delivered.
    enabled: bool,
    /// `partner|staff|gone|failing`; null while it is enabled.
    disabled_why: Option<&'static str>,
    disabled_at: Option<DateTime<Utc>>,
    /// Since when each attempt failed.
    failing_since: Option<DateTime<Utc>>,
    last_success_at: Option<DateTime<Utc>>,
    /// Until when the secret before signs as well.
    previous_secret_until: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

/// A new endpoint, or one with a new secret.
#[derive(Serialize, ToSchema)]
pub struct NewEndpointResponse {
    /// What signs, shown this once.
    #[schema(example = "whsec_…")]
    secret: String,
    #[serde(flatten)]
    endpoint: EndpointResponse,
}

/// Endpoints that the key sees, oldest first.
#[derive(Serialize, ToSchema)]
pub struct EndpointsResponse {
    items: Vec<EndpointResponse>,
}

/// `POST /api/v1/partner/webhook-endpoints`
#[utoipa::path(
    post,
    path = "/api/v1/partner/webhook-endpoints",
    operation_id = "add_webhook_endpoint",
    summary = "Have events delivered to your server",
    tag = "partner",
    security(("partner" = ["webhooks"])),
    request_body(content = NewEndpointBody, example = json!({"url": "https://example.org/hooks/joinder", "event_types": ["claimant.confirmed", "claimant.signed"]})),
    responses(
        (status = 201, body = NewEndpointResponse, description = "Made; its secret is shown this once",
            example = json!({"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "id": "01936c1e-0000-7000-8000-000000000001", "url": "https://example.org/hooks/joinder", "event_types": ["claimant.confirmed", "claimant.signed"], "enabled": true, "disabled_why": null, "disabled_at": null, "failing_since": null, "last_success_at": null, "previous_secret_until": null, "created_at": "2026-11-23T09:00:00Z"})),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`webhook-five`: there are five"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "Wrong fields; an address that leads to no public server")
    )
)]
pub async fn add(
    state: web::Data<AppState>,
    partner: Partner,
    body: Json<NewEndpointBody>,
) -> WebResult<HttpResponse> {
    let input = EndpointInput {
        url: body.0.url,
        event_types: body.0.event_types,
    };
    let ctx = state.ctx.clone();
    let acting = async move { own::add(&ctx, &partner.0, &input).await };
    let (endpoint, secret) = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Created().json(NewEndpointResponse {
        secret: secret.as_str().to_owned(),
        endpoint: EndpointResponse::from(endpoint),
    }))
}

/// `GET /api/v1/partner/webhook-endpoints`
#[utoipa::path(
    get,
    path = "/api/v1/partner/webhook-endpoints",
    operation_id = "list_webhook_endpoints",
    summary = "Where events are delivered to",
    tag = "partner",
    security(("partner" = ["webhooks"])),
    responses(
        (status = 200, body = EndpointsResponse, description = "Oldest first",
            example = json!({"items": [{"id": "01936c1e-0000-7000-8000-000000000001", "url": "https://example.org/hooks/joinder", "event_types": ["claimant.confirmed", "claimant.signed"], "enabled": true, "disabled_why": null, "disabled_at": null, "failing_since": null, "last_success_at": "2026-11-23T10:00:00Z", "previous_secret_until": null, "created_at": "2026-11-23T09:00:00Z"}]})),
    )
)]
pub async fn list(state: web::Data<AppState>, partner: Partner) -> WebResult<HttpResponse> {
    let endpoints = own::list(&state.ctx, &partner.0).await?;
    let items = endpoints.into_iter().map(EndpointResponse::from).collect();
    Ok(HttpResponse::Ok().json(EndpointsResponse { items }))
}

/// `GET /api/v1/partner/webhook-endpoints/{id}`
#[utoipa::path(
    get,
    path = "/api/v1/partner/webhook-endpoints/{id}",
    operation_id = "get_webhook_endpoint",
    summary = "One endpoint",
    tag = "partner",
    params(("id" = Uuid, Path, description = "The endpoint")),
    security(("partner" = ["webhooks"])),
    responses(
        (status = 200, body = EndpointResponse, description = "As it is now",
            example = json!({"id": "01936c1e-0000-7000-8000-000000000001", "url": "https://example.org/hooks/joinder", "event_types": ["claimant.confirmed", "claimant.signed"], "enabled": true, "disabled_why": null, "disabled_at": null, "failing_since": null, "last_success_at": "2026-11-23T10:00:00Z", "previous_secret_until": null, "created_at": "2026-11-23T09:00:00Z"})),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "No such endpoint, or none that the key sees")
    )
)]
pub async fn get(
    state: web::Data<AppState>,
    partner: Partner,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let found = own::get(&state.ctx, &partner.0, endpoint_id(&id)?).await?;
    Ok(HttpResponse::Ok().json(EndpointResponse::from(found)))
}

/// `PATCH /api/v1/partner/webhook-endpoints/{id}`
#[utoipa::path(
    patch,
    path = "/api/v1/partner/webhook-endpoints/{id}",
    operation_id = "change_webhook_endpoint",
    summary = "Change, disable or enable an endpoint",
    tag = "partner",
    params(("id" = Uuid, Path, description = "The endpoint")),
    security(("partner" = ["webhooks"])),
    request_body(content = EndpointBody, examples(
        ("enable" = (summary = "After it was mended", value = json!({"enabled": true}))),
        ("move" = (summary = "To another address", value = json!({"url": "https://example.org/hooks/other"})))
    )),
    responses(
        (status = 200, body = EndpointResponse, description = "As it is now",
            example = json!({"id": "01936c1e-0000-7000-8000-000000000001", "url": "https://example.org/hooks/joinder", "event_types": ["claimant.confirmed", "claimant.signed"], "enabled": true, "disabled_why": null, "disabled_at": null, "failing_since": null, "last_success_at": "2026-11-23T10:00:00Z", "previous_secret_until": null, "created_at": "2026-11-23T09:00:00Z"})),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "No such endpoint, or none that the key sees"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`webhook-staff`: the association disabled it")
    )
)]
pub async fn change(
    state: web::Data<AppState>,
    partner: Partner,
    id: web::Path<String>,
    body: Json<EndpointBody>,
) -> WebResult<HttpResponse> {
    let (id, body) = (endpoint_id(&id)?, body.0);
    let delivery = body.enabled.map(|enabled| {
        if enabled {
            Delivery::Enabled
        } else {
            Delivery::Disabled
        }
    });
    let input = EndpointInput {
        url: body.url,
        event_types: body.event_types,
    };
    let ctx = state.ctx.clone();
    let acting = async move { own::change(&ctx, &partner.0, id, &input, delivery).await };
    let changed = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(EndpointResponse::from(changed)))
}

/// `DELETE /api/v1/partner/webhook-endpoints/{id}`
#[utoipa::path(
    delete,
    path = "/api/v1/partner/webhook-endpoints/{id}",
    operation_id = "delete_webhook_endpoint",
    summary = "Delete an endpoint",
    tag = "partner",
    params(("id" = Uuid, Path, description = "The endpoint")),
    security(("partner" = ["webhooks"])),
    responses(
        (status = 204, description = "Deleted, with what was on its way to it"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "No such endpoint, or none that the key sees")
    )
)]
pub async fn remove(
    state: web::Data<AppState>,
    partner: Partner,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let id = endpoint_id(&id)?;
    let ctx = state.ctx.clone();
    let acting = async move { own::remove(&ctx, &partner.0, id).await };
    state.ctx.to_end(acting).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `POST /api/v1/partner/webhook-endpoints/{id}/secret`
#[utoipa::path(
    post,
    path = "/api/v1/partner/webhook-endpoints/{id}/secret",
    operation_id = "rotate_webhook_secret",
    summary = "A new secret for an endpoint",
    tag = "partner",
    params(("id" = Uuid, Path, description = "The endpoint")),
    security(("partner" = ["webhooks"])),
    responses(
        (status = 200, body = NewEndpointResponse, description = "For 24 hours both secrets sign",
            example = json!({"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "id": "01936c1e-0000-7000-8000-000000000001", "url": "https://example.org/hooks/joinder", "event_types": ["claimant.confirmed", "claimant.signed"], "enabled": true, "disabled_why": null, "disabled_at": null, "failing_since": null, "last_success_at": null, "previous_secret_until": "2026-11-24T10:00:00Z", "created_at": "2026-11-23T09:00:00Z"})),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "No such endpoint, or none that the key sees")
    )
)]
pub async fn rotate(
    state: web::Data<AppState>,
    partner: Partner,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let id = endpoint_id(&id)?;
    let ctx = state.ctx.clone();
    let acting = async move { own::rotate(&ctx, &partner.0, id).await };
    let (endpoint, secret) = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(NewEndpointResponse {
        secret: secret.as_str().to_owned(),
        endpoint: EndpointResponse::from(endpoint),
    }))
}

/// The endpoint of a path.
///
/// # Errors
/// `NotFound` for what is no id.
pub fn endpoint_id(text: &str) -> WebResult<WebhookEndpointId> {
    WebhookEndpointId::parse(text).ok_or(WebError::App(AppError::NotFound))
}

impl From<Endpoint> for EndpointResponse {
    fn from(endpoint: Endpoint) -> Self {
        Self {
            id: endpoint.id.uuid(),
            url: endpoint.url,
            event_types: endpoint.states.iter().map(|it| it.event_type()).collect(),
            enabled: endpoint.disabled.is_none(),
            disabled_why: endpoint.disabled.map(|(_, why)| why.as_str()),
            disabled_at: endpoint.disabled.map(|(at, _)| at),
            failing_since: endpoint.failing_since,
            last_success_at: endpoint.last_success_at,
            previous_secret_until: endpoint.previous_until,
            created_at: endpoint.created_at,
        }
    }
}
