//! Two records that claim the same mailbox, side by side, and what staff decide (R30, DESIGN 3.6).

use joinder::domain::permission::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{DEATHS, TestApp};
use crate::claimant::{Answer, Claimant, SignUpBuilder, anna, ask, mario};
use crate::seed::CASE;
use crate::staff_console::{self, csrf, place};
use crate::staff_declared::{declaration, identified, sign};
use crate::staff_seed::{association, person};

const MAILBOX: &str = "caduta@libero.it";

async fn bearer(app: &TestApp, slug: &str, role: Role) -> String {
    let ours = association(app, slug).await;
    person(app, ours, role).await.bearer(app).await
}

async fn told(app: &TestApp, bearer: &str, path: &str) -> Answer {
    ask(app.request(Method::GET, path).bearer_auth(bearer)).await
}

async fn say(app: &TestApp, bearer: &str, path: &str, body: Value) -> Answer {
    ask(app
        .request(Method::POST, path)
        .bearer_auth(bearer)
        .json(&body))
    .await
}

/// Mario and Anna of Codacons, both signed for the same mailbox.
pub(crate) async fn both(app: &TestApp) -> [Claimant<'_>; 2] {
    let one = identified(app, "mario@example.org", MAILBOX, &mario()).await;
    let two = identified(app, "anna@example.org", MAILBOX, &anna()).await;
    sign(app, &one, &declaration(MAILBOX), "Mario Rossi").await;
    sign(app, &two, &declaration(MAILBOX), "Anna Bianchi").await;
    [one, two]
}

/// Two staff decide that one of two records keeps the mailbox; the other is rejected.
pub(crate) async fn let_keep(app: &TestApp, keeper: &Claimant<'_>) {
    let reviewer = bearer(app, "codacons", Role::Reviewer).await;
    let manager = bearer(app, "codacons", Role::CaseManager).await;
    let id = first(app, &reviewer).await.expect("a clash");
    let path = format!("/api/v1/staff/conflicts/{id}");
    let keeps = json!({"decision": "keeps", "keeper": keeper.id, "reason": "Ha il contratto"});
    let decision = format!("{path}/decision");
    say(app, &reviewer, &decision, keeps).await.expect(200);
    let yes = json!({"decision": "approve", "reason": "Ha la ricevuta"});
    let approval = format!("{path}/approval");
    say(app, &manager, &approval, yes).await.expect(200);
}

/// The first clash of the queue.
async fn first(app: &TestApp, bearer: &str) -> Option<String> {
    let path = format!("/api/v1/staff/cases/{CASE}/queues/conflicts/next");
    let next = told(app, bearer, &path).await.expect(200);
    next["next"]["id"].as_str().map(str::to_owned)
}

