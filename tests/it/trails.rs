//! Who did and saw what: about a claimant, of a staff member, and whose data somebody could read (R54, R55).

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use joinder::app::staff;
use joinder::domain::permission::Role;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::staff_console::{open, sign_in};
use crate::staff_seed::{self, Claimant, Person, altroconsumo, codacons, get, person};

async fn json(app: &TestApp, path: &str, bearer: &str) -> Value {
    let answer = get(app, path, bearer).await;
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    answer.json().await.unwrap()
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

fn reach(who: &Person, from: DateTime<Utc>, to: DateTime<Utc>) -> String {
    let (from, to) = (instant(from), instant(to));
    format!("/api/v1/staff/people/{}/reach?from={from}&to={to}", who.id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trail_tells_who_saw_a_record_page_by_page() {
    let app = staff_seed::start().await;
    let maria = Claimant::maria().insert(&app).await;
    let reviewer = person(&app, codacons(), Role::Reviewer).await;
    let auditor = person(&app, codacons(), Role::Auditor).await;
    let looking = reviewer.bearer(&app).await;
    let bearer = auditor.bearer(&app).await;
    for _ in 0..3 {
        json(&app, &format!("/api/v1/staff/claimants/{maria}"), &looking).await;
        app.clock().advance(TimeDelta::seconds(1));
    }
    let trail = format!("/api/v1/staff/claimants/{maria}/trail");
    let first = json(&app, &format!("{trail}?limit=2"), &bearer).await;
    let items = first["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    assert_eq!(
        (&items[0]["action"], &items[0]["actor_name"]),
        (&json!("view_claimant"), &json!("Nome reviewer"))
    );
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = json(&app, &format!("{trail}?limit=2&cursor={cursor}"), &bearer).await;
    assert_eq!(
        (
            second["items"].as_array().unwrap().len(),
            &second["next_cursor"]
        ),
        (1, &Value::Null)
    );

    let own = format!("/api/v1/staff/people/{}/trail", reviewer.id);
    let own = json(&app, &own, &bearer).await;
    let verbs: Vec<&str> = own["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["action"].as_str().unwrap())
        .collect();
    assert_eq!(
        verbs,
        [
            "view_claimant",
            "view_claimant",
            "view_claimant",
            "staff_sign_in"
        ]
    );
    assert_eq!(own["items"][0]["subject_kind"], "claimant");

    let csv = get(&app, &format!("{trail}.csv"), &bearer).await;
    assert_eq!(csv.status(), StatusCode::OK);
    let csv = csv.text().await.unwrap();
    assert_eq!(csv.matches(";Dati visti in chiaro;").count(), 3, "{csv}");
    let taken = "SELECT count(*) FROM audit WHERE action = 'export_trail'";
    assert_eq!(app.number(taken).await, 1);
    let bad = get(&app, &format!("{trail}?cursor=x"), &bearer).await;
    assert_eq!(bad.status(), StatusCode::BAD_REQUEST);
    let refused = get(&app, &trail, &looking).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_data_somebody_could_read_follows_from_what_the_membership_was() {
    let app = staff_seed::start().await;
    let start = app.clock().now();
    Claimant::maria().insert(&app).await;
    let member = person(&app, codacons(), Role::Reviewer).await;
    let owner = person(&app, codacons(), Role::Owner).await;
    let looking = member.bearer(&app).await;
    let maria = app.rows("SELECT id::text FROM claimants").await[0][0]
        .clone()
        .unwrap();
    for _ in 0..2 {
        json(&app, &format!("/api/v1/staff/claimants/{maria}"), &looking).await;
    }
    app.clock().advance(TimeDelta::days(1));
    let ended = app.clock().now();
    staff::revoke_membership(&app.ctx, member.id, codacons())
        .await
        .unwrap();
    app.clock().advance(TimeDelta::days(1));
    // who came after the end was never readable
    Claimant {
        email: "altra@esempio.example",
        mailboxes: &[],
        person: None,
        ..Claimant::maria()
    }
    .insert(&app)
    .await;
    let bearer = owner.bearer(&app).await;
    let now = app.clock().now();

    let whole = json(&app, &reach(&member, start, now), &bearer).await;
    assert_eq!(whole["could_read"], "clear");
    assert_eq!(
        (
            &whole["views"],
            &whole["viewed_claimants"],
            &whole["exports"]
        ),
        (&json!(2), &json!(1), &json!(0))
    );
    assert_eq!(
        whole["cases"],
        json!([{"title": "Libero e Virgilio fermi", "records": 1}])
    );
    let stretches: Vec<String> = whole["stretches"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stretch| {
            format!(
                "{} {} {}",
                stretch["state"], stretch["role"], stretch["could_read"]
            )
            .replace('"', "")
        })
        .collect();
    assert_eq!(
        stretches,
        ["active reviewer clear", "ended reviewer nothing"]
    );
    assert_eq!(whole["items"].as_array().unwrap().len(), 2);

    let after = json(&app, &reach(&member, ended, now), &bearer).await;
    assert_eq!(
        (&after["could_read"], &after["cases"], &after["views"]),
        (&json!("nothing"), &json!([]), &json!(0))
    );
    let before = json(
        &app,
        &reach(&member, start - TimeDelta::days(9), start),
        &bearer,
    )
    .await;
    assert_eq!(
        (&before["could_read"], &before["stretches"]),
        (&json!("nothing"), &json!([]))
    );
    let csv = get(
        &app,
        &reach(&member, start, now).replace("/reach?", "/reach.csv?"),
        &bearer,
    )
    .await;
    assert_eq!(
        csv.text()
            .await
            .unwrap()
            .matches(";Dati visti in chiaro;")
            .count(),
        2
    );

    for wrong in ["from=&to=", "from=2026-03-02&to=2026-03-01"] {
        let path = format!("/api/v1/staff/people/{}/reach?{wrong}", member.id);
        let refused = get(&app, &path, &bearer).await;
        assert_eq!(
            refused.status(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "{wrong}"
        );
    }
    let stranger = person(&app, altroconsumo(), Role::Reader).await;
    let foreign = get(&app, &reach(&stranger, start, now), &bearer).await;
    assert_eq!(foreign.status(), StatusCode::NOT_FOUND);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_masked_role_could_read_masked_and_the_pages_say_so() {
    let app = staff_seed::start().await;
    let maria = Claimant::maria().insert(&app).await;
    let reader = person(&app, codacons(), Role::Reader).await;
    let auditor = person(&app, codacons(), Role::Auditor).await;
    let looking = reader.bearer(&app).await;
    json(&app, &format!("/api/v1/staff/claimants/{maria}"), &looking).await;
    let browser = app.browser();
    sign_in(&app, &browser, &auditor).await;
    let (status, page) = open(&app, &browser, "/console/trails").await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        page.contains("joinder log audit libero-virgilio-2023") && page.contains("Nome reader")
    );
    let path = format!("/console/people/{}/reach", reader.id);
    let (_, empty) = open(&app, &browser, &path).await;
    assert!(empty.contains("type=\"date\"") && !empty.contains("id=\"allowed\""));
    let (_, page) = open(
        &app,
        &browser,
        &format!("{path}?from=2026-03-01&to=2026-03-31"),
    )
    .await;
    assert!(
        page.contains("con i dati mascherati") && page.contains("Letture in chiaro: 0"),
        "{page}"
    );
    let (status, _) = open(&app, &browser, &format!("{path}?from=x&to=2026-03-31")).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let (status, page) = open(&app, &browser, &format!("/console/claimants/{maria}/trail")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("Registro completo"));
    app.stop().await;
}
