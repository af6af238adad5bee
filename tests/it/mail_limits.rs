//! How fast mails leave in the running loops, and how a mail ends that never leaves (issue 4, decision 11).

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use joinder::app::mail_status;
use joinder::worker;
use tokio::time::sleep;

use crate::app::{TestApp, number};
use crate::claimant::SignUpBuilder;
use crate::mail_faults::send;
use crate::mail_worker::{Loops, sign_up, until, until_sent};
use crate::sink::{Manner, Sink, Way};

#[tokio::test(flavor = "multi_thread")]
async fn smtp_rate_holds_over_all_processes() {
    let app = TestApp::seeded().await;
    let sink = Sink::start().await;
    let (rate, mails) = (10_u32, 60_usize);
    sign_up(&app, "own.example", mails).await;
    let post = || {
        let sender = ("joinder".to_owned(), "joinder@example.org".to_owned());
        let mut post = worker::post(Way::Relay.patient(&sink), sender);
        post.per_second = Some(rate);
        post
    };
    let began = Instant::now();
    let first = Loops::start_with(&app, post());
    let second = Loops::start_with(&app, post());
    let mut most = 0.0_f64;
    while sink.taken().len() < mails {
        sleep(Duration::from_millis(100)).await;
        let taken = f64::from(u32::try_from(sink.taken().len()).unwrap());
        // what was saved up for a second may go at once
        most = most.max(taken - began.elapsed().as_secs_f64() * f64::from(rate));
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "{taken} in a minute"
        );
    }
    assert!(most <= f64::from(rate) + 2.0, "{most} mails too many");
    let least = Duration::from_secs(5);
    assert!(
        began.elapsed() >= least,
        "{:?} for {mails} at {rate}",
        began.elapsed()
    );
    until_sent(&app, 10).await;
    first.end().await;
    second.end().await;
    assert_eq!(sink.copies().len(), mails);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_that_answers_again_is_not_flooded() {
    let app = TestApp::seeded().await;
    let sink = Sink::start().await;
    sink.meet(
        "dead.example",
        &[Manner::Refuse("451 4.4.1 no answer from host")],
    );
    let mails = 80;
    sign_up(&app, "dead.example", mails).await;
    let loops = Loops::start(&app, Way::Direct.patient(&sink));
    let open = "SELECT count(*) FROM mail_queues WHERE state <> 'closed'";
    until("its breaker opens", 20, async || {
        number(&app, open).await == 1
    })
    .await;
    sink.meet("dead.example", &[Manner::Take]);
    app.clock().advance(TimeDelta::seconds(61));
    until("it is asked", 20, async || !sink.taken().is_empty()).await;
    // those that had been refused before are due by now, and wait with the others
    let began = Instant::now();
    sleep(Duration::from_secs(4)).await;
    let taken = sink.taken().len();
    let most = 2.0 * began.elapsed().as_secs_f64() + 4.0;
    assert!(
        f64::from(u32::try_from(taken).unwrap()) <= most && taken >= 3,
        "{taken} mails in {:?}, while the clock of the ramp stands still",
        began.elapsed()
    );
    app.clock().advance(TimeDelta::seconds(101));
    let began = Instant::now();
    until_sent(&app, 30).await;
    assert!(
        began.elapsed() < Duration::from_secs(15),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(sink.copies().len(), mails);
    loops.end().await;
    app.stop().await;
}

const UNKNOWN: Manner = Manner::Refuse("550 5.1.1 no such user");

#[tokio::test(flavor = "multi_thread")]
async fn r52_a_refusal_that_cannot_be_kept_costs_neither_the_mail_nor_the_worker() {
    let app = TestApp::seeded().await;
    let sink = Sink::start().await;
    sink.meet("gone.example", &[UNKNOWN]);
    app.sql("ALTER TABLE bounces ADD CONSTRAINT bounces_none_check CHECK (false) NOT VALID")
        .await;
    app.sign_up(&SignUpBuilder::new("ada@gone.example")).await;
    app.sign_up(&SignUpBuilder::new("ada@own.example")).await;
    send(&app, Way::Direct.mailer(&sink)).await;
    let left = app
        .rows("SELECT state, attempts, last_error FROM outbox")
        .await;
    assert_eq!(left.len(), 1, "the other went out");
    assert_eq!(
        (left[0][0].as_deref(), left[0][1].as_deref()),
        (Some("dead"), Some("1"))
    );
    assert!(left[0][2].as_ref().unwrap().contains("5.1.1"), "{left:?}");
    app.clock().advance(TimeDelta::days(1));
    send(&app, Way::Direct.mailer(&sink)).await;
    assert_eq!(
        sink.asked("gone.example"),
        1,
        "it is not asked again and again"
    );
    assert_eq!(number(&app, "SELECT count(*) FROM bounces").await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r52_a_refusal_while_the_database_is_away_is_asked_for_again_and_kept_once() {
    let app = TestApp::seeded().await;
    let sink = Sink::start().await;
    sink.meet("gone.example", &[UNKNOWN]);
    app.sign_up(&SignUpBuilder::new("ada@gone.example")).await;
    // the answer comes while nothing can be written about it
    let held = app
        .hold("LOCK TABLE bounces IN ACCESS EXCLUSIVE MODE")
        .await;
    let loops = Loops::start(&app, Way::Direct.patient(&sink));
    held.is_waited_for().await;
    // other loops read that table as well: the one meant has heard the answer
    until("it was asked", 30, async || sink.asked("gone.example") >= 1).await;
    sleep(Duration::from_secs(1)).await;
    app.lose_database().await;
    sleep(Duration::from_secs(1)).await;
    app.regain_database().await;
    drop(held);
    until("it is given up and kept", 60, async || {
        app.clock().advance(TimeDelta::seconds(5));
        app.sql("UPDATE outbox SET lease_until = '-infinity' WHERE state = 'due'")
            .await;
        number(&app, "SELECT count(*) FROM outbox WHERE state = 'dead'").await == 1
    })
    .await;
    loops.end().await;
    assert!(sink.asked("gone.example") >= 2, "its first answer was lost");
    assert_eq!(number(&app, "SELECT count(*) FROM bounces").await, 1);
    assert_eq!(
        number(
            &app,
            "SELECT count(*) FROM claimants WHERE unreachable_at IS NOT NULL"
        )
        .await,
        1
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_refused_for_seven_days_is_dead_with_its_last_answer_and_accuses_nobody() {
    for way in Way::BOTH {
        let app = TestApp::seeded().await;
        let sink = Sink::start().await;
        sink.meet("*", &[Manner::Refuse("450 4.2.1 mailbox busy")]);
        app.sign_up(&SignUpBuilder::new("ada@own.example")).await;
        let began = app.clock().now();
        let dead = "SELECT count(*) FROM outbox WHERE state = 'dead'";
        while number(&app, dead).await == 0 {
            send(&app, way.mailer(&sink)).await;
            app.clock().advance(TimeDelta::hours(2));
            assert!(
                app.clock().now() - began < TimeDelta::days(9),
                "{way:?}: it lives for ever"
            );
        }
        let lived = app.clock().now() - began;
        assert!(lived > TimeDelta::days(6), "{way:?}: {lived}");
        let asked = sink.asked("own.example");
        assert!((40..=120).contains(&asked), "{way:?}: asked {asked} times");
        let status = mail_status::status(&app.ctx).await.unwrap();
        let stuck = &status.stuck[0];
        assert_eq!((status.stuck.len(), stuck.state.as_str()), (1, "dead"));
        assert_eq!(stuck.last_error.as_deref(), Some("450 4.2.1 mailbox busy"));
        // nobody said that the address is gone: the person is not marked, the address not left out
        assert_eq!(number(&app, "SELECT count(*) FROM bounces").await, 0);
        assert_eq!(number(&app, "SELECT count(*) FROM suppressions").await, 0);
        assert_eq!(
            number(
                &app,
                "SELECT count(*) FROM claimants WHERE unreachable_at IS NULL"
            )
            .await,
            1
        );
        // an operator sends it again
        sink.meet("*", &[Manner::Take]);
        assert_eq!(
            mail_status::retry(&app.ctx, &mail_status::Retry::All)
                .await
                .unwrap(),
            1
        );
        send(&app, way.mailer(&sink)).await;
        assert_eq!(sink.taken().len(), 1, "{way:?}");
        app.stop().await;
    }
}
