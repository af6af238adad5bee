//! A declaration in the words of the page: summary, estimate, what changed.

use serde_json::Value;

use crate::domain::declaration::{
    Change, ChangeKind, Complaint, DamageItem, Declaration, DeclarationRules, DeclaredIncident,
    Elsewhere, OtherClaim, Use,
};
use crate::domain::estimate::{Estimate, LineEstimate};
use crate::render::text::Text;

/// A part of the summary, with the step it is changed in.
#[derive(Debug, Clone)]
pub struct SummaryPart {
    /// Its title.
    pub title: String,
    /// Number of its step.
    pub step: usize,
    /// What and how it was answered.
    pub rows: Vec<(String, String)>,
}

/// What a declaration might be worth, never a promise.
#[derive(Debug, Clone)]
pub struct EstimateBox {
    /// One for each mailbox and outage.
    pub lines: Vec<EstimateLine>,
    /// Euro cents.
    pub net_cents: i64,
    /// How many lines have no tariff.
    pub without_tariff: usize,
    /// Where the tariffs come from.
    pub sources: Vec<String>,
}

/// A line of the estimate.
#[derive(Debug, Clone)]
pub struct EstimateLine {
    /// Mailbox and outage.
    pub what: String,
    /// Days times tariff, less what was received.
    pub formula: String,
}

/// One thing that changed since the signature (R39).
#[derive(Debug, Clone)]
pub struct ChangeLine {
    /// What it is about.
    pub what: String,
    /// The value before; empty where there is nothing short to show.
    pub before: String,
    /// The value after.
    pub after: String,
    /// `added`, `removed` or `changed`.
    pub kind: &'static str,
}

/// Names of the incidents by slug.
pub fn incident_names(rules: &DeclarationRules) -> Vec<(String, String)> {
    let incidents = rules.incidents.iter();
    incidents
        .map(|incident| (incident.slug.clone(), incident.name.clone()))
        .collect()
}

/// The whole declaration; `steps` gives each mailbox its step, the two after them follow. An outage of
/// `incidents` (slug and name) that did not hit a mailbox is told too.
pub fn summary(
    text: Text,
    declaration: &Declaration,
    steps: &[(String, usize)],
    incidents: &[(String, String)],
) -> Vec<SummaryPart> {
    let rows_of = |address: &str, slug: &str| {
        let mut lines = declaration.lines();
        let line = lines.find(|(mailbox, line)| mailbox.as_str() == address && line.slug() == slug);
        line.map_or_else(
            || vec![(text.get("label-hit"), text.get("declare-not-claimed"))],
            |(_, line)| line_rows(text, line),
        )
    };
    let mut parts: Vec<SummaryPart> = Vec::new();
    for (address, step) in steps {
        for (slug, name) in incidents {
            parts.push(SummaryPart {
                title: format!("{address}: {name}"),
                step: *step,
                rows: rows_of(address, slug),
            });
        }
    }
    parts.push(SummaryPart {
        title: text.get("declare-elsewhere"),
        step: steps.len() + 1,
        rows: elsewhere_rows(text, declaration),
    });
    let told = declaration.narrative().map(str::to_owned);
    parts.push(SummaryPart {
        title: text.get("declare-story"),
        step: steps.len() + 2,
        rows: vec![(
            text.get("label-narrative"),
            told.unwrap_or_else(|| text.get("declare-nothing")),
        )],
    });
    parts
}

fn line_rows(text: Text, line: &DeclaredIncident) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    let mut row = |key: &str, value: String| rows.push((text.get(key), value));
    row("label-plan", line.plan_name().to_owned());
    if let Some(cents) = line.fee_paid_cents() {
        row("label-fee-paid-cents", text.euro(cents));
    }
    row(
        "label-holder",
        told(text, line.holder(), line.holder_note()),
    );
    let uses = line.used_for().iter().copied().map(Use::as_str);
    let uses: Vec<String> = uses.map(|used| text.word("use", used)).collect();
    row("label-use", uses.join(", "));
    row("label-window", window(text, line));
    if let Some(day) = line.last_use() {
        row("label-last-use", text.date(day));
    }
    row("label-restored", yes_no(text, line.restored()));
    if line.late_mail() {
        row("label-late-mail", yes_no(text, true));
    }
    let received = text.word("compensation", line.compensation_received().as_str());
    row(
        "label-compensation-received",
        with_note(received, line.compensation_note()),
    );
    for item in line.items() {
        rows.push((text.get("label-head"), item_words(text, item)));
    }
    rows
}

fn window(text: Text, line: &DeclaredIncident) -> String {
    text.with(
        "declare-window",
        &[
            ("from", text.date(line.unavailable_from()).into()),
            ("until", text.date(line.unavailable_until()).into()),
            ("days", line.days().into()),
        ],
    )
}

fn item_words(text: Text, item: &DamageItem) -> String {
    let head = text.word("head", item.head().as_str());
    let amount = item.amount_cents().map(|cents| text.euro(cents));
    let amount = amount.unwrap_or_else(|| text.get("declare-no-amount"));
    with_note(format!("{head}, {amount}"), item.description())
}

fn elsewhere_rows(text: Text, declaration: &Declaration) -> Vec<(String, String)> {
    let complaint = declaration.complaint().map_or_else(
        || yes_no(text, false),
        |complaint| complaint_words(text, complaint),
    );
    let mut rows = vec![
        (text.get("label-complained"), complaint),
        (
            text.get("label-other-claims"),
            elsewhere_words(text, declaration.other_claims()),
        ),
        (
            text.get("label-already-compensated"),
            elsewhere_words(text, declaration.already_compensated()),
        ),
    ];
    for (key, value) in [
        ("label-contract-version", declaration.contract_version()),
        ("label-contract-clause", declaration.contract_clause()),
        ("label-member-number", declaration.member_number()),
    ] {
        rows.extend(value.map(|value| (text.get(key), value.to_owned())));
    }
    rows
}

