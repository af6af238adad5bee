//! Staff sign in, stay signed in, and are kept out (DESIGN 7).

use std::collections::BTreeSet;

use chrono::TimeDelta;
use joinder::app::staff;
use joinder::domain::permission::Role;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::staff_seed::{self, PASSWORD, SLUG, codacons, get, person, post};

fn list() -> String {
    format!("/api/v1/staff/cases/{SLUG}/claimants")
}

#[tokio::test(flavor = "multi_thread")]
async fn password_and_code_open_the_list_and_a_code_works_once() {
    let app = staff_seed::start().await;
    let reader = person(&app, codacons(), Role::Reader).await;
    let code = reader.code(&app);
    let first = reader.try_sign_in(&app, PASSWORD, &code).await;
    assert_eq!(first.status(), StatusCode::OK);
    let tokens: Value = first.json().await.unwrap();
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 600);
    let bearer = tokens["access_token"].as_str().unwrap();
    assert_eq!(get(&app, &list(), bearer).await.status(), StatusCode::OK);

    let again = reader.try_sign_in(&app, PASSWORD, &code).await;
    assert_eq!(again.status(), StatusCode::UNAUTHORIZED);
    let problem: Value = again.json().await.unwrap();
    assert_eq!(problem["type"], "/problems/totp-used");

    // the steps beside, in any order
    for shift in [30, -30] {
        let code = reader
            .totp
            .current(app.clock().now() + TimeDelta::seconds(shift));
        let answer = reader.try_sign_in(&app, PASSWORD, &code).await;
        assert_eq!(answer.status(), StatusCode::OK, "{shift}");
    }
    app.clock().advance(TimeDelta::minutes(11));
    let late = get(&app, &list(), bearer).await;
    assert_eq!(late.status(), StatusCode::UNAUTHORIZED);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_not_told_and_ten_failures_lock() {
    let app = staff_seed::start().await;
    let reader = person(&app, codacons(), Role::Reader).await;
    let wrong = reader
        .try_sign_in(&app, "sbagliata", &reader.code(&app))
        .await;
    assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED);
    let mut wrong: Value = wrong.json().await.unwrap();
    let body = json!({ "email": "nessuno@assoc.example", "password": "x", "totp": "000000" });
    let unknown = post(&app, "/api/v1/staff/token", None, &body).await;
    assert_eq!(unknown.status(), StatusCode::UNAUTHORIZED);
    let mut unknown: Value = unknown.json().await.unwrap();
    for problem in [&mut wrong, &mut unknown] {
        problem.as_object_mut().unwrap().remove("request_id");
    }
    assert_eq!(wrong, unknown);

    for _ in 0..8 {
        reader.try_sign_in(&app, "sbagliata", "000000").await;
    }
    let locked = reader.try_sign_in(&app, PASSWORD, &reader.code(&app)).await;
    assert_eq!(locked.status(), StatusCode::TOO_MANY_REQUESTS);
    let wait: i64 = locked.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=901).contains(&wait), "{wait}");
    app.clock().advance(TimeDelta::minutes(16));
    let after = reader.try_sign_in(&app, PASSWORD, &reader.code(&app)).await;
    assert_eq!(after.status(), StatusCode::OK);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_used_twice_ends_its_family() {
    let app = staff_seed::start().await;
    let reader = person(&app, codacons(), Role::Reader).await;
    let first = reader.sign_in(&app).await;
    let body = json!({ "refresh_token": first["refresh_token"] });
    let second = post(&app, "/api/v1/staff/token/refresh", None, &body).await;
    assert_eq!(second.status(), StatusCode::OK);
    let second: Value = second.json().await.unwrap();
    let bearer = second["access_token"].as_str().unwrap();
    assert_eq!(get(&app, &list(), bearer).await.status(), StatusCode::OK);

    let reused = post(&app, "/api/v1/staff/token/refresh", None, &body).await;
    assert_eq!(reused.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(
        get(&app, &list(), bearer).await.status(),
        StatusCode::UNAUTHORIZED
    );
    let body = json!({ "refresh_token": second["refresh_token"] });
    let newest = post(&app, "/api/v1/staff/token/refresh", None, &body).await;
    assert_eq!(newest.status(), StatusCode::UNAUTHORIZED);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_family_a_disabled_person_and_an_ended_membership_are_out_at_once() {
    let app = staff_seed::start().await;
    let reader = person(&app, codacons(), Role::Reader).await;
    let tokens = reader.sign_in(&app).await;
    let bearer = tokens["access_token"].as_str().unwrap();
    let body = json!({ "refresh_token": tokens["refresh_token"] });
    let revoked = post(&app, "/api/v1/staff/token/revoke", None, &body).await;
    assert_eq!(revoked.status(), StatusCode::NO_CONTENT);
    assert_eq!(
        get(&app, &list(), bearer).await.status(),
        StatusCode::UNAUTHORIZED
    );

    let bearer = reader.bearer(&app).await;
    staff::disable(&app.ctx, reader.id).await.unwrap();
    assert_eq!(
        get(&app, &list(), &bearer).await.status(),
        StatusCode::UNAUTHORIZED
    );
    let answer = reader.try_sign_in(&app, PASSWORD, &reader.code(&app)).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);

    let owner = person(&app, codacons(), Role::Owner).await;
    let bearer = owner.bearer(&app).await;
    staff::revoke_membership(&app.ctx, owner.id, codacons())
        .await
        .unwrap();
    assert_eq!(
        get(&app, &list(), &bearer).await.status(),
        StatusCode::UNAUTHORIZED
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_sees_no_claimants() {
    let app = staff_seed::start().await;
    let operator = person(&app, codacons(), Role::Operator).await;
    let bearer = operator.bearer(&app).await;
    assert_eq!(
        get(&app, &list(), &bearer).await.status(),
        StatusCode::FORBIDDEN
    );
    app.stop().await;
}

/// Processes of the database that serve the pools.
async fn backends(app: &crate::app::TestApp) -> BTreeSet<String> {
    let query = "SELECT pid::text FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'joinder'";
    let rows = app.rows(query).await.into_iter().flatten().flatten();
    rows.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_refused_costs_no_connection() {
    let app = staff_seed::start().await;
    let owner = person(&app, codacons(), Role::Owner).await;
    let bearer = owner.bearer(&app).await;
    let wrong = json!({"surprise": 1});
    let before = backends(&app).await;
    assert!(!before.is_empty());
    for _ in 0..30 {
        let answer = post(&app, "/api/v1/staff/invitations", Some(&bearer), &wrong).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }
    let after = backends(&app).await;
    assert!(before.is_subset(&after), "{before:?} {after:?}");
    app.stop().await;
}
