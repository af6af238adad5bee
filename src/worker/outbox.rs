//! Sends what is due: lanes shared among processes by leases, mails claimed, prepared and settled in
//! batches, each conversation outside any transaction (DESIGN 6, SCALE S8, decision 11).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::{Trouble, chain, stopped_before};
use crate::app::bounce;
use crate::app::lease::Holder;
use crate::app::mail_queue::{self, Queue};
use crate::app::outbox::{
    self, CODES, Done, DueMail, EVERYTHING, IDLE, LANES, Letter, Outcome, PATIENCE, Prepared,
    Refusal,
};
use crate::app::{AppError, AppResult, Ctx};
use crate::domain::breaker::{Breaker, Pace, Patience, Sign};
use crate::domain::smtp_answer::{Blame, Verdict};
use crate::mailer::{Failure, Mailer, SendError};

mod flight;
mod lanes;
mod letter;
mod marker;
mod pace;

use flight::{Flight, Flights};
use lanes::Lanes;
use marker::Landed;
use pace::{Bucket, Queues};

/// Conversations at the same time.
const AT_ONCE: usize = 64;
/// Conversations for codes, besides.
const CODES_AT_ONCE: usize = 16;
/// Mails claimed and not yet settled.
const CLAIMED: usize = 192;
/// Mails claimed in one statement.
const BATCH: usize = 48;
/// Mails under way to one domain, where we speak to its servers ourselves.
const TO_ONE_DOMAIN: usize = 16;
/// With a relay it takes a slow domain half of the conversations to be noticed.
const TO_ONE_DOMAIN_BY_RELAY: usize = AT_ONCE / 2;
/// How often codes are looked for while there is no room for anything else.
const CODES_EVERY: Duration = Duration::from_millis(200);
/// How often what recovered is tidied.
const TIDY_EVERY: Duration = Duration::from_secs(5);
/// Mails nobody wants any more that a probe passes over.
const PROBE_TRIES: usize = 100;

