//! `/api/v1/staff/case-desk`: cases written by staff, put in force by a second person (decision 29).

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::quarantine::reason;
use crate::app::AppError;
use crate::app::case_desk::{self, Desk, Listed, Publication, Version};
use crate::domain::case_desk::CaseContent;
use crate::domain::ids::CaseId;
use crate::state::AppState;
use crate::web::error::Problem;
use crate::web::extract::{Json, Staff};
use crate::web::{WebError, WebResult};

/// A case as it is written.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseBody {
    /// Version it was made from; only for a next version. 0: nobody wrote one, the operator set the case up.
    version: Option<i32>,
    /// The whole case; what is left out is empty. A new case gets standard texts where it brings none.
    content: CaseContent,
}

/// Which version.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseVersionBody {
    /// The version that was read.
    version: i32,
}

/// Which version goes in force.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CasePublicationBody {
    /// The version that was read.
    version: i32,
    /// True: the texts that change were read. Needed where any of them does; it stands in the trail.
    #[serde(default)]
    texts_read: bool,
}

/// Why a public case is taken back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseWithdrawalBody {
    /// For the colleagues, 1 to 500 characters.
    reason: Option<String>,
}

/// Which version is sent back, and why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseReturnBody {
    /// The version that was read.
    version: i32,
    /// For the colleagues, 1 to 500 characters.
    reason: Option<String>,
}

/// A case in the list.
#[derive(Serialize, ToSchema)]
pub struct ListedCaseResponse {
    id: Uuid,
    slug: String,
    title: String,
    /// The newest; 0: nobody wrote one.
    version: i32,
    /// `draft|proposed|returned|published|discarded`
    stage: &'static str,
    /// Whether anybody sees it.
    public: bool,
}

/// Cases, newest first.
#[derive(Serialize, ToSchema)]
pub struct CaseDeskResponse {
    items: Vec<ListedCaseResponse>,
}

/// A value that differs from what is public.
#[derive(Serialize, ToSchema)]
struct CaseChangeResponse {
    /// Rows of a list by their name: `/incidents/gennaio-2023/accept_until`.
    path: String,
    before: String,
    after: String,
}

/// A version in the history.
#[derive(Serialize, ToSchema)]
struct CaseVersionResponse {
    version: i32,
    /// `draft|proposed|returned|published|discarded`
    stage: &'static str,
    /// Staff id.
    written_by: Uuid,
    written_at: DateTime<Utc>,
    proposed_by: Option<Uuid>,
    proposed_at: Option<DateTime<Utc>>,
    /// The second person.
    published_by: Option<Uuid>,
    published_at: Option<DateTime<Utc>>,
    returned_at: Option<DateTime<Utc>>,
    return_reason: Option<String>,
    /// Staff id of who discarded the draft.
    discarded_by: Option<Uuid>,
    discarded_at: Option<DateTime<Utc>>,
}

/// A case on the desk.
#[derive(Serialize, ToSchema)]
pub struct CaseOnDeskResponse {
    id: Uuid,
    version: i32,
    /// `draft|proposed|returned|published|discarded`
    stage: &'static str,
    content: CaseContent,
    /// What is public now; null for a case that nobody sees yet. With the state `draft` it was taken back.
    public: Option<CaseContent>,
    /// Whether it was taken back: nobody sees it.
    withdrawn: bool,
    /// Kinds of the texts that change: who puts the version in force has read them.
    unread_texts: Vec<String>,
    changes: Vec<CaseChangeResponse>,
    /// Pointers of what is needed before a second person can be asked.
    missing: Vec<String>,
    /// Newest first.
    versions: Vec<CaseVersionResponse>,
}

impl From<Listed> for ListedCaseResponse {
    fn from(listed: Listed) -> Self {
        Self {
            id: listed.id.uuid(),
            slug: listed.slug,
            title: listed.title,
            version: listed.version,
            stage: listed.stage.as_str(),
            public: listed.is_public,
        }
    }
}

impl From<Version> for CaseVersionResponse {
    fn from(version: Version) -> Self {
        let (proposed, published) = (version.proposed, version.published);
        Self {
            version: version.number,
            stage: version.stage.as_str(),
            written_by: version.written.0,
            written_at: version.written.1,
            proposed_by: proposed.map(|(by, _)| by),
            proposed_at: proposed.map(|(_, at)| at),
            published_by: published.map(|(by, _)| by),
            published_at: published.map(|(_, at)| at),
            returned_at: version.returned.as_ref().map(|(at, _)| *at),
            return_reason: version.returned.map(|(_, why)| why),
            discarded_by: version.discarded.map(|(by, _)| by),
            discarded_at: version.discarded.map(|(_, at)| at),
        }
    }
}

