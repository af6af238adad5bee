//! `/console/cases/{slug}/sample-checks` and `/console/sample-checks/{id}`: records drawn by a seed, and what was
//! found of each.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use data_encoding::HEXLOWER;
use serde::Deserialize;
use uuid::Uuid;

use crate::app::AppError;
use crate::app::claimant_list;
use crate::app::export;
use crate::app::sample_check::{
    self, Found, LogEntry, Member, NewSample, Sample, SampleStatus, Step,
};
use crate::domain::field::filled;
use crate::domain::permission::operation;
use crate::domain::sample_check::{Checked, FindingCode, SampleState, SampleStep};
use crate::render::page::Errors;
use crate::render::page::console::sample_check::{
    OneSamplePage, SampleEntryLine, SampleFields, SampleLine, SampleMemberLine, SamplePage,
    SampleResultFields,
};
use crate::state::AppState;
use crate::web::api::staff::bulk::{BulkQuery, bulk_id, cursor};
use crate::web::api::staff::sample_checks::step_of;
use crate::web::console::bulk::{filter_of, list_words};
use crate::web::console::exports::filter as filter_words;
use crate::web::console::{inside, page, see_other};
use crate::web::extract::{Form, Lang, Staff};
use crate::web::{WebError, WebResult};

/// Sample checks on a page.
const ON_A_PAGE: u16 = 50;

/// Records that one form takes.
const IN_ONE_FORM: usize = 25;

/// A sample as it was typed.
#[derive(Deserialize, Default)]
pub struct SentSample {
    csrf: Option<String>,
    /// The query of the list.
    #[serde(default)]
    filter: String,
    #[serde(default)]
    purpose: String,
    #[serde(default)]
    size: String,
    #[serde(default)]
    seed_source: String,
    #[serde(default)]
    seed_due_at: String,
}

/// What was found of one of several records, as it was typed.
#[derive(Deserialize, Default)]
pub struct SentRow {
    #[serde(default)]
    result: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    note: String,
}

/// What was found, as it was typed.
#[derive(Deserialize, Default)]
pub struct SentResult {
    csrf: Option<String>,
    /// Of several records at once, by `p` and the place.
    #[serde(default)]
    results: BTreeMap<String, SentRow>,
    place: Option<i32>,
    #[serde(default)]
    result: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    note: String,
}

/// A step as it was tapped.
#[derive(Deserialize, Default)]
pub struct SentSampleStep {
    csrf: Option<String>,
    step: Option<String>,
    #[serde(default)]
    seed: String,
    #[serde(default)]
    reason: String,
}

/// Which record is being checked.
#[derive(Deserialize)]
pub struct PlaceQuery {
    place: Option<String>,
}

/// Who asks.
struct Asked<'a> {
    state: &'a AppState,
    language: Lang,
    staff: &'a Staff,
    request: &'a HttpRequest,
}

/// `GET /console/cases/{slug}/sample-checks?cursor=`, and the words of the list
pub async fn register(
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
    let sent = SentSample {
        filter: list_words(request.query_string()),
        ..SentSample::default()
    };
    let shown = asked.register(&slug, &sent, query.place()?).await?;
    page(StatusCode::OK, &shown)
}

/// `POST /console/cases/{slug}/sample-checks`
pub async fn send(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    slug: web::Path<String>,
    form: Form<SentSample>,
) -> WebResult<HttpResponse> {
    let Form(form) = form;
    staff.check_csrf(&state, form.csrf.as_deref())?;
    let new = NewSample {
        case: slug.to_string(),
        filter: filter_of(&staff, &form.filter)?,
        purpose: Some(form.purpose.clone()),
        // what is no number is told like one out of bounds
        size: filled(Some(&form.size)).map(|size| size.parse().unwrap_or(0)),
        seed_source: Some(form.seed_source.clone()),
        seed_due_at: Some(form.seed_due_at.clone()),
    };
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { sample_check::open(&ctx, &actor, new).await };
    let errors = match state.ctx.to_end(acting).await {
        Ok(opened) => return Ok(see_other(&place(opened.status.id))),
        Err(AppError::Invalid(errors)) => errors,
        Err(error) => return Err(error.into()),
    };
    let asked = Asked {
        state: &state,
        language,
        staff: &staff,
        request: &request,
    };
    let mut shown = asked.register(&slug, &form, None).await?;
    shown.errors = Errors::from(&errors);
    page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
}

/// `GET /console/sample-checks/{id}?place=`
pub async fn one(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    query: Result<web::Query<PlaceQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let query = query.map_err(|_| WebError::Malformed)?.into_inner();
    let wanted = query.place.as_deref().and_then(|place| place.parse().ok());
    let asked = Asked {
        state: &state,
        language,
        staff: &staff,
        request: &request,
    };
    page(StatusCode::OK, &asked.one(bulk_id(&id)?, wanted).await?)
}

