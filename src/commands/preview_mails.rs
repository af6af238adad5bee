//! `joinder preview-mails`: every mail in every language, with made-up values.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use chrono::{DateTime, Utc};
use clap::Args;

use crate::commands::say;
use crate::domain::language::Language;
use crate::domain::mail::Mail;
use crate::mailer::{self, OutgoingMail};
use crate::render::mail::{
    AccessMail, ConfirmationMail, Frame, Purpose, RecordLine, RecordsMail, RenderMailError,
};

/// Arguments of `preview-mails`.
#[derive(Args)]
pub struct PreviewArgs {
    /// Folder for the files, made if needed
    dir: PathBuf,
}

/// Writes `{mail}.{language}.eml`, `.txt` and `.html`.
///
/// # Errors
/// If the folder cannot be written.
pub fn run(args: &PreviewArgs) -> anyhow::Result<ExitCode> {
    fs::create_dir_all(&args.dir)
        .with_context(|| format!("{} cannot be made", args.dir.display()))?;
    let mut count = 0;
    for language in [Language::It, Language::En] {
        for (name, mail) in samples(language)? {
            let file = |kind: &str| {
                let language = language.as_str();
                args.dir.join(format!("{name}.{language}.{kind}"))
            };
            fs::write(file("txt"), &mail.text)?;
            fs::write(file("html"), &mail.html)?;
            let message = OutgoingMail {
                from: ("Codacons".to_owned(), "joinder@joinder.example".to_owned()),
                mail,
                message_id: format!("<{name}.{}@joinder.example>", language.as_str()),
                date: sample_time(),
            };
            fs::write(file("eml"), mailer::formatted(&message)?)?;
            count += 1;
        }
    }
    say(&format!(
        "{count} mails, three files each, in {}",
        args.dir.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn samples(language: Language) -> Result<Vec<(&'static str, Mail)>, RenderMailError> {
    let code = || "123456".to_owned();
    let expires_at = sample_time();
    let records = |purpose, count| {
        RecordsMail {
            frame: frame(language),
            purpose,
            records: (0..count).map(|_| record(purpose)).collect(),
            code: None,
            expires_at,
        }
        .render()
    };
    Ok(vec![
        (
            "confirmation",
            ConfirmationMail {
                frame: frame(language),
                record: record(Purpose::Confirm),
                code: code(),
                expires_at,
            }
            .render()?,
        ),
        (
            "access",
            AccessMail {
                frame: frame(language),
                record: record(Purpose::Enter),
                code: code(),
                expires_at,
            }
            .render()?,
        ),
        ("confirmation-of-several", records(Purpose::Confirm, 3)?),
        ("access-to-several", records(Purpose::Enter, 3)?),
    ])
}

fn frame(language: Language) -> Frame {
    Frame {
        to: "anna.bianchi@example.org".to_owned(),
        language,
        mail_code: "7K3M-Q9RT-4WXZ".to_owned(),
        verify_url: "https://joinder.example/verify".to_owned(),
    }
}

fn record(purpose: Purpose) -> RecordLine {
    let page = match purpose {
        Purpose::Confirm => "confirm",
        Purpose::Enter => "enter",
    };
    RecordLine {
        case_title: "Libero Mail e Virgilio Mail: i blocchi del 2023".to_owned(),
        association_name: "Codacons".to_owned(),
        association_phone: Some("06 0000 0001".to_owned()),
        reference: "0GZ7-41KX-N2QA".to_owned(),
        link: format!("https://joinder.example/{page}/SAMPLE-TOKEN"),
    }
}

/// 26 January 2026, 10:00 UTC: previews of two days are the same.
fn sample_time() -> DateTime<Utc> {
    DateTime::from_timestamp(1_769_421_600, 0).unwrap_or_default()
}
