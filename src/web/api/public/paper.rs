//! `/api/v1/public/me/declaration/paper-form`: the form to sign by hand.

use actix_web::{HttpResponse, web};

use super::declaration::pdf;
use super::me::actor;
use crate::app::paper;
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::error::Problem;
use crate::web::extract::session::ClaimantToken;

/// `GET /api/v1/public/me/declaration/paper-form`
#[utoipa::path(
    get,
    path = "/api/v1/public/me/declaration/paper-form",
    operation_id = "get_paper_form",
    tag = "me",
    security(("claimant" = [])),
    responses(
        (status = 200, content_type = "application/pdf", description = "The declared version in large print with fields to sign, to be printed"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "Nothing that could be signed now")
    )
)]
pub async fn form(state: web::Data<AppState>, token: ClaimantToken) -> WebResult<HttpResponse> {
    let actor = actor(&state.ctx, &token).await?;
    let bytes = paper::form(&state.ctx, &actor).await?;
    Ok(pdf(bytes, "modulo-da-firmare.pdf"))
}
