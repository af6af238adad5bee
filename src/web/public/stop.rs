//! `/stop-payout/{token}`, `/stop-contact/{token}`, `/new-contact/{token}`: GET shows, POST acts; scanners that follow links change nothing (R26).

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use crate::app::stop_link::Standing;
use crate::app::{AppError, contact_change, payout};
use crate::render::page::stop::{StopPage, StopState, StopWhat};
use crate::web::WebResult;
use crate::web::public::card;
use crate::web::public::visit::{Visit, checked_token, html_with, see_other};

/// `GET /stop-payout/{token}`
pub async fn payout_page(visit: Visit, token: web::Path<String>) -> WebResult<HttpResponse> {
    page(&visit, StopWhat::Payout, token.into_inner()).await
}

/// `POST /stop-payout/{token}`
pub async fn stop_payout(visit: Visit, token: web::Path<String>) -> WebResult<HttpResponse> {
    send(&visit, StopWhat::Payout, token.into_inner()).await
}

/// `GET /stop-contact/{token}`
pub async fn contact_page(visit: Visit, token: web::Path<String>) -> WebResult<HttpResponse> {
    page(&visit, StopWhat::Contact, token.into_inner()).await
}

/// `POST /stop-contact/{token}`
pub async fn stop_contact(visit: Visit, token: web::Path<String>) -> WebResult<HttpResponse> {
    send(&visit, StopWhat::Contact, token.into_inner()).await
}

/// `GET /new-contact/{token}`
pub async fn new_contact_page(visit: Visit, token: web::Path<String>) -> WebResult<HttpResponse> {
    page(&visit, StopWhat::NewContact, token.into_inner()).await
}

/// `POST /new-contact/{token}`
pub async fn take_contact(visit: Visit, token: web::Path<String>) -> WebResult<HttpResponse> {
    send(&visit, StopWhat::NewContact, token.into_inner()).await
}

async fn page(visit: &Visit, what: StopWhat, token: String) -> WebResult<HttpResponse> {
    let link = match what {
        StopWhat::Payout => payout::peek(visit.ctx(), &token).await?,
        StopWhat::Contact => contact_change::peek(visit.ctx(), &token).await?,
        StopWhat::NewContact => contact_change::peek_link(visit.ctx(), &token).await?,
    };
    let directory = visit.ctx().directories.get(visit.ctx()).await?;
    let case = match link.record {
        Some((association, case)) => Some((association, directory.case(case)?)),
        None => None,
    };
    let path = what.path(&token);
    let page = StopPage {
        chrome: match &case {
            Some((_, case)) => visit.chrome_of(&case.slug, &path),
            None => visit.chrome_at(&path),
        },
        what,
        token,
        state: shown(link.standing),
        case: case.as_ref().map(|(_, case)| card::head(case)),
        association: case.as_ref().and_then(|(association, case)| {
            let entry = case.association_by_id(*association);
            entry.map(card::association)
        }),
    };
    html_with(status(link.standing), &page)
}

async fn send(visit: &Visit, what: StopWhat, token: String) -> WebResult<HttpResponse> {
    checked_token(&token)?;
    let (ctx, link) = (visit.ctx().clone(), token.clone());
    let acting = async move {
        match what {
            StopWhat::Payout => payout::stop(&ctx, &link).await,
            StopWhat::Contact => contact_change::stop(&ctx, &link).await,
            StopWhat::NewContact => contact_change::confirm_link(&ctx, &link).await,
        }
    };
    match visit.ctx().to_end(Box::pin(acting)).await {
        // the page says how it is now, also where the link can do nothing more
        Ok(()) | Err(AppError::TokenExpired) => Ok(see_other(&what.path(&token)).finish()),
        Err(error) => Err(error.into()),
    }
}

const fn shown(standing: Standing) -> StopState {
    match standing {
        Standing::Open => StopState::Ask,
        Standing::Stopped => StopState::Stopped,
        Standing::Late => StopState::Late,
        Standing::Unknown => StopState::Unknown,
    }
}

const fn status(standing: Standing) -> StatusCode {
    match standing {
        Standing::Open | Standing::Stopped => StatusCode::OK,
        Standing::Late => StatusCode::GONE,
        Standing::Unknown => StatusCode::NOT_FOUND,
    }
}
