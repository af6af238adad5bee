//! `/me/identity`: who the claimant is. A session that ends meanwhile loses nothing.

use actix_web::cookie::Cookie;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use crate::app::challenge::Record;
use crate::app::identity;
use crate::app::session::{self, ClaimantActor, KnownBrowser};
use crate::app::{AppError, confirmation, mail_request, me};
use crate::domain::claimant::ClaimantState;
use crate::render::page::identity::{IdentityFields, IdentityPage, SessionOver};
use crate::render::page::{Chrome, Errors, FieldError};
use crate::web::WebResult;
use crate::web::error::WebError;
use crate::web::extract::Form;
use crate::web::identity_form::{self, IdentityQuery, SentIdentity};
use crate::web::public::enter::digits;
use crate::web::public::visit::{Visit, html, html_with, see_other};

/// `GET /me/identity?kind=`
pub async fn page(
    visit: Visit,
    query: Result<web::Query<IdentityQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let query = query.map_err(|_| WebError::Malformed)?.into_inner();
    let actor = visit.claimant().await?;
    let record = me::get(visit.ctx(), &actor).await?;
    if !record.state.takes_identity() {
        return Err(AppError::IllegalTransition(record.state.as_str()).into());
    }
    let stored = record.identity_document.as_ref();
    let fields = identity_form::stored(query.kind.as_deref(), stored);
    html(&page_of(visit.chrome(), fields))
}

/// `POST /me/identity`
pub async fn send(visit: Visit, form: Form<SentIdentity>) -> WebResult<HttpResponse> {
    let sent = form.0;
    match visit.claimant_with(sent.csrf.as_deref()).await {
        Ok(actor) => {
            let cookies = visit.session_cookie().into_iter().collect();
            save(&visit, actor, &sent, cookies).await
        }
        Err(WebError::App(AppError::Unauthenticated)) => {
            Box::pin(session_over(&visit, &sent)).await
        }
        // the form of an earlier session: shown again under this one, to be sent once more
        Err(WebError::App(AppError::Forbidden)) => {
            let mut page = again(&visit, &sent);
            page.errors = about("", "error-form-again");
            html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(error) => Err(error),
    }
}

async fn save(
    visit: &Visit,
    actor: ClaimantActor,
    sent: &SentIdentity,
    cookies: Vec<Cookie<'static>>,
) -> WebResult<HttpResponse> {
    let request = identity_form::request(sent);
    let (ctx, by) = (visit.ctx().clone(), actor.clone());
    let done = visit
        .ctx()
        .to_end(async move { identity::give(&ctx, &by, request).await })
        .await;
    let (mut answer, first) = match done {
        Ok(given) if given.state == ClaimantState::Duplicate => {
            (see_other("/me?done=first-record"), Some(given.claimant))
        }
        Ok(_) => (see_other("/me?done=identity-saved"), None),
        Err(AppError::Invalid(errors)) => {
            let mut page = again(visit, sent);
            page.errors = Errors::from(&errors);
            let mut response = html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)?;
            for cookie in &cookies {
                response.add_cookie(cookie).map_err(AppError::internal)?;
            }
            return Ok(response);
        }
        Err(error) => return Err(error.into()),
    };
    for cookie in cookies {
        answer.cookie(cookie);
    }
    if let Some(claimant) = first {
        answer.cookie(visit.known_cookie(KnownBrowser {
            claimant,
            association: actor.association(),
        }));
    }
    Ok(answer.finish())
}

/// The session is over: with the code that was mailed it goes on, else a code is mailed. What was
/// typed stays in the form all along.
async fn session_over(visit: &Visit, sent: &SentIdentity) -> WebResult<HttpResponse> {
    let mut page = again(visit, sent);
    let Some(known) = visit.known() else {
        page.over = Some(SessionOver::Enter);
        return html_with(StatusCode::UNAUTHORIZED, &page);
    };
    let ctx = visit.ctx().clone();
    let code = digits(&sent.code);
    if code.is_empty() {
        let mailed = visit
            .ctx()
            .to_end(async move { mail_request::send_code(&ctx, known).await })
            .await?;
        page.over = Some(if mailed {
            SessionOver::CodeMailed
        } else {
            SessionOver::Enter
        });
        return html_with(StatusCode::UNAUTHORIZED, &page);
    }
    let record = Record::Id(known.claimant);
    let entered = visit
        .ctx()
        .to_end(async move { confirmation::confirm_or_enter(&ctx, record, code).await })
        .await;
    match entered {
        Ok(entered) => {
            let actor = session::authenticate(visit.ctx(), entered.session.token.as_str()).await?;
            let cookies = Vec::from(visit.entered_cookies(&entered));
            save(visit, actor, sent, cookies).await
        }
        Err(AppError::Invalid(_) | AppError::TokenUsed | AppError::TokenExpired) => {
            page.over = Some(SessionOver::CodeMailed);
            page.errors = about("/code", "error-code-wrong");
            html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(error) => Err(error.into()),
    }
}

fn about(pointer: &str, reason: &'static str) -> Errors {
    Errors(vec![FieldError {
        pointer: pointer.to_owned(),
        reason,
    }])
}

/// The form as it was typed.
fn again(visit: &Visit, sent: &SentIdentity) -> IdentityPage {
    let fields = identity_form::typed(sent);
    let path = format!("/me/identity?kind={}", fields.kind.as_str());
    page_of(visit.chrome_at(&path), fields)
}

fn page_of(chrome: Chrome, fields: IdentityFields) -> IdentityPage {
    IdentityPage {
        chrome,
        fields,
        over: None,
        code: String::new(),
        errors: Errors::default(),
    }
}
