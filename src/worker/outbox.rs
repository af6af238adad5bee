//! Sends what is due: lanes shared among processes by leases, mails claimed, prepared and settled in
//! batches, each conversation outside any transaction (DESIGN 6, SCALE S8, decision 11).

use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::{Trouble, chain, stopped_before};
use crate::app::lease::Holder;
use crate::app::mail_queue;
use crate::app::outbox::{self, CODES, Done, DueMail, EVERYTHING, IDLE, LANES, Prepared};
use crate::app::{AppError, AppResult, Ctx};
use crate::domain::breaker::{Pace, Sign};
use crate::mailer::{Dkim, Mailer};

mod desk;
mod flight;
mod lanes;
mod letter;
mod marker;
mod pace;

use desk::{CODES_AT_ONCE, Desk, attempt, unready};
use flight::Flight;
use lanes::Lanes;
use pace::{Bucket, Queues};

/// Mails claimed and not yet settled.
const CLAIMED: usize = 192;
/// Mails claimed in one statement.
const BATCH: usize = 48;
/// How often codes are looked for while there is no room for anything else.
const CODES_EVERY: Duration = Duration::from_millis(200);
/// Between two looks that found mails to wait for.
const BREATH: Duration = Duration::from_millis(5);
/// How often what recovered is tidied.
const TIDY_EVERY: Duration = Duration::from_secs(5);

/// The way of mails: transport and sender.
#[derive(Clone, Debug)]
pub struct Post {
    /// Takes the mails.
    pub mailer: Mailer,
    /// Name and address of the sender; the name is the association's where a mail speaks for one.
    pub mail_from: (String, String),
    /// Who signs the mails, if we do.
    pub dkim: Option<Dkim>,
    /// Mails a second over all processes, if limited.
    pub per_second: Option<u32>,
    /// Mails a day (UTC) over all processes, if limited.
    pub per_day: Option<u32>,
}

/// Sends until told to stop.
pub async fn run(ctx: Ctx, post: Post, holder: Holder, mut stopping: watch::Receiver<bool>) {
    let mut trouble = Trouble::new("outbox");
    let (landed, arrivals) = mpsc::unbounded_channel();
    let mut tasks = JoinSet::new();
    tasks.spawn(marker::run(ctx.clone(), arrivals, stopping.clone()));
    let mut office = Office {
        desk: Desk::new(ctx, post, landed, stopping.clone()),
        lanes: Lanes::new(holder),
        queues: Queues::default(),
        bucket: Bucket::default(),
        tasks,
        codes_at: None,
        tidied_at: None,
    };
    loop {
        while office.tasks.try_join_next().is_some() {}
        let wait = match trouble.note(office.turn().await) {
            Ok(wait) | Err(wait) => wait,
        };
        let something = async {
            tokio::select! {
                () = sleep(wait) => {}
                () = office.desk.flights.landed(), if wait > Duration::ZERO && wait < IDLE => {}
            }
        };
        if stopped_before(&mut stopping, something).await {
            break;
        }
    }
    // mails on their way end by themselves; the others are for whoever takes the lanes
    let Office {
        desk,
        lanes,
        mut tasks,
        ..
    } = office;
    lanes.release(&desk.ctx).await;
    drop(desk);
    while tasks.join_next().await.is_some() {}
}

/// What a look at the common path found.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    /// As many as were asked for: there may be more.
    All,
    /// As many, but all of them wait for their own queue now.
    Parked,
    /// Fewer: that was all.
    Few,
}

struct Office {
    desk: Desk,
    lanes: Lanes,
    queues: Queues,
    bucket: Bucket,
    tasks: JoinSet<()>,
    codes_at: Option<Instant>,
    tidied_at: Option<Instant>,
}

