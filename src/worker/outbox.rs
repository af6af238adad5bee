//! Sends what is due: lanes shared among processes by leases, up to 32 mails at once, each outside
//! any transaction (DESIGN 6, SCALE S8).

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::{Trouble, chain, stopped_before};
use crate::app::bounce;
use crate::app::evidence::INTENT;
use crate::app::lease::{self, Holder, Lease};
use crate::app::outbox::{
    self, DueMail, Failure, IDLE, LANES, Letter, LetterRecord, Prepared, Signing,
};
use crate::app::{AppError, AppResult, Ctx};
use crate::domain::mail::{Attachment, Mail, MailKind};
use crate::mailer::{self, Mailer, OutgoingMail};
use crate::render::mail::{
    Frame, Purpose, ReceiptMail, RecordLine, RecordsMail, RenderMailError, SigningCodeMail,
};

/// Mails on their way at the same time.
const AT_ONCE: usize = 32;

/// The lanes are shared in this many groups.
const GROUPS: i16 = 8;

/// How often leases are renewed and shared anew.
const ROUND: Duration = Duration::from_secs(5);

/// The way of mails: transport and sender.
#[derive(Clone, Debug)]
pub struct Post {
    /// Takes the mails.
    pub mailer: Mailer,
    /// Name and address of the sender; the name is the association's where a mail speaks for one.
    pub mail_from: (String, String),
}

/// Sends until told to stop.
pub async fn run(ctx: Ctx, post: Post, holder: Holder, mut stopping: watch::Receiver<bool>) {
    let mut trouble = Trouble::new("outbox");
    let mut lanes = Lanes::new(holder);
    let mut sending: JoinSet<()> = JoinSet::new();
    loop {
        while sending.try_join_next().is_some() {}
        let wait = match trouble.note(turn(&ctx, &post, &mut lanes, &mut sending).await) {
            // as many as there was room for: there may be more
            Ok(true) if sending.len() < AT_ONCE => Duration::ZERO,
            Ok(_) => IDLE,
            Err(wait) => wait,
        };
        let something = async {
            tokio::select! {
                () = sleep(wait) => {}
                Some(_) = sending.join_next(), if sending.len() >= AT_ONCE => {}
            }
        };
        if stopped_before(&mut stopping, something).await {
            break;
        }
    }
    // mails on their way end by themselves; the others are for whoever takes the lanes
    lanes.release(&ctx).await;
    while sending.join_next().await.is_some() {}
}

/// Claims what there is room for and sets it going; whether all the room was needed.
async fn turn(
    ctx: &Ctx,
    post: &Post,
    lanes: &mut Lanes,
    sending: &mut JoinSet<()>,
) -> AppResult<bool> {
    lanes.share(ctx).await?;
    let room = AT_ONCE.saturating_sub(sending.len());
    let mine = lanes.lanes();
    if room == 0 || mine.is_empty() {
        return Ok(false);
    }
    let limit = i64::try_from(room).map_err(AppError::internal)?;
    let due = outbox::claim(ctx, &mine, limit).await?;
    let is_full = due.len() == room;
    for mail in due {
        let (ctx, post) = (ctx.clone(), post.clone());
        sending.spawn(async move {
            if let Err(error) = deliver(&ctx, &post, &mail).await {
                tracing::error!(
                    mail.id = %mail.id(),
                    error = %chain(&error),
                    "a mail was not handled; it is tried again after its lease"
                );
            }
        });
    }
    Ok(is_full)
}

/// Sends everything that is due now, in all lanes, without leases: for tests and commands that
/// end. Gives the number of mails claimed.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn send_due(ctx: &Ctx, post: &Post) -> AppResult<usize> {
    let all: Vec<i16> = (0..LANES).collect();
    let limit = i64::try_from(AT_ONCE).map_err(AppError::internal)?;
    let mut count = 0;
    loop {
        let due = outbox::claim(ctx, &all, limit).await?;
        if due.is_empty() {
            return Ok(count);
        }
        for mail in &due {
            deliver(ctx, post, mail).await?;
        }
        count += due.len();
    }
}

