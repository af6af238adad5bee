//! What is flagged in a declaration waits for a look that staff end; the flag itself stays, and another version waits
//! anew (DOMAIN 8.3).

use joinder::domain::permission::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::TestApp;
use crate::claimant::{Answer, anna, ask, mario, person};
use crate::seed::CASE;
use crate::staff_console::{csrf, open, place, send, sign_in};
use crate::staff_declared::{declaration, identified};
use crate::staff_seed::{self, association};

const QUEUES: [&str; 3] = ["not_restored", "double_recovery", "outside_window"];

/// A declaration with some of the flags.
fn flagged(mailbox: &str, flags: &[&str]) -> Value {
    let mut body = declaration(mailbox);
    for flag in flags {
        match *flag {
            "not_restored" => body["mailboxes"][0]["incidents"][0]["restored"] = json!(false),
            "double_recovery" => body["other_claims"] = json!(true),
            _ => {
                body["mailboxes"][0]["incidents"][0]["unavailable_from"] = json!("2023-01-21");
            }
        }
    }
    body
}

/// Somebody new on the staff.
async fn bearer(app: &TestApp, slug: &str, role: Role) -> String {
    let ours = association(app, slug).await;
    staff_seed::person(app, ours, role).await.bearer(app).await
}

async fn told(app: &TestApp, bearer: &str, path: &str) -> Value {
    ask(app.request(Method::GET, path).bearer_auth(bearer))
        .await
        .expect(200)
}

/// How many wait in each of the three queues.
async fn waiting(app: &TestApp, bearer: &str) -> [i64; 3] {
    let all = told(app, bearer, &format!("/api/v1/staff/cases/{CASE}/queues")).await;
    let items = all["items"].as_array().unwrap();
    QUEUES.map(|word| {
        let found = items.iter().find(|item| item["queue"] == word);
        found.unwrap()["count"].as_i64().unwrap()
    })
}

async fn listed(app: &TestApp, bearer: &str, query: &str) -> Vec<String> {
    let path = format!("/api/v1/staff/cases/{CASE}/claimants?{query}");
    let page = told(app, bearer, &path).await;
    let items = page["items"].as_array().unwrap().iter();
    items
        .map(|item| item["id"].as_str().unwrap().to_owned())
        .collect()
}

/// The newest version as staff see it.
async fn newest(app: &TestApp, bearer: &str, id: Uuid) -> Value {
    let record = told(app, bearer, &format!("/api/v1/staff/claimants/{id}")).await;
    record["declarations"][0].clone()
}

async fn check(app: &TestApp, bearer: &str, id: Uuid, body: &Value) -> Answer {
    let path = format!("/api/v1/staff/claimants/{id}/declared-check");
    let request = app.request(Method::POST, &path).bearer_auth(bearer);
    ask(request.json(body)).await
}

