//! Asks a time-stamping authority about the heads of logs, one process of all, when one is due.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{Trouble, pause};
use crate::app::lease::{self, Holder};
use crate::app::log::timestamp;
use crate::app::{AppResult, Ctx};
use crate::outbound::tsa::Tsa;

/// How often is looked for what is due.
const TICK: Duration = Duration::from_secs(30);

/// The lease is given back after each turn; longer than all that is asked in one.
const LASTS: Duration = Duration::from_mins(10);

/// Starts the loop. It ends after `stopping` turned true.
pub fn start(loops: &mut JoinSet<()>, ctx: &Ctx, authority: Tsa, stopping: &watch::Receiver<bool>) {
    loops.spawn(run(ctx.clone(), authority, stopping.clone()));
}

async fn run(ctx: Ctx, authority: Tsa, mut stopping: watch::Receiver<bool>) {
    let mut trouble = Trouble::new("time stamps");
    let holder = Holder::new();
    loop {
        let asked = turn(&ctx, &authority, holder);
        let wait = tokio::select! {
            done = asked => trouble.note(done).err(),
            _ = stopping.wait_for(|stop| *stop) => return,
        };
        if pause(&mut stopping, wait.unwrap_or(TICK).max(TICK)).await {
            return;
        }
    }
}

/// Asks about everything that is due; gives the number of tokens.
///
/// # Errors
/// `Unavailable` if database or blob store cannot be reached. An authority that fails is no error: it is
/// noted, and asked again.
pub async fn turn(ctx: &Ctx, authority: &Tsa, holder: Holder) -> AppResult<usize> {
    let Some(held) = lease::acquire_for(ctx, "log timestamps", holder, LASTS).await? else {
        return Ok(0);
    };
    let done = ask(ctx, authority).await;
    lease::release(ctx, held).await?;
    done
}

async fn ask(ctx: &Ctx, authority: &Tsa) -> AppResult<usize> {
    let mut tokens = 0;
    for due in timestamp::list_due(ctx).await? {
        match authority.ask(due.question()).await {
            Ok(answer) => {
                let at = timestamp::settle(ctx, &due, &answer).await?;
                tokens += usize::from(at.is_some());
            }
            Err(problem) => timestamp::fail(ctx, &due, &problem.to_string()).await?,
        }
    }
    Ok(tokens)
}
