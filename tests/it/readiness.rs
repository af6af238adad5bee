//! What a record lacks is said alike everywhere: record, list, its filter, export, figures, notices, the own page
//! and the document (R2).

use std::collections::BTreeSet;

use chrono::TimeDelta;
use joinder::domain::permission::Role;
use joinder::domain::readiness::Letter;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::claimant::{Claimant, SignUpBuilder, ask, mario, token_in};
use crate::pages::Browser;
use crate::seed::CASE;
use crate::signing_attestation::words_of;
use crate::staff_console::{open, sign_in};
use crate::staff_declared::{declaration, sign};
use crate::staff_seed::{association, get, person};

const EMAIL: &str = "mario@example.org";
const MAILBOX: &str = "mario@libero.it";

/// The one record, and everybody who looks at it.
struct World<'app> {
    app: &'app TestApp,
    claimant: Claimant<'app>,
    bearer: String,
    console: Client,
    own: Browser<'app>,
}

fn letters(value: &Value) -> Vec<String> {
    let words = value.as_array().unwrap().iter();
    words
        .map(|word| word.as_str().unwrap().to_owned())
        .collect()
}

/// What stands between `start` and `end`, each time.
fn between<'a>(html: &'a str, start: &str, end: &str) -> Vec<&'a str> {
    let parts = html.split(start).skip(1);
    parts.map(|part| part.split(end).next().unwrap()).collect()
}

