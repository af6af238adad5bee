//! `/api/v1/staff/exports`: lists and signed documents with a purpose; in clear after a second person's yes.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::AppError;
use crate::app::claimant_list::Filter;
use crate::app::export::{self, ExportFile, ExportStatus, MOST_RECIPIENTS, NewExport, Reviewed};
use crate::domain::export::{Columns, Format};
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::ids::{ExportId, StaffId};
use crate::domain::narrowing::{Narrowing, Words};
use crate::domain::reason::Reason;
use crate::state::AppState;
use crate::web::api::page_length::page_length;
use crate::web::csv;
use crate::web::error::Problem;
use crate::web::extract::{Json, OptionalIdempotencyKey, Staff};
use crate::web::{WebError, WebResult};

/// An export to ask for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportRequest {
    /// Slug of the case.
    case: String,
    /// `csv`, `xlsx`; `zip` for the signed documents in force; `dossier` for all that proves them, in volumes
    format: String,
    /// In clear, instead of masked; documents always are.
    #[serde(default)]
    clear: bool,
    /// Columns of a list: `full` (default), `court`, `signatures`, `payout`, `statistics`
    columns: Option<String>,
    /// How a CSV is written: `excel` (default) or `plain`
    dialect: Option<String>,
    /// Public keys `age1...` it is encrypted to, at most 10; none: it is not.
    #[serde(default)]
    recipients: Vec<String>,
    /// Also records under review, marked in the column `stato`. Without it `court` columns and the dossier leave
    /// them out: none of them is ready for filing.
    #[serde(default)]
    include_reviewed: bool,
    /// What for; names nobody.
    purpose: Option<String>,
    #[serde(default)]
    filter: ExportFilter,
}

/// Which claimants.
#[derive(Deserialize, ToSchema, Default)]
#[serde(deny_unknown_fields)]
pub struct ExportFilter {
    /// Only this state; `active` for every state in which a record is worked on.
    state: Option<String>,
    /// Only those who lack this letter of art. 840-septies: `a` to `i`, `l`.
    missing: Option<String>,
    /// Only those whose newest declaration has this flag.
    flag: Option<String>,
    /// Only those on this list.
    queue: Option<String>,
    /// Only this review: `none|conflict|quarantined`
    review: Option<String>,
    /// Letters of the province of residence.
    province: Option<String>,
    /// Mail domain of a mailbox.
    domain: Option<String>,
    /// First day of the sign-up, in Rome.
    from: Option<String>,
    /// Last day of the sign-up, in Rome.
    until: Option<String>,
    /// Least damages declared, whole euros.
    least: Option<String>,
    /// Most damages declared, whole euros.
    most: Option<String>,
    /// How the signature in force was given: `otp|digital|paper`
    tier: Option<String>,
    /// Mandate for the messa in mora: `given|not_given`
    messa_in_mora: Option<String>,
    /// Who works on it: `me`, `nobody` or a staff id.
    whose: Option<String>,
}

impl ExportFilter {
    fn filter(self, me: StaffId) -> WebResult<Filter> {
        let (state, active) = csv::state_or_active(self.state.as_deref())
            .map_err(|_| csv::unknown("/filter/state"))?;
        let words = Words {
            review: self.review,
            province: self.province,
            domain: self.domain,
            from: self.from,
            until: self.until,
            least: self.least,
            most: self.most,
            tier: self.tier,
            messa_in_mora: self.messa_in_mora,
            whose: self.whose,
        };
        let narrowing = Narrowing::parse(&words, active, me.uuid())
            .map_err(|errors| AppError::Invalid(errors.prefix("/filter")))?;
        Ok(Filter {
            state,
            narrowing,
            search: None,
            missing: csv::missing(self.missing.as_deref())
                .map_err(|_| csv::unknown("/filter/missing"))?,
            flag: csv::flag(self.flag.as_deref()).map_err(|_| csv::unknown("/filter/flag"))?,
            queue: csv::queue(self.queue.as_deref()).map_err(|_| csv::unknown("/filter/queue"))?,
        })
    }
}

/// Why an export is refused.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportRejection {
    /// Names nobody.
    reason: Option<String>,
}

/// Which part of the register.
#[derive(Deserialize)]
pub struct ExportsQuery {
    cursor: Option<String>,
    limit: Option<u16>,
}

