//! `/console/claimants/{id}/representative`: who acts for a claimant, and a claimant's death (R46, R47).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use crate::app::{AppError, claimant_view, estate, representation};
use crate::domain::estate::{EstateInput, HeirInput};
use crate::domain::ids::ClaimantId;
use crate::domain::reference::Reference;
use crate::domain::representation::Title;
use crate::render::page::Errors;
use crate::render::page::console::representation::{DeathFields, HeirFields, RepresentationPage};
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::api::staff::quarantine::reason;
use crate::web::console::claimants::{claimant_id, place};
use crate::web::console::{inside, page, see_other};
use crate::web::declaration_form::as_iso;
use crate::web::extract::{Form, Lang, Staff};
use crate::web::representative_form::{self, SentRepresentative};

/// Lines for heirs on an empty form.
const HEIR_LINES: usize = 4;

/// Why a representation ends.
#[derive(Deserialize)]
pub struct EndForm {
    csrf: Option<String>,
    #[serde(default)]
    reason: String,
}

/// A death.
#[derive(Deserialize)]
pub struct DeathForm {
    csrf: Option<String>,
    #[serde(default)]
    died_on: String,
    #[serde(default)]
    heirs: Vec<SentHeir>,
}

/// An heir as sent.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct SentHeir {
    given_name: String,
    family_name: String,
    codice_fiscale: String,
    share: String,
}

/// Who asks, about whom.
struct Asked {
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: ClaimantId,
}

/// `GET /console/claimants/{id}/representative`
pub async fn form(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let id = claimant_id(&id)?;
    let asked = Asked {
        state,
        language,
        staff,
        request,
        id,
    };
    page(StatusCode::OK, &empty(&asked).await?)
}

/// `POST /console/claimants/{id}/representative`
pub async fn send(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    form: Form<SentRepresentative>,
) -> WebResult<HttpResponse> {
    let (id, Form(sent)) = (claimant_id(&id)?, form);
    staff.check_csrf(&state, sent.csrf.as_deref())?;
    let input = representative_form::input(&sent);
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { representation::put_by_staff(&ctx, &actor, id, &input).await };
    let done = state.ctx.to_end(acting).await;
    let asked = Asked {
        state,
        language,
        staff,
        request,
        id,
    };
    answer(&asked, done, |page| {
        page.fields = representative_form::typed(&sent);
    })
    .await
}

/// `POST /console/claimants/{id}/representative-end`
pub async fn end(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    form: Form<EndForm>,
) -> WebResult<HttpResponse> {
    let (id, Form(sent)) = (claimant_id(&id)?, form);
    staff.check_csrf(&state, sent.csrf.as_deref())?;
    let done = match reason(Some(&sent.reason)) {
        Ok(reason) => {
            let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
            let acting =
                async move { representation::end_by_staff(&ctx, &actor, id, &reason).await };
            state.ctx.to_end(acting).await
        }
        Err(error) => Err(error),
    };
    let asked = Asked {
        state,
        language,
        staff,
        request,
        id,
    };
    answer(&asked, done, |page| page.reason = sent.reason).await
}

/// `POST /console/claimants/{id}/death`
pub async fn death(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    form: Form<DeathForm>,
) -> WebResult<HttpResponse> {
    let (id, Form(sent)) = (claimant_id(&id)?, form);
    staff.check_csrf(&state, sent.csrf.as_deref())?;
    let input = EstateInput {
        died_on: Some(as_iso(&sent.died_on)),
        heirs: Some(sent.heirs.iter().filter_map(heir).collect()),
    };
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { estate::record(&ctx, &actor, id, &input).await };
    let done = state.ctx.to_end(acting).await;
    let asked = Asked {
        state,
        language,
        staff,
        request,
        id,
    };
    answer(&asked, done, |page| page.death = typed(&sent)).await
}

/// A line of the form in which something stands.
fn heir(sent: &SentHeir) -> Option<HeirInput> {
    let fields = [
        &sent.given_name,
        &sent.family_name,
        &sent.codice_fiscale,
        &sent.share,
    ];
    if fields.into_iter().all(|field| field.trim().is_empty()) {
        return None;
    }
    Some(HeirInput {
        given_name: Some(sent.given_name.clone()),
        family_name: Some(sent.family_name.clone()),
        codice_fiscale: Some(sent.codice_fiscale.clone()),
        share: Some(sent.share.clone()),
    })
}

/// What was typed: lines without anything come last, so that errors stand beside theirs.
fn typed(sent: &DeathForm) -> DeathFields {
    let filled = sent.heirs.iter().filter(|line| heir(line).is_some());
    let mut heirs: Vec<HeirFields> = filled
        .map(|line| HeirFields {
            given_name: line.given_name.clone(),
            family_name: line.family_name.clone(),
            codice_fiscale: line.codice_fiscale.clone(),
            share: line.share.clone(),
        })
        .collect();
    let lines = heirs.len().max(HEIR_LINES - 1) + 1;
    heirs.resize_with(lines, HeirFields::default);
    DeathFields {
        died_on: sent.died_on.clone(),
        heirs,
    }
}

/// Back to the claimant; what was refused is told on the form, with what was typed.
async fn answer<T>(
    asked: &Asked,
    done: Result<T, AppError>,
    fill: impl FnOnce(&mut RepresentationPage),
) -> WebResult<HttpResponse> {
    let errors = match done {
        Ok(_) => return Ok(see_other(&place(asked.id))),
        Err(AppError::Invalid(errors)) => errors,
        Err(error) => return Err(error.into()),
    };
    let mut form = empty(asked).await?;
    fill(&mut form);
    form.errors = Errors::from(&errors);
    page(StatusCode::UNPROCESSABLE_ENTITY, &form)
}

async fn empty(asked: &Asked) -> WebResult<RepresentationPage> {
    let id = asked.id;
    let view = claimant_view::view(&asked.state.ctx, &asked.staff.actor, id).await?;
    let mut console = inside(&asked.state, asked.language, &asked.request, &asked.staff).await?;
    console.chrome.path = format!("{}/representative", place(id));
    Ok(RepresentationPage {
        console,
        id: id.to_string(),
        reference: Reference::of(id).grouped(),
        is_represented: view.representative.is_some(),
        titles: Title::ALL.map(Title::as_str).to_vec(),
        fields: representative_form::stored(None),
        reason: String::new(),
        death: DeathFields {
            died_on: String::new(),
            heirs: vec![HeirFields::default(); HEIR_LINES],
        },
        errors: Errors::default(),
    })
}
