//! Leaving: consents switched, withdrawal, erasure.

use joinder::app::{housekeeping, retention};
use joinder::db::Scope;
use joinder::domain::ids::ClaimantId;
use reqwest::Method;
use serde_json::json;

use crate::app::TestApp;
use crate::claimant::{Claimant, SignUpBuilder, ask, mario};
use crate::signing;

#[tokio::test(flavor = "multi_thread")]
async fn r20_a_consent_is_appended_and_never_changed() {
    let app = TestApp::seeded().await;
    let claimant = app
        .confirmed(&SignUpBuilder::new("maria@example.org"))
        .await;
    let switch = async |given: bool| {
        app.clock().advance(chrono::TimeDelta::seconds(1));
        let body = claimant
            .put_consent("newsletter", &json!({"given": given}))
            .await
            .expect(200);
        assert_eq!(body, json!({"purpose": "newsletter", "given": given}));
        claimant.me().await["consents"][2]["given"].clone()
    };
    assert_eq!(switch(true).await, true);
    assert_eq!(switch(false).await, false);
    assert_eq!(switch(true).await, true);
    let rows = app
        .rows("SELECT given::text FROM consents WHERE purpose = 'newsletter' ORDER BY id")
        .await;
    let told: Vec<_> = rows.iter().map(|row| row[0].as_deref().unwrap()).collect();
    assert_eq!(told, ["true", "false", "true"]);

    let refused = claimant
        .put_consent("contact", &json!({"given": false}))
        .await
        .wrong_fields();
    assert_eq!(refused, [("/given".to_owned(), "not_accepted".to_owned())]);
    claimant
        .put_consent("marketing", &json!({"given": true}))
        .await
        .expect_problem(404, "not-found");
    let missing = claimant
        .put_consent("newsletter", &json!({}))
        .await
        .wrong_fields();
    assert_eq!(missing, [("/given".to_owned(), "required".to_owned())]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r49_withdrawal_is_immediate_and_kept_in_the_trail() {
    let app = TestApp::seeded().await;
    let claimant = app
        .confirmed(&SignUpBuilder::new("maria@example.org"))
        .await;
    claimant.give_person(&mario()).await.expect(200);
    let wrong = claimant
        .withdraw(&json!({"reason": "x".repeat(501)}))
        .await
        .wrong_fields();
    assert_eq!(wrong, [("/reason".to_owned(), "too_long".to_owned())]);
    let body = claimant
        .withdraw(&json!({"reason": "Ho cambiato idea"}))
        .await
        .expect(200);
    assert_eq!(body, json!({"state": "withdrawn"}));
    assert_eq!(claimant.me().await["state"], "withdrawn");
    assert_eq!(
        app.number("SELECT count(*) FROM registered_persons").await,
        0
    );
    let trail = "SELECT count(*) FROM audit WHERE action = 'withdraw' AND before = 'confirmed' AND after = 'withdrawn' AND sealed IS NOT NULL";
    assert_eq!(app.number(trail).await, 1);
    let clear = "SELECT count(*) FROM audit WHERE audit::text LIKE '%cambiato idea%'";
    assert_eq!(app.number(clear).await, 0);
    // r53
    claimant
        .withdraw(&json!({}))
        .await
        .expect_problem(409, "illegal-transition");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r49_a_withdrawal_needs_no_body() {
    let app = TestApp::seeded().await;
    let claimant = app
        .confirmed(&SignUpBuilder::new("maria@example.org"))
        .await;
    let answer = ask(claimant.request(Method::POST, "/withdrawal")).await;
    assert_eq!(answer.expect(200)["state"], "withdrawn");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r61_erasing_an_unsigned_record_is_real() {
    let app = TestApp::seeded().await;
    let stays = app.confirmed(&SignUpBuilder::new("anna@example.org")).await;
    let claimant = app
        .confirmed(&SignUpBuilder::new("maria@example.org").with("/person", mario()))
        .await;
    assert_eq!(
        claimant.erase().await.expect(200),
        json!({"result": "erased", "reason": null})
    );
    ask(claimant.request(Method::GET, ""))
        .await
        .expect_problem(401, "unauthenticated");
    for (table, column) in [
        ("claimants", "id"),
        ("claimant_keys", "claimant_id"),
        ("identities", "claimant_id"),
        ("mailboxes", "claimant_id"),
        ("consents", "claimant_id"),
        ("confirmations", "claimant_id"),
        ("lookups", "claimant_id"),
        ("outbox", "subject_id"),
        ("registered_persons", "claimant_id"),
        ("sessions", "subject_id"),
        ("conflicts", "claimant_id"),
    ] {
        let left = format!(
            "SELECT count(*) FROM {table} WHERE {column} = '{}'",
            claimant.id
        );
        assert_eq!(app.number(&left).await, 0, "{table}");
    }
    let trail = format!(
        "SELECT count(*) FROM audit WHERE action = 'erase' AND subject_id = '{}'",
        claimant.id
    );
    assert_eq!(app.number(&trail).await, 1);
    let erased = ClaimantId::new(claimant.id);
    assert!(app.ctx.blobs.list_erased().await.unwrap().contains(&erased));
    assert_eq!(stays.me().await["state"], "confirmed");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r61_a_lodged_record_is_restricted_and_says_why() {
    let app = TestApp::seeded().await;
    let claimant = app
        .confirmed(&SignUpBuilder::new("maria@example.org"))
        .await;
    app.sql("UPDATE claimants SET state = 'lodged', signed_at = confirmed_at")
        .await;
    claimant
        .withdraw(&json!({}))
        .await
        .expect_problem(409, "illegal-transition");
    assert_eq!(
        claimant.erase().await.expect(200),
        json!({"result": "restricted", "reason": "lodged"})
    );
    assert_eq!(
        app.number("SELECT count(*) FROM claimants WHERE state = 'restricted'")
            .await,
        1
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r61_a_signed_record_is_not_erased() {
    let app = TestApp::seeded().await;
    let claimant = app
        .confirmed(&SignUpBuilder::new("maria@example.org"))
        .await;
    app.sql("UPDATE claimants SET state = 'signed', signed_at = confirmed_at")
        .await;
    claimant
        .erase()
        .await
        .expect_problem(409, "illegal-transition");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r61_a_duplicate_is_erased_with_the_record_it_belongs_to() {
    let app = TestApp::seeded().await;
    let first = app
        .confirmed(&SignUpBuilder::new("maria@example.org"))
        .await;
    first.give_person(&mario()).await.expect(200);
    let second = app
        .confirmed(&SignUpBuilder::new("maria@example.org"))
        .await;
    second.give_person(&mario()).await.expect(200);
    let duplicates = "SELECT count(*) FROM claimants WHERE state = 'duplicate'";
    assert_eq!(crate::app::number(&app, duplicates).await, 1);
    first.erase().await.expect(200);
    for table in [
        "claimants",
        "claimant_keys",
        "identities",
        "lookups",
        "consents",
    ] {
        let left = format!("SELECT count(*) FROM {table}");
        assert_eq!(crate::app::number(&app, &left).await, 0, "{table}");
    }
    assert_eq!(app.ctx.blobs.list_erased().await.unwrap().len(), 2);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r61_an_erasure_that_was_not_committed_erases_nobody() {
    let app = TestApp::seeded().await;
    let claimant = app
        .confirmed(&SignUpBuilder::new("maria@example.org"))
        .await;
    app.sql(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \
           $$ BEGIN RAISE EXCEPTION 'refused at the commit'; END $$; \
         CREATE CONSTRAINT TRIGGER refuse AFTER DELETE ON claimants DEFERRABLE INITIALLY DEFERRED \
           FOR EACH ROW EXECUTE FUNCTION refuse()",
    )
    .await;
    assert!(claimant.erase().await.status.is_server_error());
    app.sql("DROP TRIGGER refuse ON claimants").await;
    let blobs = &app.ctx.blobs;
    assert_eq!(blobs.list_erased().await.unwrap(), []);
    assert_eq!(blobs.list_erasing().await.unwrap().len(), 1);
    // as at each start
    assert_eq!(retention::replay_erased(&app.ctx).await.unwrap(), 0);
    assert_eq!(claimant.me().await["state"], "confirmed");

    assert_eq!(housekeeping::run(&app.ctx).await.unwrap().erasures, 1);
    assert_eq!(blobs.list_erasing().await.unwrap(), []);
    assert_eq!(blobs.list_erased().await.unwrap(), []);
    assert_eq!(claimant.me().await["state"], "confirmed");

    claimant.erase().await.expect(200);
    assert_eq!(blobs.list_erased().await.unwrap().len(), 1);
    assert_eq!(blobs.list_erasing().await.unwrap(), []);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r61_an_erasure_cut_after_its_commit_is_noted_later_and_one_under_way_is_left_alone() {
    let app = TestApp::seeded().await;
    let claimant = app
        .confirmed(&SignUpBuilder::new("maria@example.org"))
        .await;
    let ids = [ClaimantId::new(claimant.id)];
    let scope = Scope::System("test");
    let mut tx = app.ctx.pools.begin(scope).await.unwrap();
    joinder::db::claimant::lock(&mut tx, scope, ids[0])
        .await
        .unwrap();
    retention::erase_rows(&app.ctx, &mut tx, &ids)
        .await
        .unwrap();
    let settled = async || retention::settle_erasures(&app.ctx).await.unwrap();
    let blobs = &app.ctx.blobs;
    assert_eq!(settled().await, 0);
    assert_eq!(blobs.list_erasing().await.unwrap(), ids);
    assert_eq!(blobs.list_erased().await.unwrap(), []);

    tx.commit().await.unwrap();
    assert_eq!(settled().await, 1);
    assert_eq!(blobs.list_erased().await.unwrap(), ids);
    assert_eq!(blobs.list_erasing().await.unwrap(), []);
    assert_eq!(settled().await, 0);
    app.stop().await;
}

/// Documents in the blob store: all files but the ids of the erased.
async fn documents(app: &TestApp) -> Vec<String> {
    let files = app.ctx.blobs.list().await.unwrap().into_iter();
    files.filter(|key| !key.starts_with("erased/")).collect()
}

/// Mario, with two versions whose signing failed after their documents were kept.
async fn failed_to_sign(app: &TestApp) -> Claimant<'_> {
    let claimant = signing::mario_of(app).await;
    app.sql(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \
           $$ BEGIN RAISE EXCEPTION 'refused'; END $$; \
         CREATE TRIGGER refuse BEFORE INSERT ON signatures FOR EACH ROW EXECUTE FUNCTION refuse()",
    )
    .await;
    for narrative in ["Prima versione.", "Seconda versione."] {
        let mut body = signing::declaration();
        body["narrative"] = json!(narrative);
        let declared = claimant.declare(&body).await.expect(200);
        let (request, code) = signing::code_for(app, &claimant, &declared).await;
        let refused = claimant.sign(&request, &code, "Mario Rossi").await;
        refused.expect_problem(500, "internal");
    }
    assert_eq!(documents(app).await.len(), 2);
    claimant
}

#[tokio::test(flavor = "multi_thread")]
async fn r61_a_document_whose_signature_failed_goes_with_the_person_and_after_each_restore() {
    let app = TestApp::seeded().await;
    let claimant = failed_to_sign(&app).await;
    let mut kept = Vec::new();
    for key in documents(&app).await {
        kept.push((key.clone(), app.ctx.blobs.get(&key).await.unwrap()));
    }
    claimant.erase().await.expect(200);
    assert_eq!(documents(&app).await, Vec::<String>::new());
    for (key, bytes) in kept {
        app.ctx.blobs.put(&key, bytes).await.unwrap();
    }
    // the rows did not come back, the files did
    assert_eq!(retention::replay_erased(&app.ctx).await.unwrap(), 0);
    assert_eq!(documents(&app).await, Vec::<String>::new());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r61_an_erasure_cut_after_its_commit_takes_the_documents_along_when_it_is_settled() {
    let app = TestApp::seeded().await;
    let claimant = failed_to_sign(&app).await;
    let ids = [ClaimantId::new(claimant.id)];
    let mut tx = app.ctx.pools.begin(Scope::System("test")).await.unwrap();
    retention::erase_rows(&app.ctx, &mut tx, &ids)
        .await
        .unwrap();
    assert_eq!(
        documents(&app).await.len(),
        2,
        "nothing is lost before the commit"
    );
    tx.commit().await.unwrap();
    assert_eq!(retention::settle_erasures(&app.ctx).await.unwrap(), 1);
    assert_eq!(documents(&app).await, Vec::<String>::new());
    assert_eq!(app.ctx.blobs.list_erased().await.unwrap(), ids);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r61_who_is_erased_while_signing_leaves_no_document() {
    let app = TestApp::seeded().await;
    let claimant = signing::mario_of(&app).await;
    let (request, code, _) = signing::asked(&app, &claimant).await;
    // signing has judged and kept the document when it asks who holds the mailbox
    let held = app
        .hold("LOCK TABLE registered_mailboxes IN ACCESS EXCLUSIVE MODE")
        .await;
    let (refused, ()) = tokio::join!(claimant.sign(&request, &code, "Mario Rossi"), async {
        held.is_waited_for().await;
        assert_eq!(documents(&app).await.len(), 1);
        let id = claimant.id;
        for table in [
            "claimant_keys",
            "lookups",
            "registered_persons",
            "confirmations",
            "consents",
            "mailboxes",
            "identities",
            "declaration_drafts",
            "signature_requests",
            "declarations",
        ] {
            held.run(&format!("DELETE FROM {table} WHERE claimant_id = '{id}'"))
                .await;
        }
        held.run(&format!("DELETE FROM claimants WHERE id = '{id}'"))
            .await;
        held.end().await;
    });
    refused.expect_problem(401, "unauthenticated");
    assert_eq!(documents(&app).await, Vec::<String>::new());
    app.stop().await;
}
