//! What waits for a second person finds that person: listed, counted, told by mail once an hour (decision 30).

use chrono::TimeDelta;
use joinder::domain::permission::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::{DEATHS, TestApp};
use crate::case_desk;
use crate::claimant::{Answer, SignUpBuilder, ask, mario};
use crate::paper::Sheets;
use crate::seed::CASE;
use crate::staff_console::{csrf, open, place, send, sign_in};
use crate::staff_declared::{declaration, identified};
use crate::staff_seed::{Person, association, person, step_up};

const APPROVALS: &str = "/api/v1/staff/approvals";

/// The seed without its staff: each test says who there is.
async fn bare() -> TestApp {
    let app = TestApp::seeded().await;
    app.sql("UPDATE memberships SET revoked_at = created_at")
        .await;
    app
}

/// Somebody with a token and a fresh second factor.
struct Member {
    person: Person,
    bearer: String,
}

impl Member {
    async fn of(app: &TestApp, slug: &str, role: Role) -> Self {
        let ours = association(app, slug).await;
        let mut member = Self {
            person: person(app, ours, role).await,
            bearer: String::new(),
        };
        member.sign_in(app).await;
        member
    }

    async fn sign_in(&mut self, app: &TestApp) {
        self.bearer = self.person.bearer(app).await;
        step_up(app, &self.person, &self.bearer).await;
    }

    async fn ask(&self, app: &TestApp, method: Method, path: &str, body: &Value) -> Answer {
        let request = app.request(method.clone(), path).bearer_auth(&self.bearer);
        ask(if method == Method::GET {
            request
        } else {
            request.json(body)
        })
        .await
    }

    async fn waiting(&self, app: &TestApp) -> Value {
        self.ask(app, Method::GET, APPROVALS, &Value::Null)
            .await
            .expect(200)
    }

    /// Asks for a list in clear; gives its id.
    async fn export(&self, app: &TestApp) -> String {
        let body = json!({"case": CASE, "format": "csv", "clear": true, "purpose": "Deposito"});
        let asked = self
            .ask(app, Method::POST, "/api/v1/staff/exports", &body)
            .await
            .expect(202);
        asked["id"].as_str().unwrap().to_owned()
    }

