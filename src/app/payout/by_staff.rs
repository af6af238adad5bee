//! Accounts and the staff: typed in from a signed paper for who has no e-mail, and released (R26, letter i).
//!
//! Two people, two entries: who releases what another typed in types the IBAN from the paper once more, and the
//! two must be the same. What an owner changed and could not be told of is released after a call over another
//! channel.

use chrono::{DateTime, Duration, Utc};
use serde_json::json;

use super::{Given, may_give, open};
use crate::app::approval;
use crate::app::audit::{self, Actor, Entry};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::representation;
use crate::app::staff::StaffActor;
use crate::app::trail;
use crate::app::vault::Vault;
use crate::db::Tx;
use crate::db::claimant::{self, ClaimantRow};
use crate::db::payout::{self as db, PayoutRow};
use crate::domain::approval::ApprovalKind;
use crate::domain::field::{FieldCode, FieldErrors, filled};
use crate::domain::iban::Iban;
use crate::domain::ids::ClaimantId;
use crate::domain::payout::{HOLD_HOURS, Payout, PayoutInput};
use crate::domain::permission::operation;
use crate::domain::reason::Reason;

/// What staff decide about an account that waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decision {
    /// It counts once its hold is over.
    Release,
    /// It never counts.
    Reject,
}

/// The accounts of a claimant as staff see them, masked.
#[derive(Debug)]
pub struct StaffPayout {
    /// The one that counts, and when it was given, UTC.
    pub in_force: Option<(String, DateTime<Utc>)>,
    /// The one that waits.
    pub waiting: Option<Waiting>,
    /// Whether the actor may type one in now.
    pub may_type: bool,
}

/// An account that does not count yet.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// Number of its version.
    pub version: i32,
    /// IBAN, masked.
    pub iban: String,
    /// In whose name it is.
    pub holder: String,
    /// When it was given, UTC.
    pub given_at: DateTime<Utc>,
    /// When its hold ends, UTC.
    pub effective_at: DateTime<Utc>,
    /// Whether staff typed it in.
    pub is_typed: bool,
    /// Whether the actor did.
    pub is_own: bool,
    /// Whether it waits for staff, not for its hold alone.
    pub for_staff: bool,
}

/// The accounts of a claimant, masked. Audited as a look at personal data.
///
/// # Errors
/// `Forbidden`; `NotFound` for a claimant of others.
pub async fn look(ctx: &Ctx, actor: &StaffActor, id: ClaimantId) -> AppResult<StaffPayout> {
    actor.require(&operation::CONSOLE_PAYOUT_PAGE)?;
    let (scope, now) = (actor.scope(), ctx.clock.now());
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::find(&mut tx, scope, id).await?;
    let row = row.ok_or(AppError::NotFound)?;
    let found = db::find(&mut tx, scope, id, now).await?;
    let waits = found.pending.clone();
    let vault = Vault::open(ctx, &mut tx, scope, id).await?;
    let may_type = may_type(ctx, &mut tx, actor, &row).await.is_ok();
    let deed = actor.deed(id.uuid(), trail::VIEW);
    deed.write(ctx, &mut tx, scope).await?;
    tx.commit().await?;
    let [in_force, pending] = open(&vault, found)?;
    Ok(StaffPayout {
        in_force: in_force.map(|open| (open.payout.masked(), open.given_at)),
        may_type: may_type && waits.is_none(),
        waiting: pending.zip(waits).map(|(open, row)| Waiting {
            version: row.version,
            iban: open.payout.masked(),
            holder: open.payout.holder().to_owned(),
            given_at: row.created_at,
            effective_at: row.effective_at,
            is_typed: row.typed_by.is_some(),
            is_own: row.typed_by == Some(actor.staff_id().uuid()),
            for_staff: waits_for_staff(&row),
        }),
    })
}

/// Whether a version that waits counts only once staff released it, as far as is known now.
fn waits_for_staff(row: &PayoutRow) -> bool {
    row.released_at.is_none() && (row.typed_by.is_some() || row.told_at.is_none())
}

/// Types in where to pay, from a signed paper, for who has no e-mail.
///
/// *effects*: a version of `payouts` that counts once a second person released it, a change not before 72 hours;
/// one that still waited stopped; the queue `payout_waits`; audit `type_payout` with who, when and from which paper;
/// mails to who may decide.
///
/// # Errors
/// `Forbidden`; `Invalid` at `/iban`, `/holder`; `IllegalTransition` with `own_email` for who has an e-mail, as
/// [`super::put`] otherwise; `NotFound` out of the own association.
pub async fn type_in(
    ctx: &Ctx,
    actor: &StaffActor,
    id: ClaimantId,
    input: &PayoutInput,
    paper: &Reason,
) -> AppResult<Given> {
    actor.require(&operation::STAFF_PUT_PAYOUT)?;
    let payout = Payout::parse(input)?;
    let (scope, now) = (actor.scope(), ctx.clock.now());
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::lock(&mut tx, scope, id).await?;
    may_type(ctx, &mut tx, actor, &row).await?;
    let before = db::find(&mut tx, scope, id, now).await?;
    let is_change = before.in_force.is_some();
    if let Some(waiting) = &before.pending {
        db::mark_stopped(&mut tx, scope, id, waiting.version, "newer", now).await?;
    }
    let vault = Vault::open(ctx, &mut tx, scope, id).await?;
    let hold = Duration::hours(if is_change { HOLD_HOURS } else { 0 });
    let written = PayoutRow {
        claimant_id: row.id,
        version: db::newest_version(&mut tx, scope, id).await? + 1,
        association_id: row.association_id,
        sealed: vault.seal("payouts", "sealed", &payout)?,
        created_at: now,
        effective_at: now + hold,
        stopped_at: None,
        stopped_by: None,
        told_at: None,
        typed_by: Some(actor.staff_id().uuid()),
        waits_at: Some(now),
        released_at: None,
        released_by: None,
    };
    db::insert(&mut tx, scope, &written).await?;
    let told = json!({ "version": written.version, "effective_at": written.effective_at });
    note(ctx, &mut tx, actor, &row, ("type_payout", told), paper).await?;
    let told = (actor.association_id(), row.case(), ApprovalKind::Payout);
    approval::tell(ctx, &mut tx, scope, told, Some(actor.staff_id())).await?;
    tx.commit().await?;
    Ok(Given {
        payout,
        effective_at: written.effective_at,
        waits: true,
    })
}

