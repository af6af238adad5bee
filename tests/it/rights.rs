//! Requests about data: asked, extended once, answered, and gone with the person (R60, R61).

use chrono::TimeDelta;
use joinder::app::{housekeeping, retention, rights};
use joinder::domain::ids::ClaimantId;
use joinder::domain::permission::Role;
use joinder::domain::reference::Reference;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::{DEATHS, TestApp};
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
    // whoever did not ask learns of it
    app.run_outbox().await;
    let mail = app.mails().pop().unwrap().message.mail;
    assert_eq!(
        (mail.kind.as_str(), mail.to.as_str()),
        ("rights", "maria@example.org")
    );
    for said in [
        "il 2 marzo 2026",
        "entro il 2 aprile 2026",
        "Non l’hai chiesto tu?",
    ] {
        assert!(
            mail.text.contains(said) && mail.html.contains(said),
            "{said}"
        );
    }
    assert!(!mail.text.contains("Russo") && !mail.text.contains("«"));
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

/// Asks for something and gives the path under which staff find it.
async fn asked(claimant: &Claimant<'_>, kind: &str) -> String {
    let asked = request(claimant, &json!({"kind": kind, "text": WORDS})).await;
    let asked = asked.expect(201);
    let id = asked["id"].as_str().unwrap();
    format!("/api/v1/staff/rights-requests/{id}")
}

fn granted(confirm: &str) -> Value {
    json!({"decision": "granted", "reason": "Come chiesto", "confirm": confirm})
}

async fn gone(app: &TestApp, claimant: uuid::Uuid) -> bool {
    let left = format!("SELECT count(*) FROM claimants WHERE id = '{claimant}'");
    app.number(&left).await == 0
}

