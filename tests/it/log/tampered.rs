//! Published files and unpublished leaves that somebody laid hands on: nothing wrong is ever proved by them.

use std::fs;

use joinder::app::AppError;
use joinder::app::lease::Holder;
use joinder::app::log::sequence::Sequencer;
use joinder::app::log::trail;
use reqwest::Method;

use super::{assert_proved, check, events, head, log_file, read_log, receipt_of, signer, text_at};
use crate::app::TestApp;
use crate::claimant::ask;
use crate::seed::CASE;

async fn turn(app: &TestApp) -> Result<u64, AppError> {
    let mut sequencer = Sequencer::new(Holder::new());
    let done = sequencer.turn(&app.ctx).await;
    sequencer.stop(&app.ctx).await;
    done
}

#[tokio::test(flavor = "multi_thread")]
async fn r38_a_tile_that_was_changed_gives_no_receipt_or_a_right_one() {
    let app = TestApp::seeded().await;
    let one = signer(&app, "uno").await;
    events(&app, 5).await;
    app.run_log().await;
    let key = text_at(&app, "vkey").await;
    let tile = log_file(&app, "tile/0/000.p/6");
    let good = fs::read(&tile).unwrap();
    let place = receipt_of(&one).await["proof"].to_string();
    assert!(!place.is_empty());
    let mut refused = 0;
    for at in (0..good.len()).step_by(7) {
        let mut bytes = good.clone();
        bytes[at] ^= 0x10;
        fs::write(&tile, &bytes).unwrap();
        let answer = ask(one.request(Method::GET, "/receipt")).await;
        if answer.status == 500 {
            refused += 1;
        } else {
            // the byte is in no hash of the proof: its own entry's
            assert_proved(&check(&answer.expect(200), &key));
        }
    }
    assert!(refused > 20, "{refused}");
    for cut in [Vec::new(), good[..32].to_vec(), good[..191].to_vec()] {
        fs::write(&tile, cut).unwrap();
        assert_eq!(ask(one.request(Method::GET, "/receipt")).await.status, 500);
    }
    fs::write(&tile, good).unwrap();
    assert_proved(&check(&receipt_of(&one).await, &key));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r54_published_entries_that_were_reordered_deleted_or_inserted_are_found_by_whoever_reads()
{
    let app = TestApp::seeded().await;
    events(&app, 5).await;
    app.run_log().await;
    let bundle = log_file(&app, "tile/entries/000.p/5");
    let good = fs::read(&bundle).unwrap();
    let entries = joinder::crypto::merkle::unbundle(&good).unwrap();
    let written = |entries: &[Vec<u8>]| {
        joinder::crypto::merkle::bundle(entries.iter().map(Vec::as_slice)).unwrap()
    };
    let mut swapped = entries.clone();
    swapped.swap(1, 2);
    let mut inserted = entries.clone();
    inserted.insert(2, entries[0].clone());
    let mut twice = entries.clone();
    twice[4].clone_from(&entries[3]);
    for (what, entries) in [
        ("reordered", swapped),
        ("inserted", inserted),
        ("deleted", entries[1..].to_vec()),
        ("twice", twice),
    ] {
        fs::write(&bundle, written(&entries)).unwrap();
        let found = trail::check(&app.ctx, CASE).await;
        assert!(
            matches!(found, Err(AppError::Internal(_))),
            "{what}: {found:?}"
        );
    }
    fs::write(&bundle, good).unwrap();
    assert_eq!(trail::check(&app.ctx, CASE).await.unwrap().entries, 5);
    app.stop().await;
}

/// What was signed is held against the rows it was signed from, before anything is put after it.
#[tokio::test(flavor = "multi_thread")]
async fn leaves_that_were_reordered_or_inserted_come_under_no_head() {
    let app = TestApp::seeded().await;
    events(&app, 4).await;
    app.run_log().await;
    let then = head(&app).await;
    app.sql("CREATE TABLE old AS TABLE log_leaves").await;
    let swap = "UPDATE log_leaves l SET entry = o.entry FROM old o \
        WHERE (l.leaf_index, o.leaf_index) IN ((1, 2), (2, 1))";
    let insert =
        "INSERT INTO log_leaves SELECT case_id, 4, entry, subject_id FROM old WHERE leaf_index = 0";
    let before = "INSERT INTO log_leaves SELECT case_id, -1, entry, subject_id FROM old WHERE leaf_index = 0";
    for tampered in [insert, swap] {
        app.sql(tampered).await;
        events(&app, 1).await;
        assert!(turn(&app).await.is_err(), "{tampered}");
        assert_eq!(head(&app).await, then, "{tampered}");
        let repaired = "DELETE FROM log_leaves WHERE leaf_index < 4 OR (leaf_index = 4 AND entry IN (SELECT entry FROM old)); \
            INSERT INTO log_leaves SELECT * FROM old";
        app.sql(repaired).await;
    }
    app.run_log().await;
    app.sql(before).await;
    events(&app, 1).await;
    app.run_log().await;
    super::published::assert_goes_on(&app, &then, &head(&app).await).await;
    assert_eq!(
        read_log(&app).await.len(),
        7,
        "one before the first is none"
    );
    app.stop().await;
}
