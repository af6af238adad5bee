//! `/console/cases/{slug}/bulk-actions` and `/console/bulk-actions/{id}`: one act on an exact set of records.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use uuid::Uuid;

use crate::app::AppError;
use crate::app::bulk::{self, BulkStatus, Member, NewBulk, Step};
use crate::app::claimant_list::{self, Filter};
use crate::app::export;
use crate::app::work_queue;
use crate::domain::bulk::{BulkAct, BulkKind, BulkState, BulkStep, Passed};
use crate::domain::case_update::UpdateTextInput;
use crate::domain::deficiency;
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::outage::day_in_rome;
use crate::domain::permission::operation;
use crate::domain::readiness::Letter;
use crate::domain::rejection::{RejectionCode, objection_until};
use crate::render::mail::objection;
use crate::render::page::Errors;
use crate::render::page::console::bulk::{BulkFields, BulkLine, BulkPage, MemberLine, OneBulkPage};
use crate::render::page::updates::UpdateLine;
use crate::state::AppState;
use crate::web::api::staff::bulk::{BulkQuery, bulk_id, cursor, step_of};
use crate::web::api::staff::claimants::ListQuery;
use crate::web::console::exports::filter as filter_words;
use crate::web::console::updates::fields;
use crate::web::console::{inside, page, see_other};
use crate::web::extract::{Form, Lang, Staff};
use crate::web::{WebError, WebResult};

/// Bulk actions, and records of one, on a page.
const ON_A_PAGE: u16 = 50;
/// Words of the address that are no part of the filter.
const OTHERS: [&str; 6] = ["kind", "cursor", "lang", "q", "limit", "quoted"];

/// A bulk action as it was typed.
#[derive(Deserialize, Default)]
pub struct SentBulk {
    csrf: Option<String>,
    #[serde(default)]
    kind: String,
    /// The query of the list.
    #[serde(default)]
    filter: String,
    #[serde(default)]
    purpose: String,
    #[serde(default)]
    texts: Vec<UpdateTextInput>,
    #[serde(default)]
    per_minute: String,
    #[serde(default)]
    letters: Vec<String>,
    #[serde(default)]
    due_on: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    words: String,
    #[serde(default)]
    quoted: String,
}

/// A step as it was tapped.
#[derive(Deserialize)]
pub struct SentStep {
    csrf: Option<String>,
    step: Option<String>,
    records: Option<String>,
    note: Option<String>,
}

/// Who asks.
struct Asked<'a> {
    state: &'a AppState,
    language: Lang,
    staff: &'a Staff,
    request: &'a HttpRequest,
}

/// `GET /console/cases/{slug}/bulk-actions?kind=&cursor=`, and the words of the list
pub async fn list(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    slug: web::Path<String>,
    query: Result<web::Query<BulkQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let query = query.map_err(|_| WebError::Malformed)?.into_inner();
    let asked = Asked {
        state: &state,
        language,
        staff: &staff,
        request: &request,
    };
    let mut pairs = url::form_urlencoded::parse(request.query_string().as_bytes());
    let sent = SentBulk {
        kind: pairs
            .find(|(name, _)| name == "kind")
            .map(|(_, kind)| kind.into_owned())
            .unwrap_or_default(),
        quoted: url::form_urlencoded::parse(request.query_string().as_bytes())
            .find(|(name, _)| name == "quoted")
            .map(|(_, quoted)| quoted.into_owned())
            .unwrap_or_default(),
        filter: list_words(request.query_string()),
        ..SentBulk::default()
    };
    let shown = asked.register(&slug, &sent, query.place()?).await?;
    page(StatusCode::OK, &shown)
}

/// `POST /console/cases/{slug}/bulk-actions`
pub async fn send(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    slug: web::Path<String>,
    form: Form<SentBulk>,
) -> WebResult<HttpResponse> {
    let Form(form) = form;
    staff.check_csrf(&state, form.csrf.as_deref())?;
    let asked = Asked {
        state: &state,
        language,
        staff: &staff,
        request: &request,
    };
    let done = match asked.new_bulk(&slug, &form) {
        Ok(new) => {
            let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
            let acting = async move { bulk::preview(&ctx, &actor, new).await };
            state.ctx.to_end(acting).await
        }
        Err(WebError::App(error)) => Err(error),
        Err(error) => return Err(error),
    };
    let errors = match done {
        Ok(seen) => return Ok(see_other(&format!("/console/bulk-actions/{}", seen.id))),
        Err(AppError::Invalid(errors)) => errors,
        Err(error) => return Err(error.into()),
    };
    let mut shown = asked.register(&slug, &form, None).await?;
    shown.console.chrome.path = format!("/console/cases/{}/bulk-actions", shown.slug);
    shown.errors = Errors::from(&errors);
    page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
}

