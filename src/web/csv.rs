//! A list as an answer: streamed, and cut without an end when something goes wrong.

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::Bytes;
use futures_util::StreamExt;
use serde::Deserialize;

use crate::app::AppError;
use crate::app::export::Produced;
use crate::domain::claimant::ClaimantState;
use crate::domain::field::{FieldCode, FieldErrors};
use crate::render::csv::Dialect;
use crate::web::error::{WebError, WebResult};

/// What a list of claimants may be asked for.
#[derive(Deserialize, Default)]
pub struct CsvQuery {
    /// Only this state.
    pub state: Option<String>,
    /// Exact search.
    pub q: Option<String>,
    /// `excel` or `plain`.
    pub dialect: Option<String>,
}

/// The bytes as they come. An error in the stream makes the server close the connection without
/// the closing chunk, and the last line `FINE` is missing.
pub fn answer(produced: Produced) -> HttpResponse {
    let name = format!("attachment; filename=\"elenco-{}.csv\"", produced.id);
    let bytes = produced.bytes.map(|piece| {
        piece.map(Bytes::from).map_err(|error| {
            tracing::error!(%error, "an export was cut");
            WebError::App(error)
        })
    });
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, name))
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(bytes)
}

/// Reads `?dialect=`.
///
/// # Errors
/// `Invalid` for a word nobody knows.
pub fn dialect(word: Option<&str>) -> WebResult<Dialect> {
    Dialect::parse(word).ok_or_else(|| unknown("/dialect"))
}

/// Reads `?state=`; empty means all.
///
/// # Errors
/// `Invalid` for a word nobody knows.
pub fn state(word: Option<&str>) -> WebResult<Option<ClaimantState>> {
    match word {
        None | Some("") => Ok(None),
        Some(word) => ClaimantState::parse(word)
            .map(Some)
            .ok_or_else(|| unknown("/state")),
    }
}

/// A word that is none of a fixed list.
pub fn unknown(pointer: &str) -> WebError {
    let mut errors = FieldErrors::new();
    errors.push(pointer, FieldCode::UnknownValue, "error-unknown-value");
    WebError::App(AppError::Invalid(errors))
}
