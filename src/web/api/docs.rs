//! `GET /docs/`: the API's description for readers, offline; `GET /docs/partners.md`: the guide for partner sites.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_SECURITY_POLICY, LOCATION};
use actix_web::web::{self, ServiceConfig};
use utoipa_swagger_ui::Config;

use crate::app::AppError;
use crate::domain::permission::operation;
use crate::state::AppState;
use crate::web::WebResult;

/// The one place with scripts: the reader's own, and nothing from elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

const GUIDE: &str = include_str!("../../../docs/partners.md");
/// What stands in the guide for the address of this installation, and for that of a demo.
const PLACES: [&str; 2] = ["https://HOST", "http://127.0.0.1:8080"];

/// Registers the reader.
pub fn register(config: &mut ServiceConfig) {
    config.service(web::resource("/docs").get(show_root));
    config.service(web::resource("/docs/partners.md").get(show_guide));
    config.service(web::resource("/docs/{path:.*}").get(show));
}

async fn show_root() -> HttpResponse {
    HttpResponse::PermanentRedirect()
        .insert_header((LOCATION, "/docs/"))
        .finish()
}

/// The guide, its examples with the address of this installation.
async fn show_guide(state: web::Data<AppState>) -> HttpResponse {
    let base = &state.ctx.settings.public_base_url;
    let guide = PLACES
        .iter()
        .fold(GUIDE.to_owned(), |guide, place| guide.replace(place, base));
    HttpResponse::Ok()
        .content_type("text/markdown; charset=utf-8")
        .body(guide)
}

async fn show(path: web::Path<String>) -> WebResult<HttpResponse> {
    let config = Config::from(operation::OPENAPI.path).validator_url("none");
    let file = utoipa_swagger_ui::serve(&path, Arc::new(config))
        .map_err(|error| AppError::internal(error.to_string()))?
        .ok_or(AppError::NotFound)?;
    let mut answer = HttpResponse::Ok();
    answer
        .content_type(file.content_type)
        .insert_header((CONTENT_SECURITY_POLICY, POLICY));
    if file.gzpipped {
        answer.insert_header((CONTENT_ENCODING, "gzip"));
    }
    Ok(answer.body(file.bytes.into_owned()))
}
