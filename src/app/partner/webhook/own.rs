//! What partners do with their endpoints; what they have delivered is in `replay`. A key that is for some cases sees the endpoints of no other: with the
//! secret of one it could read what it may not.

use std::fmt;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{Endpoint, Kept, host_of, open, reach, seal};
use crate::app::audit::{self, Actor, Entry};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::partner::PartnerActor;
use crate::crypto::token;
use crate::crypto::webhook::WebhookSecret;
use crate::db::webhook::{self as db, EndpointRow};
use crate::db::webhook_delivery::drop_waiting;
use crate::db::{Conn, Scope, partner};
use crate::domain::field::{FieldErrors, ValueError};
use crate::domain::ids::{CaseId, WebhookEndpointId};
use crate::domain::partner::{PartnerScope, SubmissionState};
use crate::domain::webhook::{BOTH_SIGN, Delivery, DisabledWhy, Fault, MAX_ENDPOINTS, event_types};
use crate::domain::webhook_url::{WebhookUrl, not_found, unreachable};

const SCOPE: Scope = Scope::System("endpoints that partners delete");

/// An endpoint as a partner says it; what is left out stays as it is, or is all of it for a new one.
#[derive(Clone, Default)]
pub struct EndpointInput {
    /// Where to.
    pub url: Option<String>,
    /// Types of events it is told of.
    pub event_types: Option<Vec<String>>,
}

/// Makes an endpoint. Gives its secret, which is shown this once.
///
/// *effects*: endpoint; audit `webhook_added`.
///
/// # Errors
/// `Key` if the key may not; `Invalid` with every wrong field, an address that may not be reached among them;
/// `IllegalTransition` (`webhook-five`) if there are enough.
pub async fn add(
    ctx: &Ctx,
    actor: &PartnerActor,
    input: &EndpointInput,
) -> AppResult<(Endpoint, WebhookSecret)> {
    actor.require(PartnerScope::Webhooks)?;
    let mut errors = FieldErrors::new();
    let url = judged(ctx, actor, input.url.as_deref()).await;
    let url = errors.take("/url", url);
    let states = event_types(input.event_types.as_deref());
    let states = states.map_err(|wrong| errors.append(wrong)).ok();
    let (Some(url), Some(states)) = (url, states) else {
        return Err(AppError::Invalid(errors));
    };
    let now = ctx.clock.now();
    let kept = Kept {
        url: url.as_str().to_owned(),
        secret: WebhookSecret::random(),
        previous: None,
    };
    let row = made(ctx, actor, &states, &kept, now)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    // one after the other: they are counted
    let partner = partner::lock(&mut tx, scope, actor.partner()).await?;
    partner.ok_or(AppError::NotFound)?;
    let known = db::list(&mut tx, scope, actor.partner()).await?;
    if known.len() >= MAX_ENDPOINTS {
        return Err(AppError::IllegalTransition("webhook-five"));
    }
    db::insert(&mut tx, scope, &row).await?;
    let detail = json!({ "endpoint": row.id, "host": url.host(), "mode": row.mode });
    note(ctx, &mut tx, actor, "webhook_added", detail).await?;
    // after the commit nothing may fail any more: the secret is shown this once
    let endpoint = Endpoint::of(ctx, row)?;
    tx.commit().await?;
    Ok((endpoint, kept.secret))
}

/// The endpoints that the key sees, oldest first.
///
/// # Errors
/// `Key` if the key may not.
pub async fn list(ctx: &Ctx, actor: &PartnerActor) -> AppResult<Vec<Endpoint>> {
    actor.require(PartnerScope::Webhooks)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let rows = db::list(&mut tx, scope, actor.partner()).await?;
    tx.commit().await?;
    let seen = rows.into_iter().filter(|row| sees(actor, row));
    seen.map(|row| Endpoint::of(ctx, row)).collect()
}

/// One of them.
///
/// # Errors
/// `Key` if the key may not; `NotFound`.
pub async fn get(ctx: &Ctx, actor: &PartnerActor, id: WebhookEndpointId) -> AppResult<Endpoint> {
    actor.require(PartnerScope::Webhooks)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = db::find(&mut tx, scope, actor.partner(), id).await?;
    tx.commit().await?;
    Endpoint::of(ctx, own(actor, row)?)
}

