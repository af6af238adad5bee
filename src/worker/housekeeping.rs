//! Housekeeping once a minute, by one process of all.

use std::time::Duration;

use tokio::sync::watch;

use super::{Trouble, bounces, pause};
use crate::app::housekeeping::{self, Housekept};
use crate::app::lease::{self, Holder};
use crate::app::{AppResult, Ctx};

/// How often the lease is tried for.
const TICK: Duration = Duration::from_secs(5);

/// The lease is not given back: while it lasts, nobody keeps house again.
const EVERY: Duration = Duration::from_secs(55);

/// Keeps house until told to stop.
pub async fn run(ctx: Ctx, holder: Holder, mut stopping: watch::Receiver<bool>) {
    let mut trouble = Trouble::new("housekeeping");
    loop {
        let wait = trouble.note(turn(&ctx, holder).await).err();
        if pause(&mut stopping, wait.unwrap_or(TICK).max(TICK)).await {
            return;
        }
    }
}

async fn turn(ctx: &Ctx, holder: Holder) -> AppResult<()> {
    if lease::acquire_for(ctx, "housekeeping", holder, EVERY)
        .await?
        .is_none()
    {
        return Ok(());
    }
    let read = bounces::read_all(ctx).await?;
    if read != bounces::Read::default() {
        tracing::info!(kept = read.kept, aside = read.aside, "bounces read");
    }
    let done = housekeeping::run(ctx).await?;
    if done != Housekept::default() {
        tracing::info!(
            erasures = done.erasures,
            granted = done.granted,
            unconfirmed = done.unconfirmed,
            swept = done.swept,
            loose_files = done.loose_files,
            exports = done.exports,
            sets = done.sets,
            storms = done.storms,
            reminders = done.reminders,
            news = done.news,
            counted = done.counted,
            digested = done.digested,
            "house kept"
        );
    }
    Ok(())
}
