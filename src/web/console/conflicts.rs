//! `/console/conflicts/{id}`: two records side by side, and what staff decide.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use uuid::Uuid;

use crate::app::AppError;
use crate::app::conflict::{self, Conflict, Side};
use crate::app::work_queue::Item;
use crate::domain::work_queue::WorkQueue;
use crate::render::page::Errors;
use crate::render::page::console::conflict::{ConflictPage, ProposalLine, SideLine};
use crate::state::AppState;
use crate::web::api::staff::conflicts::{approved, decided};
use crate::web::api::staff::queues::item;
use crate::web::console::{inside, page, queues, see_other};
use crate::web::extract::{Form, Lang, Staff};
use crate::web::{WebError, WebResult};

/// What is decided.
#[derive(Deserialize)]
pub struct DecisionForm {
    csrf: Option<String>,
    /// `co_holders`, `approve`, `refuse`, or the id of who keeps the key.
    #[serde(default)]
    decision: String,
    #[serde(default)]
    reason: String,
}

/// `GET /console/conflicts/{id}`
pub async fn one(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let shown = shown(&state, language, &staff, &request, item(&id)?).await?;
    page(StatusCode::OK, &shown)
}

/// `POST /console/conflicts/{id}/decision`
pub async fn decide(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    form: Form<DecisionForm>,
) -> WebResult<HttpResponse> {
    let (id, Form(form)) = (item(&id)?, form);
    staff.check_csrf(&state, form.csrf.as_deref())?;
    let before = shown(&state, language, &staff, &request, id).await?;
    let done = if form.decision == "co_holders" {
        decided(&state, &staff, id, ("co_holders", None), Some(&form.reason)).await
    } else {
        let keeper = Some(form.decision.as_str());
        decided(&state, &staff, id, ("keeps", keeper), Some(&form.reason)).await
    };
    match done {
        Ok(()) if form.decision == "co_holders" => onward(&state, &staff, before, id).await,
        done => answer(before, id, form, done),
    }
}

/// `POST /console/conflicts/{id}/approval`
pub async fn approve(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    form: Form<DecisionForm>,
) -> WebResult<HttpResponse> {
    let (id, Form(form)) = (item(&id)?, form);
    staff.check_csrf(&state, form.csrf.as_deref())?;
    let before = shown(&state, language, &staff, &request, id).await?;
    let done = approved(&state, &staff, id, &form.decision, Some(&form.reason)).await;
    match done {
        Ok(()) if form.decision == "approve" => onward(&state, &staff, before, id).await,
        done => answer(before, id, form, done),
    }
}

/// What is settled leads on to the next clash, which is begun.
async fn onward(
    state: &AppState,
    staff: &Staff,
    settled: ConflictPage,
    id: Uuid,
) -> WebResult<HttpResponse> {
    queues::onward(state, staff, settled.slug, WorkQueue::Conflicts, Some(id)).await
}

/// What waits is shown again, and so is what was refused.
fn answer(
    before: ConflictPage,
    id: Uuid,
    form: DecisionForm,
    done: WebResult<()>,
) -> WebResult<HttpResponse> {
    let errors = match done {
        Ok(()) => return Ok(see_other(&format!("/console/conflicts/{id}"))),
        Err(WebError::App(AppError::Invalid(errors))) => errors,
        Err(error) => return Err(error),
    };
    let shown = ConflictPage {
        decision: form.decision,
        reason: form.reason,
        errors: Errors::from(&errors),
        ..before
    };
    page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
}

async fn shown(
    state: &AppState,
    language: Lang,
    staff: &Staff,
    request: &HttpRequest,
    id: Uuid,
) -> WebResult<ConflictPage> {
    let found: Conflict = conflict::get(&state.ctx, &staff.actor, id).await?;
    let mut console = inside(state, language, request, staff).await?;
    console.chrome.path = format!("/console/conflicts/{id}");
    let slug = found.own.case.slug.clone();
    let own = found.sides.iter().find(|side| side.seen.is_some());
    let bar = match own {
        Some(_) => {
            let subject = found.subject;
            let item = Item { id, subject };
            Some(queues::bar(state, staff, &slug, WorkQueue::Conflicts, item).await?)
        }
        None => None,
    };
    let keeper = found.proposal.as_ref().map(|proposal| proposal.keeper);
    let named = |side: &Side| side.seen.as_ref().map(|seen| seen.reference.grouped());
    let keeper = keeper.and_then(|keeper| {
        let mut sides = found.sides.iter();
        named(sides.find(|side| side.claimant == keeper)?)
    });
    Ok(ConflictPage {
        console,
        bar,
        title: found.own.case.title.clone(),
        slug,
        id: id.to_string(),
        kind: found.kind,
        opened_at: found.opened_at,
        is_ours: found.is_ours,
        proposal: found.proposal.map(|proposal| ProposalLine {
            keeper: keeper.unwrap_or_default(),
            by: proposal.by,
            at: proposal.at,
            is_own: proposal.is_own,
        }),
        sides: found.sides.into_iter().map(line).collect(),
        decision: String::new(),
        reason: String::new(),
        errors: Errors::default(),
    })
}

fn line(side: Side) -> SideLine {
    let id = side.seen.as_ref().map(|_| side.claimant.to_string());
    let (reference, name, codice_fiscale, mailboxes) = match side.seen {
        Some(seen) => (
            seen.reference.grouped(),
            seen.name.unwrap_or_default(),
            seen.codice_fiscale.unwrap_or_default(),
            seen.mailboxes,
        ),
        None => (String::new(), String::new(), String::new(), Vec::new()),
    };
    SideLine {
        id,
        association: side.association,
        holds: side.holds,
        state: side.state.as_str(),
        created_at: side.created_at,
        confirmed_at: side.confirmed_at,
        signed_at: side.signed_at,
        tier: side.tier,
        proved: side.proved,
        documents: side.documents,
        reference,
        name,
        codice_fiscale,
        mailboxes,
    }
}
