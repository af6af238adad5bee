//! What partners are told in events: once for each change of what they may see, numbered without a gap, the same
//! of somebody known and somebody new (R55, decision 33).

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use futures_util::future::join_all;
use joinder::app::lease::Holder;
use joinder::app::partner::event::{self, Numbering};
use joinder::db::partner_event::TOLD;
use joinder::domain::claimant::ClaimantState;
use joinder::domain::partner::SubmissionState;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::{DEATHS, TestApp};
use crate::claimant::{Claimant, SignedUp, anna, ask, mario, signed_up, token_in};
use crate::partners::{Owner, Partner, read, request, secret, submission, submit};
use crate::seed::CASE;
use crate::staff_declared::{declaration, identified, sign};

const WAITING: &str = "SELECT count(*) FROM partner_events WHERE sequence IS NULL";

/// Numbers what waits, as the worker does; gives how many got a number.
pub(crate) async fn number(app: &TestApp) -> usize {
    let mut numbering = Numbering::new(Holder::new());
    let mut numbered = 0;
    loop {
        let count = numbering.turn(&app.ctx).await.unwrap();
        numbered += count;
        if count == 0 {
            numbering.stop(&app.ctx).await;
            return numbered;
        }
    }
}

/// Events of people that nobody knows, waiting for their numbers; those of test keys are of the partner's twin.
pub(crate) async fn happen(app: &TestApp, partner: Uuid, mode: &str, state: &str, count: u32) {
    let of = if mode == "test" { "sandbox_of" } else { "id" };
    app.sql(&format!(
        "INSERT INTO partner_events (partner_id, id, association_id, mode, case_id, claimant_id, state, step, created_at) \
         SELECT p.id, gen_random_uuid(), p.association_id, '{mode}', c.id, gen_random_uuid(), '{state}', 1, '2026-03-02T09:00:00Z' \
         FROM partners p, cases c, generate_series(1, {count}) WHERE p.{of} = '{partner}' AND c.slug = '{CASE}'"
    ))
    .await;
}

async fn events(app: &TestApp, key: &str, after: &str) -> Vec<Value> {
    let path = format!("/events?limit=200&after={after}");
    let page = read(app, &path, key).await.expect(200);
    page["items"].as_array().unwrap().clone()
}

fn words(events: &[Value]) -> Vec<(i64, &str)> {
    let words = events.iter();
    words
        .map(|it| {
            (
                it["sequence"].as_i64().unwrap(),
                it["type"].as_str().unwrap(),
            )
        })
        .collect()
}

async fn partner(owner: &Owner<'_>, slug: &str) -> (Partner, String) {
    let partner = owner.partner(slug).await;
    let key = owner.key(&partner, &["intake", "read", "events"]).await;
    (partner, key)
}

/// Somebody sent by a partner, with a mailbox of their own.
async fn sent(app: &TestApp, key: &str, name: &str) -> SignedUp {
    let mut body = submission(&format!("{name}@own.example"));
    body["mailboxes"] = json!([{"address": format!("{name}@libero.it"), "plan": "free"}]);
    let shown = app.clock().now() - TimeDelta::minutes(1);
    body["notice"]["shown_at"] = json!(shown.to_rfc3339());
    let told = submit(app, key, name, &body).await.expect(201);
    signed_up(&json!({"id": told["id"], "reference": told["reference"], "state": "unconfirmed"}))
}

