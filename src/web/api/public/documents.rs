//! `/api/v1/public/me/documents`: what the claimant produces (letter f).

use actix_web::{HttpResponse, web};

use super::me::actor;
use crate::app::document::{self, By};
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::documents::{self, DocumentForm, DocumentResponse, DocumentsResponse, SHAPE};
use crate::web::error::Problem;
use crate::web::extract::OptionalIdempotencyKey;
use crate::web::extract::multipart::Multi;
use crate::web::extract::session::ClaimantToken;

/// `GET /api/v1/public/me/documents`
#[utoipa::path(
    get,
    path = "/api/v1/public/me/documents",
    operation_id = "list_documents",
    tag = "me",
    security(("claimant" = [])),
    responses(
        (status = 200, body = DocumentsResponse)
    )
)]
pub async fn list(state: web::Data<AppState>, token: ClaimantToken) -> WebResult<HttpResponse> {
    let by = By::Owner(actor(&state.ctx, &token).await?);
    let all = document::list(&state.ctx, &by).await?;
    Ok(HttpResponse::Ok().json(documents::list(&all)))
}

/// `POST /api/v1/public/me/documents`
#[utoipa::path(
    post,
    path = "/api/v1/public/me/documents",
    operation_id = "add_document",
    tag = "me",
    security(("claimant" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 128 visible ASCII characters; a repeat adds nothing")),
    request_body(content = DocumentForm, content_type = "multipart/form-data"),
    responses(
        (status = 201, body = DocumentResponse),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The record takes no documents"),
        (status = 413, body = Problem, content_type = "application/problem+json", description = "Names the file that is too large")
    )
)]
pub async fn add(
    state: web::Data<AppState>,
    token: ClaimantToken,
    key: OptionalIdempotencyKey,
    form: Multi,
) -> WebResult<HttpResponse> {
    let by = By::Owner(actor(&state.ctx, &token).await?);
    let sent = documents::sent(form.read(&state.ctx, &SHAPE).await?, key.0);
    let ctx = state.ctx.clone();
    let acting = async move { Box::pin(document::add(&ctx, &by, sent)).await };
    let added = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Created().json(documents::response(&added.document)))
}

/// `GET /api/v1/public/me/documents/{id}/files/{file}`
#[utoipa::path(
    get,
    path = "/api/v1/public/me/documents/{id}/files/{file}",
    operation_id = "get_document_file",
    tag = "me",
    security(("claimant" = [])),
    params(
        ("id" = Uuid, Path, description = "The document"),
        ("file" = Uuid, Path, description = "One of its files"),
        ("as" = Option<String>, Query, description = "`picture`: a JPEG of the first twelve pages one below the other, without the original's metadata")
    ),
    responses(
        (status = 200, content_type = "application/octet-stream", description = "The original, byte for byte, as an attachment, or the picture"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "It is infected, or there is no picture of it")
    )
)]
pub async fn file(
    state: web::Data<AppState>,
    token: ClaimantToken,
    path: web::Path<(String, String)>,
    asked: documents::Asked,
) -> WebResult<HttpResponse> {
    let by = By::Owner(actor(&state.ctx, &token).await?);
    let (document, file) = documents::ids(&path.0, &path.1)?;
    let taken = document::take(&state.ctx, &by, document, file).await?;
    documents::taken(&state.ctx, asked, taken).await
}

/// `POST /api/v1/public/me/documents/{id}/removal`
#[utoipa::path(
    post,
    path = "/api/v1/public/me/documents/{id}/removal",
    operation_id = "remove_document",
    tag = "me",
    security(("claimant" = [])),
    params(("id" = Uuid, Path, description = "The document")),
    responses(
        (status = 204, description = "Removed; one that a signed declaration lists stays, marked")
    )
)]
pub async fn remove(
    state: web::Data<AppState>,
    token: ClaimantToken,
    path: web::Path<String>,
) -> WebResult<HttpResponse> {
    let by = By::Owner(actor(&state.ctx, &token).await?);
    let document = documents::id(&path)?;
    let ctx = state.ctx.clone();
    let acting = async move { document::remove(&ctx, &by, document).await };
    state.ctx.to_end(acting).await?;
    Ok(HttpResponse::NoContent().finish())
}
