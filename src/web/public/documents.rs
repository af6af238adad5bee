//! `/me/documents`: what the claimant produces, as a page. Works without script; with it, it shows how far an
//! upload is and goes on by itself when a phone has lost its signal.

use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_SECURITY_POLICY;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::app::document::{self, By};
use crate::app::session::ClaimantActor;
use crate::app::{AppError, me};
use crate::domain::document::takes_documents;
use crate::domain::field::FieldErrors;
use crate::render::page::Errors;
use crate::render::page::documents::DocumentsPage;
use crate::web::WebResult;
use crate::web::documents::{self, FORM, PAGE_POLICY, of_form};
use crate::web::error::WebError;
use crate::web::extract::multipart::Multi;
use crate::web::extract::{Form, idempotency};
use crate::web::public::card;
use crate::web::public::me::SentToken;
use crate::web::public::visit::{Visit, html_with, one_time_key, see_other};

const PATH: &str = "/me/documents";

/// What has just happened.
#[derive(Deserialize)]
pub struct DocumentsQuery {
    #[serde(default)]
    done: String,
}

/// `GET /me/documents`
pub async fn page(
    visit: Visit,
    query: Result<web::Query<DocumentsQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let done = query.map_err(|_| WebError::Malformed)?.into_inner().done;
    let actor = visit.claimant().await?;
    let done = ["added", "removed"].into_iter().find(|word| *word == done);
    shown(&visit, actor, StatusCode::OK, done, "", None).await
}

/// `POST /me/documents`
pub async fn add(visit: Visit, form: Multi) -> WebResult<HttpResponse> {
    let actor = visit.claimant().await?;
    let parts = match form.read(visit.ctx(), &FORM).await {
        Err(WebError::PartTooLarge(errors)) => {
            let status = StatusCode::PAYLOAD_TOO_LARGE;
            return shown(&visit, actor, status, None, "", Some(&errors)).await;
        }
        Err(WebError::App(AppError::Invalid(errors))) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return shown(&visit, actor, status, None, "", Some(&errors)).await;
        }
        read => read?,
    };
    let actor = visit.claimant_with(parts.text("csrf")).await?;
    let kind = parts.text("kind").unwrap_or_default().to_owned();
    let key = parts
        .text("key")
        .and_then(|key| idempotency::check(key.as_bytes()));
    let sent = documents::sent(parts, key);
    let (ctx, by) = (visit.ctx().clone(), By::Owner(actor.clone()));
    let acting = async move { Box::pin(document::add(&ctx, &by, sent)).await };
    match visit.ctx().to_end(acting).await {
        Ok(_) => Ok(done(&visit, "added")),
        Err(AppError::Invalid(errors)) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            shown(&visit, actor, status, None, &kind, Some(&errors)).await
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /me/documents/{id}/removal`
pub async fn remove(
    visit: Visit,
    path: web::Path<String>,
    form: Form<SentToken>,
) -> WebResult<HttpResponse> {
    let actor = visit.claimant_with(form.0.csrf.as_deref()).await?;
    let document = documents::id(&path)?;
    let ctx = visit.ctx().clone();
    let acting = async move { document::remove(&ctx, &By::Owner(actor), document).await };
    visit.ctx().to_end(acting).await?;
    Ok(done(&visit, "removed"))
}

/// `GET /me/documents/{id}/files/{file}`: the original, or `as=picture`.
pub async fn file(
    visit: Visit,
    path: web::Path<(String, String)>,
    asked: documents::Asked,
) -> WebResult<HttpResponse> {
    let by = By::Owner(visit.claimant().await?);
    let (document, file) = documents::ids(&path.0, &path.1)?;
    let taken = document::take(visit.ctx(), &by, document, file).await?;
    documents::taken(visit.ctx(), asked, taken).await
}

fn done(visit: &Visit, word: &str) -> HttpResponse {
    let mut answer = see_other(&format!("{PATH}?done={word}"));
    if let Some(cookie) = visit.session_cookie() {
        answer.cookie(cookie);
    }
    answer.finish()
}

async fn shown(
    visit: &Visit,
    actor: ClaimantActor,
    status: StatusCode,
    done: Option<&'static str>,
    kind: &str,
    errors: Option<&FieldErrors>,
) -> WebResult<HttpResponse> {
    let record = me::get(visit.ctx(), &actor).await?;
    let directory = visit.ctx().directories.get(visit.ctx()).await?;
    let case = directory.case(record.case)?;
    let all = document::list(visit.ctx(), &By::Owner(actor)).await?;
    let page = DocumentsPage {
        chrome: visit.chrome_of(&case.slug, PATH),
        case: card::head(&case),
        desk: None,
        documents: all.iter().map(|it| documents::line(PATH, it)).collect(),
        can_add: takes_documents(record.state) && !record.moved,
        has_declared: record.declared_version.is_some(),
        kind: kind.to_owned(),
        key: one_time_key(visit.ctx()),
        done,
        errors: errors
            .map(|errors| Errors::from(&of_form(errors)))
            .unwrap_or_default(),
    };
    let mut answer = html_with(status, &page)?;
    let policy = actix_web::http::header::HeaderValue::from_static(PAGE_POLICY);
    answer.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    Ok(answer)
}
