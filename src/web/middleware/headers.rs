//! Headers that every answer carries. A handler that needs another value sets it itself.

use std::sync::LazyLock;

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};

/// What any page may load and where it may send its forms; scripts and frames are beside.
const BASE: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
    form-action 'self'; base-uri 'none'";
/// If something else could not be told.
const CLOSED: &str = "default-src 'none'; frame-ancestors 'none'";
/// Of pages without scripts, in nobody's frame.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| policy(None, "'none'"));

/// The content policy of pages that may load scripts from `script`, if from anywhere, and stand in frames of `ancestors`.
pub(super) fn policy(script: Option<&str>, ancestors: &str) -> HeaderValue {
    let script = script.map_or_else(String::new, |from| format!(" script-src {from};"));
    let policy = format!("{BASE};{script} frame-ancestors {ancestors}");
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static(CLOSED))
}

/// Sets what is not set.
pub(super) fn secure(headers: &mut HeaderMap, https: bool) {
    if !headers.contains_key(CONTENT_SECURITY_POLICY) {
        headers.insert(CONTENT_SECURITY_POLICY, POLICY.clone());
    }
    let mut set = |name: HeaderName, value: &'static str| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    // addresses of ours hold tokens: no other site gets them. Not `no-referrer`: by it a browser
    // sends `Origin: null` with our own forms, and `same_origin` could not tell them from others
    set(REFERRER_POLICY, "same-origin");
    set(CACHE_CONTROL, "no-store");
    if https {
        set(
            STRICT_TRANSPORT_SECURITY,
            "max-age=31536000; includeSubDomains",
        );
    }
}
