//! What staff see and take along of what was declared and signed (R2, R20, R30, R37, R38, R50, R58).

use std::io::{Cursor, Read};

use joinder::crypto::sha256;
use joinder::domain::permission::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use zip::ZipArchive;

use crate::app::TestApp;
use crate::claimant::{Claimant, SignUpBuilder, anna, ask, mario};
use crate::exports::Approver;
use crate::seed::CASE;
use crate::signing;
use crate::staff_console;
use crate::staff_seed::{Person, association, get, person, post, step_up};

const IBAN: &str = "IT60X0542811101000000123456";

/// A declaration of one mailbox, with a sum and words of the claimant's own.
pub(crate) fn declaration(mailbox: &str) -> Value {
    json!({
        "mailboxes": [{"address": mailbox, "incidents": [{
            "slug": "gennaio-2023", "plan": "free", "use": "private", "compensation_received": "none",
            "unavailable_from": "2023-01-23", "unavailable_until": "2023-01-28",
            "items": [{"head": "flat_rate"}, {"head": "extra_cost", "amount_cents": 1250, "description": "=Scheda per il telefono"}],
        }]}],
        "narrative": "Ho perso un esame clinico.",
        "other_claims": false,
        "already_compensated": false,
    })
}

/// Somebody confirmed, with identity and a mailbox of their own.
pub(crate) async fn identified<'app>(
    app: &'app TestApp,
    email: &str,
    mailbox: &str,
    who: &Value,
) -> Claimant<'app> {
    let builder =
        SignUpBuilder::new(email).with("/mailboxes", json!([{"address": mailbox, "plan": "free"}]));
    let claimant = app.confirmed(&builder).await;
    claimant.give_person(who).await.expect(200);
    claimant
}

/// Declares and signs with the code of the mail.
pub(crate) async fn sign(app: &TestApp, claimant: &Claimant<'_>, body: &Value, name: &str) {
    let declared = claimant.declare(body).await.expect(200);
    let (request, code) = signing::code_for(app, claimant, &declared).await;
    let signed = claimant.sign(&request, &code, name).await;
    assert_eq!(signed.expect(201)["state"], "signed");
}

async fn pay(claimant: &Claimant<'_>, holder: &str) {
    let payout = json!({"iban": IBAN, "holder": holder});
    ask(claimant.request(Method::PUT, "/payout").json(&payout))
        .await
        .expect(200);
}

/// A staff member of Codacons and a token.
async fn staff(app: &TestApp, role: Role) -> (Person, String) {
    let member = person(app, association(app, "codacons").await, role).await;
    let bearer = member.bearer(app).await;
    (member, bearer)
}

async fn json_of(app: &TestApp, path: &str, bearer: &str) -> Value {
    let answer = get(app, path, bearer).await;
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    answer.json().await.unwrap()
}

