//! Mails that this process has claimed and not yet settled: how many, for which queue.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
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
    by_queue: HashMap<Uuid, Track>,
}

/// Mails to one domain.
struct Track {
    under_way: usize,
    /// Ended since `since`, and in the span before.
    landed: usize,
    landed_before: usize,
    since: Instant,
}

/// Landings are counted in spans of this length.
const SPAN: Duration = Duration::from_millis(500);
/// So many in a span: mails to that domain do not keep others waiting, however many there are.
const FAST: usize = 100;

impl Default for Track {
    fn default() -> Self {
        Self {
            under_way: 0,
            landed: 0,
            landed_before: 0,
            since: Instant::now(),
        }
    }
}

impl Track {
    fn land(&mut self) {
        self.roll();
        self.under_way = self.under_way.saturating_sub(1);
        self.landed += 1;
    }

    fn roll(&mut self) {
        let age = self.since.elapsed();
        if age < SPAN {
            return;
        }
        self.landed_before = if age < SPAN * 2 { self.landed } else { 0 };
        self.landed = 0;
        self.since = Instant::now();
    }

    fn is_fast(&mut self) -> bool {
        self.roll();
        self.landed.max(self.landed_before) >= FAST
    }
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
                under_way.by_queue.entry(queue).or_default().under_way += 1;
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
        self.with(|under_way| {
            let track = under_way.by_queue.get(&queue);
            track.map_or(0, |track| track.under_way)
        })
    }

    /// Whether mails to a domain land as fast as they take off.
    pub(super) fn is_fast(&self, queue: Uuid) -> bool {
        self.with(|under_way| {
            let track = under_way.by_queue.get_mut(&queue);
            track.is_some_and(Track::is_fast)
        })
    }

    /// Queues with at least so many under way.
    pub(super) fn full(&self, at_least: impl Fn(Uuid) -> usize) -> Vec<Uuid> {
        self.with(|under_way| {
            let stale = SPAN * 4;
            under_way
                .by_queue
                .retain(|_, track| track.under_way > 0 || track.since.elapsed() < stale);
            let queues = under_way.by_queue.iter();
            let full = queues.filter(|(queue, track)| track.under_way >= at_least(**queue));
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
            under_way.by_queue.entry(queue).or_default().under_way += 1;
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
    if let Some(track) = under_way.by_queue.get_mut(&queue) {
        track.land();
    }
}
