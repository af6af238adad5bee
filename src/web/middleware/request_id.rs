//! `X-Request-Id`: on every answer, in every log line, in every problem.

use std::net::IpAddr;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::state::AppState;
use crate::web::extract::client::is_trusted;

const NAME: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request, in its extensions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RequestId(pub String);

/// The id that a trusted proxy gave, else a new one.
pub(super) fn choose(peer: Option<IpAddr>, headers: &HeaderMap, state: &AppState) -> String {
    let given = headers
        .get(&NAME)
        .filter(|_| {
            peer.is_some_and(|peer| is_trusted(peer.to_canonical(), &state.web.trusted_proxies))
        })
        .and_then(|value| value.to_str().ok())
        .filter(|text| is_id(text));
    given.map_or_else(|| state.ctx.new_id().to_string(), str::to_owned)
}

/// Puts the id on an answer.
pub(super) fn tell(headers: &mut HeaderMap, id: &str) {
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(NAME, value);
    }
}

fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
