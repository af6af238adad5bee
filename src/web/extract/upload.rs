//! One file from a page (`multipart/form-data`), held in memory: for what is looked at and not kept.

use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{FromRequest, HttpRequest};

use crate::app::receipt_check::LONGEST;
use crate::web::error::WebError;
use crate::web::extract::body;

const MEDIA_TYPE: &str = "multipart/form-data";

/// Room for what stands around the file.
const AROUND: usize = 16 * 1024;

/// The bytes of the first file of a form; none chosen gives none.
pub struct Upload(pub Vec<u8>);

impl FromRequest for Upload {
    type Error = WebError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, WebError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let boundary = boundary(&request);
            let bytes = body::read_up_to(request, payload, MEDIA_TYPE, LONGEST + AROUND).await?;
            let boundary = boundary.ok_or(WebError::Malformed)?;
            let file = first_part(&bytes, boundary.as_bytes());
            Ok(Self(file.ok_or(WebError::Malformed)?.to_vec()))
        })
    }
}

/// The boundary of RFC 2046, 5.1.1: 1 to 70 characters.
fn boundary(request: &HttpRequest) -> Option<String> {
    let value = request.headers().get(CONTENT_TYPE)?.to_str().ok()?;
    let given = value.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.trim().split_once('=')?;
        name.eq_ignore_ascii_case("boundary").then_some(value)
    })?;
    let given = given.trim_matches('"');
    (1..=70).contains(&given.len()).then(|| given.to_owned())
}

/// What lies between the empty line after a part's headers and the next boundary.
fn first_part<'a>(body: &'a [u8], boundary: &[u8]) -> Option<&'a [u8]> {
    let delimiter = [b"--", boundary].concat();
    let (_, rest) = split(body, &delimiter)?;
    let (_, content) = split(rest, b"\r\n\r\n")?;
    let (content, _) = split(content, &[b"\r\n", delimiter.as_slice()].concat())?;
    Some(content)
}

fn split<'a>(bytes: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let place = bytes.windows(at.len()).position(|window| window == at)?;
    let (before, rest) = bytes.split_at_checked(place)?;
    Some((before, rest.get(at.len()..)?))
}
