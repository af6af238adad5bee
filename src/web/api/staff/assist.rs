//! `/api/v1/staff/claimants/{id}/...`: for people without an e-mail.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::declaration::Dictation;
use crate::app::{AppError, assist, declaration};
use crate::domain::declaration::DeclarationInput;
use crate::domain::field::FieldErrors;
use crate::domain::ids::ClaimantId;
use crate::domain::sign_up::ConsentInput;
use crate::state::AppState;
use crate::web::api::public::declaration::{DeclaredResponse, response};
use crate::web::api::public::me::{IdentityBody, StateResponse};
use crate::web::assist::confirmation;
use crate::web::error::Problem;
use crate::web::extract::{Json, Staff};
use crate::web::{WebError, WebResult};

/// How the person was reached.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmationBody {
    /// `phone|desk|post`
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

/// What a claimant without an e-mail told, and how.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ToldBody {
    /// `phone|desk|post`
    #[schema(example = "phone")]
    how: Option<String>,
    /// The required consents, for the texts that were read out or handed over.
    consents: Option<Vec<ConsentInput>>,
    /// As the claimant would put it.
    declaration: DeclarationInput,
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
        (status = 409, body = Problem, content_type = "application/problem+json", description = "Nobody to assist")
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
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The person has an e-mail, or the state takes no identity")
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

/// `PUT /api/v1/staff/claimants/{id}/declaration`
#[utoipa::path(
    put,
    path = "/api/v1/staff/claimants/{id}/declaration",
    operation_id = "assist_declaration",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The claimant")),
    security(("staff" = [])),
    request_body(content = ToldBody, example = json!({
        "how": "phone",
        "consents": [
            {"purpose": "privacy_notice", "text_version": "1", "given": true},
            {"purpose": "contact", "text_version": "1", "given": true}
        ],
        "declaration": {
            "mailboxes": [{"address": "maria.rossi@libero.it", "incidents": [{
                "slug": "gennaio-2023", "plan": "libero-free", "use": ["private"],
                "compensation_received": "none", "items": [{"head": "flat_rate"}]
            }]}],
            "other_claims": false,
            "already_compensated": false
        }
    })),
    responses(
        (status = 200, body = DeclaredResponse, description = "The version says who typed it and how it was told; it is to be signed by hand"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The person has an e-mail and declares alone, or nothing may be declared in this state"),
        (status = 429, body = Problem, content_type = "application/problem+json", description = "50 new versions in 24 hours")
    )
)]
pub async fn declaration(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<ToldBody>,
) -> WebResult<HttpResponse> {
    let id = claimant(&id)?;
    let told = Dictation {
        how: body.0.how,
        consents: body.0.consents,
    };
    let (ctx, input) = (state.ctx.clone(), body.0.declaration);
    let acting =
        Box::pin(
            async move { declaration::put_by_staff(&ctx, &staff.actor, id, input, told).await },
        );
    let declared = state.ctx.to_end(acting).await.map_err(below)?;
    Ok(HttpResponse::Ok().json(response(declared)))
}

/// What is wrong with the declaration stands below it in the body.
fn below(error: AppError) -> AppError {
    const BESIDE: [&str; 4] = ["/how", "/consents", "/identity", "/representative"];
    let AppError::Invalid(errors) = error else {
        return error;
    };
    let mut placed = FieldErrors::new();
    for error in &errors {
        let is_beside = BESIDE.iter().any(|top| error.pointer.starts_with(top));
        let pointer = if is_beside {
            error.pointer.clone()
        } else {
            format!("/declaration{}", error.pointer)
        };
        placed.push(pointer, error.code, error.reason);
    }
    AppError::Invalid(placed)
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
        (status = 409, body = Problem, content_type = "application/problem+json", description = "Nobody to assist")
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