impl World<'_> {
    async fn json(&self, path: &str) -> Value {
        let answer = get(self.app, path, &self.bearer).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.json().await.unwrap()
    }

    async fn case(&self, rest: &str) -> Value {
        self.json(&format!("/api/v1/staff/cases/{CASE}/{rest}"))
            .await
    }

    /// Every place says that these letters are missing.
    async fn assert_lacks(&self, expected: &str, step: &str) {
        let expected: Vec<String> = expected.split(' ').map(str::to_owned).collect();
        let of_case = |letter: &String| matches!(letter.as_str(), "a" | "l");
        let to_bring: Vec<String> = expected.iter().filter(|it| !of_case(it)).cloned().collect();
        // figures are at most five seconds old
        self.app.clock().advance(TimeDelta::seconds(6));
        let id = self.claimant.id;

        let me = self.claimant.me().await;
        assert_eq!(
            letters(&me["missing_to_lodge"]),
            expected,
            "{step}: own record"
        );
        assert_eq!(letters(&me["missing"]), to_bring, "{step}: own record");
        let record = self.json(&format!("/api/v1/staff/claimants/{id}")).await;
        assert_eq!(
            letters(&record["missing_to_lodge"]),
            expected,
            "{step}: record"
        );
        assert_eq!(letters(&record["missing"]), to_bring, "{step}: record");
        let listed = self.case("claimants").await;
        let item = &listed["items"][0];
        assert_eq!(letters(&item["missing_to_lodge"]), expected, "{step}: list");
        assert_eq!(letters(&item["missing"]), to_bring, "{step}: list");
        let asked = self
            .json(&format!("/api/v1/staff/claimants/{id}/deficiencies"))
            .await;
        for letter in letters(&asked["askable"]) {
            assert!(to_bring.contains(&letter), "{step}: {letter} asked for");
        }

        let figures = self.case("dashboard").await["completeness"].clone();
        let is_active = figures["records"] == 1;
        for letter in Letter::ALL.map(|letter| letter.as_char().to_string()) {
            let lacks = expected.contains(&letter);
            let found = self.case(&format!("claimants?missing={letter}")).await;
            let count = found["items"].as_array().unwrap().len();
            assert_eq!(count, usize::from(lacks), "{step}: filter {letter}");
            let mut counted = figures["letters"].as_array().unwrap().iter();
            let counted = counted
                .find(|line| line["letter"] == letter.as_str())
                .unwrap();
            let expected = u8::from(lacks && is_active);
            assert_eq!(counted["missing"], expected, "{step}: figure {letter}");
        }

        let (_, page) = open(self.app, &self.console, &format!("/console/claimants/{id}")).await;
        let shown = between(&page, "<dd><span class=\"letter\">", ")</span>");
        assert_eq!(shown, expected, "{step}: page of the record");
        let (_, page) = open(self.app, &self.console, &format!("/console/cases/{CASE}")).await;
        let shown = between(&page, "<abbr title=\"", "</abbr>");
        let shown = shown.iter().map(|it| it.rsplit('>').next().unwrap());
        // the languages above are short words too
        let shown: Vec<&str> = shown.filter(|it| it.len() == 1).collect();
        assert_eq!(shown, expected, "{step}: page of the list");
        self.assert_exported(&expected, is_active, step).await;
    }

    /// The list for other programs; who withdrew is not in it (R50).
    async fn assert_exported(&self, expected: &[String], is_in: bool, step: &str) {
        let path = format!("/api/v1/staff/cases/{CASE}/claimants.csv?dialect=plain");
        let text = get(self.app, &path, &self.bearer)
            .await
            .text()
            .await
            .unwrap();
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        let lines: Vec<_> = reader.records().map(Result::unwrap).collect();
        assert_eq!(lines.len(), if is_in { 3 } else { 2 }, "{step}: {text}");
        if is_in {
            let place = lines[0].iter().position(|name| name == "mancanti").unwrap();
            assert_eq!(lines[1][place], expected.join(" "), "{step}: export");
        }
    }

    /// The own page, once something is declared: what one brings, and what the case brings.
    async fn assert_own_page(&self, expected: &str, step: &str) {
        let page = self.own.get("/me").await.html;
        let lists = between(&page, "<ul class=\"missing\">", "</ul>");
        let shown = lists
            .iter()
            .flat_map(|list| between(list, "<span class=\"letter\">", ")</span>"));
        let shown: BTreeSet<&str> = shown.collect();
        let expected: BTreeSet<&str> = expected.split_whitespace().collect();
        assert_eq!(shown, expected, "{step}: own page");
    }

    /// What the document says of letter l.
    async fn assert_document(&self, words: &str, step: &str) {
        let document = self.claimant.request(Method::GET, "/declaration/document");
        let bytes = document.send().await.unwrap().bytes().await.unwrap();
        let said = words_of(&bytes);
        assert!(said.contains(words), "{step}: {said}");
    }

    async fn declare(&self, narrative: &str) {
        let mut body = declaration(MAILBOX);
        body["narrative"] = json!(narrative);
        self.claimant.declare(&body).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r2_every_place_says_the_same_letters_are_missing_in_every_state() {
    let app = TestApp::seeded().await;
    let builder =
        SignUpBuilder::new(EMAIL).with("/mailboxes", json!([{"address": MAILBOX, "plan": "free"}]));
    let claimant = app.confirmed(&builder).await;
    let member = person(&app, association(&app, "codacons").await, Role::Reviewer).await;
    let (bearer, console) = (member.bearer(&app).await, app.browser());
    sign_in(&app, &console, &member).await;
    app.run_outbox().await;
    app.request_access(EMAIL).await.expect(202);
    let own = Browser::new(&app);
    let link = token_in(&own.mail(EMAIL).await, "enter");
    assert_eq!(own.send(&format!("/enter/{link}"), &[]).await.place, "/me");
    let world = World {
        app: &app,
        claimant,
        bearer,
        console,
        own,
    };

    world.assert_lacks("a b d e f g h i l", "confirmed").await;
    world.claimant.give_person(&mario()).await.expect(200);
    world.assert_lacks("a d e f g h i l", "identified").await;
    let body = declaration(MAILBOX);
    world.claimant.declare(&body).await.expect(200);
    world.assert_lacks("a d e f g h i l", "declared").await;
    world.assert_document("Non ancora deciso", "declared").await;
    sign(&app, &world.claimant, &body, "Mario Rossi").await;
    world.assert_lacks("a i l", "signed").await;
    world.assert_own_page("a i l", "signed").await;
    let account = json!({"iban": "IT60X0542811101000000123456", "holder": "Mario Rossi"});
    ask(world
        .claimant
        .request(Method::PUT, "/payout")
        .json(&account))
    .await
    .expect(200);
    world.assert_lacks("a l", "with an account").await;
    world.assert_own_page("a l", "with an account").await;

    // a judge ordered it: due, and nobody pays it through us (R13)
    app.sql("UPDATE cases SET court = 'Tribunale di Milano', rg_number = '1/2028', fondo_spese_ordered = true")
        .await;
    world.assert_lacks("l", "ordered").await;
    world.declare("Dopo l'ordinanza.").await;
    world
        .assert_lacks("d e f g h l", "to be signed again")
        .await;
    world
        .assert_document("Ordinato dal giudice", "ordered")
        .await;
    // and where the case records that none was ordered it is not due
    app.sql("UPDATE cases SET fondo_spese_ordered = false")
        .await;
    world.declare("Dopo la sentenza.").await;
    world.assert_lacks("d e f g h", "none ordered").await;
    // what is declared and not signed yet lacks nothing but that
    world.assert_own_page("", "none ordered").await;
    let page = world.own.get("/me").await.html;
    assert!(page.contains("manca solo la tua firma"), "{page}");
    world.assert_document("Non dovuto", "none ordered").await;
    world.claimant.withdraw(&json!({})).await.expect(200);
    world.assert_lacks("d e f g h", "withdrawn").await;
    app.stop().await;
}
