//! Mails nobody asked for, and "it wasn't me": reminders, the notice to who is registered, the caps of
//! an honest day (R18, R62, FEATURES 9, 11, 13).

use chrono::TimeDelta;
use joinder::app::{housekeeping, operator, reminder};
use reqwest::StatusCode;
use serde_json::json;

use crate::app::TestApp;
use crate::claimant::{SignUpBuilder, anna, code_in, mario, token_in, tokens_in};
use crate::signing::declaration;

const X: &str = "x@example.org";

impl TestApp {
    /// The housekeeping of a minute, then the outbox; gives the number of mails to an address so far.
    async fn after(&self, wait: TimeDelta, address: &str) -> usize {
        self.clock().advance(wait);
        reminder::enqueue_due(&self.ctx).await.unwrap();
        self.run_outbox().await;
        self.mails_to(address).len()
    }

    fn kinds_to(&self, address: &str) -> Vec<&'static str> {
        let mails = self.mails().into_iter();
        mails
            .filter(|mail| mail.message.mail.to == address)
            .map(|mail| mail.message.mail.kind.as_str())
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_reminders_and_no_more() {
    let app = TestApp::seeded().await;
    app.sign_up(&SignUpBuilder::new(X)).await;
    assert_eq!(app.after(TimeDelta::zero(), X).await, 1);
    assert_eq!(app.after(TimeDelta::hours(23), X).await, 1);
    assert_eq!(app.after(TimeDelta::hours(2), X).await, 2, "a day after");
    assert_eq!(app.after(TimeDelta::days(5), X).await, 2);
    assert_eq!(app.after(TimeDelta::days(1), X).await, 3, "a week after");
    for _ in 0..20 {
        assert_eq!(app.after(TimeDelta::days(1), X).await, 3);
    }
    assert_eq!(app.kinds_to(X), ["confirmation", "reminder", "reminder"]);
    // the link and the code of the last one work
    let mail = app.mails_to(X).pop().unwrap();
    assert!(mail.contains("non è ancora confermata"), "{mail}");
    code_in(&mail);
    assert_eq!(app.number("SELECT count(*) FROM outbox").await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reminder_confirms_by_link() {
    let app = TestApp::seeded().await;
    app.sign_up(&SignUpBuilder::new(X)).await;
    app.run_outbox().await;
    app.after(TimeDelta::hours(25), X).await;
    let token = token_in(&app.mails_to(X)[1], "confirm");
    app.confirm_by(&json!({"token": token})).await.expect(200);
    for _ in 0..10 {
        assert_eq!(
            app.after(TimeDelta::days(1), X).await,
            2,
            "confirmed: no more"
        );
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reminders_are_counted_by_case_and_address_however_many_sign_ups_there_are() {
    let app = TestApp::seeded().await;
    for association in ["codacons", "altroconsumo"] {
        app.sign_up(&SignUpBuilder::new(X).association(association))
            .await;
        app.run_outbox().await;
        app.clock().advance(TimeDelta::hours(3));
    }
    assert_eq!(app.mails().len(), 2);
    let mut kinds = Vec::new();
    for _ in 0..30 {
        app.after(TimeDelta::hours(12), X).await;
        kinds = app.kinds_to(X);
    }
    assert_eq!(kinds.iter().filter(|kind| **kind == "reminder").count(), 2);
    let listed = tokens_in(&app.mails_to(X)[2], "confirm");
    assert_eq!(listed.len(), 2, "one mail lists both");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r62_no_reminder_while_the_domain_is_held_and_the_clock_stands_still() {
    let app = TestApp::seeded().await;
    let address = "vecchia@libero.it";
    let builder =
        SignUpBuilder::new(address).with("/mailboxes/0/address", json!("altra@libero.it"));
    app.sign_up(&builder).await;
    app.run_outbox().await;
    app.clock().advance(TimeDelta::hours(20));
    assert!(operator::hold_mail(&app.ctx, "libero.it").await.unwrap());
    for _ in 0..9 {
        assert_eq!(app.after(TimeDelta::days(1), address).await, 1);
    }
    operator::release_mail(&app.ctx, "libero.it").await.unwrap();
    // 20 hours had passed before the hold; both reminders wait in the outbox by now
    assert_eq!(
        app.after(TimeDelta::hours(3), address).await,
        1,
        "the clock goes on where it stood"
    );
    assert_eq!(app.after(TimeDelta::hours(2), address).await, 2);
    assert_eq!(
        app.after(TimeDelta::days(1), address).await,
        2,
        "the second is due after a week"
    );
    assert_eq!(app.after(TimeDelta::days(5), address).await, 3);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r18_reminders_stay_inside_the_cap_of_the_address() {
    let app = TestApp::seeded().await;
    app.sign_up(&SignUpBuilder::new(X)).await;
    app.run_outbox().await;
    app.clock().advance(TimeDelta::hours(23));
    for _ in 0..3 {
        app.resend(X).await.expect(202);
    }
    app.run_outbox().await;
    assert_eq!(app.mails_to(X).len(), 3);
    // the first is a day old: there is room for one, and what was put off came first or the reminder
    let soon = app.after(TimeDelta::minutes(61), X).await;
    assert_eq!(soon, 4);
    assert_eq!(app.after(TimeDelta::hours(1), X).await, 4);
    app.after(TimeDelta::hours(24), X).await;
    assert!(app.kinds_to(X).contains(&"reminder"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn housekeeping_sends_reminders_and_no_bounced_address_gets_one() {
    let app = TestApp::seeded().await;
    app.sign_up(&SignUpBuilder::new(X)).await;
    app.sign_up(&SignUpBuilder::new("y@example.org")).await;
    app.run_outbox().await;
    app.sql("UPDATE claimants SET unreachable_at = created_at WHERE id = (SELECT min(id::text)::uuid FROM claimants)")
        .await;
    app.clock().advance(TimeDelta::hours(25));
    assert_eq!(housekeeping::run(&app.ctx).await.unwrap().reminders, 1);
    assert_eq!(housekeeping::run(&app.ctx).await.unwrap().reminders, 0);
    app.run_outbox().await;
    assert_eq!(app.mails().len(), 3);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_was_not_me_quarantines_by_post_alone_and_can_be_taken_back() {
    let app = TestApp::seeded().await;
    let made = app.sign_up(&SignUpBuilder::new(X)).await;
    app.run_outbox().await;
    let token = token_in(&app.mail_about(&made), "not-me");
    let path = format!("/not-me/{token}");
    let review = "SELECT review || ' ' || state FROM claimants";
    let standing = async || app.rows(review).await[0][0].clone().unwrap();

    // a scanner follows links: nothing happens
    for _ in 0..3 {
        let page = app.get(&path).await;
        assert_eq!(page.status(), StatusCode::OK);
        let text = page.text().await.unwrap();
        assert!(
            text.contains("Non l’ho chiesto io") && !text.contains(X),
            "{text}"
        );
    }
    assert_eq!(standing().await, "none unconfirmed");

    let browser = app.browser();
    let post = async |path: String| {
        let answer = browser.post(app.url(&path)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        answer.headers()["location"].to_str().unwrap().to_owned()
    };
    assert_eq!(post(path.clone()).await, path);
    assert_eq!(post(path.clone()).await, path, "twice is fine");
    assert_eq!(standing().await, "quarantined unconfirmed");
    let said = app.get(&path).await.text().await.unwrap();
    assert!(said.contains("Hai premuto per errore?"), "{said}");
    assert_eq!(
        app.number("SELECT count(*) FROM audit WHERE action = 'disown'")
            .await,
        1
    );

    // no more mails for it: not asked for, not as a reminder, not for another sign-up of the case
    app.resend(X).await.expect(202);
    app.sign_up(&SignUpBuilder::new(X)).await;
    assert_eq!(app.after(TimeDelta::days(2), X).await, 1);
    assert_eq!(app.after(TimeDelta::days(6), X).await, 1);

    // the mistake: the confirmation is mailed again
    assert_eq!(post(format!("{path}/undo")).await, path);
    assert_eq!(standing().await, "none unconfirmed");
    assert_eq!(app.number("SELECT count(*) FROM suppressions").await, 0);
    app.run_outbox().await;
    let mails = app.mails_to(X);
    assert_eq!(mails.len(), 2);
    let confirm = tokens_in(&mails[1], "confirm");
    for token in confirm {
        app.confirm_by(&json!({"token": token})).await.expect(200);
    }
    // confirmed since: the link does nothing more
    assert_eq!(app.get(&path).await.status(), StatusCode::GONE);
    post(path.clone()).await;
    assert!(standing().await.starts_with("none confirmed"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_of_another_kind_or_a_forged_one_disowns_nothing() {
    let app = TestApp::seeded().await;
    let made = app.sign_up(&SignUpBuilder::new(X)).await;
    app.run_outbox().await;
    let mail = app.mail_about(&made);
    let (confirm, not_me) = (token_in(&mail, "confirm"), token_in(&mail, "not-me"));
    assert_ne!(confirm, not_me);
    let last = if not_me.ends_with('A') { 'B' } else { 'A' };
    let forged = format!("{}{last}{}", &not_me[..40], &not_me[41..]);
    for token in [confirm.as_str(), forged.as_str(), "x", &"A".repeat(64)] {
        let page = app.get(&format!("/not-me/{token}")).await;
        assert_eq!(page.status(), StatusCode::NOT_FOUND, "{token}");
        let sent = app.browser().post(app.url(&format!("/not-me/{token}")));
        sent.send().await.unwrap();
    }
    app.confirm_by(&json!({"token": not_me})).await.expect(410);
    assert_eq!(
        app.number("SELECT count(*) FROM claimants WHERE review = 'none'")
            .await,
        1
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_registered_hears_of_a_second_sign_up_and_nothing_about_it() {
    let app = TestApp::seeded().await;
    let first = app
        .confirmed(&SignUpBuilder::new("first@example.org"))
        .await;
    first.give_person(&mario()).await.expect(200);
    let second = SignUpBuilder::new("second@example.org").association("altroconsumo");
    let second = app.confirmed(&second).await;
    let before = app.mails().len();
    second.give_person(&mario()).await.expect(200);
    app.run_outbox().await;
    let sent = app.mails();
    assert_eq!(sent.len(), before + 1);
    let notice = &sent.last().unwrap().message.mail;
    assert_eq!(
        (notice.to.as_str(), notice.kind.as_str()),
        ("first@example.org", "already_registered")
    );
    assert!(
        notice.text.contains("c'è già") && notice.text.contains("Codacons"),
        "{}",
        notice.text
    );
    for other in [
        "second@example.org",
        "Altroconsumo",
        "Mario",
        "Rossi",
        "RSSMRA",
    ] {
        assert!(
            !notice.text.contains(other) && !notice.html.contains(other),
            "{other}"
        );
    }
    assert!(!notice.text.contains("Codice: "), "a code nobody waits for");
    let token = token_in(&notice.text, "enter");
    let entered = app.enter_by(&json!({"token": token})).await.expect(200);
    assert_eq!(entered["claimant_id"], first.id.to_string());

    // it was not them: no more such notices, and the second record stays as it is
    let path = format!("/not-me/{}", token_in(&notice.text, "not-me"));
    app.browser().post(app.url(&path)).send().await.unwrap();
    let quarantined = "SELECT count(*) FROM claimants WHERE review = 'quarantined'";
    assert_eq!(app.number(quarantined).await, 0);
    let third = app
        .confirmed(&SignUpBuilder::new("third@example.org"))
        .await;
    let before = app.mails().len();
    third.give_person(&mario()).await.expect(200);
    app.run_outbox().await;
    assert_eq!(app.mails().len(), before);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r18_an_honest_day_of_two_at_one_address_never_hits_the_caps() {
    let app = TestApp::seeded().await;
    let address = "famiglia@example.org";
    app.sign_up(&SignUpBuilder::new(address)).await;
    app.run_outbox().await;
    app.resend(address).await.expect(202);
    app.run_outbox().await;
    let mail = app.mails_to(address).pop().unwrap();
    let token = token_in(&mail, "confirm");
    let entered = app.confirm_by(&json!({"token": token})).await.expect(200);
    let one = app.claimant(&entered);
    let sign = async |one: &crate::claimant::Claimant<'_>, person, name: &str, mailbox: &str| {
        one.give_person(&person).await.expect(200);
        let mut body = declaration();
        body["mailboxes"][0]["address"] = json!(mailbox);
        let declared = one.declare(&body).await.expect(200);
        let asked = one.request_signature(declared["document_sha256"].as_str().unwrap());
        let asked = asked.await.expect(202);
        app.run_outbox().await;
        let mail = app.mails_to(address).pop().unwrap();
        let request = asked["id"].as_str().unwrap();
        one.sign(request, &code_in(&mail), name).await.expect(201);
        app.run_outbox().await;
    };
    sign(&one, mario(), "Mario Rossi", "caduta@libero.it").await;
    let builder = SignUpBuilder::new(address).with("/mailboxes/0/address", json!("anna@libero.it"));
    let spouse = app.sign_up(&builder).await;
    let spouse = app.confirm(&spouse).await;
    sign(&spouse, anna(), "Anna Bianchi", "anna@libero.it").await;
    let kinds = app.kinds_to(address);
    let expected = [
        "confirmation",
        "confirmation",
        "otp",
        "receipt",
        "confirmation",
        "otp",
        "receipt",
    ];
    assert_eq!(kinds, expected);
    assert_eq!(
        app.number("SELECT count(*) FROM outbox").await,
        0,
        "nothing was put off"
    );
    app.stop().await;
}
