//! Mails due: claimed, prepared, sent or given back. The worker renders and sends, outside any
//! transaction (DESIGN 6).

use std::time::Duration as Wait;

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::directory::Directory;
use crate::app::error::{AppError, AppResult};
use crate::app::mail_queue::{self, Queue};
use crate::db::outbox::{self, BackRow, Claim, OutboxRow};
use crate::db::{Conn, Scope};
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{AssociationId, CaseId};

mod approval;
mod batch;
mod confirmation;
mod contact;
mod control;
mod deficiency;
mod follow;
mod letter;
mod message;
mod outcome;
mod partner;
mod records;
mod rejection;
mod rights;
mod signing;
mod staff;
mod stop;
mod unasked;

pub use approval::Waiting;
pub(in crate::app) use approval::approval_row;
use batch::Batch;
pub use control::ControlNotice;
pub use deficiency::DeficiencyNotice;
pub use follow::FollowNotice;
pub(in crate::app) use follow::FollowPayload;
pub use letter::{Letter, LetterRecord, Signing};
pub(in crate::app) use letter::{email_in, mail_id};
pub use outcome::{Done, Outcome, Refusal, settle};
pub use partner::WebhookNotice;
pub(in crate::app) use partner::webhook_row;
pub(in crate::app) use records::{Frozen, RecordsPayload, Whose};
pub use rejection::RejectionNotice;
pub use rights::{RightsNotice, RightsStep};
pub use staff::StaffNotice;
pub(in crate::app) use staff::{StaffNews, notice_row};

const SCOPE: Scope = Scope::System("outbox");
/// Seconds a claimed mail is left alone; longer than any attempt takes.
const LEASE_SECONDS: i32 = 180;
/// Hours an access link works.
pub(in crate::app) const ACCESS_HOURS: i64 = 24;
/// Lanes of the outbox.
pub const LANES: i16 = 64;
/// How long the worker sleeps when nothing is due.
pub const IDLE: Wait = Wait::from_millis(500);
/// How long a claimed mail may wait for its turn: then there is time for the attempt before the lease
/// ends.
pub const PATIENCE: Wait = Wait::from_secs(30);
/// The priority of codes: nothing goes before them.
pub const CODES: i16 = 0;
/// The priority of the least urgent mails.
pub const EVERYTHING: i16 = 9;

/// A claimed mail.
#[derive(Clone, Debug)]
pub struct DueMail {
    row: OutboxRow,
    /// Whoever claimed it knows that mail to its domain may go.
    is_cleared: bool,
}

/// What a claim gives.
#[derive(Debug, Default)]
pub struct Claimed {
    /// Most urgent first.
    pub mails: Vec<DueMail>,
    /// Mails met on the way that now wait for their own queue.
    pub parked: usize,
}

/// What to do with a claimed mail.
#[derive(Debug)]
pub enum Prepared {
    /// Send it; its queue is that of the address.
    Send(Box<Letter>, Queue),
    /// Nobody wants it any more; it is out of the outbox.
    Dropped,
    /// It must wait; it is back in the outbox.
    Postponed,
}

/// Claims mails that are due in some lanes, most urgent first and none less urgent than `least`. Those
/// of queues that go their own way (`apart`) are parked.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn claim(
    ctx: &Ctx,
    lanes: &[i16],
    apart: &[Uuid],
    least: i16,
    limit: i64,
) -> AppResult<Claimed> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let wanted = wanted(ctx, lanes, apart, least, limit);
    let (rows, parked) = outbox::claim(&mut tx, SCOPE, wanted).await?;
    tx.commit().await?;
    let mails = rows.into_iter().map(|row| due(row, false)).collect();
    Ok(Claimed { mails, parked })
}

/// Claims mails that wait for their own queue, most urgent first.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn claim_parked(
    ctx: &Ctx,
    queue: Uuid,
    lanes: &[i16],
    limit: i64,
) -> AppResult<Vec<DueMail>> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let wanted = wanted(ctx, lanes, &[], EVERYTHING, limit);
    let rows = outbox::claim_parked(&mut tx, SCOPE, queue, wanted).await?;
    tx.commit().await?;
    Ok(rows.into_iter().map(|row| due(row, true)).collect())
}

const fn due(row: OutboxRow, is_cleared: bool) -> DueMail {
    DueMail { row, is_cleared }
}

fn wanted<'a>(ctx: &Ctx, lanes: &'a [i16], apart: &'a [Uuid], least: i16, limit: i64) -> Claim<'a> {
    Claim {
        lanes,
        apart,
        least,
        due: ctx.clock.now(),
        lease_seconds: LEASE_SECONDS,
        limit,
    }
}

