//! `/me/declare?step=`: the declaration, a step a page, each saved when it is sent.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use crate::app::AppError;
use crate::app::declaration;
use crate::app::session::ClaimantActor;
use crate::render::page::Errors;
use crate::web::WebResult;
use crate::web::declaration_form::of_step;
use crate::web::declaration_form::steps::{Saved, SentStep, StepQuery, Steps};
use crate::web::error::{WebError, come_back};
use crate::web::extract::form::KeptForm;
use crate::web::public::resume::{Admission, Again, Came, about, admit, with_cookies};
use crate::web::public::visit::{Visit, see_other};

const PATH: &str = "/me/declare";

/// `GET /me/declare?step=&check=`
pub async fn page(
    visit: Visit,
    query: Result<web::Query<StepQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let query = query.map_err(|_| WebError::Malformed)?.into_inner();
    let actor = visit.claimant().await?;
    let steps = read(&visit, &actor).await?;
    let (step, errors) = steps.open(&query);
    steps.show(StatusCode::OK, step, errors)
}

/// `POST /me/declare`
pub async fn send(mut visit: Visit, form: KeptForm<SentStep>) -> WebResult<HttpResponse> {
    let came = Came {
        action: PATH,
        fields: form.fields,
    };
    let (actor, cookies) = match admit(&mut visit, &came).await? {
        Admission::Entered(actor, cookies) => (actor, cookies),
        Admission::Again(again) => return show_again(&visit, again, form.sent).await,
        Admission::Over(answer) => return Ok(answer),
    };
    let mut steps = read(&visit, &actor).await?;
    let step = steps.number(form.sent.step);
    steps.take(step, form.sent);
    if visit.switches_language() {
        let answer = steps.show(StatusCode::OK, step, Errors::default())?;
        return with_cookies(answer, &cookies);
    }
    let answer = if step == steps.work.steps() {
        declare(&visit, actor, steps).await?
    } else {
        save(&visit, actor, steps, step).await?
    };
    with_cookies(answer, &cookies)
}

/// The step as it was typed, in the record of the session that is open now.
async fn show_again(visit: &Visit, again: Again, sent: SentStep) -> WebResult<HttpResponse> {
    let mut steps = read(visit, &again.actor).await?;
    let step = steps.number(sent.step);
    steps.take(step, sent);
    let answer = steps.show(again.status, step, again.errors)?;
    with_cookies(answer, &again.cookies)
}

/// Saves a step; what is wrong with it is said now, next to its fields.
async fn save(
    visit: &Visit,
    actor: ClaimantActor,
    steps: Steps,
    step: usize,
) -> WebResult<HttpResponse> {
    let made = steps.work.assemble(false);
    let unreadable = of_step(made.form_errors(), step);
    if !unreadable.is_empty() {
        let errors = of_step(&steps.wrong(), step);
        return steps.show(StatusCode::UNPROCESSABLE_ENTITY, step, errors);
    }
    let (ctx, input) = (visit.ctx().clone(), made.input);
    let saved = visit
        .ctx()
        .to_end(async move { declaration::save_draft(&ctx, &actor, &input).await })
        .await;
    match steps.after_saving(step, saved)? {
        Saved::Whole => Ok(see_other(&format!("{PATH}?step={}", steps.after(step))).finish()),
        Saved::Wrong(errors) => steps.show(StatusCode::UNPROCESSABLE_ENTITY, step, errors),
    }
}

/// Declares what the steps say. Sent twice, it is one version.
async fn declare(visit: &Visit, actor: ClaimantActor, steps: Steps) -> WebResult<HttpResponse> {
    let last = steps.work.steps();
    if steps.work.read(&steps.mine.rules).is_err() {
        return steps.show(StatusCode::UNPROCESSABLE_ENTITY, last, Errors::default());
    }
    let input = steps.work.assemble(true).input;
    let ctx = visit.ctx().clone();
    let done = visit
        .ctx()
        .to_end(Box::pin(async move {
            declaration::put(&ctx, &actor, input).await
        }))
        .await;
    match done {
        Ok(_) => Ok(see_other("/me/sign").finish()),
        Err(AppError::Invalid(_)) => {
            steps.show(StatusCode::UNPROCESSABLE_ENTITY, last, Errors::default())
        }
        // the same form sent twice at once: the other one made the version
        Err(AppError::IllegalTransition("declaration_changed")) => {
            Ok(see_other("/me/sign").finish())
        }
        Err(AppError::RateLimited(wait)) => {
            let errors = about("", "error-declaration-too-often");
            let page = steps.show(StatusCode::TOO_MANY_REQUESTS, last, errors)?;
            Ok(come_back(page, wait))
        }
        Err(error) => Err(error.into()),
    }
}

async fn read(visit: &Visit, actor: &ClaimantActor) -> WebResult<Steps> {
    let mine = declaration::get(visit.ctx(), actor).await?;
    let directory = visit.ctx().directories.get(visit.ctx()).await?;
    let case = directory.case(mine.case)?;
    let chrome = visit.chrome_of(&case.slug, PATH);
    Ok(Steps::new(chrome, &directory, mine)?)
}
