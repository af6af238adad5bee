//! `joinder backup`: database and files into a new folder.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::app::Clock;
use crate::app::backup::{self, Manifest};
use crate::commands::say;
use crate::config::Config;
use crate::startup::{Database, open_store};

/// Arguments of `backup`.
#[derive(Args)]
pub struct BackupArgs {
    /// A new or empty folder
    dir: PathBuf,
}

/// Writes the backup; `serve` may run meanwhile.
///
/// # Errors
/// With a sentence for the operator.
pub async fn run(config: &Config, args: &BackupArgs) -> anyhow::Result<ExitCode> {
    let database = Database::attach(config).await?;
    let done = write(config, &database, args).await;
    database.stop().await;
    let manifest = done?;
    let bytes: u64 = manifest.files.iter().map(|file| file.bytes).sum();
    say(&format!(
        "{} files, {bytes} bytes in {}",
        manifest.files.len(),
        args.dir.display()
    ))?;
    say(&format!(
        "the master key is NOT in it: it is {}; keep a copy elsewhere, apart from the backups",
        config.master_key_file.display()
    ))?;
    say("a backup lives at most 35 days: delete older ones, they hold what was erased since")?;
    Ok(ExitCode::SUCCESS)
}

async fn write(
    config: &Config,
    database: &Database,
    args: &BackupArgs,
) -> anyhow::Result<Manifest> {
    let (tools, blobs) = open_store(config, database).await?;
    Ok(backup::backup(&tools, &blobs, &args.dir, Clock::System.now()).await?)
}
