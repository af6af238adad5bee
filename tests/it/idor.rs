//! Ids of others in every place of every operation (R55): path, query, body and what belongs together. The
//! places are read from the description of the API: a new one without an attack fails.
//!
//! What a path of staff names first (`{id}`) is asked by another association in `access.rs`, each operation
//! with a body that would be taken.

use std::collections::BTreeSet;

use joinder::app::own_history::write_cursor;
use joinder::domain::permission::{Role, operation};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::TestApp;
use crate::claimant::{Answer, Claimant, SignUpBuilder, anna, ask, code_in, mario};
use crate::demand_letters;
use crate::desk::told;
use crate::documents::{Form, receipt};
use crate::paper::{Sheets, hand_in_of};
use crate::partner_events::{happen, number};
use crate::partners::{seeded_key, submission, submit, test_key_of};
use crate::seed::CASE;
use crate::signing::{self, digital};
use crate::staff_declared::{declaration, identified};
use crate::staff_seed::{PASSWORD, association, person, step_up};

/// A case that only the other association promotes.
const FOREIGN: &str = "caso-altrui";

/// Where a request names something: operation, `path`, `query` or `body`, and the name there.
#[derive(PartialEq, Eq, PartialOrd, Ord, Clone, Debug)]
struct Place {
    operation: String,
    method: String,
    path: String,
    kind: &'static str,
    name: String,
}

/// How a place is attacked.
#[derive(PartialEq, Eq, Clone, Copy, Debug)]
enum Attack {
    /// Asked by another association in `access.rs`.
    Walked,
    /// Names that anybody may use: cases, associations, kinds of consents.
    Public,
    /// Something of another claimant, in a path of one's own.
    OwnPath,
    /// Something of another claimant below one of ours.
    Nested,
    /// A case of others.
    Case,
    /// Where a page of others began.
    Cursor,
    /// Data of others, looked for.
    Search,
    /// Documents of another claimant, named in a declaration.
    Documents,
    /// What another claimant was asked to sign.
    Request,
    /// Another claimant with one's own code.
    Proof,
    /// An association that one is no member of.
    Membership,
    /// Somebody who works for another association.
    Colleague,
    /// An item of a list of others, to go on from.
    After,
    /// Mails of others.
    Mails,
    /// A session of somebody else.
    Session,
    /// Who keeps a key, of a clash they have no part in.
    Keeper,
    /// Somebody whom another partner sent.
    Sent,
    /// Where another partner has events delivered to, and its events.
    Webhook,
}

fn attack(place: &Place) -> Attack {
    let is_staff = place.path.starts_with("/api/v1/staff/");
    let is_own = place.path.starts_with("/api/v1/public/me");
    match (place.kind, place.name.as_str()) {
        ("path", "id") if is_staff => {
            let known = operation::ALL
                .iter()
                .find(|known| known.name == place.operation);
            assert!(
                known.is_some_and(|known| known.path.contains("{id}")),
                "{place:?}"
            );
            Attack::Walked
        }
        ("path", "id" | "document" | "file") if is_own => Attack::OwnPath,
        _ if place.path.starts_with("/api/v1/partner/webhook-endpoints") => Attack::Webhook,
        ("path", "id") if place.path.starts_with("/api/v1/partner/") => Attack::Sent,
        ("path", "document" | "file" | "hand_in") if is_staff => Attack::Nested,
        ("path", "slug") | ("body", "/case") if is_staff => Attack::Case,
        ("path", "slug" | "code" | "purpose") | ("body", "/case" | "/association") if !is_staff => {
            Attack::Public
        }
        ("query", "cursor") if is_own || is_staff => Attack::Cursor,
        ("query", "cursor" | "q") if !is_staff => Attack::Public,
        ("query", "q") => Attack::Search,
        ("body", name) if name.ends_with("/document_ids") => Attack::Documents,
        ("body", "/request_id") => Attack::Request,
        ("body", "/claimant_id" | "/reference") if !is_staff => Attack::Proof,
        ("body", "/association") => Attack::Membership,
        ("body", "/from") => Attack::Colleague,
        ("query", "after") | ("body", "/after") => Attack::After,
        ("query" | "body", "queue" | "/queue" | "/id") if place.path.contains("/mails") => {
            Attack::Mails
        }
        ("body", "/session") => Attack::Session,
        ("body", "/keeper") => Attack::Keeper,
        _ => panic!("an id without an attack: {place:?}"),
    }
}

