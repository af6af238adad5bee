//! `/api/v1/partner/statistics`: how many people a partner brought, small numbers left out (R59).

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::partner::brought;
use crate::domain::brought::{Brought, Counts, SMALLEST};
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::extract::Partner;

/// How many came one way; null: fewer than five.
#[derive(Serialize, ToSchema)]
pub struct CountsResponse {
    /// Records.
    sign_ups: Option<i64>,
    /// With a confirmed contact.
    confirmed: Option<i64>,
    /// Signed.
    signed: Option<i64>,
}

/// How many a partner brought in a case.
#[derive(Serialize, ToSchema)]
pub struct BroughtResponse {
    /// Slug of the case.
    case: String,
    /// By its links (`?via=`), rounded down to a multiple of five.
    by_link: CountsResponse,
    /// By the API.
    by_api: CountsResponse,
}

/// How many a partner brought.
#[derive(Serialize, ToSchema)]
pub struct StatisticsResponse {
    /// When it was counted; at most a minute ago.
    counted_at: DateTime<Utc>,
    /// By slug: every case the key is for.
    cases: Vec<BroughtResponse>,
}

/// `GET /api/v1/partner/statistics`
#[utoipa::path(
    get,
    path = "/api/v1/partner/statistics",
    operation_id = "partner_statistics",
    summary = "How many came",
    tag = "partner",
    security(("partner" = ["read"])),
    responses(
        (status = 200, body = StatisticsResponse, description = "By case; null: fewer than five",
            example = json!({"counted_at": "2026-11-23T10:00:00Z", "cases": [{"case": "libero-virgilio-2023", "by_link": {"sign_ups": 45, "confirmed": 30, "signed": null}, "by_api": {"sign_ups": 112, "confirmed": 97, "signed": 41}}]})),
    )
)]
pub async fn show(state: web::Data<AppState>, partner: Partner) -> WebResult<HttpResponse> {
    let figures = brought::own(&state.ctx, &partner.0).await?;
    Ok(HttpResponse::Ok().json(StatisticsResponse {
        counted_at: figures.counted_at,
        cases: figures
            .cases
            .into_iter()
            .map(BroughtResponse::from)
            .collect(),
    }))
}

impl From<Brought> for BroughtResponse {
    fn from(brought: Brought) -> Self {
        Self {
            case: brought.slug,
            by_link: CountsResponse::from(brought.by_link),
            by_api: CountsResponse::from(brought.by_api),
        }
    }
}

impl From<Counts> for CountsResponse {
    fn from(counts: Counts) -> Self {
        let told = |count: i64| (count >= SMALLEST).then_some(count);
        Self {
            sign_ups: told(counts.sign_ups),
            confirmed: told(counts.confirmed),
            signed: told(counts.signed),
        }
    }
}
