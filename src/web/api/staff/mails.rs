//! `/api/v1/staff/mails`: what waits to be sent, and what was given up.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::mail_desk::{self, Dead, Domain, Filter, Group, read_cursor};
use crate::state::AppState;
use crate::web::api::page_length::page_length;
use crate::web::error::Problem;
use crate::web::extract::{OptionalJson, Staff};
use crate::web::{WebError, WebResult};

/// Which mails given up.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailsQuery {
    pub(in crate::web) kind: Option<String>,
    pub(in crate::web) queue: Option<String>,
    cursor: Option<String>,
    limit: Option<i64>,
    #[serde(rename = "lang")]
    _lang: Option<String>,
}

/// Which mails given up go into the queue again; nothing given: all.
#[derive(Deserialize, ToSchema, Default)]
#[serde(deny_unknown_fields)]
pub struct RetryBody {
    /// That one alone.
    id: Option<Uuid>,
    /// Of this kind.
    kind: Option<String>,
    /// To this domain.
    queue: Option<Uuid>,
}

/// A mail domain, as far as it may be named.
#[derive(Serialize, ToSchema)]
pub struct MailDomainResponse {
    /// Sign of the domain; null where it is not known yet.
    queue: Option<Uuid>,
    /// Its name, where it is a public provider.
    provider: Option<String>,
}

/// Mails of one kind to one domain.
#[derive(Serialize, ToSchema)]
pub struct MailGroupResponse {
    kind: String,
    domain: MailDomainResponse,
    /// `due|again|parked|held|dead`
    state: &'static str,
    count: i64,
    oldest: DateTime<Utc>,
    /// Null for those given up or held.
    next_attempt_at: Option<DateTime<Utc>>,
}

/// A mail that was given up.
#[derive(Serialize, ToSchema)]
pub struct DeadMailResponse {
    id: Uuid,
    kind: String,
    domain: MailDomainResponse,
    attempts: i32,
    created_at: DateTime<Utc>,
    /// `no_such_address|mailbox_full|refused|too_big|too_busy|no_answer|not_written|too_late|unknown`
    failure: &'static str,
    /// The last answer, without addresses.
    answer: Option<String>,
}

/// The outbox of the association.
#[derive(Serialize, ToSchema)]
pub struct MailsResponse {
    /// Most mails first.
    groups: Vec<MailGroupResponse>,
    /// Mails given up, newest first.
    items: Vec<DeadMailResponse>,
    next_cursor: Option<String>,
}

/// How many mails go out again.
#[derive(Serialize, ToSchema)]
pub struct RetriedResponse {
    mails: usize,
}

/// `GET /api/v1/staff/mails`
#[utoipa::path(
    get,
    path = "/api/v1/staff/mails",
    operation_id = "list_mails",
    tag = "staff",
    params(
        ("kind" = Option<String>, Query, description = "Mails given up of this kind alone"),
        ("queue" = Option<String>, Query, description = "Mails given up to this domain alone: its id; empty as left out"),
        ("limit" = Option<i64>, Query, description = "1 to 200, 50 if left out"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before")
    ),
    security(("staff" = [])),
    responses((status = 200, body = MailsResponse))
)]
pub async fn list(
    state: web::Data<AppState>,
    staff: Staff,
    query: Result<web::Query<MailsQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let query = query.map_err(|_| WebError::Malformed)?;
    let (filter, place) = (query.filter()?, query.place()?);
    let limit = page_length(query.limit)?;
    let desk = mail_desk::show(&state.ctx, &staff.actor, &filter, place, limit).await?;
    Ok(HttpResponse::Ok().json(MailsResponse {
        groups: desk
            .groups
            .into_iter()
            .map(MailGroupResponse::from)
            .collect(),
        items: desk.dead.into_iter().map(DeadMailResponse::from).collect(),
        next_cursor: desk.next,
    }))
}

/// `POST /api/v1/staff/mails/retry`
#[utoipa::path(
    post,
    path = "/api/v1/staff/mails/retry",
    operation_id = "retry_mails",
    tag = "staff",
    security(("staff" = [])),
    request_body = Option<RetryBody>,
    responses((status = 200, body = RetriedResponse), (status = 404, body = Problem, description = "That mail is not there, or was not given up"))
)]
pub async fn retry(
    state: web::Data<AppState>,
    staff: Staff,
    body: OptionalJson<RetryBody>,
) -> WebResult<HttpResponse> {
    let body = body.0.unwrap_or_default();
    let filter = Filter {
        kind: body.kind,
        queue: body.queue,
    };
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { mail_desk::retry(&ctx, &actor, &filter, body.id).await };
    let mails = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(RetriedResponse { mails }))
}

impl MailsQuery {
    /// Which mails given up.
    ///
    /// # Errors
    /// `Malformed` for what is no id.
    pub(in crate::web) fn filter(&self) -> WebResult<Filter> {
        let filled = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let queue = filled(&self.queue).map(|id| Uuid::try_parse(&id));
        Ok(Filter {
            kind: filled(&self.kind),
            queue: queue.transpose().map_err(|_| WebError::Malformed)?,
        })
    }

    /// Where the page begins.
    ///
    /// # Errors
    /// `Malformed` for what we did not write.
    pub(in crate::web) fn place(&self) -> WebResult<Option<(DateTime<Utc>, Uuid)>> {
        let cursor = self.cursor.as_deref();
        cursor
            .map(|text| read_cursor(text).ok_or(WebError::Malformed))
            .transpose()
    }
}

impl From<Domain> for MailDomainResponse {
    fn from(domain: Domain) -> Self {
        Self {
            queue: domain.id,
            provider: domain.provider,
        }
    }
}

impl From<Group> for MailGroupResponse {
    fn from(group: Group) -> Self {
        Self {
            kind: group.kind,
            domain: MailDomainResponse::from(group.domain),
            state: group.state,
            count: group.count,
            oldest: group.oldest,
            next_attempt_at: group.next,
        }
    }
}

impl From<Dead> for DeadMailResponse {
    fn from(mail: Dead) -> Self {
        Self {
            id: mail.id,
            kind: mail.kind,
            domain: MailDomainResponse::from(mail.domain),
            attempts: mail.attempts,
            created_at: mail.created_at,
            failure: mail.failure.as_str(),
            answer: mail.answer,
        }
    }
}
