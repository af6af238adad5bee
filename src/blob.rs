//! The document store: a folder by default, object storage at scale.

use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutPayload, RetryConfig};
use thiserror::Error;

use crate::domain::ids::ClaimantId;

const ERASED: &str = "erased";
const ERASING: &str = "erasing";

/// Folder of what the worker makes to be fetched once: it is in no backup, and can be made again.
pub const EXPORTS: &str = "exports";
/// Folder of the lists that are being imported: they are in no backup, and can be uploaded again.
pub const IMPORTS: &str = "imports";

/// How long an object store may stumble before whoever waits is told.
const PATIENCE: Duration = Duration::from_secs(10);

/// Files that are not rows. Cloning shares it.
#[derive(Clone)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
}

fn mark(kind: &str, claimant: ClaimantId) -> Key {
    Key::from(format!("{kind}/{claimant}"))
}

/// Makes a folder that nobody else may enter; one that is there stays as it is.
fn private_folder(folder: &Path) -> std::io::Result<()> {
    if let Some(parent) = folder.parent() {
        std::fs::create_dir_all(parent)?;
    }
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

/// The store did not do it.
#[derive(Debug, Error)]
pub enum BlobError {
    /// The folder cannot be made or written.
    #[error("the blob folder {0} cannot be used")]
    Folder(String, #[source] std::io::Error),
    /// `BLOB_URL` is neither of the two.
    #[error("BLOB_URL must be file:///folder or s3://bucket/folder")]
    Scheme,
    /// The store said no.
    #[error("the blob store failed")]
    Store(#[from] object_store::Error),
}

impl Blobs {
    /// Opens the store that `BLOB_URL` names: `file:///folder`, or `s3://bucket/folder` with the usual
    /// variables (`AWS_REGION`, `AWS_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID`, ...; without keys those of the
    /// machine's role).
    ///
    /// # Errors
    /// `Scheme` for another URL, `Folder` if the folder cannot be made, `Store` if the object store
    /// cannot be used so.
    pub fn open(url: &str, variables: &[(String, String)]) -> Result<Self, BlobError> {
        if let Some(folder) = url.strip_prefix("file://") {
            return Self::folder(Path::new(folder));
        }
        let place = url.strip_prefix("s3://").ok_or(BlobError::Scheme)?;
        let (bucket, folder) = place.split_once('/').unwrap_or((place, ""));
        if bucket.is_empty() {
            return Err(BlobError::Scheme);
        }
        Self::bucket(bucket, folder, variables)
    }

    fn bucket(
        bucket: &str,
        folder: &str,
        variables: &[(String, String)],
    ) -> Result<Self, BlobError> {
        let retry = RetryConfig {
            max_retries: 4,
            retry_timeout: PATIENCE,
            ..RetryConfig::default()
        };
        let mut builder = AmazonS3Builder::new().with_retry(retry);
        for (name, value) in variables {
            // others of the kind are for other programs
            if let Ok(key) = name.to_ascii_lowercase().parse() {
                builder = builder.with_config(key, value);
            }
        }
        let store = builder.with_bucket_name(bucket).build()?;
        let store: Arc<dyn ObjectStore> = if folder.trim_matches('/').is_empty() {
            Arc::new(store)
        } else {
            Arc::new(PrefixStore::new(store, folder))
        };
        Ok(Self { store })
    }

    /// Opens a folder, making it if needed.
    ///
    /// # Errors
    /// `Folder` if it cannot be made.
    pub fn folder(folder: &Path) -> Result<Self, BlobError> {
        let named = |error| BlobError::Folder(folder.display().to_string(), error);
        private_folder(folder).map_err(named)?;
        // what the database says is kept must be on disk before it says so
        let store = LocalFileSystem::new_with_prefix(folder)?
            .with_automatic_cleanup(true)
            .with_fsync(true);
        Ok(Self {
            store: Arc::new(store),
        })
    }

    /// Writes a file, reads it back and deletes it.
    ///
    /// # Errors
    /// `Store` with what the store said.
    pub async fn try_out(&self) -> Result<(), BlobError> {
        let key = Key::from(format!("check/{}", std::process::id()));
        self.store.put(&key, PutPayload::new()).await?;
        self.store.get(&key).await?;
        self.store.delete(&key).await?;
        Ok(())
    }

    /// Marks that a claimant is about to be erased, before the database is asked to. Safe to repeat.
    ///
    /// # Errors
    /// `Store` if it could not be written; then the erasure must not go on.
    pub async fn put_erasing(&self, claimant: ClaimantId) -> Result<(), BlobError> {
        self.put_mark(ERASING, claimant).await
    }

    /// Takes the mark of [`Blobs::put_erasing`] away: the erasure did not happen. Safe to repeat.
    ///
    /// # Errors
    /// `Store` if it could not be taken away.
    pub async fn drop_erasing(&self, claimant: ClaimantId) -> Result<(), BlobError> {
        match self.store.delete(&mark(ERASING, claimant)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Ids of the claimants whose erasure was begun and of which nobody has noted yet how it ended.
    ///
    /// # Errors
    /// `Store` if they cannot be listed.
    pub async fn list_erasing(&self) -> Result<Vec<ClaimantId>, BlobError> {
        self.list_marks(ERASING).await
    }

    /// Writes that a claimant is erased, in place of the mark that it is about to be; replayed after a
    /// restore (DESIGN 4). Safe to repeat.
    ///
    /// # Errors
    /// `Store` if it could not be written; then the mark stays.
    pub async fn put_erased(&self, claimant: ClaimantId) -> Result<(), BlobError> {
        self.put_mark(ERASED, claimant).await?;
        self.drop_erasing(claimant).await
    }

    /// Ids of all claimants ever erased.
    ///
    /// # Errors
    /// `Store` if they cannot be listed.
    pub async fn list_erased(&self) -> Result<Vec<ClaimantId>, BlobError> {
        self.list_marks(ERASED).await
    }

    async fn put_mark(&self, kind: &str, claimant: ClaimantId) -> Result<(), BlobError> {
        let put = self
            .store
            .put_opts(
                &mark(kind, claimant),
                PutPayload::new(),
                PutMode::Create.into(),
            )
            .await;
        match put {
            Ok(_) | Err(object_store::Error::AlreadyExists { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn list_marks(&self, kind: &str) -> Result<Vec<ClaimantId>, BlobError> {
        let found: Vec<_> = self
            .store
            .list(Some(&Key::from(kind)))
            .try_collect()
            .await?;
        let ids = found
            .iter()
            .filter_map(|object| object.location.filename())
            .filter_map(ClaimantId::parse)
            .collect();
        Ok(ids)
    }

    /// Keys of all files a backup holds, in no order: all but the marks of erasures under way, which
    /// may yet come to nothing, and exports and imports, which are gone sooner than a backup.
    ///
    /// # Errors
    /// `Store` if they cannot be listed.
    pub async fn list(&self) -> Result<Vec<String>, BlobError> {
        let found: Vec<_> = self.store.list(None).try_collect().await?;
        let kept = found.into_iter().map(|object| object.location);
        let left_out = [ERASING, EXPORTS, IMPORTS].map(Key::from);
        let kept = kept.filter(|key| !left_out.iter().any(|folder| key.prefix_matches(folder)));
        Ok(kept.map(String::from).collect())
    }

    /// A file.
    ///
    /// # Errors
    /// `Store` if it is not there or cannot be read.
    pub async fn get(&self, key: &str) -> Result<Vec<u8>, BlobError> {
        let found = self.store.get(&Key::from(key)).await?;
        Ok(found.bytes().await?.to_vec())
    }

    /// A part of a file, from byte `start` on; less if the file ends before.
    ///
    /// # Errors
    /// `Store` if the file is not there, ends before `start`, or cannot be read.
    pub async fn get_part(&self, key: &str, start: u64, length: u64) -> Result<Vec<u8>, BlobError> {
        let range = start..start.saturating_add(length);
        let part = self.store.get_range(&Key::from(key), range).await?;
        Ok(part.to_vec())
    }

    /// Deletes a file. Safe to repeat.
    ///
    /// # Errors
    /// `Store` if it may be left.
    pub async fn delete(&self, key: &str) -> Result<(), BlobError> {
        match self.store.delete(&Key::from(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// A file, if it is there.
    ///
    /// # Errors
    /// `Store` if it cannot be read.
    pub async fn find(&self, key: &str) -> Result<Option<Vec<u8>>, BlobError> {
        match self.store.get(&Key::from(key)).await {
            Ok(found) => Ok(Some(found.bytes().await?.to_vec())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Keys of all files in a folder, in no order.
    ///
    /// # Errors
    /// `Store` if they cannot be listed.
    pub async fn list_folder(&self, folder: &str) -> Result<Vec<String>, BlobError> {
        let listed = self.store.list(Some(&Key::from(folder)));
        let found: Vec<_> = listed.try_collect().await?;
        let keys = found.into_iter().map(|object| object.location.into());
        Ok(keys.collect())
    }

    /// Keys of the folders in a folder, in no order.
    ///
    /// # Errors
    /// `Store` if they cannot be listed.
    pub async fn list_folders(&self, folder: &str) -> Result<Vec<String>, BlobError> {
        let folder = Key::from(folder);
        let found = self.store.list_with_delimiter(Some(&folder)).await?;
        let folders = found.common_prefixes.into_iter();
        Ok(folders.map(String::from).collect())
    }

    /// Writes a file, over one of the same key.
    ///
    /// # Errors
    /// `Store` if it cannot be written.
    pub async fn put(&self, key: &str, bytes: Vec<u8>) -> Result<(), BlobError> {
        self.store.put(&Key::from(key), bytes.into()).await?;
        Ok(())
    }

    /// Deletes every file whose key begins with `folder` and a slash. Safe to repeat.
    ///
    /// # Errors
    /// `Store` if they cannot be listed, or one cannot be deleted.
    pub async fn delete_folder(&self, folder: &str) -> Result<(), BlobError> {
        let found: Vec<_> = self
            .store
            .list(Some(&Key::from(folder)))
            .try_collect()
            .await?;
        for object in found {
            match self.store.delete(&object.location).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}
