//! People that partners send: exactly once, telling nothing, seen by nobody else (R55, R56, R57, S12).

use chrono::TimeDelta;
use futures_util::future::join_all;
use joinder::app::bootstrap::{self, Logins};
use joinder::domain::permission::Role;
use joinder::domain::seed::Seed;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::{DEATHS, TestApp, TestOptions};
use crate::claimant::{Answer, SignUpBuilder, ask, mario, signed_up};
use crate::partners::{Owner, read, request, submission, submit, submit_all};
use crate::seed::{CASE, SEED};
use crate::staff_seed::{association, person};

const CLAIMANTS: &str = "SELECT count(*) FROM claimants";
const SUBMISSIONS: &str = "SELECT count(*) FROM partner_submissions";
const UNTIED: &str = "SELECT count(*) FROM claimants c \
    WHERE NOT EXISTS (SELECT FROM partner_submissions s WHERE s.claimant_id = c.id)";

async fn state(app: &TestApp, key: &str, id: &Value) -> String {
    let path = format!("/claimants/{}", id.as_str().unwrap());
    let told = read(app, &path, key).await.expect(200);
    told["state"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_sent_by_a_partner_is_an_ordinary_sign_up_that_only_they_confirm() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let key = owner.key(&blog, &["intake", "read"]).await;
    let mut body = submission("ada@own.example");
    body.as_object_mut().unwrap().remove("association");
    body["person"] = mario();
    let answer = submit(&app, &key, "uno", &body).await;
    let left = answer.headers["ratelimit"].to_str().unwrap().to_owned();
    let told = answer.expect(201);
    assert!(left.contains("\"claimants\";r=5999;"), "{left}");
    assert_eq!(told.as_object().unwrap().len(), 3);
    assert_eq!(told["state"], "received");
    let id = told["id"].as_str().unwrap();
    let rows = app
        .rows("SELECT s.partner_id::text, s.notice_version, s.notice_shown_at::text, s.mode, c.channel, a.actor_kind, a.detail->>'partner' \
               FROM partner_submissions s JOIN consents c USING (claimant_id) JOIN audit a ON a.subject_id = s.claimant_id")
        .await;
    assert_eq!(rows.len(), 2, "one for each consent");
    let row: Vec<&str> = rows[0]
        .iter()
        .map(|cell| cell.as_deref().unwrap())
        .collect();
    let partner = blog.id.to_string();
    assert_eq!(
        row,
        [
            partner.as_str(),
            "privacy-1",
            "2026-03-02 08:59:00+00",
            "live",
            "partner",
            "partner",
            partner.as_str()
        ]
    );
    assert_eq!(state(&app, &key, &told["id"]).await, "received");
    app.run_outbox().await;
    assert_eq!(app.mails_to("ada@own.example").len(), 1);
    let claimant = app
        .confirm(&crate::claimant::SignedUp {
            id: id.parse().unwrap(),
            reference: told["reference"].as_str().unwrap().to_owned(),
            state: "unconfirmed".to_owned(),
        })
        .await;
    assert_eq!(state(&app, &key, &told["id"]).await, "confirmed");
    assert_eq!(claimant.me().await["state"], "confirmed");
    claimant.withdraw(&json!({})).await.expect(200);
    assert_eq!(state(&app, &key, &told["id"]).await, "withdrawn");
    app.stop().await;
}

/// Art. 14 GDPR: who did not give us their data reads who did, and what they can ask for.
#[tokio::test(flavor = "multi_thread")]
async fn r57_the_mail_to_who_was_sent_by_a_partner_says_by_whom_and_that_of_others_does_not() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let key = owner.key(&blog, &["intake"]).await;
    let named = format!("SELECT name FROM partners WHERE id = '{}'", blog.id);
    let name = app.rows(&named).await[0][0].clone().unwrap();
    let notice = format!("/c/{CASE}/texts");
    for (email, language, source) in [
        ("ada@own.example", "it", "ce li ha mandati"),
        ("eva@own.example", "en", "sent them to us"),
        ("ute@own.example", "de", "hat sie uns gesandt"),
    ] {
        let mut body = submission(email);
        body["contact"]["language"] = json!(language);
        submit(&app, &key, email, &body).await.expect(201);
        app.run_outbox().await;
        let [mail] = app.mails_to(email).try_into().unwrap();
        assert!(mail.contains(source) && mail.contains(&name), "{mail}");
        assert!(mail.lines().any(|line| line.ends_with(&notice)), "{mail}");
        // asked for again it says so again
        app.resend(email).await.expect(202);
        app.run_outbox().await;
        let again = app.mails_to(email).pop().unwrap();
        assert_eq!(app.mails_to(email).len(), 2);
        assert!(again.contains(source), "{again}");
    }
    let own = SignUpBuilder::new("vera@own.example");
    app.sign_up(&own).await;
    app.run_outbox().await;
    let [mail] = app.mails_to("vera@own.example").try_into().unwrap();
    assert!(!mail.contains(&name) && !mail.contains(&notice), "{mail}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r57_without_version_and_time_of_the_notice_nothing_is_taken() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let key = owner.key(&blog, &["intake"]).await;
    let told = |answer: Answer| -> Vec<String> {
        let fields = answer.wrong_fields().into_iter();
        fields
            .map(|(place, code)| format!("{place} {code}"))
            .collect()
    };
    let mut body = submission("ada@own.example");
    body.as_object_mut().unwrap().remove("notice");
    let answer = submit(&app, &key, "1", &body).await;
    assert_eq!(told(answer), ["/notice required"]);
    // beside what else is wrong
    body["notice"] = json!({"shown_at": "2027-01-01T00:00:00Z"});
    body["contact"]["email"] = json!("nessuno");
    let answer = submit(&app, &key, "1", &body).await;
    assert_eq!(
        told(answer),
        [
            "/contact/email format",
            "/notice/version required",
            "/notice/shown_at out_of_range"
        ]
    );
    let mut body = submission("ada@own.example");
    body["case"] = json!("altro");
    assert_eq!(
        told(submit(&app, &key, "1", &body).await),
        ["/case unknown_value"]
    );
    body["case"] = json!(CASE);
    body["association"] = json!("altroconsumo");
    assert_eq!(
        told(submit(&app, &key, "1", &body).await),
        ["/association unknown_value"]
    );
    body["surprise"] = json!(1);
    assert_eq!(
        told(submit(&app, &key, "1", &body).await),
        ["/surprise unknown_field", "/association unknown_value"]
    );
    let bare = request(&app, Method::POST, "/claimants", &key);
    ask(bare.json(&submission("ada@own.example")))
        .await
        .expect_problem(400, "idempotency-key");
    assert_eq!(app.number(CLAIMANTS).await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_is_wrong_with_a_body_is_told_at_once_and_what_would_be_right() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let key = owner.key(&blog, &["intake"]).await;
    let mut body = submission("ada@own.example");
    body["contact"]["phone"] = json!(333);
    body["contact"]["language"] = json!("fr");
    body["mailboxes"] = json!([{"address": 7}, {"address": "nessuno"}]);
    body["notice"]["shown_at"] = json!("ieri");
    body["consents"][0]["given"] = json!("yes");
    body["consents"][1]["text_version"] = json!("vecchio");
    body["nickname"] = json!("x");
    let told = submit(&app, &key, "1", &body).await;
    let told = told.expect_problem(422, "validation");
    let errors = told["errors"].as_array().unwrap();
    let mut places: Vec<&str> = errors
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    places.sort_unstable();
    assert_eq!(
        places,
        [
            "/consents/0/given",
            "/consents/1/text_version",
            "/contact/language",
            "/contact/phone",
            "/mailboxes/0/address",
            "/mailboxes/1/address",
            "/nickname",
            "/notice/shown_at",
        ]
    );
    let of = |place: &str| errors.iter().find(|it| it["pointer"] == place).unwrap();
    let says = |place: &str| of(place)["message"].as_str().unwrap();
    let phone = says("/contact/phone");
    assert!(phone.contains("string, non number"), "{phone}");
    let given = says("/consents/0/given");
    assert!(given.contains("boolean, non string"), "{given}");
    assert!(says("/consents/1/text_version").contains("/api/v1/public/cases/"));
    assert_eq!(
        of("/contact/language")["allowed"],
        json!(["it", "en", "de"])
    );
    assert!(of("/contact/phone")["allowed"].is_null());
    // without a case the rest is judged as far as that goes
    body["case"] = json!("altro");
    let told = submit(&app, &key, "1", &body).await;
    let told = told.expect_problem(422, "validation");
    let errors = told["errors"].as_array().unwrap();
    let of = |place: &str| errors.iter().find(|it| it["pointer"] == place);
    let cases = &of("/case").unwrap()["allowed"];
    assert!(cases.as_array().unwrap().contains(&json!(CASE)), "{cases}");
    assert!(of("/contact/language").is_some() && of("/mailboxes/1/address").is_some());
    assert!(of("/consents/1/text_version").is_none());
    // a single one where many are taken
    let single = request(&app, Method::POST, "/claimants/batches", &key);
    let single = single.header("idempotency-key", "1");
    let told = ask(single.json(&submission("ada@own.example"))).await;
    assert_eq!(
        told.wrong_fields(),
        [("/items".to_owned(), "required".to_owned())]
    );
    // no JSON: where, and nothing of what stood there
    let cut = request(&app, Method::POST, "/claimants", &key);
    let cut = cut.header("idempotency-key", "1");
    let cut = cut.header("content-type", "application/json");
    let told = ask(cut.body("{\n \"segreto\": \"ada\" \"x\"}")).await;
    let told = told.expect_problem(400, "malformed");
    let why = told["detail"].as_str().unwrap();
    assert!(why.contains("riga 2, colonna 19"), "{why}");
    assert!(why.contains("expected `,` or `}`"), "{why}");
    assert!(!why.contains("segreto") && !why.contains("ada"), "{why}");
    assert_eq!(app.number(CLAIMANTS).await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_acts_in_its_cases_and_no_other() {
    let app = TestApp::seeded().await;
    // a second case of ours, and one that only others promote
    let second = SEED.replace(CASE, "secondo");
    let (head, rest) = SEED.split_once("[[association]]").unwrap();
    let (_, others) = rest.split_once("[[association]]").unwrap();
    let (others, _) = others.split_once("[[counsel]]").unwrap();
    let foreign = format!("{head}[[association]]{others}").replace(CASE, "altrui");
    for seed in [second, foreign] {
        let seed = Seed::parse(&seed).unwrap();
        bootstrap::bootstrap(&app.ctx, &seed, Logins::Random)
            .await
            .unwrap();
    }
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let all = owner.key(&blog, &["intake", "read"]).await;
    let one = json!({"mode": "live", "scopes": ["intake", "read"], "cases": [CASE]});
    let one = crate::partners::secret(&owner.try_key(&blog, &one).await.expect(201));
    let send = async |key: &str, case: &str| {
        let mut body = submission(&format!("{}@own.example", Uuid::new_v4().simple()));
        body["case"] = json!(case);
        submit(&app, key, &Uuid::new_v4().to_string(), &body).await
    };
    let first = send(&one, CASE).await.expect(201);
    send(&all, CASE).await.expect(201);
    let second = send(&all, "secondo").await.expect(201);
    send(&one, "secondo").await.expect_problem(403, "key-case");
    // nor does it get the answer that another key of the partner got
    let mut body = submission("doppia@own.example");
    body["case"] = json!("secondo");
    submit(&app, &all, "due", &body).await.expect(201);
    submit(&app, &one, "due", &body)
        .await
        .expect_problem(403, "key-case");
    submit(&app, &all, "due", &body).await.expect(201);
    send(&all, "altrui").await.expect_problem(422, "validation");
    let path = |sent: &Value| format!("/claimants/{}", sent["id"].as_str().unwrap());
    read(&app, &path(&first), &one).await.expect(200);
    read(&app, &path(&second), &one)
        .await
        .expect_problem(404, "not-found");
    let told = read(&app, &path(&second), &all).await.expect(200);
    assert_eq!(told["case"], "secondo");
    let items = async |key: &str| {
        let page = read(&app, "/claimants", key).await.expect(200);
        page["items"].as_array().unwrap().len()
    };
    assert_eq!((items(&one).await, items(&all).await), (2, 4));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s12_the_same_key_is_one_person_on_two_nodes_at_once_and_with_either_api_key() {
    let app = TestApp::seeded().await;
    let place = (app.database.clone(), app.owner_url.clone());
    let node = TestApp::start_on(place, TestOptions::default()).await;
    node.clock().advance(TimeDelta::minutes(1));
    app.clock().advance(TimeDelta::minutes(1));
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let keys = [
        owner.key(&blog, &["intake"]).await,
        owner.key(&blog, &["intake"]).await,
    ];
    let body = submission("ada@own.example");
    let nodes = [&app, &node];
    let asked = (0..24).map(|number| {
        let (node, key) = (nodes[number % 2], &keys[number / 2 % 2]);
        submit(node, key, "stessa", &body)
    });
    let answers = join_all(asked).await;
    let told: Vec<String> = answers
        .into_iter()
        .map(|it| it.expect(201).to_string())
        .collect();
    assert!(told.iter().all(|it| *it == told[0]), "{told:?}");
    assert_eq!(app.number(CLAIMANTS).await, 1);
    assert_eq!(app.number(SUBMISSIONS).await, 1);
    let mut other = body.clone();
    other["contact"]["email"] = json!("altra@own.example");
    submit(&node, &keys[1], "stessa", &other)
        .await
        .expect_problem(422, "idempotency-mismatch");
    // another partner's key of the same name is another
    let second = owner.partner("secondo").await;
    let second = owner.key(&second, &["intake"]).await;
    let apart = submit(&app, &second, "stessa", &body).await.expect(201);
    assert_ne!(apart.to_string(), told[0]);
    assert_eq!(app.number(CLAIMANTS).await, 2);
    node.ctx.pools.close();
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s12_a_database_lost_at_any_moment_of_the_write_leaves_all_or_nothing() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let key = owner.key(&blog, &["intake"]).await;
    for (number, moment) in DEATHS.iter().enumerate() {
        let body = submission(&format!("m{number}@own.example"));
        let name = format!("k{number}");
        app.let_die("partner_submissions", moment).await;
        submit(&app, &key, &name, &body)
            .await
            .expect_problem(503, "unavailable");
        app.let_live("partner_submissions").await;
        let before = i64::try_from(number).unwrap();
        assert_eq!(app.number(CLAIMANTS).await, before);
        assert_eq!(app.number(SUBMISSIONS).await, before);
        let told = submit(&app, &key, &name, &body).await.expect(201);
        let again = submit(&app, &key, &name, &body).await.expect(201);
        assert_eq!(told, again);
        assert_eq!(app.number(UNTIED).await, 0);
    }
    app.lose_database().await;
    submit(&app, &key, "x", &submission("x@own.example"))
        .await
        .expect_problem(503, "unavailable");
    app.regain_database().await;
    submit(&app, &key, "x", &submission("x@own.example"))
        .await
        .expect(201);
    assert_eq!(app.number(CLAIMANTS).await, 3);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_tells_of_each_item_and_is_finished_by_sending_it_again() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let key = owner.key(&blog, &["intake", "read"]).await;
    let mut items: Vec<Value> = (0..500)
        .map(|number| submission(&format!("m{number}@own.example")))
        .collect();
    for (number, item) in items
        .iter_mut()
        .enumerate()
        .filter(|(number, _)| number % 2 == 1)
    {
        match number % 6 {
            1 => item["contact"]["email"] = json!("nessuno"),
            3 => item["surprise"] = json!(true),
            _ => *item = json!("not an object"),
        }
    }
    let answer = submit_all(&app, &key, "b", &items).await;
    let left = answer.headers["ratelimit"].to_str().unwrap().to_owned();
    assert!(left.contains("\"claimants\";r=5500;"), "{left}");
    let told = answer.expect(200);
    let results = told["items"].as_array().unwrap();
    assert_eq!(results.len(), 500);
    for (number, result) in results.iter().enumerate() {
        assert_eq!(result["index"], number);
        let status = if number % 2 == 0 { 201 } else { 422 };
        assert_eq!(result["status"], status, "{result}");
        assert_eq!(result["claimant"].is_object(), status == 201);
        let place = &result["problem"]["errors"][0]["pointer"];
        match number % 6 {
            1 => assert_eq!(place, "/contact/email"),
            3 => assert_eq!(place, "/surprise"),
            5 => assert_eq!(result["problem"]["type"], "/problems/validation"),
            _ => assert!(result["problem"].is_null()),
        }
    }
    assert_eq!(app.number(CLAIMANTS).await, 250);
    assert_eq!(app.number(UNTIED).await, 0);
    // sent again as it was: nobody twice, the same answers
    let again = submit_all(&app, &key, "b", &items).await.expect(200);
    for (one, other) in results.iter().zip(again["items"].as_array().unwrap()) {
        assert_eq!(one["claimant"], other["claimant"]);
    }
    assert_eq!(app.number(CLAIMANTS).await, 250);
    // corrected under the same key, the others are taken; what was taken is not another's
    for number in (1..500).step_by(2) {
        items[number] = submission(&format!("m{number}@own.example"));
    }
    items[0] = submission("scambiata@own.example");
    let mended = submit_all(&app, &key, "b", &items).await.expect(200);
    assert_eq!(mended["items"][0]["status"], 422);
    let kind = &mended["items"][0]["problem"]["type"];
    assert_eq!(kind, "/problems/idempotency-mismatch");
    let taken = mended["items"].as_array().unwrap().iter();
    assert_eq!(taken.filter(|item| item["status"] == 201).count(), 499);
    assert_eq!(app.number(CLAIMANTS).await, 500);
    for wrong in [Vec::new(), vec![json!({}); 501]] {
        let told = submit_all(&app, &key, "c", &wrong).await.wrong_fields();
        assert_eq!(told, [("/items".to_owned(), "out_of_range".to_owned())]);
    }
    // more than are left: not one is taken
    app.sql("UPDATE partner_rates SET used = 5999 WHERE unit = 'claimants'")
        .await;
    let two = [submission("p@own.example"), submission("q@own.example")];
    let full = submit_all(&app, &key, "d", &two).await;
    assert!(full.headers.contains_key("retry-after"));
    full.expect_problem(429, "rate-limited");
    assert_eq!(app.number(CLAIMANTS).await, 500);
    submit(&app, &key, "e", &two[0]).await.expect(201);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_cut_in_the_middle_by_a_lost_database_is_completed_exactly_once() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let key = owner.key(&blog, &["intake"]).await;
    let items: Vec<Value> = (0..120)
        .map(|number| submission(&format!("m{number}@own.example")))
        .collect();
    app.sql(
        "CREATE FUNCTION die_late() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN \
           IF (SELECT count(*) FROM partner_submissions) > 40 THEN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5); END IF; \
           RETURN NULL; END $$; \
         CREATE TRIGGER die AFTER INSERT ON partner_submissions FOR EACH ROW EXECUTE FUNCTION die_late()",
    )
    .await;
    let cut = submit_all(&app, &key, "b", &items).await;
    let wait = cut.headers["retry-after"].to_str().unwrap().to_owned();
    let cut = cut.expect(200);
    let of_status = |told: &Value, status: i64| {
        let items = told["items"].as_array().unwrap().iter();
        items.filter(|item| item["status"] == status).count()
    };
    assert_eq!(of_status(&cut, 201) + of_status(&cut, 503), 120);
    assert!(of_status(&cut, 503) > 0, "{cut}");
    assert_eq!(wait, "5");
    let written = i64::try_from(of_status(&cut, 201)).unwrap();
    assert_eq!(app.number(CLAIMANTS).await, written);
    app.let_live("partner_submissions").await;
    let whole = submit_all(&app, &key, "b", &items).await.expect(200);
    assert_eq!(of_status(&whole, 201), 120);
    for (before, after) in cut["items"]
        .as_array()
        .unwrap()
        .iter()
        .zip(whole["items"].as_array().unwrap())
    {
        if before["status"] == 201 {
            assert_eq!(before["claimant"], after["claimant"]);
        }
    }
    assert_eq!(app.number(CLAIMANTS).await, 120);
    assert_eq!(app.number(UNTIED).await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r55_another_partners_submission_is_like_none_to_the_byte() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let (blog, other) = (owner.partner("blog").await, owner.partner("altro").await);
    let key = owner.key(&blog, &["intake", "read"]).await;
    let foreign = owner.key(&other, &["intake", "read"]).await;
    let strangers = Owner::of(&app, "altroconsumo").await;
    let theirs = strangers.partner("blog").await;
    let theirs = strangers.key(&theirs, &["intake", "read"]).await;
    let sent = submit(&app, &key, "1", &submission("ada@own.example"))
        .await
        .expect(201);
    let path = format!("/claimants/{}", sent["id"].as_str().unwrap());
    read(&app, &path, &key).await.expect(200);
    // nobody's submission either: somebody who signed up alone
    let alone = app.sign_up(&SignUpBuilder::new("sola@own.example")).await;
    let alone = format!("/claimants/{}", alone.id);
    let fresh = format!("/claimants/{}", app.ctx.new_id());
    for asking in [&foreign, &theirs] {
        let none = read(&app, &fresh, asking).await.bare();
        for path in [&path, &alone] {
            let answer = read(&app, path, asking).await;
            assert_eq!(answer.bare(), none);
            answer.expect_problem(404, "not-found");
        }
        let list = read(&app, "/claimants", asking).await.expect(200);
        assert_eq!(list["items"], json!([]));
    }
    let none = read(&app, &fresh, &key).await.bare();
    assert_eq!(read(&app, &alone, &key).await.bare(), none);
    assert_eq!(read(&app, "/claimants/x", &key).await.bare(), none);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r55_a_partner_is_told_the_same_of_somebody_known_and_somebody_new() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let key = owner.key(&blog, &["intake", "read"]).await;
    // Mario is here already, confirmed, with his identity
    let known = app
        .confirmed(&SignUpBuilder::new("mario@own.example"))
        .await;
    known.give_person(&mario()).await.expect(200);
    app.clock().advance(TimeDelta::hours(25));
    let mut told = Vec::new();
    for (email, person) in [
        ("mario@own.example", mario()),
        ("nuova@own.example", crate::claimant::anna()),
    ] {
        let mut body = submission(email);
        body["notice"]["shown_at"] = json!("2026-03-03T09:00:00Z");
        body["person"] = person;
        let mut seen = Vec::new();
        let answer = submit(&app, &key, email, &body).await;
        let mut names: Vec<String> = answer.headers.keys().map(|name| name.to_string()).collect();
        names.sort();
        let sent = answer.expect(201);
        let hidden = |value: &Value| {
            let (id, reference) = (
                sent["id"].as_str().unwrap(),
                sent["reference"].as_str().unwrap(),
            );
            let mut value = value.clone();
            if let Some(fields) = value.as_object_mut() {
                fields.remove("created_at");
            }
            value
                .to_string()
                .replace(id, "ID")
                .replace(reference, "REF")
        };
        seen.push(format!("{names:?}"));
        seen.push(hidden(&sent));
        let path = format!("/claimants/{}", sent["id"].as_str().unwrap());
        seen.push(hidden(&read(&app, &path, &key).await.expect(200)));
        app.run_outbox().await;
        let record = signed_up(
            &json!({"id": sent["id"], "reference": sent["reference"], "state": "unconfirmed"}),
        );
        let mail = app.mail_about(&record);
        let proof = json!({"token": crate::claimant::token_in(&mail, "confirm")});
        app.confirm_by(&proof).await;
        seen.push(hidden(&read(&app, &path, &key).await.expect(200)));
        told.push(seen);
    }
    assert_eq!(told[0], told[1]);
    assert!(told[0][3].contains("confirmed"), "{told:?}");
    let states = app.rows("SELECT DISTINCT c.state FROM claimants c JOIN partner_submissions s ON s.claimant_id = c.id ORDER BY 1").await;
    let states: Vec<&str> = states
        .iter()
        .map(|row| row[0].as_deref().unwrap())
        .collect();
    assert_eq!(
        states,
        ["confirmed", "duplicate"],
        "one of them is a duplicate inside"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn own_submissions_are_read_page_by_page_and_the_erased_are_gone() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let key = owner.key(&blog, &["intake", "read"]).await;
    let (mut sent, mut records) = (Vec::new(), Vec::new());
    for number in 0..5 {
        let body = submission(&format!("m{number}@own.example"));
        let told = submit(&app, &key, &number.to_string(), &body)
            .await
            .expect(201);
        sent.push(told["id"].as_str().unwrap().to_owned());
        records.push(signed_up(&told));
    }
    let mut found = Vec::new();
    let mut after = String::new();
    loop {
        let page = read(&app, &format!("/claimants?limit=2&after={after}"), &key)
            .await
            .expect(200);
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        found.extend(
            items
                .iter()
                .map(|item| item["id"].as_str().unwrap().to_owned()),
        );
        page["next_cursor"].as_str().unwrap().clone_into(&mut after);
        if items.is_empty() {
            break;
        }
    }
    assert_eq!(found, sent);
    // the last cursor goes on: what comes later stands after it, once no earlier one can be on its way
    let late = submit(&app, &key, "late", &submission("late@own.example"))
        .await
        .expect(201);
    let id = late["id"].as_str().unwrap();
    let came = |when: &str| {
        format!("UPDATE partner_submissions SET created_at = {when} WHERE claimant_id = '{id}'")
    };
    app.sql(&came("now()")).await;
    let path = format!("/claimants?after={after}");
    let page = read(&app, &path, &key).await.expect(200);
    assert_eq!(page, json!({"items": [], "next_cursor": after}));
    app.sql(&came("now() - interval '11 seconds'")).await;
    let page = read(&app, &path, &key).await.expect(200);
    assert_eq!(page["items"][0]["id"], late["id"]);
    // where nothing came yet there is a cursor too
    let idle = owner.partner("idle").await;
    let idle = owner.key(&idle, &["read"]).await;
    let page = read(&app, "/claimants", &idle).await.expect(200);
    let path = format!("/claimants?after={}", page["next_cursor"].as_str().unwrap());
    assert_eq!(read(&app, &path, &idle).await.expect(200), page);
    for wrong in ["limit=0", "limit=201", "limit=x", "after=x", "cursor=x"] {
        read(&app, &format!("/claimants?{wrong}"), &key)
            .await
            .expect_problem(400, "cursor");
    }
    let gone = app.confirm(&records[0]).await;
    gone.erase().await.expect(200);
    let fresh = read(&app, &format!("/claimants/{}", app.ctx.new_id()), &key).await;
    let erased = read(&app, &format!("/claimants/{}", sent[0]), &key).await;
    assert_eq!(erased.bare(), fresh.bare());
    assert_eq!(app.number(SUBMISSIONS).await, 5);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r59_a_partner_reads_no_small_numbers_and_staff_read_all() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let key = owner.key(&blog, &["intake", "read"]).await;
    for number in 0..6 {
        let builder = SignUpBuilder::new(&format!("l{number}@own.example"));
        let builder = builder.with("/via", json!(blog.slug));
        match number {
            0 => drop(app.confirmed(&builder).await),
            _ => drop(app.sign_up(&builder).await),
        }
    }
    for number in 0..2 {
        let body = submission(&format!("a{number}@own.example"));
        submit(&app, &key, &number.to_string(), &body)
            .await
            .expect(201);
    }
    // through another association the same word counts for nobody of ours
    let elsewhere = SignUpBuilder::new("e@own.example").association("altroconsumo");
    app.sign_up(&elsewhere.with("/via", json!(blog.slug))).await;
    // the word of a partner in what another sends by the API counts for nobody's link
    let other = owner.partner("altro").await;
    let other = owner.key(&other, &["intake", "read"]).await;
    let mut body = submission("spinta@own.example");
    body["via"] = json!(blog.slug);
    submit(&app, &other, "1", &body).await.expect(201);
    let told = read(&app, "/statistics", &key).await.expect(200);
    let theirs = read(&app, "/statistics", &other).await.expect(200);
    let none = json!({"sign_ups": null, "confirmed": null, "signed": null});
    assert_eq!(
        theirs["cases"],
        json!([{"case": CASE, "by_link": none, "by_api": none}]),
        "a case without anybody is told as one with few"
    );
    assert_eq!(
        told["cases"],
        json!([{"case": CASE,
            "by_link": {"sign_ups": 5, "confirmed": null, "signed": null},
            "by_api": {"sign_ups": null, "confirmed": null, "signed": null}}])
    );
    let path = format!("/partners/{}", blog.id);
    let one = owner.get(&path).await.expect(200);
    assert_eq!(
        one["brought"],
        json!([{"case": CASE,
            "by_link": {"sign_ups": 6, "confirmed": 1, "signed": 0},
            "by_api": {"sign_ups": 2, "confirmed": 0, "signed": 0}}])
    );
    // counted once a minute
    submit(&app, &key, "late", &submission("late@own.example"))
        .await
        .expect(201);
    assert_eq!(
        owner.get(&path).await.expect(200)["brought"][0]["by_api"]["sign_ups"],
        2
    );
    app.clock().advance(TimeDelta::seconds(61));
    assert_eq!(
        owner.get(&path).await.expect(200)["brought"][0]["by_api"]["sign_ups"],
        3
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_case_takes_nobody_and_old_answers_stay() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let key = owner.key(&blog, &["intake"]).await;
    let body = submission("ada@own.example");
    let told = submit(&app, &key, "1", &body).await.expect(201);
    app.sql("UPDATE cases SET state = 'closed'").await;
    submit(&app, &key, "2", &submission("b@own.example"))
        .await
        .expect_problem(409, "illegal-transition");
    assert_eq!(submit(&app, &key, "1", &body).await.expect(201), told);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_took_the_own_data_reads_which_site_sent_them() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let key = owner.key(&blog, &["intake"]).await;
    let sent = submit(&app, &key, "1", &submission("ada@own.example"))
        .await
        .expect(201);
    app.run_outbox().await;
    let claimant = app
        .confirm(&signed_up(
            &json!({"id": sent["id"], "reference": sent["reference"], "state": "unconfirmed"}),
        ))
        .await;
    let answer = claimant.request(Method::GET, "/data").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let bytes = answer.bytes().await.unwrap();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    {
        let mut file = archive.by_name("dati.json").unwrap();
        std::io::Read::read_to_string(&mut file, &mut text).unwrap();
    }
    assert!(
        text.contains("Sito blog") && text.contains("privacy-1"),
        "{text}"
    );
    let data: Value = serde_json::from_str(&text).unwrap();
    let told = data.to_string();
    assert!(
        told.contains("\"state\":\"received\"") && told.contains("\"state\":\"confirmed\""),
        "what the site was told: {told}"
    );
    // staff see where the consents were given
    let ours = association(&app, "codacons").await;
    let manager = person(&app, ours, Role::CaseManager).await;
    let browser = app.browser();
    crate::staff_console::sign_in(&app, &browser, &manager).await;
    let path = format!("/console/claimants/{}", sent["id"].as_str().unwrap());
    let (_, page) = crate::staff_console::open(&app, &browser, &path).await;
    assert!(
        page.contains("sul sito di un partner") && page.contains("sito partner"),
        "{page}"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r55_a_conflict_that_staff_decide_changes_nothing_a_partner_can_see() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let key = owner.key(&blog, &["intake", "read"]).await;
    let [one, two] = crate::conflicts::both(&app).await;
    app.sql(&format!(
        "INSERT INTO partner_submissions (claimant_id, association_id, case_id, partner_id, key_id, mode, notice_version, notice_shown_at, created_at, told) \
         SELECT id, association_id, case_id, '{}', '{}', 'live', 'privacy-1', created_at, created_at, 'signed' FROM claimants",
        blog.id, blog.id
    ))
    .await;
    // the figures that staff read, from which the partner is told
    let brought = format!("/partners/{}", blog.id);
    let seen = async || {
        app.clock().advance(TimeDelta::seconds(61));
        let mut seen = Vec::new();
        for path in [
            format!("/claimants/{}", one.id),
            format!("/claimants/{}", two.id),
            "/claimants".to_owned(),
        ] {
            seen.push(read(&app, &path, &key).await.expect(200));
        }
        seen.push(owner.get(&brought).await.expect(200)["brought"].clone());
        seen
    };
    let before = seen().await;
    crate::conflicts::let_keep(&app, &two).await;
    let lost = format!(
        "SELECT count(*) FROM claimants WHERE state = 'rejected' AND id = '{}'",
        one.id
    );
    assert_eq!(app.number(&lost).await, 1);
    assert_eq!(seen().await, before);
    assert_eq!(before[0]["state"], "signed");
    assert_eq!(
        before[3][0]["by_api"],
        json!({"sign_ups": 2, "confirmed": 2, "signed": 2})
    );
    app.stop().await;
}
