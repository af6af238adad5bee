//! Processes that die, stale holders, old backups, rows and files that were tampered with.

use std::fs;

use joinder::app::AppError;
use joinder::app::lease::{self, Holder, Lease};
use joinder::app::log::recover::{self, Left};
use joinder::app::log::sequence::{self, Sequencer};
use joinder::app::log::{Refusal, publish, status};
use joinder::db::log::{self as db, LogRow};
use joinder::db::{Scope, retention};
use joinder::domain::ids::ClaimantId;
use joinder::domain::log::Kind;
use joinder::domain::reference::Reference;

use super::{assert_proved, check, events, head, log_file, read_log, receipt_of, signer, text_at};
use crate::app::TestApp;
use crate::claimant::ask;
use crate::seed::CASE;

const TEST: Scope = Scope::System("test");

pub(crate) async fn row(app: &TestApp) -> LogRow {
    let mut tx = app.ctx.pools.begin(TEST).await.unwrap();
    let row = db::find_by_slug(&mut tx, TEST, CASE)
        .await
        .unwrap()
        .unwrap();
    tx.commit().await.unwrap();
    row
}

pub(crate) async fn take(app: &TestApp) -> Lease {
    let case = row(app).await.case_id;
    let taken = sequence::take_lease(&app.ctx, case, Holder::new()).await;
    taken.unwrap().unwrap()
}

/// What a sequencer of another process says.
async fn turn(app: &TestApp) -> Result<u64, AppError> {
    let mut sequencer = Sequencer::new(Holder::new());
    let done = sequencer.turn(&app.ctx).await;
    sequencer.stop(&app.ctx).await;
    done
}

fn refusal(done: Result<u64, AppError>) -> Refusal {
    let Err(AppError::Internal(cause)) = done else {
        panic!("{done:?}");
    };
    cause.downcast_ref::<Refusal>().unwrap().clone()
}

