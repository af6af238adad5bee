//! CAP and province of an address: proposed where a field is empty, asked about where the CAP does not fit,
//! never put in unasked and never a reason to refuse (R27).

use joinder::domain::permission::Role;
use reqwest::StatusCode;
use serde_json::json;

use crate::app::TestApp;
use crate::claimant::SignUpBuilder;
use crate::pages::{Browser, Page};
use crate::seed::CASE;
use crate::staff_console::{csrf, open, place, send, sign_in};
use crate::staff_seed::{association, person};

/// A person who lives there.
fn living<'a>(
    csrf: &'a str,
    city: &'a str,
    cap: &'a str,
    province: &'a str,
) -> Vec<(&'a str, &'a str)> {
    vec![
        ("csrf", csrf),
        ("kind", "person"),
        ("person[codice_fiscale]", "RSSMRA85C12H501J"),
        ("person[given_name]", "Mario"),
        ("person[family_name]", "Rossi"),
        ("person[address][street]", "via Roma"),
        ("person[address][city]", city),
        ("person[address][postal_code]", cap),
        ("person[address][province]", province),
    ]
}

async fn saved(app: &TestApp) -> i64 {
    app.number("SELECT count(*) FROM identities").await
}

async fn give(
    browser: &Browser<'_>,
    mut fields: Vec<(&str, &str)>,
    more: &[(&'static str, &'static str)],
) -> Page {
    fields.extend_from_slice(more);
    browser.send("/me/identity", &fields).await
}

