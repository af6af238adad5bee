//! `/console/mails`: what waits to be sent, and what was given up.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use uuid::Uuid;

use crate::app::mail_desk::{self, Dead, Domain, Filter, Group};
use crate::domain::page_length::DEFAULT_LIMIT;
use crate::domain::permission::operation;
use crate::render::page::console::mails::{DeadLine, DomainName, GroupLine, MailsPage};
use crate::state::AppState;
use crate::web::api::staff::mails::MailsQuery;
use crate::web::console::{inside, page, see_other};
use crate::web::extract::{Form, Lang, Staff};
use crate::web::{WebError, WebResult};

/// Which mails go into the queue again.
#[derive(Deserialize)]
pub struct RetryForm {
    csrf: Option<String>,
    id: Option<String>,
    kind: Option<String>,
    queue: Option<String>,
}

/// `GET /console/mails?kind=&queue=&cursor=`
pub async fn show(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    query: Result<web::Query<MailsQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let query = query.map_err(|_| WebError::Malformed)?;
    let (filter, place) = (query.filter()?, query.place()?);
    let desk = mail_desk::show(
        &state.ctx,
        &staff.actor,
        &filter,
        place,
        i64::from(DEFAULT_LIMIT),
    )
    .await?;
    let shown = MailsPage {
        console: inside(&state, language, &request, &staff).await?,
        can_retry: operation::RETRY_MAILS.allows(staff.actor.role()),
        groups: desk.groups.into_iter().map(group).collect(),
        dead: desk.dead.into_iter().map(dead).collect(),
        kind: filter.kind.unwrap_or_default(),
        queue: filter.queue.map(|id| id.to_string()).unwrap_or_default(),
        next: desk.next,
    };
    page(StatusCode::OK, &shown)
}

/// `POST /console/mails`
pub async fn retry(
    state: web::Data<AppState>,
    staff: Staff,
    form: Form<RetryForm>,
) -> WebResult<HttpResponse> {
    let Form(form) = form;
    staff.check_csrf(&state, form.csrf.as_deref())?;
    let filter = Filter {
        kind: form.kind.filter(|kind| !kind.is_empty()),
        queue: read(form.queue)?,
    };
    let id = read(form.id)?;
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { mail_desk::retry(&ctx, &actor, &filter, id).await };
    state.ctx.to_end(acting).await?;
    Ok(see_other("/console/mails"))
}

fn read(id: Option<String>) -> WebResult<Option<Uuid>> {
    let id = id.filter(|id| !id.is_empty());
    id.map(|id| Uuid::try_parse(&id).map_err(|_| WebError::Malformed))
        .transpose()
}

fn domain(domain: Domain) -> DomainName {
    let id = domain.id.map(|id| id.to_string()).unwrap_or_default();
    DomainName {
        // enough to tell one from another
        sign: id.chars().take(8).collect(),
        provider: domain.provider,
        id,
    }
}

fn group(group: Group) -> GroupLine {
    GroupLine {
        kind: group.kind,
        domain: domain(group.domain),
        state: group.state,
        count: group.count,
        oldest: group.oldest,
        next: group.next,
    }
}

fn dead(mail: Dead) -> DeadLine {
    DeadLine {
        id: mail.id.to_string(),
        kind: mail.kind,
        domain: domain(mail.domain),
        attempts: mail.attempts,
        created_at: mail.created_at,
        failure: mail.failure.as_str(),
        answer: mail.answer,
    }
}
