//! Bulk actions go on, by one process of all.

use std::time::Duration;

use tokio::sync::watch;
use uuid::Uuid;

use super::{Trouble, pause};
use crate::app::bulk::{self, Turn};
use crate::app::lease::{self, Holder, Lease};
use crate::app::{AppResult, Ctx};

/// How often is looked for what goes on; also the pace at which messages are let go.
const TICK: Duration = Duration::from_secs(2);
/// How long others wait for a process that died; renewed after each turn.
const HELD: Duration = Duration::from_mins(1);
const NAME: &str = "bulk";

/// Gives records their turns until `stopping` turns true.
pub async fn run(ctx: Ctx, holder: Holder, mut stopping: watch::Receiver<bool>) {
    let mut trouble = Trouble::new(NAME);
    loop {
        let done = turns(&ctx, holder, Some(&stopping)).await;
        let wait = trouble.note(done).err();
        if pause(&mut stopping, wait.unwrap_or(TICK).max(TICK)).await {
            return;
        }
    }
}

/// Goes on with everything that can go on now; gives the number of turns.
///
/// # Errors
/// `Unavailable` if the database cannot be reached; what was done stays done.
pub async fn go_on(ctx: &Ctx, holder: Holder) -> AppResult<usize> {
    turns(ctx, holder, None).await
}

async fn turns(
    ctx: &Ctx,
    holder: Holder,
    stopping: Option<&watch::Receiver<bool>>,
) -> AppResult<usize> {
    if !bulk::is_due(ctx).await? {
        return Ok(0);
    }
    let Some(held) = lease::acquire_for(ctx, NAME, holder, HELD).await? else {
        return Ok(0);
    };
    let taken = take(ctx, &held, stopping).await;
    lease::release(ctx, held).await?;
    taken
}

/// One turn of each action, and again, until nothing is left that can go on now.
async fn take(
    ctx: &Ctx,
    held: &Lease,
    stopping: Option<&watch::Receiver<bool>>,
) -> AppResult<usize> {
    let (mut taken, mut after, mut went) = (0, Uuid::nil(), false);
    loop {
        if stopping.is_some_and(|stop| *stop.borrow()) || !lease::renew(ctx, held).await? {
            return Ok(taken);
        }
        match bulk::take_turn(ctx, after).await? {
            Turn::Went(id) => {
                taken += 1;
                (after, went) = (id, true);
            }
            Turn::Waits(id) => after = id,
            Turn::Nothing if went => (after, went) = (Uuid::nil(), false),
            Turn::Nothing => return Ok(taken),
        }
    }
}
