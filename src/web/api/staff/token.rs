//! `/api/v1/staff/token`, `/api/v1/staff/step-up`: signing in of tools.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::staff::session::{self, Tokens};
use crate::app::staff::sign_in::{self, SignIn, Visitor};
use crate::domain::device;
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::api::staff::people::language;
use crate::web::error::Problem;
use crate::web::extract::{ClientAddr, Json, Staff, UserAgent};

/// Who signs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    email: String,
    password: String,
    /// Six digits of the authenticator app, or a recovery code.
    totp: String,
    /// Slug of the association to act for; the first without it.
    association: Option<String>,
}

/// A refresh token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshRequest {
    refresh_token: String,
}

/// A fresh second factor.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StepUpRequest {
    /// Six digits of the authenticator app, or a recovery code.
    totp: String,
    /// Language of the mail about a recovery code: `it|en|de`.
    language: Option<String>,
}

/// What a tool works with.
#[derive(Serialize, ToSchema)]
pub struct TokenResponse {
    /// For `Authorization: Bearer`.
    access_token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// Seconds the access token works.
    expires_in: i64,
    /// Exchanged once for the next pair.
    refresh_token: String,
}

/// Until when clear data may be asked for.
#[derive(Serialize, ToSchema)]
pub struct StepUpResponse {
    expires_at: DateTime<Utc>,
}

/// `POST /api/v1/staff/token`
#[utoipa::path(
    post,
    path = "/api/v1/staff/token",
    operation_id = "staff_token",
    tag = "staff",
    request_body = TokenRequest,
    responses((status = 200, body = TokenResponse), (status = 401, body = Problem), (status = 429, body = Problem))
)]
pub async fn issue(
    state: web::Data<AppState>,
    client: ClientAddr,
    agent: UserAgent,
    body: Json<TokenRequest>,
) -> WebResult<HttpResponse> {
    let ctx = state.ctx.clone();
    let Json(body) = body;
    let attempt = SignIn {
        email: body.email,
        password: body.password,
        totp: body.totp,
        association: body.association,
    };
    let visitor = Visitor {
        client: format!("{:?}", client.network()),
        network: client.place(),
        device: device::described(agent.0.as_deref()),
        ..Visitor::default()
    };
    let tokens = state
        .ctx
        .to_end(async move { sign_in::issue_tokens(&ctx, attempt, &visitor).await })
        .await?;
    Ok(HttpResponse::Ok().json(response(tokens)))
}

/// `POST /api/v1/staff/token/refresh`
#[utoipa::path(
    post,
    path = "/api/v1/staff/token/refresh",
    operation_id = "staff_refresh",
    tag = "staff",
    request_body = RefreshRequest,
    responses((status = 200, body = TokenResponse), (status = 401, body = Problem))
)]
pub async fn refresh(
    state: web::Data<AppState>,
    body: Json<RefreshRequest>,
) -> WebResult<HttpResponse> {
    let ctx = state.ctx.clone();
    let tokens = state
        .ctx
        .to_end(async move { session::refresh(&ctx, &body.0.refresh_token).await })
        .await?;
    Ok(HttpResponse::Ok().json(response(tokens)))
}

/// `POST /api/v1/staff/token/revoke`
#[utoipa::path(
    post,
    path = "/api/v1/staff/token/revoke",
    operation_id = "staff_revoke",
    tag = "staff",
    request_body = RefreshRequest,
    responses((status = 204, description = "Revoked, or never known"))
)]
pub async fn revoke(
    state: web::Data<AppState>,
    body: Json<RefreshRequest>,
) -> WebResult<HttpResponse> {
    let ctx = state.ctx.clone();
    state
        .ctx
        .to_end(async move { session::revoke(&ctx, &body.0.refresh_token).await })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `POST /api/v1/staff/step-up`
#[utoipa::path(
    post,
    path = "/api/v1/staff/step-up",
    operation_id = "staff_step_up",
    tag = "staff",
    request_body = StepUpRequest,
    security(("staff" = [])),
    responses((status = 200, body = StepUpResponse), (status = 429, body = Problem))
)]
pub async fn step_up(
    state: web::Data<AppState>,
    staff: Staff,
    body: Json<StepUpRequest>,
) -> WebResult<HttpResponse> {
    let ctx = state.ctx.clone();
    let language = language(body.0.language.as_deref())?;
    let acting = async move { session::step_up(&ctx, &staff.actor, &body.0.totp, language).await };
    let expires_at = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(StepUpResponse { expires_at }))
}

fn response(tokens: Tokens) -> TokenResponse {
    TokenResponse {
        access_token: tokens.access_token,
        token_type: "Bearer",
        expires_in: tokens.expires_in,
        refresh_token: tokens.refresh_token,
    }
}
