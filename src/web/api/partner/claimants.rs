//! `/api/v1/partner/claimants`: people a partner sends, and how far they got.

use std::time::Duration;

use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::AppError;
use crate::app::partner::PartnerActor;
use crate::app::partner::limit::{self, Unit};
use crate::app::partner::submission::{
    self, Received, Submission, Typed, read_cursor, write_cursor,
};
use crate::app::sign_up::Evidence;
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::ids::ClaimantId;
use crate::domain::partner::SubmissionState;
use crate::domain::partner_submission::{MAX_BATCH, SubmissionInput};
use crate::state::AppState;
use crate::web::api::page_length::page_length;
use crate::web::error::{Problem, come_back, problem_of};
use crate::web::extract::partner::note;
use crate::web::extract::{
    ClientAddr, IdempotencyKey, JsonBeside, Lang, LargeJson, Partner, UserAgent,
};
use crate::web::middleware::{RequestId, log};
use crate::web::{WebError, WebResult};

/// The answer to a submission: the same for somebody new and somebody known.
#[derive(Serialize, ToSchema)]
pub struct ReceivedResponse {
    /// Id of the record.
    id: Uuid,
    /// What is quoted on the phone, 12 characters.
    #[schema(example = "7Z8K2M4Q9XWT")]
    reference: String,
    /// `received`
    #[schema(example = "received")]
    state: &'static str,
}

/// Somebody the partner sent.
#[derive(Serialize, ToSchema)]
pub struct SubmissionResponse {
    /// Id of the record.
    id: Uuid,
    /// What is quoted on the phone, 12 characters.
    #[schema(example = "7Z8K2M4Q9XWT")]
    reference: String,
    /// `received|confirmed|signed|withdrawn`
    #[schema(example = "confirmed")]
    state: &'static str,
    /// Slug of the case.
    case: String,
    /// When it came.
    created_at: DateTime<Utc>,
}

/// A page of what the partner sent, oldest first; what came in the last ten seconds stands on a later one.
#[derive(Serialize, ToSchema)]
pub struct SubmissionsResponse {
    items: Vec<SubmissionResponse>,
    /// For `after`, always there: after a page of fewer than `limit` there is nothing more yet, and who asks again with
    /// it later gets what came since.
    next_cursor: String,
}

/// Many submissions.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchBody {
    /// 1 to 500 submissions; each is judged on its own.
    #[schema(value_type = Vec<SubmissionInput>, min_items = 1, max_items = 500)]
    items: Vec<serde_json::Value>,
}

/// What became of each item, in the order of the items.
#[derive(Serialize, ToSchema)]
pub struct BatchResponse {
    items: Vec<BatchItemResponse>,
}

/// What became of an item.
#[derive(Serialize, ToSchema)]
pub struct BatchItemResponse {
    /// Place of the item in the batch, from 0.
    index: usize,
    /// As the answer to it alone would have: 201, 403, 409, 422, 500, 503.
    #[schema(example = 201)]
    status: u16,
    /// What was taken, with 201.
    #[serde(skip_serializing_if = "Option::is_none")]
    claimant: Option<ReceivedResponse>,
    /// Why it was not taken; pointers begin at the item.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Problem>,
}

/// Which page.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubmissionsQuery {
    after: Option<String>,
    limit: Option<u16>,
}

/// `POST /api/v1/partner/claimants`
#[utoipa::path(
    post,
    path = "/api/v1/partner/claimants",
    operation_id = "submit_claimant",
    summary = "Send somebody",
    tag = "partner",
    params(
        ("Idempotency-Key" = String, Header, description = "1 to 128 visible ASCII characters; the same 201 for 24 hours, whichever key of the partner it comes with")
    ),
    security(("partner" = ["intake"])),
    request_body(content = SubmissionInput, example = json!({
        "case": "libero-virgilio-2023",
        "notice": {"version": "privacy-2026-11", "shown_at": "2026-11-23T10:00:00Z"},
        "contact": {"email": "maria.rossi@example.org", "language": "it"},
        "mailboxes": [{"address": "maria.rossi@libero.it"}],
        "consents": [
            {"purpose": "privacy_notice", "text_version": "2026-11-demo", "given": true},
            {"purpose": "contact", "text_version": "2026-11-demo", "given": true}
        ]
    })),
    responses(
        (status = 201, body = ReceivedResponse, description = "Taken; the person confirms it by the mail that follows",
            example = json!({"id": "01936c1e-0000-7000-8000-000000000001", "reference": "7Z8K2M4Q9XWT", "state": "received"})),
        (status = 400, body = Problem, content_type = "application/problem+json", description = "No JSON, or no Idempotency-Key"),
        (status = 401, body = Problem, content_type = "application/problem+json", description = "`key-malformed`, `key-unknown`, `key-expired`, `key-revoked`, `unauthenticated`"),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "`key-scope`, `key-network`, `key-case`"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The case takes no sign-ups, or the same request is running"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "Wrong fields, or the Idempotency-Key came with another body")
    )
)]
pub async fn submit(
    state: web::Data<AppState>,
    request: HttpRequest,
    partner: Partner,
    key: IdempotencyKey,
    client: ClientAddr,
    agent: UserAgent,
    typed: JsonBeside<SubmissionInput>,
) -> WebResult<HttpResponse> {
    count(&state, &request, &partner.0, 1).await?;
    let (ctx, evidence) = (state.ctx.clone(), evidence(client, agent));
    let typed = (typed.0, typed.1);
    let acting = async move { submission::send(&ctx, &partner.0, &typed, &key.0, evidence).await };
    let received = state.ctx.to_end(Box::pin(acting)).await?;
    Ok(HttpResponse::Created().json(ReceivedResponse::from(received)))
}

