//! `/api/v1/public/me/representative`: who acts for the claimant (R46).

use actix_web::{HttpResponse, web};
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::me::actor;
use crate::app::representation::{self, Recorded};
use crate::domain::representation::{Representative, RepresentativeInput};
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::error::Problem;
use crate::web::extract::Json;
use crate::web::extract::session::ClaimantToken;

/// Who acts, codes masked.
#[derive(Serialize, ToSchema)]
pub struct RepresentativeResponse {
    name: String,
    codice_fiscale: String,
    /// `parent|court_decree|legal_representative|heir_self_declaration|power_of_attorney`
    #[schema(example = "parent")]
    title: &'static str,
    /// `parent|guardian|legal_representative|heir|delegate`
    #[schema(example = "parent")]
    capacity: &'static str,
    title_document: String,
    valid_from: NaiveDate,
    /// None: until it is revoked, or for a minor until majority.
    valid_until: Option<NaiveDate>,
}

/// Who acts now, and where the record stands.
#[derive(Serialize, ToSchema)]
pub struct RecordedResponse {
    /// `resign_required` where something signed named somebody else.
    #[schema(example = "confirmed")]
    state: &'static str,
    representative: RepresentativeResponse,
}

/// `PUT /api/v1/public/me/representative`
#[utoipa::path(
    put,
    path = "/api/v1/public/me/representative",
    operation_id = "put_representative",
    tag = "me",
    security(("claimant" = [])),
    request_body(content = RepresentativeInput, example = json!({
        "given_name": "Mario", "family_name": "Rossi", "codice_fiscale": "RSSMRA85C12H501J",
        "title": "parent", "title_document": "Stato di famiglia del 3 marzo 2026", "valid_from": "2026-01-01"
    })),
    responses(
        (status = 200, body = RecordedResponse),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The state takes none, or a delegate is recorded")
    )
)]
pub async fn put(
    state: web::Data<AppState>,
    token: ClaimantToken,
    body: Json<RepresentativeInput>,
) -> WebResult<HttpResponse> {
    let actor = actor(&state.ctx, &token).await?;
    let ctx = state.ctx.clone();
    let acting = async move { representation::put(&ctx, &actor, &body.0).await };
    let recorded = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(recorded_response(&recorded)))
}

/// The answer about a change.
pub(in crate::web) fn recorded_response(recorded: &Recorded) -> RecordedResponse {
    RecordedResponse {
        state: recorded.state.as_str(),
        representative: response(&recorded.representative),
    }
}

/// Who acts.
pub(in crate::web) fn response(acting: &Representative) -> RepresentativeResponse {
    RepresentativeResponse {
        name: acting.name(),
        codice_fiscale: acting.codice_fiscale().masked(),
        title: acting.title().as_str(),
        capacity: acting.title().capacity(),
        title_document: acting.title_document().to_owned(),
        valid_from: acting.valid_from(),
        valid_until: acting.valid_until(),
    }
}
