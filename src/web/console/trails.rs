//! `/console/trails`, `/console/claimants/{id}/trail`, `/console/people/{id}/{trail, reach}`: who did and saw
//! what.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use url::form_urlencoded;

use crate::app::claimant_list;
use crate::app::own_history::write_cursor;
use crate::app::reach::{self, Reach};
use crate::app::trail_list::{self, About, InExport, Line, Whose};
use crate::domain::field::FieldErrors;
use crate::domain::ids::StaffId;
use crate::domain::page_length::DEFAULT_LIMIT;
use crate::domain::reference::Reference;
use crate::domain::span::Span;
use crate::render::page::Errors;
use crate::render::page::console::trail::{
    InExportLine, ReachPage, ReachShown, StretchLine, TrailPage, TrailRow, TrailsPage,
};
use crate::render::text::Text;
use crate::state::AppState;
use crate::web::api::staff::people::person_id;
use crate::web::api::staff::trails::{ReachQuery, TrailQuery, claimant, cursor};
use crate::web::console::people::person;
use crate::web::console::{inside, page};
use crate::web::extract::{Lang, Staff};
use crate::web::{WebError, WebResult};

mod words;

/// Who asks.
struct Asked<'a> {
    state: &'a AppState,
    language: Lang,
    staff: &'a Staff,
    request: &'a HttpRequest,
}

/// `GET /console/trails`
pub async fn index(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
) -> WebResult<HttpResponse> {
    let people = trail_list::people(&state.ctx, &staff.actor).await?;
    let cases = claimant_list::cases(&state.ctx, &staff.actor).await?;
    let shown = TrailsPage {
        console: inside(&state, language, &request, &staff).await?,
        people: people.into_iter().map(|it| person(it, &cases)).collect(),
        slugs: cases.iter().map(|own| own.case.slug.clone()).collect(),
    };
    page(StatusCode::OK, &shown)
}

/// `GET /console/claimants/{id}/trail`
pub async fn of_claimant(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    query: Result<web::Query<TrailQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let asked = Asked {
        state: &state,
        language,
        staff: &staff,
        request: &request,
    };
    let home = format!("/console/claimants/{id}");
    asked.trail(claimant(&id)?, home, query).await
}

/// `GET /console/people/{id}/trail`
pub async fn of_person(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    query: Result<web::Query<TrailQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let asked = Asked {
        state: &state,
        language,
        staff: &staff,
        request: &request,
    };
    let home = format!("/console/people/{id}");
    asked
        .trail(Whose::Staff(person_id(&id)?), home, query)
        .await
}

/// `GET /console/people/{id}/reach`
pub async fn reach_of(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    query: Result<web::Query<ReachQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let (id, query) = (person_id(&id)?, query.map_err(|_| WebError::Malformed)?);
    let asked = Asked {
        state: &state,
        language,
        staff: &staff,
        request: &request,
    };
    asked.reach(id, &query).await
}

impl Asked<'_> {
    async fn trail(
        &self,
        whose: Whose,
        home: String,
        query: Result<web::Query<TrailQuery>, actix_web::Error>,
    ) -> WebResult<HttpResponse> {
        let query = query.map_err(|_| WebError::Malformed)?;
        let before = cursor(query.cursor.as_deref())?;
        let (ctx, actor) = (&self.state.ctx, &self.staff.actor);
        let found = trail_list::list(ctx, actor, whose, before, i64::from(DEFAULT_LIMIT)).await?;
        let console = inside(self.state, self.language, self.request, self.staff).await?;
        let text = console.chrome.text();
        let shown = TrailPage {
            console,
            title: found.title,
            is_claimant: matches!(whose, Whose::Claimant(_)),
            path: format!("{home}/trail"),
            home,
            lines: found
                .lines
                .into_iter()
                .map(|line| row(line, text))
                .collect(),
            exports: found.exports.into_iter().map(in_export).collect(),
            next: found.next.map(write_cursor),
        };
        page(StatusCode::OK, &shown)
    }

    async fn reach(&self, id: StaffId, query: &ReachQuery) -> WebResult<HttpResponse> {
        let (ctx, actor) = (&self.state.ctx, &self.staff.actor);
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let mut shown = ReachPage {
            name: trail_list::known(ctx, actor, id).await?,
            console: inside(self.state, self.language, self.request, self.staff).await?,
            id: id.to_string(),
            from: text(&query.from),
            to: text(&query.to),
            errors: Errors::default(),
            found: None,
        };
        if query.from.is_none() && query.to.is_none() {
            return page(StatusCode::OK, &shown);
        }
        let span: Result<Span, FieldErrors> = query.span();
        let span = match span {
            Ok(span) => span,
            Err(errors) => {
                shown.errors = Errors::from(&errors);
                return page(StatusCode::UNPROCESSABLE_ENTITY, &shown);
            }
        };
        let before = cursor(query.cursor.as_deref())?;
        let found = reach::find(ctx, actor, (id, span), before, i64::from(DEFAULT_LIMIT)).await?;
        let mut kept = form_urlencoded::Serializer::new(String::new());
        kept.append_pair("from", &shown.from);
        kept.append_pair("to", &shown.to);
        let words = shown.console.chrome.text();
        shown.found = Some(told(found, kept.finish(), words));
        page(StatusCode::OK, &shown)
    }
}

fn told(reach: Reach, query: String, text: Text) -> ReachShown {
    let stretches = reach.stretches.iter().map(|stretch| StretchLine {
        from: stretch.span.from,
        until: stretch.span.until,
        state: stretch.state.as_str(),
        role: stretch.role.as_str(),
        depth: stretch.depth.as_str(),
    });
    let cases = reach
        .cases
        .into_iter()
        .map(|case| (case.title, case.records));
    let exports = reach.exports;
    let lines = reach.lines.into_iter().map(|line| {
        let export = exports.get(&line.subject);
        let export = export.map(|told| (told.format.clone(), told.clear, told.rows));
        let href = export
            .is_some()
            .then(|| format!("/console/exports/{}", line.subject));
        let shown = row(line, text);
        TrailRow {
            href: href.or(shown.href.clone()),
            export,
            ..shown
        }
    });
    ReachShown {
        stretches: stretches.collect(),
        depth: reach.depth.as_str(),
        cases: cases.collect(),
        views: reach.seen.0,
        viewed: reach.seen.1,
        taken: reach.taken,
        fetched: reach.fetched,
        lines: lines.collect(),
        query,
        next: reach.next.map(write_cursor),
    }
}

fn in_export(export: InExport) -> InExportLine {
    InExportLine {
        id: export.id.to_string(),
        format: export.format,
        clear: export.clear,
        asked_by: export.asked_by,
        asked_at: export.asked_at,
        state: export.state,
        fetched_at: export.fetched_at,
    }
}

fn row(line: Line, text: Text) -> TrailRow {
    let subject = line.subject;
    let (about, name, href) = match line.about {
        About::Claimant(reference) => (
            "claimant",
            Reference::parse(&reference).map_or(reference, |read| read.grouped()),
            Some(format!("/console/claimants/{subject}/trail")),
        ),
        About::Staff(name) => (
            "staff",
            name,
            Some(format!("/console/people/{subject}/trail")),
        ),
        About::Other => words::about(&line.action, subject),
    };
    TrailRow {
        at: line.at,
        actor_kind: line.actor_kind,
        actor_name: line.actor_name,
        action: line.action,
        about,
        name,
        href,
        states: match line.states {
            (Some(before), Some(after)) => Some((before, after)),
            _ => None,
        },
        detail: words::details(&line.detail, &line.named, text),
        export: None,
    }
}
