//! `/me/mailboxes/{id}`: proof that a mailbox is the claimant's (R30).

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::app::session::ClaimantActor;
use crate::app::{AppError, mailbox_proof, me};
use crate::domain::ids::MailboxId;
use crate::render::page::Errors;
use crate::render::page::mailbox::ProofPage;
use crate::web::WebResult;
use crate::web::error::{WebError, come_back};
use crate::web::extract::Form;
use crate::web::public::card;
use crate::web::public::enter::six_digits;
use crate::web::public::me::SentToken;
use crate::web::public::resume::about;
use crate::web::public::visit::{Visit, html, html_with, see_other};

/// What has just happened.
#[derive(Deserialize)]
pub struct MailboxQuery {
    #[serde(default)]
    done: String,
}

/// The code as it was typed.
#[derive(Deserialize)]
pub struct SentProof {
    csrf: Option<String>,
    #[serde(default)]
    code: String,
}

/// `GET /me/mailboxes/{id}`
pub async fn page(
    visit: Visit,
    id: web::Path<String>,
    query: Result<web::Query<MailboxQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let done = query.map_err(|_| WebError::Malformed)?.into_inner().done;
    let actor = visit.claimant().await?;
    let page = page_of(&visit, &actor, mailbox(&id)?, Errors::default()).await?;
    html(&ProofPage {
        is_sent: done == "sent",
        ..page
    })
}

/// `POST /me/mailboxes/{id}/code`
pub async fn ask_code(
    visit: Visit,
    id: web::Path<String>,
    form: Form<SentToken>,
) -> WebResult<HttpResponse> {
    let actor = visit.claimant_with(form.0.csrf.as_deref()).await?;
    let id = mailbox(&id)?;
    let (ctx, by) = (visit.ctx().clone(), actor.clone());
    let done = visit
        .ctx()
        .to_end(async move { mailbox_proof::request(&ctx, &by, id).await })
        .await;
    match done {
        Ok(_) => Ok(with_session(&visit, &format!("{}?done=sent", path(id)))),
        // the page says how it is
        Err(AppError::IllegalTransition("mailbox_proved" | "mailbox_down")) => {
            Ok(with_session(&visit, &path(id)))
        }
        Err(AppError::RateLimited(wait)) => {
            let errors = about("", "error-mailbox-codes-too-many");
            let page = page_of(&visit, &actor, id, errors).await?;
            Ok(come_back(
                html_with(StatusCode::TOO_MANY_REQUESTS, &page)?,
                wait,
            ))
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /me/mailboxes/{id}`
pub async fn send(
    visit: Visit,
    id: web::Path<String>,
    form: Form<SentProof>,
) -> WebResult<HttpResponse> {
    let actor = visit.claimant_with(form.0.csrf.as_deref()).await?;
    let id = mailbox(&id)?;
    let code = match six_digits(&form.0.code) {
        Ok(code) => code,
        Err(errors) => {
            let page = page_of(&visit, &actor, id, Errors::from(&errors)).await?;
            return html_with(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    if code.is_empty() {
        let errors = about("/code", "error-code-required");
        let page = page_of(&visit, &actor, id, errors).await?;
        return html_with(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let (ctx, by) = (visit.ctx().clone(), actor.clone());
    let done = visit
        .ctx()
        .to_end(async move { mailbox_proof::prove(&ctx, &by, id, &code).await })
        .await;
    match done {
        // a double tap
        Ok(_) | Err(AppError::TokenUsed) => Ok(with_session(&visit, "/me?done=mailbox-proved")),
        Err(AppError::Invalid(errors)) => {
            let page = page_of(&visit, &actor, id, Errors::from(&errors)).await?;
            let page = ProofPage {
                code: form.0.code,
                ..page
            };
            html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(error) => Err(error.into()),
    }
}

async fn page_of(
    visit: &Visit,
    actor: &ClaimantActor,
    id: MailboxId,
    errors: Errors,
) -> WebResult<ProofPage> {
    let record = me::get(visit.ctx(), actor).await?;
    let found = mailbox_proof::get(visit.ctx(), actor, id).await?;
    if found.proved_at.is_none() {
        mailbox_proof::may_prove(record.state)?;
    }
    let directory = visit.ctx().directories.get(visit.ctx()).await?;
    let case = directory.case(record.case)?;
    Ok(ProofPage {
        chrome: visit.chrome_of(&case.slug, &path(id)),
        case: card::head(&case),
        path: path(id),
        address: found.address.masked(),
        proved_at: found.proved_at,
        is_reachable: found.is_reachable,
        code_until: found.code_until,
        is_sent: false,
        code: String::new(),
        errors,
    })
}

fn with_session(visit: &Visit, place: &str) -> HttpResponse {
    let mut answer = see_other(place);
    if let Some(cookie) = visit.session_cookie() {
        answer.cookie(cookie);
    }
    answer.finish()
}

fn path(id: MailboxId) -> String {
    format!("/me/mailboxes/{id}")
}

fn mailbox(id: &str) -> WebResult<MailboxId> {
    MailboxId::parse(id).ok_or(WebError::App(AppError::NotFound))
}
