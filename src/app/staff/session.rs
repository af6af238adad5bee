//! Staff stay signed in: console sessions, JWTs with refresh tokens, the fresh second factor.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::sign_in::{self, Proven, Visitor};
use super::{StaffActor, read_cases, read_role};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::crypto::jwt::{self, Claims};
use crate::crypto::session::SessionToken;
use crate::crypto::token;
use crate::db::staff_session::{self, RefreshTokenRow, StaffSessionRow};
use crate::db::{Conn, Scope, staff};
use crate::domain::ids::{AssociationId, StaffId};
use crate::domain::language::Language;
use crate::domain::permission::{Method, Operation, Role};

/// Longest life of a console session.
pub const SESSION_LIFE: TimeDelta = TimeDelta::hours(12);
/// A console session ends when nothing was done for so long.
const SESSION_IDLE: TimeDelta = TimeDelta::minutes(60);
/// Life of a refresh token, and of its family after the last exchange.
const REFRESH_LIFE: TimeDelta = TimeDelta::days(14);
/// How long a fresh second factor counts.
const STEP_UP: TimeDelta = TimeDelta::minutes(5);
const SCOPE: Scope = Scope::System("staff session before the tenant is known");

/// What a staff tool gets.
pub struct Tokens {
    /// EdDSA JWT.
    pub access_token: String,
    /// Seconds the JWT works.
    pub expires_in: i64,
    /// Exchanged once for the next pair.
    pub refresh_token: String,
}

/// The actor of a console session, who may do `operation`. A POST moves the idle limit.
///
/// # Errors
/// `Unauthenticated` if there is no such session, it has ended, the person is disabled or the
/// membership revoked; `Forbidden` and `StepUpRequired` as [`StaffActor::require`].
pub async fn authenticate_session(
    ctx: &Ctx,
    token: &str,
    operation: &Operation,
) -> AppResult<StaffActor> {
    let token = SessionToken::parse(token).ok_or(AppError::Unauthenticated)?;
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let (actor, last_seen_at) = live(&mut tx, token.id(), now).await?;
    if now >= last_seen_at + SESSION_IDLE {
        return Err(AppError::Unauthenticated);
    }
    if operation.method != Method::Get {
        staff_session::mark_seen(&mut tx, SCOPE, token.id(), now).await?;
    }
    tx.commit().await?;
    actor.require(operation)?;
    Ok(actor)
}

/// The actor of a staff tool's JWT, who may do `operation`. Role and membership are those of the
/// database now, not of the token.
///
/// # Errors
/// As [`authenticate_session`]; `Unauthenticated` also for a JWT that is not ours or too old.
pub async fn authenticate_jwt(
    ctx: &Ctx,
    token: &str,
    operation: &Operation,
) -> AppResult<StaffActor> {
    let now = ctx.clock.now();
    let claims = ctx.keyring.jwt.verify(token, now);
    let claims = claims.map_err(|_| AppError::Unauthenticated)?;
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let (actor, _) = live(&mut tx, claims.sid, now).await?;
    tx.commit().await?;
    let same =
        actor.staff_id.uuid() == claims.sub && actor.association_id.uuid() == claims.association;
    if !same {
        return Err(AppError::Unauthenticated);
    }
    actor.require(operation)?;
    Ok(actor)
}

/// Ends a console session. Audited as `staff_sign_out`.
///
/// # Errors
/// `Unavailable`.
pub async fn sign_out(ctx: &Ctx, actor: &StaffActor) -> AppResult<()> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    if staff_session::delete(&mut tx, SCOPE, actor.session).await? {
        actor
            .deed(actor.staff_id.uuid(), "staff_sign_out")
            .write(ctx, &mut tx, SCOPE)
            .await?;
    }
    Ok(tx.commit().await?)
}

