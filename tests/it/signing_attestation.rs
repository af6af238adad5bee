//! The attestation of a signature: who gets it, what it says, and that nobody else does (R38, R43, R55; decision 37).

use std::io::{Cursor, Read, Write};
use std::process::{Command, Stdio};

use joinder::domain::permission::Role;
use reqwest::{Method, StatusCode};
use zip::ZipArchive;

use crate::app::TestApp;
use crate::claimant::{Claimant, SignUpBuilder, anna, mario, token_in};
use crate::pages::Browser;
use crate::staff_console::{open, sign_in};
use crate::staff_declared::{declaration, identified, sign};
use crate::staff_seed::{association, get, person, step_up};

const EMAIL: &str = "mario@example.org";
const OWN: &str = "/receipt/attestation";

/// What a PDF says, in one line, as another program reads it.
pub(crate) fn words_of(pdf: &[u8]) -> String {
    let mut reader = Command::new("pdftotext")
        .args(["-layout", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("pdftotext (poppler-utils)");
    reader.stdin.take().unwrap().write_all(pdf).unwrap();
    let read = reader.wait_with_output().unwrap();
    assert!(read.status.success());
    let text = String::from_utf8(read.stdout).unwrap();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

async fn own(claimant: &Claimant<'_>) -> reqwest::Response {
    claimant.request(Method::GET, OWN).send().await.unwrap()
}

async fn own_bytes(claimant: &Claimant<'_>) -> Vec<u8> {
    let answer = own(claimant).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "application/pdf");
    answer.bytes().await.unwrap().to_vec()
}

async fn signer(app: &TestApp) -> Claimant<'_> {
    let claimant = identified(app, EMAIL, "mario@libero.it", &mario()).await;
    let body = declaration("mario@libero.it");
    sign(app, &claimant, &body, "Mario Rossi").await;
    claimant
}

#[tokio::test(flavor = "multi_thread")]
async fn r43_who_signed_takes_along_when_and_how_and_it_is_final_once_the_log_has_it() {
    let app = TestApp::seeded().await;
    let claimant = signer(&app).await;
    let pending = own_bytes(&claimant).await;
    assert_eq!(pending, own_bytes(&claimant).await);
    assert!(words_of(&pending).contains("In attesa"));
    app.run_log().await;
    let placed = own_bytes(&claimant).await;
    let words = words_of(&placed);
    for part in [
        "Attestazione di firma",
        "Mario Rossi, codice fiscale RSSMRA85C12H501J",
        "livello «otp»",
        "@example.org",
        "attesto che i dati e i fatti esposti nella domanda e nei documenti prodotti sono veritieri",
        "12,50 EUR",
        "voce n. ",
        "Posizione",
    ] {
        assert!(words.contains(part), "{part}: {words}");
    }
    assert!(!words.contains("In attesa") && !words.contains("mario@example.org"));
    // others sign, the log grows, the bytes stay
    let other = identified(&app, "b@example.org", "b@libero.it", &anna()).await;
    sign(&app, &other, &declaration("b@libero.it"), "Anna Bianchi").await;
    app.run_log().await;
    assert_eq!(placed, own_bytes(&claimant).await);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_did_not_sign_has_none_and_the_page_offers_it_to_who_did() {
    let app = TestApp::seeded().await;
    let nobody = app.confirmed(&SignUpBuilder::new("a@example.org")).await;
    assert_eq!(own(&nobody).await.status(), StatusCode::NOT_FOUND);
    let claimant = signer(&app).await;
    app.run_outbox().await;
    app.request_access(EMAIL).await.expect(202);
    let browser = Browser::new(&app);
    let link = token_in(&browser.mail(EMAIL).await, "enter");
    let entered = browser.send(&format!("/enter/{link}"), &[]).await;
    assert_eq!(entered.place, "/me");
    browser
        .get("/me")
        .await
        .says("href=\"/me/attestation.pdf\"");
    let taken = browser.client.get(app.url("/me/attestation.pdf"));
    let taken = taken.send().await.unwrap();
    assert_eq!(taken.status(), StatusCode::OK);
    let name = taken.headers()["content-disposition"].to_str().unwrap();
    assert!(
        name.contains("attestazione-") && name.ends_with(".pdf\""),
        "{name}"
    );
    assert_eq!(
        taken.bytes().await.unwrap().to_vec(),
        own_bytes(&claimant).await
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r55_staff_take_it_audited_and_of_another_association_there_is_nothing() {
    let app = TestApp::seeded().await;
    let claimant = signer(&app).await;
    app.run_log().await;
    let base = format!("/api/v1/staff/claimants/{}/declarations", claimant.id);
    let path = format!("{base}/1/attestation");
    let member = person(&app, association(&app, "codacons").await, Role::Reviewer).await;
    let bearer = member.bearer(&app).await;
    let refused = get(&app, &path, &bearer).await;
    assert_eq!(
        refused.status(),
        StatusCode::FORBIDDEN,
        "a fresh second factor"
    );
    step_up(&app, &member, &bearer).await;
    let views = "SELECT count(*) FROM audit WHERE action = 'view_signed' \
                 AND detail->>'what' = 'claimant_attestation'";
    assert_eq!(app.number(views).await, 0);
    let taken = get(&app, &path, &bearer).await;
    assert_eq!(taken.status(), StatusCode::OK);
    assert_eq!(taken.headers()["cache-control"], "no-store");
    let name = taken.headers()["content-disposition"].to_str().unwrap();
    assert!(name.ends_with("-v1.attestazione.pdf\""), "{name}");
    assert_eq!(
        taken.bytes().await.unwrap().to_vec(),
        own_bytes(&claimant).await
    );
    assert_eq!(app.number(views).await, 1);
    let unsigned = get(&app, &format!("{base}/2/attestation"), &bearer).await;
    assert_eq!(unsigned.status(), StatusCode::NOT_FOUND);

    let stranger = person(&app, association(&app, "altroconsumo").await, Role::Owner).await;
    let foreign = stranger.bearer(&app).await;
    step_up(&app, &stranger, &foreign).await;
    let unseen = get(&app, &path, &foreign).await;
    assert_eq!(unseen.status(), StatusCode::NOT_FOUND);
    assert_eq!(app.number(views).await, 1);

    let browser = app.browser();
    sign_in(&app, &browser, &member).await;
    let place = format!("/console/claimants/{}", claimant.id);
    let (status, page) = open(&app, &browser, &place).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("/declarations/1/attestation\""), "{page}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r38_of_what_is_not_what_was_signed_there_is_no_attestation() {
    let app = TestApp::seeded().await;
    let claimant = signer(&app).await;
    app.sql("UPDATE signatures SET evidence_sha256 = sha256('x')")
        .await;
    let broken = own(&claimant).await;
    assert_eq!(broken.status(), StatusCode::INTERNAL_SERVER_ERROR);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_archive_of_ones_own_data_has_it_for_each_signature() {
    let app = TestApp::seeded().await;
    let claimant = signer(&app).await;
    app.run_log().await;
    let archive = claimant.request(Method::GET, "/data").send().await.unwrap();
    let bytes = archive.bytes().await.unwrap().to_vec();
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut kept = Vec::new();
    let mut file = archive.by_name("attestazioni/attestazione-v1.pdf").unwrap();
    file.read_to_end(&mut kept).unwrap();
    assert_eq!(kept, own_bytes(&claimant).await);
    app.stop().await;
}
