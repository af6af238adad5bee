//! How entries come into the log.

use std::time::Duration;

use joinder::app::lease::Holder;
use joinder::app::log::sequence::Sequencer;
use joinder::app::log::{digest, event};
use joinder::app::retention;
use joinder::domain::permission::Role;
use joinder::worker;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::{
    assert_proved, check, events, head, read_log, receipt_of, sign_again, signer, text_at,
};
use crate::app::TestApp;
use crate::claimant::SignUpBuilder;
use crate::seed::CASE;
use crate::staff_seed::{association, person, post};

const WAITING: &str = "SELECT (SELECT count(*) FROM log_pending WHERE leaf_index IS NULL) \
     + (SELECT count(*) FROM log_events WHERE leaf_index IS NULL)";

fn kinds(entries: &[Value]) -> Vec<&str> {
    let kinds = entries.iter().map(|entry| entry["type"].as_str().unwrap());
    kinds.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_signed_before_and_after_is_entered_and_a_new_version_names_the_old() {
    let app = TestApp::seeded().await;
    let one = signer(&app, "uno").await;
    // signed before there was a log at all
    assert_eq!(app.number("SELECT count(*) FROM logs").await, 0);
    assert_eq!(
        app.get(&format!("/log/{CASE}/checkpoint")).await.status(),
        404
    );
    assert_eq!(app.run_log().await, 1);
    signer(&app, "due").await;
    let items = json!([{"head": "flat_rate"}, {"head": "extra_cost", "amount_cents": 900, "description": "Scheda"}]);
    sign_again(&app, &one, "uno", items).await;
    assert_eq!(app.run_log().await, 2);

    let entries = read_log(&app).await;
    assert_eq!(kinds(&entries), ["declaration"; 3]);
    assert_eq!(
        (&entries[0]["prev"], &entries[1]["prev"]),
        (&Value::Null, &Value::Null)
    );
    let first = joinder::crypto::commitment::canonical_json(&entries[0]).unwrap();
    let first = joinder::crypto::merkle::leaf_hash(&first);
    assert_eq!(entries[2]["prev"], joinder::crypto::sha256::hex(&first));
    for entry in &entries {
        let names: Vec<&String> = entry.as_object().unwrap().keys().collect();
        assert_eq!(
            names,
            ["commit", "evidence", "id", "prev", "t", "type", "v"]
        );
        let t = entry["t"].as_str().unwrap();
        assert!(t.starts_with("2026-03-02T09:0") && t.len() == 20, "{t}");
    }
    let key = text_at(&app, "vkey").await;
    let receipt = receipt_of(&one).await;
    assert_eq!(receipt["entry"]["prev"], entries[2]["prev"]);
    assert_proved(&check(&receipt, &key));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_in_one_batch_of_which_one_supersedes_the_other_keep_their_order() {
    let app = TestApp::seeded().await;
    let one = signer(&app, "uno").await;
    app.clock().advance(chrono::TimeDelta::minutes(1));
    let items = json!([{"head": "flat_rate"}, {"head": "extra_cost", "amount_cents": 900, "description": "Scheda"}]);
    sign_again(&app, &one, "uno", items).await;
    assert_eq!(app.run_log().await, 2);
    let entries = read_log(&app).await;
    assert!(entries[1]["prev"].is_string());
    assert_proved(&check(
        &receipt_of(&one).await,
        &text_at(&app, "vkey").await,
    ));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_commits_late_is_not_skipped() {
    let app = TestApp::seeded().await;
    events(&app, 1).await;
    let late = app
        .hold(&format!(
            "INSERT INTO log_events (subject_id, id, case_id, kind, content, salt, created_at) \
             SELECT gen_random_uuid(), gen_random_uuid(), id, 'export', '{{}}', '\\x00', '2020-01-01' \
             FROM cases WHERE slug = '{CASE}'"
        ))
        .await;
    assert_eq!(app.run_log().await, 1);
    late.end().await;
    assert_eq!(app.run_log().await, 1);
    assert_eq!(kinds(&read_log(&app).await), ["decision", "export"]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_of_staff_and_exports_are_entries_and_nothing_personal_is_in_them() {
    let app = TestApp::seeded().await;
    let builder = SignUpBuilder::new("x@example.org")
        .without("/contact/email")
        .with("/contact/phone", json!("+393331234567"));
    let assisted = app.sign_up(&builder).await;
    let member = person(&app, association(&app, "codacons").await, Role::CaseManager).await;
    let bearer = member.bearer(&app).await;
    let path = format!("/api/v1/staff/claimants/{}/confirmation", assisted.id);
    let reached = json!({"how": "phone", "reason": "Ha risposto lei stessa"});
    assert!(
        post(&app, &path, Some(&bearer), &reached)
            .await
            .status()
            .is_success()
    );
    let code = json!({ "totp": member.code(&app) });
    post(&app, "/api/v1/staff/step-up", Some(&bearer), &code).await;
    let wanted = json!({"case": CASE, "format": "csv", "purpose": "Deposito"});
    let export = post(&app, "/api/v1/staff/exports", Some(&bearer), &wanted).await;
    let export: Value = export.json().await.unwrap();
    let content = format!(
        "/api/v1/staff/exports/{}/content",
        export["id"].as_str().unwrap()
    );
    assert_eq!(app.run_exports().await, 1);
    let taken = crate::staff_seed::get(&app, &content, &bearer).await;
    assert!(taken.text().await.unwrap().contains("FINE"));

    app.run_log().await;
    let entries = read_log(&app).await;
    let mut both = kinds(&entries);
    both.sort_unstable();
    // it was made, and it left
    assert_eq!(both, ["decision", "export", "export"]);
    let kept = app
        .rows("SELECT content FROM log_events WHERE kind = 'decision'")
        .await;
    let decided = kept[0][0].as_deref().unwrap();
    assert!(
        decided.contains(&assisted.id.to_string()) && !decided.contains("stessa"),
        "{decided}"
    );
    let text = serde_json::to_string(&entries).unwrap();
    assert!(!text.contains(&assisted.id.to_string()));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_full_day_of_the_trail_is_digested_once_and_a_row_less_is_noticed() {
    let app = TestApp::seeded().await;
    app.run_log().await;
    signer(&app, "uno").await;
    app.clock().advance(chrono::TimeDelta::days(2));
    let mut days = 0;
    while digest::enter_day(&app.ctx).await.unwrap() {
        days += 1;
    }
    assert_eq!(days, 1, "the day before the first run");
    app.clock().advance(chrono::TimeDelta::days(3));
    while digest::enter_day(&app.ctx).await.unwrap() {
        days += 1;
    }
    assert_eq!(days, 4);
    app.run_log().await;
    let entries = read_log(&app).await;
    let digests = kinds(&entries)
        .into_iter()
        .filter(|kind| *kind == "audit_digest");
    assert_eq!(digests.count(), 4);

    // the first day again: whoever does it twice, or at once, makes one digest
    let again =
        "UPDATE housekeeping_cursors SET at = '2026-03-01T00:00:00Z' WHERE name = 'audit digest'";
    app.sql(again).await;
    app.sql("DELETE FROM log_events WHERE day = '2026-03-03'")
        .await;
    let one = digest::enter_day(&app.ctx);
    let (one, two) = tokio::join!(one, digest::enter_day(&app.ctx));
    assert!(one.unwrap() && two.unwrap());
    app.sql(again).await;
    while digest::enter_day(&app.ctx).await.unwrap() {}
    let made = "SELECT day, count(*) FROM log_events WHERE kind = 'audit_digest' GROUP BY day ORDER BY day";
    let made = app.rows(made).await;
    assert!(
        made.iter().all(|row| row[1].as_deref() == Some("1")),
        "{made:?}"
    );
    assert_eq!(made[0][0].as_deref(), Some("2026-03-01"));
    assert_eq!(made.len(), 6, "from the first to the sixth of March");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_erasure_the_log_still_verifies_and_leads_to_nobody() {
    let app = TestApp::seeded().await;
    let one = signer(&app, "uno").await;
    let other = signer(&app, "due").await;
    app.run_log().await;
    let scope = joinder::db::Scope::System("test");
    let ids = [joinder::domain::ids::ClaimantId::new(one.id)];
    let mut tx = app.ctx.pools.begin(scope).await.unwrap();
    event::erased(&app.ctx, &mut tx, &ids).await.unwrap();
    retention::erase_rows(&app.ctx, &mut tx, &ids)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    retention::note_erased(&app.ctx, &ids).await;
    assert_eq!(app.run_log().await, 1);

    assert_eq!(
        kinds(&read_log(&app).await),
        ["declaration", "declaration", "erasure"]
    );
    assert_proved(&check(
        &receipt_of(&other).await,
        &text_at(&app, "vkey").await,
    ));
    // neither salt nor declaration nor key is left, nor a row that ties the entry to the person
    for table in ["claimant_keys", "declarations", "signatures", "log_pending"] {
        let count = format!(
            "SELECT count(*) FROM {table} WHERE claimant_id = '{}'",
            one.id
        );
        assert_eq!(app.number(&count).await, 0, "{table}");
    }
    let tied = format!(
        "SELECT count(*) FROM log_leaves WHERE subject_id = '{}' AND leaf_index = 0",
        one.id
    );
    assert_eq!(app.number(&tied).await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_signed_declaration_is_without_its_entry_once_the_worker_runs() {
    let app = TestApp::seeded().await;
    let (stop, stopping) = watch::channel(false);
    let running = tokio::spawn(worker::log::run(app.ctx.clone(), Holder::new(), stopping));
    let one = signer(&app, "uno").await;
    let entered = async {
        loop {
            let receipt = receipt_of(&one).await;
            if receipt["proof"].is_string() {
                return receipt;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    let receipt = tokio::time::timeout(Duration::from_secs(10), entered).await;
    assert_proved(&check(&receipt.unwrap(), &text_at(&app, "vkey").await));
    assert_eq!(app.number(WAITING).await, 0);
    stop.send_replace(true);
    running.await.unwrap();
    let held = "SELECT count(*) FROM leases WHERE name LIKE 'log/%' AND expires_at > now()";
    assert_eq!(app.number(held).await, 0, "the lease was given back");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s9_two_sequencers_at_once_never_fork_a_log() {
    let app = TestApp::seeded().await;
    let mut running = Vec::new();
    let (stop, _) = watch::channel(false);
    for _ in 0..3 {
        let ctx = app.ctx.clone();
        let stopping = stop.subscribe();
        running.push(tokio::spawn(async move {
            let mut sequencer = Sequencer::new(Holder::new());
            while !*stopping.borrow() {
                // a lost lease is an error of the turn, and no more than that
                let _ = sequencer.turn(&ctx).await;
                sequencer.stop(&ctx).await;
                tokio::time::sleep(Duration::from_millis(3)).await;
            }
        }));
    }
    let mut heads = vec![];
    for _ in 0..12 {
        events(&app, 60).await;
        tokio::time::sleep(Duration::from_millis(60)).await;
        let answer = app.get(&format!("/log/{CASE}/checkpoint")).await;
        if answer.status() == 200 {
            heads.push(answer.text().await.unwrap());
        }
    }
    for _ in 0..200 {
        if app.number(WAITING).await == 0 && head(&app).await.size == 720 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    stop.send_replace(true);
    for task in running {
        task.await.unwrap();
    }
    let entries = read_log(&app).await;
    assert_eq!(entries.len(), 720);
    let mut ids: Vec<&str> = entries
        .iter()
        .map(|it| it["id"].as_str().unwrap())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 720, "each entry once");
    // every head that was ever seen is one of the same log
    let newest = head(&app).await;
    for seen in heads {
        let seen = joinder::crypto::note::Checkpoint::parse(&seen).unwrap();
        super::published::assert_goes_on(&app, &seen, &newest).await;
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r62_who_never_confirmed_goes_without_an_entry_and_who_asks_to_be_erased_is_one() {
    let app = TestApp::seeded().await;
    app.sign_up(&SignUpBuilder::new("x@example.org")).await;
    app.clock().advance(chrono::TimeDelta::days(31));
    let deleted = retention::delete_unconfirmed(&app.ctx).await.unwrap();
    assert_eq!(deleted.claimants, 1);
    app.run_log().await;
    assert_eq!(
        read_log(&app).await.len(),
        0,
        "how many never confirmed is no entry"
    );

    let claimant = app.confirmed(&SignUpBuilder::new("y@example.org")).await;
    claimant.erase().await.expect(200);
    app.run_log().await;
    assert_eq!(kinds(&read_log(&app).await), ["erasure"]);
    app.stop().await;
}
