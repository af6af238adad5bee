//! Requests about data: asked, extended once, answered, and gone with the person (R60, R61).

use chrono::TimeDelta;
use joinder::domain::permission::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::claimant::{Answer, Claimant, SignUpBuilder, ask, code_in};
use crate::pages::Browser;
use crate::seed::CASE;
use crate::staff_console::{csrf, open, place, send, sign_in};
use crate::staff_seed::{association, get, person, post};

const WORDS: &str = "Il cognome è Russo, non Rossi.";

async fn request(claimant: &Claimant<'_>, body: &Value) -> Answer {
    ask(claimant
        .request(Method::POST, "/rights-requests")
        .json(body))
    .await
}

fn rectification() -> Value {
    json!({"kind": "rectification", "text": WORDS})
}

async fn manager(app: &TestApp) -> String {
    let ours = association(app, "codacons").await;
    person(app, ours, Role::CaseManager).await.bearer(app).await
}

async fn act(app: &TestApp, bearer: &str, path: &str, body: &Value) -> (StatusCode, Value) {
    let answer = post(app, path, Some(bearer), body).await;
    (answer.status(), answer.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn r60_a_request_is_due_in_a_month_answered_and_told_by_mail() {
    let app = TestApp::seeded().await;
    let claimant = app
        .confirmed(&SignUpBuilder::new("maria@example.org"))
        .await;
    let asked = request(&claimant, &rectification()).await.expect(201);
    assert_eq!(asked["received_on"], "2026-03-02");
    assert_eq!(asked["due_on"], "2026-04-02");
    let clear = "SELECT count(*) FROM rights_requests r WHERE r::text LIKE '%Russo%'";
    assert_eq!(app.number(clear).await, 0, "the words rest sealed");

    let bearer = manager(&app).await;
    let queue = format!("/api/v1/staff/cases/{CASE}/rights-requests");
    let shown: Value = get(&app, &queue, &bearer).await.json().await.unwrap();
    assert_eq!((&shown["open"], &shown["overdue"]), (&json!(1), &json!(0)));
    assert_eq!(
        shown["items"][0]["text"],
        Value::Null,
        "a list shows no words"
    );
    let id = shown["items"][0]["id"].as_str().unwrap().to_owned();
    let one = format!("/api/v1/staff/rights-requests/{id}");
    let seen: Value = get(&app, &one, &bearer).await.json().await.unwrap();
    assert_eq!(seen["text"], WORDS);

    let answer = json!({"decision": "partly", "reason": "Il documento dice Rossi"});
    let (status, told) = act(&app, &bearer, &format!("{one}/answer"), &answer).await;
    assert_eq!(
        (status, &told["decision"]),
        (StatusCode::OK, &json!("partly"))
    );
    let (status, told) = act(&app, &bearer, &format!("{one}/answer"), &answer).await;
    assert_eq!(status, StatusCode::CONFLICT, "{told}");
    app.run_outbox().await;
    let mail = app.mails().pop().unwrap().message.mail;
    assert_eq!(mail.kind.as_str(), "rights");
    assert!(
        mail.text.contains("accolta in parte") && mail.text.contains("Il documento dice Rossi")
    );
    assert!(mail.text.contains("2 marzo 2026") && !mail.text.contains("Russo"));

    let own = ask(claimant.request(Method::GET, "/rights-requests"))
        .await
        .expect(200);
    assert_eq!(own["items"][0]["answer_reason"], "Il documento dice Rossi");
    assert_eq!(own["items"][0]["text"], WORDS);
    // the look of the staff at it is in what the claimant sees
    let looks = ask(claimant.request(Method::GET, "/views"))
        .await
        .expect(200);
    assert_eq!(looks["items"][0]["role"], "case_manager");
    let mails = ask(claimant.request(Method::GET, "/mails"))
        .await
        .expect(200);
    assert_eq!(mails["items"][0]["kind"], "rights");
    let trail =
        "SELECT string_agg(action, ' ' ORDER BY id) FROM audit WHERE action LIKE '%rights%'";
    let trail = app.rows(trail).await;
    let expected = "receive_rights_request answer_rights_request";
    assert_eq!(trail[0][0].as_deref(), Some(expected));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r60_one_extension_by_two_months_within_the_first_month_and_with_its_reason() {
    let app = TestApp::seeded().await;
    let claimant = app
        .confirmed(&SignUpBuilder::new("maria@example.org"))
        .await;
    let first = request(&claimant, &rectification()).await.expect(201);
    let second = request(&claimant, &json!({"kind": "objection", "text": "Basta"}))
        .await
        .expect(201);
    let path = |asked: &Value| {
        let id = asked["id"].as_str().unwrap();
        format!("/api/v1/staff/rights-requests/{id}/extension")
    };
    // 2 April in Rome, its last minute
    app.clock()
        .advance(TimeDelta::days(31) + TimeDelta::hours(12));
    let bearer = manager(&app).await;
    let (status, _) = act(&app, &bearer, &path(&first), &json!({"reason": ""})).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let reason = json!({"reason": "Aspettiamo il documento dal Comune"});
    let (status, told) = act(&app, &bearer, &path(&first), &reason).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    assert_eq!(told["due_on"], "2026-06-02");
    assert_eq!(told["extension_notified"], "mail");
    let (status, _) = act(&app, &bearer, &path(&first), &reason).await;
    assert_eq!(status, StatusCode::CONFLICT, "once only");
    app.run_outbox().await;
    let mail = app.mails().pop().unwrap().message.mail.text;
    assert!(mail.contains("2 giugno 2026") && mail.contains("Aspettiamo il documento"));

    app.clock().advance(TimeDelta::days(1));
    let bearer = manager_again(&app).await;
    let (status, _) = act(&app, &bearer, &path(&second), &reason).await;
    assert_eq!(status, StatusCode::CONFLICT, "after the first month");
    let queue = format!("/api/v1/staff/cases/{CASE}/rights-requests");
    let shown: Value = get(&app, &queue, &bearer).await.json().await.unwrap();
    assert_eq!((&shown["open"], &shown["overdue"]), (&json!(2), &json!(1)));
    assert_eq!(
        shown["items"][0]["kind"], "objection",
        "the most urgent first"
    );
    assert_eq!(shown["items"][0]["overdue"], true);
    app.stop().await;
}

/// Another manager: the codes of the first are used.
async fn manager_again(app: &TestApp) -> String {
    let ours = association(app, "codacons").await;
    person(app, ours, Role::Owner).await.bearer(app).await
}

#[tokio::test(flavor = "multi_thread")]
async fn r61_the_words_go_with_the_person_and_the_line_stays() {
    let app = TestApp::seeded().await;
    let claimant = app
        .confirmed(&SignUpBuilder::new("maria@example.org"))
        .await;
    let asked = request(&claimant, &json!({"kind": "erasure", "text": WORDS}))
        .await
        .expect(201);
    claimant.erase().await.expect(200);
    let left =
        "SELECT count(*) FROM rights_requests WHERE request_sealed IS NULL AND kind = 'erasure'";
    assert_eq!(app.number(left).await, 1);
    let bearer = manager(&app).await;
    let id = asked["id"].as_str().unwrap();
    let one = format!("/api/v1/staff/rights-requests/{id}");
    let seen: Value = get(&app, &one, &bearer).await.json().await.unwrap();
    assert_eq!(seen["text"], Value::Null);
    let answer = json!({"decision": "granted", "reason": "Ha cancellato da sola"});
    let (status, told) = act(&app, &bearer, &format!("{one}/answer"), &answer).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    assert_eq!(
        told["answer_reason"],
        Value::Null,
        "nothing to seal it with"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_request_is_named_and_five_may_be_open() {
    let app = TestApp::seeded().await;
    let claimant = app
        .confirmed(&SignUpBuilder::new("maria@example.org"))
        .await;
    let wrong = request(&claimant, &json!({"kind": "access", "text": " "})).await;
    let field = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());
    assert_eq!(
        wrong.wrong_fields(),
        [field("/kind", "unknown_value"), field("/text", "required")]
    );
    for _ in 0..5 {
        request(&claimant, &rectification()).await.expect(201);
    }
    request(&claimant, &rectification())
        .await
        .expect_problem(429, "rate-limited");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_take_a_request_and_staff_answer_it_and_enter_letters() {
    let app = TestApp::seeded().await;
    let own = Browser::new(&app);
    let joined = own.join(&[("contact[email]", "mario@example.org")]).await;
    assert_eq!(joined.status, 303);
    let code = code_in(&own.mail("mario@example.org").await);
    let path = format!("/c/{CASE}/joined/code");
    assert_eq!(own.send(&path, &[("code", &code)]).await.status, 303);
    let token = own.csrf().await;
    let empty = own
        .send("/me/rights", &[("csrf", &token), ("kind", "objection")])
        .await;
    assert_eq!(empty.status, 422);
    assert!(empty.html.contains("id=\"text-error\"") && empty.html.contains("checked"));
    let fields = [
        ("csrf", token.as_str()),
        ("kind", "objection"),
        ("text", WORDS),
    ];
    let sent = own.send("/me/rights", &fields).await;
    assert_eq!(sent.place, "/me/rights?done=sent");
    assert!(own.get(&sent.place).await.html.contains(WORDS));

    let ours = association(&app, "codacons").await;
    let owner = person(&app, ours, Role::Owner).await;
    let browser = app.browser();
    sign_in(&app, &browser, &owner).await;
    let (_, queue) = open(&app, &browser, &format!("/console/cases/{CASE}/rights")).await;
    assert!(queue.contains("Aperte: 1. Scadute: 0."), "{queue}");
    let id = queue.split("href=\"/console/rights/").nth(1).unwrap();
    let one = format!("/console/rights/{}", id.split('"').next().unwrap());
    let (_, shown) = open(&app, &browser, &one).await;
    assert!(shown.contains(WORDS) && shown.contains("Prolunga"));
    let token = csrf(&shown).to_owned();
    let answer = format!("{one}/answer");
    let refused = send(
        &app,
        &browser,
        &answer,
        &[("csrf", &token), ("decision", "granted")],
    )
    .await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let fields = [
        ("csrf", token.as_str()),
        ("decision", "granted"),
        ("reason", "Fatto"),
    ];
    let done = send(&app, &browser, &answer, &fields).await;
    assert_eq!(place(&done), one);
    let (_, queue) = open(&app, &browser, &format!("/console/cases/{CASE}/rights")).await;
    assert!(queue.contains("Nessuna richiesta aperta."));

    let claimant = shown.split("href=\"/console/claimants/").nth(1).unwrap();
    let letter = format!(
        "/console/claimants/{}/rights",
        claimant.split('"').next().unwrap()
    );
    let (status, _) = open(&app, &browser, &letter).await;
    assert_eq!(status, StatusCode::OK);
    let mut fields = vec![
        ("csrf", token.as_str()),
        ("kind", "restriction"),
        ("text", "Lettera"),
        ("received_on", "03/03/2026"),
    ];
    let late = send(&app, &browser, &letter, &fields).await;
    assert_eq!(late.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        late.text()
            .await
            .unwrap()
            .contains("id=\"received-on-error\"")
    );
    fields[3].1 = "31/01/2026";
    let entered = send(&app, &browser, &letter, &fields).await;
    let (_, shown) = open(&app, &browser, place(&entered)).await;
    assert!(
        shown.contains("28 febbraio 2026") && shown.contains("scaduta"),
        "{shown}"
    );
    app.stop().await;
}
