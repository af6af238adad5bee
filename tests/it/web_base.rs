//! What every answer has, whatever it is about; and the cases, which anybody may read.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use joinder::config::RateLimits;
use joinder::domain::permission::{Access, Method, operation};
use joinder::render::assets;
use joinder::web::routes;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::app::{TestApp, TestOptions};

const CASE: &str = "
INSERT INTO respondents (id, slug, name, codice_fiscale, pec) VALUES
  ('01900000-0000-7000-8000-000000000001', 'italiaonline', 'Italiaonline S.p.A.', '03970540963', 'italiaonline@pec.example');
INSERT INTO cases (id, slug, title, respondent_id, state, created_at, state_changed_at) VALUES
  ('01900000-0000-7000-8000-000000000002', 'libero-virgilio-2023', 'Libero e Virgilio fermi', '01900000-0000-7000-8000-000000000001', 'open', '2026-01-01Z', '2026-01-01Z'),
  ('01900000-0000-7000-8000-000000000003', 'in-preparazione', 'Non ancora', '01900000-0000-7000-8000-000000000001', 'draft', '2026-01-01Z', '2026-01-01Z');
INSERT INTO associations (id, slug, name, created_at) VALUES
  ('01900000-0000-7000-8000-000000000004', 'codacons', 'Codacons', '2026-01-01Z'),
  ('01900000-0000-7000-8000-000000000005', 'consumerismo', 'Consumerismo', '2026-01-01Z');
INSERT INTO association_registers (association_id, register, status, reference, checked_on) VALUES
  ('01900000-0000-7000-8000-000000000004', 'giustizia', 'active', 'DEMO-1', '2026-02-01');
INSERT INTO case_associations (case_id, association_id, mode, joined_at) VALUES
  ('01900000-0000-7000-8000-000000000002', '01900000-0000-7000-8000-000000000004', 'collection', '2026-01-01Z'),
  ('01900000-0000-7000-8000-000000000002', '01900000-0000-7000-8000-000000000005', 'collection', '2026-01-01Z');
INSERT INTO incidents (id, case_id, slug, name, starts_at, ends_at, accept_from, accept_until) VALUES
  ('01900000-0000-7000-8000-000000000006', '01900000-0000-7000-8000-000000000002', 'gennaio', 'Gennaio 2023', '2023-01-22 22:00Z', '2023-01-28Z', '2023-01-22', '2023-01-29');
INSERT INTO incident_domains (incident_id, domain, treatment, source, valid_from) VALUES
  ('01900000-0000-7000-8000-000000000006', 'libero.it', 'in_scope', 'S1', '2000-01-01');
INSERT INTO plans (case_id, code, name, paid, position) VALUES
  ('01900000-0000-7000-8000-000000000002', 'free', 'Gratis', false, 1);
INSERT INTO texts (id, case_id, kind, version, language, body, sha256, published_at) VALUES
  ('01900000-0000-7000-8000-000000000007', '01900000-0000-7000-8000-000000000002', 'privacy_notice', '1', 'it', 'Informativa', decode(repeat('00', 32), 'hex'), '2026-01-01Z'),
  ('01900000-0000-7000-8000-000000000008', '01900000-0000-7000-8000-000000000002', 'privacy_notice', '1', 'en', 'Notice', decode(repeat('00', 32), 'hex'), '2026-01-01Z');
";

async fn problem(answer: reqwest::Response) -> Value {
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    answer.json().await.unwrap()
}

