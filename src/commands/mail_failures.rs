//! `joinder mail suppress|unsuppress|release-template|failures`: what comes back, and whom not to
//! write to.

use std::fmt::Write;

use anyhow::{Context, bail};

use crate::app::storm::{self, Storm};
use crate::app::{AppError, Ctx, suppression};
use crate::domain::mail::MailKind;

/// Writes nothing more to an address.
///
/// # Errors
/// If it is no address, or the database cannot be used.
pub async fn suppress(ctx: &Ctx, address: &str) -> anyhow::Result<String> {
    Ok(match suppression::suppress(ctx, address).await {
        Ok(true) => "no mail goes to this address any more; only a hash of it is kept".to_owned(),
        Ok(false) => "no mail went to this address already".to_owned(),
        Err(AppError::Invalid(_)) => bail!("this is no e-mail address"),
        Err(error) => return Err(error).context("nothing was changed"),
    })
}

/// Writes to an address again.
///
/// # Errors
/// If it is no address, or the database cannot be used.
pub async fn unsuppress(ctx: &Ctx, address: &str) -> anyhow::Result<String> {
    Ok(match suppression::unsuppress(ctx, address).await {
        Ok(true) => "mail goes to this address again".to_owned(),
        Ok(false) => "nothing was known against this address".to_owned(),
        Err(AppError::Invalid(_)) => bail!("this is no e-mail address"),
        Err(error) => return Err(error).context("nothing was changed"),
    })
}

/// Lets the mails of a template go after a bounce storm.
///
/// # Errors
/// If there is no such kind of mail, or the database cannot be used.
pub async fn release_template(ctx: &Ctx, kind: &str) -> anyhow::Result<String> {
    Ok(match storm::release(ctx, kind).await {
        Ok(Some(due)) => format!("mails `{kind}` go out again: {due} due"),
        Ok(None) => format!("there was no bounce storm of mails `{kind}`"),
        Err(AppError::NotFound) => {
            let kinds = MailKind::ALL.map(MailKind::as_str).join(", ");
            bail!("there are no mails `{kind}`, only {kinds}")
        }
        Err(error) => return Err(error).context("nothing was changed"),
    })
}

/// Storms that are on, bounces of the last day, addresses that get no mail; a line each.
///
/// # Errors
/// If the database cannot be used.
pub async fn failures(ctx: &Ctx) -> anyhow::Result<String> {
    let found = storm::failures(ctx).await?;
    let mut text = String::new();
    for storm in &found.storms {
        writeln!(text, "{}", told(storm))?;
    }
    if found.storms.is_empty() {
        writeln!(text, "no bounce storm")?;
    }
    writeln!(text, "came back within a day: {}", listed(&found.bounces))?;
    let suppressed = suppression::count(ctx).await?;
    write!(text, "addresses that get no mail: {}", listed(&suppressed))?;
    Ok(text)
}

/// A storm in one line, and how to let its mails go.
pub fn told(storm: &Storm) -> String {
    let (kind, hard, sent) = (&storm.kind, storm.hard, storm.sent);
    let since = storm.since.format("%Y-%m-%d %H:%M UTC");
    let state = if storm.pauses {
        format!("they wait: look why, then `joinder mail release-template {kind}`")
    } else {
        "they go on, since people wait for their codes".to_owned()
    };
    format!("bounce storm: {hard} of {sent} mails `{kind}` came back, since {since}; {state}")
}

fn listed(counts: &[(String, i64)]) -> String {
    if counts.is_empty() {
        return "none".to_owned();
    }
    let words = counts.iter().map(|(word, count)| format!("{count} {word}"));
    words.collect::<Vec<_>>().join(", ")
}
