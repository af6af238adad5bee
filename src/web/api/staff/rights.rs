//! `/api/v1/staff/.../rights-requests`: requests of claimants about their data (R60).

use actix_web::{HttpResponse, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::rights::{self, Answer, RightsRequest};
use crate::app::{AppError, Ctx, own_data};
use crate::domain::field::FieldErrors;
use crate::domain::ids::ClaimantId;
use crate::domain::outage::day_in_rome;
use crate::domain::reason::Reason;
use crate::domain::rights::{Effect, RightsDecision, RightsKind, RightsText, received_on};
use crate::state::AppState;
use crate::web::api::public::own_data::archive;
use crate::web::api::public::rights::RightsRequestResponse;
use crate::web::api::staff::quarantine::reason;
use crate::web::error::Problem;
use crate::web::extract::{Json, Staff};
use crate::web::{WebError, WebResult};

/// Where a page of the queue begins.
#[derive(Deserialize)]
pub struct QueueQuery {
    cursor: Option<String>,
}

impl QueueQuery {
    /// Reads it.
    ///
    /// # Errors
    /// `BadCursor`.
    pub(in crate::web) fn after(&self) -> WebResult<Option<(NaiveDate, Uuid)>> {
        match self.cursor.as_deref().filter(|text| !text.is_empty()) {
            None => Ok(None),
            Some(text) => rights::read_cursor(text)
                .map(Some)
                .ok_or(WebError::BadCursor),
        }
    }
}

/// Open requests, most urgent first.
#[derive(Serialize, ToSchema)]
pub struct RightsQueueResponse {
    items: Vec<QueueItem>,
    /// For `cursor`; null on the last page.
    next_cursor: Option<String>,
    /// Open ones, counted up to 1,000.
    open: usize,
    /// Of those the overdue.
    overdue: usize,
}

#[derive(Serialize, ToSchema)]
struct QueueItem {
    claimant_id: Uuid,
    reference: String,
    #[serde(flatten)]
    request: RightsRequestResponse,
}

/// One request.
#[derive(Serialize, ToSchema)]
pub struct StaffRightsResponse {
    claimant_id: Uuid,
    reference: String,
    /// Whether the term may be extended now.
    may_extend: bool,
    /// What granting it would do to the record now, `erase|restrict|record`; null in what an action answers.
    if_granted: Option<&'static str>,
    /// Whether the end of its restriction may be announced now; false in what an action answers.
    may_lift: bool,
    #[serde(flatten)]
    request: RightsRequestResponse,
}

/// A request that came by letter.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LetterBody {
    /// `rectification|objection|restriction|erasure`
    #[schema(example = "objection")]
    kind: Option<String>,
    /// What the letter says, 1 to 2,000 characters.
    text: Option<String>,
    /// Day it arrived, `YYYY-MM-DD`.
    #[schema(example = "2026-03-02")]
    received_on: Option<String>,
}

/// Why the term is longer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtensionBody {
    /// One line of 1 to 500 characters; goes to the claimant.
    reason: Option<String>,
}

/// What was decided.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerBody {
    /// `granted|partly|refused`
    #[schema(example = "granted")]
    decision: Option<String>,
    /// One line of 1 to 500 characters; goes to the claimant.
    reason: Option<String>,
    /// `erase` or `restrict`, where granting does that: so that nobody does it unawares.
    confirm: Option<String>,
}

/// Why a copy is made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CopyBody {
    /// One line of 1 to 500 characters, such as to whom it is posted; stays in the trail.
    reason: Option<String>,
}

/// Why a restriction ends.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LiftingBody {
    /// One line of 1 to 500 characters; goes to the claimant.
    reason: Option<String>,
    /// That a letter with the reason was sent; needed where there is no confirmed e-mail.
    #[serde(default)]
    letter_sent: bool,
}

