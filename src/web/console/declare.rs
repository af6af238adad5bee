//! `/console/claimants/{id}/declare`: staff type the declaration of somebody without an e-mail, on the phone, at
//! the desk or from a letter, with the forms of claimants.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use crate::app::declaration::{self, Dictation};
use crate::app::directory::CaseEntry;
use crate::app::{AppError, AppResult};
use crate::domain::field::FieldErrors;
use crate::domain::ids::ClaimantId;
use crate::domain::language::Language;
use crate::domain::reference::Reference;
use crate::domain::sign_up::ConsentInput;
use crate::render::page::declare::{DictationFields, ElsewhereForm, IncidentForm};
use crate::render::page::join::ConsentField;
use crate::render::page::{Chrome, DeskHead, Errors, FieldError};
use crate::state::AppState;
use crate::web::console::claimants::{claimant_id, place};
use crate::web::console::{inside, see_other};
use crate::web::declaration_form::of_step;
use crate::web::declaration_form::steps::{Saved, SentStep, StepQuery, Steps};
use crate::web::error::come_back;
use crate::web::extract::{Form, Lang, Staff};
use crate::web::{WebError, WebResult};

/// A step as it was sent; the last one says how it was told.
#[derive(Deserialize)]
pub struct SentDeskStep {
    csrf: Option<String>,
    step: Option<usize>,
    #[serde(default)]
    incidents: Vec<IncidentForm>,
    elsewhere: Option<ElsewhereForm>,
    narrative: Option<String>,
    back: Option<String>,
    how: Option<String>,
    consents: Option<Vec<ConsentInput>>,
}

/// Who types, for whom.
struct Desk {
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: ClaimantId,
}

/// `GET /console/claimants/{id}/declare?step=&check=`
pub async fn page(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    query: Result<web::Query<StepQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let query = query.map_err(|_| WebError::Malformed)?.into_inner();
    let desk = Desk {
        id: claimant_id(&id)?,
        state,
        language,
        staff,
        request,
    };
    let steps = desk.steps(None, &[]).await?;
    let (step, errors) = steps.open(&query);
    steps.show(StatusCode::OK, step, errors)
}

/// `POST /console/claimants/{id}/declare`
pub async fn send(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    form: Form<SentDeskStep>,
) -> WebResult<HttpResponse> {
    let (id, Form(mut sent)) = (claimant_id(&id)?, form);
    staff.check_csrf(&state, sent.csrf.as_deref())?;
    for consent in sent.consents.iter_mut().flatten() {
        // a box that is not ticked is not sent
        consent.given.get_or_insert(false);
    }
    let desk = Desk {
        state,
        language,
        staff,
        request,
        id,
    };
    let told = Dictation {
        how: sent.how,
        consents: sent.consents,
    };
    let typed = told.consents.as_deref().unwrap_or_default();
    let mut steps = desk.steps(told.how.as_deref(), typed).await?;
    let step = steps.number(sent.step);
    let sent = SentStep {
        step: sent.step,
        incidents: sent.incidents,
        elsewhere: sent.elsewhere,
        narrative: sent.narrative,
        back: sent.back,
    };
    steps.take(step, sent);
    if step == steps.work.steps() {
        desk.declare(steps, told).await
    } else {
        desk.save(steps, step).await
    }
}

impl Desk {
    async fn steps(&self, how: Option<&str>, typed: &[ConsentInput]) -> WebResult<Steps> {
        let ctx = &self.state.ctx;
        let (looking, actor, id) = (ctx.clone(), self.staff.actor.clone(), self.id);
        // what is seen goes into the trail, whether or not the browser waits for it
        let looking =
            Box::pin(async move { declaration::get_by_staff(&looking, &actor, id).await });
        let mine = ctx.to_end(looking).await?;
        let console = inside(&self.state, self.language, &self.request, &self.staff).await?;
        let chrome = Chrome {
            staff: console.who,
            ..console.chrome
        };
        let directory = ctx.directories.get(ctx).await?;
        let desk = DeskHead {
            id: self.id.to_string(),
            reference: Reference::of(self.id).grouped(),
            name: mine.name.clone(),
        };
        let mut steps = Steps::new(chrome, &directory, mine)?;
        steps.desk = Some(desk);
        steps.dictation = Some(DictationFields {
            how: how.unwrap_or_default().to_owned(),
            consents: consents(&steps.case, typed),
        });
        Ok(steps)
    }