/// `GET /console/bulk-actions/{id}?cursor=`
pub async fn one(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    query: Result<web::Query<BulkQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let query = query.map_err(|_| WebError::Malformed)?.into_inner();
    let asked = Asked {
        state: &state,
        language,
        staff: &staff,
        request: &request,
    };
    let shown = asked.one(bulk_id(&id)?, query.place()?).await?;
    page(StatusCode::OK, &shown)
}

/// `POST /console/bulk-actions/{id}`
pub async fn step(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    form: Form<SentStep>,
) -> WebResult<HttpResponse> {
    let (id, Form(form)) = (bulk_id(&id)?, form);
    staff.check_csrf(&state, form.csrf.as_deref())?;
    let wanted = Step {
        step: step_of(form.step.as_deref())?,
        records: form.records.as_deref().and_then(|it| it.parse().ok()),
        note: form.note.clone(),
    };
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { bulk::step(&ctx, &actor, id, &wanted).await };
    let errors = match state.ctx.to_end(acting).await {
        Ok(_) => return Ok(see_other(&format!("/console/bulk-actions/{id}"))),
        Err(AppError::Invalid(errors)) => errors,
        Err(error) => return Err(error.into()),
    };
    let asked = Asked {
        state: &state,
        language,
        staff: &staff,
        request: &request,
    };
    let mut shown = asked.one(id, None).await?;
    shown.note = form.note.unwrap_or_default();
    shown.errors = Errors::from(&errors);
    page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
}

impl Asked<'_> {
    fn new_bulk(&self, slug: &str, form: &SentBulk) -> WebResult<NewBulk> {
        let pace = form.per_minute.trim();
        let per_minute = if pace.is_empty() {
            None
        } else {
            let wrong = || {
                let mut errors = FieldErrors::new();
                errors.push("/per_minute", FieldCode::Format, "error-bulk-pace");
                AppError::Invalid(errors)
            };
            Some(pace.parse::<i32>().map_err(|_| wrong())?)
        };
        Ok(NewBulk {
            case: slug.to_owned(),
            kind: Some(form.kind.clone()),
            filter: filter_of(self.staff, &form.filter)?,
            purpose: Some(form.purpose.clone()),
            texts: form.texts.clone(),
            per_minute,
            letters: form.letters.clone(),
            due_on: Some(form.due_on.clone()),
            to: Some(form.to.clone()),
            code: Some(form.code.clone()),
            words: Some(form.words.clone()),
            reference: Some(form.quoted.clone()),
        })
    }

    async fn register(
        &self,
        slug: &str,
        sent: &SentBulk,
        before: Option<Uuid>,
    ) -> WebResult<BulkPage> {
        let (ctx, actor) = (&self.state.ctx, &self.staff.actor);
        let own = claimant_list::own_case(ctx, actor, slug).await?;
        let found = bulk::list(ctx, actor, slug, before, ON_A_PAGE).await?;
        let console = inside(self.state, self.language, self.request, self.staff).await?;
        let kind = BulkKind::parse(&sent.kind);
        let colleagues = match kind {
            Some(BulkKind::Assign) => work_queue::colleagues(ctx, actor, own.case.id).await?,
            _ => Vec::new(),
        };
        let letters = Letter::ALL.into_iter();
        let letters = letters.filter(|letter| deficiency::can_be_asked(*letter));
        let proposed = deficiency::proposed(day_in_rome(ctx.clock.now()));
        let noted = export::noted(&filter_of(self.staff, &sent.filter)?);
        Ok(BulkPage {
            slug: own.case.slug.clone(),
            title: own.case.title.clone(),
            items: found.items.iter().map(line).collect(),
            next: found.next.map(cursor),
            can_act: operation::PREVIEW_BULK.allows(actor.role()),
            kinds: BulkKind::ALL.map(BulkKind::as_str).to_vec(),
            filter: filter_words(&console, &noted),
            query: sent.filter.clone(),
            form: BulkFields {
                kind: kind.map(BulkKind::as_str).unwrap_or_default().to_owned(),
                purpose: sent.purpose.clone(),
                texts: fields(&sent.texts),
                per_minute: sent.per_minute.clone(),
                letters: letters
                    .map(|letter| {
                        let letter = letter.as_char().to_string();
                        let chosen = sent.letters.contains(&letter);
                        (letter, chosen)
                    })
                    .collect(),
                due_on: if sent.due_on.is_empty() {
                    proposed.to_string()
                } else {
                    sent.due_on.clone()
                },
                colleagues: colleagues
                    .into_iter()
                    .map(|colleague| (colleague.id.to_string(), colleague.name))
                    .chain(
                        (kind == Some(BulkKind::Assign))
                            .then(|| (actor.staff_id().to_string(), console.chrome.t("bulk-me"))),
                    )
                    .collect(),
                to: sent.to.clone(),
                codes: RejectionCode::ALL.map(RejectionCode::as_str).to_vec(),
                code: sent.code.clone(),
                words: sent.words.clone(),
                quoted: sent.quoted.clone(),
            },
            errors: Errors::default(),
            console,
        })
    }

    async fn one(&self, id: Uuid, after: Option<Uuid>) -> WebResult<OneBulkPage> {
        let (ctx, actor) = (&self.state.ctx, &self.staff.actor);
        let status = bulk::status(ctx, actor, id).await?;
        let (members, next) = bulk::members(ctx, actor, id, None, after, ON_A_PAGE).await?;
        let own = claimant_list::own_case(ctx, actor, &status.case).await?;
        let mut console = inside(self.state, self.language, self.request, self.staff).await?;
        console.chrome.path = format!("/console/bulk-actions/{id}");
        let filter = filter_words(&console, &status.filter);
        let mut shown = OneBulkPage {
            slug: status.case.clone(),
            line: line(&status),
            filter,
            texts: Vec::new(),
            per_minute: None,
            letters: Vec::new(),
            due_on: None,
            given: None,
            rejected: None,
            notice: (
                day_in_rome(ctx.clock.now()),
                objection(
                    console.chrome.text(),
                    objection_until(ctx.clock.now()),
                    own.association.email.as_deref(),
                ),
            ),
            reasons: status
                .reasons
                .iter()
                .map(|(reason, count)| (reason.as_str(), u64::try_from(*count).unwrap_or(0)))
                .collect(),
            expires_at: status.expires_at,
            decided: status.decided_by.clone().map(|(_, name, at)| (name, at)),
            undone_by: status
                .undo_by
                .as_ref()
                .filter(|_| status.state == BulkState::Undone)
                .map(|(_, name)| name.clone()),
            refused_because: status.refused_because.clone(),
            finished_at: status.finished_at,
            needs_second: status.needs_second(),
            is_own: asked_by(&status) == actor.staff_id().uuid(),
            steps: status
                .steps
                .iter()
                .map(|step| BulkStep::as_str(*step))
                .collect(),
            members: members.into_iter().map(member).collect(),
            next: next.map(cursor),
            note: String::new(),
            errors: Errors::default(),
            console,
        };
        show_act(&mut shown, &status, &own.association.name);
        Ok(shown)
    }
}

