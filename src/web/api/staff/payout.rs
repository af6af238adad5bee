//! `/api/v1/staff/claimants/{id}/payout-freeze-end`

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::quarantine::reason;
use crate::app::{AppError, payout};
use crate::domain::ids::ClaimantId;
use crate::state::AppState;
use crate::web::error::Problem;
use crate::web::extract::{Json, Staff};
use crate::web::{WebError, WebResult};

/// Why accounts are taken again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PayoutFreezeEndBody {
    /// One line of 1 to 500 characters; kept in the trail, sealed.
    #[schema(example = "Called back at the number of the record: the change was not theirs")]
    reason: Option<String>,
}

/// What is left of the freeze.
#[derive(Serialize, ToSchema)]
pub struct PayoutFreezeResponse {
    /// `false`
    payout_frozen: bool,
}

/// `POST /api/v1/staff/claimants/{id}/payout-freeze-end`
#[utoipa::path(
    post,
    path = "/api/v1/staff/claimants/{id}/payout-freeze-end",
    operation_id = "end_payout_freeze",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The claimant")),
    security(("staff" = [])),
    request_body = PayoutFreezeEndBody,
    responses(
        (status = 200, body = PayoutFreezeResponse, description = "The owner may give an account again"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "Nothing is frozen"),
        (status = 422, body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn end_freeze(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<PayoutFreezeEndBody>,
) -> WebResult<HttpResponse> {
    let id = ClaimantId::parse(&id).ok_or(WebError::App(AppError::NotFound))?;
    let reason = reason(body.0.reason.as_deref())?;
    let ctx = state.ctx.clone();
    let acting = async move { payout::end_freeze(&ctx, &staff.actor, id, &reason).await };
    state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(PayoutFreezeResponse {
        payout_frozen: false,
    }))
}
