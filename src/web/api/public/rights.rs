//! `/api/v1/public/me/rights-requests`: requests about the own data.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::me::actor;
use crate::app::AppError;
use crate::app::rights::{self, RightsRequest, Way};
use crate::domain::field::FieldErrors;
use crate::domain::rights::{RightsKind, RightsText};
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::error::Problem;
use crate::web::extract::Json;
use crate::web::extract::session::ClaimantToken;

/// What is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RightsRequestBody {
    /// `rectification|objection|restriction|erasure`
    #[schema(example = "rectification")]
    kind: Option<String>,
    /// 1 to 2,000 characters.
    #[schema(example = "My name is written wrong in the signed declaration")]
    text: Option<String>,
}

/// A request and how it stands.
#[derive(Serialize, ToSchema)]
pub struct RightsRequestResponse {
    id: Uuid,
    kind: String,
    /// `page|api|letter`
    channel: String,
    received_on: NaiveDate,
    /// Last day for the answer, Europe/Rome.
    due_on: NaiveDate,
    overdue: bool,
    /// When the one extension was notified.
    extended_at: Option<DateTime<Utc>>,
    /// `mail|letter`
    extension_notified: Option<String>,
    extension_reason: Option<String>,
    answered_at: Option<DateTime<Utc>>,
    /// `granted|partly|refused`
    decision: Option<String>,
    /// What became of it: `recorded|restricted|erasing|erased`; null while open.
    outcome: Option<String>,
    answer_reason: Option<String>,
    /// From when the data are used again, where they were only kept; null as long as that was not announced.
    lifts_at: Option<DateTime<Utc>>,
    lifted_at: Option<DateTime<Utc>>,
    lifting_reason: Option<String>,
    /// What was written; null once erased.
    text: Option<String>,
}

impl From<RightsRequest> for RightsRequestResponse {
    fn from(request: RightsRequest) -> Self {
        Self {
            id: request.id,
            kind: request.kind,
            channel: request.channel,
            received_on: request.received_on,
            due_on: request.due_on,
            overdue: request.overdue,
            extended_at: request.extended_at,
            extension_notified: request.extension_notified,
            extension_reason: request.extension_reason,
            answered_at: request.answered_at,
            decision: request.decision,
            outcome: request.outcome,
            answer_reason: request.answer_reason,
            lifts_at: request.lifting.as_ref().map(|it| it.lifts_at),
            lifted_at: request.lifting.as_ref().and_then(|it| it.lifted_at),
            lifting_reason: request.lifting.and_then(|it| it.reason),
            text: request.text,
        }
    }
}

/// The own requests, newest first.
#[derive(Serialize, ToSchema)]
pub struct RightsRequestsResponse {
    items: Vec<RightsRequestResponse>,
}

/// Reads what is asked for.
///
/// # Errors
/// `Invalid` at `/kind`, `/text`.
pub(in crate::web) fn wanted(
    kind: Option<&str>,
    text: Option<&str>,
) -> Result<(RightsKind, RightsText), AppError> {
    let mut errors = FieldErrors::new();
    let kind = errors.take("/kind", RightsKind::parse_own(kind));
    let text = errors.take("/text", RightsText::parse(text));
    kind.zip(text).ok_or(AppError::Invalid(errors))
}

/// `GET /api/v1/public/me/rights-requests`
#[utoipa::path(
    get,
    path = "/api/v1/public/me/rights-requests",
    operation_id = "list_my_rights_requests",
    tag = "me",
    security(("claimant" = [])),
    responses(
        (status = 200, body = RightsRequestsResponse)
    )
)]
pub async fn list(state: web::Data<AppState>, token: ClaimantToken) -> WebResult<HttpResponse> {
    let actor = actor(&state.ctx, &token).await?;
    let own = rights::list_own(&state.ctx, &actor).await?;
    let items = own.into_iter().map(RightsRequestResponse::from).collect();
    Ok(HttpResponse::Ok().json(RightsRequestsResponse { items }))
}

/// `POST /api/v1/public/me/rights-requests`
#[utoipa::path(
    post,
    path = "/api/v1/public/me/rights-requests",
    operation_id = "ask_rights_request",
    tag = "me",
    security(("claimant" = [])),
    request_body = RightsRequestBody,
    responses(
        (status = 201, body = RightsRequestResponse),
        (status = 429, body = Problem, content_type = "application/problem+json", description = "Five are open")
    )
)]
pub async fn ask(
    state: web::Data<AppState>,
    token: ClaimantToken,
    body: Json<RightsRequestBody>,
) -> WebResult<HttpResponse> {
    let actor = actor(&state.ctx, &token).await?;
    let (kind, text) = wanted(body.0.kind.as_deref(), body.0.text.as_deref())?;
    let ctx = state.ctx.clone();
    let acting = async move { rights::ask(&ctx, &actor, kind, &text, Way::Api).await };
    let asked = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Created().json(RightsRequestResponse::from(asked)))
}
