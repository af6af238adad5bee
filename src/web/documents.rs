//! Documents over HTTP, the same for owner and staff, API and pages: the form, the answer, an original.

use actix_web::body::SizedStream;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    X_CONTENT_TYPE_OPTIONS,
};
use actix_web::web::{self, Bytes};
use actix_web::{HttpResponse, HttpResponseBuilder};
use chrono::{DateTime, Utc};
use futures_util::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::document::{MyDocument, MyFile, SentDocument, Taken};
use crate::app::file_store::Reader;
use crate::app::{AppError, AppResult, Ctx, picture};
use crate::domain::document::{DOCUMENT_BYTES, FILE_BYTES, FILES};
use crate::domain::field::FieldErrors;
use crate::domain::file_type::FileType;
use crate::domain::ids::{DocumentId, FileId};
use crate::render::page::documents::{DocumentLine, FileLine};
use crate::web::extract::multipart::{Parts, Shape};
use crate::web::{WebError, WebResult};

/// What the API takes.
pub const SHAPE: Shape = Shape {
    texts: &["kind"],
    files: &["file"],
    file_bytes: FILE_BYTES,
    file_count: FILES,
    total_bytes: DOCUMENT_BYTES,
};

/// What the form of a page sends.
pub const FORM: Shape = Shape {
    texts: &["csrf", "key", "kind"],
    ..SHAPE
};

/// Whatever a file holds, a browser that shows it after all runs and loads nothing.
const POLICY: &str = "default-src 'none'; sandbox; frame-ancestors 'none'";

/// The page with the form has a script: one file of ours, which may talk to us alone.
pub const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
    script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A document, as a form.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a form to readers of the API")]
pub struct DocumentForm {
    /// `plan_proof|outage_proof|complaint_sent|reply_received|expense_proof|income_proof|correspondence|title|other`
    #[schema(example = "plan_proof")]
    kind: String,
    /// One to ten files of at most 20 MiB: PDF, JPEG, PNG, WebP, TIFF, EML, MSG, TXT, P7M.
    #[schema(value_type = Vec<String>, format = Binary)]
    file: Vec<u8>,
}

/// A document.
#[derive(Serialize, ToSchema)]
pub struct DocumentResponse {
    id: Uuid,
    /// Its number in the index (letter f); never given twice.
    #[schema(example = 1)]
    number: i32,
    #[schema(example = "plan_proof")]
    kind: &'static str,
    /// `not_scanned|pending|clean|infected`
    #[schema(example = "not_scanned")]
    scan: &'static str,
    /// Of the file, or of the hashes of its files in order, hex.
    sha256: String,
    /// `claimant|staff`
    added_by: &'static str,
    created_at: DateTime<Utc>,
    /// Kept only because a signed declaration lists it.
    removed_at: Option<DateTime<Utc>>,
    files: Vec<FileResponse>,
}

/// A file of a document.
#[derive(Serialize, ToSchema)]
pub struct FileResponse {
    id: Uuid,
    /// Place in the document, from 1.
    position: i16,
    name: String,
    /// By its content.
    #[schema(example = "application/pdf")]
    media_type: &'static str,
    /// Bytes.
    size: u64,
    /// Of the original, hex.
    sha256: String,
}

/// Documents, by number.
#[derive(Serialize, ToSchema)]
pub struct DocumentsResponse {
    items: Vec<DocumentResponse>,
}

/// The document of a form that was read.
pub fn sent(mut parts: Parts, idempotency_key: Option<String>) -> SentDocument {
    let files = parts.take_files("file").into_iter();
    SentDocument {
        kind: parts.text("kind").map(str::to_owned),
        files: files.map(|file| (file.name, file.content)).collect(),
        idempotency_key,
    }
}

/// A document as JSON.
pub fn response(document: &MyDocument) -> DocumentResponse {
    DocumentResponse {
        id: document.id.uuid(),
        number: document.number,
        kind: document.kind.as_str(),
        scan: document.scan.as_str(),
        sha256: document.sha256(),
        added_by: if document.added_by_staff {
            "staff"
        } else {
            "claimant"
        },
        created_at: document.created_at,
        removed_at: document.removed_at,
        files: document.files.iter().map(file).collect(),
    }
}

/// Documents as JSON.
pub fn list(documents: &[MyDocument]) -> DocumentsResponse {
    DocumentsResponse {
        items: documents.iter().map(response).collect(),
    }
}

fn file(file: &MyFile) -> FileResponse {
    FileResponse {
        id: file.id.uuid(),
        position: file.position,
        name: file.name.as_str().to_owned(),
        media_type: file.file_type.media_type(),
        size: file.size,
        sha256: file.sha256_hex(),
    }
}

