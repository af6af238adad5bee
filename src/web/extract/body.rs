//! The bytes of a body, with a limit in size and time.

use std::time::Duration;

use actix_web::dev;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Bytes, Payload};
use actix_web::{FromRequest, HttpRequest};
use tokio::time::timeout;

use crate::web::error::{WebError, WebResult};
use crate::web::extract::BODY_BYTES;

/// How long a client may take to send a body.
const SLOWEST: Duration = Duration::from_secs(20);

/// Reads a body of the media type `wanted`.
///
/// # Errors
/// `UnsupportedMediaType`, `TooLarge`, `TooSlow`, `Malformed` if the client stops half-way.
pub(super) async fn read(
    request: HttpRequest,
    payload: dev::Payload,
    wanted: &str,
) -> WebResult<Bytes> {
    read_up_to(request, payload, wanted, BODY_BYTES).await
}

/// As [`read`], of at most `limit` bytes.
///
/// # Errors
/// As [`read`].
pub(super) async fn read_up_to(
    request: HttpRequest,
    mut payload: dev::Payload,
    wanted: &str,
    limit: usize,
) -> WebResult<Bytes> {
    let given = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .map(|value| value.trim().to_ascii_lowercase());
    if given.as_deref() != Some(wanted) {
        return Err(WebError::UnsupportedMediaType);
    }
    let payload = Payload::from_request(&request, &mut payload)
        .await
        .map_err(|_| WebError::Malformed)?;
    let body = timeout(SLOWEST, payload.to_bytes_limited(limit))
        .await
        .map_err(|_| WebError::TooSlow)?;
    match body {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(_)) => Err(WebError::Malformed),
        Err(_) => Err(WebError::TooLarge),
    }
}
