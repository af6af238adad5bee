//! `/me/declare?step=`: the declaration, a step a page, each saved when it is sent.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::app::declaration::{self, MyDeclaration};
use crate::app::directory::CaseEntry;
use crate::app::session::ClaimantActor;
use crate::app::{AppError, me};
use crate::domain::declaration::Declaration;
use crate::domain::estimate::{Tariff, estimate};
use crate::render::page::declare::{
    DocumentChoice, ElsewhereForm, ElsewherePage, IncidentForm, IncidentQuestion, MailboxPage,
    PlanChoice, Progress, ReviewPage, StoryPage, estimate as estimate_box, incident_names, summary,
};
use crate::render::page::{Chrome, Errors};
use crate::render::text::Text;
use crate::web::WebResult;
use crate::web::declaration_form::{StepError, Work, of_step, sent_forms, with_a_row};
use crate::web::error::{WebError, come_back};
use crate::web::extract::form::KeptForm;
use crate::web::public::card;
use crate::web::public::resume::{Admission, Again, Came, about, admit, with_cookies};
use crate::web::public::visit::{Visit, html_with, see_other};

const PATH: &str = "/me/declare";

/// Which step, and whether to say at once what is wrong with it.
#[derive(Deserialize)]
pub struct StepQuery {
    step: Option<usize>,
    #[serde(default)]
    check: String,
}

/// A step as it was sent.
#[derive(Deserialize)]
pub struct SentStep {
    step: Option<usize>,
    #[serde(default)]
    incidents: Vec<IncidentForm>,
    elsewhere: Option<ElsewhereForm>,
    narrative: Option<String>,
}

/// What the pages of the steps are made of.
struct Steps {
    chrome: Chrome,
    case: std::sync::Arc<CaseEntry>,
    mine: MyDeclaration,
    work: Work,
    has_identity: bool,
}

/// `GET /me/declare?step=&check=`
pub async fn page(
    visit: Visit,
    query: Result<web::Query<StepQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let query = query.map_err(|_| WebError::Malformed)?.into_inner();
    let actor = visit.claimant().await?;
    let steps = Steps::read(&visit, &actor).await?;
    let step = query.step.unwrap_or_else(|| steps.work.first_open());
    let step = step.clamp(1, steps.work.steps());
    let errors = match query.check.as_str() {
        "" => Errors::default(),
        _ => of_step(&steps.wrong(), step),
    };
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
    let mut steps = Steps::read(&visit, &actor).await?;
    let step = form.sent.step.unwrap_or(1).clamp(1, steps.work.steps());
    steps.take(step, form.sent);
    let answer = if step == steps.work.steps() {
        declare(&visit, actor, steps).await?
    } else {
        save(&visit, actor, steps, step).await?
    };
    with_cookies(answer, &cookies)
}

