//! `/c/{slug}/texts`: privacy notice and consent texts in full.

use actix_web::{HttpResponse, web};
use data_encoding::HEXLOWER;

use crate::app::directory::TextEntry;
use crate::domain::consent::Purpose;
use crate::domain::language::Language;
use crate::render::page::texts::{TextBlock, TextsPage};
use crate::web::WebResult;
use crate::web::public::card;
use crate::web::public::visit::{Visit, html};

/// `GET /c/{slug}/texts`
pub async fn page(visit: Visit, slug: web::Path<String>) -> WebResult<HttpResponse> {
    let directory = visit.ctx().directories.get(visit.ctx()).await?;
    let case = directory.public_case(&slug)?;
    let texts = case.consents(visit.language).into_iter();
    let texts = texts.map(|(purpose, text)| {
        let italian = case.text(purpose.as_str(), Language::It);
        let original = italian.filter(|_| text.language != Language::It);
        TextBlock {
            original: original.map(|original| Box::new(block(purpose, original))),
            ..block(purpose, text)
        }
    });
    html(&TextsPage {
        chrome: visit.chrome_of(&case.slug, &visit.chrome().path),
        case: card::head(&case),
        associations: card::rotated(visit.ctx(), &case),
        texts: texts.collect(),
    })
}

fn block(purpose: Purpose, text: &TextEntry) -> TextBlock {
    TextBlock {
        purpose: purpose.as_str().to_owned(),
        version: text.version.clone(),
        language: text.language,
        sha256: HEXLOWER.encode(&text.sha256),
        words: text.body.clone(),
        original: None,
    }
}
