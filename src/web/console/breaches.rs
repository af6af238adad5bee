//! `/console/breaches`: the register of breaches of personal data (R63).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use crate::app::AppError;
use crate::app::breach::{self, Entry};
use crate::domain::breach::{BreachInput, typed};
use crate::domain::field::FieldErrors;
use crate::render::page::Errors;
use crate::render::page::console::breach::{
    BreachForm, BreachLine, BreachPage, BreachesPage, VersionLine,
};
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::api::staff::breaches as api;
use crate::web::api::staff::breaches::breach_id;
use crate::web::console::{inside, page, see_other};
use crate::web::extract::{Form, Lang, Staff};

/// An entry as it was typed.
#[derive(Deserialize)]
pub struct SentBreach {
    csrf: Option<String>,
    version: Option<i32>,
    #[serde(default)]
    what_happened: String,
    #[serde(default)]
    noticed_at: String,
    #[serde(default)]
    people_categories: String,
    #[serde(default)]
    people: String,
    #[serde(default)]
    data_categories: String,
    #[serde(default)]
    records: String,
    #[serde(default)]
    consequences: String,
    #[serde(default)]
    measures: String,
    #[serde(default)]
    notified_at: String,
    #[serde(default)]
    delay_reason: String,
    #[serde(default)]
    communicated_at: String,
    closed: Option<String>,
}

impl SentBreach {
    fn input(&self) -> BreachInput {
        let of = |text: &str| Some(text.to_owned());
        BreachInput {
            what_happened: of(&self.what_happened),
            noticed_at: of(&self.noticed_at),
            people_categories: of(&self.people_categories),
            people: of(&self.people),
            data_categories: of(&self.data_categories),
            records: of(&self.records),
            consequences: of(&self.consequences),
            measures: of(&self.measures),
            notified_at: of(&self.notified_at),
            delay_reason: of(&self.delay_reason),
            communicated_at: of(&self.communicated_at),
            closed: self.closed.is_some(),
        }
    }

