//! What happens around every request: id, panics, errors to answers, headers, log, numbers.

use std::error::Error as StdError;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::REFERER;
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse, web};
use futures_util::FutureExt;
use tracing::Instrument;
use url::Url;

use crate::app::AppError;
use crate::domain::language::Language;
use crate::state::AppState;
use crate::web::console;
use crate::web::error::{self, Style, WebError};
use crate::web::extract::session::Holder;
use crate::web::extract::{is_api, language};
use crate::web::problem::{INTERNAL, Kind};

pub mod access_log;
pub mod frame;
pub mod headers;
pub mod partner;
pub mod rate_limit;
pub mod request_id;
pub mod same_origin;

pub use request_id::RequestId;

/// What is kept of a request while it is answered: the request itself goes down to the handler.
struct Asked {
    style: Style,
    https: bool,
    new_language: Option<Language>,
}

/// The outermost layer.
///
/// # Errors
/// Only with a written answer inside: after a panic there is no request to answer to.
pub async fn around<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(state) = request.app_data::<web::Data<AppState>>().cloned() else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let mut asked = ask(&request, &state);
    request
        .extensions_mut()
        .insert(RequestId(asked.style.request_id.clone()));
    let method = request.method().clone();
    let started = Instant::now();
    let span = tracing::info_span!("request", request_id = %asked.style.request_id);
    let served = AssertUnwindSafe(next.call(request))
        .catch_unwind()
        .instrument(span.clone())
        .await;
    if let Ok(Ok(response)) = &served
        && is_refusal_of_the_console(response, &asked.style)
    {
        let framing = Box::pin(console::around_words(&state, response.request()));
        asked.style.desk = framing.instrument(span.clone()).await;
    }
    let _entered = span.enter();
    match served {
        Ok(Ok(response)) => {
            let mut response = rewrite(response.map_into_boxed_body(), &asked);
            dress(response.response_mut(), &asked);
            let answered = response.request().clone();
            partner::tell(&answered, response.headers_mut());
            frame::tell(&answered, response.headers_mut());
            let pattern = response.request().match_pattern();
            access_log::write(&method, pattern.as_deref(), response.status(), started);
            Ok(response)
        }
        Ok(Err(cause)) => {
            let status = cause.as_response_error().status_code();
            access_log::write(&method, None, status, started);
            let response = error::answer_kind(Kind::of_status(status), &asked.style);
            Err(InternalError::from_response("refused", dressed(response, &asked)).into())
        }
        Err(_) => {
            tracing::error!("a handler panicked");
            access_log::write(&method, None, StatusCode::INTERNAL_SERVER_ERROR, started);
            let response = error::answer_kind(INTERNAL, &asked.style);
            Err(InternalError::from_response("panic", dressed(response, &asked)).into())
        }
    }
}

/// The chain of causes, for logs. Errors of ours carry no personal data.
pub fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words.push_str(": ");
        words.push_str(&error.to_string());
        cause = error.source();
    }
    words
}

fn ask(request: &ServiceRequest, state: &AppState) -> Asked {
    let peer: Option<IpAddr> = request.peer_addr().map(|peer| peer.ip());
    let api = is_api(request.path());
    let framed = frame::is_framed(request.path());
    Asked {
        style: Style {
            language: language::Lang::of(request.head()).0,
            api,
            demo: state.ctx.settings.demo,
            console: request.path().starts_with("/console"),
            framed,
            known: !framed && Holder::is_known(request.request(), &state.web),
            desk: None,
            page: page_of(request, state),
            request_id: request_id::choose(peer, request.headers(), state),
        },
        https: state.web.https,
        new_language: language::asked(request.head()).filter(|_| !api && !framed),
    }
}

/// The page a form of the console stands on, where the browser tells: many paths of forms have no page to come back
/// to. Else the path that was asked for.
fn page_of(request: &ServiceRequest, state: &AppState) -> String {
    let asked = request.path();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if reads || !asked.starts_with("/console") {
        return asked.to_owned();
    }
    let told = request.headers().get(REFERER);
    let told = told.and_then(|value| Url::parse(value.to_str().ok()?).ok());
    let base = Url::parse(&state.ctx.settings.public_base_url).ok();
    let own = |page: &Url| {
        base.as_ref()
            .is_some_and(|base| base.origin() == page.origin())
    };
    told.filter(own)
        .map_or_else(|| asked.to_owned(), |page| page.path().to_owned())
}

/// Whether a page of the console says no: then who is signed in keeps the bar. Not where the sign-in is missing, nor
/// where we cannot look.
fn is_refusal_of_the_console<B>(response: &ServiceResponse<B>, style: &Style) -> bool {
    let Some(cause) = response.response().error() else {
        return false;
    };
    let status = cause.as_response_error().status_code();
    style.console && status.is_client_error() && status != StatusCode::UNAUTHORIZED
}

/// Writes the answer of an error; leaves every other one alone.
fn rewrite(response: ServiceResponse<BoxBody>, asked: &Asked) -> ServiceResponse<BoxBody> {
    let Some(cause) = response.response().error() else {
        return response;
    };
    let answer = match cause.as_error::<WebError>() {
        Some(error) => {
            log(error);
            error::answer(error, &asked.style)
        }
        None => error::answer_kind(Kind::of_status(response.status()), &asked.style),
    };
    let (request, _) = response.into_parts();
    ServiceResponse::new(request, answer)
}

/// Tells the log of an error: with its cause where it is ours.
pub(in crate::web) fn log(error: &WebError) {
    match error {
        WebError::App(AppError::Internal(_)) => {
            tracing::error!(cause = %chain(error), "a request failed");
        }
        WebError::App(AppError::Unavailable(_)) => {
            tracing::warn!(cause = %chain(error), "a request was put off");
        }
        WebError::App(AppError::RateLimited(_)) => tracing::debug!("a request was limited"),
        other => tracing::debug!(problem = other.kind().name, "a request was refused"),
    }
}

fn dress(response: &mut HttpResponse<BoxBody>, asked: &Asked) {
    headers::secure(response.headers_mut(), asked.https);
    request_id::tell(response.headers_mut(), &asked.style.request_id);
    if let Some(language) = asked.new_language {
        let cookie = language::cookie(language, asked.https);
        if response.add_cookie(&cookie).is_err() {
            tracing::warn!("the language could not be remembered");
        }
    }
}

fn dressed(mut response: HttpResponse<BoxBody>, asked: &Asked) -> HttpResponse<BoxBody> {
    dress(&mut response, asked);
    response
}
