//! `/c/{slug}/texts`: privacy notice and consent texts in full.

use actix_web::{HttpResponse, web};
use data_encoding::HEXLOWER;

use crate::render::page::texts::{TextBlock, TextsPage};
use crate::web::WebResult;
use crate::web::public::card;
use crate::web::public::visit::{Visit, html};

/// `GET /c/{slug}/texts`
pub async fn page(visit: Visit, slug: web::Path<String>) -> WebResult<HttpResponse> {
    let directory = visit.ctx().directories.get(visit.ctx()).await?;
    let case = directory.public_case(&slug)?;
    let texts = case.consents(visit.language).into_iter();
    let texts = texts.map(|(purpose, text)| TextBlock {
        purpose: purpose.as_str().to_owned(),
        version: text.version.clone(),
        language: text.language,
        sha256: HEXLOWER.encode(&text.sha256),
        words: text.body.clone(),
    });
    html(&TextsPage {
        chrome: visit.chrome_of(&case.slug, &visit.chrome().path),
        case: card::head(&case),
        associations: card::rotated(visit.ctx(), &case),
        texts: texts.collect(),
    })
}
