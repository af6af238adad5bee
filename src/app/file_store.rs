//! Files of a claimant, kept byte for byte: sealed with the claimant's key, in the blob store.
//!
//! A file is one blob of chunks, each sealed for its place: file, number, last or not. So no chunk can be
//! swapped, dropped, repeated or cut off without being noticed. All lie in the claimant's folder:
//! `signed_document` tells where, and erases them with it.

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::signed_document::folder;
use crate::app::spool::Spooled;
use crate::app::vault::Vault;
use crate::blob::BlobError;
use crate::crypto::sha256::Sha256;
use crate::domain::ids::{ClaimantId, FileId};

/// Bytes of a chunk, in clear; the last one is shorter, and empty only in an empty file.
const CHUNK: u64 = 1024 * 1024;
/// What sealing adds to a chunk: nonce and tag.
const SEAL: u64 = 28;

/// A file that is kept: what its row holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFile {
    /// Its id.
    pub id: FileId,
    /// Bytes of the original.
    pub size: u64,
    /// SHA-256 of the original, 32 bytes.
    pub sha256: Vec<u8>,
}

impl StoredFile {
    /// Where it lies in the blob store.
    pub fn key(&self, claimant: ClaimantId) -> String {
        key(claimant, self.id)
    }
}

/// Where a file of a claimant lies in the blob store.
pub fn key(claimant: ClaimantId, file: FileId) -> String {
    format!("{}/file-{file}", folder(claimant))
}

/// Keeps what was received, under a new id. Durable when it returns: write the row after.
///
/// # Errors
/// `Unavailable` if the store does not take it.
pub async fn put(ctx: &Ctx, vault: &Vault, received: &mut Spooled) -> AppResult<StoredFile> {
    put_as(ctx, vault, FileId::new(ctx.new_id()), received).await
}

/// As [`put`], under an id that was noted before.
///
/// # Errors
/// As [`put`].
pub async fn put_as(
    ctx: &Ctx,
    vault: &Vault,
    id: FileId,
    received: &mut Spooled,
) -> AppResult<StoredFile> {
    let room = ctx.room_for_a_file().await?;
    let mut sealer = Sealer::new(vault, id, received.size());
    received.rewind().await?;
    while let Some(piece) = received.next().await? {
        sealer.push(&piece)?;
    }
    let put = ctx
        .blobs
        .put(&key(vault.claimant(), id), sealer.finish()?)
        .await;
    put.map_err(unavailable)?;
    drop(room);
    Ok(StoredFile {
        id,
        size: received.size(),
        sha256: received.sha256().to_vec(),
    })
}

/// The original. For large ones read it chunk by chunk: [`Reader`].
///
/// # Errors
/// `Unavailable` if it cannot be read; `Internal` if it is not what was kept.
pub async fn read(ctx: &Ctx, vault: Vault, file: &StoredFile) -> AppResult<Vec<u8>> {
    let mut reader = Reader::new(ctx, vault, file.clone());
    let mut all = Vec::with_capacity(usize::try_from(file.size).unwrap_or(0));
    while let Some(chunk) = reader.next().await? {
        all.extend_from_slice(&chunk);
    }
    Ok(all)
}

/// Deletes a file. Safe to repeat.
///
/// # Errors
/// `Unavailable` if it may be left.
pub async fn delete(ctx: &Ctx, claimant: ClaimantId, file: FileId) -> AppResult<()> {
    let deleted = ctx.blobs.delete(&key(claimant, file)).await;
    deleted.map_err(unavailable)
}

/// Reads an original chunk by chunk, each checked before it is given.
pub struct Reader {
    ctx: Ctx,
    vault: Vault,
    file: StoredFile,
    number: u64,
    digest: Option<Sha256>,
}

impl Reader {
    /// At the start of a file.
    pub fn new(ctx: &Ctx, vault: Vault, file: StoredFile) -> Self {
        Self {
            ctx: ctx.clone(),
            vault,
            file,
            number: 0,
            digest: Some(Sha256::new()),
        }
    }

    /// Bytes of the original.
    pub fn size(&self) -> u64 {
        self.file.size
    }

    /// The next chunk; `None` at the end. The last is given only if the whole is what was kept (R38).
    ///
    /// # Errors
    /// `Unavailable` if it cannot be read; `Internal` if it is not what was kept.
    pub async fn next(&mut self) -> AppResult<Option<Vec<u8>>> {
        let Some(mut digest) = self.digest.take() else {
            return Ok(None);
        };
        let last = last_chunk(self.file.size);
        let sealed = self.sealed(last).await?;
        let place = place(self.file.id, self.number, self.number == last);
        let chunk = self.vault.unseal_chunk(&place, sealed)?;
        digest.update(&chunk);
        if self.number < last {
            self.number = self.number.saturating_add(1);
            self.digest = Some(digest);
        } else if digest.finish() != self.file.sha256 {
            return Err(AppError::internal("a kept file has another digest"));
        }
        Ok(Some(chunk))
    }

    async fn sealed(&self, last: u64) -> AppResult<Vec<u8>> {
        let start = self.number.saturating_mul(CHUNK + SEAL);
        // one byte more than the last chunk has: what was appended is noticed
        let more = u64::from(self.number == last);
        let key = key(self.vault.claimant(), self.file.id);
        let part = self
            .ctx
            .blobs
            .get_part(&key, start, CHUNK + SEAL + more)
            .await;
        part.map_err(unavailable)
    }
}

/// Seals a file piece by piece.
struct Sealer<'a> {
    vault: &'a Vault,
    id: FileId,
    last: u64,
    number: u64,
    waiting: Vec<u8>,
    sealed: Vec<u8>,
}

impl<'a> Sealer<'a> {
    fn new(vault: &'a Vault, id: FileId, size: u64) -> Self {
        let last = last_chunk(size);
        let sealed = size.saturating_add(last.saturating_add(1).saturating_mul(SEAL));
        Self {
            vault,
            id,
            last,
            number: 0,
            waiting: Vec::new(),
            sealed: Vec::with_capacity(usize::try_from(sealed).unwrap_or(0)),
        }
    }

    fn push(&mut self, piece: &[u8]) -> AppResult<()> {
        let full = usize::try_from(CHUNK).map_err(AppError::internal)?;
        let mut rest = piece;
        while !rest.is_empty() {
            if self.waiting.len() == full {
                self.seal()?;
            }
            let room = full.saturating_sub(self.waiting.len()).min(rest.len());
            let (now, later) = rest.split_at_checked(room).unwrap_or((rest, &[]));
            self.waiting.extend_from_slice(now);
            rest = later;
        }
        Ok(())
    }

    fn seal(&mut self) -> AppResult<()> {
        let place = place(self.id, self.number, self.number == self.last);
        let sealed = self.vault.seal_chunk(&place, &self.waiting)?;
        self.sealed.extend_from_slice(&sealed);
        self.waiting.clear();
        self.number = self.number.saturating_add(1);
        Ok(())
    }

    fn finish(mut self) -> AppResult<Vec<u8>> {
        self.seal()?;
        Ok(self.sealed)
    }
}

/// Number of the last chunk of a file, from 0.
fn last_chunk(size: u64) -> u64 {
    size.saturating_sub(1) / CHUNK
}

fn place(id: FileId, number: u64, is_last: bool) -> String {
    let end = if is_last { "last" } else { "more" };
    format!("{id}/{number}/{end}")
}

fn unavailable(error: BlobError) -> AppError {
    match error {
        BlobError::Store(error) => AppError::Unavailable(Box::new(error)),
        other => AppError::internal(other),
    }
}
