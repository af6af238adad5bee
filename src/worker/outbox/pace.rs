//! How fast mails go out: in all, and to each queue that is not as usual.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::Instant;
use uuid::Uuid;

use super::flight::Flights;
use crate::app::mail_queue::{self, QueueState};
use crate::app::{AppResult, Ctx};
use crate::domain::breaker::Pace;

/// How often the shared rows are read.
const ROUND: Duration = Duration::from_secs(1);

/// Fewer mails of a queue are not claimed at once while others are under way.
const SMALLEST: usize = 24;

/// A rate as a bucket: what was not used within a second is lost.
#[derive(Debug)]
pub(super) struct Bucket {
    tokens: f64,
    filled_at: Instant,
}

impl Default for Bucket {
    fn default() -> Self {
        Self {
            tokens: 1.0,
            filled_at: Instant::now(),
        }
    }
}

impl Bucket {
    /// Whole mails that may go now at `rate` a second.
    pub(super) fn room(&mut self, rate: f64, now: Instant) -> usize {
        let since = now.duration_since(self.filled_at).as_secs_f64();
        self.filled_at = now;
        self.tokens = (self.tokens + since * rate).min(rate.max(1.0));
        whole(self.tokens)
    }

    /// They went.
    pub(super) fn spend(&mut self, count: usize) {
        self.tokens -= f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    }
}

/// Rounded down; nothing below zero.
fn whole(tokens: f64) -> usize {
    let tokens = tokens.clamp(0.0, 1_000_000.0).floor();
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole number from 0 to a million"
    )]
    {
        tokens as usize
    }
}

/// What this process knows of the queues, and its part of their rates.
#[derive(Default)]
pub(super) struct Queues {
    states: HashMap<Uuid, QueueState>,
    parked: Vec<Uuid>,
    buckets: HashMap<Uuid, Bucket>,
    read_at: Option<Instant>,
}

impl Queues {
    /// Reads the shared rows, once a second; whether it did.
    pub(super) async fn refresh(&mut self, ctx: &Ctx) -> AppResult<bool> {
        if self.read_at.is_some_and(|at| at.elapsed() < ROUND) {
            return Ok(false);
        }
        let states = mail_queue::list(ctx).await?;
        self.states = states
            .into_iter()
            .map(|state| (state.queue.id, state))
            .collect();
        self.parked = mail_queue::list_parked(ctx).await?;
        let known: HashSet<Uuid> = self.states.keys().copied().collect();
        self.buckets.retain(|queue, _| known.contains(queue));
        self.read_at = Some(Instant::now());
        Ok(true)
    }

    /// Queues whose mail does not take the common path now: stopped, slowed, or with enough under way.
    /// `None`: one has enough under way, but they land fast; it is not worth parking its mails.
    pub(super) fn apart(
        &self,
        flights: &Flights,
        part: f64,
        usual: usize,
        now: DateTime<Utc>,
    ) -> Option<Vec<Uuid>> {
        let mut apart: HashSet<Uuid> = self.slow(now).into_iter().collect();
        for full in flights.full(|queue| self.most(queue, part, usual)) {
            if apart.contains(&full) {
                continue;
            }
            if flights.is_fast(full) {
                return None;
            }
            apart.insert(full);
        }
        Some(apart.into_iter().collect())
    }

    /// Queues that are stopped or slowed.
    pub(super) fn slow(&self, now: DateTime<Utc>) -> Vec<Uuid> {
        let states = self.states.values();
        let slow = states.filter(|state| state.pace(now) != Pace::Free);
        slow.map(|state| state.queue.id).collect()
    }

    /// Queues that are stopped.
    pub(super) fn stopped(&self, now: DateTime<Utc>) -> HashSet<Uuid> {
        let states = self.states.values();
        let stopped = states.filter(|state| state.pace(now) == Pace::Stopped);
        stopped.map(|state| state.queue.id).collect()
    }

