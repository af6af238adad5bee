//! `/console/claimants/{id}/contact`: another address for whose mailbox is dead, typed in by one of the staff and approved
//! by another (R14, R26).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use crate::app::AppError;
use crate::app::contact_change::{self, ContactHistory, Next, StaffContact, TypedContact};
use crate::domain::ids::ClaimantId;
use crate::domain::reference::Reference;
use crate::render::page::Errors;
use crate::render::page::console::contact::{
    ContactChangeLine, ContactHistoryLines, StaffContactPage, TypedContactLine,
};
use crate::state::AppState;
use crate::web::api::staff::contact::decision;
use crate::web::api::staff::quarantine::reason;
use crate::web::assist::confirmation;
use crate::web::console::claimants::{claimant_id, place};
use crate::web::console::{inside, page, see_other};
use crate::web::error::come_back;
use crate::web::extract::{Form, Lang, Staff};
use crate::web::public::resume::about;
use crate::web::{WebError, WebResult};

/// An address as typed, or what becomes of one.
#[derive(Deserialize)]
pub struct SentStaffContact {
    csrf: Option<String>,
    #[serde(default)]
    email: String,
    #[serde(default)]
    how: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    decision: String,
}

/// `GET /console/claimants/{id}/contact`
pub async fn one(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let id = claimant_id(&id)?;
    let shown = contact_page(&state, language, &staff, &request, id).await?;
    page(StatusCode::OK, &shown)
}

/// `POST /console/claimants/{id}/contact`
pub async fn type_in(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    form: Form<SentStaffContact>,
) -> WebResult<HttpResponse> {
    let (id, Form(sent)) = (claimant_id(&id)?, form);
    staff.check_csrf(&state, sent.csrf.as_deref())?;
    let done = match confirmation(Some(&sent.how), Some(&sent.reason)) {
        Ok((how, reason)) => {
            let (ctx, actor, email) = (state.ctx.clone(), staff.actor.clone(), sent.email.clone());
            let acting = async move {
                contact_change::type_in(&ctx, &actor, id, &email, how, &reason).await
            };
            state.ctx.to_end(Box::pin(acting)).await.map(|_| ())
        }
        Err(error) => Err(error),
    };
    let refused = match done {
        Ok(()) => return Ok(see_other(&format!("{}/contact", place(id)))),
        Err(error) => error,
    };
    let shown = contact_page(&state, language, &staff, &request, id).await?;
    again(shown, sent, refused)
}

/// `POST /console/claimants/{id}/contact-decision`
pub async fn decide(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    form: Form<SentStaffContact>,
) -> WebResult<HttpResponse> {
    let (id, Form(sent)) = (claimant_id(&id)?, form);
    staff.check_csrf(&state, sent.csrf.as_deref())?;
    let read = decision(Some(&sent.decision)).and_then(|it| Ok((it, reason(Some(&sent.reason))?)));
    let done = match read {
        Ok((decision, reason)) => {
            let (ctx, actor, email) = (state.ctx.clone(), staff.actor.clone(), sent.email.clone());
            let acting = async move {
                contact_change::decide(&ctx, &actor, id, decision, &email, &reason).await
            };
            state.ctx.to_end(Box::pin(acting)).await
        }
        Err(error) => Err(error),
    };
    let refused = match done {
        Ok(()) => return Ok(see_other(&format!("{}/contact", place(id)))),
        Err(error) => error,
    };
    let shown = contact_page(&state, language, &staff, &request, id).await?;
    again(shown, sent, refused)
}

/// The page again, with what was typed and what is wrong with it.
fn again(
    shown: StaffContactPage,
    sent: SentStaffContact,
    refused: AppError,
) -> WebResult<HttpResponse> {
    let (wait, errors) = match refused {
        AppError::Invalid(errors) => (None, Errors::from(&errors)),
        AppError::RateLimited(wait) => (Some(wait), about("", "error-contact-too-many")),
        error => return Err(WebError::App(error)),
    };
    let shown = StaffContactPage {
        email: sent.email,
        how: sent.how,
        reason: sent.reason,
        errors,
        ..shown
    };
    match wait {
        Some(wait) => Ok(come_back(
            page(StatusCode::TOO_MANY_REQUESTS, &shown)?,
            wait,
        )),
        None => page(StatusCode::UNPROCESSABLE_ENTITY, &shown),
    }
}

async fn contact_page(
    state: &AppState,
    language: Lang,
    staff: &Staff,
    request: &HttpRequest,
    id: ClaimantId,
) -> WebResult<StaffContactPage> {
    let found: StaffContact = contact_change::look(&state.ctx, &staff.actor, id).await?;
    let mut console = inside(state, language, request, staff).await?;
    console.chrome.path = format!("{}/contact", place(id));
    Ok(StaffContactPage {
        console,
        id: id.to_string(),
        reference: Reference::of(id).grouped(),
        now: found.email,
        typed: found.typed.map(typed_line),
        is_own: found.is_own,
        may_type: found.may_type,
        email: String::new(),
        how: String::new(),
        reason: String::new(),
        errors: Errors::default(),
    })
}

fn typed_line(typed: TypedContact) -> TypedContactLine {
    TypedContactLine {
        email: typed.email,
        how: typed.how,
        asked_by: typed.asked_by,
        asked_at: typed.asked_at,
        approved_at: typed.approved_at,
        until: typed.until,
    }
}

/// The contact of a record over time, as its page shows it.
pub(super) fn history_lines(history: ContactHistory, types: bool) -> ContactHistoryLines {
    ContactHistoryLines {
        since: history.since,
        changes: history
            .changes
            .into_iter()
            .map(|change| ContactChangeLine {
                at: change.at,
                former: change.former,
                notice: change.notice,
                notice_at: change.notice_at,
                stopped_at: change.stopped_at,
                by_staff: change.by_staff,
            })
            .collect(),
        held_until: history.held_until,
        frozen_for: history.frozen_for,
        typed: history.typed.map(typed_line),
        next: history.next.map(Next::as_str),
        types,
    }
}