#[test]
fn routes_are_those_of_the_permission_table() {
    let mut seen = BTreeSet::new();
    for route in routes::all() {
        let known = operation::ALL
            .iter()
            .any(|operation| **operation == *route.operation());
        assert!(known, "{}", route.operation().name);
        assert!(seen.insert(route.operation().name), "registered twice");
    }
    let all: BTreeSet<_> = operation::ALL.iter().map(|known| known.name).collect();
    assert_eq!(seen, all);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_started_server_is_alive_and_ready() {
    let app = TestApp::start().await;
    assert_eq!(app.get("/healthz").await.status(), StatusCode::OK);
    let ready = app.get("/readyz").await;
    assert_eq!(ready.status(), StatusCode::OK, "{:?}", ready.text().await);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_its_tables_is_not_ready() {
    let app = TestApp::start().await;
    app.sql("DELETE FROM __diesel_schema_migrations WHERE version = (SELECT max(version) FROM __diesel_schema_migrations)")
        .await;
    let answer = app.get("/readyz").await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers()["retry-after"], "5");
    assert!(answer.text().await.unwrap().contains("joinder migrate"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r61_a_server_is_not_ready_while_erased_claimants_are_back() {
    let app = TestApp::start().await;
    let claimant = joinder::domain::ids::ClaimantId::new(app.ctx.new_id());
    app.ctx.blobs.put_erased(claimant).await.unwrap();
    app.sql(CASE).await;
    app.sql(&format!(
        "SET session_replication_role = replica; \
         INSERT INTO claimant_keys (claimant_id, association_id, key_version, association_key_version, wrapped) \
         VALUES ('{claimant}', '01900000-0000-7000-8000-000000000004', 1, 1, '')"
    ))
    .await;
    let answer = app.get("/readyz").await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    app.sql(&format!(
        "DELETE FROM claimant_keys WHERE claimant_id = '{claimant}'"
    ))
    .await;
    assert_eq!(app.get("/readyz").await.status(), StatusCode::OK);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_has_an_id_and_the_headers_that_protect() {
    let app = TestApp::start_with(TestOptions {
        https: true,
        ..TestOptions::default()
    })
    .await;
    for path in ["/healthz", "/nowhere", "/api/v1/nowhere"] {
        let answer = app.get(path).await;
        let headers = answer.headers();
        assert_eq!(headers["x-request-id"].len(), 36, "{path}");
        assert!(
            headers["content-security-policy"]
                .to_str()
                .unwrap()
                .starts_with("default-src 'none'")
        );
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["referrer-policy"], "same-origin");
        assert_eq!(headers["cache-control"], "no-store");
        assert!(headers.contains_key("strict-transport-security"));
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_is_taken_from_a_trusted_proxy_only() {
    let ask = async |trusted: &[&str], id: &str| {
        let app = TestApp::start_with(TestOptions {
            trusted_proxies: trusted.iter().map(|net| net.parse().unwrap()).collect(),
            ..TestOptions::default()
        })
        .await;
        let answer = app
            .browser()
            .get(app.url("/healthz"))
            .header("x-request-id", id)
            .send()
            .await
            .unwrap();
        let told = answer.headers()["x-request-id"].to_str().unwrap() == id;
        app.stop().await;
        told
    };
    assert!(ask(&["127.0.0.0/8"], "abc-123").await);
    assert!(!ask(&[], "abc-123").await);
    assert!(!ask(&["127.0.0.0/8"], "no spaces").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_a_problem_for_programs_and_a_page_for_people() {
    let app = TestApp::start().await;
    let answer = app.get("/api/v1/nowhere").await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    let id = answer.headers()["x-request-id"]
        .to_str()
        .unwrap()
        .to_owned();
    let body = problem(answer).await;
    assert_eq!(body["type"], "/problems/not-found");
    assert_eq!(
        (&body["status"], &body["request_id"]),
        (&json!(404), &json!(id))
    );

    let page = app.get("/nowhere?lang=en").await;
    assert_eq!(page.status(), StatusCode::NOT_FOUND);
    assert!(
        page.headers()["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/html")
    );
    assert!(
        page.headers()["set-cookie"]
            .to_str()
            .unwrap()
            .starts_with("lang=en")
    );
    assert!(page.text().await.unwrap().contains("lang=\"en\""));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_method_is_told_the_right_ones() {
    let app = TestApp::start().await;
    let url = app.url("/api/v1/public/cases");
    let answer = app.browser().delete(url).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.headers()["allow"], "GET, HEAD");
    assert_eq!(
        problem(answer).await["type"],
        "/problems/method-not-allowed"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sentence_is_in_the_language_asked_for() {
    let app = TestApp::start().await;
    let detail = async |language: &str| {
        let request = app.browser().get(app.url("/api/v1/nowhere"));
        let answer = request.header("accept-language", language).send();
        problem(answer.await.unwrap()).await["detail"].clone()
    };
    let italian = detail("fr").await;
    assert_eq!(italian, detail("it-IT,en;q=0.8").await);
    assert_eq!(
        detail("en-GB,it;q=0.8").await,
        "There is nothing here, or nothing you may see."
    );
    assert_ne!(italian, detail("en").await);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_shows_all_that_is_public_and_a_draft_nothing() {
    let app = TestApp::start().await;
    app.sql(CASE).await;
    let answer = app.get("/api/v1/public/cases/libero-virgilio-2023").await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["cache-control"], "public, max-age=10");
    let case: Value = answer.json().await.unwrap();
    assert_eq!(case["state"], "open");
    assert_eq!(case["respondent"]["name"], "Italiaonline S.p.A.");
    assert_eq!(case["confirmed_claimants"], 0);
    assert_eq!(case["incidents"][0]["starts_at"], "2023-01-22T22:00:00Z");
    assert_eq!(
        case["incidents"][0]["domains"],
        json!([{"domain": "libero.it", "treatment": "in_scope"}])
    );
    assert_eq!(
        case["consents"],
        json!([{"purpose": "privacy_notice", "text_version": "1", "required": true, "text": "Informativa"}])
    );
    let draft = app.get("/api/v1/public/cases/in-preparazione").await;
    let nothing = app.get("/api/v1/public/cases/nothing").await;
    assert_eq!(
        (draft.status(), nothing.status()),
        (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND)
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r11_a_case_offers_collection_only_with_an_active_register() {
    let app = TestApp::start().await;
    app.sql(CASE).await;
    let case: Value = app
        .get("/api/v1/public/cases/libero-virgilio-2023")
        .await
        .json()
        .await
        .unwrap();
    let of = |slug: &str| {
        let all = case["associations"].as_array().unwrap();
        all.iter().find(|one| one["slug"] == slug).unwrap().clone()
    };
    assert_eq!(of("codacons")["mode"], "collection");
    assert_eq!(
        of("codacons")["registers"]["giustizia"],
        json!({"status": "active", "reference": "DEMO-1", "checked_on": "2026-02-01"})
    );
    assert_eq!(of("consumerismo")["mode"], "interest");
    assert_eq!(
        of("consumerismo")["registers"]["art137"]["status"],
        "unknown"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_are_found_by_company() {
    let app = TestApp::start().await;
    app.sql(CASE).await;
    let count = async |query: &str| {
        let found: Value = app
            .get(&format!("/api/v1/public/cases{query}"))
            .await
            .json()
            .await
            .unwrap();
        assert_eq!(found["next_cursor"], Value::Null);
        found["items"].as_array().unwrap().len()
    };
    assert_eq!(count("").await, 1);
    assert_eq!(count("?q=ITALIAONLINE").await, 1);
    assert_eq!(count("?q=virgilio+fermi").await, 1);
    assert_eq!(count("?q=altri").await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn head_is_get_without_a_body() {
    let app = TestApp::start().await;
    let answer = app
        .browser()
        .head(app.url("/healthz"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(answer.bytes().await.unwrap().is_empty());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn static_files_are_kept_for_ever_and_asked_for_once() {
    let app = TestApp::start().await;
    let path = assets::url("joinder.css");
    let first = app.get(&path).await;
    assert_eq!(first.status(), StatusCode::OK);
    assert!(
        first.headers()["cache-control"]
            .to_str()
            .unwrap()
            .contains("immutable")
    );
    let tag = first.headers()["etag"].clone();
    let request = app
        .browser()
        .get(app.url(&path))
        .header("if-none-match", tag);
    assert_eq!(
        request.send().await.unwrap().status(),
        StatusCode::NOT_MODIFIED
    );

    let packed = app
        .browser()
        .get(app.url(&path))
        .header("accept-encoding", "gzip");
    assert_eq!(
        packed.send().await.unwrap().headers()["content-encoding"],
        "gzip"
    );
    let old = app.get("/static/00000000/joinder.css").await;
    assert!(
        !old.headers()["cache-control"]
            .to_str()
            .unwrap()
            .contains("immutable")
    );
    assert_eq!(
        app.get("/static/00000000/vendor.sh").await.status(),
        StatusCode::NOT_FOUND
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_describes_itself_offline() {
    let app = TestApp::start().await;
    let openapi: Value = app.get("/openapi.json").await.json().await.unwrap();
    assert!(openapi["openapi"].as_str().unwrap().starts_with("3.1"));
    let described: BTreeSet<&str> = openapi["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|methods| methods.as_object().unwrap().values())
        .filter_map(|described| described["operationId"].as_str())
        .collect();
    let registered: BTreeSet<&str> = routes::all()
        .iter()
        .map(joinder::web::Route::operation)
        .filter(|operation| operation.path.starts_with("/api/"))
        .map(|operation| operation.name)
        .collect();
    assert_eq!(described, registered);
    assert!(openapi["components"]["schemas"]["Problem"].is_object());

    let docs = app.get("/docs/").await;
    assert_eq!(docs.status(), StatusCode::OK);
    let policy = docs.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(policy.contains("script-src 'self'"));
    let page = docs.text().await.unwrap();
    assert!(
        page.contains("swagger-ui") && !page.contains("https://"),
        "{page}"
    );
    assert_eq!(
        app.get("/docs/swagger-ui-bundle.js").await.status(),
        StatusCode::OK
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limits_told_are_those_of_the_operations() {
    let app = TestApp::start_with(TestOptions {
        rate_limits: RateLimits::On,
        ..TestOptions::default()
    })
    .await;
    let limits: Value = app.get("/.well-known/limits").await.json().await.unwrap();
    assert_eq!(limits["network"]["enforced"], true);
    assert_eq!(limits["mails"]["unasked_per_address_and_24_hours"], 3);
    assert_eq!(limits["codes"]["attempts_per_code"], 5);
    assert_eq!(limits["codes"]["codes_per_record_and_24_hours"], 10);
    assert_eq!(limits["staff_sign_in"]["failures"], 10);
    let classes = limits["network"]["classes"].as_array().unwrap();
    let limited: BTreeSet<&str> = classes
        .iter()
        .flat_map(|class| class["operations"].as_array().unwrap())
        .map(|name| name.as_str().unwrap())
        .collect();
    for operation in operation::ALL {
        if operation.method == Method::Post && operation.access == Access::Public {
            let free = ["staff_revoke"].contains(&operation.name);
            assert!(
                free || limited.contains(operation.name),
                "{}",
                operation.name
            );
        }
        if operation.name.starts_with("log_") {
            assert!(limited.contains(operation.name), "{}", operation.name);
        }
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_no_http_is_refused_and_the_server_goes_on() {
    let app = TestApp::start().await;
    let place: SocketAddr = app.base.trim_start_matches("http://").parse().unwrap();
    let mut stream = TcpStream::connect(place).unwrap();
    stream.write_all(b"GARBAGE\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert_eq!(app.get("/healthz").await.status(), StatusCode::OK);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_answered_with_an_id_and_nothing_else() {
    use actix_web::test;
    let app = TestApp::start().await;
    let boom = async || -> &'static str { panic!("Maria Rossi") };
    let service = actix_web::App::new()
        .app_data(actix_web::web::Data::new(app.state.clone()))
        .wrap(actix_web::middleware::from_fn(
            joinder::web::middleware::around,
        ))
        .route("/api/v1/boom", actix_web::web::to(boom));
    let service = test::init_service(service).await;
    let request = test::TestRequest::get().uri("/api/v1/boom").to_request();
    let error = test::try_call_service(&service, request).await.unwrap_err();
    let answer = error.as_response_error().error_response();
    assert_eq!(answer.status().as_u16(), 500);
    assert!(answer.headers().contains_key("x-request-id"));
    let body = actix_web::body::to_bytes(answer.into_body()).await.unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["type"], "/problems/internal");
    assert!(!body.to_string().contains("Rossi"));
    app.stop().await;
}
