//! `/c/{slug}`: one case, everything with its source (R70).

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::app::Ctx;
use crate::app::demand_letter::DemandLetter;
use crate::app::directory::{CaseEntry, DomainEntry, FactEntry, IncidentEntry, StatementEntry};
use crate::domain::language::Language;
use crate::domain::mailbox_address::DomainTreatment;
use crate::render::page::case::{
    CasePage, Demand, Domain, Fact, FactValue, Incident, LetterShown, Promise, Said, Source,
    Statement, Treatment,
};
use crate::render::page::{Chrome, Errors};
use crate::render::text::Text;
use crate::web::WebResult;
use crate::web::error::WebError;
use crate::web::public::visit::{Visit, html};
use crate::web::public::{card, follow, updates};

/// News shown before all of them are asked for.
const NEWEST: usize = 3;
/// Longest `via` (DOMAIN: 1 to 64 of `a-z0-9-._`).
const LONGEST_VIA: usize = 64;

/// Where the visitor comes from, and the name for a link of one's own.
#[derive(Default, Deserialize)]
pub struct CaseQuery {
    via: Option<String>,
    #[serde(default)]
    share: String,
}

/// `GET /c/{slug}?via=&share=`
pub async fn page(
    visit: Visit,
    slug: web::Path<String>,
    query: Result<web::Query<CaseQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let query = query.map_err(|_| WebError::Malformed)?.into_inner();
    let directory = visit.ctx().directories.get(visit.ctx()).await?;
    let case = directory.public_case(&slug)?;
    let chrome = visit.chrome_of(&case.slug, &visit.chrome().path);
    html(&shown(visit.ctx(), &case, chrome, &query))
}

/// The page of a case, as it is or as a draft will be.
pub(in crate::web) fn shown(
    ctx: &Ctx,
    case: &CaseEntry,
    chrome: Chrome,
    query: &CaseQuery,
) -> CasePage {
    let (text, language) = (chrome.text(), chrome.language);
    let share_via = as_via(&query.share);
    let base = &ctx.settings.public_base_url;
    let share_url = match share_via.as_str() {
        "" => format!("{base}/c/{}", case.slug),
        via => format!("{base}/c/{}?via={via}", case.slug),
    };
    let of_the_case = case.facts.iter().filter(|fact| fact.incident.is_none());
    CasePage {
        case: card::head(case),
        title: said(case, "title", &case.title, language),
        summary: said(case, "summary", &case.summary, language),
        state: case.state.as_str().to_owned(),
        associations: card::rotated(ctx, case),
        facts: facts(text, case, of_the_case.collect()),
        incidents: case
            .incidents
            .iter()
            .map(|entry| incident(text, case, entry))
            .collect(),
        statements: timeline(case),
        updates: updates::lines(case, language, case.updates.iter().take(NEWEST)),
        follow: follow::blank(ctx, case, language),
        errors: Errors::default(),
        confirmed: u64::try_from(case.confirmed_claimants).unwrap_or(0),
        via: query.via.as_deref().and_then(via),
        share_via,
        share_url,
        preview: None,
        chrome,
    }
}

/// Words of the case in a language, in Italian where nobody wrote them.
fn said(case: &CaseEntry, place: &str, italian: &str, language: Language) -> Said {
    let (words, lang) = match case.words_in(place, language) {
        Some(words) => (words, language.as_str()),
        None => (italian, Language::It.as_str()),
    };
    Said {
        words: words.to_owned(),
        lang,
    }
}

/// A `via` as it may be stored; another one is dropped, it must not stop anybody.
pub fn via(typed: &str) -> Option<String> {
    let typed = typed.trim();
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    let fits = (1..=LONGEST_VIA).contains(&typed.len()) && typed.bytes().all(allowed);
    fits.then(|| typed.to_ascii_lowercase())
}

/// The name of a site or group as a `via`: blanks become hyphens, the rest goes.
fn as_via(typed: &str) -> String {
    let name: String = typed
        .trim()
        .to_lowercase()
        .chars()
        .map(|letter| if letter.is_whitespace() { '-' } else { letter })
        .filter(|letter| letter.is_ascii_alphanumeric() || "-._".contains(*letter))
        .take(LONGEST_VIA)
        .collect();
    name
}

