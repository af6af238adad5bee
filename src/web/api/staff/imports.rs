//! `/api/v1/staff/imports`: earlier lists of an association, tried and imported.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, NaiveDate, Utc};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::AppError;
use crate::app::import::{self, ImportStatus, NewImport};
use crate::domain::field::{FieldCode, FieldErrors, ValueError, filled};
use crate::domain::ids::ImportId;
use crate::domain::import::{Field, MAX_BYTES};
use crate::domain::reason::Reason;
use crate::render::text::Text;
use crate::state::AppState;
use crate::web::api::page_length::page_length;
use crate::web::csv;
use crate::web::error::Problem;
use crate::web::extract::multipart::{Multi, Parts, Shape};
use crate::web::extract::{Json, Lang, Staff};
use crate::web::{WebError, WebResult};

/// What the form of a list may hold.
pub(in crate::web) const SHAPE: Shape = Shape {
    texts: &["csrf", "source", "listed_on"],
    files: &["file"],
    file_bytes: MAX_BYTES,
    file_count: 1,
    total_bytes: MAX_BYTES,
};

/// A list to upload.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes a form")]
pub struct ImportForm {
    /// Which list it is; names nobody.
    source: String,
    /// Day until which it was collected, `YYYY-MM-DD`; mails to its people say it.
    listed_on: NaiveDate,
    /// CSV (UTF-8 or Windows-1252; `,`, `;` or tab) or XLSX, at most 32 MiB and 200,000 rows; its first row
    /// has the names of the columns.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// What the columns of a list hold.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportCheck {
    /// A word for each column, in their order: `email`, `phone`, `mailbox` (may repeat), `given_name`,
    /// `family_name`, `full_name`, `codice_fiscale`, `address`, `postal_code`, `city`, `province`, `language`,
    /// `notes`; empty for what is not imported.
    columns: Vec<String>,
}

/// Which part of the register.
#[derive(Deserialize)]
pub struct ImportsQuery {
    cursor: Option<String>,
    limit: Option<u16>,
}

/// How an import stands.
#[derive(Serialize, ToSchema)]
pub struct ImportResponse {
    id: Uuid,
    /// Slug of the case.
    case: String,
    source: String,
    listed_on: NaiveDate,
    /// `uploaded|checking|checked|running|done|failed|cancelled|expired`
    state: &'static str,
    /// `csv|xlsx`
    format: String,
    size: i64,
    /// Of the file as it was uploaded, in hexadecimal.
    sha256: String,
    /// Headers of the columns; none in the register, and once the rows are deleted.
    headers: Vec<String>,
    /// What each column holds, as in `columns` of the check; at first as proposed.
    columns: Vec<&'static str>,
    /// Rows of the list.
    rows: i32,
    /// Rows of the newest round that were worked off.
    done: i32,
    /// Rows that made a claimant, or while it is tried would make one.
    created: i32,
    /// Rows whose people are here already.
    known: i32,
    /// Rows that were refused.
    refused: i32,
    /// `attempts|rows|closed|fault`
    failure: Option<String>,
    uploaded_by: Uuid,
    started_by: Option<Uuid>,
    created_at: DateTime<Utc>,
    started_at: Option<DateTime<Utc>>,
    finished_at: Option<DateTime<Utc>>,
    /// Until when rows and report are kept.
    expires_at: DateTime<Utc>,
}

/// A part of the register.
#[derive(Serialize, ToSchema)]
pub struct ImportsResponse {
    items: Vec<ImportResponse>,
    next_cursor: Option<String>,
}