/// Reads a letter.
///
/// # Errors
/// `Invalid` at `/kind`, `/text`, `/received_on`.
pub(in crate::web) fn letter(
    ctx: &Ctx,
    kind: Option<&str>,
    text: Option<&str>,
    day: Option<&str>,
) -> Result<(RightsKind, RightsText, NaiveDate), AppError> {
    let today = day_in_rome(ctx.clock.now());
    let mut errors = FieldErrors::new();
    let kind = errors.take("/kind", RightsKind::parse(kind));
    let text = errors.take("/text", RightsText::parse(text));
    let day = errors.take("/received_on", received_on(day, today));
    match (kind, text, day) {
        (Some(kind), Some(text), Some(day)) => Ok((kind, text, day)),
        _ => Err(AppError::Invalid(errors)),
    }
}

/// Reads an answer.
///
/// # Errors
/// `Invalid` at `/decision`, `/reason`, `/confirm`.
pub(in crate::web) fn decided(
    decision: Option<&str>,
    reason: Option<&str>,
    confirm: Option<&str>,
) -> Result<Answer, AppError> {
    let mut errors = FieldErrors::new();
    let decision = errors.take("/decision", RightsDecision::parse(decision));
    let reason = errors.take("/reason", Reason::parse(reason));
    let confirmed = errors.take("/confirm", Effect::parse(confirm));
    match (decision, reason, confirmed) {
        (Some(decision), Some(reason), Some(confirmed)) => Ok(Answer {
            decision,
            reason,
            confirmed,
        }),
        _ => Err(AppError::Invalid(errors)),
    }
}

/// The request in a path.
pub(in crate::web) fn request_id(text: &str) -> WebResult<Uuid> {
    Uuid::try_parse(text).map_err(|_| WebError::App(AppError::NotFound))
}

/// `GET /api/v1/staff/cases/{slug}/rights-requests`
#[utoipa::path(
    get,
    path = "/api/v1/staff/cases/{slug}/rights-requests",
    operation_id = "list_rights_requests",
    tag = "staff",
    params(
        ("slug" = String, Path, description = "The case"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before")
    ),
    security(("staff" = [])),
    responses((status = 200, body = RightsQueueResponse))
)]
pub async fn list(
    state: web::Data<AppState>,
    staff: Staff,
    slug: web::Path<String>,
    query: web::Query<QueueQuery>,
) -> WebResult<HttpResponse> {
    let queue = rights::queue(&state.ctx, &staff.actor, &slug, query.after()?).await?;
    let items = queue.items.into_iter().map(|request| QueueItem {
        claimant_id: request.claimant.uuid(),
        reference: request.reference.as_str().to_owned(),
        request: RightsRequestResponse::from(request),
    });
    Ok(HttpResponse::Ok().json(RightsQueueResponse {
        items: items.collect(),
        next_cursor: queue.next,
        open: queue.open,
        overdue: queue.overdue,
    }))
}

/// `POST /api/v1/staff/claimants/{id}/rights-requests`
#[utoipa::path(
    post,
    path = "/api/v1/staff/claimants/{id}/rights-requests",
    operation_id = "enter_rights_request",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The claimant")),
    security(("staff" = [])),
    request_body = LetterBody,
    responses((status = 201, body = StaffRightsResponse))
)]
pub async fn enter(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<LetterBody>,
) -> WebResult<HttpResponse> {
    let id = ClaimantId::parse(&id).ok_or(WebError::App(AppError::NotFound))?;
    let LetterBody {
        kind,
        text,
        received_on,
    } = body.0;
    let (kind, text, day) = letter(
        &state.ctx,
        kind.as_deref(),
        text.as_deref(),
        received_on.as_deref(),
    )?;
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { rights::enter_letter(&ctx, &actor, id, kind, &text, day).await };
    let entered = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Created().json(response(entered)))
}

/// `GET /api/v1/staff/rights-requests/{id}`
#[utoipa::path(
    get,
    path = "/api/v1/staff/rights-requests/{id}",
    operation_id = "get_rights_request",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The request")),
    security(("staff" = [])),
    responses((status = 200, body = StaffRightsResponse))
)]
pub async fn get(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let shown = rights::get(&state.ctx, &staff.actor, request_id(&id)?).await?;
    Ok(HttpResponse::Ok().json(response(shown)))
}