/// After each step a process dies; more comes; another takes up. The log is whole, and what anybody saw
/// stays true.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_may_die_after_each_step() {
    let app = TestApp::seeded().await;
    app.run_log().await;
    let mut seen = vec![head(&app).await];
    let mut expected = 0;
    for dies_after in 1..=4 {
        for count in [3, 260] {
            events(&app, count).await;
            let dead = take(&app).await;
            let assigned = sequence::assign(&app.ctx, &dead, &row(&app).await)
                .await
                .unwrap();
            if dies_after >= 2 {
                let grown = sequence::write_tiles(&app.ctx, &assigned)
                    .await
                    .unwrap()
                    .unwrap();
                if dies_after >= 3 {
                    let signed = sequence::sign(&app.ctx, &dead, &assigned, &grown)
                        .await
                        .unwrap();
                    if dies_after == 4 {
                        publish::publish(&app.ctx, &dead, &assigned, &signed)
                            .await
                            .unwrap();
                    }
                }
            }
            app.sql("UPDATE leases SET expires_at = now() - interval '1 second'")
                .await;
            if dies_after < 3 {
                events(&app, 2).await;
                expected += 2;
            }
            expected += u64::from(count);
            app.run_log().await;
            let now = head(&app).await;
            assert_eq!(now.size, expected, "{dies_after} {count}");
            for then in &seen {
                super::published::assert_goes_on(&app, then, &now).await;
            }
            seen.push(now);
        }
    }
    assert_eq!(
        read_log(&app).await.len(),
        usize::try_from(expected).unwrap()
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s9_whoever_lost_the_lease_writes_nothing_any_more() {
    let app = TestApp::seeded().await;
    app.run_log().await;
    events(&app, 5).await;
    let stale = take(&app).await;
    let before = row(&app).await;
    app.sql("UPDATE leases SET expires_at = now() - interval '1 second'")
        .await;
    let lost = sequence::assign(&app.ctx, &stale, &before).await;
    assert!(matches!(
        lost,
        Err(AppError::IllegalTransition("log_lease_lost"))
    ));
    assert_eq!(row(&app).await, before, "nothing happened");

    let stale = take(&app).await;
    let assigned = sequence::assign(&app.ctx, &stale, &before).await.unwrap();
    let grown = sequence::write_tiles(&app.ctx, &assigned)
        .await
        .unwrap()
        .unwrap();
    app.sql("UPDATE leases SET expires_at = now() - interval '1 second'")
        .await;
    events(&app, 5).await;
    assert_eq!(app.run_log().await, 10);
    let late = sequence::sign(&app.ctx, &stale, &assigned, &grown).await;
    assert!(matches!(late, Err(AppError::IllegalTransition(_))));
    // an old head that comes late does not take the place of the new one
    let old = before.checkpoint.as_deref().unwrap();
    let late = publish::publish(&app.ctx, &stale, &before, old).await;
    assert!(matches!(
        late,
        Err(AppError::IllegalTransition("log_lease_lost"))
    ));
    assert_eq!(head(&app).await.size, 10);
    assert_eq!(read_log(&app).await.len(), 10);
    lease::release(&app.ctx, stale).await.unwrap();
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s9_only_the_holder_of_the_lease_publishes_what_another_left_unpublished() {
    let app = TestApp::seeded().await;
    app.run_log().await;
    let old = text_at(&app, "checkpoint").await;
    events(&app, 3).await;
    app.run_log().await;
    let new = text_at(&app, "checkpoint").await;
    let file = log_file(&app, "checkpoint");
    fs::write(&file, &old).unwrap();
    let other = take(&app).await;
    assert_eq!(turn(&app).await.unwrap(), 0);
    assert_eq!(fs::read_to_string(&file).unwrap(), old, "not ours to write");
    lease::release(&app.ctx, other).await.unwrap();
    assert_eq!(turn(&app).await.unwrap(), 0);
    assert_eq!(fs::read_to_string(&file).unwrap(), new);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_never_takes_the_place_of_a_longer_log_or_of_another_one_of_its_size() {
    let app = TestApp::seeded().await;
    events(&app, 3).await;
    app.run_log().await;
    let log = row(&app).await;
    let key = app.ctx.keyring.log_key(log.case(), &log.origin).unwrap();
    let holder = take(&app).await;
    let file = log_file(&app, "checkpoint");
    let ours = log.checkpoint.as_deref().unwrap();
    let longer = Refusal::Behind {
        slug: CASE.to_owned(),
        published: 9,
        known: 3,
    };
    for (there, expected) in [
        (key.sign(3, [9; 32]), Refusal::Forked(CASE.to_owned())),
        (key.sign(9, [9; 32]), longer),
        ("?".to_owned(), Refusal::NotOurs(CASE.to_owned())),
    ] {
        fs::write(&file, &there).unwrap();
        let done = publish::publish(&app.ctx, &holder, &log, ours).await;
        assert_eq!(refusal(done.map(|()| 0)), expected);
        assert_eq!(fs::read_to_string(&file).unwrap(), there);
    }
    lease::release(&app.ctx, holder).await.unwrap();
    app.stop().await;
}

/// Whoever signs and dies before the head is out has proved nothing to anybody: the database may be lost,
/// and the log go on differently.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_signed_and_not_published_is_in_no_receipt_and_not_served() {
    let app = TestApp::seeded().await;
    signer(&app, "uno").await;
    app.run_log().await;
    let two = signer(&app, "due").await;
    let holder = take(&app).await;
    let assigned = sequence::assign(&app.ctx, &holder, &row(&app).await).await;
    let assigned = assigned.unwrap();
    let grown = sequence::write_tiles(&app.ctx, &assigned).await.unwrap();
    let signed = sequence::sign(&app.ctx, &holder, &assigned, &grown.unwrap()).await;
    let receipt = receipt_of(&two).await;
    assert_eq!(receipt["proof"], serde_json::Value::Null);
    assert_eq!(receipt["checkpoint"], serde_json::Value::Null);
    let ahead = ["consistency/2", "tile/0/000.p/2", "tile/entries/000.p/2"];
    for path in ahead {
        let answer = app.get(&format!("/log/{CASE}/{path}")).await;
        assert_eq!(answer.status(), 404, "{path}");
    }
    publish::publish(&app.ctx, &holder, &assigned, &signed.unwrap())
        .await
        .unwrap();
    assert_proved(&check(
        &receipt_of(&two).await,
        &text_at(&app, "vkey").await,
    ));
    for path in ahead {
        let answer = app.get(&format!("/log/{CASE}/{path}")).await;
        assert_eq!(answer.status(), 200, "{path}");
    }
    lease::release(&app.ctx, holder).await.unwrap();
    app.stop().await;
}

pub(crate) const SNAPSHOT: &str = "CREATE SCHEMA old; CREATE TABLE old.logs AS TABLE logs; CREATE TABLE old.log_leaves AS TABLE log_leaves; \
    CREATE TABLE old.log_pending AS TABLE log_pending; CREATE TABLE old.log_events AS TABLE log_events";

pub(crate) const RESTORE: &str = "DELETE FROM logs; INSERT INTO logs TABLE old.logs; DELETE FROM log_leaves; INSERT INTO log_leaves TABLE old.log_leaves; \
    DELETE FROM log_pending; INSERT INTO log_pending TABLE old.log_pending; DELETE FROM log_events; INSERT INTO log_events TABLE old.log_events";

#[tokio::test(flavor = "multi_thread")]
async fn a_database_restored_from_an_older_backup_signs_nothing_until_the_log_is_taken_up() {
    let app = TestApp::seeded().await;
    let one = signer(&app, "uno").await;
    app.run_log().await;
    let waited = signer(&app, "due").await;
    app.sql(SNAPSHOT).await;
    let (record, nothing) = (signer(&app, "tre").await, signer(&app, "quattro").await);
    app.run_log().await;
    let published = head(&app).await;
    assert_eq!(published.size, 4);
    let known = text_at(&app, "checkpoint").await;

    app.sql(RESTORE).await;
    let mut tx = app.ctx.pools.begin(TEST).await.unwrap();
    let gone = [ClaimantId::new(nothing.id)];
    retention::delete_claimants(&mut tx, TEST, &gone)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let late = signer(&app, "cinque").await;
    let behind = Refusal::Behind {
        slug: CASE.to_owned(),
        published: 4,
        known: 1,
    };
    assert_eq!(refusal(turn(&app).await), behind);
    assert_eq!(
        status::all(&app.ctx).await.unwrap()[0].refusal,
        Some(behind)
    );
    assert_eq!(text_at(&app, "checkpoint").await, known);
    assert_eq!(row(&app).await.tree_size, 1, "nothing got a place");

    let done = recover::recover(&app.ctx, CASE).await.unwrap();
    assert_eq!((done.from, done.to, done.adopted), (1, 4, 1));
    let lost: Vec<_> = done
        .lost
        .iter()
        .map(|it| (it.index, it.kind, it.subject, it.left))
        .collect();
    assert_eq!(
        lost,
        [
            (2, Kind::Declaration, Some(record.id), Left::Record),
            (3, Kind::Declaration, Some(nothing.id), Left::Nothing),
        ]
    );
    let reference = Reference::of(ClaimantId::new(nothing.id));
    assert_eq!(done.lost[1].reference.as_deref(), Some(reference.as_str()));
    assert_eq!(recover::recover(&app.ctx, CASE).await.unwrap().lost, []);

    // the recovery itself is a decision of the operator, and who signed since comes after it
    assert_eq!(app.run_log().await, 2);
    let now = head(&app).await;
    super::published::assert_goes_on(&app, &published, &now).await;
    assert_eq!(read_log(&app).await.len(), 6);
    let key = text_at(&app, "vkey").await;
    for claimant in [&one, &waited, &late] {
        assert_proved(&check(&receipt_of(claimant).await, &key));
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_that_had_a_place_but_no_head_take_the_places_that_were_published() {
    let app = TestApp::seeded().await;
    events(&app, 3).await;
    app.run_log().await;
    events(&app, 4).await;
    app.sql(SNAPSHOT).await;
    app.run_log().await;
    let published = read_log(&app).await;
    app.sql(RESTORE).await;
    // the restored database gave places of its own before it died: in another order
    app.sql("UPDATE log_events SET created_at = '2020-01-01' WHERE content LIKE '%4%'")
        .await;
    let holder = take(&app).await;
    sequence::assign(&app.ctx, &holder, &row(&app).await)
        .await
        .unwrap();
    lease::release(&app.ctx, holder).await.unwrap();

    let done = recover::recover(&app.ctx, CASE).await.unwrap();
    assert_eq!((done.adopted, done.lost.len()), (4, 0));
    app.run_log().await;
    assert_eq!(read_log(&app).await[..7], published[..]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_were_tampered_with_or_lost_stop_the_log() {
    let app = TestApp::seeded().await;
    events(&app, 3).await;
    app.run_log().await;
    let checkpoint = log_file(&app, "checkpoint");
    let good = fs::read_to_string(&checkpoint).unwrap();
    events(&app, 1).await;

    fs::write(&checkpoint, good.replace("\n3\n", "\n2\n")).unwrap();
    assert_eq!(refusal(turn(&app).await), Refusal::NotOurs(CASE.to_owned()));
    fs::write(&checkpoint, "").unwrap();
    assert_eq!(refusal(turn(&app).await), Refusal::NotOurs(CASE.to_owned()));
    let entry = row(&app).await;
    let key = app
        .ctx
        .keyring
        .log_key(entry.case(), &entry.origin)
        .unwrap();
    fs::write(&checkpoint, key.sign(3, [9; 32])).unwrap();
    assert_eq!(refusal(turn(&app).await), Refusal::Forked(CASE.to_owned()));
    fs::write(&checkpoint, key.sign(9, [9; 32])).unwrap();
    assert!(matches!(refusal(turn(&app).await), Refusal::Behind { .. }));
    let taken = recover::recover(&app.ctx, CASE).await.unwrap_err();
    assert!(
        matches!(taken, AppError::Internal(_)),
        "a head without entries is not taken up"
    );

    fs::remove_file(&checkpoint).unwrap();
    let tile = log_file(&app, "tile/0/000.p/3");
    let bytes = fs::read(&tile).unwrap();
    fs::remove_file(&tile).unwrap();
    assert_eq!(refusal(turn(&app).await), Refusal::Missing(CASE.to_owned()));
    fs::create_dir_all(tile.parent().unwrap()).unwrap();
    fs::write(&tile, bytes).unwrap();
    assert_eq!(
        turn(&app).await.unwrap(),
        1,
        "only the head was lost: it is made again"
    );
    assert_eq!(read_log(&app).await.len(), 4);
    app.stop().await;
}

/// Each row the log stands on, changed behind our back.
#[tokio::test(flavor = "multi_thread")]
async fn r38_rows_of_the_log_that_were_tampered_with_give_no_receipt() {
    let app = TestApp::seeded().await;
    let one = signer(&app, "uno").await;
    signer(&app, "due").await;
    app.run_log().await;
    assert_proved(&check(
        &receipt_of(&one).await,
        &text_at(&app, "vkey").await,
    ));
    app.sql("CREATE TABLE old_pending AS TABLE log_pending; CREATE TABLE old_logs AS TABLE logs")
        .await;
    let own = format!("WHERE claimant_id = '{}'", one.id);
    for tampered in [
        format!("UPDATE log_pending SET leaf_index = 1 - leaf_index {own}"),
        format!("UPDATE log_pending SET leaf_hash = sha256(leaf_hash) {own}"),
        format!("UPDATE log_pending SET id = gen_random_uuid() {own}"),
        format!("UPDATE log_pending SET commitment = sha256(commitment) {own}"),
        format!("UPDATE log_pending SET evidence_commitment = sha256(evidence_commitment) {own}"),
        format!("UPDATE log_pending SET evidence_commitment = NULL {own}"),
        format!("UPDATE log_pending SET entered_at = entered_at + interval '1 second' {own}"),
        format!("DELETE FROM log_pending {own}"),
    ] {
        app.sql(&tampered).await;
        let answer = ask(one.request(reqwest::Method::GET, "/receipt")).await;
        assert_eq!(answer.status, 500, "{tampered}");
        app.sql("DELETE FROM log_pending; INSERT INTO log_pending TABLE old_pending; DELETE FROM logs; INSERT INTO logs TABLE old_logs").await;
    }
    assert_eq!(receipt_of(&one).await["entry"]["v"], 1);
    // the head of the database proves nothing: what was published does, and nothing more is signed
    let shorter =
        "UPDATE logs SET checkpoint = replace(checkpoint, E'\\n2\\n', E'\\n1\\n'), signed_size = 1";
    app.sql(shorter).await;
    assert_proved(&check(
        &receipt_of(&one).await,
        &text_at(&app, "vkey").await,
    ));
    assert!(matches!(refusal(turn(&app).await), Refusal::Behind { .. }));
    app.stop().await;
}

/// Leaves that were changed, reordered, deleted or inserted before they were published.
#[tokio::test(flavor = "multi_thread")]
async fn leaves_that_were_tampered_with_never_come_under_a_second_head() {
    let app = TestApp::seeded().await;
    events(&app, 4).await;
    app.run_log().await;
    let then = head(&app).await;
    for tampered in [
        "UPDATE log_leaves SET entry = '{}' WHERE leaf_index = 1",
        "UPDATE log_leaves SET leaf_index = leaf_index + 10 WHERE leaf_index = 2",
        "DELETE FROM log_leaves WHERE leaf_index = 0",
    ] {
        app.sql(&format!(
            "CREATE TABLE old_leaves AS TABLE log_leaves; {tampered}"
        ))
        .await;
        events(&app, 1).await;
        let error = turn(&app).await.unwrap_err();
        assert!(matches!(error, AppError::Internal(_)), "{error:?}");
        assert_eq!(head(&app).await, then, "{tampered}");
        let repaired = "DELETE FROM log_leaves WHERE leaf_index < 4 OR leaf_index >= 10; \
            INSERT INTO log_leaves SELECT * FROM old_leaves WHERE leaf_index < 4; DROP TABLE old_leaves";
        app.sql(repaired).await;
    }
    app.run_log().await;
    super::published::assert_goes_on(&app, &then, &head(&app).await).await;
    assert_eq!(read_log(&app).await.len(), 7);
    app.stop().await;
}
