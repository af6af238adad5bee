//! What is declared: versions, corrections, payout data, and nothing in clear (R2, R25, R33, R36-R39).

use chrono::TimeDelta;
use data_encoding::{BASE64, HEXLOWER};
use joinder::app::vault::Vault;
use joinder::crypto::{commitment, sha256};
use joinder::db::Scope;
use joinder::domain::ids::{AssociationId, ClaimantId};
use reqwest::Method;
use serde_json::{Value, json};

use super::{ADDRESS, again, asked, code_for, declaration, mario_of};
use crate::app::TestApp;
use crate::claimant::{Claimant, SignUpBuilder, ask, mario};

#[tokio::test(flavor = "multi_thread")]
async fn r33_r36_all_that_is_wrong_in_a_declaration_is_told_at_once() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let mut body = declaration();
    body["mailboxes"][0]["incidents"][0]["plan"] = json!("gold");
    body["mailboxes"][0]["incidents"][0]["items"] = json!([{"head": "extra_cost"}]);
    body["mailboxes"][0]["incidents"][0]["unavailable_from"] = json!("2023-01-29");
    body["mailboxes"][0]["incidents"][0]["unavailable_until"] = json!("2023-01-28");
    body.as_object_mut().unwrap().remove("other_claims");
    let wrong = claimant.declare(&body).await.wrong_fields();
    let pointers: Vec<&str> = wrong.iter().map(|(pointer, _)| pointer.as_str()).collect();
    for pointer in [
        "/mailboxes/0/incidents/0/plan",
        "/mailboxes/0/incidents/0/unavailable_until",
        "/mailboxes/0/incidents/0/items/0/amount_cents",
        "/other_claims",
    ] {
        assert!(pointers.contains(&pointer), "{pointers:?}");
    }
    let strange = json!({"mailboxes": [], "colour": "red"});
    let wrong = claimant.declare(&strange).await.wrong_fields();
    assert_eq!(wrong, [("/colour".to_owned(), "unknown_field".to_owned())]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_given_no_identity_cannot_declare() {
    let app = TestApp::seeded().await;
    let claimant = app.confirmed(&SignUpBuilder::new(ADDRESS)).await;
    let wrong = claimant.declare(&declaration()).await.wrong_fields();
    assert_eq!(wrong, [("/identity".to_owned(), "required".to_owned())]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r38_the_same_declaration_keeps_its_version_and_its_bytes() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let first = claimant.declare(&declaration()).await.expect(200);
    app.clock().advance(TimeDelta::days(2));
    let claimant = again(&app, ADDRESS).await;
    let second = claimant.declare(&declaration()).await.expect(200);
    assert_eq!(first, second);
    let pdf = |claimant: &Claimant<'_>| {
        let request = claimant.request(Method::GET, "/declaration/document");
        async move { request.send().await.unwrap().bytes().await.unwrap() }
    };
    let one = pdf(&claimant).await;
    assert_eq!(one, pdf(&claimant).await);
    assert_eq!(
        sha256::hex(&sha256::digest(&one)),
        first["document_sha256"].as_str().unwrap()
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r39_a_correction_must_be_signed_again_and_keeps_the_old_version() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let (request, code, old) = asked(&app, &claimant).await;
    claimant
        .sign(&request, &code, "Mario Rossi")
        .await
        .expect(201);
    let mut body = declaration();
    body["mailboxes"][0]["incidents"][0]["items"] =
        json!([{"head": "flat_rate"}, {"head": "lost_income", "amount_cents": 12_050}]);
    let declared = claimant.declare(&body).await.expect(200);
    assert_eq!(declared["state"], "resign_required");
    assert_eq!(declared["version"], 2);
    assert_eq!(declared["total_cents"], 12_050);
    let me = claimant.me().await;
    assert_eq!(me["missing"], json!(["d", "e", "f", "g", "h", "i"]));
    let in_force = ask(claimant.request(Method::GET, "/receipt"))
        .await
        .expect(200);
    assert_eq!(in_force["document_sha256"], old);

    let (id, code) = code_for(&app, &claimant, &declared).await;
    claimant.sign(&id, &code, "Mario Rossi").await.expect(201);
    let in_force = ask(claimant.request(Method::GET, "/receipt"))
        .await
        .expect(200);
    assert_eq!(in_force["document_sha256"], declared["document_sha256"]);
    assert_eq!(app.number("SELECT count(*) FROM signatures").await, 2);
    let chained = "SELECT count(*) FROM log_pending a JOIN log_pending b ON b.supersedes = a.id";
    assert_eq!(app.number(chained).await, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r39_a_corrected_identity_must_be_signed_again() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let (request, code, _) = asked(&app, &claimant).await;
    claimant
        .sign(&request, &code, "Mario Rossi")
        .await
        .expect(201);
    let mut moved = mario();
    moved["address"] = json!({"street": "Via Nuova", "number": "2", "postal_code": "00184", "city": "Roma", "province": "RM"});
    claimant.give_person(&moved).await.expect(200);
    assert_eq!(claimant.me().await["state"], "resign_required");
    let standing = ask(claimant.request(Method::GET, "/declaration"))
        .await
        .expect(200);
    assert_eq!(standing["declared"]["current"], false);
    let stale = standing["declared"]["document_sha256"].as_str().unwrap();
    claimant
        .request_signature(stale)
        .await
        .expect_problem(409, "illegal-transition");
    let declared = claimant.declare(&declaration()).await.expect(200);
    assert_eq!(declared["version"], 2);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r38_a_document_that_was_changed_is_noticed() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let (request, code, _) = asked(&app, &claimant).await;
    claimant
        .sign(&request, &code, "Mario Rossi")
        .await
        .expect(201);
    app.sql(
        "ALTER TABLE declarations DISABLE ROW LEVEL SECURITY; \
             UPDATE declarations SET document_sha256 = decode(repeat('00', 32), 'hex')",
    )
    .await;
    let answer = ask(claimant.request(Method::GET, "/receipt")).await;
    answer.expect_problem(500, "internal");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r25_payout_data_are_kept_apart_and_shown_masked() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let put = |body: Value| ask(claimant.request(Method::PUT, "/payout").json(&body));
    let wrong = put(json!({"iban": "IT65A0542811101000000123456", "holder": "Mario Rossi"})).await;
    assert_eq!(
        wrong.wrong_fields(),
        [("/iban".to_owned(), "checksum".to_owned())]
    );
    let right = json!({"iban": "it60 x054 2811 1010 0000 0123 456", "holder": "Mario Rossi"});
    let given = put(right).await.expect(200);
    assert_eq!(given["iban"], "IT*********************3456");
    assert!(
        !claimant.me().await["missing"]
            .as_array()
            .unwrap()
            .contains(&json!("i"))
    );
    let (request, code, _) = asked(&app, &claimant).await;
    claimant
        .sign(&request, &code, "Mario Rossi")
        .await
        .expect(201);
    assert_eq!(claimant.me().await["ready"], true);
    let receipt = ask(claimant.request(Method::GET, "/receipt"))
        .await
        .expect(200);
    let content = BASE64
        .decode(receipt["declaration"].as_str().unwrap().as_bytes())
        .unwrap();
    assert!(!String::from_utf8(content).unwrap().contains("0123456"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_declaration_rests_in_clear() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let mut body = declaration();
    body["narrative"] = json!("Parola-segreta nel racconto");
    claimant.declare(&body).await.expect(200);
    let (request, code, _) = asked(&app, &claimant).await;
    claimant
        .sign(&request, &code, "Mario Rossi")
        .await
        .expect(201);
    for table in [
        "declarations",
        "signatures",
        "signature_requests",
        "log_pending",
        "outbox",
        "audit",
    ] {
        let rows = app.rows(&format!("SELECT t::text FROM {table} t")).await;
        let all = format!("{rows:?}").to_lowercase();
        for word in ["parola-segreta", "rossi", "caduta@libero", "rssmra"] {
            assert!(!all.contains(word), "{table} tells {word}");
        }
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declaration_takes_fifty_versions_a_day_and_what_says_the_same_is_none() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    claimant.declare(&declaration()).await.expect(200);
    app.sql(
        "INSERT INTO declarations SELECT claimant_id, n, association_id, sealed, salt_sealed, template, \
           document_sha256, total_cents, flags, created_at FROM declarations, generate_series(2, 50) n; \
         UPDATE claimants SET declared_version = 50",
    )
    .await;
    let mut body = declaration();
    body["narrative"] = json!("Ho perso una prenotazione.");
    app.clock().advance(TimeDelta::minutes(5));
    let refused = claimant.declare(&body).await;
    assert_eq!(refused.headers["retry-after"], "86100");
    refused.expect_problem(429, "rate-limited");
    assert_eq!(
        claimant.declare(&declaration()).await.expect(200)["version"],
        50
    );
    assert_eq!(app.number("SELECT count(*) FROM declarations").await, 50);
    app.clock().advance(TimeDelta::hours(24));
    let claimant = again(&app, ADDRESS).await;
    assert_eq!(claimant.declare(&body).await.expect(200)["version"], 51);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn payout_data_change_twenty_times_a_day() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let body = json!({"iban": "IT60X0542811101000000123456", "holder": "Mario Rossi"});
    let put = claimant.request(Method::PUT, "/payout").json(&body);
    ask(put).await.expect(200);
    app.sql(
        "INSERT INTO payouts SELECT claimant_id, n, association_id, sealed, created_at, effective_at, \
           created_at, 'newer' FROM payouts, generate_series(2, 20) n",
    )
    .await;
    let refused = ask(claimant.request(Method::PUT, "/payout").json(&body)).await;
    assert_eq!(refused.headers["retry-after"], "86400");
    refused.expect_problem(429, "rate-limited");
    app.clock().advance(TimeDelta::hours(24));
    let claimant = again(&app, ADDRESS).await;
    let put = claimant.request(Method::PUT, "/payout").json(&body);
    // there is room again: now it is the code that is missing (R26)
    let wrong = ask(put).await.wrong_fields();
    assert_eq!(wrong, [("/code".to_owned(), "required".to_owned())]);
    app.stop().await;
}

/// Makes what was declared look as if an older program had printed it.
async fn printed_by_an_older_program(app: &TestApp, claimant: &Claimant<'_>) {
    let association = app
        .rows("SELECT DISTINCT association_id::text FROM declarations")
        .await;
    let association = association[0][0].as_deref().unwrap().parse().unwrap();
    let scope = Scope::Association(AssociationId::new(association));
    let mut tx = app.ctx.pools.begin(scope).await.unwrap();
    let id = ClaimantId::new(claimant.id);
    let vault = Vault::open(&app.ctx, &mut tx, scope, id).await.unwrap();
    tx.commit().await.unwrap();
    let sealed = app
        .rows("SELECT encode(sealed, 'hex') FROM declarations")
        .await;
    let sealed = HEXLOWER.decode(sealed[0][0].as_deref().unwrap().as_bytes());
    let mut content: Value = vault
        .unseal("declarations", "sealed", sealed.unwrap())
        .unwrap();
    assert_ne!(content["template"], "declaration/1");
    content["template"] = json!("declaration/1");
    let canonical = commitment::canonical_json(&content).unwrap();
    let sealed = vault.seal_bytes("declarations", "sealed", &canonical);
    app.sql(&format!(
        "UPDATE declarations SET template = 'declaration/1', sealed = decode('{}', 'hex')",
        HEXLOWER.encode(&sealed.unwrap())
    ))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r38_what_an_older_program_printed_is_declared_again_before_it_is_signed() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let (request, code, document) = asked(&app, &claimant).await;
    printed_by_an_older_program(&app, &claimant).await;
    let refused = claimant.sign(&request, &code, "Mario Rossi").await;
    refused.expect_problem(409, "illegal-transition");
    let refused = claimant.request_signature(&document).await;
    refused.expect_problem(409, "illegal-transition");
    let shown = ask(claimant.request(Method::GET, "/declaration/document")).await;
    shown.expect_problem(409, "illegal-transition");

    let declared = claimant.declare(&declaration()).await.expect(200);
    assert_eq!(declared["version"], 2);
    let (request, code) = code_for(&app, &claimant, &declared).await;
    let signed = claimant.sign(&request, &code, "Mario Rossi").await;
    signed.expect(201);
    app.stop().await;
}
