//! `/console/claimants/{id}/identity-check`: what does not fit in an identity is in order (R23).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use crate::app::{AppError, identity_check};
use crate::render::page::Errors;
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::api::staff::identity_check::checked;
use crate::web::console::claimants::{claimant_id, shown};
use crate::web::console::page;
use crate::web::console::queues::back_to;
use crate::web::extract::{Form, Lang, Staff};

/// What was looked at, and why it is in order.
#[derive(Deserialize)]
pub struct IdentityCheckForm {
    csrf: Option<String>,
    version: Option<i32>,
    #[serde(default)]
    reason: String,
}

/// `POST /console/claimants/{id}/identity-check`
pub async fn check(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    form: Form<IdentityCheckForm>,
) -> WebResult<HttpResponse> {
    let (id, Form(form)) = (claimant_id(&id)?, form);
    staff.check_csrf(&state, form.csrf.as_deref())?;
    let errors = match checked(form.version, Some(&form.reason)) {
        Ok((version, reason)) => {
            let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
            let acting =
                async move { identity_check::check(&ctx, &actor, id, version, &reason).await };
            state.ctx.to_end(acting).await?;
            return Ok(back_to(&request, id));
        }
        Err(AppError::Invalid(errors)) => errors,
        Err(error) => return Err(error.into()),
    };
    let mut shown = shown(&state, language, &staff, &request, id).await?;
    let Some(lines) = &mut shown.identity_check else {
        return Err(AppError::IllegalTransition("identity_checked").into());
    };
    lines.reason = form.reason;
    lines.errors = Errors::from(&errors);
    page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
}
