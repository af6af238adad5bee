//! Clients that reset the connection while the action waits in the database: it ends all the same, as if they had
//! stayed (invariant 2). That each handler is built so is in `tidy`; here is what the wire says.

use std::time::Duration;

use joinder::domain::permission::Role;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::app::TestApp;
use crate::case_desk::content;
use crate::claimant::{SignUpBuilder, ask, code_in};
use crate::partners::{seeded_key, submission, submit, test_key_of};
use crate::seed::CASE;
use crate::staff_seed::{association, person, post};

const STAFF: &str = "/api/v1/staff";

/// What is asked for, the table at which it waits, and what counts to 1 once it is done.
struct Deed<'a> {
    table: &'a str,
    request: (&'a str, &'a str),
    bearer: &'a str,
    body: &'a str,
    effect: &'a str,
}

impl Deed<'_> {
    /// Asks, resets the connection while the action waits, and lets it go on.
    async fn hung_up(self, app: &TestApp) {
        let (method, path) = self.request;
        assert_eq!(app.number(self.effect).await, 0, "{path}");
        let lock = format!("LOCK TABLE {} IN SHARE MODE", self.table);
        let held = app.hold(&lock).await;
        let host = app.base.strip_prefix("http://").unwrap();
        let sent = format!(
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{}",
            self.bearer,
            self.body.len(),
            self.body
        );
        let mut wire = TcpStream::connect(host).await.unwrap();
        // a reset, as of a telephone that is gone: an end of the stream alone drops no handler
        wire.set_zero_linger().unwrap();
        wire.write_all(sent.as_bytes()).await.unwrap();
        held.is_waited_for().await;
        drop(wire);
        // nothing tells when the server has noticed
        tokio::time::sleep(Duration::from_millis(100)).await;
        held.end().await;
        for _ in 0..1_000 {
            if app.number(self.effect).await == 1 {
                return;
            }
        }
        panic!("{method} {path} was cut");
    }
}

/// What an answer of the staff's API made.
async fn made(app: &TestApp, path: &str, bearer: &str, body: &Value) -> Value {
    let answer = post(app, &format!("{STAFF}/{path}"), Some(bearer), body).await;
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
    answer.json().await.unwrap()
}

