//! `/console/claimants/{id}/quarantine-end`

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use crate::app::{AppError, quarantine};
use crate::render::page::Errors;
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::api::staff::quarantine::reason;
use crate::web::console::claimants::{claimant_id, shown};
use crate::web::console::page;
use crate::web::console::queues::back_to;
use crate::web::extract::{Form, Lang, Staff};

/// Why the quarantine ends.
#[derive(Deserialize)]
pub struct QuarantineForm {
    csrf: Option<String>,
    #[serde(default)]
    reason: String,
}

/// `POST /console/claimants/{id}/quarantine-end`
pub async fn end(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    form: Form<QuarantineForm>,
) -> WebResult<HttpResponse> {
    let (id, Form(form)) = (claimant_id(&id)?, form);
    staff.check_csrf(&state, form.csrf.as_deref())?;
    let errors = match reason(Some(&form.reason)) {
        Ok(reason) => {
            let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
            let acting = async move { quarantine::end(&ctx, &actor, id, &reason).await };
            state.ctx.to_end(acting).await?;
            return Ok(back_to(&request, id));
        }
        Err(AppError::Invalid(errors)) => errors,
        Err(error) => return Err(error.into()),
    };
    let mut shown = shown(&state, language, &staff, &request, id).await?;
    if shown.quarantine.is_none() {
        return Err(AppError::IllegalTransition(shown.state).into());
    }
    shown.quarantine = Some(form.reason);
    shown.errors = Errors::from(&errors);
    page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
}
