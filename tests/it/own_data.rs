//! What a claimant takes along, which mails went out, who looked (artt. 15 and 20 GDPR; R14, R20, R54, R55).

use std::fs::{self, Permissions};
use std::io::{Cursor, Read};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::future::join_all;
use joinder::crypto::sha256;
use joinder::domain::permission::Role;
use reqwest::Method;
use serde_json::{Value, json};
use zip::ZipArchive;

use crate::app::{TestApp, TestOptions};
use crate::claimant::{Claimant, SignUpBuilder, anna, ask, mario};
use crate::documents::{Form, JPEG};
use crate::exports::Approver;
use crate::pages::Browser;
use crate::seed::CASE;
use crate::staff_declared::{declaration, identified, sign};
use crate::staff_seed::{association, get, person, post, step_up};

/// The archive of a claimant.
async fn archive(claimant: &Claimant<'_>) -> ZipArchive<Cursor<Vec<u8>>> {
    let answer = claimant.request(Method::GET, "/data").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/zip");
    let name = answer.headers()["content-disposition"].to_str().unwrap();
    assert!(name.starts_with("attachment; filename=\"joinder-") && name.is_ascii());
    let bytes = answer.bytes().await.unwrap().to_vec();
    ZipArchive::new(Cursor::new(bytes)).unwrap()
}

fn file(archive: &mut ZipArchive<Cursor<Vec<u8>>>, name: &str) -> Vec<u8> {
    let mut content = Vec::new();
    let mut file = archive.by_name(name).unwrap();
    file.read_to_end(&mut content).unwrap();
    content
}

fn rows(archive: &mut ZipArchive<Cursor<Vec<u8>>>) -> Value {
    serde_json::from_slice(&file(archive, "dati.json")).unwrap()
}

fn words<'a>(list: &'a Value, field: &str) -> Vec<&'a str> {
    let lines = list.as_array().unwrap().iter();
    lines.map(|line| line[field].as_str().unwrap()).collect()
}

async fn list(claimant: &Claimant<'_>, path: &str) -> Value {
    ask(claimant.request(Method::GET, path)).await.expect(200)
}

