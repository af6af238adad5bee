//! Swindlers who pose as an association: told by anybody, read by the staff it concerns (R13).

use chrono::TimeDelta;
use joinder::app::retention::rules;
use joinder::app::scam_report::MOST_A_DAY;
use joinder::domain::permission::Role;
use joinder::domain::retention::SCAM_REPORTS;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::{DEATHS, TestApp};
use crate::seed::CASE;
use crate::staff_console::{csrf, open, place, send, sign_in};
use crate::staff_seed::{association, get, person, post};

const PUBLIC: &str = "/api/v1/public/scam-reports";
const STAFF: &str = "/api/v1/staff/scam-reports";
const STORY: &str = "Mi ha scritto di pagare su https://truffa.example/paga subito.";

fn told() -> Value {
    json!({
        "case": CASE, "association": "codacons", "what_happened": STORY, "asked_for": "money",
        "came_from": "finto@codacons-rimborsi.example", "contact": "333 1234567",
    })
}

async fn bearer(app: &TestApp, slug: &str, role: Role) -> String {
    let ours = association(app, slug).await;
    person(app, ours, role).await.bearer(app).await
}

async fn listed(app: &TestApp, bearer: &str, query: &str) -> Vec<Value> {
    let answer = get(app, &format!("{STAFF}{query}"), bearer).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let answer: Value = answer.json().await.unwrap();
    answer["items"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn r13_a_report_reaches_the_association_it_names_sealed_and_is_worked_off() {
    let app = TestApp::seeded().await;
    let taken = post(&app, PUBLIC, None, &told()).await;
    assert_eq!(taken.status(), StatusCode::CREATED);
    let taken: Value = taken.json().await.unwrap();
    assert_eq!(taken, json!({"associations": 1}));
    let stored = app
        .rows("SELECT scam_reports::text FROM scam_reports")
        .await;
    let stored = stored[0][0].clone().unwrap();
    for word in ["truffa", "codacons-rimborsi", "333 1234567"] {
        let bytes: String = word.bytes().map(|it| format!("{it:02x}")).collect();
        let told = stored.contains(word) || stored.contains(&bytes);
        assert!(!told, "{word}: {stored}");
    }

    let reviewer = bearer(&app, "codacons", Role::Reviewer).await;
    let items = listed(&app, &reviewer, "").await;
    assert_eq!(items.len(), 1);
    assert_eq!(
        (&items[0]["asked_for"], &items[0]["case"]),
        (&json!("money"), &json!(CASE))
    );
    assert!(
        items[0].get("what_happened").is_none(),
        "a list tells no story"
    );
    let one = format!("{STAFF}/{}", items[0]["id"].as_str().unwrap());
    let seen: Value = get(&app, &one, &reviewer).await.json().await.unwrap();
    assert_eq!(
        (&seen["what_happened"], &seen["contact"]),
        (&json!(STORY), &json!("333 1234567"))
    );
    assert_eq!(seen["note"], Value::Null);

    let handling = format!("{one}/handling");
    let empty = post(&app, &handling, Some(&reviewer), &json!({"note": " "})).await;
    assert_eq!(empty.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let note = json!({"note": "Denunciato alla Polizia Postale"});
    let done = post(&app, &handling, Some(&reviewer), &note).await;
    assert_eq!(done.status(), StatusCode::OK);
    let again = post(&app, &handling, Some(&reviewer), &note).await;
    assert_eq!(
        again.status(),
        StatusCode::CONFLICT,
        "what was done is not written over"
    );
    assert_eq!(listed(&app, &reviewer, "").await, Vec::<Value>::new());
    assert_eq!(listed(&app, &reviewer, "?state=all").await.len(), 1);
    let seen: Value = get(&app, &one, &reviewer).await.json().await.unwrap();
    assert_eq!(seen["note"], note["note"]);
    let trail =
        "SELECT string_agg(action, ' ' ORDER BY id) FROM audit WHERE action LIKE '%scam_report'";
    let trail = app.rows(trail).await;
    let verbs = "view_scam_report handle_scam_report view_scam_report";
    assert_eq!(trail[0][0].as_deref(), Some(verbs));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r55_who_names_no_association_tells_all_of_the_case_and_none_sees_anothers_row() {
    let app = TestApp::seeded().await;
    let mut body = told();
    body.as_object_mut().unwrap().remove("association");
    let taken = post(&app, PUBLIC, None, &body).await;
    let taken: Value = taken.json().await.unwrap();
    let all = "SELECT count(*) FROM case_associations p JOIN cases c ON c.id = p.case_id";
    let all = app.number(&format!("{all} WHERE c.slug = '{CASE}'")).await;
    assert!(all > 1);
    assert_eq!(taken["associations"], json!(all));
    let ours = bearer(&app, "codacons", Role::Owner).await;
    let theirs = bearer(&app, "altroconsumo", Role::Owner).await;
    let mine = listed(&app, &ours, "").await;
    assert_eq!((mine.len(), listed(&app, &theirs, "").await.len()), (1, 1));
    let one = format!("{STAFF}/{}", mine[0]["id"].as_str().unwrap());
    assert_eq!(
        get(&app, &one, &theirs).await.status(),
        StatusCode::NOT_FOUND
    );
    let handling = format!("{one}/handling");
    let note = json!({"note": "Nostra"});
    let foreign = post(&app, &handling, Some(&theirs), &note).await;
    assert_eq!(foreign.status(), StatusCode::NOT_FOUND);
    // one of them is done with it, the other is not
    post(&app, &handling, Some(&ours), &note).await;
    assert_eq!(listed(&app, &ours, "").await.len(), 0);
    assert_eq!(listed(&app, &theirs, "").await.len(), 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_told_by_field_and_a_repetition_sends_nothing_twice() {
    let app = TestApp::seeded().await;
    let wrong = post(&app, PUBLIC, None, &json!({"asked_for": "gold"})).await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let wrong: Value = wrong.json().await.unwrap();
    let wrong = wrong["errors"].as_array().unwrap().iter();
    let wrong: Vec<_> = wrong.map(|it| it["pointer"].as_str().unwrap()).collect();
    assert_eq!(wrong, ["/case", "/what_happened", "/asked_for"]);
    for (field, value) in [("case", "nessuno"), ("association", "nessuno")] {
        let mut body = told();
        body[field] = json!(value);
        let refused = post(&app, PUBLIC, None, &body).await;
        assert_eq!(
            refused.status(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "{field}"
        );
    }
    let twice = async |body: Value| {
        let request = app
            .request(Method::POST, PUBLIC)
            .header("idempotency-key", "k1");
        request.json(&body).send().await.unwrap().status()
    };
    assert_eq!(twice(told()).await, StatusCode::CREATED);
    assert_eq!(twice(told()).await, StatusCode::CREATED);
    let mut other = told();
    other["contact"] = json!("altro");
    assert_eq!(twice(other).await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(app.number("SELECT count(*) FROM scam_reports").await, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_ends_at_the_cap_of_a_case_and_the_queue_is_read_page_by_page() {
    let app = TestApp::seeded().await;
    post(&app, PUBLIC, None, &told()).await;
    app.clock().advance(TimeDelta::minutes(1));
    post(&app, PUBLIC, None, &told()).await;
    let owner = bearer(&app, "codacons", Role::Owner).await;
    for wrong in ["limit=0", "limit=201"] {
        let refused = get(&app, &format!("{STAFF}?{wrong}"), &owner).await;
        assert_eq!(refused.status(), 400, "{wrong}");
    }
    let mut seen = Vec::new();
    let mut next = format!("{STAFF}?limit=1");
    for _ in 0..2 {
        let page: Value = get(&app, &next, &owner).await.json().await.unwrap();
        seen.push(page["items"][0]["id"].as_str().unwrap().to_owned());
        next = format!(
            "{STAFF}?limit=1&cursor={}",
            page["next_cursor"].as_str().unwrap_or("")
        );
    }
    let oldest = "SELECT id::text FROM scam_reports ORDER BY received_at";
    let oldest: Vec<String> = app
        .rows(oldest)
        .await
        .into_iter()
        .map(|row| row[0].clone().unwrap())
        .collect();
    assert_eq!(seen, oldest);
    assert!(next.ends_with("cursor="), "nothing is left");
    let bad = get(&app, &format!("{STAFF}?cursor=x"), &owner).await;
    assert_eq!(bad.status(), StatusCode::BAD_REQUEST);

    let full =
        format!("UPDATE rate_buckets SET instants = array_fill(instants[1], ARRAY[{MOST_A_DAY}])");
    app.sql(&full).await;
    let refused = post(&app, PUBLIC, None, &told()).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.headers().contains_key("retry-after"));
    app.clock().advance(TimeDelta::hours(25));
    let taken = post(&app, PUBLIC, None, &told()).await;
    assert_eq!(taken.status(), StatusCode::CREATED);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_are_kept_for_a_year_or_as_long_as_was_set() {
    let app = TestApp::seeded().await;
    post(&app, PUBLIC, None, &told()).await;
    app.clock().advance(TimeDelta::days(364));
    assert_eq!(rules::run(&app.ctx).await.unwrap().of(SCAM_REPORTS), 0);
    rules::confirm(&app.ctx, SCAM_REPORTS, 180, "Avv. Prova")
        .await
        .unwrap();
    let all = rules::standing(&app.ctx).await.unwrap();
    let told = all
        .into_iter()
        .find(|it| it.rule.name == SCAM_REPORTS)
        .unwrap();
    assert_eq!((told.due.unwrap().count, told.acts), (1, true));
    assert_eq!(rules::run(&app.ctx).await.unwrap().of(SCAM_REPORTS), 1);
    assert_eq!(app.number("SELECT count(*) FROM scam_reports").await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r13_the_form_asks_for_no_secret_and_staff_never_see_a_link() {
    let app = TestApp::seeded().await;
    let visitor = app.browser();
    let (status, page) = open(
        &app,
        &visitor,
        &format!("/report-scam?case={CASE}&association=codacons"),
    )
    .await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains(&format!("value=\"{CASE}/codacons\" selected")));
    assert!(page.contains("Polizia Postale") && !page.contains("type=\"password\""));
    let refused = send(
        &app,
        &visitor,
        "/report-scam",
        &[("what_happened", "Solo questo")],
    )
    .await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let refused = refused.text().await.unwrap();
    assert!(refused.contains("Solo questo") && refused.contains("id=\"asked-for-error\""));
    let key = refused
        .split("name=\"idempotency_key\" value=\"")
        .nth(1)
        .unwrap();
    let key = key.split('"').next().unwrap();
    let fields = [
        ("idempotency_key", key),
        ("case", &format!("{CASE}/codacons")),
        ("what_happened", STORY),
        ("asked_for", "codes"),
        ("came_from", "https://truffa.example/x"),
    ];
    for _ in 0..2 {
        let sent = send(&app, &visitor, "/report-scam", &fields).await;
        assert_eq!(place(&sent), "/report-scam?done=sent");
    }
    assert_eq!(app.number("SELECT count(*) FROM scam_reports").await, 1);
    for path in ["/verify", "/a/codacons", "/", &format!("/c/{CASE}")] {
        let (_, page) = open(&app, &visitor, path).await;
        assert!(page.contains("href=\"/report-scam"), "{path}");
    }

    let ours = association(&app, "codacons").await;
    let reviewer = person(&app, ours, Role::Reviewer).await;
    let browser = app.browser();
    sign_in(&app, &browser, &reviewer).await;
    let (_, home) = open(&app, &browser, "/console").await;
    assert!(home.contains("/console/scam-reports") && home.contains("una da leggere"));
    let (_, queue) = open(&app, &browser, "/console/scam-reports").await;
    let id = queue.split("/console/scam-reports/").nth(1).unwrap();
    let path = format!("/console/scam-reports/{}", id.split('"').next().unwrap());
    let (_, one) = open(&app, &browser, &path).await;
    assert!(one.contains("hxxps[:]//truffa[.]example/paga"), "{one}");
    assert!(!one.contains("truffa.example") && !one.contains("https://truffa"));
    let token = csrf(&one).to_owned();
    let foreign = send(&app, &browser, &path, &[("note", "Fatto")]).await;
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN);
    let empty = send(&app, &browser, &path, &[("csrf", &token)]).await;
    assert_eq!(empty.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let done = send(
        &app,
        &browser,
        &path,
        &[("csrf", &token), ("note", "Fatto")],
    )
    .await;
    assert_eq!(place(&done), "/console/scam-reports");
    let (_, one) = open(&app, &browser, &path).await;
    assert!(one.contains("Fatto") && !one.contains("<textarea"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_lost_while_a_report_is_written_keeps_no_half_and_the_same_key_sends_it_once() {
    let app = TestApp::seeded().await;
    let send = || {
        app.request(Method::POST, PUBLIC)
            .header("idempotency-key", "one")
            .json(&told())
    };
    let left =
        "SELECT (SELECT count(*) FROM scam_reports) + (SELECT count(*) FROM idempotency_keys)";
    for moment in DEATHS {
        app.let_die("scam_reports", moment).await;
        let lost = send().send().await.unwrap();
        assert_eq!(lost.status(), StatusCode::SERVICE_UNAVAILABLE, "{moment}");
        assert!(lost.headers().contains_key("retry-after"));
        app.let_live("scam_reports").await;
        assert_eq!(app.number(left).await, 0, "{moment}");
    }
    for _ in 0..2 {
        assert_eq!(send().send().await.unwrap().status(), StatusCode::CREATED);
    }
    assert_eq!(app.number("SELECT count(*) FROM scam_reports").await, 1);
    app.stop().await;
}
