//! `/api/v1/staff/cases/{slug}/bulk-actions` and `/api/v1/staff/bulk-actions/{id}`: one act on an exact set of
//! records.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, NaiveDate, Utc};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::AppError;
use crate::app::bulk::{self, BulkStatus, Member, NewBulk, Step};
use crate::app::claimant_list::Filter;
use crate::domain::bulk::{BulkAct, BulkStep, Passed};
use crate::domain::case_update::UpdateTextInput;
use crate::domain::narrowing::Words;
use crate::state::AppState;
use crate::web::api::page_length::read_page_length;
use crate::web::api::public::updates::UpdateTextResponse;
use crate::web::api::staff::updates::UpdateTextBody;
use crate::web::csv;
use crate::web::error::Problem;
use crate::web::extract::{Json, Staff};
use crate::web::{WebError, WebResult};

/// Which records: the words of the list of claimants, without a search.
#[derive(Deserialize, ToSchema, Default)]
pub struct BulkFilterBody {
    /// A state, or `active`.
    state: Option<String>,
    /// A letter that is missing.
    missing: Option<String>,
    /// A flag of the newest declaration.
    flag: Option<String>,
    /// A queue of claimants; `assign` needs one.
    queue: Option<String>,
    /// `none|conflict|quarantined`
    review: Option<String>,
    /// Two letters.
    province: Option<String>,
    /// Domain of a mailbox.
    domain: Option<String>,
    /// First day of the sign-up, `YYYY-MM-DD`.
    from: Option<String>,
    /// Last day of the sign-up, `YYYY-MM-DD`.
    until: Option<String>,
    /// Least damages declared, whole euros.
    least: Option<String>,
    /// Most damages declared, whole euros.
    most: Option<String>,
    /// `otp|digital|paper`
    tier: Option<String>,
    /// Whether the mandate for the messa in mora was given with the signature: `given|not_given`
    messa_in_mora: Option<String>,
    /// `me`, `nobody` or a staff id.
    whose: Option<String>,
}

/// A bulk action to look at.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkBody {
    /// `message|ask_deficiency|end_quarantine|assign|reject`
    kind: Option<String>,
    /// Which records.
    #[serde(default)]
    filter: BulkFilterBody,
    /// What for: one line of 1 to 500 characters.
    #[schema(example = "The hearing was moved")]
    purpose: Option<String>,
    /// Of a message: Italian, and other languages by choice.
    #[serde(default)]
    texts: Vec<UpdateTextBody>,
    /// Of a message: most mails a minute, 1 to 10,000; as fast as mails leave unless told.
    per_minute: Option<i32>,
    /// Of `ask_deficiency`: letters to ask for.
    #[serde(default)]
    letters: Vec<String>,
    /// Of `ask_deficiency`: last day for them, `YYYY-MM-DD`.
    due_on: Option<String>,
    /// Of `assign`: id of the colleague.
    to: Option<String>,
    /// Of `reject`: `not_concerned|not_proven|incomplete|untrue|other`
    code: Option<String>,
    /// Of `reject`: why in Italian words, one line of 1 to 500 characters; those who are rejected read them.
    words: Option<String>,
    /// Only the record that is quoted so on the phone.
    quoted: Option<String>,
}

/// A step of a bulk action.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkStepBody {
    /// `start|approve|refuse|pause|resume|cancel|undo`
    step: Option<String>,
    /// With `start`: how many records will be acted on, as was seen.
    records: Option<i32>,
    /// With `refuse`: why, one line of 1 to 500 characters.
    note: Option<String>,
}

