//! A change of the account needs a code, waits 72 hours and can be stopped by its owner (R26).

use chrono::TimeDelta;
use joinder::domain::permission::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::{DEATHS, TestApp};
use crate::claimant::{Answer, Claimant, SignUpBuilder, ask, code_in, other_code, token_in};
use crate::pages::Browser;
use crate::seed::CASE;
use crate::signing::again;
use crate::staff_console;
use crate::staff_seed::{association, person};

const OWNER: &str = "mario@example.org";
const OWN: &str = "IT60X0542811101000000123456";
const STRANGE: &str = "DE89370400440532013000";

impl Claimant<'_> {
    async fn put_account(&self, iban: &str, code: Option<&str>) -> Answer {
        let body = json!({"iban": iban, "holder": "Mario Rossi", "code": code});
        ask(self.request(Method::PUT, "/payout").json(&body)).await
    }

    async fn ask_payout_code(&self) -> Answer {
        ask(self.request(Method::POST, "/payout/codes")).await
    }
}

/// The mails of a kind to the owner, oldest first.
fn mails(app: &TestApp, kind: &str) -> Vec<String> {
    let mails = app.mails();
    let mails = mails.iter().map(|sent| &sent.message.mail);
    mails
        .filter(|mail| mail.kind.as_str() == kind && mail.to == OWNER)
        .map(|mail| mail.text.clone())
        .collect()
}

/// A code for a change, read by the owner.
async fn code(app: &TestApp, claimant: &Claimant<'_>) -> String {
    claimant.ask_payout_code().await.expect(202);
    app.run_outbox().await;
    code_in(&mails(app, "payout_code").pop().unwrap())
}

/// Mario, with his first account.
async fn with_account(app: &TestApp) -> Claimant<'_> {
    let claimant = app.confirmed(&SignUpBuilder::new(OWNER)).await;
    let given = claimant.put_account(OWN, None).await.expect(200);
    assert_eq!(given["waits"], false);
    app.run_outbox().await;
    claimant
}

/// The link of the newest notice.
fn stop_link(app: &TestApp) -> String {
    let token = token_in(&mails(app, "payout_notice").pop().unwrap(), "stop-payout");
    format!("/stop-payout/{token}")
}

async fn press(app: &TestApp, link: &str) -> StatusCode {
    let pressed = app.browser().post(app.url(link)).send().await;
    pressed.unwrap().status()
}

