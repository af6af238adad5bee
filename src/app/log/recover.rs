//! Takes a log up again whose files know more than the database: what was published counts, and who is
//! missing is told (`joinder log recover`).
//!
//! Entries name nobody: whom they are about stands in the lists of [`super::subjects`].

use std::collections::HashMap;
use std::time::Duration;

use uuid::Uuid;

use super::subjects::Subjects;
use super::{Refusal, SCOPE, key, number, published, read_bundle, sequence, served, signed};
use crate::app::audit::{self, Actor};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::lease::{self, Holder, Lease};
use crate::crypto::merkle::{self, Edge};
use crate::crypto::note::Checkpoint;
use crate::db::Tx;
use crate::db::log::{self as db, Entered, Head, LeafRow, LogRow};
use crate::domain::audit::action;
use crate::domain::ids::ClaimantId;
use crate::domain::log::{Entry, Kind};
use crate::domain::reference::Reference;

/// How long the lease of a worker that refuses the log is waited for, in seconds.
const PATIENCE: u32 = 20;

/// Ids looked up in one statement.
const CHUNK: usize = 5_000;

/// An entry of the published log that nothing in the database belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// Its place.
    pub index: u64,
    /// What it is about.
    pub kind: Kind,
    /// Claimant, export or case; unknown if the sealed list is missing, or the person was erased.
    pub subject: Option<Uuid>,
    /// Reference of the claimant, for a declaration.
    pub reference: Option<String>,
    /// What is left of whom it is about.
    pub left: Left,
}

/// What is left in the database of whom a lost entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// Nothing: the person must sign up again.
    Nothing,
    /// The record, but not what was signed: the person must sign again.
    Record,
    /// The person was erased meanwhile: nothing is to be done, and nothing tells who it was.
    Erased,
}

/// What a recovery did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// Entries the database knew to be signed.
    pub from: u64,
    /// Entries of the published log.
    pub to: u64,
    /// Entries whose rows were there.
    pub adopted: usize,
    /// Entries whose rows are lost, in their order.
    pub lost: Vec<Lost>,
}

/// Makes the published log the one the database goes on with. Every entry of it is read and held against
/// the signed root first. Safe to repeat.
///
/// *effects*: places of entries, head of the log, an audit row `recover_log`.
///
/// # Errors
/// `NotFound` if there is no such log; `IllegalTransition` if another process keeps its lease;
/// `Internal` with a [`Refusal`] if files are missing or the log is another one.
pub async fn recover(ctx: &Ctx, slug: &str) -> AppResult<Recovered> {
    served::check_slug(slug)?;
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let row = db::find_by_slug(&mut tx, SCOPE, slug).await?;
    tx.commit().await?;
    let row = row.ok_or(AppError::NotFound)?;
    let lease = patient_lease(ctx, row.case_id).await?;
    let done = take_up(ctx, &lease, &row).await;
    lease::release(ctx, lease).await?;
    done
}

