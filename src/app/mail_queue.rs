//! Mails wait by the mail domain of their recipient: what is known of the domains that are not as
//! usual, shared by all senders (decision 11). A domain is named by a keyed hash; in clear only where
//! it is a public provider.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::directory::Directory;
use crate::app::error::AppResult;
use crate::app::operator;
use crate::crypto::token;
use crate::db::mail_queue::{self, QueueRow};
use crate::db::{Conn, Scope};
use crate::domain::breaker::{Breaker, Pace, Patience, Sign};

const SCOPE: Scope = Scope::System("queues of mails");

/// The queue of a mail domain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Queue {
    /// Keyed hash of the domain.
    pub id: Uuid,
    /// The domain, where it is a public provider.
    pub provider: Option<String>,
}

impl Queue {
    /// That of a domain, lower case, ASCII.
    pub(in crate::app) fn of(ctx: &Ctx, directory: &Directory, domain: &str) -> Self {
        let is_public = directory.is_public_provider(domain);
        Self {
            id: id_of(ctx, domain),
            provider: is_public.then(|| domain.to_owned()),
        }
    }
}

/// The id of the queue of a domain (lower case, ASCII), the same in every process.
pub fn id_of(ctx: &Ctx, domain: &str) -> Uuid {
    token::uuid_v8(ctx.keyring.index.platform_hash("mail_domain", domain))
}

/// A queue that is not as usual.
#[derive(Clone, Debug)]
pub struct QueueState {
    /// Which.
    pub queue: Queue,
    /// Its breaker.
    pub breaker: Breaker,
    /// Since when the operator holds it, UTC.
    pub held_at: Option<DateTime<Utc>>,
    /// Mails a second over all senders, if fewer than usual.
    pub per_second: Option<u32>,
    /// Conversations at once over all senders, if fewer than usual.
    pub at_once: Option<u32>,
    /// Last refusal, without addresses.
    pub last_answer: Option<String>,
    /// When that was, UTC.
    pub answered_at: Option<DateTime<Utc>>,
}

impl QueueState {
    fn from_row(row: QueueRow) -> AppResult<Self> {
        Ok(Self {
            breaker: row.breaker()?,
            queue: Queue {
                id: row.id,
                provider: row.domain,
            },
            held_at: row.held_at,
            per_second: row.per_second.and_then(|value| u32::try_from(value).ok()),
            at_once: row.at_once.and_then(|value| u32::try_from(value).ok()),
            last_answer: row.last_answer,
            answered_at: row.answered_at,
        })
    }

    /// How fast its mail goes out now, over all senders.
    pub fn pace(&self, now: DateTime<Utc>) -> Pace {
        let pace = if self.held_at.is_some() {
            Pace::Stopped
        } else {
            self.breaker.pace(now)
        };
        match (pace, self.per_second.map(f64::from)) {
            (Pace::Stopped, _) => Pace::Stopped,
            (Pace::PerSecond(rate), Some(most)) => Pace::PerSecond(rate.min(most)),
            (Pace::Free, Some(most)) => Pace::PerSecond(most),
            (pace, None) => pace,
        }
    }

    /// Whether one mail may go out to ask the domain.
    pub fn wants_probe(&self, now: DateTime<Utc>) -> bool {
        self.held_at.is_none() && self.breaker.probe(now).is_some()
    }
}

/// All queues that are not as usual.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn list(ctx: &Ctx) -> AppResult<Vec<QueueState>> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let rows = mail_queue::list(&mut tx, SCOPE).await?;
    tx.commit().await?;
    rows.into_iter().map(QueueState::from_row).collect()
}

/// Queues for which mails are parked.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn list_parked(ctx: &Ctx) -> AppResult<Vec<Uuid>> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let ids = mail_queue::list_parked(&mut tx, SCOPE).await?;
    tx.commit().await?;
    Ok(ids)
}

/// What an attempt told of a domain.
#[derive(Clone, Copy, Debug)]
pub(in crate::app) struct Lesson<'a> {
    /// Its queue.
    pub queue: &'a Queue,
    /// Whether it lives.
    pub sign: Sign,
    /// What it said, without addresses.
    pub answer: Option<&'a str>,
}

