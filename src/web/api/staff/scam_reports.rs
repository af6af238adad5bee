//! `/api/v1/staff/scam-reports`: the queue of reports of swindlers (R13).

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::AppError;
use crate::app::scam_report::{self, OpenReport, ReportLine, Which};
use crate::state::AppState;
use crate::web::api::page_length::page_length;
use crate::web::error::Problem;
use crate::web::extract::{Json, Staff};
use crate::web::{WebError, WebResult};

/// Which reports.
#[derive(Deserialize)]
pub struct ReportsQuery {
    pub(in crate::web) state: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

impl ReportsQuery {
    /// Open ones unless `state=all`.
    pub(in crate::web) fn which(&self) -> Which {
        match self.state.as_deref() {
            Some("all") => Which::All,
            _ => Which::Open,
        }
    }

    /// Where the page begins.
    ///
    /// # Errors
    /// `BadCursor`.
    pub(in crate::web) fn place(&self) -> WebResult<Option<(DateTime<Utc>, Uuid)>> {
        match self.cursor.as_deref().filter(|text| !text.is_empty()) {
            None => Ok(None),
            Some(text) => scam_report::read_cursor(text)
                .map(Some)
                .ok_or(WebError::BadCursor),
        }
    }
}

/// A report in the queue, without what was told.
#[derive(Serialize, ToSchema)]
pub struct ScamReportLine {
    id: Uuid,
    /// Slug of the case.
    case: String,
    /// `money|bank|codes|other`
    asked_for: String,
    received_at: DateTime<Utc>,
    handled_at: Option<DateTime<Utc>>,
}

/// Reports to the own association.
#[derive(Serialize, ToSchema)]
pub struct ScamReportsResponse {
    items: Vec<ScamReportLine>,
    /// For `cursor`; null on the last page.
    next_cursor: Option<String>,
}

/// A report.
#[derive(Serialize, ToSchema)]
pub struct ScamReportResponse {
    #[serde(flatten)]
    line: ScamReportLine,
    /// As it was told. May hold links of swindlers: do not show them as links.
    what_happened: String,
    /// Sender, number or link as it was told: do not show it as a link.
    came_from: Option<String>,
    contact: Option<String>,
    /// Staff id of who was done with it.
    handled_by: Option<Uuid>,
    note: Option<String>,
}

/// What was done.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandlingBody {
    /// 1 to 2,000 characters; staff alone read it.
    note: Option<String>,
}

impl From<ReportLine> for ScamReportLine {
    fn from(line: ReportLine) -> Self {
        Self {
            id: line.id,
            case: line.case.0,
            asked_for: line.asked_for,
            received_at: line.received_at,
            handled_at: line.handled_at,
        }
    }
}

impl From<OpenReport> for ScamReportResponse {
    fn from(report: OpenReport) -> Self {
        let (handled_by, note) = report.handled.unzip();
        Self {
            line: report.line.into(),
            what_happened: report.told.what_happened,
            came_from: report.told.came_from,
            contact: report.told.contact,
            handled_by,
            note,
        }
    }
}

/// The report in a path.
pub(in crate::web) fn report_id(text: &str) -> WebResult<Uuid> {
    Uuid::try_parse(text).map_err(|_| WebError::App(AppError::NotFound))
}

/// `GET /api/v1/staff/scam-reports?state=&limit=&cursor=`
#[utoipa::path(
    get,
    path = "/api/v1/staff/scam-reports",
    operation_id = "list_scam_reports",
    tag = "staff",
    params(
        ("state" = Option<String>, Query, description = "`open` (oldest first) or `all` (newest first)"),
        ("limit" = Option<i64>, Query, description = "1 to 200, 50 if left out"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before")
    ),
    security(("staff" = [])),
    responses((status = 200, body = ScamReportsResponse))
)]
pub async fn list(
    state: web::Data<AppState>,
    staff: Staff,
    query: Result<web::Query<ReportsQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let query = query.map_err(|_| WebError::Malformed)?;
    let limit = page_length(query.limit)?;
    let (which, place) = (query.which(), query.place()?);
    let page = scam_report::list(&state.ctx, &staff.actor, which, place, limit).await?;
    Ok(HttpResponse::Ok().json(ScamReportsResponse {
        items: page.items.into_iter().map(ScamReportLine::from).collect(),
        next_cursor: page.next,
    }))
}

/// `GET /api/v1/staff/scam-reports/{id}`
#[utoipa::path(
    get,
    path = "/api/v1/staff/scam-reports/{id}",
    operation_id = "get_scam_report",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The report")),
    security(("staff" = [])),
    responses((status = 200, body = ScamReportResponse))
)]
pub async fn get(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let report = scam_report::get(&state.ctx, &staff.actor, report_id(&id)?).await?;
    Ok(HttpResponse::Ok().json(ScamReportResponse::from(report)))
}

/// `POST /api/v1/staff/scam-reports/{id}/handling`
#[utoipa::path(
    post,
    path = "/api/v1/staff/scam-reports/{id}/handling",
    operation_id = "handle_scam_report",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The report")),
    security(("staff" = [])),
    request_body = HandlingBody,
    responses((status = 200),
        (status = 409, body = Problem, description = "Somebody was done with it before"))
)]
pub async fn handle(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<HandlingBody>,
) -> WebResult<HttpResponse> {
    let (id, note) = (report_id(&id)?, body.0.note);
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { scam_report::handle(&ctx, &actor, id, note.as_deref()).await };
    state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(json!({})))
}
