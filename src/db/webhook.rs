//! Endpoints: where partners have events delivered to.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::{webhook_attempts, webhook_deliveries, webhook_endpoints};
use crate::db::scope::Scope;
use crate::domain::ids::{PartnerId, WebhookEndpointId};
use crate::domain::webhook::DisabledWhy;

/// A row of `webhook_endpoints`.
#[derive(Queryable, Selectable, Insertable, Clone)]
#[diesel(table_name = webhook_endpoints)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct EndpointRow {
    pub partner_id: Uuid,
    pub id: Uuid,
    pub association_id: Uuid,
    pub mode: String,
    pub case_ids: Option<Vec<Uuid>>,
    pub event_types: Vec<String>,
    pub root_version: i32,
    pub sealed: Vec<u8>,
    pub previous_until: Option<DateTime<Utc>>,
    pub created_with: Uuid,
    pub created_at: DateTime<Utc>,
    pub disabled_at: Option<DateTime<Utc>>,
    pub disabled_why: Option<String>,
    pub failures: i32,
    pub failing_since: Option<DateTime<Utc>>,
    pub paused_until: Option<DateTime<Utc>>,
    pub last_success_at: Option<DateTime<Utc>>,
}

impl EndpointRow {
    /// Nothing is delivered from now on.
    pub fn disable(&mut self, why: DisabledWhy, now: DateTime<Utc>) {
        self.disabled_at = Some(now);
        self.disabled_why = Some(why.as_str().to_owned());
        self.paused_until = None;
    }

    /// Something is delivered again; how it failed before is forgotten.
    pub fn enable(&mut self) {
        self.disabled_at = None;
        self.disabled_why = None;
        self.forget_failures();
    }

    /// It does not fail, or not any more.
    pub fn forget_failures(&mut self) {
        self.failures = 0;
        self.failing_since = None;
        self.paused_until = None;
    }
}

/// Writes an endpoint.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn, _scope: Scope, row: &EndpointRow) -> DbResult<()> {
    diesel::insert_into(webhook_endpoints::table)
        .values(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// The endpoints of a partner, oldest first.
///
/// # Errors
/// As the database says.
pub async fn list(
    conn: &mut Conn,
    _scope: Scope,
    partner: PartnerId,
) -> DbResult<Vec<EndpointRow>> {
    Ok(webhook_endpoints::table
        .filter(webhook_endpoints::partner_id.eq(partner.uuid()))
        .order(webhook_endpoints::id)
        .select(EndpointRow::as_select())
        .load(conn)
        .await?)
}

/// One of a partner's endpoints.
///
/// # Errors
/// As the database says.
pub async fn find(
    conn: &mut Conn,
    _scope: Scope,
    partner: PartnerId,
    id: WebhookEndpointId,
) -> DbResult<Option<EndpointRow>> {
    Ok(webhook_endpoints::table
        .find((partner.uuid(), id.uuid()))
        .select(EndpointRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// As [`find`], locked until the transaction ends.
///
/// # Errors
/// As the database says.
pub async fn lock(
    conn: &mut Conn,
    _scope: Scope,
    partner: PartnerId,
    id: WebhookEndpointId,
) -> DbResult<Option<EndpointRow>> {
    Ok(webhook_endpoints::table
        .find((partner.uuid(), id.uuid()))
        .for_no_key_update()
        .select(EndpointRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// As [`lock`], before it is deleted: nothing that is to be delivered to it can arise meanwhile.
///
/// # Errors
/// As the database says.
pub async fn lock_to_delete(
    conn: &mut Conn,
    _scope: Scope,
    partner: PartnerId,
    id: WebhookEndpointId,
) -> DbResult<Option<EndpointRow>> {
    Ok(webhook_endpoints::table
        .find((partner.uuid(), id.uuid()))
        .for_update()
        .select(EndpointRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// An endpoint, whosever it is.
///
/// # Errors
/// As the database says.
pub async fn find_by_id(
    conn: &mut Conn,
    _scope: Scope,
    id: WebhookEndpointId,
) -> DbResult<Option<EndpointRow>> {
    Ok(webhook_endpoints::table
        .filter(webhook_endpoints::id.eq(id.uuid()))
        .select(EndpointRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// Writes what may change of an endpoint.
///
/// # Errors
/// As the database says.
pub async fn update(conn: &mut Conn, _scope: Scope, row: &EndpointRow) -> DbResult<()> {
    diesel::update(webhook_endpoints::table.find((row.partner_id, row.id)))
        .set((
            webhook_endpoints::event_types.eq(&row.event_types),
            webhook_endpoints::root_version.eq(row.root_version),
            webhook_endpoints::sealed.eq(&row.sealed),
            webhook_endpoints::previous_until.eq(row.previous_until),
            webhook_endpoints::disabled_at.eq(row.disabled_at),
            webhook_endpoints::disabled_why.eq(&row.disabled_why),
            webhook_endpoints::failures.eq(row.failures),
            webhook_endpoints::failing_since.eq(row.failing_since),
            webhook_endpoints::paused_until.eq(row.paused_until),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets how the endpoints of a partner failed: it rested, and nothing was delivered meanwhile.
///
/// # Errors
/// As the database says.
pub async fn forget_failures(conn: &mut Conn, _scope: Scope, partner: PartnerId) -> DbResult<()> {
    let working = webhook_endpoints::table
        .filter(webhook_endpoints::partner_id.eq(partner.uuid()))
        .filter(webhook_endpoints::disabled_at.is_null());
    diesel::update(working)
        .set((
            webhook_endpoints::failures.eq(0),
            webhook_endpoints::failing_since.eq(None::<DateTime<Utc>>),
            webhook_endpoints::paused_until.eq(None::<DateTime<Utc>>),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes that an endpoint took a delivery. For the system.
///
/// # Errors
/// As the database says.
pub async fn mark_success(
    conn: &mut Conn,
    _scope: Scope,
    (partner, id): (Uuid, Uuid),
    now: DateTime<Utc>,
) -> DbResult<()> {
    diesel::update(webhook_endpoints::table.find((partner, id)))
        .set(webhook_endpoints::last_success_at.eq(now))
        .execute(conn)
        .await?;
    Ok(())
}

/// Deletes an endpoint with what is on its way to it and how its attempts went. For the system.
///
/// # Errors
/// As the database says.
pub async fn delete(
    conn: &mut Conn,
    _scope: Scope,
    partner: PartnerId,
    id: WebhookEndpointId,
) -> DbResult<()> {
    let (partner, id) = (partner.uuid(), id.uuid());
    let attempts = webhook_attempts::table
        .filter(webhook_attempts::partner_id.eq(partner))
        .filter(webhook_attempts::endpoint_id.eq(id));
    diesel::delete(attempts).execute(conn).await?;
    let deliveries = webhook_deliveries::table
        .filter(webhook_deliveries::partner_id.eq(partner))
        .filter(webhook_deliveries::endpoint_id.eq(id));
    diesel::delete(deliveries).execute(conn).await?;
    diesel::delete(webhook_endpoints::table.find((partner, id)))
        .execute(conn)
        .await?;
    Ok(())
}