/// `POST /api/v1/staff/rights-requests/{id}/extension`
#[utoipa::path(
    post,
    path = "/api/v1/staff/rights-requests/{id}/extension",
    operation_id = "extend_rights_request",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The request")),
    security(("staff" = [])),
    request_body = ExtensionBody,
    responses((status = 200, body = StaffRightsResponse),
        (status = 409, body = Problem, description = "After the first month, a second time, or answered"))
)]
pub async fn extend(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<ExtensionBody>,
) -> WebResult<HttpResponse> {
    let id = request_id(&id)?;
    let reason = reason(body.0.reason.as_deref())?;
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { rights::extend(&ctx, &actor, id, &reason).await };
    let extended = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(response(extended)))
}

/// `POST /api/v1/staff/rights-requests/{id}/answer`
#[utoipa::path(
    post,
    path = "/api/v1/staff/rights-requests/{id}/answer",
    operation_id = "answer_rights_request",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The request")),
    security(("staff" = [])),
    request_body = AnswerBody,
    responses((status = 200, body = StaffRightsResponse),
        (status = 409, body = Problem, description = "Answered before"))
)]
pub async fn answer(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<AnswerBody>,
) -> WebResult<HttpResponse> {
    let id = request_id(&id)?;
    let AnswerBody {
        decision,
        reason,
        confirm,
    } = body.0;
    let given = decided(decision.as_deref(), reason.as_deref(), confirm.as_deref())?;
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { rights::answer(&ctx, &actor, id, &given).await };
    let answered = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(response(answered)))
}

/// `POST /api/v1/staff/rights-requests/{id}/data`
#[utoipa::path(
    post,
    path = "/api/v1/staff/rights-requests/{id}/data",
    operation_id = "hand_over_data",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The request, `access` or `portability`")),
    security(("staff" = [])),
    request_body = CopyBody,
    responses((status = 200, content_type = "application/zip", description = "As the claimant's own `data`; whole only with its directory at the end"),
        (status = 403, body = Problem, description = "Also without a fresh second factor"),
        (status = 409, body = Problem, description = "The request asks for something else"))
)]
pub async fn hand_over(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<CopyBody>,
) -> WebResult<HttpResponse> {
    let id = request_id(&id)?;
    let reason = reason(body.0.reason.as_deref())?;
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let taking = Box::pin(async move { own_data::hand_over(&ctx, &actor, id, &reason).await });
    Ok(archive(state.ctx.to_end(taking).await?))
}

/// `POST /api/v1/staff/rights-requests/{id}/lifting`
#[utoipa::path(
    post,
    path = "/api/v1/staff/rights-requests/{id}/lifting",
    operation_id = "lift_restriction",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The request that restricted the data")),
    security(("staff" = [])),
    request_body = LiftingBody,
    responses((status = 200, body = StaffRightsResponse, description = "The person is told; 7 days later the data are used again"),
        (status = 409, body = Problem, description = "Nothing is restricted by it, the claim is lodged, or it was announced"))
)]
pub async fn lift(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<LiftingBody>,
) -> WebResult<HttpResponse> {
    let (id, sent) = (request_id(&id)?, body.0.letter_sent);
    let reason = reason(body.0.reason.as_deref())?;
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { rights::announce_lifting(&ctx, &actor, id, &reason, sent).await };
    let announced = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(response(announced)))
}

fn response(request: RightsRequest) -> StaffRightsResponse {
    StaffRightsResponse {
        claimant_id: request.claimant.uuid(),
        reference: request.reference.as_str().to_owned(),
        may_extend: request.may_extend,
        if_granted: request.if_granted.map(Effect::as_str),
        may_lift: request.may_lift,
        request: RightsRequestResponse::from(request),
    }
}
