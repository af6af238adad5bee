//! The dashboard: what it counts, for whom, and how old it may be.

use chrono::TimeDelta;
use joinder::app::housekeeping;
use joinder::domain::permission::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::claimant::{SignUpBuilder, anna, ask, mario};
use crate::seed::CASE;
use crate::signing::declaration;
use crate::staff_console;
use crate::staff_declared::{self, identified, sign};
use crate::staff_seed::{association, person};

async fn bearer(app: &TestApp, slug: &str, role: Role) -> String {
    let ours = association(app, slug).await;
    person(app, ours, role).await.bearer(app).await
}

async fn figures(app: &TestApp, bearer: &str) -> Value {
    let path = format!("/api/v1/staff/cases/{CASE}/dashboard");
    let asked = app.request(Method::GET, &path).bearer_auth(bearer);
    ask(asked).await.expect(200)
}

fn count_of(rows: &Value, field: &str, word: &Value) -> i64 {
    let rows = rows.as_array().unwrap().iter();
    let row = rows.clone().find(|row| row[field] == *word);
    row.map_or(0, |row| row["count"].as_i64().unwrap())
}

fn waits(figures: &Value, list: &str) -> i64 {
    count_of(&figures["waiting"], "list", &json!(list))
}

/// Two of Codacons who got to the end and to their identity, two who did not begin, and one of Altroconsumo.
async fn arranged() -> TestApp {
    let app = TestApp::seeded().await;
    let one = identified(&app, "mario@example.org", "caduta@libero.it", &mario()).await;
    sign(&app, &one, &declaration(), "Mario Rossi").await;
    identified(&app, "anna@example.org", "b@libero.it", &anna()).await;
    let other = SignUpBuilder::new("z@example.org").association("altroconsumo");
    app.confirmed(&other).await;
    app.clock().advance(TimeDelta::days(1));
    app.sign_up(&SignUpBuilder::new("x@example.org")).await;
    let phone = SignUpBuilder::new("y@example.org")
        .without("/contact/email")
        .with("/contact/phone", json!("+393331234567"));
    app.sign_up(&phone).await;
    app
}

