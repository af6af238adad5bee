//! `/api/v1/staff/claimants/{id}/signature-files`: files brought with a digital signature and their reports.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::AppError;
use crate::app::signature_file::{self, ShownFile};
use crate::domain::ids::{ClaimantId, FileId};
use crate::domain::signing::Report;
use crate::state::AppState;
use crate::web::extract::Staff;
use crate::web::{WebError, WebResult};

/// Files that were brought.
#[derive(Serialize, ToSchema)]
pub struct SignatureFilesResponse {
    items: Vec<SignatureFileResponse>,
}

/// A file that was brought.
#[derive(Serialize, ToSchema)]
pub struct SignatureFileResponse {
    id: String,
    version: i32,
    /// `valid|not_verifiable|invalid`
    verdict: &'static str,
    /// Whether it can be taken along.
    kept: bool,
    size: i64,
    sha256: String,
    checked_at: DateTime<Utc>,
    /// `joinder-signature-report/1`: verdict, signatures, checks with result and reason.
    #[schema(value_type = Object)]
    report: Report,
}

impl From<Vec<ShownFile>> for SignatureFilesResponse {
    fn from(files: Vec<ShownFile>) -> Self {
        let items = files.into_iter().map(|file| SignatureFileResponse {
            id: file.id.to_string(),
            version: file.version,
            verdict: file.report.verdict.as_str(),
            kept: file.kept,
            size: file.size,
            sha256: file.sha256,
            checked_at: file.checked_at,
            report: file.report,
        });
        Self {
            items: items.collect(),
        }
    }
}

/// `GET /api/v1/staff/claimants/{id}/signature-files`
#[utoipa::path(
    get,
    path = "/api/v1/staff/claimants/{id}/signature-files",
    operation_id = "claimant_signature_files",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The claimant")),
    security(("staff" = [])),
    responses(
        (status = 200, body = SignatureFilesResponse, description = "Newest first, at most 50")
    )
)]
pub async fn list(
    state: web::Data<AppState>,
    staff: Staff,
    path: web::Path<String>,
) -> WebResult<HttpResponse> {
    let id = ClaimantId::parse(&path).ok_or(WebError::App(AppError::NotFound))?;
    let ctx = state.ctx.clone();
    let listing = async move { signature_file::list(&ctx, &staff.actor, id).await };
    let files = state.ctx.to_end(listing).await?;
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(SignatureFilesResponse::from(files)))
}

/// `GET /api/v1/staff/claimants/{id}/signature-files/{file}`
#[utoipa::path(
    get,
    path = "/api/v1/staff/claimants/{id}/signature-files/{file}",
    operation_id = "claimant_signature_file",
    tag = "staff",
    params(
        ("id" = Uuid, Path, description = "The claimant"),
        ("file" = Uuid, Path, description = "The file")
    ),
    security(("staff" = [])),
    responses(
        (status = 200, content_type = "application/octet-stream", description = "The file as it came: `.p7m` or PDF")
    )
)]
pub async fn content(
    state: web::Data<AppState>,
    staff: Staff,
    path: web::Path<(String, String)>,
) -> WebResult<HttpResponse> {
    let (id, file) = path.into_inner();
    let place = ClaimantId::parse(&id).zip(FileId::parse(&file));
    let (id, file) = place.ok_or(WebError::App(AppError::NotFound))?;
    let ctx = state.ctx.clone();
    let taking = async move { signature_file::take(&ctx, &staff.actor, id, file).await };
    let taken = state.ctx.to_end(taking).await?;
    let name = format!("attachment; filename=\"{}\"", taken.name);
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, taken.kind))
        .insert_header((CONTENT_DISPOSITION, name))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header(("Content-Security-Policy", "sandbox; default-src 'none'"))
        .body(taken.bytes))
}
