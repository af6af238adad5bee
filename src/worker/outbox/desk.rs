//! The tasks that send: each mail prepared in its batch, then in its turn a conversation.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::join_all;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::time::Instant;
use uuid::Uuid;

use super::flight::{Flight, Flights};
use super::marker::Landed;
use super::{Post, letter};
use crate::app::bounce;
use crate::app::mail_queue::{self, Queue};
use crate::app::outbox::{
    self, Done, DueMail, LANES, Letter, Outcome, PATIENCE, Prepared, Refusal,
};
use crate::app::{AppError, AppResult, Ctx};
use crate::domain::breaker::{Breaker, Pace, Patience, Sign};
use crate::domain::smtp_answer::{Blame, Verdict};
use crate::mailer::{Failure, SendError};
use crate::worker::chain;

/// Conversations at the same time.
const AT_ONCE: usize = 64;
/// Conversations for codes, besides.
pub(super) const CODES_AT_ONCE: usize = 16;
/// Mails under way to one domain, where we speak to its servers ourselves.
const TO_ONE_DOMAIN: usize = 16;
/// Mails under way to one domain through a relay: there is room for others beside.
const TO_ONE_DOMAIN_BY_RELAY: usize = 144;
/// Conversations about mails to one domain: a relay may ask the domain before it answers.
const ABOUT_ONE_DOMAIN: usize = 48;
/// Domains whose conversations are counted before those without any are forgotten.
const DOMAINS_COUNTED: usize = 1_000;
/// Mails nobody wants any more that a probe passes over.
const PROBE_TRIES: usize = 100;

/// Mails beyond what their queue gets now.
type Surplus = (Uuid, Vec<DueMail>);

/// What the tasks of one process share.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) ctx: Ctx,
    pub(super) post: Arc<Post>,
    conversations: Arc<Semaphore>,
    code_conversations: Arc<Semaphore>,
    by_domain: Arc<Mutex<HashMap<Uuid, Arc<Semaphore>>>>,
    pub(super) flights: Flights,
    /// Queues that were stopped a moment ago.
    stopped: Arc<Mutex<HashSet<Uuid>>>,
    /// Whether our own relay takes anything.
    relay: Arc<Mutex<Breaker>>,
    landed: mpsc::UnboundedSender<Landed>,
    stopping: watch::Receiver<bool>,
}

