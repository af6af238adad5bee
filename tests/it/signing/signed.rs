//! What comes of a signature, and who may not sign (R11, R30, R49).

use data_encoding::BASE64;
use joinder::crypto::sha256;
use reqwest::Method;
use serde_json::{Value, json};

use super::{ADDRESS, asked, code_for, declaration, mario_of};
use crate::app::TestApp;
use crate::claimant::{SignUpBuilder, anna, ask, mario};

#[tokio::test(flavor = "multi_thread")]
async fn one_declares_signs_and_keeps_a_receipt() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let declared = claimant.declare(&declaration()).await.expect(200);
    assert_eq!(declared["version"], 1);
    assert_eq!(declared["state"], "confirmed");
    assert_eq!(declared["total_cents"], 0);
    let kinds: Vec<&str> = declared["texts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|text| text["kind"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        ["attestation_g", "mandate_h", "mandate_messa_in_mora"]
    );
    let document = ask(claimant.request(Method::GET, "/declaration/document")).await;
    assert_eq!(document.headers["content-type"], "application/pdf");
    assert_eq!(document.headers["x-content-type-options"], "nosniff");

    let (request, code, hash) = asked(&app, &claimant).await;
    assert_eq!(declared["document_sha256"], hash);
    let signed = claimant
        .sign(&request, &code, "ROSSI mario")
        .await
        .expect(201);
    assert_eq!(signed["state"], "signed");
    assert_eq!(signed["document_sha256"], hash);

    let me = claimant.me().await;
    assert_eq!(me["state"], "signed");
    assert_eq!(me["missing"], json!(["i"]));
    let receipt = ask(claimant.request(Method::GET, "/receipt"))
        .await
        .expect(200);
    assert_eq!(receipt["format"], "joinder-receipt/1");
    assert_eq!(receipt["proof"], Value::Null);
    let bytes = |field: &str| {
        BASE64
            .decode(receipt[field].as_str().unwrap().as_bytes())
            .unwrap()
    };
    assert_eq!(sha256::hex(&sha256::digest(&bytes("document"))), hash);
    let whole = [
        b"joinder-declaration/1\n".to_vec(),
        bytes("salt"),
        bytes("declaration"),
    ]
    .concat();
    assert_eq!(
        sha256::hex(&sha256::digest(&whole)),
        receipt["entry"]["commit"].as_str().unwrap()
    );
    let content: Value = serde_json::from_slice(&bytes("declaration")).unwrap();
    assert_eq!(
        content["texts"][0]["sha256"],
        "fbd64ca0c710dcdf594acdc434e2b8bfa296c3c54ffd52485d960f08eaf68e5c"
    );
    let evidence: Value = serde_json::from_slice(&bytes("evidence")).unwrap();
    assert_eq!(evidence["signer"]["typed_name"], "ROSSI mario");
    assert_eq!(evidence["attempts"], 1);
    assert_eq!(evidence["acceptances"].as_array().unwrap().len(), 2);
    assert!(
        !evidence.to_string().contains(&code),
        "the code itself is nowhere"
    );

    app.run_outbox().await;
    let mails = app.mails();
    let last = &mails.last().unwrap().message.mail;
    assert_eq!(last.kind.as_str(), "receipt");
    assert_eq!(
        sha256::hex(&sha256::digest(last.attachments[0].bytes())),
        hash
    );
    assert!(last.text.contains(&hash));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r30_two_who_sign_for_one_mailbox_are_both_in_conflict_and_learn_nothing() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let (request, code, _) = asked(&app, &claimant).await;
    claimant
        .sign(&request, &code, "Mario Rossi")
        .await
        .expect(201);
    let other = app
        .confirmed(&SignUpBuilder::new("anna@example.org").association("altroconsumo"))
        .await;
    other.give_person(&anna()).await.expect(200);
    let before = other.me().await;
    let (request, code, _) = asked(&app, &other).await;
    let signed = other
        .sign(&request, &code, "Anna Bianchi")
        .await
        .expect(201);
    assert_eq!(signed["state"], "signed");
    assert_eq!(other.me().await["mailboxes"], before["mailboxes"]);
    let reviews = "SELECT count(*) FROM claimants WHERE review = 'conflict'";
    assert_eq!(app.number(reviews).await, 2);
    // whoever leaves frees the mailbox, and the other is in the clear
    claimant.withdraw(&json!({})).await.expect(200);
    assert_eq!(app.number(reviews).await, 0);
    let holder = app
        .rows("SELECT claimant_id FROM registered_mailboxes")
        .await;
    assert_eq!(holder.len(), 1);
    assert_eq!(holder[0][0].as_deref(), Some(other.id.to_string().as_str()));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r49_who_withdrew_comes_back_by_a_new_signature() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let (request, code, _) = asked(&app, &claimant).await;
    claimant
        .sign(&request, &code, "Mario Rossi")
        .await
        .expect(201);
    claimant.withdraw(&json!({})).await.expect(200);
    assert_eq!(
        app.number("SELECT count(*) FROM registered_persons").await,
        0
    );
    let mut body = declaration();
    body["narrative"] = json!("Ci ho ripensato.");
    let declared = claimant.declare(&body).await.expect(200);
    assert_eq!(declared["state"], "withdrawn");
    let (id, code) = code_for(&app, &claimant, &declared).await;
    let signed = claimant.sign(&id, &code, "Mario Rossi").await.expect(201);
    assert_eq!(signed["state"], "signed");
    assert_eq!(
        app.number("SELECT count(*) FROM registered_persons").await,
        1
    );
    assert_eq!(
        app.number("SELECT count(*) FROM registered_mailboxes")
            .await,
        1
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r11_where_interest_alone_is_collected_nobody_signs() {
    let app = TestApp::seeded().await;
    let builder = SignUpBuilder::new(ADDRESS).association("consumerismo");
    let claimant = app.confirmed(&builder).await;
    claimant.give_person(&mario()).await.expect(200);
    let declared = claimant.declare(&declaration()).await.expect(200);
    let document = declared["document_sha256"].as_str().unwrap();
    let refused = claimant.request_signature(document).await;
    let problem = refused.expect_problem(409, "illegal-transition");
    assert!(
        problem["detail"].as_str().unwrap().contains("interess"),
        "{problem}"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_open_case_takes_signatures() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let (request, code, document) = asked(&app, &claimant).await;
    app.sql("UPDATE cases SET state = 'pre_registration'").await;
    claimant
        .request_signature(&document)
        .await
        .expect_problem(409, "illegal-transition");
    claimant
        .sign(&request, &code, "Mario Rossi")
        .await
        .expect_problem(409, "illegal-transition");
    app.stop().await;
}
