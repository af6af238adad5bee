//! A list as an answer: streamed, and cut without an end when something goes wrong.

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use serde::Deserialize;

use crate::app::claimant_list::Filter;
use crate::app::export::{Fetched, Produced};
use crate::app::{AppError, AppResult};
use crate::domain::claimant::{ClaimantState, Queue};
use crate::domain::declaration::DeclarationFlag;
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::ids::StaffId;
use crate::domain::narrowing::{Narrowing, Words};
use crate::domain::readiness::Letter;
use crate::render::csv::Dialect;
use crate::web::error::{WebError, WebResult};

/// In place of a state: every state in which a record is worked on.
pub const ACTIVE: &str = "active";

/// What a list of claimants may be asked for.
#[derive(Deserialize, Default)]
pub struct CsvQuery {
    /// Only this state.
    pub state: Option<String>,
    /// Exact search.
    pub q: Option<String>,
    /// Only those who lack this letter.
    pub missing: Option<String>,
    /// Only those whose newest declaration has this flag.
    pub flag: Option<String>,
    /// Only those on this list.
    pub queue: Option<String>,
    /// What narrows the list beside.
    #[serde(flatten)]
    pub narrowing: Words,
    /// `excel` or `plain`.
    pub dialect: Option<String>,
}

impl CsvQuery {
    /// Which claimants; `me` is who asks.
    ///
    /// # Errors
    /// `Invalid` for a word nobody knows.
    pub fn filter(&self, me: StaffId) -> WebResult<Filter> {
        let (state, active) = state_or_active(self.state.as_deref())?;
        Ok(Filter {
            state,
            narrowing: narrowing(&self.narrowing, active, me)?,
            search: self.q.clone().filter(|text| !text.trim().is_empty()),
            missing: missing(self.missing.as_deref())?,
            flag: flag(self.flag.as_deref())?,
            queue: queue(self.queue.as_deref())?,
        })
    }
}

/// The bytes of a streamed list as they come. An error in the stream makes the server close the connection
/// without the closing chunk: the last line `FINE` is missing.
pub fn answer(produced: Produced) -> HttpResponse {
    let name = format!("elenco-{}.csv", produced.id);
    stream(&name, "text/csv; charset=utf-8", produced.bytes)
}

/// A file of an export. It is streamed without a length: so the line ends only after it was noted that all of
/// it went out.
pub fn file(fetched: Fetched) -> HttpResponse {
    stream(&fetched.name, fetched.kind, fetched.bytes)
}

/// The report of an import.
pub fn report(name: &str, bytes: BoxStream<'static, AppResult<Vec<u8>>>) -> HttpResponse {
    stream(name, "text/csv; charset=utf-8", bytes)
}

fn stream(
    name: &str,
    kind: &'static str,
    bytes: BoxStream<'static, AppResult<Vec<u8>>>,
) -> HttpResponse {
    let bytes = bytes.map(|piece| {
        piece.map(Bytes::from).map_err(|error| {
            tracing::error!(%error, "an export was cut");
            WebError::App(error)
        })
    });
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, kind))
        .insert_header((
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ))
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

/// Reads `?state=`, which may also be `active`: every state in which a record is worked on.
///
/// # Errors
/// `Invalid` for a word nobody knows.
pub fn state_or_active(word: Option<&str>) -> WebResult<(Option<ClaimantState>, bool)> {
    match word {
        Some(ACTIVE) => Ok((None, true)),
        word => Ok((state(word)?, false)),
    }
}

/// Reads what narrows a list.
///
/// # Errors
/// `Invalid` for words that mean nothing.
pub fn narrowing(words: &Words, active: bool, me: StaffId) -> WebResult<Narrowing> {
    Narrowing::parse(words, active, me.uuid())
        .map_err(|errors| WebError::App(AppError::Invalid(errors)))
}

/// Reads `?missing=`, a letter of art. 840-septies; empty means all.
///
/// # Errors
/// `Invalid` for what is no letter.
pub fn missing(word: Option<&str>) -> WebResult<Option<Letter>> {
    match word {
        None | Some("") => Ok(None),
        Some(word) => Letter::parse(word)
            .map(Some)
            .ok_or_else(|| unknown("/missing")),
    }
}

/// Reads `?flag=`; empty means all.
///
/// # Errors
/// `Invalid` for a word nobody knows.
pub fn flag(word: Option<&str>) -> WebResult<Option<DeclarationFlag>> {
    match word {
        None | Some("") => Ok(None),
        Some(word) => DeclarationFlag::parse(word)
            .map(Some)
            .ok_or_else(|| unknown("/flag")),
    }
}

/// Reads `?queue=`; empty means all.
///
/// # Errors
/// `Invalid` for a word nobody knows.
pub fn queue(word: Option<&str>) -> WebResult<Option<Queue>> {
    match word {
        None | Some("") => Ok(None),
        Some(word) => Queue::parse(word)
            .map(Some)
            .ok_or_else(|| unknown("/queue")),
    }
}

/// A word that is none of a fixed list.
pub fn unknown(pointer: &str) -> WebError {
    let mut errors = FieldErrors::new();
    errors.push(pointer, FieldCode::UnknownValue, "error-unknown-value");
    WebError::App(AppError::Invalid(errors))
}
