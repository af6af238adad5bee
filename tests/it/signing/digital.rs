//! Signing with a digital signature made elsewhere: what signs, what is refused, what is kept (R40-R43).

use std::fs;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use data_encoding::BASE64;
use joinder::crypto::sha256;
use joinder::domain::permission::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::{ADDRESS, asked, declaration, mario_of};
use crate::app::TestApp;
use crate::claimant::{Answer, Claimant, SignUpBuilder, anna, ask, mario};
use crate::staff_seed::{association, person};

/// What the signature says of itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attributes {
    /// All that CAdES wants.
    All,
    /// Not which certificate it is of.
    WithoutCertificate,
}

fn corpus(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/signatures/");
    fs::read(format!("{folder}{name}")).unwrap()
}

fn pem(name: &str) -> Vec<u8> {
    let text = String::from_utf8(corpus(name)).unwrap();
    let body: String = text
        .lines()
        .filter(|line| !line.starts_with("--"))
        .collect();
    BASE64.decode(body.as_bytes()).unwrap()
}

/// A DER value.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    let length = body.len().to_be_bytes();
    let length: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
    let head = match length.as_slice() {
        [] => vec![tag, 0],
        [short] if *short < 0x80 => vec![tag, *short],
        long => [&[tag, 0x80 | u8::try_from(long.len()).unwrap()], long].concat(),
    };
    [head, body].concat()
}

fn oid(bytes: &[u8]) -> Vec<u8> {
    der(6, &[bytes])
}

/// The first value in DER: its length with its head, and where its body begins.
fn span(bytes: &[u8]) -> (usize, usize) {
    let octets = usize::from(bytes[1].saturating_sub(0x80));
    if octets == 0 {
        return (2 + usize::from(bytes[1]), 2);
    }
    let length = bytes[2..2 + octets]
        .iter()
        .fold(0, |sum, byte| sum * 256 + usize::from(*byte));
    (2 + octets + length, 2 + octets)
}

/// Issuer and serial number of a certificate, as a signer is named.
fn named(certificate: &[u8]) -> Vec<u8> {
    let signed = &certificate[span(certificate).1..];
    let mut rest = &signed[span(signed).1..];
    let mut parts = Vec::new();
    for _ in 0..4 {
        let (part, after) = rest.split_at(span(rest).0);
        parts.push(part.to_vec());
        rest = after;
    }
    // version, serial number, algorithm, issuer
    der(0x30, &[&parts[3], &parts[1]])
}

const PKCS9: [u8; 8] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09];
const PKCS7: [u8; 8] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07];

fn attribute(id: &[u8], value: &[u8]) -> Vec<u8> {
    der(
        0x30,
        &[&oid(&[&PKCS9[..], id].concat()), &der(0x31, &[value])],
    )
}

/// A `.p7m` of the content, signed by Mario Rossi's certificate of the corpus.
pub(crate) fn p7m(content: &[u8], attributes: Attributes) -> Vec<u8> {
    let (certificate, issuer) = (pem("live-cert.pem"), pem("live-issuer.pem"));
    let sha256_id = oid(&[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01]);
    let sha256_id = der(0x30, &[&sha256_id]);
    let data = oid(&[&PKCS7[..], &[1]].concat());
    let digest = der(4, &[&sha256::digest(content)]);
    let mut signed = vec![attribute(&[3], &data), attribute(&[4], &digest)];
    if attributes == Attributes::All {
        let hash = der(4, &[&sha256::digest(&certificate)]);
        let ids = der(0x30, &[&der(0x30, &[&der(0x30, &[&hash])])]);
        signed.push(attribute(&[16, 2, 47], &ids));
    }
    signed.sort();
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &pem("live-key.pem"));
    let signature = key
        .unwrap()
        .sign(&SystemRandom::new(), &der(0x31, &[&signed.concat()]))
        .unwrap();
    let ecdsa = oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]);
    let signer = [
        der(2, &[&[1]]),
        named(&certificate),
        sha256_id.clone(),
        der(0xa0, &[&signed.concat()]),
        der(0x30, &[&ecdsa]),
        der(4, &[signature.as_ref()]),
    ];
    let message = [
        der(2, &[&[1]]),
        der(0x31, &[&sha256_id]),
        der(0x30, &[&data, &der(0xa0, &[&der(4, &[content])])]),
        der(0xa0, &[&certificate, &issuer]),
        der(0x31, &[&der(0x30, &[&signer.concat()])]),
    ];
    let message = der(0xa0, &[&der(0x30, &[&message.concat()])]);
    der(0x30, &[&oid(&[&PKCS7[..], &[2]].concat()), &message])
}

