//! What changed between two declarations: fields by their wire names, mailboxes by address and
//! incidents by slug, so that another order is no change (R39).

use std::{collections::BTreeSet, fmt};

use serde_json::{Map, Value};

use super::{
    super::{field::pointer_token, mailbox_address::MailboxAddress},
    Declaration, DeclarationInput, DeclaredIncident,
};

/// What happened to a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// It was not there before.
    Added,
    /// It is not there any more.
    Removed,
    /// It has another value.
    Changed,
}

impl ChangeKind {
    /// Name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }
}

/// One field that differs. A whole mailbox or incident that came or went is one change with an empty
/// `field`; an item or other claim is one with its position.
#[derive(Clone, PartialEq, Eq)]
pub struct Change {
    /// The mailbox it belongs to.
    pub mailbox: Option<MailboxAddress>,
    /// Slug of the incident it belongs to.
    pub incident: Option<String>,
    /// The field below that, wire names with slashes: `plan`, `items/0/amount_cents`.
    pub field: String,
    /// What happened.
    pub kind: ChangeKind,
    /// The value before, as in the JSON of the input; null where there was none.
    pub before: Value,
    /// The value after; null where there is none.
    pub after: Value,
}

impl Change {
    /// The change as a pointer in which mailboxes are named by address and incidents by slug, like
    /// `/mailboxes/mario@libero.it/incidents/gennaio-2023/plan`. Personal data: not for logs.
    pub fn path(&self) -> String {
        let mut path = String::new();
        if let Some(mailbox) = &self.mailbox {
            path.push_str("/mailboxes/");
            path.push_str(&pointer_token(mailbox.as_str()));
        }
        if let Some(incident) = &self.incident {
            path.push_str("/incidents/");
            path.push_str(&pointer_token(incident));
        }
        if !self.field.is_empty() {
            path.push('/');
            path.push_str(&self.field);
        }
        path
    }
}

/// The part of a declaration that is compared.
#[derive(Clone, Copy, Default)]
struct Part<'a> {
    mailbox: Option<&'a MailboxAddress>,
    incident: Option<&'a str>,
}

pub(super) fn between(old: &Declaration, new: &Declaration) -> Vec<Change> {
    let mut changes = Vec::new();
    let addresses: BTreeSet<&MailboxAddress> = old
        .mailboxes()
        .iter()
        .chain(new.mailboxes())
        .map(super::DeclaredMailbox::address)
        .collect();
    for address in addresses {
        let before = incidents(old, address);
        let after = incidents(new, address);
        mailbox(address, before, after, &mut changes);
    }
    let rest = |declaration: &Declaration| {
        let value = json(&DeclarationInput::from(declaration));
        let Value::Object(mut fields) = value else {
            return Value::Null;
        };
        fields.remove("mailboxes");
        Value::Object(fields)
    };
    compare(Part::default(), "", &rest(old), &rest(new), &mut changes);
    changes
}

fn incidents<'a>(
    declaration: &'a Declaration,
    address: &MailboxAddress,
) -> Option<&'a [DeclaredIncident]> {
    let mut mailboxes = declaration.mailboxes().iter();
    let mailbox = mailboxes.find(|mailbox| mailbox.address() == address)?;
    Some(mailbox.incidents())
}

fn mailbox(
    address: &MailboxAddress,
    before: Option<&[DeclaredIncident]>,
    after: Option<&[DeclaredIncident]>,
    changes: &mut Vec<Change>,
) {
    let whole = Part {
        mailbox: Some(address),
        incident: None,
    };
    let (Some(before), Some(after)) = (before, after) else {
        let value = |incidents: Option<&[DeclaredIncident]>| {
            incidents.map_or(Value::Null, |incidents| {
                Value::Array(incidents.iter().map(line).collect())
            })
        };
        differ(whole, "", value(before), value(after), changes);
        return;
    };
    let slugs: BTreeSet<&str> = before
        .iter()
        .chain(after)
        .map(DeclaredIncident::slug)
        .collect();
    for slug in slugs {
        let one = |incidents: &[DeclaredIncident]| {
            let mut incidents = incidents.iter();
            incidents
                .find(|incident| incident.slug() == slug)
                .map_or(Value::Null, line)
        };
        let part = Part {
            mailbox: Some(address),
            incident: Some(slug),
        };
        compare(part, "", &one(before), &one(after), changes);
    }
}

/// What the claimant said in a line, with the wire names of the input.
fn line(incident: &DeclaredIncident) -> Value {
    json(&super::DeclaredIncidentInput::from(incident))
}

fn json(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}

/// Compares two values field by field; lists of objects by position, other lists as one value.
fn compare(part: Part<'_>, at: &str, before: &Value, after: &Value, changes: &mut Vec<Change>) {
    let below = |name: &str| {
        if at.is_empty() {
            name.to_owned()
        } else {
            format!("{at}/{name}")
        }
    };
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            for name in names(old, new) {
                let value = |fields: &Map<String, Value>| fields.get(name).cloned();
                let (old, new) = (
                    value(old).unwrap_or_default(),
                    value(new).unwrap_or_default(),
                );
                compare(part, &below(name), &old, &new, changes);
            }
        }
        (Value::Array(old), Value::Array(new)) if is_records(old) || is_records(new) => {
            for position in 0..old.len().max(new.len()) {
                let value = |list: &[Value]| list.get(position).cloned().unwrap_or_default();
                let place = below(&position.to_string());
                compare(part, &place, &value(old), &value(new), changes);
            }
        }
        (before, after) => differ(part, at, before.clone(), after.clone(), changes),
    }
}

fn differ(part: Part<'_>, at: &str, before: Value, after: Value, changes: &mut Vec<Change>) {
    if before == after {
        return;
    }
    let kind = match (before.is_null(), after.is_null()) {
        (true, _) => ChangeKind::Added,
        (_, true) => ChangeKind::Removed,
        _ => ChangeKind::Changed,
    };
    changes.push(Change {
        mailbox: part.mailbox.cloned(),
        incident: part.incident.map(str::to_owned),
        field: at.to_owned(),
        kind,
        before,
        after,
    });
}

fn names<'a>(old: &'a Map<String, Value>, new: &'a Map<String, Value>) -> BTreeSet<&'a String> {
    old.keys().chain(new.keys()).collect()
}

fn is_records(list: &[Value]) -> bool {
    list.first().is_some_and(Value::is_object)
}

impl fmt::Debug for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Change")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}
