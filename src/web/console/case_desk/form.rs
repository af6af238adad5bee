//! `/console/case-desk/{id}/{section}/{place}`: one row of a section, written or removed.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::Value;

use super::desk_line;
use super::section::{self, Section};
use crate::app::AppError;
use crate::app::case_desk::{self, Desk};
use crate::domain::case_desk::{CaseContent, filled_in};
use crate::domain::field::FieldErrors;
use crate::domain::language::Language;
use crate::render::page::Errors;
use crate::render::page::console::case_desk::CaseSectionPage;
use crate::state::AppState;
use crate::web::api::staff::case_desk::case_id;
use crate::web::console::{inside, page, see_other};
use crate::web::extract::form::KeptForm;
use crate::web::extract::{Lang, Staff};
use crate::web::{WebError, WebResult};

/// What is done with the row; its fields are read by the section.
#[derive(Deserialize)]
pub struct SentRow {
    csrf: Option<String>,
    version: Option<i32>,
    #[serde(default)]
    action: String,
}

/// A row of a case, and where it is.
struct Place {
    section: &'static Section,
    /// As in the address.
    word: String,
    index: usize,
    content: Value,
}

/// What was typed and refused.
struct Refused<'a> {
    version: i32,
    typed: &'a [(String, String)],
    errors: &'a FieldErrors,
}

/// `GET /console/case-desk/{id}/{section}/{place}`
pub async fn show(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    path: web::Path<(String, String, String)>,
) -> WebResult<HttpResponse> {
    let (id, word, place) = path.into_inner();
    let desk = case_desk::get(&state.ctx, &staff.actor, case_id(&id)?).await?;
    let place = Place::find(&desk, &word, place)?;
    let console = inside(&state, language, &request, &staff).await?;
    page(StatusCode::OK, &shown(console, &desk, &place, None))
}

/// `POST /console/case-desk/{id}/{section}/{place}`
pub async fn send(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    path: web::Path<(String, String, String)>,
    form: KeptForm<SentRow>,
) -> WebResult<HttpResponse> {
    let (id, word, place) = path.into_inner();
    let id = case_id(&id)?;
    staff.check_csrf(&state, form.sent.csrf.as_deref())?;
    let desk = case_desk::get(&state.ctx, &staff.actor, id).await?;
    let place = Place::find(&desk, &word, place)?;
    let version = form.sent.version.unwrap_or(0);
    let (content, mut errors) = match form.sent.action.as_str() {
        "remove" => place.removed(),
        _ => place.written(&form.fields),
    };
    if errors.is_empty() {
        let content: CaseContent =
            serde_json::from_value(content).map_err(|_| WebError::Malformed)?;
        let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
        let acting = async move { case_desk::save(&ctx, &actor, id, version, &content).await };
        match state.ctx.to_end(acting).await {
            Ok(_) => {
                let place = format!("/console/case-desk/{id}?done=saved#done");
                return Ok(see_other(&place));
            }
            Err(AppError::Invalid(wrong)) => errors.append(wrong),
            Err(error) => return Err(error.into()),
        }
    }
    let console = inside(&state, language, &request, &staff).await?;
    let refused = Refused {
        version,
        typed: &form.fields,
        errors: &errors,
    };
    let shown = shown(console, &desk, &place, Some(&refused));
    page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
}

impl Place {
    fn find(desk: &Desk, word: &str, place: String) -> WebResult<Self> {
        let missing = || WebError::App(AppError::NotFound);
        let section = Section::find(word).ok_or_else(missing)?;
        let content = section::json(&desk.content);
        let count = section.count(&content);
        let index = match place.as_str() {
            // the texts are those the law and the forms know: one of each kind
            "new" if !matches!(section.word, "main" | "texts") => count,
            number => number
                .parse()
                .ok()
                .filter(|it| *it < count)
                .ok_or_else(missing)?,
        };
        Ok(Self {
            section,
            word: place,
            index,
            content,
        })
    }

    fn row(&self) -> Value {
        let found = self.content.pointer(&self.section.pointer(self.index));
        found.cloned().unwrap_or_else(|| self.section.blank())
    }

    fn written(&self, typed: &[(String, String)]) -> (Value, FieldErrors) {
        let (mut content, mut row) = (self.content.clone(), self.row());
        let at = self.section.pointer(self.index);
        let errors = self.section.put(&mut row, typed, &at);
        match (content.pointer_mut(&at), self.section.word) {
            (Some(old), _) => *old = row,
            (None, word) => {
                if let Some(rows) = content.get_mut(word).and_then(Value::as_array_mut) {
                    rows.push(row);
                }
            }
        }
        (content, errors)
    }

    fn removed(&self) -> (Value, FieldErrors) {
        let mut content = self.content.clone();
        let rows = content
            .get_mut(self.section.word)
            .and_then(Value::as_array_mut);
        if let Some(rows) = rows.filter(|rows| self.index < rows.len()) {
            rows.remove(self.index);
        }
        (content, FieldErrors::new())
    }
}

fn shown(
    mut console: crate::render::page::console::Console,
    desk: &Desk,
    place: &Place,
    refused: Option<&Refused<'_>>,
) -> CaseSectionPage {
    let (section, row) = (place.section, place.row());
    let text = console.chrome.text();
    let at = section.pointer(place.index);
    let is_text = section.word == "texts";
    console.chrome.path = format!(
        "/console/case-desk/{}/{}/{}",
        desk.id, section.word, place.word
    );
    CaseSectionPage {
        case: desk_line(desk),
        version: refused.map_or(desk.version, |refused| refused.version),
        section: section.word,
        place: place.word.clone(),
        fields: section.shown(
            text,
            &row,
            (&place.content, &at),
            refused.map(|it| it.typed),
        ),
        read: if is_text {
            read(desk, place.index)
        } else {
            Vec::new()
        },
        placeholders: if is_text {
            case_desk::placeholders()
        } else {
            String::new()
        },
        errors: refused
            .map(|it| Errors::from(it.errors))
            .unwrap_or_default(),
        console,
    }
}

/// A text as people read it.
fn read(desk: &Desk, index: usize) -> Vec<(&'static str, String)> {
    let Some(text) = desk.content.texts.get(index) else {
        return Vec::new();
    };
    Language::ALL
        .into_iter()
        .filter_map(|language| {
            let words = filled_in(&desk.content, text.body.of(language)).ok()?;
            (!words.is_empty()).then_some((language.as_str(), words))
        })
        .collect()
}
