//! What everybody may read of a log: checkpoint, tiles, bundles, key. Exactly C2SP tlog-tiles.

use super::{SCOPE, published, read_bundle, read_tile, timestamp};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::crypto::merkle::{self, TileId};
use crate::crypto::note::Checkpoint;
use crate::db::log as db;

/// Longest slug looked for.
const LONGEST_SLUG: usize = 100;

/// Highest level of tiles a log of 64-bit size can have.
const HIGHEST_LEVEL: u32 = 63;

/// The newest published checkpoint.
///
/// # Errors
/// `NotFound` if there is no such log; `Unavailable`.
pub async fn checkpoint(ctx: &Ctx, slug: &str) -> AppResult<String> {
    check_slug(slug)?;
    published(ctx, slug).await?.ok_or(AppError::NotFound)
}

/// The key that checks the log's signatures, as a vkey.
///
/// # Errors
/// `NotFound` if there is no such log; `Unavailable`.
pub async fn vkey(ctx: &Ctx, slug: &str) -> AppResult<String> {
    check_slug(slug)?;
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let row = db::find_by_slug(&mut tx, SCOPE, slug).await?;
    tx.commit().await?;
    let row = row.ok_or(AppError::NotFound)?;
    Ok(super::key(ctx, &row)?.verifying().to_string())
}

/// The key of the log with this name in its checkpoints, if it is one of ours.
///
/// # Errors
/// `Unavailable`.
pub async fn vkey_of_origin(ctx: &Ctx, origin: &str) -> AppResult<Option<String>> {
    let Some((_, slug)) = origin.rsplit_once('/') else {
        return Ok(None);
    };
    match vkey(ctx, slug).await {
        Ok(vkey) => Ok(Some(vkey).filter(|vkey| vkey.starts_with(&format!("{origin}+")))),
        Err(AppError::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A tile or an entry bundle of the published tree, by its path below `tile/`. What was written for a head
/// that is not published yet may still change, and is not there.
///
/// # Errors
/// `NotFound` if it is none, or not there; `Unavailable`.
pub async fn tile(ctx: &Ctx, slug: &str, path: &str) -> AppResult<Vec<u8>> {
    check_slug(slug)?;
    let (level, rest) = path.split_once('/').ok_or(AppError::NotFound)?;
    let (index, width) = place(rest).ok_or(AppError::NotFound)?;
    let published = published_size(ctx, slug).await?;
    let is_within = |hashes: u64| index * merkle::WIDTH + width <= hashes;
    if level == "entries" {
        if !is_within(published) {
            return Err(AppError::NotFound);
        }
        let entries = read_bundle(&ctx.blobs, slug, index, index * merkle::WIDTH + width).await?;
        let entries = entries.ok_or(AppError::NotFound)?;
        let bytes = merkle::bundle(entries.iter().map(Vec::as_slice));
        return bytes.ok_or(AppError::NotFound);
    }
    let level = decimal(level).and_then(|level| u32::try_from(level).ok());
    let level = level.filter(|level| *level <= HIGHEST_LEVEL);
    let level = level.ok_or(AppError::NotFound)?;
    if !is_within(merkle::width_of(level, published)) {
        return Err(AppError::NotFound);
    }
    let id = TileId {
        level,
        index,
        width,
    };
    let found = read_tile(&ctx.blobs, slug, id).await?;
    found.map(|(_, bytes)| bytes).ok_or(AppError::NotFound)
}

async fn published_size(ctx: &Ctx, slug: &str) -> AppResult<u64> {
    let note = published(ctx, slug).await?.ok_or(AppError::NotFound)?;
    let head = Checkpoint::parse(&note).map_err(AppError::internal)?;
    Ok(head.size)
}

/// An answer of the time-stamping authority, or the head it is about, by its name below `timestamps/`.
///
/// # Errors
/// `NotFound` if it is none, or not there; `Unavailable`.
pub async fn timestamp(ctx: &Ctx, slug: &str, name: &str) -> AppResult<Vec<u8>> {
    check_slug(slug)?;
    let (size, ending) = name.split_once('.').ok_or(AppError::NotFound)?;
    let size = decimal(size).ok_or(AppError::NotFound)?;
    let key = match ending {
        "tsr" => timestamp::answer_key(slug, size),
        "checkpoint" => timestamp::head_key(slug, size),
        _ => return Err(AppError::NotFound),
    };
    let found = ctx.blobs.find(&key).await.map_err(super::unavailable)?;
    found.ok_or(AppError::NotFound)
}

/// Slugs are ours: nothing else becomes part of a key of the store.
pub(super) fn check_slug(slug: &str) -> AppResult<()> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_slug = !slug.is_empty() && slug.len() <= LONGEST_SLUG && slug.bytes().all(allowed);
    is_slug.then_some(()).ok_or(AppError::NotFound)
}

/// `x001/x234/067` or `x001/x234/067.p/5`: index and width. One spelling each.
fn place(path: &str) -> Option<(u64, u64)> {
    let (path, width) = match path.split_once(".p/") {
        Some((path, width)) => {
            let width = decimal(width).filter(|width| (1..merkle::WIDTH).contains(width))?;
            (path, width)
        }
        None => (path, merkle::WIDTH),
    };
    let mut index: u64 = 0;
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        let digits = match parts.peek() {
            Some(_) => part.strip_prefix('x')?,
            None => part,
        };
        if digits.len() != 3 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        index = index.checked_mul(1000)?.checked_add(digits.parse().ok()?)?;
    }
    // no tile lies beyond: sizes stay within 63 bits
    index.checked_mul(merkle::WIDTH * 2)?;
    let one = merkle::bundle_path(index, merkle::WIDTH);
    (one.strip_prefix("entries/") == Some(path)).then_some((index, width))
}

/// A number as it is written in a path: digits, no sign, no zero before.
pub fn decimal(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}
