//! Roles for some cases of an association (DESIGN 7, decision 35): given, changed, told. That the other cases stay
//! unseen in every operation is walked in `access.rs`.

use joinder::domain::permission::Role;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::app::{DEATHS, TestApp};
use crate::claimant::SignUpBuilder;
use crate::seed::CASE;
use crate::staff_console::{csrf, open, send, sign_in};
use crate::staff_seed::{Person, association, get, person, post};

const PEOPLE: &str = "/api/v1/staff/people";
pub(crate) const SECOND: &str = "caso-secondo";

/// The association promotes a second case.
pub(crate) async fn second_case(app: &TestApp) {
    let ours = association(app, "codacons").await;
    app.sql(&format!(
        "INSERT INTO cases (id, slug, title, respondent_id, state, created_at, state_changed_at, lead_association_id) \
         SELECT gen_random_uuid(), '{SECOND}', 'Il secondo caso', respondent_id, 'open', created_at, state_changed_at, '{ours}' \
           FROM cases WHERE slug = '{CASE}'; \
         INSERT INTO case_associations (case_id, association_id, mode, joined_at) \
         SELECT id, '{ours}', 'collection', created_at FROM cases WHERE slug = '{SECOND}'"
    ))
    .await;
}

async fn change(app: &TestApp, bearer: &str, who: &Person, body: &Value) -> (StatusCode, Value) {
    let path = format!("{PEOPLE}/{}/membership", who.id);
    let answer = post(app, &path, Some(bearer), body).await;
    (answer.status(), answer.json().await.unwrap_or_default())
}

async fn told(app: &TestApp, path: &str, bearer: &str) -> Value {
    let answer = get(app, path, bearer).await;
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    answer.json().await.unwrap()
}

