//! `joinder keygen`: makes the master key.

use std::fs;
use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

use crate::commands::say;
use crate::config::Config;
use crate::crypto::master_key::MasterKeys;

/// Arguments of `keygen`.
#[derive(Args)]
pub struct KeygenArgs {
    /// Write the line to standard output instead of MASTER_KEY_FILE
    #[arg(long)]
    stdout: bool,
    /// Number of the key: one more than the newest, to rotate
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    key_version: u32,
}

/// Makes a key file that did not exist, or prints its line.
///
/// # Errors
/// If there is a file already: keys are never overwritten.
pub fn run(config: &Config, args: &KeygenArgs) -> anyhow::Result<ExitCode> {
    if args.stdout {
        let line = MasterKeys::line(args.key_version);
        io::stdout().lock().write_all(line.as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    let path = &config.master_key_file;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("the folder {} cannot be made", folder.display()))?;
    }
    MasterKeys::create(path, args.key_version)?;
    say(&format!("the master key is in {}", path.display()))?;
    say("keep a copy elsewhere: losing it loses all personal data, also those in backups")?;
    Ok(ExitCode::SUCCESS)
}