/// Exchanges a refresh token for the next pair. One that was used before ends its whole family:
/// somebody has a copy. Audited as `staff_token_refreshed` or `staff_token_reused`.
///
/// # Errors
/// `Unauthenticated` if it is unknown, old, revoked or used, or the person may no longer sign in.
pub async fn refresh(ctx: &Ctx, refresh_token: &str) -> AppResult<Tokens> {
    let token = SessionToken::parse(refresh_token).ok_or(AppError::Unauthenticated)?;
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let row = staff_session::lock_refresh(&mut tx, SCOPE, token.id())
        .await?
        .ok_or(AppError::Unauthenticated)?;
    if row.revoked_at.is_some() || now >= row.expires_at {
        return Err(AppError::Unauthenticated);
    }
    if row.used_at.is_some() {
        staff_session::revoke_family(&mut tx, SCOPE, row.family, now).await?;
        family_deed(ctx, &mut tx, &row, "staff_token_reused").await?;
        tx.commit().await?;
        return Err(AppError::Unauthenticated);
    }
    let (actor, _) = live(&mut tx, row.family, now).await?;
    staff_session::mark_refresh_used(&mut tx, SCOPE, row.id, now).await?;
    staff_session::mark_expiry(&mut tx, SCOPE, row.family, now + REFRESH_LIFE).await?;
    family_deed(ctx, &mut tx, &row, "staff_token_refreshed").await?;
    let proven = Proven {
        staff_id: actor.staff_id,
        association_id: actor.association_id,
        role: actor.role,
    };
    let tokens = issue(ctx, &mut tx, &proven, row.family).await?;
    tx.commit().await?;
    Ok(tokens)
}

/// Ends the family of a refresh token, and with it its JWTs; a token we do not know is fine
/// (RFC 7009, 2.2). Audited as `staff_token_revoked`.
///
/// # Errors
/// `Unavailable`.
pub async fn revoke(ctx: &Ctx, refresh_token: &str) -> AppResult<()> {
    let Some(token) = SessionToken::parse(refresh_token) else {
        return Ok(());
    };
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(SCOPE).await?;
    if let Some(row) = staff_session::lock_refresh(&mut tx, SCOPE, token.id()).await?
        && row.revoked_at.is_none()
    {
        staff_session::revoke_family(&mut tx, SCOPE, row.family, now).await?;
        family_deed(ctx, &mut tx, &row, "staff_token_revoked").await?;
    }
    Ok(tx.commit().await?)
}

/// Takes a fresh authenticator code, or a recovery code: clear data may be seen for 5 minutes; gives until when.
/// Audited as `staff_step_up` or `staff_step_up_refused`.
///
/// # Errors
/// `WrongCredentials`, `TotpUsed`, `RateLimited` after 10 failures in 15 minutes.
pub async fn step_up(
    ctx: &Ctx,
    actor: &StaffActor,
    code: &str,
    language: Language,
) -> AppResult<DateTime<Utc>> {
    let now = ctx.clock.now();
    let person = actor.staff_id.to_string();
    let bucket = sign_in::bucket(ctx, now, "staff step-up", &person);
    let mut tx = ctx.pools.begin(SCOPE).await?;
    sign_in::take_attempt(&mut tx, bucket, now).await?;
    let row = staff::get(&mut tx, SCOPE, actor.staff_id).await?;
    let subject = actor.staff_id.uuid();
    // who lost the app gets a new one by a recovery code
    let who = (&row, actor.association_id);
    match sign_in::use_factor(ctx, &mut tx, who, code, (now, language)).await {
        Ok(()) => {
            let until = now + STEP_UP;
            staff_session::mark_stepped_up(&mut tx, SCOPE, actor.session, until).await?;
            staff_session::forget_attempts(&mut tx, SCOPE, bucket).await?;
            let deed = actor.deed(subject, "staff_step_up");
            deed.write(ctx, &mut tx, SCOPE).await?;
            tx.commit().await?;
            Ok(until)
        }
        Err(refused @ (AppError::WrongCredentials | AppError::TotpUsed)) => {
            let deed = actor.deed(subject, "staff_step_up_refused");
            deed.write(ctx, &mut tx, SCOPE).await?;
            tx.commit().await?;
            Err(refused)
        }
        Err(failed) => Err(failed),
    }
}

