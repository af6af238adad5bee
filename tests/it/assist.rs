//! People without an e-mail, helped by the staff of their association (R17, R21, R55).

use joinder::domain::permission::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::claimant::{Answer, SignUpBuilder, SignedUp, ask, mario, token_in};
use crate::seed::CASE;
use crate::staff_console::{csrf, open, place, send, sign_in};
use crate::staff_seed::{association, person};

/// Somebody reached by phone alone.
async fn by_phone(app: &TestApp) -> SignedUp {
    let builder = SignUpBuilder::new("x@example.org")
        .without("/contact/email")
        .with("/contact/phone", json!("+393331234567"));
    let signed_up = app.sign_up(&builder).await;
    assert_eq!(signed_up.state, "to_assist");
    signed_up
}

async fn bearer(app: &TestApp, slug: &str, role: Role) -> String {
    let association = association(app, slug).await;
    person(app, association, role).await.bearer(app).await
}

/// Sends one of the three bodies to its place.
async fn assist(app: &TestApp, bearer: &str, who: &SignedUp, what: &str, body: &Value) -> Answer {
    let method = if what == "confirmation" {
        Method::POST
    } else {
        Method::PUT
    };
    let path = format!("/api/v1/staff/claimants/{}/{what}", who.id);
    ask(app.request(method, &path).bearer_auth(bearer).json(body)).await
}

async fn seen(app: &TestApp, bearer: &str, who: &SignedUp) -> Value {
    let path = format!("/api/v1/staff/claimants/{}", who.id);
    ask(app.request(Method::GET, &path).bearer_auth(bearer))
        .await
        .expect(200)
}

