//! Another address for a confirmed record: a code to the new one, a notice with a link to the former, and a hold of the
//! account (R14, R26).

use chrono::TimeDelta;
use joinder::app::housekeeping;
use joinder::domain::mail::MailKind;
use joinder::domain::permission::Role;
use joinder::mailer::SentMail;
use joinder::worker;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::{DEATHS, TestApp};
use crate::bounces::report;
use crate::claimant::{Answer, Claimant, SignUpBuilder, ask, code_in, other_code, token_in};
use crate::pages::Browser;
use crate::signing::again;
use crate::sink::{Manner, Sink, Way};
use crate::staff_console::sign_in;
use crate::staff_seed::{association, get, person};

const OWNER: &str = "mario@example.org";
const NEW: &str = "nuovo@example.com";
const OWN: &str = "IT60X0542811101000000123456";
const FROZEN: &str = "SELECT count(*) FROM claimants WHERE payout_frozen_at IS NOT NULL";

impl Claimant<'_> {
    async fn ask_contact(&self, email: &str) -> Answer {
        let body = json!({ "email": email });
        ask(self.request(Method::POST, "/contact/changes").json(&body)).await
    }

    async fn take_contact(&self, code: &str) -> Answer {
        let body = json!({ "code": code });
        let request = self.request(Method::POST, "/contact/confirmations");
        ask(request.json(&body)).await
    }

    async fn give_account(&self) -> Answer {
        let body = json!({"iban": OWN, "holder": "Mario Rossi"});
        ask(self.request(Method::PUT, "/payout").json(&body)).await
    }
}

/// The mails of a kind to an address, oldest first.
fn mails(app: &TestApp, kind: &str, to: &str) -> Vec<String> {
    let mails = app.mails();
    let mails = mails.iter().map(|sent| &sent.message.mail);
    mails
        .filter(|mail| mail.kind.as_str() == kind && mail.to == to)
        .map(|mail| mail.text.clone())
        .collect()
}

/// The code mailed to the new address, asked for now.
async fn code(app: &TestApp, claimant: &Claimant<'_>) -> String {
    claimant.ask_contact(NEW).await.expect(202);
    app.run_outbox().await;
    code_in(&mails(app, "contact_code", NEW).pop().unwrap())
}

/// Mario, who is written to at the new address; the notice is not mailed yet.
async fn changed(app: &TestApp) -> Claimant<'_> {
    let claimant = app.confirmed(&SignUpBuilder::new(OWNER)).await;
    let code = code(app, &claimant).await;
    claimant.take_contact(&code).await.expect(200);
    claimant
}

/// The link of the notice.
fn stop_link(app: &TestApp) -> String {
    let notice = mails(app, "contact_notice", OWNER).pop().unwrap();
    format!("/stop-contact/{}", token_in(&notice, "stop-contact"))
}

async fn press(app: &TestApp, link: &str) -> StatusCode {
    let pressed = app.browser().post(app.url(link)).send().await;
    pressed.unwrap().status()
}

