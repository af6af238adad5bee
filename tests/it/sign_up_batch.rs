//! Sign-ups that arrive together are written together (decision 8): each exactly once, each answered
//! for itself.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use joinder::app::AppError;
use joinder::app::sign_up::{self, Evidence, SignUpRequest};
use joinder::domain::consent::Channel;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::json;

use crate::app::TestApp;
use crate::claimant::{SignUpBuilder, ask, mario, signed_up};
use crate::seed::CASE;

const CLAIMANTS: &str = "SELECT count(*) FROM claimants";
const TRANSACTIONS: &str = "SELECT count(DISTINCT xmin::text) FROM claimants";
const TORN: &str = "SELECT count(*) FROM claimants c \
    WHERE (SELECT count(*) FROM claimant_keys k WHERE k.claimant_id = c.id) <> 1 \
    OR (SELECT count(*) FROM mailboxes m WHERE m.claimant_id = c.id) <> c.mailbox_count \
    OR (SELECT count(*) FROM consents s WHERE s.claimant_id = c.id) <> 2 \
    OR (SELECT count(*) FROM lookups l WHERE l.claimant_id = c.id) <> 2 \
    OR (SELECT count(*) FROM audit a WHERE a.subject_id = c.id) <> 1 \
    OR (SELECT count(*) FROM confirmations f WHERE f.claimant_id = c.id) \
      <> (SELECT count(*) FROM outbox o WHERE o.subject_id = c.id)";

