//! "It wasn't me": the reader of the former address takes a new contact back, and staff hear of it (R26).
//!
//! The link proves control of the address that was confirmed before. It brings that address back, takes out the accounts
//! that were given around the change, and none is taken until staff have spoken with the owner: whoever changed the
//! contact had the session.

use chrono::{DateTime, Duration, Utc};
use serde_json::json;
use uuid::Uuid;

use super::SCOPE;
use crate::app::audit::{self, Actor, Entry};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::mail_request::{outbox_row, write_contact};
use crate::app::payout;
use crate::app::stop_link::{STOP_DAYS, Standing, StopLink};
use crate::app::vault::Vault;
use crate::crypto::challenge::{ChallengePurpose, parse_token, verify};
use crate::crypto::token;
use crate::db::claimant::{self, ClaimantRow};
use crate::db::contact_change::{self as db, ContactChangeRow};
use crate::db::{Conn, Scope, contact_request, outbox, payout as payouts, session as sessions};
use crate::domain::contact::Contact;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::ClaimantId;

/// Records that one person became, by going from association to association, at most.
const MOST_MOVES: usize = 20;
/// Accounts given so long before the change was asked for are taken out with it: a session lasts less.
const BEFORE: Duration = Duration::hours(24);

/// What a link can do. Changes nothing: scanners follow links.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn peek(ctx: &Ctx, token: &str) -> AppResult<StopLink> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let found = find(ctx, &mut tx, token).await?;
    tx.commit().await?;
    Ok(found.map_or(StopLink::UNKNOWN, |found| StopLink {
        standing: found.standing,
        record: Some((found.row.association(), found.row.case())),
    }))
}

/// Brings the former contact back.
///
/// *effects*, also on the record that this one became with another association: the contact and its look-up, the change and any newer one stopped; accounts given since the day before it
/// stopped, `claimants.payout_frozen_at`; links and codes mailed before die, what staff typed in meanwhile is over, every
/// session of the record ends; audit `stop_contact_change`. The mail `contact_stopped` to each address that counts no more.
///
/// # Errors
/// `TokenExpired` if the link can do nothing more; stopping twice is fine.
pub async fn stop(ctx: &Ctx, token: &str) -> AppResult<()> {
    let (claimant, _) = parse_token(token).ok_or(AppError::TokenExpired)?;
    let id = ClaimantId::new(claimant);
    let mut tx = ctx.pools.begin(SCOPE).await?;
    claimant::lock_in_order(&mut tx, SCOPE, &[id]).await?;
    let found = find(ctx, &mut tx, token).await?;
    let found = found.ok_or(AppError::TokenExpired)?;
    match found.standing {
        Standing::Stopped => return Ok(()),
        Standing::Late | Standing::Unknown => return Err(AppError::TokenExpired),
        Standing::Open => {}
    }
    let (Some(done_at), Some(former)) = (found.change.done_at, found.change.former_sealed) else {
        return Err(AppError::TokenExpired);
    };
    let vault = Vault::open(ctx, &mut tx, SCOPE, id).await?;
    let former: Contact = vault.unseal("contact_changes", "former_sealed", former)?;
    let asked_at = found.change.created_at;
    let rows = followed(&mut tx, found.row).await?;
    if let Some(last) = rows.last() {
        // before the changes are marked: whose reader was told once is not told again
        tell_stopped(ctx, &mut tx, &vault, id, done_at, last).await?;
    }
    for row in rows {
        let (record, now) = (row.claimant(), ctx.clock.now());
        write_contact(ctx, &mut tx, SCOPE, &row, &former).await?;
        db::mark_stopped(&mut tx, SCOPE, record, done_at, now).await?;
        contact_request::end_open(&mut tx, SCOPE, record, (now, "stopped")).await?;
        stop_accounts(ctx, &mut tx, record, asked_at).await?;
        sessions::delete_of(&mut tx, SCOPE, record.uuid()).await?;
        let entry = Entry::new(
            record,
            row.association(),
            Actor::Public,
            "stop_contact_change",
        );
        // of where somebody came from the other association learns nothing (R51)
        let entry = entry.with(if record == id {
            json!({ "change": found.change.id })
        } else {
            json!({})
        });
        audit::append(ctx, &mut tx, SCOPE, entry).await?;
    }
    tx.commit().await?;
    metrics::counter!("joinder_contacts_stopped_total").increment(1);
    Ok(())
}

