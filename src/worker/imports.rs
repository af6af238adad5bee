//! Earlier lists are tried and imported, one after the other, by one process of all.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{Trouble, chain, pause};
use crate::app::import::{Job, Step};
use crate::app::lease::{self, Holder, Lease};
use crate::app::{AppError, AppResult, Ctx};

/// Name of the lease.
const NAME: &str = "imports";

/// How often is looked for what waits.
const TICK: Duration = Duration::from_secs(2);

/// How long others wait for a process that died while it worked; renewed after each part.
const HELD: Duration = Duration::from_mins(1);

/// Starts the loop. It ends after `stopping` turned true.
pub fn start(loops: &mut JoinSet<()>, ctx: &Ctx, stopping: &watch::Receiver<bool>) {
    loops.spawn(run(ctx.clone(), Holder::new(), stopping.clone()));
}

async fn run(ctx: Ctx, holder: Holder, mut stopping: watch::Receiver<bool>) {
    let mut trouble = Trouble::new(NAME);
    loop {
        let done = turn(&ctx, holder, Some(&stopping)).await;
        let wait = trouble.note(done).err();
        if pause(&mut stopping, wait.unwrap_or(TICK).max(TICK)).await {
            return;
        }
    }
}

/// Tries and imports what waits; gives how many rounds are over by it.
///
/// # Errors
/// `Unavailable` if database or blob store cannot be reached. A list that cannot be worked off is no error: it
/// is noted as failed.
pub async fn work_due(ctx: &Ctx, holder: Holder) -> AppResult<usize> {
    turn(ctx, holder, None).await
}

async fn turn(
    ctx: &Ctx,
    holder: Holder,
    stopping: Option<&watch::Receiver<bool>>,
) -> AppResult<usize> {
    if !Job::is_due(ctx).await? {
        return Ok(0);
    }
    let Some(held) = lease::acquire_for(ctx, NAME, holder, HELD).await? else {
        return Ok(0);
    };
    let done = work(ctx, &held, stopping).await;
    lease::release(ctx, held).await?;
    done
}

async fn work(
    ctx: &Ctx,
    held: &Lease,
    stopping: Option<&watch::Receiver<bool>>,
) -> AppResult<usize> {
    let mut over = 0;
    while let Some(mut job) = Job::begin(ctx).await? {
        loop {
            if stopping.is_some_and(|stop| *stop.borrow()) || !lease::renew(ctx, held).await? {
                // another process takes it up where this one leaves it
                return Ok(over);
            }
            match Box::pin(job.step()).await {
                Ok(Step::More) => {}
                Ok(Step::Over) => {
                    over += 1;
                    break;
                }
                Ok(Step::Gone) => break,
                Err(error @ AppError::Unavailable(_)) => return Err(error),
                Err(error) => {
                    tracing::error!(import.id = %job.id(), error = %chain(&error), "a list cannot be imported");
                    break;
                }
            }
        }
    }
    Ok(over)
}