/// `POST /api/v1/staff/cases/{slug}/imports`
#[utoipa::path(
    post,
    path = "/api/v1/staff/cases/{slug}/imports",
    operation_id = "upload_import",
    tag = "staff",
    params(("slug" = String, Path, description = "The case")),
    request_body(content = ImportForm, content_type = "multipart/form-data"),
    security(("staff" = [])),
    responses(
        (status = 201, body = ImportResponse),
        (status = 409, description = "The case or the association takes no sign-ups", body = Problem),
        (status = 422, description = "Also `/file/C17`: the cell that cannot be taken", body = Problem)
    )
)]
pub async fn upload(
    state: web::Data<AppState>,
    staff: Staff,
    slug: web::Path<String>,
    form: Multi,
) -> WebResult<HttpResponse> {
    let parts = form.read(&state.ctx, &SHAPE).await?;
    let new = sent(slug.into_inner(), parts)?;
    let ctx = state.ctx.clone();
    let acting = async move { Box::pin(import::upload(&ctx, &staff.actor, new)).await };
    let status = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Created().json(response(status)))
}

/// `GET /api/v1/staff/cases/{slug}/imports`
#[utoipa::path(
    get,
    path = "/api/v1/staff/cases/{slug}/imports",
    operation_id = "list_imports",
    tag = "staff",
    params(
        ("slug" = String, Path, description = "The case"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the part before"),
        ("limit" = Option<u16>, Query, description = "1 to 200, else 50")
    ),
    security(("staff" = [])),
    responses((status = 200, body = ImportsResponse))
)]
pub async fn list(
    state: web::Data<AppState>,
    staff: Staff,
    slug: web::Path<String>,
    query: Result<web::Query<ImportsQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let query = query.map_err(|_| WebError::BadCursor)?.into_inner();
    let limit = page_length(query.limit)?;
    let cursor = cursor(query.cursor.as_deref())?;
    let found = import::list(&state.ctx, &staff.actor, &slug, cursor, limit).await?;
    Ok(HttpResponse::Ok().json(ImportsResponse {
        items: found.items.into_iter().map(response).collect(),
        next_cursor: found.next.map(|id| id.to_string()),
    }))
}

/// `GET /api/v1/staff/imports/{id}`
#[utoipa::path(
    get,
    path = "/api/v1/staff/imports/{id}",
    operation_id = "get_import",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The import")),
    security(("staff" = [])),
    responses((status = 200, body = ImportResponse))
)]
pub async fn get(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let status = import::status(&state.ctx, &staff.actor, import_id(&id)?).await?;
    Ok(HttpResponse::Ok().json(response(status)))
}

/// `POST /api/v1/staff/imports/{id}/check`
#[utoipa::path(
    post,
    path = "/api/v1/staff/imports/{id}/check",
    operation_id = "check_import",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The import")),
    request_body = ImportCheck,
    security(("staff" = [])),
    responses((status = 202, body = ImportResponse), (status = 409, body = Problem))
)]
pub async fn check(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<ImportCheck>,
) -> WebResult<HttpResponse> {
    let id = import_id(&id)?;
    let mapping = mapping(&body.0.columns).map_err(AppError::from)?;
    let ctx = state.ctx.clone();
    let acting = async move { import::check(&ctx, &staff.actor, id, &mapping).await };
    let status = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Accepted().json(response(status)))
}

/// `POST /api/v1/staff/imports/{id}/start`
#[utoipa::path(
    post,
    path = "/api/v1/staff/imports/{id}/start",
    operation_id = "start_import",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The import")),
    security(("staff" = [])),
    responses((status = 202, body = ImportResponse), (status = 403, description = "Also without a fresh second factor", body = Problem), (status = 409, description = "It was not tried, or was started", body = Problem))
)]
pub async fn start(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let id = import_id(&id)?;
    let ctx = state.ctx.clone();
    let acting = async move { import::start(&ctx, &staff.actor, id).await };
    let status = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Accepted().json(response(status)))
}

/// `POST /api/v1/staff/imports/{id}/cancellation`
#[utoipa::path(
    post,
    path = "/api/v1/staff/imports/{id}/cancellation",
    operation_id = "cancel_import",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The import")),
    security(("staff" = [])),
    responses((status = 200, body = ImportResponse), (status = 409, body = Problem))
)]
pub async fn cancel(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let id = import_id(&id)?;
    let ctx = state.ctx.clone();
    let acting = async move { import::cancel(&ctx, &staff.actor, id).await };
    let status = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(response(status)))
}