/// How a bulk action stands.
#[derive(Serialize, ToSchema)]
pub struct BulkResponse {
    /// It, and the exact set that was looked at.
    id: Uuid,
    /// Slug of the case.
    case: String,
    /// `message|ask_deficiency|end_quarantine|assign|reject`
    kind: &'static str,
    /// Of a message: its words.
    texts: Vec<UpdateTextResponse>,
    /// Of a message: most mails a minute.
    per_minute: Option<i32>,
    /// Of `ask_deficiency`: the letters.
    letters: Vec<String>,
    /// Of `ask_deficiency`: last day for them.
    due_on: Option<NaiveDate>,
    /// Of `assign`: the queue.
    queue: Option<String>,
    /// Of `assign`: name of the colleague.
    to: Option<String>,
    /// Of `reject`: why.
    code: Option<&'static str>,
    /// Of `reject`: why in words.
    words: Option<String>,
    /// Words of the list the set was taken from.
    #[schema(value_type = Object)]
    filter: Value,
    purpose: String,
    /// `previewed|awaiting_approval|running|paused|done|cancelled|expired|awaiting_undo|undoing|undone`
    state: &'static str,
    /// Records of the set.
    records: i32,
    /// Acted on.
    done: i32,
    /// Passed over.
    passed: i32,
    /// Their turn has not come.
    left: i32,
    /// Why records were passed over.
    reasons: Vec<BulkReasonResponse>,
    /// Whether starting it asks a second person.
    needs_second_person: bool,
    /// Who looked at the set.
    created_by: String,
    created_at: DateTime<Utc>,
    /// Last instant at which it can be started or decided.
    expires_at: DateTime<Utc>,
    /// The second person.
    decided_by: Option<String>,
    decided_at: Option<DateTime<Utc>>,
    refused_because: Option<String>,
    finished_at: Option<DateTime<Utc>>,
    /// Who last asked to take back what was done.
    undo_by: Option<String>,
    /// What the asker can do now.
    steps: Vec<&'static str>,
}

/// Why records were passed over.
#[derive(Serialize, ToSchema)]
pub struct BulkReasonResponse {
    /// `state|restricted|no_mail|unreachable|died|stopped|not_missing|asked|not_quarantined|taken|not_queued|clash|changed`
    reason: &'static str,
    records: i64,
}

/// Bulk actions of the own association, newest first.
#[derive(Serialize, ToSchema)]
pub struct BulkListResponse {
    items: Vec<BulkResponse>,
    /// For `cursor`; null on the last page.
    next_cursor: Option<String>,
}

/// A record of a set.
#[derive(Serialize, ToSchema)]
pub struct BulkRecordResponse {
    claimant_id: Uuid,
    reference: String,
    /// `done|passed|undone`; null: its turn has not come.
    outcome: Option<String>,
    /// Why it was passed over.
    reason: Option<&'static str>,
}

/// Records of a set, in order of their turns.
#[derive(Serialize, ToSchema)]
pub struct BulkRecordsResponse {
    items: Vec<BulkRecordResponse>,
    /// For `cursor`; null on the last page.
    next_cursor: Option<String>,
}

/// A part of a register.
#[derive(Deserialize)]
pub struct BulkQuery {
    pub(in crate::web) cursor: Option<String>,
    limit: Option<String>,
    outcome: Option<String>,
}

impl BulkQuery {
    /// After or before which item the page begins.
    ///
    /// # Errors
    /// `BadCursor`.
    pub(in crate::web) fn place(&self) -> WebResult<Option<Uuid>> {
        let Some(cursor) = self.cursor.as_deref().filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes());
        let id = bytes.ok().and_then(|bytes| Uuid::from_slice(&bytes).ok());
        id.map(Some).ok_or(WebError::BadCursor)
    }

    /// Items of the page.
    ///
    /// # Errors
    /// `BadCursor`.
    pub(in crate::web) fn limit(&self) -> WebResult<u16> {
        read_page_length(self.limit.as_deref())
    }

    fn outcome(&self) -> WebResult<Option<&str>> {
        match self.outcome.as_deref() {
            None | Some("") => Ok(None),
            Some(known @ ("waiting" | "done" | "passed" | "undone")) => Ok(Some(known)),
            Some(_) => Err(csv::unknown("/outcome")),
        }
    }
}

