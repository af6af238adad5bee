//! From a request to values: who asks, in which language, with what body.

use actix_web::{HttpRequest, web};

use crate::app::AppError;
use crate::domain::permission::Operation;
use crate::state::AppState;
use crate::web::error::{WebError, WebResult};

pub mod body;
pub mod client;
pub mod form;
pub mod idempotency;
pub mod json;
pub mod language;
pub mod multipart;
pub mod partner;
pub mod session;
pub mod staff;
pub mod upload;

pub use client::{ClientAddr, UserAgent};
pub use form::Form;
pub use idempotency::{IdempotencyKey, OptionalIdempotencyKey};
pub use json::{Json, JsonBeside, LargeJson, OptionalJson};
pub use language::Lang;
pub use partner::Partner;
pub use staff::Staff;

/// The largest body of JSON or form that is read.
pub const BODY_BYTES: usize = 64 * 1024;
/// The largest body of many items: two kibibytes for each of 500.
pub const LARGE_BODY_BYTES: usize = 1024 * 1024;

/// What every request can reach.
///
/// # Errors
/// `Internal` if the server was put together without it.
pub fn state(request: &HttpRequest) -> WebResult<&AppState> {
    request
        .app_data::<web::Data<AppState>>()
        .map(web::Data::get_ref)
        .ok_or_else(|| WebError::App(AppError::internal("the server has no state")))
}

/// Whether a request is for the API, by the operation it reached: its path may be written in
/// another way than the operation's.
pub fn asks_api(operation: Option<&&'static Operation>, path: &str) -> bool {
    is_api(operation.map_or(path, |operation| operation.path))
}

/// Whether a path is answered in JSON: the API and machine-readable files.
pub fn is_api(path: &str) -> bool {
    path.starts_with("/api/") || path.starts_with("/.well-known/") || path == "/openapi.json"
}