/// Changes an endpoint. What is on its way to one that is disabled is dropped.
///
/// *effects*: endpoint, deliveries; audit `webhook_changed` with the names of what changed.
///
/// # Errors
/// `Key` if the key may not; `NotFound`; `Invalid` with every wrong field; `IllegalTransition` (`webhook-staff`) if
/// staff disabled it.
pub async fn change(
    ctx: &Ctx,
    actor: &PartnerActor,
    id: WebhookEndpointId,
    input: &EndpointInput,
    delivery: Option<Delivery>,
) -> AppResult<Endpoint> {
    // nobody's is looked up
    get(ctx, actor, id).await?;
    let mut errors = FieldErrors::new();
    let url = match &input.url {
        Some(typed) => errors.take("/url", judged(ctx, actor, Some(typed)).await),
        None => None,
    };
    let states = input.event_types.as_ref().map(|it| event_types(Some(it)));
    let states = states.transpose().map_err(|wrong| errors.append(wrong));
    let states = errors.into_result(states.ok().flatten())?;
    let (scope, now) = (actor.scope(), ctx.clock.now());
    let mut tx = ctx.pools.begin(scope).await?;
    let row = db::lock(&mut tx, scope, actor.partner(), id).await?;
    let mut row = own(actor, row)?;
    let mut changed = Vec::new();
    if let Some(states) = states {
        row.event_types = words(&states);
        changed.push("event_types");
    }
    if let Some(url) = url {
        let mut kept = open(ctx, row.id, row.root_version, row.sealed)?;
        url.as_str().clone_into(&mut kept.url);
        (row.root_version, row.sealed) = seal(ctx, row.id, &kept)?;
        row.forget_failures();
        changed.push("url");
    }
    if let Some(delivery) = delivery
        && turned(&mut row, delivery, now)?
    {
        // also where it is taken up again: what arose while it was disabled is not for it
        drop_waiting(&mut tx, scope, (row.partner_id, row.id), now).await?;
        changed.push("enabled");
    }
    db::update(&mut tx, scope, &row).await?;
    let detail = json!({ "endpoint": row.id, "changed": changed });
    note(ctx, &mut tx, actor, "webhook_changed", detail).await?;
    tx.commit().await?;
    Endpoint::of(ctx, row)
}

/// Ends deliveries to an endpoint, or takes them up again; false: it stands so already.
fn turned(row: &mut EndpointRow, delivery: Delivery, now: DateTime<Utc>) -> AppResult<bool> {
    match (delivery, row.disabled_why.as_deref()) {
        (Delivery::Enabled, Some(why)) if why == DisabledWhy::Staff.as_str() => {
            Err(AppError::IllegalTransition("webhook-staff"))
        }
        (Delivery::Enabled, Some(_)) => {
            row.enable();
            Ok(true)
        }
        (Delivery::Disabled, None) => {
            row.disable(DisabledWhy::Partner, now);
            Ok(true)
        }
        (Delivery::Enabled, None) | (Delivery::Disabled, Some(_)) => Ok(false),
    }
}

/// Deletes an endpoint, what is on its way to it, and how its attempts went.
///
/// *effects*: endpoint, deliveries, attempts; audit `webhook_deleted`.
///
/// # Errors
/// `Key` if the key may not; `NotFound`.
pub async fn remove(ctx: &Ctx, actor: &PartnerActor, id: WebhookEndpointId) -> AppResult<()> {
    actor.require(PartnerScope::Webhooks)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = db::lock_to_delete(&mut tx, scope, actor.partner(), id).await?;
    let row = own(actor, row)?;
    let kept = open(ctx, row.id, row.root_version, row.sealed)?;
    let host = host_of(&kept.url, reach(ctx, actor.mode()));
    let detail = json!({ "endpoint": row.id, "host": host });
    note(ctx, &mut tx, actor, "webhook_deleted", detail).await?;
    tx.enter(SCOPE).await?;
    db::delete(&mut tx, SCOPE, actor.partner(), id).await?;
    Ok(tx.commit().await?)
}