/// `POST /api/v1/partner/claimants/batches`
#[utoipa::path(
    post,
    path = "/api/v1/partner/claimants/batches",
    operation_id = "submit_claimants",
    summary = "Send many at once",
    tag = "partner",
    params(
        ("Idempotency-Key" = String, Header, description = "1 to 128 visible ASCII characters; stands for each item by its place in the batch: sent again, what was taken is told as before, the rest is tried again")
    ),
    security(("partner" = ["intake"])),
    request_body(content = BatchBody, example = json!({"items": [{
        "case": "libero-virgilio-2023",
        "notice": {"version": "privacy-2026-11", "shown_at": "2026-11-23T10:00:00Z"},
        "contact": {"email": "maria.rossi@example.org", "language": "it"},
        "mailboxes": [{"address": "maria.rossi@libero.it"}],
        "consents": [
            {"purpose": "privacy_notice", "text_version": "2026-11-demo", "given": true},
            {"purpose": "contact", "text_version": "2026-11-demo", "given": true}
        ]
    }]})),
    responses(
        (status = 200, body = BatchResponse, description = "What became of each item, whatever it was; after the first item with 503 those that were not begun have 503 as well, and the answer says when to send the batch again",
            headers(("Retry-After" = u64, description = "Seconds, where an item has status 503")),
            example = json!({"items": [{"index": 0, "status": 201, "claimant": {"id": "01936c1e-0000-7000-8000-000000000001", "reference": "7Z8K2M4Q9XWT", "state": "received"}}]})),
        (status = 400, body = Problem, content_type = "application/problem+json", description = "No JSON, or no Idempotency-Key"),
        (status = 413, body = Problem, content_type = "application/problem+json", description = "More than 1 MiB"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "No items, or more than 500, or a single submission that does not stand in `items`"),
        (status = 429, body = Problem, content_type = "application/problem+json", description = "Not one item was taken")
    )
)]
#[expect(clippy::too_many_arguments, reason = "extractors, one each")]
pub async fn submit_all(
    state: web::Data<AppState>,
    request: HttpRequest,
    partner: Partner,
    key: IdempotencyKey,
    client: ClientAddr,
    agent: UserAgent,
    language: Lang,
    body: LargeJson<BatchBody>,
) -> WebResult<HttpResponse> {
    let items = body.0.items;
    if !(1..=MAX_BATCH).contains(&items.len()) {
        let mut errors = FieldErrors::new();
        errors.push("/items", FieldCode::OutOfRange, "error-batch-size");
        return Err(AppError::Invalid(errors).into());
    }
    count(&state, &request, &partner.0, items.len()).await?;
    let items = items.iter().map(item).collect();
    let (ctx, evidence) = (state.ctx.clone(), evidence(client, agent));
    let acting =
        async move { submission::send_all(&ctx, &partner.0, items, &key.0, evidence).await };
    let answers = state.ctx.to_end(Box::pin(acting)).await?;
    let id = request.extensions().get::<RequestId>().cloned();
    let mut wait = None;
    let mut items = Vec::with_capacity(answers.len());
    for (index, answer) in answers.into_iter().enumerate() {
        let answer = answer.map_err(WebError::App);
        if let Err(error) = &answer {
            // what put off the first put off the others
            let is_told = wait.is_some() && error.retry_after().is_some();
            if !is_told {
                log(error);
            }
            wait = wait.or(error.retry_after());
        }
        items.push(BatchItemResponse::of(index, answer, language, id.as_ref()));
    }
    let told = HttpResponse::Ok().json(BatchResponse { items });
    Ok(match wait {
        Some(seconds) => come_back(told, Duration::from_secs(seconds)),
        None => told,
    })
}

