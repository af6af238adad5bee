//! `/api/v1/staff/cases/{slug}/queues`: what waits for staff, which comes next, who works on it.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::AppError;
use crate::app::work_queue::{self, Assignment, Holder, Item, QueueFigures};
use crate::domain::work_queue::WorkQueue;
use crate::state::AppState;
use crate::web::error::Problem;
use crate::web::extract::{Json, Staff};
use crate::web::{WebError, WebResult};

/// What waits in a case.
#[derive(Serialize, ToSchema)]
pub struct QueuesResponse {
    /// Every queue that the role sees, the empty ones too.
    items: Vec<QueueResponse>,
}

/// A queue in figures.
#[derive(Serialize, ToSchema)]
pub struct QueueResponse {
    /// Its word: one of `rights`, `conflicts`, `paper`, `exports`, `scam_reports`, or a list of claimants, for
    /// `queue` there.
    queue: &'static str,
    /// Items, exact up to 999.
    count: i64,
    /// True if there are more; the other figures are then those of the first 1,000.
    more: bool,
    /// Since when the oldest waits.
    oldest: Option<DateTime<Utc>>,
    /// The first day by which something has to be done.
    due_on: Option<NaiveDate>,
    /// True if that day is over.
    overdue: bool,
    /// Items that the asker has.
    mine: i64,
    /// Items that nobody has.
    free: i64,
    /// Items that somebody has begun, who began first first.
    in_hand: Vec<InHandResponse>,
}

/// An item that somebody has begun.
#[derive(Serialize, ToSchema)]
pub struct InHandResponse {
    /// For `items/{id}/assignment`: the claimant, or the report itself.
    subject: Uuid,
    /// Who has it, since when and until when.
    holder: HolderResponse,
}

/// From where the next item is begun.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BeginBody {
    /// Id of the item before: oldest first, from the start after the last; none: from the start.
    after: Option<Uuid>,
}

/// Where to go on.
#[derive(Deserialize)]
pub struct NextQuery {
    pub(in crate::web) after: Option<String>,
}

/// An item of a queue.
#[derive(Serialize, ToSchema)]
pub struct NextResponse {
    /// None if no other waits.
    next: Option<ItemResponse>,
}

/// An item of a queue.
#[derive(Serialize, ToSchema)]
pub struct ItemResponse {
    /// The claimant, request, report, export, hand-in or clash.
    id: Uuid,
    /// For `items/{id}/assignment`: the claimant, or the report or export itself.
    subject: Uuid,
}

/// Whom an item is given to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignmentBody {
    /// `me`, a staff id, or null to release it.
    #[schema(example = "me")]
    to: Option<String>,
    /// Staff id of who had it when you looked; null: nobody. Another holder by now is a 409.
    from: Option<Uuid>,
    /// By which day it is to be done.
    due_on: Option<NaiveDate>,
}

/// Who has an item.
#[derive(Serialize, ToSchema)]
pub struct AssignmentResponse {
    /// None: nobody.
    holder: Option<HolderResponse>,
}

/// Who has an item.
#[derive(Serialize, ToSchema)]
pub struct HolderResponse {
    id: Uuid,
    name: String,
    since: DateTime<Utc>,
    due_on: Option<NaiveDate>,
    overdue: bool,
    /// Until when it is in hand: renewed by each decision about it, nobody's after that; null: assigned to stay.
    until: Option<DateTime<Utc>>,
}

impl From<QueueFigures> for QueueResponse {
    fn from(figures: QueueFigures) -> Self {
        Self {
            queue: figures.queue.as_str(),
            count: figures.count,
            more: figures.more,
            oldest: figures.oldest,
            due_on: figures.due_on,
            overdue: figures.overdue,
            mine: figures.mine,
            free: figures.free,
            in_hand: figures
                .in_hand
                .into_iter()
                .map(|begun| InHandResponse {
                    subject: begun.subject,
                    holder: HolderResponse::from(begun.holder),
                })
                .collect(),
        }
    }
}

impl From<Item> for ItemResponse {
    fn from(item: Item) -> Self {
        Self {
            id: item.id,
            subject: item.subject,
        }
    }
}

impl From<Holder> for HolderResponse {
    fn from(holder: Holder) -> Self {
        Self {
            id: holder.id,
            name: holder.name,
            since: holder.since,
            due_on: holder.due_on,
            overdue: holder.overdue,
            until: holder.until,
        }
    }
}

/// The queue in a path.
pub(in crate::web) fn queue(word: &str) -> WebResult<WorkQueue> {
    WorkQueue::parse(word).ok_or(WebError::App(AppError::NotFound))
}

/// The item in a path.
pub(in crate::web) fn item(text: &str) -> WebResult<Uuid> {
    Uuid::try_parse(text).map_err(|_| WebError::App(AppError::NotFound))
}

impl NextQuery {
    /// The item to go on from.
    ///
    /// # Errors
    /// `BadCursor`.
    pub(in crate::web) fn after(&self) -> WebResult<Option<Uuid>> {
        let text = self.after.as_deref().filter(|text| !text.is_empty());
        let read = text.map(|text| Uuid::try_parse(text).map_err(|_| WebError::BadCursor));
        read.transpose()
    }
}

