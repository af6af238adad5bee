//! Writes what became of mails, many in one transaction: whatever arrived while the last was written.
//! Until then a mail counts as under way, so that a process that dies leaves no more mails to be sent
//! twice than it had conversations.

use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio::time::sleep;

use super::flight::Flight;
use crate::app::outbox::{self, Done};
use crate::app::{AppError, Ctx};
use crate::worker::{Trouble, chain};

/// Mails written at once.
const BATCH: usize = 128;

/// A mail whose outcome is to be written.
pub(super) struct Landed {
    pub(super) done: Done,
    pub(super) flight: Flight,
    /// Its conversation.
    pub(super) permits: Vec<OwnedSemaphorePermit>,
}

/// Writes until nobody sends outcomes any more. After the signal to stop it does not wait for a database
/// that is away.
pub(super) async fn run(
    ctx: Ctx,
    mut landed: mpsc::UnboundedReceiver<Landed>,
    stopping: watch::Receiver<bool>,
) {
    let mut trouble = Trouble::new("outcomes of mails");
    let mut batch = Vec::with_capacity(BATCH);
    while landed.recv_many(&mut batch, BATCH).await > 0 {
        let (done, held): (Vec<Done>, Vec<_>) = batch
            .drain(..)
            .map(|landed| (landed.done, (landed.flight, landed.permits)))
            .unzip();
        loop {
            match outbox::settle(&ctx, &done).await {
                Ok(()) => {
                    let _ = trouble.note(Ok(()));
                    break;
                }
                Err(error @ AppError::Unavailable(_)) if !*stopping.borrow() => {
                    let wait = trouble.note::<()>(Err(error)).err();
                    sleep(wait.unwrap_or_default().min(Duration::from_secs(2))).await;
                }
                Err(_) => {
                    one_by_one(&ctx, &done).await;
                    break;
                }
            }
        }
        drop(held);
    }
}

/// One that cannot be written must not take the others along.
async fn one_by_one(ctx: &Ctx, all: &[Done]) {
    for done in all {
        if let Err(error) = outbox::settle(ctx, std::slice::from_ref(done)).await {
            tracing::error!(
                mail.id = %done.mail.id(),
                error = %chain(&error),
                "the outcome of a mail was not written; it is tried again after its lease"
            );
        }
    }
}