impl From<Desk> for CaseOnDeskResponse {
    fn from(desk: Desk) -> Self {
        let changes = desk.changes.into_iter();
        Self {
            id: desk.id.uuid(),
            version: desk.version,
            stage: desk.stage.as_str(),
            content: desk.content,
            public: desk.public,
            withdrawn: desk.is_withdrawn,
            unread_texts: desk.unread_texts,
            changes: changes
                .map(|change| CaseChangeResponse {
                    path: change.path,
                    before: change.before,
                    after: change.after,
                })
                .collect(),
            missing: desk.missing.iter().map(|it| it.pointer.clone()).collect(),
            versions: desk
                .versions
                .into_iter()
                .map(CaseVersionResponse::from)
                .collect(),
        }
    }
}

/// The case in a path.
pub(in crate::web) fn case_id(text: &str) -> WebResult<CaseId> {
    CaseId::parse(text).ok_or(WebError::App(AppError::NotFound))
}

/// `GET /api/v1/staff/case-desk`
#[utoipa::path(
    get,
    path = "/api/v1/staff/case-desk",
    operation_id = "list_case_desk",
    tag = "staff",
    security(("staff" = [])),
    responses((status = 200, body = CaseDeskResponse, description = "Cases that the own association leads or drafts"))
)]
pub async fn list(state: web::Data<AppState>, staff: Staff) -> WebResult<HttpResponse> {
    let items = case_desk::list(&state.ctx, &staff.actor).await?;
    let items = items.into_iter().map(ListedCaseResponse::from).collect();
    Ok(HttpResponse::Ok().json(CaseDeskResponse { items }))
}

/// `POST /api/v1/staff/case-desk`
#[utoipa::path(
    post,
    path = "/api/v1/staff/case-desk",
    operation_id = "create_case",
    tag = "staff",
    security(("staff" = [])),
    request_body = CaseBody,
    responses((status = 201, body = CaseOnDeskResponse))
)]
pub async fn create(
    state: web::Data<AppState>,
    staff: Staff,
    body: Json<CaseBody>,
) -> WebResult<HttpResponse> {
    let (ctx, actor, content) = (state.ctx.clone(), staff.actor.clone(), body.0.content);
    let acting = Box::pin(async move { case_desk::create(&ctx, &actor, content).await });
    let desk = state.ctx.to_end(acting).await.map_err(in_content)?;
    Ok(HttpResponse::Created().json(CaseOnDeskResponse::from(desk)))
}

/// `GET /api/v1/staff/case-desk/{id}`
#[utoipa::path(
    get,
    path = "/api/v1/staff/case-desk/{id}",
    operation_id = "get_case_desk",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The case")),
    security(("staff" = [])),
    responses((status = 200, body = CaseOnDeskResponse))
)]
pub async fn get(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let desk = case_desk::get(&state.ctx, &staff.actor, case_id(&id)?).await?;
    Ok(HttpResponse::Ok().json(CaseOnDeskResponse::from(desk)))
}

/// `PUT /api/v1/staff/case-desk/{id}`
#[utoipa::path(
    put,
    path = "/api/v1/staff/case-desk/{id}",
    operation_id = "write_case",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The case")),
    security(("staff" = [])),
    request_body = CaseBody,
    responses((status = 200, body = CaseOnDeskResponse),
        (status = 409, body = Problem, description = "Somebody wrote a version meanwhile, or a second person was asked"),
        (status = 422, body = Problem, description = "Also for what may not change once it was public"))
)]
pub async fn write(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<CaseBody>,
) -> WebResult<HttpResponse> {
    let id = case_id(&id)?;
    let (based_on, content) = (body.0.version.unwrap_or(0), body.0.content);
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { case_desk::save(&ctx, &actor, id, based_on, &content).await };
    let desk = state.ctx.to_end(acting).await.map_err(in_content)?;
    Ok(HttpResponse::Ok().json(CaseOnDeskResponse::from(desk)))
}