/// The way of mails: transport and sender.
#[derive(Clone, Debug)]
pub struct Post {
    /// Takes the mails.
    pub mailer: Mailer,
    /// Name and address of the sender; the name is the association's where a mail speaks for one.
    pub mail_from: (String, String),
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

/// What the tasks of one process share.
#[derive(Clone)]
struct Desk {
    ctx: Ctx,
    post: Arc<Post>,
    conversations: Arc<Semaphore>,
    code_conversations: Arc<Semaphore>,
    flights: Flights,
    /// Whether our own relay takes anything.
    relay: Arc<Mutex<Breaker>>,
    landed: mpsc::UnboundedSender<Landed>,
    stopping: watch::Receiver<bool>,
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
            self.look_after().await;
        }
        if mine.is_empty() || self.desk.relay_waits() {
            return Ok(IDLE);
        }
        let (others, codes) = self.desk.flights.count();
        let room = CLAIMED.saturating_sub(others);
        if room < BATCH {
            // one batch after the other, not mail by mail
            if self.codes_at.is_some_and(|at| at.elapsed() < CODES_EVERY) {
                return Ok(CODES_EVERY / 4);
            }
            self.codes_at = Some(Instant::now());
            let room = CODES_AT_ONCE.saturating_sub(codes);
            self.claim(&mine, CODES, room).await?;
            return Ok(CODES_EVERY / 4);
        }
        let from_queues = self.claim_parked(&mine, room / 2).await?;
        let is_full = self.claim(&mine, EVERYTHING, BATCH).await?;
        Ok(if is_full || from_queues {
            Duration::ZERO
        } else {
            IDLE
        })
    }

    /// Mails on the common path; whether there may be more.
    async fn claim(&mut self, mine: &[i16], least: i16, room: usize) -> AppResult<bool> {
        let (granted, least) = self.grant(least, room).await?;
        if granted == 0 {
            return Ok(false);
        }
        let desk = &self.desk;
        let usual = desk.to_one_domain();
        let now = desk.ctx.clock.now();
        let apart = self
            .queues
            .apart(&desk.flights, self.lanes.part(), usual, now);
        let limit = i64::try_from(granted).map_err(AppError::internal)?;
        let claimed = outbox::claim(&desk.ctx, mine, &apart, least, limit).await?;
        let is_full = claimed.mails.len() + claimed.parked >= granted;
        self.spend(granted, claimed.mails.len()).await?;
        let desk = self.desk.clone();
        let (mails, surplus) = desk.begin(claimed.mails, usual);
        self.set_going(mails);
        for (queue, mails) in surplus {
            outbox::give_back(&desk.ctx, &mails, Some(queue)).await?;
        }
        Ok(is_full)
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
            granted = granted.min(self.bucket.room(f64::from(rate) * self.lanes.part()));
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
    async fn look_after(&mut self) {
        let now = self.desk.ctx.clock.now();
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

impl Desk {
    fn new(
        ctx: Ctx,
        post: Post,
        landed: mpsc::UnboundedSender<Landed>,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        Self {
            ctx,
            post: Arc::new(post),
            conversations: Arc::new(Semaphore::new(AT_ONCE)),
            code_conversations: Arc::new(Semaphore::new(CODES_AT_ONCE)),
            flights: Flights::default(),
            relay: Arc::default(),
            landed,
            stopping,
        }
    }

    fn to_one_domain(&self) -> usize {
        if self.post.mailer.is_direct() {
            TO_ONE_DOMAIN
        } else {
            TO_ONE_DOMAIN_BY_RELAY
        }
    }

    /// Counts claimed mails as under way; those beyond what one domain gets are for its queue.
    fn begin(
        &self,
        mails: Vec<DueMail>,
        most: usize,
    ) -> (Vec<(DueMail, Flight)>, Vec<(Uuid, Vec<DueMail>)>) {
        let mut begun = Vec::with_capacity(mails.len());
        let mut surplus: Vec<(Uuid, Vec<DueMail>)> = Vec::new();
        for mail in mails {
            match mail.queue() {
                Some(queue) if !mail.is_code() && self.flights.of(queue) >= most => {
                    match surplus.iter_mut().find(|(known, _)| *known == queue) {
                        Some((_, mails)) => mails.push(mail),
                        None => surplus.push((queue, vec![mail])),
                    }
                }
                queue => {
                    let flight = self.flights.begin(queue, mail.is_code());
                    begun.push((mail, flight));
                }
            }
        }
        (begun, surplus)
    }

    /// Prepares a batch and sends each.
    async fn handle(&self, claimed: Vec<(DueMail, Flight)>) {
        let since = Instant::now();
        let (mails, flights): (Vec<DueMail>, Vec<Flight>) = claimed.into_iter().unzip();
        let mut flights: Vec<(Uuid, Flight)> = mails.iter().map(DueMail::id).zip(flights).collect();
        let prepared = outbox::prepare_all(&self.ctx, mails).await;
        let sending = prepared.into_iter().filter_map(|(mail, prepared)| {
            let place = flights.iter().position(|(id, _)| *id == mail.id())?;
            let (_, flight) = flights.swap_remove(place);
            Some(self.finish(mail, prepared, flight, since))
        });
        join_all(sending.collect::<Vec<_>>()).await;
    }

    /// Sends a prepared mail in its turn, and hands on what became of it.
    async fn finish(
        &self,
        mail: DueMail,
        prepared: AppResult<Prepared>,
        mut flight: Flight,
        since: Instant,
    ) {
        let (letter, queue) = match prepared {
            Ok(Prepared::Send(letter, queue)) => (letter, queue),
            Ok(Prepared::Dropped | Prepared::Postponed) => return,
            Err(error) => {
                let outcome = unready(&mail, &error);
                self.hand_on(mail, None, outcome, flight, None);
                return;
            }
        };
        flight.set_queue(queue.id);
        let permit = self.conversation(mail.is_code()).await;
        let is_late = since.elapsed() > PATIENCE || *self.stopping.borrow();
        if is_late || self.relay_waits() {
            self.hand_on(mail, Some(queue), Outcome::Untried, flight, permit);
            return;
        }
        let outcome = attempt(&self.ctx, &self.post, &mail, letter).await;
        if let Some(sign) = sign_of_relay(&outcome) {
            self.relay_learns(sign);
        }
        self.hand_on(mail, Some(queue), outcome, flight, permit);
    }

    /// A turn to speak: codes have some of their own.
    async fn conversation(&self, is_code: bool) -> Option<OwnedSemaphorePermit> {
        let usual = self.conversations.clone().acquire_owned();
        if !is_code {
            return usual.await.ok();
        }
        let own = self.code_conversations.clone().acquire_owned();
        tokio::select! {
            biased;
            permit = own => permit.ok(),
            permit = usual => permit.ok(),
        }
    }

    fn hand_on(
        &self,
        mail: DueMail,
        queue: Option<Queue>,
        outcome: Outcome,
        flight: Flight,
        permit: Option<OwnedSemaphorePermit>,
    ) {
        let done = Done {
            mail,
            queue,
            outcome,
        };
        // nobody listens only when the process ends: the mail is taken up after its lease
        let _ = self.landed.send(Landed {
            done,
            flight,
            permit,
        });
    }

    /// Asks a domain with one mail, the most urgent that waits for it in any lane.
    async fn probe(&self, queue: Uuid) -> AppResult<()> {
        if !mail_queue::take_probe(&self.ctx, queue).await? {
            return Ok(());
        }
        let all: Vec<i16> = (0..LANES).collect();
        for _ in 0..PROBE_TRIES {
            let mails = outbox::claim_parked(&self.ctx, queue, &all, 1).await?;
            let Some(mail) = mails.into_iter().next() else {
                return mail_queue::probe_without_mail(&self.ctx, queue).await;
            };
            let flight = self.flights.begin(Some(queue), mail.is_code());
            let prepared = outbox::prepare(&self.ctx, &mail).await;
            if matches!(prepared, Ok(Prepared::Dropped | Prepared::Postponed)) {
                continue;
            }
            self.finish(mail, prepared, flight, Instant::now()).await;
            return Ok(());
        }
        Ok(())
    }

    fn relay_waits(&self) -> bool {
        let now = self.ctx.clock.now();
        let relay = self.relay.lock().unwrap_or_else(PoisonError::into_inner);
        relay.pace(now) == Pace::Stopped
    }

    fn relay_wants_probe(&self) -> bool {
        let now = self.ctx.clock.now();
        let mut relay = self.relay.lock().unwrap_or_else(PoisonError::into_inner);
        match relay.probe(now) {
            Some(probing) => {
                *relay = probing;
                true
            }
            None => false,
        }
    }

    fn relay_learns(&self, sign: Sign) {
        let now = self.ctx.clock.now();
        let mut relay = self.relay.lock().unwrap_or_else(PoisonError::into_inner);
        let new = relay.learn(sign, Patience::RELAY, now);
        match (relay.opened_at(), new.opened_at()) {
            (None, Some(_)) => tracing::error!("mails wait: the relay does not take them"),
            (Some(_), None) => tracing::info!("the relay takes mails again"),
            (None, None) | (Some(_), Some(_)) => {}
        }
        *relay = new;
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
        Ok(Prepared::Send(letter, queue)) => (Some(queue), attempt(ctx, post, &mail, letter).await),
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

/// Writes and sends a letter, once.
async fn attempt(ctx: &Ctx, post: &Post, mail: &DueMail, mut letter: Box<Letter>) -> Outcome {
    if let Err(error) = outbox::attach(ctx, &mut letter).await {
        return unready(mail, &error);
    }
    let return_path = letter.return_path.clone();
    let message = match letter::write(post, *letter) {
        Ok(message) => message,
        Err(error) => {
            tracing::error!(mail.id = %mail.id(), %error, "a mail cannot be written");
            return Outcome::Refused(Refusal {
                verdict: Verdict {
                    is_permanent: true,
                    blame: Blame::Mail,
                },
                detail: error.to_string(),
            });
        }
    };
    match post.mailer.send(&return_path, &message).await {
        Ok(_) => Outcome::Sent,
        Err(error) => {
            let is_answer = error.code.is_some();
            let outcome = refused(mail, error);
            if is_answer && note(ctx, mail, &message.mail.to, &outcome).await.is_err() {
                return Outcome::Untried;
            }
            outcome
        }
    }
}

/// Keeps what a server answered that refused a mail for good: refused at the door is as good as come back.
async fn note(ctx: &Ctx, mail: &DueMail, to: &str, outcome: &Outcome) -> AppResult<()> {
    let Outcome::Refused(refusal) = outcome else {
        return Ok(());
    };
    if !refusal.verdict.is_permanent {
        return Ok(());
    }
    let kept = bounce::refused(ctx, mail, to, &refusal.detail).await;
    if let Err(error) = &kept {
        tracing::error!(mail.id = %mail.id(), error = %chain(error), "a refusal was not kept");
    }
    kept
}

fn refused(mail: &DueMail, error: SendError) -> Outcome {
    tracing::warn!(
        mail.id = %mail.id(),
        attempts = mail.attempts(),
        code = error.code,
        detail = error.detail,
        "a mail was not accepted"
    );
    Outcome::Refused(Refusal {
        verdict: Verdict {
            is_permanent: error.kind == Failure::Permanent,
            blame: error.blame,
        },
        detail: error.detail,
    })
}

fn unready(mail: &DueMail, error: &AppError) -> Outcome {
    if let AppError::Unavailable(_) = error {
        return Outcome::Untried;
    }
    tracing::error!(mail.id = %mail.id(), error = %chain(error), "a mail cannot be prepared");
    Outcome::Unready("not prepared")
}

/// What an attempt tells of our own relay.
const fn sign_of_relay(outcome: &Outcome) -> Option<Sign> {
    match outcome {
        Outcome::Sent => Some(Sign::Alive),
        Outcome::Refused(refusal) => Some(match refusal.verdict.blame {
            Blame::Server => Sign::Failing,
            Blame::Recipient | Blame::Domain | Blame::Mail => Sign::Alive,
        }),
        Outcome::Unready(_) | Outcome::Untried => None,
    }
}
