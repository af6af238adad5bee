//! Staff sign in: password, then an authenticator code that works once (DESIGN 7).

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

use super::session::{self, Tokens};
use super::{login_name, open_totp, read_role};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::trail::Deed;
use crate::crypto::token;
use crate::db::staff::StaffRow;
use crate::db::staff_session::{self, Allowance};
use crate::db::{Conn, Scope, Tx, staff};
use crate::domain::ids::{AssociationId, StaffId};
use crate::domain::permission::Role;

/// Failed attempts per login address, and per network address.
pub const TRIES: i32 = 10;
/// Minutes in which they count.
pub const TRIES_MINUTES: i64 = 15;
const ALLOWANCE: Allowance = Allowance {
    tries: TRIES,
    window: TimeDelta::minutes(TRIES_MINUTES),
};
const SCOPE: Scope = Scope::System("staff signing in");

/// What a person typed to sign in.
#[derive(Clone)]
pub struct SignIn {
    /// Login address.
    pub email: String,
    /// Password.
    pub password: String,
    /// Six digits of the authenticator app.
    pub totp: String,
    /// Slug of the association to act for; `None`: the first.
    pub association: Option<String>,
}

/// A person who proved who they are.
pub(super) struct Proven {
    pub(super) staff_id: StaffId,
    pub(super) association_id: AssociationId,
    pub(super) role: Role,
}

/// Opens a console session: the token for the cookie. `client` is the network address, as the
/// limits count it. Audited as `staff_sign_in` or `staff_sign_in_refused`.
///
/// # Errors
/// `WrongCredentials` (which of them is not told), `TotpUsed`, `RateLimited` after 10 failures in
/// 15 minutes, `Unavailable`.
pub async fn open_session(ctx: &Ctx, attempt: SignIn, client: &str) -> AppResult<String> {
    let (proven, mut tx) = prove(ctx, &attempt, client).await?;
    let token = session::open(ctx, &mut tx, &proven).await?;
    tx.commit().await?;
    Ok(token)
}

/// Issues the first tokens of a staff tool; else as [`open_session`].
///
/// # Errors
/// As [`open_session`].
pub async fn issue_tokens(ctx: &Ctx, attempt: SignIn, client: &str) -> AppResult<Tokens> {
    let (proven, mut tx) = prove(ctx, &attempt, client).await?;
    let tokens = session::start_family(ctx, &mut tx, &proven).await?;
    tx.commit().await?;
    Ok(tokens)
}

/// Checks everything; the transaction it gives has used the code up and is not committed yet.
async fn prove(ctx: &Ctx, attempt: &SignIn, client: &str) -> AppResult<(Proven, Tx)> {
    let at = ctx.clock.now();
    let email = login_name(&attempt.email);
    let email_hash = ctx.keyring.index.platform_hash("staff", &email);
    let buckets = Buckets {
        person: bucket(ctx, at, "staff e-mail", &email),
        client: bucket(ctx, at, "staff client", client),
    };
    buckets.take(ctx, at).await?;
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let row = staff::find_by_email(&mut tx, SCOPE, &email_hash).await?;
    tx.commit().await?;
    // no transaction is held while argon2 runs; the unknown pay the same
    let passed = match &row {
        Some(row) => {
            let passwords = &ctx.keyring.passwords;
            passwords
                .verify(&attempt.password, &row.password_hash)
                .await?
        }
        None => {
            ctx.keyring
                .passwords
                .verify_unknown(&attempt.password)
                .await?
        }
    };
    let subject = row
        .as_ref()
        .map_or_else(|| token::uuid_v8(email_hash), |row| row.id);
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let outcome = match row.filter(|_| passed) {
        Some(row) => second_factor(ctx, &mut tx, &row, attempt, at).await,
        None => Err(AppError::WrongCredentials),
    };
    match outcome {
        Ok(proven) => {
            staff_session::forget_attempts(&mut tx, SCOPE, buckets.person).await?;
            staff_session::forget_attempt(&mut tx, SCOPE, buckets.client, at).await?;
            let deed = deed(subject, "staff_sign_in");
            Deed {
                actor: Some(proven.staff_id),
                association: Some(proven.association_id),
                detail: json!({ "role": proven.role.as_str() }),
                ..deed
            }
            .write(ctx, &mut tx, SCOPE)
            .await?;
            Ok((proven, tx))
        }
        Err(refused @ (AppError::WrongCredentials | AppError::TotpUsed)) => {
            deed(subject, "staff_sign_in_refused")
                .write(ctx, &mut tx, SCOPE)
                .await?;
            tx.commit().await?;
            Err(refused)
        }
        Err(failed) => Err(failed),
    }
}

