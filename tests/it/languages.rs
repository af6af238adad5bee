//! In which language pages, texts and mails are.

use serde_json::json;

use crate::app::TestApp;
use crate::claimant::SignUpBuilder;

const CASE: &str = "/c/libero-virgilio-2023";

/// A page as a browser with this preference sees it.
async fn read(app: &TestApp, path: &str, accept: &str) -> (Option<String>, String) {
    let request = app.browser().get(app.url(path));
    let answer = request
        .header("Accept-Language", accept)
        .send()
        .await
        .unwrap();
    let cookie = answer.headers().get("set-cookie");
    let cookie = cookie.map(|line| line.to_str().unwrap().to_owned());
    (cookie, answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_browser_the_switch_and_the_cookie_choose_german() {
    let app = TestApp::seeded().await;
    for (accept, language) in [
        ("de-IT,de;q=0.9,it;q=0.8", "de"),
        ("de-AT", "de"),
        ("fr, de;q=0.5, en;q=0.7", "en"),
        ("it, de;q=0.9", "it"),
        ("fr", "it"),
    ] {
        let (cookie, page) = read(&app, "/", accept).await;
        assert!(
            page.contains(&format!("<html lang=\"{language}\">")),
            "{accept}"
        );
        assert_eq!(cookie, None, "what nobody chose is not remembered");
    }
    let (cookie, page) = read(&app, "/?lang=de", "it").await;
    assert!(
        page.contains("<html lang=\"de\">") && page.contains("Sammelklagen (azioni di classe)")
    );
    let cookie = cookie.unwrap();
    assert!(cookie.starts_with("lang=de;"), "{cookie}");
    let request = app.browser().get(app.url(CASE)).header("Cookie", "lang=de");
    let page = request.send().await.unwrap().text().await.unwrap();
    assert!(page.contains("Was geschehen ist"));
    for word in ["it", "en", "de"] {
        assert!(
            page.contains(&format!("href=\"{CASE}?lang={word}\"")),
            "{word}"
        );
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_up_in_german_gets_german_mails() {
    let app = TestApp::seeded().await;
    let form = format!("{CASE}/join?association=codacons&lang=de");
    let (_, page) = read(&app, &form, "it").await;
    let field = "name=\"contact[language]\" value=\"de\"";
    assert!(page.contains(field), "{page}");

    let builder = SignUpBuilder::new("ada@own.example").with("/contact/language", json!("de"));
    let claimant = app.confirmed(&builder).await;
    let [mail] = app.mails_to("ada@own.example").try_into().unwrap();
    assert!(mail.contains("Guten Tag,") && mail.contains("Ihr Code zur Bestätigung: "));
    assert_eq!(claimant.me().await["language"], "de");
    app.request_access("ada@own.example").await;
    app.run_outbox().await;
    let mails = app.mails_to("ada@own.example");
    assert!(
        mails
            .last()
            .unwrap()
            .contains("Sie möchten Ihre Akte öffnen.")
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn german_texts_say_that_the_italian_ones_count() {
    let app = TestApp::seeded().await;
    let (_, page) = read(&app, &format!("{CASE}/texts"), "de").await;
    let mark = "nicht verbindlich: Es gilt der italienische Text.";
    assert_eq!(page.matches(mark).count(), 3, "{page}");
    let italian = "<div class=\"prose\" data-fixed lang=\"it\">";
    assert_eq!(
        page.matches(italian).count(),
        3,
        "the text that counts is beside it"
    );
    let (_, page) = read(&app, &format!("{CASE}/texts"), "it").await;
    assert_eq!(page.matches(italian).count(), 3, "once");
    let (_, page) = read(&app, &format!("{CASE}/join?association=codacons"), "de").await;
    assert_eq!(page.matches(mark).count(), 3, "{page}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_who_prefer_german_read_italian_throughout() {
    let app = TestApp::seeded().await;
    let (_, page) = read(&app, "/console/login", "de").await;
    assert!(page.contains("<html lang=\"it\">") && page.contains("Vai al contenuto"));
    let (_, page) = read(&app, "/console/login", "de;q=0.9, en").await;
    assert!(page.contains("<html lang=\"en\">"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_are_told_in_german() {
    let app = TestApp::seeded().await;
    let wrong = SignUpBuilder::new("keine-adresse");
    let request = app.sign_up_request(&wrong).header("Accept-Language", "de");
    let answer = request.send().await.unwrap();
    let body: serde_json::Value = answer.json().await.unwrap();
    let told = body["errors"][0]["message"].as_str().unwrap_or_default();
    assert!(
        told.contains("Die E-Mail-Adresse ist nicht gültig."),
        "{body}"
    );
    app.stop().await;
}
