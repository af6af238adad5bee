//! Mistyped mail domains on the sign-up form: asked about once, never changed unasked (R17).

use crate::app::TestApp;
use crate::pages::{Browser, Page};
use crate::seed::CASE;

const ASKED: &str = "Intendevi gmail.com? Hai scritto gmal.com.";

/// The fields of the form that came back, with the button that was tapped.
async fn answer(browser: &Browser<'_>, form: &Page, action: &str, email: &str) -> Page {
    let key = form.hidden("idempotency_key");
    let doubted = form.hidden("doubted[0]");
    let fields = [
        ("action", action),
        ("idempotency_key", key.as_str()),
        ("doubted[0]", doubted.as_str()),
        ("association", "codacons"),
        ("contact[language]", "it"),
        ("contact[email]", email),
        ("mailboxes[0][address]", "caduta@libero.it"),
        ("consents[0][purpose]", "privacy_notice"),
        ("consents[0][text_version]", "1"),
        ("consents[0][given]", "true"),
        ("consents[1][purpose]", "contact"),
        ("consents[1][text_version]", "1"),
        ("consents[1][given]", "true"),
    ];
    browser.send(&format!("/c/{CASE}/join"), &fields).await
}

async fn contacts(app: &TestApp) -> Vec<Vec<Option<String>>> {
    app.rows("SELECT contact_domain FROM claimants").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistyped_domain_is_asked_about_and_corrected_by_one_tap() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    let form = browser.join(&[("contact[email]", "maria@gmal.com")]).await;
    assert_eq!(form.status, 422);
    form.says(ASKED)
        .says("value=\"maria@gmal.com\"")
        .says("name=\"action\" value=\"correct:gmal.com\"")
        .says("id=\"contact-email-typo\"");
    assert_eq!(app.number("SELECT count(*) FROM claimants").await, 0);
    let joined = answer(&browser, &form, "correct:gmal.com", "maria@gmal.com").await;
    assert_eq!(joined.status, 303, "{}", joined.html);
    assert_eq!(contacts(&app).await, [[Some("gmail.com".to_owned())]]);
    app.run_outbox().await;
    assert_eq!(app.mails_to("maria@gmail.com").len(), 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_it_is_right_keeps_the_domain_and_is_not_asked_again() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    let form = browser.join(&[("contact[email]", "maria@gmal.com")]).await;
    let joined = answer(&browser, &form, "keep:gmal.com", "maria@gmal.com").await;
    assert_eq!(joined.status, 303, "{}", joined.html);
    // the form's own button, pressed again, says the same
    let browser = Browser::new(&app);
    let form = browser.join(&[("contact[email]", "anna@gmal.com")]).await;
    let joined = answer(&browser, &form, "send", "anna@gmal.com").await;
    assert_eq!(joined.status, 303, "{}", joined.html);
    app.run_outbox().await;
    assert_eq!(app.mails_to("maria@gmal.com").len(), 1);
    assert_eq!(app.mails_to("anna@gmal.com").len(), 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_one_question_is_none_to_the_other() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    let fields = [
        ("contact[email]", "maria@gmal.com"),
        ("mailboxes[0][address]", "caduta@lbero.it"),
    ];
    browser
        .join(&fields)
        .await
        .says(ASKED)
        .says("Intendevi libero.it?");
    for action in ["correct:lbero.it", "keep:lbero.it"] {
        let form = browser
            .get(&format!("/c/{CASE}/join?association=codacons"))
            .await;
        let key = form.hidden("idempotency_key");
        let mut sent = vec![
            ("action", action),
            ("idempotency_key", key.as_str()),
            ("association", "codacons"),
            ("doubted[0]", "gmal.com"),
            ("doubted[1]", "lbero.it"),
        ];
        sent.extend(fields);
        let again = browser.send(&format!("/c/{CASE}/join"), &sent).await;
        assert_eq!(again.status, 422);
        again.says(ASKED);
        assert!(!again.html.contains("Intendevi libero.it?"), "{action}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_is_asked_about_too_and_a_domain_of_the_case_never() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    let fields = [
        ("contact[email]", "maria@example.org"),
        ("mailboxes[0][address]", "caduta@lbero.it"),
    ];
    let form = browser.join(&fields).await;
    assert_eq!(form.status, 422);
    form.says("Intendevi libero.it? Hai scritto lbero.it.")
        .says("id=\"mailboxes-0-address-typo\"");
    // the seed's giallo.it is near to nothing; tin.it and libero.it are the case's own
    for mailbox in ["caduta@giallo.it", "caduta@tin.it", "caduta@libero.it"] {
        let email = format!("{}@example.org", mailbox.len());
        let fields = [
            ("contact[email]", email.as_str()),
            ("mailboxes[0][address]", mailbox),
        ];
        let joined = Browser::new(&app).join(&fields).await;
        assert_eq!(joined.status, 303, "{mailbox}: {}", joined.html);
    }
    app.stop().await;
}

/// The field alone names what is to be changed: a made-up answer changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_correction_nobody_offered_changes_nothing() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    let form = browser.join(&[("contact[email]", "maria@gmal.com")]).await;
    let joined = answer(&browser, &form, "correct:example.org", "maria@example.org").await;
    assert_eq!(joined.status, 303, "{}", joined.html);
    app.run_outbox().await;
    assert_eq!(app.mails_to("maria@example.org").len(), 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_page_after_joining_a_corrected_address_is_asked_about_too() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    let joined = browser
        .join(&[("contact[email]", "maria@example.org")])
        .await;
    assert_eq!(joined.status, 303, "{}", joined.html);
    let place = format!("/c/{CASE}/joined/address");
    let asked = browser.send(&place, &[("email", "maria@gmal.com")]).await;
    assert_eq!(asked.status, 422);
    asked.says(ASKED).says("value=\"maria@gmal.com\"");
    app.run_outbox().await;
    assert_eq!(
        app.mails_to("maria@gmal.com").len(),
        0,
        "never applied unasked"
    );
    let fields = [("email", "maria@gmal.com"), ("action", "correct")];
    let done = browser.send(&place, &fields).await;
    assert_eq!(done.place, format!("/c/{CASE}/joined?done=corrected"));
    app.run_outbox().await;
    assert_eq!(app.mails_to("maria@gmail.com").len(), 1);
    let fields = [("email", "maria@gmal.com"), ("action", "keep")];
    assert_eq!(browser.send(&place, &fields).await.status, 303);
    app.run_outbox().await;
    assert_eq!(app.mails_to("maria@gmal.com").len(), 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_the_case_is_not_about_is_asked_about_once_and_taken() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    let fields = [
        ("contact[email]", "maria@gmail.com"),
        ("mailboxes[0][address]", "maria@gmail.com"),
    ];
    let form = browser.join(&fields).await;
    assert_eq!(form.status, 422);
    form.says("gmail.com non è un servizio di questo caso.")
        .says("id=\"mailboxes-0-address-typo\"")
        .says("name=\"action\" value=\"keep:gmail.com\"");
    assert!(!form.html.contains("id=\"contact-email-typo\""));
    assert!(!form.html.contains("correct:gmail.com"));
    assert_eq!(app.number("SELECT count(*) FROM claimants").await, 0);
    let asked = [("asked[0]", "gmail.com"), fields[0], fields[1]];
    let joined = browser.join(&asked).await;
    assert_eq!(joined.status, 303, "{}", joined.html);
    app.stop().await;
}
