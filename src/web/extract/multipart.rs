//! Forms with files (`multipart/form-data`): text fields and files by name, in their order.
//!
//! Nothing is read before the handler asks, so that it can first see who sends. Files go to a spool:
//! a quarter of a MiB of each is in memory, the rest sealed on the disk (`app::spool`).

use std::pin::Pin;
use std::time::Duration;

use actix_multipart::{Field, Multipart};
use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout, timeout_at};

use crate::app::spool::{Spool, Spooled};
use crate::app::{AppError, Ctx};
use crate::domain::field::{FieldCode, FieldErrors, pointer_token};
use crate::web::error::{WebError, WebResult};

const MEDIA_TYPE: &str = "multipart/form-data";

/// Longest pause of a client between two pieces: a phone that loses its signal comes back.
const PAUSE: Duration = Duration::from_secs(30);
/// How long a client may take to send all.
const SLOWEST: Duration = Duration::from_mins(15);
/// Bytes a text field may have.
const TEXT_BYTES: usize = 16 * 1024;
/// Room for boundaries, headers and text fields, beside the files.
const AROUND: u64 = 256 * 1024;
/// Parts looked at, chosen files and others.
const MAX_PARTS: usize = 64;
/// What is read on of a body that is refused, so that the client sees why instead of a cut line.
const DRAINED: u64 = 32 * 1024 * 1024;
/// How long that may take.
const DRAIN_ENDS: Duration = Duration::from_secs(10);

/// What a form may hold.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Names of its text fields.
    pub texts: &'static [&'static str],
    /// Names of its files; `name[]` is read as `name`.
    pub files: &'static [&'static str],
    /// Bytes of one file.
    pub file_bytes: u64,
    /// Files of all names together.
    pub file_count: usize,
    /// Bytes of all files together.
    pub total_bytes: u64,
}

/// A file of a form.
#[derive(Debug)]
pub struct SentFile {
    /// Name of its field.
    pub field: String,
    /// Its name, as it was sent: personal, not to be trusted.
    pub name: Option<String>,
    /// Its bytes; never none.
    pub content: Spooled,
}

/// What a form held.
pub struct Parts {
    /// Text fields, in their order.
    pub texts: Vec<(String, String)>,
    /// Files, in their order; fields in which none was chosen are left out.
    pub files: Vec<SentFile>,
    _room: OwnedSemaphorePermit,
}

impl Parts {
    /// The first text field of this name. The token of a page's form is `csrf`: it belongs first, and the
    /// handler checks it (`Visit::claimant_with`, `Staff::check_csrf`).
    pub fn text(&self, name: &str) -> Option<&str> {
        let found = self.texts.iter().find(|(field, _)| field == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The files of one field, in their order; they are taken out.
    pub fn take_files(&mut self, name: &str) -> Vec<SentFile> {
        self.files
            .extract_if(.., |file| file.field == name)
            .collect()
    }
}

/// A form that is still to be read.
pub struct Multi {
    parts: Multipart,
    length: Option<u64>,
}

impl FromRequest for Multi {
    type Error = WebError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, WebError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let headers = request.headers();
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let given = header(CONTENT_TYPE)
            .and_then(|value| value.split(';').next())
            .is_some_and(|value| value.trim().eq_ignore_ascii_case(MEDIA_TYPE));
        let length = header(CONTENT_LENGTH).and_then(|value| value.parse().ok());
        let parts = Multipart::new(headers, payload.take());
        Box::pin(async move {
            if given {
                Ok(Self { parts, length })
            } else {
                Err(WebError::UnsupportedMediaType)
            }
        })
    }
}

impl Multi {
    /// Reads the form.
    ///
    /// # Errors
    /// `PartTooLarge` names the field (413), `Invalid` an unknown one (422); `TooLarge`, `TooSlow`;
    /// `Malformed` if it is no such form or is cut; `Unavailable` if too many send at once.
    pub async fn read(mut self, ctx: &Ctx, shape: &Shape) -> WebResult<Parts> {
        let most = shape.total_bytes.saturating_add(AROUND);
        if self.length.is_some_and(|length| length > most) {
            self.drain().await;
            return Err(too_large(shape, 0));
        }
        let mut reading = Reading {
            ctx,
            shape,
            received: 0,
            ends: Instant::now() + SLOWEST,
            parts: Parts {
                texts: Vec::new(),
                files: Vec::new(),
                _room: ctx.room_for_an_upload().await?,
            },
        };
        match reading.all(&mut self.parts).await {
            Ok(()) => Ok(reading.parts),
            Err(error @ (WebError::Malformed | WebError::TooSlow)) => Err(error),
            Err(error) => {
                self.drain().await;
                Err(error)
            }
        }
    }

