//! Another address typed in by staff, for whose mailbox is dead: two people type it, its reader confirms, and everything
//! can be taken back (R14, R26, decision 39).

use chrono::TimeDelta;
use joinder::app::housekeeping;
use joinder::domain::permission::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::{DEATHS, TestApp};
use crate::claimant::{Claimant, SignUpBuilder, ask, code_in, mario, token_in};
use crate::pages::Browser;
use crate::signing::again;
use crate::staff_console::{csrf, open, place, send, sign_in};
use crate::staff_declared::identified;
use crate::staff_seed::{Person, association, get, person, post};

const OWNER: &str = "mario@example.org";
const NEW: &str = "nuovo@example.com";
const STRANGE: &str = "nuova@example.com";
const FROZEN: &str = "SELECT count(*) FROM claimants WHERE payout_frozen_at IS NOT NULL";
const OPEN: &str = "SELECT count(*) FROM contact_requests WHERE ended_at IS NULL";

async fn staff(app: &TestApp, role: Role) -> Person {
    let ours = association(app, "codacons").await;
    person(app, ours, role).await
}

/// The tokens of who types in and of who approves.
async fn two(app: &TestApp) -> (String, String) {
    let first = staff(app, Role::Reviewer).await.bearer(app).await;
    let second = staff(app, Role::CaseManager).await.bearer(app).await;
    (first, second)
}

