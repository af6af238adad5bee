//! What everybody reads of a log: C2SP tlog-tiles over HTTP.

use data_encoding::BASE64;
use joinder::crypto::merkle::{self, Hash};
use joinder::crypto::note::Checkpoint;

use super::{bytes_at, events, head, log_file, read_log, text_at};
use crate::app::TestApp;
use crate::seed::CASE;

/// The log says that it goes on with a head of then, and proves it.
pub(crate) async fn assert_goes_on(app: &TestApp, then: &Checkpoint, now: &Checkpoint) {
    let text = text_at(app, &format!("consistency/{}", then.size)).await;
    let (proof, note) = text.split_once("\n\n").unwrap();
    assert_eq!(Checkpoint::parse(note).as_ref(), Ok(now));
    let mut lines = proof.lines();
    assert_eq!(lines.next(), Some("joinder-consistency/1"));
    assert_eq!(lines.next(), Some(format!("old {}", then.size).as_str()));
    let hashes: Vec<Hash> = lines
        .map(|line| BASE64.decode(line.as_bytes()).unwrap().try_into().unwrap())
        .collect();
    let proved = merkle::is_consistent((then.size, &then.root), (now.size, &now.root), &hashes);
    assert!(proved, "{} to {}", then.size, now.size);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_log_is_signed_and_every_size_goes_on_with_the_one_before() {
    let app = TestApp::seeded().await;
    assert_eq!(app.run_log().await, 0);
    let mut seen = vec![head(&app).await];
    assert_eq!(seen[0].size, 0);
    for count in [1, 1, 253, 1, 1, 300] {
        events(&app, count).await;
        app.run_log().await;
        let now = head(&app).await;
        for then in &seen {
            assert_goes_on(&app, then, &now).await;
        }
        seen.push(now);
    }
    assert_eq!(read_log(&app).await.len(), 557);
    let beyond = app.get(&format!("/log/{CASE}/consistency/558")).await;
    assert_eq!(beyond.status(), 404);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_have_the_types_and_the_caching_of_the_specification() {
    let app = TestApp::seeded().await;
    events(&app, 300).await;
    app.run_log().await;
    let is = |path: &'static str, kind: &'static str, caching: &'static str| {
        let app = &app;
        async move {
            let path = format!("/log/{CASE}/{path}");
            let answer = app.get(&path).await;
            assert_eq!(answer.status(), 200, "{path}");
            assert_eq!(answer.headers()["content-type"], kind, "{path}");
            assert_eq!(answer.headers()["cache-control"], caching, "{path}");
            let tag = answer.headers()["etag"].clone();
            let again = app
                .browser()
                .get(app.url(&path))
                .header("if-none-match", tag);
            assert_eq!(again.send().await.unwrap().status(), 304, "{path}");
        }
    };
    let for_ever = "public, max-age=31536000, immutable";
    is(
        "checkpoint",
        "text/plain; charset=utf-8",
        "public, max-age=2",
    )
    .await;
    is("vkey", "text/plain; charset=utf-8", "public, max-age=2").await;
    is("tile/0/000", "application/octet-stream", for_ever).await;
    is("tile/0/001.p/44", "application/octet-stream", for_ever).await;
    is("tile/1/000.p/1", "application/octet-stream", for_ever).await;
    is("tile/entries/000", "application/octet-stream", for_ever).await;
    is(
        "tile/entries/001.p/44",
        "application/octet-stream",
        for_ever,
    )
    .await;
    assert_eq!(bytes_at(&app, "tile/0/000").await.len(), 8_192);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partial_tile_is_still_there_after_it_became_full() {
    let app = TestApp::seeded().await;
    events(&app, 5).await;
    app.run_log().await;
    let (tile, bundle) = (
        bytes_at(&app, "tile/0/000.p/5").await,
        bytes_at(&app, "tile/entries/000.p/5").await,
    );
    events(&app, 251).await;
    app.run_log().await;
    assert!(!log_file(&app, "tile/0/000.p").exists(), "dropped");
    assert_eq!(bytes_at(&app, "tile/0/000.p/5").await, tile);
    assert_eq!(bytes_at(&app, "tile/entries/000.p/5").await, bundle);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consistency_proof_that_does_not_hold_is_not_served() {
    let app = TestApp::seeded().await;
    events(&app, 5).await;
    app.run_log().await;
    let tile = log_file(&app, "tile/0/000.p/5");
    let good = std::fs::read(&tile).unwrap();
    for place in [0, 63, 64, 100, 159] {
        let mut bytes = good.clone();
        bytes[place] ^= 1;
        std::fs::write(&tile, &bytes).unwrap();
        for old in 1..5 {
            let answer = app.get(&format!("/log/{CASE}/consistency/{old}")).await;
            assert_eq!(answer.status(), 500, "{place} {old}");
        }
    }
    std::fs::write(&tile, good).unwrap();
    assert!(text_at(&app, "consistency/3").await.contains("old 3"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_paths_are_not_found_whatever_they_are() {
    let app = TestApp::seeded().await;
    events(&app, 3).await;
    app.run_log().await;
    for path in [
        "tile/0/000",
        "tile/0/000.p/4",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/03",
        "tile/0/0",
        "tile/00/000.p/3",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/x000/000.p/3",
        "tile/0/001",
        "tile/x/000",
        "tile/0/000.p/3/4",
        "tile/entries/",
        "tile/entries/000.p/x",
        "tile/0/..%2f..%2fcheckpoint",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
        "consistency/-1",
        "consistency/x",
        "consistency/+3",
        "consistency/03",
        "consistency/18446744073709551616",
        "",
        "checkpoint/",
        "tile/0/%00",
    ] {
        let answer = app.get(&format!("/log/{CASE}/{path}")).await;
        assert!(
            [404, 400].contains(&answer.status().as_u16()),
            "{path}: {}",
            answer.status()
        );
    }
    for slug in ["nessuno", "..", "%2e%2e", "A", "x%2fy"] {
        let answer = app.get(&format!("/log/{slug}/checkpoint")).await;
        assert_eq!(answer.status(), 404, "{slug}");
    }
    app.stop().await;
}
