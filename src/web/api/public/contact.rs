//! `/api/v1/public/me/contact`: another address to be written to (R14, R26).

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::me::actor;
use crate::app::contact_change;
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::error::Problem;
use crate::web::extract::Json;
use crate::web::extract::session::ClaimantToken;

/// Another address.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactChangeBody {
    #[schema(example = "maria.rossi@example.org")]
    email: Option<String>,
}

/// The code as it was mailed to the new address.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactConfirmationBody {
    #[schema(example = "123456")]
    code: Option<String>,
}

/// A code for another address is on its way.
#[derive(Serialize, ToSchema)]
pub struct ContactChangeResponse {
    /// Its last instant.
    expires_at: DateTime<Utc>,
}

/// The record is written to elsewhere from now on.
#[derive(Serialize, ToSchema)]
pub struct ContactChangedResponse {
    /// The new address, masked.
    email: String,
    changed_at: DateTime<Utc>,
    /// No account is taken before; later, if the notice to the former address leaves late.
    accounts_from: Option<DateTime<Utc>>,
}

/// `POST /api/v1/public/me/contact/changes`
#[utoipa::path(
    post,
    path = "/api/v1/public/me/contact/changes",
    operation_id = "request_contact_change",
    tag = "me",
    security(("claimant" = [])),
    request_body = ContactChangeBody,
    responses(
        (status = 202, body = ContactChangeResponse, description = "A code goes to the new address; the contact stays as it is until it is typed in"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The state takes no other contact"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "No address, the same one, or one that takes no mail now"),
        (status = 429, body = Problem, content_type = "application/problem+json", description = "Ten codes in 24 hours"),
    )
)]
pub async fn request(
    state: web::Data<AppState>,
    token: ClaimantToken,
    body: Json<ContactChangeBody>,
) -> WebResult<HttpResponse> {
    let actor = actor(&state.ctx, &token).await?;
    let email = body.0.email.unwrap_or_default();
    let ctx = state.ctx.clone();
    let acting = async move { contact_change::request(&ctx, &actor, &email).await };
    let expires_at = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Accepted().json(ContactChangeResponse { expires_at }))
}

/// `POST /api/v1/public/me/contact/confirmations`
#[utoipa::path(
    post,
    path = "/api/v1/public/me/contact/confirmations",
    operation_id = "confirm_contact_change",
    tag = "me",
    security(("claimant" = [])),
    request_body = ContactConfirmationBody,
    responses(
        (status = 200, body = ContactChangedResponse),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "No other address was asked for, or the state takes none"),
        (status = 410, body = Problem, content_type = "application/problem+json", description = "The code was used"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "A wrong code; five end it"),
    )
)]
pub async fn confirm(
    state: web::Data<AppState>,
    token: ClaimantToken,
    body: Json<ContactConfirmationBody>,
) -> WebResult<HttpResponse> {
    let actor = actor(&state.ctx, &token).await?;
    let code = body.0.code.unwrap_or_default();
    let (ctx, by) = (state.ctx.clone(), actor.clone());
    let acting = async move { contact_change::confirm(&ctx, &by, &code).await };
    let changed = state.ctx.to_end(Box::pin(acting)).await?;
    Ok(HttpResponse::Ok().json(ContactChangedResponse {
        email: changed.email,
        changed_at: changed.changed_at,
        accounts_from: changed.accounts_from,
    }))
}
