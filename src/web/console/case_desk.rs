//! `/console/case-desk`: cases written by staff. One row of a section is in `form`.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use self::section::{SECTIONS, Section};
use crate::app::AppError;
use crate::app::case_desk::{self, Desk, Publication, Stage, Version};
use crate::domain::case_desk::CaseContent;
use crate::domain::field::FieldErrors;
use crate::domain::permission::operation;
use crate::render::page::Errors;
use crate::render::page::console::Console;
use crate::render::page::console::case_desk::{
    CaseDeskPage, CaseOnDeskPage, DeskField, DeskLine, DeskVersion, RowLine, SectionLines,
};
use crate::state::AppState;
use crate::web::api::staff::case_desk::case_id;
use crate::web::api::staff::quarantine::reason;
use crate::web::console::{inside, page, see_other};
use crate::web::extract::form::KeptForm;
use crate::web::extract::{Form, Lang, Staff};
use crate::web::public::case as public_case;
use crate::web::{WebError, WebResult};

pub(super) mod difference;
pub mod form;
mod section;

/// Words of what has just happened.
const DONE: [&str; 6] = [
    "saved",
    "proposed",
    "published",
    "returned",
    "withdrawn",
    "discarded",
];

/// A new case; its fields are read by the section.
#[derive(Deserialize)]
pub struct SentCase {
    csrf: Option<String>,
}

/// What is decided about a version.
#[derive(Deserialize)]
pub struct SentDecision {
    csrf: Option<String>,
    version: Option<i32>,
    #[serde(default)]
    action: String,
    #[serde(default)]
    reason: String,
    /// `true`: the texts that change were read.
    #[serde(default)]
    texts_read: String,
}

/// What has just happened.
#[derive(Deserialize)]
pub struct DoneQuery {
    #[serde(default)]
    done: String,
}

/// `GET /console/case-desk`
pub async fn overview(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
) -> WebResult<HttpResponse> {
    let mut shown = list_page(&state, language, &request, &staff).await?;
    if may_write(&staff) {
        shown.fields = new_fields(&shown.console, None);
    }
    page(StatusCode::OK, &shown)
}

/// `POST /console/case-desk`
pub async fn begin(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    form: KeptForm<SentCase>,
) -> WebResult<HttpResponse> {
    staff.check_csrf(&state, form.sent.csrf.as_deref())?;
    let (head, mut content) = (head(), section::json(&CaseContent::default()));
    let mut errors = head.put(&mut content, &form.fields, "");
    let content: CaseContent = serde_json::from_value(content).map_err(|_| WebError::Malformed)?;
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = Box::pin(async move { case_desk::create(&ctx, &actor, content).await });
    match state.ctx.to_end(acting).await {
        Ok(desk) => {
            let place = format!("/console/case-desk/{}?done=saved#done", desk.id);
            return Ok(see_other(&place));
        }
        Err(AppError::Invalid(wrong)) => errors.append(wrong),
        Err(error) => return Err(error.into()),
    }
    let mut shown = list_page(&state, language, &request, &staff).await?;
    shown.fields = new_fields(&shown.console, Some(&form.fields));
    shown.errors = Errors::from(&errors);
    page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
}

/// `GET /console/case-desk/{id}`
pub async fn one(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    query: Result<web::Query<DoneQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let query = query.map_err(|_| WebError::Malformed)?.into_inner();
    let desk = case_desk::get(&state.ctx, &staff.actor, case_id(&id)?).await?;
    let console = inside(&state, language, &request, &staff).await?;
    let mut shown = desk_page(console, &staff, &desk);
    shown.done = DONE.into_iter().find(|word| *word == query.done);
    page(StatusCode::OK, &shown)
}

/// `GET /console/case-desk/{id}/preview`: the page everybody will see.
pub async fn preview(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let id = case_id(&id)?;
    // it writes, and takes back what it wrote: not to be cut in the middle either
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { case_desk::preview(&ctx, &actor, id).await };
    let (desk, case) = state.ctx.to_end(acting).await?;
    let mut chrome = inside(&state, language, &request, &staff).await?.chrome;
    chrome.language = language.0;
    let mut shown = public_case::shown(
        &state.ctx,
        &case,
        chrome,
        &public_case::CaseQuery::default(),
    );
    shown.preview = Some(format!("/console/case-desk/{}", desk.id));
    page(StatusCode::OK, &shown)
}

