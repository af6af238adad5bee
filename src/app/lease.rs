//! Takes turns between processes: one lease, one holder, a fence that only rises (SCALE S9).

use std::time::Duration;

use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::error::AppResult;
use crate::crypto::token;
use crate::db::{Scope, Tx, lease};

const SCOPE: Scope = Scope::System("leases of the worker");

/// How long a lease lasts without being renewed.
pub const LASTS: Duration = Duration::from_secs(15);

const PRESENCE: &str = "worker/";

/// A process that takes leases: a random id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder(Uuid);

impl Holder {
    /// A new holder; one per process.
    pub fn new() -> Self {
        Self(token::uuid_v8(token::random_bytes()))
    }
}

impl Default for Holder {
    fn default() -> Self {
        Self::new()
    }
}

/// A lease held. It is lost [`LASTS`] after it was taken or renewed last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    name: String,
    holder: Holder,
    fence: i64,
    lasts: Duration,
}

impl Lease {
    /// The job it is for.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Rises by one with each taking.
    pub fn fence(&self) -> i64 {
        self.fence
    }
}

/// Takes the lease of a job for [`LASTS`], if nobody holds it.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn acquire(ctx: &Ctx, name: &str, holder: Holder) -> AppResult<Option<Lease>> {
    acquire_for(ctx, name, holder, LASTS).await
}

/// Takes the lease of a job for a time, if nobody holds it.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn acquire_for(
    ctx: &Ctx,
    name: &str,
    holder: Holder,
    lasts: Duration,
) -> AppResult<Option<Lease>> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let fence = lease::acquire(&mut tx, SCOPE, name, holder.0, lasts).await?;
    tx.commit().await?;
    Ok(fence.map(|fence| Lease {
        name: name.to_owned(),
        holder,
        fence,
        lasts,
    }))
}

/// Makes a lease last from now on again; false if it was lost.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn renew(ctx: &Ctx, held: &Lease) -> AppResult<bool> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let renewed = lease::renew(
        &mut tx,
        SCOPE,
        &held.name,
        held.holder.0,
        held.fence,
        held.lasts,
    )
    .await?;
    tx.commit().await?;
    Ok(renewed)
}

/// Gives a lease back.
///
/// # Errors
/// `Unavailable` if the database cannot be reached; it runs out by itself then.
pub async fn release(ctx: &Ctx, held: Lease) -> AppResult<()> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    lease::release(&mut tx, SCOPE, &held.name, held.holder.0, held.fence).await?;
    Ok(tx.commit().await?)
}

/// Name of the lease by which a worker shows that it is alive.
pub fn presence_of(holder: Holder) -> String {
    format!("{PRESENCE}{}", holder.0)
}

/// Number of workers alive, by their [`presence_of`].
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn count_present(ctx: &Ctx) -> AppResult<usize> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let count = lease::count_live(&mut tx, SCOPE, PRESENCE).await?;
    tx.commit().await?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// Whether a lease is still held, locked until `tx` ends: call it before committing what only its
/// holder may write (SCALE S9).
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn holds(tx: &mut Tx, held: &Lease) -> AppResult<bool> {
    Ok(lease::holds(tx, SCOPE, &held.name, held.fence).await?)
}
