//! Mails wait by domain: breakers, holds, the ramp, quotas, what an operator sees (issue 4, decision 11).

use chrono::TimeDelta;
use joinder::app::mail_status::{self, Retry};
use joinder::app::{mail_queue, operator, retention};
use joinder::mailer::Mailer;

use crate::app::{TestApp, number};
use crate::claimant::SignUpBuilder;
use crate::mail_faults::send;
use crate::sink::{Manner, Sink, Way};

const DOWN: Manner = Manner::Refuse("451 4.4.1 no answer from host");

async fn sign_up(app: &TestApp, domain: &str, count: usize) {
    for place in 0..count {
        let address = format!("person{place}.{}@{domain}", uuid::Uuid::new_v4().simple());
        app.sign_up(&SignUpBuilder::new(&address)).await;
    }
}

async fn count(app: &TestApp, condition: &str) -> i64 {
    number(
        app,
        &format!("SELECT count(*) FROM outbox WHERE {condition}"),
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_domain_is_asked_once_a_minute_and_all_its_mail_arrives_after_ten_days() {
    for way in Way::BOTH {
        let app = TestApp::seeded().await;
        let sink = Sink::start().await;
        let mailer = way.mailer(&sink);
        sink.meet("dead.example", &[DOWN]);
        sign_up(&app, "dead.example", 12).await;
        sign_up(&app, "alive.example", 12).await;

        send(&app, mailer.clone()).await;
        assert_eq!(sink.taken().len(), 12, "{way:?}: nobody else waits");
        assert_eq!(
            sink.asked("dead.example"),
            5,
            "{way:?}: then its breaker opened"
        );
        assert_eq!(
            count(&app, "state = 'parked'").await + count(&app, "state = 'due'").await,
            12
        );

        // those that had been tried before it opened become due, are met and parked
        app.clock().advance(TimeDelta::seconds(59));
        send(&app, mailer.clone()).await;
        assert_eq!(
            sink.asked("dead.example"),
            5,
            "{way:?}: not within the minute"
        );
        assert_eq!(count(&app, "state = 'parked'").await, 12);
        for minute in 1..=3 {
            app.clock().advance(TimeDelta::seconds(61));
            for _ in 0..3 {
                send(&app, mailer.clone()).await;
            }
            assert_eq!(
                sink.asked("dead.example"),
                5 + minute,
                "{way:?}: one mail asks"
            );
        }
        app.clock().advance(TimeDelta::days(10));
        sink.meet("dead.example", &[Manner::Take]);
        send(&app, mailer.clone()).await;
        assert_eq!(
            count(&app, "true").await,
            0,
            "{way:?}: also those older than seven days"
        );
        assert_eq!(sink.taken().len(), 24);
        assert_eq!(sink.copies().len(), 24);
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r62_the_clock_of_a_provider_stands_still_while_its_breaker_is_open() {
    let app = TestApp::seeded().await;
    let sink = Sink::start().await;
    let mailer = Way::Direct.mailer(&sink);
    sink.meet("gmail.com", &[DOWN]);
    sign_up(&app, "gmail.com", 6).await;
    send(&app, mailer.clone()).await;
    let held =
        "SELECT count(*) FROM mail_domains WHERE held_by = 'breaker' AND held_since IS NOT NULL";
    assert_eq!(number(&app, held).await, 1);
    assert_eq!(
        number(
            &app,
            "SELECT count(*) FROM mail_queues WHERE domain = 'gmail.com'"
        )
        .await,
        1
    );
    app.clock().advance(TimeDelta::days(40));
    let deleted = retention::delete_unconfirmed(&app.ctx).await.unwrap();
    assert_eq!(deleted.claimants, 0);

    sink.meet("gmail.com", &[Manner::Take]);
    send(&app, mailer.clone()).await;
    send(&app, mailer).await;
    assert_eq!(number(&app, held).await, 0);
    assert_eq!(sink.copies().len(), 6);
    let counted = "SELECT min(held_seconds) FROM claimants";
    assert_eq!(number(&app, counted).await, 40 * 86_400);
    let links = "SELECT count(*) FROM confirmations WHERE expires_at > '2026-04-12T09:00:00Z'";
    assert_eq!(
        number(&app, links).await,
        6,
        "links work that could not arrive"
    );
    let told = "SELECT count(*) FROM audit WHERE action = 'release_mail' AND actor_kind = 'system'";
    assert_eq!(number(&app, told).await, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_domain_waits_and_delays_nobody() {
    let app = TestApp::seeded().await;
    let sink = Sink::start().await;
    let mailer = Way::Relay.mailer(&sink);
    sign_up(&app, "gmail.com", 3).await;
    assert!(operator::hold_mail(&app.ctx, "gmail.com").await.unwrap());
    sign_up(&app, "own.example", 2).await;
    // a mail of which nobody knew the domain when it was asked for
    app.resend("nobody@own.example").await;

    send(&app, mailer.clone()).await;
    assert_eq!(sink.taken().len(), 2);
    assert_eq!(count(&app, "state = 'parked'").await, 3);
    app.clock().advance(TimeDelta::days(3));
    send(&app, mailer.clone()).await;
    assert_eq!(sink.asked("gmail.com"), 0, "a hold is not asked");

    operator::release_mail(&app.ctx, "gmail.com")
        .await
        .unwrap()
        .unwrap();
    send(&app, mailer).await;
    assert_eq!(sink.copies().len(), 5);
    assert_eq!(count(&app, "true").await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_learns_its_queue_when_its_address_becomes_known() {
    let app = TestApp::seeded().await;
    let address = "maria@own.example";
    app.sign_up(&SignUpBuilder::new(address)).await;
    let same = "SELECT count(DISTINCT queue_id) FROM outbox WHERE queue_id IS NOT NULL";
    assert_eq!(number(&app, same).await, 1);
    let id = mail_queue::id_of(&app.ctx, "own.example");
    assert_eq!(count(&app, &format!("queue_id = '{id}'")).await, 1);
    let clear = "SELECT count(*) FROM outbox WHERE outbox::text ILIKE '%own.example%'";
    assert_eq!(number(&app, clear).await, 0, "told without being told");

    app.sql("UPDATE outbox SET queue_id = NULL").await;
    let sink = Sink::start().await;
    sink.meet("own.example", &[Manner::Refuse("450 4.2.1 busy")]);
    send(&app, Way::Relay.mailer(&sink)).await;
    assert_eq!(
        count(&app, &format!("queue_id = '{id}' AND attempts = 1")).await,
        1
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_lives_seven_days_and_an_operator_may_send_it_again() {
    let app = TestApp::seeded().await;
    let sink = Sink::start().await;
    let mailer = Way::Relay.mailer(&sink);
    sink.meet("own.example", &[Manner::Refuse("450 4.2.1 busy")]);
    sign_up(&app, "own.example", 1).await;
    let mut attempts = 0;
    for _ in 0..8 * 24 {
        attempts += send(&app, mailer.clone()).await;
        app.clock().advance(TimeDelta::hours(1));
    }
    assert_eq!(count(&app, "state = 'dead'").await, 1);
    assert!(
        (50..110).contains(&attempts),
        "{attempts} attempts in seven days"
    );

    let status = mail_status::status(&app.ctx).await.unwrap();
    assert_eq!((status.queues.len(), status.queues[0].dead), (1, 1));
    assert_eq!(
        status.queues[0].provider, None,
        "an own domain is not named"
    );
    assert_eq!(status.stuck.len(), 1);
    assert!(
        status.stuck[0]
            .last_error
            .as_ref()
            .unwrap()
            .contains("busy")
    );
    sink.meet("own.example", &[Manner::Take]);
    assert_eq!(send(&app, mailer.clone()).await, 0);
    let elsewhere = Retry::Domain("else.example".to_owned());
    assert_eq!(mail_status::retry(&app.ctx, &elsewhere).await.unwrap(), 0);
    let here = Retry::Domain("Own.Example".to_owned());
    assert_eq!(mail_status::retry(&app.ctx, &here).await.unwrap(), 1);
    assert_eq!(send(&app, mailer).await, 1);
    assert_eq!(sink.taken().len(), 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_days_quota_is_shared_and_kept() {
    let app = TestApp::start().await;
    let (one, two) = tokio::join!(
        mail_queue::reserve_today(&app.ctx, 60, 100),
        mail_queue::reserve_today(&app.ctx, 60, 100),
    );
    assert_eq!(one.unwrap() + two.unwrap(), 100);
    assert_eq!(
        mail_queue::reserve_today(&app.ctx, 1, 100).await.unwrap(),
        0
    );
    mail_queue::give_back_today(&app.ctx, 10).await.unwrap();
    assert_eq!(
        mail_queue::reserve_today(&app.ctx, 60, 100).await.unwrap(),
        10
    );
    app.clock().advance(TimeDelta::days(1));
    assert_eq!(
        mail_queue::reserve_today(&app.ctx, 60, 100).await.unwrap(),
        60
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_is_taken_by_one_of_many() {
    let app = TestApp::seeded().await;
    let sink = Sink::start().await;
    sink.meet("dead.example", &[DOWN]);
    sign_up(&app, "dead.example", 6).await;
    send(&app, Way::Relay.mailer(&sink)).await;
    app.clock().advance(TimeDelta::seconds(61));
    let id = mail_queue::id_of(&app.ctx, "dead.example");
    let asked = (0..8).map(|_| mail_queue::take_probe(&app.ctx, id));
    let taken = futures_util::future::join_all(asked).await;
    assert_eq!(
        taken
            .iter()
            .filter(|taken| *taken.as_ref().unwrap())
            .count(),
        1
    );
    // without a mail to ask with, the next that comes will tell
    mail_queue::probe_without_mail(&app.ctx, id).await.unwrap();
    assert_eq!(
        number(
            &app,
            "SELECT count(*) FROM mail_queues WHERE state = 'closed'"
        )
        .await,
        1
    );
    app.stop().await;
}

/// 60,000 rows, 40 % of them to a dead domain: what a claim reads does not grow with what is queued.
#[tokio::test(flavor = "multi_thread")]
async fn a_claim_walks_the_index_and_never_over_what_waits() {
    let app = TestApp::start().await;
    app.sql(
        "INSERT INTO outbox (subject_id, id, kind, lane, priority, payload, due_at, created_at, expires_at, \
           queue_id, state) \
         SELECT gen_random_uuid(), gen_random_uuid(), 'receipt', n % 64, 2, '{}', \
           '2026-03-01T00:00:00Z'::timestamptz + n * interval '1 ms', '2026-03-01T00:00:00Z', '2026-03-08T00:00:00Z', \
           CASE WHEN n % 5 < 2 THEN '00000000-0000-8000-8000-000000000001'::uuid \
             ELSE '00000000-0000-8000-8000-000000000002'::uuid END, \
           CASE WHEN n % 5 < 2 THEN 'parked' ELSE 'due' END \
         FROM generate_series(1, 60000) AS n; \
         INSERT INTO outbox (subject_id, id, kind, lane, priority, payload, due_at, created_at, expires_at) \
         VALUES (gen_random_uuid(), gen_random_uuid(), 'otp', 3, 0, '{}', '2026-03-02T08:00:00Z', \
           '2026-03-02T08:00:00Z', '2026-03-09T00:00:00Z'); \
         ANALYZE outbox",
    )
    .await;
    let mut claim = joinder::db::outbox::CLAIM.to_owned();
    let lanes: Vec<String> = (0..64).map(|lane: i32| lane.to_string()).collect();
    for (place, value) in [
        ("$1", "180".to_owned()),
        ("$2", format!("'{{{}}}'::smallint[]", lanes.join(","))),
        ("$3", "'2026-03-02T09:00:00Z'::timestamptz".to_owned()),
        ("$4", "48".to_owned()),
        ("$5", "'{}'::uuid[]".to_owned()),
        ("$6", "9".to_owned()),
    ] {
        claim = claim.replace(place, &value);
    }
    let explain = format!(
        "BEGIN; SET LOCAL ROLE joinder_system; EXPLAIN (ANALYZE, BUFFERS) {claim}; ROLLBACK"
    );
    let plan = app.rows(&explain).await;
    let plan: Vec<String> = plan
        .into_iter()
        .map(|row| row[0].clone().unwrap())
        .collect();
    let text = plan.join("\n");
    assert!(text.contains("outbox_claim_idx"), "{text}");
    assert!(
        !text.contains("Seq Scan on outbox") && !text.contains("Bitmap"),
        "{text}"
    );
    let walked = plan
        .iter()
        .find(|line| line.contains("outbox_claim_idx"))
        .unwrap();
    let (_, actual) = walked.split_once("actual time").unwrap();
    let rows = actual.split_once("rows=").unwrap().1;
    let rows: f64 = rows.split(' ').next().unwrap().parse().unwrap();
    assert!(rows <= 48.0, "{text}");

    let lanes: Vec<i16> = (0..64).collect();
    let claimed = joinder::app::outbox::claim(&app.ctx, &lanes, &[], 9, 48)
        .await
        .unwrap();
    assert!(
        claimed
            .mails
            .iter()
            .any(joinder::app::outbox::DueMail::is_code),
        "codes go first"
    );
    assert_eq!(claimed.mails.len(), 48);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_folder_nothing_is_learnt_of_domains() {
    let app = TestApp::seeded().await;
    let file = tempfile::NamedTempFile::new().unwrap();
    sign_up(&app, "own.example", 6).await;
    send(&app, Mailer::files(file.path())).await;
    assert_eq!(number(&app, "SELECT count(*) FROM mail_queues").await, 0);
    assert_eq!(count(&app, "state = 'due' AND attempts = 0").await, 6);
    app.stop().await;
}
