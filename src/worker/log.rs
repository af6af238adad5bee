//! Enters what was signed and decided into the evidence logs, every second.

use std::time::Duration;

use tokio::sync::watch;

use super::{Trouble, pause};
use crate::app::Ctx;
use crate::app::lease::Holder;
use crate::app::log::sequence::Sequencer;

/// Pause between two turns: each turn is a checkpoint of the logs that have something new.
const TICK: Duration = Duration::from_secs(1);

/// Enters until told to stop.
pub async fn run(ctx: Ctx, holder: Holder, mut stopping: watch::Receiver<bool>) {
    let mut trouble = Trouble::new("evidence log");
    let mut sequencer = Sequencer::new(holder);
    loop {
        let wait = trouble.note(sequencer.turn(&ctx).await).err();
        if pause(&mut stopping, wait.unwrap_or(TICK)).await {
            sequencer.stop(&ctx).await;
            return;
        }
    }
}
