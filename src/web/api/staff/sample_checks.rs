//! `/api/v1/staff/cases/{slug}/sample-checks` and `/api/v1/staff/sample-checks/{id}`: records drawn by a seed, and
//! what was found of each.

use std::collections::BTreeMap;

use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use data_encoding::{BASE64, HEXLOWER};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::sample_check::{
    self, Found, LogEntry, Member, NewSample, Sample, SampleStatus, Step,
};
use crate::domain::sample_check::{FindingCode, SampleStep};
use crate::state::AppState;
use crate::web::api::staff::bulk::{BulkFilterBody, BulkQuery, bulk_id, cursor};
use crate::web::csv;
use crate::web::error::Problem;
use crate::web::extract::{Json, Staff};
use crate::web::{WebError, WebResult};

/// A sample to draw.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SampleBody {
    /// Which records it is drawn from.
    #[serde(default)]
    filter: BulkFilterBody,
    /// What for: one line of 1 to 500 characters.
    #[schema(example = "Check before the filing")]
    purpose: Option<String>,
    /// How many are drawn: 1 to 500.
    size: Option<i32>,
    /// Where a public seed will come from, that nobody knows yet. Without it the program makes a seed when `draw` is asked for.
    #[schema(example = "Lotto, ruota di Roma, 28 March 2026, in the order of the draw")]
    seed_source: Option<String>,
    /// With a source: when it will be known, RFC 3339, within a year. Nothing is drawn before.
    seed_due_at: Option<String>,
}

/// What was found of a record.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SampleResultBody {
    /// Its place in the sample, from 1.
    place: Option<i32>,
    /// `ok|finding|unable`
    result: Option<String>,
    /// Of a finding: `identity|mailbox|damage|documents|signature|double|other`
    code: Option<String>,
    /// In words, one line of 1 to 500 characters; a finding needs it. Kept sealed.
    note: Option<String>,
}

/// A step of a sample check.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SampleStepBody {
    /// `draw|finish|cancel`
    step: Option<String>,
    /// With `draw`: the public seed, one line of 1 to 200 characters, taken exactly as it is; none if the program makes it.
    seed: Option<String>,
    /// With `cancel`: why, one line of 1 to 500 characters.
    reason: Option<String>,
}

/// A sample check in the register.
#[derive(Serialize, ToSchema)]
pub struct SampleLineResponse {
    id: Uuid,
    /// Slug of the case.
    case: String,
    /// From 1 for each association and case.
    number: i32,
    /// Words of the list the records were taken from.
    #[schema(value_type = Object)]
    filter: Value,
    purpose: String,
    /// `announced|drawn|finished|cancelled`
    state: &'static str,
    /// Records that are drawn.
    size: i32,
    /// Records they are drawn from.
    population: i32,
    /// SHA-256 of their references, a line each, in order; hex.
    population_sha256: String,
    /// Where a public seed comes from; null: the program made it.
    seed_source: Option<String>,
    /// When that is known: nothing is drawn before.
    seed_due_at: Option<DateTime<Utc>>,
    /// The seed, once it is known.
    seed: Option<String>,
    /// SHA-256 of the references that were drawn, a line each; hex.
    sample_sha256: Option<String>,
    /// SHA-256 of `place;reference;result;code`, a line each, once it is finished; hex.
    result_sha256: Option<String>,
    opened_by: String,
    opened_at: DateTime<Utc>,
    drawn_by: Option<String>,
    drawn_at: Option<DateTime<Utc>>,
    /// Who finished or cancelled it.
    ended_by: Option<String>,
    ended_at: Option<DateTime<Utc>>,
    /// Why it was cancelled.
    end_reason: Option<String>,
    /// What the asker can do now.
    steps: Vec<&'static str>,
}

/// Sample checks of the own association, newest first.
#[derive(Serialize, ToSchema)]
pub struct SampleListResponse {
    items: Vec<SampleLineResponse>,
    /// For `cursor`; null on the last page.
    next_cursor: Option<String>,
}

/// A record of a sample.
#[derive(Serialize, ToSchema)]
pub struct SampleMemberResponse {
    /// From 1.
    place: i32,
    claimant_id: Uuid,
    reference: String,
    /// `ok|finding|unable`; null: not checked yet.
    result: Option<String>,
    /// What a finding is about.
    code: Option<&'static str>,
    /// Opened where the check is read, not after a step: each look is a row of the record's trail.
    note: Option<String>,
    checked_by: Option<String>,
    checked_at: Option<DateTime<Utc>>,
}

