//! `/api/v1/staff/exports`: lists and signed documents with a purpose, in clear for who may.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::AppError;
use crate::app::claimant_list::Filter;
use crate::app::export::{self, ExportStatus, Format, NewExport};
use crate::domain::field::FieldErrors;
use crate::domain::ids::ExportId;
use crate::domain::reason::Reason;
use crate::state::AppState;
use crate::web::csv::{self, CsvQuery};
use crate::web::error::Problem;
use crate::web::extract::{Json, OptionalIdempotencyKey, Staff};
use crate::web::{WebError, WebResult};

/// A list to produce.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportRequest {
    /// Slug of the case.
    case: String,
    /// `csv`, or `zip` for the signed documents in force
    format: String,
    /// In clear, instead of masked; documents always are.
    #[serde(default)]
    clear: bool,
    /// What for; names nobody.
    purpose: Option<String>,
    #[serde(default)]
    filter: ExportFilter,
}

/// Which claimants.
#[derive(Deserialize, ToSchema, Default)]
#[serde(deny_unknown_fields)]
pub struct ExportFilter {
    /// Only this state.
    state: Option<String>,
    /// Only those who lack this letter of art. 840-septies: `a` to `i`, `l`.
    missing: Option<String>,
    /// Only those whose newest declaration has this flag.
    flag: Option<String>,
}

/// How an export stands.
#[derive(Serialize, ToSchema)]
pub struct ExportResponse {
    id: Uuid,
    /// `queued|running|ready|failed`
    state: String,
    rows: Option<i64>,
    /// Of a list of all bytes before the last line, of an archive of all bytes; in hexadecimal.
    sha256: Option<String>,
    created_at: DateTime<Utc>,
}

/// `POST /api/v1/staff/exports`
#[utoipa::path(
    post,
    path = "/api/v1/staff/exports",
    operation_id = "export",
    tag = "staff",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 128 visible ASCII characters: asked again within 24 h, the same export")),
    request_body = ExportRequest,
    security(("staff" = [])),
    responses((status = 202, body = ExportResponse), (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem))
)]
pub async fn request(
    state: web::Data<AppState>,
    staff: Staff,
    key: OptionalIdempotencyKey,
    body: Json<ExportRequest>,
) -> WebResult<HttpResponse> {
    let new = read(body.0, key.0)?;
    let ctx = state.ctx.clone();
    let status = state
        .ctx
        .to_end(async move { export::request(&ctx, &staff.actor, new).await })
        .await?;
    Ok(HttpResponse::Accepted().json(response(status)))
}

/// `GET /api/v1/staff/exports/{id}`
#[utoipa::path(
    get,
    path = "/api/v1/staff/exports/{id}",
    operation_id = "get_export",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The export")),
    security(("staff" = [])),
    responses((status = 200, body = ExportResponse), (status = 404, body = Problem))
)]
pub async fn get(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let status = export::status(&state.ctx, &staff.actor, export_id(&id)?).await?;
    Ok(HttpResponse::Ok().json(response(status)))
}

/// `GET /api/v1/staff/exports/{id}/content`
#[utoipa::path(
    get,
    path = "/api/v1/staff/exports/{id}/content",
    operation_id = "export_content",
    tag = "staff",
    params(
        ("id" = Uuid, Path, description = "The export"),
        ("dialect" = Option<String>, Query, description = "`excel` (default) or `plain`")
    ),
    security(("staff" = [])),
    responses(
        (status = 200, description = "The list (text/csv), whole only with its last line `FINE;rows;sha256`; or the signed documents (application/zip), numbered, with `indice.csv` and `manifest.sha256`"),
        (status = 404, body = Problem), (status = 409, body = Problem)
    )
)]
pub async fn content(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    query: web::Query<CsvQuery>,
) -> WebResult<HttpResponse> {
    let dialect = csv::dialect(query.dialect.as_deref())?;
    let id = export_id(&id)?;
    let ctx = state.ctx.clone();
    let produced = state
        .ctx
        .to_end(async move { export::content(&ctx, &staff.actor, id, dialect).await })
        .await?;
    Ok(csv::answer(produced))
}

fn read(body: ExportRequest, idempotency_key: Option<String>) -> WebResult<NewExport> {
    let format = Format::parse(&body.format).ok_or_else(|| csv::unknown("/format"))?;
    let wanted = &body.filter;
    let filter = Filter {
        state: csv::state(wanted.state.as_deref()).map_err(|_| csv::unknown("/filter/state"))?,
        missing: csv::missing(wanted.missing.as_deref())
            .map_err(|_| csv::unknown("/filter/missing"))?,
        flag: csv::flag(wanted.flag.as_deref()).map_err(|_| csv::unknown("/filter/flag"))?,
        search: None,
        queue: None,
    };
    let mut errors = FieldErrors::new();
    let purpose = errors.take("/purpose", Reason::parse(body.purpose.as_deref()));
    let purpose = purpose.ok_or(AppError::Invalid(errors))?;
    Ok(NewExport {
        case: body.case,
        format,
        filter,
        clear: body.clear,
        purpose,
        idempotency_key,
    })
}

fn export_id(text: &str) -> WebResult<ExportId> {
    ExportId::parse(text).ok_or(WebError::App(AppError::NotFound))
}

fn response(status: ExportStatus) -> ExportResponse {
    ExportResponse {
        id: status.id.uuid(),
        state: status.state,
        rows: status.rows,
        sha256: status.sha256.map(|hash| HEXLOWER.encode(&hash)),
        created_at: status.created_at,
    }
}