impl Office {
    /// Claims what there is room for and sets it going; how long to wait then.
    async fn turn(&mut self) -> AppResult<Duration> {
        let ctx = self.desk.ctx.clone();
        self.lanes.share(&ctx).await?;
        let mine = self.lanes.lanes();
        if self.queues.refresh(&ctx).await? {
            self.look_after();
        }
        if mine.is_empty() || self.desk.relay_waits() {
            return Ok(IDLE);
        }
        let (others, codes) = self.desk.flights.count();
        let room = CLAIMED.saturating_sub(others);
        let (usual, now) = (self.desk.to_one_domain(), ctx.clock.now());
        let flights = &self.desk.flights;
        let apart = self
            .queues
            .apart(flights, self.lanes.part(), usual, now)
            // one batch after the other, not mail by mail
            .filter(|_| room >= BATCH);
        let Some(apart) = apart else {
            return self.claim_codes(&mine, codes).await;
        };
        let from_queues = self.claim_parked(&mine, room / 2).await?;
        let found = self.claim(&mine, EVERYTHING, BATCH, &apart).await?;
        Ok(match found {
            Found::All => Duration::ZERO,
            Found::Parked => BREATH,
            Found::Few if from_queues => BREATH,
            Found::Few => IDLE,
        })
    }

    /// There is no room for anything else.
    async fn claim_codes(&mut self, mine: &[i16], under_way: usize) -> AppResult<Duration> {
        if self.codes_at.is_none_or(|at| at.elapsed() >= CODES_EVERY) {
            self.codes_at = Some(Instant::now());
            let apart = self.queues.slow(self.desk.ctx.clock.now());
            let room = CODES_AT_ONCE.saturating_sub(under_way);
            self.claim(mine, CODES, room, &apart).await?;
        }
        Ok(CODES_EVERY / 4)
    }

    /// Mails on the common path.
    async fn claim(
        &mut self,
        mine: &[i16],
        least: i16,
        room: usize,
        apart: &[Uuid],
    ) -> AppResult<Found> {
        let (granted, least) = self.grant(least, room).await?;
        if granted == 0 {
            return Ok(Found::Few);
        }
        let desk = self.desk.clone();
        let limit = i64::try_from(granted).map_err(AppError::internal)?;
        let claimed = outbox::claim(&desk.ctx, mine, apart, least, limit).await?;
        let count = claimed.mails.len();
        self.spend(granted, count).await?;
        let (mails, surplus) = desk.begin(claimed.mails, desk.to_one_domain());
        self.set_going(mails);
        for (queue, mails) in surplus {
            outbox::give_back(&desk.ctx, &mails, Some(queue)).await?;
        }
        Ok(if count + claimed.parked < granted {
            Found::Few
        } else if count == 0 {
            Found::Parked
        } else {
            Found::All
        })
    }

    /// Mails that wait for their own queue; whether there were any.
    async fn claim_parked(&mut self, mine: &[i16], room: usize) -> AppResult<bool> {
        let desk = self.desk.clone();
        let (usual, now) = (desk.to_one_domain(), desk.ctx.clock.now());
        let mut left = room;
        let mut any = false;
        for (queue, free) in self
            .queues
            .waiting(&desk.flights, self.lanes.part(), usual, now)
        {
            let (granted, _) = self.grant(EVERYTHING, free.min(left)).await?;
            if granted == 0 {
                continue;
            }
            let limit = i64::try_from(granted).map_err(AppError::internal)?;
            let mails = outbox::claim_parked(&desk.ctx, queue, mine, limit).await?;
            self.queues
                .claimed(queue, mails.len(), mails.len() < granted);
            self.spend(granted, mails.len()).await?;
            left = left.saturating_sub(mails.len());
            any |= !mails.is_empty();
            let (mails, _) = desk.begin(mails, usize::MAX);
            self.set_going(mails);
        }
        Ok(any)
    }

    /// What rate and quota allow of `wanted`, and how urgent it must be: the last tenth of a day is for
    /// codes and confirmations.
    async fn grant(&mut self, least: i16, wanted: usize) -> AppResult<(usize, i16)> {
        let ctx = &self.desk.ctx;
        let post = &self.desk.post;
        let mut granted = wanted;
        if let Some(rate) = post.per_second {
            granted = granted.min(
                self.bucket
                    .room(f64::from(rate) * self.lanes.part(), Instant::now()),
            );
        }
        let Some(quota) = post.per_day.filter(|_| granted > 0) else {
            return Ok((granted, least));
        };
        let for_all = mail_queue::reserve_today(ctx, granted, quota - quota / 10).await?;
        if for_all > 0 {
            return Ok((for_all, least));
        }
        let urgent = mail_queue::reserve_today(ctx, granted, quota).await?;
        Ok((urgent, least.min(CODES + 1)))
    }

