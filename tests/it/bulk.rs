//! One act on an exact set of records: looked at before, decided by two, done once, stopped and taken back.

use chrono::TimeDelta;
use joinder::app::lease::Holder;
use joinder::domain::permission::Role;
use joinder::worker;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::{DEATHS, TestApp};
use crate::claimant::{Answer, SignUpBuilder, ask, mario, token_in};
use crate::seed::CASE;
use crate::staff_console::{csrf, open, place, send, sign_in};
use crate::staff_declared::identified;
use crate::staff_seed::{association, person};

/// Two people of an association who may act.
pub(crate) struct Desk<'a> {
    pub(crate) app: &'a TestApp,
    pub(crate) one: String,
    pub(crate) other: String,
}

impl<'a> Desk<'a> {
    pub(crate) async fn of(app: &'a TestApp, slug: &str) -> Self {
        let ours = association(app, slug).await;
        Self {
            app,
            one: person(app, ours, Role::CaseManager).await.bearer(app).await,
            other: person(app, ours, Role::Owner).await.bearer(app).await,
        }
    }

    pub(crate) async fn ask(
        &self,
        method: Method,
        bearer: &str,
        path: &str,
        body: &Value,
    ) -> Answer {
        let request = self.app.request(method.clone(), path).bearer_auth(bearer);
        ask(if method == Method::GET {
            request
        } else {
            request.json(body)
        })
        .await
    }

    pub(crate) async fn preview(&self, body: &Value) -> Answer {
        let path = format!("/api/v1/staff/cases/{CASE}/bulk-actions");
        self.ask(Method::POST, &self.one, &path, body).await
    }

    pub(crate) async fn step(&self, bearer: &str, seen: &Value, body: &Value) -> Answer {
        let path = format!("/api/v1/staff/bulk-actions/{}/steps", id(seen));
        self.ask(Method::POST, bearer, &path, body).await
    }

    pub(crate) async fn status(&self, seen: &Value) -> Value {
        let path = format!("/api/v1/staff/bulk-actions/{}", id(seen));
        self.ask(Method::GET, &self.one, &path, &Value::Null)
            .await
            .expect(200)
    }

    /// Starts what was seen, with the second person where one is needed.
    pub(crate) async fn start(&self, seen: &Value) {
        let begin = json!({"step": "start", "records": seen["left"]});
        let started = self.step(&self.one, seen, &begin).await.expect(200);
        if started["state"] == "awaiting_approval" {
            let approve = json!({"step": "approve"});
            self.step(&self.other, seen, &approve).await.expect(200);
        }
    }
}

fn id(seen: &Value) -> &str {
    seen["id"].as_str().unwrap()
}

fn message() -> Value {
    json!({
        "kind": "message", "purpose": "Udienza spostata",
        "texts": [{"language": "it", "title": "L’udienza è spostata", "text": "La nuova data è il 5 maggio."}],
    })
}

pub(crate) async fn go_on(app: &TestApp) -> usize {
    worker::bulk::go_on(&app.ctx, Holder::new()).await.unwrap()
}

fn told(app: &TestApp) -> Vec<String> {
    let mails = app.mails();
    let mails = mails.iter().map(|sent| &sent.message.mail);
    let mut told: Vec<String> = mails
        .filter(|mail| mail.kind.as_str() == "message")
        .map(|mail| mail.to.clone())
        .collect();
    told.sort();
    told
}