async fn confirmed<'app>(app: &'app TestApp, record: &SignedUp) -> Claimant<'app> {
    app.run_outbox().await;
    app.confirm(record).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_change_that_a_partner_may_see_is_one_event_and_no_other_is_any() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let (_, key) = partner(&owner, "blog").await;
    let record = sent(&app, &key, "mario").await;
    assert_eq!(
        events(&app, &key, "").await.len(),
        0,
        "it has no number yet"
    );
    assert_eq!(number(&app).await, 1);
    let first = events(&app, &key, "0").await;
    assert_eq!(words(&first), [(1, "claimant.received")]);
    let mut names: Vec<&String> = first[0].as_object().unwrap().keys().collect();
    names.sort();
    let all = ["claimant_id", "created_at", "id", "sequence", "type"];
    assert_eq!(names, all);
    assert_eq!(first[0]["claimant_id"], json!(record.id));
    let second = |at: DateTime<Utc>| json!(at.duration_trunc(TimeDelta::seconds(1)).unwrap());
    let began = second(app.clock().now());
    assert_eq!(first[0]["created_at"], began);
    assert_eq!(
        Uuid::parse_str(first[0]["id"].as_str().unwrap())
            .unwrap()
            .get_version_num(),
        4,
        "an id that tells no time"
    );

    app.clock().advance(TimeDelta::milliseconds(1_700));
    let claimant = confirmed(&app, &record).await;
    let then = second(app.clock().now());
    claimant.give_person(&mario()).await.expect(200);
    // nothing of it is for the partner: who asks, corrects, is looked at
    app.sql(&format!(
        "UPDATE claimants SET review = 'conflict' WHERE id = '{}'",
        record.id
    ))
    .await;
    sign(
        &app,
        &claimant,
        &declaration("mario@libero.it"),
        "Mario Rossi",
    )
    .await;
    app.clock().advance(TimeDelta::seconds(1));
    // a correction has to be signed again: that is still signed, and no event
    let mut other = declaration("mario@libero.it");
    other["narrative"] = json!("Altro.");
    claimant.declare(&other).await.expect(200);
    claimant.withdraw(&json!({})).await.expect(200);
    number(&app).await;
    let rest = events(&app, &key, "1").await;
    assert_eq!(
        words(&rest),
        [
            (2, "claimant.confirmed"),
            (3, "claimant.signed"),
            (4, "claimant.withdrawn")
        ]
    );
    assert_eq!(rest[0]["created_at"], then, "to the second");
    assert_eq!(number(&app).await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_go_on_from_any_number_and_say_what_is_wrong() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let (blog, key) = partner(&owner, "blog").await;
    let page = read(&app, "/events", &key).await.expect(200);
    assert_eq!(page, json!({"items": [], "next_cursor": "0"}));
    happen(&app, blog.id, "live", "received", 7).await;
    number(&app).await;
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("/events?limit=3&after={after}");
        let page = read(&app, &path, &key).await.expect(200);
        page["next_cursor"].as_str().unwrap().clone_into(&mut after);
        let items = page["items"].as_array().unwrap().clone();
        if items.is_empty() {
            break;
        }
        seen.extend(items.iter().map(|it| it["sequence"].as_i64().unwrap()));
    }
    assert_eq!(seen, [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(after, "7", "from there on later");
    let beyond = read(&app, "/events?after=8", &key).await;
    let beyond = beyond.expect_problem(400, "cursor");
    let why = beyond["detail"].as_str().unwrap();
    assert!(why.starts_with("after "), "{why}");
    for wrong in [
        "after=x",
        "after=-1",
        "after=%2B1",
        "after=99999999999999999999",
        "limit=0",
        "limit=201",
        "limit=x",
        "from=1",
    ] {
        let path = format!("/events?{wrong}");
        read(&app, &path, &key).await.expect_problem(400, "cursor");
    }
    app.stop().await;
}

/// What a partner sees of a stream: without ids, and the numbers counted from the first.
fn shape(events: &[Value]) -> String {
    let mut events = events.to_vec();
    let first = events
        .first()
        .map_or(0, |it| it["sequence"].as_i64().unwrap());
    let mut known: Vec<String> = Vec::new();
    for event in &mut events {
        event["sequence"] = json!(event["sequence"].as_i64().unwrap() - first);
        for name in ["id", "claimant_id"] {
            let id = event[name].as_str().unwrap().to_owned();
            let place = known.iter().position(|it| *it == id);
            let place = place.unwrap_or_else(|| {
                known.push(id);
                known.len() - 1
            });
            event[name] = json!(place);
        }
        event["created_at"] = json!(event["created_at"].as_str().unwrap().len());
    }
    serde_json::to_string(&events).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn r55_complete_streams_of_somebody_known_and_somebody_new_are_the_same() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let (_, one) = partner(&owner, "uno").await;
    let (_, other) = partner(&owner, "due").await;
    // Mario is here already, by himself
    let known = identified(&app, "mario@own.example", "altra@libero.it", &mario()).await;
    assert_eq!(known.me().await["state"], "confirmed");
    app.clock().advance(TimeDelta::hours(25));
    let mut streams = Vec::new();
    for (key, name, who) in [(one, "mario", mario()), (other, "anna", anna())] {
        let record = sent(&app, &key, name).await;
        let early = number(&app).await;
        app.clock().advance(TimeDelta::seconds(5));
        app.run_outbox().await;
        let proof = json!({"token": token_in(&app.mail_about(&record), "confirm")});
        let claimant = app.confirm_by(&proof).await.expect(200);
        let claimant = app.claimant(&claimant);
        let then = number(&app).await;
        // who is known finds the first record, who is new goes on: the partner sees neither
        claimant.give_person(&who).await;
        app.clock().advance(TimeDelta::seconds(5));
        let at_last = number(&app).await;
        let numbered = (early, then, at_last);
        streams.push((numbered, shape(&events(&app, &key, "0").await)));
    }
    assert_eq!(streams[0], streams[1]);
    assert_eq!(streams[0].0, (1, 1, 0));
    let states = "SELECT string_agg(state, ' ' ORDER BY state) FROM claimants c JOIN partner_submissions s ON s.claimant_id = c.id";
    let states = app.rows(states).await[0][0].clone();
    assert_eq!(states.as_deref(), Some("confirmed duplicate"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r55_who_loses_a_conflict_and_who_is_only_kept_make_no_event() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let (_, key) = partner(&owner, "blog").await;
    let mut people = Vec::new();
    for (name, full_name, who) in [
        ("mario", "Mario Rossi", mario()),
        ("anna", "Anna Bianchi", anna()),
    ] {
        let mut body = submission(&format!("{name}@own.example"));
        body["mailboxes"] = json!([{"address": "stessa@libero.it", "plan": "free"}]);
        let told = submit(&app, &key, name, &body).await.expect(201);
        let record = signed_up(
            &json!({"id": told["id"], "reference": told["reference"], "state": "unconfirmed"}),
        );
        let claimant = confirmed(&app, &record).await;
        claimant.give_person(&who).await.expect(200);
        let body = declaration("stessa@libero.it");
        sign(&app, &claimant, &body, full_name).await;
        people.push(claimant);
    }
    number(&app).await;
    let before = events(&app, &key, "0").await;
    let told = |of: &Claimant<'_>| {
        let own = before.iter();
        let own = own.filter(|it| it["claimant_id"] == json!(of.id)).cloned();
        shape(&own.collect::<Vec<_>>()).replace(char::is_numeric, "n")
    };
    assert_eq!(before.len(), 6);
    assert_eq!(told(&people[0]), told(&people[1]));
    crate::conflicts::let_keep(&app, &people[1]).await;
    let lost = "SELECT count(*) FROM claimants WHERE state = 'rejected'";
    assert_eq!(app.number(lost).await, 1);
    // who signed and wants to be erased is only kept
    people[1].erase().await;
    assert_eq!(app.number(WAITING).await, 0);
    number(&app).await;
    assert_eq!(events(&app, &key, "0").await.len(), 6);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_maps_states_as_the_rules_do() {
    let app = TestApp::start().await;
    for state in ClaimantState::ALL {
        for (confirmed, signed) in [(false, false), (true, false), (true, true), (false, true)] {
            let at = |is: bool| if is { "now()" } else { "NULL::timestamptz" };
            let row = format!(
                "SELECT {TOLD} FROM (SELECT '{}' AS state, {} AS confirmed_at, {} AS signed_at) c",
                state.as_str(),
                at(confirmed),
                at(signed)
            );
            let told = app.rows(&row).await[0][0].clone().unwrap();
            let rule = SubmissionState::of(state, confirmed, signed).as_str();
            assert_eq!(told, rule, "{state:?} {confirmed} {signed}");
        }
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_commits_late_gets_a_later_number_and_is_never_passed_over() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let (blog, key) = partner(&owner, "blog").await;
    let insert = |id: u32| {
        format!(
            "INSERT INTO partner_events (partner_id, id, association_id, mode, case_id, claimant_id, state, step, created_at) \
             SELECT p.id, '00000000-0000-4000-8000-00000000000{id}', association_id, 'live', p.id, gen_random_uuid(), 'received', 1, '2026-03-02T09:00:0{id}Z' \
             FROM partners p WHERE id = '{}'",
            blog.id
        )
    };
    let slow = app.hold(&insert(1)).await;
    app.sql(&insert(2)).await;
    assert_eq!(number(&app).await, 1);
    let seen = events(&app, &key, "0").await;
    assert!(seen[0]["id"].as_str().unwrap().ends_with('2'));
    slow.end().await;
    assert_eq!(number(&app).await, 1);
    let late = events(&app, &key, "1").await;
    assert_eq!(words(&late), [(2, "claimant.received")]);
    assert!(late[0]["id"].as_str().unwrap().ends_with('1'));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_have_no_gap_with_many_writers_and_numberers_that_die() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let (_, key) = partner(&owner, "blog").await;
    // one dies while it writes, one at its commit
    sent(&app, &key, "zero").await;
    for moment in DEATHS {
        app.let_die("partner_event_heads", moment).await;
        let mut dying = Numbering::new(Holder::new());
        assert!(dying.turn(&app.ctx).await.is_err(), "{moment}");
        app.let_live("partner_event_heads").await;
        assert_eq!(app.number(WAITING).await, 1, "{moment}");
        // it holds its lease still: nobody else numbers until that runs out
        let mut other = Numbering::new(Holder::new());
        assert_eq!(other.turn(&app.ctx).await.unwrap(), 0);
        app.sql("UPDATE leases SET expires_at = now() - interval '1 second'")
            .await;
    }
    let numbering = async {
        let mut numbered = 0;
        for turn in 0..200 {
            let mut holder = Numbering::new(Holder::new());
            numbered += holder.turn(&app.ctx).await.unwrap_or(0);
            // one in three is gone without a word
            if turn % 3 == 0 {
                app.sql("UPDATE leases SET expires_at = now() - interval '1 second'")
                    .await;
            } else {
                holder.stop(&app.ctx).await;
            }
            if numbered >= 41 {
                break;
            }
        }
    };
    let writing = join_all((0..40).map(|place| {
        let (app, key) = (&app, &key);
        async move {
            sent(app, key, &format!("persona{place}")).await;
        }
    }));
    let reading = async {
        let (mut after, mut seen) = ("0".to_owned(), Vec::new());
        for _ in 0..100 {
            let new = events(&app, &key, &after).await;
            if let Some(last) = new.last() {
                after = last["sequence"].to_string();
            }
            seen.extend(new.iter().map(|it| it["sequence"].as_i64().unwrap()));
            if seen.len() >= 41 {
                break;
            }
        }
        seen
    };
    let (_, (), mut seen) = tokio::join!(writing, numbering, reading);
    number(&app).await;
    let after = seen.last().copied().unwrap_or(0).to_string();
    let rest = events(&app, &key, &after).await;
    seen.extend(rest.iter().map(|it| it["sequence"].as_i64().unwrap()));
    assert_eq!(seen, (1..=41).collect::<Vec<i64>>());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_written_with_its_cause_or_not_at_all() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let (_, key) = partner(&owner, "blog").await;
    for moment in DEATHS {
        app.let_die("partner_events", moment).await;
        let answer = submit(&app, &key, "uno", &submission("ada@own.example")).await;
        answer.expect_problem(503, "unavailable");
        app.let_live("partner_events").await;
        assert_eq!(app.number("SELECT count(*) FROM claimants").await, 0);
        assert_eq!(app.number(WAITING).await, 0);
    }
    let record = sent(&app, &key, "ada").await;
    app.run_outbox().await;
    let proof = json!({"token": token_in(&app.mail_about(&record), "confirm")});
    for moment in DEATHS {
        app.let_die("partner_events", moment).await;
        let answer = app.confirm_by(&proof).await;
        answer.expect_problem(503, "unavailable");
        app.let_live("partner_events").await;
        let state = "SELECT count(*) FROM claimants WHERE state = 'unconfirmed'";
        assert_eq!(app.number(state).await, 1, "{moment}");
        assert_eq!(app.number(WAITING).await, 1, "{moment}");
    }
    app.confirm_by(&proof).await.expect(200);
    number(&app).await;
    let told = events(&app, &key, "0").await;
    assert_eq!(
        words(&told),
        [(1, "claimant.received"), (2, "claimant.confirmed")]
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_erased_leave_their_number_and_old_numbers_are_not_given_again() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let (_, key) = partner(&owner, "blog").await;
    let record = sent(&app, &key, "ada").await;
    let claimant = confirmed(&app, &record).await;
    number(&app).await;
    claimant.erase().await.expect(200);
    // what waits for a number when somebody is erased gets it all the same
    let told = events(&app, &key, "0").await;
    assert_eq!(told.len(), 2);
    assert!(
        told.iter().all(|it| it["claimant_id"].is_null()),
        "{told:?}"
    );
    let left = format!(
        "SELECT count(*) FROM partner_events WHERE claimant_id = '{}'",
        record.id
    );
    assert_eq!(app.number(&left).await, 0);

    app.clock().advance(TimeDelta::days(89));
    joinder::app::housekeeping::sweep(&app.ctx).await.unwrap();
    assert_eq!(events(&app, &key, "0").await.len(), 2);
    app.clock().advance(TimeDelta::days(2));
    joinder::app::housekeeping::sweep(&app.ctx).await.unwrap();
    assert_eq!(events(&app, &key, "0").await.len(), 0);
    sent(&app, &key, "eva").await;
    number(&app).await;
    assert_eq!(
        words(&events(&app, &key, "0").await),
        [(3, "claimant.received")]
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_are_a_partners_and_a_modes_own_and_a_key_sees_its_cases() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let (blog, key) = partner(&owner, "blog").await;
    let (other, foreign) = partner(&owner, "altro").await;
    let body = json!({"mode": "test", "scopes": ["events", "intake"]});
    let test = secret(&owner.try_key(&blog, &body).await.expect(201));
    assert_eq!(events(&app, &test, "0").await, Vec::<Value>::new());
    // its first write makes the twin
    let path = "/sandbox/claimants";
    ask(request(&app, Method::DELETE, path, &test))
        .await
        .expect(200);
    happen(&app, blog.id, "live", "received", 2).await;
    happen(&app, blog.id, "test", "signed", 1).await;
    happen(&app, other.id, "live", "confirmed", 1).await;
    // in a case that the key below is not for
    app.sql(&format!(
        "UPDATE partner_events SET case_id = gen_random_uuid() WHERE id = \
         (SELECT id FROM partner_events WHERE partner_id = '{}' AND mode = 'live' ORDER BY id LIMIT 1)",
        blog.id
    ))
    .await;
    number(&app).await;
    let body = json!({"mode": "live", "scopes": ["events"], "cases": [CASE]});
    let narrow = secret(&owner.try_key(&blog, &body).await.expect(201));
    let kinds = async |key: &str| {
        let told = events(&app, key, "0").await;
        let words = words(&told).into_iter();
        words
            .map(|(number, word)| format!("{number} {word}"))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        kinds(&key).await,
        ["1 claimant.received", "2 claimant.received"]
    );
    assert_eq!(kinds(&test).await, ["1 claimant.signed"]);
    assert_eq!(kinds(&foreign).await, ["1 claimant.confirmed"]);
    assert_eq!(kinds(&narrow).await.len(), 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restore_numbers_go_on_where_nobody_read_yet() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let (blog, key) = partner(&owner, "blog").await;
    happen(&app, blog.id, "live", "received", 2).await;
    number(&app).await;
    event::leave_numbers_out(&app.ctx).await.unwrap();
    happen(&app, blog.id, "live", "confirmed", 1).await;
    number(&app).await;
    // a partner had read to 40, in a time that the backup does not know
    let told = events(&app, &key, "40").await;
    assert_eq!(words(&told), [(event::LEFT_OUT + 3, "claimant.confirmed")]);
    app.stop().await;
}
