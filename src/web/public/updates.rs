//! `/c/{slug}/updates`: all news of a case, page by page.

use actix_web::{HttpResponse, web};

use crate::app::case_update::{self, CaseUpdate};
use crate::app::directory::CaseEntry;
use crate::domain::language::Language;
use crate::domain::outage::day_in_rome;
use crate::render::page::updates::{UpdateLine, UpdatesPage};
use crate::web::WebResult;
use crate::web::api::public::updates::UpdatesQuery;
use crate::web::error::WebError;
use crate::web::public::card;
use crate::web::public::visit::{Visit, html};

/// News on one page.
const ON_A_PAGE: u16 = 20;

/// `GET /c/{slug}/updates?cursor=`
pub async fn page(
    visit: Visit,
    slug: web::Path<String>,
    query: Result<web::Query<UpdatesQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let query = query.map_err(|_| WebError::Malformed)?.into_inner();
    let before = query.before()?;
    let (case, page) = case_update::list_public(visit.ctx(), &slug, before, ON_A_PAGE).await?;
    let updates = lines(&case, visit.language, page.items.iter());
    html(&UpdatesPage {
        chrome: visit.chrome_of(&case.slug, &visit.chrome().path),
        case: card::head(&case),
        is_first: before.is_none(),
        next_href: page.next.map(|next| {
            format!(
                "/c/{}/updates?cursor={}",
                case.slug,
                case_update::cursor(next)
            )
        }),
        updates,
    })
}

/// News as pages show them, in the language of the page where there is one.
pub fn lines<'a>(
    case: &CaseEntry,
    language: Language,
    updates: impl Iterator<Item = &'a CaseUpdate>,
) -> Vec<UpdateLine> {
    let line = |update: &CaseUpdate| {
        let association = case.association_by_id(update.association)?;
        let text = update.texts.of(language)?;
        let line = UpdateLine::of(text, &association.name);
        Some(UpdateLine {
            published_on: Some(day_in_rome(update.published_at)),
            ..line
        })
    };
    updates.filter_map(line).collect()
}
