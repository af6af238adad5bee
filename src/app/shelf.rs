//! A folder of the blob store with a key of its own: each thing in it is sealed for its place. Taking that key
//! away is the end of all of them.

use std::sync::Arc;

use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::blob::BlobError;
use crate::crypto::sealing::{Aad, DataKey, FORMAT, Sealed, WrappedKey};
use crate::domain::ids::AssociationId;

/// Where the files of one export or import lie. Cloning shares it.
#[derive(Clone)]
pub(in crate::app) struct Shelf {
    ctx: Ctx,
    kind: &'static str,
    id: Uuid,
    key: Arc<DataKey>,
}

impl Shelf {
    /// A new key, and its wrapped form with the version of the key that wraps it. `kind`: the folder of all of
    /// its kind.
    pub(in crate::app) async fn create(
        ctx: &Ctx,
        kind: &'static str,
        association: AssociationId,
        id: Uuid,
    ) -> AppResult<(Self, Vec<u8>, i32)> {
        let (version, association_key) = ctx.keyring.association(&ctx.pools, association).await?;
        let key = DataKey::random();
        let wrapped = association_key.wrap(&key, association.uuid(), id)?;
        let shelf = Self {
            ctx: ctx.clone(),
            kind,
            id,
            key: Arc::new(key),
        };
        Ok((shelf, wrapped.into_bytes(), version))
    }

    /// Opens the key that was kept.
    pub(in crate::app) async fn open(
        ctx: &Ctx,
        kind: &'static str,
        association: AssociationId,
        id: Uuid,
        (wrapped, version): (Vec<u8>, i32),
    ) -> AppResult<Self> {
        let association_key = ctx
            .keyring
            .association_by_version(&ctx.pools, association, version)
            .await?;
        let wrapped = WrappedKey::from_stored(wrapped);
        let key = association_key.unwrap(&wrapped, association.uuid(), id)?;
        Ok(Self {
            ctx: ctx.clone(),
            kind,
            id,
            key: Arc::new(key),
        })
    }

    /// A fresh id for a folder within.
    pub(in crate::app) fn new_folder(&self) -> Uuid {
        self.ctx.new_id()
    }

    /// Keeps a small thing under a name.
    pub(in crate::app) async fn put(&self, name: &str, bytes: &[u8]) -> AppResult<()> {
        let sealed = self.key.seal(&self.place(name), bytes)?.into_bytes();
        let put = self.ctx.blobs.put(&self.path(name), sealed).await;
        put.map_err(unavailable)
    }

    /// What was kept under a name.
    pub(in crate::app) async fn get(&self, name: &str) -> AppResult<Vec<u8>> {
        let sealed = self.ctx.blobs.get(&self.path(name)).await;
        let sealed = Sealed::from_stored(sealed.map_err(unavailable)?);
        Ok(self.key.open(&self.place(name), &sealed)?)
    }

    /// Deletes a folder within.
    pub(in crate::app) async fn delete(&self, folder: Uuid) -> AppResult<()> {
        let path = format!("{}/{folder}", folder_of(self.kind, self.id));
        let deleted = self.ctx.blobs.delete_folder(&path).await;
        deleted.map_err(unavailable)
    }

    fn path(&self, name: &str) -> String {
        format!("{}/{name}", folder_of(self.kind, self.id))
    }

    fn place<'a>(&self, name: &'a str) -> Aad<'a> {
        Aad {
            version: FORMAT,
            table: self.kind,
            column: name,
            claimant: self.id,
            key_version: 1,
        }
    }
}

/// Deletes everything of one. Safe to repeat.
pub(in crate::app) async fn clear(ctx: &Ctx, kind: &str, id: Uuid) -> AppResult<()> {
    let deleted = ctx.blobs.delete_folder(&folder_of(kind, id)).await;
    deleted.map_err(unavailable)
}

fn folder_of(kind: &str, id: Uuid) -> String {
    format!("{kind}/{id}")
}

fn unavailable(error: BlobError) -> AppError {
    match error {
        BlobError::Store(error) => AppError::Unavailable(Box::new(error)),
        other => AppError::internal(other),
    }
}
