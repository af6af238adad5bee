//! Backup into a folder and restore from it: database, files, versions, checksums. The master key is
//! never in it (DESIGN 4).

use std::collections::BTreeSet;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::fs;
use tokio::io::AsyncReadExt;

use crate::app::log::files;
use crate::blob::{BlobError, Blobs};
use crate::crypto::sha256::Sha256;
use crate::db::dump::{DumpError, Tools};

/// What a manifest calls its own format.
const FORMAT: &str = "joinder-backup/1";
const MANIFEST: &str = "manifest.json";
const DATABASE: &str = "database.dump";
const BLOBS: &str = "blobs";

/// What a backup holds. It is written last: a folder without one is no backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// `joinder-backup/1`.
    pub format: String,
    /// Version of joinder that made it.
    pub joinder: String,
    /// Version of the Postgres server it was made from.
    pub postgres: String,
    /// When it was begun, UTC.
    pub made_at: DateTime<Utc>,
    /// Every file but the manifest.
    pub files: Vec<BackupFile>,
}

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupFile {
    /// Path inside the folder.
    pub path: String,
    /// Bytes.
    pub bytes: u64,
    /// SHA-256, hex.
    pub sha256: String,
}

/// Why a backup or a restore did not happen.
#[derive(Debug, Error)]
pub enum BackupError {
    /// The folder has something in it already.
    #[error("the folder {0} is not empty: a backup goes into a new one")]
    FolderInUse(PathBuf),
    /// A file cannot be read or written.
    #[error("{0} cannot be used")]
    Io(PathBuf, #[source] io::Error),
    /// There is no complete backup in the folder.
    #[error("{0} is not a backup: {1}")]
    NotABackup(PathBuf, &'static str),
    /// A file is not what it was.
    #[error("{0} is not as it was when the backup was made: nothing was restored")]
    Changed(String),
    /// Postgres's programs.
    #[error(transparent)]
    Dump(#[from] DumpError),
    /// The blob store.
    #[error(transparent)]
    Blob(#[from] BlobError),
}

/// Writes a backup into a new or empty folder: the database as of one moment first, then the files,
/// so that no row of it points to a file that is missing.
///
/// # Errors
/// Each variant of [`BackupError`] but `NotABackup` and `Changed`.
pub async fn backup(
    tools: &Tools,
    blobs: &Blobs,
    dir: &Path,
    now: DateTime<Utc>,
) -> Result<Manifest, BackupError> {
    make_folder(dir).await?;
    let dump = dir.join(DATABASE);
    tools.dump(&dump).await?;
    let mut files = vec![describe(dir, DATABASE).await?];
    let mut kept = BTreeSet::new();
    // the heads of the logs before their tiles, which only grow: so the files fit the heads
    let heads = blobs.list().await?.into_iter();
    for key in heads.filter(|key| files::is_checkpoint(key)) {
        keep(blobs, dir, &key, &mut kept).await?;
    }
    for key in blobs.list().await? {
        if !files::is_checkpoint(&key) {
            keep(blobs, dir, &key, &mut kept).await?;
        }
    }
    for path in kept {
        files.push(describe(dir, &path).await?);
    }
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        joinder: env!("CARGO_PKG_VERSION").to_owned(),
        postgres: tools.server_version.clone(),
        made_at: now,
        files,
    };
    write_manifest(dir, &manifest).await?;
    Ok(manifest)
}

/// Copies a file; a partial tile that became full meanwhile is copied as the full one.
async fn keep(
    blobs: &Blobs,
    dir: &Path,
    key: &str,
    kept: &mut BTreeSet<String>,
) -> Result<(), BackupError> {
    let mut found = blobs.find(key).await?.map(|bytes| (key, bytes));
    if let (None, Some((full, _))) = (&found, key.split_once(".p/")) {
        found = blobs.find(full).await?.map(|bytes| (full, bytes));
    }
    let Some((key, bytes)) = found else {
        return Ok(());
    };
    let path = format!("{BLOBS}/{key}");
    let file = inside(dir, &path)?;
    let io_error = |error| BackupError::Io(file.clone(), error);
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).await.map_err(io_error)?;
    }
    fs::write(&file, bytes).await.map_err(io_error)?;
    kept.insert(path);
    Ok(())
}

/// Fills an empty database and the blob store from a backup. Every checksum is verified first. Then
/// comes `migrate` and `retention::replay_erased`: without it nobody may be served. Files of logs that are
/// there already stay.
///
/// # Errors
/// `NotABackup`, `Changed`, `Dump` with `NotEmpty`: nothing was changed. `Blob`: files are missing;
/// restore anew.
pub async fn restore(
    tools: &Tools,
    database_url: &str,
    blobs: &Blobs,
    dir: &Path,
) -> Result<Manifest, BackupError> {
    let manifest = read_manifest(dir).await?;
    for file in &manifest.files {
        let found = describe(dir, &file.path).await?;
        if found != *file {
            return Err(BackupError::Changed(file.path.clone()));
        }
    }
    tools.restore(database_url, &dir.join(DATABASE)).await?;
    // how these ended only the database knew that is lost: whoever was about to be erased is
    for claimant in blobs.list_erasing().await? {
        blobs.put_erased(claimant).await?;
    }
    let prefix = format!("{BLOBS}/");
    for file in &manifest.files {
        let Some(key) = file.path.strip_prefix(&prefix) else {
            continue;
        };
        let path = inside(dir, &file.path)?;
        let bytes = fs::read(&path)
            .await
            .map_err(|error| BackupError::Io(path.clone(), error))?;
        let there = if files::is_of_log(key) {
            blobs.find(key).await?
        } else {
            None
        };
        // what a log published since stays: it tells that this backup is older
        if there.is_none_or(|there| files::replaces(key, &bytes, &there)) {
            blobs.put(key, bytes).await?;
        }
    }
    Ok(manifest)
}

async fn make_folder(dir: &Path) -> Result<(), BackupError> {
    let io_error = |error| BackupError::Io(dir.to_owned(), error);
    fs::create_dir_all(dir).await.map_err(io_error)?;
    let mut entries = fs::read_dir(dir).await.map_err(io_error)?;
    if entries.next_entry().await.map_err(io_error)?.is_some() {
        return Err(BackupError::FolderInUse(dir.to_owned()));
    }
    // sealed, but still everybody's data
    let owner_only = std::fs::Permissions::from_mode(0o700);
    fs::set_permissions(dir, owner_only).await.map_err(io_error)
}

async fn write_manifest(dir: &Path, manifest: &Manifest) -> Result<(), BackupError> {
    let path = dir.join(MANIFEST);
    let aside = dir.join("manifest.part");
    let io_error = |error| BackupError::Io(path.clone(), error);
    let text = serde_json::to_vec_pretty(manifest).map_err(|error| io_error(error.into()))?;
    fs::write(&aside, text).await.map_err(io_error)?;
    fs::rename(&aside, &path).await.map_err(io_error)
}

async fn read_manifest(dir: &Path) -> Result<Manifest, BackupError> {
    let refused = |reason| BackupError::NotABackup(dir.to_owned(), reason);
    let text = fs::read(dir.join(MANIFEST))
        .await
        .map_err(|_| refused("it has no manifest.json that can be read"))?;
    let manifest: Manifest =
        serde_json::from_slice(&text).map_err(|_| refused("its manifest does not read"))?;
    if manifest.format != FORMAT {
        return Err(refused("its format is of another version of joinder"));
    }
    if !manifest.files.iter().any(|file| file.path == DATABASE) {
        return Err(refused("it holds no database"));
    }
    Ok(manifest)
}

async fn describe(dir: &Path, path: &str) -> Result<BackupFile, BackupError> {
    let file = inside(dir, path)?;
    let io_error = |error| BackupError::Io(file.clone(), error);
    let mut open = fs::File::open(&file).await.map_err(io_error)?;
    let mut digest = Sha256::new();
    let mut bytes = 0;
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let read = open.read(&mut buffer).await.map_err(io_error)?;
        let Some(piece) = buffer.get(..read).filter(|piece| !piece.is_empty()) else {
            break;
        };
        digest.update(piece);
        bytes += u64::try_from(read).unwrap_or(0);
    }
    Ok(BackupFile {
        path: path.to_owned(),
        bytes,
        sha256: HEXLOWER.encode(&digest.finish()),
    })
}

/// The path of a file inside the folder; a manifest cannot name one outside.
fn inside(dir: &Path, path: &str) -> Result<PathBuf, BackupError> {
    let path = Path::new(path);
    let is_plain = path
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    if is_plain && path.file_name().is_some() {
        return Ok(dir.join(path));
    }
    Err(BackupError::NotABackup(
        dir.to_owned(),
        "its manifest names a file outside",
    ))
}
