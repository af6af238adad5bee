//! The link to an address that staff typed in: who reads it there confirms, and the change is made as the claimant's own
//! is. Staff spoke with somebody only: accounts stay frozen until they end that (R14, R26, decision 39).

use chrono::{DateTime, Utc};
use serde_json::json;

use super::by_staff::require_typed;
use super::{SCOPE, take_up, with};
use crate::app::audit::{self, Actor, Entry};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::payout;
use crate::app::stop_link::{Standing, StopLink};
use crate::app::vault::Vault;
use crate::crypto::challenge::{ChallengePurpose, parse_token, verify};
use crate::crypto::token;
use crate::db::claimant::{self, ClaimantRow};
use crate::db::contact_change::{self as db, ContactChangeRow};
use crate::db::contact_request::{self as requests, ContactRequestRow};
use crate::db::{Conn, Scope, session as sessions};
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::ClaimantId;

/// What a link can do: `Stopped` is one that was used. Changes nothing: scanners follow links.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn peek_link(ctx: &Ctx, token: &str) -> AppResult<StopLink> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let found = find(ctx, &mut tx, token).await?;
    tx.commit().await?;
    Ok(found.map_or(StopLink::UNKNOWN, |found| StopLink {
        standing: found.standing,
        record: Some((found.row.association(), found.row.case())),
    }))
}

/// Takes up the address that the link went to.
///
/// *effects*: as [`super::confirm`] has, but every session of the record ends and accounts are frozen; the request ends;
/// audit `take_contact`.
///
/// # Errors
/// `TokenExpired` if the link can do nothing more, also where the record takes no other contact any more; `Invalid` at
/// `/email` if the address takes no mail now; confirming twice is fine.
pub async fn confirm_link(ctx: &Ctx, token: &str) -> AppResult<()> {
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
    let (row, request, now) = (found.row, found.request, ctx.clock.now());
    let scope = Scope::Association(row.association());
    sessions::delete_of(&mut tx, SCOPE, id.uuid()).await?;
    if row.payout_frozen_at.is_none() {
        payout::freeze(ctx, &mut tx, SCOPE, id).await?;
    }
    tx.enter(scope).await?;
    require_typed(ctx, &mut tx, scope, &row)
        .await
        .map_err(as_late)?;
    let vault = Vault::open(ctx, &mut tx, scope, id).await?;
    let sealed = request.new_sealed;
    let email: EmailAddress = vault.unseal("contact_requests", "new_sealed", sealed)?;
    let (contact, former) = with(ctx, &mut tx, &vault, &row, &email).await?;
    let change = ContactChangeRow {
        claimant_id: row.id,
        id: token::new_id(now),
        association_id: row.association_id,
        new_sealed: vault.seal("contact_changes", "new_sealed", &email)?,
        former_sealed: Some(vault.seal("contact_changes", "former_sealed", &former)?),
        created_at: now,
        done_at: Some(now),
        told_at: None,
        stopped_at: None,
        lost_at: None,
    };
    db::insert(&mut tx, scope, &change).await?;
    let made = (now, change.id);
    if !requests::mark_confirmed(&mut tx, scope, (id, request.id), made).await? {
        return Err(AppError::TokenExpired);
    }
    let entry = Entry::new(id, row.association(), Actor::Public, "take_contact");
    let entry = entry.with(json!({ "change": change.id, "request": request.id }));
    audit::append(ctx, &mut tx, scope, entry).await?;
    take_up(ctx, &mut tx, &vault, &row, change.id, (&contact, &former)).await?;
    tx.commit().await?;
    Ok(())
}

/// Of a request whose link may go out: where to, and until when it works, UTC.
///
/// # Errors
/// As the database says; `Internal` if sealed data do not open.
pub(in crate::app) async fn linked(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
    request: uuid::Uuid,
) -> AppResult<Option<(EmailAddress, DateTime<Utc>)>> {
    let now = ctx.clock.now();
    let rows = requests::list(conn, scope, claimant).await?;
    let mut open = rows
        .into_iter()
        .filter(|row| row.is_open(now) && row.approved_at.is_some());
    let Some(row) = open.find(|row| row.id == request) else {
        return Ok(None);
    };
    let vault = Vault::open(ctx, conn, scope, claimant).await?;
    let email = vault.unseal("contact_requests", "new_sealed", row.new_sealed)?;
    Ok(Some((email, row.expires_at)))
}

/// Of a record that takes no other contact any more the reader of the address learns nothing.
fn as_late(error: AppError) -> AppError {
    match error {
        AppError::IllegalTransition(_) => AppError::TokenExpired,
        other => other,
    }
}

/// The record and the request of a link.
struct Found {
    row: ClaimantRow,
    request: ContactRequestRow,
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
    let fits = |request: &ContactRequestRow| {
        let own = keys.proof(ChallengePurpose::ContactByStaff, claimant, request.id);
        // before a second person approved it nobody has its link
        request.approved_at.is_some() && verify(&given, &own)
    };
    let rows = requests::list(conn, SCOPE, id).await?;
    let Some(request) = rows.into_iter().find(fits) else {
        return Ok(None);
    };
    let change = match request.change_id {
        Some(change) => db::find(conn, SCOPE, id, change).await?,
        None => None,
    };
    let is_taken_back = change.is_some_and(|change| change.stopped_at.is_some());
    let standing = match request.ended_as.as_deref() {
        Some("confirmed") if !is_taken_back => Standing::Stopped,
        None if request.is_open(ctx.clock.now()) => Standing::Open,
        _ => Standing::Late,
    };
    Ok(Some(Found {
        row,
        request,
        standing,
    }))
}
