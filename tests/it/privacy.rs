//! `docs/privacy.md` names every column of the database with its class, its purpose and how long it is kept.

use std::collections::{BTreeMap, BTreeSet};

use crate::app::TestApp;

const PAGE: &str = include_str!("../../docs/privacy.md");
const CLASSES: [&str; 5] = ["none", "pseudonym", "personal", "special", "secret"];

/// Class of each column the page names, by `table.column`.
fn told(page: &str) -> BTreeMap<String, String> {
    let mut told = BTreeMap::new();
    for section in page.split("\n## ").skip(1) {
        let table = section.lines().next().unwrap();
        let rows = section.lines().filter(|line| line.starts_with("| "));
        for row in rows.skip(2) {
            let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
            let [column, class, purpose, kept] = cells[..] else {
                panic!("{table}: {row}");
            };
            assert!(CLASSES.contains(&class), "{table}.{column}: {class}");
            assert!(!purpose.is_empty() && !kept.is_empty(), "{table}.{column}");
            let before = told.insert(format!("{table}.{column}"), class.to_owned());
            assert_eq!(before, None, "{table}.{column} stands there twice");
        }
    }
    told
}

async fn stored(app: &TestApp) -> BTreeSet<String> {
    let columns = "SELECT table_name || '.' || column_name FROM information_schema.columns \
        WHERE table_schema = 'public' AND table_name <> '__diesel_schema_migrations'";
    let rows = app.rows(columns).await;
    rows.into_iter()
        .map(|row| row[0].clone().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_column_has_its_class_purpose_and_term() {
    let app = TestApp::start().await;
    let told: BTreeSet<String> = told(PAGE).into_keys().collect();
    let stored = stored(&app).await;
    let missing: Vec<&String> = stored.difference(&told).collect();
    let gone: Vec<&String> = told.difference(&stored).collect();
    assert!(
        missing.is_empty() && gone.is_empty(),
        "missing {missing:?}, gone {gone:?}"
    );
    app.sql("ALTER TABLE plans ADD COLUMN surprise int; ALTER TABLE plans DROP COLUMN source")
        .await;
    let changed = self::stored(&app).await;
    assert!(changed.difference(&told).eq(["plans.surprise"]));
    assert!(told.difference(&changed).eq(["plans.source"]));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sealed_is_never_called_harmless() {
    let app = TestApp::start().await;
    let told = told(PAGE);
    for column in stored(&app).await {
        let is_sealed = column.ends_with("sealed") || column.ends_with(".evidence");
        if is_sealed {
            let class = told[&column].as_str();
            assert!(
                matches!(class, "personal" | "special" | "secret"),
                "{column}: {class}"
            );
        }
    }
    app.stop().await;
}
