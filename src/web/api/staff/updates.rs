//! `/api/v1/staff/cases/{slug}/updates` and `/api/v1/staff/updates/{id}/withdrawal`: news of a case.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::AppError;
use crate::app::case_update::{self, CaseUpdate};
use crate::domain::case_update::UpdateTextInput;
use crate::state::AppState;
use crate::web::api::public::updates::{UpdateTextResponse, UpdatesQuery};
use crate::web::api::staff::quarantine::reason;
use crate::web::error::Problem;
use crate::web::extract::idempotency::OptionalIdempotencyKey;
use crate::web::extract::{Json, Staff};
use crate::web::{WebError, WebResult};

/// News to publish.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateBody {
    /// Italian, and other languages by choice.
    #[serde(default)]
    texts: Vec<UpdateTextBody>,
}

/// News in one language.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateTextBody {
    /// `it|en|de`
    language: Option<String>,
    /// One line of 1 to 120 characters.
    title: Option<String>,
    /// Plain text of 1 to 6,000 characters, without links; an empty line between paragraphs.
    text: Option<String>,
}

/// Why news are withdrawn.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateWithdrawalBody {
    /// One line of 1 to 500 characters; for the staff.
    #[schema(example = "The hearing is on another day")]
    reason: Option<String>,
}

/// News of the own association.
#[derive(Serialize, ToSchema)]
pub struct UpdateResponse {
    id: Uuid,
    published_at: DateTime<Utc>,
    /// In each language there is, Italian first.
    texts: Vec<UpdateTextResponse>,
    /// Since when nobody but the staff sees them; null: they stand.
    withdrawn_at: Option<DateTime<Utc>>,
    withdrawal_reason: Option<String>,
}

/// News of the own association, newest first, withdrawn ones too.
#[derive(Serialize, ToSchema)]
pub struct UpdatesResponse {
    items: Vec<UpdateResponse>,
    /// For `cursor`; null on the last page.
    next_cursor: Option<String>,
}

impl From<&CaseUpdate> for UpdateResponse {
    fn from(update: &CaseUpdate) -> Self {
        let (withdrawn_at, withdrawal_reason) = update.withdrawn.clone().unzip();
        Self {
            id: update.id,
            published_at: update.published_at,
            texts: update.texts.all().iter().map(Into::into).collect(),
            withdrawn_at,
            withdrawal_reason,
        }
    }
}

impl From<UpdateTextBody> for UpdateTextInput {
    fn from(body: UpdateTextBody) -> Self {
        Self {
            language: body.language,
            title: body.title,
            text: body.text,
        }
    }
}

/// News in a path.
pub(in crate::web) fn update_id(text: &str) -> WebResult<Uuid> {
    Uuid::try_parse(text).map_err(|_| WebError::App(AppError::NotFound))
}

/// `GET /api/v1/staff/cases/{slug}/updates?limit=&cursor=`
#[utoipa::path(
    get,
    path = "/api/v1/staff/cases/{slug}/updates",
    operation_id = "list_updates",
    tag = "staff",
    params(
        ("slug" = String, Path, description = "The case"),
        ("limit" = Option<u16>, Query, description = "1 to 200; 50 unless told"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before")
    ),
    security(("staff" = [])),
    responses(
        (status = 200, body = UpdatesResponse)
    )
)]
pub async fn list(
    state: web::Data<AppState>,
    staff: Staff,
    slug: web::Path<String>,
    query: Result<web::Query<UpdatesQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let query = query.map_err(|_| WebError::Malformed)?.into_inner();
    let (before, limit) = (query.before()?, query.limit()?);
    let page = case_update::list(&state.ctx, &staff.actor, &slug, before, limit).await?;
    Ok(HttpResponse::Ok().json(UpdatesResponse {
        items: page.items.iter().map(Into::into).collect(),
        next_cursor: page.next.map(case_update::cursor),
    }))
}

/// `POST /api/v1/staff/cases/{slug}/updates`
#[utoipa::path(
    post,
    path = "/api/v1/staff/cases/{slug}/updates",
    operation_id = "publish_update",
    tag = "staff",
    params(
        ("slug" = String, Path, description = "The case"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key publishes once")
    ),
    security(("staff" = [])),
    request_body = UpdateBody,
    responses(
        (status = 201, body = UpdateResponse, description = "They stand at once, and are never changed")
    )
)]
pub async fn publish(
    state: web::Data<AppState>,
    staff: Staff,
    slug: web::Path<String>,
    key: OptionalIdempotencyKey,
    body: Json<UpdateBody>,
) -> WebResult<HttpResponse> {
    let texts: Vec<UpdateTextInput> = body.0.texts.into_iter().map(Into::into).collect();
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move {
        let key = key.0.as_deref();
        case_update::publish(&ctx, &actor, &slug, key, &texts).await
    };
    let published = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Created().json(UpdateResponse::from(&published)))
}

/// `POST /api/v1/staff/updates/{id}/withdrawal`
#[utoipa::path(
    post,
    path = "/api/v1/staff/updates/{id}/withdrawal",
    operation_id = "withdraw_update",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The news")),
    security(("staff" = [])),
    request_body = UpdateWithdrawalBody,
    responses(
        (status = 200, body = UpdateResponse, description = "Nobody but the staff sees them from now on"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "Withdrawn before")
    )
)]
pub async fn withdraw(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<UpdateWithdrawalBody>,
) -> WebResult<HttpResponse> {
    let id = update_id(&id)?;
    let reason = reason(body.0.reason.as_deref())?;
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { case_update::withdraw(&ctx, &actor, id, &reason).await };
    let withdrawn = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(UpdateResponse::from(&withdrawn)))
}
