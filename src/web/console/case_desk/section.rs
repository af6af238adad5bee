//! The sections of a case as forms: a table of fields, read into and filled from the content as JSON.

use chrono::{DateTime, Utc};
use chrono_tz::Europe::Rome;
use serde::Serialize;
use serde_json::{Map, Value};

use super::difference;
use crate::domain::case_desk::{
    CaseContent, CounselContent, DomainContent, FactContent, IncidentContent, PlanContent,
    StatementContent, TariffContent, TextContent, ThirdPartyContent,
};
use crate::domain::field::{FieldCode, FieldErrors};
use crate::render::error_text;
use crate::render::page::console::case_desk::{DeskField, Input};
use crate::render::text::Text;

/// How a field is typed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Line,
    Area,
    Day,
    Instant,
    Check,
    Amount,
    /// A family of words, and the words.
    Choice(&'static str, &'static [&'static str]),
    /// An outage of the case; the first choice is the whole case.
    Incident,
    /// An outage of the case, and one it must be.
    Outage,
}

/// A section.
pub(super) struct Section {
    /// Word in addresses and in the content; `main` is the case itself.
    pub(super) word: &'static str,
    /// What tells its rows apart: pointers into a row.
    pub(super) names: &'static [&'static str],
    fields: &'static [(&'static str, Kind)],
}

const WORDS_IN: [(&str, &str); 3] = [("/it", "it"), ("/en", "en"), ("/de", "de")];

/// Every section, in the order of the page.
pub(super) const SECTIONS: [Section; 10] = [
    Section {
        word: "main",
        names: &["/title/it"],
        fields: &[
            ("/slug", Kind::Line),
            ("/title/it", Kind::Line),
            ("/title/en", Kind::Line),
            ("/title/de", Kind::Line),
            ("/summary/it", Kind::Area),
            ("/summary/en", Kind::Area),
            ("/summary/de", Kind::Area),
            ("/respondent/name", Kind::Line),
            ("/respondent/codice_fiscale", Kind::Line),
            ("/respondent/pec", Kind::Line),
            (
                "/state",
                Kind::Choice("case-state", &["pre_registration", "open", "closed"]),
            ),
            (
                "/mode",
                Kind::Choice("label-mode", &["interest", "collection"]),
            ),
        ],
    },
    Section {
        word: "incidents",
        names: &["/name/it", "/slug"],
        fields: &[
            ("/slug", Kind::Line),
            ("/name/it", Kind::Line),
            ("/name/en", Kind::Line),
            ("/name/de", Kind::Line),
            ("/starts_at", Kind::Instant),
            ("/ends_at", Kind::Instant),
            ("/accept_from", Kind::Day),
            ("/accept_until", Kind::Day),
        ],
    },
    Section {
        word: "domains",
        names: &["/domain", "/incident"],
        fields: &[
            ("/incident", Kind::Outage),
            ("/domain", Kind::Line),
            (
                "/treatment",
                Kind::Choice(
                    "label-treatment",
                    &["in_scope", "verify", "review", "refuse"],
                ),
            ),
            ("/source", Kind::Line),
            ("/public", Kind::Check),
        ],
    },
    Section {
        word: "plans",
        names: &["/name", "/code"],
        fields: &[
            ("/code", Kind::Line),
            ("/name", Kind::Line),
            ("/paid", Kind::Check),
            ("/fee_cents", Kind::Amount),
            ("/source", Kind::Line),
        ],
    },
    Section {
        word: "tariffs",
        names: &["/code", "/source"],
        fields: &[
            ("/code", Kind::Line),
            ("/paid", Kind::Check),
            ("/cents_per_day", Kind::Amount),
            ("/source", Kind::Line),
        ],
    },
    Section {
        word: "facts",
        names: &["/value", "/source"],
        fields: &[
            ("/incident", Kind::Incident),
            (
                "/topic",
                Kind::Choice(
                    "fact-topic",
                    &[
                        "size", "start", "end", "length", "cause", "redress", "event", "sources",
                    ],
                ),
            ),
            ("/value", Kind::Area),
            ("/source", Kind::Line),
            ("/note", Kind::Line),
        ],
    },
    Section {
        word: "statements",
        names: &["/said_on", "/speaker", "/statement"],
        fields: &[
            ("/incident", Kind::Incident),
            ("/speaker", Kind::Line),
            ("/said_on", Kind::Day),
            ("/statement", Kind::Area),
            ("/source", Kind::Line),
            ("/promised_for", Kind::Day),
            (
                "/promise_kept",
                Kind::Choice("label-kept", &["", "yes", "no"]),
            ),
        ],
    },
    Section {
        word: "third_parties",
        names: &["/name", "/role"],
        fields: &[
            ("/name", Kind::Line),
            ("/role", Kind::Line),
            ("/source", Kind::Line),
        ],
    },
    Section {
        word: "counsel",
        names: &["/name", "/bar"],
        fields: &[
            ("/name", Kind::Line),
            ("/codice_fiscale", Kind::Line),
            ("/bar", Kind::Line),
            ("/pec", Kind::Line),
        ],
    },
    Section {
        word: "texts",
        names: &["/kind", "/version"],
        fields: &[
            ("/version", Kind::Line),
            ("/body/it", Kind::Area),
            ("/body/en", Kind::Area),
            ("/body/de", Kind::Area),
        ],
    },
];

