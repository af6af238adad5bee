//! What is being uploaded, until it is kept or refused: bounded in memory, never in clear on the disk.
//!
//! A file is held in chunks, each sealed with a key that only this process has and only while it
//! needs it. The file on the disk has no name, so nothing of it is left after a crash.

use std::fs::{File as StdFile, OpenOptions};
use std::io;
use std::io::SeekFrom;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::crypto::sealing::{Aad, DataKey, FORMAT, Sealed};
use crate::crypto::sha256::Sha256;
use crate::crypto::token;
use crate::domain::file_type::{self, FileType, HEAD_BYTES};

/// Bytes of a chunk, in clear. What is shorter stays in memory.
const CHUNK: usize = 256 * 1024;
/// What sealing adds to a chunk: nonce and tag.
const SEAL: usize = 28;

/// A file that is being received.
pub struct Spool {
    folder: PathBuf,
    key: DataKey,
    waiting: Vec<u8>,
    head: Vec<u8>,
    disk: Option<File>,
    chunks: u64,
    size: u64,
    digest: Sha256,
}

/// A file that was received, to be read as often as needed. Gone when dropped.
pub struct Spooled {
    key: DataKey,
    disk: Option<File>,
    chunks: u64,
    at: u64,
    last: Vec<u8>,
    head: Vec<u8>,
    size: u64,
    sha256: Vec<u8>,
}

impl Spool {
    /// A file of which nothing came yet.
    pub fn new(ctx: &Ctx) -> Self {
        Self::within(&ctx.settings.spool_dir)
    }

    fn within(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            key: DataKey::random(),
            waiting: Vec::new(),
            head: Vec::new(),
            disk: None,
            chunks: 0,
            size: 0,
            digest: Sha256::new(),
        }
    }

    /// Bytes received so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// `Unavailable` if the disk does not take them.
    pub async fn push(&mut self, bytes: &[u8]) -> AppResult<()> {
        self.digest.update(bytes);
        self.size = self.size.saturating_add(length(bytes));
        let room = HEAD_BYTES.saturating_sub(self.head.len());
        self.head.extend(bytes.iter().take(room));
        let mut rest = bytes;
        while !rest.is_empty() {
            if self.waiting.len() == CHUNK {
                self.write().await?;
            }
            let room = CHUNK.saturating_sub(self.waiting.len()).min(rest.len());
            let (now, later) = rest.split_at_checked(room).unwrap_or((rest, &[]));
            self.waiting.extend_from_slice(now);
            rest = later;
        }
        Ok(())
    }

    /// Nothing more comes.
    pub fn finish(self) -> Spooled {
        Spooled {
            key: self.key,
            disk: self.disk,
            chunks: self.chunks,
            at: 0,
            last: self.waiting,
            head: self.head,
            size: self.size,
            sha256: self.digest.finish(),
        }
    }

    async fn write(&mut self) -> AppResult<()> {
        let number = self.chunks.to_string();
        let sealed = self.key.seal(&place(&number), &self.waiting)?;
        let mut disk = if let Some(disk) = self.disk.take() {
            disk
        } else {
            let folder = self.folder.clone();
            let opened = tokio::task::spawn_blocking(move || nameless(&folder)).await;
            File::from_std(opened.map_err(AppError::internal)?.map_err(unavailable)?)
        };
        disk.write_all(sealed.as_bytes())
            .await
            .map_err(unavailable)?;
        self.disk = Some(disk);
        self.chunks = self.chunks.saturating_add(1);
        self.waiting.clear();
        Ok(())
    }
}

impl Spooled {
    /// Bytes of the file.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// SHA-256 of the file, 32 bytes.
    pub fn sha256(&self) -> &[u8] {
        &self.sha256
    }

    /// Its first bytes, at most [`HEAD_BYTES`].
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// What the file is, by its content; `None` if nothing we know.
    ///
    /// # Errors
    /// As [`Spooled::bytes`].
    pub async fn file_type(&mut self) -> AppResult<Option<FileType>> {
        if file_type::needs_all(&self.head) {
            return Ok(file_type::detect(&self.bytes().await?));
        }
        Ok(file_type::detect(&self.head))
    }

    /// The whole file.
    ///
    /// # Errors
    /// `Unavailable` if it cannot be read; `Internal` if it was changed on the disk.
    pub async fn bytes(&mut self) -> AppResult<Vec<u8>> {
        let mut all = Vec::with_capacity(usize::try_from(self.size).unwrap_or(0));
        self.rewind().await?;
        while let Some(chunk) = self.next().await? {
            all.extend_from_slice(&chunk);
        }
        Ok(all)
    }

    /// Begins to read from the start.
    ///
    /// # Errors
    /// `Unavailable` if the disk fails.
    pub async fn rewind(&mut self) -> AppResult<()> {
        self.at = 0;
        if let Some(disk) = &mut self.disk {
            // what was written last may still be on its way
            disk.flush().await.map_err(unavailable)?;
            disk.seek(SeekFrom::Start(0)).await.map_err(unavailable)?;
        }
        Ok(())
    }

    /// The next piece since [`Spooled::rewind`]; `None` at the end.
    ///
    /// # Errors
    /// `Unavailable` if it cannot be read; `Internal` if it was changed on the disk.
    pub async fn next(&mut self) -> AppResult<Option<Vec<u8>>> {
        let number = self.at;
        self.at = number.saturating_add(1);
        match &mut self.disk {
            Some(disk) if number < self.chunks => {
                let mut sealed = vec![0; CHUNK + SEAL];
                disk.read_exact(&mut sealed).await.map_err(unavailable)?;
                let number = number.to_string();
                let opened = self
                    .key
                    .open(&place(&number), &Sealed::from_stored(sealed))?;
                Ok(Some(opened))
            }
            _ => {
                let is_last = number == self.chunks && !self.last.is_empty();
                Ok(is_last.then(|| self.last.clone()))
            }
        }
    }
}

impl std::fmt::Debug for Spooled {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Spooled({} bytes)", self.size)
    }
}

fn place(number: &str) -> Aad<'_> {
    Aad {
        version: FORMAT,
        table: "spool",
        column: number,
        claimant: Uuid::nil(),
        key_version: 1,
    }
}

/// A file that nobody else can open, and that is gone when it is closed.
fn nameless(folder: &Path) -> io::Result<StdFile> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    let path = folder.join(Uuid::from_bytes(token::random_bytes()).to_string());
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

fn unavailable(error: io::Error) -> AppError {
    AppError::Unavailable(Box::new(error))
}
