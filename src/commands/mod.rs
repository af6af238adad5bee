//! The commands of the program: what an operator types.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::bail;
use clap::{Parser, Subcommand};

use crate::config::{Config, Options};
use crate::telemetry;

pub mod backup;
pub mod bootstrap;
pub mod case;
pub mod check;
pub mod demo;
pub mod keygen;
pub mod log;
pub mod mail;
pub mod mail_check;
pub mod mail_failures;
pub mod mail_texts;
pub mod migrate;
pub mod picture;
pub mod preview_mails;
pub mod restore;
pub mod retention;
pub mod serve;
pub mod verify;
pub mod worker;

/// A registry for class-action claimants: sign up, confirm, declare the damage, prove it.
#[derive(Parser)]
#[command(name = "joinder", version)]
pub struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the first case with made-up data: what `joinder` alone does
    Demo(demo::DemoArgs),
    /// Runs the registry in production: pages, API, mails
    Serve,
    /// Runs the loops alone (mails), beside `serve` on the same database
    Worker,
    /// Brings the database up to date
    Migrate,
    /// Makes the master key; keep a copy elsewhere, losing it loses everything
    Keygen(keygen::KeygenArgs),
    /// Makes a case, its associations and their staff from a seed; secrets are shown once
    Bootstrap(bootstrap::BootstrapArgs),
    /// Changes a case
    #[command(subcommand)]
    Case(case::CaseCommand),
    /// Holds mail to a domain that is down, and lets it go
    #[command(subcommand)]
    Mail(mail::MailCommand),
    /// Shows the evidence logs, and takes one up again after a restore
    #[command(subcommand)]
    Log(log::LogCommand),
    /// Deletes what is kept long enough, as the worker does; `--dry-run` only tells what is due
    Retention(retention::RetentionArgs),
    /// Checks a receipt, on its own: exit code 0 proved, 1 wrong, 2 cannot be told
    Verify(verify::VerifyArgs),
    /// Makes a picture of a file; the program starts itself so
    #[command(hide = true)]
    Picture(picture::PictureArgs),
    /// Writes every mail in every language into a folder, with made-up values
    PreviewMails(preview_mails::PreviewArgs),
    /// Writes database and files into a new folder, the master key apart
    Backup(backup::BackupArgs),
    /// Fills an empty database from a backup and erases again who was erased
    Restore(restore::RestoreArgs),
    /// Tests a configuration and tells what to do
    Check(check::CheckArgs),
}

/// Runs what was typed.
///
/// # Errors
/// With a sentence for the operator.
pub async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let command = cli
        .command
        .unwrap_or(Command::Demo(demo::DemoArgs::default()));
    telemetry::init_logs(
        cli.options
            .log
            .as_deref()
            .filter(|log| !log.trim().is_empty()),
    )?;
    let config = || Config::resolve(&cli.options);
    match command {
        Command::Demo(args) => demo::run(cli.options.clone(), &args).await,
        Command::Bootstrap(args) => bootstrap::run(&config()?, &args).await,
        Command::Case(command) => case::run(&config()?, &command).await,
        Command::Mail(command) => mail::run(&config()?, &command).await,
        Command::Log(command) => log::run(&config()?, &command).await,
        Command::Retention(args) => retention::run(&config()?, &args).await,
        Command::Verify(args) => verify::run(&args),
        Command::Picture(args) => picture::run(&args),
        Command::PreviewMails(args) => preview_mails::run(&args),
        Command::Backup(args) => backup::run(&config()?, &args).await,
        Command::Restore(args) => restore::run(&config()?, &args).await,
        Command::Serve => serve::run(&config()?).await,
        Command::Worker => worker::run(&config()?).await,
        Command::Migrate => migrate::run(&config()?).await,
        Command::Keygen(args) => keygen::run(&config()?, &args),
        Command::Check(args) => check::run(&cli.options, &args).await,
    }
}

/// Writes a line for the operator to standard output.
///
/// # Errors
/// If nobody reads it.
pub(crate) fn say(line: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{line}")
}

/// Refuses what must not run in production, all at once.
fn refuse_unsafe(config: &Config) -> anyhow::Result<()> {
    let Err(errors) = config.refuse_unsafe() else {
        return Ok(());
    };
    let sentences: Vec<String> = errors.iter().map(ToString::to_string).collect();
    bail!("{}", sentences.join("\n       "));
}
