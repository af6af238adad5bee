//! The console as a browser sees it.

use chrono::TimeDelta;
use joinder::domain::permission::Role;
use reqwest::{Client, Response, StatusCode};

use crate::app::{TestApp, TestOptions};
use crate::exports::Approver;
use crate::staff_seed::{self, Claimant, PASSWORD, Person, SLUG, codacons, person};

pub(crate) async fn open(app: &TestApp, browser: &Client, path: &str) -> (StatusCode, String) {
    let answer = browser.get(app.url(path)).send().await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

pub(crate) async fn send(
    app: &TestApp,
    browser: &Client,
    path: &str,
    fields: &[(&str, &str)],
) -> Response {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(fields);
    browser
        .post(app.url(path))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body.finish())
        .send()
        .await
        .unwrap()
}

pub(crate) async fn sign_in(app: &TestApp, browser: &Client, who: &Person) -> Response {
    let fields = [
        ("email", who.email.as_str()),
        ("password", PASSWORD),
        ("totp", &who.code(app)),
        ("association", ""),
    ];
    let answer = send(app, browser, "/console/login", &fields).await;
    app.clock().advance(TimeDelta::seconds(30));
    answer
}

pub(crate) fn csrf(page: &str) -> &str {
    let rest = page.split("name=\"csrf\" value=\"").nth(1).unwrap();
    rest.split('"').next().unwrap()
}