#[tokio::test(flavor = "multi_thread")]
async fn r14_only_the_code_mailed_to_the_new_address_changes_it_and_the_former_is_told() {
    let app = TestApp::seeded().await;
    let claimant = app.confirmed(&SignUpBuilder::new(OWNER)).await;
    let elsewhere = again(&app, OWNER).await;
    let before = app.mails_to(OWNER).len();
    let right = code(&app, &claimant).await;
    let mail = mails(&app, "contact_code", NEW).pop().unwrap();
    let reference = claimant.me().await["reference"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        !mail.replace('-', "").contains(&reference.replace('-', "")),
        "its reader may be a stranger: {mail}"
    );
    assert_eq!(
        app.mails_to(OWNER).len(),
        before,
        "the former is not told yet"
    );
    let wrong = claimant.take_contact(&other_code(&right)).await;
    assert_eq!(
        wrong.wrong_fields(),
        [("/code".to_owned(), "unknown_value".to_owned())]
    );
    assert_eq!(claimant.me().await["contact"]["email"], "m***o@example.org");

    let told = claimant.take_contact(&right).await.expect(200);
    assert_eq!(told["email"], "n***o@example.com");
    assert!(told["accounts_from"].is_string(), "{told}");
    assert_eq!(claimant.me().await["contact"]["email"], "n***o@example.com");
    let used = claimant.take_contact(&right).await;
    used.expect_problem(410, "token-used");
    let over = ask(elsewhere.request(Method::GET, "")).await;
    assert_eq!(over.status, StatusCode::UNAUTHORIZED, "other sessions end");

    app.run_outbox().await;
    let notice = mails(&app, "contact_notice", OWNER).pop().unwrap();
    assert!(notice.contains("n***o@example.com") && !notice.contains(NEW));
    assert!(mails(&app, "contact_notice", NEW).is_empty());
    // from now on the new address opens the record, and the former does not
    let known = app.mails_to(OWNER).len();
    app.request_access(OWNER).await.expect(202);
    app.run_outbox().await;
    assert_eq!(app.mails_to(OWNER).len(), known);
    let back = again(&app, NEW).await;
    assert_eq!(back.id, claimant.id);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r18_a_known_address_is_answered_as_an_unknown_one() {
    let app = TestApp::seeded().await;
    app.confirmed(&SignUpBuilder::new("anna@example.net")).await;
    let claimant = app.confirmed(&SignUpBuilder::new(OWNER)).await;
    let known = claimant.ask_contact("anna@example.net").await.expect(202);
    // which is the newer one is told by the clock
    app.clock().advance(TimeDelta::seconds(1));
    let unknown = claimant.ask_contact("nessuno@example.net").await;
    let unknown = unknown.expect(202);
    let keys =
        |answer: &Value| -> Vec<String> { answer.as_object().unwrap().keys().cloned().collect() };
    assert_eq!(keys(&known), ["expires_at"]);
    assert_eq!(keys(&known), keys(&unknown));
    app.run_outbox().await;
    assert_eq!(mails(&app, "contact_code", "anna@example.net").len(), 1);
    assert_eq!(mails(&app, "contact_code", "nessuno@example.net").len(), 1);
    // the newer one counts: the code of the one before is none any more
    let old = code_in(&mails(&app, "contact_code", "anna@example.net")[0]);
    claimant.take_contact(&old).await.wrong_fields();
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_other_address_is_refused_and_ten_codes_are_enough() {
    let app = TestApp::seeded().await;
    let claimant = app.confirmed(&SignUpBuilder::new(OWNER)).await;
    for (typed, code) in [
        ("", "required"),
        ("nessuno", "format"),
        ("MARIO@example.org", "not_accepted"),
    ] {
        let refused = claimant.ask_contact(typed).await.wrong_fields();
        assert_eq!(refused, [("/email".to_owned(), code.to_owned())], "{typed}");
    }
    let none = claimant.take_contact("123456").await;
    none.expect_problem(409, "illegal-transition");
    // the code of the sign-up is one of the ten
    for _ in 0..9 {
        claimant.ask_contact(NEW).await.expect(202);
    }
    claimant.ask_contact(NEW).await.expect(429);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_codes_end_a_code() {
    let app = TestApp::seeded().await;
    let claimant = app.confirmed(&SignUpBuilder::new(OWNER)).await;
    let right = code(&app, &claimant).await;
    for _ in 0..5 {
        claimant
            .take_contact(&other_code(&right))
            .await
            .wrong_fields();
    }
    claimant.take_contact(&right).await.wrong_fields();
    assert_eq!(claimant.me().await["contact"]["email"], "m***o@example.org");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r26_no_account_is_taken_until_72_hours_after_the_notice_left() {
    let app = TestApp::seeded().await;
    changed(&app).await;
    // the relay is away for four days: nobody was told
    app.clock().advance(TimeDelta::hours(96));
    let claimant = again_without_mails(&app).await;
    let refused = claimant.give_account().await;
    refused.expect_problem(409, "illegal-transition");
    app.run_outbox().await;
    assert_eq!(mails(&app, "contact_notice", OWNER).len(), 1);
    app.clock()
        .advance(TimeDelta::hours(72) - TimeDelta::seconds(1));
    let claimant = again(&app, NEW).await;
    claimant.give_account().await.expect(409);
    app.clock().advance(TimeDelta::seconds(1));
    claimant.give_account().await.expect(200);
    assert_eq!(app.number(FROZEN).await, 0);
    app.stop().await;
}

/// A session of Mario while the notice still waits.
async fn again_without_mails(app: &TestApp) -> Claimant<'_> {
    let held =
        "UPDATE outbox SET due_at = due_at + interval '10 years' WHERE kind = 'contact_notice'";
    app.sql(held).await;
    let claimant = again(app, NEW).await;
    let free =
        "UPDATE outbox SET due_at = due_at - interval '10 years' WHERE kind = 'contact_notice'";
    app.sql(free).await;
    claimant
}

/// The thief has the open session.
#[tokio::test(flavor = "multi_thread")]
async fn r26_the_reader_of_the_former_address_takes_it_back_with_every_account_given_meanwhile() {
    let app = TestApp::seeded().await;
    let thief = app.confirmed(&SignUpBuilder::new(OWNER)).await;
    thief.give_account().await.expect(200);
    let code = code(&app, &thief).await;
    thief.take_contact(&code).await.expect(200);
    app.run_outbox().await;
    let link = stop_link(&app);
    for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
        app.browser()
            .request(method, app.url(&link))
            .send()
            .await
            .unwrap();
    }
    assert_eq!(thief.me().await["contact"]["email"], "n***o@example.com");
    let page = Browser::new(&app).get(&link).await;
    page.says("Non hai cambiato tu l’indirizzo?");
    assert!(!page.html.contains("n***o"), "nothing of the record");

    assert_eq!(press(&app, &link).await, StatusCode::SEE_OTHER);
    assert_eq!(
        press(&app, &link).await,
        StatusCode::SEE_OTHER,
        "twice is fine"
    );
    let page = Browser::new(&app).get(&link).await;
    assert_eq!(page.status, StatusCode::OK);
    page.says("Il tuo indirizzo è di nuovo questo");
    let out = ask(thief.request(Method::GET, "")).await;
    assert_eq!(
        out.status,
        StatusCode::UNAUTHORIZED,
        "every session is over"
    );
    let live = "SELECT count(*) FROM payouts WHERE stopped_at IS NULL";
    assert_eq!(app.number(live).await, 0);
    assert_eq!(app.number(FROZEN).await, 1);
    let owner = again(&app, OWNER).await;
    assert_eq!(owner.me().await["contact"]["email"], "m***o@example.org");
    let frozen = owner.give_account().await;
    frozen.expect_problem(409, "illegal-transition");
    // the new address opens nothing any more
    let known = app.mails_to(NEW).len();
    app.request_access(NEW).await.expect(202);
    app.run_outbox().await;
    assert_eq!(app.mails_to(NEW).len(), known);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_of_no_use_after_30_days_or_made_up_and_the_addresses_are_deleted() {
    let app = TestApp::seeded().await;
    changed(&app).await;
    app.run_outbox().await;
    let link = stop_link(&app);
    app.clock().advance(TimeDelta::days(30));
    let late = Browser::new(&app).get(&link).await;
    assert_eq!(late.status, StatusCode::GONE);
    press(&app, &link).await;
    assert_eq!(app.number(FROZEN).await, 0);
    let page = app.get("/stop-contact/AAAA").await;
    assert_eq!(page.status(), StatusCode::NOT_FOUND);
    app.clock().advance(TimeDelta::days(3));
    let ran = housekeeping::run(&app.ctx).await.unwrap();
    assert_eq!(ran.reminders, 0);
    let rows = "SELECT count(*) FROM contact_changes";
    assert_eq!(app.number(rows).await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r26_where_nobody_could_be_told_staff_speak_with_the_owner_before_an_account_is_taken() {
    let app = TestApp::seeded().await;
    changed(&app).await;
    let sink = Sink::start().await;
    sink.meet("*", &[Manner::Refuse("550 5.1.1 no such user")]);
    let from = ("joinder".to_owned(), "noreply@joinder.example".to_owned());
    let post = worker::post(Way::Relay.mailer(&sink), from);
    worker::outbox::send_due(&app.ctx, &post).await.unwrap();
    let dead = "SELECT count(*) FROM outbox WHERE kind = 'contact_notice' AND state = 'dead'";
    assert_eq!(app.number(dead).await, 1);
    assert_eq!(app.number(FROZEN).await, 1);
    // the new contact is not what was refused
    let lost = "SELECT count(*) FROM claimants WHERE unreachable_at IS NOT NULL";
    assert_eq!(app.number(lost).await, 0);
    app.clock().advance(TimeDelta::hours(100));
    let claimant = again(&app, NEW).await;
    let frozen = claimant.give_account().await;
    frozen.expect_problem(409, "illegal-transition");
    app.stop().await;
}

/// The notice of a change that left, as it was sent.
fn notice(app: &TestApp) -> SentMail {
    let mails = app.mails();
    let kind = |sent: &&SentMail| sent.message.mail.kind == MailKind::ContactNotice;
    mails.iter().rev().find(kind).unwrap().clone()
}

/// What staff read of what became of the notice.
async fn seen_by_staff(app: &TestApp, claimant: &Claimant<'_>) -> Value {
    let ours = association(app, "codacons").await;
    let bearer = person(app, ours, Role::Reviewer).await.bearer(app).await;
    let path = format!("/api/v1/staff/claimants/{}", claimant.id);
    let seen: Value = get(app, &path, &bearer).await.json().await.unwrap();
    seen["contact_history"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn r26_a_notice_that_is_late_freezes_nothing_and_one_that_came_back_does() {
    for (action, status, frozen) in [
        ("delayed", "4.4.1", 0),
        // given up, though the address may be good: nobody was told
        ("failed", "4.2.2", 1),
        ("failed", "5.1.1", 1),
    ] {
        let app = TestApp::seeded().await;
        let claimant = changed(&app).await;
        app.run_outbox().await;
        app.drop("1.eml", report(&notice(&app), action, status, "550 no"));
        assert_eq!(app.read_bounces().await, (1, 0), "{action} {status}");
        assert_eq!(app.number(FROZEN).await, frozen, "{action} {status}");
        let lost = "SELECT count(*) FROM contact_changes WHERE lost_at IS NOT NULL";
        assert_eq!(app.number(lost).await, frozen, "{action} {status}");
        let seen = seen_by_staff(&app, &claimant).await;
        let (told, next) = if frozen == 0 {
            ("left", "held")
        } else {
            ("lost", "untold")
        };
        assert_eq!(
            (&seen["changes"][0]["notice"], &seen["next"]),
            (&json!(told), &json!(next)),
            "{action} {status}"
        );
        // what came back was not mail to the contact
        let unreachable = "SELECT count(*) FROM claimants WHERE unreachable_at IS NOT NULL";
        assert_eq!(app.number(unreachable).await, 0, "{action} {status}");
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_refused_at_the_door_changes_nothing() {
    let app = TestApp::seeded().await;
    let claimant = app.confirmed(&SignUpBuilder::new(OWNER)).await;
    claimant.ask_contact(NEW).await.expect(202);
    let sink = Sink::start().await;
    sink.meet("*", &[Manner::Refuse("550 5.1.1 no such user")]);
    let from = ("joinder".to_owned(), "noreply@joinder.example".to_owned());
    let post = worker::post(Way::Relay.mailer(&sink), from);
    worker::outbox::send_due(&app.ctx, &post).await.unwrap();
    let dead = "SELECT count(*) FROM outbox WHERE kind = 'contact_code' AND state = 'dead'";
    assert_eq!(app.number(dead).await, 1);
    assert_eq!(app.number(FROZEN).await, 0);
    let unreachable = "SELECT count(*) FROM claimants WHERE unreachable_at IS NOT NULL";
    assert_eq!(app.number(unreachable).await, 0, "the contact is another");
    assert_eq!(claimant.me().await["contact"]["email"], "m***o@example.org");
    let done = "SELECT count(*) FROM contact_changes WHERE done_at IS NOT NULL";
    assert_eq!(app.number(done).await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r47_nobody_changes_the_contact_of_the_dead() {
    let app = TestApp::seeded().await;
    let claimant = app.confirmed(&SignUpBuilder::new(OWNER)).await;
    let right = code(&app, &claimant).await;
    let dead = format!(
        "UPDATE claimants SET died_at = now() WHERE id = '{}'",
        claimant.id
    );
    app.sql(&dead).await;
    let late = claimant.take_contact(&right).await;
    late.expect_problem(409, "illegal-transition");
    let asked = claimant.ask_contact(NEW).await;
    asked.expect_problem(409, "illegal-transition");
    let done = "SELECT count(*) FROM contact_changes WHERE done_at IS NOT NULL";
    assert_eq!(app.number(done).await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r26_the_new_address_hears_that_the_change_was_taken_back_and_nothing_of_the_record() {
    let app = TestApp::seeded().await;
    let thief = changed(&app).await;
    let me = thief.me().await;
    let reference = me["reference"].as_str().unwrap().replace('-', "");
    app.run_outbox().await;
    let link = stop_link(&app);
    assert!(mails(&app, "contact_stopped", NEW).is_empty());
    for _ in 0..2 {
        assert_eq!(press(&app, &link).await, StatusCode::SEE_OTHER);
        app.run_outbox().await;
    }
    let told = mails(&app, "contact_stopped", NEW);
    assert_eq!(told.len(), 1, "once");
    assert!(told[0].contains("Avevi chiesto tu il cambio? Chiama l’associazione"));
    assert!(!told[0].replace('-', "").contains(&reference));
    assert!(!told[0].contains("m***o") && !told[0].contains(OWNER));
    assert!(mails(&app, "contact_stopped", OWNER).is_empty());
    let seen = seen_by_staff(&app, &thief).await;
    assert_eq!(
        (&seen["payout_frozen_for"], &seen["next"]),
        (&json!("taken_back"), &json!("taken_back"))
    );
    let change = &seen["changes"][0];
    assert_eq!(
        (&change["former"], &change["notice"]),
        (&json!(OWNER), &json!("left"))
    );
    assert!(change["taken_back_at"].is_string(), "{seen}");
    assert!(seen["accounts_held_until"].is_null(), "{seen}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_and_its_end_are_written_as_a_whole_or_not_at_all() {
    let app = TestApp::seeded().await;
    let claimant = app.confirmed(&SignUpBuilder::new(OWNER)).await;
    let right = code(&app, &claimant).await;
    for moment in DEATHS {
        app.let_die("outbox", moment).await;
        let died = claimant.take_contact(&right).await;
        assert!(died.status.is_server_error(), "{}", died.body);
        app.let_live("outbox").await;
        assert_eq!(claimant.me().await["contact"]["email"], "m***o@example.org");
    }
    claimant.take_contact(&right).await.expect(200);
    app.run_outbox().await;
    assert_eq!(mails(&app, "contact_notice", OWNER).len(), 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_shows_the_address_written_to_and_keeps_what_was_typed_in_another_language() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    browser.confirmed(OWNER).await;
    browser.get("/me").await.says("Cambia l’indirizzo e-mail");
    let csrf = browser.csrf().await;
    let page = browser.get("/me/contact").await;
    page.says("m***o@example.org");
    assert!(!page.html.contains("name=\"code\""), "first the address");
    let same = browser
        .send("/me/contact", &[("csrf", &csrf), ("email", OWNER)])
        .await;
    assert_eq!(same.status, 422);
    same.says("È l’indirizzo che hai già.");
    let german = browser
        .send(
            "/me/contact?lang=de&switch=1",
            &[("csrf", &csrf), ("email", NEW)],
        )
        .await;
    assert_eq!(german.status, 200);
    german
        .says("<html lang=\"de\">")
        .says(&format!("value=\"{NEW}\""));
    let rows = "SELECT count(*) FROM contact_changes";
    assert_eq!(app.number(rows).await, 0, "nothing was asked for");
    let sent = browser
        .send(
            "/me/contact?lang=it&switch=1",
            &[("csrf", &csrf), ("email", NEW)],
        )
        .await;
    assert_eq!(sent.status, 200);
    let sent = browser
        .send("/me/contact", &[("csrf", &csrf), ("email", NEW)])
        .await;
    assert_eq!(sent.place, "/me/contact?done=sent");
    browser
        .get(&sent.place)
        .await
        .says(&format!("Abbiamo inviato un codice a {NEW}"))
        .says("name=\"code\"");
    let right = code_in(&browser.mail(NEW).await);
    let wrong = other_code(&right);
    let refused = browser
        .send("/me/contact/code", &[("csrf", &csrf), ("code", &wrong)])
        .await;
    assert_eq!(refused.status, 422);
    let empty = browser
        .send("/me/contact/code", &[("csrf", &csrf), ("code", "")])
        .await;
    assert_eq!(empty.status, 422);
    let done = browser
        .send("/me/contact/code", &[("csrf", &csrf), ("code", &right)])
        .await;
    assert_eq!(done.place, "/me?done=contact-changed");
    browser
        .get(&done.place)
        .await
        .says("da ora ti scriviamo al nuovo indirizzo")
        .says("n***o@example.com");
    let page = browser.get("/me/payout").await;
    page.says("Hai cambiato da poco l’indirizzo e-mail.");
    assert!(!page.html.contains("name=\"iban\""));
    app.stop().await;
}

/// The thief is quick: nothing they do takes the record where its owner is not warned.
#[tokio::test(flavor = "multi_thread")]
async fn r26_who_took_the_contact_over_does_not_get_away_with_the_record() {
    let app = TestApp::seeded().await;
    let thief = changed(&app).await;
    let consent = |purpose: &str| json!({"purpose": purpose, "text_version": "1", "given": true});
    let elsewhere = json!({
        "association": "altroconsumo", "consents": [consent("privacy_notice"), consent("contact")],
    });
    let go = || thief.request(Method::POST, "/association").json(&elsewhere);
    ask(go()).await.expect_problem(409, "illegal-transition");
    // neither does asking for more addresses hide the change
    for _ in 0..8 {
        thief.ask_contact("altro@example.com").await.expect(202);
    }
    thief.ask_contact("altro@example.com").await.expect(429);
    thief.give_account().await.expect(409);
    // nor does withdrawing take the notice out of the mails
    let before = mails(&app, "contact_notice", OWNER).len();
    thief.withdraw(&json!({})).await.expect(200);
    app.run_outbox().await;
    assert_eq!(mails(&app, "contact_notice", OWNER).len(), before + 1);
    let link = stop_link(&app);
    // days later they may go elsewhere, and the link goes after them
    app.clock().advance(TimeDelta::hours(73));
    let thief = again(&app, NEW).await;
    ask(thief.request(Method::POST, "/association").json(&elsewhere))
        .await
        .expect(201);
    thief.give_account().await.expect(200);
    assert_eq!(press(&app, &link).await, StatusCode::SEE_OTHER);
    let out = ask(thief.request(Method::GET, "")).await;
    assert_eq!(out.status, StatusCode::UNAUTHORIZED);
    let live = "SELECT count(*) FROM payouts WHERE stopped_at IS NULL";
    assert_eq!(app.number(live).await, 0);
    assert_eq!(
        app.number(FROZEN).await,
        2,
        "the old record and the new one"
    );
    // the new address is told that it was taken back
    app.run_outbox().await;
    let (to_new, to_owner) = (app.mails_to(NEW).len(), app.mails_to(OWNER).len());
    for address in [NEW, OWNER] {
        app.request_access(address).await.expect(202);
    }
    app.run_outbox().await;
    assert_eq!(app.mails_to(NEW).len(), to_new);
    assert_eq!(app.mails_to(OWNER).len(), to_owner + 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_twelve_hours_after_it_began_whatever_its_owner_does() {
    let app = TestApp::seeded().await;
    let claimant = app.confirmed(&SignUpBuilder::new(OWNER)).await;
    for _ in 0..28 {
        app.clock().advance(TimeDelta::minutes(25));
        let given = json!({ "given": true });
        claimant.put_consent("newsletter", &given).await.expect(200);
    }
    app.clock().advance(TimeDelta::minutes(25));
    let over = ask(claimant.request(Method::GET, "")).await;
    assert_eq!(over.status, StatusCode::UNAUTHORIZED);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r17_who_has_only_a_mailbox_that_may_fail_again_leaves_a_phone_on_the_own_page() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    browser.confirmed(OWNER).await;
    let page = browser.get("/me").await;
    page.says("Lascia un numero di telefono")
        .says("href=\"/me/contact#phone\"");
    let csrf = browser.csrf().await;
    let give = async |number: &str| {
        let fields = [("csrf", csrf.as_str()), ("phone", number)];
        browser.send("/me/contact/phone", &fields).await
    };
    for (typed, sentence) in [
        ("", "Scrivi il numero di telefono."),
        ("12", "Il numero di telefono non è valido."),
    ] {
        let refused = give(typed).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        refused.says(sentence);
    }
    let trail = "SELECT count(*) FROM audit WHERE action = 'give_phone'";
    assert_eq!(app.number(trail).await, 0);

    // without a prefix it is Italian, as in the form of the sign-up
    let saved = give("333 1234567").await;
    assert_eq!(saved.place, "/me?done=phone-saved", "{}", saved.html);
    browser
        .get("/me?done=phone-saved")
        .await
        .says("Il numero di telefono è salvato.")
        .says("+39********67")
        .says("m***o@example.org")
        .says("Cambia il numero di telefono");
    give("+39 333 1234567").await;
    assert_eq!(app.number(trail).await, 1, "the same again is no change");
    let clear =
        "SELECT count(*) FROM claimants c, audit a WHERE c::text || a::text LIKE '%3331234567%'";
    assert_eq!(app.number(clear).await, 0);
    app.stop().await;
}

/// Staff call back at the phone of the record: a thief with the open session must not choose it.
#[tokio::test(flavor = "multi_thread")]
async fn r26_staff_see_the_phone_that_was_known_before_it_was_changed_on_the_page() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    let typed = [("contact[email]", OWNER), ("contact[phone]", "06 69821234")];
    browser.join(&typed).await;
    let link = token_in(&browser.mail(OWNER).await, "confirm");
    browser.send(&format!("/confirm/{link}"), &[]).await;
    let csrf = browser.csrf().await;
    for number in ["333 1111111", "333 2222222"] {
        let fields = [("csrf", csrf.as_str()), ("phone", number)];
        let saved = browser.send("/me/contact/phone", &fields).await;
        assert_eq!(saved.place, "/me?done=phone-saved", "{}", saved.html);
    }
    let rows = app.rows("SELECT id::text FROM claimants").await;
    let id = rows[0][0].clone().unwrap();
    let ours = association(&app, "codacons").await;
    let desk = Browser::new(&app);
    let member = person(&app, ours, Role::Reviewer).await;
    sign_in(&app, &desk.client, &member).await;
    desk.get(&format!("/console/claimants/{id}"))
        .await
        .says("+393332222222")
        .says("Scritto dalla persona nella sua pagina")
        .says("Prima: +390669821234");
    app.stop().await;
}