/// Every place of the description where something is named.
fn places(described: &Value) -> BTreeSet<Place> {
    let mut found = BTreeSet::new();
    for (path, methods) in described["paths"].as_object().unwrap() {
        for (method, told) in methods.as_object().unwrap() {
            let mut add = |kind, name: &str| {
                found.insert(Place {
                    operation: told["operationId"].as_str().unwrap().to_owned(),
                    method: method.to_uppercase(),
                    path: path.clone(),
                    kind,
                    name: name.to_owned(),
                });
            };
            for parameter in told["parameters"].as_array().into_iter().flatten() {
                let name = parameter["name"].as_str().unwrap();
                let is_id = parameter["schema"]["format"] == "uuid";
                match parameter["in"].as_str().unwrap() {
                    "path" if is_id || ["slug", "code", "purpose"].contains(&name) => {
                        add("path", name);
                    }
                    "query" if is_id || ["cursor", "q"].contains(&name) => add("query", name),
                    _ => {}
                }
            }
            let bodies = told["requestBody"]["content"].as_object();
            for body in bodies.into_iter().flat_map(|bodies| bodies.values()) {
                let mut names = Vec::new();
                fields(described, &body["schema"], "", &mut Vec::new(), &mut names);
                for name in names {
                    add("body", &name);
                }
            }
        }
    }
    found
}

/// Pointers of what a body names by an id.
fn fields(
    described: &Value,
    schema: &Value,
    at: &str,
    open: &mut Vec<String>,
    found: &mut Vec<String>,
) {
    if let Some(name) = schema["$ref"].as_str() {
        if open.iter().any(|known| known == name) {
            return;
        }
        open.push(name.to_owned());
        let meant = described.pointer(name.trim_start_matches('#')).unwrap();
        fields(described, meant, at, open, found);
        open.pop();
        return;
    }
    for several in ["allOf", "oneOf", "anyOf"] {
        for one in schema[several].as_array().into_iter().flatten() {
            fields(described, one, at, open, found);
        }
    }
    if schema["items"].is_object() {
        fields(described, &schema["items"], &format!("{at}/*"), open, found);
    }
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let place = format!("{at}/{name}");
        let top = ["association", "case", "reference"];
        let is_named = name.ends_with("_id") || name.ends_with("_ids");
        if is_named || field["format"] == "uuid" || (at.is_empty() && top.contains(&name.as_str()))
        {
            found.push(place.clone());
        }
        fields(described, field, &place, open, found);
    }
}

/// The same answer to what is another's and to what never was, and nothing of it told.
#[track_caller]
fn assert_same(place: &Place, theirs: Answer, none: Answer) {
    let status = theirs.status.as_u16();
    assert!(
        (400..500).contains(&status),
        "{place:?}: {status} {}",
        theirs.body
    );
    assert_eq!(theirs.bare(), none.bare(), "{place:?}");
}

/// Two claimants of ours, each with a document, one of another association, and who works there.
struct World<'app> {
    app: &'app TestApp,
    mario: Claimant<'app>,
    anna: Claimant<'app>,
    /// Bearers of an owner of ours and of theirs.
    ours: String,
    theirs: String,
    /// The two owners.
    member: Uuid,
    other: Uuid,
}