/// How an export stands.
#[derive(Serialize, ToSchema)]
pub struct ExportResponse {
    id: Uuid,
    /// Slug of the case.
    case: String,
    /// `csv|xlsx|zip|dossier`
    format: &'static str,
    clear: bool,
    /// `full|court|signatures|payout|statistics`
    columns: &'static str,
    encrypted: bool,
    purpose: String,
    /// `awaiting_approval|queued|running|ready|failed|expired|cancelled`
    state: &'static str,
    /// Who asked for it.
    requested_by: Uuid,
    /// Who approved or refused it.
    decided_by: Option<Uuid>,
    decided_at: Option<DateTime<Utc>>,
    /// Why it was refused.
    rejection_reason: Option<String>,
    /// Claimants written so far; all of them once ready.
    rows: Option<i64>,
    /// Claimants it is about: counted when a second person is asked, anew when its making begins.
    rows_total: Option<i64>,
    /// Records under review that were left out, where it is made to be filed; null for all else.
    left_out: Option<i64>,
    /// Of a CSV of all bytes before the last line, of a dossier of its manifest, else of all bytes; in
    /// hexadecimal.
    sha256: Option<String>,
    files: Vec<ExportFileResponse>,
    created_at: DateTime<Utc>,
    /// The moment it shows.
    snapshot_at: Option<DateTime<Utc>>,
    finished_at: Option<DateTime<Utc>>,
    /// Until when it can be decided about, or fetched.
    expires_at: Option<DateTime<Utc>>,
    /// When the last file had been fetched.
    fetched_at: Option<DateTime<Utc>>,
}

/// A file of an export.
#[derive(Serialize, ToSchema)]
pub struct ExportFileResponse {
    /// From 1.
    number: i32,
    name: String,
    size: i64,
    /// Of all its bytes, in hexadecimal.
    sha256: String,
    fetched_at: Option<DateTime<Utc>>,
}

/// A part of the register.
#[derive(Serialize, ToSchema)]
pub struct ExportsResponse {
    items: Vec<ExportResponse>,
    next_cursor: Option<String>,
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
    responses((status = 202, body = ExportResponse), (status = 409, body = Problem))
)]
pub async fn request(
    state: web::Data<AppState>,
    staff: Staff,
    key: OptionalIdempotencyKey,
    body: Json<ExportRequest>,
) -> WebResult<HttpResponse> {
    let new = read(body.0, staff.actor.staff_id(), key.0)?;
    let ctx = state.ctx.clone();
    let status = state
        .ctx
        .to_end(async move { export::request(&ctx, &staff.actor, new).await })
        .await?;
    Ok(HttpResponse::Accepted().json(response(status)))
}

/// `GET /api/v1/staff/cases/{slug}/exports`
#[utoipa::path(
    get,
    path = "/api/v1/staff/cases/{slug}/exports",
    operation_id = "list_exports",
    tag = "staff",
    params(
        ("slug" = String, Path, description = "The case"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the part before"),
        ("limit" = Option<u16>, Query, description = "1 to 200, else 50")
    ),
    security(("staff" = [])),
    responses((status = 200, body = ExportsResponse))
)]
pub async fn list(
    state: web::Data<AppState>,
    staff: Staff,
    slug: web::Path<String>,
    query: Result<web::Query<ExportsQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let query = query.map_err(|_| WebError::BadCursor)?.into_inner();
    let limit = page_length(query.limit)?;
    let cursor = cursor(query.cursor.as_deref())?;
    let found = export::list(&state.ctx, &staff.actor, &slug, cursor, limit).await?;
    Ok(HttpResponse::Ok().json(ExportsResponse {
        items: found.items.into_iter().map(response).collect(),
        next_cursor: found.next.map(|id| id.to_string()),
    }))
}

/// `GET /api/v1/staff/exports/{id}`
#[utoipa::path(
    get,
    path = "/api/v1/staff/exports/{id}",
    operation_id = "get_export",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The export")),
    security(("staff" = [])),
    responses((status = 200, body = ExportResponse))
)]
pub async fn get(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let status = export::status(&state.ctx, &staff.actor, export_id(&id)?).await?;
    Ok(HttpResponse::Ok().json(response(status)))
}

