//! The guide for partner sites says what is so: what it shows is run, what it lists is what there is.

use std::process::Command;

use joinder::crypto::webhook::WebhookSecret;
use joinder::domain::field::FieldCode;
use joinder::domain::partner::PartnerScope;
use joinder::web::problem::ALL;
use reqwest::StatusCode;
use serde_json::Value;

use crate::app::TestApp;

const GUIDE: &str = include_str!("../../docs/partners.md");

/// What stands between the first fence of a language and the next.
fn block(language: &str) -> &'static str {
    let (_, rest) = GUIDE.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("```").unwrap().0
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_served_with_the_address_of_this_installation_and_the_description_leads_to_it() {
    let app = TestApp::start().await;
    let answer = app.get("/docs/partners.md").await;
    assert_eq!(answer.status(), StatusCode::OK);
    let kind = answer.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    assert_eq!(kind, "text/markdown; charset=utf-8");
    let text = answer.text().await.unwrap();
    let base = &app.ctx.settings.public_base_url;
    assert!(text.contains(&format!("\nHOST={base}\n")), "{text}");
    assert!(!text.contains("https://HOST"));
    let document: Value = app.get("/openapi.json").await.json().await.unwrap();
    let told = document["info"]["description"].as_str().unwrap();
    assert!(told.contains("(/docs/partners.md)"), "{told}");
    let schemes = &document["components"]["securitySchemes"];
    let told = schemes["partner"]["description"].as_str().unwrap();
    assert!(
        told.contains("jnd_test_") && told.contains("jnd_live_"),
        "{told}"
    );
    // a name of an operation is no path
    for (path, methods) in document["paths"].as_object().unwrap() {
        for operation in methods.as_object().unwrap().values() {
            let summary = operation["summary"].as_str().unwrap();
            assert!(!summary.contains('`'), "{path}: {summary}");
        }
    }
    app.stop().await;
}

#[test]
fn it_names_every_scope_every_code_and_every_problem_that_a_key_meets() {
    for code in FieldCode::ALL {
        assert!(GUIDE.contains(&format!("`{code}`")), "{code}");
    }
    for scope in PartnerScope::ALL {
        let row = format!("| `{}` |", scope.as_str());
        assert!(GUIDE.contains(&row), "{row}");
    }
    for kind in ALL.iter().filter(|kind| kind.name.starts_with("key-")) {
        assert!(GUIDE.contains(&format!("`{}`", kind.name)), "{}", kind.name);
    }
    let (first, rest) = GUIDE.split_once("## The API\n").unwrap();
    assert!(first.contains("## Try it first: the sandbox"));
    assert!(rest.trim_start().starts_with("Start with the sandbox"));
}

#[test]
fn its_python_takes_what_we_sign_and_has_one_exception_for_all_else() {
    let secret = WebhookSecret::random();
    let now = 1_795_428_000;
    let body = r#"{"type":"webhook.ping"}"#;
    let signature = secret.sign("id", now, body).unwrap();
    let script = format!(
        "{}\n\
         time.time = lambda: {now} + 60\n\
         secret, body, at = '{}', b'{body}', '{now}'\n\
         good = {{'Webhook-Id': 'id', 'Webhook-Timestamp': at, 'Webhook-Signature': 'v1,x {signature}'}}\n\
         verify(secret, good, body)\n\
         verify(secret, {{name.lower(): value for name, value in good.items()}}, body)\n\
         refused = 0\n\
         for name, value in [('Webhook-Id', 'x'), ('Webhook-Timestamp', '1'), ('Webhook-Timestamp', 'x'),\n\
         \x20                ('Webhook-Signature', ''), ('Webhook-Signature', '\\u00e9'), (None, None)]:\n\
         \x20   try:\n\
         \x20       verify(secret, {{**good, name: value}} if name else {{}}, body)\n\
         \x20   except ValueError:\n\
         \x20       refused += 1\n\
         print(refused)\n",
        block("python"),
        secret.as_str(),
    );
    let Ok(done) = Command::new("python3").args(["-c", &script]).output() else {
        eprintln!("skipped: there is no python3");
        return;
    };
    let errors = String::from_utf8_lossy(&done.stderr);
    assert_eq!(
        String::from_utf8_lossy(&done.stdout).trim(),
        "6",
        "{errors}"
    );
}
