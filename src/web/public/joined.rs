//! `/c/{slug}/joined`: what follows a sign-up, in the browser that made it.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::app::challenge::{Proof, Record};
use crate::app::directory::CaseEntry;
use crate::app::joined::{self, Joined};
use crate::app::session::Ticket;
use crate::app::{AppError, confirmation, mail_request};
use crate::domain::claimant::ClaimantState;
use crate::domain::phone_number::PhoneNumber;
use crate::render::page::association::AssociationCard;
use crate::render::page::join::href;
use crate::render::page::joined::{Delivery, JoinedNotice, JoinedPage};
use crate::render::page::message::{Action, MessagePage};
use crate::render::page::{Errors, FieldError};
use crate::web::WebResult;
use crate::web::error::WebError;
use crate::web::extract::Form;
use crate::web::public::card;
use crate::web::public::enter::six_digits;
use crate::web::public::join::typo;
use crate::web::public::visit::{Visit, html, html_with, see_other};

/// What has just happened.
#[derive(Deserialize)]
pub struct JoinedQuery {
    #[serde(default)]
    done: String,
}

/// The code as it was typed.
#[derive(Deserialize)]
pub struct SentCode {
    #[serde(default)]
    code: String,
}

/// The right address as it was typed.
#[derive(Deserialize)]
pub struct SentAddress {
    #[serde(default)]
    email: String,
    /// The answer to a question about its domain: `correct` or `keep`.
    #[serde(default)]
    action: String,
}

/// `GET /c/{slug}/joined`
pub async fn page(
    visit: Visit,
    slug: web::Path<String>,
    query: Result<web::Query<JoinedQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let done = query.map_err(|_| WebError::Malformed)?.into_inner().done;
    let notice = match done.as_str() {
        "corrected" => Some(JoinedNotice::Corrected),
        "resent" => Some(JoinedNotice::Resent),
        _ => None,
    };
    let (ticket, case, record) = record(&visit, &slug).await?;
    if !matches!(
        record.state,
        ClaimantState::Unconfirmed | ClaimantState::ToAssist
    ) {
        return confirmed_already(&visit, &case, ticket).await;
    }
    let page = JoinedPage {
        notice,
        ..joined_page(&visit, &case, ticket, &record)?
    };
    html(&page)
}

