//! `/api/v1/staff/breaches`: the register of breaches of personal data (R63).

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::AppError;
use crate::app::breach::{self, Entry};
use crate::domain::breach::BreachInput;
use crate::state::AppState;
use crate::web::error::Problem;
use crate::web::extract::{Json, Staff};
use crate::web::{WebError, WebResult};

/// An entry as it is written. Name nobody in it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BreachBody {
    /// Version it was made from; only for a new version.
    version: Option<i32>,
    /// 1 to 4,000 characters.
    what_happened: Option<String>,
    /// When the association became aware of it: RFC 3339, or the clock of Rome without a zone. The 72 hours
    /// run from then.
    #[schema(example = "2026-03-02T09:30:00+01:00")]
    noticed_at: Option<String>,
    people_categories: Option<String>,
    /// About how many people; null: not known yet.
    people: Option<i64>,
    data_categories: Option<String>,
    /// About how many records; null: not known yet.
    records: Option<i64>,
    consequences: Option<String>,
    measures: Option<String>,
    /// When the Garante was notified.
    notified_at: Option<String>,
    /// Why it was notified after 72 hours, or not at all.
    delay_reason: Option<String>,
    /// When the people concerned were told.
    communicated_at: Option<String>,
    #[serde(default)]
    closed: bool,
}

/// A version of an entry.
#[derive(Serialize, ToSchema)]
pub struct BreachResponse {
    id: Uuid,
    version: i32,
    what_happened: String,
    noticed_at: DateTime<Utc>,
    /// When the 72 hours end.
    due_at: DateTime<Utc>,
    /// `running|overdue|notified|late|not_notified`
    deadline: &'static str,
    /// Whole hours left, or passed since; null once it is decided.
    hours: Option<i64>,
    people_categories: Option<String>,
    people: Option<i64>,
    data_categories: Option<String>,
    records: Option<i64>,
    consequences: Option<String>,
    measures: Option<String>,
    notified_at: Option<DateTime<Utc>>,
    delay_reason: Option<String>,
    communicated_at: Option<DateTime<Utc>>,
    closed_at: Option<DateTime<Utc>>,
    /// Staff id of who wrote the version.
    written_by: Uuid,
    written_at: DateTime<Utc>,
}

/// Entries, or versions of one, newest first.
#[derive(Serialize, ToSchema)]
pub struct BreachesResponse {
    items: Vec<BreachResponse>,
}

impl From<BreachBody> for BreachInput {
    fn from(body: BreachBody) -> Self {
        Self {
            what_happened: body.what_happened,
            noticed_at: body.noticed_at,
            people_categories: body.people_categories,
            people: body.people.map(|count| count.to_string()),
            data_categories: body.data_categories,
            records: body.records.map(|count| count.to_string()),
            consequences: body.consequences,
            measures: body.measures,
            notified_at: body.notified_at,
            delay_reason: body.delay_reason,
            communicated_at: body.communicated_at,
            closed: body.closed,
        }
    }
}

impl From<Entry> for BreachResponse {
    fn from(entry: Entry) -> Self {
        let breach = entry.breach;
        Self {
            id: entry.id,
            version: entry.version,
            what_happened: breach.what_happened,
            noticed_at: breach.noticed_at,
            due_at: entry.due_at,
            deadline: entry.deadline.as_str(),
            hours: entry.deadline.hours().map(|(hours, _)| hours),
            people_categories: breach.people_categories,
            people: breach.people,
            data_categories: breach.data_categories,
            records: breach.records,
            consequences: breach.consequences,
            measures: breach.measures,
            notified_at: breach.notified_at,
            delay_reason: breach.delay_reason,
            communicated_at: breach.communicated_at,
            closed_at: entry.closed_at,
            written_by: entry.written_by,
            written_at: entry.written_at,
        }
    }
}

/// The entry in a path.
pub(in crate::web) fn breach_id(text: &str) -> WebResult<Uuid> {
    Uuid::try_parse(text).map_err(|_| WebError::App(AppError::NotFound))
}

/// `GET /api/v1/staff/breaches`
#[utoipa::path(
    get,
    path = "/api/v1/staff/breaches",
    operation_id = "list_breaches",
    tag = "staff",
    security(("staff" = [])),
    responses((status = 200, body = BreachesResponse, description = "The newest version of each of the newest 500 entries"))
)]
pub async fn list(state: web::Data<AppState>, staff: Staff) -> WebResult<HttpResponse> {
    let entries = breach::list(&state.ctx, &staff.actor).await?;
    let items = entries.into_iter().map(BreachResponse::from).collect();
    Ok(HttpResponse::Ok().json(BreachesResponse { items }))
}

/// `POST /api/v1/staff/breaches`
#[utoipa::path(
    post,
    path = "/api/v1/staff/breaches",
    operation_id = "open_breach",
    tag = "staff",
    security(("staff" = [])),
    request_body = BreachBody,
    responses((status = 201, body = BreachResponse))
)]
pub async fn open(
    state: web::Data<AppState>,
    staff: Staff,
    body: Json<BreachBody>,
) -> WebResult<HttpResponse> {
    let input = BreachInput::from(body.0);
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { breach::open(&ctx, &actor, &input).await };
    let opened = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Created().json(BreachResponse::from(opened)))
}

/// `GET /api/v1/staff/breaches/{id}`
#[utoipa::path(
    get,
    path = "/api/v1/staff/breaches/{id}",
    operation_id = "get_breach",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The entry")),
    security(("staff" = [])),
    responses((status = 200, body = BreachesResponse, description = "Every version"))
)]
pub async fn get(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let versions = breach::get(&state.ctx, &staff.actor, breach_id(&id)?).await?;
    let items = versions.into_iter().map(BreachResponse::from).collect();
    Ok(HttpResponse::Ok().json(BreachesResponse { items }))
}

/// `PUT /api/v1/staff/breaches/{id}`
#[utoipa::path(
    put,
    path = "/api/v1/staff/breaches/{id}",
    operation_id = "update_breach",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The entry")),
    security(("staff" = [])),
    request_body = BreachBody,
    responses((status = 200, body = BreachResponse),
        (status = 409, body = Problem, description = "Somebody wrote a version meanwhile"))
)]
pub async fn update(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<BreachBody>,
) -> WebResult<HttpResponse> {
    let id = breach_id(&id)?;
    let based_on = body.0.version.unwrap_or(0);
    let input = BreachInput::from(body.0);
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { breach::update(&ctx, &actor, id, based_on, &input).await };
    let updated = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(BreachResponse::from(updated)))
}

/// `GET /api/v1/staff/breaches.csv` and `GET /console/breaches.csv`
#[utoipa::path(
    get,
    path = "/api/v1/staff/breaches.csv",
    operation_id = "breaches_csv",
    tag = "staff",
    security(("staff" = [])),
    responses((status = 200, content_type = "text/csv", description = "Every version of every entry, oldest first; times in UTC"))
)]
pub async fn csv(state: web::Data<AppState>, staff: Staff) -> WebResult<HttpResponse> {
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { breach::csv(&ctx, &actor).await };
    let bytes = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((
            CONTENT_DISPOSITION,
            "attachment; filename=\"registro-violazioni.csv\"",
        ))
        .body(bytes))
}
