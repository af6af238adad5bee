//! Answers that are the same for everybody who asks in the same language: kept by whoever lies between, read by
//! the pages of other sites too.

use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, CACHE_CONTROL, CONTENT_TYPE, ETAG,
    VARY,
};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use crate::app::{AppError, entity_tag};
use crate::web::{WebResult, etag};

/// What is counted and told lags so long behind.
pub const SHORTLY: &str = "public, max-age=10";
/// Plain JSON.
const JSON: &str = "application/json";

/// Bytes with their tag; 304 for who has them.
pub fn file(
    request: &HttpRequest,
    bytes: Vec<u8>,
    kind: &'static str,
    caching: &'static str,
) -> HttpResponse {
    let tag = entity_tag::of(&bytes);
    let known = etag::is_known(request, &tag);
    let mut answer = if known {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    answer
        .insert_header((CACHE_CONTROL, caching))
        .insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .insert_header((ACCESS_CONTROL_EXPOSE_HEADERS, "ETag"))
        .insert_header((ETAG, tag));
    if known {
        return answer.finish();
    }
    answer.insert_header((CONTENT_TYPE, kind)).body(bytes)
}

/// As [`file()`], for what is told in the language asked for.
pub fn told(request: &HttpRequest, bytes: Vec<u8>, kind: &'static str) -> HttpResponse {
    let mut answer = file(request, bytes, kind, SHORTLY);
    let vary = actix_web::http::header::HeaderValue::from_static("Accept-Language, Cookie");
    answer.headers_mut().insert(VARY, vary);
    answer
}

/// As [`told`], of a value.
///
/// # Errors
/// `Internal` if the value has no JSON.
pub fn json<T: Serialize>(request: &HttpRequest, value: &T) -> WebResult<HttpResponse> {
    json_as(request, value, JSON)
}

/// As [`json`], of another kind of JSON.
///
/// # Errors
/// `Internal` if the value has no JSON.
pub fn json_as<T: Serialize>(
    request: &HttpRequest,
    value: &T,
    kind: &'static str,
) -> WebResult<HttpResponse> {
    let bytes = serde_json::to_vec(value).map_err(AppError::internal)?;
    Ok(told(request, bytes, kind))
}