/// Opens a console session.
pub(super) async fn open(
    ctx: &Ctx,
    conn: &mut Conn,
    proven: &Proven,
    visitor: &Visitor,
) -> AppResult<String> {
    let token = SessionToken::new();
    let now = ctx.clock.now();
    let row = session_row(proven, token.id(), (now, now + SESSION_LIFE), visitor);
    staff_session::insert(conn, SCOPE, &row).await?;
    Ok(token.as_str().to_owned())
}

/// Starts a family of refresh tokens.
pub(super) async fn start_family(
    ctx: &Ctx,
    conn: &mut Conn,
    proven: &Proven,
    visitor: &Visitor,
) -> AppResult<Tokens> {
    let now = ctx.clock.now();
    let family = token::new_id(now);
    let row = session_row(proven, family, (now, now + REFRESH_LIFE), visitor);
    staff_session::insert(conn, SCOPE, &row).await?;
    issue(ctx, conn, proven, family).await
}

async fn issue(ctx: &Ctx, conn: &mut Conn, proven: &Proven, family: Uuid) -> AppResult<Tokens> {
    let now = ctx.clock.now();
    let refresh_token = SessionToken::new();
    let row = RefreshTokenRow {
        id: refresh_token.id(),
        family,
        staff_id: proven.staff_id.uuid(),
        association_id: proven.association_id.uuid(),
        created_at: now,
        expires_at: now + REFRESH_LIFE,
        used_at: None,
        revoked_at: None,
    };
    staff_session::insert_refresh(conn, SCOPE, &row).await?;
    let claims = Claims::new(
        proven.staff_id.uuid(),
        proven.association_id.uuid(),
        proven.role.as_str(),
        family,
        now,
    );
    Ok(Tokens {
        access_token: ctx.keyring.jwt.issue(&claims).map_err(AppError::internal)?,
        expires_in: jwt::LIFETIME.num_seconds(),
        refresh_token: refresh_token.as_str().to_owned(),
    })
}

/// The actor of a session that works, and when it was last used by a POST.
async fn live(
    conn: &mut Conn,
    session: Uuid,
    now: DateTime<Utc>,
) -> AppResult<(StaffActor, DateTime<Utc>)> {
    let row = staff_session::find_live(conn, SCOPE, session, now)
        .await?
        .ok_or(AppError::Unauthenticated)?;
    let role: Role = read_role(&row.role)?;
    let actor = StaffActor {
        staff_id: StaffId::new(row.staff_id),
        association_id: AssociationId::new(row.association_id),
        role,
        cases: read_cases(row.case_ids.as_deref()),
        session,
        stepped_up: row.step_up_until.is_some_and(|until| now < until),
    };
    Ok((actor, row.last_seen_at))
}

async fn family_deed(
    ctx: &Ctx,
    conn: &mut Conn,
    row: &RefreshTokenRow,
    action: &'static str,
) -> AppResult<()> {
    crate::app::trail::Deed {
        subject: row.staff_id,
        association: Some(AssociationId::new(row.association_id)),
        actor: Some(StaffId::new(row.staff_id)),
        action,
        change: None,
        detail: serde_json::json!({ "family": row.family }),
        note: None,
    }
    .write(ctx, conn, SCOPE)
    .await
}

fn session_row(
    proven: &Proven,
    id: Uuid,
    (now, expires_at): (DateTime<Utc>, DateTime<Utc>),
    visitor: &Visitor,
) -> StaffSessionRow {
    StaffSessionRow {
        id,
        kind: "staff",
        subject_id: proven.staff_id.uuid(),
        association_id: proven.association_id.uuid(),
        created_at: now,
        last_seen_at: now,
        expires_at,
        device: Some(visitor.device.clone()),
        network: Some(visitor.network.clone()),
    }
}
