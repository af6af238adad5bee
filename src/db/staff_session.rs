//! What keeps staff signed in: sessions, refresh tokens, used authenticator codes, failed attempts.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::{
    memberships, rate_buckets, refresh_tokens, sessions, staff, staff_devices, totp_uses,
};
use crate::db::scope::Scope;
use crate::domain::ids::{AssociationId, StaffId};

/// A row of `sessions` of kind `staff`: of a browser, or the family of a tool's refresh tokens.
#[derive(Insertable, Debug)]
#[diesel(table_name = sessions)]
pub struct StaffSessionRow {
    /// Hash of the cookie's token, or the family.
    pub id: Uuid,
    /// Always `staff`.
    pub kind: &'static str,
    /// Staff id.
    pub subject_id: Uuid,
    /// The association they act for.
    pub association_id: Uuid,
    /// When it was opened, UTC.
    pub created_at: DateTime<Utc>,
    /// Last use by a POST, UTC.
    pub last_seen_at: DateTime<Utc>,
    /// Last instant at which it works, UTC.
    pub expires_at: DateTime<Utc>,
    /// Browser and system, two words.
    pub device: Option<String>,
    /// The network it was opened from, cut.
    pub network: Option<String>,
}

/// A session as its owner sees it.
#[derive(QueryableByName, Debug)]
#[expect(missing_docs, reason = "the names say it; see the migration")]
pub struct ShownRow {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub association_id: Uuid,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    pub last_seen_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    pub expires_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Text>)]
    pub device: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub network: Option<String>,
    /// Whether it is of a tool: it has refresh tokens.
    #[diesel(sql_type = Bool)]
    pub is_tool: bool,
}

/// A row of `staff_devices`.
#[derive(Insertable, Debug)]
#[diesel(table_name = staff_devices)]
pub struct DeviceRow {
    /// Hash of the cookie.
    pub id: Uuid,
    /// The person.
    pub staff_id: Uuid,
    /// Browser and system, two words.
    pub device: String,
    /// When, UTC.
    pub created_at: DateTime<Utc>,
    /// Last instant at which it is known, UTC.
    pub expires_at: DateTime<Utc>,
}

/// A session that works now, with the role as it is now.
#[derive(Queryable, Debug)]
pub struct LiveSession {
    /// Staff id.
    pub staff_id: Uuid,
    /// The association.
    pub association_id: Uuid,
    /// Role of DESIGN 7.
    pub role: String,
    /// Cases the membership is for; none: all.
    pub case_ids: Option<Vec<Uuid>>,
    /// Last use by a POST, UTC.
    pub last_seen_at: DateTime<Utc>,
    /// Until when clear data may be seen, UTC.
    pub step_up_until: Option<DateTime<Utc>>,
}

