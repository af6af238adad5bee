//! Keys of partner sites, and what each asked for in its current window.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::{partner_keys, partners};
use crate::db::scope::Scope;
use crate::domain::ids::{PartnerId, PartnerKeyId};

/// A row of `partner_keys`.
#[derive(Queryable, Selectable, Insertable, Clone)]
#[diesel(table_name = partner_keys)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct PartnerKeyRow {
    pub id: Uuid,
    pub partner_id: Uuid,
    pub association_id: Uuid,
    pub mode: String,
    pub slot: Option<i16>,
    pub secret_sha256: Vec<u8>,
    pub scopes: Vec<String>,
    pub case_ids: Option<Vec<Uuid>>,
    pub networks: Vec<String>,
    pub created_by: Option<Uuid>,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub last_used_at: Option<DateTime<Utc>>,
    pub revoked_by: Option<Uuid>,
    pub revoked_at: Option<DateTime<Utc>>,
}

/// How much of a limit is used.
#[derive(QueryableByName, Clone, Copy, PartialEq, Eq, Debug)]
pub struct UsedRow {
    /// Since when is counted, UTC.
    #[diesel(sql_type = Timestamptz)]
    pub window_starts_at: DateTime<Utc>,
    /// How many since then.
    #[diesel(sql_type = BigInt)]
    pub used: i64,
}

/// Writes a key.
///
/// # Errors
/// `Unique` (`partner_keys_slot_key`) if another key took its place.
pub async fn insert(conn: &mut Conn, _scope: Scope, row: &PartnerKeyRow) -> DbResult<()> {
    diesel::insert_into(partner_keys::table)
        .values(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// A key, with since when its partner rests and the partner's slug.
///
/// # Errors
/// As the database says.
pub async fn find(
    conn: &mut Conn,
    _scope: Scope,
    id: PartnerKeyId,
) -> DbResult<Option<(PartnerKeyRow, Option<DateTime<Utc>>, String)>> {
    Ok(partner_keys::table
        .inner_join(partners::table.on(partners::id.eq(partner_keys::partner_id)))
        .filter(partner_keys::id.eq(id.uuid()))
        .select((
            PartnerKeyRow::as_select(),
            partners::suspended_at,
            partners::slug,
        ))
        .first(conn)
        .await
        .optional()?)
}

/// The keys of a partner, those that hold a place first, then newest first, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list(
    conn: &mut Conn,
    _scope: Scope,
    partner: PartnerId,
    limit: i64,
) -> DbResult<Vec<PartnerKeyRow>> {
    Ok(partner_keys::table
        .filter(partner_keys::partner_id.eq(partner.uuid()))
        .order((partner_keys::slot.is_null(), partner_keys::id.desc()))
        .limit(limit)
        .select(PartnerKeyRow::as_select())
        .load(conn)
        .await?)
}

/// The places that a partner's keys of a mode hold.
///
/// # Errors
/// As the database says.
pub async fn list_places(
    conn: &mut Conn,
    _scope: Scope,
    partner: PartnerId,
    mode: &str,
) -> DbResult<Vec<i16>> {
    Ok(partner_keys::table
        .filter(partner_keys::partner_id.eq(partner.uuid()))
        .filter(partner_keys::mode.eq(mode))
        .filter(partner_keys::slot.is_not_null())
        .select(partner_keys::slot.assume_not_null())
        .load(conn)
        .await?)
}

/// Takes the places of a partner's keys whose time is over.
///
/// # Errors
/// As the database says.
pub async fn free_expired(
    conn: &mut Conn,
    _scope: Scope,
    partner: PartnerId,
    now: DateTime<Utc>,
) -> DbResult<()> {
    diesel::update(
        partner_keys::table
            .filter(partner_keys::partner_id.eq(partner.uuid()))
            .filter(partner_keys::expires_at.le(now)),
    )
    .set(partner_keys::slot.eq(None::<i16>))
    .execute(conn)
    .await?;
    Ok(())
}

/// Revokes a key. `false`: it was revoked before.
///
/// # Errors
/// As the database says.
pub async fn mark_revoked(
    conn: &mut Conn,
    _scope: Scope,
    id: PartnerKeyId,
    by: Option<Uuid>,
    now: DateTime<Utc>,
) -> DbResult<bool> {
    let revoked = diesel::update(
        partner_keys::table
            .filter(partner_keys::id.eq(id.uuid()))
            .filter(partner_keys::revoked_at.is_null()),
    )
    .set((
        partner_keys::slot.eq(None::<i16>),
        partner_keys::revoked_by.eq(by),
        partner_keys::revoked_at.eq(now),
    ))
    .execute(conn)
    .await?;
    Ok(revoked == 1)
}

/// Notes that a key was used, unless that was noted within `apart`.
///
/// # Errors
/// As the database says.
pub async fn mark_used(
    conn: &mut Conn,
    _scope: Scope,
    id: PartnerKeyId,
    now: DateTime<Utc>,
    apart: TimeDelta,
) -> DbResult<()> {
    let long_ago = partner_keys::last_used_at
        .is_null()
        .or(partner_keys::last_used_at.lt(now - apart));
    diesel::update(partner_keys::table.filter(partner_keys::id.eq(id.uuid())))
        .filter(long_ago)
        .set(partner_keys::last_used_at.eq(now))
        .execute(conn)
        .await?;
    Ok(())
}

/// Counts `count` more in the window that began at `since`, if they fit into `quota`. `None`: they do not, and
/// nothing was counted.
///
/// # Errors
/// As the database says.
pub async fn take(
    conn: &mut Conn,
    _scope: Scope,
    (key, unit): (PartnerKeyId, &str),
    since: DateTime<Utc>,
    count: i64,
    quota: i64,
) -> DbResult<Option<UsedRow>> {
    Ok(diesel::sql_query(
        "INSERT INTO partner_rates AS r (key_id, unit, window_starts_at, used) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (key_id, unit) DO UPDATE SET \
           used = CASE WHEN r.window_starts_at < excluded.window_starts_at THEN excluded.used \
             ELSE r.used + excluded.used END, \
           window_starts_at = greatest(r.window_starts_at, excluded.window_starts_at) \
         WHERE r.window_starts_at < excluded.window_starts_at OR r.used + excluded.used <= $5 \
         RETURNING window_starts_at, used",
    )
    .bind::<SqlUuid, _>(key.uuid())
    .bind::<Text, _>(unit)
    .bind::<Timestamptz, _>(since)
    .bind::<BigInt, _>(count)
    .bind::<BigInt, _>(quota)
    .get_result(conn)
    .await
    .optional()?)
}

/// What was counted so far.
///
/// # Errors
/// As the database says.
pub async fn used(
    conn: &mut Conn,
    _scope: Scope,
    (key, unit): (PartnerKeyId, &str),
) -> DbResult<Option<UsedRow>> {
    Ok(diesel::sql_query(
        "SELECT window_starts_at, used FROM partner_rates WHERE key_id = $1 AND unit = $2",
    )
    .bind::<SqlUuid, _>(key.uuid())
    .bind::<Text, _>(unit)
    .get_result(conn)
    .await
    .optional()?)
}

/// Forgets what a key asked for.
///
/// # Errors
/// As the database says.
pub async fn forget_used(conn: &mut Conn, _scope: Scope, key: PartnerKeyId) -> DbResult<()> {
    diesel::sql_query("DELETE FROM partner_rates WHERE key_id = $1")
        .bind::<SqlUuid, _>(key.uuid())
        .execute(conn)
        .await?;
    Ok(())
}
