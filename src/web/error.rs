//! From what went wrong to an answer: `application/problem+json` for the API, a page for people.
//!
//! A handler returns [`WebError`]; `middleware::around`, which knows language and request id,
//! writes the answer and logs the chain of causes once.

use std::fmt;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{
    ALLOW, CONTENT_LANGUAGE, CONTENT_TYPE, HeaderValue, LOCATION, RETRY_AFTER,
};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use askama::Template;
use serde::Serialize;

use crate::app::AppError;
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::language::Language;
use crate::domain::permission::Method;
use crate::render::error_text;
use crate::render::page::console::Console;
use crate::render::page::message::{Action, ConsoleMessagePage, MessagePage};
use crate::render::page::{Chrome, Frame};
use crate::render::text::Text;
use crate::web::problem::{self, FORBIDDEN, Kind, SECOND_PERSON, VALIDATION};

/// The number of a request, in examples.
pub(in crate::web) const EXAMPLE_ID: &str = "01a2098f-c7e7-7a93-ade5-060fc050b8f8";

/// Result of a handler.
pub type WebResult<T> = Result<T, WebError>;

/// Why there is no answer of the usual kind.
#[derive(Debug)]
pub enum WebError {
    /// The action did not happen.
    App(AppError),
    /// The body, or a part of the address, cannot be read: 400.
    Malformed,
    /// The body is no JSON: 400, and where.
    NoJson(JsonFault),
    /// `Idempotency-Key` is missing or no key: 400.
    KeyMissing,
    /// `cursor` or `limit` cannot be read: 400.
    BadCursor,
    /// `after` is a number that no event has yet: 400.
    AfterLast,
    /// The path is known, the method is not: 405 with `Allow`.
    MethodNotAllowed(Vec<Method>),
    /// The body came too slowly: 408.
    TooSlow,
    /// The body is too large: 413.
    TooLarge,
    /// A part of an upload is too large; names the field: 413.
    PartTooLarge(FieldErrors),
    /// The body is of another media type: 415.
    UnsupportedMediaType,
    /// A form that was sent by a page of another site: 403.
    CrossSite,
    /// A form of the console that is too old, or of another session: 403.
    StaleForm,
}

/// Where a body ends being JSON; nothing of the body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JsonFault {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1; 0: the line is empty.
    pub column: usize,
    /// What the reader says, in English: "expected `,` or `}`".
    pub said: String,
}

impl From<AppError> for WebError {
    fn from(error: AppError) -> Self {
        Self::App(error)
    }
}

impl fmt::Display for WebError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::App(error) => error.fmt(f),
            other => f.write_str(other.kind().name),
        }
    }
}

impl std::error::Error for WebError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::App(error) => error.source(),
            _ => None,
        }
    }
}

impl WebError {
    /// Status, name and title.
    pub fn kind(&self) -> Kind {
        problem::of(self)
    }

    /// Seconds after which to ask again.
    pub(in crate::web) fn retry_after(&self) -> Option<u64> {
        match self {
            Self::App(AppError::RateLimited(wait)) => Some(whole_seconds(*wait)),
            Self::App(AppError::Unavailable(_)) => Some(5),
            _ => None,
        }
    }
}

/// A page that says itself that there were too many, with `Retry-After`.
pub(in crate::web) fn come_back(mut page: HttpResponse, wait: Duration) -> HttpResponse {
    let seconds = HeaderValue::from(whole_seconds(wait));
    page.headers_mut().insert(RETRY_AFTER, seconds);
    page
}

