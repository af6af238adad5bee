//! Whom entries are about: kept sealed for as long as a backup lives, and never of the erased.

use chrono::TimeDelta;
use joinder::app::lease;
use joinder::app::log::recover::{self, Left};
use joinder::app::log::{sequence, subjects};
use joinder::domain::ids::ClaimantId;

use super::faults::{RESTORE, SNAPSHOT, row, take};
use super::{events, head, signer};
use crate::app::TestApp;
use crate::seed::CASE;

/// Files below the folder of the lists.
fn lists(app: &TestApp) -> usize {
    fn count(folder: &std::path::Path) -> usize {
        let entries = std::fs::read_dir(folder).into_iter().flatten();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths
            .map(|path| if path.is_dir() { count(&path) } else { 1 })
            .sum()
    }
    count(&app.blobs_folder().join("log-subjects"))
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_erased_while_entries_get_their_places_is_tied_to_none() {
    let app = TestApp::seeded().await;
    let one = signer(&app, "uno").await;
    events(&app, 1).await;
    // the log exists from the first turn on: this one gets no lease
    let erasing = app
        .hold(&format!(
            "DELETE FROM log_pending WHERE claimant_id = '{}'",
            one.id
        ))
        .await;
    let mut tx = app
        .ctx
        .pools
        .begin(joinder::db::Scope::System("test"))
        .await
        .unwrap();
    joinder::db::log::insert_missing(
        &mut tx,
        joinder::db::Scope::System("test"),
        "x.example/log/",
        chrono::Utc::now(),
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    let holder = take(&app).await;
    let log = row(&app).await;
    let (assigned, ()) = tokio::join!(sequence::assign(&app.ctx, &holder, &log), async {
        erasing.is_waited_for().await;
        erasing.end().await;
    });
    assert_eq!(
        assigned.unwrap().tree_size,
        2,
        "the log has the entry all the same"
    );
    let tied = format!(
        "SELECT count(*) FROM log_leaves WHERE subject_id = '{}'",
        one.id
    );
    assert_eq!(app.number(&tied).await, 0);
    assert_eq!(app.number("SELECT count(*) FROM log_leaves").await, 2);
    lease::release(&app.ctx, holder).await.unwrap();
    app.run_log().await;
    assert_eq!(head(&app).await.size, 2);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_does_not_say_who_was_erased() {
    let app = TestApp::seeded().await;
    app.run_log().await;
    app.sql(SNAPSHOT).await;
    let (one, other) = (signer(&app, "uno").await, signer(&app, "due").await);
    app.run_log().await;
    app.sql(RESTORE).await;
    let blobs = joinder::blob::Blobs::folder(&app.blobs_folder()).unwrap();
    blobs.put_erased(ClaimantId::new(one.id)).await.unwrap();
    let done = recover::recover(&app.ctx, CASE).await.unwrap();
    let lost: Vec<_> = done
        .lost
        .iter()
        .map(|it| (it.subject, it.reference.is_some(), it.left))
        .collect();
    assert_eq!(
        lost,
        [
            (None, false, Left::Erased),
            (Some(other.id), true, Left::Record)
        ]
    );
    let tied = format!(
        "SELECT count(*) FROM log_leaves WHERE subject_id = '{}'",
        one.id
    );
    assert_eq!(app.number(&tied).await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lists_go_after_35_days_and_not_before() {
    let app = TestApp::seeded().await;
    signer(&app, "uno").await;
    app.run_log().await;
    app.clock().advance(TimeDelta::days(20));
    events(&app, 2).await;
    app.run_log().await;
    assert_eq!(lists(&app), 2);
    app.clock().advance(TimeDelta::days(15));
    assert_eq!(subjects::sweep(&app.ctx).await.unwrap(), 0, "35 days old");
    app.clock().advance(TimeDelta::days(1));
    joinder::app::housekeeping::run(&app.ctx).await.unwrap();
    assert_eq!(lists(&app), 1, "swept with the digest of the day");
    app.clock().advance(TimeDelta::days(20));
    assert_eq!(subjects::sweep(&app.ctx).await.unwrap(), 1);
    assert_eq!(lists(&app), 0);
    app.stop().await;
}