/// The code and the membership, once the password is right.
async fn second_factor(
    ctx: &Ctx,
    conn: &mut Conn,
    row: &StaffRow,
    attempt: &SignIn,
    at: DateTime<Utc>,
) -> AppResult<Proven> {
    let staff_id = StaffId::new(row.id);
    let memberships = staff::list_memberships(conn, SCOPE, staff_id).await?;
    let chosen = memberships
        .into_iter()
        .find(|(_, slug)| {
            attempt
                .association
                .as_ref()
                .is_none_or(|wanted| wanted == slug)
        })
        .ok_or(AppError::WrongCredentials)?
        .0;
    use_code(ctx, conn, row, &attempt.totp, at).await?;
    Ok(Proven {
        staff_id,
        association_id: AssociationId::new(chosen.association_id),
        role: read_role(&chosen.role)?,
    })
}

/// Uses an authenticator code up.
///
/// # Errors
/// `WrongCredentials`, `TotpUsed`.
pub(super) async fn use_code(
    ctx: &Ctx,
    conn: &mut Conn,
    row: &StaffRow,
    code: &str,
    at: DateTime<Utc>,
) -> AppResult<()> {
    let code: String = code.chars().filter(|sign| !sign.is_whitespace()).collect();
    let step = open_totp(ctx, row)?
        .matched_step(&code, at)
        .ok_or(AppError::WrongCredentials)?;
    let person = StaffId::new(row.id);
    if !staff_session::insert_totp_use(conn, SCOPE, person, step, at).await? {
        return Err(AppError::TotpUsed);
    }
    Ok(())
}

/// The two counters of an attempt.
struct Buckets {
    person: Uuid,
    client: Uuid,
}

impl Buckets {
    /// Counts the attempt with both before it is made, so that parallel attempts cannot pass the
    /// limit; success takes it back.
    async fn take(&self, ctx: &Ctx, at: DateTime<Utc>) -> AppResult<()> {
        let mut ids = [self.person, self.client];
        // one order for all, so that two attempts never wait for each other
        ids.sort_unstable();
        let mut tx = ctx.pools.begin(SCOPE).await?;
        for id in ids {
            take_attempt(&mut tx, id, at).await?;
        }
        Ok(tx.commit().await?)
    }
}

/// Counts one attempt.
///
/// # Errors
/// `RateLimited` until the oldest attempt that fills the allowance is forgotten.
pub(super) async fn take_attempt(
    conn: &mut Conn,
    bucket: Uuid,
    at: DateTime<Utc>,
) -> AppResult<()> {
    let attempt = token::new_id(at);
    let full = staff_session::take_attempt(conn, SCOPE, bucket, attempt, ALLOWANCE, at).await?;
    match full {
        None => Ok(()),
        Some(oldest) => {
            let wait = (oldest + ALLOWANCE.window).signed_duration_since(at);
            let wait = wait.to_std().unwrap_or_default().as_secs();
            Err(AppError::RateLimited(Duration::from_secs(wait + 1)))
        }
    }
}

/// Counters are renamed each day (UTC), so that rows of two days cannot be linked.
pub(super) fn bucket(ctx: &Ctx, at: DateTime<Utc>, kind: &str, value: &str) -> Uuid {
    let index = &ctx.keyring.index;
    index.cap_hash(at.date_naive(), &format!("{kind}: {value}"))
}

fn deed<'a>(subject: Uuid, action: &'static str) -> Deed<'a> {
    Deed {
        subject,
        association: None,
        actor: None,
        action,
        change: None,
        detail: json!({}),
        note: None,
    }
}

impl fmt::Debug for SignIn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SignIn(..)")
    }
}
