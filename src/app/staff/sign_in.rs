//! Staff sign in: password, then an authenticator code that works once (DESIGN 7).

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

use super::session::{self, Tokens};
use super::{login_name, open_totp, read_role, recovery};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::trail::Deed;
use crate::crypto::session::SessionToken;
use crate::crypto::token;
use crate::db::staff::StaffRow;
use crate::db::staff_session::{self, Allowance, DeviceRow};
use crate::db::{Conn, Scope, Tx, membership, staff};
use crate::domain::ids::{AssociationId, StaffId};
use crate::domain::language::Language;
use crate::domain::permission::Role;

/// Failed attempts of one network at one login address, of one network at all addresses, and of one known
/// browser.
pub const TRIES: i32 = 10;
/// Minutes in which they count.
pub const TRIES_MINUTES: i64 = 15;
const WINDOW: TimeDelta = TimeDelta::minutes(TRIES_MINUTES);
const ALLOWANCE: Allowance = Allowance {
    tries: TRIES,
    window: WINDOW,
};
/// Failed attempts at one login address from all unknown places together, beyond which each of them is slowed
/// down; nobody is locked out by them.
const SPREAD: Allowance = Allowance {
    tries: 100,
    window: WINDOW,
};
/// What one network gets at a login address that many try.
const SLOWED: Allowance = Allowance {
    tries: 2,
    window: WINDOW,
};
/// Days a browser is known after a sign-in with both factors.
pub const DEVICE_DAYS: i64 = 180;
const SCOPE: Scope = Scope::System("staff signing in");

/// What a person typed to sign in.
#[derive(Clone)]
pub struct SignIn {
    /// Login address.
    pub email: String,
    /// Password.
    pub password: String,
    /// Six digits of the authenticator app, or a recovery code.
    pub totp: String,
    /// Slug of the association to act for; `None`: the first.
    pub association: Option<String>,
}

/// The browser or tool somebody signs in with.
#[derive(Clone, Default)]
pub struct Visitor {
    /// Network address, as limits count it.
    pub client: String,
    /// The network, cut: what the list of sessions shows.
    pub network: String,
    /// Browser and system, two words.
    pub device: String,
    /// What a sign-in before left in the browser.
    pub known: Option<String>,
    /// Language of a mail about it.
    pub language: Language,
}

/// A console session.
pub struct Opened {
    /// The token for its cookie.
    pub token: String,
    /// What makes the browser known, where it was not: for a cookie of [`DEVICE_DAYS`].
    pub device: Option<String>,
}

/// A person who proved who they are.
pub(super) struct Proven {
    pub(super) staff_id: StaffId,
    pub(super) association_id: AssociationId,
    pub(super) role: Role,
}

/// Opens a console session. Audited as `staff_sign_in` or `staff_sign_in_refused`.
///
/// # Errors
/// `WrongCredentials` (which of them is not told), `TotpUsed`, `Unavailable`; `RateLimited` after 10 failures
/// in 15 minutes of this network, or of this browser where the person signed in with it before: what others
/// type elsewhere does not count for it.
pub async fn open_session(ctx: &Ctx, attempt: SignIn, visitor: &Visitor) -> AppResult<Opened> {
    let (proven, known, mut tx) = prove(ctx, &attempt, visitor).await?;
    let token = session::open(ctx, &mut tx, &proven, visitor).await?;
    let (person, association) = (proven.staff_id, proven.association_id);
    let language = visitor.language.as_str();
    membership::mark_language(&mut tx, SCOPE, person, association, language).await?;
    let device = if known {
        None
    } else {
        let now = ctx.clock.now();
        let token = SessionToken::new();
        let row = DeviceRow {
            id: token.id(),
            staff_id: proven.staff_id.uuid(),
            device: visitor.device.clone(),
            created_at: now,
            expires_at: now + TimeDelta::days(DEVICE_DAYS),
        };
        staff_session::insert_device(&mut tx, SCOPE, &row).await?;
        Some(token.as_str().to_owned())
    };
    tx.commit().await?;
    Ok(Opened { token, device })
}

/// Issues the first tokens of a staff tool; else as [`open_session`].
///
/// # Errors
/// As [`open_session`].
pub async fn issue_tokens(ctx: &Ctx, attempt: SignIn, visitor: &Visitor) -> AppResult<Tokens> {
    let (proven, _, mut tx) = prove(ctx, &attempt, visitor).await?;
    let tokens = session::start_family(ctx, &mut tx, &proven, visitor).await?;
    tx.commit().await?;
    Ok(tokens)
}

