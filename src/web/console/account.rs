//! `/console/account`: where one is signed in; password, authenticator app, recovery codes.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use crate::app::staff::account::{self, Proof};
use crate::app::{AppError, AppResult};
use crate::render::page::Errors;
use crate::render::page::console::Refusal;
use crate::render::page::console::account::{AccountPage, Change, ProofPage, RecoveryCodesPage};
use crate::state::AppState;
use crate::web::console::invitation::factor;
use crate::web::console::login::{after, refusal, status, wait};
use crate::web::console::people::session;
use crate::web::console::{inside, page, see_other};
use crate::web::extract::session::Holder;
use crate::web::extract::{Form, Lang, Staff};
use crate::web::{WebError, WebResult};

/// Where one lands once everything has ended.
const CHANGED: &str = "/console/login?changed=1";

/// Which session ends.
#[derive(Deserialize)]
pub struct EndForm {
    csrf: Option<String>,
    session: Option<String>,
}

/// A change, and the proof of who makes it.
#[derive(Deserialize)]
pub struct ProofForm {
    csrf: Option<String>,
    #[serde(default)]
    password: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    new_password: String,
    #[serde(default)]
    new_code: String,
}

/// Who asks.
struct Asked<'a> {
    state: &'a AppState,
    language: Lang,
    staff: &'a Staff,
    request: &'a HttpRequest,
}

/// `GET /console/account`
pub async fn show(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
) -> WebResult<HttpResponse> {
    let own = account::get(&state.ctx, &staff.actor).await?;
    let shown = AccountPage {
        console: inside(&state, language, &request, &staff).await?,
        name: own.name,
        email: own.email,
        sessions: own.sessions.into_iter().map(session).collect(),
        recovery_codes: own.recovery_codes,
    };
    page(StatusCode::OK, &shown)
}

/// `POST /console/account/sessions-end`
pub async fn end_sessions(
    state: web::Data<AppState>,
    staff: Staff,
    form: Form<EndForm>,
) -> WebResult<HttpResponse> {
    let Form(form) = form;
    staff.check_csrf(&state, form.csrf.as_deref())?;
    let only = form.session.filter(|id| !id.is_empty());
    let only = only
        .map(|id| uuid::Uuid::try_parse(&id).map_err(|_| WebError::Malformed))
        .transpose()?;
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { account::end_sessions(&ctx, &actor, only).await };
    state.ctx.to_end(acting).await?;
    Ok(see_other("/console/account"))
}

/// `GET /console/account/password`
pub async fn password_page(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
) -> WebResult<HttpResponse> {
    let asked = Asked::new(&state, language, &staff, &request);
    asked.form(Change::Password).await
}

/// `POST /console/account/password`
pub async fn password(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    form: Form<ProofForm>,
) -> WebResult<HttpResponse> {
    let Form(form) = form;
    staff.check_csrf(&state, form.csrf.as_deref())?;
    let (proof, new) = (form.proof(language), form.new_password);
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { account::change_password(&ctx, &actor, &proof, &new).await };
    let done = state.ctx.to_end(acting).await;
    let asked = Asked::new(&state, language, &staff, &request);
    asked.changed(Change::Password, done).await
}

/// `GET /console/account/authenticator`
pub async fn factor_page(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
) -> WebResult<HttpResponse> {
    let asked = Asked::new(&state, language, &staff, &request);
    asked.form(Change::Authenticator).await
}

/// `POST /console/account/authenticator`
pub async fn change_factor(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    form: Form<ProofForm>,
) -> WebResult<HttpResponse> {
    let Form(form) = form;
    staff.check_csrf(&state, form.csrf.as_deref())?;
    let (proof, code) = (form.proof(language), form.new_code);
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { account::change_factor(&ctx, &actor, &proof, &code).await };
    let done = state.ctx.to_end(acting).await;
    let asked = Asked::new(&state, language, &staff, &request);
    asked.changed(Change::Authenticator, done).await
}

/// `GET /console/account/recovery-codes`
pub async fn recovery_page(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
) -> WebResult<HttpResponse> {
    let asked = Asked::new(&state, language, &staff, &request);
    asked.form(Change::RecoveryCodes).await
}

/// `POST /console/account/recovery-codes`
pub async fn recovery(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    form: Form<ProofForm>,
) -> WebResult<HttpResponse> {
    let Form(form) = form;
    staff.check_csrf(&state, form.csrf.as_deref())?;
    let proof = form.proof(language);
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { account::new_recovery_codes(&ctx, &actor, &proof).await };
    let done = state.ctx.to_end(acting).await;
    let asked = Asked::new(&state, language, &staff, &request);
    match done {
        Ok(codes) => {
            let mut console = inside(&state, language, &request, &staff).await?;
            "/console/account".clone_into(&mut console.chrome.path);
            page(StatusCode::OK, &RecoveryCodesPage { console, codes })
        }
        Err(error) => asked.refused(Change::RecoveryCodes, error).await,
    }
}

impl ProofForm {
    fn proof(&self, language: Lang) -> Proof {
        Proof {
            password: self.password.clone(),
            code: self.code.clone(),
            language: language.0,
        }
    }
}

impl<'a> Asked<'a> {
    fn new(
        state: &'a AppState,
        language: Lang,
        staff: &'a Staff,
        request: &'a HttpRequest,
    ) -> Self {
        Self {
            state,
            language,
            staff,
            request,
        }
    }

    async fn form(&self, change: Change) -> WebResult<HttpResponse> {
        page(StatusCode::OK, &self.page(change).await?)
    }

    async fn page(&self, change: Change) -> WebResult<ProofPage> {
        let shown = if change == Change::Authenticator {
            let new = account::new_factor(&self.state.ctx, &self.staff.actor).await?;
            Some(factor(new))
        } else {
            None
        };
        Ok(ProofPage {
            console: inside(self.state, self.language, self.request, self.staff).await?,
            change,
            factor: shown,
            errors: Errors::default(),
            refusal: None,
        })
    }

    /// Everything has ended, this session too; or the form once more.
    async fn changed(&self, change: Change, done: AppResult<()>) -> WebResult<HttpResponse> {
        if let Err(error) = done {
            return self.refused(change, error).await;
        }
        let mut answer = see_other(CHANGED);
        for holder in [Holder::Staff, Holder::StaffDevice] {
            answer
                .add_cookie(&holder.removal(&self.state.web))
                .map_err(|error| WebError::App(AppError::internal(error)))?;
        }
        Ok(answer)
    }

    async fn refused(&self, change: Change, error: AppError) -> WebResult<HttpResponse> {
        let mut shown = self.page(change).await?;
        if let AppError::Invalid(errors) = &error {
            shown.errors = Errors::from(errors);
            return page(StatusCode::UNPROCESSABLE_ENTITY, &shown);
        }
        let waits = wait(&error);
        let refused: Refusal = refusal(error)?;
        shown.refusal = Some(refused);
        Ok(after(page(status(refused), &shown)?, waits))
    }
}
