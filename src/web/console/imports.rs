//! `/console/cases/{slug}/imports`, `/console/imports/{id}`: earlier lists, uploaded, tried and imported.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use data_encoding::HEXLOWER;
use serde::Deserialize;

use crate::app::claimant_list;
use crate::app::import::{self, ImportStatus};
use crate::app::{AppError, AppResult};
use crate::domain::field::FieldErrors;
use crate::domain::ids::ImportId;
use crate::domain::import::Field;
use crate::domain::page_length::DEFAULT_LIMIT;
use crate::domain::permission::operation;
use crate::render::page::Errors;
use crate::render::page::console::import::{ColumnChoice, ImportLine, ImportsPage, OneImportPage};
use crate::state::AppState;
use crate::web::api::staff::imports::{SHAPE, cursor, import_id, mapping, sent};
use crate::web::console::{inside, page, see_other};
use crate::web::extract::multipart::Multi;
use crate::web::extract::{Form, Lang, Staff};
use crate::web::{WebError, WebResult};

/// Lines of the report shown on the page.
const SHOWN: usize = 50;

/// Which part of the register.
#[derive(Deserialize)]
pub struct RegisterQuery {
    cursor: Option<String>,
}

/// The token of a form with nothing else.
#[derive(Deserialize)]
pub struct TokenForm {
    csrf: Option<String>,
}

/// What the columns hold.
#[derive(Deserialize)]
pub struct ColumnsForm {
    csrf: Option<String>,
    #[serde(default)]
    columns: Vec<String>,
}

/// Who asks, for which page.
struct Asked {
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
}

/// `GET /console/cases/{slug}/imports?cursor=`
pub async fn register(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    slug: web::Path<String>,
    query: web::Query<RegisterQuery>,
) -> WebResult<HttpResponse> {
    let cursor = cursor(query.cursor.as_deref())?;
    let asked = Asked {
        state,
        language,
        staff,
        request,
    };
    let shown = asked.register(&slug, cursor).await?;
    page(StatusCode::OK, &shown)
}