/// Gives an endpoint a new secret, which is shown this once; the one before signs beside it for a day. With a third
/// one within the day the first signs no more.
///
/// *effects*: endpoint; audit `webhook_rotated`.
///
/// # Errors
/// `Key` if the key may not; `NotFound`.
pub async fn rotate(
    ctx: &Ctx,
    actor: &PartnerActor,
    id: WebhookEndpointId,
) -> AppResult<(Endpoint, WebhookSecret)> {
    actor.require(PartnerScope::Webhooks)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = db::lock(&mut tx, scope, actor.partner(), id).await?;
    let mut row = own(actor, row)?;
    let before = open(ctx, row.id, row.root_version, row.sealed)?;
    let kept = Kept {
        url: before.url,
        secret: WebhookSecret::random(),
        previous: Some(before.secret),
    };
    (row.root_version, row.sealed) = seal(ctx, row.id, &kept)?;
    row.previous_until = Some(ctx.clock.now() + BOTH_SIGN);
    db::update(&mut tx, scope, &row).await?;
    let detail = json!({ "endpoint": row.id });
    note(ctx, &mut tx, actor, "webhook_rotated", detail).await?;
    let endpoint = Endpoint::of(ctx, row)?;
    tx.commit().await?;
    Ok((endpoint, kept.secret))
}

/// Reads an address and looks it up, outside any transaction.
async fn judged(
    ctx: &Ctx,
    actor: &PartnerActor,
    typed: Option<&str>,
) -> Result<WebhookUrl, ValueError> {
    let url = WebhookUrl::parse(typed, reach(ctx, actor.mode()))?;
    match ctx.webhooks.addresses(&url).await {
        Ok(_) => Ok(url),
        Err(Fault::Dns) => Err(not_found()),
        Err(_) => Err(unreachable()),
    }
}

fn made(
    ctx: &Ctx,
    actor: &PartnerActor,
    states: &[SubmissionState],
    kept: &Kept,
    now: DateTime<Utc>,
) -> AppResult<EndpointRow> {
    let id = token::new_id(now);
    let (root_version, sealed) = seal(ctx, id, kept)?;
    Ok(EndpointRow {
        partner_id: actor.partner().uuid(),
        id,
        association_id: actor.association().uuid(),
        mode: actor.mode().as_str().to_owned(),
        case_ids: actor
            .cases()
            .map(|cases| cases.iter().map(|case| case.uuid()).collect()),
        event_types: words(states),
        root_version,
        sealed,
        previous_until: None,
        created_with: actor.key().uuid(),
        created_at: now,
        disabled_at: None,
        disabled_why: None,
        failures: 0,
        failing_since: None,
        paused_until: None,
        last_success_at: None,
    })
}

fn words(states: &[SubmissionState]) -> Vec<String> {
    let words = states.iter().map(|state| state.as_str().to_owned());
    words.collect()
}

/// The endpoint, if it is one that the key sees.
pub(super) fn own(actor: &PartnerActor, row: Option<EndpointRow>) -> AppResult<EndpointRow> {
    let row = row.filter(|row| sees(actor, row));
    row.ok_or(AppError::NotFound)
}

fn sees(actor: &PartnerActor, row: &EndpointRow) -> bool {
    let is_within = match (actor.cases(), &row.case_ids) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(may), Some(told)) => told.iter().all(|id| may.contains(&CaseId::new(*id))),
    };
    is_within && row.mode == actor.mode().as_str()
}

/// Appends to the trail what a partner did.
pub(super) async fn note(
    ctx: &Ctx,
    conn: &mut Conn,
    actor: &PartnerActor,
    action: &'static str,
    detail: Value,
) -> AppResult<()> {
    let entry = Entry {
        subject: actor.partner().uuid(),
        association: Some(actor.association()),
        actor: Actor::Partner(actor.key()),
        action,
        states: None,
        detail,
        sealed: None,
    };
    audit::append(ctx, conn, actor.scope(), entry).await
}

impl fmt::Debug for EndpointInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EndpointInput(..)")
    }
}
