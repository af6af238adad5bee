//! `/api/v1/public/confirmations`: confirming a contact, and asking for the mail again.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::claimants::evidence;
use crate::app::challenge::{Proof, Record};
use crate::app::confirmation::{self, Entered};
use crate::app::consent::{Given, Origin};
use crate::app::mail_request;
use crate::domain::consent::Channel;
use crate::domain::field::{FieldCode, FieldErrors, filled};
use crate::domain::ids::ClaimantId;
use crate::domain::reference::Reference;
use crate::domain::sign_up::ConsentInput;
use crate::state::AppState;
use crate::web::error::Problem;
use crate::web::extract::{ClientAddr, Json, UserAgent};
use crate::web::{WebError, WebResult};

/// What shows that a mail arrived: the token of its link, or its code and the record it is for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProofRequest {
    /// Last part of the link.
    token: Option<String>,
    /// Id of the record; or `reference`.
    claimant_id: Option<Uuid>,
    /// Reference of the record; or `claimant_id`.
    #[schema(example = "7Z8K2M4Q9XWT")]
    reference: Option<String>,
    /// Six digits.
    #[schema(example = "123456")]
    code: Option<String>,
}

/// What shows that a mail arrived; who was on an earlier list of the association also consents.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmationRequest {
    /// Last part of the link.
    token: Option<String>,
    /// Id of the record; or `reference`.
    claimant_id: Option<Uuid>,
    /// Reference of the record; or `claimant_id`.
    #[schema(example = "7Z8K2M4Q9XWT")]
    reference: Option<String>,
    /// Six digits.
    #[schema(example = "123456")]
    code: Option<String>,
    /// Needed of who was on an earlier list; else not looked at.
    consents: Option<Vec<ConsentInput>>,
}

/// An open record.
#[derive(Serialize, ToSchema)]
pub struct EnteredResponse {
    claimant_id: Uuid,
    /// State of the record now.
    #[schema(example = "confirmed")]
    state: &'static str,
    /// For `Authorization: Bearer`.
    access_token: String,
    /// 30 minutes after the last act.
    expires_at: DateTime<Utc>,
}

/// Who wants a mail, and in which case.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MailRequest {
    /// The contact address of the sign-up.
    #[schema(example = "maria.rossi@example.org")]
    email: Option<String>,
    /// Slug of the case.
    #[schema(example = "libero-virgilio-2023")]
    case: Option<String>,
}

/// `POST /api/v1/public/confirmations`
#[utoipa::path(
    post,
    path = "/api/v1/public/confirmations",
    operation_id = "confirm",
    tag = "public",
    request_body(content = ConfirmationRequest, example = json!({"reference": "7Z8K2M4Q9XWT", "code": "123456"})),
    responses(
        (status = 200, body = EnteredResponse),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The state does not allow it"),
        (status = 410, body = Problem, content_type = "application/problem+json", description = "`token-used` or `token-expired`"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "A wrong code, or parts are missing; under `/consents` what who was on an earlier list must agree to"),
        (status = 429, body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn confirm(
    state: web::Data<AppState>,
    client: ClientAddr,
    agent: UserAgent,
    body: Json<ConfirmationRequest>,
) -> WebResult<HttpResponse> {
    let (proof, consents) = body.0.parts()?;
    let given = consents.map(|consents| Given {
        consents: Some(consents),
        origin: Origin {
            channel: Channel::Api,
            evidence: evidence(client, agent),
        },
    });
    let ctx = state.ctx.clone();
    let acting = async move { confirmation::confirm_with(&ctx, proof, given).await };
    let entered = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(EnteredResponse::of(&entered)))
}

/// `POST /api/v1/public/confirmations/resend`: the same answer whether the address is known (R18).
#[utoipa::path(
    post,
    path = "/api/v1/public/confirmations/resend",
    operation_id = "resend",
    tag = "public",
    request_body = MailRequest,
    responses(
        (status = 202, description = "If the address is known, a mail with at most five records comes"),
        (status = 429, body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn resend(
    state: web::Data<AppState>,
    body: Json<MailRequest>,
) -> WebResult<HttpResponse> {
    let (case, email) = body.0.parts()?;
    let ctx = state.ctx.clone();
    let acting = async move { mail_request::resend(&ctx, &case, &email).await };
    state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Accepted().json(json!({})))
}

impl ConfirmationRequest {
    fn parts(self) -> WebResult<(Proof, Option<Vec<ConsentInput>>)> {
        let proof = ProofRequest {
            token: self.token,
            claimant_id: self.claimant_id,
            reference: self.reference,
            code: self.code,
        };
        Ok((proof.proof()?, self.consents))
    }
}

impl ProofRequest {
    /// The proof; the token wins.
    ///
    /// # Errors
    /// `Invalid` with what is missing.
    pub(super) fn proof(self) -> WebResult<Proof> {
        if let Some(token) = filled(self.token.as_deref()) {
            return Ok(Proof::Token(token.to_owned()));
        }
        let mut errors = FieldErrors::new();
        let record = match (self.claimant_id, filled(self.reference.as_deref())) {
            (Some(id), _) => Some(Record::Id(ClaimantId::new(id))),
            (None, Some(typed)) => {
                let reference = Reference::parse(typed);
                if reference.is_none() {
                    errors.push("/reference", FieldCode::Format, "error-format");
                }
                reference.map(Record::Reference)
            }
            (None, None) => {
                errors.push("/reference", FieldCode::Required, "error-record-required");
                None
            }
        };
        let code = filled(self.code.as_deref());
        if code.is_none() {
            errors.push("/code", FieldCode::Required, "error-code-required");
        }
        match (record, code) {
            (Some(record), Some(code)) => Ok(Proof::Code {
                record,
                code: code.to_owned(),
            }),
            _ => Err(WebError::App(errors.into())),
        }
    }
}

impl EnteredResponse {
    pub(super) fn of(entered: &Entered) -> Self {
        Self {
            claimant_id: entered.claimant.uuid(),
            state: entered.state.as_str(),
            access_token: entered.session.token.as_str().to_owned(),
            expires_at: entered.session.expires_at,
        }
    }
}

impl MailRequest {
    /// Case and address.
    ///
    /// # Errors
    /// `Invalid` with what is missing.
    pub(super) fn parts(self) -> WebResult<(String, String)> {
        let mut errors = FieldErrors::new();
        if filled(self.email.as_deref()).is_none() {
            errors.push("/email", FieldCode::Required, "error-required");
        }
        if filled(self.case.as_deref()).is_none() {
            errors.push("/case", FieldCode::Required, "error-case-required");
        }
        match (self.case, self.email) {
            (Some(case), Some(email)) if errors.is_empty() => Ok((case, email)),
            _ => Err(WebError::App(errors.into())),
        }
    }
}