#[tokio::test(flavor = "multi_thread")]
async fn the_figures_of_the_own_association_are_counted_and_nobody_elses() {
    let app = arranged().await;
    let reader = bearer(&app, "codacons", Role::Reader).await;
    let shown = figures(&app, &reader).await;
    let funnel = &shown["funnel"];
    let steps = ["signed_up", "confirmed", "identified", "declared", "signed"];
    let counts = steps.map(|step| funnel[step].as_i64().unwrap());
    assert_eq!(counts, [4, 2, 2, 1, 1]);
    let total = "SELECT declared_cents FROM claimants WHERE state = 'signed'";
    let total: i64 = app.rows(total).await[0][0]
        .clone()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(
        (&funnel["declared_cents"], &funnel["signed_cents"]),
        (&json!(total), &json!(total))
    );
    let days = shown["days"].as_array().unwrap();
    assert_eq!(days.len(), 30);
    let newest: Vec<_> = days.iter().rev().take(3).collect();
    let moved = |day: &Value| ["signed_up", "confirmed", "signed"].map(|field| day[field].clone());
    assert_eq!(moved(newest[0]), [json!(2), json!(0), json!(0)]);
    assert_eq!(moved(newest[1]), [json!(2), json!(2), json!(1)]);
    assert_eq!(moved(newest[2]), [json!(0), json!(0), json!(0)]);
    assert_eq!(newest[0]["day"], "2026-03-03");
    let hours = shown["hours"].as_array().unwrap();
    let sum = |field: &str| -> i64 { hours.iter().map(|hour| hour[field].as_i64().unwrap()).sum() };
    assert_eq!((hours.len(), sum("signed_up"), sum("signed")), (48, 4, 1));
    let rome = hours.last().unwrap()["hour"].as_str().unwrap();
    assert_eq!(rome, "2026-03-03T10:00:00", "the clock of Rome, not UTC");
    let here = count_of(&shown["mailboxes"], "domain", &json!("libero.it"));
    assert!(here > 0, "{}", shown["mailboxes"]);
    let mailboxes: i64 = ["mailboxes", "provinces"]
        .map(|rows| {
            let rows = shown[rows].as_array().unwrap().iter();
            rows.map(|row| row["count"].as_i64().unwrap()).sum::<i64>()
        })
        .iter()
        .sum();
    assert_eq!(mailboxes, 4 + 4, "each mailbox and each record once");
    assert_eq!(
        (waits(&shown, "to_assist"), waits(&shown, "rights")),
        (1, 0)
    );
    assert!(count_of(&shown["mails"], "list", &json!("mails_due")) > 0);

    let others = bearer(&app, "altroconsumo", Role::Reader).await;
    let others = figures(&app, &others).await;
    assert_eq!(others["funnel"]["signed_up"], 1);
    assert_eq!(waits(&others, "to_assist"), 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_are_at_most_five_seconds_old_and_leave_out_quarantine() {
    let app = arranged().await;
    let reader = bearer(&app, "codacons", Role::Reader).await;
    let first = figures(&app, &reader).await;
    app.sql("UPDATE claimants SET review = 'quarantined' WHERE state = 'unconfirmed'")
        .await;
    app.clock().advance(TimeDelta::milliseconds(4_900));
    assert_eq!(figures(&app, &reader).await, first, "counted a moment ago");
    app.clock().advance(TimeDelta::milliseconds(200));
    let second = figures(&app, &reader).await;
    assert_eq!(second["funnel"]["signed_up"], 3);
    assert_eq!(waits(&second, "quarantined"), 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_says_in_a_table_what_it_draws() {
    let app = arranged().await;
    let ours = association(&app, "codacons").await;
    let member = person(&app, ours, Role::Auditor).await;
    let browser = app.browser();
    staff_console::sign_in(&app, &browser, &member).await;
    let place = format!("/console/cases/{CASE}/dashboard");
    let (status, page) = staff_console::open(&app, &browser, &place).await;
    assert_eq!(status, 200);
    for said in [
        "Iscritti</th><td class=\"number\">4</td><td class=\"number\">100 %",
        "Firma valida</th><td class=\"number\">1</td><td class=\"number\">25 %",
        "3 marzo 2026</th><td class=\"number\">2</td>",
        "?state=to_assist\">Da aiutare</a></th><td class=\"number\">1</td>",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(page.contains("<rect class=\"series-0\""));
    let (status, _) = staff_console::open(&app, &browser, "/console/cases/none/dashboard").await;
    assert_eq!(status, 404);
    app.stop().await;
}

/// Mario, who told no plan at sign-up and asks for a sum in equity alone, signed; Anna for 12,50 euro and one more.
async fn claimed_in_equity() -> TestApp {
    let app = TestApp::seeded().await;
    let builder = SignUpBuilder::new("mario@example.org")
        .with("/mailboxes", json!([{"address": "caduta@libero.it"}]));
    let one = app.confirmed(&builder).await;
    one.give_person(&mario()).await.expect(200);
    sign(&app, &one, &declaration(), "Mario Rossi").await;
    let two = identified(&app, "anna@example.org", "b@libero.it", &anna()).await;
    let more = staff_declared::declaration("b@libero.it");
    two.declare(&more).await.expect(200);
    app
}

fn open_items(figures: &Value) -> [i64; 4] {
    [
        "declared_open_items",
        "declared_open_records",
        "signed_open_items",
        "signed_open_records",
    ]
    .map(|field| figures["funnel"][field].as_i64().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn r36_what_the_judge_values_is_counted_beside_every_sum() {
    let app = claimed_in_equity().await;
    let ours = association(&app, "codacons").await;
    let member = person(&app, ours, Role::Reader).await;
    let reader = member.bearer(&app).await;
    let shown = figures(&app, &reader).await;
    let funnel = &shown["funnel"];
    assert_eq!(
        (&funnel["declared_cents"], &funnel["signed_cents"]),
        (&json!(1_250), &json!(0))
    );
    assert_eq!(open_items(&shown), [2, 2, 1, 1]);
    let path = format!("/api/v1/staff/cases/{CASE}/claimants");
    let list = ask(app.request(Method::GET, &path).bearer_auth(&reader)).await;
    let list = list.expect(200);
    let asked = |place: usize| {
        let item = &list["items"][place];
        (item["declared_cents"].clone(), item["open_items"].clone())
    };
    assert_eq!(asked(0), (json!(1_250), json!(1)));
    assert_eq!(asked(1), (json!(0), json!(1)));

    let browser = app.browser();
    staff_console::sign_in(&app, &browser, &member).await;
    let place = format!("/console/cases/{CASE}");
    let (_, page) = staff_console::open(&app, &browser, &place).await;
    for said in [
        "12,50 € + 1 da liquidare",
        "1 voce da liquidare in via equitativa",
    ] {
        assert!(page.contains(said), "{said} in {page}");
    }
    let (_, board) = staff_console::open(&app, &browser, &format!("{place}/dashboard")).await;
    for said in [
        "12,50 €",
        "voci da liquidare in via equitativa: 2 (pratiche: 2)",
        "voci da liquidare in via equitativa: 1 (pratiche: 1)",
    ] {
        assert!(board.contains(said), "{said} in {board}");
    }
    assert!(!page.contains(">0,00") && !board.contains("0,00"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plan_that_was_declared_is_counted_and_earlier_declarations_are_counted_once() {
    let app = claimed_in_equity().await;
    let reader = bearer(&app, "codacons", Role::Reader).await;
    let first = figures(&app, &reader).await;
    let plans = |figures: &Value| -> Vec<Value> {
        let rows = figures["mailboxes"].as_array().unwrap().iter();
        rows.map(|row| row["plan"].clone()).collect()
    };
    assert!(
        plans(&first).iter().all(|plan| *plan == "Gratis"),
        "{}",
        first["mailboxes"]
    );
    // as if declared before items were counted and plans written
    app.sql("UPDATE declarations SET open_items = NULL; UPDATE mailboxes SET plan = NULL")
        .await;
    app.clock().advance(TimeDelta::seconds(6));
    let before = figures(&app, &reader).await;
    assert_eq!(open_items(&before), [0, 0, 0, 0]);
    assert!(plans(&before).iter().all(Value::is_null));
    let done = housekeeping::run(&app.ctx).await.unwrap();
    assert_eq!(done.counted, 2);
    app.clock().advance(TimeDelta::seconds(6));
    let after = figures(&app, &reader).await;
    assert_eq!(
        (&after["funnel"], &after["mailboxes"]),
        (&first["funnel"], &first["mailboxes"])
    );
    assert_eq!(housekeeping::run(&app.ctx).await.unwrap().counted, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declaration_behind_the_walk_or_behind_many_that_do_not_open_is_counted_too() {
    let app = claimed_in_equity().await;
    let mine = "SELECT count(*) FROM declarations WHERE version < 1000 AND open_items = 1";
    assert_eq!(app.number(mine).await, 2);
    // three hundred older ones that do not open; and the walk has come past all of them
    app.sql(
        "INSERT INTO declarations (claimant_id, version, association_id, sealed, salt_sealed, template, document_sha256, \
           total_cents, flags, created_at) \
         SELECT claimant_id, 1000 + n, association_id, '', salt_sealed, template, document_sha256, total_cents, flags, \
           created_at - n * interval '1 second' FROM declarations, generate_series(1, 150) n; \
         UPDATE declarations SET open_items = NULL; \
         INSERT INTO housekeeping_cursors (name, at, id) \
         VALUES ('open_items', '2100-01-01', '01900000-0000-7000-8000-000000000000') \
         ON CONFLICT (name) DO UPDATE SET at = excluded.at",
    )
    .await;
    let done = housekeeping::run(&app.ctx).await.unwrap();
    assert_eq!((done.counted, app.number(mine).await), (0, 0));
    let done = housekeeping::run(&app.ctx).await.unwrap();
    assert_eq!((done.counted, app.number(mine).await), (2, 2));
    // an older program writes beside this one, with a clock that is behind
    app.sql(
        "UPDATE declarations SET open_items = NULL, created_at = created_at - interval '1 day' \
         WHERE (claimant_id, version) IN (SELECT claimant_id, version FROM declarations WHERE open_items = 1 LIMIT 1)",
    )
    .await;
    let done = housekeeping::run(&app.ctx).await.unwrap();
    assert_eq!((done.counted, app.number(mine).await), (1, 2));
    let left = "SELECT count(*) FROM declarations WHERE open_items IS NULL";
    assert_eq!(app.number(left).await, 300);
    app.stop().await;
}
