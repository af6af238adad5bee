//! `/console/login`, `/console/logout`, `/console/step-up`.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::TimeDelta;
use serde::Deserialize;

use crate::app::AppError;
use crate::app::staff;
use crate::app::staff::session::{self, SESSION_LIFE};
use crate::app::staff::sign_in::{self, DEVICE_DAYS, SignIn, Visitor};
use crate::domain::device;
use crate::render::page::console::{DemoLoginRow, LoginPage, Refusal, StepUpPage};
use crate::state::AppState;
use crate::web::console::{inside, outside, page as answer, see_other};
use crate::web::error::come_back;
use crate::web::extract::session::Holder;
use crate::web::extract::{ClientAddr, Form, Lang, Staff, UserAgent};
use crate::web::{WebError, WebResult};

/// Where a person lands who came from nowhere.
const HOME: &str = "/console";

/// The login form.
#[derive(Deserialize)]
pub struct LoginForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    totp: String,
    #[serde(default)]
    association: String,
}

/// The step-up form.
#[derive(Deserialize)]
pub struct StepUpForm {
    csrf: Option<String>,
    #[serde(default)]
    totp: String,
    #[serde(default)]
    back: String,
}

/// A form that says nothing but who sent it.
#[derive(Deserialize)]
pub struct BareForm {
    csrf: Option<String>,
}

impl BareForm {
    /// The token of the form.
    pub(super) fn csrf(&self) -> Option<&str> {
        self.csrf.as_deref()
    }
}

/// Where to go after.
#[derive(Deserialize)]
pub struct BackQuery {
    #[serde(default)]
    back: String,
}

/// `GET /console/login`
pub async fn page(
    state: web::Data<AppState>,
    language: Lang,
    request: HttpRequest,
) -> WebResult<HttpResponse> {
    let form = LoginForm {
        email: String::new(),
        password: String::new(),
        totp: String::new(),
        association: String::new(),
    };
    login_page(&state, language, &request, form, None).await
}

/// `POST /console/login`
pub async fn sign_in(
    state: web::Data<AppState>,
    language: Lang,
    (client, agent): (ClientAddr, UserAgent),
    request: HttpRequest,
    form: Form<LoginForm>,
) -> WebResult<HttpResponse> {
    let Form(form) = form;
    let attempt = SignIn {
        email: form.email.clone(),
        password: form.password.clone(),
        totp: form.totp.clone(),
        association: Some(form.association.trim().to_owned()).filter(|slug| !slug.is_empty()),
    };
    let ctx = state.ctx.clone();
    let visitor = Visitor {
        client: format!("{:?}", client.network()),
        network: client.place(),
        device: device::described(agent.0.as_deref()),
        known: Holder::StaffDevice.read(&request, &state.web),
        language: language.0,
    };
    let opened = state
        .ctx
        .to_end(async move { sign_in::open_session(&ctx, attempt, &visitor).await })
        .await;
    match opened {
        Ok(opened) => {
            let (own, seconds) = (Holder::Staff, SESSION_LIFE.num_seconds());
            let device = opened.device.map(|token| {
                let seconds = TimeDelta::days(DEVICE_DAYS).num_seconds();
                Holder::StaffDevice.cookie(&state.web, token, seconds)
            });
            let mut answer = see_other(HOME);
            let own = own.cookie(&state.web, opened.token, seconds);
            for cookie in std::iter::once(own).chain(device) {
                answer
                    .add_cookie(&cookie)
                    .map_err(|error| WebError::App(AppError::internal(error)))?;
            }
            Ok(answer)
        }
        Err(error) => {
            let wait = wait(&error);
            let refusal = refusal(error)?;
            let page = login_page(&state, language, &request, form, Some(refusal)).await?;
            Ok(after(page, wait))
        }
    }
}