/// `POST /console/case-desk/{id}/decision`: proposed, put in force, sent back, taken back, discarded.
pub async fn decide(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    form: Form<SentDecision>,
) -> WebResult<HttpResponse> {
    let (id, Form(form)) = (case_id(&id)?, form);
    staff.check_csrf(&state, form.csrf.as_deref())?;
    let version = form.version.unwrap_or(0);
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let (why, action) = (form.reason.clone(), form.action.clone());
    let wanted = Publication {
        version,
        has_read_texts: form.texts_read == "true",
    };
    let acting = async move {
        match action.as_str() {
            "propose" => case_desk::propose(&ctx, &actor, id, version).await,
            "publish" => case_desk::publish(&ctx, &actor, id, wanted).await,
            "discard" => case_desk::discard(&ctx, &actor, id, version).await,
            "withdraw" => {
                let why = reason(Some(&why))?;
                case_desk::withdraw(&ctx, &actor, id, &why).await
            }
            _ => {
                let why = reason(Some(&why))?;
                case_desk::send_back(&ctx, &actor, id, version, &why).await
            }
        }
    };
    match state.ctx.to_end(acting).await {
        Ok(desk) => {
            let word = match form.action.as_str() {
                "withdraw" => "withdrawn",
                "discard" => "discarded",
                _ => desk.stage.as_str(),
            };
            Ok(see_other(&format!(
                "/console/case-desk/{id}?done={word}#done"
            )))
        }
        Err(AppError::Invalid(errors)) => {
            let desk = case_desk::get(&state.ctx, &staff.actor, id).await?;
            let console = inside(&state, language, &request, &staff).await?;
            let mut shown = desk_page(console, &staff, &desk);
            shown.console.chrome.path = format!("/console/case-desk/{id}");
            shown.reason = form.reason;
            shown.errors = Errors::from(&errors);
            page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
        }
        Err(error) => Err(error.into()),
    }
}

async fn list_page(
    state: &AppState,
    language: Lang,
    request: &HttpRequest,
    staff: &Staff,
) -> WebResult<CaseDeskPage> {
    let listed = case_desk::list(&state.ctx, &staff.actor).await?;
    let console = inside(state, language, request, staff).await?;
    let cases = listed.into_iter().map(|it| DeskLine {
        id: it.id.to_string(),
        title: it.title,
        slug: it.slug,
        stage: it.stage.as_str(),
        public: it.is_public,
    });
    Ok(CaseDeskPage {
        console,
        cases: cases.collect(),
        fields: Vec::new(),
        errors: Errors::default(),
    })
}

fn head() -> &'static Section {
    let [head, ..] = &SECTIONS;
    head
}

fn new_fields(console: &Console, typed: Option<&[(String, String)]>) -> Vec<DeskField> {
    let blank = section::json(&CaseContent::default());
    head().shown(console.chrome.text(), &blank, (&blank, ""), typed)
}

fn desk_line(desk: &Desk) -> DeskLine {
    DeskLine {
        id: desk.id.to_string(),
        title: desk.content.title.it.clone(),
        slug: desk.content.slug.clone(),
        stage: desk.stage.as_str(),
        public: desk.public.is_some() && !desk.is_withdrawn,
    }
}

fn may_write(staff: &Staff) -> bool {
    operation::WRITE_CASE.allows(staff.actor.role())
}

fn desk_page(console: Console, staff: &Staff, desk: &Desk) -> CaseOnDeskPage {
    let text = console.chrome.text();
    let content = section::json(&desk.content);
    let rows = |section: &Section| {
        let places = 0..section.count(&content);
        let rows = places.map(|place| {
            let row = content.pointer(&section.pointer(place));
            RowLine {
                place,
                name: section.name(text, row.unwrap_or(&Value::Null)),
            }
        });
        rows.collect()
    };
    CaseOnDeskPage {
        case: desk_line(desk),
        version: desk.version,
        sections: SECTIONS
            .iter()
            .map(|section| SectionLines {
                word: section.word,
                rows: rows(section),
            })
            .collect(),
        changes: match desk.stage {
            Stage::Published | Stage::Discarded => Vec::new(),
            Stage::Draft | Stage::Proposed | Stage::Returned => difference::lines(text, desk),
        },
        in_force: desk
            .versions
            .iter()
            .find(|version| version.stage == Stage::Published && desk.stage != Stage::Published)
            .map(|version| version.number)
            .filter(|_| !desk.is_withdrawn),
        is_withdrawn: desk.is_withdrawn,
        withdrawal: desk.withdrawal.as_ref().map(|it| {
            let name = it.by.and_then(|by| desk.names.get(&by).cloned());
            (name.unwrap_or_default(), it.at, it.reason.clone())
        }),
        unread: unread(desk),
        missing: pointers(&desk.missing),
        versions: desk.versions.iter().map(|it| version(desk, it)).collect(),
        writes: may_write(staff),
        is_own_proposal: desk.is_own_proposal,
        reason: String::new(),
        done: None,
        errors: Errors::default(),
        console,
    }
}

/// Place and kind of the texts that a second person reads.
fn unread(desk: &Desk) -> Vec<(usize, String)> {
    let texts = desk.content.texts.iter().enumerate();
    texts
        .filter(|(_, text)| desk.unread_texts.contains(&text.kind))
        .map(|(place, text)| (place, text.kind.clone()))
        .collect()
}

fn pointers(errors: &FieldErrors) -> Vec<String> {
    errors.iter().map(|error| error.pointer.clone()).collect()
}

fn version(desk: &Desk, version: &Version) -> DeskVersion {
    let name = |id: Uuid| desk.names.get(&id).cloned().unwrap_or_default();
    DeskVersion {
        written_by: name(version.written.0),
        published_by: version.published.map(|(by, _)| name(by)),
        number: version.number,
        stage: version.stage.as_str(),
        written_at: version.written.1,
        published_at: version.published.map(|(_, at)| at),
        reason: version.returned.as_ref().map(|(_, why)| why.clone()),
    }
}