async fn ids(app: &TestApp, query: &str, bearer: &str) -> Vec<String> {
    let path = format!("/api/v1/staff/cases/{CASE}/claimants?{query}");
    let page = json_of(app, &path, bearer).await;
    let items = page["items"].as_array().unwrap().iter();
    items
        .map(|item| item["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn r2_each_letter_finds_exactly_those_who_lack_it() {
    let app = TestApp::seeded().await;
    app.sign_up(&SignUpBuilder::new("a@example.org")).await;
    app.confirmed(&SignUpBuilder::new("b@example.org")).await;
    let with_payout = identified(&app, "c@example.org", "c@libero.it", &mario()).await;
    pay(&with_payout, "Mario Rossi").await;
    let signer = identified(&app, "d@example.org", "d@libero.it", &anna()).await;
    sign(&app, &signer, &declaration("d@libero.it"), "Anna Bianchi").await;
    let (_, bearer) = staff(&app, Role::Reader).await;
    let mut all = Vec::new();
    for id in ids(&app, "", &bearer).await {
        let path = format!("/api/v1/staff/claimants/{id}");
        let shown = json_of(&app, &path, &bearer).await;
        all.push((id, shown["missing_to_lodge"].clone()));
    }
    assert_eq!(all.len(), 4);
    let mut sizes = Vec::new();
    for letter in ["a", "b", "c", "d", "e", "f", "g", "h", "i", "l"] {
        let lack = all.iter().filter(|(_, missing)| {
            let mut missing = missing.as_array().unwrap().iter();
            missing.any(|word| word == letter)
        });
        let expected: Vec<String> = lack.map(|(id, _)| id.clone()).collect();
        let found = ids(&app, &format!("missing={letter}"), &bearer).await;
        assert_eq!(found, expected, "{letter}");
        sizes.push(found.len());
    }
    assert_eq!(sizes, [4, 2, 0, 3, 3, 3, 3, 3, 3, 4]);
    let both = ids(&app, "missing=i&state=signed", &bearer).await;
    assert_eq!(both, [signer.id.to_string()]);
    for query in ["missing=z", "missing=bc", "flag=x"] {
        let path = format!("/api/v1/staff/cases/{CASE}/claimants?{query}");
        let refused = get(&app, &path, &bearer).await;
        assert_eq!(
            refused.status(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "{query}"
        );
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r2_the_few_who_lack_a_letter_are_found_by_an_index() {
    let app = TestApp::seeded().await;
    let lacks = app.confirmed(&SignUpBuilder::new("a@example.org")).await;
    // lacks nothing, but the given name does not fit
    let marco = app.confirmed(&SignUpBuilder::new("b@example.org")).await;
    let mut name = mario();
    name["given_name"] = json!("Marco");
    marco.give_person(&name).await.expect(200);
    app.sql(
        "SET session_replication_role = replica; \
         UPDATE claimants SET state = 'signed', payout_at = created_at, signed_at = created_at WHERE identity_at IS NOT NULL; \
         INSERT INTO claimants (id, association_id, case_id, state, language, contact_kind, contact_sealed, \
           mailbox_count, created_at, state_changed_at, confirmed_at, identity_at, payout_at, signed_at) \
         SELECT gen_random_uuid(), association_id, case_id, 'signed', 'it', 'email', contact_sealed, 1, \
           created_at, created_at, created_at, created_at, created_at, created_at \
         FROM claimants, generate_series(1, 20000) WHERE identity_at IS NULL; \
         ANALYZE claimants; ANALYZE identities",
    )
    .await;
    let (_, bearer) = staff(&app, Role::Reader).await;
    let used = "SELECT sum(seq_scan) FROM pg_stat_user_tables WHERE relname = 'claimants'";
    // what ended before is counted by now: the harness closed its connections
    let before = app.number(used).await;
    for letter in ["b", "d", "i"] {
        let found = ids(&app, &format!("missing={letter}"), &bearer).await;
        assert_eq!(found, [lacks.id.to_string()], "{letter}");
    }
    let waits = ids(&app, "queue=identity_to_check", &bearer).await;
    assert_eq!(waits, [marco.id.to_string()]);
    app.ctx.pools.close();
    let index = |name: &str| {
        format!("SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = '{name}'")
    };
    for name in [
        "claimants_no_identity_idx",
        "claimants_no_payout_idx",
        "claimants_state_idx",
    ] {
        let mut scans = 0;
        for _ in 0..500 {
            scans = app.number(&index(name)).await;
            if scans > 0 {
                break;
            }
        }
        assert!(scans > 0, "{name}");
    }
    assert_eq!(app.number(used).await, before, "no page reads all");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_restored_yet_stands_in_a_queue() {
    let app = TestApp::seeded().await;
    let waits = identified(&app, "a@example.org", "a@libero.it", &mario()).await;
    let mut body = declaration("a@libero.it");
    body["mailboxes"][0]["incidents"][0]["restored"] = json!(false);
    waits.declare(&body).await.expect(200);
    let other = identified(&app, "b@example.org", "b@libero.it", &anna()).await;
    let mut body = declaration("b@libero.it");
    body["other_claims"] = json!(true);
    other.declare(&body).await.expect(200);
    let (member, bearer) = staff(&app, Role::Reader).await;
    for (flag, expected) in [
        ("not_restored", vec![waits.id.to_string()]),
        ("double_recovery", vec![other.id.to_string()]),
        ("outside_window", vec![]),
        (
            "narrative_special",
            vec![other.id.to_string(), waits.id.to_string()],
        ),
    ] {
        assert_eq!(ids(&app, &format!("flag={flag}"), &bearer).await, expected);
    }
    let browser = app.browser();
    staff_console::sign_in(&app, &browser, &member).await;
    let path = format!("/console/cases/{CASE}?queue=not_restored");
    let (status, page) = staff_console::open(&app, &browser, &path).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains(&waits.id.to_string()) && !page.contains(&other.id.to_string()));
    assert!(page.contains("queue=not_restored\" aria-current=\"page\""));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r37_free_texts_are_for_who_works_the_queues() {
    let app = TestApp::seeded().await;
    let claimant = identified(&app, "a@example.org", "a@libero.it", &mario()).await;
    sign(&app, &claimant, &declaration("a@libero.it"), "Mario Rossi").await;
    pay(&claimant, "Mario Rossi").await;
    let path = format!("/api/v1/staff/claimants/{}", claimant.id);
    let (reader, bearer) = staff(&app, Role::Reader).await;
    let seen = json_of(&app, &path, &bearer).await;
    let said = &seen["declaration"];
    assert_eq!(
        (&said["clear"], &said["narrative"]),
        (&json!(false), &Value::Null)
    );
    let line = &said["mailboxes"][0]["incidents"][0];
    assert_eq!(
        (&line["days"], &line["items"][1]["amount_cents"]),
        (&json!(6), &json!(1250))
    );
    assert!(!seen.to_string().contains("Scheda"));
    assert!(!seen.to_string().contains(IBAN));
    assert_eq!(
        seen["payout"]["iban"].as_str().unwrap().chars().last(),
        Some('6')
    );
    let version = &seen["declarations"][0];
    assert_eq!(
        (&version["version"], &version["total_cents"]),
        (&json!(1), &json!(1250))
    );
    assert_eq!(version["signature"]["tier"], "otp");
    assert_eq!(version["flags"], json!(["narrative_special"]));

    let (_, bearer) = staff(&app, Role::Reviewer).await;
    let seen = json_of(&app, &path, &bearer).await;
    assert_eq!(
        seen["declaration"]["narrative"],
        "Ho perso un esame clinico."
    );
    assert!(seen.to_string().contains("Scheda"));

    let browser = app.browser();
    staff_console::sign_in(&app, &browser, &reader).await;
    let place = format!("/console/claimants/{}", claimant.id);
    let (status, page) = staff_console::open(&app, &browser, &place).await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        page.contains("12,50") && !page.contains("esame clinico") && !page.contains("/document")
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r38_document_and_evidence_go_out_audited_and_only_as_they_were_signed() {
    let app = TestApp::seeded().await;
    let claimant = identified(&app, "a@example.org", "a@libero.it", &mario()).await;
    sign(&app, &claimant, &declaration("a@libero.it"), "Mario Rossi").await;
    let base = format!("/api/v1/staff/claimants/{}", claimant.id);
    let document = format!("{base}/declarations/1/document");
    let evidence = format!("{base}/declarations/1/evidence");
    let (member, bearer) = staff(&app, Role::Reviewer).await;
    let refused = get(&app, &document, &bearer).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let views = "SELECT count(*) FROM audit WHERE action = 'view_signed'";
    assert_eq!(app.number(views).await, 0);
    step_up(&app, &member, &bearer).await;
    let answer = get(&app, &document, &bearer).await;
    assert_eq!(answer.headers()["content-type"], "application/pdf");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let bytes = answer.bytes().await.unwrap();
    let shown = json_of(&app, &base, &bearer).await;
    let hash = shown["declarations"][0]["document_sha256"]
        .as_str()
        .unwrap();
    assert_eq!(sha256::hex(&sha256::digest(&bytes)), hash);
    let told = json_of(&app, &evidence, &bearer).await;
    assert_eq!(told["document_sha256"], hash);
    assert_eq!(told["signer"]["typed_name"], "Mario Rossi");
    assert_eq!(app.number(views).await, 2);
    assert_eq!(
        get(&app, &format!("{base}/declarations/2/document"), &bearer)
            .await
            .status(),
        StatusCode::NOT_FOUND
    );

    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r38_a_version_that_is_not_what_was_signed_goes_nowhere_and_the_person_is_still_shown() {
    let app = TestApp::seeded().await;
    let claimant = identified(&app, "a@example.org", "a@libero.it", &mario()).await;
    sign(&app, &claimant, &declaration("a@libero.it"), "Mario Rossi").await;
    pay(&claimant, "Mario Rossi").await;
    let base = format!("/api/v1/staff/claimants/{}", claimant.id);
    let (member, bearer) = staff(&app, Role::Reviewer).await;
    step_up(&app, &member, &bearer).await;
    let browser = app.browser();
    staff_console::sign_in(&app, &browser, &member).await;
    let place = format!("/console/claimants/{}", claimant.id);
    let warning = "non corrisponde alla sua impronta";
    let seen = json_of(&app, &base, &bearer).await;
    assert_eq!(seen["declarations"][0]["intact"], true);
    let (_, page) = staff_console::open(&app, &browser, &place).await;
    assert!(!page.contains(warning) && page.contains("/document"));
    for (table, change) in [
        ("signatures", "evidence_sha256 = sha256('x')"),
        ("signatures", "evidence = evidence || '\\x00'"),
        ("signatures", "tier = 'paper'"),
        (
            "signatures",
            "acceptances = acceptances || '{mandate_messa_in_mora=1}'",
        ),
        ("signatures", "acceptances = '{}'"),
        ("signatures", "signed_at = signed_at - interval '1 day'"),
        ("declarations", "document_sha256 = sha256('x')"),
        ("declarations", "total_cents = 0"),
        ("declarations", "template = 'declaration/0'"),
        ("declarations", "sealed = salt_sealed"),
    ] {
        app.sql(&format!(
            "CREATE TABLE kept AS TABLE {table}; UPDATE {table} SET {change}"
        ))
        .await;
        for part in ["document", "evidence"] {
            let path = format!("{base}/declarations/1/{part}");
            let broken = get(&app, &path, &bearer).await;
            let status = broken.status();
            assert_eq!(
                status,
                StatusCode::INTERNAL_SERVER_ERROR,
                "{change}: {part}"
            );
        }
        let seen = json_of(&app, &base, &bearer).await;
        assert_eq!(seen["identity"]["name"], "Mario Rossi");
        assert_eq!(seen["declarations"][0]["intact"], false, "{change}");
        assert_eq!(
            (&seen["declaration"], &seen["ready"]),
            (&Value::Null, &json!(false))
        );
        let (status, page) = staff_console::open(&app, &browser, &place).await;
        assert_eq!(status, StatusCode::OK);
        assert!(
            page.contains("Mario Rossi") && page.contains(warning),
            "{change}"
        );
        assert!(!page.contains("/document\"") && !page.contains("esame clinico"));
        app.sql(&format!(
            "ALTER TABLE signatures DROP CONSTRAINT signatures_declaration_fkey; \
             ALTER TABLE signature_requests DROP CONSTRAINT signature_requests_declaration_fkey; \
             DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept; DROP TABLE kept; \
             ALTER TABLE signatures ADD CONSTRAINT signatures_declaration_fkey FOREIGN KEY \
               (claimant_id, version) REFERENCES declarations (claimant_id, version); \
             ALTER TABLE signature_requests ADD CONSTRAINT signature_requests_declaration_fkey FOREIGN KEY \
               (claimant_id, version) REFERENCES declarations (claimant_id, version)"
        ))
        .await;
        assert_eq!(
            json_of(&app, &base, &bearer).await["ready"],
            true,
            "{change}"
        );
    }
    app.stop().await;
}

/// The masked list, line by line.
async fn lines(app: &TestApp, bearer: &str) -> Vec<Vec<String>> {
    let path = format!("/api/v1/staff/cases/{CASE}/claimants.csv?dialect=plain");
    let text = get(app, &path, bearer).await.text().await.unwrap();
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    reader
        .records()
        .map(|record| record.unwrap().iter().map(str::to_owned).collect())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn r37_r50_the_list_tells_what_was_declared_and_signed() {
    let app = TestApp::seeded().await;
    let claimant = identified(&app, "a@example.org", "a@libero.it", &mario()).await;
    sign(&app, &claimant, &declaration("a@libero.it"), "Mario Rossi").await;
    pay(&claimant, "Mario Rossi").await;
    let gone = identified(&app, "b@example.org", "b@libero.it", &anna()).await;
    sign(&app, &gone, &declaration("b@libero.it"), "Anna Bianchi").await;
    gone.withdraw(&json!({})).await.expect(200);
    let (_, bearer) = staff(&app, Role::Reader).await;
    let list = lines(&app, &bearer).await;
    assert_eq!(list.len(), 3, "{list:?}");
    let cell = |name: &str| {
        let place = list[0].iter().position(|known| known == name);
        list[1][place.unwrap()].clone()
    };
    let day = app.clock().now().date_naive().to_string();
    for (name, value) in [
        ("piano", "Gratis"),
        ("periodo_disservizio_dal", "2023-01-23"),
        ("periodo_disservizio_al", "2023-01-28"),
        ("giorni", "6"),
        (
            "oggetto_e_importo_per_voce",
            "a@libero.it, Gennaio 2023: flat_rate; extra_cost 12.50",
        ),
        ("totale", "12.50"),
        ("voci_da_liquidare", "1"),
        ("documenti_numero", "0"),
        ("attestazione_g_data", day.as_str()),
        ("conferimento_poteri_h_data", day.as_str()),
        ("tipo_firma", "otp"),
        ("esito_firma", "valid"),
        ("data_firma", day.as_str()),
        ("intestatario_conto", "Mario Rossi"),
        ("stato", "signed"),
        ("revoca_data", ""),
        // of court and case: everybody lacks them
        ("mancanti", "a l"),
    ] {
        assert_eq!(cell(name), value, "{name}");
    }
    assert_eq!(cell("hash_dichiarazione").len(), 64);
    assert!(cell("iban").starts_with("IT") && cell("iban").contains('*'));
    let all = list.concat().concat();
    assert!(!all.contains("esame clinico") && !all.contains("Scheda"));

    // what was corrected is declared, and no longer signed (R39)
    let mut changed = declaration("a@libero.it");
    changed["narrative"] = Value::Null;
    claimant.declare(&changed).await.expect(200);
    let list = lines(&app, &bearer).await;
    let cell = |name: &str| {
        let place = list[0].iter().position(|known| known == name);
        list[1][place.unwrap()].clone()
    };
    assert_eq!(
        (cell("stato"), cell("data_firma")),
        ("resign_required".to_owned(), String::new())
    );
    assert_eq!(
        (cell("totale"), cell("mancanti")),
        ("12.50".to_owned(), "a d e f g h l".to_owned())
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r38_a_declaration_that_is_not_what_was_signed_stops_the_list() {
    let app = TestApp::seeded().await;
    let claimant = identified(&app, "a@example.org", "a@libero.it", &mario()).await;
    sign(&app, &claimant, &declaration("a@libero.it"), "Mario Rossi").await;
    app.sql("UPDATE declarations SET document_sha256 = sha256('x')")
        .await;
    let (_, bearer) = staff(&app, Role::Reader).await;
    let path = format!("/api/v1/staff/cases/{CASE}/claimants.csv");
    let answer = get(&app, &path, &bearer).await;
    assert!(answer.bytes().await.is_err(), "the list ended as if whole");
    app.stop().await;
}

/// Asks for the signed documents; gives the export and its answer.
async fn archive(app: &TestApp, bearer: &str, filter: Value) -> (Value, reqwest::Response) {
    let body = json!({"case": CASE, "format": "zip", "purpose": "Deposito", "filter": filter});
    let asked = post(app, "/api/v1/staff/exports", Some(bearer), &body).await;
    assert_eq!(asked.status(), StatusCode::ACCEPTED);
    let asked: Value = asked.json().await.unwrap();
    let place = format!("/api/v1/staff/exports/{}", asked["id"].as_str().unwrap());
    let ours = association(app, "codacons").await;
    Approver::of(app, ours).await.approve(app, &place).await;
    app.run_exports().await;
    let content = get(app, &format!("{place}/content"), bearer).await;
    (json!(place), content)
}

fn file(archive: &mut ZipArchive<Cursor<Vec<u8>>>, name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut file = archive.by_name(name).unwrap();
    file.read_to_end(&mut bytes).unwrap();
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn r38_r58_signed_documents_come_numbered_with_index_and_manifest() {
    let app = TestApp::seeded().await;
    let one = identified(&app, "a@example.org", "a@libero.it", &mario()).await;
    sign(&app, &one, &declaration("a@libero.it"), "Mario Rossi").await;
    let two = identified(&app, "b@example.org", "b@libero.it", &anna()).await;
    sign(&app, &two, &declaration("b@libero.it"), "Anna Bianchi").await;
    app.confirmed(&SignUpBuilder::new("c@example.org")).await;
    let (member, bearer) = staff(&app, Role::CaseManager).await;
    let body = json!({"case": CASE, "format": "zip", "purpose": "Deposito"});
    let refused = post(&app, "/api/v1/staff/exports", Some(&bearer), &body).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    step_up(&app, &member, &bearer).await;
    let (place, content) = archive(&app, &bearer, json!({"missing": "i"})).await;
    assert_eq!(content.headers()["content-type"], "application/zip");
    let bytes = content.bytes().await.unwrap().to_vec();
    let status = json_of(&app, place.as_str().unwrap(), &bearer).await;
    assert_eq!(
        (&status["state"], &status["rows"]),
        (&json!("ready"), &json!(2))
    );
    assert_eq!(status["sha256"], sha256::hex(&sha256::digest(&bytes)));
    let mut opened = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let names: Vec<String> = opened
        .file_names()
        .map(|name| name.unwrap().into_owned())
        .collect();
    let reference = |claimant: &Claimant<'_>| {
        let id = joinder::domain::ids::ClaimantId::new(claimant.id);
        let reference = joinder::domain::reference::Reference::of(id);
        reference.as_str().to_owned()
    };
    assert_eq!(
        names,
        [
            format!("00001-{}-v1.pdf", reference(&one)),
            format!("00002-{}-v1.pdf", reference(&two)),
            "indice.csv".to_owned(),
            "manifest.sha256".to_owned(),
        ]
    );
    let manifest = String::from_utf8(file(&mut opened, "manifest.sha256")).unwrap();
    assert_eq!(manifest.lines().count(), 3);
    for line in manifest.lines() {
        let (hash, name) = line.split_once("  ").unwrap();
        let bytes = file(&mut opened, name);
        assert_eq!(hash, sha256::hex(&sha256::digest(&bytes)), "{name}");
        assert_eq!(
            name.ends_with(".pdf"),
            bytes.starts_with(b"%PDF-"),
            "{name}"
        );
    }
    let index = String::from_utf8(file(&mut opened, "indice.csv")).unwrap();
    assert_eq!(index.lines().count(), 3);
    assert!(
        index.contains("Anna Bianchi") && index.contains("12,50"),
        "{index}"
    );
    let first = "SELECT count(*) FROM audit WHERE action IN ('export_requested', 'export_approved', \
         'export_started', 'export_rows', 'export_finished', 'export_opened', 'export_fetched')";
    assert_eq!(app.number(first).await, 7);
    let noted = app
        .rows("SELECT filter->>'missing', clear FROM exports")
        .await;
    assert_eq!(noted[0][0].as_deref(), Some("i"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r39_who_corrects_while_the_archive_is_made_is_in_it_as_signed() {
    let app = TestApp::seeded().await;
    let claimant = identified(&app, "a@example.org", "a@libero.it", &mario()).await;
    sign(&app, &claimant, &declaration("a@libero.it"), "Mario Rossi").await;
    let (member, bearer) = staff(&app, Role::CaseManager).await;
    step_up(&app, &member, &bearer).await;
    // between the batch of claimants and what they declared
    let correcting = app
        .hold(
            "LOCK TABLE declarations IN ACCESS EXCLUSIVE MODE; \
             INSERT INTO declarations SELECT claimant_id, 2, association_id, sealed, salt_sealed, template, \
               sha256('x'), total_cents, flags, created_at FROM declarations; \
             UPDATE claimants SET declared_version = 2, state = 'resign_required'",
        )
        .await;
    let made = async {
        let (_, content) = archive(&app, &bearer, json!({})).await;
        content.bytes().await.unwrap().to_vec()
    };
    let (bytes, ()) = tokio::join!(made, async {
        correcting.is_waited_for().await;
        correcting.end().await;
    });
    let mut opened = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let names = opened.file_names();
    let names: Vec<String> = names.map(|name| name.unwrap().into_owned()).collect();
    let signed = names[0].clone();
    assert!(signed.ends_with("-v1.pdf") && names.len() == 3, "{names:?}");
    assert!(file(&mut opened, &signed).starts_with(b"%PDF-"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r38_a_document_that_is_not_what_was_signed_fails_the_archive() {
    let app = TestApp::seeded().await;
    let one = identified(&app, "a@example.org", "a@libero.it", &mario()).await;
    sign(&app, &one, &declaration("a@libero.it"), "Mario Rossi").await;
    let two = identified(&app, "b@example.org", "b@libero.it", &anna()).await;
    sign(&app, &two, &declaration("b@libero.it"), "Anna Bianchi").await;
    // the document of one in the place of the other
    app.sql("UPDATE signatures SET document_key = (SELECT min(document_key) FROM signatures)")
        .await;
    let (member, bearer) = staff(&app, Role::CaseManager).await;
    step_up(&app, &member, &bearer).await;
    let (place, content) = archive(&app, &bearer, json!({})).await;
    assert_eq!(content.status(), StatusCode::CONFLICT);
    let state = json_of(&app, place.as_str().unwrap(), &bearer).await["state"].clone();
    assert_eq!(state, "failed");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r30_neither_side_of_a_clash_is_ready_for_staff() {
    let app = TestApp::seeded().await;
    let mut signers = Vec::new();
    for (email, who, name) in [
        ("a@example.org", mario(), "Mario Rossi"),
        ("b@example.org", anna(), "Anna Bianchi"),
    ] {
        let claimant = identified(&app, email, "casa@libero.it", &who).await;
        sign(&app, &claimant, &declaration("casa@libero.it"), name).await;
        pay(&claimant, name).await;
        signers.push(claimant);
    }
    let (_, bearer) = staff(&app, Role::Reader).await;
    for claimant in &signers {
        let path = format!("/api/v1/staff/claimants/{}", claimant.id);
        let seen = json_of(&app, &path, &bearer).await;
        assert_eq!(seen["missing"], json!([]));
        assert_eq!(
            (&seen["review"], &seen["ready"]),
            (&json!("conflict"), &json!(false))
        );
    }
    signers[1].withdraw(&json!({})).await.expect(200);
    let path = format!("/api/v1/staff/claimants/{}", signers[0].id);
    assert_eq!(json_of(&app, &path, &bearer).await["ready"], true);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r20_a_consent_given_and_taken_back_leaves_each_row_to_be_seen() {
    let app = TestApp::seeded().await;
    let claimant = app.confirmed(&SignUpBuilder::new("a@example.org")).await;
    for given in [true, false] {
        let body = json!({ "given": given });
        claimant.put_consent("newsletter", &body).await.expect(200);
    }
    let (member, bearer) = staff(&app, Role::Reader).await;
    let path = format!("/api/v1/staff/claimants/{}", claimant.id);
    let seen = json_of(&app, &path, &bearer).await;
    let rows = seen["consents"].as_array().unwrap().iter();
    let told: Vec<(&str, bool)> = rows
        .filter(|row| row["purpose"] == "newsletter")
        .map(|row| {
            (
                row["channel"].as_str().unwrap(),
                row["given"].as_bool().unwrap(),
            )
        })
        .collect();
    assert_eq!(told, [("api", true), ("api", false)]);
    let browser = app.browser();
    staff_console::sign_in(&app, &browser, &member).await;
    let place = format!("/console/claimants/{}", claimant.id);
    let (_, page) = staff_console::open(&app, &browser, &place).await;
    assert_eq!(page.matches("Newsletter:").count(), 2);
    app.stop().await;
}
