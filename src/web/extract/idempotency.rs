//! `Idempotency-Key`: 1 to 128 visible ASCII characters (DESIGN 8).

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use crate::web::error::WebError;

/// Longest key, in characters.
pub const LONGEST: usize = 128;

/// The key, where it is required: 400 without.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IdempotencyKey(pub String);

/// The key, where it is honoured.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OptionalIdempotencyKey(pub Option<String>);

impl FromRequest for IdempotencyKey {
    type Error = WebError;
    type Future = Ready<Result<Self, WebError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(request).and_then(|key| key.map(Self).ok_or(WebError::KeyMissing)))
    }
}

impl FromRequest for OptionalIdempotencyKey {
    type Error = WebError;
    type Future = Ready<Result<Self, WebError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(request).map(Self))
    }
}

fn read(request: &HttpRequest) -> Result<Option<String>, WebError> {
    let Some(value) = request.headers().get("idempotency-key") else {
        return Ok(None);
    };
    check(value.as_bytes())
        .map(Some)
        .ok_or(WebError::KeyMissing)
}

/// The key, if it is one. Forms send it as a field.
pub fn check(key: &[u8]) -> Option<String> {
    let is_key = (1..=LONGEST).contains(&key.len()) && key.iter().all(u8::is_ascii_graphic);
    is_key
        .then(|| String::from_utf8(key.to_vec()).ok())
        .flatten()
}