/// One attempt at one claimed mail.
///
/// # Errors
/// `Unavailable` if its outcome could not be written: it is tried again, byte-equal.
pub async fn deliver(ctx: &Ctx, post: &Post, due: &DueMail) -> AppResult<()> {
    let letter = match outbox::prepare(ctx, due).await {
        Ok(Prepared::Send(letter)) => letter,
        Ok(Prepared::Dropped | Prepared::Postponed) => return Ok(()),
        Err(error @ AppError::Unavailable(_)) => return Err(error),
        Err(error) => {
            tracing::error!(mail.id = %due.id(), error = %chain(&error), "a mail cannot be prepared");
            return outbox::mark_failed(ctx, due, Failure::Temporary, "not prepared").await;
        }
    };
    let return_path = letter.return_path.clone();
    let message = match write(post, *letter) {
        Ok(message) => message,
        Err(error) => {
            tracing::error!(mail.id = %due.id(), %error, "a mail cannot be written");
            return outbox::mark_failed(ctx, due, Failure::Permanent, &error.to_string()).await;
        }
    };
    match post.mailer.send(&return_path, &message).await {
        Ok(_) => outbox::mark_sent(ctx, due).await,
        Err(error) => {
            let failure = match error.kind {
                mailer::Failure::Permanent => Failure::Permanent,
                mailer::Failure::Temporary => Failure::Temporary,
            };
            tracing::warn!(
                mail.id = %due.id(),
                attempts = due.attempts(),
                code = error.code,
                detail = error.detail,
                "a mail was not accepted"
            );
            if failure == Failure::Permanent && error.code.is_some() {
                // refused at the door is as good as come back
                bounce::refused(ctx, due, &message.mail.to, &error.detail).await?;
            }
            outbox::mark_failed(ctx, due, failure, &error.detail).await
        }
    }
}

fn write(post: &Post, letter: Letter) -> Result<OutgoingMail, RenderMailError> {
    let name = if letter.from_name.is_empty() {
        post.mail_from.0.clone()
    } else {
        letter.from_name.clone()
    };
    let (message_id, date) = (letter.message_id.clone(), letter.date);
    Ok(OutgoingMail {
        from: (name, post.mail_from.1.clone()),
        mail: render(letter)?,
        message_id,
        date,
    })
}

fn render(letter: Letter) -> Result<Mail, RenderMailError> {
    let frame = Frame {
        to: letter.to.as_str().to_owned(),
        language: letter.language,
        mail_code: letter.mail_code,
        verify_url: letter.verify_url,
    };
    let records: Vec<RecordLine> = letter.records.into_iter().map(line).collect();
    let Some(signing) = letter.signing else {
        let purpose = match letter.kind {
            MailKind::Confirmation => Purpose::Confirm,
            MailKind::Reminder => Purpose::Remind,
            MailKind::AlreadyRegistered => Purpose::Registered,
            MailKind::Access | MailKind::Otp | MailKind::Receipt => Purpose::Enter,
        };
        return RecordsMail {
            frame,
            purpose,
            records,
            code: letter.code,
            expires_at: letter.expires_at,
        }
        .render();
    };
    let record = records
        .into_iter()
        .next()
        .ok_or(RenderMailError::NoRecord)?;
    render_signing(
        frame,
        record,
        signing,
        letter.code.unwrap_or_default(),
        letter.expires_at,
    )
}

fn render_signing(
    frame: Frame,
    record: RecordLine,
    signing: Signing,
    code: String,
    expires_at: DateTime<Utc>,
) -> Result<Mail, RenderMailError> {
    match signing {
        Signing::Code {
            document_sha256,
            version,
        } => SigningCodeMail {
            frame,
            record,
            code,
            document_sha256,
            document_version: version,
            intent: INTENT.to_owned(),
            expires_at,
        }
        .render(),
        Signing::Receipt {
            signed_at,
            document_sha256,
            evidence_sha256,
            entry,
            commitment,
            version,
            is_correction,
            document,
            ..
        } => {
            let pdf = Attachment::signed_declaration(&record.reference, version, document);
            ReceiptMail {
                frame,
                record,
                signed_at,
                document_sha256,
                evidence_sha256,
                log_entry: entry.to_string(),
                commitment,
                version,
                difference: is_correction,
                attachment: Some(pdf),
            }
            .render()
        }
    }
}

fn line(record: LetterRecord) -> RecordLine {
    RecordLine {
        case_title: record.case_title,
        association_name: record.association_name,
        association_phone: record.association_phone,
        reference: record.reference,
        link: record.link,
        not_me: record.not_me,
    }
}

/// The lanes this process sends, as many as its share among the processes alive.
struct Lanes {
    holder: Holder,
    presence: Option<Lease>,
    held: Vec<(i16, Lease)>,
    shared_at: Option<Instant>,
}

impl Lanes {
    fn new(holder: Holder) -> Self {
        Self {
            holder,
            presence: None,
            held: Vec::new(),
            shared_at: None,
        }
    }

    /// Numbers of the lanes held: a group has every eighth.
    fn lanes(&self) -> Vec<i16> {
        (0..LANES)
            .filter(|lane| self.held.iter().any(|(group, _)| lane % GROUPS == *group))
            .collect()
    }

    /// Renews what is held; gives back what is beyond the share, takes what lacks to it.
    async fn share(&mut self, ctx: &Ctx) -> AppResult<()> {
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

    async fn release(self, ctx: &Ctx) {
        let leases = self.held.into_iter().map(|(_, held)| held);
        for held in leases.chain(self.presence) {
            if lease::release(ctx, held).await.is_err() {
                // it runs out by itself
                return;
            }
        }
    }
}
