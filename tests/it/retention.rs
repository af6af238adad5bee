//! What is kept for how long: what is due is told without touching it, what counsel must fix waits for it,
//! what was signed stays (R62, R64).

use chrono::TimeDelta;
use joinder::app::AppError;
use joinder::app::housekeeping;
use joinder::app::retention::rules::{self, Standing};
use joinder::domain::permission::Role;
use joinder::domain::retention::{DRAFTS, NOT_SIGNED, RULES, UNCONFIRMED, WITHDRAWN};
use reqwest::StatusCode;
use serde_json::json;

use crate::app::TestApp;
use crate::claimant::SignUpBuilder;
use crate::staff_console::{open, sign_in};
use crate::staff_seed::{association, person};

async fn standing(app: &TestApp, name: &str) -> Standing {
    let all = rules::standing(&app.ctx).await.unwrap();
    assert_eq!(all.len(), RULES.len());
    all.into_iter().find(|it| it.rule.name == name).unwrap()
}

async fn due(app: &TestApp, name: &str) -> i64 {
    standing(app, name).await.due.unwrap().count
}

#[tokio::test(flavor = "multi_thread")]
async fn r62_a_dry_run_tells_what_is_due_and_touches_nothing() {
    let app = TestApp::seeded().await;
    let made = app.clock().now();
    app.sign_up(&SignUpBuilder::new("anna@example.org")).await;
    app.clock().advance(TimeDelta::days(1));
    app.sign_up(&SignUpBuilder::new("carla@example.org")).await;
    app.confirmed(&SignUpBuilder::new("maria@example.org"))
        .await;
    assert_eq!(due(&app, UNCONFIRMED).await, 0);
    app.clock().advance(TimeDelta::days(31));
    let told = standing(&app, UNCONFIRMED).await;
    let found = told.due.unwrap();
    assert_eq!((found.count, told.days, told.acts), (2, Some(30), true));
    let oldest = found.oldest.unwrap() - made;
    assert!(oldest < TimeDelta::minutes(5), "{oldest}");
    assert_eq!(told.last, None);
    let left = "SELECT count(*) FROM claimants";
    assert_eq!(app.number(left).await, 3);

    let ran = rules::run(&app.ctx).await.unwrap();
    assert_eq!(ran.of(UNCONFIRMED), 2);
    assert_eq!(app.number(left).await, 1);
    assert_eq!(due(&app, UNCONFIRMED).await, 0);
    assert_eq!(rules::run(&app.ctx).await.unwrap().of(UNCONFIRMED), 0);
    let (_, deleted) = standing(&app, UNCONFIRMED).await.last.unwrap();
    assert_eq!(deleted, 2, "of the day, over both runs");
    // how many never confirmed is nobody's business
    let entries = "SELECT count(*) FROM log_events WHERE kind = 'erasure'";
    assert_eq!(app.number(entries).await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_counsel_must_fix_deletes_nothing_before_it_is_confirmed() {
    let app = TestApp::seeded().await;
    let withdrawn = app
        .confirmed(&SignUpBuilder::new("maria@example.org"))
        .await;
    withdrawn.withdraw(&json!({})).await.expect(200);
    let signed = app.confirmed(&SignUpBuilder::new("anna@example.org")).await;
    signed.withdraw(&json!({})).await.expect(200);
    let set = format!(
        "UPDATE claimants SET signed_version = 1, signed_at = created_at WHERE id = '{}'",
        signed.id
    );
    app.sql(&set).await;
    app.clock().advance(TimeDelta::days(366));
    let told = standing(&app, WITHDRAWN).await;
    assert_eq!((told.due.unwrap().count, told.acts), (1, false));
    assert_eq!(told.confirmed, None);
    assert_eq!(housekeeping::run(&app.ctx).await.unwrap().records, 0);

    let confirm = async |name, days| rules::confirm(&app.ctx, name, days, "Avv. Prova").await;
    let refused = confirm(WITHDRAWN, 7).await;
    assert!(matches!(refused, Err(AppError::IllegalTransition(_))));
    let refused = confirm("signed", 3_650).await;
    assert!(
        matches!(refused, Err(AppError::IllegalTransition(_))),
        "never by time"
    );
    assert!(matches!(
        confirm("mails", 30).await,
        Err(AppError::NotFound)
    ));
    confirm(WITHDRAWN, 400).await.unwrap();
    assert_eq!(due(&app, WITHDRAWN).await, 0);
    confirm(WITHDRAWN, 180).await.unwrap();
    let told = standing(&app, WITHDRAWN).await;
    assert_eq!((told.acts, told.days), (true, Some(180)));
    assert_eq!(told.confirmed.unwrap().0, "Avv. Prova");

    assert_eq!(housekeeping::run(&app.ctx).await.unwrap().records, 1);
    let left = app.rows("SELECT id::text FROM claimants").await;
    assert_eq!(
        left,
        [[Some(signed.id.to_string())]],
        "what was signed stays"
    );
    // each record is an entry of the log and a row of the trail
    let entries = "SELECT count(*) FROM log_events WHERE kind = 'erasure'";
    assert_eq!(app.number(entries).await, 1);
    let trail = "SELECT actor_kind, detail ->> 'rule' FROM audit WHERE action = 'erase'";
    let trail = app.rows(trail).await;
    let trail: Vec<_> = trail[0].iter().map(Option::as_deref).collect();
    assert_eq!(trail, [Some("system"), Some("withdrawn")]);
    let set =
        "SELECT count(*) FROM audit WHERE action = 'confirm_retention' AND actor_kind = 'operator'";
    assert_eq!(app.number(set).await, 2);
    assert_eq!(housekeeping::run(&app.ctx).await.unwrap().records, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_and_drafts_of_who_never_signed_go_once_the_case_is_over() {
    let app = TestApp::seeded().await;
    let claimant = app
        .confirmed(&SignUpBuilder::new("maria@example.org"))
        .await;
    let draft = format!(
        "INSERT INTO declaration_drafts (claimant_id, association_id, sealed, updated_at) \
         SELECT id, association_id, '\\x00', '2026-03-02Z' FROM claimants WHERE id = '{}'",
        claimant.id
    );
    app.sql(&draft).await;
    for name in [NOT_SIGNED, DRAFTS] {
        rules::confirm(&app.ctx, name, 365, "Avv. Prova")
            .await
            .unwrap();
    }
    app.clock().advance(TimeDelta::days(364));
    assert_eq!(
        (due(&app, NOT_SIGNED).await, due(&app, DRAFTS).await),
        (0, 0)
    );
    app.clock().advance(TimeDelta::days(2));
    // the case is open: records stay, the draft goes
    assert_eq!(
        (due(&app, NOT_SIGNED).await, due(&app, DRAFTS).await),
        (0, 1)
    );
    let ran = rules::run(&app.ctx).await.unwrap();
    assert_eq!((ran.of(NOT_SIGNED), ran.of(DRAFTS)), (0, 1));
    let trail = "SELECT count(*) FROM audit WHERE action = 'delete_draft'";
    assert_eq!(app.number(trail).await, 1);
    let closed = "UPDATE cases SET state = 'closed', state_changed_at = '2026-03-02Z'";
    app.sql(closed).await;
    assert_eq!(rules::run(&app.ctx).await.unwrap().of(NOT_SIGNED), 1);
    assert_eq!(app.number("SELECT count(*) FROM claimants").await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r55_the_page_shows_an_association_its_own_and_who_answers_for_each_term() {
    let app = TestApp::seeded().await;
    app.sign_up(&SignUpBuilder::new("anna@example.org")).await;
    let theirs = SignUpBuilder::new("carla@example.org").association("altroconsumo");
    app.sign_up(&theirs).await;
    app.clock().advance(TimeDelta::days(31));
    rules::confirm(&app.ctx, WITHDRAWN, 365, "Avv. Prova")
        .await
        .unwrap();
    assert_eq!(due(&app, UNCONFIRMED).await, 2);
    let ours = association(&app, "codacons").await;
    let auditor = person(&app, ours, Role::Auditor).await;
    let browser = app.browser();
    sign_in(&app, &browser, &auditor).await;
    let (_, cases) = open(&app, &browser, "/console").await;
    assert!(cases.contains("href=\"/console/retention\""));
    let (status, page) = open(&app, &browser, "/console/retention").await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        page.contains("Avv. Prova") && page.contains("nessuno"),
        "{page}"
    );
    let row = |name: &str| {
        let row = page.split("<tr>").find(|row| row.contains(name)).unwrap();
        row.split("data-label=\"Scaduti ora\">")
            .nth(1)
            .unwrap()
            .to_owned()
    };
    assert!(row("Iscrizioni mai confermate").starts_with('1'), "{page}");
    assert!(
        row("Accessi").starts_with('–'),
        "of the platform, not of an association"
    );
    // nothing of it was touched by looking
    assert_eq!(app.number("SELECT count(*) FROM claimants").await, 2);
    app.stop().await;
}
