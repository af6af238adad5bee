//! What differs between two contents, and what may differ once people rely on one of them.
//!
//! What a signed declaration rests on stays: slugs and names of outages, codes and kind of plans, codes and
//! kind of tariffs, title, respondent. Windows may only open further. Facts, statements, others, counsel,
//! summary and translations may change; title and respondent's name while a case is taken back, too. A sum or a text that changes becomes a new version beside the old one.

use chrono::NaiveDate;
use serde::Serialize;
use serde_json::Value;

use super::reader::{day, instant};
use super::{CaseContent, DomainContent, IncidentContent};
use crate::domain::case::CaseState;
use crate::domain::field::{FieldCode, FieldErrors};

/// A value that differs. Paths are those of the field; rows of a list by their name, not by their place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// As `/incidents/gennaio-2023/accept_until`.
    pub path: String,
    /// What is there now; empty: nothing.
    pub before: String,
    /// What is to be there; empty: nothing.
    pub after: String,
}

/// What is told apart by its words, in the order of the fields.
pub fn changes(before: &CaseContent, after: &CaseContent) -> Vec<Change> {
    let (before, after) = (leaves(before), leaves(after));
    let mut found: Vec<Change> = Vec::new();
    for (path, value) in &after {
        let old = before.iter().find(|(known, _)| known == path);
        let old = old.map(|(_, old)| old.as_str()).unwrap_or_default();
        if old != value {
            found.push(change(path, old, value));
        }
    }
    for (path, value) in &before {
        if !value.is_empty() && !after.iter().any(|(known, _)| known == path) {
            found.push(change(path, value, ""));
        }
    }
    found
}

/// What may not be so any more, at its field in `new`.
pub fn refused(public: &CaseContent, new: &CaseContent) -> FieldErrors {
    let mut errors = FieldErrors::new();
    let fixed = [
        ("/slug", &public.slug, &new.slug),
        (
            "/respondent/codice_fiscale",
            &public.respondent.codice_fiscale,
            &new.respondent.codice_fiscale,
        ),
    ];
    for (pointer, old, now) in fixed {
        if old != now {
            push_fixed(&mut errors, pointer);
        }
    }
    // of a case that was taken back nobody relies on its names
    if !is_withdrawn(public) {
        errors.append(renamed(public, new));
    }
    refused_states(public, new, &mut errors);
    refused_incidents(public, new, &mut errors);
    refused_domains(public, new, &mut errors);
    for old in &public.plans {
        let place = new.plans.iter().position(|plan| plan.code == old.code);
        let Some((place, plan)) = place.and_then(|it| Some((it, new.plans.get(it)?))) else {
            push_gone(&mut errors, "/plans");
            continue;
        };
        if plan.name != old.name {
            push_fixed(&mut errors, &format!("/plans/{place}/name"));
        }
        if plan.paid != old.paid {
            push_fixed(&mut errors, &format!("/plans/{place}/paid"));
        }
    }
    for old in &public.tariffs {
        match new.tariffs.iter().position(|it| it.code == old.code) {
            None => push_gone(&mut errors, "/tariffs"),
            Some(place) if new.tariffs.get(place).is_some_and(|it| it.paid != old.paid) => {
                push_fixed(&mut errors, &format!("/tariffs/{place}/paid"));
            }
            Some(_) => {}
        }
    }
    refused_texts(public, new, &mut errors);
    errors
}

/// Whether nobody sees a content that was public, or that the operator set up.
pub fn is_withdrawn(public: &CaseContent) -> bool {
    public.state == CaseState::Draft.as_str()
}

/// Names that people rely on who signed up, where they are others in `new`.
pub fn renamed(public: &CaseContent, new: &CaseContent) -> FieldErrors {
    let mut errors = FieldErrors::new();
    if public.title.it != new.title.it {
        push_fixed(&mut errors, "/title/it");
    }
    if public.respondent.name != new.respondent.name {
        push_fixed(&mut errors, "/respondent/name");
    }
    errors
}

/// Kinds of the texts that say something else in `new`, or are new: a second person reads them.
pub fn changed_texts(public: Option<&CaseContent>, new: &CaseContent) -> Vec<String> {
    let is_same = |text: &super::TextContent| {
        public.is_some_and(|public| {
            let mut known = public.texts.iter();
            known.any(|old| old.kind == text.kind && old.body == text.body)
        })
    };
    let changed = new.texts.iter().filter(|text| !is_same(text));
    changed.map(|text| text.kind.clone()).collect()
}

fn refused_states(public: &CaseContent, new: &CaseContent, errors: &mut FieldErrors) {
    let place = |word: &str| {
        let state = CaseState::parse(word)?;
        CaseState::ALL.into_iter().position(|it| it == state)
    };
    if place(&new.state) < place(&public.state) {
        errors.push("/state", FieldCode::UnknownValue, "error-desk-state-back");
    }
}

