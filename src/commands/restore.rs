//! `joinder restore`: fills an empty database from a backup.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

use crate::app::log::{Refusal, status};
use crate::app::partner::event;
use crate::app::{backup, retention};
use crate::commands::say;
use crate::config::Config;
use crate::startup::{Database, master_keys, open_ctx, open_store};

/// Arguments of `restore`.
#[derive(Args)]
pub struct RestoreArgs {
    /// The folder of a backup
    dir: PathBuf,
}

/// Restores, migrates, and erases again who was erased, before it says done.
///
/// # Errors
/// With a sentence for the operator; if it ends in the middle, `serve` erases before it serves.
pub async fn run(config: &Config, args: &RestoreArgs) -> anyhow::Result<ExitCode> {
    master_keys(config).context("a backup opens only with its own master key")?;
    let database = Database::open_as_is(config).await?;
    let done = fill(config, &database, args).await;
    database.stop().await;
    let (erased, refusals) = done?;
    say(&format!(
        "restored; {erased} erased claimants had come back and are gone again"
    ))?;
    for refusal in refusals {
        say(&refusal.to_string())?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn fill(
    config: &Config,
    database: &Database,
    args: &RestoreArgs,
) -> anyhow::Result<(usize, Vec<Refusal>)> {
    let (tools, blobs) = open_store(config, database).await?;
    backup::restore(&tools, database.url(), &blobs, &args.dir).await?;
    database.migrate().await?;
    let ctx = open_ctx(config, database, false).await?;
    event::leave_numbers_out(&ctx).await?;
    let erased = retention::replay_erased(&ctx).await;
    let logs = status::all(&ctx).await;
    ctx.pools.close();
    let refusals = logs?.into_iter().filter_map(|log| log.refusal);
    Ok((erased?, refusals.collect()))
}
