//! `/api/v1/staff/claimants/{id}/trail`, `/api/v1/staff/people/{id}/{trail, reach}`: who did and saw what.

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::people::person_id;
use crate::app::AppError;
use crate::app::own_history::{read_cursor, write_cursor};
use crate::app::reach::{self, Reach};
use crate::app::trail_list::{self, About, Line, Whose};
use crate::domain::field::FieldErrors;
use crate::domain::ids::ClaimantId;
use crate::domain::span::Span;
use crate::state::AppState;
use crate::web::api::page_length::page_length;
use crate::web::error::Problem;
use crate::web::extract::Staff;
use crate::web::{WebError, WebResult};

/// Which part of a trail.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrailQuery {
    /// From the page before.
    pub(in crate::web) cursor: Option<String>,
    /// 1 to 200; 50 without it.
    limit: Option<i64>,
    /// Language of the page; the API has none.
    #[serde(rename = "lang")]
    _lang: Option<String>,
}

/// Which span, and which part of what was seen in it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReachQuery {
    /// A day or moment of Rome, or RFC 3339.
    pub(in crate::web) from: Option<String>,
    /// As `from`; a day is meant with its evening.
    pub(in crate::web) to: Option<String>,
    /// From the page before.
    pub(in crate::web) cursor: Option<String>,
    /// 1 to 200; 50 without it.
    limit: Option<i64>,
    /// Language of the page; the API has none.
    #[serde(rename = "lang")]
    _lang: Option<String>,
}

/// A row of the trail.
#[derive(Serialize, ToSchema)]
pub struct TrailLineResponse {
    id: Uuid,
    at: DateTime<Utc>,
    /// `public|claimant|staff|partner|system|operator`
    actor_kind: String,
    actor_name: Option<String>,
    action: String,
    subject: Uuid,
    /// `claimant|staff|other`; who was erased is `other`.
    subject_kind: &'static str,
    /// Reference or name.
    subject_name: Option<String>,
    before: Option<String>,
    after: Option<String>,
    /// Ids and codes, nothing personal.
    #[schema(value_type = Object)]
    detail: serde_json::Value,
}

/// A page of the trail.
#[derive(Serialize, ToSchema)]
pub struct TrailResponse {
    items: Vec<TrailLineResponse>,
    next_cursor: Option<String>,
}

/// A stretch in which a membership did not change.
#[derive(Serialize, ToSchema)]
pub struct StretchResponse {
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    /// `active|suspended|ended`
    state: &'static str,
    role: &'static str,
    /// `nothing|masked|clear`
    could_read: &'static str,
}

/// Records of a case that could be read.
#[derive(Serialize, ToSchema)]
pub struct CaseReachResponse {
    title: String,
    /// Those erased since are not counted.
    records: i64,
}

/// Whose data a person could read in a span, and did.
#[derive(Serialize, ToSchema)]
pub struct ReachResponse {
    name: String,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    stretches: Vec<StretchResponse>,
    /// `nothing|masked|clear`: the deepest of the stretches.
    could_read: &'static str,
    cases: Vec<CaseReachResponse>,
    /// Views in clear.
    views: i64,
    /// Of how many claimants.
    viewed_claimants: i64,
    /// Exports that were made.
    exports: i64,
    /// Files of them that were fetched.
    files: i64,
    /// Views and exports, newest first.
    items: Vec<TrailLineResponse>,
    next_cursor: Option<String>,
}

/// `GET /api/v1/staff/claimants/{id}/trail`
#[utoipa::path(
    get,
    path = "/api/v1/staff/claimants/{id}/trail",
    operation_id = "claimant_trail",
    tag = "staff",
    params(
        ("id" = Uuid, Path, description = "The claimant"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("limit" = Option<i64>, Query, description = "1 to 200, 50 if left out")
    ),
    security(("staff" = [])),
    responses((status = 200, body = TrailResponse))
)]
pub async fn of_claimant(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    query: Result<web::Query<TrailQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    list(&state, &staff, claimant(&id)?, query).await
}