fn refused_incidents(public: &CaseContent, new: &CaseContent, errors: &mut FieldErrors) {
    for old in &public.incidents {
        let place = new.incidents.iter().position(|it| it.slug == old.slug);
        let Some((place, now)) = place.and_then(|it| Some((it, new.incidents.get(it)?))) else {
            push_gone(errors, "/incidents");
            continue;
        };
        let at = |field: &str| format!("/incidents/{place}/{field}");
        if now.name.it != old.name.it {
            push_fixed(errors, &at("name/it"));
        }
        let mut narrow = |field: &str| {
            errors.push(at(field), FieldCode::OutOfRange, "error-desk-narrower");
        };
        if later(&now.accept_from, &old.accept_from) {
            narrow("accept_from");
        }
        if later(&old.accept_until, &now.accept_until) {
            narrow("accept_until");
        }
        if !starts_no_later(old, now) {
            narrow("starts_at");
        }
        if !ends_no_earlier(old, now) {
            narrow("ends_at");
        }
    }
}

fn later(one: &str, other: &str) -> bool {
    let read = |text: &str| -> Option<NaiveDate> { day(text) };
    matches!((read(one), read(other)), (Some(one), Some(other)) if one > other)
}

fn starts_no_later(old: &IncidentContent, now: &IncidentContent) -> bool {
    instant(&now.starts_at) <= instant(&old.starts_at)
}

/// An end may be told once it is known, and moved on; one that was told stays told.
fn ends_no_earlier(old: &IncidentContent, now: &IncidentContent) -> bool {
    match (instant(&old.ends_at), instant(&now.ends_at)) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(old), Some(now)) => now >= old,
    }
}

fn refused_domains(public: &CaseContent, new: &CaseContent, errors: &mut FieldErrors) {
    let same =
        |a: &DomainContent, b: &DomainContent| a.incident == b.incident && a.domain == b.domain;
    for old in &public.domains {
        let Some(place) = new.domains.iter().position(|it| same(it, old)) else {
            push_gone(errors, "/domains");
            continue;
        };
        let is_shut = new
            .domains
            .get(place)
            .is_some_and(|it| it.treatment == "refuse");
        if is_shut && old.treatment != "refuse" {
            let pointer = format!("/domains/{place}/treatment");
            errors.push(pointer, FieldCode::OutOfRange, "error-desk-narrower");
        }
    }
}

fn refused_texts(public: &CaseContent, new: &CaseContent, errors: &mut FieldErrors) {
    for (place, text) in new.texts.iter().enumerate() {
        let Some(old) = public.texts.iter().find(|it| it.kind == text.kind) else {
            continue;
        };
        let language = [
            ("it", &old.body.it, &text.body.it),
            ("en", &old.body.en, &text.body.en),
            ("de", &old.body.de, &text.body.de),
        ];
        for (word, before, after) in language {
            if after.is_empty() && !before.is_empty() {
                let pointer = format!("/texts/{place}/body/{word}");
                errors.push(pointer, FieldCode::Required, "error-required");
            }
        }
        if old.body != text.body && old.version == text.version {
            let pointer = format!("/texts/{place}/version");
            errors.push(pointer, FieldCode::UnknownValue, "error-text-version");
        }
    }
}

fn push_fixed(errors: &mut FieldErrors, pointer: &str) {
    errors.push(pointer, FieldCode::UnknownValue, "error-desk-fixed");
}

fn push_gone(errors: &mut FieldErrors, pointer: &str) {
    errors.push(pointer, FieldCode::Required, "error-desk-gone");
}

fn change(path: &str, before: &str, after: &str) -> Change {
    Change {
        path: path.to_owned(),
        before: before.to_owned(),
        after: after.to_owned(),
    }
}

/// Every value with its path.
fn leaves(content: &CaseContent) -> Vec<(String, String)> {
    let mut found = Vec::new();
    if let Ok(value) = serde_json::to_value(content) {
        walk("", &value, &mut found);
    }
    found
}

fn walk(path: &str, value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                walk(&format!("{path}/{name}"), value, found);
            }
        }
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                walk(&format!("{path}/{}", name_of(item, place)), item, found);
            }
        }
        Value::Null => found.push((path.to_owned(), String::new())),
        Value::String(text) => found.push((path.to_owned(), text.clone())),
        other => found.push((path.to_owned(), other.to_string())),
    }
}

/// The row of a list that a path of [`changes`] names.
pub fn row_named<'a>(rows: &'a [Value], name: &str) -> Option<&'a Value> {
    let mut rows = rows.iter().enumerate();
    rows.find(|(place, row)| name_of(row, *place) == name)
        .map(|(_, row)| row)
}

/// A row by what names it; facts, statements, lawyers and third parties have only their place: the paths stand in the trail.
fn name_of(item: &Value, place: usize) -> String {
    let word = |field: &str| item.get(field).and_then(Value::as_str);
    if let (Some(incident), Some(domain)) = (word("incident"), word("domain")) {
        return format!("{incident}:{domain}");
    }
    let placed = ["topic", "speaker", "bar", "role"];
    if placed.into_iter().all(|field| word(field).is_none()) {
        let named = ["slug", "code", "kind", "name"];
        if let Some(name) = named.into_iter().find_map(word) {
            return name.to_owned();
        }
    }
    place.saturating_add(1).to_string()
}
