//! `joinder mail`: holds mail to a domain that is down, and lets it go; what comes back is in
//! `mail_failures`.

use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Subcommand;

use crate::app::{AppError, AppResult, Ctx, operator};
use crate::commands::{mail_failures, say};
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
    /// No mail goes to the address any more, codes neither; only a hash of it is kept
    Suppress {
        /// An e-mail address
        address: String,
    },
    /// Mail goes to the address again, whatever was known against it
    Unsuppress {
        /// An e-mail address
        address: String,
    },
    /// Mails of the kind go out again after a bounce storm
    ReleaseTemplate {
        /// A kind of mail, such as confirmation
        kind: String,
    },
    /// Tells of bounce storms, bounces and suppressed addresses
    Failures,
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
    let done = match command {
        MailCommand::Hold { domain } => known(domain, hold(&ctx, domain).await),
        MailCommand::Release { domain } => known(domain, release(&ctx, domain).await),
        MailCommand::Suppress { address } => mail_failures::suppress(&ctx, address).await,
        MailCommand::Unsuppress { address } => mail_failures::unsuppress(&ctx, address).await,
        MailCommand::ReleaseTemplate { kind } => mail_failures::release_template(&ctx, kind).await,
        MailCommand::Failures => mail_failures::failures(&ctx).await,
    };
    ctx.pools.close();
    done
}

/// What came of a command about a domain.
fn known(domain: &str, done: AppResult<String>) -> anyhow::Result<String> {
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
