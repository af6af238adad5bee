//! `joinder migrate`: brings the database up to date.

use std::process::ExitCode;

use crate::commands::say;
use crate::config::Config;
use crate::startup::Database;

/// Migrates `DATABASE_URL`, else our own database.
///
/// # Errors
/// If the database cannot be reached, or a migration fails.
pub async fn run(config: &Config) -> anyhow::Result<ExitCode> {
    let database = Database::open(config).await?;
    let count = database.migrate().await;
    database.stop().await;
    match count? {
        0 => say("the database is up to date")?,
        count => say(&format!(
            "{count} migrations run, the database is up to date"
        ))?,
    }
    Ok(ExitCode::SUCCESS)
}
