//! `/api/v1/staff/claimants/{id}/contact`: another address, for whose mailbox is dead (R14, R26, decision 39).

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::quarantine::reason;
use crate::app::AppError;
use crate::app::contact_change::{self, ContactHistory, Decision, Next, SeenChange, TypedContact};
use crate::domain::field::{FieldCode, FieldErrors, filled};
use crate::domain::ids::ClaimantId;
use crate::state::AppState;
use crate::web::assist::confirmation;
use crate::web::error::Problem;
use crate::web::extract::{Json, Staff};
use crate::web::{WebError, WebResult};

/// Another address for a confirmed record.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StaffContactBody {
    /// As the owner says it.
    #[schema(example = "maria.rossi@example.org")]
    email: Option<String>,
    /// `phone|desk|post`
    #[schema(example = "phone")]
    how: Option<String>,
    /// By what the person was known: one line of 1 to 500 characters; kept in the trail, sealed.
    #[schema(example = "Called back at the number of the record; knows date of birth and mailbox")]
    reason: Option<String>,
}

/// What was typed in.
#[derive(Serialize, ToSchema)]
pub struct StaffContactResponse {
    /// Until when a second person decides; nothing is mailed before.
    expires_at: DateTime<Utc>,
}

/// What becomes of an address that waits.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactDecisionBody {
    /// `approve|reject`
    #[schema(example = "approve")]
    decision: Option<String>,
    /// The address once more, as the owner says it: to approve.
    #[schema(example = "maria.rossi@example.org")]
    email: Option<String>,
    /// One line of 1 to 500 characters; kept in the trail, sealed.
    #[schema(example = "Called back at the number of the record")]
    reason: Option<String>,
}

/// The contact of a record over time, and what to do next.
#[derive(Serialize, ToSchema)]
pub struct ContactHistoryResponse {
    /// Since when the present contact counts.
    since: Option<DateTime<Utc>>,
    /// Changes of the last 32 days that came to count, newest first.
    changes: Vec<SeenChangeResponse>,
    /// Until when no account is taken because the contact changed.
    accounts_held_until: Option<DateTime<Utc>>,
    /// Why accounts are frozen: `taken_back` by the reader of the former address, `untold` where that could not be told,
    /// `account_stopped` by its link, `by_staff` where staff typed the address in; null: they are not.
    payout_frozen_for: Option<&'static str>,
    /// What staff typed in, while it waits.
    typed: Option<TypedContactResponse>,
    /// What to do next: `taken_back`, `untold`, `account_stopped`, `by_staff` (speak with the owner, then end the freeze),
    /// `decide` (a second person types the address), `confirm` (its reader presses the button), `held` (nothing).
    next: Option<&'static str>,
}

/// A change of the contact.
#[derive(Serialize, ToSchema)]
struct SeenChangeResponse {
    changed_at: DateTime<Utc>,
    /// The address before, masked where the contact is; null: there was no e-mail.
    former: Option<String>,
    /// What became of the notice to it: `waits|left|lost|none`.
    notice: &'static str,
    notice_at: Option<DateTime<Utc>>,
    /// When the reader of the address before took it back.
    taken_back_at: Option<DateTime<Utc>>,
    /// Whether staff typed the new address in.
    by_staff: bool,
}

/// An address that staff typed in.
#[derive(Serialize, ToSchema)]
struct TypedContactResponse {
    /// Masked, whoever looks.
    email: String,
    /// `phone|desk|post`
    how: String,
    /// Name of who typed it in.
    asked_by: String,
    asked_at: DateTime<Utc>,
    /// When a second person approved it and the link went out.
    approved_at: Option<DateTime<Utc>>,
    expires_at: DateTime<Utc>,
}

impl From<ContactHistory> for ContactHistoryResponse {
    fn from(history: ContactHistory) -> Self {
        Self {
            since: history.since,
            changes: history
                .changes
                .into_iter()
                .map(SeenChangeResponse::from)
                .collect(),
            accounts_held_until: history.held_until,
            payout_frozen_for: history.frozen_for,
            typed: history.typed.map(TypedContactResponse::from),
            next: history.next.map(Next::as_str),
        }
    }
}

