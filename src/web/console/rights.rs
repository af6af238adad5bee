//! `/console/cases/{slug}/rights`, `/console/rights/{id}`, `/console/claimants/{id}/rights` (R60).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use crate::app::rights::{self, RightsRequest};
use crate::app::work_queue::Item;
use crate::app::{AppError, claimant_list, own_data};
use crate::domain::field::FieldErrors;
use crate::domain::permission::operation;
use crate::domain::reference::Reference;
use crate::domain::rights::{Effect, RightsDecision, RightsKind};
use crate::domain::work_queue::WorkQueue;
use crate::render::page::Errors;
use crate::render::page::console::queues::QueueBar;
use crate::render::page::rights::{ConfirmPage, LetterPage, QueuePage, RequestPage};
use crate::state::AppState;
use crate::web::api::public::own_data::archive;
use crate::web::api::staff::quarantine::reason;
use crate::web::api::staff::rights::{QueueQuery, decided, letter, request_id};
use crate::web::console::claimants::claimant_id;
use crate::web::console::{inside, page, queues, see_other};
use crate::web::extract::{Form, Lang, Staff};
use crate::web::public::rights::line;
use crate::web::{WebError, WebResult};

/// A letter as it was typed.
#[derive(Deserialize)]
pub struct LetterForm {
    csrf: Option<String>,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    received_on: String,
}

/// A decision as it was typed.
#[derive(Deserialize)]
pub struct DecisionForm {
    csrf: Option<String>,
    #[serde(default)]
    decision: String,
    #[serde(default)]
    reason: String,
    confirm: Option<String>,
    letter_sent: Option<String>,
}

/// `GET /console/cases/{slug}/rights?cursor=`
pub async fn queue(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    slug: web::Path<String>,
    query: web::Query<QueueQuery>,
) -> WebResult<HttpResponse> {
    let own = claimant_list::own_case(&state.ctx, &staff.actor, &slug).await?;
    let queue = rights::queue(&state.ctx, &staff.actor, &slug, query.after()?).await?;
    let shown = QueuePage {
        console: inside(&state, language, &request, &staff).await?,
        slug: own.case.slug.clone(),
        title: own.case.title.clone(),
        requests: queue.items.into_iter().map(line).collect(),
        open: queue.open,
        overdue: queue.overdue,
        opens: operation::GET_RIGHTS_REQUEST.allows(staff.actor.role()),
        next: queue.next,
    };
    page(StatusCode::OK, &shown)
}

/// `GET /console/rights/{id}`
pub async fn one(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let found = rights::get(&state.ctx, &staff.actor, request_id(&id)?).await?;
    let shown = shown(&state, language, &staff, &request, found).await?;
    page(StatusCode::OK, &shown)
}

/// `POST /console/rights/{id}/extension`
pub async fn extend(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    form: Form<DecisionForm>,
) -> WebResult<HttpResponse> {
    let (id, Form(form)) = (request_id(&id)?, form);
    staff.check_csrf(&state, form.csrf.as_deref())?;
    let errors = match reason(Some(&form.reason)) {
        Ok(reason) => {
            let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
            let acting = async move { rights::extend(&ctx, &actor, id, &reason).await };
            state.ctx.to_end(acting).await?;
            return Ok(see_other(&format!("/console/rights/{id}")));
        }
        Err(AppError::Invalid(errors)) => errors,
        Err(error) => return Err(error.into()),
    };
    let found = rights::get(&state.ctx, &staff.actor, id).await?;
    let shown = shown(&state, language, &staff, &request, found).await?;
    refused(shown, form, &errors)
}

/// `POST /console/rights/{id}/answer`: what changes the record is shown before, and confirmed.
pub async fn answer(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    form: Form<DecisionForm>,
) -> WebResult<HttpResponse> {
    let (id, Form(form)) = (request_id(&id)?, form);
    staff.check_csrf(&state, form.csrf.as_deref())?;
    let read = decided(
        Some(&form.decision),
        Some(&form.reason),
        form.confirm.as_deref(),
    );
    let done = match read {
        Ok(given) => {
            let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
            let acting = async move { rights::answer(&ctx, &actor, id, &given).await };
            state.ctx.to_end(acting).await
        }
        Err(error) => Err(error),
    };
    let errors = match done {
        Ok(_) => return Ok(see_other(&format!("/console/rights/{id}"))),
        Err(AppError::Invalid(errors)) => errors,
        Err(error) => return Err(error.into()),
    };
    let found = rights::get(&state.ctx, &staff.actor, id).await?;
    let effect = found.if_granted;
    let shown = shown(&state, language, &staff, &request, found).await?;
    let only_confirm = errors.iter().all(|error| error.pointer == "/confirm");
    match effect.filter(|_| only_confirm) {
        Some(effect) => page(
            StatusCode::OK,
            &ConfirmPage {
                console: shown.console,
                request: shown.request,
                effect: effect.as_str(),
                decision: form.decision,
                reason: form.reason,
                changed: form.confirm.is_some(),
            },
        ),
        None => refused(shown, form, &errors),
    }
}

/// `POST /console/rights/{id}/data`: the copy, as a download.
pub async fn hand_over(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    form: Form<DecisionForm>,
) -> WebResult<HttpResponse> {
    let (id, Form(form)) = (request_id(&id)?, form);
    staff.check_csrf(&state, form.csrf.as_deref())?;
    staff.actor.require(&operation::HAND_OVER_DATA)?;
    let errors = match reason(Some(&form.reason)) {
        Ok(reason) => {
            let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
            let taking =
                Box::pin(async move { own_data::hand_over(&ctx, &actor, id, &reason).await });
            return Ok(archive(state.ctx.to_end(taking).await?));
        }
        Err(AppError::Invalid(errors)) => errors,
        Err(error) => return Err(error.into()),
    };
    let found = rights::get(&state.ctx, &staff.actor, id).await?;
    let shown = shown(&state, language, &staff, &request, found).await?;
    refused(shown, form, &errors)
}