/// `POST /console/logout`
pub async fn sign_out(
    state: web::Data<AppState>,
    staff: Staff,
    form: Form<BareForm>,
) -> WebResult<HttpResponse> {
    staff.check_csrf(&state, form.0.csrf.as_deref())?;
    let ctx = state.ctx.clone();
    state
        .ctx
        .to_end(async move { session::sign_out(&ctx, &staff.actor).await })
        .await?;
    let mut answer = see_other("/console/login");
    answer
        .add_cookie(&Holder::Staff.removal(&state.web))
        .map_err(|error| WebError::App(AppError::internal(error)))?;
    Ok(answer)
}

/// `GET /console/step-up?back=`
pub async fn step_up_page(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    query: web::Query<BackQuery>,
) -> WebResult<HttpResponse> {
    let page = StepUpPage {
        console: inside(&state, language, &request, &staff).await?,
        back: own_place(&query.back).to_owned(),
        refusal: None,
    };
    answer(StatusCode::OK, &page)
}

/// `POST /console/step-up`
pub async fn step_up(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    form: Form<StepUpForm>,
) -> WebResult<HttpResponse> {
    let Form(form) = form;
    staff.check_csrf(&state, form.csrf.as_deref())?;
    let (ctx, actor, code) = (state.ctx.clone(), staff.actor.clone(), form.totp);
    let done = state
        .ctx
        .to_end(async move { session::step_up(&ctx, &actor, &code, language.0).await })
        .await;
    let back = own_place(&form.back);
    match done {
        Ok(_) => Ok(see_other(back)),
        Err(error) => {
            let wait = wait(&error);
            let refusal = refusal(error)?;
            let mut console = inside(&state, language, &request, &staff).await?;
            let kept = back
                .replace('?', "%3F")
                .replace('=', "%3D")
                .replace('&', "%26");
            console.chrome.path = format!("/console/step-up?back={kept}");
            let page = StepUpPage {
                console,
                back: back.to_owned(),
                refusal: Some(refusal),
            };
            Ok(after(answer(status(refusal), &page)?, wait))
        }
    }
}

async fn login_page(
    state: &AppState,
    language: Lang,
    request: &HttpRequest,
    form: LoginForm,
    refusal: Option<Refusal>,
) -> WebResult<HttpResponse> {
    let demo = staff::demo_logins(&state.ctx).await?;
    let page = LoginPage {
        console: outside(state, language, request),
        email: form.email,
        association: form.association,
        refusal,
        changed: request.query_string().starts_with("changed=1"),
        demo: demo
            .into_iter()
            .map(|login| DemoLoginRow {
                email: login.email,
                role: login.role.as_str(),
                association: login.association,
                code: login.code,
            })
            .collect(),
    };
    answer(refusal.map_or(StatusCode::OK, status), &page)
}

/// What a form can say itself; everything else goes the usual way.
pub(super) fn refusal(error: AppError) -> WebResult<Refusal> {
    match error {
        AppError::WrongCredentials => Ok(Refusal::Wrong),
        AppError::TotpUsed => Ok(Refusal::Used),
        AppError::RateLimited(_) => Ok(Refusal::TooMany),
        other => Err(WebError::App(other)),
    }
}

pub(super) const fn wait(error: &AppError) -> Option<Duration> {
    match error {
        AppError::RateLimited(wait) => Some(*wait),
        _ => None,
    }
}

pub(super) fn after(page: HttpResponse, wait: Option<Duration>) -> HttpResponse {
    match wait {
        Some(wait) => come_back(page, wait),
        None => page,
    }
}

pub(super) const fn status(refusal: Refusal) -> StatusCode {
    match refusal {
        Refusal::Wrong | Refusal::Used => StatusCode::UNAUTHORIZED,
        Refusal::TooMany => StatusCode::TOO_MANY_REQUESTS,
    }
}

/// Only places of the console are gone back to, with the filter they had.
fn own_place(back: &str) -> &str {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_?=&".contains(&byte);
    let ours = back.starts_with("/console/") && back.bytes().all(is_plain);
    if ours { back } else { HOME }
}
