//! The evidence log: entries, tiles, checkpoints, proofs, receipts, recovery (R38, R45, R54, DESIGN 5).

use std::path::Path;

use chrono::TimeDelta;
use joinder::app::receipt_check::{self, Against, Outcome, Part, Report, Verdict};
use joinder::crypto::merkle::{self, Edge};
use joinder::crypto::note::{Checkpoint, VerifyingKey};
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::claimant::{Claimant, ask};
use crate::seed::CASE;
use crate::signing;

mod entering;
mod faults;
mod published;
mod receipt;
mod subjects;
mod tampered;
mod timestamp;
mod trail;

/// Somebody who signed, over their own mailbox.
pub(crate) async fn signer<'app>(app: &'app TestApp, name: &str) -> Claimant<'app> {
    let (email, mailbox) = (format!("{name}@example.org"), format!("{name}@libero.it"));
    let who = crate::claimant::mario();
    let claimant = crate::staff_declared::identified(app, &email, &mailbox, &who).await;
    sign_again(app, &claimant, name, json!([{"head": "flat_rate"}])).await;
    claimant
}

/// Signs a declaration with these items.
pub(crate) async fn sign_again(app: &TestApp, claimant: &Claimant<'_>, name: &str, items: Value) {
    // entries of one instant come in no order
    app.clock().advance(TimeDelta::seconds(1));
    let mut body = signing::declaration();
    body["mailboxes"][0]["address"] = json!(format!("{name}@libero.it"));
    body["mailboxes"][0]["incidents"][0]["items"] = items;
    crate::staff_declared::sign(app, claimant, &body, "Mario Rossi").await;
}

/// The receipt of a claimant.
pub(crate) async fn receipt_of(claimant: &Claimant<'_>) -> Value {
    ask(claimant.request(Method::GET, "/receipt"))
        .await
        .expect(200)
}

/// Many entries that tell of nothing: events of a case, as many as wanted.
pub(crate) async fn events(app: &TestApp, count: u32) {
    app.sql(&format!(
        "INSERT INTO log_events (subject_id, id, case_id, kind, content, salt, created_at) \
         SELECT gen_random_uuid(), gen_random_uuid(), c.id, 'decision', '{{\"n\":' || n || '}}', \
           sha256(n::text::bytea), now() + n * interval '1 microsecond' \
         FROM cases c, generate_series(1, {count}) n WHERE c.slug = '{CASE}'"
    ))
    .await;
}

/// The text at a path of the log.
pub(crate) async fn text_at(app: &TestApp, path: &str) -> String {
    let answer = app.get(&format!("/log/{CASE}/{path}")).await;
    assert_eq!(answer.status().as_u16(), 200, "{path}");
    answer.text().await.unwrap()
}

/// The published head, signed by the published key.
pub(crate) async fn head(app: &TestApp) -> Checkpoint {
    let key = VerifyingKey::parse(&text_at(app, "vkey").await).unwrap();
    Checkpoint::open(&text_at(app, "checkpoint").await, &key).unwrap()
}

/// Reads the whole log over HTTP, as a monitor does: every entry, held against every leaf tile and the
/// signed root.
pub(crate) async fn read_log(app: &TestApp) -> Vec<Value> {
    let head = head(app).await;
    let mut edge = Edge::default();
    let mut entries = Vec::new();
    for index in 0..head.size.div_ceil(merkle::WIDTH) {
        let width = (head.size - index * merkle::WIDTH).min(merkle::WIDTH);
        let path = merkle::bundle_path(index, width);
        let bundle = bytes_at(app, &format!("tile/{path}")).await;
        let leaves = path.replace("entries/", "0/");
        let tile = bytes_at(app, &format!("tile/{leaves}")).await;
        let mut hashes = tile.chunks_exact(merkle::HASH);
        for entry in merkle::unbundle(&bundle).unwrap() {
            let leaf = merkle::leaf_hash(&entry);
            assert_eq!(hashes.next(), Some(leaf.as_slice()));
            edge.push(leaf, &mut Vec::new());
            entries.push(serde_json::from_slice(&entry).unwrap());
        }
        assert_eq!(hashes.next(), None);
    }
    assert_eq!((edge.size(), edge.root()), (head.size, head.root));
    entries
}

/// The bytes at a path of the log.
pub(crate) async fn bytes_at(app: &TestApp, path: &str) -> Vec<u8> {
    let answer = app.get(&format!("/log/{CASE}/{path}")).await;
    assert_eq!(answer.status().as_u16(), 200, "{path}");
    answer.bytes().await.unwrap().to_vec()
}

/// Checks a receipt against a key from elsewhere.
pub(crate) fn check(receipt: &Value, key: &str) -> Report {
    let bytes = serde_json::to_vec(receipt).unwrap();
    let against = Against {
        key: Some(key),
        ..Against::default()
    };
    receipt_check::check(&bytes, against)
}

/// Every part that was looked at is proved.
#[track_caller]
pub(crate) fn assert_proved(report: &Report) {
    assert_eq!(report.verdict, Verdict::Proved, "{report:?}");
    let all = report.parts.iter().all(|(_, out)| *out == Outcome::Proved);
    assert!(all, "{report:?}");
    assert!(
        report
            .parts
            .iter()
            .any(|(part, _)| *part == Part::Inclusion)
    );
}

/// A file of the published log in the folder of the blob store.
pub(crate) fn log_file(app: &TestApp, path: &str) -> std::path::PathBuf {
    app.blobs_folder()
        .join("log")
        .join(CASE)
        .join(Path::new(path))
}
