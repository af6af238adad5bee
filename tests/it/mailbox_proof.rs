//! Proof that the mailbox that failed is the claimant's, and what it settles (R30).

use chrono::TimeDelta;
use joinder::app::operator;
use joinder::domain::permission::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{DEATHS, TestApp};
use crate::claimant::{Answer, Claimant, SignUpBuilder, anna, ask, code_in, mario, other_code};
use crate::pages::Browser;
use crate::signing::declaration;
use crate::staff_declared::{identified, sign};
use crate::staff_seed::{association, person};

const MAILBOX: &str = "caduta@libero.it";

impl Claimant<'_> {
    /// The id of the only mailbox.
    async fn mailbox(&self) -> String {
        let me = self.me().await;
        me["mailboxes"][0]["id"].as_str().unwrap().to_owned()
    }

    async fn ask_mailbox_code(&self) -> Answer {
        let path = format!("/mailboxes/{}/codes", self.mailbox().await);
        ask(self.request(Method::POST, &path)).await
    }

    async fn prove(&self, code: &str) -> Answer {
        let path = format!("/mailboxes/{}/proof", self.mailbox().await);
        let body = json!({ "code": code });
        ask(self.request(Method::POST, &path).json(&body)).await
    }
}

/// The codes mailed to a mailbox, oldest first.
fn codes(app: &TestApp, mailbox: &str) -> Vec<String> {
    let mails = app.mails();
    let mails = mails.iter().map(|sent| &sent.message.mail);
    mails
        .filter(|mail| mail.kind.as_str() == "mailbox_code" && mail.to == mailbox)
        .map(|mail| code_in(&mail.text))
        .collect()
}

/// Asks for a code, reads it and types it in.
async fn proves(app: &TestApp, claimant: &Claimant<'_>) {
    claimant.ask_mailbox_code().await.expect(202);
    app.run_outbox().await;
    let code = codes(app, MAILBOX).pop().unwrap();
    claimant.prove(&code).await.expect(200);
}

/// Two who signed for the same mailbox: Mario holds it, Anna waits.
async fn clash(app: &TestApp) -> [Claimant<'_>; 2] {
    let one = identified(app, "mario@example.org", MAILBOX, &mario()).await;
    sign(app, &one, &declaration(), "Mario Rossi").await;
    let two = identified(app, "anna@example.org", MAILBOX, &anna()).await;
    sign(app, &two, &declaration(), "Anna Bianchi").await;
    [one, two]
}

