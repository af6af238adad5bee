//! `/api/v1/partner/webhook-endpoints/{id}`: tried out, how deliveries went, events delivered again.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::AppError;
use crate::app::own_history::{read_cursor, write_cursor};
use crate::app::partner::webhook::replay::{self, Again, Attempt};
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::ids::PartnerEventId;
use crate::state::AppState;
use crate::web::api::page_length::page_length;
use crate::web::api::partner::webhooks::endpoint_id;
use crate::web::error::Problem;
use crate::web::extract::{Json, Partner};
use crate::web::{WebError, WebResult};

/// What is to be delivered again: `event_id`, or `from` and `to`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayBody {
    /// One event.
    event_id: Option<Uuid>,
    /// The first number of a span.
    from: Option<i64>,
    /// The last number of it, at most 999 more.
    to: Option<i64>,
}

/// A message that will be sent.
#[derive(Serialize, ToSchema)]
pub struct PingResponse {
    /// Its `webhook-id`.
    message_id: Uuid,
}

/// How many events will be delivered again.
#[derive(Serialize, ToSchema)]
pub struct ReplayResponse {
    deliveries: i64,
}

/// An attempt to deliver; what was answered is not kept.
#[derive(Serialize, ToSchema)]
pub struct AttemptResponse {
    /// The `webhook-id`: the event, or the test.
    message_id: Uuid,
    /// Such as `claimant.confirmed`; `webhook.ping` for a test.
    #[serde(rename = "type")]
    event_type: String,
    /// The how manieth attempt of the delivery, from 1.
    number: i16,
    started_at: DateTime<Utc>,
    duration_ms: i32,
    /// Status of the answer, if there was one.
    status: Option<i16>,
    /// `ok|address|dns|connect|timeout|redirect|gone|status`
    outcome: String,
}

/// Attempts of 30 days, newest first.
#[derive(Serialize, ToSchema)]
pub struct AttemptsResponse {
    items: Vec<AttemptResponse>,
    next_cursor: Option<String>,
}

/// Which page.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttemptsQuery {
    cursor: Option<String>,
    limit: Option<u16>,
}

/// `POST /api/v1/partner/webhook-endpoints/{id}/ping`
#[utoipa::path(
    post,
    path = "/api/v1/partner/webhook-endpoints/{id}/ping",
    operation_id = "ping_webhook_endpoint",
    summary = "Deliver a test event",
    tag = "partner",
    params(("id" = Uuid, Path, description = "The endpoint")),
    security(("partner" = ["webhooks"])),
    responses(
        (status = 202, body = PingResponse, description = "A `webhook.ping` is on its way; how it went is in the attempts",
            example = json!({"message_id": "01936c1e-0000-7000-8000-000000000001"})),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "No such endpoint, or none that the key sees"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`webhook-off`, `webhook-backlog`")
    )
)]
pub async fn ping(
    state: web::Data<AppState>,
    partner: Partner,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let id = endpoint_id(&id)?;
    let ctx = state.ctx.clone();
    let acting = async move { replay::ping(&ctx, &partner.0, id).await };
    let message_id = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Accepted().json(PingResponse { message_id }))
}

/// `GET /api/v1/partner/webhook-endpoints/{id}/attempts?cursor=&limit=`
#[utoipa::path(
    get,
    path = "/api/v1/partner/webhook-endpoints/{id}/attempts",
    operation_id = "list_webhook_attempts",
    summary = "How deliveries went",
    tag = "partner",
    params(
        ("id" = Uuid, Path, description = "The endpoint"),
        ("limit" = Option<u16>, Query, description = "1 to 200, 50 if left out"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before")
    ),
    security(("partner" = ["webhooks"])),
    responses(
        (status = 200, body = AttemptsResponse, description = "A page, newest first",
            example = json!({"items": [{"message_id": "01936c1e-0000-7000-8000-000000000001", "type": "claimant.confirmed", "number": 1, "started_at": "2026-11-23T10:00:00Z", "duration_ms": 87, "status": 204, "outcome": "ok"}], "next_cursor": null})),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "No such endpoint, or none that the key sees")
    )
)]
pub async fn attempts(
    state: web::Data<AppState>,
    partner: Partner,
    id: web::Path<String>,
    query: Result<web::Query<AttemptsQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let id = endpoint_id(&id)?;
    let query = query.map_err(|_| WebError::BadCursor)?.into_inner();
    let limit = page_length(query.limit)?;
    let cursor = query.cursor.as_deref().filter(|text| !text.is_empty());
    let before = cursor.map(|text| read_cursor(text).ok_or(WebError::BadCursor));
    let before = before.transpose()?;
    let (attempts, next) = replay::attempts(&state.ctx, &partner.0, id, before, limit).await?;
    Ok(HttpResponse::Ok().json(AttemptsResponse {
        items: attempts.into_iter().map(AttemptResponse::from).collect(),
        next_cursor: next.map(write_cursor),
    }))
}

/// `POST /api/v1/partner/webhook-endpoints/{id}/replays`
#[utoipa::path(
    post,
    path = "/api/v1/partner/webhook-endpoints/{id}/replays",
    operation_id = "replay_webhook_events",
    summary = "Deliver events again",
    tag = "partner",
    params(("id" = Uuid, Path, description = "The endpoint")),
    security(("partner" = ["webhooks"])),
    request_body(content = ReplayBody, examples(
        ("one" = (summary = "One event", value = json!({"event_id": "01936c1e-0000-7000-8000-000000000001"}))),
        ("span" = (summary = "All from one number to another", value = json!({"from": 17, "to": 42})))
    )),
    responses(
        (status = 202, body = ReplayResponse, description = "They are on their way, each under the id it had",
            example = json!({"deliveries": 26})),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "No such endpoint, or none that the key sees"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`webhook-off`, `webhook-backlog`")
    )
)]
pub async fn replay(
    state: web::Data<AppState>,
    partner: Partner,
    id: web::Path<String>,
    body: Json<ReplayBody>,
) -> WebResult<HttpResponse> {
    let (id, again) = (endpoint_id(&id)?, again(&body.0)?);
    let ctx = state.ctx.clone();
    let acting = async move { replay::replay(&ctx, &partner.0, id, again).await };
    let deliveries = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Accepted().json(ReplayResponse { deliveries }))
}

/// One or the other.
fn again(body: &ReplayBody) -> WebResult<Again> {
    match (body.event_id, body.from, body.to) {
        (Some(id), None, None) => Ok(Again::Event(PartnerEventId::new(id))),
        (None, Some(from), Some(to)) => Ok(Again::Span(from, to)),
        (event, from, _) => {
            let place = match (event, from) {
                (Some(_), _) | (None, None) => "/event_id",
                (None, Some(_)) => "/to",
            };
            let mut errors = FieldErrors::new();
            errors.push(place, FieldCode::Required, "error-webhook-again");
            Err(AppError::Invalid(errors).into())
        }
    }
}

impl From<Attempt> for AttemptResponse {
    fn from(attempt: Attempt) -> Self {
        Self {
            message_id: attempt.message_id,
            event_type: attempt.event_type,
            number: attempt.number,
            started_at: attempt.started_at,
            duration_ms: attempt.duration_ms,
            status: attempt.status,
            outcome: attempt.outcome,
        }
    }
}
