//! The worker's loops with real conversations: shared by two, killed, without a database, beside a slow
//! or dead domain (issue 4).

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use joinder::db::embedded::{Durability, Embedded, EmbeddedOptions};
use joinder::db::migration;
use joinder::mailer::Mailer;
use joinder::worker::{self, outbox::Post};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::app::{TestApp, TestOptions, bootstrap_seed, master_key_line, number};
use crate::claimant::SignUpBuilder;
use crate::sink::{Manner, Sink, Way};

/// Conversations of one process, those for codes too: see `worker::outbox`.
const CONVERSATIONS: usize = 80;

/// The loops of a process, without the process.
pub(crate) struct Loops {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Loops {
    pub(crate) fn start(app: &TestApp, mailer: Mailer) -> Self {
        let sender = ("joinder".to_owned(), "joinder@example.org".to_owned());
        Self::start_with(app, worker::post(mailer, sender))
    }

    pub(crate) fn start_with(app: &TestApp, post: Post) -> Self {
        let (stop, stopping) = watch::channel(false);
        let mut tasks = JoinSet::new();
        worker::start(&mut tasks, &app.ctx, post, None, &stopping);
        Self { stop, tasks }
    }

    pub(crate) async fn end(mut self) {
        self.stop.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

pub(crate) async fn sign_up(app: &TestApp, domain: &str, count: usize) {
    let all = (0..count).map(|place| async move {
        let address = format!("person{place}@{domain}");
        app.sign_up(&SignUpBuilder::new(&address)).await;
    });
    futures_util::future::join_all(all).await;
}

/// Waits until it is so, not for ever.
pub(crate) async fn until(what: &str, seconds: u64, so: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(seconds);
    while !so().await {
        assert!(Instant::now() < deadline, "{what}");
        sleep(Duration::from_millis(50)).await;
    }
}

pub(crate) async fn until_sent(app: &TestApp, seconds: u64) {
    until("all mails are sent", seconds, async || {
        number(app, "SELECT count(*) FROM outbox").await == 0
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_share_the_mails_and_none_goes_twice() {
    let app = TestApp::seeded().await;
    let sink = Sink::start().await;
    sign_up(&app, "one.example", 60).await;
    sign_up(&app, "two.example", 60).await;
    let first = Loops::start(&app, Way::Relay.patient(&sink));
    let second = Loops::start(&app, Way::Direct.patient(&sink));
    until_sent(&app, 40).await;
    first.end().await;
    second.end().await;
    assert_eq!(sink.taken().len(), 120);
    assert_eq!(sink.copies().len(), 120);
    assert!(
        sink.connections() < 120,
        "connections are kept: {}",
        sink.connections()
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_and_a_slow_domain_delay_nobody_else() {
    for way in Way::BOTH {
        let app = TestApp::seeded().await;
        let sink = Sink::start().await;
        sink.meet("dead.example", &[Manner::Silence]);
        sink.meet(
            "slow.example",
            &[Manner::TakeSlowly(Duration::from_millis(900))],
        );
        sign_up(&app, "dead.example", 80).await;
        sign_up(&app, "slow.example", 40).await;
        sign_up(&app, "alive.example", 40).await;
        let began = Instant::now();
        let loops = Loops::start(&app, way.patient(&sink));
        until("others go out", 20, async || {
            let taken = sink.taken();
            taken
                .iter()
                .filter(|mail| mail.to.ends_with("@alive.example"))
                .count()
                == 40
        })
        .await;
        let took = began.elapsed();
        assert!(took < Duration::from_secs(10), "{way:?}: {took:?}");
        assert!(
            sink.most_open() <= CONVERSATIONS + 5,
            "{way:?}: {}",
            sink.most_open()
        );
        loops.end().await;
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_does_not_wait_behind_slow_mails() {
    let app = TestApp::seeded().await;
    let sink = Sink::start().await;
    sink.meet("*", &[Manner::TakeSlowly(Duration::from_millis(1_000))]);
    sink.meet("code.example", &[Manner::Take]);
    sign_up(&app, "code.example", 1).await;
    app.sql("UPDATE outbox SET priority = 0, due_at = due_at + interval '1 day'")
        .await;
    for domain in 0..8 {
        sign_up(&app, &format!("slow{domain}.example"), 40).await;
    }
    let loops = Loops::start(&app, Way::Relay.patient(&sink));
    until("the conversations are all taken", 20, async || {
        sink.most_open() >= 60
    })
    .await;
    let began = Instant::now();
    app.sql("UPDATE outbox SET due_at = due_at - interval '1 day' WHERE priority = 0")
        .await;
    until("the code goes out", 15, async || {
        sink.taken()
            .iter()
            .any(|mail| mail.to.ends_with("@code.example"))
    })
    .await;
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "{:?}",
        began.elapsed()
    );
    loops.end().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_goes_and_comes_back_costs_no_attempts() {
    let app = TestApp::seeded().await;
    let sink = Sink::start().await;
    sink.greet(Some("421 not now"));
    sign_up(&app, "own.example", 30).await;
    let loops = Loops::start(&app, Way::Relay.patient(&sink));
    until("the relay was tried", 10, async || sink.connections() > 2).await;
    sleep(Duration::from_secs(2)).await;
    assert!(
        sink.connections() < 120,
        "it is not stormed: {}",
        sink.connections()
    );
    let given_up = "SELECT count(*) FROM outbox WHERE state <> 'due' OR attempts > 1";
    assert_eq!(number(&app, given_up).await, 0);
    sink.greet(None);
    app.clock().advance(chrono::TimeDelta::seconds(30));
    until("all mails are sent", 30, async || {
        app.clock().advance(chrono::TimeDelta::seconds(1));
        number(&app, "SELECT count(*) FROM outbox").await == 0
    })
    .await;
    assert_eq!(sink.taken().len(), 30);
    loops.end().await;
    app.stop().await;
}

/// `joinder worker` on the database of a test.
fn program(app: &TestApp, folder: &Path, smtp_url: &str, more: &[(&str, &str)]) -> Child {
    let key = folder.join("master.key");
    fs::write(&key, format!("{}\n", master_key_line())).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_joinder"));
    command
        .env_clear()
        .arg("worker")
        .env("DATABASE_URL", &app.owner_url)
        .env("DATA_DIR", folder)
        .env("MASTER_KEY_FILE", &key)
        .env(
            "BLOB_URL",
            format!("file://{}", app.blobs_folder().display()),
        )
        .env("PUBLIC_BASE_URL", &app.base)
        .env("SMTP_URL", smtp_url)
        .env("RUST_LOG", "error")
        .envs(more.iter().copied());
    command.stdout(Stdio::null()).spawn().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_while_sending_loses_nothing_and_repeats_little() {
    for way in ["relay", "direct"] {
        let app = TestApp::seeded().await;
        let sink = Sink::start().await;
        let folder = tempfile::tempdir().unwrap();
        sink.meet("*", &[Manner::TakeSlowly(Duration::from_millis(60))]);
        // the program goes by the machine's clock
        let now = chrono::Utc::now();
        app.clock().advance(now - app.clock().now());
        let mails = 300;
        for domain in 0..6 {
            sign_up(&app, &format!("d{domain}.example"), mails / 6).await;
        }
        let over = format!("*={}", sink.addr);
        let (url, more) = if way == "relay" {
            (format!("smtp://{}", sink.addr), vec![])
        } else {
            (
                "mx:".to_owned(),
                vec![("MX_OVERRIDE", over.as_str()), ("SMTP_TLS", "none")],
            )
        };
        let mut kills = 0;
        for enough in [40, 150] {
            let mut child = program(&app, folder.path(), &url, &more);
            until("it sends", 40, async || sink.taken().len() > enough).await;
            child.kill().unwrap();
            child.wait().unwrap();
            kills += 1;
            // the leases of the dead run out
            sleep(Duration::from_millis(300)).await;
            app.sql(
                "UPDATE leases SET expires_at = '-infinity'; \
                 UPDATE outbox SET lease_until = '-infinity'",
            )
            .await;
        }
        let mut child = program(&app, folder.path(), &url, &more);
        until_sent(&app, 60).await;
        child.kill().unwrap();
        child.wait().unwrap();
        let copies = sink.copies();
        assert_eq!(copies.len(), mails, "{way}: none is lost");
        let twice = sink.taken().len() - mails;
        assert!(twice <= kills * CONVERSATIONS, "{way}: {twice} sent again");
        for same in copies.values() {
            assert!(
                same.iter().all(|mail| *mail == same[0]),
                "{way}: the same mail"
            );
        }
        eprintln!("{way}: {mails} mails, {kills} kills, {twice} sent again");
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_stopped_and_started_under_it_is_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let data = folder.path().join("data");
    let start = async || {
        let mut options = EmbeddedOptions::new(&data);
        options.durability = Durability::Durable;
        tokio::task::spawn_blocking(move || Embedded::start(&options).unwrap())
            .await
            .unwrap()
    };
    let server = start().await;
    let url = server.url();
    migration::run(&url).await.unwrap();
    bootstrap_seed(&url).await;
    let place = ("joinder".to_owned(), url.clone());
    let app = TestApp::start_on(place, TestOptions::default()).await;
    let sink = Sink::start().await;
    sink.meet("*", &[Manner::TakeSlowly(Duration::from_millis(30))]);
    sign_up(&app, "own.example", 150).await;
    let loops = Loops::start(&app, Way::Relay.patient(&sink));
    until("it sends", 20, async || sink.taken().len() > 20).await;

    tokio::task::spawn_blocking(move || server.stop())
        .await
        .unwrap();
    sleep(Duration::from_secs(2)).await;
    let before = sink.taken().len();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(
        sink.taken().len(),
        before,
        "nothing is sent that cannot be noted"
    );
    let server = start().await;
    assert_eq!(server.url(), url);
    until("all are sent", 60, async || sink.copies().len() == 150).await;
    until_sent(&app, 30).await;
    assert_eq!(
        sink.taken().len(),
        150,
        "what was sent meanwhile was noted after all"
    );
    loops.end().await;
    app.ctx.pools.close();
    tokio::task::spawn_blocking(move || server.stop())
        .await
        .unwrap();
}
