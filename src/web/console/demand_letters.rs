//! `/console/cases/{slug}/demand-letters`: the association's own letters to the respondent (R65).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use uuid::Uuid;

use crate::app::AppError;
use crate::app::claimant_list;
use crate::app::demand_letter::{self, DemandLetter};
use crate::domain::demand_letter::{DemandContent, KINDS, LetterContent};
use crate::domain::field::FieldErrors;
use crate::domain::permission::operation;
use crate::render::page::Errors;
use crate::render::page::console::case_desk::{
    DemandFields, DemandLettersPage, LetterForm, LetterLine,
};
use crate::render::text::Text;
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::api::staff::demand_letters::letter_id;
use crate::web::console::case_desk::difference;
use crate::web::console::{inside, page, see_other};
use crate::web::extract::{Form, Lang, Staff};

/// Demands of an empty form; one more than there are in the form of a next version.
const BLANK_DEMANDS: usize = 4;

/// A demand as it was typed.
#[derive(Clone, Default, Deserialize)]
struct SentDemand {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    answered_on: String,
    #[serde(default)]
    answer: String,
}

/// A letter as it was typed.
#[derive(Deserialize)]
pub struct SentLetter {
    csrf: Option<String>,
    version: Option<i32>,
    #[serde(default)]
    sent_on: String,
    #[serde(default)]
    subject: String,
    #[serde(default)]
    recipients: String,
    #[serde(default)]
    copies: String,
    #[serde(default)]
    demands: Vec<SentDemand>,
    #[serde(default)]
    delivered_on: String,
    #[serde(default)]
    receipt: String,
    public: Option<String>,
}

impl SentLetter {
    fn content(&self) -> LetterContent {
        let lines = |text: &str| text.lines().map(str::to_owned).collect();
        let demands = self.demands.iter().map(|demand| DemandContent {
            kind: demand.kind.clone(),
            text: demand.text.clone(),
            answered_on: demand.answered_on.clone(),
            answer: demand.answer.clone(),
        });
        LetterContent {
            sent_on: self.sent_on.clone(),
            subject: self.subject.clone(),
            recipients: lines(&self.recipients),
            copies: lines(&self.copies),
            demands: demands.collect(),
            delivered_on: self.delivered_on.clone(),
            receipt: self.receipt.clone(),
            public: self.public.is_some(),
        }
    }
}

/// Who asks.
struct Asked<'a> {
    state: &'a AppState,
    language: Lang,
    staff: &'a Staff,
    request: &'a HttpRequest,
}

/// `GET /console/cases/{slug}/demand-letters`
pub async fn register(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    slug: web::Path<String>,
) -> WebResult<HttpResponse> {
    let asked = Asked {
        state: &state,
        language,
        staff: &staff,
        request: &request,
    };
    let shown = asked.register(&slug).await?;
    page(StatusCode::OK, &shown)
}