/// `POST /console/sample-checks/{id}/results`
pub async fn check(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    form: Form<SentResult>,
) -> WebResult<HttpResponse> {
    let (id, Form(form)) = (bulk_id(&id)?, form);
    staff.check_csrf(&state, form.csrf.as_deref())?;
    if !form.results.is_empty() {
        let asked = Asked {
            state: &state,
            language,
            staff: &staff,
            request: &request,
        };
        return asked.check_all(id, &form.results).await;
    }
    let found = Found {
        place: form.place,
        result: Some(form.result.clone()),
        code: Some(form.code.clone()),
        note: Some(form.note.clone()),
    };
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { sample_check::check(&ctx, &actor, id, &found).await };
    let errors = match state.ctx.to_end(acting).await {
        Ok(_) => return Ok(see_other(&place(id))),
        Err(AppError::Invalid(errors)) => errors,
        Err(error) => return Err(error.into()),
    };
    let asked = Asked {
        state: &state,
        language,
        staff: &staff,
        request: &request,
    };
    let mut shown = asked.one(id, form.place).await?;
    if let Some(fields) = &mut shown.form {
        fields.result.clone_from(&form.result);
        fields.code.clone_from(&form.code);
        fields.note.clone_from(&form.note);
    }
    shown.errors = Errors::from(&errors);
    page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
}

/// `POST /console/sample-checks/{id}`
pub async fn step(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    form: Form<SentSampleStep>,
) -> WebResult<HttpResponse> {
    let (id, Form(form)) = (bulk_id(&id)?, form);
    staff.check_csrf(&state, form.csrf.as_deref())?;
    let wanted = Step {
        step: step_of(form.step.as_deref())?,
        seed: Some(form.seed.clone()),
        reason: Some(form.reason.clone()),
    };
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { sample_check::step(&ctx, &actor, id, &wanted).await };
    let errors = match state.ctx.to_end(acting).await {
        Ok(_) => return Ok(see_other(&place(id))),
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
    shown.seed = form.seed;
    shown.reason = form.reason;
    shown.errors = Errors::from(&errors);
    page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
}

impl Asked<'_> {
    /// What was found of several records, in one go.
    async fn check_all(
        &self,
        id: Uuid,
        sent: &BTreeMap<String, SentRow>,
    ) -> WebResult<HttpResponse> {
        let found: Vec<Found> = sent
            .iter()
            .map(|(key, row)| Found {
                place: place_of(key),
                result: Some(row.result.clone()),
                code: Some(row.code.clone()),
                note: Some(row.note.clone()),
            })
            .collect();
        let (ctx, actor) = (self.state.ctx.clone(), self.staff.actor.clone());
        let acting = async move { sample_check::check_all(&ctx, &actor, id, &found).await };
        let errors = match self.state.ctx.to_end(acting).await {
            Ok(()) => return Ok(see_other(&place(id))),
            Err(AppError::Invalid(errors)) => errors,
            Err(error) => return Err(error.into()),
        };
        let mut shown = self.one(id, None).await?;
        for fields in &mut shown.open {
            if let Some(row) = sent.get(&format!("p{}", fields.place)) {
                fields.result.clone_from(&row.result);
                fields.code.clone_from(&row.code);
                fields.note.clone_from(&row.note);
            }
        }
        shown.errors = Errors::from(&errors);
        page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
    }

    async fn register(
        &self,
        slug: &str,
        sent: &SentSample,
        before: Option<Uuid>,
    ) -> WebResult<SamplePage> {
        let (ctx, actor) = (&self.state.ctx, &self.staff.actor);
        let own = claimant_list::own_case(ctx, actor, slug).await?;
        let found = sample_check::list(ctx, actor, slug, before, ON_A_PAGE).await?;
        let mut console = inside(self.state, self.language, self.request, self.staff).await?;
        console.chrome.path = format!("/console/cases/{}/sample-checks", own.case.slug);
        let noted = export::noted(&filter_of(self.staff, &sent.filter)?);
        Ok(SamplePage {
            slug: own.case.slug.clone(),
            title: own.case.title.clone(),
            items: found.items.iter().map(line).collect(),
            next: found.next.map(cursor),
            can_act: operation::CONSOLE_SAMPLE_CHECKS_FORM.allows(actor.role()),
            filter: filter_words(&console, &noted),
            query: sent.filter.clone(),
            form: SampleFields {
                purpose: sent.purpose.clone(),
                size: sent.size.clone(),
                seed_source: sent.seed_source.clone(),
                seed_due_at: sent.seed_due_at.clone(),
            },
            errors: Errors::default(),
            console,
        })
    }

    async fn one(&self, id: Uuid, wanted: Option<i32>) -> WebResult<OneSamplePage> {
        let (ctx, actor) = (&self.state.ctx, &self.staff.actor);
        let (reading, reader) = (ctx.clone(), actor.clone());
        let acting = async move { sample_check::get(&reading, &reader, id).await };
        let sample = ctx.to_end(acting).await?;
        let mut console = inside(self.state, self.language, self.request, self.staff).await?;
        console.chrome.path = place(id);
        let counts = sample.counts();
        let status = &sample.status;
        let can_check = operation::CONSOLE_SAMPLE_RESULT_FORM.allows(actor.role())
            && status.state == SampleState::Drawn;
        let hex = |digest: &Vec<u8>| HEXLOWER.encode(digest);
        Ok(OneSamplePage {
            slug: status.case.clone(),
            line: line(status),
            filter: filter_words(&console, &status.filter),
            population_sha256: hex(&status.population_sha256),
            sample_sha256: status.sample_sha256.as_ref().map(hex),
            result_sha256: status.result_sha256.as_ref().map(hex),
            seed_source: status.seed_source.clone(),
            seed_due_at: status.seed_due_at,
            known_seed: status.seed.clone(),
            drawn: status.drawn.clone(),
            ended: status.ended.clone(),
            end_reason: status.end_reason.clone(),
            ok: count(counts.ok),
            unable: count(counts.unable),
            left: count(counts.left),
            findings: counts
                .findings
                .into_iter()
                .map(|(code, records)| (code, count(records)))
                .collect(),
            steps: status.steps.iter().map(|step| step.as_str()).collect(),
            can_finish: counts.left == 0 && status.steps.contains(&SampleStep::Finish),
            form: can_check.then(|| form(&sample, wanted)).flatten(),
            open: if can_check {
                open_ones(&sample)
            } else {
                Vec::new()
            },
            can_check,
            results: Checked::WORDS.to_vec(),
            codes: FindingCode::ALL.map(FindingCode::as_str).to_vec(),
            members: sample.members.iter().map(member).collect(),
            entries: sample.entries.iter().map(entry).collect(),
            seed: String::new(),
            reason: String::new(),
            errors: Errors::default(),
            console,
        })
    }
}

