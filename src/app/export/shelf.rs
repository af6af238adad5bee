//! The files of an export while they wait to be fetched: parts of 4 MiB in the blob store, each sealed for its
//! place with a key of the export's own. Taking that key away is the end of all of them.
//!
//! A part is written when it is full, so nothing more than one is ever in memory, and a store needs no
//! multipart uploads.

use std::sync::Arc;

use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::blob::{BlobError, EXPORTS};
use crate::crypto::sealing::{Aad, DataKey, FORMAT, Sealed, WrappedKey};
use crate::crypto::sha256::Sha256;
use crate::db::export::{ExportFileRow, ExportRow};
use crate::domain::ids::{AssociationId, ExportId};

/// Bytes of a part, in clear.
const PART: usize = 4 * 1024 * 1024;

/// Where the files of one export lie. Cloning shares it.
#[derive(Clone)]
pub(super) struct Shelf {
    ctx: Ctx,
    export: ExportId,
    key: Arc<DataKey>,
}

impl Shelf {
    /// A new key, and its wrapped form with the version of the key that wraps it.
    pub(super) async fn create(
        ctx: &Ctx,
        association: AssociationId,
        export: ExportId,
    ) -> AppResult<(Self, Vec<u8>, i32)> {
        let (version, association_key) = ctx.keyring.association(&ctx.pools, association).await?;
        let key = DataKey::random();
        let wrapped = association_key.wrap(&key, association.uuid(), export.uuid())?;
        let shelf = Self {
            ctx: ctx.clone(),
            export,
            key: Arc::new(key),
        };
        Ok((shelf, wrapped.into_bytes(), version))
    }

    /// Opens the key of an export; `None` once it was taken away.
    pub(super) async fn open(ctx: &Ctx, row: &ExportRow) -> AppResult<Option<Self>> {
        let (Some(wrapped), Some(version)) = (row.key_wrapped.clone(), row.key_version) else {
            return Ok(None);
        };
        let association = AssociationId::new(row.association_id);
        let association_key = ctx
            .keyring
            .association_by_version(&ctx.pools, association, version)
            .await?;
        let wrapped = WrappedKey::from_stored(wrapped);
        let key = association_key.unwrap(&wrapped, row.association_id, row.id)?;
        Ok(Some(Self {
            ctx: ctx.clone(),
            export: ExportId::new(row.id),
            key: Arc::new(key),
        }))
    }

    /// Keeps a small thing of the export's own under a name.
    pub(super) async fn put(&self, name: &str, bytes: &[u8]) -> AppResult<()> {
        let sealed = self.key.seal(&self.place(name), bytes)?.into_bytes();
        let put = self.ctx.blobs.put(&self.path(name), sealed).await;
        put.map_err(unavailable)
    }

    /// What was kept under a name.
    pub(super) async fn get(&self, name: &str) -> AppResult<Vec<u8>> {
        let sealed = self.ctx.blobs.get(&self.path(name)).await;
        let sealed = Sealed::from_stored(sealed.map_err(unavailable)?);
        Ok(self.key.open(&self.place(name), &sealed)?)
    }

    /// Deletes a folder of the export.
    pub(super) async fn delete(&self, folder: Uuid) -> AppResult<()> {
        let path = format!("{}/{folder}", folder_of(self.export));
        let deleted = self.ctx.blobs.delete_folder(&path).await;
        deleted.map_err(unavailable)
    }

    fn path(&self, name: &str) -> String {
        format!("{}/{name}", folder_of(self.export))
    }

    fn place<'a>(&self, name: &'a str) -> Aad<'a> {
        Aad {
            version: FORMAT,
            table: "exports",
            column: name,
            claimant: self.export.uuid(),
            key_version: 1,
        }
    }
}

/// Deletes everything of an export. Safe to repeat.
pub(super) async fn clear(ctx: &Ctx, export: ExportId) -> AppResult<()> {
    let deleted = ctx.blobs.delete_folder(&folder_of(export)).await;
    deleted.map_err(unavailable)
}

fn folder_of(export: ExportId) -> String {
    format!("{EXPORTS}/{export}")
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
            folder: shelf.ctx.new_id(),
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

fn unavailable(error: BlobError) -> AppError {
    match error {
        BlobError::Store(error) => AppError::Unavailable(Box::new(error)),
        other => AppError::internal(other),
    }
}
