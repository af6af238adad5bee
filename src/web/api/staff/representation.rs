//! `/api/v1/staff/claimants/{id}/...`: who acts for a claimant, and a claimant's death (R46, R47).

use actix_web::{HttpResponse, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::quarantine::reason;
use crate::app::{AppError, estate, representation};
use crate::domain::estate::{Estate, EstateInput};
use crate::domain::ids::ClaimantId;
use crate::domain::representation::RepresentativeInput;
use crate::state::AppState;
use crate::web::api::public::me::StateResponse;
use crate::web::api::public::representative::{RecordedResponse, recorded_response};
use crate::web::error::Problem;
use crate::web::extract::{Json, Staff};
use crate::web::{WebError, WebResult};

/// Why a representation ends.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RepresentativeEndBody {
    /// One line of 1 to 500 characters; kept in the trail, sealed.
    #[schema(example = "Revoked by letter of 3 March 2026")]
    reason: Option<String>,
}

/// A death as recorded.
#[derive(Serialize, ToSchema)]
pub struct DeathResponse {
    died_on: NaiveDate,
    heirs: Vec<HeirResponse>,
}

#[derive(Serialize, ToSchema)]
struct HeirResponse {
    name: String,
    /// Masked.
    codice_fiscale: String,
    #[schema(example = "1/3")]
    share: String,
}

/// `PUT /api/v1/staff/claimants/{id}/representative`
#[utoipa::path(
    put,
    path = "/api/v1/staff/claimants/{id}/representative",
    operation_id = "staff_representative",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The claimant")),
    security(("staff" = [])),
    request_body = RepresentativeInput,
    responses(
        (status = 200, body = RecordedResponse),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The state takes none")
    )
)]
pub async fn put(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<RepresentativeInput>,
) -> WebResult<HttpResponse> {
    let id = claimant(&id)?;
    let ctx = state.ctx.clone();
    let acting = async move { representation::put_by_staff(&ctx, &staff.actor, id, &body.0).await };
    let recorded = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(recorded_response(&recorded)))
}

/// `POST /api/v1/staff/claimants/{id}/representative-end`
#[utoipa::path(
    post,
    path = "/api/v1/staff/claimants/{id}/representative-end",
    operation_id = "staff_representative_end",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The claimant")),
    security(("staff" = [])),
    request_body = RepresentativeEndBody,
    responses(
        (status = 200, body = StateResponse),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "Nobody acts for the claimant")
    )
)]
pub async fn end(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<RepresentativeEndBody>,
) -> WebResult<HttpResponse> {
    let id = claimant(&id)?;
    let reason = reason(body.0.reason.as_deref())?;
    let ctx = state.ctx.clone();
    let acting = async move { representation::end_by_staff(&ctx, &staff.actor, id, &reason).await };
    let after = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(StateResponse {
        state: after.as_str(),
    }))
}

/// `PUT /api/v1/staff/claimants/{id}/death`
#[utoipa::path(
    put,
    path = "/api/v1/staff/claimants/{id}/death",
    operation_id = "record_death",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The claimant")),
    security(("staff" = [])),
    request_body(content = EstateInput, example = json!({"died_on": "2026-03-01", "heirs": [
        {"given_name": "Anna", "family_name": "Bianchi", "codice_fiscale": "BNCNNA58S70F205L", "share": "1/1"}
    ]})),
    responses(
        (status = 200, body = DeathResponse, description = "No mail and no payout goes to the person any more"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The record has ended"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "The shares do not sum to the whole, or a field is wrong")
    )
)]
pub async fn death(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<EstateInput>,
) -> WebResult<HttpResponse> {
    let id = claimant(&id)?;
    let ctx = state.ctx.clone();
    let acting = async move { estate::record(&ctx, &staff.actor, id, &body.0).await };
    let recorded = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(response(&recorded)))
}

fn response(estate: &Estate) -> DeathResponse {
    let heirs = estate.heirs().iter().map(|heir| HeirResponse {
        name: heir.name(),
        codice_fiscale: heir.codice_fiscale().masked(),
        share: heir.share().as_fraction(),
    });
    DeathResponse {
        died_on: estate.died_on(),
        heirs: heirs.collect(),
    }
}

fn claimant(text: &str) -> WebResult<ClaimantId> {
    ClaimantId::parse(text).ok_or(WebError::App(AppError::NotFound))
}
