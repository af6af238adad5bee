//! A restriction ends: with a reason, and never before the person was told (R61, art. 18.3 GDPR).

use chrono::TimeDelta;
use joinder::app::rights;
use joinder::domain::permission::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::{DEATHS, TestApp};
use crate::claimant::{Claimant, SignUpBuilder, ask};
use crate::seed::CASE;
use crate::signing::again;
use crate::staff_console::{csrf, open, place, send, sign_in};
use crate::staff_seed::{Person, association, get, person, post};

const WHY: &str = "I dati sono stati verificati.";

async fn manager(app: &TestApp) -> Person {
    let ours = association(app, "codacons").await;
    person(app, ours, Role::CaseManager).await
}

async fn act(app: &TestApp, bearer: &str, path: &str, body: &Value) -> (StatusCode, Value) {
    let answer = post(app, path, Some(bearer), body).await;
    (answer.status(), answer.json().await.unwrap())
}

/// Somebody whose data are only kept, and the path of the request.
async fn restricted<'app>(
    app: &'app TestApp,
    bearer: &str,
    email: &str,
) -> (Claimant<'app>, String) {
    let claimant = app.confirmed(&SignUpBuilder::new(email)).await;
    let body = json!({"kind": "restriction", "text": "Fermate tutto"});
    let asked = ask(claimant
        .request(Method::POST, "/rights-requests")
        .json(&body))
    .await
    .expect(201);
    let one = format!(
        "/api/v1/staff/rights-requests/{}",
        asked["id"].as_str().unwrap()
    );
    let granted = json!({"decision": "granted", "reason": "Fatto", "confirm": "restrict"});
    let (status, told) = act(app, bearer, &format!("{one}/answer"), &granted).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    app.run_outbox().await;
    (claimant, one)
}

async fn is_listed(app: &TestApp, bearer: &str) -> bool {
    let list = format!("/api/v1/staff/cases/{CASE}/claimants");
    let listed: Value = get(app, &list, bearer).await.json().await.unwrap();
    !listed["items"].as_array().unwrap().is_empty()
}

