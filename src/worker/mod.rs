//! Loops over actions: mails, evidence logs, exports, imports, bulk actions, events of partners and their delivery,
//! time stamps, housekeeping. Each ends soon after it is told to stop; what it held is
//! taken up by another process after its lease.

use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::app::lease::Holder;
use crate::app::{AppError, AppResult, Ctx};
use crate::mailer::Mailer;
use crate::outbound::clamd::Clamd;

pub mod bounces;
pub mod bulk;
pub mod exports;
pub mod housekeeping;
pub mod imports;
pub mod log;
pub mod outbox;
pub mod partner_events;
pub mod scanning;
pub mod timestamps;
pub mod webhooks;

/// Longest pause of a loop that fails again and again.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Starts every loop. They end after `stopping` turned true.
pub fn start(
    loops: &mut JoinSet<()>,
    ctx: &Ctx,
    post: outbox::Post,
    clamd: Option<Clamd>,
    stopping: &watch::Receiver<bool>,
) {
    let holder = Holder::new();
    loops.spawn(outbox::run(ctx.clone(), post, holder, stopping.clone()));
    loops.spawn(housekeeping::run(ctx.clone(), holder, stopping.clone()));
    loops.spawn(log::run(ctx.clone(), holder, stopping.clone()));
    loops.spawn(bulk::run(ctx.clone(), holder, stopping.clone()));
    loops.spawn(partner_events::run(ctx.clone(), holder, stopping.clone()));
    loops.spawn(webhooks::run(ctx.clone(), stopping.clone()));
    exports::start(loops, ctx, stopping);
    imports::start(loops, ctx, stopping);
    if let Some(clamd) = clamd {
        loops.spawn(scanning::run(ctx.clone(), clamd, holder, stopping.clone()));
    }
}

/// The way of mails of this process, without signature and limits.
pub fn post(mailer: Mailer, mail_from: (String, String)) -> outbox::Post {
    outbox::Post {
        mailer,
        mail_from,
        dkim: None,
        per_second: None,
        per_day: None,
    }
}

/// Waits, but not beyond the signal to stop; true if it came.
async fn pause(stopping: &mut watch::Receiver<bool>, time: Duration) -> bool {
    stopped_before(stopping, sleep(time)).await
}

/// Waits for something, but not beyond the signal to stop; true if it came.
async fn stopped_before(
    stopping: &mut watch::Receiver<bool>,
    something: impl Future<Output = ()>,
) -> bool {
    tokio::select! {
        biased;
        // an error: whoever could tell us to stop is gone
        _ = stopping.wait_for(|stop| *stop) => true,
        () = something => false,
    }
}

/// Tells of a fault once and then waits longer and longer, until it is over.
struct Trouble {
    job: &'static str,
    failures: u32,
}

impl Trouble {
    const fn new(job: &'static str) -> Self {
        Self { job, failures: 0 }
    }

    /// What came out, and after a fault how long to wait.
    fn note<T>(&mut self, outcome: AppResult<T>) -> Result<T, Duration> {
        match outcome {
            Ok(value) => {
                if self.failures > 0 {
                    tracing::info!(job = self.job, "works again");
                }
                self.failures = 0;
                Ok(value)
            }
            Err(error) => {
                if self.failures == 0 {
                    tracing::error!(job = self.job, error = %chain(&error), "failed, trying again");
                }
                self.failures = self.failures.saturating_add(1);
                let seconds = 1_u64 << self.failures.saturating_sub(1).min(5);
                Err(Duration::from_secs(seconds).min(LONGEST_PAUSE))
            }
        }
    }
}

/// An error with its causes, for the log.
fn chain(error: &AppError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}
