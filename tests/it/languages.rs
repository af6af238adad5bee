//! In which language pages, texts and mails are.

use std::collections::BTreeSet;

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
        ("incidents[0][hit]", "whole"),
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

/// A form with buttons of the languages, filled so that it would be stored.
struct Filled<'a> {
    /// Its template in `src/render/page/`.
    template: &'a str,
    /// Where it stands.
    path: String,
    /// Where it is sent to.
    action: String,
    fields: Vec<(&'a str, &'a str)>,
    /// A value that only typing brings into the page.
    typed: &'a str,
}

impl<'a> Filled<'a> {
    fn new(template: &'a str, path: &str, fields: &[(&'a str, &'a str)], typed: &'a str) -> Self {
        Self {
            template,
            path: path.to_owned(),
            action: path.to_owned(),
            fields: fields.to_vec(),
            typed,
        }
    }

    fn sent_to(self, action: &str) -> Self {
        let action = action.to_owned();
        Self { action, ..self }
    }
}

/// All that claimants and visitors fill in; the last one takes the record out of its owner's hand.
fn every_form() -> Vec<Filled<'static>> {
    let join = format!("{CASE}/join?association=codacons");
    let embed = format!("/embed/{}?association=codacons&via=blog", &CASE[3..]);
    let follow = format!("{CASE}/follow");
    let (dora, carla) = ("dora@example.org", "carla@example.org");
    let mut forms = vec![
        Filled::new(
            "join.html",
            &join,
            &fields("switched-join", &[("contact[email]", dora)]),
            dora,
        )
        .sent_to(&format!("{CASE}/join")),
        Filled::new(
            "join.html",
            &embed,
            &fields("switched-embed", &[("contact[email]", carla)]),
            carla,
        ),
        Filled::new(
            "follow.html",
            &follow,
            &[
                ("association", "codacons"),
                ("email", "elena@example.org"),
                ("language", "it"),
                ("text_version", "1"),
                ("given", "true"),
            ],
            "elena@example.org",
        ),
        Filled::new(
            "scam_report.html",
            "/report-scam",
            &[
                ("idempotency_key", "switched-report"),
                ("case", "libero-virgilio-2023/codacons"),
                ("what_happened", "Mi ha chiesto di pagare subito."),
                ("asked_for", "money"),
                ("came_from", ""),
                ("contact", ""),
            ],
            "Mi ha chiesto di pagare subito.",
        ),
    ];
    forms.extend(forms_of_the_record());
    forms
}

fn forms_of_the_record() -> [Filled<'static>; 8] {
    [
        Filled::new(
            "identity.html",
            "/me/identity",
            &[
                ("kind", "person"),
                ("person[codice_fiscale]", "RSSMRA85C12H501J"),
                ("person[given_name]", "Mario Ugo"),
                ("person[family_name]", "Rossi"),
                ("person[birth_date]", "12/03/1985"),
            ],
            "Mario Ugo",
        ),
        Filled::new(
            "declare_mailbox.html",
            "/me/declare?step=1",
            &[
                ("step", "1"),
                ("incidents[0][slug]", "gennaio-2023"),
                ("incidents[0][hit]", "whole"),
                ("incidents[0][plan]", "free"),
                ("incidents[0][fee]", ""),
                ("incidents[0][other_holder]", "true"),
                ("incidents[0][holder_note]", "intestata a mia zia"),
                ("incidents[0][items][0][head]", "flat_rate"),
                ("incidents[0][items][0][amount]", ""),
            ],
            "intestata a mia zia",
        )
        .sent_to("/me/declare"),
        Filled::new(
            "declare_elsewhere.html",
            "/me/declare?step=2",
            &[
                ("step", "2"),
                ("elsewhere[nothing]", "yes"),
                ("elsewhere[member_number]", "socio-4711"),
            ],
            "socio-4711",
        )
        .sent_to("/me/declare"),
        Filled::new(
            "declare_story.html",
            "/me/declare?step=3",
            &[
                ("step", "3"),
                ("narrative", "Non arrivava posta per giorni."),
            ],
            "Non arrivava posta per giorni.",
        )
        .sent_to("/me/declare"),
        Filled::new(
            "rights.html",
            "/me/rights",
            &[
                ("kind", "rectification"),
                ("text", "Il nome della via manca."),
            ],
            "Il nome della via manca.",
        ),
        Filled::new(
            "payout.html",
            "/me/payout",
            &[
                ("iban", "IT60X0542811101000000123456"),
                ("holder", "Mario Ugo Rossi"),
                ("holder_is_claimant", "yes"),
            ],
            "IT60X0542811101000000123456",
        ),
        Filled::new(
            "contact.html",
            "/me/contact",
            &[("email", "nuova@example.org")],
            "nuova@example.org",
        ),
        Filled::new(
            "representative.html",
            "/me/representative",
            &[
                ("title", "power_of_attorney"),
                ("title_document", "Procura del 3 gennaio 2026"),
                ("given_name", "Anna"),
                ("family_name", "Bianchi"),
                ("codice_fiscale", "BNCNNA58S70F205L"),
                ("valid_from", "01/01/2026"),
                ("valid_until", ""),
            ],
            "Procura del 3 gennaio 2026",
        ),
    ]
}