/// Until `middleware::around` writes the answer; what stands here is seen only without it.
impl ResponseError for WebError {
    fn status_code(&self) -> StatusCode {
        self.kind().status
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

/// How an answer has to be written.
#[derive(Clone, Debug)]
pub struct Style {
    /// The language of sentences.
    pub language: Language,
    /// JSON, or a page.
    pub api: bool,
    /// Whether demonstration data are shown.
    pub demo: bool,
    /// Whether it is a page of the console.
    pub console: bool,
    /// Whether it is shown in the page of a partner site.
    pub framed: bool,
    /// What stands around it for who is signed in to the console.
    pub desk: Option<Console>,
    /// Whether this browser held a claimant's session or link before.
    pub known: bool,
    /// Path of the page it was sent from or, if that is not told, asked for; without query.
    pub page: String,
    /// Told to whoever asks what happened.
    pub request_id: String,
}

/// A problem as RFC 9457 has it.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// `/problems/{name}`
    #[schema(example = "/problems/validation")]
    r#type: String,
    /// Short, in English, the same each time.
    title: &'static str,
    /// Status of the answer.
    #[schema(example = 422)]
    status: u16,
    /// A sentence in the language asked for.
    detail: String,
    /// Fields that are wrong, with `/problems/validation`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ProblemField>,
    /// As in `X-Request-Id`.
    request_id: String,
}

/// A field that is wrong.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ProblemField {
    /// RFC 6901 pointer into the body.
    #[schema(example = "/contact/email")]
    pointer: String,
    /// One of a fixed list.
    #[schema(example = "format")]
    code: &'static str,
    /// What may stand there, with `unknown_value`, where it is a short list.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    allowed: Vec<String>,
    /// A sentence in the language asked for.
    message: String,
}

/// Writes the answer for an error.
pub fn answer(error: &WebError, style: &Style) -> HttpResponse {
    if let Some(place) = way_on(error, style) {
        return HttpResponse::SeeOther()
            .insert_header((LOCATION, place))
            .finish();
    }
    let kind = error.kind();
    let mut builder = HttpResponse::build(kind.status);
    if let Some(seconds) = error.retry_after() {
        builder.insert_header((RETRY_AFTER, seconds));
    }
    if let WebError::MethodNotAllowed(methods) = error {
        builder.insert_header((ALLOW, allowed(methods)));
    }
    if kind.status == StatusCode::UNAUTHORIZED && style.api {
        builder.insert_header(("WWW-Authenticate", "Bearer"));
    }
    let fields = match error {
        WebError::App(AppError::Invalid(fields)) | WebError::PartTooLarge(fields) => Some(fields),
        _ => None,
    };
    let told = match error {
        WebError::App(AppError::Taken(name)) => {
            let language = style.language.of_staff();
            let values = [("name", name.as_str().into())];
            Some((
                language,
                Text::new(language).with("queue-taken-by", &values),
            ))
        }
        WebError::NoJson(fault) => {
            let text = Text::new(style.language);
            let values = [
                ("line", fault.line.to_string().into()),
                ("column", fault.column.to_string().into()),
                ("said", fault.said.as_str().into()),
            ];
            Some((style.language, text.with("problem-malformed-at", &values)))
        }
        _ => None,
    };
    finish(builder, kind, fields, (error.retry_after(), told), style)
}

/// Writes the answer for a fault without an error of ours: a panic, or actix itself.
pub fn answer_kind(kind: Kind, style: &Style) -> HttpResponse {
    finish(
        HttpResponse::build(kind.status),
        kind,
        None,
        (None, None),
        style,
    )
}

fn finish(
    mut builder: HttpResponseBuilder,
    kind: Kind,
    fields: Option<&FieldErrors>,
    (wait, told): (Option<u64>, Option<(Language, String)>),
    style: &Style,
) -> HttpResponse {
    if style.api {
        builder.insert_header((CONTENT_TYPE, "application/problem+json"));
        let mut problem = problem(kind, fields, style.language, style.request_id.clone());
        let (language, detail) = told.unwrap_or((style.language, problem.detail));
        builder.insert_header((CONTENT_LANGUAGE, language.as_str()));
        problem.detail = detail;
        let body = serde_json::to_string(&problem);
        return builder.body(body.unwrap_or_default());
    }
    builder.insert_header((CONTENT_TYPE, "text/html; charset=utf-8"));
    let mut page = page(kind, wait, style);
    if let Some((_, told)) = told {
        page.paragraphs = vec![told];
    }
    let html = if style.console {
        let mut page = ConsoleMessagePage::from(page);
        if let Some(desk) = &style.desk {
            page.console.clone_from(desk);
        }
        page.render()
    } else {
        page.render()
    };
    builder.body(html.unwrap_or_default())
}

/// A problem as an example.
pub(in crate::web) fn example(kind: Kind, language: Language) -> Problem {
    let mut fields = FieldErrors::new();
    fields.push("/contact/email", FieldCode::Format, "error-format");
    let fields = (kind == VALIDATION).then_some(&fields);
    problem(kind, fields, language, EXAMPLE_ID.to_owned())
}

