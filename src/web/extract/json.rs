//! JSON bodies. What cannot be read is 400; what has the wrong shape is 422 and names the field.

use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_path_to_error::{Path, Segment};

use crate::app::AppError;
use crate::domain::field::{FieldCode, FieldErrors, pointer_token};
use crate::web::error::WebError;
use crate::web::extract::{LARGE_BODY_BYTES, body};

/// A body.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = WebError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, WebError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let bytes = body::read(request, payload, "application/json").await?;
            parse(&bytes).map(Self)
        })
    }
}

/// A body of many items.
pub struct LargeJson<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for LargeJson<T> {
    type Error = WebError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, WebError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let bytes =
                body::read_up_to(request, payload, "application/json", LARGE_BODY_BYTES).await?;
            parse(&bytes).map(Self)
        })
    }
}

/// A body that may be left out: `None` for a request that carries none.
pub struct OptionalJson<T>(pub Option<T>);

impl<T: DeserializeOwned + 'static> FromRequest for OptionalJson<T> {
    type Error = WebError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, WebError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if matches!(payload, Payload::None) && !request.headers().contains_key(CONTENT_TYPE) {
            return Box::pin(async { Ok(Self(None)) });
        }
        let body = Json::<T>::from_request(request, payload);
        Box::pin(async move { Ok(Self(Some(body.await?.0))) })
    }
}

/// Reads a body.
///
/// # Errors
/// `Malformed` if it is no JSON, `Invalid` with a pointer if its shape is wrong.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, WebError> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        // a body that is cut further on is no JSON at all, whatever its beginning says
        let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok();
        if is_json && error.inner().classify() == Category::Data {
            WebError::App(AppError::Invalid(field_error(
                error.path(),
                &error.inner().to_string(),
            )))
        } else {
            WebError::Malformed
        }
    })?;
    reader.end().map_err(|_| WebError::Malformed)?;
    Ok(value)
}

/// serde says what is wrong in words only; the field's name stands between backquotes.
fn field_error(path: &Path, said: &str) -> FieldErrors {
    let mut pointer = pointer(path);
    let named = said.split('`').nth(1).unwrap_or_default();
    let (code, reason) = if said.starts_with("missing field") {
        pointer.push('/');
        pointer.push_str(&pointer_token(named));
        (FieldCode::Required, "error-required")
    } else if said.starts_with("unknown field") {
        let token = format!("/{}", pointer_token(named));
        if !pointer.ends_with(&token) {
            pointer.push_str(&token);
        }
        (FieldCode::UnknownField, "error-unknown-field")
    } else if said.starts_with("unknown variant") {
        (FieldCode::UnknownValue, "error-unknown-value")
    } else {
        (FieldCode::Format, "error-format")
    };
    let mut errors = FieldErrors::new();
    errors.push(pointer, code, reason);
    errors
}

fn pointer(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => {
                pointer.push('/');
                pointer.push_str(&index.to_string());
            }
            Segment::Map { key } => {
                pointer.push('/');
                pointer.push_str(&pointer_token(key));
            }
            // a variant is no place of its own in JSON
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}
