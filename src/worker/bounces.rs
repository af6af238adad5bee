//! Reads what came back: files that an MTA or fetchmail put into `BOUNCE_DIR`, flat or as a maildir's
//! `new/`. Each is read once: after its transaction it goes to `done/`, or to `failed/` for somebody to
//! look at. A crash in between is no harm: the same bytes count once.

use std::path::{Path, PathBuf};

use tokio::fs;
use tokio::io::AsyncReadExt;

use super::chain;
use crate::app::bounce::{self, Recorded};
use crate::app::{AppError, AppResult, Ctx};
use crate::mailer::report::{self, MAX_BYTES};

/// Files read in one run: what is left waits for the next.
const MAX_FILES: usize = 1_000;

/// What a run read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Read {
    /// Reports about mails of ours.
    pub kept: usize,
    /// Files put aside: no report, hostile, or about no mail of ours.
    pub aside: usize,
}

/// Reads every file that is there now.
///
/// # Errors
/// `Unavailable` if the database cannot be reached: the file stays. A folder that cannot be read is told
/// in the log.
pub async fn read_all(ctx: &Ctx) -> AppResult<Read> {
    let Some(folder) = ctx.settings.bounce_dir.as_deref() else {
        return Ok(Read::default());
    };
    let mut read = Read::default();
    for place in [folder.to_path_buf(), folder.join("new")] {
        for file in files_in(&place).await {
            let kept = read_one(ctx, &file).await?;
            let (counted, aside) = if kept {
                (&mut read.kept, "done")
            } else {
                (&mut read.aside, "failed")
            };
            *counted += 1;
            put_aside(folder, &file, aside).await;
        }
    }
    Ok(read)
}

/// Plain files, oldest name first; none that is still being written (a leading dot).
async fn files_in(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut entries = match fs::read_dir(folder).await {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return files,
        Err(error) => {
            tracing::error!(error = %error.kind(), "the folder of bounces cannot be read");
            return files;
        }
    };
    while let Ok(Some(entry)) = entries.next_entry().await {
        let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        // not followed: a link could lead anywhere
        let is_file = entry.file_type().await.is_ok_and(|kind| kind.is_file());
        if is_file && !is_hidden {
            files.push(entry.path());
        }
        if files.len() >= MAX_FILES {
            break;
        }
    }
    files.sort_unstable();
    files
}

/// Whether a file was a report about a mail of ours.
async fn read_one(ctx: &Ctx, file: &Path) -> AppResult<bool> {
    let bytes = match bytes_of(file).await {
        Ok(bytes) => bytes,
        Err(error) => {
            tracing::warn!(error = %error.kind(), "a bounce cannot be read");
            return Ok(false);
        }
    };
    let reading = move || report::read(&bytes).map(|report| (report, bytes));
    let (report, bytes) = match tokio::task::spawn_blocking(reading).await {
        Ok(Ok(read)) => read,
        Ok(Err(reason)) => {
            tracing::warn!(%reason, "a file in the folder of bounces is put aside");
            return Ok(false);
        }
        Err(_) => {
            tracing::error!("a file in the folder of bounces could not be taken apart");
            return Ok(false);
        }
    };
    match bounce::record(ctx, &report, &bytes).await {
        Ok(Recorded::Kept | Recorded::Known) => Ok(true),
        Ok(Recorded::Stranger) => {
            tracing::warn!("a bounce is about no mail of ours, or its tag is forged");
            Ok(false)
        }
        Err(error @ AppError::Unavailable(_)) => Err(error),
        Err(error) => {
            tracing::error!(error = %chain(&error), "a bounce could not be kept");
            Ok(false)
        }
    }
}

/// At most one byte more than is read: it tells that the file is too long.
async fn bytes_of(file: &Path) -> std::io::Result<Vec<u8>> {
    let file = fs::File::open(file).await?;
    let most = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    file.take(most.saturating_add(1))
        .read_to_end(&mut bytes)
        .await?;
    Ok(bytes)
}

async fn put_aside(folder: &Path, file: &Path, aside: &str) {
    let Some(name) = file.file_name() else {
        return;
    };
    let place = folder.join(aside);
    let moved = async {
        fs::create_dir_all(&place).await?;
        fs::rename(file, place.join(name)).await
    };
    if let Err(error) = moved.await {
        tracing::error!(error = %error.kind(), "a bounce that was read cannot be put aside");
    }
}
