//! `/console/cases/{slug}/queues`: what waits for staff, the way from one item to the next, and who works on which.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDate;
use serde::Deserialize;
use url::form_urlencoded;
use uuid::Uuid;

use crate::app::claimant_list;
use crate::app::work_queue::{self, Assignment, Item, QueueFigures};
use crate::app::{AppError, AppResult};
use crate::domain::claimant::Queue;
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::ids::ClaimantId;
use crate::domain::permission::operation;
use crate::domain::work_queue::WorkQueue;
use crate::render::page::Errors;
use crate::render::page::console::queues::{AssignPage, QueueBar, QueueLine, QueuesPage};
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::api::staff::queues::{NextQuery, item, queue, to};
use crate::web::console::{inside, page, see_other};
use crate::web::extract::{Form, Lang, Staff};

/// Whom an item is given to.
#[derive(Deserialize)]
pub struct AssignForm {
    csrf: Option<String>,
    #[serde(default)]
    to: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    due_on: String,
    /// The item, where it is not what assignments name.
    #[serde(default)]
    item: String,
}

/// From where the next item is begun.
#[derive(Deserialize)]
pub struct BeginForm {
    csrf: Option<String>,
    /// The item before.
    #[serde(default)]
    after: String,
}

/// Where a list is opened.
#[derive(Deserialize)]
pub struct OverviewQuery {
    /// The queue that was worked off.
    done: Option<String>,
}

/// `GET /console/cases/{slug}/queues?done=`
pub async fn overview(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    slug: web::Path<String>,
    query: web::Query<OverviewQuery>,
) -> WebResult<HttpResponse> {
    let own = claimant_list::own_case(&state.ctx, &staff.actor, &slug).await?;
    let queues = work_queue::overview(&state.ctx, &staff.actor, &slug).await?;
    let done = query.done.as_deref().and_then(WorkQueue::parse);
    let worked_off = queues.iter().find(|line| Some(line.queue) == done);
    let kept = worked_off.map_or(0, |line| positive(line.mine));
    let (waiting, empty): (Vec<_>, Vec<_>) = queues.into_iter().partition(|queue| queue.count > 0);
    let may_begin = operation::BEGIN_ITEM.allows(staff.actor.role());
    let lines = waiting.iter().map(|queue| QueueLine {
        may_begin: may_begin && queue.queue.is_begun_by_one(),
        ..line(&slug, queue)
    });
    let shown = QueuesPage {
        console: inside(&state, language, &request, &staff).await?,
        title: own.case.title.clone(),
        now: state.ctx.clock.now(),
        done: done.map(WorkQueue::as_str),
        kept,
        waiting: lines.collect(),
        empty: empty.iter().map(|queue| queue.queue.as_str()).collect(),
        slug: slug.into_inner(),
    };
    page(StatusCode::OK, &shown)
}

/// `GET /console/cases/{slug}/queues/{queue}/next?after=`
pub async fn next(
    state: web::Data<AppState>,
    staff: Staff,
    path: web::Path<(String, String)>,
    query: web::Query<NextQuery>,
) -> WebResult<HttpResponse> {
    let (slug, word) = path.into_inner();
    let (queue, after) = (queue(&word)?, query.after()?);
    let next = work_queue::next(&state.ctx, &staff.actor, &slug, queue, after).await?;
    Ok(see_other(&match next {
        Some(next) => item_place(queue, next),
        None => format!("/console/cases/{slug}/queues?done={word}"),
    }))
}

/// `POST /console/cases/{slug}/queues/{queue}/begin`
pub async fn begin(
    state: web::Data<AppState>,
    staff: Staff,
    path: web::Path<(String, String)>,
    form: Form<BeginForm>,
) -> WebResult<HttpResponse> {
    let ((slug, word), Form(form)) = (path.into_inner(), form);
    staff.check_csrf(&state, form.csrf.as_deref())?;
    let after = Uuid::try_parse(&form.after).ok();
    onward(&state, &staff, slug, queue(&word)?, after).await
}

/// Begins the next item of a queue and leads there.
pub(super) async fn onward(
    state: &AppState,
    staff: &Staff,
    slug: String,
    queue: WorkQueue,
    after: Option<Uuid>,
) -> WebResult<HttpResponse> {
    let all = format!("/console/cases/{slug}/queues?done={}", queue.as_str());
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { work_queue::begin(&ctx, &actor, &slug, queue, after).await };
    let next = state.ctx.to_end(acting).await?;
    Ok(see_other(&next.map_or(all, |next| item_place(queue, next))))
}

/// `POST /console/cases/{slug}/queues/{queue}/items/{id}/assignment`
pub async fn assign(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    path: web::Path<(String, String, String)>,
    form: Form<AssignForm>,
) -> WebResult<HttpResponse> {
    let (slug, word, id) = path.into_inner();
    let (queue, subject, Form(form)) = (queue(&word)?, item(&id)?, form);
    staff.check_csrf(&state, form.csrf.as_deref())?;
    let shown = Item {
        id: Uuid::try_parse(&form.item).unwrap_or(subject),
        subject,
    };
    let due_on = day(&form.due_on);
    let typed = due_on.as_ref().ok().copied().flatten();
    let done = match due_on {
        Ok(due_on) => {
            let wanted = Assignment {
                to: to(&staff, Some(&form.to)),
                from: Uuid::try_parse(&form.from).ok(),
                due_on,
            };
            let (ctx, actor, slug) = (state.ctx.clone(), staff.actor.clone(), slug.clone());
            let acting = async move {
                work_queue::assign(&ctx, &actor, &slug, (queue, subject), wanted).await
            };
            state.ctx.to_end(acting).await
        }
        Err(error) => Err(error),
    };
    let errors = match done {
        Ok(()) => return Ok(see_other(&item_place(queue, shown))),
        Err(AppError::Invalid(errors)) => errors,
        Err(error) => return Err(error.into()),
    };
    let mut bar = bar(&state, &staff, &slug, queue, shown).await?;
    bar.to = form.to;
    bar.due_on = typed;
    bar.wrong = Errors::from(&errors);
    let mut console = inside(&state, language, &request, &staff).await?;
    let back = item_place(queue, shown);
    console.chrome.path.clone_from(&back);
    let bar = Some(bar);
    page(
        StatusCode::UNPROCESSABLE_ENTITY,
        &AssignPage { console, back, bar },
    )
}

