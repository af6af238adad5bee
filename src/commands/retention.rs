//! `joinder retention`: what is kept for how long, what is due, and who answers for a term.

use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::app::retention::rules::{self, Standing};
use crate::app::{AppError, Ctx};
use crate::commands::say;
use crate::config::Config;
use crate::domain::reason::Reason;
use crate::domain::retention::{Mode, RULES, Rule, Term};
use crate::startup::{Database, open_ctx};

/// Arguments of `retention`.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct RetentionArgs {
    /// Only tells what is due under each rule, and touches nothing
    #[arg(long)]
    dry_run: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(subcommand)]
    command: Option<RetentionCommand>,
}

/// What to do with a rule.
#[derive(Subcommand)]
pub enum RetentionCommand {
    /// Sets the days of a rule and notes who answers for them; a rule that waited for that acts from now on
    Confirm {
        /// Name of the rule
        rule: String,
        /// Days, within the bounds of the rule
        #[arg(long)]
        days: i64,
        /// Name and office of who answers for it
        #[arg(long)]
        by: String,
    },
}

/// Does it; a term that is set is audited.
///
/// # Errors
/// If there is no such rule, or its days are out of bounds; if database, keys or files cannot be used.
pub async fn run(config: &Config, args: &RetentionArgs) -> anyhow::Result<ExitCode> {
    let database = Database::attach(config).await?;
    let done = with(config, &database, args).await;
    database.stop().await;
    for line in done? {
        say(&line)?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn with(
    config: &Config,
    database: &Database,
    args: &RetentionArgs,
) -> anyhow::Result<Vec<String>> {
    let ctx = open_ctx(config, database, false).await?;
    let done = match &args.command {
        Some(RetentionCommand::Confirm { rule, days, by }) => confirm(&ctx, rule, *days, by).await,
        None if args.dry_run => due(&ctx, args.json).await,
        None => act(&ctx, args.json).await,
    };
    ctx.pools.close();
    done
}

async fn confirm(ctx: &Ctx, name: &str, days: i64, by: &str) -> anyhow::Result<Vec<String>> {
    let Some(rule) = Rule::find(name) else {
        let names: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
        bail!("there is no rule `{name}`, only {}", names.join(", "));
    };
    let Ok(by) = Reason::parse(Some(by)) else {
        bail!("say who answers for it in one line of at most 500 characters");
    };
    let by = by.as_str();
    match rules::confirm(ctx, name, days, by).await {
        Err(AppError::IllegalTransition(_)) => bail!("`{name}` takes {}", bounds(rule)),
        done => done.context("the term was not set")?,
    }
    let acts = if rule.acts(true) {
        "acts"
    } else {
        "never acts by itself"
    };
    Ok(vec![format!(
        "{name}: {days} days, confirmed by {by}; it {acts}"
    )])
}

fn bounds(rule: &Rule) -> String {
    match rule.term {
        Term::Days { least, most, .. } if least == most => format!("{least} days, and no others"),
        Term::Days { least, most, .. } => format!("{least} to {most} days"),
        Term::Minutes(_) | Term::Expired | Term::None => "no days".to_owned(),
    }
}

async fn due(ctx: &Ctx, as_json: bool) -> anyhow::Result<Vec<String>> {
    let all = rules::standing(ctx).await?;
    if as_json {
        let rules: Vec<Value> = all.iter().map(as_value).collect();
        return Ok(vec![serde_json::to_string_pretty(&json!({
            "dry_run": true, "at": ctx.clock.now(), "rules": rules,
        }))?]);
    }
    let mut lines = vec![format!(
        "{:<18} {:>8}  {:<20} {:<16} {:<24} {}",
        "rule", "due", "oldest", "after", "acts", "confirmed by"
    )];
    lines.extend(all.iter().map(told));
    Ok(lines)
}

async fn act(ctx: &Ctx, as_json: bool) -> anyhow::Result<Vec<String>> {
    let ran = rules::run(ctx).await?;
    if as_json {
        let deleted: serde_json::Map<String, Value> = ran
            .all()
            .iter()
            .map(|(rule, count)| ((*rule).to_owned(), json!(count)))
            .collect();
        return Ok(vec![serde_json::to_string_pretty(&json!({
            "dry_run": false, "at": ctx.clock.now(), "deleted": deleted,
        }))?]);
    }
    let lines = ran.all().iter();
    Ok(lines
        .map(|(rule, count)| format!("{rule:<18} {count:>8} deleted"))
        .collect())
}

/// A rule in one line.
fn told(standing: &Standing) -> String {
    let due = standing.due.map_or("-".to_owned(), |due| {
        let more = if due.count >= rules::COUNTED { "+" } else { "" };
        format!("{}{more}", due.count)
    });
    let oldest = standing.due.and_then(|due| due.oldest);
    let oldest = oldest.map_or("-".to_owned(), |at| {
        at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
    });
    let by = standing
        .confirmed
        .as_ref()
        .map_or("none", |(by, _)| by.as_str());
    format!(
        "{:<18} {due:>8}  {oldest:<20} {:<16} {:<24} {by}",
        standing.rule.name,
        after(standing),
        acts(standing)
    )
}

fn after(standing: &Standing) -> String {
    match (standing.days, standing.rule.term) {
        (Some(days), _) => format!("{days} days"),
        (None, Term::Minutes(minutes)) => format!("{minutes} minutes"),
        (None, Term::Expired) => "once expired".to_owned(),
        (None, Term::Days { .. } | Term::None) => "-".to_owned(),
    }
}

fn acts(standing: &Standing) -> &'static str {
    match (standing.acts, standing.rule.mode) {
        (true, _) => "by itself",
        (false, Mode::OnceConfirmed) => "not before confirmed",
        (false, Mode::Unstored) => "nothing is stored",
        (false, Mode::Acts | Mode::Never) => "never by itself",
    }
}

fn as_value(standing: &Standing) -> Value {
    json!({
        "rule": standing.rule.name,
        "after": after(standing),
        "days": standing.days,
        "from": standing.rule.from,
        "source": standing.rule.source,
        "acts": standing.acts,
        "cap": standing.rule.cap,
        "confirmed_by": standing.confirmed.as_ref().map(|(by, _)| by),
        "confirmed_at": standing.confirmed.as_ref().map(|(_, at)| at),
        "due": standing.due.map(|due| due.count),
        "due_is_at_least": standing.due.is_some_and(|due| due.count >= rules::COUNTED),
        "oldest": standing.due.and_then(|due| due.oldest),
        "last_run_at": standing.last.map(|(at, _)| at),
        "deleted_that_day": standing.last.map(|(_, deleted)| deleted),
    })
}
