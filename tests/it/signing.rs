//! Declaring the damage and signing it by the code of a mail (R2, R29-R39, R43).

use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::BASE64;
use joinder::crypto::sha256;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::claimant::{Answer, Claimant, SignUpBuilder, anna, ask, code_in, mario, other_code};

mod faults;

pub(crate) const ADDRESS: &str = "mario@example.org";

/// A declaration of the one mailbox in January, whole outage, flat rate.
pub(crate) fn declaration() -> Value {
    json!({
        "mailboxes": [{"address": "caduta@libero.it", "incidents": [{
            "slug": "gennaio-2023", "plan": "free", "use": "private", "compensation_received": "none",
            "items": [{"head": "flat_rate"}],
        }]}],
        "other_claims": false,
        "already_compensated": false,
    })
}

impl Claimant<'_> {
    /// Declares, whatever comes back.
    pub(crate) async fn declare(&self, body: &Value) -> Answer {
        ask(self.request(Method::PUT, "/declaration").json(body)).await
    }

    /// Asks for a code for a document with the two required texts, whatever comes back.
    pub(crate) async fn request_signature(&self, document_sha256: &str) -> Answer {
        let body = json!({"tier": "otp", "document_sha256": document_sha256, "acceptances": [
            {"kind": "attestation_g", "version": "1"}, {"kind": "mandate_h", "version": "1"},
        ]});
        let path = "/declaration/signature-requests";
        ask(self.request(Method::POST, path).json(&body)).await
    }

    /// Signs, whatever comes back.
    pub(crate) async fn sign(&self, request: &str, code: &str, full_name: &str) -> Answer {
        let body = json!({"request_id": request, "code": code, "full_name": full_name});
        let path = "/declaration/signatures";
        ask(self.request(Method::POST, path).json(&body)).await
    }
}

/// The code of the newest mail to sign with.
pub(crate) fn newest_code(app: &TestApp, address: &str) -> String {
    let mails = app.mails();
    let mut codes = mails
        .iter()
        .rev()
        .filter(|mail| mail.message.mail.to == address && mail.message.mail.kind.as_str() == "otp");
    code_in(&codes.next().unwrap().message.mail.text)
}

/// Mario, confirmed and with identity.
pub(crate) async fn mario_of<'app>(app: &'app TestApp) -> Claimant<'app> {
    let claimant = app.confirmed(&SignUpBuilder::new(ADDRESS)).await;
    claimant.give_person(&mario()).await.expect(200);
    claimant
}

/// Declares and asks for a code: request id, code, document.
pub(crate) async fn asked(
    app: &TestApp,
    claimant: &Claimant<'_>,
    address: &str,
) -> (String, String, String) {
    let declared = claimant.declare(&declaration()).await.expect(200);
    let document = declared["document_sha256"].as_str().unwrap().to_owned();
    let request = claimant.request_signature(&document).await.expect(202);
    app.run_outbox().await;
    let id = request["id"].as_str().unwrap().to_owned();
    (id, newest_code(app, address), document)
}

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

    let (request, code, hash) = asked(&app, &claimant, ADDRESS).await;
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

/// Comes back by the link of an access mail.
async fn again<'app>(app: &'app TestApp, address: &str) -> Claimant<'app> {
    app.request_access(address).await.expect(202);
    app.run_outbox().await;
    let mail = app.mails_to(address).pop().unwrap();
    let token = crate::claimant::token_in(&mail, "enter");
    let entered = app.enter_by(&json!({"token": token})).await.expect(200);
    app.claimant(&entered)
}

#[tokio::test(flavor = "multi_thread")]
async fn r43_a_later_declaration_voids_the_code() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let (request, code, _) = asked(&app, &claimant, ADDRESS).await;
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
    let (first, old_code, document) = asked(&app, &claimant, ADDRESS).await;
    let second = claimant.request_signature(&document).await.expect(202);
    app.run_outbox().await;
    let code = newest_code(&app, ADDRESS);
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
    let (request, code, _) = asked(&app, &claimant, ADDRESS).await;
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
    let code = newest_code(&app, ADDRESS);
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
    let (request, code, _) = asked(&app, &claimant, ADDRESS).await;
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
    let (request, code, _) = asked(&app, &claimant, ADDRESS).await;
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
    let (request, code, _) = asked(&app, &claimant, ADDRESS).await;
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
    let digital = json!({"tier": "digital", "document_sha256": document, "acceptances": []});
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
    let code = newest_code(&app, ADDRESS);
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
async fn r39_a_correction_must_be_signed_again_and_keeps_the_old_version() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let (request, code, old) = asked(&app, &claimant, ADDRESS).await;
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

    let document = declared["document_sha256"].as_str().unwrap();
    let request = claimant.request_signature(document).await.expect(202);
    app.run_outbox().await;
    let id = request["id"].as_str().unwrap();
    let code = newest_code(&app, ADDRESS);
    claimant.sign(id, &code, "Mario Rossi").await.expect(201);
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
    let (request, code, _) = asked(&app, &claimant, ADDRESS).await;
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
async fn r30_two_who_sign_for_one_mailbox_are_both_in_conflict_and_learn_nothing() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let (request, code, _) = asked(&app, &claimant, ADDRESS).await;
    claimant
        .sign(&request, &code, "Mario Rossi")
        .await
        .expect(201);
    let other = app
        .confirmed(&SignUpBuilder::new("anna@example.org").association("altroconsumo"))
        .await;
    other.give_person(&anna()).await.expect(200);
    let before = other.me().await;
    let (request, code, _) = asked(&app, &other, "anna@example.org").await;
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
    let (request, code, _) = asked(&app, &claimant, ADDRESS).await;
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
    let document = declared["document_sha256"].as_str().unwrap();
    let request = claimant.request_signature(document).await.expect(202);
    app.run_outbox().await;
    let id = request["id"].as_str().unwrap();
    let code = newest_code(&app, ADDRESS);
    let signed = claimant.sign(id, &code, "Mario Rossi").await.expect(201);
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
    let (request, code, document) = asked(&app, &claimant, ADDRESS).await;
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

#[tokio::test(flavor = "multi_thread")]
async fn r38_a_document_that_was_changed_is_noticed() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let (request, code, _) = asked(&app, &claimant, ADDRESS).await;
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
    let (request, code, _) = asked(&app, &claimant, ADDRESS).await;
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
    let (request, code, _) = asked(&app, &claimant, ADDRESS).await;
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
    for _ in 0..20 {
        let put = claimant.request(Method::PUT, "/payout").json(&body);
        ask(put).await.expect(200);
    }
    let refused = ask(claimant.request(Method::PUT, "/payout").json(&body)).await;
    assert_eq!(refused.headers["retry-after"], "86400");
    refused.expect_problem(429, "rate-limited");
    app.clock().advance(TimeDelta::hours(24));
    let claimant = again(&app, ADDRESS).await;
    let put = claimant.request(Method::PUT, "/payout").json(&body);
    ask(put).await.expect(200);
    assert_eq!(app.number("SELECT max(version) FROM payouts").await, 21);
    app.stop().await;
}
