//! Endpoints of partners as the staff of their association see them: how they stand, and to end or allow deliveries.

use serde_json::json;

use super::Endpoint;
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::sandbox;
use crate::app::staff::StaffActor;
use crate::db::webhook_delivery::drop_waiting;
use crate::db::{Scope, partner as partners, webhook as db};
use crate::domain::ids::{PartnerId, WebhookEndpointId};
use crate::domain::permission::operation;
use crate::domain::webhook::{Delivery, DisabledWhy};

/// The endpoints of a partner of the own association, oldest first, then those of its test keys.
///
/// # Errors
/// `Forbidden`.
pub async fn list(ctx: &Ctx, actor: &StaffActor, partner: PartnerId) -> AppResult<Vec<Endpoint>> {
    actor.require(&operation::GET_PARTNER)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let mut rows = db::list(&mut tx, scope, partner).await?;
    let twin = twin(actor);
    tx.enter(twin).await?;
    rows.extend(db::list(&mut tx, twin, sandbox::partner_id(partner)).await?);
    tx.commit().await?;
    rows.into_iter().map(|row| Endpoint::of(ctx, row)).collect()
}

/// Ends deliveries to an endpoint of the own association, or allows them again, whyever they ended. Gives its
/// partner.
///
/// *effects*: endpoint; what is on its way to one that is disabled is dropped; audit `webhook_disabled`,
/// `webhook_enabled`. Nothing where it stands so already.
///
/// # Errors
/// `Forbidden`, `StepUpRequired`; `NotFound`.
pub async fn set(
    ctx: &Ctx,
    actor: &StaffActor,
    id: WebhookEndpointId,
    delivery: Delivery,
) -> AppResult<(PartnerId, Endpoint)> {
    actor.require(&operation::SET_WEBHOOK_ENDPOINT)?;
    let (mut scope, now) = (actor.scope(), ctx.clock.now());
    let mut tx = ctx.pools.begin(scope).await?;
    let mut found = db::find_by_id(&mut tx, scope, id).await?;
    if found.is_none() {
        scope = twin(actor);
        tx.enter(scope).await?;
        found = db::find_by_id(&mut tx, scope, id).await?;
    }
    let partner = PartnerId::new(found.ok_or(AppError::NotFound)?.partner_id);
    let home = partners::find_home_id(&mut tx, scope, partner).await?;
    let row = db::lock(&mut tx, scope, partner, id).await?;
    let mut row = row.ok_or(AppError::NotFound)?;
    let staff = Some(DisabledWhy::Staff.as_str());
    let action = match (delivery, row.disabled_why.as_deref()) {
        (Delivery::Enabled, Some(_)) => {
            row.enable();
            drop_waiting(&mut tx, scope, (row.partner_id, row.id), now).await?;
            "webhook_enabled"
        }
        // from now on the partner cannot enable it
        (Delivery::Disabled, why) if why != staff => {
            row.disable(DisabledWhy::Staff, now);
            drop_waiting(&mut tx, scope, (row.partner_id, row.id), now).await?;
            "webhook_disabled"
        }
        (Delivery::Enabled | Delivery::Disabled, _) => {
            tx.commit().await?;
            return Ok((home, Endpoint::of(ctx, row)?));
        }
    };
    db::update(&mut tx, scope, &row).await?;
    let scope = actor.scope();
    tx.enter(scope).await?;
    let mut deed = actor.deed(home.uuid(), action);
    deed.detail = json!({ "endpoint": row.id });
    deed.write(ctx, &mut tx, scope).await?;
    tx.commit().await?;
    Ok((home, Endpoint::of(ctx, row)?))
}

/// Where test keys act.
fn twin(actor: &StaffActor) -> Scope {
    Scope::Association(sandbox::association_id(actor.association_id()))
}
