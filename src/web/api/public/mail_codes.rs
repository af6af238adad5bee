//! `/api/v1/public/mail-codes`: whether a mail is really ours (R14).

use actix_web::{HttpResponse, web};
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::mail_code;
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::error::Problem;

/// A mail of ours, without anything personal.
#[derive(Serialize, ToSchema)]
pub struct MailCodeResponse {
    /// Name of the association in whose name it was sent; null for mails that span several.
    #[schema(example = "Codacons")]
    association: Option<String>,
    /// As in the header `X-Joinder-Kind`.
    #[schema(example = "confirmation")]
    kind: String,
    /// Day in Italy.
    sent_on: NaiveDate,
}

/// `GET /api/v1/public/mail-codes/{code}`
#[utoipa::path(
    get,
    path = "/api/v1/public/mail-codes/{code}",
    operation_id = "check_mail_code",
    tag = "public",
    params(("code" = String, Path, description = "`XXXX-XXXX-XXXX`, as printed at the end of the mail")),
    responses(
        (status = 200, body = MailCodeResponse),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "Not ours"),
        (status = 429, body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn check(state: web::Data<AppState>, code: web::Path<String>) -> WebResult<HttpResponse> {
    let mail = mail_code::check(&state.ctx, &code).await?;
    Ok(HttpResponse::Ok().json(MailCodeResponse {
        association: mail.association.map(|(_, name)| name),
        kind: mail.kind,
        sent_on: mail.sent_on,
    }))
}