/// `POST /console/cases/{slug}/demand-letters`
pub async fn enter(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    slug: web::Path<String>,
    form: Form<SentLetter>,
) -> WebResult<HttpResponse> {
    let Form(form) = form;
    staff.check_csrf(&state, form.csrf.as_deref())?;
    let (ctx, actor, content) = (state.ctx.clone(), staff.actor.clone(), form.content());
    let (case, typed) = (slug.to_string(), content.clone());
    let acting = async move { demand_letter::enter(&ctx, &actor, &case, &content).await };
    match state.ctx.to_end(acting).await {
        Ok(letter) => Ok(see_other(&saved(letter.id))),
        Err(AppError::Invalid(errors)) => {
            let asked = Asked {
                state: &state,
                language,
                staff: &staff,
                request: &request,
            };
            let mut shown = asked.register(&slug).await?;
            shown.form = filled(&typed);
            shown.errors = Errors::from(&errors);
            page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /console/demand-letters/{id}`
pub async fn one(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let asked = Asked {
        state: &state,
        language,
        staff: &staff,
        request: &request,
    };
    let mut shown = asked.one(&id, None).await?;
    shown.is_saved = request.query_string().starts_with("done=saved");
    page(StatusCode::OK, &shown)
}

/// `POST /console/demand-letters/{id}`
pub async fn update(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    form: Form<SentLetter>,
) -> WebResult<HttpResponse> {
    let (letter, Form(form)) = (letter_id(&id)?, form);
    staff.check_csrf(&state, form.csrf.as_deref())?;
    let (ctx, actor, content) = (state.ctx.clone(), staff.actor.clone(), form.content());
    let (based_on, typed) = (form.version.unwrap_or(0), content.clone());
    let acting =
        async move { demand_letter::update(&ctx, &actor, letter, based_on, &content).await };
    match state.ctx.to_end(acting).await {
        Ok(_) => Ok(see_other(&saved(letter))),
        Err(AppError::Invalid(errors)) => {
            let asked = Asked {
                state: &state,
                language,
                staff: &staff,
                request: &request,
            };
            let shown = asked.one(&id, Some((based_on, &typed, &errors))).await?;
            page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
        }
        Err(error) => Err(error.into()),
    }
}

impl Asked<'_> {
    async fn register(&self, slug: &str) -> WebResult<DemandLettersPage> {
        let (ctx, actor) = (&self.state.ctx, &self.staff.actor);
        let letters = demand_letter::list(ctx, actor, slug).await?;
        let own = claimant_list::own_case(ctx, actor, slug).await?;
        let action = format!("/console/cases/{}/demand-letters", own.case.slug);
        let mut console = inside(self.state, self.language, self.request, self.staff).await?;
        console.chrome.path.clone_from(&action);
        let text = console.chrome.text();
        Ok(DemandLettersPage {
            console,
            slug: own.case.slug.clone(),
            title: own.case.title.clone(),
            action,
            letters: letters.iter().map(|it| line(text, it)).collect(),
            is_saved: false,
            letter: None,
            subject: None,
            versions: Vec::new(),
            writes: self.writes(),
            kinds: KINDS.to_vec(),
            form: filled(&LetterContent::default()),
            errors: Errors::default(),
        })
    }

    /// A letter with the form of its next version: as it is, or as it was typed and refused.
    async fn one(
        &self,
        id: &str,
        refused: Option<(i32, &LetterContent, &FieldErrors)>,
    ) -> WebResult<DemandLettersPage> {
        let id = letter_id(id)?;
        let (ctx, actor) = (&self.state.ctx, &self.staff.actor);
        let versions = demand_letter::get(ctx, actor, id).await?;
        let newest = versions.first().ok_or(AppError::NotFound)?;
        let directory = ctx.directories.get(ctx).await?;
        let case = directory.case(newest.case)?;
        let action = format!("/console/demand-letters/{id}");
        let mut console = inside(self.state, self.language, self.request, self.staff).await?;
        console.chrome.path.clone_from(&action);
        let (based_on, form, errors) = match refused {
            Some((based_on, typed, errors)) => (based_on, filled(typed), Errors::from(errors)),
            None => (newest.version, filled(&newest.content), Errors::default()),
        };
        Ok(DemandLettersPage {
            console,
            slug: case.slug.clone(),
            title: case.title.clone(),
            action,
            letters: Vec::new(),
            is_saved: false,
            letter: Some((id.to_string(), based_on)),
            subject: Some(newest.content.subject.clone()),
            versions: versions
                .iter()
                .map(|it| (it.version, it.written_at))
                .collect(),
            writes: self.writes(),
            kinds: KINDS.to_vec(),
            form,
            errors,
        })
    }

    fn writes(&self) -> bool {
        operation::ENTER_DEMAND_LETTER.allows(self.staff.actor.role())
    }
}

/// Where a letter is shown that was just saved.
fn saved(letter: Uuid) -> String {
    format!("/console/demand-letters/{letter}?done=saved#done")
}

fn line(text: Text, letter: &DemandLetter) -> LetterLine {
    let content = &letter.content;
    let answered = content.demands.iter().filter(|it| !it.answer.is_empty());
    LetterLine {
        id: letter.id.to_string(),
        subject: content.subject.clone(),
        sent_on: difference::day(text, &content.sent_on),
        recipients: content.recipients.join(", "),
        demands: (content.demands.len(), answered.count()),
        public: content.public,
    }
}

fn filled(content: &LetterContent) -> LetterForm {
    let mut demands: Vec<DemandFields> = content
        .demands
        .iter()
        .map(|demand| DemandFields {
            kind: demand.kind.clone(),
            text: demand.text.clone(),
            answered_on: demand.answered_on.clone(),
            answer: demand.answer.clone(),
        })
        .collect();
    // an empty form offers each kind of demand once; later there is room for one more
    let wanted = BLANK_DEMANDS.max(demands.len().saturating_add(1));
    let blank = |kind: &str| DemandFields {
        kind: kind.to_owned(),
        ..DemandFields::default()
    };
    while demands.len() < wanted {
        let kind = KINDS.get(demands.len()).copied().unwrap_or("other");
        demands.push(blank(kind));
    }
    LetterForm {
        sent_on: content.sent_on.clone(),
        subject: content.subject.clone(),
        recipients: content.recipients.join("\n"),
        copies: content.copies.join("\n"),
        delivered_on: content.delivered_on.clone(),
        receipt: content.receipt.clone(),
        public: content.public,
        demands,
    }
}