/// `POST /api/v1/staff/case-desk/{id}/proposal`
#[utoipa::path(
    post,
    path = "/api/v1/staff/case-desk/{id}/proposal",
    operation_id = "propose_case",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The case")),
    security(("staff" = [])),
    request_body = CaseVersionBody,
    responses((status = 200, body = CaseOnDeskResponse),
        (status = 409, body = Problem, description = "Not the newest version, no draft, or nothing changed"),
        (status = 422, body = Problem, description = "Something is missing"))
)]
pub async fn propose(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<CaseVersionBody>,
) -> WebResult<HttpResponse> {
    let (id, version) = (case_id(&id)?, body.0.version);
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { case_desk::propose(&ctx, &actor, id, version).await };
    let desk = state.ctx.to_end(acting).await.map_err(in_content)?;
    Ok(HttpResponse::Ok().json(CaseOnDeskResponse::from(desk)))
}

/// `POST /api/v1/staff/case-desk/{id}/discard`
#[utoipa::path(
    post,
    path = "/api/v1/staff/case-desk/{id}/discard",
    operation_id = "discard_case",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The case")),
    security(("staff" = [])),
    request_body = CaseVersionBody,
    responses((status = 200, body = CaseOnDeskResponse, description = "What is in force counts again; the versions stay in the history"),
        (status = 409, body = Problem, description = "Not the newest version, no draft, or it waits for a second person"))
)]
pub async fn discard(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<CaseVersionBody>,
) -> WebResult<HttpResponse> {
    let (id, version) = (case_id(&id)?, body.0.version);
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { case_desk::discard(&ctx, &actor, id, version).await };
    let desk = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(CaseOnDeskResponse::from(desk)))
}

/// `POST /api/v1/staff/case-desk/{id}/publication`
#[utoipa::path(
    post,
    path = "/api/v1/staff/case-desk/{id}/publication",
    operation_id = "publish_case",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The case")),
    security(("staff" = [])),
    request_body = CasePublicationBody,
    responses((status = 200, body = CaseOnDeskResponse), (status = 403, body = Problem, description = "Also for who proposed it"), (status = 409, body = Problem, description = "Not proposed, or decided by somebody else"),
        (status = 422, body = Problem, description = "Does not fit any more what became public meanwhile, or texts change and were not read"))
)]
pub async fn publish(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<CasePublicationBody>,
) -> WebResult<HttpResponse> {
    let id = case_id(&id)?;
    let wanted = Publication {
        version: body.0.version,
        has_read_texts: body.0.texts_read,
    };
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { case_desk::publish(&ctx, &actor, id, wanted).await };
    let desk = state.ctx.to_end(acting).await.map_err(in_content)?;
    Ok(HttpResponse::Ok().json(CaseOnDeskResponse::from(desk)))
}

/// `POST /api/v1/staff/case-desk/{id}/return`
#[utoipa::path(
    post,
    path = "/api/v1/staff/case-desk/{id}/return",
    operation_id = "return_case",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The case")),
    security(("staff" = [])),
    request_body = CaseReturnBody,
    responses((status = 200, body = CaseOnDeskResponse),
        (status = 409, body = Problem, description = "Not proposed"))
)]
pub async fn send_back(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<CaseReturnBody>,
) -> WebResult<HttpResponse> {
    let (id, version) = (case_id(&id)?, body.0.version);
    let reason = reason(body.0.reason.as_deref())?;
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { case_desk::send_back(&ctx, &actor, id, version, &reason).await };
    let desk = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(CaseOnDeskResponse::from(desk)))
}

/// `POST /api/v1/staff/case-desk/{id}/withdrawal`
#[utoipa::path(
    post,
    path = "/api/v1/staff/case-desk/{id}/withdrawal",
    operation_id = "withdraw_case",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The case")),
    security(("staff" = [])),
    request_body = CaseWithdrawalBody,
    responses((status = 200, body = CaseOnDeskResponse, description = "Nobody sees it any more; it may be put in force again"),
        (status = 409, body = Problem, description = "Somebody signed up for it or follows it, it waits for a second person, or was taken back"))
)]
pub async fn withdraw(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<CaseWithdrawalBody>,
) -> WebResult<HttpResponse> {
    let id = case_id(&id)?;
    let reason = reason(body.0.reason.as_deref())?;
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { case_desk::withdraw(&ctx, &actor, id, &reason).await };
    let desk = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(CaseOnDeskResponse::from(desk)))
}

/// Pointers are into the body, where the case is `content`; whether texts were read stands beside it.
fn in_content(error: AppError) -> WebError {
    WebError::App(match error {
        AppError::Invalid(errors) if errors.iter().all(|it| it.pointer == "/texts_read") => {
            AppError::Invalid(errors)
        }
        AppError::Invalid(errors) => AppError::Invalid(errors.prefix("/content")),
        other => other,
    })
}
