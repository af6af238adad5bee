//! `joinder bootstrap`: a case, its associations and their staff from a seed.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

use crate::app::bootstrap::{self, BootstrapReport, Logins};
use crate::commands::say;
use crate::config::Config;
use crate::domain::seed::Seed;
use crate::startup::{Database, open_ctx};

/// Arguments of `bootstrap`.
#[derive(Args)]
pub struct BootstrapArgs {
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
    /// The seed, TOML [default: the first case with made-up associations' data]
    #[arg(long)]
    file: Option<PathBuf>,
}

/// Migrates, writes the seed and prints the secrets of new staff, once.
///
/// # Errors
/// With line and field if the seed is wrong; if database or keys cannot be used.
pub async fn run(config: &Config, args: &BootstrapArgs) -> anyhow::Result<ExitCode> {
    let seed = read(args)?;
    let database = Database::attach(config).await?;
    let report = write(config, &database, &seed).await;
    database.stop().await;
    let report = report?;
    if args.json {
        say(&serde_json::to_string_pretty(&report)?)?;
    } else {
        tell(&report)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn read(args: &BootstrapArgs) -> anyhow::Result<Seed> {
    let Some(path) = &args.file else {
        return Ok(bootstrap::demo_seed()?);
    };
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("{} cannot be read", path.display()))?;
    Seed::parse(&text).with_context(|| format!("{} is not a seed", path.display()))
}

async fn write(
    config: &Config,
    database: &Database,
    seed: &Seed,
) -> anyhow::Result<BootstrapReport> {
    database.migrate().await?;
    let ctx = open_ctx(config, database, false).await?;
    let report = bootstrap::bootstrap(&ctx, seed, Logins::Random).await;
    ctx.pools.close();
    Ok(report?)
}

fn tell(report: &BootstrapReport) -> anyhow::Result<()> {
    say(&format!("case {} ({})", report.case.slug, report.case.id))?;
    for association in &report.associations {
        say(&format!(
            "association {} ({})",
            association.slug, association.id
        ))?;
    }
    if report.staff.is_empty() {
        say("no new staff: who was there keeps password and authenticator")?;
        return Ok(());
    }
    say("staff made now; these secrets are not shown again:")?;
    for staff in &report.staff {
        say(&format!(
            "  {:<13} {:<34} password {}  authenticator {}",
            staff.role, staff.email, staff.password, staff.totp_secret
        ))?;
    }
    Ok(())
}