impl TestApp {
    /// Does `asking` while the writers have no connection, until this many wait (for 4 s at most): they are
    /// then written together.
    async fn while_writers_wait<T>(&self, waiting: usize, asking: impl Future<Output = T>) -> T {
        let pools = &self.ctx.pools;
        let held = join_all((0..4).map(|_| pools.intake())).await;
        assert!(held.iter().all(Result::is_ok));
        let letting_go = async {
            for _ in 0..400 {
                if self.ctx.sign_ups_waiting() >= waiting {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            drop(held);
        };
        let (answers, ()) = tokio::join!(asking, letting_go);
        answers
    }
}

fn request(builder: &SignUpBuilder) -> SignUpRequest {
    SignUpRequest {
        suspicion: None,
        slug: CASE.to_owned(),
        input: serde_json::from_value(builder.body.clone()).unwrap(),
        idempotency_key: builder.key.clone(),
        channel: Channel::Api,
        evidence: Evidence::default(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s12_and_r18_two_hundred_at_once_with_shared_keys_and_addresses_are_each_written_once() {
    let app = TestApp::seeded().await;
    // 40 of these 200 repeat the key of another, and every address is named by five keys
    let builders: Vec<SignUpBuilder> = (0..200)
        .map(|number| {
            let key = if number >= 160 { number - 160 } else { number };
            let address = format!("person{}@example.org", key % 32);
            SignUpBuilder::new(&address).key(&format!("key-{key}"))
        })
        .collect();

    let asking = join_all(builders.iter().map(|builder| app.try_sign_up(builder)));
    let answers = app.while_writers_wait(120, asking).await;

    let mut made: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (builder, answer) in builders.iter().zip(answers) {
        // "come again" on a busy machine: under the same key nothing is written twice
        let mut answer = answer;
        for _ in 0..20 {
            if answer.status.as_u16() != 503 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
            let again = app.sign_up_request(builder).build().unwrap();
            answer = ask(RequestBuilder::from_parts(app.browser(), again)).await;
        }
        let id = signed_up(&answer.expect(201)).id.to_string();
        made.entry(&builder.key).or_default().insert(id);
    }
    assert!(made.values().all(|ids| ids.len() == 1), "{made:?}");
    let ids: BTreeSet<&String> = made.values().flatten().collect();
    assert_eq!((made.len(), ids.len()), (160, 160));
    assert_eq!(app.number(CLAIMANTS).await, 160);
    assert_eq!(app.number(TORN).await, 0);
    let transactions = app.number(TRANSACTIONS).await;
    assert!(transactions < 80, "nobody was written together");

    app.run_outbox().await;
    for person in 0..32 {
        let mails = app.mails_to(&format!("person{person}@example.org"));
        assert_eq!(mails.len(), 3, "person {person}");
    }
    // over the cap: one more for each address, a day later
    assert_eq!(app.number("SELECT count(*) FROM outbox").await, 32);
    app.clock().advance(TimeDelta::hours(25));
    app.run_outbox().await;
    assert_eq!(app.mails().len(), 32 * 4);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_differs_between_sign_ups_of_one_batch_stays_with_its_own() {
    let app = TestApp::seeded().await;
    let several = json!([{"address": "uno@libero.it"}, {"address": "due@libero.it", "alias_of": "uno@libero.it"}, {"address": "tre@virgilio.it"}]);
    let plain = SignUpBuilder::new("plain@example.org");
    let mut builders = vec![
        plain.clone(),
        SignUpBuilder::new("many@example.org").with("/mailboxes", several),
        SignUpBuilder::new("mario@example.org").with("/person", mario()),
        SignUpBuilder::new("via@example.org").with("/via", json!("volantino")),
        SignUpBuilder::new("altro@example.org").association("altroconsumo"),
    ];
    let phone = SignUpBuilder::new("x@example.org")
        .without("/contact/email")
        .with("/contact/phone", json!("+393331234567"));
    builders.push(phone);
    let asking = join_all(builders.iter().map(|builder| app.try_sign_up(builder)));
    let answers = app.while_writers_wait(6, asking).await;

    let made: Vec<_> = answers
        .into_iter()
        .map(|answer| signed_up(&answer.expect(201)))
        .collect();
    assert_eq!(app.number(TRANSACTIONS).await, 1);
    let about = async |number: usize, query: &str| {
        let id = made[number].id;
        app.rows(&query.replace("$1", &format!("'{id}'"))).await
    };
    let mailboxes = "SELECT count(*), count(alias_of), count(DISTINCT sealed) FROM mailboxes WHERE claimant_id = $1";
    let counted = |cells: &[&str]| {
        vec![
            cells
                .iter()
                .map(|cell| Some((*cell).to_owned()))
                .collect::<Vec<_>>(),
        ]
    };
    assert_eq!(about(0, mailboxes).await, counted(&["1", "0", "1"]));
    assert_eq!(about(1, mailboxes).await, counted(&["3", "1", "3"]));
    let identities = "SELECT count(*) FROM identities WHERE claimant_id = $1";
    assert_eq!(about(2, identities).await, counted(&["1"]));
    assert_eq!(about(3, identities).await, counted(&["0"]));
    let via = "SELECT via FROM claimants WHERE id = $1";
    assert_eq!(about(3, via).await, counted(&["volantino"]));
    let association = "SELECT slug FROM associations WHERE id = (SELECT association_id FROM claimants WHERE id = $1) \
        AND NOT EXISTS (SELECT FROM mailboxes m JOIN claimants c ON c.id = m.claimant_id WHERE m.association_id <> c.association_id)";
    assert_eq!(about(4, association).await, counted(&["altroconsumo"]));
    assert_eq!(made[5].state, "to_assist");
    assert_eq!(
        about(5, "SELECT count(*) FROM outbox WHERE subject_id = $1").await,
        counted(&["0"])
    );

    // what was sealed opens with its own key, and each link confirms its own record
    let me = app.confirm(&made[1]).await.me().await;
    assert_eq!(me["mailboxes"].as_array().unwrap().len(), 3);
    assert!(
        me["mailboxes"][2].to_string().contains("virgilio.it"),
        "{me}"
    );
    let me = app.confirm(&made[2]).await.me().await;
    assert_eq!(me["identity"]["name"], "Mario Rossi");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_sign_up_that_the_database_refuses_does_not_harm_the_others() {
    let app = TestApp::seeded().await;
    app.sql("ALTER TABLE claimants ADD CONSTRAINT claimants_via_check CHECK (via <> 'veleno')")
        .await;
    let builders: Vec<SignUpBuilder> = (0..40)
        .map(|number| {
            let via = if number == 20 { "veleno" } else { "sito" };
            SignUpBuilder::new(&format!("m{number}@example.org")).with("/via", json!(via))
        })
        .collect();

    let asking = join_all(builders.iter().map(|builder| app.try_sign_up(builder)));
    let answers = app.while_writers_wait(40, asking).await;

    let refused: Vec<usize> = answers
        .iter()
        .enumerate()
        .filter(|(_, answer)| answer.status != StatusCode::CREATED)
        .map(|(number, _)| number)
        .collect();
    assert_eq!(refused, [20]);
    assert_eq!(answers[20].status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(app.number(CLAIMANTS).await, 39);
    assert_eq!(app.number(TORN).await, 0);
    // nothing of it stayed behind: mended, the same request goes through
    app.sql("ALTER TABLE claimants DROP CONSTRAINT claimants_via_check")
        .await;
    app.sign_up(&builders[20]).await;
    assert_eq!(app.number(CLAIMANTS).await, 40);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s12_a_key_that_another_node_holds_delays_only_its_own_batch_and_is_told_to_wait() {
    let app = TestApp::seeded().await;
    let builders: Vec<SignUpBuilder> = (0..10)
        .map(|number| SignUpBuilder::new(&format!("m{number}@example.org")))
        .collect();
    app.sign_up(&builders[3]).await;
    // the key has run out, so that a new sign-up takes its row; another session locks it
    app.clock().advance(TimeDelta::hours(25));
    let held = "BEGIN; SELECT FROM idempotency_keys FOR UPDATE; SELECT pg_sleep(8); COMMIT";
    let asking = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        join_all(builders.iter().map(|builder| app.try_sign_up(builder))).await
    };

    let (answers, ()) = tokio::join!(asking, app.sql(held));

    for (number, answer) in answers.into_iter().enumerate() {
        if number == 3 {
            answer.expect_problem(409, "idempotency-running");
        } else {
            answer.expect(201);
        }
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn those_whom_the_queue_cannot_take_are_told_to_come_again() {
    let app = TestApp::seeded().await;
    // nobody is written until the first has been turned away
    let mut held = join_all((0..4).map(|_| app.ctx.pools.intake())).await;
    let mut asking: FuturesUnordered<_> = (0..700)
        .map(|number| {
            let ctx = app.ctx.clone();
            let request = request(&SignUpBuilder::new(&format!("m{number}@example.org")));
            tokio::spawn(async move { sign_up::sign_up(&ctx, request).await })
        })
        .collect();
    let (mut written, mut full, mut late) = (0, 0, 0);
    while let Some(answer) = asking.next().await {
        match answer.unwrap() {
            Ok(_) => written += 1,
            Err(AppError::Unavailable(error)) => {
                let why = std::error::Error::source(error.as_ref())
                    .unwrap()
                    .to_string();
                full += usize::from(why == "too many sign-ups wait");
                late += usize::from(why != "too many sign-ups wait");
                if full > 0 {
                    held.clear();
                }
            }
            Err(other) => panic!("{other}"),
        }
    }

    assert!(written >= 256 && full > 0, "{written} {full} {late}");
    assert_eq!(app.number(CLAIMANTS).await, written);
    assert_eq!(app.number(TORN).await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_waits_for_everybody_in_the_queue() {
    let app = TestApp::seeded().await;
    let ctx = app.ctx.clone();
    let asking = (0..200).map(|number| {
        let ctx = ctx.clone();
        let request = request(&SignUpBuilder::new(&format!("m{number}@example.org")));
        tokio::spawn(async move {
            let inner = ctx.clone();
            let acting = async move { sign_up::sign_up(&inner, request).await };
            ctx.to_end(Box::pin(acting)).await
        })
    });
    let asking: Vec<_> = asking.collect();
    let draining = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        app.ctx.drain().await;
        app.number(CLAIMANTS).await
    };
    let (answers, written) = app
        .while_writers_wait(100, async { tokio::join!(join_all(asking), draining) })
        .await;
    let acknowledged = answers
        .into_iter()
        .filter(|answer| answer.as_ref().unwrap().is_ok())
        .count();
    assert!(acknowledged > 0);
    assert_eq!(i64::try_from(acknowledged).unwrap(), written);
    app.stop().await;
}
