//! `joinder log`: how the evidence logs stand, and taking one up again after a restore.

use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Subcommand;

use crate::app::log::recover::{self, Left, Lost, Recovered};
use crate::app::log::status::{self, LogStatus};
use crate::app::log::trail::{self, Checked, Finding};
use crate::app::{AppError, Ctx};
use crate::commands::say;
use crate::config::Config;
use crate::startup::{Database, open_ctx};

/// What to do with the logs.
#[derive(Subcommand)]
pub enum LogCommand {
    /// Every log: its key, entries, what waits, and why nothing more is signed, if so
    Status,
    /// Holds the audit trail and what staff did against the published log: exit code 1 if a row was changed,
    /// deleted, inserted or moved
    Audit {
        /// Name of the case in URLs
        slug: String,
    },
    /// Makes the published log the one that is gone on with, and lists whose rows are lost
    Recover {
        /// Name of the case in URLs
        slug: String,
    },
}

/// Does it; a recovery is audited. Exit code 1 if a log is not gone on with, or rows are lost.
///
/// # Errors
/// If there is no such log; if database, keys or files cannot be used.
pub async fn run(config: &Config, command: &LogCommand) -> anyhow::Result<ExitCode> {
    let database = Database::attach(config).await?;
    let done = with(config, &database, command).await;
    database.stop().await;
    let (lines, code) = done?;
    for line in lines {
        say(&line)?;
    }
    Ok(code)
}

async fn with(
    config: &Config,
    database: &Database,
    command: &LogCommand,
) -> anyhow::Result<(Vec<String>, ExitCode)> {
    let ctx = open_ctx(config, database, false).await?;
    let done = match command {
        LogCommand::Status => show(&ctx).await,
        LogCommand::Audit { slug } => hold(&ctx, slug).await,
        LogCommand::Recover { slug } => take_up(&ctx, slug).await,
    };
    ctx.pools.close();
    done
}

async fn show(ctx: &Ctx) -> anyhow::Result<(Vec<String>, ExitCode)> {
    let logs = status::all(ctx).await?;
    let refused = logs.iter().any(|log| log.refusal.is_some());
    let mut lines: Vec<String> = logs.iter().flat_map(told).collect();
    if lines.is_empty() {
        lines.push(
            "there is no log yet: a worker begins one for each case that is public".to_owned(),
        );
    }
    let code = if refused {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    };
    Ok((lines, code))
}

fn told(log: &LogStatus) -> Vec<String> {
    let instant = |at: chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let signed = log.signed_at.map_or("never".to_owned(), instant);
    let oldest = log.oldest.map_or(String::new(), |at| {
        format!(", the oldest since {}", instant(at))
    });
    let mut lines = vec![
        format!(
            "{}: {} entries, {} of them signed ({signed})",
            log.slug, log.size, log.signed
        ),
        format!("  key: {}", log.vkey),
        format!("  waiting: {}{oldest}", log.waiting),
    ];
    if let Some((size, at)) = log.stamped.newest {
        let at = instant(at);
        lines.push(format!(
            "  time stamp: {at} by the authority's clock, over {size} entries"
        ));
    }
    if let Some((size, attempts, problem)) = &log.stamped.waiting {
        let why = problem.as_deref().unwrap_or("not asked yet");
        lines.push(format!(
            "  no time stamp over {size} entries yet, asked {attempts} times: {why}"
        ));
    }
    lines.extend(
        log.refusal
            .as_ref()
            .map(|refusal| format!("  STOPPED: {refusal}")),
    );
    lines
}

async fn hold(ctx: &Ctx, slug: &str) -> anyhow::Result<(Vec<String>, ExitCode)> {
    let checked = match trail::check(ctx, slug).await {
        Err(AppError::NotFound) => {
            bail!("there is no log `{slug}`, or nothing of it was published")
        }
        Err(AppError::Internal(cause)) => bail!("the log cannot be read: {cause}"),
        done => done.context("the log was not checked")?,
    };
    let code = if checked.findings.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    };
    Ok((held(slug, &checked), code))
}

fn held(slug: &str, checked: &Checked) -> Vec<String> {
    let days = match checked.days.as_slice() {
        [] => "no day of the trail was digested yet".to_owned(),
        [day] => format!("the trail of {day} is as it was digested"),
        [first, .., last] => format!(
            "the trail of {} days from {first} to {last} is as it was digested",
            checked.days.len()
        ),
    };
    let mut lines = vec![
        format!(
            "{slug}: {} entries lead to the published root",
            checked.entries
        ),
        format!(
            "  {} of them are about what staff and the registry did, and fit their rows",
            checked.events
        ),
        format!("  {days}; what came later is in no digest yet"),
    ];
    let unread = checked.unread.iter();
    lines.extend(unread.map(|day| format!("  {day}: the digest has an older form, not checked")));
    let findings = checked.findings.iter();
    lines.extend(findings.map(|finding| format!("  WRONG: {}", found(finding))));
    lines
}

fn found(finding: &Finding) -> String {
    match finding {
        Finding::Lost { index, kind } => {
            format!("entry {index} {}: its row is gone", kind.as_str())
        }
        Finding::Changed { index, kind } => {
            format!("entry {index} {}: its row was changed", kind.as_str())
        }
        Finding::Invented { index, kind } => {
            format!("a row says that entry {index} is of it ({kind}): the log has it not")
        }
        Finding::Differs {
            day,
            digested,
            found,
        } => format!(
            "{day}: {digested} rows of the trail were digested, {found} are there; one was changed, deleted, inserted or moved"
        ),
        Finding::Missing { day } => format!("{day}: has no digest, days before and after it do"),
    }
}

async fn take_up(ctx: &Ctx, slug: &str) -> anyhow::Result<(Vec<String>, ExitCode)> {
    let done = match recover::recover(ctx, slug).await {
        Err(AppError::NotFound) => {
            bail!("there is no log `{slug}`, or nothing of it was published")
        }
        Err(AppError::IllegalTransition(_)) => {
            bail!("another process works on the log of `{slug}`: stop it, or try again")
        }
        Err(AppError::Internal(cause)) => bail!("the log was not taken up: {cause}"),
        done => done.context("the log was not taken up")?,
    };
    let code = if done.lost.iter().all(|lost| lost.left == Left::Erased) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    };
    Ok((report(slug, &done), code))
}

fn report(slug: &str, done: &Recovered) -> Vec<String> {
    if done.from == done.to {
        return vec![format!(
            "{slug}: the database knows all {} entries; nothing was done",
            done.to
        )];
    }
    let mut lines = vec![format!(
        "{slug}: {} to {} entries; {} had their rows, of {} the rows are lost",
        done.from,
        done.to,
        done.adopted,
        done.lost.len()
    )];
    lines.extend(done.lost.iter().map(lost));
    lines
}

fn lost(lost: &Lost) -> String {
    let whom = match (&lost.reference, lost.subject) {
        (Some(reference), Some(id)) => format!("claimant {reference} ({id})"),
        (None, Some(id)) => format!("about {id}"),
        _ => "of somebody unknown: the sealed list is missing".to_owned(),
    };
    let left = match lost.left {
        Left::Nothing => "no row is left",
        Left::Record => "the record is there, what was signed is not: must sign again",
        Left::Erased => "erased meanwhile: nothing to do",
    };
    format!(
        "  entry {} {}: {whom}; {left}",
        lost.index,
        lost.kind.as_str()
    )
}