fn id(made: &Value) -> &str {
    made["id"].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hangs_up_has_confirmed_another_address() {
    let app = TestApp::seeded().await;
    let claimant = app
        .confirmed(&SignUpBuilder::new("mario@example.org"))
        .await;
    let body = json!({"email": "nuovo@example.com"});
    let asked = claimant.request(Method::POST, "/contact/changes");
    ask(asked.json(&body)).await.expect(202);
    app.run_outbox().await;
    let code = code_in(&app.mails_to("nuovo@example.com").pop().unwrap());
    let deed = Deed {
        table: "claimants",
        request: ("POST", "/api/v1/public/me/contact/confirmations"),
        bearer: &claimant.token,
        body: &json!({ "code": code }).to_string(),
        effect: "SELECT count(*) FROM audit WHERE action = 'change_contact'",
    };
    deed.hung_up(&app).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_who_hang_up_have_begun_confirmed_handed_over_and_discarded() {
    let app = TestApp::seeded().await;
    let ours = association(&app, "codacons").await;
    let manager = person(&app, ours, Role::CaseManager).await;
    let manager = manager.bearer(&app).await;
    let owner = person(&app, ours, Role::Owner).await.stepped_up(&app).await;
    let phone = SignUpBuilder::new("x@example.org")
        .without("/contact/email")
        .with("/contact/phone", json!("+393331234567"));
    let claimant = app.sign_up(&phone).await.id;
    let begin = format!("{STAFF}/cases/{CASE}/queues/to_assist/begin");
    let confirm = format!("{STAFF}/claimants/{claimant}/confirmation");
    let letter = json!({"kind": "access", "text": "Una copia", "received_on": "2026-03-02"});
    let path = format!("claimants/{claimant}/rights-requests");
    let letter = made(&app, &path, &manager, &letter).await;
    let hand_over = format!("{STAFF}/rights-requests/{}/data", id(&letter));
    let draft = json!({"content": content("banca-esempio-2025")});
    let draft = made(&app, "case-desk", &manager, &draft).await;
    let discard = format!("{STAFF}/case-desk/{}/discard", id(&draft));
    let state =
        format!("SELECT count(*) FROM claimants WHERE id = '{claimant}' AND state = 'confirmed'");
    // table, path, who, body, effect
    let deeds: [(&str, &str, &str, Value, &str); 4] = [
        (
            "assignments",
            &begin,
            &manager,
            json!({}),
            "SELECT count(*) FROM assignments",
        ),
        (
            "claimants",
            &confirm,
            &manager,
            json!({"how": "phone", "reason": "Ha risposto"}),
            &state,
        ),
        (
            "audit",
            &hand_over,
            &owner,
            json!({"reason": "Per posta"}),
            "SELECT count(*) FROM audit WHERE action = 'hand_over_data'",
        ),
        (
            "case_revisions",
            &discard,
            &manager,
            json!({"version": 1}),
            "SELECT count(*) FROM audit WHERE action = 'discard_case'",
        ),
    ];
    for (table, path, bearer, body, effect) in deeds {
        let deed = Deed {
            table,
            request: ("POST", path),
            bearer,
            body: &body.to_string(),
            effect,
        };
        deed.hung_up(&app).await;
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_who_hang_up_have_saved_what_they_saw_in_a_sample() {
    let app = TestApp::seeded().await;
    let ours = association(&app, "codacons").await;
    let manager = person(&app, ours, Role::CaseManager).await;
    let manager = manager.bearer(&app).await;
    let reviewer = person(&app, ours, Role::Reviewer).await;
    let reviewer = reviewer.bearer(&app).await;
    app.confirmed(&SignUpBuilder::new("mario@example.org"))
        .await;
    let path = format!("cases/{CASE}/sample-checks");
    let sample = json!({"purpose": "Prova", "size": 1});
    let sample = made(&app, &path, &manager, &sample).await;
    app.run_log().await;
    let path = format!("sample-checks/{}", id(&sample));
    let draw = json!({"step": "draw"});
    made(&app, &format!("{path}/steps"), &manager, &draw).await;
    let deed = Deed {
        table: "sample_members",
        request: ("POST", &format!("{STAFF}/{path}/results")),
        bearer: &reviewer,
        body: &json!({"place": 1, "result": "ok"}).to_string(),
        effect: "SELECT count(*) FROM sample_members WHERE result = 'ok'",
    };
    deed.hung_up(&app).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn partners_that_hang_up_have_moved_a_test_person_and_emptied_the_sandbox() {
    let app = TestApp::seeded().await;
    let ours = association(&app, "codacons").await;
    let live = seeded_key(&app, ours, "sito").await;
    let key = test_key_of(&app, &live).await;
    let sent = submission("vera@own.example");
    let sent = submit(&app, &key, "one", &sent).await.expect(201);
    let people = "/api/v1/partner/sandbox/claimants";
    let moved = Deed {
        table: "claimants",
        request: ("POST", &format!("{people}/{}/transitions", id(&sent))),
        bearer: &key,
        body: &json!({"to": "confirmed"}).to_string(),
        effect: "SELECT count(*) FROM claimants c JOIN associations a ON a.id = c.association_id \
                 WHERE a.sandbox_of IS NOT NULL AND c.state = 'confirmed'",
    };
    moved.hung_up(&app).await;
    let emptied = Deed {
        table: "claimants",
        request: ("DELETE", people),
        bearer: &key,
        body: "",
        effect: "SELECT count(*) FROM audit WHERE action = 'sandbox_emptied'",
    };
    emptied.hung_up(&app).await;
    app.stop().await;
}
