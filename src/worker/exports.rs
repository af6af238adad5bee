//! Exports are made, one after the other in each lane, by one process of all.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{Trouble, chain, pause};
use crate::app::export::{Job, Lane, Step};
use crate::app::lease::{self, Holder, Lease};
use crate::app::{AppError, AppResult, Ctx};

/// How often is looked for what waits.
const TICK: Duration = Duration::from_secs(2);

/// How long others wait for a process that died while it made one; renewed after each step.
const HELD: Duration = Duration::from_mins(3);

/// Starts a loop for each lane. They end after `stopping` turned true.
pub fn start(loops: &mut JoinSet<()>, ctx: &Ctx, stopping: &watch::Receiver<bool>) {
    for lane in Lane::ALL {
        loops.spawn(run(ctx.clone(), lane, Holder::new(), stopping.clone()));
    }
}

async fn run(ctx: Ctx, lane: Lane, holder: Holder, mut stopping: watch::Receiver<bool>) {
    let mut trouble = Trouble::new(lane.name());
    loop {
        let done = turn(&ctx, lane, holder, Some(&stopping)).await;
        let wait = trouble.note(done).err();
        if pause(&mut stopping, wait.unwrap_or(TICK).max(TICK)).await {
            return;
        }
    }
}

/// Makes what waits in a lane; gives how many are ready by it.
///
/// # Errors
/// `Unavailable` if database or blob store cannot be reached. An export that cannot be made is no error: it is
/// noted as failed.
pub async fn make_due(ctx: &Ctx, lane: Lane, holder: Holder) -> AppResult<usize> {
    turn(ctx, lane, holder, None).await
}

async fn turn(
    ctx: &Ctx,
    lane: Lane,
    holder: Holder,
    stopping: Option<&watch::Receiver<bool>>,
) -> AppResult<usize> {
    if !Job::is_due(ctx, lane).await? {
        return Ok(0);
    }
    let Some(held) = lease::acquire_for(ctx, lane.name(), holder, HELD).await? else {
        return Ok(0);
    };
    let made = make(ctx, lane, &held, stopping).await;
    lease::release(ctx, held).await?;
    made
}

async fn make(
    ctx: &Ctx,
    lane: Lane,
    held: &Lease,
    stopping: Option<&watch::Receiver<bool>>,
) -> AppResult<usize> {
    let mut made = 0;
    while let Some(mut job) = begun(ctx, lane).await? {
        loop {
            if stopping.is_some_and(|stop| *stop.borrow()) || !lease::renew(ctx, held).await? {
                // another process takes it up where this one leaves it
                return Ok(made);
            }
            match Box::pin(job.step()).await {
                Ok(Step::More) => {}
                Ok(Step::Made) => {
                    made += 1;
                    break;
                }
                Ok(Step::Gone) => break,
                Err(error @ AppError::Unavailable(_)) => return Err(error),
                Err(error) => {
                    tracing::error!(export.id = %job.id(), error = %chain(&error), "an export cannot be made");
                    break;
                }
            }
        }
    }
    Ok(made)
}

/// The next export. One that does not even begin is noted as failed; the next turn goes on behind it.
async fn begun(ctx: &Ctx, lane: Lane) -> AppResult<Option<Job>> {
    match Job::begin(ctx, lane).await {
        Err(error @ AppError::Unavailable(_)) => Err(error),
        Err(error) => {
            tracing::error!(error = %chain(&error), "an export cannot be begun");
            Ok(None)
        }
        Ok(job) => Ok(job),
    }
}
