//! Group commit: sign-ups that arrive together are written by one statement in one transaction, and
//! each is answered after its commit (decision 8).
//!
//! There is no timer. A sign-up that finds a free writer is written at once, alone; those that
//! arrive while all writers are busy wait, and the next free writer takes them together. A writer is a
//! task that lives as long as somebody waits. No action that waits here is cut: it runs in
//! `Ctx::to_end`, whose `drain` therefore drains this queue too.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::db::sign_up::{self, SignUpRows};
use crate::db::{Conn, DbError};

/// Writers at a time: while one waits for the disk, the other lets Postgres work.
const WRITERS: usize = 2;
/// Sign-ups in one statement at most.
const MAX_BATCH: usize = 64;
/// Sign-ups that may wait: as many as a process may have under way. More are told to come again.
const MAX_WAITING: usize = 256;
/// Sign-ups of one batch that may each wait for a lock in vain before the rest is told to come again.
const MAX_TIMEOUTS: usize = 2;

/// The sign-ups of a process that wait or are being written.
#[derive(Default)]
pub(in crate::app) struct Intake {
    line: Mutex<Line>,
}

#[derive(Default)]
struct Line {
    waiting: VecDeque<Waiting>,
    /// Locks of the sign-ups being written: who shares one of them goes on waiting.
    locked: HashSet<Uuid>,
    writers: usize,
}

struct Waiting {
    rows: SignUpRows,
    written: oneshot::Sender<Result<bool, DbError>>,
}

/// Writes a sign-up, together with those that wait beside it. `false`: its idempotency key was
/// used before, nothing was written.
///
/// # Errors
/// `LockTimeout` if somebody else holds its key or cap for too long; `Unavailable` if the
/// database cannot be reached or too many wait; else as the database says of this sign-up alone.
pub(in crate::app) async fn write(ctx: &Ctx, rows: SignUpRows) -> Result<bool, DbError> {
    let (written, answer) = oneshot::channel();
    if ctx.intake.join(Waiting { rows, written })? {
        let writer = Writer {
            ctx: ctx.clone(),
            held: Vec::new(),
            done: false,
        };
        ctx.spawn(writer.run());
    }
    answer.await.unwrap_or_else(|gone| Err(unavailable(gone)))
}

impl Intake {
    /// Sign-ups that no writer has taken yet.
    pub(in crate::app) fn waiting(&self) -> usize {
        self.line().waiting.len()
    }

    /// Stands in line. `true`: there is a place for one more writer.
    fn join(&self, newcomer: Waiting) -> Result<bool, DbError> {
        let mut line = self.line();
        if line.waiting.len() >= MAX_WAITING {
            return Err(unavailable("too many sign-ups wait"));
        }
        line.waiting.push_back(newcomer);
        let more = line.writers < WRITERS;
        line.writers += usize::from(more);
        Ok(more)
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes what waits, until nothing does.
struct Writer {
    ctx: Ctx,
    /// Locks of the batch in hand.
    held: Vec<Uuid>,
    done: bool,
}

impl Writer {
    async fn run(mut self) {
        loop {
            // whoever arrives while there is no connection comes along
            let conn = self.ctx.pools.intake().await;
            let Some(batch) = self.next_batch() else {
                return;
            };
            match conn {
                Ok(mut conn) => write_together(&mut conn, batch).await,
                Err(error) => refuse(batch, &error),
            }
        }
    }

    /// Those that stand first and share no lock with one being written; the others keep their
    /// places. `None`: the writer is no longer counted. Whoever waits then waits for a batch in
    /// another writer's hands, which looks here after it.
    fn next_batch(&mut self) -> Option<Vec<Waiting>> {
        let intake = Arc::clone(&self.ctx.intake);
        let mut line = intake.line();
        self.release(&mut line);
        let mut batch = Vec::new();
        let mut passed = VecDeque::new();
        while batch.len() < MAX_BATCH
            && let Some(next) = line.waiting.pop_front()
        {
            if next.rows.locks().any(|id| line.locked.contains(&id)) {
                passed.push_back(next);
                continue;
            }
            line.locked.extend(next.rows.locks());
            self.held.extend(next.rows.locks());
            batch.push(next);
        }
        passed.append(&mut line.waiting);
        line.waiting = passed;
        if batch.is_empty() {
            line.writers -= 1;
            self.done = true;
            return None;
        }
        Some(batch)
    }

    fn release(&mut self, line: &mut Line) {
        for id in self.held.drain(..) {
            line.locked.remove(&id);
        }
    }
}

impl Drop for Writer {
    /// Of a writer that was cut off. With the last one nobody would come for those who wait.
    fn drop(&mut self) {
        if self.done {
            return;
        }
        let intake = Arc::clone(&self.ctx.intake);
        let mut line = intake.line();
        self.release(&mut line);
        line.writers -= 1;
        if line.writers == 0 {
            line.waiting.clear();
        }
    }
}

impl Waiting {
    /// Whoever asked may be gone.
    fn answer(self, answer: Result<bool, DbError>) {
        let _ = self.written.send(answer);
    }
}

async fn write_together(conn: &mut Conn, batch: Vec<Waiting>) {
    let rows: Vec<&SignUpRows> = batch.iter().map(|waiting| &waiting.rows).collect();
    match sign_up::insert(conn, &rows).await {
        Ok(fresh) => {
            metrics::counter!("joinder_sign_up_batches_total").increment(1);
            for (waiting, fresh) in batch.into_iter().zip(fresh) {
                waiting.answer(Ok(fresh));
            }
        }
        Err(error @ DbError::Unavailable(_)) => refuse(batch, &error),
        Err(error) => match <[Waiting; 1]>::try_from(batch) {
            Ok([alone]) => alone.answer(Err(error)),
            Err(batch) => {
                tracing::warn!(%error, count = batch.len(), "sign-ups are written one by one");
                one_by_one(conn, batch).await;
            }
        },
    }
}

/// So that one sign-up that the database refuses, or one that meets a foreign lock, does not
/// harm the others. The idempotency key of one that had been written after all tells it.
async fn one_by_one(conn: &mut Conn, batch: Vec<Waiting>) {
    let mut timeouts = 0;
    for waiting in batch {
        if timeouts == MAX_TIMEOUTS {
            waiting.answer(Err(unavailable("too many locks are in the way")));
            continue;
        }
        let written = sign_up::insert(conn, &[&waiting.rows]).await;
        let written = written.map(|fresh| fresh == [true]);
        timeouts += usize::from(matches!(written, Err(DbError::LockTimeout)));
        waiting.answer(written);
    }
}

fn refuse(batch: Vec<Waiting>, error: &DbError) {
    tracing::warn!(%error, count = batch.len(), "sign-ups could not be written");
    for waiting in batch {
        waiting.answer(Err(unavailable(error.to_string())));
    }
}

fn unavailable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> DbError {
    DbError::Unavailable(error.into())
}