impl Desk {
    /// A desk with all conversations free.
    pub(super) fn new(
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
            by_domain: Arc::default(),
            flights: Flights::default(),
            stopped: Arc::default(),
            relay: Arc::default(),
            landed,
            stopping,
        }
    }

    /// Mails under way to one domain at most.
    pub(super) fn to_one_domain(&self) -> usize {
        if self.post.mailer.is_direct() {
            TO_ONE_DOMAIN
        } else {
            TO_ONE_DOMAIN_BY_RELAY
        }
    }

    /// Counts claimed mails as under way; those beyond what one domain gets are for its queue.
    pub(super) fn begin(
        &self,
        mails: Vec<DueMail>,
        most: usize,
    ) -> (Vec<(DueMail, Flight)>, Vec<Surplus>) {
        let mut begun = Vec::with_capacity(mails.len());
        let mut surplus: Vec<Surplus> = Vec::new();
        for mail in mails {
            match mail.queue() {
                Some(queue) if !mail.is_code() && self.is_enough(queue, most) => {
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

    fn is_enough(&self, queue: Uuid, most: usize) -> bool {
        self.flights.of(queue) >= most && !self.flights.is_fast(queue)
    }

    /// Prepares a batch and sends each.
    pub(super) async fn handle(&self, claimed: Vec<(DueMail, Flight)>) {
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
                self.hand_on(mail, None, outcome, flight, Vec::new());
                return;
            }
        };
        flight.set_queue(queue.id);
        let permits = self.conversation(queue.id, mail.is_code()).await;
        let is_late = since.elapsed() > PATIENCE || *self.stopping.borrow();
        let is_stopped = !mail.is_cleared() && self.is_stopped(queue.id);
        if is_late || is_stopped || self.relay_waits() {
            self.hand_on(mail, Some(queue), Outcome::Untried, flight, permits);
            return;
        }
        let outcome = Box::pin(attempt(&self.ctx, &self.post, &mail, letter)).await;
        if let Some(sign) = sign_of_relay(&outcome) {
            self.relay_learns(sign);
        }
        self.hand_on(mail, Some(queue), outcome, flight, permits);
    }

    /// A turn to speak: codes have some of their own, and no domain gets all the others.
    async fn conversation(&self, queue: Uuid, is_code: bool) -> Vec<OwnedSemaphorePermit> {
        let usual = self.conversations.clone().acquire_owned();
        if is_code {
            let own = self.code_conversations.clone().acquire_owned();
            let permit = tokio::select! {
                biased;
                permit = own => permit,
                permit = usual => permit,
            };
            return permit.into_iter().collect();
        }
        let of_domain = self.of_domain(queue).acquire_owned().await;
        of_domain.into_iter().chain(usual.await).collect()
    }

    fn of_domain(&self, queue: Uuid) -> Arc<Semaphore> {
        let mut all = self
            .by_domain
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if all.len() >= DOMAINS_COUNTED {
            all.retain(|_, turns| Arc::strong_count(turns) > 1);
        }
        let turns = all
            .entry(queue)
            .or_insert_with(|| Arc::new(Semaphore::new(ABOUT_ONE_DOMAIN)));
        turns.clone()
    }

    /// Queues whose mail is stopped now: what was claimed before must not storm a dead domain.
    pub(super) fn set_stopped(&self, queues: HashSet<Uuid>) {
        let mut stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner);
        *stopped = queues;
    }

    fn is_stopped(&self, queue: Uuid) -> bool {
        let stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner);
        stopped.contains(&queue)
    }

    fn hand_on(
        &self,
        mail: DueMail,
        queue: Option<Queue>,
        outcome: Outcome,
        flight: Flight,
        permits: Vec<OwnedSemaphorePermit>,
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
            permits,
        });
    }

    /// Asks a domain with one mail, the most urgent that waits for it in any lane.
    pub(super) async fn probe(&self, queue: Uuid) -> AppResult<()> {
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

    /// Whether our own relay takes nothing now.
    pub(super) fn relay_waits(&self) -> bool {
        let now = self.ctx.clock.now();
        let relay = self.relay.lock().unwrap_or_else(PoisonError::into_inner);
        relay.pace(now) == Pace::Stopped
    }

    /// Takes the right to ask the relay.
    pub(super) fn relay_wants_probe(&self) -> bool {
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

    /// What an attempt or a probe told of the relay.
    pub(super) fn relay_learns(&self, sign: Sign) {
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

/// Writes and sends a letter, once.
pub(super) async fn attempt(
    ctx: &Ctx,
    post: &Post,
    mail: &DueMail,
    mut letter: Box<Letter>,
) -> Outcome {
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
    match Box::pin(post.mailer.send(&return_path, &message)).await {
        Ok(_) => Outcome::Sent,
        Err(error) => {
            let is_answer = error.code.is_some();
            let outcome = refused(mail, error);
            if is_answer
                && let Err(AppError::Unavailable(_)) =
                    note(ctx, mail, &message.mail.to, &outcome).await
            {
                return Outcome::Untried;
            }
            outcome
        }
    }
}

/// Keeps what a server answered that refused a mail for good: refused at the door is as good as come back.
/// What cannot be kept for another reason than an absent database is told to the operator alone: the mail is not
/// tried again for it.
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

/// What becomes of a mail that could not be prepared.
pub(super) fn unready(mail: &DueMail, error: &AppError) -> Outcome {
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
