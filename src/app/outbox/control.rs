//! The mails about control: the code that goes to a mailbox that failed (R30), the code that a change of the account
//! needs, the notice that an account was given (R26), both mails of a change of the contact (R14, R26) and the notice that
//! a pre-adhesion was withdrawn (R49).

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::batch::{Batch, Record};
use super::letter::{Letter, LetterRecord, Speaker, letter};
use super::stop::stopped;
use super::{SCOPE, Step, held};
use crate::app::ctx::Ctx;
use crate::app::directory::Directory;
use crate::app::error::{AppError, AppResult};
use crate::app::vault::Vault;
use crate::app::{contact_change, mailbox_proof, payout, suppression};
use crate::crypto::challenge::ChallengePurpose;
use crate::db::outbox::OutboxRow;
use crate::db::payout as db_payout;
use crate::db::{Conn, mailbox};
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::ClaimantId;
use crate::domain::mail::MailKind;
use crate::domain::mailbox_address::MailboxAddress;
use crate::domain::payout::Payout;
use crate::domain::reference::Reference;

/// What a mail about control says besides its code.
#[derive(Clone)]
pub enum ControlNotice {
    /// A code to a mailbox. Its reader may be a stranger to the record: nothing of it is told.
    Mailbox,
    /// A code for a change of the account.
    Payout,
    /// An account was given.
    Given {
        /// Its IBAN, masked.
        iban: String,
        /// From when it counts, UTC; `None`: it is the first and counts already.
        counts_from: Option<DateTime<Utc>>,
    },
    /// A code to an address that a record wants to be reached at. Its reader may be a stranger to the record.
    ContactCode,
    /// The record is reached elsewhere from now on.
    ContactChanged {
        /// The new address, masked.
        email: String,
    },
    /// A change was taken back by the reader of the former address, to the address that no longer counts. Nothing of the
    /// record is told.
    ContactStopped,
    /// Staff typed this address in for a record: to be confirmed by the link, until then, UTC. Its reader may be a
    /// stranger to the record.
    ContactLink(DateTime<Utc>),
    /// The pre-adhesion was withdrawn: when, UTC.
    Withdrawn(DateTime<Utc>),
}

/// The code to a mailbox that a claimant says is theirs.
pub(super) async fn prepare_mailbox(
    ctx: &Ctx,
    conn: &mut Conn,
    batch: &Batch,
    directory: &Directory,
    row: &OutboxRow,
) -> AppResult<Step> {
    let kind = MailKind::MailboxCode;
    let id = row
        .payload
        .get("mailbox")
        .and_then(serde_json::Value::as_str);
    let id = id.and_then(|id| Uuid::parse_str(id).ok());
    let (Some(at), Some((code, expires_at)), Some(id)) = (
        batch.record(row),
        live_code(ctx, batch, row, ChallengePurpose::Mailbox),
        id,
    ) else {
        return Ok(Step::Drop);
    };
    let claimant = at.row.claimant();
    let mailboxes = mailbox::list(conn, SCOPE, claimant).await?;
    let Some(found) = mailboxes.into_iter().find(|row| row.id == id) else {
        return Ok(Step::Drop);
    };
    if found.proved_at.is_some() || at.row.died_at.is_some() {
        return Ok(Step::Drop);
    }
    let vault = Vault::open(ctx, conn, SCOPE, claimant).await?;
    let address: MailboxAddress = vault.unseal("mailboxes", "sealed", found.sealed)?;
    let email = mailbox_proof::email_of(&address)?;
    if let Some(wait) = held(ctx, directory, &email) {
        return Ok(wait);
    }
    let reason = suppression::stopping(ctx, conn, &email, at.row.case(), kind).await?;
    if let Some(stop) = stopped(ctx, conn, directory, row, reason, kind).await? {
        return Ok(stop);
    }
    let line = line(ctx, directory, at, "me")?;
    let speaker = Speaker::of(&at.row);
    let letter = letter(ctx, conn, row, speaker, email, kind, vec![line]).await?;
    Ok(Step::Send(Box::new(Letter {
        code: Some(code),
        expires_at,
        control: Some(ControlNotice::Mailbox),
        ..letter
    })))
}

