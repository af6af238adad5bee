//! The register of an association's own letters to the respondent (diffida), and the timeline made of it (R55, R65).

use joinder::domain::permission::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::{DEATHS, TestApp};
use crate::claimant::{Answer, SignUpBuilder, ask};
use crate::seed::CASE;
use crate::staff_console::{csrf, open, place, send, sign_in};
use crate::staff_seed::{association, person};

const REGISTER: &str = "/api/v1/staff/cases/libero-virgilio-2023/demand-letters";

pub(crate) fn letter() -> Value {
    json!({
        "sent_on": "2023-01-24", "subject": "Diffida a riattivare le caselle",
        "recipients": ["Italiaonline S.p.A."], "copies": ["AGCOM"], "public": true,
        "demands": [
            {"kind": "reactivation", "text": "Riattivare subito le caselle"},
            {"kind": "data_protection", "text": "Garantire che nessun dato sia perso"},
            {"kind": "indennizzo", "text": "Pagare un indennizzo al giorno"},
        ],
    })
}

async fn bearer(app: &TestApp, slug: &str, role: Role) -> String {
    let ours = association(app, slug).await;
    person(app, ours, role).await.bearer(app).await
}

async fn sent(app: &TestApp, who: &str, method: Method, path: &str, body: &Value) -> Answer {
    ask(app.request(method, path).bearer_auth(who).json(body)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn r65_a_letter_is_entered_answered_and_told_and_moves_nobodys_prescription() {
    let app = TestApp::seeded().await;
    let claimant = app.confirmed(&SignUpBuilder::new("anna@example.org")).await;
    let before = claimant.me().await;
    let us = bearer(&app, "codacons", Role::CaseManager).await;
    let body = json!({ "content": letter() });
    let entered = sent(&app, &us, Method::POST, REGISTER, &body)
        .await
        .expect(201);
    assert_eq!(
        (&entered["version"], &entered["interrupts_prescription"]),
        (&json!(1), &json!(false))
    );
    let path = format!(
        "/api/v1/staff/demand-letters/{}",
        entered["id"].as_str().unwrap()
    );
    let mut next = letter();
    next["demands"][0]["answer"] = json!("Le caselle sono tornate");
    next["demands"][0]["answered_on"] = json!("2023-01-28");
    next["delivered_on"] = json!("2023-01-24");
    let body = json!({"version": 1, "content": next});
    let wrong = sent(&app, &us, Method::PUT, &path, &body)
        .await
        .wrong_fields();
    assert_eq!(
        wrong,
        [("/content/receipt".to_owned(), "required".to_owned())]
    );
    next["receipt"] = json!("opec293.20230124@pec.example");
    let body = json!({"version": 1, "content": next});
    sent(&app, &us, Method::PUT, &path, &body).await.expect(200);
    sent(&app, &us, Method::PUT, &path, &body)
        .await
        .expect_problem(409, "illegal-transition");
    let versions = sent(&app, &us, Method::GET, &path, &json!({}))
        .await
        .expect(200);
    assert_eq!(versions["items"].as_array().unwrap().len(), 2);
    assert_eq!(
        versions["items"][1]["content"]["demands"][0]["answer"], "",
        "what was written stays"
    );

    for (language, words) in [
        (
            "it",
            [
                "Codacons scrive a Italiaonline S.p.A.",
                "Risposta del 28 gennaio 2023:",
                "non fermano il tempo per i tuoi diritti",
            ],
        ),
        (
            "de",
            [
                "Codacons schreibt an Italiaonline S.p.A.",
                "Antwort vom 28. Januar 2023:",
                "halten die Frist für Ihre eigenen Rechte nicht an",
            ],
        ),
    ] {
        let page = app
            .request(Method::GET, &format!("/c/{CASE}?lang={language}"))
            .send()
            .await
            .unwrap();
        let page = page.text().await.unwrap();
        for word in words {
            assert!(page.contains(word), "{language} {word}: {page}");
        }
        assert!(page.contains("Le caselle sono tornate") && page.contains("AGCOM"));
    }
    assert_eq!(claimant.me().await, before, "no date of the claimant moved");
    let mut hidden = next.clone();
    hidden["public"] = json!(false);
    let body = json!({"version": 2, "content": hidden});
    sent(&app, &us, Method::PUT, &path, &body).await.expect(200);
    let page = app.get(&format!("/c/{CASE}")).await.text().await.unwrap();
    assert!(!page.contains("Le caselle sono tornate"));
    let trail = "SELECT count(*) FROM audit WHERE action = 'write_demand_letter'";
    assert_eq!(app.number(trail).await, 3);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r55_letters_are_the_associations_and_never_rewritten() {
    let app = TestApp::seeded().await;
    let us = bearer(&app, "codacons", Role::Owner).await;
    let body = json!({ "content": letter() });
    let entered = sent(&app, &us, Method::POST, REGISTER, &body)
        .await
        .expect(201);
    let path = format!(
        "/api/v1/staff/demand-letters/{}",
        entered["id"].as_str().unwrap()
    );
    let them = bearer(&app, "altroconsumo", Role::Owner).await;
    let listed = sent(&app, &them, Method::GET, REGISTER, &json!({}))
        .await
        .expect(200);
    assert_eq!(listed["items"], json!([]));
    let next = json!({"version": 1, "content": letter()});
    for (method, body) in [(Method::GET, &body), (Method::PUT, &next)] {
        let nowhere = format!("/api/v1/staff/demand-letters/{}", uuid::Uuid::new_v4());
        let mut none = sent(&app, &them, method.clone(), &nowhere, body)
            .await
            .expect(404);
        let mut seen = sent(&app, &them, method, &path, body).await.expect(404);
        (none["request_id"], seen["request_id"]) = (Value::Null, Value::Null);
        assert_eq!(seen, none);
    }
    let reader = bearer(&app, "codacons", Role::Reader).await;
    sent(&app, &reader, Method::GET, &path, &body)
        .await
        .expect(200);
    sent(&app, &reader, Method::PUT, &path, &next)
        .await
        .expect_problem(403, "forbidden");
    let rights = "SELECT string_agg(DISTINCT privilege_type, ' ' ORDER BY privilege_type) FROM information_schema.role_table_grants \
        WHERE table_name = 'demand_letters' AND grantee LIKE 'joinder_%'";
    assert_eq!(
        app.rows(rights).await[0][0].as_deref(),
        Some("INSERT SELECT")
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_cut_in_the_middle_is_not_there_and_can_be_sent_again() {
    for moment in DEATHS {
        let app = TestApp::seeded().await;
        let us = bearer(&app, "codacons", Role::Owner).await;
        app.let_die("demand_letters", moment).await;
        let body = json!({ "content": letter() });
        let cut = sent(&app, &us, Method::POST, REGISTER, &body).await;
        assert_eq!(cut.status, StatusCode::SERVICE_UNAVAILABLE, "{}", cut.body);
        app.let_live("demand_letters").await;
        assert_eq!(app.number("SELECT count(*) FROM demand_letters").await, 0);
        sent(&app, &us, Method::POST, REGISTER, &body)
            .await
            .expect(201);
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_notes_a_letter_and_says_that_it_interrupts_nothing() {
    let app = TestApp::seeded().await;
    let ours = association(&app, "codacons").await;
    let owner = person(&app, ours, Role::Owner).await;
    let browser = app.browser();
    sign_in(&app, &browser, &owner).await;
    let register = format!("/console/cases/{CASE}/demand-letters");
    let (_, empty) = open(&app, &browser, &register).await;
    assert!(empty.contains("non interrompe la prescrizione per nessuna persona"));
    let token = csrf(&empty).to_owned();
    let refused = send(&app, &browser, &register, &[("csrf", &token)]).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let refused = refused.text().await.unwrap();
    for field in ["sent-on", "subject", "recipients", "demands-0-text"] {
        assert!(
            refused.contains(&format!("id=\"{field}-error\"")),
            "{field}"
        );
    }
    let mut fields = vec![
        ("csrf", token.as_str()),
        ("sent_on", "2023-01-24"),
        ("subject", "Diffida"),
        ("recipients", "Italiaonline S.p.A.\nAltra S.p.A."),
        ("demands[0][kind]", "ristoro"),
        ("demands[0][text]", "Ristori per tutti"),
        ("demands[1][kind]", "other"),
        ("demands[1][text]", ""),
    ];
    let noted = send(&app, &browser, &register, &fields).await;
    let one = place(&noted).to_owned();
    let (_, shown) = open(&app, &browser, &one).await;
    assert!(shown.contains("Ristori per tutti") && shown.contains("Altra S.p.A."));
    fields.extend([
        ("version", "1"),
        ("demands[0][answered_on]", "2023-02-03"),
        ("demands[0][answer]", "Più spazio"),
        ("public", "true"),
    ]);
    let next = send(&app, &browser, &one, &fields).await;
    assert_eq!(place(&next), one);
    let (_, register) = open(&app, &browser, &register).await;
    assert!(
        register.contains("1 / 1") && register.contains("sulla pagina del caso"),
        "{register}"
    );
    app.stop().await;
}
