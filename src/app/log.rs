//! The evidence log of a case: who gives entries their place, what is published, how a log is taken up
//! again after a restore (DESIGN 5, `docs/decisions/0015-the-evidence-log.md`).
//!
//! Three steps, each of which may be the last before a process dies, and each of which gives the same
//! bytes when it is done again: entries get their places (one transaction), tiles and bundles are written,
//! the head is signed (one transaction) and then published.

use futures_util::{StreamExt, TryStreamExt, stream};
use thiserror::Error;

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::blob::{BlobError, Blobs};
use crate::crypto::merkle::{self, Edge, TileId};
use crate::crypto::note::{Checkpoint, LogKey};
use crate::db::Scope;
use crate::db::log::LogRow;

pub mod digest;
pub mod event;
pub mod files;
pub mod proof;
pub mod publish;
pub mod recover;
pub mod sequence;
pub mod served;
pub mod status;
pub mod subjects;
pub mod timestamp;
pub mod trail;

const SCOPE: Scope = Scope::System("evidence logs");

/// Files read or written at once.
const AT_ONCE: usize = 8;

/// Why a log is not gone on with. The operator decides: `joinder log recover`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The files know of more entries than the database: it was restored from an older backup.
    #[error(
        "the published log of {slug} has {published} entries, the database only {known}: nothing more is signed until `joinder log recover {slug}`"
    )]
    Behind {
        /// Case.
        slug: String,
        /// Entries under the published checkpoint.
        published: u64,
        /// Entries under the newest checkpoint of the database.
        known: u64,
    },
    /// Same size, another root.
    #[error("the published log of {0} is another one than that of the database")]
    Forked(String),
    /// A checkpoint was published that this key did not sign.
    #[error("the published checkpoint of {0} is not signed by its log's key")]
    NotOurs(String),
    /// Files are missing.
    #[error("files of the log of {0} are missing: restore the blob store")]
    Missing(String),
}

impl From<Refusal> for AppError {
    fn from(refusal: Refusal) -> Self {
        Self::internal(refusal)
    }
}

/// Folder of a log in the blob store; the same as its path on the web.
fn folder(slug: &str) -> String {
    format!("log/{slug}")
}

fn checkpoint_key(slug: &str) -> String {
    format!("{}/checkpoint", folder(slug))
}

fn tile_key(slug: &str, path: &str) -> String {
    format!("{}/tile/{path}", folder(slug))
}

fn key(ctx: &Ctx, row: &LogRow) -> AppResult<LogKey> {
    ctx.keyring.log_key(row.case(), &row.origin)
}

fn unavailable(error: BlobError) -> AppError {
    AppError::Unavailable(Box::new(error))
}

fn number(size: i64) -> AppResult<u64> {
    u64::try_from(size).map_err(AppError::internal)
}

fn signed(size: u64) -> AppResult<i64> {
    i64::try_from(size).map_err(AppError::internal)
}

