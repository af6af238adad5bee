//! `/api/v1/staff/approvals`: what waits for a second person.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::approval::{self, Approval};
use crate::domain::approval::ApprovalKind;
use crate::domain::ids::ClaimantId;
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::extract::Staff;

/// What waits for a second person, oldest first; at most 50 of each kind.
#[derive(Serialize, ToSchema)]
pub struct ApprovalsResponse {
    /// What the asker may decide: nothing that they asked for themselves.
    items: Vec<ApprovalResponse>,
    /// What the asker asked for: it waits for somebody else.
    own: Vec<ApprovalResponse>,
    /// How many there are to decide, up to 99 of each kind.
    count: i64,
    /// True if more wait than are listed or counted.
    more: bool,
}

/// Something that waits for a second person.
#[derive(Serialize, ToSchema)]
pub struct ApprovalResponse {
    /// `bulk|case_version|export|paper|keeper|payout|contact`
    kind: &'static str,
    /// The bulk action, case, export, hand-in or clash; of `payout` and `contact` the claimant.
    id: Uuid,
    /// The claimant, of `paper`, `payout` and `contact`.
    claimant_id: Option<Uuid>,
    /// Slug of the case; null for one that is not public yet.
    case: Option<String>,
    /// Null: a claimant.
    asked_by: Option<AskerResponse>,
    since: DateTime<Utc>,
    /// Last instant at which it can be decided; null: it has no end.
    expires_at: Option<DateTime<Utc>>,
    /// Records it touches, where that is known.
    records: Option<i64>,
    /// Kind of a bulk action, format of an export.
    form: Option<String>,
    /// What for, in the words of who asked; the title of a case.
    about: Option<String>,
    /// How many active members may decide it; 0: a second person has to be invited first.
    deciders: usize,
    /// Page of the console where it is decided.
    page: String,
}

/// Who asked.
#[derive(Serialize, ToSchema)]
pub struct AskerResponse {
    id: Uuid,
    name: String,
}

impl From<Approval> for ApprovalResponse {
    fn from(approval: Approval) -> Self {
        Self {
            page: place(&approval),
            kind: approval.kind.as_str(),
            id: approval.id,
            claimant_id: approval.claimant.map(ClaimantId::uuid),
            case: approval.case.map(|(slug, _)| slug),
            asked_by: approval
                .asked_by
                .map(|(id, name)| AskerResponse { id, name }),
            since: approval.since,
            expires_at: approval.until,
            records: approval.records,
            form: approval.form,
            about: approval.about,
            deciders: approval.deciders,
        }
    }
}

/// Where something is decided, in the console.
pub(in crate::web) fn place(approval: &Approval) -> String {
    let id = approval.id;
    let claimant = approval.claimant.map_or(id, ClaimantId::uuid);
    match approval.kind {
        ApprovalKind::Bulk => format!("/console/bulk-actions/{id}"),
        ApprovalKind::CaseVersion => format!("/console/case-desk/{id}"),
        ApprovalKind::Export => format!("/console/exports/{id}"),
        ApprovalKind::Paper => format!("/console/claimants/{claimant}/paper/{id}"),
        ApprovalKind::Keeper => format!("/console/conflicts/{id}"),
        ApprovalKind::Payout => format!("/console/claimants/{claimant}/payout"),
        ApprovalKind::Contact => format!("/console/claimants/{claimant}/contact"),
    }
}

/// `GET /api/v1/staff/approvals`
#[utoipa::path(
    get,
    path = "/api/v1/staff/approvals",
    operation_id = "list_approvals",
    tag = "staff",
    security(("staff" = [])),
    responses((status = 200, body = ApprovalsResponse))
)]
pub async fn list(state: web::Data<AppState>, staff: Staff) -> WebResult<HttpResponse> {
    let waiting = approval::list(&state.ctx, &staff.actor).await?;
    let shown = |items: Vec<Approval>| items.into_iter().map(ApprovalResponse::from).collect();
    Ok(HttpResponse::Ok().json(ApprovalsResponse {
        items: shown(waiting.to_decide),
        own: shown(waiting.own),
        count: waiting.tally.to_decide,
        more: waiting.more,
    }))
}
