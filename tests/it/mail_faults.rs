//! Every fault of a mail server against both transports (issue 4), with real SMTP conversations.

use std::sync::LazyLock;
use std::time::Duration;

use chrono::TimeDelta;
use joinder::crypto::dkim_key::DkimKey;
use joinder::mailer::{Dkim, Mailer, MxTls};
use joinder::worker;

use crate::app::TestApp;
use crate::claimant::SignUpBuilder;
use crate::sink::{Manner, Sink, Way};

/// What an attempt leaves behind: state and attempts of the row (`None`: it is out of the outbox), and
/// whether the domain is blamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Left(Option<(&'static str, i64)>, bool);

const GONE: Left = Left(None, false);
const DEAD: Left = Left(Some(("dead", 1)), false);
/// The person's or the mail's.
const LATER: Left = Left(Some(("due", 1)), false);
/// The domain's.
const DOMAINS: Left = Left(Some(("due", 1)), true);
/// Our relay's: it does not count as an attempt at this mail.
const RELAYS: Left = Left(Some(("due", 0)), false);

const fn refuse(reply: &'static str) -> Manner {
    Manner::Refuse(reply)
}

/// Name, what the server does, what is left with the relay and with direct delivery, and how many
/// copies there are once it takes mails again.
const FAULTS: &[(&str, Manner, Left, Left, usize)] = &[
    ("taken", Manner::Take, GONE, GONE, 1),
    (
        "greylisted",
        refuse("451 4.7.1 Greylisted, try again in 300 seconds"),
        LATER,
        LATER,
        1,
    ),
    ("busy", refuse("450 4.2.1 mailbox busy"), LATER, LATER, 1),
    (
        "full, as 4xx",
        refuse("452 4.2.2 mailbox full"),
        LATER,
        LATER,
        1,
    ),
    (
        "full, as 5xx",
        refuse("552 5.2.2 over quota"),
        LATER,
        LATER,
        1,
    ),
    ("unknown", refuse("550 5.1.1 no such user"), DEAD, DEAD, 0),
    (
        "blocked",
        refuse("550 5.7.1 your address is on a blocklist"),
        DOMAINS,
        DOMAINS,
        1,
    ),
    (
        "fails",
        refuse("451 4.3.0 local error"),
        DOMAINS,
        DOMAINS,
        1,
    ),
    (
        "goes down",
        refuse("421 4.3.2 shutting down"),
        RELAYS,
        DOMAINS,
        1,
    ),
    (
        "wants a login",
        refuse("530 5.7.0 authentication required"),
        RELAYS,
        DOMAINS,
        1,
    ),
    (
        "refuses the text",
        Manner::RefuseContent("550 5.6.0 bad content"),
        DEAD,
        DEAD,
        0,
    ),
    (
        "text passes not now",
        Manner::RefuseContent("451 4.3.0 queue full"),
        DOMAINS,
        DOMAINS,
        1,
    ),
    (
        "hangs up in the text",
        Manner::HangUpInText,
        RELAYS,
        DOMAINS,
        1,
    ),
    (
        "hangs up after the end",
        Manner::HangUpAfterEnd,
        RELAYS,
        DOMAINS,
        2,
    ),
    ("silent", Manner::Silence, DOMAINS, DOMAINS, 1),
    (
        "slow",
        Manner::TakeSlowly(Duration::from_secs(3)),
        RELAYS,
        DOMAINS,
        2,
    ),
    (
        "slow, but in time",
        Manner::TakeSlowly(Duration::from_millis(600)),
        GONE,
        GONE,
        1,
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_a_server_is_met_by_both_transports() {
    for way in Way::BOTH {
        let app = TestApp::seeded().await;
        let sink = Sink::start().await;
        for (name, manner, by_relay, direct, copies) in FAULTS {
            sink.meet("*", &[*manner, Manner::Take]);
            let expected = if way == Way::Relay { by_relay } else { direct };
            check(
                &app,
                &sink,
                way.mailer(&sink),
                &format!("{way:?}, {name}"),
                *expected,
                *copies,
            )
            .await;
        }
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_be_spoken_to_is_met_by_both_transports() {
    for way in Way::BOTH {
        let app = TestApp::seeded().await;
        let sink = Sink::start().await;
        let left = if way == Way::Relay { RELAYS } else { DOMAINS };

        // STARTTLS is wanted and was taken out of the answer to EHLO: the mail does not go in clear
        check_twice(
            &app,
            &sink,
            [way.encrypting(&sink), way.mailer(&sink)],
            "stripped",
            left,
        )
        .await;

        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let closed = nobody.local_addr().unwrap();
        drop(nobody);
        let dead = way.to(closed, MxTls::None);
        check_twice(&app, &sink, [dead, way.mailer(&sink)], "dead", left).await;

        sink.greet(Some("554 no service for you"));
        check(&app, &sink, way.mailer(&sink), "greeting", left, 1).await;
        app.stop().await;
    }
}

async fn check(
    app: &TestApp,
    sink: &Sink,
    mailer: Mailer,
    name: &str,
    expected: Left,
    copies: usize,
) {
    first(app, mailer.clone(), name, expected).await;
    sink.greet(None);
    second(app, sink, mailer, name, copies).await;
}

async fn check_twice(
    app: &TestApp,
    sink: &Sink,
    [bad, good]: [Mailer; 2],
    name: &str,
    expected: Left,
) {
    first(app, bad, name, expected).await;
    assert!(sink.taken().is_empty(), "{name}: nothing went out");
    second(app, sink, good, name, 1).await;
}

/// The attempt that meets the fault.
async fn first(app: &TestApp, mailer: Mailer, name: &str, expected: Left) {
    app.sign_up(&SignUpBuilder::new("ada.lovelace@own.example"))
        .await;
    send(app, mailer).await;
    let row = app
        .rows("SELECT state, attempts, last_error FROM outbox")
        .await;
    let state = row.first().map(|row| row[0].clone().unwrap());
    let attempts: Option<i64> = row
        .first()
        .map(|row| row[1].clone().unwrap().parse().unwrap());
    let left = state.as_deref().zip(attempts);
    let blamed = app
        .number("SELECT count(*) FROM mail_queues WHERE failures = 1")
        .await;
    assert_eq!(
        (left, blamed == 1),
        (expected.0, expected.1),
        "{name}: {row:?}"
    );
    if let Some(error) = row.first().and_then(|row| row[2].clone()) {
        assert!(
            !error.contains("lovelace") && !error.contains('@'),
            "{error}"
        );
    }
}

/// The next attempt, at a server that takes mails: as many copies as could have been taken, all equal.
async fn second(app: &TestApp, sink: &Sink, mailer: Mailer, name: &str, copies: usize) {
    app.clock().advance(TimeDelta::minutes(5));
    send(app, mailer).await;
    if copies == 2 {
        // the first copy may still be on its way
        let mut waits = 0;
        while sink.taken().len() < 2 && waits < 100 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            waits += 1;
        }
    }
    let taken = sink.taken();
    assert_eq!(taken.len(), copies, "{name}");
    assert!(
        taken.iter().all(|mail| *mail == taken[0]),
        "{name}: a retry is the same mail"
    );
    let waiting = app
        .number("SELECT count(*) FROM outbox WHERE state <> 'dead'")
        .await;
    assert_eq!(waiting, 0, "{name}");
    sink.forget();
    app.sql("DELETE FROM outbox; DELETE FROM mail_queues; DELETE FROM rate_buckets")
        .await;
}

/// Signs for the sender: with it, too, a retry is the same mail.
pub(crate) fn signer() -> Dkim {
    static SIGNER: LazyLock<Dkim> = LazyLock::new(|| {
        let folder = tempfile::tempdir().unwrap();
        let key = DkimKey::create(&folder.path().join("dkim.pem")).unwrap();
        Dkim::new("joinder.example", "test", key)
    });
    SIGNER.clone()
}

pub(crate) async fn send(app: &TestApp, mailer: Mailer) -> usize {
    let from = ("joinder".to_owned(), "noreply@joinder.example".to_owned());
    let mut post = worker::post(mailer, from);
    post.dkim = Some(signer());
    worker::outbox::send_due(&app.ctx, &post).await.unwrap()
}
