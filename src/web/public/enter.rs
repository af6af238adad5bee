//! `/enter`: back to one's own record, by link or by code. Never tells whether an address is known
//! (R18).

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::app::challenge::{ChallengePurpose, Proof, Record, Standing};
use crate::app::{AppError, confirmation, mail_request};
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::reference::Reference;
use crate::render::page::Errors;
use crate::render::page::enter::{EnterPage, EnterRequestPage, EnterState};
use crate::web::WebResult;
use crate::web::error::WebError;
use crate::web::extract::Form;
use crate::web::public::card;
use crate::web::public::visit::{Visit, checked_token, html, html_with, see_other};

const PURPOSE: ChallengePurpose = ChallengePurpose::Access;

/// Which case, and what has just happened.
#[derive(Deserialize)]
pub struct EnterQuery {
    #[serde(default)]
    case: String,
    #[serde(default)]
    done: String,
}

/// The request for a link as it was sent.
#[derive(Deserialize)]
pub struct SentAddress {
    #[serde(default)]
    case: String,
    #[serde(default)]
    email: String,
}

/// Reference and code as they were sent.
#[derive(Deserialize)]
pub struct SentCode {
    #[serde(default)]
    reference: String,
    #[serde(default)]
    code: String,
}

/// `GET /enter?case=`
pub async fn start(
    visit: Visit,
    query: Result<web::Query<EnterQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let query = query.map_err(|_| WebError::Malformed)?.into_inner();
    let mut page = request_page(&visit, query.case).await?;
    page.sent = query.done == "sent";
    html(&page)
}

/// `POST /enter`: mails links, if the address is known.
pub async fn ask_link(visit: Visit, form: Form<SentAddress>) -> WebResult<HttpResponse> {
    let sent = form.0;
    let (ctx, slug, email) = (
        visit.ctx().clone(),
        sent.case.clone(),
        sent.email.trim().to_owned(),
    );
    let done = visit
        .ctx()
        .to_end(async move { mail_request::request_access(&ctx, &slug, &email).await })
        .await;
    let errors = match done {
        Ok(()) => return Ok(see_other("/enter?done=sent").finish()),
        Err(AppError::Invalid(errors)) => errors,
        Err(error) => return Err(error.into()),
    };
    let mut page = request_page(&visit, sent.case).await?;
    page.email = sent.email;
    page.errors = Errors::from(&errors);
    html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// `POST /enter/code`: the code of a confirmation or of an access mail.
pub async fn by_code(visit: Visit, form: Form<SentCode>) -> WebResult<HttpResponse> {
    let sent = form.0;
    let errors = match open(&visit, &sent).await {
        Ok(response) => return Ok(response),
        Err(WebError::App(AppError::Invalid(errors))) => errors,
        // used or too old: for a code that is the same as wrong
        Err(WebError::App(AppError::TokenUsed | AppError::TokenExpired)) => wrong_code(),
        Err(error) => return Err(error),
    };
    let mut page = request_page(&visit, String::new()).await?;
    page.reference = sent.reference;
    page.code = sent.code;
    page.errors = Errors::from(&errors);
    html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// `GET /enter/{token}`
pub async fn page(visit: Visit, token: web::Path<String>) -> WebResult<HttpResponse> {
    let link = confirmation::peek(visit.ctx(), PURPOSE, &token).await?;
    if let (Standing::Used, Some(claimant)) = (link.standing, link.claimant)
        && visit.is_signed_in_as(claimant).await?
    {
        return Ok(see_other("/me").finish());
    }
    let (state, status) = match link.standing {
        Standing::Open(_) => (EnterState::Ask, StatusCode::OK),
        Standing::Used => (EnterState::Used, StatusCode::GONE),
        Standing::Expired => (EnterState::Expired, StatusCode::GONE),
        Standing::Unknown => (EnterState::Unknown, StatusCode::NOT_FOUND),
    };
    let page = EnterPage {
        chrome: visit.chrome_at(&format!("/enter/{}", token.as_str())),
        token: token.into_inner(),
        state,
    };
    html_with(status, &page)
}

/// `POST /enter/{token}`
pub async fn send(visit: Visit, token: web::Path<String>) -> WebResult<HttpResponse> {
    checked_token(&token)?;
    let (ctx, proof) = (visit.ctx().clone(), Proof::Token(token.to_string()));
    let done = visit
        .ctx()
        .to_end(async move { confirmation::enter(&ctx, proof).await })
        .await;
    match done {
        Ok(entered) => {
            let [session, known] = visit.entered_cookies(&entered);
            Ok(see_other("/me").cookie(session).cookie(known).finish())
        }
        // the page says which of them it is, or leads on after a double tap
        Err(AppError::TokenUsed | AppError::TokenExpired) => {
            Ok(see_other(&format!("/enter/{}", token.as_str())).finish())
        }
        Err(error) => Err(error.into()),
    }
}

/// The digits of a code, without the blanks people type between them.
fn digits(typed: &str) -> String {
    typed.chars().filter(char::is_ascii_digit).collect()
}

/// The digits of a code, unless it is another one: that of a mail, by its form.
///
/// # Errors
/// At `/code`, with the sentence that says which one is asked for. Nothing is counted.
pub fn six_digits(typed: &str) -> Result<String, FieldErrors> {
    if Reference::looks_like_one(typed) {
        let mut errors = FieldErrors::new();
        errors.push("/code", FieldCode::Format, "error-code-of-mail");
        return Err(errors);
    }
    Ok(digits(typed))
}

async fn open(visit: &Visit, sent: &SentCode) -> WebResult<HttpResponse> {
    let mut errors = FieldErrors::new();
    let reference = match Reference::parse(&sent.reference) {
        Some(reference) => Some(reference),
        None if sent.reference.trim().is_empty() => {
            errors.push("/reference", FieldCode::Required, "error-record-required");
            None
        }
        None => {
            errors.push("/reference", FieldCode::Format, "error-reference-format");
            None
        }
    };
    let code = six_digits(&sent.code).unwrap_or_else(|other| {
        errors.append(other);
        String::new()
    });
    if code.is_empty() && !Reference::looks_like_one(&sent.code) {
        errors.push("/code", FieldCode::Required, "error-code-required");
    }
    let (Some(reference), true) = (reference, errors.is_empty()) else {
        return Err(AppError::Invalid(errors).into());
    };
    let ctx = visit.ctx().clone();
    let entered = visit
        .ctx()
        .to_end(async move {
            confirmation::confirm_or_enter(&ctx, Record::Reference(reference), code).await
        })
        .await?;
    let [session, known] = visit.entered_cookies(&entered);
    Ok(see_other("/me").cookie(session).cookie(known).finish())
}

fn wrong_code() -> FieldErrors {
    let mut errors = FieldErrors::new();
    errors.push("/code", FieldCode::UnknownValue, "error-code-wrong");
    errors
}

async fn request_page(visit: &Visit, case: String) -> WebResult<EnterRequestPage> {
    let directory = visit.ctx().directories.get(visit.ctx()).await?;
    Ok(EnterRequestPage {
        chrome: visit.chrome_at("/enter"),
        cases: directory
            .public_cases()
            .map(|case| card::head(case))
            .collect(),
        case,
        email: String::new(),
        reference: String::new(),
        code: String::new(),
        sent: false,
        errors: Errors::default(),
    })
}
