//! In which language pages, texts and mails are.

use serde_json::json;

use crate::app::TestApp;
use crate::claimant::SignUpBuilder;
use crate::pages::{Browser, fields};

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

/// The buttons of a page with a form, each to the same form in another language.
#[track_caller]
fn switches(page: &str, path: &str) {
    for word in ["it", "en", "de"] {
        let target =
            format!("form=\"form\" formaction=\"{path}lang={word}&switch=1\" formnovalidate");
        assert!(
            page.replace("&#38;", "&").contains(&target),
            "{word}: {page}"
        );
    }
    assert!(
        !page.contains("hreflang"),
        "no link that loses what is typed"
    );
    // Enter sends the form and changes no language
    let (first, second) = (
        page.find("class=\"default-submit\" type=\"submit\" form=\"form\""),
        page.find("class=\"language\""),
    );
    assert!(first.unwrap() < second.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_language_keeps_what_was_typed_into_the_sign_up_and_signs_nobody_up() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    let path = format!("{CASE}/join?association=codacons&via=forum");
    let page = browser.get(&path).await;
    switches(&page.html, &format!("{path}&"));
    let key = page.hidden("idempotency_key");
    let typed = [
        ("action", ""),
        ("contact[email]", "nessuna"),
        ("contact[phone]", "333 1"),
        ("mailboxes[1][address]", "seconda@libero.it"),
        ("consents[2][given]", "true"),
    ];
    let sent = fields(&key, &typed);
    let german = browser
        .send(&format!("{path}&lang=de&switch=1"), &sent)
        .await;
    assert_eq!(german.status, 200);
    german
        .says("<html lang=\"de\">")
        .says("name=\"contact[language]\" value=\"de\"")
        .says("value=\"nessuna\"")
        .says("value=\"333 1\"")
        .says("value=\"caduta@libero.it\"")
        .says("value=\"seconda@libero.it\"");
    assert_eq!(german.hidden("idempotency_key"), key);
    assert!(!german.html.contains("field-wrong"), "nothing is judged");
    switches(&german.html, &format!("{path}&"));
    assert_eq!(app.number("SELECT count(*) FROM claimants").await, 0);
    // the language stays, and the form goes on as it is
    let sent = fields(
        &key,
        &[
            ("contact[email]", "ada@own.example"),
            ("contact[language]", "de"),
        ],
    );
    let done = browser.send(&format!("{CASE}/join"), &sent).await;
    assert_eq!(done.status, 303, "{}", done.html);
    let mail = browser.mail("ada@own.example").await;
    assert!(mail.contains("Guten Tag,"), "{mail}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_language_keeps_identity_and_declaration_as_typed_and_saves_nothing() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    browser.confirmed("mario@example.org").await;
    let csrf = browser.csrf().await;
    let page = browser.get("/me/identity").await;
    switches(&page.html, "/me/identity?");
    let typed = [
        ("csrf", csrf.as_str()),
        ("kind", "person"),
        ("person[given_name]", "Mario"),
        ("person[codice_fiscale]", "RSS"),
    ];
    let english = browser
        .send("/me/identity?kind=person&lang=en&switch=1", &typed)
        .await;
    assert_eq!(english.status, 200);
    english
        .says("<html lang=\"en\">")
        .says("value=\"Mario\"")
        .says("value=\"RSS\"");
    assert!(!english.html.contains("field-wrong"), "nothing is judged");
    assert_eq!(app.number("SELECT count(*) FROM identities").await, 0);
    // a form of another session is answered as ever
    let strange = [
        ("csrf", "x"),
        ("kind", "person"),
        ("person[given_name]", "Mario"),
    ];
    let strange = browser
        .send("/me/identity?lang=de&switch=1", &strange)
        .await;
    assert_eq!(strange.status, 422);
    strange.says("<html lang=\"de\">").says("value=\"Mario\"");

    let typed = [
        ("csrf", csrf.as_str()),
        ("step", "1"),
        ("incidents[0][slug]", "x"),
        ("incidents[0][hit]", "true"),
        ("incidents[0][fee]", "dodici"),
    ];
    let page = browser.get("/me/declare?lang=it").await;
    assert_eq!(page.status, 200, "{}", page.html);
    switches(&page.html, "/me/declare?step=1&");
    let slug = slug_in(&page.html);
    let typed = typed.map(|(name, value)| match name {
        "incidents[0][slug]" => (name, slug.as_str()),
        _ => (name, value),
    });
    let german = browser
        .send("/me/declare?step=1&lang=de&switch=1", &typed)
        .await;
    assert_eq!(german.status, 200);
    german.says("<html lang=\"de\">").says("value=\"dodici\"");
    assert!(!german.html.contains("field-wrong"), "nothing is judged");
    let drafts = "SELECT count(*) FROM declaration_drafts";
    assert_eq!(app.number(drafts).await, 0, "nothing is saved");
    app.stop().await;
}

/// The first outage a page asks about.
fn slug_in(page: &str) -> String {
    let start = "name=\"incidents[0][slug]\" value=\"";
    let (_, rest) = page.split_once(start).unwrap();
    rest.split('"').next().unwrap().to_owned()
}
