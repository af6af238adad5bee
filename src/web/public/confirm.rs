//! `/confirm/{token}`: GET shows, POST confirms (R16).

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::app::challenge::{ChallengePurpose, Proof, Standing};
use crate::app::confirmation::{self, Link};
use crate::app::session::KnownBrowser;
use crate::app::{AppError, mail_request};
use crate::domain::ids::{AssociationId, CaseId};
use crate::render::page::CaseHead;
use crate::render::page::confirm::{ConfirmPage, ConfirmState};
use crate::web::WebResult;
use crate::web::error::WebError;
use crate::web::public::card;
use crate::web::public::visit::{Visit, checked_token, html_with, see_other};

const PURPOSE: ChallengePurpose = ChallengePurpose::Confirm;

/// What has just happened.
#[derive(Deserialize)]
pub struct ConfirmQuery {
    #[serde(default)]
    done: String,
}

/// `GET /confirm/{token}`
///
/// The browser that holds a good link is remembered by a cookie: whoever taps twice sees success.
pub async fn page(
    visit: Visit,
    token: web::Path<String>,
    query: Result<web::Query<ConfirmQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let done = query.map_err(|_| WebError::Malformed)?.into_inner().done;
    let link = confirmation::peek(visit.ctx(), PURPOSE, &token).await?;
    let state = match (link.standing, link.claimant) {
        (Standing::Open(_), _) => ConfirmState::Ask,
        (Standing::Used, Some(claimant)) if visit.belongs_to(claimant).await? => {
            ConfirmState::Confirmed
        }
        (Standing::Used, _) => ConfirmState::Used,
        (Standing::Expired, _) => ConfirmState::Expired,
        (Standing::Unknown, _) => ConfirmState::Unknown,
    };
    let (case, association) = names(&visit, link.record).await?;
    let slug = case.as_ref().map(|case| case.slug.clone());
    let path = format!("/confirm/{}", token.as_str());
    let page = ConfirmPage {
        chrome: match slug {
            Some(slug) => visit.chrome_of(&slug, &path),
            None => visit.chrome_at(&path),
        },
        signed_in: match link.claimant {
            Some(claimant) => visit.is_signed_in_as(claimant).await?,
            None => false,
        },
        token: token.into_inner(),
        state,
        case,
        association,
        resent: done == "resent",
    };
    let mut response = html_with(status(state), &page)?;
    if let (ConfirmState::Ask, Some(known)) = (state, known(&link)) {
        let cookie = visit.known_cookie(known);
        response.add_cookie(&cookie).map_err(AppError::internal)?;
    }
    Ok(response)
}

/// `POST /confirm/{token}`
pub async fn send(visit: Visit, token: web::Path<String>) -> WebResult<HttpResponse> {
    checked_token(&token)?;
    let (ctx, proof) = (visit.ctx().clone(), Proof::Token(token.to_string()));
    let done = visit
        .ctx()
        .to_end(async move { confirmation::confirm(&ctx, proof).await })
        .await;
    let mut answer = see_other(&format!("/confirm/{}", token.as_str()));
    match done {
        Ok(entered) => {
            let [session, known] = visit.entered_cookies(&entered);
            Ok(answer.cookie(session).cookie(known).finish())
        }
        // the page says which of them it is
        Err(AppError::TokenUsed | AppError::TokenExpired | AppError::IllegalTransition(_)) => {
            Ok(answer.finish())
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /confirm/{token}/resend`: one tap on an expired link.
pub async fn resend(visit: Visit, token: web::Path<String>) -> WebResult<HttpResponse> {
    let (ctx, link) = (visit.ctx().clone(), token.to_string());
    visit
        .ctx()
        .to_end(async move { mail_request::resend_expired(&ctx, PURPOSE, &link).await })
        .await?;
    Ok(see_other(&format!("/confirm/{}?done=resent", token.as_str())).finish())
}

fn known(link: &Link) -> Option<KnownBrowser> {
    let (association, _) = link.record?;
    Some(KnownBrowser {
        claimant: link.claimant?,
        association,
    })
}

/// Title of the case and name of the association, where the link was ever real.
async fn names(
    visit: &Visit,
    record: Option<(AssociationId, CaseId)>,
) -> WebResult<(Option<CaseHead>, Option<String>)> {
    let Some((association, case)) = record else {
        return Ok((None, None));
    };
    let directory = visit.ctx().directories.get(visit.ctx()).await?;
    let case = directory.case(case)?;
    let association = case.association_by_id(association);
    let name = association.map(|entry| entry.name.clone());
    Ok((Some(card::head(&case)), name))
}

const fn status(state: ConfirmState) -> StatusCode {
    match state {
        ConfirmState::Ask | ConfirmState::Confirmed => StatusCode::OK,
        ConfirmState::Used | ConfirmState::Expired => StatusCode::GONE,
        ConfirmState::Unknown => StatusCode::NOT_FOUND,
    }
}