/// `POST /api/v1/staff/exports/{id}/approval`
#[utoipa::path(
    post,
    path = "/api/v1/staff/exports/{id}/approval",
    operation_id = "approve_export",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The export")),
    security(("staff" = [])),
    responses((status = 200, body = ExportResponse), (status = 403, description = "Also for who asked for it: `second-person`", body = Problem), (status = 409, body = Problem))
)]
pub async fn approve(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let id = export_id(&id)?;
    let ctx = state.ctx.clone();
    let status = state
        .ctx
        .to_end(async move { export::approve(&ctx, &staff.actor, id).await })
        .await?;
    Ok(HttpResponse::Ok().json(response(status)))
}

/// `POST /api/v1/staff/exports/{id}/rejection`
#[utoipa::path(
    post,
    path = "/api/v1/staff/exports/{id}/rejection",
    operation_id = "reject_export",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The export")),
    request_body = ExportRejection,
    security(("staff" = [])),
    responses((status = 200, body = ExportResponse), (status = 403, description = "Also for who asked for it: `second-person`", body = Problem), (status = 409, body = Problem))
)]
pub async fn reject(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<ExportRejection>,
) -> WebResult<HttpResponse> {
    let id = export_id(&id)?;
    let mut errors = FieldErrors::new();
    let reason = errors.take("/reason", Reason::parse(body.0.reason.as_deref()));
    let reason = reason.ok_or(AppError::Invalid(errors))?;
    let ctx = state.ctx.clone();
    let status = state
        .ctx
        .to_end(async move { export::reject(&ctx, &staff.actor, id, &reason).await })
        .await?;
    Ok(HttpResponse::Ok().json(response(status)))
}

/// `POST /api/v1/staff/exports/{id}/cancellation`
#[utoipa::path(
    post,
    path = "/api/v1/staff/exports/{id}/cancellation",
    operation_id = "cancel_export",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The export")),
    security(("staff" = [])),
    responses((status = 200, body = ExportResponse), (status = 409, body = Problem))
)]
pub async fn cancel(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let id = export_id(&id)?;
    let ctx = state.ctx.clone();
    let status = state
        .ctx
        .to_end(async move { export::cancel(&ctx, &staff.actor, id).await })
        .await?;
    Ok(HttpResponse::Ok().json(response(status)))
}

/// `POST /api/v1/staff/exports/{id}/repeat`
#[utoipa::path(
    post,
    path = "/api/v1/staff/exports/{id}/repeat",
    operation_id = "repeat_export",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The export")),
    security(("staff" = [])),
    responses(
        (status = 202, body = ExportResponse, description = "A new one, asked for as that one was, with the same purpose, in the name of who asks now; in clear a second person approves it again. Asked again within 24 h, the same one as it stands then"),
        (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, description = "A list that was streamed: it is streamed again", body = Problem)
    )
)]
pub async fn repeat(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let id = export_id(&id)?;
    let ctx = state.ctx.clone();
    let status = state
        .ctx
        .to_end(async move { export::repeat(&ctx, &staff.actor, id).await })
        .await?;
    Ok(HttpResponse::Accepted().json(response(status)))
}

/// `GET /api/v1/staff/exports/{id}/content`
#[utoipa::path(
    get,
    path = "/api/v1/staff/exports/{id}/content",
    operation_id = "export_content",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The export")),
    security(("staff" = [])),
    responses(
        (status = 200, description = "The first file, once: a list (text/csv, whole only with its last line `FINE;rows;sha256`, or a workbook), the signed documents (application/zip) with `indice.csv` and `manifest.sha256`, or the first volume of a dossier"),
        (status = 403, description = "Also for another person than who asked for it", body = Problem), (status = 409, body = Problem)
    )
)]
pub async fn content(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    fetch(&state, &staff, export_id(&id)?, 1).await
}

/// `GET /api/v1/staff/exports/{id}/files/{number}`
#[utoipa::path(
    get,
    path = "/api/v1/staff/exports/{id}/files/{number}",
    operation_id = "export_file",
    tag = "staff",
    params(
        ("id" = Uuid, Path, description = "The export"),
        ("number" = i32, Path, description = "From 1")
    ),
    security(("staff" = [])),
    responses(
        (status = 200, description = "The file, once"),
        (status = 403, description = "Also for another person than who asked for it", body = Problem), (status = 409, body = Problem)
    )
)]
pub async fn file(
    state: web::Data<AppState>,
    staff: Staff,
    path: web::Path<(String, String)>,
) -> WebResult<HttpResponse> {
    let (id, number) = path.into_inner();
    let number = number.parse::<i32>().map_err(|_| AppError::NotFound)?;
    fetch(&state, &staff, export_id(&id)?, number).await
}

