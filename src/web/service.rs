//! What is about the program itself: alive, ready, its API, its limits.

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, RETRY_AFTER};
use actix_web::{HttpResponse, web};
use serde_json::json;

use crate::app::partner::limit::{self, Unit};
use crate::app::staff::sign_in;
use crate::app::{AppError, challenge, mail_cap};
use crate::domain::document;
use crate::domain::file_type::FileType;
use crate::domain::paper;
use crate::domain::partner_submission::MAX_BATCH;
use crate::domain::permission::operation;
use crate::domain::sandbox::{KEPT_DAYS, MAILS_A_DAY};
use crate::state::AppState;
use crate::web::api::Description;
use crate::web::middleware::rate_limit::Class;
use crate::web::{Route, WebResult};
use crate::web::{extract, middleware};

/// Routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(&operation::HEALTH, web::to(health)),
        Route::new(&operation::READY, web::to(ready)),
        Route::new(&operation::OPENAPI, web::to(openapi)),
        Route::new(&operation::LIMITS, web::to(limits)),
    ]
}

/// `GET /healthz`: the process lives.
async fn health() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the process may get traffic; else 503 with the reason.
async fn ready(state: web::Data<AppState>) -> WebResult<HttpResponse> {
    let reason = match state.health.check(&state.ctx).await {
        Ok(None) => return Ok(HttpResponse::Ok().body("ready\n")),
        Ok(Some(reason)) => {
            tracing::error!(%reason, "not ready");
            format!("{reason}\n")
        }
        Err(AppError::Unavailable(error)) => {
            tracing::warn!(error = %middleware::chain(error.as_ref()), "not ready");
            "database or files cannot be reached\n".to_owned()
        }
        Err(error) => return Err(error.into()),
    };
    Ok(HttpResponse::build(StatusCode::SERVICE_UNAVAILABLE)
        .insert_header((RETRY_AFTER, "5"))
        .body(reason))
}

/// `GET /openapi.json`
async fn openapi(description: web::Data<Description>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/json"))
        .insert_header(("Cache-Control", "public, max-age=300"))
        .body(description.json.clone())
}

/// `GET /.well-known/limits`: the limits really enforced, for clients that want to stay below.
async fn limits(state: web::Data<AppState>) -> HttpResponse {
    let on = state.web.rate_limits == crate::config::RateLimits::On;
    let classes: Vec<_> = Class::ALL
        .into_iter()
        .map(|class| {
            let operations: Vec<_> = operation::ALL
                .iter()
                .filter(|operation| Class::of(operation) == Some(class))
                .map(|operation| operation.name)
                .collect();
            json!({
                "class": class.as_str(),
                "per_minute": class.per_minute().get(),
                "burst": class.burst().get(),
                "operations": operations,
            })
        })
        .collect();
    let sheets = [FileType::Pdf, FileType::Jpeg, FileType::Png].map(FileType::media_type);
    HttpResponse::Ok().json(json!({
        "network": {
            "enforced": on,
            "key": "IPv4 address or IPv6 /64",
            "classes": classes,
        },
        // rows, enforced whatever the network's limits are
        "mails": {
            "unasked_per_address_and_24_hours": mail_cap::CONFIRMATION_CAP,
            "access_links_per_address_and_24_hours": mail_cap::ACCESS_CAP,
        },
        "codes": {
            "attempts_per_code": challenge::MAX_ATTEMPTS,
            "codes_per_record_and_24_hours": challenge::MAX_CODES_A_DAY,
        },
        "staff_sign_in": {
            "failures": sign_in::TRIES,
            "window_minutes": sign_in::TRIES_MINUTES,
        },
        "partner_keys": of_partner_keys(),
        "paper": {
            "bytes_per_file": paper::FILE_BYTES,
            "pages": paper::MOST_SCANS,
            "bytes": paper::TOTAL_BYTES,
            "hand_ins_a_day": paper::HAND_INS_A_DAY,
            "media_types": sheets,
        },
        "documents": {
            "bytes_per_file": document::FILE_BYTES,
            "files_per_document": document::FILES,
            "bytes_per_document": document::DOCUMENT_BYTES,
            "documents_per_record": document::DOCUMENTS,
            "bytes_per_record": document::CLAIMANT_BYTES,
            "media_types": pictures_and_sheets(),
        },
        "body_bytes": extract::BODY_BYTES,
        "idempotency_key_characters": extract::idempotency::LONGEST,
    }))
}

/// What documents may be.
fn pictures_and_sheets() -> Vec<&'static str> {
    let kinds = FileType::ALL.into_iter();
    let kinds = kinds.filter(|kind| *kind != FileType::Heic);
    kinds.map(FileType::media_type).collect()
}

/// Limits of the keys of partners: rows, shared by all nodes.
fn of_partner_keys() -> serde_json::Value {
    json!({
        "window_seconds": limit::WINDOW_SECONDS,
        "requests": Unit::Requests.quota(),
        "claimants": Unit::Claimants.quota(),
        "batch_items": MAX_BATCH,
        "batch_bytes": extract::LARGE_BODY_BYTES,
        "sandbox_mails_per_partner_and_24_hours": MAILS_A_DAY,
        "sandbox_days_kept": KEPT_DAYS,
    })
}
