//! Whoever gets a problem finds out what it means: each kind has a page, and the description of the API names it.

use std::collections::BTreeSet;
use std::fs;

use joinder::web::problem::{ALL, Kind};
use reqwest::StatusCode;
use serde_json::Value;

use crate::app::TestApp;

const KINDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/web/problem.rs");

#[test]
fn every_kind_that_an_answer_may_be_is_on_the_list_once() {
    let names: BTreeSet<&str> = ALL.iter().map(|kind| kind.name).collect();
    assert_eq!(names.len(), ALL.len());
    // `Kind::new` is private to the file: there is no kind but these
    let source = fs::read_to_string(KINDS).unwrap();
    let written = source.matches(": Kind =").count();
    assert_eq!(written, ALL.len());
    assert_eq!(
        Kind::named("validation").map(|kind| kind.status.as_u16()),
        Some(422)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_problem_has_a_page_and_a_section_in_each_language() {
    let app = TestApp::seeded().await;
    let mut lists = BTreeSet::new();
    for language in ["it", "en", "de"] {
        let list = app.get(&format!("/problems?lang={language}")).await;
        assert_eq!(list.status(), StatusCode::OK);
        let list = list.text().await.unwrap();
        for kind in ALL {
            let name = kind.name;
            assert!(
                list.contains(&format!("<h2 id=\"{name}\"")),
                "{language} {name}"
            );
            assert!(
                list.contains(&format!("href=\"/problems/{name}\"")),
                "{language} {name}"
            );
            let page = app.get(&format!("/problems/{name}?lang={language}")).await;
            assert_eq!(page.status(), StatusCode::OK, "{language} {name}");
            let page = page.text().await.unwrap();
            assert!(
                page.contains(&format!("<html lang=\"{language}\"")),
                "{name}"
            );
            assert!(
                page.contains(&format!("{} {}", kind.status.as_u16(), kind.title)),
                "{name}"
            );
            assert!(
                page.contains(&format!("&#34;/problems/{name}&#34;")),
                "{page}"
            );
            // a text that nobody wrote comes back as its key
            assert!(!page.contains("problem-"), "{language} {name}");
        }
        lists.insert(list);
    }
    assert_eq!(lists.len(), 3);
    let nothing = app.get("/nothing").await.text().await.unwrap();
    for unknown in ["/problems/nothing", "/problems/Validation", "/problems/%0A"] {
        let answer = app.get(unknown).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{unknown}");
        let told = answer.text().await.unwrap();
        assert_eq!(told.len(), nothing.len(), "{unknown}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_names_every_kind_at_its_status_and_every_answer_what_it_is() {
    let app = TestApp::start().await;
    let document: Value = app.get("/openapi.json").await.json().await.unwrap();
    app.stop().await;
    let shared = document["components"]["responses"].as_object().unwrap();
    let told = |status: u16| -> String {
        let of = ["Problem", "PartnerProblem"];
        let of = of.map(|reader| shared.get(&format!("{reader}{status}")));
        of.into_iter().flatten().map(Value::to_string).collect()
    };
    // forms of pages alone
    let of_forms = ["cross-site", "stale-form", "method-not-allowed"];
    for kind in ALL {
        let is_told = told(kind.status.as_u16()).contains(&format!("\"/problems/{}\"", kind.name));
        assert_eq!(is_told, !of_forms.contains(&kind.name), "{}", kind.name);
    }
    let mut seen = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            for (status, answer) in operation["responses"].as_object().unwrap() {
                let place = format!("{method} {path} {status}");
                let answer = match answer["$ref"].as_str() {
                    Some(at) => document.pointer(&at[1..]).unwrap(),
                    None => answer,
                };
                assert!(
                    answer["description"]
                        .as_str()
                        .is_some_and(|it| !it.is_empty()),
                    "{place}"
                );
                let headers = answer["headers"].as_object().unwrap();
                assert!(headers.contains_key("X-Request-Id"), "{place}");
                let waits = matches!(status.as_str(), "429" | "503");
                assert!(headers.contains_key("Retry-After") || !waits, "{place}");
                if status.as_str() >= "400" {
                    let problem = &answer["content"]["application/problem+json"]["schema"]["$ref"];
                    assert_eq!(problem, "#/components/schemas/Problem", "{place}");
                }
                seen += 1;
            }
        }
    }
    assert!(seen > 1_000, "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_and_answer_for_partners_has_an_example() {
    let app = TestApp::start().await;
    let document: Value = app.get("/openapi.json").await.json().await.unwrap();
    app.stop().await;
    let has_example = |media: &Value| media["example"].is_object() || media["examples"].is_object();
    let mut seen = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        if !path.starts_with("/api/v1/partner/") {
            continue;
        }
        for (method, operation) in methods.as_object().unwrap() {
            let request = &operation["requestBody"]["content"]["application/json"];
            assert!(request.is_null() || has_example(request), "{method} {path}");
            for (status, answer) in operation["responses"].as_object().unwrap() {
                let told = &answer["content"]["application/json"];
                let is_shown = told.is_null() || has_example(told);
                assert!(is_shown, "{method} {path} {status}");
                seen += usize::from(!told.is_null());
            }
            for name in ["RateLimit", "RateLimit-Policy"] {
                let answers = operation["responses"].as_object().unwrap().values();
                let mut own = answers.filter(|answer| answer["$ref"].is_null());
                assert!(
                    own.all(|answer| answer["headers"][name].is_object()),
                    "{method} {path}"
                );
            }
        }
    }
    assert!(seen > 15, "{seen}");
}
