//! A new version over an installation in use: migrations beside writers, indexes that were cut off, programs of two
//! versions on one database, and the rows of an earlier schema (decision 41).

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use diesel_migrations::FileBasedMigrations;
use joinder::app::housekeeping;
use joinder::db::DbError;
use joinder::db::migration::{self, Ahead, Patience};
use joinder::startup::outgrown;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::timeout;

use crate::app::{TestApp, TestOptions, number_at, rows_at, sql_at};
use crate::bulk::Desk;
use crate::claimant::{SignUpBuilder, anna, mario};
use crate::seed::CASE;
use crate::staff_declared::{declaration, identified, sign};

/// Tries soon again, and as often as the test needs.
const EAGER: Patience = Patience {
    wait: Duration::from_millis(200),
    pause: Duration::from_millis(100),
    tries: 10_000,
};

/// Migrations of a test, in the order of their names.
struct Own(TempDir);

impl Own {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn add(self, name: &str, sql: &str) -> Self {
        let folder = self.0.path().join(name);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("up.sql"), sql).unwrap();
        self
    }

    fn add_outside(self, name: &str, sql: &str) -> Self {
        let own = self.add(name, sql);
        let settings = own.0.path().join(name).join("metadata.toml");
        fs::write(settings, "run_in_transaction = false\n").unwrap();
        own
    }

    async fn run(&self, url: &str, patience: Patience) -> Result<usize, DbError> {
        let source = FileBasedMigrations::from_path(self.0.path()).unwrap();
        migration::run_all(url, source, patience).await
    }
}