/// The problem of one of several answers.
pub(in crate::web) fn problem_of(
    error: &WebError,
    language: Language,
    request_id: String,
) -> Problem {
    let fields = match error {
        WebError::App(AppError::Invalid(fields)) => Some(fields),
        _ => None,
    };
    problem(error.kind(), fields, language, request_id)
}

fn problem(
    kind: Kind,
    fields: Option<&FieldErrors>,
    language: Language,
    request_id: String,
) -> Problem {
    let text = Text::new(language);
    let errors = fields
        .into_iter()
        .flatten()
        .map(|field| ProblemField {
            message: error_text::message_of_api(text, field),
            pointer: field.pointer.clone(),
            code: field.code.as_str(),
            allowed: match field.code {
                FieldCode::UnknownValue => field.expected.clone(),
                _ => Vec::new(),
            },
        })
        .collect();
    Problem {
        r#type: format!("/problems/{}", kind.name),
        title: kind.title,
        status: kind.status.as_u16(),
        detail: kind
            .state
            .and_then(|state| text.try_word("problem-state", state))
            .unwrap_or_else(|| text.word("problem", kind.name)),
        errors,
        request_id,
    }
}

fn page(kind: Kind, wait: Option<u64>, style: &Style) -> MessagePage {
    if !style.console {
        return claimants_page(kind, wait, style);
    }
    let style = &Style {
        language: style.language.of_staff(),
        ..style.clone()
    };
    let mut page = if kind == FORBIDDEN {
        MessagePage::role(chrome(style))
    } else {
        claimants_page(kind, wait, style)
    };
    // staff go back to where they work
    let told = kind.state.and_then(|state| {
        let text = page.chrome.text();
        text.try_word("problem-state", state)
    });
    let told = told.or_else(|| {
        let text = page.chrome.text();
        // the role would do: it is the person that does not
        (kind == SECOND_PERSON).then(|| text.word("problem", kind.name))
    });
    if let Some(told) = told {
        page.paragraphs = vec![told];
    }
    page.action = Some(Action {
        href: "/console".to_owned(),
        label: page.chrome.t("message-console-action"),
    });
    page
}

fn chrome(style: &Style) -> Chrome {
    Chrome {
        language: style.language,
        demo: style.demo,
        path: "/".to_owned(),
        verify_href: Some("/verify".to_owned()),
        frame: style.framed.then(Frame::default),
        ..Chrome::default()
    }
}

fn claimants_page(kind: Kind, wait: Option<u64>, style: &Style) -> MessagePage {
    let chrome = chrome(style);
    match kind.status {
        StatusCode::UNAUTHORIZED if style.known => MessagePage::session_over(chrome),
        StatusCode::UNAUTHORIZED => MessagePage::enter(chrome),
        StatusCode::FORBIDDEN => MessagePage::forbidden(chrome),
        StatusCode::NOT_FOUND => MessagePage::not_found(chrome),
        StatusCode::CONFLICT => MessagePage::conflict(chrome),
        StatusCode::GONE => MessagePage::gone(chrome),
        StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            MessagePage::too_large(chrome)
        }
        StatusCode::TOO_MANY_REQUESTS => MessagePage::too_many(chrome, wait.unwrap_or(60)),
        StatusCode::SERVICE_UNAVAILABLE => MessagePage::unavailable(chrome),
        status if status.is_client_error() => MessagePage::bad_request(chrome),
        _ => MessagePage::internal(chrome, style.request_id.clone()),
    }
}

/// In the console a missing login or second factor leads to its form.
fn way_on(error: &WebError, style: &Style) -> Option<String> {
    match error {
        WebError::App(AppError::Unauthenticated) if style.console => {
            Some("/console/login".to_owned())
        }
        WebError::App(AppError::StepUpRequired) if style.console => {
            Some(format!("/console/step-up?back={}", style.page))
        }
        _ => None,
    }
}

fn allowed(methods: &[Method]) -> String {
    let mut words: Vec<&str> = methods.iter().map(|method| method.as_str()).collect();
    if methods.contains(&Method::Get) {
        words.push("HEAD");
    }
    words.join(", ")
}

fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}
