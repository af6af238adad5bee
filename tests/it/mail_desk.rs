//! The outbox as the staff of an association see it: what waits, what was given up and why, put into the queue
//! again.

use joinder::domain::permission::Role;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::app::{DEATHS, TestApp};
use crate::claimant::SignUpBuilder;
use crate::staff_console::{csrf, open, place, send, sign_in};
use crate::staff_seed::{association, get, person, post};

const MAILS: &str = "/api/v1/staff/mails";

async fn listed(app: &TestApp, path: &str, bearer: &str) -> Value {
    let answer = get(app, path, bearer).await;
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    answer.json().await.unwrap()
}

/// Gives up every mail in the outbox.
async fn give_up(app: &TestApp, answer: &str) {
    let dead = format!(
        "UPDATE outbox SET state = 'dead', attempts = 9, last_error = '{answer}' WHERE state = 'due'"
    );
    app.sql(&dead).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_given_up_are_told_with_their_cause_and_go_out_again() {
    let app = TestApp::seeded().await;
    let ours = association(&app, "codacons").await;
    let manager = person(&app, ours, Role::CaseManager).await;
    let bearer = manager.stepped_up(&app).await;
    for name in ["a@gmail.com", "b@gmail.com", "c@own.example"] {
        app.sign_up(&SignUpBuilder::new(name)).await;
    }
    let waiting = listed(&app, MAILS, &bearer).await;
    let states: Vec<&Value> = waiting["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| &group["state"])
        .collect();
    assert!(states.iter().all(|state| *state == "due"), "{waiting}");
    assert_eq!(waiting["items"], json!([]));

    give_up(&app, "550 5.1.1 no such user").await;
    let dead = listed(&app, &format!("{MAILS}?limit=2"), &bearer).await;
    let items = dead["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    assert_eq!(
        (
            &items[0]["failure"],
            &items[0]["kind"],
            &items[0]["attempts"]
        ),
        (&json!("no_such_address"), &json!("confirmation"), &json!(9))
    );
    let told = dead.to_string();
    assert!(
        !told.contains("own.example") && !told.contains("a@"),
        "{told}"
    );
    let cursor = dead["next_cursor"].as_str().unwrap();
    let rest = listed(&app, &format!("{MAILS}?limit=2&cursor={cursor}"), &bearer).await;
    assert_eq!(
        (
            rest["items"].as_array().unwrap().len(),
            &rest["next_cursor"]
        ),
        (1, &Value::Null)
    );

    let one = json!({"id": items[0]["id"]});
    let retry = format!("{MAILS}/retry");
    let answer: Value = post(&app, &retry, Some(&bearer), &one)
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(answer, json!({"mails": 1}));
    let twice = post(&app, &retry, Some(&bearer), &one).await;
    assert_eq!(
        twice.status(),
        StatusCode::NOT_FOUND,
        "it was not given up any more"
    );
    let odd = post(&app, &retry, Some(&bearer), &json!({"kind": "spam"})).await;
    assert_eq!(odd.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let none: Value = post(&app, &retry, Some(&bearer), &json!({"kind": "receipt"}))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(none, json!({"mails": 0}));
    let all: Value = post(
        &app,
        &retry,
        Some(&bearer),
        &json!({"kind": "confirmation"}),
    )
    .await
    .json()
    .await
    .unwrap();
    assert_eq!(all, json!({"mails": 2}));
    app.run_outbox().await;
    assert_eq!(app.mails().len(), 3);
    let trail = "SELECT string_agg(detail ->> 'mails', ' ' ORDER BY id) FROM audit WHERE action = 'retry_mail'";
    assert_eq!(app.rows(trail).await[0][0].as_deref(), Some("1 2"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r55_the_outbox_of_another_association_is_neither_seen_nor_sent() {
    let app = TestApp::seeded().await;
    let theirs = association(&app, "altroconsumo").await;
    let stranger = person(&app, theirs, Role::Owner).await;
    let bearer = stranger.stepped_up(&app).await;
    app.sign_up(&SignUpBuilder::new("a@example.org")).await;
    give_up(&app, "connection timed out").await;
    let seen = listed(&app, MAILS, &bearer).await;
    assert_eq!((&seen["groups"], &seen["items"]), (&json!([]), &json!([])));
    let id = app.rows("SELECT id::text FROM outbox").await[0][0]
        .clone()
        .unwrap();
    let retry = format!("{MAILS}/retry");
    let foreign = post(&app, &retry, Some(&bearer), &json!({ "id": id })).await;
    assert_eq!(foreign.status(), StatusCode::NOT_FOUND);
    let all: Value = post(&app, &retry, Some(&bearer), &json!({}))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(all, json!({"mails": 0}));
    app.sql("DELETE FROM outbox").await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_tells_domains_of_providers_and_puts_mails_back_with_a_second_factor() {
    let app = TestApp::seeded().await;
    let ours = association(&app, "codacons").await;
    let owner = person(&app, ours, Role::Owner).await;
    app.sign_up(&SignUpBuilder::new("a@gmail.com")).await;
    give_up(&app, "452 4.2.2 mailbox full").await;
    let browser = app.browser();
    sign_in(&app, &browser, &owner).await;
    let (status, page) = open(&app, &browser, "/console/mails").await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        page.contains("La casella è piena.") && page.contains("non partite"),
        "{page}"
    );
    assert!(!page.contains("a@gmail.com"));
    let token = csrf(&page).to_owned();
    let early = send(&app, &browser, "/console/mails", &[("csrf", &token)]).await;
    assert!(place(&early).starts_with("/console/step-up"));
    let code = owner.code(&app);
    let fields = [
        ("csrf", token.as_str()),
        ("totp", &code),
        ("back", "/console/mails"),
    ];
    let stepped = send(&app, &browser, "/console/step-up", &fields).await;
    assert_eq!(place(&stepped), "/console/mails");
    let done = send(&app, &browser, "/console/mails", &[("csrf", &token)]).await;
    assert_eq!(place(&done), "/console/mails");
    assert_eq!(app.run_outbox().await, 1);
    let (_, page) = open(&app, &browser, "/console/mails").await;
    assert!(page.contains("Nessuna e-mail in coda."));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_lost_while_mails_are_put_back_puts_none_back() {
    let app = TestApp::seeded().await;
    let boss = person(&app, association(&app, "codacons").await, Role::Owner).await;
    app.sign_up(&SignUpBuilder::new("maria@example.org")).await;
    give_up(&app, "550 5.1.1 no such user").await;
    let bearer = boss.stepped_up(&app).await;
    let dead = "SELECT count(*) FROM outbox WHERE state = 'dead'";
    assert_eq!(app.number(dead).await, 1);
    let retry = "/api/v1/staff/mails/retry";
    for moment in DEATHS {
        app.let_die("audit", moment).await;
        let lost = post(&app, retry, Some(&bearer), &json!({})).await;
        assert_eq!(lost.status(), StatusCode::SERVICE_UNAVAILABLE, "{moment}");
        app.let_live("audit").await;
        assert_eq!(app.number(dead).await, 1, "{moment}");
    }
    let back = post(&app, retry, Some(&bearer), &json!({})).await;
    assert_eq!(back.status(), StatusCode::OK);
    assert_eq!(app.number(dead).await, 0);
    app.stop().await;
}
