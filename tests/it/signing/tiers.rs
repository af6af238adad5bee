//! What breaks while a signature on paper is approved or a digital one is written, and who decides at once
//! (R40, R44).

use std::fs;

use chrono::TimeDelta;
use joinder::app::document;
use joinder::crypto::sha256;
use joinder::domain::permission::Role;
use serde_json::json;

use super::digital::{Attributes, ask_to_sign, bring, p7m};
use super::faults::{assert_signed_once, assert_unsigned, holder_of_the_mailbox, lock};
use super::{declaration, mario_of};
use crate::app::{DEATHS, TestApp};
use crate::claimant::Claimant;
use crate::paper::{Sheets, decide, hand_in_of, staff};

/// Mario, who handed in on paper; the hand-in.
async fn handed_in(app: &TestApp) -> (Claimant<'_>, String) {
    let claimant = mario_of(app).await;
    claimant.declare(&declaration()).await.expect(200);
    let taken = claimant.hand_in(&Sheets::whole()).await.expect(201);
    let id = hand_in_of(&taken);
    (claimant, id)
}

/// Nothing is signed and the hand-in waits as before.
async fn assert_waits(app: &TestApp, claimant: &Claimant<'_>) {
    assert_unsigned(app, claimant).await;
    let waiting = "SELECT count(*) FROM paper_hand_ins WHERE state = 'to_verify' AND decided_at IS NULL \
         AND decided_by IS NULL";
    assert_eq!(app.number(waiting).await, 1);
}

/// Nothing is signed and no file belongs to a signature.
async fn assert_nothing_brought(app: &TestApp, claimant: &Claimant<'_>) {
    assert_unsigned(app, claimant).await;
    let kept = "SELECT count(*) FROM signature_files";
    assert_eq!(app.number(kept).await, 0);
}

/// Keys in the blob store without the claimant's folder, sorted.
async fn names(app: &TestApp) -> Vec<String> {
    let keys = app.ctx.blobs.list().await.unwrap();
    let name = |key: &String| key.rsplit('/').next().unwrap().to_owned();
    let mut names: Vec<String> = keys.iter().map(name).collect();
    names.sort();
    names
}

/// An hour later nothing is noted as being uploaded, and this is what lies in the store.
async fn swept(app: &TestApp) -> Vec<String> {
    app.clock().advance(TimeDelta::minutes(61));
    document::delete_loose(&app.ctx).await.unwrap();
    assert_eq!(app.number("SELECT count(*) FROM file_uploads").await, 0);
    names(app).await
}

