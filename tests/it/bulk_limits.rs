//! What one person alone can do to many, what left its queue, and taking back what took two.

use chrono::TimeDelta;
use joinder::app::bulk::expire_due;
use joinder::domain::permission::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::bulk::{Desk, go_on};
use crate::claimant::{SignUpBuilder, ask};
use crate::staff_seed::{association, person};

/// Records that are in quarantine, and whose letters are missing.
async fn many(app: &TestApp, count: usize) {
    for number in 0..count {
        let builder = SignUpBuilder::new(&format!("p{number}@example.org"));
        app.confirmed(&builder).await;
    }
    app.sql("UPDATE claimants SET review = 'quarantined'").await;
}

fn letters(province: &str) -> Value {
    json!({
        "kind": "ask_deficiency", "purpose": "Deposito", "letters": ["i"], "due_on": "2026-03-20",
        "filter": {"province": province},
    })
}

/// Puts records into provinces, so many into the first.
async fn parted(app: &TestApp, first: usize) {
    app.sql(&format!(
        "UPDATE claimants SET province = CASE WHEN number <= {first} THEN 'RM' ELSE 'MI' END \
         FROM (SELECT id AS of, row_number() OVER (ORDER BY id) AS number FROM claimants) n WHERE id = of"
    ))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_does_not_go_round_the_limit_by_splitting() {
    let app = TestApp::seeded().await;
    let ours = association(&app, "codacons").await;
    let manager = person(&app, ours, Role::CaseManager).await;
    let owner = person(&app, ours, Role::Owner).await;
    let mut desk = Desk {
        app: &app,
        one: manager.bearer(&app).await,
        other: owner.bearer(&app).await,
    };
    many(&app, 52).await;
    parted(&app, 26).await;
    let (one, two) = (
        desk.preview(&letters("RM")).await.expect(201),
        desk.preview(&letters("MI")).await.expect(201),
    );
    for seen in [&one, &two] {
        assert_eq!(
            (&seen["left"], &seen["needs_second_person"]),
            (&json!(26), &json!(false))
        );
    }
    // both at once: one of them begins, the other asks
    let begin = json!({"step": "start", "records": 26});
    let (a, b) = tokio::join!(
        desk.step(&desk.one, &one, &begin),
        desk.step(&desk.one, &two, &begin)
    );
    let mut states = [
        a.expect(200)["state"].clone(),
        b.expect(200)["state"].clone(),
    ];
    states.sort_by_key(Value::to_string);
    assert_eq!(states, [json!("awaiting_approval"), json!("running")]);
    go_on(&app).await;
    assert_eq!(app.number("SELECT count(*) FROM deficiencies").await, 26);
    // a day later the same person may act on as many again
    app.clock().advance(TimeDelta::hours(25));
    desk.one = manager.bearer(&app).await;
    let other = json!({
        "kind": "ask_deficiency", "purpose": "Deposito", "letters": ["i"], "due_on": "2026-03-20",
    });
    let seen = desk.preview(&other).await.expect(201);
    assert_eq!(
        (&seen["left"], &seen["needs_second_person"]),
        (&json!(26), &json!(false)),
        "yesterday is over"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_left_its_queue_since_the_look_is_given_to_nobody() {
    let app = TestApp::seeded().await;
    let desk = Desk::of(&app, "codacons").await;
    many(&app, 3).await;
    let seen = desk.preview(&assignment(&app).await).await.expect(201);
    assert_eq!(seen["left"], 3);
    app.sql("UPDATE claimants SET review = 'none' WHERE id = (SELECT min(id::text)::uuid FROM claimants)")
        .await;
    desk.start(&seen).await;
    go_on(&app).await;
    let done = desk.status(&seen).await;
    assert_eq!(done["done"], 2);
    assert_eq!(
        done["reasons"],
        json!([{"reason": "not_queued", "records": 1}])
    );
    assert_eq!(app.number("SELECT count(*) FROM assignments").await, 2);
    app.stop().await;
}

/// What is in quarantine goes to an owner.
async fn assignment(app: &TestApp) -> Value {
    let own = "SELECT m.staff_id FROM memberships m JOIN associations a ON a.id = m.association_id \
         WHERE a.slug = 'codacons' AND m.role = 'owner' LIMIT 1";
    let to = app.rows(own).await[0][0].clone().unwrap();
    json!({"kind": "assign", "purpose": "Ferie", "filter": {"queue": "quarantined"}, "to": to})
}

#[tokio::test(flavor = "multi_thread")]
async fn what_took_two_is_taken_back_by_two() {
    let app = TestApp::seeded().await;
    let desk = Desk::of(&app, "codacons").await;
    many(&app, 51).await;
    let seen = desk.preview(&assignment(&app).await).await.expect(201);
    assert_eq!(seen["needs_second_person"], true);
    desk.start(&seen).await;
    go_on(&app).await;
    let given = "SELECT count(*) FROM assignments";
    assert_eq!(app.number(given).await, 51);
    let undo = json!({"step": "undo"});
    let asked = desk.step(&desk.other, &seen, &undo).await.expect(200);
    assert_eq!(asked["state"], "awaiting_undo");
    let waiting = |who: String| {
        let request = app.request(Method::GET, "/api/v1/staff/approvals");
        async { ask(request.bearer_auth(who)).await.expect(200) }
    };
    let listed = waiting(desk.one.clone()).await;
    assert_eq!(
        (&listed["items"][0]["id"], &listed["items"][0]["records"]),
        (&seen["id"], &json!(51))
    );
    let own = waiting(desk.other.clone()).await;
    assert_eq!(
        (&own["count"], &own["own"][0]["id"]),
        (&json!(0), &seen["id"])
    );
    let cancel = json!({"step": "cancel"});
    let back = desk.step(&desk.other, &seen, &cancel).await.expect(200);
    assert_eq!(back["state"], "done", "who asked may take it back");
    desk.step(&desk.other, &seen, &undo).await.expect(200);
    go_on(&app).await;
    assert_eq!(app.number(given).await, 51, "nothing happens yet");
    let approve = json!({"step": "approve"});
    desk.step(&desk.other, &seen, &approve)
        .await
        .expect_problem(403, "second-person");
    let no = json!({"step": "refuse", "note": "Serve ancora"});
    let back = desk.step(&desk.one, &seen, &no).await.expect(200);
    assert_eq!(back["state"], "done");
    desk.step(&desk.one, &seen, &undo).await.expect(200);
    desk.step(&desk.one, &seen, &approve)
        .await
        .expect_problem(403, "second-person");
    // agreed to and called off at once: one of the two
    let cancel = json!({"step": "cancel"});
    let (yes, no) = tokio::join!(
        desk.step(&desk.other, &seen, &approve),
        desk.step(&desk.one, &seen, &cancel)
    );
    let called_off = no.status == reqwest::StatusCode::OK;
    assert_ne!(called_off, yes.status == reqwest::StatusCode::OK);
    if called_off {
        desk.step(&desk.one, &seen, &undo).await.expect(200);
        desk.step(&desk.other, &seen, &approve).await.expect(200);
    }
    go_on(&app).await;
    assert_eq!(app.number(given).await, 0);
    assert_eq!(desk.status(&seen).await["state"], "undone");
    // the database refuses it too
    app.sql(
        "DO $$ BEGIN UPDATE bulk_actions SET undo_decided_by = undo_by; RAISE 'taken'; \
         EXCEPTION WHEN check_violation THEN NULL; END $$",
    )
    .await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_agrees_to_take_back_in_time_stays_done() {
    let app = TestApp::seeded().await;
    let desk = Desk::of(&app, "codacons").await;
    many(&app, 51).await;
    let seen = desk.preview(&assignment(&app).await).await.expect(201);
    desk.start(&seen).await;
    go_on(&app).await;
    let undo = json!({"step": "undo"});
    desk.step(&desk.other, &seen, &undo).await.expect(200);
    app.sql("UPDATE bulk_actions SET expires_at = created_at - interval '1 minute'")
        .await;
    expire_due(&app.ctx).await.unwrap();
    let status = desk.status(&seen).await;
    assert_eq!(status["state"], "done");
    assert!(status["finished_at"].is_string(), "{status}");
    assert_eq!(app.number("SELECT count(*) FROM assignments").await, 51);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_erased_while_a_set_is_frozen_is_not_in_it() {
    let app = TestApp::seeded().await;
    let desk = Desk::of(&app, "codacons").await;
    many(&app, 3).await;
    let erasing = app.sql(
        "BEGIN; SET LOCAL session_replication_role = replica; \
         DELETE FROM claimants WHERE id = (SELECT min(id::text)::uuid FROM claimants); \
         SELECT pg_sleep(1); COMMIT",
    );
    let looking = async {
        let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
        while app.number(waits).await == 0 {}
        let body = json!({"kind": "end_quarantine", "purpose": "Prova"});
        desk.preview(&body).await
    };
    let ((), seen) = tokio::join!(erasing, looking);
    assert_eq!(seen.expect(201)["records"], 2);
    app.stop().await;
}
