//! Whoever wrote a program against the API as `docs/openapi.json` describes it can go on using it: nothing is taken
//! away from an answer, nothing more is asked for. `make openapi` writes what was added.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::app::TestApp;

const PUBLISHED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/openapi.json");
const METHODS: [&str; 5] = ["get", "put", "post", "patch", "delete"];
/// Schemas in schemas, so far down as any goes.
const DEEPEST: usize = 24;

/// Which way a value goes.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// From whoever asks.
    In,
    /// To whoever asked.
    Out,
}

struct Compared<'a> {
    old: &'a Value,
    new: &'a Value,
    broken: BTreeSet<String>,
}

fn keys(of: &Value) -> impl Iterator<Item = &String> {
    of.as_object().into_iter().flat_map(Map::keys)
}

fn words(of: &Value) -> BTreeSet<String> {
    let values = of.as_array().into_iter().flatten();
    values.map(Value::to_string).collect()
}

/// A schema without its `$ref`.
fn of<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(place) => document.pointer(&place[1..]).unwrap(),
        None => schema,
    }
}

/// The types a schema lets through; empty: any.
fn types(schema: &Value) -> BTreeSet<String> {
    let mut found = match &schema["type"] {
        Value::String(one) => BTreeSet::from([one.clone()]),
        many => words(many).iter().map(|it| it.replace('"', "")).collect(),
    };
    let parts = ["oneOf", "anyOf"].map(|key| schema[key].as_array());
    for part in parts.into_iter().flatten().flatten() {
        found.extend(types(part));
    }
    found
}

/// The branches of a schema that hold something: of `oneOf` with null the other one.
fn branches<'a>(document: &'a Value, schema: &'a Value) -> Vec<&'a Value> {
    let parts = ["oneOf", "anyOf", "allOf"].map(|key| schema[key].as_array());
    let parts: Vec<&Value> = parts.into_iter().flatten().flatten().collect();
    if parts.is_empty() {
        return vec![of(document, schema)];
    }
    let parts = parts.into_iter().filter(|part| part["type"] != "null");
    parts
        .flat_map(|part| branches(document, of(document, part)))
        .collect()
}

