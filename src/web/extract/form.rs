//! HTML forms: `contact[email]=...` is the JSON path in brackets.

use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;

use crate::web::error::WebError;
use crate::web::extract::body;

/// Deepest nesting of brackets: `person[address][street]` is two.
const DEPTH: usize = 6;

/// A form's values.
pub struct Form<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Form<T> {
    type Error = WebError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, WebError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let bytes = body::read(request, payload, "application/x-www-form-urlencoded").await?;
            serde_qs::Config::new()
                .use_form_encoding(true)
                .max_depth(DEPTH)
                .deserialize_bytes(&bytes)
                .map(Self)
                .map_err(|_| WebError::Malformed)
        })
    }
}
