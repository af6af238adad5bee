//! `/api/v1/staff/claimants/{id}/...`: for people without an e-mail.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::AppError;
use crate::app::assist;
use crate::domain::ids::ClaimantId;
use crate::state::AppState;
use crate::web::api::public::me::{IdentityBody, StateResponse};
use crate::web::assist::confirmation;
use crate::web::error::Problem;
use crate::web::extract::{Json, Staff};
use crate::web::{WebError, WebResult};

/// How the person was reached.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmationBody {
    /// `phone|post`
    #[schema(example = "phone")]
    how: Option<String>,
    /// One line of 1 to 500 characters; kept in the trail, sealed.
    reason: Option<String>,
}

/// An address.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailBody {
    #[schema(example = "maria@example.org")]
    email: String,
}

/// What to look at.
#[derive(Serialize, ToSchema)]
pub struct IdentityEnteredResponse {
    /// `name_mismatch|birth_place_mismatch|representative_name_mismatch|provisional_code|registered_elsewhere`
    warnings: Vec<&'static str>,
}

/// `POST /api/v1/staff/claimants/{id}/confirmation`
#[utoipa::path(
    post,
    path = "/api/v1/staff/claimants/{id}/confirmation",
    operation_id = "assist_confirm",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The claimant")),
    security(("staff" = [])),
    request_body(content = ConfirmationBody, example = json!({"how": "phone", "reason": "Answered at the number given"})),
    responses(
        (status = 200, body = StateResponse),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "Nobody to assist"),
        (status = 422, body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn confirm(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<ConfirmationBody>,
) -> WebResult<HttpResponse> {
    let id = claimant(&id)?;
    let (how, reason) = confirmation(body.0.how.as_deref(), body.0.reason.as_deref())?;
    let ctx = state.ctx.clone();
    let acting = async move { assist::confirm(&ctx, &staff.actor, id, how, &reason).await };
    let after = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(StateResponse {
        state: after.as_str(),
    }))
}

/// `PUT /api/v1/staff/claimants/{id}/identity`
#[utoipa::path(
    put,
    path = "/api/v1/staff/claimants/{id}/identity",
    operation_id = "assist_identity",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The claimant")),
    security(("staff" = [])),
    request_body = IdentityBody,
    responses(
        (status = 200, body = IdentityEnteredResponse),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The person has an e-mail, or the state takes no identity"),
        (status = 422, body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn identity(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<IdentityBody>,
) -> WebResult<HttpResponse> {
    let id = claimant(&id)?;
    let request = body.0.request();
    let ctx = state.ctx.clone();
    let acting =
        Box::pin(async move { assist::enter_identity(&ctx, &staff.actor, id, request).await });
    let warnings = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(IdentityEnteredResponse { warnings }))
}

/// `PUT /api/v1/staff/claimants/{id}/email`
#[utoipa::path(
    put,
    path = "/api/v1/staff/claimants/{id}/email",
    operation_id = "assist_email",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The claimant")),
    security(("staff" = [])),
    request_body = EmailBody,
    responses(
        (status = 200, body = StateResponse, description = "The confirmation is mailed"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "Nobody to assist"),
        (status = 422, body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn email(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<EmailBody>,
) -> WebResult<HttpResponse> {
    let id = claimant(&id)?;
    let ctx = state.ctx.clone();
    let acting = async move { assist::enter_email(&ctx, &staff.actor, id, &body.0.email).await };
    let after = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(StateResponse {
        state: after.as_str(),
    }))
}

fn claimant(text: &str) -> WebResult<ClaimantId> {
    ClaimantId::parse(text).ok_or(WebError::App(AppError::NotFound))
}
