//! `joinder keygen`: makes the master key, or the key that signs mails.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

use crate::commands::say;
use crate::config::Config;
use crate::crypto::dkim_key::DkimKey;
use crate::crypto::master_key::MasterKeys;
use crate::mailer::Dkim;

/// Arguments of `keygen`.
#[derive(Args)]
pub struct KeygenArgs {
    /// Write the line to standard output instead of MASTER_KEY_FILE
    #[arg(long)]
    stdout: bool,
    /// Number of the key: one more than the newest, to rotate
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    key_version: u32,
    /// Make the key that signs mails instead, in DKIM_KEY_FILE or DATA_DIR/dkim.pem
    #[arg(long, conflicts_with_all = ["stdout", "key_version"])]
    dkim: bool,
}

/// Makes a key file that did not exist, or prints its line.
///
/// # Errors
/// If there is a file already: keys are never overwritten.
pub fn run(config: &Config, args: &KeygenArgs) -> anyhow::Result<ExitCode> {
    if args.dkim {
        return make_dkim(config);
    }
    if args.stdout {
        let line = MasterKeys::line(args.key_version);
        io::stdout().lock().write_all(line.as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    let path = &config.master_key_file;
    make_folder(path)?;
    MasterKeys::create(path, args.key_version)?;
    say(&format!("the master key is in {}", path.display()))?;
    say("keep a copy elsewhere: losing it loses all personal data, also those in backups")?;
    Ok(ExitCode::SUCCESS)
}

fn make_dkim(config: &Config) -> anyhow::Result<ExitCode> {
    let settings = &config.dkim;
    let path = settings
        .key_file
        .clone()
        .unwrap_or_else(|| config.data_dir.join("dkim.pem"));
    make_folder(&path)?;
    let key = DkimKey::create(&path)?;
    let dkim = Dkim::new(&settings.domain, &settings.selector, key);
    say(&format!(
        "the key that signs mails is in {}",
        path.display()
    ))?;
    say("publish this TXT record (in parts of 255 characters, if your DNS wants them):")?;
    say(&format!("{}.  {}", dkim.record_name(), dkim.record()))?;
    if settings.key_file.is_none() {
        say(&format!(
            "once it is published, set DKIM_KEY_FILE={}",
            path.display()
        ))?;
    }
    say("`joinder mail check` tells when it is seen")?;
    Ok(ExitCode::SUCCESS)
}

fn make_folder(path: &Path) -> anyhow::Result<()> {
    let Some(folder) = path.parent() else {
        return Ok(());
    };
    fs::create_dir_all(folder)
        .with_context(|| format!("the folder {} cannot be made", folder.display()))
}