/// A document as a line of a page; its links begin with `base`.
pub fn line(base: &str, document: &MyDocument) -> DocumentLine {
    let id = document.id;
    let files = document.files.iter().map(|file| FileLine {
        href: format!("{base}/{id}/files/{}", file.id),
        has_pages: file.file_type.has_pages(),
        name: file.name.as_str().to_owned(),
        kilobytes: file.size.div_ceil(1024),
        sha256: file.sha256_hex(),
    });
    DocumentLine {
        number: document.number,
        kind: document.kind.as_str(),
        scan: document.scan.as_str(),
        removal: format!("{base}/{id}/removal"),
        is_removed: document.removed_at.is_some(),
        added_at: document.created_at,
        operator: None,
        files: files.collect(),
    }
}

/// Ids of a document and one of its files, from a path.
///
/// # Errors
/// `NotFound` for what is no id.
pub fn ids(document: &str, file: &str) -> WebResult<(DocumentId, FileId)> {
    let file = FileId::parse(file).ok_or(AppError::NotFound)?;
    Ok((id(document)?, file))
}

/// Id of a document, from a path.
///
/// # Errors
/// `NotFound` for what is no id.
pub fn id(document: &str) -> WebResult<DocumentId> {
    Ok(DocumentId::parse(document).ok_or(AppError::NotFound)?)
}

/// How a file is asked for: `as=picture`, or nothing for the original.
#[derive(Deserialize)]
pub struct ViewQuery {
    #[serde(default, rename = "as")]
    view: Option<View>,
}

/// Another way to see a file than as it is.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum View {
    Picture,
}

/// A file as it was asked for.
pub type Asked = Result<web::Query<ViewQuery>, actix_web::Error>;

/// A file of a document, as [`answer`].
///
/// # Errors
/// As [`answer`].
pub async fn taken(ctx: &Ctx, asked: Asked, taken: Taken) -> WebResult<HttpResponse> {
    let Taken { file, content } = taken;
    answer(ctx, asked, file.file_type, file.name.attachment(), content).await
}

/// A file as an answer: the original as a download, or a picture of it, which can do nothing.
///
/// # Errors
/// 400 for another word; `IllegalTransition` if it cannot be shown; `Unavailable` if it cannot be read;
/// `Internal` if it is not what was kept.
pub async fn answer(
    ctx: &Ctx,
    asked: Asked,
    file_type: FileType,
    attachment: String,
    content: Reader,
) -> WebResult<HttpResponse> {
    let asked = asked.map_err(|_| WebError::Malformed)?.into_inner();
    let Some(View::Picture) = asked.view else {
        return original(file_type, attachment, content).await;
    };
    let picture = picture::of(ctx, file_type, content).await?;
    Ok(guarded(FileType::Jpeg)
        .insert_header((CONTENT_DISPOSITION, "inline"))
        .body(picture))
}

/// The first chunk is checked before anything is sent; what is wrong further on cuts the line, so that the
/// client has less than it was promised.
async fn original(
    file_type: FileType,
    attachment: String,
    mut content: Reader,
) -> WebResult<HttpResponse> {
    let size = content.size();
    let first = content.next().await?.map(Bytes::from);
    let rest = stream::try_unfold(content, next_chunk);
    let all = stream::iter(first.map(Ok)).chain(rest).map(|chunk| {
        chunk.map_err(|error: AppError| {
            tracing::error!(%error, "an original was cut");
            WebError::App(error)
        })
    });
    Ok(guarded(file_type)
        .insert_header((CONTENT_DISPOSITION, attachment))
        .body(SizedStream::new(size, all)))
}

fn guarded(file_type: FileType) -> HttpResponseBuilder {
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((CONTENT_TYPE, file_type.media_type()))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((CACHE_CONTROL, "private, no-store"));
    answer
}

async fn next_chunk(mut content: Reader) -> AppResult<Option<(Bytes, Reader)>> {
    let chunk = content.next().await?;
    Ok(chunk.map(|chunk| (Bytes::from(chunk), content)))
}

/// A file is chosen in one field of the form, whichever of them is wrong.
pub fn of_form(errors: &FieldErrors) -> FieldErrors {
    let mut of_form = FieldErrors::new();
    for error in errors {
        let is_file = error.pointer.starts_with("/file/");
        let pointer = if is_file { "/file" } else { &error.pointer };
        of_form.push(pointer, error.code, error.reason);
    }
    of_form
}
