//! `/api/v1/public/cases/{slug}/counter`, `feed.json`, `calendar.ics`: a case for other sites, feed readers and
//! calendars, from memory.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::case_update::CaseUpdate;
use crate::app::demand_letter::DemandLetter;
use crate::app::directory::{CaseEntry, IncidentEntry, StatementEntry};
use crate::app::{Ctx, entity_tag};
use crate::domain::language::Language;
use crate::domain::outage::day_in_rome;
use crate::domain::prescription::cautious_day;
use crate::render::calendar::{CalendarDay, calendar as written};
use crate::render::feed::{Feed, FeedAuthor, FeedItem};
use crate::render::text::Text;
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::extract::Lang;
use crate::web::shared;

const FEED: &str = "application/feed+json";
const CALENDAR: &str = "text/calendar; charset=utf-8";

/// How many take part.
#[derive(Serialize, ToSchema)]
pub struct CounterResponse {
    #[schema(example = "libero-virgilio-2023")]
    case: String,
    /// `pre_registration|open|closed|filed|admitted|distribution|archived`
    state: &'static str,
    /// People who confirmed, over all associations, as counted last; 0 while they are fewer than 5.
    confirmed_claimants: i64,
    /// When they were counted; at most some seconds ago while people sign up. Null before the first count.
    counted_at: Option<DateTime<Utc>>,
}

/// `GET /api/v1/public/cases/{slug}/counter`
#[utoipa::path(
    get,
    path = "/api/v1/public/cases/{slug}/counter",
    operation_id = "get_counter",
    tag = "public",
    params(("slug" = String, Path, description = "Name of the case in addresses")),
    responses(
        (status = 200, body = CounterResponse),
        (status = 304, description = "Not changed since the answer that `If-None-Match` names")
    )
)]
pub async fn counter(
    request: HttpRequest,
    state: web::Data<AppState>,
    slug: web::Path<String>,
) -> WebResult<HttpResponse> {
    let directory = state.ctx.directories.get(&state.ctx).await?;
    let case = directory.public_case(&slug)?;
    let counter = CounterResponse {
        case: case.slug.clone(),
        state: case.state.as_str(),
        confirmed_claimants: case.confirmed_claimants,
        counted_at: case.counted_at,
    };
    shared::json(&request, &counter)
}

/// `GET /api/v1/public/cases/{slug}/feed.json`
#[utoipa::path(
    get,
    path = "/api/v1/public/cases/{slug}/feed.json",
    operation_id = "get_feed",
    tag = "public",
    params(
        ("slug" = String, Path, description = "Name of the case in addresses"),
        ("lang" = Option<String>, Query, description = "`it`, `en` or `de`; news nobody translated are in Italian")
    ),
    responses(
        (
            status = 200,
            description = "The newest news, at most five of each association, as JSON Feed 1.1",
            body = serde_json::Value,
            content_type = "application/feed+json"
        ),
        (status = 304, description = "Not changed since the answer that `If-None-Match` names")
    )
)]
pub async fn feed(
    request: HttpRequest,
    state: web::Data<AppState>,
    language: Lang,
    slug: web::Path<String>,
) -> WebResult<HttpResponse> {
    let directory = state.ctx.directories.get(&state.ctx).await?;
    let case = directory.public_case(&slug)?;
    let base = &state.ctx.settings.public_base_url;
    let home = format!("{base}/c/{}/updates", case.slug);
    let own = format!("{base}/api/v1/public/cases/{}/feed.json", case.slug);
    let items = case.updates.iter();
    let items = items.filter_map(|update| item(&case, update, language.0, &home));
    let feed = Feed::new(
        title(&case, language.0),
        (home.clone(), own),
        language.0.as_str(),
        items.collect(),
    );
    shared::json_as(&request, &feed, FEED)
}

fn item(case: &CaseEntry, update: &CaseUpdate, language: Language, page: &str) -> Option<FeedItem> {
    let association = case.association_by_id(update.association)?;
    let text = update.texts.of(language)?;
    Some(FeedItem {
        id: update.id.urn().to_string(),
        url: page.to_owned(),
        title: text.title.clone(),
        content_text: text.text.clone(),
        date_published: update.published_at,
        authors: vec![FeedAuthor {
            name: association.name.clone(),
        }],
        language: text.language.as_str(),
    })
}

