//! Following a case without claiming: asked, confirmed by link, ended by link; the news that go out (R16, R20,
//! R52).

use chrono::TimeDelta;
use joinder::app::{housekeeping, retention, update_mailing};
use joinder::domain::permission::Role;
use joinder::mailer::SentMail;
use joinder::worker;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::{DEATHS, TestApp};
use crate::bounces::report;
use crate::claimant::{Answer, SignUpBuilder, ask, token_in};
use crate::pages::Browser;
use crate::seed::CASE;
use crate::sink::{Manner, Sink, Way};
use crate::updates::{bearer, news, publish, withdraw};

const X: &str = "x@example.org";

fn wish(email: &str) -> Value {
    json!({
        "association": "codacons", "email": email, "language": "it",
        "consent": {"text_version": "1", "given": true},
    })
}

async fn follow(app: &TestApp, body: &Value) -> Answer {
    let path = format!("/api/v1/public/cases/{CASE}/followers");
    ask(app.request(Method::POST, &path).json(body)).await
}

/// The newest mail of a kind to an address.
fn newest(app: &TestApp, email: &str, kind: &str) -> SentMail {
    let mails = app.mails();
    let mut to = mails
        .iter()
        .rev()
        .filter(|sent| sent.message.mail.to == email && sent.message.mail.kind.as_str() == kind);
    to.next().unwrap().clone()
}

async fn press(app: &TestApp, path: &str) -> StatusCode {
    let sent = app.browser().post(app.url(path)).send().await;
    sent.unwrap().status()
}

/// Asks, and gives the link of the mail.
async fn asked(app: &TestApp, email: &str) -> String {
    follow(app, &wish(email)).await.expect(202);
    app.run_outbox().await;
    let mail = newest(app, email, "follow_confirmation");
    format!("/follow/{}", token_in(&mail.message.mail.text, "follow"))
}

async fn follows(app: &TestApp, email: &str) {
    let link = asked(app, email).await;
    assert_eq!(press(app, &link).await, StatusCode::SEE_OTHER);
}

/// Publishes, puts the mails out and sends them.
async fn publish_and_send(app: &TestApp, title: &str) -> Value {
    let owner = bearer(app, "codacons", Role::Owner).await;
    let told = publish(app, &owner, &news(title, "Il testo.")).await;
    update_mailing::enqueue_due(&app.ctx).await.unwrap();
    app.run_outbox().await;
    told
}

/// The link that ends following, from a fresh mail with news.
pub(crate) async fn unfollow_link(app: &TestApp, email: &str) -> String {
    publish_and_send(app, "Altra novità").await;
    let mail = newest(app, email, "case_update").message.mail;
    format!("/unfollow/{}", token_in(&mail.text, "unfollow"))
}

async fn confirmed(app: &TestApp) -> i64 {
    let query = "SELECT count(*) FROM followers WHERE confirmed_at IS NOT NULL";
    app.number(query).await
}

