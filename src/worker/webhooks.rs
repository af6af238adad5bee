//! Delivers events to the servers of partners, many at a time, whichever process claims them. An attempt that is cut
//! off is made again after its lease.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{Trouble, chain, pause, stopped_before};
use crate::app::partner::webhook::delivery::{self, Due};
use crate::app::{AppResult, Ctx};

/// How often is looked for what is due.
const TICK: Duration = Duration::from_millis(500);
/// Attempts under way at a time in a process.
const PLACES: usize = 64;

/// Delivers until told to stop.
pub async fn run(ctx: Ctx, mut stopping: watch::Receiver<bool>) {
    let mut trouble = Trouble::new("webhooks");
    let mut under_way = JoinSet::new();
    loop {
        while under_way.try_join_next().is_some() {}
        let free = PLACES.saturating_sub(under_way.len());
        let begun = trouble.note(begin(&ctx, &mut under_way, free).await);
        let stopped = match begun {
            // there may be more than had a place
            Ok(count) if count > 0 && count == free => {
                let one = async {
                    under_way.join_next().await;
                };
                stopped_before(&mut stopping, one).await
            }
            Ok(_) => pause(&mut stopping, TICK).await,
            Err(wait) => pause(&mut stopping, wait).await,
        };
        if stopped {
            return;
        }
    }
}

/// Makes an attempt at everything that is due now; gives how many.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn deliver_due(ctx: &Ctx) -> AppResult<usize> {
    let mut under_way = JoinSet::new();
    let count = begin(ctx, &mut under_way, PLACES).await?;
    under_way.join_all().await;
    Ok(count)
}

async fn begin(ctx: &Ctx, under_way: &mut JoinSet<()>, places: usize) -> AppResult<usize> {
    if places == 0 {
        return Ok(0);
    }
    let limit = i64::try_from(places).unwrap_or(i64::MAX);
    let due = delivery::claim(ctx, limit).await?;
    let count = due.len();
    for due in due {
        under_way.spawn(attempt(ctx.clone(), due));
    }
    Ok(count)
}

async fn attempt(ctx: Ctx, due: Due) {
    let outcome = ctx.webhooks.send(due.message()).await;
    if let Err(error) = delivery::settle(&ctx, &due, outcome).await {
        // made again after its lease: whoever gets it twice knows it by its id
        tracing::warn!(endpoint.id = %due.endpoint(), error = %chain(&error), "what became of a delivery was not noted");
    }
}
