//! Backup into a folder and restore from it.

use std::fs;
use std::time::Duration;

use chrono::{TimeZone, Utc};
use joinder::app::backup::{self, BackupError};
use joinder::app::bootstrap::{self, Logins};
use joinder::app::ctx::Settings;
use joinder::app::keyring::Keyring;
use joinder::app::lease::Holder;
use joinder::app::log::sequence::Sequencer;
use joinder::app::{AppError, Clock, Ctx, retention};
use joinder::blob::Blobs;
use joinder::crypto::master_key::MasterKeys;
use joinder::db::dump::{DumpError, Tools};
use joinder::db::embedded::system_bin_dirs;
use joinder::db::{Pools, Scope, migration};
use joinder::domain::ids::ClaimantId;

use crate::app::{TestApp, claimant_id, claimant_sql, number_at, sql_at};

const PEOPLE: &str = "SELECT count(*) FROM claimants";

/// Two databases with one master key between them: one to back up, an empty one to restore into.
struct Pair {
    app: TestApp,
    master: MasterKeys,
    from: String,
    to: String,
}

impl Pair {
    async fn start(name: &str) -> Self {
        let app = TestApp::start().await;
        let (server, _) = app.owner_url.rsplit_once('/').unwrap();
        let (from, to) = (format!("{name}_from"), format!("{name}_to"));
        app.sql(&format!("CREATE DATABASE {from} TEMPLATE template_it"))
            .await;
        app.sql(&format!("CREATE DATABASE {to}")).await;
        Self {
            from: format!("{server}/{from}"),
            to: format!("{server}/{to}"),
            master: MasterKeys::parse(&MasterKeys::line(1)).unwrap(),
            app,
        }
    }