/// `POST /c/{slug}/joined/code`
pub async fn code(
    visit: Visit,
    slug: web::Path<String>,
    form: Form<SentCode>,
) -> WebResult<HttpResponse> {
    let (ticket, case, record) = record(&visit, &slug).await?;
    let code = match six_digits(&form.0.code) {
        Ok(code) => code,
        Err(errors) => {
            let mut page = joined_page(&visit, &case, ticket, &record)?;
            page.code = form.0.code;
            page.errors = Errors::from(&errors);
            return html_with(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    let proof = Proof::Code {
        record: Record::Id(ticket.claimant),
        code,
    };
    let ctx = visit.ctx().clone();
    let done = visit
        .ctx()
        .to_end(async move { confirmation::confirm(&ctx, proof).await })
        .await;
    let refused = match done {
        Ok(entered) => {
            let [session, known] = visit.entered_cookies(&entered);
            return Ok(see_other("/me?done=confirmed")
                .cookie(session)
                .cookie(known)
                .finish());
        }
        // a double tap, or the link was quicker
        Err(AppError::TokenUsed) => {
            return Ok(see_other(&format!("/c/{}/joined", case.slug)).finish());
        }
        Err(AppError::Invalid(errors)) => Errors::from(&errors),
        Err(error) => return Err(error.into()),
    };
    let mut page = joined_page(&visit, &case, ticket, &record)?;
    page.code = form.0.code;
    page.errors = refused;
    html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// `POST /c/{slug}/joined/address`
pub async fn address(
    visit: Visit,
    slug: web::Path<String>,
    form: Form<SentAddress>,
) -> WebResult<HttpResponse> {
    let (ticket, case, record) = record(&visit, &slug).await?;
    let (typed, doubt) = typo::answered_one(&visit, &case, form.0.email, &form.0.action).await?;
    if doubt.is_some() {
        let page = JoinedPage {
            email: typed,
            doubt,
            ..joined_page(&visit, &case, ticket, &record)?
        };
        return html_with(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let (ctx, email) = (visit.ctx().clone(), typed.clone());
    let done = visit
        .ctx()
        .to_end(async move { mail_request::correct_email(&ctx, ticket, &email).await })
        .await;
    let errors = match done {
        Ok(()) => {
            let place = format!("/c/{}/joined?done=corrected", case.slug);
            return Ok(see_other(&place).finish());
        }
        Err(AppError::Invalid(errors)) => errors,
        Err(error) => return Err(error.into()),
    };
    let mut page = joined_page(&visit, &case, ticket, &record)?;
    page.email = typed;
    // there is one field here, and it stands at the top
    page.errors = Errors(
        errors
            .iter()
            .map(|error| FieldError {
                about: None,
                pointer: "/email".to_owned(),
                reason: error.reason,
            })
            .collect(),
    );
    html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// `POST /c/{slug}/joined/resend`
pub async fn resend(visit: Visit, slug: web::Path<String>) -> WebResult<HttpResponse> {
    let (ticket, case, _) = record(&visit, &slug).await?;
    let ctx = visit.ctx().clone();
    visit
        .ctx()
        .to_end(async move { mail_request::resend_for(&ctx, ticket).await })
        .await?;
    Ok(see_other(&format!("/c/{}/joined?done=resent", case.slug)).finish())
}

async fn record(
    visit: &Visit,
    slug: &str,
) -> WebResult<(Ticket, std::sync::Arc<CaseEntry>, Joined)> {
    let directory = visit.ctx().directories.get(visit.ctx()).await?;
    let case = directory.public_case(slug)?;
    let ticket = visit.ticket()?;
    let record = joined::get(visit.ctx(), ticket).await?;
    if record.case != case.id {
        return Err(AppError::Unauthenticated.into());
    }
    Ok((ticket, case, record))
}

fn joined_page(
    visit: &Visit,
    case: &CaseEntry,
    ticket: Ticket,
    record: &Joined,
) -> WebResult<JoinedPage> {
    let association = card_of(case, ticket)?;
    let another = href(&case.slug, &association.slug, record.via.as_deref());
    let path = format!("/c/{}/joined", case.slug);
    Ok(JoinedPage {
        chrome: visit.chrome_of(&case.slug, &path),
        case: card::head(case),
        reference: record.reference.grouped(),
        delivery: match (&record.email, record.state) {
            (Some(email), ClaimantState::Unconfirmed) => Delivery::Mailed {
                address: email.as_str().to_owned(),
            },
            _ => Delivery::ToAssist {
                phone: record.phone.as_ref().map(PhoneNumber::masked),
            },
        },
        contact_affected: record.contact_affected,
        notice: None,
        code: String::new(),
        email: String::new(),
        doubt: None,
        errors: Errors::default(),
        another_href: format!("{another}&again=1"),
        association,
    })
}

fn card_of(case: &CaseEntry, ticket: Ticket) -> WebResult<AssociationCard> {
    let entry = case.association_by_id(ticket.association);
    Ok(entry.map(card::association).ok_or(AppError::NotFound)?)
}

/// Confirmed meanwhile, here or on another device.
pub(super) async fn confirmed_already(
    visit: &Visit,
    case: &CaseEntry,
    ticket: Ticket,
) -> WebResult<HttpResponse> {
    if visit.is_signed_in_as(ticket.claimant).await? {
        return Ok(see_other("/me").finish());
    }
    let chrome = visit.chrome_of(&case.slug, &format!("/c/{}/joined", case.slug));
    let text = chrome.text();
    html(&MessagePage {
        title: text.get("confirm-title-confirmed"),
        paragraphs: vec![text.get("confirm-text-confirmed")],
        action: Some(Action {
            href: format!("/enter?case={}", case.slug),
            label: text.get("confirm-to-me"),
        }),
        request_id: None,
        chrome,
    })
}
