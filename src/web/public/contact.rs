//! `/me/contact`: another address to be written to, and a number to be called at, for whose mailbox breaks or changes
//! (R14, R17, R26).

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::app::session::ClaimantActor;
use crate::app::{AppError, contact_change, me};
use crate::render::page::Errors;
use crate::render::page::contact::ContactPage;
use crate::web::WebResult;
use crate::web::error::{WebError, come_back};
use crate::web::extract::Form;
use crate::web::public::card;
use crate::web::public::enter::six_digits;
use crate::web::public::resume::about;
use crate::web::public::visit::{Visit, html, html_with, see_other};

const PATH: &str = "/me/contact";

/// What has just happened.
#[derive(Deserialize)]
pub struct ContactQuery {
    #[serde(default)]
    done: String,
}

/// The address as it was typed.
#[derive(Deserialize)]
pub struct SentContact {
    csrf: Option<String>,
    #[serde(default)]
    email: String,
}

/// The code as it was typed.
#[derive(Deserialize)]
pub struct SentContactCode {
    csrf: Option<String>,
    #[serde(default)]
    code: String,
}

/// The telephone number as it was typed.
#[derive(Deserialize)]
pub struct SentPhone {
    csrf: Option<String>,
    #[serde(default)]
    phone: String,
}

/// `GET /me/contact`
pub async fn page(
    visit: Visit,
    query: Result<web::Query<ContactQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let done = query.map_err(|_| WebError::Malformed)?.into_inner().done;
    let actor = visit.claimant().await?;
    let page = page_of(&visit, &actor, Errors::default()).await?;
    html(&ContactPage {
        is_sent: done == "sent",
        ..page
    })
}

/// `POST /me/contact`
pub async fn send(visit: Visit, form: Form<SentContact>) -> WebResult<HttpResponse> {
    let actor = visit.claimant_with(form.0.csrf.as_deref()).await?;
    let email = form.0.email;
    if visit.switches_language() {
        let page = page_of(&visit, &actor, Errors::default()).await?;
        return html(&ContactPage { email, ..page });
    }
    let (ctx, by, typed) = (visit.ctx().clone(), actor.clone(), email.clone());
    let done = visit
        .ctx()
        .to_end(async move { contact_change::request(&ctx, &by, &typed).await })
        .await;
    match done {
        Ok(_) => Ok(with_session(&visit, "/me/contact?done=sent")),
        Err(AppError::Invalid(errors)) => {
            let page = page_of(&visit, &actor, Errors::from(&errors)).await?;
            let page = ContactPage { email, ..page };
            html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(AppError::RateLimited(wait)) => {
            let errors = about("", "error-codes-too-many");
            let page = page_of(&visit, &actor, errors).await?;
            let page = ContactPage { email, ..page };
            Ok(come_back(
                html_with(StatusCode::TOO_MANY_REQUESTS, &page)?,
                wait,
            ))
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /me/contact/code`
pub async fn confirm(visit: Visit, form: Form<SentContactCode>) -> WebResult<HttpResponse> {
    let actor = visit.claimant_with(form.0.csrf.as_deref()).await?;
    let code = match six_digits(&form.0.code) {
        Ok(code) => code,
        Err(errors) => {
            let page = page_of(&visit, &actor, Errors::from(&errors)).await?;
            return html_with(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    let (ctx, by) = (visit.ctx().clone(), actor.clone());
    let done = visit
        .ctx()
        .to_end(Box::pin(async move {
            contact_change::confirm(&ctx, &by, &code).await
        }))
        .await;
    match done {
        // a double tap
        Ok(_) | Err(AppError::TokenUsed) => Ok(with_session(&visit, "/me?done=contact-changed")),
        Err(AppError::Invalid(errors)) => {
            let page = page_of(&visit, &actor, Errors::from(&errors)).await?;
            let page = ContactPage {
                code: form.0.code,
                ..page
            };
            html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        // a code of an address that was never asked for: the page asks for one
        Err(AppError::IllegalTransition("no_contact_change")) => Ok(with_session(&visit, PATH)),
        Err(error) => Err(error.into()),
    }
}

/// `POST /me/contact/phone`
pub async fn give_phone(visit: Visit, form: Form<SentPhone>) -> WebResult<HttpResponse> {
    let actor = visit.claimant_with(form.0.csrf.as_deref()).await?;
    let (ctx, by, typed) = (visit.ctx().clone(), actor.clone(), form.0.phone.clone());
    let done = visit
        .ctx()
        .to_end(async move { contact_change::give_phone(&ctx, &by, &typed).await })
        .await;
    match done {
        Ok(()) => Ok(with_session(&visit, "/me?done=phone-saved")),
        Err(AppError::Invalid(errors)) => {
            let page = page_of(&visit, &actor, Errors::from(&errors)).await?;
            let page = ContactPage {
                phone: form.0.phone,
                ..page
            };
            html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(error) => Err(error.into()),
    }
}

async fn page_of(visit: &Visit, actor: &ClaimantActor, errors: Errors) -> WebResult<ContactPage> {
    let record = me::get(visit.ctx(), actor).await?;
    let contacts = contact_change::get(visit.ctx(), actor).await?;
    let directory = visit.ctx().directories.get(visit.ctx()).await?;
    let case = directory.case(record.case)?;
    let asked = contacts.asked;
    Ok(ContactPage {
        chrome: visit.chrome_of(&case.slug, PATH),
        case: card::head(&case),
        current: contacts.email,
        current_phone: record.phone,
        asked: asked.map(|(email, until)| (email.as_str().to_owned(), until)),
        is_sent: false,
        email: String::new(),
        code: String::new(),
        phone: String::new(),
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
