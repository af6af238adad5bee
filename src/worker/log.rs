//! Enters what was signed and decided into the evidence logs, every second.

use std::time::Duration;

use tokio::sync::watch;

use super::{Trouble, pause};
use crate::app::Ctx;
use crate::app::lease::Holder;
use crate::app::log::sequence::Sequencer;

/// Pause between two turns: each turn is a checkpoint of the logs that have something new.
const TICK: Duration = Duration::from_secs(1);

/// Entries of one turn after which the next begins at once.
const RUSH: u64 = 1_000;

/// Enters until told to stop.
pub async fn run(ctx: Ctx, holder: Holder, mut stopping: watch::Receiver<bool>) {
    let mut trouble = Trouble::new("evidence log");
    let mut sequencer = Sequencer::new(holder);
    loop {
        let wait = match trouble.note(sequencer.turn(&ctx).await) {
            // more than one turn takes is waiting: everything of before there was a log, or a rush
            Ok(entered) if entered >= RUSH => Duration::ZERO,
            Ok(_) => TICK,
            Err(wait) => wait,
        };
        if pause(&mut stopping, wait).await {
            sequencer.stop(&ctx).await;
            return;
        }
    }
}
