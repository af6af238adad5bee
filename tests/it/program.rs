//! The program as an operator runs it: what it refuses, how it starts and how it ends.

use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::app::TestApp;

/// A folder that the account running Postgres may enter.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    folder
}

/// The program with nothing but these variables, and those that find Postgres.
fn joinder(data: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_joinder"));
    command.env_clear().env("DATA_DIR", data).args(arguments);
    for name in ["PATH", "HOME", "JOINDER_PG_BIN"] {
        #[expect(clippy::disallowed_methods, reason = "handed on to the program")]
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command.envs(variables.iter().copied());
    command
}

fn run(data: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> (bool, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = joinder(data, arguments, variables).output().unwrap();
    let said = [stdout, stderr].concat();
    (status.success(), String::from_utf8(said).unwrap())
}

/// Ends the program if the test does not.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn serve_refuses_what_is_unsafe_and_tells_what_to_do() {
    let folder = folder();
    let (done, said) = run(folder.path(), &["serve"], &[]);
    assert!(!done);
    assert!(said.contains("joinder keygen"), "{said}");
    assert!(
        said.contains("SMTP_URL") && said.contains("MAIL_DIR"),
        "{said}"
    );
    assert!(
        !folder.path().join("postgres").exists(),
        "it started nothing"
    );

    fs::write(folder.path().join("demo"), "").unwrap();
    let (done, said) = run(folder.path(), &["serve"], &[("MAIL_DIR", "/tmp")]);
    assert!(!done && said.contains("joinder demo"), "{said}");
}

#[test]
fn a_master_key_is_made_once_and_never_overwritten() {
    let folder = folder();
    let data = folder.path().join("data");
    let (done, said) = run(&data, &["keygen"], &[]);
    assert!(done && said.contains("keep a copy elsewhere"), "{said}");
    let key = fs::read(data.join("master.key")).unwrap();
    let (done, said) = run(&data, &["keygen"], &[]);
    assert!(!done && said.contains("never overwritten"), "{said}");
    assert_eq!(fs::read(data.join("master.key")).unwrap(), key);
    let (done, said) = run(&data, &["keygen", "--stdout"], &[]);
    assert!(done && said.starts_with("1:"));
}

#[test]
fn check_tells_line_by_line_what_is_wrong() {
    let folder = folder();
    let data = folder.path().join("data");
    let mails = folder.path().join("mails");
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let relay = format!("smtp://{closed}");
    let (done, said) = run(&data, &["check"], &[("SMTP_URL", &relay)]);
    assert!(!done);
    assert!(
        said.contains("FAIL  configuration: the master key"),
        "{said}"
    );
    assert!(said.contains("FAIL  mail: mail not accepted"), "{said}");
    assert!(said.contains("ok    database"), "{said}");

    assert!(run(&data, &["keygen"], &[]).0);
    let (done, said) = run(&data, &["check"], &[("MAIL_DIR", mails.to_str().unwrap())]);
    assert!(done && !said.contains("FAIL"), "{said}");
    assert!(
        said.contains("ok    master key: opens this database"),
        "{said}"
    );

    // another key file than the one the database was opened with
    fs::remove_file(data.join("master.key")).unwrap();
    assert!(run(&data, &["keygen"], &[]).0);
    let (done, said) = run(&data, &["check"], &[("MAIL_DIR", mails.to_str().unwrap())]);
    assert!(!done && said.contains("FAIL  master key"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_older_than_its_database_does_not_start() {
    let app = TestApp::start().await;
    let folder = folder();
    let data = folder.path().join("data");
    let mails = folder.path().join("mails");
    assert!(run(&data, &["keygen"], &[]).0);
    let variables = [
        ("DATABASE_URL", app.owner_url.as_str()),
        ("MAIL_DIR", mails.to_str().unwrap()),
    ];
    let (done, said) = run(&data, &["migrate"], &variables);
    assert!(done && said.contains("up to date"), "{said}");
    app.sql("INSERT INTO __diesel_schema_migrations (version) VALUES ('20990101000001')")
        .await;
    for command in ["serve", "worker", "migrate", "check"] {
        let (done, said) = run(&data, &[command], &variables);
        assert!(!done, "{command}: {said}");
        assert!(
            said.contains("does not know 1 of its migrations"),
            "{command}: {said}"
        );
    }
    app.stop().await;
}

#[test]
fn a_database_of_our_own_is_migrated_beside_the_program_that_runs_it() {
    let folder = folder();
    let data = folder.path().join("data");
    assert!(run(&data, &["keygen"], &[]).0);
    let (mut running, place) = serve(folder.path(), &data);
    let (done, said) = run(&data, &["migrate"], &[]);
    assert!(done && said.contains("up to date"), "{said}");
    let health = format!("http://{place}/readyz");
    assert!(run(&data, &["check", "--url", &health], &[]).0);
    terminate(&mut running);
}

/// Runs `joinder serve` on a place that was free a moment ago, until it is ready.
fn serve(folder: &Path, data: &Path) -> (Running, String) {
    let place = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string();
    let mails = folder.join("mails");
    let variables = [
        ("BIND", place.as_str()),
        ("MAIL_DIR", mails.to_str().unwrap()),
        ("RATE_LIMITS", "off"),
        ("RUST_LOG", "error"),
    ];
    let mut command = joinder(data, &["serve"], &variables);
    let mut running = Running(command.stdout(Stdio::null()).spawn().unwrap());
    let health = format!("http://{place}/readyz");
    let deadline = Instant::now() + Duration::from_secs(30);
    while !run(data, &["check", "--url", &health], &[]).0 {
        assert!(Instant::now() < deadline, "it is not ready");
        assert!(running.0.try_wait().unwrap().is_none(), "it ended");
    }
    (running, place)
}

/// Asks it to stop, and waits until it has.
fn terminate(running: &mut Running) -> Duration {
    let asked = Instant::now();
    let pid = running.0.id().to_string();
    let kill = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
    assert!(kill.success());
    let status = running.0.wait().unwrap();
    assert!(status.success(), "{status}");
    asked.elapsed()
}

#[test]
fn sigterm_ends_the_program_within_15_seconds_with_a_connection_held() {
    let folder = folder();
    let data = folder.path().join("data");
    assert!(run(&data, &["keygen"], &[]).0);
    let (mut running, place) = serve(folder.path(), &data);
    let mut held = TcpStream::connect(&place).unwrap();
    held.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        .unwrap();
    let mut start = [0; 15];
    held.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"HTTP/1.1 200 OK");
    let mails = folder.path().join("mails");
    let (_, said) = run(&data, &["check"], &[("MAIL_DIR", mails.to_str().unwrap())]);
    assert!(
        said.contains("ok    database: answers"),
        "beside it: {said}"
    );

    assert!(terminate(&mut running) < Duration::from_secs(15));
    assert!(
        !data.join("postgres/postmaster.pid").exists(),
        "the database stopped too"
    );
}

/// Sends one sign-up; the id, if it was acknowledged.
async fn sign_up(client: &reqwest::Client, place: &str, key: &str) -> Option<String> {
    let consent =
        |purpose: &str| json!({"purpose": purpose, "text_version": "2026-11-demo", "given": true});
    let body = json!({
        "association": "codacons",
        "contact": {"email": format!("{key}@example.org")},
        "mailboxes": [{"address": format!("{key}@libero.it")}],
        "consents": [consent("privacy_notice"), consent("contact")],
    });
    let path = "api/v1/public/cases/libero-virgilio-2023/claimants";
    let request = client
        .post(format!("http://{place}/{path}"))
        .header("idempotency-key", key);
    let answer = request.json(&body).send().await.ok()?;
    let acknowledged = answer.status() == 201;
    let body: Value = answer.json().await.ok()?;
    acknowledged.then(|| body["id"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_loses_no_sign_up_that_was_acknowledged() {
    let folder = folder();
    let data = folder.path().join("data");
    assert!(run(&data, &["keygen"], &[]).0);
    assert!(run(&data, &["bootstrap", "--json"], &[]).0);
    let (mut running, place) = serve(folder.path(), &data);
    let mut senders = JoinSet::new();
    let count = Arc::new(AtomicUsize::new(0));
    for sender in 0..8 {
        let (place, count) = (place.clone(), Arc::clone(&count));
        senders.spawn(async move {
            let client = reqwest::Client::new();
            let mut acknowledged = Vec::new();
            for number in 0..5_000 {
                let key = format!("s{sender}n{number}");
                match sign_up(&client, &place, &key).await {
                    Some(id) => acknowledged.push((key, id)),
                    None => break,
                }
                count.fetch_add(1, Ordering::Relaxed);
            }
            acknowledged
        });
    }
    let deadline = Instant::now() + Duration::from_secs(60);
    while count.load(Ordering::Relaxed) < 100 {
        assert!(Instant::now() < deadline, "too few were sent");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(terminate(&mut running) < Duration::from_secs(15));
    let acknowledged: Vec<(String, String)> = senders.join_all().await.concat();

    // each is still there: the same request has the same answer
    let (_running, place) = serve(folder.path(), &data);
    let client = reqwest::Client::new();
    for (key, id) in acknowledged {
        assert_eq!(sign_up(&client, &place, &key).await, Some(id), "{key}");
    }
}
