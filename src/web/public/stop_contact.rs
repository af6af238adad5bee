//! `/stop-contact/{token}`: GET shows, POST acts; scanners that follow links change nothing (R26).

use actix_web::{HttpResponse, web};

use crate::app::{AppError, contact_change};
use crate::render::page::stop_contact::StopContactPage;
use crate::web::WebResult;
use crate::web::public::card;
use crate::web::public::stop_payout::{shown, status};
use crate::web::public::visit::{Visit, checked_token, html_with, see_other};

/// `GET /stop-contact/{token}`
pub async fn page(visit: Visit, token: web::Path<String>) -> WebResult<HttpResponse> {
    let link = contact_change::peek(visit.ctx(), &token).await?;
    let directory = visit.ctx().directories.get(visit.ctx()).await?;
    let case = match link.record {
        Some((association, case)) => Some((association, directory.case(case)?)),
        None => None,
    };
    let path = format!("/stop-contact/{}", token.as_str());
    let page = StopContactPage {
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

/// `POST /stop-contact/{token}`
pub async fn send(visit: Visit, token: web::Path<String>) -> WebResult<HttpResponse> {
    checked_token(&token)?;
    let (ctx, link) = (visit.ctx().clone(), token.to_string());
    let done = visit
        .ctx()
        .to_end(Box::pin(
            async move { contact_change::stop(&ctx, &link).await },
        ))
        .await;
    match done {
        // the page says how it is now, also where the link can do nothing more
        Ok(()) | Err(AppError::TokenExpired) => {
            Ok(see_other(&format!("/stop-contact/{}", token.as_str())).finish())
        }
        Err(error) => Err(error.into()),
    }
}
