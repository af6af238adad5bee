//! `/api/v1/staff/conflicts/{id}`: two records that claim the same person or mailbox, and what staff decide.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::conflict::{self, Conflict, Proposal, Side};
use crate::app::{AppError, AppResult};
use crate::domain::ids::ClaimantId;
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::api::staff::quarantine::reason;
use crate::web::api::staff::queues::item;
use crate::web::csv;
use crate::web::error::Problem;
use crate::web::extract::{Json, Staff};

/// A clash, its records side by side.
#[derive(Serialize, ToSchema)]
pub struct ConflictResponse {
    id: Uuid,
    /// Slug of the case.
    case: String,
    /// `person|mailbox`
    kind: String,
    opened_at: DateTime<Utc>,
    /// Who holds the key first.
    sides: Vec<SideResponse>,
    /// What waits for a second person.
    proposal: Option<ProposalResponse>,
    /// True if all records are the own association's: only then it can be decided.
    is_ours: bool,
}

/// One of the records.
#[derive(Serialize, ToSchema)]
pub struct SideResponse {
    /// Null for a record of another association.
    claimant: Option<Uuid>,
    association: String,
    /// Whether the key is this one's now.
    holds: bool,
    state: &'static str,
    created_at: DateTime<Utc>,
    confirmed_at: Option<DateTime<Utc>>,
    signed_at: Option<DateTime<Utc>>,
    /// `otp|digital|paper`
    tier: Option<String>,
    /// Whether control of the contested mailbox was proved; null where a person is contested.
    proved: Option<bool>,
    /// Documents produced.
    documents: usize,
    /// Null for a record of another association.
    reference: Option<String>,
    name: Option<String>,
    /// Masked.
    codice_fiscale: Option<String>,
    mailboxes: Vec<String>,
}

/// That one record keeps the key and the others are rejected.
#[derive(Serialize, ToSchema)]
pub struct ProposalResponse {
    keeper: Uuid,
    proposed_by: String,
    proposed_at: DateTime<Utc>,
    /// True if the asker proposed it, and so cannot decide.
    is_own: bool,
}

/// What is decided.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionBody {
    /// `co_holders` (a mailbox that several hold), or `keeps`, which a second person approves.
    #[schema(example = "co_holders")]
    decision: String,
    /// With `keeps`: who keeps the key; the others are rejected.
    keeper: Option<Uuid>,
    /// One line of 1 to 500 characters; kept in the trail, sealed.
    reason: Option<String>,
}

/// What a second person says.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConflictApprovalBody {
    /// `approve` or `refuse`.
    #[schema(example = "approve")]
    decision: String,
    /// One line of 1 to 500 characters; kept in the trail, sealed.
    reason: Option<String>,
}

impl From<Conflict> for ConflictResponse {
    fn from(conflict: Conflict) -> Self {
        Self {
            id: conflict.id,
            case: conflict.own.case.slug.clone(),
            kind: conflict.kind,
            opened_at: conflict.opened_at,
            sides: conflict.sides.into_iter().map(SideResponse::from).collect(),
            proposal: conflict.proposal.map(ProposalResponse::from),
            is_ours: conflict.is_ours,
        }
    }
}

impl From<Side> for SideResponse {
    fn from(side: Side) -> Self {
        let claimant = side.seen.as_ref().map(|_| side.claimant.uuid());
        let (reference, name, codice_fiscale, mailboxes) = match side.seen {
            Some(seen) => (
                Some(seen.reference.as_str().to_owned()),
                seen.name,
                seen.codice_fiscale,
                seen.mailboxes,
            ),
            None => (None, None, None, Vec::new()),
        };
        Self {
            claimant,
            association: side.association,
            holds: side.holds,
            state: side.state.as_str(),
            created_at: side.created_at,
            confirmed_at: side.confirmed_at,
            signed_at: side.signed_at,
            tier: side.tier,
            proved: side.proved,
            documents: side.documents,
            reference,
            name,
            codice_fiscale,
            mailboxes,
        }
    }
}

