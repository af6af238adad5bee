//! `/api/v1/public/me/mailboxes/{id}` and `/me/payout/codes`: codes that prove control.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::me::actor;
use crate::app::{AppError, mailbox_proof, payout};
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::ids::MailboxId;
use crate::state::AppState;
use crate::web::error::Problem;
use crate::web::extract::Json;
use crate::web::extract::session::ClaimantToken;
use crate::web::{WebError, WebResult};

/// A code is on its way.
#[derive(Serialize, ToSchema)]
pub struct CodeResponse {
    /// Its last instant.
    expires_at: DateTime<Utc>,
}

/// The code as it was mailed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MailboxProofBody {
    #[schema(example = "123456")]
    code: Option<String>,
}

/// A mailbox that is proved to be the claimant's.
#[derive(Serialize, ToSchema)]
pub struct ProofResponse {
    id: Uuid,
    /// Since when.
    proved_at: DateTime<Utc>,
}

/// `POST /api/v1/public/me/mailboxes/{id}/codes`
#[utoipa::path(
    post,
    path = "/api/v1/public/me/mailboxes/{id}/codes",
    operation_id = "request_mailbox_code",
    tag = "me",
    security(("claimant" = [])),
    params(("id" = Uuid, Path, description = "A mailbox of the own record")),
    responses(
        (status = 202, body = CodeResponse, description = "A code goes to the mailbox"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "Its provider takes no mail now, or it is proved already"),
        (status = 429, body = Problem, content_type = "application/problem+json", description = "Five codes for it in 24 hours, or ten in all")
    )
)]
pub async fn request_mailbox_code(
    state: web::Data<AppState>,
    token: ClaimantToken,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let actor = actor(&state.ctx, &token).await?;
    let id = mailbox(&id)?;
    let ctx = state.ctx.clone();
    let acting = async move { mailbox_proof::request(&ctx, &actor, id).await };
    let expires_at = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Accepted().json(CodeResponse { expires_at }))
}

/// `POST /api/v1/public/me/mailboxes/{id}/proof`
#[utoipa::path(
    post,
    path = "/api/v1/public/me/mailboxes/{id}/proof",
    operation_id = "prove_mailbox",
    tag = "me",
    security(("claimant" = [])),
    params(("id" = Uuid, Path, description = "A mailbox of the own record")),
    request_body = MailboxProofBody,
    responses(
        (status = 200, body = ProofResponse),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The state takes no proof"),
        (status = 410, body = Problem, content_type = "application/problem+json", description = "The code was used"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "A wrong code; five end it")
    )
)]
pub async fn prove_mailbox(
    state: web::Data<AppState>,
    token: ClaimantToken,
    id: web::Path<String>,
    body: Json<MailboxProofBody>,
) -> WebResult<HttpResponse> {
    let actor = actor(&state.ctx, &token).await?;
    let id = mailbox(&id)?;
    let code = body.0.code.unwrap_or_default();
    let code: String = code.chars().filter(|char| !char.is_whitespace()).collect();
    if code.is_empty() {
        let mut errors = FieldErrors::new();
        errors.push("/code", FieldCode::Required, "error-code-required");
        return Err(AppError::Invalid(errors).into());
    }
    let ctx = state.ctx.clone();
    let acting = async move { mailbox_proof::prove(&ctx, &actor, id, &code).await };
    let proved_at = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(ProofResponse {
        id: id.uuid(),
        proved_at,
    }))
}

/// `POST /api/v1/public/me/payout/codes`
#[utoipa::path(
    post,
    path = "/api/v1/public/me/payout/codes",
    operation_id = "request_payout_code",
    tag = "me",
    security(("claimant" = [])),
    responses(
        (status = 202, body = CodeResponse, description = "A code goes to the confirmed contact"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "There is no account yet, or none is taken"),
        (status = 429, body = Problem, content_type = "application/problem+json", description = "Ten codes in 24 hours")
    )
)]
pub async fn request_payout_code(
    state: web::Data<AppState>,
    token: ClaimantToken,
) -> WebResult<HttpResponse> {
    let actor = actor(&state.ctx, &token).await?;
    let ctx = state.ctx.clone();
    let acting = async move { payout::request_code(&ctx, &actor).await };
    let expires_at = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Accepted().json(CodeResponse { expires_at }))
}

fn mailbox(id: &str) -> WebResult<MailboxId> {
    MailboxId::parse(id).ok_or(WebError::App(AppError::NotFound))
}