impl BulkFilterBody {
    /// The records these words mean.
    ///
    /// # Errors
    /// `Invalid` at the word that means nothing.
    pub(in crate::web) fn filter(self, staff: &Staff) -> WebResult<Filter> {
        let (state, active) = csv::state_or_active(self.state.as_deref())?;
        let words = Words {
            review: self.review,
            province: self.province,
            domain: self.domain,
            from: self.from,
            until: self.until,
            least: self.least,
            most: self.most,
            tier: self.tier,
            messa_in_mora: self.messa_in_mora,
            whose: self.whose,
        };
        Ok(Filter {
            state,
            narrowing: csv::narrowing(&words, active, staff.actor.staff_id())?,
            search: None,
            missing: csv::missing(self.missing.as_deref())?,
            flag: csv::flag(self.flag.as_deref())?,
            queue: csv::queue(self.queue.as_deref())?,
        })
    }
}

impl From<&BulkStatus> for BulkResponse {
    fn from(status: &BulkStatus) -> Self {
        let mut told = Self {
            id: status.id,
            case: status.case.clone(),
            kind: status.act.kind().as_str(),
            texts: Vec::new(),
            per_minute: None,
            letters: Vec::new(),
            due_on: None,
            queue: None,
            to: status.to.clone(),
            code: None,
            words: None,
            filter: status.filter.clone(),
            purpose: status.purpose.clone(),
            state: status.state.as_str(),
            records: status.members,
            done: status.done,
            passed: status.passed,
            left: status.left(),
            reasons: status.reasons.iter().map(reason).collect(),
            needs_second_person: status.needs_second(),
            created_by: status.created_by.1.clone(),
            created_at: status.created_at,
            expires_at: status.expires_at,
            decided_by: status.decided_by.as_ref().map(|(_, name, _)| name.clone()),
            decided_at: status.decided_by.as_ref().map(|(_, _, at)| *at),
            refused_because: status.refused_because.clone(),
            finished_at: status.finished_at,
            undo_by: status.undo_by.as_ref().map(|(_, name)| name.clone()),
            steps: status.steps.iter().map(|step| step.as_str()).collect(),
        };
        match &status.act {
            BulkAct::Message { texts, per_minute } => {
                told.texts = texts.all().iter().map(Into::into).collect();
                told.per_minute = *per_minute;
            }
            BulkAct::AskDeficiency { letters, due_on } => {
                told.letters = letters.iter().map(char::to_string).collect();
                told.due_on = Some(*due_on);
            }
            BulkAct::EndQuarantine => {}
            BulkAct::Assign { queue, .. } => told.queue = Some(queue.clone()),
            BulkAct::Reject { code, words } => {
                told.code = Some(code.as_str());
                told.words = Some(words.clone());
            }
        }
        told
    }
}

fn reason((reason, records): &(Passed, i64)) -> BulkReasonResponse {
    BulkReasonResponse {
        reason: reason.as_str(),
        records: *records,
    }
}

fn record(member: Member) -> BulkRecordResponse {
    BulkRecordResponse {
        claimant_id: member.claimant.uuid(),
        reference: member.reference.as_str().to_owned(),
        outcome: member.outcome,
        reason: member.reason.map(Passed::as_str),
    }
}

/// The cursor of the page that begins after an item.
pub(in crate::web) fn cursor(id: Uuid) -> String {
    BASE64URL_NOPAD.encode(id.as_bytes())
}

/// A bulk action in a path.
pub(in crate::web) fn bulk_id(text: &str) -> WebResult<Uuid> {
    Uuid::try_parse(text).map_err(|_| WebError::App(AppError::NotFound))
}

/// The step that was named.
pub(in crate::web) fn step_of(word: Option<&str>) -> WebResult<BulkStep> {
    let step = word.and_then(BulkStep::parse);
    step.ok_or_else(|| csv::unknown("/step"))
}