    /// Starts a message to everybody; gives its id.
    async fn message(&self, app: &TestApp) -> String {
        let path = format!("/api/v1/staff/cases/{CASE}/bulk-actions");
        let body = json!({
            "kind": "message", "purpose": "Udienza spostata",
            "texts": [{"language": "it", "title": "L’udienza è spostata", "text": "La nuova data è il 5 maggio."}],
        });
        let seen = self.ask(app, Method::POST, &path, &body).await.expect(201);
        let id = seen["id"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/staff/bulk-actions/{id}/steps");
        let begin = json!({"step": "start", "records": seen["left"]});
        let started = self.ask(app, Method::POST, &path, &begin).await.expect(200);
        assert_eq!(started["state"], "awaiting_approval");
        id
    }
}

/// Kinds of a list, sorted.
fn kinds(items: &Value) -> Vec<&str> {
    let items = items.as_array().unwrap().iter();
    let mut kinds: Vec<&str> = items.map(|item| item["kind"].as_str().unwrap()).collect();
    kinds.sort_unstable();
    kinds
}

/// Who got mails about what waits, with their texts.
fn told(app: &TestApp) -> Vec<(String, String)> {
    let mails = app.mails().into_iter().map(|sent| sent.message.mail);
    let mut told: Vec<(String, String)> = mails
        .filter(|mail| mail.kind.as_str() == "approval_waits")
        .map(|mail| (mail.to, mail.text))
        .collect();
    told.sort();
    told
}

/// A claimant of Codacons who declared, and a hand-in on paper by staff: its id.
async fn handed_in(app: &TestApp, by: &Member) -> (Uuid, String) {
    let claimant = identified(app, "mario@example.org", "m@libero.it", &mario()).await;
    claimant
        .declare(&declaration("m@libero.it"))
        .await
        .expect(200);
    let path = format!("/api/v1/staff/claimants/{}/paper-hand-ins", claimant.id);
    let request = app.request(Method::POST, &path).bearer_auth(&by.bearer);
    let answer = ask(Sheets::whole().without("tier").on(request)).await;
    (
        claimant.id,
        answer.expect(201)["id"].as_str().unwrap().to_owned(),
    )
}

/// An account typed in for somebody without an e-mail.
async fn typed_in(app: &TestApp, by: &Member) -> Uuid {
    let phone = SignUpBuilder::new("x@example.org")
        .without("/contact/email")
        .with("/contact/phone", json!("+393331234567"));
    let id = app.sign_up(&phone).await.id;
    let confirmed = "UPDATE claimants SET state = 'confirmed', confirmed_at = created_at";
    app.sql(&format!("{confirmed} WHERE id = '{id}'")).await;
    let path = format!("/api/v1/staff/claimants/{id}/payout");
    let body =
        json!({"iban": "IT60X0542811101000000123456", "holder": "Mario Rossi", "reason": "Modulo"});
    by.ask(app, Method::PUT, &path, &body).await.expect(200);
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_listed_to_who_may_decide_it_and_apart_to_who_asked() {
    let app = bare().await;
    let mut owner = Member::of(&app, "codacons", Role::Owner).await;
    let reviewer = Member::of(&app, "codacons", Role::Reviewer).await;
    let payer = Member::of(&app, "codacons", Role::Payout).await;
    let reader = Member::of(&app, "codacons", Role::Reader).await;
    let stranger = Member::of(&app, "altroconsumo", Role::Owner).await;
    let manager = Member::of(&app, "codacons", Role::CaseManager).await;
    let nothing = owner.waiting(&app).await;
    assert_eq!(
        nothing,
        json!({"items": [], "own": [], "count": 0, "more": false})
    );
    app.confirmed(&SignUpBuilder::new("a@example.org")).await;
    let (bulk, export) = (manager.message(&app).await, manager.export(&app).await);
    let (claimant, paper) = handed_in(&app, &manager).await;
    let paid = typed_in(&app, &manager).await;
    let desk = "/api/v1/staff/case-desk";
    let body = json!({"content": case_desk::content("banca-esempio")});
    let made = manager
        .ask(&app, Method::POST, desk, &body)
        .await
        .expect(201);
    let case = made["id"].as_str().unwrap();
    let proposal = format!("{desk}/{case}/proposal");
    let version = json!({"version": 1});
    manager
        .ask(&app, Method::POST, &proposal, &version)
        .await
        .expect(200);
    let all = ["bulk", "case_version", "export", "paper", "payout"];
    let seen = owner.waiting(&app).await;
    assert_eq!(
        (kinds(&seen["items"]), &seen["own"]),
        (all.to_vec(), &json!([]))
    );
    assert_eq!((&seen["count"], &seen["more"]), (&json!(5), &json!(false)));
    let of = |kind: &str| {
        let items = seen["items"].as_array().unwrap();
        items
            .iter()
            .find(|item| item["kind"] == kind)
            .unwrap()
            .clone()
    };
    for item in seen["items"].as_array().unwrap() {
        assert_eq!(item["asked_by"]["name"], "Nome case_manager", "{item}");
        let page = item["page"].as_str().unwrap();
        assert!(page.starts_with("/console/"), "{item}");
    }
    assert_eq!(of("bulk")["page"], format!("/console/bulk-actions/{bulk}"));
    assert_eq!(
        (&of("bulk")["records"], &of("bulk")["form"]),
        (&json!(1), &json!("message"))
    );
    assert_eq!(of("bulk")["about"], "Udienza spostata");
    assert_eq!(of("export")["page"], format!("/console/exports/{export}"));
    assert_eq!(
        of("paper")["page"],
        format!("/console/claimants/{claimant}/paper/{paper}")
    );
    assert_eq!(
        of("payout")["page"],
        format!("/console/claimants/{paid}/payout")
    );
    assert_eq!(of("case_version")["about"], "Banca Esempio ferma");
    assert_eq!(
        (&of("case_version")["case"], &of("bulk")["case"]),
        (&Value::Null, &json!(CASE))
    );
    // who asked finds it apart, and cannot decide
    let own = manager.waiting(&app).await;
    assert_eq!(
        (&own["items"], kinds(&own["own"])),
        (&json!([]), all.to_vec())
    );
    let step = format!("/api/v1/staff/bulk-actions/{bulk}/steps");
    let approve = json!({"step": "approve"});
    manager
        .ask(&app, Method::POST, &step, &approve)
        .await
        .expect_problem(403, "second-person");
    let yes = format!("/api/v1/staff/exports/{export}/approval");
    manager
        .ask(&app, Method::POST, &yes, &json!({}))
        .await
        .expect_problem(403, "second-person");
    // each sees what their role decides; who decides nothing has no list
    assert_eq!(kinds(&reviewer.waiting(&app).await["items"]), ["paper"]);
    assert_eq!(kinds(&payer.waiting(&app).await["items"]), ["payout"]);
    reader
        .ask(&app, Method::GET, APPROVALS, &Value::Null)
        .await
        .expect_problem(403, "forbidden");
    // nor does another association ever see any of it
    assert_eq!(stranger.waiting(&app).await, nothing);
    owner.sign_in(&app).await;
    owner
        .ask(&app, Method::POST, &step, &approve)
        .await
        .expect(200);
    owner
        .ask(&app, Method::POST, &yes, &json!({}))
        .await
        .expect(200);
    let left = ["case_version", "paper", "payout"];
    assert_eq!(kinds(&owner.waiting(&app).await["items"]), left);
    assert_eq!(kinds(&manager.waiting(&app).await["own"]), left);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_decide_gets_one_mail_an_hour_and_who_asked_gets_none() {
    let app = bare().await;
    let owner = Member::of(&app, "codacons", Role::Owner).await;
    for (slug, role) in [
        ("codacons", Role::Reviewer),
        ("codacons", Role::Reader),
        ("altroconsumo", Role::Owner),
    ] {
        Member::of(&app, slug, role).await;
    }
    let mut manager = Member::of(&app, "codacons", Role::CaseManager).await;
    app.confirmed(&SignUpBuilder::new("a@example.org")).await;
    // the language is that of the last sign-in
    let browser = app.browser();
    let english = [
        ("email", owner.person.email.as_str()),
        ("password", crate::staff_seed::PASSWORD),
        ("totp", &owner.person.code(&app)),
        ("association", ""),
    ];
    send(&app, &browser, "/console/login?lang=en", &english).await;
    manager.message(&app).await;
    app.run_outbox().await;
    let first = told(&app);
    let [(to, text)] = &first[..] else {
        panic!("{first:?}");
    };
    assert_eq!(*to, owner.person.email);
    for said in [
        "Codacons: there are requests that a second person has to decide.",
        "- Bulk actions: 1",
        &format!("\n{}\n", app.url("/console/approvals")),
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    for personal in ["a@example.org", "Udienza"] {
        assert!(!text.contains(personal), "{text}");
    }
    // what comes within the hour is told at its end, once
    app.clock().advance(TimeDelta::minutes(5));
    manager.sign_in(&app).await;
    manager.export(&app).await;
    manager.export(&app).await;
    app.run_outbox().await;
    assert_eq!(told(&app).len(), 1);
    app.clock().advance(TimeDelta::minutes(56));
    app.run_outbox().await;
    let second = told(&app);
    assert_eq!(second.len(), 2);
    assert!(
        second
            .iter()
            .any(|(_, text)| text.contains("- Bulk actions: 1\n- Exports in clear: 2\n")),
        "{second:?}"
    );
    // nobody is told of what was decided meanwhile
    manager.sign_in(&app).await;
    manager.message(&app).await;
    let decided =
        "UPDATE bulk_actions SET state = 'cancelled'; UPDATE exports SET state = 'cancelled'";
    app.sql(decided).await;
    app.clock().advance(TimeDelta::minutes(61));
    app.run_outbox().await;
    assert_eq!(told(&app).len(), 2);
    assert_eq!(
        app.number("SELECT count(*) FROM outbox WHERE kind = 'approval_waits'")
            .await,
        0
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_who_rests_is_told_nothing_and_a_claimants_hand_in_is_told_to_all_who_verify() {
    let app = bare().await;
    let ours = association(&app, "codacons").await;
    let resting = person(&app, ours, Role::Owner).await;
    let reviewer = person(&app, ours, Role::Reviewer).await;
    let manager = person(&app, ours, Role::CaseManager).await;
    app.sql(&format!(
        "UPDATE memberships SET suspended_at = now() WHERE staff_id = '{}'",
        resting.id.uuid()
    ))
    .await;
    let claimant = identified(&app, "mario@example.org", "m@libero.it", &mario()).await;
    claimant
        .declare(&declaration("m@libero.it"))
        .await
        .expect(200);
    claimant.hand_in(&Sheets::whole()).await.expect(201);
    app.run_outbox().await;
    let mut expected = [reviewer.email, manager.email];
    expected.sort();
    let told: Vec<String> = told(&app).into_iter().map(|(to, _)| to).collect();
    assert_eq!(told, expected);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_console_what_waits_is_counted_listed_and_a_click_from_its_decision() {
    let app = bare().await;
    let manager = Member::of(&app, "codacons", Role::CaseManager).await;
    app.confirmed(&SignUpBuilder::new("a@example.org")).await;
    let bulk = manager.message(&app).await;
    // nobody else may decide: that is told at once, with what to do
    let browser = app.browser();
    sign_in(&app, &browser, &manager.person).await;
    let stuck = "nessun altro nella tua associazione può farlo";
    let (status, page) = open(&app, &browser, &format!("/console/bulk-actions/{bulk}")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        page.contains(stuck) && page.contains("Chiedi a un responsabile"),
        "{page}"
    );
    let (_, page) = open(&app, &browser, "/console/approvals").await;
    assert!(
        page.contains("Nessun altro può deciderlo") && page.contains("Da approvare: 0"),
        "{page}"
    );
    let own = manager.waiting(&app).await;
    assert_eq!(own["own"][0]["deciders"], 0);
    let owner = Member::of(&app, "codacons", Role::Owner).await;
    let (_, page) = open(&app, &browser, "/console").await;
    assert!(!page.contains(stuck), "{page}");
    assert_eq!(manager.waiting(&app).await["own"][0]["deciders"], 1);
    // who may decide finds it on the start page, in the navigation and on a page of its own
    let browser = app.browser();
    sign_in(&app, &browser, &owner.person).await;
    let link = format!("href=\"/console/bulk-actions/{bulk}\"");
    for path in ["/console", "/console/approvals"] {
        let (status, page) = open(&app, &browser, path).await;
        assert_eq!(status, StatusCode::OK);
        for said in [
            link.as_str(),
            "Da approvare: 1",
            "Nome case_manager",
            "Messaggio per e-mail",
        ] {
            assert!(page.contains(said), "{path}: {said}: {page}");
        }
    }
    let path = format!("/console/bulk-actions/{bulk}");
    let (_, page) = open(&app, &browser, &path).await;
    let fields = [("csrf", csrf(&page)), ("step", "approve")];
    let answer = send(&app, &browser, &path, &fields).await;
    assert_eq!(place(&answer), path);
    let (_, page) = open(&app, &browser, "/console").await;
    assert!(
        page.contains("Da approvare: 0") && !page.contains(&link),
        "{page}"
    );
    let reader = Member::of(&app, "codacons", Role::Reader).await;
    let browser = app.browser();
    sign_in(&app, &browser, &reader.person).await;
    let (_, page) = open(&app, &browser, "/console").await;
    assert!(!page.contains("Da approvare"), "{page}");
    let (status, _) = open(&app, &browser, "/console/approvals").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_keeps_a_contested_mailbox_waits_for_another_until_the_clash_is_over() {
    let app = bare().await;
    let reviewer = Member::of(&app, "codacons", Role::Reviewer).await;
    let manager = Member::of(&app, "codacons", Role::CaseManager).await;
    let [one, two] = crate::conflicts::both(&app).await;
    let next = format!("/api/v1/staff/cases/{CASE}/queues/conflicts/next");
    let next = reviewer
        .ask(&app, Method::GET, &next, &Value::Null)
        .await
        .expect(200);
    let id = next["next"]["id"].as_str().unwrap();
    let keeps = json!({"decision": "keeps", "keeper": two.id, "reason": "Ha il contratto"});
    let path = format!("/api/v1/staff/conflicts/{id}/decision");
    reviewer
        .ask(&app, Method::POST, &path, &keeps)
        .await
        .expect(200);
    let seen = manager.waiting(&app).await;
    assert_eq!(kinds(&seen["items"]), ["keeper"]);
    assert_eq!(
        (&seen["items"][0]["page"], &seen["items"][0]["records"]),
        (&json!(format!("/console/conflicts/{id}")), &json!(2))
    );
    assert_eq!(kinds(&reviewer.waiting(&app).await["own"]), ["keeper"]);
    app.run_outbox().await;
    assert_eq!(told(&app).len(), 1);
    app.sql(&format!(
        "UPDATE claimants SET state = 'withdrawn' WHERE id = '{}'",
        one.id
    ))
    .await;
    assert_eq!(manager.waiting(&app).await["items"], json!([]));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn however_much_somebody_asked_for_what_others_did_is_counted() {
    let app = bare().await;
    let owner = Member::of(&app, "codacons", Role::Owner).await;
    let ours = association(&app, "codacons").await;
    let asked = |by: &str, count: u32| {
        format!(
            "INSERT INTO exports (id, association_id, case_id, requested_by, format, clear, purpose, filter, state, created_at, expires_at) \
             SELECT gen_random_uuid(), '{ours}', id, {by}, 'csv', true, 'Deposito', '{{}}', 'awaiting_approval', \
               '2026-03-01Z', '2036-03-01Z' FROM cases, generate_series(1, {count}) WHERE slug = '{CASE}'"
        )
    };
    app.sql(&asked(&format!("'{}'", owner.person.id), 120))
        .await;
    app.sql(&asked("gen_random_uuid()", 3)).await;
    let seen = owner.waiting(&app).await;
    assert_eq!((&seen["count"], &seen["more"]), (&json!(3), &json!(false)));
    assert_eq!(seen["own"].as_array().unwrap().len(), 50);
    // nobody else may decide what the owner asked for, until somebody else may
    let browser = app.browser();
    sign_in(&app, &browser, &owner.person).await;
    let stuck = "nessun altro nella tua associazione può farlo";
    let (_, page) = open(&app, &browser, "/console").await;
    assert!(
        page.contains("Da approvare: 3") && page.contains(stuck),
        "{page}"
    );
    Member::of(&app, "codacons", Role::CaseManager).await;
    let (_, page) = open(&app, &browser, "/console").await;
    assert!(
        page.contains("Da approvare: 3") && !page.contains(stuck),
        "{page}"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_counted_and_listed_has_a_bound() {
    let app = bare().await;
    let owner = Member::of(&app, "codacons", Role::Owner).await;
    let ours = association(&app, "codacons").await;
    app.sql(&format!(
        "INSERT INTO exports (id, association_id, case_id, requested_by, format, clear, purpose, filter, state, created_at, expires_at) \
         SELECT gen_random_uuid(), '{ours}', id, gen_random_uuid(), 'csv', true, 'Deposito', '{{}}', 'awaiting_approval', \
           '2026-03-01Z', '2036-03-01Z' FROM cases, generate_series(1, 120) WHERE slug = '{CASE}'"
    ))
    .await;
    let seen = owner.waiting(&app).await;
    assert_eq!(seen["items"].as_array().unwrap().len(), 50);
    assert_eq!((&seen["count"], &seen["more"]), (&json!(99), &json!(true)));
    let browser = app.browser();
    sign_in(&app, &browser, &owner.person).await;
    let (_, page) = open(&app, &browser, "/console").await;
    assert!(page.contains("Da approvare: più di 99"), "{page}");
    // fewer than are counted, more than are listed: it is said
    app.sql(
        "DELETE FROM exports WHERE id IN (SELECT id FROM exports WHERE state = 'awaiting_approval' LIMIT 60)",
    )
    .await;
    let seen = owner.waiting(&app).await;
    assert_eq!(seen["items"].as_array().unwrap().len(), 50);
    assert_eq!((&seen["count"], &seen["more"]), (&json!(60), &json!(true)));
    let (_, page) = open(&app, &browser, "/console/approvals").await;
    assert!(page.contains("Ce ne sono altre"), "{page}");
    // what is over waits no more
    app.sql("UPDATE exports SET expires_at = '2026-03-02Z'")
        .await;
    assert_eq!(owner.waiting(&app).await["count"], 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_lost_while_a_notice_is_written_asks_for_nothing_and_tells_nobody() {
    let app = bare().await;
    let _owner = Member::of(&app, "codacons", Role::Owner).await;
    let manager = Member::of(&app, "codacons", Role::CaseManager).await;
    let body = json!({"case": CASE, "format": "csv", "clear": true, "purpose": "Deposito"});
    for moment in DEATHS {
        app.let_die("approval_notices", moment).await;
        manager
            .ask(&app, Method::POST, "/api/v1/staff/exports", &body)
            .await
            .expect_problem(503, "unavailable");
        app.let_live("approval_notices").await;
        let left = "SELECT (SELECT count(*) FROM exports) + (SELECT count(*) FROM outbox WHERE kind = 'approval_waits')";
        assert_eq!(app.number(left).await, 0, "{moment}");
    }
    manager.export(&app).await;
    app.run_outbox().await;
    assert_eq!(told(&app).len(), 1);
    app.stop().await;
}