/// An entry of the case's log about a sample check.
#[derive(Serialize, ToSchema)]
pub struct SampleEntryResponse {
    /// Its id in the log.
    id: Uuid,
    /// Its place in the log; null while it waits.
    index: Option<u64>,
    /// What it commits to, canonical JSON.
    content: String,
    /// Salt of the commitment, base64.
    salt: String,
}

/// A sample check with its records and entries.
#[derive(Serialize, ToSchema)]
pub struct SampleResponse {
    #[serde(flatten)]
    line: SampleLineResponse,
    /// Records without anything to object to.
    ok: usize,
    /// Findings by what they are about.
    findings: BTreeMap<&'static str, usize>,
    /// Records that could not be checked.
    unable: usize,
    /// Records not checked yet.
    left: usize,
    /// In the order they were drawn.
    sample: Vec<SampleMemberResponse>,
    /// Oldest first.
    entries: Vec<SampleEntryResponse>,
}

impl From<&SampleStatus> for SampleLineResponse {
    fn from(status: &SampleStatus) -> Self {
        let hex = |digest: &Vec<u8>| HEXLOWER.encode(digest);
        Self {
            id: status.id,
            case: status.case.clone(),
            number: status.number,
            filter: status.filter.clone(),
            purpose: status.purpose.clone(),
            state: status.state.as_str(),
            size: status.size,
            population: status.population,
            population_sha256: hex(&status.population_sha256),
            seed_source: status.seed_source.clone(),
            seed_due_at: status.seed_due_at,
            seed: status.seed.clone(),
            sample_sha256: status.sample_sha256.as_ref().map(hex),
            result_sha256: status.result_sha256.as_ref().map(hex),
            opened_by: status.opened.0.clone(),
            opened_at: status.opened.1,
            drawn_by: status.drawn.as_ref().map(|(name, _)| name.clone()),
            drawn_at: status.drawn.as_ref().map(|(_, at)| *at),
            ended_by: status.ended.as_ref().map(|(name, _)| name.clone()),
            ended_at: status.ended.as_ref().map(|(_, at)| *at),
            end_reason: status.end_reason.clone(),
            steps: status.steps.iter().map(|step| step.as_str()).collect(),
        }
    }
}

impl From<Sample> for SampleResponse {
    fn from(sample: Sample) -> Self {
        let counts = sample.counts();
        Self {
            line: SampleLineResponse::from(&sample.status),
            ok: counts.ok,
            findings: counts.findings,
            unable: counts.unable,
            left: counts.left,
            sample: sample.members.into_iter().map(member).collect(),
            entries: sample.entries.into_iter().map(entry).collect(),
        }
    }
}

fn member(member: Member) -> SampleMemberResponse {
    let (checked_by, checked_at) = member.checked.unzip();
    SampleMemberResponse {
        place: member.place,
        claimant_id: member.claimant.uuid(),
        reference: member.reference.as_str().to_owned(),
        result: member.result,
        code: member.code.map(FindingCode::as_str),
        note: member.note,
        checked_by,
        checked_at,
    }
}

fn entry(entry: LogEntry) -> SampleEntryResponse {
    SampleEntryResponse {
        id: entry.id,
        index: entry.index,
        content: entry.content,
        salt: BASE64.encode(&entry.salt),
    }
}

/// The step that was named.
pub(in crate::web) fn step_of(word: Option<&str>) -> WebResult<SampleStep> {
    let step = word.and_then(SampleStep::parse);
    step.ok_or_else(|| csv::unknown("/step"))
}

/// `GET /api/v1/staff/cases/{slug}/sample-checks?limit=&cursor=`
#[utoipa::path(
    get,
    path = "/api/v1/staff/cases/{slug}/sample-checks",
    operation_id = "list_sample_checks",
    tag = "staff",
    params(
        ("slug" = String, Path, description = "The case"),
        ("limit" = Option<u16>, Query, description = "1 to 200; 50 unless told"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before")
    ),
    security(("staff" = [])),
    responses(
        (status = 200, body = SampleListResponse)
    )
)]
pub async fn list(
    state: web::Data<AppState>,
    staff: Staff,
    slug: web::Path<String>,
    query: Result<web::Query<BulkQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let query = query.map_err(|_| WebError::Malformed)?.into_inner();
    let (before, limit) = (query.place()?, query.limit()?);
    let page = sample_check::list(&state.ctx, &staff.actor, &slug, before, limit).await?;
    Ok(HttpResponse::Ok().json(SampleListResponse {
        items: page.items.iter().map(Into::into).collect(),
        next_cursor: page.next.map(cursor),
    }))
}

