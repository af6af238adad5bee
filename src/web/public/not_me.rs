//! `/not-me/{token}`: GET shows, POST acts; scanners that follow links change nothing.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use crate::app::AppError;
use crate::app::disown::{self, Standing};
use crate::render::page::not_me::{NotMePage, NotMeState};
use crate::web::WebResult;
use crate::web::public::card;
use crate::web::public::visit::{Visit, checked_token, html_with, see_other};

/// `GET /not-me/{token}`
pub async fn page(visit: Visit, token: web::Path<String>) -> WebResult<HttpResponse> {
    let link = disown::peek(visit.ctx(), &token).await?;
    let directory = visit.ctx().directories.get(visit.ctx()).await?;
    let case = match link.record {
        Some((_, case)) => Some(directory.case(case)?),
        None => None,
    };
    let path = format!("/not-me/{}", token.as_str());
    let page = NotMePage {
        chrome: match &case {
            Some(case) => visit.chrome_of(&case.slug, &path),
            None => visit.chrome_at(&path),
        },
        token: token.into_inner(),
        state: shown(link.standing),
        case: case.as_ref().map(|case| card::head(case)),
    };
    html_with(status(link.standing), &page)
}

/// `POST /not-me/{token}`
pub async fn send(visit: Visit, token: web::Path<String>) -> WebResult<HttpResponse> {
    checked_token(&token)?;
    let (ctx, link) = (visit.ctx().clone(), token.to_string());
    let done = visit
        .ctx()
        .to_end(async move { disown::disown(&ctx, &link).await })
        .await;
    answer(&token, done)
}

/// `POST /not-me/{token}/undo`
pub async fn undo(visit: Visit, token: web::Path<String>) -> WebResult<HttpResponse> {
    checked_token(&token)?;
    let (ctx, link) = (visit.ctx().clone(), token.to_string());
    let done = visit
        .ctx()
        .to_end(async move { disown::own_again(&ctx, &link).await })
        .await;
    answer(&token, done)
}

/// The page says how it is now, also where the link can do nothing more.
fn answer(token: &str, done: Result<(), AppError>) -> WebResult<HttpResponse> {
    match done {
        Ok(()) | Err(AppError::TokenExpired) => Ok(see_other(&format!("/not-me/{token}")).finish()),
        Err(error) => Err(error.into()),
    }
}

const fn shown(standing: Standing) -> NotMeState {
    match standing {
        Standing::Open => NotMeState::Ask,
        Standing::Said => NotMeState::Said,
        Standing::Late => NotMeState::Late,
        Standing::Unknown => NotMeState::Unknown,
    }
}

const fn status(standing: Standing) -> StatusCode {
    match standing {
        Standing::Open | Standing::Said => StatusCode::OK,
        Standing::Late => StatusCode::GONE,
        Standing::Unknown => StatusCode::NOT_FOUND,
    }
}
