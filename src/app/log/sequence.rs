//! Gives entries their places, one process at a time for each log, and publishes them (SCALE S9).

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use futures_util::{StreamExt, TryStreamExt, stream};
use uuid::Uuid;

use super::{
    AT_ONCE, SCOPE, check_standing, key, number, published, signed, tile_key, unavailable,
};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::lease::{self, Holder, Lease};
use crate::app::log::publish::{self, lost};
use crate::app::log::subjects;
use crate::crypto::merkle::{self, Edge, Tile};
use crate::crypto::{commitment, sha256};
use crate::db::log::{self as db, Entered, Head, LeafRow, LogRow, WaitingRow};
use crate::domain::log::{Entry, Kind, VERSION, rounded};

/// Turns between two looks at logs that have nothing to do; the first turn looks.
const LOOK_EVERY: u64 = 5;

/// Entries that get their places in one transaction.
const BATCH: i64 = 2_000;

/// Gives entries of all logs their places: what a process holds of leases.
#[derive(Debug)]
pub struct Sequencer {
    holder: Holder,
    turns: u64,
    leases: HashMap<Uuid, Lease>,
}

impl Sequencer {
    /// Holds nothing yet.
    pub fn new(holder: Holder) -> Self {
        Self {
            holder,
            turns: 0,
            leases: HashMap::new(),
        }
    }

    /// Enters, signs and publishes what waits now, in every log whose lease can be had. Gives the number
    /// of entries published. A log that is refused does not hold up the others.
    ///
    /// # Errors
    /// `Unavailable` if database or blob store cannot be reached; `Internal` with a [`super::Refusal`].
    pub async fn turn(&mut self, ctx: &Ctx) -> AppResult<u64> {
        let mut entered = 0;
        let mut refused = Ok(());
        if self.turns.is_multiple_of(LOOK_EVERY) {
            refused = self.look_after(ctx).await;
        }
        self.turns += 1;
        for row in due(ctx).await? {
            let Some(lease) = self.lease(ctx, row.case_id).await? else {
                continue;
            };
            match bring_up(ctx, &lease, &row).await {
                Ok(count) => entered += count,
                Err(error) => {
                    // whoever is to put it right needs the lease
                    self.leases.remove(&row.case_id);
                    lease::release(ctx, lease).await?;
                    refused = Err(error);
                }
            }
        }
        refused.map(|()| entered)
    }

    /// Holds every log against its files: whoever died between signing and publishing is made up for, and a
    /// database that is older than the files is told at once.
    async fn look_after(&mut self, ctx: &Ctx) -> AppResult<()> {
        let mut tx = ctx.pools.begin(SCOPE).await?;
        let rows = db::list(&mut tx, SCOPE).await?;
        tx.commit().await?;
        let (mut refused, mut stopped) = (Ok(()), 0_u32);
        for row in rows {
            if published(ctx, &row.slug).await? == row.checkpoint {
                continue;
            }
            // whoever has the lease sees to it
            let Some(lease) = self.lease(ctx, row.case_id).await? else {
                continue;
            };
            if let Err(error) = publish::make_up(ctx, &lease, &row).await {
                self.leases.remove(&row.case_id);
                lease::release(ctx, lease).await?;
                refused = Err(error);
                stopped += 1;
            }
        }
        metrics::gauge!("joinder_logs_stopped").set(f64::from(stopped));
        refused
    }

    /// Gives every lease back.
    pub async fn stop(&mut self, ctx: &Ctx) {
        for (_, lease) in self.leases.drain() {
            if let Err(error) = lease::release(ctx, lease).await {
                tracing::debug!(%error, "a lease of a log runs out by itself");
            }
        }
    }

    /// The lease of a log: renewed, or taken if nobody has it.
    async fn lease(&mut self, ctx: &Ctx, case: Uuid) -> AppResult<Option<Lease>> {
        if let Some(held) = self.leases.get(&case)
            && lease::renew(ctx, held).await?
        {
            return Ok(Some(held.clone()));
        }
        self.leases.remove(&case);
        let taken = take_lease(ctx, case, self.holder).await?;
        if let Some(lease) = &taken {
            self.leases.insert(case, lease.clone());
        }
        Ok(taken)
    }
}

/// Takes the lease of the log of a case, if nobody has it.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn take_lease(ctx: &Ctx, case: Uuid, holder: Holder) -> AppResult<Option<Lease>> {
    lease::acquire(ctx, &format!("log/{case}"), holder).await
}