    /// Reads on for a while, for nothing.
    async fn drain(mut self) {
        let reading = async {
            let mut read = 0_u64;
            while let Some(Ok(mut part)) = self.parts.next().await {
                while let Some(Ok(piece)) = part.next().await {
                    read = read.saturating_add(length(&piece));
                    if read > DRAINED {
                        return;
                    }
                }
            }
        };
        // a client that is still sending then sees its line cut
        drop(timeout(DRAIN_ENDS, reading).await);
    }
}

/// A form that is being read.
struct Reading<'a> {
    ctx: &'a Ctx,
    shape: &'a Shape,
    received: u64,
    ends: Instant,
    parts: Parts,
}

impl Reading<'_> {
    async fn all(&mut self, sent: &mut Multipart) -> WebResult<()> {
        for _ in 0..MAX_PARTS {
            let next = timeout_at(self.pause_ends(), sent.next()).await;
            let Some(part) = next.map_err(|_| WebError::TooSlow)? else {
                return Ok(());
            };
            self.part(part.map_err(|_| WebError::Malformed)?).await?;
        }
        Err(WebError::TooLarge)
    }

    async fn part(&mut self, mut part: Field) -> WebResult<()> {
        let name = part.name().ok_or(WebError::Malformed)?.to_owned();
        let field = name.strip_suffix("[]").unwrap_or(&name).to_owned();
        if self.shape.texts.contains(&field.as_str()) {
            let text = self.text(&mut part, &field).await?;
            self.parts.texts.push((field, text));
            return Ok(());
        }
        if !self.shape.files.contains(&field.as_str()) {
            return Err(refused(
                &field,
                FieldCode::UnknownField,
                "error-unknown-field",
            ));
        }
        let name = file_name(&part);
        let content = self.file(&mut part, &field).await?;
        // a field in which no file was chosen comes empty
        let is_chosen = content.size() > 0 || name.is_some();
        if !is_chosen {
            return Ok(());
        }
        if content.size() == 0 {
            return Err(refused(&field, FieldCode::Format, "error-file-empty"));
        }
        self.parts.files.push(SentFile {
            field,
            name,
            content,
        });
        Ok(())
    }

    async fn text(&mut self, part: &mut Field, field: &str) -> WebResult<String> {
        let mut bytes = Vec::new();
        while let Some(piece) = self.piece(part).await? {
            if bytes.len().saturating_add(piece.len()) > TEXT_BYTES {
                return Err(part_too_large(&format!("/{}", pointer_token(field))));
            }
            bytes.extend_from_slice(&piece);
        }
        String::from_utf8(bytes).map_err(|_| refused(field, FieldCode::Format, "error-format"))
    }

    async fn file(&mut self, part: &mut Field, field: &str) -> WebResult<Spooled> {
        let number = self.parts.files.iter().filter(|file| file.field == field);
        let pointer = format!("/{}/{}", pointer_token(field), number.count());
        let mut spool = Spool::new(self.ctx);
        while let Some(piece) = self.piece(part).await? {
            if self.parts.files.len() >= self.shape.file_count {
                return Err(refused(field, FieldCode::OutOfRange, "error-file-too-many"));
            }
            self.received = self.received.saturating_add(length(&piece));
            let size = spool.size().saturating_add(length(&piece));
            if size > self.shape.file_bytes || self.received > self.shape.total_bytes {
                return Err(part_too_large(&pointer));
            }
            spool.push(&piece).await?;
        }
        Ok(spool.finish())
    }

    async fn piece(&self, part: &mut Field) -> WebResult<Option<actix_web::web::Bytes>> {
        let next = timeout_at(self.pause_ends(), part.next()).await;
        let piece = next.map_err(|_| WebError::TooSlow)?;
        piece.transpose().map_err(|_| WebError::Malformed)
    }

    fn pause_ends(&self) -> Instant {
        self.ends.min(Instant::now() + PAUSE)
    }
}

/// The name of a chosen file: browsers send an empty one where none was chosen.
fn file_name(part: &Field) -> Option<String> {
    let name = part.content_disposition()?.get_filename()?;
    (!name.is_empty()).then(|| name.to_owned())
}

fn too_large(shape: &Shape, number: usize) -> WebError {
    match shape.files.first() {
        Some(field) => part_too_large(&format!("/{}/{number}", pointer_token(field))),
        None => WebError::TooLarge,
    }
}

fn part_too_large(pointer: &str) -> WebError {
    let mut errors = FieldErrors::new();
    errors.push(pointer, FieldCode::TooLong, "error-file-too-large");
    WebError::PartTooLarge(errors)
}

fn refused(field: &str, code: FieldCode, reason: &'static str) -> WebError {
    let mut errors = FieldErrors::new();
    errors.push(format!("/{}", pointer_token(field)), code, reason);
    WebError::App(AppError::Invalid(errors))
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
