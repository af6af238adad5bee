//! `/api/v1/public/scam-reports`: swindlers who pose as an association (R13).

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::scam_report::{self, ReportRequest};
use crate::domain::scam_report::ScamReportInput;
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::error::Problem;
use crate::web::extract::{Json, OptionalIdempotencyKey};

/// A report. Never put a password, a code or the number of a card in it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScamReportBody {
    /// Slug of the case the swindler spoke of.
    #[schema(example = "libero-virgilio-2023")]
    case: Option<String>,
    /// Slug of the association the swindler posed as; left out: every association of the case is told.
    #[schema(example = "codacons")]
    association: Option<String>,
    /// 1 to 4,000 characters.
    what_happened: Option<String>,
    /// `money|bank|codes|other`
    #[schema(example = "money")]
    asked_for: Option<String>,
    /// Sender, number or link, at most 1,000 characters.
    came_from: Option<String>,
    /// How to reach who reports, if they want that, at most 200 characters.
    contact: Option<String>,
}

/// To whom it went.
#[derive(Serialize, ToSchema)]
pub struct ScamReportTaken {
    /// Associations that were told.
    associations: usize,
}

/// `POST /api/v1/public/scam-reports`
#[utoipa::path(
    post,
    path = "/api/v1/public/scam-reports",
    operation_id = "report_scam",
    tag = "public",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 128 visible ASCII characters; a repetition sends nothing twice")),
    request_body = ScamReportBody,
    responses(
        (status = 201, body = ScamReportTaken),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn report(
    state: web::Data<AppState>,
    key: OptionalIdempotencyKey,
    body: Json<ScamReportBody>,
) -> WebResult<HttpResponse> {
    let body = body.0;
    let request = ReportRequest {
        case: body.case,
        association: body.association,
        input: ScamReportInput {
            what_happened: body.what_happened,
            asked_for: body.asked_for,
            came_from: body.came_from,
            contact: body.contact,
        },
        idempotency_key: key.0,
    };
    let ctx = state.ctx.clone();
    let acting = async move { scam_report::report(&ctx, request).await };
    let associations = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Created().json(ScamReportTaken { associations }))
}
