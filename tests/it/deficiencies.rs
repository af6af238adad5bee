//! Claimants are asked for what is missing, told until when, and not asked twice; what comes is found by itself (R2).

use std::collections::BTreeSet;

use chrono::TimeDelta;
use joinder::app::{deficiency, housekeeping};
use joinder::domain::claimant::ClaimantState;
use joinder::domain::permission::Role;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::{DEATHS, TestApp};
use crate::claimant::{Answer, SignUpBuilder, anna, ask, mario};
use crate::seed::CASE;
use crate::signing::declaration;
use crate::staff_console;
use crate::staff_declared::{identified, sign};
use crate::staff_seed::{self, association, case, codacons, person};

const OWNER: &str = "mario@example.org";

async fn bearer(app: &TestApp, slug: &str, role: Role) -> String {
    let ours = association(app, slug).await;
    person(app, ours, role).await.bearer(app).await
}

async fn want(app: &TestApp, bearer: &str, id: Uuid, letters: &[&str], due_on: &str) -> Answer {
    let path = format!("/api/v1/staff/claimants/{id}/deficiencies");
    let body = json!({"letters": letters, "due_on": due_on});
    ask(app
        .request(Method::POST, &path)
        .bearer_auth(bearer)
        .json(&body))
    .await
}

async fn told(app: &TestApp, bearer: &str, path: &str) -> Value {
    ask(app.request(Method::GET, path).bearer_auth(bearer))
        .await
        .expect(200)
}