/// Checks everything; the transaction it gives has used the code up and is not committed yet. Also whether the
/// browser was known.
async fn prove(ctx: &Ctx, attempt: &SignIn, visitor: &Visitor) -> AppResult<(Proven, bool, Tx)> {
    let at = ctx.clock.now();
    let email = login_name(&attempt.email);
    let email_hash = ctx.keyring.index.platform_hash("staff", &email);
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let row = staff::find_by_email(&mut tx, SCOPE, &email_hash).await?;
    let subject = row
        .as_ref()
        .map_or_else(|| token::uuid_v8(email_hash), |row| row.id);
    let known = known_device(&mut tx, subject, visitor, at).await?;
    let buckets = Buckets::of(ctx, at, &email, visitor, known);
    buckets.take(&mut tx, at).await?;
    tx.commit().await?;
    // no transaction is held while argon2 runs; the unknown pay the same
    let passwords = &ctx.keyring.passwords;
    let passed = match &row {
        Some(row) => {
            let hash = &row.password_hash;
            passwords.verify(&attempt.password, hash).await?
        }
        None => passwords.verify_unknown(&attempt.password).await?,
    };
    let mut tx = ctx.pools.begin(SCOPE).await?;
    // who knows the password guesses the code no more often than this, from wherever; nobody else can fill it
    let guesses = bucket(ctx, at, "staff factor", &subject.to_string());
    if passed && known.is_none() {
        take_attempt(&mut tx, guesses, at).await?;
    }
    let outcome = match row.filter(|_| passed) {
        Some(row) => second_factor(ctx, &mut tx, &row, attempt, (at, visitor.language)).await,
        None => Err(AppError::WrongCredentials),
    };
    match outcome {
        Ok(proven) => {
            buckets.forget(&mut tx, at).await?;
            staff_session::forget_attempts(&mut tx, SCOPE, guesses).await?;
            note_sign_in(ctx, &mut tx, &proven, at).await?;
            Ok((proven, known.is_some(), tx))
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

async fn note_sign_in(
    ctx: &Ctx,
    conn: &mut Conn,
    proven: &Proven,
    at: DateTime<Utc>,
) -> AppResult<()> {
    let (person, association) = (proven.staff_id, proven.association_id);
    membership::mark_signed_in(conn, SCOPE, person, association, at).await?;
    Deed {
        actor: Some(person),
        association: Some(association),
        detail: json!({ "role": proven.role.as_str() }),
        ..deed(person.uuid(), "staff_sign_in")
    }
    .write(ctx, conn, SCOPE)
    .await
}

/// The id of the browser, if the person signed in with it before.
async fn known_device(
    conn: &mut Conn,
    subject: Uuid,
    visitor: &Visitor,
    at: DateTime<Utc>,
) -> AppResult<Option<Uuid>> {
    let Some(token) = visitor.known.as_deref().and_then(SessionToken::parse) else {
        return Ok(None);
    };
    let person = StaffId::new(subject);
    let known = staff_session::knows_device(conn, SCOPE, token.id(), person, at).await?;
    Ok(known.then(|| token.id()))
}

/// The code and the membership, once the password is right.
async fn second_factor(
    ctx: &Ctx,
    conn: &mut Conn,
    row: &StaffRow,
    attempt: &SignIn,
    (at, language): (DateTime<Utc>, Language),
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
    let association_id = AssociationId::new(chosen.association_id);
    let who = (row, association_id);
    use_factor(ctx, conn, who, &attempt.totp, (at, language)).await?;
    Ok(Proven {
        staff_id,
        association_id,
        role: read_role(&chosen.role)?,
    })
}

/// Uses an authenticator code or a recovery code up. The person stays locked until the transaction ends.
///
/// # Errors
/// `WrongCredentials`, `TotpUsed`.
pub(in crate::app) async fn use_factor(
    ctx: &Ctx,
    conn: &mut Conn,
    (row, association): (&StaffRow, AssociationId),
    typed: &str,
    (at, language): (DateTime<Utc>, Language),
) -> AppResult<()> {
    // the password was checked outside of a transaction: it may have been changed meanwhile, or the app
    let now = staff::lock(conn, SCOPE, StaffId::new(row.id)).await?;
    let is_same = now.password_hash == row.password_hash && now.totp_sealed == row.totp_sealed;
    if !is_same {
        return Err(AppError::WrongCredentials);
    }
    if !recovery::is_code(typed) {
        return use_code(ctx, conn, row, typed, at).await;
    }
    let who = (StaffId::new(row.id), association);
    if recovery::take(ctx, conn, SCOPE, who, typed, language).await? {
        Ok(())
    } else {
        Err(AppError::WrongCredentials)
    }
}

/// Uses an authenticator code up.
///
/// # Errors
/// `WrongCredentials`, `TotpUsed`.
async fn use_code(
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

/// What failures of an attempt are counted by.
enum Buckets {
    /// The browser is known: its own failures alone.
    Known(Uuid),
    /// It is not: its network's, its network's at this address, and everybody's at this address.
    Unknown {
        client: Uuid,
        spread: Uuid,
        pair: Uuid,
    },
}

impl Buckets {
    fn of(
        ctx: &Ctx,
        at: DateTime<Utc>,
        email: &str,
        visitor: &Visitor,
        known: Option<Uuid>,
    ) -> Self {
        let client = &visitor.client;
        match known {
            Some(device) => Self::Known(bucket(ctx, at, "staff device", &device.to_string())),
            None => Self::Unknown {
                client: bucket(ctx, at, "staff client", client),
                spread: bucket(ctx, at, "staff e-mail", email),
                pair: bucket(
                    ctx,
                    at,
                    "staff e-mail and client",
                    &format!("{email} {client}"),
                ),
            },
        }
    }

    /// Counts the attempt before it is made, so that parallel attempts cannot pass the limit; success takes
    /// it back. The order is the same for all, so that two attempts never wait for each other.
    async fn take(&self, conn: &mut Conn, at: DateTime<Utc>) -> AppResult<()> {
        match *self {
            Self::Known(device) => take_attempt(conn, device, at).await,
            Self::Unknown {
                client,
                spread,
                pair,
            } => {
                take_attempt(conn, client, at).await?;
                let attempt = token::new_id(at);
                let many =
                    staff_session::take_attempt(conn, SCOPE, spread, attempt, SPREAD, at).await?;
                let allowance = if many.is_some() { SLOWED } else { ALLOWANCE };
                take_within(conn, pair, allowance, at).await
            }
        }
    }

    /// The attempt succeeded.
    async fn forget(&self, conn: &mut Conn, at: DateTime<Utc>) -> AppResult<()> {
        match *self {
            Self::Known(device) => staff_session::forget_attempts(conn, SCOPE, device).await?,
            Self::Unknown {
                client,
                spread,
                pair,
            } => {
                staff_session::forget_attempt(conn, SCOPE, client, at).await?;
                staff_session::forget_attempt(conn, SCOPE, spread, at).await?;
                staff_session::forget_attempts(conn, SCOPE, pair).await?;
            }
        }
        Ok(())
    }
}

/// Counts one attempt.
///
/// # Errors
/// `RateLimited` until the oldest attempt that fills the allowance is forgotten.
pub(in crate::app) async fn take_attempt(
    conn: &mut Conn,
    bucket: Uuid,
    at: DateTime<Utc>,
) -> AppResult<()> {
    take_within(conn, bucket, ALLOWANCE, at).await
}

async fn take_within(
    conn: &mut Conn,
    bucket: Uuid,
    allowance: Allowance,
    at: DateTime<Utc>,
) -> AppResult<()> {
    let attempt = token::new_id(at);
    let full = staff_session::take_attempt(conn, SCOPE, bucket, attempt, allowance, at).await?;
    match full {
        None => Ok(()),
        Some(oldest) => {
            let wait = (oldest + allowance.window).signed_duration_since(at);
            let wait = wait.to_std().unwrap_or_default().as_secs();
            Err(AppError::RateLimited(Duration::from_secs(wait + 1)))
        }
    }
}

/// Counters are renamed each day (UTC), so that rows of two days cannot be linked.
pub(in crate::app) fn bucket(ctx: &Ctx, at: DateTime<Utc>, kind: &str, value: &str) -> Uuid {
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

impl fmt::Debug for Visitor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Visitor(..)")
    }
}

impl fmt::Debug for SignIn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SignIn(..)")
    }
}