/// Learns what attempts told; gives for each of their queues whether its mail is stopped now.
///
/// *effects*: rows of `mail_queues`, locked by id; a public provider whose breaker opens is held, so
/// that the clock of R62 stands still.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub(in crate::app) async fn learn(
    ctx: &Ctx,
    conn: &mut Conn,
    lessons: &[Lesson<'_>],
) -> AppResult<HashMap<Uuid, bool>> {
    let mut by_queue: BTreeMap<Uuid, Vec<&Lesson<'_>>> = BTreeMap::new();
    for lesson in lessons {
        by_queue.entry(lesson.queue.id).or_default().push(lesson);
    }
    let ids: Vec<Uuid> = by_queue.keys().copied().collect();
    let known = known(conn, &ids).await?;
    let now = ctx.clock.now();
    let mut stopped = HashMap::new();
    for (id, lessons) in by_queue {
        let after = |breaker| {
            lessons.iter().fold(breaker, |breaker: Breaker, lesson| {
                breaker.learn(lesson.sign, Patience::DOMAIN, now)
            })
        };
        let before = known.get(&id).copied().unwrap_or_default();
        let fails = lessons.iter().any(|lesson| lesson.sign == Sign::Failing);
        if !fails && after(before) == before {
            stopped.insert(id, false);
            continue;
        }
        let provider = lessons
            .first()
            .and_then(|lesson| lesson.queue.provider.as_deref());
        let mut row = mail_queue::lock(conn, SCOPE, id, provider).await?;
        let old = row.breaker()?;
        let new = after(old);
        if let Some(answer) = lessons.iter().rev().find_map(|lesson| lesson.answer) {
            row.last_answer = Some(answer.to_owned());
            row.answered_at = Some(now);
        }
        tell(id, provider, old, new);
        row.set_breaker(new);
        mail_queue::update(conn, SCOPE, &row).await?;
        if let (Some(since), Some(domain)) = (new.opened_at(), &row.domain) {
            mail_queue::mark_held_by_breaker(conn, SCOPE, domain, since).await?;
        }
        stopped.insert(id, row.held_at.is_some() || new.opened_at().is_some());
    }
    Ok(stopped)
}

/// Breakers as they were a moment ago, without locking anything.
async fn known(conn: &mut Conn, ids: &[Uuid]) -> AppResult<HashMap<Uuid, Breaker>> {
    let rows = mail_queue::list_of(conn, SCOPE, ids).await?;
    rows.into_iter()
        .map(|row| Ok((row.id, row.breaker()?)))
        .collect()
}

fn tell(id: Uuid, provider: Option<&str>, old: Breaker, new: Breaker) {
    match (old.opened_at(), new.opened_at()) {
        (None, Some(_)) => {
            tracing::warn!(queue.id = %id, provider, "mail to a domain waits: it does not answer");
        }
        (Some(_), None) => tracing::info!(queue.id = %id, provider, "a domain answers again"),
        (None, None) | (Some(_), Some(_)) => {}
    }
}

/// Takes the right to ask a domain with one mail: one sender at a time, at most once a minute.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn take_probe(ctx: &Ctx, id: Uuid) -> AppResult<bool> {
    change(ctx, id, |row, now| {
        let free = row.held_at.is_none();
        Ok(row.breaker()?.probe(now).filter(|_| free))
    })
    .await
}

/// There was no mail to ask with.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn probe_without_mail(ctx: &Ctx, id: Uuid) -> AppResult<()> {
    change(ctx, id, |row, _| {
        Ok(Some(row.breaker()?.without_mail(Patience::DOMAIN)))
    })
    .await?;
    Ok(())
}

async fn change(
    ctx: &Ctx,
    id: Uuid,
    change: impl FnOnce(&QueueRow, DateTime<Utc>) -> AppResult<Option<Breaker>>,
) -> AppResult<bool> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let mut row = mail_queue::lock(&mut tx, SCOPE, id, None).await?;
    let Some(breaker) = change(&row, ctx.clock.now())? else {
        return Ok(false);
    };
    row.set_breaker(breaker);
    mail_queue::update(&mut tx, SCOPE, &row).await?;
    tx.commit().await?;
    Ok(true)
}

/// Lets the clock of R62 run on for providers that answer again, and forgets queues that are as usual.
/// Gives the number of providers let go.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn tidy(ctx: &Ctx) -> AppResult<usize> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let held = mail_queue::list_held_by_breaker(&mut tx, SCOPE).await?;
    tx.commit().await?;
    let mut released = 0;
    for domain in held {
        if operator::release_answering(ctx, &domain).await? {
            released += 1;
        }
    }
    let now = ctx.clock.now();
    let usual = list(ctx).await?;
    let usual: Vec<Uuid> = usual
        .iter()
        .filter(|state| state.breaker.is_as_usual(now))
        .map(|state| state.queue.id)
        .collect();
    if !usual.is_empty() {
        let mut tx = ctx.pools.begin(SCOPE).await?;
        mail_queue::delete_usual(&mut tx, SCOPE, &usual).await?;
        tx.commit().await?;
    }
    Ok(released)
}

/// Takes up to `wanted` mails of today's quota; gives how many.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn reserve_today(ctx: &Ctx, wanted: usize, quota: u32) -> AppResult<usize> {
    let day = ctx.clock.now().date_naive();
    let wanted = i64::try_from(wanted).unwrap_or(i64::MAX);
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let granted = mail_queue::reserve(&mut tx, SCOPE, day, wanted, i64::from(quota)).await?;
    tx.commit().await?;
    Ok(usize::try_from(granted).unwrap_or(0))
}

/// Gives back what was taken of today's quota and not used.
///
/// # Errors
/// `Unavailable` if the database cannot be reached: then that many fewer go out today.
pub async fn give_back_today(ctx: &Ctx, unused: usize) -> AppResult<()> {
    if unused == 0 {
        return Ok(());
    }
    let day = ctx.clock.now().date_naive();
    let unused = i64::try_from(unused).unwrap_or(0);
    let mut tx = ctx.pools.begin(SCOPE).await?;
    mail_queue::give_back_reserved(&mut tx, SCOPE, day, unused).await?;
    Ok(tx.commit().await?)
}
