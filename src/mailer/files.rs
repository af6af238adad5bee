//! Mails as files: written aside, then renamed, so that a reader never sees half a mail.

use std::{io, path::Path};

use tokio::{fs, io::AsyncWriteExt};

use super::{Accepted, Files, OutgoingMail, SendError};

impl Files {
    /// Writes `{time}-{message id}.eml`; the names sort by the time of the outbox row.
    pub(super) async fn write(
        &self,
        message: &OutgoingMail,
        bytes: &[u8],
    ) -> Result<Accepted, SendError> {
        let name = file_name(message);
        match write_aside(&self.dir, &name, bytes).await {
            Ok(()) => Ok(Accepted {
                response: format!("written to {name}"),
            }),
            Err(error) => Err(SendError::temporary(format!(
                "cannot write the mail file: {}",
                error.kind()
            ))),
        }
    }
}

async fn write_aside(dir: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(dir).await?;
    let aside = dir.join(format!(".{name}.part"));
    let mut options = fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&aside)
        .await?;
    file.write_all(bytes).await?;
    file.sync_all().await?;
    drop(file);
    fs::rename(&aside, dir.join(name)).await
}

fn file_name(message: &OutgoingMail) -> String {
    let id: String = message
        .message_id
        .chars()
        .filter_map(|c| match c {
            '<' | '>' => None,
            c if c.is_ascii_alphanumeric() || c == '-' => Some(c),
            _ => Some('_'),
        })
        .take(120)
        .collect();
    format!("{}-{id}.eml", message.date.format("%Y%m%dT%H%M%S%.3fZ"))
}