impl Compared<'_> {
    fn say(&mut self, place: &str, what: &str) {
        self.broken.insert(format!("{place}: {what}"));
    }

    fn operations(&mut self) {
        let (old, new) = (self.old, self.new);
        for path in keys(&old["paths"]) {
            for method in METHODS {
                let (before, now) = (&old["paths"][path][method], &new["paths"][path][method]);
                if before.is_null() {
                    continue;
                }
                let place = format!("{method} {path}");
                if now.is_null() {
                    self.say(&place, "is gone");
                    continue;
                }
                if before["operationId"] != now["operationId"] {
                    self.say(&place, "has another operationId");
                }
                self.parameters(&place, before, now);
                self.body(&place, before, now);
                self.answers(&place, before, now);
            }
        }
    }

    fn parameters(&mut self, place: &str, before: &Value, now: &Value) {
        let list = |of: &Value| of["parameters"].as_array().cloned().unwrap_or_default();
        let find = |all: &[Value], one: &Value| {
            let same = |it: &&Value| it["name"] == one["name"] && it["in"] == one["in"];
            all.iter().find(same).cloned()
        };
        let (before, now) = (list(before), list(now));
        for parameter in &before {
            let name = format!("{place} {}", parameter["name"]);
            let Some(after) = find(&now, parameter) else {
                self.say(&name, "is not read any more");
                continue;
            };
            self.schema(&name, Way::In, (&parameter["schema"], &after["schema"]), 0);
        }
        for parameter in &now {
            let was_required = find(&before, parameter).is_some_and(|it| it["required"] == true);
            if parameter["required"] == true && !was_required {
                self.say(&format!("{place} {}", parameter["name"]), "is required now");
            }
        }
    }

    fn body(&mut self, place: &str, before: &Value, now: &Value) {
        let (before, now) = (&before["requestBody"], &now["requestBody"]);
        if now["required"] == true && before["required"] != true {
            self.say(place, "a body is required now");
        }
        for kind in keys(&before["content"]) {
            let (before, now) = (&before["content"][kind], &now["content"][kind]);
            if now.is_null() {
                self.say(place, &format!("{kind} is not taken any more"));
                continue;
            }
            self.schema(place, Way::In, (&before["schema"], &now["schema"]), 0);
        }
    }

    fn answers(&mut self, place: &str, before: &Value, now: &Value) {
        for status in keys(&before["responses"]).filter(|status| status.starts_with('2')) {
            let (before, now) = (&before["responses"][status], &now["responses"][status]);
            let place = format!("{place} {status}");
            if now.is_null() {
                self.say(&place, "is not answered any more");
                continue;
            }
            for kind in keys(&before["content"]) {
                let (before, now) = (&before["content"][kind], &now["content"][kind]);
                if now.is_null() {
                    self.say(&place, &format!("is not {kind} any more"));
                    continue;
                }
                self.schema(&place, Way::Out, (&before["schema"], &now["schema"]), 0);
            }
        }
    }

    fn schema(&mut self, place: &str, way: Way, (before, now): (&Value, &Value), depth: usize) {
        if depth > DEEPEST {
            return;
        }
        let (before, now) = (of(self.old, before), of(self.new, now));
        // in: all that was taken is; out: nothing else comes than before
        let (least, most) = match way {
            Way::In => (types(before), types(now)),
            Way::Out => (types(now), types(before)),
        };
        if !most.is_empty() && !least.is_subset(&most) {
            self.say(
                place,
                &format!("was {:?}, is {:?}", types(before), types(now)),
            );
        }
        let allowed = (words(&before["enum"]), words(&now["enum"]));
        if way == Way::In && !allowed.1.is_empty() && !allowed.0.is_subset(&allowed.1) {
            self.say(place, "takes fewer words");
        }
        let (old, new) = (branches(self.old, before), branches(self.new, now));
        if old.len() > new.len() {
            self.say(place, "has fewer forms");
        }
        for (before, now) in old.into_iter().zip(new) {
            self.fields(place, way, (before, now), depth);
            if !before["items"].is_null() {
                let items = (&before["items"], &now["items"]);
                self.schema(&format!("{place}[]"), way, items, depth + 1);
            }
        }
    }

    fn fields(&mut self, place: &str, way: Way, (before, now): (&Value, &Value), depth: usize) {
        let required = (words(&before["required"]), words(&now["required"]));
        for name in keys(&before["properties"]) {
            let (before, now) = (&before["properties"][name], &now["properties"][name]);
            let place = format!("{place} {name}");
            if now.is_null() {
                self.say(&place, "is gone");
                continue;
            }
            self.schema(&place, way, (before, now), depth + 1);
        }
        let (always, claimed) = match way {
            Way::In => (required.1, required.0),
            Way::Out => (required.0, required.1),
        };
        for name in always.difference(&claimed) {
            let what = match way {
                Way::In => "is required now",
                Way::Out => "is not always there any more",
            };
            self.say(&format!("{place} {name}"), what);
        }
    }
}

