//! Endpoints of partners while the database is lost or the client goes away: all of a change, or nothing of it.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::app::{DEATHS, TestApp};
use crate::claimant::Answer;
use crate::partner_events::{happen, number};
use crate::partners::{Owner, read};
use crate::webhooks::{ENDPOINTS, endpoint, say, started, tester};

/// Nobody listens there, and nothing is delivered in these tests.
const OLD: &str = "http://127.0.0.1:1999/old";

/// All that is kept of endpoints, what is on its way to them, and the trail of both.
async fn kept(app: &TestApp) -> Vec<Vec<Option<String>>> {
    let rows = "SELECT e::text AS kept FROM webhook_endpoints e \
        UNION ALL SELECT d::text FROM webhook_deliveries d \
        UNION ALL SELECT a::text FROM audit a WHERE a.action LIKE 'webhook%' ORDER BY kept";
    app.rows(rows).await
}

/// Asks while the connection that writes to one of some tables dies, at each moment: nothing is written. Then asks once
/// more, and gives that answer.
async fn after_faults(app: &TestApp, tables: &[&str], asks: impl AsyncFn() -> Answer) -> Answer {
    let before = kept(app).await;
    for table in tables {
        for moment in DEATHS {
            app.let_die(table, moment).await;
            asks().await.expect_problem(503, "unavailable");
            app.let_live(table).await;
            assert_eq!(kept(app).await, before, "{table} {moment}");
        }
    }
    asks().await
}

/// How often something is in the trail.
async fn times(app: &TestApp, verb: &str) -> i64 {
    let query = format!("SELECT count(*) FROM audit WHERE action = '{verb}'");
    app.number(&query).await
}

#[tokio::test(flavor = "multi_thread")]
async fn s12_a_database_lost_makes_changes_turns_and_deletes_no_endpoint() {
    let app = started().await;
    let owner = Owner::of(&app, "codacons").await;
    let (_, key) = tester(&owner, "blog").await;
    let ask =
        async |method: Method, path: &str, body: Value| say(&app, &key, method, path, &body).await;
    let new = json!({"url": OLD});
    let made = after_faults(&app, &["webhook_endpoints", "audit"], async || {
        ask(Method::POST, ENDPOINTS, new.clone()).await
    })
    .await
    .expect(201);
    let path = format!("{ENDPOINTS}/{}", made["id"].as_str().unwrap());
    let all = read(&app, ENDPOINTS, &key).await.expect(200);
    assert_eq!(all["items"].as_array().unwrap().len(), 1);

    let other = json!({"url": "http://127.0.0.1:1999/new", "enabled": false});
    let changed = after_faults(&app, &["audit"], async || {
        ask(Method::PATCH, &path, other.clone()).await
    })
    .await
    .expect(200);
    assert_eq!(
        (&changed["url"], &changed["enabled"]),
        (&other["url"], &json!(false))
    );

    // no secret that nobody was shown signs
    let turned = after_faults(&app, &["audit"], async || {
        ask(Method::POST, &format!("{path}/secret"), json!({})).await
    })
    .await
    .expect(200);
    assert_ne!(turned["secret"], made["secret"]);

    let delivery = json!({"delivery": "disabled"});
    let staff = after_faults(&app, &["audit"], async || {
        owner.ask(Method::PUT, &path, &delivery).await
    })
    .await
    .expect(200);
    assert_eq!(staff["disabled_why"], "staff");

    let gone = after_faults(&app, &["audit"], async || {
        ask(Method::DELETE, &path, json!({})).await
    })
    .await;
    gone.expect(204);
    let left = "SELECT count(*) FROM webhook_endpoints";
    assert_eq!(app.number(left).await, 0);
    for verb in [
        "webhook_added",
        "webhook_changed",
        "webhook_rotated",
        "webhook_disabled",
        "webhook_deleted",
    ] {
        assert_eq!(times(&app, verb).await, 1, "{verb}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s12_a_database_lost_sends_no_test_and_nothing_again() {
    let app = started().await;
    let owner = Owner::of(&app, "codacons").await;
    let (blog, key) = tester(&owner, "blog").await;
    let (path, _) = endpoint(&app, &key, OLD).await;
    let due = "SELECT count(*) FROM webhook_deliveries WHERE state = 'due'";
    let ping = after_faults(&app, &["webhook_deliveries"], async || {
        say(
            &app,
            &key,
            Method::POST,
            &format!("{path}/ping"),
            &json!({}),
        )
        .await
    })
    .await;
    ping.expect(202);
    assert_eq!(app.number(due).await, 1);

    happen(&app, blog.id, "test", "received", 2).await;
    number(&app).await;
    app.sql("DELETE FROM webhook_deliveries").await;
    let span = json!({"from": 1, "to": 2});
    let again = after_faults(&app, &["webhook_deliveries", "audit"], async || {
        say(&app, &key, Method::POST, &format!("{path}/replays"), &span).await
    })
    .await;
    assert_eq!(again.expect(202)["deliveries"], 2);
    assert_eq!(app.number(due).await, 2);
    assert_eq!(times(&app, "webhook_replayed").await, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hangs_up_while_a_secret_is_turned_has_turned_it_and_turns_it_again() {
    let app = started().await;
    let owner = Owner::of(&app, "codacons").await;
    let (_, key) = tester(&owner, "blog").await;
    let (path, first) = endpoint(&app, &key, OLD).await;
    let held = app
        .hold("SELECT id FROM webhook_endpoints FOR UPDATE")
        .await;
    let host = app.base.strip_prefix("http://").unwrap();
    let sent = format!(
        "POST /api/v1/partner{path}/secret HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}"
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
    for _ in 0..1_000 {
        if times(&app, "webhook_rotated").await == 1 {
            break;
        }
    }
    assert_eq!(times(&app, "webhook_rotated").await, 1);
    let turned = format!("{path}/secret");
    let shown = say(&app, &key, Method::POST, &turned, &json!({})).await;
    let shown = shown.expect(200);
    assert!(shown["secret"].as_str().unwrap() != first);
    assert_eq!(times(&app, "webhook_rotated").await, 2);
    app.stop().await;
}
