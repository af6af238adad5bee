//! A JSON body of the wrong shape: each wrong place is told, taken out, and the rest is read.

use std::collections::HashMap;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use serde_path_to_error::{Error, Path, Segment};

use crate::domain::field::{FieldCode, FieldErrors, ValueError, is_within, pointer_token};

/// Times a body is read again at most: who wrote it wrong more often hears of the rest with the next one.
const MOST: usize = 30;
/// Values that a place can hold, tried one after the other until what is around it can be read.
const FILLINGS: usize = 6;

/// A place whose shape is wrong.
struct Fault {
    pointer: String,
    error: ValueError,
    /// What may stand there.
    expected: Vec<String>,
    /// What does.
    got: Option<String>,
}

/// Reads a value that was refused once, without the places that are wrong.
///
/// # Errors
/// Those places, if the rest cannot be read either.
pub(super) fn read<T: DeserializeOwned>(mut value: Value) -> Result<(T, FieldErrors), FieldErrors> {
    let mut wrong = FieldErrors::new();
    let mut fillings: HashMap<String, usize> = HashMap::new();
    for _ in 0..=MOST {
        let fault = match serde_path_to_error::deserialize(&value) {
            Ok(read) => return Ok((read, wrong)),
            Err(error) => Fault::of(&error, &value),
        };
        // what was put in its place is ours
        let is_ours = fillings
            .keys()
            .any(|place| is_within(&fault.pointer, place));
        if !is_ours {
            fault.tell(&mut wrong);
        }
        if !fault.mend(&mut value, &mut fillings) {
            break;
        }
    }
    Err(wrong)
}

impl Fault {
    /// serde says what is wrong in words only; the field's name stands between backquotes.
    fn of(error: &Error<serde_json::Error>, value: &Value) -> Self {
        let (mut pointer, said) = (pointer(error.path()), error.inner().to_string());
        let mut named = said.split('`').skip(1).step_by(2).map(str::to_owned);
        let name = named.next().unwrap_or_default();
        let expected: Vec<String> = named.collect();
        if said.starts_with("missing field") {
            pointer.push('/');
            pointer.push_str(&pointer_token(&name));
            return Self::new(pointer, (FieldCode::Required, "error-required"));
        }
        if said.starts_with("unknown field") {
            let token = format!("/{}", pointer_token(&name));
            if (pointer.is_empty() || pointer == token) && expected == ["items"] {
                let error = (FieldCode::Required, "error-put-in-items");
                return Self::new("/items".to_owned(), error);
            }
            let inner = format!("{pointer}{token}");
            if value.pointer(&inner).is_some() || !pointer.ends_with(&token) {
                pointer = inner;
            }
            return Self::new(pointer, (FieldCode::UnknownField, "error-unknown-field"));
        }
        if said.starts_with("unknown variant") {
            let error = (FieldCode::UnknownValue, "error-unknown-value");
            return Self {
                expected,
                ..Self::new(pointer, error)
            };
        }
        let got = value.pointer(&pointer).map(type_of);
        match (type_expected(&said), got) {
            (Some(expected), Some(got)) if expected != got => Self {
                expected: vec![expected.to_owned()],
                got: Some(got.to_owned()),
                ..Self::new(pointer, (FieldCode::Format, "error-json-type"))
            },
            _ => Self::new(pointer, (FieldCode::Format, "error-format")),
        }
    }

