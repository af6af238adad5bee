//! Whole journeys in a real browser: from the landing page to the account in Italian and German, without the page's
//! scripts, and broken off and resumed weeks later.

use serde_json::json;
use thirtyfour::prelude::*;

use crate::app::TestApp;
use crate::browser::Phone;
use crate::claimant::{code_in, token_in};
use crate::seed::CASE;

const OWNER: &str = "maria@example.org";
const FOCUSED: &str = "return document.activeElement.className";

/// The headings on the way, in a language.
struct Headings {
    language: &'static str,
    joined: &'static str,
    record: &'static str,
    confirmed: &'static str,
    mailbox: &'static str,
    elsewhere: &'static str,
    review: &'static str,
    sign: &'static str,
    code: &'static str,
}

const ITALIAN: Headings = Headings {
    language: "it",
    joined: "Manca solo la conferma",
    record: "La mia pratica",
    confirmed: "Fatto il primo passo di 3",
    mailbox: "Che cosa è successo a questa casella",
    elsewhere: "Reclami e altre richieste",
    review: "Controlla e prepara il documento",
    sign: "Firma la dichiarazione",
    code: "Firma con il codice",
};

const GERMAN: Headings = Headings {
    language: "de",
    joined: "Es fehlt nur noch die Bestätigung",
    record: "Meine Akte",
    confirmed: "Der erste von 3 Schritten ist getan",
    mailbox: "Was mit diesem Postfach geschehen ist",
    elsewhere: "Beschwerden und andere Forderungen",
    review: "Prüfen und das Dokument vorbereiten",
    sign: "Die Erklärung unterschreiben",
    code: "Mit dem Code unterschreiben",
};

/// Somebody at a phone.
struct Person<'phone> {
    phone: &'phone Phone,
    app: &'phone TestApp,
    headings: &'static Headings,
}

