//! `joinder mail`: holds mail to a domain that is down, and lets it go.

use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Subcommand;

use crate::app::{AppError, AppResult, Ctx, operator};
use crate::commands::say;
use crate::config::Config;
use crate::startup::{Database, open_ctx};

/// What to do with mail to a domain.
#[derive(Subcommand)]
pub enum MailCommand {
    /// Mail to the domain waits; unconfirmed sign-ups there do not grow old
    Hold {
        /// A public mail provider, such as libero.it
        domain: String,
    },
    /// Mail to the domain goes out again, what waited first
    Release {
        /// A public mail provider, such as libero.it
        domain: String,
    },
}

/// Does it; audited.
///
/// # Errors
/// If the domain is not known as a public provider; if database or keys cannot be used.
pub async fn run(config: &Config, command: &MailCommand) -> anyhow::Result<ExitCode> {
    let database = Database::attach(config).await?;
    let done = act(config, &database, command).await;
    database.stop().await;
    say(&done?)?;
    Ok(ExitCode::SUCCESS)
}

async fn act(
    config: &Config,
    database: &Database,
    command: &MailCommand,
) -> anyhow::Result<String> {
    let ctx = open_ctx(config, database, false).await?;
    let (domain, done) = match command {
        MailCommand::Hold { domain } => (domain, hold(&ctx, domain).await),
        MailCommand::Release { domain } => (domain, release(&ctx, domain).await),
    };
    ctx.pools.close();
    match done {
        Err(AppError::NotFound) => bail!(
            "`{domain}` is not known as a public mail provider: name it in `mail_domains` of a seed"
        ),
        done => done.context("nothing was changed"),
    }
}

async fn hold(ctx: &Ctx, domain: &str) -> AppResult<String> {
    Ok(if operator::hold_mail(ctx, domain).await? {
        format!("mail to {domain} is held")
    } else {
        format!("mail to {domain} was held already")
    })
}

async fn release(ctx: &Ctx, domain: &str) -> AppResult<String> {
    Ok(match operator::release_mail(ctx, domain).await? {
        Some(released) => format!(
            "mail to {domain} goes out again: {} mails due, {} unconfirmed sign-ups go on where they stood",
            released.mails, released.claimants
        ),
        None => format!("mail to {domain} was not held"),
    })
}
