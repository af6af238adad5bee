//! The own record under an access token, and nobody else's.

use chrono::TimeDelta;
use joinder::domain::permission::{Access, operation};
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{DEATHS, TestApp};
use crate::claimant::{SignUpBuilder, ask, code_in, token_in, tokens_in};
use crate::seed::CASE;

#[tokio::test(flavor = "multi_thread")]
async fn the_own_record_shows_everything_masked() {
    let app = TestApp::seeded().await;
    let builder = SignUpBuilder::new("maria.rossi@example.org")
        .with("/contact/phone", json!("+393331234567"));
    let claimant = app.confirmed(&builder).await;
    let mut me = claimant.me().await;
    let id = claimant.id.to_string();
    assert_eq!(me["id"], id);
    assert_eq!(me["reference"].as_str().unwrap().len(), 12);
    let phone = me["contact"]["phone"].as_str().unwrap().to_owned();
    assert!(
        phone.ends_with("67") && !phone.contains("333123"),
        "{phone}"
    );
    for field in ["id", "reference"] {
        me.as_object_mut().unwrap().remove(field);
    }
    me["contact"].as_object_mut().unwrap().remove("phone");
    let mailbox = me["mailboxes"][0].as_object_mut().unwrap();
    assert!(mailbox.remove("id").is_some());
    let consent = |purpose: &str| json!({"purpose": purpose, "text_version": "1", "given": true, "given_at": "2026-03-02T09:00:00Z"});
    let expected = json!({
        "case": CASE, "association": "codacons", "state": "confirmed", "language": "it",
        "created_at": "2026-03-02T09:00:00Z", "confirmed_at": "2026-03-02T09:00:00Z",
        "contact": {"email": "m***i@example.org"},
        "mailboxes": [{"address": "caduta@libero.it", "plan": "free", "alias": false, "treatment": "in_scope", "proved_at": null, "proof": null}],
        "payout": null, "payout_pending": null, "payout_frozen": false,
        "identity": null, "representative": null, "to_ratify": false, "missing": ["b", "d", "e", "f", "g", "h", "i"],
        "missing_to_lodge": ["a", "b", "d", "e", "f", "g", "h", "i", "l"], "asked": [], "ready": false,
        "consents": [consent("privacy_notice"), consent("contact")],
    });
    assert_eq!(me, expected);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c_is_missing_where_the_association_named_no_lawyer() {
    let app = TestApp::seeded().await;
    let builder = SignUpBuilder::new("maria@example.org").association("altroconsumo");
    let me = app.confirmed(&builder).await.me().await;
    assert!(me["missing"].as_array().unwrap().contains(&json!("c")));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_or_with_a_foreign_one_every_own_operation_is_401() {
    let app = TestApp::seeded().await;
    let mut asked = 0;
    for known in operation::ALL
        .iter()
        .filter(|known| known.access == Access::Claimant && known.path.starts_with("/api/"))
        // takes no JSON
        .filter(|known| **known != &operation::ADD_DOCUMENT)
    {
        let path = known.path.replace("{purpose}", "newsletter");
        let method: Method = known.method.as_str().parse().unwrap();
        for token in [
            None,
            Some("x"),
            Some("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        ] {
            let mut request = app.request(method.clone(), &path);
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            if method != Method::GET && !path.ends_with("erasure") {
                let body = if path.contains("consents") {
                    json!({"given": true})
                } else {
                    json!({})
                };
                request = request.json(&body);
            }
            let answer = ask(request).await;
            assert_eq!(answer.headers["www-authenticate"], "Bearer", "{path}");
            answer.expect_problem(401, "unauthenticated");
            asked += 1;
        }
    }
    assert_eq!(asked, 31 * 3);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r49_who_is_withdrawn_is_told_by_mail_once() {
    let app = TestApp::seeded().await;
    let maria = app
        .confirmed(&SignUpBuilder::new("maria@example.org"))
        .await;
    maria
        .withdraw(&json!({"reason": "Ho cambiato idea"}))
        .await
        .expect(200);
    maria
        .withdraw(&json!({}))
        .await
        .expect_problem(409, "illegal-transition");
    app.run_outbox().await;
    let told = |kind: &str| {
        let mails = app.mails().into_iter().map(|mail| mail.message.mail);
        let mails = mails.filter(|mail| mail.kind.as_str() == kind);
        mails.collect::<Vec<_>>()
    };
    let [mail] = told("withdrawal").try_into().unwrap();
    assert_eq!(mail.to, "maria@example.org");
    assert_eq!(mail.subject, "La tua pre-adesione è ritirata");
    for said in ["è stata ritirata", "Non sei stato tu?", "/me"] {
        assert!(
            mail.text.contains(said) && mail.html.contains(said),
            "{said}"
        );
    }
    assert!(!mail.text.contains("cambiato idea"));
    // who goes on elsewhere after that is not told again
    let consent = |purpose: &str| json!({"purpose": purpose, "text_version": "1", "given": true});
    let wish = json!({
        "association": "altroconsumo",
        "consents": [consent("privacy_notice"), consent("contact")],
    });
    ask(maria.request(Method::POST, "/association").json(&wish))
        .await
        .expect(201);
    app.run_outbox().await;
    assert_eq!(told("withdrawal").len(), 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r49_r60_a_database_lost_at_the_mail_withdraws_nobody_and_enters_no_request() {
    let app = TestApp::seeded().await;
    let maria = app
        .confirmed(&SignUpBuilder::new("maria@example.org"))
        .await;
    let request = json!({"kind": "objection", "text": "Non voglio"});
    for moment in DEATHS {
        app.let_die("outbox", moment).await;
        let withdrawn = maria.withdraw(&json!({})).await;
        let asked = ask(maria
            .request(Method::POST, "/rights-requests")
            .json(&request))
        .await;
        app.let_live("outbox").await;
        for lost in [withdrawn, asked] {
            assert_eq!(lost.status.as_u16(), 503, "{moment} {}", lost.body);
        }
        assert_eq!(maria.me().await["state"], "confirmed", "{moment}");
        let requests = "SELECT count(*) FROM rights_requests";
        assert_eq!(app.number(requests).await, 0, "{moment}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r55_a_token_opens_the_own_record_only() {
    let app = TestApp::seeded().await;
    let maria = app
        .confirmed(&SignUpBuilder::new("maria@example.org"))
        .await;
    let anna = app
        .confirmed(&SignUpBuilder::new("anna@example.org").association("altroconsumo"))
        .await;
    assert_eq!(maria.me().await["association"], "codacons");
    assert_eq!(anna.me().await["association"], "altroconsumo");
    assert_eq!(anna.me().await["id"], anna.id.to_string());
    anna.erase().await.expect(200);
    assert_eq!(maria.me().await["state"], "confirmed");
    ask(anna.request(Method::GET, ""))
        .await
        .expect_problem(401, "unauthenticated");
    // the console's cookie is no credential of the API
    let cookie = app
        .request(Method::GET, "/api/v1/public/me")
        .header("cookie", format!("joinder_me={}", maria.token));
    ask(cookie).await.expect_problem(401, "unauthenticated");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_30_minutes_after_the_last_act() {
    let app = TestApp::seeded().await;
    let claimant = app
        .confirmed(&SignUpBuilder::new("maria@example.org"))
        .await;
    app.clock().advance(TimeDelta::minutes(29));
    claimant
        .put_consent("newsletter", &json!({"given": true}))
        .await
        .expect(200);
    app.clock().advance(TimeDelta::minutes(29));
    claimant.me().await;
    app.clock().advance(TimeDelta::minutes(1));
    ask(claimant.request(Method::GET, ""))
        .await
        .expect_problem(401, "unauthenticated");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_comes_back_by_link_or_code_each_good_once() {
    let app = TestApp::seeded().await;
    let claimant = app
        .confirmed(&SignUpBuilder::new("maria@example.org"))
        .await;
    let reference = claimant.me().await["reference"].clone();
    let mail = async || {
        app.request_access("maria@example.org").await.expect(202);
        app.run_outbox().await;
        app.mails_to("maria@example.org").pop().unwrap()
    };
    let proof = json!({"token": token_in(&mail().await, "enter")});
    let entered = app.enter_by(&proof).await.expect(200);
    assert_eq!(app.claimant(&entered).me().await["reference"], reference);
    app.enter_by(&proof).await.expect_problem(410, "token-used");

    let proof = json!({"reference": reference, "code": code_in(&mail().await)});
    app.enter_by(&proof).await.expect(200);
    app.enter_by(&proof).await.expect_problem(410, "token-used");

    let late = json!({"token": token_in(&mail().await, "enter")});
    app.clock().advance(TimeDelta::hours(24));
    app.enter_by(&late)
        .await
        .expect_problem(410, "token-expired");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_of_several_people_gets_one_mail_with_a_link_for_each() {
    let app = TestApp::seeded().await;
    let one = app
        .confirmed(&SignUpBuilder::new("family@example.org"))
        .await;
    let two = app
        .confirmed(&SignUpBuilder::new("family@example.org").association("altroconsumo"))
        .await;
    app.request_access("family@example.org").await.expect(202);
    assert_eq!(app.run_outbox().await, 1);
    let mail = app.mails_to("family@example.org").pop().unwrap();
    let mut opened = Vec::new();
    for token in tokens_in(&mail, "enter") {
        let entered: Value = app.enter_by(&json!({"token": token})).await.expect(200);
        opened.push(entered["claimant_id"].as_str().unwrap().to_owned());
    }
    opened.sort();
    let mut expected = [one.id.to_string(), two.id.to_string()];
    expected.sort();
    assert_eq!(opened, expected);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_for_a_link_names_what_is_wrong_with_it() {
    let app = TestApp::seeded().await;
    let wrong = async |body: Value| {
        app.post("/api/v1/public/access-links", &body)
            .await
            .wrong_fields()
    };
    let field = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());
    assert_eq!(
        wrong(json!({})).await,
        [field("/email", "required"), field("/case", "required")]
    );
    assert_eq!(
        wrong(json!({"email": "x", "case": CASE})).await,
        [field("/email", "format")]
    );
    assert_eq!(
        wrong(json!({"email": "x@example.org", "case": "none"})).await,
        [field("/case", "unknown_value")]
    );
    assert_eq!(
        wrong(json!({"email": "x@example.org", "case": CASE, "cc": "y"})).await,
        [field("/cc", "unknown_field")]
    );
    app.stop().await;
}