/// Declares and accepts the texts for a digital signature: the document, and the request's id.
pub(crate) async fn ask_to_sign(claimant: &Claimant<'_>, body: &Value) -> (Vec<u8>, String) {
    let declared = claimant.declare(body).await.expect(200);
    let wish = json!({"tier": "digital", "document_sha256": declared["document_sha256"], "acceptances": [
        {"kind": "attestation_g", "version": "1"}, {"kind": "mandate_h", "version": "1"},
    ]});
    let path = "/declaration/signature-requests";
    let asked = ask(claimant.request(Method::POST, path).json(&wish)).await;
    let id = asked.expect(202)["id"].as_str().unwrap().to_owned();
    let document = claimant
        .request(Method::GET, "/declaration/document")
        .send()
        .await;
    let document = document.unwrap().bytes().await.unwrap().to_vec();
    (document, id)
}

/// The body of a form with a file.
pub(crate) fn form(fields: &[(&str, &str)], file: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        let head = format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.extend_from_slice(format!("{head}{value}\r\n").as_bytes());
    }
    let head =
        "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"d.pdf.p7m\"\r\n\r\n";
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(file);
    body.extend_from_slice(b"\r\n--x--\r\n");
    body
}

/// Brings a signed file, whatever comes back.
pub(crate) async fn bring(claimant: &Claimant<'_>, file: Vec<u8>) -> Answer {
    let request = claimant
        .request(Method::POST, "/declaration/signatures")
        .header("content-type", "multipart/form-data; boundary=x")
        .body(form(&[("tier", "digital")], &file));
    ask(request).await
}

async fn files(claimant: &Claimant<'_>) -> Vec<Value> {
    let listed = ask(claimant.request(Method::GET, "/declaration/signature-files")).await;
    listed.expect(200)["items"].as_array().unwrap().clone()
}