    /// Queues with mails of their own, and how many may go now.
    pub(super) fn waiting(
        &mut self,
        flights: &Flights,
        part: f64,
        usual: usize,
        now: DateTime<Utc>,
    ) -> Vec<(Uuid, usize)> {
        let parked = self.parked.clone();
        let rooms = parked.into_iter().map(|queue| {
            let free = self
                .most(queue, part, usual)
                .saturating_sub(flights.of(queue));
            let pace = self
                .states
                .get(&queue)
                .map_or(Pace::Free, |state| state.pace(now));
            let room = match pace {
                Pace::Stopped => 0,
                Pace::PerSecond(rate) => {
                    let bucket = self.buckets.entry(queue).or_default();
                    bucket.room(rate * part, Instant::now()).min(free)
                }
                // not one by one as they land
                Pace::Free if free < (usual / 4).min(SMALLEST) => 0,
                Pace::Free => free,
            };
            (queue, room)
        });
        rooms.filter(|(_, room)| *room > 0).collect()
    }

    /// Mails of a queue were claimed; fewer than there was room for: nothing waits there any more.
    pub(super) fn claimed(&mut self, queue: Uuid, count: usize, was_all: bool) {
        if let Some(bucket) = self.buckets.get_mut(&queue) {
            bucket.spend(count);
        }
        if was_all {
            self.parked.retain(|parked| *parked != queue);
        }
    }

    /// Queues that may be asked with one mail.
    pub(super) fn to_probe(&self, now: DateTime<Utc>) -> Vec<Uuid> {
        let states = self.states.values();
        let wanting = states.filter(|state| state.wants_probe(now));
        wanting.map(|state| state.queue.id).collect()
    }

    /// How many may be under way for a queue in this process.
    fn most(&self, queue: Uuid, part: f64, usual: usize) -> usize {
        let limit = self.states.get(&queue).and_then(|state| state.at_once);
        limit.map_or(usual, |limit| {
            whole((f64::from(limit) * part).ceil()).max(1)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_kept_and_what_was_not_used_is_lost() {
        let mut bucket = Bucket::default();
        let at = |millis| bucket.filled_at + Duration::from_millis(millis);
        let (now, half, late) = (at(0), at(500), at(60_500));
        assert_eq!(bucket.room(10.0, now), 1);
        bucket.spend(1);
        assert_eq!(bucket.room(10.0, now), 0);
        assert_eq!(bucket.room(10.0, half), 5);
        assert_eq!(bucket.room(10.0, late), 10);
    }

    #[test]
    fn a_rate_under_one_a_second_lets_one_through_by_and_by() {
        let mut bucket = Bucket::default();
        let began = bucket.filled_at;
        assert_eq!(bucket.room(0.1, began), 1);
        bucket.spend(1);
        assert_eq!(bucket.room(0.1, began + Duration::from_secs(9)), 0);
        assert_eq!(bucket.room(0.1, began + Duration::from_secs(11)), 1);
    }

    #[test]
    fn mails_under_way_are_counted_by_queue() {
        let flights = Flights::default();
        let queue = Uuid::from_u128(1);
        let mut first = flights.begin(None, false);
        let second = flights.begin(Some(queue), true);
        first.set_queue(queue);
        assert_eq!((flights.count(), flights.of(queue)), ((1, 1), 2));
        assert_eq!(flights.full(|_| 2), [queue]);
        drop(second);
        assert!(flights.full(|_| 2).is_empty());
        drop(first);
        assert_eq!((flights.count(), flights.of(queue)), ((0, 0), 0));
    }

    #[test]
    fn a_domain_is_fast_while_its_mails_land_fast() {
        let flights = Flights::default();
        let queue = Uuid::from_u128(1);
        assert!(!flights.is_fast(queue));
        drop(flights.begin(Some(queue), false));
        assert!(!flights.is_fast(queue), "one mail tells nothing");
        for _ in 0..120 {
            drop(flights.begin(Some(queue), false));
        }
        assert!(flights.is_fast(queue));
    }
}
