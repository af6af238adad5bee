//! `/api/v1/staff/account`: the own account of whoever asks.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::people::{EndedResponse, SessionResponse, language};
use crate::app::staff::account::{self, Proof};
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::error::Problem;
use crate::web::extract::{Json, OptionalJson, Staff};

/// Which sessions end.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndBody {
    /// One of the own; null: all but the one that asks.
    session: Option<Uuid>,
}

/// A new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordBody {
    /// The password as it is.
    password: String,
    /// A code of the authenticator app, or a recovery code.
    totp: String,
    /// 12 to 200 characters.
    new_password: String,
    /// Language of the mail about it: `it|en|de`.
    language: Option<String>,
}

/// A new authenticator app.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FactorBody {
    /// The password.
    password: String,
    /// A code of the app as it is, or a recovery code.
    totp: String,
    /// A code of the new app, connected with the secret of GET.
    new_code: String,
    /// Language of the mail about it: `it|en|de`.
    language: Option<String>,
}

/// Proof of who asks.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountProofBody {
    /// The password.
    password: String,
    /// A code of the authenticator app, or a recovery code.
    totp: String,
}

/// The own account.
#[derive(Serialize, ToSchema)]
pub struct AccountResponse {
    name: String,
    email: String,
    /// Recovery codes that still work.
    recovery_codes: i64,
    /// Over all associations, newest first.
    sessions: Vec<SessionResponse>,
}

/// What a new app is connected with.
#[derive(Serialize, ToSchema)]
pub struct FactorResponse {
    /// Base32.
    secret: String,
    /// For a QR code.
    otpauth: String,
}

/// New recovery codes, shown once.
#[derive(Serialize, ToSchema)]
pub struct CodesResponse {
    codes: Vec<String>,
}

/// `GET /api/v1/staff/account`
#[utoipa::path(
    get,
    path = "/api/v1/staff/account",
    operation_id = "get_account",
    tag = "staff",
    security(("staff" = [])),
    responses((status = 200, body = AccountResponse))
)]
pub async fn get(state: web::Data<AppState>, staff: Staff) -> WebResult<HttpResponse> {
    let own = account::get(&state.ctx, &staff.actor).await?;
    Ok(HttpResponse::Ok().json(AccountResponse {
        name: own.name,
        email: own.email,
        recovery_codes: own.recovery_codes,
        sessions: own
            .sessions
            .into_iter()
            .map(SessionResponse::from)
            .collect(),
    }))
}

/// `POST /api/v1/staff/account/sessions-end`
#[utoipa::path(
    post,
    path = "/api/v1/staff/account/sessions-end",
    operation_id = "end_own_sessions",
    tag = "staff",
    security(("staff" = [])),
    request_body = Option<EndBody>,
    responses((status = 200, body = EndedResponse, description = "0 for a session that is over already, or never was one's own"))
)]
pub async fn end_sessions(
    state: web::Data<AppState>,
    staff: Staff,
    body: OptionalJson<EndBody>,
) -> WebResult<HttpResponse> {
    let only = body.0.and_then(|body| body.session);
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { account::end_sessions(&ctx, &actor, only).await };
    let sessions = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(EndedResponse { sessions }))
}

/// `PUT /api/v1/staff/account/password`
#[utoipa::path(
    put,
    path = "/api/v1/staff/account/password",
    operation_id = "change_password",
    tag = "staff",
    security(("staff" = [])),
    request_body = PasswordBody,
    responses((status = 204, description = "Changed; all sessions and tokens have ended, this one too"), (status = 429, body = Problem))
)]
pub async fn change_password(
    state: web::Data<AppState>,
    staff: Staff,
    body: Json<PasswordBody>,
) -> WebResult<HttpResponse> {
    let Json(body) = body;
    let proof = proof(body.password, body.totp, body.language.as_deref())?;
    let (ctx, actor, new) = (state.ctx.clone(), staff.actor.clone(), body.new_password);
    let acting = async move { account::change_password(&ctx, &actor, &proof, &new).await };
    state.ctx.to_end(acting).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `GET /api/v1/staff/account/authenticator`
#[utoipa::path(
    get,
    path = "/api/v1/staff/account/authenticator",
    operation_id = "new_factor",
    tag = "staff",
    security(("staff" = [])),
    responses((status = 200, body = FactorResponse, description = "The same in one session, until it is taken up"))
)]
pub async fn new_factor(state: web::Data<AppState>, staff: Staff) -> WebResult<HttpResponse> {
    let new = account::new_factor(&state.ctx, &staff.actor).await?;
    Ok(HttpResponse::Ok().json(FactorResponse {
        secret: new.secret,
        otpauth: new.url,
    }))
}

/// `PUT /api/v1/staff/account/authenticator`
#[utoipa::path(
    put,
    path = "/api/v1/staff/account/authenticator",
    operation_id = "change_factor",
    tag = "staff",
    security(("staff" = [])),
    request_body = FactorBody,
    responses((status = 204, description = "Changed; all sessions and tokens have ended, this one too"), (status = 429, body = Problem))
)]
pub async fn change_factor(
    state: web::Data<AppState>,
    staff: Staff,
    body: Json<FactorBody>,
) -> WebResult<HttpResponse> {
    let Json(body) = body;
    let proof = proof(body.password, body.totp, body.language.as_deref())?;
    let (ctx, actor, code) = (state.ctx.clone(), staff.actor.clone(), body.new_code);
    let acting = async move { account::change_factor(&ctx, &actor, &proof, &code).await };
    state.ctx.to_end(acting).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `POST /api/v1/staff/account/recovery-codes`
#[utoipa::path(
    post,
    path = "/api/v1/staff/account/recovery-codes",
    operation_id = "new_recovery_codes",
    tag = "staff",
    security(("staff" = [])),
    request_body = AccountProofBody,
    responses((status = 200, body = CodesResponse, description = "Ten, in the place of the old ones"),
        (status = 429, body = Problem))
)]
pub async fn recovery_codes(
    state: web::Data<AppState>,
    staff: Staff,
    body: Json<AccountProofBody>,
) -> WebResult<HttpResponse> {
    let proof = proof(body.0.password, body.0.totp, None)?;
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { account::new_recovery_codes(&ctx, &actor, &proof).await };
    let codes = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(CodesResponse { codes }))
}

fn proof(password: String, code: String, word: Option<&str>) -> WebResult<Proof> {
    Ok(Proof {
        password,
        code,
        language: language(word)?,
    })
}
