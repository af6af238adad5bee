//! Samples: the list first, then the seed; drawn by a rule that others follow too; told to the log; never gone.

use std::process::Command;

use chrono::TimeDelta;
use joinder::crypto::sha256;
use joinder::domain::permission::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::{DEATHS, TestApp};
use crate::claimant::{Answer, Claimant, SignUpBuilder, ask};
use crate::seed::CASE;
use crate::staff_console::{csrf, open, place, send, sign_in};
use crate::staff_seed::{association, person};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/check_sample.py");

/// Who draws and who checks.
struct Desk<'a> {
    app: &'a TestApp,
    manager: String,
    reviewer: String,
}

impl<'a> Desk<'a> {
    async fn of(app: &'a TestApp) -> Self {
        let ours = association(app, "codacons").await;
        let manager = person(app, ours, Role::CaseManager).await;
        let reviewer = person(app, ours, Role::Reviewer).await;
        Self {
            app,
            manager: manager.bearer(app).await,
            reviewer: reviewer.bearer(app).await,
        }
    }

    async fn post(&self, bearer: &str, path: &str, body: &Value) -> Answer {
        let path = format!("/api/v1/staff/{path}");
        let request = self.app.request(Method::POST, &path).bearer_auth(bearer);
        ask(request.json(body)).await
    }

    async fn get(&self, path: &str) -> Value {
        let path = format!("/api/v1/staff/{path}");
        let request = self.app.request(Method::GET, &path);
        ask(request.bearer_auth(&self.reviewer)).await.expect(200)
    }

    async fn open(&self, body: &Value) -> Answer {
        let path = format!("cases/{CASE}/sample-checks");
        self.post(&self.manager, &path, body).await
    }

    /// Opens a check, and draws once its list is in the log.
    async fn drawn(&self, body: &Value) -> Value {
        let sample = self.open(body).await.expect(201);
        self.app.run_log().await;
        let draw = json!({"step": "draw"});
        self.step(&sample, &draw).await.expect(200)
    }

    async fn check(&self, sample: &Value, body: &Value) -> Answer {
        let path = format!("sample-checks/{}/results", id(sample));
        self.post(&self.reviewer, &path, body).await
    }

    async fn step(&self, sample: &Value, body: &Value) -> Answer {
        let path = format!("sample-checks/{}/steps", id(sample));
        self.post(&self.manager, &path, body).await
    }

    /// The file for experts, in a folder.
    async fn file(&self, folder: &tempfile::TempDir, sample: &Value) -> (Value, String) {
        let file = self
            .get(&format!("sample-checks/{}/file", id(sample)))
            .await;
        let path = folder.path().join("sample.json");
        std::fs::write(&path, file.to_string()).unwrap();
        (file, path.to_str().unwrap().to_owned())
    }
}

fn id(sample: &Value) -> &str {
    sample["id"].as_str().unwrap()
}

/// People who confirmed.
async fn confirmed(app: &TestApp, count: usize) -> Vec<Claimant<'_>> {
    let mut people = Vec::new();
    for number in 0..count {
        let builder = SignUpBuilder::new(&format!("p{number}@example.org"));
        people.push(app.confirmed(&builder).await);
    }
    people
}

/// Exit code and words of the script.
async fn python(arguments: &[&str]) -> (Option<i32>, String) {
    let arguments: Vec<String> = arguments.iter().map(|it| (*it).to_owned()).collect();
    let done = tokio::task::spawn_blocking(move || {
        Command::new("python3")
            .arg(SCRIPT)
            .args(arguments)
            .output()
            .unwrap()
    });
    let done = done.await.unwrap();
    let said = [done.stdout, done.stderr].concat();
    (done.status.code(), String::from_utf8(said).unwrap())
}