impl From<SeenChange> for SeenChangeResponse {
    fn from(change: SeenChange) -> Self {
        Self {
            changed_at: change.at,
            former: change.former,
            notice: change.notice,
            notice_at: change.notice_at,
            taken_back_at: change.stopped_at,
            by_staff: change.by_staff,
        }
    }
}

impl From<TypedContact> for TypedContactResponse {
    fn from(typed: TypedContact) -> Self {
        Self {
            email: typed.email,
            how: typed.how,
            asked_by: typed.asked_by,
            asked_at: typed.asked_at,
            approved_at: typed.approved_at,
            expires_at: typed.until,
        }
    }
}

/// Reads a decision.
///
/// # Errors
/// `Invalid` at `/decision`.
pub(in crate::web) fn decision(text: Option<&str>) -> Result<Decision, AppError> {
    let (code, reason) = match filled(text) {
        Some("approve") => return Ok(Decision::Approve),
        Some("reject") => return Ok(Decision::Reject),
        Some(_) => (FieldCode::UnknownValue, "error-rights-decision"),
        None => (FieldCode::Required, "error-rights-decision"),
    };
    let mut errors = FieldErrors::new();
    errors.push("/decision", code, reason);
    Err(errors.into())
}

/// `PUT /api/v1/staff/claimants/{id}/contact`
#[utoipa::path(
    put,
    path = "/api/v1/staff/claimants/{id}/contact",
    operation_id = "staff_put_contact",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The claimant")),
    security(("staff" = [])),
    request_body = StaffContactBody,
    responses(
        (status = 202, body = StaffContactResponse, description = "It waits for a second person; then a link goes to it, and its reader confirms"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The record takes no other contact, or one waits already"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "No address, the same one, or one that takes no mail now; no reason"),
        (status = 429, body = Problem, content_type = "application/problem+json", description = "Three in 24 hours")
    )
)]
pub async fn put(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<StaffContactBody>,
) -> WebResult<HttpResponse> {
    let id = ClaimantId::parse(&id).ok_or(WebError::App(AppError::NotFound))?;
    let body = body.0;
    let (how, reason) = confirmation(body.how.as_deref(), body.reason.as_deref())?;
    let email = body.email.unwrap_or_default();
    let ctx = state.ctx.clone();
    let acting =
        async move { contact_change::type_in(&ctx, &staff.actor, id, &email, how, &reason).await };
    let expires_at = state.ctx.to_end(Box::pin(acting)).await?;
    Ok(HttpResponse::Accepted().json(StaffContactResponse { expires_at }))
}

/// `POST /api/v1/staff/claimants/{id}/contact-decision`
#[utoipa::path(
    post,
    path = "/api/v1/staff/claimants/{id}/contact-decision",
    operation_id = "decide_contact",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The claimant")),
    security(("staff" = [])),
    request_body = ContactDecisionBody,
    responses(
        (status = 200, description = "The link goes to the address, or it is out"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "Nothing waits, or the asker typed it in"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "Another address than was typed in, or one that takes no mail now; no reason")
    )
)]
pub async fn decide(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<ContactDecisionBody>,
) -> WebResult<HttpResponse> {
    let id = ClaimantId::parse(&id).ok_or(WebError::App(AppError::NotFound))?;
    let body = body.0;
    let wanted = decision(body.decision.as_deref())?;
    let reason = reason(body.reason.as_deref())?;
    let email = body.email.unwrap_or_default();
    let ctx = state.ctx.clone();
    let acting = async move {
        contact_change::decide(&ctx, &staff.actor, id, wanted, &email, &reason).await
    };
    state.ctx.to_end(Box::pin(acting)).await?;
    Ok(HttpResponse::Ok().json(serde_json::json!({})))
}
