//! `joinder mail texts`: what an association says in its own words in mails.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;

use crate::app::{AppError, Ctx, mail_text};
use crate::domain::mail_text::MailTexts;

/// Whose words, and new ones.
#[derive(Args)]
pub struct TextsArgs {
    /// Slug of the association
    association: String,
    /// New words, TOML with sections [[mail_text]]; an empty file gives the standard words back
    #[arg(long)]
    file: Option<PathBuf>,
}

/// Tells the words in force as JSON, or publishes those of a file.
///
/// # Errors
/// If the file cannot be read or says what may not be said; if there is no such association.
pub async fn run(ctx: &Ctx, args: &TextsArgs) -> anyhow::Result<String> {
    let slug = &args.association;
    let done = match &args.file {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("{} cannot be read", path.display()))?;
            let texts = MailTexts::from_toml(&text)
                .with_context(|| format!("{} cannot be published", path.display()))?;
            publish(ctx, slug, &texts).await
        }
        None => show(ctx, slug).await,
    };
    match done {
        Err(AppError::NotFound) => bail!("there is no association `{slug}`"),
        done => Ok(done?),
    }
}

async fn publish(ctx: &Ctx, slug: &str, texts: &MailTexts) -> Result<String, AppError> {
    Ok(match mail_text::publish(ctx, slug, texts).await? {
        Some(version) => format!("the words of {slug} are published as version {version}"),
        None => format!("these words of {slug} are in force already"),
    })
}

async fn show(ctx: &Ctx, slug: &str) -> Result<String, AppError> {
    let Some((version, texts)) = mail_text::current(ctx, slug).await? else {
        return Ok(format!("{slug} has no words of its own"));
    };
    let list = serde_json::to_string_pretty(&texts.to_list()).map_err(AppError::internal)?;
    Ok(format!("version {version}\n{list}"))
}