async fn rows(app: &TestApp, query: &str) -> Vec<String> {
    let rows = app.rows(query).await;
    rows.into_iter()
        .map(|row| row[0].clone().unwrap_or_default())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn r30_staff_see_both_records_and_find_them_co_holders() {
    let app = TestApp::seeded().await;
    let [one, two] = both(&app).await;
    let reviewer = bearer(&app, "codacons", Role::Reviewer).await;
    let id = first(&app, &reviewer).await.expect("a clash");
    let path = format!("/api/v1/staff/conflicts/{id}");
    let shown = told(&app, &reviewer, &path).await.expect(200);
    let sides = shown["sides"].as_array().unwrap();
    assert_eq!(
        (&shown["kind"], &shown["is_ours"], sides.len()),
        (&json!("mailbox"), &json!(true), 2)
    );
    assert_eq!(
        (&sides[0]["claimant"], &sides[0]["holds"]),
        (&json!(one.id), &json!(true))
    );
    assert_eq!(
        (&sides[1]["claimant"], &sides[1]["holds"]),
        (&json!(two.id), &json!(false))
    );
    assert_eq!(
        (&sides[0]["name"], &sides[1]["tier"]),
        (&json!("Mario Rossi"), &json!("otp"))
    );
    assert_eq!(
        (&sides[0]["proved"], &sides[1]["mailboxes"]),
        (&json!(false), &json!([MAILBOX]))
    );
    assert!(!shown.to_string().contains("RSSMRA85C12H501J"), "masked");
    let looks = "SELECT count(*) FROM audit WHERE action = 'view_claimant' AND detail ? 'conflict'";
    assert_eq!(app.number(looks).await, 2);

    let decision = format!("{path}/decision");
    let body = json!({"decision": "co_holders", "reason": "La usano insieme"});
    say(&app, &reviewer, &decision, body.clone())
        .await
        .expect(200);
    assert_eq!(
        rows(&app, "SELECT DISTINCT review FROM claimants").await,
        ["none"]
    );
    assert_eq!(
        rows(&app, "SELECT settlement FROM conflicts").await,
        ["co_holders"]
    );
    let decided = "SELECT count(*) FROM audit WHERE action = 'decide_conflict'";
    assert_eq!(app.number(decided).await, 2);
    assert_eq!(first(&app, &reviewer).await, None);
    told(&app, &reviewer, &path)
        .await
        .expect_problem(404, "not-found");
    say(&app, &reviewer, &decision, body)
        .await
        .expect_problem(404, "not-found");

    // a co-holder who corrects and signs again does not clash again
    let mut corrected = declaration(MAILBOX);
    corrected["narrative"] = json!("Ho perso due esami.");
    sign(&app, &two, &corrected, "Anna Bianchi").await;
    assert_eq!(first(&app, &reviewer).await, None);
    assert_eq!(
        rows(&app, "SELECT DISTINCT review FROM claimants").await,
        ["none"]
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r30_that_one_keeps_the_mailbox_takes_a_second_person_and_rejects_the_other() {
    let app = TestApp::seeded().await;
    let [one, two] = both(&app).await;
    let reviewer = bearer(&app, "codacons", Role::Reviewer).await;
    let manager = bearer(&app, "codacons", Role::CaseManager).await;
    let id = first(&app, &reviewer).await.expect("a clash");
    let path = format!("/api/v1/staff/conflicts/{id}");
    let (decision, approval) = (format!("{path}/decision"), format!("{path}/approval"));
    let yes = || json!({"decision": "approve", "reason": "Ha la ricevuta del provider"});
    say(&app, &manager, &approval, yes())
        .await
        .expect_problem(409, "illegal-transition");
    let keeps = json!({"decision": "keeps", "keeper": two.id, "reason": "Ha il contratto"});
    say(&app, &reviewer, &decision, keeps.clone())
        .await
        .expect(200);
    say(&app, &manager, &decision, keeps)
        .await
        .expect_problem(409, "illegal-transition");
    let shown = told(&app, &manager, &path).await.expect(200);
    assert_eq!(shown["proposal"]["keeper"], json!(two.id));
    say(&app, &reviewer, &approval, yes())
        .await
        .expect_problem(403, "second-person");
    let states = "SELECT state FROM claimants ORDER BY id";
    assert_eq!(
        rows(&app, states).await,
        ["signed", "signed"],
        "nothing happened yet"
    );

    let no = json!({"decision": "refuse", "reason": "Non basta"});
    say(&app, &manager, &approval, no).await.expect(200);
    let keeps = json!({"decision": "keeps", "keeper": two.id, "reason": "Ecco la ricevuta"});
    say(&app, &reviewer, &decision, keeps).await.expect(200);
    say(&app, &manager, &approval, yes()).await.expect(200);
    assert_eq!(rows(&app, states).await, ["rejected", "signed"]);
    let holder = "SELECT claimant_id::text FROM registered_mailboxes";
    assert_eq!(rows(&app, holder).await, [two.id.to_string()]);
    let open = "SELECT count(*) FROM conflicts WHERE settled_at IS NULL";
    assert_eq!(app.number(open).await, 0);
    let review = format!("SELECT review FROM claimants WHERE id = '{}'", two.id);
    assert_eq!(rows(&app, &review).await, ["none"]);
    let trail = format!(
        "SELECT after FROM audit WHERE action = 'decide_conflict' AND subject_id = '{}' AND after IS NOT NULL",
        one.id
    );
    assert_eq!(rows(&app, &trail).await, ["rejected"]);
    // who loses hears of it, and nothing of the other
    app.run_outbox().await;
    let mail = app.mails_to("mario@example.org").pop().unwrap();
    assert!(mail.contains("La tua pratica è stata respinta"), "{mail}");
    assert!(mail.contains("Manca la prova che i dati o la casella sono tuoi."));
    for hidden in ["Anna", "Bianchi", "contratto", "ricevuta"] {
        assert!(!mail.contains(hidden), "{hidden}: {mail}");
    }
    let told = app.mails_to("anna@example.org").pop().unwrap();
    assert!(!told.contains("respinta"), "{told}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r30_who_holds_the_mailbox_may_keep_it() {
    let app = TestApp::seeded().await;
    let [one, _] = both(&app).await;
    let reviewer = bearer(&app, "codacons", Role::Reviewer).await;
    let manager = bearer(&app, "codacons", Role::CaseManager).await;
    let id = first(&app, &reviewer).await.expect("a clash");
    let path = format!("/api/v1/staff/conflicts/{id}");
    let keeps = json!({"decision": "keeps", "keeper": one.id, "reason": "Ha il contratto"});
    say(&app, &reviewer, &format!("{path}/decision"), keeps)
        .await
        .expect(200);
    let yes = json!({"decision": "approve", "reason": "Visto il contratto"});
    say(&app, &manager, &format!("{path}/approval"), yes)
        .await
        .expect(200);
    let states = "SELECT state || ' ' || review FROM claimants ORDER BY id";
    assert_eq!(rows(&app, states).await, ["signed none", "rejected none"]);
    assert_eq!(
        rows(&app, "SELECT settlement FROM conflicts").await,
        ["refused"]
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_record_of_another_association_nothing_personal_is_told_and_nothing_decided() {
    let app = TestApp::seeded().await;
    let one = identified(&app, "mario@example.org", MAILBOX, &mario()).await;
    sign(&app, &one, &declaration(MAILBOX), "Mario Rossi").await;
    let builder = SignUpBuilder::new("anna@example.org")
        .with("/mailboxes", json!([{"address": MAILBOX, "plan": "free"}]))
        .association("altroconsumo");
    let two = app.confirmed(&builder).await;
    two.give_person(&anna()).await.expect(200);
    let ours = bearer(&app, "codacons", Role::Reviewer).await;
    assert_eq!(first(&app, &ours).await, None, "only one side has signed");
    sign(&app, &two, &declaration(MAILBOX), "Anna Bianchi").await;
    let theirs = bearer(&app, "altroconsumo", Role::Owner).await;
    for (who, other) in [(&ours, "Bianchi"), (&theirs, "Rossi")] {
        let id = first(&app, who).await.expect("a clash");
        let path = format!("/api/v1/staff/conflicts/{id}");
        let shown = told(&app, who, &path).await.expect(200);
        assert_eq!(shown["is_ours"], false);
        let hidden = shown["sides"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|side| side["claimant"].is_null());
        let hidden: Vec<_> = hidden.collect();
        assert_eq!(hidden.len(), 1);
        assert_eq!(
            (&hidden[0]["name"], &hidden[0]["mailboxes"]),
            (&Value::Null, &json!([]))
        );
        assert!(!shown.to_string().contains(other), "{shown}");
        let body = json!({"decision": "co_holders", "reason": "Insieme"});
        let refused = say(&app, who, &format!("{path}/decision"), body).await;
        refused.expect_problem(409, "illegal-transition");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_shows_both_and_leads_on_when_it_is_decided() {
    let app = TestApp::seeded().await;
    let [one, _] = both(&app).await;
    let ours = association(&app, "codacons").await;
    let browser = app.browser();
    let who = person(&app, ours, Role::Reviewer).await;
    staff_console::sign_in(&app, &browser, &who).await;
    let queues = format!("/console/cases/{CASE}/queues");
    let (_, page) = staff_console::open(&app, &browser, &queues).await;
    let token = csrf(&page).to_owned();
    let start = format!("{queues}/conflicts/begin");
    let opened = staff_console::send(&app, &browser, &start, &[("csrf", token.as_str())]).await;
    let path = place(&opened).to_owned();
    let (_, page) = staff_console::open(&app, &browser, &path).await;
    assert!(page.contains("L’hai presa tu. Da: "), "{page}");
    for words in [
        "Mario Rossi",
        "Anna Bianchi",
        "Sono contitolari",
        "Come si risolve da solo",
    ] {
        assert!(page.contains(words), "{words}");
    }
    let token = csrf(&page).to_owned();
    let decision = format!("{path}/decision");
    let fields = [
        ("csrf", token.as_str()),
        ("decision", "co_holders"),
        ("reason", ""),
    ];
    let refused = staff_console::send(&app, &browser, &decision, &fields).await;
    assert_eq!(refused.status().as_u16(), 422);
    let keeper = one.id.to_string();
    let fields = [
        ("csrf", token.as_str()),
        ("decision", &keeper),
        ("reason", "Ha il contratto"),
    ];
    let proposed = staff_console::send(&app, &browser, &decision, &fields).await;
    assert_eq!(place(&proposed), path);
    let (_, page) = staff_console::open(&app, &browser, &path).await;
    assert!(page.contains("L’hai proposto tu"), "{page}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clash_is_decided_once_whoever_comes_at_once_and_not_at_all_without_a_database() {
    let app = TestApp::seeded().await;
    let [one, two] = both(&app).await;
    let reviewer = bearer(&app, "codacons", Role::Reviewer).await;
    let manager = bearer(&app, "codacons", Role::CaseManager).await;
    let id = first(&app, &reviewer).await.expect("a clash");
    let path = format!("/api/v1/staff/conflicts/{id}");
    let (decision, approval) = (format!("{path}/decision"), format!("{path}/approval"));
    let keeps = json!({"decision": "keeps", "keeper": two.id, "reason": "Ha il contratto"});
    say(&app, &reviewer, &decision, keeps).await.expect(200);
    let yes = || json!({"decision": "approve", "reason": "Ha la ricevuta del provider"});
    let no = json!({"decision": "refuse", "reason": "Non basta"});
    let states = format!(
        "SELECT state FROM claimants WHERE id IN ('{}', '{}') ORDER BY id",
        one.id, two.id
    );
    for moment in DEATHS {
        app.let_die("audit", moment).await;
        say(&app, &manager, &approval, yes()).await.expect(503);
        app.let_live("audit").await;
        assert_eq!(rows(&app, &states).await, ["signed", "signed"], "{moment}");
    }
    let (yes, no) = tokio::join!(
        say(&app, &manager, &approval, yes()),
        say(&app, &manager, &approval, no),
    );
    let late = if yes.status.is_success() { &no } else { &yes };
    assert!(yes.status.is_success() != no.status.is_success());
    // it is over, or nothing waits any more
    assert!([404, 409].contains(&late.status.as_u16()), "{}", late.body);
    let expected = match yes.status.as_u16() {
        200 => ["rejected", "signed"],
        _ => ["signed", "signed"],
    };
    assert_eq!(rows(&app, &states).await, expected);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_only_typed_the_same_stops_nothing_and_a_proposal_ends_with_its_keeper() {
    let app = TestApp::seeded().await;
    let [one, two] = both(&app).await;
    let third = identified(&app, "terza@example.org", MAILBOX, &mario()).await;
    let reviewer = bearer(&app, "codacons", Role::Reviewer).await;
    let manager = bearer(&app, "codacons", Role::CaseManager).await;
    let id = first(&app, &reviewer).await.expect("a clash");
    let path = format!("/api/v1/staff/conflicts/{id}");
    // the third waits for the same mailbox, unsigned
    app.sql(&format!(
        "INSERT INTO conflicts (claimant_id, id, association_id, kind, registered_id, other_claimant_id, opened_at) \
         SELECT '{}', gen_random_uuid(), association_id, kind, registered_id, other_claimant_id, opened_at \
         FROM conflicts WHERE id = '{id}'",
        third.id
    ))
    .await;
    let shown = told(&app, &reviewer, &path).await.expect(200);
    assert_eq!(shown["sides"].as_array().unwrap().len(), 2);
    let keeps = json!({"decision": "keeps", "keeper": two.id, "reason": "Ha il contratto"});
    say(&app, &reviewer, &format!("{path}/decision"), keeps)
        .await
        .expect(200);
    // who was to keep it is no side any more
    let elsewhere = format!("UPDATE conflict_decisions SET keeper_id = '{}'", third.id);
    app.sql(&elsewhere).await;
    let yes = json!({"decision": "approve", "reason": "Va bene"});
    say(&app, &manager, &format!("{path}/approval"), yes)
        .await
        .expect_problem(409, "illegal-transition");
    let states = format!(
        "SELECT state FROM claimants WHERE id IN ('{}', '{}') ORDER BY id",
        one.id, two.id
    );
    assert_eq!(rows(&app, &states).await, ["signed", "signed"]);
    let no = json!({"decision": "refuse", "reason": "Superata"});
    say(&app, &manager, &format!("{path}/approval"), no)
        .await
        .expect(200);
    app.stop().await;
}
