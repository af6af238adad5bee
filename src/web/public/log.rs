//! `/log/{slug}/...`: the evidence log of a case, as C2SP tlog-tiles says: files that any client reads.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::app::AppError;
use crate::app::log::{proof, served};
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::shared::file;

const TEXT: &str = "text/plain; charset=utf-8";
const BYTES: &str = "application/octet-stream";
const REPLY: &str = "application/timestamp-reply";

/// Tiles never change: a partial one has its width in its name.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// The head changes every second while people sign.
const SHORTLY: &str = "public, max-age=2";

/// `GET /log/{slug}/checkpoint`
pub async fn checkpoint(
    request: HttpRequest,
    state: web::Data<AppState>,
    slug: web::Path<String>,
) -> WebResult<HttpResponse> {
    let text = served::checkpoint(&state.ctx, &slug).await?;
    Ok(file(&request, text.into_bytes(), TEXT, SHORTLY))
}

/// `GET /log/{slug}/vkey`
pub async fn vkey(
    request: HttpRequest,
    state: web::Data<AppState>,
    slug: web::Path<String>,
) -> WebResult<HttpResponse> {
    let vkey = served::vkey(&state.ctx, &slug).await?;
    let text = format!("{vkey}\n");
    Ok(file(&request, text.into_bytes(), TEXT, SHORTLY))
}

/// `GET /log/{slug}/consistency/{size}`
pub async fn consistency(
    request: HttpRequest,
    state: web::Data<AppState>,
    path: web::Path<(String, String)>,
) -> WebResult<HttpResponse> {
    let (slug, size) = path.into_inner();
    let size = served::decimal(&size).ok_or(AppError::NotFound)?;
    let text = proof::consistency(&state.ctx, &slug, size).await?;
    Ok(file(&request, text.into_bytes(), TEXT, SHORTLY))
}

/// `GET /log/{slug}/tile/{level}/{index}[.p/{width}]` and `/log/{slug}/tile/entries/...`
pub async fn tile(
    request: HttpRequest,
    state: web::Data<AppState>,
    path: web::Path<(String, String)>,
) -> WebResult<HttpResponse> {
    let (slug, path) = path.into_inner();
    let bytes = served::tile(&state.ctx, &slug, &path).await?;
    Ok(file(&request, bytes, BYTES, FOR_EVER))
}

/// `GET /log/{slug}/timestamps/{size}.tsr` and `/log/{slug}/timestamps/{size}.checkpoint`
pub async fn timestamp(
    request: HttpRequest,
    state: web::Data<AppState>,
    path: web::Path<(String, String)>,
) -> WebResult<HttpResponse> {
    let (slug, name) = path.into_inner();
    let bytes = served::timestamp(&state.ctx, &slug, &name).await?;
    let kind = match name.rsplit_once('.') {
        Some((_, "tsr")) => REPLY,
        _ => TEXT,
    };
    Ok(file(&request, bytes, kind, FOR_EVER))
}