#[tokio::test(flavor = "multi_thread")]
async fn art_15_and_20_the_archive_holds_all_that_is_stored_in_clear() {
    let app = TestApp::seeded().await;
    let claimant = identified(&app, "mario@example.org", "mario@libero.it", &mario()).await;
    let payout = json!({"iban": "IT60X0542811101000000123456", "holder": "Mario Rossi"});
    ask(claimant.request(Method::PUT, "/payout").json(&payout))
        .await
        .expect(200);
    sign(
        &app,
        &claimant,
        &declaration("mario@libero.it"),
        "Mario Rossi",
    )
    .await;
    app.run_log().await;
    let mut taken = archive(&claimant).await;
    let names = taken.file_names().map(|name| name.unwrap().into_owned());
    let names: Vec<String> = names.collect();
    assert!(names.iter().all(|name| name.is_ascii()), "{names:?}");
    let read_me = String::from_utf8(file(&mut taken, "LEGGIMI-README.txt")).unwrap();
    assert!(read_me.contains("ITALIANO") && read_me.contains("DEUTSCH"));

    let data = rows(&mut taken);
    assert_eq!(data["format"], "joinder-own-data/1");
    assert_eq!(data["record"]["id"], claimant.id.to_string());
    assert_eq!(data["record"]["state"], "signed");
    assert_eq!(data["contact"]["email"], "mario@example.org");
    assert_eq!(data["mailboxes"][0]["address"], "mario@libero.it");
    let identity = data["identities"][0]["identity"].to_string();
    assert!(identity.contains("RSSMRA85C12H501J"), "{identity}");
    let declared = data["declarations"][0]["content"].to_string();
    assert!(declared.contains("Ho perso un esame clinico."));
    let account = data["payouts"][0]["payout"].to_string();
    assert!(account.contains("IT60X0542811101000000123456"));
    assert_eq!(words(&data["consents"], "purpose").len(), 2);
    assert_eq!(data["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(
        words(&data["mails"], "kind"),
        ["otp", "payout_notice", "confirmation"]
    );
    assert_eq!(words(&data["log_entries"], "kind"), ["declaration"]);
    let did = words(&data["trail"], "action");
    for action in ["sign", "declare", "give_identity", "confirm", "sign_up"] {
        assert!(did.contains(&action), "{action}: {did:?}");
    }
    // what opens a session or a link is not in it
    let text = data.to_string();
    assert!(!text.contains(&claimant.token) && !text.contains("token_hash"));

    let document = file(&mut taken, "firmate/dichiarazione-v1.pdf");
    let hash = sha256::hex(&sha256::digest(&document));
    assert_eq!(data["signatures"][0]["document_sha256"], hash);
    let receipt: Value =
        serde_json::from_slice(&file(&mut taken, "ricevute/ricevuta-v1.json")).unwrap();
    assert_eq!(receipt["format"], "joinder-receipt/1");
    assert!(receipt["proof"].is_string());
    let attestation = file(&mut taken, "attestazioni/attestazione-v1.pdf");
    assert!(attestation.starts_with(b"%PDF-"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r55_of_others_in_conflict_the_archive_knows_nothing() {
    let app = TestApp::seeded().await;
    // the same person by another contact, and another person with the same mailbox
    let other = identified(&app, "altra@example.org", "comune@libero.it", &mario()).await;
    let third = identified(&app, "terza@example.org", "comune@libero.it", &anna()).await;
    sign(
        &app,
        &third,
        &declaration("comune@libero.it"),
        "Anna Bianchi",
    )
    .await;
    let claimant = identified(&app, "mario@example.org", "comune@libero.it", &mario()).await;
    sign(
        &app,
        &claimant,
        &declaration("comune@libero.it"),
        "Mario Rossi",
    )
    .await;
    let clash = format!(
        "SELECT count(*) FROM conflicts WHERE claimant_id = '{}'",
        claimant.id
    );
    assert_eq!(app.number(&clash).await, 2, "a clash of each kind");

    let text = rows(&mut archive(&claimant).await).to_string();
    for trace in [
        other.id.to_string().as_str(),
        third.id.to_string().as_str(),
        "altra@example.org",
        "terza@example.org",
        "Bianchi",
        "conflict",
        "duplicate",
        "review",
    ] {
        assert!(!text.contains(trace), "{trace}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn taking_the_archive_changes_nothing_but_the_trail() {
    let app = TestApp::seeded().await;
    let claimant = identified(&app, "mario@example.org", "mario@libero.it", &mario()).await;
    let tables = app
        .rows("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'audit'")
        .await;
    let all = async || {
        let mut all = Vec::new();
        for row in &tables {
            let table = row[0].as_ref().unwrap();
            let hash = format!(
                "SELECT md5(coalesce(string_agg(t::text, '' ORDER BY t::text), '')) FROM {table} t"
            );
            all.push((table.clone(), app.rows(&hash).await));
        }
        all
    };
    let before = all().await;
    app.clock().advance(TimeDelta::minutes(5));
    archive(&claimant).await;
    list(&claimant, "/mails").await;
    list(&claimant, "/views").await;
    assert_eq!(all().await, before);
    let told = format!(
        "SELECT count(*) FROM audit WHERE action = 'take_own_data' AND actor_kind = 'claimant' AND subject_id = '{}'",
        claimant.id
    );
    assert_eq!(app.number(&told).await, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r14_the_mails_that_went_out_stand_with_code_and_state() {
    let app = TestApp::seeded().await;
    let claimant = app
        .confirmed(&SignUpBuilder::new("maria@example.org"))
        .await;
    for _ in 0..2 {
        app.clock().advance(TimeDelta::hours(25));
        // by address, without being signed in
        app.request_access("maria@example.org").await.expect(202);
        app.run_outbox().await;
    }
    let mail = app.mails_to("maria@example.org").pop().unwrap();
    let token = crate::claimant::token_in(&mail, "enter");
    let entered = app.enter_by(&json!({"token": token})).await.expect(200);
    let claimant = app.claimant(&json!({
        "claimant_id": claimant.id.to_string(), "state": "confirmed",
        "access_token": entered["access_token"],
    }));
    let newest = list(&claimant, "/mails?limit=2").await;
    assert_eq!(words(&newest["items"], "kind"), ["access", "access"]);
    assert_eq!(words(&newest["items"], "state"), ["sent", "sent"]);
    let code = newest["items"][0]["code"].as_str().unwrap();
    assert!(mail.contains(code));
    let cursor = newest["next_cursor"].as_str().unwrap();
    let rest = list(&claimant, &format!("/mails?limit=2&cursor={cursor}")).await;
    assert_eq!(words(&rest["items"], "kind"), ["confirmation"]);
    assert_eq!(rest["next_cursor"], Value::Null);
    ask(claimant.request(Method::GET, "/mails?cursor=x"))
        .await
        .expect_problem(400, "cursor");
    ask(claimant.request(Method::GET, "/views?limit=0"))
        .await
        .expect_problem(400, "cursor");
    // one that came back for good says so
    let bounced = format!(
        "INSERT INTO bounces (subject_id, id, association_id, mail_id, mail_kind, mail_sent_at, kind, source, received_at) \
         SELECT subject_id, id, association_id, id, kind, sent_at, 'hard', 'refusal', sent_at FROM mails WHERE code = '{code}'"
    );
    app.sql(&bounced).await;
    let told = list(&claimant, "/mails").await;
    assert_eq!(words(&told["items"], "state"), ["returned", "sent", "sent"]);
    let another = app.confirmed(&SignUpBuilder::new("anna@example.org")).await;
    let told = list(&another, "/mails").await;
    assert_eq!(words(&told["items"], "kind"), ["confirmation"]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r54_who_looked_is_told_by_role_and_never_by_name() {
    let app = TestApp::seeded().await;
    let claimant = identified(&app, "mario@example.org", "mario@libero.it", &mario()).await;
    let another = app.confirmed(&SignUpBuilder::new("anna@example.org")).await;
    assert_eq!(list(&claimant, "/views").await["items"], json!([]));
    let ours = association(&app, "codacons").await;
    let reviewer = person(&app, ours, Role::Reviewer).await;
    let bearer = reviewer.bearer(&app).await;
    let shown = get(
        &app,
        &format!("/api/v1/staff/claimants/{}", claimant.id),
        &bearer,
    )
    .await;
    assert_eq!(shown.status(), 200);
    app.clock().advance(TimeDelta::seconds(1));
    let manager = person(&app, ours, Role::CaseManager).await;
    let bearer = manager.bearer(&app).await;
    let code = json!({ "totp": manager.code(&app) });
    post(&app, "/api/v1/staff/step-up", Some(&bearer), &code).await;
    // only those with a letter missing that Anna lacks too: both are in it, and again by state
    let second = Approver::of(&app, ours).await;
    for filter in [json!({}), json!({"state": "signed"})] {
        let body = json!({"case": CASE, "format": "csv", "clear": true, "purpose": "Deposito", "filter": filter});
        let asked: Value = post(&app, "/api/v1/staff/exports", Some(&bearer), &body)
            .await
            .json()
            .await
            .unwrap();
        let path = format!("/api/v1/staff/exports/{}", asked["id"].as_str().unwrap());
        second.approve(&app, &path).await;
        assert_eq!(app.run_exports().await, 1);
        app.clock().advance(TimeDelta::seconds(1));
    }
    let told = list(&claimant, "/views").await;
    let expected = [("list_clear", "case_manager"), ("record", "reviewer")];
    let found = words(&told["items"], "what").into_iter();
    let found: Vec<_> = found.zip(words(&told["items"], "role")).collect();
    assert_eq!(found, expected);
    assert!(!told.to_string().contains("Nome"));
    let told = list(&another, "/views").await;
    assert_eq!(words(&told["items"], "what"), ["list_clear"]);
    let first = list(&claimant, "/views?limit=1").await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = list(&claimant, &format!("/views?limit=1&cursor={cursor}")).await;
    assert_eq!(words(&rest["items"], "what"), ["record"]);
    let data = rows(&mut archive(&claimant).await);
    assert_eq!(words(&data["looks"], "what"), ["list_clear", "record"]);
    assert!(!data.to_string().contains("Nome reviewer"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_own_page_shows_mails_and_looks_and_gives_the_archive() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    assert_eq!(
        browser
            .join(&[("contact[email]", "mario@example.org")])
            .await
            .status,
        303
    );
    let code = crate::claimant::code_in(&browser.mail("mario@example.org").await);
    let path = format!("/c/{CASE}/joined/code");
    assert_eq!(browser.send(&path, &[("code", &code)]).await.status, 303);
    let page = browser.get("/me").await;
    assert!(page.html.contains("Messaggi che ti abbiamo mandato"));
    assert!(
        page.html.contains("Chi ha aperto la tua pratica") && page.html.contains("/me/data.zip")
    );
    assert!(page.html.contains("Conferma dell’indirizzo"));
    assert!(
        browser
            .get("/me/mails")
            .await
            .html
            .contains("Conferma dell’indirizzo")
    );
    assert!(
        browser
            .get("/me/views")
            .await
            .html
            .contains("Finora nessuno l’ha aperta.")
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r60_who_asks_by_letter_gets_the_copy_by_post_with_a_reason_and_a_trace() {
    let app = TestApp::seeded().await;
    let phone = SignUpBuilder::new("x@example.org")
        .without("/contact/email")
        .with("/contact/phone", json!("+393331234567"));
    let id = app.sign_up(&phone).await.id;
    let ours = association(&app, "codacons").await;
    let manager = person(&app, ours, Role::CaseManager).await;
    let bearer = manager.bearer(&app).await;
    let letters = format!("/api/v1/staff/claimants/{id}/rights-requests");
    let letter =
        |kind: &str| json!({"kind": kind, "text": "Voglio una copia", "received_on": "2026-03-02"});
    let objection = post(&app, &letters, Some(&bearer), &letter("objection")).await;
    let objection: Value = objection.json().await.unwrap();
    let mut asked = Vec::new();
    for kind in ["access", "portability"] {
        let entered = post(&app, &letters, Some(&bearer), &letter(kind)).await;
        assert_eq!(entered.status(), 201, "{kind}");
        let entered: Value = entered.json().await.unwrap();
        assert_eq!(
            (&entered["kind"], &entered["due_on"]),
            (&json!(kind), &json!("2026-04-02"))
        );
        asked.push(entered["id"].as_str().unwrap().to_owned());
    }
    let copy = |request: &str| format!("/api/v1/staff/rights-requests/{request}/data");
    let reason = json!({"reason": "Raccomandata del 3 marzo"});
    let early = post(&app, &copy(&asked[0]), Some(&bearer), &reason).await;
    assert_eq!(early.status(), 403, "without a fresh second factor");
    step_up(&app, &manager, &bearer).await;
    let none = post(&app, &copy(&asked[0]), Some(&bearer), &json!({})).await;
    assert_eq!(none.status(), 422, "without a reason");
    let other = copy(objection["id"].as_str().unwrap());
    let other = post(&app, &other, Some(&bearer), &reason).await;
    assert_eq!(other.status(), 409, "it asks for something else");
    assert_eq!(
        app.number("SELECT count(*) FROM audit WHERE action = 'hand_over_data'")
            .await,
        0
    );
    let own = post(&app, &copy(&asked[0]), Some(&bearer), &reason).await;
    let own: Value = own.json().await.unwrap();
    assert_eq!(
        own["type"], "/problems/second-person",
        "who entered the letter"
    );
    let second = person(&app, ours, Role::Owner).await;
    let bearer = second.bearer(&app).await;
    step_up(&app, &second, &bearer).await;
    for request in &asked {
        let taken = post(&app, &copy(request), Some(&bearer), &reason).await;
        assert_eq!(taken.status(), 200);
        assert_eq!(taken.headers()["content-type"], "application/zip");
        let bytes = taken.bytes().await.unwrap().to_vec();
        let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
        let rows = rows(&mut archive);
        assert!(rows.to_string().contains("+393331234567"), "{rows}");
    }
    let traced = format!(
        "SELECT count(*) FROM audit WHERE action = 'hand_over_data' AND subject_id = '{id}' AND sealed IS NOT NULL"
    );
    assert_eq!(app.number(&traced).await, 2);
    let reviewer = person(&app, ours, Role::Reviewer).await;
    let reviewer = reviewer.bearer(&app).await;
    let refused = post(&app, &copy(&asked[0]), Some(&reviewer), &reason).await;
    assert_eq!(refused.status(), 403, "who works queues hands nothing over");
    app.stop().await;
}

/// The program that makes pictures: tells beside itself that it runs, and ends by itself after a minute.
const SLEEPER: &str = "#!/bin/sh\n: > \"$0.$$\"\nexec /bin/sleep 60\n";

#[tokio::test(flavor = "multi_thread")]
async fn no_archive_is_cut_because_others_keep_every_core() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("joinder");
    fs::write(&program, SLEEPER).unwrap();
    fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    let options = TestOptions {
        program,
        ..TestOptions::default()
    };
    let app = TestApp::seeded_with(options).await;
    let anna = app.confirmed(&SignUpBuilder::new("anna@example.org")).await;
    let form = Form::new().text("kind", "other");
    let form = form.file("file", "foto.jpg", JPEG);
    let photo = anna.add_document(form).await.expect(201);
    let picture = format!(
        "/documents/{}/files/{}?as=picture",
        photo["id"].as_str().unwrap(),
        photo["files"][0]["id"].as_str().unwrap()
    );
    let mario = identified(&app, "mario@example.org", "mario@libero.it", &mario()).await;
    let told = declaration("mario@libero.it");
    sign(&app, &mario, &told, "Mario Rossi").await;
    let taken = "SELECT count(*) FROM audit WHERE action = 'take_own_data'";

    let cores = std::thread::available_parallelism().unwrap().get();
    let pictures = join_all((0..cores).map(|_| ask(anna.request(Method::GET, &picture))));
    let asked = async {
        // beside the program itself, a file for each that runs
        while fs::read_dir(folder.path()).unwrap().count() <= cores {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // who signed nothing waits for no core
        archive(&anna).await;
        assert_eq!(app.number(taken).await, 1);
        // whoever does is told so at the head of the answer, and nothing is told of them that was not
        let refused = ask(mario.request(Method::GET, "/data")).await;
        assert!(refused.headers.contains_key("retry-after"));
        refused.expect_problem(503, "unavailable");
        assert_eq!(app.number(taken).await, 1);
    };
    tokio::join!(pictures, asked);
    let mut whole = archive(&mario).await;
    let attestation = file(&mut whole, "attestazioni/attestazione-v1.pdf");
    assert!(attestation.starts_with(b"%PDF-"));
    assert_eq!(app.number(taken).await, 2);
    app.stop().await;
}
