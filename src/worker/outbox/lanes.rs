//! Lanes of the outbox, shared among processes by leases (SCALE S8).

use std::time::Duration;

use tokio::time::Instant;

use crate::app::lease::{self, Holder, Lease};
use crate::app::outbox::LANES;
use crate::app::{AppResult, Ctx};

/// The lanes are shared in this many groups.
const GROUPS: i16 = 8;

/// How often leases are renewed and shared anew.
const ROUND: Duration = Duration::from_secs(5);

/// The lanes this process sends, as many as its share among the processes alive.
pub(super) struct Lanes {
    holder: Holder,
    presence: Option<Lease>,
    held: Vec<(i16, Lease)>,
    shared_at: Option<Instant>,
}

impl Lanes {
    pub(super) fn new(holder: Holder) -> Self {
        Self {
            holder,
            presence: None,
            held: Vec::new(),
            shared_at: None,
        }
    }

    /// Numbers of the lanes held: a group has every eighth.
    pub(super) fn lanes(&self) -> Vec<i16> {
        (0..LANES)
            .filter(|lane| self.held.iter().any(|(group, _)| lane % GROUPS == *group))
            .collect()
    }

    /// The part of all lanes that is held, 0 to 1: over all processes never more than the whole.
    pub(super) fn part(&self) -> f64 {
        let held = u32::try_from(self.held.len()).unwrap_or(0);
        f64::from(held) / f64::from(GROUPS)
    }

    /// Renews what is held; gives back what is beyond the share, takes what lacks to it.
    pub(super) async fn share(&mut self, ctx: &Ctx) -> AppResult<()> {
        if self.shared_at.is_some_and(|at| at.elapsed() < ROUND) {
            return Ok(());
        }
        self.shared_at = Some(Instant::now());
        let share = self.share_of_mine(ctx).await?;
        let mut renewed = Vec::with_capacity(self.held.len());
        for (group, held) in std::mem::take(&mut self.held) {
            if renewed.len() >= share {
                lease::release(ctx, held).await?;
            } else if lease::renew(ctx, &held).await? {
                renewed.push((group, held));
            }
        }
        self.held = renewed;
        for group in 0..GROUPS {
            if self.held.len() >= share {
                break;
            }
            if self.held.iter().any(|(mine, _)| *mine == group) {
                continue;
            }
            let name = format!("outbox/{group}");
            if let Some(taken) = lease::acquire(ctx, &name, self.holder).await? {
                self.held.push((group, taken));
            }
        }
        Ok(())
    }

    /// Groups for each process alive, rounded up. Shows first that this one is alive.
    async fn share_of_mine(&mut self, ctx: &Ctx) -> AppResult<usize> {
        let still = match &self.presence {
            Some(presence) => lease::renew(ctx, presence).await?,
            None => false,
        };
        if !still {
            let name = lease::presence_of(self.holder);
            self.presence = lease::acquire(ctx, &name, self.holder).await?;
        }
        let alive = lease::count_present(ctx).await?.max(1);
        Ok(usize::from(GROUPS.unsigned_abs()).div_ceil(alive))
    }

    pub(super) async fn release(self, ctx: &Ctx) {
        let leases = self.held.into_iter().map(|(_, held)| held);
        for held in leases.chain(self.presence) {
            if lease::release(ctx, held).await.is_err() {
                // it runs out by itself
                return;
            }
        }
    }
}
