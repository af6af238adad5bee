//! `/a/{slug}`: who an association is, to be read before one trusts it.

use actix_web::{HttpResponse, web};

use crate::app::AppError;
use crate::render::page::about::{AboutPage, PromotedCase};
use crate::web::WebResult;
use crate::web::public::card;
use crate::web::public::visit::{Visit, html};

/// `GET /a/{slug}`
pub async fn page(visit: Visit, slug: web::Path<String>) -> WebResult<HttpResponse> {
    let directory = visit.ctx().directories.get(visit.ctx()).await?;
    let promoted: Vec<_> = directory
        .public_cases()
        .filter_map(|case| case.association(&slug).map(|entry| (case, entry)))
        .collect();
    let (_, association) = promoted.first().ok_or(AppError::NotFound)?;
    let cases = promoted.iter().map(|(case, entry)| PromotedCase {
        case: card::head(case),
        offer: card::association(entry).offer,
    });
    html(&AboutPage {
        chrome: visit.chrome_at(&format!("/a/{}", association.slug)),
        association: card::association(association),
        cases: cases.collect(),
    })
}
