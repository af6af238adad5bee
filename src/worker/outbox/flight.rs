//! Mails that this process has claimed and not yet settled: how many, for which queue.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;
use uuid::Uuid;

/// All mails under way.
#[derive(Clone, Default)]
pub(super) struct Flights {
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    under_way: Mutex<UnderWay>,
    landed: Notify,
}

#[derive(Default)]
struct UnderWay {
    all: usize,
    codes: usize,
    by_queue: HashMap<Uuid, usize>,
}

/// One mail under way; it ends when this is dropped.
pub(super) struct Flight {
    flights: Flights,
    queue: Option<Uuid>,
    is_code: bool,
}

impl Flights {
    /// One more.
    pub(super) fn begin(&self, queue: Option<Uuid>, is_code: bool) -> Flight {
        self.with(|under_way| {
            under_way.all += 1;
            under_way.codes += usize::from(is_code);
            if let Some(queue) = queue {
                *under_way.by_queue.entry(queue).or_default() += 1;
            }
        });
        Flight {
            flights: self.clone(),
            queue,
            is_code,
        }
    }

    /// Under way now, codes apart: (others, codes).
    pub(super) fn count(&self) -> (usize, usize) {
        self.with(|under_way| (under_way.all - under_way.codes, under_way.codes))
    }

    /// Under way for a queue.
    pub(super) fn of(&self, queue: Uuid) -> usize {
        self.with(|under_way| under_way.by_queue.get(&queue).copied().unwrap_or(0))
    }

    /// Queues with at least so many under way.
    pub(super) fn full(&self, at_least: impl Fn(Uuid) -> usize) -> Vec<Uuid> {
        self.with(|under_way| {
            let queues = under_way.by_queue.iter();
            let full = queues.filter(|(queue, count)| **count >= at_least(**queue));
            full.map(|(queue, _)| *queue).collect()
        })
    }

    /// Waits until one ends.
    pub(super) async fn landed(&self) {
        self.counts.landed.notified().await;
    }

    fn with<T>(&self, look: impl FnOnce(&mut UnderWay) -> T) -> T {
        let mut under_way = self
            .counts
            .under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        look(&mut under_way)
    }
}

impl Flight {
    /// The queue turned out when the mail was prepared.
    pub(super) fn set_queue(&mut self, queue: Uuid) {
        if self.queue == Some(queue) {
            return;
        }
        let old = self.queue.replace(queue);
        self.flights.with(|under_way| {
            if let Some(old) = old {
                leave(under_way, old);
            }
            *under_way.by_queue.entry(queue).or_default() += 1;
        });
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.flights.with(|under_way| {
            under_way.all -= 1;
            under_way.codes -= usize::from(self.is_code);
            if let Some(queue) = self.queue {
                leave(under_way, queue);
            }
        });
        self.flights.counts.landed.notify_one();
    }
}

fn leave(under_way: &mut UnderWay, queue: Uuid) {
    if let Some(count) = under_way.by_queue.get_mut(&queue) {
        *count -= 1;
        if *count == 0 {
            under_way.by_queue.remove(&queue);
        }
    }
}