fn last_four(payout: &Value) -> String {
    let iban = payout["iban"].as_str().unwrap_or_default();
    iban.chars().skip(iban.len().saturating_sub(4)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn r26_the_first_account_counts_at_once_and_a_notice_is_mailed() {
    let app = TestApp::seeded().await;
    let claimant = with_account(&app).await;
    assert_eq!(last_four(&claimant.me().await["payout"]), "3456");
    let notices = mails(&app, "payout_notice");
    assert_eq!(notices.len(), 1);
    assert!(notices[0].contains("IT*********************3456"));
    assert!(!notices[0].contains(OWN), "never the whole IBAN");
    claimant.put_account(STRANGE, None).await.wrong_fields();
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r26_a_change_needs_a_code_and_counts_after_72_hours() {
    let app = TestApp::seeded().await;
    let claimant = with_account(&app).await;
    let right = code(&app, &claimant).await;
    let wrong = claimant
        .put_account(STRANGE, Some(&other_code(&right)))
        .await;
    assert_eq!(
        wrong.wrong_fields(),
        [("/code".to_owned(), "unknown_value".to_owned())]
    );
    let given = claimant
        .put_account(STRANGE, Some(&right))
        .await
        .expect(200);
    assert_eq!(given["waits"], true);
    let used = claimant.put_account(STRANGE, Some(&right)).await;
    used.expect_problem(410, "token-used");
    let me = claimant.me().await;
    assert_eq!(
        last_four(&me["payout"]),
        "3456",
        "the former stays in force"
    );
    assert_eq!(last_four(&me["payout_pending"]), "3000");
    assert_eq!(me["payout_pending"]["effective_at"], given["effective_at"]);
    app.run_outbox().await;
    assert_eq!(
        mails(&app, "payout_notice").len(),
        2,
        "at once, to the confirmed contact"
    );

    app.clock()
        .advance(TimeDelta::hours(72) - TimeDelta::seconds(1));
    let claimant = again(&app, OWNER).await;
    assert_eq!(last_four(&claimant.me().await["payout"]), "3456");
    app.clock().advance(TimeDelta::seconds(1));
    let me = claimant.me().await;
    assert_eq!(last_four(&me["payout"]), "3000");
    assert_eq!(me["payout_pending"], Value::Null);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r26_a_notice_that_leaves_late_begins_the_hold_anew() {
    let app = TestApp::seeded().await;
    let claimant = with_account(&app).await;
    let right = code(&app, &claimant).await;
    claimant
        .put_account(STRANGE, Some(&right))
        .await
        .expect(200);
    // the relay is away for two days
    app.clock().advance(TimeDelta::hours(50));
    app.run_outbox().await;
    assert_eq!(mails(&app, "payout_notice").len(), 2);
    app.clock()
        .advance(TimeDelta::hours(71) - TimeDelta::seconds(1));
    let claimant = again(&app, OWNER).await;
    assert_eq!(last_four(&claimant.me().await["payout"]), "3456");
    app.clock().advance(TimeDelta::seconds(1));
    assert_eq!(last_four(&claimant.me().await["payout"]), "3000");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r26_five_wrong_codes_end_a_code_and_a_code_to_enter_is_none() {
    let app = TestApp::seeded().await;
    let claimant = with_account(&app).await;
    let right = code(&app, &claimant).await;
    for _ in 0..5 {
        let wrong = claimant
            .put_account(STRANGE, Some(&other_code(&right)))
            .await;
        wrong.wrong_fields();
    }
    claimant
        .put_account(STRANGE, Some(&right))
        .await
        .wrong_fields();
    let claimant = again(&app, OWNER).await;
    let entry = app.mails_to(OWNER).pop().unwrap();
    claimant
        .put_account(STRANGE, Some(&code_in(&entry)))
        .await
        .wrong_fields();
    assert_eq!(app.number("SELECT count(*) FROM payouts").await, 1);
    app.stop().await;
}

/// The thief has the open session, and talked the owner out of one code.
#[tokio::test(flavor = "multi_thread")]
async fn r26_the_owner_stops_a_thief_and_what_is_paid_into_never_changed() {
    let app = TestApp::seeded().await;
    let thief = with_account(&app).await;
    let stolen = code(&app, &thief).await;
    thief.put_account(STRANGE, Some(&stolen)).await.expect(200);
    app.run_outbox().await;
    let link = stop_link(&app);
    app.clock().advance(TimeDelta::minutes(20));

    // a scanner follows the link: nothing happens
    for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
        app.browser()
            .request(method, app.url(&link))
            .send()
            .await
            .unwrap();
    }
    let live = "SELECT count(*) FROM payouts WHERE stopped_at IS NULL";
    assert_eq!(app.number(live).await, 2);
    let page = Browser::new(&app).get(&link).await;
    page.says("Non hai cambiato tu il conto?");
    assert!(!page.html.contains("3000"), "nothing of the record");
    assert_eq!(press(&app, &link).await, StatusCode::SEE_OTHER);
    assert_eq!(
        press(&app, &link).await,
        StatusCode::SEE_OTHER,
        "twice is fine"
    );
    Browser::new(&app)
        .get(&link)
        .await
        .says("Il conto è fermato");

    let gone = ask(thief.request(Method::GET, "")).await;
    gone.expect_problem(401, "unauthenticated");
    app.clock().advance(TimeDelta::hours(100));
    let owner = again(&app, OWNER).await;
    let me = owner.me().await;
    assert_eq!(last_four(&me["payout"]), "3456");
    assert_eq!(
        (&me["payout_pending"], &me["payout_frozen"]),
        (&Value::Null, &json!(true))
    );
    owner
        .ask_payout_code()
        .await
        .expect_problem(409, "illegal-transition");
    owner
        .put_account(STRANGE, Some("123456"))
        .await
        .expect_problem(409, "illegal-transition");

    let ours = association(&app, "codacons").await;
    let staff = person(&app, ours, Role::Reviewer).await;
    let bearer = staff.bearer(&app).await;
    let queue = format!("/api/v1/staff/cases/{CASE}/claimants?queue=payout_frozen");
    let queue = ask(app.request(Method::GET, &queue).bearer_auth(&bearer))
        .await
        .expect(200);
    assert_eq!(queue["items"][0]["id"], owner.id.to_string());
    let browser = app.browser();
    app.clock().advance(TimeDelta::seconds(60));
    staff_console::sign_in(&app, &browser, &staff).await;
    let place = format!("/console/claimants/{}", owner.id);
    let (_, shown) = staff_console::open(&app, &browser, &place).await;
    assert!(shown.contains("Conto bloccato"), "{shown}");

    let end = |body: Value| {
        let path = format!("/api/v1/staff/claimants/{}/payout-freeze-end", owner.id);
        ask(app
            .request(Method::POST, &path)
            .bearer_auth(&bearer)
            .json(&body))
    };
    end(json!({})).await.wrong_fields();
    let why = json!({"reason": "Sentito al telefono della pratica"});
    assert_eq!(end(why.clone()).await.expect(200)["payout_frozen"], false);
    end(why).await.expect_problem(409, "illegal-transition");
    let own = code(&app, &owner).await;
    owner.put_account(STRANGE, Some(&own)).await.expect(200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r26_a_database_lost_while_an_account_is_stopped_leaves_the_link_good() {
    let app = TestApp::seeded().await;
    let thief = with_account(&app).await;
    let stolen = code(&app, &thief).await;
    thief.put_account(STRANGE, Some(&stolen)).await.expect(200);
    app.run_outbox().await;
    let link = stop_link(&app);
    let live = "SELECT count(*) FROM payouts WHERE stopped_at IS NULL";
    for moment in DEATHS {
        app.let_die("audit", moment).await;
        let status = press(&app, &link).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{moment}");
        app.let_live("audit").await;
        assert_eq!(app.number(live).await, 2, "{moment}");
        assert_eq!(thief.me().await["payout_frozen"], false, "{moment}");
    }
    assert_eq!(press(&app, &link).await, StatusCode::SEE_OTHER);
    assert_eq!(app.number(live).await, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r26_a_first_account_given_by_a_thief_is_stopped_too() {
    let app = TestApp::seeded().await;
    let thief = app.confirmed(&SignUpBuilder::new(OWNER)).await;
    thief.put_account(STRANGE, None).await.expect(200);
    app.run_outbox().await;
    press(&app, &stop_link(&app)).await;
    let owner = again(&app, OWNER).await;
    let me = owner.me().await;
    assert_eq!(
        (&me["payout"], &me["payout_frozen"]),
        (&Value::Null, &json!(true))
    );
    assert!(me["missing"].as_array().unwrap().contains(&json!("i")));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r26_the_link_still_works_when_the_hold_is_over_and_not_for_ever() {
    let app = TestApp::seeded().await;
    let claimant = with_account(&app).await;
    let first = stop_link(&app);
    let right = code(&app, &claimant).await;
    claimant
        .put_account(STRANGE, Some(&right))
        .await
        .expect(200);
    app.run_outbox().await;
    let second = stop_link(&app);
    app.clock().advance(TimeDelta::hours(72));
    // the first was replaced: its link is of no more use
    assert_eq!(app.get(&first).await.status(), StatusCode::GONE);
    press(&app, &first).await;
    let claimant = again(&app, OWNER).await;
    assert_eq!(last_four(&claimant.me().await["payout"]), "3000");
    app.clock().advance(TimeDelta::days(10));
    press(&app, &second).await;
    let claimant = again(&app, OWNER).await;
    assert_eq!(
        last_four(&claimant.me().await["payout"]),
        "3456",
        "the former counts again"
    );
    assert_eq!(
        app.get("/stop-payout/AAAA").await.status(),
        StatusCode::NOT_FOUND
    );
    let late = app.sql("UPDATE payouts SET stopped_at = NULL, stopped_by = NULL");
    late.await;
    app.clock().advance(TimeDelta::days(30));
    assert_eq!(app.get(&second).await.status(), StatusCode::GONE);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r26_of_two_changes_with_one_code_one_wins_and_a_newer_one_replaces_what_waits() {
    let app = TestApp::seeded().await;
    let claimant = with_account(&app).await;
    let right = code(&app, &claimant).await;
    let (one, two) = tokio::join!(
        claimant.put_account(STRANGE, Some(&right)),
        claimant.put_account(STRANGE, Some(&right)),
    );
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 410]);
    app.run_outbox().await;
    app.clock().advance(TimeDelta::hours(10));
    let claimant = again(&app, OWNER).await;
    let right = code(&app, &claimant).await;
    claimant.put_account(OWN, Some(&right)).await.expect(200);
    app.run_outbox().await;
    // the replaced one never counts, also between its time and that of the newer
    app.clock().advance(TimeDelta::hours(65));
    let claimant = again(&app, OWNER).await;
    let me = claimant.me().await;
    assert_eq!(last_four(&me["payout"]), "3456");
    assert_eq!(last_four(&me["payout_pending"]), "3456");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r26_stop_and_change_at_once_leave_no_strange_account() {
    let app = TestApp::seeded().await;
    let claimant = with_account(&app).await;
    let right = code(&app, &claimant).await;
    claimant
        .put_account(STRANGE, Some(&right))
        .await
        .expect(200);
    app.run_outbox().await;
    let link = stop_link(&app);
    let next = code(&app, &claimant).await;
    let (stopped, changed) = tokio::join!(
        press(&app, &link),
        claimant.put_account(STRANGE, Some(&next))
    );
    assert_eq!(stopped, StatusCode::SEE_OTHER);
    let live = "SELECT count(*) FROM payouts WHERE stopped_at IS NULL AND version > 1";
    if changed.status == StatusCode::OK {
        // the change came first and replaced what the link was about: its own notice stops it
        app.run_outbox().await;
        press(&app, &stop_link(&app)).await;
    }
    assert_eq!(app.number(live).await, 0);
    assert_eq!(
        app.number("SELECT count(*) FROM claimants WHERE payout_frozen_at IS NOT NULL")
            .await,
        1
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r26_the_page_takes_the_first_account_and_asks_for_a_code_to_change_it() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    browser.confirmed(OWNER).await;
    let csrf = browser.csrf().await;
    let fields = |iban: &'static str, code: &str| {
        [
            ("csrf", csrf.clone()),
            ("iban", iban.to_owned()),
            ("holder", "Mario Rossi".to_owned()),
            ("holder_is_claimant", "yes".to_owned()),
            ("payout_code", code.to_owned()),
        ]
    };
    let send = async |iban: &'static str, code: &str| {
        let pairs = fields(iban, code);
        let pairs: Vec<(&str, &str)> = pairs
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        browser.send("/me/payout", &pairs).await
    };
    assert_eq!(send(OWN, "").await.place, "/me?done=payout-saved");
    let page = browser.get("/me/payout").await;
    page.says("72 ore").says("Mandami il codice");
    assert!(!page.html.contains("name=\"iban\""), "first the code");
    let asked = browser.send("/me/payout/code", &[("csrf", &csrf)]).await;
    assert_eq!(asked.place, "/me/payout?done=code");
    app.run_outbox().await;
    let right = code_in(&mails(&app, "payout_code").pop().unwrap());
    browser
        .get("/me/payout?done=code")
        .await
        .says("name=\"payout_code\"");
    let wrong = send(STRANGE, &other_code(&right)).await;
    assert_eq!(wrong.status, 422);
    wrong.says(STRANGE);
    assert_eq!(send(STRANGE, &right).await.place, "/me?done=payout-waits");
    browser.get("/me").await.says("In attesa:");
    app.run_outbox().await;
    press(&app, &stop_link(&app)).await;
    assert_ne!(
        browser.get("/me/payout").await.status,
        200,
        "every session is over"
    );
    app.stop().await;
}
