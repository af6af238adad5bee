//! `joinder case`: changes a case.

use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Subcommand;

use crate::app::{AppError, operator};
use crate::commands::say;
use crate::config::Config;
use crate::domain::case::CaseState;
use crate::startup::{Database, open_ctx};

/// What to do with a case.
#[derive(Subcommand)]
pub enum CaseCommand {
    /// Sets the state: what is offered to people follows within seconds
    Set {
        /// Name of the case in URLs
        slug: String,
        /// draft, pre_registration, open, closed, filed, admitted, distribution or archived
        state: String,
    },
}

/// Does it; audited.
///
/// # Errors
/// If there is no such case or state; if database or keys cannot be used.
pub async fn run(config: &Config, command: &CaseCommand) -> anyhow::Result<ExitCode> {
    let CaseCommand::Set { slug, state } = command;
    let Some(state) = CaseState::parse(state) else {
        bail!(
            "`{state}` is no state: take one of {}",
            CaseState::ALL.map(CaseState::as_str).join(", ")
        );
    };
    let database = Database::attach(config).await?;
    let done = set(config, &database, slug, state).await;
    database.stop().await;
    let before = done?;
    say(&format!(
        "{slug}: {} -> {}",
        before.as_str(),
        state.as_str()
    ))?;
    Ok(ExitCode::SUCCESS)
}

async fn set(
    config: &Config,
    database: &Database,
    slug: &str,
    state: CaseState,
) -> anyhow::Result<CaseState> {
    let ctx = open_ctx(config, database, false).await?;
    let before = operator::set_case_state(&ctx, slug, state).await;
    ctx.pools.close();
    match before {
        Err(AppError::NotFound) => bail!("there is no case `{slug}`"),
        before => before.context("the state was not set"),
    }
}
