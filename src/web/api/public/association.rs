//! `/api/v1/public/me/association`: going to another association of the case.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::claimants::evidence;
use super::me::actor;
use crate::app::association_change::{self, ChangeRequest};
use crate::app::consent::Origin;
use crate::domain::consent::Channel;
use crate::domain::sign_up::ConsentInput;
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::error::Problem;
use crate::web::extract::session::ClaimantToken;
use crate::web::extract::{ClientAddr, Json, UserAgent};

/// Where to go, and what is agreed to there.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssociationBody {
    /// Slug of another association of the case.
    association: Option<String>,
    /// Given anew: the other association is another controller of the data.
    consents: Option<Vec<ConsentInput>>,
}

/// The record that is open now.
#[derive(Serialize, ToSchema)]
pub struct AssociationChangeResponse {
    claimant_id: Uuid,
    #[schema(example = "7Z8K2M4Q9XWT")]
    reference: String,
    /// `confirmed`: it must be signed anew.
    #[schema(example = "confirmed")]
    state: &'static str,
}

/// `POST /api/v1/public/me/association`
#[utoipa::path(
    post,
    path = "/api/v1/public/me/association",
    operation_id = "change_association",
    tag = "me",
    security(("claimant" = [])),
    request_body(content = AssociationBody, example = json!({
        "association": "altroconsumo",
        "consents": [
            {"purpose": "privacy_notice", "text_version": "1", "given": true},
            {"purpose": "contact", "text_version": "1", "given": true}
        ]
    })),
    responses(
        (status = 201, body = AssociationChangeResponse, description = "A new record in the other association; the token opens it from now on, the old record is withdrawn"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "Lodged or ended, the own association, or one that takes no sign-ups")
    )
)]
pub async fn change(
    state: web::Data<AppState>,
    token: ClaimantToken,
    client: ClientAddr,
    agent: UserAgent,
    body: Json<AssociationBody>,
) -> WebResult<HttpResponse> {
    let actor = actor(&state.ctx, &token).await?;
    let request = ChangeRequest {
        association: body.0.association,
        consents: body.0.consents,
        origin: Origin {
            channel: Channel::Api,
            evidence: evidence(client, agent),
        },
    };
    let ctx = state.ctx.clone();
    let acting = async move { association_change::change(&ctx, &actor, request).await };
    let changed = state.ctx.to_end(Box::pin(acting)).await?;
    Ok(HttpResponse::Created().json(AssociationChangeResponse {
        claimant_id: changed.claimant.uuid(),
        reference: changed.reference.as_str().to_owned(),
        state: changed.state.as_str(),
    }))
}
