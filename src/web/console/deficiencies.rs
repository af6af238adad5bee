//! `/console/claimants/{id}/deficiencies`: a claimant is asked for what is missing (R2).

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use crate::app::AppError;
use crate::app::deficiency::{self, Deficiencies};
use crate::render::page::Errors;
use crate::render::page::console::deficiency::{AskedLine, DeficiencyLines};
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::console::claimants::{claimant_id, shown};
use crate::web::console::page;
use crate::web::console::queues::back_to;
use crate::web::extract::{Form, Lang, Staff};

/// What is asked for: a box for each letter.
#[derive(Deserialize)]
pub struct DeficiencyForm {
    csrf: Option<String>,
    #[serde(default)]
    letters: BTreeMap<String, String>,
    #[serde(default)]
    due_on: String,
}

/// `POST /console/claimants/{id}/deficiencies`
pub async fn ask(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    form: Form<DeficiencyForm>,
) -> WebResult<HttpResponse> {
    let (id, Form(form)) = (claimant_id(&id)?, form);
    staff.check_csrf(&state, form.csrf.as_deref())?;
    let letters: Vec<String> = form.letters.into_keys().collect();
    let due_on = form.due_on;
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let (asked, day) = (letters.clone(), due_on.clone());
    let acting = async move { deficiency::ask(&ctx, &actor, id, &asked, Some(&day)).await };
    let errors = match state.ctx.to_end(acting).await {
        Ok(()) => return Ok(back_to(&request, id)),
        Err(AppError::Invalid(errors)) => errors,
        Err(error) => return Err(error.into()),
    };
    let mut shown = shown(&state, language, &staff, &request, id).await?;
    if let Some(lines) = &mut shown.deficiency {
        lines.ticked = letters;
        lines.due_on = due_on;
        lines.errors = Errors::from(&errors);
    }
    page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
}

/// What a claimant was asked for, and may be; nothing where both are empty.
pub(super) fn lines(all: Deficiencies, may_ask: bool) -> Option<DeficiencyLines> {
    let askable = all.askable.iter().filter(|_| may_ask);
    let lines = DeficiencyLines {
        askable: askable.map(|letter| letter.as_char().to_string()).collect(),
        asked: all
            .asked
            .into_iter()
            .map(|asked| AskedLine {
                letter: asked.letter,
                correction: asked.correction,
                asked_at: asked.asked_at,
                due_on: asked.due_on,
                told: asked.told,
                cured_at: asked.cured_at,
                overdue: asked.overdue,
            })
            .collect(),
        corrects: all.corrects,
        by_mail: all.by_mail,
        ticked: Vec::new(),
        due_on: all.proposed.to_string(),
        errors: Errors::default(),
    };
    (!lines.askable.is_empty() || !lines.asked.is_empty()).then_some(lines)
}
