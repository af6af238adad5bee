//! `/console/claimants/{id}/payout-freeze-end`

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use crate::app::{AppError, payout};
use crate::render::page::Errors;
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::api::staff::quarantine::reason;
use crate::web::console::claimants::{claimant_id, place, shown};
use crate::web::console::{page, see_other};
use crate::web::extract::{Form, Lang, Staff};

/// Why accounts are taken again.
#[derive(Deserialize)]
pub struct FreezeForm {
    csrf: Option<String>,
    #[serde(default)]
    reason: String,
}

/// `POST /console/claimants/{id}/payout-freeze-end`
pub async fn end_freeze(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    form: Form<FreezeForm>,
) -> WebResult<HttpResponse> {
    let (id, Form(form)) = (claimant_id(&id)?, form);
    staff.check_csrf(&state, form.csrf.as_deref())?;
    let errors = match reason(Some(&form.reason)) {
        Ok(reason) => {
            let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
            let acting = async move { payout::end_freeze(&ctx, &actor, id, &reason).await };
            state.ctx.to_end(acting).await?;
            return Ok(see_other(&place(id)));
        }
        Err(AppError::Invalid(errors)) => errors,
        Err(error) => return Err(error.into()),
    };
    let mut shown = shown(&state, language, &staff, &request, id).await?;
    if shown.payout_freeze.is_none() {
        return Err(AppError::IllegalTransition("not_frozen").into());
    }
    shown.payout_freeze = Some(form.reason);
    shown.errors = Errors::from(&errors);
    page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
}
