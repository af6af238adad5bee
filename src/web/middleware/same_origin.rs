//! Forms are taken from our own pages only. Browsers tell where a request comes from: those of today
//! by `Sec-Fetch-Site`, older ones and those on plain http by `Origin`. Where neither is told the
//! token of the form decides alone. The API needs no cookie and takes all.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::ORIGIN;
use actix_web::middleware::Next;
use actix_web::{Error, web};
use url::Url;

use crate::domain::permission::Operation;
use crate::state::AppState;
use crate::web::error::WebError;
use crate::web::extract::asks_api;

/// Refuses what another site makes a browser send.
///
/// # Errors
/// As the handler.
pub async fn check<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if !reads
        && !asks_api(request.app_data::<&'static Operation>(), request.path())
        && is_foreign(&request)
    {
        return Ok(request
            .error_response(WebError::CrossSite)
            .map_into_right_body());
    }
    Ok(next.call(request).await?.map_into_left_body())
}

/// Whether the browser tells that another site made it send this.
fn is_foreign(request: &ServiceRequest) -> bool {
    let headers = request.headers();
    if let Some(site) = headers.get("sec-fetch-site") {
        return !matches!(site.as_bytes(), b"same-origin" | b"none");
    }
    let Some(origin) = headers.get(ORIGIN) else {
        return false;
    };
    let own = request
        .app_data::<web::Data<AppState>>()
        .and_then(|state| Url::parse(&state.ctx.settings.public_base_url).ok())
        .map(|base| base.origin().ascii_serialization());
    own.is_none_or(|own| !origin.as_bytes().eq_ignore_ascii_case(own.as_bytes()))
}