/// `GET /api/v1/public/cases/{slug}/calendar.ics`
#[utoipa::path(
    get,
    path = "/api/v1/public/cases/{slug}/calendar.ics",
    operation_id = "get_calendar",
    tag = "public",
    params(
        ("slug" = String, Path, description = "Name of the case in addresses"),
        ("lang" = Option<String>, Query, description = "`it`, `en` or `de`")
    ),
    responses(
        (
            status = 200,
            description = "Days of the case: outages, what was said, promised, demanded and answered, news, cautious days of prescription",
            body = String,
            content_type = "text/calendar"
        ),
        (status = 304, description = "Not changed since the answer that `If-None-Match` names")
    )
)]
pub async fn calendar(
    request: HttpRequest,
    state: web::Data<AppState>,
    language: Lang,
    slug: web::Path<String>,
) -> WebResult<HttpResponse> {
    let ctx = &state.ctx;
    let directory = ctx.directories.get(ctx).await?;
    let case = directory.public_case(&slug)?;
    let text = Text::new(language.0);
    let mut days = Days {
        ctx,
        all: Vec::new(),
    };
    for incident in &case.incidents {
        outage(&mut days, text, &case, incident);
    }
    for statement in &case.statements {
        said(&mut days, text, statement);
    }
    for letter in &case.letters {
        demanded(&mut days, text, &case, letter);
    }
    for update in &case.updates {
        news(&mut days, text, &case, update);
    }
    days.all
        .sort_by(|a, b| (a.from, &a.uid).cmp(&(b.from, &b.uid)));
    let page = format!("{}/c/{}", ctx.settings.public_base_url, case.slug);
    let ics = written(
        (&title(&case, language.0), &page),
        case.state_changed_at,
        &days.all,
    );
    Ok(shared::told(&request, ics.into_bytes(), CALENDAR))
}

/// Days of a calendar as they come together.
struct Days<'a> {
    ctx: &'a Ctx,
    all: Vec<CalendarDay>,
}

impl Days<'_> {
    /// Takes days; `name` is what they are about, the same in every language.
    fn push(
        &mut self,
        name: &str,
        (from, until): (NaiveDate, NaiveDate),
        title: String,
        text: String,
    ) {
        let name = entity_tag::of(name.as_bytes());
        let host = self.ctx.settings.public_base_url.split("://").nth(1);
        self.all.push(CalendarDay {
            uid: format!("{}@{}", name.trim_matches('"'), host.unwrap_or_default()),
            from,
            until,
            title,
            text,
        });
    }
}

fn outage(days: &mut Days, text: Text, case: &CaseEntry, incident: &IncidentEntry) {
    let place = format!("incident:{}", incident.slug);
    let name = case.words_in(&place, text.language());
    let name = name.unwrap_or(&incident.name).to_owned();
    let first = day_in_rome(incident.starts_at);
    let last = incident.ends_at.map_or(first, day_in_rome);
    let id = incident.id.uuid();
    days.push(
        &format!("outage {id}"),
        (first, last),
        name.clone(),
        case.title.clone(),
    );
    let lapses = cautious_day(incident.starts_at);
    let values = [
        ("date", text.date(lapses).into()),
        ("incident", name.clone().into()),
    ];
    days.push(
        &format!("prescription {id}"),
        (lapses, lapses),
        text.with("calendar-prescription", &[("incident", name.into())]),
        text.with("me-prescription", &values),
    );
}

fn said(days: &mut Days, text: Text, entry: &StatementEntry) {
    let name = format!("{} {} {}", entry.said_on, entry.speaker, entry.statement);
    let told = format!("{}\n{}", entry.statement, entry.source);
    let speaker = [("speaker", entry.speaker.clone().into())];
    days.push(
        &format!("said {name}"),
        (entry.said_on, entry.said_on),
        text.with("calendar-said", &speaker),
        told.clone(),
    );
    if let Some(by) = entry.promised_for {
        days.push(
            &format!("promised {name}"),
            (by, by),
            text.with("calendar-promised", &speaker),
            told,
        );
    }
}

fn demanded(days: &mut Days, text: Text, case: &CaseEntry, letter: &DemandLetter) {
    let (content, id) = (&letter.content, letter.id);
    let association = case.association_by_id(letter.association);
    let (Some(association), Ok(sent)) = (association, content.sent_on.parse()) else {
        return;
    };
    let recipients = content.recipients.join(", ");
    let values = [
        ("association", association.name.clone().into()),
        ("recipients", recipients.clone().into()),
    ];
    days.push(
        &format!("letter {id}"),
        (sent, sent),
        text.with("timeline-letter", &values),
        format!("{}\n{}", content.subject, text.get("timeline-not-for-you")),
    );
    for (place, demand) in content.demands.iter().enumerate() {
        if let Ok(on) = demand.answered_on.parse() {
            days.push(
                &format!("answer {id} {place}"),
                (on, on),
                text.with("calendar-said", &[("speaker", recipients.clone().into())]),
                format!("{}\n{}", demand.text, demand.answer),
            );
        }
    }
}

fn news(days: &mut Days, text: Text, case: &CaseEntry, update: &CaseUpdate) {
    let association = case.association_by_id(update.association);
    let (Some(association), Some(words)) = (association, update.texts.of(text.language())) else {
        return;
    };
    let on = day_in_rome(update.published_at);
    days.push(
        &format!("news {}", update.id),
        (on, on),
        format!("{}: {}", association.name, words.title),
        words.text.clone(),
    );
}

fn title(case: &CaseEntry, language: Language) -> String {
    let words = case.words_in("title", language);
    words.unwrap_or(&case.title).to_owned()
}
