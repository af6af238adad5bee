//! `/console/claimants/{id}/declared-check`: what is flagged in a declaration is in order (DOMAIN 8.3).

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use crate::app::{AppError, declared_check};
use crate::render::page::Errors;
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::api::staff::declared_check::looked;
use crate::web::console::claimants::{claimant_id, shown};
use crate::web::console::page;
use crate::web::console::queues::back_to;
use crate::web::extract::{Form, Lang, Staff};

/// What was looked at, a box for each flag, and why it is in order.
#[derive(Deserialize)]
pub struct DeclaredCheckForm {
    csrf: Option<String>,
    version: Option<i32>,
    #[serde(default)]
    flags: BTreeMap<String, String>,
    #[serde(default)]
    reason: String,
}

/// `POST /console/claimants/{id}/declared-check`
pub async fn check(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    form: Form<DeclaredCheckForm>,
) -> WebResult<HttpResponse> {
    let (id, Form(form)) = (claimant_id(&id)?, form);
    staff.check_csrf(&state, form.csrf.as_deref())?;
    let ticked: Vec<String> = form.flags.into_keys().collect();
    let errors = match looked(form.version, Some(&ticked), Some(&form.reason)) {
        Ok(looked) => {
            let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
            let acting = async move { declared_check::check(&ctx, &actor, id, &looked).await };
            state.ctx.to_end(acting).await?;
            return Ok(back_to(&request, id));
        }
        Err(AppError::Invalid(errors)) => errors,
        Err(error) => return Err(error.into()),
    };
    let mut shown = shown(&state, language, &staff, &request, id).await?;
    let Some(lines) = &mut shown.declared_check else {
        return Err(AppError::IllegalTransition("declared_checked").into());
    };
    lines.ticked = ticked;
    lines.reason = form.reason;
    lines.errors = Errors::from(&errors);
    page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
}