#[tokio::test(flavor = "multi_thread")]
async fn r61_the_person_is_told_why_a_week_before_the_data_are_used_again() {
    let app = TestApp::seeded().await;
    let staff = manager(&app).await;
    let bearer = staff.bearer(&app).await;
    let (_, one) = restricted(&app, &bearer, "maria@example.org").await;
    let lifting = format!("{one}/lifting");
    let (status, _) = act(&app, &bearer, &lifting, &json!({})).await;
    assert_eq!(
        status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "not without a reason"
    );
    let (status, told) = act(&app, &bearer, &lifting, &json!({"reason": WHY})).await;
    assert_eq!(
        (status, &told["lifting_reason"]),
        (StatusCode::OK, &json!(WHY)),
        "{told}"
    );
    let (status, _) = act(&app, &bearer, &lifting, &json!({"reason": WHY})).await;
    assert_eq!(status, StatusCode::CONFLICT, "one mail is on its way");
    app.run_outbox().await;
    let mail = app.mails_to("maria@example.org").pop().unwrap();
    assert!(
        mail.contains(WHY) && mail.contains("torniamo a usarli"),
        "{mail}"
    );
    app.clock().advance(TimeDelta::days(6));
    assert_eq!(rights::lift_due(&app.ctx).await.unwrap(), 0);
    let bearer = staff.bearer(&app).await;
    assert!(!is_listed(&app, &bearer).await);
    app.clock().advance(TimeDelta::days(1));
    assert_eq!(rights::lift_due(&app.ctx).await.unwrap(), 1);
    assert_eq!(rights::lift_due(&app.ctx).await.unwrap(), 0, "once");
    let bearer = staff.bearer(&app).await;
    assert!(is_listed(&app, &bearer).await);
    let claimant = again(&app, "maria@example.org").await;
    let own = ask(claimant.request(Method::GET, "/rights-requests")).await;
    assert_eq!(own.expect(200)["items"][0]["lifting_reason"], json!(WHY));
    let trail = "SELECT string_agg(action || ' ' || actor_kind, ', ' ORDER BY id) FROM audit \
        WHERE action IN ('announce_lifting', 'lift_restriction')";
    let trail = app.rows(trail).await;
    assert_eq!(
        trail[0][0].as_deref(),
        Some("announce_lifting staff, lift_restriction system")
    );
    let seen: Value = get(&app, &one, &bearer).await.json().await.unwrap();
    assert!(
        seen["lifted_at"].is_string() && seen["may_lift"] == false,
        "{seen}"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r61_a_mail_that_does_not_leave_lifts_nothing_until_a_letter_was_sent() {
    let app = TestApp::seeded().await;
    let staff = manager(&app).await;
    let bearer = staff.bearer(&app).await;
    let (_, one) = restricted(&app, &bearer, "maria@example.org").await;
    let lifting = format!("{one}/lifting");
    act(&app, &bearer, &lifting, &json!({"reason": WHY})).await;
    app.sql("UPDATE outbox SET state = 'dead' WHERE kind = 'rights'")
        .await;
    app.clock().advance(TimeDelta::days(30));
    assert_eq!(
        rights::lift_due(&app.ctx).await.unwrap(),
        0,
        "nobody was told"
    );
    // dropped without a trace of having been written: not told either
    app.sql("DELETE FROM outbox WHERE kind = 'rights'").await;
    assert_eq!(rights::lift_due(&app.ctx).await.unwrap(), 0);
    let bearer = staff.bearer(&app).await;
    let letter = json!({"reason": WHY, "letter_sent": true});
    let (status, told) = act(&app, &bearer, &lifting, &letter).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    let (status, _) = act(&app, &bearer, &lifting, &letter).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(
        rights::lift_due(&app.ctx).await.unwrap(),
        0,
        "the days run anew"
    );
    app.clock().advance(TimeDelta::days(7));
    assert_eq!(rights::lift_due(&app.ctx).await.unwrap(), 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r61_what_is_lodged_stays_restricted_and_one_restriction_does_not_end_another() {
    let app = TestApp::seeded().await;
    let staff = manager(&app).await;
    let bearer = staff.bearer(&app).await;
    let (claimant, first) = restricted(&app, &bearer, "maria@example.org").await;
    let body = json!({"kind": "restriction", "text": "Ancora"});
    let asked = ask(claimant
        .request(Method::POST, "/rights-requests")
        .json(&body))
    .await
    .expect(201);
    let second = format!(
        "/api/v1/staff/rights-requests/{}",
        asked["id"].as_str().unwrap()
    );
    let granted = json!({"decision": "granted", "reason": "Fatto", "confirm": "restrict"});
    act(&app, &bearer, &format!("{second}/answer"), &granted).await;
    app.run_outbox().await;
    let (status, _) = act(
        &app,
        &bearer,
        &format!("{first}/lifting"),
        &json!({"reason": WHY}),
    )
    .await;
    assert_eq!(status, StatusCode::OK);
    app.run_outbox().await;
    app.clock().advance(TimeDelta::days(7));
    assert_eq!(rights::lift_due(&app.ctx).await.unwrap(), 1);
    let kept = "SELECT count(*) FROM claimants WHERE restricted_at IS NOT NULL";
    assert_eq!(
        app.number(kept).await,
        1,
        "the other request still wants it"
    );
    app.sql("UPDATE claimants SET state = 'restricted'").await;
    let bearer = staff.bearer(&app).await;
    let (status, told) = act(
        &app,
        &bearer,
        &format!("{second}/lifting"),
        &json!({"reason": WHY}),
    )
    .await;
    assert_eq!(status, StatusCode::CONFLICT, "{told}");
    let open = format!("{second}/answer");
    let (status, _) = act(&app, &bearer, &open, &granted).await;
    assert_eq!(status, StatusCode::CONFLICT);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_leads_to_the_request_and_asks_for_a_letter_where_there_is_no_address() {
    let app = TestApp::seeded().await;
    let phone = SignUpBuilder::new("x@example.org").without("/contact/email");
    let phone = phone.with("/contact/phone", json!("+393331234567"));
    let claimant = app.sign_up(&phone).await;
    let one = uuid::Uuid::new_v4();
    let granted = format!(
        "UPDATE claimants SET state = 'confirmed', confirmed_at = created_at, restricted_at = created_at; \
         INSERT INTO rights_requests (subject_id, id, association_id, case_id, kind, channel, received_at, received_on, due_on, \
           answered_at, decision, outcome, carried_out_at) \
         SELECT id, '{one}', association_id, case_id, 'restriction', 'letter', created_at, '2026-03-02', '2026-04-02', \
           created_at, 'granted', 'restricted', created_at FROM claimants"
    );
    app.sql(&granted).await;
    let ours = association(&app, "codacons").await;
    let manager = person(&app, ours, Role::CaseManager).await;
    let browser = app.browser();
    sign_in(&app, &browser, &manager).await;
    let path = format!("/console/rights/{one}");
    let (_, record) = open(
        &app,
        &browser,
        &format!("/console/claimants/{}", claimant.id),
    )
    .await;
    assert!(record.contains(&path), "{record}");
    let (_, page) = open(&app, &browser, &path).await;
    assert!(page.contains("Togliere il blocco"));
    let csrf = csrf(&page).to_owned();
    let lifting = format!("{path}/lifting");
    let fields = [("csrf", csrf.as_str()), ("reason", WHY)];
    let refused = send(&app, &browser, &lifting, &fields).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let refused = refused.text().await.unwrap();
    assert!(
        refused.contains(WHY) && refused.contains("id=\"letter-sent-error\""),
        "{refused}"
    );
    let fields = [
        ("csrf", csrf.as_str()),
        ("reason", WHY),
        ("letter_sent", "true"),
    ];
    let done = send(&app, &browser, &lifting, &fields).await;
    assert_eq!(place(&done), path);
    let (_, page) = open(&app, &browser, &path).await;
    assert!(
        page.contains("avvisata per lettera") && !page.contains("Togliere il blocco"),
        "{page}"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r61_a_database_lost_while_a_restriction_is_to_end_tells_nobody_and_ends_nothing() {
    let app = TestApp::seeded().await;
    let bearer = manager(&app).await.bearer(&app).await;
    let (_, one) = restricted(&app, &bearer, "maria@example.org").await;
    let lifting = format!("{one}/lifting");
    let mails = app.number("SELECT count(*) FROM outbox").await;
    for moment in DEATHS {
        app.let_die("audit", moment).await;
        let (status, told) = act(&app, &bearer, &lifting, &json!({"reason": WHY})).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{moment} {told}");
        app.let_live("audit").await;
        let seen: Value = get(&app, &one, &bearer).await.json().await.unwrap();
        assert_eq!(seen["lifting_reason"], Value::Null, "{moment}");
        let left = app.number("SELECT count(*) FROM outbox").await;
        assert_eq!(left, mails, "{moment}");
    }
    let (status, told) = act(&app, &bearer, &lifting, &json!({"reason": WHY})).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    app.stop().await;
}
