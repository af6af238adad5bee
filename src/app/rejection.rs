//! A record is rejected, and its claimant is told why, what they can do and until when. Who decides it, and
//! the second person, are for the callers to say; here is what then happens, the same for all of them.

use serde_json::json;
use uuid::Uuid;

use crate::app::clash;
use crate::app::ctx::Ctx;
use crate::app::error::AppResult;
use crate::app::mail_request::outbox_row;
use crate::app::paper;
use crate::crypto::token;
use crate::db::claimant::{self, ClaimantRow};
use crate::db::{Scope, Tx, confirmation, outbox, signature};
use crate::domain::claimant::ClaimantState;
use crate::domain::rejection::RejectionCode;

/// What the notice says.
#[derive(Clone, Copy, Debug)]
pub(in crate::app) struct Told {
    /// Why.
    pub(in crate::app) code: RejectionCode,
    /// The bulk action that says it in words.
    pub(in crate::app) bulk: Option<Uuid>,
}

/// Rejects a record; it and everybody whom it touches is locked (`clash::lock_touched`). Gives the states before and
/// after. The transaction is under the rights of `scope` after it; the caller writes the audit row.
///
/// *effects*: state `rejected`, keys freed, codes and hand-ins void, mails that wait taken back; the notice in the
/// outbox where there is a confirmed e-mail.
///
/// # Errors
/// `IllegalTransition` for a state that cannot be rejected, such as `lodged`.
pub(in crate::app) async fn reject_locked(
    ctx: &Ctx,
    tx: &mut Tx,
    scope: Scope,
    row: &ClaimantRow,
    told: Told,
) -> AppResult<(ClaimantState, ClaimantState)> {
    let (claimant, now) = (row.claimant(), ctx.clock.now());
    let before = row.state()?;
    let after = before.move_to(ClaimantState::Rejected)?;
    tx.enter(clash::SCOPE).await?;
    clash::free(ctx, tx, claimant).await?;
    outbox::delete_of(tx, clash::SCOPE, claimant).await?;
    let is_told = row.contact_kind == "email" && row.confirmed_at.is_some();
    if is_told && row.died_at.is_none() {
        let payload = json!({ "code": told.code.as_str(), "bulk": told.bulk });
        let domain = row.contact_domain.as_deref();
        let mail = outbox_row(ctx, row, "rejection", token::new_id(now), payload, domain);
        outbox::insert(tx, clash::SCOPE, &mail).await?;
    }
    tx.enter(scope).await?;
    claimant::mark_state(tx, scope, claimant, after, now).await?;
    confirmation::mark_voided(tx, scope, claimant, now).await?;
    signature::void_requests(tx, scope, claimant, now).await?;
    paper::replace_open(ctx, tx, scope, claimant).await?;
    Ok((before, after))
}