/// `GET /api/v1/staff/cases/{slug}/queues`
#[utoipa::path(
    get,
    path = "/api/v1/staff/cases/{slug}/queues",
    operation_id = "list_queues",
    tag = "staff",
    params(("slug" = String, Path, description = "Name of the case in addresses")),
    security(("staff" = [])),
    responses((status = 200, body = QueuesResponse))
)]
pub async fn list(
    state: web::Data<AppState>,
    staff: Staff,
    slug: web::Path<String>,
) -> WebResult<HttpResponse> {
    let queues = work_queue::overview(&state.ctx, &staff.actor, &slug).await?;
    Ok(HttpResponse::Ok().json(QueuesResponse {
        items: queues.into_iter().map(QueueResponse::from).collect(),
    }))
}

/// `GET /api/v1/staff/cases/{slug}/queues/{queue}/next?after=`
#[utoipa::path(
    get,
    path = "/api/v1/staff/cases/{slug}/queues/{queue}/next",
    operation_id = "next_item",
    tag = "staff",
    params(
        ("slug" = String, Path, description = "Name of the case in addresses"),
        ("queue" = String, Path, description = "Word of the queue"),
        ("after" = Option<String>, Query, description = "Id of the item before: oldest first, from the start after the last; empty as left out")
    ),
    security(("staff" = [])),
    responses((status = 200, body = NextResponse, description = "Without those that colleagues have"))
)]
pub async fn next(
    state: web::Data<AppState>,
    staff: Staff,
    path: web::Path<(String, String)>,
    query: web::Query<NextQuery>,
) -> WebResult<HttpResponse> {
    let (slug, word) = path.into_inner();
    let (queue, after) = (queue(&word)?, query.after()?);
    let next = work_queue::next(&state.ctx, &staff.actor, &slug, queue, after).await?;
    Ok(HttpResponse::Ok().json(NextResponse {
        next: next.map(ItemResponse::from),
    }))
}

/// `POST /api/v1/staff/cases/{slug}/queues/{queue}/begin`
#[utoipa::path(
    post,
    path = "/api/v1/staff/cases/{slug}/queues/{queue}/begin",
    operation_id = "begin_item",
    tag = "staff",
    params(
        ("slug" = String, Path, description = "Name of the case in addresses"),
        ("queue" = String, Path, description = "Word of the queue")
    ),
    security(("staff" = [])),
    request_body = BeginBody,
    responses((status = 200, body = NextResponse, description = "It is in your hand for 30 minutes, renewed by each \
            decision about it; what you had in hand of this queue before stays so while it waits there, until its 30 minutes are \
            over. Two who ask at once never get the same item"),
        (status = 409, body = Problem, description = "Nobody begins items of this queue"), (status = 429, body = Problem))
)]
pub async fn begin(
    state: web::Data<AppState>,
    staff: Staff,
    path: web::Path<(String, String)>,
    body: Json<BeginBody>,
) -> WebResult<HttpResponse> {
    let (slug, word) = path.into_inner();
    let (queue, after) = (queue(&word)?, body.0.after);
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { work_queue::begin(&ctx, &actor, &slug, queue, after).await };
    let next = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(NextResponse {
        next: next.map(ItemResponse::from),
    }))
}

/// `POST /api/v1/staff/cases/{slug}/queues/{queue}/items/{id}/assignment`
#[utoipa::path(
    post,
    path = "/api/v1/staff/cases/{slug}/queues/{queue}/items/{id}/assignment",
    operation_id = "assign_item",
    tag = "staff",
    params(
        ("slug" = String, Path, description = "Name of the case in addresses"),
        ("queue" = String, Path, description = "Word of the queue"),
        ("id" = Uuid, Path, description = "`subject` of the item")
    ),
    security(("staff" = [])),
    request_body = AssignmentBody,
    responses((status = 200, body = AssignmentResponse),
        (status = 409, body = Problem, description = "A colleague has it: the detail says who"))
)]
pub async fn assign(
    state: web::Data<AppState>,
    staff: Staff,
    path: web::Path<(String, String, String)>,
    body: Json<AssignmentBody>,
) -> WebResult<HttpResponse> {
    let (slug, word, id) = path.into_inner();
    let (queue, subject) = (queue(&word)?, item(&id)?);
    let wanted = Assignment {
        to: to(&staff, body.0.to.as_deref()),
        from: body.0.from,
        due_on: body.0.due_on,
    };
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let standing = state
        .ctx
        .to_end(async move {
            work_queue::assign(&ctx, &actor, &slug, (queue, subject), wanted).await?;
            work_queue::standing(&ctx, &actor, &slug, queue, subject).await
        })
        .await?;
    Ok(HttpResponse::Ok().json(AssignmentResponse {
        holder: standing.holder.map(HolderResponse::from),
    }))
}

/// Who is meant: `me`, a staff id, or nobody. What is neither is nobody's id.
pub(in crate::web) fn to(staff: &Staff, word: Option<&str>) -> Option<Uuid> {
    match word {
        None | Some("") => None,
        Some("me") => Some(staff.actor.staff_id().uuid()),
        Some(text) => Some(Uuid::try_parse(text).unwrap_or(Uuid::nil())),
    }
}