/// The logs that have something to do; begins those that are missing.
async fn due(ctx: &Ctx) -> AppResult<Vec<LogRow>> {
    let base = &ctx.settings.public_base_url;
    let host = base
        .split_once("://")
        .map_or(base.as_str(), |(_, host)| host);
    let origin = format!("{host}/log/");
    let mut tx = ctx.pools.begin(SCOPE).await?;
    db::insert_missing(&mut tx, SCOPE, &origin, ctx.clock.now()).await?;
    let rows = db::list_due(&mut tx, SCOPE).await?;
    tx.commit().await?;
    Ok(rows)
}

async fn bring_up(ctx: &Ctx, lease: &Lease, row: &LogRow) -> AppResult<u64> {
    check_standing(ctx, row).await??;
    let row = assign(ctx, lease, row).await?;
    let Some(grown) = write_tiles(ctx, &row).await? else {
        return Ok(0);
    };
    let checkpoint = sign(ctx, lease, &row, &grown).await?;
    publish::publish(ctx, lease, &row, &checkpoint).await?;
    publish::drop_partial(ctx, &row.slug, &grown).await?;
    let count = grown.edge.size() - number(row.signed_size)?;
    metrics::counter!("joinder_log_entries_total").increment(count);
    Ok(count)
}

/// Step 1: gives what waits its places, in one transaction that holds the lease's row; gives the log as
/// it is then.
///
/// # Errors
/// `Unavailable`; `IllegalTransition` if the lease was lost: then nothing happened.
pub async fn assign(ctx: &Ctx, lease: &Lease, row: &LogRow) -> AppResult<LogRow> {
    let at = rounded(ctx.clock.now());
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let mut log = db::lock(&mut tx, SCOPE, row.case()).await?;
    let waiting = db::list_waiting(&mut tx, SCOPE, log.case(), BATCH).await?;
    if waiting.is_empty() {
        return Ok(log);
    }
    let from = log.tree_size;
    let mut leaves: Vec<LeafRow> = Vec::with_capacity(waiting.len());
    let mut entered: Vec<Entered> = Vec::with_capacity(waiting.len());
    let mut hashes: HashMap<Uuid, Vec<u8>> = HashMap::new();
    for (index, row) in (from..).zip(waiting) {
        let entry = entry(&row, &hashes, at)?;
        let entry = commitment::canonical_json(&entry)?;
        let hash = merkle::leaf_hash(&entry).to_vec();
        hashes.insert(row.id, hash.clone());
        leaves.push(LeafRow {
            case_id: log.case_id,
            leaf_index: index,
            entry,
            subject_id: Some(row.subject_id),
        });
        entered.push(Entered {
            subject: row.subject_id,
            id: row.id,
            index,
            hash,
            at,
        });
    }
    log.tree_size = from + i64::try_from(leaves.len()).map_err(AppError::internal)?;
    let marked = db::mark_entered(&mut tx, SCOPE, &entered).await?;
    // who was erased since the rows were read has an entry that leads to nobody
    let marked: HashSet<Uuid> = marked.into_iter().collect();
    for (leaf, entered) in leaves.iter_mut().zip(&entered) {
        leaf.subject_id = leaf.subject_id.filter(|_| marked.contains(&entered.id));
    }
    db::insert_leaves(&mut tx, SCOPE, &leaves).await?;
    let sizes = (from, log.tree_size);
    let moved = db::advance(&mut tx, SCOPE, log.case(), lease.fence(), sizes).await?;
    if !moved || !lease::holds(&mut tx, lease).await? {
        return Err(lost());
    }
    tx.commit().await?;
    Ok(log)
}

/// The entry of a row. `batch` has the leaf hashes of those before it in the same transaction.
fn entry(row: &WaitingRow, batch: &HashMap<Uuid, Vec<u8>>, t: DateTime<Utc>) -> AppResult<Entry> {
    let kind = Kind::parse(&row.kind).ok_or_else(|| AppError::internal("an unknown entry"))?;
    let commit = match (&row.commitment, &row.content, &row.salt) {
        (Some(commitment), _, _) => commitment.clone(),
        (None, Some(content), Some(salt)) => commitment::commit_event(salt, content.as_bytes()),
        _ => return Err(AppError::internal("an entry without a commitment")),
    };
    let in_batch = row.supersedes.and_then(|id| batch.get(&id));
    let prev = in_batch.or(row.prev.as_ref());
    Ok(Entry {
        v: VERSION,
        kind,
        id: row.id,
        commit: sha256::hex(&commit),
        evidence: row.evidence_commitment.as_deref().map(sha256::hex),
        prev: prev.map(|hash| sha256::hex(hash)),
        t,
    })
}

/// A tree grown by what has its place but is not signed.
#[derive(Debug)]
pub struct Grown {
    /// The edge of the new tree.
    pub edge: Edge,
    /// Tiles that became full.
    pub(super) full: Vec<Tile>,
}

