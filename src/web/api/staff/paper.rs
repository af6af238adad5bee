//! `/api/v1/staff/claimants/{id}/paper-form`: the form to sign by hand, to send by post.

use actix_web::{HttpResponse, web};

use crate::app::{AppError, paper};
use crate::domain::ids::ClaimantId;
use crate::state::AppState;
use crate::web::api::public::declaration::pdf;
use crate::web::error::Problem;
use crate::web::extract::Staff;
use crate::web::{WebError, WebResult};

/// `GET /api/v1/staff/claimants/{id}/paper-form`
#[utoipa::path(
    get,
    path = "/api/v1/staff/claimants/{id}/paper-form",
    operation_id = "staff_paper_form",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The claimant")),
    security(("staff" = [])),
    responses(
        (status = 200, content_type = "application/pdf", description = "The declared version with fields to sign, to be printed"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "Nothing that could be signed now")
    )
)]
pub async fn form(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let id = claimant(&id)?;
    let ctx = state.ctx.clone();
    let printing = async move { paper::form_by_staff(&ctx, &staff.actor, id).await };
    let bytes = state.ctx.to_end(printing).await?;
    Ok(pdf(bytes, "modulo-da-firmare.pdf"))
}

pub(in crate::web) fn claimant(text: &str) -> WebResult<ClaimantId> {
    ClaimantId::parse(text).ok_or(WebError::App(AppError::NotFound))
}