    fn new(pointer: String, (code, reason): (FieldCode, &'static str)) -> Self {
        Self {
            pointer,
            error: ValueError::new(code, reason),
            expected: Vec::new(),
            got: None,
        }
    }

    fn tell(&self, wrong: &mut FieldErrors) {
        let (expected, got) = (self.expected.clone(), self.got.clone());
        wrong.push_expecting(self.pointer.clone(), self.error, expected, got);
    }

    /// Takes out what is wrong; false: that cannot be done.
    fn mend(&self, value: &mut Value, fillings: &mut HashMap<String, usize>) -> bool {
        if self.error.reason == "error-put-in-items" {
            return false;
        }
        if self.error.code == FieldCode::UnknownField {
            return remove(value, &self.pointer);
        }
        let tried = fillings.entry(self.pointer.clone()).or_default();
        let filled = filling(*tried).is_some_and(|filling| put(value, &self.pointer, filling));
        *tried += 1;
        filled
    }
}

/// What to put into a place, in this order.
fn filling(place: usize) -> Option<Value> {
    let fillings: [Value; FILLINGS] = [
        Value::Null,
        Value::Object(Map::new()),
        Value::Array(Vec::new()),
        Value::String(String::new()),
        Value::Bool(false),
        Value::from(0),
    ];
    fillings.into_iter().nth(place)
}

fn put(value: &mut Value, pointer: &str, filling: Value) -> bool {
    if let Some(place) = value.pointer_mut(pointer) {
        *place = filling;
        return true;
    }
    let Some((fields, name)) = field_of(value, pointer) else {
        return false;
    };
    fields.insert(name, filling);
    true
}

fn remove(value: &mut Value, pointer: &str) -> bool {
    field_of(value, pointer).is_some_and(|(fields, name)| fields.remove(&name).is_some())
}

/// The object that holds a field, and the name of the field.
fn field_of<'a>(
    value: &'a mut Value,
    pointer: &str,
) -> Option<(&'a mut Map<String, Value>, String)> {
    let (holder, token) = pointer.rsplit_once('/')?;
    let name = token.replace("~1", "/").replace("~0", "~");
    Some((value.pointer_mut(holder)?.as_object_mut()?, name))
}

/// The type of JSON that serde asks for.
fn type_expected(said: &str) -> Option<&'static str> {
    let (_, words) = said.rsplit_once(", expected ")?;
    let is_number = |word: &str| {
        let digits = word.trim_start_matches(['u', 'i', 'f']);
        matches!(digits, "8" | "16" | "32" | "64" | "128" | "size")
    };
    match words {
        "a string" | "a borrowed string" | "string" => Some("string"),
        "a boolean" => Some("boolean"),
        "a sequence" => Some("array"),
        "a map" => Some("object"),
        _ if words.starts_with("struct ") => Some("object"),
        _ if words.split(' ').next().is_some_and(is_number) => Some("number"),
        _ => None,
    }
}

const fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn pointer(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => {
                pointer.push('/');
                pointer.push_str(&index.to_string());
            }
            Segment::Map { key } => {
                pointer.push('/');
                pointer.push_str(&pointer_token(key));
            }
            // a variant is no place of its own in JSON
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Given {
        name: String,
        count: Option<u32>,
    }

    /// Places and what may stand there, of what is wrong.
    fn told(wrong: &FieldErrors) -> Vec<(&str, FieldCode, &[String])> {
        let errors = wrong.iter();
        errors
            .map(|it| (it.pointer.as_str(), it.code, it.expected.as_slice()))
            .collect()
    }

    #[test]
    fn each_wrong_place_is_told_with_its_type_and_the_rest_is_read() {
        let body = json!({"count": "many", "name": "Ada", "other": 1});
        let (given, wrong) = read::<Given>(body).unwrap();
        assert_eq!((given.name.as_str(), given.count), ("Ada", None));
        assert_eq!(
            told(&wrong),
            [
                (
                    "/count",
                    FieldCode::Format,
                    ["number".to_owned()].as_slice()
                ),
                ("/other", FieldCode::UnknownField, &[]),
            ]
        );
    }

    #[test]
    fn a_body_that_is_wrong_everywhere_is_read_a_bounded_number_of_times() {
        let names = (0..1_000).map(|place| (format!("k{place:04}"), json!(1)));
        let wrong = read::<Given>(Value::Object(names.collect())).unwrap_err();
        assert_eq!(told(&wrong).len(), MOST + 1);
    }
}
