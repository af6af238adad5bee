//! Documents are shown to the virus scanner, by one process of all.

use std::time::Duration;

use tokio::sync::watch;

use super::{Trouble, pause};
use crate::app::document::scanning::{self, Waiting};
use crate::app::lease::{self, Holder};
use crate::app::{AppResult, Ctx};
use crate::domain::document::Scan;
use crate::outbound::clamd::{Clamd, ClamdError, Verdict};

/// How often it is looked for documents that wait.
const TICK: Duration = Duration::from_secs(2);

/// How long others wait for a process that died while it scanned.
const HELD: Duration = Duration::from_mins(5);

/// Scans until told to stop.
pub async fn run(ctx: Ctx, clamd: Clamd, holder: Holder, mut stopping: watch::Receiver<bool>) {
    let mut trouble = Trouble::new("virus scan");
    loop {
        let wait = trouble.note(turn(&ctx, &clamd, holder).await).err();
        if pause(&mut stopping, wait.unwrap_or(TICK).max(TICK)).await {
            return;
        }
    }
}

async fn turn(ctx: &Ctx, clamd: &Clamd, holder: Holder) -> AppResult<()> {
    if lease::acquire_for(ctx, "virus-scan", holder, HELD)
        .await?
        .is_none()
    {
        return Ok(());
    }
    scan_due(ctx, clamd).await?;
    Ok(())
}

/// Scans what waits; gives the number of documents that are no longer waiting. One that cannot be scanned now
/// is asked about again a few minutes later.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn scan_due(ctx: &Ctx, clamd: &Clamd) -> AppResult<usize> {
    let mut settled = 0;
    for mut waiting in scanning::list(ctx).await? {
        let scan = scan(clamd, &mut waiting).await;
        if scan != Scan::Pending {
            settled += 1;
        }
        scanning::settle(ctx, &waiting, scan).await?;
    }
    Ok(settled)
}

async fn scan(clamd: &Clamd, waiting: &mut Waiting) -> Scan {
    let mut found = Scan::Clean;
    for file in &mut waiting.files {
        let said = async {
            let mut scanning = clamd.begin().await?;
            loop {
                match file.next().await {
                    Ok(Some(chunk)) => scanning.feed(&chunk).await?,
                    Ok(None) => return scanning.finish().await,
                    Err(error) => return Err(ClamdError::Refused(error.to_string())),
                }
            }
        };
        match said.await {
            Ok(Verdict::Clean) => {}
            Ok(Verdict::Infected) => found = Scan::Infected,
            Err(error) => {
                tracing::warn!(%error, "a document waits on for the virus scanner");
                return Scan::Pending;
            }
        }
    }
    found
}
