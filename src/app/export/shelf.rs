//! The files of an export while they wait to be fetched: parts of 4 MiB in the blob store, each sealed for its
//! place with a key of the export's own. Taking that key away is the end of all of them.
//!
//! A part is written when it is full, so nothing more than one is ever in memory, and a store needs no
//! multipart uploads.

use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::shelf;
use crate::blob::EXPORTS;
use crate::crypto::sha256::Sha256;
use crate::db::export::{ExportFileRow, ExportRow};
use crate::domain::ids::{AssociationId, ExportId};

pub(super) use crate::app::shelf::Shelf;

/// Bytes of a part, in clear.
const PART: usize = 4 * 1024 * 1024;

/// A new key, and its wrapped form with the version of the key that wraps it.
pub(super) async fn create(
    ctx: &Ctx,
    association: AssociationId,
    export: ExportId,
) -> AppResult<(Shelf, Vec<u8>, i32)> {
    Shelf::create(ctx, EXPORTS, association, export.uuid()).await
}

/// Opens the key of an export; `None` once it was taken away.
pub(super) async fn open(ctx: &Ctx, row: &ExportRow) -> AppResult<Option<Shelf>> {
    let (Some(wrapped), Some(version)) = (row.key_wrapped.clone(), row.key_version) else {
        return Ok(None);
    };
    let association = AssociationId::new(row.association_id);
    let shelf = Shelf::open(ctx, EXPORTS, association, row.id, (wrapped, version)).await?;
    Ok(Some(shelf))
}

/// Deletes everything of an export. Safe to repeat.
pub(super) async fn clear(ctx: &Ctx, export: ExportId) -> AppResult<()> {
    shelf::clear(ctx, EXPORTS, export.uuid()).await
}

/// A file that was written.
pub(super) struct Stored {
    /// Where its parts lie.
    pub(super) folder: Uuid,
    /// Bytes.
    pub(super) size: u64,
    /// SHA-256 of its bytes.
    pub(super) sha256: Vec<u8>,
}

/// Writes a file part by part.
pub(super) struct Writer {
    shelf: Shelf,
    folder: Uuid,
    waiting: Vec<u8>,
    parts: u64,
    size: u64,
    digest: Sha256,
}

impl Writer {
    pub(super) fn new(shelf: &Shelf) -> Self {
        Self {
            shelf: shelf.clone(),
            folder: shelf.new_folder(),
            waiting: Vec::new(),
            parts: 0,
            size: 0,
            digest: Sha256::new(),
        }
    }

    /// Where it writes.
    pub(super) fn folder(&self) -> Uuid {
        self.folder
    }

    /// Bytes so far.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Goes on with these bytes.
    pub(super) async fn push(&mut self, bytes: &[u8]) -> AppResult<()> {
        self.digest.update(bytes);
        self.size += u64::try_from(bytes.len()).map_err(AppError::internal)?;
        let mut rest = bytes;
        // the last part is written at the end, and never empty but in an empty file
        while self.waiting.len() + rest.len() > PART {
            let room = PART - self.waiting.len();
            let (now, later) = rest.split_at_checked(room).unwrap_or((rest, &[]));
            self.waiting.extend_from_slice(now);
            rest = later;
            self.put(false).await?;
        }
        self.waiting.extend_from_slice(rest);
        Ok(())
    }

    /// Writes the last part. Durable when it returns.
    pub(super) async fn finish(mut self) -> AppResult<Stored> {
        self.put(true).await?;
        Ok(Stored {
            folder: self.folder,
            size: self.size,
            sha256: self.digest.finish(),
        })
    }

    async fn put(&mut self, is_last: bool) -> AppResult<()> {
        let name = part(self.folder, self.parts, is_last);
        self.shelf.put(&name, &self.waiting).await?;
        self.waiting.clear();
        self.parts += 1;
        Ok(())
    }
}

/// Reads a file part by part, each checked before it is given.
pub(super) struct Reader {
    shelf: Shelf,
    file: ExportFileRow,
    number: u64,
    digest: Option<Sha256>,
}

impl Reader {
    pub(super) fn new(shelf: Shelf, file: ExportFileRow) -> Self {
        Self {
            shelf,
            file,
            number: 0,
            digest: Some(Sha256::new()),
        }
    }

    /// The next part; `None` at the end. The last is given only if the whole is what was written.
    pub(super) async fn next(&mut self) -> AppResult<Option<Vec<u8>>> {
        let Some(mut digest) = self.digest.take() else {
            return Ok(None);
        };
        let size = u64::try_from(self.file.size).map_err(AppError::internal)?;
        let full = u64::try_from(PART).map_err(AppError::internal)?;
        let last = size.saturating_sub(1) / full;
        let name = part(self.file.folder, self.number, self.number == last);
        let bytes = self.shelf.get(&name).await?;
        digest.update(&bytes);
        if self.number < last {
            self.number += 1;
            self.digest = Some(digest);
        } else if digest.finish() != self.file.sha256 {
            return Err(AppError::internal("an export has another digest"));
        }
        Ok(Some(bytes))
    }
}

fn part(folder: Uuid, number: u64, is_last: bool) -> String {
    let end = if is_last { "last" } else { "more" };
    format!("{folder}/{number:08}-{end}")
}
