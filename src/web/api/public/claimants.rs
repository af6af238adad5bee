//! `/api/v1/public/cases/{slug}/claimants`: signing up.

use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::sign_up::{self, Evidence, SignUpRequest};
use crate::domain::consent::Channel;
use crate::domain::sign_up::SignUpInput;
use crate::render::text::Text;
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::error::Problem;
use crate::web::extract::{ClientAddr, IdempotencyKey, Json, Lang, UserAgent};

/// The answer to a sign-up: the same for a known and an unknown address.
#[derive(Serialize, ToSchema)]
pub struct SignedUpResponse {
    /// Id of the record.
    id: Uuid,
    /// What is quoted on the phone, 12 characters.
    #[schema(example = "7Z8K2M4Q9XWT")]
    reference: String,
    /// `unconfirmed`, or `to_assist` without an e-mail.
    #[schema(example = "unconfirmed")]
    state: &'static str,
    /// What the claimant should know; nothing of it was refused. May be empty.
    notices: Vec<Notice>,
}

/// Something the claimant should know about an accepted sign-up (R17).
#[derive(Serialize, ToSchema)]
pub struct Notice {
    /// `contact_domain_down`, `contact_on_affected_domain` or `contact_is_mailbox`.
    #[schema(example = "contact_is_mailbox")]
    code: &'static str,
    /// A sentence in the language asked for.
    message: String,
}

/// `POST /api/v1/public/cases/{slug}/claimants`
#[utoipa::path(
    post,
    path = "/api/v1/public/cases/{slug}/claimants",
    operation_id = "sign_up",
    tag = "public",
    params(
        ("slug" = String, Path, description = "Name of the case in addresses"),
        ("Idempotency-Key" = String, Header, description = "1 to 128 visible ASCII characters; the same 201 for 24 hours")
    ),
    request_body(content = SignUpInput, example = json!({
        "association": "codacons",
        "contact": {"email": "maria.rossi@example.org", "language": "it"},
        "mailboxes": [{"address": "maria.rossi@libero.it"}],
        "consents": [
            {"purpose": "privacy_notice", "text_version": "2026-11", "given": true},
            {"purpose": "contact", "text_version": "2026-11", "given": true}
        ]
    })),
    responses(
        (status = 201, body = SignedUpResponse),
        (status = 400, body = Problem, content_type = "application/problem+json", description = "No JSON, or no key"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The case takes no sign-ups, or the same request is running"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "Wrong fields, or the key came with another body"),
        (status = 429, body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn sign_up(
    state: web::Data<AppState>,
    slug: web::Path<String>,
    key: IdempotencyKey,
    client: ClientAddr,
    agent: UserAgent,
    language: Lang,
    input: Json<SignUpInput>,
) -> WebResult<HttpResponse> {
    let request = SignUpRequest {
        suspicion: None,
        slug: slug.into_inner(),
        input: input.0,
        idempotency_key: key.0,
        channel: Channel::Api,
        evidence: evidence(client, agent),
    };
    let ctx = state.ctx.clone();
    let acting = async move { sign_up::sign_up(&ctx, request).await };
    let signed_up = state.ctx.to_end(Box::pin(acting)).await?;
    let text = Text::new(language.0);
    let notices = signed_up.notices.iter().map(|notice| Notice {
        code: notice.as_str(),
        message: text.word("sign-up-notice", notice.as_str()),
    });
    Ok(HttpResponse::Created().json(SignedUpResponse {
        id: signed_up.id.uuid(),
        reference: signed_up.reference.as_str().to_owned(),
        state: signed_up.state.as_str(),
        notices: notices.collect(),
    }))
}

/// Where a consent came from.
pub(super) fn evidence(client: ClientAddr, agent: UserAgent) -> Evidence {
    Evidence {
        address: Some(client.0),
        user_agent: agent.0,
        partner: None,
    }
}
