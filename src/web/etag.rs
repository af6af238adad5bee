//! Whether a client has a file already (RFC 9110, 13.1.2).

use actix_web::HttpRequest;
use actix_web::http::header::IF_NONE_MATCH;

/// Whether the request names this tag: then the answer is 304.
pub fn is_known(request: &HttpRequest, tag: &str) -> bool {
    let given = request.headers().get(IF_NONE_MATCH);
    given
        .and_then(|tags| tags.to_str().ok())
        .is_some_and(|tags| {
            tags.split(',')
                .map(|tag| tag.trim().trim_start_matches("W/"))
                .any(|given| given == tag)
        })
}
