//! What partners have delivered besides: a test of an endpoint, events again; and how the attempts went.

use serde_json::json;
use uuid::Uuid;

use super::own::{note, own};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::partner::PartnerActor;
use crate::app::partner::submission::of;
use crate::crypto::token;
use crate::db::webhook::{self as db, EndpointRow};
use crate::db::webhook_delivery::{self as deliveries, AttemptRow, NewDeliveryRow};
use crate::db::{Conn, Scope, partner_event};
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::ids::{PartnerEventId, WebhookEndpointId};
use crate::domain::partner::PartnerScope;
use crate::domain::webhook::{MAX_REPLAY, MAX_WAITING};

/// What is delivered again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Again {
    /// One event.
    Event(PartnerEventId),
    /// Those of a span of numbers, ends included.
    Span(i64, i64),
}

/// What became of an attempt.
pub type Attempt = AttemptRow;

/// Sends an endpoint something to try it out. Gives the id of the message.
///
/// *effects*: a delivery.
///
/// # Errors
/// `Key` if the key may not; `NotFound`; `IllegalTransition` (`webhook-off`, `webhook-backlog`).
pub async fn ping(ctx: &Ctx, actor: &PartnerActor, id: WebhookEndpointId) -> AppResult<Uuid> {
    actor.require(PartnerScope::Webhooks)?;
    let (scope, now) = (actor.scope(), ctx.clock.now());
    let mut tx = ctx.pools.begin(scope).await?;
    let row = db::lock(&mut tx, scope, actor.partner(), id).await?;
    let row = ready(&mut tx, scope, own(actor, row)?).await?;
    let test = NewDeliveryRow {
        partner_id: row.partner_id,
        id: token::random_id(),
        association_id: row.association_id,
        endpoint_id: row.id,
        due_at: now,
        created_at: now,
    };
    deliveries::insert(&mut tx, scope, &test).await?;
    tx.commit().await?;
    Ok(test.id)
}

/// Delivers events again; gives how many. Those that the endpoint is not told of, or whose people were erased, are
/// left out.
///
/// *effects*: deliveries; audit `webhook_replayed`.
///
/// # Errors
/// `Key` if the key may not; `NotFound`; `Invalid` for an event that there is not (`/event_id`) and a span that is
/// none (`/to`); `IllegalTransition` (`webhook-off`, `webhook-backlog`).
pub async fn replay(
    ctx: &Ctx,
    actor: &PartnerActor,
    id: WebhookEndpointId,
    again: Again,
) -> AppResult<i64> {
    actor.require(PartnerScope::Webhooks)?;
    let (scope, now) = (actor.scope(), ctx.clock.now());
    let mut tx = ctx.pools.begin(scope).await?;
    let row = db::lock(&mut tx, scope, actor.partner(), id).await?;
    let row = ready(&mut tx, scope, own(actor, row)?).await?;
    let span = match again {
        Again::Event(event) => {
            let sequence = partner_event::find_sequence(&mut tx, scope, of(actor), event).await?;
            let sequence = sequence.ok_or(AppError::Invalid(no_event()))?;
            (sequence, sequence)
        }
        Again::Span(from, to) => spanned(from, to)?,
    };
    let place = (actor.partner(), row.id);
    let count = partner_event::deliver_again(&mut tx, scope, place, span, now).await?;
    let detail = json!({ "endpoint": row.id, "from": span.0, "to": span.1, "count": count });
    note(ctx, &mut tx, actor, "webhook_replayed", detail).await?;
    tx.commit().await?;
    Ok(count)
}

/// How the attempts of an endpoint went, newest first, those before `before`; and where the next page begins.
///
/// # Errors
/// `Key` if the key may not; `NotFound`.
pub async fn attempts(
    ctx: &Ctx,
    actor: &PartnerActor,
    id: WebhookEndpointId,
    before: Option<Uuid>,
    limit: u16,
) -> AppResult<(Vec<Attempt>, Option<Uuid>)> {
    actor.require(PartnerScope::Webhooks)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = db::find(&mut tx, scope, actor.partner(), id).await?;
    own(actor, row)?;
    let place = (actor.partner(), id);
    let rows =
        deliveries::list_attempts(&mut tx, scope, place, before, i64::from(limit) + 1).await?;
    tx.commit().await?;
    let more = rows.len() > usize::from(limit);
    let rows: Vec<Attempt> = rows.into_iter().take(usize::from(limit)).collect();
    let next = rows.last().map(|row| row.id).filter(|_| more);
    Ok((rows, next))
}

/// The endpoint, if more may be sent to it.
async fn ready(conn: &mut Conn, scope: Scope, row: EndpointRow) -> AppResult<EndpointRow> {
    if row.disabled_at.is_some() {
        return Err(AppError::IllegalTransition("webhook-off"));
    }
    let place = (row.partner_id, row.id);
    let waiting = deliveries::count_waiting(conn, scope, place, MAX_WAITING).await?;
    if waiting >= MAX_WAITING {
        return Err(AppError::IllegalTransition("webhook-backlog"));
    }
    Ok(row)
}

fn spanned(from: i64, to: i64) -> Result<(i64, i64), FieldErrors> {
    let mut errors = FieldErrors::new();
    if from < 1 {
        errors.push("/from", FieldCode::OutOfRange, "error-webhook-span");
    }
    // from 1 on, so that it cannot overflow
    if from >= 1 && (to < from || to - from >= MAX_REPLAY) {
        errors.push("/to", FieldCode::OutOfRange, "error-webhook-span");
    }
    errors.into_result((from, to))
}

fn no_event() -> FieldErrors {
    let mut errors = FieldErrors::new();
    errors.push("/event_id", FieldCode::UnknownValue, "error-webhook-event");
    errors
}