fn broken(old: &Value, new: &Value) -> BTreeSet<String> {
    let mut compared = Compared {
        old,
        new,
        broken: BTreeSet::new(),
    };
    compared.operations();
    compared.broken
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_published_is_broken_and_all_there_is_is_published() {
    let app = TestApp::seeded().await;
    let now: Value = app.get("/openapi.json").await.json().await.unwrap();
    app.stop().await;
    let published = Path::new(PUBLISHED);
    let before = std::fs::read_to_string(published).unwrap_or_default();
    let before: Value = serde_json::from_str(&before).unwrap_or_else(|_| json!({}));
    let wanted = std::env::var("OPENAPI").unwrap_or_default();
    let found = broken(&before, &now);
    assert!(
        found.is_empty() || wanted == "break",
        "what others rely on would break: {found:#?}"
    );
    if !wanted.is_empty() {
        let text = serde_json::to_string_pretty(&now).unwrap();
        std::fs::write(published, format!("{text}\n")).unwrap();
        return;
    }
    assert!(
        before == now,
        "docs/openapi.json is of another day: make openapi"
    );
}

#[test]
fn each_way_to_break_a_program_is_seen() {
    let schema = |required: Value, properties: Value| json!({"type": "object", "required": required, "properties": properties});
    let document = |asked: Value, told: Value, parameters: Value| {
        json!({"paths": {"/a": {"post": {
            "operationId": "a", "parameters": parameters,
            "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Asked"}}}},
            "responses": {"200": {"content": {"application/json": {"schema": told}}}, "404": {}},
        }}}, "components": {"schemas": {"Asked": asked}}})
    };
    let text = json!({"type": "string"});
    let asked = schema(
        json!(["x"]),
        json!({"x": text, "y": {"type": ["integer", "null"]}}),
    );
    let list = |item: &Value| json!({"type": "array", "items": item});
    let told = schema(json!(["z"]), json!({"z": list(&text), "w": text}));
    let old = document(
        asked.clone(),
        told.clone(),
        json!([{"name": "q", "in": "query", "schema": text}]),
    );
    assert_eq!(broken(&old, &old), BTreeSet::new());

    // what may be added
    let more = schema(
        json!(["x"]),
        json!({"x": {"type": ["string", "null"]}, "y": {"type": ["integer", "null"]}, "new": text}),
    );
    let fuller = schema(
        json!(["z", "w", "v"]),
        json!({"z": list(&text), "w": text, "v": text}),
    );
    let wider = document(
        more,
        fuller,
        json!([{"name": "q", "in": "query", "schema": text}, {"name": "r", "in": "query"}]),
    );
    assert_eq!(broken(&old, &wider), BTreeSet::new());

    let none = json!([]);
    let say = |new: &Value| broken(&old, new).into_iter().collect::<Vec<_>>().join("; ");
    for (asked, told, parameters, expected) in [
        (
            asked.clone(),
            told.clone(),
            none.clone(),
            "post /a \"q\": is not read any more",
        ),
        (
            asked.clone(),
            told.clone(),
            json!([{"name": "q", "in": "query", "required": true, "schema": text}]),
            "post /a \"q\": is required now",
        ),
        (
            schema(json!(["x", "y"]), asked["properties"].clone()),
            told.clone(),
            old["paths"]["/a"]["post"]["parameters"].clone(),
            "post /a \"y\": is required now",
        ),
        (
            schema(json!(["x"]), json!({"x": text})),
            told.clone(),
            old["paths"]["/a"]["post"]["parameters"].clone(),
            "post /a y: is gone",
        ),
        (
            schema(json!(["x"]), json!({"x": text, "y": {"type": "integer"}})),
            told.clone(),
            old["paths"]["/a"]["post"]["parameters"].clone(),
            "post /a y: was {\"integer\", \"null\"}, is {\"integer\"}",
        ),
        (
            asked.clone(),
            schema(json!([]), told["properties"].clone()),
            old["paths"]["/a"]["post"]["parameters"].clone(),
            "post /a 200 \"z\": is not always there any more",
        ),
        (
            asked.clone(),
            schema(
                json!(["z"]),
                json!({"z": list(&json!({"type": "integer"})), "w": text}),
            ),
            old["paths"]["/a"]["post"]["parameters"].clone(),
            "post /a 200 z[]: was {\"string\"}, is {\"integer\"}",
        ),
        (
            asked.clone(),
            schema(json!(["z"]), json!({"z": list(&text)})),
            old["paths"]["/a"]["post"]["parameters"].clone(),
            "post /a 200 w: is gone",
        ),
    ] {
        assert_eq!(say(&document(asked, told, parameters)), expected);
    }
    assert_eq!(say(&json!({"paths": {}})), "post /a: is gone");
}