#[tokio::test(flavor = "multi_thread")]
async fn r61_a_granted_erasure_deletes_once_the_answer_has_left() {
    let app = TestApp::seeded().await;
    let claimant = app
        .confirmed(&SignUpBuilder::new("maria@example.org"))
        .await;
    let one = asked(&claimant, "erasure").await;
    let bearer = manager(&app).await;
    let seen: Value = get(&app, &one, &bearer).await.json().await.unwrap();
    assert_eq!(seen["if_granted"], "erase");
    let answer = format!("{one}/answer");
    let unawares = json!({"decision": "granted", "reason": "Come chiesto"});
    let (status, told) = act(&app, &bearer, &answer, &unawares).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(told["errors"][0]["pointer"], "/confirm");
    let (status, told) = act(&app, &bearer, &answer, &granted("restrict")).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
    assert_eq!(told["errors"][0]["code"], "not_accepted");

    let (status, told) = act(&app, &bearer, &answer, &granted("erase")).await;
    assert_eq!(
        (status, &told["outcome"]),
        (StatusCode::OK, &json!("erasing"))
    );
    // not used any more, and there until the answer has left
    let list = format!("/api/v1/staff/cases/{CASE}/claimants");
    let listed: Value = get(&app, &list, &bearer).await.json().await.unwrap();
    assert_eq!(listed["items"], json!([]));
    assert_eq!(housekeeping::run(&app.ctx).await.unwrap().granted, 0);
    assert!(!gone(&app, claimant.id).await);
    app.run_outbox().await;
    let mail = app.mails().pop().unwrap().message.mail;
    assert!(
        mail.text.contains("cancelliamo la tua pratica"),
        "{}",
        mail.text
    );
    assert!(!mail.text.contains("/me\n"), "{}", mail.text);
    assert_eq!(housekeeping::run(&app.ctx).await.unwrap().granted, 1);
    assert!(gone(&app, claimant.id).await);
    assert_eq!(housekeeping::run(&app.ctx).await.unwrap().granted, 0);
    let seen: Value = get(&app, &one, &bearer).await.json().await.unwrap();
    assert_eq!(seen["outcome"], "erased");
    assert_eq!(seen["text"], Value::Null);
    let trail = "SELECT count(*) FROM audit WHERE action = 'erase' AND detail ? 'request'";
    assert_eq!(app.number(trail).await, 1);
    let entries = "SELECT count(*) FROM log_events WHERE kind = 'erasure'";
    assert_eq!(app.number(entries).await, 1);
    let erased = ClaimantId::new(claimant.id);
    assert!(app.ctx.blobs.list_erased().await.unwrap().contains(&erased));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r61_a_mail_that_does_not_leave_holds_an_erasure_up_for_three_days() {
    let app = TestApp::seeded().await;
    let claimant = app
        .confirmed(&SignUpBuilder::new("maria@example.org"))
        .await;
    let one = asked(&claimant, "erasure").await;
    let bearer = manager(&app).await;
    let answer = format!("{one}/answer");
    let (status, _) = act(&app, &bearer, &answer, &granted("erase")).await;
    assert_eq!(status, StatusCode::OK);
    app.clock().advance(TimeDelta::hours(71));
    rights::erase_due(&app.ctx).await.unwrap();
    assert!(!gone(&app, claimant.id).await);
    // lodged meanwhile: kept
    app.clock().advance(TimeDelta::hours(1));
    app.sql("UPDATE claimants SET state = 'lodged', signed_at = confirmed_at")
        .await;
    assert_eq!(rights::erase_due(&app.ctx).await.unwrap(), 0);
    let kept = "SELECT state FROM claimants WHERE restricted_at IS NOT NULL";
    assert_eq!(app.rows(kept).await[0][0].as_deref(), Some("restricted"));
    let outcome = "SELECT outcome FROM rights_requests";
    assert_eq!(app.rows(outcome).await[0][0].as_deref(), Some("restricted"));
    // and one who was not
    app.sql("UPDATE claimants SET state = 'confirmed', signed_at = NULL; UPDATE rights_requests SET outcome = 'erasing'")
        .await;
    assert_eq!(rights::erase_due(&app.ctx).await.unwrap(), 1);
    assert!(gone(&app, claimant.id).await);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r61_who_has_no_address_is_erased_at_once_also_when_signed() {
    let app = TestApp::seeded().await;
    let builder = SignUpBuilder::new("x@example.org")
        .without("/contact/email")
        .with("/contact/phone", json!("+393331234567"));
    let claimant = app.sign_up(&builder).await.id;
    let bearer = manager(&app).await;
    let letter = json!({"kind": "erasure", "text": WORDS, "received_on": "2026-03-01"});
    let path = format!("/api/v1/staff/claimants/{claimant}/rights-requests");
    let (_, entered) = act(&app, &bearer, &path, &letter).await;
    app.sql("UPDATE claimants SET state = 'signed', confirmed_at = created_at, signed_at = created_at, signed_version = 1")
        .await;
    let id = entered["id"].as_str().unwrap();
    let answer = format!("/api/v1/staff/rights-requests/{id}/answer");
    let (status, told) = act(&app, &bearer, &answer, &granted("erase")).await;
    assert_eq!(
        (status, &told["outcome"]),
        (StatusCode::OK, &json!("erased"))
    );
    assert_eq!(told["text"], Value::Null, "the words went along");
    assert!(gone(&app, claimant).await);
    let trail = "SELECT actor_kind, detail ->> 'state' FROM audit WHERE action = 'erase'";
    let trail = app.rows(trail).await;
    assert_eq!(trail[0][0].as_deref(), Some("staff"));
    assert_eq!(trail[0][1].as_deref(), Some("signed"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r61_a_database_lost_while_an_erasure_is_granted_or_carried_out_erases_nothing() {
    let app = TestApp::seeded().await;
    let claimant = app
        .confirmed(&SignUpBuilder::new("maria@example.org"))
        .await;
    let one = asked(&claimant, "erasure").await;
    let bearer = manager(&app).await;
    let answer = format!("{one}/answer");
    let mails = "SELECT count(*) FROM outbox WHERE kind = 'rights'";
    let before = app.number(mails).await;
    for moment in DEATHS {
        app.let_die("audit", moment).await;
        let (status, told) = act(&app, &bearer, &answer, &granted("erase")).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{told}");
        app.let_live("audit").await;
        let seen: Value = get(&app, &one, &bearer).await.json().await.unwrap();
        assert_eq!(seen["answered_at"], Value::Null, "{moment}: {seen}");
        assert_eq!(app.number(mails).await, before, "{moment}");
        claimant.me().await;
    }
    let (status, _) = act(&app, &bearer, &answer, &granted("erase")).await;
    assert_eq!(status, StatusCode::OK);
    app.run_outbox().await;
    for moment in DEATHS {
        app.let_die("audit", moment).await;
        let _: Result<_, _> = rights::erase_due(&app.ctx).await;
        app.let_live("audit").await;
        assert!(!gone(&app, claimant.id).await, "{moment}");
    }
    assert_eq!(rights::erase_due(&app.ctx).await.unwrap(), 1);
    assert!(gone(&app, claimant.id).await);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r61_a_lodged_claim_is_kept_and_the_person_is_told_why() {
    let app = TestApp::seeded().await;
    let claimant = app
        .confirmed(&SignUpBuilder::new("maria@example.org"))
        .await;
    let one = asked(&claimant, "erasure").await;
    let bearer = manager(&app).await;
    app.sql("UPDATE claimants SET state = 'lodged', signed_at = confirmed_at")
        .await;
    let answer = format!("{one}/answer");
    let (status, told) = act(&app, &bearer, &answer, &granted("erase")).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
    let (status, told) = act(&app, &bearer, &answer, &granted("restrict")).await;
    assert_eq!(
        (status, &told["outcome"]),
        (StatusCode::OK, &json!("restricted"))
    );
    app.run_outbox().await;
    let mail = app.mails().pop().unwrap().message.mail.text;
    assert!(mail.contains("già depositata") && mail.contains("Come chiesto"));
    let trail = "SELECT before, after, detail ->> 'reason' FROM audit WHERE action = 'restrict'";
    let trail = app.rows(trail).await;
    let told: Vec<_> = trail[0].iter().map(Option::as_deref).collect();
    assert_eq!(told, [Some("lodged"), Some("restricted"), Some("lodged")]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restricted_record_is_kept_and_leaves_every_list() {
    let app = TestApp::seeded().await;
    let claimant = app
        .confirmed(&SignUpBuilder::new("maria@example.org"))
        .await;
    let other = app.confirmed(&SignUpBuilder::new("anna@example.org")).await;
    let one = asked(&claimant, "restriction").await;
    let bearer = manager(&app).await;
    let list = |query: &str| format!("/api/v1/staff/cases/{CASE}/claimants{query}");
    let ids = async |query: &str| {
        let answer = get(&app, &list(query), &bearer).await;
        let listed: Value = answer.json().await.unwrap();
        let ids = listed["items"].as_array().unwrap().iter();
        ids.map(|item| item["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids("").await.len(), 2);
    let answer = format!("{one}/answer");
    let (status, told) = act(&app, &bearer, &answer, &granted("restrict")).await;
    assert_eq!(
        (status, &told["outcome"]),
        (StatusCode::OK, &json!("restricted"))
    );
    assert_eq!(ids("").await, [other.id.to_string()]);
    // who looks for the person, or for such people, finds them
    for query in ["?queue=restricted", "?q=maria@example.org"] {
        assert_eq!(ids(query).await, [claimant.id.to_string()], "{query}");
    }
    for query in ["", "?queue=restricted", "?q=maria@example.org"] {
        let path = format!("/api/v1/staff/cases/{CASE}/claimants.csv{query}");
        let csv = get(&app, &path, &bearer);
        let csv = csv.await.text().await.unwrap();
        let reference = |id| Reference::of(ClaimantId::new(id));
        assert!(!csv.contains(reference(claimant.id).as_str()), "{csv}");
        let is_there = csv.contains(reference(other.id).as_str());
        assert_eq!(is_there, query.is_empty(), "{csv}");
    }
    assert_eq!(claimant.me().await["state"], "confirmed");
    // kept, also where the clock of R62 would have run out
    app.sql("UPDATE claimants SET state = 'unconfirmed', confirmed_at = NULL")
        .await;
    app.clock().advance(TimeDelta::days(60));
    retention::delete_unconfirmed(&app.ctx).await.unwrap();
    assert!(!gone(&app, claimant.id).await && gone(&app, other.id).await);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_says_what_will_happen_and_asks_twice() {
    let app = TestApp::seeded().await;
    let claimant = app
        .confirmed(&SignUpBuilder::new("maria@example.org"))
        .await;
    let one = asked(&claimant, "erasure")
        .await
        .replace("/api/v1/staff/rights-requests", "/console/rights");
    let ours = association(&app, "codacons").await;
    let owner = person(&app, ours, Role::Owner).await;
    let browser = app.browser();
    sign_in(&app, &browser, &owner).await;
    let (_, shown) = open(&app, &browser, &one).await;
    assert!(shown.contains("Non si può annullare"), "{shown}");
    let token = csrf(&shown).to_owned();
    let mut fields = vec![
        ("csrf", token.as_str()),
        ("decision", "granted"),
        ("reason", "Come chiesto"),
    ];
    let answer = format!("{one}/answer");
    let asked = send(&app, &browser, &answer, &fields).await;
    assert_eq!(asked.status(), StatusCode::OK);
    let asked = asked.text().await.unwrap();
    assert!(
        asked.contains("Cancella per sempre") && asked.contains("name=\"confirm\" value=\"erase\"")
    );
    let open_still = "SELECT count(*) FROM rights_requests WHERE answered_at IS NULL";
    assert_eq!(app.number(open_still).await, 1);
    fields.push(("confirm", "erase"));
    let done = send(&app, &browser, &answer, &fields).await;
    assert_eq!(place(&done), one);
    let (_, shown) = open(&app, &browser, &one).await;
    assert!(shown.contains("sarà cancellata appena"), "{shown}");
    let (_, shown) = open(
        &app,
        &browser,
        &format!("/console/claimants/{}", claimant.id),
    )
    .await;
    assert!(shown.contains("Dati solo conservati"));
    app.stop().await;
}
