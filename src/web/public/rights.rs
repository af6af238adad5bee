//! `/me/rights`: requests about the own data.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::app::AppError;
use crate::app::rights::{self, RightsRequest, Way};
use crate::app::session::ClaimantActor;
use crate::domain::rights::RightsKind;
use crate::render::page::Errors;
use crate::render::page::rights::{LiftingLine, RequestLine, RightsPage};
use crate::web::WebResult;
use crate::web::api::public::rights::wanted;
use crate::web::error::WebError;
use crate::web::extract::Form;
use crate::web::public::visit::{Visit, html, html_with, see_other};

/// What has just happened.
#[derive(Deserialize)]
pub struct RightsQuery {
    #[serde(default)]
    done: String,
}

/// A request as it was sent.
#[derive(Deserialize)]
pub struct SentRequest {
    csrf: Option<String>,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    text: String,
}

/// `GET /me/rights`
pub async fn page(
    visit: Visit,
    query: Result<web::Query<RightsQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let query = query.map_err(|_| WebError::Malformed)?;
    let actor = visit.claimant().await?;
    let page = rights_page(&visit, &actor).await?;
    html(&RightsPage {
        sent: query.done == "sent",
        ..page
    })
}

/// `POST /me/rights`
pub async fn ask(visit: Visit, form: Form<SentRequest>) -> WebResult<HttpResponse> {
    let actor = visit.claimant_with(form.0.csrf.as_deref()).await?;
    let sent = form.0;
    if visit.switches_language() {
        let page = RightsPage {
            kind: sent.kind,
            text: sent.text,
            ..rights_page(&visit, &actor).await?
        };
        return html(&page);
    }
    let (kind, text) = match wanted(Some(&sent.kind), Some(&sent.text)) {
        Ok(wanted) => wanted,
        Err(AppError::Invalid(errors)) => {
            let page = RightsPage {
                kind: sent.kind,
                text: sent.text,
                errors: Errors::from(&errors),
                ..rights_page(&visit, &actor).await?
            };
            return html_with(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
        Err(error) => return Err(error.into()),
    };
    let ctx = visit.ctx().clone();
    let acting = async move { rights::ask(&ctx, &actor, kind, &text, Way::Page).await };
    visit.ctx().to_end(acting).await?;
    let mut answer = see_other("/me/rights?done=sent");
    if let Some(cookie) = visit.session_cookie() {
        answer.cookie(cookie);
    }
    Ok(answer.finish())
}

async fn rights_page(visit: &Visit, actor: &ClaimantActor) -> WebResult<RightsPage> {
    let own = rights::list_own(visit.ctx(), actor).await?;
    Ok(RightsPage {
        chrome: visit.chrome_at("/me/rights"),
        requests: own.into_iter().map(line).collect(),
        kinds: RightsKind::ON_OWN_PAGE.map(RightsKind::as_str).to_vec(),
        kind: String::new(),
        text: String::new(),
        sent: false,
        errors: Errors::default(),
    })
}

/// A request as pages show it.
pub(in crate::web) fn line(request: RightsRequest) -> RequestLine {
    let extension = request.extended_at;
    let reason = request.extension_reason.unwrap_or_default();
    let answer = request.answered_at.zip(request.decision);
    let answer_reason = request.answer_reason.unwrap_or_default();
    RequestLine {
        id: request.id.to_string(),
        reference: request.reference.grouped(),
        kind: request.kind,
        channel: request.channel,
        received_on: request.received_on,
        due_on: request.due_on,
        overdue: request.overdue,
        extension: extension.map(|at| (at, reason)),
        by_letter: request.extension_notified.as_deref() == Some("letter"),
        answer: answer.map(|(at, decision)| (at, decision, answer_reason)),
        text: request.text,
        outcome: request.outcome,
        lifting: request.lifting.map(|lifting| LiftingLine {
            lifts_at: lifting.lifts_at,
            lifted_at: lifting.lifted_at,
            notified: lifting.notified,
            reason: lifting.reason.unwrap_or_default(),
        }),
    }
}
