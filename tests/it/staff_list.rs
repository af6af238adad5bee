//! The list of claimants, one claimant, and the list as CSV (R1, R27, R50, R55, R58).

use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use joinder::app::housekeeping;
use joinder::db::{Scope, export};
use joinder::domain::claimant::ClaimantState;
use joinder::domain::ids::{ClaimantId, ExportId};
use joinder::domain::permission::Role;
use joinder::domain::reference::Reference;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::exports::Approver;
use crate::staff_seed::{self, Claimant, SLUG, altroconsumo, codacons, get, person, post};

async fn list(app: &TestApp, bearer: &str, query: &str) -> Value {
    let path = format!("/api/v1/staff/cases/{SLUG}/claimants?{query}");
    let answer = get(app, &path, bearer).await;
    assert_eq!(answer.status(), StatusCode::OK, "{query}");
    answer.json().await.unwrap()
}

fn references(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().unwrap().iter();
    items
        .map(|item| item["reference"].as_str().unwrap().to_owned())
        .collect()
}

fn reference(id: ClaimantId) -> String {
    Reference::of(id).as_str().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claimant_is_found_by_each_exact_word_and_nothing_else() {
    let app = staff_seed::start().await;
    let maria = Claimant::maria().insert(&app).await;
    Claimant {
        email: "luca@esempio.example",
        mailboxes: &["luca@libero.it"],
        person: Some(["Anna", "Müller", "BNCNNA58S70F205L", "20121", "MI"]),
        ..Claimant::maria()
    }
    .insert(&app)
    .await;
    let reader = person(&app, codacons(), Role::Reader).await;
    let bearer = reader.bearer(&app).await;
    for word in [
        reference(maria).as_str(),
        &reference(maria).to_lowercase(),
        "MARIA@esempio.example",
        "maria.rossi@libero.it",
        "rssmra80a41h501y",
        "ROSSI",
        "rossi",
    ] {
        let found = list(&app, &bearer, &format!("q={word}")).await;
        assert_eq!(references(&found), [reference(maria)], "{word}");
    }
    for words in ["Maria%20Rossi", "rossi%20maria", "MARIA+ROSSI"] {
        let found = list(&app, &bearer, &format!("q={words}")).await;
        assert_eq!(references(&found), [reference(maria)], "{words}");
    }
    for words in ["Anna%20Rossi", "Maria%20Verdi", "Maria%20M%C3%BCller"] {
        let found = list(&app, &bearer, &format!("q={words}")).await;
        assert!(references(&found).is_empty(), "{words}");
    }
    for word in ["ross", "Verdi", "maria", "%25", "@"] {
        assert!(
            references(&list(&app, &bearer, &format!("q={word}")).await).is_empty(),
            "{word}"
        );
    }
    for written in ["m%C3%BCller", "MUELLER", "Muller"] {
        let found = list(&app, &bearer, &format!("q={written}")).await;
        assert_eq!(found["items"][0]["name"], "Anna Müller", "{written}");
    }
    let item = &list(&app, &bearer, "q=rossi").await["items"][0];
    assert_eq!(item["name"], "Maria Rossi");
    assert_eq!(
        item["mailboxes"],
        json!(["maria.rossi@libero.it", "mrossi@virgilio.it"])
    );
    assert_eq!(
        (&item["state"], &item["review"], &item["ready"]),
        (&json!("confirmed"), &json!("none"), &json!(false))
    );
    let masked = item["codice_fiscale"].as_str().unwrap();
    assert!(
        masked.starts_with("RSS") && !masked.contains("80A41"),
        "{masked}"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_follow_each_other_newest_first_and_a_bad_cursor_is_told() {
    let app = staff_seed::start().await;
    let mut expected = Vec::new();
    for _ in 0..5 {
        let state = ClaimantState::Unconfirmed;
        let claimant = Claimant {
            state,
            person: None,
            ..Claimant::maria()
        };
        expected.push(reference(claimant.insert(&app).await));
    }
    expected.reverse();
    let reader = person(&app, codacons(), Role::Auditor).await;
    let bearer = reader.bearer(&app).await;
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = list(
            &app,
            &bearer,
            &format!("limit=2&cursor={cursor}&state=unconfirmed"),
        )
        .await;
        seen.extend(references(&page));
        match page["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    assert_eq!(seen, expected);
    assert!(references(&list(&app, &bearer, "state=confirmed").await).is_empty());
    for query in ["cursor=zzz", "limit=0", "limit=201", "limit=x"] {
        let path = format!("/api/v1/staff/cases/{SLUG}/claimants?{query}");
        assert_eq!(
            get(&app, &path, &bearer).await.status(),
            StatusCode::BAD_REQUEST,
            "{query}"
        );
    }
    let path = format!("/api/v1/staff/cases/{SLUG}/claimants?state=felice");
    assert_eq!(
        get(&app, &path, &bearer).await.status(),
        StatusCode::UNPROCESSABLE_ENTITY
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r55_a_claimant_of_another_association_is_like_one_who_never_was() {
    let app = staff_seed::start().await;
    let theirs = Claimant {
        association: altroconsumo(),
        ..Claimant::maria()
    }
    .insert(&app)
    .await;
    let owner = person(&app, codacons(), Role::Owner).await;
    let bearer = owner.bearer(&app).await;
    assert!(references(&list(&app, &bearer, "").await).is_empty());
    assert!(references(&list(&app, &bearer, "q=rossi").await).is_empty());
    assert!(references(&list(&app, &bearer, &format!("q={}", reference(theirs))).await).is_empty());
    let mut bodies = Vec::new();
    for id in [theirs.uuid(), app.ctx.new_id()] {
        let answer = get(&app, &format!("/api/v1/staff/claimants/{id}"), &bearer).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
        let mut body: Value = answer.json().await.unwrap();
        body.as_object_mut().unwrap().remove("request_id");
        bodies.push(body);
    }
    assert_eq!(bodies[0], bodies[1]);
    let csv = get(
        &app,
        &format!("/api/v1/staff/cases/{SLUG}/claimants.csv"),
        &bearer,
    )
    .await;
    assert!(!csv.text().await.unwrap().contains("Rossi"));
    let no_case = get(&app, "/api/v1/staff/cases/altro/claimants", &bearer).await;
    assert_eq!(no_case.status(), StatusCode::NOT_FOUND);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_works_the_queues_sees_the_contact_and_the_trail_tells() {
    let app = staff_seed::start().await;
    let maria = Claimant::maria().insert(&app).await;
    let path = format!("/api/v1/staff/claimants/{maria}");
    let reader = person(&app, codacons(), Role::Reader)
        .await
        .bearer(&app)
        .await;
    let seen: Value = get(&app, &path, &reader).await.json().await.unwrap();
    assert_eq!(seen["contact"]["clear"], false);
    assert_ne!(seen["contact"]["email"], "maria@esempio.example");
    assert_eq!(seen["audit"], json!([]));
    assert_eq!(seen["identity"]["address_lines"], json!([]));

    let reviewer = person(&app, codacons(), Role::Reviewer)
        .await
        .bearer(&app)
        .await;
    let seen: Value = get(&app, &path, &reviewer).await.json().await.unwrap();
    assert_eq!(seen["contact"]["email"], "maria@esempio.example");
    assert_eq!(seen["missing"], json!(["d", "e", "f", "g", "h", "i"]));
    let entry = &seen["audit"][0];
    assert_eq!(
        (&entry["action"], &entry["actor_name"]),
        (&json!("view_claimant"), &json!("Nome reviewer"))
    );
    app.stop().await;
}

/// Splits a file into its lines and checks the last one.
fn checked(bytes: &[u8], end: &str) -> Vec<String> {
    let text = std::str::from_utf8(bytes).unwrap();
    let start = text.rfind("FINE;").unwrap();
    let hash = digest::digest(&digest::SHA256, bytes.get(..start).unwrap());
    let lines: Vec<String> = text.split_terminator(end).map(str::to_owned).collect();
    let rows = lines.len() - 2;
    let expected = format!("FINE;{rows};{}", HEXLOWER.encode(hash.as_ref()));
    assert_eq!(lines.last().unwrap(), &expected);
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_r27_r50_r58_the_masked_list_is_whole_harmless_and_registered() {
    let app = staff_seed::start().await;
    let maria = Claimant::maria().insert(&app).await;
    for state in [
        ClaimantState::Withdrawn,
        ClaimantState::Duplicate,
        ClaimantState::Rejected,
    ] {
        Claimant {
            state,
            person: None,
            ..Claimant::maria()
        }
        .insert(&app)
        .await;
    }
    let bearer = person(&app, codacons(), Role::Reader)
        .await
        .bearer(&app)
        .await;
    let path = format!("/api/v1/staff/cases/{SLUG}/claimants.csv");
    let answer = get(&app, &path, &bearer).await;
    assert_eq!(answer.headers()["content-type"], "text/csv; charset=utf-8");
    let bytes = answer.bytes().await.unwrap();
    assert!(bytes.starts_with(
        "\u{feff}progressivo;id_pratica;associazione;qualita;cognome;nome;".as_bytes()
    ));
    let lines = checked(&bytes, "\r\n");
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(!lines.join("").to_lowercase().contains("aderent"));
    assert!(
        lines[1].contains("=\"\"00184\"\"") && lines[1].contains(";NA;"),
        "{}",
        lines[1]
    );
    assert!(!lines[1].contains("RSSMRA80A41H501Y") && !lines[1].contains("Via Appia"));

    let plain = get(&app, &format!("{path}?dialect=plain"), &bearer).await;
    let lines = checked(&plain.bytes().await.unwrap(), "\n");
    let reference = reference(maria);
    insta::assert_snapshot!(lines[1].replace(&reference, "REFERENCE"), @r#"1,REFERENCE,Codacons,persona fisica,Rossi,Maria,,RSS***********1Y,,1980,Roma,,F,***,***,00184,Napoli,NA,IT,avv@pec.example,difensore,"Avv. Prova, VRDGPP70A01H501H, Roma",2,maria.rossi@libero.it | mrossi@virgilio.it,libero.it | virgilio.it,free | free,,,,,,,,,,,,,,,confirmed,,a d e f g h i l,2026-03-02,2026-03-02,,,"#);
    let none = get(&app, &format!("{path}?state=withdrawn"), &bearer).await;
    assert_eq!(checked(&none.bytes().await.unwrap(), "\r\n").len(), 2);
    app.sql(
        "DO $$ BEGIN ASSERT (SELECT count(*) = 3 FROM exports WHERE state = 'ready' AND octet_length(sha256) = 32); \
         ASSERT (SELECT count(*) = 2 FROM audit WHERE action = 'export_rows' AND sealed IS NOT NULL); \
         ASSERT (SELECT count(*) = 3 FROM audit WHERE action = 'export_finished'); END $$",
    )
    .await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r58_a_clear_list_needs_role_reason_and_a_fresh_second_factor() {
    let app = staff_seed::start().await;
    Claimant::maria().insert(&app).await;
    let reader = person(&app, codacons(), Role::Reader)
        .await
        .bearer(&app)
        .await;
    let manager = person(&app, codacons(), Role::CaseManager).await;
    let bearer = manager.bearer(&app).await;
    let mut body = json!({ "case": SLUG, "format": "csv", "clear": true, "filter": {} });
    let exports = "/api/v1/staff/exports";
    let refused = post(&app, exports, Some(&reader), &body).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let refused = post(&app, exports, Some(&bearer), &body).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let problem: Value = refused.json().await.unwrap();
    assert_eq!(problem["type"], "/problems/step-up-required");
    let code = json!({ "totp": manager.code(&app) });
    let stepped = post(&app, "/api/v1/staff/step-up", Some(&bearer), &code).await;
    assert_eq!(stepped.status(), StatusCode::OK);
    let refused = post(&app, exports, Some(&bearer), &body).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let problem: Value = refused.json().await.unwrap();
    assert_eq!(problem["errors"][0]["pointer"], "/purpose");

    body["purpose"] = json!("Deposito del ricorso");
    body["dialect"] = json!("plain");
    let accepted = post(&app, exports, Some(&bearer), &body).await;
    assert_eq!(accepted.status(), StatusCode::ACCEPTED);
    let accepted: Value = accepted.json().await.unwrap();
    assert_eq!(accepted["state"], "awaiting_approval");
    let place = format!("{exports}/{}", accepted["id"].as_str().unwrap());
    let early = get(&app, &format!("{place}/content"), &bearer).await;
    assert_eq!(early.status(), StatusCode::CONFLICT);
    assert_eq!(app.run_exports().await, 0);
    let second = Approver::of(&app, codacons()).await;
    second.approve(&app, &place).await;
    assert_eq!(app.run_exports().await, 1);
    let content = get(&app, &format!("{place}/content"), &bearer).await;
    let bytes = content.bytes().await.unwrap();
    let lines = checked(&bytes, "\n");
    assert!(
        lines[1]
            .contains("RSSMRA80A41H501Y,,1980-01-01,Roma,H501,F,Via Appia,1/2,00184,Napoli,NA,IT"),
        "{}",
        lines[1]
    );
    let ready: Value = get(&app, &place, &bearer).await.json().await.unwrap();
    assert_eq!(
        (&ready["state"], &ready["rows"]),
        (&json!("ready"), &json!(1))
    );
    assert!(lines[2].ends_with(ready["sha256"].as_str().unwrap()));
    let again = get(&app, &format!("{place}/content"), &bearer).await;
    assert_eq!(again.status(), StatusCode::CONFLICT);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_asked_for_twice_under_one_key_is_one() {
    let app = staff_seed::start().await;
    let manager = person(&app, codacons(), Role::CaseManager).await;
    let other = person(&app, codacons(), Role::Owner).await;
    let ask = async |bearer: &str, key: &str, purpose: &str| {
        let body = json!({ "case": SLUG, "format": "csv", "purpose": purpose });
        let request = app.browser().post(app.url("/api/v1/staff/exports"));
        let request = request.bearer_auth(bearer).header("idempotency-key", key);
        let answer = request.json(&body).send().await.unwrap();
        (answer.status(), answer.json::<Value>().await.unwrap())
    };
    let mut bearers = Vec::new();
    for person in [&manager, &other] {
        let bearer = person.bearer(&app).await;
        let code = json!({ "totp": person.code(&app) });
        post(&app, "/api/v1/staff/step-up", Some(&bearer), &code).await;
        bearers.push(bearer);
    }
    let (status, first) = ask(&bearers[0], "k", "Deposito").await;
    assert_eq!(status, StatusCode::ACCEPTED);
    assert_eq!(ask(&bearers[0], "k", "Deposito").await.1["id"], first["id"]);
    let (status, problem) = ask(&bearers[0], "k", "Altro").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(problem["type"], "/problems/idempotency-mismatch");
    // a key is its asker's
    assert_ne!(ask(&bearers[1], "k", "Deposito").await.1["id"], first["id"]);
    assert_ne!(ask(&bearers[0], "l", "Deposito").await.1["id"], first["id"]);
    assert_eq!(app.number("SELECT count(*) FROM exports").await, 3);
    let trail = "SELECT count(*) FROM audit WHERE action = 'export_requested'";
    assert_eq!(app.number(trail).await, 3);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_whose_process_is_gone_is_given_up_after_six_hours() {
    let app = staff_seed::start().await;
    let reader = person(&app, codacons(), Role::Reader).await;
    let bearer = reader.bearer(&app).await;
    let path = format!("/api/v1/staff/cases/{SLUG}/claimants.csv");
    get(&app, &path, &bearer).await.bytes().await.unwrap();
    app.sql(
        "UPDATE exports SET state = 'running', row_count = NULL, sha256 = NULL, finished_at = NULL",
    )
    .await;
    app.clock().advance(chrono::TimeDelta::hours(6));
    assert_eq!(housekeeping::run(&app.ctx).await.unwrap().exports, 0);
    app.clock().advance(chrono::TimeDelta::seconds(1));
    assert_eq!(housekeeping::run(&app.ctx).await.unwrap().exports, 1);
    let state = app.rows("SELECT state FROM exports").await;
    assert_eq!(state[0][0].as_deref(), Some("failed"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_goes_on_is_not_given_up_however_old_it_is() {
    let app = staff_seed::start().await;
    Claimant::maria().insert(&app).await;
    let reader = person(&app, codacons(), Role::Reader).await;
    let bearer = reader.bearer(&app).await;
    let path = format!("/api/v1/staff/cases/{SLUG}/claimants.csv");
    get(&app, &path, &bearer).await.bytes().await.unwrap();
    let told = "SELECT count(*) FROM exports WHERE progressed_at = finished_at";
    assert_eq!(app.number(told).await, 1);
    // one that was asked for long before it is fetched
    app.sql(
        "UPDATE exports SET state = 'running', row_count = NULL, sha256 = NULL, \
           finished_at = NULL, progressed_at = NULL",
    )
    .await;
    let id = app.rows("SELECT id FROM exports").await[0][0].clone();
    let id = ExportId::parse(&id.unwrap()).unwrap();
    app.clock().advance(chrono::TimeDelta::hours(7));
    let scope = Scope::System("test");
    let mut tx = app.ctx.pools.begin(scope).await.unwrap();
    let now = app.clock().now();
    let started = export::mark_progress(&mut tx, scope, id, now).await;
    assert!(started.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(housekeeping::run(&app.ctx).await.unwrap().exports, 0);

    // and that is long in coming
    for _ in 0..3 {
        app.clock().advance(chrono::TimeDelta::hours(5));
        let mut tx = app.ctx.pools.begin(scope).await.unwrap();
        let now = app.clock().now();
        let goes_on = export::mark_progress(&mut tx, scope, id, now).await;
        assert!(goes_on.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(housekeeping::run(&app.ctx).await.unwrap().exports, 0);
    }
    app.clock().advance(chrono::TimeDelta::hours(7));
    assert_eq!(housekeeping::run(&app.ctx).await.unwrap().exports, 1);

    // given up it neither goes on nor becomes ready
    let mut tx = app.ctx.pools.begin(scope).await.unwrap();
    let now = app.clock().now();
    let goes_on = export::mark_progress(&mut tx, scope, id, now).await;
    assert!(!goes_on.unwrap());
    let ready = export::mark_ready(&mut tx, scope, id, 1, &[0; 32], now).await;
    assert!(!ready.unwrap());
    tx.commit().await.unwrap();
    let state = app.rows("SELECT state FROM exports").await;
    assert_eq!(state[0][0].as_deref(), Some("failed"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_breaks_half_way_is_cut_and_registered_as_failed() {
    let app = staff_seed::start().await;
    let maria = Claimant::maria().insert(&app).await;
    app.sql(&format!(
        "UPDATE identities SET sealed = 'broken' WHERE claimant_id = '{maria}'"
    ))
    .await;
    let bearer = person(&app, codacons(), Role::Owner)
        .await
        .bearer(&app)
        .await;
    let path = format!("/api/v1/staff/cases/{SLUG}/claimants.csv");
    let answer = get(&app, &path, &bearer).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let name = answer.headers()["content-disposition"].to_str().unwrap();
    let id = name
        .split("elenco-")
        .nth(1)
        .unwrap()
        .trim_end_matches(".csv\"");
    let place = format!("/api/v1/staff/exports/{id}");
    assert!(
        answer.bytes().await.is_err(),
        "the body ended as if it were whole"
    );
    // the server notes it after the connection is gone; each look is a request, so this is bounded
    let mut state = Value::Null;
    for _ in 0..500 {
        let export: Value = get(&app, &place, &bearer).await.json().await.unwrap();
        state = export["state"].clone();
        if state != "running" {
            break;
        }
    }
    assert_eq!(state, "failed");
    app.stop().await;
}