/// A day as a date field sends it; empty: none.
fn day(text: &str) -> AppResult<Option<NaiveDate>> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    text.trim().parse().map(Some).map_err(|_| {
        let mut errors = FieldErrors::new();
        errors.push("/due_on", FieldCode::Format, "error-day-format");
        AppError::Invalid(errors)
    })
}

/// Where an item is worked on.
fn item_place(queue: WorkQueue, item: Item) -> String {
    let (id, subject) = (item.id, item.subject);
    match queue {
        WorkQueue::Claimants(list) => {
            format!("/console/claimants/{subject}?queue={}", list.as_str())
        }
        WorkQueue::Conflicts => format!("/console/conflicts/{id}"),
        WorkQueue::Paper => format!("/console/claimants/{subject}/paper/{id}"),
        WorkQueue::Rights => format!("/console/rights/{id}"),
        WorkQueue::ScamReports => format!("/console/scam-reports/{id}"),
        WorkQueue::Exports => format!("/console/exports/{id}"),
    }
}

/// Where a queue is listed.
fn list_place(slug: &str, queue: WorkQueue) -> String {
    let case = format!("/console/cases/{slug}");
    match queue {
        WorkQueue::Claimants(list) => format!("{case}?queue={}", list.as_str()),
        WorkQueue::Conflicts => format!("{case}/queues/conflicts/next"),
        WorkQueue::Paper => format!("{case}/paper"),
        WorkQueue::Rights => format!("{case}/rights"),
        WorkQueue::ScamReports => "/console/scam-reports".to_owned(),
        WorkQueue::Exports => format!("{case}/exports"),
    }
}

fn line(slug: &str, figures: &QueueFigures) -> QueueLine {
    let word = figures.queue.as_str();
    QueueLine {
        word,
        href: list_place(slug, figures.queue),
        start: format!("/console/cases/{slug}/queues/{word}"),
        may_begin: false,
        in_hand: figures
            .in_hand
            .iter()
            .map(|begun| (begun.holder.name.clone(), begun.holder.since))
            .collect(),
        count: positive(figures.count),
        more: figures.more,
        oldest: figures.oldest,
        due_on: figures.due_on,
        overdue: figures.overdue,
        mine: positive(figures.mine),
        free: positive(figures.free),
        is_begun_by_one: figures.queue.is_begun_by_one(),
    }
}

fn positive(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

/// The queue that a page of a claimant was opened from: `?queue=`.
pub(super) fn opened_from(request: &HttpRequest) -> Option<WorkQueue> {
    let pairs = form_urlencoded::parse(request.query_string().as_bytes());
    let mut words = pairs.filter(|(name, _)| name == "queue");
    let queue = WorkQueue::parse(&words.next()?.1)?;
    matches!(queue, WorkQueue::Claimants(_)).then_some(queue)
}

/// A claimant as an item.
pub(super) fn of_claimant(id: ClaimantId) -> Item {
    Item {
        id: id.uuid(),
        subject: id.uuid(),
    }
}

/// Back to the page of a claimant, on the queue that it was opened from.
pub(super) fn back_to(request: &HttpRequest, id: ClaimantId) -> HttpResponse {
    let place = super::claimants::place(id);
    see_other(&match opened_from(request) {
        Some(queue) => format!("{place}?queue={}", queue.as_str()),
        None => place,
    })
}

/// What stands over an item: where it stands, who has it, the way to the next.
pub(super) async fn bar(
    state: &AppState,
    staff: &Staff,
    slug: &str,
    queue: WorkQueue,
    item: Item,
) -> WebResult<QueueBar> {
    let standing =
        work_queue::standing(&state.ctx, &staff.actor, slug, queue, item.subject).await?;
    let holder = standing.holder;
    Ok(QueueBar {
        slug: slug.to_owned(),
        word: queue.as_str(),
        list: list_place(slug, queue),
        item: item.id.to_string(),
        subject: item.subject.to_string(),
        waits: standing.waits,
        is_mine: standing.is_mine,
        to: holder
            .as_ref()
            .map(|holder| holder.id.to_string())
            .unwrap_or_default(),
        wrong: Errors::default(),
        may_assign: standing.may_assign,
        from: holder
            .as_ref()
            .map(|holder| holder.id.to_string())
            .unwrap_or_default(),
        due_on: holder.as_ref().and_then(|holder| holder.due_on),
        overdue: holder.as_ref().is_some_and(|holder| holder.overdue),
        until: holder.as_ref().and_then(|holder| holder.until),
        since: holder.as_ref().map(|holder| holder.since),
        holder: holder.map(|holder| holder.name),
        colleagues: standing
            .colleagues
            .into_iter()
            .map(|colleague| (colleague.id.to_string(), colleague.name))
            .collect(),
    })
}

/// The words of all lists of claimants.
pub(super) fn lists() -> Vec<&'static str> {
    Queue::ALL.map(Queue::as_str).to_vec()
}