    fn again(self) -> BreachForm {
        BreachForm {
            closed: self.closed.is_some(),
            what_happened: self.what_happened,
            noticed_at: self.noticed_at,
            people_categories: self.people_categories,
            people: self.people,
            data_categories: self.data_categories,
            records: self.records,
            consequences: self.consequences,
            measures: self.measures,
            notified_at: self.notified_at,
            delay_reason: self.delay_reason,
            communicated_at: self.communicated_at,
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

/// `GET /console/breaches`
pub async fn register(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
) -> WebResult<HttpResponse> {
    let asked = Asked {
        state: &state,
        language,
        staff: &staff,
        request: &request,
    };
    let shown = asked.register().await?;
    page(StatusCode::OK, &shown)
}

/// `POST /console/breaches`
pub async fn open(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    form: Form<SentBreach>,
) -> WebResult<HttpResponse> {
    let Form(form) = form;
    staff.check_csrf(&state, form.csrf.as_deref())?;
    let (ctx, actor, input) = (state.ctx.clone(), staff.actor.clone(), form.input());
    let acting = async move { breach::open(&ctx, &actor, &input).await };
    match state.ctx.to_end(acting).await {
        Ok(opened) => Ok(see_other(&format!("/console/breaches/{}", opened.id))),
        Err(AppError::Invalid(errors)) => {
            let asked = Asked {
                state: &state,
                language,
                staff: &staff,
                request: &request,
            };
            let mut shown = asked.register().await?;
            shown.form = form.again();
            shown.errors = Errors::from(&errors);
            page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /console/breaches/{id}`
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
    let shown = asked.one(&id, None).await?;
    page(StatusCode::OK, &shown)
}

/// `POST /console/breaches/{id}`
pub async fn update(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    form: Form<SentBreach>,
) -> WebResult<HttpResponse> {
    let (breach, Form(form)) = (breach_id(&id)?, form);
    staff.check_csrf(&state, form.csrf.as_deref())?;
    let (ctx, actor, input) = (state.ctx.clone(), staff.actor.clone(), form.input());
    let based_on = form.version.unwrap_or(0);
    let acting = async move { breach::update(&ctx, &actor, breach, based_on, &input).await };
    match state.ctx.to_end(acting).await {
        Ok(_) => Ok(see_other(&format!("/console/breaches/{breach}"))),
        Err(AppError::Invalid(errors)) => {
            let asked = Asked {
                state: &state,
                language,
                staff: &staff,
                request: &request,
            };
            let shown = asked.one(&id, Some((form, &errors))).await?;
            page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /console/breaches.csv`
pub async fn csv(state: web::Data<AppState>, staff: Staff) -> WebResult<HttpResponse> {
    api::csv(state, staff).await
}

impl Asked<'_> {
    async fn register(&self) -> WebResult<BreachesPage> {
        let entries = breach::list(&self.state.ctx, &self.staff.actor).await?;
        let mut console = inside(self.state, self.language, self.request, self.staff).await?;
        "/console/breaches".clone_into(&mut console.chrome.path);
        Ok(BreachesPage {
            console,
            breaches: entries.iter().map(line).collect(),
            form: BreachForm::default(),
            errors: Errors::default(),
        })
    }

    /// An entry with the form of its next version: as it is, or as it was typed and refused.
    async fn one(
        &self,
        id: &str,
        refused: Option<(SentBreach, &FieldErrors)>,
    ) -> WebResult<BreachPage> {
        let id = breach_id(id)?;
        let versions = breach::get(&self.state.ctx, &self.staff.actor, id).await?;
        let newest = versions.first().ok_or(AppError::NotFound)?;
        let mut console = inside(self.state, self.language, self.request, self.staff).await?;
        console.chrome.path = format!("/console/breaches/{id}");
        let (based_on, form, errors) = match refused {
            // the version that was read stays: what somebody else wrote meanwhile is not overwritten
            Some((sent, errors)) => (
                sent.version.unwrap_or(0),
                sent.again(),
                Errors::from(errors),
            ),
            None => (newest.version, filled(newest), Errors::default()),
        };
        Ok(BreachPage {
            console,
            breach: line(newest),
            based_on,
            form,
            errors,
            versions: versions.iter().map(version).collect(),
        })
    }
}

fn line(entry: &Entry) -> BreachLine {
    let breach = &entry.breach;
    let summary = breach.what_happened.lines().next().unwrap_or_default();
    BreachLine {
        id: entry.id.to_string(),
        summary: summary.chars().take(120).collect(),
        noticed_at: breach.noticed_at,
        due_at: entry.due_at,
        deadline: entry.deadline.as_str(),
        hours: entry.deadline.hours(),
        notified_at: breach.notified_at,
        communicated_at: breach.communicated_at,
        closed_at: entry.closed_at,
    }
}

fn version(entry: &Entry) -> VersionLine {
    VersionLine {
        number: entry.version,
        written_at: entry.written_at,
        people: entry.breach.people,
        records: entry.breach.records,
        what_happened: entry.breach.what_happened.clone(),
        measures: entry.breach.measures.clone(),
        notified_at: entry.breach.notified_at,
        closed: entry.breach.closed,
    }
}

fn filled(entry: &Entry) -> BreachForm {
    let breach = entry.breach.clone();
    let number = |count: Option<i64>| count.map(|count| count.to_string()).unwrap_or_default();
    BreachForm {
        what_happened: breach.what_happened,
        noticed_at: typed(breach.noticed_at),
        people_categories: breach.people_categories.unwrap_or_default(),
        people: number(breach.people),
        data_categories: breach.data_categories.unwrap_or_default(),
        records: number(breach.records),
        consequences: breach.consequences.unwrap_or_default(),
        measures: breach.measures.unwrap_or_default(),
        notified_at: breach.notified_at.map(typed).unwrap_or_default(),
        delay_reason: breach.delay_reason.unwrap_or_default(),
        communicated_at: breach.communicated_at.map(typed).unwrap_or_default(),
        closed: breach.closed,
    }
}