fn reached() -> Value {
    json!({"how": "phone", "reason": "Ha risposto al numero indicato"})
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_confirm_by_phone_and_the_trail_keeps_who_when_and_why() {
    let app = TestApp::seeded().await;
    let who = by_phone(&app).await;
    let reviewer = bearer(&app, "codacons", Role::Reviewer).await;
    let list = format!("/api/v1/staff/cases/{CASE}/claimants?state=to_assist");
    let queue = ask(app.request(Method::GET, &list).bearer_auth(&reviewer)).await;
    assert_eq!(queue.expect(200)["items"][0]["id"], who.id.to_string());

    let field = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());
    let wrong = assist(&app, &reviewer, &who, "confirmation", &json!({})).await;
    assert_eq!(
        wrong.wrong_fields(),
        [field("/how", "required"), field("/reason", "required")]
    );
    let pigeon = json!({"how": "pigeon", "reason": "x".repeat(501)});
    let wrong = assist(&app, &reviewer, &who, "confirmation", &pigeon).await;
    assert_eq!(
        wrong.wrong_fields(),
        [field("/how", "unknown_value"), field("/reason", "too_long")]
    );

    let done = assist(&app, &reviewer, &who, "confirmation", &reached()).await;
    assert_eq!(done.expect(200), json!({"state": "confirmed"}));
    let view = seen(&app, &reviewer, &who).await;
    assert_eq!(view["state"], "confirmed");
    let trail = view["audit"].as_array().unwrap();
    let entry = trail
        .iter()
        .find(|entry| entry["action"] == "confirm_by_staff")
        .unwrap();
    assert_eq!(entry["actor_name"], "Nome reviewer");
    assert_eq!(entry["reason"], "Ha risposto al numero indicato");
    assert_eq!(
        (&entry["before"], &entry["after"]),
        (&json!("to_assist"), &json!("confirmed"))
    );
    app.sql(
        "DO $$ BEGIN ASSERT (SELECT count(*) = 1 FROM audit WHERE action = 'confirm_by_staff' \
         AND detail->>'how' = 'phone' AND sealed IS NOT NULL \
         AND position('risposto'::bytea IN sealed) = 0 AND detail::text NOT LIKE '%risposto%'); END $$",
    )
    .await;
    assist(&app, &reviewer, &who, "confirmation", &reached())
        .await
        .expect_problem(409, "illegal-transition");
    assert_eq!(
        app.run_outbox().await,
        0,
        "nobody without an e-mail is mailed"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r21_identity_entered_by_staff_is_checked_as_any_and_says_who_gave_it() {
    let app = TestApp::seeded().await;
    let who = by_phone(&app).await;
    let manager = bearer(&app, "codacons", Role::CaseManager).await;
    let mut wrong = mario();
    wrong["codice_fiscale"] = json!("RSSMRA85C12H501K");
    let refused = assist(&app, &manager, &who, "identity", &json!({"person": wrong})).await;
    assert_eq!(
        refused.wrong_fields(),
        [("/person/codice_fiscale".to_owned(), "checksum".to_owned())]
    );
    let given = assist(
        &app,
        &manager,
        &who,
        "identity",
        &json!({"person": mario()}),
    )
    .await;
    assert_eq!(given.expect(200), json!({"warnings": []}));
    let view = seen(&app, &manager, &who).await;
    assert_eq!(view["identity"]["name"], "Mario Rossi");
    assert_eq!(view["identity"]["given_by"], "staff");
    assert_eq!(view["state"], "to_assist");
    // nobody's key is taken before the contact is confirmed
    let keys = "SELECT count(*) FROM registered_persons";
    assert_eq!(app.number(keys).await, 0);

    // confirmed, the identity can still be corrected for who has no e-mail
    assist(&app, &manager, &who, "confirmation", &reached())
        .await
        .expect(200);
    assert_eq!(app.number(keys).await, 1);
    let mut other = mario();
    other["given_name"] = json!("Paolo");
    let corrected = assist(&app, &manager, &who, "identity", &json!({"person": other})).await;
    assert_eq!(
        corrected.expect(200),
        json!({"warnings": ["name_mismatch"]})
    );
    assert_eq!(seen(&app, &manager, &who).await["identity"]["version"], 2);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_email_entered_by_staff_goes_the_usual_way() {
    let app = TestApp::seeded().await;
    let who = by_phone(&app).await;
    let owner = bearer(&app, "codacons", Role::Owner).await;
    let refused = assist(&app, &owner, &who, "email", &json!({"email": "maria"})).await;
    assert_eq!(
        refused.wrong_fields(),
        [("/email".to_owned(), "format".to_owned())]
    );
    let email = json!({"email": "maria@example.org"});
    let taken = assist(&app, &owner, &who, "email", &email).await;
    assert_eq!(taken.expect(200), json!({"state": "unconfirmed"}));
    assist(&app, &owner, &who, "email", &email)
        .await
        .expect_problem(409, "illegal-transition");
    assert_eq!(app.run_outbox().await, 1);
    let mail = app.mails_to("maria@example.org").pop().unwrap();
    let proof = json!({"token": token_in(&mail, "confirm")});
    let claimant = app.claimant(&app.confirm_by(&proof).await.expect(200));
    assert_eq!(
        (claimant.id, claimant.state.as_str()),
        (who.id, "confirmed")
    );
    assert!(claimant.me().await["contact"]["phone"].is_string());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r55_staff_of_another_association_and_readers_cannot_assist() {
    let app = TestApp::seeded().await;
    let who = by_phone(&app).await;
    let stranger = bearer(&app, "altroconsumo", Role::Owner).await;
    let reader = bearer(&app, "codacons", Role::Reader).await;
    let nobody = SignedUp {
        id: app.ctx.new_id(),
        ..who.clone()
    };
    for (what, body) in [
        ("confirmation", reached()),
        ("identity", json!({"person": mario()})),
        ("email", json!({"email": "maria@example.org"})),
    ] {
        let strip = |answer: Answer| {
            let mut body = answer.expect_problem(404, "not-found");
            body.as_object_mut().unwrap().remove("request_id");
            body
        };
        let theirs = strip(assist(&app, &stranger, &who, what, &body).await);
        let none = strip(assist(&app, &stranger, &nobody, what, &body).await);
        assert_eq!(theirs, none, "{what}");
        assist(&app, &reader, &who, what, &body)
            .await
            .expect_problem(403, "forbidden");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_an_email_is_not_assisted() {
    let app = TestApp::seeded().await;
    let who = app.sign_up(&SignUpBuilder::new("maria@example.org")).await;
    let reviewer = bearer(&app, "codacons", Role::Reviewer).await;
    for (what, body) in [
        ("confirmation", reached()),
        ("identity", json!({"person": mario()})),
        ("email", json!({"email": "other@example.org"})),
    ] {
        assist(&app, &reviewer, &who, what, &body)
            .await
            .expect_problem(409, "illegal-transition");
    }
    app.confirm(&who).await;
    assist(
        &app,
        &reviewer,
        &who,
        "identity",
        &json!({"person": mario()}),
    )
    .await
    .expect_problem(409, "illegal-transition");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_leads_from_the_queue_through_the_forms() {
    let app = TestApp::seeded().await;
    let who = by_phone(&app).await;
    let codacons = association(&app, "codacons").await;
    let reviewer = person(&app, codacons, Role::Reviewer).await;
    let browser = app.browser();
    sign_in(&app, &browser, &reviewer).await;
    let (_, list) = open(&app, &browser, &format!("/console/cases/{CASE}")).await;
    assert!(list.contains(&format!("href=\"/console/cases/{CASE}/queues\"")));
    let own = format!("/console/claimants/{}", who.id);
    let queue = format!("/console/cases/{CASE}?queue=to_assist");
    let (_, queue) = open(&app, &browser, &queue).await;
    assert!(queue.contains(&own) && queue.contains("aria-current=\"page\">Persone da assistere"));
    let (_, one) = open(&app, &browser, &own).await;
    let token = csrf(&one).to_owned();
    assert!(one.contains("Conferma il recapito") && one.contains("Aggiungi un’e-mail"));

    // identity: refused with what was typed, then taken
    let identity = format!("{own}/identity");
    assert!(one.contains(&format!("href=\"{identity}\"")));
    let (status, form) = open(&app, &browser, &identity).await;
    assert_eq!(status, StatusCode::OK);
    assert!(form.contains(&format!("{identity}?kind=entity")));
    let mut fields = vec![
        ("csrf", token.as_str()),
        ("kind", "person"),
        ("person[codice_fiscale]", "RSSMRA85C12H501K"),
        ("person[given_name]", "Mario"),
        ("person[family_name]", "Rossi"),
    ];
    let refused = send(&app, &browser, &identity, &fields).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = refused.text().await.unwrap();
    assert!(
        page.contains("RSSMRA85C12H501K") && page.contains("id=\"person-codice-fiscale-error\"")
    );
    fields[2].1 = "RSSMRA85C12H501J";
    let taken = send(&app, &browser, &identity, &fields).await;
    assert_eq!(place(&taken), own);

    // confirmation: refused with what was typed, then taken
    let confirmation = format!("{own}/confirmation");
    let typed = [("csrf", token.as_str()), ("how", "post"), ("reason", " ")];
    let refused = send(&app, &browser, &confirmation, &typed).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = refused.text().await.unwrap();
    assert!(page.contains("id=\"reason-error\"") && page.contains("value=\"post\" checked"));
    let forged = [("csrf", "x"), ("how", "post"), ("reason", "Lettera")];
    let refused = send(&app, &browser, &confirmation, &forged).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let typed = [
        ("csrf", token.as_str()),
        ("how", "post"),
        ("reason", "Lettera del 2 marzo"),
    ];
    let taken = send(&app, &browser, &confirmation, &typed).await;
    assert_eq!(place(&taken), own);
    let (_, one) = open(&app, &browser, &format!("{own}?lang=en")).await;
    assert!(one.contains("Lettera del 2 marzo") && one.contains("Mario Rossi"));
    assert!(!one.contains("Confirm the contact") && one.contains("Change personal details"));
    let late = send(&app, &browser, &confirmation, &typed).await;
    assert_eq!(late.status(), StatusCode::CONFLICT);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_email_typed_in_the_console_is_mailed_to() {
    let app = TestApp::seeded().await;
    let who = by_phone(&app).await;
    let codacons = association(&app, "codacons").await;
    let owner = person(&app, codacons, Role::Owner).await;
    let browser = app.browser();
    sign_in(&app, &browser, &owner).await;
    let own = format!("/console/claimants/{}", who.id);
    let (_, one) = open(&app, &browser, &own).await;
    let token = csrf(&one).to_owned();
    let email = format!("{own}/email");
    let typed = [("csrf", token.as_str()), ("email", "maria")];
    let refused = send(&app, &browser, &email, &typed).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = refused.text().await.unwrap();
    assert!(page.contains("id=\"email-error\"") && page.contains("value=\"maria\""));
    let typed = [("csrf", token.as_str()), ("email", "maria@example.org")];
    assert_eq!(place(&send(&app, &browser, &email, &typed).await), own);
    let (_, one) = open(&app, &browser, &own).await;
    assert!(one.contains("maria@example.org") && !one.contains("Conferma il recapito"));
    let refused = open(&app, &browser, &format!("{own}/identity")).await;
    assert_eq!(refused.0, StatusCode::CONFLICT);
    app.run_outbox().await;
    assert_eq!(app.mails_to("maria@example.org").len(), 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r62_who_was_helped_late_has_the_full_time_to_confirm() {
    let app = TestApp::seeded().await;
    let who = by_phone(&app).await;
    app.clock().advance(chrono::TimeDelta::days(40));
    let manager = bearer(&app, "codacons", Role::CaseManager).await;
    let email = json!({"email": "maria@example.org"});
    assist(&app, &manager, &who, "email", &email)
        .await
        .expect(200);
    let deleted = async || {
        let deleted = joinder::app::retention::delete_unconfirmed(&app.ctx).await;
        deleted.unwrap().claimants
    };
    assert_eq!(deleted().await, 0);
    app.clock().advance(chrono::TimeDelta::days(29));
    assert_eq!(deleted().await, 0);
    app.clock().advance(chrono::TimeDelta::days(1));
    assert_eq!(deleted().await, 1);
    app.stop().await;
}