impl Section {
    /// The section of a word.
    pub(super) fn find(word: &str) -> Option<&'static Self> {
        SECTIONS.iter().find(|section| section.word == word)
    }

    /// The pointer of a row in the content.
    pub(super) fn pointer(&self, place: usize) -> String {
        match self.word {
            "main" => String::new(),
            word => format!("/{word}/{place}"),
        }
    }

    /// How many rows there are.
    pub(super) fn count(&self, content: &Value) -> usize {
        match self.word {
            "main" => 1,
            word => content
                .get(word)
                .and_then(Value::as_array)
                .map_or(0, Vec::len),
        }
    }

    /// A row without values.
    pub(super) fn blank(&self) -> Value {
        fn of<T: Default + Serialize>() -> Value {
            serde_json::to_value(T::default()).unwrap_or_default()
        }
        match self.word {
            "incidents" => of::<IncidentContent>(),
            "domains" => of::<DomainContent>(),
            "plans" => of::<PlanContent>(),
            "tariffs" => of::<TariffContent>(),
            "facts" => of::<FactContent>(),
            "statements" => of::<StatementContent>(),
            "third_parties" => of::<ThirdPartyContent>(),
            "counsel" => of::<CounselContent>(),
            "texts" => of::<TextContent>(),
            _ => of::<CaseContent>(),
        }
    }

    /// Puts what was typed into a row. A sum that is none is told at its field.
    pub(super) fn put(&self, row: &mut Value, typed: &[(String, String)], at: &str) -> FieldErrors {
        let mut errors = FieldErrors::new();
        for (pointer, kind) in self.fields {
            let Some(value) = row.pointer_mut(pointer) else {
                continue;
            };
            let found = typed.iter().find(|(name, _)| name == pointer);
            let words = found.map(|(_, words)| words.trim()).unwrap_or_default();
            *value = match kind {
                Kind::Check => Value::Bool(words == "true"),
                Kind::Amount if words.is_empty() => Value::Null,
                Kind::Amount => {
                    if let Some(cents) = cents(words) {
                        Value::from(cents)
                    } else {
                        errors.push(format!("{at}{pointer}"), FieldCode::Format, "error-format");
                        Value::Null
                    }
                }
                _ => Value::String(words.to_owned()),
            };
        }
        errors
    }

    /// The fields of a row, with what was typed where it was refused.
    pub(super) fn shown(
        &self,
        text: Text,
        row: &Value,
        (content, at): (&Value, &str),
        typed: Option<&[(String, String)]>,
    ) -> Vec<DeskField> {
        let fields = self.fields.iter();
        fields
            .map(|(pointer, kind)| {
                let kept = typed.map(|typed| {
                    let found = typed.iter().find(|(name, _)| name == pointer);
                    found.map(|(_, words)| words.clone()).unwrap_or_default()
                });
                let whole = format!("{at}{pointer}");
                DeskField {
                    id: whole.trim_start_matches('/').replace(['/', '_'], "-"),
                    name: (*pointer).to_owned(),
                    label: self.label(text, pointer),
                    hint: text
                        .try_word("desk-hint", &hint(self.word, pointer))
                        .unwrap_or_default(),
                    value: kept.unwrap_or_else(|| value(row, pointer, *kind)),
                    input: input(text, *kind, content),
                    lang: WORDS_IN
                        .iter()
                        .find(|(end, _)| pointer.ends_with(end))
                        .map_or("it", |(_, lang)| lang),
                }
            })
            .collect()
    }

    /// What a field is called.
    pub(super) fn label(&self, text: Text, pointer: &str) -> String {
        error_text::label(text, &format!("/{}{pointer}", self.word))
    }

    /// A value of a field as people read it.
    pub(super) fn read(&self, text: Text, pointer: &str, words: &str, content: &Value) -> String {
        let mut fields = self.fields.iter();
        let kind = fields.find(|(known, _)| *known == pointer);
        let kind = kind.map_or(Kind::Line, |(_, kind)| *kind);
        match kind {
            _ if words.is_empty() => String::new(),
            Kind::Line if pointer == "/kind" => text.word("label-texts-kind", words),
            Kind::Line | Kind::Area => words.to_owned(),
            Kind::Day => difference::day(text, words),
            Kind::Instant => difference::instant(text, words),
            Kind::Check if words == "true" => text.word("label-kept", "yes"),
            Kind::Check => text.word("label-kept", "no"),
            Kind::Amount => words
                .parse()
                .map_or_else(|_| words.to_owned(), |cents: i64| text.euro(cents)),
            Kind::Choice(family, _) => text.word(family, words),
            Kind::Incident | Kind::Outage => {
                let incidents = content.get("incidents").and_then(Value::as_array);
                let named = incidents.into_iter().flatten();
                let mut named = named.filter(|it| it.pointer("/slug") == Some(&Value::from(words)));
                let name = named.next().and_then(|it| it.pointer("/name/it")?.as_str());
                name.unwrap_or(words).to_owned()
            }
        }
    }

    /// What tells a row apart.
    pub(super) fn name(&self, text: Text, row: &Value) -> String {
        let names = self.names.iter().filter_map(|pointer| {
            let words = row.pointer(pointer)?.as_str()?;
            let words = match *pointer {
                "/kind" => text.word("label-texts-kind", words),
                _ => words.to_owned(),
            };
            (!words.is_empty()).then_some(words)
        });
        let name = names.collect::<Vec<_>>().join(" – ");
        name.chars().take(160).collect()
    }
}

