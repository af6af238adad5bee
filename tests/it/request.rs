//! How requests are read: bodies, addresses, keys, tokens; and what is refused before a handler runs.

use std::net::IpAddr;

use actix_web::dev::ServiceResponse;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::from_fn;
use actix_web::test::{self, TestRequest};
use actix_web::{App, HttpResponse, web};
use chrono::Duration;
use joinder::config::RateLimits;
use joinder::domain::permission::operation;
use joinder::web::extract::client::{ClientAddr, Network};
use joinder::web::extract::session::{ClaimantToken, Holder, StaffToken};
use joinder::web::extract::{Form, IdempotencyKey, Json, UserAgent};
use joinder::web::middleware::rate_limit::{self, Limits};
use joinder::web::middleware::{around, same_origin};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::{TestApp, TestOptions};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Contact {
    email: String,
    #[serde(default)]
    kind: Option<Kind>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Home,
    Work,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    contact: Contact,
    #[serde(default)]
    mailboxes: Vec<Contact>,
}

async fn take_json(body: Json<Body>) -> HttpResponse {
    let kind = match body.0.contact.kind {
        Some(Kind::Home) => "home",
        Some(Kind::Work) => "work",
        None => "none",
    };
    HttpResponse::Ok().json(json!([body.0.contact.email, kind, body.0.mailboxes.len()]))
}

async fn take_form(body: Form<Body>) -> HttpResponse {
    HttpResponse::Ok().json(json!([
        body.0.contact.email,
        body.0.mailboxes.first().unwrap().email
    ]))
}

async fn take_key(key: IdempotencyKey) -> String {
    key.0
}

async fn take_tokens(claimant: ClaimantToken, staff: StaffToken, agent: UserAgent) -> HttpResponse {
    let agent = agent.0.map(|agent| agent.len());
    HttpResponse::Ok().json(json!([claimant.text, staff.0, agent]))
}

/// Sends one request through the layers to the handlers above.
async fn send(app: &TestApp, request: TestRequest) -> ServiceResponse {
    let limits = Limits::new(app.state.web.rate_limits);
    let limit = limits.of(&operation::LOGIN_FORM);
    let limited = move |request, next| rate_limit::check(limit.clone(), request, next);
    let service = App::new()
        .app_data(web::Data::new(app.state.clone()))
        .wrap(from_fn(around))
        .service(
            web::resource("/api/v1/json")
                .wrap(from_fn(same_origin::check))
                .post(take_json),
        )
        .route("/api/v1/key", web::post().to(take_key))
        .route("/api/v1/tokens", web::get().to(take_tokens))
        .route("/tokens", web::get().to(take_tokens))
        .service(
            web::resource("/form")
                .wrap(from_fn(same_origin::check))
                .wrap(from_fn(limited))
                .post(take_form),
        );
    let service = test::init_service(service).await;
    test::call_service(&service, request.to_request()).await
}

fn post(path: &str, kind: &'static str, body: &str) -> TestRequest {
    TestRequest::with_uri(path)
        .method(Method::POST)
        .insert_header(("content-type", kind))
        .set_payload(body.to_owned())
}

