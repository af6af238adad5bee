//! `/console/cases/{slug}/updates`: news of a case, written, looked at, published, withdrawn.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use crate::app::AppError;
use crate::app::case_update::{self, CaseUpdate};
use crate::app::claimant_list::{self, OwnCase};
use crate::domain::case_update::{UpdateTextInput, UpdateTexts};
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::language::Language;
use crate::domain::outage::day_in_rome;
use crate::render::page::Errors;
use crate::render::page::console::updates::{ConsoleUpdatesPage, PublishedLine, UpdateFields};
use crate::render::page::updates::UpdateLine;
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::api::public::updates::UpdatesQuery;
use crate::web::api::staff::quarantine::reason;
use crate::web::api::staff::updates::update_id;
use crate::web::console::{inside, page, see_other};
use crate::web::error::WebError;
use crate::web::extract::{Form, Lang, Staff, idempotency};
use crate::web::public::visit::one_time_key;

/// News on one page.
const ON_A_PAGE: u16 = 20;

/// News as they were typed.
#[derive(Deserialize)]
pub struct SentUpdate {
    csrf: Option<String>,
    #[serde(default)]
    key: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    reread: bool,
    #[serde(default)]
    texts: Vec<UpdateTextInput>,
}

/// Why news are withdrawn.
#[derive(Deserialize)]
pub struct SentWithdrawal {
    csrf: Option<String>,
    #[serde(default)]
    slug: String,
    #[serde(default)]
    reason: String,
}

/// Which page, and what has just happened.
#[derive(Deserialize)]
pub struct NewsQuery {
    #[serde(flatten)]
    page: UpdatesQuery,
    #[serde(default)]
    done: String,
}

/// Who asks.
struct Asked<'a> {
    state: &'a AppState,
    language: Lang,
    staff: &'a Staff,
    request: &'a HttpRequest,
}

/// `GET /console/cases/{slug}/updates?cursor=`
pub async fn list(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    slug: web::Path<String>,
    query: Result<web::Query<NewsQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let query = query.map_err(|_| WebError::Malformed)?.into_inner();
    let asked = Asked {
        state: &state,
        language,
        staff: &staff,
        request: &request,
    };
    let shown = asked.page(&slug, Some(&query)).await?;
    page(StatusCode::OK, &shown)
}

/// `POST /console/cases/{slug}/updates`: shows how the news will look, or publishes them: only what somebody says
/// to have read again.
pub async fn send(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    slug: web::Path<String>,
    form: Form<SentUpdate>,
) -> WebResult<HttpResponse> {
    let Form(form) = form;
    staff.check_csrf(&state, form.csrf.as_deref())?;
    let asked = Asked {
        state: &state,
        language,
        staff: &staff,
        request: &request,
    };
    let mut shown = asked.page(&slug, None).await?;
    shown.form = fields(&form.texts);
    let key = idempotency::check(form.key.as_bytes()).ok_or(WebError::Malformed)?;
    shown.key.clone_from(&key);
    let texts = match UpdateTexts::parse(&form.texts) {
        Ok(texts) => texts,
        Err(errors) => {
            shown.errors = Errors::from(&errors);
            return page(StatusCode::UNPROCESSABLE_ENTITY, &shown);
        }
    };
    let is_publishing = form.action == "publish";
    if !is_publishing || !form.reread {
        let name = asked.own(&slug).await?.association.name;
        let texts = texts.all().iter();
        shown.preview = texts.map(|text| UpdateLine::of(text, &name)).collect();
        let readers = case_update::count_readers(&state.ctx, &staff.actor, &slug).await?;
        shown.readers = u64::try_from(readers).unwrap_or(u64::MAX);
        if !is_publishing {
            return page(StatusCode::OK, &shown);
        }
        let mut errors = FieldErrors::new();
        errors.push("/reread", FieldCode::NotAccepted, "error-update-reread");
        shown.errors = Errors::from(&errors);
        return page(StatusCode::UNPROCESSABLE_ENTITY, &shown);
    }
    let (ctx, actor, case) = (state.ctx.clone(), staff.actor.clone(), slug.to_string());
    let acting =
        async move { case_update::publish(&ctx, &actor, &case, Some(&key), &form.texts).await };
    state.ctx.to_end(acting).await?;
    Ok(see_other(&format!(
        "/console/cases/{slug}/updates?done=published#done"
    )))
}

