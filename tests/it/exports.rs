//! Exports as jobs: the second person, the worker, the files and what other programs read in them (R1, R27, R38, R58).

use std::io::{Cursor, Read};
use std::path::Path;
use std::process::Command;

use chrono::TimeDelta;
use data_encoding::HEXLOWER;
use joinder::app::export::{Job, Lane, Step};
use joinder::app::housekeeping;
use joinder::app::vault::Vault;
use joinder::crypto::sha256;
use joinder::domain::claimant::ClaimantState;
use joinder::domain::ids::{AssociationId, ClaimantId};
use joinder::domain::permission::Role;
use joinder::domain::reference::Reference;
use reqwest::StatusCode;
use serde_json::{Value, json};
use zip::ZipArchive;

use crate::app::{TestApp, TestOptions};
use crate::claimant::{anna, mario};
use crate::seed::CASE;
use crate::staff_console::{csrf, open, place, send, sign_in};
use crate::staff_declared::{declaration, identified, sign};
use crate::staff_seed::{
    self, Claimant, Person, SLUG, altroconsumo, association, case, codacons, get, person, post,
    step_up,
};

mod filing;
mod volumes;

const EXPORTS: &str = "/api/v1/staff/exports";

/// The second person of R58: an owner.
pub(crate) struct Approver(Person);

impl Approver {
    pub(crate) async fn of(app: &TestApp, association: AssociationId) -> Self {
        Self(person(app, association, Role::Owner).await)
    }

    /// Signs in and says yes to the export at `place`.
    pub(crate) async fn approve(&self, app: &TestApp, place: &str) {
        let bearer = self.0.bearer(app).await;
        step_up(app, &self.0, &bearer).await;
        let yes = post(app, &format!("{place}/approval"), Some(&bearer), &json!({})).await;
        assert_eq!(yes.status(), StatusCode::OK);
    }
}

/// A case manager of the association with a fresh second factor.
async fn manager(app: &TestApp, association: AssociationId) -> (Person, String) {
    let member = person(app, association, Role::CaseManager).await;
    let bearer = member.bearer(app).await;
    step_up(app, &member, &bearer).await;
    (member, bearer)
}

/// Asks for an export; gives its place.
async fn asked(app: &TestApp, bearer: &str, more: &Value) -> String {
    let mut body =
        json!({"case": SLUG, "format": "csv", "dialect": "plain", "purpose": "Deposito"});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    let answer = post(app, EXPORTS, Some(bearer), &body).await;
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    let answer: Value = answer.json().await.unwrap();
    format!("{EXPORTS}/{}", answer["id"].as_str().unwrap())
}

async fn told(app: &TestApp, place: &str, bearer: &str) -> Value {
    let answer = get(app, place, bearer).await;
    assert_eq!(answer.status(), StatusCode::OK);
    answer.json().await.unwrap()
}

async fn fetched(app: &TestApp, place: &str, bearer: &str) -> Vec<u8> {
    let answer = get(app, place, bearer).await;
    assert_eq!(answer.status(), StatusCode::OK, "{place}");
    answer.bytes().await.unwrap().to_vec()
}

async fn problem(answer: reqwest::Response, status: StatusCode) -> Value {
    assert_eq!(answer.status(), status);
    answer.json().await.unwrap()
}

/// Files of exports in the blob store.
fn kept(app: &TestApp) -> usize {
    fn count(folder: &Path) -> usize {
        let Ok(entries) = std::fs::read_dir(folder) else {
            return 0;
        };
        let entries = entries.map(|entry| entry.unwrap().path());
        entries
            .map(|path| if path.is_dir() { count(&path) } else { 1 })
            .sum()
    }
    count(&app.blobs_folder().join("exports"))
}

/// As many confirmed claimants as that, without identity: quick to make.
async fn many(app: &TestApp, count: usize) -> Vec<ClaimantId> {
    app.clock().advance(TimeDelta::seconds(1));
    let (mut ids, mut sql) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let id = ClaimantId::new(app.ctx.new_id());
        let made = Vault::create(&app.ctx, codacons(), id).await.unwrap();
        let (_, version, wrapped) = made;
        let (association, case, now) = (codacons(), case(), app.clock().now().to_rfc3339());
        sql.push(format!(
            "INSERT INTO claimants (id, association_id, case_id, state, language, contact_kind, contact_sealed, \
             mailbox_count, created_at, state_changed_at, confirmed_at) VALUES ('{id}', '{association}', '{case}', \
             'confirmed', 'it', 'email', 'x', 1, '{now}', '{now}', '{now}'); \
             INSERT INTO claimant_keys VALUES ('{id}', '{association}', 1, {version}, decode('{}', 'hex'));",
            HEXLOWER.encode(&wrapped)
        ));
        ids.push(id);
    }
    app.sql(&sql.concat()).await;
    ids.sort_by_key(|id| id.uuid());
    ids
}