/// The references with the smallest hashes, as the rule says.
fn by_rule(file: &Value) -> Vec<String> {
    let seed = file["seed"].as_str().unwrap();
    let mut all: Vec<(String, String)> = file["population"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reference| {
            let reference = reference.as_str().unwrap().to_owned();
            let hash = sha256::digest(format!("{seed}{reference}").as_bytes());
            (sha256::hex(&hash), reference)
        })
        .collect();
    all.sort();
    let size = usize::try_from(file["size"].as_u64().unwrap()).unwrap();
    all.truncate(size);
    all.into_iter().map(|(_, reference)| reference).collect()
}

fn drawn(sample: &Value) -> Vec<String> {
    let members = sample["sample"].as_array().unwrap().iter();
    members
        .map(|member| member["reference"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sample_is_drawn_checked_told_to_the_log_and_drawn_again_by_another_program() {
    let app = TestApp::seeded().await;
    let desk = Desk::of(&app).await;
    confirmed(&app, 6).await;
    let body = json!({"purpose": "Prima del deposito", "size": 3, "filter": {"state": "active"}});
    let path = format!("cases/{CASE}/sample-checks");
    let refused = desk.post(&desk.reviewer, &path, &body).await;
    refused.expect_problem(403, "forbidden");
    let sample = desk.open(&body).await.expect(201);
    assert_eq!(
        (&sample["state"], &sample["steps"]),
        (&json!("announced"), &json!(["cancel"]))
    );
    // the list has its place in the log before there is a seed
    let draw = json!({"step": "draw"});
    desk.step(&sample, &draw)
        .await
        .expect_problem(409, "illegal-transition");
    app.run_log().await;
    let typed = json!({"step": "draw", "seed": "7"});
    assert_eq!(
        desk.step(&sample, &typed).await.wrong_fields(),
        [("/seed".to_owned(), "not_accepted".to_owned())]
    );
    let sample = desk.step(&sample, &draw).await.expect(200);
    assert_eq!(
        (
            &sample["state"],
            &sample["population"],
            &sample["left"],
            &sample["seed_source"]
        ),
        (&json!("drawn"), &json!(6), &json!(3), &Value::Null)
    );
    assert_eq!(sample["seed"].as_str().unwrap().len(), 64);
    let folder = tempfile::tempdir().unwrap();
    let (file, _) = desk.file(&folder, &sample).await;
    assert_eq!(drawn(&sample), by_rule(&file));

    // nothing is closed before everything was looked at
    let finish = json!({"step": "finish"});
    desk.step(&sample, &finish)
        .await
        .expect_problem(409, "illegal-transition");
    desk.check(&sample, &json!({"place": 1, "result": "ok"}))
        .await
        .expect(200);
    let finding = json!({"place": 2, "result": "finding"});
    assert_eq!(
        desk.check(&sample, &finding).await.wrong_fields(),
        [
            ("/code".to_owned(), "required".to_owned()),
            ("/note".to_owned(), "required".to_owned())
        ]
    );
    for (place, result) in [(4, "ok"), (0, "ok")] {
        let wrong = json!({"place": place, "result": result});
        let fields = desk.check(&sample, &wrong).await.wrong_fields();
        assert_eq!(fields[0].0, "/place");
    }
    let said = "La fattura è di Gaspare Rossi";
    let finding = json!({"place": 2, "result": "finding", "code": "damage", "note": said});
    desk.check(&sample, &finding).await.expect(200);
    // put right before the end
    desk.check(
        &sample,
        &json!({"place": 1, "result": "unable", "note": "Non risponde"}),
    )
    .await
    .expect(200);
    let one = desk
        .check(&sample, &json!({"place": 3, "result": "ok"}))
        .await
        .expect(200);
    assert_eq!(
        (&one["place"], &one["result"], &one["sample"]),
        (&json!(3), &json!("ok"), &Value::Null),
        "nothing of the others"
    );
    let looks = format!(
        "SELECT count(*) FROM audit WHERE action = 'view_claimant' AND detail ->> 'sample' = '{}'",
        id(&sample)
    );
    assert_eq!(app.number(&looks).await, 0);
    let checked = desk.get(&format!("sample-checks/{}", id(&sample))).await;
    assert_eq!(app.number(&looks).await, 2, "each note that is shown");
    assert_eq!(
        (
            &checked["ok"],
            &checked["unable"],
            &checked["findings"],
            &checked["left"]
        ),
        (&json!(1), &json!(1), &json!({"damage": 1}), &json!(0))
    );
    assert_eq!(checked["sample"][1]["note"], said);
    let clear = "SELECT count(*) FROM sample_members m WHERE m::text ILIKE '%Gaspare%' OR position('Gaspare'::bytea IN note_sealed) > 0";
    assert_eq!(app.number(clear).await, 0);
    // the end is told after what was drawn has its place in the log, whatever the clocks say
    let early = desk.step(&sample, &finish).await;
    let early = early.expect_problem(409, "illegal-transition");
    let why = early["detail"].as_str().unwrap();
    assert!(why.contains("Il log del caso non ha ancora"), "{why}");
    app.run_log().await;
    let finished = desk.step(&sample, &finish).await.expect(200);
    assert_eq!(finished["state"], "finished");
    let late = desk
        .check(&sample, &json!({"place": 1, "result": "ok"}))
        .await;
    late.expect_problem(409, "illegal-transition");

    // whoever has the file and the log needs nothing of ours
    let (_, path) = desk.file(&folder, &sample).await;
    let (_, waiting) = python(&[&path]).await;
    assert!(waiting.contains("not in the log yet"), "{waiting}");
    let log = app.url(&format!("/log/{CASE}"));
    let (code, waiting) = python(&[&path, &log]).await;
    assert_eq!(code, Some(2), "{waiting}");
    assert!(!waiting.contains("drawn as told"), "{waiting}");
    app.run_log().await;
    let (file, path) = desk.file(&folder, &sample).await;
    assert!(!file.to_string().contains("Gaspare"), "{file}");
    let (code, told) = python(&[&path, &log]).await;
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("sample_finished: entry"), "{told}");
    let changed = [
        ("/seed", json!("another")),
        (
            "/sample/0/reference",
            file["sample"][1]["reference"].clone(),
        ),
        ("/sample/1/code", json!("identity")),
        ("/sample/2/result", json!("finding")),
        ("/size", json!(2)),
        ("/population/0", json!("000000000000")),
        ("/number", json!(2)),
        ("/seed_due_at", json!("2026-01-01T00:00:00Z")),
        ("/entries/1/content", file["entries"][0]["content"].clone()),
    ];
    for (pointer, value) in changed {
        let mut other = file.clone();
        *other.pointer_mut(pointer).unwrap() = value;
        std::fs::write(&path, other.to_string()).unwrap();
        let (code, told) = python(&[&path, &log]).await;
        assert_eq!(code, Some(1), "{pointer}: {told}");
    }
    // an entry without its place is none; entries in another order, or told twice, are wrong
    let mut other = file.clone();
    other["entries"][1]["index"] = Value::Null;
    std::fs::write(&path, other.to_string()).unwrap();
    let (code, told) = python(&[&path, &log]).await;
    assert_eq!(code, Some(2), "{told}");
    let mut other = file.clone();
    let (first, second) = (&file["entries"][0]["index"], &file["entries"][1]["index"]);
    other["entries"][0]["index"] = second.clone();
    other["entries"][1]["index"] = first.clone();
    std::fs::write(&path, other.to_string()).unwrap();
    let (code, told) = python(&[&path]).await;
    assert!(
        code == Some(1) && told.contains("in another order"),
        "{told}"
    );
    let mut other = file.clone();
    let twice = file["entries"][1].clone();
    other["entries"].as_array_mut().unwrap().push(twice);
    std::fs::write(&path, other.to_string()).unwrap();
    let (code, told) = python(&[&path, &log]).await;
    assert!(code == Some(1) && told.contains("told twice"), "{told}");
    let steps =
        "SELECT string_agg(action, ' ' ORDER BY id) FROM audit WHERE action LIKE 'sample_%'";
    assert_eq!(
        app.rows(steps).await[0][0].as_deref(),
        Some(
            "sample_announced sample_drawn sample_checked sample_checked sample_checked sample_checked sample_finished"
        )
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_seed_is_named_before_it_is_known_and_typed_once() {
    let app = TestApp::seeded().await;
    let desk = Desk::of(&app).await;
    confirmed(&app, 4).await;
    let body = json!({
        "purpose": "Deposito", "size": 2, "seed_source": "Lotto, Roma, 28 marzo",
        "seed_due_at": app.clock().now() + TimeDelta::minutes(5),
    });
    let sample = desk.open(&body).await.expect(201);
    assert_eq!(
        (&sample["state"], &sample["seed"], &sample["sample"]),
        (&json!("announced"), &Value::Null, &json!([]))
    );
    // the list is the one of then
    app.confirmed(&SignUpBuilder::new("late@example.org")).await;
    let early = json!({"step": "draw", "seed": "7 21 33 48 90"});
    desk.step(&sample, &early)
        .await
        .expect_problem(409, "illegal-transition");
    app.clock().advance(TimeDelta::minutes(5));
    // a seed is never altered
    let blanks = json!({"step": "draw", "seed": "7  21 33 48 90"});
    assert_eq!(
        desk.step(&sample, &blanks).await.wrong_fields(),
        [("/seed".to_owned(), "format".to_owned())]
    );
    for wrong in [
        json!({"step": "draw"}),
        json!({"step": "draw", "seed": " "}),
    ] {
        assert_eq!(
            desk.step(&sample, &wrong).await.wrong_fields(),
            [("/seed".to_owned(), "required".to_owned())]
        );
    }
    let seed = json!({"step": "draw", "seed": "7 21 33 48 90"});
    let early = desk.step(&sample, &seed).await;
    let early = early.expect_problem(409, "illegal-transition");
    let why = early["detail"].as_str().unwrap();
    assert!(why.contains("Il log del caso non ha ancora"), "{why}");
    app.run_log().await;
    // two at once: one draws
    let (one, other) = tokio::join!(desk.step(&sample, &seed), desk.step(&sample, &seed));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    let again = json!({"step": "draw", "seed": "1 2 3 4 5"});
    desk.step(&sample, &again)
        .await
        .expect_problem(409, "illegal-transition");
    let now = desk.get(&format!("sample-checks/{}", id(&sample))).await;
    assert_eq!(
        (&now["state"], &now["seed"], &now["population"]),
        (&json!("drawn"), &json!("7 21 33 48 90"), &json!(4))
    );
    assert_eq!(now["population_sha256"], sample["population_sha256"]);
    let folder = tempfile::tempdir().unwrap();
    let (file, path) = desk.file(&folder, &sample).await;
    assert_eq!(drawn(&now), by_rule(&file));
    let (code, told) = python(&[&path]).await;
    assert_eq!(code, Some(0), "{told}");
    // no role of ours may change what is drawn from, or take a check away
    let rights = "SELECT count(*) FROM information_schema.column_privileges WHERE grantee LIKE 'joinder_%' \
        AND table_name = 'sample_checks' AND privilege_type = 'UPDATE' AND column_name IN \
        ('population', 'population_sha256', 'size', 'number', 'seed_source', 'seed_due_at', 'opened_at')";
    assert_eq!(app.number(rights).await, 0);
    let rights = "SELECT count(*) FROM information_schema.table_privileges WHERE grantee LIKE 'joinder_%' \
        AND table_name LIKE 'sample_%' AND privilege_type = 'DELETE'";
    assert_eq!(app.number(rights).await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sample_that_is_given_up_stays_with_its_reason() {
    let app = TestApp::seeded().await;
    let desk = Desk::of(&app).await;
    confirmed(&app, 2).await;
    let body = json!({"purpose": "Prova", "size": 1});
    let sample = desk.drawn(&body).await;
    let bare = desk.step(&sample, &json!({"step": "cancel"})).await;
    assert_eq!(
        bare.wrong_fields(),
        [("/reason".to_owned(), "required".to_owned())]
    );
    let why = json!({"step": "cancel", "reason": "Filtro sbagliato"});
    let cancelled = desk.step(&sample, &why).await.expect(200);
    assert_eq!(cancelled["state"], "cancelled");
    assert_eq!(
        cancelled["seed"], sample["seed"],
        "what was drawn stays known"
    );
    for step in [why, json!({"step": "finish"})] {
        desk.step(&sample, &step)
            .await
            .expect_problem(409, "illegal-transition");
    }
    desk.check(&sample, &json!({"place": 1, "result": "ok"}))
        .await
        .expect_problem(409, "illegal-transition");
    let register = desk.get(&format!("cases/{CASE}/sample-checks")).await;
    assert_eq!(register["items"][0]["end_reason"], "Filtro sbagliato");
    app.run_log().await;
    let entries = format!(
        "SELECT count(*) FROM log_events WHERE subject_id = '{}' AND leaf_index IS NOT NULL",
        id(&sample)
    );
    assert_eq!(app.number(&entries).await, 3, "list, draw and end");
    let shown = desk.get(&format!("sample-checks/{}", id(&sample))).await;
    let told = shown["entries"].to_string();
    assert!(!told.contains("Filtro"), "words stay sealed: {told}");

    // who draws another has the first on the file, in a chain of entries
    let second = desk.drawn(&body).await;
    assert_eq!(
        (&sample["number"], &second["number"]),
        (&json!(1), &json!(2))
    );
    app.run_log().await;
    let folder = tempfile::tempdir().unwrap();
    let (file, path) = desk.file(&folder, &second).await;
    let log = app.url(&format!("/log/{CASE}"));
    let (code, told) = python(&[&path, &log]).await;
    assert_eq!(code, Some(0), "{told}");
    assert!(
        told.contains("before: 1. cancelled (Filtro sbagliato)"),
        "{told}"
    );
    for (pointer, value) in [
        ("/earlier", json!([])),
        ("/earlier/0/population_sha256", json!("00")),
        ("/earlier/0/announced/id", second["id"].clone()),
        ("/earlier/0/announced", Value::Null),
    ] {
        let mut other = file.clone();
        *other.pointer_mut(pointer).unwrap() = value;
        std::fs::write(&path, other.to_string()).unwrap();
        let (code, told) = python(&[&path, &log]).await;
        assert_eq!(code, Some(1), "{pointer}: {told}");
    }

    // nor does the database take a change of what is drawn or ended
    let (first, second) = (id(&sample), id(&second));
    for change in [
        format!("UPDATE sample_checks SET seed = 'x' WHERE id = '{second}'"),
        format!("UPDATE sample_checks SET sample_sha256 = sha256('x') WHERE id = '{second}'"),
        format!("UPDATE sample_checks SET end_reason = 'x' WHERE id = '{first}'"),
        format!(
            "UPDATE sample_members SET result = 'ok', checked_by = id, checked_at = now() FROM sample_checks WHERE sample_id = '{first}'"
        ),
        format!(
            "INSERT INTO sample_members (sample_id, place, association_id, claimant_id) SELECT '{second}', 2, association_id, gen_random_uuid() FROM sample_checks"
        ),
    ] {
        app.sql(&format!(
            "DO $$ BEGIN {change}; RAISE EXCEPTION 'let through'; EXCEPTION WHEN restrict_violation THEN NULL; END $$"
        ))
        .await;
    }
    app.sql(&format!("UPDATE sample_members SET result = 'ok', checked_by = sample_id, checked_at = now() WHERE sample_id = '{second}'"))
        .await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_found_of_who_is_erased_goes_and_the_result_stays() {
    let app = TestApp::seeded().await;
    let desk = Desk::of(&app).await;
    let people = confirmed(&app, 2).await;
    let sample = desk.drawn(&json!({"purpose": "Prova", "size": 2})).await;
    let found = json!({"place": 1, "result": "finding", "code": "other", "note": "Da chiarire"});
    desk.check(&sample, &found).await.expect(200);
    for claimant in &people {
        claimant.erase().await.expect(200);
    }
    let left = "SELECT count(*) FROM sample_members WHERE note_sealed IS NOT NULL";
    assert_eq!(app.number(left).await, 0);
    let now = desk.get(&format!("sample-checks/{}", id(&sample))).await;
    assert_eq!(
        (&now["sample"][0]["code"], &now["sample"][0]["note"]),
        (&json!("other"), &Value::Null)
    );
    for wrong in [
        json!({"place": 2, "result": "ok"}),
        json!({"place": 2, "result": "unable", "note": "È di Mario"}),
    ] {
        let wrong = desk.check(&sample, &wrong).await.wrong_fields();
        assert_eq!(wrong, [("/result".to_owned(), "not_accepted".to_owned())]);
    }
    let gone = json!({"place": 2, "result": "unable"});
    desk.check(&sample, &gone).await.expect(200);
    app.run_log().await;
    let finished = desk.step(&sample, &json!({"step": "finish"})).await;
    assert_eq!(finished.expect(200)["unable"], 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_drawn_is_refused_by_its_field() {
    let app = TestApp::seeded().await;
    let desk = Desk::of(&app).await;
    confirmed(&app, 2).await;
    let later = app.clock().now() + TimeDelta::days(1);
    for (pointer, code, body) in [
        ("/purpose", "required", json!({"size": 1})),
        ("/size", "required", json!({"purpose": "x"})),
        ("/size", "out_of_range", json!({"purpose": "x", "size": 0})),
        (
            "/size",
            "out_of_range",
            json!({"purpose": "x", "size": 501}),
        ),
        ("/size", "out_of_range", json!({"purpose": "x", "size": 3})),
        (
            "/size",
            "out_of_range",
            json!({"purpose": "x", "size": i32::MIN}),
        ),
        (
            "/seed_source",
            "too_long",
            json!({"purpose": "x", "size": 1, "seed_source": "x".repeat(201), "seed_due_at": later}),
        ),
        (
            "/seed_source",
            "required",
            json!({"purpose": "x", "size": 1, "seed_due_at": later}),
        ),
        (
            "/seed_due_at",
            "required",
            json!({"purpose": "x", "size": 1, "seed_source": "Lotto"}),
        ),
        (
            "/seed_due_at",
            "out_of_range",
            json!({"purpose": "x", "size": 1, "seed_source": "Lotto", "seed_due_at": app.clock().now()}),
        ),
        (
            "/filter",
            "out_of_range",
            json!({"purpose": "x", "size": 1, "filter": {"state": "lodged"}}),
        ),
    ] {
        assert_eq!(
            desk.open(&body).await.wrong_fields(),
            [(pointer.to_owned(), code.to_owned())],
            "{body}"
        );
    }
    assert_eq!(app.number("SELECT count(*) FROM sample_checks").await, 0);
    let sample = desk.open(&json!({"purpose": "x", "size": 1})).await;
    let step = desk
        .step(&sample.expect(201), &json!({"step": "again"}))
        .await;
    assert_eq!(step.wrong_fields()[0].0, "/step");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_draws_and_a_reviewer_checks_in_the_console() {
    let app = TestApp::seeded().await;
    confirmed(&app, 3).await;
    let ours = association(&app, "codacons").await;
    let manager = person(&app, ours, Role::CaseManager).await;
    let browser = app.browser();
    sign_in(&app, &browser, &manager).await;
    let path = format!("/console/cases/{CASE}/sample-checks");
    let (_, list) = open(
        &app,
        &browser,
        &format!("/console/cases/{CASE}?state=confirmed"),
    )
    .await;
    let link = format!("{path}?");
    assert!(
        list.contains(&link) && list.contains("state=confirmed"),
        "{list}"
    );
    let (_, page) = open(&app, &browser, &format!("{path}?state=confirmed")).await;
    let token = csrf(&page).to_owned();
    let mut fields = vec![
        ("csrf", token.as_str()),
        ("filter", "state=confirmed"),
        ("purpose", "Deposito"),
        ("size", "molte"),
        ("seed_source", ""),
        ("seed_due_at", ""),
    ];
    let wrong = send(&app, &browser, &path, &fields).await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let told = wrong.text().await.unwrap();
    assert!(told.contains("id=\"size-error\"") && told.contains("value=\"molte\""));
    fields[3] = ("size", "2");
    let opened = send(&app, &browser, &path, &fields).await;
    let one = place(&opened).to_owned();
    let (_, page) = open(&app, &browser, &one).await;
    assert!(page.contains("tra poco: così si prova") && !page.contains("value=\"draw\""));
    app.run_log().await;
    let (_, page) = open(&app, &browser, &one).await;
    assert!(page.contains("Ora il programma fa il seme") && !page.contains("name=\"seed\""));
    let token = csrf(&page).to_owned();
    let draw = [("csrf", token.as_str()), ("step", "draw")];
    assert_eq!(place(&send(&app, &browser, &one, &draw).await), one);

    let reviewer = person(&app, ours, Role::Reviewer).await;
    let eyes = app.browser();
    sign_in(&app, &eyes, &reviewer).await;
    let (_, page) = open(&app, &eyes, &one).await;
    assert!(page.contains("Controlla il posto 1"), "{page}");
    assert!(!page.contains("value=\"cancel\""), "that is for managers");
    let token = csrf(&page).to_owned();
    let results = format!("{one}/results");
    let fields = [
        ("csrf", token.as_str()),
        ("place", "1"),
        ("result", "finding"),
        ("note", ""),
    ];
    let wrong = send(&app, &eyes, &results, &fields).await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    // all of them in one form, or nothing
    assert!(page.contains("name=\"results[p1][result]\""), "{page}");
    let mut many = vec![
        ("csrf", token.as_str()),
        ("results[p1][result]", "ok"),
        ("results[p1][note]", "Letta tutta"),
        ("results[p2][result]", "finding"),
        ("results[p2][note]", ""),
    ];
    let checked = "SELECT count(*) FROM sample_members WHERE result IS NOT NULL";
    let wrong = send(&app, &eyes, &results, &many).await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let told = wrong.text().await.unwrap();
    assert!(
        told.contains("id=\"results-2-code-error\"") && told.contains("value=\"Letta tutta\""),
        "{told}"
    );
    assert_eq!(app.number(checked).await, 0);
    let none = [("csrf", token.as_str()), ("results[p1][result]", "")];
    let none = send(&app, &eyes, &results, &none).await;
    assert_eq!(none.status(), StatusCode::UNPROCESSABLE_ENTITY);
    many[3].1 = "ok";
    let done = send(&app, &eyes, &results, &many).await;
    assert_eq!(place(&done), one);
    assert_eq!(app.number(checked).await, 2);
    let audited = "SELECT count(*) FROM audit WHERE action = 'sample_checked'";
    assert_eq!(app.number(audited).await, 2);
    // what was noted can be put right one by one
    for place in ["1", "2"] {
        let fields = [("csrf", token.as_str()), ("place", place), ("result", "ok")];
        let checked = send(&app, &eyes, &results, &fields).await;
        assert_eq!(self::place(&checked), one);
    }
    let fields = [("csrf", token.as_str()), ("step", "finish")];
    let refused = send(&app, &eyes, &one, &fields).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let (_, page) = open(&app, &browser, &one).await;
    let token = csrf(&page).to_owned();
    app.run_log().await;
    let fields = [("csrf", token.as_str()), ("step", "finish")];
    send(&app, &browser, &one, &fields).await;
    let (_, page) = open(&app, &browser, &one).await;
    assert!(
        page.contains("In ordine") && !page.contains("<form id=\"form\""),
        "{page}"
    );
    app.run_log().await;
    let (_, page) = open(&app, &browser, &one).await;
    assert!(page.contains("del log del caso"), "{page}");
    let auditor = person(&app, ours, Role::Auditor).await;
    let watcher = app.browser();
    sign_in(&app, &watcher, &auditor).await;
    assert_eq!(open(&app, &watcher, &one).await.0, StatusCode::OK);
    let reader = person(&app, ours, Role::Reader).await;
    let nobody = app.browser();
    sign_in(&app, &nobody, &reader).await;
    assert_eq!(open(&app, &nobody, &one).await.0, StatusCode::FORBIDDEN);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_lost_at_a_step_leaves_the_check_where_it_was() {
    let app = TestApp::seeded().await;
    let desk = Desk::of(&app).await;
    confirmed(&app, 3).await;
    let body = json!({"purpose": "Deposito", "size": 1});
    for moment in DEATHS {
        app.let_die("audit", moment).await;
        desk.open(&body).await.expect_problem(503, "unavailable");
        app.let_live("audit").await;
        let left = "SELECT (SELECT count(*) FROM sample_checks) + (SELECT count(*) FROM log_events WHERE content LIKE '%sample_announced%')";
        assert_eq!(app.number(left).await, 0, "{moment}");
    }
    // two at once: each has its number, or is told to try again
    let (one, other) = tokio::join!(desk.open(&body), desk.open(&body));
    let mut numbers = Vec::new();
    for answer in [one, other] {
        if answer.status == StatusCode::CREATED {
            numbers.push(answer.expect(201));
        } else {
            answer.expect_problem(409, "illegal-transition");
        }
    }
    let sample = numbers.remove(0);
    app.run_log().await;
    let of = format!("WHERE id = '{}'", id(&sample));
    for (step, state) in [
        (json!({"step": "draw"}), "announced"),
        (json!({"step": "cancel", "reason": "Prova"}), "announced"),
    ] {
        app.let_die("audit", DEATHS[0]).await;
        desk.step(&sample, &step)
            .await
            .expect_problem(503, "unavailable");
        app.let_live("audit").await;
        let kept = format!(
            "SELECT count(*) FROM sample_checks {of} AND state = '{state}' AND seed IS NULL"
        );
        assert_eq!(app.number(&kept).await, 1, "{step}");
    }
    let drawn = desk
        .step(&sample, &json!({"step": "draw"}))
        .await
        .expect(200);
    let result = json!({"place": 1, "result": "ok"});
    app.let_die("audit", DEATHS[1]).await;
    desk.check(&drawn, &result)
        .await
        .expect_problem(503, "unavailable");
    app.let_live("audit").await;
    let checked = "SELECT count(*) FROM sample_members WHERE result IS NOT NULL";
    assert_eq!(app.number(checked).await, 0);
    desk.check(&drawn, &result).await.expect(200);
    app.run_log().await;
    let finish = json!({"step": "finish"});
    app.let_die("audit", DEATHS[1]).await;
    desk.step(&drawn, &finish)
        .await
        .expect_problem(503, "unavailable");
    app.let_live("audit").await;
    let kept = format!(
        "SELECT count(*) FROM sample_checks {of} AND state = 'drawn' AND result_sha256 IS NULL"
    );
    assert_eq!(app.number(&kept).await, 1);
    desk.step(&drawn, &finish).await.expect(200);
    app.stop().await;
}
