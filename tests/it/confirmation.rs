//! Confirming a contact: once, in time, by link or code.

use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::json;

use crate::app::TestApp;
use crate::claimant::{SignUpBuilder, code_in, other_code, token_in, tokens_in};
use crate::seed::CASE;

const CONFIRMED: &str = "SELECT count(*) FROM claimants WHERE state = 'confirmed'";

#[tokio::test(flavor = "multi_thread")]
async fn r15_a_link_works_once() {
    let app = TestApp::seeded().await;
    let made = app.sign_up(&SignUpBuilder::new("maria@example.org")).await;
    app.run_outbox().await;
    let token = token_in(&app.mail_about(&made), "confirm");
    let entered = app.confirm_by(&json!({"token": token})).await.expect(200);
    assert_eq!(entered.as_object().unwrap().len(), 4);
    assert_eq!(entered["state"], "confirmed");
    assert_eq!(entered["expires_at"], "2026-03-02T09:30:00Z");
    app.confirm_by(&json!({"token": token}))
        .await
        .expect_problem(410, "token-used");
    assert_eq!(app.number("SELECT count(*) FROM audit WHERE action = 'confirm' AND before = 'unconfirmed' AND after = 'confirmed'").await, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r15_of_sixteen_at_once_one_confirms() {
    let app = TestApp::seeded().await;
    let made = app.sign_up(&SignUpBuilder::new("maria@example.org")).await;
    app.run_outbox().await;
    let proof = json!({"token": token_in(&app.mail_about(&made), "confirm")});
    let answers = join_all((0..16).map(|_| app.confirm_by(&proof))).await;
    let mut confirmed = 0;
    for answer in answers {
        if answer.status.is_success() {
            confirmed += 1;
        } else {
            answer.expect_problem(410, "token-used");
        }
    }
    assert_eq!(confirmed, 1);
    assert_eq!(
        app.number("SELECT count(*) FROM audit WHERE action = 'confirm'")
            .await,
        1
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r15_a_link_expires_after_72_hours_and_a_fresh_one_works() {
    let app = TestApp::seeded().await;
    let made = app.sign_up(&SignUpBuilder::new("maria@example.org")).await;
    app.run_outbox().await;
    let token = token_in(&app.mail_about(&made), "confirm");
    app.clock().advance(TimeDelta::hours(72));
    app.confirm_by(&json!({"token": token}))
        .await
        .expect_problem(410, "token-expired");
    assert_eq!(app.number(CONFIRMED).await, 0);
    app.resend("maria@example.org").await.expect(202);
    assert_eq!(app.confirm(&made).await.state, "confirmed");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r15_a_link_works_until_its_last_moment() {
    let app = TestApp::seeded().await;
    let made = app.sign_up(&SignUpBuilder::new("maria@example.org")).await;
    app.run_outbox().await;
    let token = token_in(&app.mail_about(&made), "confirm");
    app.clock()
        .advance(TimeDelta::hours(72) - TimeDelta::seconds(1));
    app.confirm_by(&json!({"token": token})).await.expect(200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_confirms_with_reference_or_id() {
    let app = TestApp::seeded().await;
    for by_id in [true, false] {
        let made = app
            .sign_up(&SignUpBuilder::new(&format!("m{by_id}@example.org")))
            .await;
        app.run_outbox().await;
        let code = code_in(&app.mail_about(&made));
        let (start, end) = made.reference.split_at(4);
        let grouped = format!("{start}-{end}").to_lowercase();
        let proof = if by_id {
            json!({"claimant_id": made.id, "code": code})
        } else {
            json!({"reference": grouped, "code": code})
        };
        let entered = app.confirm_by(&proof).await.expect(200);
        assert_eq!(entered["claimant_id"], made.id.to_string());
        app.confirm_by(&proof)
            .await
            .expect_problem(410, "token-used");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_codes_end_the_code_and_not_the_link() {
    let app = TestApp::seeded().await;
    let made = app.sign_up(&SignUpBuilder::new("maria@example.org")).await;
    app.run_outbox().await;
    let mail = app.mail_about(&made);
    let code = code_in(&mail);
    let wrong = json!({"reference": made.reference, "code": other_code(&code)});
    for _ in 0..5 {
        let fields = app.confirm_by(&wrong).await.wrong_fields();
        assert_eq!(fields, [("/code".to_owned(), "unknown_value".to_owned())]);
    }
    let right = json!({"reference": made.reference, "code": code});
    app.confirm_by(&right)
        .await
        .expect_problem(422, "validation");
    assert_eq!(app.number(CONFIRMED).await, 0);
    app.confirm_by(&json!({"token": token_in(&mail, "confirm")}))
        .await
        .expect(200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_wrong_codes_at_once_are_no_more_than_five_attempts() {
    let app = TestApp::seeded().await;
    let made = app.sign_up(&SignUpBuilder::new("maria@example.org")).await;
    app.run_outbox().await;
    let code = code_in(&app.mail_about(&made));
    let wrong = json!({"claimant_id": made.id, "code": other_code(&code)});
    for answer in join_all((0..50).map(|_| app.confirm_by(&wrong))).await {
        answer.expect(422);
    }
    assert_eq!(app.number("SELECT attempts FROM confirmations").await, 5);
    let right = json!({"claimant_id": made.id, "code": code});
    app.confirm_by(&right).await.expect(422);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_than_ten_codes_a_day_for_one_record() {
    let app = TestApp::seeded().await;
    let claimant = app
        .confirmed(&SignUpBuilder::new("maria@example.org"))
        .await;
    for _ in 0..15 {
        app.request_access("maria@example.org").await.expect(202);
        app.run_outbox().await;
    }
    let made = format!(
        "SELECT count(*) FROM confirmations WHERE claimant_id = '{}'",
        claimant.id
    );
    assert_eq!(app.number(&made).await, 10);
    app.clock().advance(TimeDelta::hours(25));
    app.request_access("maria@example.org").await.expect(202);
    app.run_outbox().await;
    // the fresh one, and the one mail that was put off when the cap of the address was full
    assert_eq!(app.number(&made).await, 12);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_record_reads_like_a_wrong_code_and_an_unknown_link_like_an_old_one() {
    let app = TestApp::seeded().await;
    let made = app.sign_up(&SignUpBuilder::new("maria@example.org")).await;
    app.run_outbox().await;
    let code = code_in(&app.mail_about(&made));
    let wrong = app
        .confirm_by(&json!({"reference": made.reference, "code": other_code(&code)}))
        .await
        .wrong_fields();
    let unknown = app
        .confirm_by(&json!({"reference": "000000000000", "code": code}))
        .await
        .wrong_fields();
    assert_eq!(wrong, unknown);
    for token in ["x", "AAAA", &"A".repeat(200), "../../x", "\u{0}"] {
        app.confirm_by(&json!({"token": token}))
            .await
            .expect_problem(410, "token-expired");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_with_missing_parts_names_them() {
    let app = TestApp::seeded().await;
    let wrong = async |body| app.confirm_by(&body).await.wrong_fields();
    let field = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());
    assert_eq!(
        wrong(json!({})).await,
        [field("/reference", "required"), field("/code", "required")]
    );
    assert_eq!(
        wrong(json!({"code": "123456"})).await,
        [field("/reference", "required")]
    );
    assert_eq!(
        wrong(json!({"reference": "7Z8K2M4Q9XWT"})).await,
        [field("/code", "required")]
    );
    assert_eq!(
        wrong(json!({"claimant_id": "7", "code": "1"})).await,
        [field("/claimant_id", "format")]
    );
    assert_eq!(
        wrong(json!({"token": "x", "pin": "1"})).await,
        [field("/pin", "unknown_field")]
    );
    let english = app
        .request(reqwest::Method::POST, "/api/v1/public/access-tokens")
        .header("accept-language", "en")
        .json(&json!({}));
    let body = crate::claimant::ask(english).await.expect(422);
    assert!(
        body["errors"][1]["message"]
            .as_str()
            .unwrap()
            .contains("code"),
        "{body}"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_confirm_does_not_enter_and_the_other_way_round() {
    let app = TestApp::seeded().await;
    let made = app.sign_up(&SignUpBuilder::new("maria@example.org")).await;
    app.run_outbox().await;
    let token = token_in(&app.mail_about(&made), "confirm");
    app.enter_by(&json!({"token": token}))
        .await
        .expect_problem(410, "token-expired");
    assert_eq!(app.number(CONFIRMED).await, 0);
    app.confirm_by(&json!({"token": token})).await.expect(200);
    app.request_access("maria@example.org").await.expect(202);
    app.run_outbox().await;
    let token = token_in(app.mails_to("maria@example.org").last().unwrap(), "enter");
    app.confirm_by(&json!({"token": token}))
        .await
        .expect_problem(410, "token-expired");
    app.enter_by(&json!({"token": token})).await.expect(200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r18_the_answer_never_tells_whether_an_address_is_known() {
    let app = TestApp::seeded().await;
    let first = app
        .try_sign_up(&SignUpBuilder::new("known@example.org"))
        .await;
    app.run_outbox().await;
    let again = app
        .try_sign_up(&SignUpBuilder::new("known@example.org"))
        .await;
    assert_eq!(first.status, again.status);
    let names = |body: &serde_json::Value| {
        body.as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&first.body), names(&again.body));
    assert_eq!(first.body["state"], again.body["state"]);
    app.run_outbox().await;
    assert_eq!(app.mails_to("known@example.org").len(), 2);

    for path in ["confirmations/resend", "access-links"] {
        let path = format!("/api/v1/public/{path}");
        let known = app
            .post(&path, &json!({"email": "KNOWN@example.org", "case": CASE}))
            .await;
        let unknown = app
            .post(
                &path,
                &json!({"email": "unknown@example.org", "case": CASE}),
            )
            .await;
        assert_eq!((known.status, &known.body), (unknown.status, &unknown.body));
        unknown.expect(202);
    }
    app.run_outbox().await;
    assert!(app.mails_to("unknown@example.org").is_empty());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r18_one_mail_lists_the_newest_five_records_of_an_address() {
    let app = TestApp::seeded().await;
    for _ in 0..6 {
        app.sign_up(&SignUpBuilder::new("family@example.org")).await;
    }
    // the cap is full with three: what comes after 24 hours lists five
    app.run_outbox().await;
    app.clock().advance(TimeDelta::hours(25));
    app.run_outbox().await;
    let mails = app.mails_to("family@example.org");
    assert_eq!(mails.len(), 4);
    let tokens = tokens_in(&mails[3], "confirm");
    assert_eq!(tokens.len(), 5);
    for token in tokens {
        app.confirm_by(&json!({"token": token})).await.expect(200);
    }
    assert_eq!(app.number(CONFIRMED).await, 5);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r14_the_code_of_a_mail_can_be_checked_by_anybody() {
    let app = TestApp::seeded().await;
    app.sign_up(&SignUpBuilder::new("maria@example.org")).await;
    app.run_outbox().await;
    let code = app.mails()[0].message.mail.mail_code.clone();
    let body = crate::claimant::ask(app.request(
        reqwest::Method::GET,
        &format!("/api/v1/public/mail-codes/{}", code.to_lowercase()),
    ))
    .await
    .expect(200);
    assert_eq!(
        body,
        json!({"association": "Codacons", "kind": "confirmation", "sent_on": "2026-03-02"})
    );
    for code in ["0000-0000-0000", "x", "%00"] {
        let answer = crate::claimant::ask(app.request(
            reqwest::Method::GET,
            &format!("/api/v1/public/mail-codes/{code}"),
        ))
        .await;
        answer.expect_problem(404, "not-found");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r18_correcting_to_an_address_over_its_cap_makes_no_code_that_could_be_guessed() {
    let app = TestApp::seeded().await;
    for number in 0..3 {
        let victim = SignUpBuilder::new("victim@example.org").key(&format!("victim-{number}"));
        app.sign_up(&victim).await;
    }
    app.run_outbox().await;
    let other = app.sign_up(&SignUpBuilder::new("other@example.org")).await;
    let id = joinder::domain::ids::ClaimantId::new(other.id);
    let association = app
        .rows(&format!(
            "SELECT association_id FROM claimants WHERE id = '{}'",
            other.id
        ))
        .await;
    let association = association[0][0].as_deref().unwrap();
    let ticket = joinder::app::session::Ticket {
        claimant: id,
        association: joinder::domain::ids::AssociationId::parse(association).unwrap(),
    };
    joinder::app::mail_request::correct_email(&app.ctx, ticket, "victim@example.org")
        .await
        .unwrap();
    let open = format!(
        "SELECT count(*) FROM confirmations WHERE claimant_id = '{}' AND voided_at IS NULL",
        other.id
    );
    assert_eq!(crate::app::number(&app, &open).await, 0);
    app.run_outbox().await;
    assert_eq!(app.mails_to("victim@example.org").len(), 3);
    app.stop().await;
}