async fn json_of(answer: ServiceResponse) -> Value {
    serde_json::from_slice(&test::read_body(answer).await).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_the_wrong_shape_names_the_field() {
    let app = TestApp::start().await;
    for (body, pointer, code) in [
        ("{}", "/contact", "required"),
        (r#"{"contact":{}}"#, "/contact/email", "required"),
        (r#"{"contact":{"email":1}}"#, "/contact/email", "format"),
        (
            r#"{"contact":{"email":"a"},"surprise":1}"#,
            "/surprise",
            "unknown_field",
        ),
        (
            r#"{"contact":{"email":"a","a/b":1}}"#,
            "/contact/a~1b",
            "unknown_field",
        ),
        (
            r#"{"contact":{"email":"a","kind":"x"}}"#,
            "/contact/kind",
            "unknown_value",
        ),
        (
            r#"{"contact":{"email":"a"},"mailboxes":[{"email":"b"},{"email":null}]}"#,
            "/mailboxes/1/email",
            "format",
        ),
    ] {
        let answer = send(&app, post("/api/v1/json", "application/json", body)).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        let problem = json_of(answer).await;
        assert_eq!(problem["type"], "/problems/validation");
        let error = &problem["errors"][0];
        assert_eq!(
            (&error["pointer"], &error["code"]),
            (&json!(pointer), &json!(code))
        );
        assert!(error["message"].as_str().unwrap().ends_with('.'), "{error}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_place_of_the_wrong_shape_is_told_at_once() {
    let app = TestApp::start().await;
    let body = r#"{"contact":{"kind":"x","contact":{}},"mailboxes":[{"email":1},{"email":"b","kind":true},3],"more":[]}"#;
    let answer = send(&app, post("/api/v1/json", "application/json", body)).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let problem = json_of(answer).await;
    let told = problem["errors"].as_array().unwrap().iter();
    let told = told.map(|error| error["pointer"].as_str().unwrap());
    let told: std::collections::BTreeSet<&str> = told.collect();
    let expected = [
        "/contact/contact",
        "/contact/email",
        "/contact/kind",
        "/mailboxes/0/email",
        "/mailboxes/1/kind",
        "/mailboxes/2",
        "/more",
    ];
    assert_eq!(told, expected.into_iter().collect());
    let kind = &problem["errors"][0];
    assert_eq!(kind["allowed"], json!(["home", "work"]), "{kind}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_json_too_large_or_of_another_type_is_refused() {
    let app = TestApp::start().await;
    let good = r#"{"contact":{"email":"a","kind":"work"}}"#;
    let status =
        async |kind, body: &str| send(&app, post("/api/v1/json", kind, body)).await.status();
    assert_eq!(
        status("application/json; charset=utf-8", good).await,
        StatusCode::OK
    );
    assert_eq!(
        status("application/json", "{").await,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        status("application/json", "").await,
        StatusCode::BAD_REQUEST
    );
    let twice = format!("{good}{good}");
    assert_eq!(
        status("application/json", &twice).await,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        status("text/plain", good).await,
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    );
    let large = format!("{good}{}", " ".repeat(64 * 1024));
    assert_eq!(
        status("application/json", &large).await,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_is_the_same_shape_in_brackets() {
    let app = TestApp::start().await;
    let kind = "application/x-www-form-urlencoded";
    let body = "contact%5Bemail%5D=a%40b.it&mailboxes[0][email]=c+d";
    let answer = send(&app, post("/form", kind, body)).await;
    assert_eq!(json_of(answer).await, json!(["a@b.it", "c d"]));
    let deep = format!("a{}=1", "[b]".repeat(40));
    let answer = send(&app, post("/form", kind, &deep)).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_another_site_is_refused() {
    let app = TestApp::start().await;
    let status = async |site: &'static str| {
        let body = "contact[email]=a&mailboxes[0][email]=b";
        let request = post("/form", "application/x-www-form-urlencoded", body);
        let request = request.insert_header(("sec-fetch-site", site));
        send(&app, request).await.status()
    };
    assert_eq!(status("same-origin").await, StatusCode::OK);
    assert_eq!(status("none").await, StatusCode::OK);
    assert_eq!(status("cross-site").await, StatusCode::FORBIDDEN);
    assert_eq!(status("same-site").await, StatusCode::FORBIDDEN);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_sec_fetch_site_the_origin_tells_whose_form_it_is() {
    let app = TestApp::start().await;
    let status = async |path: &str, headers: &[(&'static str, &str)]| {
        let (kind, body) = match path {
            "/form" => (
                "application/x-www-form-urlencoded",
                "contact[email]=a&mailboxes[0][email]=b",
            ),
            _ => ("application/json", r#"{"contact":{"email":"a"}}"#),
        };
        let mut request = post(path, kind, body);
        for (name, value) in headers {
            request = request.insert_header((*name, *value));
        }
        send(&app, request).await.status()
    };
    let own = app.base.as_str();
    assert_eq!(status("/form", &[]).await, StatusCode::OK);
    assert_eq!(status("/form", &[("origin", own)]).await, StatusCode::OK);
    let other_port = format!("{own}1");
    let no_port = own.rsplit_once(':').unwrap().0;
    let tls = own.replace("http://", "https://");
    let longer = format!("{own}.evil.example");
    for other in [
        "https://evil.example",
        "null",
        "",
        &other_port,
        no_port,
        &tls,
        &longer,
    ] {
        assert_eq!(
            status("/form", &[("origin", other)]).await,
            StatusCode::FORBIDDEN,
            "{other}"
        );
        // the API needs no cookie and takes all
        let answer = status("/api/v1/json", &[("origin", other)]).await;
        assert_eq!(answer, StatusCode::OK);
        // what the browser of today says goes first: it knows the address people really use
        let both = [("sec-fetch-site", "same-origin"), ("origin", other)];
        assert_eq!(status("/form", &both).await, StatusCode::OK);
    }
    let both = [("sec-fetch-site", "cross-site"), ("origin", own)];
    assert_eq!(status("/form", &both).await, StatusCode::FORBIDDEN);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_1_to_128_visible_characters() {
    let app = TestApp::start().await;
    let status = async |key: Option<String>| {
        let mut request = TestRequest::with_uri("/api/v1/key").method(Method::POST);
        if let Some(key) = key {
            request = request.insert_header(("idempotency-key", key));
        }
        send(&app, request).await.status()
    };
    assert_eq!(status(Some("k".repeat(128))).await, StatusCode::OK);
    for wrong in [
        None,
        Some("k".repeat(129)),
        Some(String::new()),
        Some("a b".to_owned()),
    ] {
        assert_eq!(status(wrong).await, StatusCode::BAD_REQUEST);
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_takes_bearer_tokens_alone_and_pages_cookies_alone() {
    let app = TestApp::start().await;
    let shown = async |path: &str| {
        let request = TestRequest::with_uri(path)
            .insert_header(("authorization", "bearer abc"))
            .insert_header(("cookie", "joinder_me=mine; joinder_staff=theirs"))
            .insert_header(("user-agent", "a".repeat(500)));
        json_of(send(&app, request).await).await
    };
    assert_eq!(shown("/api/v1/tokens").await, json!(["abc", "abc", 256]));
    assert_eq!(shown("/tokens").await, json!(["mine", "theirs", 256]));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cookies_are_bound_to_host_and_tls_where_there_is_tls() {
    let app = TestApp::start_with(TestOptions {
        https: true,
        ..TestOptions::default()
    })
    .await;
    let cookie = Holder::Staff
        .cookie(&app.state.web, "t".to_owned(), 60)
        .to_string();
    assert_eq!(
        cookie,
        "__Host-joinder_staff=t; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=60"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_told_to_wait() {
    let app = TestApp::start_with(TestOptions {
        rate_limits: RateLimits::On,
        trusted_proxies: vec!["127.0.0.1/32".parse().unwrap()],
        ..TestOptions::default()
    })
    .await;
    let limits = Limits::new(RateLimits::On);
    let limit = limits.of(&operation::LOGIN_FORM);
    let service = App::new()
        .app_data(web::Data::new(app.state.clone()))
        .wrap(from_fn(around))
        .service(
            web::resource("/api/v1/login")
                .wrap(from_fn(move |request, next| {
                    rate_limit::check(limit.clone(), request, next)
                }))
                .post(HttpResponse::Ok),
        );
    let service = test::init_service(service).await;
    let send = async |client: &str| {
        let request = TestRequest::with_uri("/api/v1/login")
            .method(Method::POST)
            .peer_addr("127.0.0.1:4000".parse().unwrap())
            .insert_header(("x-forwarded-for", client.to_owned()));
        test::call_service(&service, request.to_request()).await
    };
    for round in 0..20 {
        assert_eq!(
            send(&format!("2001:db8::{round:x}")).await.status(),
            StatusCode::OK
        );
    }
    let refused = send("2001:db8::ffff").await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let wait = refused
        .headers()
        .get("retry-after")
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    assert!((1..=2).contains(&wait.parse::<u32>().unwrap()), "{wait}");
    assert_eq!(json_of(refused).await["type"], "/problems/rate-limited");
    assert_eq!(send("2001:db8:0:1::1").await.status(), StatusCode::OK);
    assert_eq!(send("192.0.2.1").await.status(), StatusCode::OK);
    assert!(
        Limits::new(RateLimits::Off)
            .of(&operation::LOGIN_FORM)
            .is_none()
    );
    app.stop().await;
}

#[test]
fn the_client_is_the_last_hop_that_is_no_proxy_of_ours() {
    let trusted = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
    let of = |peer: &str, forwarded: &[&'static str]| {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(
                HeaderName::from_static("x-forwarded-for"),
                HeaderValue::from_static(line),
            );
        }
        let peer: IpAddr = peer.parse().unwrap();
        ClientAddr::of(Some(peer), &headers, &trusted).0.to_string()
    };
    assert_eq!(of("192.0.2.9", &["203.0.113.1"]), "192.0.2.9", "a liar");
    assert_eq!(of("10.0.0.1", &["203.0.113.1"]), "203.0.113.1");
    assert_eq!(
        of("10.0.0.1", &["1.1.1.1, 203.0.113.1, 10.0.0.2"]),
        "203.0.113.1"
    );
    assert_eq!(of("10.0.0.1", &["1.1.1.1", "203.0.113.1"]), "203.0.113.1");
    assert_eq!(
        of("::ffff:10.0.0.1", &["::ffff:203.0.113.1"]),
        "203.0.113.1"
    );
    assert_eq!(of("10.0.0.1", &["203.0.113.1, nonsense"]), "10.0.0.1");
    assert_eq!(of("fd00::1", &[]), "fd00::1");
}

#[test]
fn a_hop_that_does_not_read_hides_what_stands_left_of_it_and_no_more() {
    let trusted = ["10.0.0.0/8".parse().unwrap()];
    let of = |forwarded: &[&[u8]]| {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(
                HeaderName::from_static("x-forwarded-for"),
                HeaderValue::from_bytes(line).unwrap(),
            );
        }
        let peer: IpAddr = "10.0.0.1".parse().unwrap();
        ClientAddr::of(Some(peer), &headers, &trusted).0.to_string()
    };
    assert_eq!(of(&[b"\xe8vil, 203.0.113.1"]), "203.0.113.1");
    assert_eq!(of(&[b"\xff", b"203.0.113.1, 10.0.0.2"]), "203.0.113.1");
    assert_eq!(of(&[b"1.1.1.1, \xff, 10.0.0.2"]), "10.0.0.2");
    assert_eq!(
        of(&[b"1.1.1.1", b"\xff"]),
        "10.0.0.1",
        "not the line before"
    );
}

#[test]
fn one_ipv6_subscriber_is_one_network() {
    let of = |address: &str| ClientAddr(address.parse().unwrap()).network();
    assert_eq!(of("2001:db8:0:1::1"), of("2001:db8:0:1:ffff::2"));
    assert_ne!(of("2001:db8:0:1::1"), of("2001:db8:0:2::1"));
    assert!(matches!(of("192.0.2.1"), Network::V4(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_goes_on_when_its_client_is_gone() {
    let app = TestApp::start().await;
    let (done, seen) = tokio::sync::oneshot::channel();
    let (go, gone) = tokio::sync::oneshot::channel::<()>();
    let asking = app.ctx.to_end(async move {
        gone.await.unwrap();
        done.send(()).unwrap();
        Ok(())
    });
    // polled once, then dropped, as actix does
    let mut asking = Box::pin(asking);
    assert!(futures_util::poll!(&mut asking).is_pending());
    drop(asking);
    go.send(()).unwrap();
    seen.await.unwrap();
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_harness_keeps_mails_and_its_clock_stands_still() {
    let app = TestApp::start().await;
    let before = app.clock().now();
    app.clock().advance(Duration::minutes(30));
    assert_eq!(app.clock().now() - before, Duration::minutes(30));
    app.mailer().probe().await.unwrap();
    assert!(app.mails().is_empty());
    app.stop().await;
}
