//! The code of the mail and the texts it signs (R4, R43, R65).

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Method;
use serde_json::json;

use super::{ADDRESS, again, asked, declaration, mario_of, newest_code};
use crate::app::TestApp;
use crate::claimant::{ask, other_code};

#[tokio::test(flavor = "multi_thread")]
async fn r43_a_later_declaration_voids_the_code() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let (request, code, _) = asked(&app, &claimant).await;
    let mut body = declaration();
    body["narrative"] = json!("Ho perso una prenotazione.");
    assert_eq!(claimant.declare(&body).await.expect(200)["version"], 2);
    claimant
        .sign(&request, &code, "Mario Rossi")
        .await
        .expect_problem(409, "illegal-transition");
    assert_eq!(claimant.me().await["state"], "confirmed");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r43_a_new_request_has_a_new_code_and_ends_the_old_one() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let (first, old_code, document) = asked(&app, &claimant).await;
    let second = claimant.request_signature(&document).await.expect(202);
    app.run_outbox().await;
    let code = newest_code(&app);
    assert_ne!(code, old_code);
    let second = second["id"].as_str().unwrap();
    claimant
        .sign(&first, &old_code, "Mario Rossi")
        .await
        .expect_problem(409, "illegal-transition");
    claimant
        .sign(second, &code, "Mario Rossi")
        .await
        .expect(201);
    claimant
        .sign(second, &code, "Mario Rossi")
        .await
        .expect_problem(410, "token-used");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r43_five_wrong_codes_end_a_request_and_a_wrong_name_costs_nothing() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let (request, code, _) = asked(&app, &claimant).await;
    for name in ["Maria Rossi", "Mario", "Mario Rossi Bianchi"] {
        let wrong = claimant.sign(&request, &code, name).await.wrong_fields();
        assert_eq!(
            wrong,
            [("/full_name".to_owned(), "unknown_value".to_owned())]
        );
    }
    assert_eq!(
        app.number("SELECT max(attempts) FROM signature_requests")
            .await,
        0
    );
    for _ in 0..5 {
        let wrong = claimant
            .sign(&request, &other_code(&code), "Mario Rossi")
            .await
            .wrong_fields();
        assert_eq!(wrong, [("/code".to_owned(), "unknown_value".to_owned())]);
    }
    claimant
        .sign(&request, &code, "Mario Rossi")
        .await
        .expect_problem(410, "token-expired");
    assert_eq!(claimant.me().await["state"], "confirmed");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r43_ten_codes_a_day_and_the_eleventh_waits() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let declared = claimant.declare(&declaration()).await.expect(200);
    let document = declared["document_sha256"].as_str().unwrap();
    for _ in 0..10 {
        claimant.request_signature(document).await.expect(202);
    }
    let refused = claimant.request_signature(document).await;
    assert!(refused.headers.contains_key("retry-after"));
    refused.expect_problem(429, "rate-limited");
    app.clock().advance(TimeDelta::hours(24));
    let claimant = again(&app, ADDRESS).await;
    claimant.request_signature(document).await.expect(202);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r43_the_ten_minutes_begin_anew_once_when_the_mail_is_accepted() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let declared = claimant.declare(&declaration()).await.expect(200);
    let document = declared["document_sha256"].as_str().unwrap();
    let request = claimant.request_signature(document).await.expect(202);
    let told: DateTime<Utc> = request["expires_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(told, app.clock().now() + TimeDelta::minutes(10));
    app.clock().advance(TimeDelta::minutes(8));
    app.run_outbox().await;
    let code = newest_code(&app);
    let id = request["id"].as_str().unwrap();
    app.clock()
        .advance(TimeDelta::minutes(10) - TimeDelta::milliseconds(1));
    claimant.sign(id, &code, "Mario Rossi").await.expect(201);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r43_at_its_last_instant_a_code_is_over() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let (request, code, _) = asked(&app, &claimant).await;
    app.clock().advance(TimeDelta::minutes(10));
    claimant
        .sign(&request, &code, "Mario Rossi")
        .await
        .expect_problem(410, "token-expired");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r43_two_devices_that_sign_at_once_sign_once() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let (request, code, _) = asked(&app, &claimant).await;
    let (one, other) = tokio::join!(
        claimant.sign(&request, &code, "Mario Rossi"),
        claimant.sign(&request, &code, "Mario Rossi")
    );
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 410]);
    assert_eq!(app.number("SELECT count(*) FROM signatures").await, 1);
    assert_eq!(app.number("SELECT count(*) FROM log_pending").await, 1);
    let receipts = "SELECT count(*) FROM outbox WHERE kind = 'receipt'";
    assert_eq!(app.number(receipts).await, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r43_ten_guesses_at_once_cost_five_attempts_at_most() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let (request, code, _) = asked(&app, &claimant).await;
    let wrong = other_code(&code);
    let guesses = (0..10).map(|_| claimant.sign(&request, &wrong, "Mario Rossi"));
    let answers = futures_util::future::join_all(guesses).await;
    let judged = answers.iter().filter(|answer| answer.status == 422).count();
    assert_eq!(judged, 5);
    assert_eq!(
        app.number("SELECT max(attempts) FROM signature_requests")
            .await,
        5
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_each_text_is_accepted_on_its_own() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let declared = claimant.declare(&declaration()).await.expect(200);
    let document = &declared["document_sha256"];
    let path = "/declaration/signature-requests";
    let only_g = json!({"tier": "otp", "document_sha256": document,
        "acceptances": [{"kind": "attestation_g", "version": "1"}]});
    let answer = ask(claimant.request(Method::POST, path).json(&only_g)).await;
    assert_eq!(
        answer.wrong_fields(),
        [("/acceptances".to_owned(), "not_accepted".to_owned())]
    );
    let old = json!({"tier": "otp", "document_sha256": document, "acceptances": [
        {"kind": "attestation_g", "version": "0"}, {"kind": "mandate_h", "version": "1"}]});
    let answer = ask(claimant.request(Method::POST, path).json(&old)).await;
    assert_eq!(
        answer.wrong_fields(),
        [(
            "/acceptances/0/version".to_owned(),
            "unknown_value".to_owned()
        )]
    );
    let digital = json!({"tier": "paper", "document_sha256": document, "acceptances": []});
    let wrong = ask(claimant.request(Method::POST, path).json(&digital))
        .await
        .wrong_fields();
    assert!(wrong.contains(&("/tier".to_owned(), "unknown_value".to_owned())));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r65_the_mandate_to_write_is_optional_and_stands_in_the_evidence() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let declared = claimant.declare(&declaration()).await.expect(200);
    let accept = |kind: &str| json!({"kind": kind, "version": "1"});
    let body = json!({"tier": "otp", "document_sha256": declared["document_sha256"], "acceptances":
        [accept("mandate_messa_in_mora"), accept("attestation_g"), accept("mandate_h")]});
    let path = "/declaration/signature-requests";
    let request = ask(claimant.request(Method::POST, path).json(&body))
        .await
        .expect(202);
    app.run_outbox().await;
    let code = newest_code(&app);
    let id = request["id"].as_str().unwrap();
    claimant.sign(id, &code, "Mario Rossi").await.expect(201);
    let accepted = app
        .rows("SELECT array_to_string(acceptances, ',') FROM signatures")
        .await;
    assert_eq!(
        accepted[0][0].as_deref(),
        Some("attestation_g=1,mandate_h=1,mandate_messa_in_mora=1")
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r43_a_mail_that_is_tried_again_is_the_same_mail() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let declared = claimant.declare(&declaration()).await.expect(200);
    let document = declared["document_sha256"].as_str().unwrap();
    claimant.request_signature(document).await.expect(202);
    app.run_outbox().await;
    // as if the worker had died between sending and noting it
    app.sql("UPDATE signature_requests SET sent_at = NULL")
        .await;
    let row = "INSERT INTO outbox (subject_id, id, association_id, case_id, kind, lane, priority, payload, due_at, created_at, expires_at) \
        SELECT r.claimant_id, r.id, r.association_id, c.case_id, 'otp', 0, 0, '{}', r.created_at, r.created_at, r.created_at + interval '7 days' \
        FROM signature_requests r JOIN claimants c ON c.id = r.claimant_id";
    app.sql(row).await;
    app.clock().advance(TimeDelta::minutes(3));
    app.run_outbox().await;
    let mails = app.mails();
    let codes: Vec<_> = mails
        .iter()
        .filter(|mail| mail.message.mail.kind.as_str() == "otp")
        .collect();
    assert_eq!(codes.len(), 2);
    assert_eq!(codes[0].bytes, codes[1].bytes);
    app.stop().await;
}