/// Whether staff may type in an account of a claimant.
async fn may_type(ctx: &Ctx, tx: &mut Tx, actor: &StaffActor, row: &ClaimantRow) -> AppResult<()> {
    actor.require(&operation::STAFF_PUT_PAYOUT)?;
    may_give(row.state()?)?;
    if row.contact_kind == "email" {
        return Err(AppError::IllegalTransition("own_email"));
    }
    if row.payout_frozen_at.is_some() {
        return Err(AppError::IllegalTransition("payout_frozen"));
    }
    representation::require_own_hand(ctx, tx, actor.scope(), row).await
}

/// Releases or rejects an account that waits for staff. What another typed in is released by typing the IBAN once
/// more, from the paper.
///
/// *effects*: the version released or stopped, out of the queue; audit `release_payout` or `reject_payout` with
/// who, when and why.
///
/// # Errors
/// `Forbidden`; `NotFound`; `Invalid` at `/iban` if it is missing or another; `IllegalTransition` with
/// `payout_changed` if another version waits or none, `payout_own_entry` to who typed it in.
pub async fn decide(
    ctx: &Ctx,
    actor: &StaffActor,
    id: ClaimantId,
    (version, decision): (i32, Decision),
    iban: Option<&str>,
    reason: &Reason,
) -> AppResult<()> {
    actor.require(&operation::RELEASE_PAYOUT)?;
    let (scope, now) = (actor.scope(), ctx.clock.now());
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::lock(&mut tx, scope, id).await?;
    let found = db::find(&mut tx, scope, id, now).await?;
    let waiting = found.pending.as_ref().filter(|it| it.version == version);
    let waiting = waiting.filter(|it| waits_for_staff(it)).cloned();
    let waiting = waiting.ok_or(AppError::IllegalTransition("payout_changed"))?;
    let by = actor.staff_id().uuid();
    match decision {
        Decision::Release => {
            if waiting.typed_by == Some(by) {
                return Err(AppError::IllegalTransition("payout_own_entry"));
            }
            if waiting.typed_by.is_some() {
                let vault = Vault::open(ctx, &mut tx, scope, id).await?;
                compare(&vault, &waiting, iban)?;
            }
            if !db::mark_released(&mut tx, scope, id, version, (now, by)).await? {
                return Err(AppError::IllegalTransition("payout_changed"));
            }
        }
        Decision::Reject => {
            db::mark_stopped(&mut tx, scope, id, version, "staff", now).await?;
            let left = found.in_force.map(|row| row.created_at);
            db::mark_left(&mut tx, scope, id, left).await?;
        }
    }
    let verb = match decision {
        Decision::Release => "release_payout",
        Decision::Reject => "reject_payout",
    };
    let told = json!({ "version": version, "typed": waiting.typed_by.is_some() });
    note(ctx, &mut tx, actor, &row, (verb, told), reason).await?;
    Ok(tx.commit().await?)
}

/// The second entry against the first.
fn compare(vault: &Vault, waiting: &PayoutRow, typed: Option<&str>) -> AppResult<()> {
    let stored: Payout = vault.unseal("payouts", "sealed", waiting.sealed.clone())?;
    let mut errors = FieldErrors::new();
    match filled(typed) {
        None => errors.push("/iban", FieldCode::Required, "error-iban-required"),
        Some(text) => {
            let read = Iban::parse(text);
            if read.as_ref().map(Iban::as_str) != Ok(stored.iban().as_str()) {
                errors.push("/iban", FieldCode::UnknownValue, "error-iban-differs");
            }
        }
    }
    Ok(errors.into_result(())?)
}

async fn note(
    ctx: &Ctx,
    tx: &mut Tx,
    actor: &StaffActor,
    row: &ClaimantRow,
    (verb, told): (&'static str, serde_json::Value),
    reason: &Reason,
) -> AppResult<()> {
    let by = Actor::Staff(actor.staff_id());
    let entry = Entry::new(row.claimant(), row.association(), by, verb).with(told);
    audit::append_with_note(ctx, tx, actor.scope(), entry, Some(reason.as_str())).await
}
