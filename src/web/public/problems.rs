//! `/problems`: what the `type` of a problem leads to.

use actix_web::{HttpResponse, web};

use crate::app::AppError;
use crate::domain::language::Language;
use crate::render::page::problems::{ProblemBlock, ProblemsPage};
use crate::web::problem::{self, Kind};
use crate::web::public::visit::{Visit, html};
use crate::web::{WebResult, error};

/// `GET /problems`
pub async fn list(visit: Visit) -> WebResult<HttpResponse> {
    html(&ProblemsPage {
        chrome: visit.chrome_at("/problems"),
        problems: problem::ALL.map(block).into(),
    })
}

/// `GET /problems/{name}`
pub async fn page(visit: Visit, name: web::Path<String>) -> WebResult<HttpResponse> {
    let kind = Kind::named(&name).ok_or(AppError::NotFound)?;
    html(&ProblemsPage {
        chrome: visit.chrome_at(&format!("/problems/{}", kind.name)),
        problems: vec![ProblemBlock {
            example: Some(example(kind, visit.language)?),
            ..block(kind)
        }],
    })
}

fn block(kind: Kind) -> ProblemBlock {
    ProblemBlock {
        name: kind.name,
        title: kind.title,
        status: kind.status.as_u16(),
        example: None,
    }
}

fn example(kind: Kind, language: Language) -> Result<String, AppError> {
    serde_json::to_string_pretty(&error::example(kind, language)).map_err(AppError::internal)
}
