//! `/docs` in a browser: everything from here, and a request sent from it is answered.

use std::time::Duration;

use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::app::TestApp;
use crate::browser::Phone;
use crate::partners::{Owner, secret};

/// Notes what the page was refused, or failed at.
const WATCH: &str = "
    window.faults = [];
    document.addEventListener('securitypolicyviolation', it => window.faults.push(`${it.violatedDirective} ${it.blockedURI}`));
    window.addEventListener('error', it => window.faults.push(String(it.message)));";

/// Runs a script until it finds something.
async fn until(phone: &Phone, script: &str) -> Value {
    for _ in 0..400 {
        let found = phone.script(script).await;
        if !found.is_null() {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never: {script}");
}

async fn press(phone: &Phone, selector: &str) {
    let script = format!(
        "const found = document.querySelector({}); if (found) {{ found.click(); return true; }} return null",
        json!(selector)
    );
    until(phone, &script).await;
}

/// The words of what is found.
async fn words(phone: &Phone, selector: &str) -> String {
    let script = format!(
        "const found = document.querySelector({}); return found ? found.innerText : null",
        json!(selector)
    );
    until(phone, &script).await.as_str().unwrap().to_owned()
}

/// Shows a key as a partner would, in the window of keys.
async fn authorize(phone: &Phone, key: &str) {
    press(phone, ".auth-wrapper button.authorize").await;
    let form = "//div[@class='auth-container'][.//code[text()='partner']]//form";
    until(
        phone,
        "return document.querySelector('.auth-container input')?.id ?? null",
    )
    .await;
    let field = By::XPath(format!("{form}//input"));
    let field = phone.browser.find(field).await.unwrap();
    field.send_keys(key).await.unwrap();
    field.send_keys(Key::Enter + "").await.unwrap();
    press(phone, ".auth-container .btn-done").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_needs_nobody_else_and_sends_requests() {
    let Some(phone) = Phone::open().await else {
        return;
    };
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let scopes = json!({"mode": "test", "scopes": ["read"]});
    let key = secret(&owner.try_key(&blog, &scopes).await.expect(201));
    phone.resize(1280).await;
    let watch = json!({"source": WATCH});
    phone
        .cdp("Page.addScriptToEvaluateOnNewDocument", watch)
        .await;
    phone.browser.goto(app.url("/docs/")).await.unwrap();
    let count = "return document.querySelectorAll('.opblock').length || null";
    assert!(until(&phone, count).await.as_u64().unwrap() > 100);

    let people = "#operations-partner-sandbox_people";
    for part in [".opblock-summary-control", ".try-out__btn", ".execute"] {
        press(&phone, &format!("{people} {part}")).await;
    }
    let status = format!("{people} .live-responses-table tbody .response-col_status");
    let answer = format!("{people} .live-responses-table tbody .response-col_description");
    assert!(words(&phone, &status).await.starts_with("401"));
    assert!(
        words(&phone, &answer)
            .await
            .contains("/problems/unauthenticated")
    );

    press(&phone, &format!("{people} .btn-clear")).await;
    authorize(&phone, &key).await;
    press(&phone, &format!("{people} .execute")).await;
    assert!(words(&phone, &status).await.starts_with("200"));
    assert!(words(&phone, &answer).await.contains("PLLPNC80A01H501R"));

    let faults = phone.script("return window.faults").await;
    assert_eq!(faults, json!([]));
    let from = "return performance.getEntriesByType('resource').map(it => new URL(it.name).origin)";
    let from = phone.script(from).await;
    let here = app.url("");
    let from = from.as_array().unwrap();
    assert!(from.len() > 5);
    assert!(from.iter().all(|origin| *origin == *here), "{from:?}");
    phone.browser.quit().await.unwrap();
    app.stop().await;
}
