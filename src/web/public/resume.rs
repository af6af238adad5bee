//! A form that comes after its session ended: nothing typed is lost. With the code that is mailed to a
//! known browser it goes on; another browser enters in a second tab and sends once more. Either way the
//! form is shown again first, with the record it will be saved to: on a shared browser that may be
//! another person's.

use actix_web::HttpResponse;
use actix_web::cookie::Cookie;
use actix_web::http::StatusCode;

use crate::app::challenge::Record;
use crate::app::session::{self, ClaimantActor};
use crate::app::{AppError, confirmation, mail_request};
use crate::render::page::resume::{ResumePage, SessionOver};
use crate::render::page::{Errors, FieldError};
use crate::web::WebResult;
use crate::web::error::WebError;
use crate::web::public::enter::six_digits;
use crate::web::public::visit::{Visit, html_with};

/// Whose form it is.
pub enum Admission {
    /// Who sent it, with the cookies to answer with.
    Entered(ClaimantActor, Vec<Cookie<'static>>),
    /// A form of an earlier session: nothing is saved until it is sent once more.
    Again(Again),
    /// Nobody is signed in: this is the answer.
    Over(HttpResponse),
}

/// How a kept form is shown under the session that is open now. The visit names the record.
pub struct Again {
    /// Whose session it is.
    pub actor: ClaimantActor,
    /// The cookies to answer with.
    pub cookies: Vec<Cookie<'static>>,
    /// 200 to who typed the code, 422 where the session changed unseen.
    pub status: StatusCode,
    /// What to say above the form.
    pub errors: Errors,
}

/// A form as it came.
pub struct Came {
    /// Where it goes.
    pub action: &'static str,
    /// Its fields.
    pub fields: Vec<(String, String)>,
}

impl Came {
    fn value(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// Lets the owner of a form in. A form of another session than its own is not taken: the visit then
/// carries the session that is open now and names its record.
///
/// # Errors
/// As the database and the mail caps.
pub async fn admit(visit: &mut Visit, came: &Came) -> WebResult<Admission> {
    match visit.claimant_with(came.value("csrf")).await {
        Ok(actor) => {
            let cookies = visit.session_cookie().into_iter().collect();
            Ok(Admission::Entered(actor, cookies))
        }
        Err(WebError::App(AppError::Unauthenticated)) => Box::pin(session_over(visit, came)).await,
        Err(WebError::App(AppError::Forbidden)) => {
            let actor = visit.claimant().await?;
            visit.name_record(&actor).await?;
            Ok(Admission::Again(Again {
                actor,
                cookies: Vec::new(),
                status: StatusCode::UNPROCESSABLE_ENTITY,
                errors: about("", "error-form-again"),
            }))
        }
        Err(error) => Err(error),
    }
}

async fn session_over(visit: &mut Visit, came: &Came) -> WebResult<Admission> {
    let mut page = page(visit, came);
    let Some(known) = visit.known() else {
        return over(StatusCode::UNAUTHORIZED, &page);
    };
    let ctx = visit.ctx().clone();
    let code = match six_digits(came.value("code").unwrap_or_default()) {
        Ok(code) => code,
        Err(errors) => {
            page.over = SessionOver::CodeMailed;
            page.errors = Errors::from(&errors);
            return over(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    if code.is_empty() {
        let mailed = visit
            .ctx()
            .to_end(async move { mail_request::send_code(&ctx, known).await })
            .await?;
        if mailed {
            page.over = SessionOver::CodeMailed;
        }
        return over(StatusCode::UNAUTHORIZED, &page);
    }
    let record = Record::Id(known.claimant);
    let entered = visit
        .ctx()
        .to_end(async move { confirmation::confirm_or_enter(&ctx, record, code).await })
        .await;
    match entered {
        Ok(entered) => {
            let actor = session::authenticate(visit.ctx(), entered.session.token.as_str()).await?;
            visit.check(&actor)?;
            let cookies = Vec::from(visit.entered_cookies(&entered));
            visit.enter(&entered);
            visit.name_record(&actor).await?;
            Ok(Admission::Again(Again {
                actor,
                cookies,
                status: StatusCode::OK,
                errors: Errors::default(),
            }))
        }
        Err(AppError::Invalid(_) | AppError::TokenUsed | AppError::TokenExpired) => {
            page.over = SessionOver::CodeMailed;
            page.errors = about("/code", "error-code-wrong");
            over(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(error) => Err(error.into()),
    }
}

fn over(status: StatusCode, page: &ResumePage) -> WebResult<Admission> {
    Ok(Admission::Over(html_with(status, page)?))
}

fn page(visit: &Visit, came: &Came) -> ResumePage {
    let is_kept = |(name, _): &&(String, String)| !matches!(name.as_str(), "csrf" | "code");
    ResumePage {
        chrome: visit.chrome_at(came.action),
        action: came.action.to_owned(),
        kept: came.fields.iter().filter(is_kept).cloned().collect(),
        over: SessionOver::Enter,
        code: String::new(),
        errors: Errors::default(),
    }
}

/// One error of a page.
pub fn about(pointer: &str, reason: &'static str) -> Errors {
    Errors(vec![FieldError {
        about: None,
        pointer: pointer.to_owned(),
        reason,
    }])
}

/// The answer, with cookies.
///
/// # Errors
/// `Internal` if a cookie cannot be written.
pub fn with_cookies(
    mut response: HttpResponse,
    cookies: &[Cookie<'static>],
) -> WebResult<HttpResponse> {
    for cookie in cookies {
        response.add_cookie(cookie).map_err(AppError::internal)?;
    }
    Ok(response)
}