/// The published checkpoint as it is, if there is one.
async fn published(ctx: &Ctx, slug: &str) -> AppResult<Option<String>> {
    let found = ctx.blobs.find(&checkpoint_key(slug)).await;
    let found = found.map_err(unavailable)?;
    Ok(found.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

/// The published head of a log and its note, if there is one.
///
/// # Errors
/// `Unavailable`; `Internal` with a [`Refusal`] if the log's key did not sign it.
async fn published_head(ctx: &Ctx, row: &LogRow) -> AppResult<Option<(Checkpoint, String)>> {
    let Some(note) = published(ctx, &row.slug).await? else {
        return Ok(None);
    };
    let head = Checkpoint::open(&note, key(ctx, row)?.verifying())
        .map_err(|_| Refusal::NotOurs(row.slug.clone()))?;
    Ok(Some((head, note)))
}

/// Whether what was published is what `ours` is the head of, or less; gives its size.
fn hold_against(
    published: Option<&str>,
    ours: &Checkpoint,
    (slug, key): (&str, &LogKey),
) -> Result<u64, Refusal> {
    let Some(published) = published else {
        return Ok(0);
    };
    let slug = || slug.to_owned();
    let Ok(head) = Checkpoint::open(published, key.verifying()) else {
        return Err(Refusal::NotOurs(slug()));
    };
    if head.size > ours.size {
        return Err(Refusal::Behind {
            slug: slug(),
            published: head.size,
            known: ours.size,
        });
    }
    if head.size == ours.size && head.root != ours.root {
        return Err(Refusal::Forked(slug()));
    }
    Ok(head.size)
}

/// Whether the database may go on: what was published must be what it knows or less.
async fn check_standing(ctx: &Ctx, row: &LogRow) -> AppResult<Result<(), Refusal>> {
    let slug = || row.slug.clone();
    let known = number(row.signed_size)?;
    let own = match &row.checkpoint {
        Some(own) => Checkpoint::parse(own).map_err(AppError::internal)?,
        None => Checkpoint {
            origin: row.origin.clone(),
            size: 0,
            root: Edge::default().root(),
        },
    };
    if own.size != known {
        return Err(AppError::internal("the head of a log is of another size"));
    }
    let file = published(ctx, &row.slug).await?;
    let size = match hold_against(file.as_deref(), &own, (&row.slug, &key(ctx, row)?)) {
        Ok(size) => size,
        Err(refusal) => return Ok(Err(refusal)),
    };
    // a process that died before it published left the files of what it signed; a lost store has none
    if size < known
        && read_tiles(&ctx.blobs, &row.slug, &[last_tile(known)])
            .await?
            .is_none()
    {
        return Ok(Err(Refusal::Missing(slug())));
    }
    Ok(Ok(()))
}

/// The tile with the newest entry of a tree that is not empty.
fn last_tile(size: u64) -> TileId {
    let index = size.saturating_sub(1) / merkle::WIDTH;
    TileId {
        level: 0,
        index,
        width: size - index * merkle::WIDTH,
    }
}

/// Reads tiles; `None` if one is not there. One that is no longer partial is taken from the full one.
async fn read_tiles(
    blobs: &Blobs,
    slug: &str,
    tiles: &[TileId],
) -> AppResult<Option<Vec<(TileId, Vec<u8>)>>> {
    let reads: Vec<_> = tiles.iter().map(|id| read_tile(blobs, slug, *id)).collect();
    let read: Vec<Option<(TileId, Vec<u8>)>> =
        stream::iter(reads).buffered(AT_ONCE).try_collect().await?;
    Ok(read.into_iter().collect())
}

async fn read_tile(blobs: &Blobs, slug: &str, id: TileId) -> AppResult<Option<(TileId, Vec<u8>)>> {
    let find = |id: TileId| {
        let key = tile_key(slug, &id.path());
        async move { blobs.find(&key).await.map_err(unavailable) }
    };
    let mut found = find(id).await?;
    if found.is_none() && id.width < merkle::WIDTH {
        let width = merkle::WIDTH;
        found = find(TileId { width, ..id }).await?;
    }
    let wanted = usize::try_from(id.width).unwrap_or(0) * merkle::HASH;
    Ok(found.and_then(|mut bytes| {
        let whole = bytes.len() >= wanted;
        bytes.truncate(wanted);
        whole.then_some((id, bytes))
    }))
}

/// Reads the entries of one bundle of a tree of `size`; `None` if it is not there.
async fn read_bundle(
    blobs: &Blobs,
    slug: &str,
    index: u64,
    size: u64,
) -> AppResult<Option<Vec<Vec<u8>>>> {
    let width = size
        .saturating_sub(index * merkle::WIDTH)
        .min(merkle::WIDTH);
    for held in [width, merkle::WIDTH] {
        let key = tile_key(slug, &merkle::bundle_path(index, held));
        let found = blobs.find(&key).await.map_err(unavailable)?;
        if let Some(mut entries) = found.and_then(|bytes| merkle::unbundle(&bytes)) {
            let wanted = usize::try_from(width).unwrap_or(0);
            entries.truncate(wanted);
            return Ok((entries.len() == wanted).then_some(entries));
        }
    }
    Ok(None)
}
