//! `/api/v1/staff/claimants/{id}/payout-freeze-end`

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::quarantine::reason;
use crate::app::payout::Decision;
use crate::app::{AppError, payout};
use crate::domain::field::{FieldCode, FieldErrors, filled};
use crate::domain::ids::ClaimantId;
use crate::domain::payout::PayoutInput;
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
        (status = 409, body = Problem, content_type = "application/problem+json", description = "Nothing is frozen")
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

/// An account from a signed paper, for who has no e-mail.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StaffPayoutBody {
    /// IBAN of any SEPA country.
    iban: Option<String>,
    /// In whose name the account is, 1 to 140 characters.
    holder: Option<String>,
    /// Whether that is the claimant; yes when missing.
    holder_is_claimant: Option<bool>,
    /// From which paper: one line of 1 to 500 characters; kept in the trail, sealed.
    #[schema(example = "Form signed on 2 March 2026, received by post")]
    reason: Option<String>,
}

/// What was typed in.
#[derive(Serialize, ToSchema)]
pub struct StaffPayoutResponse {
    /// IBAN, masked.
    iban: String,
    /// When its hold ends; it counts only once a second person released it.
    effective_at: DateTime<Utc>,
}

/// What becomes of an account that waits for staff.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PayoutDecisionBody {
    /// Number of the version that was looked at.
    version: Option<i32>,
    /// `release|reject`
    #[schema(example = "release")]
    decision: Option<String>,
    /// The IBAN once more, from the paper: to release what another typed in.
    iban: Option<String>,
    /// One line of 1 to 500 characters; kept in the trail, sealed.
    #[schema(example = "Called back at the number of the record: the change is theirs")]
    reason: Option<String>,
}

/// Reads a decision.
///
/// # Errors
/// `Invalid` at `/decision`.
pub(in crate::web) fn decision(text: Option<&str>) -> Result<Decision, AppError> {
    let (code, reason) = match filled(text) {
        Some("release") => return Ok(Decision::Release),
        Some("reject") => return Ok(Decision::Reject),
        Some(_) => (FieldCode::UnknownValue, "error-rights-decision"),
        None => (FieldCode::Required, "error-rights-decision"),
    };
    let mut errors = FieldErrors::new();
    errors.push("/decision", code, reason);
    Err(errors.into())
}

/// `PUT /api/v1/staff/claimants/{id}/payout`
#[utoipa::path(
    put,
    path = "/api/v1/staff/claimants/{id}/payout",
    operation_id = "staff_put_payout",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The claimant")),
    security(("staff" = [])),
    request_body = StaffPayoutBody,
    responses(
        (status = 200, body = StaffPayoutResponse, description = "It counts once a second person released it, a change not before 72 hours"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The person has an e-mail, or accounts are frozen")
    )
)]
pub async fn put(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<StaffPayoutBody>,
) -> WebResult<HttpResponse> {
    let id = ClaimantId::parse(&id).ok_or(WebError::App(AppError::NotFound))?;
    let body = body.0;
    let reason = reason(body.reason.as_deref())?;
    let input = PayoutInput {
        iban: body.iban,
        holder: body.holder,
        holder_is_claimant: body.holder_is_claimant,
        code: None,
    };
    let ctx = state.ctx.clone();
    let acting = async move { payout::type_in(&ctx, &staff.actor, id, &input, &reason).await };
    let given = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(StaffPayoutResponse {
        iban: given.payout.masked(),
        effective_at: given.effective_at,
    }))
}

/// `POST /api/v1/staff/claimants/{id}/payout-decision`
#[utoipa::path(
    post,
    path = "/api/v1/staff/claimants/{id}/payout-decision",
    operation_id = "release_payout",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The claimant")),
    security(("staff" = [])),
    request_body = PayoutDecisionBody,
    responses(
        (status = 200),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "Another version waits, or none; or the asker typed it in")
    )
)]
pub async fn decide(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<PayoutDecisionBody>,
) -> WebResult<HttpResponse> {
    let id = ClaimantId::parse(&id).ok_or(WebError::App(AppError::NotFound))?;
    let body = body.0;
    let wanted = (
        body.version.unwrap_or(0),
        decision(body.decision.as_deref())?,
    );
    let reason = reason(body.reason.as_deref())?;
    let ctx = state.ctx.clone();
    let acting = async move {
        let iban = body.iban.as_deref();
        payout::decide(&ctx, &staff.actor, id, wanted, iban, &reason).await
    };
    state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(serde_json::json!({})))
}