/// The worker that made something is gone: its lease runs out.
async fn lose_worker(app: &TestApp) {
    app.sql("UPDATE leases SET expires_at = now() - interval '1 second' WHERE name LIKE 'export%'")
        .await;
}

/// Runs a foreign program and gives what it printed; it must succeed.
fn run(program: &str, arguments: &[&str]) -> String {
    let done = Command::new(program).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{program}: {said}{complaint}");
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn r58_a_clear_export_is_approved_by_another_person_never_by_oneself() {
    let app = staff_seed::start().await;
    Claimant::maria().insert(&app).await;
    let (_, bearer) = manager(&app, codacons()).await;
    let place = asked(&app, &bearer, &json!({"clear": true})).await;
    let approval = format!("{place}/approval");
    let own = post(&app, &approval, Some(&bearer), &json!({})).await;
    let own = problem(own, StatusCode::FORBIDDEN).await;
    assert_eq!(own["type"], "/problems/second-person");
    assert!(
        own["detail"].as_str().unwrap().contains("altra persona"),
        "{own}"
    );
    let no = json!({"reason": "Non serve"});
    let own = post(&app, &format!("{place}/rejection"), Some(&bearer), &no).await;
    assert_eq!(own.status(), StatusCode::FORBIDDEN);

    let owner = person(&app, codacons(), Role::Owner).await;
    let second = owner.bearer(&app).await;
    let early = post(&app, &approval, Some(&second), &json!({})).await;
    let early = problem(early, StatusCode::FORBIDDEN).await;
    assert_eq!(early["type"], "/problems/step-up-required");
    let (_, stranger) = manager(&app, altroconsumo()).await;
    let hidden = post(&app, &approval, Some(&stranger), &json!({})).await;
    assert_eq!(hidden.status(), StatusCode::NOT_FOUND);
    step_up(&app, &owner, &second).await;
    let yes = post(&app, &approval, Some(&second), &json!({})).await;
    let yes: Value = yes.json().await.unwrap();
    assert_eq!(yes["state"], "queued");
    assert_eq!(yes["decided_by"], owner.id.to_string());
    let again = post(&app, &approval, Some(&second), &json!({})).await;
    assert_eq!(again.status(), StatusCode::CONFLICT);
    // not even the database takes oneself as the second person
    let forced = "DO $$ BEGIN UPDATE exports SET decided_by = requested_by; RAISE 'taken'; \
         EXCEPTION WHEN check_violation THEN NULL; END $$";
    app.sql(forced).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r58_a_refusal_has_a_reason_and_nothing_is_made() {
    let app = staff_seed::start().await;
    let (_, bearer) = manager(&app, codacons()).await;
    let place = asked(&app, &bearer, &json!({"format": "dossier"})).await;
    let owner = person(&app, codacons(), Role::Owner).await;
    let second = owner.bearer(&app).await;
    step_up(&app, &owner, &second).await;
    let rejection = format!("{place}/rejection");
    let empty = post(&app, &rejection, Some(&second), &json!({"reason": " "})).await;
    let empty = problem(empty, StatusCode::UNPROCESSABLE_ENTITY).await;
    assert_eq!(empty["errors"][0]["pointer"], "/reason");
    let no = json!({"reason": "Manca il mandato"});
    let refused = post(&app, &rejection, Some(&second), &no).await;
    assert_eq!(refused.status(), StatusCode::OK);
    let status = told(&app, &place, &bearer).await;
    assert_eq!(
        (&status["state"], &status["rejection_reason"]),
        (&json!("cancelled"), &json!("Manca il mandato"))
    );
    assert_eq!(app.run_exports().await, 0);
    let content = get(&app, &format!("{place}/content"), &bearer).await;
    assert_eq!(content.status(), StatusCode::CONFLICT);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r58_a_masked_list_needs_no_second_person_and_is_fetched_once_by_who_asked() {
    let app = staff_seed::start().await;
    Claimant::maria().insert(&app).await;
    let (_, bearer) = manager(&app, codacons()).await;
    let place = asked(&app, &bearer, &json!({})).await;
    assert_eq!(told(&app, &place, &bearer).await["state"], "queued");
    assert_eq!(app.run_exports().await, 1);
    let status = told(&app, &place, &bearer).await;
    assert_eq!(
        (&status["state"], &status["rows"], &status["rows_total"]),
        (&json!("ready"), &json!(1), &json!(1))
    );
    let owner = person(&app, codacons(), Role::Owner).await;
    let other = owner.bearer(&app).await;
    step_up(&app, &owner, &other).await;
    let content = format!("{place}/content");
    let theirs = get(&app, &content, &other).await;
    assert_eq!(theirs.status(), StatusCode::FORBIDDEN);
    assert!(kept(&app) > 0);
    // nothing of it lies in clear
    let blobs = app.blobs_folder().join("exports");
    let clear = Command::new("grep")
        .args(["-rq", "-e", "progressivo", "-e", "Rossi"])
        .arg(&blobs)
        .status();
    assert_eq!(clear.unwrap().code(), Some(1));
    let bytes = fetched(&app, &content, &bearer).await;
    assert_eq!(
        status["files"][0]["sha256"],
        sha256::hex(&sha256::digest(&bytes))
    );
    let text = String::from_utf8(bytes).unwrap();
    assert!(
        text.contains("RSS***********1Y")
            && text.ends_with(&format!("FINE;1;{}\n", status["sha256"].as_str().unwrap()))
    );
    let again = get(&app, &content, &bearer).await;
    let again = problem(again, StatusCode::CONFLICT).await;
    assert!(
        again["detail"].as_str().unwrap().contains("una volta"),
        "{again}"
    );
    assert!(!told(&app, &place, &bearer).await["fetched_at"].is_null());
    housekeeping::run(&app.ctx).await.unwrap();
    assert_eq!(kept(&app), 0);
    let keys = "SELECT count(*) FROM exports WHERE key_wrapped IS NOT NULL";
    assert_eq!(app.number(keys).await, 0);
    let trail = app
        .rows("SELECT action FROM audit WHERE action LIKE 'export%' ORDER BY id")
        .await;
    let trail: Vec<&str> = trail.iter().map(|row| row[0].as_deref().unwrap()).collect();
    assert_eq!(
        trail,
        [
            "export_requested",
            "export_started",
            "export_rows",
            "export_finished",
            "export_opened",
            "export_fetched"
        ]
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_broke_does_not_use_the_download_up() {
    let app = staff_seed::start().await;
    Claimant::maria().insert(&app).await;
    let (_, bearer) = manager(&app, codacons()).await;
    let place = asked(&app, &bearer, &json!({})).await;
    app.run_exports().await;
    let status = told(&app, &place, &bearer).await;
    let hash = status["files"][0]["sha256"].as_str().unwrap();
    // the part in the store is changed: the line breaks before anything went out
    app.sql("UPDATE export_files SET sha256 = sha256('x')")
        .await;
    let broken = get(&app, &format!("{place}/content"), &bearer).await;
    assert!(broken.bytes().await.is_err(), "it ended as if whole");
    assert!(told(&app, &place, &bearer).await["fetched_at"].is_null());
    // housekeeping leaves it alone, and who asked tries again, from the beginning
    housekeeping::run(&app.ctx).await.unwrap();
    let mend = format!("UPDATE export_files SET sha256 = decode('{hash}', 'hex')");
    app.sql(&mend).await;
    let bytes = fetched(&app, &format!("{place}/content"), &bearer).await;
    assert_eq!(sha256::hex(&sha256::digest(&bytes)), hash);
    assert!(!told(&app, &place, &bearer).await["fetched_at"].is_null());
    let opened = "SELECT count(*) FROM audit WHERE action = 'export_opened'";
    assert_eq!(app.number(opened).await, 2);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_shows_one_moment_and_is_taken_up_when_its_worker_is_gone() {
    let app = staff_seed::start().await;
    let ids = many(&app, 1_100).await;
    let (_, bearer) = manager(&app, codacons()).await;
    let place = asked(&app, &bearer, &json!({})).await;
    let mut first = Job::begin(&app.ctx, Lane::Lists).await.unwrap().unwrap();
    // frozen, and two batches of three written
    for _ in 0..3 {
        assert_eq!(first.step().await.unwrap(), Step::More);
    }
    let status = told(&app, &place, &bearer).await;
    assert_eq!(
        (&status["state"], &status["rows"], &status["rows_total"]),
        (&json!("running"), &json!(1_000), &json!(1_100))
    );
    // what happens meanwhile is not of that moment, but who is erased is gone
    let late = many(&app, 1).await[0];
    let (withdrawn, erased) = (ids[5], ids[6]);
    app.sql(&format!(
        "UPDATE claimants SET state = 'withdrawn' WHERE id = '{withdrawn}'; \
         DELETE FROM claimant_keys WHERE claimant_id = '{erased}'"
    ))
    .await;
    lose_worker(&app).await;
    assert_eq!(app.run_exports().await, 1);
    // who was only thought to be gone writes nothing more
    assert_eq!(first.step().await.unwrap(), Step::Gone);
    let status = told(&app, &place, &bearer).await;
    assert_eq!(
        (&status["state"], &status["rows"]),
        (&json!("ready"), &json!(1_099))
    );
    let text =
        String::from_utf8(fetched(&app, &format!("{place}/content"), &bearer).await).unwrap();
    let found: Vec<&str> = text
        .lines()
        .skip(1)
        .filter_map(|line| line.split(',').nth(1))
        .collect();
    let expected: Vec<String> = ids
        .iter()
        .filter(|id| **id != erased)
        .map(|id| Reference::of(*id).as_str().to_owned())
        .collect();
    assert_eq!(found, expected);
    assert!(!text.contains(Reference::of(late).as_str()));
    let row = text
        .lines()
        .find(|line| line.contains(Reference::of(withdrawn).as_str()));
    assert!(row.unwrap().contains(",confirmed,"), "{row:?}");
    assert_eq!(app.number("SELECT attempts FROM exports").await, 2);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_called_off_half_way_leaves_nothing() {
    let app = staff_seed::start().await;
    many(&app, 600).await;
    let (_, bearer) = manager(&app, codacons()).await;
    let place = asked(&app, &bearer, &json!({"format": "xlsx"})).await;
    let mut job = Job::begin(&app.ctx, Lane::Lists).await.unwrap().unwrap();
    for _ in 0..3 {
        assert_eq!(job.step().await.unwrap(), Step::More);
    }
    let off = post(
        &app,
        &format!("{place}/cancellation"),
        Some(&bearer),
        &json!({}),
    )
    .await;
    let off: Value = off.json().await.unwrap();
    assert_eq!(off["state"], "cancelled");
    assert_eq!(job.step().await.unwrap(), Step::Gone);
    lose_worker(&app).await;
    assert_eq!(app.run_exports().await, 0);
    housekeeping::run(&app.ctx).await.unwrap();
    assert_eq!(kept(&app), 0);
    let again = post(
        &app,
        &format!("{place}/cancellation"),
        Some(&bearer),
        &json!({}),
    )
    .await;
    assert_eq!(again.status(), StatusCode::CONFLICT);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r58_an_export_that_was_fetched_is_asked_for_again_by_a_program_and_approved_again() {
    let app = staff_seed::start().await;
    Claimant::maria().insert(&app).await;
    let (member, bearer) = manager(&app, codacons()).await;
    let more = json!({"clear": true, "purpose": "Deposito del ricorso", "columns": "court"});
    let first = asked(&app, &bearer, &more).await;
    Approver::of(&app, codacons())
        .await
        .approve(&app, &first)
        .await;
    assert_eq!(app.run_exports().await, 1);
    fetched(&app, &format!("{first}/content"), &bearer).await;
    let content = get(&app, &format!("{first}/content"), &bearer).await;
    assert_eq!(content.status(), StatusCode::CONFLICT, "once");

    let repeat = format!("{first}/repeat");
    let (_, stranger) = manager(&app, altroconsumo()).await;
    let hidden = post(&app, &repeat, Some(&stranger), &json!({})).await;
    assert_eq!(hidden.status(), StatusCode::NOT_FOUND);
    let reviewer = person(&app, codacons(), Role::Reviewer).await;
    let reviewer = reviewer.bearer(&app).await;
    let refused = post(&app, &repeat, Some(&reviewer), &json!({})).await;
    let refused = problem(refused, StatusCode::FORBIDDEN).await;
    assert_eq!(refused["type"], "/problems/forbidden");
    let again = post(&app, &repeat, Some(&bearer), &json!({})).await;
    assert_eq!(again.status(), StatusCode::ACCEPTED);
    let again: Value = again.json().await.unwrap();
    assert_ne!(again["id"].as_str(), first.rsplit('/').next());
    for (field, value) in [
        ("state", json!("awaiting_approval")),
        ("purpose", json!("Deposito del ricorso")),
        ("columns", json!("court")),
        ("clear", json!(true)),
        ("requested_by", json!(member.id.to_string())),
    ] {
        assert_eq!(again[field], value, "{field}");
    }
    // asked twice it is one
    let twice = post(&app, &repeat, Some(&bearer), &json!({})).await;
    let twice: Value = twice.json().await.unwrap();
    assert_eq!(twice["id"], again["id"]);
    assert_eq!(app.number("SELECT count(*) FROM exports").await, 2);
    assert_eq!(app.run_exports().await, 0, "nobody agreed yet");
    // the second factor is asked for, as for the first
    app.clock().advance(TimeDelta::minutes(6));
    let late = member.bearer(&app).await;
    let late = post(&app, &repeat, Some(&late), &json!({})).await;
    let late = problem(late, StatusCode::FORBIDDEN).await;
    assert_eq!(late["type"], "/problems/step-up-required");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_fetches_or_decides_about_ends_after_seven_days() {
    let app = staff_seed::start().await;
    Claimant::maria().insert(&app).await;
    let (member, bearer) = manager(&app, codacons()).await;
    let made = asked(&app, &bearer, &json!({})).await;
    let undecided = asked(&app, &bearer, &json!({"clear": true})).await;
    app.run_exports().await;
    app.clock()
        .advance(TimeDelta::days(7) - TimeDelta::seconds(90));
    housekeeping::run(&app.ctx).await.unwrap();
    let bearer = member.bearer(&app).await;
    assert_eq!(told(&app, &made, &bearer).await["state"], "ready");
    app.clock().advance(TimeDelta::seconds(90));
    step_up(&app, &member, &bearer).await;
    // not even before housekeeping has come by
    let late = get(&app, &format!("{made}/content"), &bearer).await;
    assert_eq!(late.status(), StatusCode::CONFLICT);
    housekeeping::run(&app.ctx).await.unwrap();
    for place in [&made, &undecided] {
        assert_eq!(told(&app, place, &bearer).await["state"], "expired");
    }
    assert_eq!(kept(&app), 0);
    let noted = "SELECT count(*) FROM audit WHERE action = 'export_expired'";
    assert_eq!(app.number(noted).await, 2);
    let kept =
        "SELECT deleted FROM retention_runs WHERE rule = 'exports' ORDER BY day DESC LIMIT 1";
    assert_eq!(app.number(kept).await, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_of_columns_holds_no_more_than_its_purpose_needs() {
    let app = staff_seed::start().await;
    Claimant::maria().insert(&app).await;
    let (_, bearer) = manager(&app, codacons()).await;
    let place = asked(&app, &bearer, &json!({"columns": "statistics"})).await;
    app.run_exports().await;
    let text =
        String::from_utf8(fetched(&app, &format!("{place}/content"), &bearer).await).unwrap();
    assert!(text.starts_with("qualita,residenza_provincia,residenza_stato,caselle_numero,"));
    for word in ["Rossi", "RSS", "maria", "00184"] {
        assert!(!text.contains(word), "{word}");
    }
    let unknown = json!({"case": SLUG, "format": "csv", "columns": "all", "purpose": "x"});
    let refused = post(&app, EXPORTS, Some(&bearer), &unknown).await;
    let refused = problem(refused, StatusCode::UNPROCESSABLE_ENTITY).await;
    assert_eq!(refused["errors"][0]["pointer"], "/columns");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_for_a_key_is_encrypted_to_it() {
    let app = staff_seed::start().await;
    Claimant::maria().insert(&app).await;
    let (_, bearer) = manager(&app, codacons()).await;
    let key = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
    let wrong =
        json!({"case": SLUG, "format": "csv", "purpose": "x", "recipients": [key, "age1x"]});
    let refused = post(&app, EXPORTS, Some(&bearer), &wrong).await;
    let refused = problem(refused, StatusCode::UNPROCESSABLE_ENTITY).await;
    assert_eq!(refused["errors"][0]["pointer"], "/recipients/1");
    let place = asked(&app, &bearer, &json!({"recipients": [key]})).await;
    app.run_exports().await;
    let status = told(&app, &place, &bearer).await;
    assert_eq!(status["encrypted"], true);
    let name = status["files"][0]["name"].as_str().unwrap();
    assert!(name.ends_with(".csv.age"), "{name}");
    let bytes = fetched(&app, &format!("{place}/content"), &bearer).await;
    assert!(bytes.starts_with(b"age-encryption.org/v1\n-> X25519 "));
    assert_eq!(
        status["files"][0]["sha256"],
        sha256::hex(&sha256::digest(&bytes))
    );
    app.stop().await;
}

/// Reads a workbook with Python's standard library alone: cells by reference.
const READ_XLSX: &str = r#"
import re, sys, zipfile, xml.etree.ElementTree as tree
book = zipfile.ZipFile(sys.argv[1])
assert book.testzip() is None
space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
for part in book.namelist(): tree.fromstring(book.read(part))
sheet = tree.fromstring(book.read("xl/worksheets/sheet1.xml"))
assert not list(sheet.iter(space + "f")), "a formula"
for row in sheet.iter(space + "row"):
    cells = {}
    for cell in row:
        text = cell.find(space + "is")
        cells[re.sub(r"\d", "", cell.get("r"))] = "".join(text.itertext()) if text is not None else float(cell.find(space + "v").text)
    print(repr(cells))
"#;

#[tokio::test(flavor = "multi_thread")]
async fn r27_r58_a_workbook_is_read_by_other_programs_and_runs_nothing() {
    let app = staff_seed::start().await;
    for name in ["O'Neill", "D'Àngelo", "Müller"] {
        Claimant {
            person: Some(["Maria", name, "RSSMRA80A41H501Y", "00184", "NA"]),
            ..Claimant::maria()
        }
        .insert(&app)
        .await;
    }
    let (_, bearer) = manager(&app, codacons()).await;
    let place = asked(&app, &bearer, &json!({"format": "xlsx", "clear": true})).await;
    Approver::of(&app, codacons())
        .await
        .approve(&app, &place)
        .await;
    assert_eq!(app.run_exports().await, 1);
    let answer = get(&app, &format!("{place}/content"), &bearer).await;
    let kind = answer.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(kind.ends_with("spreadsheetml.sheet"), "{kind}");
    let bytes = answer.bytes().await.unwrap();
    let status = told(&app, &place, &bearer).await;
    assert_eq!(status["sha256"], sha256::hex(&sha256::digest(&bytes)));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("elenco.xlsx");
    std::fs::write(&file, &bytes).unwrap();
    let file = file.to_str().unwrap();
    run("unzip", &["-tq", file]);
    let read = run("python3", &["-c", READ_XLSX, file]);
    let rows: Vec<&str> = read.lines().collect();
    assert_eq!(rows.len(), 4, "{read}");
    for expected in [
        "'A': 1.0",
        "'E': \"O'Neill\"",
        "'H': 'RSSMRA80A41H501Y'",
        "'J': 29221.0",
        "'P': '00184'",
        "'R': 'NA'",
    ] {
        assert!(rows[1].contains(expected), "{expected} in {}", rows[1]);
    }
    app.stop().await;
}

/// Two people who signed, and the place of a dossier of theirs that waits for the second person.
async fn dossier_of_two(app: &TestApp) -> (String, String) {
    for (email, who, name) in [
        ("a@example.org", mario(), "Mario Rossi"),
        ("b@example.org", anna(), "Anna Bianchi"),
    ] {
        let mailbox = email.replace("example.org", "libero.it");
        let claimant = identified(app, email, &mailbox, &who).await;
        sign(app, &claimant, &declaration(&mailbox), name).await;
    }
    app.run_log().await;
    let ours = association(app, "codacons").await;
    let (_, bearer) = manager(app, ours).await;
    let place = asked(app, &bearer, &json!({"case": CASE, "format": "dossier"})).await;
    (place, bearer)
}

async fn dossier(app: &TestApp) -> (String, String) {
    let (place, bearer) = dossier_of_two(app).await;
    let ours = association(app, "codacons").await;
    Approver::of(app, ours).await.approve(app, &place).await;
    (place, bearer)
}

fn names(bytes: &[u8]) -> Vec<String> {
    let archive = ZipArchive::new(Cursor::new(bytes.to_vec())).unwrap();
    archive
        .file_names()
        .map(|name| name.unwrap().into_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_r38_a_dossier_in_volumes_goes_on_with_the_next_one_and_is_checked_by_a_foreign_script()
{
    let app = TestApp::seeded_with(TestOptions {
        // every claimant fills a volume
        export_volume: 1_000,
        ..TestOptions::default()
    })
    .await;
    let (place, bearer) = dossier(&app).await;
    let mut job = Job::begin(&app.ctx, Lane::Documents)
        .await
        .unwrap()
        .unwrap();
    let volumes = "SELECT count(*) FROM export_files";
    while app.number(volumes).await == 0 {
        assert_eq!(job.step().await.unwrap(), Step::More);
    }
    drop(job);
    lose_worker(&app).await;
    let first = "SELECT encode(sha256, 'hex') FROM export_files WHERE number = 1";
    let before = app.rows(first).await;
    assert_eq!(app.run_exports().await, 1);
    assert_eq!(app.rows(first).await, before);
    let status = told(&app, &place, &bearer).await;
    assert_eq!(
        (&status["state"], &status["rows"]),
        (&json!("ready"), &json!(2))
    );
    let files = status["files"].as_array().unwrap();
    assert_eq!(files.len(), 2);
    let folder = tempfile::tempdir().unwrap();
    let mut paths = Vec::new();
    for file in files {
        let bytes = fetched(&app, &format!("{place}/files/{}", file["number"]), &bearer).await;
        assert_eq!(file["sha256"], sha256::hex(&sha256::digest(&bytes)));
        let path = folder.path().join(file["name"].as_str().unwrap());
        std::fs::write(&path, &bytes).unwrap();
        run("unzip", &["-tq", path.to_str().unwrap()]);
        paths.push(path.to_str().unwrap().to_owned());
    }
    let last = std::fs::read(&paths[1]).unwrap();
    let inside = names(&last);
    let own = inside[0].split('/').next().unwrap().to_owned();
    assert!(own.starts_with("000002-"), "{inside:?}");
    let expected = [
        format!("{own}/dichiarazione.pdf"),
        format!("{own}/dichiarazione.json"),
        format!("{own}/firma.json"),
        format!("{own}/ricevuta.json"),
        format!("{own}/attestazione.pdf"),
        "elenco/elenco-000002-000002.pdf".to_owned(),
        "indice.csv".to_owned(),
        "manifest.sha256".to_owned(),
    ];
    assert_eq!(inside, expected);
    let mut manifest = String::new();
    let mut archive = ZipArchive::new(Cursor::new(last)).unwrap();
    let mut index = String::new();
    archive
        .by_name("indice.csv")
        .unwrap()
        .read_to_string(&mut index)
        .unwrap();
    assert!(index.lines().next().unwrap().ends_with(";attestazione"));
    let named = format!(";{own}/attestazione.pdf");
    assert!(index.lines().any(|line| line.ends_with(&named)), "{index}");
    archive
        .by_name("manifest.sha256")
        .unwrap()
        .read_to_string(&mut manifest)
        .unwrap();
    assert_eq!(
        status["sha256"],
        sha256::hex(&sha256::digest(manifest.as_bytes()))
    );
    assert_eq!(manifest.lines().count(), 5 + 1 + 5 + 1 + 1);
    assert!(!manifest.to_lowercase().contains("aderent"));

    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/check_dossier.py");
    let hash = status["sha256"].as_str().unwrap();
    let mut arguments = vec![script, "--manifest", hash];
    arguments.extend(paths.iter().map(String::as_str));
    let said = run("python3", &arguments);
    assert!(
        said.contains("2 claimants, 13 files, 2 volumes: all there"),
        "{said}"
    );
    // a volume that is missing, and one that was changed
    let missing = Command::new("python3")
        .args([script, &paths[1]])
        .output()
        .unwrap();
    assert_eq!(missing.status.code(), Some(1));
    let mut changed = std::fs::read(&paths[0]).unwrap();
    let place = changed.len() / 2;
    changed[place] ^= 1;
    std::fs::write(&paths[0], &changed).unwrap();
    let broken = Command::new("python3")
        .args([script, &paths[0], &paths[1]])
        .output()
        .unwrap();
    assert_eq!(broken.status.code(), Some(1));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r38_a_dossier_of_what_is_not_what_was_signed_fails() {
    let app = TestApp::seeded().await;
    let (place, bearer) = dossier(&app).await;
    app.sql("UPDATE signatures SET document_key = (SELECT min(document_key) FROM signatures)")
        .await;
    assert_eq!(app.run_exports().await, 0);
    assert_eq!(told(&app, &place, &bearer).await["state"], "failed");
    housekeeping::run(&app.ctx).await.unwrap();
    assert_eq!(kept(&app), 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_register_shows_who_and_why_and_the_second_person_decides_there() {
    let app = staff_seed::start().await;
    Claimant::maria().insert(&app).await;
    let (asker, decider) = (app.browser(), app.browser());
    let manager = person(&app, codacons(), Role::CaseManager).await;
    let owner = person(&app, codacons(), Role::Owner).await;
    for (browser, who) in [(&asker, &manager), (&decider, &owner)] {
        sign_in(&app, browser, who).await;
        let (_, page) = open(&app, browser, "/console/step-up?back=/console").await;
        let fields = [
            ("csrf", csrf(&page)),
            ("totp", &who.code(&app)),
            ("back", "/console"),
        ];
        send(&app, browser, "/console/step-up", &fields).await;
        app.clock().advance(TimeDelta::seconds(30));
    }
    let form = format!("/console/cases/{SLUG}/export");
    let (_, page) = open(&app, &asker, &form).await;
    let wrong = [
        ("csrf", csrf(&page)),
        ("purpose", "x"),
        ("recipients", "no key"),
    ];
    let refused = send(&app, &asker, &form, &wrong).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused
            .text()
            .await
            .unwrap()
            .contains("id=\"recipients-error\"")
    );
    let fields = [
        ("csrf", csrf(&page)),
        ("purpose", "Deposito del ricorso"),
        ("format", "xlsx"),
        ("columns", "court"),
        ("clear", "true"),
    ];
    let asked = send(&app, &asker, &form, &fields).await;
    let one = place(&asked).to_owned();
    let (_, own) = open(&app, &asker, &one).await;
    assert!(
        own.contains("L’hai chiesta tu") && !own.contains("/approval\""),
        "{own}"
    );
    let token = csrf(&own).to_owned();
    let oneself = send(
        &app,
        &asker,
        &format!("{one}/approval"),
        &[("csrf", &token)],
    )
    .await;
    assert_eq!(oneself.status(), StatusCode::FORBIDDEN);
    assert!(oneself.text().await.unwrap().contains("altra persona"));

    let register = format!("/console/cases/{SLUG}/exports");
    let (_, list) = open(&app, &decider, &register).await;
    for word in [
        "Aspettano il tuo",
        "Deposito del ricorso",
        "Nome case_manager",
        "aspetta un’altra persona",
    ] {
        assert!(list.contains(word), "{word}");
    }
    assert!(!list.contains("Rossi"));
    let (_, shown) = open(&app, &decider, &one).await;
    let approved = send(
        &app,
        &decider,
        &format!("{one}/approval"),
        &[("csrf", csrf(&shown))],
    )
    .await;
    assert_eq!(place(&approved), one);
    app.run_exports().await;
    let (_, shown) = open(&app, &decider, &one).await;
    assert!(
        shown.contains("Può scaricarlo solo chi lo ha chiesto") && shown.contains("Nome owner")
    );
    let (_, shown) = open(&app, &asker, &one).await;
    assert!(shown.contains(&format!("href=\"{one}/files/1\"")));
    let file = asker
        .get(app.url(&format!("{one}/files/1")))
        .send()
        .await
        .unwrap();
    assert_eq!(file.status(), StatusCode::OK);
    file.bytes().await.unwrap();
    let (_, list) = open(&app, &asker, &register).await;
    assert!(list.contains("scaricata") && !list.contains("Aspettano il tuo"));
    // the second try is a page: who has it, when, and a way on that passes the same approval
    let (status, again) = open(&app, &asker, &format!("{one}/files/1")).await;
    assert_eq!(status, StatusCode::CONFLICT);
    let repeat = format!("{one}/repeat");
    for word in [
        "Questo file è già stato scaricato",
        "Nome case_manager (gestione del caso)",
        &format!("action=\"{repeat}\""),
    ] {
        assert!(again.contains(word), "{word} in {again}");
    }
    let fields = [("csrf", csrf(&again))];
    let new = place(&send(&app, &asker, &repeat, &fields).await).to_owned();
    assert_ne!(new, one);
    // pressed twice it is one
    assert_eq!(place(&send(&app, &asker, &repeat, &fields).await), new);
    let same = "SELECT count(DISTINCT (format, clear, purpose, filter, column_set, recipients)), count(*) FROM exports";
    let same = app.rows(same).await;
    assert_eq!(same, [["1", "2"].map(|count| Some(count.to_owned()))]);
    assert_eq!(app.run_exports().await, 0);
    let (_, waiting) = open(&app, &decider, &new).await;
    assert!(
        waiting.contains("Deposito del ricorso") && waiting.contains("/approval\""),
        "{waiting}"
    );
    let auditor = person(&app, codacons(), Role::Auditor).await;
    let watcher = app.browser();
    sign_in(&app, &watcher, &auditor).await;
    let (status, seen) = open(&app, &watcher, &one).await;
    assert_eq!(status, StatusCode::OK);
    assert!(seen.contains("Deposito del ricorso") && !seen.contains("/cancellation"));
    assert!(seen.contains("Nome case_manager (gestione del caso)") && !seen.contains("/repeat"));
    app.stop().await;
}

#[test]
fn states_of_lists_are_those_that_lists_may_hold() {
    // R50: withdrawn, rejected and duplicate never appear
    for state in [
        ClaimantState::Withdrawn,
        ClaimantState::Rejected,
        ClaimantState::Duplicate,
        ClaimantState::Restricted,
    ] {
        assert!(!joinder::app::export::LISTED.contains(&state));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r58_of_two_who_decide_at_once_one_decides() {
    let app = staff_seed::start().await;
    Claimant::maria().insert(&app).await;
    let (_, asker) = manager(&app, codacons()).await;
    let owner = person(&app, codacons(), Role::Owner).await;
    let second = owner.bearer(&app).await;
    step_up(&app, &owner, &second).await;
    for _ in 0..5 {
        let place = asked(&app, &asker, &json!({"clear": true})).await;
        let (approval, rejection) = (format!("{place}/approval"), format!("{place}/rejection"));
        let (yes, no) = (json!({}), json!({"reason": "Non serve"}));
        let (yes, no) = tokio::join!(
            post(&app, &approval, Some(&second), &yes),
            post(&app, &rejection, Some(&second), &no),
        );
        let mut both = [yes.status(), no.status()];
        both.sort();
        assert_eq!(both, [StatusCode::OK, StatusCode::CONFLICT]);
        let state = told(&app, &place, &asker).await["state"].clone();
        let meant = if yes.status() == StatusCode::OK {
            "queued"
        } else {
            "cancelled"
        };
        assert_eq!(state, meant);
    }
    app.stop().await;
}