/// Gives claimed mails back without an attempt: due now, or parked for their queue.
///
/// # Errors
/// `Unavailable`: they are taken up after their lease.
pub async fn give_back(ctx: &Ctx, mails: &[DueMail], parked: Option<Uuid>) -> AppResult<()> {
    let rows: Vec<BackRow> = mails
        .iter()
        .map(|mail| BackRow {
            state: if parked.is_some() { "parked" } else { "due" },
            queue_id: parked,
            ..mail.untried(mail.row.due_at)
        })
        .collect();
    let mut tx = ctx.pools.begin(SCOPE).await?;
    outbox::give_back(&mut tx, SCOPE, &rows).await?;
    Ok(tx.commit().await?)
}

/// Opens what mails need, and registers them before their first attempt; many in one transaction.
///
/// *effects*: rows in `mails`; for mails that list records challenges, frozen at the first time.
pub async fn prepare_all(ctx: &Ctx, mails: Vec<DueMail>) -> Vec<(DueMail, AppResult<Prepared>)> {
    // those that lock claimants have a transaction each: nobody waits in the wrong order
    let (together, alone): (Vec<DueMail>, Vec<DueMail>) =
        mails.into_iter().partition(DueMail::locks_nobody);
    let mut done = match prepare_together(ctx, &together).await {
        Ok(prepared) => together
            .into_iter()
            .zip(prepared.into_iter().map(Ok))
            .collect(),
        // the database is away: not one wait for each
        Err(AppError::Unavailable(_)) => together.into_iter().map(not_now).collect(),
        Err(_) => prepare_each(ctx, together).await,
    };
    done.extend(prepare_each(ctx, alone).await);
    done
}

fn not_now(mail: DueMail) -> (DueMail, AppResult<Prepared>) {
    (mail, Err(AppError::Unavailable("not prepared".into())))
}

async fn prepare_each(ctx: &Ctx, mails: Vec<DueMail>) -> Vec<(DueMail, AppResult<Prepared>)> {
    let mut done = Vec::with_capacity(mails.len());
    for mail in mails {
        let prepared = prepare(ctx, &mail).await;
        done.push((mail, prepared));
    }
    done
}

/// All or none.
async fn prepare_together(ctx: &Ctx, mails: &[DueMail]) -> AppResult<Vec<Prepared>> {
    if mails.is_empty() {
        return Ok(Vec::new());
    }
    let directory = ctx.directories.get(ctx).await?;
    let open = directory.without_stops();
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let simple = mails.iter().filter(|mail| mail.locks_nobody());
    let batch = Batch::read(ctx, &mut tx, simple.map(|mail| &mail.row)).await?;
    let mut prepared = Vec::with_capacity(mails.len());
    let mut gone = Vec::new();
    let mut back = Vec::new();
    for mail in mails {
        let directory = if mail.is_cleared { &open } else { &*directory };
        prepared.push(
            match step(ctx, &mut tx, &batch, directory, &mail.row).await? {
                Step::Send(letter) => {
                    let queue = Queue::of(ctx, directory, letter.to.domain());
                    Prepared::Send(letter, queue)
                }
                Step::Drop => {
                    gone.push(mail.key());
                    Prepared::Dropped
                }
                Step::Wait(until) => {
                    back.push(mail.untried(until));
                    Prepared::Postponed
                }
                Step::Pause(until, why) => {
                    back.push(BackRow {
                        last_error: Some(why),
                        ..mail.untried(until)
                    });
                    Prepared::Postponed
                }
                Step::Park(queue) => {
                    back.push(mail.parked(queue));
                    Prepared::Postponed
                }
            },
        );
    }
    outbox::delete_all(&mut tx, SCOPE, &gone).await?;
    outbox::give_back(&mut tx, SCOPE, &back).await?;
    tx.commit().await?;
    Ok(prepared)
}

/// As [`prepare_all`], for one.
///
/// # Errors
/// `Unavailable`; `Internal` if sealed data do not open.
pub async fn prepare(ctx: &Ctx, mail: &DueMail) -> AppResult<Prepared> {
    let prepared = prepare_together(ctx, std::slice::from_ref(mail)).await?;
    prepared
        .into_iter()
        .next()
        .ok_or_else(|| AppError::internal("a mail was not prepared"))
}

/// Fetches what a letter carries along, outside any transaction.
///
/// # Errors
/// `Unavailable` if the blob store cannot be reached; `Internal` if the document does not open.
pub async fn attach(ctx: &Ctx, letter: &mut Letter) -> AppResult<()> {
    signing::attach(ctx, letter).await
}

