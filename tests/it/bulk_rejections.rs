//! Records rejected in bulk, or one of them by its number: always by two, each told why and until when.

use joinder::domain::permission::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::bulk::{Desk, go_on};
use crate::claimant::{SignUpBuilder, anna, ask, mario};
use crate::documents::receipt;
use crate::paper::Sheets;
use crate::seed::CASE;
use crate::staff_console::{csrf, open, place, send, sign_in};
use crate::staff_declared::{declaration, identified, sign};
use crate::staff_seed::{association, person};

const WORDS: &str = "La casella non è tra quelle bloccate";

fn rejection() -> Value {
    json!({
        "kind": "reject", "purpose": "Fuori dal caso", "code": "not_concerned", "words": WORDS,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_is_rejected_after_a_second_person_and_each_is_told() {
    let app = TestApp::seeded().await;
    let desk = Desk::of(&app, "codacons").await;
    let signed = identified(&app, "mario@example.org", "caduta@libero.it", &mario()).await;
    sign(
        &app,
        &signed,
        &declaration("caduta@libero.it"),
        "Mario Rossi",
    )
    .await;
    for (email, language) in [("e@example.org", "en"), ("d@example.org", "de")] {
        let builder = SignUpBuilder::new(email).with("/contact/language", json!(language));
        app.confirmed(&builder).await;
    }
    let gone = app.confirmed(&SignUpBuilder::new("gone@example.org")).await;
    let lodged = app
        .confirmed(&SignUpBuilder::new("lodged@example.org"))
        .await;
    let clash = app
        .confirmed(&SignUpBuilder::new("clash@example.org"))
        .await;
    app.sql(&format!(
        "UPDATE claimants SET state = 'lodged' WHERE id = '{}'; \
         UPDATE claimants SET review = 'conflict' WHERE id = '{}'",
        lodged.id, clash.id
    ))
    .await;
    let seen = desk.preview(&rejection()).await.expect(201);
    assert_eq!(
        (
            &seen["records"],
            &seen["left"],
            &seen["needs_second_person"]
        ),
        (&json!(6), &json!(4), &json!(true))
    );
    assert_eq!(
        seen["reasons"],
        json!([{"reason": "clash", "records": 1}, {"reason": "state", "records": 1}])
    );
    // after the look, before the turn
    gone.withdraw(&json!({})).await.expect(200);
    app.run_outbox().await;
    let begin = json!({"step": "start", "records": 4});
    let started = desk.step(&desk.one, &seen, &begin).await.expect(200);
    assert_eq!(started["state"], "awaiting_approval");
    go_on(&app).await;
    let rejected = "SELECT count(*) FROM claimants WHERE state = 'rejected'";
    assert_eq!(app.number(rejected).await, 0);
    let approve = json!({"step": "approve"});
    desk.step(&desk.one, &seen, &approve)
        .await
        .expect_problem(403, "second-person");
    desk.step(&desk.other, &seen, &approve).await.expect(200);
    let (one, other) = tokio::join!(go_on(&app), go_on(&app));
    assert!(one + other > 0);
    go_on(&app).await;
    let done = desk.status(&seen).await;
    assert_eq!(
        (&done["state"], &done["done"], &done["passed"]),
        (&json!("done"), &json!(3), &json!(3))
    );
    assert_eq!(
        done["reasons"],
        json!([{"reason": "clash", "records": 1}, {"reason": "state", "records": 2}])
    );
    assert_eq!(app.number(rejected).await, 3);
    let held = "SELECT (SELECT count(*) FROM registered_persons) + (SELECT count(*) FROM registered_mailboxes)";
    assert_eq!(app.number(held).await, 0, "what was held is free");
    desk.step(&desk.other, &seen, &json!({"step": "undo"}))
        .await
        .expect_problem(409, "illegal-transition");

    app.run_outbox().await;
    let told = |email: &str| app.mails_to(email).pop().unwrap();
    for (email, said) in [
        ("mario@example.org", "La tua pratica è stata respinta"),
        (
            "mario@example.org",
            "La casella o il periodo non rientrano in questo caso.",
        ),
        ("mario@example.org", "Hai tempo fino al"),
        ("e@example.org", "Your record was rejected"),
        ("e@example.org", "You have time until"),
        ("d@example.org", "Ihre Akte wurde abgelehnt"),
    ] {
        assert!(told(email).contains(said), "{said}: {}", told(email));
    }
    for (email, language) in [
        ("e@example.org", "in Italian"),
        ("d@example.org", "auf Italienisch"),
    ] {
        assert!(told(email).contains(language), "{}", told(email));
    }
    for email in ["mario@example.org", "e@example.org", "d@example.org"] {
        assert!(told(email).contains(WORDS), "{}", told(email));
        let mails = app.mails();
        let mails = mails.iter().map(|sent| &sent.message.mail);
        let notices = mails.filter(|mail| mail.to == email && mail.kind.as_str() == "rejection");
        assert_eq!(notices.count(), 1, "{email}");
    }
    for email in [
        "gone@example.org",
        "lodged@example.org",
        "clash@example.org",
    ] {
        assert!(!told(email).contains("respinta"), "{email}");
    }
    let me = app.browser().get(app.url("/me"));
    let me = me.header("cookie", format!("joinder_me={}", signed.token));
    let me = me.send().await.unwrap().text().await.unwrap();
    for said in [
        "id=\"rejected\"",
        "La casella o il periodo non rientrano in questo caso.",
        WORDS,
        "Hai tempo fino al",
    ] {
        assert!(me.contains(said), "{said}: {me}");
    }
    // staff read why, until when, who asked, who agreed and what became of the notice
    let record = format!("/api/v1/staff/claimants/{}", signed.id);
    let record = desk
        .ask(Method::GET, &desk.one, &record, &Value::Null)
        .await;
    let rejection = record.expect(200)["rejection"].clone();
    for (field, said) in [
        ("code", json!("not_concerned")),
        ("words", json!(WORDS)),
        ("asked_by", json!("Nome case_manager")),
        ("approved_by", json!("Nome owner")),
        ("bulk_action", seen["id"].clone()),
        ("notice", json!("sent")),
    ] {
        assert_eq!(rejection[field], said, "{field}: {rejection}");
    }
    assert!(rejection["object_until"].is_string() && rejection["notice_at"].is_string());
    let auditor = association(&app, "codacons").await;
    let auditor = person(&app, auditor, Role::Auditor).await;
    let browser = app.browser();
    sign_in(&app, &browser, &auditor).await;
    let record = format!("/console/claimants/{}", signed.id);
    let (_, page) = open(&app, &browser, &record).await;
    for said in [
        "Pratica respinta",
        "casella o periodo fuori dal caso",
        WORDS,
        "Nome case_manager",
        "Nome owner",
        "Inviato per e-mail",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let record = format!("/api/v1/staff/claimants/{}", gone.id);
    let record = desk
        .ask(Method::GET, &desk.one, &record, &Value::Null)
        .await;
    assert_eq!(record.expect(200)["rejection"], Value::Null);
    // a decision of two about each, told to the log
    let decided = "SELECT count(*) FROM audit WHERE action = 'reject' AND after = 'rejected' \
        AND detail ->> 'code' = 'not_concerned' AND detail ->> 'approved_by' <> actor_id::text";
    assert_eq!(app.number(decided).await, 3);
    app.run_log().await;
    let logged = "SELECT count(*) FROM log_events WHERE leaf_index IS NOT NULL AND content LIKE '%\"reject\"%'";
    assert_eq!(app.number(logged).await, 3);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_record_is_rejected_by_its_number_and_nothing_without_a_reason() {
    let app = TestApp::seeded().await;
    let desk = Desk::of(&app, "codacons").await;
    let one = app.confirmed(&SignUpBuilder::new("a@example.org")).await;
    app.confirmed(&SignUpBuilder::new("b@example.org")).await;
    for (field, wrong) in [
        (
            "/code",
            json!({"kind": "reject", "purpose": "x", "words": "y"}),
        ),
        (
            "/code",
            json!({"kind": "reject", "purpose": "x", "words": "y", "code": "ugly"}),
        ),
        (
            "/words",
            json!({"kind": "reject", "purpose": "x", "code": "other"}),
        ),
        (
            "/quoted",
            json!({"kind": "reject", "purpose": "x", "code": "other", "words": "y", "quoted": "12"}),
        ),
    ] {
        let wrong = desk.preview(&wrong).await.wrong_fields();
        assert_eq!(wrong.len(), 1);
        assert_eq!(wrong[0].0, field);
    }
    let reference = one.me().await["reference"].as_str().unwrap().to_owned();
    let mut body = rejection();
    body["quoted"] = json!(reference);
    let others = Desk::of(&app, "altroconsumo").await;
    let theirs = others.preview(&body).await.expect(201);
    assert_eq!(theirs["records"], 0, "a record of others is in no set");
    let seen = desk.preview(&body).await.expect(201);
    assert_eq!(seen["records"], 1);
    let kept = format!("SELECT count(*) FROM bulk_actions b WHERE b::text LIKE '%{reference}%'");
    assert_eq!(app.number(&kept).await, 0, "the record of the set tells it");
    assert_eq!(seen["filter"]["quoted"], true);
    desk.start(&seen).await;
    go_on(&app).await;
    let state = format!("SELECT state FROM claimants WHERE id = '{}'", one.id);
    assert_eq!(app.rows(&state).await[0][0].as_deref(), Some("rejected"));
    let left = "SELECT count(*) FROM claimants WHERE state = 'confirmed'";
    assert_eq!(app.number(left).await, 1);
    app.run_outbox().await;
    // words about one person go with the person
    let words =
        "SELECT count(*) FROM bulk_actions WHERE member_count = 1 AND words_sealed IS NOT NULL";
    assert_eq!(app.number(words).await, 1);
    one.erase().await.expect(200);
    assert_eq!(app.number(words).await, 0);
    assert_eq!(desk.status(&seen).await["words"], "");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn words_of_a_rejection_rest_sealed_and_old_ones_are_sealed_by_and_by() {
    let app = TestApp::seeded().await;
    let desk = Desk::of(&app, "codacons").await;
    app.confirmed(&SignUpBuilder::new("a@example.org")).await;
    let clear = format!("SELECT count(*) FROM bulk_actions b WHERE b::text LIKE '%{WORDS}%'");
    let seen = desk.preview(&rejection()).await.expect(201);
    assert_eq!(seen["words"], WORDS);
    assert_eq!(app.number(&clear).await, 0);
    let nothing = desk.preview(&rejection()).await.expect(201);
    // as they were written before
    app.sql(&format!(
        "UPDATE bulk_actions SET words_sealed = NULL, words_key_version = NULL; \
         UPDATE bulk_actions SET act = act || jsonb_build_object('words', '{WORDS}') WHERE id = '{}'; \
         UPDATE bulk_actions SET act = act || jsonb_build_object('words', '') WHERE id = '{}'",
        seen["id"].as_str().unwrap(),
        nothing["id"].as_str().unwrap()
    ))
    .await;
    assert_eq!(desk.status(&seen).await["words"], WORDS);
    for _ in 0..2 {
        joinder::app::housekeeping::run(&app.ctx).await.unwrap();
        assert_eq!(app.number(&clear).await, 0);
        assert_eq!(desk.status(&seen).await["words"], WORDS);
        assert_eq!(desk.status(&nothing).await["words"], "");
    }
    let left = "SELECT count(*) FROM bulk_actions WHERE act -> 'words' IS NOT NULL";
    assert_eq!(app.number(left).await, 0);
    // sealed words are those of their action
    app.sql(&format!(
        "UPDATE bulk_actions SET (words_sealed, words_key_version) = \
         (SELECT words_sealed, words_key_version FROM bulk_actions WHERE id = '{}') WHERE id = '{}'",
        seen["id"].as_str().unwrap(),
        nothing["id"].as_str().unwrap()
    ))
    .await;
    let path = format!(
        "/api/v1/staff/bulk-actions/{}",
        nothing["id"].as_str().unwrap()
    );
    let asked = app.request(Method::GET, &path).bearer_auth(&desk.one);
    ask(asked).await.expect_problem(500, "internal");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_cannot_be_sealed_hold_up_no_others() {
    let app = TestApp::seeded().await;
    let desk = Desk::of(&app, "codacons").await;
    app.confirmed(&SignUpBuilder::new("a@example.org")).await;
    let seen = desk.preview(&rejection()).await.expect(201);
    let id = seen["id"].as_str().unwrap();
    // an association without a key, whose rejections come first
    app.sql(&format!(
        "SET session_replication_role = replica; \
         UPDATE bulk_actions SET words_sealed = NULL, words_key_version = NULL, \
           act = act || jsonb_build_object('words', '{WORDS}') WHERE id = '{id}'; \
         INSERT INTO bulk_actions SELECT (jsonb_populate_record(b, jsonb_build_object( \
           'id', '00000000-0000-7000-8000-' || lpad(n::text, 12, '0'), \
           'association_id', '00000000-0000-7000-8000-000000000000'))).* \
         FROM bulk_actions b, generate_series(1, 120) n WHERE b.id = '{id}'"
    ))
    .await;
    let clear = "SELECT count(*) FROM bulk_actions WHERE act -> 'words' IS NOT NULL";
    assert_eq!(app.number(clear).await, 121);
    joinder::app::housekeeping::run(&app.ctx).await.unwrap();
    assert_eq!(app.number(clear).await, 120);
    assert_eq!(desk.status(&seen).await["words"], WORDS);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_be_told_stays_for_a_person_to_handle() {
    let app = TestApp::seeded().await;
    let desk = Desk::of(&app, "codacons").await;
    app.confirmed(&SignUpBuilder::new("told@example.org")).await;
    let back = app.confirmed(&SignUpBuilder::new("back@example.org")).await;
    let stopped = app
        .confirmed(&SignUpBuilder::new("stopped@example.org"))
        .await;
    let paper = app
        .confirmed(&SignUpBuilder::new("paper@example.org"))
        .await;
    app.sql(&format!(
        "UPDATE claimants SET unreachable_at = now() WHERE id = '{}'; \
         UPDATE claimants SET contact_kind = 'phone' WHERE id = '{}'",
        back.id, paper.id
    ))
    .await;
    let seen = desk.preview(&rejection()).await.expect(201);
    assert_eq!(
        seen["reasons"],
        json!([{"reason": "no_mail", "records": 1}, {"reason": "unreachable", "records": 1}])
    );
    // nothing may be written to an address any more
    joinder::app::suppression::suppress(&app.ctx, "stopped@example.org")
        .await
        .unwrap();
    let again = desk.preview(&rejection()).await.expect(201);
    assert_eq!(again["reasons"][1]["records"], 2);
    desk.start(&seen).await;
    go_on(&app).await;
    let done = desk.status(&seen).await;
    assert_eq!((&done["done"], &done["passed"]), (&json!(1), &json!(3)));
    let state = format!("SELECT state FROM claimants WHERE id = '{}'", stopped.id);
    assert_eq!(app.rows(&state).await[0][0].as_deref(), Some("confirmed"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_in_after_the_look_is_not_rejected_unread() {
    let app = TestApp::seeded().await;
    let desk = Desk::of(&app, "codacons").await;
    app.confirmed(&SignUpBuilder::new("same@example.org")).await;
    let sends = app
        .confirmed(&SignUpBuilder::new("sends@example.org"))
        .await;
    let signs = identified(&app, "mario@example.org", "caduta@libero.it", &mario()).await;
    let hands_in = identified(&app, "anna@example.org", "a@libero.it", &anna()).await;
    hands_in
        .declare(&declaration("a@libero.it"))
        .await
        .expect(200);
    let seen = desk.preview(&rejection()).await.expect(201);
    assert_eq!(seen["left"], 4);
    desk.start(&seen).await;
    // between the approval and the turn
    sends.add_document(receipt()).await.expect(201);
    let declared = declaration("caduta@libero.it");
    sign(&app, &signs, &declared, "Mario Rossi").await;
    let path = format!("/api/v1/staff/claimants/{}/paper-hand-ins", hands_in.id);
    let sheet = app.request(Method::POST, &path).bearer_auth(&desk.one);
    ask(Sheets::whole().without("tier").on(sheet))
        .await
        .expect(201);
    go_on(&app).await;
    let done = desk.status(&seen).await;
    assert_eq!(
        (&done["done"], &done["reasons"]),
        (&json!(1), &json!([{"reason": "changed", "records": 3}]))
    );
    let kept = "SELECT count(*) FROM claimants WHERE state IN ('confirmed', 'signed')";
    assert_eq!(app.number(kept).await, 3);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejection_that_loses_its_database_rejects_nobody_twice() {
    let app = TestApp::seeded().await;
    let desk = Desk::of(&app, "codacons").await;
    for email in ["a@example.org", "b@example.org"] {
        app.confirmed(&SignUpBuilder::new(email)).await;
    }
    let seen = desk.preview(&rejection()).await.expect(201);
    desk.start(&seen).await;
    for moment in crate::app::DEATHS {
        app.let_die("outbox", moment).await;
        let holder = joinder::app::lease::Holder::new();
        let lost = joinder::worker::bulk::go_on(&app.ctx, holder).await;
        assert!(lost.is_err(), "{moment}");
        app.let_live("outbox").await;
        assert_eq!(desk.status(&seen).await["left"], 2, "{moment}");
    }
    go_on(&app).await;
    app.run_outbox().await;
    let mails = app.mails();
    let notices = mails
        .iter()
        .filter(|sent| sent.message.mail.kind.as_str() == "rejection");
    assert_eq!(notices.count(), 2);
    let acts = "SELECT count(*) FROM audit WHERE action = 'reject'";
    assert_eq!(app.number(acts).await, 2);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_leads_from_a_record_to_its_rejection() {
    let app = TestApp::seeded().await;
    let one = app.confirmed(&SignUpBuilder::new("a@example.org")).await;
    let ours = association(&app, "codacons").await;
    let manager = person(&app, ours, Role::CaseManager).await;
    let browser = app.browser();
    sign_in(&app, &browser, &manager).await;
    let (_, page) = open(&app, &browser, &format!("/console/claimants/{}", one.id)).await;
    let link = page.split("bulk-actions?kind=reject&#38;quoted=").nth(1);
    let link = link.or_else(|| page.split("bulk-actions?kind=reject&amp;quoted=").nth(1));
    let quoted = link.unwrap().split('#').next().unwrap().to_owned();
    let path = format!("/console/cases/{CASE}/bulk-actions");
    let (_, form) = open(
        &app,
        &browser,
        &format!("{path}?kind=reject&quoted={quoted}"),
    )
    .await;
    assert!(form.contains(&format!("value=\"{quoted}\"")), "{form}");
    let token = csrf(&form).to_owned();
    let mut fields = vec![
        ("csrf", token.as_str()),
        ("kind", "reject"),
        ("quoted", quoted.as_str()),
        ("purpose", "Fuori dal caso"),
        ("code", ""),
        ("words", WORDS),
    ];
    let wrong = send(&app, &browser, &path, &fields).await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text().await.unwrap().contains("id=\"code-error\""));
    fields[4] = ("code", "other");
    let made = send(&app, &browser, &path, &fields).await;
    let (_, shown) = open(&app, &browser, place(&made)).await;
    assert!(
        shown.contains("Riguarda una pratica.") && shown.contains(WORDS),
        "{shown}"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_up_again_after_a_rejection_is_seen_by_staff_and_told_nothing() {
    let app = TestApp::seeded().await;
    let desk = Desk::of(&app, "codacons").await;
    let with = |email: &str, mailbox: &str| {
        let mailboxes = json!([{"address": mailbox, "plan": "free"}]);
        SignUpBuilder::new(email).with("/mailboxes", mailboxes)
    };
    let first = app.confirmed(&with("a@example.org", "una@libero.it")).await;
    let other = app
        .confirmed(&with("b@example.org", "altra@libero.it"))
        .await;
    let me = async |id: uuid::Uuid| {
        let path = format!("/api/v1/staff/claimants/{id}");
        desk.ask(Method::GET, &desk.one, &path, &Value::Null)
            .await
            .expect(200)
    };
    let queue = async || {
        let path = format!("/api/v1/staff/cases/{CASE}/claimants?queue=rejected_before");
        let listed = desk.ask(Method::GET, &desk.one, &path, &Value::Null).await;
        let items = listed.expect(200)["items"].as_array().unwrap().clone();
        items
            .iter()
            .map(|item| item["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(me(first.id).await["rejected_before"], json!([]));
    let mut body = rejection();
    body["quoted"] = first.me().await["reference"].clone();
    let seen = desk.preview(&body).await.expect(201);
    assert_eq!(seen["left"], 1, "{seen}");
    let begin = json!({"step": "start", "records": 1});
    desk.step(&desk.one, &seen, &begin).await.expect(200);
    let approve = json!({"step": "approve"});
    desk.step(&desk.other, &seen, &approve).await.expect(200);
    go_on(&app).await;
    assert_eq!(me(first.id).await["state"], "rejected");
    assert!(queue().await.is_empty());

    // the same mailbox again, from another address
    let again = app.confirmed(&with("c@example.org", "una@libero.it")).await;
    let record = me(again.id).await;
    assert_eq!(
        record["rejected_before"][0]["id"],
        first.id.to_string(),
        "{record}"
    );
    assert_eq!(record["rejected_before"][0]["code"], "not_concerned");
    assert_eq!(queue().await, [again.id.to_string()]);
    assert_eq!(me(other.id).await["rejected_before"], json!([]));
    // the claimant learns nothing of it
    let own = again.me().await.to_string();
    let data = ask(again.request(Method::GET, "/views")).await.expect(200);
    assert!(!own.contains(&first.id.to_string()), "{own}");
    let reference = body["quoted"].as_str().unwrap();
    assert!(!own.contains(reference) && !own.contains("rejected_before"));
    assert!(!data.to_string().contains(&first.id.to_string()), "{data}");
    let ours = association(&app, "codacons").await;
    let reviewer = person(&app, ours, Role::Reviewer).await;
    let browser = app.browser();
    sign_in(&app, &browser, &reviewer).await;
    let (_, page) = open(
        &app,
        &browser,
        &format!("/console/claimants/{}?queue=rejected_before", again.id),
    )
    .await;
    assert!(
        page.contains("Forse già respinta in questo caso")
            && page.contains(&format!("/console/claimants/{}\"", first.id)),
        "{page}"
    );
    // another association's records are not compared with ours
    let theirs = with("d@example.org", "una@libero.it").association("altroconsumo");
    let theirs = app.confirmed(&theirs).await;
    assert_eq!(queue().await, [again.id.to_string()]);
    let owner = association(&app, "altroconsumo").await;
    let owner = person(&app, owner, Role::Owner).await.bearer(&app).await;
    let path = format!("/api/v1/staff/claimants/{}", theirs.id);
    let record = desk
        .ask(Method::GET, &owner, &path, &Value::Null)
        .await
        .expect(200);
    assert_eq!(record["rejected_before"], json!([]));
    app.stop().await;
}
