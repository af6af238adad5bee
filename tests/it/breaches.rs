//! The register of breaches: the clock from awareness, versions that stay, the file for the authority (R63).

use chrono::TimeDelta;
use joinder::domain::permission::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::staff_console::{csrf, open, place, send, sign_in};
use crate::staff_seed::{association, get, person, post};

const REGISTER: &str = "/api/v1/staff/breaches";

async fn bearer(app: &TestApp, slug: &str, role: Role) -> String {
    let ours = association(app, slug).await;
    person(app, ours, role).await.bearer(app).await
}

async fn put(app: &TestApp, bearer: &str, path: &str, body: &Value) -> (StatusCode, Value) {
    let request = app.request(Method::PUT, path).bearer_auth(bearer);
    let answer = request.json(body).send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

fn noticed() -> Value {
    json!({"what_happened": "Una lista è finita a un indirizzo sbagliato", "noticed_at": "2026-03-02T09:00:00+01:00"})
}

#[tokio::test(flavor = "multi_thread")]
async fn r63_an_entry_starts_a_clock_of_72_hours_from_awareness() {
    let app = TestApp::seeded().await;
    app.clock().advance(TimeDelta::hours(10));
    let bearer = bearer(&app, "codacons", Role::Operator).await;
    let opened = post(&app, REGISTER, Some(&bearer), &noticed()).await;
    assert_eq!(opened.status(), StatusCode::CREATED);
    let opened: Value = opened.json().await.unwrap();
    assert_eq!(opened["due_at"], "2026-03-05T08:00:00Z", "{opened}");
    assert_eq!(
        (&opened["deadline"], &opened["version"]),
        (&json!("running"), &json!(1))
    );
    app.clock().advance(TimeDelta::hours(72));
    let owner = self::bearer(&app, "codacons", Role::Owner).await;
    let listed: Value = get(&app, REGISTER, &owner).await.json().await.unwrap();
    assert_eq!(listed["items"][0]["deadline"], "overdue");

    let path = format!("{REGISTER}/{}", opened["id"].as_str().unwrap());
    let mut late = noticed();
    late["version"] = json!(1);
    late["notified_at"] = json!("2026-03-05T09:00:01Z");
    late["closed"] = json!(true);
    let (status, told) = put(&app, &owner, &path, &late).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let wrong = told["errors"].as_array().unwrap().iter();
    let wrong: Vec<&str> = wrong.map(|it| it["pointer"].as_str().unwrap()).collect();
    assert_eq!(wrong, ["/delay_reason", "/closed"]);
    late["delay_reason"] = json!("Il fornitore ha risposto tardi");
    late["consequences"] = json!("Nessuna finora");
    late["measures"] = json!("Lista ritirata");
    late["people"] = json!(12);
    let (status, told) = put(&app, &owner, &path, &late).await;
    assert_eq!(
        (status, &told["deadline"]),
        (StatusCode::OK, &json!("late")),
        "{told}"
    );
    // who still has the first version does not overwrite the second
    let (status, _) = put(&app, &owner, &path, &late).await;
    assert_eq!(status, StatusCode::CONFLICT);
    let all: Value = get(&app, &path, &owner).await.json().await.unwrap();
    let versions = all["items"].as_array().unwrap().iter();
    let versions: Vec<_> = versions.map(|it| (&it["version"], &it["people"])).collect();
    assert_eq!(
        versions,
        [(&json!(2), &json!(12)), (&json!(1), &Value::Null)]
    );
    assert!(all["items"][0]["closed_at"].is_string() && all["items"][1]["closed_at"].is_null());
    let trail =
        "SELECT string_agg(action, ' ' ORDER BY id) FROM audit WHERE action LIKE '%_breach'";
    let trail = app.rows(trail).await;
    assert_eq!(trail[0][0].as_deref(), Some("open_breach update_breach"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r55_the_register_is_the_associations_and_nobody_changes_what_was_written() {
    let app = TestApp::seeded().await;
    app.clock().advance(TimeDelta::hours(10));
    let ours = bearer(&app, "codacons", Role::Auditor).await;
    let opened = post(&app, REGISTER, Some(&ours), &noticed()).await;
    let opened: Value = opened.json().await.unwrap();
    let theirs = bearer(&app, "altroconsumo", Role::Owner).await;
    let listed: Value = get(&app, REGISTER, &theirs).await.json().await.unwrap();
    assert_eq!(listed["items"], json!([]));
    let path = format!("{REGISTER}/{}", opened["id"].as_str().unwrap());
    assert_eq!(
        get(&app, &path, &theirs).await.status(),
        StatusCode::NOT_FOUND
    );
    let mut next = noticed();
    next["version"] = json!(1);
    let (status, _) = put(&app, &theirs, &path, &next).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let rights = "SELECT string_agg(DISTINCT privilege_type, ' ' ORDER BY privilege_type) FROM information_schema.role_table_grants \
        WHERE table_name = 'breaches' AND grantee LIKE 'joinder_%'";
    let rights = app.rows(rights).await;
    assert_eq!(rights[0][0].as_deref(), Some("INSERT SELECT"));

    let file = get(&app, &format!("{REGISTER}.csv"), &ours).await;
    assert_eq!(file.headers()["content-type"], "text/csv; charset=utf-8");
    let file = file.text().await.unwrap();
    assert!(file.contains("Una lista è finita") && file.contains("2026-03-05T09:00:00+01:00"));
    let empty = get(&app, &format!("{REGISTER}.csv"), &theirs).await;
    assert_eq!(empty.text().await.unwrap().lines().count(), 1);
    let taken = "SELECT count(*) FROM audit WHERE action = 'export_breaches'";
    assert_eq!(app.number(taken).await, 2);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r63_the_console_notes_a_breach_and_shows_the_time_left() {
    let app = TestApp::seeded().await;
    app.clock().advance(TimeDelta::hours(10));
    let ours = association(&app, "codacons").await;
    let owner = person(&app, ours, Role::Owner).await;
    let browser = app.browser();
    sign_in(&app, &browser, &owner).await;
    let (_, empty) = open(&app, &browser, "/console/breaches").await;
    assert!(empty.contains("Nessuna violazione annotata."));
    let token = csrf(&empty).to_owned();
    let refused = send(&app, &browser, "/console/breaches", &[("csrf", &token)]).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let refused = refused.text().await.unwrap();
    assert!(
        refused.contains("id=\"what-happened-error\"")
            && refused.contains("id=\"noticed-at-error\"")
    );
    let mut fields = vec![
        ("csrf", token.as_str()),
        ("what_happened", "Lista smarrita"),
        ("noticed_at", "2026-03-02T09:00"),
        ("people", "1.200"),
    ];
    let noted = send(&app, &browser, "/console/breaches", &fields).await;
    let one = place(&noted).to_owned();
    let (_, shown) = open(&app, &browser, &one).await;
    assert!(
        shown.contains("restano ") && shown.contains("5 marzo 2026, ore 09:00"),
        "{shown}"
    );
    assert!(shown.contains("value=\"2026-03-02T09:00\"") && shown.contains("value=\"1200\""));
    fields.extend([("version", "1"), ("closed", "true")]);
    let refused = send(&app, &browser, &one, &fields).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    fields.extend([
        ("consequences", "Nessuna"),
        ("measures", "Ritrovata"),
        ("delay_reason", "Rischio improbabile: nessuno l’ha aperta"),
    ]);
    let closed = send(&app, &browser, &one, &fields).await;
    assert_eq!(place(&closed), one);
    let (_, shown) = open(&app, &browser, &one).await;
    assert!(shown.contains("chiusa senza notifica"), "{shown}");
    let (_, register) = open(&app, &browser, "/console/breaches").await;
    assert!(register.contains("Lista smarrita") && register.contains("/console/breaches.csv"));
    let file = browser.get(app.url("/console/breaches.csv")).send().await;
    assert_eq!(
        file.unwrap()
            .text()
            .await
            .unwrap()
            .matches("Lista smarrita")
            .count(),
        2
    );
    app.stop().await;
}