#[tokio::test(flavor = "multi_thread")]
async fn r27_an_empty_cap_is_proposed_and_saved_only_once_it_was_seen() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    browser.confirmed("maria@example.org").await;
    let csrf = browser.csrf().await;
    let again = give(&browser, living(&csrf, "frascati", "", ""), &[]).await;
    assert_eq!(again.status, 422);
    again
        .says("name=\"person[address][postal_code]\" value=\"00044\"")
        .says("name=\"person[address][province]\" value=\"RM\"")
        .says("Abbiamo trovato: 00044 Frascati (RM)");
    assert!(
        !again.html.contains("class=\"field-error\""),
        "what was found is no error"
    );
    assert_eq!(saved(&app).await, 0, "nothing is saved unseen");
    let several = give(&browser, living(&csrf, "Roma", "", ""), &[]).await;
    several
        .says("Roma ha più CAP, da 00118 a 00199.")
        .says("name=\"person[address][postal_code]\" value=\"\"");
    // and the other way round
    let town = give(&browser, living(&csrf, "", "00184", ""), &[]).await;
    assert_eq!(town.status, 422);
    town.says("name=\"person[address][city]\" value=\"Roma\"")
        .says("Abbiamo trovato: 00184 Roma (RM)");
    assert!(!town.html.contains("class=\"field-error\""));
    let shared = give(&browser, living(&csrf, "", "10010", ""), &[]).await;
    shared.says("id=\"person-address-city-error\"");
    let unknown = give(&browser, living(&csrf, "Atlantide", "", ""), &[]).await;
    unknown.says("name=\"person[address][postal_code]\" value=\"\"");
    let seen = give(&browser, living(&csrf, "frascati", "00044", "RM"), &[]).await;
    assert_eq!(seen.place, "/me?done=identity-saved", "{}", seen.html);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r27_another_cap_is_asked_about_once_and_either_answer_is_taken() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    browser.confirmed("maria@example.org").await;
    let csrf = browser.csrf().await;
    let typed = || living(&csrf, "Frascati", "00045", "RM");
    let asked = give(&browser, typed(), &[]).await;
    assert_eq!(asked.status, 422);
    asked
        .says("Il CAP 00045 è giusto per Frascati?")
        .says("name=\"cap\" value=\"00044\"")
        .says("name=\"person[address][postal_code]\" value=\"00045\"");
    assert!(
        !asked.html.contains("class=\"field-error\""),
        "a question is no error"
    );
    assert_eq!(
        (asked.hidden("cap_seen").as_str(), saved(&app).await),
        ("00045", 0)
    );
    // what nobody was asked about is not put in
    let forged = give(&browser, typed(), &[("cap", "99999")]).await;
    assert_eq!(forged.status, 422);
    let kept = give(&browser, typed(), &[("cap_seen", "00045"), ("cap", "keep")]).await;
    assert_eq!(kept.place, "/me?done=identity-saved", "{}", kept.html);
    browser.get("/me/identity").await.says("value=\"00045\"");
    let taken = give(
        &browser,
        typed(),
        &[("cap_seen", "00045"), ("cap", "00044")],
    )
    .await;
    assert_eq!(taken.place, "/me?done=identity-saved", "{}", taken.html);
    browser.get("/me/identity").await.says("value=\"00044\"");
    // sent on by its own button: it was read
    let sent_on = give(&browser, typed(), &[("cap_seen", "00045")]).await;
    assert_eq!(sent_on.place, "/me?done=identity-saved", "{}", sent_on.html);
    let rome = give(&browser, living(&csrf, "Roma", "00100", "RM"), &[]).await;
    rome.says("Di solito va da 00118 a 00199.");
    assert!(
        !rome.html.contains("name=\"cap\" value=\"0"),
        "no one CAP is better than another"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_abroad_is_asked_nothing_and_errors_come_with_the_question() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    browser.confirmed("maria@example.org").await;
    let csrf = browser.csrf().await;
    let mut both = living(&csrf, "Frascati", "00045", "RM");
    both[2].1 = "RSSMRA85C12H501K";
    let both = give(&browser, both, &[]).await;
    both.says("Il CAP 00045 è giusto per Frascati?")
        .says("id=\"person-codice-fiscale-error\"");
    let abroad = living(&csrf, "Roma", "10115", "");
    let abroad = give(&browser, abroad, &[("person[address][country]", "DE")]).await;
    assert_eq!(abroad.place, "/me?done=identity-saved", "{}", abroad.html);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_for_letters_is_asked_about_too() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    let letters = |cap: &'static str| {
        [
            ("contact[postal_ok]", "true"),
            ("contact[postal_address][name]", "Maria Rossi"),
            ("contact[postal_address][street]", "via Roma"),
            ("contact[postal_address][city]", "Frascati"),
            ("contact[postal_address][postal_code]", cap),
        ]
    };
    let proposed = browser.join(&letters("")).await;
    assert_eq!(proposed.status, 422);
    proposed
        .says("name=\"contact[postal_address][postal_code]\" value=\"00044\"")
        .says("<details open>")
        .says("Abbiamo trovato: 00044 Frascati (RM)");
    let asked = browser.join(&letters("00045")).await;
    asked
        .says("Il CAP 00045 è giusto per Frascati?")
        .says("<details open>");
    assert_eq!(app.number("SELECT count(*) FROM claimants").await, 0);
    let mut answered = letters("00045").to_vec();
    answered.extend([("cap_seen", "00045"), ("cap", "00044")]);
    let joined = browser.join(&answered).await;
    assert_eq!(joined.place, format!("/c/{CASE}/joined"), "{}", joined.html);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_who_type_for_somebody_are_asked_the_same() {
    let app = TestApp::seeded().await;
    let phone = SignUpBuilder::new("x@example.org")
        .without("/contact/email")
        .with("/contact/phone", json!("+393331234567"));
    let claimant = app.sign_up(&phone).await;
    let ours = association(&app, "codacons").await;
    let manager = person(&app, ours, Role::CaseManager).await;
    let browser = app.browser();
    sign_in(&app, &browser, &manager).await;
    let path = format!("/console/claimants/{}/identity", claimant.id);
    let (_, form) = open(&app, &browser, &path).await;
    let token = csrf(&form).to_owned();
    let asked = send(
        &app,
        &browser,
        &path,
        &living(&token, "Frascati", "00045", "RM"),
    )
    .await;
    assert_eq!(asked.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let asked = asked.text().await.unwrap();
    assert!(
        asked.contains("Il CAP 00045 è giusto per Frascati?"),
        "{asked}"
    );
    let mut taken = living(&token, "Frascati", "00045", "RM");
    taken.extend([("cap_seen", "00045"), ("cap", "00044")]);
    let taken = send(&app, &browser, &path, &taken).await;
    assert_eq!(place(&taken), format!("/console/claimants/{}", claimant.id));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r27_a_province_left_from_another_town_gives_way_to_town_and_cap() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    browser.confirmed("maria@example.org").await;
    let csrf = browser.csrf().await;
    let asked = give(&browser, living(&csrf, "Milano", "39100", ""), &[]).await;
    asked.says("name=\"person[address][province]\" value=\"MI\"");
    let found = give(&browser, living(&csrf, "Bolzano", "", "MI"), &[]).await;
    found
        .says("Abbiamo trovato: 39100 Bolzano (BZ)")
        .says("name=\"person[address][province]\" value=\"BZ\"");
    let town = give(&browser, living(&csrf, "", "39100", "MI"), &[]).await;
    town.says("name=\"person[address][province]\" value=\"BZ\"");
    assert_eq!(saved(&app).await, 0);
    let kept = give(&browser, living(&csrf, "Bolzano", "39100", "MI"), &[]).await;
    assert_eq!(kept.place, "/me?done=identity-saved", "{}", kept.html);
    browser
        .get("/me/identity")
        .await
        .says("name=\"person[address][province]\" value=\"BZ\"");
    app.stop().await;
}
