//! Accounts and the staff: typed in by one and released by another, and changes nobody could be told of (R26).

use chrono::TimeDelta;
use joinder::domain::permission::Role;
use joinder::worker;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::{DEATHS, TestApp};
use crate::claimant::{Claimant, SignUpBuilder, ask, code_in};
use crate::seed::CASE;
use crate::signing::again;
use crate::sink::{Manner, Sink, Way};
use crate::staff_console::{csrf, open, place, send, sign_in};
use crate::staff_seed::{Person, association, get, person, post};

const OWNER: &str = "mario@example.org";
const OWN: &str = "IT60X0542811101000000123456";
const STRANGE: &str = "DE89370400440532013000";

async fn staff(app: &TestApp, role: Role) -> Person {
    let ours = association(app, "codacons").await;
    person(app, ours, role).await
}

/// Somebody without an e-mail, reached on the phone.
async fn assisted(app: &TestApp) -> Uuid {
    let phone = SignUpBuilder::new("x@example.org")
        .without("/contact/email")
        .with("/contact/phone", json!("+393331234567"));
    let id = app.sign_up(&phone).await.id;
    let confirmed = "UPDATE claimants SET state = 'confirmed', confirmed_at = created_at";
    app.sql(&format!("{confirmed} WHERE id = '{id}'")).await;
    id
}

