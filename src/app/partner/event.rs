//! What partners are told of whom they sent, in events: numbered from 1 without a gap, so that who reads on from a
//! number never misses one. Somebody known and somebody new make the same events (decision 33).

use chrono::{DateTime, Utc};

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::lease::{self, Holder, Lease};
use crate::app::partner::PartnerActor;
use crate::app::partner::submission::of;
use crate::db::partner_event::{self as db, EventRow};
use crate::db::{DbError, Scope};
use crate::domain::ids::{ClaimantId, PartnerEventId};
use crate::domain::partner::{PartnerScope, SubmissionState};

const SCOPE: Scope = Scope::System("numbers of partners' events");
/// Name of the lease of who gives numbers.
pub const LEASE: &str = "partner-events";
/// Partners whose events get numbers in one turn; the others follow with the next.
const PARTNERS: i64 = 200;
/// Events that get their numbers in one transaction.
const BATCH: i64 = 1_000;

/// Something a partner is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Event {
    /// Its number, from 1.
    pub sequence: i64,
    /// Its id: that of its message, too.
    pub id: PartnerEventId,
    /// What is told.
    pub state: SubmissionState,
    /// Of whom; none: the data were erased since.
    pub claimant: Option<ClaimantId>,
    /// When it happened, to the second, UTC.
    pub created_at: DateTime<Utc>,
}

/// Numbers left out after a restore: more than anybody was given since the backup was made.
pub const LEFT_OUT: i64 = 1_000_000;

/// Leaves numbers out in every stream: those given since the backup are known to partners, who read on from theirs.
/// For a restore alone.
///
/// # Errors
/// `Unavailable`.
pub async fn leave_numbers_out(ctx: &Ctx) -> AppResult<()> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    db::raise_heads(&mut tx, SCOPE, LEFT_OUT).await?;
    Ok(tx.commit().await?)
}

/// The partner's events after a number, at most `limit` (1 to 200), and the number to go on from: that of the last
/// one, or the same where there is none yet. None: no event has that number yet, so that who went on from it would
/// miss those that come before it.
///
/// # Errors
/// `Key` if the key may not.
pub async fn list(
    ctx: &Ctx,
    actor: &PartnerActor,
    after: i64,
    limit: u16,
) -> AppResult<Option<(Vec<Event>, i64)>> {
    actor.require(PartnerScope::Events)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let rows = db::list(&mut tx, scope, of(actor), after, i64::from(limit)).await?;
    let is_known = if rows.is_empty() && after > 0 {
        tx.enter(SCOPE).await?;
        after <= db::last(&mut tx, SCOPE, of(actor)).await?
    } else {
        true
    };
    tx.commit().await?;
    if !is_known {
        return Ok(None);
    }
    let events: Vec<Event> = rows.iter().map(event).collect::<AppResult<_>>()?;
    let last = events.last().map_or(after, |event| event.sequence);
    Ok(Some((events, last)))
}

fn event(row: &EventRow) -> AppResult<Event> {
    let sequence = row.sequence;
    Ok(Event {
        sequence: sequence.ok_or(DbError::Corrupt("partner_events.sequence"))?,
        id: PartnerEventId::new(row.id),
        state: state_of(&row.state)?,
        claimant: row.claimant_id.map(ClaimantId::new),
        created_at: row.created_at,
    })
}

/// The state that an event tells.
pub(in crate::app) fn state_of(word: &str) -> AppResult<SubmissionState> {
    let state = SubmissionState::parse(word);
    Ok(state.ok_or(DbError::Corrupt("partner_events.state"))?)
}

/// Gives events their numbers: what a process holds of the lease.
#[derive(Debug)]
pub struct Numbering {
    holder: Holder,
    lease: Option<Lease>,
}

impl Numbering {
    /// Holds nothing yet.
    pub const fn new(holder: Holder) -> Self {
        Self {
            holder,
            lease: None,
        }
    }

    /// Numbers what waits, if the lease can be had; gives how many got a number.
    ///
    /// *effects*: numbers; deliveries to the endpoints that are told of them.
    ///
    /// # Errors
    /// `Unavailable` if the database cannot be reached.
    pub async fn turn(&mut self, ctx: &Ctx) -> AppResult<usize> {
        let mut tx = ctx.pools.begin(SCOPE).await?;
        let waiting = db::list_waiting(&mut tx, SCOPE, PARTNERS).await?;
        tx.commit().await?;
        if waiting.is_empty() {
            return Ok(0);
        }
        let Some(lease) = self.hold(ctx).await? else {
            return Ok(0);
        };
        let mut numbered = 0;
        for whose in waiting {
            let mut tx = ctx.pools.begin(SCOPE).await?;
            let now = ctx.clock.now();
            let count = db::number(&mut tx, SCOPE, &whose, now, BATCH).await?;
            if !lease::holds(&mut tx, &lease).await? {
                return Err(AppError::IllegalTransition("lease lost"));
            }
            tx.commit().await?;
            numbered += count;
        }
        let count = u64::try_from(numbered).unwrap_or(u64::MAX);
        metrics::counter!("joinder_partner_events_total").increment(count);
        Ok(numbered)
    }

    /// Gives the lease back.
    pub async fn stop(&mut self, ctx: &Ctx) {
        if let Some(lease) = self.lease.take()
            && let Err(error) = lease::release(ctx, lease).await
        {
            tracing::debug!(%error, "the lease of partners' events runs out by itself");
        }
    }

    async fn hold(&mut self, ctx: &Ctx) -> AppResult<Option<Lease>> {
        if let Some(held) = &self.lease
            && lease::renew(ctx, held).await?
        {
            return Ok(self.lease.clone());
        }
        self.lease = lease::acquire(ctx, LEASE, self.holder).await?;
        Ok(self.lease.clone())
    }
}