/// `GET /api/v1/staff/people/{id}/trail`
#[utoipa::path(
    get,
    path = "/api/v1/staff/people/{id}/trail",
    operation_id = "staff_trail",
    tag = "staff",
    params(
        ("id" = Uuid, Path, description = "The person"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("limit" = Option<i64>, Query, description = "1 to 200, 50 if left out")
    ),
    security(("staff" = [])),
    responses((status = 200, body = TrailResponse))
)]
pub async fn of_person(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    query: Result<web::Query<TrailQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    list(&state, &staff, Whose::Staff(person_id(&id)?), query).await
}

async fn list(
    state: &AppState,
    staff: &Staff,
    whose: Whose,
    query: Result<web::Query<TrailQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let query = query.map_err(|_| WebError::Malformed)?;
    let before = cursor(query.cursor.as_deref())?;
    let limit = page_length(query.limit)?;
    let page = trail_list::list(&state.ctx, &staff.actor, whose, before, limit).await?;
    Ok(HttpResponse::Ok().json(TrailResponse {
        items: page
            .lines
            .into_iter()
            .map(TrailLineResponse::from)
            .collect(),
        next_cursor: page.next.map(write_cursor),
    }))
}

/// `GET /api/v1/staff/claimants/{id}/trail.csv` and `GET /console/claimants/{id}/trail.csv`
#[utoipa::path(
    get,
    path = "/api/v1/staff/claimants/{id}/trail.csv",
    operation_id = "claimant_trail_csv",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The claimant")),
    security(("staff" = [])),
    responses((status = 200, content_type = "text/csv", description = "Newest first, at most 100,000 rows"))
)]
pub async fn of_claimant_csv(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    csv(&state, &staff, claimant(&id)?).await
}

/// `GET /api/v1/staff/people/{id}/trail.csv` and `GET /console/people/{id}/trail.csv`
#[utoipa::path(
    get,
    path = "/api/v1/staff/people/{id}/trail.csv",
    operation_id = "staff_trail_csv",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The person")),
    security(("staff" = [])),
    responses((status = 200, content_type = "text/csv", description = "Newest first, at most 100,000 rows"))
)]
pub async fn of_person_csv(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    csv(&state, &staff, Whose::Staff(person_id(&id)?)).await
}

async fn csv(state: &AppState, staff: &Staff, whose: Whose) -> WebResult<HttpResponse> {
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { trail_list::csv(&ctx, &actor, whose).await };
    Ok(file(state.ctx.to_end(acting).await?, "registro-azioni.csv"))
}

/// `GET /api/v1/staff/people/{id}/reach`
#[utoipa::path(
    get,
    path = "/api/v1/staff/people/{id}/reach",
    operation_id = "staff_reach",
    tag = "staff",
    params(
        ("id" = Uuid, Path, description = "The person"),
        ("from" = String, Query, description = "A day or moment of Rome, or RFC 3339", example = "2026-03-01"),
        ("to" = String, Query, description = "As `from`; a day is meant with its evening", example = "2026-03-31"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("limit" = Option<i64>, Query, description = "1 to 200, 50 if left out")
    ),
    security(("staff" = [])),
    responses((status = 200, body = ReachResponse), (status = 422, body = Problem))
)]
pub async fn reach_of(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    query: Result<web::Query<ReachQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let (person, query) = (person_id(&id)?, query.map_err(|_| WebError::Malformed)?);
    // who may not know of the person learns nothing of the dates
    trail_list::known(&state.ctx, &staff.actor, person).await?;
    let span = query.span().map_err(AppError::Invalid)?;
    let before = cursor(query.cursor.as_deref())?;
    let limit = page_length(query.limit)?;
    let (ctx, actor) = (&state.ctx, &staff.actor);
    let found = reach::find(ctx, actor, (person, span), before, limit).await?;
    Ok(HttpResponse::Ok().json(ReachResponse::from(found)))
}