    async fn spend(&mut self, granted: usize, used: usize) -> AppResult<()> {
        if self.desk.post.per_second.is_some() {
            self.bucket.spend(used);
        }
        if self.desk.post.per_day.is_some() {
            mail_queue::give_back_today(&self.desk.ctx, granted.saturating_sub(used)).await?;
        }
        Ok(())
    }

    fn set_going(&mut self, mails: Vec<(DueMail, Flight)>) {
        if mails.is_empty() {
            return;
        }
        let desk = self.desk.clone();
        self.tasks.spawn(async move { desk.handle(mails).await });
    }

    /// Asks domains that did not answer, and the relay; tidies up.
    fn look_after(&mut self) {
        let now = self.desk.ctx.clock.now();
        self.desk.set_stopped(self.queues.stopped(now));
        for queue in self.queues.to_probe(now) {
            let desk = self.desk.clone();
            self.tasks.spawn(async move {
                if let Err(error) = desk.probe(queue).await {
                    tracing::warn!(error = %chain(&error), "a domain was not asked");
                }
            });
        }
        let desk = self.desk.clone();
        if desk.relay_wants_probe() {
            self.tasks.spawn(async move {
                let sign = match desk.post.mailer.probe().await {
                    Ok(()) => Sign::Alive,
                    Err(_) => Sign::Failing,
                };
                desk.relay_learns(sign);
            });
        }
        if self.tidied_at.is_none_or(|at| at.elapsed() >= TIDY_EVERY) {
            self.tidied_at = Some(Instant::now());
            let ctx = self.desk.ctx.clone();
            self.tasks.spawn(async move {
                if let Err(error) = mail_queue::tidy(&ctx).await {
                    tracing::warn!(error = %chain(&error), "queues were not tidied");
                }
            });
        }
    }
}

/// Sends everything that is due now, in all lanes, without leases: for tests and commands that
/// end. Gives the number of mails claimed.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn send_due(ctx: &Ctx, post: &Post) -> AppResult<usize> {
    let all: Vec<i16> = (0..LANES).collect();
    let limit = i64::try_from(BATCH).map_err(AppError::internal)?;
    let mut count = 0;
    loop {
        mail_queue::tidy(ctx).await?;
        let now = ctx.clock.now();
        let states = mail_queue::list(ctx).await?;
        let stopped = states
            .iter()
            .filter(|state| state.pace(now) == Pace::Stopped);
        let apart: Vec<Uuid> = stopped.map(|state| state.queue.id).collect();
        let claimed = outbox::claim(ctx, &all, &apart, EVERYTHING, limit).await?;
        let mut mails = claimed.mails;
        for queue in mail_queue::list_parked(ctx).await? {
            let most = match states.iter().find(|state| state.queue.id == queue) {
                Some(state) if state.wants_probe(now) => {
                    i64::from(mail_queue::take_probe(ctx, queue).await?)
                }
                Some(state) if state.pace(now) == Pace::Stopped => 0,
                Some(_) | None => limit,
            };
            mails.extend(outbox::claim_parked(ctx, queue, &all, most).await?);
        }
        if mails.is_empty() && claimed.parked == 0 {
            return Ok(count);
        }
        count += mails.len();
        for mail in mails {
            deliver(ctx, post, mail).await?;
        }
    }
}

/// One attempt at one claimed mail.
///
/// # Errors
/// `Unavailable` if its outcome could not be written: it is tried again, byte-equal.
pub async fn deliver(ctx: &Ctx, post: &Post, mail: DueMail) -> AppResult<()> {
    let (queue, outcome) = match outbox::prepare(ctx, &mail).await {
        Ok(Prepared::Send(letter, queue)) => (
            Some(queue),
            Box::pin(attempt(ctx, post, &mail, letter)).await,
        ),
        Ok(Prepared::Dropped | Prepared::Postponed) => return Ok(()),
        Err(error @ AppError::Unavailable(_)) => return Err(error),
        Err(error) => (None, unready(&mail, &error)),
    };
    let done = Done {
        mail,
        queue,
        outcome,
    };
    outbox::settle(ctx, &[done]).await
}
