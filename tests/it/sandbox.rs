//! The sandbox of partners: test keys act on twins, and nothing real sees it (decision 34).

use chrono::TimeDelta;
use joinder::app::housekeeping;
use joinder::domain::permission::Role;
use joinder::domain::sandbox::{MAILS_A_DAY, MARK, PEOPLE};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::{DEATHS, TestApp};
use crate::claimant::{Answer, SignUpBuilder, SignedUp, ask, mario, signed_up, token_in};
use crate::partners::{Owner, Partner, read, request, secret, submission, submit, submit_all};
use crate::seed::CASE;
use crate::staff_seed::{association, person};

/// Where the partner is written to.
const OWN: &str = "redazione@sito.example";
/// Claimants of real associations.
const REAL: &str = "SELECT count(*) FROM claimants c JOIN associations a ON a.id = c.association_id WHERE a.sandbox_of IS NULL";
/// Claimants of twins.
const TEST: &str = "SELECT count(*) FROM claimants c JOIN associations a ON a.id = c.association_id WHERE a.sandbox_of IS NOT NULL";

async fn test_key(owner: &Owner<'_>, partner: &Partner) -> String {
    let body = json!({"mode": "test", "scopes": ["intake", "read"]});
    secret(&owner.try_key(partner, &body).await.expect(201))
}

async fn send(app: &TestApp, key: &str, body: &Value) -> Value {
    let name = Uuid::new_v4().to_string();
    submit(app, key, &name, body).await.expect(201)
}

async fn step(app: &TestApp, key: &str, id: &str, to: &str) -> Answer {
    let path = format!("/sandbox/claimants/{id}/transitions");
    ask(request(app, Method::POST, &path, key).json(&json!({"to": to}))).await
}

async fn empty(app: &TestApp, key: &str) -> Answer {
    ask(request(app, Method::DELETE, "/sandbox/claimants", key)).await
}

async fn batch(app: &TestApp, key: &str, items: &[Value]) -> Value {
    let name = Uuid::new_v4().to_string();
    submit_all(app, key, &name, items).await.expect(200)
}

fn id_of(told: &Value) -> String {
    told["id"].as_str().unwrap().to_owned()
}

async fn state(app: &TestApp, key: &str, id: &str) -> String {
    let told = read(app, &format!("/claimants/{id}"), key)
        .await
        .expect(200);
    told["state"].as_str().unwrap().to_owned()
}

/// Whoever confirms a record by the newest mail.
fn record(told: &Value) -> SignedUp {
    SignedUp {
        id: id_of(told).parse().unwrap(),
        reference: told["reference"].as_str().unwrap().to_owned(),
        state: "unconfirmed".to_owned(),
    }
}

