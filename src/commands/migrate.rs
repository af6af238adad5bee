//! `joinder migrate`: brings the database up to date, also beside programs that serve from it (decision 41).

use std::process::ExitCode;

use crate::commands::say;
use crate::config::Config;
use crate::startup::{Database, refuse_newer};

/// Migrates `DATABASE_URL`, else our own database, whether `serve` runs on it or not.
///
/// # Errors
/// If the database cannot be reached or is newer than this program, or a migration fails.
pub async fn run(config: &Config) -> anyhow::Result<ExitCode> {
    let database = Database::attach(config).await?;
    let done = migrate(&database).await;
    database.stop().await;
    match done? {
        0 => say("the database is up to date")?,
        count => say(&format!(
            "{count} migrations run, the database is up to date"
        ))?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn migrate(database: &Database) -> anyhow::Result<usize> {
    let count = database.migrate().await?;
    refuse_newer(database).await?;
    Ok(count)
}