/// The words of a list in a query, as another query.
pub(super) fn list_words(query: &str) -> String {
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    let kept = pairs.filter(|(name, value)| !OTHERS.contains(&name.as_ref()) && !value.is_empty());
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(kept)
        .finish()
}

/// The filter that the words of a list mean; a search is left out.
pub(super) fn filter_of(staff: &Staff, query: &str) -> WebResult<Filter> {
    let read = web::Query::<ListQuery>::from_query(query);
    let read = read.map_err(|_| WebError::Malformed)?;
    let filter = read.filter(staff.actor.staff_id())?;
    Ok(Filter {
        search: None,
        ..filter
    })
}

/// Whose wish a second person decides about.
fn asked_by(status: &BulkStatus) -> Uuid {
    let undone = status.undo_by.as_ref().map(|(who, _)| *who);
    match status.state {
        BulkState::AwaitingUndo => undone.unwrap_or(status.created_by.0),
        _ => status.created_by.0,
    }
}

/// What is done to each record, with all it takes.
fn show_act(shown: &mut OneBulkPage, status: &BulkStatus, association: &str) {
    match &status.act {
        BulkAct::Message { texts, per_minute } => {
            shown.texts = texts
                .all()
                .iter()
                .map(|text| UpdateLine::of(text, association))
                .collect();
            shown.per_minute = per_minute.map(number);
        }
        BulkAct::AskDeficiency { letters, due_on } => {
            shown.letters = letters.iter().map(char::to_string).collect();
            shown.due_on = Some(*due_on);
        }
        BulkAct::EndQuarantine => {}
        BulkAct::Assign { queue, .. } => {
            shown.given = Some((queue.clone(), status.to.clone().unwrap_or_default()));
        }
        BulkAct::Reject { code, words } => {
            shown.rejected = Some((code.as_str(), words.clone()));
        }
    }
}

fn line(status: &BulkStatus) -> BulkLine {
    BulkLine {
        id: status.id.to_string(),
        kind: status.act.kind().as_str(),
        purpose: status.purpose.clone(),
        state: status.state.as_str(),
        records: number(status.members),
        done: number(status.done),
        passed: number(status.passed),
        left: number(status.left()),
        created_by: status.created_by.1.clone(),
        created_at: status.created_at,
    }
}

fn member(member: Member) -> MemberLine {
    MemberLine {
        id: member.claimant.to_string(),
        reference: member.reference.grouped(),
        outcome: member.outcome.unwrap_or_else(|| "waiting".to_owned()),
        reason: member.reason.map(Passed::as_str),
    }
}

/// Counts are not negative.
fn number(count: i32) -> u64 {
    u64::try_from(count).unwrap_or(0)
}