/// What everybody and the staff of the association see, byte for byte.
async fn seen(app: &TestApp, bearer: &str) -> Vec<(String, String)> {
    let public = [
        "/api/v1/public/cases".to_owned(),
        format!("/api/v1/public/cases/{CASE}"),
        format!("/api/v1/public/cases/{CASE}/counter"),
        format!("/api/v1/public/cases/{CASE}/feed.json"),
        format!("/api/v1/public/cases/{CASE}/calendar.ics"),
        "/".to_owned(),
        format!("/c/{CASE}"),
        format!("/log/{CASE}/checkpoint"),
    ];
    let staff = [
        format!("/api/v1/staff/cases/{CASE}/claimants?limit=200"),
        format!("/api/v1/staff/cases/{CASE}/claimants?q=vera@own.example"),
        format!("/api/v1/staff/cases/{CASE}/claimants?q=PLLPNC80A01H501R"),
        format!("/api/v1/staff/cases/{CASE}/dashboard"),
        format!("/api/v1/staff/cases/{CASE}/queues"),
        "/api/v1/staff/partners".to_owned(),
        "/api/v1/staff/mails".to_owned(),
    ];
    let mut told = Vec::new();
    for path in public {
        let answer = app.browser().get(app.url(&path)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let text = answer.text().await.unwrap();
        // the page of a case turns its associations from view to view
        let mut lines: Vec<&str> = text.lines().collect();
        if path.starts_with("/c/") {
            lines.sort_unstable();
        }
        told.push((path, lines.join("\n")));
    }
    for path in staff {
        let asked = app.request(Method::GET, &path).bearer_auth(bearer);
        let answer = asked.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        told.push((path, answer.text().await.unwrap()));
    }
    told
}

/// The list of the case as a file.
async fn list_of(app: &TestApp, bearer: &str) -> String {
    let path = format!("/api/v1/staff/cases/{CASE}/claimants.csv");
    let asked = app.request(Method::GET, &path).bearer_auth(bearer);
    let answer = asked.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    answer.text().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_life_in_the_sandbox_changes_nothing_that_anybody_sees_of_the_case() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let (live, test) = (
        owner.key(&blog, &["intake", "read"]).await,
        test_key(&owner, &blog).await,
    );
    let real = app.sign_up(&SignUpBuilder::new("vera@own.example")).await;
    app.run_outbox().await;
    app.confirm(&real).await;
    // a sign-in moves the clock of the test: before anything is counted
    let ours = association(&app, "codacons").await;
    let manager = person(&app, ours, Role::CaseManager).await;
    let bearer = manager.bearer(&app).await;
    // a list taken along is an entry of the log, and so is the trail's digest of the day: before anything is compared
    let list = list_of(&app, &bearer).await;
    for _ in 0..2 {
        housekeeping::run(&app.ctx).await.unwrap();
        app.run_log().await;
    }
    let entered = app
        .rows("SELECT kind, content FROM log_events ORDER BY created_at")
        .await;
    let before = seen(&app, &bearer).await;

    let mut sent = Vec::new();
    for (number, somebody) in PEOPLE.iter().enumerate() {
        let mut body = submission(&format!("prova{number}@own.example"));
        body["person"] = serde_json::to_value(somebody.input()).unwrap();
        sent.push(id_of(&send(&app, &test, &body).await));
    }
    let items: Vec<Value> = (0..20)
        .map(|number| submission(&format!("b{number}@own.example")))
        .collect();
    let told = batch(&app, &test, &items).await;
    assert!(
        told["items"]
            .as_array()
            .unwrap()
            .iter()
            .all(|it| it["status"] == 201)
    );
    app.run_outbox().await;
    for id in &sent {
        step(&app, &test, id, "confirmed").await.expect(200);
    }
    for id in &sent[1..] {
        step(&app, &test, id, "signed").await.expect(200);
    }
    for id in &sent[3..] {
        step(&app, &test, id, "withdrawn").await.expect(200);
    }
    app.run_outbox().await;
    housekeeping::run(&app.ctx).await.unwrap();
    app.run_log().await;

    assert_eq!((app.number(REAL).await, app.number(TEST).await), (1, 26));
    let logged = "SELECT kind, content FROM log_events ORDER BY created_at";
    assert_eq!(app.rows(logged).await, entered);
    for (one, two) in before.iter().zip(seen(&app, &bearer).await) {
        assert_eq!(*one, two);
    }
    assert_eq!(list_of(&app, &bearer).await, list);
    // nothing of it is an entry, waits for one, or has a log
    let entries = "SELECT (SELECT count(*) FROM logs l JOIN cases c ON c.id = l.case_id WHERE c.sandbox_of IS NOT NULL) \
        + (SELECT count(*) FROM log_events e JOIN cases c ON c.id = e.case_id WHERE c.sandbox_of IS NOT NULL) \
        + (SELECT count(*) FROM log_pending) + (SELECT count(*) FROM signatures)";
    assert_eq!(app.number(entries).await, 0);
    let none = read(&app, "/claimants", &live).await.expect(200);
    assert_eq!(none["items"], json!([]), "a live key lists no test people");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_key_is_answered_as_a_live_one() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let keys = [
        owner.key(&blog, &["intake", "read"]).await,
        test_key(&owner, &blog).await,
    ];
    let mut told = Vec::new();
    for key in &keys {
        let mut seen = Vec::new();
        let body = submission("ada@own.example");
        let first = submit(&app, key, "uno", &body).await.expect(201);
        let again = submit(&app, key, "uno", &body).await.expect(201);
        assert_eq!(first, again, "sent twice is sent once");
        let mut other = body.clone();
        other["contact"]["email"] = json!("bea@own.example");
        submit(&app, key, "uno", &other)
            .await
            .expect_problem(422, "idempotency-mismatch");
        for (pointer, value) in [
            ("case", json!("altro")),
            ("association", json!("altroconsumo")),
            ("contact", json!({"email": "nessuno"})),
            ("mailboxes", json!([{"address": "x"}])),
            ("consents", json!([])),
            ("notice", json!(null)),
            (
                "person",
                json!({"given_name": "A", "family_name": "B", "codice_fiscale": "RSSMRA85C12H501X"}),
            ),
            ("surprise", json!(1)),
        ] {
            let mut wrong = body.clone();
            wrong[pointer] = value;
            let answer = submit(&app, key, &Uuid::new_v4().to_string(), &wrong).await;
            seen.push(format!("{:?}", answer.wrong_fields()));
        }
        let items = [body.clone(), json!("nothing")];
        let answers = batch(&app, key, &items).await;
        seen.push(format!(
            "{} {}",
            answers["items"][0]["status"], answers["items"][1]["status"]
        ));
        let one = read(&app, &format!("/claimants/{}", id_of(&first)), key)
            .await
            .expect(200);
        let fields: Vec<&String> = one.as_object().unwrap().keys().collect();
        seen.push(format!("{fields:?} {} {}", one["state"], one["case"]));
        app.sql("UPDATE partner_submissions SET created_at = now() - interval '1 minute'")
            .await;
        let page = read(&app, "/claimants?limit=1", key).await.expect(200);
        assert_eq!(page["items"][0]["id"], first["id"]);
        let statistics = read(&app, "/statistics", key).await.expect(200);
        seen.push(statistics["cases"].to_string());
        read(&app, "/claimants/nothing", key)
            .await
            .expect_problem(404, "not-found");
        told.push(seen);
    }
    assert_eq!(told[0], told[1]);
    // each counts its own
    let items: Vec<Value> = (0..6)
        .map(|n| submission(&format!("s{n}@own.example")))
        .collect();
    batch(&app, &keys[1], &items).await;
    app.clock().advance(TimeDelta::minutes(2));
    let of = async |key: &str| {
        let told = read(&app, "/statistics", key).await.expect(200);
        told["cases"][0]["by_api"]["sign_ups"].clone()
    };
    assert_eq!(
        (of(&keys[0]).await, of(&keys[1]).await),
        (json!(null), json!(8))
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mail_goes_to_the_partner_alone_and_its_link_confirms() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let test = test_key(&owner, &blog).await;
    let told = send(&app, &test, &submission("vera@own.example")).await;
    app.run_outbox().await;
    assert!(app.mails_to("vera@own.example").is_empty());
    let mails = app.mails();
    assert_eq!(mails.len(), 1);
    let mail = &mails[0].message.mail;
    assert_eq!(mail.to, OWN);
    assert!(mail.subject.starts_with(MARK), "{}", mail.subject);
    assert_eq!(mail.kind.as_str(), "confirmation");
    assert!(mail.text.contains(MARK));
    // the code of the mail is ours, the page of the link is marked, the button confirms
    let check = format!("/api/v1/public/mail-codes/{}", mail.mail_code);
    let check = ask(app.request(Method::GET, &check)).await.expect(200);
    assert_eq!(check["kind"], "confirmation");
    let named = check["association"].as_str().unwrap();
    assert!(named.starts_with(MARK), "{named}");
    let link = mail
        .text
        .lines()
        .find(|line| line.contains("/confirm/"))
        .unwrap();
    let path = link.trim().split_once("/confirm/").unwrap().1;
    let browser = app.browser();
    let page = browser
        .get(app.url(&format!("/confirm/{path}")))
        .send()
        .await
        .unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    assert!(page.text().await.unwrap().contains(MARK));
    let claimant = app.confirm(&record(&told)).await;
    assert_eq!(state(&app, &test, &id_of(&told)).await, "confirmed");
    // who confirmed looks; what would be mailed, signed or kept is closed
    let me = claimant.me().await;
    assert_eq!(
        (&me["state"], &me["case"]),
        (&json!("confirmed"), &json!(CASE))
    );
    let own = |method: Method, path: &str| {
        let request = app.request(method, &format!("/api/v1/public/me{path}"));
        request.bearer_auth(&claimant.token)
    };
    for (method, path, body) in [
        (Method::PUT, "/identity", json!({"person": mario()})),
        (Method::PUT, "/declaration", json!({})),
        (Method::PUT, "/payout", json!({})),
        (Method::POST, "/withdrawal", json!({})),
        (Method::POST, "/erasure", json!({})),
    ] {
        ask(own(method, path).json(&body))
            .await
            .expect_problem(409, "illegal-transition");
    }
    ask(own(Method::GET, "/data"))
        .await
        .expect_problem(409, "illegal-transition");
    app.stop().await;
}

/// The mail of a test person goes to the partner, who tries its links: that must not end the mails of the others.
#[tokio::test(flavor = "multi_thread")]
async fn who_says_that_a_test_person_is_not_them_still_gets_the_mails_of_the_others() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let test = test_key(&owner, &blog).await;
    send(&app, &test, &submission("vera@own.example")).await;
    app.run_outbox().await;
    let mail = app.mails()[0].message.mail.text.clone();
    let path = format!("/not-me/{}", token_in(&mail, "not-me"));
    let said = app.browser().post(app.url(&path)).send().await.unwrap();
    assert_eq!(said.status(), StatusCode::SEE_OTHER);
    let set_aside = "SELECT count(*) FROM claimants WHERE review = 'quarantined'";
    assert_eq!(app.number(set_aside).await, 1, "the link does what it says");
    assert_eq!(app.number("SELECT count(*) FROM suppressions").await, 0);
    send(&app, &test, &submission("ada@own.example")).await;
    app.run_outbox().await;
    assert_eq!(app.mails().len(), 2);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_record_of_a_test_person_opens_as_a_page_in_every_state() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let test = test_key(&owner, &blog).await;
    let told = send(&app, &test, &submission("vera@own.example")).await;
    app.run_outbox().await;
    let link = app.mails()[0].message.mail.text.clone();
    let link = link
        .lines()
        .find(|line| line.contains("/confirm/"))
        .unwrap()
        .trim()
        .to_owned();
    let path = format!("/confirm/{}", link.split_once("/confirm/").unwrap().1);
    let browser = app.browser();
    let done = browser
        .post(app.url(&path))
        .header("origin", app.url(""))
        .send()
        .await
        .unwrap();
    assert!(
        done.status().is_success() || done.status().is_redirection(),
        "{}",
        done.status()
    );
    assert_eq!(state(&app, &test, &id_of(&told)).await, "confirmed");
    for to in ["confirmed", "signed", "withdrawn"] {
        step(&app, &test, &id_of(&told), to).await.expect(200);
        let page = browser.get(app.url("/me")).send().await.unwrap();
        assert_eq!(page.status(), StatusCode::OK, "{to}");
        assert!(page.text().await.unwrap().contains(MARK), "{to}");
        for closed in ["/me/identity", "/me/declare", "/me/mails", "/me/data.zip"] {
            let page = browser.get(app.url(closed)).send().await.unwrap();
            assert_eq!(page.status(), StatusCode::CONFLICT, "{closed} {to}");
        }
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_address_no_mail_goes_and_never_more_than_some_a_day() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let body = json!({"slug": "muto", "name": "Senza indirizzo"});
    let made = owner
        .ask(Method::POST, "/partners", &body)
        .await
        .expect(201);
    let mute = Partner {
        id: id_of(&made).parse().unwrap(),
        slug: "muto".to_owned(),
    };
    let key = test_key(&owner, &mute).await;
    let told = send(&app, &key, &submission("vera@own.example")).await;
    app.run_outbox().await;
    assert_eq!(app.mails().len(), 0);
    assert_eq!(app.number("SELECT count(*) FROM outbox").await, 0);
    step(&app, &key, &id_of(&told), "confirmed")
        .await
        .expect(200);
    // by telephone: nobody is reached
    let mut phone = submission("x@own.example");
    phone["contact"] = json!({"phone": "+393331234567", "language": "it"});
    let told = send(&app, &key, &phone).await;
    assert_eq!(state(&app, &key, &id_of(&told)).await, "received");
    step(&app, &key, &id_of(&told), "confirmed")
        .await
        .expect(200);

    let blog = owner.partner("blog").await;
    let key = test_key(&owner, &blog).await;
    let many = usize::try_from(MAILS_A_DAY).unwrap() + 10;
    // one address again and again: the cap of an address is not asked
    let items: Vec<Value> = (0..many).map(|_| submission("vera@own.example")).collect();
    batch(&app, &key, &items).await;
    app.run_outbox().await;
    assert_eq!(app.mails_to(OWN).len(), many - 10);
    assert_eq!(app.mails().len(), many - 10);
    assert_eq!(
        app.number("SELECT count(*) FROM outbox").await,
        0,
        "none waits"
    );
    // and none of it was counted for the person or the partner as people
    for (number, address) in ["vera@own.example", OWN].iter().enumerate() {
        app.sign_up(&SignUpBuilder::new(address)).await;
        app.run_outbox().await;
        assert_eq!(app.mails().len(), many - 9 + number, "{address}");
    }
    // nor reminded, neither then nor later
    app.clock().advance(TimeDelta::days(2));
    housekeeping::run(&app.ctx).await.unwrap();
    app.run_outbox().await;
    let to = app.mails_to(OWN);
    assert_eq!(to.len(), many - 10 + 2, "a real sign-up is reminded");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r51_nobody_real_and_nobody_invented_ever_meet() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let test = test_key(&owner, &blog).await;
    let same = async |email: &str| {
        let mut body = submission(email);
        body["person"] = mario();
        id_of(&send(&app, &test, &body).await)
    };
    let real = async |email: &str| {
        let builder = SignUpBuilder::new(email).with("/person", mario());
        let signed = app.sign_up(&builder).await;
        app.run_outbox().await;
        app.confirm(&signed).await
    };
    // the test comes first, and the real person has a record of their own
    let first = same("mario@own.example").await;
    step(&app, &test, &first, "confirmed").await.expect(200);
    step(&app, &test, &first, "signed").await.expect(200);
    let mario = real("mario@own.example").await;
    assert_eq!(mario.state, "confirmed");
    // and the other way round
    let second = same("altro@own.example").await;
    step(&app, &test, &second, "confirmed").await.expect(200);
    let reviews = "SELECT count(*) FROM claimants c JOIN associations a ON a.id = c.association_id \
        WHERE a.sandbox_of IS NULL AND (c.review <> 'none' OR c.duplicate_of IS NOT NULL)";
    assert_eq!(app.number(reviews).await, 0);
    let crossed = "SELECT count(*) FROM conflicts k JOIN claimants c ON c.id = k.claimant_id JOIN claimants o ON o.id = k.other_claimant_id \
        WHERE c.case_id <> o.case_id";
    assert_eq!(app.number(crossed).await, 0);
    // within the sandbox the second record of a person reads as any other, as ever
    assert_eq!(state(&app, &test, &second).await, "confirmed");
    let refused = step(&app, &test, &second, "signed").await;
    let refused = refused.expect_problem(409, "illegal-transition");
    let why = refused["detail"].as_str().unwrap();
    assert!(why.contains("stessa persona di prova"), "{why}");
    let held = "SELECT count(*) FROM registered_persons r JOIN claimants c ON c.id = r.claimant_id WHERE c.case_id IN (SELECT id FROM cases WHERE sandbox_of IS NULL)";
    assert_eq!(app.number(held).await, 1);
    // in another association of the same case a twin is another
    let others = Owner::of(&app, "altroconsumo").await;
    let blog = others.partner("blog").await;
    let theirs = test_key(&others, &blog).await;
    let mut body = submission("mario@own.example");
    body["association"] = json!("altroconsumo");
    body["person"] = crate::claimant::mario();
    let third = id_of(&send(&app, &theirs, &body).await);
    step(&app, &theirs, &third, "confirmed").await.expect(200);
    assert_eq!(
        app.number("SELECT count(*) FROM cases WHERE sandbox_of IS NOT NULL")
            .await,
        2
    );
    assert_eq!(app.number(crossed).await, 0);
    // erased here, there there
    empty(&app, &test).await.expect(200);
    assert_eq!(mario.me().await["state"], "confirmed");
    assert_eq!((app.number(REAL).await, app.number(TEST).await), (1, 1));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_touches_nothing_that_is_known_of_an_address() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let test = test_key(&owner, &blog).await;
    let victim = "vera@own.example";
    assert!(
        joinder::app::suppression::suppress(&app.ctx, victim)
            .await
            .unwrap()
    );
    app.sql("UPDATE suppressions SET reason = 'hard_bounce'")
        .await;
    let told = send(&app, &test, &submission(victim)).await;
    app.run_outbox().await;
    assert_eq!(
        app.mails_to(OWN).len(),
        1,
        "not the person's address is asked"
    );
    app.confirm(&record(&told)).await;
    assert_eq!(app.number("SELECT count(*) FROM suppressions").await, 1);
    // nor is a link to the test record mailed to whoever asks with the address
    for path in ["access-links", "confirmations/resend"] {
        let path = format!("/api/v1/public/{path}");
        for email in [victim, OWN] {
            app.post(&path, &json!({"email": email, "case": CASE}))
                .await
                .expect(202);
        }
    }
    app.run_outbox().await;
    assert_eq!(app.mails().len(), 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r53_a_test_person_moves_by_the_graph_and_only_by_a_test_key() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let (live, test) = (
        owner.key(&blog, &["intake", "read"]).await,
        test_key(&owner, &blog).await,
    );
    let body = submission("ada@own.example");
    let id = id_of(&send(&app, &test, &body).await);
    let told = async |to: &str| step(&app, &test, &id, to).await;
    let refused = told("signed")
        .await
        .expect_problem(409, "illegal-transition");
    let why = refused["detail"].as_str().unwrap();
    assert!(why.contains("persona di prova"), "{why}");
    assert!(
        why.contains("received") && why.contains("withdrawn"),
        "{why}"
    );
    for (to, taken) in [
        ("confirmed", true),
        ("confirmed", true),
        ("signed", true),
        ("signed", true),
        ("confirmed", false),
        ("withdrawn", true),
        ("withdrawn", true),
        ("confirmed", false),
        ("signed", true),
    ] {
        let answer = told(to).await;
        if taken {
            let moved = answer.expect(200);
            assert_eq!(
                moved,
                read(&app, &format!("/claimants/{id}"), &test)
                    .await
                    .expect(200)
            );
            assert_eq!(moved["state"], to);
        } else {
            let refused = answer.expect_problem(409, "illegal-transition");
            let why = refused["detail"].as_str().unwrap().to_owned();
            let now = state(&app, &test, &id).await;
            assert!(why.contains(&format!("è {now}")), "{why}");
        }
    }
    let trail = "SELECT before || '-' || after, actor_kind FROM audit WHERE action = 'sandbox_moved' ORDER BY id";
    let trail: Vec<String> = app
        .rows(trail)
        .await
        .into_iter()
        .map(|row| format!("{} {}", row[0].as_ref().unwrap(), row[1].as_ref().unwrap()))
        .collect();
    assert_eq!(
        trail,
        [
            "unconfirmed-confirmed partner",
            "confirmed-signed partner",
            "signed-withdrawn partner",
            "withdrawn-signed partner"
        ],
        "one row for each move, none for what changed nothing"
    );
    for (wrong, code) in [
        (json!({"to": "received"}), "unknown_value"),
        (json!({}), "required"),
    ] {
        let path = format!("/sandbox/claimants/{id}/transitions");
        let answer = ask(request(&app, Method::POST, &path, &test).json(&wrong)).await;
        assert_eq!(answer.wrong_fields(), [("/to".to_owned(), code.to_owned())]);
    }
    // a live key moves nobody, whoever it is
    let real = id_of(&send(&app, &live, &body).await);
    for id in [&id, &real, "nothing"] {
        step(&app, &live, id, "confirmed")
            .await
            .expect_problem(403, "key-live");
    }
    empty(&app, &live).await.expect_problem(403, "key-live");
    // nor is it given invented people, whom it would make real
    read(&app, "/sandbox/people", &live)
        .await
        .expect_problem(403, "key-live");
    // nor does a test key move somebody real, or see them
    let none = Uuid::new_v4().to_string();
    for foreign in [&real, &none] {
        let theirs = step(&app, &test, foreign, "confirmed").await;
        let fresh = step(&app, &test, &none, "confirmed").await;
        assert_eq!(theirs.bare(), fresh.bare());
        assert_eq!(theirs.status, StatusCode::NOT_FOUND);
        let path = format!("/claimants/{foreign}");
        assert_eq!(read(&app, &path, &test).await.status, StatusCode::NOT_FOUND);
    }
    read(&app, &format!("/claimants/{id}"), &live)
        .await
        .expect_problem(404, "not-found");
    assert_eq!(state(&app, &live, &real).await, "received");
    // scopes hold here too
    let other = owner.partner("altro").await;
    let reads = json!({"mode": "test", "scopes": ["read"]});
    let reads = secret(&owner.try_key(&other, &reads).await.expect(201));
    step(&app, &reads, &id, "confirmed")
        .await
        .expect_problem(403, "key-scope");
    empty(&app, &reads).await.expect_problem(403, "key-scope");
    let people = read(&app, "/sandbox/people", &reads).await.expect(200);
    assert_eq!(people["items"].as_array().unwrap().len(), PEOPLE.len());
    let sends = json!({"mode": "test", "scopes": ["intake"]});
    let sends = secret(&owner.try_key(&other, &sends).await.expect(201));
    read(&app, "/sandbox/people", &sends)
        .await
        .expect_problem(403, "key-scope");
    // another partner's test person is nobody
    step(&app, &sends, &id, "withdrawn")
        .await
        .expect_problem(404, "not-found");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_invented_is_taken_and_a_key_acts_in_its_cases() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let one = json!({"mode": "test", "scopes": ["intake", "read"], "cases": [CASE]});
    let one = secret(&owner.try_key(&blog, &one).await.expect(201));
    let people = read(&app, "/sandbox/people", &one).await.expect(200);
    let mut ids = Vec::new();
    for (number, somebody) in people["items"].as_array().unwrap().iter().enumerate() {
        let mut body = submission(&format!("p{number}@own.example"));
        body["person"] = somebody.clone();
        let id = id_of(&send(&app, &one, &body).await);
        step(&app, &one, &id, "confirmed").await.expect(200);
        ids.push(id);
    }
    let warned = "SELECT count(*) FROM identities WHERE cardinality(warnings) > 0";
    assert_eq!(app.number(warned).await, 0);
    // for no case that it is not for
    app.sql("UPDATE partner_keys SET case_ids = ARRAY[gen_random_uuid()]")
        .await;
    submit(&app, &one, "x", &submission("x@own.example"))
        .await
        .expect_problem(403, "key-case");
    read(&app, &format!("/claimants/{}", ids[0]), &one)
        .await
        .expect_problem(404, "not-found");
    step(&app, &one, &ids[0], "signed")
        .await
        .expect_problem(404, "not-found");
    assert_eq!(
        empty(&app, &one).await.expect(200),
        json!({"deleted": 0, "more": false})
    );
    let none = read(&app, "/statistics", &one).await.expect(200);
    assert_eq!(none["cases"], json!([]));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r62_test_people_are_deleted_after_thirty_days_or_when_the_partner_wants() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let (blog, other) = (owner.partner("blog").await, owner.partner("altro").await);
    let (live, test, theirs) = (
        owner.key(&blog, &["intake", "read"]).await,
        test_key(&owner, &blog).await,
        test_key(&owner, &other).await,
    );
    let fill = async |key: &str| {
        let ids = [
            send(&app, key, &submission("a@own.example")).await,
            send(&app, key, &submission("b@own.example")).await,
        ];
        let first = id_of(&ids[0]);
        for to in ["confirmed", "signed", "withdrawn"] {
            step(&app, key, &first, to).await.expect(200);
        }
        step(&app, key, &id_of(&ids[1]), "confirmed")
            .await
            .expect(200);
        first
    };
    let first = fill(&test).await;
    let foreign = fill(&theirs).await;
    let real = id_of(&send(&app, &live, &submission("vera@own.example")).await);
    assert_eq!(
        empty(&app, &test).await.expect(200),
        json!({"deleted": 2, "more": false})
    );
    assert_eq!(
        empty(&app, &test).await.expect(200),
        json!({"deleted": 0, "more": false})
    );
    read(&app, &format!("/claimants/{first}"), &test)
        .await
        .expect_problem(404, "not-found");
    assert_eq!(state(&app, &theirs, &foreign).await, "withdrawn");
    assert_eq!(state(&app, &live, &real).await, "received");
    for table in [
        "claimant_keys",
        "mailboxes",
        "consents",
        "partner_submissions",
        "lookups",
    ] {
        let left = format!("SELECT count(*) FROM {table} WHERE claimant_id = '{first}'");
        assert_eq!(app.number(&left).await, 0, "{table}");
    }
    assert_eq!(
        app.number("SELECT count(*) FROM audit WHERE action = 'sandbox_emptied'")
            .await,
        1
    );
    // by time, in whatever state
    app.clock().advance(TimeDelta::days(29));
    housekeeping::run(&app.ctx).await.unwrap();
    assert_eq!(app.number(TEST).await, 2);
    app.clock().advance(TimeDelta::days(1));
    app.sql(&format!(
        "UPDATE claimants SET state = 'confirmed', confirmed_at = created_at WHERE id = '{real}'; \
         UPDATE partner_submissions SET told = 'confirmed' WHERE claimant_id = '{real}'"
    ))
    .await;
    housekeeping::run(&app.ctx).await.unwrap();
    assert_eq!((app.number(REAL).await, app.number(TEST).await), (1, 0));
    let erased =
        "SELECT count(*) FROM audit WHERE action = 'erase' AND detail->>'reason' = 'sandbox'";
    assert_eq!(app.number(erased).await, 4);
    let told = "SELECT count(*) FROM log_events WHERE kind = 'erasure'";
    assert_eq!(app.number(told).await, 0, "no log tells of it");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s12_a_database_lost_at_any_moment_of_a_move_leaves_all_or_nothing() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let test = test_key(&owner, &blog).await;
    let mut body = submission("ada@own.example");
    body["person"] = mario();
    let id = id_of(&send(&app, &test, &body).await);
    for to in ["confirmed", "signed", "withdrawn"] {
        let before = state(&app, &test, &id).await;
        for moment in DEATHS {
            app.let_die("audit", moment).await;
            step(&app, &test, &id, to)
                .await
                .expect_problem(503, "unavailable");
            app.let_live("audit").await;
            assert_eq!(state(&app, &test, &id).await, before, "{to} {moment}");
        }
        let moved = step(&app, &test, &id, to).await.expect(200);
        assert_eq!(moved["state"], to);
    }
    let trail = "SELECT count(*) FROM audit WHERE action = 'sandbox_moved'";
    assert_eq!(app.number(trail).await, 3);
    app.lose_database().await;
    step(&app, &test, &id, "signed")
        .await
        .expect_problem(503, "unavailable");
    empty(&app, &test).await.expect_problem(503, "unavailable");
    app.regain_database().await;
    assert_eq!(state(&app, &test, &id).await, "withdrawn");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_fresh_test_key_reads_is_empty_and_makes_nothing() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let scopes = json!({"mode": "test", "scopes": ["intake", "read", "events", "webhooks"]});
    let test = secret(&owner.try_key(&blog, &scopes).await.expect(201));
    let rooms = "SELECT (SELECT count(*) FROM associations WHERE sandbox_of IS NOT NULL) \
        + (SELECT count(*) FROM partners WHERE sandbox_of IS NOT NULL)";
    let trail = "SELECT count(*) FROM audit";
    let written = app.number(trail).await;
    for path in ["/claimants", "/events", "/webhook-endpoints"] {
        let page = read(&app, path, &test).await.expect(200);
        assert_eq!(page["items"], json!([]), "{path}");
    }
    let figures = read(&app, "/statistics", &test).await.expect(200);
    assert_eq!(figures["cases"][0]["by_api"]["sign_ups"], json!(null));
    read(&app, "/sandbox/people", &test).await.expect(200);
    for place in ["/claimants", "/webhook-endpoints"] {
        let path = format!("{place}/{}", Uuid::new_v4());
        read(&app, &path, &test)
            .await
            .expect_problem(404, "not-found");
    }
    assert_eq!(
        (app.number(rooms).await, app.number(trail).await),
        (0, written)
    );
    // nor does who may not write
    let reads = json!({"mode": "test", "scopes": ["read"]});
    let reads = secret(&owner.try_key(&blog, &reads).await.expect(201));
    empty(&app, &reads).await.expect_problem(403, "key-scope");
    assert_eq!(app.number(rooms).await, 0);
    let sent = send(&app, &test, &submission("ada@own.example")).await;
    assert_eq!(app.number(rooms).await, 2);
    assert_eq!(state(&app, &test, &id_of(&sent)).await, "received");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s12_rooms_of_the_sandbox_are_made_whole_or_not_at_all() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let test = test_key(&owner, &blog).await;
    let rooms = "SELECT (SELECT count(*) FROM associations WHERE sandbox_of IS NOT NULL) \
        + (SELECT count(*) FROM partners WHERE sandbox_of IS NOT NULL) \
        + (SELECT count(*) FROM association_keys k JOIN associations a ON a.id = k.association_id WHERE a.sandbox_of IS NOT NULL) \
        + (SELECT count(*) FROM audit WHERE action = 'sandbox_made')";
    let body = submission("ada@own.example");
    for table in ["associations", "partners", "audit"] {
        for moment in DEATHS {
            app.let_die(table, moment).await;
            submit(&app, &test, "uno", &body)
                .await
                .expect_problem(503, "unavailable");
            app.let_live(table).await;
            assert_eq!(app.number(rooms).await, 0, "{table} {moment}");
        }
    }
    let sent = submit(&app, &test, "uno", &body).await.expect(201);
    assert_eq!(app.number(rooms).await, 4);
    assert_eq!(state(&app, &test, &id_of(&sent)).await, "received");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s12_a_sandbox_is_emptied_whole_or_not_at_all() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let test = test_key(&owner, &blog).await;
    for email in ["a@own.example", "b@own.example"] {
        send(&app, &test, &submission(email)).await;
    }
    let emptied = "SELECT count(*) FROM audit WHERE action IN ('erase', 'sandbox_emptied')";
    for moment in DEATHS {
        app.let_die("audit", moment).await;
        empty(&app, &test).await.expect_problem(503, "unavailable");
        app.let_live("audit").await;
        let left = (app.number(TEST).await, app.number(emptied).await);
        assert_eq!(left, (2, 0), "{moment}");
    }
    let told = empty(&app, &test).await.expect(200);
    assert_eq!(told, json!({"deleted": 2, "more": false}));
    assert_eq!((app.number(TEST).await, app.number(emptied).await), (0, 3));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_moves_at_once_are_one() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let test = test_key(&owner, &blog).await;
    // the first requests of a key, all at once: one room is made
    let asked = (0..8).map(|number| {
        let (app, test) = (&app, &test);
        async move { send(app, test, &submission(&format!("m{number}@own.example"))).await }
    });
    let sent = futures_util::future::join_all(asked).await;
    let rooms = "SELECT count(*) FROM associations WHERE sandbox_of IS NOT NULL";
    assert_eq!(app.number(rooms).await, 1);
    assert_eq!(
        app.number("SELECT count(*) FROM audit WHERE action = 'sandbox_made'")
            .await,
        1
    );
    let id = id_of(&sent[0]);
    for to in ["confirmed", "signed"] {
        let moves = (0..8).map(|_| step(&app, &test, &id, to));
        for answer in futures_util::future::join_all(moves).await {
            assert_eq!(answer.expect(200)["state"], to);
        }
    }
    let trail = "SELECT count(*) FROM audit WHERE action = 'sandbox_moved'";
    assert_eq!(app.number(trail).await, 2);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_itself_keeps_the_real_and_the_invented_apart() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let test = test_key(&owner, &blog).await;
    send(&app, &test, &submission("ada@own.example")).await;
    let real = app.sign_up(&SignUpBuilder::new("vera@own.example")).await;
    let twin = "(SELECT id FROM cases WHERE sandbox_of IS NOT NULL)";
    let tenant = "(SELECT id FROM associations WHERE sandbox_of IS NOT NULL)";
    for (fault, told) in [
        (
            format!(
                "UPDATE claimants SET case_id = {twin} WHERE id = '{}'",
                real.id
            ),
            "claimants_sandbox_check",
        ),
        (
            format!(
                "UPDATE claimants SET association_id = {tenant} WHERE id = '{}'",
                real.id
            ),
            "claimants_sandbox_check",
        ),
        (
            "UPDATE partner_submissions SET mode = 'live'".to_owned(),
            "partner_submissions_sandbox_check",
        ),
        (
            "UPDATE cases SET state = 'open' WHERE sandbox_of IS NOT NULL".to_owned(),
            "cases_sandbox_of_check",
        ),
        (
            "UPDATE cases SET sandbox_of = NULL".to_owned(),
            "cases_sandbox_of_check",
        ),
        (
            "UPDATE associations SET sandbox_of = id WHERE sandbox_of IS NULL".to_owned(),
            "associations_sandbox_of_check",
        ),
        (
            "UPDATE partners SET sandbox_of = NULL".to_owned(),
            "partners_sandbox_of_check",
        ),
    ] {
        // what is taken is an error, and so is what another rule refuses
        app.sql(&format!(
            "DO $$ BEGIN {fault}; RAISE EXCEPTION 'taken'; \
             EXCEPTION WHEN check_violation THEN IF SQLERRM NOT LIKE '%{told}%' THEN RAISE; END IF; END $$"
        ))
        .await;
    }
    let signed = signed_up(
        &app.try_sign_up(&SignUpBuilder::new("zoe@own.example"))
            .await
            .expect(201),
    );
    assert_eq!(signed.state, "unconfirmed");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guide_leads_from_a_key_to_a_confirmed_test_person() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let test = test_key(&owner, &blog).await;
    let live = owner.key(&blog, &["intake", "read"]).await;
    let guide = include_str!("../../docs/partners.md");
    let block = guide
        .split("```sh\n")
        .find(|block| block.contains("KEY=jnd_test_..."))
        .unwrap();
    let (lines, _) = block.split_once("```").unwrap();
    assert!(lines.lines().count() <= 40, "{lines}");
    // what a reader puts in: where, which key, which case, and when (the clock of the test stands still)
    let put_in = |line: &str, key: &str| match line.split_once('=').map(|(name, _)| name) {
        Some("HOST") => format!("HOST={}", app.url("")),
        Some("KEY") => format!("KEY={key}"),
        Some("CASE") => format!("CASE={CASE}"),
        _ => line.replace("(now | todate)", "\"2026-03-02T08:59:00Z\""),
    };
    let run = async |key: &str| {
        let lines: Vec<String> = lines.lines().map(|line| put_in(line, key)).collect();
        let run = move || {
            let mut shell = std::process::Command::new("sh");
            shell
                .args(["-e", "-c", &lines.join("\n")])
                .output()
                .unwrap()
        };
        tokio::task::spawn_blocking(run).await.unwrap()
    };
    // by mistake with a live key nobody is sent
    assert!(!run(&live).await.status.success());
    assert_eq!(app.number(REAL).await, 0);
    let done = run(&test).await;
    let told = String::from_utf8(done.stdout).unwrap();
    let errors = String::from_utf8(done.stderr).unwrap();
    if errors.contains("not found") {
        eprintln!("skipped: the guide needs curl and jq: {errors}");
    } else {
        assert!(done.status.success(), "{told} {errors}");
        let states = told.matches("\"state\":\"confirmed\"").count();
        assert_eq!((states, app.number(TEST).await), (2, 1), "{told}");
        // what is refused is shown, and ends it
        app.sql("UPDATE partner_keys SET scopes = '{intake}' WHERE mode = 'test'")
            .await;
        let refused = run(&test).await;
        assert!(!refused.status.success());
        let errors = String::from_utf8(refused.stderr).unwrap();
        assert!(errors.contains("/problems/key-scope"), "{errors}");
        assert_eq!(app.number(TEST).await, 1);
    }
    // the list of the page is the one of the program
    for somebody in PEOPLE {
        let name = format!("{} {}", somebody.given_name, somebody.family_name);
        let row = format!(
            "| {name} | `{}` | {}, {} |",
            somebody.codice_fiscale, somebody.birth_date, somebody.birth_place
        );
        assert!(guide.contains(&row), "{row}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_move_of_a_test_person_is_an_event_of_the_test_key_alone() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let scopes = json!({"mode": "test", "scopes": ["intake", "read", "events"]});
    let test = secret(&owner.try_key(&blog, &scopes).await.expect(201));
    let live = owner.key(&blog, &["read", "events"]).await;
    let id = id_of(&send(&app, &test, &submission("ada@own.example")).await);
    for to in ["confirmed", "signed", "withdrawn"] {
        step(&app, &test, &id, to).await.expect(200);
    }
    crate::partner_events::number(&app).await;
    let told = read(&app, "/events", &test).await.expect(200);
    let items = told["items"].as_array().unwrap().iter();
    let words: Vec<(i64, &str, &str)> = items
        .map(|it| {
            let (number, kind) = (&it["sequence"], &it["type"]);
            let whom = it["claimant_id"].as_str().unwrap();
            (number.as_i64().unwrap(), kind.as_str().unwrap(), whom)
        })
        .collect();
    let expected = [
        (1, "claimant.received", id.as_str()),
        (2, "claimant.confirmed", id.as_str()),
        (3, "claimant.signed", id.as_str()),
        (4, "claimant.withdrawn", id.as_str()),
    ];
    assert_eq!(words, expected);
    let told = read(&app, "/events", &live).await.expect(200);
    assert_eq!(told["items"], json!([]));
    app.stop().await;
}