async fn type_in(app: &TestApp, bearer: &str, id: Uuid, iban: &str) -> (StatusCode, Value) {
    let path = format!("/api/v1/staff/claimants/{id}/payout");
    let body = json!({"iban": iban, "holder": "Mario Rossi", "reason": "Modulo del 2 marzo"});
    let request = app.request(Method::PUT, &path).bearer_auth(bearer);
    let answer = request.json(&body).send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

async fn decide(app: &TestApp, bearer: &str, id: Uuid, body: &Value) -> (StatusCode, Value) {
    let path = format!("/api/v1/staff/claimants/{id}/payout-decision");
    let answer = post(app, &path, Some(bearer), body).await;
    (answer.status(), answer.json().await.unwrap())
}

fn release(version: i32, iban: &str) -> Value {
    json!({"version": version, "decision": "release", "iban": iban, "reason": "Confrontato"})
}

/// Last four characters of the account that counts, and of the one that waits.
async fn accounts(app: &TestApp, bearer: &str, id: Uuid) -> (String, String) {
    let path = format!("/api/v1/staff/claimants/{id}");
    let seen: Value = get(app, &path, bearer).await.json().await.unwrap();
    let tail = |it: &Value| {
        let iban = it["iban"].as_str().unwrap_or_default();
        iban.chars().skip(iban.len().saturating_sub(4)).collect()
    };
    (tail(&seen["payout"]), tail(&seen["payout_pending"]))
}

async fn queue(app: &TestApp, bearer: &str) -> usize {
    let path = format!("/api/v1/staff/cases/{CASE}/claimants?queue=payout_waits");
    let listed: Value = get(app, &path, bearer).await.json().await.unwrap();
    listed["items"].as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn r26_what_one_types_in_counts_once_another_typed_the_same_from_the_paper() {
    let app = TestApp::seeded().await;
    let id = assisted(&app).await;
    let first = staff(&app, Role::Payout).await.bearer(&app).await;
    let second = staff(&app, Role::CaseManager).await.bearer(&app).await;
    let (status, told) = type_in(&app, &first, id, "IT60").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
    let (status, told) = type_in(&app, &first, id, OWN).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    assert_eq!(
        accounts(&app, &second, id).await,
        (String::new(), "3456".to_owned())
    );
    assert_eq!(queue(&app, &second).await, 1);
    let (status, _) = decide(&app, &first, id, &release(1, OWN)).await;
    assert_eq!(status, StatusCode::CONFLICT, "never who typed it in");
    let (status, wrong) = decide(&app, &second, id, &release(1, STRANGE)).await;
    assert_eq!(
        (status, &wrong["errors"][0]["pointer"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("/iban"))
    );
    let (status, _) = decide(&app, &second, id, &release(2, OWN)).await;
    assert_eq!(status, StatusCode::CONFLICT, "another version");
    let (status, told) = decide(
        &app,
        &second,
        id,
        &release(1, "it60 X054 2811 1010 0000 0123 456"),
    )
    .await;
    assert_eq!(status, StatusCode::OK, "{told}");
    assert_eq!(
        accounts(&app, &second, id).await,
        ("3456".to_owned(), String::new())
    );
    assert_eq!(queue(&app, &second).await, 0);
    let (status, _) = decide(&app, &second, id, &release(1, OWN)).await;
    assert_eq!(status, StatusCode::CONFLICT, "once");
    let trail =
        "SELECT string_agg(action, ' ' ORDER BY id) FROM audit WHERE action LIKE '%_payout'";
    let trail = app.rows(trail).await;
    assert_eq!(trail[0][0].as_deref(), Some("type_payout release_payout"));
    let clear = "SELECT count(*) FROM audit a WHERE a::text LIKE '%0542811101%'";
    assert_eq!(app.number(clear).await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r26_a_change_typed_in_waits_72_hours_besides_and_can_be_rejected() {
    let app = TestApp::seeded().await;
    let id = assisted(&app).await;
    let (typist, checker) = (
        staff(&app, Role::Payout).await,
        staff(&app, Role::Owner).await,
    );
    let first = typist.bearer(&app).await;
    let second = checker.bearer(&app).await;
    type_in(&app, &first, id, OWN).await;
    decide(&app, &second, id, &release(1, OWN)).await;
    type_in(&app, &first, id, STRANGE).await;
    let (status, told) = decide(&app, &second, id, &release(2, STRANGE)).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    assert_eq!(
        accounts(&app, &second, id).await,
        ("3456".to_owned(), "3000".to_owned())
    );
    app.clock().advance(TimeDelta::hours(72));
    let first = typist.bearer(&app).await;
    let second = checker.bearer(&app).await;
    assert_eq!(
        accounts(&app, &second, id).await,
        ("3000".to_owned(), String::new())
    );
    type_in(&app, &first, id, OWN).await;
    let reject = json!({"version": 3, "decision": "reject", "reason": "Firma diversa"});
    let (status, told) = decide(&app, &second, id, &reject).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    app.clock().advance(TimeDelta::hours(100));
    let second = checker.bearer(&app).await;
    assert_eq!(
        accounts(&app, &second, id).await,
        ("3000".to_owned(), String::new())
    );
    assert_eq!(queue(&app, &second).await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r26_who_has_an_e_mail_keeps_the_account_in_their_own_hand() {
    let app = TestApp::seeded().await;
    let claimant = app.confirmed(&SignUpBuilder::new(OWNER)).await;
    let payer = staff(&app, Role::Payout).await.bearer(&app).await;
    let (status, _) = type_in(&app, &payer, claimant.id, OWN).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(app.number("SELECT count(*) FROM payouts").await, 0);
    app.stop().await;
}

/// The owner's account was changed; the mails about it are not sent yet.
async fn changed(app: &TestApp) -> Claimant<'_> {
    let claimant = app.confirmed(&SignUpBuilder::new(OWNER)).await;
    let put = async |iban: &str, code: Option<&str>| {
        let body = json!({"iban": iban, "holder": "Mario Rossi", "code": code});
        ask(claimant.request(Method::PUT, "/payout").json(&body))
            .await
            .expect(200);
    };
    put(OWN, None).await;
    ask(claimant.request(Method::POST, "/payout/codes"))
        .await
        .expect(202);
    app.run_outbox().await;
    let mails = app.mails_to(OWNER);
    let code = mails
        .iter()
        .rfind(|mail| mail.contains("cambiare il conto"));
    let code = code_in(code.unwrap());
    put(STRANGE, Some(&code)).await;
    claimant
}

#[tokio::test(flavor = "multi_thread")]
async fn r26_a_notice_refused_for_good_holds_the_change_until_staff_reached_the_owner() {
    let app = TestApp::seeded().await;
    let claimant = changed(&app).await;
    let id = claimant.id;
    let sink = Sink::start().await;
    sink.meet("*", &[Manner::Refuse("550 5.1.1 no such user")]);
    let from = ("joinder".to_owned(), "noreply@joinder.example".to_owned());
    let post = worker::post(Way::Relay.mailer(&sink), from);
    worker::outbox::send_due(&app.ctx, &post).await.unwrap();
    let dead = "SELECT count(*) FROM outbox WHERE kind = 'payout_notice' AND state = 'dead'";
    assert_eq!(app.number(dead).await, 1);
    app.clock().advance(TimeDelta::hours(100));
    let payer = staff(&app, Role::Payout).await.bearer(&app).await;
    assert_eq!(queue(&app, &payer).await, 1);
    assert_eq!(
        accounts(&app, &payer, id).await,
        ("3456".to_owned(), "3000".to_owned()),
        "the hold did not end by itself"
    );
    let no_reason = json!({"version": 2, "decision": "release"});
    let (status, _) = decide(&app, &payer, id, &no_reason).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let called = json!({"version": 2, "decision": "release", "reason": "Sentito al telefono"});
    let (status, told) = decide(&app, &payer, id, &called).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    assert_eq!(
        accounts(&app, &payer, id).await,
        ("3000".to_owned(), String::new())
    );
    assert_eq!(queue(&app, &payer).await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r26_a_notice_that_did_not_leave_yet_holds_the_change_and_one_that_left_does_not() {
    let app = TestApp::seeded().await;
    let claimant = changed(&app).await;
    app.clock().advance(TimeDelta::hours(100));
    let payer = staff(&app, Role::Payout).await.bearer(&app).await;
    assert_eq!(accounts(&app, &payer, claimant.id).await.0, "3456");
    assert_eq!(queue(&app, &payer).await, 0, "it may still leave");
    app.run_outbox().await;
    assert_eq!(
        accounts(&app, &payer, claimant.id).await.0,
        "3456",
        "its owner was told just now"
    );
    app.clock().advance(TimeDelta::hours(71));
    let payer = staff(&app, Role::Owner).await.bearer(&app).await;
    assert_eq!(accounts(&app, &payer, claimant.id).await.0, "3000");
    let me = again(&app, OWNER).await.me().await;
    assert_eq!(me["payout_pending"], Value::Null);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_takes_an_account_from_paper_and_asks_a_second_person_for_the_same() {
    let app = TestApp::seeded().await;
    let id = assisted(&app).await;
    let ours = association(&app, "codacons").await;
    let path = format!("/console/claimants/{id}/payout");
    let (one, two) = (app.browser(), app.browser());
    let payer = person(&app, ours, Role::Payout).await;
    let owner = person(&app, ours, Role::Owner).await;
    sign_in(&app, &one, &payer).await;
    sign_in(&app, &two, &owner).await;
    let (_, record) = open(&app, &one, &format!("/console/claimants/{id}")).await;
    assert!(record.contains(&path));
    let (_, form) = open(&app, &one, &path).await;
    let token = csrf(&form).to_owned();
    let wrong = [
        ("csrf", token.as_str()),
        ("iban", "IT00"),
        ("holder", "Mario Rossi"),
    ];
    let refused = send(&app, &one, &path, &wrong).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let refused = refused.text().await.unwrap();
    assert!(
        refused.contains("id=\"iban-error\"") && refused.contains("id=\"reason-error\""),
        "{refused}"
    );
    let right = [
        ("csrf", token.as_str()),
        ("iban", OWN),
        ("holder", "Mario Rossi"),
        ("reason", "Modulo del 2 marzo"),
    ];
    assert_eq!(place(&send(&app, &one, &path, &right).await), path);
    let (_, own) = open(&app, &one, &path).await;
    assert!(
        own.contains("deve liberarlo un collega") && !own.contains("value=\"release\""),
        "{own}"
    );
    let (_, seen) = open(&app, &two, &path).await;
    assert!(
        !seen.contains(OWN) && seen.contains("value=\"release\""),
        "{seen}"
    );
    let token = csrf(&seen).to_owned();
    let decision = format!("/console/claimants/{id}/payout-decision");
    let fields = |iban| {
        [
            ("csrf", token.as_str()),
            ("version", "1"),
            ("decision", "release"),
            ("iban", iban),
            ("reason", "Confrontato"),
        ]
    };
    let differs = send(&app, &two, &decision, &fields(STRANGE)).await;
    assert_eq!(differs.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let differs = differs.text().await.unwrap();
    assert!(differs.contains("Non è lo stesso IBAN"), "{differs}");
    assert_eq!(
        place(&send(&app, &two, &decision, &fields(OWN)).await),
        path
    );
    let (_, done) = open(&app, &two, &path).await;
    assert!(
        done.contains("3456") && !done.contains("value=\"release\""),
        "{done}"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r26_a_database_lost_while_an_account_is_released_releases_nothing() {
    let app = TestApp::seeded().await;
    let id = assisted(&app).await;
    let first = staff(&app, Role::Payout).await.bearer(&app).await;
    let second = staff(&app, Role::CaseManager).await.bearer(&app).await;
    let waits = (String::new(), "3456".to_owned());
    for moment in DEATHS {
        app.let_die("audit", moment).await;
        let (status, told) = type_in(&app, &first, id, OWN).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{moment} {told}");
        app.let_live("audit").await;
        assert_eq!(queue(&app, &second).await, 0, "{moment}");
    }
    assert_eq!(type_in(&app, &first, id, OWN).await.0, StatusCode::OK);
    for moment in DEATHS {
        app.let_die("audit", moment).await;
        let (status, told) = decide(&app, &second, id, &release(1, OWN)).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{moment} {told}");
        app.let_live("audit").await;
        assert_eq!(accounts(&app, &second, id).await, waits, "{moment}");
    }
    let (status, told) = decide(&app, &second, id, &release(1, OWN)).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    assert_eq!(queue(&app, &second).await, 0);
    app.stop().await;
}