/// Tells the address of each change that is about to be stopped, once: who asked for it in good faith must call.
async fn tell_stopped(
    ctx: &Ctx,
    conn: &mut Conn,
    vault: &Vault,
    id: ClaimantId,
    from: DateTime<Utc>,
    last: &ClaimantRow,
) -> AppResult<()> {
    let mut told = Vec::new();
    for change in db::list(conn, SCOPE, id).await? {
        if change.stopped_at.is_some() || change.done_at.is_none_or(|done| done < from) {
            continue;
        }
        let sealed = change.new_sealed;
        let email: EmailAddress = vault.unseal("contact_changes", "new_sealed", sealed)?;
        if told.contains(&email.normalized()) {
            continue;
        }
        // of where somebody came from the other association learns nothing: ids stay in the outbox
        let payload = json!({ "change": change.id, "record": id.uuid() });
        let (mail, domain) = (token::new_id(ctx.clock.now()), Some(email.domain()));
        let mail = outbox_row(ctx, last, "contact_stopped", mail, payload, domain);
        outbox::insert(conn, SCOPE, &mail).await?;
        told.push(email.normalized());
    }
    Ok(())
}

/// Where the mail goes that a change was taken back.
///
/// # Errors
/// As the database says; `Internal` if sealed data do not open.
pub(in crate::app) async fn stopped_address(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
    change: Uuid,
) -> AppResult<Option<EmailAddress>> {
    let found = db::find(conn, scope, claimant, change).await?;
    let Some(found) = found.filter(|change| change.stopped_at.is_some()) else {
        return Ok(None);
    };
    let vault = Vault::open(ctx, conn, scope, claimant).await?;
    let sealed = found.new_sealed;
    Ok(Some(vault.unseal(
        "contact_changes",
        "new_sealed",
        sealed,
    )?))
}

/// The record, and those it became with other associations since, locked: an old one is gone when the next arises.
async fn followed(conn: &mut Conn, row: ClaimantRow) -> AppResult<Vec<ClaimantRow>> {
    let mut rows = vec![row];
    while let Some(last) = rows.last()
        && last.moved_at.is_some()
        && rows.len() < MOST_MOVES
    {
        let Some(next) = claimant::lock_moved_from(conn, SCOPE, last.claimant()).await? else {
            break;
        };
        rows.push(next);
    }
    Ok(rows)
}

/// Takes out the accounts given around a change, and takes no others.
async fn stop_accounts(
    ctx: &Ctx,
    conn: &mut Conn,
    id: ClaimantId,
    asked_at: DateTime<Utc>,
) -> AppResult<()> {
    let now = ctx.clock.now();
    if let Some(first) = payouts::first_since(conn, SCOPE, id, asked_at - BEFORE).await? {
        payouts::mark_stopped(conn, SCOPE, id, first, "owner", now).await?;
    }
    payout::freeze(ctx, conn, SCOPE, id).await
}

/// The record and the change of a link.
struct Found {
    row: ClaimantRow,
    change: ContactChangeRow,
    standing: Standing,
}

async fn find(ctx: &Ctx, conn: &mut Conn, token: &str) -> AppResult<Option<Found>> {
    let Some((claimant, given)) = parse_token(token) else {
        return Ok(None);
    };
    let id = ClaimantId::new(claimant);
    let Some(row) = claimant::find(conn, SCOPE, id).await? else {
        return Ok(None);
    };
    let keys = &ctx.keyring.challenges;
    let fits = |change: &ContactChangeRow| {
        let own = keys.proof(ChallengePurpose::StopContact, claimant, change.id);
        verify(&given, &own)
    };
    let changes = db::list(conn, SCOPE, id).await?;
    let Some(change) = changes.into_iter().find(fits) else {
        return Ok(None);
    };
    let is_young = change
        .done_at
        .is_some_and(|done| done + Duration::days(STOP_DAYS) > ctx.clock.now());
    let standing = match change.stopped_at {
        Some(_) => Standing::Stopped,
        None if is_young => Standing::Open,
        None => Standing::Late,
    };
    Ok(Some(Found {
        row,
        change,
        standing,
    }))
}
