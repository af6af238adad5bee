//! `/api/v1/staff/claimants/{id}/quarantine-end`

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::{AppError, quarantine};
use crate::domain::claimant::Review;
use crate::domain::field::FieldErrors;
use crate::domain::ids::ClaimantId;
use crate::domain::reason::Reason;
use crate::state::AppState;
use crate::web::error::Problem;
use crate::web::extract::{Json, Staff};
use crate::web::{WebError, WebResult};

/// Why the quarantine ends.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuarantineEndBody {
    /// One line of 1 to 500 characters; kept in the trail, sealed.
    #[schema(example = "Called: pressed the wrong link")]
    reason: Option<String>,
}

/// What is left to look at.
#[derive(Serialize, ToSchema)]
pub struct ReviewResponse {
    /// `none`
    review: &'static str,
}

/// Reads why something is done.
///
/// # Errors
/// `Invalid` at `/reason`.
pub fn reason(text: Option<&str>) -> Result<Reason, AppError> {
    let mut errors = FieldErrors::new();
    errors
        .take("/reason", Reason::parse(text))
        .ok_or(AppError::Invalid(errors))
}

/// `POST /api/v1/staff/claimants/{id}/quarantine-end`
#[utoipa::path(
    post,
    path = "/api/v1/staff/claimants/{id}/quarantine-end",
    operation_id = "end_quarantine",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The claimant")),
    security(("staff" = [])),
    request_body = QuarantineEndBody,
    responses(
        (status = 200, body = ReviewResponse, description = "A sign-up that waits for confirmation gets its mail again"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "Not in quarantine")
    )
)]
pub async fn end(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<QuarantineEndBody>,
) -> WebResult<HttpResponse> {
    let id = ClaimantId::parse(&id).ok_or(WebError::App(AppError::NotFound))?;
    let reason = reason(body.0.reason.as_deref())?;
    let ctx = state.ctx.clone();
    let acting = async move { quarantine::end(&ctx, &staff.actor, id, &reason).await };
    state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(ReviewResponse {
        review: Review::None.as_str(),
    }))
}
