//! One line and one count for each request: the route's pattern, never the path, which holds tokens.

use std::time::Instant;

use actix_web::http::{Method, StatusCode};

/// Counts and logs an answer.
pub(super) fn write(method: &Method, pattern: Option<&str>, status: StatusCode, started: Instant) {
    let took = started.elapsed();
    let method = known(method);
    let route = pattern.unwrap_or("(none)").to_owned();
    let labels = [
        ("method", method.to_owned()),
        ("route", route.clone()),
        ("status", status.as_str().to_owned()),
    ];
    metrics::counter!("joinder_requests_total", &labels).increment(1);
    metrics::histogram!("joinder_request_seconds", "route" => route.clone())
        .record(took.as_secs_f64());
    tracing::info!(
        method,
        route,
        status = status.as_u16(),
        ms = took.as_secs_f64() * 1000.0,
        "answered"
    );
}

/// Clients may invent methods; labels must not grow with them.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        _ => "OTHER",
    }
}