/// Step 2: writes the tiles and bundles of everything that has its place. `None`: there is nothing new
/// and a checkpoint is there.
///
/// # Errors
/// `Unavailable`; `Internal` if leaves are missing.
pub async fn write_tiles(ctx: &Ctx, row: &LogRow) -> AppResult<Option<Grown>> {
    let (from, to) = (number(row.signed_size)?, number(row.tree_size)?);
    if from == to && row.checkpoint.is_some() {
        return Ok(None);
    }
    let start = from / merkle::WIDTH * merkle::WIDTH;
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let leaves = db::list_leaves(&mut tx, SCOPE, row.case(), signed(start)?).await?;
    tx.commit().await?;
    let count = usize::try_from(to - start).unwrap_or(usize::MAX);
    let leaves = leaves.get(..count).unwrap_or_default();
    let dense = (row_index(start)..)
        .zip(leaves)
        .all(|(at, leaf)| leaf.leaf_index == at);
    if leaves.len() != count || !dense {
        return Err(AppError::internal("leaves of a log are missing"));
    }
    let mut edge = Edge::from_bytes(from, &row.edge)
        .ok_or_else(|| AppError::internal("the edge of a log is of another size"))?;
    let mut full = Vec::new();
    let known = usize::try_from(from - start).unwrap_or(usize::MAX);
    let (known, fresh) = leaves.split_at_checked(known).unwrap_or_default();
    let hashes = known.iter().map(|leaf| merkle::leaf_hash(&leaf.entry));
    if !hashes.eq(edge.leaves().iter().copied()) {
        return Err(AppError::internal(
            "leaves of a log are not those that were signed",
        ));
    }
    for leaf in fresh {
        edge.push(merkle::leaf_hash(&leaf.entry), &mut full);
    }
    if !fresh.is_empty() {
        subjects::keep(ctx, row, fresh).await?;
    }
    write_files(ctx, row, files(start, leaves, &full, &edge)?).await?;
    Ok(Some(Grown { edge, full }))
}

fn row_index(index: u64) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}

/// Bundles from `start` on, and tiles: path below `tile/` and bytes.
fn files(
    start: u64,
    leaves: &[LeafRow],
    full: &[Tile],
    edge: &Edge,
) -> AppResult<Vec<(String, Vec<u8>)>> {
    let width = usize::try_from(merkle::WIDTH).unwrap_or(usize::MAX);
    let mut files = Vec::new();
    for (index, part) in (start / merkle::WIDTH..).zip(leaves.chunks(width)) {
        let entries = part.iter().map(|leaf| leaf.entry.as_slice());
        let bytes = merkle::bundle(entries);
        let bytes = bytes.ok_or_else(|| AppError::internal("an entry is too long"))?;
        let held = u64::try_from(part.len()).unwrap_or(merkle::WIDTH);
        files.push((merkle::bundle_path(index, held), bytes));
    }
    let tiles = full.iter().cloned().chain(edge.partial());
    files.extend(tiles.map(|tile| (tile.id.path(), tile.bytes)));
    Ok(files)
}

async fn write_files(ctx: &Ctx, row: &LogRow, files: Vec<(String, Vec<u8>)>) -> AppResult<()> {
    let writes: Vec<_> = files
        .into_iter()
        .map(|(path, bytes)| {
            let key = tile_key(&row.slug, &path);
            async move { ctx.blobs.put(&key, bytes).await }
        })
        .collect();
    let written = stream::iter(writes).buffer_unordered(AT_ONCE);
    written.try_collect::<()>().await.map_err(unavailable)
}

/// Step 3: signs the head of a tree whose files are written, in one transaction that holds the lease's
/// row; gives the checkpoint.
///
/// # Errors
/// `Unavailable`; `IllegalTransition` if the lease was lost or somebody else signed.
pub async fn sign(ctx: &Ctx, lease: &Lease, row: &LogRow, grown: &Grown) -> AppResult<String> {
    let size = grown.edge.size();
    let checkpoint = key(ctx, row)?.sign(size, grown.edge.root());
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let head = Head {
        from: row.signed_size,
        size: signed(size)?,
        edge: &grown.edge.to_bytes(),
        checkpoint: &checkpoint,
        signed_at: ctx.clock.now(),
    };
    let moved = db::mark_signed(&mut tx, SCOPE, row.case(), lease.fence(), &head).await?;
    if !moved || !lease::holds(&mut tx, lease).await? {
        return Err(lost());
    }
    let below = signed(size / merkle::WIDTH * merkle::WIDTH)?;
    db::delete_leaves(&mut tx, SCOPE, row.case(), below).await?;
    tx.commit().await?;
    Ok(checkpoint)
}
