//! The form in pages of partner sites (decision 36): who may frame it, that it needs no cookie, and what a browser
//! makes of it in another site's page.

use std::time::Duration;

use joinder::config::RateLimits;
use joinder::domain::permission::Role;
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use thirtyfour::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::app::{TestApp, TestOptions};
use crate::browser::Phone;
use crate::pages::fields;
use crate::partners::{Owner, Partner};
use crate::seed::CASE;
use crate::staff_console::{csrf, open, place, send, sign_in};
use crate::staff_seed::{association, person};

const BLOG: &str = "https://blog.example";

fn path() -> String {
    format!("/embed/{CASE}?association=codacons&via=blog")
}

/// A partner whose pages are at these origins.
async fn framed(owner: &Owner<'_>, origins: &[&str]) -> Partner {
    let blog = owner.partner("blog").await;
    let change = json!({"name": "Sito blog", "origins": origins});
    change_of(owner, &blog, &change).await;
    blog
}

async fn change_of(owner: &Owner<'_>, partner: &Partner, change: &Value) -> Value {
    let path = format!("/partners/{}", partner.id);
    owner.ask(Method::PUT, &path, change).await.expect(200)
}

/// Who may frame an answer.
fn ancestors(answer: &Response) -> String {
    let policy = answer.headers()["content-security-policy"]
        .to_str()
        .unwrap();
    let (_, ancestors) = policy.split_once("frame-ancestors ").unwrap();
    ancestors.to_owned()
}

/// Sends the form as a page in the frame does: no cookie is kept from one request to the next.
async fn send_framed(app: &TestApp, path: &str, sent: &[(&str, &str)]) -> Response {
    let mut own = HeaderMap::new();
    own.insert("sec-fetch-site", HeaderValue::from_static("same-origin"));
    own.insert("origin", HeaderValue::from_str(&app.base).unwrap());
    post(app, path, sent, own).await
}