/// The code that a change of the account needs.
pub(super) async fn prepare_payout_code(
    ctx: &Ctx,
    conn: &mut Conn,
    batch: &Batch,
    directory: &Directory,
    row: &OutboxRow,
) -> AppResult<Step> {
    let kind = MailKind::PayoutCode;
    let (Some(at), Some((code, expires_at))) = (
        batch.record(row),
        live_code(ctx, batch, row, ChallengePurpose::Payout),
    ) else {
        return Ok(Step::Drop);
    };
    let email = match to_contact(ctx, conn, batch, directory, (row, kind)).await? {
        Ok(email) => email,
        Err(step) => return Ok(step),
    };
    let line = line(ctx, directory, at, "me/payout")?;
    let speaker = Speaker::of(&at.row);
    let letter = letter(ctx, conn, row, speaker, email, kind, vec![line]).await?;
    Ok(Step::Send(Box::new(Letter {
        code: Some(code),
        expires_at,
        control: Some(ControlNotice::Payout),
        ..letter
    })))
}

/// The notice that an account was given, with the link that stops it.
pub(super) async fn prepare_payout_notice(
    ctx: &Ctx,
    conn: &mut Conn,
    batch: &Batch,
    directory: &Directory,
    row: &OutboxRow,
) -> AppResult<Step> {
    let kind = MailKind::PayoutNotice;
    let version = row
        .payload
        .get("version")
        .and_then(serde_json::Value::as_i64);
    let version = version.and_then(|version| i32::try_from(version).ok());
    let (Some(at), Some(version)) = (batch.record(row), version) else {
        return Ok(Step::Drop);
    };
    let claimant = at.row.claimant();
    let given = db_payout::find_version(conn, SCOPE, claimant, version).await?;
    let Some(given) = given.filter(|given| given.stopped_by.as_deref() != Some("owner")) else {
        return Ok(Step::Drop);
    };
    let email = match to_contact(ctx, conn, batch, directory, (row, kind)).await? {
        Ok(email) => email,
        Err(step) => {
            if matches!(step, Step::Drop) {
                payout::lost(ctx, conn, SCOPE, claimant).await?;
            }
            return Ok(step);
        }
    };
    let vault = Vault::open(ctx, conn, SCOPE, claimant).await?;
    let account: Payout = vault.unseal("payouts", "sealed", given.sealed)?;
    let purpose = ChallengePurpose::StopPayout;
    let token = ctx
        .keyring
        .challenges
        .token(purpose, at.row.id, payout::challenge_of(version));
    let line = line(ctx, directory, at, &format!("stop-payout/{token}"))?;
    let speaker = Speaker::of(&at.row);
    let letter = letter(ctx, conn, row, speaker, email, kind, vec![line]).await?;
    let waits = given.effective_at > given.created_at;
    Ok(Step::Send(Box::new(Letter {
        control: Some(ControlNotice::Given {
            iban: account.masked(),
            counts_from: waits.then_some(given.effective_at),
        }),
        ..letter
    })))
}

/// The code to the address that a record wants to be reached at.
pub(super) async fn prepare_contact_code(
    ctx: &Ctx,
    conn: &mut Conn,
    batch: &Batch,
    directory: &Directory,
    row: &OutboxRow,
) -> AppResult<Step> {
    let kind = MailKind::ContactCode;
    let (Some(at), Some((code, expires_at)), Some(change)) = (
        batch.record(row),
        live_code(ctx, batch, row, ChallengePurpose::Contact),
        contact_change::change_of(row),
    ) else {
        return Ok(Step::Drop);
    };
    let claimant = at.row.claimant();
    let to = contact_change::new_address(ctx, conn, SCOPE, claimant, change).await?;
    let Some(email) = to.filter(|_| at.row.died_at.is_none()) else {
        return Ok(Step::Drop);
    };
    if let Some(wait) = held(ctx, directory, &email) {
        return Ok(wait);
    }
    let reason = suppression::stopping(ctx, conn, &email, at.row.case(), kind).await?;
    if let Some(stop) = stopped(ctx, conn, directory, row, reason, kind).await? {
        return Ok(stop);
    }
    let line = line(ctx, directory, at, "me/contact")?;
    let speaker = Speaker::of(&at.row);
    let letter = letter(ctx, conn, row, speaker, email, kind, vec![line]).await?;
    Ok(Step::Send(Box::new(Letter {
        code: Some(code),
        expires_at,
        control: Some(ControlNotice::ContactCode),
        ..letter
    })))
}

