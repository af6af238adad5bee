//! JSON bodies. What cannot be read is 400; what has the wrong shape is 422 and names the field.

use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::error::Category;

use crate::app::AppError;
use crate::domain::field::FieldErrors;
use crate::web::error::{JsonFault, WebError};
use crate::web::extract::{LARGE_BODY_BYTES, body};

mod shape;

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

/// A body of which what has the right shape is judged too, beside what has not: all is told at once.
pub struct JsonBeside<T>(pub T, pub FieldErrors);

impl<T: DeserializeOwned + 'static> FromRequest for JsonBeside<T> {
    type Error = WebError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, WebError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let bytes = body::read(request, payload, "application/json").await?;
            let (value, wrong) = read(&bytes)?;
            Ok(Self(value, wrong))
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
/// `NoJson` if it is none, `Invalid` with every place whose shape is wrong.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, WebError> {
    let (value, wrong) = read(bytes)?;
    if wrong.is_empty() {
        Ok(value)
    } else {
        Err(WebError::App(AppError::Invalid(wrong)))
    }
}

/// Reads a body, without the places whose shape is wrong.
///
/// # Errors
/// `NoJson` if it is none, `Invalid` if nothing can be read of it.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<(T, FieldErrors), WebError> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let error = match serde_path_to_error::deserialize(&mut reader) {
        Ok(value) => {
            reader.end().map_err(|error| no_json(&error))?;
            return Ok((value, FieldErrors::new()));
        }
        Err(error) => error,
    };
    // a body that is cut further on is no JSON at all, whatever its beginning says
    let value: Value = serde_json::from_slice(bytes).map_err(|error| no_json(&error))?;
    if error.inner().classify() != Category::Data {
        return Err(no_json(error.inner()));
    }
    shape::read(value).map_err(|wrong| WebError::App(AppError::Invalid(wrong)))
}

/// Where a body ends being JSON. What the reader says of that holds nothing of the body; what it says of values does.
fn no_json(error: &serde_json::Error) -> WebError {
    let told = error.to_string();
    let (said, _) = told.rsplit_once(" at line ").unwrap_or((told.as_str(), ""));
    match error.classify() {
        Category::Syntax | Category::Eof => WebError::NoJson(JsonFault {
            line: error.line(),
            column: error.column(),
            said: said.to_owned(),
        }),
        Category::Data | Category::Io => WebError::Malformed,
    }
}
