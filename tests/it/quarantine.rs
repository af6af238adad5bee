//! What is kept apart, and how staff end it: sign-ups whose reader said "it wasn't me" (R14, decision 12), and
//! those of programs, which are answered as all others.

use chrono::TimeDelta;
use futures_util::{StreamExt, stream};
use joinder::domain::permission::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::claimant::{Answer, SignUpBuilder, SignedUp, ask, token_in};
use crate::pages::{Browser, fields};
use crate::seed::CASE;
use crate::staff_console::{csrf, open, place, send, sign_in};
use crate::staff_seed::{association, person};

const X: &str = "x@example.org";

/// A sign-up whose mail was answered with "it wasn't me".
async fn disowned(app: &TestApp) -> SignedUp {
    let made = app.sign_up(&SignUpBuilder::new(X)).await;
    app.run_outbox().await;
    let token = token_in(&app.mail_about(&made), "not-me");
    let said = app
        .browser()
        .post(app.url(&format!("/not-me/{token}")))
        .send();
    assert_eq!(said.await.unwrap().status(), StatusCode::SEE_OTHER);
    made
}

async fn bearer(app: &TestApp, role: Role) -> String {
    let association = association(app, "codacons").await;
    person(app, association, role).await.bearer(app).await
}

async fn end(app: &TestApp, bearer: &str, who: &SignedUp, body: &Value) -> Answer {
    let path = format!("/api/v1/staff/claimants/{}/quarantine-end", who.id);
    ask(app
        .request(Method::POST, &path)
        .bearer_auth(bearer)
        .json(body))
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_end_a_quarantine_with_a_reason_and_the_confirmation_is_mailed_again() {
    let app = TestApp::seeded().await;
    let who = disowned(&app).await;
    app.resend(X).await.expect(202);
    app.run_outbox().await;
    assert_eq!(app.mails_to(X).len(), 1, "nothing goes there meanwhile");
    let reviewer = bearer(&app, Role::Reviewer).await;
    let wrong = end(&app, &reviewer, &who, &json!({})).await.wrong_fields();
    assert_eq!(wrong, [("/reason".to_owned(), "required".to_owned())]);

    let reason = json!({"reason": "Ha chiamato: aveva premuto per errore"});
    let done = end(&app, &reviewer, &who, &reason).await;
    assert_eq!(done.expect(200), json!({"review": "none"}));
    app.run_outbox().await;
    let mails = app.mails_to(X);
    assert_eq!(mails.len(), 2, "the confirmation again");
    let path = format!("/api/v1/staff/claimants/{}", who.id);
    let view = ask(app.request(Method::GET, &path).bearer_auth(&reviewer))
        .await
        .expect(200);
    assert_eq!(
        (&view["state"], &view["review"]),
        (&json!("unconfirmed"), &json!("none"))
    );
    let trail = view["audit"].as_array().unwrap();
    let entry = trail
        .iter()
        .find(|entry| entry["action"] == "end_quarantine")
        .unwrap();
    assert_eq!(entry["actor_name"], "Nome reviewer");
    assert_eq!(entry["reason"], "Ha chiamato: aveva premuto per errore");
    assert_eq!(app.number("SELECT count(*) FROM suppressions").await, 0);

    end(&app, &reviewer, &who, &reason)
        .await
        .expect_problem(409, "illegal-transition");
    let token = token_in(&mails[1], "confirm");
    app.confirm_by(&json!({"token": token})).await.expect(200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_in_quarantine_or_not_ours_is_left_alone() {
    let app = TestApp::seeded().await;
    let reason = json!({"reason": "x"});
    let other = app.sign_up(&SignUpBuilder::new("y@example.org")).await;
    let reviewer = bearer(&app, Role::Reviewer).await;
    end(&app, &reviewer, &other, &reason)
        .await
        .expect_problem(409, "illegal-transition");
    let who = disowned(&app).await;
    for role in [Role::Reader, Role::Auditor, Role::Payout, Role::Operator] {
        let bearer = bearer(&app, role).await;
        end(&app, &bearer, &who, &reason)
            .await
            .expect_problem(403, "forbidden");
    }
    let theirs = association(&app, "altroconsumo").await;
    let theirs = person(&app, theirs, Role::Owner).await.bearer(&app).await;
    end(&app, &theirs, &who, &reason)
        .await
        .expect_problem(404, "not-found");
    let quarantined = "SELECT count(*) FROM claimants WHERE review = 'quarantined'";
    assert_eq!(app.number(quarantined).await, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_leads_from_the_list_to_the_end_of_a_quarantine() {
    let app = TestApp::seeded().await;
    let who = disowned(&app).await;
    app.clock().advance(TimeDelta::minutes(1));
    let codacons = association(&app, "codacons").await;
    let owner = person(&app, codacons, Role::Owner).await;
    let browser = app.browser();
    sign_in(&app, &browser, &owner).await;
    let own = format!("/console/claimants/{}", who.id);
    let (_, list) = open(
        &app,
        &browser,
        &format!("/console/cases/{CASE}?queue=quarantined"),
    )
    .await;
    assert!(list.contains(&own), "{list}");
    let (_, one) = open(&app, &browser, &own).await;
    assert!(one.contains("Togli dalla quarantena"), "{one}");
    let token = csrf(&one).to_owned();
    let form = format!("{own}/quarantine-end");
    let refused = send(
        &app,
        &browser,
        &form,
        &[("csrf", token.as_str()), ("reason", " ")],
    )
    .await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = refused.text().await.unwrap();
    assert!(page.contains("id=\"reason-error\""), "{page}");
    let forged = send(&app, &browser, &form, &[("reason", "x")]).await;
    assert_eq!(forged.status(), StatusCode::FORBIDDEN);
    let typed = [("csrf", token.as_str()), ("reason", "Ha chiamato")];
    assert_eq!(place(&send(&app, &browser, &form, &typed).await), own);
    let (_, one) = open(&app, &browser, &own).await;
    assert!(
        one.contains("Tolta dalla quarantena") && one.contains("Ha chiamato"),
        "{one}"
    );
    assert!(
        !one.contains("Togli dalla quarantena") && !one.contains("In quarantena"),
        "{one}"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_fills_in_what_nobody_sees_is_answered_as_all_others_and_gets_no_mail() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    let (bot, other) = ("bot@example.org", "persona@example.org");
    let caught = browser
        .join(&[("contact[email]", bot), ("subject", "Cheap watches")])
        .await;
    let honest = Browser::new(&app)
        .join(&[("contact[email]", other), ("subject", " ")])
        .await;
    assert_eq!(
        (caught.status, &caught.place),
        (honest.status, &honest.place)
    );
    app.run_outbox().await;
    assert_eq!((app.mails_to(bot).len(), app.mails_to(other).len()), (0, 1));
    app.resend(bot).await.expect(202);
    app.run_outbox().await;
    assert_eq!(app.mails_to(bot).len(), 0, "asking again changes nothing");

    app.clock().advance(TimeDelta::minutes(1));
    let ours = association(&app, "codacons").await;
    let owner = person(&app, ours, Role::Owner).await;
    let console = app.browser();
    sign_in(&app, &console, &owner).await;
    let list = format!("/console/cases/{CASE}?queue=quarantined");
    let (_, list) = open(&app, &console, &list).await;
    let (_, id) = list.split_once("/console/claimants/").unwrap();
    let own = format!("/console/claimants/{}", &id[..36]);
    let (_, one) = open(&app, &console, &own).await;
    assert!(one.contains("forse è un programma"), "{one}");
    let typed = [
        ("csrf", csrf(&one)),
        ("reason", "Ha chiamato: riempie tutto da solo"),
    ];
    let done = send(&app, &console, &format!("{own}/quarantine-end"), &typed).await;
    assert_eq!(place(&done), own);
    app.run_outbox().await;
    let mails = app.mails_to(bot);
    assert_eq!(mails.len(), 1, "released: the confirmation goes out");
    let token = token_in(&mails[0], "confirm");
    app.confirm_by(&json!({"token": token})).await.expect(200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_thousands_of_sign_ups_every_honest_one_gets_through() {
    const ONE_PROGRAM_IN: usize = 100;
    // SIGN_UPS=10000 takes minutes
    let sign_ups: usize = std::env::var("SIGN_UPS").map_or(2_000, |number| number.parse().unwrap());
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    let sign_up = |number: usize| {
        let browser = &browser;
        async move {
            let email = format!("persona{number}@example.org");
            let key = format!("form-{number}");
            let watches = number.is_multiple_of(ONE_PROGRAM_IN);
            let extra = [
                ("contact[email]", email.as_str()),
                ("subject", if watches { "Cheap watches" } else { "" }),
            ];
            let path = format!("/c/{CASE}/join");
            browser
                .send(&path, &fields(&key, &extra))
                .await
                .status
                .as_u16()
        }
    };
    let statuses = stream::iter((0..sign_ups).map(sign_up)).buffer_unordered(16);
    let refused = statuses.filter(|status| std::future::ready(*status != 303));
    assert_eq!(refused.count().await, 0);
    let programs = i64::try_from(sign_ups / ONE_PROGRAM_IN).unwrap();
    let honest = i64::try_from(sign_ups).unwrap() - programs;
    let kept =
        "SELECT count(*) FROM claimants WHERE review = 'quarantined' AND state = 'unconfirmed'";
    assert_eq!(app.number(kept).await, programs);
    let asked = "SELECT count(*) FROM outbox o JOIN claimants c ON c.id = o.subject_id WHERE o.kind = 'confirmation' AND c.review = 'none'";
    assert_eq!(app.number(asked).await, honest);
    assert_eq!(app.number("SELECT count(*) FROM outbox").await, honest);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_thrown_away_is_refused_in_words_a_mailbox_of_the_case_never() {
    let app = TestApp::seeded().await;
    let refused = app
        .try_sign_up(&SignUpBuilder::new("x@mailinator.com"))
        .await
        .wrong_fields();
    assert_eq!(
        refused,
        [("/contact/email".to_owned(), "not_accepted".to_owned())]
    );
    let browser = Browser::new(&app);
    let page = browser
        .join(&[("contact[email]", "x@sub.mailinator.com")])
        .await;
    assert_eq!(page.status, 422);
    page.says("Questo indirizzo sparisce dopo poco");
    assert_eq!(app.number("SELECT count(*) FROM claimants").await, 0);
    app.sql(
        "INSERT INTO incident_domains SELECT (jsonb_populate_record(d, '{\"domain\": \"mailinator.com\"}')).* \
         FROM incident_domains d WHERE domain = 'libero.it'",
    )
    .await;
    app.ctx.directories.forget();
    app.sign_up(&SignUpBuilder::new("x@mailinator.com")).await;
    app.stop().await;
}