/// The notice to the former address, with the link that takes the new one back.
pub(super) async fn prepare_contact_notice(
    ctx: &Ctx,
    conn: &mut Conn,
    batch: &Batch,
    directory: &Directory,
    row: &OutboxRow,
) -> AppResult<Step> {
    let kind = MailKind::ContactNotice;
    let (Some(at), Some(change)) = (batch.record(row), contact_change::change_of(row)) else {
        return Ok(Step::Drop);
    };
    let claimant = at.row.claimant();
    let both = contact_change::both_addresses(ctx, conn, SCOPE, claimant, change).await?;
    let Some((former, new)) = both.filter(|_| at.row.died_at.is_none()) else {
        return Ok(Step::Drop);
    };
    if let Some(wait) = held(ctx, directory, &former) {
        return Ok(wait);
    }
    let reason = suppression::stopping(ctx, conn, &former, at.row.case(), kind).await?;
    if let Some(stop) = stopped(ctx, conn, directory, row, reason, kind).await? {
        if matches!(stop, Step::Drop) {
            contact_change::lost(ctx, conn, SCOPE, claimant, change).await?;
        }
        return Ok(stop);
    }
    let purpose = ChallengePurpose::StopContact;
    let token = ctx.keyring.challenges.token(purpose, at.row.id, change);
    let line = line(ctx, directory, at, &format!("stop-contact/{token}"))?;
    let speaker = Speaker::of(&at.row);
    let letter = letter(ctx, conn, row, speaker, former, kind, vec![line]).await?;
    Ok(Step::Send(Box::new(Letter {
        control: Some(ControlNotice::ContactChanged { email: new }),
        ..letter
    })))
}

/// The notice that a pre-adhesion was withdrawn.
pub(super) async fn prepare_withdrawal(
    ctx: &Ctx,
    conn: &mut Conn,
    batch: &Batch,
    directory: &Directory,
    row: &OutboxRow,
) -> AppResult<Step> {
    let kind = MailKind::Withdrawal;
    let Some(at) = batch.record(row) else {
        return Ok(Step::Drop);
    };
    let email = match to_contact(ctx, conn, batch, directory, (row, kind)).await? {
        Ok(email) => email,
        Err(step) => return Ok(step),
    };
    let line = line(ctx, directory, at, "me")?;
    let speaker = Speaker::of(&at.row);
    let letter = letter(ctx, conn, row, speaker, email, kind, vec![line]).await?;
    Ok(Step::Send(Box::new(Letter {
        control: Some(ControlNotice::Withdrawn(row.created_at)),
        ..letter
    })))
}

/// The address of the contact, if mail of a kind goes there now; else what becomes of the row.
async fn to_contact(
    ctx: &Ctx,
    conn: &mut Conn,
    batch: &Batch,
    directory: &Directory,
    (row, kind): (&OutboxRow, MailKind),
) -> AppResult<Result<EmailAddress, Step>> {
    let at = batch.record(row);
    let Some((at, email)) = at.and_then(|at| Some((at, at.email.clone()?))) else {
        return Ok(Err(Step::Drop));
    };
    if let Some(wait) = held(ctx, directory, &email) {
        return Ok(Err(wait));
    }
    let reason = batch.stopping(ctx, at, kind);
    Ok(
        match stopped(ctx, conn, directory, row, reason, kind).await? {
            Some(stop) => Err(stop),
            None => Ok(email),
        },
    )
}

/// The code of a row and its last instant, while it is of any use.
fn live_code(
    ctx: &Ctx,
    batch: &Batch,
    row: &OutboxRow,
    purpose: ChallengePurpose,
) -> Option<(String, DateTime<Utc>)> {
    let made = batch.challenge(row)?;
    let is_over =
        made.used_at.is_some() || made.voided_at.is_some() || made.expires_at <= ctx.clock.now();
    let code = ctx
        .keyring
        .challenges
        .code(purpose, row.subject_id, made.id);
    (!is_over).then_some((code, made.expires_at))
}

/// The line of a record, with a link to a page.
pub(super) fn line(
    ctx: &Ctx,
    directory: &Directory,
    at: &Record,
    page: &str,
) -> AppResult<LetterRecord> {
    let case = directory.case(at.row.case())?;
    let association = case.association_by_id(at.row.association());
    let association = association.ok_or(AppError::NotFound)?;
    let claimant: ClaimantId = at.row.claimant();
    Ok(LetterRecord {
        case_title: case.title.clone(),
        association_name: association.name.clone(),
        association_phone: association.phone.clone(),
        reference: Reference::of(claimant).as_str().to_owned(),
        link: format!("{}/{page}", ctx.settings.public_base_url),
        not_me: None,
        listed_on: None,
        brought_by: None,
        mail_texts: association.mail_texts.clone(),
    })
}