async fn confirmed(app: &TestApp, emails: &[&str]) {
    for email in emails {
        app.confirmed(&SignUpBuilder::new(email)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_goes_to_the_exact_set_once_after_a_second_person() {
    let app = TestApp::seeded().await;
    let desk = Desk::of(&app, "codacons").await;
    confirmed(&app, &["a@example.org", "b@example.org", "c@example.org"]).await;
    app.sign_up(&SignUpBuilder::new("never@example.org")).await;
    let seen = desk.preview(&message()).await.expect(201);
    assert_eq!(
        (
            &seen["state"],
            &seen["records"],
            &seen["left"],
            &seen["passed"]
        ),
        (&json!("previewed"), &json!(3), &json!(3), &json!(0))
    );
    assert_eq!(seen["needs_second_person"], true);
    // who comes later is in no set that was looked at
    confirmed(&app, &["late@example.org"]).await;
    let wrong = json!({"step": "start", "records": 4});
    assert_eq!(
        desk.step(&desk.one, &seen, &wrong).await.wrong_fields(),
        [("/records".to_owned(), "not_accepted".to_owned())]
    );
    // nor is it for another to start what somebody looked at, and then to approve it
    let begin = json!({"step": "start", "records": 3});
    desk.step(&desk.other, &seen, &begin)
        .await
        .expect_problem(403, "second-person");
    let started = desk.step(&desk.one, &seen, &begin).await.expect(200);
    assert_eq!(started["state"], "awaiting_approval");
    assert_eq!(go_on(&app).await, 0);
    let approve = json!({"step": "approve"});
    desk.step(&desk.one, &seen, &approve)
        .await
        .expect_problem(403, "second-person");
    desk.step(&desk.other, &seen, &approve).await.expect(200);
    // two processes at once
    let (one, other) = tokio::join!(go_on(&app), go_on(&app));
    assert!(one + other >= 1);
    go_on(&app).await;
    let done = desk.status(&seen).await;
    assert_eq!(
        (&done["state"], &done["done"], &done["left"]),
        (&json!("done"), &json!(3), &json!(0))
    );
    app.run_outbox().await;
    assert_eq!(
        told(&app),
        ["a@example.org", "b@example.org", "c@example.org"]
    );
    let mail = app.mails_to("a@example.org").pop().unwrap();
    for said in [
        "La nuova data è il 5 maggio.",
        "Numero di pratica",
        "/stop-messages/",
    ] {
        assert!(mail.contains(said), "{said}: {mail}");
    }
    let steps = "SELECT string_agg(action, ' ' ORDER BY id) FROM audit WHERE action LIKE 'bulk%'";
    assert_eq!(
        app.rows(steps).await[0][0].as_deref(),
        Some("bulk_previewed bulk_started bulk_approved")
    );
    let again = desk.step(&desk.other, &seen, &approve).await;
    again.expect_problem(409, "illegal-transition");
    go_on(&app).await;
    app.run_outbox().await;
    assert_eq!(told(&app).len(), 3);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wants_no_messages_says_so_by_one_click_and_gets_none() {
    let app = TestApp::seeded().await;
    let desk = Desk::of(&app, "codacons").await;
    confirmed(&app, &["a@example.org", "b@example.org"]).await;
    let first = desk.preview(&message()).await.expect(201);
    desk.start(&first).await;
    go_on(&app).await;
    app.run_outbox().await;
    let mail = app.mails_to("a@example.org").pop().unwrap();
    let token = token_in(&mail, "stop-messages");
    let link = app.url(&format!("/stop-messages/{token}"));
    let browser = app.browser();
    let shown = browser.get(&link).send().await.unwrap();
    assert!(
        shown
            .text()
            .await
            .unwrap()
            .contains("Non voglio più i messaggi")
    );
    let stops = "SELECT count(*) FROM message_stops";
    assert_eq!(app.number(stops).await, 0, "looking changes nothing");
    let clicked = browser
        .post(&link)
        .header("content-type", "application/x-www-form-urlencoded")
        .body("List-Unsubscribe=One-Click");
    assert_eq!(clicked.send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(app.number(stops).await, 1);
    let strange = app.url(&format!("/stop-messages/{}", "A".repeat(64)));
    let answer = browser.post(&strange).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);

    let second = desk.preview(&message()).await.expect(201);
    assert_eq!((&second["left"], &second["passed"]), (&json!(1), &json!(1)));
    assert_eq!(
        second["reasons"],
        json!([{"reason": "stopped", "records": 1}])
    );
    desk.start(&second).await;
    // stopped after the set was looked at
    let other = token_in(
        &app.mails_to("b@example.org").pop().unwrap(),
        "stop-messages",
    );
    let link = app.url(&format!("/stop-messages/{other}"));
    browser
        .post(&link)
        .body("action=stop")
        .send()
        .await
        .unwrap();
    go_on(&app).await;
    app.run_outbox().await;
    assert_eq!(told(&app).len(), 2, "both got the first one only");
    let done = desk.status(&second).await;
    assert_eq!((&done["done"], &done["passed"]), (&json!(0), &json!(2)));
    // and may want them again
    browser
        .post(&link)
        .body("action=resume")
        .send()
        .await
        .unwrap();
    assert_eq!(app.number(stops).await, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_keep_their_pace_wait_while_paused_and_end_when_called_off() {
    let app = TestApp::seeded().await;
    let desk = Desk::of(&app, "codacons").await;
    let people = [
        "a@example.org",
        "b@example.org",
        "c@example.org",
        "d@example.org",
    ];
    confirmed(&app, &people).await;
    let mut body = message();
    body["per_minute"] = json!(20);
    let seen = desk.preview(&body).await.expect(201);
    desk.start(&seen).await;
    go_on(&app).await;
    go_on(&app).await;
    app.run_outbox().await;
    assert_eq!(told(&app).len(), 1, "one, and no time has passed");
    app.clock().advance(TimeDelta::seconds(3));
    go_on(&app).await;
    // in the outbox, and paused before it left
    desk.step(&desk.one, &seen, &json!({"step": "pause"}))
        .await
        .expect(200);
    app.run_outbox().await;
    app.clock().advance(TimeDelta::seconds(3));
    go_on(&app).await;
    assert_eq!(told(&app).len(), 1);
    desk.step(&desk.one, &seen, &json!({"step": "resume"}))
        .await
        .expect(200);
    app.clock().advance(TimeDelta::minutes(6));
    app.run_outbox().await;
    assert_eq!(told(&app).len(), 2, "what waited leaves");
    go_on(&app).await;
    let cancelled = desk
        .step(&desk.one, &seen, &json!({"step": "cancel"}))
        .await
        .expect(200);
    assert_eq!(cancelled["state"], "cancelled");
    app.run_outbox().await;
    app.clock().advance(TimeDelta::minutes(6));
    go_on(&app).await;
    app.run_outbox().await;
    assert_eq!(told(&app).len(), 2, "what was on its way is not sent");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_are_asked_for_where_they_are_missing_and_not_twice() {
    let app = TestApp::seeded().await;
    let desk = Desk::of(&app, "codacons").await;
    let claimant = identified(&app, "mario@example.org", "caduta@libero.it", &mario()).await;
    confirmed(&app, &["b@example.org"]).await;
    let body = json!({
        "kind": "ask_deficiency", "purpose": "Prima del deposito", "letters": ["i"], "due_on": "2026-03-20",
    });
    let seen = desk.preview(&body).await.expect(201);
    assert_eq!(
        (&seen["left"], &seen["needs_second_person"]),
        (&json!(2), &json!(false))
    );
    // asked for by hand between look and turn
    let path = format!("/api/v1/staff/claimants/{}/deficiencies", claimant.id);
    let by_hand = json!({"letters": ["i"], "due_on": "2026-03-20"});
    desk.ask(Method::POST, &desk.one, &path, &by_hand)
        .await
        .expect(200);
    desk.start(&seen).await;
    go_on(&app).await;
    let done = desk.status(&seen).await;
    assert_eq!((&done["done"], &done["passed"]), (&json!(1), &json!(1)));
    assert_eq!(done["reasons"], json!([{"reason": "asked", "records": 1}]));
    let asked = "SELECT count(*) FROM deficiencies";
    assert_eq!(app.number(asked).await, 2);
    let named = "SELECT count(*) FROM audit WHERE action = 'ask_deficiency' AND detail ? 'bulk'";
    assert_eq!(app.number(named).await, 1);
    app.run_outbox().await;
    let mails = app.mails();
    let mails = mails.iter().map(|sent| sent.message.mail.kind.as_str());
    assert_eq!(mails.filter(|kind| *kind == "deficiency").count(), 2);
    desk.step(&desk.one, &seen, &json!({"step": "undo"}))
        .await
        .expect_problem(409, "illegal-transition");
    for (field, wrong) in [
        ("/kind", json!({"kind": "erase", "purpose": "x"})),
        ("/purpose", json!({"kind": "end_quarantine"})),
        (
            "/letters",
            json!({"kind": "ask_deficiency", "purpose": "x", "letters": [], "due_on": "2026-03-20"}),
        ),
        ("/queue", json!({"kind": "assign", "purpose": "x"})),
        ("/texts", json!({"kind": "message", "purpose": "x"})),
    ] {
        let wrong = desk.preview(&wrong).await.wrong_fields();
        assert_eq!(wrong[0].0, field);
    }
    app.stop().await;
}

/// Sign-ups in quarantine: their readers said that they were not theirs.
async fn quarantined(app: &TestApp, count: usize) {
    for number in 0..count {
        let email = format!("x{number}@example.org");
        let made = app.sign_up(&SignUpBuilder::new(&email)).await;
        app.run_outbox().await;
        let token = token_in(&app.mail_about(&made), "not-me");
        let path = app.url(&format!("/not-me/{token}"));
        app.browser().post(path).send().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn items_go_to_a_colleague_and_back_and_quarantines_end() {
    let app = TestApp::seeded().await;
    let desk = Desk::of(&app, "codacons").await;
    quarantined(&app, 3).await;
    let own = "SELECT m.staff_id FROM memberships m JOIN associations a ON a.id = m.association_id \
         WHERE a.slug = 'codacons' AND m.role = 'owner' LIMIT 1";
    let to = app.rows(own).await[0][0].clone().unwrap();
    let body = json!({
        "kind": "assign", "purpose": "Ferie", "filter": {"queue": "quarantined"}, "to": to,
    });
    let seen = desk.preview(&body).await.expect(201);
    assert_eq!(seen["left"], 3);
    desk.start(&seen).await;
    go_on(&app).await;
    let taken = "SELECT count(*) FROM assignments";
    assert_eq!(app.number(taken).await, 3);
    let again = desk.preview(&body).await.expect(201);
    assert_eq!(again["reasons"], json!([{"reason": "taken", "records": 3}]));
    let nobody = json!({"step": "start", "records": 0});
    let nobody = desk.step(&desk.one, &again, &nobody).await.wrong_fields();
    assert_eq!(nobody[0].0, "/records");
    desk.step(&desk.one, &seen, &json!({"step": "undo"}))
        .await
        .expect(200);
    go_on(&app).await;
    let undone = desk.status(&seen).await;
    assert_eq!(
        (&undone["state"], &undone["done"]),
        (&json!("undone"), &json!(0))
    );
    assert_eq!(app.number(taken).await, 0);

    let body = json!({"kind": "end_quarantine", "purpose": "Controllate al telefono"});
    let seen = desk.preview(&body).await.expect(201);
    assert_eq!(seen["left"], 3);
    desk.start(&seen).await;
    go_on(&app).await;
    let left = "SELECT count(*) FROM claimants WHERE review = 'quarantined'";
    assert_eq!(app.number(left).await, 0);
    let ended = "SELECT count(*) FROM audit WHERE action = 'end_quarantine'";
    assert_eq!(app.number(ended).await, 3);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn others_see_nothing_and_who_may_not_is_refused() {
    let app = TestApp::seeded().await;
    let desk = Desk::of(&app, "codacons").await;
    let others = Desk::of(&app, "altroconsumo").await;
    confirmed(&app, &["a@example.org"]).await;
    let seen = desk.preview(&message()).await.expect(201);
    let strange = uuid::Uuid::now_v7();
    for path in ["", "/records"] {
        let of = |id: &str| format!("/api/v1/staff/bulk-actions/{id}{path}");
        let real = of(id(&seen));
        let real = others.ask(Method::GET, &others.one, &real, &Value::Null);
        let real = real.await.expect_problem(404, "not-found");
        let none = of(&strange.to_string());
        let none = others.ask(Method::GET, &others.one, &none, &Value::Null);
        assert_eq!(
            real["title"],
            none.await.expect_problem(404, "not-found")["title"]
        );
    }
    let cancel = json!({"step": "cancel"});
    let refused = others.step(&others.one, &seen, &cancel).await;
    refused.expect_problem(404, "not-found");
    let ours = association(&app, "codacons").await;
    let reviewer = person(&app, ours, Role::Reviewer).await.bearer(&app).await;
    let refused = desk.step(&reviewer, &seen, &cancel).await;
    refused.expect_problem(403, "forbidden");
    // nobody decided in time
    app.clock().advance(TimeDelta::hours(25));
    joinder::app::housekeeping::run(&app.ctx).await.unwrap();
    let later = person(&app, ours, Role::Auditor).await.bearer(&app).await;
    let path = format!("/api/v1/staff/bulk-actions/{}", id(&seen));
    let gone = desk.ask(Method::GET, &later, &path, &Value::Null).await;
    assert_eq!(gone.expect(200)["state"], "expired");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_database_loses_no_turn_and_gives_none_twice() {
    let app = TestApp::seeded().await;
    let desk = Desk::of(&app, "codacons").await;
    confirmed(&app, &["a@example.org", "b@example.org"]).await;
    let seen = desk.preview(&message()).await.expect(201);
    desk.start(&seen).await;
    for moment in DEATHS {
        app.let_die("outbox", moment).await;
        let lost = worker::bulk::go_on(&app.ctx, Holder::new()).await;
        assert!(lost.is_err(), "{moment}");
        app.let_live("outbox").await;
        let on_the_way = "SELECT count(*) FROM outbox WHERE kind = 'message'";
        assert_eq!(app.number(on_the_way).await, 0, "{moment}");
        assert_eq!(desk.status(&seen).await["left"], 2, "{moment}");
    }
    go_on(&app).await;
    // every record had its turn, and the mails can still be called off
    assert_eq!(desk.status(&seen).await["state"], "done");
    desk.step(&desk.one, &seen, &json!({"step": "pause"}))
        .await
        .expect(200);
    app.run_outbox().await;
    assert!(told(&app).is_empty());
    desk.step(&desk.one, &seen, &json!({"step": "resume"}))
        .await
        .expect(200);
    go_on(&app).await;
    app.clock().advance(TimeDelta::minutes(6));
    app.run_outbox().await;
    assert_eq!(told(&app), ["a@example.org", "b@example.org"]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_that_cannot_go_on_is_paused_and_holds_up_no_other() {
    let app = TestApp::seeded().await;
    let desk = Desk::of(&app, "codacons").await;
    confirmed(&app, &["a@example.org"]).await;
    let (broken, sound) = (
        desk.preview(&message()).await.expect(201),
        desk.preview(&message()).await.expect(201),
    );
    desk.start(&broken).await;
    desk.start(&sound).await;
    let spoil = "UPDATE bulk_actions SET act = '{\"kind\": \"nothing\"}' WHERE id";
    app.sql(&format!("{spoil} = '{}'", id(&broken))).await;
    go_on(&app).await;
    let states = "SELECT string_agg(state, ' ' ORDER BY id) FROM bulk_actions";
    assert_eq!(app.rows(states).await[0][0].as_deref(), Some("paused done"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_are_not_asked_for_once_their_day_is_over_and_unused_sets_are_forgotten() {
    let app = TestApp::seeded().await;
    let desk = Desk::of(&app, "codacons").await;
    confirmed(&app, &["a@example.org"]).await;
    let body = json!({
        "kind": "ask_deficiency", "purpose": "Prima del deposito", "letters": ["i"], "due_on": "2026-03-06",
    });
    let seen = desk.preview(&body).await.expect(201);
    desk.start(&seen).await;
    desk.preview(&body).await.expect(201);
    app.clock().advance(TimeDelta::days(5));
    go_on(&app).await;
    assert_eq!(app.number("SELECT count(*) FROM deficiencies").await, 0);
    let states = "SELECT string_agg(DISTINCT state, ' ') FROM bulk_actions";
    joinder::app::housekeeping::run(&app.ctx).await.unwrap();
    assert_eq!(app.rows(states).await[0][0].as_deref(), Some("expired"));
    assert_eq!(app.number("SELECT count(*) FROM bulk_members").await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_leads_from_the_list_to_the_end() {
    let app = TestApp::seeded().await;
    confirmed(&app, &["a@example.org"]).await;
    let ours = association(&app, "codacons").await;
    let one = person(&app, ours, Role::CaseManager).await;
    let other = person(&app, ours, Role::Owner).await;
    let (first, second) = (app.browser(), app.browser());
    sign_in(&app, &first, &one).await;
    sign_in(&app, &second, &other).await;
    let (_, list) = open(
        &app,
        &first,
        &format!("/console/cases/{CASE}?state=confirmed"),
    )
    .await;
    let link = format!("/console/cases/{CASE}/bulk-actions?");
    assert!(list.contains(&link) && list.contains("state=confirmed"));
    let place_of = format!("/console/cases/{CASE}/bulk-actions");
    let (_, form) = open(
        &app,
        &first,
        &format!("{place_of}?kind=message&state=confirmed"),
    )
    .await;
    let token = csrf(&form).to_owned();
    let typed = |title: &'static str| {
        vec![
            ("csrf", token.as_str()),
            ("kind", "message"),
            ("filter", "state=confirmed"),
            ("purpose", "Udienza"),
            ("texts[0][language]", "it"),
            ("texts[0][title]", title),
            ("texts[0][text]", "È il 5 maggio."),
        ]
    };
    let refused = send(&app, &first, &place_of, &typed("")).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let refused = refused.text().await.unwrap();
    assert!(refused.contains("È il 5 maggio.") && refused.contains("Stato"));
    let made = send(&app, &first, &place_of, &typed("L’udienza")).await;
    assert_eq!(made.status(), StatusCode::SEE_OTHER);
    let one_place = place(&made).to_owned();
    let (_, shown) = open(&app, &first, &one_place).await;
    for said in [
        "Da guardare",
        "L’udienza",
        "Riguarda una pratica.",
        "Chiedi alla seconda persona",
    ] {
        assert!(shown.contains(said), "{said}");
    }
    let begin = [("csrf", csrf(&shown)), ("step", "start"), ("records", "1")];
    let begun = send(&app, &first, &one_place, &begin).await;
    assert_eq!(begun.status(), StatusCode::SEE_OTHER);
    let (_, waiting) = open(&app, &second, &one_place).await;
    let refuse = [("csrf", csrf(&waiting)), ("step", "refuse"), ("note", "")];
    let refused = send(&app, &second, &one_place, &refuse).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let approve = [("csrf", csrf(&waiting)), ("step", "approve")];
    let approved = send(&app, &second, &one_place, &approve).await;
    assert_eq!(approved.status(), StatusCode::SEE_OTHER);
    go_on(&app).await;
    let (_, done) = open(&app, &first, &one_place).await;
    assert!(done.contains("Finita") && done.contains("fatta"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_console_any_letters_can_be_ticked() {
    let app = TestApp::seeded().await;
    app.confirmed(&SignUpBuilder::new("a@example.org")).await;
    let ours = association(&app, "codacons").await;
    let manager = person(&app, ours, Role::CaseManager).await;
    let browser = app.browser();
    sign_in(&app, &browser, &manager).await;
    let path = format!("/console/cases/{CASE}/bulk-actions");
    let (_, form) = open(&app, &browser, &format!("{path}?kind=ask_deficiency")).await;
    assert!(form.contains("name=\"letters[]\""), "{form}");
    let token = csrf(&form).to_owned();
    let ticked = |letters: &[&'static str]| {
        let mut fields = vec![
            ("csrf", token.clone()),
            ("kind", "ask_deficiency".to_owned()),
            ("purpose", "Prima del deposito".to_owned()),
            ("due_on", "2026-03-20".to_owned()),
        ];
        fields.extend(letters.iter().map(|it| ("letters[]", (*it).to_owned())));
        fields
    };
    for letters in [&["i"][..], &["b", "i"], &["g", "h"]] {
        let fields = ticked(letters);
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let made = send(&app, &browser, &path, &fields).await;
        assert!(
            place(&made).starts_with("/console/bulk-actions/"),
            "{letters:?}"
        );
        let (_, shown) = open(&app, &browser, place(&made)).await;
        for letter in letters {
            assert!(shown.contains(&format!("{letter}) ")), "{shown}");
        }
    }
    app.stop().await;
}
