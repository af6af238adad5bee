//! A file somebody sent, as a picture to look at, made in a process of its own: see
//! [`crate::commands::picture`].

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use thiserror::Error;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::file_store::Reader;
use crate::domain::file_type::FileType;

/// The program, as it runs: also after an update has put another in its place.
pub const THIS_PROGRAM: &str = "/proc/self/exe";

/// How long making one may take, reading the file included.
const ENDS: Duration = Duration::from_secs(20);
/// Bytes a picture has at most.
const MOST: u64 = 32 * 1024 * 1024;

/// The process that makes pictures did not start as it should.
#[derive(Debug, Error)]
#[error("the process that makes pictures has no ends to write to and read from")]
struct NoPipes;

/// A picture of a file: JPEG, its first pages one below the other, none of the original's metadata.
///
/// # Errors
/// `IllegalTransition("no_picture")` if it cannot be shown in bounded time and memory, or is of a type
/// that has no pages; `Unavailable` if the file cannot be read, the process not be started, or the line is
/// too long; `Internal` if the file is not what was kept.
pub async fn of(ctx: &Ctx, file_type: FileType, mut content: Reader) -> AppResult<Vec<u8>> {
    if !file_type.has_pages() {
        return Err(AppError::IllegalTransition("no_picture"));
    }
    let core = ctx.room_on_a_core().await?;
    let made = timeout(ENDS, make(&ctx.settings.program, file_type, &mut content)).await;
    drop(core);
    match made {
        Ok(Ok(Some(picture))) => Ok(picture),
        Ok(Err(error)) => Err(error),
        Ok(Ok(None)) | Err(_) => Err(AppError::IllegalTransition("no_picture")),
    }
}

/// None if the process gave none. It ends with the future.
async fn make(
    program: &PathBuf,
    file_type: FileType,
    content: &mut Reader,
) -> AppResult<Option<Vec<u8>>> {
    let mut child = Command::new(program)
        .args(["picture", file_type.as_str()])
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| AppError::Unavailable(Box::new(error)))?;
    let (Some(into), Some(out)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(AppError::internal(NoPipes));
    };
    let (written, picture) = tokio::join!(write(into, content), read(out));
    written?;
    Ok(ended_well(&mut child).await.then_some(picture).flatten())
}

/// A process that ends early wants no more: that is told by how it ended.
async fn write(mut into: ChildStdin, content: &mut Reader) -> AppResult<()> {
    while let Some(chunk) = content.next().await? {
        if into.write_all(&chunk).await.is_err() {
            break;
        }
    }
    Ok(())
}

async fn read(out: ChildStdout) -> Option<Vec<u8>> {
    let mut picture = Vec::new();
    let read = out.take(MOST).read_to_end(&mut picture).await;
    (read.is_ok() && !picture.is_empty()).then_some(picture)
}

async fn ended_well(child: &mut Child) -> bool {
    child.wait().await.is_ok_and(|status| status.success())
}
