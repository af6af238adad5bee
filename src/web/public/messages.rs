//! `/stop-messages/{token}`: messages that go to many are stopped, or come again. GET shows, POST acts.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use crate::app::bulk::{self, Wish};
use crate::render::page::follow::{FollowLinkPage, FollowState};
use crate::web::WebResult;
use crate::web::public::card;
use crate::web::public::visit::{Visit, checked_token, html_with, see_other};

/// `GET /stop-messages/{token}`
pub async fn page(visit: Visit, token: web::Path<String>) -> WebResult<HttpResponse> {
    link_page(&visit, token.into_inner()).await
}

/// `POST /stop-messages/{token}`: from the page, or by one click of a mail program, which follows no redirect
/// (RFC 8058, 3.1).
pub async fn send(
    visit: Visit,
    token: web::Path<String>,
    body: web::Bytes,
) -> WebResult<HttpResponse> {
    checked_token(&token)?;
    let holds = |word: &[u8]| body.windows(word.len()).any(|part| part == word);
    let wish = if holds(b"action=resume") {
        Wish::Resume
    } else {
        Wish::Stop
    };
    let (ctx, link) = (visit.ctx().clone(), token.to_string());
    let acting = async move { bulk::set(&ctx, &link, wish).await };
    visit.ctx().to_end(acting).await?;
    if holds(b"One-Click") {
        return link_page(&visit, token.into_inner()).await;
    }
    Ok(see_other(&format!("/stop-messages/{}", token.as_str())).finish())
}

async fn link_page(visit: &Visit, token: String) -> WebResult<HttpResponse> {
    let standing = bulk::peek(visit.ctx(), &token).await?;
    let directory = visit.ctx().directories.get(visit.ctx()).await?;
    let case = match standing {
        Some(standing) => {
            let (association, case) = standing.place;
            Some((association, directory.case(case)?))
        }
        None => None,
    };
    let (state, status) = match standing.map(|standing| standing.stopped) {
        Some(is_stopped) if is_stopped => (FollowState::MessagesOff, StatusCode::OK),
        Some(_) => (FollowState::MessagesOn, StatusCode::OK),
        None => (FollowState::MessagesUnknown, StatusCode::NOT_FOUND),
    };
    let page = FollowLinkPage {
        chrome: visit.chrome_at(&format!("/stop-messages/{token}")),
        token,
        state,
        association: case.as_ref().and_then(|(association, case)| {
            let entry = case.association_by_id(*association);
            entry.map(|entry| entry.name.clone())
        }),
        case: case.map(|(_, case)| card::head(&case)),
    };
    html_with(status, &page)
}
