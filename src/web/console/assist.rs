//! `/console/claimants/{id}/...`: for people without an e-mail.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use crate::app::{AppError, assist, claimant_view};
use crate::domain::field::FieldErrors;
use crate::domain::ids::ClaimantId;
use crate::domain::outage::day_in_rome;
use crate::domain::reference::Reference;
use crate::render::page::Errors;
use crate::render::page::console::{AssistForms, AssistIdentityPage};
use crate::render::page::identity::IdentityFields;
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::assist::confirmation;
use crate::web::console::claimants::{claimant_id, place, shown};
use crate::web::console::queues::back_to;
use crate::web::console::{inside, page, see_other};
use crate::web::extract::{Form, Lang, Staff};
use crate::web::identity_form::{self, IdentityQuery, SentIdentity};

/// How the person was reached.
#[derive(Deserialize)]
pub struct ConfirmationForm {
    csrf: Option<String>,
    #[serde(default)]
    how: String,
    #[serde(default)]
    reason: String,
}

/// An address.
#[derive(Deserialize)]
pub struct EmailForm {
    csrf: Option<String>,
    #[serde(default)]
    email: String,
}

/// Who asks, about whom.
struct Asked<'a> {
    state: &'a AppState,
    language: Lang,
    staff: &'a Staff,
    request: &'a HttpRequest,
    id: ClaimantId,
}

/// `POST /console/claimants/{id}/confirmation`
pub async fn confirm(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    form: Form<ConfirmationForm>,
) -> WebResult<HttpResponse> {
    let (id, Form(form)) = (claimant_id(&id)?, form);
    staff.check_csrf(&state, form.csrf.as_deref())?;
    let done = match confirmation(Some(&form.how), Some(&form.reason)) {
        Ok((how, reason)) => {
            let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
            let acting = async move { assist::confirm(&ctx, &actor, id, how, &reason).await };
            state.ctx.to_end(acting).await
        }
        Err(error) => Err(error),
    };
    let typed = AssistForms {
        how: form.how,
        reason: form.reason,
        ..AssistForms::default()
    };
    let asked = Asked {
        state: &state,
        language,
        staff: &staff,
        request: &request,
        id,
    };
    answer(&asked, done, typed).await
}

/// `POST /console/claimants/{id}/email`
pub async fn email(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    form: Form<EmailForm>,
) -> WebResult<HttpResponse> {
    let (id, Form(form)) = (claimant_id(&id)?, form);
    staff.check_csrf(&state, form.csrf.as_deref())?;
    let (ctx, actor, email) = (state.ctx.clone(), staff.actor.clone(), form.email.clone());
    let acting = async move { assist::enter_email(&ctx, &actor, id, &email).await };
    let done = state.ctx.to_end(acting).await;
    let typed = AssistForms {
        email: form.email,
        ..AssistForms::default()
    };
    let asked = Asked {
        state: &state,
        language,
        staff: &staff,
        request: &request,
        id,
    };
    answer(&asked, done, typed).await
}

/// `GET /console/claimants/{id}/identity?kind=`
pub async fn identity_page(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    query: web::Query<IdentityQuery>,
) -> WebResult<HttpResponse> {
    let id = claimant_id(&id)?;
    let view = claimant_view::view(&state.ctx, &staff.actor, id).await?;
    if !view.can_enter_identity {
        let contact = view.contact.as_ref();
        let has_email = contact.is_some_and(|contact| contact.email.is_some());
        let word = if has_email {
            "own_identity"
        } else {
            view.state.as_str()
        };
        return Err(AppError::IllegalTransition(word).into());
    }
    let today = day_in_rome(state.ctx.clock.now());
    let fields = identity_form::stored(query.kind.as_deref(), None, today);
    let asked = Asked {
        state: &state,
        language,
        staff: &staff,
        request: &request,
        id,
    };
    let form = form_page(&asked, fields).await?;
    page(StatusCode::OK, &form)
}

/// `POST /console/claimants/{id}/identity`
pub async fn identity(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    form: Form<SentIdentity>,
) -> WebResult<HttpResponse> {
    let (id, sent) = (claimant_id(&id)?, identity_form::answered(form.0));
    staff.check_csrf(&state, sent.csrf.as_deref())?;
    let asked = Asked {
        state: &state,
        language,
        staff: &staff,
        request: &request,
        id,
    };
    let today = day_in_rome(state.ctx.clock.now());
    if let Some((fields, wrong)) = identity_form::questioned(&sent, today) {
        return again(&asked, fields, &wrong).await;
    }
    let given = identity_form::request(&sent, today);
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = Box::pin(async move { assist::enter_identity(&ctx, &actor, id, given).await });
    match state.ctx.to_end(acting).await {
        Ok(_) => Ok(see_other(&place(id))),
        Err(AppError::Invalid(errors)) => again(&asked, identity_form::typed(&sent), &errors).await,
        Err(error) => Err(error.into()),
    }
}

/// The form with what was typed, asked and refused.
async fn again(
    asked: &Asked<'_>,
    fields: IdentityFields,
    wrong: &FieldErrors,
) -> WebResult<HttpResponse> {
    let errors = identity_form::refused(&fields, wrong);
    let mut form = form_page(asked, fields).await?;
    form.errors = errors;
    page(StatusCode::UNPROCESSABLE_ENTITY, &form)
}

/// Back to the claimant; what was refused is told there, with what was typed.
async fn answer<T>(
    asked: &Asked<'_>,
    done: Result<T, AppError>,
    typed: AssistForms,
) -> WebResult<HttpResponse> {
    let errors = match done {
        Ok(_) => return Ok(back_to(asked.request, asked.id)),
        Err(AppError::Invalid(errors)) => errors,
        Err(error) => return Err(error.into()),
    };
    let mut shown = shown(
        asked.state,
        asked.language,
        asked.staff,
        asked.request,
        asked.id,
    )
    .await?;
    if shown.assist.is_none() {
        return Err(AppError::IllegalTransition(shown.state).into());
    }
    shown.assist = Some(typed);
    shown.errors = Errors::from(&errors);
    page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
}

async fn form_page(asked: &Asked<'_>, fields: IdentityFields) -> WebResult<AssistIdentityPage> {
    let id = asked.id;
    let mut console = inside(asked.state, asked.language, asked.request, asked.staff).await?;
    console.chrome.path = format!("{}/identity?kind={}", place(id), fields.kind.as_str());
    Ok(AssistIdentityPage {
        console,
        id: id.to_string(),
        reference: Reference::of(id).grouped(),
        fields,
        errors: Errors::default(),
    })
}
