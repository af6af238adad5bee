//! Staff end a quarantine after they reached whoever said "it wasn't me" (R14, decision 12).

use chrono::TimeDelta;
use joinder::domain::permission::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::claimant::{Answer, SignUpBuilder, SignedUp, ask, token_in};
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
