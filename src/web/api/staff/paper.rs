//! `/api/v1/staff/claimants/{id}/paper-...`: the form to sign by hand, what comes back, and who checks it.
//! No answer here holds a sheet: those are on pages of the console alone (R64).

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::paper::{Approval, By, Rejection, ToVerify};
use crate::app::sign_up::Evidence as Origin;
use crate::app::{AppError, paper};
use crate::domain::ids::ClaimantId;
use crate::state::AppState;
use crate::web::api::public::declaration::{SignedResponse, pdf};
use crate::web::api::public::signatures::response;
use crate::web::error::Problem;
use crate::web::extract::multipart::Multi;
use crate::web::extract::{ClientAddr, Json, OptionalJson, Staff, UserAgent};
use crate::web::paper::{HandInForm, HandedInResponse, SHAPE, hand_in};
use crate::web::{WebError, WebResult};

/// Hand-ins of one answer.
const SHOWN: i64 = 200;

/// What was seen on the pages.
#[derive(Deserialize, Default, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PaperApprovalBody {
    /// Whether the optional mandate is ticked.
    messa_in_mora: Option<bool>,
}

/// Why it is not taken.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RejectionBody {
    /// `pages_missing|unreadable|not_signed|identity_missing|identity_expired|other_version|other_person`
    #[schema(example = "pages_missing")]
    reason: Option<String>,
    /// One line to the claimant, at most 500 characters.
    note: Option<String>,
}

/// Hand-ins to be verified, oldest first.
#[derive(Serialize, ToSchema)]
pub struct ToVerifyResponse {
    items: Vec<ToVerifyItem>,
}

#[derive(Serialize, ToSchema)]
struct ToVerifyItem {
    id: Uuid,
    claimant_id: Uuid,
    reference: String,
    version: i32,
    handed_in_at: DateTime<Utc>,
    /// `claimant|staff`
    handed_in_by: &'static str,
    /// Whether you handed it in yourself: then another person decides.
    own: bool,
}

/// `GET /api/v1/staff/claimants/{id}/paper-form`
#[utoipa::path(
    get,
    path = "/api/v1/staff/claimants/{id}/paper-form",
    operation_id = "staff_paper_form",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The claimant")),
    security(("staff" = [])),
    responses(
        (status = 200, content_type = "application/pdf", description = "The declared version with fields to sign, to be printed"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "Nothing that could be signed now")
    )
)]
pub async fn form(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let id = claimant(&id)?;
    let ctx = state.ctx.clone();
    let printing = async move { paper::form_by_staff(&ctx, &staff.actor, id).await };
    let bytes = state.ctx.to_end(printing).await?;
    Ok(pdf(bytes, "modulo-da-firmare.pdf"))
}

pub(in crate::web) fn claimant(text: &str) -> WebResult<ClaimantId> {
    ClaimantId::parse(text).ok_or(WebError::App(AppError::NotFound))
}

/// `POST /api/v1/staff/claimants/{id}/paper-hand-ins`
#[utoipa::path(
    post,
    path = "/api/v1/staff/claimants/{id}/paper-hand-ins",
    operation_id = "staff_hand_in",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The claimant")),
    security(("staff" = [])),
    request_body(content = HandInForm, content_type = "multipart/form-data"),
    responses(
        (status = 201, body = HandedInResponse, description = "Waits for another person"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "Nothing that could be signed now"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "Names what is missing")
    )
)]
pub async fn send(
    state: web::Data<AppState>,
    staff: Staff,
    client: ClientAddr,
    agent: UserAgent,
    id: web::Path<String>,
    form: Multi,
) -> WebResult<HttpResponse> {
    let id = claimant(&id)?;
    let mut parts = form.read(&state.ctx, &SHAPE).await?;
    let origin = Origin {
        address: Some(client.0),
        user_agent: agent.0,
        partner: None,
    };
    let sent = hand_in(&mut parts, origin);
    let (ctx, by) = (state.ctx.clone(), By::Staff(staff.actor, id));
    let acting = Box::pin(async move { paper::hand_in(&ctx, &by, sent).await });
    let handed_in = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Created().json(response(handed_in)))
}