impl Person<'_> {
    #[track_caller]
    fn mail(&self) -> String {
        self.app.mails_to(OWNER).pop().unwrap()
    }

    async fn reads(&self, heading: &str) {
        assert_eq!(self.phone.heading().await, heading);
    }

    /// From the landing page to a confirmed contact, by the code of the mail.
    async fn sign_up(&self) {
        let phone = self.phone;
        let home = format!("/?lang={}", self.headings.language);
        phone.go(&self.app.url(&home)).await;
        let join = format!("/c/{CASE}/join?association=codacons");
        phone.go(&self.app.url(&join)).await;
        phone.fill("contact-email", "maria").await;
        phone.fill("mailboxes-0-address", "caduta@libero.it").await;
        phone.tap(".btn-primary[value=send]").await;
        assert_eq!(phone.script(FOCUSED).await, "error-summary");
        let fault = By::Css(".error-summary a");
        let fault = phone.browser.find(fault).await.unwrap();
        fault.send_keys(Key::Enter + "").await.unwrap();
        let place = phone.script("return location.hash").await;
        assert_eq!(place, "#contact-email");
        phone.fill("contact-email", OWNER).await;
        phone.tap(".btn-primary[value=send]").await;
        self.reads(self.headings.joined).await;
        self.app.run_outbox().await;
        phone.fill("code", &code_in(&self.mail())).await;
        phone.tap("form[action$='/code'] button").await;
        self.reads(self.headings.record).await;
    }

    async fn identity(&self) {
        let phone = self.phone;
        phone.go(&self.app.url("/me/identity")).await;
        for (id, words) in [
            ("person-codice-fiscale", "RSSMRA85C12H501J"),
            ("person-given-name", "Mario"),
            ("person-family-name", "Rossi"),
            ("person-address-street", "via Roma"),
            ("person-address-city", "Roma"),
            ("person-address-postal-code", "00184"),
            ("person-address-province", "RM"),
        ] {
            phone.fill(id, words).await;
        }
        phone.tap("#form > button").await;
    }

    /// The first page of the declaration, sent too early and then as it should be.
    async fn tell_of_the_mailbox(&self) {
        let phone = self.phone;
        phone.tap("a.btn-primary[href='/me/declare']").await;
        self.reads(self.headings.mailbox).await;
        phone.tap("#form > button").await;
        assert_eq!(phone.script(FOCUSED).await, "error-summary");
        phone.press("incidents-0-hit-whole", " ").await;
        phone.press("incidents-0-plan", "Gratis").await;
        phone.tap("#form > button").await;
        self.reads(self.headings.elsewhere).await;
    }

    /// The rest, from the complaints to the account.
    async fn sign(&self) {
        let phone = self.phone;
        phone.press("nothing", " ").await;
        phone.tap("#form > button").await;
        phone.tap("#form > button").await;
        self.reads(self.headings.review).await;
        phone.tap("#form > button").await;
        self.reads(self.headings.sign).await;
        phone.press("accept-attestation-g", " ").await;
        phone.press("accept-mandate-h", " ").await;
        phone.tap("#form > button").await;
        self.reads(self.headings.code).await;
        self.app.run_outbox().await;
        phone.fill("code", &code_in(&self.mail())).await;
        phone.fill("full-name", "mario rossi").await;
        phone.tap("#form > button").await;
        self.reads(self.headings.record).await;
        phone.tap("a.btn-primary[href='/me/payout']").await;
        phone.fill("iban", "IT60X0542811101000000123456").await;
        phone.tap("#form > button").await;
        self.reads(self.headings.record).await;
        let signed = "SELECT count(*) FROM claimants WHERE state = 'signed'";
        assert_eq!(self.app.number(signed).await, 1);
    }

    /// Everything in one go, with the link of the mail tapped once more on the way.
    async fn all(&self) {
        self.sign_up().await;
        let link = format!("/confirm/{}", token_in(&self.mail(), "confirm"));
        self.phone.go(&self.app.url(&link)).await;
        self.reads(self.headings.confirmed).await;
        self.identity().await;
        self.tell_of_the_mailbox().await;
        self.sign().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journey_fits_a_small_phone() {
    let Some(phone) = Phone::open().await else {
        return;
    };
    let app = TestApp::seeded().await;
    for path in ["/?lang=it", "/enter", "/verify", "/me", "/nothing"] {
        phone.go(&app.url(path)).await;
    }
    for rest in ["", "/texts", "/join"] {
        phone.go(&app.url(&format!("/c/{CASE}{rest}"))).await;
    }
    let person = Person {
        phone: &phone,
        app: &app,
        headings: &ITALIAN,
    };
    person.all().await;
    for path in [
        "/me/identity",
        "/me/identity?kind=foreign",
        "/me/identity?kind=entity",
        "/me/withdraw",
        "/me/erase",
    ] {
        phone.go(&app.url(path)).await;
    }
    phone.browser.quit().await.unwrap();
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_german_gets_from_the_landing_page_to_the_account() {
    let Some(phone) = Phone::open().await else {
        return;
    };
    let app = TestApp::seeded().await;
    let person = Person {
        phone: &phone,
        app: &app,
        headings: &GERMAN,
    };
    person.all().await;
    let language = phone.script("return document.documentElement.lang").await;
    assert_eq!(language, "de");
    phone.browser.quit().await.unwrap();
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_on_the_way_needs_the_scripts_of_a_page() {
    let Some(phone) = Phone::open().await else {
        return;
    };
    phone
        .cdp(
            "Emulation.setScriptExecutionDisabled",
            json!({ "value": true }),
        )
        .await;
    let page = "data:text/html,<h1>quiet</h1><script>document.querySelector('h1').textContent = 'loud'</script>";
    phone.browser.goto(page).await.unwrap();
    assert_eq!(phone.heading().await, "quiet", "scripts of pages are off");
    let app = TestApp::seeded().await;
    let person = Person {
        phone: &phone,
        app: &app,
        headings: &ITALIAN,
    };
    person.all().await;
    phone.browser.quit().await.unwrap();
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_breaks_off_goes_on_four_weeks_later_where_it_was() {
    let Some(phone) = Phone::open().await else {
        return;
    };
    let app = TestApp::seeded().await;
    let person = Person {
        phone: &phone,
        app: &app,
        headings: &ITALIAN,
    };
    person.sign_up().await;
    person.identity().await;
    person.tell_of_the_mailbox().await;
    // another phone, weeks later
    phone.browser.delete_all_cookies().await.unwrap();
    app.clock().advance(chrono::TimeDelta::days(29));
    phone.go(&app.url("/enter?lang=it")).await;
    phone.fill("email", OWNER).await;
    phone.tap("#form button[type=submit]").await;
    app.run_outbox().await;
    let link = format!("/enter/{}", token_in(&person.mail(), "enter"));
    phone.go(&app.url(&link)).await;
    phone.tap("form[action^='/enter/'] button").await;
    person.reads(ITALIAN.record).await;
    let go_on = phone
        .browser
        .find(By::Css("a.btn-primary[href^='/me/declare']"));
    let words = go_on.await.unwrap().text().await.unwrap();
    assert_eq!(words, "Continua la dichiarazione");
    phone.tap("a.btn-primary[href^='/me/declare']").await;
    person.reads(ITALIAN.elsewhere).await;
    person.sign().await;
    phone.browser.quit().await.unwrap();
    app.stop().await;
}