async fn type_in(app: &TestApp, bearer: &str, id: Uuid, email: &str) -> (StatusCode, Value) {
    let path = format!("/api/v1/staff/claimants/{id}/contact");
    let body = json!({"email": email, "how": "phone", "reason": "Richiamato al 333"});
    let request = app.request(Method::PUT, &path).bearer_auth(bearer);
    let answer = request.json(&body).send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

async fn decide(
    app: &TestApp,
    bearer: &str,
    id: Uuid,
    (decision, email): (&str, &str),
) -> (StatusCode, Value) {
    let path = format!("/api/v1/staff/claimants/{id}/contact-decision");
    let body = json!({"decision": decision, "email": email, "reason": "Richiamato"});
    let answer = post(app, &path, Some(bearer), &body).await;
    (answer.status(), answer.json().await.unwrap())
}

/// What staff read of the contact.
async fn history(app: &TestApp, bearer: &str, id: Uuid) -> Value {
    let path = format!("/api/v1/staff/claimants/{id}");
    let seen: Value = get(app, &path, bearer).await.json().await.unwrap();
    seen["contact_history"].clone()
}

/// The mails of a kind to an address, oldest first.
fn mails(app: &TestApp, kind: &str, to: &str) -> Vec<String> {
    let mails = app.mails();
    let mails = mails.iter().map(|sent| &sent.message.mail);
    mails
        .filter(|mail| mail.kind.as_str() == kind && mail.to == to)
        .map(|mail| mail.text.clone())
        .collect()
}

/// The link to the new address, typed in and approved now.
async fn linked(app: &TestApp, (first, second): (&str, &str), id: Uuid) -> String {
    let (status, told) = type_in(app, first, id, NEW).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{told}");
    let (status, told) = decide(app, second, id, ("approve", NEW)).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    app.run_outbox().await;
    let mail = mails(app, "contact_link", NEW).pop().unwrap();
    format!("/new-contact/{}", token_in(&mail, "new-contact"))
}

async fn press(app: &TestApp, link: &str) -> StatusCode {
    let pressed = app.browser().post(app.url(link)).send().await;
    pressed.unwrap().status()
}

#[tokio::test(flavor = "multi_thread")]
async fn r26_nothing_is_mailed_before_a_second_person_typed_the_same_address() {
    let app = TestApp::seeded().await;
    let id = app.confirmed(&SignUpBuilder::new(OWNER)).await.id;
    let (first, second) = two(&app).await;
    let (status, told) = type_in(&app, &first, id, NEW).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{told}");
    assert!(told["expires_at"].is_string(), "{told}");
    app.run_outbox().await;
    assert!(app.mails_to(NEW).is_empty());
    let (status, told) = type_in(&app, &second, id, STRANGE).await;
    assert_eq!(status, StatusCode::CONFLICT, "one at a time: {told}");
    let seen = history(&app, &second, id).await;
    assert_eq!(
        (
            &seen["next"],
            &seen["typed"]["email"],
            &seen["typed"]["how"]
        ),
        (
            &json!("decide"),
            &json!("n***o@example.com"),
            &json!("phone")
        )
    );
    assert_eq!(seen["typed"]["asked_by"], "Nome reviewer");
    let listed = get(&app, "/api/v1/staff/approvals", &second).await;
    let listed: Value = listed.json().await.unwrap();
    assert_eq!(
        (&listed["items"][0]["kind"], &listed["items"][0]["page"]),
        (
            &json!("contact"),
            &json!(format!("/console/claimants/{id}/contact"))
        )
    );

    let (status, told) = decide(&app, &first, id, ("approve", NEW)).await;
    assert_eq!(
        status,
        StatusCode::CONFLICT,
        "never who typed it in: {told}"
    );
    for (typed, code) in [("", "required"), (STRANGE, "unknown_value")] {
        let (status, told) = decide(&app, &second, id, ("approve", typed)).await;
        let wrong = &told["errors"][0];
        assert_eq!(
            (status, &wrong["pointer"], &wrong["code"]),
            (
                StatusCode::UNPROCESSABLE_ENTITY,
                &json!("/email"),
                &json!(code)
            )
        );
    }
    app.run_outbox().await;
    assert!(app.mails_to(NEW).is_empty());
    let (status, told) = decide(&app, &second, id, ("approve", "NUOVO@example.com")).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    app.run_outbox().await;
    assert_eq!(mails(&app, "contact_link", NEW).len(), 1);
    assert_eq!(history(&app, &first, id).await["next"], "confirm");
    let (status, told) = decide(&app, &second, id, ("approve", NEW)).await;
    assert_eq!(status, StatusCode::CONFLICT, "once: {told}");
    let clear =
        "SELECT count(*) FROM audit a WHERE a::text LIKE '%nuovo@%' OR a::text LIKE '%Richiamato%'";
    assert_eq!(app.number(clear).await, 0);
    let clear = "SELECT count(*) FROM contact_requests r WHERE r::text LIKE '%nuovo%'";
    assert_eq!(app.number(clear).await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r26_the_reader_of_the_new_address_confirms_and_accounts_stay_frozen_and_the_former_takes_it_back()
 {
    let app = TestApp::seeded().await;
    let claimant = app.confirmed(&SignUpBuilder::new(OWNER)).await;
    let (first, second) = two(&app).await;
    let link = linked(&app, (&first, &second), claimant.id).await;
    let mail = mails(&app, "contact_link", NEW).pop().unwrap();
    let me = claimant.me().await;
    let reference = me["reference"].as_str().unwrap().replace('-', "");
    assert!(
        !mail.replace('-', "").contains(&reference),
        "its reader may be a stranger: {mail}"
    );
    for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
        let asked = app.browser().request(method, app.url(&link));
        asked.send().await.unwrap();
    }
    assert_eq!(claimant.me().await["contact"]["email"], "m***o@example.org");
    let page = Browser::new(&app).get(&link).await;
    page.says("È questo il tuo nuovo indirizzo?");
    assert!(!page.html.contains("m***o"), "nothing of the record");

    assert_eq!(press(&app, &link).await, StatusCode::SEE_OTHER);
    assert_eq!(press(&app, &link).await, StatusCode::SEE_OTHER, "twice");
    let page = Browser::new(&app).get(&link).await;
    assert_eq!(page.status, StatusCode::OK);
    page.says("Fatto: da ora ti scriviamo qui");
    let out = ask(claimant.request(Method::GET, "")).await;
    assert_eq!(out.status, StatusCode::UNAUTHORIZED, "sessions end");
    assert_eq!(app.number(FROZEN).await, 1);
    let changes = "SELECT count(*) FROM contact_changes WHERE done_at IS NOT NULL";
    assert_eq!(app.number(changes).await, 1, "once");
    app.run_outbox().await;
    let notice = mails(&app, "contact_notice", OWNER).pop().unwrap();
    let seen = history(&app, &second, claimant.id).await;
    let change = &seen["changes"][0];
    assert_eq!(
        (
            &seen["next"],
            &seen["payout_frozen_for"],
            &change["by_staff"]
        ),
        (&json!("by_staff"), &json!("by_staff"), &json!(true))
    );
    assert_eq!(
        (&change["notice"], &change["former"]),
        (&json!("left"), &json!(OWNER))
    );
    let trail =
        "SELECT string_agg(action, ' ' ORDER BY id) FROM audit WHERE action LIKE '%\\_contact'";
    let trail = app.rows(trail).await;
    assert_eq!(
        trail[0][0].as_deref(),
        Some("type_contact approve_contact take_contact")
    );
    let now = again(&app, NEW).await;
    assert_eq!(now.id, claimant.id);

    let stop = format!("/stop-contact/{}", token_in(&notice, "stop-contact"));
    assert_eq!(press(&app, &stop).await, StatusCode::SEE_OTHER);
    let owner = again(&app, OWNER).await;
    assert_eq!(owner.me().await["contact"]["email"], "m***o@example.org");
    let told = mails(&app, "contact_stopped", NEW);
    assert_eq!(told.len(), 1, "whose honest change it was hears of it");
    assert!(!told[0].replace('-', "").contains(&reference));
    assert!(told[0].contains("Chiama l’associazione"));
    let seen = history(&app, &second, claimant.id).await;
    assert_eq!(seen["payout_frozen_for"], "taken_back");
    assert!(seen["changes"][0]["taken_back_at"].is_string(), "{seen}");
    assert_eq!(press(&app, &link).await, StatusCode::SEE_OTHER);
    assert_eq!(owner.me().await["contact"]["email"], "m***o@example.org");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_ends_by_staff_by_the_claimant_by_the_former_address_and_by_time() {
    let app = TestApp::seeded().await;
    let claimant = app.confirmed(&SignUpBuilder::new(OWNER)).await;
    let (first, second) = two(&app).await;
    let link = linked(&app, (&first, &second), claimant.id).await;
    // who typed it in takes it out, also once the link left
    let (status, told) = decide(&app, &first, claimant.id, ("reject", "")).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    let late = Browser::new(&app).get(&link).await;
    assert_eq!(late.status, StatusCode::GONE);
    press(&app, &link).await;
    assert_eq!(claimant.me().await["contact"]["email"], "m***o@example.org");
    let (status, _) = decide(&app, &second, claimant.id, ("reject", "")).await;
    assert_eq!(status, StatusCode::CONFLICT, "nothing waits");

    // so does the claimant by another address of their own, and the reader of the former one
    for ended_as in ["newer", "stopped"] {
        let (status, told) = type_in(&app, &first, claimant.id, STRANGE).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{told}");
        match ended_as {
            "newer" => own_change(&app, &claimant).await,
            _ => take_back(&app).await,
        }
        assert_eq!(app.number(OPEN).await, 0);
        let ended = format!("SELECT count(*) FROM contact_requests WHERE ended_as = '{ended_as}'");
        assert_eq!(app.number(&ended).await, 1, "{ended_as}");
    }

    let (status, told) = type_in(&app, &first, claimant.id, NEW).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS, "three a day: {told}");
    app.stop().await;
}

/// The claimant changes the address alone.
async fn own_change(app: &TestApp, claimant: &Claimant<'_>) {
    let body = json!({ "email": NEW });
    let asked = claimant.request(Method::POST, "/contact/changes");
    ask(asked.json(&body)).await.expect(202);
    app.run_outbox().await;
    let code = code_in(&mails(app, "contact_code", NEW).pop().unwrap());
    let confirmed = claimant.request(Method::POST, "/contact/confirmations");
    let body = json!({ "code": code });
    ask(confirmed.json(&body)).await.expect(200);
    app.run_outbox().await;
}

/// The reader of the former address presses the button.
async fn take_back(app: &TestApp) {
    let notice = mails(app, "contact_notice", OWNER).pop().unwrap();
    let stop = format!("/stop-contact/{}", token_in(&notice, "stop-contact"));
    assert_eq!(press(app, &stop).await, StatusCode::SEE_OTHER);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_works_for_seven_days_a_decision_for_fourteen_and_both_are_forgotten() {
    let app = TestApp::seeded().await;
    let id = app.confirmed(&SignUpBuilder::new(OWNER)).await.id;
    let (reviewer, manager) = (
        staff(&app, Role::Reviewer).await,
        staff(&app, Role::CaseManager).await,
    );
    let (first, second) = (reviewer.bearer(&app).await, manager.bearer(&app).await);
    let link = linked(&app, (&first, &second), id).await;
    app.clock().advance(TimeDelta::days(7));
    assert_eq!(Browser::new(&app).get(&link).await.status, StatusCode::GONE);
    press(&app, &link).await;
    assert_eq!(app.number(FROZEN).await, 0);
    let first = reviewer.bearer(&app).await;
    let (status, told) = type_in(&app, &first, id, NEW).await;
    assert_eq!(status, StatusCode::ACCEPTED, "it makes room: {told}");
    app.clock().advance(TimeDelta::days(14));
    let second = manager.bearer(&app).await;
    let (status, told) = decide(&app, &second, id, ("approve", NEW)).await;
    assert_eq!(status, StatusCode::CONFLICT, "{told}");
    app.clock().advance(TimeDelta::days(33));
    housekeeping::run(&app.ctx).await.unwrap();
    let rows = "SELECT count(*) FROM contact_requests";
    assert_eq!(app.number(rows).await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_own_way_refuses_staff_may_not_do_either() {
    let app = TestApp::seeded().await;
    let id = app.confirmed(&SignUpBuilder::new(OWNER)).await.id;
    let (first, second) = two(&app).await;
    for (typed, code) in [
        ("", "required"),
        ("nessuno", "format"),
        ("MARIO@example.org", "not_accepted"),
    ] {
        let (status, told) = type_in(&app, &first, id, typed).await;
        let wrong = &told["errors"][0];
        assert_eq!(
            (status, &wrong["pointer"], &wrong["code"]),
            (
                StatusCode::UNPROCESSABLE_ENTITY,
                &json!("/email"),
                &json!(code)
            ),
            "{typed}"
        );
    }
    // whether somebody else has the address is not told
    app.confirmed(&SignUpBuilder::new(STRANGE)).await;
    let (status, _) = type_in(&app, &first, id, STRANGE).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    for set in ["died_at = now()", "restricted_at = now()"] {
        app.sql(&format!("UPDATE claimants SET {set} WHERE id = '{id}'"))
            .await;
        let (status, told) = decide(&app, &second, id, ("approve", STRANGE)).await;
        assert_eq!(status, StatusCode::CONFLICT, "{set}: {told}");
        let back = "UPDATE claimants SET died_at = NULL, restricted_at = NULL";
        app.sql(&format!("{back} WHERE id = '{id}'")).await;
    }
    let (status, told) = decide(&app, &first, id, ("reject", "")).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    // dead once the link is out: its reader gets nothing
    let link = linked(&app, (&first, &second), id).await;
    app.sql(&format!(
        "UPDATE claimants SET died_at = now() WHERE id = '{id}'"
    ))
    .await;
    press(&app, &link).await;
    let changes = "SELECT count(*) FROM contact_changes";
    assert_eq!(app.number(changes).await, 0);
    assert_eq!(app.number(FROZEN).await, 0, "as a whole or not at all");
    let (status, told) = type_in(&app, &first, id, NEW).await;
    assert_eq!(status, StatusCode::CONFLICT, "{told}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r48_nobody_moves_the_contact_of_whom_a_delegate_acts_for() {
    let app = TestApp::seeded().await;
    let claimant = identified(&app, OWNER, "mario.rossi@libero.it", &mario()).await;
    let delegate = json!({
        "given_name": "Anna", "family_name": "Bianchi", "codice_fiscale": "BNCNNA58S70F205L",
        "title": "power_of_attorney", "title_document": "Delega", "valid_from": "2026-01-01",
    });
    let recorded = claimant.request(Method::PUT, "/representative");
    ask(recorded.json(&delegate)).await.expect(200);
    let body = json!({ "email": NEW });
    let own = claimant.request(Method::POST, "/contact/changes");
    ask(own.json(&body))
        .await
        .expect_problem(409, "illegal-transition");
    let (first, _) = two(&app).await;
    let (status, told) = type_in(&app, &first, claimant.id, NEW).await;
    assert_eq!(status, StatusCode::CONFLICT, "{told}");
    assert_eq!(app.number(OPEN).await, 0);
    app.run_outbox().await;
    assert!(app.mails_to(NEW).is_empty());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r55_staff_of_others_find_nobody_and_who_only_reads_may_not() {
    let app = TestApp::seeded().await;
    let id = app.confirmed(&SignUpBuilder::new(OWNER)).await.id;
    let (first, _) = two(&app).await;
    let (status, told) = type_in(&app, &first, id, NEW).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{told}");
    let others = association(&app, "altroconsumo").await;
    let other = person(&app, others, Role::Owner).await.bearer(&app).await;
    for id in [id, Uuid::new_v4()] {
        let (status, _) = type_in(&app, &other, id, NEW).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        for decision in ["approve", "reject"] {
            let (status, _) = decide(&app, &other, id, (decision, NEW)).await;
            assert_eq!(status, StatusCode::NOT_FOUND);
        }
    }
    for role in [Role::Reader, Role::Payout] {
        let reader = staff(&app, role).await.bearer(&app).await;
        let (status, _) = type_in(&app, &reader, id, NEW).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{role:?}");
        let (status, _) = decide(&app, &reader, id, ("approve", NEW)).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{role:?}");
    }
    assert_eq!(app.number(OPEN).await, 1);
    app.stop().await;
}

/// Somebody on paper has an e-mail now.
#[tokio::test(flavor = "multi_thread")]
async fn who_had_no_email_gets_one_and_nobody_is_there_to_be_told() {
    let app = TestApp::seeded().await;
    let phone = SignUpBuilder::new("x@example.org")
        .without("/contact/email")
        .with("/contact/phone", json!("+393331234567"));
    let id = app.sign_up(&phone).await.id;
    let confirmed = "UPDATE claimants SET state = 'confirmed', confirmed_at = created_at";
    app.sql(&format!("{confirmed} WHERE id = '{id}'")).await;
    let (first, second) = two(&app).await;
    let link = linked(&app, (&first, &second), id).await;
    assert_eq!(press(&app, &link).await, StatusCode::SEE_OTHER);
    assert_eq!(app.number(FROZEN).await, 1);
    let seen = history(&app, &second, id).await;
    assert_eq!(
        (&seen["changes"][0]["notice"], &seen["payout_frozen_for"]),
        (&json!("none"), &json!("by_staff"))
    );
    app.run_outbox().await;
    let sent = "SELECT count(*) FROM mails WHERE kind = 'contact_notice'";
    assert_eq!(app.number(sent).await, 0);
    let now = again(&app, NEW).await;
    assert_eq!(now.id, id);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_and_a_confirmation_are_written_as_a_whole_or_not_at_all() {
    let app = TestApp::seeded().await;
    let claimant = app.confirmed(&SignUpBuilder::new(OWNER)).await;
    let (first, second) = two(&app).await;
    let link = linked(&app, (&first, &second), claimant.id).await;
    for moment in DEATHS {
        app.let_die("outbox", moment).await;
        let died = press(&app, &link).await;
        assert!(died.is_server_error(), "{died}");
        app.let_live("outbox").await;
        assert_eq!(claimant.me().await["contact"]["email"], "m***o@example.org");
        assert_eq!(app.number(FROZEN).await, 0);
        assert_eq!(app.number(OPEN).await, 1);
    }
    assert_eq!(press(&app, &link).await, StatusCode::SEE_OTHER);
    assert_eq!(app.number(OPEN).await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_leads_through_it_and_says_what_to_do_next() {
    let app = TestApp::seeded().await;
    let id = app.confirmed(&SignUpBuilder::new(OWNER)).await.id;
    let (reviewer, manager) = (
        staff(&app, Role::Reviewer).await,
        staff(&app, Role::CaseManager).await,
    );
    let (one, two) = (app.browser(), app.browser());
    sign_in(&app, &one, &reviewer).await;
    sign_in(&app, &two, &manager).await;
    let record = format!("/console/claimants/{id}");
    let path = format!("{record}/contact");
    let decision = format!("{record}/contact-decision");
    let (status, page) = open(&app, &one, &record).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains(&path), "{page}");
    let (_, form) = open(&app, &one, &path).await;
    let token = csrf(&form).to_owned();
    let empty = send(&app, &one, &path, &[("csrf", &token), ("email", NEW)]).await;
    assert_eq!(empty.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let kept = empty.text().await.unwrap();
    assert!(kept.contains(NEW) && kept.contains("id=\"reason-error\""));
    let fields = [
        ("csrf", token.as_str()),
        ("email", NEW),
        ("how", "desk"),
        ("reason", "Carta d’identità vista"),
    ];
    let typed = send(&app, &one, &path, &fields).await;
    assert_eq!(place(&typed), path);
    let (_, own) = open(&app, &one, &path).await;
    assert!(own.contains("L’hai scritto tu") && !own.contains("value=\"approve\""));

    let (_, page) = open(&app, &two, &record).await;
    assert!(
        page.contains("Un collega deve richiamare la persona"),
        "{page}"
    );
    let (_, form) = open(&app, &two, &path).await;
    assert!(form.contains("n***o@example.com") && !form.contains(NEW));
    let token = csrf(&form).to_owned();
    let approve = |email: &'static str| {
        [
            ("csrf", token.clone()),
            ("email", email.to_owned()),
            ("decision", "approve".to_owned()),
            ("reason", "Richiamato".to_owned()),
        ]
    };
    for (email, status) in [(STRANGE, 422), (NEW, 303)] {
        let fields = approve(email);
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let answer = send(&app, &two, &decision, &fields).await;
        assert_eq!(answer.status().as_u16(), status, "{email}");
    }
    app.run_outbox().await;
    let mail = mails(&app, "contact_link", NEW).pop().unwrap();
    let link = format!("/new-contact/{}", token_in(&mail, "new-contact"));
    assert_eq!(press(&app, &link).await, StatusCode::SEE_OTHER);
    app.run_outbox().await;
    let (_, page) = open(&app, &two, &record).await;
    for said in [
        "l’indirizzo è stato scritto dall’associazione",
        "Indirizzo cambiato dall’associazione",
        OWNER,
        "Avviso all’indirizzo di prima: partito",
        "poi sblocca il conto",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    app.stop().await;
}
