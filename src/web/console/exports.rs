//! `/console/cases/{slug}/exports`, `/console/exports/{id}`: the register, and the second person's word (R58).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use data_encoding::HEXLOWER;
use serde::Deserialize;
use serde_json::Value;

use crate::app::AppError;
use crate::app::claimant_list;
use crate::app::export::{self, ExportFile, ExportStatus, Reviewed};
use crate::domain::export::{ExportState, Format};
use crate::domain::field::FieldErrors;
use crate::domain::ids::ExportId;
use crate::domain::page_length::DEFAULT_LIMIT;
use crate::domain::permission::operation;
use crate::domain::reason::Reason;
use crate::render::page::Errors;
use crate::render::page::console::Console;
use crate::render::page::console::export::{
    ExportFileLine, ExportLine, ExportsPage, OneExportPage,
};
use crate::state::AppState;
use crate::web::api::staff::exports::{cursor, export_id, fetch};
use crate::web::console::{inside, page, see_other};
use crate::web::extract::{Form, Lang, Staff};
use crate::web::{WebError, WebResult};

/// Which part of the register.
#[derive(Deserialize)]
pub struct RegisterQuery {
    cursor: Option<String>,
}

/// A decision without words.
#[derive(Deserialize)]
pub struct DecisionForm {
    csrf: Option<String>,
}

/// Why it is refused.
#[derive(Deserialize)]
pub struct RejectionForm {
    csrf: Option<String>,
    #[serde(default)]
    reason: String,
}

/// `GET /console/cases/{slug}/exports?cursor=`
pub async fn register(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    slug: web::Path<String>,
    query: web::Query<RegisterQuery>,
) -> WebResult<HttpResponse> {
    let cursor = cursor(query.cursor.as_deref())?;
    let own = claimant_list::own_case(&state.ctx, &staff.actor, &slug).await?;
    let found = export::list(&state.ctx, &staff.actor, &slug, cursor, DEFAULT_LIMIT).await?;
    let can_export = operation::CONSOLE_EXPORT_PAGE.allows(staff.actor.role());
    let mine = staff.actor.staff_id().uuid();
    let waits = |export: &&ExportStatus| can_export && export.asked_by.0 != mine;
    let shown = ExportsPage {
        console: inside(&state, language, &request, &staff).await?,
        slug: own.case.slug.clone(),
        title: own.case.title.clone(),
        waiting: found.waiting.iter().filter(waits).map(line).collect(),
        lines: found.items.iter().map(line).collect(),
        next: found.next.map(|id| id.to_string()),
        can_export,
    };
    page(StatusCode::OK, &shown)
}

/// `GET /console/exports/{id}`
pub async fn one(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let shown = one_page(&state, language, &staff, &request, export_id(&id)?).await?;
    page(StatusCode::OK, &shown)
}

/// `POST /console/exports/{id}/approval`
pub async fn approve(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    form: Form<DecisionForm>,
) -> WebResult<HttpResponse> {
    let id = export_id(&id)?;
    staff.check_csrf(&state, form.0.csrf.as_deref())?;
    let ctx = state.ctx.clone();
    let acting = async move { export::approve(&ctx, &staff.actor, id).await };
    state.ctx.to_end(acting).await?;
    Ok(see_other(&format!("/console/exports/{id}")))
}

/// `POST /console/exports/{id}/rejection`
pub async fn reject(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    form: Form<RejectionForm>,
) -> WebResult<HttpResponse> {
    let id = export_id(&id)?;
    staff.check_csrf(&state, form.0.csrf.as_deref())?;
    let mut errors = FieldErrors::new();
    let reason = errors.take("/reason", Reason::parse(Some(&form.0.reason)));
    let Some(reason) = reason else {
        let mut shown = one_page(&state, language, &staff, &request, id).await?;
        shown.reason = form.0.reason;
        shown.errors = Errors::from(&errors);
        return page(StatusCode::UNPROCESSABLE_ENTITY, &shown);
    };
    let ctx = state.ctx.clone();
    let acting = async move { export::reject(&ctx, &staff.actor, id, &reason).await };
    state.ctx.to_end(acting).await?;
    Ok(see_other(&format!("/console/exports/{id}")))
}

