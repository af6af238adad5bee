//! `/console/scam-reports`: reports of swindlers, and what was done about them (R13). No address in them is
//! a link.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use uuid::Uuid;

use crate::app::AppError;
use crate::app::scam_report::{self, ReportLine, Which};
use crate::app::work_queue::Item;
use crate::domain::page_length::DEFAULT_LIMIT;
use crate::domain::scam_report::defanged;
use crate::domain::work_queue::WorkQueue;
use crate::render::page::Errors;
use crate::render::page::console::scam_report::{ScamReportLine, ScamReportPage, ScamReportsPage};
use crate::state::AppState;
use crate::web::api::staff::scam_reports::{ReportsQuery, report_id};
use crate::web::console::{inside, page, queues, see_other};
use crate::web::extract::{Form, Lang, Staff};
use crate::web::{WebError, WebResult};

/// What was done.
#[derive(Deserialize)]
pub struct HandlingForm {
    csrf: Option<String>,
    #[serde(default)]
    note: String,
}

/// Who asks.
struct Asked<'a> {
    state: &'a AppState,
    language: Lang,
    staff: &'a Staff,
    request: &'a HttpRequest,
}

/// `GET /console/scam-reports?state=&cursor=`
pub async fn queue(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    query: Result<web::Query<ReportsQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let query = query.map_err(|_| WebError::Malformed)?;
    let (which, place) = (query.which(), query.place()?);
    let found = scam_report::list(
        &state.ctx,
        &staff.actor,
        which,
        place,
        i64::from(DEFAULT_LIMIT),
    )
    .await?;
    let shown = ScamReportsPage {
        console: inside(&state, language, &request, &staff).await?,
        all: which == Which::All,
        reports: found.items.into_iter().map(line).collect(),
        next: found.next,
    };
    page(StatusCode::OK, &shown)
}

/// `GET /console/scam-reports/{id}`
pub async fn one(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let asked = Asked {
        state: &state,
        language,
        staff: &staff,
        request: &request,
    };
    page(StatusCode::OK, &asked.one(report_id(&id)?).await?)
}

/// `POST /console/scam-reports/{id}`
pub async fn handle(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    form: Form<HandlingForm>,
) -> WebResult<HttpResponse> {
    let (id, Form(form)) = (report_id(&id)?, form);
    staff.check_csrf(&state, form.csrf.as_deref())?;
    let (ctx, actor, note) = (state.ctx.clone(), staff.actor.clone(), form.note.clone());
    let acting = async move { scam_report::handle(&ctx, &actor, id, Some(&note)).await };
    match state.ctx.to_end(acting).await {
        Ok(()) => Ok(see_other("/console/scam-reports")),
        Err(AppError::Invalid(errors)) => {
            let asked = Asked {
                state: &state,
                language,
                staff: &staff,
                request: &request,
            };
            let mut shown = asked.one(id).await?;
            shown.note = form.note;
            shown.errors = Errors::from(&errors);
            page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
        }
        Err(error) => Err(error.into()),
    }
}

impl Asked<'_> {
    async fn one(&self, id: Uuid) -> WebResult<ScamReportPage> {
        let report = scam_report::get(&self.state.ctx, &self.staff.actor, id).await?;
        let mut console = inside(self.state, self.language, self.request, self.staff).await?;
        console.chrome.path = format!("/console/scam-reports/{id}");
        let bar = if report.line.handled_at.is_none() {
            let item = Item { id, subject: id };
            let (slug, queue) = (&report.line.case.0, WorkQueue::ScamReports);
            Some(queues::bar(self.state, self.staff, slug, queue, item).await?)
        } else {
            None
        };
        Ok(ScamReportPage {
            console,
            bar,
            what_happened: defanged(&report.told.what_happened),
            came_from: report.told.came_from.as_deref().map(defanged),
            // what somebody wrote about themselves, yet nobody checked who it was
            contact: report.told.contact.as_deref().map(defanged),
            done: report.handled.map(|(_, note)| note),
            report: line(report.line),
            note: String::new(),
            errors: Errors::default(),
        })
    }
}

fn line(report: ReportLine) -> ScamReportLine {
    ScamReportLine {
        id: report.id.to_string(),
        case: report.case.1,
        asked_for: report.asked_for,
        received_at: report.received_at,
        handled_at: report.handled_at,
    }
}