fn messages(answer: Answer) -> String {
    let body = answer.expect_problem(422, "validation");
    body["errors"].to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn r41_a_p7m_of_the_issued_document_signs_and_is_kept_byte_for_byte() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let (document, request) = ask_to_sign(&claimant, &declaration()).await;
    app.run_outbox().await;
    let mails = app.mails();
    assert!(
        mails
            .iter()
            .all(|mail| mail.message.mail.kind.as_str() != "otp")
    );
    let file = p7m(&document, Attributes::All);
    let signed = bring(&claimant, file.clone()).await.expect(201);
    assert_eq!(signed["state"], "signed");
    assert_eq!(claimant.me().await["state"], "signed");

    let brought = files(&claimant).await;
    assert_eq!(brought.len(), 1);
    assert_eq!(brought[0]["verdict"], "valid");
    assert_eq!(brought[0]["sha256"], sha256::hex(&sha256::digest(&file)));
    assert_eq!(
        brought[0]["report"]["signatures"][0]["codice_fiscale"],
        "RSSMRA85C12H501J"
    );

    let receipt = ask(claimant.request(Method::GET, "/receipt"))
        .await
        .expect(200);
    let evidence = BASE64.decode(receipt["evidence"].as_str().unwrap().as_bytes());
    let evidence: Value = serde_json::from_slice(&evidence.unwrap()).unwrap();
    assert_eq!(evidence["tier"], "digital");
    assert_eq!(evidence["report"]["verdict"], "valid");
    assert_eq!(evidence["file_sha256"], brought[0]["sha256"]);
    assert_eq!(evidence["acceptances"].as_array().unwrap().len(), 2);
    app.run_outbox().await;
    let last = app.mails().pop().unwrap();
    assert_eq!(last.message.mail.kind.as_str(), "receipt");
    assert_eq!(app.number("SELECT count(*) FROM log_pending").await, 1);
    assert_eq!(app.number("SELECT count(*) FROM file_uploads").await, 0);

    // the request is used up, and a code is none
    let again = bring(&claimant, file.clone()).await;
    again.expect_problem(410, "token-used");
    let by_code = claimant.sign(&request, "123456", "Mario Rossi").await;
    by_code.expect_problem(422, "validation");

    let staff = person(&app, association(&app, "codacons").await, Role::CaseManager).await;
    let bearer = staff.bearer(&app).await;
    let path = format!("/api/v1/staff/claimants/{}/signature-files", claimant.id);
    let get = |path: &str| app.request(Method::GET, path).bearer_auth(&bearer);
    ask(get(&path))
        .await
        .expect_problem(403, "step-up-required");
    let totp = json!({"totp": staff.code(&app)});
    let up = app
        .request(Method::POST, "/api/v1/staff/step-up")
        .bearer_auth(&bearer);
    assert!(up.json(&totp).send().await.unwrap().status().is_success());
    let listed = ask(get(&path)).await.expect(200);
    let id = listed["items"][0]["id"].as_str().unwrap();
    let taken = get(&format!("{path}/{id}")).send().await.unwrap();
    assert_eq!(taken.headers()["content-type"], "application/pkcs7-mime");
    assert_eq!(taken.bytes().await.unwrap(), file);
    let seen = "SELECT count(*) FROM audit WHERE action = 'view_signed'";
    assert_eq!(app.number(seen).await, 2);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r40_r42_what_is_not_valid_signs_nothing_and_is_told_in_words() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let (document, _) = ask_to_sign(&claimant, &declaration()).await;
    let another = [document.as_slice(), b" "].concat();
    let said = messages(bring(&claimant, p7m(&another, Attributes::All)).await);
    assert!(
        said.contains("/file") && said.contains("not_accepted"),
        "{said}"
    );
    assert!(said.contains("Documento diverso"), "{said}");
    let said = messages(bring(&claimant, b"no signature".to_vec()).await);
    assert!(said.contains(".p7m"), "{said}");
    let said = messages(bring(&claimant, document.clone()).await);
    assert!(said.contains("nessuna firma digitale"), "{said}");
    // nobody can say: not signed, but kept for staff to look at
    let unsure = p7m(&document, Attributes::WithoutCertificate);
    let said = messages(bring(&claimant, unsure).await);
    assert!(said.contains("CAdES"), "{said}");
    let brought = files(&claimant).await;
    let count = |verdict: &str, kept: bool| {
        let of = brought
            .iter()
            .filter(|it| it["verdict"] == verdict && it["kept"] == kept);
        of.count()
    };
    assert_eq!(
        (count("not_verifiable", true), count("invalid", false)),
        (1, 3)
    );
    assert_eq!(claimant.me().await["state"], "confirmed");
    assert_eq!(app.number("SELECT count(*) FROM signatures").await, 0);
    let refused = "SELECT count(*) FROM audit WHERE action = 'refuse_signature'";
    assert_eq!(app.number(refused).await, 4);
    // the right file still signs
    bring(&claimant, p7m(&document, Attributes::All))
        .await
        .expect(201);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r41_another_persons_signature_signs_for_nobody() {
    let app = TestApp::seeded().await;
    let claimant = app.confirmed(&SignUpBuilder::new(ADDRESS)).await;
    claimant.give_person(&anna()).await.expect(200);
    let (document, _) = ask_to_sign(&claimant, &declaration()).await;
    let said = messages(bring(&claimant, p7m(&document, Attributes::All)).await);
    assert!(said.contains("Firmatario diverso"), "{said}");
    assert_eq!(claimant.me().await["state"], "confirmed");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_without_its_request_or_its_parts_is_refused() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    // a request for a code is none for a file
    asked(&app, &claimant).await;
    let answer = bring(&claimant, b"file".to_vec()).await;
    assert_eq!(answer.wrong_fields()[0].0, "/request_id");
    let send = |fields: &[(&str, &str)], file: &[u8]| {
        let request = claimant.request(Method::POST, "/declaration/signatures");
        let request = request.header("content-type", "multipart/form-data; boundary=x");
        ask(request.body(form(fields, file)))
    };
    assert_eq!(send(&[], b"x").await.wrong_fields()[0].0, "/tier");
    let answer = send(&[("tier", "otp")], b"x").await;
    assert_eq!(
        answer.wrong_fields()[0],
        ("/tier".to_owned(), "unknown_value".to_owned())
    );
    let large = vec![0x30; 26 * 1024 * 1024];
    let answer = send(&[("tier", "digital")], &large).await;
    answer.expect_problem(413, "too-large");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_alone_signs_digitally_wins_the_clash_of_two_records_of_one_person() {
    let app = TestApp::seeded().await;
    let first = mario_of(&app).await;
    let second = SignUpBuilder::new("altro@example.org").association("altroconsumo");
    let second = second.with(
        "/mailboxes",
        json!([{"address": "seconda@libero.it", "plan": "free"}]),
    );
    let second = app.confirmed(&second).await;
    second.give_person(&mario()).await.expect(200);
    let review =
        |id| format!("SELECT count(*) FROM claimants WHERE id = '{id}' AND review = 'conflict'");
    assert_eq!(app.number(&review(second.id)).await, 1);
    let mut body = declaration();
    body["mailboxes"][0]["address"] = json!("seconda@libero.it");
    let (document, _) = ask_to_sign(&second, &body).await;
    bring(&second, p7m(&document, Attributes::All))
        .await
        .expect(201);
    assert_eq!(app.number(&review(second.id)).await, 0);
    assert_eq!(app.number(&review(first.id)).await, 1);
    let holder = format!(
        "SELECT count(*) FROM registered_persons WHERE claimant_id = '{}'",
        second.id
    );
    assert_eq!(app.number(&holder).await, 1);
    // the other signs digitally too: then nothing settles itself
    let (document, _) = ask_to_sign(&first, &declaration()).await;
    bring(&first, p7m(&document, Attributes::All))
        .await
        .expect(201);
    assert_eq!(app.number(&review(first.id)).await, 1);
    assert_eq!(app.number(&holder).await, 1);
    app.stop().await;
}
