//! A record leaves: it is erased, or only kept (R61). Who may ask for it is for the callers to say; here is
//! what then happens, the same for all of them.

use serde_json::{Value, json};

use crate::app::audit::{self, Actor, Entry};
use crate::app::clash::{self, Reach};
use crate::app::ctx::Ctx;
use crate::app::error::AppResult;
use crate::app::log::event;
use crate::app::mail_request::outbox_row;
use crate::app::retention;
use crate::app::rights;
use crate::app::vault::Vault;
use crate::crypto::token;
use crate::db::claimant::{self, ClaimantRow};
use crate::db::{Scope, Tx, outbox};
use crate::domain::claimant::ClaimantState;
use crate::domain::ids::ClaimantId;

/// Rights under which a record leaves.
pub(in crate::app) const SCOPE: Scope = Scope::System("erasure");

/// Locks a record and everybody whom its leaving touches, in id order. The transaction is under system
/// rights; no row if it is gone.
pub(in crate::app) async fn lock(
    ctx: &Ctx,
    claimant: ClaimantId,
) -> AppResult<(Tx, Option<ClaimantRow>)> {
    let tx = ctx.pools.begin(clash::SCOPE).await?;
    let reach = Reach {
        duplicates: true,
        ..Reach::of(claimant)
    };
    let (tx, rows) = clash::lock_touched(ctx, tx, &reach).await?;
    let own = rows.into_iter().find(|row| row.id == claimant.uuid());
    Ok((tx, own))
}

/// Erases a record that [`lock`] locked, with the duplicates of it, which nobody can enter any more. The
/// caller commits and then calls [`retention::note_erased`] with what comes back.
///
/// *effects*: keys given to who waits for them, an entry of the log and an audit row `erase` for each; all
/// rows gone. `detail`: ids and codes of the caller.
///
/// # Errors
/// `Unavailable` if the ids cannot be marked in the blob store; then nothing happened.
pub(in crate::app) async fn erase(
    ctx: &Ctx,
    tx: &mut Tx,
    row: &ClaimantRow,
    by: Actor,
    detail: Value,
) -> AppResult<Vec<ClaimantId>> {
    clash::free(ctx, tx, row.claimant()).await?;
    let mut gone = claimant::list_duplicates_of(tx, clash::SCOPE, row.claimant()).await?;
    for other in &gone {
        let entry = Entry::new(*other, row.association(), Actor::System, "erase");
        audit::append(ctx, tx, SCOPE, entry).await?;
    }
    gone.push(row.claimant());
    event::erased(ctx, tx, &gone).await?;
    retention::erase_rows(ctx, tx, &gone).await?;
    let entry = Entry::new(row.claimant(), row.association(), by, "erase");
    audit::append(ctx, tx, SCOPE, entry.with(with_state(detail, row))).await?;
    Ok(gone)
}

/// Keeps the data of a locked record only: what is lodged changes its state, everything else its mark. The
/// transaction is under system rights.
///
/// *effects*: audit `restrict` with `detail`, ids and codes of the caller; nothing for who is restricted.
pub(in crate::app) async fn restrict(
    ctx: &Ctx,
    tx: &mut Tx,
    row: &ClaimantRow,
    by: Actor,
    detail: Value,
) -> AppResult<()> {
    let (state, now) = (row.state()?, ctx.clock.now());
    if row.restricted_at.is_some() && state != ClaimantState::Lodged {
        return Ok(());
    }
    let mut entry = Entry::new(row.claimant(), row.association(), by, "restrict");
    if state == ClaimantState::Lodged {
        let after = state.move_to(ClaimantState::Restricted)?;
        claimant::mark_state(tx, clash::SCOPE, row.claimant(), after, now).await?;
        entry = entry.moved(state, after);
    }
    claimant::mark_restricted(tx, clash::SCOPE, row.claimant(), now).await?;
    audit::append(ctx, tx, clash::SCOPE, entry.with(with_state(detail, row))).await
}

/// Tells whoever has a confirmed e-mail that the record was withdrawn (R49): somebody else may have done it.
/// `row` is the record as it was before. The transaction is under system rights after it.
///
/// *effects*: an outbox row.
pub(in crate::app) async fn tell_withdrawn(
    ctx: &Ctx,
    tx: &mut Tx,
    row: &ClaimantRow,
) -> AppResult<()> {
    tx.enter(SCOPE).await?;
    let vault = Vault::open(ctx, tx, SCOPE, row.claimant()).await?;
    if row.state()? == ClaimantState::Withdrawn || !rights::has_mail(&vault, row)? {
        return Ok(());
    }
    let id = token::new_id(ctx.clock.now());
    let domain = row.contact_domain.as_deref();
    let mail = outbox_row(ctx, row, "withdrawal", id, json!({}), domain);
    outbox::insert(tx, SCOPE, &mail).await?;
    Ok(())
}

/// The codes of the caller, and the state the record was in.
fn with_state(mut detail: Value, row: &ClaimantRow) -> Value {
    if let Value::Object(fields) = &mut detail {
        fields.insert("state".to_owned(), Value::from(row.state.as_str()));
    }
    detail
}
