//! `/me/documents`, without script.

use joinder::app::csrf;
use reqwest::{Client, Response};

use super::{Form, PDF, blobs, maria};
use crate::app::TestApp;
use crate::claimant::Claimant;

/// A browser in which the claimant is signed in, and the token of its forms.
fn browser(app: &TestApp, claimant: &Claimant<'_>) -> (Client, String, String) {
    let cookie = format!("joinder_me={}", claimant.token);
    let csrf = csrf::token(&app.ctx, &claimant.token).unwrap();
    (app.browser(), cookie, csrf)
}

async fn get(app: &TestApp, claimant: &Claimant<'_>, path: &str) -> Response {
    let (browser, cookie, _) = browser(app, claimant);
    let request = browser.get(app.url(path)).header("cookie", cookie);
    request.send().await.unwrap()
}

async fn send(app: &TestApp, claimant: &Claimant<'_>, form: Form) -> Response {
    let (browser, cookie, _) = browser(app, claimant);
    let request = browser
        .post(app.url("/me/documents"))
        .header("cookie", cookie);
    form.send(request).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_added_seen_taken_and_removed_by_forms_alone() {
    let app = TestApp::seeded().await;
    let claimant = maria(&app).await;
    let page = get(&app, &claimant, "/me").await.text().await.unwrap();
    assert!(page.contains("href=\"/me/documents\""));
    let answer = get(&app, &claimant, "/me/documents").await;
    let policy = answer.headers()["content-security-policy"]
        .to_str()
        .unwrap();
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"));
    let page = answer.text().await.unwrap();
    assert!(page.contains("Non hai ancora caricato documenti."));
    assert!(page.contains("enctype=\"multipart/form-data\""));
    let key = page.split("name=\"key\" value=\"").nth(1).unwrap();
    let key = key.split('"').next().unwrap();

    let (_, _, csrf) = browser(&app, &claimant);
    let form = || {
        Form::new()
            .text("csrf", &csrf)
            .text("key", key)
            .text("kind", "plan_proof")
            .file("file", "Fattura <1>.pdf", PDF)
    };
    for _ in 0..2 {
        let answer = send(&app, &claimant, form()).await;
        assert_eq!(answer.status(), 303);
        assert_eq!(answer.headers()["location"], "/me/documents?done=added");
    }
    assert_eq!(blobs(&app).await, 1, "sent twice, added once");
    let page = get(&app, &claimant, "/me/documents?done=added").await;
    let page = page.text().await.unwrap();
    assert!(page.contains("1. Prova del piano o del pagamento"));
    assert!(page.contains("non controllato da un antivirus"));
    assert!(page.contains("Fattura 1.pdf"));
    let href = page.split("href=\"/me/documents/").nth(1).unwrap();
    let href = format!("/me/documents/{}", href.split('"').next().unwrap());
    let file = get(&app, &claimant, &href).await;
    assert_eq!(file.bytes().await.unwrap(), PDF);

    let removal = format!("{}/removal", href.split("/files/").next().unwrap());
    let (browser, cookie, csrf) = browser(&app, &claimant);
    let post = |csrf: String| {
        let request = browser
            .post(app.url(&removal))
            .header("cookie", cookie.clone());
        request
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("csrf={csrf}"))
            .send()
    };
    assert_eq!(post("wrong".to_owned()).await.unwrap().status(), 403);
    assert_eq!(post(csrf).await.unwrap().status(), 303);
    assert_eq!(blobs(&app).await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_form_says_why_in_words() {
    let app = TestApp::seeded().await;
    let claimant = maria(&app).await;
    let (_, _, csrf) = browser(&app, &claimant);
    let form = |file: &[u8]| {
        Form::new()
            .text("csrf", &csrf)
            .text("kind", "other")
            .file("file", "foto.jpg", file)
    };
    let refused = send(&app, &claimant, form(b"PK\x03\x04\0")).await;
    assert_eq!(refused.status(), 422);
    let page = refused.text().await.unwrap();
    assert!(page.contains("Questo tipo di file non è accettato."));
    assert!(page.contains("value=\"other\" selected"));
    let too_large = vec![b' '; 20 * 1024 * 1024 + 1];
    let refused = send(&app, &claimant, form(&too_large)).await;
    assert_eq!(refused.status(), 413);
    let page = refused.text().await.unwrap();
    assert!(page.contains("Questo file è troppo grande."));

    let without = Form::new().text("kind", "other").file("file", "a.pdf", PDF);
    assert_eq!(send(&app, &claimant, without).await.status(), 403);
    assert_eq!(claimant.documents().await.len(), 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_script_is_served_as_one_and_only_from_us() {
    let app = TestApp::seeded().await;
    let claimant = maria(&app).await;
    let page = get(&app, &claimant, "/me/documents")
        .await
        .text()
        .await
        .unwrap();
    let script = page.split("<script src=\"").nth(1).unwrap();
    let script = script.split('"').next().unwrap();
    let answer = app.get(script).await;
    assert_eq!(answer.status(), 200);
    let kind = answer.headers()["content-type"].to_str().unwrap();
    assert!(kind.starts_with("text/javascript"), "{kind}");
    app.stop().await;
}
