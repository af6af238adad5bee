//! `joinder worker`: the loops alone, on a database that others serve from.

use std::process::ExitCode;

use anyhow::bail;

use crate::commands::refuse_unsafe;
use crate::config::Config;
use crate::startup::{Duty, Parts, Running};
use crate::telemetry;

/// Runs until told to stop.
///
/// # Errors
/// If there is no shared database, the configuration is unsafe, or something does not start.
pub async fn run(config: &Config) -> anyhow::Result<ExitCode> {
    if config.database_url.is_none() {
        bail!("a worker shares the database of `joinder serve`: set DATABASE_URL");
    }
    refuse_unsafe(config)?;
    let metrics = telemetry::init_metrics()?;
    let parts = Parts::open(config, false).await?;
    let running = Running::start(parts, config, Duty::Loops, metrics)?;
    running.until_stopped().await?;
    Ok(ExitCode::SUCCESS)
}