/// The step as it was typed, in the record of the session that is open now.
async fn show_again(visit: &Visit, again: Again, sent: SentStep) -> WebResult<HttpResponse> {
    let mut steps = Steps::read(visit, &again.actor).await?;
    let step = sent.step.unwrap_or(1).clamp(1, steps.work.steps());
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
    let errors = match saved {
        Ok(()) => of_step(&steps.wrong(), step),
        Err(AppError::Invalid(errors)) => Errors::from(&errors),
        Err(error) => return Err(error.into()),
    };
    // that no mailbox was hit at all is for the summary to say
    let errors = Errors(
        errors
            .0
            .into_iter()
            .filter(|error| !error.pointer.is_empty())
            .collect(),
    );
    if errors.is_empty() {
        return Ok(see_other(&format!("{PATH}?step={}", step + 1)).finish());
    }
    steps.show(StatusCode::UNPROCESSABLE_ENTITY, step, errors)
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

impl Steps {
    async fn read(visit: &Visit, actor: &ClaimantActor) -> WebResult<Self> {
        let mine = declaration::get(visit.ctx(), actor).await?;
        let record = me::get(visit.ctx(), actor).await?;
        if !record.state.declares() {
            return Err(AppError::IllegalTransition(record.state.as_str()).into());
        }
        let directory = visit.ctx().directories.get(visit.ctx()).await?;
        let case = directory.case(record.case)?;
        Ok(Self {
            chrome: visit.chrome_of(&case.slug, PATH),
            work: Work::load(&case, &mine),
            case,
            mine,
            has_identity: record.identity.is_some(),
        })
    }

    /// Puts what was typed in its place.
    fn take(&mut self, step: usize, sent: SentStep) {
        let elsewhere = self.work.mailboxes.len() + 1;
        if let Some(mailbox) = self.work.mailboxes.get_mut(step - 1) {
            mailbox.forms = sent_forms(&sent.incidents, &mailbox.forms);
            mailbox.visited = true;
        } else if step == elsewhere {
            self.work.elsewhere = sent.elsewhere.unwrap_or_default().answered();
        } else if step == elsewhere + 1 {
            self.work.narrative = sent.narrative.unwrap_or_default();
        }
    }

    /// Everything that is wrong, each at its step.
    fn wrong(&self) -> Vec<StepError> {
        self.work.read(&self.mine.rules).err().unwrap_or_default()
    }

    fn show(self, status: StatusCode, step: usize, errors: Errors) -> WebResult<HttpResponse> {
        let elsewhere = self.work.mailboxes.len() + 1;
        let chrome = Chrome {
            path: format!("{PATH}?step={step}"),
            ..self.chrome.clone()
        };
        let progress = Progress {
            number: step,
            total: self.work.steps(),
        };
        let case = card::head(&self.case);
        if step < elsewhere {
            return html_with(status, &self.mailbox(chrome, progress, errors)?);
        }
        if step == elsewhere {
            let form = with_a_row(self.work.elsewhere);
            return html_with(
                status,
                &ElsewherePage {
                    chrome,
                    case,
                    progress,
                    form,
                    errors,
                },
            );
        }
        if step == elsewhere + 1 {
            let narrative = self.work.narrative;
            return html_with(
                status,
                &StoryPage {
                    chrome,
                    case,
                    progress,
                    narrative,
                    errors,
                },
            );
        }
        html_with(status, &self.review(chrome, progress, errors))
    }

    fn mailbox(self, chrome: Chrome, progress: Progress, errors: Errors) -> WebResult<MailboxPage> {
        let documents = self.documents();
        let mailbox = self.work.mailboxes.into_iter().nth(progress.number - 1);
        let mailbox = mailbox.ok_or(AppError::NotFound)?;
        let rules = self.mine.rules.incidents.iter();
        let questions = rules
            .zip(mailbox.forms)
            .map(|(rule, form)| IncidentQuestion {
                name: rule.name.clone(),
                first_day: rule.first_day,
                last_day: rule.last_day,
                form,
            });
        let plans = self.mine.rules.plans.iter().map(|plan| PlanChoice {
            code: plan.code.clone(),
            name: plan.name.clone(),
        });
        Ok(MailboxPage {
            chrome,
            case: card::head(&self.case),
            progress,
            address: mailbox.address.as_str().to_owned(),
            plans: plans.collect(),
            incidents: questions.collect(),
            documents,
            errors,
        })
    }

    fn documents(&self) -> Vec<DocumentChoice> {
        let documents = self.mine.rules.documents.iter();
        documents
            .map(|own| DocumentChoice {
                id: own.id.clone(),
                number: own.number,
                kind: own.kind.as_str(),
            })
            .collect()
    }

    fn review(self, chrome: Chrome, progress: Progress, errors: Errors) -> ReviewPage {
        let text = chrome.text();
        let read = self.work.read(&self.mine.rules);
        let open_steps = read
            .as_ref()
            .err()
            .map(|wrong| self.open_steps(text, wrong));
        let declaration = read.ok();
        let mailboxes = self.work.mailboxes.iter().enumerate();
        let steps: Vec<(String, usize)> = mailboxes
            .map(|(place, mailbox)| (mailbox.address.as_str().to_owned(), place + 1))
            .collect();
        let names = incident_names(&self.mine.rules);
        let worth = declaration.as_ref().and_then(|it| worth(&self.case, it));
        ReviewPage {
            chrome,
            case: card::head(&self.case),
            progress,
            open_steps: open_steps.unwrap_or_default(),
            needs_identity: !self.has_identity,
            parts: declaration
                .as_ref()
                .map(|it| summary(text, it, &steps))
                .unwrap_or_default(),
            total_cents: declaration.as_ref().map_or(0, Declaration::total_cents),
            estimate: worth.map(|worth| estimate_box(text, &worth, &names)),
            errors,
        }
    }

    fn open_steps(&self, text: Text, wrong: &[StepError]) -> Vec<(usize, String)> {
        let mut numbers: Vec<usize> = wrong.iter().map(|error| error.step).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let name = |step: usize| {
            let mailbox = step
                .checked_sub(1)
                .and_then(|at| self.work.mailboxes.get(at));
            match mailbox {
                Some(mailbox) => mailbox.address.as_str().to_owned(),
                None if step == self.work.mailboxes.len() + 1 => text.get("declare-elsewhere"),
                None => text.get("declare-story"),
            }
        };
        numbers.into_iter().map(|step| (step, name(step))).collect()
    }
}

/// What a declaration might be worth by the tariffs of its case; none where no tariff fits.
pub fn worth(
    case: &CaseEntry,
    declaration: &Declaration,
) -> Option<crate::domain::estimate::Estimate> {
    let tariffs: Vec<Tariff> = case
        .tariffs
        .iter()
        .map(|tariff| Tariff {
            code: tariff.code.clone(),
            plan_paid: tariff.paid,
            cents_per_day: tariff.cents_per_day,
            source: tariff.source.clone(),
        })
        .collect();
    // what the company gave has no recorded worth: the formula says so
    let estimate = estimate(declaration, &tariffs, &[]).ok()?;
    (!estimate.lines.is_empty()).then_some(estimate)
}