/// `GET /api/v1/staff/people/{id}/reach.csv` and `GET /console/people/{id}/reach.csv`
#[utoipa::path(
    get,
    path = "/api/v1/staff/people/{id}/reach.csv",
    operation_id = "staff_reach_csv",
    tag = "staff",
    params(
        ("id" = Uuid, Path, description = "The person"),
        ("from" = String, Query, description = "A day or moment of Rome, or RFC 3339", example = "2026-03-01"),
        ("to" = String, Query, description = "As `from`; a day is meant with its evening", example = "2026-03-31")
    ),
    security(("staff" = [])),
    responses((status = 200, content_type = "text/csv", description = "What was seen in clear and taken along, newest first"), (status = 422, body = Problem))
)]
pub async fn reach_csv(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    query: Result<web::Query<ReachQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let (person, query) = (person_id(&id)?, query.map_err(|_| WebError::Malformed)?);
    trail_list::known(&state.ctx, &staff.actor, person).await?;
    let span = query.span().map_err(AppError::Invalid)?;
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { reach::csv(&ctx, &actor, (person, span)).await };
    Ok(file(state.ctx.to_end(acting).await?, "dati-letti.csv"))
}

impl ReachQuery {
    /// The span.
    pub(in crate::web) fn span(&self) -> Result<Span, FieldErrors> {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        Span::parse(&text(&self.from), &text(&self.to))
    }
}

fn file(bytes: Vec<u8>, name: &str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ))
        .body(bytes)
}

/// The claimant of a path.
///
/// # Errors
/// `NotFound` for what is no id.
pub(in crate::web) fn claimant(text: &str) -> WebResult<Whose> {
    let id = ClaimantId::parse(text).ok_or(WebError::App(AppError::NotFound))?;
    Ok(Whose::Claimant(id))
}

/// Where a page begins.
///
/// # Errors
/// `Malformed` for what we did not write.
pub(in crate::web) fn cursor(text: Option<&str>) -> WebResult<Option<Uuid>> {
    text.map(|text| read_cursor(text).ok_or(WebError::Malformed))
        .transpose()
}

impl From<Line> for TrailLineResponse {
    fn from(line: Line) -> Self {
        let (subject_kind, subject_name) = match line.about {
            About::Claimant(reference) => ("claimant", Some(reference)),
            About::Staff(name) => ("staff", Some(name)),
            About::Other => ("other", None),
        };
        Self {
            id: line.id,
            at: line.at,
            actor_kind: line.actor_kind,
            actor_name: line.actor_name,
            action: line.action,
            subject: line.subject,
            subject_kind,
            subject_name,
            before: line.states.0,
            after: line.states.1,
            detail: line.detail,
        }
    }
}

impl From<Reach> for ReachResponse {
    fn from(reach: Reach) -> Self {
        let stretches = reach.stretches.iter().map(|stretch| StretchResponse {
            from: stretch.span.from,
            until: stretch.span.until,
            state: stretch.state.as_str(),
            role: stretch.role.as_str(),
            could_read: stretch.depth.as_str(),
        });
        let cases = reach.cases.iter().map(|case| CaseReachResponse {
            title: case.title.clone(),
            records: case.records,
        });
        Self {
            from: reach.span.from,
            until: reach.span.until,
            stretches: stretches.collect(),
            could_read: reach.depth.as_str(),
            cases: cases.collect(),
            views: reach.seen.0,
            viewed_claimants: reach.seen.1,
            exports: reach.taken,
            files: reach.fetched,
            name: reach.name,
            items: reach
                .lines
                .into_iter()
                .map(TrailLineResponse::from)
                .collect(),
            next_cursor: reach.next.map(write_cursor),
        }
    }
}