/// `POST /console/updates/{id}/withdrawal`
pub async fn withdraw(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    form: Form<SentWithdrawal>,
) -> WebResult<HttpResponse> {
    let (id, Form(form)) = (update_id(&id)?, form);
    staff.check_csrf(&state, form.csrf.as_deref())?;
    let asked = Asked {
        state: &state,
        language,
        staff: &staff,
        request: &request,
    };
    let slug = asked.own(&form.slug).await?.case.slug.clone();
    let errors = match reason(Some(&form.reason)) {
        Ok(reason) => {
            let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
            let acting = async move { case_update::withdraw(&ctx, &actor, id, &reason).await };
            state.ctx.to_end(acting).await?;
            return Ok(see_other(&format!(
                "/console/cases/{slug}/updates?done=withdrawn#done"
            )));
        }
        Err(AppError::Invalid(errors)) => errors,
        Err(error) => return Err(error.into()),
    };
    let mut shown = asked.page(&slug, None).await?;
    // each of the news has a field for its reason
    let mut at_its_field = FieldErrors::new();
    for error in &errors {
        at_its_field.push(format!("/reason-{id}"), error.code, error.reason);
    }
    let id = id.to_string();
    if let Some(line) = shown.updates.iter_mut().find(|line| line.id == id) {
        line.reason = form.reason;
    }
    shown.errors = Errors::from(&at_its_field);
    page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
}

impl Asked<'_> {
    async fn own(&self, slug: &str) -> WebResult<OwnCase> {
        Ok(claimant_list::own_case(&self.state.ctx, &self.staff.actor, slug).await?)
    }

    /// The page with an empty form.
    async fn page(&self, slug: &str, query: Option<&NewsQuery>) -> WebResult<ConsoleUpdatesPage> {
        let (ctx, actor) = (&self.state.ctx, &self.staff.actor);
        let own = self.own(slug).await?;
        let before = query
            .map(|query| query.page.before())
            .transpose()?
            .flatten();
        let found = case_update::list(ctx, actor, slug, before, ON_A_PAGE).await?;
        let mut console = inside(self.state, self.language, self.request, self.staff).await?;
        if query.is_none() {
            console.chrome.path = format!("/console/cases/{}/updates", own.case.slug);
        }
        let name = &own.association.name;
        Ok(ConsoleUpdatesPage {
            console,
            slug: own.case.slug.clone(),
            title: own.case.title.clone(),
            updates: found
                .items
                .iter()
                .filter_map(|update| line(update, name))
                .collect(),
            next: found.next.map(case_update::cursor),
            form: fields(&[]),
            key: one_time_key(ctx),
            done: query.and_then(|query| match query.done.as_str() {
                "published" => Some("published"),
                "withdrawn" => Some("withdrawn"),
                _ => None,
            }),
            preview: Vec::new(),
            readers: 0,
            errors: Errors::default(),
        })
    }
}

fn line(update: &CaseUpdate, association: &str) -> Option<PublishedLine> {
    let (italian, others) = update.texts.all().split_first()?;
    Some(PublishedLine {
        id: update.id.to_string(),
        update: UpdateLine {
            published_on: Some(day_in_rome(update.published_at)),
            ..UpdateLine::of(italian, association)
        },
        others: others.iter().map(|text| text.language.as_str()).collect(),
        published_at: update.published_at,
        withdrawn: update.withdrawn.clone(),
        reason: String::new(),
    })
}

/// A part of the form for each language, as typed: the place of a text tells its language.
pub(super) fn fields(typed: &[UpdateTextInput]) -> Vec<UpdateFields> {
    let as_typed = |text: Option<&String>| text.cloned().unwrap_or_default();
    Language::ALL
        .into_iter()
        .enumerate()
        .map(|(place, language)| {
            let typed = typed.get(place);
            UpdateFields {
                language: language.as_str(),
                title: as_typed(typed.and_then(|typed| typed.title.as_ref())),
                text: as_typed(typed.and_then(|typed| typed.text.as_ref())),
            }
        })
        .collect()
}
