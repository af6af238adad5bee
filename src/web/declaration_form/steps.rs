//! The steps of the declaration as pages: the same for the claimant and for staff who type what they are told.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde::Deserialize;

use super::{StepError, Work, of_step, sent_forms, with_a_row};
use crate::app::declaration::MyDeclaration;
use crate::app::directory::{CaseEntry, Directory};
use crate::app::{AppError, AppResult};
use crate::domain::declaration::{Declaration, PlanRule};
use crate::domain::estimate::{Estimate, Tariff, estimate};
use crate::render::page::declare::{
    DictationFields, DocumentChoice, ElsewhereForm, ElsewherePage, IncidentForm, IncidentQuestion,
    MailboxPage, PlanChoice, Progress, ReviewPage, StoryPage, estimate as estimate_box,
    incident_names, summary,
};
use crate::render::page::{Chrome, DeskHead, Errors};
use crate::render::text::Text;
use crate::web::WebResult;
use crate::web::public::card;
use crate::web::public::visit::html_with;

/// Which step, and whether to say at once what is wrong with it.
#[derive(Deserialize)]
pub struct StepQuery {
    pub(in crate::web) step: Option<usize>,
    #[serde(default)]
    pub(in crate::web) check: String,
}

/// A step as it was sent.
#[derive(Default, Deserialize)]
pub struct SentStep {
    pub(in crate::web) step: Option<usize>,
    #[serde(default)]
    pub(in crate::web) incidents: Vec<IncidentForm>,
    pub(in crate::web) elsewhere: Option<ElsewhereForm>,
    pub(in crate::web) narrative: Option<String>,
    /// Sent by the button that saves and goes back.
    pub(in crate::web) back: Option<String>,
}

/// What the pages of the steps are made of.
pub struct Steps {
    /// Around the content.
    pub chrome: Chrome,
    /// The case.
    pub case: Arc<CaseEntry>,
    /// What is declared and may be.
    pub mine: MyDeclaration,
    /// The declaration in the making.
    pub work: Work,
    /// For whom staff type; none: the claimant does.
    pub desk: Option<DeskHead>,
    /// How it was told, where staff type.
    pub dictation: Option<DictationFields>,
    /// Whether the step before is wanted.
    pub back: bool,
}

/// What became of a step that was sent.
pub enum Saved {
    /// It is saved, and nothing is wrong with it.
    Whole,
    /// What is wrong with it.
    Wrong(Errors),
}

impl Steps {
    /// The steps of a declaration, for the claimant.
    ///
    /// # Errors
    /// `IllegalTransition` where nothing may be declared.
    pub fn new(chrome: Chrome, directory: &Directory, mine: MyDeclaration) -> AppResult<Self> {
        if !mine.state.declares() {
            return Err(AppError::IllegalTransition(mine.state.as_str()));
        }
        let case = directory.case(mine.case)?;
        Ok(Self {
            chrome,
            work: Work::load(&mine),
            case,
            mine,
            desk: None,
            dictation: None,
            back: false,
        })
    }

    /// The step asked for that there is, else the first that is wrong or open; and what is wrong with it,
    /// if that is asked too or nobody asked for a step.
    pub fn open(&self, query: &StepQuery) -> (usize, Errors) {
        let first_open = self.work.first_open();
        let wrong = self.wrong();
        let sent_wrong = wrong.iter().map(|error| error.step);
        let sent_wrong = sent_wrong.filter(|step| *step < first_open).min();
        let (step, shows) = match (query.step, sent_wrong) {
            (Some(step), _) => (step, !query.check.is_empty()),
            (None, Some(step)) => (step, true),
            (None, None) => (first_open, !query.check.is_empty()),
        };
        let step = step.clamp(1, self.work.steps());
        let errors = if shows {
            of_step(&wrong, step)
        } else {
            Errors::default()
        };
        (step, errors)
    }

    /// The number of a step that was sent, among those there are.
    pub fn number(&self, sent: Option<usize>) -> usize {
        sent.unwrap_or(1).clamp(1, self.work.steps())
    }

    /// What a saved step shows: what is wrong with it, next to its fields.
    pub fn after_saving(&self, step: usize, saved: AppResult<()>) -> AppResult<Saved> {
        let errors = match saved {
            // what is wrong is said on the way forth
            Ok(()) if self.back => Errors::default(),
            Ok(()) => of_step(&self.wrong(), step),
            Err(AppError::Invalid(errors)) => Errors::from(&errors),
            Err(error) => return Err(error),
        };
        // that no mailbox was hit at all is for the summary to say
        let errors = errors.0.into_iter();
        let errors = Errors(errors.filter(|error| !error.pointer.is_empty()).collect());
        Ok(if errors.is_empty() {
            Saved::Whole
        } else {
            Saved::Wrong(errors)
        })
    }

    /// The step that is shown after one was saved.
    pub const fn after(&self, step: usize) -> usize {
        if self.back { step - 1 } else { step + 1 }
    }

    /// Puts what was typed in its place.
    pub fn take(&mut self, step: usize, sent: SentStep) {
        self.back = sent.back.is_some() && step > 1;
        let elsewhere = self.work.mailboxes.len() + 1;
        if let Some(mailbox) = self.work.mailboxes.get_mut(step - 1) {
            mailbox.forms = sent_forms(&sent.incidents, &mailbox.forms);
            mailbox.visited = mailbox.forms.iter().any(|form| form.was_hit().is_some());
        } else if step == elsewhere {
            self.work.elsewhere = sent.elsewhere.unwrap_or_default().answered();
        } else if step == elsewhere + 1 {
            self.work.narrative = sent.narrative.unwrap_or_default();
        }
    }

    /// Everything that is wrong, each at its step.
    pub fn wrong(&self) -> Vec<StepError> {
        self.work.read(&self.mine.rules).err().unwrap_or_default()
    }

    /// A step as a page.
    ///
    /// # Errors
    /// `Internal` if the template fails.
    pub fn show(self, status: StatusCode, step: usize, errors: Errors) -> WebResult<HttpResponse> {
        let elsewhere = self.work.mailboxes.len() + 1;
        let progress = Progress {
            number: step,
            total: self.work.steps(),
            desk: self.desk.clone(),
        };
        let chrome = Chrome {
            path: format!("{}?step={step}", progress.place()),
            ..self.chrome.clone()
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
        let forgotten = chrome.t("join-plan-unknown");
        let plans = self.mine.rules.plans.iter().map(|plan| PlanChoice {
            code: plan.code.clone(),
            name: match plan.code.as_str() {
                PlanRule::UNKNOWN => forgotten.clone(),
                _ => plan.name.clone(),
            },
            paid: plan.paid,
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
            needs_identity: self.mine.name.is_none(),
            parts: declaration
                .as_ref()
                .map(|it| summary(text, it, &steps, &names))
                .unwrap_or_default(),
            total_cents: declaration.as_ref().map_or(0, Declaration::total_cents),
            estimate: worth.map(|worth| estimate_box(text, &worth, &names)),
            dictation: self.dictation,
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
pub fn worth(case: &CaseEntry, declaration: &Declaration) -> Option<Estimate> {
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