    async fn ctx(&self, url: &str, blobs: &Blobs) -> Ctx {
        let clock = Clock::manual(Utc.with_ymd_and_hms(2026, 3, 2, 9, 0, 0).unwrap());
        let pools = Pools::new(url, 2).unwrap();
        let keyring = Keyring::open(&pools, self.master.clone(), clock.now())
            .await
            .unwrap();
        let settings = Settings {
            public_base_url: "http://127.0.0.1".to_owned(),
            demo: false,
            directory_ttl: Duration::ZERO,
            bounce_address: "bounces@joinder.example".to_owned(),
            bounce_dir: None,
            spool_dir: std::env::temp_dir(),
            program: env!("CARGO_BIN_EXE_joinder").into(),
            trust: crate::app::trust(),
            scans: false,
            export_volume: crate::app::EXPORT_VOLUME,
        };
        Ctx::new(clock, pools, keyring, blobs.clone(), settings)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_database_is_the_same_but_whoever_was_erased_stays_erased() {
    let pair = Pair::start("restored").await;
    let folder = tempfile::tempdir().unwrap();
    let blobs = Blobs::folder(&folder.path().join("blobs")).unwrap();
    let ctx = pair.ctx(&pair.from, &blobs).await;
    let seed = bootstrap::demo_seed().unwrap();
    bootstrap::bootstrap(&ctx, &seed, Logins::Random)
        .await
        .unwrap();
    for number in 1..=4 {
        sql_at(&pair.from, &claimant_sql(number, "confirmed", "gmail.com")).await;
    }
    // erased before the backup was made, while its row lived on in it: a cut in the middle
    ctx.blobs
        .put_erased(ClaimantId::new(claimant_id(3)))
        .await
        .unwrap();
    // about to be erased when the backup was made and when the database was lost
    ctx.blobs
        .put_erasing(ClaimantId::new(claimant_id(4)))
        .await
        .unwrap();
    let tools = Tools::find(&pair.from, &system_bin_dirs()).await.unwrap();
    let dir = folder.path().join("backup");

    let made = backup::backup(&tools, &blobs, &dir, ctx.clock.now())
        .await
        .unwrap();
    assert_eq!(made.files.len(), 2, "the database and one erased id");
    let again = backup::backup(&tools, &blobs, &dir, ctx.clock.now()).await;
    assert!(matches!(again, Err(BackupError::FolderInUse(_))));

    // erased after the backup: only the files of today know
    let scope = Scope::System("test");
    let mut tx = ctx.pools.begin(scope).await.unwrap();
    let erased = [ClaimantId::new(claimant_id(1))];
    retention::erase_rows(&ctx, &mut tx, &erased).await.unwrap();
    tx.commit().await.unwrap();
    retention::note_erased(&ctx, &erased).await;
    assert_eq!(number_at(&pair.from, PEOPLE).await, 3);

    let tools = Tools::find(&pair.to, &system_bin_dirs()).await.unwrap();
    backup::restore(&tools, &pair.to, &blobs, &dir)
        .await
        .unwrap();
    assert_eq!(number_at(&pair.to, PEOPLE).await, 4, "all had come back");
    assert_eq!(migration::run(&pair.to).await.unwrap(), 0);
    let restored = pair.ctx(&pair.to, &blobs).await;
    assert_eq!(retention::replay_erased(&restored).await.unwrap(), 3);

    assert_eq!(number_at(&pair.to, PEOPLE).await, 1);
    assert_eq!(
        number_at(&pair.to, "SELECT count(*) FROM claimant_keys").await,
        1
    );
    for table in ["case_facts", "texts", "staff", "association_keys"] {
        let count = format!("SELECT count(*) FROM {table}");
        let (before, after) = (
            number_at(&pair.from, &count).await,
            number_at(&pair.to, &count).await,
        );
        assert!(before > 0 && before == after, "{table}: {before}, {after}");
    }
    let directory = restored.directories.get(&restored).await.unwrap();
    assert!(directory.public_case("libero-virgilio-2023").is_ok());
    let twice = backup::restore(&tools, &pair.to, &blobs, &dir).await;
    assert!(matches!(twice, Err(BackupError::Dump(DumpError::NotEmpty))));
    pair.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_backup_restores_nothing() {
    let pair = Pair::start("changed").await;
    let folder = tempfile::tempdir().unwrap();
    let blobs = Blobs::folder(&folder.path().join("blobs")).unwrap();
    let tools = Tools::find(&pair.from, &system_bin_dirs()).await.unwrap();
    let dir = folder.path().join("backup");
    let now = pair.app.clock().now();
    backup::backup(&tools, &blobs, &dir, now).await.unwrap();
    let dump = dir.join("database.dump");
    let mut bytes = fs::read(&dump).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&dump, bytes).unwrap();

    let refused = backup::restore(&tools, &pair.to, &blobs, &dir).await;

    assert!(matches!(refused, Err(BackupError::Changed(_))));
    let tables = "SELECT count(*) FROM pg_class WHERE relkind = 'r' \
                  AND relnamespace = 'public'::regnamespace";
    assert_eq!(number_at(&pair.to, tables).await, 0);
    let nothing = backup::restore(&tools, &pair.to, &blobs, folder.path()).await;
    assert!(matches!(nothing, Err(BackupError::NotABackup(..))));
    pair.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_programs_are_told_of() {
    let app = TestApp::start().await;
    let found = Tools::find(&app.owner_url, &["/nowhere".into()]).await;
    assert!(matches!(found.err(), Some(DumpError::NotInstalled { .. })));
    app.stop().await;
}

/// A log that goes on after the backup was made, restored into the store it lives in.
#[tokio::test(flavor = "multi_thread")]
async fn a_restore_leaves_the_newer_head_of_a_log_so_that_nothing_is_signed_behind_it() {
    let pair = Pair::start("newer_head").await;
    let folder = tempfile::tempdir().unwrap();
    let blobs = Blobs::folder(&folder.path().join("blobs")).unwrap();
    let ctx = pair.ctx(&pair.from, &blobs).await;
    let seed = bootstrap::demo_seed().unwrap();
    bootstrap::bootstrap(&ctx, &seed, Logins::Random)
        .await
        .unwrap();
    let events = "INSERT INTO log_events (subject_id, id, case_id, kind, content, salt, created_at) \
        SELECT gen_random_uuid(), gen_random_uuid(), id, 'decision', '{}', '\\x00', now() FROM cases, generate_series(1, 5)";
    let mut sequencer = Sequencer::new(Holder::new());
    sql_at(&pair.from, events).await;
    assert_eq!(sequencer.turn(&ctx).await.unwrap(), 5);
    let tools = Tools::find(&pair.from, &system_bin_dirs()).await.unwrap();
    let dir = folder.path().join("backup");
    backup::backup(&tools, &blobs, &dir, ctx.clock.now())
        .await
        .unwrap();
    sql_at(&pair.from, events).await;
    assert_eq!(sequencer.turn(&ctx).await.unwrap(), 5);
    sequencer.stop(&ctx).await;
    let head = blobs
        .get("log/libero-virgilio-2023/checkpoint")
        .await
        .unwrap();

    let tools = Tools::find(&pair.to, &system_bin_dirs()).await.unwrap();
    backup::restore(&tools, &pair.to, &blobs, &dir)
        .await
        .unwrap();
    let restored = pair.ctx(&pair.to, &blobs).await;
    let kept = blobs
        .get("log/libero-virgilio-2023/checkpoint")
        .await
        .unwrap();
    assert_eq!(kept, head);
    // the lease that was held when the backup was made has run out by then
    sql_at(&pair.to, "UPDATE leases SET expires_at = '-infinity'").await;
    let refused = Sequencer::new(Holder::new()).turn(&restored).await;
    assert!(matches!(refused, Err(AppError::Internal(_))), "{refused:?}");

    // into another store, with the files of the backup alone, the log goes on where the backup ended
    let elsewhere = Blobs::folder(&folder.path().join("elsewhere")).unwrap();
    pair.app.sql("CREATE DATABASE newer_head_two").await;
    let two = format!("{}_two", pair.to.strip_suffix("_to").unwrap());
    let tools = Tools::find(&two, &system_bin_dirs()).await.unwrap();
    backup::restore(&tools, &two, &elsewhere, &dir)
        .await
        .unwrap();
    let restored = pair.ctx(&two, &elsewhere).await;
    sql_at(&two, events).await;
    // the lease that was held when the backup was made has run out by then
    sql_at(&two, "UPDATE leases SET expires_at = '-infinity'").await;
    assert_eq!(
        Sequencer::new(Holder::new()).turn(&restored).await.unwrap(),
        5
    );
    pair.app.stop().await;
}
