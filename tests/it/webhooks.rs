//! Events delivered to servers of partners: signed, tried again, given up, led nowhere they may not go (decision 33).

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::TimeDelta;
use joinder::app::partner::webhook::delivery;
use joinder::crypto::webhook::WebhookSecret;
use joinder::domain::permission::Role;
use joinder::outbound::webhook::{Names, Webhooks};
use joinder::worker::webhooks::deliver_due;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

use crate::app::{TestApp, TestOptions};
use crate::claimant::{Answer, ask};
use crate::partner_events::{happen, number};
use crate::partners::{Owner, Partner, read, request, secret};
use crate::seed::CASE;
use crate::staff_console::{csrf, open, place, send, sign_in};
use crate::staff_seed::{association, person};

/// How long an answer is waited for in these tests.
const ANSWERS: Duration = Duration::from_millis(700);
pub(crate) const ENDPOINTS: &str = "/webhook-endpoints";

/// What a receiver answers.
#[derive(Clone, Copy)]
enum Reply {
    Status(u16),
    /// To this port of this machine.
    Redirect(u16),
    Hang,
    /// 503, and that it is there again after so many seconds.
    Later(u32),
    /// 200, and a body that does not end.
    Huge,
    /// Closes at once.
    Close,
}

/// What a receiver got.
#[derive(Clone, Debug)]
struct Got {
    head: String,
    body: String,
}

