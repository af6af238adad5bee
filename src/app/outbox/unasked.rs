//! Mails nobody asked for: the reminder to confirm, and the notice that somebody signed up again as a
//! person who is registered. Each is looked at anew when it is prepared, and dropped rather than late.

use super::letter::email_of;
use super::records::{self, Frozen, RecordsPayload, Whose};
use super::stop::stopped;
use super::{SCOPE, Step, held};
use crate::app::ctx::Ctx;
use crate::app::directory::Directory;
use crate::app::error::{AppError, AppResult};
use crate::app::mail_cap::{self, MailCap};
use crate::app::reminder::{self, Turn};
use crate::app::suppression;
use crate::db::claimant::{self, ClaimantRow};
use crate::db::outbox::{self, OutboxRow};
use crate::db::rate_bucket::Grant;
use crate::db::{Conn, confirmation};
use crate::domain::claimant::{ClaimantState, Review};
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::ChallengeId;
use crate::domain::mail::MailKind;

/// The reminder: lists what the address has not confirmed in the case.
pub(super) async fn prepare_reminder(
    ctx: &Ctx,
    conn: &mut Conn,
    directory: &Directory,
    row: &OutboxRow,
) -> AppResult<Step> {
    let mut payload = read(row)?;
    let number = payload.reminder.unwrap_or(1);
    let Some((found, email)) = record_of(ctx, conn, &payload).await? else {
        return Ok(Step::Drop);
    };
    if let Some(wait) = held(ctx, directory, &email) {
        return Ok(wait);
    }
    let kind = MailKind::Reminder;
    let reason = suppression::stopping(ctx, conn, &email, found.case(), kind).await?;
    if let Some(stop) = stopped(ctx, conn, directory, row, reason, kind).await? {
        return Ok(stop);
    }
    if payload.frozen.is_empty() {
        if !is_reminded(&found)? {
            return Ok(Step::Drop);
        }
        let place = (found.case(), &email);
        match reminder::ask(ctx, conn, found.id, place, number).await? {
            Turn::Now => {}
            Turn::NotBefore(at) => return Ok(Step::Wait(at)),
            Turn::Over => return Ok(Step::Drop),
        }
        let cases = [directory.case(payload.case)?];
        let mut listed = records::lock_records(ctx, conn, &cases, &email).await?;
        listed.retain(|record| is_reminded(record).unwrap_or(false));
        if listed.is_empty() {
            return Ok(Step::Drop);
        }
        let cap = MailCap::Confirmation;
        if let Grant::NotBefore(at) = mail_cap::ask(ctx, conn, SCOPE, cap, &email, row.id).await? {
            return Ok(Step::Wait(at));
        }
        if !reminder::count(ctx, conn, found.case(), &email, number).await? {
            return Ok(Step::Drop);
        }
        payload.frozen = records::freeze(ctx, conn, &listed).await?;
        if !keep(conn, row, &payload).await? {
            return Ok(Step::Drop);
        }
    }
    let mut listed = records::open_lines(ctx, conn, &payload.frozen, &email).await?;
    listed.retain(|line| is_reminded(&line.row).unwrap_or(false));
    let frozen = &payload.frozen;
    records::write(ctx, conn, directory, row, (email, kind), frozen, &listed).await
}

/// The notice to who is registered: the link into the own record, no code, nothing about the other.
pub(super) async fn prepare_registered(
    ctx: &Ctx,
    conn: &mut Conn,
    directory: &Directory,
    row: &OutboxRow,
) -> AppResult<Step> {
    let mut payload = read(row)?;
    let Some((found, email)) = record_of(ctx, conn, &payload).await? else {
        return Ok(Step::Drop);
    };
    if let Some(wait) = held(ctx, directory, &email) {
        return Ok(wait);
    }
    let kind = MailKind::AlreadyRegistered;
    let reason = suppression::stopping(ctx, conn, &email, found.case(), kind).await?;
    if let Some(stop) = stopped(ctx, conn, directory, row, reason, kind).await? {
        return Ok(stop);
    }
    if payload.frozen.is_empty() {
        let is_over = matches!(
            found.state()?,
            ClaimantState::Duplicate | ClaimantState::Restricted
        );
        if is_over || found.confirmed_at.is_none() {
            return Ok(Step::Drop);
        }
        let cap = MailCap::Confirmation;
        if mail_cap::ask(ctx, conn, SCOPE, cap, &email, row.id).await? != Grant::Granted {
            // three mails today tell enough
            return Ok(Step::Drop);
        }
        payload.frozen = records::freeze(ctx, conn, &[found]).await?;
        without_codes(conn, &payload.frozen).await?;
        if !keep(conn, row, &payload).await? {
            return Ok(Step::Drop);
        }
    }
    let listed = records::open_lines(ctx, conn, &payload.frozen, &email).await?;
    let frozen = &payload.frozen;
    records::write(ctx, conn, directory, row, (email, kind), frozen, &listed).await
}

fn read(row: &OutboxRow) -> AppResult<RecordsPayload> {
    serde_json::from_value(row.payload.clone()).map_err(AppError::internal)
}

/// The record a mail is about, and its address. Not locked: all records at the address are, in id
/// order, once it is known.
async fn record_of(
    ctx: &Ctx,
    conn: &mut Conn,
    payload: &RecordsPayload,
) -> AppResult<Option<(ClaimantRow, EmailAddress)>> {
    let Whose::Record { claimant } = &payload.whose else {
        return Err(AppError::internal("an outbox row lacks its claimant"));
    };
    let Some(found) = claimant::find(conn, SCOPE, *claimant).await? else {
        return Ok(None);
    };
    let email = email_of(ctx, conn, &found).await?;
    Ok(email.map(|email| (found, email)))
}

/// Not confirmed, not withdrawn, not disowned, and as far as we know mail arrives.
fn is_reminded(row: &ClaimantRow) -> AppResult<bool> {
    let waits = row.state()? == ClaimantState::Unconfirmed;
    Ok(waits && row.review == Review::None.as_str() && row.unreachable_at.is_none())
}

/// Keeps what a mail lists; `false`: it is out of the outbox meanwhile.
async fn keep(conn: &mut Conn, row: &OutboxRow, payload: &RecordsPayload) -> AppResult<bool> {
    let value = serde_json::to_value(payload).map_err(AppError::internal)?;
    Ok(outbox::mark_frozen(conn, SCOPE, row, &value).await?)
}

/// A code nobody waits for could only be guessed.
async fn without_codes(conn: &mut Conn, frozen: &[Frozen]) -> AppResult<()> {
    for line in frozen {
        let id = ChallengeId::new(line.challenge);
        confirmation::mark_without_code(conn, SCOPE, line.claimant, id).await?;
    }
    Ok(())
}