async fn seen(app: &TestApp, slug: &str, bearer: &str) -> StatusCode {
    let path = format!("/api/v1/staff/cases/{slug}/claimants");
    get(app, &path, bearer).await.status()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_narrowed_to_a_case_and_widened_again_and_each_change_is_kept() {
    let app = TestApp::seeded().await;
    second_case(&app).await;
    let ours = association(&app, "codacons").await;
    let claimant = app.sign_up(&SignUpBuilder::new("ada@example.org")).await;
    let boss = person(&app, ours, Role::Owner).await;
    let manager = person(&app, ours, Role::CaseManager).await;
    let mine = boss.stepped_up(&app).await;
    let before = manager.bearer(&app).await;
    let record = format!("/api/v1/staff/claimants/{}", claimant.id);
    assert_eq!(get(&app, &record, &before).await.status(), StatusCode::OK);

    let narrow = json!({"action": "cases", "cases": [SECOND]});
    assert_eq!(
        change(&app, &mine, &manager, &narrow).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        change(&app, &mine, &manager, &narrow).await.0,
        StatusCode::CONFLICT
    );
    // what was open has ended
    assert_eq!(
        get(&app, &record, &before).await.status(),
        StatusCode::UNAUTHORIZED
    );
    let theirs = manager.bearer(&app).await;
    assert_eq!(
        get(&app, &record, &theirs).await.status(),
        StatusCode::NOT_FOUND
    );
    assert_eq!(seen(&app, CASE, &theirs).await, StatusCode::NOT_FOUND);
    assert_eq!(seen(&app, SECOND, &theirs).await, StatusCode::OK);

    // a new case is the association's matter
    let theirs = manager.stepped_up(&app).await;
    let new = json!({"content": crate::case_desk::content("caso-terzo")});
    let new = post(&app, "/api/v1/staff/case-desk", Some(&theirs), &new).await;
    assert_eq!(new.status(), StatusCode::FORBIDDEN);

    // the other role keeps the cases, an owner has all of them
    let role = |role: &str| json!({"action": "role", "role": role});
    let person_path = format!("{PEOPLE}/{}", manager.id);
    let mine = boss.stepped_up(&app).await;
    assert_eq!(
        change(&app, &mine, &manager, &role("reviewer")).await.0,
        StatusCode::NO_CONTENT
    );
    let profile = told(&app, &person_path, &mine).await;
    assert_eq!(profile["cases"].as_array().unwrap().len(), 1);
    let mine = boss.stepped_up(&app).await;
    assert_eq!(
        change(&app, &mine, &manager, &role("owner")).await.0,
        StatusCode::NO_CONTENT
    );
    let profile = told(&app, &person_path, &mine).await;
    assert_eq!(profile["cases"], Value::Null);
    let periods = profile["periods"].as_array().unwrap();
    let periods: Vec<String> = periods
        .iter()
        .map(|it| {
            format!(
                "{} {}",
                it["role"].as_str().unwrap(),
                it["cases"].is_array()
            )
        })
        .collect();
    let expected = [
        "case_manager false",
        "case_manager true",
        "reviewer true",
        "owner false",
    ];
    assert_eq!(periods, expected);
    let theirs = manager.bearer(&app).await;
    assert_eq!(get(&app, &record, &theirs).await.status(), StatusCode::OK);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_that_make_no_sense_are_refused_by_name() {
    let app = TestApp::seeded().await;
    second_case(&app).await;
    let ours = association(&app, "codacons").await;
    let boss = person(&app, ours, Role::Owner).await;
    let auditor = person(&app, ours, Role::Auditor).await;
    let reader = person(&app, ours, Role::Reader).await;
    let mine = boss.stepped_up(&app).await;
    for (who, cases, pointer) in [
        (&reader, json!([]), "/cases"),
        (&reader, json!([SECOND, "nessuno"]), "/cases/1"),
        (&auditor, json!([SECOND]), "/cases"),
    ] {
        let body = json!({"action": "cases", "cases": cases});
        let (status, problem) = change(&app, &mine, who, &body).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{cases}");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    let body = json!({"email": "nuova@assoc.example", "role": "owner", "cases": [SECOND]});
    let invited = post(&app, "/api/v1/staff/invitations", Some(&mine), &body).await;
    assert_eq!(invited.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(app.number("SELECT count(*) FROM invitations").await, 0);
    let rows = "SELECT count(*) FROM memberships WHERE case_ids IS NOT NULL";
    assert_eq!(app.number(rows).await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_console_an_owner_chooses_cases_and_the_invited_has_them() {
    let app = TestApp::seeded().await;
    second_case(&app).await;
    let ours = association(&app, "codacons").await;
    let boss = person(&app, ours, Role::Owner).await;
    let reader = person(&app, ours, Role::Reader).await;
    let browser = app.browser();
    sign_in(&app, &browser, &boss).await;
    let (_, page) = open(&app, &browser, "/console/step-up").await;
    let code = boss.code(&app);
    let fields = [("csrf", csrf(&page)), ("totp", &code)];
    send(&app, &browser, "/console/step-up", &fields).await;

    let path = format!("/console/people/{}", reader.id);
    let (_, page) = open(&app, &browser, &path).await;
    assert!(page.contains("tutti i casi"), "{page}");
    let some = format!("cases[{SECOND}]");
    let token = csrf(&page);
    let change = format!("{path}/membership");
    // none chosen: told at the field
    let fields = [("csrf", token), ("action", "cases"), ("reach", "these")];
    let refused = send(&app, &browser, &change, &fields).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused
            .text()
            .await
            .unwrap()
            .contains("Scegli almeno un caso")
    );
    let fields = [
        ("csrf", token),
        ("action", "cases"),
        ("reach", "these"),
        (some.as_str(), "true"),
    ];
    let taken = send(&app, &browser, &change, &fields).await;
    assert_eq!(taken.status(), StatusCode::SEE_OTHER);
    let (_, page) = open(&app, &browser, &path).await;
    assert!(
        page.contains("<span lang=\"it\">Il secondo caso</span>"),
        "{page}"
    );

    let fields = [
        ("csrf", token),
        ("email", "nuova@assoc.example"),
        ("role", "reviewer"),
        ("reach", "these"),
        (some.as_str(), "true"),
    ];
    let invited = send(&app, &browser, "/console/people", &fields).await;
    assert_eq!(invited.status(), StatusCode::SEE_OTHER);
    let (_, page) = open(&app, &browser, "/console/people").await;
    assert_eq!(
        page.matches("<span class=\"hint\" lang=\"it\">Il secondo caso</span>")
            .count(),
        2
    );
    let stored = "SELECT count(*) FROM invitations WHERE cardinality(case_ids) = 1";
    assert_eq!(app.number(stored).await, 1);

    // who was narrowed sees one case
    let narrowed = app.browser();
    sign_in(&app, &narrowed, &reader).await;
    let (_, page) = open(&app, &narrowed, "/console").await;
    assert!(
        page.contains("Il secondo caso") && !page.contains(CASE),
        "{page}"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_of_a_tenant_that_knows_a_case_or_a_claimant_is_narrowed() {
    let app = TestApp::start().await;
    let missing = app
        .rows(
            "SELECT p.tablename FROM pg_policies p \
             WHERE 'joinder_tenant' = ANY (p.roles) \
               AND EXISTS (SELECT FROM information_schema.columns c WHERE c.table_schema = 'public' \
                 AND c.table_name = p.tablename AND c.column_name IN ('case_id', 'claimant_id')) \
               AND NOT EXISTS (SELECT FROM pg_policies l WHERE l.tablename = p.tablename \
                 AND l.roles = '{joinder_limited}' AND l.permissive = 'RESTRICTIVE' AND l.cmd = 'SELECT')",
        )
        .await;
    assert!(
        missing.is_empty(),
        "without a policy for joinder_limited: {missing:?}"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s12_a_database_lost_changes_no_cases_of_a_role_and_invites_nobody_for_some() {
    let app = TestApp::seeded().await;
    second_case(&app).await;
    let ours = association(&app, "codacons").await;
    let boss = person(&app, ours, Role::Owner).await;
    let manager = person(&app, ours, Role::CaseManager).await;
    let mine = boss.stepped_up(&app).await;
    let theirs = manager.bearer(&app).await;
    let moments = |first| {
        [
            (first, DEATHS[0]),
            ("audit", DEATHS[0]),
            ("audit", DEATHS[1]),
        ]
    };
    let narrow = json!({"action": "cases", "cases": [SECOND]});
    let narrowed = "SELECT (SELECT count(*) FROM memberships WHERE case_ids IS NOT NULL) \
        + (SELECT count(*) FROM membership_changes WHERE case_ids IS NOT NULL)";
    for (table, moment) in moments("membership_changes") {
        app.let_die(table, moment).await;
        let (status, problem) = change(&app, &mine, &manager, &narrow).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{table} {moment}");
        assert_eq!(problem["type"], "/problems/unavailable", "{table} {moment}");
        app.let_live(table).await;
        assert_eq!(app.number(narrowed).await, 0, "{table} {moment}");
        // what was open is open
        assert_eq!(seen(&app, CASE, &theirs).await, StatusCode::OK);
    }
    let done = change(&app, &mine, &manager, &narrow).await;
    assert_eq!(done.0, StatusCode::NO_CONTENT);
    assert_eq!(app.number(narrowed).await, 2);
    assert_eq!(seen(&app, CASE, &theirs).await, StatusCode::UNAUTHORIZED);

    let body = json!({"email": "nuova@assoc.example", "role": "reviewer", "cases": [SECOND]});
    let invited = "SELECT (SELECT count(*) FROM invitations) + (SELECT count(*) FROM outbox WHERE kind = 'invitation')";
    for (table, moment) in moments("outbox") {
        app.let_die(table, moment).await;
        let lost = post(&app, "/api/v1/staff/invitations", Some(&mine), &body).await;
        assert_eq!(
            lost.headers()["content-type"],
            "application/problem+json",
            "{table} {moment}"
        );
        assert_eq!(lost.status(), StatusCode::SERVICE_UNAVAILABLE);
        app.let_live(table).await;
        assert_eq!(app.number(invited).await, 0, "{table} {moment}");
    }
    let done = post(&app, "/api/v1/staff/invitations", Some(&mine), &body).await;
    assert_eq!(done.status(), StatusCode::CREATED);
    assert_eq!(app.number(invited).await, 2);
    let some = "SELECT count(*) FROM invitations WHERE cardinality(case_ids) = 1";
    assert_eq!(app.number(some).await, 1);
    app.stop().await;
}
