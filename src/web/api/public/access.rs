//! `/api/v1/public/access-links` and `access-tokens`: back to the own record.

use actix_web::{HttpResponse, web};
use serde_json::json;

use super::confirmations::{EnteredResponse, MailRequest, ProofRequest};
use crate::app::{confirmation, mail_request};
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::error::Problem;
use crate::web::extract::Json;

/// `POST /api/v1/public/access-links`: the same answer whether the address is known (R18).
#[utoipa::path(
    post,
    path = "/api/v1/public/access-links",
    operation_id = "request_access",
    tag = "public",
    request_body = MailRequest,
    responses(
        (status = 202, description = "If the address is known, a mail with at most five records comes"),
        (status = 429, body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn request_link(
    state: web::Data<AppState>,
    body: Json<MailRequest>,
) -> WebResult<HttpResponse> {
    let (case, email) = body.0.parts()?;
    let ctx = state.ctx.clone();
    let acting = async move { mail_request::request_access(&ctx, &case, &email).await };
    state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Accepted().json(json!({})))
}

/// `POST /api/v1/public/access-tokens`
#[utoipa::path(
    post,
    path = "/api/v1/public/access-tokens",
    operation_id = "enter",
    tag = "public",
    request_body(content = ProofRequest, example = json!({"reference": "7Z8K2M4Q9XWT", "code": "123456"})),
    responses(
        (status = 200, body = EnteredResponse),
        (status = 410, body = Problem, content_type = "application/problem+json", description = "`token-used` or `token-expired`"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "A wrong code, or parts are missing"),
        (status = 429, body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn enter(
    state: web::Data<AppState>,
    body: Json<ProofRequest>,
) -> WebResult<HttpResponse> {
    let proof = body.0.proof()?;
    let ctx = state.ctx.clone();
    let acting = async move { confirmation::enter(&ctx, proof).await };
    let entered = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(EnteredResponse::of(&entered)))
}
