//! Forms are taken from our own pages only. Browsers tell where a request comes from; the API needs
//! no cookie and takes all.

use actix_web::Error;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;

use crate::domain::permission::Operation;
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
    let foreign = request
        .headers()
        .get("sec-fetch-site")
        .is_some_and(|site| !matches!(site.as_bytes(), b"same-origin" | b"none"));
    if foreign && !reads && !asks_api(request.app_data::<&'static Operation>(), request.path()) {
        return Ok(request
            .error_response(WebError::CrossSite)
            .map_into_right_body());
    }
    Ok(next.call(request).await?.map_into_left_body())
}