    /// Saves a step; what is wrong with it is said now, next to its fields.
    async fn save(&self, steps: Steps, step: usize) -> WebResult<HttpResponse> {
        let made = steps.work.assemble(false);
        if !of_step(made.form_errors(), step).is_empty() {
            let errors = of_step(&steps.wrong(), step);
            return steps.show(StatusCode::UNPROCESSABLE_ENTITY, step, errors);
        }
        let (ctx, actor) = (self.state.ctx.clone(), self.staff.actor.clone());
        let (id, input) = (self.id, made.input);
        let saving =
            async move { declaration::save_draft_by_staff(&ctx, &actor, id, &input).await };
        let saved = self.state.ctx.to_end(saving).await;
        match steps.after_saving(step, saved)? {
            Saved::Whole => {
                let next = format!("{}/declare?step={}", place(self.id), steps.after(step));
                Ok(see_other(&next))
            }
            Saved::Wrong(errors) => steps.show(StatusCode::UNPROCESSABLE_ENTITY, step, errors),
        }
    }

    /// Declares what the steps say, as it was told. Sent twice, it is one version.
    async fn declare(&self, steps: Steps, told: Dictation) -> WebResult<HttpResponse> {
        let last = steps.work.steps();
        if steps.work.read(&steps.mine.rules).is_err() {
            return steps.show(StatusCode::UNPROCESSABLE_ENTITY, last, Errors::default());
        }
        let input = steps.work.assemble(true).input;
        let (ctx, actor, id) = (self.state.ctx.clone(), self.staff.actor.clone(), self.id);
        let declaring =
            Box::pin(async move { declaration::put_by_staff(&ctx, &actor, id, input, told).await });
        let done: AppResult<_> = self.state.ctx.to_end(declaring).await;
        match done {
            // the same form sent twice at once: the other one made the version
            Ok(_) | Err(AppError::IllegalTransition("declaration_changed")) => {
                Ok(see_other(&format!("{}#desk", place(self.id))))
            }
            Err(AppError::Invalid(errors)) => {
                let errors = of_summary(&errors);
                steps.show(StatusCode::UNPROCESSABLE_ENTITY, last, errors)
            }
            Err(AppError::RateLimited(wait)) => {
                let errors = Errors(vec![FieldError {
                    about: None,
                    pointer: String::new(),
                    reason: "error-declaration-too-often",
                }]);
                let page = steps.show(StatusCode::TOO_MANY_REQUESTS, last, errors)?;
                Ok(come_back(page, wait))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// What the last page has fields for; the rest it tells by the steps that are open.
fn of_summary(errors: &FieldErrors) -> Errors {
    let Errors(all) = Errors::from(errors);
    let has_field =
        |error: &FieldError| error.pointer == "/how" || error.pointer.starts_with("/consents");
    Errors(all.into_iter().filter(has_field).collect())
}

/// The required consents with the texts now in force, which are Italian: they are read out.
fn consents(case: &CaseEntry, typed: &[ConsentInput]) -> Vec<ConsentField> {
    let texts = case.consents(Language::It).into_iter();
    let required = texts.filter(|(purpose, _)| purpose.is_required());
    let fields = required.map(|(purpose, text)| {
        let given = typed.iter().any(|consent| {
            consent.purpose.as_deref() == Some(purpose.as_str())
                && consent.text_version.as_deref() == Some(text.version.as_str())
                && consent.given == Some(true)
        });
        ConsentField {
            purpose: purpose.as_str().to_owned(),
            text_version: text.version.clone(),
            words: text.body.clone(),
            required: true,
            given,
        }
    });
    fields.collect()
}