/// `GET /api/v1/partner/claimants?after=&limit=`
#[utoipa::path(
    get,
    path = "/api/v1/partner/claimants",
    operation_id = "list_submissions",
    summary = "Whom you sent, oldest first",
    tag = "partner",
    params(
        ("limit" = Option<u16>, Query, description = "1 to 200, 50 if left out"),
        ("after" = Option<String>, Query, description = "`next_cursor` of the page before, or of the last time one asked")
    ),
    security(("partner" = ["read"])),
    responses(
        (status = 200, body = SubmissionsResponse, description = "A page, oldest first",
            example = json!({"items": [{"id": "01936c1e-0000-7000-8000-000000000001", "reference": "7Z8K2M4Q9XWT", "state": "confirmed", "case": "libero-virgilio-2023", "created_at": "2026-11-23T10:00:00Z"}], "next_cursor": "AZNsHgAAcACAAAAAAAAAAQ"})),
    )
)]
pub async fn list(
    state: web::Data<AppState>,
    partner: Partner,
    query: Result<web::Query<SubmissionsQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let query = query.map_err(|_| WebError::BadCursor)?.into_inner();
    let limit = page_length(query.limit)?;
    let after = query.after.as_deref().filter(|text| !text.is_empty());
    let after = after.map(|text| read_cursor(text).ok_or(WebError::BadCursor));
    let (items, next) = submission::list(&state.ctx, &partner.0, after.transpose()?, limit).await?;
    Ok(HttpResponse::Ok().json(SubmissionsResponse {
        items: items.into_iter().map(SubmissionResponse::from).collect(),
        next_cursor: write_cursor(next),
    }))
}

/// `GET /api/v1/partner/claimants/{id}`
#[utoipa::path(
    get,
    path = "/api/v1/partner/claimants/{id}",
    operation_id = "get_submission",
    summary = "How far somebody got",
    tag = "partner",
    params(("id" = Uuid, Path, description = "The record")),
    security(("partner" = ["read"])),
    responses(
        (status = 200, body = SubmissionResponse, description = "As it is now",
            example = json!({"id": "01936c1e-0000-7000-8000-000000000001", "reference": "7Z8K2M4Q9XWT", "state": "confirmed", "case": "libero-virgilio-2023", "created_at": "2026-11-23T10:00:00Z"})),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "The partner sent no such record")
    )
)]
pub async fn get(
    state: web::Data<AppState>,
    partner: Partner,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let id = ClaimantId::parse(&id).ok_or(AppError::NotFound)?;
    let found = submission::get(&state.ctx, &partner.0, id).await?;
    Ok(HttpResponse::Ok().json(SubmissionResponse::from(found)))
}

/// Counts people against the limit of the key.
async fn count(
    state: &AppState,
    request: &HttpRequest,
    actor: &PartnerActor,
    people: usize,
) -> WebResult<()> {
    let allowance = limit::take(&state.ctx, actor, Unit::Claimants, people).await?;
    note(request, allowance);
    if allowance.granted {
        Ok(())
    } else {
        Err(AppError::RateLimited(allowance.wait()).into())
    }
}

/// An item of a batch, or what is wrong with its shape.
fn item(value: &serde_json::Value) -> Result<Typed, AppError> {
    let bytes = serde_json::to_vec(value).map_err(AppError::internal)?;
    match crate::web::extract::json::read(&bytes) {
        Ok(typed) => Ok(typed),
        Err(WebError::App(error)) => Err(error),
        Err(_) => Err(AppError::Invalid(FieldErrors::new())),
    }
}

/// Where a submission came from: the partner's server, not the person's.
fn evidence(client: ClientAddr, agent: UserAgent) -> Evidence {
    Evidence {
        address: Some(client.0),
        user_agent: agent.0,
        partner: None,
    }
}

impl BatchItemResponse {
    fn of(
        index: usize,
        answer: Result<Received, WebError>,
        language: Lang,
        id: Option<&RequestId>,
    ) -> Self {
        match answer {
            Ok(received) => Self {
                index,
                status: 201,
                claimant: Some(ReceivedResponse::from(received)),
                problem: None,
            },
            Err(error) => {
                let id = id.map(|id| id.0.clone()).unwrap_or_default();
                Self {
                    index,
                    status: error.kind().status.as_u16(),
                    claimant: None,
                    problem: Some(problem_of(&error, language.0, id)),
                }
            }
        }
    }
}

impl From<Received> for ReceivedResponse {
    fn from(received: Received) -> Self {
        Self {
            id: received.id.uuid(),
            reference: received.reference.as_str().to_owned(),
            state: SubmissionState::Received.as_str(),
        }
    }
}

impl From<Submission> for SubmissionResponse {
    fn from(submission: Submission) -> Self {
        Self {
            id: submission.id.uuid(),
            reference: submission.reference.as_str().to_owned(),
            state: submission.state.as_str(),
            case: submission.case,
            created_at: submission.created_at,
        }
    }
}
