//! `/api/v1/partner/sandbox`: invented people to try the API with, moved on without them (decision 34).

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::claimants::SubmissionResponse;
use crate::app::{AppError, sandbox};
use crate::domain::field::{FieldCode, FieldErrors, ValueError, filled};
use crate::domain::ids::ClaimantId;
use crate::domain::sandbox::{Invented, PEOPLE, Step};
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::error::Problem;
use crate::web::extract::{Json, Partner};

/// Somebody invented, as `person` of a submission.
#[derive(Serialize, ToSchema)]
pub struct InventedResponse {
    given_name: &'static str,
    family_name: &'static str,
    /// Right in every character.
    codice_fiscale: &'static str,
    /// `YYYY-MM-DD`
    birth_date: &'static str,
    birth_place: &'static str,
    /// `M` or `F`
    sex: &'static str,
}

/// Everybody invented.
#[derive(Serialize, ToSchema)]
pub struct InventedPeopleResponse {
    items: Vec<InventedResponse>,
}

/// Where to move a test person.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TransitionBody {
    /// `confirmed|signed|withdrawn`
    #[schema(value_type = String, example = "confirmed")]
    to: Option<String>,
}

/// How many test people were deleted.
#[derive(Serialize, ToSchema)]
pub struct EmptiedResponse {
    /// Test people that are gone.
    deleted: usize,
    /// Whether some are left: ask again.
    more: bool,
}

/// `GET /api/v1/partner/sandbox/people`
#[utoipa::path(
    get,
    path = "/api/v1/partner/sandbox/people",
    operation_id = "sandbox_people",
    summary = "Sandbox: invented people to send",
    tag = "partner",
    security(("partner" = ["read"])),
    responses(
        (status = 200, body = InventedPeopleResponse, description = "Always the same; any other person whose codice fiscale is right will do as well",
            example = json!({"items": [{"given_name": "Pinco", "family_name": "Pallino", "codice_fiscale": "PLLPNC80A01H501R", "birth_date": "1980-01-01", "birth_place": "Roma", "sex": "M"}]})),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "`key-live`, `key-scope`, `key-network`")
    )
)]
pub async fn people(partner: Partner) -> WebResult<HttpResponse> {
    // whoever sends them with a live key has made somebody real of them
    partner.0.require_test()?;
    let items = PEOPLE.map(InventedResponse::from).into();
    Ok(HttpResponse::Ok().json(InventedPeopleResponse { items }))
}

/// `POST /api/v1/partner/sandbox/claimants/{id}/transitions`
#[utoipa::path(
    post,
    path = "/api/v1/partner/sandbox/claimants/{id}/transitions",
    operation_id = "move_test_person",
    summary = "Sandbox: move a test person on",
    tag = "partner",
    params(("id" = Uuid, Path, description = "Whom a test key sent")),
    security(("partner" = ["intake"])),
    request_body(content = TransitionBody, examples(
        ("confirm" = (summary = "As by the link of the mail", value = json!({"to": "confirmed"}))),
        ("sign" = (summary = "As if the person had signed", value = json!({"to": "signed"}))),
        ("withdraw" = (summary = "As if the person had withdrawn", value = json!({"to": "withdrawn"})))
    )),
    responses(
        (status = 200, body = SubmissionResponse, description = "The test person as it is now; whoever was there already stays as is",
            example = json!({"id": "01936c1e-0000-7000-8000-000000000001", "reference": "7Z8K2M4Q9XWT", "state": "confirmed", "case": "libero-virgilio-2023", "created_at": "2026-11-23T10:00:00Z"})),
        (status = 400, body = Problem, content_type = "application/problem+json", description = "No JSON"),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "`key-live`, `key-scope`, `key-network`"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "The test keys of the partner sent no such person"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "There is no such move, as from `received` to `signed`",
            example = json!({"type": "/problems/illegal-transition", "title": "The state does not allow this", "status": 409, "detail": "This test person is received: from there only to confirmed or withdrawn.", "request_id": "01a2098f-c7e7-7a93-ade5-060fc050b8f8"})),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "`/to` is missing, or none of the three")
    )
)]
pub async fn move_to(
    state: web::Data<AppState>,
    partner: Partner,
    id: web::Path<String>,
    body: Json<TransitionBody>,
) -> WebResult<HttpResponse> {
    partner.0.require_test()?;
    let id = ClaimantId::parse(&id).ok_or(AppError::NotFound)?;
    let step = step(body.0.to.as_deref())?;
    let ctx = state.ctx.clone();
    let acting = async move { sandbox::move_to(&ctx, &partner.0, id, step).await };
    let moved = state.ctx.to_end(Box::pin(acting)).await?;
    Ok(HttpResponse::Ok().json(SubmissionResponse::from(moved)))
}

/// `DELETE /api/v1/partner/sandbox/claimants`
#[utoipa::path(
    delete,
    path = "/api/v1/partner/sandbox/claimants",
    operation_id = "empty_sandbox",
    summary = "Sandbox: delete all test people",
    tag = "partner",
    security(("partner" = ["intake"])),
    responses(
        (status = 200, body = EmptiedResponse, description = "The partner's test people in the cases of the key are gone, at most 5,000 of them",
            example = json!({"deleted": 12, "more": false})),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "`key-live`, `key-scope`, `key-network`")
    )
)]
pub async fn empty(state: web::Data<AppState>, partner: Partner) -> WebResult<HttpResponse> {
    let ctx = state.ctx.clone();
    let acting = async move { sandbox::empty(&ctx, &partner.0).await };
    let emptied = state.ctx.to_end(Box::pin(acting)).await?;
    Ok(HttpResponse::Ok().json(EmptiedResponse {
        deleted: emptied.deleted,
        more: emptied.more,
    }))
}

fn step(typed: Option<&str>) -> Result<Step, AppError> {
    let missing = ValueError::new(FieldCode::Required, "error-required");
    let unknown = ValueError::new(FieldCode::UnknownValue, "error-unknown-value");
    let step = filled(typed).ok_or(missing);
    let step = step.and_then(|word| Step::parse(word).ok_or(unknown));
    let mut errors = FieldErrors::new();
    let step = errors.take_one_of("/to", step, Step::ALL.map(Step::as_str));
    step.ok_or(AppError::Invalid(errors))
}

impl From<Invented> for InventedResponse {
    fn from(somebody: Invented) -> Self {
        Self {
            given_name: somebody.given_name,
            family_name: somebody.family_name,
            codice_fiscale: somebody.codice_fiscale,
            birth_date: somebody.birth_date,
            birth_place: somebody.birth_place,
            sex: somebody.sex,
        }
    }
}
