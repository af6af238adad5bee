//! `joinder serve`: production.

use std::process::ExitCode;

use crate::commands::refuse_unsafe;
use crate::config::Config;
use crate::startup::{Duty, Parts, Running};
use crate::telemetry;

/// Runs until told to stop.
///
/// # Errors
/// If the configuration is unsafe, or something does not start.
pub async fn run(config: &Config) -> anyhow::Result<ExitCode> {
    refuse_unsafe(config)?;
    let metrics = telemetry::init_metrics()?;
    let parts = Parts::open(config, false).await?;
    let running = Running::start(parts, config, Duty::Everything, metrics)?;
    running.until_stopped().await?;
    Ok(ExitCode::SUCCESS)
}
