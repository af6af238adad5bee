//! `/stop-payout/{token}`: GET shows, POST acts; scanners that follow links change nothing (R26).

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use crate::app::AppError;
use crate::app::payout::{self, StopStanding};
use crate::render::page::stop_payout::{StopPayoutPage, StopState};
use crate::web::WebResult;
use crate::web::public::card;
use crate::web::public::visit::{Visit, checked_token, html_with, see_other};

/// `GET /stop-payout/{token}`
pub async fn page(visit: Visit, token: web::Path<String>) -> WebResult<HttpResponse> {
    let link = payout::peek(visit.ctx(), &token).await?;
    let directory = visit.ctx().directories.get(visit.ctx()).await?;
    let case = match link.record {
        Some((association, case)) => Some((association, directory.case(case)?)),
        None => None,
    };
    let path = format!("/stop-payout/{}", token.as_str());
    let page = StopPayoutPage {
        chrome: match &case {
            Some((_, case)) => visit.chrome_of(&case.slug, &path),
            None => visit.chrome_at(&path),
        },
        token: token.into_inner(),
        state: shown(link.standing),
        case: case.as_ref().map(|(_, case)| card::head(case)),
        association: case.as_ref().and_then(|(association, case)| {
            let entry = case.association_by_id(*association);
            entry.map(card::association)
        }),
    };
    html_with(status(link.standing), &page)
}

/// `POST /stop-payout/{token}`
pub async fn send(visit: Visit, token: web::Path<String>) -> WebResult<HttpResponse> {
    checked_token(&token)?;
    let (ctx, link) = (visit.ctx().clone(), token.to_string());
    let done = visit
        .ctx()
        .to_end(async move { payout::stop(&ctx, &link).await })
        .await;
    match done {
        // the page says how it is now, also where the link can do nothing more
        Ok(()) | Err(AppError::TokenExpired) => {
            Ok(see_other(&format!("/stop-payout/{}", token.as_str())).finish())
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) const fn shown(standing: StopStanding) -> StopState {
    match standing {
        StopStanding::Open => StopState::Ask,
        StopStanding::Stopped => StopState::Stopped,
        StopStanding::Late => StopState::Late,
        StopStanding::Unknown => StopState::Unknown,
    }
}

pub(super) const fn status(standing: StopStanding) -> StatusCode {
    match standing {
        StopStanding::Open | StopStanding::Stopped => StatusCode::OK,
        StopStanding::Late => StatusCode::GONE,
        StopStanding::Unknown => StatusCode::NOT_FOUND,
    }
}