/// `POST /console/rights/{id}/lifting`
pub async fn lift(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    form: Form<DecisionForm>,
) -> WebResult<HttpResponse> {
    let (id, Form(form)) = (request_id(&id)?, form);
    staff.check_csrf(&state, form.csrf.as_deref())?;
    let sent = form.letter_sent.is_some();
    let done = match reason(Some(&form.reason)) {
        Ok(reason) => {
            let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
            let acting =
                async move { rights::announce_lifting(&ctx, &actor, id, &reason, sent).await };
            state.ctx.to_end(acting).await.map(|_| ())
        }
        Err(error) => Err(error),
    };
    let errors = match done {
        Ok(()) => return Ok(see_other(&format!("/console/rights/{id}"))),
        Err(AppError::Invalid(errors)) => errors,
        Err(error) => return Err(error.into()),
    };
    let found = rights::get(&state.ctx, &staff.actor, id).await?;
    let mut shown = shown(&state, language, &staff, &request, found).await?;
    shown.letter_sent = sent;
    refused(shown, form, &errors)
}

/// `GET /console/claimants/{id}/rights`
pub async fn letter_page(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let id = claimant_id(&id)?;
    rights::check_letter(&state.ctx, &staff.actor, id).await?;
    let shown = LetterPage {
        console: inside(&state, language, &request, &staff).await?,
        id: id.to_string(),
        reference: Reference::of(id).grouped(),
        kinds: RightsKind::ALL.map(RightsKind::as_str).to_vec(),
        kind: String::new(),
        text: String::new(),
        received_on: String::new(),
        errors: Errors::default(),
    };
    page(StatusCode::OK, &shown)
}

/// `POST /console/claimants/{id}/rights`
pub async fn enter_letter(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    form: Form<LetterForm>,
) -> WebResult<HttpResponse> {
    let (id, Form(form)) = (claimant_id(&id)?, form);
    staff.check_csrf(&state, form.csrf.as_deref())?;
    rights::check_letter(&state.ctx, &staff.actor, id).await?;
    let read = letter(
        &state.ctx,
        Some(&form.kind),
        Some(&form.text),
        Some(&form.received_on),
    );
    let errors = match read {
        Ok((kind, text, day)) => {
            let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
            let acting =
                async move { rights::enter_letter(&ctx, &actor, id, kind, &text, day).await };
            let entered = state.ctx.to_end(acting).await?;
            return Ok(see_other(&format!("/console/rights/{}", entered.id)));
        }
        Err(AppError::Invalid(errors)) => errors,
        Err(error) => return Err(error.into()),
    };
    let mut console = inside(&state, language, &request, &staff).await?;
    console.chrome.path = format!("/console/claimants/{id}/rights");
    let shown = LetterPage {
        console,
        id: id.to_string(),
        reference: Reference::of(id).grouped(),
        kinds: RightsKind::ALL.map(RightsKind::as_str).to_vec(),
        kind: form.kind,
        text: form.text,
        received_on: form.received_on,
        errors: Errors::from(&errors),
    };
    page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
}

async fn shown(
    state: &AppState,
    language: Lang,
    staff: &Staff,
    request: &HttpRequest,
    found: RightsRequest,
) -> WebResult<RequestPage> {
    let mut console = inside(state, language, request, staff).await?;
    console.chrome.path = format!("/console/rights/{}", found.id);
    let role = staff.actor.role();
    let is_open = found.answered_at.is_none();
    let bar = bar(state, staff, &found).await?;
    Ok(RequestPage {
        console,
        bar,
        claimant: found.claimant.to_string(),
        may_extend: found.may_extend && operation::EXTEND_RIGHTS_REQUEST.allows(role),
        hands_over: operation::HAND_OVER_DATA.allows(role)
            && RightsKind::parse(Some(&found.kind)).is_ok_and(RightsKind::takes_copy)
            && found.text.is_some(),
        stepped_up: staff.actor.stepped_up(),
        may_lift: found.may_lift && operation::LIFT_RESTRICTION.allows(role),
        letter_sent: false,
        if_granted: found.if_granted.map_or("", Effect::as_str),
        may_answer: is_open && operation::ANSWER_RIGHTS_REQUEST.allows(role),
        decisions: RightsDecision::ALL.map(RightsDecision::as_str).to_vec(),
        decision: String::new(),
        reason: String::new(),
        errors: Errors::default(),
        request: line(found),
    })
}

/// The way to the next request; none once the claimant is gone.
async fn bar(
    state: &AppState,
    staff: &Staff,
    found: &RightsRequest,
) -> WebResult<Option<QueueBar>> {
    let own = claimant_list::cases(&state.ctx, &staff.actor).await?;
    let Some(own) = own.into_iter().find(|own| own.case.id == found.case) else {
        return Ok(None);
    };
    let item = Item {
        id: found.id,
        subject: found.claimant.uuid(),
    };
    let bar = queues::bar(state, staff, &own.case.slug, WorkQueue::Rights, item).await;
    match bar {
        Ok(bar) => Ok(Some(QueueBar {
            waits: found.answered_at.is_none(),
            ..bar
        })),
        Err(WebError::App(AppError::NotFound)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The page again, with what was typed and what is wrong with it.
fn refused(
    shown: RequestPage,
    form: DecisionForm,
    errors: &FieldErrors,
) -> WebResult<HttpResponse> {
    let shown = RequestPage {
        decision: form.decision,
        reason: form.reason,
        errors: Errors::from(errors),
        ..shown
    };
    page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
}