/// `POST /console/exports/{id}/cancellation`
pub async fn cancel(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    form: Form<DecisionForm>,
) -> WebResult<HttpResponse> {
    let id = export_id(&id)?;
    staff.check_csrf(&state, form.0.csrf.as_deref())?;
    let ctx = state.ctx.clone();
    let acting = async move { export::cancel(&ctx, &staff.actor, id).await };
    state.ctx.to_end(acting).await?;
    Ok(see_other(&format!("/console/exports/{id}")))
}

/// `POST /console/exports/{id}/repeat`
pub async fn repeat(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    form: Form<DecisionForm>,
) -> WebResult<HttpResponse> {
    let id = export_id(&id)?;
    staff.check_csrf(&state, form.0.csrf.as_deref())?;
    let ctx = state.ctx.clone();
    let acting = async move { export::repeat(&ctx, &staff.actor, id).await };
    let asked = state.ctx.to_end(acting).await?;
    Ok(see_other(&format!("/console/exports/{}", asked.id)))
}

/// `GET /console/exports/{id}/files/{number}`
pub async fn file(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> WebResult<HttpResponse> {
    let (id, number) = path.into_inner();
    let id = export_id(&id)?;
    let number = number.parse::<i32>().map_err(|_| AppError::NotFound)?;
    match fetch(&state, &staff, id, number).await {
        Err(WebError::App(AppError::IllegalTransition("export_fetched"))) => {}
        answer => return answer,
    }
    let mut shown = one_page(&state, language, &staff, &request, id).await?;
    let mut files = shown.files.iter();
    let file = files.find(|file| file.number == number);
    shown.already_fetched = file.and_then(|file| file.fetched_at);
    shown.can_repeat = true;
    shown.console.chrome.path = format!("/console/exports/{id}");
    page(StatusCode::CONFLICT, &shown)
}

async fn one_page(
    state: &AppState,
    language: Lang,
    staff: &Staff,
    request: &HttpRequest,
    id: ExportId,
) -> WebResult<OneExportPage> {
    let found = export::status(&state.ctx, &staff.actor, id).await?;
    let asker = export::asker_role(&state.ctx, &staff.actor, &found).await?;
    let console = inside(state, language, request, staff).await?;
    let role = staff.actor.role();
    let is_own = found.asked_by.0 == staff.actor.staff_id().uuid();
    let is_over = found.streamed || found.fetched_at.is_some();
    let can_decide = operation::CONSOLE_EXPORT_APPROVAL.allows(role) && !is_own;
    // who can refuse it says why
    let is_to_decide = can_decide && found.state == ExportState::AwaitingApproval;
    let can_cancel = operation::CONSOLE_EXPORT_CANCELLATION.allows(role)
        && found.state.can_be_cancelled()
        && !is_over
        && !is_to_decide;
    let is_gone = found.fetched_at.is_some()
        || matches!(found.state, ExportState::Expired | ExportState::Failed);
    Ok(OneExportPage {
        asked_by: with_role(&console, &found.asked_by.1, asker),
        already_fetched: None,
        can_repeat: is_gone && !found.streamed && operation::CONSOLE_EXPORT_REPEAT.allows(role),
        slug: found.case.clone(),
        line: line(&found),
        filter: filter(&console, &found.filter),
        left_out: match found.reviewed {
            Some(Reviewed::LeftOut(count)) => u64::try_from(count).ok(),
            Some(Reviewed::Included) | None => None,
        },
        includes_reviewed: found.reviewed == Some(Reviewed::Included),
        decided: found.decided_by.clone().map(|(_, name, at)| (name, at)),
        refused_because: found.refused_because.clone(),
        snapshot_at: found.snapshot_at,
        finished_at: found.finished_at,
        expires_at: found.expires_at,
        files: found.files.iter().map(file_line).collect(),
        is_own,
        can_decide,
        can_cancel,
        stepped_up: staff.actor.stepped_up(),
        reason: String::new(),
        errors: Errors::default(),
        console,
    })
}

/// `Anna Bianchi (gestione del caso)`.
fn with_role(console: &Console, name: &str, role: Option<String>) -> String {
    match role {
        Some(role) => format!("{name} ({})", console.chrome.text().word("role", &role)),
        None => name.to_owned(),
    }
}

fn line(export: &ExportStatus) -> ExportLine {
    let number = |value: Option<i64>| value.and_then(|value| u64::try_from(value).ok());
    let state = match export.state {
        ExportState::Cancelled if export.refused_because.is_some() => "rejected",
        ExportState::Ready if export.streamed => "streamed",
        ExportState::Ready if export.fetched_at.is_some() => "fetched",
        state => state.as_str(),
    };
    let is_list = export.format.is_list();
    ExportLine {
        id: export.id.to_string(),
        format: export.format.as_str(),
        columns: if is_list { export.columns.as_str() } else { "" },
        clear: export.clear,
        encrypted: export.encrypted,
        purpose: export.purpose.clone(),
        asked_by: export.asked_by.1.clone(),
        created_at: export.created_at,
        state,
        rows: number(export.rows),
        rows_total: number(export.rows_total),
        sha256: own_hash(export)
            .or(export.sha256.as_ref())
            .map(|hash| HEXLOWER.encode(hash)),
        fetched_at: match state {
            "streamed" => export.finished_at,
            _ => export.fetched_at,
        },
    }
}

/// Of the one file that was fetched; a dossier has volumes, and what was streamed left no file.
fn own_hash(export: &ExportStatus) -> Option<&Vec<u8>> {
    match export.files.as_slice() {
        [file] if export.format != Format::Dossier => Some(&file.sha256),
        _ => None,
    }
}

fn file_line(file: &ExportFile) -> ExportFileLine {
    ExportFileLine {
        number: file.number,
        name: file.name.clone(),
        size: size(file.size),
        sha256: HEXLOWER.encode(&file.sha256),
        fetched_at: file.fetched_at,
    }
}

/// Bytes for people, rounded up.
fn size(bytes: i64) -> String {
    let bytes = bytes.unsigned_abs();
    if bytes < 1024 * 1024 {
        format!("{} KB", bytes.div_ceil(1024))
    } else {
        format!("{} MB", bytes.div_ceil(1024 * 1024))
    }
}

/// What the register kept of a filter, in words.
pub(super) fn filter(console: &Console, noted: &Value) -> Vec<(&'static str, String)> {
    let text = console.chrome.text();
    let parts = [
        ("state", "console-state", "state"),
        ("missing", "console-missing", "staff-letter"),
        ("flag", "console-flag", "flag"),
        ("queue", "console-queues", "console-queue"),
    ];
    let told = parts.into_iter().filter_map(|(field, name, family)| {
        let word = noted.get(field)?.as_str()?;
        Some((name, text.word(family, word)))
    });
    let mut told: Vec<(&'static str, String)> = told.collect();
    if noted.get("active").and_then(Value::as_bool) == Some(true) {
        told.push(("console-state", text.get("list-active")));
    }
    let narrowing = noted.get("narrowing");
    let word = |name: &str| narrowing?.get(name)?.as_str().map(str::to_owned);
    let as_word = |name: &str, family: &str| word(name).map(|word| text.word(family, &word));
    let narrowed = [
        ("list-review", as_word("review", "list-review")),
        ("list-tier", as_word("tier", "tier")),
        (
            "list-messa-in-mora",
            as_word("messa_in_mora", "list-messa-in-mora"),
        ),
        ("list-province", word("province")),
        ("list-domain", word("domain")),
        ("list-from", word("from")),
        ("list-until", word("until")),
        ("list-least", word("least")),
        ("list-most", word("most")),
        (
            "queue-filter-taken",
            word("whose").map(|whose| match whose.as_str() {
                "nobody" => text.get("queue-filter-nobody"),
                _ => text.get("export-filter-somebody"),
            }),
        ),
        ("bulk-quoted", noted.get("quoted").map(|_| "1".to_owned())),
    ];
    told.extend(
        narrowed
            .into_iter()
            .filter_map(|(name, word)| Some((name, word?))),
    );
    told
}