/// `GET /api/v1/staff/cases/{slug}/bulk-actions?limit=&cursor=`
#[utoipa::path(
    get,
    path = "/api/v1/staff/cases/{slug}/bulk-actions",
    operation_id = "list_bulk",
    tag = "staff",
    params(
        ("slug" = String, Path, description = "The case"),
        ("limit" = Option<u16>, Query, description = "1 to 200; 50 unless told"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before")
    ),
    security(("staff" = [])),
    responses(
        (status = 200, body = BulkListResponse)
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
    let page = bulk::list(&state.ctx, &staff.actor, &slug, before, limit).await?;
    Ok(HttpResponse::Ok().json(BulkListResponse {
        items: page.items.iter().map(Into::into).collect(),
        next_cursor: page.next.map(cursor),
    }))
}

/// `POST /api/v1/staff/cases/{slug}/bulk-actions`
#[utoipa::path(
    post,
    path = "/api/v1/staff/cases/{slug}/bulk-actions",
    operation_id = "preview_bulk",
    tag = "staff",
    params(("slug" = String, Path, description = "The case")),
    security(("staff" = [])),
    request_body = BulkBody,
    responses(
        (status = 201, body = BulkResponse, description = "The exact set, frozen; nothing was done to any record")
    )
)]
pub async fn preview(
    state: web::Data<AppState>,
    staff: Staff,
    slug: web::Path<String>,
    body: Json<BulkBody>,
) -> WebResult<HttpResponse> {
    let body = body.0;
    let texts: Vec<UpdateTextInput> = body.texts.into_iter().map(Into::into).collect();
    let new = NewBulk {
        case: slug.into_inner(),
        kind: body.kind,
        filter: body.filter.filter(&staff)?,
        purpose: body.purpose,
        texts,
        per_minute: body.per_minute,
        letters: body.letters,
        due_on: body.due_on,
        to: body.to,
        code: body.code,
        words: body.words,
        reference: body.quoted,
    };
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { bulk::preview(&ctx, &actor, new).await };
    let seen = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Created().json(BulkResponse::from(&seen)))
}

/// `GET /api/v1/staff/bulk-actions/{id}`
#[utoipa::path(
    get,
    path = "/api/v1/staff/bulk-actions/{id}",
    operation_id = "get_bulk",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The bulk action")),
    security(("staff" = [])),
    responses(
        (status = 200, body = BulkResponse)
    )
)]
pub async fn get(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let status = bulk::status(&state.ctx, &staff.actor, bulk_id(&id)?).await?;
    Ok(HttpResponse::Ok().json(BulkResponse::from(&status)))
}

/// `GET /api/v1/staff/bulk-actions/{id}/records?outcome=&limit=&cursor=`
#[utoipa::path(
    get,
    path = "/api/v1/staff/bulk-actions/{id}/records",
    operation_id = "list_bulk_records",
    tag = "staff",
    params(
        ("id" = Uuid, Path, description = "The bulk action"),
        ("outcome" = Option<String>, Query, description = "Only those: `waiting|done|passed|undone`"),
        ("limit" = Option<u16>, Query, description = "1 to 200; 50 unless told"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before")
    ),
    security(("staff" = [])),
    responses(
        (status = 200, body = BulkRecordsResponse),
        (status = 422, body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn records(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    query: Result<web::Query<BulkQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let query = query.map_err(|_| WebError::Malformed)?.into_inner();
    let (after, limit, outcome) = (query.place()?, query.limit()?, query.outcome()?);
    let (ctx, actor, id) = (&state.ctx, &staff.actor, bulk_id(&id)?);
    let (members, next) = bulk::members(ctx, actor, id, outcome, after, limit).await?;
    Ok(HttpResponse::Ok().json(BulkRecordsResponse {
        items: members.into_iter().map(record).collect(),
        next_cursor: next.map(cursor),
    }))
}

/// `POST /api/v1/staff/bulk-actions/{id}/steps`
#[utoipa::path(
    post,
    path = "/api/v1/staff/bulk-actions/{id}/steps",
    operation_id = "step_bulk",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The bulk action")),
    security(("staff" = [])),
    request_body = BulkStepBody,
    responses(
        (status = 200, body = BulkResponse),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "The role, or it takes another person"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "Its state does not allow it")
    )
)]
pub async fn step(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<BulkStepBody>,
) -> WebResult<HttpResponse> {
    let id = bulk_id(&id)?;
    let wanted = Step {
        step: step_of(body.0.step.as_deref())?,
        records: body.0.records,
        note: body.0.note,
    };
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { bulk::step(&ctx, &actor, id, &wanted).await };
    let stepped = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(BulkResponse::from(&stepped)))
}