/// The place in a name of a field: `p3`.
fn place_of(key: &str) -> Option<i32> {
    let digits = key.strip_prefix('p')?;
    let place: i32 = digits.parse().ok()?;
    // each place has one name
    (place.to_string() == digits).then_some(place)
}

/// The record asked for, else the first that is not checked yet.
fn form(sample: &Sample, wanted: Option<i32>) -> Option<SampleResultFields> {
    let place = wanted.or_else(|| sample.next_place())?;
    let member = sample.members.iter().find(|it| it.place == place)?;
    Some(fields(member))
}

/// The first records that are not checked yet, to be noted in one form.
fn open_ones(sample: &Sample) -> Vec<SampleResultFields> {
    let open = sample.members.iter().filter(|it| it.result.is_none());
    open.take(IN_ONE_FORM).map(fields).collect()
}

fn fields(member: &Member) -> SampleResultFields {
    SampleResultFields {
        place: member.place.to_string(),
        claimant: member.claimant.to_string(),
        reference: member.reference.grouped(),
        result: member.result.clone().unwrap_or_default(),
        code: member
            .code
            .map(FindingCode::as_str)
            .unwrap_or_default()
            .to_owned(),
        note: member.note.clone().unwrap_or_default(),
    }
}

fn line(status: &SampleStatus) -> SampleLine {
    SampleLine {
        id: status.id.to_string(),
        number: number(status.number),
        purpose: status.purpose.clone(),
        state: status.state.as_str(),
        size: u64::try_from(status.size).unwrap_or(0),
        population: u64::try_from(status.population).unwrap_or(0),
        opened_by: status.opened.0.clone(),
        opened_at: status.opened.1,
    }
}

fn member(member: &Member) -> SampleMemberLine {
    SampleMemberLine {
        place: member.place.to_string(),
        claimant: member.claimant.to_string(),
        reference: member.reference.grouped(),
        result: member.result.clone(),
        code: member.code.map(FindingCode::as_str),
        note: member.note.clone(),
        checked: member.checked.clone(),
    }
}

fn entry(entry: &LogEntry) -> SampleEntryLine {
    let content: serde_json::Value = serde_json::from_str(&entry.content).unwrap_or_default();
    let action = content.get("action").and_then(serde_json::Value::as_str);
    SampleEntryLine {
        action: action.unwrap_or_default().to_owned(),
        index: entry.index,
    }
}

fn place(id: Uuid) -> String {
    format!("/console/sample-checks/{id}")
}

fn number(number: i32) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

fn count(records: usize) -> u64 {
    u64::try_from(records).unwrap_or(0)
}
