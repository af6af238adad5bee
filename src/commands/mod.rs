//! The commands of the program: what an operator types.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::bail;
use clap::{CommandFactory, Parser, Subcommand};

use crate::config::{Config, Options};
use crate::telemetry;

pub mod check;
pub mod keygen;
pub mod migrate;
pub mod serve;
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
    /// Runs the registry in production: pages, API, mails
    Serve,
    /// Runs the loops alone (mails), beside `serve` on the same database
    Worker,
    /// Brings the database up to date
    Migrate,
    /// Makes the master key; keep a copy elsewhere, losing it loses everything
    Keygen(keygen::KeygenArgs),
    /// Tests a configuration and tells what to do
    Check(check::CheckArgs),
}

/// Runs what was typed.
///
/// # Errors
/// With a sentence for the operator.
pub async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let Some(command) = cli.command else {
        Cli::command().print_help()?;
        return Ok(ExitCode::from(2));
    };
    telemetry::init_logs(
        cli.options
            .log
            .as_deref()
            .filter(|log| !log.trim().is_empty()),
    )?;
    match command {
        Command::Serve => serve::run(&Config::resolve(&cli.options)?).await,
        Command::Worker => worker::run(&Config::resolve(&cli.options)?).await,
        Command::Migrate => migrate::run(&Config::resolve(&cli.options)?).await,
        Command::Keygen(args) => keygen::run(&Config::resolve(&cli.options)?, &args),
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
