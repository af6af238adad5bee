//! Proofs from the published tiles: that an entry is in a log, that a log only grew.

use data_encoding::BASE64;

use super::{SCOPE, number, read_tiles, served};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::blob::Blobs;
use crate::crypto::merkle::{self, Hash, Plan};
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

/// The proof that the newest signed tree of a log has the entry with this leaf hash in its place; `None`
/// until it is signed.
///
/// # Errors
/// `Unavailable`; `Internal` if the log does not have it there.
pub(in crate::app) async fn inclusion(
    ctx: &Ctx,
    row: &LogRow,
    (index, leaf): (u64, Hash),
) -> AppResult<Option<Inclusion>> {
    let (Some(checkpoint), size) = (row.checkpoint.clone(), number(row.signed_size)?) else {
        return Ok(None);
    };
    let Some(plan) = Plan::inclusion(index, size) else {
        return Ok(None);
    };
    let hashes = prove(&ctx.blobs, &row.slug, &plan).await?;
    let broken = || AppError::internal("the log does not have an entry where it should be");
    let head = Checkpoint::parse(&checkpoint).map_err(AppError::internal)?;
    if merkle::root_by_inclusion(index, size, leaf, &hashes) != Some(head.root) {
        tracing::error!(case = %row.slug, index, "an entry is not in the log where it should be");
        return Err(broken());
    }
    let proof = format!(
        "{INCLUSION}\nindex {index}\n{}\n{checkpoint}",
        lines(&hashes)
    );
    Ok(Some(Inclusion {
        proof,
        checkpoint,
        vkey: super::key(ctx, row)?.verifying().to_string(),
    }))
}

/// The proof that the newest signed tree goes on where the one of `old` entries ended, with the newest
/// checkpoint; `NotFound` if the log never had that many.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn consistency(ctx: &Ctx, slug: &str, old: u64) -> AppResult<String> {
    served::check_slug(slug)?;
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let row = db::find_by_slug(&mut tx, SCOPE, slug).await?;
    tx.commit().await?;
    let row = row.ok_or(AppError::NotFound)?;
    let checkpoint = row.checkpoint.as_deref().ok_or(AppError::NotFound)?;
    let plan = Plan::consistency(old, number(row.signed_size)?).ok_or(AppError::NotFound)?;
    let hashes = prove(&ctx.blobs, slug, &plan).await?;
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