/// `POST /api/v1/staff/cases/{slug}/sample-checks`
#[utoipa::path(
    post,
    path = "/api/v1/staff/cases/{slug}/sample-checks",
    operation_id = "open_sample_check",
    tag = "staff",
    params(("slug" = String, Path, description = "The case")),
    security(("staff" = [])),
    request_body = SampleBody,
    responses(
        (status = 201, body = SampleResponse, description = "The list, frozen; nothing is drawn yet")
    )
)]
pub async fn open(
    state: web::Data<AppState>,
    staff: Staff,
    slug: web::Path<String>,
    body: Json<SampleBody>,
) -> WebResult<HttpResponse> {
    let body = body.0;
    let new = NewSample {
        case: slug.into_inner(),
        filter: body.filter.filter(&staff)?,
        purpose: body.purpose,
        size: body.size,
        seed_source: body.seed_source,
        seed_due_at: body.seed_due_at,
    };
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { sample_check::open(&ctx, &actor, new).await };
    let opened = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Created().json(SampleResponse::from(opened)))
}

/// `GET /api/v1/staff/sample-checks/{id}`
#[utoipa::path(
    get,
    path = "/api/v1/staff/sample-checks/{id}",
    operation_id = "get_sample_check",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The sample check")),
    security(("staff" = [])),
    responses(
        (status = 200, body = SampleResponse)
    )
)]
pub async fn get(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let id = bulk_id(&id)?;
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { sample_check::get(&ctx, &actor, id).await };
    let sample = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(SampleResponse::from(sample)))
}

/// `GET /api/v1/staff/sample-checks/{id}/file`, also `GET /console/sample-checks/{id}/file`
#[utoipa::path(
    get,
    path = "/api/v1/staff/sample-checks/{id}/file",
    operation_id = "get_sample_file",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The sample check")),
    security(("staff" = [])),
    responses(
        (status = 200, body = Object, description = "List, seed, records, results and entries of the log: `docs/check_sample.py` draws again from it")
    )
)]
pub async fn file(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let id = bulk_id(&id)?;
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { sample_check::file(&ctx, &actor, id).await };
    let file = state.ctx.to_end(acting).await?;
    let name = format!("attachment; filename=\"sample-{id}.json\"");
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_DISPOSITION, name))
        .json(file))
}

/// `POST /api/v1/staff/sample-checks/{id}/results`
#[utoipa::path(
    post,
    path = "/api/v1/staff/sample-checks/{id}/results",
    operation_id = "check_sampled",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The sample check")),
    security(("staff" = [])),
    request_body = SampleResultBody,
    responses(
        (status = 200, body = SampleMemberResponse),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "Nothing is drawn yet, or it is over")
    )
)]
pub async fn check(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<SampleResultBody>,
) -> WebResult<HttpResponse> {
    let (id, body) = (bulk_id(&id)?, body.0);
    let found = Found {
        place: body.place,
        result: body.result,
        code: body.code,
        note: body.note,
    };
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { sample_check::check(&ctx, &actor, id, &found).await };
    let checked = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(member(checked)))
}

/// `POST /api/v1/staff/sample-checks/{id}/steps`
#[utoipa::path(
    post,
    path = "/api/v1/staff/sample-checks/{id}/steps",
    operation_id = "step_sample_check",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The sample check")),
    security(("staff" = [])),
    request_body = SampleStepBody,
    responses(
        (status = 200, body = SampleResponse),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "Its state does not allow it, the seed is not due, the list is not in the log yet, or a record is not checked yet")
    )
)]
pub async fn step(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<SampleStepBody>,
) -> WebResult<HttpResponse> {
    let (id, body) = (bulk_id(&id)?, body.0);
    let wanted = Step {
        step: step_of(body.step.as_deref())?,
        seed: body.seed,
        reason: body.reason,
    };
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { sample_check::step(&ctx, &actor, id, &wanted).await };
    let sample = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(SampleResponse::from(sample)))
}