/// `GET /api/v1/staff/cases/{slug}/paper-hand-ins`
#[utoipa::path(
    get,
    path = "/api/v1/staff/cases/{slug}/paper-hand-ins",
    operation_id = "list_paper",
    tag = "staff",
    params(("slug" = String, Path, description = "The case")),
    security(("staff" = [])),
    responses(
        (status = 200, body = ToVerifyResponse, description = "At most 200, oldest first")
    )
)]
pub async fn list(
    state: web::Data<AppState>,
    staff: Staff,
    slug: web::Path<String>,
) -> WebResult<HttpResponse> {
    let rows = paper::list(&state.ctx, &staff.actor, &slug, None, SHOWN).await?;
    Ok(HttpResponse::Ok().json(ToVerifyResponse {
        items: rows.iter().map(item).collect(),
    }))
}

/// `POST /api/v1/staff/claimants/{id}/paper-hand-ins/{hand_in}/approval`
#[utoipa::path(
    post,
    path = "/api/v1/staff/claimants/{id}/paper-hand-ins/{hand_in}/approval",
    operation_id = "approve_paper",
    tag = "staff",
    params(
        ("id" = Uuid, Path, description = "The claimant"),
        ("hand_in" = Uuid, Path, description = "The hand-in")
    ),
    security(("staff" = [])),
    request_body = Option<PaperApprovalBody>,
    responses(
        (status = 200, body = SignedResponse, description = "The declaration is signed"),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "The role, or you handed it in yourself"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "Decided already, or the declaration changed")
    )
)]
pub async fn approve(
    state: web::Data<AppState>,
    staff: Staff,
    path: web::Path<(String, String)>,
    body: OptionalJson<PaperApprovalBody>,
) -> WebResult<HttpResponse> {
    let (id, hand_in) = place(&path)?;
    let approval = Approval {
        messa_in_mora: body.0.unwrap_or_default().messa_in_mora.unwrap_or_default(),
    };
    let ctx = state.ctx.clone();
    let acting =
        Box::pin(async move { paper::approve(&ctx, &staff.actor, id, hand_in, approval).await });
    let signed = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(SignedResponse::from(signed)))
}

/// `POST /api/v1/staff/claimants/{id}/paper-hand-ins/{hand_in}/rejection`
#[utoipa::path(
    post,
    path = "/api/v1/staff/claimants/{id}/paper-hand-ins/{hand_in}/rejection",
    operation_id = "reject_paper",
    tag = "staff",
    params(
        ("id" = Uuid, Path, description = "The claimant"),
        ("hand_in" = Uuid, Path, description = "The hand-in")
    ),
    security(("staff" = [])),
    request_body(content = RejectionBody, example = json!({"reason": "pages_missing"})),
    responses(
        (status = 204, description = "The claimant is told by mail"),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "The role, or you handed it in yourself"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "Decided already")
    )
)]
pub async fn reject(
    state: web::Data<AppState>,
    staff: Staff,
    path: web::Path<(String, String)>,
    body: Json<RejectionBody>,
) -> WebResult<HttpResponse> {
    let (id, hand_in) = place(&path)?;
    let rejection = Rejection::parse(body.0.reason.as_deref(), body.0.note.as_deref())?;
    let ctx = state.ctx.clone();
    let acting = async move { paper::reject(&ctx, &staff.actor, id, hand_in, &rejection).await };
    state.ctx.to_end(acting).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn item(row: &ToVerify) -> ToVerifyItem {
    ToVerifyItem {
        id: row.id,
        claimant_id: row.claimant.uuid(),
        reference: row.reference.as_str().to_owned(),
        version: row.version,
        handed_in_at: row.handed_in_at,
        handed_in_by: if row.by_staff { "staff" } else { "claimant" },
        own: row.is_own,
    }
}

/// The claimant and the hand-in in a path.
pub(in crate::web) fn place((id, hand_in): &(String, String)) -> WebResult<(ClaimantId, Uuid)> {
    let hand_in = Uuid::parse_str(hand_in).map_err(|_| WebError::App(AppError::NotFound))?;
    Ok((claimant(id)?, hand_in))
}