impl From<Proposal> for ProposalResponse {
    fn from(proposal: Proposal) -> Self {
        Self {
            keeper: proposal.keeper.uuid(),
            proposed_by: proposal.by,
            proposed_at: proposal.at,
            is_own: proposal.is_own,
        }
    }
}

/// `GET /api/v1/staff/conflicts/{id}`
#[utoipa::path(
    get,
    path = "/api/v1/staff/conflicts/{id}",
    operation_id = "get_conflict",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The clash: `id` of an item of the queue `conflicts`")),
    security(("staff" = [])),
    responses((status = 200, body = ConflictResponse))
)]
pub async fn get(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let conflict = conflict::get(&state.ctx, &staff.actor, item(&id)?).await?;
    Ok(HttpResponse::Ok().json(ConflictResponse::from(conflict)))
}

/// `POST /api/v1/staff/conflicts/{id}/decision`
#[utoipa::path(
    post,
    path = "/api/v1/staff/conflicts/{id}/decision",
    operation_id = "decide_conflict",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The clash")),
    security(("staff" = [])),
    request_body = DecisionBody,
    responses((status = 200),
        (status = 409, body = Problem, description = "A record is of another association, or a proposal waits"))
)]
pub async fn decide(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<DecisionBody>,
) -> WebResult<HttpResponse> {
    let (id, body) = (item(&id)?, body.0);
    let keeper = body.keeper.map(|keeper| keeper.to_string());
    decided(
        &state,
        &staff,
        id,
        (&body.decision, keeper.as_deref()),
        body.reason.as_deref(),
    )
    .await?;
    Ok(HttpResponse::Ok().json(json!({})))
}

/// `POST /api/v1/staff/conflicts/{id}/approval`
#[utoipa::path(
    post,
    path = "/api/v1/staff/conflicts/{id}/approval",
    operation_id = "approve_conflict",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The clash")),
    security(("staff" = [])),
    request_body = ConflictApprovalBody,
    responses((status = 200), (status = 403, body = Problem, description = "Who proposed it cannot approve it"), (status = 409, body = Problem, description = "Nothing is proposed"))
)]
pub async fn approve(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<ConflictApprovalBody>,
) -> WebResult<HttpResponse> {
    let (id, body) = (item(&id)?, body.0);
    approved(&state, &staff, id, &body.decision, body.reason.as_deref()).await?;
    Ok(HttpResponse::Ok().json(json!({})))
}

/// Decides as the words say.
///
/// # Errors
/// As [`conflict::share`] and [`conflict::propose`]; `Invalid` for a word nobody knows.
pub(in crate::web) async fn decided(
    state: &AppState,
    staff: &Staff,
    id: Uuid,
    (decision, keeper): (&str, Option<&str>),
    why: Option<&str>,
) -> WebResult<()> {
    let reason = reason(why)?;
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let done: AppResult<()> = match decision {
        "co_holders" => {
            let acting = async move { conflict::share(&ctx, &actor, id, &reason).await };
            state.ctx.to_end(acting).await
        }
        "keeps" => {
            let keeper = keeper
                .and_then(ClaimantId::parse)
                .ok_or(AppError::NotFound)?;
            let acting = async move { conflict::propose(&ctx, &actor, id, keeper, &reason).await };
            state.ctx.to_end(acting).await
        }
        _ => return Err(csv::unknown("/decision")),
    };
    Ok(done?)
}

/// Approves or refuses as the word says.
///
/// # Errors
/// As [`conflict::approve`]; `Invalid` for a word nobody knows.
pub(in crate::web) async fn approved(
    state: &AppState,
    staff: &Staff,
    id: Uuid,
    decision: &str,
    why: Option<&str>,
) -> WebResult<()> {
    let reason = reason(why)?;
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let done: AppResult<()> = match decision {
        "approve" => {
            let acting = async move { conflict::approve(&ctx, &actor, id, &reason).await };
            state.ctx.to_end(Box::pin(acting)).await
        }
        "refuse" => {
            let acting = async move { conflict::refuse(&ctx, &actor, id, &reason).await };
            state.ctx.to_end(acting).await
        }
        _ => return Err(csv::unknown("/decision")),
    };
    Ok(done?)
}
