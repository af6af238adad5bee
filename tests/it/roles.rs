//! The roles of the database try what each must not do (DESIGN 3.1).

use tokio_postgres::{Client, NoTls};

use crate::app::TestApp;
use crate::claimant::SignUpBuilder;

/// A connection as the pools have it: logged in as the owner, acting as a role.
async fn acting_as(app: &TestApp, role: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(&app.owner_url, NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    client
        .batch_execute(&format!("SET ROLE {role}"))
        .await
        .unwrap();
    client
}

/// Refused for want of rights, not for another reason.
async fn assert_refused(client: &Client, statement: &str) {
    let error = client.batch_execute(statement).await.expect_err(statement);
    let code = error.code().unwrap().code();
    assert_eq!(code, "42501", "{statement}: {error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_app_role_may_nothing() {
    let app = TestApp::seeded().await;
    let client = acting_as(&app, "joinder_app").await;
    for row in app
        .rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        .await
    {
        let table = row[0].as_ref().unwrap();
        for statement in [
            format!("SELECT FROM {table}"),
            format!("DELETE FROM {table}"),
            format!("INSERT INTO {table} DEFAULT VALUES"),
        ] {
            assert_refused(&client, &statement).await;
        }
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_intake_role_inserts_and_sees_no_claimant() {
    let app = TestApp::seeded().await;
    app.sign_up(&SignUpBuilder::new("maria@example.org")).await;
    let client = acting_as(&app, "joinder_intake").await;
    for table in [
        "claimants",
        "claimant_keys",
        "identities",
        "mailboxes",
        "consents",
        "confirmations",
        "outbox",
        "audit",
        "lookups",
    ] {
        assert_refused(&client, &format!("SELECT FROM {table}")).await;
        assert_refused(&client, &format!("DELETE FROM {table}")).await;
    }
    assert_refused(&client, "UPDATE claimants SET state = 'confirmed'").await;
    assert_refused(&client, "UPDATE consents SET given = true").await;
    for table in [
        "conflicts",
        "mails",
        "registered_persons",
        "registered_mailboxes",
        "sessions",
        "staff",
        "memberships",
        "signing_keys",
        "root_keys",
        "exports",
        "leases",
        "refresh_tokens",
    ] {
        assert_refused(&client, &format!("SELECT FROM {table}")).await;
        assert_refused(&client, &format!("INSERT INTO {table} DEFAULT VALUES")).await;
    }
    assert_refused(&client, "UPDATE cases SET state = 'closed'").await;
    client
        .batch_execute("SELECT id FROM cases; SELECT id FROM idempotency_keys")
        .await
        .unwrap();
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r55_the_tenant_role_sees_and_changes_its_own_rows_only() {
    let app = TestApp::seeded().await;
    let own = app
        .confirmed(&SignUpBuilder::new("maria@example.org"))
        .await;
    let other = app
        .confirmed(&SignUpBuilder::new("anna@example.org").association("altroconsumo"))
        .await;
    let client = acting_as(&app, "joinder_tenant").await;
    let of = |slug: &str| {
        format!(
            "SELECT set_config('joinder.association_id', (SELECT id::text FROM associations WHERE slug = '{slug}'), false)"
        )
    };
    client.batch_execute(&of("codacons")).await.unwrap();
    for (table, column) in [
        ("claimants", "id"),
        ("claimant_keys", "claimant_id"),
        ("mailboxes", "claimant_id"),
        ("consents", "claimant_id"),
        ("confirmations", "claimant_id"),
        ("lookups", "claimant_id"),
        ("audit", "subject_id"),
        ("mails", "subject_id"),
        ("sessions", "subject_id"),
    ] {
        let seen = client
            .query(&format!("SELECT {column} FROM {table}"), &[])
            .await
            .unwrap();
        assert!(!seen.is_empty(), "{table}");
        let ids: Vec<uuid::Uuid> = app
            .rows(&format!(
                "SELECT {column}::text FROM {table} WHERE {column} = '{}'",
                other.id
            ))
            .await
            .iter()
            .map(|row| row[0].as_ref().unwrap().parse().unwrap())
            .collect();
        assert!(
            !ids.is_empty(),
            "{table}: there is something not to be seen"
        );
        let hidden = client
            .query(
                &format!("SELECT FROM {table} WHERE {column} = '{}'", other.id),
                &[],
            )
            .await
            .unwrap();
        assert!(hidden.is_empty(), "{table}");
    }
    let changed = client
        .execute(
            &format!("UPDATE claimants SET via = 'x' WHERE id = '{}'", other.id),
            &[],
        )
        .await
        .unwrap();
    assert_eq!(changed, 0);
    let changed = client
        .execute(
            &format!("UPDATE claimants SET via = 'x' WHERE id = '{}'", own.id),
            &[],
        )
        .await
        .unwrap();
    assert_eq!(changed, 1);
    // neither moved to another association nor written in its name
    assert_refused(&client, &format!("UPDATE claimants SET association_id = (SELECT id FROM associations WHERE slug = 'altroconsumo') WHERE id = '{}'", own.id)).await;
    assert_refused(&client, "INSERT INTO lookups (hash, kind, claimant_id, association_id) SELECT decode(repeat('00', 16), 'hex'), 'email', gen_random_uuid(), id FROM associations WHERE slug = 'altroconsumo'").await;
    for statement in [
        "UPDATE consents SET given = true",
        "UPDATE audit SET action = 'x'",
        "DELETE FROM audit",
        "DELETE FROM consents",
        "DELETE FROM claimants",
        "DELETE FROM claimant_keys",
        "UPDATE claimant_keys SET wrapped = ''",
        "UPDATE identities SET sealed = ''",
        "DELETE FROM identities",
        "UPDATE associations SET status = 'active'",
        "UPDATE memberships SET role = 'owner'",
        "SELECT password_hash FROM staff",
        "SELECT FROM signing_keys",
        "SELECT FROM root_keys",
        "SELECT FROM leases",
    ] {
        assert_refused(&client, statement).await;
    }
    client
        .batch_execute("RESET joinder.association_id")
        .await
        .unwrap();
    let nothing = client.query("SELECT FROM claimants", &[]).await;
    assert!(nothing.map_or(true, |rows| rows.is_empty()));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_system_role_never_rewrites_what_happened() {
    let app = TestApp::seeded().await;
    let client = acting_as(&app, "joinder_system").await;
    for statement in [
        "UPDATE audit SET action = 'x'",
        "DELETE FROM audit",
        "UPDATE consents SET given = true",
        "TRUNCATE claimants",
        "DROP TABLE claimants",
        "CREATE TABLE x (id int)",
    ] {
        let error = client.batch_execute(statement).await.expect_err(statement);
        assert_eq!(error.code().unwrap().code(), "42501", "{statement}");
    }
    app.stop().await;
}
