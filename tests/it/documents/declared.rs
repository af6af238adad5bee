//! The numbered index (letter f) is part of what is signed (R36, R38).

use data_encoding::BASE64;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Form, JPEG, PDF, blobs, receipt};
use crate::app::TestApp;
use crate::claimant::{Claimant, ask};
use crate::signing::{code_for, declaration, mario_of};

fn with_documents(ids: &[&Value]) -> Value {
    let mut body = declaration();
    body["mailboxes"][0]["incidents"][0]["items"] = json!([{"head": "flat_rate"}, {"head": "extra_cost", "amount_cents": 500, "document_ids": ids}]);
    body
}

async fn sign(app: &TestApp, claimant: &Claimant<'_>, body: &Value) -> Value {
    let declared = claimant.declare(body).await.expect(200);
    let (request, code) = code_for(app, claimant, &declared).await;
    claimant
        .sign(&request, &code, "Mario Rossi")
        .await
        .expect(201);
    let receipt = ask(claimant.request(Method::GET, "/receipt"))
        .await
        .expect(200);
    let signed = receipt["declaration"].as_str().unwrap();
    serde_json::from_slice(&BASE64.decode(signed.as_bytes()).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn r36_the_signed_bytes_hold_number_kind_and_hash_of_each_file() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let one = claimant.add_document(receipt()).await.expect(201);
    let photos = Form::new()
        .text("kind", "outage_proof")
        .file("file", "a.jpg", JPEG)
        .file("file", "b.pdf", PDF);
    let two = claimant.add_document(photos).await.expect(201);
    let content = sign(&app, &claimant, &with_documents(&[&two["id"], &two["id"]])).await;
    let index = &content["documents"];
    assert_eq!(index[0]["number"], 1);
    assert_eq!(index[0]["kind"], "expense_proof");
    assert_eq!(index[0]["files"][0]["sha256"], one["files"][0]["sha256"]);
    assert_eq!(index[1]["files"][1]["sha256"], two["files"][1]["sha256"]);
    assert_eq!(index[1]["files"][1]["name"], "b.pdf");
    let items = &content["declaration"]["mailboxes"][0]["incidents"][0]["items"];
    assert_eq!(items[1]["document_ids"], json!([two["id"]]), "each once");
    assert_eq!(items[0]["document_ids"], json!([]), "nessun documento");
    let document = claimant.request(Method::GET, "/receipt/document");
    assert_eq!(document.send().await.unwrap().status(), 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declaration_without_documents_has_the_bytes_it_always_had() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let content = sign(&app, &claimant, &declaration()).await;
    assert!(content.get("documents").is_none());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r36_only_own_documents_that_are_there_can_be_named() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let document = claimant.add_document(receipt()).await.expect(201);
    let anna = app
        .confirmed(&crate::claimant::SignUpBuilder::new("anna@example.org"))
        .await;
    let annas = anna.add_document(receipt()).await.expect(201);
    let removed = claimant.add_document(receipt()).await.expect(201);
    claimant.remove_document(&removed["id"]).await.expect(204);
    let pointer = "/mailboxes/0/incidents/0/items/1/document_ids/1";
    for id in [&annas["id"], &removed["id"], &json!("x")] {
        let body = with_documents(&[&document["id"], id]);
        let wrong = claimant.declare(&body).await.wrong_fields();
        assert_eq!(wrong, [(pointer.to_owned(), "unknown_value".to_owned())]);
    }
    claimant
        .declare(&with_documents(&[&document["id"]]))
        .await
        .expect(200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r38_what_a_signed_declaration_lists_is_only_marked_when_removed() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let document = claimant.add_document(receipt()).await.expect(201);
    let content = sign(&app, &claimant, &with_documents(&[&document["id"]])).await;
    let later = claimant.add_document(receipt()).await.expect(201);
    claimant.remove_document(&document["id"]).await.expect(204);
    claimant.remove_document(&later["id"]).await.expect(204);
    let left = claimant.documents().await;
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(left[0]["removed_at"].is_string());
    let original = claimant.original(&document, 0).await;
    assert_eq!(original.bytes().await.unwrap(), PDF);
    assert_eq!(blobs(&app).await, 1);
    // what is declared now no longer lists it; what was signed still does
    let declared = claimant.declare(&declaration()).await.expect(200);
    assert_eq!(declared["version"], 2);
    assert_eq!(declared["state"], "resign_required");
    let receipt = ask(claimant.request(Method::GET, "/receipt"))
        .await
        .expect(200);
    let signed = BASE64.decode(receipt["declaration"].as_str().unwrap().as_bytes());
    let signed: Value = serde_json::from_slice(&signed.unwrap()).unwrap();
    assert_eq!(signed, content);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_does_not_sign_an_index_that_is_no_longer_true() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let document = claimant.add_document(receipt()).await.expect(201);
    let declared = claimant
        .declare(&with_documents(&[&document["id"]]))
        .await
        .expect(200);
    let (request, code) = code_for(&app, &claimant, &declared).await;
    claimant.remove_document(&document["id"]).await.expect(204);
    let refused = claimant.sign(&request, &code, "Mario Rossi").await;
    refused.expect_problem(409, "illegal-transition");
    let hash = declared["document_sha256"].as_str().unwrap();
    claimant
        .request_signature(hash)
        .await
        .expect_problem(409, "illegal-transition");
    app.stop().await;
}
