//! HTML forms: `contact[email]=...` is the JSON path in brackets.

use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;

use crate::web::error::WebError;
use crate::web::extract::body;

/// Deepest nesting of brackets: `person[address][street]` is two.
const DEPTH: usize = 6;

const MEDIA_TYPE: &str = "application/x-www-form-urlencoded";

/// A form's values.
pub struct Form<T>(pub T);

/// A form's values, and beside them the fields as they came: to be sent once more.
pub struct KeptForm<T> {
    /// What was sent, read.
    pub sent: T,
    /// Names and values, in their order.
    pub fields: Vec<(String, String)>,
}

impl<T: DeserializeOwned + 'static> FromRequest for KeptForm<T> {
    type Error = WebError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, WebError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let bytes = body::read(request, payload, MEDIA_TYPE).await?;
            let fields = url::form_urlencoded::parse(&bytes).into_owned().collect();
            let sent = read(&bytes)?;
            Ok(Self { sent, fields })
        })
    }
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, WebError> {
    serde_qs::Config::new()
        .use_form_encoding(true)
        .max_depth(DEPTH)
        .deserialize_bytes(bytes)
        .map_err(|_| WebError::Malformed)
}

impl<T: DeserializeOwned + 'static> FromRequest for Form<T> {
    type Error = WebError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, WebError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let bytes = body::read(request, payload, MEDIA_TYPE).await?;
            read(&bytes).map(Self)
        })
    }
}