fn hint(section: &str, pointer: &str) -> String {
    format!("{section}{}", pointer.replace('/', "-"))
}

fn input(text: Text, kind: Kind, content: &Value) -> Input {
    match kind {
        Kind::Line => Input::Line,
        Kind::Area => Input::Area,
        Kind::Day => Input::Day,
        Kind::Instant => Input::Instant,
        Kind::Check => Input::Check,
        Kind::Amount => Input::Amount,
        Kind::Choice(family, words) => Input::Choice(
            words
                .iter()
                .map(|word| {
                    let name = match *word {
                        "" => "none",
                        word => word,
                    };
                    ((*word).to_owned(), text.word(family, name))
                })
                .collect(),
        ),
        Kind::Incident | Kind::Outage => {
            let none = match kind {
                Kind::Outage => text.get("declare-choose"),
                _ => text.get("label-whole-case"),
            };
            let mut choices = vec![(String::new(), none)];
            let incidents = content.get("incidents").and_then(Value::as_array);
            for incident in incidents.into_iter().flatten() {
                let of = |pointer| incident.pointer(pointer).and_then(Value::as_str);
                if let (Some(slug), Some(name)) = (of("/slug"), of("/name/it")) {
                    choices.push((slug.to_owned(), name.to_owned()));
                }
            }
            Input::Choice(choices)
        }
    }
}

fn value(row: &Value, pointer: &str, kind: Kind) -> String {
    let found = row.pointer(pointer).unwrap_or(&Value::Null);
    match (found, kind) {
        (Value::String(words), Kind::Instant) => of_rome(words),
        (Value::String(words), _) => words.clone(),
        (Value::Bool(yes), _) => yes.to_string(),
        (Value::Number(number), Kind::Amount) => number.as_i64().map(euro).unwrap_or_default(),
        _ => String::new(),
    }
}

/// An instant on the clock of Rome, as a form sends it.
fn of_rome(words: &str) -> String {
    let at = DateTime::parse_from_rfc3339(words).map(|at| at.with_timezone(&Utc));
    at.map_or_else(
        |_| words.to_owned(),
        |at| {
            at.with_timezone(&Rome)
                .format("%Y-%m-%dT%H:%M:%S")
                .to_string()
        },
    )
}

fn euro(cents: i64) -> String {
    format!("{},{:02}", cents / 100, cents % 100)
}

/// Euro as people type them: `1`, `1,5`, `19.99`.
fn cents(words: &str) -> Option<i64> {
    let words = words.trim_end_matches('€').trim();
    let (whole, rest) = words.split_once([',', '.']).unwrap_or((words, ""));
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || rest.len() > 2 || !is_number(whole) || !is_number(rest) {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    let rest: i64 = format!("{rest:0<2}").parse().ok()?;
    whole.checked_mul(100)?.checked_add(rest)
}

/// The content as JSON.
pub(super) fn json(content: &CaseContent) -> Value {
    serde_json::to_value(content).unwrap_or_else(|_| Value::Object(Map::new()))
}