async fn step(
    ctx: &Ctx,
    conn: &mut Conn,
    batch: &Batch,
    directory: &Directory,
    row: &OutboxRow,
) -> AppResult<Step> {
    if is_of_sandbox(row) && row.kind != "confirmation" {
        // nobody waits for it: a partner tries the API, and the first mail is what it needs for that
        return Ok(Step::Drop);
    }
    match row.kind.as_str() {
        "confirmation" => confirmation::prepare(ctx, conn, batch, directory, row).await,
        "otp" => signing::prepare_code(ctx, conn, batch, directory, row).await,
        "receipt" => signing::prepare_receipt(ctx, conn, batch, directory, row).await,
        "paper_rejected" => signing::prepare_rejected(ctx, conn, batch, directory, row).await,
        "rights" => rights::prepare(ctx, conn, batch, directory, row).await,
        "deficiency" => deficiency::prepare(ctx, conn, batch, directory, row).await,
        "mailbox_code" => control::prepare_mailbox(ctx, conn, batch, directory, row).await,
        "payout_code" => control::prepare_payout_code(ctx, conn, batch, directory, row).await,
        "payout_notice" => control::prepare_payout_notice(ctx, conn, batch, directory, row).await,
        "contact_code" => control::prepare_contact_code(ctx, conn, batch, directory, row).await,
        "contact_notice" => control::prepare_contact_notice(ctx, conn, batch, directory, row).await,
        "contact_link" => contact::prepare_link(ctx, conn, batch, directory, row).await,
        "contact_stopped" => contact::prepare_stopped(ctx, conn, batch, directory, row).await,
        "withdrawal" => control::prepare_withdrawal(ctx, conn, batch, directory, row).await,
        "follow_confirmation" => follow::prepare_confirmation(ctx, conn, directory, row).await,
        "case_update" => follow::prepare_update(ctx, conn, directory, row).await,
        "message" => message::prepare(ctx, conn, batch, directory, row).await,
        "rejection" => rejection::prepare(ctx, conn, batch, directory, row).await,
        "invitation" => staff::prepare_invitation(ctx, conn, directory, row).await,
        "approval_waits" => approval::prepare(ctx, conn, directory, row).await,
        "webhook_disabled" => partner::prepare(ctx, conn, directory, row).await,
        "staff_notice" => staff::prepare_notice(ctx, conn, directory, row).await,
        "reminder" => unasked::prepare_reminder(ctx, conn, directory, row).await,
        "already_registered" => unasked::prepare_registered(ctx, conn, directory, row).await,
        _ => records::prepare(ctx, conn, directory, row).await,
    }
}

impl DueMail {
    /// Id for logs.
    pub const fn id(&self) -> Uuid {
        self.row.id
    }

    pub(in crate::app) const fn row(&self) -> &OutboxRow {
        &self.row
    }

    /// Attempts made, this one too.
    pub const fn attempts(&self) -> i32 {
        self.row.attempts
    }

    /// The queue of its recipient, once that is known.
    pub const fn queue(&self) -> Option<Uuid> {
        self.row.queue_id
    }

    /// Whether somebody waits for its code.
    pub const fn is_code(&self) -> bool {
        self.row.priority <= CODES
    }

    /// Whether whoever claimed it knows that mail to its domain may go.
    pub const fn is_cleared(&self) -> bool {
        self.is_cleared
    }

    fn locks_nobody(&self) -> bool {
        matches!(
            self.row.kind.as_str(),
            "confirmation"
                | "otp"
                | "receipt"
                | "paper_rejected"
                | "rights"
                | "deficiency"
                | "mailbox_code"
                | "payout_code"
                | "payout_notice"
                | "contact_code"
                | "contact_notice"
                | "contact_link"
                | "contact_stopped"
                | "withdrawal"
                | "case_update"
                | "message"
                | "rejection"
                | "staff_notice"
                | "approval_waits"
                | "webhook_disabled"
        )
    }

    const fn key(&self) -> (Uuid, Uuid) {
        (self.row.subject_id, self.row.id)
    }

    /// Given back as if it had not been claimed.
    fn untried(&self, due_at: DateTime<Utc>) -> BackRow {
        BackRow {
            subject_id: self.row.subject_id,
            id: self.row.id,
            state: "due",
            due_at,
            attempts: (self.row.attempts - 1).max(0),
            last_error: None,
            queue_id: None,
        }
    }

    fn parked(&self, queue: Uuid) -> BackRow {
        BackRow {
            state: "parked",
            queue_id: Some(queue),
            ..self.untried(self.row.due_at)
        }
    }
}

/// What becomes of a row.
enum Step {
    Send(Box<Letter>),
    Drop,
    Wait(DateTime<Utc>),
    /// Its template is paused; why, for who looks at the outbox.
    Pause(DateTime<Utc>, String),
    Park(Uuid),
}

/// Whether a mail is about a test person; mails that list records say in which case.
fn is_of_sandbox(row: &OutboxRow) -> bool {
    let listed = row.payload.get("case").and_then(Value::as_str);
    let case = row.case_id.map(CaseId::new);
    let case = case.or_else(|| CaseId::parse(listed?));
    case.is_some_and(CaseId::is_sandbox)
        || row
            .association_id
            .is_some_and(|id| AssociationId::new(id).is_sandbox())
}

/// Waits while mail to the domain of an address is stopped.
fn held(ctx: &Ctx, directory: &Directory, email: &EmailAddress) -> Option<Step> {
    let queue = mail_queue::id_of(ctx, email.domain());
    directory
        .is_mail_stopped(queue)
        .then_some(Step::Park(queue))
}
