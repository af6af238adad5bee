//! What a key may ask for in a minute: rows that all nodes share, so that a second node gives nobody more.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::ctx::Ctx;
use crate::app::error::AppResult;
use crate::app::partner::PartnerActor;
use crate::db::Scope;
use crate::db::partner_key::{self as db, UsedRow};

const SCOPE: Scope = Scope::System("limits of partners' keys");

/// Seconds of a window.
pub const WINDOW_SECONDS: i64 = 60;

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// Requests of any kind.
    Requests,
    /// People sent, alone or in batches.
    Claimants,
}

impl Unit {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Requests, Self::Claimants];

    /// Its word, in headers and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Claimants => "claimants",
        }
    }

    /// How many in a window.
    pub const fn quota(self) -> i64 {
        match self {
            Self::Requests => 600,
            Self::Claimants => 6_000,
        }
    }
}

/// How much of a limit is left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Allowance {
    /// What is counted.
    pub unit: Unit,
    /// How many more fit.
    pub left: i64,
    /// Seconds until all do again.
    pub seconds: i64,
    /// Whether what was asked for fitted.
    pub granted: bool,
}

impl Allowance {
    /// How long to wait before asking again.
    pub fn wait(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.seconds).unwrap_or_default())
    }
}

/// Counts `count` more for a key, if they fit.
///
/// # Errors
/// `Unavailable`.
pub async fn take(
    ctx: &Ctx,
    actor: &PartnerActor,
    unit: Unit,
    count: usize,
) -> AppResult<Allowance> {
    let now = ctx.clock.now();
    let since = window_of(now);
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let place = (actor.key(), unit.as_str());
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let taken = db::take(&mut tx, SCOPE, place, since, count, unit.quota()).await?;
    let used = match taken {
        Some(used) => Some(used),
        None => db::used(&mut tx, SCOPE, place).await?,
    };
    tx.commit().await?;
    let used = used.unwrap_or(UsedRow {
        window_starts_at: since,
        used: 0,
    });
    let ends = used.window_starts_at + TimeDelta::seconds(WINDOW_SECONDS);
    Ok(Allowance {
        unit,
        left: (unit.quota() - used.used).max(0),
        seconds: (ends - now).num_seconds().clamp(1, WINDOW_SECONDS),
        granted: taken.is_some(),
    })
}

/// The window an instant lies in.
fn window_of(now: DateTime<Utc>) -> DateTime<Utc> {
    now - TimeDelta::seconds(now.timestamp().rem_euclid(WINDOW_SECONDS))
        - TimeDelta::nanoseconds(i64::from(now.timestamp_subsec_nanos()))
}