async fn patient_lease(ctx: &Ctx, case: Uuid) -> AppResult<Lease> {
    let holder = Holder::new();
    for _ in 0..PATIENCE {
        if let Some(lease) = sequence::take_lease(ctx, case, holder).await? {
            return Ok(lease);
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Err(AppError::IllegalTransition("log_lease_held"))
}

async fn take_up(ctx: &Ctx, lease: &Lease, row: &LogRow) -> AppResult<Recovered> {
    let from = number(row.signed_size)?;
    let file = published(ctx, &row.slug).await?.ok_or(AppError::NotFound)?;
    let head = Checkpoint::open(&file, key(ctx, row)?.verifying())
        .map_err(|_| Refusal::NotOurs(row.slug.clone()))?;
    if head.size <= from {
        super::check_standing(ctx, row).await??;
        return Ok(Recovered {
            from,
            to: from,
            adopted: 0,
            lost: Vec::new(),
        });
    }
    let (entries, edge) = read_on(ctx, row, &head).await?;
    let subjects = Subjects::read(ctx, row, from).await?;
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let now = db::lock(&mut tx, SCOPE, row.case()).await?;
    if now.signed_size != row.signed_size {
        return Err(AppError::IllegalTransition("log_changed"));
    }
    db::clear_from(&mut tx, SCOPE, row.case(), row.signed_size).await?;
    let lost = adopt(&mut tx, row, &entries, &subjects).await?;
    let signed_head = Head {
        from: row.signed_size,
        size: signed(head.size)?,
        edge: &edge.to_bytes(),
        checkpoint: &file,
        signed_at: ctx.clock.now(),
    };
    let (case, fence) = (row.case(), lease.fence());
    let sizes = (now.tree_size, signed_head.size);
    let moved = db::advance(&mut tx, SCOPE, case, fence, sizes).await?
        && db::mark_signed(&mut tx, SCOPE, case, fence, &signed_head).await?;
    if !moved || !lease::holds(&mut tx, lease).await? {
        return Err(AppError::IllegalTransition("log_lease_lost"));
    }
    let adopted = entries.len() - lost.len();
    tell(ctx, &mut tx, row, (adopted, lost.len())).await?;
    let lost = name(&mut tx, lost).await?;
    tx.commit().await?;
    Ok(Recovered {
        from,
        to: head.size,
        adopted,
        lost,
    })
}

async fn tell(
    ctx: &Ctx,
    tx: &mut Tx,
    row: &LogRow,
    (adopted, lost): (usize, usize),
) -> AppResult<()> {
    let entry = audit::Entry {
        subject: row.case_id,
        association: None,
        actor: Actor::Operator,
        action: action::RECOVER_LOG,
        states: None,
        detail: serde_json::json!({ "adopted": adopted, "lost": lost }),
        sealed: None,
    };
    audit::append(ctx, tx, SCOPE, entry).await
}

/// An entry that was published.
struct Published {
    index: u64,
    bytes: Vec<u8>,
    entry: Entry,
}

/// The published entries that the database does not know to be signed, and the edge of the published
/// tree, whose root they lead to.
async fn read_on(ctx: &Ctx, row: &LogRow, head: &Checkpoint) -> AppResult<(Vec<Published>, Edge)> {
    let from = number(row.signed_size)?;
    let forked = || Refusal::Forked(row.slug.clone());
    let mut edge = Edge::from_bytes(from, &row.edge).ok_or_else(forked)?;
    let mut entries = Vec::new();
    for bundle in from / merkle::WIDTH..head.size.div_ceil(merkle::WIDTH) {
        let read = read_bundle(&ctx.blobs, &row.slug, bundle, head.size).await?;
        let read = read.ok_or_else(|| Refusal::Missing(row.slug.clone()))?;
        for (index, bytes) in (bundle * merkle::WIDTH..).zip(read) {
            if index < from {
                continue;
            }
            edge.push(merkle::leaf_hash(&bytes), &mut Vec::new());
            let entry = serde_json::from_slice(&bytes).map_err(AppError::internal)?;
            entries.push(Published {
                index,
                bytes,
                entry,
            });
        }
    }
    if edge.root() != head.root {
        return Err(forked().into());
    }
    Ok((entries, edge))
}

/// Gives the rows that wait the places they have in the published log, and writes the leaves that are in
/// no full bundle; gives the entries without rows.
async fn adopt(
    tx: &mut Tx,
    row: &LogRow,
    entries: &[Published],
    subjects: &Subjects,
) -> AppResult<Vec<Lost>> {
    let mut lost = Vec::new();
    for chunk in entries.chunks(CHUNK) {
        let ids: Vec<Uuid> = chunk.iter().map(|it| it.entry.id).collect();
        let waiters = db::list_waiters(tx, SCOPE, row.case(), &ids).await?;
        let waiters: HashMap<Uuid, Uuid> =
            waiters.iter().map(|it| (it.id, it.subject_id)).collect();
        let mut entered = Vec::new();
        for it in chunk {
            match waiters.get(&it.entry.id) {
                Some(subject) => entered.push(Entered {
                    subject: *subject,
                    id: it.entry.id,
                    index: signed(it.index)?,
                    hash: merkle::leaf_hash(&it.bytes).to_vec(),
                    at: it.entry.t,
                }),
                None => lost.push(Lost {
                    index: it.index,
                    kind: it.entry.kind,
                    subject: subjects.of(&it.entry.id),
                    reference: None,
                    left: if subjects.is_of_erased(&it.entry.id) {
                        Left::Erased
                    } else {
                        Left::Nothing
                    },
                }),
            }
        }
        db::mark_entered(tx, SCOPE, &entered).await?;
    }
    let size = entries.last().map_or(0, |last| last.index + 1);
    let below = size / merkle::WIDTH * merkle::WIDTH;
    db::delete_leaves(tx, SCOPE, row.case(), signed(below)?).await?;
    let mut leaves = Vec::new();
    for it in entries.iter().filter(|it| it.index >= below) {
        leaves.push(LeafRow {
            case_id: row.case_id,
            leaf_index: signed(it.index)?,
            entry: it.bytes.clone(),
            subject_id: subjects.of(&it.entry.id),
        });
    }
    db::insert_leaves(tx, SCOPE, &leaves).await?;
    Ok(lost)
}

/// Says of each lost entry whom it is about and what is left.
async fn name(tx: &mut Tx, mut lost: Vec<Lost>) -> AppResult<Vec<Lost>> {
    for chunk in lost.chunks_mut(CHUNK) {
        let ids: Vec<ClaimantId> = chunk
            .iter()
            .filter_map(|it| it.subject.map(ClaimantId::new))
            .collect();
        let rows = db::list_cases_of(tx, SCOPE, &ids).await?;
        for it in chunk.iter_mut().filter(|it| it.kind == Kind::Declaration) {
            let Some(subject) = it.subject else { continue };
            it.reference = Some(Reference::of(ClaimantId::new(subject)).as_str().to_owned());
            if rows.iter().any(|(id, _, _)| *id == subject) {
                it.left = Left::Record;
            }
        }
    }
    Ok(lost)
}
