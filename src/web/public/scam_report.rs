//! `/report-scam`: what to do when somebody poses as an association, and a form to tell it (R13).

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::app::AppError;
use crate::app::scam_report::{self, ReportRequest};
use crate::domain::scam_report::{AskedFor, LONGEST_STORY, ScamReportInput};
use crate::render::page::scam_report::{Choice, ReportScamPage, ScamReportForm};
use crate::render::page::{Errors, FieldError};
use crate::web::WebResult;
use crate::web::error::WebError;
use crate::web::extract::{Form, idempotency};
use crate::web::public::visit::{Visit, html, html_with, one_time_key, see_other};

/// Whom it is about, and what has just happened.
#[derive(Deserialize)]
pub struct ReportQuery {
    #[serde(default)]
    case: String,
    #[serde(default)]
    association: String,
    #[serde(default)]
    done: String,
}

/// The form as it was sent.
#[derive(Deserialize)]
pub struct SentReport {
    #[serde(default)]
    idempotency_key: String,
    /// `case` or `case/association`, slugs.
    #[serde(default)]
    case: String,
    #[serde(default)]
    what_happened: String,
    #[serde(default)]
    asked_for: String,
    #[serde(default)]
    came_from: String,
    #[serde(default)]
    contact: String,
}

/// `GET /report-scam?case=&association=`
pub async fn page(
    visit: Visit,
    query: Result<web::Query<ReportQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let query = query.map_err(|_| WebError::Malformed)?.into_inner();
    let mut page = shown(&visit).await?;
    page.sent = query.done == "sent";
    let asked = place(&query.case, Some(&query.association));
    if page.choices.iter().any(|choice| choice.value == asked) {
        page.form.case = asked;
    }
    html(&page)
}

/// `POST /report-scam`
pub async fn send(visit: Visit, form: Form<SentReport>) -> WebResult<HttpResponse> {
    let sent = form.0;
    let key = idempotency::check(sent.idempotency_key.as_bytes());
    if visit.switches_language() {
        return html(&again(&visit, sent, key, Errors::default()).await?);
    }
    let (case, association) = match sent.case.split_once('/') {
        Some((case, association)) => (case, Some(association.to_owned())),
        None => (sent.case.as_str(), None),
    };
    let text = |text: &str| Some(text.to_owned());
    let request = ReportRequest {
        case: text(case),
        association,
        input: ScamReportInput {
            what_happened: text(&sent.what_happened),
            asked_for: text(&sent.asked_for),
            came_from: text(&sent.came_from),
            contact: text(&sent.contact),
        },
        idempotency_key: key.clone(),
    };
    let ctx = visit.ctx().clone();
    let acting = async move { scam_report::report(&ctx, request).await };
    let errors = match visit.ctx().to_end(acting).await {
        Ok(_) => return Ok(see_other("/report-scam?done=sent").finish()),
        Err(AppError::Invalid(errors)) => at_their_fields(Errors::from(&errors)),
        // the same page sent again with other words: they are a report of their own
        Err(AppError::IdempotencyMismatch) => Errors(vec![FieldError {
            about: None,
            pointer: String::new(),
            reason: "error-form-sent-before",
        }]),
        Err(error) => return Err(error.into()),
    };
    let is_mismatch = errors.0.iter().any(|error| error.pointer.is_empty());
    let page = again(&visit, sent, key.filter(|_| !is_mismatch), errors).await?;
    html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// The form as it was typed; `key`: the one it keeps.
async fn again(
    visit: &Visit,
    sent: SentReport,
    key: Option<String>,
    errors: Errors,
) -> WebResult<ReportScamPage> {
    let mut page = shown(visit).await?;
    if let Some(key) = key {
        page.form.idempotency_key = key;
    }
    page.form.case = sent.case;
    page.form.what_happened = sent.what_happened;
    page.form.asked_for = sent.asked_for;
    page.form.came_from = sent.came_from;
    page.form.contact = sent.contact;
    page.errors = errors;
    Ok(page)
}

/// Case and association are one field of the form.
fn at_their_fields(mut errors: Errors) -> Errors {
    for error in &mut errors.0 {
        if error.pointer == "/association" {
            "/case".clone_into(&mut error.pointer);
        }
    }
    errors
}

/// One value for case and association.
fn place(case: &str, association: Option<&str>) -> String {
    match association.filter(|slug| !slug.is_empty()) {
        Some(association) => format!("{case}/{association}"),
        None => case.to_owned(),
    }
}

async fn shown(visit: &Visit) -> WebResult<ReportScamPage> {
    let directory = visit.ctx().directories.get(visit.ctx()).await?;
    let mut choices = Vec::new();
    for case in directory.public_cases() {
        for association in &case.associations {
            choices.push(Choice {
                value: place(&case.slug, Some(&association.slug)),
                association: Some(association.name.clone()),
                case: case.title.clone(),
            });
        }
        choices.push(Choice {
            value: case.slug.clone(),
            association: None,
            case: case.title.clone(),
        });
    }
    Ok(ReportScamPage {
        chrome: visit.chrome_at("/report-scam"),
        sent: false,
        choices,
        words: AskedFor::ALL.map(AskedFor::as_str).to_vec(),
        longest: LONGEST_STORY,
        form: ScamReportForm {
            idempotency_key: one_time_key(visit.ctx()),
            ..ScamReportForm::default()
        },
        errors: Errors::default(),
    })
}