pub(crate) fn place(answer: &Response) -> &str {
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    answer.headers()["location"].to_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_is_read_as_people_write_it_and_what_is_wrong_comes_back_as_typed() {
    let app = staff_seed::start().await;
    Claimant::maria().insert(&app).await;
    let manager = person(&app, codacons(), Role::CaseManager).await;
    let browser = app.browser();
    sign_in(&app, &browser, &manager).await;
    let list = format!("/console/cases/{SLUG}");
    let (status, all) = open(&app, &browser, &list).await;
    assert_eq!(status, StatusCode::OK);
    assert!(all.contains("Pratiche trovate: 1") && !all.contains("Filtri attivi:"));
    let (status, read) = open(
        &app,
        &browser,
        &format!("{list}?province=Roma&least=1.000,00&state=confirmed"),
    )
    .await;
    assert_eq!(status, StatusCode::OK);
    assert!(read.contains("value=\"RM\"") && read.contains("Filtri attivi:"));
    let wrong = format!("{list}?province=Atlantide&least=tanto&state=confirmed&q=rossi");
    let (status, told) = open(&app, &browser, &wrong).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    for part in [
        "id=\"province-error\"",
        "id=\"least-error\"",
        "value=\"Atlantide\"",
        "value=\"tanto\"",
        "value=\"rossi\"",
        "value=\"confirmed\" selected",
    ] {
        assert!(told.contains(part), "{part}");
    }
    assert!(!told.contains("Maria Rossi"));
    let reversed = format!("{list}?from=2026-03-02&until=2026-03-01");
    let (status, told) = open(&app, &browser, &reversed).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(told.contains("id=\"until-error\""));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_manager_signs_in_searches_and_takes_the_list_in_clear() {
    let app = staff_seed::start().await;
    Claimant::maria().insert(&app).await;
    let manager = person(&app, codacons(), Role::CaseManager).await;
    let browser = app.browser();
    let refused = browser.get(app.url("/console")).send().await.unwrap();
    assert_eq!(place(&refused), "/console/login");
    assert_eq!(place(&sign_in(&app, &browser, &manager).await), "/console");

    let (_, cases) = open(&app, &browser, "/console").await;
    assert!(cases.contains("Libero e Virgilio fermi") && cases.contains("Codacons"));
    let (status, list) = open(&app, &browser, &format!("/console/cases/{SLUG}?q=rossi")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(list.contains("Maria Rossi") && !list.contains("RSSMRA80A41H501Y"));
    let link = list.split("href=\"/console/claimants/").nth(1).unwrap();
    let id = link.split('"').next().unwrap();
    let (status, one) = open(&app, &browser, &format!("/console/claimants/{id}")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(one.contains("maria@esempio.example") && one.contains("Dati visti in chiaro"));
    let (_, english) = open(&app, &browser, "/console?lang=en").await;
    assert!(english.contains("case management"));

    let export = format!("/console/cases/{SLUG}/export");
    let (_, form) = open(&app, &browser, &export).await;
    let token = csrf(&form).to_owned();
    let early = send(
        &app,
        &browser,
        &export,
        &[("csrf", &token), ("purpose", "Ricorso")],
    )
    .await;
    assert_eq!(place(&early), format!("/console/step-up?back={export}"));
    let fields = [
        ("csrf", token.as_str()),
        ("totp", &manager.code(&app)),
        ("back", &export),
    ];
    let stepped = send(&app, &browser, "/console/step-up", &fields).await;
    assert_eq!(place(&stepped), export);
    let empty = send(
        &app,
        &browser,
        &export,
        &[("csrf", &token), ("purpose", " ")],
    )
    .await;
    assert_eq!(empty.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(empty.text().await.unwrap().contains("id=\"purpose-error\""));
    let asked = send(
        &app,
        &browser,
        &export,
        &[("csrf", &token), ("purpose", "Ricorso"), ("clear", "true")],
    )
    .await;
    let one = place(&asked).to_owned();
    Approver::of(&app, codacons())
        .await
        .approve(
            &app,
            &format!("/api/v1/staff{}", one.trim_start_matches("/console")),
        )
        .await;
    assert_eq!(app.run_exports().await, 1);
    let file = browser
        .get(app.url(&format!("{one}/files/1")))
        .send()
        .await
        .unwrap();
    assert!(
        file.headers()["content-disposition"]
            .to_str()
            .unwrap()
            .starts_with("attachment")
    );
    assert!(file.text().await.unwrap().contains("RSSMRA80A41H501Y"));
    app.clock().advance(TimeDelta::minutes(5));
    let late = send(
        &app,
        &browser,
        &export,
        &[("csrf", &token), ("purpose", "Ricorso")],
    )
    .await;
    assert_eq!(place(&late), format!("/console/step-up?back={export}"));

    let forged = send(&app, &browser, "/console/logout", &[("csrf", "x")]).await;
    assert_eq!(forged.status(), StatusCode::FORBIDDEN);
    let forged = forged.text().await.unwrap();
    assert!(
        forged.contains("This page was open for too long")
            && forged.contains("<body class=\"console\">"),
        "{forged}"
    );
    let out = send(&app, &browser, "/console/logout", &[("csrf", &token)]).await;
    assert_eq!(place(&out), "/console/login");
    assert_eq!(
        open(&app, &browser, "/console").await.0,
        StatusCode::SEE_OTHER
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_console_is_closed_and_reading_does_not_keep_it_open() {
    let app = staff_seed::start().await;
    let reader = person(&app, codacons(), Role::Reader).await;
    let browser = app.browser();
    sign_in(&app, &browser, &reader).await;
    app.clock().advance(TimeDelta::minutes(40));
    assert_eq!(open(&app, &browser, "/console").await.0, StatusCode::OK);
    app.clock().advance(TimeDelta::minutes(25));
    assert_eq!(
        open(&app, &browser, "/console").await.0,
        StatusCode::SEE_OTHER
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn step_up_never_leads_away_from_the_console() {
    let app = staff_seed::start().await;
    let reader = person(&app, codacons(), Role::Reader).await;
    let browser = app.browser();
    sign_in(&app, &browser, &reader).await;
    for back in [
        "https://evil.example",
        "//evil.example",
        "/console/../me",
        "",
    ] {
        let query = url::form_urlencoded::byte_serialize(back.as_bytes()).collect::<String>();
        let (_, page) = open(&app, &browser, &format!("/console/step-up?back={query}")).await;
        assert!(page.contains("name=\"back\" value=\"/console\""), "{back}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_filter_of_an_export_survives_the_second_factor() {
    let app = staff_seed::start().await;
    let manager = person(&app, codacons(), Role::CaseManager).await;
    let browser = app.browser();
    sign_in(&app, &browser, &manager).await;
    let export = format!("/console/cases/{SLUG}/export?format=zip&state=signed");
    let (_, page) = open(&app, &browser, &export).await;
    let link = page.split("href=\"/console/step-up").nth(1).unwrap();
    let link = link.split('"').next().unwrap();
    let (_, page) = open(&app, &browser, &format!("/console/step-up{link}")).await;
    let kept = export.replace('&', "&#38;");
    let back = format!("name=\"back\" value=\"{kept}\"");
    assert!(page.contains(&back), "{page}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_refused_at_the_step_up_is_told_as_a_code_and_the_way_back_stays() {
    let app = staff_seed::start().await;
    let manager = person(&app, codacons(), Role::CaseManager).await;
    let browser = app.browser();
    sign_in(&app, &browser, &manager).await;
    let back = format!("/console/cases/{SLUG}/export");
    let (_, page) = open(&app, &browser, &back).await;
    let token = csrf(&page).to_owned();
    let fields = [("csrf", &*token), ("totp", "0"), ("back", &*back)];
    let refused = send(&app, &browser, "/console/step-up", &fields).await;
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    let page = refused.text().await.unwrap();
    assert!(page.contains("Il codice non è giusto") && !page.contains("Password"));
    let english = format!("href=\"/console/step-up?back={back}&#38;lang=en\"");
    assert!(page.contains(&english), "{page}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trail_is_told_in_words_and_looks_do_not_hide_what_was_done() {
    let app = staff_seed::start().await;
    let maria = Claimant::maria().insert(&app).await;
    let browser = app.browser();
    let manager = person(&app, codacons(), Role::CaseManager).await;
    sign_in(&app, &browser, &manager).await;
    let own = format!("/console/claimants/{maria}");
    for _ in 0..3 {
        open(&app, &browser, &own).await;
    }
    let other = app.browser();
    let owner = person(&app, codacons(), Role::Owner).await;
    sign_in(&app, &other, &owner).await;
    let (_, page) = open(&app, &other, &own).await;
    assert_eq!(page.matches("Dati visti in chiaro").count(), 2);
    assert!(page.contains("(3 volte quel giorno)") && !page.contains("view_claimant"));
    assert!(page.contains("dati della persona") || page.contains("mandato al rappresentante"));
    assert!(
        !page.contains("dell’avvocato"),
        "claimants' words for staff"
    );
    assert_eq!(
        app.number("SELECT count(*) FROM audit WHERE action = 'view_claimant'")
            .await,
        4
    );
    app.clock().advance(TimeDelta::days(1));
    sign_in(&app, &browser, &manager).await;
    let (_, next_day) = open(&app, &browser, &format!("{own}?lang=en")).await;
    assert_eq!(next_day.matches("Data seen in clear").count(), 3);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_demo_shows_codes_and_they_work() {
    let app = staff_seed::start().await;
    let reader = person(&app, codacons(), Role::Reader).await;
    let (_, page) = open(&app, &app.browser(), "/console/login").await;
    assert!(!page.contains(&reader.email) && !page.contains(&reader.code(&app)));
    app.stop().await;

    let app = TestApp::start_with(TestOptions {
        demo: true,
        ..TestOptions::default()
    })
    .await;
    staff_seed::arrange(&app).await;
    let reader = person(&app, codacons(), Role::Reader).await;
    let browser = app.browser();
    let (_, page) = open(&app, &browser, "/console/login").await;
    let code = reader.code(&app);
    assert!(page.contains(&reader.email) && page.contains(&code));
    sign_in(&app, &browser, &reader).await;
    app.clock().advance(TimeDelta::seconds(-30));
    let (_, page) = open(&app, &browser, "/console/login").await;
    assert!(!page.contains(&code), "a used code is offered");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_not_for_the_role_says_so_and_who_gives_roles() {
    let app = staff_seed::start().await;
    let browser = app.browser();
    sign_in(
        &app,
        &browser,
        &person(&app, codacons(), Role::Reader).await,
    )
    .await;
    for path in ["/console/people", "/console/trails"] {
        let (status, page) = open(&app, &browser, path).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{path}");
        assert!(page.contains("Il tuo ruolo non lo permette"), "{page}");
        assert!(page.contains("chi è responsabile dell’associazione"));
        assert!(page.contains("<body class=\"console\">") && !page.contains("rimasta aperta"));
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_signed_in_keeps_the_bar_on_every_refusal() {
    let app = staff_seed::start().await;
    let record = Claimant::maria().insert(&app).await;
    let reader = person(&app, codacons(), Role::Reader).await;
    let browser = app.browser();
    let bar = "action=\"/console/logout\"";
    let (status, page) = open(&app, &browser, "/console/nowhere").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(!page.contains(bar), "nobody is signed in: {page}");
    sign_in(&app, &browser, &reader).await;
    let never = app.ctx.new_id();
    for (path, expected) in [
        ("/console/nowhere".to_owned(), StatusCode::NOT_FOUND),
        (format!("/console/claimants/{never}"), StatusCode::NOT_FOUND),
        ("/console/claimants/x".to_owned(), StatusCode::NOT_FOUND),
        (
            format!("/console/claimants/{record}/identity"),
            StatusCode::FORBIDDEN,
        ),
        (
            format!("/console/cases/{SLUG}?cursor=x"),
            StatusCode::BAD_REQUEST,
        ),
    ] {
        let (status, page) = open(&app, &browser, &path).await;
        assert_eq!(status, expected, "{path}");
        assert!(
            page.contains(bar) && page.contains("Codacons"),
            "{path}: {page}"
        );
        assert!(page.contains("name=\"csrf\""), "{path}");
    }
    // a form of another session, and a method that is none
    let stale = send(&app, &browser, "/console/logout", &[("csrf", "x")]).await;
    assert_eq!(stale.status(), StatusCode::FORBIDDEN);
    assert!(stale.text().await.unwrap().contains(bar));
    let method = send(&app, &browser, "/console/account", &[]).await;
    assert_eq!(method.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert!(method.text().await.unwrap().contains(bar));
    app.stop().await;
}
