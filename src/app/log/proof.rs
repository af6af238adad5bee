//! Proofs from the published tiles: that an entry is in a log, that a log only grew.

use data_encoding::BASE64;

use super::{SCOPE, published_head, read_tiles, served};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::blob::Blobs;
use crate::crypto::merkle::{self, Edge, Hash, Plan};
use crate::crypto::note::Checkpoint;
use crate::db::log::{self as db, LogRow};

/// First line of an inclusion proof (C2SP tlog-proof).
pub const INCLUSION: &str = "c2sp.org/tlog-proof@v1";

/// First line of a consistency proof of ours.
pub const CONSISTENCY: &str = "joinder-consistency/1";

/// An inclusion proof, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inclusion {
    /// The proof with its checkpoint, as C2SP tlog-proof.
    pub proof: String,
    /// The checkpoint.
    pub checkpoint: String,
    /// The key of the log.
    pub vkey: String,
}

/// The proof that the newest published tree of a log has the entry with this leaf hash in its place; `None`
/// until it is published: what is signed only may yet be lost, and go on differently.
///
/// # Errors
/// `Unavailable`; `Internal` if the log does not have it there.
pub(in crate::app) async fn inclusion(
    ctx: &Ctx,
    row: &LogRow,
    (index, leaf): (u64, Hash),
) -> AppResult<Option<Inclusion>> {
    let Some((head, checkpoint)) = published_head(ctx, row).await? else {
        return Ok(None);
    };
    let Some(hashes) = included(ctx, row, &head, (index, leaf)).await? else {
        return Ok(None);
    };
    Ok(Some(Inclusion {
        proof: written(index, &hashes, &checkpoint),
        checkpoint,
        vkey: super::key(ctx, row)?.verifying().to_string(),
    }))
}

/// The proof that the tree of an older published head has the entry in its place.
///
/// # Errors
/// As [`inclusion`]; `Internal` if it is no head of this log.
pub(in crate::app) async fn inclusion_under(
    ctx: &Ctx,
    row: &LogRow,
    checkpoint: &str,
    (index, leaf): (u64, Hash),
) -> AppResult<Option<String>> {
    let head = Checkpoint::open(checkpoint, super::key(ctx, row)?.verifying());
    let head = head.map_err(AppError::internal)?;
    let hashes = included(ctx, row, &head, (index, leaf)).await?;
    Ok(hashes.map(|hashes| written(index, &hashes, checkpoint)))
}

fn written(index: u64, hashes: &[Hash], checkpoint: &str) -> String {
    let hashes = lines(hashes);
    format!("{INCLUSION}\nindex {index}\n{hashes}\n{checkpoint}")
}

/// The hashes that lead from an entry to a root; `None` if the tree is too small.
async fn included(
    ctx: &Ctx,
    row: &LogRow,
    head: &Checkpoint,
    (index, leaf): (u64, Hash),
) -> AppResult<Option<Vec<Hash>>> {
    let Some(plan) = Plan::inclusion(index, head.size) else {
        return Ok(None);
    };
    let hashes = prove(&ctx.blobs, &row.slug, &plan).await?;
    if merkle::root_by_inclusion(index, head.size, leaf, &hashes) == Some(head.root) {
        return Ok(Some(hashes));
    }
    tracing::error!(case = %row.slug, index, "an entry is not in the log where it should be");
    Err(AppError::internal(
        "the log does not have an entry where it should be",
    ))
}

/// The proof that the newest published tree goes on where the one of `old` entries ended, with its
/// checkpoint, checked; `NotFound` if the log never had that many.
///
/// # Errors
/// `NotFound`, `Unavailable`; `Internal` if the tiles are not those of the checkpoint.
pub async fn consistency(ctx: &Ctx, slug: &str, old: u64) -> AppResult<String> {
    served::check_slug(slug)?;
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let row = db::find_by_slug(&mut tx, SCOPE, slug).await?;
    tx.commit().await?;
    let row = row.ok_or(AppError::NotFound)?;
    let (head, checkpoint) = published_head(ctx, &row).await?.ok_or(AppError::NotFound)?;
    let plan = Plan::consistency(old, head.size).ok_or(AppError::NotFound)?;
    let hashes = prove(&ctx.blobs, slug, &plan).await?;
    let then = match Plan::root(old, head.size) {
        Some(plan) => prove(&ctx.blobs, slug, &plan).await?.pop(),
        None => Some(Edge::default().root()),
    };
    let proved = then
        .is_some_and(|then| merkle::is_consistent((old, &then), (head.size, &head.root), &hashes));
    if !proved {
        tracing::error!(case = %slug, old, "the tiles of a log are not those of its checkpoint");
        return Err(AppError::internal("a log does not go on as it was"));
    }
    let text = format!("{CONSISTENCY}\nold {old}\n{}\n{checkpoint}", lines(&hashes));
    Ok(text)
}

fn lines(hashes: &[Hash]) -> String {
    let lines = hashes
        .iter()
        .map(|hash| format!("{}\n", BASE64.encode(hash)));
    lines.collect()
}

/// The hashes of a plan, from the tiles of the blob store.
///
/// # Errors
/// `Unavailable`; `Internal` if a tile is missing.
pub async fn prove(blobs: &Blobs, slug: &str, plan: &Plan) -> AppResult<Vec<Hash>> {
    let tiles = read_tiles(blobs, slug, &plan.tiles()).await?;
    let tiles = tiles.ok_or_else(|| AppError::internal("a tile of a log is missing"))?;
    let of = |wanted: &merkle::TileId| {
        let found = tiles.iter().find(|(id, _)| id == wanted);
        found.map(|(_, bytes)| bytes.as_slice())
    };
    plan.prove(of)
        .ok_or_else(|| AppError::internal("a tile of a log is too short"))
}