async fn post(app: &TestApp, path: &str, sent: &[(&str, &str)], headers: HeaderMap) -> Response {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(sent);
    let request = app.request(Method::POST, path).headers(headers);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    request.body(body.finish()).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_pages_of_the_partner_may_frame_the_form() {
    let app = TestApp::seeded().await;
    let place = (app.database.clone(), app.owner_url.clone());
    let node = TestApp::start_on(place, TestOptions::default()).await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = framed(&owner, &["https://www.Blog.example:443/", BLOG, BLOG]).await;
    let both = format!("{BLOG} https://www.blog.example");
    for node in [&app, &node] {
        for (path, allowed) in [
            (path(), both.as_str()),
            (format!("{}&lang=de", path()), both.as_str()),
            (
                format!("/embed/{CASE}?association=codacons&via=altro"),
                "'none'",
            ),
            (format!("/embed/{CASE}?association=codacons"), "'none'"),
            (
                format!("/embed/{CASE}?association=altroconsumo&via=blog"),
                "'none'",
            ),
            (
                format!("/c/{CASE}/join?association=codacons&via=blog"),
                "'none'",
            ),
            (format!("/c/{CASE}"), "'none'"),
            ("/console/login".to_owned(), "'none'"),
        ] {
            let answer = node.get(&path).await;
            assert_eq!(answer.status(), StatusCode::OK, "{path}");
            assert_eq!(ancestors(&answer), allowed, "{path}");
            if path.starts_with("/embed/") {
                assert!(answer.headers().get("set-cookie").is_none(), "{path}");
            }
        }
        for path in [
            "/embed/nessuno?association=codacons&via=blog".to_owned(),
            format!("/embed/{CASE}?association=nessuno&via=blog"),
            format!("/embed/{CASE}?via=blog"),
        ] {
            let answer = node.get(&path).await;
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
            assert_eq!(ancestors(&answer), "'none'", "{path}");
        }
    }
    // a refusal is read in the frame
    let refused = send_framed(&app, &path(), &fields("k1", &[])).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(ancestors(&refused), both);
    // a partner that rests, and one whose list is emptied
    for (change, allowed) in [
        (json!({"name": "Sito", "standing": "suspended"}), "'none'"),
        (json!({"name": "Sito", "standing": "active"}), both.as_str()),
        (json!({"name": "Sito", "origins": []}), "'none'"),
    ] {
        change_of(&owner, &blog, &change).await;
        for node in [&app, &node] {
            let answer = node.get(&path()).await;
            assert_eq!(answer.status(), StatusCode::OK);
            assert_eq!(ancestors(&answer), allowed, "{change}");
        }
    }
    node.ctx.pools.close();
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_script_is_small_and_kept_for_an_hour() {
    let app = TestApp::seeded().await;
    let answer = app.get("/embed/v1.js").await;
    assert_eq!(answer.status(), StatusCode::OK);
    let headers = answer.headers().clone();
    assert_eq!(headers["content-type"], "text/javascript; charset=utf-8");
    assert_eq!(headers["cache-control"], "public, max-age=3600");
    assert_eq!(headers["cross-origin-resource-policy"], "cross-origin");
    assert!(headers.get("set-cookie").is_none());
    assert!(headers.get("access-control-allow-origin").is_none());
    let script = answer.text().await.unwrap();
    assert!(script.len() < 3_000 && script.contains("\"use strict\""));
    for part in ["http:", "https:", "cookie", "localStorage", "innerHTML"] {
        assert!(!script.contains(part), "{part}");
    }
    let again = app.request(Method::GET, "/embed/v1.js");
    let again = again.header("if-none-match", headers["etag"].clone());
    let again = again.send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_in_a_frame_is_taken_without_a_cookie_and_answered_in_place() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    framed(&owner, &[BLOG]).await;
    // what the form says of association and partner counts for nothing: the address does
    let extra = [
        ("contact[email]", "maria@example.org"),
        ("association", "altroconsumo"),
        ("via", "altro"),
    ];
    let sent = fields("one", &extra);
    let mut pages = Vec::new();
    for _ in 0..2 {
        let taken = send_framed(&app, &format!("{}&lang=it", path()), &sent).await;
        assert_eq!(taken.status(), StatusCode::OK);
        assert!(taken.headers().get("set-cookie").is_none());
        assert_eq!(ancestors(&taken), BLOG);
        pages.push(taken.text().await.unwrap());
    }
    assert_eq!(pages[0], pages[1], "sent once more, the same is answered");
    let page = &pages[0];
    assert!(page.contains("Manca solo la conferma") && page.contains("maria@example.org"));
    assert!(!page.contains("<form"), "{page}");
    let stored =
        "SELECT c.via, a.slug FROM claimants c JOIN associations a ON a.id = c.association_id";
    let stored = app.rows(stored).await;
    let expected = ["blog", "codacons"]
        .map(|word| Some(word.to_owned()))
        .to_vec();
    assert_eq!(stored, [expected]);
    app.run_outbox().await;
    let mails = app.mails_to("maria@example.org");
    assert_eq!(mails.len(), 1);
    assert!(mails[0].contains("/confirm/"), "{}", mails[0]);
    // a button of another language keeps what was typed, signs nobody up and leaves no cookie
    let sent = fields("three", &[("contact[email]", "carla@example.org")]);
    let switch = format!("{}&lang=de&switch=1", path());
    let german = send_framed(&app, &switch, &sent).await;
    assert_eq!(german.status(), StatusCode::OK);
    assert!(german.headers().get("set-cookie").is_none());
    let german = german.text().await.unwrap();
    assert!(german.contains("<html lang=\"de\">") && german.contains("carla@example.org"));
    assert_eq!(app.number("SELECT count(*) FROM claimants").await, 1);
    // who gave no e-mail is told of whom to hear
    let sent = fields("two", &[("contact[phone]", "+39 333 1234567")]);
    let taken = send_framed(&app, &path(), &sent).await;
    assert_eq!(taken.status(), StatusCode::OK);
    let page = taken.text().await.unwrap();
    assert!(
        page.contains("Codacons") && page.contains("target=\"_blank\""),
        "{page}"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_signed_in_is_nobody_in_a_frame() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    framed(&owner, &[BLOG]).await;
    let browser = crate::pages::Browser::new(&app);
    browser.confirmed("maria@example.org").await;
    let normal = browser
        .get(&format!("/c/{CASE}/join?association=codacons"))
        .await;
    assert!(normal.html.contains("name=\"csrf\"") && normal.html.contains("href=\"/me\""));
    let page = browser.get(&path()).await;
    assert!(!page.html.contains("name=\"csrf\"") && !page.html.contains("\"/me\""));
    assert!(!page.html.contains("maria@example.org"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_another_site_sends_is_refused_here_as_everywhere() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    framed(&owner, &[BLOG]).await;
    let sent = fields("one", &[("contact[email]", "maria@example.org")]);
    for path in [path(), format!("/c/{CASE}/join")] {
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", BLOG),
            ("origin", "null"),
        ] {
            let mut foreign = HeaderMap::new();
            foreign.insert(name, HeaderValue::from_static(value));
            let answer = post(&app, &path, &sent, foreign).await;
            assert_eq!(
                answer.status(),
                StatusCode::FORBIDDEN,
                "{path} {name} {value}"
            );
        }
    }
    assert_eq!(app.number("SELECT count(*) FROM claimants").await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_origins_are_told_one_by_one_and_changes_are_in_the_trail() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let path = format!("/partners/{}", blog.id);
    let wrong = json!({"name": " ", "origins": [BLOG, "http://blog.example", "https://blog.example/pagina", "https://a.example;b"]});
    let told = owner.ask(Method::PUT, &path, &wrong).await.wrong_fields();
    let told: Vec<(&str, &str)> = told
        .iter()
        .map(|it| (it.0.as_str(), it.1.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("/name", "required"),
            ("/origins/1", "format"),
            ("/origins/2", "format"),
            ("/origins/3", "format")
        ]
    );
    let many: Vec<String> = (0..11)
        .map(|n| format!("https://{n}.blog.example"))
        .collect();
    let many = json!({"name": "Sito", "origins": many});
    let told = owner.ask(Method::PUT, &path, &many).await.wrong_fields();
    assert_eq!(told, [("/origins".to_owned(), "too_long".to_owned())]);
    let read = change_of(&owner, &blog, &json!({"name": "Sito blog", "email": "redazione@sito.example", "origins": ["https://caffè.example/"]})).await;
    assert_eq!(read["origins"], json!(["https://xn--caff-8oa.example"]));
    // left out they stay
    let read = change_of(
        &owner,
        &blog,
        &json!({"name": "Altro nome", "email": "redazione@sito.example"}),
    )
    .await;
    assert_eq!(read["origins"], json!(["https://xn--caff-8oa.example"]));
    let one = owner.get(&path).await.expect(200);
    assert_eq!(one["origins"], read["origins"]);
    let told = "SELECT detail->>'changed', detail->>'origins' FROM audit WHERE action = 'partner_changed' ORDER BY id";
    let told = app.rows(told).await;
    let row = |changed: &str, origins: Option<&str>| {
        vec![Some(changed.to_owned()), origins.map(str::to_owned)]
    };
    assert_eq!(
        told,
        [
            row(
                r#"["origins"]"#,
                Some(r#"["https://xn--caff-8oa.example"]"#)
            ),
            row(r#"["name"]"#, None)
        ]
    );
    // another association's partner is none
    let other = Owner::of(&app, "altroconsumo").await;
    let change = json!({"name": "Preso", "origins": [BLOG]});
    other
        .ask(Method::PUT, &path, &change)
        .await
        .expect_problem(404, "not-found");
    let kept = format!(
        "SELECT count(*) FROM partners WHERE id = '{}' AND name = 'Altro nome' AND origins = '{{https://xn--caff-8oa.example}}'",
        blog.id
    );
    assert_eq!(app.number(&kept).await, 1);
    app.stop().await;
}

/// A browser in which an owner just showed the second factor, and the token of its forms.
async fn owner_in_console(app: &TestApp) -> (reqwest::Client, String) {
    let owner = person(app, association(app, "codacons").await, Role::Owner).await;
    let browser = app.browser();
    sign_in(app, &browser, &owner).await;
    let (_, page) = open(app, &browser, "/console/partners").await;
    let token = csrf(&page).to_owned();
    let code = owner.code(app);
    let shown = [
        ("csrf", token.as_str()),
        ("totp", &code),
        ("back", "/console/partners"),
    ];
    send(app, &browser, "/console/step-up", &shown).await;
    (browser, token)
}

/// The snippet that the console shows to be copied.
fn snippet_in(page: &str) -> String {
    let start = format!("id=\"snippet-{CASE}\"");
    let rest = page.split(&start).nth(1).unwrap();
    let rest = rest.split_once('>').unwrap().1;
    let text = rest.split("</textarea>").next().unwrap();
    let written = [
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&#38;", "&"),
    ];
    written
        .iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_shows_the_snippet_and_takes_origins() {
    let app = TestApp::seeded().await;
    let (browser, token) = owner_in_console(&app).await;
    let new = [
        ("csrf", token.as_str()),
        ("name", "Il Blog"),
        ("slug", "blog"),
        ("language", "de"),
    ];
    let added = send(&app, &browser, "/console/partners", &new).await;
    let own = place(&added).to_owned();
    let (_, page) = open(&app, &browser, &own).await;
    let snippet = snippet_in(&page);
    let base = &app.base;
    let link = format!("<a href=\"{base}/c/{CASE}/join?association=codacons&amp;via=blog\">");
    let script = format!(
        "<script src=\"{base}/embed/v1.js\" data-case=\"{CASE}\" data-association=\"codacons\" data-partner=\"blog\" data-lang=\"de\"></script>"
    );
    assert!(
        snippet.starts_with(&link) && snippet.ends_with(&script),
        "{snippet}"
    );
    let wrong = [
        ("csrf", token.as_str()),
        ("origins", "https://blog.example\r\nblog.example"),
    ];
    let wrong = send(&app, &browser, &own, &wrong).await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let wrong = wrong.text().await.unwrap();
    assert!(
        wrong.contains("id=\"origins-error\"") && wrong.contains("un sito: blog.example."),
        "{wrong}"
    );
    assert_eq!(wrong.matches("class=\"error-summary\"").count(), 1);
    let right = [
        ("csrf", token.as_str()),
        (
            "origins",
            " https://Blog.example/ \r\n\r\nhttps://www.blog.example",
        ),
    ];
    let right = send(&app, &browser, &own, &right).await;
    assert_eq!(place(&right), own);
    // its name is untouched, and a new name leaves the origins
    let name = [
        ("csrf", token.as_str()),
        ("name", "Altro nome"),
        ("language", "de"),
    ];
    send(&app, &browser, &own, &name).await;
    let stored = app
        .rows("SELECT name, language, origins::text FROM partners")
        .await;
    let expected = [
        "Altro nome",
        "de",
        "{https://blog.example,https://www.blog.example}",
    ];
    assert_eq!(
        stored,
        [expected.map(|word| Some(word.to_owned())).to_vec()]
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_forms_are_refused_in_the_frame() {
    let app = TestApp::seeded_with(TestOptions {
        rate_limits: RateLimits::On,
        ..TestOptions::default()
    })
    .await;
    let owner = Owner::of(&app, "codacons").await;
    framed(&owner, &[BLOG]).await;
    for _ in 0..1_000 {
        let answer = send_framed(&app, &path(), &[("action", "send")]).await;
        assert_eq!(ancestors(&answer), BLOG);
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            assert!(answer.headers().contains_key("retry-after"));
            let page = answer.text().await.unwrap();
            assert!(page.contains("class=\"framed\""), "{page}");
            return app.stop().await;
        }
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }
    panic!("1,000 forms of one network were read");
}

/// A site of one page, on this machine under its other name; it says whom it lets in, as partners are told to.
fn serve(listener: TcpListener, platform: &str, html: String) {
    let policy = format!("default-src 'none'; script-src {platform}; frame-src {platform}");
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\n\
         connection: close\r\ncontent-security-policy: {policy}\r\n\r\n{html}",
        html.len()
    );
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut asked = [0; 4096];
                let read = stream.read(&mut asked).await.unwrap_or_default();
                if read > 0 {
                    stream.write_all(answer.as_bytes()).await.ok();
                }
            });
        }
    });
}

async fn a_site() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    (listener, origin)
}

/// Waits until a script in the page, or in its frame, says yes.
async fn wait(phone: &Phone, is_framed: bool, script: &str) {
    for _ in 0..400 {
        phone.browser.enter_default_frame().await.unwrap();
        // while a page changes there may be no frame to ask
        let there = !is_framed || phone.browser.enter_frame(0).await.is_ok();
        let script = format!("return Boolean({script})");
        if there
            && let Ok(told) = phone.browser.execute(script.as_str(), Vec::new()).await
            && *told.json() == json!(true)
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("never: {script}");
}

async fn number(phone: &Phone, script: &str) -> f64 {
    phone.browser.enter_default_frame().await.unwrap();
    phone.script(script).await.as_f64().unwrap()
}

const HEIGHT: &str = "return document.querySelector('iframe').getBoundingClientRect().height";
const BEGINS_IN_SIGHT: &str = "(top => top > -1.5 && top < window.innerHeight)(document.querySelector('iframe').getBoundingClientRect().top)";
const IS_THERE: &str = "document.querySelector('iframe') && getComputedStyle(document.querySelector('main > a')).display === 'none'";

#[tokio::test(flavor = "multi_thread")]
async fn the_form_is_filled_and_sent_in_a_page_of_another_site() {
    let Some(phone) = Phone::open().await else {
        return;
    };
    let app = TestApp::seeded().await;
    let (listener, blog) = a_site().await;
    let (unlisted, other) = a_site().await;
    let (browser, token) = owner_in_console(&app).await;
    let new = [
        ("csrf", token.as_str()),
        ("name", "Il Blog"),
        ("slug", "blog"),
        ("language", "it"),
    ];
    let own = place(&send(&app, &browser, "/console/partners", &new).await).to_owned();
    let named = [("csrf", token.as_str()), ("origins", blog.as_str())];
    let named = send(&app, &browser, &own, &named).await;
    assert_eq!(place(&named), own);
    let (_, page) = open(&app, &browser, &own).await;
    let story = "<p>Che cosa è successo.</p>".repeat(12);
    let html = format!(
        "<!doctype html><html lang=\"it\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Il Blog</title><main>{story}{}{story}</main></html>",
        snippet_in(&page)
    );
    serve(listener, &app.base, html.clone());
    serve(unlisted, &app.base, html);

    phone.go(&format!("{blog}/")).await;
    wait(&phone, false, IS_THERE).await;
    phone.fits().await;
    let frame = "const frame = document.querySelector('iframe'); return [frame.title, frame.src]";
    let frame = phone.script(frame).await;
    assert_eq!(frame[0], "Modulo di pre-adesione");
    let source = format!(
        "{}/embed/{CASE}?association=codacons&via=blog&lang=it",
        app.base
    );
    assert_eq!(frame[1], source.as_str());
    // the frame is as high as its page: nothing scrolls in it
    let fits = "document.documentElement.scrollHeight <= window.innerHeight + 1 && document.documentElement.scrollWidth <= window.innerWidth";
    wait(&phone, true, fits).await;

    // by keyboard, with nothing typed: errors, and the keyboard at their list, whose beginning is seen
    press_send(&phone).await;
    wait(
        &phone,
        true,
        "document.activeElement.className === 'error-summary'",
    )
    .await;
    wait(&phone, true, fits).await;
    let refused = number(&phone, HEIGHT).await;
    wait(&phone, false, BEGINS_IN_SIGHT).await;

    phone.browser.enter_frame(0).await.unwrap();
    phone.fill("contact-email", "maria@example.org").await;
    phone.fill("mailboxes-0-address", "caduta@libero.it").await;
    press_send(&phone).await;
    let joined = "document.querySelector('h1').textContent === 'Manca solo la conferma' && document.activeElement === document.querySelector('h1')";
    wait(&phone, true, joined).await;
    wait(&phone, true, fits).await;
    wait(&phone, false, BEGINS_IN_SIGHT).await;
    let shorter = number(&phone, HEIGHT).await;
    assert!(shorter < refused, "{shorter} {refused}");
    app.run_outbox().await;
    assert_eq!(app.mails_to("maria@example.org").len(), 1);
    assert_eq!(
        app.number("SELECT count(*) FROM claimants WHERE via = 'blog'")
            .await,
        1
    );
    let kept = phone.cdp("Network.getAllCookies", json!({})).await;
    assert_eq!(kept["cookies"], json!([]));

    // a page that the association did not name: the frame goes, the link is left
    phone.go(&format!("{other}/")).await;
    let left = "!document.querySelector('iframe') && getComputedStyle(document.querySelector('main > a')).display !== 'none'";
    wait(&phone, false, left).await;
    phone.browser.quit().await.unwrap();
    app.stop().await;
}

/// Presses the form's button in the frame, by keyboard.
async fn press_send(phone: &Phone) {
    phone.browser.enter_default_frame().await.unwrap();
    phone.browser.enter_frame(0).await.unwrap();
    let button = phone
        .browser
        .find(By::Css(".btn-primary[value=send]"))
        .await;
    button.unwrap().send_keys(Key::Enter + "").await.unwrap();
}