/// A file of an export.
pub(in crate::web) async fn fetch(
    state: &AppState,
    staff: &Staff,
    id: ExportId,
    number: i32,
) -> WebResult<HttpResponse> {
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let fetched = state
        .ctx
        .to_end(async move { export::content(&ctx, &actor, id, number).await })
        .await?;
    Ok(csv::file(fetched))
}

fn read(body: ExportRequest, me: StaffId, idempotency_key: Option<String>) -> WebResult<NewExport> {
    let format = Format::parse(&body.format).ok_or_else(|| csv::unknown("/format"))?;
    let columns = match body.columns.as_deref() {
        None => Columns::Full,
        Some(word) => Columns::parse(word).ok_or_else(|| csv::unknown("/columns"))?,
    };
    let filter = body.filter.filter(me)?;
    let mut errors = FieldErrors::new();
    check_recipients(&body.recipients, &mut errors);
    let purpose = errors.take("/purpose", Reason::parse(body.purpose.as_deref()));
    let dialect = csv::dialect(body.dialect.as_deref())?;
    match purpose {
        Some(purpose) if errors.is_empty() => Ok(NewExport {
            case: body.case,
            format,
            columns,
            dialect,
            recipients: body.recipients,
            filter,
            clear: body.clear,
            includes_reviewed: body.include_reviewed,
            purpose,
            idempotency_key,
        }),
        _ => Err(AppError::Invalid(errors).into()),
    }
}

/// What is no public key, by its place.
pub(in crate::web) fn check_recipients(recipients: &[String], errors: &mut FieldErrors) {
    if recipients.len() > MOST_RECIPIENTS {
        errors.push("/recipients", FieldCode::TooLong, "error-recipients-many");
    }
    for (place, recipient) in recipients.iter().enumerate() {
        if !export::is_recipient(recipient) {
            let pointer = format!("/recipients/{place}");
            errors.push(&pointer, FieldCode::Format, "error-recipient");
        }
    }
}

/// Reads the id in a path.
pub(in crate::web) fn export_id(text: &str) -> WebResult<ExportId> {
    ExportId::parse(text).ok_or(WebError::App(AppError::NotFound))
}

/// Reads where a part of the register begins.
pub(in crate::web) fn cursor(text: Option<&str>) -> WebResult<Option<ExportId>> {
    text.map(|text| ExportId::parse(text).ok_or(WebError::BadCursor))
        .transpose()
}

fn response(status: ExportStatus) -> ExportResponse {
    let decided = status.decided_by;
    ExportResponse {
        id: status.id.uuid(),
        case: status.case,
        format: status.format.as_str(),
        clear: status.clear,
        columns: status.columns.as_str(),
        encrypted: status.encrypted,
        purpose: status.purpose,
        state: status.state.as_str(),
        requested_by: status.asked_by.0,
        decided_by: decided.as_ref().map(|(who, _, _)| *who),
        decided_at: decided.map(|(_, _, at)| at),
        rejection_reason: status.refused_because,
        rows: status.rows,
        rows_total: status.rows_total,
        left_out: match status.reviewed {
            Some(Reviewed::LeftOut(count)) => Some(count),
            Some(Reviewed::Included) | None => None,
        },
        sha256: status.sha256.map(|hash| HEXLOWER.encode(&hash)),
        files: status.files.into_iter().map(file_response).collect(),
        created_at: status.created_at,
        snapshot_at: status.snapshot_at,
        finished_at: status.finished_at,
        expires_at: status.expires_at,
        fetched_at: status.fetched_at,
    }
}

fn file_response(file: ExportFile) -> ExportFileResponse {
    ExportFileResponse {
        number: file.number,
        name: file.name,
        size: file.size,
        sha256: HEXLOWER.encode(&file.sha256),
        fetched_at: file.fetched_at,
    }
}
