//! `/api/v1/staff/claimants/{id}/deficiencies`: what a claimant was asked to bring (R2).

use actix_web::{HttpResponse, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::AppError;
use crate::app::deficiency::{self, Asked, Deficiencies};
use crate::domain::ids::ClaimantId;
use crate::state::AppState;
use crate::web::error::Problem;
use crate::web::extract::{Json, Staff};
use crate::web::{WebError, WebResult};

/// What a claimant was asked for, and may be.
#[derive(Serialize, ToSchema)]
pub struct DeficienciesResponse {
    /// Newest first.
    items: Vec<DeficiencyItem>,
    /// Letters that are missing or to be corrected, can be brought and were not asked for.
    askable: Vec<String>,
    /// True if letter `b` would be asked for as a correction: it is there, and something in it does not fit.
    corrects: bool,
    /// The last day that is proposed.
    proposed_due_on: NaiveDate,
    /// True if a mail goes to the claimant; else the staff write or call.
    by_mail: bool,
}

/// A letter of art. 840-septies that was asked for.
#[derive(Serialize, ToSchema)]
pub struct DeficiencyItem {
    letter: String,
    /// True if it was there and is to be corrected.
    correction: bool,
    asked_at: DateTime<Utc>,
    /// Last day for it, in Rome.
    due_on: NaiveDate,
    /// `mail|letter`
    told: String,
    /// When it was found to be missing no more.
    cured_at: Option<DateTime<Utc>>,
    /// True if it is missing and its day is over.
    overdue: bool,
}

/// What is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeficiencyBody {
    /// Letters that are missing: of `b`, `d` to `i`; `b` also where identity is to be corrected.
    #[serde(default)]
    #[schema(example = json!(["b", "i"]))]
    letters: Vec<String>,
    /// Last day for them, in Rome: in 3 to 180 days.
    #[schema(example = "2026-03-20")]
    due_on: Option<String>,
}

impl From<Asked> for DeficiencyItem {
    fn from(asked: Asked) -> Self {
        Self {
            letter: asked.letter,
            correction: asked.correction,
            asked_at: asked.asked_at,
            due_on: asked.due_on,
            told: asked.told,
            cured_at: asked.cured_at,
            overdue: asked.overdue,
        }
    }
}

impl From<Deficiencies> for DeficienciesResponse {
    fn from(all: Deficiencies) -> Self {
        let askable = all.askable.iter();
        Self {
            askable: askable.map(|letter| letter.as_char().to_string()).collect(),
            corrects: all.corrects,
            items: all.asked.into_iter().map(DeficiencyItem::from).collect(),
            proposed_due_on: all.proposed,
            by_mail: all.by_mail,
        }
    }
}

/// `GET /api/v1/staff/claimants/{id}/deficiencies`
#[utoipa::path(
    get,
    path = "/api/v1/staff/claimants/{id}/deficiencies",
    operation_id = "list_deficiencies",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The claimant")),
    security(("staff" = [])),
    responses((status = 200, body = DeficienciesResponse))
)]
pub async fn list(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let id = claimant(&id)?;
    let all = deficiency::of(&state.ctx, &staff.actor, id).await?;
    Ok(HttpResponse::Ok().json(DeficienciesResponse::from(all)))
}

/// `POST /api/v1/staff/claimants/{id}/deficiencies`
#[utoipa::path(
    post,
    path = "/api/v1/staff/claimants/{id}/deficiencies",
    operation_id = "ask_deficiency",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The claimant")),
    security(("staff" = [])),
    request_body = DeficiencyBody,
    responses((status = 200, body = DeficienciesResponse, description = "A mail tells the claimant, where there is an e-mail"),
        (status = 409, body = Problem, description = "Asked for before and still missing, or the record is over"))
)]
pub async fn ask(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<DeficiencyBody>,
) -> WebResult<HttpResponse> {
    let (id, body) = (claimant(&id)?, body.0);
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let all = state
        .ctx
        .to_end(async move {
            deficiency::ask(&ctx, &actor, id, &body.letters, body.due_on.as_deref()).await?;
            deficiency::of(&ctx, &actor, id).await
        })
        .await?;
    Ok(HttpResponse::Ok().json(DeficienciesResponse::from(all)))
}

fn claimant(text: &str) -> WebResult<ClaimantId> {
    ClaimantId::parse(text).ok_or(WebError::App(AppError::NotFound))
}
