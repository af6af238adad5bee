//! `/api/v1/partner/events`: what happened to those a partner sent, numbered without a gap.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::partner::event::{self, Event};
use crate::domain::ids::ClaimantId;
use crate::state::AppState;
use crate::web::api::page_length::page_length;
use crate::web::error::Problem;
use crate::web::extract::Partner;
use crate::web::{WebError, WebResult};

/// Something that happened to somebody the partner sent.
#[derive(Serialize, ToSchema)]
pub struct EventResponse {
    /// Its number among the partner's events, from 1 without a gap; a key for some cases sees some of them.
    sequence: i64,
    /// Its id, also of the message that delivers it.
    id: Uuid,
    /// `claimant.received|claimant.confirmed|claimant.signed|claimant.withdrawn`
    #[serde(rename = "type")]
    #[schema(example = "claimant.confirmed")]
    event_type: &'static str,
    /// Whom the partner sent; null: the data were erased since.
    claimant_id: Option<Uuid>,
    /// When it happened, to the second.
    created_at: DateTime<Utc>,
}

/// Events in the order of their numbers.
#[derive(Serialize, ToSchema)]
pub struct EventsResponse {
    items: Vec<EventResponse>,
    /// For `after`, always there: who asks again with it later gets what came since.
    next_cursor: String,
}

/// Which page.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventsQuery {
    after: Option<String>,
    limit: Option<u16>,
}

/// `GET /api/v1/partner/events?after=&limit=`
#[utoipa::path(
    get,
    path = "/api/v1/partner/events",
    operation_id = "list_partner_events",
    summary = "What happened to those you sent",
    tag = "partner",
    params(
        ("limit" = Option<u16>, Query, description = "1 to 200, 50 if left out"),
        ("after" = Option<String>, Query, description = "`next_cursor` of the page before, or the `sequence` to go on from; from the oldest one if left out")
    ),
    security(("partner" = ["events"])),
    responses(
        (status = 200, body = EventsResponse, description = "In the order of their numbers",
            example = json!({"items": [{"sequence": 1, "id": "01936c1e-0000-7000-8000-000000000002", "type": "claimant.received", "claimant_id": "01936c1e-0000-7000-8000-000000000001", "created_at": "2026-11-23T10:00:00Z"}], "next_cursor": "1"})),
        (status = 400, body = Problem, content_type = "application/problem+json", description = "`cursor`: `after` is no number, or lies beyond the last event; `limit` is none from 1 to 200")
    )
)]
pub async fn list(
    state: web::Data<AppState>,
    partner: Partner,
    query: Result<web::Query<EventsQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let query = query.map_err(|_| WebError::BadCursor)?.into_inner();
    let limit = page_length(query.limit)?;
    let after = query.after.as_deref().filter(|text| !text.is_empty());
    let after = after.map_or(Some(0), number).ok_or(WebError::BadCursor)?;
    let page = event::list(&state.ctx, &partner.0, after, limit).await?;
    let (events, next) = page.ok_or(WebError::AfterLast)?;
    Ok(HttpResponse::Ok().json(EventsResponse {
        items: events.into_iter().map(EventResponse::from).collect(),
        next_cursor: next.to_string(),
    }))
}

/// A number as it is told: digits alone.
fn number(text: &str) -> Option<i64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

impl From<Event> for EventResponse {
    fn from(event: Event) -> Self {
        Self {
            sequence: event.sequence,
            id: event.id.uuid(),
            event_type: event.state.event_type(),
            claimant_id: event.claimant.map(ClaimantId::uuid),
            created_at: event.created_at,
        }
    }
}
