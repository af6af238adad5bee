//! Mails to an address: what is asked for, what is put off, what a second attempt still says.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use joinder::app::bootstrap::{Logins, bootstrap};
use joinder::app::outbox::{self, Done, DueMail, EVERYTHING, LANES, Outcome, Prepared, Refusal};
use joinder::app::session::Ticket;
use joinder::domain::ids::{AssociationId, ClaimantId};
use joinder::domain::seed::Seed;
use joinder::domain::smtp_answer::{Blame, Verdict};
use reqwest::Method;
use serde_json::json;

use crate::app::TestApp;
use crate::claimant::{SignUpBuilder, SignedUp, ask, code_in, signed_up, token_in, tokens_in};
use crate::seed::{CASE, SEED};

const OTHER_CASE: &str = "altro-caso-2024";

/// A second case of the same associations.
async fn open_other_case(app: &TestApp) {
    let seed = SEED.replace(CASE, OTHER_CASE);
    let seed = seed.replace("Libero e Virgilio fermi", "Un altro caso");
    let seed = Seed::parse(&seed.replace("gennaio-2023", "gennaio-2024")).unwrap();
    bootstrap(&app.ctx, &seed, Logins::Demo).await.unwrap();
}

/// Signs up in the second case.
async fn sign_up_elsewhere(app: &TestApp, builder: &SignUpBuilder) -> SignedUp {
    let path = format!("/api/v1/public/cases/{OTHER_CASE}/claimants");
    let request = app.request(Method::POST, &path);
    let request = request.header("idempotency-key", &builder.key);
    signed_up(&ask(request.json(&builder.body)).await.expect(201))
}

/// The one mail that is due, claimed and prepared as for a first attempt.
async fn first_attempt(app: &TestApp) -> (DueMail, Box<outbox::Letter>) {
    let lanes: Vec<i16> = (0..LANES).collect();
    let claimed = outbox::claim(&app.ctx, &lanes, &[], EVERYTHING, 10).await;
    let mut due = claimed.unwrap().mails;
    assert_eq!(due.len(), 1);
    let due = due.remove(0);
    match outbox::prepare(&app.ctx, &due).await.unwrap() {
        Prepared::Send(letter, _) => (due, letter),
        other => panic!("{other:?}"),
    }
}

/// The attempt failed for now, and the time of the next one has come.
async fn try_again(app: &TestApp, due: &DueMail) {
    let refusal = Refusal {
        verdict: Verdict {
            is_permanent: false,
            blame: Blame::Recipient,
        },
        detail: "450".to_owned(),
    };
    let done = Done {
        mail: due.clone(),
        queue: None,
        outcome: Outcome::Refused(refusal),
    };
    outbox::settle(&app.ctx, &[done]).await.unwrap();
    app.clock().advance(TimeDelta::minutes(5));
    app.run_outbox().await;
}