/// The reviews of some claimants, in their order.
async fn reviews(app: &TestApp, of: &[&Claimant<'_>]) -> Vec<String> {
    let mut all = Vec::new();
    for claimant in of {
        let query = format!("SELECT review FROM claimants WHERE id = '{}'", claimant.id);
        all.push(app.rows(&query).await[0][0].clone().unwrap());
    }
    all
}

async fn holder(app: &TestApp) -> String {
    let rows = app
        .rows("SELECT claimant_id::text FROM registered_mailboxes")
        .await;
    assert_eq!(rows.len(), 1, "one key, one holder");
    rows[0][0].clone().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn r30_a_code_mailed_to_the_mailbox_proves_control_once_and_for_all() {
    let app = TestApp::seeded().await;
    let claimant = app
        .confirmed(&SignUpBuilder::new("mario@example.org"))
        .await;
    assert_eq!(
        claimant.me().await["mailboxes"][0]["proved_at"],
        Value::Null
    );
    claimant.ask_mailbox_code().await.expect(202);
    app.run_outbox().await;
    let code = codes(&app, MAILBOX).pop().unwrap();
    let mails = app.mails();
    let mail = &mails.last().unwrap().message.mail;
    // whoever reads that mailbox may be somebody else: nothing of the record is told
    let reference = claimant.me().await["reference"]
        .as_str()
        .unwrap()
        .to_owned();
    for told in [reference.as_str(), "mario", "/me", "enter/"] {
        assert!(
            !mail.text.contains(told) && !mail.html.contains(told),
            "{told}"
        );
    }
    let wrong = claimant.prove(&other_code(&code)).await.wrong_fields();
    assert_eq!(wrong, [("/code".to_owned(), "unknown_value".to_owned())]);
    let proved = claimant.prove(&code).await.expect(200);
    let me = claimant.me().await;
    assert_eq!(me["mailboxes"][0]["proved_at"], proved["proved_at"]);
    assert_eq!(me["mailboxes"][0]["proof"], "code");
    app.clock().advance(TimeDelta::minutes(5));
    let again = claimant.prove("000000").await.expect(200);
    assert_eq!(
        again["proved_at"], proved["proved_at"],
        "it stays as it was"
    );
    claimant
        .ask_mailbox_code()
        .await
        .expect_problem(409, "illegal-transition");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r30_a_database_lost_while_a_proof_is_written_proves_nothing_and_the_code_stays_good() {
    let app = TestApp::seeded().await;
    let claimants = clash(&app).await;
    let [_, claimant] = &claimants;
    let before = holder(&app).await;
    claimant.ask_mailbox_code().await.expect(202);
    app.run_outbox().await;
    let code = codes(&app, MAILBOX).pop().unwrap();
    for moment in DEATHS {
        app.let_die("audit", moment).await;
        let refused = claimant.prove(&code).await;
        assert!(refused.headers.contains_key("retry-after"), "{moment}");
        refused.expect_problem(503, "unavailable");
        app.let_live("audit").await;
        let proved = &claimant.me().await["mailboxes"][0]["proved_at"];
        assert_eq!(*proved, Value::Null, "{moment}");
        assert_eq!(holder(&app).await, before, "{moment}");
    }
    claimant.prove(&code).await.expect(200);
    assert_eq!(holder(&app).await, claimant.id.to_string());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r30_a_contact_that_is_the_mailbox_proves_it_by_being_confirmed() {
    let app = TestApp::seeded().await;
    let claimant = app.confirmed(&SignUpBuilder::new("Caduta@libero.it")).await;
    let me = claimant.me().await;
    assert_eq!(me["mailboxes"][0]["proof"], "contact");
    assert_eq!(me["mailboxes"][0]["proved_at"], me["confirmed_at"]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_codes_end_a_code_and_another_mailboxs_code_does_not_fit() {
    let app = TestApp::seeded().await;
    let claimant = app
        .confirmed(&SignUpBuilder::new("mario@example.org"))
        .await;
    claimant.ask_mailbox_code().await.expect(202);
    app.run_outbox().await;
    let code = codes(&app, MAILBOX).pop().unwrap();
    for _ in 0..5 {
        claimant.prove(&other_code(&code)).await.wrong_fields();
    }
    claimant.prove(&code).await.wrong_fields();
    // a code of the contact is not one of the mailbox, and the other way round
    let other = app.confirmed(&SignUpBuilder::new("anna@example.org")).await;
    other.ask_mailbox_code().await.expect(202);
    app.run_outbox().await;
    let theirs = codes(&app, MAILBOX).pop().unwrap();
    claimant.prove(&theirs).await.wrong_fields();
    let reference = other.me().await["reference"].clone();
    let body = json!({"reference": reference, "code": theirs});
    app.enter_by(&body).await.wrong_fields();
    other.prove(&theirs).await.expect(200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_provider_is_down_it_says_so_and_mails_nothing() {
    let app = TestApp::seeded().await;
    let claimant = app
        .confirmed(&SignUpBuilder::new("mario@example.org"))
        .await;
    assert!(operator::hold_mail(&app.ctx, "libero.it").await.unwrap());
    let refused = claimant.ask_mailbox_code().await;
    let refused = refused.expect_problem(409, "illegal-transition");
    let told = refused["detail"].as_str().unwrap();
    assert!(
        told.contains("Try again later") || told.contains("Riprova più tardi"),
        "{told}"
    );
    assert_eq!(
        app.number("SELECT count(*) FROM outbox WHERE kind = 'mailbox_code'")
            .await,
        0
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_are_capped_for_each_claimant_and_over_the_address_nothing_is_told() {
    let app = TestApp::seeded().await;
    let mut last = None;
    for number in 0..4 {
        let email = format!("p{number}@example.org");
        let claimant = app.confirmed(&SignUpBuilder::new(&email)).await;
        for _ in 0..5 {
            claimant.ask_mailbox_code().await.expect(202);
        }
        let refused = claimant.ask_mailbox_code().await;
        assert_eq!(refused.headers["retry-after"], "86400");
        refused.expect_problem(429, "rate-limited");
        last = Some(claimant);
    }
    app.run_outbox().await;
    // fifteen a day for the address, whoever asks: the fourth got none and could not tell
    assert_eq!(codes(&app, MAILBOX).len(), 15);
    let last = last.unwrap();
    let query = format!(
        "SELECT count(*) FROM confirmations WHERE purpose = 'mailbox' AND claimant_id = '{}'",
        last.id
    );
    assert_eq!(
        app.number(&query).await,
        0,
        "a code never mailed does not exist"
    );
    app.clock().advance(TimeDelta::hours(25));
    let last = crate::signing::again(&app, "p3@example.org").await;
    last.ask_mailbox_code().await.expect(202);
    app.run_outbox().await;
    assert_eq!(codes(&app, MAILBOX).len(), 16);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r30_a_clash_settles_itself_for_whoever_alone_proves_control() {
    let app = TestApp::seeded().await;
    let [mario, anna] = clash(&app).await;
    let both = [&mario, &anna];
    assert_eq!(reviews(&app, &both).await, ["conflict", "conflict"]);
    let before = mario.me().await;
    // the second proves: the key changes hands, the first alone stays blocked
    proves(&app, &anna).await;
    assert_eq!(holder(&app).await, anna.id.to_string());
    assert_eq!(reviews(&app, &both).await, ["conflict", "none"]);
    assert_eq!(mario.me().await, before, "nobody learns of the other");
    let told = app
        .rows("SELECT subject_id::text FROM audit WHERE action = 'settle_conflict'")
        .await;
    assert_eq!(told, [[Some(mario.id.to_string())]]);
    // then the first proves too: it is for staff
    proves(&app, &mario).await;
    assert_eq!(holder(&app).await, anna.id.to_string());
    assert_eq!(reviews(&app, &both).await, ["conflict", "conflict"]);
    // who leaves settles it
    anna.withdraw(&json!({})).await.expect(200);
    assert_eq!(holder(&app).await, mario.id.to_string());
    assert_eq!(reviews(&app, &[&mario]).await, ["none"]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r30_who_proved_before_holds_against_who_signs_later() {
    let app = TestApp::seeded().await;
    let one = identified(&app, "mario@example.org", MAILBOX, &mario()).await;
    proves(&app, &one).await;
    sign(&app, &one, &declaration(), "Mario Rossi").await;
    let two = identified(&app, "anna@example.org", MAILBOX, &anna()).await;
    sign(&app, &two, &declaration(), "Anna Bianchi").await;
    assert_eq!(holder(&app).await, one.id.to_string());
    assert_eq!(reviews(&app, &[&one, &two]).await, ["none", "conflict"]);
    // and who signs later with a proof takes it from who has none
    let other = TestApp::seeded().await;
    let one = identified(&other, "mario@example.org", MAILBOX, &mario()).await;
    sign(&other, &one, &declaration(), "Mario Rossi").await;
    let two = identified(&other, "anna@example.org", MAILBOX, &anna()).await;
    proves(&other, &two).await;
    sign(&other, &two, &declaration(), "Anna Bianchi").await;
    assert_eq!(holder(&other).await, two.id.to_string());
    assert_eq!(reviews(&other, &[&one, &two]).await, ["conflict", "none"]);
    other.stop().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r30_both_at_once_leave_a_clash_that_staff_decide() {
    let app = TestApp::seeded().await;
    let [mario, anna] = clash(&app).await;
    let mut pairs = Vec::new();
    for claimant in [&mario, &anna] {
        claimant.ask_mailbox_code().await.expect(202);
        app.run_outbox().await;
        pairs.push((claimant, codes(&app, MAILBOX).pop().unwrap()));
    }
    let (one, two) = tokio::join!(pairs[0].0.prove(&pairs[0].1), pairs[1].0.prove(&pairs[1].1));
    one.expect(200);
    two.expect(200);
    assert_eq!(
        reviews(&app, &[&mario, &anna]).await,
        ["conflict", "conflict"]
    );
    let open = "SELECT count(*) FROM conflicts WHERE settled_at IS NULL";
    assert_eq!(app.number(open).await, 1);
    assert_eq!(
        app.number(&format!("{open} AND proven_at IS NULL")).await,
        1
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_mails_the_code_and_takes_it_and_staff_see_the_proof() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    browser.confirmed("mario@example.org").await;
    let me = browser.get("/me").await;
    let place = me.html.split("href=\"/me/mailboxes/").nth(1).unwrap();
    let place = format!("/me/mailboxes/{}", place.split('"').next().unwrap());
    let csrf = browser.csrf().await;
    let page = browser.get(&place).await;
    page.says("Prova che la casella è tua")
        .says("Mandami il codice")
        .says("Non puoi leggere questa casella?")
        .says("href=\"/me/documents\"");
    assert!(!page.html.contains("name=\"code\""), "there is no code yet");
    let asked = browser
        .send(&format!("{place}/code"), &[("csrf", &csrf)])
        .await;
    assert_eq!(
        (asked.status.as_u16(), asked.place.as_str()),
        (303, format!("{place}?done=sent").as_str())
    );
    app.run_outbox().await;
    let code = codes(&app, MAILBOX).pop().unwrap();
    let none = browser.send(&place, &[("csrf", &csrf)]).await;
    assert_eq!(none.status, 422);
    let wrong = other_code(&code);
    let wrong = browser
        .send(&place, &[("csrf", &csrf), ("code", &wrong)])
        .await;
    assert_eq!(wrong.status, 422);
    let spaced = format!(" {} {}", &code[..3], &code[3..]);
    let right = browser
        .send(&place, &[("csrf", &csrf), ("code", &spaced)])
        .await;
    assert_eq!(right.place, "/me?done=mailbox-proved");
    browser.get("/me").await.says("Hai provato che è tua");
    browser.get(&place).await.says("Non devi fare altro");
    let other = Browser::new(&app);
    other.confirmed("anna@example.org").await;
    assert_eq!(
        other.get(&place).await.status,
        404,
        "another's mailbox is none"
    );

    let ours = association(&app, "codacons").await;
    let reader = person(&app, ours, Role::Reviewer).await.bearer(&app).await;
    let id = app
        .rows("SELECT claimant_id::text FROM mailboxes WHERE proved_at IS NOT NULL")
        .await;
    let path = format!("/api/v1/staff/claimants/{}", id[0][0].as_deref().unwrap());
    let seen = ask(app.request(Method::GET, &path).bearer_auth(&reader))
        .await
        .expect(200);
    assert_eq!(seen["mailboxes"][0]["proof"], "code");
    app.stop().await;
}