/// `GET /api/v1/staff/imports/{id}/report.csv` and `GET /console/imports/{id}/report.csv`
#[utoipa::path(
    get,
    path = "/api/v1/staff/imports/{id}/report.csv",
    operation_id = "import_report",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The import")),
    security(("staff" = [])),
    responses(
        (status = 200, content_type = "text/csv", description = "Of the newest round: line, outcome, record, and what is wrong in which column; for Italian Excel. Nothing that stood in a cell"),
        (status = 409, description = "There is no report yet, or no more", body = Problem)
    )
)]
pub async fn report(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let text = Text::new(language.0.of_staff());
    let report = import::report(&state.ctx, &staff.actor, import_id(&id)?, text).await?;
    Ok(csv::report(&report.name, report.bytes))
}

/// Reads the form of a list.
pub(in crate::web) fn sent(case: String, mut parts: Parts) -> WebResult<NewImport> {
    let mut errors = FieldErrors::new();
    let source = errors.take("/source", Reason::parse(parts.text("source")));
    let listed_on = errors.take("/listed_on", day(parts.text("listed_on")));
    let file = parts.take_files("file").into_iter().next();
    if file.is_none() {
        errors.push("/file", FieldCode::Required, "error-file-required");
    }
    match (source, listed_on, file) {
        (Some(source), Some(listed_on), Some(file)) => Ok(NewImport {
            case,
            source,
            listed_on,
            file: file.content,
        }),
        _ => Err(AppError::Invalid(errors).into()),
    }
}

fn day(typed: Option<&str>) -> Result<NaiveDate, ValueError> {
    let typed = filled(typed).ok_or(ValueError::new(FieldCode::Required, "error-required"))?;
    let wrong = |_| ValueError::new(FieldCode::Format, "error-day-format");
    typed.parse().map_err(wrong)
}

/// Reads what the columns hold.
pub(in crate::web) fn mapping(columns: &[String]) -> Result<Vec<Option<Field>>, FieldErrors> {
    let mut errors = FieldErrors::new();
    let mut mapping = Vec::with_capacity(columns.len());
    for (place, word) in columns.iter().enumerate() {
        let field = Field::parse(word);
        if field.is_none() && !word.is_empty() {
            let pointer = format!("/columns/{place}");
            errors.push(pointer, FieldCode::UnknownValue, "error-unknown-value");
        }
        mapping.push(field);
    }
    errors.into_result(mapping)
}

/// Reads the id in a path.
pub(in crate::web) fn import_id(text: &str) -> WebResult<ImportId> {
    ImportId::parse(text).ok_or(WebError::App(AppError::NotFound))
}

/// Reads where a part of the register begins.
pub(in crate::web) fn cursor(text: Option<&str>) -> WebResult<Option<ImportId>> {
    text.map(|text| ImportId::parse(text).ok_or(WebError::BadCursor))
        .transpose()
}

fn response(status: ImportStatus) -> ImportResponse {
    let started = status.started;
    let columns = status.mapping.iter();
    ImportResponse {
        id: status.id.uuid(),
        case: status.case,
        source: status.source,
        listed_on: status.listed_on,
        state: status.state.as_str(),
        format: status.format,
        size: status.size,
        sha256: HEXLOWER.encode(&status.sha256),
        headers: status.headers,
        columns: columns
            .map(|field| field.map_or("", Field::as_str))
            .collect(),
        rows: status.rows,
        done: status.done,
        created: status.created,
        known: status.known,
        refused: status.refused,
        failure: status.failure,
        uploaded_by: status.uploaded_by.0,
        started_by: started.as_ref().map(|(who, _, _)| *who),
        created_at: status.created_at,
        started_at: started.map(|(_, _, at)| at),
        finished_at: status.finished_at,
        expires_at: status.expires_at,
    }
}