/// `POST /console/cases/{slug}/imports`
pub async fn upload(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    slug: web::Path<String>,
    form: Multi,
) -> WebResult<HttpResponse> {
    let asked = Asked {
        state,
        language,
        staff,
        request,
    };
    let ctx = asked.state.ctx.clone();
    let refused = |errors, typed| asked.refuse(&slug, errors, typed);
    let parts = match form.read(&ctx, &SHAPE).await {
        Err(WebError::PartTooLarge(errors)) => {
            let answer = refused(errors, (String::new(), String::new())).await?;
            return page(StatusCode::PAYLOAD_TOO_LARGE, &answer);
        }
        Err(WebError::App(AppError::Invalid(errors))) => {
            let answer = refused(errors, (String::new(), String::new())).await?;
            return page(StatusCode::UNPROCESSABLE_ENTITY, &answer);
        }
        read => read?,
    };
    asked.staff.check_csrf(&asked.state, parts.text("csrf"))?;
    let typed = |name: &str| parts.text(name).unwrap_or_default().to_owned();
    let typed = (typed("source"), typed("listed_on"));
    let actor = asked.staff.actor.clone();
    let kept = match sent(slug.to_string(), parts) {
        Ok(new) => {
            let acting = async move { Box::pin(import::upload(&ctx, &actor, new)).await };
            asked.state.ctx.to_end(acting).await
        }
        Err(WebError::App(error)) => Err(error),
        Err(error) => return Err(error),
    };
    match kept {
        Ok(status) => Ok(see_other(&format!("/console/imports/{}", status.id))),
        Err(AppError::Invalid(errors)) => {
            let answer = refused(errors, typed).await?;
            page(StatusCode::UNPROCESSABLE_ENTITY, &answer)
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /console/imports/{id}`
pub async fn one(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let asked = Asked {
        state,
        language,
        staff,
        request,
    };
    let shown = asked.one(import_id(&id)?).await?;
    page(StatusCode::OK, &shown)
}

/// `POST /console/imports/{id}/check`
pub async fn check(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    form: Form<ColumnsForm>,
) -> WebResult<HttpResponse> {
    let id = import_id(&id)?;
    staff.check_csrf(&state, form.0.csrf.as_deref())?;
    let asked = Asked {
        state,
        language,
        staff,
        request,
    };
    let (ctx, actor) = (asked.state.ctx.clone(), asked.staff.actor.clone());
    let done = match mapping(&form.0.columns) {
        Ok(mapping) => {
            let acting = async move { import::check(&ctx, &actor, id, &mapping).await };
            asked.state.ctx.to_end(acting).await
        }
        Err(errors) => Err(AppError::Invalid(errors)),
    };
    match done {
        Ok(_) => Ok(see_other(&format!("/console/imports/{id}"))),
        Err(AppError::Invalid(errors)) => {
            let mut shown = asked.one(id).await?;
            for (column, word) in shown.columns.iter_mut().zip(&form.0.columns) {
                column.field = Field::parse(word).map_or("", Field::as_str);
            }
            shown.errors = Errors::from(&errors);
            page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /console/imports/{id}/start`
pub async fn start(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    form: Form<TokenForm>,
) -> WebResult<HttpResponse> {
    let id = import_id(&id)?;
    staff.check_csrf(&state, form.0.csrf.as_deref())?;
    let ctx = state.ctx.clone();
    let acting = async move { import::start(&ctx, &staff.actor, id).await };
    state.ctx.to_end(acting).await?;
    Ok(see_other(&format!("/console/imports/{id}")))
}

/// `POST /console/imports/{id}/cancellation`
pub async fn cancel(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    form: Form<TokenForm>,
) -> WebResult<HttpResponse> {
    let id = import_id(&id)?;
    staff.check_csrf(&state, form.0.csrf.as_deref())?;
    let ctx = state.ctx.clone();
    let acting = async move { import::cancel(&ctx, &staff.actor, id).await };
    state.ctx.to_end(acting).await?;
    Ok(see_other(&format!("/console/imports/{id}")))
}

impl Asked {
    async fn register(&self, slug: &str, cursor: Option<ImportId>) -> WebResult<ImportsPage> {
        let (ctx, actor) = (&self.state.ctx, &self.staff.actor);
        let own = claimant_list::own_case(ctx, actor, slug).await?;
        let found = import::list(ctx, actor, slug, cursor, DEFAULT_LIMIT).await?;
        Ok(ImportsPage {
            console: inside(&self.state, self.language, &self.request, &self.staff).await?,
            slug: own.case.slug.clone(),
            title: own.case.title.clone(),
            lines: found.items.iter().map(line).collect(),
            next: found.next.map(|id| id.to_string()),
            can_import: operation::CONSOLE_IMPORT_UPLOAD.allows(actor.role()),
            source: String::new(),
            listed_on: String::new(),
            errors: Errors::default(),
        })
    }

    async fn refuse(
        &self,
        slug: &str,
        errors: FieldErrors,
        (source, listed_on): (String, String),
    ) -> WebResult<ImportsPage> {
        Ok(ImportsPage {
            source,
            listed_on,
            errors: Errors::from(&errors),
            ..self.register(slug, None).await?
        })
    }

    async fn one(&self, id: ImportId) -> WebResult<OneImportPage> {
        let (ctx, actor) = (&self.state.ctx, &self.staff.actor);
        let found = import::status(ctx, actor, id).await?;
        let console = inside(&self.state, self.language, &self.request, &self.staff).await?;
        let text = console.chrome.text();
        let problems = if found.done > 0 && found.is_kept {
            passed(import::first_lines(ctx, actor, id, text, SHOWN).await)?
        } else {
            Vec::new()
        };
        let columns = found.headers.iter().zip(&found.mapping).enumerate();
        let can_act = operation::CONSOLE_IMPORT_START.allows(actor.role());
        let mut samples = if can_act && found.is_kept {
            import::samples(ctx, actor, id).await?
        } else {
            Vec::new()
        }
        .into_iter();
        Ok(OneImportPage {
            slug: found.case.clone(),
            line: line(&found),
            listed_on: found.listed_on,
            sha256: HEXLOWER.encode(&found.sha256),
            columns: columns
                .map(|(place, (header, field))| ColumnChoice {
                    letter: import::letters(place),
                    header: header.clone(),
                    field: field.map_or("", Field::as_str),
                    sample: samples.next().flatten(),
                })
                .collect(),
            fields: Field::ALL.map(Field::as_str).to_vec(),
            started: found.started.clone().map(|(_, name, at)| (name, at)),
            finished_at: found.finished_at,
            expires_at: found.expires_at,
            is_kept: found.is_kept,
            failure: found.failure.clone().unwrap_or_default(),
            problems,
            can_act,
            stepped_up: actor.stepped_up(),
            errors: Errors::default(),
            console,
        })
    }
}

/// A report that is gone in between is none.
fn passed<T>(read: AppResult<Vec<T>>) -> AppResult<Vec<T>> {
    match read {
        Err(AppError::IllegalTransition(_)) => Ok(Vec::new()),
        read => read,
    }
}

fn line(import: &ImportStatus) -> ImportLine {
    let number = |value: i32| u64::try_from(value).unwrap_or(0);
    ImportLine {
        id: import.id.to_string(),
        source: import.source.clone(),
        uploaded_by: import.uploaded_by.1.clone(),
        created_at: import.created_at,
        state: import.state.as_str(),
        rows: number(import.rows),
        done: number(import.done),
        created: number(import.created),
        known: number(import.known),
        refused: number(import.refused),
    }
}
