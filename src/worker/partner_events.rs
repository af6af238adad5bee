//! Gives the events of partners their numbers, one process of all, twice a second.

use std::time::Duration;

use tokio::sync::watch;

use super::{Trouble, pause};
use crate::app::Ctx;
use crate::app::lease::Holder;
use crate::app::partner::event::Numbering;

/// Pause between two turns: an event is told a moment after what it tells.
const TICK: Duration = Duration::from_millis(500);

/// Numbers until told to stop.
pub async fn run(ctx: Ctx, holder: Holder, mut stopping: watch::Receiver<bool>) {
    let mut trouble = Trouble::new("partner events");
    let mut numbering = Numbering::new(holder);
    loop {
        let wait = trouble.note(numbering.turn(&ctx).await).err();
        if pause(&mut stopping, wait.unwrap_or(TICK)).await {
            numbering.stop(&ctx).await;
            return;
        }
    }
}