fn told(failed: &Result<usize, DbError>) -> String {
    let source = failed.as_ref().unwrap_err().source();
    source.unwrap().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_waits_holds_up_no_writer_and_is_tried_until_it_is_done() {
    let app = TestApp::start().await;
    let own = Own::new().add(
        "2099-01-01-000001_wide",
        "ALTER TABLE claimants ADD COLUMN wide integer;",
    );
    // as an export reads: a lock that only a change of the table waits for
    let reader = app.hold("LOCK TABLE claimants IN ACCESS SHARE MODE").await;
    let has_column = "SELECT count(*) FROM information_schema.columns \
        WHERE table_name = 'claimants' AND column_name = 'wide'";
    let meanwhile = async {
        for _ in 0..5 {
            reader.is_waited_for().await;
            // it stands behind the migration, for as long as a sign-up would at most
            app.sql("SET lock_timeout = '2s'; UPDATE claimants SET language = language")
                .await;
        }
        assert_eq!(app.number(has_column).await, 0);
        reader.end().await;
    };
    let (ran, ()) = tokio::join!(own.run(&app.owner_url, EAGER), meanwhile);
    assert_eq!(ran.unwrap(), 1);
    assert_eq!(app.number(has_column).await, 1);
    assert_eq!(own.run(&app.owner_url, EAGER).await.unwrap(), 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_never_gets_its_lock_tells_what_to_look_for() {
    let app = TestApp::start().await;
    let own = Own::new()
        .add(
            "2099-01-01-000001_before",
            "CREATE TABLE pile (id integer);",
        )
        .add(
            "2099-01-01-000002_wide",
            "ALTER TABLE pile ADD COLUMN more integer; ALTER TABLE claimants ADD COLUMN wide integer;",
        );
    let reader = app.hold("LOCK TABLE claimants IN ACCESS SHARE MODE").await;
    let patience = Patience { tries: 2, ..EAGER };
    let failed = own.run(&app.owner_url, patience).await;
    let said = told(&failed);
    assert!(
        said.contains("wide waited for a lock 2 times") && said.contains("pg_stat_activity"),
        "{said}"
    );
    let columns = "SELECT count(*) FROM information_schema.columns WHERE table_name = 'pile'";
    assert_eq!(app.number(columns).await, 1, "all of it or nothing");
    reader.end().await;
    assert_eq!(own.run(&app.owner_url, patience).await.unwrap(), 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_is_wrong_is_not_tried_again() {
    let app = TestApp::start().await;
    let own = Own::new().add(
        "2099-01-01-000001_wrong",
        "ALTER TABLE nowhere ADD x integer;",
    );
    let tried = timeout(
        Duration::from_secs(30),
        own.run(&app.owner_url, Patience::default()),
    );
    let failed = tried.await.unwrap();
    assert!(told(&failed).contains("nowhere"), "{}", told(&failed));
    app.stop().await;
}

/// A table of rows, and the migration that gives it an index beside its writers.
async fn pile(app: &TestApp) -> Own {
    app.sql("CREATE TABLE pile (id integer); INSERT INTO pile SELECT generate_series(1, 100)")
        .await;
    Own::new().add_outside(
        "2099-01-01-000001_pile",
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS pile_id_idx ON pile (id);",
    )
}

const VALID: &str =
    "SELECT count(*) FROM pg_index WHERE indexrelid = to_regclass('pile_id_idx') AND indisvalid";
const UNFINISHED: &str = "SELECT count(*) FROM pg_index WHERE indexrelid = to_regclass('pile_id_idx') AND NOT indisvalid";

#[tokio::test(flavor = "multi_thread")]
async fn an_index_is_built_beside_writers_and_one_that_was_cut_off_is_built_anew() {
    let app = TestApp::start().await;
    let own = pile(&app).await;
    // it waits for who has written already, and longer than for a lock
    let writer = app.hold("INSERT INTO pile VALUES (101)").await;
    let meanwhile = async {
        writer.is_waited_for().await;
        app.sql("SET lock_timeout = '2s'; INSERT INTO pile VALUES (102)")
            .await;
        app.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND query LIKE 'CREATE INDEX CONCURRENTLY%'",
        )
        .await;
    };
    let (cut, ()) = tokio::join!(own.run(&app.owner_url, EAGER), meanwhile);
    assert!(cut.is_err());
    writer.end().await;
    assert_eq!(app.number(UNFINISHED).await, 1);
    assert_eq!(own.run(&app.owner_url, EAGER).await.unwrap(), 1);
    assert_eq!(
        (app.number(UNFINISHED).await, app.number(VALID).await),
        (0, 1)
    );
    assert_eq!(app.number("SELECT count(*) FROM pile").await, 102);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_is_there_already_is_not_built_twice() {
    let app = TestApp::start().await;
    let own = pile(&app).await;
    // as where the process ended between the index and the note that it is there
    app.sql("CREATE INDEX pile_id_idx ON pile (id)").await;
    assert_eq!(own.run(&app.owner_url, EAGER).await.unwrap(), 1);
    assert_eq!(app.number(VALID).await, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_migrate_at_once_take_turns_and_never_wait_in_a_circle() {
    let app = TestApp::start().await;
    let own = pile(&app).await;
    let writer = app.hold("INSERT INTO pile VALUES (101)").await;
    let meanwhile = async {
        writer.is_waited_for().await;
        let waits_its_turn = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
            AND query LIKE 'SELECT pg_try_advisory_lock%'";
        let mut asked = 0;
        while app.number(waits_its_turn).await == 0 {
            asked += 1;
            assert!(asked < 1_000, "nobody waits for its turn");
        }
        writer.end().await;
    };
    let (one, other, ()) = tokio::join!(
        own.run(&app.owner_url, EAGER),
        own.run(&app.owner_url, EAGER),
        meanwhile
    );
    assert_eq!(one.unwrap() + other.unwrap(), 1);
    assert_eq!(app.number(VALID).await, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_ends_some_time_after_its_database_was_migrated_by_a_newer_one() {
    let app = TestApp::start().await;
    let (look, after) = (Duration::from_millis(20), Duration::from_millis(200));
    let moment = Duration::from_secs(1);
    let seen = || migration::ahead(&app.owner_url);
    let ahead = |unknown, changing| Ahead { unknown, changing };
    assert_eq!(seen().await.unwrap(), ahead(0, false));
    let ended = timeout(moment, outgrown(&app.owner_url, look, after)).await;
    assert!(ended.is_err(), "it is as new as its database");

    // the newer one has begun: its nodes cannot start yet
    let migrating = app
        .hold(&format!("SELECT pg_advisory_xact_lock({})", 0x6a6f_696e))
        .await;
    app.sql("INSERT INTO __diesel_schema_migrations (version) VALUES ('20990101000001')")
        .await;
    assert_eq!(seen().await.unwrap(), ahead(1, true));
    let ended = timeout(moment, outgrown(&app.owner_url, look, after)).await;
    assert!(ended.is_err(), "somebody still migrates");

    migrating.end().await;
    assert_eq!(seen().await.unwrap(), ahead(1, false));
    let serves = app.get("/readyz").await;
    assert_eq!(serves.status(), StatusCode::OK, "meanwhile it serves");
    let ends = outgrown(&app.owner_url, look, after);
    timeout(Duration::from_secs(30), ends).await.unwrap();
    app.stop().await;
}

/// Newest migration of the schema that is upgraded here.
const EARLIER: &str = "2026-11-23-000052";
const WORDS: &str = "La casella non è tra quelle bloccate";

fn migrations() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations")
}

/// The migrations up to [`EARLIER`], and how many came later.
fn earlier() -> (Own, usize) {
    let mut own = Own::new();
    let mut later = 0;
    for entry in fs::read_dir(migrations()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.split('_').next().unwrap() <= EARLIER {
            own = own.add(&name, &fs::read_to_string(path.join("up.sql")).unwrap());
        } else {
            later += 1;
        }
    }
    (own, later)
}

/// Tables of a database, each with its columns.
async fn tables(url: &str) -> Vec<(String, String)> {
    let columns = "SELECT table_name, string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position) \
        FROM information_schema.columns \
        WHERE table_schema = 'public' AND table_name <> '__diesel_schema_migrations' GROUP BY 1 ORDER BY 1";
    let rows = rows_at(url, columns).await.into_iter();
    rows.map(|row| (row[0].clone().unwrap(), row[1].clone().unwrap()))
        .collect()
}

/// Puts the rows of a database into one of an earlier schema, without the columns that this one does not have.
async fn fill(from: &str, to: &str, tables: &[(String, String)]) {
    for (table, columns) in tables {
        let all = format!("SELECT coalesce(json_agg(t), '[]')::text FROM {table} t");
        let all = rows_at(from, &all).await[0][0].clone().unwrap();
        sql_at(
            to,
            &format!(
                "SET session_replication_role = replica; DELETE FROM {table}; \
                 INSERT INTO {table} ({columns}) SELECT {columns} FROM json_populate_recordset(NULL::{table}, $rows${all}$rows$)"
            ),
        )
        .await;
    }
}

/// Number of rows, and a digest of them, of each table.
async fn contents(url: &str, tables: &[(String, String)]) -> Vec<(String, i64, String)> {
    let mut contents = Vec::new();
    for (table, columns) in tables {
        let digest = format!(
            "SELECT md5(coalesce(string_agg(one, '|' ORDER BY one), '')) \
             FROM (SELECT row_to_json(t)::text AS one FROM (SELECT {columns} FROM {table}) t) all_of_it"
        );
        let digest = rows_at(url, &digest).await[0][0].clone().unwrap();
        let count = number_at(url, &format!("SELECT count(*) FROM {table}")).await;
        contents.push((table.clone(), count, digest));
    }
    contents
}

/// What staff see of the case: sums, mailboxes, records.
async fn shown(desk: &Desk<'_>) -> Value {
    let mut shown = Vec::new();
    for part in ["dashboard", "claimants"] {
        let path = format!("/api/v1/staff/cases/{CASE}/{part}");
        let asked = desk.ask(Method::GET, &desk.one, &path, &Value::Null).await;
        shown.push(asked.expect(200));
    }
    json!([shown[0]["funnel"], shown[0]["mailboxes"], shown[1]["items"]])
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_of_an_earlier_schema_is_upgraded_and_loses_nothing() {
    let app = TestApp::seeded().await;
    let desk = Desk::of(&app, "codacons").await;
    let signed = identified(&app, "mario@example.org", "caduta@libero.it", &mario()).await;
    let claim = declaration("caduta@libero.it");
    sign(&app, &signed, &claim, "Mario Rossi").await;
    let declared = identified(&app, "anna@example.org", "b@libero.it", &anna()).await;
    let claim = declaration("b@libero.it");
    declared.declare(&claim).await.expect(200);
    app.sign_up(&SignUpBuilder::new("new@example.org")).await;
    let rejection = json!({"kind": "reject", "purpose": "Fuori dal caso", "code": "not_concerned", "words": WORDS});
    let rejection = desk.preview(&rejection).await.expect(201);
    // what is mailed with a file is sent here: the files stay behind
    app.run_outbox().await;
    let before = shown(&desk).await;
    assert_eq!(before[0]["declared_open_records"], 2, "{before}");

    let (server, _) = app.owner_url.rsplit_once('/').unwrap();
    let name = format!("{}_earlier", app.database);
    let url = format!("{server}/{name}");
    app.sql(&format!("CREATE DATABASE {name}")).await;
    let (own, later) = earlier();
    assert!(own.run(&url, Patience::default()).await.unwrap() > 40 && later >= 6);
    let tables = tables(&url).await;
    fill(&app.owner_url, &url, &tables).await;
    sql_at(
        &url,
        &format!("UPDATE bulk_actions SET act = act || jsonb_build_object('words', '{WORDS}')"),
    )
    .await;
    let old = contents(&url, &tables).await;
    let claimants = old.iter().find(|(table, ..)| table == "claimants");
    assert_eq!(claimants.unwrap().1, 3);

    assert_eq!(migration::run(&url).await.unwrap(), later);
    assert_eq!(contents(&url, &tables).await, old);

    let new = TestApp::start_on((name, url), TestOptions::default()).await;
    new.clock().advance(app.clock().now() - new.clock().now());
    let done = housekeeping::run(&new.ctx).await.unwrap();
    assert_eq!(done.counted, 2);
    let desk = Desk {
        app: &new,
        one: desk.one,
        other: desk.other,
    };
    assert_eq!(shown(&desk).await, before);
    assert_eq!(desk.status(&rejection).await["words"], WORDS);
    let clear = format!("SELECT count(*) FROM bulk_actions b WHERE b::text LIKE '%{WORDS}%'");
    assert_eq!(new.number(&clear).await, 0);
    new.confirmed(&SignUpBuilder::new("later@example.org"))
        .await;
    assert_eq!(new.get("/readyz").await.status(), StatusCode::OK);
    new.stop().await;
    app.stop().await;
}
