//! `/api/v1/staff/claimants/{id}/identity-check`: what does not fit in an identity is in order (R23).

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::{AppError, identity_check};
use crate::domain::field::{FieldCode, FieldErrors, ValueError};
use crate::domain::ids::ClaimantId;
use crate::domain::reason::Reason;
use crate::state::AppState;
use crate::web::error::Problem;
use crate::web::extract::{Json, Staff};
use crate::web::{WebError, WebResult};

/// What was looked at, and why it is in order.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityCheckBody {
    /// Number of the version of the identity that was looked at.
    #[schema(example = 1)]
    version: Option<i32>,
    /// One line of 1 to 500 characters; kept in the trail, sealed.
    #[schema(example = "Showed the health card: the name of her birth")]
    reason: Option<String>,
}

/// What was found in order.
#[derive(Serialize, ToSchema)]
pub struct IdentityCheckResponse {
    /// Number of the version of the identity.
    version: i32,
}

/// Reads what was looked at, and why it is in order.
///
/// # Errors
/// `Invalid` at `/version`, `/reason`.
pub fn checked(version: Option<i32>, reason: Option<&str>) -> Result<(i32, Reason), AppError> {
    let mut errors = FieldErrors::new();
    let missing = ValueError::new(FieldCode::Required, "error-version-required");
    let version = errors.take("/version", version.ok_or(missing));
    let reason = errors.take("/reason", Reason::parse(reason));
    match (version, reason) {
        (Some(version), Some(reason)) => Ok((version, reason)),
        _ => Err(errors.into()),
    }
}

/// `POST /api/v1/staff/claimants/{id}/identity-check`
#[utoipa::path(
    post,
    path = "/api/v1/staff/claimants/{id}/identity-check",
    operation_id = "check_identity",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The claimant")),
    security(("staff" = [])),
    request_body = IdentityCheckBody,
    responses(
        (status = 200, body = IdentityCheckResponse, description = "Off the list `identity_to_check`, until another identity is given"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "Nothing waits for a look, another identity came meanwhile, or the record is over"),
        (status = 422, body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn check(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<IdentityCheckBody>,
) -> WebResult<HttpResponse> {
    let id = ClaimantId::parse(&id).ok_or(WebError::App(AppError::NotFound))?;
    let (version, reason) = checked(body.0.version, body.0.reason.as_deref())?;
    let ctx = state.ctx.clone();
    let acting =
        async move { identity_check::check(&ctx, &staff.actor, id, version, &reason).await };
    state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(IdentityCheckResponse { version }))
}