fn complaint_words(text: Text, complaint: &Complaint) -> String {
    let mut words = vec![text.word("place", complaint.place().as_str())];
    words.extend(complaint.reference().map(str::to_owned));
    words.extend(complaint.date().map(|day| text.date(day)));
    words.push(text.word("answer", complaint.answer().as_str()));
    with_note(words.join(", "), complaint.text())
}

fn elsewhere_words(text: Text, elsewhere: &Elsewhere) -> String {
    let claims = elsewhere.listed().iter();
    let claims: Vec<String> = claims.map(|claim| claim_words(text, claim)).collect();
    if claims.is_empty() {
        return yes_no(text, elsewhere.is_yes());
    }
    claims.join("; ")
}

fn claim_words(text: Text, claim: &OtherClaim) -> String {
    let mut words = vec![text.word("place", claim.place().as_str())];
    words.extend(claim.reference().map(str::to_owned));
    words.extend(claim.amount_cents().map(|cents| text.euro(cents)));
    words.join(", ")
}

/// The estimate with its formula and its sources (FEATURES: never a promise).
pub fn estimate(text: Text, estimate: &Estimate, names: &[(String, String)]) -> EstimateBox {
    let line = |line: &LineEstimate| EstimateLine {
        what: format!(
            "{}: {}",
            line.mailbox.as_str(),
            name_of(names, &line.incident)
        ),
        formula: formula(text, line),
    };
    EstimateBox {
        lines: estimate.lines.iter().map(line).collect(),
        net_cents: estimate.net_cents,
        without_tariff: estimate.without_tariff,
        sources: estimate.sources.clone(),
    }
}

fn formula(text: Text, line: &LineEstimate) -> String {
    let gross = text.with(
        "estimate-formula",
        &[
            ("days", line.days.into()),
            ("rate", text.euro(line.cents_per_day).into()),
            ("sum", text.euro(line.gross_cents).into()),
        ],
    );
    let received = match line.received_cents {
        Some(0) => return gross,
        Some(cents) => text.with("estimate-less", &[("sum", text.euro(cents).into())]),
        None => text.get("estimate-unknown"),
    };
    format!("{gross}; {received}")
}

fn name_of<'a>(names: &'a [(String, String)], slug: &'a str) -> &'a str {
    let found = names.iter().find(|(known, _)| known == slug);
    found.map_or(slug, |(_, name)| name.as_str())
}

/// What changed from the signed version to the newest one.
pub fn changes(text: Text, changes: &[Change], rules: &DeclarationRules) -> Vec<ChangeLine> {
    let names = incident_names(rules);
    let value = |field: &str, value: &Value| match value {
        Value::String(code) if field == "plan" => {
            let plan = rules.plans.iter().find(|plan| plan.code == *code);
            plan.map_or_else(|| code.clone(), |plan| plan.name.clone())
        }
        value => value_words(text, field, value),
    };
    changes
        .iter()
        .map(|change| ChangeLine {
            what: subject(text, change, &names),
            before: value(&change.field, &change.before),
            after: value(&change.field, &change.after),
            kind: match change.kind {
                ChangeKind::Added => "added",
                ChangeKind::Removed => "removed",
                ChangeKind::Changed => "changed",
            },
        })
        .collect()
}

fn subject(text: Text, change: &Change, names: &[(String, String)]) -> String {
    let mut parts = Vec::new();
    if let Some(mailbox) = &change.mailbox {
        parts.push(mailbox.masked());
    }
    if let Some(incident) = &change.incident {
        parts.push(name_of(names, incident).to_owned());
    }
    match field_of(&change.field).as_deref() {
        // a plain reference is the record's own
        Some("reference") => parts.push(text.get("label-claim-reference")),
        Some(field) => parts.push(text.word("label", field)),
        None => {}
    }
    parts.join(", ")
}

/// The field in question: the last word that is no number, the list where the whole row changed.
fn field_of(path: &str) -> Option<String> {
    let is_word = |part: &&str| !part.is_empty() && part.parse::<u32>().is_err();
    path.rsplit('/')
        .find(is_word)
        .map(|word| word.replace('_', "-"))
}

/// A short value in words; nothing for lists of records and whole mailboxes.
fn value_words(text: Text, field: &str, value: &Value) -> String {
    match value {
        Value::Bool(told) => yes_no(text, *told),
        Value::Number(number) if field.ends_with("_cents") => number
            .as_i64()
            .map_or_else(String::new, |cents| text.euro(cents)),
        Value::String(word) => {
            let family = match field_of(field).as_deref() {
                Some("compensation-received") => "compensation",
                Some("where") => "place",
                Some("answer") => "answer",
                Some("head") => "head",
                _ => return day_or(text, word),
            };
            text.word(family, word)
        }
        Value::Array(words) if field.ends_with("use") => {
            let words = words.iter().filter_map(Value::as_str);
            let words: Vec<String> = words.map(|word| text.word("use", word)).collect();
            words.join(", ")
        }
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => String::new(),
    }
}

fn day_or(text: Text, word: &str) -> String {
    let day = word.parse().map(|day| text.date(day));
    day.unwrap_or_else(|_| word.to_owned())
}

fn yes_no(text: Text, told: bool) -> String {
    text.get(if told { "answer-yes" } else { "answer-no" })
}

fn told(text: Text, told: bool, note: Option<&str>) -> String {
    with_note(yes_no(text, told), note)
}

fn with_note(words: String, note: Option<&str>) -> String {
    match note {
        Some(note) => format!("{words} ({note})"),
        None => words,
    }
}