fn tokens(letter: &outbox::Letter) -> Vec<String> {
    let token = |link: &str| link.rsplit_once('/').unwrap().1.to_owned();
    letter
        .records
        .iter()
        .map(|line| token(&line.link))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn r18_a_mail_that_was_put_off_lists_the_records_of_the_address_in_all_cases() {
    let app = TestApp::seeded().await;
    open_other_case(&app).await;
    for _ in 0..4 {
        app.sign_up(&SignUpBuilder::new("family@example.org")).await;
    }
    let own = SignUpBuilder::new("Family@Example.org").association("altroconsumo");
    let elsewhere = sign_up_elsewhere(&app, &own).await;
    app.run_outbox().await;
    assert_eq!(app.mails_to("family@example.org").len(), 3);
    app.clock().advance(TimeDelta::hours(25));
    app.run_outbox().await;

    let mails = app.mails_to("family@example.org");
    assert_eq!(mails.len(), 4);
    assert_eq!(tokens_in(&mails[3], "confirm").len(), 5);
    assert!(mails[3].replace('-', "").contains(&elsewhere.reference));
    assert!(mails[3].contains("Un altro caso"));
    // it speaks for two associations, so for none of them alone
    let sent = app.mails();
    assert_eq!(sent.last().unwrap().message.from.0, "joinder");
    assert_eq!(app.number("SELECT count(*) FROM outbox").await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r18_the_put_off_mail_needs_no_record_in_particular() {
    let app = TestApp::seeded().await;
    let stays = app.sign_up(&SignUpBuilder::new("maria@example.org")).await;
    for _ in 0..3 {
        app.sign_up(&SignUpBuilder::new("maria@example.org")).await;
    }
    app.run_outbox().await;
    app.sql("DELETE FROM outbox").await;
    app.resend("maria@example.org").await.expect(202);
    app.run_outbox().await;
    let all_but_the_first = format!("claimant_id <> '{}'", stays.id);
    for table in ["claimant_keys", "lookups"] {
        app.sql(&format!("DELETE FROM {table} WHERE {all_but_the_first}"))
            .await;
    }
    app.clock().advance(TimeDelta::hours(25));
    app.run_outbox().await;
    let mails = app.mails_to("maria@example.org");
    assert_eq!(mails.len(), 4);
    assert!(mails[3].replace('-', "").contains(&stays.reference));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_put_off_mails_of_one_day_are_two_mails() {
    let app = TestApp::seeded().await;
    for _ in 0..3 {
        app.sign_up(&SignUpBuilder::new("maria@example.org")).await;
        app.run_outbox().await;
        app.clock().advance(TimeDelta::hours(3));
    }
    // the window ends at 9:00, 12:00 and 15:00 of the next day
    let mut keys = Vec::new();
    for (wait, all_mails) in [(15, 4), (3, 5)] {
        app.sign_up(&SignUpBuilder::new("maria@example.org")).await;
        keys.extend(app.rows("SELECT subject_id, id FROM outbox").await);
        app.clock().advance(TimeDelta::hours(wait));
        app.run_outbox().await;
        assert_eq!(app.mails().len(), all_mails);
    }
    assert_eq!(keys.len(), 2);
    assert_eq!(
        keys[0], keys[1],
        "the key is that of the address and the day"
    );
    let sent = app.mails();
    let distinct = |of: fn(&joinder::mailer::SentMail) -> String| {
        sent.iter().map(of).collect::<BTreeSet<String>>().len()
    };
    assert_eq!(distinct(|mail| mail.message.message_id.clone()), 5);
    assert_eq!(distinct(|mail| mail.message.mail.mail_code.clone()), 5);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r18_a_request_does_the_same_for_a_known_and_an_unknown_address() {
    let app = TestApp::seeded().await;
    app.confirmed(&SignUpBuilder::new("known@example.org"))
        .await;
    // asked for a link to the record, the request may not even look
    app.sql("REVOKE SELECT ON lookups, claimants, claimant_keys, rate_buckets FROM joinder_system")
        .await;
    let mut written = Vec::new();
    for email in ["known@example.org", "unknown@example.org"] {
        for path in ["confirmations/resend", "access-links"] {
            let path = format!("/api/v1/public/{path}");
            let before = footprint(&app).await;
            let body = json!({"email": email, "case": CASE});
            assert_eq!(app.post(&path, &body).await.expect(202), json!({}));
            let after = footprint(&app).await;
            let rows: Vec<i64> = before.iter().zip(&after).map(|(b, a)| a - b).collect();
            assert_eq!(rows.iter().sum::<i64>(), 1, "one row of the outbox");
            written.push(rows);
        }
    }
    assert_eq!(written[0], written[2]);
    assert_eq!(written[1], written[3]);
    let shapes = "SELECT kind, lane >= 0, priority, association_id, case_id = (SELECT id FROM cases), state, \
        due_at = created_at, payload - 'address', length(payload ->> 'address'), count(*) \
        FROM outbox GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9 ORDER BY 1";
    let shapes = app.rows(shapes).await;
    assert_eq!(shapes.len(), 2, "{shapes:?}");
    for shape in shapes {
        assert_eq!(shape[9].as_deref(), Some("2"), "{shape:?}");
    }
    let clear = "SELECT count(*) FROM outbox WHERE outbox::text ILIKE '%example%'";
    assert_eq!(app.number(clear).await, 0);

    app.sql("GRANT SELECT ON lookups, claimants, claimant_keys, rate_buckets TO joinder_system")
        .await;
    app.run_outbox().await;
    assert_eq!(app.mails_to("known@example.org").len(), 3);
    assert!(app.mails_to("unknown@example.org").is_empty());
    assert_eq!(app.number("SELECT count(*) FROM outbox").await, 0);
    app.stop().await;
}

/// Rows of every table a request could write to.
async fn footprint(app: &TestApp) -> Vec<i64> {
    let mut counts = Vec::new();
    for table in [
        "outbox",
        "mails",
        "rate_buckets",
        "confirmations",
        "audit",
        "idempotency_keys",
        "lookups",
    ] {
        counts.push(app.number(&format!("SELECT count(*) FROM {table}")).await);
    }
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_attempt_lists_only_what_is_still_to_do_and_has_no_code_of_its_own() {
    let app = TestApp::seeded().await;
    let first = app.sign_up(&SignUpBuilder::new("pair@example.org")).await;
    let second = app.sign_up(&SignUpBuilder::new("pair@example.org")).await;
    app.run_outbox().await;
    app.resend("pair@example.org").await.expect(202);
    let (due, letter) = first_attempt(&app).await;
    assert_eq!((letter.records.len(), &letter.code), (2, &None));
    // it came through after all: one of the two links is used
    let newest = tokens(&letter).remove(0);
    let entered = app.confirm_by(&json!({"token": newest})).await.expect(200);
    let (used, open) = match entered["claimant_id"].as_str().unwrap() {
        id if id == first.id.to_string() => (&first, &second),
        _ => (&second, &first),
    };
    try_again(&app, &due).await;
    let mails = app.mails_to("pair@example.org");
    assert_eq!(mails.len(), 3);
    let again = mails[2].replace('-', "");
    assert!(again.contains(&open.reference) && !again.contains(&used.reference));
    // codes were not made for a list
    assert!(!mails[2].contains("Codice: "), "{}", mails[2]);
    app.confirm_by(&json!({"token": token_in(&mails[2], "confirm")}))
        .await
        .expect(200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_attempt_at_a_link_that_was_used_is_dropped() {
    let app = TestApp::seeded().await;
    app.sign_up(&SignUpBuilder::new("maria@example.org")).await;
    app.run_outbox().await;
    app.resend("maria@example.org").await.expect(202);
    let (due, letter) = first_attempt(&app).await;
    assert!(letter.code.is_some());
    let token = tokens(&letter).remove(0);
    app.confirm_by(&json!({"token": token})).await.expect(200);
    try_again(&app, &due).await;
    assert_eq!(app.mails_to("maria@example.org").len(), 1);
    assert_eq!(app.number("SELECT count(*) FROM outbox").await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_attempt_is_the_same_mail_while_nothing_happened() {
    let app = TestApp::seeded().await;
    let made = app.sign_up(&SignUpBuilder::new("maria@example.org")).await;
    app.run_outbox().await;
    app.resend("maria@example.org").await.expect(202);
    let (due, letter) = first_attempt(&app).await;
    try_again(&app, &due).await;
    let sent = app.mails();
    let again = &sent.last().unwrap().message;
    assert_eq!(again.message_id, letter.message_id);
    assert_eq!(again.mail.mail_code, letter.mail_code);
    assert_eq!(Some(code_in(&again.mail.text)), letter.code);
    let proof = json!({"claimant_id": made.id, "code": letter.code});
    app.confirm_by(&proof).await.expect(200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_never_goes_to_an_address_its_record_does_not_have() {
    let app = TestApp::seeded().await;
    for _ in 0..3 {
        app.sign_up(&SignUpBuilder::new("victim@example.org")).await;
    }
    app.run_outbox().await;
    // put off, and meant for the address of this record
    let mine = app.sign_up(&SignUpBuilder::new("victim@example.org")).await;
    app.clock().advance(TimeDelta::hours(24));
    let (due, letter) = first_attempt(&app).await;
    assert_eq!(letter.records.len(), 4);
    let association = "SELECT association_id FROM claimants LIMIT 1";
    let association = app.rows(association).await[0][0].clone().unwrap();
    let ticket = Ticket {
        claimant: ClaimantId::new(mine.id),
        association: AssociationId::parse(&association).unwrap(),
    };
    joinder::app::mail_request::correct_email(&app.ctx, ticket, "thief@example.org")
        .await
        .unwrap();
    try_again(&app, &due).await;
    for mail in app.mails_to("thief@example.org") {
        assert_eq!(tokens_in(&mail, "confirm").len(), 1, "{mail}");
        assert!(mail.replace('-', "").contains(&mine.reference));
    }
    app.stop().await;
}