fn in_order(version: i32) -> Value {
    json!({"version": version, "reason": "Lo conferma al telefono"})
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_the_three_queues_is_emptied_by_a_look_and_the_flag_stays() {
    let app = TestApp::seeded().await;
    let reviewer = bearer(&app, "codacons", Role::Reviewer).await;
    let theirs = bearer(&app, "altroconsumo", Role::Reviewer).await;
    let people = [
        mario(),
        anna(),
        person("Niccolò", "Verità", "VRTNCL01T31D612J"),
    ];
    let mut ids = Vec::new();
    for (flag, who) in QUEUES.iter().zip(&people) {
        let mailbox = format!("{}@libero.it", flag.replace('_', "."));
        let email = format!("{flag}@example.org");
        let claimant = identified(&app, &email, &mailbox, who).await;
        let body = flagged(&mailbox, &[*flag]);
        claimant.declare(&body).await.expect(200);
        ids.push(claimant.id);
    }
    assert_eq!(waiting(&app, &reviewer).await, [1, 1, 1]);
    assert_eq!(waiting(&app, &theirs).await, [0, 0, 0]);
    for (place, (flag, id)) in QUEUES.iter().zip(&ids).enumerate() {
        let queue = format!("queue={flag}");
        assert_eq!(listed(&app, &reviewer, &queue).await, [id.to_string()]);
        check(&app, &theirs, *id, &in_order(1))
            .await
            .expect_problem(404, "not-found");
        let done = check(&app, &reviewer, *id, &in_order(1)).await.expect(200);
        assert_eq!(done, json!({"version": 1, "flags": [flag]}));
        let left = waiting(&app, &reviewer).await;
        let expected = [0, 1, 2].map(|other| i64::from(other > place));
        assert_eq!(left, expected, "{flag}");
        assert!(listed(&app, &reviewer, &queue).await.is_empty(), "{flag}");
        // what was declared is still to be seen, and found
        let found = listed(&app, &reviewer, &format!("flag={flag}")).await;
        assert_eq!(found, [id.to_string()]);
        let version = newest(&app, &reviewer, *id).await;
        let flags = version["flags"].as_array().unwrap();
        assert!(flags.contains(&json!(flag)), "{version}");
        assert_eq!(version["checked"], json!([flag]));
        assert!(version["checked_at"].is_string(), "{version}");
    }
    let figures = told(
        &app,
        &reviewer,
        &format!("/api/v1/staff/cases/{CASE}/dashboard"),
    )
    .await;
    for line in figures["waiting"].as_array().unwrap() {
        let is_one = QUEUES.iter().any(|word| line["list"] == *word);
        assert!(!is_one || line["count"] == 0, "{line}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_has_a_reason_is_one_persons_and_of_one_version() {
    let app = TestApp::seeded().await;
    let claimant = identified(&app, "a@example.org", "a@libero.it", &mario()).await;
    let id = claimant.id;
    let body = flagged("a@libero.it", &["not_restored", "double_recovery"]);
    claimant.declare(&body).await.expect(200);
    let reviewer = bearer(&app, "codacons", Role::Reviewer).await;
    assert_eq!(waiting(&app, &reviewer).await, [1, 1, 0]);
    let wrong = check(&app, &reviewer, id, &json!({"flags": []}))
        .await
        .wrong_fields();
    let expected = ["/version", "/flags", "/reason"]
        .map(|pointer| (pointer.to_owned(), "required".to_owned()));
    assert_eq!(wrong, expected);
    let mut unknown = in_order(1);
    unknown["flags"] = json!(["paid_plan_proof"]);
    let wrong = check(&app, &reviewer, id, &unknown).await.wrong_fields();
    assert_eq!(wrong, [("/flags".to_owned(), "unknown_value".to_owned())]);
    for role in [Role::Reader, Role::Auditor, Role::Operator] {
        let other = bearer(&app, "codacons", role).await;
        check(&app, &other, id, &in_order(1))
            .await
            .expect_problem(403, "forbidden");
    }
    // one that nobody declared so, and a version that is not there
    let mut other_flag = in_order(1);
    other_flag["flags"] = json!(["outside_window"]);
    for body in [&other_flag, &in_order(2)] {
        check(&app, &reviewer, id, body)
            .await
            .expect_problem(409, "illegal-transition");
    }
    let mut one_flag = in_order(1);
    one_flag["flags"] = json!(["double_recovery"]);
    check(&app, &reviewer, id, &one_flag).await.expect(200);
    assert_eq!(waiting(&app, &reviewer).await, [1, 0, 0]);
    let (one, other) = (in_order(1), in_order(1));
    let (one, other) = tokio::join!(
        check(&app, &reviewer, id, &one),
        check(&app, &reviewer, id, &other)
    );
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    assert_eq!(waiting(&app, &reviewer).await, [0, 0, 0]);
    let version = newest(&app, &reviewer, id).await;
    assert_eq!(
        version["checked"],
        json!(["double_recovery", "not_restored"])
    );
    let sealed = "SELECT count(*) FROM audit WHERE action = 'check_declared' AND detail->>'version' = '1' \
        AND jsonb_array_length(detail->'flags') = 1 AND position('telefono'::bytea IN sealed) = 0 \
        AND detail::text NOT LIKE '%telefono%'";
    assert_eq!(app.number(sealed).await, 2);
    let views = ask(claimant.request(Method::GET, "/views"))
        .await
        .expect(200);
    let views = views["items"].as_array().unwrap();
    assert!(
        views
            .iter()
            .any(|view| view["what"] == "declared_check" && view["role"] == "reviewer"),
        "{views:?}"
    );

    // another version waits anew, and what was read before does not pass it
    let mut again = flagged("a@libero.it", &["not_restored"]);
    again["narrative"] = json!("Non funziona ancora.");
    claimant.declare(&again).await.expect(200);
    assert_eq!(waiting(&app, &reviewer).await, [1, 0, 0]);
    assert_eq!(newest(&app, &reviewer, id).await["checked"], json!([]));
    check(&app, &reviewer, id, &in_order(1))
        .await
        .expect_problem(409, "illegal-transition");
    // who withdrew is nobody's to look at
    claimant.withdraw(&json!({})).await.expect(200);
    assert_eq!(waiting(&app, &reviewer).await, [0, 0, 0]);
    check(&app, &reviewer, id, &in_order(2))
        .await
        .expect_problem(409, "illegal-transition");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_console_the_form_names_the_flags_and_the_next_is_one_key_away() {
    let app = TestApp::seeded().await;
    let first = identified(&app, "a@example.org", "a@libero.it", &mario()).await;
    let body = flagged("a@libero.it", &["not_restored", "outside_window"]);
    first.declare(&body).await.expect(200);
    let second = identified(&app, "b@example.org", "b@libero.it", &anna()).await;
    let body = flagged("b@libero.it", &["not_restored"]);
    second.declare(&body).await.expect(200);
    let codacons = association(&app, "codacons").await;
    let owner = staff_seed::person(&app, codacons, Role::Owner).await;
    let browser = app.browser();
    sign_in(&app, &browser, &owner).await;
    let queues = format!("/console/cases/{CASE}/queues");
    let (_, page) = open(&app, &browser, &queues).await;
    let token = csrf(&page).to_owned();
    let start = format!("{queues}/not_restored/begin");
    let begin = async |after: &str| {
        let fields = [("csrf", token.as_str()), ("after", after)];
        place(&send(&app, &browser, &start, &fields).await).to_owned()
    };
    let (own, other) = (
        format!("/console/claimants/{}", first.id),
        format!("/console/claimants/{}", second.id),
    );
    let (item, next) = (
        format!("{own}?queue=not_restored"),
        format!("{other}?queue=not_restored"),
    );
    assert_eq!(begin("").await, item);
    // to go on ends nothing: both are in hand, and the way leads back
    assert_eq!(begin(&first.id.to_string()).await, next);
    assert_eq!(app.number("SELECT count(*) FROM assignments").await, 2);
    assert_eq!(begin(&second.id.to_string()).await, item);

    let form = format!("{own}/declared-check?queue=not_restored");
    let (_, one) = open(&app, &browser, &item).await;
    let action = format!("action=\"{form}\"");
    for words in [
        "Dichiarazione da controllare",
        "name=\"flags[not_restored]\" value=\"true\" checked",
        "name=\"flags[outside_window]\" value=\"true\" checked",
        "Controllato: va bene così",
        action.as_str(),
    ] {
        assert!(one.contains(words), "{words} in {one}");
    }
    assert!(!one.contains("flags[double_recovery]"), "{one}");
    let empty = [
        ("csrf", token.as_str()),
        ("version", "1"),
        ("flags[not_restored]", "true"),
        ("reason", " "),
    ];
    let refused = send(&app, &browser, &form, &empty).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let refused = refused.text().await.unwrap();
    for words in [
        "id=\"declared-reason-error\"",
        "name=\"flags[not_restored]\" value=\"true\" checked",
        "name=\"flags[outside_window]\" value=\"true\">",
    ] {
        assert!(refused.contains(words), "{words} in {refused}");
    }
    let none = [("csrf", token.as_str()), ("version", "1"), ("reason", "x")];
    let refused = send(&app, &browser, &form, &none).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let refused = refused.text().await.unwrap();
    assert!(refused.contains("id=\"declared-flags-error\""), "{refused}");
    let forged = send(&app, &browser, &form, &[("version", "1"), ("reason", "x")]).await;
    assert_eq!(forged.status(), StatusCode::FORBIDDEN);

    let typed = [
        ("csrf", token.as_str()),
        ("version", "1"),
        ("flags[not_restored]", "true"),
        ("reason", "Lo conferma al telefono"),
    ];
    assert_eq!(place(&send(&app, &browser, &form, &typed).await), item);
    let (_, done) = open(&app, &browser, &item).await;
    for words in [
        "non aspetta più in questa coda",
        "accesskey=\"n\"",
        "controllato dal personale: va bene così",
        "Dichiarazione controllata: va bene così",
        "Lo conferma al telefono",
        // the other flag waits in its own queue
        "name=\"flags[outside_window]\" value=\"true\" checked",
    ] {
        assert!(done.contains(words), "{words} in {done}");
    }
    assert!(!done.contains("flags[not_restored]"), "{done}");
    let again = send(&app, &browser, &form, &typed).await;
    assert_eq!(again.status(), StatusCode::CONFLICT);
    assert_eq!(begin(&first.id.to_string()).await, next);
    // what was ended was let go; of what was not the page says that it is still there
    assert_eq!(app.number("SELECT count(*) FROM assignments").await, 1);
    let end = begin(&second.id.to_string()).await;
    assert_eq!(end, format!("{queues}?done=not_restored"));
    let (_, page) = open(&app, &browser, &end).await;
    assert!(page.contains("Una pratica che aspetta ancora"), "{page}");
    app.stop().await;
}
