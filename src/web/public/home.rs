//! `/`: the cases.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::app::directory::CaseEntry;
use crate::render::page::home::{CaseRow, HomePage};
use crate::web::WebResult;
use crate::web::error::WebError;
use crate::web::public::visit::{Visit, html};

/// Longest search, in characters; the rest is left out.
const LONGEST_QUERY: usize = 100;

/// What to look for.
#[derive(Deserialize)]
pub struct HomeQuery {
    #[serde(default)]
    q: String,
}

/// `GET /?q=`
pub async fn page(
    visit: Visit,
    query: Result<web::Query<HomeQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let query = query.map_err(|_| WebError::Malformed)?.into_inner().q;
    let query: String = query.trim().chars().take(LONGEST_QUERY).collect();
    let directory = visit.ctx().directories.get(visit.ctx()).await?;
    let cases = directory.public_cases();
    let cases = cases.filter(|case| case.is_about(&query));
    html(&HomePage {
        chrome: visit.chrome(),
        cases: cases.map(|case| row(case)).collect(),
        query,
        next_href: None,
    })
}

fn row(case: &CaseEntry) -> CaseRow {
    let names = case.associations.iter().map(|entry| entry.name.clone());
    CaseRow {
        slug: case.slug.clone(),
        title: case.title.clone(),
        respondent: case.respondent.name.clone(),
        state: case.state.as_str().to_owned(),
        associations: names.collect(),
        confirmed: u64::try_from(case.confirmed_claimants).unwrap_or(0),
    }
}