fn mails(app: &TestApp) -> Vec<(String, String)> {
    let mails = app.mails();
    let mails = mails.iter().map(|sent| &sent.message.mail);
    mails
        .filter(|mail| mail.kind.as_str() == "deficiency")
        .map(|mail| (mail.subject.clone(), mail.text.clone()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_lacks_something_is_told_what_and_until_when_and_not_twice() {
    let app = TestApp::seeded().await;
    let claimant = identified(&app, OWNER, "caduta@libero.it", &mario()).await;
    let reviewer = bearer(&app, "codacons", Role::Reviewer).await;
    let list = format!("/api/v1/staff/claimants/{}/deficiencies", claimant.id);
    let before = told(&app, &reviewer, &list).await;
    assert_eq!(before["askable"], json!(["d", "e", "f", "g", "h", "i"]));
    assert_eq!(
        (&before["by_mail"], &before["proposed_due_on"]),
        (&json!(true), &json!("2026-03-17"))
    );
    let asked = want(&app, &reviewer, claimant.id, &["i", "g"], "2026-03-20")
        .await
        .expect(200);
    assert_eq!(asked["askable"], json!(["d", "e", "f", "h"]));
    app.run_outbox().await;
    let sent = mails(&app);
    assert_eq!(sent.len(), 1);
    assert!(sent[0].0.contains("20 marzo 2026"), "{}", sent[0].0);
    for words in [
        "attestazione che i fatti sono veri",
        "il tuo IBAN",
        "/me",
        "20 marzo 2026",
    ] {
        assert!(sent[0].1.contains(words), "{words}: {}", sent[0].1);
    }
    let me = claimant.me().await;
    let letters: Vec<_> = me["asked"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["letter"].clone())
        .collect();
    assert_eq!(letters, [json!("g"), json!("i")]);
    let cookie = format!("joinder_me={}", claimant.token);
    let page = app
        .request(Method::GET, "/me")
        .header("cookie", cookie)
        .send()
        .await
        .unwrap();
    let page = page.text().await.unwrap();
    assert!(
        page.contains("L’associazione ti chiede di completare") && page.contains("20 marzo 2026")
    );

    want(&app, &reviewer, claimant.id, &["i", "d"], "2026-03-25")
        .await
        .expect_problem(409, "illegal-transition");
    app.run_outbox().await;
    assert_eq!(mails(&app).len(), 1, "nobody is asked twice for the same");
    want(&app, &reviewer, claimant.id, &["d"], "2026-03-25")
        .await
        .expect(200);
    app.run_outbox().await;
    assert_eq!(mails(&app).len(), 2);
    let audited = "SELECT count(*) FROM audit WHERE action = 'ask_deficiency'";
    assert_eq!(app.number(audited).await, 2);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_is_cured_by_itself_and_what_does_not_is_overdue() {
    let app = TestApp::seeded().await;
    let claimant = identified(&app, OWNER, "caduta@libero.it", &mario()).await;
    let ours = association(&app, "codacons").await;
    let who = person(&app, ours, Role::Reviewer).await;
    let reviewer = who.bearer(&app).await;
    want(&app, &reviewer, claimant.id, &["d", "i"], "2026-03-20")
        .await
        .expect(200);
    let body = json!({"iban": "IT60X0542811101000000123456", "holder": "Mario Rossi"});
    ask(claimant.request(Method::PUT, "/payout").json(&body))
        .await
        .expect(200);
    // who looks sees it at once, the trail within a minute
    assert_eq!(claimant.me().await["asked"].as_array().unwrap().len(), 1);
    assert_eq!(housekeeping::run(&app.ctx).await.unwrap().cured, 1);
    assert_eq!(housekeeping::run(&app.ctx).await.unwrap().cured, 0);
    let cured = "SELECT detail->>'letter' FROM audit WHERE action = 'cure_deficiency'";
    assert_eq!(app.rows(cured).await, [[Some("i".to_owned())]]);
    let queue = async || {
        let all = told(
            &app,
            &reviewer,
            &format!("/api/v1/staff/cases/{CASE}/queues"),
        )
        .await;
        let all = all["items"].as_array().unwrap().clone();
        let found = all
            .into_iter()
            .find(|item| item["queue"] == "deficiency_overdue");
        found.unwrap()["count"].as_i64().unwrap()
    };
    assert_eq!(queue().await, 0);
    sign(&app, &claimant, &declaration(), "Mario Rossi").await;
    app.sql("UPDATE deficiencies SET due_on = '2026-03-01', asked_at = '2026-02-01Z' WHERE letter = 'd'").await;
    assert_eq!(
        housekeeping::run(&app.ctx).await.unwrap().cured,
        1,
        "it came, if late"
    );
    assert_eq!(queue().await, 0);

    let late = identified(&app, "late@example.org", "b@libero.it", &anna()).await;
    want(&app, &reviewer, late.id, &["i"], "2026-03-20")
        .await
        .expect(200);
    app.clock().advance(TimeDelta::days(18));
    housekeeping::run(&app.ctx).await.unwrap();
    let reviewer = who.bearer(&app).await;
    let all = told(
        &app,
        &reviewer,
        &format!("/api/v1/staff/cases/{CASE}/queues"),
    )
    .await;
    let all = all["items"].as_array().unwrap();
    let found = all
        .iter()
        .find(|item| item["queue"] == "deficiency_overdue")
        .unwrap();
    assert_eq!(found["count"], 0, "its last day is not over");
    app.clock().advance(TimeDelta::days(1));
    housekeeping::run(&app.ctx).await.unwrap();
    let reviewer = who.bearer(&app).await;
    let path = format!("/api/v1/staff/cases/{CASE}/claimants?queue=deficiency_overdue");
    let listed = told(&app, &reviewer, &path).await;
    assert_eq!(listed["items"][0]["id"], json!(late.id));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_missing_is_asked_of_who_can_bring_it() {
    let app = TestApp::seeded().await;
    let claimant = identified(&app, OWNER, "caduta@libero.it", &mario()).await;
    let reviewer = bearer(&app, "codacons", Role::Reviewer).await;
    for (letters, day) in [
        (&["b"][..], "2026-03-20"),
        (&["a"], "2026-03-20"),
        (&["l"], "2026-03-20"),
        (&[], "2026-03-20"),
        (&["i"], "2026-03-03"),
        (&["i"], "presto"),
    ] {
        want(&app, &reviewer, claimant.id, letters, day)
            .await
            .expect_problem(422, "validation");
    }
    let others = bearer(&app, "altroconsumo", Role::Owner).await;
    want(&app, &others, claimant.id, &["i"], "2026-03-20")
        .await
        .expect_problem(404, "not-found");
    let reader = bearer(&app, "codacons", Role::Reader).await;
    want(&app, &reader, claimant.id, &["i"], "2026-03-20")
        .await
        .expect_problem(403, "forbidden");
    let unconfirmed = app.sign_up(&SignUpBuilder::new("x@example.org")).await.id;
    want(&app, &reviewer, unconfirmed, &["i"], "2026-03-20")
        .await
        .expect_problem(409, "illegal-transition");
    assert_eq!(app.number("SELECT count(*) FROM deficiencies").await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_console_boxes_are_ticked_and_what_is_wrong_is_told() {
    let app = TestApp::seeded().await;
    let claimant = identified(&app, OWNER, "caduta@libero.it", &mario()).await;
    let ours = association(&app, "codacons").await;
    let browser = app.browser();
    staff_console::sign_in(&app, &browser, &person(&app, ours, Role::Reviewer).await).await;
    let one = format!("/console/claimants/{}", claimant.id);
    let (_, page) = staff_console::open(&app, &browser, &one).await;
    assert!(page.contains("name=\"letters[i]\"") && page.contains("value=\"2026-03-17\""));
    let token = staff_console::csrf(&page).to_owned();
    let path = format!("{one}/deficiencies?queue=unreachable");
    let none = [("csrf", token.as_str()), ("due_on", "2026-03-20")];
    let refused = staff_console::send(&app, &browser, &path, &none).await;
    assert_eq!(refused.status().as_u16(), 422);
    assert!(
        refused
            .text()
            .await
            .unwrap()
            .contains("Scegli almeno una cosa")
    );
    let fields = [
        ("csrf", token.as_str()),
        ("letters[i]", "true"),
        ("due_on", "2026-03-20"),
    ];
    let sent = staff_console::send(&app, &browser, &path, &fields).await;
    assert_eq!(
        staff_console::place(&sent),
        format!("{one}?queue=unreachable")
    );
    let (_, page) = staff_console::open(&app, &browser, &one).await;
    assert!(page.contains("ultimo giorno: 20 marzo 2026") && !page.contains("name=\"letters[i]\""));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r2_a_letter_is_cured_exactly_where_the_record_lacks_it_no_more() {
    let app = staff_seed::start().await;
    let (mut number, mut expected) = (0_u32, BTreeSet::new());
    for state in ClaimantState::ALL {
        for identity in [false, true] {
            for payout in [false, true] {
                number += 1;
                let id =
                    Uuid::parse_str(&format!("01900000-0000-7000-8000-{number:012x}")).unwrap();
                let at = |is_there: bool| if is_there { "'2026-03-02Z'" } else { "NULL" };
                let duplicate = if state == ClaimantState::Duplicate {
                    "gen_random_uuid()"
                } else {
                    "NULL"
                };
                app.sql(&format!(
                    "INSERT INTO claimants (id, association_id, case_id, state, language, contact_kind, contact_sealed, mailbox_count, \
                       created_at, state_changed_at, confirmed_at, identity_at, payout_at, duplicate_of) \
                     VALUES ('{id}', '{0}', '{1}', '{2}', 'it', 'email', '', 1, '2026-03-01Z', '2026-03-01Z', '2026-03-01Z', {3}, {4}, {duplicate}); \
                     INSERT INTO deficiencies (claimant_id, notice_id, letter, association_id, case_id, asked_by, asked_at, due_on, told) \
                     SELECT '{id}', '{id}', letter, '{0}', '{1}', '{id}', '2026-03-01Z', '2026-04-01', 'mail' \
                     FROM unnest(ARRAY['b', 'd', 'e', 'f', 'g', 'h', 'i']) letter",
                    codacons(), case(), state.as_str(), at(identity), at(payout)
                )).await;
                let known = joinder::domain::readiness::Known {
                    identity,
                    payout,
                    signature: joinder::domain::readiness::SignatureInForce::of(state),
                    ..Default::default()
                };
                let missing = joinder::domain::readiness::missing(&known);
                let there = "bdefghi".chars().filter(|letter| !missing.contains(letter));
                expected.extend(there.map(|letter| (id.to_string(), letter.to_string())));
            }
        }
    }
    let cured = deficiency::look(&app.ctx).await.unwrap();
    assert_eq!(cured, expected.len());
    let found = app
        .rows("SELECT claimant_id::text, letter FROM deficiencies WHERE cured_at IS NOT NULL")
        .await;
    let found: BTreeSet<_> = found
        .into_iter()
        .map(|row| (row[0].clone().unwrap(), row[1].clone().unwrap()))
        .collect();
    assert_eq!(found, expected);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_lost_while_letters_are_asked_for_asks_nothing_and_writes_no_mail() {
    let app = TestApp::seeded().await;
    let claimant = identified(&app, OWNER, "caduta@libero.it", &mario()).await;
    let reviewer = bearer(&app, "codacons", Role::Reviewer).await;
    let left = "SELECT (SELECT count(*) FROM deficiencies) + (SELECT count(*) FROM outbox)";
    let before = app.number(left).await;
    for (table, moment) in [
        ("audit", DEATHS[0]),
        ("outbox", DEATHS[0]),
        ("audit", DEATHS[1]),
    ] {
        app.let_die(table, moment).await;
        let lost = want(&app, &reviewer, claimant.id, &["i"], "2026-03-20").await;
        assert_eq!(lost.status.as_u16(), 503, "{table} {}", lost.body);
        app.let_live(table).await;
        assert_eq!(app.number(left).await, before, "{table} {moment}");
    }
    let asked = want(&app, &reviewer, claimant.id, &["i"], "2026-03-20").await;
    assert!(asked.status.is_success(), "{}", asked.body);
    assert_eq!(app.number(left).await, before + 2);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_ask_for_the_same_letter_at_once_one_asks() {
    let app = TestApp::seeded().await;
    let claimant = identified(&app, OWNER, "caduta@libero.it", &mario()).await;
    let one = bearer(&app, "codacons", Role::Reviewer).await;
    let two = bearer(&app, "codacons", Role::CaseManager).await;
    let (one, two) = tokio::join!(
        want(&app, &one, claimant.id, &["i"], "2026-03-20"),
        want(&app, &two, claimant.id, &["i"], "2026-03-25"),
    );
    let refused = [&one, &two]
        .into_iter()
        .filter(|answer| answer.status.as_u16() == 409);
    assert_eq!(refused.count(), 1, "{} {}", one.body, two.body);
    assert!(one.status.is_success() != two.status.is_success());
    app.run_outbox().await;
    assert_eq!(mails(&app).len(), 1);
    app.stop().await;
}
