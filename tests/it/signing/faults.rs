//! What breaks while somebody signs: database, document store, connection; and who comes in between.

use std::fs;
use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::{asked, mario_of};
use crate::app::{DEATHS, TestApp};
use crate::claimant::{Claimant, SignUpBuilder, anna, ask};

/// Anna, who signed for the mailbox that Mario names too.
pub(super) async fn holder_of_the_mailbox(app: &TestApp) -> Claimant<'_> {
    let holder = app.confirmed(&SignUpBuilder::new("anna@example.org")).await;
    holder.give_person(&anna()).await.expect(200);
    let (request, code, _) = asked(app, &holder).await;
    let signed = holder.sign(&request, &code, "Anna Bianchi").await;
    signed.expect(201);
    holder
}

/// Locks a claimant.
pub(super) fn lock(claimant: &Claimant<'_>) -> String {
    let id = claimant.id;
    format!("SELECT id FROM claimants WHERE id = '{id}' FOR UPDATE")
}

/// Nothing of a signature of this claimant is in the database, and the code is as good as before.
pub(super) async fn assert_unsigned(app: &TestApp, claimant: &Claimant<'_>) {
    let id = claimant.id;
    for rows in [
        format!("signatures WHERE claimant_id = '{id}'"),
        format!("log_pending WHERE claimant_id = '{id}'"),
        format!("registered_mailboxes WHERE claimant_id = '{id}'"),
        format!("outbox WHERE subject_id = '{id}' AND kind = 'receipt'"),
        format!("audit WHERE subject_id = '{id}' AND action = 'sign'"),
        format!(
            "signature_requests WHERE claimant_id = '{id}' AND (used_at IS NOT NULL OR attempts > 0)"
        ),
        format!(
            "claimants WHERE id = '{id}' AND (state <> 'confirmed' OR signed_at IS NOT NULL OR signed_version IS NOT NULL)"
        ),
    ] {
        let count = format!("SELECT count(*) FROM {rows}");
        assert_eq!(app.number(&count).await, 0, "{rows}");
    }
}