impl World<'_> {
    async fn get(&self, path: &str, bearer: &str) -> Answer {
        ask(self.app.request(Method::GET, path).bearer_auth(bearer)).await
    }

    /// An operation with these names in its path.
    async fn ask(
        &self,
        place: &Place,
        bearer: &str,
        names: &[(&str, String)],
        body: Option<&Value>,
    ) -> Answer {
        let mut path = place.path.clone();
        for (name, value) in names {
            path = path.replace(&format!("{{{name}}}"), value);
        }
        assert!(!path.contains('{'), "{path}");
        let request = self
            .app
            .request(place.method.parse().unwrap(), &path)
            .bearer_auth(bearer);
        ask(match body {
            _ if place.operation == "upload_import" => Form::new()
                .text("source", "Modulo")
                .text("listed_on", "2023-02-01")
                .file(
                    "file",
                    "a.csv",
                    b"email;casella\nx@example.org;x@libero.it\n",
                )
                .send(request),
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }

    async fn id(&self, table: &str, claimant: Uuid) -> String {
        let found =
            format!("SELECT id FROM {table} WHERE claimant_id = '{claimant}' ORDER BY id LIMIT 1");
        self.app.rows(&found).await[0][0].clone().unwrap()
    }

    /// Something of another claimant, in a path of one's own.
    async fn own_path(&self, place: &Place) {
        let (own, theirs) = (self.mario.documents().await, self.anna.documents().await);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let file = |documents: &[Value]| text(&documents[0]["files"][0]["id"]);
        let fresh = || Uuid::new_v4().to_string();
        let (foreign, mine) = if place.path.contains("/mailboxes/") {
            (
                self.id("mailboxes", self.anna.id).await,
                self.id("mailboxes", self.mario.id).await,
            )
        } else {
            (text(&theirs[0]["id"]), text(&own[0]["id"]))
        };
        let body = place
            .path
            .ends_with("/proof")
            .then(|| json!({"code": "123456"}));
        let mut pairs = vec![(foreign, file(&theirs), fresh(), fresh())];
        if place.name != "id" {
            pairs.push((mine.clone(), file(&theirs), mine, fresh()));
        }
        for (id, file, no_id, no_file) in pairs {
            let theirs = [("id", id.clone()), ("document", id), ("file", file)];
            let none = [
                ("id", no_id.clone()),
                ("document", no_id),
                ("file", no_file),
            ];
            let theirs = self
                .ask(place, &self.mario.token, &theirs, body.as_ref())
                .await;
            let none = self
                .ask(place, &self.mario.token, &none, body.as_ref())
                .await;
            assert_same(place, theirs, none);
        }
        assert_eq!(self.anna.documents().await.len(), 1, "{place:?}");
    }

    /// Something of another claimant of ours below one of ours.
    async fn nested(&self, place: &Place, hand_in: &str, signature: &str) {
        let (own, other) = (self.mario.documents().await, self.anna.documents().await);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let file = if place.path.contains("signature-files") {
            signature.to_owned()
        } else {
            text(&other[0]["files"][0]["id"])
        };
        let body = match place.path.rsplit('/').next().unwrap() {
            "rejection" => Some(json!({"reason": "unreadable"})),
            "approval" => Some(json!({"messa_in_mora": false})),
            _ => None,
        };
        let claimant = self.mario.id.to_string();
        let document = match place.name.as_str() {
            "file" => text(&own[0]["id"]),
            _ => text(&other[0]["id"]),
        };
        let fresh = |at: &str, known: &str| match at == place.name {
            true => Uuid::new_v4().to_string(),
            false => known.to_owned(),
        };
        let theirs = [
            ("id", claimant.clone()),
            ("document", document.clone()),
            ("file", file.clone()),
            ("hand_in", hand_in.to_owned()),
        ];
        let none = [
            ("id", claimant),
            ("document", fresh("document", &document)),
            ("file", fresh("file", &file)),
            ("hand_in", fresh("hand_in", hand_in)),
        ];
        let theirs = self.ask(place, &self.ours, &theirs, body.as_ref()).await;
        let none = self.ask(place, &self.ours, &none, body.as_ref()).await;
        assert_eq!(theirs.status.as_u16(), 404, "{place:?} {}", theirs.body);
        assert_same(place, theirs, none);
    }

    /// A case that only others promote.
    async fn case(&self, place: &Place) {
        let body = |slug: &str| match (place.method.as_str(), place.path.rsplit('/').next()) {
            ("POST", Some("exports")) => {
                Some(json!({"case": slug, "format": "csv", "purpose": "Deposito"}))
            }
            ("POST", Some("assignment")) => Some(json!({"to": "me"})),
            ("POST", Some("begin")) => Some(json!({})),
            ("POST", Some("demand-letters")) => Some(json!({"content": demand_letters::letter()})),
            ("POST", Some("bulk-actions")) => {
                Some(json!({"kind": "end_quarantine", "purpose": "Prova"}))
            }
            ("POST", Some("sample-checks")) => Some(json!({"purpose": "Prova", "size": 1})),
            ("POST", Some("updates")) => {
                Some(json!({"texts": [{"language": "it", "title": "a", "text": "b"}]}))
            }
            _ => None,
        };
        let item = Uuid::new_v4().to_string();
        let slug = |slug: &str| {
            [
                ("slug", slug.to_owned()),
                ("queue", "rights".to_owned()),
                ("id", item.clone()),
            ]
        };
        let theirs = self
            .ask(place, &self.ours, &slug(FOREIGN), body(FOREIGN).as_ref())
            .await;
        let none = self
            .ask(
                place,
                &self.ours,
                &slug("nessuno"),
                body("nessuno").as_ref(),
            )
            .await;
        assert_eq!(theirs.status.as_u16(), 404, "{place:?} {}", theirs.body);
        assert_same(place, theirs, none);
    }

    /// What another association has, by id.
    async fn ids_of_others(&self, table: &str) -> Vec<String> {
        let theirs = association(self.app, "altroconsumo").await;
        let found = format!("SELECT id FROM {table} WHERE association_id = '{theirs}'");
        let rows = self.app.rows(&found).await;
        rows.into_iter().filter_map(|row| row[0].clone()).collect()
    }

    /// A set of ours from where a record of others stands.
    async fn members(&self, place: &Place) {
        let body = json!({"kind": "ask_deficiency", "purpose": "Prova", "letters": ["i"], "due_on": "2026-03-20"});
        let path = format!("/api/v1/staff/cases/{CASE}/bulk-actions");
        let request = self.app.request(Method::POST, &path);
        let set = ask(request.bearer_auth(&self.ours).json(&body)).await;
        let set = set.expect(201)["id"].as_str().unwrap().to_owned();
        let rows = self.ids_of_others("claimants").await;
        let cursor = write_cursor(rows.iter().min().unwrap().parse().unwrap());
        let path = place.path.replace("{id}", &set);
        let path = format!("{path}?cursor={cursor}");
        let told = self.get(&path, &self.ours).await;
        let told = told.expect(200).to_string();
        assert!(rows.iter().all(|id| !told.contains(id)), "{place:?} {told}");
    }

    /// A trail of ours from where a row of others stands.
    async fn trail(&self, place: &Place) {
        let subject = match place.path.contains("/claimants/") {
            true => self.mario.id,
            false => self.member,
        };
        let rows = self.ids_of_others("audit").await;
        let newest = rows.iter().max().unwrap();
        let cursor = write_cursor(newest.parse().unwrap());
        let span = match place.path.contains("/reach") {
            true => "&from=2026-03-01&to=2026-03-31",
            false => "",
        };
        let path = place.path.replace("{id}", &subject.to_string());
        let answer = self
            .get(&format!("{path}?cursor={cursor}{span}"), &self.ours)
            .await;
        let told = answer.expect(200).to_string();
        assert!(rows.iter().all(|id| !told.contains(id)), "{place:?} {told}");
    }

    /// An item of ours, given to somebody who works for others, or said to be theirs.
    async fn colleague(&self, place: &Place) {
        let phone = SignUpBuilder::new("x@example.org")
            .without("/contact/email")
            .with("/contact/phone", json!("+393331234567"));
        let id = self.app.sign_up(&phone).await.id.to_string();
        let names = [
            ("slug", CASE.to_owned()),
            ("queue", "to_assist".to_owned()),
            ("id", id),
        ];
        let random = Uuid::new_v4();
        for field in ["to", "from"] {
            let with = |who: Uuid| match field {
                "to" => json!({"to": who, "from": null}),
                _ => json!({"to": "me", "from": who}),
            };
            let theirs = self
                .ask(place, &self.ours, &names, Some(&with(self.other)))
                .await;
            let none = self
                .ask(place, &self.ours, &names, Some(&with(random)))
                .await;
            assert_same(place, theirs, none);
        }
    }

    /// A list of ours from an item of others on.
    async fn after(&self, place: &Place) {
        let path = place
            .path
            .replace("{slug}", CASE)
            .replace("{queue}", "rights");
        let rows = self.ids_of_others("rights_requests").await;
        let first = rows.iter().min().unwrap();
        let told = if place.kind == "body" {
            let request = self.app.request(Method::POST, &path);
            let body = json!({"after": first});
            ask(request.bearer_auth(&self.ours).json(&body)).await
        } else {
            self.get(&format!("{path}?after={first}"), &self.ours).await
        };
        let told = told.expect(200).to_string();
        assert!(rows.iter().all(|id| !told.contains(id)), "{place:?} {told}");
    }

    /// Mails of others, listed and put into the queue again.
    async fn mails(&self, place: &Place) {
        let rows = self.ids_of_others("outbox").await;
        let dead = "SELECT count(*) FROM outbox WHERE state = 'dead'";
        let before = self.app.number(dead).await;
        let queue = "SELECT queue_id FROM outbox WHERE state = 'dead' AND queue_id IS NOT NULL";
        let queue = self.app.rows(queue).await;
        let queue = queue.first().and_then(|row| row[0].clone());
        let queue = queue.unwrap_or_else(|| Uuid::new_v4().to_string());
        if place.kind == "query" {
            let told = self
                .get(&format!("{}?queue={queue}", place.path), &self.ours)
                .await;
            let told = told.expect(200).to_string();
            assert!(rows.iter().all(|id| !told.contains(id)), "{place:?} {told}");
            return;
        }
        if place.name == "/id" {
            let id = |id: &str| json!({"id": id});
            let theirs = self.ask(place, &self.ours, &[], Some(&id(&rows[0]))).await;
            let none = id(&Uuid::new_v4().to_string());
            let none = self.ask(place, &self.ours, &[], Some(&none)).await;
            assert_same(place, theirs, none);
        } else {
            let of_domain = json!({"queue": queue});
            let answer = self.ask(place, &self.ours, &[], Some(&of_domain)).await;
            assert_eq!(answer.expect(200)["mails"], 0, "{place:?}");
        }
        assert_eq!(self.app.number(dead).await, before, "{place:?}");
    }

    /// A clash of two of ours, decided for somebody who has no part in it.
    async fn keeper(&self, place: &Place) {
        let theirs = association(self.app, "altroconsumo").await;
        let ours = association(self.app, "codacons").await;
        let mut ids = Vec::new();
        for name in ["uno", "due"] {
            let builder = SignUpBuilder::new(&format!("{name}@example.org"));
            ids.push(self.app.sign_up(&builder).await.id);
        }
        let (one, two, id) = (ids[0], ids[1], Uuid::new_v4());
        self.app
            .sql(&format!(
                "UPDATE claimants SET state = 'signed', confirmed_at = created_at, signed_at = created_at \
                   WHERE id IN ('{one}', '{two}'); \
                 INSERT INTO registered_mailboxes (id, claimant_id, association_id, registered_at) \
                   VALUES ('{id}', '{one}', '{ours}', '2026-03-02Z'); \
                 INSERT INTO conflicts (claimant_id, id, association_id, kind, registered_id, other_claimant_id, opened_at) \
                   VALUES ('{two}', '{id}', '{ours}', 'mailbox', '{id}', '{one}', '2026-03-02Z')"
            ))
            .await;
        let foreign = format!("SELECT id FROM claimants WHERE association_id = '{theirs}' LIMIT 1");
        let foreign = self.app.rows(&foreign).await[0][0].clone().unwrap();
        let names = [("id", id.to_string())];
        let keeps = |who: &str| json!({"decision": "keeps", "keeper": who, "reason": "Prova"});
        let none = keeps(&Uuid::new_v4().to_string());
        let none = self.ask(place, &self.ours, &names, Some(&none)).await;
        for who in [foreign, self.mario.id.to_string()] {
            let theirs = self
                .ask(place, &self.ours, &names, Some(&keeps(&who)))
                .await;
            assert_eq!(theirs.status, none.status, "{place:?}");
            assert_eq!(theirs.status.as_u16(), 404, "{place:?} {}", theirs.body);
        }
        let side = keeps(&two.to_string());
        let taken = self.ask(place, &self.ours, &names, Some(&side)).await;
        assert!(taken.status.is_success(), "{place:?} {}", taken.body);
    }

    /// Somebody whom another partner sent, and somebody nobody sent.
    async fn sent(&self, place: &Place) {
        let ours = association(self.app, "codacons").await;
        let mut keys = Vec::new();
        for slug in ["uno", "due"] {
            let slug = format!("{slug}-{}", place.operation.replace('_', "-"));
            keys.push(seeded_key(self.app, ours, &slug).await);
        }
        let tests = [
            test_key_of(self.app, &keys[0]).await,
            test_key_of(self.app, &keys[1]).await,
        ];
        let mut sent = vec![self.mario.id.to_string()];
        for key in [&keys[0], &tests[0]] {
            let body = submission("inviata@example.org");
            let told = submit(self.app, key, "uno", &body).await.expect(201);
            sent.push(told["id"].as_str().unwrap().to_owned());
        }
        // whom the other partner sent, in either mode; whom it sent itself, in the other mode
        let body = place
            .path
            .contains("/sandbox/")
            .then(|| json!({"to": "confirmed"}));
        let mut attacks: Vec<(&String, &String)> = Vec::new();
        if body.is_none() {
            attacks.extend(sent.iter().map(|id| (&keys[1], id)));
            attacks.push((&keys[0], &sent[2]));
        }
        attacks.extend(sent.iter().map(|id| (&tests[1], id)));
        attacks.push((&tests[0], &sent[1]));
        for (key, foreign) in attacks {
            let theirs = [("id", foreign.clone())];
            let none = [("id", Uuid::new_v4().to_string())];
            let theirs = self.ask(place, key, &theirs, body.as_ref()).await;
            let none = self.ask(place, key, &none, body.as_ref()).await;
            assert_eq!(theirs.status.as_u16(), 404, "{place:?}");
            assert_same(place, theirs, none);
        }
    }

    /// An endpoint of another partner; one of ours told of its events, or from its attempts on.
    async fn webhook(&self, place: &Place) {
        let ours = association(self.app, "codacons").await;
        let mut keys = Vec::new();
        let mut endpoints = Vec::new();
        for _ in 0..2 {
            let slug = format!("p-{}", Uuid::new_v4());
            let key = seeded_key(self.app, ours, &slug).await;
            let request = self
                .app
                .request(Method::POST, "/api/v1/partner/webhook-endpoints");
            let body = json!({"url": "https://8.8.8.8/"});
            let made = ask(request.bearer_auth(&key).json(&body)).await.expect(201);
            endpoints.push(made["id"].as_str().unwrap().to_owned());
            let partner = format!("SELECT id FROM partners WHERE slug = '{slug}'");
            let partner = self.app.rows(&partner).await[0][0].clone().unwrap();
            happen(self.app, partner.parse().unwrap(), "live", "received", 1).await;
            keys.push(key);
        }
        number(self.app).await;
        let event = self
            .get("/api/v1/partner/events", &keys[0])
            .await
            .expect(200);
        let event = event["items"][0]["id"].as_str().unwrap().to_owned();
        let fresh = Uuid::new_v4().to_string();
        let span = |event: &str| match (place.kind, place.path.rsplit('/').next()) {
            ("body", _) => Some(json!({"event_id": event})),
            (_, Some("replays")) => Some(json!({"from": 1, "to": 1})),
            _ if place.method == "PATCH" => Some(json!({"enabled": false})),
            _ => None,
        };
        let own = [("id", endpoints[1].clone())];
        let (theirs, none) = match place.kind {
            "path" => {
                let (theirs, none) = ([("id", endpoints[0].clone())], [("id", fresh.clone())]);
                let theirs = self.ask(place, &keys[1], &theirs, span("").as_ref()).await;
                (
                    theirs,
                    self.ask(place, &keys[1], &none, span("").as_ref()).await,
                )
            }
            "body" => {
                let theirs = span(&event);
                let theirs = self.ask(place, &keys[1], &own, theirs.as_ref()).await;
                (
                    theirs,
                    self.ask(place, &keys[1], &own, span(&fresh).as_ref()).await,
                )
            }
            _ => {
                // a page of one's own from where an attempt of others stands
                let path = place.path.replace("{id}", &endpoints[1]);
                let cursor = write_cursor(endpoints[0].parse().unwrap());
                let path = format!("{path}?cursor={cursor}");
                let page = self.get(&path, &keys[1]).await.expect(200);
                assert_eq!(page["items"], json!([]), "{place:?}");
                return;
            }
        };
        assert_same(place, theirs, none);
        let left = self
            .get(
                &format!("/api/v1/partner/webhook-endpoints/{}", endpoints[0]),
                &keys[0],
            )
            .await;
        assert_eq!(left.expect(200)["enabled"], true, "{place:?}");
    }

    /// A session of somebody else.
    async fn session(&self, place: &Place) {
        let found = format!(
            "SELECT id FROM sessions WHERE subject_id = '{}'",
            self.other
        );
        let theirs = self.app.rows(&found).await[0][0].clone().unwrap();
        let body = |id: &str| json!({"session": id});
        let theirs = self.ask(place, &self.ours, &[], Some(&body(&theirs))).await;
        let none = body(&Uuid::new_v4().to_string());
        let none = self.ask(place, &self.ours, &[], Some(&none)).await;
        assert_eq!((theirs.status, &theirs.body), (none.status, &none.body));
        let left = format!(
            "SELECT count(*) FROM sessions WHERE subject_id = '{}'",
            self.other
        );
        assert!(self.app.number(&left).await > 0, "{place:?}");
    }

    /// Where a page of others began: what follows is one's own.
    async fn cursor(&self, place: &Place) {
        if place.path.contains("/bulk-actions/{id}") {
            return self.members(place).await;
        }
        if place.path.contains("{id}") {
            return self.trail(place).await;
        }
        let (whose, asks) = match place.path.starts_with("/api/v1/staff/") {
            true => (&self.theirs, &self.ours),
            false => (&self.anna.token, &self.mario.token),
        };
        let path = place.path.replace("{slug}", CASE);
        let page = self.get(&format!("{path}?limit=1"), whose).await;
        // some have pages of a fixed length
        let page = match page.status.as_u16() {
            200 => page.body,
            _ => self.get(&path, whose).await.expect(200),
        };
        let cursor = page["next_cursor"].as_str();
        let cursor = cursor.unwrap_or_else(|| panic!("arrange a second page: {place:?} {page}"));
        let all = self.get(&path, whose).await.expect(200);
        let answer = self.get(&format!("{path}?cursor={cursor}"), asks).await;
        assert!([200, 400].contains(&answer.status.as_u16()), "{place:?}");
        let told = answer.body.to_string();
        let mut ids = 0;
        for item in all["items"].as_array().unwrap() {
            for name in ["id", "reference", "code"] {
                if let Some(id) = item[name].as_str() {
                    assert!(!told.contains(id), "{place:?}: {id} in {told}");
                    ids += 1;
                }
            }
        }
        if ids == 0 {
            // what has no name: nobody looked at Mario's data
            assert_eq!(answer.body["items"], json!([]), "{place:?}");
        }
    }

    /// Data of others, looked for by whom they are none of.
    async fn search(&self, place: &Place) {
        let path = place.path.replace("{slug}", CASE);
        if path.ends_with(".csv") {
            let theirs = self
                .get(&format!("{path}?q=zoe@example.org"), &self.ours)
                .await;
            assert!(!theirs.expect(200).to_string().contains("zoe"), "{place:?}");
            return;
        }
        for words in ["zoe@example.org", "zoe@libero.it"] {
            let found = |answer: Value| answer["items"].as_array().unwrap().len();
            let path = format!("{path}?q={words}");
            let known = self.get(&path, &self.theirs).await.expect(200);
            assert_eq!(found(known), 1, "{words} is there for its own association");
            let other = self.get(&path, &self.ours).await.expect(200);
            assert_eq!(found(other), 0, "{place:?} {words}");
        }
    }

    /// Documents of another claimant, named in a declaration.
    async fn documents(&self, place: &Place) {
        let theirs = self.anna.documents().await[0]["id"].clone();
        let named = |id: Value| {
            let mut body = declaration("mario@libero.it");
            body["mailboxes"][0]["incidents"][0]["items"][1]["document_ids"] = json!([id]);
            body
        };
        if place.path.contains("/staff/") {
            // staff type for who has no e-mail
            let typed_for =
                identified(self.app, "sesta@example.org", "mario@libero.it", &mario()).await;
            let id = typed_for.id;
            let phone = format!("UPDATE claimants SET contact_kind = 'phone' WHERE id = '{id}'");
            self.app.sql(&phone).await;
            let id = [("id", id.to_string())];
            let theirs = self
                .ask(place, &self.ours, &id, Some(&told(&named(theirs))))
                .await;
            let none = told(&named(json!(Uuid::new_v4())));
            let none = self.ask(place, &self.ours, &id, Some(&none)).await;
            assert_eq!(theirs.status.as_u16(), 422, "{}", theirs.body);
            return assert_same(place, theirs, none);
        }
        let theirs = self.mario.declare(&named(theirs)).await;
        let none = self.mario.declare(&named(json!(Uuid::new_v4()))).await;
        assert_eq!(theirs.status.as_u16(), 422, "{}", theirs.body);
        assert_same(place, theirs, none);
    }

    /// What another claimant was asked to sign, with their code.
    async fn request(&self, place: &Place) {
        let declared = self
            .anna
            .declare(&declaration("anna@libero.it"))
            .await
            .expect(200);
        let (request, code) = signing::code_for(self.app, &self.anna, &declared).await;
        let theirs = self.mario.sign(&request, &code, "Mario Rossi").await;
        let none = self
            .mario
            .sign(&Uuid::new_v4().to_string(), &code, "Mario Rossi")
            .await;
        assert_same(place, theirs, none);
        assert_eq!(self.anna.me().await["state"], "confirmed");
    }

    /// Another claimant's record with one's own code.
    async fn proof(&self, place: &Place) {
        let somebody = || SignUpBuilder::new(&format!("{}@example.org", Uuid::new_v4().simple()));
        let other = self.app.sign_up(&somebody()).await;
        let own = self.app.sign_up(&somebody()).await;
        self.app.run_outbox().await;
        let code = code_in(&self.app.mail_about(&own));
        let field = place.name.trim_start_matches('/');
        let theirs = match field {
            "reference" => other.reference.clone(),
            _ => other.id.to_string(),
        };
        let none = match field {
            "reference" => "0000-0000-0000".to_owned(),
            _ => Uuid::new_v4().to_string(),
        };
        let theirs = self
            .app
            .post(&place.path, &json!({field: theirs, "code": code}))
            .await;
        let none = self
            .app
            .post(&place.path, &json!({field: none, "code": code}))
            .await;
        assert_same(place, theirs, none);
    }

    /// An association that one is no member of.
    async fn membership(&self, place: &Place) {
        let member = person(
            self.app,
            association(self.app, "codacons").await,
            Role::Reader,
        )
        .await;
        let mut answers = Vec::new();
        for slug in ["altroconsumo", "nessuna"] {
            let totp = member.code(self.app);
            let body = json!({"email": member.email, "password": PASSWORD, "totp": totp, "association": slug});
            answers.push(self.app.post(&place.path, &body).await);
            self.app.clock().advance(chrono::TimeDelta::seconds(30));
        }
        let (none, theirs) = (answers.pop().unwrap(), answers.pop().unwrap());
        assert_same(place, theirs, none);
    }
}

/// Records of the other association, enough for a second page of each list.
async fn populate(app: &TestApp) {
    for name in ["zoe", "yara"] {
        let builder = SignUpBuilder::new(&format!("{name}@example.org"))
            .association("altroconsumo")
            .with(
                "/mailboxes",
                json!([{"address": format!("{name}@libero.it"), "plan": "free"}]),
            );
        app.confirmed(&builder).await;
    }
    let theirs = association(app, "altroconsumo").await;
    app.sql(&format!(
        "INSERT INTO rights_requests (subject_id, id, association_id, case_id, kind, channel, received_at, received_on, due_on) \
         SELECT c.id, gen_random_uuid(), association_id, case_id, 'objection', 'letter', '2026-03-02T09:00:00Z', '2026-03-02', '2026-04-02' \
         FROM claimants c, generate_series(1, 120) WHERE association_id = '{theirs}'; \
         INSERT INTO exports (id, association_id, case_id, requested_by, format, clear, purpose, filter, state, created_at, expires_at) \
         SELECT gen_random_uuid(), '{theirs}', id, gen_random_uuid(), 'csv', true, 'Deposito', '{{}}', 'awaiting_approval', '2026-03-01Z', '2036-03-01Z' \
         FROM cases, generate_series(1, 120); \
         INSERT INTO imports (id, association_id, case_id, uploaded_by, state, source, listed_on, format, size, sha256, mapping, \
           row_total, batch_total, key_version, created_at, expires_at) \
         SELECT gen_random_uuid(), '{theirs}', id, gen_random_uuid(), 'uploaded', 'Modulo', '2023-02-01', 'csv', 1, sha256('a'), \
           '{{email,mailbox}}', 1, 1, 1, '2026-03-01Z', '2036-03-01Z' FROM cases, generate_series(1, 120); \
         INSERT INTO bulk_actions (id, association_id, case_id, kind, act, filter, purpose, state, member_count, done_count, \
           passed_count, created_by, created_at, expires_at) \
         SELECT gen_random_uuid(), '{theirs}', id, 'end_quarantine', '{{\"kind\": \"end_quarantine\"}}', '{{}}', 'Prova', 'done', \
           0, 0, 0, gen_random_uuid(), '2026-03-01Z', '2036-03-01Z' FROM cases, generate_series(1, 120); \
         INSERT INTO sample_checks (id, association_id, case_id, number, filter, purpose, state, size, population, population_count, \
           population_sha256, seed_source, seed_due_at, opened_by, opened_at) \
         SELECT gen_random_uuid(), '{theirs}', id, n, '{{}}', 'Prova', 'announced', 1, ARRAY[gen_random_uuid()], 1, sha256('a'), 'Lotto', \
           '2026-03-02Z', gen_random_uuid(), '2026-03-01Z' FROM cases, generate_series(1, 120) n; \
         INSERT INTO case_updates (id, association_id, case_id, request_key, texts, published_by, published_at) \
         SELECT gen_random_uuid(), '{theirs}', id, gen_random_uuid(), '[{{\"language\": \"it\", \"title\": \"a\", \"text\": \"b\"}}]', \
           gen_random_uuid(), '2026-03-01T09:00:00Z' FROM cases, generate_series(1, 120); \
         INSERT INTO cases (id, slug, title, respondent_id, state, created_at, state_changed_at) \
         SELECT gen_random_uuid(), '{FOREIGN}', 'Altrui', respondent_id, 'open', created_at, state_changed_at FROM cases; \
         INSERT INTO case_associations (case_id, association_id, mode, joined_at) \
         SELECT id, '{theirs}', 'collection', created_at FROM cases WHERE slug = '{FOREIGN}'"
    ))
    .await;
    for name in ["vera", "wanda"] {
        let builder = SignUpBuilder::new(&format!("{name}@example.org"));
        app.sign_up(&builder.association("altroconsumo")).await;
    }
    let dead =
        "UPDATE outbox SET state = 'dead', attempts = 9, last_error = '550 5.1.1 no such user'";
    app.sql(&format!("{dead} WHERE association_id = '{theirs}'"))
        .await;
    for _ in 0..2 {
        let body = json!({"case": CASE, "association": "altroconsumo", "what_happened": "Soldi", "asked_for": "money"});
        app.post("/api/v1/public/scam-reports", &body)
            .await
            .expect(201);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r55_ids_of_others_open_nothing_in_any_place_of_any_operation() {
    let app = TestApp::seeded().await;
    let described = ask(app.request(Method::GET, "/openapi.json"))
        .await
        .expect(200);
    populate(&app).await;
    let mut bearers = Vec::new();
    for slug in ["codacons", "altroconsumo"] {
        let member = person(&app, association(&app, slug).await, Role::Owner).await;
        let bearer = member.bearer(&app).await;
        bearers.push((member, bearer));
    }
    let world = World {
        app: &app,
        mario: identified(&app, "mario@example.org", "mario@libero.it", &mario()).await,
        anna: identified(&app, "anna@example.org", "anna@libero.it", &anna()).await,
        theirs: bearers[1].1.clone(),
        ours: bearers[0].1.clone(),
        member: bearers[0].0.id.uuid(),
        other: bearers[1].0.id.uuid(),
    };
    for claimant in [&world.mario, &world.anna] {
        claimant.add_document(receipt()).await.expect(201);
    }
    // a hand-in and a signed file of somebody else of ours, and pages of what was done about Anna
    let other = identified(&app, "terza@example.org", "terza@libero.it", &mario()).await;
    other
        .declare(&declaration("terza@libero.it"))
        .await
        .expect(200);
    let hand_in = hand_in_of(&other.hand_in(&Sheets::whole()).await.expect(201));
    let signer = identified(&app, "quarta@example.org", "quarta@libero.it", &mario()).await;
    let (document, _) = digital::ask_to_sign(&signer, &declaration("quarta@libero.it")).await;
    digital::bring(&signer, digital::p7m(&document, digital::Attributes::All))
        .await
        .expect(201);
    let signature = world.id("signature_files", signer.id).await;
    for (member, bearer) in &bearers {
        step_up(&app, member, bearer).await;
    }
    for _ in 0..2 {
        let path = format!("/api/v1/staff/claimants/{}", world.anna.id);
        world.get(&path, &world.ours).await.expect(200);
        app.request_access("anna@example.org").await.expect(202);
        app.run_outbox().await;
    }

    let mut attacked = Vec::new();
    for place in places(&described) {
        let kind = attack(&place);
        if !attacked.contains(&kind) {
            attacked.push(kind);
        }
        match kind {
            Attack::Walked | Attack::Public => {}
            Attack::OwnPath => world.own_path(&place).await,
            Attack::Nested => world.nested(&place, &hand_in, &signature).await,
            Attack::Case => world.case(&place).await,
            Attack::Cursor => world.cursor(&place).await,
            Attack::Search => world.search(&place).await,
            Attack::Documents => world.documents(&place).await,
            Attack::Request => world.request(&place).await,
            Attack::Proof => world.proof(&place).await,
            Attack::Membership => world.membership(&place).await,
            Attack::Colleague => world.colleague(&place).await,
            Attack::After => world.after(&place).await,
            Attack::Mails => world.mails(&place).await,
            Attack::Session => world.session(&place).await,
            Attack::Keeper => world.keeper(&place).await,
            Attack::Sent => world.sent(&place).await,
            Attack::Webhook => world.webhook(&place).await,
        }
    }
    assert_eq!(attacked.len(), 18, "{attacked:?}");
    app.stop().await;
}