/// A row of `refresh_tokens`.
#[derive(Queryable, Selectable, Insertable, Debug)]
#[diesel(table_name = refresh_tokens)]
pub struct RefreshTokenRow {
    /// Hash of the token.
    pub id: Uuid,
    /// All tokens that descend from one login.
    pub family: Uuid,
    /// The person.
    pub staff_id: Uuid,
    /// The association.
    pub association_id: Uuid,
    /// When it was issued, UTC.
    pub created_at: DateTime<Utc>,
    /// Last instant at which it works, UTC.
    pub expires_at: DateTime<Utc>,
    /// When it was exchanged, UTC.
    pub used_at: Option<DateTime<Utc>>,
    /// When it was revoked, UTC.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// Opens a session.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn, _scope: Scope, row: &StaffSessionRow) -> DbResult<()> {
    diesel::insert_into(sessions::table)
        .values(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// The session, if it has not expired, the person is active and the membership stands.
///
/// # Errors
/// As the database says.
pub async fn find_live(
    conn: &mut Conn,
    _scope: Scope,
    id: Uuid,
    now: DateTime<Utc>,
) -> DbResult<Option<LiveSession>> {
    Ok(sessions::table
        .inner_join(staff::table.on(staff::id.eq(sessions::subject_id)))
        .inner_join(
            memberships::table.on(memberships::staff_id
                .eq(sessions::subject_id)
                .and(memberships::association_id.eq(sessions::association_id))),
        )
        .filter(sessions::id.eq(id))
        .filter(sessions::kind.eq("staff"))
        .filter(sessions::expires_at.gt(now))
        .filter(staff::status.eq("active"))
        .filter(memberships::revoked_at.is_null())
        .filter(memberships::suspended_at.is_null())
        .select((
            sessions::subject_id,
            sessions::association_id,
            memberships::role,
            memberships::case_ids,
            sessions::last_seen_at,
            sessions::step_up_until,
        ))
        .first(conn)
        .await
        .optional()?)
}

/// Notes a use by a POST.
///
/// # Errors
/// As the database says.
pub async fn mark_seen(
    conn: &mut Conn,
    _scope: Scope,
    id: Uuid,
    now: DateTime<Utc>,
) -> DbResult<()> {
    diesel::update(sessions::table.find(id))
        .set(sessions::last_seen_at.eq(now))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes until when clear data may be seen.
///
/// # Errors
/// As the database says.
pub async fn mark_stepped_up(
    conn: &mut Conn,
    _scope: Scope,
    id: Uuid,
    until: DateTime<Utc>,
) -> DbResult<()> {
    diesel::update(sessions::table.find(id))
        .set(sessions::step_up_until.eq(until))
        .execute(conn)
        .await?;
    Ok(())
}

/// Moves the end of a session.
///
/// # Errors
/// As the database says.
pub async fn mark_expiry(
    conn: &mut Conn,
    _scope: Scope,
    id: Uuid,
    expires_at: DateTime<Utc>,
) -> DbResult<()> {
    diesel::update(sessions::table.find(id))
        .set(sessions::expires_at.eq(expires_at))
        .execute(conn)
        .await?;
    Ok(())
}

/// Ends a session; `false` where there was none.
///
/// # Errors
/// As the database says.
pub async fn delete(conn: &mut Conn, _scope: Scope, id: Uuid) -> DbResult<bool> {
    let deleted = diesel::delete(sessions::table.find(id))
        .filter(sessions::kind.eq("staff"))
        .execute(conn)
        .await?;
    Ok(deleted == 1)
}

/// Sessions of a person that have not expired, newest first; in one association, or in all.
///
/// # Errors
/// As the database says.
pub async fn list(
    conn: &mut Conn,
    _scope: Scope,
    person: StaffId,
    association: Option<AssociationId>,
    now: DateTime<Utc>,
) -> DbResult<Vec<ShownRow>> {
    Ok(diesel::sql_query(
        "SELECT id, association_id, created_at, last_seen_at, expires_at, device, network, \
           EXISTS (SELECT FROM refresh_tokens r WHERE r.family = s.id) AS is_tool \
         FROM sessions s \
         WHERE kind = 'staff' AND subject_id = $1 AND expires_at > $2 \
           AND ($3 IS NULL OR association_id = $3) \
         ORDER BY created_at DESC, id LIMIT 200",
    )
    .bind::<SqlUuid, _>(person.uuid())
    .bind::<Timestamptz, _>(now)
    .bind::<Nullable<SqlUuid>, _>(association.map(AssociationId::uuid))
    .load(conn)
    .await?)
}

/// Which sessions of a person end.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    /// Whose.
    pub person: StaffId,
    /// Those of one association; none: of all.
    pub association: Option<AssociationId>,
    /// That one alone; none: every one.
    pub only: Option<Uuid>,
    /// Every one but that.
    pub but: Option<Uuid>,
}

/// Ends sessions of a person, and with them the refresh tokens and JWTs of their families; gives how many
/// sessions there were.
///
/// # Errors
/// As the database says.
pub async fn end(
    conn: &mut Conn,
    _scope: Scope,
    which: Ended,
    now: DateTime<Utc>,
) -> DbResult<usize> {
    let association = which.association.map(AssociationId::uuid);
    diesel::sql_query(
        "UPDATE refresh_tokens SET revoked_at = $5 WHERE staff_id = $1 AND revoked_at IS NULL \
           AND ($2 IS NULL OR association_id = $2) AND ($3 IS NULL OR family = $3) \
           AND ($4 IS NULL OR family <> $4)",
    )
    .bind::<SqlUuid, _>(which.person.uuid())
    .bind::<Nullable<SqlUuid>, _>(association)
    .bind::<Nullable<SqlUuid>, _>(which.only)
    .bind::<Nullable<SqlUuid>, _>(which.but)
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await?;
    Ok(diesel::sql_query(
        "DELETE FROM sessions WHERE kind = 'staff' AND subject_id = $1 \
           AND ($2 IS NULL OR association_id = $2) AND ($3 IS NULL OR id = $3) \
           AND ($4 IS NULL OR id <> $4)",
    )
    .bind::<SqlUuid, _>(which.person.uuid())
    .bind::<Nullable<SqlUuid>, _>(association)
    .bind::<Nullable<SqlUuid>, _>(which.only)
    .bind::<Nullable<SqlUuid>, _>(which.but)
    .execute(conn)
    .await?)
}

/// Notes a browser in which a person signed in with both factors.
///
/// # Errors
/// As the database says.
pub async fn insert_device(conn: &mut Conn, _scope: Scope, row: &DeviceRow) -> DbResult<()> {
    diesel::insert_into(staff_devices::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// Whether a browser is known of a person.
///
/// # Errors
/// As the database says.
pub async fn knows_device(
    conn: &mut Conn,
    _scope: Scope,
    id: Uuid,
    person: StaffId,
    now: DateTime<Utc>,
) -> DbResult<bool> {
    let known = staff_devices::table
        .find(id)
        .filter(staff_devices::staff_id.eq(person.uuid()))
        .filter(staff_devices::expires_at.gt(now))
        .select(staff_devices::id)
        .first::<Uuid>(conn)
        .await
        .optional()?;
    Ok(known.is_some())
}

/// Forgets the browsers of a person; gives how many there were.
///
/// # Errors
/// As the database says.
pub async fn forget_devices(conn: &mut Conn, _scope: Scope, person: StaffId) -> DbResult<usize> {
    Ok(
        diesel::delete(staff_devices::table.filter(staff_devices::staff_id.eq(person.uuid())))
            .execute(conn)
            .await?,
    )
}

/// Issues a refresh token.
///
/// # Errors
/// As the database says.
pub async fn insert_refresh(conn: &mut Conn, _scope: Scope, row: &RefreshTokenRow) -> DbResult<()> {
    diesel::insert_into(refresh_tokens::table)
        .values(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// The refresh token, locked until the transaction ends.
///
/// # Errors
/// As the database says.
pub async fn lock_refresh(
    conn: &mut Conn,
    _scope: Scope,
    id: Uuid,
) -> DbResult<Option<RefreshTokenRow>> {
    Ok(refresh_tokens::table
        .find(id)
        .for_update()
        .select(RefreshTokenRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// Notes that a refresh token was exchanged.
///
/// # Errors
/// As the database says.
pub async fn mark_refresh_used(
    conn: &mut Conn,
    _scope: Scope,
    id: Uuid,
    now: DateTime<Utc>,
) -> DbResult<()> {
    diesel::update(refresh_tokens::table.find(id))
        .set(refresh_tokens::used_at.eq(now))
        .execute(conn)
        .await?;
    Ok(())
}

/// Revokes a family of refresh tokens and ends its session, and with it its JWTs.
///
/// # Errors
/// As the database says.
pub async fn revoke_family(
    conn: &mut Conn,
    scope: Scope,
    family: Uuid,
    now: DateTime<Utc>,
) -> DbResult<()> {
    diesel::update(refresh_tokens::table.filter(refresh_tokens::family.eq(family)))
        .filter(refresh_tokens::revoked_at.is_null())
        .set(refresh_tokens::revoked_at.eq(now))
        .execute(conn)
        .await?;
    delete(conn, scope, family).await?;
    Ok(())
}

/// Notes that a person used a TOTP step; `false` where it was used before.
///
/// # Errors
/// As the database says.
pub async fn insert_totp_use(
    conn: &mut Conn,
    _scope: Scope,
    person: StaffId,
    step: i64,
    now: DateTime<Utc>,
) -> DbResult<bool> {
    let inserted = diesel::insert_into(totp_uses::table)
        .values((
            totp_uses::staff_id.eq(person.uuid()),
            totp_uses::step.eq(step),
            totp_uses::used_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(inserted == 1)
}

/// TOTP steps from `first` on that a person used.
///
/// # Errors
/// As the database says.
pub async fn list_totp_uses(
    conn: &mut Conn,
    _scope: Scope,
    person: StaffId,
    first: i64,
) -> DbResult<Vec<i64>> {
    Ok(totp_uses::table
        .filter(totp_uses::staff_id.eq(person.uuid()))
        .filter(totp_uses::step.ge(first))
        .select(totp_uses::step)
        .load(conn)
        .await?)
}

/// How often something may be tried.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    /// Tries within the window.
    pub tries: i32,
    /// The window.
    pub window: TimeDelta,
}

#[derive(QueryableByName)]
struct BucketRow {
    #[diesel(sql_type = Array<Timestamptz>)]
    instants: Vec<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    granted_to: Option<Uuid>,
}

/// Counts an attempt before it is made. `None`: it may go on; else since when the oldest of the
/// attempts that fill the allowance counts. `attempt` is a fresh id.
///
/// # Errors
/// As the database says.
pub async fn take_attempt(
    conn: &mut Conn,
    _scope: Scope,
    bucket: Uuid,
    attempt: Uuid,
    allowance: Allowance,
    now: DateTime<Utc>,
) -> DbResult<Option<DateTime<Utc>>> {
    let row: BucketRow = diesel::sql_query(
        "INSERT INTO rate_buckets AS b (id, instants, granted_to, expires_at) \
         VALUES ($1, ARRAY[$2], $3, $4) \
         ON CONFLICT (id) DO UPDATE SET \
           instants = CASE WHEN cardinality(k.kept) < $6 THEN k.kept || $2 ELSE k.kept END, \
           granted_to = CASE WHEN cardinality(k.kept) < $6 THEN $3 ELSE b.granted_to END, \
           expires_at = $4 \
         RETURNING instants, granted_to"
            .replace(
                "k.kept",
                "ARRAY(SELECT i FROM unnest(b.instants) AS i WHERE i > $5)",
            ),
    )
    .bind::<SqlUuid, _>(bucket)
    .bind::<Timestamptz, _>(now)
    .bind::<SqlUuid, _>(attempt)
    .bind::<Timestamptz, _>(now + allowance.window)
    .bind::<Timestamptz, _>(now - allowance.window)
    .bind::<Integer, _>(allowance.tries)
    .get_result(conn)
    .await?;
    if row.granted_to == Some(attempt) {
        return Ok(None);
    }
    Ok(Some(row.instants.into_iter().min().unwrap_or(now)))
}

/// Forgets the attempt of an instant: it succeeded.
///
/// # Errors
/// As the database says.
pub async fn forget_attempt(
    conn: &mut Conn,
    _scope: Scope,
    bucket: Uuid,
    at: DateTime<Utc>,
) -> DbResult<()> {
    diesel::sql_query(
        "UPDATE rate_buckets SET instants = array_remove(instants, $2) WHERE id = $1",
    )
    .bind::<SqlUuid, _>(bucket)
    .bind::<Timestamptz, _>(at)
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets all attempts of a bucket: the person proved who they are.
///
/// # Errors
/// As the database says.
pub async fn forget_attempts(conn: &mut Conn, _scope: Scope, bucket: Uuid) -> DbResult<()> {
    diesel::delete(rate_buckets::table.find(bucket))
        .execute(conn)
        .await?;
    Ok(())
}