/// One signature, with all that belongs to it, once.
pub(super) async fn assert_signed_once(app: &TestApp, claimant: &Claimant<'_>) {
    let id = claimant.id;
    for rows in [
        format!("signatures WHERE claimant_id = '{id}'"),
        format!("log_pending WHERE claimant_id = '{id}'"),
        format!("outbox WHERE subject_id = '{id}' AND kind = 'receipt'"),
        format!("audit WHERE subject_id = '{id}' AND action = 'sign'"),
        format!("claimants WHERE id = '{id}' AND state = 'signed'"),
    ] {
        let count = format!("SELECT count(*) FROM {rows}");
        assert_eq!(app.number(&count).await, 1, "{rows}");
    }
    let receipt = ask(claimant.request(Method::GET, "/receipt")).await;
    receipt.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn r43_a_database_lost_between_judging_and_writing_signs_nothing_and_the_code_stays_good() {
    let app = TestApp::seeded().await;
    let holder = holder_of_the_mailbox(&app).await;
    let claimant = mario_of(&app).await;
    let (request, code, _) = asked(&app, &claimant).await;
    // judging locks the signer alone, writing whoever holds the mailbox too
    let held = app.hold(&lock(&holder)).await;
    let (refused, ()) = tokio::join!(claimant.sign(&request, &code, "Mario Rossi"), async {
        held.is_waited_for().await;
        app.lose_database().await;
    });
    assert!(refused.headers.contains_key("retry-after"));
    refused.expect_problem(503, "unavailable");
    app.regain_database().await;
    assert_unsigned(&app, &claimant).await;
    let signed = claimant.sign(&request, &code, "Mario Rossi").await;
    assert_eq!(signed.expect(201)["state"], "signed");
    assert_signed_once(&app, &claimant).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r43_a_connection_that_dies_while_a_signature_is_written_or_committed_signs_nothing() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let (request, code, _) = asked(&app, &claimant).await;
    for moment in DEATHS {
        app.let_die("signatures", moment).await;
        let refused = claimant.sign(&request, &code, "Mario Rossi").await;
        assert!(refused.headers.contains_key("retry-after"), "{moment}");
        refused.expect_problem(503, "unavailable");
        assert_unsigned(&app, &claimant).await;
        app.let_live("signatures").await;
    }
    let signed = claimant.sign(&request, &code, "Mario Rossi").await;
    assert_eq!(signed.expect(201)["state"], "signed");
    assert_signed_once(&app, &claimant).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_away_signs_nothing_and_the_code_stays_good() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let (request, code, _) = asked(&app, &claimant).await;
    let folder = app.blobs_folder();
    let away = folder.with_extension("away");
    fs::rename(&folder, &away).unwrap();
    fs::write(&folder, "no folder").unwrap();
    let refused = claimant.sign(&request, &code, "Mario Rossi").await;
    assert!(refused.headers.contains_key("retry-after"));
    refused.expect_problem(503, "unavailable");
    assert_unsigned(&app, &claimant).await;
    fs::remove_file(&folder).unwrap();
    fs::rename(&away, &folder).unwrap();
    assert_eq!(app.ctx.blobs.list().await.unwrap(), Vec::<String>::new());
    let signed = claimant.sign(&request, &code, "Mario Rossi").await;
    signed.expect(201);
    assert_signed_once(&app, &claimant).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hangs_up_while_signing_has_signed_and_a_replay_signs_nothing_more() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let (request, code, _) = asked(&app, &claimant).await;
    let held = app.hold(&lock(&claimant)).await;
    let body = json!({"request_id": request, "code": code, "full_name": "Mario Rossi"}).to_string();
    let host = app.base.strip_prefix("http://").unwrap();
    let sent = format!(
        "POST /api/v1/public/me/declaration/signatures HTTP/1.1\r\nhost: {host}\r\n\
         authorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        claimant.token,
        body.len()
    );
    let mut wire = TcpStream::connect(host).await.unwrap();
    // a reset: an end of the stream alone drops no handler
    wire.set_zero_linger().unwrap();
    wire.write_all(sent.as_bytes()).await.unwrap();
    held.is_waited_for().await;
    drop(wire);
    // nothing tells when the server has noticed
    tokio::time::sleep(Duration::from_millis(100)).await;
    held.end().await;
    // what was begun is ended in a task of its own
    let signed = "SELECT count(*) FROM signatures";
    for _ in 0..1_000 {
        if app.number(signed).await == 1 {
            break;
        }
    }
    assert_signed_once(&app, &claimant).await;
    for _ in 0..2 {
        let again = claimant.sign(&request, &code, "Mario Rossi").await;
        again.expect_problem(410, "token-used");
    }
    assert_signed_once(&app, &claimant).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r30_who_takes_the_mailbox_while_the_signer_waits_is_locked_in_order_too() {
    let app = TestApp::seeded().await;
    // ids rise with time: this one is locked before all others
    let newcomer = app
        .confirmed(&SignUpBuilder::new("carla@example.org"))
        .await;
    let holder = holder_of_the_mailbox(&app).await;
    let claimant = mario_of(&app).await;
    let (request, code, _) = asked(&app, &claimant).await;
    let first = app.hold(&lock(&holder)).await;
    let second = app.hold(&lock(&newcomer)).await;
    let (signed, ()) = tokio::join!(claimant.sign(&request, &code, "Mario Rossi"), async {
        first.is_waited_for().await;
        let id = newcomer.id;
        app.sql(&format!(
            "UPDATE registered_mailboxes SET claimant_id = '{id}'"
        ))
        .await;
        first.end().await;
        second.is_waited_for().await;
        // whoever waits for the newcomer holds nobody who comes later: no circle
        second.run("SET LOCAL lock_timeout = '200ms'").await;
        second.run(&lock(&claimant)).await;
        second.end().await;
    });
    assert_eq!(signed.expect(201)["state"], "signed");
    let conflict = format!(
        "SELECT count(*) FROM conflicts WHERE claimant_id = '{}' AND other_claimant_id = '{}'",
        claimant.id, newcomer.id
    );
    assert_eq!(app.number(&conflict).await, 1);
    app.stop().await;
}