/// Mails with news, by address.
fn news_to(app: &TestApp, email: &str) -> Vec<String> {
    let mails = app.mails().into_iter().map(|sent| sent.message.mail);
    mails
        .filter(|mail| mail.to == email && mail.kind.as_str() == "case_update")
        .map(|mail| mail.subject)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn r16_news_go_to_who_confirmed_and_a_get_confirms_nothing() {
    let app = TestApp::seeded().await;
    let link = asked(&app, X).await;
    for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
        app.request(method, &link).send().await.unwrap();
    }
    assert_eq!(confirmed(&app).await, 0);
    publish_and_send(&app, "Prima").await;
    assert_eq!(news_to(&app, X), Vec::<String>::new(), "not confirmed yet");
    let page = app.get(&link).await;
    assert_eq!(page.status(), StatusCode::OK);
    assert!(
        page.text()
            .await
            .unwrap()
            .contains("Conferma e segui il caso")
    );
    for _ in 0..2 {
        assert_eq!(press(&app, &link).await, StatusCode::SEE_OTHER);
    }
    assert!(
        app.get(&link)
            .await
            .text()
            .await
            .unwrap()
            .contains("Segui questo caso")
    );
    assert_eq!(
        app.number("SELECT count(*) FROM audit WHERE action = 'follow'")
            .await,
        1
    );
    update_mailing::enqueue_due(&app.ctx).await.unwrap();
    app.run_outbox().await;
    assert_eq!(news_to(&app, X), Vec::<String>::new(), "published before");
    publish_and_send(&app, "Seconda").await;
    assert_eq!(news_to(&app, X), ["Seconda"]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r20_the_consent_is_its_own_and_every_field_is_read() {
    let app = TestApp::seeded().await;
    let wrong = follow(&app, &json!({"language": "fr"}))
        .await
        .wrong_fields();
    let told: Vec<(&str, &str)> = wrong
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("/association", "required"),
            ("/email", "required"),
            ("/language", "unknown_value"),
            ("/consent/text_version", "required"),
            ("/consent/given", "not_accepted"),
        ]
    );
    let mut other = wish("nessuno");
    other["association"] = json!("nessuna");
    other["consent"] = json!({"text_version": "0", "given": true});
    let wrong = follow(&app, &other).await.wrong_fields();
    assert_eq!(wrong.len(), 3, "{wrong:?}");
    other["surprise"] = json!(1);
    assert_eq!(
        follow(&app, &other).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(app.number("SELECT count(*) FROM followers").await, 0);
    assert_eq!(app.number("SELECT count(*) FROM outbox").await, 0);
    follow(&app, &wish(X)).await.expect(202);
    let kept = app.rows("SELECT text_version, language, (email_sealed::text LIKE '%example%')::text FROM followers").await;
    let kept: Vec<_> = kept[0]
        .iter()
        .map(|cell| cell.as_deref().unwrap())
        .collect();
    assert_eq!(kept, ["1", "it", "false"]);
    let case: Value = app
        .get(&format!("/api/v1/public/cases/{CASE}"))
        .await
        .json()
        .await
        .unwrap();
    let purposes = case["consents"].as_array().unwrap();
    assert!(
        purposes.iter().all(|one| one["purpose"] != "follow"),
        "not asked of claimants"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r18_the_answer_and_the_mail_are_the_same_whoever_follows_already() {
    let app = TestApp::seeded().await;
    follows(&app, X).await;
    let known = follow(&app, &wish(X)).await;
    let fresh = follow(&app, &wish("y@example.org")).await;
    assert_eq!((known.status, &known.body), (fresh.status, &fresh.body));
    let browser = Browser::new(&app);
    let path = format!("/c/{CASE}/follow");
    let mut pages = Vec::new();
    for email in [X, "z@example.org"] {
        let fields = [
            ("association", "codacons"),
            ("email", email),
            ("language", "it"),
            ("text_version", "1"),
            ("given", "true"),
        ];
        let sent = browser.send(&path, &fields).await;
        assert_eq!(sent.status, 200, "{}", sent.html);
        sent.says(&format!("Abbiamo scritto a {email}."));
        pages.push(sent.html.replace(email, ""));
    }
    assert_eq!(pages[0], pages[1]);
    app.run_outbox().await;
    let text = |email: &str| {
        newest(&app, email, "follow_confirmation")
            .message
            .mail
            .subject
    };
    assert_eq!(text(X), text("y@example.org"));
    assert_eq!(confirmed(&app).await, 1, "asking again ends nothing");
    assert_eq!(app.number("SELECT count(*) FROM followers").await, 3);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r18_mails_to_an_address_stay_within_its_cap() {
    let app = TestApp::seeded().await;
    for _ in 0..8 {
        follow(&app, &wish(X)).await.expect(202);
    }
    let mut other = wish(X);
    other["association"] = json!("altroconsumo");
    follow(&app, &other).await.expect(202);
    app.run_outbox().await;
    assert_eq!(app.mails_to(X).len(), 3);
    let waiting = "SELECT count(*) FROM outbox";
    assert!(
        app.number(waiting).await <= 2,
        "one for each association at most"
    );
    app.clock().advance(TimeDelta::hours(25));
    app.run_outbox().await;
    assert!((4..=5).contains(&app.mails_to(X).len()));
    assert_eq!(app.number(waiting).await, 0);
    // the cap is the address's: a sign-up counts too
    let app2 = TestApp::seeded().await;
    for _ in 0..3 {
        app2.sign_up(&SignUpBuilder::new(X)).await;
        app2.run_outbox().await;
    }
    follow(&app2, &wish(X)).await.expect(202);
    app2.run_outbox().await;
    assert_eq!(app2.mails_to(X).len(), 3);
    app2.stop().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_ends_following_and_everything_about_it() {
    let app = TestApp::seeded().await;
    follows(&app, X).await;
    let end = unfollow_link(&app, X).await;
    for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
        app.request(method, &end).send().await.unwrap();
    }
    assert_eq!(confirmed(&app).await, 1);
    let owner = bearer(&app, "codacons", Role::Owner).await;
    publish(&app, &owner, &news("Non più", "Testo.")).await;
    update_mailing::enqueue_due(&app.ctx).await.unwrap();
    assert_eq!(app.number("SELECT count(*) FROM outbox").await, 1);
    assert_eq!(press(&app, &end).await, StatusCode::SEE_OTHER);
    assert_eq!(
        press(&app, &end).await,
        StatusCode::SEE_OTHER,
        "twice is fine"
    );
    assert_eq!(app.number("SELECT count(*) FROM followers").await, 0);
    assert_eq!(app.number("SELECT count(*) FROM outbox").await, 0);
    let page = app.get(&end).await;
    assert_eq!(page.status(), StatusCode::OK);
    assert!(page.text().await.unwrap().contains("Non segui questo caso"));
    app.run_outbox().await;
    assert_eq!(news_to(&app, X), ["Altra novità"]);
    assert_eq!(
        app.number("SELECT count(*) FROM audit WHERE action = 'unfollow'")
            .await,
        1
    );
    // an old link does nothing to who follows anew
    follows(&app, X).await;
    press(&app, &end).await;
    assert_eq!(confirmed(&app).await, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc8058_one_click_of_the_mail_program_ends_it_without_a_page() {
    let app = TestApp::seeded().await;
    follows(&app, X).await;
    publish_and_send(&app, "Novità").await;
    let sent = newest(&app, X, "case_update");
    let bytes = String::from_utf8(sent.bytes.clone()).unwrap();
    let head = bytes.split("\r\n\r\n").next().unwrap().replace("\r\n ", "");
    let value = |name: &str| {
        let mut lines = head.lines();
        lines
            .find_map(|line| line.strip_prefix(name))
            .unwrap()
            .trim()
            .to_owned()
    };
    assert_eq!(
        value("List-Unsubscribe-Post:"),
        "List-Unsubscribe=One-Click"
    );
    let link = value("List-Unsubscribe:");
    let link = link.trim_matches(['<', '>']).trim();
    assert_eq!(Some(link), sent.message.mail.unsubscribe.as_deref());
    let request = reqwest::Client::new().post(link);
    let answer = request
        .header("content-type", "application/x-www-form-urlencoded")
        .body("List-Unsubscribe=One-Click");
    let answer = answer.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "no redirect");
    assert_eq!(app.number("SELECT count(*) FROM followers").await, 0);
    let asked = newest(&app, X, "follow_confirmation");
    let bytes = String::from_utf8(asked.bytes).unwrap();
    assert!(
        !bytes.contains("List-Unsubscribe"),
        "there is nothing to end yet"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_with_news_goes_once_whatever_is_repeated() {
    let app = TestApp::seeded().await;
    let all: Vec<String> = (0..7)
        .map(|number| format!("f{number}@example.org"))
        .collect();
    for email in &all {
        follows(&app, email).await;
    }
    let owner = bearer(&app, "codacons", Role::Owner).await;
    publish(&app, &owner, &news("Una volta", "Testo.")).await;
    // two put out the same batch: one of them has nothing to do
    let (one, two) = tokio::join!(
        update_mailing::enqueue_batch(&app.ctx, 2),
        update_mailing::enqueue_batch(&app.ctx, 2),
    );
    let put = one.unwrap().unwrap_or(0) + two.unwrap().unwrap_or(0);
    assert!(put == 2 || put == 4, "{put}");
    // some are sent and out of the outbox before a process takes it up where the other died
    app.run_outbox().await;
    for _ in 0..3 {
        update_mailing::enqueue_batch(&app.ctx, 2).await.unwrap();
        app.run_outbox().await;
    }
    update_mailing::enqueue_due(&app.ctx).await.unwrap();
    assert_eq!(update_mailing::enqueue_due(&app.ctx).await.unwrap(), 0);
    app.run_outbox().await;
    for email in &all {
        assert_eq!(news_to(&app, email), ["Una volta"], "{email}");
    }
    let done = "SELECT count(*) FROM case_updates WHERE mailed_at IS NOT NULL";
    assert_eq!(app.number(done).await, 1);
    let sent = "SELECT count(*) FROM mails WHERE kind = 'case_update'";
    assert_eq!(app.number(sent).await, 7);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_dies_is_put_out_again_whole() {
    let app = TestApp::seeded().await;
    follows(&app, X).await;
    let owner = bearer(&app, "codacons", Role::Owner).await;
    publish(&app, &owner, &news("Novità", "Testo.")).await;
    app.sql("REVOKE INSERT ON outbox FROM joinder_system").await;
    assert!(update_mailing::enqueue_due(&app.ctx).await.is_err());
    let begun =
        "SELECT count(*) FROM case_updates WHERE mailed_at IS NOT NULL OR mailed_up_to IS NOT NULL";
    assert_eq!(
        app.number(begun).await,
        0,
        "how far it is moves with the mails"
    );
    app.sql("GRANT INSERT ON outbox TO joinder_system").await;
    let kept = housekeeping::run(&app.ctx).await.unwrap();
    assert_eq!(kept.news, 1);
    app.run_outbox().await;
    assert_eq!(news_to(&app, X), ["Novità"]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn withdrawn_news_are_not_mailed_any_more() {
    let app = TestApp::seeded().await;
    follows(&app, X).await;
    let owner = bearer(&app, "codacons", Role::Owner).await;
    let first = publish(&app, &owner, &news("Nell'outbox", "Testo.")).await;
    update_mailing::enqueue_due(&app.ctx).await.unwrap();
    assert_eq!(withdraw(&app, &owner, &first).await, StatusCode::OK);
    let second = publish(&app, &owner, &news("Non ancora", "Testo.")).await;
    assert_eq!(withdraw(&app, &owner, &second).await, StatusCode::OK);
    assert_eq!(update_mailing::enqueue_due(&app.ctx).await.unwrap(), 0);
    app.run_outbox().await;
    assert_eq!(news_to(&app, X), Vec::<String>::new());
    assert_eq!(app.number("SELECT count(*) FROM outbox").await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r55_news_go_to_the_followers_of_their_association_only() {
    let app = TestApp::seeded().await;
    follows(&app, X).await;
    let mut other = wish("y@example.org");
    other["association"] = json!("altroconsumo");
    follow(&app, &other).await.expect(202);
    app.run_outbox().await;
    let mail = newest(&app, "y@example.org", "follow_confirmation").message;
    assert_eq!(mail.from.0, "Altroconsumo");
    let link = format!("/follow/{}", token_in(&mail.mail.text, "follow"));
    press(&app, &link).await;
    publish_and_send(&app, "Di Codacons").await;
    assert_eq!(news_to(&app, X), ["Di Codacons"]);
    assert_eq!(news_to(&app, "y@example.org"), Vec::<String>::new());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mail_speaks_the_language_of_the_follower_and_shows_words_as_words() {
    let app = TestApp::seeded().await;
    for language in ["en", "de"] {
        let email = format!("{language}@example.org");
        let mut body = wish(&email);
        body["language"] = json!(language);
        follow(&app, &body).await.expect(202);
        app.run_outbox().await;
        let mail = newest(&app, &email, "follow_confirmation").message.mail;
        assert_eq!(mail.language.as_str(), language);
        press(&app, &format!("/follow/{}", token_in(&mail.text, "follow"))).await;
    }
    let owner = bearer(&app, "codacons", Role::Owner).await;
    let body = json!({"texts": [
        {"language": "it", "title": "Udienza & altro", "text": "Uno & \"due\".\nTre.\n\nQuattro."},
        {"language": "de", "title": "Verhandlung", "text": "Am Montag."},
    ]});
    publish(&app, &owner, &body).await;
    update_mailing::enqueue_due(&app.ctx).await.unwrap();
    app.run_outbox().await;
    let english = newest(&app, "en@example.org", "case_update").message.mail;
    assert_eq!(
        english.subject, "Udienza & altro",
        "Italian where there is no English"
    );
    assert!(
        english
            .text
            .contains("\nUno & \"due\".\nTre.\n\nQuattro.\n"),
        "{}",
        english.text
    );
    assert!(english.html.contains("<div lang=\"it\"") && !english.html.contains("Uno & \"due\""));
    assert!(
        english.text.contains("news about the case you follow"),
        "{}",
        english.text
    );
    assert!(!english.text.contains("Reference"), "there is no record");
    let german = newest(&app, "de@example.org", "case_update").message.mail;
    assert_eq!(german.subject, "Verhandlung");
    assert!(
        german
            .text
            .contains("Möchten Sie diese E-Mails nicht mehr?")
    );
    // the mail can be checked (R14)
    let code: Value = app
        .get(&format!("/api/v1/public/mail-codes/{}", german.mail_code))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(
        (&code["kind"], &code["association"]),
        (&json!("case_update"), &json!("Codacons"))
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r52_an_address_that_bounces_gets_no_news_until_it_is_confirmed_again() {
    let app = TestApp::seeded().await;
    follows(&app, X).await;
    publish_and_send(&app, "Prima").await;
    let sent = newest(&app, X, "case_update");
    app.drop(
        "1",
        report(&sent, "failed", "5.1.1", "550 5.1.1 User unknown"),
    );
    assert_eq!(app.read_bounces().await, (1, 0));
    publish_and_send(&app, "Seconda").await;
    assert_eq!(news_to(&app, X), ["Prima"]);
    assert_eq!(confirmed(&app).await, 1, "a bounce ends nothing");
    app.clock().advance(TimeDelta::days(1));
    follows(&app, X).await;
    publish_and_send(&app, "Terza").await;
    assert_eq!(news_to(&app, X), ["Prima", "Terza"]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_confirmed_goes_after_seven_days() {
    let app = TestApp::seeded().await;
    let link = asked(&app, X).await;
    follows(&app, "y@example.org").await;
    app.clock().advance(TimeDelta::days(6));
    retention::rules::run(&app.ctx).await.unwrap();
    assert_eq!(app.number("SELECT count(*) FROM followers").await, 2);
    app.clock().advance(TimeDelta::hours(25));
    assert_eq!(
        app.get(&link).await.status(),
        StatusCode::NOT_FOUND,
        "too old"
    );
    let due = retention::rules::standing(&app.ctx).await.unwrap();
    let due = due
        .iter()
        .find(|standing| standing.rule.name == "followers")
        .unwrap();
    assert_eq!(due.due.unwrap().count, 1);
    let ran = retention::rules::run(&app.ctx).await.unwrap();
    assert_eq!(ran.of("followers"), 1);
    assert_eq!(app.number("SELECT count(*) FROM followers").await, 1);
    assert_eq!(confirmed(&app).await, 1, "who confirmed stays");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_joins_a_follower_to_a_claimant() {
    let app = TestApp::seeded().await;
    follows(&app, X).await;
    let claimant = app.confirmed(&SignUpBuilder::new(X)).await;
    let joined = format!(
        "SELECT count(*) FROM followers f, claimants c WHERE c.id = '{0}' AND c.id IN (f.id, f.subject_id)",
        claimant.id
    );
    assert_eq!(app.number(&joined).await, 0);
    let shared = "SELECT count(*) FROM followers f JOIN lookups l ON l.hash = decode(replace(f.id::text, '-', ''), 'hex')";
    assert_eq!(
        app.number(shared).await,
        0,
        "another hash of the same address"
    );
    claimant.erase().await.expect(200);
    assert_eq!(confirmed(&app).await, 1, "each ends by itself");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_stands_on_the_page_of_the_case_and_says_what_is_wrong() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    let case = browser.get(&format!("/c/{CASE}")).await.html;
    let path = format!("/c/{CASE}/follow");
    assert!(case.contains(&format!("action=\"{path}\"")), "{case}");
    let refused = browser
        .send(&path, &[("email", "maria"), ("language", "en")])
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for id in ["association-error", "email-error", "consent-given-error"] {
        assert!(
            refused.html.contains(&format!("id=\"{id}\"")),
            "{id}: {}",
            refused.html
        );
    }
    assert!(
        refused.html.contains("value=\"maria\""),
        "what was typed stays"
    );
    // a case without the text to consent to cannot be followed
    app.sql("DELETE FROM texts WHERE kind = 'follow'").await;
    assert_eq!(app.get(&path).await.status(), StatusCode::NOT_FOUND);
    let case = browser.get(&format!("/c/{CASE}")).await.html;
    assert!(!case.contains(&path));
    follow(&app, &wish(X))
        .await
        .expect_problem(404, "not-found");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_lost_while_somebody_asks_leaves_no_half_and_asking_again_is_good() {
    let app = TestApp::seeded().await;
    for (table, moment) in [
        ("followers", DEATHS[0]),
        ("outbox", DEATHS[0]),
        ("outbox", DEATHS[1]),
    ] {
        app.let_die(table, moment).await;
        let lost = follow(&app, &wish(X)).await;
        assert_eq!(lost.status, StatusCode::SERVICE_UNAVAILABLE, "{table}");
        app.let_live(table).await;
        let left = "SELECT (SELECT count(*) FROM followers) + (SELECT count(*) FROM outbox)";
        assert_eq!(app.number(left).await, 0, "{table} {moment}");
    }
    follows(&app, X).await;
    assert_eq!(confirmed(&app).await, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r18_an_address_that_the_relay_refuses_for_good_follows_nothing_and_the_asker_learns_nothing()
 {
    let app = TestApp::seeded().await;
    let taken = follow(&app, &wish("y@example.org")).await;
    let refused = follow(&app, &wish(X)).await;
    assert_eq!((taken.status, &taken.body), (refused.status, &refused.body));
    let sink = Sink::start().await;
    sink.meet("*", &[Manner::Refuse("550 5.1.1 no such user")]);
    let from = ("joinder".to_owned(), "noreply@joinder.example".to_owned());
    let post = worker::post(Way::Relay.mailer(&sink), from);
    worker::outbox::send_due(&app.ctx, &post).await.unwrap();
    let dead = "SELECT count(*) FROM outbox WHERE kind = 'follow_confirmation' AND state = 'dead'";
    assert_eq!(app.number(dead).await, 2, "staff see them");
    assert_eq!(confirmed(&app).await, 0);
    let again = follow(&app, &wish(X)).await;
    assert_eq!((again.status, again.body), (taken.status, taken.body));
    app.clock().advance(TimeDelta::days(8));
    retention::rules::run(&app.ctx).await.unwrap();
    assert_eq!(app.number("SELECT count(*) FROM followers").await, 0);
    app.stop().await;
}
