//! What a migration may do beside those who sign up (decision 41), read from the migrations themselves.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Tables with a row, or more, of each claimant: whoever locks one of them against writers stops sign-ups (decision 41).
const BIG: &[&str] = &[
    "claimants",
    "claimant_keys",
    "identities",
    "mailboxes",
    "consents",
    "confirmations",
    "lookups",
    "registered_persons",
    "registered_mailboxes",
    "idempotency_keys",
    "outbox",
    "mails",
    "audit",
    "declaration_drafts",
    "declarations",
    "signature_requests",
    "signatures",
    "signature_files",
    "documents",
    "document_files",
    "payouts",
    "log_events",
    "log_leaves",
    "reminders",
    "partner_submissions",
    "partner_events",
    "bulk_members",
];
/// The first migration under these rules.
const FIRST_BESIDE_WRITERS: &str = "2026-11-23-000063";

/// What a migration does that writers of big tables would wait for, and what its runner could not mend.
fn stops_writers(sql: &str, in_transaction: bool) -> Vec<String> {
    let lines = sql.lines().map(|line| line.split("--").next().unwrap());
    let text = lines.collect::<Vec<_>>().join(" ");
    let statements: Vec<Vec<&str>> = text
        .split(';')
        .map(|statement| statement.split_whitespace().collect())
        .filter(|words: &Vec<&str>| !words.is_empty())
        .collect();
    let mut faults = Vec::new();
    if !in_transaction && statements.len() != 1 {
        // sent together they would be one transaction again
        faults.push("outside a transaction stands one statement alone".to_owned());
    }
    for words in &statements {
        let statement = words.join(" ");
        let after = |word: &str| {
            let place = words.iter().position(|own| *own == word);
            place.and_then(|place| words.get(place + 1)).copied()
        };
        let is_big = |name: Option<&str>| name.is_some_and(|name| BIG.contains(&name));
        let is_index =
            statement.starts_with("CREATE INDEX ") || statement.starts_with("CREATE UNIQUE INDEX ");
        if is_index && statement.contains(" CONCURRENTLY ") {
            if in_transaction {
                faults.push(format!(
                    "outside a transaction (metadata.toml): {statement}"
                ));
            }
            if !statement.contains(" CONCURRENTLY IF NOT EXISTS ") {
                faults.push(format!("IF NOT EXISTS, it may be run twice: {statement}"));
            }
        } else if is_index && is_big(after("ON")) {
            faults.push(format!("CONCURRENTLY, writers wait for it: {statement}"));
        }
        let changes_big = statement.starts_with("ALTER TABLE ") && is_big(after("TABLE"));
        let reads_all =
            statement.contains(" ADD CONSTRAINT ") && !statement.ends_with(" NOT VALID");
        if changes_big && reads_all {
            faults.push(format!("NOT VALID, all wait while it is read: {statement}"));
        }
        if changes_big && statement.contains(" VALIDATE CONSTRAINT ") && statements.len() != 1 {
            faults.push(format!("in a migration of its own: {statement}"));
        }
    }
    faults
}

#[test]
fn no_migration_stops_the_writers_of_big_tables() {
    let mut wrong = Vec::new();
    let mut read = 0;
    for entry in fs::read_dir(root().join("migrations")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        read += 1;
        if name.as_str() < FIRST_BESIDE_WRITERS {
            continue;
        }
        let settings = fs::read_to_string(path.join("metadata.toml")).unwrap_or_default();
        let in_transaction = !settings.contains("run_in_transaction = false");
        let sql = fs::read_to_string(path.join("up.sql")).unwrap();
        let faults = stops_writers(&sql, in_transaction).into_iter();
        wrong.extend(faults.map(|fault| format!("{name}: {fault}")));
    }
    assert!(read > 50, "{read}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn each_rule_of_migrations_fires_on_its_fault() {
    for (sql, in_transaction, faults) in [
        ("CREATE INDEX plans_name_idx ON plans (name);", true, 0),
        ("CREATE INDEX mails_code_idx ON mails (code);", true, 1),
        (
            "-- why\nCREATE UNIQUE INDEX mails_code_key\n    ON mails (code);",
            true,
            1,
        ),
        (
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS mails_code_idx ON mails (code);",
            false,
            0,
        ),
        (
            "CREATE INDEX CONCURRENTLY mails_code_idx ON mails (code);",
            false,
            1,
        ),
        (
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS mails_code_idx ON mails (code);",
            true,
            1,
        ),
        (
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS mails_code_idx ON mails (code); SELECT 1;",
            false,
            1,
        ),
        ("ALTER TABLE mails ADD COLUMN more integer;", true, 0),
        (
            "ALTER TABLE mails ADD CONSTRAINT mails_more_check CHECK (more > 0);",
            true,
            1,
        ),
        (
            "ALTER TABLE plans ADD CONSTRAINT plans_more_check CHECK (more > 0);",
            true,
            0,
        ),
        (
            "ALTER TABLE mails ADD CONSTRAINT mails_more_check CHECK (more > 0) NOT VALID;",
            true,
            0,
        ),
        (
            "ALTER TABLE mails ADD COLUMN more integer; ALTER TABLE mails VALIDATE CONSTRAINT mails_more_check;",
            true,
            1,
        ),
        (
            "ALTER TABLE mails VALIDATE CONSTRAINT mails_more_check;",
            true,
            0,
        ),
    ] {
        let found = stops_writers(sql, in_transaction);
        assert_eq!(found.len(), faults, "{sql} {found:?}");
    }
}

#[test]
fn every_big_table_is_there() {
    let schema = fs::read_to_string(root().join("src/db/schema.rs")).unwrap();
    for table in BIG {
        assert!(schema.contains(&format!("\n    {table} (")), "{table}");
    }
}
