//! `joinder mail`: what waits to be sent; holds mail to a domain that is down, slows it, lets it go, sends
//! again what was given up. What comes back is in `mail_failures`.

use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use uuid::Uuid;

use crate::app::mail_status::{self, MailStatus, QueueStatus, Retry};
use crate::app::{AppError, AppResult, Ctx, operator};
use crate::commands::mail_check::{self, MailCheckArgs};
use crate::commands::mail_texts::{self, TextsArgs};
use crate::commands::{mail_failures, say};
use crate::config::Config;
use crate::startup::{Database, open_ctx};

/// What to do with mails.
#[derive(Subcommand)]
pub enum MailCommand {
    /// What waits, by domain, and what does not get on
    Status {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Mail to the domain waits; unconfirmed sign-ups there do not grow old
    Hold {
        /// A public mail provider, such as libero.it
        domain: String,
    },
    /// Mail to the domain goes out again, slowly at first
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
    /// Slows mail to a domain down; without numbers it goes as usual again
    Pace {
        /// Any domain
        domain: String,
        /// Mails a second, over all processes
        #[arg(long)]
        per_second: Option<u32>,
        /// Conversations at once, over all processes
        #[arg(long)]
        at_once: Option<u32>,
    },
    /// Sends again what was given up or waits for its next attempt
    Retry(RetryArgs),
    /// Prints the SPF, DKIM, DMARC and PTR records to publish, and looks whether DNS has them
    Check(MailCheckArgs),
    /// What an association says in its own words in mails; with a file, publishes them
    Texts(TextsArgs),
}

/// Which mails.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct RetryArgs {
    /// All of them
    #[arg(long)]
    all: bool,
    /// Those to a domain
    #[arg(long)]
    domain: Option<String>,
    /// One, by its id
    #[arg(long)]
    id: Option<Uuid>,
}

/// Does it; audited.
///
/// # Errors
/// If the domain is not known as a public provider; if database or keys cannot be used.
pub async fn run(config: &Config, command: &MailCommand) -> anyhow::Result<ExitCode> {
    if let MailCommand::Check(args) = command {
        return mail_check::run(config, args).await;
    }
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
    let done = said(&ctx, command).await;
    ctx.pools.close();
    done
}

async fn said(ctx: &Ctx, command: &MailCommand) -> anyhow::Result<String> {
    let done = match command {
        MailCommand::Status { json } => {
            let status = mail_status::status(ctx).await?;
            return if *json {
                Ok(serde_json::to_string_pretty(&status)?)
            } else {
                Ok(table(&status))
            };
        }
        MailCommand::Hold { domain } => (domain, hold(ctx, domain).await),
        MailCommand::Release { domain } => (domain, release(ctx, domain).await),
        MailCommand::Pace {
            domain,
            per_second,
            at_once,
        } => {
            if [per_second, at_once]
                .iter()
                .any(|number| **number == Some(0))
            {
                bail!("a pace of 0 is a hold: use `joinder mail hold`");
            }
            let paced = operator::pace_mail(ctx, domain, *per_second, *at_once).await;
            (
                domain,
                paced.map(|()| format!("the pace of {domain} is set")),
            )
        }
        MailCommand::Retry(which) => {
            let which = match (&which.domain, which.id) {
                (Some(domain), _) => Retry::Domain(domain.clone()),
                (None, Some(id)) => Retry::Mail(id),
                (None, None) => Retry::All,
            };
            let count = mail_status::retry(ctx, &which).await?;
            return Ok(format!("{count} mails are due again"));
        }
        MailCommand::Suppress { address } => return mail_failures::suppress(ctx, address).await,
        MailCommand::Unsuppress { address } => {
            return mail_failures::unsuppress(ctx, address).await;
        }
        MailCommand::ReleaseTemplate { kind } => {
            return mail_failures::release_template(ctx, kind).await;
        }
        MailCommand::Failures => return mail_failures::failures(ctx).await,
        // asked before any database was opened
        MailCommand::Check(_) => return Ok(String::new()),
        MailCommand::Texts(args) => return mail_texts::run(ctx, args).await,
    };
    match done {
        (domain, Err(AppError::NotFound)) => bail!(
            "`{domain}` is not known as a public mail provider: name it in `mail_domains` of a seed"
        ),
        (_, done) => done.context("nothing was changed"),
    }
}

/// For people: one line a domain, then what does not get on.
fn table(status: &MailStatus) -> String {
    let mut lines = vec![format!(
        "{:<36}  {:<8} {:>9} {:>9} {:>6}  {:<20}  last answer",
        "domain", "state", "due", "parked", "dead", "since (UTC)"
    )];
    lines.extend(status.queues.iter().map(line));
    if !status.storms.is_empty() {
        lines.push(String::new());
        lines.extend(status.storms.iter().map(mail_failures::told));
    }
    if !status.stuck.is_empty() {
        lines.push(String::new());
        lines.push("given up, or tried often (`joinder mail retry --id ID`):".to_owned());
    }
    lines.extend(status.stuck.iter().map(|mail| {
        let error = mail.last_error.as_deref().unwrap_or("-");
        let made = mail.created_at.format("%Y-%m-%d %H:%M");
        format!(
            "{}  {:<14} {:<5} {:>3} attempts, of {made}: {error}",
            mail.id, mail.kind, mail.state, mail.attempts
        )
    }));
    lines.join("\n")
}

fn line(queue: &QueueStatus) -> String {
    let id = queue.id.map(|id| id.to_string());
    let name = queue.provider.clone().or(id);
    let since = queue
        .since
        .map(|at| at.format("%Y-%m-%d %H:%M:%S").to_string());
    format!(
        "{:<36}  {:<8} {:>9} {:>9} {:>6}  {:<20}  {}",
        name.as_deref().unwrap_or("(not known yet)"),
        queue.state,
        queue.due,
        queue.parked,
        queue.dead,
        since.as_deref().unwrap_or("-"),
        queue.last_answer.as_deref().unwrap_or("-"),
    )
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
