//! `/api/v1/staff/cases/{slug}/demand-letters`: the association's own letters to the respondent (R65).

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::AppError;
use crate::app::demand_letter::{self, DemandLetter};
use crate::domain::demand_letter::LetterContent;
use crate::state::AppState;
use crate::web::error::Problem;
use crate::web::extract::{Json, Staff};
use crate::web::{WebError, WebResult};

/// A letter as it is written.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DemandLetterBody {
    /// Version it was made from; only for a next version.
    version: Option<i32>,
    /// The whole letter.
    content: LetterContent,
}

/// A version of a letter. It interrupts no claimant's prescription.
#[derive(Serialize, ToSchema)]
pub struct DemandLetterResponse {
    id: Uuid,
    version: i32,
    content: LetterContent,
    /// Always false: a letter of the association alone interrupts nobody's prescription (R65).
    interrupts_prescription: bool,
    /// Staff id of who wrote the version.
    written_by: Uuid,
    written_at: DateTime<Utc>,
}

/// Letters, or versions of one, newest first.
#[derive(Serialize, ToSchema)]
pub struct DemandLettersResponse {
    items: Vec<DemandLetterResponse>,
}

impl From<DemandLetter> for DemandLetterResponse {
    fn from(letter: DemandLetter) -> Self {
        Self {
            id: letter.id,
            version: letter.version,
            content: letter.content,
            interrupts_prescription: false,
            written_by: letter.written_by,
            written_at: letter.written_at,
        }
    }
}

/// The letter in a path.
pub(in crate::web) fn letter_id(text: &str) -> WebResult<Uuid> {
    Uuid::try_parse(text).map_err(|_| WebError::App(AppError::NotFound))
}

/// `GET /api/v1/staff/cases/{slug}/demand-letters`
#[utoipa::path(
    get,
    path = "/api/v1/staff/cases/{slug}/demand-letters",
    operation_id = "list_demand_letters",
    tag = "staff",
    params(("slug" = String, Path, description = "Name of the case in addresses")),
    security(("staff" = [])),
    responses((status = 200, body = DemandLettersResponse, description = "The newest version of each of the newest 500 letters"))
)]
pub async fn list(
    state: web::Data<AppState>,
    staff: Staff,
    slug: web::Path<String>,
) -> WebResult<HttpResponse> {
    let letters = demand_letter::list(&state.ctx, &staff.actor, &slug).await?;
    let items = letters
        .into_iter()
        .map(DemandLetterResponse::from)
        .collect();
    Ok(HttpResponse::Ok().json(DemandLettersResponse { items }))
}

/// `POST /api/v1/staff/cases/{slug}/demand-letters`
#[utoipa::path(
    post,
    path = "/api/v1/staff/cases/{slug}/demand-letters",
    operation_id = "enter_demand_letter",
    tag = "staff",
    params(("slug" = String, Path, description = "Name of the case in addresses")),
    security(("staff" = [])),
    request_body = DemandLetterBody,
    responses((status = 201, body = DemandLetterResponse))
)]
pub async fn enter(
    state: web::Data<AppState>,
    staff: Staff,
    slug: web::Path<String>,
    body: Json<DemandLetterBody>,
) -> WebResult<HttpResponse> {
    let content = body.0.content;
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { demand_letter::enter(&ctx, &actor, &slug, &content).await };
    let letter = state.ctx.to_end(acting).await.map_err(in_content)?;
    Ok(HttpResponse::Created().json(DemandLetterResponse::from(letter)))
}

/// `GET /api/v1/staff/demand-letters/{id}`
#[utoipa::path(
    get,
    path = "/api/v1/staff/demand-letters/{id}",
    operation_id = "get_demand_letter",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The letter")),
    security(("staff" = [])),
    responses((status = 200, body = DemandLettersResponse, description = "Every version"))
)]
pub async fn get(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let versions = demand_letter::get(&state.ctx, &staff.actor, letter_id(&id)?).await?;
    let items = versions
        .into_iter()
        .map(DemandLetterResponse::from)
        .collect();
    Ok(HttpResponse::Ok().json(DemandLettersResponse { items }))
}

/// `PUT /api/v1/staff/demand-letters/{id}`
#[utoipa::path(
    put,
    path = "/api/v1/staff/demand-letters/{id}",
    operation_id = "update_demand_letter",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The letter")),
    security(("staff" = [])),
    request_body = DemandLetterBody,
    responses((status = 200, body = DemandLetterResponse),
        (status = 409, body = Problem, description = "Somebody wrote a version meanwhile"))
)]
pub async fn update(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<DemandLetterBody>,
) -> WebResult<HttpResponse> {
    let id = letter_id(&id)?;
    let (based_on, content) = (body.0.version.unwrap_or(0), body.0.content);
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { demand_letter::update(&ctx, &actor, id, based_on, &content).await };
    let letter = state.ctx.to_end(acting).await.map_err(in_content)?;
    Ok(HttpResponse::Ok().json(DemandLetterResponse::from(letter)))
}

/// Pointers are into the body, where the letter is `content`.
fn in_content(error: AppError) -> WebError {
    WebError::App(match error {
        AppError::Invalid(errors) => AppError::Invalid(errors.prefix("/content")),
        other => other,
    })
}
