//! `/api/v1/public/cases/{slug}/followers`: follow a case without claiming.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::app::follower::{self, FollowInput};
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::error::Problem;
use crate::web::extract::Json;

/// Who wants news of a case.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FollowRequest {
    /// Slug of the association whose news are wanted.
    #[schema(example = "codacons")]
    association: Option<String>,
    /// Where they go, once its reader has confirmed.
    #[schema(example = "maria.rossi@example.org")]
    email: Option<String>,
    /// `it|en|de`; Italian unless told.
    language: Option<String>,
    consent: Option<FollowConsent>,
}

/// The consent to get them; its text is that of kind `follow` in the case's `texts`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FollowConsent {
    text_version: Option<String>,
    #[serde(default)]
    given: bool,
}

/// `POST /api/v1/public/cases/{slug}/followers`: the same answer whether the address follows already.
#[utoipa::path(
    post,
    path = "/api/v1/public/cases/{slug}/followers",
    operation_id = "follow",
    tag = "public",
    params(("slug" = String, Path, description = "Name of the case in addresses")),
    request_body = FollowRequest,
    responses(
        (status = 202, description = "A mail with a link to confirm comes"),
        (status = 429, body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn follow(
    state: web::Data<AppState>,
    slug: web::Path<String>,
    body: Json<FollowRequest>,
) -> WebResult<HttpResponse> {
    let body = body.0;
    let input = FollowInput {
        association: body.association,
        email: body.email,
        language: body.language,
        given: body.consent.as_ref().is_some_and(|consent| consent.given),
        text_version: body.consent.and_then(|consent| consent.text_version),
    };
    let ctx = state.ctx.clone();
    let acting = async move { follower::ask(&ctx, &slug, &input).await };
    state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Accepted().json(json!({})))
}
