//! From the landing page to the signature by keyboard alone: Tab, Space, Enter and letters, at 320 CSS
//! pixels (1280 at 400 %). What has to be filled is counted on the way.

use serde_json::json;
use thirtyfour::prelude::*;

use crate::app::TestApp;
use crate::browser::Phone;
use crate::claimant::{code_in, token_in};
use crate::seed::CASE;

/// The most a claimant with one mailbox has to type, choose or tick until the signature, texts included.
const MOST_INPUTS: usize = 14;

/// What is focused now, and whether that is seen.
const FOCUS: &str = "return (async (...values) => {
    const [wanted] = values, focused = document.activeElement;
    await new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    const box = focused.getBoundingClientRect(), look = getComputedStyle(focused);
    return {
        found: focused.matches(wanted),
        name: focused.outerHTML.slice(0, 160),
        seen: focused === document.body || focused.id === 'content'
            || (look.outlineStyle !== 'none' && parseFloat(look.outlineWidth) >= 2
                && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth),
    };})(...arguments)";

/// Two hands on a keyboard.
struct Hands<'phone> {
    phone: &'phone Phone,
    /// Fields typed in, chosen in or ticked.
    inputs: usize,
}

impl Hands<'_> {
    async fn keys(&self, keys: impl Into<TypingData>) {
        let focused = self.phone.browser.active_element().await.unwrap();
        focused.send_keys(keys).await.unwrap();
    }

    /// Tabs on until this is focused; everything on the way is seen when it is.
    async fn reach(&self, wanted: &str) {
        for _ in 0..120 {
            self.keys(Key::Tab + "").await;
            let focus = self.phone.script_with(FOCUS, vec![json!(wanted)]).await;
            assert_eq!(
                focus["seen"], true,
                "focus is not seen on {}",
                focus["name"]
            );
            if focus["found"] == true {
                return;
            }
        }
        panic!("no way to {wanted} by Tab");
    }

    /// Follows a link or presses a button.
    async fn follow(&self, wanted: &str) {
        self.reach(wanted).await;
        self.enter().await;
    }

    /// Presses Enter and waits for the page after this one.
    async fn enter(&self) {
        self.phone.leave().await;
        self.keys(Key::Enter + "").await;
        self.phone.next_page("Enter").await;
    }

    /// Types into a field, or the first letters of a choice of a list.
    async fn fill(&mut self, id: &str, words: &str) {
        self.reach(&format!("#{id}")).await;
        self.keys(words).await;
        self.inputs += 1;
    }

    /// Ticks what is asked.
    async fn tick(&mut self, id: &str) {
        self.fill(id, " ").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_signs_by_keyboard_with_fourteen_inputs() {
    let Some(phone) = Phone::open().await else {
        return;
    };
    let app = TestApp::seeded().await;
    phone.resize(320).await;
    phone.go(&app.url("/?lang=it")).await;
    let mut hands = Hands {
        phone: &phone,
        inputs: 0,
    };
    hands.reach(".skip-link").await;
    hands.keys(Key::Enter + "").await;
    assert_eq!(
        phone.script("return document.activeElement.id").await,
        "content"
    );
    // past search and menu: the next stop is in the content
    hands.keys(Key::Tab + "").await;
    let inside = "return document.activeElement.closest('main') !== null";
    assert_eq!(phone.script(inside).await, true);

    hands.follow(&format!("a[href='/c/{CASE}']")).await;
    hands.follow(&format!("a[href^='/c/{CASE}/join']")).await;
    if phone
        .script("return !document.getElementById('contact-email')")
        .await
        == true
    {
        hands.follow("a[href*='association=codacons']").await;
    }
    sent_too_early(&hands).await;
    sign_up(&mut hands, &app).await;
    identity(&mut hands).await;
    declare(&mut hands).await;
    sign(&mut hands, &app).await;
    assert!(hands.inputs <= MOST_INPUTS, "{} inputs", hands.inputs);
    phone.browser.quit().await.unwrap();
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_follows_a_case_and_reports_a_swindler_by_keyboard() {
    let Some(phone) = Phone::open().await else {
        return;
    };
    let app = TestApp::seeded().await;
    phone.resize(320).await;
    phone
        .go(&app.url(&format!("/c/{CASE}/follow?lang=it")))
        .await;
    let mut hands = Hands {
        phone: &phone,
        inputs: 0,
    };
    hands.fill("association", "Codacons").await;
    hands.fill("email", "teresa@gmial.com").await;
    hands.tick("consent-given").await;
    hands.follow("#form > .btn-primary").await;
    // the question has the focus, and nothing was sent
    let focused = "return document.activeElement.id";
    assert_eq!(hands.phone.script(focused).await, "email-typo");
    assert_eq!(app.number("SELECT count(*) FROM followers").await, 0);
    hands.follow("button[value=correct]").await;
    let said = "return document.querySelector('.lead').textContent";
    let said = hands.phone.script(said).await;
    assert_eq!(said, "Abbiamo scritto a teresa@gmail.com.");
    assert_eq!(app.number("SELECT count(*) FROM followers").await, 1);

    phone.go(&app.url("/report-scam")).await;
    hands.follow("#form > button").await;
    let focused = "return document.activeElement.className";
    assert_eq!(hands.phone.script(focused).await, "error-summary");
    hands.fill("case", "Codacons").await;
    hands.reach("[name=asked_for]").await;
    hands.keys(" ").await;
    hands.fill("what-happened", "Mi hanno chiamato").await;
    hands.follow("#form > button").await;
    let focused = "return document.activeElement.getAttribute('role')";
    assert_eq!(hands.phone.script(focused).await, "status");
    assert_eq!(app.number("SELECT count(*) FROM scam_reports").await, 1);
    phone.browser.quit().await.unwrap();
    app.stop().await;
}

/// An empty form comes back with the focus on what is wrong, and from there to the field.
async fn sent_too_early(hands: &Hands<'_>) {
    hands.follow(".btn-primary[value=send]").await;
    let focused = "return document.activeElement.className";
    assert_eq!(hands.phone.script(focused).await, "error-summary");
    hands.reach(".error-summary a[href='#contact-email']").await;
    hands.keys(Key::Enter + "").await;
    let focused = "return document.activeElement.id";
    assert_eq!(hands.phone.script(focused).await, "contact-email");
    // the fields after it are reached by Tab: back to the one before
    hands.keys(Key::Shift + Key::Tab).await;
}

async fn sign_up(hands: &mut Hands<'_>, app: &TestApp) {
    hands.fill("contact-email", "maria@example.org").await;
    hands.fill("mailboxes-0-address", "caduta@libero.it").await;
    hands.follow(".btn-primary[value=send]").await;
    app.run_outbox().await;
    let mail = app.mails_to("maria@example.org").pop().unwrap();
    // the link of the mail asks for no code
    let link = app.url(&format!("/confirm/{}", token_in(&mail, "confirm")));
    hands.phone.go(&link).await;
    hands.follow("form[action^='/confirm/'] button").await;
    hands.follow("a.btn-primary[href='/me']").await;
    assert_eq!(hands.phone.heading().await, "La mia pratica");
}

async fn identity(hands: &mut Hands<'_>) {
    hands.follow("a.btn-primary[href='/me/identity']").await;
    for (id, words) in [
        ("person-codice-fiscale", "RSSMRA85C12H501J"),
        ("person-given-name", "Mario"),
        ("person-family-name", "Rossi"),
        ("person-address-street", "via Roma 1"),
        // the town is looked up, and sent once it was seen
        ("person-address-postal-code", "00184"),
    ] {
        hands.fill(id, words).await;
    }
    hands.follow("#form > button").await;
    let focused = "return document.activeElement.id || document.activeElement.outerHTML";
    assert_eq!(hands.phone.script(focused).await, "person-address-found");
    hands.follow("#form > button").await;
    assert_eq!(hands.phone.heading().await, "La mia pratica");
}

async fn declare(hands: &mut Hands<'_>) {
    hands.follow("a.btn-primary[href='/me/declare']").await;
    hands.tick("incidents-0-hit-whole").await;
    hands.fill("incidents-0-plan", "Gratis").await;
    hands.follow("#form > button").await;
    hands.tick("nothing").await;
    hands.follow("#form > button").await;
    // the story is free
    hands.follow("#form > button").await;
    let heading = "Controlla e prepara il documento";
    assert_eq!(hands.phone.heading().await, heading);
    hands.follow("#form > button").await;
}

async fn sign(hands: &mut Hands<'_>, app: &TestApp) {
    hands.tick("accept-attestation-g").await;
    hands.tick("accept-mandate-h").await;
    hands.follow("#form > button").await;
    app.run_outbox().await;
    let mail = app.mails_to("maria@example.org").pop().unwrap();
    hands.fill("code", &code_in(&mail)).await;
    hands.fill("full-name", "Mario Rossi").await;
    hands.follow("#form > button").await;
    assert_eq!(hands.phone.heading().await, "La mia pratica");
}
