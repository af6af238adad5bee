//! `GET /static/{release}/{path}`: style sheets, icons, fonts.

use actix_web::http::header::{CACHE_CONTROL, ETAG};
use actix_web::middleware::Compress;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use crate::app::AppError;
use crate::render::assets::{self, Asset};
use crate::web::{WebResult, etag};

/// A file under the hash of this release never changes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// A page of another release asks for it; the file may be another one here.
const SHORTLY: &str = "public, max-age=60";

/// Registers the files.
pub fn register(config: &mut ServiceConfig) {
    config.service(
        web::resource("/static/{release}/{path:.+}")
            .wrap(Compress::default())
            .get(show)
            .head(show),
    );
}

async fn show(request: HttpRequest, path: web::Path<(String, String)>) -> WebResult<HttpResponse> {
    let (release, path) = path.into_inner();
    let asset = assets::get(&path).ok_or(AppError::NotFound)?;
    let caching = if release == assets::release() {
        FOR_EVER
    } else {
        SHORTLY
    };
    Ok(file(&request, asset, caching))
}

/// A file that was compiled in, or word that the browser has it.
pub(in crate::web) fn file(
    request: &HttpRequest,
    asset: Asset,
    caching: &'static str,
) -> HttpResponse {
    let known = etag::is_known(request, &asset.etag);
    let mut answer = if known {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    answer
        .insert_header((CACHE_CONTROL, caching))
        .insert_header((ETAG, asset.etag));
    if known {
        return answer.finish();
    }
    answer.insert_header(("Content-Type", asset.mime));
    match asset.bytes {
        std::borrow::Cow::Borrowed(bytes) => answer.body(web::Bytes::from_static(bytes)),
        std::borrow::Cow::Owned(bytes) => answer.body(bytes),
    }
}