/// The names of files that signatures have, as the rows say.
async fn owned(app: &TestApp) -> Vec<String> {
    let rows = app.rows("SELECT id FROM signature_files WHERE kept").await;
    let ids = rows.into_iter().map(|mut row| row.remove(0).unwrap());
    ids.map(|id| format!("file-{id}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn r44_a_database_lost_while_a_hand_in_is_approved_signs_nothing_and_it_waits_on() {
    let app = TestApp::seeded().await;
    let holder = holder_of_the_mailbox(&app).await;
    let (claimant, id) = handed_in(&app).await;
    let of = (claimant.id, id.as_str());
    let (_, reviewer) = staff(&app, Role::Reviewer).await;
    let nothing = json!({});
    // what is judged locks nobody, what is written whoever holds the mailbox too
    let held = app.hold(&lock(&holder)).await;
    let (refused, ()) = tokio::join!(decide(&app, &reviewer, of, "approval", &nothing), async {
        held.is_waited_for().await;
        app.lose_database().await;
    });
    assert!(refused.headers.contains_key("retry-after"));
    refused.expect_problem(503, "unavailable");
    app.regain_database().await;
    assert_waits(&app, &claimant).await;
    let signed = decide(&app, &reviewer, of, "approval", &nothing).await;
    assert_eq!(signed.expect(200)["state"], "signed");
    assert_signed_once(&app, &claimant).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r44_a_connection_that_dies_while_an_approval_is_written_or_committed_signs_nothing() {
    let app = TestApp::seeded().await;
    let (claimant, id) = handed_in(&app).await;
    let of = (claimant.id, id.as_str());
    let (_, reviewer) = staff(&app, Role::Reviewer).await;
    let nothing = json!({});
    for moment in DEATHS {
        app.let_die("signatures", moment).await;
        let refused = decide(&app, &reviewer, of, "approval", &nothing).await;
        assert!(refused.headers.contains_key("retry-after"), "{moment}");
        refused.expect_problem(503, "unavailable");
        assert_waits(&app, &claimant).await;
        app.let_live("signatures").await;
    }
    let signed = decide(&app, &reviewer, of, "approval", &nothing).await;
    signed.expect(200);
    assert_signed_once(&app, &claimant).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r44_of_two_who_decide_at_once_one_does_and_the_other_reads_a_conflict() {
    for (left, right) in [
        (("approval", json!({})), ("approval", json!({}))),
        (
            ("approval", json!({})),
            ("rejection", json!({"reason": "unreadable"})),
        ),
        (
            ("rejection", json!({"reason": "unreadable"})),
            ("rejection", json!({"reason": "pages_missing"})),
        ),
    ] {
        let app = TestApp::seeded().await;
        let (claimant, id) = handed_in(&app).await;
        let of = (claimant.id, id.as_str());
        let (_, manager) = staff(&app, Role::CaseManager).await;
        let (_, owner) = staff(&app, Role::Owner).await;
        // both are judged good before either writes
        let held = app.hold(&lock(&claimant)).await;
        let (first, second, ()) = tokio::join!(
            decide(&app, &manager, of, left.0, &left.1),
            decide(&app, &owner, of, right.0, &right.1),
            async {
                held.are_waiting(2).await;
                held.end().await;
            }
        );
        let what = format!("{} {}", left.0, right.0);
        let (won, lost, done) = if first.status.is_success() {
            (first, second, left.0)
        } else {
            (second, first, right.0)
        };
        assert!(won.status.is_success(), "{what}: {}", won.status);
        lost.expect_problem(409, "illegal-transition");
        let (state, signatures) = match done {
            "approval" => ("approved", 1),
            _ => ("rejected", 0),
        };
        let count = |rows: String| {
            let query = format!("SELECT count(*) FROM {rows}");
            let app = &app;
            async move { app.number(&query).await }
        };
        let decided = format!("paper_hand_ins WHERE state = '{state}'");
        assert_eq!(count(decided).await, 1, "{what}");
        assert_eq!(count("signatures".to_owned()).await, signatures, "{what}");
        let told = "audit WHERE action IN ('sign', 'reject_paper')".to_owned();
        assert_eq!(count(told).await, 1, "{what}");
        let mails = "outbox WHERE kind IN ('receipt', 'paper_rejected')".to_owned();
        assert_eq!(count(mails).await, 1, "{what}");
        if signatures == 0 {
            assert_eq!(claimant.me().await["state"], "confirmed");
        } else {
            assert_signed_once(&app, &claimant).await;
        }
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r41_a_database_lost_while_a_digital_signature_is_written_signs_nothing_and_leaves_no_file()
{
    let app = TestApp::seeded().await;
    let holder = holder_of_the_mailbox(&app).await;
    let before = names(&app).await;
    let claimant = mario_of(&app).await;
    let (document, _) = ask_to_sign(&claimant, &declaration()).await;
    let file = p7m(&document, Attributes::All);
    let held = app.hold(&lock(&holder)).await;
    let (refused, ()) = tokio::join!(bring(&claimant, file.clone()), async {
        held.is_waited_for().await;
        app.lose_database().await;
    });
    assert!(refused.headers.contains_key("retry-after"));
    refused.expect_problem(503, "unavailable");
    app.regain_database().await;
    assert_nothing_brought(&app, &claimant).await;
    // the file is noted, so that it is found
    assert_eq!(app.number("SELECT count(*) FROM file_uploads").await, 1);
    let signed = bring(&claimant, file).await;
    assert_eq!(signed.expect(201)["state"], "signed");
    assert_signed_once(&app, &claimant).await;
    let mut expected = [before, owned(&app).await, vec!["declaration-1".to_owned()]].concat();
    expected.sort();
    assert_eq!(swept(&app).await, expected);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r41_a_connection_that_dies_while_a_digital_signature_is_written_or_committed_signs_nothing()
 {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let (document, _) = ask_to_sign(&claimant, &declaration()).await;
    let file = p7m(&document, Attributes::All);
    for moment in DEATHS {
        app.let_die("signatures", moment).await;
        let refused = bring(&claimant, file.clone()).await;
        assert!(refused.headers.contains_key("retry-after"), "{moment}");
        refused.expect_problem(503, "unavailable");
        assert_nothing_brought(&app, &claimant).await;
        app.let_live("signatures").await;
    }
    bring(&claimant, file).await.expect(201);
    assert_signed_once(&app, &claimant).await;
    let mut expected = [owned(&app).await, vec!["declaration-1".to_owned()]].concat();
    expected.sort();
    assert_eq!(swept(&app).await, expected);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r41_a_store_that_fails_while_a_signed_file_is_kept_signs_nothing_and_leaves_no_orphan() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let (document, _) = ask_to_sign(&claimant, &declaration()).await;
    let folder = app.blobs_folder();
    let away = folder.with_extension("away");
    fs::rename(&folder, &away).unwrap();
    fs::write(&folder, "no folder").unwrap();
    // one that signs, and one that is kept for staff to look at
    for attributes in [Attributes::All, Attributes::WithoutCertificate] {
        let refused = bring(&claimant, p7m(&document, attributes)).await;
        assert!(refused.headers.contains_key("retry-after"));
        refused.expect_problem(503, "unavailable");
        assert_nothing_brought(&app, &claimant).await;
    }
    fs::remove_file(&folder).unwrap();
    fs::rename(&away, &folder).unwrap();
    assert_eq!(names(&app).await, Vec::<String>::new());

    // the file is kept, the document is not: where it belongs lies something else
    let own = sha256::hex(&sha256::digest(claimant.id.to_string().as_bytes()));
    let in_the_way = folder.join(own).join("declaration-1");
    fs::create_dir_all(in_the_way.join("x")).unwrap();
    let refused = bring(&claimant, p7m(&document, Attributes::All)).await;
    refused.expect_problem(503, "unavailable");
    assert_nothing_brought(&app, &claimant).await;
    assert_eq!(names(&app).await.len(), 1);
    fs::remove_dir_all(&in_the_way).unwrap();

    // three attempts are noted; an hour later nothing of them is left
    assert_eq!(app.number("SELECT count(*) FROM file_uploads").await, 3);
    assert_eq!(swept(&app).await, Vec::<String>::new());
    let claimant = super::again(&app, super::ADDRESS).await;
    bring(&claimant, p7m(&document, Attributes::All))
        .await
        .expect(201);
    assert_signed_once(&app, &claimant).await;
    app.stop().await;
}