fn incident(text: Text, case: &CaseEntry, entry: &IncidentEntry) -> Incident {
    let about = case.facts.iter();
    let about = about.filter(|fact| fact.incident == Some(entry.id));
    Incident {
        name: said(
            case,
            &format!("incident:{}", entry.slug),
            &entry.name,
            text.language(),
        ),
        // the recorded instants are the union of what the facts below say, each with its source
        starts_at: None,
        ends_at: None,
        accepted: Some((entry.accept_from, entry.accept_until)),
        domains: entry.domains.iter().map(domain).collect(),
        facts: facts(text, case, about.collect()),
    }
}

/// Facts of one topic stand together, in the order of the seed.
fn facts(text: Text, case: &CaseEntry, entries: Vec<&FactEntry>) -> Vec<Fact> {
    let mut topics: Vec<(&str, Fact)> = Vec::new();
    let of_the_case = entries.iter().all(|entry| entry.incident.is_none());
    for entry in entries {
        let value = FactValue {
            value: match &entry.note {
                Some(note) => format!("{} ({note})", entry.value),
                None => entry.value.clone(),
            },
            source: source(&entry.source),
        };
        match topics.iter_mut().find(|(topic, _)| *topic == entry.topic) {
            Some((_, fact)) => fact.values.push(value),
            None => topics.push((
                &entry.topic,
                Fact {
                    label: text.word("fact-topic", &entry.topic),
                    disagree: entry.topic != "event" && entry.topic != "redress",
                    values: vec![value],
                },
            )),
        }
    }
    let mut facts: Vec<Fact> = topics.into_iter().map(|(_, fact)| fact).collect();
    if of_the_case && !case.third_parties.is_empty() {
        facts.insert(0, third_parties(text, case));
    }
    facts
}

fn third_parties(text: Text, case: &CaseEntry) -> Fact {
    let values = case.third_parties.iter().map(|party| FactValue {
        value: format!("{}: {}", party.name, party.role),
        source: source(&party.source),
    });
    Fact {
        label: text.get("fact-topic-third-party"),
        disagree: false,
        values: values.collect(),
    }
}

fn domain(entry: &DomainEntry) -> Domain {
    Domain {
        name: entry.domain.clone(),
        treatment: match entry.treatment {
            DomainTreatment::InScope => Treatment::InScope,
            DomainTreatment::Verify | DomainTreatment::Review => Treatment::Review,
            DomainTreatment::Refuse => Treatment::Refused,
        },
        source: source(&entry.source),
    }
}

/// What the respondent said and what associations demanded, oldest first.
fn timeline(case: &CaseEntry) -> Vec<Statement> {
    let mut entries: Vec<Statement> = case.statements.iter().map(statement).collect();
    entries.extend(case.letters.iter().filter_map(|it| letter(case, it)));
    entries.sort_by_key(|entry| entry.on);
    entries
}

fn letter(case: &CaseEntry, letter: &DemandLetter) -> Option<Statement> {
    let association = case.association_by_id(letter.association)?;
    let content = &letter.content;
    let demands = content.demands.iter().map(|demand| Demand {
        kind: demand.kind.clone(),
        text: demand.text.clone(),
        answer: demand
            .answered_on
            .parse()
            .ok()
            .map(|on| (on, demand.answer.clone())),
    });
    Some(Statement {
        speaker: association.name.clone(),
        on: content.sent_on.parse().ok(),
        words: content.subject.clone(),
        source: source(""),
        promise: None,
        letter: Some(LetterShown {
            recipients: content.recipients.join(", "),
            copies: content.copies.join(", "),
            delivered_on: content.delivered_on.parse().ok(),
            demands: demands.collect(),
        }),
    })
}

fn statement(entry: &StatementEntry) -> Statement {
    Statement {
        speaker: entry.speaker.clone(),
        on: Some(entry.said_on),
        words: entry.statement.clone(),
        source: source(&entry.source),
        promise: entry.promised_for.map(|by| match entry.promise_kept {
            Some(true) => Promise::Kept(by),
            Some(false) => Promise::Broken(by),
            None => Promise::Pending(by),
        }),
        letter: None,
    }
}

fn source(words: &str) -> Source {
    Source {
        title: words.to_owned(),
        href: None,
        on: None,
    }
}
