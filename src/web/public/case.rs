//! `/c/{slug}`: one case, everything with its source (R70).

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::app::directory::{CaseEntry, DomainEntry, FactEntry, IncidentEntry, StatementEntry};
use crate::domain::mailbox_address::DomainTreatment;
use crate::render::page::Errors;
use crate::render::page::case::{
    CasePage, Domain, Fact, FactValue, Incident, Promise, Source, Statement, Treatment,
};
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
#[derive(Deserialize)]
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
    let text = chrome.text();
    let share_via = as_via(&query.share);
    let base = &visit.ctx().settings.public_base_url;
    let share_url = match share_via.as_str() {
        "" => format!("{base}/c/{}", case.slug),
        via => format!("{base}/c/{}?via={via}", case.slug),
    };
    let of_the_case = case.facts.iter().filter(|fact| fact.incident.is_none());
    html(&CasePage {
        case: card::head(&case),
        summary: case.summary.clone(),
        state: case.state.as_str().to_owned(),
        associations: card::rotated(visit.ctx(), &case),
        facts: facts(text, &case, of_the_case.collect()),
        incidents: case
            .incidents
            .iter()
            .map(|entry| incident(text, &case, entry))
            .collect(),
        statements: statements(&case),
        updates: updates::lines(&case, visit.language, case.updates.iter().take(NEWEST)),
        follow: follow::blank(visit.ctx(), &case, visit.language),
        errors: Errors::default(),
        confirmed: u64::try_from(case.confirmed_claimants).unwrap_or(0),
        via: query.via.as_deref().and_then(via),
        share_via,
        share_url,
        chrome,
    })
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
        name: entry.name.clone(),
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

fn statements(case: &CaseEntry) -> Vec<Statement> {
    let mut entries: Vec<&StatementEntry> = case.statements.iter().collect();
    entries.sort_by_key(|entry| entry.said_on);
    entries.into_iter().map(statement).collect()
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
    }
}

fn source(words: &str) -> Source {
    Source {
        title: words.to_owned(),
        href: None,
        on: None,
    }
}
