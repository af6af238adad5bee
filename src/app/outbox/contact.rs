//! Mails about a contact that staff typed in, or that was taken back: the link to the new address, and that nothing more
//! goes to an address that was to be the contact (R14, R26). Their readers may be strangers to the record.

use uuid::Uuid;

use super::batch::{Batch, Record};
use super::control::{ControlNotice, line};
use super::letter::{Letter, Speaker, letter};
use super::stop::stopped;
use super::{SCOPE, Step, held};
use crate::app::ctx::Ctx;
use crate::app::directory::Directory;
use crate::app::error::AppResult;
use crate::app::{contact_change, suppression};
use crate::crypto::challenge::ChallengePurpose;
use crate::db::Conn;
use crate::db::outbox::OutboxRow;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::ClaimantId;
use crate::domain::mail::MailKind;

/// The link that confirms an address which staff typed in.
pub(super) async fn prepare_link(
    ctx: &Ctx,
    conn: &mut Conn,
    batch: &Batch,
    directory: &Directory,
    row: &OutboxRow,
) -> AppResult<Step> {
    let (Some(at), Some(request)) = (batch.record(row), id_in(row, "request")) else {
        return Ok(Step::Drop);
    };
    let claimant = at.row.claimant();
    let linked = contact_change::linked(ctx, conn, SCOPE, claimant, request).await?;
    let Some((email, until)) = linked.filter(|_| at.row.died_at.is_none()) else {
        return Ok(Step::Drop);
    };
    let purpose = ChallengePurpose::ContactByStaff;
    let token = ctx.keyring.challenges.token(purpose, at.row.id, request);
    let said = (
        format!("new-contact/{token}"),
        ControlNotice::ContactLink(until),
    );
    let kind = MailKind::ContactLink;
    to_stranger(ctx, conn, directory, (row, at), (kind, email), said).await
}

/// That a change was taken back, to the address that no longer counts.
pub(super) async fn prepare_stopped(
    ctx: &Ctx,
    conn: &mut Conn,
    batch: &Batch,
    directory: &Directory,
    row: &OutboxRow,
) -> AppResult<Step> {
    // the record of the change is another one where the person went to another association since
    let (Some(at), Some(change), Some(of)) = (
        batch.record(row),
        contact_change::change_of(row),
        id_in(row, "record"),
    ) else {
        return Ok(Step::Drop);
    };
    let of = ClaimantId::new(of);
    let email = contact_change::stopped_address(ctx, conn, SCOPE, of, change).await?;
    let Some(email) = email.filter(|_| at.row.died_at.is_none()) else {
        return Ok(Step::Drop);
    };
    let said = ("enter".to_owned(), ControlNotice::ContactStopped);
    let kind = MailKind::ContactStopped;
    to_stranger(ctx, conn, directory, (row, at), (kind, email), said).await
}

/// A mail to an address that is not the contact, if it goes there now.
async fn to_stranger(
    ctx: &Ctx,
    conn: &mut Conn,
    directory: &Directory,
    (row, at): (&OutboxRow, &Record),
    (kind, email): (MailKind, EmailAddress),
    (page, notice): (String, ControlNotice),
) -> AppResult<Step> {
    if let Some(wait) = held(ctx, directory, &email) {
        return Ok(wait);
    }
    let reason = suppression::stopping(ctx, conn, &email, at.row.case(), kind).await?;
    if let Some(stop) = stopped(ctx, conn, directory, row, reason, kind).await? {
        return Ok(stop);
    }
    let line = line(ctx, directory, at, &page)?;
    let speaker = Speaker::of(&at.row);
    let letter = letter(ctx, conn, row, speaker, email, kind, vec![line]).await?;
    Ok(Step::Send(Box::new(Letter {
        control: Some(notice),
        ..letter
    })))
}

fn id_in(row: &OutboxRow, field: &str) -> Option<Uuid> {
    let id = row.payload.get(field)?.as_str()?;
    Uuid::parse_str(id).ok()
}
