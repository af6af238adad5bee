//! The mail of one sign-up: its link and its code.

use chrono::{Duration, NaiveDate};

use super::batch::{Batch, challenge_of};
use super::letter::{Letter, Speaker, brought_by, letter, record as line_of};
use super::stop::stopped;
use super::{SCOPE, Step, held};
use crate::app::ctx::Ctx;
use crate::app::directory::Directory;
use crate::app::error::{AppError, AppResult};
use crate::app::sign_up::CONFIRMATION_HOURS;
use crate::crypto::challenge::ChallengePurpose;
use crate::db::outbox::OutboxRow;
use crate::db::{Conn, confirmation};
use crate::domain::claimant::ClaimantState;
use crate::domain::mail::MailKind;

pub(super) async fn prepare(
    ctx: &Ctx,
    conn: &mut Conn,
    batch: &Batch,
    directory: &Directory,
    row: &OutboxRow,
) -> AppResult<Step> {
    let Some(challenge) = challenge_of(row) else {
        return Err(AppError::internal("an outbox row lacks its challenge"));
    };
    let (Some(record), Some(made)) = (batch.record(row), batch.challenge(row)) else {
        return Ok(Step::Drop);
    };
    let (found, id) = (&record.row, record.row.claimant());
    let wanted = found.state()? == ClaimantState::Unconfirmed;
    if !wanted || made.used_at.is_some() || made.voided_at.is_some() {
        return Ok(Step::Drop);
    }
    let Some(email) = record.email.clone() else {
        return Ok(Step::Drop);
    };
    if let Some(wait) = held(ctx, directory, &email) {
        return Ok(wait);
    }
    let kind = MailKind::Confirmation;
    let reason = batch.stopping(ctx, record, kind);
    if let Some(stop) = stopped(ctx, conn, directory, row, reason, kind).await? {
        return Ok(stop);
    }
    let now = ctx.clock.now();
    let mut expires_at = made.expires_at;
    if row.attempts <= 1 && expires_at < now + Duration::hours(CONFIRMATION_HOURS / 2) {
        // it had to wait for a dead domain: the reader gets the full time
        expires_at = now + Duration::hours(CONFIRMATION_HOURS);
        confirmation::mark_expiry(conn, SCOPE, id, challenge, expires_at).await?;
    }
    let purpose = ChallengePurpose::Confirm;
    let mut line = line_of(ctx, directory, found, purpose, made.id)?;
    line.listed_on = listed_on(row);
    line.brought_by = brought_by(ctx, directory, found, batch.source(row))?;
    // who is on a list consents on the page of the link
    let code = match line.listed_on {
        Some(_) => None,
        None => Some(ctx.keyring.challenges.code(purpose, id.uuid(), made.id)),
    };
    let speaker = Speaker::of(found);
    let letter = letter(ctx, conn, row, speaker, email, kind, vec![line]).await?;
    Ok(Step::Send(Box::new(Letter {
        code,
        expires_at,
        ..letter
    })))
}

/// Until when the earlier list was collected that a mail is due to.
fn listed_on(row: &OutboxRow) -> Option<NaiveDate> {
    row.payload.get("listed_on")?.as_str()?.parse().ok()
}
