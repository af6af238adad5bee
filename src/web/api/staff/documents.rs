//! `/api/v1/staff/claimants/{id}/documents`: what a claimant produces, for who sees clear data.

use actix_web::{HttpResponse, web};

use crate::app::AppError;
use crate::app::document::{self, By};
use crate::domain::ids::ClaimantId;
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::documents::{self, DocumentForm, DocumentResponse, DocumentsResponse, SHAPE};
use crate::web::error::Problem;
use crate::web::extract::multipart::Multi;
use crate::web::extract::{OptionalIdempotencyKey, Staff};

/// `GET /api/v1/staff/claimants/{id}/documents`
#[utoipa::path(
    get,
    path = "/api/v1/staff/claimants/{id}/documents",
    operation_id = "claimant_documents",
    tag = "staff",
    security(("staff" = [])),
    params(("id" = Uuid, Path, description = "The claimant")),
    responses(
        (status = 200, body = DocumentsResponse)
    )
)]
pub async fn list(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let by = by(staff, &id)?;
    let all = document::list(&state.ctx, &by).await?;
    Ok(HttpResponse::Ok().json(documents::list(&all)))
}

/// `POST /api/v1/staff/claimants/{id}/documents`
#[utoipa::path(
    post,
    path = "/api/v1/staff/claimants/{id}/documents",
    operation_id = "claimant_add_document",
    tag = "staff",
    security(("staff" = [])),
    params(
        ("id" = Uuid, Path, description = "The claimant"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 128 visible ASCII characters; a repeat adds nothing")
    ),
    request_body(content = DocumentForm, content_type = "multipart/form-data"),
    responses(
        (status = 201, body = DocumentResponse),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The record takes no documents"),
        (status = 413, body = Problem, content_type = "application/problem+json", description = "Names the file that is too large")
    )
)]
pub async fn add(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    key: OptionalIdempotencyKey,
    form: Multi,
) -> WebResult<HttpResponse> {
    let by = by(staff, &id)?;
    let sent = documents::sent(form.read(&state.ctx, &SHAPE).await?, key.0);
    let ctx = state.ctx.clone();
    let acting = async move { Box::pin(document::add(&ctx, &by, sent)).await };
    let added = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Created().json(documents::response(&added.document)))
}

/// `GET /api/v1/staff/claimants/{id}/documents/{document}/files/{file}`
#[utoipa::path(
    get,
    path = "/api/v1/staff/claimants/{id}/documents/{document}/files/{file}",
    operation_id = "claimant_document_file",
    tag = "staff",
    security(("staff" = [])),
    params(
        ("id" = Uuid, Path, description = "The claimant"),
        ("document" = Uuid, Path, description = "The document"),
        ("file" = Uuid, Path, description = "One of its files"),
        ("as" = Option<String>, Query, description = "`picture`: a JPEG of the first twelve pages one below the other, without the original's metadata")
    ),
    responses(
        (status = 200, content_type = "application/octet-stream", description = "The original, byte for byte, as an attachment, or the picture; audited"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "It is infected, not scanned yet, or there is no picture of it")
    )
)]
pub async fn file(
    state: web::Data<AppState>,
    staff: Staff,
    path: web::Path<(String, String, String)>,
    asked: documents::Asked,
) -> WebResult<HttpResponse> {
    let (id, document, file) = path.into_inner();
    let by = by(staff, &id)?;
    let (document, file) = documents::ids(&document, &file)?;
    let ctx = state.ctx.clone();
    let taking = async move { document::take(&ctx, &by, document, file).await };
    let taken = state.ctx.to_end(taking).await?;
    documents::taken(&state.ctx, asked, taken).await
}

/// `POST /api/v1/staff/claimants/{id}/documents/{document}/removal`
#[utoipa::path(
    post,
    path = "/api/v1/staff/claimants/{id}/documents/{document}/removal",
    operation_id = "claimant_remove_document",
    tag = "staff",
    security(("staff" = [])),
    params(
        ("id" = Uuid, Path, description = "The claimant"),
        ("document" = Uuid, Path, description = "The document")
    ),
    responses(
        (status = 204, description = "Removed; one that a signed declaration lists stays, marked")
    )
)]
pub async fn remove(
    state: web::Data<AppState>,
    staff: Staff,
    path: web::Path<(String, String)>,
) -> WebResult<HttpResponse> {
    let (id, document) = path.into_inner();
    let by = by(staff, &id)?;
    let document = documents::id(&document)?;
    let ctx = state.ctx.clone();
    let acting = async move { document::remove(&ctx, &by, document).await };
    state.ctx.to_end(acting).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn by(staff: Staff, id: &str) -> WebResult<By> {
    let claimant = ClaimantId::parse(id).ok_or(AppError::NotFound)?;
    Ok(By::Staff(staff.actor, claimant))
}
