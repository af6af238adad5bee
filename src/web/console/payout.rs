//! `/console/claimants/{id}/payout`: accounts typed in from a signed paper, and those that wait for staff (R26).
//! `/console/claimants/{id}/payout-freeze-end`: taken again after the owner stopped one.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use crate::app::payout::StaffPayout;
use crate::app::{AppError, payout};
use crate::domain::field::FieldErrors;
use crate::domain::ids::ClaimantId;
use crate::domain::payout::{Payout, PayoutInput};
use crate::domain::reference::Reference;
use crate::render::page::Errors;
use crate::render::page::console::Console;
use crate::render::page::console::payout::{StaffPayoutPage, WaitingLine};
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::api::staff::payout::decision;
use crate::web::api::staff::quarantine::reason;
use crate::web::console::claimants::{claimant_id, place, shown};
use crate::web::console::queues::back_to;
use crate::web::console::{inside, page, see_other};
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
            return Ok(back_to(&request, id));
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

/// An account as typed, or what becomes of one.
#[derive(Deserialize)]
pub struct SentPayout {
    csrf: Option<String>,
    #[serde(default)]
    iban: String,
    #[serde(default)]
    holder: String,
    other_holder: Option<String>,
    #[serde(default)]
    reason: String,
    version: Option<i32>,
    #[serde(default)]
    decision: String,
}

/// `GET /console/claimants/{id}/payout`
pub async fn one(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let id = claimant_id(&id)?;
    let found = payout::look(&state.ctx, &staff.actor, id).await?;
    let console = inside(&state, language, &request, &staff).await?;
    page(StatusCode::OK, &payout_page(console, id, found))
}

/// `POST /console/claimants/{id}/payout`
pub async fn type_in(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    form: Form<SentPayout>,
) -> WebResult<HttpResponse> {
    let (id, Form(sent)) = (claimant_id(&id)?, form);
    staff.check_csrf(&state, sent.csrf.as_deref())?;
    let input = PayoutInput {
        iban: Some(sent.iban.clone()),
        holder: Some(sent.holder.clone()),
        holder_is_claimant: Some(sent.other_holder.is_none()),
        code: None,
    };
    let done = match reason(Some(&sent.reason)) {
        Ok(reason) => {
            let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
            let acting = async move { payout::type_in(&ctx, &actor, id, &input, &reason).await };
            state.ctx.to_end(acting).await.map(|_| ())
        }
        Err(AppError::Invalid(mut errors)) => {
            // what is wrong with the account is told at once
            if let Err(wrong) = Payout::parse(&input) {
                errors.append(wrong);
            }
            Err(AppError::Invalid(errors))
        }
        Err(error) => Err(error),
    };
    let errors = match done {
        Ok(()) => return Ok(see_other(&format!("{}/payout", place(id)))),
        Err(AppError::Invalid(errors)) => errors,
        Err(error) => return Err(error.into()),
    };
    let found = payout::look(&state.ctx, &staff.actor, id).await?;
    let console = inside(&state, language, &request, &staff).await?;
    again(payout_page(console, id, found), sent, &errors)
}

/// `POST /console/claimants/{id}/payout-decision`
pub async fn decide(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    form: Form<SentPayout>,
) -> WebResult<HttpResponse> {
    let (id, Form(sent)) = (claimant_id(&id)?, form);
    staff.check_csrf(&state, sent.csrf.as_deref())?;
    let read = decision(Some(&sent.decision)).and_then(|it| Ok((it, reason(Some(&sent.reason))?)));
    let done = match read {
        Ok((decision, reason)) => {
            let (ctx, actor, iban) = (state.ctx.clone(), staff.actor.clone(), sent.iban.clone());
            let wanted = (sent.version.unwrap_or(0), decision);
            let acting =
                async move { payout::decide(&ctx, &actor, id, wanted, Some(&iban), &reason).await };
            state.ctx.to_end(acting).await
        }
        Err(error) => Err(error),
    };
    let errors = match done {
        Ok(()) => return Ok(see_other(&format!("{}/payout", place(id)))),
        Err(AppError::Invalid(errors)) => errors,
        Err(error) => return Err(error.into()),
    };
    let found = payout::look(&state.ctx, &staff.actor, id).await?;
    let console = inside(&state, language, &request, &staff).await?;
    again(payout_page(console, id, found), sent, &errors)
}

/// The page again, with what was typed and what is wrong with it.
fn again(
    shown: StaffPayoutPage,
    sent: SentPayout,
    errors: &FieldErrors,
) -> WebResult<HttpResponse> {
    let shown = StaffPayoutPage {
        iban: sent.iban,
        holder: sent.holder,
        other_holder: sent.other_holder.is_some(),
        reason: sent.reason,
        errors: Errors::from(errors),
        ..shown
    };
    page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
}

fn payout_page(mut console: Console, id: ClaimantId, found: StaffPayout) -> StaffPayoutPage {
    console.chrome.path = format!("{}/payout", place(id));
    StaffPayoutPage {
        console,
        id: id.to_string(),
        reference: Reference::of(id).grouped(),
        in_force: found.in_force,
        waiting: found.waiting.map(|waiting| WaitingLine {
            version: waiting.version,
            iban: waiting.iban,
            holder: waiting.holder,
            given_at: waiting.given_at,
            effective_at: waiting.effective_at,
            is_typed: waiting.is_typed,
            is_own: waiting.is_own,
            for_staff: waiting.for_staff,
        }),
        may_type: found.may_type,
        iban: String::new(),
        holder: String::new(),
        other_holder: false,
        reason: String::new(),
        errors: Errors::default(),
    }
}