/// The templates that put buttons of the languages in place of the links.
fn templates_with_buttons() -> BTreeSet<String> {
    let pages = concat!(env!("CARGO_MANIFEST_DIR"), "/src/render/page");
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(pages).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "html") {
            let words = std::fs::read_to_string(&path).unwrap();
            if words.contains("include \"page/languages.html\"") {
                let name = path.file_name().unwrap().to_str().unwrap();
                found.insert(name.to_owned());
            }
        }
    }
    found
}

/// Rows of every table and what is in them, without the buckets that count requests.
async fn stored(app: &TestApp) -> Vec<Vec<Option<String>>> {
    let tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' \
        AND table_type = 'BASE TABLE' AND table_name NOT IN ('rate_buckets', 'leases') ORDER BY 1";
    let tables = app.rows(tables).await;
    assert!(tables.len() > 20);
    let sums = tables.iter().map(|row| {
        let table = row[0].as_deref().unwrap();
        format!("SELECT '{table}', count(*)::text, coalesce(sum(hashtext(t::text)), 0)::text FROM {table} t")
    });
    let sums = sums.collect::<Vec<_>>().join(" UNION ALL ");
    app.rows(&format!("SELECT * FROM ({sums}) AS sums ORDER BY 1"))
        .await
}

#[test]
fn every_template_with_buttons_of_the_languages_is_tried() {
    let tried = every_form()
        .iter()
        .map(|form| form.template.to_owned())
        .collect::<BTreeSet<_>>();
    assert_eq!(tried, templates_with_buttons());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_button_of_a_language_stores_nothing_on_any_page() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    browser.confirmed("mario@example.org").await;
    let csrf = browser.csrf().await;
    for form in every_form() {
        let path = &form.path;
        let joint = if path.contains('?') { '&' } else { '?' };
        let page = browser.get(&format!("{path}{joint}lang=it")).await;
        assert_eq!(page.status, 200, "{path}: {}", page.html);
        page.says("<html lang=\"it\">").says("class=\"language\"");
        assert!(!page.html.contains(form.typed), "{path}: {}", page.html);

        let mut sent: Vec<(&str, &str)> = form.fields.clone();
        sent.push(("csrf", csrf.as_str()));
        let before = stored(&app).await;
        let german = browser.send(&german_button(&page.html, path), &sent).await;
        assert_eq!(german.status, 200, "{path}: {}", german.html);
        german.says("<html lang=\"de\">").says(form.typed);
        assert!(
            !german.html.contains("field-wrong"),
            "{path}: nothing is judged"
        );
        assert_eq!(stored(&app).await, before, "{path}: nothing is stored");

        // by its own button the same is stored: the comparison sees it
        let done = browser.send(&form.action, &sent).await;
        assert!(done.status.as_u16() < 400, "{path}: {}", done.html);
        assert_ne!(stored(&app).await, before, "{path}: {}", done.html);
    }
    app.stop().await;
}

/// Where the German button of a page sends the form.
#[track_caller]
fn german_button(page: &str, path: &str) -> String {
    let targets = page.split("formaction=\"").skip(1);
    let mut targets = targets.filter_map(|rest| rest.split('"').next());
    let german = targets.find(|target| target.contains("lang=de"));
    german
        .unwrap_or_else(|| panic!("{path}: {page}"))
        .replace("&#38;", "&")
}