impl Got {
    fn header(&self, name: &str) -> String {
        let found = self.head.lines().find_map(|line| {
            let (known, value) = line.split_once(": ")?;
            known.eq_ignore_ascii_case(name).then(|| value.to_owned())
        });
        found.unwrap_or_else(|| panic!("{name}: {}", self.head))
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A server of a partner.
#[derive(Clone)]
struct Receiver {
    port: u16,
    reply: Arc<Mutex<Reply>>,
    got: Arc<Mutex<Vec<Got>>>,
}

impl Receiver {
    async fn start(reply: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self {
            port: listener.local_addr().unwrap().port(),
            reply: Arc::new(Mutex::new(reply)),
            got: Arc::default(),
        };
        let server = receiver.clone();
        #[expect(clippy::disallowed_methods, reason = "the server of a test")]
        tokio::spawn(async move {
            while let Ok((wire, _)) = listener.accept().await {
                tokio::spawn(server.clone().serve(wire));
            }
        });
        receiver
    }

    async fn serve(self, mut wire: TcpStream) {
        let mut bytes = Vec::new();
        let (head, body) = loop {
            let mut piece = [0; 4096];
            let Ok(count @ 1..) = wire.read(&mut piece).await else {
                return;
            };
            bytes.extend_from_slice(&piece[..count]);
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let Some((head, body)) = text.split_once("\r\n\r\n") else {
                continue;
            };
            let length = head.to_lowercase();
            let length = length.split("content-length: ").nth(1).unwrap();
            let length: usize = length.lines().next().unwrap().parse().unwrap();
            if body.len() >= length {
                break (head.to_owned(), body.to_owned());
            }
        };
        self.got.lock().unwrap().push(Got { head, body });
        let reply = *self.reply.lock().unwrap();
        let head = match reply {
            Reply::Status(status) => format!("{status} X\r\ncontent-length: 0"),
            Reply::Redirect(port) => {
                format!("307 X\r\nlocation: http://127.0.0.1:{port}/\r\ncontent-length: 0")
            }
            Reply::Later(seconds) => {
                format!("503 X\r\nretry-after: {seconds}\r\ncontent-length: 0")
            }
            Reply::Huge => "200 X\r\ncontent-length: 100000000000".to_owned(),
            Reply::Close => return,
            Reply::Hang => {
                tokio::time::sleep(Duration::from_secs(60)).await;
                return;
            }
        };
        let head = format!("HTTP/1.1 {head}\r\nconnection: close\r\n\r\n");
        let _ = wire.write_all(head.as_bytes()).await;
        if matches!(reply, Reply::Huge) {
            let piece = vec![b'a'; 1 << 20];
            while wire.write_all(&piece).await.is_ok() {}
        }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    fn says(&self, reply: Reply) {
        *self.reply.lock().unwrap() = reply;
    }

    fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    fn count(&self) -> usize {
        self.got.lock().unwrap().len()
    }
}

pub(crate) async fn started() -> TestApp {
    with_names(Names::System).await
}

async fn with_names(names: Names) -> TestApp {
    TestApp::seeded_with(TestOptions {
        webhooks: Webhooks::with(names, ANSWERS),
        ..TestOptions::default()
    })
    .await
}

/// A partner with a test key: its endpoints may be on this machine.
pub(crate) async fn tester(owner: &Owner<'_>, slug: &str) -> (Partner, String) {
    let partner = owner.partner(slug).await;
    let body = json!({"mode": "test", "scopes": ["events", "webhooks"]});
    let key = secret(&owner.try_key(&partner, &body).await.expect(201));
    (partner, key)
}

pub(crate) async fn say(
    app: &TestApp,
    key: &str,
    method: Method,
    path: &str,
    body: &Value,
) -> Answer {
    ask(request(app, method, path, key).json(body)).await
}

/// A new endpoint: its path below the API of partners, and its secret.
pub(crate) async fn endpoint(app: &TestApp, key: &str, url: &str) -> (String, String) {
    let made = say(app, key, Method::POST, ENDPOINTS, &json!({"url": url})).await;
    let made = made.expect(201);
    let id = made["id"].as_str().unwrap();
    let secret = made["secret"].as_str().unwrap().to_owned();
    (format!("{ENDPOINTS}/{id}"), secret)
}

async fn attempts(app: &TestApp, key: &str, path: &str) -> Vec<Value> {
    let told = read(app, &format!("{path}/attempts?limit=200"), key).await;
    told.expect(200)["items"].as_array().unwrap().clone()
}

fn outcomes(attempts: &[Value]) -> Vec<&str> {
    let outcomes = attempts.iter();
    outcomes.map(|it| it["outcome"].as_str().unwrap()).collect()
}

/// By the secret, as the partner verifies it.
fn signed(secret: &str, got: &Got) -> String {
    let secret: WebhookSecret = serde_json::from_value(json!(secret)).unwrap();
    let at = got.header("webhook-timestamp").parse().unwrap();
    let id = got.header("webhook-id");
    secret.sign(&id, at, &got.body).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_delivered_once_signed_and_names_nobody() {
    let app = started().await;
    let owner = Owner::of(&app, "codacons").await;
    let (blog, key) = tester(&owner, "blog").await;
    let receiver = Receiver::start(Reply::Status(204)).await;
    let (path, secret) = endpoint(&app, &key, &receiver.url()).await;
    happen(&app, blog.id, "test", "confirmed", 1).await;
    number(&app).await;
    assert_eq!(deliver_due(&app.ctx).await.unwrap(), 1);
    assert_eq!(deliver_due(&app.ctx).await.unwrap(), 0);
    let got = receiver.got();
    assert_eq!(got.len(), 1);
    let event = read(&app, "/events", &key).await.expect(200)["items"][0].clone();
    assert!(got[0].head.starts_with("POST /hook HTTP/1.1\r\n"));
    assert_eq!(got[0].header("webhook-id"), event["id"].as_str().unwrap());
    assert_eq!(got[0].header("content-type"), "application/json");
    let now = app.clock().now().timestamp().to_string();
    assert_eq!(got[0].header("webhook-timestamp"), now);
    assert_eq!(got[0].header("webhook-signature"), signed(&secret, &got[0]));
    assert_eq!(
        got[0].json(),
        json!({
            "type": "claimant.confirmed", "timestamp": "2026-03-02T09:00:00Z",
            "data": {"sequence": 1, "claimant_id": event["claimant_id"]},
        })
    );
    let told = attempts(&app, &key, &path).await;
    assert_eq!(outcomes(&told), ["ok"]);
    assert_eq!(
        (&told[0]["status"], &told[0]["number"]),
        (&json!(204), &json!(1))
    );
    let one = read(&app, &path, &key).await.expect(200);
    let now = app.clock().now();
    assert_eq!(one["last_success_at"], json!(now));
    assert!(one["secret"].is_null());
    // what opens and where it leads lie sealed
    let rows = app
        .rows("SELECT encode(sealed, 'escape') FROM webhook_endpoints")
        .await;
    let sealed = rows[0][0].clone().unwrap();
    assert!(!sealed.contains("127.0.0.1") && !sealed.contains("whsec_"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_chosen_types_come_and_a_test_comes_when_asked_for() {
    let app = started().await;
    let owner = Owner::of(&app, "codacons").await;
    let (blog, key) = tester(&owner, "blog").await;
    let receiver = Receiver::start(Reply::Status(200)).await;
    let (path, secret) = endpoint(&app, &key, &receiver.url()).await;
    let only = json!({"event_types": ["claimant.signed"]});
    say(&app, &key, Method::PATCH, &path, &only)
        .await
        .expect(200);
    for state in ["received", "confirmed", "signed", "withdrawn"] {
        happen(&app, blog.id, "test", state, 1).await;
    }
    happen(&app, blog.id, "live", "signed", 1).await;
    number(&app).await;
    deliver_due(&app.ctx).await.unwrap();
    let got = receiver.got();
    assert_eq!(got.len(), 1, "{got:?}");
    assert_eq!(got[0].json()["type"], "claimant.signed");
    let ping = say(
        &app,
        &key,
        Method::POST,
        &format!("{path}/ping"),
        &json!({}),
    )
    .await;
    let ping = ping.expect(202);
    deliver_due(&app.ctx).await.unwrap();
    let got = receiver.got().pop().unwrap();
    assert_eq!(
        got.header("webhook-id"),
        ping["message_id"].as_str().unwrap()
    );
    assert_eq!(got.json()["type"], "webhook.ping");
    assert_eq!(got.header("webhook-signature"), signed(&secret, &got));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_is_tried_ten_times_and_then_the_partner_is_told() {
    let app = started().await;
    let owner = Owner::of(&app, "codacons").await;
    let (blog, key) = tester(&owner, "blog").await;
    let receiver = Receiver::start(Reply::Status(500)).await;
    let (path, _) = endpoint(&app, &key, &receiver.url()).await;
    happen(&app, blog.id, "test", "received", 1).await;
    number(&app).await;
    let pauses = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
    let due = "SELECT ceil(extract(epoch FROM due_at))::bigint FROM webhook_deliveries";
    for (place, pause) in pauses.into_iter().enumerate() {
        assert_eq!(deliver_due(&app.ctx).await.unwrap(), 1, "{place}");
        let wait = app.number(due).await - app.clock().now().timestamp();
        assert!((pause..=pause + pause / 10 + 1).contains(&wait), "{wait}");
        app.clock().advance(TimeDelta::seconds(wait - 2));
        assert_eq!(
            deliver_due(&app.ctx).await.unwrap(),
            0,
            "{place}: too early"
        );
        app.clock().advance(TimeDelta::seconds(2));
    }
    assert_eq!(deliver_due(&app.ctx).await.unwrap(), 1, "the tenth");
    app.clock().advance(TimeDelta::days(9));
    assert_eq!(deliver_due(&app.ctx).await.unwrap(), 0);
    assert_eq!(receiver.count(), 10);
    let told = attempts(&app, &key, &path).await;
    assert_eq!(outcomes(&told), ["status"; 10]);
    let ids: Vec<String> = receiver
        .got()
        .iter()
        .map(|it| it.header("webhook-id"))
        .collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "the same id each time");
    let one = read(&app, &path, &key).await.expect(200);
    assert_eq!(
        (&one["enabled"], &one["disabled_why"]),
        (&json!(false), &json!("failing"))
    );
    // what happens now makes no delivery; the partner has a mail, the console says why
    happen(&app, blog.id, "test", "signed", 1).await;
    number(&app).await;
    let due = "SELECT count(*) FROM webhook_deliveries WHERE state = 'due'";
    assert_eq!(app.number(due).await, 0);
    app.run_outbox().await;
    let mails = app.mails_to("redazione@sito.example");
    assert_eq!(mails.len(), 1);
    assert!(mails[0].contains("Indirizzo: 127.0.0.1"), "{}", mails[0]);
    assert!(!mails[0].contains("/hook"), "{}", mails[0]);
    let ours = association(&app, "codacons").await;
    let manager = person(&app, ours, Role::CaseManager).await;
    let bearer = manager.bearer(&app).await;
    let own = format!("/api/v1/staff/partners/{}", blog.id);
    let seen = app.request(Method::GET, &own).bearer_auth(&bearer);
    let seen = ask(seen).await.expect(200);
    assert_eq!(seen["webhook_endpoints"][0]["disabled_why"], "failing");
    // mended, enabled again, and what was missed delivered again
    receiver.says(Reply::Status(200));
    let on = json!({"enabled": true});
    let one = say(&app, &key, Method::PATCH, &path, &on).await.expect(200);
    assert_eq!(
        (&one["enabled"], &one["failing_since"]),
        (&json!(true), &Value::Null)
    );
    let span = json!({"from": 1, "to": 2});
    let again = say(&app, &key, Method::POST, &format!("{path}/replays"), &span).await;
    assert_eq!(again.expect(202)["deliveries"], 2);
    deliver_due(&app.ctx).await.unwrap();
    assert_eq!(receiver.count(), 12);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_answer_is_judged_and_no_redirect_is_followed() {
    let app = started().await;
    let owner = Owner::of(&app, "codacons").await;
    let (blog, key) = tester(&owner, "blog").await;
    let elsewhere = Receiver::start(Reply::Status(200)).await;
    let receiver = Receiver::start(Reply::Status(200)).await;
    let (path, _) = endpoint(&app, &key, &receiver.url()).await;
    for (reply, outcome, status) in [
        (Reply::Huge, "ok", json!(200)),
        (Reply::Redirect(elsewhere.port), "redirect", json!(307)),
        (Reply::Huge, "ok", json!(200)),
        (Reply::Status(404), "status", json!(404)),
        (Reply::Close, "connect", Value::Null),
        (Reply::Status(299), "ok", json!(299)),
        (Reply::Hang, "timeout", Value::Null),
    ] {
        receiver.says(reply);
        let ping = format!("{path}/ping");
        say(&app, &key, Method::POST, &ping, &json!({}))
            .await
            .expect(202);
        let begun = std::time::Instant::now();
        assert_eq!(deliver_due(&app.ctx).await.unwrap(), 1, "{outcome}");
        assert!(begun.elapsed() < Duration::from_secs(20), "{outcome}");
        let told = attempts(&app, &key, &path).await;
        assert_eq!((outcomes(&told)[0], &told[0]["status"]), (outcome, &status));
        // each alone: what failed does not come again here
        app.sql("DELETE FROM webhook_deliveries").await;
    }
    assert_eq!(elsewhere.count(), 0);
    happen(&app, blog.id, "test", "received", 3).await;
    number(&app).await;
    receiver.says(Reply::Status(410));
    deliver_due(&app.ctx).await.unwrap();
    let one = read(&app, &path, &key).await.expect(200);
    assert_eq!(one["disabled_why"], "gone", "{one}");
    let due = "SELECT count(*) FROM webhook_deliveries WHERE state = 'due'";
    assert_eq!(app.number(due).await, 0, "what waited is dropped");
    app.clock().advance(TimeDelta::days(1));
    assert_eq!(deliver_due(&app.ctx).await.unwrap(), 0);
    let off = say(
        &app,
        &key,
        Method::POST,
        &format!("{path}/ping"),
        &json!({}),
    )
    .await;
    off.expect_problem(409, "illegal-transition");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_asks_for_time_gets_it_a_day_at_most() {
    let app = started().await;
    let owner = Owner::of(&app, "codacons").await;
    let (blog, key) = tester(&owner, "blog").await;
    let receiver = Receiver::start(Reply::Later(600)).await;
    let (path, _) = endpoint(&app, &key, &receiver.url()).await;
    happen(&app, blog.id, "test", "received", 2).await;
    number(&app).await;
    // both were on their way before it answered
    assert_eq!(deliver_due(&app.ctx).await.unwrap(), 2);
    app.clock().advance(TimeDelta::seconds(590));
    assert_eq!(deliver_due(&app.ctx).await.unwrap(), 0, "not at its turn");
    app.clock().advance(TimeDelta::seconds(15));
    receiver.says(Reply::Later(u32::MAX));
    // one at a time, now that it failed
    assert_eq!(deliver_due(&app.ctx).await.unwrap(), 1);
    app.clock().advance(TimeDelta::hours(23));
    assert_eq!(deliver_due(&app.ctx).await.unwrap(), 0);
    app.clock().advance(TimeDelta::minutes(61));
    receiver.says(Reply::Status(200));
    assert_eq!(deliver_due(&app.ctx).await.unwrap(), 1);
    assert_eq!(deliver_due(&app.ctx).await.unwrap(), 1);
    let told = attempts(&app, &key, &path).await;
    assert_eq!(
        outcomes(&told),
        ["ok", "ok", "status", "status", "status"],
        "{told:?}"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_endpoint_that_hangs_does_not_hold_up_another() {
    let app = started().await;
    let owner = Owner::of(&app, "codacons").await;
    let (slow, slow_key) = tester(&owner, "lento").await;
    let (fast, fast_key) = tester(&owner, "veloce").await;
    let hangs = Receiver::start(Reply::Hang).await;
    let takes = Receiver::start(Reply::Status(200)).await;
    endpoint(&app, &slow_key, &hangs.url()).await;
    endpoint(&app, &fast_key, &takes.url()).await;
    happen(&app, slow.id, "test", "received", 300).await;
    happen(&app, fast.id, "test", "received", 60).await;
    number(&app).await;
    let mut rounds = 0;
    while takes.count() < 60 {
        rounds += 1;
        assert!(rounds <= 20, "{} of 60", takes.count());
        deliver_due(&app.ctx).await.unwrap();
    }
    // four at first, then one at a time, then none for a while
    assert!(hangs.count() <= 4, "{}", hangs.count());
    let waits = "SELECT count(*) FROM webhook_deliveries WHERE state = 'due'";
    assert_eq!(app.number(waits).await, 300);
    app.clock().advance(TimeDelta::seconds(301));
    assert_eq!(
        deliver_due(&app.ctx).await.unwrap(),
        1,
        "one to see whether it is back"
    );
    hangs.says(Reply::Status(200));
    app.clock().advance(TimeDelta::seconds(301));
    deliver_due(&app.ctx).await.unwrap();
    assert_eq!(deliver_due(&app.ctx).await.unwrap(), 4, "it is");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn for_a_day_after_a_rotation_both_secrets_sign() {
    let app = started().await;
    let owner = Owner::of(&app, "codacons").await;
    let (_, key) = tester(&owner, "blog").await;
    let receiver = Receiver::start(Reply::Status(200)).await;
    let (path, first) = endpoint(&app, &key, &receiver.url()).await;
    let rotate = async || {
        let turned = say(
            &app,
            &key,
            Method::POST,
            &format!("{path}/secret"),
            &json!({}),
        )
        .await;
        turned.expect(200)["secret"].as_str().unwrap().to_owned()
    };
    let got = async || {
        let ping = format!("{path}/ping");
        say(&app, &key, Method::POST, &ping, &json!({}))
            .await
            .expect(202);
        deliver_due(&app.ctx).await.unwrap();
        receiver.got().pop().unwrap()
    };
    let second = rotate().await;
    assert_ne!(first, second);
    let both = got().await;
    assert_eq!(
        both.header("webhook-signature"),
        format!("{} {}", signed(&second, &both), signed(&first, &both))
    );
    app.clock().advance(TimeDelta::hours(23));
    assert!(got().await.header("webhook-signature").contains(' '));
    app.clock().advance(TimeDelta::hours(1));
    let alone = got().await;
    assert_eq!(alone.header("webhook-signature"), signed(&second, &alone));
    // of three within a day the first signs no more
    let third = rotate().await;
    let fourth = rotate().await;
    let last = got().await;
    assert_eq!(
        last.header("webhook-signature"),
        format!("{} {}", signed(&fourth, &last), signed(&third, &last))
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_delivered_again_by_id_and_by_number() {
    let app = started().await;
    let owner = Owner::of(&app, "codacons").await;
    let (blog, key) = tester(&owner, "blog").await;
    let receiver = Receiver::start(Reply::Status(200)).await;
    // the first write, also one that is refused, makes the twin
    say(&app, &key, Method::POST, ENDPOINTS, &json!({}))
        .await
        .wrong_fields();
    happen(&app, blog.id, "test", "received", 6).await;
    number(&app).await;
    let (path, _) = endpoint(&app, &key, &receiver.url()).await;
    let replays = format!("{path}/replays");
    let again = async |body: Value| say(&app, &key, Method::POST, &replays, &body).await;
    let all = read(&app, "/events", &key).await.expect(200)["items"].clone();
    let third = all[2]["id"].clone();
    assert_eq!(
        again(json!({"event_id": third})).await.expect(202)["deliveries"],
        1
    );
    deliver_due(&app.ctx).await.unwrap();
    let got = receiver.got();
    assert_eq!(
        got.len(),
        1,
        "what was before the endpoint came by itself never"
    );
    assert_eq!(got[0].header("webhook-id"), third.as_str().unwrap());
    // about who was erased nothing is delivered
    app.sql("UPDATE partner_events SET claimant_id = NULL WHERE sequence = 4")
        .await;
    let span = json!({"from": 3, "to": 5});
    assert_eq!(again(span).await.expect(202)["deliveries"], 2);
    // nor where they are erased while it waits
    app.sql("UPDATE partner_events SET claimant_id = NULL WHERE sequence = 5")
        .await;
    assert_eq!(deliver_due(&app.ctx).await.unwrap(), 1);
    assert_eq!(receiver.count(), 2);
    for (body, place) in [
        (json!({}), "/event_id required"),
        (json!({"from": 1}), "/to required"),
        (json!({"from": 0, "to": 5}), "/from out_of_range"),
        (json!({"from": 5, "to": 4}), "/to out_of_range"),
        (json!({"from": 1, "to": 1_001}), "/to out_of_range"),
        (json!({"from": 1, "to": i64::MAX}), "/to out_of_range"),
        (
            json!({"from": i64::MIN, "to": i64::MAX}),
            "/from out_of_range",
        ),
        (
            json!({"event_id": Uuid::new_v4()}),
            "/event_id unknown_value",
        ),
        (
            json!({"event_id": third, "from": 1, "to": 2}),
            "/event_id required",
        ),
    ] {
        let wrong = again(body.clone()).await.wrong_fields();
        let told = wrong.iter().map(|(place, code)| format!("{place} {code}"));
        assert_eq!(told.collect::<Vec<_>>(), [place], "{body}");
    }
    // enough waits: nothing more is taken
    app.sql(
        "INSERT INTO webhook_deliveries (partner_id, id, association_id, endpoint_id, due_at, created_at) \
         SELECT partner_id, gen_random_uuid(), association_id, id, '2036-03-02Z', '2026-03-02Z' \
         FROM webhook_endpoints, generate_series(1, 10000)",
    )
    .await;
    let full = again(json!({"event_id": third})).await;
    full.expect_problem(409, "illegal-transition");
    app.stop().await;
}

/// Ways to write what is not public; names are those of the book below.
const INSIDE: [&str; 44] = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "017700000001",
    "0",
    "0.0.0.0",
    "127.0.0.1.",
    "%31%32%37.0.0.1",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "10.0.0.1",
    "10.1",
    "172.16.0.1",
    "192.168.1.1",
    "3232235777",
    "169.254.169.254",
    "0xa9fea9fe",
    "100.64.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "198.51.100.7",
    "168.63.129.16",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[64:ff9b::a9fe:a9fe]",
    "[2002:7f00:1::]",
    "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
    "[fe80::1]",
    "[fc00::1]",
    "[ff02::1]",
    "localhost",
    "LOCALHOST.",
    "mixed.example",
    "six.example",
    "metadata.example",
    "mapped.example",
    "nat.example",
    "nowhere.example",
];

/// The addresses of names.
fn book(name: &str) -> Vec<std::net::IpAddr> {
    let told: &[&str] = match name {
        "public.example" => &["8.8.8.8"],
        "mixed.example" => &["8.8.8.8", "10.0.0.1"],
        "six.example" => &["fd00::1"],
        "metadata.example" => &["169.254.169.254"],
        "mapped.example" => &["::ffff:127.0.0.1"],
        "nat.example" => &["64:ff9b::7f00:1"],
        "nowhere.example" => &[],
        _ => &["127.0.0.1"],
    };
    told.iter()
        .map(|address| address.parse().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_way_to_write_an_address_inside_is_taken() {
    let app = with_names(Names::Book(Arc::new(book))).await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let key = owner.key(&blog, &["webhooks"]).await;
    for host in INSIDE {
        let body = json!({"url": format!("https://{host}/hook")});
        let wrong = say(&app, &key, Method::POST, ENDPOINTS, &body).await;
        let wrong = wrong.wrong_fields();
        assert_eq!(wrong.len(), 1, "{host}: {wrong:?}");
        assert_eq!(wrong[0].0, "/url", "{host}");
    }
    for url in [
        "http://public.example/",
        "http://127.0.0.1:9000/",
        "https://user:word@public.example/",
        "https://public.example@127.0.0.1/",
        "https://public.example:22/",
        "https://public.example/#a",
        "ftp://public.example/",
        "",
    ] {
        let wrong = say(&app, &key, Method::POST, ENDPOINTS, &json!({"url": url})).await;
        assert_eq!(wrong.wrong_fields()[0].0, "/url", "{url}");
    }
    // what to do about it is told
    for (url, word) in [
        ("http://public.example/", "https://"),
        ("https://nowhere.example/", "DNS"),
        ("https://six.example/", "server pubblico"),
    ] {
        let wrong = say(&app, &key, Method::POST, ENDPOINTS, &json!({"url": url})).await;
        let wrong = wrong.expect_problem(422, "validation");
        let message = wrong["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains(word), "{url}: {message}");
    }
    let count = "SELECT count(*) FROM webhook_endpoints";
    assert_eq!(app.number(count).await, 0);
    let (path, _) = endpoint(&app, &key, "https://public.example:8443/hook?a=b").await;
    // nor is it turned inside afterwards
    let turned = json!({"url": "https://mixed.example/", "event_types": ["x"]});
    let wrong = say(&app, &key, Method::PATCH, &path, &turned)
        .await
        .wrong_fields();
    assert_eq!(wrong.len(), 2, "{wrong:?}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_changes_after_it_was_judged_leads_nowhere_else() {
    let looked = Arc::new(AtomicUsize::new(0));
    let turned = Arc::new(AtomicUsize::new(usize::MAX));
    let (count, turn) = (looked.clone(), turned.clone());
    let names = Names::Book(Arc::new(move |name: &str| {
        assert_eq!(name, "hook.test");
        let before = count.fetch_add(1, Ordering::SeqCst);
        let address = if before < turn.load(Ordering::SeqCst) {
            "127.0.0.1"
        } else {
            "10.0.0.1"
        };
        vec![address.parse().unwrap()]
    }));
    let app = with_names(names).await;
    let owner = Owner::of(&app, "codacons").await;
    let (_, key) = tester(&owner, "blog").await;
    let receiver = Receiver::start(Reply::Status(200)).await;
    let url = format!("http://hook.test:{}/", receiver.port);
    let (path, _) = endpoint(&app, &key, &url).await;
    assert_eq!(looked.load(Ordering::SeqCst), 1, "judged when it was made");
    let ping = format!("{path}/ping");
    say(&app, &key, Method::POST, &ping, &json!({}))
        .await
        .expect(202);
    // what is judged is what is connected to: one look, and whatever is said after it changes nothing
    turned.store(2, Ordering::SeqCst);
    deliver_due(&app.ctx).await.unwrap();
    assert_eq!(looked.load(Ordering::SeqCst), 2);
    let got = receiver.got();
    assert_eq!(
        got[0].header("host"),
        format!("hook.test:{}", receiver.port)
    );
    // the next attempt judges anew
    say(&app, &key, Method::POST, &ping, &json!({}))
        .await
        .expect(202);
    deliver_due(&app.ctx).await.unwrap();
    assert_eq!(receiver.count(), 1);
    assert_eq!(
        outcomes(&attempts(&app, &key, &path).await),
        ["address", "ok"]
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_is_made_again_where_nobody_noted_what_became_of_it() {
    let app = started().await;
    let owner = Owner::of(&app, "codacons").await;
    let (blog, key) = tester(&owner, "blog").await;
    let receiver = Receiver::start(Reply::Status(200)).await;
    let (path, _) = endpoint(&app, &key, &receiver.url()).await;
    happen(&app, blog.id, "test", "received", 1).await;
    number(&app).await;
    let due = delivery::claim(&app.ctx, 10).await.unwrap();
    assert_eq!(due.len(), 1);
    assert!(
        delivery::claim(&app.ctx, 10).await.unwrap().is_empty(),
        "it is under way"
    );
    let outcome = app.ctx.webhooks.send(due[0].message()).await;
    app.lose_database().await;
    let lost = delivery::settle(&app.ctx, &due[0], outcome.clone()).await;
    assert!(lost.is_err());
    app.regain_database().await;
    assert_eq!(
        deliver_due(&app.ctx).await.unwrap(),
        0,
        "until the lease ends"
    );
    app.sql("UPDATE webhook_deliveries SET lease_until = now() - interval '1 second'")
        .await;
    assert_eq!(deliver_due(&app.ctx).await.unwrap(), 1);
    let got = receiver.got();
    assert_eq!(got.len(), 2);
    assert_eq!(got[0].header("webhook-id"), got[1].header("webhook-id"));
    // whoever comes late with what became of the first changes nothing
    let late = joinder::outbound::webhook::Outcome {
        fault: Some(joinder::domain::webhook::Fault::Connect),
        ..outcome
    };
    delivery::settle(&app.ctx, &due[0], late).await.unwrap();
    let done = "SELECT count(*) FROM webhook_deliveries WHERE state = 'done'";
    assert_eq!(app.number(done).await, 1);
    assert_eq!(attempts(&app, &key, &path).await.len(), 2);
    let one = read(&app, &path, &key).await.expect(200);
    assert_eq!(one["failing_since"], Value::Null);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_share_what_is_due() {
    let app = started().await;
    let owner = Owner::of(&app, "codacons").await;
    let (blog, key) = tester(&owner, "blog").await;
    let receiver = Receiver::start(Reply::Status(200)).await;
    endpoint(&app, &key, &receiver.url()).await;
    happen(&app, blog.id, "test", "received", 40).await;
    number(&app).await;
    for _ in 0..40 {
        let (one, other) = tokio::join!(deliver_due(&app.ctx), deliver_due(&app.ctx));
        if one.unwrap() + other.unwrap() == 0 {
            break;
        }
    }
    let mut ids: Vec<String> = receiver
        .got()
        .iter()
        .map(|it| it.header("webhook-id"))
        .collect();
    ids.sort();
    ids.dedup();
    assert_eq!((receiver.count(), ids.len()), (40, 40));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r55_an_endpoint_of_another_is_like_none_to_the_byte() {
    let app = started().await;
    let owner = Owner::of(&app, "codacons").await;
    let (blog, other) = (owner.partner("blog").await, owner.partner("altro").await);
    let key = owner.key(&blog, &["webhooks"]).await;
    let foreign = owner.key(&other, &["webhooks"]).await;
    let strangers = Owner::of(&app, "altroconsumo").await;
    let theirs = strangers.partner("blog").await;
    let theirs = strangers.key(&theirs, &["webhooks"]).await;
    let body = json!({"mode": "test", "scopes": ["webhooks"]});
    let test = secret(&owner.try_key(&blog, &body).await.expect(201));
    let body = json!({"mode": "live", "scopes": ["webhooks"], "cases": [CASE]});
    let narrow = secret(&owner.try_key(&blog, &body).await.expect(201));
    let (path, _) = endpoint(&app, &key, "https://8.8.8.8/hook").await;
    let fresh = format!("{ENDPOINTS}/{}", Uuid::new_v4());
    for asking in [&foreign, &theirs, &test, &narrow] {
        for (method, end, body) in [
            (Method::GET, "", json!({})),
            (Method::PATCH, "", json!({"enabled": false})),
            (Method::DELETE, "", json!({})),
            (Method::POST, "/secret", json!({})),
            (Method::POST, "/ping", json!({})),
            (Method::GET, "/attempts", json!({})),
            (Method::POST, "/replays", json!({"from": 1, "to": 1})),
        ] {
            let of = async |path: &str| {
                let path = format!("{path}{end}");
                say(&app, asking, method.clone(), &path, &body).await.bare()
            };
            let none = of(&fresh).await;
            assert!(none.starts_with("404"), "{method} {end}: {none}");
            assert_eq!(of(&path).await, none, "{method} {end}");
        }
        let list = read(&app, ENDPOINTS, asking).await.expect(200);
        assert_eq!(list["items"], json!([]));
    }
    let one = read(&app, &path, &key).await.expect(200);
    assert_eq!(one["enabled"], true);
    // what a key for one case made a key for all sees, and it is told of that case alone
    let (own, _) = endpoint(&app, &narrow, "https://8.8.8.8/uno").await;
    read(&app, &own, &key).await.expect(200);
    read(&app, &own, &narrow).await.expect(200);
    happen(&app, blog.id, "live", "received", 2).await;
    app.sql(
        "UPDATE partner_events SET case_id = gen_random_uuid() WHERE id = (SELECT id FROM partner_events LIMIT 1)",
    )
    .await;
    number(&app).await;
    let told = |path: &str| {
        let id = path.rsplit('/').next().unwrap();
        format!("SELECT count(*) FROM webhook_deliveries WHERE endpoint_id = '{id}'")
    };
    assert_eq!(app.number(&told(&path)).await, 2);
    assert_eq!(app.number(&told(&own)).await, 1);
    say(&app, &key, Method::DELETE, &own, &json!({}))
        .await
        .expect(204);
    assert_eq!(app.number(&told(&own)).await, 0);
    read(&app, &own, &key)
        .await
        .expect_problem(404, "not-found");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_has_five_endpoints_and_a_suspended_one_gets_nothing() {
    let app = started().await;
    let owner = Owner::of(&app, "codacons").await;
    let (blog, key) = tester(&owner, "blog").await;
    let receiver = Receiver::start(Reply::Status(200)).await;
    let made = futures_util::future::join_all((0..8).map(|_| {
        let body = json!({"url": receiver.url()});
        let (app, key) = (&app, &key);
        async move {
            say(app, key, Method::POST, ENDPOINTS, &body)
                .await
                .status
                .as_u16()
        }
    }))
    .await;
    let taken = made.iter().filter(|status| **status == 201).count();
    let refused = made.iter().filter(|status| **status == 409).count();
    assert_eq!((taken, refused), (5, 3));
    happen(&app, blog.id, "test", "received", 1).await;
    number(&app).await;
    let path = format!("/partners/{}", blog.id);
    let stand = async |standing: &str| {
        let body = json!({"name": "Il sito", "standing": standing});
        owner.ask(Method::PUT, &path, &body).await.expect(200);
    };
    stand("suspended").await;
    assert_eq!(deliver_due(&app.ctx).await.unwrap(), 0);
    stand("active").await;
    assert_eq!(deliver_due(&app.ctx).await.unwrap(), 5);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn days_on_which_a_partner_rested_are_no_days_of_failure() {
    let app = started().await;
    let owner = Owner::of(&app, "codacons").await;
    let (blog, key) = tester(&owner, "blog").await;
    let receiver = Receiver::start(Reply::Status(500)).await;
    let (path, _) = endpoint(&app, &key, &receiver.url()).await;
    happen(&app, blog.id, "test", "received", 1).await;
    number(&app).await;
    assert_eq!(deliver_due(&app.ctx).await.unwrap(), 1);
    let own = format!("/partners/{}", blog.id);
    let stand = async |standing: &str| {
        let body = json!({"name": "Il sito", "standing": standing});
        owner.ask(Method::PUT, &own, &body).await.expect(200);
    };
    stand("suspended").await;
    // six days later, with the last attempt before it
    app.sql(
        "UPDATE webhook_endpoints SET failing_since = failing_since - interval '6 days'; \
         UPDATE webhook_deliveries SET attempts = 9, due_at = due_at - interval '6 days'",
    )
    .await;
    stand("active").await;
    let one = read(&app, &path, &key).await.expect(200);
    assert_eq!(one["failing_since"], Value::Null);
    assert_eq!(deliver_due(&app.ctx).await.unwrap(), 1);
    let one = read(&app, &path, &key).await.expect(200);
    assert_eq!(
        (&one["enabled"], &one["disabled_why"]),
        (&json!(true), &Value::Null)
    );
    assert_ne!(one["failing_since"], Value::Null, "it begins anew");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_association_disables_only_it_enables() {
    let app = started().await;
    let owner = Owner::of(&app, "codacons").await;
    let (blog, key) = tester(&owner, "blog").await;
    let receiver = Receiver::start(Reply::Status(200)).await;
    let (path, _) = endpoint(&app, &key, &receiver.url()).await;
    happen(&app, blog.id, "test", "received", 1).await;
    number(&app).await;
    let browser = app.browser();
    sign_in(&app, &browser, &owner.who).await;
    let own = format!("/console/partners/{}", blog.id);
    let (_, page) = open(&app, &browser, &own).await;
    let token = csrf(&page).to_owned();
    assert!(page.contains(&receiver.url()), "{page}");
    let code = owner.who.code(&app);
    let fields = [
        ("csrf", token.as_str()),
        ("totp", &code),
        ("back", own.as_str()),
    ];
    send(&app, &browser, "/console/step-up", &fields).await;
    let form = format!("/console{path}");
    let fields = |delivery: &'static str| [("csrf", token.as_str()), ("delivery", delivery)];
    let done = send(&app, &browser, &form, &fields("disabled")).await;
    assert_eq!(place(&done), own);
    let (_, page) = open(&app, &browser, &own).await;
    assert!(page.contains("dall’associazione"), "{page}");
    assert_eq!(deliver_due(&app.ctx).await.unwrap(), 0);
    let on = json!({"enabled": true});
    say(&app, &key, Method::PATCH, &path, &on)
        .await
        .expect_problem(409, "illegal-transition");
    let one = read(&app, &path, &key).await.expect(200);
    assert_eq!(one["disabled_why"], "staff");
    send(&app, &browser, &form, &fields("enabled")).await;
    let one = read(&app, &path, &key).await.expect(200);
    assert_eq!(one["enabled"], true);
    let verbs =
        "SELECT string_agg(action, ' ' ORDER BY id) FROM audit WHERE action LIKE 'webhook%'";
    let verbs = app.rows(verbs).await[0][0].clone().unwrap();
    assert_eq!(verbs, "webhook_added webhook_disabled webhook_enabled");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_address_answered_that_was_changed_meanwhile_is_not_of_the_new_one() {
    let app = started().await;
    let owner = Owner::of(&app, "codacons").await;
    let (blog, key) = tester(&owner, "blog").await;
    let receiver = Receiver::start(Reply::Status(200)).await;
    let (path, _) = endpoint(&app, &key, "http://127.0.0.1:1999/old").await;
    happen(&app, blog.id, "test", "received", 1).await;
    number(&app).await;
    let due = delivery::claim(&app.ctx, 10).await.unwrap();
    let to = json!({"url": receiver.url()});
    say(&app, &key, Method::PATCH, &path, &to).await.expect(200);
    let gone = joinder::outbound::webhook::Outcome {
        fault: Some(joinder::domain::webhook::Fault::Gone),
        status: Some(410),
        retry_after: None,
        took: Duration::from_millis(1),
    };
    delivery::settle(&app.ctx, &due[0], gone).await.unwrap();
    let one = read(&app, &path, &key).await.expect(200);
    assert_eq!(
        (&one["enabled"], &one["failing_since"]),
        (&json!(true), &Value::Null)
    );
    assert_eq!(deliver_due(&app.ctx).await.unwrap(), 1);
    assert_eq!(receiver.count(), 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_an_endpoint_up_again_and_again_gets_one_mail_a_day() {
    let app = started().await;
    let owner = Owner::of(&app, "codacons").await;
    let (_, key) = tester(&owner, "blog").await;
    let receiver = Receiver::start(Reply::Status(410)).await;
    let (path, _) = endpoint(&app, &key, &receiver.url()).await;
    for _ in 0..3 {
        let ping = format!("{path}/ping");
        say(&app, &key, Method::POST, &ping, &json!({}))
            .await
            .expect(202);
        deliver_due(&app.ctx).await.unwrap();
        let one = read(&app, &path, &key).await.expect(200);
        assert_eq!(one["disabled_why"], "gone");
        let on = json!({"enabled": true});
        say(&app, &key, Method::PATCH, &path, &on).await.expect(200);
    }
    let mails = "SELECT count(*) FROM outbox WHERE kind = 'webhook_disabled'";
    assert_eq!(app.number(mails).await, 1);
    // it names the server, which its partner knows, and leads to the guide
    say(&app, &key, Method::PATCH, &path, &json!({"enabled": false}))
        .await
        .expect(200);
    app.run_outbox().await;
    let mail = app.mails_to("redazione@sito.example").pop().unwrap();
    assert!(mail.contains("127.0.0.1"), "{mail}");
    assert!(mail.contains("/docs/partners.md#webhooks"), "{mail}");
    let (_, id) = path.rsplit_once('/').unwrap();
    assert!(!mail.contains(id), "{mail}");
    app.stop().await;
}
